/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_line: the command line. Owns the table of commands, what is taken of it and what is
 * refused, and the exit code. Refuses to know what a command does.
 */

#include "admin/admin_line.h"

#include "auth/was_did.h"
#include "base/was_encoding.h"
#include "base/was_json.h"
#include "store/was_session.h"
#include "store/was_solo.h"
#include "store/was_sweep.h"

#include <apr_env.h>
#include <apr_general.h>
#include <apr_getopt.h>
#include <apr_strings.h>

#include <stdio.h>
#include <string.h>

enum {
    MOST_BYTES = 512, /* of a space's id, or of anything else that is said */
    /* For so long is kept what a run finds to be named by no row: longer than any client rests. */
    KEEP_MSEC = 3600 * 1000
};

static const admin_command_t commands[] = {
    {"status", 0, true, admin_status, "", "the schema, and what an upgrade would do"},
    {"upgrade", ADMIN_CHANGES, true, admin_upgrade, "", "upgrade the schema, ahead of a restart"},
    {"spaces", ADMIN_TAKES_CONTROLLER | ADMIN_TAKES_PROTOCOL, false, admin_spaces, "",
     "list spaces"},
    {"usage", ADMIN_TAKES_CONTROLLER | ADMIN_TAKES_PROTOCOL | ADMIN_TAKES_BY, false, admin_usage,
     "", "list what is used, by controller or by space"},
    {"show", ADMIN_NEEDS_ARGUMENT | ADMIN_TAKES_PROTOCOL, false, admin_show, " SPACE",
     "show a space"},
    {"move", ADMIN_NEEDS_ARGUMENT | ADMIN_TAKES_PROTOCOL | ADMIN_TAKES_TO | ADMIN_CHANGES, false,
     admin_move, " SPACE --to DID", "give a space another controller"},
    {"move-space",
     ADMIN_NEEDS_ARGUMENT | ADMIN_TAKES_PROTOCOL | ADMIN_TAKES_TO_DB | ADMIN_TAKES_MAP |
         ADMIN_CHANGES,
     false, admin_move_space, " SPACE --to-db CONNINFO [--map FILE --cell NAME]",
     "move a space to another database"},
    {"share-origin", ADMIN_TAKES_TO_DB | ADMIN_CHANGES, false, admin_share_origin,
     " --to-db CONNINFO", "let spaces of another database be moved here, and back"},
    {"freeze", ADMIN_NEEDS_ARGUMENT | ADMIN_TAKES_PROTOCOL | ADMIN_CHANGES, false, admin_freeze,
     " SPACE", "have nobody write to a space"},
    {"thaw", ADMIN_NEEDS_ARGUMENT | ADMIN_TAKES_PROTOCOL | ADMIN_CHANGES, false, admin_thaw,
     " SPACE", "let them write again"},
    {"erase", ADMIN_TAKES_ARGUMENT | ADMIN_TAKES_CONTROLLER | ADMIN_TAKES_PROTOCOL | ADMIN_CHANGES,
     false, admin_erase, " SPACE | --controller DID", "delete a space, or all of a controller"},
    {"sweep", ADMIN_CHANGES, false, admin_sweep, "", "clear away what was deleted"},
    {"uploads", 0, false, admin_uploads, "", "list contents that no resource names"},
    {"end-uploads", ADMIN_TAKES_ARGUMENT | ADMIN_CHANGES, false, admin_end_uploads, " [SPACE]",
     "have those swept"},
    {"check", 0, false, admin_check, "", "look for what should not be stored"},
    {"recount", ADMIN_TAKES_ARGUMENT | ADMIN_CHANGES, false, admin_recount, " [SPACE]",
     "count anew what spaces are charged"},
    {"to-rows", ADMIN_CHANGES, false, admin_to_rows, "",
     "put contents of the classic protocol back into their rows"},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

enum {
    OPTION_HELP = 'h',
    OPTION_DB = 256,
    OPTION_JSON,
    OPTION_YES,
    OPTION_CONTROLLER,
    OPTION_TO,
    OPTION_BY,
    OPTION_PROTOCOL,
    OPTION_TO_DB,
    OPTION_MAP,
    OPTION_CELL
};

static const apr_getopt_option_t options[] = {
    {"db", OPTION_DB, true, "the database, as a connection string of libpq"},
    {"json", OPTION_JSON, false, "a JSON object a line"},
    {"yes", OPTION_YES, false, "do it: without it, it is only said what would be done"},
    {"controller", OPTION_CONTROLLER, true, "only spaces of this DID"},
    {"to", OPTION_TO, true, "the new controller, a DID"},
    {"by", OPTION_BY, true, "controller (as without it) or space"},
    {"protocol", OPTION_PROTOCOL, true, "classic or pws, where both have the space"},
    {"to-db", OPTION_TO_DB, true, "another database, as a connection string of libpq"},
    {"map", OPTION_MAP, true, "the text file that the front's RewriteMap reads"},
    {"cell", OPTION_CELL, true, "what that is to say of the space: the other database's cell"},
    {"help", OPTION_HELP, false, "this"},
    {NULL, 0, 0, NULL}};

static void print_help(FILE *to)
{
    fprintf(to, "usage: was-admin COMMAND [OPTION...]\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %s%s\n      %s\n", commands[i].name, commands[i].usage, commands[i].summary);
    }
    fprintf(to, "\n");
    for (const apr_getopt_option_t *option = options; option->name != NULL; option++) {
        fprintf(to, "  --%s%s\n      %s\n", option->name, option->has_arg ? " VALUE" : "",
                option->description);
    }
    fprintf(to, "\nThe database is --db, $WAS_STORAGE_DSN, or what libpq's own variables say.\n"
                "was-admin(8) has exit codes and examples.\n");
}

