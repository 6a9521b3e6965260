/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_watcher: waiting for changes beside the requests. Owns the list of those who wait, the thread
 * that asks for them, and how both end. Refuses to know how it is found out, and what for.
 */

#include "http/was_watcher.h"

#include "base/was_tally.h"

#include <ap_mpm.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include <apr_optional.h>
#include <apr_ring.h>
#include <apr_signal.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include <string.h>

APLOG_USE_MODULE(was);

enum {
    LOOK_MSEC = 100, /* between two looks */
    DOZE_MSEC = 250, /* how soon who waits finds out that the child is about to end */
    SHARE = 4,       /* one of so many threads may wait */
    PORTION = 2      /* and one of so many of these be taken by one caller, rounded up */
};

/* Somebody who waits; in its own stack. */
typedef struct waiter_t {
    APR_RING_ENTRY(waiter_t) link;
    was_watched_t watched;
    const char *caller;
    apr_int64_t number; /* no other one's */
    bool has_moved;
} waiter_t;

APR_RING_HEAD(waiters_t, waiter_t);

struct was_watcher_t {
    server_rec *server;
    was_db_t *db;
    apr_thread_mutex_t *lock;  /* for what follows */
    apr_thread_cond_t *change; /* somebody's has moved, or it is over */
    struct waiters_t waiters;
    int count, most;
    apr_int64_t last_number;
    bool may_run;
    bool is_looking; /* the thread is at the database */
};

/* What the thread takes along to the database. */
typedef struct look_t {
    was_watched_t watched[WAS_WATCH_MOST];
    apr_int64_t numbers[WAS_WATCH_MOST];
    bool moved[WAS_WATCH_MOST];
    int count;
} look_t;

/* Whether this child is about to end. With the lock. */
static bool is_ending(const was_watcher_t *watcher)
{
    int state = AP_MPMQ_RUNNING;

    return !watcher->may_run || ap_mpm_query(AP_MPMQ_MPM_STATE, &state) != APR_SUCCESS ||
           state == AP_MPMQ_STOPPING;
}

/* Copies those who wait: they may go while the database is asked. With the lock. */
static look_t *list_waiters(const was_watcher_t *watcher, apr_pool_t *pool)
{
    look_t *look = apr_pcalloc(pool, sizeof(*look));
    waiter_t *waiter;

    APR_RING_FOREACH(waiter, &watcher->waiters, waiter_t, link)
    {
        if (look->count < WAS_WATCH_MOST) {
            look->numbers[look->count] = waiter->number;
            look->watched[look->count] = waiter->watched;
            look->watched[look->count].space = apr_pstrdup(pool, waiter->watched.space);
            look->count++;
        }
    }
    return look;
}

/* With the lock. */
static void tell_waiters(was_watcher_t *watcher, const look_t *look)
{
    waiter_t *waiter;
    int at = 0;

    /* Both lists are in the order of numbers. */
    APR_RING_FOREACH(waiter, &watcher->waiters, waiter_t, link)
    {
        while (at < look->count && look->numbers[at] < waiter->number) {
            at++;
        }
        if (at < look->count && look->numbers[at] == waiter->number) {
            waiter->has_moved = waiter->has_moved || look->moved[at];
        }
    }
    apr_thread_cond_broadcast(watcher->change);
}

/* With the lock, which is let go of while the database is asked. */
static void look_once(was_watcher_t *watcher, apr_pool_t *pool)
{
    look_t *look = list_waiters(watcher, pool);

    watcher->is_looking = true;
    apr_thread_mutex_unlock(watcher->lock);
    const was_error_t *error =
        was_watch_look(watcher->db, look->watched, look->count, look->moved, pool);

    if (error != NULL) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, watcher->server,
                     "looking for changes: put off: %s", was_error_chain(error, pool));
    }
    apr_thread_mutex_lock(watcher->lock);
    watcher->is_looking = false;
    tell_waiters(watcher, look);
}

static apr_status_t watch_changes(int state, void *data, apr_pool_t *pool)
{
    was_watcher_t *watcher = data;
    apr_pool_t *scratch;

    if (state == AP_WATCHDOG_STATE_STARTING) {
        /* prefork ends a child in whichever thread gets the signal: not in this one. */
        apr_setup_signal_thread();
    }
    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    apr_pool_create(&scratch, pool);
    apr_thread_mutex_lock(watcher->lock);
    if (watcher->count > 0 && !is_ending(watcher)) {
        look_once(watcher, scratch);
    }
    apr_thread_mutex_unlock(watcher->lock);
    apr_pool_destroy(scratch);
    return APR_SUCCESS;
}

