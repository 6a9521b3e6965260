/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PQ_WIRE_H
#define WAS_PQ_WIRE_H

#include "store/was_pq.h"

/*
 * was_pq_wire: the waiting below was_pq's exchanges. Private to was_pq*.c.
 */

/* Waits until the socket can do one of poll()'s `events`. False at the deadline. */
bool was_pq_wait(PGconn *pg, short events, apr_time_t deadline);

/* Brings everything queued onto the wire, reading meanwhile so that neither side blocks. */
was_pq_end_t was_pq_flush(PGconn *pg, apr_time_t deadline);

/* The next result: the caller's to clear, NULL behind the last one of a query. */
was_pq_end_t was_pq_next(PGconn *pg, apr_time_t deadline, PGresult **result);

/* A notice receiver: sets the bool at `baton` when the wait for a standby was cut short. */
void was_pq_note_standby(void *baton, const PGresult *notice);

#endif
