/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_path: takes a raw request target apart, exactly as it came over the wire.
 * Refuses to normalize: a target with two readings is an error. Knows no route and no store.
 */

#include "base/was_path.h"

#include "base/was_encoding.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <stdbool.h>
#include <string.h>

static const was_error_t *malformed_target(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/target", "%s", detail);
}

/* What follows scheme and authority in an absolute-form, the target itself otherwise. */
static const char *origin_form(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (int i = 0; i < 2; i++) {
        apr_size_t length = strlen(schemes[i]);

        if (apr_cstr_casecmpn(target, schemes[i], length) == 0) {
            apr_size_t authority = strcspn(target + length, "/?#");

            /* An empty authority leaves the target as it is, which then lacks its slash. */
            return authority == 0 ? target : target + length + authority;
        }
    }
    return target;
}

/* No URI holds these raw. A blank or a line break would also tear the line that is signed. */
static bool has_forbidden_byte(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at <= 0x20 || *at == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Encoded slashes count as slashes here: whoever decodes first would see the dots. */
static bool has_dot_segment(const char *decoded)
{
    for (const char *at = decoded; *at != '\0';) {
        apr_size_t length = strcspn(at, "/");

        if (length <= 2 && length > 0 && at[0] == '.' && at[length - 1] == '.') {
            return true;
        }
        at += length;
        at += *at == '/';
    }
    return false;
}

/* Decodes the whole path; what is below the mount is a part of that text. */
static const was_error_t *decode_path(was_path_t *path, apr_size_t mount_length, apr_pool_t *pool)
{
    apr_size_t raw_length = strlen(path->raw);
    char *text = apr_palloc(pool, raw_length + 1);
    apr_size_t above;
    apr_size_t below;

    if (!was_percent_decode(path->raw, mount_length, text, &above) ||
        !was_percent_decode(path->raw + mount_length, raw_length - mount_length, text + above,
                            &below)) {
        return malformed_target("the path holds a % that two hex digits do not follow", pool);
    }
    text[above + below] = '\0';
    if (!was_utf8_valid(text, above + below)) {
        return malformed_target("the decoded path is not UTF-8 without NUL", pool);
    }
    if (has_dot_segment(text)) {
        return malformed_target("the path holds a dot segment", pool);
    }
    path->signable = text;
    path->decoded = text + above;
    path->decoded_length = below;
    return NULL;
}

/* The raw slashes divide; the escapes, known to be whole, are three bytes for one. */
static const was_error_t *split_path(was_path_t *path, apr_size_t mount_length, apr_pool_t *pool)
{
    const char *raw = path->raw + mount_length;
    apr_size_t offset = 1;
    int count = 0;

    for (const char *at = raw; *at != '\0'; at++) {
        count += *at == '/';
    }
    if (count > WAS_PATH_MAX_SEGMENTS) {
        return malformed_target("the path has too many segments", pool);
    }
    was_segment_t *segments = apr_palloc(pool, (apr_size_t)count * sizeof(*segments));

    for (int i = 0; i < count; i++) {
        apr_size_t length = 0;

        for (raw++; *raw != '/' && *raw != '\0'; raw += *raw == '%' ? 3 : 1) {
            length++;
        }
        segments[i].offset = offset;
        segments[i].length = length;
        offset += length + 1;
    }
    path->segments = segments;
    path->nsegments = count;
    return NULL;
}

/* Whether the raw path goes on below the mount. */
static bool is_below(const char *raw, const char *mount, apr_size_t mount_length)
{
    return strncmp(raw, mount, mount_length) == 0 && raw[mount_length] == '/';
}

static const was_error_t *check_target(const char *origin, apr_size_t path_length, apr_pool_t *pool)
{
    if (origin[0] != '/') {
        return malformed_target("the request target must begin with a slash", pool);
    }
    if (path_length > WAS_PATH_MAX_BYTES) {
        return was_error_make(pool, WAS_ERROR_TARGET_TOO_LONG, "/target",
                              "the path is longer than %d bytes", WAS_PATH_MAX_BYTES);
    }
    if (strchr(origin, '#') != NULL) {
        return malformed_target("the request target holds a fragment", pool);
    }
    if (has_forbidden_byte(origin)) {
        return malformed_target("the request target holds a blank or a control character", pool);
    }
    return NULL;
}

const was_error_t *was_path_parse(const char *target, const char *mount, const was_path_t **path,
                                  apr_pool_t *pool)
{
    const char *origin = origin_form(target);
    apr_size_t raw_length = strcspn(origin, "?");
    apr_size_t mount_length = strlen(mount);

    WAS_TRY(check_target(origin, raw_length, pool));
    was_path_t *made = apr_pcalloc(pool, sizeof(*made));

    made->target = apr_pstrdup(pool, origin);
    made->raw = made->target;
    if (origin[raw_length] == '?') {
        made->query = made->target + raw_length + 1;
        made->raw = apr_pstrmemdup(pool, origin, raw_length);
    }
    if (!is_below(made->raw, mount, mount_length)) {
        return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/target", "nothing is served there");
    }
    WAS_TRY(decode_path(made, mount_length, pool));
    WAS_TRY(split_path(made, mount_length, pool));
    *path = made;
    return NULL;
}

const char *was_path_segment(const was_path_t *path, int index, apr_pool_t *pool)
{
    const was_segment_t *segment = &path->segments[index];

    return apr_pstrmemdup(pool, path->decoded + segment->offset, segment->length);
}

const char *was_path_rest(const was_path_t *path, int index)
{
    return path->decoded + path->segments[index].offset - 1;
}
