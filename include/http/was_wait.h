/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_WAIT_H
#define WAS_WAIT_H

#include "http/was_request.h"
#include "store/was_watch.h"

/*
 * was_wait: a request that would rather wait for a change than be told that there is none (RFC
 * 7240). What was looked up for it is as old as the wait: its right must be asked for again.
 */

/* For how many seconds it would; 0 for not at all. */
int was_wait_wanted(const was_request_t *request);

/* Waits, for a request that has a caller, until the collection is not where it was seen, or until
 * that time. What is said of it in the answer is was_wait_tell's. */
was_watch_end_t was_wait_for(const was_request_t *request, const was_watched_t *watched,
                             apr_time_t until);

/* Tells the client that its wish was taken into account (Preference-Applied). */
void was_wait_tell(const was_request_t *request, int seconds);

#endif
