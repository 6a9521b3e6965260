/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TARGET_H
#define WAS_TARGET_H

#include "base/was_path.h"

#include <httpd.h>

/*
 * was_target: the target of a request as it came, kept from httpd, which normalizes and decodes
 * paths before it looks for a location, and refuses some with a page of its own.
 */

/* A target below one of our mounts is ours to read and to refuse, so one that httpd might read
 * differently is sent to the mount itself; the driver reads it as it came. For httpd's hook
 * post_read_request. */
void was_target_keep(request_rec *r);

/* The path of the request below `mount`, parsed once: the second caller gets what the first got.
 * Errors: those of was_path_parse. */
WAS_CHECKED const was_error_t *was_target_parse(request_rec *r, const char *mount,
                                                const was_path_t **path);

#endif
