/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The request as the protocols see it. Owns what is read off request_rec. Refuses to know routes,
 * rights and answers.
 */

#include "was_request.h"
#include "was_route.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <stdlib.h>
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

const was_error_t *was_request_make(request_rec *r, const was_protocol_t *protocol,
                                    was_request_t *request)
{
    memset(request, 0, sizeof(*request));
    request->r = r;
    request->pool = r->pool;
    request->config = was_config_of(r);
    request->protocol = protocol;
    request->db = was_config_server(r->server)->db;
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

void was_request_set_caller(was_request_t *request, const was_signature_t *signature)
{
    request->signature = signature;
    request->caller = signature->signer.did;
    request->r->user = apr_pstrdup(request->pool, signature->signer.did);
    request->r->ap_auth_type = apr_pstrdup(request->pool, "Signature");
}

/* Whether the parameters of one Accept entry leave it a weight above zero. */
static bool has_weight(const char *parameters)
{
    const char *q = parameters;

    while (q != NULL && (q = strchr(q, ';')) != NULL) {
        q++;
        while (apr_isspace(*q)) {
            q++;
        }
        if ((*q == 'q' || *q == 'Q') && q[1] == '=') {
            return strtod(q + 2, NULL) > 0.0;
        }
    }
    return true;
}

bool was_request_accepts(const was_request_t *request, const char *type)
{
    const char *accept = was_request_field(request, "Accept");
    apr_size_t length = strlen(type);
    char *entry, *state = NULL;

    if (accept == NULL) {
        return false;
    }
    for (entry = apr_strtok(apr_pstrdup(request->pool, accept), ",", &state); entry != NULL;
         entry = apr_strtok(NULL, ",", &state)) {
        while (apr_isspace(*entry)) {
            entry++;
        }
        if (strncasecmp(entry, type, length) == 0 &&
            (entry[length] == '\0' || entry[length] == ';' || apr_isspace(entry[length]))) {
            return has_weight(entry + length);
        }
    }
    return false;
}
