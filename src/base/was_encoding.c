/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_encoding: the alphabets in which keys, signatures, digests and paths travel.
 * Refuses every second spelling of a value, and to know what a value means.
 */

#include "base/was_encoding.h"

#include "base/was_ascii.h"

#include <sodium.h>
#include <string.h>

enum { BASE58_MAX_TEXT = 1024, MULTIHASH_SHA256 = 0x12, MULTIHASH_SHA256_BYTES = 32 };

/* The alphabet is the digits and letters without 0, O, I and l. */
static int base58_digit(char c)
{
    if (c >= '1' && c <= '9') {
        return c - '1';
    }
    if (c >= 'A' && c <= 'H') {
        return c - 'A' + 9;
    }
    if (c >= 'J' && c <= 'N') {
        return c - 'J' + 17;
    }
    if (c >= 'P' && c <= 'Z') {
        return c - 'P' + 22;
    }
    if (c >= 'a' && c <= 'k') {
        return c - 'a' + 33;
    }
    if (c >= 'm' && c <= 'z') {
        return c - 'm' + 44;
    }
    return -1;
}

static void reverse_bytes(unsigned char *bytes, apr_size_t count)
{
    for (apr_size_t i = 0; i < count / 2; i++) {
        unsigned char byte = bytes[i];

        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = byte;
    }
}

/* A number of any size, least significant byte first. */
typedef struct number_t {
    unsigned char *bytes;
    apr_size_t used;
    apr_size_t capacity;
} number_t;

/* Appends a digit of base 58; false when the number outgrows its capacity. */
static bool push_digit(number_t *number, int digit)
{
    unsigned carry = (unsigned)digit;

    for (apr_size_t i = 0; i < number->used; i++) {
        carry += number->bytes[i] * 58u;
        number->bytes[i] = (unsigned char)(carry & 0xff);
        carry >>= 8;
    }
    if (carry > 0) {
        if (number->used == number->capacity) {
            return false;
        }
        number->bytes[number->used++] = (unsigned char)carry;
    }
    return true;
}

/*
 * The leading ones are as many zero bytes and the rest is a number without leading zeros, so texts
 * and byte strings correspond one to one and no second spelling needs to be looked for.
 */
bool was_base58_decode(const char *text, apr_size_t length, unsigned char *bytes,
                       apr_size_t capacity, apr_size_t *count)
{
    number_t number = {.bytes = bytes, .capacity = capacity};
    apr_size_t zeros = 0;

    if (length > BASE58_MAX_TEXT) {
        return false;
    }
    while (zeros < length && text[zeros] == '1') {
        zeros++;
    }
    for (apr_size_t i = zeros; i < length; i++) {
        int digit = base58_digit(text[i]);

        if (digit < 0 || !push_digit(&number, digit)) {
            return false;
        }
    }
    if (zeros > capacity - number.used) {
        return false;
    }
    memset(bytes + number.used, 0, zeros);
    reverse_bytes(bytes, number.used + zeros);
    *count = number.used + zeros;
    return true;
}

/*
 * libsodium refuses what must be refused: foreign characters, set unused bits, bad padding. But up
 * to 1.0.18 at least it takes every byte beyond ASCII for the last digit of the alphabet.
 */
static bool decode_base64(const char *text, apr_size_t length, int variant, unsigned char *bytes,
                          apr_size_t capacity, apr_size_t *count)
{
    for (apr_size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] > 0x7f) {
            return false;
        }
    }
    return sodium_base642bin(bytes, capacity, text, length, NULL, count, NULL, variant) == 0;
}

bool was_base64_decode(const char *text, apr_size_t length, unsigned char *bytes,
                       apr_size_t capacity, apr_size_t *count)
{
    bool padded = length > 0 && text[length - 1] == '=';
    bool standard = memchr(text, '+', length) != NULL || memchr(text, '/', length) != NULL;
    const int variants[2][2] = {
        {sodium_base64_VARIANT_URLSAFE_NO_PADDING, sodium_base64_VARIANT_URLSAFE},
        {sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_ORIGINAL},
    };

    return decode_base64(text, length, variants[standard][padded], bytes, capacity, count);
}

bool was_multibase_decode(const char *text, apr_size_t length, unsigned char *bytes,
                          apr_size_t capacity, apr_size_t *count)
{
    if (length == 0) {
        return false;
    }
    switch (text[0]) {
    case 'z':
        return was_base58_decode(text + 1, length - 1, bytes, capacity, count);
    case 'u':
        return decode_base64(text + 1, length - 1, sodium_base64_VARIANT_URLSAFE_NO_PADDING, bytes,
                             capacity, count);
    default:
        return false;
    }
}

bool was_multihash_sha256(const unsigned char *bytes, apr_size_t count,
                          const unsigned char **digest)
{
    if (count != 2 + MULTIHASH_SHA256_BYTES || bytes[0] != MULTIHASH_SHA256 ||
        bytes[1] != MULTIHASH_SHA256_BYTES) {
        return false;
    }
    *digest = bytes + 2;
    return true;
}

bool was_percent_decode(const char *text, apr_size_t length, char *decoded, apr_size_t *count)
{
    char *to = decoded;

    for (apr_size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            *to++ = text[i];
            continue;
        }
        if (length - i < 3) {
            return false;
        }
        int high = was_ascii_hex_value(text[i + 1]);
        int low = was_ascii_hex_value(text[i + 2]);

        if (high < 0 || low < 0) {
            return false;
        }
        *to++ = (char)(unsigned char)(high << 4 | low);
        i += 2;
    }
    *count = (apr_size_t)(to - decoded);
    return true;
}

apr_size_t was_utf8_sequence(const char *text, apr_size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char lead = at[0];
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

    if (lead < 0x80) {
        return lead == 0 ? 0 : 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    apr_size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (left < size || at[1] < low || at[1] > high) {
        return 0;
    }
    for (apr_size_t i = 2; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

bool was_utf8_valid(const char *text, apr_size_t length)
{
    for (apr_size_t i = 0; i < length;) {
        apr_size_t size = was_utf8_sequence(text + i, length - i);

        if (size == 0) {
            return false;
        }
        i += size;
    }
    return true;
}

bool was_uri_absolute(const char *text)
{
    const char *at = text;

    if (!was_ascii_is_letter(*at)) {
        return false;
    }
    while (was_ascii_is_alphanumeric(*at) || *at == '+' || *at == '-' || *at == '.') {
        at++;
    }
    if (*at++ != ':' || *at == '\0') {
        return false;
    }
    while (was_ascii_is_alphanumeric(*at) ||
           (*at != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", *at) != NULL)) {
        at++;
    }
    return *at == '\0';
}

void was_hex_encode(const unsigned char *bytes, apr_size_t count, char *hex)
{
    sodium_bin2hex(hex, 2 * count + 1, bytes, count);
}

void was_base64url_encode(const unsigned char *bytes, apr_size_t count, char *text)
{
    sodium_bin2base64(text, (4 * count + 2) / 3 + 1, bytes, count,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
