/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_REQUEST_H
#define WAS_REQUEST_H

#include "http/was_config.h"
#include "base/was_json.h"
#include "base/was_path.h"
#include "store/was_content.h"
#include "store/was_preconditions.h"
#include "auth/was_signature.h"

/*
 * was_request: what a request is to us. Made by the driver, filled step by step, handed to the
 * protocol's functions. They never see request_rec: what they need of the headers they ask here.
 */

typedef struct was_body_t was_body_t;

typedef struct was_request_t {
    request_rec *r; /* for src/http only */
    apr_pool_t *pool;
    const was_config_t *config;
    const struct was_protocol_t *protocol;
    const struct was_route_t *route;
    was_db_t *db;
    was_verified_t *verified;
    const was_path_t *path;
    const char *method;
    bool is_head;
    apr_int64_t now;                  /* Unix seconds, when the request came */
    const was_signature_t *signature; /* verified; NULL for none */
    const char *caller;               /* the DID that signed; NULL for nobody */
    was_conditions_t conditions;      /* of a write */
    const was_body_t *body;           /* NULL when the route takes none */
    json_t *document;                 /* the body, where the route takes a JSON object; or NULL */
    bool may_carry; /* the row's statements may take the right along; see was_fetch_t */
    void *state;    /* the protocol's own; NULL at first */
} was_request_t;

/* A request with path and configuration set, nothing proven. Errors: those of was_path_parse. */
WAS_CHECKED const was_error_t *
was_request_make(request_rec *r, const struct was_protocol_t *protocol, was_request_t *request);

/* The same of one whose target was not understood: it has no path. */
void was_request_make_unread(request_rec *r, const struct was_protocol_t *protocol,
                             was_request_t *request);

/* The value of a header field, given any case of its name: trimmed, several joined with ", ";
 * NULL when there is none. */
const char *was_request_field(const was_request_t *request, const char *name);

/* What names this request in logs and answers: mod_unique_id's name for it, else one of our own; at
 * most 128 printable characters of ASCII, without blanks. Never one that a client sends: two
 * requests would have one name. httpd's logs have it as the environment's UNIQUE_ID. */
const char *was_request_id(const was_request_t *request);

/* What a line in the error log begins with: "[ID]", and " [trace ID]" where the request says by a
 * traceparent which trace it is a part of (was_trace; the environment's WAS_TRACE_ID, too). */
const char *was_request_mark(const was_request_t *request);

/* The public origin, "https://host": WASBaseURL, or the one that the client asked. */
const char *was_request_origin(const was_request_t *request);

/* The path below which the routes begin: "" or "/path". */
const char *was_request_mount(const was_request_t *request);

/* Sets a field of the answer, of whatever kind it will be. The text is kept, not copied. */
void was_request_answer_field(const was_request_t *request, const char *name, const char *value);

/* Tells httpd who the caller is, for its access log and for other modules. */
void was_request_set_caller(was_request_t *request, const was_signature_t *signature);

#endif
