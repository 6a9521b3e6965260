/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_permits: the way to the pool. Owns who waits, for how long, and who is told no. Refuses to
 * know what there is to get.
 */

#include "store/was_permits.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

enum {
    PLACE_SECONDS = 30, /* for a place */
    TURN_SECONDS = 1    /* for somebody who gets a connection */
};

struct was_permits_t {
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

was_permits_t *was_permits_make(int places, apr_pool_t *pool)
{
    was_permits_t *permits = apr_pcalloc(pool, sizeof(*permits));

    if (apr_thread_mutex_create(&permits->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS ||
        apr_thread_cond_create(&permits->place, pool) != APR_SUCCESS ||
        apr_thread_cond_create(&permits->turn, pool) != APR_SUCCESS) {
        return NULL;
    }
    permits->places = places;
    return permits;
}

/* Waits until `end`; false when that has come. */
static bool wait_for_signal(apr_thread_cond_t *cond, was_permits_t *permits, apr_time_t end)
{
    apr_time_t left = end - apr_time_now();

    return left > 0 && apr_thread_cond_timedwait(cond, permits->lock, left) == APR_SUCCESS;
}

/* Waits for who is getting a connection. False when he takes long. */
static bool wait_for_turn(was_permits_t *permits)
{
    return wait_for_signal(permits->turn, permits,
                           permits->taken_at + apr_time_from_sec(TURN_SECONDS));
}

/* Who waited is not overtaken by who comes now: waking up in vain costs more than the wait. */
static bool take_place(was_permits_t *permits)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(PLACE_SECONDS);
    bool in_time;

    if (permits->places > 0) {
        permits->places--;
        return true;
    }
    permits->waiting++;
    do { /* what is granted already is somebody else's */
        in_time = wait_for_signal(permits->place, permits, end);
    } while (in_time && permits->granted == 0);
    permits->waiting--;
    if (permits->granted == 0) {
        return false;
    }
    permits->granted--;
    return true;
}

/* True when somebody waits who has it now: he is to be signalled. */
static bool free_place(was_permits_t *permits)
{
    if (permits->waiting > permits->granted) {
        permits->granted++;
        return true;
    }
    permits->places++;
    return false;
}

/* From a place on: to a connection that is open, or alone to one that may have to be made. */
static const char *go_in(was_permits_t *permits, apr_uint32_t failures, bool *alone)
{
    while (permits->open == 0 || *alone) {
        /* Where somebody got none meanwhile, there is no use in trying at once. */
        bool is_hopeless = permits->failures != failures;

        if (!permits->is_taken && !is_hopeless) {
            permits->open -= permits->open > 0;
            permits->is_taken = true;
            permits->taken_at = apr_time_now();
            *alone = true;
            return NULL;
        }
        if (is_hopeless || !wait_for_turn(permits)) {
            /* He may be the one who was told that it is his turn. */
            apr_thread_cond_signal(permits->turn);
            if (free_place(permits)) {
                apr_thread_cond_signal(permits->place);
            }
            return "somebody else is waiting for the database already";
        }
    }
    permits->open--;
    return NULL;
}

const char *was_permits_enter(was_permits_t *permits, bool *alone)
{
    const char *refusal;
    apr_uint32_t failures;

    apr_thread_mutex_lock(permits->lock);
    failures = permits->failures;
    refusal = take_place(permits) ? go_in(permits, failures, alone) : "no connection became free";
    apr_thread_mutex_unlock(permits->lock);
    return refusal;
}

void was_permits_pass(was_permits_t *permits, bool good)
{
    apr_thread_mutex_lock(permits->lock);
    permits->is_taken = false;
    if (good) {
        apr_thread_cond_signal(permits->turn);
    }
    else {
        permits->failures++;
        apr_thread_cond_broadcast(permits->turn);
    }
    apr_thread_mutex_unlock(permits->lock);
}

void was_permits_leave(was_permits_t *permits, bool open)
{
    bool is_granted;

    apr_thread_mutex_lock(permits->lock);
    permits->open += open;
    is_granted = free_place(permits);
    apr_thread_mutex_unlock(permits->lock);
    /* Not while the lock is held: who wakes up would have to wait for that, too. */
    if (is_granted) {
        apr_thread_cond_signal(permits->place);
    }
    if (open) {
        /* Who waits for his turn may have this connection instead. */
        apr_thread_cond_signal(permits->turn);
    }
}
