/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_sweeper: sweeping beside the requests. Owns the thread, when it looks, how long it rests and
 * how it ends. Refuses to know what a batch is.
 */

#include "http/was_sweeper.h"

#include "store/was_sweep.h"

#include <ap_mpm.h>
#include <http_log.h>
#include <mod_watchdog.h>

#include <apr_optional.h>
#include <apr_signal.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include <stdatomic.h>

APLOG_USE_MODULE(was);

enum {
    LOOK_MSEC = 200,   /* how often it asks the other children, which costs nothing, */
    IDLE_SECONDS = 60, /* and the database, when nobody said anything, */
    RETRY_SECONDS = 5, /* and when it failed, or others were at it */
    REST_TIMES = 3,    /* as long as a batch took, */
    REST_MIN_MSEC = 2, /* between two of them */
    REST_MAX_MSEC = 500,
    MAX_PASSED = 100 /* whose sweeps failed, before it gives up until the next look */
};

/* What is known from the first batch to the last. */
typedef struct sweep_run_t {
    apr_time_t begun; /* 0: there is no run */
    apr_int64_t rows;
    int sweeps; /* that have come to their end */
    int passed; /* that failed, and are passed over until the next look */
} sweep_run_t;

struct was_sweeper_t {
    server_rec *server;
    was_db_t *db;
    apr_thread_mutex_t *batch; /* held during one */
    atomic_bool may_run;
    unsigned heard; /* announcements */
    apr_time_t next_look;
    sweep_run_t run;
    bool has_failed; /* and that was said */
};

/* Whether this child is about to end. */
static bool is_over(was_sweeper_t *sweeper)
{
    int state = AP_MPMQ_RUNNING;

    return !atomic_load(&sweeper->may_run) ||
           ap_mpm_query(AP_MPMQ_MPM_STATE, &state) != APR_SUCCESS || state == AP_MPMQ_STOPPING;
}

static void say_began(was_sweeper_t *sweeper)
{
    if (sweeper->run.begun == 0) {
        sweeper->run.begun = apr_time_now();
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, sweeper->server,
                     "sweeping what was deleted: begun");
    }
}

/* Nothing is left that we can sweep now. */
static void say_ended(was_sweeper_t *sweeper, const char *how)
{
    const sweep_run_t *run = &sweeper->run;

    if (run->begun != 0) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, sweeper->server,
                     "sweeping what was deleted: %s, %" APR_INT64_T_FMT
                     " rows in %.1f seconds; %d spaces, collections and contents are gone",
                     how, run->rows, (double)(apr_time_now() - run->begun) / APR_USEC_PER_SEC,
                     run->sweeps);
    }
    sweeper->run = (sweep_run_t){0};
}

/* Said once: as long as the database is away, each request says so at ERR. */
static void say_failed(was_sweeper_t *sweeper, const was_error_t *error, apr_pool_t *pool)
{
    ap_log_error(APLOG_MARK, sweeper->has_failed ? APLOG_DEBUG : APLOG_INFO, 0, sweeper->server,
                 "sweeping what was deleted: put off: %s", was_error_chain(error, pool));
    sweeper->has_failed = true;
}

static void look_again(was_sweeper_t *sweeper, int seconds)
{
    sweeper->next_look = apr_time_now() + apr_time_from_sec(seconds);
}

/* Does a batch; whether there may be another one to do now. */
static bool sweep_once(was_sweeper_t *sweeper, apr_pool_t *pool)
{
    sweep_run_t *run = &sweeper->run;
    was_sweep_batch_t batch;
    const was_error_t *error = was_sweep_run(sweeper->db, run->passed, &batch, pool);

    if (error != NULL) {
        say_failed(sweeper, error, pool);
        look_again(sweeper, RETRY_SECONDS);
        /* One that cannot be swept keeps none of the others. */
        run->passed++;
        return batch.found && run->passed < MAX_PASSED;
    }
    if (!batch.found) {
        look_again(sweeper, run->passed > 0 ? RETRY_SECONDS : IDLE_SECONDS);
        sweeper->has_failed = run->passed > 0;
        say_ended(sweeper, run->passed > 0 ? "put off" : "finished");
        return false;
    }
    if (!batch.taken) {
        look_again(sweeper, RETRY_SECONDS);
        say_ended(sweeper, "left to another server");
        return false;
    }
    if (batch.rows > 0 || batch.ended) {
        say_began(sweeper);
    }
    run->rows += batch.rows;
    run->sweeps += batch.ended;
    return true;
}

