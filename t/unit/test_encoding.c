/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_encoding: published vectors, and that no value has two texts. */
#include "tap.h"

#include "base/was_encoding.h"

#include <sodium.h>

enum { ROOM = 256 };

typedef bool (*decode_fn)(const char *text, apr_size_t length, unsigned char *bytes,
                          apr_size_t capacity, apr_size_t *count);

typedef struct decode_case_t {
    const char *text;
    const char *hex; /* NULL: refused */
    const char *name;
} decode_case_t;

static void run_cases(const char *what, decode_fn decode, const decode_case_t *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[ROOM];
        char hex[2 * ROOM + 1];
        apr_size_t length = 0;
        const char *got = NULL;
        char name[200];

        if (decode(cases[i].text, strlen(cases[i].text), bytes, sizeof(bytes), &length)) {
            was_hex_encode(bytes, length, hex);
            got = hex;
        }
        apr_snprintf(name, sizeof(name), "%s: %s", what, cases[i].name);
        is_str(got, cases[i].hex, name);
    }
}

#define RUN(what, decode, cases) run_cases(what, decode, cases, sizeof(cases) / sizeof(cases[0]))

static void test_base58(void)
{
    static const decode_case_t cases[] = {
        {"", "", "nothing is nothing"},
        {"2NEpo7TZRRrLZSi2U", "48656c6c6f20576f726c6421", "draft-msporny-base58: Hello World!"},
        {"USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
         "54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f672e",
         "draft-msporny-base58: the quick brown fox"},
        {"11233QC4", "0000287fb4cd", "draft-msporny-base58: leading zeros"},
        {"1", "00", "one zero byte"},
        {"111", "000000", "three zero bytes"},
        {"z", "39", "the last digit"},
        {"21", "3a", "the first carry"},
        {"5Q", "ff", "the last value of one byte"},
        {"5R", "0100", "the first value of two bytes"},
        {"0", NULL, "0 is no digit"},
        {"O", NULL, "O is no digit"},
        {"I", NULL, "I is no digit"},
        {"l", NULL, "l is no digit"},
        {"2N Ep", NULL, "no white space inside"},
        {"2NEp\n", NULL, "no white space behind"},
        {"2N\xc3\xa9", NULL, "nothing beyond ASCII"},
    };

    RUN("base58", was_base58_decode, cases);
}

static void test_base58_limits(void)
{
    unsigned char bytes[ROOM];
    unsigned char big[1025];
    char text[1025];
    apr_size_t count = 99;

    memset(text, '1', sizeof(text));
    ok(was_base58_decode(text, 1024, big, sizeof(big), &count) && count == 1024,
       "base58: 1024 characters are read");
    ok(!was_base58_decode(text, 1025, big, sizeof(big), &count),
       "base58: longer texts are refused, decoding is quadratic");
    bytes[3] = 0xaa;
    ok(was_base58_decode("1115Q", 4, bytes, 4, &count) && count == 4,
       "base58: the length counts, not a terminator");
    bytes[3] = 0xaa;
    ok(!was_base58_decode("1115Q", 5, bytes, 3, &count) && bytes[3] == 0xaa,
       "base58: zeros that do not fit are refused, nothing is written beyond");
    ok(!was_base58_decode("2NEpo7TZRRrLZSi2U", 17, bytes, 3, &count) && bytes[3] == 0xaa,
       "base58: a number that does not fit is refused, nothing is written beyond");
    ok(was_base58_decode("2NEpo7TZRRrLZSi2U", 17, bytes, 12, &count) && count == 12,
       "base58: an exact fit is fine");
}

/* An encoder of its own, by repeated division, to hold the decoder against. */
static apr_size_t base58_encode(const unsigned char *bytes, size_t count, char *text)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char number[ROOM];
    char reversed[2 * ROOM];
    size_t length = 0;
    size_t first = 0;

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
        reversed[length++] = digits[rest];
        while (first < count && number[first] == 0) {
            first++;
        }
    }
    for (size_t i = 0; i < count && bytes[i] == 0; i++) {
        reversed[length++] = '1';
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = reversed[length - 1 - i];
    }
    return length;
}

static void test_base58_round_trip(void)
{
    bool good = true;

    for (unsigned round = 0; round < 4000; round++) {
        unsigned char seed[randombytes_SEEDBYTES] = {(unsigned char)round,
                                                     (unsigned char)(round >> 8)};
        unsigned char bytes[64];
        unsigned char back[64];
        char text[2 * ROOM];
        size_t size = round % 65;
        apr_size_t length;
        apr_size_t count = 0;

        randombytes_buf_deterministic(bytes, sizeof(bytes), seed);
        memset(bytes, 0, round % 5 < size ? round % 5 : 0);
        length = base58_encode(bytes, size, text);
        good = good && was_base58_decode(text, length, back, sizeof(back), &count) &&
               count == size && memcmp(bytes, back, size) == 0;
    }
    ok(good, "base58: 4000 byte strings come back from another encoder");
}

