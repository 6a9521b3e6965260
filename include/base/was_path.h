/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PATH_H
#define WAS_PATH_H

#include "base/was_error.h"

/*
 * was_path: a raw request target, taken apart. Parses only: knows no route, no id rule, no store.
 *
 * What is signed, what is matched and what is stored must be the same thing. So a target is taken
 * apart exactly as it came over the wire, and one that any party could read in two ways (dot
 * segments, broken escapes, bytes that are not UTF-8) is refused instead of normalized.
 */

enum {
    WAS_PATH_MAX_BYTES = 8000, /* of the raw path, without the query */
    WAS_PATH_MAX_SEGMENTS = 4096
};

typedef struct was_segment_t {
    apr_size_t offset; /* into was_path_t.decoded */
    apr_size_t length;
} was_segment_t;

/* All texts are NUL-terminated copies in the pool. */
typedef struct was_path_t {
    const char *target; /* origin-form as received: path and query */
    const char *raw;    /* the path alone, as received, mount included */
    const char *query;  /* what follows the first '?', as received; NULL when there is none */
    const char
        *decoded; /* the path below the mount, each segment percent-decoded; begins with '/' */
    apr_size_t decoded_length;
    const char *signable;          /* the whole path decoded, mount included; for signatures */
    const was_segment_t *segments; /* the path below the mount, split at the raw slashes: "/" is */
    int nsegments;                 /* one empty segment, "/a/" is "a" and an empty one */
} was_path_t;

/*
 * Takes `target` (the second word of the request line: origin-form, or absolute-form of http or
 * https, whose scheme and authority are dropped) apart below `mount`: "" for the origin's root,
 * else a path with a leading and without a trailing slash, compared with the path as received.
 *
 * Errors: MALFORMED (no leading slash, a fragment, a raw blank or control character, a broken
 * escape, NUL or invalid UTF-8 after decoding, a `.` or `..` segment raw or encoded, also between
 * encoded slashes, more than WAS_PATH_MAX_SEGMENTS), TARGET_TOO_LONG, NOT_FOUND (not below the
 * mount). Pointer: "/target".
 */
WAS_CHECKED const was_error_t *was_path_parse(const char *target, const char *mount,
                                              const was_path_t **path, apr_pool_t *pool);

/* The decoded text of segment `index`, copied into the pool. */
const char *was_path_segment(const was_path_t *path, int index, apr_pool_t *pool);

/* Everything from the slash before segment `index` to the end, decoded: "/a/b.txt". Points into
 * the path. */
const char *was_path_rest(const was_path_t *path, int index);

#endif
