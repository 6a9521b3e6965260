/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_replay: what was used stays used when the clock runs ahead and is set right, or is set back.
 * The clock is ours, and so is the cache, which forgets by it as shmcb does: whenever it is asked.
 */
#include "tap.h"

#include "http/was_replay.h"

#include <http_log.h>
#include <ap_provider.h>
#include <ap_socache.h>
#include <util_mutex.h>

#include <httpd.h>
#include <http_config.h>

#include <apr_global_mutex.h>

enum { MOST_ENTRIES = 8, HOUR = 3600, DAY = 24 * HOUR, START = 1768478400, WINDOW = 30 };

module AP_MODULE_DECLARE_DATA was_module;

static apr_int64_t clock_seconds = START;

apr_time_t apr_time_now(void)
{
    return apr_time_from_sec(clock_seconds);
}

static struct {
    unsigned char key[WAS_SHA256_BYTES], value[sizeof(apr_time_t)];
    apr_time_t end; /* 0 for a free place */
} cache[MOST_ENTRIES];

static void forget_ended(void)
{
    for (int i = 0; i < MOST_ENTRIES; i++) {
        cache[i].end = cache[i].end > apr_time_now() ? cache[i].end : 0;
    }
}

static const char *create_cache(ap_socache_instance_t **instance, const char *arg,
                                apr_pool_t *scratch, apr_pool_t *pool)
{
    (void)arg;
    (void)scratch;
    *instance = apr_palloc(pool, 1);
    return NULL;
}

static apr_status_t init_cache(ap_socache_instance_t *instance, const char *name,
                               const struct ap_socache_hints *hints, server_rec *server,
                               apr_pool_t *pool)
{
    (void)instance;
    (void)name;
    (void)hints;
    (void)server;
    (void)pool;
    memset(cache, 0, sizeof(cache));
    return APR_SUCCESS;
}

static void destroy_cache(ap_socache_instance_t *instance, server_rec *server)
{
    (void)instance;
    (void)server;
}

static apr_status_t store_entry(ap_socache_instance_t *instance, server_rec *server,
                                const unsigned char *key, unsigned int key_length, apr_time_t end,
                                unsigned char *value, unsigned int length, apr_pool_t *pool)
{
    (void)instance;
    (void)server;
    (void)pool;
    forget_ended();
    for (int i = 0; i < MOST_ENTRIES; i++) {
        if (cache[i].end == 0 && key_length == sizeof(cache[i].key) &&
            length == sizeof(cache[i].value)) {
            memcpy(cache[i].key, key, key_length);
            memcpy(cache[i].value, value, length);
            cache[i].end = end;
            return APR_SUCCESS;
        }
    }
    return APR_ENOSPC;
}

static apr_status_t retrieve_entry(ap_socache_instance_t *instance, server_rec *server,
                                   const unsigned char *key, unsigned int key_length,
                                   unsigned char *value, unsigned int *length, apr_pool_t *pool)
{
    (void)instance;
    (void)server;
    (void)pool;
    forget_ended();
    for (int i = 0; i < MOST_ENTRIES; i++) {
        if (cache[i].end != 0 && memcmp(cache[i].key, key, key_length) == 0) {
            *length = sizeof(cache[i].value);
            memcpy(value, cache[i].value, *length);
            return APR_SUCCESS;
        }
    }
    return APR_NOTFOUND;
}

static apr_status_t iterate_cache(ap_socache_instance_t *instance, server_rec *server, void *data,
                                  ap_socache_iterator_t *iterator, apr_pool_t *pool)
{
    forget_ended();
    for (int i = 0; i < MOST_ENTRIES; i++) {
        if (cache[i].end != 0) {
            iterator(instance, server, data, cache[i].key, sizeof(cache[i].key), cache[i].value,
                     sizeof(cache[i].value), pool);
        }
    }
    return APR_SUCCESS;
}

static const ap_socache_provider_t provider = {.name = "ours",
                                               .create = create_cache,
                                               .init = init_cache,
                                               .destroy = destroy_cache,
                                               .store = store_entry,
                                               .retrieve = retrieve_entry,
                                               .iterate = iterate_cache};

void *ap_lookup_provider(const char *group, const char *name, const char *version)
{
    (void)group;
    (void)version;
    return strcmp(name, "ours") == 0 ? (void *)(uintptr_t)&provider : NULL;
}

