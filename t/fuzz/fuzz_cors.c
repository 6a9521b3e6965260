/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_cors: the input is a mode and lines: Origin, Access-Control-Request-Headers, and the origins
 * of WASCORS. Only a listed origin comes back, only names come back, and nothing that could end a
 * field.
 */
#include "request.h"

#include "base/was_origin.h"
#include "http/was_cors.h"

enum { MOST_BYTES = 1024 };

static int clean(void *unused, const char *name, const char *value)
{
    REQUIRE(unused == NULL && fuzz_can_be_sent(name) && fuzz_can_be_sent(value));
    return 1;
}

static bool is_listed(const apr_array_header_t *origins, const char *origin)
{
    for (int i = 0; origin != NULL && i < origins->nelts; i++) {
        const char *pattern = APR_ARRAY_IDX(origins, i, const char *);
        const char *star = strstr(pattern, "://*.");

        if (was_origin_matches(pattern, origin)) {
            REQUIRE(star != NULL || strcmp(pattern, origin) == 0);
            REQUIRE(star == NULL || strncmp(pattern, origin, (size_t)(star - pattern) + 3) == 0);
            REQUIRE(star == NULL || strlen(origin) >= strlen(pattern));
            return true;
        }
        REQUIRE(star != NULL || strcmp(pattern, origin) != 0);
    }
    return false;
}

static void check(const was_request_t *request, const char *origin, bool is_preflight)
{
    const was_config_t *config = request->config;
    apr_table_t *out = request->r->headers_out;
    const char *allowed = apr_table_get(out, "Access-Control-Allow-Origin");
    const char *vary = apr_table_get(out, "Vary");
    bool listed = config->cors == WAS_CORS_LIST && is_listed(config->origins, origin);

    apr_table_do(clean, NULL, out, NULL);
    if (config->cors == WAS_CORS_OFF) {
        REQUIRE(apr_is_empty_table(out));
        return;
    }
    REQUIRE((allowed != NULL) == (config->cors != WAS_CORS_LIST || listed));
    REQUIRE(allowed == NULL || strcmp(allowed, listed ? origin : "*") == 0);
    /* A cache must not give one page's answer to another. */
    REQUIRE(config->cors != WAS_CORS_LIST || strstr(vary, "Origin") != NULL);
    REQUIRE(apr_table_get(out, "Access-Control-Allow-Credentials") == NULL);
    REQUIRE((apr_table_get(out, "Access-Control-Allow-Headers") != NULL) ==
            (is_preflight && allowed != NULL));
}

static void check_names(const was_request_t *request, const char *asked)
{
    const char *names = apr_table_get(request->r->headers_out, "Access-Control-Allow-Headers");

    REQUIRE(names == NULL || strlen(names) <= MOST_BYTES);
    for (; names != NULL && *names != '\0'; names++) {
        REQUIRE((*names >= 'a' && *names <= 'z') || (*names >= 'A' && *names <= 'Z') ||
                (*names >= '0' && *names <= '9') || strchr("-_, ", *names) != NULL);
    }
    /* Asked for again, what was granted is granted. */
    names = apr_table_get(request->r->headers_out, "Access-Control-Allow-Headers");
    if (names != NULL && asked != NULL && strcmp(names, asked) != 0) {
        apr_table_setn(request->r->headers_in, "Access-Control-Request-Headers", names);
        was_cors_preflight(request);
        REQUIRE(strcmp(names, apr_table_get(request->r->headers_out,
                                            "Access-Control-Allow-Headers")) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(NULL, pool);
    was_config_t config = *request->config;
    const char *origin, *asked, *more;
    char *text, *rest;

    if (size < 1) {
        return 0;
    }
    text = rest = fuzz_text(data + 1, size - 1);
    config.cors =
        (was_cors_mode_t[]){WAS_CORS_UNSET, WAS_CORS_OFF, WAS_CORS_ANY, WAS_CORS_LIST}[data[0] % 4];
    config.origins = apr_array_make(pool, 4, sizeof(const char *));
    request->config = &config;
    origin = fuzz_line(&rest);
    asked = fuzz_line(&rest);
    while ((more = fuzz_line(&rest)) != NULL) {
        /* The administrator's, who cannot write a control character there. */
        if (fuzz_can_be_sent(more)) {
            APR_ARRAY_PUSH(config.origins, const char *) = more;
        }
    }
    fuzz_field(request, "Origin", origin);
    fuzz_field(request, "Access-Control-Request-Headers", asked);
    was_cors_answer(request);
    check(request, origin, false);
    was_cors_preflight(request);
    check(request, origin, true);
    check_names(request, asked);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
