/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_directives: the directives of httpd's configuration. Owns their table, and the sentences that
 * an operator's mistake becomes. Refuses to know defaults, and what the settings are for.
 */

#include "http/was_directives.h"

#include "http/was_config.h"
#include "base/was_origin.h"

#include <http_core.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

enum { LONGEST_SECONDS = 366 * 24 * 3600, MOST_SPACES = 1000000000 };

/* Leaves room to add to it. */
static const apr_int64_t most_bytes = (apr_int64_t)1 << 60;

/* A sentence for a directive in a section of files: none is looked for behind our paths, so that
 * what such a section says would be lost. */
static const char *refuse_section(const cmd_parms *cmd)
{
    static const char *const kinds[] = {"<Directory", "<Files", "<Proxy"};

    for (const ap_directive_t *section = cmd->directive->parent; section != NULL;
         section = section->parent) {
        for (apr_size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
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
    return refuse_section(cmd);
}

/* off, or a whole number up to `most`, or a sentence. 0 means no limit elsewhere in httpd, and
 * nothing here. */
static const char *read_limit(cmd_parms *cmd, const char *word, apr_int64_t most,
                              apr_int64_t *limit)
{
    char *end;

    *limit = 0;
    if (strcasecmp(word, "off") == 0) {
        return refuse_section(cmd);
    }
    *limit = apr_strtoi64(word, &end, 10);
    if (!apr_isdigit(*word) || *end != '\0' || *limit < 1 || *limit > most) {
        return apr_psprintf(
            cmd->pool, "%s takes off or a whole number from 1 to %" APR_INT64_T_FMT ", not '%s'",
            cmd->cmd->name, most, word);
    }
    return refuse_section(cmd);
}

static const char *set_protocol(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;

    if (strcasecmp(word, "classic") == 0) {
        config->protocol = WAS_PROTOCOL_CLASSIC;
    }
    else if (strcasecmp(word, "pws") == 0) {
        config->protocol = WAS_PROTOCOL_PWS;
    }
    else {
        return apr_psprintf(cmd->pool, "%s takes classic or pws, not '%s'", cmd->cmd->name, word);
    }
    return refuse_section(cmd);
}

static const char *set_revision(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;

    if (strcmp(word, "2026-10") == 0) {
        config->revision = WAS_REVISION_2026_10;
    }
    else if (strcmp(word, "2026-09") == 0) {
        config->revision = WAS_REVISION_2026_09;
    }
    else {
        return apr_psprintf(cmd->pool, "%s takes 2026-10 or 2026-09, not '%s'", cmd->cmd->name,
                            word);
    }
    return refuse_section(cmd);
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
    return refuse_section(cmd);
}

static const char *set_parts(cmd_parms *cmd, void *dir, const char *word)
{
    static const char *const words[] = {
        [WAS_PARTS_AUTO] = "auto", [WAS_PARTS_ON] = "on", [WAS_PARTS_OFF] = "off"};
    was_config_t *config = dir;

    for (was_parts_mode_t mode = WAS_PARTS_AUTO; mode <= WAS_PARTS_OFF; mode++) {
        if (strcasecmp(word, words[mode]) == 0) {
            config->parts = mode;
            return refuse_section(cmd);
        }
    }
    return apr_psprintf(cmd->pool, "%s takes auto, on or off, not '%s'", cmd->cmd->name, word);
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

static const char *set_cell(cmd_parms *cmd, void *dir, const char *word)
{
    const char *form = was_cell_read(word, &((was_config_t *)dir)->cell, cmd->pool);

    return form == NULL
               ? refuse_section(cmd)
               : apr_psprintf(cmd->pool, "%s takes %s, not '%s'", cmd->cmd->name, form, word);
}

static const char *set_onboarding(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;
    const char *path = ap_server_root_relative(cmd->pool, word);

    config->token = &was_token_off;
    if (strcasecmp(word, "off") == 0) {
        return refuse_section(cmd);
    }
    if (path == NULL) {
        return apr_psprintf(cmd->pool, "%s takes off or the path of a file, not '%s'",
                            cmd->cmd->name, word);
    }
    const char *complaint = refuse_section(cmd);

    return complaint != NULL ? complaint : was_token_read(path, &config->token, cmd->pool);
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
    return refuse_section(cmd);
}

static const char *set_cors(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    was_config_t *config = dir;

    if (argc == 1 && strcasecmp(argv[0], "on") == 0) {
        config->cors = WAS_CORS_ANY;
        return refuse_section(cmd);
    }
    if (argc == 1 && strcasecmp(argv[0], "off") == 0) {
        config->cors = WAS_CORS_OFF;
        return refuse_section(cmd);
    }
    config->cors = WAS_CORS_LIST;
    config->origins = apr_array_make(cmd->pool, argc, sizeof(const char *));
    for (int i = 0; i < argc; i++) {
        if (!was_origin_pattern(argv[i], cmd->pool)) {
            return apr_psprintf(cmd->pool,
                                "%s takes on, off, or origins such as https://wallet.example "
                                "(lower case, no path, no default port), "
                                "https://*.wallet.example and null, not '%s'",
                                cmd->cmd->name, argv[i]);
        }
        APR_ARRAY_PUSH(config->origins, const char *) = argv[i];
    }
    return argc > 0 ? refuse_section(cmd)
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

/* To httpd these are other handlers, of nobody: every request would be for a file. */
static bool is_near_miss(const char *handler)
{
    static const char *const misses[] = {"was",        "mod_was",     "mod-was",     "mod_was.c",
                                         "was_module", "was-handler", "was_handler", "was.so"};

    for (apr_size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++) {
        if (strcasecmp(handler, misses[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *set_handler(cmd_parms *cmd, void *dir, const char *word)
{
    was_config_t *config = dir;
    char *mount = apr_pstrdup(cmd->pool, cmd->path != NULL ? cmd->path : "");

    config->handler = strcmp(word, "was") == 0 ? WAS_HANDLER_OURS : WAS_HANDLER_OTHER;
    if (config->handler == WAS_HANDLER_OTHER) {
        return is_near_miss(word) ? "the handler's name is was, in small letters" : NULL;
    }
    if (cmd->path != NULL && !in_plain_location(cmd)) {
        return "SetHandler was needs a <Location> with a plain path, since the routes begin there";
    }
    apr_size_t length = strlen(mount);
    if (length > 0 && mount[length - 1] == '/') {
        mount[length - 1] = '\0';
    }
    config->mount = mount;
    APR_ARRAY_PUSH(was_config_server(cmd->server)->mounts, const was_config_t *) = config;
    return NULL;
}

/* httpd's own, which says what is wrong with a value; we only want to know it at start. */
static const char *set_body_limit(cmd_parms *cmd, void *dir, const char *word)
{
    apr_int64_t limit = apr_atoi64(word);

    (void)cmd;
    ((was_config_t *)dir)->body_limit = limit >= 0 ? limit : -1;
    return NULL;
}

static const char *set_pool(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    was_config_pool_set(&was_config_server(cmd->server)->pool, cmd->cmd->name, word);
    return NULL;
}

const command_rec was_directives[] = {
    AP_INIT_TAKE1("WASProtocol", set_protocol, NULL, ACCESS_CONF | RSRC_CONF,
                  "classic or pws: what is spoken here"),
    AP_INIT_TAKE1("WASRevision", set_revision, NULL, ACCESS_CONF | RSRC_CONF,
                  "2026-10 or 2026-09: which wire form of pws is spoken here"),
    AP_INIT_TAKE1("WASBaseURL", set_base_url, NULL, ACCESS_CONF | RSRC_CONF,
                  "the public origin, where it is not the one that requests name"),
    AP_INIT_TAKE1("WASResourceReads", set_reads, NULL, ACCESS_CONF | RSRC_CONF,
                  "public or private: who may read a resource"),
    AP_INIT_TAKE1("WASContentParts", set_parts, NULL, ACCESS_CONF | RSRC_CONF,
                  "auto, on or off: whether the classic protocol stores long contents in parts"),
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
    AP_INIT_TAKE1("WASCell", set_cell, NULL, ACCESS_CONF | RSRC_CONF,
                  "off, or how the ids of spaces begin that are this server's, of several"),
    AP_INIT_TAKE1("WASOnboardingToken", set_onboarding, NULL, ACCESS_CONF | RSRC_CONF,
                  "off, or the file with the token that who makes a space of pws must show"),
    AP_INIT_TAKE1("WASReplayGuard", set_replay_guard, NULL, RSRC_CONF,
                  "off, or the shared cache that knows which signatures of writes were used"),
    AP_INIT_TAKE1("SetHandler", set_handler, NULL, OR_FILEINFO, "was: serve from here"),
    AP_INIT_TAKE1("LimitRequestBody", set_body_limit, NULL, OR_ALL, "the longest resource"),
    AP_INIT_TAKE1("DBDriver", set_pool, NULL, RSRC_CONF, "pgsql, for mod_was"),
    AP_INIT_TAKE1("DBDParams", set_pool, NULL, RSRC_CONF, "where PostgreSQL is"),
    AP_INIT_TAKE1("DBDMin", set_pool, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDKeep", set_pool, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDMax", set_pool, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDExptime", set_pool, NULL, RSRC_CONF, "see mod_dbd"),
    AP_INIT_TAKE1("DBDPersist", set_pool, NULL, RSRC_CONF, "see mod_dbd"),
    {.name = NULL}};
