/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What the operator said. Owns the directives, their defaults and how sections merge, and the
 * checks at start-up. Refuses to know what the settings are for.
 */

#include "http/was_config.h"
#include "base/was_origin.h"

#include <http_core.h>
#include <http_log.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(was);

enum {
    DEFAULT_MAX_AGE = 3600,
    DEFAULT_SKEW = 300,
    LONGEST_SECONDS = 366 * 24 * 3600,
    MOST_SPACES = 1000000000,
    /* mod_dbd's own defaults */
    DEFAULT_POOL_MIN = 1,
    DEFAULT_POOL_KEEP = 2,
    DEFAULT_POOL_MAX = 10,
    DEFAULT_POOL_EXPTIME = 300
};

/* Leaves room to add to it. */
static const apr_int64_t most_bytes = (apr_int64_t)1 << 60;

void *was_config_create_dir(apr_pool_t *pool, char *path)
{
    was_config_t *config = apr_pcalloc(pool, sizeof(*config));

    (void)path;
    config->max_age = -1;
    config->skew = -1;
    config->max_spaces = -1;
    config->quota = -1;
    return config;
}

void *was_config_merge_dir(apr_pool_t *pool, void *outer, void *inner)
{
    const was_config_t *base = outer;
    was_config_t *config = apr_pmemdup(pool, inner, sizeof(*config));

    if (config->serves == WAS_SERVES_UNSET) {
        config->serves = base->serves;
        config->mount = base->mount;
    }
    if (config->speaks == WAS_SPEAKS_UNSET) {
        config->speaks = base->speaks;
    }
    if (config->base_url == NULL) {
        config->base_url = base->base_url;
    }
    if (config->reads == WAS_READS_UNSET) {
        config->reads = base->reads;
    }
    if (config->max_age < 0) {
        config->max_age = base->max_age;
    }
    if (config->skew < 0) {
        config->skew = base->skew;
    }
    if (config->max_spaces < 0) {
        config->max_spaces = base->max_spaces;
    }
    if (config->quota < 0) {
        config->quota = base->quota;
    }
    if (config->cors == WAS_CORS_UNSET) {
        config->cors = base->cors;
        config->origins = base->origins;
    }
    return config;
}

void *was_config_create_server(apr_pool_t *pool, server_rec *server)
{
    was_server_t *config = apr_pcalloc(pool, sizeof(*config));

    (void)server;
    config->mounts = apr_array_make(pool, 2, sizeof(const char *));
    config->pool_min = -1;
    config->pool_keep = -1;
    config->pool_max = -1;
    config->pool_exptime = -1;
    config->pool_persist = -1;
    return config;
}

void *was_config_merge_server(apr_pool_t *pool, void *base, void *vhost)
{
    const was_server_t *outer = base;
    was_server_t *config = apr_pmemdup(pool, vhost, sizeof(*config));

    /* A location of the main server is one of every virtual host too. */
    config->mounts = apr_array_append(pool, config->mounts, outer->mounts);
    config->driver = config->driver != NULL ? config->driver : outer->driver;
    config->params = config->params != NULL ? config->params : outer->params;
    config->pool_min = config->pool_min >= 0 ? config->pool_min : outer->pool_min;
    config->pool_keep = config->pool_keep >= 0 ? config->pool_keep : outer->pool_keep;
    config->pool_max = config->pool_max >= 0 ? config->pool_max : outer->pool_max;
    config->pool_exptime = config->pool_exptime >= 0 ? config->pool_exptime : outer->pool_exptime;
    config->pool_persist = config->pool_persist >= 0 ? config->pool_persist : outer->pool_persist;
    config->replay = outer->replay; /* no virtual host has its own */
    config->db = NULL;
    return config;
}

const was_config_t *was_config_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &was_module);
}

was_server_t *was_config_server(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &was_module);
}

bool was_config_reads_public(const was_config_t *config)
{
    return config->reads != WAS_READS_PRIVATE;
}

apr_int64_t was_config_max_age(const was_config_t *config)
{
    return config->max_age >= 0 ? config->max_age : DEFAULT_MAX_AGE;
}

apr_int64_t was_config_skew(const was_config_t *config)
{
    return config->skew >= 0 ? config->skew : DEFAULT_SKEW;
}

/* A sentence for a directive in a section of files: none is looked for behind our paths, so that
 * what such a section says would be lost. */
