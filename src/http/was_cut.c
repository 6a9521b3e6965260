/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_cut: answers that end early. Owns what httpd and the network must be told for a client to
 * notice. Refuses to know why.
 */

#include "http/was_cut.h"

#include <http_core.h>
#include <http_protocol.h>

#include <apr_portable.h>

#include <sys/socket.h>

void was_cut_append(const was_request_t *request, apr_bucket_brigade *brigade)
{
    apr_bucket *cut =
        ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, request->pool, brigade->bucket_alloc);

    APR_BRIGADE_INSERT_TAIL(brigade, cut);
}

void was_cut_reset(conn_rec *connection)
{
    const struct linger at_once = {.l_onoff = 1};
    apr_socket_t *socket = ap_get_conn_socket(connection);
    apr_os_sock_t descriptor;

    if (socket != NULL && apr_os_sock_get(&descriptor, socket) == APR_SUCCESS) {
        (void)setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    connection->aborted = 1;
}

void was_cut_pass(const was_request_t *request, apr_bucket_brigade *brigade, ap_filter_t *filter)
{
    apr_brigade_cleanup(brigade);
    was_cut_append(request, brigade);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(brigade->bucket_alloc));
    (void)ap_pass_brigade(filter, brigade);
}
