/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_conditions: the input is lines: If-Match, If-None-Match, If-Unmodified-Since; an empty one is
 * a field that is not there. What comes out goes into an array of SQL, so that it may hold nothing
 * but validators of ours.
 */
#include "request.h"

#include "http/was_conditions.h"

#include <apr_date.h>

enum { MOST_TAGS = 64, MOST_BYTES = 96 };

static void check_same(const was_validators_t *these, const was_validators_t *those)
{
    REQUIRE(these->any == those->any && these->count == those->count);
    for (int i = 0; i < these->count; i++) {
        REQUIRE(strcmp(these->list[i], those->list[i]) == 0);
    }
}

static void check_validators(const was_validators_t *validators, const char *value,
                             apr_pool_t *pool)
{
    was_request_t *again = fuzz_request(NULL, pool);
    was_conditions_t conditions;
    const char *field = NULL;

    if (validators->any) {
        REQUIRE(value[strspn(value, " \t")] == '*' && validators->count == 0);
        return;
    }
    REQUIRE(validators->count >= 0 && validators->count <= MOST_TAGS);
    for (int i = 0; i < validators->count; i++) {
        const char *tag = validators->list[i];

        REQUIRE(tag[0] != '\0' && strlen(tag) <= MOST_BYTES);
        REQUIRE(tag[strspn(tag, "0123456789abcdef-")] == '\0');
        REQUIRE(strstr(value, apr_pstrcat(pool, "\"", tag, "\"", NULL)) != NULL);
        field = apr_pstrcat(pool, field == NULL ? "" : field, field == NULL ? "" : ", ", "\"", tag,
                            "\"", NULL);
    }
    /* Said again, it is the same; nothing at all is what no field can say. */
    fuzz_field(again, "If-Match", field);
    REQUIRE(was_conditions_read(again, &conditions) == NULL);
    REQUIRE((conditions.match == NULL) == (field == NULL));
    if (field != NULL) {
        check_same(conditions.match, validators);
    }
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
            check_validators(conditions.match, values[0], pool);
        }
        if (conditions.none_match != NULL) {
            check_validators(conditions.none_match, values[1], pool);
        }
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
