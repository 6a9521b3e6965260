/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef ADMIN_H
#define ADMIN_H

#include "admin/admin_print.h"
#include "store/admin/was_admin_spaces.h"

/*
 * admin: was-admin, the operator's program: a table of commands over the verbs of the store. Knows
 * no SQL and no HTTP. Whoever can connect to the database may do all of it.
 */

/* Exit codes (docs/man/was-admin.8). */
typedef enum admin_exit_t {
    ADMIN_DONE = 0,        /* or, without --yes, could be done */
    ADMIN_PARTLY = 1,      /* something is wrong, or some of it was not done: it is said what */
    ADMIN_USAGE = 2,       /* the command line is not understood */
    ADMIN_ABSENT = 3,      /* there is no such space */
    ADMIN_UNAVAILABLE = 4, /* the database cannot be used */
    ADMIN_REFUSED = 5      /* what is there forbids it */
} admin_exit_t;

/* One run of the program: what was said, and what there is to do it with. */
typedef struct admin_t {
    const char *params; /* of the connection, for libpq */
    was_db_t *db;
    apr_pool_t *pool;
    admin_print_t print;
    bool is_sure;                     /* --yes: else nothing is changed */
    const char *controller, *to, *by; /* or NULL */
    const char *to_db, *map, *cell;   /* the same, for spaces that go to another database */
    int protocol;                     /* a was_admin_protocol_t; WAS_ADMIN_PROTOCOLS: not said */
    const char *argument;             /* what the command is about; or NULL */
    bool is_partly;                   /* set by a command: ADMIN_PARTLY at the end */
} admin_t;

/* What a command may be told; another option is refused. */
typedef enum admin_take_t {
    ADMIN_TAKES_ARGUMENT = 1,
    ADMIN_NEEDS_ARGUMENT = 2 | ADMIN_TAKES_ARGUMENT,
    ADMIN_TAKES_CONTROLLER = 4,
    ADMIN_TAKES_PROTOCOL = 8,
    ADMIN_TAKES_TO = 16,
    ADMIN_TAKES_BY = 32,
    ADMIN_CHANGES = 64, /* takes --yes */
    ADMIN_TAKES_TO_DB = 128,
    ADMIN_TAKES_MAP = 256 /* with --cell */
} admin_take_t;

typedef struct admin_command_t {
    const char *name;
    int takes;
    bool is_early; /* runs whatever version the schema has */
    const was_error_t *(*run)(admin_t *admin);
    const char *usage; /* behind its name */
    const char *summary;
} admin_command_t;

/*
 * The commands. What they print is printed when they return, whatever that is.
 * Errors: MALFORMED (the command line), NOT_FOUND, CONFLICT, FROZEN and MOVING (refused), those of
 * was_db.
 */
WAS_CHECKED const was_error_t *admin_status(admin_t *admin);
WAS_CHECKED const was_error_t *admin_upgrade(admin_t *admin);
WAS_CHECKED const was_error_t *admin_spaces(admin_t *admin);
WAS_CHECKED const was_error_t *admin_usage(admin_t *admin);
WAS_CHECKED const was_error_t *admin_show(admin_t *admin);
WAS_CHECKED const was_error_t *admin_move(admin_t *admin);
WAS_CHECKED const was_error_t *admin_move_space(admin_t *admin);
WAS_CHECKED const was_error_t *admin_share_origin(admin_t *admin);
WAS_CHECKED const was_error_t *admin_freeze(admin_t *admin);
WAS_CHECKED const was_error_t *admin_thaw(admin_t *admin);
WAS_CHECKED const was_error_t *admin_erase(admin_t *admin);
WAS_CHECKED const was_error_t *admin_sweep(admin_t *admin);
WAS_CHECKED const was_error_t *admin_uploads(admin_t *admin);
WAS_CHECKED const was_error_t *admin_end_uploads(admin_t *admin);
WAS_CHECKED const was_error_t *admin_check(admin_t *admin);
WAS_CHECKED const was_error_t *admin_recount(admin_t *admin);
WAS_CHECKED const was_error_t *admin_to_rows(admin_t *admin);

/*
 * The space that the argument names, under the one protocol that has it, or the one that was said.
 * Errors: NOT_FOUND; CONFLICT (both have it, and none was said); those of was_db.
 */
WAS_CHECKED const was_error_t *admin_find(admin_t *admin, was_admin_details_t *details);

/* Calls `take` for each space of the controller that was said, or of all, in pages.
 * Errors: those of was_db and of `take`. */
WAS_CHECKED const was_error_t *admin_each_space(
    admin_t *admin,
    const was_error_t *(*take)(admin_t *admin, const was_admin_space_t *space, apr_pool_t *pool));

/* What a command that changes something says at the end, where it has not. */
void admin_say_unsure(const admin_t *admin);

/* Sweeps what is due until nothing is, or others are at the rest. `*rows` is how many rows went. */
WAS_CHECKED const was_error_t *admin_sweep_all(admin_t *admin, apr_int64_t *rows);

#endif
