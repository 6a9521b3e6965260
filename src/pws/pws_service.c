/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What a server says of itself (section 18.1), the redirects of section 1.1, and the refusal of
 * what is not offered. Owns the list of what is advertised, which is what is there.
 */

#include "pws/pws.h"
#include "base/was_encoding.h"

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
    pws_answer_json(request, response,
                    json_pack("{s:s, s:s}", "name", "Portable Web Spaces", "service",
                              pws_url(request, "/service")));
    return NULL;
}

static json_t *strings(const char *const *list)
{
    json_t *array = json_array();

    for (; *list != NULL; list++) {
        json_array_append_new(array, json_string(*list));
    }
    return array;
}

static json_t *service_document(const was_request_t *request)
{
    static const char *const features[] = {"listing",          "collection-management",
                                           "space-management", "linksets",
                                           "policy",           "metadata",
                                           "backends",         NULL};
    static const char *const algorithms[] = {"EdDSA", NULL};
    static const char *const suites[] = {"eddsa-jcs-2022", "Ed25519Signature2020", NULL};
    json_t *protocol = json_pack("{s:s, s:s, s:o}", "version", "0.5", "spaces",
                                 pws_url(request, "/spaces/"), "features", strings(features));
    json_t *profile = json_pack("{s:s, s:o, s:o}", "version", "0.1", "signatureAlgorithms",
                                strings(algorithms), "zcapCryptosuites", strings(suites));

    return json_pack("{s:s, s:{s:[o], s:[o]}}", "url", pws_url(request, "/service"), "specs",
                     "https://w3id.org/pws", protocol, "https://w3id.org/pws/authz-profile",
                     profile);
}

const was_error_t *pws_service_get(was_request_t *request, was_response_t *response)
{
    unsigned char digest[WAS_SHA256_BYTES];
    char *etag = apr_palloc(request->pool, 2 * WAS_SHA256_BYTES + 1);
    const char *text;
    apr_size_t length;

    pws_answer_json(request, response, service_document(request));
    text = was_json_text(response->json, &length, request->pool);
    was_crypto_sha256(text, length, digest);
    was_hex_encode(digest, 16, etag);
    response->etag = etag;
    response->cache = "public, max-age=3600";
    return NULL;
}

static const was_error_t *move(was_request_t *request, was_response_t *response, const char *path)
{
    const char *query = request->path->query;

    response->answer = WAS_ANSWER_MOVED;
    response->location = apr_pstrcat(request->pool, path, query != NULL ? "?" : "", query, NULL);
    return NULL;
}

const was_error_t *pws_add_slash(was_request_t *request, was_response_t *response)
{
    return move(request, response, apr_pstrcat(request->pool, request->path->raw, "/", NULL));
}

const was_error_t *pws_strip_slash(was_request_t *request, was_response_t *response)
{
    const char *raw = request->path->raw;

    return move(request, response, apr_pstrmemdup(request->pool, raw, strlen(raw) - 1));
}

const was_error_t *pws_retired(was_request_t *request, was_response_t *response)
{
    const char *raw = request->path->raw;
    const char *below = raw + strlen(was_request_mount(request));
    /* The segments may be escaped, the slashes that divide them are not. */
    const char *end = strchr(strchr(below + 1, '/') + 1, '/');

    return move(request, response, apr_pstrmemdup(request->pool, raw, (apr_size_t)(end - raw) + 1));
}

const was_error_t *pws_not_offered(was_request_t *request, was_response_t *response)
{
    (void)response;
    return was_error_make(request->pool, WAS_ERROR_NOT_IMPLEMENTED, NULL,
                          "this server does not offer this operation");
}
