/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_CELL_H
#define WAS_ADMIN_CELL_H

#include "store/admin/was_admin_spaces.h"
#include "store/was_session.h"

/*
 * was_admin_cell: all rows of a space, from one database to another one of the same schema version.
 * Each verb opens connections of its own; `from` and `to` are connection strings. Besides the
 * errors listed, all give those of was_db.
 */

/* Connections to both, good for one copy. */
typedef struct was_admin_way_t was_admin_way_t;

/* Connects, and looks at all that copying the space looks at, so that whoever is refused while it
 * is copied does not wait for that. Errors: CONFLICT (tables of both are not the same). */
WAS_CHECKED const was_error_t *was_admin_cell_open(const char *from, const char *to,
                                                   const was_admin_space_t *space,
                                                   was_admin_way_t **way, apr_pool_t *pool);

/*
 * Copies a space that is moving, in one transaction there, which makes it an open space there when
 * it commits; until then it is kept from being anything else here. What is there of an earlier life
 * of it gives way. Of Portable Web Spaces all is as it was, validators, stamps and checkpoints
 * included; of the classic protocol validators are others, since they tell who wrote the row. The
 * way is closed, whatever comes of it.
 *
 * Errors: CONFLICT (the space is not moving; tables of both are not the same; there is one of this
 * id there, or comes to be; a space of pws, and the databases do not have one origin), UNCERTAIN
 * (whether it is there now nobody knows). After all others nothing of it is there.
 */
WAS_CHECKED const was_error_t *was_admin_cell_copy(was_admin_way_t *way,
                                                   const was_admin_space_t *space,
                                                   was_copied_t *copied, apr_pool_t *pool);

/* Removes at once what a space that was moved has left, but for contents in parts, which who reads
 * them may read on, and which are swept then. Errors: CONFLICT (it was not moved). */
WAS_CHECKED const was_error_t *
was_admin_cell_clear(const char *params, const was_admin_space_t *space, apr_pool_t *pool);

/* Gives the other database the origin of this one, with what seals checkpoints, so that what it
 * says of spaces is the same. `*changes` says whether it was another one; only if `is_sure` it is
 * changed. Errors: CONFLICT (there are spaces of pws there already). */
WAS_CHECKED const was_error_t *was_admin_cell_share(const char *from, const char *to, bool is_sure,
                                                    bool *changes, apr_pool_t *pool);

#endif
