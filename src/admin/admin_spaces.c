/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_spaces: what there is: lists, usage, one space. Owns which fields are shown. Refuses to
 * change anything.
 */

#include "admin/admin.h"

#include <apr_strings.h>

#include <string.h>

const was_error_t *admin_each_space(admin_t *admin,
                                    const was_error_t *(*take)(admin_t *admin,
                                                               const was_admin_space_t *space,
                                                               apr_pool_t *pool))
{
    const bool is_any = admin->protocol == WAS_ADMIN_PROTOCOLS;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, admin->pool);
    for (int protocol = is_any ? 0 : admin->protocol;
         protocol < (is_any ? WAS_ADMIN_PROTOCOLS : admin->protocol + 1); protocol++) {
        char *after = apr_pstrdup(admin->pool, "");
        int count = WAS_ADMIN_PAGE;

        while (count == WAS_ADMIN_PAGE) {
            const was_admin_space_t *spaces;

            apr_pool_clear(scratch);
            WAS_TRY(was_admin_spaces_list(admin->db, (was_admin_protocol_t)protocol,
                                          admin->controller, after, &spaces, &count, scratch));
            for (int i = 0; i < count; i++) {
                WAS_TRY(take(admin, &spaces[i], scratch));
            }
            after = count > 0 ? apr_pstrdup(admin->pool, spaces[count - 1].id) : after;
        }
    }
    apr_pool_destroy(scratch);
    return NULL;
}

static const char *state_of(const was_admin_space_t *space)
{
    static const char *const states[] = {[WAS_FROZEN_NOT] = "open",
                                         [WAS_FROZEN_KEPT] = "frozen",
                                         [WAS_FROZEN_MOVING] = "moving",
                                         [WAS_FROZEN_MOVED] = "moved"};

    return space->is_deleted ? "deleted" : states[space->frozen];
}

static const was_error_t *print_space(admin_t *admin, const was_admin_space_t *space,
                                      apr_pool_t *pool)
{
    const admin_field_t fields[] = {
        admin_print_text("protocol", was_admin_protocol_name(space->protocol)),
        admin_print_text("space", space->id),
        admin_print_text("controller", space->controller),
        admin_print_text("state", state_of(space)),
        admin_print_time("created", space->created),
        admin_print_text("name", space->name),
    };

    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), pool);
    return NULL;
}

const was_error_t *admin_spaces(admin_t *admin)
{
    return admin_each_space(admin, print_space);
}

static const was_error_t *print_space_usage(admin_t *admin, const was_admin_space_t *space,
                                            apr_pool_t *pool)
{
    was_admin_details_t details;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    const was_error_t *error =
        was_admin_spaces_show(admin->db, space->protocol, space->id, &details, scratch);

    if (error == NULL) {
        const admin_field_t fields[] = {
            admin_print_text("protocol", was_admin_protocol_name(space->protocol)),
            admin_print_text("space", space->id),
            admin_print_text("controller", details.space.controller),
            admin_print_number("resources", details.resources),
            admin_print_number("bytes", details.bytes),
        };

        admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), scratch);
    }
    /* One that was deleted since it was listed is none. */
    if (error == NULL || error->kind == WAS_ERROR_NOT_FOUND) {
        apr_pool_destroy(scratch);
        return NULL;
    }
    return error;
}

static void print_usage(admin_t *admin, const was_admin_usage_t *usage, apr_pool_t *pool)
{
    const admin_field_t fields[] = {
        admin_print_text("controller", usage->controller),
        admin_print_number("classic", usage->spaces[WAS_ADMIN_CLASSIC]),
        admin_print_number("pws", usage->spaces[WAS_ADMIN_PWS]),
        admin_print_number("resources", usage->resources),
        admin_print_number("bytes", usage->bytes),
    };

    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), pool);
}

static const was_error_t *list_usage(admin_t *admin)
{
    apr_pool_t *pools[2];
    const char *after = "";
    int turn = 0;

    for (int i = 0; i < 2; i++) {
        apr_pool_create(&pools[i], admin->pool);
    }
    /* The controller of one turn is where the next one begins. */
    for (bool is_more = true; is_more; turn = 1 - turn) {
        was_admin_usage_t usage;

        apr_pool_clear(pools[turn]);
        WAS_TRY(was_admin_spaces_usage(admin->db, after, &usage, pools[turn]));
        is_more = usage.controller != NULL;
        if (is_more) {
            print_usage(admin, &usage, pools[turn]);
            after = usage.controller;
        }
    }
    return NULL;
}

const was_error_t *admin_usage(admin_t *admin)
{
    const bool by_space = admin->by != NULL && strcmp(admin->by, "space") == 0;

    if (admin->by != NULL && !by_space && strcmp(admin->by, "controller") != 0) {
        return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL,
                              "--by is controller or space");
    }
    if (by_space || admin->controller != NULL) {
        return admin_each_space(admin, print_space_usage);
    }
    if (admin->protocol != WAS_ADMIN_PROTOCOLS) {
        return was_error_make(admin->pool, WAS_ERROR_MALFORMED, NULL,
                              "--protocol needs --by space: a controller has spaces of both");
    }
    return list_usage(admin);
}

const was_error_t *admin_find(admin_t *admin, was_admin_details_t *details)
{
    int found = 0;

    for (int i = 0; i < WAS_ADMIN_PROTOCOLS; i++) {
        if (admin->protocol != WAS_ADMIN_PROTOCOLS && admin->protocol != i) {
            continue;
        }
        const was_error_t *error = was_admin_spaces_show(admin->db, (was_admin_protocol_t)i,
                                                         admin->argument, details, admin->pool);

        if (error != NULL && error->kind != WAS_ERROR_NOT_FOUND) {
            return error;
        }
        found += error == NULL;
    }
    if (found > 1) {
        return was_error_make(admin->pool, WAS_ERROR_CONFLICT, NULL,
                              "there is a space %s under both protocols: say --protocol classic or "
                              "--protocol pws",
                              admin->argument);
    }
    return found == 1 ? NULL
                      : was_error_make(admin->pool, WAS_ERROR_NOT_FOUND, NULL,
                                       "there is no space %s", admin->argument);
}

const was_error_t *admin_show(admin_t *admin)
{
    was_admin_details_t details;

    WAS_TRY(admin_find(admin, &details));
    const was_admin_space_t *space = &details.space;
    const admin_field_t fields[] = {
        admin_print_text("protocol", was_admin_protocol_name(space->protocol)),
        admin_print_text("space", space->id),
        admin_print_text("controller", space->controller),
        admin_print_text("state", state_of(space)),
        admin_print_text("name", space->name),
        admin_print_text("type", details.type),
        admin_print_text("link", details.link),
        admin_print_text("createdBy", details.created_by),
        admin_print_time("created", space->created),
        admin_print_time("updated", details.updated),
        admin_print_number("collections", details.collections),
        admin_print_number("resources", details.resources),
        admin_print_number("bytes", details.bytes),
        admin_print_number("policies", details.policies),
        admin_print_boolean("ownPolicy", details.has_policy),
        admin_print_number("revocations", details.revocations),
        admin_print_number("backends", details.backends),
    };

    admin_print_sheet(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), admin->pool);
    return NULL;
}