static const was_error_t *refuse_usage(const admin_t *admin, const char *what, const char *word)
{
    return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL, "%s %s; see was-admin --help",
                          what, word);
}

/* What the operator said must be text that can be in the database. */
static const was_error_t *check_word(const admin_t *admin, const char *name, const char *word)
{
    if (word == NULL) {
        return NULL;
    }
    if (*word == '\0') {
        return refuse_usage(admin, name, "is empty");
    }
    if (strlen(word) > MOST_BYTES) {
        return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL, "%s is longer than %d bytes",
                              name, MOST_BYTES);
    }
    return was_utf8_valid(word, strlen(word)) ? NULL : refuse_usage(admin, name, "is not UTF-8");
}

/* A value comes once. */
static const was_error_t *take_once(const admin_t *admin, const char **value, const char *said,
                                    const char *name)
{
    if (*value != NULL) {
        return refuse_usage(admin, name, "was said twice");
    }
    *value = said;
    return NULL;
}

static const was_error_t *take_protocol(admin_t *admin, const char *said)
{
    if (admin->protocol != WAS_ADMIN_PROTOCOLS) {
        return refuse_usage(admin, "--protocol", "was said twice");
    }
    for (int i = 0; i < WAS_ADMIN_PROTOCOLS; i++) {
        if (strcmp(said, was_admin_protocol_name((was_admin_protocol_t)i)) == 0) {
            admin->protocol = i;
            return NULL;
        }
    }
    return refuse_usage(admin, "--protocol", "is classic or pws");
}

static const was_error_t *take_option(admin_t *admin, int option, const char *said)
{
    switch (option) {
    case OPTION_DB:
        return take_once(admin, &admin->params, said, "--db");
    case OPTION_JSON:
        admin->print.is_json = true;
        return NULL;
    case OPTION_YES:
        admin->is_sure = true;
        return NULL;
    case OPTION_CONTROLLER:
        return take_once(admin, &admin->controller, said, "--controller");
    case OPTION_TO:
        return take_once(admin, &admin->to, said, "--to");
    case OPTION_BY:
        return take_once(admin, &admin->by, said, "--by");
    case OPTION_TO_DB:
        return take_once(admin, &admin->to_db, said, "--to-db");
    case OPTION_MAP:
        return take_once(admin, &admin->map, said, "--map");
    case OPTION_CELL:
        return take_once(admin, &admin->cell, said, "--cell");
    default:
        return take_protocol(admin, said);
    }
}

static void ignore_complaint(void *baton, const char *format, ...)
{
    (void)baton;
    (void)format; /* we have a sentence of our own */
}

/* Words of the command line that are no options: `*command`, and what it is about. */
static const was_error_t *take_words(admin_t *admin, const apr_getopt_t *state,
                                     const admin_command_t **command)
{
    *command = NULL;
    if (state->ind == state->argc) {
        return refuse_usage(admin, "there is", "no command");
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, state->argv[state->ind]) == 0) {
            *command = &commands[i];
        }
    }
    if (*command == NULL) {
        return refuse_usage(admin, "there is no command", state->argv[state->ind]);
    }
    if (state->argc - state->ind > 2) {
        return refuse_usage(admin, "there is one word too many:", state->argv[state->ind + 2]);
    }
    admin->argument = state->ind + 1 < state->argc ? state->argv[state->ind + 1] : NULL;
    return NULL;
}

