/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_conditions: the input is lines: If-Match, If-None-Match, If-Unmodified-Since; an empty one is
 * a field that is not there. What comes out is put into an array literal of SQL, so that it may
 * hold nothing but validators of ours.
 */
#include "request.h"

#include "http/was_conditions.h"

#include <apr_date.h>

enum { MOST_TAGS = 64, MOST_BYTES = 64 };

/* The entity tags of an array literal as a field; NULL for "{}", which no field can say. */
static const char *as_field(const char *literal, apr_pool_t *pool)
{
    char *state = NULL;
    char *list = apr_pstrmemdup(pool, literal + 1, strlen(literal) - 2);
    const char *field = NULL;

    for (char *tag = apr_strtok(list, ",", &state); tag != NULL;
         tag = apr_strtok(NULL, ",", &state)) {
        field = apr_pstrcat(pool, field == NULL ? "" : field, field == NULL ? "" : ", ", "\"", tag,
                            "\"", NULL);
    }
    return field;
}

static void check_literal(const char *literal, const char *value, apr_pool_t *pool)
{
    was_request_t *again = fuzz_request(NULL, pool);
    was_conditions_t conditions;
    const char *field;
    char *state = NULL;
    char *list;
    int count = 0;

    if (strcmp(literal, "{*}") == 0) {
        REQUIRE(value[strspn(value, " \t")] == '*');
        return;
    }
    REQUIRE(literal[0] == '{' && literal[strlen(literal) - 1] == '}');
    REQUIRE(strstr(literal, ",,") == NULL && literal[1] != ',');
    list = apr_pstrmemdup(pool, literal + 1, strlen(literal) - 2);
    REQUIRE(list[strspn(list, "0123456789abcdef-,")] == '\0');
    for (char *tag = apr_strtok(list, ",", &state); tag != NULL;
         tag = apr_strtok(NULL, ",", &state)) {
        REQUIRE(strlen(tag) <= MOST_BYTES && ++count <= MOST_TAGS);
        REQUIRE(strstr(value, apr_pstrcat(pool, "\"", tag, "\"", NULL)) != NULL);
    }
    field = as_field(literal, pool);
    fuzz_field(again, "If-Match", field);
    REQUIRE(was_conditions_read(again, &conditions) == NULL);
    REQUIRE(field == NULL ? conditions.match == NULL : strcmp(conditions.match, literal) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"If-Match", "If-None-Match", "If-Unmodified-Since"};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(NULL, pool);
    char *text = fuzz_text(data, size), *rest = text;
    const char *values[] = {NULL, NULL, NULL};
    was_conditions_t conditions;
    const was_error_t *error;

    for (int i = 0; i < 3; i++) {
        values[i] = fuzz_line(&rest);
        values[i] = values[i] != NULL && values[i][0] != '\0' ? values[i] : NULL;
        fuzz_field(request, names[i], values[i]);
    }
    error = was_conditions_read(request, &conditions);
    if (error != NULL) {
        REQUIRE(strcmp(error->pointer, "/precondition") == 0);
        fuzz_check_error(error, WAS_ERROR_MALFORMED);
    }
    else {
        apr_time_t since = values[2] == NULL ? APR_DATE_BAD : apr_date_parse_http(values[2]);

        REQUIRE((conditions.match == NULL) == (values[0] == NULL));
        REQUIRE((conditions.none_match == NULL) == (values[1] == NULL));
        REQUIRE(conditions.unmodified_since ==
                (values[0] != NULL || since == APR_DATE_BAD ? -1 : apr_time_sec(since)));
        if (conditions.match != NULL) {
            check_literal(conditions.match, values[0], pool);
        }
        if (conditions.none_match != NULL) {
            check_literal(conditions.none_match, values[1], pool);
        }
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
