/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_zcap: whether a chain of delegations holds, and what it allows.
 * Refuses to normalize what it compares, and to know any request, space or database.
 */

#include "auth/was_zcap.h"

#include "base/was_ascii.h"
#include "base/was_encoding.h"
#include "auth/was_proof.h"

#include <string.h>

static const char root_prefix[] = "urn:zcap:root:";

/* What encodeURIComponent leaves as it is. */
static bool is_unescaped(char c)
{
    return was_ascii_is_alphanumeric(c) || (c != '\0' && strchr("-_.!~*'()", c) != NULL);
}

/*
 * One spelling: what need not be escaped is not, and all else is. So no byte may stand for itself
 * that must not, and none of those that may can have come out of an escape.
 */
static bool is_canonical_escape(const char *text, const char *decoded, apr_size_t count)
{
    apr_size_t plain = 0;

    for (apr_size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] == '%') {
            i += 2;
            continue;
        }
        if (!is_unescaped(text[i])) {
            return false;
        }
        plain++;
    }
    for (apr_size_t i = 0; i < count; i++) {
        plain -= is_unescaped(decoded[i]);
    }
    return plain == 0;
}

const char *was_zcap_root_target(const char *root_id, apr_pool_t *pool)
{
    const apr_size_t skip = sizeof(root_prefix) - 1;

    if (strncmp(root_id, root_prefix, skip) != 0) {
        return NULL;
    }
    const char *text = root_id + skip;
    char *target = apr_palloc(pool, strlen(text) + 1);
    apr_size_t count;

    if (!was_percent_decode(text, strlen(text), target, &count) || count == 0 ||
        !was_utf8_valid(target, count) || !is_canonical_escape(text, target, count)) {
        return NULL;
    }
    target[count] = '\0';
    return target;
}

bool was_zcap_within(const char *base, const char *url)
{
    apr_size_t length = strlen(base);
    char last = length > 0 ? base[length - 1] : '\0';

    if (strncmp(url, base, length) != 0) {
        return false;
    }
    if (url[length] == '\0') {
        return true;
    }
    if (strchr(base, '?') != NULL) {
        return last == '?' || last == '&' || url[length] == '&';
    }
    return last == '/' || url[length] == '/' || url[length] == '?';
}

/*
 * Whether a DID that has proven itself is one of the controllers. A did:key has one key, so that
 * the full name of the key ("did:key:F#F") names the same one.
 */
static bool is_controller(const char *const *controllers, int ncontrollers, const char *did)
{
    static const char method[] = "did:key:";
    const apr_size_t skip = sizeof(method) - 1;
    apr_size_t length = strlen(did);

    for (int i = 0; i < ncontrollers; i++) {
        if (strncmp(controllers[i], did, length) != 0) {
            continue;
        }
        const char *rest = controllers[i] + length;

        if (*rest == '\0' || (*rest == '#' && strncmp(did, method, skip) == 0 &&
                              strcmp(rest + 1, did + skip) == 0)) {
            return true;
        }
    }
    return false;
}

static bool has_action(const was_zcap_delegation_t *delegation, const char *action)
{
    for (int i = 0; i < delegation->nactions; i++) {
        if (strcmp(delegation->actions[i], action) == 0) {
            return true;
        }
    }
    return delegation->actions == NULL;
}

static bool is_subset(const was_zcap_delegation_t *parent, const was_zcap_delegation_t *child)
{
    if (child->actions == NULL) {
        return parent->actions == NULL;
    }
    for (int i = 0; i < child->nactions; i++) {
        if (!has_action(parent, child->actions[i])) {
            return false;
        }
    }
    return true;
}

/* Steps 3c-3f of section 6.4: the rule that a delegation by `parent` breaks, or NULL. */
static const char *broken_rule(const was_zcap_delegation_t *parent,
                               const was_zcap_delegation_t *child)
{
    if (!was_zcap_within(parent->target, child->target)) {
        return "the target is not within the parent's";
    }
    if (!is_subset(parent, child)) {
        return "an action is not among the parent's";
    }
    if (child->expires > parent->expires) {
        return "it expires after its parent";
    }
    if (child->created < parent->created) {
        return "the proof is older than the parent's";
    }
    return NULL;
}

static const was_error_t *forbidden_delegation(int index, const char *rule, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_FORBIDDEN, NULL, "delegation %d does not hold: %s",
                          index + 1, rule);
}

