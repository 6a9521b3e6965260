/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ERROR_H
#define WAS_ERROR_H

#include <apr_pools.h>

/*
 * was_error: every way a request can fail, as a value.
 *
 * Functions that can fail return `const was_error_t *`, and their declarations say WAS_CHECKED.
 * NULL means fine, and what they make comes out by parameter, untouched when they fail. An error
 * lives as long as the pool it was made in.
 *
 * An error has two texts. `detail` is written for the client and reaches the problem body; it never
 * holds SQL, key material or stored bytes. `reason` is written for the operator and reaches only
 * the error log.
 */

/*
 * The kinds: name, HTTP status, fragment of the problem type (RFC 9457), title.
 * Only was_problem reads the last three columns; a protocol may give a kind another face there.
 */
#define WAS_ERROR_KINDS(X)                                                                         \
    /* The request line or a header is not what the protocol allows. */                            \
    X(MALFORMED, 400, "bad-request", "Bad Request")                                                \
    /* An identifier in the path or the body has characters or a length that ids cannot have. */   \
    X(INVALID_ID, 400, "bad-request", "Bad Request")                                               \
    /* The body is not the document that the route takes. */                                       \
    X(INVALID_BODY, 400, "bad-request", "Bad Request")                                             \
    /* The body ended early, or the client stopped sending it. */                                  \
    X(INCOMPLETE, 400, "bad-request", "Bad Request")                                               \
    /* Bytes to store that come without a media type, where one is demanded. */                    \
    X(MISSING_TYPE, 400, "bad-request", "Bad Request")                                             \
    /* A page's position that we did not give out. */                                              \
    X(INVALID_CURSOR, 400, "bad-request", "Bad Request")                                           \
    /* An archive that is none, or has what cannot be stored. */                                   \
    X(INVALID_ARCHIVE, 400, "bad-request", "Bad Request")                                          \
    /* An encryption that we do not know. */                                                       \
    X(UNSUPPORTED_SCHEME, 400, "bad-request", "Bad Request")                                       \
    /* Made for a controller that did not consent. */                                              \
    X(MISMATCH, 400, "bad-request", "Bad Request")                                                 \
    /* Neither signature nor capability, where only who holds one may go on. */                    \
    X(UNSIGNED, 401, "unauthorized", "Unauthorized")                                               \
    /* No signature, or one that does not prove what it must. */                                   \
    X(UNAUTHENTICATED, 401, "unauthorized", "Unauthorized")                                        \
    /* A proven caller without the right. */                                                       \
    X(FORBIDDEN, 403, "forbidden", "Forbidden")                                                    \
    /* The right, but the operator has the space kept as it is. */                                 \
    X(FROZEN, 403, "forbidden", "Forbidden")                                                       \
    X(NOT_FOUND, 404, "not-found", "Not Found")                                                    \
    /* The holder's own capability has expired, or was revoked. */                                 \
    X(EXPIRED, 404, "not-found", "Not Found")                                                      \
    X(REVOKED, 404, "not-found", "Not Found")                                                      \
    X(METHOD, 405, "method-not-allowed", "Method Not Allowed")                                     \
    X(TIMEOUT, 408, "request-timeout", "Request Timeout")                                          \
    X(CONFLICT, 409, "conflict", "Conflict")                                                       \
    /* An identifier that means something else where it stands. */                                 \
    X(RESERVED_ID, 409, "conflict", "Conflict")                                                    \
    X(UNKNOWN_BACKEND, 409, "conflict", "Conflict")                                                \
    /* A member that cannot change any more. */                                                    \
    X(IMMUTABLE, 409, "conflict", "Conflict")                                                      \
    /* One that another record of the client's decides. */                                         \
    X(GOVERNED, 409, "conflict", "Conflict")                                                       \
    X(REVISIONS_FIXED, 409, "conflict", "Conflict")                                                \
    /* A write over what was to be written once. */                                                \
    X(WRITTEN_ONCE, 409, "conflict", "Conflict")                                                   \
    X(PRECONDITION, 412, "precondition-failed", "Precondition Failed")                             \
    X(TOO_LARGE, 413, "content-too-large", "Content Too Large")                                    \
    X(TARGET_TOO_LONG, 414, "uri-too-long", "URI Too Long")                                        \
    X(RANGE, 416, "range-not-satisfiable", "Range Not Satisfiable")                                \
    X(UNSUPPORTED, 415, "unsupported-media-type", "Unsupported Media Type")                        \
    /* The fields of the head are too many, or one is too long. */                                 \
    X(FIELDS_TOO_LARGE, 431, "request-header-fields-too-large", "Request Header Fields Too Large") \
    /* What another server behind the same address is for. */                                      \
    X(MISDIRECTED, 421, "misdirected-request", "Misdirected Request")                              \
    /* Plaintext where an encrypted envelope is due. */                                            \
    X(NOT_ENCRYPTED, 422, "unprocessable-content", "Unprocessable Content")                        \
    /* A defect of ours, or a database that refuses what it should take. */                        \
    X(BROKEN, 500, "internal-server-error", "Internal Server Error")                               \
    X(NOT_IMPLEMENTED, 501, "not-implemented", "Not Implemented")                                  \
    /* More than a limit of the operator allows. */                                                \
    X(QUOTA, 507, "quota-exceeded", "Quota Exceeded")                                              \
    /* Nothing was written; the same request may succeed later. */                                 \
    X(UNAVAILABLE, 503, "service-unavailable", "Service Unavailable")                              \
    /* The same, since what was deleted there is not cleared away yet. */                          \
    X(CLEARING, 503, "service-unavailable", "Service Unavailable")                                 \
    /* The same, since the space is on its way to another database. */                             \
    X(MOVING, 503, "service-unavailable", "Service Unavailable")                                   \
    /* The database went away while it committed: written or not, nobody knows. */                 \
    X(UNCERTAIN, 503, "service-unavailable", "Service Unavailable")

