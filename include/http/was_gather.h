/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_GATHER_H
#define WAS_GATHER_H

#include "http/was_request.h"

/*
 * was_gather: the bytes of a body until they are a content: in memory up to WAS_PIECE_BYTES; beyond
 * that in the database, in parts, while they come, or, where the content will stand in its row, in
 * an unnamed file. So what a request uses does not grow with what it moves.
 */

typedef struct was_gathered_t was_gathered_t;

/*
 * Room for a body of which `announced` bytes are announced, 0 for none. Before more than
 * WAS_PIECE_BYTES are taken, here or later, the protocol is asked (was_protocol_t.admit_content).
 * It comes out with an error, too.
 * Errors: QUOTA (there is room for less), UNAVAILABLE (no file), those of was_conditions_read, and
 * those of admit_content.
 */
WAS_CHECKED const was_error_t *was_gather_make(was_request_t *request, apr_int64_t announced,
                                               was_gathered_t **gathered);

/* Takes what comes next. Errors: the same, and those of was_parts_write. */
WAS_CHECKED const was_error_t *was_gather_add(was_request_t *request, was_gathered_t *gathered,
                                              const char *bytes, apr_size_t count);

/* All of it has come. Errors: those of was_parts_write. */
WAS_CHECKED const was_error_t *was_gather_end(was_gathered_t *gathered);

/* Of what is in memory or in a file: up to `capacity` bytes from this offset; none behind its end,
 * nor of what is in parts. Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_gather_read(const was_gathered_t *gathered, apr_int64_t offset,
                                               char *buffer, apr_size_t capacity,
                                               apr_size_t *count);

/* Nothing will come of it: what the database has is swept, unless it belongs to a row by now. */
void was_gather_drop(was_gathered_t *gathered);

/* One that holds this text, copied. */
was_gathered_t *was_gather_of_text(const char *text, apr_size_t length, apr_pool_t *pool);

apr_int64_t was_gather_length(const was_gathered_t *gathered);

/* The bytes, where they are in memory; else NULL. */
const char *was_gather_bytes(const was_gathered_t *gathered);

/* As a content to store, of the given type. */
void was_gather_content(const was_gathered_t *gathered, const char *type, was_content_t *content);

#endif
