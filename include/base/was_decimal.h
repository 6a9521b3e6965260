/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DECIMAL_H
#define WAS_DECIMAL_H

#include <apr.h>
#include <stdbool.h>

/*
 * was_decimal: decimal numbers as JSON writes them (RFC 8259 section 6), taken byte by byte, and
 * whether a double can hold them, to the last digit. No number is made of them.
 */

enum { WAS_DECIMAL_DIGITS = 320 }; /* more than decide */

/* A number as far as it has come; was_decimal's own. */
typedef struct was_decimal_t {
    int step;
    char digits[WAS_DECIMAL_DIGITS]; /* from the first that is no zero */
    int ndigits;
    apr_int64_t scale;    /* which power of ten the first one stands for, */
    apr_int64_t exponent; /* and what is behind an e */
    bool is_negative;     /* that is */
} was_decimal_t;

void was_decimal_begin(was_decimal_t *decimal);

/* Whether the byte is the number's next one; if not, nothing has changed. */
bool was_decimal_take(was_decimal_t *decimal, char byte);

/* Whether the number may end here. */
bool was_decimal_is_whole(const was_decimal_t *decimal);

/* Whether a whole number, rounded, is a double's. */
bool was_decimal_in_range(const was_decimal_t *decimal);

#endif
