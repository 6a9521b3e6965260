/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_page: where a page ends. Refuses to know what is listed.
 */

#include "store/was_page.h"

int was_page_lookahead(const was_page_t *page)
{
    return page->limit + 1;
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
    return (was_found_t){
        count, count < found ||
                   (found > 0 && was_rows_integer(rows, found - 1, total, 0) > WAS_PAGE_BYTES)};
}
