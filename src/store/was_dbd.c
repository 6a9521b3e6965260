/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_dbd: connections of mod_dbd's pool. Owns how its functions are found. Refuses to know in
 * which state a connection is, and how many there may be.
 */

#include "store/was_dbd.h"

#include <httpd.h>
#include <apr_dbd.h>
#include <mod_dbd.h>

#include <apr_optional.h>

typedef struct dbd_t {
    server_rec *server;
    /* mod_dbd's, looked up so that this module can be loaded, and complain in words, without it. */
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * close;
} dbd_t;

static bool lend_pooled(void *baton, was_loan_t *loan, apr_pool_t *pool)
{
    const dbd_t *dbd = baton;
    ap_dbd_t *handle = dbd->open != NULL ? dbd->open(pool, dbd->server) : NULL;

    if (handle == NULL) {
        return false;
    }
    *loan = (was_loan_t){.handle = handle,
                         .pg = apr_dbd_native_handle(handle->driver, handle->handle),
                         .pool = handle->pool};
    return true;
}

static void take_pooled(void *baton, void *handle)
{
    const dbd_t *dbd = baton;

    dbd->close(dbd->server, handle);
}

const was_lender_t *was_dbd_lender(server_rec *server, apr_pool_t *pool)
{
    dbd_t *dbd = apr_palloc(pool, sizeof(*dbd));
    was_lender_t *lender = apr_palloc(pool, sizeof(*lender));

    *dbd = (dbd_t){.server = server,
                   .open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open),
                   .close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close)};
    *lender = (was_lender_t){.lend = lend_pooled, .take_back = take_pooled, .baton = dbd};
    return lender;
}
