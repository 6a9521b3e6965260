/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_LIMIT_SQL_H
#define WAS_LIMIT_SQL_H

/*
 * was_limit_sql: the one condition that knows the spaces of both protocols; private to was_sql: a
 * controller has so many in all, whatever protocol they were made under.
 */
/* clang-format off */

/* No limit, or: a controller, spelled either way, has fewer than so many spaces. Exact for who
 * holds the controller's lock. */
#define WAS_SQL_FEWER(controller, most) \
    "(" most "::bigint IS NULL OR (SELECT count(*) FROM (" \
    "SELECT 1 FROM was_spaces o WHERE o.controller" \
    " IN (" controller ", " controller " || '#' || substr(" controller ", 9))" \
    " UNION ALL SELECT 1 FROM was_pws_spaces o WHERE o.controller = " controller \
    " LIMIT " most "::bigint) AS n) < " most "::bigint)"

/* clang-format on */

#endif