static const char *misplaced(const cmd_parms *cmd)
{
    static const char *const kinds[] = {"<Directory", "<Files", "<Proxy"};
    const ap_directive_t *section = cmd->directive->parent;
    apr_size_t i;

    for (; section != NULL; section = section->parent) {
        for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if (strncasecmp(section->directive, kinds[i], strlen(kinds[i])) == 0) {
                return apr_psprintf(cmd->pool,
                                    "%s has no meaning in %s>: it belongs into a <Location>, a "
                                    "virtual host or the server",
                                    cmd->cmd->name, section->directive);
            }
        }
    }
    return NULL;
}

/* Whole seconds from `least` up, or a sentence. */
static const char *read_seconds(cmd_parms *cmd, const char *word, apr_int64_t least,
                                apr_int64_t *seconds)
{
    char *end;

    *seconds = apr_strtoi64(word, &end, 10);
    if (!apr_isdigit(*word) || *end != '\0' || *seconds < least || *seconds > LONGEST_SECONDS) {
        return apr_psprintf(cmd->pool, "%s takes whole seconds from %d to %d, not '%s'",
                            cmd->cmd->name, (int)least, (int)LONGEST_SECONDS, word);
    }
    return misplaced(cmd);
}

/* off, or a whole number up to `most`, or a sentence. 0 means no limit elsewhere in httpd, and
 * nothing here. */
static const char *read_limit(cmd_parms *cmd, const char *word, apr_int64_t most,
                              apr_int64_t *limit)
{
    char *end;

    *limit = 0;
    if (strcasecmp(word, "off") == 0) {
        return misplaced(cmd);
    }
    *limit = apr_strtoi64(word, &end, 10);
    if (!apr_isdigit(*word) || *end != '\0' || *limit < 1 || *limit > most) {
        return apr_psprintf(
            cmd->pool, "%s takes off or a whole number from 1 to %" APR_INT64_T_FMT ", not '%s'",
            cmd->cmd->name, most, word);
    }
    return misplaced(cmd);
}

static const char *set_protocol(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;

    if (strcasecmp(word, "classic") == 0) {
        config->speaks = WAS_SPEAKS_CLASSIC;
    }
    else if (strcasecmp(word, "pws") == 0) {
        config->speaks = WAS_SPEAKS_PWS;
    }
    else {
        return apr_psprintf(cmd->pool, "%s takes classic or pws, not '%s'", cmd->cmd->name, word);
    }
    return misplaced(cmd);
}

static const char *set_reads(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;

    if (strcasecmp(word, "public") == 0) {
        config->reads = WAS_READS_PUBLIC;
    }
    else if (strcasecmp(word, "private") == 0) {
        config->reads = WAS_READS_PRIVATE;
    }
    else {
        return apr_psprintf(cmd->pool, "%s takes public or private, not '%s'", cmd->cmd->name,
                            word);
    }
    return misplaced(cmd);
}

static const char *set_max_age(cmd_parms *cmd, void *dir, const char *word)
{
    return read_seconds(cmd, word, 1, &((was_config_t *)dir)->max_age);
}

static const char *set_skew(cmd_parms *cmd, void *dir, const char *word)
{
    return read_seconds(cmd, word, 0, &((was_config_t *)dir)->skew);
}

static const char *set_max_spaces(cmd_parms *cmd, void *dir, const char *word)
{
    return read_limit(cmd, word, MOST_SPACES, &((was_config_t *)dir)->max_spaces);
}

static const char *set_quota(cmd_parms *cmd, void *dir, const char *word)
{
    return read_limit(cmd, word, most_bytes, &((was_config_t *)dir)->quota);
}

static const char *set_replay_guard(cmd_parms *cmd, void *dir, const char *word)
{
    const char *complaint = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    was_server_t *config = was_config_server(cmd->server);

    (void)dir;
    if (complaint != NULL) {
        return complaint;
    }
    config->replay = NULL;
    if (strcasecmp(word, "off") == 0) {
        return NULL;
    }
    return was_replay_make(word, &config->replay, cmd->temp_pool, cmd->pool);
}

static const char *set_base_url(cmd_parms *cmd, void *dir, const char *word)
{
    if (!was_origin_canonical(word, cmd->pool) ||
        (strncmp(word, "http://", 7) != 0 && strncmp(word, "https://", 8) != 0)) {
        return apr_psprintf(cmd->pool,
                            "%s takes an origin such as https://wallet.example (lower case, no "
                            "path, no default port), not '%s'",
                            cmd->cmd->name, word);
    }
    ((was_config_t *)dir)->base_url = word;
    return misplaced(cmd);
}

