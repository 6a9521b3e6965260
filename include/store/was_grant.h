/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_GRANT_H
#define WAS_GRANT_H

#include "store/was_step.h"

/*
 * was_grant: what a pws write stands on, or a read whose statement looks for the right by itself,
 * as values of its statements: the controller whose root capability was verified, and the
 * delegations of the capability that is used. A transfer or a revocation that committed before
 * stops it, and a write is stopped as well by the operator who has frozen the space; a revocation
 * itself is made all the same.
 */

typedef struct was_grant_t {
    const char *space;
    const char *controller;         /* DID: must still be the space's */
    const char *const *delegations; /* SHA-256 of each in hexadecimal; of pws_revocations' making */
    int ndelegations;               /* 0: the root capability itself */
    const char *invoker;            /* DID that signed; noted as created by */
    apr_int64_t quota; /* bytes that the space may be charged with; up to 0: no limit */
    /* Set where the grant becomes values: whoever left the decision to the write asks whether the
     * write took it along. */
    bool *is_carried; /* or NULL */
} was_grant_t;

enum { WAS_GRANT_VALUES = 3 };

/* Sets the first three values of a statement that is granted; what they point at is in the pool or
 * the grant's. */
void was_grant_values(const was_grant_t *grant, was_value_t values[WAS_GRANT_VALUES],
                      apr_pool_t *pool);

/* The delegations as a bytea[]; NULL for none. */
was_value_t was_grant_delegations(const char *const *delegations, int ndelegations,
                                  apr_pool_t *pool);

/* A random mark for a new generation, and for finding one's own write again. */
apr_int64_t was_grant_token(void);

#endif
