/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The way to the pool. Owns who waits, for how long, and who is told no. Refuses to know what there
 * is to get.
 */

#include "was_gate.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

enum {
    PLACE_SECONDS = 30, /* for a place */
    TURN_SECONDS = 1    /* for somebody who gets a connection */
};

struct was_gate_t {
    apr_thread_mutex_t *lock; /* guards what follows */
    apr_thread_cond_t *place; /* signalled when a place is free */
    apr_thread_cond_t *turn;  /* signalled when nobody is getting a connection */
    int places;               /* that are free */
    int open;                 /* connections that came back in order, and are free */
    bool is_taken;            /* somebody is getting a connection */
    apr_uint32_t failures;    /* how many of them got none */
};

was_gate_t *was_gate_make(int places, apr_pool_t *pool)
{
    was_gate_t *gate = apr_pcalloc(pool, sizeof(*gate));

    apr_thread_mutex_create(&gate->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    apr_thread_cond_create(&gate->place, pool);
    apr_thread_cond_create(&gate->turn, pool);
    gate->places = places;
    return gate;
}

/* Waits until `end`; false when that has come. */
static bool wait_for(apr_thread_cond_t *cond, was_gate_t *gate, apr_time_t end)
{
    apr_time_t left = end - apr_time_now();

    return left > 0 && apr_thread_cond_timedwait(cond, gate->lock, left) == APR_SUCCESS;
}

/* Waits for who is getting a connection. False when he takes long, or got none: then there is no
 * use in trying at once. */
static bool wait_for_turn(was_gate_t *gate)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(TURN_SECONDS);
    apr_uint32_t failures = gate->failures;

    return wait_for(gate->turn, gate, end) && gate->failures == failures;
}

static const char *enter(was_gate_t *gate, bool *alone)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(PLACE_SECONDS);

    for (;;) {
        if (gate->places == 0) {
            if (!wait_for(gate->place, gate, end)) {
                return "no connection became free";
            }
        }
        else if (gate->open > 0 && !*alone) {
            gate->places--;
            gate->open--;
            return NULL;
        }
        else if (gate->is_taken) {
            if (!wait_for_turn(gate)) {
                return "somebody else is waiting for the database already";
            }
        }
        else {
            gate->places--;
            gate->open -= gate->open > 0;
            gate->is_taken = true;
            *alone = true;
            return NULL;
        }
    }
}

const char *was_gate_enter(was_gate_t *gate, bool *alone)
{
    const char *refusal;

    apr_thread_mutex_lock(gate->lock);
    refusal = enter(gate, alone);
    if (refusal != NULL) {
        /* Who gives up may be the one who was told of a place, or that it is his turn. */
        apr_thread_cond_signal(gate->place);
        apr_thread_cond_signal(gate->turn);
    }
    apr_thread_mutex_unlock(gate->lock);
    return refusal;
}

void was_gate_pass(was_gate_t *gate, bool good)
{
    apr_thread_mutex_lock(gate->lock);
    gate->is_taken = false;
    if (good) {
        apr_thread_cond_signal(gate->turn);
    }
    else {
        gate->failures++;
        apr_thread_cond_broadcast(gate->turn);
    }
    apr_thread_mutex_unlock(gate->lock);
}

void was_gate_leave(was_gate_t *gate, bool open)
{
    apr_thread_mutex_lock(gate->lock);
    gate->places++;
    gate->open += open;
    apr_thread_cond_signal(gate->place);
    if (open) {
        /* Who waits for his turn may have this connection instead. */
        apr_thread_cond_signal(gate->turn);
    }
    apr_thread_mutex_unlock(gate->lock);
}