static const char *set_cors(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    was_config_t *config = dir;
    int i;

    if (argc == 1 && strcasecmp(argv[0], "on") == 0) {
        config->cors = WAS_CORS_ANY;
        return misplaced(cmd);
    }
    if (argc == 1 && strcasecmp(argv[0], "off") == 0) {
        config->cors = WAS_CORS_OFF;
        return misplaced(cmd);
    }
    config->cors = WAS_CORS_LIST;
    config->origins = apr_array_make(cmd->pool, argc, sizeof(const char *));
    for (i = 0; i < argc; i++) {
        if (!was_origin_canonical(argv[i], cmd->pool)) {
            return apr_psprintf(cmd->pool,
                                "%s takes on, off, or origins such as https://wallet.example "
                                "(lower case, no path, no default port), not '%s'",
                                cmd->cmd->name, argv[i]);
        }
        APR_ARRAY_PUSH(config->origins, const char *) = argv[i];
    }
    return argc > 0 ? misplaced(cmd)
                    : apr_pstrcat(cmd->pool, cmd->cmd->name, " needs a value", NULL);
}

/* Whether the directive stands in a <Location> whose path is neither a pattern nor (with "~") a
 * regular expression. */
static bool in_plain_location(const cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;

    return section != NULL && strcasecmp(section->directive, "<Location") == 0 &&
           section->args[0] != '~' && cmd->path[0] == '/' && strpbrk(cmd->path, "*?[") == NULL;
}

static const char *hear_handler(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;
    char *mount;
    apr_size_t length;

    config->serves = strcmp(word, "was") == 0 ? WAS_SERVES_YES : WAS_SERVES_NO;
    if (config->serves == WAS_SERVES_NO) {
        /* To httpd it is another one, of nobody: every request would be for a file. */
        return strcasecmp(word, "was") == 0 ? "the handler's name is was, in small letters" : NULL;
    }
    if (cmd->path == NULL) {
        mount = apr_pstrdup(cmd->pool, "");
    }
    else if (!in_plain_location(cmd)) {
        return "SetHandler was needs a <Location> with a plain path, since the routes begin there";
    }
    else {
        mount = apr_pstrdup(cmd->pool, cmd->path);
    }
    length = strlen(mount);
    if (length > 0 && mount[length - 1] == '/') {
        mount[length - 1] = '\0';
    }
    config->mount = mount;
    APR_ARRAY_PUSH(was_config_server(cmd->server)->mounts, const char *) = mount;
    return NULL;
}

static const char *hear_driver(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    was_config_server(cmd->server)->driver = word;
    return NULL;
}

static const char *hear_params(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    was_config_server(cmd->server)->params = word;
    return NULL;
}

/* cmd->info is the offset of the member. */
static const char *hear_number(cmd_parms *cmd, void *dir, const char *word)
{
    char *config = (char *)was_config_server(cmd->server);

    (void)dir;
    *(int *)(config + (apr_size_t)cmd->info) =
        (int)apr_atoi64(word); /* mod_dbd complains of what is wrong */
    return NULL;
}

static const char *hear_persist(cmd_parms *cmd, void *dir, int on)
{
    (void)dir;
    was_config_server(cmd->server)->pool_persist = on;
    return NULL;
}

#define MEMBER(name) (void *)APR_OFFSETOF(was_server_t, name)