static void test_base64(void)
{
    static const decode_case_t cases[] = {
        {"", "", "RFC 4648: nothing"},
        {"Zg==", "66", "RFC 4648: f"},
        {"Zm8=", "666f", "RFC 4648: fo"},
        {"Zm9v", "666f6f", "RFC 4648: foo"},
        {"Zm9vYg==", "666f6f62", "RFC 4648: foob"},
        {"Zm9vYmE=", "666f6f6261", "RFC 4648: fooba"},
        {"Zm9vYmFy", "666f6f626172", "RFC 4648: foobar"},
        {"Zg", "66", "padding may be left out, one byte"},
        {"Zm8", "666f", "padding may be left out, two bytes"},
        {"+/+/", "fbffbf", "standard alphabet"},
        {"-_-_", "fbffbf", "URL-safe alphabet"},
        {"+/8=", "fbff", "standard alphabet with padding"},
        {"-_8=", "fbff", "URL-safe alphabet with padding"},
        {"+/8", "fbff", "standard alphabet without padding"},
        {"-_8", "fbff", "URL-safe alphabet without padding"},
        {"+_+_", NULL, "not a mix of alphabets"},
        {"AAAA-AA/", NULL, "not a mix of alphabets, far apart"},
        {"Zh==", NULL, "unused bits must be zero, one byte"},
        {"Zm9=", NULL, "unused bits must be zero, two bytes"},
        {"Zh", NULL, "unused bits must be zero without padding"},
        {"Zg=", NULL, "incomplete padding"},
        {"Zg===", NULL, "too much padding"},
        {"Zm9v=", NULL, "padding where none belongs"},
        {"Zm9v====", NULL, "a group of padding"},
        {"=", NULL, "padding alone"},
        {"Zg==Zg==", NULL, "padding inside"},
        {"Z", NULL, "a lone character"},
        {"Zm9vZ", NULL, "a lone character behind groups"},
        {"Zm9v\n", NULL, "no line break behind"},
        {"Zm 9v", NULL, "no blank inside"},
        {"Zm9v\xc3\xa9", NULL, "nothing beyond ASCII"},
        {"\xf0\x9f\x98\x80", NULL, "nothing beyond ASCII, a whole group"},
    };
    unsigned char bytes[4] = {0, 0, 0, 0xaa};
    apr_size_t count = 99;

    RUN("base64", was_base64_decode, cases);
    ok(!was_base64_decode("Zm9vYg", 6, bytes, 3, &count) && bytes[3] == 0xaa,
       "base64: what does not fit is refused, nothing is written beyond");
    ok(was_base64_decode("Zm9vYg", 4, bytes, 3, &count) && count == 3,
       "base64: the length counts, not a terminator");
}

/* Every text of up to four characters: what is accepted must be what an encoder makes. */
static void test_base64_has_one_text(void)
{
    static const char alphabet[] = "ABQYgw0/+-_=9z ";
    static const int variants[] = {
        sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
        sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    const unsigned base = sizeof(alphabet) - 1;
    unsigned accepted = 0;
    unsigned wrong = 0;

    for (unsigned number = 0; number < base * base * base * base; number++) {
        const char text[5] = {alphabet[number % base], alphabet[number / base % base],
                              alphabet[number / base / base % base],
                              alphabet[number / base / base / base], '\0'};
        unsigned char bytes[3];
        apr_size_t count = 0;
        char again[16];
        bool same = false;

        if (!was_base64_decode(text, 4, bytes, sizeof(bytes), &count)) {
            continue;
        }
        for (int i = 0; i < 4; i++) {
            sodium_bin2base64(again, sizeof(again), bytes, count, variants[i]);
            same = same || strcmp(text, again) == 0;
        }
        accepted++;
        wrong += !same;
    }
    ok(wrong == 0 && accepted > 1000, "base64: each of %u accepted texts is an encoder's",
       accepted);
}

/* Every byte in every place of a group: 64 digits of the one or the other alphabet, and padding. */
static void test_base64_digits(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "+/-_";
    int wrong = 0;

    for (int place = 0; place < 4; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "AAAA";
            char prefixed[] = "uAAAA";
            unsigned char bytes[3];
            apr_size_t count;
            bool digit = byte != 0 && strchr(digits, byte) != NULL;

            text[place] = prefixed[1 + place] = (char)byte;
            wrong += was_base64_decode(text, 4, bytes, sizeof(bytes), &count) !=
                     (digit || (byte == '=' && place == 3));
            wrong += was_multibase_decode(prefixed, 5, bytes, sizeof(bytes), &count) !=
                     (digit && byte != '+' && byte != '/');
        }
    }
    is_int(wrong, 0, "base64: every byte in every place");
}

