/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TIME_H
#define WAS_TIME_H

#include <apr_time.h>

#include <stdbool.h>

/*
 * was_time: the date-times of documents, which RFC 3339 and XSD share:
 * `2026-01-15T12:00:00[.123](Z|+01:00)`. Knows no locale, no time zone's rules and no clock.
 */

/*
 * Microseconds since 1970; digits of a fraction beyond the sixth are cut off. False, with `*time`
 * untouched, for whatever else: lower case, a blank, a day that the month lacks, hour 24, a leap
 * second (which Unix time cannot tell from the next one), more than 9 digits of fraction.
 */
bool was_time_parse(const char *text, apr_time_t *time);

#endif
