/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pq_copy: a content, or rows of another database, on the way into a COPY. Owns the binary
 * format of one row of one column, and the size of a piece. Refuses to know where the content comes
 * from and which table takes it.
 */

#include "store/was_pq.h"

#include "was_pq_wire.h"

#include <poll.h>

enum { COPY_PIECE_BYTES = 256 * 1024 };

/* Hands bytes to the running COPY. */
static was_pq_end_t put_bytes(PGconn *pg, const char *bytes, apr_size_t count, apr_time_t deadline)
{
    for (;;) {
        int queued = PQputCopyData(pg, bytes, (int)count);

        if (queued < 0) {
            return WAS_PQ_LOST;
        }
        if (queued > 0) {
            /* A piece at a time, or libpq would gather the whole content in its buffer. */
            return was_pq_flush(pg, deadline);
        }
        if (!was_pq_wait(pg, POLLIN | POLLOUT, deadline)) {
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
        end = put_bytes(pg, buffer, count, deadline);
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
    end = put_bytes(pg, (const char *)head, sizeof(head), deadline);
    if (end == WAS_PQ_DONE) {
        end = put_content(pg, content, deadline, failure, pool);
    }
    if (end == WAS_PQ_DONE) {
        end = put_bytes(pg, trailer, sizeof(trailer), deadline);
    }
    if (end != WAS_PQ_DONE && end != WAS_PQ_REFUSED) {
        was_pq_abandon(pg);
        return end;
    }
    return was_pq_finish(pg, PQputCopyEnd(pg, *failure != NULL ? "the source failed" : NULL) > 0,
                         deadline, result);
}

was_pq_end_t was_pq_hand_on(PGconn *from, PGconn *to, apr_time_t deadline, apr_int64_t *bytes)
{
    for (;;) {
        char *row = NULL;
        int length = PQgetCopyData(from, &row, 1);
        was_pq_end_t end = WAS_PQ_DONE;

        if (length == -1) {
            return WAS_PQ_DONE;
        }
        if (length > 0) {
            *bytes += length;
            end = put_bytes(to, row, (apr_size_t)length, deadline);
            PQfreemem(row);
        }
        else if (length < 0 || !was_pq_wait(from, POLLIN, deadline)) {
            end = length < 0 ? WAS_PQ_LOST : WAS_PQ_LATE;
        }
        else if (!PQconsumeInput(from)) {
            end = WAS_PQ_LOST;
        }
        if (end != WAS_PQ_DONE) {
            return end;
        }
    }
}
