/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_solo: one connection, lent again and again. Owns how it is made. Refuses to know in which
 * state it is.
 */

#include "store/was_solo.h"

#include "store/was_session.h"

typedef struct solo_t {
    const char *params;
    PGconn *pg; /* NULL: not yet */
    apr_pool_t *pool;
} solo_t;

static apr_status_t close_solo(void *data)
{
    PQfinish(data);
    return APR_SUCCESS;
}

static bool lend_solo(void *baton, was_loan_t *loan, apr_pool_t *pool)
{
    solo_t *solo = baton;

    (void)pool;
    if (solo->pg == NULL) {
        solo->pg = was_session_connect(solo->params);
        if (solo->pg == NULL) {
            return false;
        }
        apr_pool_cleanup_register(solo->pool, solo->pg, close_solo, apr_pool_cleanup_null);
    }
    *loan = (was_loan_t){.handle = solo, .pg = solo->pg, .pool = solo->pool};
    return true;
}

static void take_solo(void *baton, void *handle)
{
    (void)baton;
    (void)handle;
}

const was_lender_t *was_solo_lender(const char *params, apr_pool_t *pool)
{
    solo_t *solo = apr_palloc(pool, sizeof(*solo));
    was_lender_t *lender = apr_palloc(pool, sizeof(*lender));

    *solo = (solo_t){.params = params, .pool = pool};
    *lender = (was_lender_t){.lend = lend_solo, .take_back = take_solo, .baton = solo};
    return lender;
}
