/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_prefer: reads Prefer. Owns its grammar. Refuses to know requests, and what becomes of a wish.
 */

#include "http/was_prefer.h"

#include <apr_cstr.h>

#include <string.h>

static const char *skip_gap(const char *at)
{
    return at + strspn(at, " \t");
}

/* Behind a quoted text, or at the end. */
static const char *skip_quoted(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        at += *at == '\\' && at[1] != '\0';
    }
    return *at == '"' ? at + 1 : at;
}

/* The beginning of the next preference, or the end. */
static const char *next_preference(const char *at)
{
    while (*at != '\0' && *at != ',') {
        at = *at == '"' ? skip_quoted(at) : at + 1;
    }
    return *at == ',' ? at + 1 : at;
}

static int read_wait(const char *at)
{
    const char *first = at += *at == '"';
    int seconds = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        seconds = 10 * seconds + (*at - '0');
        seconds = seconds < WAS_PREFER_WAIT_MAX ? seconds : WAS_PREFER_WAIT_MAX;
    }
    at += first[-1] == '"' && *at == '"';
    at = skip_gap(at);
    return *at == '\0' || *at == ',' || *at == ';' ? seconds : 0;
}

int was_prefer_wait(const char *field)
{
    static const char name[] = "wait";
    const apr_size_t length = sizeof(name) - 1;

    while (field != NULL && *field != '\0') {
        const char *at = skip_gap(field);

        if (apr_cstr_casecmpn(at, name, length) == 0) {
            at = skip_gap(at + length);
            if (*at == '=') {
                return read_wait(skip_gap(at + 1));
            }
        }
        field = next_preference(at);
    }
    return 0;
}
