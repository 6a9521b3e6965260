/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_cell: ids by their first digits. Owns the form of WASCell, and what is said of an id that is
 * another cell's. Refuses to know which cells there are, and which spaces were moved.
 */

#include "http/was_cell.h"

#include "auth/was_crypto.h"

#include <apr_strings.h>

#include <string.h>
#include <strings.h>

enum { MOST_DIGITS = 4, DIGIT_BITS = 4 };

struct was_cell_t {
    int digits; /* 0: off */
    unsigned first, last;
};

static const was_cell_t off = {.digits = 0};
const was_cell_t *const was_cell_off = &off;

/* The number that so many digits at the beginning are; false if one of them is none. */
static bool read_prefix(const char *text, int digits, unsigned *number)
{
    static const char alphabet[] = "0123456789abcdef";

    *number = 0;
    for (int i = 0; i < digits; i++) {
        const char *place = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

        if (place == NULL) {
            return false;
        }
        *number = *number << DIGIT_BITS | (unsigned)(place - alphabet);
    }
    return true;
}

const char *was_cell_read(const char *word, const was_cell_t **cell, apr_pool_t *pool)
{
    const char *dash = strchr(word, '-');
    was_cell_t read = {.digits = dash != NULL ? (int)(dash - word) : 0};

    *cell = &off;
    if (strcasecmp(word, "off") == 0) {
        return NULL;
    }
    if (read.digits < 1 || read.digits > MOST_DIGITS || strlen(dash + 1) != (size_t)read.digits ||
        !read_prefix(word, read.digits, &read.first) ||
        !read_prefix(dash + 1, read.digits, &read.last) || read.first > read.last) {
        return "off, or the first and the last beginning of ids, such as 0-7 or 80-bf (one to four "
               "hexadecimal digits each, in small letters)";
    }
    *cell = apr_pmemdup(pool, &read, sizeof(read));
    return NULL;
}

const char *was_cell_uuid(const was_cell_t *cell, apr_pool_t *pool)
{
    const char *uuid = was_crypto_uuid(pool);
    unsigned number;

    if (cell == NULL || cell->digits == 0 || !read_prefix(uuid, cell->digits, &number)) {
        return uuid;
    }
    number = cell->first + number % (cell->last - cell->first + 1);
    return apr_psprintf(pool, "%0*x%s", cell->digits, number, uuid + cell->digits);
}

const was_error_t *was_cell_check(const was_cell_t *cell, const char *id, const char *pointer,
                                  const char *way, apr_pool_t *pool)
{
    unsigned number;

    if (cell == NULL || cell->digits == 0 ||
        (read_prefix(id, cell->digits, &number) && number >= cell->first && number <= cell->last)) {
        return NULL;
    }
    return was_error_make(pool, WAS_ERROR_MISDIRECTED, pointer,
                          "a space of this id is for another server behind the same address, which "
                          "a POST does not reach: %s, or let the server choose an id",
                          way);
}
