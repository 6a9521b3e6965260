/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_import: records of an archive as steps of one transaction. Owns their order, their
 * positions, and what it means that one found no row. Refuses to know what an archive looks like.
 */

#include "store/pws/was_pws_import.h"

#include "store/was_array.h"
#include "store/was_limit.h"
#include "was_pws_opened.h"

#include <string.h>

enum { ROW_BYTES = 400 };

typedef struct import_t {
    const was_grant_t *grant;
    const was_pws_incoming_source_t *source;
    was_pws_imported_t *imported;
    apr_pool_t *pool;
    was_pws_batch_t batch;
    apr_int64_t space;            /* its generation */
    apr_int64_t charge;           /* what the space itself is charged more */
    was_pws_opened_t opened;      /* the collection at hand */
    was_pws_counted_t tombstones; /* of collections */
    apr_int64_t chunks;           /* the mark of the chunks of the resource at hand */
} import_t;

static const was_error_t *check_resource(const import_t *import, const was_pws_incoming_t *record)
{
    apr_pool_t *pool = import->pool;

    if (import->opened.is_encrypted && !record->is_envelope) {
        return was_error_make(pool, WAS_ERROR_NOT_ENCRYPTED, NULL,
                              "a collection of the archive takes encrypted envelopes only");
    }
    return import->opened.is_elsewhere
               ? was_error_make(pool, WAS_ERROR_UNKNOWN_BACKEND, NULL,
                                "the backend of a collection cannot be written to from here")
               : NULL;
}

/* Parts that wait for the row that will name them. */
static const was_error_t *check_parts(import_t *import, const was_content_t *content)
{
    const was_value_t values[] = {WAS_TEXT(import->grant->space), was_parts_mark(content->parts),
                                  WAS_INTEGER((apr_int64_t)content->length)};
    was_transaction_t transaction = {.nsteps = 0};

    if (content->parts == NULL) {
        return NULL;
    }
    was_parts_lock(&transaction, content->parts);
    const was_step_t *step = was_step_add(&transaction, WAS_SQL_PARTS_WHOLE, values, 3);

    WAS_TRY(was_work_run(import->batch.work, &transaction, import->batch.pool));
    return was_rows_true(step->rows, 0, 0)
               ? NULL
               : was_error_log(import->pool, WAS_ERROR_UNAVAILABLE, "parts of an import were lost");
}

/* Behind the row that a content is in, or that names its parts. */
static void name_content(import_t *import, const was_content_t *content)
{
    was_pws_batch_t *batch = &import->batch;

    if (content->parts == NULL) {
        batch->bytes += content->length;
        return;
    }
    batch->counted[batch->transaction.nsteps] = NULL;
    was_parts_name(&batch->transaction, content->parts);
}

/* Of the resource at the last position, if that came in. */
static void import_terms(import_t *import, const was_pws_incoming_t *record)
{
    const was_pws_terms_t *terms = &record->terms;
    was_pws_batch_t *batch = &import->batch;
    const char *all = was_array_hashes(terms->all, terms->count, batch->pool);
    const was_value_t values[] = {
        WAS_TEXT(import->grant->space),
        WAS_INTEGER(import->opened.generation),
        WAS_INTEGER(import->opened.position),
        WAS_TEXT(all),
        WAS_TEXT(was_array_hashes(terms->claims, terms->nclaims, batch->pool)),
    };

    if (terms->count > 0) {
        was_pws_batch_add(batch, WAS_SQL_PWS_IMPORT_TERMS, values, 5, NULL);
        batch->bytes += 2 * strlen(all);
    }
}

static const was_error_t *import_resource(import_t *import, const was_pws_incoming_t *record)
{
    const was_content_t *content = &record->content;
    apr_int64_t chunk_bytes = record->chunk_bytes + (apr_int64_t)record->nchunks * ROW_BYTES;

    WAS_TRY(check_resource(import, record));
    WAS_TRY(check_parts(import, content));
    import->chunks = record->nchunks > 0 ? was_grant_token() : 0;
    const was_value_t values[] = {
        WAS_TEXT(import->grant->space),
        WAS_INTEGER(import->opened.generation),
        WAS_TEXT(record->resource),
        was_pws_generation_value(record->generation),
        WAS_TEXT(content->type),
        WAS_INTEGER((apr_int64_t)content->length),
        was_content_bytes(content),
        was_parts_mark(content->parts),
        was_pws_created_value(record->created),
        WAS_TEXT(record->epoch),
        WAS_TEXT(record->writer),
        WAS_INTEGER(++import->opened.position),
        WAS_TEXT(record->custom),
        record->is_noted ? was_pws_generation_value(record->noted_generation) : WAS_TEXT(NULL),
        record->nchunks > 0 ? WAS_INTEGER(import->chunks) : WAS_TEXT(NULL),
        WAS_INTEGER(chunk_bytes),
        was_content_digest(content),
        WAS_INTEGER(record->terms.count),
    };

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_IMPORT_RESOURCE, values, 18,
                      &import->imported->resources);
    name_content(import, content);
    import_terms(import, record);
    return NULL;
}

