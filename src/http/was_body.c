/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_body: a body on its way in. Owns limits, and the digest. Refuses to know where the bytes go
 * and what they mean. Nothing of the database is held while a client sends.
 */

#include "http/was_body.h"

#include "auth/was_digest.h"
#include "base/was_media_type.h"
#include "http/was_gather.h"
#include "http/was_input.h"
#include "http/was_protocol.h"

#include <http_core.h>
#include <http_protocol.h>

#include <apr_strings.h>

#include <string.h>
#include <strings.h>

enum { DISCARD_BYTES = 1024 * 1024 };

enum { ALGORITHMS = WAS_DIGEST_SHA512 + 1 };

/* What a field says that the body's digest is. */
typedef struct expected_t {
    was_digest_t digest;
    bool is_signed;
} expected_t;

struct was_body_t {
    was_gathered_t *gathered;
    was_hasher_t *hashers[ALGORITHMS]; /* those that are needed; NULL the others */
    expected_t expected[3];            /* of `digest`, `content-digest` and `repr-digest` */
    int nexpected;
    unsigned char digests[ALGORITHMS][WAS_DIGEST_MAX_BYTES]; /* once the body is complete */
};

/* The smaller of LimitRequestBody, the route's bound and what the store can hold. */
static apr_int64_t body_limit(const was_request_t *request, apr_int64_t max)
{
    apr_int64_t limit = ap_get_limit_req_body(request->r);
    apr_int64_t most =
        was_config_in_parts(request->config, request->db) ? APR_INT64_MAX : WAS_CONTENT_MAX_BYTES;

    if (limit <= 0 || limit > most) {
        limit = most;
    }
    return max > 0 && max < limit ? max : limit;
}

apr_int64_t was_body_most(const was_request_t *request)
{
    return body_limit(request, 0);
}

static const was_error_t *refuse_length(const was_request_t *request, apr_int64_t limit)
{
    return was_error_make(request->pool, WAS_ERROR_TOO_LARGE, "/body",
                          "a body here may have at most %" APR_INT64_T_FMT " bytes", limit);
}

