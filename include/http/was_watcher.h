/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_WATCHER_H
#define WAS_WATCHER_H

#include "store/was_watch.h"

#include <httpd.h>

/*
 * was_watcher: who waits for a change, and who tells. Each waits in its own thread, without a
 * connection to the database; one thread of mod_watchdog's in each child asks the database for all
 * of them, ten times a second, and not at all while nobody waits. At most a quarter of the child's
 * threads wait (none of a child of one thread), so that requests of all others find one; and at
 * most half of these for one caller, so that nobody takes the places of all.
 */
typedef struct was_watcher_t was_watcher_t;

typedef enum was_watch_end_t {
    WAS_WATCH_FULL,  /* enough wait already, of all or of this caller's, and nobody waited */
    WAS_WATCH_OVER,  /* the time is, or the child is about to end */
    WAS_WATCH_MOVED, /* there is a change */
} was_watch_end_t;

/* One for a database; `server` is whose log it writes. Before mod_watchdog's own start. NULL, after
 * a line in the log, when mod_watchdog has no thread to give. */
was_watcher_t *was_watcher_make(server_rec *server, was_db_t *db, apr_pool_t *pconf);

/* Lets it begin in this child, whose connections can be had now, and has it end before they go. */
void was_watcher_join(was_watcher_t *watcher, apr_pool_t *pchild);

/* Waits for a caller, a DID, until a collection is not where it was seen, or until that time. */
was_watch_end_t was_watcher_wait(was_watcher_t *watcher, const was_watched_t *watched,
                                 const char *caller, apr_time_t until);

#endif
