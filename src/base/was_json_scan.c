/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_json_scan: a walk through a JSON text (RFC 8259), byte by byte, however it is cut. Owns its
 * grammar. Refuses to build values, to recurse, and to know what a text is for.
 */

#include "base/was_json_scan.h"

#include "base/was_ascii.h"
#include "base/was_decimal.h"

#include <string.h>

/* What the next byte can be. */
typedef enum step_t {
    STEP_VALUE,       /* or white space, and so until STEP_AFTER */
    STEP_FIRST_VALUE, /* or the end of an array */
    STEP_FIRST_NAME,  /* or the end of an object */
    STEP_NAME,
    STEP_COLON,
    STEP_AFTER, /* a value: a comma, or the end of a container, or nothing */
    STEP_STRING,
    STEP_ESCAPE,   /* behind a backslash */
    STEP_HEX,      /* a digit of a \u */
    STEP_LOW,      /* the backslash of the second half of a pair */
    STEP_LOW_U,    /* and its u */
    STEP_SEQUENCE, /* the rest of a character beyond ASCII */
    STEP_WORD,
    STEP_NUMBER
} step_t;

struct was_json_scanner_t {
    was_json_member_fn member;
    void *baton;
    was_json_flaw_t flaw;
    step_t step;
    apr_off_t offset;                     /* of the next byte */
    apr_off_t token;                      /* where a word, an escape or a character begins */
    apr_off_t lines, line, continuations; /* lines that ended, where the last began, and bytes
                                           * since that begin no character */
    int depth;
    unsigned char objects[WAS_JSON_SCAN_DEPTH / 8]; /* which of the open ones are no arrays */
    bool is_name;                                   /* the string is */
    int name_length;
    char name[WAS_JSON_SCAN_NAME_BYTES];
    const char *word;
    int hex, hex_digits, high; /* a \u so far, and the first half before it, or 0 */
    int rest;                  /* bytes of the character that are to come */
    unsigned char low, top;    /* between which the next one must be */
    was_decimal_t number;
};

static bool fail_at(was_json_scanner_t *scanner, was_json_flaw_t flaw, apr_off_t offset)
{
    scanner->flaw = flaw;
    scanner->offset = offset;
    return false;
}

/* Every step takes a byte, or yields false: it is a flaw, or the next step's. */
static bool refuse_byte(was_json_scanner_t *scanner)
{
    return fail_at(scanner, WAS_JSON_MALFORMED, scanner->offset);
}

static bool go_on(was_json_scanner_t *scanner, step_t step)
{
    scanner->step = step;
    return true;
}

static bool is_in_object(const was_json_scanner_t *scanner)
{
    int open = scanner->depth - 1;

    return open >= 0 && (scanner->objects[open / 8] >> (open % 8) & 1) != 0;
}

static void add_to_name(was_json_scanner_t *scanner, char c)
{
    if (scanner->is_name && scanner->name_length < WAS_JSON_SCAN_NAME_BYTES - 1) {
        scanner->name[scanner->name_length++] = c;
    }
    else if (scanner->is_name) {
        scanner->name[0] = ' '; /* too long to be one that is asked for */
    }
}

static bool begin_string(was_json_scanner_t *scanner, bool is_name)
{
    scanner->is_name = is_name;
    if (is_name) {
        scanner->name_length = 0;
    }
    return go_on(scanner, STEP_STRING);
}

static bool open_container(was_json_scanner_t *scanner, char c)
{
    int open = scanner->depth;

    if (open == WAS_JSON_SCAN_DEPTH) {
        return fail_at(scanner, WAS_JSON_TOO_DEEP, scanner->offset);
    }
    unsigned char bit = (unsigned char)(1 << (open % 8));

    scanner->objects[open / 8] = (unsigned char)(c == '{' ? scanner->objects[open / 8] | bit
                                                          : scanner->objects[open / 8] & ~bit);
    scanner->depth++;
    return go_on(scanner, c == '{' ? STEP_FIRST_NAME : STEP_FIRST_VALUE);
}

static bool begin_value(was_json_scanner_t *scanner, char c)
{
    static const char firsts[] = "{[\"-0123456789tfn";

    if (memchr(firsts, c, sizeof(firsts) - 1) == NULL) {
        return refuse_byte(scanner);
    }
    if (is_in_object(scanner) && scanner->member != NULL) {
        scanner->name[scanner->name_length] = '\0';
        scanner->member(scanner->baton, scanner->depth, scanner->name, c);
    }
    if (c == '{' || c == '[') {
        return open_container(scanner, c);
    }
    if (c == '"') {
        return begin_string(scanner, false);
    }
    if (c == '-' || was_ascii_is_digit(c)) {
        was_decimal_begin(&scanner->number);
        scanner->step = STEP_NUMBER;
        return false;
    }
    scanner->word = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
    scanner->token = scanner->offset;
    return go_on(scanner, STEP_WORD);
}

