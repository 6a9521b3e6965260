/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_OPENED_H
#define WAS_PWS_OPENED_H

#include "was_pws_batch.h"

/*
 * was_pws_opened: the collection that records of an archive come into at the time: there already,
 * or made for them, with the log that governs it. Its counter is held until the transaction ends.
 * Private to was_pws_import.
 */
typedef struct was_pws_opened_t {
    was_pws_batch_t *batch;
    const was_grant_t *grant;
    was_pws_counted_t *counted; /* collections */
    bool is_open;               /* and what follows is set */
    bool is_encrypted;
    bool is_elsewhere;
    apr_int64_t claims; /* how many values it declares unique */
    apr_int64_t generation;
    apr_int64_t began;    /* the position that it had */
    apr_int64_t position; /* the last one that was given to a record */
} was_pws_opened_t;

/* Opens the one that a record is, which is made if it is not there. Errors: those of was_work_run,
 * NOT_FOUND (the grant does not hold any more). */
WAS_CHECKED const was_error_t *was_pws_opened_take(was_pws_opened_t *opened,
                                                   const was_pws_incoming_t *record);

/* Ends it, if one is open, and sends what waits: what came into it is charged, and seen, and has
 * claimed what is unique. Errors: those of was_work_run (CONFLICT: a claim is another's),
 * INVALID_ARCHIVE (a content that cannot be looked at for that). */
WAS_CHECKED const was_error_t *was_pws_opened_close(was_pws_opened_t *opened);

/* A generation, a new one for 0; a time of its making, NULL for 0. */
was_value_t was_pws_generation_value(apr_int64_t generation);
was_value_t was_pws_created_value(apr_time_t created);

#endif
