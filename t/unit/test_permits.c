/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_permits: no more inside than there are places; alone where a connection has to be made;
 * together where open ones are free; and nobody waits long for who cannot get a connection. */
#include "tap.h"

#include <apr_thread_mutex.h>

static bool has_no_lock; /* the system, for a moment */

static apr_status_t make_mutex(apr_thread_mutex_t **mutex, unsigned flags, apr_pool_t *pool)
{
    return has_no_lock ? APR_ENOLOCK : apr_thread_mutex_create(mutex, flags, pool);
}

/* The room itself, to see who has come to stand there. */
#define apr_thread_mutex_create make_mutex
#include "../../src/store/was_permits.c"
#undef apr_thread_mutex_create

#include <apr_thread_proc.h>

#include <stdatomic.h>

enum { PLACES = 2 };

/* Somebody at the permits, in a thread of his own. */
typedef struct visitor_t {
    was_permits_t *permits;
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
    visitor->refusal = was_permits_enter(visitor->permits, &visitor->alone);
    visitor->went_in = apr_time_now();
    atomic_store(&visitor->done, true);
    return NULL;
}

/* Changes when somebody comes, and is in or waits; not when he wakes up. */
static int crowd_of(was_permits_t *permits)
{
    int crowd;

    apr_thread_mutex_lock(permits->lock);
    crowd = permits->waiting - permits->granted - permits->places;
    apr_thread_mutex_unlock(permits->lock);
    return crowd;
}

static visitor_t *begin_visit(was_permits_t *permits, apr_pool_t *pool)
{
    visitor_t *visitor = apr_pcalloc(pool, sizeof(*visitor));

    int crowd = crowd_of(permits);

    visitor->permits = permits;
    apr_thread_create(&visitor->thread, NULL, visit, visitor, pool);
    while (crowd_of(permits) == crowd && !atomic_load(&visitor->done)) {
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
    was_permits_t *permits = was_permits_make(PLACES, pool);
    visitor_t *waiting;
    bool alone = false;

    is_str(was_permits_enter(permits, &alone), NULL, "the first comes in");
    ok(alone, "and goes alone: there is no connection yet");
    waiting = begin_visit(permits, pool);
    was_permits_pass(permits, true);
    ok(is_in(end_visit(waiting), true), "the second goes alone when the first has his");
    was_permits_pass(permits, true);
    waiting = begin_visit(permits, pool);
    was_permits_leave(permits, true);
    ok(is_in(end_visit(waiting), false), "the third waits for a place and has a free connection");
    was_permits_leave(permits, true);
    was_permits_leave(permits, true);
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && !alone, "then everybody comes in");
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && !alone, "at the same time");
    was_permits_leave(permits, true);
    was_permits_leave(permits, true);
    alone = true;
    ok(was_permits_enter(permits, &alone) == NULL && alone, "who asks to go alone does");
    was_permits_pass(permits, true);
    was_permits_leave(permits, false);
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && !alone, "one open connection is left");
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && alone, "and beside it one goes alone");
}

static void test_order(apr_pool_t *pool)
{
    was_permits_t *permits = was_permits_make(1, pool);
    visitor_t *early, *late;
    apr_time_t left;
    bool alone = false;

    ok(was_permits_enter(permits, &alone) == NULL, "the only place is taken");
    was_permits_pass(permits, true);
    early = begin_visit(permits, pool);
    was_permits_leave(permits, true);
    late = begin_visit(permits, pool);
    ok(is_in(end_visit(early), false), "who waited for it gets it");
    left = apr_time_now();
    was_permits_leave(permits, true);
    ok(is_in(end_visit(late), false) && late->went_in >= left, "who came later gets it then");
}

static void test_patience(apr_pool_t *pool)
{
    was_permits_t *permits = was_permits_make(PLACES, pool);
    visitor_t *visitor;
    bool alone = false;

    ok(was_permits_enter(permits, &alone) == NULL && alone, "somebody goes for a connection");
    visitor = begin_visit(permits, pool);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "who waits for him is told no in the end");
    ok(visitor->went_in - visitor->came > apr_time_from_msec(900), "which is after a second");
    visitor = begin_visit(permits, pool);
    end_visit(visitor);
    ok(visitor->went_in - visitor->came < apr_time_from_msec(900), "who comes then, at once");
    was_permits_pass(permits, true);
    was_permits_leave(permits, false);
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && alone, "somebody else goes");
    visitor = begin_visit(permits, pool);
    was_permits_pass(permits, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits is told so too");
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && alone, "somebody else tries");
    visitor = begin_visit(permits, pool);
    was_permits_pass(permits, false);
    was_permits_leave(permits, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits for a place is told so too");
    was_permits_leave(permits, false);
    alone = false;
    ok(was_permits_enter(permits, &alone) == NULL && alone, "the next one may try again");
}

static void test_no_lock(apr_pool_t *pool)
{
    has_no_lock = true;
    ok(was_permits_make(PLACES, pool) == NULL, "no lock: no permits, and who asked is told");
    has_no_lock = false;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_no_lock(pool);
    test_sharing(pool);
    test_order(pool);
    test_patience(pool);
    return done();
}
