/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_json_scan: a walk through a JSON text (RFC 8259). Owns its grammar. Refuses to build values,
 * to recurse, and to know what a text is for.
 */

#include "base/was_json_scan.h"

#include "base/was_ascii.h"
#include "base/was_decimal.h"
#include "base/was_encoding.h"

#include <string.h>

typedef struct scan_t {
    const char *at, *end;
    was_json_flaw_t flaw;
    int depth;
    unsigned char objects[WAS_JSON_SCAN_DEPTH / 8]; /* which of the open ones are no arrays */
} scan_t;

/* The next byte; NUL at the end, which is in no value. */
static char next_byte(const scan_t *scan)
{
    return scan->at < scan->end ? *scan->at : '\0';
}

static void skip_white(scan_t *scan)
{
    while (memchr(" \t\n\r", next_byte(scan), 4) != NULL) {
        scan->at++;
    }
}

static bool scan_fails(scan_t *scan, was_json_flaw_t flaw)
{
    scan->flaw = flaw;
    return false;
}

static bool wrong_byte(scan_t *scan)
{
    return scan_fails(scan, scan->at < scan->end ? WAS_JSON_MALFORMED : WAS_JSON_TOO_EARLY);
}

/* One of our own characters, behind white space. */
static bool take_byte(scan_t *scan, char wanted)
{
    skip_white(scan);
    if (next_byte(scan) != wanted) {
        return wrong_byte(scan);
    }
    scan->at++;
    return true;
}

/* The four digits of a \u; -1 where they are none. */
static int hex_value(const char *at, const char *end)
{
    int value = 0;

    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = was_ascii_hex_value(at[i]);

        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* An escape, whose backslash is at hand. Both halves of a pair are one. */
static bool scan_escape(scan_t *scan, bool is_name)
{
    const char *at = scan->at + 1;

    if (at == scan->end) {
        scan->at = at;
        return wrong_byte(scan);
    }
    if (memchr("\"\\/bfnrt", *at, 8) != NULL) {
        scan->at += 2;
        return true;
    }
    int value = *at == 'u' ? hex_value(at + 1, scan->end) : -1;

    if (value == 0 && is_name) {
        return scan_fails(scan, WAS_JSON_NUL_IN_NAME);
    }
    if (value < 0 || (value >= 0xdc00 && value <= 0xdfff)) {
        return scan_fails(scan, WAS_JSON_MALFORMED);
    }
    at += 5;
    if (value >= 0xd800 && value <= 0xdbff) {
        int low = scan->end - at >= 6 && at[0] == '\\' && at[1] == 'u'
                      ? hex_value(at + 2, scan->end)
                      : -1;

        if (low < 0xdc00 || low > 0xdfff) {
            return scan_fails(scan, WAS_JSON_MALFORMED);
        }
        at += 6;
    }
    scan->at = at;
    return true;
}

/* A string, whose opening quote is at hand. */
static bool scan_string(scan_t *scan, bool is_name)
{
    for (scan->at++; scan->at < scan->end;) {
        unsigned char c = (unsigned char)*scan->at;

        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20) {
            return scan_fails(scan, WAS_JSON_MALFORMED);
        }
        if (c == '\\') {
            if (!scan_escape(scan, is_name)) {
                return false;
            }
            continue;
        }
        apr_size_t size = was_utf8_sequence(scan->at, (apr_size_t)(scan->end - scan->at));

        if (size == 0) {
            return scan_fails(scan, WAS_JSON_NOT_UTF8);
        }
        scan->at += size;
    }
    return scan_fails(scan, WAS_JSON_TOO_EARLY);
}

/* Takes digits; false where there is none. */
static bool scan_digits(scan_t *scan)
{
    if (!was_ascii_is_digit(next_byte(scan))) {
        return wrong_byte(scan);
    }
    while (was_ascii_is_digit(next_byte(scan))) {
        scan->at++;
    }
    return true;
}

/* The part from 'e' on; an exponent that no length of digits can make up for stays so. */
static bool scan_exponent(scan_t *scan, apr_int64_t *exponent)
{
    const apr_int64_t most = APR_INT64_C(1) << 52;

    scan->at++;
    bool is_negative = next_byte(scan) == '-';

    scan->at += is_negative || next_byte(scan) == '+';
    const char *first = scan->at;

    if (!scan_digits(scan)) {
        return false;
    }
    for (; first < scan->at && *exponent < most; first++) {
        *exponent = 10 * *exponent + (*first - '0');
    }
    *exponent = is_negative ? -*exponent : *exponent;
    return true;
}

static bool scan_number(scan_t *scan)
{
    scan->at += next_byte(scan) == '-';
    const char *digits = scan->at;
    apr_int64_t exponent = 0;

    if (next_byte(scan) == '0') {
        scan->at++;
    }
    else if (!scan_digits(scan)) {
        return false;
    }
    if (next_byte(scan) == '.') {
        scan->at++;
        if (!scan_digits(scan)) {
            return false;
        }
    }
    const char *end = scan->at;

    if ((next_byte(scan) | 0x20) == 'e' && !scan_exponent(scan, &exponent)) {
        return false;
    }
    return was_decimal_in_range(digits, end, exponent) || scan_fails(scan, WAS_JSON_OUT_OF_RANGE);
}

