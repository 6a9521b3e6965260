/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_path: the input is a mount's length, the mount, and a target. */
#include "fuzz.h"

#include "base/was_encoding.h"
#include "base/was_path.h"

static void check_segments(const was_path_t *path, apr_pool_t *pool)
{
    apr_size_t offset = 0;

    REQUIRE(path->nsegments >= 1 && path->nsegments <= WAS_PATH_MAX_SEGMENTS);
    for (int i = 0; i < path->nsegments; i++) {
        const char *segment = was_path_segment(path, i, pool);

        REQUIRE(path->decoded[offset] == '/');
        REQUIRE(was_path_rest(path, i) == path->decoded + offset);
        REQUIRE(path->segments[i].offset == offset + 1);
        REQUIRE(strlen(segment) == path->segments[i].length);
        REQUIRE(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
        offset += 1 + path->segments[i].length;
    }
    REQUIRE(offset == path->decoded_length);
}

/* What is accepted below a mount is, without the mount, the same path. */
static void check_mount(const was_path_t *path, const char *mount, apr_pool_t *pool)
{
    const was_path_t *bare = NULL;

    REQUIRE(strncmp(path->raw, mount, strlen(mount)) == 0);
    REQUIRE(was_path_parse(path->target + strlen(mount), "", &bare, pool) == NULL);
    REQUIRE(strcmp(bare->decoded, path->decoded) == 0);
    REQUIRE(bare->nsegments == path->nsegments);
}

static void check_path(const was_path_t *path, const char *mount, apr_pool_t *pool)
{
    apr_size_t raw_length = strlen(path->raw);
    apr_size_t length = strlen(path->signable);
    apr_size_t count = 0;
    char *decoded = apr_palloc(pool, raw_length + 1);

    REQUIRE(raw_length <= WAS_PATH_MAX_BYTES);
    REQUIRE(strncmp(path->target, path->raw, raw_length) == 0);
    REQUIRE(path->query == NULL ? path->target[raw_length] == '\0'
                                : strcmp(path->target + raw_length + 1, path->query) == 0);
    REQUIRE(was_percent_decode(path->raw, raw_length, decoded, &count));
    REQUIRE(count == length && memcmp(decoded, path->signable, length) == 0);
    REQUIRE(was_utf8_valid(path->signable, length));
    REQUIRE(strstr(path->signable, "/../") == NULL && strstr(path->signable, "/./") == NULL);
    REQUIRE(path->decoded_length <= length);
    REQUIRE(strcmp(path->signable + length - path->decoded_length, path->decoded) == 0);
    check_segments(path, pool);
    check_mount(path, mount, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    size_t mount_size = size == 0 ? 0 : data[0] % 8;
    const was_path_t *path = NULL;
    const was_error_t *error;
    char *mount;
    char *target;

    if (size < 1 + mount_size) {
        return 0;
    }
    mount = fuzz_text(data + 1, mount_size);
    target = fuzz_text(data + 1 + mount_size, size - 1 - mount_size);
    /* A mount is the administrator's: "", or a path without a slash at its end. */
    if (mount[0] != '\0' && (mount[0] != '/' || mount[strlen(mount) - 1] == '/')) {
        mount[0] = '\0';
    }
    error = was_path_parse(target, mount, &path, pool);
    free(target);
    if (error == NULL) {
        check_path(path, mount, pool);
    }
    else {
        REQUIRE(path == NULL && strcmp(error->pointer, "/target") == 0);
        REQUIRE(error->kind == WAS_ERROR_MALFORMED || error->kind == WAS_ERROR_NOT_FOUND ||
                error->kind == WAS_ERROR_TARGET_TOO_LONG);
        fuzz_check_error(error, error->kind);
    }
    free(mount);
    apr_pool_clear(pool);
    return 0;
}
