/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A body on its way in. Owns limits, the spool file and the digest. Refuses to know what the bytes
 * mean. Nothing of the database is held while a client sends.
 */

#include "http/was_body.h"
#include "auth/was_digest.h"

#include <http_core.h>
#include <http_protocol.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

enum { DISCARD_BYTES = 1024 * 1024, READ_BYTES = 64 * 1024 };

/* A digest that the signature covers, and what the body has come to so far. */
typedef struct expected_t {
    was_digest_t digest;
    was_hasher_t *hasher;
} expected_t;

struct was_body_t {
    char *bytes; /* what is in memory; unused once there is a file */
    apr_size_t capacity;
    apr_file_t *file; /* or NULL */
    apr_int64_t length;
    expected_t expected[2]; /* of `digest` and of `content-digest` */
    int nexpected;
    was_source_t source;
};

/* The smaller of LimitRequestBody, the route's bound and what the store can hold. */
static apr_int64_t limit_of(const was_request_t *request, apr_int64_t max)
{
    apr_int64_t limit = ap_get_limit_req_body(request->r);

    if (limit <= 0 || limit > WAS_CONTENT_MAX_BYTES) {
        limit = WAS_CONTENT_MAX_BYTES;
    }
    return max > 0 && max < limit ? max : limit;
}

static const was_error_t *too_large(const was_request_t *request, apr_int64_t limit)
{
    return was_error_make(request->pool, WAS_ERROR_TOO_LARGE, "/body",
                          "a body here may have at most %" APR_INT64_T_FMT " bytes", limit);
}

const was_error_t *was_body_check(const was_request_t *request, apr_int64_t max)
{
    const char *length = was_request_field(request, "Content-Length");
    const char *coding = was_request_field(request, "Content-Encoding");
    const char *transfer = was_request_field(request, "Transfer-Encoding");
    apr_int64_t limit = limit_of(request, max);

    /* httpd has refused a Content-Length that is not a number. */
    if (length != NULL && apr_atoi64(length) > limit) {
        return too_large(request, limit);
    }
    /* httpd undoes one chunking, and would have us keep what other codings made of the content. */
    if (transfer != NULL && strcasecmp(transfer, "chunked") != 0) {
        return was_error_make(request->pool, WAS_ERROR_MALFORMED, "/body",
                              "no Transfer-Encoding but chunked is understood, and that once");
    }
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        return was_error_make(request->pool, WAS_ERROR_UNSUPPORTED, "/body",
                              "bodies are stored as they are sent: without Content-Encoding");
    }
    if (was_request_field(request, "Content-Range") != NULL) {
        return was_error_make(request->pool, WAS_ERROR_MALFORMED, "/body",
                              "a Content-Range cannot be written");
    }
    return NULL;
}

/* Readies one digest, if the signature covers it. */
static const was_error_t *expect(const was_request_t *request, was_body_t *body, const char *name,
                                 const was_error_t *(*parse)(const char *, was_digest_t *,
                                                             apr_pool_t *))
{
    expected_t *expected = &body->expected[body->nexpected];

    if (request->signature == NULL || !was_signature_covers(request->signature, name)) {
        return NULL;
    }
    WAS_TRY(parse(was_request_field(request, name), &expected->digest, request->pool));
    body->nexpected++;
    return was_hasher_make(expected->digest.algorithm, &expected->hasher, request->pool);
}

