/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_change: what the operator does to spaces. Owns that nothing is done without --yes, and what
 * is said of what is left. Refuses to know how a space is stored.
 */

#include "admin/admin.h"

#include "auth/was_did.h"
#include "store/admin/was_admin_cell.h"
#include "store/admin/was_admin_change.h"

#include <string.h>

enum { WAIT_SECONDS = 30 };

void admin_say_unsure(const admin_t *admin)
{
    if (!admin->is_sure) {
        admin_print_note(admin->pool, "nothing was changed; with --yes it is done");
    }
}

/* What is, or would be, done to a space. */
static void print_change(admin_t *admin, const char *action, const was_admin_space_t *space,
                         const char *controller, bool is_done, apr_pool_t *pool)
{
    const admin_field_t fields[] = {
        admin_print_text("action", action),
        admin_print_text("protocol", was_admin_protocol_name(space->protocol)),
        admin_print_text("space", space->id),
        admin_print_text("controller", controller),
        admin_print_boolean("done", is_done),
    };

    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), pool);
}

static const was_error_t *refuse_deleted(admin_t *admin, const was_admin_space_t *space)
{
    return space->is_deleted
               ? was_error_make(admin->pool, WAS_ERROR_NOT_FOUND, NULL,
                                "the space %s is deleted, and is being cleared away", space->id)
               : NULL;
}

/* Behind a change that writes which had begun may not have seen. */
static const was_error_t *wait_for_writes(admin_t *admin)
{
    bool ended;

    WAS_TRY(was_admin_change_wait(admin->db, WAIT_SECONDS, &ended, admin->pool));
    if (!ended) {
        admin->is_partly = true;
        admin_print_note(admin->pool,
                         "it is done; but transactions that began before go on for more than %d "
                         "seconds, and one of them may still write to the space",
                         WAIT_SECONDS);
    }
    return NULL;
}

const was_error_t *admin_move(admin_t *admin)
{
    was_admin_details_t details;
    const char *from;

    if (admin->to == NULL || !was_did_valid(admin->to)) {
        return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL,
                              admin->to == NULL
                                  ? "to whom? say --to DID"
                                  : "--to is no DID (did:method:id, without #, / and ?, at most %d "
                                    "bytes)",
                              WAS_DID_MAX_BYTES);
    }
    WAS_TRY(admin_find(admin, &details));
    WAS_TRY(refuse_deleted(admin, &details.space));
    if (admin->is_sure) {
        WAS_TRY(was_admin_change_controller(admin->db, details.space.protocol, details.space.id,
                                            admin->to, &from, admin->pool));
    }
    print_change(admin, "move", &details.space, admin->to, admin->is_sure, admin->pool);
    admin_say_unsure(admin);
    return admin->is_sure ? wait_for_writes(admin) : NULL;
}

static const was_error_t *set_frozen(admin_t *admin, bool is_frozen)
{
    const char *action = is_frozen ? "freeze" : "thaw";
    was_admin_details_t details;
    bool changed = false;

    WAS_TRY(admin_find(admin, &details));
    WAS_TRY(refuse_deleted(admin, &details.space));
    if (details.space.frozen >= WAS_FROZEN_MOVING) {
        return was_error_make(admin->pool, WAS_ERROR_CONFLICT, NULL,
                              "the space %s is or was moved to another database: move-space again "
                              "ends that",
                              details.space.id);
    }
    if ((details.space.frozen == WAS_FROZEN_KEPT) == is_frozen) {
        admin_print_note(admin->pool, "the space is %s already", is_frozen ? "frozen" : "open");
        /* Whoever froze it may have been told that a write goes on. */
        return admin->is_sure && is_frozen ? wait_for_writes(admin) : NULL;
    }
    if (admin->is_sure) {
        WAS_TRY(was_admin_change_frozen(admin->db, details.space.protocol, details.space.id,
                                        is_frozen, &changed, admin->pool));
    }
    print_change(admin, action, &details.space, details.space.controller, changed, admin->pool);
    admin_say_unsure(admin);
    return changed && is_frozen ? wait_for_writes(admin) : NULL;
}

const was_error_t *admin_freeze(admin_t *admin)
{
    return set_frozen(admin, true);
}

const was_error_t *admin_thaw(admin_t *admin)
{
    return set_frozen(admin, false);
}

/* What was left of a space that another database has. */
static const was_error_t *erase_copy(admin_t *admin, const was_admin_space_t *space,
                                     apr_pool_t *pool)
{
    if (admin->is_sure) {
        WAS_TRY(was_admin_cell_clear(admin->params, space, pool));
    }
    print_change(admin, "erase", space, space->controller, admin->is_sure, pool);
    return NULL;
}

/* One space of those that are to be erased. */
static const was_error_t *erase_space(admin_t *admin, const was_admin_space_t *space,
                                      apr_pool_t *pool)
{
    if (space->is_deleted) {
        return NULL;
    }
    if (space->frozen == WAS_FROZEN_MOVED) {
        return erase_copy(admin, space, pool);
    }
    if (space->frozen != WAS_FROZEN_NOT) {
        admin->is_partly = true;
        admin_print_note(pool, "the space %s is frozen, and stays: thaw it first, or end its move",
                         space->id);
        print_change(admin, "erase", space, space->controller, false, pool);
        return NULL;
    }
    if (admin->is_sure) {
        WAS_TRY(was_admin_change_erase(admin->db, space, pool));
    }
    print_change(admin, "erase", space, space->controller, admin->is_sure, pool);
    return NULL;
}

static void say_what_stays(const admin_t *admin)
{
    admin_print_note(admin->pool,
                     "what stays: backups and archived WAL of the database until they are thrown "
                     "away; the DID, addresses and paths in the logs of httpd and PostgreSQL; "
                     "copies in caches and with whoever has read; the DID where other spaces note "
                     "who made something; and hashes of revoked capabilities");
}

/* The rows of what was deleted; others do the rest. */
static const was_error_t *clear_away(admin_t *admin)
{
    apr_int64_t rows;

    WAS_TRY(admin_sweep_all(admin, &rows));
    admin_print_note(admin->pool, "%" APR_INT64_T_FMT " rows were cleared away", rows);
    return NULL;
}

const was_error_t *admin_erase(admin_t *admin)
{
    was_admin_details_t details;

    if ((admin->controller == NULL) == (admin->argument == NULL)) {
        return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL,
                              "what? say a space, or --controller DID for all of its spaces");
    }
    if (admin->argument != NULL) {
        WAS_TRY(admin_find(admin, &details));
        WAS_TRY(refuse_deleted(admin, &details.space));
        WAS_TRY(erase_space(admin, &details.space, admin->pool));
    }
    else {
        WAS_TRY(admin_each_space(admin, erase_space));
        if (!admin->print.has_header && !admin->print.is_json) {
            admin_print_note(admin->pool, "the controller has no space");
        }
    }
    if (admin->is_sure && admin->controller != NULL && !admin->is_partly) {
        WAS_TRY(was_admin_change_forget(admin->db, admin->controller, admin->pool));
    }
    if (admin->is_sure) {
        WAS_TRY(clear_away(admin));
    }
    say_what_stays(admin);
    admin_say_unsure(admin);
    return NULL;
}
