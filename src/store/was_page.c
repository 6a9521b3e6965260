/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_page: where a page ends. Refuses to know what is listed.
 */

#include "store/was_page.h"

int was_page_lookahead(const was_page_t *page)
{
    return page->limit + 1;
}

/* What a row takes in the answer: its columns before `end`, the first of them twice. */
static apr_size_t bytes_of_row(const was_page_t *page, const was_rows_t *rows, int row, int end)
{
    apr_size_t sum = (apr_size_t)page->extra, count;

    for (int column = 0; column < end; column++) {
        was_rows_bytes(rows, row, column, &count);
        sum += column == 0 ? 2 * count : count;
    }
    return sum;
}

bool was_page_is_short(const was_page_t *page, const was_rows_t *rows, int kept_back,
                       was_found_t *found)
{
    const int count = was_rows_count(rows);
    apr_size_t sum = 0;

    for (int row = 0; row < count; row++) {
        if (was_rows_true(rows, row, kept_back)) {
            return false;
        }
        sum += bytes_of_row(page, rows, row, kept_back);
    }
    *found = (was_found_t){.count = count < page->limit ? count : page->limit,
                           .more = count > page->limit,
                           .total = -1};
    return sum <= WAS_PAGE_BYTES;
}

was_found_t was_page_found(const was_page_t *page, const was_rows_t *rows, int total)
{
    const int found = was_rows_count(rows);
    int count = 0;

    while (count < found && count < page->limit &&
           (count == 0 || was_rows_integer(rows, count, total, 0) <= WAS_PAGE_BYTES)) {
        count++;
    }
    /* A row that is a page of its own is the last one that was sent. */
    return (was_found_t){count,
                         count < found || (found > 0 && was_rows_integer(rows, found - 1, total,
                                                                         0) > WAS_PAGE_BYTES),
                         -1};
}

apr_int64_t was_page_total(const was_page_t *page, const was_found_t *found, apr_int64_t counted)
{
    if (*page->after == '\0' && !found->more) {
        return found->count;
    }
    return page->only_public ? -1 : counted;
}
