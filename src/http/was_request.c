/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_request: the request as the protocols see it. Owns what is read off request_rec. Refuses to
 * know routes, rights and answers.
 */

#include "http/was_request.h"

#include "http/was_caller.h"
#include "http/was_target.h"
#include "http/was_trace.h"

#include <http_core.h>
#include <http_protocol.h>

#include <apr_strings.h>

#include <string.h>

enum { MAX_ID_BYTES = 128 };

static const char trace_name[] = "WAS_TRACE_ID";

/* Whatever has set it: an id goes into fields, documents and logs as it is. */
static bool is_request_id(const char *id)
{
    apr_size_t length = 0;

    while (length <= MAX_ID_BYTES && id[length] > 0x20 && id[length] < 0x7f) {
        length++;
    }
    return length > 0 && length <= MAX_ID_BYTES && id[length] == '\0';
}

const char *was_request_id(const was_request_t *request)
{
    apr_table_t *environment = request->r->subprocess_env;
    const char *id = apr_table_get(environment, "UNIQUE_ID");

    if (id == NULL || !is_request_id(id)) {
        id = was_crypto_uuid(request->pool);
        apr_table_setn(environment, "UNIQUE_ID", id);
    }
    return id;
}

const char *was_request_mark(const was_request_t *request)
{
    const char *trace = apr_table_get(request->r->subprocess_env, trace_name);

    return trace == NULL ? apr_pstrcat(request->pool, "[", was_request_id(request), "]", NULL)
                         : apr_pstrcat(request->pool, "[", was_request_id(request), "] [trace ",
                                       trace, "]", NULL);
}

/* Where httpd's logs find it, too; what somebody else has put there would not be the client's. */
static void keep_trace(const was_request_t *request)
{
    const char *trace = was_trace_id(was_request_field(request, "traceparent"), request->pool);

    if (trace != NULL) {
        apr_table_setn(request->r->subprocess_env, trace_name, trace);
    }
    else {
        apr_table_unset(request->r->subprocess_env, trace_name);
    }
}

void was_request_make_unread(request_rec *r, const struct was_protocol_t *protocol,
                             was_request_t *request)
{
    const was_server_t *server = was_config_server(r->server);

    memset(request, 0, sizeof(*request));
    request->r = r;
    request->pool = r->pool;
    request->config = was_config_of(r);
    request->protocol = protocol;
    request->db = was_db_of_caller(server->db, was_caller_of_address(r->useragent_addr), r->pool);
    request->verified = server->verified;
    request->method = r->method;
    request->is_head = r->header_only;
    request->now = apr_time_sec(r->request_time);
    request->conditions.unmodified_since = -1;
    keep_trace(request);
}

const was_error_t *was_request_make(request_rec *r, const struct was_protocol_t *protocol,
                                    was_request_t *request)
{
    was_request_make_unread(r, protocol, request);
    return was_target_parse(r, was_request_mount(request), &request->path);
}

const char *was_request_field(const was_request_t *request, const char *name)
{
    /* httpd has joined fields of one name with ", " and trimmed their ends already. */
    return apr_table_get(request->r->headers_in, name);
}

const char *was_request_origin(const was_request_t *request)
{
    if (request->config->base_url != NULL) {
        return request->config->base_url;
    }
    const char *host = was_request_field(request, "Host");
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
    request->db = was_db_of_caller(request->db, was_caller_of_did(request->caller), request->pool);
    request->r->user = apr_pstrdup(request->pool, signature->signer.did);
    request->r->ap_auth_type = apr_pstrdup(request->pool, "Signature");
}