static const was_error_t *import_chunk(import_t *import, const was_pws_incoming_t *record)
{
    const was_content_t *content = &record->content;

    WAS_TRY(check_parts(import, content));
    const was_value_t values[] = {
        WAS_TEXT(import->grant->space),
        WAS_INTEGER(import->opened.generation),
        WAS_TEXT(record->resource),
        WAS_INTEGER(import->chunks),
        WAS_INTEGER(record->number),
        was_pws_generation_value(record->generation),
        WAS_TEXT(content->type),
        WAS_INTEGER((apr_int64_t)content->length),
        was_content_bytes(content),
        was_parts_mark(content->parts),
        was_pws_created_value(record->created),
        was_content_digest(content),
    };

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_IMPORT_CHUNK, values, 12, NULL);
    name_content(import, content);
    return NULL;
}

static void import_policy(import_t *import, const was_pws_incoming_t *record, apr_int64_t parent,
                          was_value_t position)
{
    const was_value_t values[] = {WAS_TEXT(import->grant->space),
                                  WAS_INTEGER(parent),
                                  WAS_TEXT(record->resource != NULL ? record->resource : ""),
                                  WAS_TEXT(record->document),
                                  was_pws_generation_value(record->generation),
                                  position};

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_IMPORT_POLICY, values, 6,
                      &import->imported->policies);
}

/* The space's own, which is charged to itself. */
static const was_error_t *import_space_policy(import_t *import, const was_pws_incoming_t *record)
{
    int before = import->imported->policies.created;
    apr_int64_t bytes = ROW_BYTES + (apr_int64_t)strlen(record->document);

    import_policy(import, record, import->space, WAS_TEXT(NULL));
    WAS_TRY(was_pws_batch_flush(&import->batch));
    import->charge += import->imported->policies.created > before ? bytes : 0;
    return NULL;
}

static const was_error_t *import_name(import_t *import, const was_pws_incoming_t *record)
{
    const was_value_t controller = WAS_TEXT(import->grant->controller);
    const was_value_t values[] = {WAS_TEXT(import->grant->space),
                                  controller,
                                  controller,
                                  WAS_TEXT(record->document),
                                  WAS_TEXT(NULL),
                                  WAS_TEXT(NULL),
                                  WAS_TEXT(NULL),
                                  WAS_TEXT(NULL)};

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_SPACE_UPDATE, values, 8, NULL);
    return was_pws_batch_flush(&import->batch);
}

static const was_error_t *import_deleted_collection(import_t *import,
                                                    const was_pws_incoming_t *record)
{
    int before = import->tombstones.created;
    const char *id = record->collection->id;
    apr_int64_t bytes = ROW_BYTES + (apr_int64_t)strlen(id);
    const was_value_t values[] = {WAS_TEXT(import->grant->space), WAS_TEXT(id),
                                  was_pws_generation_value(record->generation)};

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_IMPORT_DELETED_COLLECTION, values, 3,
                      &import->tombstones);
    WAS_TRY(was_pws_batch_flush(&import->batch));
    import->charge += import->tombstones.created > before ? bytes : 0;
    return NULL;
}

static void import_deleted_resource(import_t *import, const was_pws_incoming_t *record)
{
    const was_value_t values[] = {WAS_TEXT(import->grant->space),
                                  WAS_INTEGER(import->opened.generation),
                                  WAS_TEXT(record->resource),
                                  was_pws_generation_value(record->generation),
                                  WAS_TEXT(record->content.type),
                                  WAS_TEXT(record->writer),
                                  WAS_INTEGER(++import->opened.position)};

    was_pws_batch_add(&import->batch, WAS_SQL_PWS_IMPORT_DELETED_RESOURCE, values, 7, NULL);
}

