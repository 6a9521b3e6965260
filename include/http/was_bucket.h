/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_BUCKET_H
#define WAS_BUCKET_H

#include "http/was_request.h"
#include "store/was_content.h"

#include <apr_buckets.h>

/*
 * was_bucket: a stored content as a bucket. One that came with its row is in memory; a bigger one
 * is a bucket of known length that reads itself from the database, a piece at a time, when its turn
 * comes, as a file bucket does from a file. So httpd's own range filter works on it.
 */

/* The pieces that will be sent first; in the request's pool. */
typedef struct was_ahead_t was_ahead_t;

/*
 * Reads them while what fails can still be answered: `*ahead` is NULL where nothing is to be read,
 * or where it is not known where that begins (not `is_whole`: the request's Range counts).
 * Errors: UNAVAILABLE (also when this version is gone, or not whole), and those of was_db.
 */
WAS_CHECKED const was_error_t *was_bucket_ahead(const was_request_t *request,
                                                const was_resource_t *resource, bool is_whole,
                                                was_ahead_t **ahead);

/*
 * Appends the whole content of `resource` to the brigade, with what was read ahead of it (or NULL).
 * Pieces are tied to the resource's version: if it is gone by then, reading the bucket fails, and
 * httpd cuts the answer short.
 */
void was_bucket_append(apr_bucket_brigade *brigade, const was_request_t *request,
                       const was_resource_t *resource, was_ahead_t *ahead);

#endif
