/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TRACE_H
#define WAS_TRACE_H

#include <apr_pools.h>

/* was_trace: which trace a request is a part of (W3C Trace Context, section 3.2). */

/* The trace-id of a traceparent field (or NULL): 32 digits of lower-case hexadecimal, in the pool.
 * NULL where there is none, or anything about the field is not as the standard has it. */
const char *was_trace_id(const char *field, apr_pool_t *pool);

#endif
