/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_want: reads Want-Content-Digest and Want-Repr-Digest. Owns their grammar (a dictionary of RFC
 * 9651). Refuses to know requests, and what becomes of a wish.
 */

#include "http/was_want.h"

#include <stdbool.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { MOST = 10, INTEGER_DIGITS = 15 };

static bool read_name(const char **at, const char **name, size_t *length)
{
    *name = *at;
    *length = strspn(*at, LOWER DIGITS "_-.*");
    *at += *length;
    return *length > 0 && strchr(LOWER "*", **name) != NULL;
}

static bool read_preference(const char **at, int *weight)
{
    size_t length = strspn(*at, DIGITS);

    *weight = 0;
    for (size_t i = 0; i < length; i++) {
        *weight = 10 * *weight + ((*at)[i] - '0');
        if (*weight > MOST) {
            return false;
        }
    }
    *at += length;
    return length > 0 && length <= INTEGER_DIGITS;
}

static void take_preference(was_want_t *want, const char *name, size_t length, int weight)
{
    static const char sha256[] = "sha-256", sha512[] = "sha-512";

    if (length == sizeof(sha256) - 1 && memcmp(name, sha256, length) == 0) {
        want->sha256 = weight;
    }
    else if (length == sizeof(sha512) - 1 && memcmp(name, sha512, length) == 0) {
        want->sha512 = weight;
    }
}

/* One member, and what is behind it up to the next; `*more` when there is to be one. */
static bool read_member(const char **at, was_want_t *want, bool *more)
{
    const char *name;
    size_t length;
    int weight;

    if (!read_name(at, &name, &length) || *(*at)++ != '=' || !read_preference(at, &weight)) {
        return false;
    }
    take_preference(want, name, length, weight);
    *at += strspn(*at, " \t");
    *more = **at == ',';
    if (*more) {
        *at += 1 + strspn(*at + 1, " \t");
    }
    return *more || **at == '\0';
}

was_want_t was_want_read(const char *field)
{
    const was_want_t nothing = {0, 0};
    was_want_t want = nothing;
    bool more = field != NULL && *field != '\0';

    while (more) {
        if (!read_member(&field, &want, &more)) {
            return nothing;
        }
    }
    return want;
}