static bool scan_word(scan_t *scan)
{
    static const char *const words[] = {"true", "false", "null"};

    for (int i = 0; i < 3; i++) {
        apr_size_t length = strlen(words[i]);

        if ((apr_size_t)(scan->end - scan->at) >= length &&
            memcmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return true;
        }
    }
    return wrong_byte(scan);
}

static bool scan_scalar(scan_t *scan)
{
    if (next_byte(scan) == '"') {
        return scan_string(scan, false);
    }
    return next_byte(scan) == '-' || was_ascii_is_digit(next_byte(scan)) ? scan_number(scan)
                                                                         : scan_word(scan);
}

static char closing_byte(const scan_t *scan)
{
    int open = scan->depth - 1;

    return (scan->objects[open / 8] >> (open % 8) & 1) != 0 ? '}' : ']';
}

/* A name and its colon, where the innermost container is an object. */
static bool scan_name(scan_t *scan)
{
    if (closing_byte(scan) != '}') {
        return true;
    }
    skip_white(scan);
    if (next_byte(scan) != '"') {
        return wrong_byte(scan);
    }
    return scan_string(scan, true) && take_byte(scan, ':');
}

/* An opening bracket; `*is_empty` when its closing one follows, which is taken, too. */
static bool open_container(scan_t *scan, bool *is_empty)
{
    int open = scan->depth;

    if (open == WAS_JSON_SCAN_DEPTH) {
        return scan_fails(scan, WAS_JSON_TOO_DEEP);
    }
    unsigned char bit = (unsigned char)(1 << (open % 8));

    scan->objects[open / 8] =
        (unsigned char)(next_byte(scan) == '{' ? scan->objects[open / 8] | bit
                                               : scan->objects[open / 8] & ~bit);
    scan->depth++;
    scan->at++;
    skip_white(scan);
    *is_empty = next_byte(scan) == closing_byte(scan);
    if (*is_empty) {
        scan->at++;
        scan->depth--;
        return true;
    }
    return scan_name(scan);
}

/* Behind a value: what closes, up to the next one's beginning or the end of all. */
static bool close_containers(scan_t *scan)
{
    while (scan->depth > 0) {
        skip_white(scan);
        if (next_byte(scan) == ',') {
            scan->at++;
            return scan_name(scan);
        }
        if (next_byte(scan) != closing_byte(scan)) {
            return wrong_byte(scan);
        }
        scan->at++;
        scan->depth--;
    }
    return true;
}

static bool scan_values(scan_t *scan)
{
    do {
        bool is_complete = true;

        skip_white(scan);
        if (next_byte(scan) == '{' || next_byte(scan) == '[') {
            if (!open_container(scan, &is_complete)) {
                return false;
            }
        }
        else if (!scan_scalar(scan)) {
            return false;
        }
        if (is_complete && !close_containers(scan)) {
            return false;
        }
    } while (scan->depth > 0);
    return true;
}

was_json_flaw_t was_json_scan(was_json_slice_t text, apr_size_t *good)
{
    scan_t scan = {.at = text.text, .end = text.text + text.length};

    if (scan_values(&scan)) {
        skip_white(&scan);
        scan.flaw = scan.at < scan.end ? WAS_JSON_TRAILING : WAS_JSON_SOUND;
    }
    *good = (apr_size_t)(scan.at - text.text);
    return scan.flaw;
}

/* Past a string of a sound text. */
static void skip_string(scan_t *scan)
{
    for (scan->at++; *scan->at != '"'; scan->at++) {
        scan->at += *scan->at == '\\';
    }
    scan->at++;
}

/* Past a value of a sound text. */
static void skip_value(scan_t *scan)
{
    int open = 0;

    do {
        char c = *scan->at;

        if (c == '"') {
            skip_string(scan);
            continue;
        }
        if (open == 0 && c != '{' && c != '[') {
            while (scan->at < scan->end && strchr(",]} \t\r\n", *scan->at) == NULL) {
                scan->at++;
            }
            return;
        }
        open += (c == '{' || c == '[') - (c == '}' || c == ']');
        scan->at++;
    } while (open > 0);
}

/* Whether the string at hand is the name, however it is written. */
static bool is_named(const scan_t *scan, const char *name)
{
    const char *at = scan->at + 1;

    for (; *name != '\0'; name++) {
        if (*at == '\\') {
            if (at[1] != 'u' || hex_value(at + 2, scan->end) != *name) {
                return false;
            }
            at += 6;
        }
        else if (*at++ != *name) {
            return false;
        }
    }
    return *at == '"';
}

int was_json_scan_member(was_json_slice_t text, const char *name, was_json_slice_t *value)
{
    scan_t scan = {.at = text.text, .end = text.text + text.length};
    int count = 0;

    skip_white(&scan);
    if (!take_byte(&scan, '{')) {
        return 0;
    }
    for (skip_white(&scan); next_byte(&scan) == '"'; skip_white(&scan)) {
        bool matches = is_named(&scan, name);

        skip_string(&scan);
        take_byte(&scan, ':');
        skip_white(&scan);
        const char *first = scan.at;

        skip_value(&scan);
        if (matches) {
            *value = (was_json_slice_t){first, (apr_size_t)(scan.at - first)};
            count++;
        }
        take_byte(&scan, ',');
    }
    return count;
}
