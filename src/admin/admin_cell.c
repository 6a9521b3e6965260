/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_cell: spaces that go from one database to another while both are served. Owns the order of
 * it: nobody writes here, then all is there, then the front knows, so that whatever ends it in
 * between, never do both take writes, and the same command goes on. Refuses to know what a space's
 * rows are.
 */

#include "admin/admin.h"

#include "admin/admin_map.h"
#include "store/admin/was_admin_cell.h"
#include "store/admin/was_admin_change.h"
#include "store/was_solo.h"

#include <apr_strings.h>

enum { WAIT_SECONDS = 10, KEEP_MSEC = 3600 * 1000 };

/* A space on its way. */
typedef struct move_t {
    admin_t *admin;
    const was_admin_space_t *space;
    was_db_t *there;
    bool is_there;       /* the other database has a space of this id */
    was_frozen_t frozen; /* and so it is */
    was_admin_way_t *way;
    was_copied_t copied;
    apr_time_t since; /* when it was that writes were refused from; 0: not by us */
} move_t;

static const was_error_t *refuse_move(const move_t *move, const char *why)
{
    return was_error_make(move->admin->pool, WAS_ERROR_CONFLICT, NULL, "the space %s %s",
                          move->space->id, why);
}

static const was_error_t *check_map_line(const admin_t *admin)
{
    const char *wrong = NULL;

    if (admin->to_db == NULL) {
        wrong = "to which database? say --to-db CONNINFO";
    }
    else if (!was_session_accepts(admin->to_db)) {
        wrong = "--to-db is none that libpq understands";
    }
    else if ((admin->map == NULL) != (admin->cell == NULL)) {
        wrong = "--map and --cell belong together";
    }
    else if (admin->cell != NULL && !admin_map_takes(admin->cell)) {
        wrong = "--cell is a name without blanks";
    }
    return wrong == NULL ? NULL
                         : was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL, "%s", wrong);
}

static const was_error_t *look_there(move_t *move)
{
    apr_pool_t *pool = move->admin->pool;
    was_admin_details_t details;
    const was_error_t *error =
        was_admin_spaces_show(move->there, move->space->protocol, move->space->id, &details, pool);

    move->is_there = error == NULL;
    move->frozen = error == NULL ? details.space.frozen : WAS_FROZEN_NOT;
    if (error == NULL && details.space.is_deleted) {
        return refuse_move(move,
                           "was deleted in the other database, and is being cleared away there");
    }
    return error != NULL && error->kind == WAS_ERROR_NOT_FOUND ? NULL : error;
}

/* What cannot be moved, before anything is changed. */
static const was_error_t *check_states(const move_t *move)
{
    bool is_taken = move->is_there && move->frozen < WAS_FROZEN_MOVING;

    switch (move->space->frozen) {
    case WAS_FROZEN_KEPT:
        return was_error_make(move->admin->pool, WAS_ERROR_FROZEN, NULL,
                              "the space %s is frozen: thaw it first", move->space->id);
    case WAS_FROZEN_NOT:
        return move->is_there
                   ? refuse_move(move, "is in the other database, too; what was left there "
                                       "when it was moved is to be erased first")
                   : NULL;
    case WAS_FROZEN_MOVED:
        return is_taken ? NULL : refuse_move(move, "was moved to another database than this");
    default:
        return move->is_there && !is_taken
                   ? refuse_move(move,
                                 "was in the other database before, and is there no more: erase "
                                 "what was left there first")
                   : NULL;
    }
}

static const was_error_t *turn_state(const move_t *move, was_frozen_t from, was_frozen_t to)
{
    bool turned;

    WAS_TRY(
        was_admin_change_turn(move->admin->db, move->space, from, to, &turned, move->admin->pool));
    return turned ? NULL : refuse_move(move, "was changed by somebody else meanwhile");
}

/* Writes that had begun before have ended, or are none of ours to wait for. */
static const was_error_t *await_writers(const move_t *move)
{
    bool ended;

    WAS_TRY(was_admin_change_wait(move->admin->db, WAIT_SECONDS, &ended, move->admin->pool));
    return ended ? NULL
                 : was_error_make(move->admin->pool, WAS_ERROR_UNAVAILABLE, NULL,
                                  "transactions that began before go on for more than %d seconds",
                                  WAIT_SECONDS);
}

static const was_error_t *copy_space(move_t *move)
{
    WAS_TRY(await_writers(move));
    return was_admin_cell_copy(move->way, move->space, &move->copied, move->admin->pool);
}

/* From a space that is open or moving here to one that is open there. What failed without a doubt
 * is taken back. */
