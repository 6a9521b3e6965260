/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pq: one exchange with PostgreSQL: its waiting and its end. Refuses to know which connection
 * it is, what a statement means, and whether to try again.
 */

#include "store/was_pq.h"

#include "was_pq_wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

bool was_pq_wait(PGconn *pg, short events, apr_time_t deadline)
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

was_pq_end_t was_pq_flush(PGconn *pg, apr_time_t deadline)
{
    for (;;) {
        int left = PQflush(pg);

        if (left == 0) {
            return WAS_PQ_DONE;
        }
        if (left < 0 || PQstatus(pg) != CONNECTION_OK) {
            return WAS_PQ_UNSENT;
        }
        if (!was_pq_wait(pg, POLLIN | POLLOUT, deadline)) {
            return WAS_PQ_LATE;
        }
        if (!PQconsumeInput(pg)) {
            return WAS_PQ_LOST; /* it sends, too: the rest may be out */
        }
    }
}

was_pq_end_t was_pq_next(PGconn *pg, apr_time_t deadline, PGresult **result)
{
    while (PQisBusy(pg)) {
        if (!was_pq_wait(pg, POLLIN, deadline)) {
            return WAS_PQ_LATE;
        }
        if (!PQconsumeInput(pg)) {
            return WAS_PQ_LOST;
        }
    }
    *result = PQgetResult(pg);
    /* Behind such a word nothing comes but the end, and libpq would wait for that. */
    return PQstatus(pg) == CONNECTION_OK && !was_pq_is_last_word(*result) ? WAS_PQ_DONE
                                                                          : WAS_PQ_LOST;
}

/* The last result of what is under way; the others are cleared. */
static was_pq_end_t collect_last(PGconn *pg, apr_time_t deadline, PGresult **last)
{
    for (;;) {
        PGresult *next = NULL;
        was_pq_end_t end = was_pq_next(pg, deadline, &next);

        if (end != WAS_PQ_DONE || next == NULL) {
            PQclear(next);
            return end == WAS_PQ_DONE && *last == NULL ? WAS_PQ_LOST : end;
        }
        PQclear(*last);
        *last = next;
        if (PQresultStatus(next) == PGRES_COPY_IN || PQresultStatus(next) == PGRES_COPY_OUT) {
            return WAS_PQ_DONE;
        }
    }
}

/*
 * A commit whose wait for a synchronous standby was cancelled is answered as a success, after a
 * warning. The warning's text is in the server's language; the place that it comes from is not.
 */
void was_pq_note_standby(void *baton, const PGresult *notice)
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
    PQnoticeReceiver before = PQsetNoticeReceiver(pg, was_pq_note_standby, &is_alone);
    was_pq_end_t end = sent ? was_pq_flush(pg, deadline) : WAS_PQ_UNSENT;

    if (end == WAS_PQ_DONE) {
        end = collect_last(pg, deadline, &last);
    }
    PQsetNoticeReceiver(pg, before, NULL);
    if (end == WAS_PQ_DONE && is_alone) {
        end = WAS_PQ_ALONE;
    }
    if (end == WAS_PQ_DONE) {
        ExecStatusType status = PQresultStatus(last);

        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN &&
            status != PGRES_COPY_OUT) {
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

void was_pq_abandon(PGconn *pg)
{
    int socket = PQsocket(pg);

    /* There is no call that marks a connection bad; finding its socket at an end does. */
    if (socket >= 0) {
        (void)shutdown(socket, SHUT_RDWR);
        while (PQconsumeInput(pg) && PQstatus(pg) == CONNECTION_OK) {
            if (!was_pq_wait(pg, POLLIN, apr_time_now() + apr_time_from_msec(10))) {
                break;
            }
        }
    }
}
