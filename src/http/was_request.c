/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The request as the protocols see it. Owns what is read off request_rec. Refuses to know routes,
 * rights and answers.
 */

#include "http/was_request.h"

#include <http_core.h>
#include <http_protocol.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

const char *was_request_id(const was_request_t *request)
{
    apr_table_t *environment = request->r->subprocess_env;
    const char *id = apr_table_get(environment, "UNIQUE_ID");
    char *uuid;

    if (id == NULL) {
        uuid = apr_palloc(request->pool, 37);
        was_crypto_uuid(uuid);
        apr_table_setn(environment, "UNIQUE_ID", uuid);
        id = uuid;
    }
    return id;
}

const was_error_t *was_request_make(request_rec *r, const struct was_protocol_t *protocol,
                                    was_request_t *request)
{
    memset(request, 0, sizeof(*request));
    request->r = r;
    request->pool = r->pool;
    request->config = was_config_of(r);
    request->protocol = protocol;
    request->db = was_config_server(r->server)->db;
    request->verified = was_config_server(r->server)->verified;
    request->method = r->method;
    request->is_head = r->header_only;
    request->now = apr_time_sec(r->request_time);
    request->conditions.unmodified_since = -1;
    return was_path_parse(r->unparsed_uri,
                          request->config->mount != NULL ? request->config->mount : "",
                          &request->path, r->pool);
}

const char *was_request_field(const was_request_t *request, const char *name)
{
    /* httpd has joined fields of one name with ", " and trimmed their ends already. */
    return apr_table_get(request->r->headers_in, name);
}

const char *was_request_origin(const was_request_t *request)
{
    const char *host = apr_table_get(request->r->headers_in, "Host");

    if (request->config->base_url != NULL) {
        return request->config->base_url;
    }
    return apr_pstrcat(request->pool, ap_http_scheme(request->r), "://", host != NULL ? host : "",
                       NULL);
}

const char *was_request_mount(const was_request_t *request)
{
    return request->config->mount != NULL ? request->config->mount : "";
}

void was_request_answer_field(const was_request_t *request, const char *name, const char *value)
{
    apr_table_setn(request->r->headers_out, name, value);
}

void was_request_set_caller(was_request_t *request, const was_signature_t *signature)
{
    request->signature = signature;
    request->caller = signature->signer.did;
    request->r->user = apr_pstrdup(request->pool, signature->signer.did);
    request->r->ap_auth_type = apr_pstrdup(request->pool, "Signature");
}

/* The weight (RFC 9110 section 12.4.2) among an entry's parameters, in thousandths. */
static int weight_of(const char *entry)
{
    while ((entry = strchr(entry, ';')) != NULL) {
        entry += 1 + strspn(entry + 1, " \t");
        if ((*entry == 'q' || *entry == 'Q') && entry[1] == '=') {
            int weight = entry[2] == '1' ? 1000 : 0, scale = 100;

            if (entry[2] != '\0' && entry[3] == '.') {
                for (entry += 4; apr_isdigit(*entry) && scale > 0; entry++, scale /= 10) {
                    weight += (*entry - '0') * scale;
                }
            }
            return weight;
        }
    }
    return 1000;
}

static bool is_range(const char *entry, const char *range)
{
    apr_size_t length = strlen(range);

    return strcspn(entry, "; \t") == length && strncasecmp(entry, range, length) == 0;
}

/* The weight that the Accept field gives to a type: by its name, else by the ranges it is in, the
 * narrowest first. 0 when it has none. */
static int weight_in(const was_request_t *request, const char *type, const char *const ranges[2])
{
    const char *accept = was_request_field(request, "Accept");
    char *entry, *state = NULL, *list = apr_pstrdup(request->pool, accept != NULL ? accept : "");
    int best = 0, weight = 0;

    for (entry = apr_strtok(list, ",", &state); entry != NULL;
         entry = apr_strtok(NULL, ",", &state)) {
        int narrow = 0;

        entry += strspn(entry, " \t");
        if (is_range(entry, type)) {
            narrow = 3;
        }
        else if (ranges != NULL) {
            narrow = is_range(entry, ranges[0]) ? 2 : is_range(entry, ranges[1]);
        }
        if (narrow > best) {
            best = narrow;
            weight = weight_of(entry);
        }
    }
    return weight;
}

bool was_request_prefers(const was_request_t *request, const char *type)
{
    static const char *const ranges[] = {"application/*", "*/*"};
    int weight = weight_in(request, type, NULL);

    return weight > 0 && weight >= weight_in(request, "application/json", ranges);
}
