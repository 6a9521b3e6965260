/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_bucket: bucket types for contents that stay in the database until they are sent. Owns the
 * reading ahead of a few pieces. Refuses to know ranges, conditions and headers: httpd's filters
 * split and copy these buckets as they do with files.
 *
 * A connection is borrowed for a few pieces and given back before they are sent, so that a slow
 * client holds none.
 */

#include "http/was_bucket.h"

#include "http/was_ranges.h"

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

APLOG_USE_MODULE(was);

struct was_ahead_t {
    apr_off_t start;
    was_read_t read;
    void *rows; /* NULL once they are a bucket's */
};

typedef struct was_stored_t {
    apr_bucket_refcount refcount; /* must be first, for apr_bucket_shared_... */
    was_db_t *db;
    const was_resource_t *resource;
    was_ahead_t *ahead; /* or NULL */
    request_rec *r;
    const char *mark; /* of the request, for the log */
} was_stored_t;

static apr_status_t stored_read(apr_bucket *bucket, const char **bytes, apr_size_t *count,
                                apr_read_type_e block);

static void stored_destroy(void *data)
{
    if (apr_bucket_shared_destroy(data)) {
        apr_bucket_free(data);
    }
}

/* The request's pool outlives the answer: its end-of-request bucket comes behind this one. */
static apr_status_t stored_setaside(apr_bucket *bucket, apr_pool_t *pool)
{
    (void)bucket;
    (void)pool;
    return APR_SUCCESS;
}

static const apr_bucket_type_t stored_type = {"WAS-STORED",
                                              5,
                                              APR_BUCKET_DATA,
                                              stored_destroy,
                                              stored_read,
                                              stored_setaside,
                                              apr_bucket_shared_split,
                                              apr_bucket_shared_copy};

static apr_bucket *make_bucket(apr_bucket_alloc_t *list, was_stored_t *stored, apr_off_t start,
                               apr_size_t length)
{
    apr_bucket *bucket = apr_bucket_alloc(sizeof(*bucket), list);

    APR_BUCKET_INIT(bucket);
    bucket->free = apr_bucket_free;
    bucket->list = list;
    bucket = apr_bucket_shared_make(bucket, stored, start, length);
    bucket->type = &stored_type;
    return bucket;
}

/* The headers are out; all that is left is to end the connection before the length that they
 * announced, or without a last chunk. httpd does it by itself when the network reads the bucket,
 * and not when a filter does that codes it. */
static void end_early(const was_stored_t *stored, const was_error_t *error, apr_pool_t *pool)
{
    ap_log_rerror(APLOG_MARK, error->kind == WAS_ERROR_CONFLICT ? APLOG_INFO : APLOG_ERR, 0,
                  stored->r, "%s an answer ends early: %s", stored->mark,
                  was_error_chain(error, pool));
    stored->r->connection->keepalive = AP_CONN_CLOSE;
}

/* What one exchange has brought, until the last of its pieces was sent. */
typedef struct was_arrival_t {
    void *rows;
    int npieces;
} was_arrival_t;

typedef struct was_piece_t {
    apr_bucket_refcount refcount; /* must be first, for apr_bucket_shared_... */
    was_arrival_t *arrival;
    const char *bytes;
} was_piece_t;

static void piece_destroy(void *data)
{
    was_piece_t *piece = data;

    if (!apr_bucket_shared_destroy(piece)) {
        return;
    }
    if (--piece->arrival->npieces == 0) {
        was_rows_release(piece->arrival->rows);
        apr_bucket_free(piece->arrival);
    }
    apr_bucket_free(piece);
}

static apr_status_t piece_read(apr_bucket *bucket, const char **bytes, apr_size_t *count,
                               apr_read_type_e block)
{
    const was_piece_t *piece = bucket->data;

    (void)block;
    *bytes = piece->bytes + bucket->start;
    *count = bucket->length;
    return APR_SUCCESS;
}

/* Nothing of it is in a pool. */
static const apr_bucket_type_t piece_type = {"WAS-PIECE",
                                             5,
                                             APR_BUCKET_DATA,
                                             piece_destroy,
                                             piece_read,
                                             apr_bucket_setaside_noop,
                                             apr_bucket_shared_split,
                                             apr_bucket_shared_copy};

/* Turns the bucket into one of these bytes, which stay where libpq has put them. */
static void become_piece(apr_bucket *bucket, was_arrival_t *arrival, const char *bytes,
                         apr_size_t count)
{
    was_piece_t *piece = apr_bucket_alloc(sizeof(*piece), bucket->list);

    piece->arrival = arrival;
    piece->bytes = bytes;
    apr_bucket_shared_make(bucket, piece, 0, count);
    bucket->type = &piece_type;
}

