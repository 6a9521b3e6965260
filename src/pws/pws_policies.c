/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_policies: policies (section 8.2) and linksets (section 17.1): what says who may, and where to
 * find it. Owns the shapes of these documents. What a policy grants is pws_authorize's.
 */

#include "pws/pws.h"

#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_policies.h"

#include <apr_strings.h>

#include <string.h>

/* The level that the URL names: the segments before its last one. */
static was_pws_level_t level_of_path(const was_request_t *request)
{
    int depth = request->path->nsegments - 2; /* 1 space, 2 collection, 3 resource */

    return (was_pws_level_t){.collection = depth >= 2 ? pws_segment(request, 2) : NULL,
                             .resource = depth >= 3 ? pws_segment(request, 3) : NULL};
}

/* Members that are the server's to say, whatever a body does. */
static const char *const managed[] = {"updatedAt", "updatedAtCounter", "originId",
                                      "deleted",   "_generation",      NULL};

static void drop_managed(json_t *policy)
{
    for (int i = 0; managed[i] != NULL; i++) {
        (void)json_object_del(policy, managed[i]);
    }
}

/* Makes a policy the answer, with its stamp, of which the older revision knows nothing. */
static const was_error_t *answer_policy(const was_request_t *request, was_response_t *response,
                                        json_t *policy, const was_pws_stamp_t *stamp)
{
    was_document_t *document = was_document_make(request->pool);

    if (!pws_is_september(request)) {
        pws_document_stamp(document, policy, stamp, request->pool);
    }
    if (was_document_finish(document) == NULL) {
        return was_error_log(request->pool, WAS_ERROR_UNAVAILABLE, "out of memory for a document");
    }
    response->json = policy;
    response->type = "application/json";
    response->cache = "private, no-cache";
    return NULL;
}

/* What is left of a policy, for who asks for that. */
static const was_error_t *answer_left(const was_request_t *request, was_response_t *response,
                                      const was_pws_policy_t *policy)
{
    was_document_t *document = was_document_make(request->pool);

    if (!pws_includes(request, "deleted")) {
        return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "the policy was deleted");
    }
    was_document_json(document, was_document_root(document), "deleted", "true");
    pws_document_stamp(document, was_document_root(document), &policy->stamp, request->pool);
    pws_answer_document(response, document);
    response->etag = policy->etag;
    return NULL;
}

const was_error_t *pws_policy_get(was_request_t *request, was_response_t *response)
{
    const was_pws_level_t level = level_of_path(request);
    was_pws_policy_t policy;
    json_t *stored;

    WAS_TRY(
        was_pws_policies_get(request->db, pws_segment(request, 1), &level, &policy, request->pool));
    if (policy.document == NULL) {
        return answer_left(request, response, &policy);
    }
    response->etag = policy.etag;
    response->modified = apr_time_sec(policy.stamp.time);
    if (pws_is_september(request)) {
        WAS_TRY(pws_check_stored(policy.document, request->pool));
        pws_answer_text(response, policy.document);
        return NULL;
    }
    if (was_json_parse_object(policy.document, strlen(policy.document), &stored, request->pool) !=
        NULL) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "a stored policy: no JSON object");
    }
    drop_managed(stored);
    return answer_policy(request, response, stored, &policy.stamp);
}

const was_error_t *pws_policy_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_level_t level = level_of_path(request);
    const json_t *type = json_object_get(request->document, "type");
    bool created;

    if (!json_is_string(type) || json_string_length(type) == 0) {
        return pws_bad_member(request->pool, "type", "there, and not empty");
    }
    drop_managed(request->document);
    was_pws_policy_t policy = {.document = was_json_text(request->document, NULL, request->pool)};

    WAS_TRY(was_pws_policies_put(request->db, &grant, &level, &request->conditions, &policy,
                                 &created, request->pool));
    response->answer = WAS_ANSWER_NO_CONTENT;
    response->etag = policy.etag;
    response->location = pws_url(request, "%s", request->path->decoded);
    if (created) {
        response->answer = WAS_ANSWER_CREATED;
        return answer_policy(request, response, request->document, &policy.stamp);
    }
    return NULL;
}

const was_error_t *pws_policy_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_level_t level = level_of_path(request);

    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_policies_delete(request->db, &grant, &level, &request->conditions,
                                   &response->etag, request->pool);
}

static void add_relation(was_document_t *document, json_t *entry, const char *relation,
                         const char *href)
{
    json_t *target =
        was_document_add_object(document, was_document_list(document, entry, relation));

    was_document_text(document, target, "href", href);
    was_document_text(document, target, "type", "application/json");
}

/* Whether the level has a policy. */
static const was_error_t *find_policy(was_request_t *request, const was_pws_level_t *level,
                                      bool *found)
{
    was_pws_policy_t policy;
    const was_error_t *error =
        was_pws_policies_get(request->db, pws_segment(request, 1), level, &policy, request->pool);

    *found = error == NULL && policy.document != NULL;
    return error != NULL && error->kind != WAS_ERROR_NOT_FOUND ? error : NULL;
}

const was_error_t *pws_linkset_get(was_request_t *request, was_response_t *response)
{
    const char *path = request->path->decoded;
    const char *anchor = pws_path(request, "%.*s", (int)(strlen(path) - strlen("linkset")), path);
    const was_pws_level_t level = level_of_path(request);
    bool below = level.collection != NULL, found;
    was_document_t *document = was_document_make(request->pool);
    json_t *entry = was_document_add_object(
        document, was_document_list(document, was_document_root(document), "linkset"));
    was_pws_collection_t collection;

    if (below) {
        WAS_TRY(was_pws_collections_get(request->db, pws_segment(request, 1), level.collection,
                                        &collection, request->pool));
    }
    WAS_TRY(find_policy(request, &level, &found));
    was_document_text(document, entry, "anchor", anchor);
    if (found) {
        add_relation(document, entry, "https://w3id.org/pws#policy",
                     apr_pstrcat(request->pool, anchor, "policy", NULL));
    }
    add_relation(document, entry,
                 below ? "https://w3id.org/pws#backend" : "https://w3id.org/pws#backends-available",
                 apr_pstrcat(request->pool, anchor, below ? "backend" : "backends", NULL));
    add_relation(document, entry,
                 below ? "https://w3id.org/pws#quota" : "https://w3id.org/pws#quotas",
                 apr_pstrcat(request->pool, anchor, below ? "quota" : "quotas", NULL));
    add_relation(document, entry, "service", pws_url(request, "/service"));
    pws_answer_document(response, document);
    response->type = "application/linkset+json";
    return NULL;
}
