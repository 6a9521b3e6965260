/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CONTENT_H
#define WAS_CONTENT_H

#include "store/was_parts.h"

/*
 * was_content: stored contents, whatever table they stand in, and contents on their way in.
 * Contents up to WAS_PIECE_BYTES travel with their row; bigger ones a few pieces at a time: from
 * parts, which belong to one version of the row, or from the row itself, as long as that is there.
 */

enum {
    WAS_PIECE_BYTES = 1024 * 1024,
    /* A piece of a bigger content. libpq's buffers grow by doubling and never shrink: this fits
     * into half a MiB with all that stands around it in a message. */
    WAS_READ_BYTES = 508 * 1024,
    /* In one row: pg_dump writes a bytea in hexadecimal, and a row of what it writes has less than
     * a GiB. */
    WAS_CONTENT_MAX_BYTES = 511 * 1024 * 1024,
    WAS_CONTENT_DIGEST_BYTES = 32
};

/* How pieces of one version are read from its row: a statement, and what it takes before the first
 * byte, counted from 1, and the length. The first value is the space. */
typedef struct was_pieces_t {
    was_sql_t statement;
    was_value_t values[5];
    int nvalues;
} was_pieces_t;

/* A stored content; all in the pool that it was read for. */
typedef struct was_resource_t {
    const char *path; /* of the classic protocol; else NULL */
    const char *type;
    apr_int64_t size;
    const char *etag;     /* without quotes */
    apr_int64_t modified; /* Unix seconds; -1 when unknown */
    const char *piece;    /* the content, if it came with the row; else NULL, of no length */
    apr_size_t piece_length;
    bool is_in_parts;
    apr_int64_t mark; /* of its parts */
    const unsigned char
        *digest; /* SHA-256 of what is in parts, WAS_CONTENT_DIGEST_BYTES; or NULL */
    was_pieces_t pieces;
} was_resource_t;

/* Reads type, size, validator, time, content, the mark of its parts and their digest from
 * these seven columns, beginning at `column`. False when there is no resource in the row. */
bool was_content_row(const was_rows_t *rows, int row, int column, was_resource_t *resource);

/* The digest of a content in parts; NULL where the column has none. */
const unsigned char *was_content_read_digest(const was_rows_t *rows, int row, int column);

/* What one read has brought, in the order of the content; the bytes live as long as the rows. */
typedef struct was_read_t {
    const was_rows_t *rows;
    struct {
        const char *bytes;
        apr_size_t count;
    } pieces[WAS_PARTS_AT_ONCE];
    int npieces;
    apr_size_t count; /* of all of them */
} was_read_t;

/*
 * The next bytes from `offset` of exactly this version: at least one, at most `length` or what one
 * exchange brings.
 * Errors: CONFLICT (it is there no more), and those of was_db.
 */
WAS_CHECKED const was_error_t *was_content_read(was_db_t *db, const was_resource_t *resource,
                                                apr_int64_t offset, apr_size_t length,
                                                was_read_t *read, apr_pool_t *pool);

/* What a failed read is to who has seen nothing of the content yet: UNAVAILABLE in place of
 * CONFLICT. */
WAS_CHECKED const was_error_t *was_content_refused(const was_error_t *error, apr_pool_t *pool);

/* A content on its way in: in memory, or, where `bytes` is NULL, stored in parts already, or to be
 * read from a source. */
typedef struct was_content_t {
    const char *type;
    const char *bytes;
    apr_size_t length;
    was_parts_t *parts;
    const unsigned char *digest; /* SHA-256 of what is in parts */
    const was_source_t *source;
} was_content_t;

/* The bytes' value in its row; NULL where they are in parts. */
was_value_t was_content_bytes(const was_content_t *content);

/* The digest's value in its row; NULL where the content is not in parts. */
was_value_t was_content_digest(const was_content_t *content);

#endif
