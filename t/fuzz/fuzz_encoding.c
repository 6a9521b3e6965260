/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_encoding: the input is a capacity and a text; what is accepted must be an encoder's text. */
#include "fuzz.h"

#include "base/was_encoding.h"

#include <sodium.h>

enum { ROOM = 2048 };

/* By repeated division, into the end of `text`; its beginning is returned. */
static const char *base58_encode(const unsigned char *bytes, size_t count, char *text, size_t room)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char number[ROOM];
    char *to = text + room - 1;
    size_t first = 0;

    *to = '\0';
    memcpy(number, bytes, count);
    while (first < count && number[first] == 0) {
        first++;
    }
    for (size_t zeros = first; first < count;) {
        unsigned rest = 0;

        for (size_t i = zeros; i < count; i++) {
            rest = rest * 256 + number[i];
            number[i] = (unsigned char)(rest / 58);
            rest %= 58;
        }
        *--to = digits[rest];
        while (first < count && number[first] == 0) {
            first++;
        }
    }
    for (size_t i = 0; i < count && bytes[i] == 0; i++) {
        *--to = '1';
    }
    return to;
}

static void check_base58(const char *text, size_t length, unsigned char *bytes, size_t capacity)
{
    char again[2 * ROOM];
    apr_size_t count = 0;

    if (was_base58_decode(text, length, bytes, capacity, &count)) {
        const char *encoded = base58_encode(bytes, count, again, sizeof(again));

        REQUIRE(count <= capacity);
        REQUIRE(strlen(encoded) == length && memcmp(encoded, text, length) == 0);
    }
}

static bool is_base64_of(const char *text, size_t length, const unsigned char *bytes, size_t count,
                         int variant)
{
    char again[2 * ROOM];

    REQUIRE(sodium_base64_encoded_len(count, variant) <= sizeof(again));
    sodium_bin2base64(again, sizeof(again), bytes, count, variant);
    return strlen(again) == length && memcmp(again, text, length) == 0;
}

static void check_base64(const char *text, size_t length, unsigned char *bytes, size_t capacity)
{
    apr_size_t count = 0;

    if (was_base64_decode(text, length, bytes, capacity, &count)) {
        REQUIRE(count <= capacity);
        REQUIRE(
            is_base64_of(text, length, bytes, count, sodium_base64_VARIANT_ORIGINAL) ||
            is_base64_of(text, length, bytes, count, sodium_base64_VARIANT_URLSAFE) ||
            is_base64_of(text, length, bytes, count, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ||
            is_base64_of(text, length, bytes, count, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    }
}

static void check_multibase(const char *text, size_t length, unsigned char *bytes, size_t capacity)
{
    const unsigned char *digest = NULL;
    char again[2 * ROOM];
    apr_size_t count = 0;

    if (!was_multibase_decode(text, length, bytes, capacity, &count)) {
        return;
    }
    REQUIRE(count <= capacity && length >= 1);
    if (text[0] == 'z') {
        const char *encoded = base58_encode(bytes, count, again, sizeof(again));

        REQUIRE(strlen(encoded) == length - 1 && memcmp(encoded, text + 1, length - 1) == 0);
    }
    else {
        REQUIRE(text[0] == 'u');
        REQUIRE(is_base64_of(text + 1, length - 1, bytes, count,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    }
    if (was_multihash_sha256(bytes, count, &digest)) {
        REQUIRE(count == 34 && digest == bytes + 2);
    }
}

static void check_percent(const char *text, size_t length)
{
    char *decoded = malloc(length + 1);
    apr_size_t count = 0;

    REQUIRE(decoded != NULL);
    if (was_percent_decode(text, length, decoded, &count)) {
        REQUIRE(count <= length && (length - count) % 2 == 0);
        REQUIRE(count < length || memcmp(decoded, text, length) == 0);
    }
    free(decoded);
}

/* Whoever accepts a text accepts its halves at a boundary, and no NUL. */
static void check_utf8(const char *text, size_t length)
{
    if (was_utf8_valid(text, length)) {
        size_t half = length / 2;

        REQUIRE(length == 0 || memchr(text, '\0', length) == NULL);
        while (half < length && ((unsigned char)text[half] & 0xc0) == 0x80) {
            half++;
        }
        REQUIRE(was_utf8_valid(text, half) && was_utf8_valid(text + half, length - half));
    }
}

/* What is a URI stands between angle brackets of RDF and in a field as it is. */
static void check_uri(const char *text)
{
    if (was_uri_absolute(text)) {
        size_t scheme = strcspn(text, ":");

        REQUIRE(scheme >= 1 && text[scheme] == ':' && text[scheme + 1] != '\0');
        REQUIRE(strpbrk(text, " <>\"{}|\\^`") == NULL);
        for (; *text != '\0'; text++) {
            REQUIRE(*text > 0x20 && *text < 0x7f);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes;
    size_t capacity;
    char *text;
    char *hex;
    char *string;

    if (size < 1 || size > 1100) {
        return 0;
    }
    /* exactly as large as promised, so that a write beyond is seen */
    capacity = data[0] == 0xff ? size : data[0];
    bytes = malloc(capacity == 0 ? 1 : capacity);
    text = malloc(size);
    REQUIRE(bytes != NULL && text != NULL);
    memcpy(text, data + 1, size - 1);
    check_base58(text, size - 1, bytes, capacity);
    check_base64(text, size - 1, bytes, capacity);
    check_multibase(text, size - 1, bytes, capacity);
    check_percent(text, size - 1);
    check_utf8(text, size - 1);
    string = fuzz_text(data + 1, size - 1);
    check_uri(string);
    free(string);
    hex = malloc(2 * size + 1);
    REQUIRE(hex != NULL);
    was_hex_encode(data, size, hex);
    REQUIRE(strlen(hex) == 2 * size);
    free(hex);
    free(text);
    free(bytes);
    return 0;
}
