/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_terms: the terms of resources into their table, and resources by them out of theirs. Owns
 * what the columns of the rows mean. Refuses to know what a term stands for, and who may read.
 */

#include "store/pws/was_pws_terms.h"

#include "store/was_array.h"

void was_pws_terms_put(was_transaction_t *transaction, const was_value_t key[4],
                       const was_pws_terms_t *terms, apr_pool_t *pool)
{
    const was_value_t values[] = {key[0],
                                  key[1],
                                  key[2],
                                  key[3],
                                  WAS_TEXT(was_array_hashes(terms->all, terms->count, pool)),
                                  WAS_TEXT(was_array_hashes(terms->claims, terms->nclaims, pool))};

    was_step_add(transaction, WAS_SQL_PWS_TERMS_FORGET, values, 6);
    if (terms->count > 0) {
        was_step_add(transaction, WAS_SQL_PWS_TERMS_PUT, values, 6);
    }
}

void was_pws_claims_put(was_transaction_t *transaction, const was_value_t key[4])
{
    was_step_add(transaction, WAS_SQL_PWS_CLAIMS_FORGET, key, 4);
    was_step_add(transaction, WAS_SQL_PWS_CLAIMS_PUT, key, 4);
}

void was_pws_claims_declare(was_transaction_t *transaction, const was_value_t key[3],
                            const char *plaintext)
{
    const was_value_t values[] = {key[0], key[1], key[2], WAS_TEXT(plaintext)};

    was_step_add(transaction, WAS_SQL_PWS_CLAIMS_DROP, values, 4);
    was_step_add(transaction, WAS_SQL_PWS_CLAIMS_MAKE, values, 4);
}

const was_error_t *was_pws_terms_explain(const was_error_t *error, apr_pool_t *pool)
{
    return error != NULL && error->kind == WAS_ERROR_CONFLICT
               ? was_error_make(pool, WAS_ERROR_CONFLICT, NULL,
                                "another resource of this collection has a value that is unique")
               : error;
}

const was_error_t *was_pws_claims_explain(const was_error_t *error, bool is_long, apr_pool_t *pool)
{
    return error != NULL && error->kind == WAS_ERROR_MALFORMED
               ? was_error_make(pool, is_long ? WAS_ERROR_TOO_LARGE : WAS_ERROR_INVALID_BODY, NULL,
                                "JSON of this collection, of which values are unique, has at most "
                                "%d bytes and no escaped NUL",
                                WAS_PIECE_BYTES)
               : was_pws_terms_explain(error, pool);
}

const was_error_t *was_pws_claims_explain_all(const was_error_t *error, apr_pool_t *pool)
{
    bool is_taken = error != NULL && error->kind == WAS_ERROR_CONFLICT;

    if (!is_taken && (error == NULL || error->kind != WAS_ERROR_MALFORMED)) {
        return error;
    }
    return was_error_make(pool, WAS_ERROR_CONFLICT, "#/plaintext/indexes",
                          is_taken ? "two resources have one value that is to be unique"
                                   : "there is JSON beyond 1 MiB, or with an escaped NUL, of which "
                                     "no value can be kept unique");
}

void was_pws_terms_delete(was_transaction_t *transaction, const was_value_t key[4])
{
    was_step_add(transaction, WAS_SQL_PWS_TERMS_DELETE, key, 4);
}

/* What both reads take; the limit and what a row takes besides are the page's. */
static void lookup_values(const was_pws_lookup_t *lookup, was_value_t values[7], apr_pool_t *pool)
{
    values[0] = WAS_TEXT(lookup->space);
    values[1] = WAS_TEXT(lookup->collection);
    values[2] = WAS_TEXT(lookup->page.after);
    values[3] = WAS_INTEGER(was_page_lookahead(&lookup->page));
    values[4] = WAS_BOOLEAN(lookup->page.only_public);
    values[5] = WAS_TEXT(was_array_hashes(lookup->terms, lookup->nterms, pool));
    values[6] = WAS_TEXT(was_array_texts(lookup->ends, lookup->ngroups, pool));
}

/* Runs a read beside a look whether there is the collection. */
static const was_error_t *run_lookup(was_db_t *db, was_sql_t statement, const was_value_t *values,
                                     int nvalues, const was_rows_t **rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *there = was_step_add(&transaction, WAS_SQL_PWS_RESOURCE_COUNT, values, 2);
    const was_step_t *read = was_step_add(&transaction, statement, values, nvalues);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(there->rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
    }
    *rows = read->rows;
    return NULL;
}

static void read_found(const was_pws_lookup_t *lookup, const was_rows_t *rows, int row,
                       was_resource_t *resource)
{
    const char *id = was_rows_text(rows, row, 0);

    if (!was_content_row(rows, row, 1, resource)) {
        return;
    }
    resource->pieces =
        (was_pieces_t){.statement = WAS_SQL_PWS_RESOURCE_PIECE,
                       .values = {WAS_TEXT(lookup->space), WAS_TEXT(lookup->collection),
                                  WAS_TEXT(id), WAS_TEXT(resource->etag)},
                       .nvalues = 4};
}

const was_error_t *was_pws_terms_find(was_db_t *db, const was_pws_lookup_t *lookup,
                                      was_pws_found_t *found, apr_pool_t *pool)
{
    was_value_t values[8];
    const was_rows_t *rows;

    lookup_values(lookup, values, pool);
    values[7] = WAS_INTEGER(lookup->page.extra);
    WAS_TRY(run_lookup(db, WAS_SQL_PWS_TERMS_FIND, values, 8, &rows, pool));
    found->found = was_page_found(&lookup->page, rows, 8);
    const apr_size_t count = (apr_size_t)found->found.count;
    const char **ids = apr_palloc(pool, sizeof(*ids) * (count + 1));
    was_resource_t *resources = apr_pcalloc(pool, sizeof(*resources) * (count + 1));

    for (int i = 0; i < found->found.count; i++) {
        ids[i] = was_rows_text(rows, i, 0);
        read_found(lookup, rows, i, &resources[i]);
    }
    found->ids = ids;
    found->resources = resources;
    return NULL;
}

const was_error_t *was_pws_terms_count(was_db_t *db, const was_pws_lookup_t *lookup,
                                       apr_int64_t *count, apr_pool_t *pool)
{
    was_value_t values[7];
    const was_rows_t *rows;

    lookup_values(lookup, values, pool);
    values[2] = WAS_TEXT("");
    values[3] = WAS_TEXT(NULL);
    WAS_TRY(run_lookup(db, WAS_SQL_PWS_TERMS_COUNT, values, 7, &rows, pool));
    *count = was_rows_integer(rows, 0, 0, 0);
    return NULL;
}
