/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SOLO_H
#define WAS_SOLO_H

#include "store/was_lender.h"

/*
 * was_solo: a lender of one connection, for a program that does one thing at a time outside httpd.
 */

/* The lender; it connects when it is asked first. `params` is kept, not copied. In the pool, and
 * the connection ends with that. */
const was_lender_t *was_solo_lender(const char *params, apr_pool_t *pool);

#endif
