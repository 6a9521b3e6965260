/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_permits: the way to the pool. Owns who waits, for how long, who goes first, and who is told
 * no. Refuses to know what there is to get, and who a caller is.
 */

#include "store/was_permits.h"

#include "base/was_tally.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

enum {
    PLACE_SECONDS = 30, /* for a place */
    TURN_SECONDS = 1,   /* for somebody who gets a connection */
    ROWS = 256          /* of callers; those whose hashes meet in one share what is one's */
};

/* A caller's. */
typedef struct row_t {
    apr_thread_cond_t *place; /* signalled when a place is granted */
    int held;                 /* places, with those that are granted */
    int waiting;              /* for a place */
    int granted;              /* places that are theirs, once they wake up */
} row_t;

struct was_permits_t {
    apr_thread_mutex_t *lock; /* guards what follows */
    apr_thread_cond_t *turn;  /* signalled when nobody is getting a connection */
    int share;                /* how many places one caller may hold */
    int places;               /* that are free; who waits then holds his share */
    int waiting;              /* for a place, and has none granted */
    int last;                 /* the row that got one last */
    int open;                 /* connections that came back in order, and are free */
    bool is_taken;            /* somebody is getting a connection */
    apr_time_t taken_at;      /* since when */
    apr_uint32_t failures;    /* how many of them got none */
    row_t rows[ROWS];
};

/* Three quarters, so that somebody else finds a place. */
static int share_of(int places)
{
    int share = places * 3 / 4;

    return share > 0 ? share : 1;
}

was_permits_t *was_permits_make(int places, apr_pool_t *pool)
{
    was_permits_t *permits = apr_pcalloc(pool, sizeof(*permits));

    if (apr_thread_mutex_create(&permits->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS ||
        apr_thread_cond_create(&permits->turn, pool) != APR_SUCCESS) {
        return NULL;
    }
    for (int i = 0; i < ROWS; i++) {
        if (apr_thread_cond_create(&permits->rows[i].place, pool) != APR_SUCCESS) {
            return NULL;
        }
    }
    permits->places = places;
    permits->share = share_of(places);
    return permits;
}

static row_t *row_of(was_permits_t *permits, apr_uint32_t caller)
{
    return &permits->rows[caller % ROWS];
}

/* Waits until `end`; false when that has come. */
static bool wait_for_signal(apr_thread_cond_t *cond, was_permits_t *permits, apr_time_t end)
{
    apr_time_t left = end - apr_time_now();

    was_tally_add(WAS_TALLY_CONNECTIONS_WAITED_FOR, 1);
    bool in_time = left > 0 && apr_thread_cond_timedwait(cond, permits->lock, left) == APR_SUCCESS;
    was_tally_add(WAS_TALLY_CONNECTIONS_WAITED_FOR, -1);
    return in_time;
}

/* Waits for who is getting a connection. False when he takes long. */
static bool wait_for_turn(was_permits_t *permits)
{
    return wait_for_signal(permits->turn, permits,
                           permits->taken_at + apr_time_from_sec(TURN_SECONDS));
}

static void give_place(was_permits_t *permits, row_t *row)
{
    permits->places--;
    permits->last = (int)(row - permits->rows);
    row->held++;
}

/* Who waited is not overtaken by who comes now: waking up in vain costs more than the wait. */
static bool take_place(was_permits_t *permits, row_t *row)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(PLACE_SECONDS);
    bool in_time;

    if (permits->places > 0 && row->held < permits->share) {
        give_place(permits, row);
        return true;
    }
    permits->waiting++;
    row->waiting++;
    do { /* what is granted already is somebody else's */
        in_time = wait_for_signal(row->place, permits, end);
    } while (in_time && row->granted == 0);
    row->waiting--;
    if (row->granted == 0) {
        permits->waiting--;
        return false;
    }
    row->granted--;
    return true;
}

/* Who waits, and holds the fewest places; of those who hold as many, whoever's turn it is. NULL
 * when nobody does who may hold one more. */
static row_t *find_next(was_permits_t *permits)
{
    row_t *next = NULL;

    for (int i = 1; i <= ROWS; i++) {
        row_t *row = &permits->rows[(permits->last + i) % ROWS];

        if (row->waiting > row->granted && row->held < permits->share &&
            (next == NULL || row->held < next->held)) {
            next = row;
        }
    }
    return next;
}

/* What is to be signalled, since somebody waits who has the place now; or NULL. */
static apr_thread_cond_t *free_place(was_permits_t *permits, row_t *row)
{
    permits->places++;
    row->held--;
    row_t *next = permits->waiting > 0 ? find_next(permits) : NULL;

    if (next == NULL) {
        return NULL;
    }
    give_place(permits, next);
    next->granted++;
    permits->waiting--;
    return next->place;
}

static void signal_place(apr_thread_cond_t *place)
{
    if (place != NULL) {
        apr_thread_cond_signal(place);
    }
}

/* From a place on: to a connection that is open, or alone to one that may have to be made. */
static const char *go_in(was_permits_t *permits, row_t *row, apr_uint32_t failures, bool *alone)
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
            signal_place(free_place(permits, row));
            return "somebody else is waiting for the database already";
        }
    }
    permits->open--;
    return NULL;
}

const char *was_permits_enter(was_permits_t *permits, apr_uint32_t caller, bool *alone)
{
    row_t *row = row_of(permits, caller);
    const char *refusal = "no connection became free";
    was_tally_t tally = WAS_TALLY_CONNECTIONS_BUSY;

    apr_thread_mutex_lock(permits->lock);
    apr_uint32_t failures = permits->failures;

    if (take_place(permits, row)) {
        refusal = go_in(permits, row, failures, alone);
        tally = refusal == NULL ? WAS_TALLY_CONNECTIONS_IN_USE : WAS_TALLY_CONNECTIONS_UNREACHABLE;
    }
    apr_thread_mutex_unlock(permits->lock);
    was_tally_add(tally, 1);
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

void was_permits_leave(was_permits_t *permits, apr_uint32_t caller, bool open)
{
    apr_thread_mutex_lock(permits->lock);
    permits->open += open;
    apr_thread_cond_t *place = free_place(permits, row_of(permits, caller));

    apr_thread_mutex_unlock(permits->lock);
    was_tally_add(WAS_TALLY_CONNECTIONS_IN_USE, -1);
    /* Not while the lock is held: who wakes up would have to wait for that, too. */
    signal_place(place);
    if (open) {
        /* Who waits for his turn may have this connection instead. */
        apr_thread_cond_signal(permits->turn);
    }
}
