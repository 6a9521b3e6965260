/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_gate: no more inside than there are places; alone where a connection has to be made; together
 * where open ones are free; and nobody waits long for somebody who cannot get his connection. */
#include "tap.h"

/* The room itself, to see who has come to stand there. */
#include "../../src/store/was_gate.c"

#include <apr_thread_proc.h>

#include <stdatomic.h>

enum { PLACES = 2 };

/* Somebody at the gate, in a thread of his own. */
typedef struct visitor_t {
    was_gate_t *gate;
    apr_thread_t *thread;
    const char *refusal;
    bool alone;
    apr_time_t came, went_in;
    atomic_bool done;
} visitor_t;

static void *APR_THREAD_FUNC visit(apr_thread_t *thread, void *data)
{
    visitor_t *visitor = data;

    (void)thread;
    visitor->came = apr_time_now();
    visitor->refusal = was_gate_enter(visitor->gate, &visitor->alone);
    visitor->went_in = apr_time_now();
    atomic_store(&visitor->done, true);
    return NULL;
}

/* Changes when somebody comes, and is in or waits; not when he wakes up. */
static int crowd_of(was_gate_t *gate)
{
    int crowd;

    apr_thread_mutex_lock(gate->lock);
    crowd = gate->waiting - gate->granted - gate->places;
    apr_thread_mutex_unlock(gate->lock);
    return crowd;
}

static visitor_t *begin_visit(was_gate_t *gate, apr_pool_t *pool)
{
    visitor_t *visitor = apr_pcalloc(pool, sizeof(*visitor));

    int crowd = crowd_of(gate);

    visitor->gate = gate;
    apr_thread_create(&visitor->thread, NULL, visit, visitor, pool);
    while (crowd_of(gate) == crowd && !atomic_load(&visitor->done)) {
        apr_sleep(apr_time_from_msec(1));
    }
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

static void test_order(apr_pool_t *pool)
{
    was_gate_t *gate = was_gate_make(1, pool);
    visitor_t *early, *late;
    apr_time_t left;
    bool alone = false;

    ok(was_gate_enter(gate, &alone) == NULL, "the only place is taken");
    was_gate_pass(gate, true);
    early = begin_visit(gate, pool);
    was_gate_leave(gate, true);
    late = begin_visit(gate, pool);
    ok(is_in(end_visit(early), false), "who waited for it gets it");
    left = apr_time_now();
    was_gate_leave(gate, true);
    ok(is_in(end_visit(late), false) && late->went_in >= left, "who came later gets it then");
}

static void test_patience(apr_pool_t *pool)
{
    was_gate_t *gate = was_gate_make(PLACES, pool);
    visitor_t *visitor;
    bool alone = false;

    ok(was_gate_enter(gate, &alone) == NULL && alone, "somebody goes for a connection");
    visitor = begin_visit(gate, pool);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "who waits for him is told no in the end");
    ok(visitor->went_in - visitor->came > apr_time_from_msec(900), "which is after a second");
    visitor = begin_visit(gate, pool);
    end_visit(visitor);
    ok(visitor->went_in - visitor->came < apr_time_from_msec(900), "who comes then, at once");
    was_gate_pass(gate, true);
    was_gate_leave(gate, false);
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "somebody else goes");
    visitor = begin_visit(gate, pool);
    was_gate_pass(gate, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits is told so too");
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "somebody else tries");
    visitor = begin_visit(gate, pool);
    was_gate_pass(gate, false);
    was_gate_leave(gate, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits for a place is told so too");
    was_gate_leave(gate, false);
    alone = false;
    ok(was_gate_enter(gate, &alone) == NULL && alone, "the next one may try again");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_sharing(pool);
    test_order(pool);
    test_patience(pool);
    return done();
}
