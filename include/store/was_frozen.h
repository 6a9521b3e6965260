/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_FROZEN_H
#define WAS_FROZEN_H

#include "base/was_error.h"

/*
 * was_frozen: what who may write to a space is told while the operator has it kept as it is. That
 * it is kept stands in the statements that write.
 */

/* FROZEN. */
WAS_CHECKED const was_error_t *was_frozen_refusal(apr_pool_t *pool);

#endif
