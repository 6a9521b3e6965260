/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_LOG_H
#define PWS_LOG_H

#include "store/pws/was_pws_logs.h"

/*
 * pws_log: what a governing history log must be for the server, and what it says (protocol/pws
 * section 15): lines that are JSON objects, each with an object `state`, divided by a line feed,
 * behind the last one or not.
 */

/* How many lines a log may have, and how long one may be; all of it, WAS_LINES_MAX_BYTES. */
enum { PWS_LOG_MAX_LINES = 4096, PWS_LOG_LINE_MAX_BYTES = 64 * 1024 };

/*
 * Yields what a store is to keep of a log: its bytes, which are not copied, where its last line
 * begins, the method that its first line names, and what its last line says of encryption (as in
 * a collection's metadata) and of revisions, in the words of the client. Nothing more is looked at
 * in the first line than its method, and in those before the last one than that they are lines.
 * Errors: INVALID_BODY (with the line), UNSUPPORTED_SCHEME, TOO_LARGE (too many lines, or a long
 * one).
 */
WAS_CHECKED const was_error_t *pws_log_read(const char *body, apr_size_t length, was_pws_log_t *log,
                                            apr_pool_t *pool);

#endif
