/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_CHECKPOINT_H
#define PWS_CHECKPOINT_H

#include "auth/was_crypto.h"

#include <apr_time.h>

/*
 * pws_checkpoint: positions among the changes of a collection as clients keep them: sealed, so that
 * only what this database gave out, for this life of this collection, is taken back. The text of
 * the revision 2026-10 is opaque. That of 2026-09 is a date-time: behind the milliseconds of the
 * change stand 12 digits of its position and 6 of the seal, so that times that clocks have made
 * equal or set back decide nothing.
 */

/* What is sealed, and with what; see was_pws_changes. */
typedef struct pws_feed_t {
    const unsigned char *key; /* at least WAS_MAC_KEY_BYTES */
    const char *space;
    apr_int64_t generation;
} pws_feed_t;

/* A checkpoint as it was read: its position counts only where the seal holds. */
typedef struct pws_checkpoint_t {
    apr_int64_t position; /* 0 or more */
    bool is_time;
    unsigned code;          /* of a time */
    apr_int64_t generation; /* of an opaque text, as its seal */
    unsigned char seal[WAS_MAC_BYTES];
} pws_checkpoint_t;

/* In the pool; the second one for a change of that time. */
const char *pws_checkpoint_text(const pws_feed_t *feed, apr_int64_t position, apr_pool_t *pool);
const char *pws_checkpoint_time(const pws_feed_t *feed, apr_int64_t position, apr_time_t time,
                                apr_pool_t *pool);

/* Whether a text of any length and content has the form; each takes its own form alone. */
bool pws_checkpoint_read_text(const char *text, pws_checkpoint_t *checkpoint);
bool pws_checkpoint_read_time(const char *text, pws_checkpoint_t *checkpoint);

/* Whether it is one of this feed. */
bool pws_checkpoint_holds(const pws_feed_t *feed, const pws_checkpoint_t *checkpoint);

#endif
