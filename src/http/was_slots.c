/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_slots: numbers that children of httpd share. Owns the memory, and whose row is whose. Refuses
 * to know what is counted.
 */

#include "http/was_slots.h"

#include <http_config.h>
#include <ap_mpm.h>

#include <apr_shm.h>

#include <string.h>
#include <unistd.h>

enum {
    UNUSED = 0, /* an owner that there never was: nothing in its row has been touched */
    NOBODY = -1,
    LINE_BYTES = 128 /* of memory that two processors had better not write to in turns */
};

/* What the parent keeps while this module is unloaded and loaded again. */
typedef struct retained_t {
    apr_shm_t *memory;
    unsigned char layout[WAS_SLOTS_LAYOUT_BYTES];
    int slots; /* with the last one, that is shared */
} retained_t;

static const char retained_key[] = "mod_was:slots";

/* What this process has of it; no owners before there is any memory. */
static struct {
    atomic_int *owners;    /* process ids, one for each slot */
    was_number_t *numbers; /* of the first slot; those of the next are `stride` further */
    int slots;             /* the last is shared by those who find no other */
    int width;             /* how many numbers each has */
    apr_size_t stride;     /* the same, with what keeps the next slot's away */
} shared;

static apr_size_t rounded_up(apr_size_t bytes)
{
    return (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

static apr_size_t bytes_of_width(int width)
{
    return rounded_up((apr_size_t)width * sizeof(was_number_t));
}

static int most_slots(void)
{
    int children = 0;

    if (ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &children) != APR_SUCCESS || children < 1) {
        children = 1;
    }
    return 2 * children + 1;
}

/* New memory is all zero. */
static bool make_memory(retained_t *retained, apr_size_t bytes, const server_rec *server)
{
    apr_pool_t *process = server->process->pool;

    if (retained->memory != NULL) {
        /* Children of before have it as long as they live. */
        apr_shm_destroy(retained->memory);
        retained->memory = NULL;
    }
    return apr_shm_create(&retained->memory, bytes, NULL, process) == APR_SUCCESS;
}

bool was_slots_open(const unsigned char layout[WAS_SLOTS_LAYOUT_BYTES], int width,
                    const server_rec *server)
{
    retained_t *retained = ap_retained_data_get(retained_key);
    int needed = most_slots();

    if (retained == NULL) {
        retained = ap_retained_data_create(retained_key, sizeof(*retained));
    }
    bool is_same = retained->memory != NULL && retained->slots == needed &&
                   memcmp(retained->layout, layout, sizeof(retained->layout)) == 0;
    apr_size_t before = rounded_up((apr_size_t)needed * sizeof(*shared.owners));

    shared.width = width;
    shared.slots = needed;
    shared.stride = bytes_of_width(width) / sizeof(was_number_t);
    if (!is_same) {
        if (!make_memory(retained, before + (apr_size_t)needed * bytes_of_width(width), server)) {
            return false;
        }
        memset(apr_shm_baseaddr_get(retained->memory), 0, before);
        memcpy(retained->layout, layout, sizeof(retained->layout));
        retained->slots = needed;
    }
    char *base = apr_shm_baseaddr_get(retained->memory);

    shared.owners = (atomic_int *)(void *)base;
    shared.numbers = (was_number_t *)(void *)(base + before);
    return true;
}

static was_number_t *row_of_slot(int slot)
{
    return &shared.numbers[(apr_size_t)slot * shared.stride];
}

/* The first that is nobody's: those of the front are used again and again. */
static int find_slot(int self)
{
    for (int i = 0; i < shared.slots - 1; i++) {
        int owner = atomic_load(&shared.owners[i]);

        if (owner <= UNUSED && atomic_compare_exchange_strong(&shared.owners[i], &owner, self)) {
            return i;
        }
    }
    atomic_store(&shared.owners[shared.slots - 1], NOBODY);
    return shared.slots - 1;
}

void was_slots_take(void)
{
    if (shared.owners == NULL) {
        return;
    }
    was_number_t *row = row_of_slot(find_slot((int)getpid()));

    for (int i = 0; i < shared.width; i++) {
        if (was_tally_is_gauge(i)) {
            atomic_store(&row[i], 0);
        }
    }
    was_tally_use(row, shared.width);
}

void was_slots_give_back(pid_t child)
{
    for (int i = 0; shared.owners != NULL && i < shared.slots; i++) {
        int owner = (int)child;

        if (atomic_compare_exchange_strong(&shared.owners[i], &owner, NOBODY)) {
            return;
        }
    }
}

const apr_int64_t *was_slots_sum(int *children, apr_pool_t *pool)
{
    apr_int64_t *sums = apr_pcalloc(pool, (apr_size_t)shared.width * sizeof(*sums));

    *children = 0;
    for (int slot = 0; shared.owners != NULL && slot < shared.slots; slot++) {
        int owner = atomic_load(&shared.owners[slot]);

        if (owner == UNUSED) {
            continue;
        }
        was_number_t *row = row_of_slot(slot);

        *children += owner > 0;
        for (int i = 0; i < shared.width; i++) {
            if (owner > 0 || !was_tally_is_gauge(i)) {
                sums[i] += atomic_load_explicit(&row[i], memory_order_relaxed);
            }
        }
    }
    return sums;
}
