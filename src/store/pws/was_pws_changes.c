/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pws_changes: the changes of a collection out of the tables of its records. Owns what the rows
 * mean. Refuses to know what a checkpoint is, and how a change is shown.
 */

#include "store/pws/was_pws_changes.h"

#include "store/was_page.h"

/* Of so many changes, contents that the statement of short ones takes for short come to a page. */
enum { FEW = 128 };
_Static_assert(WAS_PAGE_BYTES / FEW == 2048, "PWS_CHANGES_SHORT has another length");

/* Columns of all statements: what every record has. A stamp is its time, counter, generation. */
enum { ID, AT, STAMP, LOCAL = STAMP + 3, TYPE, WRITER };
/* Behind them, of resources; HIGHEST and what follows are the collection's, */
enum { CREATED_BY = WRITER + 1, EPOCH, CUSTOM, META, CONTENT = META + 3, KEPT_BACK };
enum { HIGHEST = KEPT_BACK + 1, KEY, ORIGIN, NEXT };
/* and of others. */
enum { KIND = WRITER + 1, DELETED };

/* Most digits of a number in hexadecimal, and bytes of a stamp in a validator. */
enum { HEX_DIGITS = 16, VALIDATOR_BYTES = 3 * (HEX_DIGITS + 1) };

/* The columns whose lengths vary, as the statements count them: the first three of others. */
static const int lengths[] = {ID, TYPE, WRITER, CREATED_BY, EPOCH, CUSTOM, CONTENT};
enum { OF_OTHERS = 3, OF_RESOURCES = sizeof(lengths) / sizeof(lengths[0]) };

/* Rows in the order of their positions, and up to which position they are all that there are. */
typedef struct records_t {
    const was_rows_t *rows;
    int count, next;
    int collection;    /* the row that is the collection's own; -1: none is */
    apr_size_t *bytes; /* that each row takes in the answer */
    apr_int64_t end;
} records_t;

/* What a row takes in the answer. */
static apr_size_t bytes_of_record(const was_rows_t *rows, int row, int nlengths, int extra)
{
    apr_size_t sum = (apr_size_t)extra;

    for (int i = 0; i < nlengths; i++) {
        sum += was_rows_length(rows, row, lengths[i]);
    }
    return sum;
}

/* A page that ends by its rows or its bytes ends with its last row. */
static records_t find_records(const was_rows_t *rows, int collection, int nlengths,
                              const was_pws_changes_query_t *query, apr_pool_t *pool)
{
    records_t records = {.rows = rows,
                         .count = was_rows_count(rows),
                         .collection = collection,
                         .end = APR_INT64_MAX};
    int count = 0, last = 0;
    apr_size_t sum = 0;

    records.bytes = apr_palloc(pool, sizeof(*records.bytes) * (apr_size_t)(records.count + 1));
    for (int row = 0; row < records.count; row++) {
        records.bytes[row] = bytes_of_record(rows, row, nlengths, query->extra);
        if (row != collection) {
            sum += records.bytes[row];
            last = row;
            count++;
        }
    }
    if (count >= query->limit || sum > WAS_PAGE_BYTES) {
        records.end = was_rows_integer(rows, last, AT, 0);
    }
    return records;
}

