/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_gate: no more inside than there are places; alone where a connection has to be made; together
 * where open ones are free; and nobody waits long for somebody who cannot get his connection. */
#include "tap.h"

#include "was_gate.h"

#include <apr_thread_proc.h>
#include <apr_time.h>

enum { PLACES = 2 };

/* Somebody at the gate, in a thread of his own. */
typedef struct visitor_t {
    was_gate_t *gate;
    apr_thread_t *thread;
    const char *refusal;
    bool alone;
    apr_time_t took;
} visitor_t;

static void *APR_THREAD_FUNC visit(apr_thread_t *thread, void *data)
{
    visitor_t *visitor = data;
    apr_time_t began = apr_time_now();

    (void)thread;
    visitor->refusal = was_gate_enter(visitor->gate, &visitor->alone);
    visitor->took = apr_time_now() - began;
    return NULL;
}

static visitor_t *begin_visit(was_gate_t *gate, apr_pool_t *pool)
{
    visitor_t *visitor = apr_pcalloc(pool, sizeof(*visitor));

    visitor->gate = gate;
    apr_thread_create(&visitor->thread, NULL, visit, visitor, pool);
    apr_sleep(apr_time_from_msec(50));
    return visitor;
}

static const visitor_t *end_visit(visitor_t *visitor)
{
    apr_status_t status;

    apr_thread_join(&status, visitor->thread);
    return visitor;
}

static bool is_in(const visitor_t *visitor, bool alone)
{
    return visitor->refusal == NULL && visitor->alone == alone;
}

static void test_sharing(apr_pool_t *pool)
{
    was_gate_t *gate = was_gate_make(PLACES, pool);
    visitor_t *waiting;
    bool alone = false;

    is_str(was_gate_enter(gate, &alone), NULL, "the first comes in");
    ok(alone, "and goes alone: there is no connection yet");
    waiting = begin_visit(gate, pool);
    was_gate_pass(gate, true);
    ok(is_in(end_visit(waiting), true), "the second goes alone when the first has his");
    was_gate_pass(gate, true);
    waiting = begin_visit(gate, pool);
    was_gate_leave(gate, true);
    ok(is_in(end_visit(waiting), false), "the third waits for a place and has a free connection");
    was_gate_leave(gate, true);
    was_gate_leave(gate, true);
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && !alone, "then everybody comes in");
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && !alone, "at the same time");
    was_gate_leave(gate, true);
    was_gate_leave(gate, true);
    alone = true;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "who asks to go alone does");
    was_gate_pass(gate, true);
    was_gate_leave(gate, false);
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && !alone, "one open connection is left");
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "and beside it one goes alone");
}

static void test_patience(apr_pool_t *pool)
{
    was_gate_t *gate = was_gate_make(PLACES, pool);
    visitor_t *first, *second;
    bool alone = false;

    ok(was_gate_enter(gate, &alone) == NULL && alone, "somebody goes for a connection");
    first = begin_visit(gate, pool);
    end_visit(first);
    ok(first->refusal != NULL, "who waits for him is told no in the end");
    ok(first->took > apr_time_from_msec(900) && first->took < apr_time_from_sec(5),
       "which is after a second");
    first = begin_visit(gate, pool);
    second = begin_visit(gate, pool);
    was_gate_pass(gate, false);
    end_visit(first);
    end_visit(second);
    ok(first->refusal != NULL && second->refusal != NULL && second->took < apr_time_from_msec(900),
       "when he gets none, all who wait are told at once");
    was_gate_leave(gate, false);
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "the next one may try again");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_sharing(pool);
    test_patience(pool);
    return done();
}