const command_rec was_config_commands[] = {
    AP_INIT_TAKE1("WASProtocol", set_protocol, NULL, ACCESS_CONF | RSRC_CONF,
                  "classic or pws: what is spoken here"),
    AP_INIT_TAKE1("WASBaseURL", set_base_url, NULL, ACCESS_CONF | RSRC_CONF,
                  "the public origin, where it is not the one that requests name"),
    AP_INIT_TAKE1("WASResourceReads", set_reads, NULL, ACCESS_CONF | RSRC_CONF,
                  "public or private: who may read a resource"),
    AP_INIT_TAKE1("WASSignatureMaxAge", set_max_age, NULL, ACCESS_CONF | RSRC_CONF,
                  "longest accepted time from a signature's created to its expires, in seconds"),
    AP_INIT_TAKE1("WASClockSkew", set_skew, NULL, ACCESS_CONF | RSRC_CONF,
                  "how far ahead of our clock a signature may be created, in seconds"),
    AP_INIT_TAKE_ARGV("WASCORS", set_cors, NULL, ACCESS_CONF | RSRC_CONF,
                      "on, off, or the origins whose pages may use this server"),
    AP_INIT_TAKE1("WASMaxSpacesPerController", set_max_spaces, NULL, ACCESS_CONF | RSRC_CONF,
                  "off, or how many spaces one controller may have"),
    AP_INIT_TAKE1("WASQuotaPerSpace", set_quota, NULL, ACCESS_CONF | RSRC_CONF,
                  "off, or how many bytes the resources of one space may have in all"),
    AP_INIT_TAKE1("WASReplayGuard", set_replay_guard, NULL, RSRC_CONF,
                  "off, or the shared cache that knows which signatures of writes were used"),
    AP_INIT_TAKE1("SetHandler", hear_handler, NULL, OR_FILEINFO, "was: serve from here"),
    AP_INIT_TAKE1("DBDriver", hear_driver, NULL, RSRC_CONF, "pgsql, for mod_was"),
    AP_INIT_TAKE1("DBDParams", hear_params, NULL, RSRC_CONF, "where PostgreSQL is"),
    AP_INIT_TAKE1("DBDMin", hear_number, MEMBER(pool_min), RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDKeep", hear_number, MEMBER(pool_keep), RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDMax", hear_number, MEMBER(pool_max), RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDExptime", hear_number, MEMBER(pool_exptime), RSRC_CONF, "see mod_dbd"),
    AP_INIT_FLAG("DBDPersist", hear_persist, NULL, RSRC_CONF, "see mod_dbd"),
    {.name = NULL}};

int was_config_connections(const server_rec *server)
{
    const was_server_t *config = was_config_server(server);

    return config->pool_max >= 0 ? config->pool_max : DEFAULT_POOL_MAX;
}

bool was_config_keeps(const server_rec *server)
{
    const was_server_t *config = was_config_server(server);
    int keep = config->pool_keep >= 0 ? config->pool_keep : DEFAULT_POOL_KEEP;
    int exptime = config->pool_exptime >= 0 ? config->pool_exptime : DEFAULT_POOL_EXPTIME;

    return config->pool_persist != 0 && exptime == 0 && keep >= was_config_connections(server);
}

was_db_t *was_config_shared_db(const server_rec *first, const server_rec *server)
{
    const was_server_t *config = was_config_server(server);

    for (; first != server; first = first->next) {
        const was_server_t *other = was_config_server(first);

        if (other->db != NULL && strcmp(other->params, config->params) == 0 &&
            other->pool_min == config->pool_min && other->pool_keep == config->pool_keep &&
            other->pool_max == config->pool_max && other->pool_exptime == config->pool_exptime &&
            other->pool_persist == config->pool_persist) {
            return other->db;
        }
    }
    return NULL;
}

bool was_config_check(server_rec *server)
{
    const was_server_t *config = was_config_server(server);
    int least = config->pool_min >= 0 ? config->pool_min : DEFAULT_POOL_MIN;
    int keep = config->pool_keep >= 0 ? config->pool_keep : DEFAULT_POOL_KEEP;
    int most = was_config_connections(server);
    const char *complaint = NULL;

    if (config->mounts->nelts == 0) {
        return true;
    }
    if (ap_find_linked_module("mod_dbd.c") == NULL) {
        complaint = "SetHandler was needs mod_dbd: add LoadModule dbd_module";
    }
    else if (config->driver == NULL || strcmp(config->driver, "pgsql") != 0) {
        complaint = "SetHandler was needs DBDriver pgsql";
    }
    else if (config->params == NULL) {
        complaint = "SetHandler was needs DBDParams with a PostgreSQL connection string";
    }
    else if (!was_session_accepts(config->params)) {
        /* Not repeated: it may hold a password. */
        complaint = "DBDParams is no connection string that libpq understands; is a ${VARIABLE} "
                    "in it undefined?";
    }
    else if (least > keep || keep > most || most < 1) {
        complaint = apr_psprintf(server->process->pconf,
                                 "mod_dbd cannot build a pool with DBDMin %d, DBDKeep %d and "
                                 "DBDMax %d: it needs DBDMin <= DBDKeep <= DBDMax, and DBDMax >= 1",
                                 least, keep, most);
    }
    if (complaint != NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server, "%s", complaint);
    }
    return complaint == NULL;
}
