/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ENCODING_H
#define WAS_ENCODING_H

#include <apr.h>

#include <stdbool.h>

/*
 * was_encoding: bytes as text and back. Knows nothing of what the bytes mean.
 *
 * Every decoder is strict: one value has one accepted spelling per alphabet, so that no two texts
 * that differ name the same key or signature. Texts come with their length and need no terminator.
 * A decoder writes at most `capacity` bytes to `bytes`, puts their count into `*count`, and returns
 * false, with nothing promised about `bytes`, when the text is malformed or decodes to more.
 */

/* Base58, Bitcoin alphabet (the `z` of multibase). Texts longer than 1024 are refused: decoding
 * is quadratic. */
bool was_base58_decode(const char *text, apr_size_t length, unsigned char *bytes,
                       apr_size_t capacity, apr_size_t *count);

/*
 * Base64 (RFC 4648) in the standard or the URL-safe alphabet, with padding or without; not a mix of
 * both alphabets, no white space, unused bits zero, padding complete when there is any.
 */
bool was_base64_decode(const char *text, apr_size_t length, unsigned char *bytes,
                       apr_size_t capacity, apr_size_t *count);

/* Base64 in the URL-safe alphabet, without padding; `text` needs room for (4 * count + 2) / 3 + 1
 * bytes. */
void was_base64url_encode(const unsigned char *bytes, apr_size_t count, char *text);

/* Multibase: `z` (base58btc) or `u` (base64url without padding). Any other prefix is refused. */
bool was_multibase_decode(const char *text, apr_size_t length, unsigned char *bytes,
                          apr_size_t capacity, apr_size_t *count);

/* A SHA-256 multihash (0x12 0x20 + 32 bytes): `*digest` points into `bytes`. */
bool was_multihash_sha256(const unsigned char *bytes, apr_size_t count,
                          const unsigned char **digest);

/*
 * Percent-decoding (RFC 3986 section 2.1) of `length` bytes into `decoded`, which needs room for
 * as many; `+` stays `+`. False for a `%` that two hex digits do not follow.
 */
bool was_percent_decode(const char *text, apr_size_t length, char *decoded, apr_size_t *count);

/* How many bytes the well-formed UTF-8 of one character takes that `left` bytes begin with; 0 when
 * they begin with none, or with NUL. */
apr_size_t was_utf8_sequence(const char *text, apr_size_t left);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong or beyond
 * U+10FFFF) without NUL: what a PostgreSQL TEXT can hold. */
bool was_utf8_valid(const char *text, apr_size_t length);

/* Whether the text is an absolute URI by its alphabet (RFC 3986: scheme, colon, something; ASCII,
 * no blank, none of `"<>\^{|}` nor the backtick). What a scheme makes of the rest is its affair. */
bool was_uri_absolute(const char *text);

/* Lower-case hex; `hex` needs room for 2 * count + 1. */
void was_hex_encode(const unsigned char *bytes, apr_size_t count, char *hex);

#endif
