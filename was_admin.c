/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin: the operator's program, from its start to its exit code; no logic of its own.
 */

#include "admin/admin_line.h"
#include "base/was_json.h"

#include <apr_general.h>

#include <stdio.h>

int main(int argc, const char *const *argv)
{
    admin_t admin = {.protocol = WAS_ADMIN_PROTOCOLS};

    if (apr_app_initialize(&argc, &argv, NULL) != APR_SUCCESS ||
        apr_pool_create(&admin.pool, NULL) != APR_SUCCESS) {
        fprintf(stderr, "was-admin: the system has no memory to give\n");
        return ADMIN_UNAVAILABLE;
    }
    was_json_init();
    admin_exit_t end = admin_line_run(&admin, argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "was-admin: not all could be written to standard output\n");
        end = ADMIN_PARTLY;
    }
    apr_pool_destroy(admin.pool);
    apr_terminate();
    return end;
}