static apr_bucket *insert_copy(apr_bucket *bucket)
{
    apr_bucket *copy = apr_bucket_alloc(sizeof(*copy), bucket->list);

    *copy = *bucket;
    APR_BUCKET_INSERT_AFTER(bucket, copy);
    return copy;
}

/* Turns the bucket into the pieces that have come, followed by a bucket for what is left. */
static void take_arrival(apr_bucket *bucket, was_stored_t *stored, const was_read_t *read,
                         void *rows)
{
    was_arrival_t *arrival = apr_bucket_alloc(sizeof(*arrival), bucket->list);

    arrival->rows = rows;
    arrival->npieces = read->npieces;
    if (bucket->length > read->count) {
        apr_bucket *rest = insert_copy(bucket);

        stored->refcount.refcount++;
        rest->start += (apr_off_t)read->count;
        rest->length -= read->count;
    }
    for (int i = read->npieces - 1; i > 0; i--) {
        become_piece(insert_copy(bucket), arrival, read->pieces[i].bytes, read->pieces[i].count);
    }
    become_piece(bucket, arrival, read->pieces[0].bytes, read->pieces[0].count);
    stored_destroy(stored);
}

/* Whether the bucket begins with what was read ahead, and has become that. */
static bool take_ahead(apr_bucket *bucket, was_stored_t *stored)
{
    was_ahead_t *ahead = stored->ahead;

    if (ahead == NULL || ahead->rows == NULL || bucket->start != ahead->start ||
        bucket->length < ahead->read.count) {
        return false;
    }
    void *rows = ahead->rows;

    ahead->rows = NULL;
    take_arrival(bucket, stored, &ahead->read, rows);
    return true;
}

static apr_status_t stored_read(apr_bucket *bucket, const char **bytes, apr_size_t *count,
                                apr_read_type_e block)
{
    was_stored_t *stored = bucket->data;
    apr_pool_t *scratch;
    was_read_t read;

    if (take_ahead(bucket, stored)) {
        return apr_bucket_read(bucket, bytes, count, block);
    }
    if (block == APR_NONBLOCK_READ) {
        return APR_EAGAIN;
    }
    apr_pool_create(&scratch, stored->r->pool);
    const was_error_t *error = was_content_read(stored->db, stored->resource, bucket->start,
                                                bucket->length, &read, scratch);
    if (error != NULL) {
        end_early(stored, error, scratch);
    }
    else {
        take_arrival(bucket, stored, &read, was_rows_take(read.rows, scratch));
    }
    apr_pool_destroy(scratch);
    return error != NULL ? APR_EGENERAL : apr_bucket_read(bucket, bytes, count, block);
}

static apr_status_t release_ahead(void *baton)
{
    was_ahead_t *ahead = baton;

    if (ahead->rows != NULL) {
        was_rows_release(ahead->rows);
    }
    ahead->rows = NULL;
    return APR_SUCCESS;
}

const was_error_t *was_bucket_ahead(const was_request_t *request, const was_resource_t *resource,
                                    bool is_whole, was_ahead_t **ahead)
{
    apr_int64_t first = 0, length = resource->size;
    apr_pool_t *scratch;

    *ahead = NULL;
    if (request->is_head || resource->size == 0 || resource->piece != NULL ||
        (!is_whole &&
         !was_ranges_one(was_request_field(request, "Range"), resource->size, &first, &length))) {
        return NULL;
    }
    was_ahead_t *made = apr_pcalloc(request->pool, sizeof(*made));

    apr_pool_create(&scratch, request->pool);
    const was_error_t *error =
        was_content_read(request->db, resource, first, (apr_size_t)length, &made->read, scratch);
    if (error != NULL) {
        return was_content_refused(error, request->pool);
    }
    made->start = (apr_off_t)first;
    made->rows = was_rows_take(made->read.rows, scratch);
    apr_pool_cleanup_register(request->pool, made, release_ahead, apr_pool_cleanup_null);
    apr_pool_destroy(scratch);
    *ahead = made;
    return NULL;
}

void was_bucket_append(apr_bucket_brigade *brigade, const was_request_t *request,
                       const was_resource_t *resource, was_ahead_t *ahead)
{
    apr_bucket_alloc_t *list = brigade->bucket_alloc;

    if (resource->size == 0) {
        return;
    }
    if (resource->piece != NULL) {
        APR_BRIGADE_INSERT_TAIL(
            brigade,
            apr_bucket_pool_create(resource->piece, resource->piece_length, request->pool, list));
        return;
    }
    was_stored_t *stored = apr_bucket_alloc(sizeof(*stored), list);
    stored->db = request->db;
    stored->resource = resource;
    stored->ahead = ahead;
    stored->r = request->r;
    stored->mark = was_request_mark(request);
    APR_BRIGADE_INSERT_TAIL(brigade, make_bucket(list, stored, 0, (apr_size_t)resource->size));
}
