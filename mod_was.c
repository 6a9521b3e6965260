/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * mod_was: httpd as a Wallet Attached Storage server over PostgreSQL. This file owns the module
 * record, the hooks and the order of start-up, and refuses to hold any logic of its own: requests
 * are was_route's, settings was_config's, tables was_schema's.
 */

#include "auth/was_crypto.h"
#include "base/was_json.h"
#include "classic/classic.h"
#include "http/was_config.h"
#include "http/was_direct.h"
#include "http/was_directives.h"
#include "http/was_input.h"
#include "http/was_route.h"
#include "http/was_slots.h"
#include "http/was_startup.h"
#include "http/was_status.h"
#include "http/was_target.h"
#include "http/was_unread.h"
#include "pws/pws.h"
#include "store/was_dbd.h"
#include "store/was_schema.h"
#include "store/was_sweep.h"

#include <ap_mpm.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_strings.h>

#include <string.h>

APLOG_USE_MODULE(was);

enum { VERIFIED_SLOTS = 1024 }; /* of capabilities: 8 MiB at the most in each child */

/* By was_protocol_id_t; classic where nothing else is said. */
static const was_protocol_t *const protocols[] = {
    [WAS_PROTOCOL_UNSET] = &classic_protocol,
    [WAS_PROTOCOL_CLASSIC] = &classic_protocol,
    [WAS_PROTOCOL_PWS] = &pws_protocol,
};

enum { NPROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) - WAS_PROTOCOL_CLASSIC };

static int keep_target(request_rec *r)
{
    was_target_keep(r);
    return DECLINED;
}

/* The path stays as it came: decoding it here would only give httpd reasons to refuse it. */
static int keep_encoding(request_rec *r)
{
    return was_config_is_ours(r) ? DONE : DECLINED;
}

/* No file stands behind our paths: none is looked for, and no name's ending means anything. */
static const char no_name[] = "was:";

static int name_nothing(request_rec *r)
{
    if (!was_config_is_ours(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrdup(r->pool, no_name);
    return OK;
}

/* httpd asks this with its locations' settings taken away; the name is how we know our own. */
static int walk_nothing(request_rec *r)
{
    return r->filename != NULL && strcmp(r->filename, no_name) == 0 ? OK : DECLINED;
}

static int handle_request(request_rec *r)
{
    /* AddHandler and its like name us too, but say nothing of where the routes begin. */
    if (!was_config_is_ours(r) || r->handler == NULL || strcmp(r->handler, "was") != 0) {
        return DECLINED;
    }
    if (!was_direct_is_asked(r)) {
        return HTTP_NOT_FOUND;
    }
    was_direct_unfilter(r);
    return was_route_handle(r, protocols[was_config_of(r)->protocol]);
}

/* As the access log does, of what was asked for in a location of ours. */
static int count_request(request_rec *r)
{
    if (was_config_is_ours(r)) {
        was_status_count(r, protocols[was_config_of(r)->protocol]);
    }
    return OK;
}

static void answer_unread(request_rec *r)
{
    if (was_unread_is_ours(r)) {
        was_unread_answer(r, protocols[was_config_of(r)->protocol]);
    }
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main)
{
    bool good = true;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (server_rec *server = main; server != NULL; server = server->next) {
        good = was_config_check(server) && good;
    }
    was_config_check_use(main, ap_conftree);
    return good ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return was_replay_register(pconf) ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

/* A database that cannot be used now is no reason not to start: other sites live here, and the
 * first request that gets through asks again. */
static void prepare_database(was_server_t *config, server_rec *server, apr_pool_t *pool)
{
    const was_error_t *error = was_db_prepare(config->db, pool);

    if (error != NULL) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "the database cannot be used yet, requests get 503 until it can: %s",
                     was_error_chain(error, pool));
        return;
    }
    was_startup_report_database(config->pool.params, config->db, server, pool);
}

/* A way to the database, its schema, who sweeps and who watches it, for a server with a location.
 * False, after a line in the log, when the system has no lock or thread for it. */
static bool open_server(server_rec *server, server_rec *main, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    was_server_t *config = was_config_server(server);

    if (config->mounts->nelts == 0) {
        return true;
    }
    config->verified = was_config_server(main)->verified;
    const was_server_t *shared = was_config_shared(main, server);

    if (shared != NULL) {
        config->db = shared->db;
        config->watcher = shared->watcher;
        return true;
    }
    config->db = was_db_make(was_dbd_lender(server, pconf), config->pool.params,
                             was_config_pool_connections(&config->pool),
                             was_config_pool_keeps(&config->pool), was_config_keep_msec(main),
                             was_schema_ensure, pconf);
    if (config->db == NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server, "no lock for the pool of connections");
        return false;
    }
    prepare_database(config, server, ptemp);
    config->sweeper = was_sweeper_make(server, config->db, pconf);
    config->watcher = was_watcher_make(server, config->db, pconf);
    return config->sweeper != NULL && config->watcher != NULL;
}

