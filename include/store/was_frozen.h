/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_FROZEN_H
#define WAS_FROZEN_H

#include "base/was_error.h"

/*
 * was_frozen: what who may write to a space is told while nobody writes to it. That nobody does
 * stands in the statements that write.
 */

/* As statements tell it (was_frozen_sql). */
typedef enum was_frozen_t {
    WAS_FROZEN_NOT,
    WAS_FROZEN_KEPT,   /* by the operator, or was until just now */
    WAS_FROZEN_MOVING, /* it is being copied to another database, which may have it by now */
    WAS_FROZEN_MOVED   /* another database has it, and this is what it was before */
} was_frozen_t;

/* Errors: FROZEN; MOVING, of a space that is or was moved. */
WAS_CHECKED const was_error_t *was_frozen_refusal(was_frozen_t frozen, apr_pool_t *pool);

#endif
