/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_archive: the records of a space out of their tables. Owns what the columns of a page
 * mean, and where the next one begins. Refuses to know what an archive looks like.
 */

#include "store/pws/was_pws_archive.h"

#include "store/was_page.h"

#include <apr_strings.h>

#include <string.h>

enum { ROWS = 1000 };

/* The columns of a page. */
enum { ID, GENERATION, UPDATED, COUNTER, DELETED, TYPE, WRITER, DOCUMENT, LENGTH, CONTENT, PARTS };
enum { CREATED = PARTS + 1, CREATED_BY, EPOCH, META_GENERATION, META_MS, META_COUNTER, CHUNKS };
enum { POLICY = CHUNKS + 1, POLICY_GENERATION, POLICY_MS, POLICY_COUNTER, TOTAL };

const was_error_t *was_pws_archive_space(was_db_t *db, const char *space, apr_int64_t *generation,
                                         apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(space)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_PWS_ARCHIVE_SPACE, values, 1, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such space");
    }
    *generation = was_rows_integer(rows, 0, 0, 0);
    return NULL;
}

static const char *shown_generation(const was_rows_t *rows, int row, int column, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_UINT64_T_HEX_FMT,
                        (apr_uint64_t)was_rows_integer(rows, row, column, 0));
}

static was_pws_stamp_t archived_stamp(const was_pws_listed_t *listed, const was_rows_t *rows,
                                      int row, int column)
{
    return (was_pws_stamp_t){.time = was_rows_time(rows, row, column),
                             .counter = was_rows_integer(rows, row, column + 1, 0),
                             .origin = listed->origin};
}

/* What of a content comes with its row, and where the rest of a longer one is. */
static void read_archived_content(const was_pws_listed_t *listed, const was_rows_t *rows, int row,
                                  was_pws_archived_t *record, apr_pool_t *pool)
{
    was_resource_t *content = &record->content;

    content->type = was_rows_text(rows, row, TYPE);
    content->size = was_rows_integer(rows, row, LENGTH, 0);
    content->piece = was_rows_bytes(rows, row, CONTENT, &content->piece_length);
    content->is_in_parts = was_rows_text(rows, row, PARTS) != NULL;
    content->mark = was_rows_integer(rows, row, PARTS, 0);
    if (content->piece != NULL) {
        content->size = (apr_int64_t)content->piece_length;
    }
    content->etag = apr_psprintf(
        pool, "%s-%" APR_UINT64_T_HEX_FMT "-%" APR_UINT64_T_HEX_FMT, record->generation,
        (apr_uint64_t)was_rows_integer(rows, row, UPDATED, 0), (apr_uint64_t)record->stamp.counter);
    content->pieces =
        (was_pieces_t){.statement = WAS_SQL_PWS_ARCHIVE_PIECE,
                       .values = {WAS_TEXT(listed->space), WAS_INTEGER(listed->parent),
                                  WAS_TEXT(record->id), WAS_TEXT(content->etag)},
                       .nvalues = 4};
}

static void read_archived(const was_pws_listed_t *listed, const was_rows_t *rows, int row,
                          was_pws_archived_t *record, apr_pool_t *pool)
{
    record->id = was_rows_text(rows, row, ID);
    record->life = was_rows_integer(rows, row, GENERATION, 0);
    record->generation = shown_generation(rows, row, GENERATION, pool);
    record->stamp = archived_stamp(listed, rows, row, UPDATED);
    record->is_deleted = was_rows_true(rows, row, DELETED);
    record->document = was_rows_text(rows, row, DOCUMENT);
    record->writer = was_rows_text(rows, row, WRITER);
    record->created = was_rows_time(rows, row, CREATED);
    record->created_by = was_rows_text(rows, row, CREATED_BY);
    record->epoch = was_rows_text(rows, row, EPOCH);
    if (was_rows_text(rows, row, META_GENERATION) != NULL) {
        record->noted_generation = shown_generation(rows, row, META_GENERATION, pool);
        record->noted = archived_stamp(listed, rows, row, META_MS);
    }
    record->policy = was_rows_text(rows, row, POLICY);
    if (record->policy != NULL) {
        record->policy_generation = shown_generation(rows, row, POLICY_GENERATION, pool);
        record->policy_stamp = archived_stamp(listed, rows, row, POLICY_MS);
    }
    record->has_chunks = was_rows_text(rows, row, CHUNKS) != NULL;
    record->chunks = was_rows_integer(rows, row, CHUNKS, 0);
    read_archived_content(listed, rows, row, record, pool);
}

/* Behind the last one: of numbers the next, of texts the one with the least byte more. */
static const was_error_t *go_behind(was_pws_listed_t *listed, const char *last, apr_pool_t *pool)
{
    int length = listed->kind == WAS_PWS_CHUNKS
                     ? apr_snprintf(listed->from, sizeof(listed->from), "%" APR_INT64_T_FMT,
                                    apr_atoi64(last) + 1)
                     : apr_snprintf(listed->from, sizeof(listed->from), "%s\001", last);

    return length < (int)sizeof(listed->from) - 1
               ? NULL
               : was_error_log(pool, WAS_ERROR_BROKEN, "a stored id is longer than ids are");
}

const was_error_t *was_pws_archive_list(was_db_t *db, was_pws_listed_t *listed,
                                        const was_pws_archived_t **records, int *count,
                                        apr_pool_t *pool)
{
    static const was_sql_t statements[] = {
        [WAS_PWS_COLLECTIONS] = WAS_SQL_PWS_ARCHIVE_COLLECTIONS,
        [WAS_PWS_RESOURCES] = WAS_SQL_PWS_ARCHIVE_RESOURCES,
        [WAS_PWS_CHUNKS] = WAS_SQL_PWS_ARCHIVE_CHUNKS,
    };
    static const was_page_t page = {.after = "", .limit = ROWS};
    bool is_number = listed->kind == WAS_PWS_CHUNKS && *listed->from == '\0';
    const was_value_t values[] = {WAS_TEXT(listed->space), WAS_INTEGER(listed->parent),
                                  WAS_TEXT(is_number ? "0" : listed->from),
                                  WAS_INTEGER(was_page_lookahead(&page))};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, statements[listed->kind], values, 4, &rows, pool));
    was_found_t found = was_page_found(&page, rows, TOTAL);
    was_pws_archived_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(found.count + 1));

    for (int i = 0; i < found.count; i++) {
        read_archived(listed, rows, i, &list[i], pool);
    }
    listed->is_over = !found.more;
    *records = list;
    *count = found.count;
    return found.count > 0 ? go_behind(listed, list[found.count - 1].id, pool) : NULL;
}

const was_error_t *was_pws_archive_log(was_db_t *db, const was_pws_listed_t *listed,
                                       was_pws_archived_log_t *log, apr_pool_t *pool)
{
    const was_value_t values[] = {WAS_TEXT(listed->space), WAS_INTEGER(listed->parent)};
    const was_rows_t *rows;

    *log = (was_pws_archived_log_t){.body = NULL};
    WAS_TRY(was_db_run(db, WAS_SQL_PWS_ARCHIVE_LOG, values, 2, &rows, pool));
    if (was_rows_count(rows) > 0) {
        log->generation = shown_generation(rows, 0, 0, pool);
        log->stamp = archived_stamp(listed, rows, 0, 1);
        log->body = was_rows_bytes(rows, 0, 3, &log->length);
    }
    return NULL;
}
