/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_json_member: members of an object in a text that is known to be sound. Owns how they are
 * found without a tree. Refuses to look whether the text is one.
 */

#include "base/was_json_scan.h"

#include "base/was_ascii.h"

#include <string.h>

typedef struct walk_t {
    const char *at, *end;
} walk_t;

/* The next byte; NUL at the end, which is in no value. */
static char next_byte(const walk_t *walk)
{
    return walk->at < walk->end ? *walk->at : '\0';
}

static void skip_white(walk_t *walk)
{
    while (memchr(" \t\n\r", next_byte(walk), 4) != NULL) {
        walk->at++;
    }
}

/* One of our own characters, behind white space; nothing where another one is. */
static bool take_wanted(walk_t *walk, char wanted)
{
    skip_white(walk);
    if (next_byte(walk) != wanted) {
        return false;
    }
    walk->at++;
    return true;
}

/* The four digits of an escape. */
static int hex_value(const char *at)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        value = value << 4 | was_ascii_hex_value(at[i]);
    }
    return value;
}

/* Past a string of a sound text. */
static void skip_string(walk_t *walk)
{
    for (walk->at++; *walk->at != '"'; walk->at++) {
        walk->at += *walk->at == '\\';
    }
    walk->at++;
}

/* Past a value of a sound text. */
static void skip_value(walk_t *walk)
{
    int open = 0;

    do {
        char c = *walk->at;

        if (c == '"') {
            skip_string(walk);
            continue;
        }
        if (open == 0 && c != '{' && c != '[') {
            while (walk->at < walk->end && strchr(",]} \t\r\n", *walk->at) == NULL) {
                walk->at++;
            }
            return;
        }
        open += (c == '{' || c == '[') - (c == '}' || c == ']');
        walk->at++;
    } while (open > 0);
}

/* Whether the string at hand is the name, however it is written. */
static bool is_named(const walk_t *walk, const char *name)
{
    const char *at = walk->at + 1;

    for (; *name != '\0'; name++) {
        if (*at == '\\') {
            if (at[1] != 'u' || hex_value(at + 2) != *name) {
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
    walk_t walk = {.at = text.text, .end = text.text + text.length};
    int count = 0;

    skip_white(&walk);
    if (!take_wanted(&walk, '{')) {
        return 0;
    }
    for (skip_white(&walk); next_byte(&walk) == '"'; skip_white(&walk)) {
        bool matches = is_named(&walk, name);

        skip_string(&walk);
        take_wanted(&walk, ':');
        skip_white(&walk);
        const char *first = walk.at;

        skip_value(&walk);
        if (matches) {
            *value = (was_json_slice_t){first, (apr_size_t)(walk.at - first)};
            count++;
        }
        take_wanted(&walk, ',');
    }
    return count;
}
