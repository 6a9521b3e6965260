/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_pq_error: an error that has no SQLSTATE is libpq's own, as when it has no memory: nobody's
 * fault, and worth another try. What libpq says on several lines becomes one. */
#include "tap.h"

#include "store/was_pq.h"

#include <libpq-fe.h>

static const struct {
    const char *text, *line, *name;
} lines[] = {
    {"no such host", "no such host", "one line"},
    {"refused\n\tIs it there?\n", "refused Is it there?", "two lines, as libpq writes them"},
    {"refused\r\n\r\nagain", "refused again", "an empty line"},
    {"\n a\v\fb ", "a b", "white at the ends"},
    {"", "", "nothing"},
    {" \n", "", "nothing but white"},
    {"verbind\xc3\xa9\n", "verbind\xc3\xa9", "letters that are not ASCII"},
};

int main(void)
{
    apr_pool_t *pool = tap_begin();
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);
    static const char *const any[] = {"", NULL};

    ok(was_pq_is_own(result), "what has no state is libpq's own");
    is_str(outcome(was_pq_error(result, pool)), "UNAVAILABLE", "and may be better next time");
    ok(!was_pq_state_is(result, any), "it is in no class");
    PQclear(result);
    ok(was_pq_is_own(NULL), "nor is there a state where there is not even a result");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        is_str(was_pq_line(lines[i].text, pool), lines[i].line, lines[i].name);
    }
    return done();
}
