/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PARTS_H
#define WAS_PARTS_H

#include "store/was_db.h"

/*
 * was_parts: a content that is too big for its row, in rows of its own, of WAS_PART_BYTES each but
 * for the last (design.md section 6). It is written while it comes, a few parts at a time, in
 * transactions of their own, so that no connection is held while a client sends; the transaction of
 * the row that names it makes it visible, and finds out whether all of it is there. What never
 * comes that far, and what no row names any more, is swept. Knows no resource and no HTTP.
 */

enum {
    WAS_PART_BYTES = 512 * 1024,
    /* As many are written or read in one transaction. What was received of more than two goes back
     * to the system with every read, page by page (glibc), and comes back the same way. */
    WAS_PARTS_AT_ONCE = 2
};

/* A content on its way in; in the pool that it was made for. */
typedef struct was_parts_t was_parts_t;

/* One that will belong to this space (which is kept, not copied). Nothing is stored yet. */
was_parts_t *was_parts_make(was_db_t *db, const char *space, apr_pool_t *pool);

/*
 * Stores what comes next: up to WAS_PARTS_AT_ONCE parts, all of them full but for the last of the
 * content.
 * Errors: UNAVAILABLE (also when it has gone on for so slowly that it is being swept), and those of
 * was_db but UNCERTAIN.
 */
WAS_CHECKED const was_error_t *was_parts_write(was_parts_t *parts, const char *bytes,
                                               apr_size_t count);

/* The value of a row that names it. */
was_value_t was_parts_mark(const was_parts_t *parts);

/*
 * The steps around the one that writes the row: the first before all others, so that nobody sweeps
 * meanwhile; the second behind it. NULL adds none.
 */
void was_parts_lock(was_transaction_t *transaction, const was_parts_t *parts);
void was_parts_name(was_transaction_t *transaction, const was_parts_t *parts);

/* Of a content that a row names now: from here on it is the row's. NULL does nothing. */
void was_parts_settle(was_parts_t *parts);

/* Why no row names it: NULL if all `size` bytes are there, so that it was something else.
 * Errors: UNAVAILABLE (parts are missing), and those of was_db. */
WAS_CHECKED const was_error_t *was_parts_explain(const was_parts_t *parts, apr_int64_t size,
                                                 apr_pool_t *pool);

/* Has what no row names swept soon; one that was settled stays. Whatever goes wrong, it is swept
 * later. */
void was_parts_drop(was_parts_t *parts);

/*
 * Reads up to WAS_PARTS_AT_ONCE parts of the content with this mark, from number `first` on: a row
 * of one column for each, in their order. What a reader goes on reading is not swept.
 * Errors: those of was_db.
 */
WAS_CHECKED const was_error_t *was_parts_read(was_db_t *db, const char *space, apr_int64_t mark,
                                              apr_int64_t first, int count, const was_rows_t **rows,
                                              apr_pool_t *pool);

#endif
