/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_unread: the answer to what httpd refused while it read it. Owns how such a request is told
 * from others, and what httpd meant by its status. Refuses to read any more of it: where it ends is
 * not known.
 */

#include "http/was_unread.h"

#include "http/was_respond.h"

#include <http_core.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_strings.h>

#include <string.h>

static ap_filter_rec_t *dropper;

/* Our answer is out when httpd begins with its own. */
static apr_status_t drop_page(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    (void)filter;
    apr_brigade_cleanup(brigade);
    return APR_SUCCESS;
}

void was_unread_register(void)
{
    dropper = ap_register_output_filter("WAS_DROP", drop_page, NULL, AP_FTYPE_RESOURCE);
}

/* By its path as it came, or none where its line was not read to the end, and by the server of the
 * address and port, since no name was looked at. */
static bool is_for_us(request_rec *r)
{
    ap_conf_vector_t *before = r->per_dir_config;

    if (r->uri == NULL) {
        r->uri = apr_pstrdup(r->pool, "/");
    }
    if (ap_location_walk(r) == OK && was_config_is_ours(r)) {
        return true;
    }
    r->per_dir_config = before;
    return false;
}

bool was_unread_is_ours(request_rec *r)
{
    bool is_known = r->status == HTTP_BAD_REQUEST || r->status == HTTP_REQUEST_TIME_OUT ||
                    r->status == HTTP_REQUEST_URI_TOO_LARGE ||
                    r->status == HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;

    /* What was read has a name, if only ours, or is made of a request that has one. */
    return is_known && r->filename == NULL && r->main == NULL && r->prev == NULL &&
           was_config_server(r->server)->mounts->nelts > 0 && is_for_us(r);
}

/* In HTTP/1.1 httpd says 400 to fields that are too long or too many, too; only its note says which
 * it was. */
static bool is_about_size(const request_rec *r)
{
    const char *note = apr_table_get(r->notes, "error-notes");

    return note != NULL && strstr(note, "header field") != NULL && strstr(note, "limit") != NULL;
}

static const was_error_t *make_error(const request_rec *r)
{
    if (r->status == HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE || is_about_size(r)) {
        return was_error_make(r->pool, WAS_ERROR_FIELDS_TOO_LARGE, NULL,
                              "a field of the head is too long, or there are too many");
    }
    if (r->status == HTTP_REQUEST_URI_TOO_LARGE) {
        return was_error_make(r->pool, WAS_ERROR_TARGET_TOO_LONG, NULL,
                              "the request line is too long");
    }
    if (r->status == HTTP_REQUEST_TIME_OUT) {
        return was_error_make(r->pool, WAS_ERROR_TIMEOUT, NULL, "the head came too slowly");
    }
    return was_error_make(r->pool, WAS_ERROR_MALFORMED, NULL,
                          "the head of the request is not as HTTP has it");
}

void was_unread_answer(request_rec *r, const was_protocol_t *protocol)
{
    was_request_t request;

    was_request_make_unread(r, protocol, &request);
    r->connection->keepalive = AP_CONN_CLOSE;
    was_respond_unread(&request, make_error(r));
    ap_add_output_filter_handle(dropper, NULL, r, r->connection);
}
