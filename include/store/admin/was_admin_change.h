/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_CHANGE_H
#define WAS_ADMIN_CHANGE_H

#include "store/admin/was_admin_spaces.h"

/*
 * was_admin_change: what the operator does to a space, whoever controls it. Besides the errors
 * listed, all give those of was_db.
 */

/* Gives the space another controller, which no limit keeps from having it; `*from` is the one
 * before. Errors: NOT_FOUND, MOVING. */
WAS_CHECKED const was_error_t *was_admin_change_controller(was_db_t *db,
                                                           was_admin_protocol_t protocol,
                                                           const char *id, const char *to,
                                                           const char **from, apr_pool_t *pool);

/* Has nobody write to the space, or lets them again. Whether that was a change is `*changed`; a
 * space that is not there is none. */
WAS_CHECKED const was_error_t *was_admin_change_frozen(was_db_t *db, was_admin_protocol_t protocol,
                                                       const char *id, bool is_frozen,
                                                       bool *changed, apr_pool_t *pool);

/* On the way to another database: from open to moving and back, or on to moved. `*turned` is false
 * where the space is not what it was taken for, or not there. */
WAS_CHECKED const was_error_t *was_admin_change_turn(was_db_t *db, const was_admin_space_t *space,
                                                     was_frozen_t from, was_frozen_t to,
                                                     bool *turned, apr_pool_t *pool);

/*
 * Waits until all transactions have ended that had begun before, of this whole PostgreSQL: a write
 * that had seen a space unfrozen, or its old controller, is done then or never. `*ended` is false
 * if some go on after so many seconds.
 */
WAS_CHECKED const was_error_t *was_admin_change_wait(was_db_t *db, int seconds, bool *ended,
                                                     apr_pool_t *pool);

/* Deletes the space as its controller would; its rows are swept then or later.
 * Errors: FROZEN, MOVING; NOT_FOUND and FORBIDDEN (it was deleted, or given away, since it was
 * listed). */
WAS_CHECKED const was_error_t *was_admin_change_erase(was_db_t *db, const was_admin_space_t *space,
                                                      apr_pool_t *pool);

/* Forgets what is noted of a controller of whom there are no spaces. */
WAS_CHECKED const was_error_t *was_admin_change_forget(was_db_t *db, const char *controller,
                                                       apr_pool_t *pool);

#endif
