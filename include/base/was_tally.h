/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TALLY_H
#define WAS_TALLY_H

#include <apr.h>

#include <stdatomic.h>
#include <stdbool.h>

/*
 * was_tally: what this process counts. Whoever does something that is worth a number adds to it
 * here, and need not know who reads it, under which name, and where it is kept. Counters only grow.
 * Gauges are what is so at the moment, and end with the process.
 */

/* clang-format off */
#define WAS_TALLIES(X) \
    /* Connections to the database that are borrowed, and threads that wait for one. */ \
    X(CONNECTIONS_IN_USE, GAUGE) \
    X(CONNECTIONS_WAITED_FOR, GAUGE) \
    /* Who got none: all were in use for too long; or one could not be made. */ \
    X(CONNECTIONS_BUSY, COUNTER) \
    X(CONNECTIONS_UNREACHABLE, COUNTER) \
    /* Transactions, once each; statements that were sent for them; second tries. */ \
    X(TRANSACTIONS, COUNTER) \
    X(STATEMENTS, COUNTER) \
    X(RETRIES, COUNTER) \
    /* Tries that failed, by the kind of error that came of it. */ \
    X(DATABASE_UNAVAILABLE, COUNTER) \
    X(DATABASE_UNCERTAIN, COUNTER) \
    X(DATABASE_NOT_FOUND, COUNTER) \
    X(DATABASE_CONFLICT, COUNTER) \
    X(DATABASE_TARGET_TOO_LONG, COUNTER) \
    X(DATABASE_MALFORMED, COUNTER) \
    X(DATABASE_BROKEN, COUNTER) \
    /* Batches of sweeping, and rows that they deleted, parts of contents among them. */ \
    X(SWEEP_BATCHES, COUNTER) \
    X(SWEEP_ROWS, COUNTER) \
    X(SWEEP_PARTS, COUNTER) \
    /* What is gone as a whole; revocations that were forgotten; batches that failed. */ \
    X(SWEEP_FINISHED, COUNTER) \
    X(SWEEP_REVOCATIONS, COUNTER) \
    X(SWEEP_FAILURES, COUNTER) \
    /* Capabilities that were looked for among the verified ones; how many of these there are. */ \
    X(VERIFIED_HITS, COUNTER) \
    X(VERIFIED_MISSES, COUNTER) \
    X(VERIFIED_ENTRIES, GAUGE) \
    /* Signatures that the replay guard was shown. */ \
    X(REPLAY_ACCEPTED, COUNTER) \
    X(REPLAY_REFUSED, COUNTER) \
    X(REPLAY_UNAVAILABLE, COUNTER) \
    /* Bytes of bodies; requests whose body is coming in; requests that wait for a change. */ \
    X(RECEIVED_BYTES, COUNTER) \
    X(SENT_BYTES, COUNTER) \
    X(UPLOADS, GAUGE) \
    X(WAITING_READERS, GAUGE)
/* clang-format on */

typedef enum was_tally_t {
#define WAS_TALLY_ENUM(name, kind) WAS_TALLY_##name,
    WAS_TALLIES(WAS_TALLY_ENUM)
#undef WAS_TALLY_ENUM
        WAS_TALLY_COUNT
} was_tally_t;

typedef _Atomic apr_int64_t was_number_t;

/*
 * Where this process counts from now on: `count` numbers, at least WAS_TALLY_COUNT, which outlive
 * it; those behind them are the caller's. Before there are threads. Until then, and in a process
 * that nobody has said this to, it counts for itself.
 */
void was_tally_use(was_number_t *numbers, int count);

/* Adds to a number: of WAS_TALLIES, or of those behind them, where there is room for such. Safe for
 * threads. A gauge is taken back by what it was raised by. */
void was_tally_add(int number, apr_int64_t by);

bool was_tally_is_gauge(int number);

/* The names of WAS_TALLIES in their order: another text means other numbers. */
const char *was_tally_names(void);

#endif