static const was_error_t *compare_digests(const was_request_t *request, const was_body_t *body)
{
    int i;

    for (i = 0; i < body->nexpected; i++) {
        const was_digest_t *expected = &body->expected[i].digest;
        unsigned char digest[WAS_DIGEST_MAX_BYTES];
        apr_size_t count = was_hasher_finish(body->expected[i].hasher, digest);

        if (count != expected->count || !was_crypto_equal(digest, expected->bytes, count)) {
            return was_error_make(request->pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the body is not the one whose digest was signed");
        }
    }
    return NULL;
}

static const was_error_t *spool_failed(const was_request_t *request, apr_status_t status)
{
    char text[120];

    return was_error_log(request->pool, WAS_ERROR_UNAVAILABLE, "cannot spool a body: %s",
                         apr_strerror(status, text, sizeof(text)));
}

/* From memory to a file without a name: whatever happens to us, it goes when it is closed. */
static const was_error_t *spill(const was_request_t *request, was_body_t *body)
{
    const char *directory;
    char *name = NULL;
    apr_status_t status = apr_temp_dir_get(&directory, request->pool);

    if (status == APR_SUCCESS) {
        name = apr_pstrcat(request->pool, directory, "/was-body-XXXXXX", NULL);
        status = apr_file_mktemp(&body->file, name,
                                 APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE |
                                     APR_FOPEN_EXCL | APR_FOPEN_BINARY,
                                 request->pool);
    }
    if (status == APR_SUCCESS) {
        status = apr_file_remove(name, request->pool);
    }
    if (status == APR_SUCCESS) {
        status = apr_file_write_full(body->file, body->bytes, (apr_size_t)body->length, NULL);
    }
    return status == APR_SUCCESS ? NULL : spool_failed(request, status);
}

static void grow(const was_request_t *request, was_body_t *body, apr_size_t needed)
{
    apr_size_t capacity = body->capacity;
    char *bytes;

    while (capacity < needed) {
        capacity *= 2;
    }
    bytes = apr_palloc(request->pool, capacity);
    memcpy(bytes, body->bytes, (apr_size_t)body->length);
    body->bytes = bytes;
    body->capacity = capacity;
}

static const was_error_t *take(const was_request_t *request, was_body_t *body, const char *bytes,
                               apr_size_t count)
{
    int i;

    if (body->file == NULL && body->length + (apr_int64_t)count > WAS_PIECE_BYTES) {
        WAS_TRY(spill(request, body));
    }
    if (body->file != NULL) {
        apr_status_t status = apr_file_write_full(body->file, bytes, count, NULL);

        if (status != APR_SUCCESS) {
            return spool_failed(request, status);
        }
    }
    else {
        if ((apr_size_t)body->length + count > body->capacity) {
            grow(request, body, (apr_size_t)body->length + count);
        }
        memcpy(body->bytes + body->length, bytes, count);
    }
    for (i = 0; i < body->nexpected; i++) {
        was_hasher_update(body->expected[i].hasher, bytes, count);
    }
    body->length += (apr_int64_t)count;
    return NULL;
}

/*
 * httpd's input filter answers a bad body by itself: it sends an error down the output filters,
 * which make a page of it, and only then fails our read. This filter stands in front of them while
 * a body is read. It takes the error, and the answer stays ours.
 */
static ap_filter_rec_t *guard;

static apr_status_t keep_error(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    int *status = filter->ctx;
    apr_bucket *bucket;

    for (bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_ERROR(bucket)) {
            *status = ((ap_bucket_error *)bucket->data)->status;
        }
    }
    apr_brigade_cleanup(brigade);
    return AP_FILTER_ERROR;
}

void was_body_register(void)
{
    guard = ap_register_output_filter("WAS_BODY_GUARD", keep_error, NULL, AP_FTYPE_RESOURCE - 1);
}

/* `*refused` is the status that httpd would have answered. */
static apr_status_t get_brigade(request_rec *r, apr_bucket_brigade *brigade, const int *refused)
{
    apr_status_t status =
        ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES, APR_BLOCK_READ, READ_BYTES);

    return status == APR_SUCCESS && *refused != 0 ? APR_EGENERAL : status;
}

static const was_error_t *read_failed(const was_request_t *request, apr_status_t status,
                                      int refused, apr_int64_t limit)
{
    if (status == APR_ENOSPC || refused == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return too_large(request, limit);
    }
    if (APR_STATUS_IS_TIMEUP(status)) {
        return was_error_make(request->pool, WAS_ERROR_TIMEOUT, "/body",
                              "the body did not come in time");
    }
    return was_error_make(request->pool, WAS_ERROR_INCOMPLETE, "/body",
                          "the body is malformed or stopped short");
}

/* Takes one brigade; `*ended` when the body is complete. */
static const was_error_t *take_brigade(const was_request_t *request, was_body_t *body,
                                       apr_bucket_brigade *brigade, apr_int64_t limit, bool *ended)
{
    apr_bucket *bucket;

    while ((bucket = APR_BRIGADE_FIRST(brigade)) != APR_BRIGADE_SENTINEL(brigade)) {
        const char *bytes;
        apr_size_t count;
        apr_status_t status;

        if (APR_BUCKET_IS_EOS(bucket)) {
            *ended = true;
            return NULL;
        }
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            status = apr_bucket_read(bucket, &bytes, &count, APR_BLOCK_READ);
            if (status != APR_SUCCESS) {
                return read_failed(request, status, 0, limit);
            }
            if (body->length + (apr_int64_t)count > limit) {
                return too_large(request, limit);
            }
            WAS_TRY(take(request, body, bytes, count));
        }
        apr_bucket_delete(bucket);
    }
    return NULL;
}

