/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PARAMETERS_H
#define WAS_PARAMETERS_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_parameters: `name=value` lists of header fields, as Authorization and Capability-Invocation
 * have them. One grammar, strictly: what two readers could take differently is refused. Knows no
 * name.
 */

enum { WAS_PARAMETERS_MAX = 16 };

/* A part of a text, not terminated; text is NULL for none. */
typedef struct was_slice_t {
    const char *text;
    apr_size_t length;
} was_slice_t;

/* What the caller looks for. Names are compared exactly. */
typedef struct was_parameter_t {
    const char *name;
    was_slice_t value; /* into the text that was read */
} was_parameter_t;

/*
 * Reads one or more parameters, divided by commas with blanks around them, up to the end of `text`:
 * a token (RFC 9110 section 5.6.2), `=`, and a token or a quoted string of printable ASCII without
 * a backslash. Those called `names` come out in `known`, in that order, with a value whose text is
 * NULL where they were not given.
 *
 * NULL, or in the pool what is wrong with "the `whose`", for the client: the list is malformed, has
 * too many parameters, or one twice, which names that differ in case only are, too.
 */
const char *was_parameters_read(const char *text, const char *const *names, int nnames,
                                const char *whose, was_parameter_t *known, apr_pool_t *pool);

/* Takes the token at `*at` and moves behind it; false when there is none. */
bool was_token_take(const char **at, was_slice_t *token);

#endif
