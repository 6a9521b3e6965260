/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef FUZZ_REQUEST_H
#define FUZZ_REQUEST_H

#include "fuzz.h"

#include "http/was_request.h"
#include "http/was_respond.h"
#include "http/was_protocol.h"

/*
 * request: what the targets of rooms that know httpd have in place of a server: a request that did
 * not come over a connection, and what would have been sent. The tables and pools are APR's own.
 */

/* A request of its own, without fields, for GET of "/"; lives as long as the pool. */
was_request_t *fuzz_request(const was_protocol_t *protocol, apr_pool_t *pool);

/* Sets a field of the request, as httpd would: not NUL, no line break; nothing for NULL. */
void fuzz_field(was_request_t *request, const char *name, const char *value);

/* What was_respond has sent since the request was made: the body's bytes, and the last line that
 * was logged. */
typedef struct fuzz_sent_t {
    char *body;
    apr_size_t length;
    const char *logged;
    int level; /* of that line */
} fuzz_sent_t;
const fuzz_sent_t *fuzz_sent(void);

/* The next line of the input, or its rest, cut off in place; NULL when there is none left. */
static inline char *fuzz_line(char **rest)
{
    char *line = *rest;
    char *end = line == NULL ? NULL : strchr(line, '\n');

    *rest = end == NULL ? NULL : end + 1;
    if (end != NULL) {
        *end = '\0';
    }
    return line;
}

/* Whether a field of an answer can go out: no control character. */
static inline bool fuzz_can_be_sent(const char *value)
{
    for (; *value != '\0'; value++) {
        if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f) {
            return false;
        }
    }
    return true;
}

#endif
