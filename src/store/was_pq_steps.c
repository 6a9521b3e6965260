/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pq_steps: a list of steps in pipeline mode. Owns the encoding of values and the order of what
 * is sent and what comes back. Refuses to know what a statement means.
 */

#include "store/was_pq.h"

#include "was_pq_wire.h"

enum { BIG_STEP_BYTES = 64 * 1024 };

/* The values of one step, as libpq takes them. */
typedef struct encoded_t {
    const char *data[WAS_STEP_MAX_VALUES];
    int lengths[WAS_STEP_MAX_VALUES];
    int formats[WAS_STEP_MAX_VALUES];
    unsigned char integers[WAS_STEP_MAX_VALUES][8];
} encoded_t;

static void encode_values(const was_step_t *step, encoded_t *encoded)
{
    for (int i = 0; i < step->nvalues; i++) {
        const was_value_t *value = &step->values[i];

        encoded->data[i] = value->type == WAS_VALUE_NULL ? NULL : value->data;
        encoded->lengths[i] = (int)value->length;
        encoded->formats[i] = value->type != WAS_VALUE_TEXT;
        if (value->type == WAS_VALUE_INTEGER) {
            for (int byte = 0; byte < 8; byte++) {
                encoded->integers[i][byte] =
                    (unsigned char)((apr_uint64_t)value->integer >> (56 - 8 * byte));
            }
            encoded->data[i] = (const char *)encoded->integers[i];
            encoded->lengths[i] = 8;
        }
        else if (value->type == WAS_VALUE_BYTES && encoded->data[i] == NULL) {
            encoded->data[i] = ""; /* no bytes are a value, not NULL */
        }
    }
}

/* Queues one step, behind its preparation if it needs one. */
static int send_step(PGconn *pg, const was_step_t *step, const was_pq_exchange_t *exchange,
                     bool prepares)
{
    const was_sql_statement_t *statement = was_sql_statement(step->statement);
    const char *text = exchange->texts != NULL ? exchange->texts[step->statement] : statement->text;
    encoded_t encoded;

    if (prepares && !PQsendPrepare(pg, statement->name, text, 0, NULL)) {
        return 0;
    }
    encode_values(step, &encoded);
    return exchange->is_named
               ? PQsendQueryPrepared(pg, statement->name, step->nvalues, encoded.data,
                                     encoded.lengths, encoded.formats, 1)
               : PQsendQueryParams(pg, text, step->nvalues, NULL, encoded.data, encoded.lengths,
                                   encoded.formats, 1);
}

/* Takes the answer to one queued query into `*kept`; the first error of the queue is kept apart,
 * and what comes behind that has not been run. */
static was_pq_end_t take_answer(PGconn *pg, was_pq_exchange_t *exchange, was_sql_t statement,
                                PGresult **kept)
{
    was_pq_end_t end;
    PGresult *result;

    for (;;) {
        result = NULL;
        end = was_pq_next(pg, exchange->deadline, &result);
        if (end != WAS_PQ_DONE || result == NULL) {
            PQclear(result);
            return end;
        }
        ExecStatusType status = PQresultStatus(result);

        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
            PQclear(*kept);
            *kept = result;
        }
        else if (status != PGRES_PIPELINE_ABORTED && exchange->refusal == NULL) {
            exchange->refusal = result;
            exchange->refused = statement;
        }
        else {
            PQclear(result);
        }
    }
}

/* Reads until the queue's end; an error here is the commit's. */
static was_pq_end_t take_end(PGconn *pg, was_pq_exchange_t *exchange, was_sql_t statement)
{
    for (;;) {
        PGresult *result = NULL;
        was_pq_end_t end = was_pq_next(pg, exchange->deadline, &result);

        if (end != WAS_PQ_DONE) {
            PQclear(result);
            return end;
        }
        ExecStatusType status = PQresultStatus(result);

        if (result != NULL && status == PGRES_FATAL_ERROR && exchange->refusal == NULL) {
            exchange->refusal = result;
            exchange->refused = statement;
            continue;
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            return WAS_PQ_DONE;
        }
    }
}

