/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CONFIG_H
#define WAS_CONFIG_H

#include "auth/was_verified.h"
#include "http/was_cell.h"
#include "http/was_config_pool.h"
#include "http/was_replay.h"
#include "http/was_sweeper.h"
#include "http/was_token.h"
#include "http/was_watcher.h"
#include "store/was_db.h"

#include <httpd.h>
#include <http_config.h>

/*
 * was_config: what the operator said (was_directives), with the defaults of what he did not say, of
 * a location and of a server.
 */

/* The one symbol that httpd must find. */
extern module AP_MODULE_DECLARE_DATA was_module __attribute__((visibility("default")));

typedef enum was_handler_t { WAS_HANDLER_UNSET, WAS_HANDLER_OURS, WAS_HANDLER_OTHER } was_handler_t;

typedef enum was_protocol_id_t {
    WAS_PROTOCOL_UNSET,
    WAS_PROTOCOL_CLASSIC,
    WAS_PROTOCOL_PWS
} was_protocol_id_t;

/* The wire form of pws, by the month that it is of: a later one is greater. */
typedef enum was_revision_t {
    WAS_REVISION_UNSET,
    WAS_REVISION_2026_09,
    WAS_REVISION_2026_10
} was_revision_t;

typedef enum was_reads_t { WAS_READS_UNSET, WAS_READS_PUBLIC, WAS_READS_PRIVATE } was_reads_t;

typedef enum was_parts_mode_t {
    WAS_PARTS_UNSET,
    WAS_PARTS_AUTO,
    WAS_PARTS_ON,
    WAS_PARTS_OFF
} was_parts_mode_t;

typedef enum was_cors_mode_t {
    WAS_CORS_UNSET,
    WAS_CORS_OFF,
    WAS_CORS_ANY,
    WAS_CORS_LIST
} was_cors_mode_t;

/* Of a location. Merged: what the inner one sets wins, else the outer one's. Read it through the
 * was_config_... functions below, which know the defaults. */
typedef struct was_config_t {
    was_handler_t handler; /* of the innermost SetHandler */
    const char *mount;     /* path below which the routes begin: "" or "/path"; NULL when unset */
    was_protocol_id_t protocol;  /* WASProtocol */
    was_revision_t revision;     /* WASRevision */
    const char *base_url;        /* WASBaseURL: an origin; or NULL */
    was_reads_t reads;           /* WASResourceReads */
    apr_int64_t max_age;         /* WASSignatureMaxAge in seconds, -1 when unset */
    apr_int64_t skew;            /* WASClockSkew in seconds, -1 when unset */
    apr_int64_t max_spaces;      /* WASMaxSpacesPerController; 0 for off, -1 when unset: no limit */
    apr_int64_t quota;           /* WASQuotaPerSpace in bytes; the same */
    was_parts_mode_t parts;      /* WASContentParts, of the classic protocol */
    const was_cell_t *cell;      /* WASCell; NULL when unset */
    const was_token_t *token;    /* WASOnboardingToken, of pws; NULL when unset */
    apr_int64_t body_limit;      /* LimitRequestBody in bytes; 0 for no limit, -1 when unset */
    was_cors_mode_t cors;        /* WASCORS */
    apr_array_header_t *origins; /* of const char *, for WAS_CORS_LIST */
} was_config_t;

/* Of a server (virtual host). */
typedef struct was_server_t {
    apr_array_header_t *mounts; /* of const was_config_t *: our locations, as they are written */
    was_config_pool_t pool;     /* DBD* */
    was_replay_t *replay;       /* WASReplayGuard, one for all servers; NULL for off */
    was_verified_t *verified;   /* one for all servers with a location, from post_config */
    was_db_t *db;               /* made in post_config for servers with a location; else NULL */
    was_sweeper_t *sweeper;     /* of the first server that has this database; else NULL */
    was_watcher_t *watcher;     /* of this database; made for the first server that has it */
} was_server_t;

void *was_config_create_dir(apr_pool_t *pool, char *path);
void *was_config_merge_dir(apr_pool_t *pool, void *outer, void *inner);
void *was_config_create_server(apr_pool_t *pool, server_rec *server);
void *was_config_merge_server(apr_pool_t *pool, void *base, void *vhost);

const was_config_t *was_config_of(const request_rec *r);
was_server_t *was_config_server(const server_rec *server);

/* Whether the request is for a location of ours. */
bool was_config_is_ours(const request_rec *r);

/* Which revision of pws is spoken here: never WAS_REVISION_UNSET. */
was_revision_t was_config_revision(const was_config_t *config);

bool was_config_reads_public(const was_config_t *config);
apr_int64_t was_config_max_age(const was_config_t *config);
apr_int64_t was_config_skew(const was_config_t *config);

/* Whether contents that are too long for a row go into parts: of pws always. */
bool was_config_in_parts(const was_config_t *config, const was_db_t *db);

/* For how long, in milliseconds, a content is kept that is neither named by a row nor read or
 * written on: longer than `Timeout` of any server lets a client rest. */
apr_int64_t was_config_keep_msec(const server_rec *first);

/* A server before this one, counted from `first`, that has a database of the same DBDParams and
 * pool: mod_dbd gives both the same pool. NULL when there is none. */
const was_server_t *was_config_shared(const server_rec *first, const server_rec *server);

/* Whether a server with one of our locations has what that location needs (was_config_pool_check).
 * Says what is missing in the log at EMERG and returns false. At WARNING it says what is allowed
 * and is hardly meant: a LimitRequestBody that bounds nothing, or is beyond WAS_CONTENT_MAX_BYTES
 * and cannot be kept; pws without WASBaseURL. One line of each for a server. */
bool was_config_check(server_rec *server);

/* Says at WARNING, of all servers and the configuration as it was read, that there are directives
 * of ours and no location that they could be for. */
void was_config_check_use(const server_rec *first, const ap_directive_t *tree);

#endif
