/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_PAGES_H
#define PWS_PAGES_H

#include "base/was_document.h"
#include "http/was_respond.h"

/*
 * pws_pages: a document with one list that the protocol gives no pages to and that may be longer
 * than memory should hold. It is made and sent page by page, and what fails behind the first page
 * cuts the answer.
 */

typedef struct pws_pages_t {
    const char *begin; /* JSON, up to the list */
    /* Adds the next items to a list; `*more` says whether it is to be called again, with a pool
     * that is emptied in between. The first time, nothing has been sent. */
    const was_error_t *(*page)(void *baton, was_document_t *document, json_t *items, bool *more,
                               apr_pool_t *pool);
    /* JSON, from behind the list on; after the last page. */
    const char *(*end)(void *baton, apr_pool_t *pool);
    void *baton;
} pws_pages_t;

/* Makes it the answer, for the caller alone to keep. `pages` is copied. */
void pws_answer_pages(const was_request_t *request, was_response_t *response,
                      const pws_pages_t *pages);

#endif
