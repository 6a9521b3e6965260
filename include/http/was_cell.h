/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CELL_H
#define WAS_CELL_H

#include "base/was_error.h"

/*
 * was_cell: of several servers behind one front, each with a database of its own, which ids of new
 * spaces are this one's. The front goes by the same rule, so that it finds a space that was made
 * here.
 */
typedef struct was_cell_t was_cell_t;

/* WASCell off. */
extern const was_cell_t *const was_cell_off;

/*
 * What WASCell says: "off", or "0-7" and the like: two hexadecimal numbers of as many digits, four
 * at most, in small letters. An id is of this cell if its first digits are one of the numbers from
 * the first to the second. The cell is the pool's. NULL, or what a value is that the word is not.
 */
const char *was_cell_read(const char *word, const was_cell_t **cell, apr_pool_t *pool);

/* A random uuid of this cell; of any, where `cell` is NULL or off. */
const char *was_cell_uuid(const was_cell_t *cell, apr_pool_t *pool);

/* An id that a client has chosen for what it makes by POST, which no front can have gone by. `way`
 * is how it can make the space all the same. Errors: MISDIRECTED. */
WAS_CHECKED const was_error_t *was_cell_check(const was_cell_t *cell, const char *id,
                                              const char *pointer, const char *way,
                                              apr_pool_t *pool);

#endif