/* What belongs to the space itself, or begins a collection, stands alone; the rest is gathered. */
static const was_error_t *import_record(import_t *import, const was_pws_incoming_t *record)
{
    switch (record->kind) {
    case WAS_PWS_IN_NAME:
        return import_name(import, record);
    case WAS_PWS_IN_SPACE_POLICY:
        return import_space_policy(import, record);
    case WAS_PWS_IN_DELETED_COLLECTION:
        return import_deleted_collection(import, record);
    case WAS_PWS_IN_COLLECTION:
        return was_pws_opened_take(&import->opened, record);
    case WAS_PWS_IN_RESOURCE:
        return import_resource(import, record);
    case WAS_PWS_IN_CHUNK:
        return import_chunk(import, record);
    case WAS_PWS_IN_DELETED_RESOURCE:
        import_deleted_resource(import, record);
        return NULL;
    default:
        import_policy(import, record, import->opened.generation,
                      WAS_INTEGER(++import->opened.position));
        return NULL;
    }
}

static bool begins_collection(const was_pws_incoming_t *record)
{
    return record->kind == WAS_PWS_IN_COLLECTION || record->kind == WAS_PWS_IN_DELETED_COLLECTION;
}

/* What a batch points at lives until it was sent. */
static const was_error_t *import_all(import_t *import)
{
    was_pws_batch_t *batch = &import->batch;
    bool ended = false;

    WAS_TRY(import->source->rewind(import->source->baton));
    while (!ended) {
        was_pws_incoming_t record = {.resource = NULL};

        WAS_TRY(import->source->next(import->source->baton, &record, &ended, batch->pool));
        if (ended || begins_collection(&record)) {
            WAS_TRY(was_pws_opened_close(&import->opened));
        }
        if (!ended) {
            WAS_TRY(import_record(import, &record));
        }
        if (was_pws_batch_is_full(batch)) {
            WAS_TRY(was_pws_batch_flush(&import->batch));
        }
        if (batch->transaction.nsteps == 0) {
            apr_pool_clear(batch->pool);
        }
    }
    return NULL;
}

/* All of it fits, or it makes the space no bigger than it was. */
static const was_error_t *check_quota(import_t *import, apr_int64_t before)
{
    const was_value_t values[] = {WAS_TEXT(import->grant->space), WAS_INTEGER(import->charge)};
    apr_int64_t quota = import->grant->quota;
    const was_rows_t *rows;

    WAS_TRY(was_pws_batch_alone(&import->batch, WAS_SQL_PWS_IMPORT_CHARGE, values, 2, &rows));
    apr_int64_t after = was_rows_integer(rows, 0, 0, 0);

    return quota <= 0 || after <= quota || after <= before
               ? NULL
               : was_limit_exceeded(quota, before, import->pool);
}

/* The space's lock, its generation and what it is charged. */
static const was_error_t *open_space(import_t *import, apr_int64_t *charged)
{
    was_transaction_t transaction = {.nsteps = 0};
    was_value_t values[WAS_GRANT_VALUES];

    was_grant_values(import->grant, values, import->batch.pool);
    const was_step_t *lock =
        was_step_add(&transaction, WAS_SQL_PWS_SPACE_LOCK, values, WAS_GRANT_VALUES);
    const was_step_t *space = was_step_add(&transaction, WAS_SQL_PWS_ARCHIVE_SPACE, values, 1);
    const was_step_t *usage = was_step_add(&transaction, WAS_SQL_PWS_SPACE_USAGE, values, 2);

    WAS_TRY(was_work_run(import->batch.work, &transaction, import->batch.pool));
    if (was_rows_count(lock->rows) == 0) {
        return was_error_log(import->pool, WAS_ERROR_NOT_FOUND, "the grant does not hold any more");
    }
    import->space = was_rows_integer(space->rows, 0, 0, 0);
    *charged = was_rows_integer(usage->rows, 0, 0, 0);
    return NULL;
}

static const was_error_t *do_import(was_work_t *work, void *baton, apr_pool_t *pool)
{
    const import_t *wanted = baton;
    import_t import = {.grant = wanted->grant,
                       .source = wanted->source,
                       .imported = wanted->imported,
                       .pool = pool,
                       .batch = {.work = work}};
    apr_int64_t before = 0;

    import.opened = (was_pws_opened_t){
        .batch = &import.batch, .grant = import.grant, .counted = &import.imported->collections};
    apr_pool_create(&import.batch.pool, pool);
    *import.imported = (was_pws_imported_t){.resources = {0, 0}};
    WAS_TRY(open_space(&import, &before));
    WAS_TRY(import_all(&import));
    return check_quota(&import, before);
}

const was_error_t *was_pws_import(was_db_t *db, const was_grant_t *grant,
                                  const was_pws_incoming_source_t *source,
                                  was_pws_imported_t *imported, apr_pool_t *pool)
{
    import_t import = {.grant = grant, .source = source, .imported = imported};

    return was_pws_terms_explain(was_work_do(db, WAS_PWS_IMPORT_SECONDS, do_import, &import, pool),
                                 pool);
}
