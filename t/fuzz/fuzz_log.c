/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Governing history logs: the input is a body. Of what is taken for a log, each line is a JSON
 * object with a state; what is said of its last line is there; and what is kept of that is JSON
 * that means the same, divided into what is said of encryption and of revisions.
 */
#include "request.h"

#include "base/was_json.h"
#include "pws/pws_log.h"

/* The member `state` of a line; NULL where the line is none. */
static json_t *state_of_line(const char *line, size_t length, json_t **object)
{
    json_t *state;

    *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    state = json_object_get(*object, "state");
    return json_is_object(state) ? state : NULL;
}

/* Goes through all lines, each but the last one with its end; yields where the last one begins. */
static size_t check_lines(const char *body, size_t length)
{
    size_t begin = 0, last = 0;
    int lines = 0;

    while (begin < length) {
        const char *end = memchr(body + begin, '\n', length - begin);
        size_t count = end == NULL ? length - begin : (size_t)(end - body) - begin;
        size_t good;

        REQUIRE(count <= PWS_LOG_LINE_MAX_BYTES && ++lines <= PWS_LOG_MAX_LINES);
        REQUIRE(was_json_scan((was_json_slice_t){body + begin, count}, &good) == WAS_JSON_SOUND);
        last = begin;
        begin += count + 1;
    }
    REQUIRE(lines > 0);
    return last;
}

static void check_log(const was_pws_log_t *log, const char *body, size_t length)
{
    const size_t begin = check_lines(body, length);
    const size_t count = length - begin - (body[length - 1] == '\n');
    const char *end = memchr(body, '\n', length);
    json_t *first, *last, *state, *revisions, *said;

    REQUIRE(log->body == body && log->length == length && log->before == begin);
    REQUIRE(state_of_line(body, end == NULL ? length : (size_t)(end - body), &first) != NULL);
    REQUIRE(was_json_is_text(json_object_get(json_object_get(first, "parameters"), "method"),
                             log->method));
    state = state_of_line(body + begin, count, &last);
    REQUIRE(state != NULL && json_object_get(state, "history") == NULL);
    revisions = json_incref(json_object_get(state, "revisions"));
    (void)json_object_del(state, "revisions");
    said = json_loads(log->state, JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(said != NULL && json_equal(said, state));
    json_decref(said);
    REQUIRE((log->revisions == NULL) == (revisions == NULL));
    if (log->revisions != NULL) {
        said = json_loads(log->revisions, JSON_REJECT_DUPLICATES, NULL);
        REQUIRE(said != NULL && json_equal(said, revisions));
        json_decref(said);
    }
    json_decref(revisions);
    json_decref(first);
    json_decref(last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *body = malloc(size == 0 ? 1 : size);
    was_pws_log_t log;
    const was_error_t *error;

    REQUIRE(body != NULL);
    if (size > 0) {
        memcpy(body, data, size);
    }
    error = pws_log_read(body, size, &log, pool);
    if (error == NULL) {
        check_log(&log, body, size);
    }
    else if (error->kind == WAS_ERROR_UNSUPPORTED_SCHEME || error->kind == WAS_ERROR_TOO_LARGE) {
        fuzz_check_error(error, error->kind);
    }
    else {
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
    free(body);
    apr_pool_clear(pool);
    return 0;
}
