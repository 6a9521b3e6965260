/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_time: the input is a text. What is a moment is, written by APR, the same moment. */
#include "fuzz.h"

#include "base/was_time.h"

/* What stands before the offset is ahead of the moment by it. */
static void check_offset(const char *text, apr_time_t seconds, apr_pool_t *pool)
{
    const char *end = text + strlen(text);
    apr_time_t local = 0;
    int offset = 0;

    if (end[-1] != 'Z') {
        offset = (int)(apr_atoi64(end - 5) * 60 + apr_atoi64(end - 2)) * 60;
        offset = end[-6] == '-' ? -offset : offset;
    }
    REQUIRE(was_time_parse(apr_psprintf(pool, "%.19sZ", text), &local));
    REQUIRE(local - seconds == (apr_time_t)offset * APR_USEC_PER_SEC);
}

static void check_time(const char *text, apr_time_t time, apr_pool_t *pool)
{
    /* APR takes the fraction of a time before 1970 for a negative one. */
    int fraction = (int)(((time % APR_USEC_PER_SEC) + APR_USEC_PER_SEC) % APR_USEC_PER_SEC);
    apr_time_t again = 1;
    apr_time_exp_t parts;
    const char *zulu;

    REQUIRE(strspn(text, "0123456789-+:.TZ") == strlen(text) && strlen(text) <= 35);
    REQUIRE(strlen(text) >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T');
    check_offset(text, time - fraction, pool);
    REQUIRE(apr_time_exp_gmt(&parts, time - fraction) == APR_SUCCESS);
    if (parts.tm_year + 1900 < 0 || parts.tm_year + 1900 > 9999) {
        return; /* an offset moves it out of the years that can be written */
    }
    zulu = apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                        parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                        fraction);
    REQUIRE(was_time_parse(zulu, &again) && again == time);
    REQUIRE(text[strlen(text) - 1] != 'Z' || strncmp(text, zulu, 19) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    apr_time_t time = 42;

    if (was_time_parse(text, &time)) {
        check_time(text, time, pool);
    }
    else {
        REQUIRE(time == 42);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