/* Steps 3b and 3g. The scratch pool is cleared: canonical texts can be large. */
static const was_error_t *check_proof(const was_zcap_chain_t *chain, int index,
                                      const was_zcap_delegation_t *parent, apr_pool_t *scratch,
                                      apr_pool_t *pool)
{
    was_key_t key;

    apr_pool_clear(scratch);
    const was_error_t *error = was_proof_verify(chain->delegations[index].json, &key, scratch);

    if (error != NULL && error->detail == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a delegation proof: %s", error->reason);
    }
    if (error != NULL) {
        return forbidden_delegation(index, error->detail, pool);
    }
    if (!is_controller(parent->controllers, parent->ncontrollers, key.did)) {
        return forbidden_delegation(index, "the delegator does not control the parent", pool);
    }
    return NULL;
}

/* From the root on: whoever has no right here makes us check one signature, not all. */
static const was_error_t *check_proofs(const was_zcap_chain_t *chain,
                                       const was_zcap_delegation_t *root, apr_pool_t *pool)
{
    const was_zcap_delegation_t *parent = root;
    const was_error_t *error = NULL;
    apr_pool_t *scratch;

    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "no memory for a pool");
    }
    for (int i = 0; i < chain->ndelegations && error == NULL; i++) {
        error = check_proof(chain, i, parent, scratch, pool);
        parent = &chain->delegations[i];
    }
    apr_pool_destroy(scratch);
    return error;
}

const was_error_t *was_zcap_verify(const was_zcap_chain_t *chain, const char *root_controller,
                                   apr_pool_t *pool)
{
    const was_zcap_delegation_t root = {.target = chain->root_target,
                                        .controllers = &root_controller,
                                        .ncontrollers = 1,
                                        .expires = APR_INT64_MAX,
                                        .created = APR_INT64_MIN};
    const was_zcap_delegation_t *parent = &root;

    for (int i = 0; i < chain->ndelegations; i++) {
        const char *rule = broken_rule(parent, &chain->delegations[i]);

        if (rule != NULL) {
            return forbidden_delegation(i, rule, pool);
        }
        parent = &chain->delegations[i];
    }
    return check_proofs(chain, &root, pool);
}

static bool allows_action(const was_zcap_delegation_t *tail, const char *action)
{
    return has_action(tail, action) || (strcmp(action, "HEAD") == 0 && has_action(tail, "GET"));
}

apr_time_t was_zcap_end(const was_zcap_delegation_t *delegation)
{
    apr_time_t latest = delegation->created + apr_time_from_sec(WAS_ZCAP_LIFETIME);

    return delegation->expires < latest ? delegation->expires : latest;
}

static bool is_expired(const was_zcap_chain_t *chain, apr_int64_t now)
{
    for (int i = 0; i < chain->ndelegations; i++) {
        if (apr_time_sec(was_zcap_end(&chain->delegations[i])) < now - WAS_ZCAP_SKEW) {
            return true;
        }
    }
    return false;
}

bool was_zcap_is_held(const was_zcap_chain_t *chain, const char *did)
{
    for (int i = 0; i < chain->ndelegations; i++) {
        const was_zcap_delegation_t *delegation = &chain->delegations[i];

        if (is_controller(delegation->controllers, delegation->ncontrollers, did)) {
            return true;
        }
    }
    return false;
}

was_zcap_verdict_t was_zcap_allows(const was_zcap_chain_t *chain, const was_zcap_use_t *use)
{
    if (chain->ndelegations == 0) {
        return is_controller(&use->root_controller, 1, use->invoker) &&
                       was_zcap_within(chain->root_target, use->url)
                   ? WAS_ZCAP_ALLOWED
                   : WAS_ZCAP_REFUSED;
    }
    const was_zcap_delegation_t *tail = &chain->delegations[chain->ndelegations - 1];

    if (!is_controller(tail->controllers, tail->ncontrollers, use->invoker) ||
        !was_zcap_within(tail->target, use->url) || !allows_action(tail, use->action) ||
        use->created < apr_time_sec(tail->created) - WAS_ZCAP_SKEW) {
        return WAS_ZCAP_REFUSED;
    }
    return is_expired(chain, use->now) ? WAS_ZCAP_EXPIRED : WAS_ZCAP_ALLOWED;
}
