/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pq_error: PostgreSQL's SQLSTATEs as errors of ours. Refuses to know HTTP, and gives away
 * nothing of the server's text but its first line, to the log.
 */

#include "store/was_pq.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>

bool was_pq_state_is(const PGresult *result, const char *const *states)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    for (; state != NULL && *states != NULL; states++) {
        if (strncmp(state, *states, strlen(*states)) == 0) {
            return true;
        }
    }
    return false;
}

const char *was_pq_line(const char *text, apr_pool_t *pool)
{
    char *line = apr_palloc(pool, strlen(text) + 1);
    char *to = line;

    for (; *text != '\0'; text++) {
        if (!apr_isspace(*text)) {
            *to++ = *text;
        }
        else if (to > line && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    to -= to > line && to[-1] == ' ';
    *to = '\0';
    return line;
}

bool was_pq_is_last_word(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity == NULL) {
        severity = PQresultErrorField(result, PG_DIAG_SEVERITY); /* of a pooler */
    }
    return severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

bool was_pq_is_own(const PGresult *result)
{
    return PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL;
}

const was_error_t *was_pq_error(const PGresult *result, apr_pool_t *pool)
{
    /* SQLSTATEs, or classes of them, in the order they are tried. */
    static const struct {
        const char *state;
        was_error_kind_t kind;
        const char *pointer;
    } kinds[] = {
        {"23503", WAS_ERROR_NOT_FOUND, "/space"},        /* the space went away meanwhile */
        {"23505", WAS_ERROR_CONFLICT, NULL},             /* unique key */
        {"54000", WAS_ERROR_TARGET_TOO_LONG, "/target"}, /* key longer than an index row */
        {"22021", WAS_ERROR_MALFORMED, "/target"},       /* not in the database's encoding */
        {"22P05", WAS_ERROR_MALFORMED, "/target"},       /* the same, untranslatable */
        {"25006", WAS_ERROR_UNAVAILABLE, NULL},          /* read-only: a standby */
        {"40", WAS_ERROR_UNAVAILABLE, NULL},             /* serialization, deadlock */
        {"42501", WAS_ERROR_UNAVAILABLE, NULL},          /* the role lacks a right */
        {"42P01", WAS_ERROR_UNAVAILABLE, NULL},          /* no table: the schema is gone */
        {"42703", WAS_ERROR_UNAVAILABLE, NULL},          /* no column: the same */
        {"53", WAS_ERROR_UNAVAILABLE, NULL},             /* out of memory, disk, connections */
        {"55P03", WAS_ERROR_UNAVAILABLE, NULL},          /* lock not available */
        {"57", WAS_ERROR_UNAVAILABLE, NULL},             /* cancelled, shutting down */
        {"08", WAS_ERROR_UNAVAILABLE, NULL},             /* connection */
    };
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    was_error_t *error = apr_pcalloc(pool, sizeof(*error));
    apr_size_t i;

    /* libpq has no memory, or understands nothing more. */
    error->kind = was_pq_is_own(result) ? WAS_ERROR_UNAVAILABLE : WAS_ERROR_BROKEN;
    error->reason = apr_psprintf(pool, "PostgreSQL says %s: %s", state != NULL ? state : "?",
                                 text != NULL ? was_pq_line(text, pool) : "no text");
    for (i = 0; state != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strncmp(state, kinds[i].state, strlen(kinds[i].state)) == 0) {
            error->kind = kinds[i].kind;
            error->pointer = kinds[i].pointer;
            break;
        }
    }
    return error;
}
