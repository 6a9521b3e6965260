/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PERMITS_H
#define WAS_PERMITS_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_permits: who may go and get a connection. mod_dbd lets everybody in and has them wait without
 * end: for a connection that is busy, and, since it connects with the whole pool locked, one after
 * the other for a database that does not answer. Here no more go in than there are connections, and
 * of one caller no more than three quarters of them (but one), however many wait: whatever he has
 * the database do, somebody else finds a place. Who waits and holds the fewest places goes first.
 * Who may find that a connection has to be made goes alone; and who would have to wait too long is
 * told so. Private to was_db: knows no connection.
 *
 * A caller is a number, the same for all that count as one. Those whose numbers meet in a table of
 * 256 rows count as one, too: let nobody choose his.
 */
typedef struct was_permits_t was_permits_t;

/* One for a pool of `places` connections, none of which is made yet. NULL when the system has no
 * lock to give. */
was_permits_t *was_permits_make(int places, apr_pool_t *pool);

/*
 * NULL: come in, and get a connection; else why not, for the log. Waits up to half a minute for a
 * place, but not longer than a second for somebody who cannot get his connection.
 *
 * `*alone` in: whether to go alone in any case. Out: whether one does, which keeps all others from
 * doing so until was_permits_pass; not so where a connection is known to be open and free.
 */
const char *was_permits_enter(was_permits_t *permits, apr_uint32_t caller, bool *alone);

/* Due from who went alone, when he has a connection or none: the next one may try. */
void was_permits_pass(was_permits_t *permits, bool good);

/* Due at the end, for the same caller; `open`: leaves an open connection behind, for whoever comes
 * next. */
void was_permits_leave(was_permits_t *permits, apr_uint32_t caller, bool open);

#endif
