/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DECIMAL_H
#define WAS_DECIMAL_H

#include <apr.h>
#include <stdbool.h>

/*
 * was_decimal: numbers in decimal, however long, in memory that does not depend on their length.
 */

/*
 * Whether the number that the digits from `digits` to `end` make, with at most one point behind the
 * first, times ten to the `exponent`, is a finite double once it is rounded to the nearest (IEEE
 * 754, binary64). One that is nearer to zero than all of them counts as zero.
 */
bool was_decimal_in_range(const char *digits, const char *end, apr_int64_t exponent);

#endif
