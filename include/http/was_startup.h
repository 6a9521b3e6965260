/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_STARTUP_H
#define WAS_STARTUP_H

#include "store/was_db.h"

#include <httpd.h>

#include <stdbool.h>

/*
 * was_startup: what the operator is told when httpd starts, because a client would only see what
 * comes of it: one line for each thing that is not as it should be.
 */

/* What is worth knowing of the database behind a connection string that can be used, whose schema
 * is WAS_SCHEMA_VERSION and which `db` was prepared with: its name and version beside the module's,
 * and whether Citus keeps the tables (NOTICE), a pooler in front of it (NOTICE, or WARNING where
 * that costs), an encoding that is not UTF8, who else has a hand in the tables (WARNING). */
void was_startup_report_database(const char *params, const was_db_t *db, server_rec *server,
                                 apr_pool_t *pool);

/* Opens the connections of a child before it takes requests: all of the pool, but no more than it
 * has threads. WARNING where that fails; requests try again. */
void was_startup_connect(was_db_t *db, int connections, server_rec *server, apr_pool_t *pchild);

/*
 * Whether long bodies can wait in the spool's directory, as the user that the children will be; ERR
 * where they cannot: all else is served, and the directory may come later. Groups of that user
 * beside its own are not known here. False, after a line at EMERG: httpd is not who it was, and
 * must not go on.
 */
bool was_startup_check_spool(server_rec *server, apr_pool_t *pool);

#endif
