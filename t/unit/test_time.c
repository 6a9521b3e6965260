/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_time: one form of date-time, and the moment that it names. */
#include "tap.h"

#include "base/was_time.h"

#define USEC APR_INT64_C(1000000)

static const struct {
    const char *text;
    apr_time_t time; /* -1: refused */
    const char *name;
} cases[] = {
    {"1970-01-01T00:00:00Z", 0, "the epoch"},
    {"2026-01-02T03:04:05Z", 1767323045 * USEC, "a second"},
    {"2026-11-23T03:12:25Z", 1795403545 * USEC, "a second of the vectors"},
    {"2000-02-29T23:59:59Z", 951868799 * USEC, "a leap day of a century"},
    {"2000-03-01T00:00:00Z", 951868800 * USEC, "the day behind"},
    {"2024-02-29T00:00:00Z", 1709164800 * USEC, "a leap day"},
    {"2024-12-31T23:59:59Z", 1735689599 * USEC, "the end of a leap year"},
    {"2100-03-01T00:00:00Z", 4107542400 * USEC, "behind a February of 28 days"},
    {"1969-12-31T23:59:58Z", -2 * USEC, "before the epoch"},
    {"0001-01-01T00:00:00Z", -62135596800 * USEC, "the first year"},
    {"0000-01-01T00:00:00Z", -62167219200 * USEC, "the year 0, which is leap"},
    {"0000-12-31T00:00:00Z", -62135683200 * USEC, "the end of the year 0"},
    {"9999-12-31T23:59:59Z", 253402300799 * USEC, "the last year"},

    {"2026-01-02T03:04:05.5Z", 1767323045 * USEC + 500000, "a tenth"},
    {"2026-01-02T03:04:05.000Z", 1767323045 * USEC, "milliseconds of nothing"},
    {"2026-01-02T03:04:05.123Z", 1767323045 * USEC + 123000, "milliseconds"},
    {"2026-01-02T03:04:05.000001Z", 1767323045 * USEC + 1, "microseconds"},
    {"2026-01-02T03:04:05.123456789Z", 1767323045 * USEC + 123456, "nanoseconds are cut off"},
    {"1969-12-31T23:59:59.5Z", -500000, "a fraction before the epoch"},

    {"2026-01-02T03:04:05+00:00", 1767323045 * USEC, "an offset of nothing"},
    {"2026-01-02T03:04:05-00:00", 1767323045 * USEC, "a negative offset of nothing"},
    {"2026-01-02T05:04:05+02:00", 1767323045 * USEC, "an offset ahead"},
    {"2026-01-01T22:34:05-04:30", 1767323045 * USEC, "an offset behind, into the day before"},
    {"2026-01-03T03:03:05.25+23:59", 1767323045 * USEC + 250000, "the largest offset, a fraction"},

    {"", -1, "nothing"},
    {"2026-01-02", -1, "a date alone"},
    {"2026-01-02T03:04:05", -1, "no offset"},
    {"2026-01-02T03:04Z", -1, "no seconds"},
    {"2026-01-02 03:04:05Z", -1, "a blank for the T"},
    {"2026-01-02t03:04:05Z", -1, "a lower-case t"},
    {"2026-01-02T03:04:05z", -1, "a lower-case z"},
    {" 2026-01-02T03:04:05Z", -1, "a blank before"},
    {"2026-01-02T03:04:05Z ", -1, "a blank behind"},
    {"2026-01-02T03:04:05ZZ", -1, "more behind"},
    {"+2026-01-02T03:04:05Z", -1, "a sign"},
    {"-2026-01-02T03:04:05Z", -1, "a negative year"},
    {"12026-01-02T03:04:05Z", -1, "a year of five digits"},
    {"026-01-02T03:04:05Z", -1, "a year of three digits"},
    {"2026-1-02T03:04:05Z", -1, "a month of one digit"},
    {"20260102T030405Z", -1, "the basic form"},
    {"2026-00-02T03:04:05Z", -1, "month 0"},
    {"2026-13-02T03:04:05Z", -1, "month 13"},
    {"2026-01-00T03:04:05Z", -1, "day 0"},
    {"2026-01-32T03:04:05Z", -1, "day 32"},
    {"2026-04-31T03:04:05Z", -1, "31 April"},
    {"2026-02-29T03:04:05Z", -1, "29 February of another year"},
    {"2100-02-29T03:04:05Z", -1, "29 February of a century"},
    {"2024-02-30T03:04:05Z", -1, "30 February"},
    {"2026-01-02T24:00:00Z", -1, "hour 24"},
    {"2026-01-02T03:60:05Z", -1, "minute 60"},
    {"2016-12-31T23:59:60Z", -1, "a leap second"},
    {"2026-01-02T03:04:05.Z", -1, "a fraction without digits"},
    {"2026-01-02T03:04:05.1234567890Z", -1, "a fraction of ten digits"},
    {"2026-01-02T03:04:05,5Z", -1, "a comma"},
    {"2026-01-02T03:04:05+0200", -1, "an offset without a colon"},
    {"2026-01-02T03:04:05+02", -1, "an offset of hours"},
    {"2026-01-02T03:04:05+24:00", -1, "an offset of a day"},
    {"2026-01-02T03:04:05+02:60", -1, "an offset of 60 minutes"},
    {"2026-01-02T03:04:05+02:00Z", -1, "two offsets"},
    {"Fri, 02 Jan 2026 03:04:05 GMT", -1, "the form of HTTP"},
    {"1767323045", -1, "a number"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_time_t time = -1;
        bool good = was_time_parse(cases[i].text, &time);

        is_int(time, cases[i].time, cases[i].name);
        ok(good == (cases[i].time != -1), "... outcome");
    }
}

/* Every day of four centuries, against counting. */
static void test_days(void)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    apr_int64_t expected = -25567; /* days from 1970 back to 1900 */
    int wrong = 0;
    int days = 0;

    for (int year = 1900; year < 2300; year++) {
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int length = lengths[month - 1] + (month == 2 && leap);

            for (int day = 1; day <= 31; day++) {
                char text[32];
                apr_time_t time = -1;
                bool good;

                apr_snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z", year, month, day);
                good = was_time_parse(text, &time);
                wrong += good != (day <= length);
                wrong += good && time != expected * 86400 * USEC;
                expected += good;
                days += good;
            }
        }
    }
    is_int(wrong, 0, "every day of four centuries");
    is_int(days, 146097, "as many days as four centuries have");
}

/* Whatever single byte is changed: refused, or another time than before. */
static void test_bytes(void)
{
    static const char text[] = "2026-01-02T03:04:05.678+01:30";
    apr_time_t expected = 0;
    int same = 0;

    ok(was_time_parse(text, &expected), "a text to change");
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char changed[sizeof(text)];
            apr_time_t time;

            memcpy(changed, text, sizeof(text));
            changed[at] = (char)byte;
            same += byte != (unsigned char)text[at] && was_time_parse(changed, &time) &&
                    time == expected;
        }
    }
    is_int(same, 0, "no single byte can be changed for the same time");
}

int main(void)
{
    tap_begin();
    test_cases();
    test_days();
    test_bytes();
    return done();
}
