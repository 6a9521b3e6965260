/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_checkpoint: checkpoints in and out of texts. Owns their two forms and what is sealed. Refuses
 * to know where a text came from, and what is at a position.
 */

#include "pws/pws_checkpoint.h"

#include "base/was_encoding.h"

#include <apr_strings.h>

#include <string.h>

enum { FORM = 1, NUMBER_BYTES = 8, SPACE_BYTES = 255 };
enum { PLAIN_BYTES = 1 + 2 * NUMBER_BYTES, BYTES = PLAIN_BYTES + WAS_MAC_BYTES };
enum { TEXT_LENGTH = BYTES / 3 * 4 };
/* "2026-10-05T12:00:00.123", and what stands behind it. */
enum { TIME_LENGTH = 23, POSITION_DIGITS = 12, CODE_DIGITS = 6, CODES = 1000000 };
_Static_assert(BYTES % 3 == 0, "a text has no end of its own");

static void put_number(unsigned char *bytes, apr_int64_t number)
{
    for (int i = NUMBER_BYTES - 1; i >= 0; i--) {
        bytes[i] = (unsigned char)((apr_uint64_t)number & 0xff);
        number = (apr_int64_t)((apr_uint64_t)number >> 8);
    }
}

static apr_int64_t get_number(const unsigned char *bytes)
{
    apr_uint64_t number = 0;

    for (int i = 0; i < NUMBER_BYTES; i++) {
        number = number << 8 | bytes[i];
    }
    return (apr_int64_t)number;
}

static void put_plain(unsigned char *bytes, apr_int64_t generation, apr_int64_t position)
{
    bytes[0] = FORM;
    put_number(bytes + 1, generation);
    put_number(bytes + 1 + NUMBER_BYTES, position);
}

/* Of the position in this life of this collection, in this space. */
static void make_seal(const pws_feed_t *feed, apr_int64_t position,
                      unsigned char seal[WAS_MAC_BYTES])
{
    unsigned char bytes[PLAIN_BYTES + SPACE_BYTES];
    apr_size_t length = strlen(feed->space);

    length = length < SPACE_BYTES ? length : SPACE_BYTES;
    put_plain(bytes, feed->generation, position);
    memcpy(bytes + PLAIN_BYTES, feed->space, length);
    was_crypto_mac(feed->key, bytes, PLAIN_BYTES + length, seal);
}

static unsigned code_of_seal(const unsigned char seal[WAS_MAC_BYTES])
{
    return (unsigned)(seal[0] << 16 | seal[1] << 8 | seal[2]) % CODES;
}

const char *pws_checkpoint_text(const pws_feed_t *feed, apr_int64_t position, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, TEXT_LENGTH + 1);
    unsigned char bytes[BYTES];

    put_plain(bytes, feed->generation, position);
    make_seal(feed, position, bytes + PLAIN_BYTES);
    was_base64url_encode(bytes, sizeof(bytes), text);
    return text;
}

const char *pws_checkpoint_time(const pws_feed_t *feed, apr_int64_t position, apr_time_t time,
                                apr_pool_t *pool)
{
    unsigned char seal[WAS_MAC_BYTES];
    apr_time_exp_t parts;

    make_seal(feed, position, seal);
    apr_time_exp_gmt(&parts, time);
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%012" APR_INT64_T_FMT "%06uZ",
                        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                        parts.tm_min, parts.tm_sec, parts.tm_usec / 1000, position,
                        code_of_seal(seal));
}

bool pws_checkpoint_read_text(const char *text, pws_checkpoint_t *checkpoint)
{
    unsigned char bytes[BYTES];
    apr_size_t count;

    if (strlen(text) != TEXT_LENGTH || strpbrk(text, "+/=") != NULL ||
        !was_base64_decode(text, TEXT_LENGTH, bytes, sizeof(bytes), &count) || bytes[0] != FORM) {
        return false;
    }
    checkpoint->is_time = false;
    checkpoint->generation = get_number(bytes + 1);
    checkpoint->position = get_number(bytes + 1 + NUMBER_BYTES);
    memcpy(checkpoint->seal, bytes + PLAIN_BYTES, WAS_MAC_BYTES);
    return checkpoint->position >= 0;
}

static apr_int64_t read_digits(const char *text, int count)
{
    apr_int64_t number = 0;

    for (int i = 0; i < count; i++) {
        number = 10 * number + (text[i] - '0');
    }
    return number;
}

bool pws_checkpoint_read_time(const char *text, pws_checkpoint_t *checkpoint)
{
    static const char form[] = "0000-00-00T00:00:00.000000000000000000000Z";

    if (strlen(text) != sizeof(form) - 1) {
        return false;
    }
    for (apr_size_t i = 0; i < sizeof(form) - 1; i++) {
        bool fits = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];

        if (!fits) {
            return false;
        }
    }
    checkpoint->is_time = true;
    checkpoint->position = read_digits(text + TIME_LENGTH, POSITION_DIGITS);
    checkpoint->code = (unsigned)read_digits(text + TIME_LENGTH + POSITION_DIGITS, CODE_DIGITS);
    return true;
}

bool pws_checkpoint_holds(const pws_feed_t *feed, const pws_checkpoint_t *checkpoint)
{
    unsigned char seal[WAS_MAC_BYTES];

    make_seal(feed, checkpoint->position, seal);
    if (checkpoint->is_time) {
        return checkpoint->code == code_of_seal(seal);
    }
    return checkpoint->generation == feed->generation &&
           was_crypto_equal(checkpoint->seal, seal, WAS_MAC_BYTES);
}
