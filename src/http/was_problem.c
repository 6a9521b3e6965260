/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_problem: errors as clients and operators see them. Owns the status of every kind and its face
 * in a protocol, the problem document, and what of a failure is logged. Refuses to know why a
 * request failed, and to send anything.
 */

#include "http/was_problem.h"

#include "base/was_encoding.h"

#include <http_log.h>
#include <http_protocol.h>

#include <apr_strings.h>

#include <string.h>

APLOG_USE_MODULE(was);

/* What is left to say when a document cannot be built. */
static const char last_resort[] = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\","
                                  "\"status\":500,"
                                  "\"errors\":[{\"detail\":\"Internal Server Error\"}]}";

/* Where the protocol has a face of its own for the kind. */
static void apply_face(was_face_t *face, const was_face_t *own)
{
    face->status = own->status != 0 ? own->status : face->status;
    face->fragment = own->fragment != NULL ? own->fragment : face->fragment;
    face->title = own->title != NULL ? own->title : face->title;
    face->pointer = own->pointer != NULL ? own->pointer : face->pointer;
    face->masked = own->masked;
    face->untyped = own->untyped;
}

/* How the protocol shows this error. */
static was_face_t find_face(const was_protocol_t *protocol, const was_error_t *error)
{
    static const struct {
        int status;
        const char *fragment, *title;
    } kinds[] = {
#define WAS_KIND_ROW(name, status, fragment, title) {status, fragment, title},
        WAS_ERROR_KINDS(WAS_KIND_ROW)
#undef WAS_KIND_ROW
    };
    was_face_t face = {.kind = error->kind,
                       .status = kinds[error->kind].status,
                       .fragment = kinds[error->kind].fragment,
                       .title = kinds[error->kind].title,
                       .pointer = error->pointer};

    for (int i = 0; i < protocol->nfaces; i++) {
        if (protocol->faces[i].kind == error->kind) {
            apply_face(&face, &protocol->faces[i]);
        }
    }
    return face;
}

/* Whether it is ours to repair; what is not offered, or beyond a limit, is a refusal. */
static bool is_failure(int status)
{
    return ap_is_HTTP_SERVER_ERROR(status) && status != HTTP_NOT_IMPLEMENTED &&
           status != HTTP_INSUFFICIENT_STORAGE;
}

static bool can_be_told(const char *text)
{
    return text != NULL && was_utf8_valid(text, strlen(text));
}

/* What a client can be told of failures that are described for the operator only. */
static const char *choose_detail(const was_error_t *error, const was_face_t *face)
{
    if (face->masked) {
        return face->title;
    }
    if (can_be_told(error->detail)) {
        return error->detail;
    }
    switch (error->kind) {
    case WAS_ERROR_UNAVAILABLE:
        return "the database cannot be used now; nothing was written, and the request can be "
               "sent again";
    case WAS_ERROR_UNCERTAIN:
        return "the database went away while it was writing: whether the write was kept is not "
               "known, so read before you send it again";
    default:
        return face->title;
    }
}

/* The document, which is the pool's; NULL when it cannot be built. */
static json_t *build_document(const was_request_t *request, const was_face_t *face,
                              const was_error_t *error)
{
    const char *pointer = !face->masked && can_be_told(face->pointer) ? face->pointer : NULL;
    const char *type = face->untyped ? "about:blank"
                                     : apr_pstrcat(request->pool, request->protocol->problem_base,
                                                   face->fragment, NULL);

    return was_json_own(json_pack("{s:s, s:s, s:i, s:[{s:s, s:s*}], s:s}", "type", type, "title",
                                  face->title, "status", face->status, "errors", "detail",
                                  choose_detail(error, face), "pointer", pointer, "requestId",
                                  was_request_id(request)),
                        request->pool);
}

/* `what` says what becomes of the request. */
static void log_error(const was_request_t *request, int status, const char *what,
                      const was_error_t *error)
{
    /* Whoever has deleted something could fill the log otherwise, or writes to what is moved. */
    bool is_loud =
        is_failure(status) && error->kind != WAS_ERROR_CLEARING && error->kind != WAS_ERROR_MOVING;

    ap_log_rerror(APLOG_MARK, is_loud ? APLOG_ERR : APLOG_INFO, 0, request->r, "%s %s %s",
                  was_request_mark(request), what, was_error_chain(error, request->pool));
}

void was_problem_log_cut(const was_request_t *request, const was_error_t *error)
{
    log_error(request, find_face(request->protocol, error).status, "an answer ends early:", error);
}

void was_problem_log_skipped(const was_request_t *request, const was_error_t *error)
{
    log_error(request, find_face(request->protocol, error).status, "left out:", error);
}

was_problem_t was_problem_make(const was_request_t *request, const was_error_t *error)
{
    was_face_t face = find_face(request->protocol, error);
    was_problem_t problem = {.status = face.status};
    const json_t *document = build_document(request, &face, error);

    log_error(request, face.status, was_error_name(error->kind), error);
    if (document != NULL) {
        problem.text = was_json_text(document, &problem.length, request->pool);
    }
    if (problem.text == NULL) {
        error = was_error_log(request->pool, WAS_ERROR_BROKEN, "a problem cannot be written");
        problem.status = HTTP_INTERNAL_SERVER_ERROR;
        problem.text = last_resort;
        problem.length = sizeof(last_resort) - 1;
        log_error(request, problem.status, was_error_name(error->kind), error);
    }
    return problem;
}
