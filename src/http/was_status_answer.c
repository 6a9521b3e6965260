/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_status_answer: the numbers on the wire: a handler of their own, and a section of mod_status.
 * Owns which form who gets. Refuses to know what the numbers are.
 */

#include "http/was_status.h"

#include "http/was_accept.h"

#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <util_filter.h>

#include <apr_optional_hooks.h>

#include <string.h>

static bool wants_json(const request_rec *r)
{
    static const char ending[] = "/json";
    const char *accept = apr_table_get(r->headers_in, "Accept");
    apr_size_t length = strlen(r->uri);

    return (length >= sizeof(ending) - 1 &&
            strcmp(r->uri + length - (sizeof(ending) - 1), ending) == 0) ||
           (was_accept_prefers(accept, "application/json", r->pool) &&
            !was_accept_prefers(accept, "text/plain", r->pool));
}

static int send_text(request_rec *r, const char *type, const char *text)
{
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, list);
    apr_size_t length = strlen(text);

    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_mergen(r->headers_out, "Vary", "Accept");
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)length);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_pool_create(text, length, r->pool, list));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(list));
    (void)ap_pass_brigade(r->output_filters, brigade);
    return OK;
}

int was_status_handle(request_rec *r)
{
    if (r->handler == NULL || strcmp(r->handler, "was-status") != 0) {
        return DECLINED;
    }
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    int refusal = ap_discard_request_body(r);
    if (refusal != OK) {
        return refusal;
    }
    const apr_array_header_t *families = was_status_list(r->pool);
    bool as_json = wants_json(r);
    const char *text = as_json ? was_json_text(was_metrics_json(families, r->pool), NULL, r->pool)
                               : was_metrics_text(families, r->pool);

    if (text == NULL) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return send_text(r, as_json ? "application/json" : "text/plain; version=0.0.4; charset=utf-8",
                     text);
}

/* Histograms are for machines. No name of ours has a character that HTML would take for its own. */
static int show_section(request_rec *r, int flags)
{
    const apr_array_header_t *families = was_status_list(r->pool);
    bool is_short = (flags & AP_STATUS_SHORT) != 0;

    if (!is_short) {
        ap_rputs("<hr />\n<h2>Wallet Attached Storage</h2>\n<dl>\n", r);
    }
    for (int i = 0; i < families->nelts; i++) {
        const was_family_t *family = &APR_ARRAY_IDX(families, i, was_family_t);

        for (int j = 0; family->kind != WAS_METRIC_HISTOGRAM && j < family->samples->nelts; j++) {
            const was_sample_t *sample = &APR_ARRAY_IDX(family->samples, j, was_sample_t);

            ap_rprintf(r, is_short ? "%s: %s\n" : "<dt>%s: %s</dt>\n",
                       was_metrics_name(family, sample, r->pool),
                       was_metrics_value(sample, r->pool));
        }
    }
    if (!is_short) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

void was_status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, show_section, NULL, NULL, APR_HOOK_MIDDLE);
}
