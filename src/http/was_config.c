/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_config: what the operator said. Owns the defaults and how sections merge. Refuses to know how
 * it was said, and what the settings are for.
 */

#include "http/was_config.h"

#include <apr_strings.h>

enum { DEFAULT_MAX_AGE = 3600, DEFAULT_SKEW = 300, KEEP_SECONDS = 900, KEEP_SLACK_SECONDS = 60 };

void *was_config_create_dir(apr_pool_t *pool, char *path)
{
    was_config_t *config = apr_pcalloc(pool, sizeof(*config));

    (void)path;
    config->max_age = -1;
    config->skew = -1;
    config->max_spaces = -1;
    config->quota = -1;
    config->body_limit = -1;
    return config;
}

static apr_int64_t inner_or_outer(apr_int64_t inner, apr_int64_t outer)
{
    return inner >= 0 ? inner : outer;
}

void *was_config_merge_dir(apr_pool_t *pool, void *outer, void *inner)
{
    const was_config_t *base = outer;
    was_config_t *config = apr_pmemdup(pool, inner, sizeof(*config));

    if (config->handler == WAS_HANDLER_UNSET) {
        config->handler = base->handler;
        config->mount = base->mount;
    }
    if (config->protocol == WAS_PROTOCOL_UNSET) {
        config->protocol = base->protocol;
    }
    if (config->revision == WAS_REVISION_UNSET) {
        config->revision = base->revision;
    }
    if (config->reads == WAS_READS_UNSET) {
        config->reads = base->reads;
    }
    if (config->parts == WAS_PARTS_UNSET) {
        config->parts = base->parts;
    }
    if (config->cors == WAS_CORS_UNSET) {
        config->cors = base->cors;
        config->origins = base->origins;
    }
    config->cell = config->cell != NULL ? config->cell : base->cell;
    config->token = config->token != NULL ? config->token : base->token;
    config->base_url = config->base_url != NULL ? config->base_url : base->base_url;
    config->max_age = inner_or_outer(config->max_age, base->max_age);
    config->skew = inner_or_outer(config->skew, base->skew);
    config->max_spaces = inner_or_outer(config->max_spaces, base->max_spaces);
    config->quota = inner_or_outer(config->quota, base->quota);
    config->body_limit = inner_or_outer(config->body_limit, base->body_limit);
    return config;
}

void *was_config_create_server(apr_pool_t *pool, server_rec *server)
{
    was_server_t *config = apr_pcalloc(pool, sizeof(*config));

    (void)server;
    config->mounts = apr_array_make(pool, 2, sizeof(const was_config_t *));
    was_config_pool_clear(&config->pool);
    return config;
}

void *was_config_merge_server(apr_pool_t *pool, void *base, void *vhost)
{
    const was_server_t *outer = base;
    was_server_t *config = apr_pmemdup(pool, vhost, sizeof(*config));

    /* A location of the main server is one of every virtual host too. */
    config->mounts = apr_array_append(pool, config->mounts, outer->mounts);
    was_config_pool_merge(&config->pool, &outer->pool);
    config->replay = outer->replay; /* no virtual host has its own */
    config->db = NULL;
    config->sweeper = NULL;
    config->watcher = NULL;
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

bool was_config_is_ours(const request_rec *r)
{
    return was_config_of(r)->handler == WAS_HANDLER_OURS;
}

was_revision_t was_config_revision(const was_config_t *config)
{
    return config->revision != WAS_REVISION_UNSET ? config->revision : WAS_REVISION_2026_10;
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

bool was_config_in_parts(const was_config_t *config, const was_db_t *db)
{
    return config->protocol == WAS_PROTOCOL_PWS || config->parts == WAS_PARTS_ON ||
           was_db_is_distributed(db) || (config->parts != WAS_PARTS_OFF && was_db_is_ours(db));
}

apr_int64_t was_config_keep_msec(const server_rec *first)
{
    apr_time_t longest = apr_time_from_sec(KEEP_SECONDS);

    for (; first != NULL; first = first->next) {
        /* A reader holds what he reads when half of its time is over. */
        apr_time_t needed = 2 * first->timeout + apr_time_from_sec(KEEP_SLACK_SECONDS);

        longest = needed > longest ? needed : longest;
    }
    return apr_time_as_msec(longest);
}

const was_server_t *was_config_shared(const server_rec *first, const server_rec *server)
{
    const was_server_t *config = was_config_server(server);

    for (; first != server; first = first->next) {
        const was_server_t *other = was_config_server(first);

        if (other->db != NULL && was_config_pool_is_same(&other->pool, &config->pool)) {
            return other;
        }
    }
    return NULL;
}
