/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Policies (section 8.2), linksets (section 17.1) and revocations (section 8.5): what says who may,
 * and where to find it. Owns the shapes of these documents. What a policy grants is pws_auth's.
 */

#include "pws/pws.h"

#include <apr_strings.h>

#include <string.h>

enum { DAY = 24 * 3600 };

/* The level that the URL names: the segments before "policy". */
static was_policy_key_t key_of(const was_request_t *request)
{
    was_policy_key_t key = {NULL, NULL};
    int level = request->path->nsegments - 2; /* 1 space, 2 collection, 3 resource */

    if (level >= 2) {
        key.collection = pws_segment(request, 2);
    }
    if (level >= 3) {
        key.path =
            apr_pstrcat(request->pool, "/", key.collection, "/", pws_segment(request, 3), NULL);
    }
    return key;
}

const was_error_t *pws_policy_get(was_request_t *request, was_response_t *response)
{
    was_policy_key_t key = key_of(request);
    const char *document;

    WAS_TRY(was_policies_get(request->db, pws_segment(request, 1), &key, &document, request->pool));
    pws_answer_json(request, response, json_loads(document, 0, NULL));
    return NULL;
}

const was_error_t *pws_policy_put(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_policy_key_t key = key_of(request);
    const json_t *type;
    json_t *body;
    bool created;

    WAS_TRY(pws_read_object(request, &body));
    type = json_object_get(body, "type");
    if (!json_is_string(type) || json_string_length(type) == 0) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, "#/type",
                              "a policy needs a \"type\"");
    }
    WAS_TRY(was_policies_put(request->db, &grant, &key, was_json_text(body, NULL, request->pool),
                             &created, request->pool));
    if (created) {
        pws_answer_json(request, response, json_incref(body));
        response->answer = WAS_ANSWER_CREATED;
    }
    else {
        response->answer = WAS_ANSWER_NO_CONTENT;
    }
    return NULL;
}

const was_error_t *pws_policy_delete(was_request_t *request, was_response_t *response)
{
    was_grant_t grant = pws_grant(request);
    was_policy_key_t key = key_of(request);

    WAS_TRY(was_policies_delete(request->db, &grant, &key, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}

static void add_relation(json_t *entry, const char *relation, const char *href)
{
    json_object_set_new(entry, relation,
                        json_pack("[{s:s, s:s}]", "href", href, "type", "application/json"));
}

const was_error_t *pws_linkset_get(was_request_t *request, was_response_t *response)
{
    const char *path = request->path->decoded;
    const char *anchor = pws_path(request, "%.*s", (int)(strlen(path) - strlen("linkset")), path);
    was_policy_key_t key = key_of(request);
    json_t *entry = json_pack("{s:s}", "anchor", anchor);
    const was_error_t *error;
    was_collection_t collection;
    const char *policy = NULL;

    was_json_own(entry, request->pool);
    if (key.collection != NULL) {
        WAS_TRY(was_collections_get(request->db, pws_segment(request, 1), key.collection,
                                    &collection, request->pool));
    }
    error = was_policies_get(request->db, pws_segment(request, 1), &key, &policy, request->pool);
    if (error != NULL && error->kind != WAS_ERROR_NOT_FOUND) {
        return error;
    }
    if (error == NULL) {
        add_relation(entry, "https://w3id.org/pws#policy",
                     apr_pstrcat(request->pool, anchor, "policy", NULL));
    }
    add_relation(
        entry,
        key.collection != NULL ? "https://w3id.org/pws#backend"
                               : "https://w3id.org/pws#backends-available",
        apr_pstrcat(request->pool, anchor, key.collection != NULL ? "backend" : "backends", NULL));
    add_relation(entry, "service", pws_url(request, "/service"));
    pws_answer_json(request, response, json_pack("{s:[O]}", "linkset", entry));
    response->type = "application/linkset+json";
    return NULL;
}

static const was_error_t *bad_capability(const was_request_t *request, const char *detail)
{
    return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL, "%s", detail);
}

bool pws_may_revoke(const was_request_t *request, const was_zcap_chain_t *chain)
{
    const pws_state_t *state = pws_state(request);
    const char *url = pws_url(request, "/space/%s/", pws_segment(request, 1));
    int i;

    /* Invoked as a root of the URL itself or of the space, by the key that signed. */
    if (state->controller == NULL || !state->verified || state->chain.ndelegations != 0 ||
        strcmp(state->action, "POST") != 0 || !was_zcap_within(url, state->chain.root_target) ||
        !was_zcap_within(
            state->chain.root_target,
            apr_pstrcat(request->pool, was_request_origin(request), request->path->target, NULL))) {
        return false;
    }
    if (strcmp(request->caller, state->controller) == 0) {
        return true;
    }
    for (i = 0; i < chain->ndelegations; i++) {
        if (strcmp(request->caller, chain->delegations[i].delegator) == 0) {
            return true;
        }
    }
    return false;
}

/* The capability that the URL names, rooted in this space, by a chain that holds. */
static const was_error_t *check_revoked(const was_request_t *request, const was_zcap_chain_t *chain)
{
    const char *root = pws_url(request, "/space/%s/", pws_segment(request, 1));

    if (strcmp(chain->delegations[chain->ndelegations - 1].id, pws_segment(request, 4)) != 0) {
        return bad_capability(request, "the capability is not the one that the URL names");
    }
    if (strcmp(chain->root_target, root) != 0) {
        return bad_capability(request, "the capability is not rooted in this space");
    }
    return was_zcap_verify(chain, pws_state(request)->controller, request->pool);
}

const was_error_t *pws_revocations_post(was_request_t *request, was_response_t *response)
{
    const pws_state_t *state = pws_state(request);
    const was_zcap_chain_t none = {0};
    const was_zcap_delegation_t *tail;
    was_zcap_chain_t chain;
    const was_error_t *error;
    json_t *body;

    if (state->controller == NULL || !state->verified) {
        return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
    }
    error = pws_read_object(request, &body);
    if (error == NULL) {
        error = was_zcap_expand(body, &chain, request->pool);
    }
    if (error == NULL) {
        error = check_revoked(request, &chain);
    }
    /* Who may not learns nothing, not even that the body is wrong. Only a chain that holds makes
     * somebody a delegator, or any key could ask by one of its own whether there is a space. */
    if (!pws_may_revoke(request, error == NULL ? &chain : &none)) {
        return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "not authorized, or not there");
    }
    if (error != NULL) {
        return bad_capability(request, error->detail);
    }
    tail = &chain.delegations[chain.ndelegations - 1];
    WAS_TRY(was_policies_revoke(request->db, pws_segment(request, 1), state->controller,
                                apr_pstrcat(request->pool, tail->id, " ", tail->delegator, NULL),
                                apr_time_sec(tail->expires) + DAY, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return NULL;
}
