/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_catalog: sorted keys in files. Owns how they lie there: in one file each value and its key,
 * in another the places of all of them, which are what is sorted. Refuses to know what they mean.
 */

#include "http/was_catalog.h"

#include "http/was_spool.h"

#include <stdbool.h>
#include <string.h>

struct was_catalog_t {
    was_spool_t *entries; /* value, key, NUL */
    was_spool_t *places;  /* where each entry begins */
    apr_size_t value_bytes;
    apr_size_t count;
    apr_uint64_t end; /* of what was written */
    const char *entry_bytes;
    apr_uint64_t *place;
};

const was_error_t *was_catalog_make(was_catalog_t **catalog, apr_size_t value_bytes,
                                    apr_pool_t *pool)
{
    was_catalog_t *made = apr_pcalloc(pool, sizeof(*made));

    made->value_bytes = value_bytes;
    WAS_TRY(was_spool_make(&made->entries, pool));
    WAS_TRY(was_spool_make(&made->places, pool));
    *catalog = made;
    return NULL;
}

const was_error_t *was_catalog_add(was_catalog_t *catalog, const char *key, const void *value)
{
    apr_size_t length = strlen(key) + 1;

    WAS_TRY(was_spool_write(catalog->places, &catalog->end, sizeof(catalog->end)));
    WAS_TRY(was_spool_write(catalog->entries, value, catalog->value_bytes));
    WAS_TRY(was_spool_write(catalog->entries, key, length));
    catalog->end += catalog->value_bytes + length;
    catalog->count++;
    return NULL;
}

static const char *key_at(const was_catalog_t *catalog, apr_uint64_t place)
{
    return catalog->entry_bytes + place + catalog->value_bytes;
}

static bool comes_before(const was_catalog_t *catalog, apr_uint64_t one, apr_uint64_t other)
{
    int order = strcmp(key_at(catalog, one), key_at(catalog, other));

    return order < 0 || (order == 0 && one < other);
}

/* Lets the place at `root` sink to where it belongs in a heap of so many. */
static void sink_place(was_catalog_t *catalog, apr_size_t root, apr_size_t count)
{
    apr_uint64_t *place = catalog->place;
    apr_uint64_t sinking = place[root];

    for (apr_size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && comes_before(catalog, place[child], place[child + 1])) {
            child++;
        }
        if (!comes_before(catalog, sinking, place[child])) {
            break;
        }
        place[root] = place[child];
        root = child;
    }
    place[root] = sinking;
}

/* By heaps: in place, since the places are in a file, too. */
const was_error_t *was_catalog_sort(was_catalog_t *catalog)
{
    char *entries, *places;

    WAS_TRY(was_spool_map(catalog->entries, &entries));
    WAS_TRY(was_spool_map(catalog->places, &places));
    catalog->entry_bytes = entries;
    catalog->place = (apr_uint64_t *)(void *)places;
    for (apr_size_t root = catalog->count / 2; root > 0; root--) {
        sink_place(catalog, root - 1, catalog->count);
    }
    for (apr_size_t last = catalog->count; last > 1; last--) {
        apr_uint64_t greatest = catalog->place[0];

        catalog->place[0] = catalog->place[last - 1];
        catalog->place[last - 1] = greatest;
        sink_place(catalog, 0, last - 1);
    }
    return NULL;
}

apr_size_t was_catalog_count(const was_catalog_t *catalog)
{
    return catalog->count;
}

const char *was_catalog_read(const was_catalog_t *catalog, apr_size_t index, void *value)
{
    apr_uint64_t place = catalog->place[index];

    memcpy(value, catalog->entry_bytes + place, catalog->value_bytes);
    return key_at(catalog, place);
}
