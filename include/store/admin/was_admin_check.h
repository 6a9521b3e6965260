/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_CHECK_H
#define WAS_ADMIN_CHECK_H

#include "store/was_db.h"

/*
 * was_admin_check: looks for what should not be stored, and counts anew what spaces are charged.
 * Besides the errors listed, all give those of was_db.
 */

/* One thing that is wrong. */
typedef struct was_admin_finding_t {
    const char *space;
    const char *what; /* a path, an id, a mark */
} was_admin_finding_t;

enum { WAS_ADMIN_FINDINGS = 1000 };

/* How many looks there are, and what the findings of one have in common: "parts whose first one is
 * missing". */
int was_admin_check_looks(void);
const char *was_admin_check_name(int look);

/* Takes a look, at all that is stored; yields at most WAS_ADMIN_FINDINGS. It may take long: for an
 * hour at most. */
WAS_CHECKED const was_error_t *was_admin_check_look(was_db_t *db, int look,
                                                    const was_admin_finding_t **findings,
                                                    int *count, apr_pool_t *pool);

/* The next space of Portable Web Spaces behind this one ("" for the first); NULL: there is none. */
WAS_CHECKED const was_error_t *was_admin_check_next(was_db_t *db, const char *after,
                                                    const char **id, apr_pool_t *pool);

/* How many rows said something else than was counted. */
typedef struct was_admin_recount_t {
    int chunks;      /* resources, of their chunks */
    int collections; /* counters */
    int spaces;      /* 1 or 0 */
} was_admin_recount_t;

/* Counts anew what a space of Portable Web Spaces is charged, and how many resources it has. The
 * space's writers wait meanwhile. `keeps`: what was wrong is right then; else nothing is
 * changed. */
WAS_CHECKED const was_error_t *was_admin_check_recount(was_db_t *db, const char *id, bool keeps,
                                                       was_admin_recount_t *recount,
                                                       apr_pool_t *pool);

#endif