static char *put_hex(char *at, apr_uint64_t number)
{
    char digits[HEX_DIGITS];
    int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number & 0xf];
        number >>= 4;
    } while (number > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

static apr_uint64_t unsigned_of(const was_rows_t *rows, int row, int column)
{
    return (apr_uint64_t)was_rows_integer(rows, row, column, 0);
}

/* What PWS_ETAG makes of a stamp. */
static char *put_validator(char *at, const was_rows_t *rows, int row, int column)
{
    at = put_hex(at, unsigned_of(rows, row, column + 2));
    *at++ = '-';
    at = put_hex(at, unsigned_of(rows, row, column));
    *at++ = '-';
    return put_hex(at, unsigned_of(rows, row, column + 1));
}

/* PWS_ETAG, or PWS_ETAG_OBJECT of the collection. */
static const char *read_etag(const was_rows_t *rows, int row, apr_pool_t *pool)
{
    char *etag = apr_palloc(pool, VALIDATOR_BYTES + HEX_DIGITS + 1);
    char *end = put_validator(etag, rows, row, STAMP);

    if (was_rows_text(rows, row, LOCAL) != NULL) {
        *end++ = '-';
        end = put_hex(end, unsigned_of(rows, row, LOCAL));
    }
    *end = '\0';
    return etag;
}

/* PWS_META_ETAG of a resource of which something is noted. */
static const char *read_meta_etag(const was_rows_t *rows, int row, apr_pool_t *pool)
{
    char *etag = apr_palloc(pool, 2 + 2 * VALIDATOR_BYTES + 1);

    etag[0] = 'd';
    etag[1] = '-';
    char *end = put_validator(etag + 2, rows, row, STAMP);
    *end++ = '-';
    end = put_validator(end, rows, row, META);
    *end = '\0';
    return etag;
}

static was_pws_change_stamp_t read_stamp(const was_rows_t *rows, int row, int column,
                                         apr_pool_t *pool)
{
    char *generation = apr_palloc(pool, HEX_DIGITS + 1);

    *put_hex(generation, unsigned_of(rows, row, column + 2)) = '\0';
    return (was_pws_change_stamp_t){.updated = was_rows_time(rows, row, column),
                                    .counter = was_rows_integer(rows, row, column + 1, 0),
                                    .generation = generation};
}

static was_pws_change_kind_t read_kind(const char *kind)
{
    return *kind == 'p'   ? WAS_PWS_CHANGE_POLICY
           : *kind == 'c' ? WAS_PWS_CHANGE_COLLECTION
           : *kind == 'l' ? WAS_PWS_CHANGE_LOG
                          : WAS_PWS_CHANGE_RESOURCE;
}

/* What every record has. */
static was_pws_change_t read_record(const was_rows_t *rows, int row, apr_pool_t *pool)
{
    return (was_pws_change_t){
        .kind = WAS_PWS_CHANGE_RESOURCE,
        .id = was_rows_text(rows, row, ID),
        .position = was_rows_integer(rows, row, AT, 0),
        .stamp = read_stamp(rows, row, STAMP, pool),
        .etag = read_etag(rows, row, pool),
        .type = was_rows_text(rows, row, TYPE),
        .writer = was_rows_text(rows, row, WRITER),
    };
}

static void read_resource(const records_t *records, was_pws_change_t *change, apr_pool_t *pool)
{
    const was_rows_t *rows = records->rows;
    const int row = records->next;

    *change = read_record(rows, row, pool);
    if (row == records->collection) {
        change->kind = WAS_PWS_CHANGE_COLLECTION;
        return;
    }
    change->created_by = was_rows_text(rows, row, CREATED_BY);
    change->epoch = was_rows_text(rows, row, EPOCH);
    change->custom = was_rows_text(rows, row, CUSTOM);
    if (was_rows_text(rows, row, META) != NULL) {
        change->meta_etag = read_meta_etag(rows, row, pool);
        change->meta = read_stamp(rows, row, META, pool);
    }
    change->content = was_rows_bytes(rows, row, CONTENT, &change->length);
}

static void read_other(const records_t *records, was_pws_change_t *change, apr_pool_t *pool)
{
    *change = read_record(records->rows, records->next, pool);
    change->kind = read_kind(was_rows_text(records->rows, records->next, KIND));
    change->is_deleted = was_rows_true(records->rows, records->next, DELETED);
}

static apr_int64_t next_position(const records_t *records)
{
    return records->next < records->count ? was_rows_integer(records->rows, records->next, AT, 0)
                                          : APR_INT64_MAX;
}

/* The page out of both: in the order of positions, and not beyond `end`. The collection's own row
 * is there wherever it stands. */
static void merge_records(records_t *resources, records_t *others, apr_int64_t end,
                          const was_pws_changes_query_t *query, was_pws_changes_t *changes,
                          was_pws_change_t *list, apr_pool_t *pool)
{
    apr_size_t sum = 0;

    while (changes->count < query->limit) {
        const bool is_other = next_position(others) < next_position(resources);
        records_t *from = is_other ? others : resources;

        if (from->next == from->count || next_position(from) > end) {
            break;
        }
        if (from->next == from->collection &&
            (query->only_json || next_position(from) <= query->after)) {
            from->next++;
            continue;
        }
        sum += from->bytes[from->next];
        if (changes->count > 0 && sum > WAS_PAGE_BYTES) {
            break;
        }
        (is_other ? read_other : read_resource)(from, &list[changes->count++], pool);
        from->next++;
    }
}

static bool is_any_kept_back(const was_rows_t *rows)
{
    for (int row = 0; row < was_rows_count(rows); row++) {
        if (was_rows_true(rows, row, KEPT_BACK)) {
            return true;
        }
    }
    return false;
}

/* The resources, and the collection. */
static const was_error_t *find_resources(was_db_t *db, const was_pws_changes_query_t *query,
                                         const was_rows_t **rows, apr_pool_t *pool)
{
    was_value_t grant[WAS_GRANT_VALUES] = {WAS_TEXT(NULL), WAS_TEXT(NULL), WAS_TEXT(NULL)};

    if (query->grant != NULL) {
        was_grant_values(query->grant, grant, pool);
    }
    const was_value_t values[] = {
        WAS_TEXT(query->space),
        WAS_TEXT(query->collection),
        WAS_INTEGER(query->after),
        WAS_INTEGER(query->limit),
        WAS_BOOLEAN(query->only_public),
        WAS_BOOLEAN(query->only_json),
        grant[1],
        grant[2],
        WAS_INTEGER(query->extra),
    };

    if (query->limit <= FEW) {
        WAS_TRY(was_db_run(db, WAS_SQL_PWS_CHANGES_SHORT, values, 8, rows, pool));
        if (!is_any_kept_back(*rows)) {
            return NULL;
        }
    }
    return was_db_run(db, WAS_SQL_PWS_CHANGES_RESOURCES, values, 9, rows, pool);
}

/* What else there is up to a position. */
static const was_error_t *find_others(was_db_t *db, const was_pws_changes_query_t *query,
                                      apr_int64_t generation, apr_int64_t end,
                                      const was_rows_t **rows, apr_pool_t *pool)
{
    const was_value_t values[] = {
        WAS_TEXT(query->space),          WAS_INTEGER(generation),
        WAS_INTEGER(query->after),       WAS_INTEGER(query->limit),
        WAS_BOOLEAN(query->only_public), WAS_BOOLEAN(query->only_json),
        WAS_INTEGER(query->extra),       WAS_INTEGER(end),
    };

    return was_db_run(db, WAS_SQL_PWS_CHANGES_OTHERS, values, 8, rows, pool);
}

/* The collection as its own row has it; `row` is -1 without one. */
static const was_error_t *read_collection(const was_rows_t *rows, int row,
                                          was_pws_changes_t *changes, apr_pool_t *pool)
{
    apr_size_t length;

    if (row < 0) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "no such collection");
    }
    const char *key = was_rows_bytes(rows, row, KEY, &length);

    if (key == NULL || length != WAS_FEED_KEY_BYTES) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "was_origin.feed_key: not of 32 bytes");
    }
    *changes = (was_pws_changes_t){.key = (const unsigned char *)key,
                                   .origin = was_rows_text(rows, row, ORIGIN),
                                   .generation = was_rows_integer(rows, row, STAMP + 2, 0),
                                   .position = was_rows_integer(rows, row, HIGHEST, 0)};
    return NULL;
}