/* Behind a value, an empty container's end included. */
static bool end_value(was_json_scanner_t *scanner, char c)
{
    if (scanner->depth == 0) {
        return fail_at(scanner, WAS_JSON_TRAILING, scanner->offset);
    }
    if (c == ',' && scanner->step == STEP_AFTER) {
        return go_on(scanner, is_in_object(scanner) ? STEP_NAME : STEP_VALUE);
    }
    if (c != (is_in_object(scanner) ? '}' : ']')) {
        return refuse_byte(scanner);
    }
    scanner->depth--;
    return go_on(scanner, STEP_AFTER);
}

/* Between tokens. */
static bool take_structure(was_json_scanner_t *scanner, char c)
{
    if (memchr(" \t\n\r", c, 4) != NULL) {
        if (c == '\n') {
            scanner->lines++;
            scanner->line = scanner->offset + 1;
            scanner->continuations = 0;
        }
        return true;
    }
    switch (scanner->step) {
    case STEP_VALUE:
        return begin_value(scanner, c);
    case STEP_FIRST_VALUE:
        return c == ']' ? end_value(scanner, c) : begin_value(scanner, c);
    case STEP_FIRST_NAME:
    case STEP_NAME:
        if (c == '}' && scanner->step == STEP_FIRST_NAME) {
            return end_value(scanner, c);
        }
        return c == '"' ? begin_string(scanner, true) : refuse_byte(scanner);
    case STEP_COLON:
        return c == ':' ? go_on(scanner, STEP_VALUE) : refuse_byte(scanner);
    default:
        return end_value(scanner, c);
    }
}

/* The first byte of a character beyond ASCII (RFC 3629): how many follow, and what the next one can
 * be. */
static bool begin_sequence(was_json_scanner_t *scanner, unsigned char c)
{
    scanner->token = scanner->offset;
    scanner->rest = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    scanner->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    scanner->top = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    add_to_name(scanner, ' ');
    return c < 0xc2 || c > 0xf4 ? fail_at(scanner, WAS_JSON_NOT_UTF8, scanner->offset)
                                : go_on(scanner, STEP_SEQUENCE);
}

static bool take_sequence(was_json_scanner_t *scanner, unsigned char c)
{
    if (c < scanner->low || c > scanner->top) {
        return fail_at(scanner, WAS_JSON_NOT_UTF8, scanner->token);
    }
    scanner->low = 0x80;
    scanner->top = 0xbf;
    if (--scanner->rest == 0) {
        scanner->continuations += scanner->offset - scanner->token;
        scanner->step = STEP_STRING;
    }
    return true;
}

static bool take_string(was_json_scanner_t *scanner, char c)
{
    if (c == '"') {
        return go_on(scanner, scanner->is_name ? STEP_COLON : STEP_AFTER);
    }
    if ((unsigned char)c < 0x20) {
        return refuse_byte(scanner);
    }
    if (c == '\\') {
        scanner->token = scanner->offset;
        scanner->high = 0;
        return go_on(scanner, STEP_ESCAPE);
    }
    if ((unsigned char)c >= 0x80) {
        return begin_sequence(scanner, (unsigned char)c);
    }
    add_to_name(scanner, c);
    return true;
}

/* The last digit of a \u, of which both halves of a pair are one. */
static bool end_escape(was_json_scanner_t *scanner)
{
    bool is_low = scanner->hex >= 0xdc00 && scanner->hex <= 0xdfff;

    if (is_low != (scanner->high != 0)) {
        return fail_at(scanner, WAS_JSON_MALFORMED, scanner->token);
    }
    if (scanner->hex >= 0xd800 && scanner->hex <= 0xdbff) {
        scanner->high = scanner->hex;
        return go_on(scanner, STEP_LOW);
    }
    add_to_name(scanner, (char)(scanner->hex > 0 && scanner->hex < 0x80 ? scanner->hex : ' '));
    return go_on(scanner, STEP_STRING);
}

