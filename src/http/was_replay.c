/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_replay: signatures of writes that were used, by their digests, in a cache that all children
 * share. Owns the cache, the mutex that makes looking and noting one, and what is carried over a
 * restart. Refuses to know requests, and what a signature allows.
 */

#include "http/was_replay.h"

#include "base/was_tally.h"

#include <http_log.h>
#include <ap_provider.h>
#include <ap_socache.h>
#include <util_mutex.h>

#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <string.h>

APLOG_USE_MODULE(was);

/*
 * How long after its end a signature is still known, in seconds. Caches go by the clock that
 * signatures are judged by, and forget what ended before it. If that runs ahead and is set right, a
 * signature that was used before is good again: whoever waits for that must find it known. Caches
 * of httpd's have no other clock, and one that is a week wrong is seen. Not much longer: some keep
 * all that has not ended, and memcached takes more than 30 days for a date.
 */
enum { KEPT_SECONDS = 7 * 24 * 3600 };

static const char name_of_ours[] = "was-replay"; /* of the mutex and of the cache */

struct was_replay_t {
    const char *text; /* as the directive has it */
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *cache;
    apr_global_mutex_t *mutex;
    server_rec *server;
};

/* A signature that was used, outside the cache. */
typedef struct entry_t {
    unsigned char key[WAS_SHA256_BYTES];
    apr_time_t end; /* when nobody takes it any more */
} entry_t;

/* What the process knows while it has no cache, between two configurations. */
typedef struct carried_t {
    apr_pool_t *pool;
    apr_array_header_t *entries; /* of entry_t */
} carried_t;

bool was_replay_register(apr_pool_t *pool)
{
    return ap_mutex_register(pool, name_of_ours, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS;
}

const char *was_replay_make(const char *text, was_replay_t **replay, apr_pool_t *scratch,
                            apr_pool_t *pool)
{
    const char *colon = strchr(text, ':');
    const char *name =
        colon != NULL ? apr_pstrmemdup(pool, text, (apr_size_t)(colon - text)) : text;
    was_replay_t *made = apr_pcalloc(pool, sizeof(*made));

    made->text = text;
    made->provider =
        ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION);
    if (made->provider == NULL) {
        return apr_psprintf(
            pool,
            "WASReplayGuard takes off or a shared cache such as "
            "shmcb:logs/was_replay(512000); '%s' is none: is mod_socache_%s loaded?",
            name, name);
    }
    const char *complaint =
        made->provider->create(&made->cache, colon != NULL ? colon + 1 : NULL, scratch, pool);
    if (complaint != NULL) {
        return apr_psprintf(pool, "WASReplayGuard %s: %s", text, complaint);
    }
    *replay = made;
    return NULL;
}

static apr_time_t kept_until(const entry_t *entry)
{
    return entry->end + apr_time_from_sec(KEPT_SECONDS);
}

static apr_status_t note_entry(const was_replay_t *replay, const entry_t *entry, apr_pool_t *pool)
{
    return replay->provider->store(replay->cache, replay->server, entry->key, sizeof(entry->key),
                                   kept_until(entry), (unsigned char *)&entry->end,
                                   sizeof(entry->end), pool);
}

static apr_status_t collect_entry(ap_socache_instance_t *cache, server_rec *server, void *data,
                                  const unsigned char *id, unsigned int id_length,
                                  const unsigned char *value, unsigned int value_length,
                                  apr_pool_t *pool)
{
    apr_array_header_t *entries = data;

    (void)cache;
    (void)server;
    (void)pool;
    if (id_length == WAS_SHA256_BYTES && value_length == sizeof(apr_time_t)) {
        entry_t *entry = apr_array_push(entries);
        memcpy(entry->key, id, sizeof(entry->key));
        memcpy(&entry->end, value, sizeof(entry->end));
    }
    return APR_SUCCESS;
}

/* Takes what was carried out of the process's hands; NULL when nothing was. */
static carried_t *take_carried(const was_replay_t *replay)
{
    apr_pool_t *process = replay->server->process->pool;
    void *carried = NULL;

    apr_pool_userdata_get(&carried, name_of_ours, process);
    if (carried != NULL) {
        apr_pool_userdata_set(NULL, name_of_ours, NULL, process);
    }
    return carried;
}

/* The cache ends with its configuration; the process goes on when httpd is restarted. */
static apr_status_t close_cache(void *data)
{
    was_replay_t *replay = data;
    apr_pool_t *pool = NULL, *process = replay->server->process->pool;

    apr_pool_create(&pool, process);
    carried_t *carried = apr_palloc(pool, sizeof(*carried));
    carried->pool = pool;
    carried->entries = apr_array_make(pool, 64, sizeof(entry_t));
    if (apr_global_mutex_lock(replay->mutex) == APR_SUCCESS) {
        /* Where a cache cannot be listed, it outlives us anyway. */
        replay->provider->iterate(replay->cache, replay->server, carried->entries, collect_entry,
                                  pool);
        apr_global_mutex_unlock(replay->mutex);
    }
    /* Copies the name: this module may be loaded at another address the next time. */
    apr_pool_userdata_set(carried, name_of_ours, NULL, process);
    replay->provider->destroy(replay->cache, replay->server);
    return APR_SUCCESS;
}

