/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_permits: no more inside than there are places, and of one caller not all; who holds the
 * fewest goes first; alone where a connection has to be made; together where open ones are free;
 * nobody waits long for who cannot get a connection; and all of it is counted. */
#include "tap.h"

#include <apr_thread_mutex.h>
#include <apr_time.h>

static bool has_no_lock; /* the system, for a moment */

static apr_status_t make_mutex(apr_thread_mutex_t **mutex, unsigned flags, apr_pool_t *pool)
{
    return has_no_lock ? APR_ENOLOCK : apr_thread_mutex_create(mutex, flags, pool);
}

/* A second of those that somebody waits: long, so that no wait ends where its end is not what is
 * tested, whatever else the machine does. */
#define LONG (60 * APR_USEC_PER_SEC)
static apr_time_t second = LONG;

#undef apr_time_from_sec
#define apr_time_from_sec(seconds) ((apr_time_t)(seconds)*second)

/* The room itself, to see who has come to stand there. */
#define apr_thread_mutex_create make_mutex
#include "../../src/store/was_permits.c"
#undef apr_thread_mutex_create

#include <apr_thread_proc.h>

#include <stdatomic.h>

enum { PLACES = 2 };

static was_number_t numbers[WAS_TALLY_COUNT];

static int counted(was_tally_t tally)
{
    return (int)atomic_load(&numbers[tally]);
}

/* Somebody at the permits, in a thread of his own. */
typedef struct visitor_t {
    was_permits_t *permits;
    apr_thread_t *thread;
    apr_uint32_t caller;
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
    visitor->refusal = was_permits_enter(visitor->permits, visitor->caller, &visitor->alone);
    visitor->went_in = apr_time_now();
    atomic_store(&visitor->done, true);
    return NULL;
}

/* Changes when somebody comes, and is in or waits; not when he wakes up. */
static int crowd_of(was_permits_t *permits)
{
    int crowd;

    apr_thread_mutex_lock(permits->lock);
    crowd = permits->waiting - permits->places;
    apr_thread_mutex_unlock(permits->lock);
    return crowd;
}

static visitor_t *begin_visit(was_permits_t *permits, apr_uint32_t caller, apr_pool_t *pool)
{
    visitor_t *visitor = apr_pcalloc(pool, sizeof(*visitor));

    int crowd = crowd_of(permits);

    visitor->permits = permits;
    visitor->caller = caller;
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

    is_str(was_permits_enter(permits, 1, &alone), NULL, "the first comes in");
    ok(alone, "and goes alone: there is no connection yet");
    waiting = begin_visit(permits, 2, pool);
    was_permits_pass(permits, true);
    ok(is_in(end_visit(waiting), true), "the second goes alone when the first has his");
    was_permits_pass(permits, true);
    waiting = begin_visit(permits, 3, pool);
    was_permits_leave(permits, 1, true);
    ok(is_in(end_visit(waiting), false), "the third waits for a place and has a free connection");
    was_permits_leave(permits, 2, true);
    was_permits_leave(permits, 3, true);
    alone = false;
    ok(was_permits_enter(permits, 1, &alone) == NULL && !alone, "then everybody comes in");
    alone = false;
    ok(was_permits_enter(permits, 2, &alone) == NULL && !alone, "at the same time");
    was_permits_leave(permits, 1, true);
    was_permits_leave(permits, 2, true);
    alone = true;
    ok(was_permits_enter(permits, 1, &alone) == NULL && alone, "who asks to go alone does");
    was_permits_pass(permits, true);
    was_permits_leave(permits, 1, false);
    alone = false;
    ok(was_permits_enter(permits, 1, &alone) == NULL && !alone, "one open connection is left");
    alone = false;
    ok(was_permits_enter(permits, 2, &alone) == NULL && alone, "and beside it one goes alone");
}

static void test_order(apr_pool_t *pool)
{
    was_permits_t *permits = was_permits_make(1, pool);
    visitor_t *early, *late;
    apr_time_t left;
    bool alone = false;

    ok(was_permits_enter(permits, 1, &alone) == NULL, "the only place is taken");
    was_permits_pass(permits, true);
    early = begin_visit(permits, 1, pool);
    was_permits_leave(permits, 1, true);
    late = begin_visit(permits, 1, pool);
    ok(is_in(end_visit(early), false), "who waited for it gets it");
    left = apr_time_now();
    was_permits_leave(permits, 1, true);
    ok(is_in(end_visit(late), false) && late->went_in >= left, "who came later gets it then");
}

static void test_patience(apr_pool_t *pool)
{
    was_permits_t *permits = was_permits_make(PLACES, pool);
    visitor_t *visitor;
    bool alone = false;

    ok(was_permits_enter(permits, 1, &alone) == NULL && alone, "somebody goes for a connection");
    second = APR_USEC_PER_SEC;
    visitor = begin_visit(permits, 2, pool);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "who waits for him is told no in the end");
    ok(visitor->went_in - permits->taken_at > apr_time_from_msec(900), "which is after a second");
    /* As if the wait had been a long one: another such is told from what a busy machine takes. */
    second = LONG;
    permits->taken_at -= LONG;
    visitor = begin_visit(permits, 2, pool);
    end_visit(visitor);
    ok(visitor->went_in - visitor->came < LONG / 2, "who comes then, at once");
    was_permits_pass(permits, true);
    was_permits_leave(permits, 1, false);
    alone = false;
    ok(was_permits_enter(permits, 1, &alone) == NULL && alone, "somebody else goes");
    visitor = begin_visit(permits, 2, pool);
    was_permits_pass(permits, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits is told so too");
    alone = false;
    ok(was_permits_enter(permits, 2, &alone) == NULL && alone, "somebody else tries");
    visitor = begin_visit(permits, 3, pool);
    was_permits_pass(permits, false);
    was_permits_leave(permits, 2, false);
    end_visit(visitor);
    ok(visitor->refusal != NULL, "when he gets none, who waits for a place is told so too");
    was_permits_leave(permits, 1, false);
    alone = false;
    ok(was_permits_enter(permits, 1, &alone) == NULL && alone, "the next one may try again");
    ok(counted(WAS_TALLY_CONNECTIONS_UNREACHABLE) == 4, "who was told no is counted");
    ok(counted(WAS_TALLY_CONNECTIONS_BUSY) == 0, "for what it was");
}

