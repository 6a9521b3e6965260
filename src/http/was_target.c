/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_target: targets as they came. Owns what httpd is told instead of them, and what was read of
 * them. Refuses to know what is served there.
 */

#include "http/was_target.h"

#include "http/was_config.h"
#include "http/was_notes.h"

#include <apr_strings.h>

#include <string.h>

/* What a target is below one mount; the request's notes have the first of a list. */
typedef struct was_parsed_t {
    const char *mount;
    const was_path_t *path;
    const was_error_t *error;
    struct was_parsed_t *next;
} was_parsed_t;

static const was_parsed_t *parse_below(request_rec *r, const char *mount)
{
    was_notes_t *notes = was_notes_of(r);

    for (const was_parsed_t *at = notes->parsed; at != NULL; at = at->next) {
        if (strcmp(at->mount, mount) == 0) {
            return at;
        }
    }
    was_parsed_t *parsed = apr_pcalloc(r->pool, sizeof(*parsed));
    parsed->mount = mount;
    parsed->error = was_path_parse(r->unparsed_uri, mount, &parsed->path, r->pool);
    parsed->next = notes->parsed;
    notes->parsed = parsed;
    return parsed;
}

void was_target_keep(request_rec *r)
{
    const apr_array_header_t *mounts = was_config_server(r->server)->mounts;

    if (mounts->nelts == 0 || r->unparsed_uri == NULL || strpbrk(r->unparsed_uri, "%.") == NULL) {
        return;
    }
    for (int i = 0; i < mounts->nelts; i++) {
        const char *mount = APR_ARRAY_IDX(mounts, i, const was_config_t *)->mount;
        const was_error_t *error = parse_below(r, mount)->error;

        if (error != NULL && error->kind != WAS_ERROR_NOT_FOUND) {
            r->parsed_uri.path = apr_pstrcat(r->pool, mount, "/", NULL);
            r->uri = r->parsed_uri.path;
            return;
        }
    }
}

const was_error_t *was_target_parse(request_rec *r, const char *mount, const was_path_t **path)
{
    const was_parsed_t *parsed = parse_below(r, mount);

    if (parsed->error == NULL) {
        *path = parsed->path;
    }
    return parsed->error;
}
