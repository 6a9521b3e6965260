/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef ADMIN_LINE_H
#define ADMIN_LINE_H

#include "admin/admin.h"

/* admin_line: what the operator says on the command line, and what comes of it. */

/* Does what the line says; `admin` has its pool, and nothing else that was said. What is wrong was
 * printed when it returns. */
admin_exit_t admin_line_run(admin_t *admin, int argc, const char *const *argv);

#endif
