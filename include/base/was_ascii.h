/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ASCII_H
#define WAS_ASCII_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * was_ascii: classes of characters as the grammars of the web mean them: ASCII alone, whatever the
 * locale is. A byte beyond ASCII, and NUL, is in no class.
 */

static inline bool was_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool was_ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool was_ascii_is_letter(char c)
{
    return was_ascii_is_lower(c) || (c >= 'A' && c <= 'Z');
}

static inline bool was_ascii_is_alphanumeric(char c)
{
    return was_ascii_is_letter(c) || was_ascii_is_digit(c);
}

/* 0x20 to 0x7e: the blank is one. */
static inline bool was_ascii_is_printable(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* The value of a hex digit in either case; -1 for whatever else. */
static inline int was_ascii_hex_value(char c)
{
    if (was_ascii_is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A letter in lower case; whatever else as it is. */
static inline char was_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Sixteen bytes, which the compiler looks at together where the processor can. */
typedef signed char was_ascii_block_t __attribute__((vector_size(16)));

/* Past bytes that stand for themselves in a string of JSON: no control character, quote, backslash,
 * nor any byte beyond ASCII is among them. A block at a time, so that up to 15 such are left. */
static inline const char *was_ascii_skip_plain(const char *at, const char *end)
{
    was_ascii_block_t block;
    uint64_t odd[2];

    for (; end - at >= (long)sizeof(block); at += sizeof(block)) {
        memcpy(&block, at, sizeof(block));
        /* As a signed number, a byte beyond ASCII is below the blank, too. */
        block = (block < ' ') | (block == '"') | (block == '\\');
        memcpy(odd, &block, sizeof(odd));
        if ((odd[0] | odd[1]) != 0) {
            break;
        }
    }
    return at;
}

#endif
