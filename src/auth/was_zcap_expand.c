/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_zcap_expand: from a capability's JSON to its chain (protocol/pws section 6.2).
 * Refuses every shape but the one that is written down, and to know what the chain allows.
 */

#include "auth/was_zcap.h"

#include "base/was_encoding.h"
#include "base/was_time.h"

#include <apr_strings.h>

#include <string.h>

/* They would narrow what is delegated, by rules that we do not know. */
static const char *const capability_limits[] = {"caveat", "invoker", "delegator", NULL};
static const char *const proof_limits[] = {"expires", "domain", "challenge", "previousProof", NULL};

static const was_error_t *malformed_capability(const char *what, const char *detail,
                                               apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/capability-invocation",
                          "the capability is malformed: %s %s", what, detail);
}

static const was_error_t *read_text(const json_t *object, const char *name, const char **value,
                                    apr_pool_t *pool)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text == NULL || *text == '\0') {
        return malformed_capability(name, "must be a string", pool);
    }
    *value = text;
    return NULL;
}

static const was_error_t *read_uri(const json_t *object, const char *name, const char **value,
                                   apr_pool_t *pool)
{
    WAS_TRY(read_text(object, name, value, pool));
    return was_uri_absolute(*value) ? NULL
                                    : malformed_capability(name, "must be an absolute URI", pool);
}

static const was_error_t *read_time(const json_t *object, const char *name, apr_time_t *value,
                                    apr_pool_t *pool)
{
    const char *text;

    WAS_TRY(read_text(object, name, &text, pool));
    return was_time_parse(text, value) ? NULL
                                       : malformed_capability(name, "must be a date-time", pool);
}

/* A string, or an array of one to `max` of them. */
static const was_error_t *read_texts(const json_t *object, const char *name, int max,
                                     const char *const **list, int *count, apr_pool_t *pool)
{
    const json_t *value = json_object_get(object, name);
    apr_size_t size = json_is_array(value) ? json_array_size(value) : 1;

    if (size < 1 || size > (apr_size_t)max) {
        return malformed_capability(name, "must have one value, and not too many", pool);
    }
    const char **texts = apr_palloc(pool, size * sizeof(texts[0]));

    for (apr_size_t i = 0; i < size; i++) {
        const json_t *element = json_is_array(value) ? json_array_get(value, i) : value;

        texts[i] = json_string_value(element);
        if (texts[i] == NULL || *texts[i] == '\0') {
            return malformed_capability(name, "must be a string or an array of strings", pool);
        }
    }
    *list = texts;
    *count = (int)size;
    return NULL;
}

static const was_error_t *refuse_members(const json_t *object, const char *const *names,
                                         apr_pool_t *pool)
{
    for (; *names != NULL; names++) {
        if (json_object_get(object, *names) != NULL) {
            return malformed_capability(*names, "is not supported", pool);
        }
    }
    return NULL;
}

static const json_t *proof_of(const json_t *capability)
{
    return was_json_only_object(json_object_get(capability, "proof"));
}

static const json_t *ancestors_of(const json_t *capability)
{
    return json_object_get(proof_of(capability), "capabilityChain");
}

static const was_error_t *read_proof(const json_t *capability, was_zcap_delegation_t *delegation,
                                     apr_pool_t *pool)
{
    const json_t *proof = proof_of(capability);
    const char *text;

    if (proof == NULL) {
        return malformed_capability("proof", "must be one object", pool);
    }
    WAS_TRY(refuse_members(proof, proof_limits, pool));
    WAS_TRY(read_text(proof, "type", &text, pool));
    WAS_TRY(read_text(proof, "proofValue", &text, pool));
    WAS_TRY(read_text(proof, "proofPurpose", &text, pool));
    if (strcmp(text, "capabilityDelegation") != 0) {
        return malformed_capability("proofPurpose", "must be capabilityDelegation", pool);
    }
    WAS_TRY(read_time(proof, "created", &delegation->created, pool));
    WAS_TRY(read_text(proof, "verificationMethod", &text, pool));
    if (was_did_of_controller(text, &delegation->delegator, pool) != NULL) {
        return malformed_capability("verificationMethod", "must be a DID URL", pool);
    }
    return NULL;
}

static const was_error_t *read_controllers(const json_t *capability,
                                           was_zcap_delegation_t *delegation, apr_pool_t *pool)
{
    WAS_TRY(read_texts(capability, "controller", WAS_ZCAP_MAX_CONTROLLERS, &delegation->controllers,
                       &delegation->ncontrollers, pool));
    for (int i = 0; i < delegation->ncontrollers; i++) {
        const char *did;

        if (was_did_of_controller(delegation->controllers[i], &did, pool) != NULL) {
            return malformed_capability("controller", "must be a DID", pool);
        }
    }
    return NULL;
}

static bool is_known_context(const json_t *context)
{
    const char *first = json_string_value(json_array_get(context, 0));

    return first != NULL && strcmp(first, "https://w3id.org/zcap/v1") == 0;
}

static bool is_root_id(const char *id)
{
    static const char prefix[] = "urn:zcap:root:";

    return strncmp(id, prefix, sizeof(prefix) - 1) == 0;
}

