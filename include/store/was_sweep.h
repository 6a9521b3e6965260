/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SWEEP_H
#define WAS_SWEEP_H

#include "store/was_db.h"

/*
 * was_sweep: what is left of spaces, collections and resources with chunks that were deleted, and
 * contents in parts that no row names: replaced, deleted or never completed. Deleting something is
 * a short transaction, whatever it holds, behind which nobody finds anything of it; its rows go
 * afterwards in batches of at most 1000 or about 1 MiB (or one that is longer; 8 MiB of parts),
 * each a transaction of its own. Parts that no row names are found by looking through all contents,
 * every minute, and go when who reads them has had was_db_keeps to go on.
 * How far a sweep has come stands in the database, so that it does not matter who does the next
 * batch, and what became of who did the last one. Then revocations that have expired, which else go
 * with the next one of their scope only. Knows no HTTP, and not when it is called.
 */

/* Makes the place where children tell each other of deletions. Before there are any; once for each
 * configuration. False when the system has no memory to share. */
bool was_sweep_share(apr_pool_t *pool);

/* Due from who has deleted something: there is something to sweep. */
void was_sweep_announce(void);

/* How often that was said, in all children of this httpd; wraps around. */
unsigned was_sweep_announced(void);

/* What came of a batch. */
typedef struct was_sweep_batch_t {
    bool found; /* there was something to sweep */
    bool taken; /* and nobody else was at it */
    bool ended; /* nothing is left of that one */
    int rows;   /* how many were deleted, */
    int parts;  /* parts of contents among them */
} was_sweep_batch_t;

/*
 * Does one batch of what was deleted first, passing over the first `passed` (which failed). `batch`
 * is set in any case.
 * Errors: those of was_db; nothing was done then, or (UNCERTAIN) a whole batch.
 */
WAS_CHECKED const was_error_t *was_sweep_run(was_db_t *db, int passed, was_sweep_batch_t *batch,
                                             apr_pool_t *pool);

/*
 * Forgets at most 1000 revocations of one scope that nobody need remember any more, and charges its
 * space for them no longer; `*rows` is how many, 0 where there are none.
 * Errors: as above.
 */
WAS_CHECKED const was_error_t *was_sweep_revocations(was_db_t *db, int *rows, apr_pool_t *pool);

#endif