/*
 * What callers hold and wait for. Steps: a capital letter is somebody who comes for that caller, a
 * small one somebody who leaves. Seen: "A3+1" is a caller with three places and one who waits.
 */
static const struct {
    int places;
    const char *steps;
    const char *seen;
    const char *name;
} shares[] = {
    {1, "A", "A1", "the only place may be anybody's"},
    {1, "AAa", "A1", "and goes on to who waits for the same caller"},
    {1, "AAB", "A1+1 B0+1", "who comes later waits, too"},
    {1, "AABa", "A0+1 B1", "but another caller goes first"},
    {1, "ABAa", "A0+1 B1", "all the more when he came first"},
    {1, "AABBab", "A1 B0+1", "then it is the first one's turn again"},
    {1, "AABCabc", "A1 B0 C0", "nobody is left out"},
    {1, "AABCabcaBCAb", "A0+1 B0 C1", "a new round goes on where the last one ended"},
    {2, "AA", "A1+1", "of two places one is for others"},
    {2, "AAa", "A1", "who waits has his own caller's"},
    {2, "AAB", "A1+1 B1", "others need not wait"},
    {3, "AAAA", "A2+2", "three places: two"},
    {4, "AAAA", "A3+1", "four places: three"},
    {8, "AAAAAAAAA", "A6+3", "eight places: six"},
    {4, "AAAAB", "A3+1 B1", "whatever one does, another one finds a place"},
    {4, "AAAABBB", "A3+1 B1+2", "and no more than there are"},
    {4, "AAAABBBa", "A2+1 B2+1", "who has fewer gets what becomes free"},
    {4, "AAAABBBaa", "A2 B2+1", "until both have as many"},
    {4, "AAAABBBb", "A3+1 B1+1", "who has none has the fewest"},
    {4, "AAABCCa", "A2 B1 C1+1", "so does a third one"},
    {4, "AAAAaaaaBBBBb", "A0 B3", "all that was taken comes back"},
};

/* Somebody who is in leaves. */
static void leave_place(was_permits_t *permits, apr_uint32_t caller)
{
    was_permits_leave(permits, caller, true);
}

static const char *describe_rows(was_permits_t *permits, const char *steps, apr_pool_t *pool)
{
    const char *text = "";

    apr_thread_mutex_lock(permits->lock);
    for (char caller = 'A'; caller <= 'Z'; caller++) {
        const row_t *row = &permits->rows[(int)caller];
        int waiting = row->waiting - row->granted;

        if (strchr(steps, caller) != NULL) {
            text =
                apr_psprintf(pool, "%s%s%c%d", text, *text == '\0' ? "" : " ", caller, row->held);
        }
        if (waiting > 0) {
            text = apr_psprintf(pool, "%s+%d", text, waiting);
        }
    }
    apr_thread_mutex_unlock(permits->lock);
    return text;
}

static void test_shares(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        was_permits_t *permits = was_permits_make(shares[i].places, pool);
        visitor_t *visitors[20];
        int count = 0;

        permits->open = shares[i].places;
        was_tally_use(memset(numbers, 0, sizeof(numbers)), WAS_TALLY_COUNT);
        for (const char *step = shares[i].steps; *step != '\0'; step++) {
            if (*step < 'a') {
                visitors[count++] = begin_visit(permits, (apr_uint32_t)*step, pool);
            }
            else {
                leave_place(permits, (apr_uint32_t)(*step - 'a' + 'A'));
            }
        }
        is_str(describe_rows(permits, shares[i].steps, pool), shares[i].seen,
               apr_psprintf(pool, "%d places, %s: %s", shares[i].places, shares[i].steps,
                            shares[i].name));
        if (strpbrk(shares[i].steps, "abc") == NULL) {
            ok(counted(WAS_TALLY_CONNECTIONS_WAITED_FOR) == permits->waiting,
               "... who waits is counted");
        }
        while (permits->places < shares[i].places) {
            for (apr_uint32_t caller = 'A'; caller <= 'Z'; caller++) {
                if (permits->rows[caller].held > 0) {
                    leave_place(permits, caller);
                }
            }
        }
        for (int at = 0; at < count; at++) {
            ok(end_visit(visitors[at])->refusal == NULL, "... everybody has been in");
        }
        ok(counted(WAS_TALLY_CONNECTIONS_IN_USE) == 0 &&
               counted(WAS_TALLY_CONNECTIONS_WAITED_FOR) == 0,
           "... and nobody is counted any more");
    }
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

    was_tally_use(numbers, WAS_TALLY_COUNT);
    test_no_lock(pool);
    test_sharing(pool);
    test_order(pool);
    test_patience(pool);
    test_shares(pool);
    return done();
}
