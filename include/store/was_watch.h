/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_WATCH_H
#define WAS_WATCH_H

#include "store/was_db.h"

/*
 * was_watch: whether collections of pws have changed, many at once, in one round trip that costs
 * what they are and not what is in them. Knows not who wants to know.
 */

enum { WAS_WATCH_MOST = 256 };

/* A collection where somebody saw it: its generation and its position (was_pws_changes). */
typedef struct was_watched_t {
    const char *space;
    apr_int64_t generation;
    apr_int64_t position;
} was_watched_t;

/*
 * Sets `moved[i]` for each of `count` collections, WAS_WATCH_MOST at the most, that is at another
 * position now, or is gone; leaves the others as they are. Errors: those of was_db.
 */
WAS_CHECKED const was_error_t *was_watch_look(was_db_t *db, const was_watched_t *watched, int count,
                                              bool *moved, apr_pool_t *pool);

#endif
