/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_WORK_H
#define WAS_WORK_H

#include "store/was_db.h"

/*
 * was_work: a transaction of any number of lists of steps, each sent when the one before it was
 * answered. It holds one connection all the time: whoever runs one waits for nobody but the
 * database and this machine's files.
 */
typedef struct was_work_t was_work_t;

/* Runs one list of steps within it; they have their rows then, in the pool. Errors: those of
 * was_db but UNCERTAIN; nothing of all of it is written then. */
WAS_CHECKED const was_error_t *was_work_run(was_work_t *work, was_transaction_t *transaction,
                                            apr_pool_t *pool);

/*
 * Begins, lets `act` run its lists, and commits when that returns NULL; an error of its own undoes
 * all of it and comes out. All of it must end within so many seconds. Where a connection turns out
 * to be lost before the end, `act` runs once more from the beginning, in an empty pool.
 * Errors: those of was_db, and of `act`.
 */
WAS_CHECKED const was_error_t *was_work_do(was_db_t *db, int seconds,
                                           const was_error_t *(*act)(was_work_t *work, void *baton,
                                                                     apr_pool_t *pool),
                                           void *baton, apr_pool_t *pool);

#endif
