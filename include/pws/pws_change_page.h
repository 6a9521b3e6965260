/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_CHANGE_PAGE_H
#define PWS_CHANGE_PAGE_H

#include "pws/pws_checkpoint.h"
#include "store/pws/was_pws_changes.h"

/*
 * pws_change_page: changes of a collection as the answer to a query has them (protocol/pws-next
 * section D), in either revision.
 */

/* Of a change: its names and punctuation, and whatever of it has a fixed length. */
enum { PWS_CHANGE_BYTES = 640 };

typedef struct pws_change_page_t {
    bool is_old;     /* the revision before the current one is spoken */
    const char *url; /* of the collection, with its slash */
    const pws_feed_t *feed;
    const was_pws_changes_t *found;
} pws_change_page_t;

/* A JSON text, in the pool, with the checkpoint of its last change. A content that is no JSON is
 * left out: what came in a file was not looked at. Errors: BROKEN (the same of what is noted of a
 * resource). */
WAS_CHECKED const was_error_t *pws_change_page_text(const pws_change_page_t *page,
                                                    const char **text, apr_pool_t *pool);

#endif
