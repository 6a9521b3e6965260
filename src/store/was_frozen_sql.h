/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_FROZEN_SQL_H
#define WAS_FROZEN_SQL_H

/*
 * was_frozen_sql: what kept a write from the space s, of either protocol; private to was_sql.
 */
/* clang-format off */

/* The space is frozen, or was until just now: a write that found it so may be explained only when
 * it is open again, and must be taken neither for done nor for one of what is not there. */
#define WAS_SQL_FROZEN_LATELY(s) \
    "(" s ".is_frozen OR coalesce(" s ".thawed > statement_timestamp() - interval '5 seconds'," \
    " false))"

/* clang-format on */

#endif
