/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_encoding: what is UTF-8 (RFC 3629), and how many texts of each length are. */
#include "tap.h"

#include "base/was_encoding.h"

static void test_utf8(void)
{
    static const struct {
        const char *text;
        size_t length;
        bool good;
        const char *name;
    } cases[] = {
        {"", 0, true, "nothing"},
        {"a\0b", 3, false, "a NUL"},
        {"\xc2\x80", 2, true, "the first of two bytes"},
        {"\xc1\xbf", 2, false, "overlong, two bytes"},
        {"\xc0\x80", 2, false, "NUL, overlong"},
        {"\xe0\xa0\x80", 3, true, "the first of three bytes"},
        {"\xe0\x9f\xbf", 3, false, "overlong, three bytes"},
        {"\xed\x9f\xbf", 3, true, "the last before the surrogates"},
        {"\xed\xa0\x80", 3, false, "a surrogate"},
        {"\xee\x80\x80", 3, true, "the first behind the surrogates"},
        {"\xef\xbf\xbf", 3, true, "U+FFFF, a non-character but well-formed"},
        {"\xf0\x90\x80\x80", 4, true, "the first of four bytes"},
        {"\xf0\x8f\xbf\xbf", 4, false, "overlong, four bytes"},
        {"\xf4\x8f\xbf\xbf", 4, true, "U+10FFFF"},
        {"\xf4\x90\x80\x80", 4, false, "beyond U+10FFFF"},
        {"\xf5\x80\x80\x80", 4, false, "a lead byte beyond U+10FFFF"},
        {"\xf8\x88\x80\x80\x80", 5, false, "five bytes"},
        {"\x80", 1, false, "a lone continuation byte"},
        {"\xc3\xa9", 1, false, "cut short by the length, two bytes"},
        {"\xe2\x82\xac", 2, false, "cut short by the length, three bytes"},
        {"\xf0\x9f\x98\x80", 3, false, "cut short by the length, four bytes"},
        {"\xe2\x28\xa1", 3, false, "a second byte that is none"},
        {"\xe2\x82\x28", 3, false, "a third byte that is none"},
        {"\xf0\x9f\x98\x28", 4, false, "a fourth byte that is none"},
        {"\xff", 1, false, "0xff"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(was_utf8_valid(cases[i].text, cases[i].length) == cases[i].good, "utf8: %s (%s)",
           cases[i].name, cases[i].good ? "accepted" : "refused");
    }
}

/*
 * Counting: with 127, 1920 and 61440 well-formed sequences of one to three bytes there are
 * 127^3 + 2 * 127 * 1920 + 61440 strings of three bytes; and 1048576 sequences of four.
 */
static void test_utf8_counts(void)
{
    long three = 0;
    long four = 0;

    for (int i = 0; i < 1 << 24; i++) {
        const char text[3] = {(char)(i >> 16), (char)(i >> 8), (char)i};

        three += was_utf8_valid(text, 3);
    }
    for (int i = 0; i < 1 << 24; i++) {
        /* lead 0xf0 to 0xff, all second bytes, and twelve bits that reach every continuation */
        const char text[4] = {(char)(0xf0 | (i >> 20)), (char)(i >> 12),
                              (char)(0x80 | (i >> 6 & 0x3f)), (char)(0x80 | (i & 0x3f))};

        four += was_utf8_valid(text, 4);
    }
    is_int(three, 127L * 127 * 127 + 2L * 127 * 1920 + 61440, "utf8: all strings of three bytes");
    is_int(four, 1048576, "utf8: all code points beyond U+FFFF, and nothing else that looks so");
}

int main(void)
{
    tap_begin();
    test_utf8();
    test_utf8_counts();
    return done();
}
