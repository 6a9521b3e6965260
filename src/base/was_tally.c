/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_tally: the numbers of this process. Owns where they are. Refuses to know what they mean.
 */

#include "base/was_tally.h"

/* Processes share them, and no lock. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(was_number_t) == sizeof(apr_int64_t),
               "numbers of 64 bits need no lock");

static was_number_t own[WAS_TALLY_COUNT];
static was_number_t *current = own;
static int current_count = WAS_TALLY_COUNT;

void was_tally_use(was_number_t *numbers, int count)
{
    current = numbers;
    current_count = count;
}

void was_tally_add(int number, apr_int64_t by)
{
    if (number < current_count) {
        /* No number says anything of another one. */
        atomic_fetch_add_explicit(&current[number], by, memory_order_relaxed);
    }
}

bool was_tally_is_gauge(int number)
{
    enum { COUNTER, GAUGE };
    static const unsigned char kinds[WAS_TALLY_COUNT] = {
#define WAS_TALLY_KIND(name, kind) [WAS_TALLY_##name] = (kind),
        WAS_TALLIES(WAS_TALLY_KIND)
#undef WAS_TALLY_KIND
    };

    return number < WAS_TALLY_COUNT && kinds[number] == GAUGE;
}

const char *was_tally_names(void)
{
#define WAS_TALLY_NAME(name, kind) #name " "
    return WAS_TALLIES(WAS_TALLY_NAME);
#undef WAS_TALLY_NAME
}
