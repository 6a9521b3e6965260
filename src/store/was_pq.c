/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * One exchange with PostgreSQL. Owns the waiting, the encoding of parameters and the reading of
 * results. Refuses to know which connection it is, what the statement means, and whether to try
 * again.
 */

#include "store/was_pq.h"

#include <apr_strings.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { COPY_PIECE_BYTES = 256 * 1024 };

struct was_rows_t {
    PGresult *result;
};

/* Waits until the socket can do one of `events`. False at the deadline. */
static bool wait_for(PGconn *pg, short events, apr_time_t deadline)
{
    for (;;) {
        struct pollfd socket = {.fd = PQsocket(pg), .events = events};
        apr_time_t left = deadline - apr_time_now();
        int ready;

        if (left <= 0) {
            return false;
        }
        ready = poll(&socket, 1, (int)apr_time_as_msec(left) + 1);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return true; /* let libpq find out what is wrong */
        }
    }
}

/* Brings everything queued onto the wire, reading meanwhile so that neither side blocks. */
static was_pq_end_t flush(PGconn *pg, apr_time_t deadline)
{
    for (;;) {
        int left = PQflush(pg);

        if (left == 0) {
            return WAS_PQ_DONE;
        }
        if (left < 0 || PQstatus(pg) != CONNECTION_OK) {
            return WAS_PQ_UNSENT;
        }
        if (!wait_for(pg, POLLIN | POLLOUT, deadline)) {
            return WAS_PQ_LATE;
        }
        if (!PQconsumeInput(pg)) {
            return WAS_PQ_UNSENT;
        }
    }
}

/* The last result of what is under way; the others are cleared. */
static was_pq_end_t collect(PGconn *pg, apr_time_t deadline, PGresult **last)
{
    for (;;) {
        PGresult *next;
        ExecStatusType status;

        while (PQisBusy(pg)) {
            if (!wait_for(pg, POLLIN, deadline)) {
                return WAS_PQ_LATE;
            }
            if (!PQconsumeInput(pg)) {
                return WAS_PQ_LOST;
            }
        }
        next = PQgetResult(pg);
        if (next == NULL) {
            return PQstatus(pg) == CONNECTION_OK && *last != NULL ? WAS_PQ_DONE : WAS_PQ_LOST;
        }
        PQclear(*last);
        *last = next;
        status = PQresultStatus(next);
        if (status == PGRES_COPY_IN) {
            return WAS_PQ_DONE;
        }
    }
}

/*
 * A commit whose wait for a synchronous standby was cancelled is answered as a success, after a
 * warning. The warning's text is in the server's language; the place that it comes from is not.
 */
static void hear(void *baton, const PGresult *notice)
{
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);

    if (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0) {
        *(bool *)baton = true;
    }
}

was_pq_end_t was_pq_finish(PGconn *pg, int sent, apr_time_t deadline, PGresult **result)
{
    PGresult *last = NULL;
    bool is_alone = false;
    PQnoticeReceiver before = PQsetNoticeReceiver(pg, hear, &is_alone);
    was_pq_end_t end = sent ? flush(pg, deadline) : WAS_PQ_UNSENT;

    if (end == WAS_PQ_DONE) {
        end = collect(pg, deadline, &last);
    }
    PQsetNoticeReceiver(pg, before, NULL);
    if (end == WAS_PQ_DONE && is_alone) {
        end = WAS_PQ_ALONE;
    }
    if (end == WAS_PQ_DONE) {
        ExecStatusType status = PQresultStatus(last);

        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) {
            end = WAS_PQ_REFUSED;
        }
        *result = last;
        return end;
    }
    PQclear(last);
    was_pq_abandon(pg);
    return end;
}

was_pq_end_t was_pq_command(PGconn *pg, const char *sql, apr_time_t deadline, PGresult **result)
{
    return was_pq_finish(pg, PQsendQuery(pg, sql), deadline, result);
}

was_pq_end_t was_pq_prepare(PGconn *pg, const was_sql_statement_t *statement, apr_time_t deadline,
                            PGresult **result)
{
    int sent = PQsendPrepare(pg, statement->name, statement->text, 0, NULL);

    return was_pq_finish(pg, sent, deadline, result);
}

was_pq_end_t was_pq_execute(PGconn *pg, const was_sql_statement_t *statement,
                            const was_value_t *values, int nvalues, apr_time_t deadline,
                            PGresult **result)
{
    const char *data[WAS_DB_MAX_VALUES];
    int lengths[WAS_DB_MAX_VALUES];
    int formats[WAS_DB_MAX_VALUES];
    unsigned char integers[WAS_DB_MAX_VALUES][8];
    int i, byte;

    for (i = 0; i < nvalues && i < WAS_DB_MAX_VALUES; i++) {
        const was_value_t *value = &values[i];

        data[i] = value->type == WAS_VALUE_NULL ? NULL : value->data;
        lengths[i] = (int)value->length;
        formats[i] = value->type != WAS_VALUE_TEXT;
        if (value->type == WAS_VALUE_INTEGER) {
            for (byte = 0; byte < 8; byte++) {
                integers[i][byte] =
                    (unsigned char)((apr_uint64_t)value->integer >> (56 - 8 * byte));
            }
            data[i] = (const char *)integers[i];
            lengths[i] = 8;
        }
        else if (value->type == WAS_VALUE_BYTES && data[i] == NULL) {
            data[i] = ""; /* no bytes are a value, not NULL */
        }
    }
    return was_pq_finish(
        pg, PQsendQueryPrepared(pg, statement->name, nvalues, data, lengths, formats, 1), deadline,
        result);
}

