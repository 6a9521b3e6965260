/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_array: the syntax of arrays. Owns its quoting; refuses to know what is in a list.
 */

#include "store/was_array.h"

#include <string.h>

/* `prefix` stands before each element, and needs no quoting itself. */
static const char *join_elements(const char *const *texts, int count, const char *prefix,
                                 apr_pool_t *pool)
{
    apr_size_t capacity = 3;

    for (int i = 0; i < count; i++) {
        capacity += 2 * strlen(texts[i]) + strlen(prefix) + 3;
    }
    char *array = apr_palloc(pool, capacity), *to = array;

    *to++ = '{';
    for (int i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        *to++ = '"';
        memcpy(to, prefix, strlen(prefix));
        to += strlen(prefix);
        for (const char *from = texts[i]; *from != '\0'; from++) {
            if (*from == '"' || *from == '\\') {
                *to++ = '\\';
            }
            *to++ = *from;
        }
        *to++ = '"';
    }
    *to++ = '}';
    *to = '\0';
    return array;
}

const char *was_array_texts(const char *const *texts, int count, apr_pool_t *pool)
{
    return join_elements(texts, count, "", pool);
}

const char *was_array_hashes(const char *const *hashes, int count, apr_pool_t *pool)
{
    return join_elements(hashes, count, "\\\\x", pool);
}
