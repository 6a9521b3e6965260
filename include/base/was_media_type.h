/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_MEDIA_TYPE_H
#define WAS_MEDIA_TYPE_H

#include <stdbool.h>

/*
 * was_media_type: media types as Content-Type has them (RFC 9110 section 8.3). Knows no content,
 * and not which types a protocol takes. Nothing here parses parameters: the essence,
 * `type/subtype`, ends where a semicolon or a blank begins, and is compared without case.
 */

enum { WAS_MEDIA_TYPE_MAX_BYTES = 512 };

/* Whether the essence of `type` is `essence`. */
bool was_media_type_is(const char *type, const char *essence);

/* Whether it is application/json. */
bool was_media_type_is_json(const char *type);

/* Whether its contents are JSON: application/json, or a type with the suffix +json (RFC 6839). */
bool was_media_type_holds_json(const char *type);

/*
 * Whether it can be sent back as it came: 1 to WAS_MEDIA_TYPE_MAX_BYTES bytes of printable ASCII,
 * blanks included, whatever their grammar.
 */
bool was_media_type_is_sendable(const char *type);

/* Whether no comma stands outside of its quoted strings: httpd joins several fields of one name
 * with commas, and which of them would be meant is not known. */
bool was_media_type_is_one(const char *type);

/* The type of a content that was stored: as it is, or, where no header field can hold it, the type
 * of bytes that nobody knows anything of, which the content of no declared type has, too. */
const char *was_media_type_of_stored(const char *type);

extern const char *const was_media_type_unknown;

#endif
