/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_bucket: a bucket type for contents that stay in the database until they are sent. Owns the
 * reading ahead of one piece. Refuses to know ranges, conditions and headers: httpd's filters split
 * and copy these buckets as they do with files.
 *
 * A connection is borrowed for each piece and given back before the piece is sent, so that a slow
 * client holds none.
 */

#include "http/was_bucket.h"

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

APLOG_USE_MODULE(was);

typedef struct was_stored_t {
    apr_bucket_refcount refcount; /* must be first, for apr_bucket_shared_... */
    was_db_t *db;
    const was_resource_t *resource;
    request_rec *r;
    const char *id; /* of the request, for the log */
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
    bool changed = error == NULL || error->kind == WAS_ERROR_CONFLICT;

    ap_log_rerror(APLOG_MARK, changed ? APLOG_INFO : APLOG_ERR, 0, stored->r,
                  "[%s] an answer ends early: %s", stored->id,
                  error != NULL ? was_error_chain(error, pool) : "a piece is short");
    stored->r->connection->keepalive = AP_CONN_CLOSE;
}

/* Puts a bucket for what is left behind the first `count` bytes. */
static void split_rest(apr_bucket *bucket, was_stored_t *stored, apr_size_t count)
{
    apr_bucket *rest = apr_bucket_alloc(sizeof(*rest), bucket->list);

    stored->refcount.refcount++;
    *rest = *bucket;
    rest->start += (apr_off_t)count;
    rest->length -= count;
    APR_BUCKET_INSERT_AFTER(bucket, rest);
}

/* Turns the bucket into its first piece, followed by a bucket for what is left. */
static apr_status_t stored_read(apr_bucket *bucket, const char **bytes, apr_size_t *count,
                                apr_read_type_e block)
{
    was_stored_t *stored = bucket->data;
    apr_size_t want = bucket->length < WAS_READ_BYTES ? bucket->length : WAS_READ_BYTES, got = 0;
    const char *piece = NULL;
    apr_pool_t *scratch;

    if (block == APR_NONBLOCK_READ) {
        return APR_EAGAIN;
    }
    apr_pool_create(&scratch, stored->r->pool);
    const was_error_t *error =
        was_content_read(stored->db, stored->resource, bucket->start, want, &piece, &got, scratch);
    if (error != NULL || got != want) {
        end_early(stored, error, scratch);
        apr_pool_destroy(scratch);
        return APR_EGENERAL;
    }
    if (bucket->length > want) {
        split_rest(bucket, stored, want);
    }
    apr_bucket_heap_make(bucket, piece, want, NULL); /* copies, so that the scratch pool can go */
    apr_pool_destroy(scratch);
    stored_destroy(stored);
    return apr_bucket_read(bucket, bytes, count, block);
}

void was_bucket_append(apr_bucket_brigade *brigade, const was_request_t *request,
                       const was_resource_t *resource)
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
    stored->r = request->r;
    stored->id = was_request_id(request);
    APR_BRIGADE_INSERT_TAIL(brigade, make_bucket(list, stored, 0, (apr_size_t)resource->size));
}