was_watcher_t *was_watcher_make(server_rec *server, was_db_t *db, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *watch =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    was_watcher_t *watcher = apr_pcalloc(pconf, sizeof(*watcher));
    const char *name = apr_psprintf(pconf, "was-watcher-%pp", (void *)db);
    ap_watchdog_t *watchdog = NULL;

    watcher->server = server;
    watcher->db = db;
    APR_RING_INIT(&watcher->waiters, waiter_t, link);
    /* In each child: those who wait there are told there. */
    if (get == NULL || watch == NULL ||
        apr_thread_mutex_create(&watcher->lock, APR_THREAD_MUTEX_DEFAULT, pconf) != APR_SUCCESS ||
        apr_thread_cond_create(&watcher->change, pconf) != APR_SUCCESS ||
        get(&watchdog, name, 0, 0, pconf) != APR_SUCCESS ||
        watch(watchdog, apr_time_from_msec(LOOK_MSEC), watcher, watch_changes) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server,
                     "mod_watchdog has no thread to look for changes");
        return NULL;
    }
    return watcher;
}

/* Runs before the connections go, which are the child's, too. */
static apr_status_t end_watcher(void *data)
{
    was_watcher_t *watcher = data;

    apr_thread_mutex_lock(watcher->lock);
    watcher->may_run = false;
    apr_thread_cond_broadcast(watcher->change);
    while (watcher->is_looking) {
        apr_thread_cond_wait(watcher->change, watcher->lock);
    }
    apr_thread_mutex_unlock(watcher->lock);
    return APR_SUCCESS;
}

void was_watcher_join(was_watcher_t *watcher, apr_pool_t *pchild)
{
    int threads = 0;

    apr_pool_pre_cleanup_register(pchild, watcher, end_watcher);
    apr_thread_mutex_lock(watcher->lock);
    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS) {
        threads = 0;
    }
    watcher->most = threads / SHARE < WAS_WATCH_MOST ? threads / SHARE : WAS_WATCH_MOST;
    watcher->may_run = true;
    apr_thread_mutex_unlock(watcher->lock);
}

/* With the lock. */
static was_watch_end_t wait_here(was_watcher_t *watcher, waiter_t *waiter, apr_time_t until)
{
    apr_time_t left = until - apr_time_now();

    while (!waiter->has_moved && left > 0 && !is_ending(watcher)) {
        apr_time_t doze = apr_time_from_msec(DOZE_MSEC);

        apr_thread_cond_timedwait(watcher->change, watcher->lock, left < doze ? left : doze);
        left = until - apr_time_now();
    }
    return waiter->has_moved ? WAS_WATCH_MOVED : WAS_WATCH_OVER;
}

/* Whether there is a place for one more of this caller's. With the lock. */
static bool has_place(const was_watcher_t *watcher, const char *caller)
{
    const waiter_t *waiter;
    int taken = 0;

    APR_RING_FOREACH(waiter, &watcher->waiters, waiter_t, link)
    {
        taken += strcmp(waiter->caller, caller) == 0;
    }
    return watcher->count < watcher->most && taken < (watcher->most + PORTION - 1) / PORTION;
}

was_watch_end_t was_watcher_wait(was_watcher_t *watcher, const was_watched_t *watched,
                                 const char *caller, apr_time_t until)
{
    was_watch_end_t end = WAS_WATCH_FULL;

    apr_thread_mutex_lock(watcher->lock);
    if (has_place(watcher, caller)) {
        waiter_t waiter = {.watched = *watched, .caller = caller, .number = ++watcher->last_number};

        APR_RING_ELEM_INIT(&waiter, link);
        APR_RING_INSERT_TAIL(&watcher->waiters, &waiter, waiter_t, link);
        watcher->count++;
        was_tally_add(WAS_TALLY_WAITING_READERS, 1);
        end = wait_here(watcher, &waiter, until);
        was_tally_add(WAS_TALLY_WAITING_READERS, -1);
        watcher->count--;
        APR_RING_REMOVE(&waiter, link);
    }
    apr_thread_mutex_unlock(watcher->lock);
    return end;
}
