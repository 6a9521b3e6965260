/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A set of digests of fixed size, one slot for each value of their first bytes: a digest is as good
 * as random, so nothing needs to be searched or counted. Refuses to know what they stand for.
 */

#include "was_verified.h"

#include <apr_thread_mutex.h>

#include <string.h>

struct was_verified_t {
    apr_thread_mutex_t *lock;
    apr_uint32_t slots;
    unsigned char (*keys)[WAS_SHA256_BYTES];
};

was_verified_t *was_verified_make(int slots, apr_pool_t *pool)
{
    was_verified_t *verified = apr_pcalloc(pool, sizeof(*verified));

    verified->slots = (apr_uint32_t)slots;
    verified->keys = apr_pcalloc(pool, (apr_size_t)slots * WAS_SHA256_BYTES);
    apr_thread_mutex_create(&verified->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    return verified;
}

void was_verified_key(const char *capability, unsigned char key[WAS_SHA256_BYTES])
{
    was_crypto_sha256(capability, strlen(capability), key);
}

static unsigned char *slot_of(was_verified_t *verified, const unsigned char *key)
{
    apr_uint32_t number;

    memcpy(&number, key, sizeof(number));
    return verified->keys[number % verified->slots];
}

bool was_verified_has(was_verified_t *verified, const unsigned char key[WAS_SHA256_BYTES])
{
    bool has;

    apr_thread_mutex_lock(verified->lock);
    has = memcmp(slot_of(verified, key), key, WAS_SHA256_BYTES) == 0;
    apr_thread_mutex_unlock(verified->lock);
    return has;
}

void was_verified_add(was_verified_t *verified, const unsigned char key[WAS_SHA256_BYTES])
{
    apr_thread_mutex_lock(verified->lock);
    memcpy(slot_of(verified, key), key, WAS_SHA256_BYTES);
    apr_thread_mutex_unlock(verified->lock);
}
