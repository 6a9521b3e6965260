/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PROTOCOL_H
#define WAS_PROTOCOL_H

#include "http/was_request.h"
#include "store/was_limit.h"

/*
 * was_protocol: a protocol as data: rows of routes with their rights, faces of errors, and the
 * functions that say who asks and what he may. Nothing here runs by itself: was_match finds the
 * row, was_route goes the way.
 */

typedef struct was_response_t was_response_t; /* see was_respond */

/*
 * When a right is decided. Before the body, so that nobody without it has us take and keep his
 * bytes; behind the body where what the body says decides. Of a right with neither, the store's
 * statements decide.
 */
typedef enum was_phase_t {
    WAS_PHASE_NONE = 0,
    WAS_PHASE_BEFORE_BODY = 1, /* was_protocol_t.authorize */
    WAS_PHASE_BEHIND_BODY = 2  /* was_protocol_t.authorize_by_body */
} was_phase_t;

/* What a row can need, and the phases that decide it, as bits of was_phase_t. */
#define WAS_RIGHTS(X)                                                                              \
    /* No signature is looked at. */                                                               \
    X(ANYONE, WAS_PHASE_NONE)                                                                      \
    /* Whoever may read: a signature is verified when there is one. */                             \
    X(READER, WAS_PHASE_NONE)                                                                      \
    /* Anybody who proves a DID. */                                                                \
    X(SIGNER, WAS_PHASE_NONE)                                                                      \
    /* The signer must control the space. */                                                       \
    X(CONTROLLER, WAS_PHASE_NONE)                                                                  \
    /* Of pws, sections 2 and 8.1: a capability, or else a policy that lets anybody read. */       \
    X(READ, WAS_PHASE_BEFORE_BODY)                                                                 \
    /* A capability for this method and URL. */                                                    \
    X(CAPABILITY, WAS_PHASE_BEFORE_BODY)                                                           \
    /* Whoever asks sees what it controls. */                                                      \
    X(LIST_SPACES, WAS_PHASE_BEHIND_BODY)                                                          \
    /* The consent of the controller that the body names. */                                       \
    X(CREATE_SPACE, WAS_PHASE_BEHIND_BODY)                                                         \
    /* That, or the controller itself when the space exists. */                                    \
    X(PUT_SPACE, WAS_PHASE_BEFORE_BODY | WAS_PHASE_BEHIND_BODY)                                    \
    /* The controller, or a capability for just this. */                                           \
    X(DELETE_SPACE, WAS_PHASE_BEFORE_BODY)                                                         \
    /* The controller, or a capability for the space or the collection. */                         \
    X(PUT_COLLECTION, WAS_PHASE_BEFORE_BODY)                                                       \
    /* The controller itself, without delegation. */                                               \
    X(CONTROLLER_ONLY, WAS_PHASE_BEFORE_BODY)                                                      \
    /* The controller, or whom the chain that the body is was delegated to. */                     \
    X(REVOKE, WAS_PHASE_BEFORE_BODY | WAS_PHASE_BEHIND_BODY)

/*
 * There is no default: a row that leaves its right out has WAS_RIGHT_NONE and is never matched, so
 * that what names no right answers 404. So does a row whose right is decided in a phase that its
 * protocol does not have.
 */
typedef enum was_right_t {
    WAS_RIGHT_NONE,
#define WAS_RIGHT_ENUM(name, phases) WAS_RIGHT_##name,
    WAS_RIGHTS(WAS_RIGHT_ENUM)
#undef WAS_RIGHT_ENUM
        WAS_RIGHT_COUNT
} was_right_t;

typedef enum was_need_t {
    WAS_NEED_NOTHING,             /* a body is ignored */
    WAS_NEED_DOCUMENT,            /* a JSON object of at most WAS_DOCUMENT_MAX_BYTES */
    WAS_NEED_DOCUMENT_OR_NOTHING, /* that, or an empty body */
    WAS_NEED_LINES,               /* bytes in memory, of at most WAS_LINES_MAX_BYTES */
    WAS_NEED_CONTENT,             /* bytes to store */
    WAS_NEED_ARCHIVE              /* bytes that hold what is to be stored */
} was_need_t;

enum { WAS_DOCUMENT_MAX_BYTES = 64 * 1024, WAS_LINES_MAX_BYTES = WAS_PIECE_BYTES };

/* What the authorizer may fetch on its way, so that a request costs one exchange with the store. */
typedef enum was_fetch_t {
    WAS_FETCH_NOTHING,
    WAS_FETCH_SPACE,
    WAS_FETCH_RESOURCE,
    /* Nothing, not even the right: the row's own statements look for it, if the body is short and
     * nobody waits to be told that he may send it. */
    WAS_FETCH_BY_STATEMENT
} was_fetch_t;

typedef struct was_route_t {
    const char *method; /* "GET" answers HEAD too; "*" answers every method */
    /* Segments below the mount: literal, `*` for any one that is not empty, a final `**` for
     * anything, the empty rest behind a slash included. The first shape that fits decides. */
    const char *shape;
    was_right_t right;
    was_need_t need;
    was_fetch_t fetch;
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

/* What a content that is long finds. */
typedef struct was_place_t {
    const char *space; /* that its parts will belong to; NULL: it will stand in its row */
    was_room_t room;
} was_place_t;

typedef struct was_protocol_t {
    const char *name;
    const char *problem_base;  /* what problem types begin with */
    const char *challenge;     /* WWW-Authenticate of a 401 that has no other */
    const was_route_t *routes; /* ends with a row whose method is NULL */
    const was_face_t *faces;
    int nfaces;
    /* Whether the row's shape means this path, by the path alone: of what is no more than a name
     * there, the table cannot tell. Where it does not, nothing is served. NULL: it always does. */
    bool (*serves)(const was_request_t *request, const was_route_t *row);
    /* Who asks, by what the row's right needs: verifies the signature of a request that has one,
     * and sets the caller. Not called for WAS_RIGHT_ANYONE. */
    const was_error_t *(*authenticate)(was_request_t *request);
    /* Whether the caller may, by all that is known before the body; NULL where the protocol has no
     * such right. */
    const was_error_t *(*authorize)(was_request_t *request);
    /* Whether the caller may, by what the body says; the same. A document that could not be parsed
     * is NULL here: the client is told so only when this has let him pass. */
    const was_error_t *(*authorize_by_body)(was_request_t *request);
    /* Before more than WAS_PIECE_BYTES of a content, or an archive, are taken: whether the caller
     * may write it, if no phase has said so, under the request's conditions as things are, and how
     * much of it. NULL where no row takes content. */
    const was_error_t *(*admit_content)(was_request_t *request, was_place_t *place);
    /* Is shown a body as it comes, in pieces; NULL where nobody looks. */
    void (*inspect)(const was_request_t *request, const char *bytes, apr_size_t count);
    /* What a request came to whose write may have taken the right along; the protocol's word
     * counts. NULL where no row lets it. */
    const was_error_t *(*settle)(was_request_t *request, const was_error_t *error);
    /* Adds the fields that every answer has; or NULL. */
    void (*decorate)(was_request_t *request);
} was_protocol_t;

#endif
