/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SWEEPER_H
#define WAS_SWEEPER_H

#include "store/was_db.h"

#include <httpd.h>

/*
 * was_sweeper: who sweeps (was_sweep), and when: one thread of mod_watchdog's in one child for each
 * database, soon after a child of this httpd has deleted something, and now and then, for what
 * others have left. It borrows a connection as a request does, gives it back after each batch, and
 * rests as long as that took; of two httpd at one database, one sweeps at a time.
 */
typedef struct was_sweeper_t was_sweeper_t;

/* One for a database; `server` is whose log it writes. Before mod_watchdog's own start. NULL, after
 * a line in the log, when mod_watchdog has no thread to give. */
was_sweeper_t *was_sweeper_make(server_rec *server, was_db_t *db, apr_pool_t *pconf);

/* Lets it begin in this child, whose connections can be had now, and has it end before they go.
 * It ends after the batch that it is at. */
void was_sweeper_join(was_sweeper_t *sweeper, apr_pool_t *pchild);

#endif
