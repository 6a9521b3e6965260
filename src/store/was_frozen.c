/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_frozen: the refusal of a write. Owns its words. Refuses to know which space it is, and why it
 * is kept.
 */

#include "store/was_frozen.h"

const was_error_t *was_frozen_refusal(was_frozen_t frozen, apr_pool_t *pool)
{
    if (frozen >= WAS_FROZEN_MOVING) {
        return was_error_make(pool, WAS_ERROR_MOVING, "/space",
                              "the space is being moved to another server behind this address: "
                              "nothing was written, and the same request can be sent again soon");
    }
    return was_error_make(
        pool, WAS_ERROR_FROZEN, "/space",
        "the operator of this server has frozen the space, or had until just now: it "
        "can be read, and nothing in it can be changed until that is lifted");
}
