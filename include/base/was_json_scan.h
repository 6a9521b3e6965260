/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_JSON_SCAN_H
#define WAS_JSON_SCAN_H

#include <apr_pools.h>
#include <stdbool.h>

/*
 * was_json_scan: JSON as it stands in a text, which may come in pieces. Says whether it is JSON,
 * and what its members begin with, in memory that does not depend on the text: nothing is built or
 * copied.
 */

/* Bytes of somebody else's, without a terminator. */
typedef struct was_json_slice_t {
    const char *text;
    apr_size_t length;
} was_json_slice_t;

enum { WAS_JSON_SCAN_DEPTH = 512, WAS_JSON_SCAN_NAME_BYTES = 32 };

typedef enum was_json_flaw_t {
    WAS_JSON_SOUND,
    WAS_JSON_MALFORMED,
    WAS_JSON_TOO_EARLY,   /* the text ends within the value */
    WAS_JSON_TRAILING,    /* text behind the value */
    WAS_JSON_TOO_DEEP,    /* beyond WAS_JSON_SCAN_DEPTH */
    WAS_JSON_NOT_UTF8,    /* within a string */
    WAS_JSON_OUT_OF_RANGE /* a number beyond a double */
} was_json_flaw_t;

/*
 * The first flaw of a text, and (unless it is sound) how many bytes before it are good. Sound is
 * one value of RFC 8259 with white space around, whose arrays and objects nest WAS_JSON_SCAN_DEPTH
 * deep at most, whose strings are UTF-8 without halves of surrogate pairs, escaped ones included,
 * and whose numbers are a double's, however exact. An escaped NUL is sound, and a name may come
 * twice.
 */
was_json_flaw_t was_json_scan(was_json_slice_t text, apr_size_t *good);

/* The same of a text that comes in pieces. */
typedef struct was_json_scanner_t was_json_scanner_t;

/*
 * Is told of each member of an object where its value begins: how many containers are open (1: a
 * member of the value itself), its name without escapes, and the value's first byte, which tells
 * its type. A name that has characters beyond ASCII or a NUL, or WAS_JSON_SCAN_NAME_BYTES or more,
 * comes as another one that is not of letters, digits and '_' alone.
 */
typedef void (*was_json_member_fn)(void *baton, int depth, const char *name, char first);

/* `member` may be NULL. */
was_json_scanner_t *was_json_scanner_make(was_json_member_fn member, void *baton, apr_pool_t *pool);

/* Of the next byte; while `member` is told of a value, where that begins in the whole text. */
apr_off_t was_json_scanner_offset(const was_json_scanner_t *scanner);

/* The next piece, of any length; what comes behind a flaw is not looked at. */
void was_json_scanner_feed(was_json_scanner_t *scanner, const char *bytes, apr_size_t count);

/* At the end of the text, once: its first flaw, and where that is, lines and columns counted from 1
 * and columns in characters. */
was_json_flaw_t was_json_scanner_end(was_json_scanner_t *scanner, apr_off_t *line,
                                     apr_off_t *column);

/*
 * Of a sound text: how often the object that it is has a member of this name, which is of letters,
 * digits and '_'; `*value` is the last one's, without white space around. 0 for what is no object.
 */
int was_json_scan_member(was_json_slice_t text, const char *name, was_json_slice_t *value);

#endif
