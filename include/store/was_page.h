/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PAGE_H
#define WAS_PAGE_H

#include "store/was_rows.h"

/*
 * was_page: a listing in pages. A page ends where it has as many rows as were asked for, or where
 * they come to WAS_PAGE_BYTES, whichever is first; a row that is longer is a page of its own.
 */
enum {
    WAS_PAGE_BYTES = 256 * 1024,
    WAS_PAGE_FEW = 100 /* rows; of so many, short ones come to no more */
};

/* What is asked for: what stands behind `after` ("" for the first page) in the listing's order. */
typedef struct was_page_t {
    const char *after;
    int limit; /* of rows, 1 or more */
    int extra; /* bytes that a row takes in the answer besides its own */
    /* pws: without those whose own policy does not let anybody read. So the listing may end early,
     * as if there were no more, behind 10,000 of these in a row. */
    bool only_public;
    bool with_deleted; /* pws: with what only a tombstone is left of; never beside only_public */
} was_page_t;

/* What there is: so many rows of the page, and whether there may be more behind them. */
typedef struct was_found_t {
    int count;
    bool more;
    apr_int64_t total; /* how many the listing has in all; -1 where that is not said */
} was_found_t;

/* The number of rows that a statement is to look at: one more than the page has. */
int was_page_lookahead(const was_page_t *page);

/* How many of the rows that a statement found are the page's; column `total` has the bytes up to
 * each. */
was_found_t was_page_found(const was_page_t *page, const was_rows_t *rows, int total);

/* Of a statement that has summed no bytes: whether the page ends by its rows alone, and then how
 * many they are. Those that were found come to no more than WAS_PAGE_BYTES then, and column
 * `kept_back` is true for none; the first column is the key, which an answer has twice, and what
 * stands between the two counts, too. */
bool was_page_is_short(const was_page_t *page, const was_rows_t *rows, int kept_back,
                       was_found_t *found);

/* How many the listing has in all, where `counted` have been: those of the page, if that is all of
 * it. Else nothing (-1) of one that does not show all: the number would tell of what it hides. */
apr_int64_t was_page_total(const was_page_t *page, const was_found_t *found, apr_int64_t counted);

#endif
