/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_FROZEN_SQL_H
#define WAS_FROZEN_SQL_H

/*
 * was_frozen_sql: what keeps, or kept, a write from the space s, of either protocol; private to
 * was_sql. Nobody writes to a space that is_frozen. `thawed` says until when it was, of one that is
 * open; of one that is frozen, since when it is being moved to another database, or `infinity` when
 * that one has it; nothing where the operator just has it kept as it is.
 */
/* clang-format off */

/* A was_frozen_t. */
#define WAS_SQL_FROZEN(s) \
    "(CASE WHEN NOT " s ".is_frozen THEN 0 WHEN " s ".thawed IS NULL THEN 1" \
    " WHEN " s ".thawed < 'infinity' THEN 2 ELSE 3 END)::bigint"

/* The same, frozen also where it was until just now: a write that found it so may be explained only
 * when it is open again, and must be taken neither for done nor for one of what is not there. */
#define WAS_SQL_FROZEN_LATELY(s) \
    "(CASE WHEN NOT " s ".is_frozen" \
    " AND " s ".thawed > statement_timestamp() - interval '5 seconds' THEN 1" \
    " ELSE " WAS_SQL_FROZEN(s) " END)"

/* Moving or moved: what may be done to a space that is frozen is nothing for this one. */
#define WAS_SQL_MOVING(s) "(" s ".is_frozen AND " s ".thawed IS NOT NULL)"

/* clang-format on */

#endif