static was_pq_end_t take_answers(PGconn *pg, const was_step_t *steps, int nsteps,
                                 const bool *prepares, was_pq_exchange_t *exchange)
{
    was_sql_t statement = WAS_SQL_PING;
    was_pq_end_t end = WAS_PQ_DONE;
    PGresult *ignored = NULL;

    for (int i = 0; i < nsteps && end == WAS_PQ_DONE; i++) {
        statement = steps[i].statement;
        if (prepares[i]) {
            end = take_answer(pg, exchange, statement, &ignored);
            exchange->prepared[statement] |= ignored != NULL;
            PQclear(ignored);
            ignored = NULL;
        }
        if (end == WAS_PQ_DONE) {
            end = take_answer(pg, exchange, statement, &exchange->results[i]);
        }
        /* Nothing at all: libpq had no memory for it. */
        if (end == WAS_PQ_DONE && exchange->results[i] == NULL && exchange->refusal == NULL) {
            end = WAS_PQ_LOST;
        }
    }
    return end == WAS_PQ_DONE ? take_end(pg, exchange, statement) : end;
}

/* Whether this step's statement is prepared neither on the connection nor by a step before it. */
static bool needs_preparation(const was_step_t *steps, int at, const was_pq_exchange_t *exchange)
{
    bool needs = exchange->is_named && !exchange->prepared[steps[at].statement];

    for (int i = 0; i < at; i++) {
        needs = needs && steps[i].statement != steps[at].statement;
    }
    return needs;
}

static bool is_big(const was_step_t *step)
{
    apr_size_t bytes = 0;

    for (int i = 0; i < step->nvalues; i++) {
        bytes += step->values[i].type == WAS_VALUE_BYTES ? step->values[i].length : 0;
    }
    return bytes > BIG_STEP_BYTES;
}

/* Queues all that goes out together. Only the last of it has anything done; what is big goes out
 * at once, or libpq would gather all of it in a buffer that it never gives back. */
static was_pq_end_t queue_steps(PGconn *pg, const was_step_t *steps, int nsteps, bool *prepares,
                                const was_pq_exchange_t *exchange)
{
    was_pq_end_t end = PQenterPipelineMode(pg) ? WAS_PQ_DONE : WAS_PQ_UNSENT;

    for (int i = 0; i < nsteps && end == WAS_PQ_DONE; i++) {
        prepares[i] = needs_preparation(steps, i, exchange);
        if (!send_step(pg, &steps[i], exchange, prepares[i])) {
            end = WAS_PQ_UNSENT;
        }
        else if (is_big(&steps[i])) {
            end = was_pq_flush(pg, exchange->deadline);
        }
    }
    if (end == WAS_PQ_DONE && !PQpipelineSync(pg)) {
        end = WAS_PQ_UNSENT;
    }
    return end == WAS_PQ_LOST ? WAS_PQ_UNSENT : end;
}

static void drop_results(was_pq_exchange_t *exchange)
{
    for (int i = 0; i < WAS_PQ_MAX_STEPS; i++) {
        PQclear(exchange->results[i]);
        exchange->results[i] = NULL;
    }
}

was_pq_end_t was_pq_run(PGconn *pg, const was_step_t *steps, int nsteps,
                        was_pq_exchange_t *exchange)
{
    bool prepares[WAS_PQ_MAX_STEPS] = {false}, is_alone = false;
    PQnoticeReceiver before = PQsetNoticeReceiver(pg, was_pq_note_standby, &is_alone);
    was_pq_end_t end = queue_steps(pg, steps, nsteps, prepares, exchange);

    if (end == WAS_PQ_DONE) {
        end = was_pq_flush(pg, exchange->deadline);
    }
    if (end == WAS_PQ_DONE) {
        end = take_answers(pg, steps, nsteps, prepares, exchange);
    }
    PQsetNoticeReceiver(pg, before, NULL);
    if (end == WAS_PQ_DONE && is_alone) {
        end = WAS_PQ_ALONE;
    }
    if (end == WAS_PQ_DONE && !PQexitPipelineMode(pg)) {
        end = WAS_PQ_LOST;
    }
    if (end == WAS_PQ_DONE && exchange->refusal != NULL) {
        end = WAS_PQ_REFUSED;
    }
    if (end != WAS_PQ_DONE) {
        drop_results(exchange);
    }
    if (end != WAS_PQ_DONE && end != WAS_PQ_REFUSED) {
        PQclear(exchange->refusal);
        exchange->refusal = NULL;
        was_pq_abandon(pg);
    }
    return end;
}
