/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_accept: reads Accept. Owns its weights and the precedence of its ranges. Refuses to know
 * requests, and what is offered.
 */

#include "http/was_accept.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <string.h>
#include <strings.h>

/* The weight (section 12.4.2) among an entry's parameters, in thousandths. */
static int read_weight(const char *entry)
{
    while ((entry = strchr(entry, ';')) != NULL) {
        entry += 1 + strspn(entry + 1, " \t");
        if ((*entry == 'q' || *entry == 'Q') && entry[1] == '=') {
            int weight = entry[2] == '1' ? 1000 : 0, scale = 100;

            if (entry[2] != '\0' && entry[3] == '.') {
                for (entry += 4; apr_isdigit(*entry) && scale > 0; entry++, scale /= 10) {
                    weight += (*entry - '0') * scale;
                }
            }
            return weight;
        }
    }
    return 1000;
}

static bool is_media_range(const char *entry, const char *range)
{
    apr_size_t length = strlen(range);

    return strcspn(entry, "; \t") == length && strncasecmp(entry, range, length) == 0;
}

/* How narrow the entry is that gives the type its weight; 0 when it does not. */
static int match_entry(const char *entry, const char *type, const char *const ranges[2])
{
    if (is_media_range(entry, type)) {
        return 3;
    }
    if (ranges == NULL) {
        return 0;
    }
    return is_media_range(entry, ranges[0]) ? 2 : is_media_range(entry, ranges[1]);
}

/* The weight that the field gives to a type: by its name, else by the ranges it is in, the
 * narrowest first. 0 when it has none. */
static int find_weight(const char *accept, const char *type, const char *const ranges[2],
                       apr_pool_t *pool)
{
    char *state = NULL, *list = apr_pstrdup(pool, accept);
    int best = 0, weight = 0;

    for (char *entry = apr_strtok(list, ",", &state); entry != NULL;
         entry = apr_strtok(NULL, ",", &state)) {
        entry += strspn(entry, " \t");
        int narrow = match_entry(entry, type, ranges);

        if (narrow > best) {
            best = narrow;
            weight = read_weight(entry);
        }
    }
    return weight;
}

bool was_accept_prefers(const char *accept, const char *type, apr_pool_t *pool)
{
    static const char *const ranges[] = {"application/*", "*/*"};

    if (accept == NULL) {
        return false;
    }
    int weight = find_weight(accept, type, NULL, pool);
    return weight > 0 && weight >= find_weight(accept, "application/json", ranges, pool);
}
