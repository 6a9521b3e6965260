/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CONFIG_POOL_H
#define WAS_CONFIG_POOL_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_config_pool: what the operator says to mod_dbd of its pool of connections, as far as it is
 * ours to know: httpd calls every module that declares a directive's name.
 */

/* Of a server (virtual host). */
typedef struct was_config_pool_t {
    const char *driver; /* DBDriver; or NULL */
    const char *params; /* DBDParams; or NULL */
    int min, keep, max; /* DBDMin, DBDKeep, DBDMax; -1 when unset */
    int exptime;        /* DBDExptime; the same */
    int persist;        /* DBDPersist; the same */
} was_config_pool_t;

/* Nothing is set. */
void was_config_pool_clear(was_config_pool_t *pool);

/* What is not set is as in `outer`. */
void was_config_pool_merge(was_config_pool_t *pool, const was_config_pool_t *outer);

/* Takes the word of a directive; mod_dbd complains of what is wrong with it. The word is kept, not
 * copied. */
void was_config_pool_set(was_config_pool_t *pool, const char *directive, const char *word);

/* How many connections mod_dbd makes in a child, at most. */
int was_config_pool_connections(const was_config_pool_t *pool);

/* Whether it keeps each that was made: for as long as it takes, and all of them. */
bool was_config_pool_keeps(const was_config_pool_t *pool);

/* Whether mod_dbd gives both servers the same pool. */
bool was_config_pool_is_same(const was_config_pool_t *one, const was_config_pool_t *other);

/* Whether it is one that a server with a location of ours can use: mod_dbd is there, and
 * mod_watchdog, whose thread borrows connections, too; DBDriver pgsql, DBDParams that libpq can
 * read, and sizes that mod_dbd can build (DBDMin <= DBDKeep <= DBDMax). NULL, or a sentence that
 * says what is missing, and never what DBDParams says. */
const char *was_config_pool_check(const was_config_pool_t *pool, apr_pool_t *scratch);

#endif
