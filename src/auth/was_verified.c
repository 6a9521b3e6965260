/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_verified: chains by the digest of their capability, one slot for each value of its first
 * bytes: a digest is as good as random, so nothing needs to be searched. Owns the copies, which
 * requests share: each is counted, and goes when its slot and the last request have let go of it.
 * Refuses to know whether a chain is worth anything now.
 */

#include "auth/was_verified.h"

#include "auth/was_crypto.h"
#include "base/was_tally.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <stdatomic.h>
#include <string.h>

/* What an entry may have of its pool, which begins with 8 KiB and is to need no more. */
enum { ENTRY_MAX_BYTES = 7 * 1024 };

typedef struct entry_t {
    atomic_uint users; /* the slot is one */
    apr_pool_t *pool;  /* of its own: it is freed by whoever lets go last */
    unsigned char key[WAS_SHA256_BYTES];
    was_zcap_chain_t chain;
} entry_t;

struct was_verified_t {
    apr_thread_mutex_t *lock;
    apr_uint32_t slots;
    entry_t **entries;
};

was_verified_t *was_verified_make(int slots, apr_pool_t *pool)
{
    was_verified_t *verified = apr_pcalloc(pool, sizeof(*verified));

    verified->slots = (apr_uint32_t)slots;
    verified->entries = apr_pcalloc(pool, (apr_size_t)slots * sizeof(verified->entries[0]));
    if (apr_thread_mutex_create(&verified->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        return NULL;
    }
    return verified;
}

static entry_t **slot_of(was_verified_t *verified, const unsigned char *key)
{
    apr_uint32_t number;

    memcpy(&number, key, sizeof(number));
    return &verified->entries[number % verified->slots];
}

static apr_status_t release_entry(void *data)
{
    entry_t *entry = data;

    if (atomic_fetch_sub(&entry->users, 1) == 1) {
        apr_pool_destroy(entry->pool);
    }
    return APR_SUCCESS;
}

const was_zcap_chain_t *was_verified_find(was_verified_t *verified, const char *capability,
                                          apr_pool_t *pool)
{
    unsigned char key[WAS_SHA256_BYTES];

    if (verified == NULL) {
        return NULL;
    }
    was_crypto_sha256(capability, strlen(capability), key);
    apr_thread_mutex_lock(verified->lock);
    entry_t *entry = *slot_of(verified, key);

    if (entry != NULL && memcmp(entry->key, key, sizeof(key)) == 0) {
        atomic_fetch_add(&entry->users, 1);
    }
    else {
        entry = NULL;
    }
    apr_thread_mutex_unlock(verified->lock);
    was_tally_add(entry != NULL ? WAS_TALLY_VERIFIED_HITS : WAS_TALLY_VERIFIED_MISSES, 1);
    if (entry == NULL) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, entry, release_entry, apr_pool_cleanup_null);
    return &entry->chain;
}

static const char *const *copy_texts(const char *const *texts, int count, apr_pool_t *pool)
{
    if (texts == NULL) {
        return NULL;
    }
    const char **copies = apr_palloc(pool, (apr_size_t)(count + 1) * sizeof(*copies));

    for (int i = 0; i < count; i++) {
        copies[i] = apr_pstrdup(pool, texts[i]);
    }
    return copies;
}

static apr_size_t bytes_of_texts(const char *const *texts, int count)
{
    apr_size_t bytes = (apr_size_t)(count + 1) * sizeof(*texts);

    for (int i = 0; texts != NULL && i < count; i++) {
        bytes += APR_ALIGN_DEFAULT(strlen(texts[i]) + 1);
    }
    return bytes;
}

/* What copy_chain() takes of a pool. */
static apr_size_t bytes_of_chain(const was_zcap_chain_t *chain)
{
    const char *const roots[] = {chain->root_id, chain->root_target};
    apr_size_t bytes = bytes_of_texts(roots, 2);

    for (int i = 0; i < chain->ndelegations; i++) {
        const was_zcap_delegation_t *delegation = &chain->delegations[i];
        const char *const texts[] = {delegation->id, delegation->parent, delegation->target,
                                     delegation->delegator};

        bytes += sizeof(*delegation) + bytes_of_texts(texts, 4) +
                 bytes_of_texts(delegation->controllers, delegation->ncontrollers) +
                 bytes_of_texts(delegation->actions, delegation->nactions);
    }
    return bytes;
}

static void copy_chain(const was_zcap_chain_t *from, was_zcap_chain_t *to, apr_pool_t *pool)
{
    was_zcap_delegation_t *delegations =
        apr_pmemdup(pool, from->delegations, (apr_size_t)from->ndelegations * sizeof(*delegations));

    for (int i = 0; i < from->ndelegations; i++) {
        delegations[i].id = apr_pstrdup(pool, delegations[i].id);
        delegations[i].parent = apr_pstrdup(pool, delegations[i].parent);
        delegations[i].target = apr_pstrdup(pool, delegations[i].target);
        delegations[i].delegator = apr_pstrdup(pool, delegations[i].delegator);
        delegations[i].controllers =
            copy_texts(delegations[i].controllers, delegations[i].ncontrollers, pool);
        delegations[i].actions = copy_texts(delegations[i].actions, delegations[i].nactions, pool);
        delegations[i].json = NULL;
    }
    to->root_id = apr_pstrdup(pool, from->root_id);
    to->root_target = apr_pstrdup(pool, from->root_target);
    to->delegations = delegations;
    to->ndelegations = from->ndelegations;
}

void was_verified_add(was_verified_t *verified, const char *capability,
                      const was_zcap_chain_t *chain)
{
    apr_pool_t *pool = NULL;

    /* No child of any other pool: it may outlive them, and be freed by another thread. */
    if (verified == NULL || sizeof(entry_t) + bytes_of_chain(chain) > ENTRY_MAX_BYTES ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return;
    }
    entry_t *entry = apr_pcalloc(pool, sizeof(*entry));

    entry->users = 1;
    entry->pool = pool;
    was_crypto_sha256(capability, strlen(capability), entry->key);
    copy_chain(chain, &entry->chain, pool);
    apr_thread_mutex_lock(verified->lock);
    entry_t *older = *slot_of(verified, entry->key);

    *slot_of(verified, entry->key) = entry;
    apr_thread_mutex_unlock(verified->lock);
    if (older != NULL) {
        release_entry(older);
    }
    was_tally_add(WAS_TALLY_VERIFIED_ENTRIES, older == NULL);
}
