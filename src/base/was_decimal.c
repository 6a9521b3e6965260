/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_decimal: decimal numbers as texts. Owns where the range of a double ends, to the last digit.
 * Refuses to convert.
 */

#include "base/was_decimal.h"

#include <string.h>

/*
 * Whether digits (with a point among them) from `at` to `end`, the first of which is no zero and
 * stands for a power of ten of 308, round to more than a double holds: whether they are not below
 * the number half way between the largest double and the next power of two.
 */
static bool rounds_too_high(const char *at, const char *end)
{
    static const char half_way[] =
        "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664"
        "90179775872070963302864166928879109465555478519404026306574886715058206819089020007083"
        "83676273854845817711531764475730270069855571366959622842914819860834936475292719074168"
        "444365510704342711559699508093042880177904174497792";

    for (const char *limit = half_way; *limit != '\0'; limit++) {
        at += at < end && *at == '.';
        char digit = '0';

        if (at < end) {
            digit = *at++;
        }
        if (digit != *limit) {
            return digit > *limit;
        }
    }
    return true;
}

bool was_decimal_in_range(const char *digits, const char *end, apr_int64_t exponent)
{
    const char *point = memchr(digits, '.', (apr_size_t)(end - digits));
    const char *first = digits;

    while (first < end && (*first == '0' || *first == '.')) {
        first++;
    }
    if (first == end) {
        return true;
    }
    point = point != NULL ? point : end;
    exponent += point > first ? point - first - 1 : point - first;
    return exponent < 308 || (exponent == 308 && !rounds_too_high(first, end));
}
