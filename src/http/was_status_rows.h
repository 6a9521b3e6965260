/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_STATUS_ROWS_H
#define WAS_STATUS_ROWS_H

#include "http/was_status.h"

/*
 * was_status_rows: where the numbers of requests stand behind those of was_tally: so many for each
 * row of each protocol's table, and for two more that it does not have. Private to was_status.
 */

/* How soon an answer was out, in microseconds, each with what is written for it; the last is for
 * all that took longer. */
#define WAS_STATUS_BUCKETS(X)                                                                      \
    X(5000, "0.005")                                                                               \
    X(25000, "0.025")                                                                              \
    X(100000, "0.1")                                                                               \
    X(500000, "0.5")                                                                               \
    X(2500000, "2.5")                                                                              \
    X(10000000, "10")                                                                              \
    X(APR_INT64_MAX, "+Inf")

/* The statuses that are told apart, those that are most frequent first; whatever else there is has
 * the number behind them. */
/* clang-format off */
#define WAS_STATUS_CODES(X) \
    X(200) X(204) X(304) X(201) X(206) X(404) X(412) X(401) X(403) X(400) X(308) X(405) X(408) \
    X(409) X(411) X(413) X(414) X(415) X(416) X(417) X(422) X(429) X(431) X(500) X(501) X(502) \
    X(503) X(507)
/* clang-format on */

/* The numbers of one row. */
enum {
#define WAS_STATUS_ONE(...) +1
    WAS_STATUS_NCODES = 0 WAS_STATUS_CODES(WAS_STATUS_ONE),
    WAS_STATUS_NBUCKETS = 0 WAS_STATUS_BUCKETS(WAS_STATUS_ONE),
#undef WAS_STATUS_ONE
    WAS_STATUS_AT_CODES = 0, /* and one more */
    WAS_STATUS_AT_BUCKETS = WAS_STATUS_NCODES + 1,
    WAS_STATUS_AT_MICROSECONDS = WAS_STATUS_AT_BUCKETS + WAS_STATUS_NBUCKETS,
    WAS_STATUS_ROW_NUMBERS
};

/* A row of requests. */
typedef struct was_status_row_t {
    const char *protocol;
    const char *method;
    const char *route;
    int number; /* its first */
} was_status_row_t;

/* All rows, `*count` of them; they live as long as the configuration. */
const was_status_row_t *was_status_rows(int *count);

#endif
