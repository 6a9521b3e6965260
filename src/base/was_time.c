/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_time: the date-times of documents to microseconds since 1970.
 * Refuses every form but one, and what is no moment of Unix time; asks neither locale nor clock.
 */

#include "base/was_time.h"

#include "base/was_ascii.h"

#include <string.h>

enum { MAX_FRACTION = 9, MICROSECOND_DIGITS = 6, DAY = 24 * 60 * 60 };

/* A number of exactly `digits` digits, at most `max`. */
static bool take_number(const char **at, int digits, int max, int *number)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!was_ascii_is_digit((*at)[i])) {
            return false;
        }
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += digits;
    *number = value;
    return value <= max;
}

static bool take_character(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from the year 1 of the Gregorian calendar to the first day of `year`, which may be 0. */
static apr_int64_t days_before_year(int year)
{
    apr_int64_t before = year - 1;

    return year == 0 ? -366 : 365 * before + before / 4 - before / 100 + before / 400;
}

/* `YYYY-MM-DD` to days since 1970. */
static bool take_date(const char **at, apr_int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year;
    int month;
    int day;

    if (!take_number(at, 4, 9999, &year) || !take_character(at, '-') ||
        !take_number(at, 2, 12, &month) || !take_character(at, '-') ||
        !take_number(at, 2, 31, &day) || month < 1 || day < 1) {
        return false;
    }
    if (day > lengths[month - 1] + (month == 2 && is_leap(year))) {
        return false;
    }
    apr_int64_t count = days_before_year(year) - days_before_year(1970) + day - 1;

    for (int i = 0; i < month - 1; i++) {
        count += lengths[i] + (i == 1 && is_leap(year));
    }
    *days = count;
    return true;
}

/* `HH:MM` to seconds. */
static bool take_minutes(const char **at, int *seconds)
{
    int hour;
    int minute;

    if (!take_number(at, 2, 23, &hour) || !take_character(at, ':') ||
        !take_number(at, 2, 59, &minute)) {
        return false;
    }
    *seconds = (hour * 60 + minute) * 60;
    return true;
}

/* `.` and digits to microseconds; nothing is none. */
static bool take_fraction(const char **at, int *microseconds)
{
    int digits = 0;
    int value = 0;

    if (take_character(at, '.')) {
        digits = (int)strspn(*at, "0123456789");
        if (digits < 1 || digits > MAX_FRACTION) {
            return false;
        }
    }
    for (int i = 0; i < MICROSECOND_DIGITS; i++) {
        value = value * 10 + (i < digits ? (*at)[i] - '0' : 0);
    }
    *at += digits;
    *microseconds = value;
    return true;
}

/* `Z`, or how far the clock on the wall is ahead. */
static bool take_offset(const char **at, int *seconds)
{
    int sign = **at == '-' ? -1 : 1;

    if (take_character(at, 'Z')) {
        *seconds = 0;
        return true;
    }
    if ((!take_character(at, '+') && !take_character(at, '-')) || !take_minutes(at, seconds)) {
        return false;
    }
    *seconds *= sign;
    return true;
}

bool was_time_parse(const char *text, apr_time_t *time)
{
    const char *at = text;
    apr_int64_t days;
    int minutes;
    int second;
    int microseconds;
    int offset;

    if (!take_date(&at, &days) || !take_character(&at, 'T') || !take_minutes(&at, &minutes) ||
        !take_character(&at, ':') || !take_number(&at, 2, 59, &second) ||
        !take_fraction(&at, &microseconds) || !take_offset(&at, &offset) || *at != '\0') {
        return false;
    }
    *time = (days * DAY + minutes + second - offset) * APR_USEC_PER_SEC + microseconds;
    return true;
}
