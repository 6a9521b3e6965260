/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_media_type: what the text of a media type says of its content.
 * Refuses to ask the locale, and to parse parameters.
 */

#include "base/was_media_type.h"

#include "base/was_ascii.h"

#include <apr_cstr.h>

#include <string.h>

const char *const was_media_type_unknown = "application/octet-stream";

static apr_size_t essence_length(const char *type)
{
    return strcspn(type, "; \t");
}

bool was_media_type_is(const char *type, const char *essence)
{
    apr_size_t length = essence_length(type);

    return length == strlen(essence) && apr_cstr_casecmpn(type, essence, length) == 0;
}

bool was_media_type_is_json(const char *type)
{
    return was_media_type_is(type, "application/json");
}

bool was_media_type_holds_json(const char *type)
{
    static const char suffix[] = "+json";
    const apr_size_t size = sizeof(suffix) - 1;
    apr_size_t length = essence_length(type);

    return was_media_type_is_json(type) ||
           (length > size && apr_cstr_casecmpn(type + length - size, suffix, size) == 0);
}

bool was_media_type_is_sendable(const char *type)
{
    apr_size_t length = 0;

    while (was_ascii_is_printable(type[length])) {
        length++;
    }
    return length > 0 && length <= WAS_MEDIA_TYPE_MAX_BYTES && type[length] == '\0';
}

/* Behind a quoted string that begins at `quote`; NULL where it does not end. */
static const char *behind_quoted(const char *quote)
{
    const char *at = quote + 1;

    while (*at != '\0' && *at != '"') {
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return *at == '"' ? at + 1 : NULL;
}

bool was_media_type_is_one(const char *type)
{
    const char *at = type;

    for (at += strcspn(at, ",\""); *at == '"'; at += strcspn(at, ",\"")) {
        const char *behind = behind_quoted(at);

        if (behind == NULL) {
            return strchr(at, ',') == NULL;
        }
        at = behind;
    }
    return *at == '\0';
}

const char *was_media_type_of_stored(const char *type)
{
    return was_media_type_is_sendable(type) ? type : was_media_type_unknown;
}
