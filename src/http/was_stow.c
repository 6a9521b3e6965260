/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_stow: long contents of an archive on their way into parts. Owns their digests, and which is
 * which. Refuses to know what they are of, and what names them.
 */

#include "http/was_stow.h"

#include "auth/was_crypto.h"

#include <apr_hash.h>
#include <apr_strings.h>

typedef struct stowed_t {
    was_parts_t *parts;
    unsigned char digest[WAS_DIGEST_MAX_BYTES];
} stowed_t;

struct was_stow_t {
    was_db_t *db;
    const char *space;
    was_unpack_source_t source;
    apr_pool_t *pool;
    apr_hash_t *stowed;
    char *buffer; /* of WAS_PIECE_BYTES, once there is something to store */
};

was_stow_t *was_stow_make(was_db_t *db, const char *space, const was_unpack_source_t *source,
                          apr_pool_t *pool)
{
    was_stow_t *stow = apr_pcalloc(pool, sizeof(*stow));

    *stow = (was_stow_t){
        .db = db, .space = space, .source = *source, .pool = pool, .stowed = apr_hash_make(pool)};
    return stow;
}

static const was_error_t *store_pieces(was_stow_t *stow, const stowed_t *stowed,
                                       was_hasher_t *hasher, apr_int64_t offset, apr_int64_t size)
{
    apr_size_t count;

    for (apr_int64_t done = 0; done < size; done += (apr_int64_t)count) {
        apr_int64_t left = size - done;

        WAS_TRY(stow->source.read(stow->source.baton, offset + done, stow->buffer,
                                  left < WAS_PIECE_BYTES ? (apr_size_t)left : WAS_PIECE_BYTES,
                                  &count));
        if (count == 0) {
            return was_unpack_refuse(stow->pool, "an entry is cut");
        }
        was_hasher_update(hasher, stow->buffer, count);
        WAS_TRY(was_parts_write(stowed->parts, stow->buffer, count));
    }
    return NULL;
}

const was_error_t *was_stow_add(was_stow_t *stow, apr_size_t number, apr_int64_t offset,
                                apr_int64_t size)
{
    stowed_t *stowed = apr_pcalloc(stow->pool, sizeof(*stowed));
    was_hasher_t *hasher;
    apr_pool_t *own;

    if (stow->buffer == NULL) {
        stow->buffer = apr_palloc(stow->pool, WAS_PIECE_BYTES);
    }
    apr_pool_create(&own, stow->pool);
    stowed->parts = was_parts_make(stow->db, stow->space, stow->pool);
    apr_hash_set(stow->stowed, apr_pmemdup(stow->pool, &number, sizeof(number)), sizeof(number),
                 stowed);
    WAS_TRY(was_hasher_make(WAS_DIGEST_SHA256, &hasher, own));
    WAS_TRY(store_pieces(stow, stowed, hasher, offset, size));
    bool is_digested = was_hasher_finish(hasher, stowed->digest) == WAS_CONTENT_DIGEST_BYTES;

    apr_pool_destroy(own);
    return is_digested ? NULL
                       : was_error_log(stow->pool, WAS_ERROR_BROKEN, "a content has no digest");
}

const was_error_t *was_stow_content(const was_stow_t *stow, apr_size_t number,
                                    was_content_t *content, apr_pool_t *pool)
{
    const stowed_t *stowed = apr_hash_get(stow->stowed, &number, sizeof(number));

    if (stowed == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a content has no parts");
    }
    content->parts = stowed->parts;
    content->digest = stowed->digest;
    return NULL;
}

void was_stow_drop(const was_stow_t *stow)
{
    for (apr_hash_index_t *at = apr_hash_first(stow->pool, stow->stowed); at != NULL;
         at = apr_hash_next(at)) {
        was_parts_drop(((stowed_t *)apr_hash_this_val(at))->parts);
    }
}
