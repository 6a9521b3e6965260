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
    apr_thread_cond_t *place; /* signalled when a place is granted */
    apr_thread_cond_t *turn;  /* signalled when nobody is getting a connection */
    int places;               /* that are free; none while somebody waits */
    int waiting;              /* for a place */
    int granted;              /* places that are theirs, once they wake up */
    int open;                 /* connections that came back in order, and are free */
    bool is_taken;            /* somebody is getting a connection */
    apr_time_t taken_at;      /* since when */
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

/* Waits for who is getting a connection. False when he takes long. */
static bool wait_for_turn(was_gate_t *gate)
{
    return wait_for(gate->turn, gate, gate->taken_at + apr_time_from_sec(TURN_SECONDS));
}

/* Who waited is not overtaken by who comes now: waking up in vain costs more than the wait. */
static bool take_place(was_gate_t *gate)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(PLACE_SECONDS);
    bool in_time;

    if (gate->places > 0) {
        gate->places--;
        return true;
    }
    gate->waiting++;
    do { /* what is granted already is somebody else's */
        in_time = wait_for(gate->place, gate, end);
    } while (in_time && gate->granted == 0);
    gate->waiting--;
    if (gate->granted == 0) {
        return false;
    }
    gate->granted--;
    return true;
}

static void free_place(was_gate_t *gate)
{
    if (gate->waiting > gate->granted) {
        gate->granted++;
        apr_thread_cond_signal(gate->place);
    }
    else {
        gate->places++;
    }
}

/* From a place on: to a connection that is open, or alone to one that may have to be made. */
static const char *go_in(was_gate_t *gate, apr_uint32_t failures, bool *alone)
{
    while (gate->open == 0 || *alone) {
        /* Where somebody got none meanwhile, there is no use in trying at once. */
        bool is_hopeless = gate->failures != failures;

        if (!gate->is_taken && !is_hopeless) {
            gate->open -= gate->open > 0;
            gate->is_taken = true;
            gate->taken_at = apr_time_now();
            *alone = true;
            return NULL;
        }
        if (is_hopeless || !wait_for_turn(gate)) {
            /* He may be the one who was told that it is his turn. */
            apr_thread_cond_signal(gate->turn);
            free_place(gate);
            return "somebody else is waiting for the database already";
        }
    }
    gate->open--;
    return NULL;
}

const char *was_gate_enter(was_gate_t *gate, bool *alone)
{
    const char *refusal;
    apr_uint32_t failures;

    apr_thread_mutex_lock(gate->lock);
    failures = gate->failures;
    refusal = take_place(gate) ? go_in(gate, failures, alone) : "no connection became free";
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
    gate->open += open;
    free_place(gate);
    if (open) {
        /* Who waits for his turn may have this connection instead. */
        apr_thread_cond_signal(gate->turn);
    }
    apr_thread_mutex_unlock(gate->lock);
}
