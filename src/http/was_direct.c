/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_direct: requests that a client sent, and answers that it gets, as they are. Owns what is
 * refused and removed of what other modules would do in between. Refuses to know what is asked.
 */

#include "http/was_direct.h"

#include <http_config.h>
#include <http_log.h>
#include <util_filter.h>

APLOG_USE_MODULE(was);

/* Modules place themselves a little before or behind a type; what is nearer to that of resources
 * reads and rewrites them, what is nearer to that of content codings does not. */
enum { FIRST_THAT_STAYS = (AP_FTYPE_RESOURCE + AP_FTYPE_CONTENT_SET) / 2 };

bool was_direct_is_asked(request_rec *r)
{
    if (r->main == NULL && r->prev == NULL) {
        return true;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "%s is asked for by httpd itself, for %s, and not given: resources are for "
                  "clients, no parts of pages, pages of errors or targets of rewrites",
                  r->uri, r->main != NULL ? r->main->uri : r->prev->uri);
    return false;
}

void was_direct_unfilter(request_rec *r)
{
    ap_filter_t *filter = r->output_filters;

    while (filter != NULL && filter->frec->ftype < AP_FTYPE_PROTOCOL) {
        ap_filter_t *next = filter->next;

        if ((int)filter->frec->ftype < FIRST_THAT_STAYS) {
            ap_remove_output_filter(filter);
        }
        filter = next;
    }
}

void was_direct_uncode(request_rec *r)
{
    /* What mod_deflate and mod_brotli ask before they code. */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
}

void was_direct_unrange(request_rec *r, bool is_cut)
{
    apr_table_unset(r->headers_in, "Request-Range");
    if (!is_cut) {
        apr_table_unset(r->headers_in, "Range");
    }
}
