/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_spaces: spaces out of the tables of both protocols. Owns what the columns mean. Refuses
 * to change anything.
 */

#include "store/admin/was_admin_spaces.h"

#include "was_admin_run.h"

const char *was_admin_protocol_name(was_admin_protocol_t protocol)
{
    return protocol == WAS_ADMIN_CLASSIC ? "classic" : "pws";
}

enum { SPACE_COLUMNS = 6 };

static was_admin_space_t read_listed(const was_rows_t *rows, int row, was_admin_protocol_t protocol)
{
    return (was_admin_space_t){.protocol = protocol,
                               .id = was_rows_text(rows, row, 0),
                               .controller = was_rows_text(rows, row, 1),
                               .name = was_rows_text(rows, row, 2),
                               .frozen = (was_frozen_t)was_rows_integer(rows, row, 3, 0),
                               .is_deleted = was_rows_true(rows, row, 4),
                               .created = was_rows_integer(rows, row, 5, -1)};
}

const was_error_t *was_admin_spaces_list(was_db_t *db, was_admin_protocol_t protocol,
                                         const char *controller, const char *after,
                                         const was_admin_space_t **spaces, int *count,
                                         apr_pool_t *pool)
{
    static const was_sql_t statements[WAS_ADMIN_PROTOCOLS][2] = {
        {WAS_SQL_ADMIN_CLASSIC_SPACES, WAS_SQL_ADMIN_CLASSIC_SPACES_OF},
        {WAS_SQL_ADMIN_PWS_SPACES, WAS_SQL_ADMIN_PWS_SPACES_OF}};
    const was_value_t values[] = {WAS_TEXT(after), WAS_INTEGER(WAS_ADMIN_PAGE),
                                  WAS_TEXT(controller)};
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, statements[protocol][controller != NULL], values,
                       controller != NULL ? 3 : 2, &rows, pool));
    *count = was_rows_count(rows);
    was_admin_space_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i] = read_listed(rows, i, protocol);
    }
    *spaces = list;
    return NULL;
}

const was_error_t *was_admin_spaces_show(was_db_t *db, was_admin_protocol_t protocol,
                                         const char *id, was_admin_details_t *details,
                                         apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(id);
    const was_rows_t *rows;
    int next = SPACE_COLUMNS;

    WAS_TRY(was_admin_run(
        db, protocol == WAS_ADMIN_CLASSIC ? WAS_SQL_ADMIN_CLASSIC_SHOW : WAS_SQL_ADMIN_PWS_SHOW,
        &value, 1, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return was_error_make(pool, WAS_ERROR_NOT_FOUND, NULL, "there is no space %s", id);
    }
    details->space = read_listed(rows, 0, protocol);
    details->link = was_rows_text(rows, 0, next++);
    details->type = was_rows_text(rows, 0, next++);
    details->created_by = was_rows_text(rows, 0, next++);
    details->updated = was_rows_integer(rows, 0, next++, -1);
    details->collections = was_rows_integer(rows, 0, next++, -1);
    details->resources = was_rows_integer(rows, 0, next++, -1);
    details->bytes = was_rows_integer(rows, 0, next++, -1);
    details->policies = was_rows_integer(rows, 0, next++, -1);
    details->has_policy = was_rows_true(rows, 0, next++);
    details->revocations = was_rows_integer(rows, 0, next++, -1);
    details->backends = was_rows_integer(rows, 0, next++, -1);
    return NULL;
}

const was_error_t *was_admin_spaces_usage(was_db_t *db, const char *after, was_admin_usage_t *usage,
                                          apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(after);
    const was_rows_t *rows;

    WAS_TRY(was_admin_run(db, WAS_SQL_ADMIN_USAGE, &value, 1, &rows, pool));
    *usage = (was_admin_usage_t){.controller = NULL};
    if (was_rows_count(rows) > 0) {
        *usage =
            (was_admin_usage_t){.controller = was_rows_text(rows, 0, 0),
                                .spaces = {[WAS_ADMIN_CLASSIC] = was_rows_integer(rows, 0, 1, 0),
                                           [WAS_ADMIN_PWS] = was_rows_integer(rows, 0, 2, 0)},
                                .resources = was_rows_integer(rows, 0, 3, 0),
                                .bytes = was_rows_integer(rows, 0, 4, 0)};
    }
    return NULL;
}
