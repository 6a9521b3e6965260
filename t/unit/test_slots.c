/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_slots: sums never go back, whatever ends a child and however httpd restarts; a gauge ends
 * with its child; there is room for more children than there should be. */
#include "tap.h"

#include "http/was_slots.h"

#include <ap_mpm.h>
#include <http_config.h>

#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 2, SLOTS = 2 * CHILDREN, NUMBERS = WAS_TALLY_COUNT + 3 };

/* What of httpd is asked. */
static apr_status_t mpm_answer = APR_SUCCESS;
static int mpm_children = CHILDREN;
static void *retained;

apr_status_t ap_mpm_query(int code, int *result)
{
    *result = mpm_children;
    return code == AP_MPMQ_HARD_LIMIT_DAEMONS ? mpm_answer : APR_ENOTIMPL;
}

void *ap_retained_data_get(const char *key)
{
    (void)key;
    return retained;
}

void *ap_retained_data_create(const char *key, apr_size_t size)
{
    (void)key;
    retained = calloc(1, size);
    return retained;
}

static const unsigned char layout[WAS_SLOTS_LAYOUT_BYTES] = {1};
static const unsigned char other_layout[WAS_SLOTS_LAYOUT_BYTES] = {2};

/* What a child does before it ends. */
static void count_something(void)
{
    was_slots_take();
    was_tally_add(WAS_TALLY_TRANSACTIONS, 10);
    was_tally_add(WAS_TALLY_UPLOADS, 1);
    was_tally_add(NUMBERS - 1, 100);
    was_tally_add(NUMBERS, 1000);
}

/* A child that has counted, and lives until it is ended. */
static pid_t start_child(void)
{
    int ready[2];
    char byte = 0;

    if (pipe(ready) != 0) {
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        count_something();
        if (write(ready[1], "x", 1) == 1) {
            pause();
        }
        _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) {
        child = -1;
    }
    close(ready[0]);
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void is_sum(int children, apr_int64_t counted, const char *name, apr_pool_t *pool)
{
    int found;
    const apr_int64_t *sums = was_slots_sum(&found, pool);

    ok(found == children, "%s: %d children", name, found);
    ok(sums[WAS_TALLY_TRANSACTIONS] == counted, "%s: the counter is %d", name,
       (int)sums[WAS_TALLY_TRANSACTIONS]);
    ok(sums[NUMBERS - 1] == 10 * counted, "%s: the caller's is %d", name, (int)sums[NUMBERS - 1]);
    ok(sums[WAS_TALLY_UPLOADS] == children, "%s: the gauge is %d", name,
       (int)sums[WAS_TALLY_UPLOADS]);
}

static void check_crowd(apr_pool_t *pool)
{
    pid_t crowd[SLOTS + 3];
    int found;
    const apr_int64_t *before = was_slots_sum(&found, pool);

    for (int i = 0; i < SLOTS + 3; i++) {
        crowd[i] = start_child();
    }
    const apr_int64_t *sums = was_slots_sum(&found, pool);
    ok(found == SLOTS, "more children than rows: %d have one of their own", found);
    ok(sums[WAS_TALLY_TRANSACTIONS] == before[WAS_TALLY_TRANSACTIONS] + 10 * (SLOTS + 3),
       "more children than rows: all count");
    ok(sums[WAS_TALLY_UPLOADS] == SLOTS,
       "more children than rows: those of the others are nobody's");
    for (int i = 0; i < SLOTS + 3; i++) {
        end_child(crowd[i]);
        was_slots_give_back(crowd[i]);
    }
    is_sum(0, before[WAS_TALLY_TRANSACTIONS] + 10 * (SLOTS + 3), "all of them gone", pool);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    process_rec process = {.pool = pool};
    server_rec server = {.process = &process};

    was_tally_add(WAS_TALLY_TRANSACTIONS, 1);
    was_slots_give_back(getpid());
    ok(was_slots_open(layout, NUMBERS, &server), "there is memory");
    is_sum(0, 0, "nobody yet", pool);
    pid_t first = start_child(), second = start_child();
    is_sum(2, 20, "two children", pool);
    end_child(first);
    was_slots_give_back(first);
    is_sum(1, 20, "one was killed", pool);
    was_slots_give_back(first);
    is_sum(1, 20, "and is given back again", pool);
    first = start_child();
    is_sum(2, 30, "another one takes its row", pool);
    ok(was_slots_open(layout, NUMBERS, &server), "a restart");
    is_sum(2, 30, "a restart", pool);
    end_child(first);
    was_slots_give_back(first);
    end_child(second);
    was_slots_give_back(second);
    is_sum(0, 30, "both are gone", pool);
    check_crowd(pool);
    ok(was_slots_open(other_layout, NUMBERS, &server), "a restart with other numbers");
    is_sum(0, 0, "other numbers begin anew", pool);
    mpm_answer = APR_ENOTIMPL;
    ok(was_slots_open(other_layout, NUMBERS, &server), "an MPM that does not say how many");
    first = start_child();
    is_sum(1, 10, "an MPM that does not say how many", pool);
    end_child(first);
    return done();
}