const was_error_t *was_body_check(const was_request_t *request, apr_int64_t max)
{
    const char *length = was_request_field(request, "Content-Length");
    const char *coding = was_request_field(request, "Content-Encoding");
    const char *type = was_request_field(request, "Content-Type");
    const char *transfer = was_request_field(request, "Transfer-Encoding");
    apr_int64_t limit = body_limit(request, max);

    /* httpd has refused a Content-Length that is not a number. */
    if (length != NULL && apr_atoi64(length) > limit) {
        return refuse_length(request, limit);
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
    if (type != NULL && !was_media_type_is_one(type)) {
        return was_error_make(request->pool, WAS_ERROR_MALFORMED, "/content-type",
                              "a body has one Content-Type");
    }
    if (was_request_field(request, "Content-Range") != NULL) {
        return was_error_make(request->pool, WAS_ERROR_MALFORMED, "/body",
                              "a Content-Range cannot be written");
    }
    return NULL;
}

static const was_error_t *need_hasher(const was_request_t *request, was_body_t *body,
                                      was_digest_algorithm_t algorithm)
{
    was_hasher_t **hasher = &body->hashers[algorithm];

    return *hasher != NULL ? NULL : was_hasher_make(algorithm, hasher, request->pool);
}

typedef const was_error_t *(*parse_fn)(const char *value, was_digest_t *digest, apr_pool_t *pool);

/* Readies one digest, if its field is there and says one. `parse` reads what the signature covers;
 * NULL: no signature speaks for this field. */
static const was_error_t *expect_digest(const was_request_t *request, was_body_t *body,
                                        const char *name, parse_fn parse)
{
    const char *value = was_request_field(request, name);
    expected_t *expected = &body->expected[body->nexpected];

    expected->is_signed = parse != NULL && request->signature != NULL &&
                          was_signature_covers(request->signature, name);
    if (value == NULL) {
        return NULL; /* what is covered is there */
    }
    WAS_TRY(expected->is_signed
                ? parse(value, &expected->digest, request->pool)
                : was_digest_parse_unsigned(value, &expected->digest, request->pool));
    if (expected->digest.count == 0) {
        return NULL;
    }
    body->nexpected++;
    return need_hasher(request, body, expected->digest.algorithm);
}

static const was_error_t *expect_digests(const was_request_t *request, was_body_t *body)
{
    const was_signature_t *signature = request->signature;

    /* An older field, which is about nothing but the signature. */
    if (signature != NULL && was_signature_covers(signature, "digest")) {
        WAS_TRY(expect_digest(request, body, "digest", was_digest_parse));
    }
    WAS_TRY(expect_digest(request, body, "content-digest", was_digest_parse_content));
    /* What is sent here is a representation, and the whole of it. */
    return expect_digest(request, body, "repr-digest", NULL);
}

static const was_error_t *refuse_digest(const was_request_t *request, bool is_signed)
{
    return is_signed ? was_error_make(request->pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                      "the body is not the one whose digest was signed")
                     : was_error_make(request->pool, WAS_ERROR_MALFORMED, "/body",
                                      "the body is not the one whose digest was sent");
}

static const was_error_t *compare_digests(const was_request_t *request, was_body_t *body)
{
    apr_size_t counts[ALGORITHMS] = {0};

    for (int i = 0; i < ALGORITHMS; i++) {
        if (body->hashers[i] != NULL) {
            counts[i] = was_hasher_finish(body->hashers[i], body->digests[i]);
        }
        if (body->hashers[i] != NULL && counts[i] == 0) {
            return was_error_log(request->pool, WAS_ERROR_BROKEN, "a body cannot be digested");
        }
    }
    for (int i = 0; i < body->nexpected; i++) {
        const was_digest_t *expected = &body->expected[i].digest;
        apr_size_t count = counts[expected->algorithm];

        if (count != expected->count ||
            !was_crypto_equal(body->digests[expected->algorithm], expected->bytes, count)) {
            return refuse_digest(request, body->expected[i].is_signed);
        }
    }
    return NULL;
}

static const was_error_t *take_bytes(was_request_t *request, was_body_t *body, const char *bytes,
                                     apr_size_t count)
{
    for (int i = 0; i < ALGORITHMS; i++) {
        if (body->hashers[i] != NULL) {
            was_hasher_update(body->hashers[i], bytes, count);
        }
    }
    return was_gather_add(request, body->gathered, bytes, count);
}

static const was_error_t *refuse_reading(const was_request_t *request, apr_status_t status,
                                         int refused, apr_int64_t limit)
{
    if (status == APR_ENOSPC || refused == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return refuse_length(request, limit);
    }
    if (APR_STATUS_IS_TIMEUP(status)) {
        return was_error_make(request->pool, WAS_ERROR_TIMEOUT, "/body",
                              "the body did not come in time");
    }
    return was_error_make(request->pool, WAS_ERROR_INCOMPLETE, "/body",
                          "the body is malformed or stopped short");
}

/* Takes one brigade; `*ended` when the body is complete. */
static const was_error_t *take_brigade(was_request_t *request, was_body_t *body,
                                       apr_bucket_brigade *brigade, apr_int64_t limit, bool *ended)
{
    apr_bucket *bucket;

    while ((bucket = APR_BRIGADE_FIRST(brigade)) != APR_BRIGADE_SENTINEL(brigade)) {
        const char *bytes;
        apr_size_t count;

        if (APR_BUCKET_IS_EOS(bucket)) {
            *ended = true;
            return NULL;
        }
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            apr_status_t status = apr_bucket_read(bucket, &bytes, &count, APR_BLOCK_READ);
            if (status != APR_SUCCESS) {
                return refuse_reading(request, status, 0, limit);
            }
            if (was_gather_length(body->gathered) + (apr_int64_t)count > limit) {
                return refuse_length(request, limit);
            }
            if (request->protocol->inspect != NULL) {
                request->protocol->inspect(request, bytes, count);
            }
            WAS_TRY(take_bytes(request, body, bytes, count));
        }
        apr_bucket_delete(bucket);
    }
    return NULL;
}

