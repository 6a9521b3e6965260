/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_decimal: decimal numbers as texts. Owns where the range of a double ends, to the last digit.
 * Refuses to convert.
 */

#include "base/was_decimal.h"

#include "base/was_ascii.h"

/*
 * Whether digits from `at` to `end`, the first of which is no zero and stands for a power of ten of
 * 308, round to more than a double holds: whether they are not below the number half way between
 * the largest double and the next power of two.
 */
static bool rounds_too_high(const char *at, const char *end)
{
    static const char half_way[] =
        "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664"
        "90179775872070963302864166928879109465555478519404026306574886715058206819089020007083"
        "83676273854845817711531764475730270069855571366959622842914819860834936475292719074168"
        "444365510704342711559699508093042880177904174497792";

    for (const char *limit = half_way; *limit != '\0'; limit++) {
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

enum { BEGIN, MINUS, ZERO, INTEGER, POINT, FRACTION, E, SIGN, EXPONENT };

void was_decimal_begin(was_decimal_t *decimal)
{
    decimal->step = BEGIN;
    decimal->ndigits = 0;
    decimal->scale = 0;
    decimal->exponent = 0;
    decimal->is_negative = false;
}

/* A digit before or behind the point. The first that is no zero may stand behind some that are. */
static void take_digit(was_decimal_t *decimal, char digit, bool is_fraction)
{
    if (is_fraction) {
        decimal->scale -= decimal->ndigits == 0;
    }
    else {
        decimal->scale += decimal->ndigits > 0;
    }
    if ((decimal->ndigits > 0 || digit != '0') && decimal->ndigits < WAS_DECIMAL_DIGITS) {
        decimal->digits[decimal->ndigits++] = digit;
    }
    decimal->step = is_fraction ? FRACTION : digit == '0' && decimal->ndigits == 0 ? ZERO : INTEGER;
}

/* A digit of an exponent; one that no length of digits can make up for stays so. */
static void take_exponent(was_decimal_t *decimal, char digit)
{
    if (decimal->exponent < APR_INT64_C(1) << 52) {
        decimal->exponent = 10 * decimal->exponent + (digit - '0');
    }
    decimal->step = EXPONENT;
}

bool was_decimal_take(was_decimal_t *decimal, char byte)
{
    int step = decimal->step;

    if (was_ascii_is_digit(byte) && step != ZERO) {
        if (step >= E) {
            take_exponent(decimal, byte);
        }
        else {
            take_digit(decimal, byte, step == POINT || step == FRACTION);
        }
        return true;
    }
    if (byte == '-' && step == BEGIN) {
        decimal->step = MINUS;
    }
    else if (byte == '.' && (step == ZERO || step == INTEGER)) {
        decimal->step = POINT;
    }
    else if ((byte == 'e' || byte == 'E') && was_decimal_is_whole(decimal) && step < E) {
        decimal->step = E;
    }
    else if ((byte == '-' || byte == '+') && step == E) {
        decimal->is_negative = byte == '-';
        decimal->step = SIGN;
    }
    else {
        return false;
    }
    return true;
}

bool was_decimal_is_whole(const was_decimal_t *decimal)
{
    return decimal->step == ZERO || decimal->step == INTEGER || decimal->step == FRACTION ||
           decimal->step == EXPONENT;
}

bool was_decimal_in_range(const was_decimal_t *decimal)
{
    apr_int64_t power =
        decimal->scale + (decimal->is_negative ? -decimal->exponent : decimal->exponent);

    return decimal->ndigits == 0 || power < 308 ||
           (power == 308 && !rounds_too_high(decimal->digits, decimal->digits + decimal->ndigits));
}