/* The command takes what was said, and was told what it needs. */
static const was_error_t *check_takes(const admin_t *admin, const admin_command_t *command)
{
    const struct {
        bool is_said;
        int takes;
        const char *what;
    } said[] = {
        {admin->argument != NULL, ADMIN_TAKES_ARGUMENT, "takes no word behind it"},
        {admin->controller != NULL, ADMIN_TAKES_CONTROLLER, "takes no --controller"},
        {admin->protocol != WAS_ADMIN_PROTOCOLS, ADMIN_TAKES_PROTOCOL, "takes no --protocol"},
        {admin->to != NULL, ADMIN_TAKES_TO, "takes no --to"},
        {admin->by != NULL, ADMIN_TAKES_BY, "takes no --by"},
        {admin->to_db != NULL, ADMIN_TAKES_TO_DB, "takes no --to-db"},
        {admin->map != NULL, ADMIN_TAKES_MAP, "takes no --map"},
        {admin->cell != NULL, ADMIN_TAKES_MAP, "takes no --cell"},
        {admin->is_sure, ADMIN_CHANGES, "changes nothing, and takes no --yes"},
    };

    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        if (said[i].is_said && (command->takes & said[i].takes) == 0) {
            return refuse_usage(admin, command->name, said[i].what);
        }
    }
    if ((command->takes & ADMIN_NEEDS_ARGUMENT) == ADMIN_NEEDS_ARGUMENT &&
        admin->argument == NULL) {
        return refuse_usage(admin, command->name, "needs a space");
    }
    WAS_TRY(check_word(admin, "the space", admin->argument));
    WAS_TRY(check_word(admin, "--to", admin->to));
    WAS_TRY(check_word(admin, "--controller", admin->controller));
    return admin->controller == NULL || was_did_valid(admin->controller)
               ? NULL
               : refuse_usage(admin, "--controller", "is no DID");
}

/* What the command line says. `*helps`: only to be told how it is. */
static const was_error_t *read_line(admin_t *admin, int argc, const char *const *argv,
                                    const admin_command_t **command, bool *helps)
{
    apr_getopt_t *state;
    const char *said;
    int option;
    apr_status_t status;

    apr_getopt_init(&state, admin->pool, argc, argv);
    state->interleave = 1;
    state->errfn = ignore_complaint;
    *helps = false;
    while ((status = apr_getopt_long(state, options, &option, &said)) == APR_SUCCESS) {
        if (option == OPTION_HELP) {
            *helps = true;
            return NULL;
        }
        WAS_TRY(take_option(admin, option, said));
    }
    if (status != APR_EOF) {
        return refuse_usage(admin, "this is no option, or lacks its value:",
                            state->argv[state->ind > 1 ? state->ind - 1 : 1]);
    }
    WAS_TRY(take_words(admin, state, command));
    return check_takes(admin, *command);
}

static const was_error_t *open_database(admin_t *admin, const admin_command_t *command)
{
    char *said = NULL;
    was_tables_t tables;

    if (admin->params == NULL &&
        apr_env_get(&said, "WAS_STORAGE_DSN", admin->pool) == APR_SUCCESS) {
        admin->params = said;
    }
    admin->params = admin->params != NULL ? admin->params : "";
    if (!was_session_accepts(admin->params)) {
        return refuse_usage(admin, "the connection string", "is none that libpq understands");
    }
    if (command->is_early) {
        return NULL;
    }
    WAS_TRY(was_schema_demand(admin->params, &tables, admin->pool));
    admin->db = was_db_make(was_solo_lender(admin->params, admin->pool), admin->params, 1, true,
                            KEEP_MSEC, was_schema_demand, admin->pool);
    return admin->db != NULL && was_sweep_share(admin->pool)
               ? NULL
               : was_error_log(admin->pool, WAS_ERROR_UNAVAILABLE,
                               "the system has no lock to give");
}

static admin_exit_t exit_of(const was_error_t *error)
{
    switch (error->kind) {
    case WAS_ERROR_MALFORMED:
        return ADMIN_USAGE;
    case WAS_ERROR_NOT_FOUND:
        return ADMIN_ABSENT;
    case WAS_ERROR_CONFLICT:
    case WAS_ERROR_FORBIDDEN:
    case WAS_ERROR_FROZEN:
    case WAS_ERROR_MOVING:
        return ADMIN_REFUSED;
    default:
        return ADMIN_UNAVAILABLE;
    }
}

admin_exit_t admin_line_run(admin_t *admin, int argc, const char *const *argv)
{
    const admin_command_t *command = NULL;
    bool helps;
    const was_error_t *error = read_line(admin, argc, argv, &command, &helps);

    if (error == NULL && helps) {
        print_help(stdout);
        return ADMIN_DONE;
    }
    if (error == NULL) {
        error = open_database(admin, command);
    }
    if (error == NULL) {
        error = command->run(admin);
    }
    if (error != NULL) {
        admin_print_note(admin->pool, "%s", was_error_chain(error, admin->pool));
        return exit_of(error);
    }
    return admin->is_partly ? ADMIN_PARTLY : ADMIN_DONE;
}
