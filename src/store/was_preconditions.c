/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_preconditions: conditions of a write on their way into a statement. Owns the form that
 * statements take them in. Refuses to compare: the statement that writes does.
 */

#include "store/was_preconditions.h"

#include "store/was_array.h"

bool was_preconditions_given(const was_conditions_t *conditions)
{
    return conditions->match != NULL || conditions->none_match != NULL ||
           conditions->unmodified_since >= 0;
}

static was_value_t validators_value(const was_validators_t *validators, apr_pool_t *pool)
{
    if (validators == NULL) {
        return WAS_TEXT(NULL);
    }
    return validators->any ? WAS_TEXT("{*}")
                           : WAS_TEXT(was_array_texts(validators->list, validators->count, pool));
}

void was_preconditions_values(const was_conditions_t *conditions, was_value_t values[3],
                              apr_pool_t *pool)
{
    values[0] = validators_value(conditions->match, pool);
    values[1] = validators_value(conditions->none_match, pool);
    values[2] = WAS_INTEGER(conditions->unmodified_since);
    if (conditions->unmodified_since < 0) {
        values[2].type = WAS_VALUE_NULL;
    }
}

const was_error_t *was_preconditions_failed(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_PRECONDITION, NULL,
                          "what is there is not as the request's conditions demand");
}
