/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_CONTENTS_H
#define WAS_ADMIN_CONTENTS_H

#include "store/was_db.h"

/*
 * was_admin_contents: contents in parts that no row names, what is to be swept, and contents of the
 * classic protocol that are to stand in their rows again. Besides the errors listed, all give those
 * of was_db. Lists are pages of at most WAS_ADMIN_CONTENTS_PAGE, in the pool.
 */

enum { WAS_ADMIN_CONTENTS_PAGE = 500 };

/* What is to be swept of one kind. */
typedef struct was_admin_sweep_t {
    const char *kind; /* "collection", "space", "classic", "chunks", "content" */
    apr_int64_t count;
    apr_int64_t due; /* of those; others wait for who may still read or write */
} was_admin_sweep_t;

WAS_CHECKED const was_error_t *was_admin_contents_sweeps(was_db_t *db,
                                                         const was_admin_sweep_t **sweeps,
                                                         int *count, apr_pool_t *pool);

/* A content that no row names: an upload that goes on or was given up, or what was replaced and may
 * still be read. */
typedef struct was_admin_upload_t {
    const char *space;
    apr_int64_t mark;
    apr_int64_t ends;  /* Unix milliseconds: it is swept then, unless it goes on */
    apr_int64_t bytes; /* that are stored of it */
} was_admin_upload_t;

/* Those behind one, ascending by space and mark; {.space = ""} for the first. */
WAS_CHECKED const was_error_t *was_admin_contents_uploads(was_db_t *db,
                                                          const was_admin_upload_t *after,
                                                          const was_admin_upload_t **uploads,
                                                          int *count, apr_pool_t *pool);

/* Has it swept now: its writer is told 503, its reader's answer is cut. `*ended` is false if it is
 * being swept already, or is named by now. */
WAS_CHECKED const was_error_t *was_admin_contents_end(was_db_t *db,
                                                      const was_admin_upload_t *upload, bool *ended,
                                                      apr_pool_t *pool);

/* A content of the classic protocol in parts. */
typedef struct was_admin_long_t {
    const char *space;
    const char *path;
    apr_int64_t mark;
    apr_int64_t bytes;
} was_admin_long_t;

/* The most that a row may have so that a backup can have the row. */
#define WAS_ADMIN_ROW_MAX ((apr_int64_t)511 << 20)

/* Those behind one, ascending by space and path; {.space = "", .path = ""} for the first. */
WAS_CHECKED const was_error_t *was_admin_contents_long(was_db_t *db, const was_admin_long_t *after,
                                                       const was_admin_long_t **contents,
                                                       int *count, apr_pool_t *pool);

/*
 * Puts a content of at most WAS_ADMIN_ROW_MAX back into its row, in a transaction of its own, for
 * which PostgreSQL takes about four times its length in memory. `*moved` is false if it is another
 * one by now, or parts are missing.
 * Errors: TOO_LARGE.
 */
WAS_CHECKED const was_error_t *was_admin_contents_move(was_db_t *db,
                                                       const was_admin_long_t *content, bool *moved,
                                                       apr_pool_t *pool);

#endif