/*
 * Once for each configuration:
 * 1. the libraries, before there are threads;
 * 2. the numbers that children count, which those of before may be counting still;
 * 3. the caches of the replay guard and of verified capabilities, for all servers;
 * 4. a way to the database for each server that has a location of ours, one for each pool, its
 *    schema, and who sweeps and who watches it;
 * 5. where there is such a server, the directory that long bodies wait in.
 */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main)
{
    bool is_used = false;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* httpd's dry run; it comes back */
    }
    ap_add_version_component(pconf, "mod_was/" WAS_VERSION);
    was_json_init();
    if (!was_crypto_init()) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, main, "libsodium cannot be initialized");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!was_status_open(&protocols[WAS_PROTOCOL_CLASSIC], NPROTOCOLS, main, ptemp)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, main, "no memory to share with the children");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!was_replay_open(was_config_server(main)->replay, main, pconf)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    was_config_server(main)->verified = was_verified_make(VERIFIED_SLOTS, pconf);
    if (!was_sweep_share(pconf)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, main, "no memory to share with the children");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (server_rec *server = main; server != NULL; server = server->next) {
        if (!open_server(server, main, pconf, ptemp)) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        is_used = is_used || was_config_server(server)->db != NULL;
    }
    return !is_used || was_startup_check_spool(main, ptemp) ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static void child_init(apr_pool_t *pchild, server_rec *main)
{
    was_slots_take();
    was_replay_join(was_config_server(main)->replay, main, pchild);
    for (server_rec *server = main; server != NULL; server = server->next) {
        was_server_t *config = was_config_server(server);

        if (config->sweeper != NULL) {
            was_startup_connect(config->db, was_config_pool_connections(&config->pool), server,
                                pchild);
            was_sweeper_join(config->sweeper, pchild);
            was_watcher_join(config->watcher, pchild);
        }
    }
}

/* In the parent. */
static void watch_child(server_rec *server, pid_t child, ap_generation_t generation, int slot,
                        mpm_child_status state)
{
    (void)server;
    (void)generation;
    (void)slot;
    if (state == MPM_CHILD_EXITED) {
        was_slots_give_back(child);
    }
}

static void register_hooks(apr_pool_t *pool)
{
    /* Whose pool must be there before ours begin to use it. */
    static const char *const pools[] = {"mod_dbd.c", NULL};

    (void)pool;
    was_input_register();
    was_status_register();
    was_unread_register();
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, pools, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(watch_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(keep_target, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_translate_name(keep_encoding, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before the modules that would look for a file. */
    ap_hook_translate_name(name_nothing, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(walk_nothing, NULL, NULL, APR_HOOK_FIRST);
    /* Behind those whose filters our answer is to pass, such as mod_headers'. */
    ap_hook_insert_error_filter(answer_unread, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(handle_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(was_status_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(count_request, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA was_module = {
    STANDARD20_MODULE_STUFF, was_config_create_dir, was_config_merge_dir, was_config_create_server,
    was_config_merge_server, was_directives,        register_hooks,       AP_MODULE_FLAG_NONE};
