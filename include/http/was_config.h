/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CONFIG_H
#define WAS_CONFIG_H

#include "store/was_db.h"
#include "http/was_replay.h"
#include "auth/was_verified.h"

#include <httpd.h>
#include <http_config.h>

/*
 * was_config: what the operator said. The directive table, defaults and merging, and the checks
 * that turn an operator's mistake into a sentence at start-up.
 *
 * A few of httpd's own directives are listened to (httpd calls every module that declares a name):
 * SetHandler tells where our locations are, the DBD* ones what the pool is made of.
 */

/* The one symbol that httpd must find. */
extern module AP_MODULE_DECLARE_DATA was_module __attribute__((visibility("default")));

typedef enum was_serves_t { WAS_SERVES_UNSET, WAS_SERVES_YES, WAS_SERVES_NO } was_serves_t;

typedef enum was_speaks_t { WAS_SPEAKS_UNSET, WAS_SPEAKS_CLASSIC, WAS_SPEAKS_PWS } was_speaks_t;

typedef enum was_reads_t { WAS_READS_UNSET, WAS_READS_PUBLIC, WAS_READS_PRIVATE } was_reads_t;

typedef enum was_cors_mode_t {
    WAS_CORS_UNSET,
    WAS_CORS_OFF,
    WAS_CORS_ANY,
    WAS_CORS_LIST
} was_cors_mode_t;

/* Of a location. Merged: what the inner one sets wins, else the outer one's. Read it through the
 * was_config_... functions below, which know the defaults. */
typedef struct was_config_t {
    was_serves_t serves; /* whether the innermost SetHandler is ours */
    const char *mount;   /* path below which the routes begin: "" or "/path"; NULL when unset */
    was_speaks_t speaks;
    const char
        *base_url; /* WASBaseURL: scheme and authority, without a slash at the end; or NULL */
    was_reads_t reads;
    apr_int64_t max_age;    /* seconds, -1 when unset */
    apr_int64_t skew;       /* seconds, -1 when unset */
    apr_int64_t max_spaces; /* WASMaxSpacesPerController; 0 for off, -1 when unset: no limit */
    apr_int64_t quota;      /* WASQuotaPerSpace in bytes; the same */
    was_cors_mode_t cors;
    apr_array_header_t *origins; /* of const char *, for WAS_CORS_LIST */
} was_config_t;

/* Of a server (virtual host). */
typedef struct was_server_t {
    apr_array_header_t *mounts;        /* of const char *: the paths of our locations */
    const char *driver;                /* DBDriver */
    const char *params;                /* DBDParams */
    int pool_min, pool_keep, pool_max; /* DBDMin, DBDKeep, DBDMax; -1 when unset */
    int pool_exptime, pool_persist;    /* DBDExptime, DBDPersist; the same */
    was_replay_t *replay;              /* WASReplayGuard, one for all servers; NULL for off */
    was_verified_t *verified; /* made in post_config for servers with a location; else NULL */
    was_db_t *db;             /* made in post_config for servers with a location; else NULL */
} was_server_t;

extern const command_rec was_config_commands[];

void *was_config_create_dir(apr_pool_t *pool, char *path);
void *was_config_merge_dir(apr_pool_t *pool, void *outer, void *inner);
void *was_config_create_server(apr_pool_t *pool, server_rec *server);
void *was_config_merge_server(apr_pool_t *pool, void *base, void *vhost);

const was_config_t *was_config_of(const request_rec *r);
was_server_t *was_config_server(const server_rec *server);

bool was_config_reads_public(const was_config_t *config);
apr_int64_t was_config_max_age(const was_config_t *config);
apr_int64_t was_config_skew(const was_config_t *config);

/* How many connections mod_dbd makes in a child, at most. */
int was_config_connections(const server_rec *server);

/* Whether it keeps each that was made: for as long as it takes, and all of them. */
bool was_config_keeps(const server_rec *server);

/* The database of a server before this one, counted from `first`, that has the same DBDParams and
 * pool: mod_dbd gives both the same pool. NULL when there is none. */
was_db_t *was_config_shared_db(const server_rec *first, const server_rec *server);

/*
 * Whether a server with one of our locations has what that location needs: mod_dbd, DBDriver pgsql,
 * DBDParams that libpq can read, and a pool that mod_dbd can build (DBDMin <= DBDKeep <= DBDMax).
 * Says what is missing in the log at EMERG and returns false.
 */
bool was_config_check(server_rec *server);

#endif
