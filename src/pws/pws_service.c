/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_service: what a server says of itself (section 18.1), the redirects of section 1.1, and the
 * refusal of what is not offered. Owns the list of what is advertised, which is what is there.
 */

#include "pws/pws.h"

#include "auth/was_crypto.h"
#include "base/was_encoding.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_stamp.h"

#include <apr_strings.h>

#include <string.h>

void pws_decorate(was_request_t *request)
{
    was_request_answer_field(
        request, "Link",
        apr_pstrcat(request->pool, "<", pws_url(request, "/service"), ">; rel=\"service\"", NULL));
}

const was_error_t *pws_root_get(was_request_t *request, was_response_t *response)
{
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "name", "Portable Web Spaces");
    was_document_text(document, root, "service", pws_url(request, "/service"));
    pws_answer_document(response, document);
    return NULL;
}

/* What is advertised, a line each: of whom has it, and whether it is there. */
typedef struct feature_t {
    const char *name;
    bool is_offered;
} feature_t;

static const feature_t core_features[] = {
    {"listing", true},          {"collection-management", true},
    {"space-management", true}, {"linksets", true},
    {"policy", true},           {"metadata", true},
    {"export", true},           {"backends", true},
    {"quotas", true},           {"encryption", true},
    {"changes-query", true},    {NULL, false},
};

/* Where this specification is listed at all, chunks are offered. */
static const bool offers_encrypted_collections = true;
static const feature_t encrypted_features[] = {
    {"blinded-index-query", true},
    {"governed-history-logs", true},
    {NULL, false},
};

static void add_features(was_document_t *document, json_t *object, const feature_t *features)
{
    json_t *list = was_document_list(document, object, "features");

    for (; features->name != NULL; features++) {
        if (features->is_offered) {
            was_document_add_text(document, list, features->name);
        }
    }
}

/* The one version of a specification that is spoken. */
static json_t *add_spec(was_document_t *document, json_t *specs, const char *key,
                        const char *version)
{
    json_t *spec = was_document_add_object(document, was_document_list(document, specs, key));

    was_document_text(document, spec, "version", version);
    return spec;
}

static was_document_t *describe_service(const was_request_t *request, const char *origin)
{
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "url", pws_url(request, "/service"));
    json_t *specs = was_document_object(document, root, "specs");
    json_t *core = add_spec(document, specs, "https://w3id.org/pws", "0.5");

    was_document_text(document, core, "originId", origin);
    was_document_text(document, core, "spaces", pws_url(request, "/spaces/"));
    add_features(document, core, core_features);
    json_t *profile = add_spec(document, specs, "https://w3id.org/pws/authz-profile", "0.1");

    was_document_add_text(document, was_document_list(document, profile, "signatureAlgorithms"),
                          "EdDSA");
    was_document_add_text(document, was_document_list(document, profile, "zcapCryptosuites"),
                          "eddsa-jcs-2022");
    if (offers_encrypted_collections) {
        add_features(document,
                     add_spec(document, specs, "https://w3id.org/pws/encrypted-collections", "0.1"),
                     encrypted_features);
    }
    return document;
}

const was_error_t *pws_service_get(was_request_t *request, was_response_t *response)
{
    unsigned char digest[WAS_SHA256_BYTES];
    char *etag = apr_palloc(request->pool, 2 * WAS_SHA256_BYTES + 1);
    const char *origin;

    WAS_TRY(was_pws_origin_get(request->db, &origin, request->pool));
    pws_answer_document(response, describe_service(request, origin));
    if (response->json == NULL) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "no service document");
    }
    apr_size_t length;
    const char *text = was_json_text(response->json, &length, request->pool);

    was_crypto_sha256(text, length, digest);
    was_hex_encode(digest, 16, etag);
    response->etag = etag;
    response->cache = "public, max-age=3600";
    return NULL;
}

static const was_error_t *answer_move(was_request_t *request, was_response_t *response,
                                      const char *path)
{
    const char *query = request->path->query;

    response->answer = WAS_ANSWER_MOVED;
    response->location = apr_pstrcat(request->pool, path, query != NULL ? "?" : "", query, NULL);
    return NULL;
}

const was_error_t *pws_add_slash(was_request_t *request, was_response_t *response)
{
    return answer_move(request, response,
                       apr_pstrcat(request->pool, request->path->raw, "/", NULL));
}

const was_error_t *pws_strip_slash(was_request_t *request, was_response_t *response)
{
    const char *raw = request->path->raw;

    return answer_move(request, response, apr_pstrmemdup(request->pool, raw, strlen(raw) - 1));
}

const was_error_t *pws_retired(was_request_t *request, was_response_t *response)
{
    const char *raw = request->path->raw;
    const char *below = raw + strlen(was_request_mount(request));
    /* The segments may be escaped, the slashes that divide them are not. */
    const char *end = strchr(strchr(below + 1, '/') + 1, '/');

    return answer_move(request, response,
                       apr_pstrmemdup(request->pool, raw, (apr_size_t)(end - raw) + 1));
}
