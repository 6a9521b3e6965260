/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_input: what is read of httpd's input filters. Owns what they would do by themselves. Refuses
 * to know what a body may have, and what it means.
 */

#include "http/was_input.h"

#include "base/was_tally.h"

enum { READ_BYTES = 64 * 1024 };

/*
 * httpd's input filter answers a bad body by itself: it sends an error down the output filters,
 * which make a page of it, and only then fails our read. This filter stands in front of them while
 * a body is read. It takes the error, and the answer stays ours.
 */
static ap_filter_rec_t *guard;

static apr_status_t keep_refusal(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    int *status = filter->ctx;

    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_ERROR(bucket)) {
            *status = ((ap_bucket_error *)bucket->data)->status;
        }
    }
    apr_brigade_cleanup(brigade);
    return AP_FILTER_ERROR;
}

void was_input_register(void)
{
    guard = ap_register_output_filter("WAS_BODY_GUARD", keep_refusal, NULL, AP_FTYPE_RESOURCE - 1);
}

ap_filter_t *was_input_guard(request_rec *r, int *refused)
{
    *refused = 0;
    return ap_add_output_filter_handle(guard, refused, r, r->connection);
}

/* What has come has a length; nothing is read for it. */
static void count_bytes(apr_bucket_brigade *brigade)
{
    apr_off_t length = 0;

    if (apr_brigade_length(brigade, 0, &length) == APR_SUCCESS && length > 0) {
        was_tally_add(WAS_TALLY_RECEIVED_BYTES, length);
    }
}

apr_status_t was_input_read(request_rec *r, apr_bucket_brigade *brigade, const int *refused)
{
    apr_status_t status =
        ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES, APR_BLOCK_READ, READ_BYTES);

    if (status == APR_SUCCESS && *refused != 0) {
        status = APR_EGENERAL;
    }
    if (status == APR_SUCCESS) {
        count_bytes(brigade);
    }
    return status;
}

void was_input_drain(request_rec *r, apr_off_t most)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_off_t length = 0;
    int refused;
    ap_filter_t *filter = was_input_guard(r, &refused);

    for (; most > 0 && was_input_read(r, brigade, &refused) == APR_SUCCESS; most -= length) {
        if (APR_BRIGADE_EMPTY(brigade) || APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade)) ||
            apr_brigade_length(brigade, 1, &length) != APR_SUCCESS) {
            break;
        }
        apr_brigade_cleanup(brigade);
    }
    ap_remove_output_filter(filter);
    apr_brigade_destroy(brigade);
}