static const was_error_t *take_body(was_request_t *request, was_body_t *body, apr_int64_t limit,
                                    const int *refused)
{
    request_rec *r = request->r;
    apr_bucket_brigade *brigade = apr_brigade_create(request->pool, r->connection->bucket_alloc);
    bool ended = false;

    while (!ended) {
        apr_status_t status = was_input_read(r, brigade, refused);

        if (status != APR_SUCCESS) {
            return refuse_reading(request, status, *refused, limit);
        }
        WAS_TRY(take_brigade(request, body, brigade, limit, &ended));
        apr_brigade_cleanup(brigade);
    }
    return NULL;
}

/* Whether the body may go into parts, whose digest is stored with them. */
static bool may_be_long(const was_request_t *request, bool is_announced, apr_int64_t announced)
{
    return was_config_in_parts(request->config, request->db) &&
           (!is_announced || announced > WAS_PIECE_BYTES);
}

/* The whole body, and that it is the one whose digest came along. */
static const was_error_t *complete_body(was_request_t *request, was_body_t *body, apr_int64_t max)
{
    const char *length = was_request_field(request, "Content-Length");
    apr_int64_t announced = length != NULL ? apr_atoi64(length) : 0;
    apr_int64_t limit = body_limit(request, max);
    request_rec *r = request->r;
    int refused = 0;

    WAS_TRY(expect_digests(request, body));
    if (may_be_long(request, length != NULL, announced)) {
        WAS_TRY(need_hasher(request, body, WAS_DIGEST_SHA256));
    }
    if (announced > limit) {
        /* Of a row that needs no body, of which only the signature speaks. */
        return refuse_length(request, limit);
    }
    WAS_TRY(was_gather_make(request, announced, &body->gathered));
    ap_filter_t *filter = was_input_guard(r, &refused);
    const was_error_t *error = take_body(request, body, limit, &refused);

    ap_remove_output_filter(filter);
    WAS_TRY(error);
    WAS_TRY(compare_digests(request, body));
    return was_gather_end(body->gathered);
}

const was_error_t *was_body_read(was_request_t *request, apr_int64_t max)
{
    was_body_t *body = apr_pcalloc(request->pool, sizeof(*body));
    const was_error_t *error = complete_body(request, body, max);

    if (error == NULL) {
        request->body = body;
    }
    else if (body->gathered != NULL) {
        was_gather_drop(body->gathered);
    }
    return error;
}

void was_body_drop(const was_request_t *request)
{
    if (request->body != NULL) {
        was_gather_drop(request->body->gathered);
    }
}

const was_body_t *was_body_of_text(const char *text, apr_size_t length, apr_pool_t *pool)
{
    was_body_t *body = apr_pcalloc(pool, sizeof(*body));

    body->gathered = was_gather_of_text(text, length, pool);
    return body;
}

apr_int64_t was_body_length(const was_body_t *body)
{
    return was_gather_length(body->gathered);
}

const char *was_body_bytes(const was_body_t *body)
{
    return was_gather_bytes(body->gathered);
}

const was_error_t *was_body_piece(const was_body_t *body, apr_int64_t offset, char *buffer,
                                  apr_size_t capacity, apr_size_t *count)
{
    return was_gather_read(body->gathered, offset, buffer, capacity, count);
}

void was_body_content(const was_body_t *body, const char *type, was_content_t *content)
{
    was_gather_content(body->gathered, type, content);
    content->digest =
        body->hashers[WAS_DIGEST_SHA256] != NULL ? body->digests[WAS_DIGEST_SHA256] : NULL;
}

void was_body_discard(const was_request_t *request)
{
    const char *length = was_request_field(request, "Content-Length");
    bool chunked = was_request_field(request, "Transfer-Encoding") != NULL;

    if (request->body != NULL || (length == NULL && !chunked)) {
        return;
    }
    /* Of HTTP/2, where a length need not be known to find the end. */
    bool is_stream = request->r->connection->master != NULL;

    if ((chunked && !is_stream) || request->r->expecting_100 ||
        (length != NULL &&
         (apr_atoi64(length) > DISCARD_BYTES || apr_atoi64(length) > body_limit(request, 0)))) {
        /* httpd refuses by itself to read more than its limit, and reading would ask a client that
         * waits for a 100 to send what is refused already. Its lingering close lets the client read
         * the answer before it notices. */
        request->r->connection->keepalive = AP_CONN_CLOSE;
        return;
    }
    was_input_drain(request->r, DISCARD_BYTES);
}