static const was_error_t *take_all(const was_request_t *request, was_body_t *body,
                                   apr_int64_t limit, const int *refused)
{
    request_rec *r = request->r;
    apr_bucket_brigade *brigade = apr_brigade_create(request->pool, r->connection->bucket_alloc);
    bool ended = false;

    while (!ended) {
        apr_status_t status = get_brigade(r, brigade, refused);

        if (status != APR_SUCCESS) {
            return read_failed(request, status, *refused, limit);
        }
        WAS_TRY(take_brigade(request, body, brigade, limit, &ended));
        apr_brigade_cleanup(brigade);
    }
    return NULL;
}

const was_error_t *was_body_read(was_request_t *request, apr_int64_t max)
{
    request_rec *r = request->r;
    was_body_t *body = apr_pcalloc(request->pool, sizeof(*body));
    const char *length = was_request_field(request, "Content-Length");
    apr_int64_t announced = length != NULL ? apr_atoi64(length) : 0;
    apr_int64_t limit = limit_of(request, max);
    const was_error_t *error;
    ap_filter_t *filter;
    int refused = 0;

    WAS_TRY(expect(request, body, "digest", was_digest_parse));
    WAS_TRY(expect(request, body, "content-digest", was_digest_parse_content));
    if (announced > WAS_PIECE_BYTES) {
        WAS_TRY(spill(request, body));
    }
    else {
        body->capacity = announced > 0 ? (apr_size_t)announced : 8192;
        body->bytes = apr_palloc(request->pool, body->capacity);
    }
    /* Once for all of it: what httpd makes for a filter stays until the request ends. */
    filter = ap_add_output_filter_handle(guard, &refused, r, r->connection);
    error = take_all(request, body, limit, &refused);
    ap_remove_output_filter(filter);
    WAS_TRY(error);
    WAS_TRY(compare_digests(request, body));
    request->body = body;
    return NULL;
}

apr_int64_t was_body_length(const was_body_t *body)
{
    return body->length;
}

const char *was_body_bytes(const was_body_t *body)
{
    return body->file == NULL ? body->bytes : NULL;
}

static const was_error_t *rewind_spool(void *baton)
{
    was_body_t *body = baton;
    apr_off_t offset = 0;
    apr_status_t status = apr_file_seek(body->file, APR_SET, &offset);

    if (status != APR_SUCCESS) {
        return was_error_log(apr_file_pool_get(body->file), WAS_ERROR_UNAVAILABLE,
                             "cannot rewind a spooled body");
    }
    return NULL;
}

static const was_error_t *read_spool(void *baton, char *buffer, apr_size_t capacity,
                                     apr_size_t *count)
{
    was_body_t *body = baton;
    apr_status_t status = apr_file_read_full(body->file, buffer, capacity, count);

    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return was_error_log(apr_file_pool_get(body->file), WAS_ERROR_UNAVAILABLE,
                             "cannot read a spooled body");
    }
    return NULL;
}

void was_body_content(const was_body_t *body, const char *type, was_content_t *content)
{
    memset(content, 0, sizeof(*content));
    content->type = type;
    content->length = (apr_size_t)body->length;
    if (body->file == NULL) {
        content->bytes = body->bytes;
    }
    else {
        was_body_t *spooled = (was_body_t *)body;

        spooled->source.rewind = rewind_spool;
        spooled->source.read = read_spool;
        spooled->source.baton = spooled;
        spooled->source.size = content->length;
        content->source = &spooled->source;
    }
}

void was_body_discard(const was_request_t *request)
{
    const char *length = was_request_field(request, "Content-Length");
    bool chunked = was_request_field(request, "Transfer-Encoding") != NULL;

    if (request->body != NULL || (length == NULL && !chunked)) {
        return;
    }
    if (chunked || apr_atoi64(length) > DISCARD_BYTES ||
        apr_atoi64(length) > limit_of(request, 0) || request->r->expecting_100) {
        /* httpd refuses by itself to read more than its limit, and reading would ask a client that
         * waits for a 100 to send what is refused already. Its lingering close lets the client read
         * the answer before it notices. */
        request->r->connection->keepalive = AP_CONN_CLOSE;
        return;
    }
    (void)ap_discard_request_body(request->r);
}
