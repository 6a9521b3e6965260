/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_care: what keeps a database in order: sweeping, uploads, contents in rows. Owns when a loop
 * ends. Refuses to know what a batch is.
 */

#include "admin/admin.h"

#include "store/admin/was_admin_contents.h"
#include "store/was_sweep.h"

#include <apr_strings.h>

#include <string.h>

/* Revocations that have expired. */
static const was_error_t *sweep_revocations(admin_t *admin, apr_int64_t *rows, apr_pool_t *scratch)
{
    int count;

    do {
        apr_pool_clear(scratch);
        WAS_TRY(was_sweep_revocations(admin->db, &count, scratch));
        *rows += count;
    } while (count > 0);
    return NULL;
}

const was_error_t *admin_sweep_all(admin_t *admin, apr_int64_t *rows)
{
    was_sweep_batch_t batch = {.found = true};
    apr_pool_t *scratch;
    int passed = 0;

    *rows = 0;
    apr_pool_create(&scratch, admin->pool);
    WAS_TRY(sweep_revocations(admin, rows, scratch));
    while (batch.found) {
        apr_pool_clear(scratch);
        WAS_TRY(was_sweep_run(admin->db, passed, &batch, scratch));
        *rows += batch.rows;
        /* One that others are at is theirs. */
        passed += batch.found && !batch.taken;
    }
    if (passed > 0) {
        admin_print_note(scratch, "%d are being swept by a server", passed);
    }
    apr_pool_destroy(scratch);
    return NULL;
}

const was_error_t *admin_sweep(admin_t *admin)
{
    const was_admin_sweep_t *sweeps;
    apr_int64_t rows = 0;
    int count;

    if (admin->is_sure) {
        WAS_TRY(admin_sweep_all(admin, &rows));
        admin_print_note(admin->pool, "%" APR_INT64_T_FMT " rows were cleared away", rows);
    }
    WAS_TRY(was_admin_contents_sweeps(admin->db, &sweeps, &count, admin->pool));
    for (int i = 0; i < count; i++) {
        const admin_field_t fields[] = {
            admin_print_text("kind", sweeps[i].kind),
            admin_print_number("waiting", sweeps[i].count),
            admin_print_number("due", sweeps[i].due),
        };

        admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), admin->pool);
    }
    admin_say_unsure(admin);
    return NULL;
}

/* Prints an upload; ends it where that is asked for. */
static const was_error_t *end_upload(admin_t *admin, const was_admin_upload_t *upload, bool ends,
                                     apr_pool_t *pool)
{
    bool ended = false;

    if (ends && admin->argument != NULL && strcmp(upload->space, admin->argument) != 0) {
        return NULL;
    }
    if (ends && admin->is_sure) {
        WAS_TRY(was_admin_contents_end(admin->db, upload, &ended, pool));
    }
    const admin_field_t fields[] = {
        admin_print_text("space", upload->space),
        admin_print_text("mark", apr_psprintf(pool, "%" APR_INT64_T_FMT, upload->mark)),
        admin_print_time("keptUntil", upload->ends),
        admin_print_number("bytes", upload->bytes),
        admin_print_boolean("ended", ended),
    };

    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]) - !ends, pool);
    return NULL;
}

static const was_error_t *each_upload(admin_t *admin, bool ends)
{
    was_admin_upload_t after = {.space = "", .mark = 0};
    int count = WAS_ADMIN_CONTENTS_PAGE;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, admin->pool);
    while (count == WAS_ADMIN_CONTENTS_PAGE) {
        const was_admin_upload_t *uploads;

        apr_pool_clear(scratch);
        WAS_TRY(was_admin_contents_uploads(admin->db, &after, &uploads, &count, scratch));
        for (int i = 0; i < count; i++) {
            WAS_TRY(end_upload(admin, &uploads[i], ends, scratch));
        }
        if (count > 0) {
            after = uploads[count - 1];
            after.space = apr_pstrdup(admin->pool, after.space);
        }
    }
    apr_pool_destroy(scratch);
    return NULL;
}

const was_error_t *admin_uploads(admin_t *admin)
{
    return each_upload(admin, false);
}

const was_error_t *admin_end_uploads(admin_t *admin)
{
    WAS_TRY(each_upload(admin, true));
    admin_say_unsure(admin);
    return NULL;
}

/* A content that is to stand in its row: whether it does, or could. */
static const was_error_t *take_long(admin_t *admin, const was_admin_long_t *content,
                                    apr_pool_t *pool)
{
    bool fits = content->bytes <= WAS_ADMIN_ROW_MAX, moved = false;

    if (fits && admin->is_sure) {
        WAS_TRY(was_admin_contents_move(admin->db, content, &moved, pool));
    }
    if (!fits || (admin->is_sure && !moved)) {
        admin->is_partly = true;
        admin_print_note(pool, "%s%s stays in parts: %s", content->space, content->path,
                         fits ? "it was written meanwhile, or parts of it are missing"
                              : "a row has at most 511 MiB");
    }
    const admin_field_t fields[] = {
        admin_print_text("space", content->space),   admin_print_text("path", content->path),
        admin_print_number("bytes", content->bytes), admin_print_boolean("fits", fits),
        admin_print_boolean("moved", moved),
    };

    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), pool);
    return NULL;
}

/* Each is a transaction of its own, and is not found again: who goes on after a failure begins
 * where it ended. */
const was_error_t *admin_to_rows(admin_t *admin)
{
    was_admin_long_t after = {.space = "", .path = ""};
    int count = WAS_ADMIN_CONTENTS_PAGE;
    apr_pool_t *pools[2];

    for (int i = 0; i < 2; i++) {
        apr_pool_create(&pools[i], admin->pool);
    }
    for (int turn = 0; count == WAS_ADMIN_CONTENTS_PAGE; turn = 1 - turn) {
        const was_admin_long_t *contents;

        apr_pool_clear(pools[turn]);
        WAS_TRY(was_admin_contents_long(admin->db, &after, &contents, &count, pools[turn]));
        for (int i = 0; i < count; i++) {
            WAS_TRY(take_long(admin, &contents[i], pools[turn]));
        }
        after = count > 0 ? contents[count - 1] : after;
    }
    admin_say_unsure(admin);
    return NULL;
}
