/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_manifest_read: manifests of others. Owns how much of YAML is taken, and that it is read a
 * piece at a time. Refuses to know the entries that it lists.
 */

#include "pws/pws_manifest.h"

#include <apr_strings.h>

#include <yaml.h>

#include <string.h>

enum {
    MAX_DEPTH = 16,
    KEYS = 5, /* levels whose keys matter */
    KEY_BYTES = 256,
    HELD_BYTES = 262144 /* the most that one token may take */
};

typedef struct level_t {
    bool is_mapping;
    bool has_key; /* and its value is due */
} level_t;

typedef struct reading_t {
    const was_unpack_source_t *source;
    apr_int64_t offset;
    apr_int64_t left;
    apr_size_t held; /* bytes since the last token */
    const was_error_t *error;
    level_t levels[MAX_DEPTH + 1];
    int depth;
    char keys[KEYS][KEY_BYTES]; /* at each depth from 1 on, the last one; "" for a longer one */
    char version[KEY_BYTES];
    char space[KEY_BYTES];
    int spaces, documents;
    apr_pool_t *pool;
} reading_t;

static int read_piece(void *data, unsigned char *buffer, size_t capacity, size_t *count)
{
    reading_t *reading = data;
    apr_size_t most = reading->left < (apr_int64_t)capacity ? (apr_size_t)reading->left : capacity;
    apr_size_t found = 0;

    reading->error = reading->source->read(reading->source->baton, reading->offset, (char *)buffer,
                                           most, &found);
    reading->offset += (apr_int64_t)found;
    reading->left -= (apr_int64_t)found;
    reading->held += found;
    *count = found;
    return reading->error == NULL && reading->held <= HELD_BYTES && found == most;
}

static const was_error_t *bad_manifest(const reading_t *reading)
{
    return reading->error != NULL
               ? reading->error
               : was_unpack_refuse(reading->pool, "its manifest is not what it must be");
}

static bool is_at(const reading_t *reading, int depth, const char *key)
{
    return strcmp(reading->keys[depth], key) == 0;
}

/* A text, or nothing of one that is too long to be any of those that matter. */
static void keep_text(char kept[KEY_BYTES], const char *text)
{
    apr_cpystrn(kept, strlen(text) < KEY_BYTES ? text : "", KEY_BYTES);
}

/* Whether the keys of the mapping at hand are those of spaces. */
static bool is_list_of_spaces(const reading_t *reading)
{
    return reading->depth == 4 && is_at(reading, 1, "contents") && is_at(reading, 2, "space") &&
           is_at(reading, 3, "contents");
}

/* A version without quotes would be a number. */
static bool take_scalar(reading_t *reading, const yaml_event_t *event)
{
    level_t *level = &reading->levels[reading->depth];
    const char *text = (const char *)event->data.scalar.value;
    bool is_key = level->is_mapping && !level->has_key;

    if (event->data.scalar.anchor != NULL || strlen(text) != event->data.scalar.length) {
        return false;
    }
    if (is_key && reading->depth < KEYS) {
        keep_text(reading->keys[reading->depth], text);
    }
    if (is_key && is_list_of_spaces(reading)) {
        keep_text(reading->space, text);
        reading->spaces++;
    }
    if (!is_key && reading->depth == 1 && is_at(reading, 1, "ubc-version") &&
        event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        keep_text(reading->version, text);
    }
    level->has_key = is_key;
    return reading->depth > 0;
}

static bool begin_level(reading_t *reading, bool is_mapping, const yaml_char_t *anchor)
{
    level_t *level = &reading->levels[reading->depth];

    if (anchor != NULL || reading->depth == MAX_DEPTH || (level->is_mapping && !level->has_key) ||
        (reading->depth == 0 && !is_mapping)) {
        return false;
    }
    level->has_key = false;
    reading->levels[++reading->depth] = (level_t){.is_mapping = is_mapping};
    if (reading->depth < KEYS) {
        *reading->keys[reading->depth] = '\0';
    }
    return true;
}

static bool take_event(reading_t *reading, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(reading, event);
    case YAML_MAPPING_START_EVENT:
        return begin_level(reading, true, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return begin_level(reading, false, event->data.sequence_start.anchor);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        reading->depth--;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        return ++reading->documents == 1;
    case YAML_ALIAS_EVENT:
        return false;
    default:
        return true;
    }
}

/* Until the stream ends. */
static bool take_events(reading_t *reading, yaml_parser_t *parser)
{
    bool goes_on = true, fits = true;

    while (goes_on && fits) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event)) {
            return false;
        }
        reading->held = 0;
        fits = take_event(reading, &event);
        goes_on = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    return fits;
}

const was_error_t *pws_manifest_read(const was_unpack_source_t *source, apr_int64_t offset,
                                     apr_int64_t size, const char **space, apr_pool_t *pool)
{
    reading_t reading = {.source = source, .offset = offset, .left = size, .pool = pool};
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser)) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "libyaml: no memory");
    }
    yaml_parser_set_input(&parser, read_piece, &reading);
    bool is_good = take_events(&reading, &parser);

    yaml_parser_delete(&parser);
    if (!is_good || strcmp(reading.version, "0.1") != 0) {
        return bad_manifest(&reading);
    }
    if (reading.spaces != 1 || *reading.space == '\0') {
        return was_unpack_refuse(pool, "its manifest is not that of one space");
    }
    *space = apr_pstrdup(pool, reading.space);
    return NULL;
}