static const was_error_t *read_delegation(const json_t *capability,
                                          was_zcap_delegation_t *delegation, apr_pool_t *pool)
{
    if (!is_known_context(json_object_get(capability, "@context"))) {
        return malformed_capability("@context", "must be an array that begins with that of zcap/v1",
                                    pool);
    }
    WAS_TRY(refuse_members(capability, capability_limits, pool));
    WAS_TRY(read_uri(capability, "id", &delegation->id, pool));
    if (is_root_id(delegation->id)) {
        return malformed_capability("id", "must not be a root's", pool);
    }
    WAS_TRY(read_controllers(capability, delegation, pool));
    WAS_TRY(read_uri(capability, "parentCapability", &delegation->parent, pool));
    WAS_TRY(read_uri(capability, "invocationTarget", &delegation->target, pool));
    WAS_TRY(read_time(capability, "expires", &delegation->expires, pool));
    if (json_object_get(capability, "allowedAction") != NULL) {
        WAS_TRY(read_texts(capability, "allowedAction", WAS_ZCAP_MAX_ACTIONS, &delegation->actions,
                           &delegation->nactions, pool));
    }
    delegation->json = capability;
    return read_proof(capability, delegation, pool);
}

/* Reads the nested capabilities from the tail on; the chain of each has one entry less. */
static const was_error_t *read_delegations(const json_t *tail, was_zcap_delegation_t *delegations,
                                           int ndelegations, apr_pool_t *pool)
{
    const json_t *capability = tail;

    for (int i = ndelegations - 1; i >= 0; i--) {
        const json_t *ancestors = ancestors_of(capability);

        if (!json_is_array(ancestors) || json_array_size(ancestors) != (apr_size_t)i + 1) {
            return malformed_capability("capabilityChain", "must be the parent's and the parent",
                                        pool);
        }
        WAS_TRY(read_delegation(capability, &delegations[i], pool));
        capability = json_array_get(ancestors, (apr_size_t)i);
        if (i > 0 && !json_is_object(capability)) {
            return malformed_capability("capabilityChain", "must end with the whole parent", pool);
        }
    }
    return NULL;
}

/* Ids of roots may differ in the case of hex digits. */
static bool is_root(const was_zcap_chain_t *chain, const char *id, apr_pool_t *pool)
{
    const char *target = id == NULL ? NULL : was_zcap_root_target(id, pool);

    return target != NULL && strcmp(target, chain->root_target) == 0;
}

/* That delegation `index` names as its ancestors those before it, and as its parent the last. */
static const was_error_t *check_ancestors(const was_zcap_chain_t *chain, int index,
                                          apr_pool_t *pool)
{
    const was_zcap_delegation_t *delegation = &chain->delegations[index];
    const json_t *ancestors = ancestors_of(delegation->json);

    if (!is_root(chain, json_string_value(json_array_get(ancestors, 0)), pool)) {
        return malformed_capability("capabilityChain", "must begin with the same root", pool);
    }
    for (int i = 1; i < index; i++) {
        const char *id = json_string_value(json_array_get(ancestors, (apr_size_t)i));

        if (id == NULL || strcmp(id, chain->delegations[i - 1].id) != 0) {
            return malformed_capability("capabilityChain", "must be the parent's and the parent",
                                        pool);
        }
    }
    bool named = index == 0 ? is_root(chain, delegation->parent, pool)
                            : strcmp(delegation->parent, chain->delegations[index - 1].id) == 0;

    if (!named) {
        return malformed_capability("parentCapability", "must be the last of capabilityChain",
                                    pool);
    }
    for (int i = 0; i < index; i++) {
        if (strcmp(delegation->id, chain->delegations[i].id) == 0) {
            return malformed_capability("capabilityChain", "must have no cycle", pool);
        }
    }
    return NULL;
}

const was_error_t *was_zcap_expand(const json_t *capability, was_zcap_chain_t *chain,
                                   apr_pool_t *pool)
{
    const json_t *ancestors = ancestors_of(capability);
    apr_size_t size = json_array_size(ancestors);
    was_zcap_chain_t made = {.ndelegations = (int)size};

    /* The root stands in the chain, and the tail does not. */
    if (size < 1 || size >= WAS_ZCAP_MAX_LENGTH) {
        return malformed_capability("capabilityChain",
                                    "must have a root, and not too many delegations", pool);
    }
    made.root_id = json_string_value(json_array_get(ancestors, 0));
    made.root_target = made.root_id == NULL ? NULL : was_zcap_root_target(made.root_id, pool);
    if (made.root_target == NULL) {
        return malformed_capability("capabilityChain", "must begin with the id of a root", pool);
    }
    was_zcap_delegation_t *delegations = apr_pcalloc(pool, size * sizeof(delegations[0]));

    WAS_TRY(read_delegations(capability, delegations, made.ndelegations, pool));
    made.delegations = delegations;
    for (int i = 0; i < made.ndelegations; i++) {
        WAS_TRY(check_ancestors(&made, i, pool));
    }
    *chain = made;
    return NULL;
}