static const was_error_t *hand_over(move_t *move)
{
    admin_t *admin = move->admin;

    WAS_TRY(was_admin_cell_open(admin->params, admin->to_db, move->space, &move->way, admin->pool));
    if (move->space->frozen == WAS_FROZEN_NOT) {
        move->since = apr_time_now();
        WAS_TRY(turn_state(move, WAS_FROZEN_NOT, WAS_FROZEN_MOVING));
    }
    const was_error_t *error = copy_space(move);

    if (error == NULL) {
        return NULL;
    }
    if (error->kind != WAS_ERROR_UNCERTAIN) {
        const was_error_t *stays = turn_state(move, WAS_FROZEN_MOVING, WAS_FROZEN_NOT);

        if (stays == NULL) {
            return error;
        }
        error = was_error_wrap(admin->pool, error, "%s", was_error_text(stays, admin->pool));
    }
    admin_print_note(admin->pool,
                     "nobody can write to the space %s until the same command is said again",
                     move->space->id);
    return error;
}

static void print_move(const move_t *move, bool is_done)
{
    apr_time_t took = move->since > 0 ? apr_time_now() - move->since : 0;
    const admin_field_t fields[] = {
        admin_print_text("action", "move-space"),
        admin_print_text("protocol", was_admin_protocol_name(move->space->protocol)),
        admin_print_text("space", move->space->id),
        admin_print_text("controller", move->space->controller),
        admin_print_boolean("done", is_done),
        admin_print_number("rows", move->copied.rows),
        admin_print_number("bytes", move->copied.bytes),
        admin_print_number("milliseconds", apr_time_as_msec(took)),
    };

    admin_print_row(&move->admin->print, fields, sizeof(fields) / sizeof(fields[0]),
                    move->admin->pool);
}

static const was_error_t *do_move(move_t *move)
{
    admin_t *admin = move->admin;

    if (!move->is_there) {
        WAS_TRY(hand_over(move));
    }
    if (move->space->frozen != WAS_FROZEN_MOVED) {
        WAS_TRY(turn_state(move, WAS_FROZEN_MOVING, WAS_FROZEN_MOVED));
    }
    if (admin->map != NULL) {
        WAS_TRY(admin_map_set(admin->map, move->space->id, admin->cell, admin->pool));
    }
    print_move(move, true);
    if (admin->map == NULL) {
        admin_print_note(admin->pool, "the other database has the space %s: let the front know",
                         move->space->id);
    }
    return NULL;
}

/* Whether writers that had begun before have ended is known of the node only that is asked, and a
 * space's rows are not found by what a session has set on another one. */
static const was_error_t *refuse_distributed(const admin_t *admin, bool is_distributed)
{
    return is_distributed
               ? was_error_make(admin->pool, WAS_ERROR_CONFLICT, NULL,
                                "no space is moved from or to tables that Citus distributes: "
                                "Citus moves shards itself")
               : NULL;
}

const was_error_t *admin_move_space(admin_t *admin)
{
    was_admin_details_t details;
    was_tables_t tables;

    WAS_TRY(check_map_line(admin));
    WAS_TRY(admin_find(admin, &details));
    move_t move = {.admin = admin, .space = &details.space};

    if (details.space.is_deleted || !admin_map_takes(details.space.id)) {
        return refuse_move(&move, "is deleted, or its id cannot stand in a map");
    }
    WAS_TRY(was_schema_demand(admin->to_db, &tables, admin->pool));
    WAS_TRY(refuse_distributed(admin, was_db_is_distributed(admin->db) || tables.are_distributed));
    move.there = was_db_make(was_solo_lender(admin->to_db, admin->pool), admin->to_db, 1, true,
                             KEEP_MSEC, was_schema_demand, admin->pool);
    if (move.there == NULL) {
        return was_error_log(admin->pool, WAS_ERROR_UNAVAILABLE, "the system has no lock to give");
    }
    WAS_TRY(look_there(&move));
    WAS_TRY(check_states(&move));
    if (!admin->is_sure) {
        print_move(&move, false);
        admin_say_unsure(admin);
        return NULL;
    }
    return do_move(&move);
}

const was_error_t *admin_share_origin(admin_t *admin)
{
    was_tables_t tables;
    bool changes;

    WAS_TRY(check_map_line(admin));
    WAS_TRY(was_schema_demand(admin->to_db, &tables, admin->pool));
    WAS_TRY(refuse_distributed(admin, tables.are_distributed));
    WAS_TRY(
        was_admin_cell_share(admin->params, admin->to_db, admin->is_sure, &changes, admin->pool));
    admin_print_note(admin->pool, "the other database %s",
                     !changes         ? "has this origin already"
                     : admin->is_sure ? "has the origin of this one now"
                                      : "has another origin, and can have this one's");
    if (changes) {
        admin_say_unsure(admin);
    }
    return NULL;
}
