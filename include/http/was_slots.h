/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SLOTS_H
#define WAS_SLOTS_H

#include "base/was_tally.h"

#include <httpd.h>

#include <sys/types.h>

/*
 * was_slots: a row of numbers for each child of this httpd, in memory that all of them and the
 * parent share. A child adds to its own row only, so that children do not wait for each other's
 * memory. The rows outlive children and restarts: who comes next goes on with the counters of who
 * was there before, so that no sum ever goes back. Gauges are a child's own and count while it
 * lives.
 *
 * A child takes a row by its process id, and the parent gives it back when it has seen the child
 * end, whatever ended it. (Only the parent knows that for sure: who was killed says nothing, and
 * his process id may be somebody else's soon.) There are rows for twice as many children as may
 * serve, since those of before a restart stay until they are done; beyond that, children share one,
 * whose gauges are nobody's.
 */

enum { WAS_SLOTS_LAYOUT_BYTES = 32 };

/*
 * The memory, with `width` numbers in a row, the first WAS_TALLY_COUNT those of was_tally; that of
 * the configuration before, when the numbers had the same meaning: `layout`, a digest of it, is the
 * same. Once for each configuration, in the parent. False when the system has none.
 */
bool was_slots_open(const unsigned char layout[WAS_SLOTS_LAYOUT_BYTES], int width,
                    const server_rec *server);

/* Takes a row for this process, and has was_tally count there. In a child, before its threads. */
void was_slots_take(void);

/* Gives the row of a child back, which has ended. In the parent. */
void was_slots_give_back(pid_t child);

/* The sums of all rows, `width` numbers, in the pool, and how many children there are. */
const apr_int64_t *was_slots_sum(int *children, apr_pool_t *pool);

#endif