/* Hands bytes to the running COPY. */
static was_pq_end_t put(PGconn *pg, const char *bytes, apr_size_t count, apr_time_t deadline)
{
    for (;;) {
        int queued = PQputCopyData(pg, bytes, (int)count);

        if (queued < 0) {
            return WAS_PQ_LOST;
        }
        if (queued > 0) {
            /* A piece at a time, or libpq would gather the whole content in its buffer. */
            return flush(pg, deadline);
        }
        if (!wait_for(pg, POLLIN | POLLOUT, deadline)) {
            return WAS_PQ_LATE;
        }
        if (!PQconsumeInput(pg)) {
            return WAS_PQ_LOST;
        }
    }
}

static was_pq_end_t put_content(PGconn *pg, const was_source_t *content, apr_time_t deadline,
                                const was_error_t **failure, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, COPY_PIECE_BYTES);

    *failure = content->rewind(content->baton);
    while (*failure == NULL) {
        apr_size_t count = 0;
        was_pq_end_t end;

        *failure = content->read(content->baton, buffer, COPY_PIECE_BYTES, &count);
        if (*failure != NULL || count == 0) {
            break;
        }
        end = put(pg, buffer, count, deadline);
        if (end != WAS_PQ_DONE) {
            return end;
        }
    }
    return *failure == NULL ? WAS_PQ_DONE : WAS_PQ_REFUSED;
}

was_pq_end_t was_pq_copy(PGconn *pg, const was_source_t *content, apr_time_t deadline,
                         PGresult **result, const was_error_t **failure, apr_pool_t *pool)
{
    /* PGCOPY header, no flags, no extension; then one tuple of one field and its length. */
    unsigned char head[25] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0377, '\r', '\n', 0, 0, 0,
                              0,   0,   0,   0,   0,   0,   0,    1,    0,    0,    0, 0};
    static const char trailer[2] = {'\377', '\377'};
    was_pq_end_t end;
    int i;

    for (i = 0; i < 4; i++) {
        head[21 + i] = (unsigned char)(content->size >> (24 - 8 * i));
    }
    *failure = NULL;
    end = put(pg, (const char *)head, sizeof(head), deadline);
    if (end == WAS_PQ_DONE) {
        end = put_content(pg, content, deadline, failure, pool);
    }
    if (end == WAS_PQ_DONE) {
        end = put(pg, trailer, sizeof(trailer), deadline);
    }
    if (end != WAS_PQ_DONE && end != WAS_PQ_REFUSED) {
        was_pq_abandon(pg);
        return end;
    }
    return was_pq_finish(pg, PQputCopyEnd(pg, *failure != NULL ? "the source failed" : NULL) > 0,
                         deadline, result);
}

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

    error->kind = WAS_ERROR_BROKEN;
    error->reason = apr_psprintf(pool, "PostgreSQL says %s: %s", state != NULL ? state : "?",
                                 text != NULL ? text : "no text");
    for (i = 0; state != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strncmp(state, kinds[i].state, strlen(kinds[i].state)) == 0) {
            error->kind = kinds[i].kind;
            error->pointer = kinds[i].pointer;
            break;
        }
    }
    return error;
}

void was_pq_abandon(PGconn *pg)
{
    int socket = PQsocket(pg);

    /* There is no call that marks a connection bad; finding its socket at an end does. */
    if (socket >= 0) {
        (void)shutdown(socket, SHUT_RDWR);
        while (PQconsumeInput(pg) && PQstatus(pg) == CONNECTION_OK) {
            if (!wait_for(pg, POLLIN, apr_time_now() + apr_time_from_msec(10))) {
                break;
            }
        }
    }
}

static apr_status_t clear_result(void *data)
{
    PQclear(data);
    return APR_SUCCESS;
}

const was_rows_t *was_pq_rows(PGresult *result, apr_pool_t *pool)
{
    was_rows_t *rows = apr_palloc(pool, sizeof(*rows));

    rows->result = result;
    apr_pool_cleanup_register(pool, result, clear_result, apr_pool_cleanup_null);
    return rows;
}

int was_rows_count(const was_rows_t *rows)
{
    return PQntuples(rows->result);
}

const char *was_rows_text(const was_rows_t *rows, int row, int column)
{
    return PQgetisnull(rows->result, row, column) ? NULL : PQgetvalue(rows->result, row, column);
}

const char *was_rows_bytes(const was_rows_t *rows, int row, int column, apr_size_t *count)
{
    *count = (apr_size_t)PQgetlength(rows->result, row, column);
    return was_rows_text(rows, row, column);
}

apr_int64_t was_rows_integer(const was_rows_t *rows, int row, int column, apr_int64_t otherwise)
{
    const unsigned char *bytes = (const unsigned char *)was_rows_text(rows, row, column);
    apr_uint64_t value = 0;
    int i;

    if (bytes == NULL || PQgetlength(rows->result, row, column) != 8) {
        return otherwise;
    }
    for (i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return (apr_int64_t)value;
}

bool was_rows_true(const was_rows_t *rows, int row, int column)
{
    const char *byte = was_rows_text(rows, row, column);

    return byte != NULL && *byte != 0;
}
