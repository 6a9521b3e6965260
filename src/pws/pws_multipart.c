/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_multipart: forms with a file. Owns the grammar of multipart/form-data as far as finding one
 * file needs it. Refuses nested parts and transfer encodings, which RFC 7578 deprecates.
 */

#include "pws/pws_multipart.h"
#include "base/was_media_type.h"

#include <apr_strings.h>

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX_BYTES = 70, HEAD_MAX_BYTES = 8 * 1024 };

bool pws_is_multipart(const char *type)
{
    return was_media_type_is(type, "multipart/form-data");
}

static const was_error_t *bad_form(apr_pool_t *pool, const char *what)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "the form is refused: %s", what);
}

/* The end of a quoted string whose opening quote is at `at`; NULL when it has none. */
static const char *quoted_end(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
        if (*at == '\0') {
            return NULL;
        }
    }
    return at;
}

/* A parameter of a field's value (RFC 9110 section 5.6.6), without its quotes. One that comes twice
 * is none, nor is there any in a list that is malformed: two readers could take another. */
static const char *parameter_of(const char *value, const char *name, apr_pool_t *pool)
{
    const apr_size_t size = strlen(name);
    const char *found = NULL;

    for (value += strcspn(value, ";"); *value == ';';) {
        const char *begin, *end;
        bool wanted;

        value += 1 + strspn(value + 1, " \t");
        wanted = strncasecmp(value, name, size) == 0 && value[size] == '=';
        value += strcspn(value, "=;");
        if (*value != '=') {
            continue;
        }
        begin = value + 1 + (value[1] == '"');
        end = value[1] == '"' ? quoted_end(value + 1) : begin + strcspn(begin, "; \t");
        if (end == NULL || (wanted && found != NULL)) {
            return NULL;
        }
        if (wanted) {
            found = apr_pstrmemdup(pool, begin, (apr_size_t)(end - begin));
        }
        value = end + (*end == '"');
        value += strspn(value, " \t");
    }
    return *value == '\0' ? found : NULL;
}

/* The delimiter "--boundary" that the media type names. */
static const char *delimiter_of(const char *type, apr_pool_t *pool)
{
    const char *boundary = parameter_of(type, "boundary", pool);

    if (boundary == NULL || *boundary == '\0' || strlen(boundary) > BOUNDARY_MAX_BYTES) {
        return NULL;
    }
    return apr_pstrcat(pool, "--", boundary, NULL);
}

/* The value of a field in a part's head, up to its line's end; NULL when there is none. */
static const char *field_of(const char *head, const char *name, apr_pool_t *pool)
{
    apr_size_t length = strlen(name);
    const char *line = head;

    while (*line != '\0') {
        apr_size_t end = strcspn(line, "\r\n");

        if (end > length && strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            while (*line == ' ' || *line == '\t') {
                line++;
            }
            return apr_pstrmemdup(pool, line, strcspn(line, "\r\n"));
        }
        line += end;
        line += strspn(line, "\r\n");
    }
    return NULL;
}

static const char *find_bytes(const char *from, const char *end, const char *what,
                              apr_size_t length)
{
    return memmem(from, (apr_size_t)(end - from), what, length);
}

/* One part, from behind its delimiter's line to before the next delimiter. What its head takes is
 * in `scratch`. */
static const was_error_t *take_part(const char *part, const char *end, was_content_t *content,
                                    int *files, apr_pool_t *scratch, apr_pool_t *pool)
{
    const char *blank = find_bytes(part, end, "\r\n\r\n", 4);
    const char *head, *disposition, *type;

    if (blank == NULL) {
        return bad_form(pool, "a part has no head");
    }
    if (blank - part > HEAD_MAX_BYTES) {
        return bad_form(pool, "the head of a part is too long");
    }
    head = apr_pstrmemdup(scratch, part, (apr_size_t)(blank - part));
    disposition = field_of(head, "Content-Disposition", scratch);
    if (disposition == NULL) {
        return bad_form(pool, "a part has no Content-Disposition");
    }
    if (parameter_of(disposition, "filename", scratch) == NULL &&
        parameter_of(disposition, "filename*", scratch) == NULL) {
        return NULL;
    }
    (*files)++;
    type = field_of(head, "Content-Type", scratch);
    /* It goes out as a field of the answer, as one that came as a field does. */
    if (type != NULL && *type != '\0' && !was_media_type_is_sendable(type)) {
        return bad_form(pool, "the file's Content-Type is too long or not printable ASCII");
    }
    content->type =
        type != NULL && *type != '\0' ? apr_pstrdup(pool, type) : was_media_type_unknown;
    content->bytes = blank + 4;
    content->length = (apr_size_t)(end - content->bytes);
    return NULL;
}

const was_error_t *pws_multipart_too_long(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNSUPPORTED, NULL,
                          "a form has at most %d bytes; PUT the file itself", WAS_PIECE_BYTES);
}

const was_error_t *pws_multipart_file(const was_request_t *request, was_content_t *content)
{
    apr_pool_t *pool = request->pool;
    const char *delimiter = delimiter_of(content->type, pool);
    const char *at = content->bytes, *end = at + content->length, *next;
    const char *line;
    apr_pool_t *scratch;
    apr_size_t length;
    int files = 0;

    if (content->bytes == NULL) {
        return pws_multipart_too_long(pool);
    }
    if (delimiter == NULL) {
        return bad_form(pool, "its media type names no boundary");
    }
    length = strlen(delimiter);
    line = apr_pstrcat(pool, "\r\n", delimiter, NULL);
    apr_pool_create(&scratch, pool);
    at = at == end ? NULL : find_bytes(at, end, delimiter, length);
    while (at != NULL) {
        at += length;
        if (end - at >= 2 && memcmp(at, "--", 2) == 0) {
            return files == 1 ? NULL : bad_form(pool, "it must hold one file");
        }
        if (end - at < 2 || memcmp(at, "\r\n", 2) != 0) {
            break;
        }
        next = find_bytes(at, end, line, length + 2);
        if (next == NULL) {
            break;
        }
        if (next < at + 2) { /* one line end between two delimiters: not even an empty head */
            return bad_form(pool, "a part has no head");
        }
        apr_pool_clear(scratch);
        WAS_TRY(take_part(at + 2, next, content, &files, scratch, pool));
        at = next + 2;
    }
    return bad_form(pool, "it does not end with its boundary");
}
