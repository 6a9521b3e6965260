/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_error: makes failures, and turns a chain of them into one line for the log.
 * Refuses to know what a failure looks like over HTTP: that is was_respond's.
 */

#include "base/was_error.h"

#include <apr_strings.h>

#include <stdarg.h>
#include <string.h>

static was_error_t *new_error(apr_pool_t *pool, was_error_kind_t kind)
{
    was_error_t *error = apr_pcalloc(pool, sizeof(*error));

    error->kind = kind;
    return error;
}

const was_error_t *was_error_make(apr_pool_t *pool, was_error_kind_t kind, const char *pointer,
                                  const char *format, ...)
{
    was_error_t *error = new_error(pool, kind);
    va_list arguments;

    error->pointer = pointer;
    va_start(arguments, format);
    error->detail = apr_pvsprintf(pool, format, arguments);
    va_end(arguments);
    return error;
}

const was_error_t *was_error_log(apr_pool_t *pool, was_error_kind_t kind, const char *format, ...)
{
    was_error_t *error = new_error(pool, kind);
    va_list arguments;

    va_start(arguments, format);
    error->reason = apr_pvsprintf(pool, format, arguments);
    va_end(arguments);
    return error;
}

const was_error_t *was_error_wrap(apr_pool_t *pool, const was_error_t *cause, const char *format,
                                  ...)
{
    was_error_t *error = new_error(pool, cause->kind);
    va_list arguments;

    error->pointer = cause->pointer;
    error->detail = cause->detail;
    error->cause = cause;
    va_start(arguments, format);
    error->reason = apr_pvsprintf(pool, format, arguments);
    va_end(arguments);
    return error;
}

const char *was_error_name(was_error_kind_t kind)
{
    static const char *const names[] = {
#define WAS_ERROR_NAME(name, status, fragment, title) #name,
        WAS_ERROR_KINDS(WAS_ERROR_NAME)
#undef WAS_ERROR_NAME
    };

    /* A kind out of range is a defect elsewhere; the log must survive telling of it. */
    return (unsigned)kind < WAS_ERROR_KIND_COUNT ? names[kind] : "UNKNOWN";
}

/*
 * Texts of libraries, and so bytes of strangers, end up in the log. Whatever could end the line or
 * steer a terminal is written as \xNN, and the backslash itself doubled so that the line has one
 * reading.
 */
static const char *escape_line(const char *text, apr_pool_t *pool)
{
    static const char digits[] = "0123456789abcdef";
    char *escaped = apr_palloc(pool, 4 * strlen(text) + 1);
    char *to = escaped;

    for (const unsigned char *from = (const unsigned char *)text; *from != '\0'; from++) {
        if (*from < 0x20 || *from > 0x7e) {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[*from >> 4];
            *to++ = digits[*from & 0x0f];
        }
        else {
            if (*from == '\\') {
                *to++ = '\\';
            }
            *to++ = (char)*from;
        }
    }
    *to = '\0';
    return escaped;
}

static const char *append_part(const char *text, const char *part, apr_pool_t *pool)
{
    return text == NULL ? part : apr_pstrcat(pool, text, ": ", part, NULL);
}

const char *was_error_text(const was_error_t *error, apr_pool_t *pool)
{
    const char *text = NULL;

    for (const was_error_t *at = error; at != NULL; at = at->cause) {
        if (at->reason != NULL) {
            text = append_part(text, at->reason, pool);
        }
        /* A wrapped error repeats its cause's detail, which is told once, where it was made. */
        if (at->detail != NULL && (at->cause == NULL || at->cause->detail != at->detail)) {
            text = append_part(text, at->detail, pool);
        }
    }
    return text == NULL ? was_error_name(error->kind) : text;
}

const char *was_error_chain(const was_error_t *error, apr_pool_t *pool)
{
    return escape_line(was_error_text(error, pool), pool);
}