static int row_of_collection(const was_rows_t *rows)
{
    int row = was_rows_count(rows) - 1;

    while (row >= 0 && was_rows_text(rows, row, HIGHEST) == NULL) {
        row--;
    }
    return row;
}

/*
 * What is no resource is looked for only where the first statement has seen some of it on the page.
 * What others have replaced or deleted since is not in the second's page at its old place. It has a
 * new one then, beyond where the collection was, and is left for the next page.
 */
const was_error_t *was_pws_changes_read(was_db_t *db, const was_pws_changes_query_t *query,
                                        was_pws_changes_t *changes, apr_pool_t *pool)
{
    const was_rows_t *rows, *rest;
    records_t others = {.next = 0};

    WAS_TRY(find_resources(db, query, &rows, pool));
    const int collection = row_of_collection(rows);

    WAS_TRY(read_collection(rows, collection, changes, pool));
    records_t resources = find_records(rows, collection, OF_RESOURCES, query, pool);
    apr_int64_t end = resources.end < changes->position ? resources.end : changes->position;

    if (was_rows_integer(rows, collection, NEXT, APR_INT64_MAX) <= end) {
        WAS_TRY(find_others(db, query, changes->generation, end, &rest, pool));
        others = find_records(rest, -1, OF_OTHERS, query, pool);
        end = others.end < end ? others.end : end;
    }
    was_pws_change_t *list =
        apr_palloc(pool, sizeof(*list) * (apr_size_t)(resources.count + others.count + 1));

    changes->changes = list;
    merge_records(&resources, &others, end, query, changes, list, pool);
    return NULL;
}
