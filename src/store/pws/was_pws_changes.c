/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_changes: the changes of a collection out of the tables of its records. Owns what the rows
 * mean. Refuses to know what a checkpoint is, and how a change is shown.
 */

#include "store/pws/was_pws_changes.h"

#include "store/was_page.h"

/* Columns of both statements: what is the same in each row, and what every record has. */
enum { LIFE, POSITION, ID, AT, STAMP, ETAG = STAMP + 3, TYPE, WRITER };
/* Behind them, of resources, */
enum { CREATED_BY = WRITER + 1, EPOCH, CUSTOM, META, META_ETAG = META + 3, CONTENT };
/* and of others. */
enum { KIND = WRITER + 1, DELETED, TOTAL, KEY, ORIGIN, END };

/* The columns whose lengths vary, as the statements count them: the first three of others. */
static const int lengths[] = {ID, TYPE, WRITER, CREATED_BY, EPOCH, CUSTOM, CONTENT};
enum { OF_OTHERS = 3, OF_RESOURCES = sizeof(lengths) / sizeof(lengths[0]) };

/* Rows in the order of their positions, and up to which position they are all that there are. */
typedef struct records_t {
    const was_rows_t *rows;
    int count, next;
    int nlengths;
    apr_int64_t end;
} records_t;

/* What a row takes in the answer. */
static apr_size_t bytes_of_record(const records_t *records, int row, int extra)
{
    apr_size_t sum = (apr_size_t)extra, count;

    for (int i = 0; i < records->nlengths; i++) {
        was_rows_bytes(records->rows, row, lengths[i], &count);
        sum += count;
    }
    return sum;
}

/* A page that ends by its rows or its bytes ends with its last row. */
static records_t find_records(const was_rows_t *rows, int nlengths,
                              const was_pws_changes_query_t *query, apr_int64_t end)
{
    records_t records = {
        .rows = rows, .count = was_rows_count(rows), .nlengths = nlengths, .end = end};
    apr_size_t sum = 0;

    if (was_rows_text(rows, 0, ID) == NULL) {
        records.count = 0;
    }
    for (int row = 0; row < records.count; row++) {
        sum += bytes_of_record(&records, row, query->extra);
    }
    if (records.count >= query->limit || sum > WAS_PAGE_BYTES) {
        records.end = was_rows_integer(rows, records.count - 1, AT, 0);
    }
    return records;
}

static was_pws_change_stamp_t read_stamp(const was_rows_t *rows, int row, int column)
{
    return (was_pws_change_stamp_t){.updated = was_rows_time(rows, row, column),
                                    .counter = was_rows_integer(rows, row, column + 1, 0),
                                    .generation = was_rows_text(rows, row, column + 2)};
}

static was_pws_change_kind_t read_kind(const char *kind)
{
    return *kind == 'p'   ? WAS_PWS_CHANGE_POLICY
           : *kind == 'c' ? WAS_PWS_CHANGE_COLLECTION
           : *kind == 'l' ? WAS_PWS_CHANGE_LOG
                          : WAS_PWS_CHANGE_RESOURCE;
}

/* What every record has. */
static was_pws_change_t read_record(const was_rows_t *rows, int row)
{
    return (was_pws_change_t){
        .kind = WAS_PWS_CHANGE_RESOURCE,
        .id = was_rows_text(rows, row, ID),
        .position = was_rows_integer(rows, row, AT, 0),
        .stamp = read_stamp(rows, row, STAMP),
        .etag = was_rows_text(rows, row, ETAG),
        .type = was_rows_text(rows, row, TYPE),
        .writer = was_rows_text(rows, row, WRITER),
    };
}

static void read_resource(const was_rows_t *rows, int row, was_pws_change_t *change)
{
    *change = read_record(rows, row);
    change->created_by = was_rows_text(rows, row, CREATED_BY);
    change->epoch = was_rows_text(rows, row, EPOCH);
    change->custom = was_rows_text(rows, row, CUSTOM);
    change->meta_etag = was_rows_text(rows, row, META_ETAG);
    if (change->meta_etag != NULL) {
        change->meta = read_stamp(rows, row, META);
    }
    change->content = was_rows_bytes(rows, row, CONTENT, &change->length);
}

