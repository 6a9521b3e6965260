/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_config_pool: the settings of mod_dbd's pool. Owns mod_dbd's defaults and rules as we must
 * know them. Refuses to know other settings, and to connect.
 */

#include "http/was_config_pool.h"

#include "store/was_session.h"

#include <httpd.h>
#include <http_config.h>

#include <apr_strings.h>

#include <string.h>
#include <strings.h>

/* mod_dbd's own */
enum { DEFAULT_MIN = 1, DEFAULT_KEEP = 2, DEFAULT_MAX = 10, DEFAULT_EXPTIME = 300 };

static int set_or(int value, int otherwise)
{
    return value >= 0 ? value : otherwise;
}

void was_config_pool_clear(was_config_pool_t *pool)
{
    *pool = (was_config_pool_t){.min = -1, .keep = -1, .max = -1, .exptime = -1, .persist = -1};
}

void was_config_pool_merge(was_config_pool_t *pool, const was_config_pool_t *outer)
{
    pool->driver = pool->driver != NULL ? pool->driver : outer->driver;
    pool->params = pool->params != NULL ? pool->params : outer->params;
    pool->min = set_or(pool->min, outer->min);
    pool->keep = set_or(pool->keep, outer->keep);
    pool->max = set_or(pool->max, outer->max);
    pool->exptime = set_or(pool->exptime, outer->exptime);
    pool->persist = set_or(pool->persist, outer->persist);
}

void was_config_pool_set(was_config_pool_t *pool, const char *directive, const char *word)
{
    const struct {
        const char *directive;
        int *number;
    } numbers[] = {{"DBDMin", &pool->min},
                   {"DBDKeep", &pool->keep},
                   {"DBDMax", &pool->max},
                   {"DBDExptime", &pool->exptime}};

    if (strcmp(directive, "DBDriver") == 0) {
        pool->driver = word;
    }
    else if (strcmp(directive, "DBDParams") == 0) {
        pool->params = word;
    }
    else if (strcmp(directive, "DBDPersist") == 0) {
        pool->persist = strcasecmp(word, "on") == 0;
    }
    for (apr_size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(directive, numbers[i].directive) == 0) {
            *numbers[i].number = (int)apr_atoi64(word);
        }
    }
}

int was_config_pool_connections(const was_config_pool_t *pool)
{
    return set_or(pool->max, DEFAULT_MAX);
}

bool was_config_pool_keeps(const was_config_pool_t *pool)
{
    return pool->persist != 0 && set_or(pool->exptime, DEFAULT_EXPTIME) == 0 &&
           set_or(pool->keep, DEFAULT_KEEP) >= was_config_pool_connections(pool);
}

bool was_config_pool_is_same(const was_config_pool_t *one, const was_config_pool_t *other)
{
    return strcmp(one->params, other->params) == 0 && one->min == other->min &&
           one->keep == other->keep && one->max == other->max && one->exptime == other->exptime &&
           one->persist == other->persist;
}

static const char *check_sizes(const was_config_pool_t *pool, apr_pool_t *scratch)
{
    int least = set_or(pool->min, DEFAULT_MIN);
    int keep = set_or(pool->keep, DEFAULT_KEEP);
    int most = was_config_pool_connections(pool);

    if (least <= keep && keep <= most && most >= 1) {
        return NULL;
    }
    return apr_psprintf(scratch,
                        "mod_dbd cannot build a pool with DBDMin %d, DBDKeep %d and DBDMax %d: it "
                        "needs DBDMin <= DBDKeep <= DBDMax, and DBDMax >= 1",
                        least, keep, most);
}

const char *was_config_pool_check(const was_config_pool_t *pool, apr_pool_t *scratch)
{
    if (ap_find_linked_module("mod_dbd.c") == NULL) {
        return "SetHandler was needs mod_dbd: add LoadModule dbd_module";
    }
    if (ap_find_linked_module("mod_watchdog.c") == NULL) {
        return "SetHandler was needs mod_watchdog: add LoadModule watchdog_module";
    }
    if (pool->driver == NULL || strcmp(pool->driver, "pgsql") != 0) {
        return "SetHandler was needs DBDriver pgsql";
    }
    if (pool->params == NULL) {
        return "SetHandler was needs DBDParams with a PostgreSQL connection string";
    }
    if (!was_session_accepts(pool->params)) {
        /* Not repeated: it may hold a password. */
        return "DBDParams is no connection string that libpq understands; is a ${VARIABLE} in it "
               "undefined?";
    }
    return check_sizes(pool, scratch);
}
