/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_pq_error: an error that has no SQLSTATE is libpq's own, as when it has no memory: nobody's
 * fault, and worth another try. */
#include "tap.h"

#include "store/was_pq.h"

#include <libpq-fe.h>

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
    return done();
}
