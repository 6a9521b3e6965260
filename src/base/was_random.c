/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_random: where random bytes come from. Refuses to know what they are for.
 */

#include "base/was_random.h"

#include <sodium.h>

void was_random_bytes(void *bytes, apr_size_t count)
{
    randombytes_buf(bytes, count);
}