static bool take_escape(was_json_scanner_t *scanner, char c)
{
    int digit = was_ascii_hex_value(c);

    if (scanner->step == STEP_ESCAPE && memchr("\"\\/bfnrt", c, 8) != NULL) {
        add_to_name(scanner, ' ');
        return go_on(scanner, STEP_STRING);
    }
    if (scanner->step == STEP_LOW && c == '\\') {
        return go_on(scanner, STEP_LOW_U);
    }
    if ((scanner->step == STEP_ESCAPE || scanner->step == STEP_LOW_U) && c == 'u') {
        scanner->hex = scanner->hex_digits = 0;
        return go_on(scanner, STEP_HEX);
    }
    if (scanner->step != STEP_HEX || digit < 0) {
        return fail_at(scanner, WAS_JSON_MALFORMED, scanner->token);
    }
    scanner->hex = scanner->hex << 4 | digit;
    return ++scanner->hex_digits < 4 || end_escape(scanner);
}

static bool take_word(was_json_scanner_t *scanner, char c)
{
    if (c != *scanner->word) {
        return fail_at(scanner, WAS_JSON_MALFORMED, scanner->token);
    }
    return *++scanner->word != '\0' || go_on(scanner, STEP_AFTER);
}

/* Behind a number: the byte is not its, so it is not taken. */
static bool end_number(was_json_scanner_t *scanner)
{
    if (!was_decimal_in_range(&scanner->number)) {
        return fail_at(scanner, WAS_JSON_OUT_OF_RANGE, scanner->offset);
    }
    scanner->step = STEP_AFTER;
    return false;
}

static bool go_on_number(was_json_scanner_t *scanner, char c)
{
    if (was_decimal_take(&scanner->number, c)) {
        return true;
    }
    return was_decimal_is_whole(&scanner->number) ? end_number(scanner) : refuse_byte(scanner);
}

static bool take_byte(was_json_scanner_t *scanner, char c)
{
    switch (scanner->step) {
    case STEP_STRING:
        return take_string(scanner, c);
    case STEP_ESCAPE:
    case STEP_HEX:
    case STEP_LOW:
    case STEP_LOW_U:
        return take_escape(scanner, c);
    case STEP_SEQUENCE:
        return take_sequence(scanner, (unsigned char)c);
    case STEP_WORD:
        return take_word(scanner, c);
    case STEP_NUMBER:
        return go_on_number(scanner, c);
    default:
        return take_structure(scanner, c);
    }
}

void was_json_scanner_feed(was_json_scanner_t *scanner, const char *bytes, apr_size_t count)
{
    for (apr_size_t i = 0; i < count && scanner->flaw == WAS_JSON_SOUND;) {
        apr_size_t taken = 0;

        if (scanner->step == STEP_STRING && !scanner->is_name) {
            taken = (apr_size_t)(was_ascii_skip_plain(bytes + i, bytes + count) - (bytes + i));
        }
        if (taken == 0) {
            taken = take_byte(scanner, bytes[i]);
        }
        scanner->offset += (apr_off_t)taken;
        i += taken;
    }
}

static void end_text(was_json_scanner_t *scanner)
{
    step_t step = scanner->step;

    if (scanner->flaw != WAS_JSON_SOUND) {
        return;
    }
    if (step == STEP_NUMBER && was_decimal_is_whole(&scanner->number)) {
        end_number(scanner);
    }
    else if (step == STEP_SEQUENCE) {
        fail_at(scanner, WAS_JSON_NOT_UTF8, scanner->token);
    }
    else if (step == STEP_WORD || step == STEP_HEX || step == STEP_LOW || step == STEP_LOW_U) {
        fail_at(scanner, WAS_JSON_MALFORMED, scanner->token);
    }
    if (scanner->flaw == WAS_JSON_SOUND && (scanner->step != STEP_AFTER || scanner->depth > 0)) {
        scanner->flaw = WAS_JSON_TOO_EARLY;
    }
}

was_json_scanner_t *was_json_scanner_make(was_json_member_fn member, void *baton, apr_pool_t *pool)
{
    was_json_scanner_t *scanner = apr_pcalloc(pool, sizeof(*scanner));

    scanner->member = member;
    scanner->baton = baton;
    return scanner;
}

apr_off_t was_json_scanner_offset(const was_json_scanner_t *scanner)
{
    return scanner->offset;
}

was_json_flaw_t was_json_scanner_end(was_json_scanner_t *scanner, apr_off_t *line,
                                     apr_off_t *column)
{
    end_text(scanner);
    *line = scanner->lines + 1;
    *column = scanner->offset - scanner->line - scanner->continuations + 1;
    return scanner->flaw;
}

was_json_flaw_t was_json_scan(was_json_slice_t text, apr_size_t *good)
{
    was_json_scanner_t scanner = {.flaw = WAS_JSON_SOUND};

    was_json_scanner_feed(&scanner, text.text, text.length);
    end_text(&scanner);
    *good = (apr_size_t)scanner.offset;
    return scanner.flaw;
}
