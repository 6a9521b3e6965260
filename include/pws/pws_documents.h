/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_DOCUMENTS_H
#define PWS_DOCUMENTS_H

#include "base/was_document.h"
#include "http/was_respond.h"
#include "store/pws/was_pws_stamp.h"
#include "store/was_page.h"

/*
 * pws_documents: what the JSON documents of all nouns have in common, in and out.
 */

/* Whether the location speaks the revision of 2026-09, which has no stamps (protocol/pws-next
 * B). */
bool pws_is_september(const was_request_t *request);

/* Makes a document, for the caller alone to keep, the answer. */
void pws_answer_document(was_response_t *response, const was_document_t *document);

/* Makes a JSON text the answer, likewise. */
void pws_answer_text(was_response_t *response, const char *text);

/* A time as RFC 3339 with milliseconds (section 1.5), and a member of it. */
const char *pws_time_text(apr_time_t time, apr_pool_t *pool);
void pws_document_time(was_document_t *document, json_t *object, const char *name, apr_time_t time,
                       apr_pool_t *pool);

/* The members of a stamp (protocol/pws-next C.1). */
void pws_document_stamp(was_document_t *document, json_t *object, const was_pws_stamp_t *stamp,
                        apr_pool_t *pool);

/* That a stored text is a JSON object. Errors: BROKEN: it is none, so no version of ours wrote it,
 * and no client is to blame. */
WAS_CHECKED const was_error_t *pws_check_stored(const char *text, apr_pool_t *pool);

/* INVALID_BODY: `"name" must be what`. */
WAS_CHECKED const was_error_t *pws_bad_member(apr_pool_t *pool, const char *name, const char *what);

/* Whether a list, or nothing, holds a text. */
bool pws_list_holds(const json_t *list, const char *text);

/* The raw value of the first query parameter of this name; NULL when there is none. */
const char *pws_query_parameter(const was_request_t *request, const char *name);

enum { PWS_PAGE = 100, PWS_PAGE_MAX = 1000 };

/* How many a query asks for, in its URL or its body: 1 to PWS_PAGE_MAX; NULL: it does not say. */
int pws_limit_of_text(const char *text);
int pws_limit_of_member(const json_t *value);

/* The text that stands for the place behind an id, in the pool; and the id of such a text, of any
 * length and content. Errors: INVALID_CURSOR. */
const char *pws_cursor_text(const char *last, apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_read_cursor(const char *cursor, const char **after,
                                               apr_pool_t *pool);

/* The page of the listing at `path` that a request asks for (section 13.1). Errors:
 * INVALID_CURSOR. */
WAS_CHECKED const was_error_t *pws_read_page(const was_request_t *request, const char *path,
                                             was_page_t *page);

/* Whether a request asks for a section besides: "include" is a list of their names. */
bool pws_includes(const was_request_t *request, const char *section);

/* The URL of the page behind `last`, from the origin's root; `path` is the listing's. */
const char *pws_next_page(const was_request_t *request, const was_page_t *page, const char *path,
                          const char *last);

/*
 * The end of every listing: its url, how many items it has in all (nothing of one that hides some
 * of them and is not all on this page), and the items, which `add` makes, one
 * for each entry that was found; then, where there are more, the URL of the next page, behind the
 * id of the last one.
 */
typedef struct pws_listing_t {
    const char *path; /* from the origin's root */
    was_found_t found;
    const void *entries;
    void (*add)(const was_request_t *request, was_document_t *document, json_t *item,
                const void *entries, int index);
    const char *(*id)(const void *entries, int index);
} pws_listing_t;

void pws_answer_listing(const was_request_t *request, was_response_t *response,
                        was_document_t *document, const was_page_t *page,
                        const pws_listing_t *listing);

/* Section 14.2: whether a JSON value is an encrypted envelope. */
bool pws_is_envelope(const json_t *value);

enum { PWS_CUSTOM_MAX_BYTES = 32 * 1024 };

/* Reads `custom`, for a collection that is encrypted or not; `*text` is NULL when it is cleared,
 * which is allowed in both. Errors: INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_read_custom(const json_t *body, const char **text,
                                               bool *is_envelope, apr_pool_t *pool);

#endif
