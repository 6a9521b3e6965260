/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_PAGE_H
#define WAS_PWS_PAGE_H

#include <stdbool.h>

/*
 * was_pws_page: one page of a listing of Portable Web Spaces (protocol/pws section 13.1): ids after
 * `after` ("" for the first), ascending by code units, `limit` at most.
 */
typedef struct was_pws_page_t {
    const char *after;
    int limit;
    /* Without those whose own policy does not let anybody read. So the page may end early, as if
     * there were no more, behind 10,000 of these in a row. */
    bool only_public;
} was_pws_page_t;

#endif