static void fill_cache(const was_replay_t *replay)
{
    carried_t *carried = take_carried(replay);
    apr_status_t status = APR_SUCCESS;

    if (carried == NULL) {
        return;
    }
    for (int i = 0; i < carried->entries->nelts && status == APR_SUCCESS; i++) {
        const entry_t *entry = &APR_ARRAY_IDX(carried->entries, i, entry_t);

        if (kept_until(entry) > apr_time_now()) {
            status = note_entry(replay, entry, carried->pool);
        }
    }
    if (status != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_WARNING, status, replay->server,
            "WASReplayGuard %s: signatures that were used before the restart are forgotten",
            replay->text);
    }
    apr_pool_destroy(carried->pool);
}

bool was_replay_open(was_replay_t *replay, server_rec *server, apr_pool_t *pool)
{
    struct ap_socache_hints hints = {WAS_SHA256_BYTES, sizeof(apr_time_t), 0};

    if (replay == NULL) {
        return true;
    }
    replay->server = server;
    apr_status_t status =
        ap_global_mutex_create(&replay->mutex, NULL, name_of_ours, NULL, server, pool, 0);
    if (status == APR_SUCCESS) {
        status = replay->provider->init(replay->cache, name_of_ours, &hints, server, pool);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, status, server,
                     "WASReplayGuard %s: the cache cannot be opened", replay->text);
        return false;
    }
    apr_pool_cleanup_register(pool, replay, close_cache, apr_pool_cleanup_null);
    fill_cache(replay);
    return true;
}

void was_replay_join(was_replay_t *replay, server_rec *server, apr_pool_t *pool)
{
    if (replay == NULL) {
        return;
    }
    apr_status_t status =
        apr_global_mutex_child_init(&replay->mutex, apr_global_mutex_lockfile(replay->mutex), pool);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "WASReplayGuard %s: a child cannot use its mutex and refuses writes",
                     replay->text);
        replay->mutex = NULL;
    }
}

/* Looks and notes, as one. */
static apr_status_t use_entry(const was_replay_t *replay, const entry_t *entry, bool *used,
                              apr_pool_t *pool)
{
    unsigned char value[sizeof(entry->end)];
    unsigned int length = sizeof(value);

    if (replay->mutex == NULL) {
        return APR_ENOLOCK;
    }
    apr_status_t status = apr_global_mutex_lock(replay->mutex);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = replay->provider->retrieve(replay->cache, replay->server, entry->key,
                                        sizeof(entry->key), value, &length, pool);
    *used = status == APR_SUCCESS;
    if (status == APR_NOTFOUND) {
        status = note_entry(replay, entry, pool);
    }
    apr_status_t unlocked = apr_global_mutex_unlock(replay->mutex);
    return status != APR_SUCCESS ? status : unlocked;
}

static const was_error_t *refuse_signature(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

const was_error_t *was_replay_use(was_replay_t *replay, const was_signature_t *signature,
                                  apr_int64_t skew, apr_pool_t *pool)
{
    if (replay == NULL || signature == NULL) {
        return NULL;
    }
    /* Who checked its window did so by the second. */
    entry_t entry = {.end = apr_time_from_sec(signature->expires + skew + 1)};
    /* The window was checked when the request's first line had come. If the rest of the head was
     * held back until the first use is forgotten, this would be taken for the first. */
    if (apr_time_now() >= entry.end) {
        was_tally_add(WAS_TALLY_REPLAY_REFUSED, 1);
        return refuse_signature("the signature expired while the request arrived", pool);
    }
    was_crypto_sha256(signature->value, signature->value_bytes, entry.key);
    bool used = false;
    apr_status_t status = use_entry(replay, &entry, &used, pool);
    was_tally_add(status != APR_SUCCESS ? WAS_TALLY_REPLAY_UNAVAILABLE
                  : used                ? WAS_TALLY_REPLAY_REFUSED
                                        : WAS_TALLY_REPLAY_ACCEPTED,
                  1);
    if (status != APR_SUCCESS) {
        char reason[128];
        const was_error_t *error =
            was_error_make(pool, WAS_ERROR_UNAVAILABLE, NULL,
                           "whether this signature was used before cannot be told now; nothing "
                           "was written, and the request can be signed and sent again");
        return was_error_wrap(pool, error, "WASReplayGuard %s: %s", replay->text,
                              apr_strerror(status, reason, sizeof(reason)));
    }
    return used ? refuse_signature(
                      "this signature was used for a write before; sign the request anew", pool)
                : NULL;
}