/* Leaves the database to the others for three times as long as it was ours. */
static void rest_between(apr_time_t took)
{
    apr_time_t least = apr_time_from_msec(REST_MIN_MSEC);
    apr_time_t most = apr_time_from_msec(REST_MAX_MSEC);

    took *= REST_TIMES;
    apr_sleep(took < least ? least : took > most ? most : took);
}

/* Revocations that have expired; says nothing of them. */
static bool forget_once(was_sweeper_t *sweeper, apr_pool_t *pool)
{
    int rows;
    const was_error_t *error = was_sweep_revocations(sweeper->db, &rows, pool);

    if (error != NULL) {
        say_failed(sweeper, error, pool);
    }
    return error == NULL && rows > 0;
}

typedef bool batch_t(was_sweeper_t *sweeper, apr_pool_t *pool);

/* Batches, until one says that there are no more. */
static void run_batches(was_sweeper_t *sweeper, batch_t *run_once, apr_pool_t *pool)
{
    bool is_more = true;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    while (is_more && !is_over(sweeper)) {
        apr_time_t began = apr_time_now();

        apr_thread_mutex_lock(sweeper->batch);
        is_more = !is_over(sweeper) && run_once(sweeper, scratch);
        apr_thread_mutex_unlock(sweeper->batch);
        apr_pool_clear(scratch);
        if (is_more) {
            rest_between(apr_time_now() - began);
        }
    }
}

static apr_status_t watch_deletions(int state, void *data, apr_pool_t *pool)
{
    was_sweeper_t *sweeper = data;

    if (state == AP_WATCHDOG_STATE_STARTING) {
        /* prefork ends a child in whichever thread gets the signal: not in this one. */
        apr_setup_signal_thread();
    }
    /* Requests find out whether there is a database: it would keep them waiting for that. */
    if (state != AP_WATCHDOG_STATE_RUNNING || is_over(sweeper) || !was_db_is_ready(sweeper->db)) {
        return APR_SUCCESS;
    }
    unsigned said = was_sweep_announced();
    bool is_time = apr_time_now() >= sweeper->next_look;

    if (is_time) {
        run_batches(sweeper, forget_once, pool);
    }
    if (is_time || said != sweeper->heard) {
        sweeper->heard = said;
        sweeper->run.passed = 0;
        run_batches(sweeper, sweep_once, pool);
    }
    return APR_SUCCESS;
}

was_sweeper_t *was_sweeper_make(server_rec *server, was_db_t *db, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *watch =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    was_sweeper_t *sweeper = apr_pcalloc(pconf, sizeof(*sweeper));
    ap_watchdog_t *watchdog = NULL;

    sweeper->server = server;
    sweeper->db = db;
    /* A thread for each database: one that hangs keeps none of the others. */
    const char *name = apr_psprintf(pconf, "was-sweeper-%pp", (void *)db);

    if (get == NULL || watch == NULL ||
        apr_thread_mutex_create(&sweeper->batch, APR_THREAD_MUTEX_DEFAULT, pconf) != APR_SUCCESS ||
        get(&watchdog, name, 0, 1, pconf) != APR_SUCCESS ||
        watch(watchdog, apr_time_from_msec(LOOK_MSEC), sweeper, watch_deletions) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server,
                     "mod_watchdog has no thread to sweep what is deleted");
        return NULL;
    }
    return sweeper;
}

/* Runs before the connections go, which are the child's, too. */
static apr_status_t end_sweeper(void *data)
{
    was_sweeper_t *sweeper = data;

    atomic_store(&sweeper->may_run, false);
    apr_thread_mutex_lock(sweeper->batch);
    apr_thread_mutex_unlock(sweeper->batch);
    return APR_SUCCESS;
}

void was_sweeper_join(was_sweeper_t *sweeper, apr_pool_t *pchild)
{
    apr_pool_pre_cleanup_register(pchild, sweeper, end_sweeper);
    atomic_store(&sweeper->may_run, true);
}
