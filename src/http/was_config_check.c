/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_config_check: what the operator said, looked at as a whole when all of it is read, by
 * `httpd -t` too. Owns the sentences for what cannot serve, and for what serves otherwise than he
 * may think. Refuses to connect to anything: a check of the configuration waits for no database.
 */

#include "http/was_config.h"

#include "store/was_content.h"

#include <http_core.h>
#include <http_log.h>

#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(was);

/* What counts in a location, once it is merged with what its server says. */
typedef struct location_t {
    const char *mount;
    was_protocol_id_t protocol;
    const char *base_url;
    was_parts_mode_t parts;
    apr_int64_t body_limit;
} location_t;

static location_t read_location(const server_rec *server, int i)
{
    const was_config_t *outer = ap_get_module_config(server->lookup_defaults, &was_module);
    const was_config_t *inner = APR_ARRAY_IDX(was_config_server(server)->mounts, i, was_config_t *);

    return (location_t){
        .mount = inner->mount,
        .protocol = inner->protocol != WAS_PROTOCOL_UNSET ? inner->protocol : outer->protocol,
        .base_url = inner->base_url != NULL ? inner->base_url : outer->base_url,
        .parts = inner->parts != WAS_PARTS_UNSET ? inner->parts : outer->parts,
        .body_limit = inner->body_limit >= 0 ? inner->body_limit : outer->body_limit};
}

/* Whether it says something; an operator need not read it twice. */
static bool report_body_limit(const location_t *location, const server_rec *server)
{
    bool in_rows = location->protocol != WAS_PROTOCOL_PWS && location->parts == WAS_PARTS_OFF;

    if (in_rows && (location->body_limit == 0 || location->body_limit > WAS_CONTENT_MAX_BYTES)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LimitRequestBody %" APR_INT64_T_FMT
                     " cannot be kept for \"%s/\": a resource may have at most %d bytes "
                     "(511 MiB) where WASContentParts is off, since pg_dump cannot save a longer "
                     "one",
                     location->body_limit, location->mount, (int)WAS_CONTENT_MAX_BYTES);
        return true;
    }
    if (location->body_limit == 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "LimitRequestBody 0 for \"%s/\" bounds nothing: one request can fill the "
                     "database's disk",
                     location->mount);
        return true;
    }
    return false;
}

/* The same. */
static bool report_base_url(const location_t *location, const server_rec *server)
{
    if (location->protocol != WAS_PROTOCOL_PWS || location->base_url != NULL) {
        return false;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                 "WASProtocol pws for \"%s/\" without WASBaseURL takes the server's name from each "
                 "request: one that was signed for another server, and is sent here with that "
                 "server's Host, is taken, too",
                 location->mount);
    return true;
}

static void report_locations(const server_rec *server)
{
    bool has_limit = false, has_base_url = false;

    for (int i = 0; i < was_config_server(server)->mounts->nelts; i++) {
        const location_t location = read_location(server, i);

        has_limit = has_limit || report_body_limit(&location, server);
        has_base_url = has_base_url || report_base_url(&location, server);
    }
}

bool was_config_check(server_rec *server)
{
    const was_server_t *config = was_config_server(server);

    if (config->mounts->nelts == 0) {
        return true;
    }
    const char *complaint = was_config_pool_check(&config->pool, server->process->pconf);
    if (complaint != NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server, "%s", complaint);
    }
    report_locations(server);
    return complaint == NULL;
}

/* The first directive of ours in a configuration, sections included; NULL when there is none. */
static const ap_directive_t *find_directive(const ap_directive_t *at)
{
    const ap_directive_t *found = NULL;

    for (; at != NULL && found == NULL; at = at->next) {
        found = strncasecmp(at->directive, "WAS", 3) == 0 ? at : find_directive(at->first_child);
    }
    return found;
}

void was_config_check_use(const server_rec *first, const ap_directive_t *tree)
{
    for (const server_rec *server = first; server != NULL; server = server->next) {
        if (was_config_server(server)->mounts->nelts > 0) {
            return;
        }
    }
    const ap_directive_t *unused = find_directive(tree);

    if (unused != NULL) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, first,
                     "%s, line %d of %s, has no effect: no <Location> has SetHandler was",
                     unused->directive, unused->line_num, unused->filename);
    }
}
