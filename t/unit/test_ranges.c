/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_ranges: what Range asks for of a content of a size, and when it counts. */
#include "tap.h"

#include "http/was_ranges.h"

static const struct {
    const char *range;
    apr_int64_t size;
    was_ranges_t asked;
    const char *name;
} range_cases[] = {
    {NULL, 26, WAS_RANGES_ALL, "no field"},
    {"", 26, WAS_RANGES_ALL, "an empty field"},
    {"bytes", 26, WAS_RANGES_ALL, "a unit alone"},
    {"bytes=", 26, WAS_RANGES_ALL, "no range"},
    {"bytes= , ,", 26, WAS_RANGES_ALL, "empty elements only"},
    {"items=0-1", 26, WAS_RANGES_ALL, "another unit"},
    {"bytes 0-1", 26, WAS_RANGES_ALL, "no equals sign"},
    {"bytes=0-0", 26, WAS_RANGES_PARTS, "the first byte"},
    {"BYTES=0-0", 26, WAS_RANGES_PARTS, "a unit has no case"},
    {"bytes=25-25", 26, WAS_RANGES_PARTS, "the last byte"},
    {"bytes=25-9999", 26, WAS_RANGES_PARTS, "beyond the end"},
    {"bytes=26-", 26, WAS_RANGES_NONE, "behind the end"},
    {"bytes=26-27", 26, WAS_RANGES_NONE, "behind the end, closed"},
    {"bytes=5-", 26, WAS_RANGES_PARTS, "an open end"},
    {"bytes=-5", 26, WAS_RANGES_PARTS, "the last bytes"},
    {"bytes=-9999", 26, WAS_RANGES_PARTS, "more than there are"},
    {"bytes=-0", 26, WAS_RANGES_NONE, "the last no bytes"},
    {"bytes=0-", 0, WAS_RANGES_NONE, "of nothing"},
    {"bytes=-1", 0, WAS_RANGES_NONE, "the end of nothing"},
    {"bytes=1-2,5-6", 26, WAS_RANGES_PARTS, "two"},
    {"bytes=100-,3-4", 26, WAS_RANGES_PARTS, "the second is there"},
    {"bytes=3-4,100-", 26, WAS_RANGES_PARTS, "the first is there"},
    {"bytes=100-, 200-", 26, WAS_RANGES_NONE, "neither is there"},
    {"bytes=,1-2,,", 26, WAS_RANGES_PARTS, "empty elements around one"},
    {"bytes=2-1", 26, WAS_RANGES_ALL, "a last before the first"},
    {"bytes=0-0", APR_INT64_C(1) << 50, WAS_RANGES_PARTS, "of as much as there can be"},
    {"bytes=0-0", APR_INT64_MAX, WAS_RANGES_ALL, "of more"},
    {"bytes=1-2,x", 26, WAS_RANGES_ALL, "one that is none"},
    {"bytes=1", 26, WAS_RANGES_ALL, "a position alone"},
    {"bytes=-", 26, WAS_RANGES_ALL, "a dash alone"},
    {"bytes=--1", 26, WAS_RANGES_ALL, "two dashes"},
    {"bytes=1-2-3", 26, WAS_RANGES_ALL, "three positions"},
    {"bytes=+1-2", 26, WAS_RANGES_ALL, "a sign"},
    {"bytes=0x1-0x2", 26, WAS_RANGES_ALL, "hexadecimal"},
    {"bytes=99999999999999999999-", 26, WAS_RANGES_NONE, "beyond 64 bits"},
    {"bytes=0-99999999999999999999", 26, WAS_RANGES_PARTS, "an end beyond 64 bits"},
};

static const struct {
    const char *condition, *etag, *modified;
    bool counts;
    const char *name;
} condition_cases[] = {
    {NULL, "\"a\"", "Sat", true, "no If-Range"},
    {NULL, NULL, NULL, true, "no If-Range, and no validator"},
    {"\"a\"", "\"a\"", NULL, true, "the version there"},
    {"W/\"a\"", "\"a\"", NULL, false, "weakly"},
    {"a", "\"a\"", NULL, false, "without quotes"},
    {"\"b\"", "\"a\"", NULL, false, "another version"},
    {"Sat", "\"a\"", "Sat", true, "the date there"},
    {"Sun", "\"a\"", "Sat", false, "another date"},
    {"Sat", "\"a\"", NULL, false, "a date where none is known"},
    {"\"a\"", NULL, NULL, false, "a version where none is known"},
};

/* Where one begins, and how long it is; -1 and 0 where there is not just one. */
static const struct {
    const char *range;
    apr_int64_t size;
    apr_int64_t first;
    apr_int64_t length;
    const char *name;
} one_cases[] = {
    {"bytes=0-0", 26, 0, 1, "one: the first byte"},
    {"Bytes=25-25", 26, 25, 1, "one: the last byte"},
    {"bytes=5-", 26, 5, 21, "one: an open end"},
    {"bytes=5-9999", 26, 5, 21, "one: beyond the end"},
    {"bytes=-5", 26, 21, 5, "one: the last bytes"},
    {"bytes=-26", 26, 0, 26, "one: all bytes from behind"},
    {"bytes=-9999", 26, 0, 26, "one: more than there are"},
    {"bytes=-99999999999999999999", 26, 0, 26, "one: more than any number"},
    {"bytes=0-99999999999999999999", 26, 0, 26, "one: up to more than any number"},
    {NULL, 26, -1, 0, "none: no field"},
    {"items=0-1", 26, -1, 0, "none: another unit"},
    {"bytes=26-", 26, -1, 0, "none: behind the end"},
    {"bytes=-0", 26, -1, 0, "none: the last no bytes"},
    {"bytes=-1", 0, -1, 0, "none: of nothing"},
    {"bytes=5-4", 26, -1, 0, "none: backwards"},
    {"bytes=0-1,3-4", 26, -1, 0, "none: two"},
    {"bytes=0-1,", 26, -1, 0, "none: an empty element"},
    {"bytes= 0-1", 26, -1, 0, "none: a blank"},
};

int main(void)
{
    tap_begin();
    for (size_t i = 0; i < sizeof(range_cases) / sizeof(range_cases[0]); i++) {
        is_int(was_ranges_read(range_cases[i].range, range_cases[i].size), range_cases[i].asked,
               range_cases[i].name);
    }
    for (size_t i = 0; i < sizeof(condition_cases) / sizeof(condition_cases[0]); i++) {
        is_int(was_ranges_count(condition_cases[i].condition, condition_cases[i].etag,
                                condition_cases[i].modified),
               condition_cases[i].counts, condition_cases[i].name);
    }
    for (size_t i = 0; i < sizeof(one_cases) / sizeof(one_cases[0]); i++) {
        apr_int64_t first = -1, length = -1;
        bool is_one = was_ranges_one(one_cases[i].range, one_cases[i].size, &first, &length);

        ok(is_one == (one_cases[i].length > 0), "%s", one_cases[i].name);
        is_int(first, one_cases[i].first, "... where it begins");
        is_int(length, is_one ? one_cases[i].length : -1, "... how long it is");
    }
    return done();
}