typedef enum was_error_kind_t {
#define WAS_ERROR_ENUM(name, status, fragment, title) WAS_ERROR_##name,
    WAS_ERROR_KINDS(WAS_ERROR_ENUM)
#undef WAS_ERROR_ENUM
        WAS_ERROR_KIND_COUNT
} was_error_kind_t;

typedef struct was_error_t was_error_t;
struct was_error_t {
    was_error_kind_t kind;
    const char *pointer;      /* what the error is about, as a JSON pointer or fragment; or NULL */
    const char *detail;       /* for the client; or NULL: the title says it all */
    const char *reason;       /* for the log only; or NULL */
    const was_error_t *cause; /* what led to it; or NULL */
};

/* Stands before a function that can fail: the compiler complains of who drops its result. */
#define WAS_CHECKED __attribute__((warn_unused_result))

/* Evaluates an expression that yields an error and passes a failure up. */
#define WAS_TRY(expression)                                                                        \
    do {                                                                                           \
        const was_error_t *was_try_error_ = (expression);                                          \
        if (was_try_error_ != NULL) {                                                              \
            return was_try_error_;                                                                 \
        }                                                                                          \
    } while (0)

/*
 * An error that the client may read: printf-like `format` makes its detail.
 * `pointer` is kept, not copied. The pool comes first because of the variable arguments.
 */
WAS_CHECKED const was_error_t *was_error_make(apr_pool_t *pool, was_error_kind_t kind,
                                              const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5), returns_nonnull));

/* An error whose text is for the log only; the client sees the kind's title. */
WAS_CHECKED const was_error_t *was_error_log(apr_pool_t *pool, was_error_kind_t kind,
                                             const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/*
 * The same failure seen from further up: kind, pointer and detail are the cause's, the text is
 * added for the log.
 */
WAS_CHECKED const was_error_t *was_error_wrap(apr_pool_t *pool, const was_error_t *cause,
                                              const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/* The name of a kind, for the log: "NOT_FOUND". */
const char *was_error_name(was_error_kind_t kind);

/* The whole chain of reasons and details, outermost first, as they are: for the reason of an error
 * that must live longer than its cause. A log gets was_error_chain. In the pool, or older than it:
 * copy it before the error's own pool goes. */
const char *was_error_text(const was_error_t *error, apr_pool_t *pool);

/* The same as one line; no control characters. */
const char *was_error_chain(const was_error_t *error, apr_pool_t *pool);

#endif
