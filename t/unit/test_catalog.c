/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_catalog: whatever comes in, it comes out by its key, and of one key as it came. */
#include "tap.h"

#include "http/was_catalog.h"

#include <apr_strings.h>

/* Adds so many keys, scattered over a few, each with the number that it came as. */
static void test_order(int count, int keys, apr_pool_t *pool)
{
    was_catalog_t *catalog = NULL;
    const char *last = "";
    int last_number = -1, seen = 0;
    bool in_order = true, has_own_value = true;

    is_str(outcome(was_catalog_make(&catalog, sizeof(int), pool)), "fine", "made");
    for (int i = 0; i < count; i++) {
        if (was_catalog_add(catalog, apr_psprintf(pool, "k%d", i * 7919 % keys), &i) != NULL) {
            break;
        }
        seen++;
    }
    is_int(seen, count, "all are added");
    is_str(outcome(was_catalog_sort(catalog)), "fine", "sorted");
    is_int((long long)was_catalog_count(catalog), count, "... and all are there");
    for (int i = 0; i < count; i++) {
        int number = -1;
        const char *key = was_catalog_read(catalog, (apr_size_t)i, &number);
        int order = strcmp(last, key);

        in_order &= order < 0 || (order == 0 && last_number < number);
        has_own_value &= strcmp(key, apr_psprintf(pool, "k%d", number * 7919 % keys)) == 0;
        last = key;
        last_number = number;
    }
    ok(in_order, "... in the order of their bytes, then as they came");
    ok(has_own_value, "... each with its value");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    static const int counts[][2] = {{0, 1}, {1, 1}, {2, 2}, {3, 1}, {100, 7}, {5000, 5000}};

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        test_order(counts[i][0], counts[i][1], pool);
    }
    apr_pool_destroy(pool);
    return done();
}
