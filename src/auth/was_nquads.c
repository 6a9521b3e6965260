/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_nquads: what capabilities and the options of their proofs say as RDF.
 * Refuses every member and context whose RDF is not written down here, and to know any signature.
 */

#include "auth/was_nquads.h"

#include "base/was_encoding.h"
#include "auth/was_rdf.h"

#include <apr_strings.h>

#include <string.h>

#define SEC "https://w3id.org/security#"
#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define DATE_TIME "http://www.w3.org/2001/XMLSchema#dateTime"

/* Of delegations: deeper ones have proofs that are too much alike for was_rdf. */
enum { MAX_DEPTH = 3 };

/* A member that becomes quads of its own. */
typedef struct member_t {
    const char *name;
    const char *predicate;
    bool is_iri;
    const char *type; /* of a literal; NULL: plain */
    bool is_list;     /* may be an array, whose order means nothing */
    bool is_optional;
} member_t;

static const member_t document_members[] = {
    {.name = "controller", .predicate = "<" SEC "controller>", .is_iri = true, .is_list = true},
    {.name = "parentCapability", .predicate = "<" SEC "parentCapability>", .is_iri = true},
    {.name = "invocationTarget", .predicate = "<" SEC "invocationTarget>", .is_iri = true},
    {.name = "expires", .predicate = "<" SEC "expiration>", .type = DATE_TIME},
    {.name = "allowedAction",
     .predicate = "<" SEC "allowedAction>",
     .is_list = true,
     .is_optional = true},
    {.name = NULL},
};

static const member_t proof_members[] = {
    {.name = "created", .predicate = "<http://purl.org/dc/terms/created>", .type = DATE_TIME},
    {.name = "verificationMethod", .predicate = "<" SEC "verificationMethod>", .is_iri = true},
    {.name = NULL},
};

/* Of an embedded proof alone. */
static const member_t value_members[] = {
    {.name = "proofValue", .predicate = "<" SEC "proofValue>", .type = SEC "multibase"},
    {.name = NULL},
};

/* What else may stand there, and is looked at by name. */
static const char *const document_others[] = {"@context", "id", "proof", NULL};
static const char *const proof_others[] = {"type", "proofPurpose", "capabilityChain", "proofValue",
                                           NULL};

static const was_error_t *refused_rdf(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "Ed25519Signature2020: %s", detail);
}

static bool is_listed(const char *name, const member_t *members, const char *const *others)
{
    for (; members->name != NULL; members++) {
        if (strcmp(members->name, name) == 0) {
            return true;
        }
    }
    for (; *others != NULL; others++) {
        if (strcmp(*others, name) == 0) {
            return true;
        }
    }
    return false;
}

/* JSON-LD's safe mode: what would not become RDF would not be signed. */
static const was_error_t *check_members(const json_t *object, const member_t *members,
                                        const char *const *others, apr_pool_t *pool)
{
    const char *name;
    json_t *member;

    /* Jansson's iterators take no const. */
    json_object_foreach((json_t *)object, name, member)
    {
        if (!is_listed(name, members, others)) {
            return refused_rdf("an unknown member cannot be signed", pool);
        }
    }
    return NULL;
}

/* NULL for what is no absolute URI: JSON-LD would drop it, resolve it or make it a blank node. */
static const char *iri_of(const json_t *value, apr_pool_t *pool)
{
    const char *text = json_string_value(value);

    return text != NULL && was_uri_absolute(text) ? apr_pstrcat(pool, "<", text, ">", NULL) : NULL;
}

static const was_error_t *add_value(was_rdf_t *rdf, int graph, was_rdf_term_t subject,
                                    const member_t *member, const json_t *value, apr_pool_t *pool)
{
    const char *text = NULL;

    if (member->is_iri) {
        text = iri_of(value, pool);
    }
    else if (json_is_string(value)) {
        text = was_rdf_literal(json_string_value(value), member->type, pool);
    }
    if (text == NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL,
                              "Ed25519Signature2020: %s cannot be signed as it is", member->name);
    }
    was_rdf_add(rdf, graph, subject, member->predicate, was_rdf_text_term(text));
    return NULL;
}

static const was_error_t *add_members(was_rdf_t *rdf, int graph, was_rdf_term_t subject,
                                      const json_t *object, const member_t *members,
                                      apr_pool_t *pool)
{
    for (; members->name != NULL; members++) {
        const json_t *value = json_object_get(object, members->name);

        if (value == NULL && members->is_optional) {
            continue;
        }
        if (!members->is_list || !json_is_array(value)) {
            WAS_TRY(add_value(rdf, graph, subject, members, value, pool));
            continue;
        }
        /* It would be signed as if it were absent. */
        if (json_array_size(value) == 0) {
            return refused_rdf("an empty array cannot be signed", pool);
        }
        for (apr_size_t i = 0; i < json_array_size(value); i++) {
            const json_t *element = json_array_get(value, i);

            WAS_TRY(add_value(rdf, graph, subject, members, element, pool));
        }
    }
    return NULL;
}

