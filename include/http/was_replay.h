/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_REPLAY_H
#define WAS_REPLAY_H

#include "auth/was_signature.h"

#include <httpd.h>

/*
 * was_replay: the guard that lets a signature be used for one write only, in all children of one
 * httpd. What was used stands in a cache of httpd's (socache) until nobody would take the signature
 * any more, and a week beyond, so that a clock that runs ahead and is set right has nothing
 * forgotten. The cache may forget earlier when it is full: the guard is as strong as its size.
 */
typedef struct was_replay_t was_replay_t;

/* Makes the type of our mutex known to httpd, for its Mutex directive. For pre_config. False: httpd
 * does not take it, and has no log yet to say so. */
bool was_replay_register(apr_pool_t *pool);

/*
 * A guard over the cache that `text` names: a provider of httpd's, and behind a colon what it is
 * told ("shmcb:logs/was_replay(512000)"). NULL, or a sentence that says what is wrong. `text` is
 * kept, not copied.
 */
const char *was_replay_make(const char *text, was_replay_t **replay, apr_pool_t *scratch,
                            apr_pool_t *pool);

/*
 * Opens the cache and its mutex until `pool` goes, and fills it with what the cache before a
 * restart held. For post_config; a NULL guard is fine, here and below. False: said why in the log.
 */
bool was_replay_open(was_replay_t *replay, server_rec *server, apr_pool_t *pool);

/* Readies a child for was_replay_use. For child_init. */
void was_replay_join(was_replay_t *replay, server_rec *server, apr_pool_t *pool);

/*
 * Uses a verified signature (or NULL: there is none) up, whatever becomes of the request: what was
 * refused now might be accepted later, when somebody sends it again. `skew` is how many seconds
 * behind its `expires` anybody takes it.
 * Errors: UNAUTHENTICATED, pointer "/authorization" (it was used before, or expired while the
 * request's head arrived); UNAVAILABLE (the cache does not work: nobody can tell).
 */
WAS_CHECKED const was_error_t *was_replay_use(was_replay_t *replay,
                                              const was_signature_t *signature, apr_int64_t skew,
                                              apr_pool_t *pool);

#endif
