/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ROUTE_H
#define WAS_ROUTE_H

#include "http/was_request.h"
#include "http/was_respond.h"

/*
 * was_route: a protocol as data, and the one driver that every request goes through:
 *
 *   target -> path -> row -> method -> authenticate -> what must be known before the body
 *   -> authorize -> replay guard -> body -> preconditions -> handler -> respond
 *
 * A handler is called with a parsed request whose signature was verified as its row demands, and
 * returns an error or a response value. It cannot answer without the driver, nor before it.
 */

/*
 * What a row needs. There is no default: a row that leaves it out has WAS_RIGHT_NONE and is never
 * matched, so that what names no right answers 404.
 */
typedef enum was_right_t {
    WAS_RIGHT_NONE,
    WAS_RIGHT_ANYONE,     /* no signature is looked at */
    WAS_RIGHT_READER,     /* whoever may read: a signature is verified when there is one */
    WAS_RIGHT_SIGNER,     /* anybody who proves a DID */
    WAS_RIGHT_CONTROLLER, /* the signer must control the space: the store's statement decides */

    /* Of pws (sections 2 and 8.1), decided by its authorize function. */
    WAS_RIGHT_READ,            /* a capability, or else a policy that lets anybody read */
    WAS_RIGHT_CAPABILITY,      /* a capability for this method and URL */
    WAS_RIGHT_LIST_SPACES,     /* whoever asks sees what it controls */
    WAS_RIGHT_CREATE_SPACE,    /* the consent of the controller that the body names */
    WAS_RIGHT_PUT_SPACE,       /* that, or the controller itself when the space exists */
    WAS_RIGHT_DELETE_SPACE,    /* the controller, or a capability for just this */
    WAS_RIGHT_PUT_COLLECTION,  /* the controller, or a capability for the space or the collection */
    WAS_RIGHT_CONTROLLER_ONLY, /* the controller itself, without delegation */
    WAS_RIGHT_REVOKE           /* the controller, or who delegated in the chain */
} was_right_t;

typedef enum was_need_t {
    WAS_NEED_NOTHING,  /* a body is ignored */
    WAS_NEED_DOCUMENT, /* a JSON text of at most WAS_DOCUMENT_MAX_BYTES */
    WAS_NEED_CONTENT   /* bytes to store */
} was_need_t;

enum { WAS_DOCUMENT_MAX_BYTES = 64 * 1024 };

typedef struct was_route_t {
    const char *method; /* "GET" answers HEAD too; "*" answers every method */
    /* Segments below the mount: literal, `*` for any one that is not empty, a final `**` for
     * anything, the empty rest behind a slash included. The first shape that fits decides. */
    const char *shape;
    was_right_t right;
    was_need_t need;
    const was_error_t *(*handle)(was_request_t *request, was_response_t *response);
} was_route_t;

/* How a protocol shows a kind of error: NULL and 0 mean as was_error has it. */
typedef struct was_face_t {
    was_error_kind_t kind;
    int status;
    const char *fragment;
    const char *title;
    const char *pointer; /* wins over the error's own */
    /* True for what must look the same whatever caused it: no detail and no pointer are shown. */
    bool masked;
    bool untyped; /* the problem type is about:blank */
} was_face_t;

typedef struct was_protocol_t {
    const char *name;
    const char *problem_base;  /* what problem types begin with */
    const char *challenge;     /* WWW-Authenticate of a 401 */
    const was_route_t *routes; /* ends with a row whose method is NULL */
    const was_face_t *faces;
    int nfaces;
    /* Who asks, by what the row's right needs: verifies the signature of a request that has one,
     * and sets the caller. Not called for WAS_RIGHT_ANYONE. */
    const was_error_t *(*authenticate)(was_request_t *request);
    /* Whether the caller may; NULL where the store's statements decide it alone. Not called for
     * WAS_RIGHT_ANYONE. */
    const was_error_t *(*authorize)(was_request_t *request);
    /* Adds the fields that every answer has; or NULL. */
    void (*decorate)(was_request_t *request);
} was_protocol_t;

/* Answers the request by the protocol's table. The return value is a handler's. */
int was_route_handle(request_rec *r, const was_protocol_t *protocol);

#endif
