/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_INDEXED_H
#define PWS_INDEXED_H

#include "auth/was_crypto.h"
#include "base/was_json.h"
#include "store/pws/was_pws_terms.h"

/*
 * pws_indexed: what a document says of itself to be found by a blinded index (protocol/pws section
 * 13.4): its `indexed`, a list, kept while the document comes, in memory that does not depend on
 * its length; and the terms that stand for names and values in the store.
 */

enum { PWS_INDEXED_MAX_BYTES = 256 * 1024, PWS_INDEXED_MAX_ATTRIBUTES = 1000 };

/* Of the document's text so far: all zero at first. */
typedef struct pws_indexed_t {
    int count;       /* how many of the outermost members are called so, and are lists */
    apr_off_t begin; /* where the last one begins in the whole text */
    char *text;      /* of the first one, in the pool; NULL while there is none */
    apr_size_t length;
    apr_size_t capacity;
    int open; /* brackets; none behind its end */
    bool is_quoted;
    bool is_escaped;
    bool is_long; /* it goes on behind PWS_INDEXED_MAX_BYTES */
} pws_indexed_t;

/* For was_json_member_fn, with where the value begins. */
void pws_indexed_note(pws_indexed_t *indexed, int depth, const char *name, char first,
                      apr_off_t offset);

/* A piece of the text, which begins at `offset`, when the scanner has been fed with it. */
void pws_indexed_take(pws_indexed_t *indexed, const char *bytes, apr_size_t count, apr_off_t offset,
                      apr_pool_t *pool);

/*
 * The terms of a document that is sound JSON. Each attribute of each entry has two: for its name,
 * and for its name and value, which is a claim if it is to be unique. Whatever is not of the form
 * {"hmac": {"id"}, "attributes": [{"name", "value"}]} with strings that are not empty (a value may
 * be) says nothing: a document may have a list of that name for purposes of its own.
 * Errors: INVALID_BODY (twice; an escaped NUL, a name twice or what else was_json_parse refuses),
 * TOO_LARGE (longer than PWS_INDEXED_MAX_BYTES, more than PWS_INDEXED_MAX_ATTRIBUTES), pointer
 * "#/indexed".
 */
WAS_CHECKED const was_error_t *pws_indexed_end(const pws_indexed_t *indexed, was_pws_terms_t *terms,
                                               apr_pool_t *pool);

/* An index, by its id. */
typedef struct pws_index_t {
    unsigned char digest[WAS_SHA256_BYTES];
} pws_index_t;
pws_index_t pws_index_of(const char *id);

/* The term of a name in an index, or of a name and a value (else NULL). In the pool. */
const char *pws_indexed_term(const pws_index_t *index, const char *name, const char *value,
                             apr_pool_t *pool);

#endif
