/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_LENDER_H
#define WAS_LENDER_H

#include <apr_pools.h>
#include <libpq-fe.h>

#include <stdbool.h>

/*
 * was_lender: where connections come from, as data: mod_dbd's pool for the module (was_dbd), and
 * one of its own for a program (was_solo). Private to was_db and who makes one.
 */

/* A connection that is lent. It may be dead, in any state, and another than before. */
typedef struct was_loan_t {
    void *handle; /* the lender's */
    PGconn *pg;
    apr_pool_t *pool; /* lives as long as the connection, however often it is reset */
} was_loan_t;

typedef struct was_lender_t {
    /* May wait; false: there is none to be had. */
    bool (*lend)(void *baton, was_loan_t *loan, apr_pool_t *pool);
    /* From here on the connection is somebody else's. */
    void (*take_back)(void *baton, void *handle);
    void *baton;
} was_lender_t;

#endif