static void read_other(const was_rows_t *rows, int row, was_pws_change_t *change)
{
    *change = read_record(rows, row);
    change->kind = read_kind(was_rows_text(rows, row, KIND));
    change->is_deleted = was_rows_true(rows, row, DELETED);
}

static apr_int64_t next_position(const records_t *records)
{
    return records->next < records->count ? was_rows_integer(records->rows, records->next, AT, 0)
                                          : APR_INT64_MAX;
}

/* The page out of both: in the order of positions, not beyond what is all that there is of either,
 * nor beyond where the collection was when the first was looked for. */
static void merge_records(records_t *resources, records_t *others,
                          const was_pws_changes_query_t *query, was_pws_changes_t *changes,
                          was_pws_change_t *list)
{
    apr_int64_t end = resources->end < others->end ? resources->end : others->end;
    apr_size_t sum = 0;

    end = end < changes->position ? end : changes->position;
    while (changes->count < query->limit) {
        const bool is_other = next_position(others) < next_position(resources);
        records_t *from = is_other ? others : resources;

        if (from->next == from->count || next_position(from) > end) {
            break;
        }
        sum += bytes_of_record(from, from->next, query->extra);
        if (changes->count > 0 && sum > WAS_PAGE_BYTES) {
            break;
        }
        (is_other ? read_other : read_resource)(from->rows, from->next++, &list[changes->count++]);
    }
}

/*
 * Two statements, so that what others have replaced or deleted since the first is not in the
 * second's page at its old place. It has a new one then, beyond where the collection was, and is
 * left for the next page. What is there in both lives of a collection is in neither.
 */
const was_error_t *was_pws_changes_read(was_db_t *db, const was_pws_changes_query_t *query,
                                        was_pws_changes_t *changes, apr_pool_t *pool)
{
    const was_value_t values[] = {
        WAS_TEXT(query->space),    WAS_TEXT(query->collection),     WAS_INTEGER(query->after),
        WAS_INTEGER(query->limit), WAS_BOOLEAN(query->only_public), WAS_BOOLEAN(query->only_json),
        WAS_INTEGER(query->extra),
    };
    was_transaction_t transaction = {.nsteps = 0};
    const was_step_t *first = was_step_add(&transaction, WAS_SQL_PWS_CHANGES_RESOURCES, values, 7);
    const was_step_t *second = was_step_add(&transaction, WAS_SQL_PWS_CHANGES_OTHERS, values, 7);
    apr_size_t length;

    WAS_TRY(was_db_transact(db, &transaction, pool));
    if (was_rows_count(first->rows) == 0 || was_rows_count(second->rows) == 0 ||
        was_rows_integer(first->rows, 0, LIFE, 0) != was_rows_integer(second->rows, 0, LIFE, 0)) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
    }
    const char *key = was_rows_bytes(second->rows, 0, KEY, &length);

    if (key == NULL || length != WAS_FEED_KEY_BYTES) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "was_origin.feed_key: not of 32 bytes");
    }
    records_t resources = find_records(first->rows, OF_RESOURCES, query, APR_INT64_MAX);
    records_t others =
        find_records(second->rows, OF_OTHERS, query, was_rows_integer(second->rows, 0, END, 0));
    was_pws_change_t *list =
        apr_palloc(pool, sizeof(*list) * (apr_size_t)(resources.count + others.count + 1));

    *changes = (was_pws_changes_t){.key = (const unsigned char *)key,
                                   .origin = was_rows_text(second->rows, 0, ORIGIN),
                                   .generation = was_rows_integer(first->rows, 0, LIFE, 0),
                                   .position = was_rows_integer(first->rows, 0, POSITION, 0),
                                   .changes = list};
    merge_records(&resources, &others, query, changes, list);
    return NULL;
}
