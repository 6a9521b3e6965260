/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_log: lines of a governing history log. Owns what each must be, and what is read of the first
 * and the last one. Refuses to know what is stored already, and who may write.
 */

#include "pws/pws_log.h"

#include "base/was_json.h"
#include "pws/pws_descriptors.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"

#include <string.h>

/* The lines of a text, one after the other. */
typedef struct lines_t {
    const char *at, *end;
    int number; /* of the last one that was taken, from 1 */
} lines_t;

static bool take_line(lines_t *lines, was_json_slice_t *line)
{
    if (lines->at == lines->end) {
        return false;
    }
    const char *stop = memchr(lines->at, '\n', (apr_size_t)(lines->end - lines->at));
    const char *end = stop != NULL ? stop : lines->end;

    *line = (was_json_slice_t){lines->at, (apr_size_t)(end - lines->at)};
    lines->at = stop != NULL ? stop + 1 : lines->end;
    lines->number++;
    return true;
}

static const was_error_t *bad_line(int number, const char *what, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "line %d %s", number, what);
}

static const was_error_t *check_line(was_json_slice_t line, int number, apr_pool_t *pool)
{
    was_json_slice_t state, history;
    apr_size_t good;

    if (number > PWS_LOG_MAX_LINES || line.length > PWS_LOG_LINE_MAX_BYTES) {
        return was_error_make(pool, WAS_ERROR_TOO_LARGE, NULL,
                              "a log has at most %d lines of at most %d bytes", PWS_LOG_MAX_LINES,
                              PWS_LOG_LINE_MAX_BYTES);
    }
    if (was_json_scan(line, &good) != WAS_JSON_SOUND ||
        was_json_scan_member(line, "state", &state) != 1 || *state.text != '{') {
        return bad_line(number, "must be a JSON object with an object \"state\"", pool);
    }
    return was_json_scan_member(state, "history", &history) == 0
               ? NULL
               : bad_line(number, "has a \"history\" in its state, which is the server's to say",
                          pool);
}

/* The line as an object. That it is one, is known; not that it is one that we read. */
static const was_error_t *parse_line(was_json_slice_t line, int number, json_t **object,
                                     apr_pool_t *pool)
{
    const was_error_t *error = was_json_parse_object(line.text, line.length, object, pool);

    /* Its place in the line would be taken for one in the body. */
    return error != NULL && error->kind == WAS_ERROR_INVALID_BODY
               ? bad_line(number,
                          "is not accepted: it is nested too deeply, has too many members, "
                          "one of them twice, or a NUL",
                          pool)
               : error;
}

static const was_error_t *read_first(was_json_slice_t line, was_pws_log_t *log, apr_pool_t *pool)
{
    json_t *object;

    WAS_TRY(parse_line(line, 1, &object, pool));
    const json_t *method = json_object_get(json_object_get(object, "parameters"), "method");

    if (!json_is_string(method) || json_string_length(method) > PWS_NAME_MAX_BYTES) {
        return bad_line(1, "must name the log's method: \"parameters\": {\"method\": \"...\"}",
                        pool);
    }
    log->method = json_string_value(method);
    return NULL;
}

static const was_error_t *read_last(was_json_slice_t line, int number, was_pws_log_t *log,
                                    apr_pool_t *pool)
{
    json_t *object;

    WAS_TRY(parse_line(line, number, &object, pool));
    const json_t *state = json_object_get(object, "state");
    const json_t *revisions = json_object_get(state, "revisions");

    WAS_TRY(pws_check_encryption(state, "state", pool));
    if (revisions != NULL) {
        WAS_TRY(pws_check_revisions(revisions, "state/revisions", pool));
    }
    const char *text = was_json_member_text(line.text, line.length, "state", pool);

    log->revisions = was_json_member_text(text, strlen(text), "revisions", pool);
    log->state = was_json_text_without(text, "revisions", pool);
    return NULL;
}

const was_error_t *pws_log_read(const char *body, apr_size_t length, was_pws_log_t *log,
                                apr_pool_t *pool)
{
    lines_t lines = {.at = body, .end = body + length};
    was_json_slice_t first = {0}, last = {0}, line;

    *log = (was_pws_log_t){.body = body, .length = length};
    while (take_line(&lines, &line)) {
        WAS_TRY(check_line(line, lines.number, pool));
        first = lines.number == 1 ? line : first;
        last = line;
    }
    if (lines.number == 0) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "a log has a line at least");
    }
    log->before = lines.number > 1 ? (apr_size_t)(last.text - body) : 0;
    WAS_TRY(read_first(first, log, pool));
    return read_last(last, lines.number, log, pool);
}
