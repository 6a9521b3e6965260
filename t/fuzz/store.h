/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef FUZZ_STORE_H
#define FUZZ_STORE_H

#include "request.h"

/*
 * store: a store that keeps nothing. It takes every write and requires of what it is given what
 * PostgreSQL would: texts are UTF-8 without NUL, and JSON texts are JSON. It has no row to read.
 */

/* Whether a write came since the last call. */
bool fuzz_store_was_written(void);

/* The body of the next request that fuzz_request makes a handler read. */
void fuzz_set_body(was_request_t *request, const char *bytes, size_t length);

/* What the driver does with it where the route takes a document. Errors: INVALID_BODY. */
const was_error_t *fuzz_parse_document(was_request_t *request);

#endif
