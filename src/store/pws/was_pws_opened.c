/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_opened: collections that records of an archive come into. Owns how one is found or made,
 * and what its counter says at the end. Refuses to know what comes.
 */

#include "was_pws_opened.h"

was_value_t was_pws_generation_value(apr_int64_t generation)
{
    return WAS_INTEGER(generation != 0 ? generation : was_grant_token());
}

was_value_t was_pws_created_value(apr_time_t created)
{
    return created != 0 ? WAS_INTEGER(apr_time_as_msec(created)) : WAS_TEXT(NULL);
}

/* What came into the collection claims its values. */
static const was_error_t *claim_values(const was_pws_opened_t *opened, const was_value_t *key)
{
    const was_rows_t *rows;
    const was_error_t *error =
        was_pws_batch_alone(opened->batch, WAS_SQL_PWS_IMPORT_CLAIMS, key, 3, &rows);

    return error != NULL && error->kind == WAS_ERROR_MALFORMED
               ? was_error_make(opened->batch->pool, WAS_ERROR_INVALID_ARCHIVE, NULL,
                                "JSON of which values are unique has at most %d bytes and no "
                                "escaped NUL",
                                WAS_PIECE_BYTES)
               : error;
}

/* The end of the collection at hand: what came into it is charged, and seen. */
const was_error_t *was_pws_opened_close(was_pws_opened_t *opened)
{
    const was_value_t values[] = {WAS_TEXT(opened->grant->space), WAS_INTEGER(opened->generation),
                                  WAS_INTEGER(opened->began),     WAS_INTEGER(opened->position),
                                  WAS_INTEGER(was_grant_token()), WAS_INTEGER(opened->claims)};
    bool is_raised = opened->is_open && opened->position > opened->began;

    opened->is_open = false;
    if (is_raised) {
        was_pws_batch_add(opened->batch, WAS_SQL_PWS_IMPORT_CLOSE, values, 6, NULL);
    }
    WAS_TRY(was_pws_batch_flush(opened->batch));
    return is_raised && opened->claims > 0 ? claim_values(opened, values) : NULL;
}

/* `*found` is whether there is one. */
static const was_error_t *open_collection(was_pws_opened_t *opened, const char *id, bool *found)
{
    const was_value_t values[] = {WAS_TEXT(opened->grant->space), WAS_TEXT(id)};
    const was_rows_t *rows;

    WAS_TRY(was_pws_batch_alone(opened->batch, WAS_SQL_PWS_IMPORT_OPEN, values, 2, &rows));
    *found = was_rows_count(rows) > 0;
    if (*found) {
        opened->generation = was_rows_integer(rows, 0, 0, 0);
        opened->began = opened->position = was_rows_integer(rows, 0, 1, 0);
        opened->is_encrypted = was_rows_true(rows, 0, 2) || was_rows_true(rows, 0, 4);
        opened->is_elsewhere = was_rows_true(rows, 0, 3);
        opened->claims = was_rows_integer(rows, 0, 5, 0);
        opened->is_open = true;
    }
    return NULL;
}

/* The archived one, if nothing here has it, or may still have something of it. */
static const was_error_t *choose_generation(was_pws_opened_t *opened, apr_int64_t archived,
                                            was_value_t *generation)
{
    const was_value_t values[] = {WAS_TEXT(opened->grant->space), WAS_INTEGER(archived)};
    const was_rows_t *rows;

    *generation = WAS_INTEGER(was_grant_token());
    if (archived != 0) {
        WAS_TRY(
            was_pws_batch_alone(opened->batch, WAS_SQL_PWS_IMPORT_GENERATION, values, 2, &rows));
        if (was_rows_true(rows, 0, 0)) {
            *generation = values[1];
        }
    }
    return NULL;
}

/* What the log says of it is the collection's from the beginning. */
static void add_creation(was_pws_opened_t *opened, const was_pws_incoming_t *record,
                         was_value_t generation)
{
    const was_pws_collection_t *collection = record->collection;
    const was_pws_log_t *log = record->log;
    was_value_t values[16];

    was_grant_values(opened->grant, values, opened->batch->pool);
    values[3] = WAS_TEXT(collection->id);
    values[4] = WAS_TEXT(collection->name);
    values[5] = WAS_TEXT(NULL); /* what comes is kept here */
    values[6] = WAS_TEXT(log != NULL ? log->state : collection->encryption);
    values[7] = WAS_TEXT(collection->plaintext);
    values[8] = WAS_TEXT(collection->generator);
    values[9] = WAS_TEXT(collection->generator_origin);
    values[10] = WAS_TEXT(collection->custom);
    values[11] = WAS_TEXT(collection->epoch);
    values[12] = WAS_TEXT(NULL); /* created by: nobody has proven it */
    values[13] = generation;
    values[14] = WAS_TEXT(NULL); /* the quota counts at the end */
    values[15] = WAS_TEXT(log != NULL ? log->revisions : collection->revisions);
    was_pws_batch_add(opened->batch, WAS_SQL_PWS_COLLECTION_INSERT, values, 16, opened->counted);
}

static const was_error_t *create_collection(was_pws_opened_t *opened,
                                            const was_pws_incoming_t *record)
{
    was_value_t key[4] = {WAS_TEXT(opened->grant->space), WAS_TEXT(record->collection->id)};

    WAS_TRY(choose_generation(opened, record->generation, &key[2]));
    add_creation(opened, record, key[2]);
    if (record->log != NULL) {
        key[3] = WAS_TEXT(record->log->method);
        was_pws_batch_add(opened->batch, WAS_SQL_PWS_IMPORT_GOVERNED, key, 4, NULL);
    }
    was_pws_batch_add(opened->batch, WAS_SQL_PWS_COLLECTION_LIFT, key, 3, NULL);
    was_pws_batch_add(opened->batch, WAS_SQL_PWS_COLLECTION_COUNTER, key, 3, NULL);
    was_pws_batch_add(opened->batch, WAS_SQL_PWS_COLLECTION_CHARGE, key, 3, NULL);
    if (record->created != 0) {
        key[3] = was_pws_created_value(record->created);
        was_pws_batch_add(opened->batch, WAS_SQL_PWS_IMPORT_CREATED, key, 4, NULL);
    }
    return was_pws_batch_flush(opened->batch);
}

/* In the collection that was just made. */
static const was_error_t *store_log(was_pws_opened_t *opened, const was_pws_incoming_t *record)
{
    const was_pws_log_t *log = record->log;

    if (log == NULL) {
        return NULL;
    }
    const was_value_t values[] = {
        WAS_TEXT(opened->grant->space),
        WAS_INTEGER(opened->generation),
        was_pws_generation_value(record->log_generation),
        WAS_BYTES(log->body, log->length),
        WAS_INTEGER(++opened->position),
    };

    was_pws_batch_add(opened->batch, WAS_SQL_PWS_IMPORT_LOG, values, 5, NULL);
    return was_pws_batch_flush(opened->batch);
}

const was_error_t *was_pws_opened_take(was_pws_opened_t *opened, const was_pws_incoming_t *record)
{
    const char *id = record->collection->id;
    bool found;

    WAS_TRY(open_collection(opened, id, &found));
    if (found) {
        opened->counted->skipped++;
        return NULL;
    }
    WAS_TRY(create_collection(opened, record));
    WAS_TRY(open_collection(opened, id, &found));
    return found ? store_log(opened, record)
                 : was_error_log(opened->batch->pool, WAS_ERROR_NOT_FOUND,
                                 "the grant does not hold any more");
}