static void test_multibase(void)
{
    static const decode_case_t cases[] = {
        {"z2NEpo7TZRRrLZSi2U", "48656c6c6f20576f726c6421", "z is base58btc"},
        {"uSGVsbG8", "48656c6c6f", "u is base64url"},
        {"u-_8", "fbff", "u takes the URL-safe alphabet"},
        {"u", "", "an empty value"},
        {"", NULL, "no prefix"},
        {"u+/8", NULL, "u does not take the standard alphabet"},
        {"u-_8=", NULL, "u takes no padding"},
        {"uZh", NULL, "u: unused bits must be zero"},
        {"z0", NULL, "z: a foreign digit"},
        {"mSGVsbG8", NULL, "base64 with prefix m"},
        {"USGVsbG8=", NULL, "padded base64url with prefix U"},
        {"Z2NEpo7TZRRrLZSi2U", NULL, "an upper-case prefix"},
        {"f48656c6c6f", NULL, "hex"},
    };
    unsigned char bytes[2];
    apr_size_t count;

    RUN("multibase", was_multibase_decode, cases);
    ok(!was_multibase_decode("uSGVsbG8", 8, bytes, sizeof(bytes), &count),
       "multibase: what does not fit is refused");
}

static void test_multihash(void)
{
    unsigned char bytes[35] = {0x12, 0x20, 0x77};
    const unsigned char *digest = NULL;

    ok(was_multihash_sha256(bytes, 34, &digest) && digest == bytes + 2,
       "multihash: SHA-256 of 32 bytes");
    ok(!was_multihash_sha256(bytes, 33, &digest), "multihash: too short");
    ok(!was_multihash_sha256(bytes, 35, &digest), "multihash: too long");
    ok(!was_multihash_sha256(bytes, 0, &digest), "multihash: empty");
    bytes[0] = 0x13;
    ok(!was_multihash_sha256(bytes, 34, &digest), "multihash: another function");
    bytes[0] = 0x12;
    bytes[1] = 0x21;
    ok(!was_multihash_sha256(bytes, 34, &digest), "multihash: another length");
}

static bool percent(const char *text, apr_size_t length, unsigned char *bytes, apr_size_t capacity,
                    apr_size_t *count)
{
    return length <= capacity && was_percent_decode(text, length, (char *)bytes, count);
}

static void test_percent(void)
{
    static const decode_case_t cases[] = {
        {"", "", "nothing"},
        {"abc", "616263", "plain text stays"},
        {"a+b", "612b62", "a plus stays a plus"},
        {"%20", "20", "a blank"},
        {"%c3%A9", "c3a9", "both cases of hex digits"},
        {"%00", "00", "a NUL is a byte like any other here"},
        {"%2525", "253235", "decoded once, not twice"},
        {"a%2Fb", "612f62", "between text"},
        {"%", NULL, "a percent sign at the end"},
        {"%4", NULL, "one digit at the end"},
        {"%4g", NULL, "a second digit that is none"},
        {"%g4", NULL, "a first digit that is none"},
        {"%%41", NULL, "a percent sign instead of a digit"},
        {"% 41", NULL, "a blank instead of a digit"},
        {"a%", NULL, "behind text"},
    };
    char decoded[4];
    apr_size_t count;

    RUN("percent", percent, cases);
    ok(!was_percent_decode("%411", 2, decoded, &count),
       "percent: the length counts, not what follows");
}

static void test_hex(void)
{
    const unsigned char bytes[] = {0x00, 0x0f, 0xa0, 0xff};
    char hex[9];

    was_hex_encode(bytes, sizeof(bytes), hex);
    is_str(hex, "000fa0ff", "hex: lower case, leading zeros");
    was_hex_encode(bytes, 0, hex);
    is_str(hex, "", "hex: of nothing");
}

int main(void)
{
    tap_begin();
    test_base58();
    test_base58_limits();
    test_base58_round_trip();
    test_base64();
    test_base64_has_one_text();
    test_base64_digits();
    test_multibase();
    test_multihash();
    test_percent();
    test_hex();
    return done();
}
