/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_array: lists as PostgreSQL reads them, whatever stands in their texts. */
#include "tap.h"

#include "store/was_array.h"

static const struct {
    const char *texts[3];
    int count;
    const char *written;
    const char *name;
} cases[] = {
    {{NULL}, 0, "{}", "none"},
    {{"a"}, 1, "{\"a\"}", "one"},
    {{"a", "b", "c"}, 3, "{\"a\",\"b\",\"c\"}", "several"},
    {{""}, 1, "{\"\"}", "an empty text is a text"},
    {{"NULL"}, 1, "{\"NULL\"}", "and so is NULL"},
    {{"a,b", "{c}"}, 2, "{\"a,b\",\"{c}\"}", "what divides a list"},
    {{"\"", "\\"}, 2, "{\"\\\"\",\"\\\\\"}", "what ends and escapes a text"},
    {{" a ", "\n"}, 2, "{\" a \",\"\n\"}", "blanks stay"},
    {{"\xc3\xa9"}, 1, "{\"\xc3\xa9\"}", "beyond ASCII"},
};

int main(void)
{
    static const char *const hashes[] = {"00ff", "ab"};
    apr_pool_t *pool = tap_begin();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_array_texts(cases[i].texts, cases[i].count, pool), cases[i].written,
               cases[i].name);
    }
    is_str(was_array_hashes(hashes, 2, pool), "{\"\\\\x00ff\",\"\\\\xab\"}", "bytes");
    is_str(was_array_hashes(hashes, 0, pool), "{}", "no bytes");
    return done();
}
