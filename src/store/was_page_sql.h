/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PAGE_SQL_H
#define WAS_PAGE_SQL_H

/*
 * was_page_sql: pages of rows that end by their bytes, too; private to was_sql.
 */
/* clang-format off */

/* Of the rows that `inner` yields in the order of `key`, the first ones: up to the one that goes
 * beyond so many bytes, `size` being those of a row q. Its columns, each with p. in front, and how
 * many bytes there are up to its row. What is behind them is not sent. */
#define WAS_SQL_PAGE(columns, key, size, inner) \
    "SELECT " columns ", p.total FROM (SELECT q.*, (" size ")::integer AS size," \
    " sum((" size ")::integer) OVER (ORDER BY q." key " ROWS UNBOUNDED PRECEDING) AS total" \
    " FROM (" inner ") q) p WHERE p.total - p.size <= 262144 ORDER BY p." key

/* The bytes of a text that may be NULL. */
#define WAS_SQL_BYTES(text) "coalesce(octet_length(" text "), 0)"

/* clang-format on */

#endif
