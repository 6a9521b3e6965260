/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_RESPOND_H
#define WAS_RESPOND_H

#include "base/was_json.h"
#include "http/was_protocol.h"

/*
 * was_respond: answers as values, and the one place where they become HTTP: headers, validators,
 * conditional answers. What becomes of an answer is decided before any header is written.
 */

typedef enum was_answer_t {
    WAS_ANSWER_OK,
    WAS_ANSWER_CREATED,
    WAS_ANSWER_NO_CONTENT,
    WAS_ANSWER_MOVED /* permanently, method kept */
} was_answer_t;

/* Where a streamed answer goes. A write blocks while the client is slow; nothing else is held. What
 * fails before the first write is answered as a problem; later, the answer is cut so that the
 * client sees it: no last chunk, or (HTTP/1.0) a connection that is reset. */
typedef struct was_stream_t was_stream_t;

/* Errors: INCOMPLETE (the client went away). */
WAS_CHECKED const was_error_t *was_stream_write(was_stream_t *stream, const void *bytes,
                                                apr_size_t length);

/* Set by a handler, all zero before. Everything lives in the request's pool. */
struct was_response_t {
    was_answer_t answer;
    const char *location;    /* path from the origin's root, or a URL */
    const char *type;        /* of the body */
    const char *etag;        /* without quotes; NULL: no validator */
    apr_int64_t modified;    /* Unix seconds; 0 or less: unknown */
    const char *cache;       /* Cache-Control */
    const char *disposition; /* Content-Disposition */
    bool varies_by_accept;

    /* The body: at most one of the four, and one of them where there is a `type` or where the
     * answer is WAS_ANSWER_OK; a body that is missing is a failure. */
    const json_t *json;
    const char *text;                                                 /* as it is */
    const was_resource_t *resource;                                   /* a stored content */
    const was_error_t *(*produce)(was_stream_t *stream, void *baton); /* unknown length */
    void *baton;
};

/* Sends a response; evaluates If-None-Match and the like for reads. Returns a handler's value. */
int was_respond(was_request_t *request, const was_response_t *response);

/* Sends an error as a problem document (RFC 9457) and logs it. `allow` is the Allow field of a 405.
 * Returns a handler's value. */
int was_respond_error(was_request_t *request, const was_error_t *error, const char *allow);

/* The same to a request whose head could not be read: nothing more of it is. */
void was_respond_unread(was_request_t *request, const was_error_t *error);

/* Answers OPTIONS: what is allowed here, and what a browser asks before it sends. */
int was_respond_options(was_request_t *request, const char *allow);

#endif
