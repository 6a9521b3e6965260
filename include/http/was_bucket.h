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

/*
 * Appends the whole content of `resource` to the brigade. Pieces are tied to the resource's
 * version: if it is gone by then, reading the bucket fails, and httpd cuts the answer short.
 */
void was_bucket_append(apr_bucket_brigade *brigade, const was_request_t *request,
                       const was_resource_t *resource);

#endif
