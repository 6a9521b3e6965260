/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_TERMS_H
#define WAS_PWS_TERMS_H

#include "store/was_content.h"
#include "store/was_page.h"

/*
 * was_pws_terms: by what the resources of a collection are found (protocol/pws section 13.4). A
 * term is some bytes, as hexadecimal digits; what they stand for is the caller's. One that is a
 * claim no other resource of the collection has as a claim. Besides the errors listed, all give
 * those of was_db.
 */

/* Of one resource; no term twice. */
typedef struct was_pws_terms_t {
    const char *const *all;
    int count;
    const char *const *claims; /* those of them that are claims */
    int nclaims;
} was_pws_terms_t;

/* Adds the steps that make these the terms of a resource, behind those that write it: `key` is
 * space, collection, resource, token. The transaction fails with CONFLICT where another resource
 * has one of the claims. */
void was_pws_terms_put(was_transaction_t *transaction, const was_value_t key[4],
                       const was_pws_terms_t *terms, apr_pool_t *pool);

/* The same of what a resource claims by its values, where its collection declares them unique
 * (section 14.5): its content and what is noted beside it, as the steps before have left them. The
 * transaction fails with MALFORMED where the content cannot be read there: beyond WAS_PIECE_BYTES,
 * or with an escaped NUL. */
void was_pws_claims_put(was_transaction_t *transaction, const was_value_t key[4]);

/* Adds the steps that do so for all resources of a collection, behind its ..._RAISE and before
 * `plaintext` is declared: what is unique no more is free, what becomes so is claimed. `key` is
 * space, collection, token. The transaction fails likewise. */
void was_pws_claims_declare(was_transaction_t *transaction, const was_value_t key[3],
                            const char *plaintext);

/* What a transaction with such steps for one resource came to: the same, but a CONFLICT says what
 * it is of; with claims, MALFORMED is TOO_LARGE for a content in parts, else INVALID_BODY. */
WAS_CHECKED const was_error_t *was_pws_terms_explain(const was_error_t *error, apr_pool_t *pool);
WAS_CHECKED const was_error_t *was_pws_claims_explain(const was_error_t *error, bool is_long,
                                                      apr_pool_t *pool);

/* And one for all resources of a collection: both are a CONFLICT then. */
WAS_CHECKED const was_error_t *was_pws_claims_explain_all(const was_error_t *error,
                                                          apr_pool_t *pool);

/* Adds the step that takes all terms of a resource, claims too, before the one that deletes its
 * row. */
void was_pws_terms_delete(was_transaction_t *transaction, const was_value_t key[4]);

/* What is looked for: resources that have all terms of a group, be it which. No group is empty. */
typedef struct was_pws_lookup_t {
    const char *space;
    const char *collection;
    const char *const *terms; /* of all groups, one behind another */
    int nterms;
    const char *const *ends; /* behind which term each group ends, counted from 1, in digits */
    int ngroups;
    was_page_t page;
} was_pws_lookup_t;

/* A page of the collection, ascending by id (by code units). */
typedef struct was_pws_found_t {
    was_found_t found;
    const char *const *ids;
    const was_resource_t *resources; /* beyond WAS_PIECE_BYTES without its piece */
} was_pws_found_t;

/* What the groups find. A page ends by its bytes, too; a resource beyond WAS_PAGE_BYTES is a page
 * of its own. Errors: NOT_FOUND (no such collection). */
WAS_CHECKED const was_error_t *was_pws_terms_find(was_db_t *db, const was_pws_lookup_t *lookup,
                                                  was_pws_found_t *found, apr_pool_t *pool);

/* How many these are in all, whatever the page. Errors: the same. */
WAS_CHECKED const was_error_t *was_pws_terms_count(was_db_t *db, const was_pws_lookup_t *lookup,
                                                   apr_int64_t *count, apr_pool_t *pool);

#endif
