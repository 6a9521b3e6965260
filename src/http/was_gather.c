/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_gather: where the bytes of a body are until they are a content. Owns when they leave memory.
 * Refuses to know how they come, and what they mean.
 */

#include "http/was_gather.h"

#include "http/was_conditions.h"
#include "http/was_protocol.h"
#include "http/was_spool.h"

#include <apr_strings.h>

#include <string.h>

enum { FIRST_BYTES = 8192 };

struct was_gathered_t {
    char *bytes; /* what is in memory; unused once there is a file */
    apr_size_t capacity;
    apr_size_t held; /* of them; less than `length` once there are parts or a file */
    apr_int64_t length;
    was_place_t place;   /* of a long one */
    was_parts_t *parts;  /* or NULL */
    was_spool_t *spool;  /* or NULL */
    was_source_t source; /* of that */
};

static const was_error_t *rewind_spool(void *baton)
{
    return was_spool_rewind(baton);
}

static const was_error_t *read_spool(void *baton, char *buffer, apr_size_t capacity,
                                     apr_size_t *count)
{
    return was_spool_read(baton, buffer, capacity, count);
}

static bool is_long(const was_gathered_t *gathered)
{
    return gathered->parts != NULL || gathered->spool != NULL;
}

/* From memory to where a long content belongs; `length` is what is known of its own. */
static const was_error_t *leave_memory(was_request_t *request, was_gathered_t *gathered,
                                       apr_int64_t length)
{
    WAS_TRY(was_conditions_read(request, &request->conditions));
    if (request->protocol->admit_content != NULL) {
        WAS_TRY(request->protocol->admit_content(request, &gathered->place));
    }
    WAS_TRY(was_limit_check(&gathered->place.room, length, request->pool));
    if (gathered->place.space != NULL) {
        gathered->parts = was_parts_make(request->db, gathered->place.space, request->pool);
        return NULL;
    }
    WAS_TRY(was_spool_make(&gathered->spool, request->pool));
    gathered->source = (was_source_t){rewind_spool, read_spool, gathered->spool, 0};
    return was_spool_write(gathered->spool, gathered->bytes, gathered->held);
}

const was_error_t *was_gather_make(was_request_t *request, apr_int64_t announced,
                                   was_gathered_t **gathered)
{
    was_gathered_t *made = apr_pcalloc(request->pool, sizeof(*made));

    *gathered = made;
    if (announced > WAS_PIECE_BYTES) {
        WAS_TRY(leave_memory(request, made, announced));
        announced = made->parts != NULL ? WAS_PIECE_BYTES : 0;
    }
    if (made->spool == NULL) {
        made->capacity = announced > 0 ? (apr_size_t)announced : FIRST_BYTES;
        made->bytes = apr_palloc(request->pool, made->capacity);
    }
    return NULL;
}

/* Up to WAS_PIECE_BYTES. */
static void grow_buffer(const was_request_t *request, was_gathered_t *gathered, apr_size_t needed)
{
    apr_size_t capacity = gathered->capacity;

    while (capacity < needed && capacity < WAS_PIECE_BYTES) {
        capacity *= 2;
    }
    if (capacity > gathered->capacity) {
        char *bytes = apr_palloc(request->pool, capacity);

        memcpy(bytes, gathered->bytes, gathered->held);
        gathered->bytes = bytes;
        gathered->capacity = capacity;
    }
}

/* Into memory, which is emptied into parts when it is full and more comes. */
static const was_error_t *hold_bytes(const was_request_t *request, was_gathered_t *gathered,
                                     const char *bytes, apr_size_t count)
{
    grow_buffer(request, gathered, gathered->held + count);
    while (count > 0) {
        if (gathered->held == WAS_PIECE_BYTES) {
            WAS_TRY(was_parts_write(gathered->parts, gathered->bytes, gathered->held));
            gathered->held = 0;
        }
        apr_size_t space = WAS_PIECE_BYTES - gathered->held;
        apr_size_t some = space < count ? space : count;

        memcpy(gathered->bytes + gathered->held, bytes, some);
        gathered->held += some;
        bytes += some;
        count -= some;
    }
    return NULL;
}

const was_error_t *was_gather_add(was_request_t *request, was_gathered_t *gathered,
                                  const char *bytes, apr_size_t count)
{
    apr_int64_t length = gathered->length + (apr_int64_t)count;

    if (!is_long(gathered) && length > WAS_PIECE_BYTES) {
        WAS_TRY(leave_memory(request, gathered, length));
    }
    WAS_TRY(was_limit_check(&gathered->place.room, length, request->pool));
    gathered->length = length;
    return gathered->spool != NULL ? was_spool_write(gathered->spool, bytes, count)
                                   : hold_bytes(request, gathered, bytes, count);
}

const was_error_t *was_gather_end(was_gathered_t *gathered)
{
    gathered->source.size = (apr_size_t)gathered->length;
    return gathered->parts != NULL
               ? was_parts_write(gathered->parts, gathered->bytes, gathered->held)
               : NULL;
}

const was_error_t *was_gather_read(const was_gathered_t *gathered, apr_int64_t offset, char *buffer,
                                   apr_size_t capacity, apr_size_t *count)
{
    apr_int64_t left = gathered->length - offset;

    *count = 0;
    if (gathered->spool != NULL) {
        WAS_TRY(was_spool_seek(gathered->spool, offset));
        return was_spool_read(gathered->spool, buffer, capacity, count);
    }
    if (gathered->parts == NULL && left > 0) {
        *count = left < (apr_int64_t)capacity ? (apr_size_t)left : capacity;
        memcpy(buffer, gathered->bytes + offset, *count);
    }
    return NULL;
}

void was_gather_drop(was_gathered_t *gathered)
{
    was_parts_drop(gathered->parts);
}

was_gathered_t *was_gather_of_text(const char *text, apr_size_t length, apr_pool_t *pool)
{
    was_gathered_t *made = apr_pcalloc(pool, sizeof(*made));

    made->bytes = apr_pstrmemdup(pool, text, length);
    made->capacity = made->held = length;
    made->length = (apr_int64_t)length;
    return made;
}

apr_int64_t was_gather_length(const was_gathered_t *gathered)
{
    return gathered->length;
}

const char *was_gather_bytes(const was_gathered_t *gathered)
{
    return is_long(gathered) ? NULL : gathered->bytes;
}

void was_gather_content(const was_gathered_t *gathered, const char *type, was_content_t *content)
{
    memset(content, 0, sizeof(*content));
    content->type = type;
    content->length = (apr_size_t)gathered->length;
    content->bytes = was_gather_bytes(gathered);
    content->parts = gathered->parts;
    content->source = gathered->spool != NULL ? &gathered->source : NULL;
}
