/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PRECONDITIONS_H
#define WAS_PRECONDITIONS_H

#include "store/was_step.h"

/*
 * was_preconditions: what a write demands of what is there (RFC 9110 section 13.1), as values of
 * the statement that decides it.
 */

/* What an If-Match or an If-None-Match lists. */
typedef struct was_validators_t {
    bool any;                /* `*`: whatever version is there */
    const char *const *list; /* without quotes; those that cannot be ours left out */
    int count;
} was_validators_t;

typedef struct was_conditions_t {
    const was_validators_t *match;      /* or NULL */
    const was_validators_t *none_match; /* or NULL */
    apr_int64_t unmodified_since;       /* Unix seconds, or -1 */
} was_conditions_t;

/* Whether any condition was set: only then can a write fail for one. */
bool was_preconditions_given(const was_conditions_t *conditions);

/* Sets the three values that statements take; what they point at is in the pool. */
void was_preconditions_values(const was_conditions_t *conditions, was_value_t values[3],
                              apr_pool_t *pool);

/* PRECONDITION: what is there is not as it is demanded. */
WAS_CHECKED const was_error_t *was_preconditions_failed(apr_pool_t *pool);

#endif