apr_status_t ap_mutex_register(apr_pool_t *pool, const char *type, const char *directory,
                               apr_lockmech_e mechanism, apr_int32_t options)
{
    (void)pool;
    (void)type;
    (void)directory;
    (void)mechanism;
    (void)options;
    return APR_SUCCESS;
}

apr_status_t ap_global_mutex_create(apr_global_mutex_t **mutex, const char **name, const char *type,
                                    const char *instance, server_rec *server, apr_pool_t *pool,
                                    apr_int32_t options)
{
    (void)name;
    (void)type;
    (void)instance;
    (void)server;
    (void)options;
    return apr_global_mutex_create(mutex, NULL, APR_LOCK_DEFAULT, pool);
}

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *server, const char *format, ...)
{
    (void)file;
    (void)line;
    (void)module_index;
    (void)level;
    (void)status;
    (void)server;
    printf("# %s\n", format);
}

/* A guard over an empty cache; what the process carries over a restart is in its pool. */
static was_replay_t *open_guard(apr_pool_t *process, apr_pool_t *pool)
{
    process_rec *owner = apr_pcalloc(pool, sizeof(*owner));
    server_rec *server = apr_pcalloc(pool, sizeof(*server));
    was_replay_t *replay = NULL;

    owner->pool = process;
    server->process = owner;
    server->log.level = APLOG_TRACE8;
    ok(was_replay_make("ours", &replay, pool, pool) == NULL, "a guard");
    ok(was_replay_open(replay, server, pool), "... that is open");
    return replay;
}

/* The signature of this number, which was made at the start. */
static const char *use(was_replay_t *replay, int number, apr_pool_t *pool)
{
    was_signature_t signature = {.expires = START + WINDOW};

    signature.value_bytes = 1;
    signature.value[0] = (unsigned char)number;
    return outcome(was_replay_use(replay, &signature, 0, pool));
}

/* One that is good whenever it is used: a cache that is asked for it forgets what it may. */
static const char *use_another(was_replay_t *replay, int number, apr_pool_t *pool)
{
    was_signature_t signature = {.expires = clock_seconds + WINDOW};

    signature.value_bytes = 1;
    signature.value[0] = (unsigned char)number;
    return outcome(was_replay_use(replay, &signature, 0, pool));
}

static void test_clock(apr_pool_t *parent)
{
    static const struct {
        const char *name;
        apr_int64_t away, back; /* from the start: where the clock goes, where it is set then */
        const char *due;
    } cases[] = {
        {"a clock that goes on", 10, 11, "UNAUTHENTICATED"},
        {"one that runs a minute ahead and returns", 60, 5, "UNAUTHENTICATED"},
        {"a day ahead", DAY, 5, "UNAUTHENTICATED"},
        {"a day ahead, and returns to before", DAY, -5, "UNAUTHENTICATED"},
        {"six days ahead", 6 * DAY, 5, "UNAUTHENTICATED"},
        {"one that is set back a day and comes again", -DAY, 5, "UNAUTHENTICATED"},
        {"one that is set back when all seems over", DAY + WINDOW, 0, "UNAUTHENTICATED"},
        {"a fortnight ahead: beyond what is promised", 14 * DAY, 5, "fine"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_pool_t *process, *pool;

        apr_pool_create(&process, parent);
        apr_pool_create(&pool, process);
        clock_seconds = START;
        was_replay_t *replay = open_guard(process, pool);
        is_str(use(replay, 1, pool), "fine", cases[i].name);
        clock_seconds = START + cases[i].away;
        is_str(use_another(replay, 2, pool), "fine", "... others are used meanwhile");
        clock_seconds = START + cases[i].back;
        is_str(use(replay, 1, pool), cases[i].due, "... and it comes again");
        is_str(use(replay, 3, pool), "fine", "... beside one that was not used");
        apr_pool_destroy(process);
    }
}

static void test_restart(apr_pool_t *parent)
{
    apr_pool_t *process, *first, *second;

    apr_pool_create(&process, parent);
    apr_pool_create(&first, process);
    clock_seconds = START;
    was_replay_t *replay = open_guard(process, first);
    is_str(use(replay, 1, first), "fine", "a restart while the clock is ahead");
    clock_seconds = START + DAY;
    apr_pool_destroy(first);
    apr_pool_create(&second, process);
    replay = open_guard(process, second);
    clock_seconds = START + 5;
    is_str(use(replay, 1, second), "UNAUTHENTICATED", "... has nothing forgotten");
    is_str(use(replay, 2, second), "fine", "... nor thought of anything");
    apr_pool_destroy(process);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_clock(pool);
    test_restart(pool);
    return done();
}