/* Another context could give the terms another meaning. */
static const was_error_t *check_context(const json_t *capability, apr_pool_t *pool)
{
    const json_t *context = json_object_get(capability, "@context");

    if (json_array_size(context) != 2 ||
        !was_json_is_text(json_array_get(context, 0), "https://w3id.org/zcap/v1") ||
        !was_json_is_text(json_array_get(context, 1),
                          "https://w3id.org/security/suites/ed25519-2020/v1")) {
        return refused_rdf("another context is not known", pool);
    }
    return NULL;
}

static const was_error_t *add_document(was_rdf_t *rdf, int graph, const json_t *capability,
                                       const char **id, apr_pool_t *pool)
{
    WAS_TRY(check_context(capability, pool));
    WAS_TRY(check_members(capability, document_members, document_others, pool));
    *id = iri_of(json_object_get(capability, "id"), pool);
    if (*id == NULL) {
        return refused_rdf("the id must be an absolute URI", pool);
    }
    return add_members(rdf, graph, was_rdf_text_term(*id), capability, document_members, pool);
}

static const was_error_t *add_proof(was_rdf_t *rdf, int graph, const json_t *capability, int depth,
                                    bool embedded, apr_pool_t *pool);

/* A whole capability at the end of a chain: its quads, and those of its proof in a new graph. */
static const was_error_t *add_embedded(was_rdf_t *rdf, int graph, const json_t *capability,
                                       int depth, const char **id, apr_pool_t *pool)
{
    if (depth == MAX_DEPTH) {
        return refused_rdf("more than three delegations are not supported", pool);
    }
    WAS_TRY(add_document(rdf, graph, capability, id, pool));
    int inner = was_rdf_node(rdf);

    was_rdf_add(rdf, graph, was_rdf_text_term(*id), "<" SEC "proof>", was_rdf_node_term(inner));
    return add_proof(rdf, inner, capability, depth + 1, true, pool);
}

/* capabilityChain is an RDF list: a cell for each entry, the last of which may be a capability. */
static const was_error_t *add_chain(was_rdf_t *rdf, int graph, was_rdf_term_t proof,
                                    const json_t *chain, int depth, apr_pool_t *pool)
{
    apr_size_t size = json_array_size(chain);
    const char *predicate = "<" SEC "capabilityChain>";
    was_rdf_term_t previous = proof;

    if (size < 1 || size > MAX_DEPTH) {
        return refused_rdf("capabilityChain must be an array of one to three entries", pool);
    }
    for (apr_size_t i = 0; i < size; i++) {
        const json_t *entry = json_array_get(chain, i);
        was_rdf_term_t cell = was_rdf_node_term(was_rdf_node(rdf));
        const char *id;

        if (json_is_object(entry) && i + 1 == size) {
            WAS_TRY(add_embedded(rdf, graph, entry, depth, &id, pool));
        }
        else {
            id = iri_of(entry, pool);
        }
        if (id == NULL) {
            return refused_rdf("capabilityChain holds what is neither an id nor the parent", pool);
        }
        was_rdf_add(rdf, graph, previous, predicate, cell);
        was_rdf_add(rdf, graph, cell, "<" RDF "first>", was_rdf_text_term(id));
        previous = cell;
        predicate = "<" RDF "rest>";
    }
    was_rdf_add(rdf, graph, previous, predicate, was_rdf_text_term("<" RDF "nil>"));
    return NULL;
}

static const was_error_t *add_proof(was_rdf_t *rdf, int graph, const json_t *capability, int depth,
                                    bool embedded, apr_pool_t *pool)
{
    const json_t *proof = was_json_only_object(json_object_get(capability, "proof"));
    was_rdf_term_t node = was_rdf_node_term(was_rdf_node(rdf));

    if (!was_json_is_text(json_object_get(proof, "type"), "Ed25519Signature2020") ||
        !was_json_is_text(json_object_get(proof, "proofPurpose"), "capabilityDelegation")) {
        return refused_rdf("the proof, or a parent's, is of another suite or purpose", pool);
    }
    WAS_TRY(check_members(proof, proof_members, proof_others, pool));
    was_rdf_add(rdf, graph, node, "<" RDF "type>",
                was_rdf_text_term("<" SEC "Ed25519Signature2020>"));
    was_rdf_add(rdf, graph, node, "<" SEC "proofPurpose>",
                was_rdf_text_term("<" SEC "capabilityDelegationMethod>"));
    WAS_TRY(add_members(rdf, graph, node, proof, proof_members, pool));
    if (embedded) {
        WAS_TRY(add_members(rdf, graph, node, proof, value_members, pool));
    }
    return add_chain(rdf, graph, node, json_object_get(proof, "capabilityChain"), depth, pool);
}

const was_error_t *was_nquads_document(const json_t *capability, const char **text,
                                       apr_size_t *length, apr_pool_t *pool)
{
    was_rdf_t *rdf = was_rdf_make(pool);
    const char *id;

    WAS_TRY(add_document(rdf, WAS_RDF_DEFAULT_GRAPH, capability, &id, pool));
    return was_rdf_canonical(rdf, text, length);
}

const was_error_t *was_nquads_proof(const json_t *capability, const char **text, apr_size_t *length,
                                    apr_pool_t *pool)
{
    was_rdf_t *rdf = was_rdf_make(pool);

    WAS_TRY(check_context(capability, pool));
    WAS_TRY(add_proof(rdf, WAS_RDF_DEFAULT_GRAPH, capability, 1, false, pool));
    return was_rdf_canonical(rdf, text, length);
}
