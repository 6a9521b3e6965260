/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_digests: the digests that a client asks for. Owns which of them there are, and what each is
 * about. Refuses to know how contents are stored, and what becomes of an answer otherwise.
 */

#include "http/was_digests.h"

#include "auth/was_crypto.h"
#include "http/was_ranges.h"
#include "http/was_want.h"

#include <http_core.h>

#include <apr_encode.h>
#include <apr_strings.h>

static was_want_t want_content(const was_request_t *request)
{
    return was_want_read(was_request_field(request, "Want-Content-Digest"));
}

static was_want_t want_repr(const was_request_t *request)
{
    return was_want_read(was_request_field(request, "Want-Repr-Digest"));
}

static bool is_wanted(const was_want_t *want)
{
    return want->sha256 > 0 || want->sha512 > 0;
}

apr_size_t was_digests_piece(const was_request_t *request)
{
    const was_want_t want = want_repr(request);

    return request->is_head && !is_wanted(&want) ? 0 : WAS_PIECE_BYTES;
}

static const char *write_field(was_digest_algorithm_t algorithm, const unsigned char *digest,
                               apr_size_t count, apr_pool_t *pool)
{
    return apr_pstrcat(
        pool, algorithm == WAS_DIGEST_SHA512 ? "sha-512=:" : "sha-256=:",
        apr_pencode_base64_binary(pool, digest, (apr_ssize_t)count, APR_ENCODE_NONE, NULL), ":",
        NULL);
}

/* The better one, of bytes that are at hand. */
static was_digest_algorithm_t choose_algorithm(const was_want_t *want)
{
    return want->sha512 > want->sha256 ? WAS_DIGEST_SHA512 : WAS_DIGEST_SHA256;
}

static const was_error_t *write_finished(was_hasher_t *hasher, was_digest_algorithm_t algorithm,
                                         const char **field, apr_pool_t *pool)
{
    unsigned char digest[WAS_DIGEST_MAX_BYTES];
    apr_size_t count = was_hasher_finish(hasher, digest);

    if (count == 0) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a content cannot be digested");
    }
    *field = write_field(algorithm, digest, count, pool);
    return NULL;
}

static const was_error_t *digest_bytes(const was_want_t *want, const char *bytes, apr_size_t length,
                                       const char **field, apr_pool_t *pool)
{
    was_digest_algorithm_t algorithm = choose_algorithm(want);
    was_hasher_t *hasher;

    WAS_TRY(was_hasher_make(algorithm, &hasher, pool));
    was_hasher_update(hasher, bytes, length);
    return write_finished(hasher, algorithm, field, pool);
}

static const was_error_t *digest_whole(const was_want_t *want, const was_resource_t *resource,
                                       const char **field, apr_pool_t *pool)
{
    if (!is_wanted(want)) {
        return NULL;
    }
    if (resource->piece != NULL) {
        return digest_bytes(want, resource->piece, resource->piece_length, field, pool);
    }
    if (resource->digest != NULL && want->sha256 > 0) {
        *field = write_field(WAS_DIGEST_SHA256, resource->digest, WAS_SHA256_BYTES, pool);
    }
    return NULL;
}

/* Of bytes that are read for it, and once more when they are sent. */
static const was_error_t *hash_content(const was_request_t *request, const was_resource_t *resource,
                                       apr_int64_t offset, apr_size_t length, was_hasher_t *hasher)
{
    apr_pool_t *scratch;

    while (length > 0) {
        was_read_t read;

        apr_pool_create(&scratch, request->pool);
        const was_error_t *error =
            was_content_read(request->db, resource, offset, length, &read, scratch);
        if (error != NULL) {
            return was_content_refused(error, request->pool);
        }
        for (int i = 0; i < read.npieces; i++) {
            was_hasher_update(hasher, read.pieces[i].bytes, read.pieces[i].count);
        }
        offset += (apr_int64_t)read.count;
        length -= read.count;
        apr_pool_destroy(scratch);
    }
    return NULL;
}

/* MaxRanges may say that httpd sends all of it. */
static bool is_cut(const was_request_t *request)
{
    const core_dir_config *core = ap_get_core_module_config(request->r->per_dir_config);

    return core->max_ranges != AP_MAXRANGES_NORANGES;
}

static const was_error_t *digest_range(const was_request_t *request, const was_want_t *want,
                                       const was_resource_t *resource, const char **field)
{
    was_digest_algorithm_t algorithm = choose_algorithm(want);
    apr_int64_t first, length;
    was_hasher_t *hasher;

    if (!is_cut(request) ||
        !was_ranges_one(was_request_field(request, "Range"), resource->size, &first, &length) ||
        length > WAS_PIECE_BYTES) {
        return NULL;
    }
    if (resource->piece != NULL) {
        return digest_bytes(want, resource->piece + first, (apr_size_t)length, field,
                            request->pool);
    }
    WAS_TRY(was_hasher_make(algorithm, &hasher, request->pool));
    WAS_TRY(hash_content(request, resource, first, (apr_size_t)length, hasher));
    return write_finished(hasher, algorithm, field, request->pool);
}

const was_error_t *was_digests_decide(const was_request_t *request, const was_resource_t *resource,
                                      bool is_whole, was_digests_t *digests)
{
    const was_want_t content = want_content(request), repr = want_repr(request);

    WAS_TRY(digest_whole(&repr, resource, &digests->repr, request->pool));
    if (!is_wanted(&content)) {
        return NULL;
    }
    if (request->is_head) {
        return digest_bytes(&content, "", 0, &digests->content, request->pool);
    }
    return is_whole ? digest_whole(&content, resource, &digests->content, request->pool)
                    : digest_range(request, &content, resource, &digests->content);
}

void was_digests_answer(const was_request_t *request, const was_digests_t *digests)
{
    request_rec *r = request->r;

    if (digests->content != NULL) {
        apr_table_setn(r->headers_out, "Content-Digest", digests->content);
    }
    if (digests->repr != NULL) {
        apr_table_setn(r->headers_out, "Repr-Digest", digests->repr);
    }
}
