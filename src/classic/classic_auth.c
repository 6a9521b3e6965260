/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * classic_auth: who signed a classic request. Owns which spellings of the target may have been
 * signed, and what a signature must cover. Refuses to know what the signer may do.
 */

#include "classic/classic.h"
#include "auth/was_cavage.h"

#include <apr_strings.h>

#include <string.h>

static const char *const required[] = {"(request-target)", "(created)", "(expires)", "(key-id)",
                                       NULL};

static const char *signed_field(void *baton, const char *name)
{
    return was_request_field(baton, name);
}

/*
 * Section 3, Target. Some clients sign the path as it stands in the URL, some the string that their
 * caller gave them, some leave the query out. The decoded spelling counts only if nothing in it can
 * be read as an escape, a query or a fragment; otherwise one signature would cover two resources.
 */
static int spell_target(const was_path_t *path, const char *targets[3])
{
    int count = 0;

    targets[count++] = path->target;
    if (path->query != NULL) {
        targets[count++] = path->raw;
    }
    if (strcmp(path->signable, path->raw) != 0 && strpbrk(path->signable, "%?#") == NULL) {
        targets[count++] = path->signable;
    }
    return count;
}

const was_error_t *classic_authenticate(was_request_t *request)
{
    const was_signature_rules_t rules = {
        .required = required,
        .skew = was_config_skew(request->config),
        .expired_skew = 0, /* clients make windows of 30 seconds on purpose */
        .max_age = was_config_max_age(request->config),
    };

    /* Nothing depends on who reads what is public, and a list may let everybody read the rest. */
    if (request->route->right == WAS_RIGHT_READER &&
        (was_config_reads_public(request->config) ||
         was_request_field(request, "Authorization") == NULL)) {
        return NULL;
    }
    const was_cavage_t *cavage;
    WAS_TRY(was_cavage_parse(was_request_field(request, "Authorization"), &cavage, request->pool));
    const char *targets[3];
    const was_message_t message = {
        .method = request->method,
        .ntargets = spell_target(request->path, targets),
        .targets = targets,
        .field = signed_field,
        .baton = request,
    };
    WAS_TRY(was_cavage_verify(cavage, &message, &rules, request->now, request->pool));
    was_request_set_caller(request, &cavage->signature);
    return NULL;
}
