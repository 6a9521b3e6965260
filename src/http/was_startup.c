/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_startup: lines for the operator when httpd starts. Owns what is worth one, and its words.
 * Refuses to know how a database is reached and a file is made, and to stop what can be served.
 */

#include "http/was_startup.h"

#include "http/was_spool.h"
#include "store/was_schema.h"
#include "store/was_session.h"

#include <ap_mpm.h>
#include <http_config.h>
#include <http_log.h>
#include <unixd.h>

#include <string.h>
#include <unistd.h>

APLOG_USE_MODULE(was);

static void report_pooler(was_session_pooler_t pooler, server_rec *server)
{
    if (pooler == WAS_POOLER_KEEPS_NAMES) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "a pooler stands before PostgreSQL, and keeps prepared statements for us");
    }
    else if (pooler == WAS_POOLER_FORGETS_NAMES) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "a pooler stands before PostgreSQL, and keeps no prepared statements for us: "
                     "all works, but each request costs the database more, since it is parsed and "
                     "planned anew; PgBouncer 1.21 or later keeps them with "
                     "pool_mode = transaction and max_prepared_statements = 200");
    }
}

static void report_versions(const was_session_facts_t *facts, bool is_distributed,
                            server_rec *server)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                 "mod_was " WAS_VERSION ": schema %d in database \"%s\" of PostgreSQL %s%s",
                 WAS_SCHEMA_VERSION, facts->database, facts->version,
                 is_distributed ? ", distributed by Citus" : "");
}

static void report_encoding(const char *encoding, server_rec *server)
{
    if (strcmp(encoding, "UTF8") != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "the database's encoding is %s and should be UTF8: paths and names that it "
                     "cannot hold get 400, or, in SQL_ASCII, are no text to it",
                     encoding);
    }
}

/* Who else has a hand in the tables. */
static void report_schema(const char *params, server_rec *server, apr_pool_t *pool)
{
    apr_array_header_t *sentences = apr_array_make(pool, 4, sizeof(const char *));

    if (was_schema_review(params, sentences, pool) != NULL) {
        return;
    }
    for (int i = 0; i < sentences->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "%s",
                     APR_ARRAY_IDX(sentences, i, const char *));
    }
}

void was_startup_report_database(const char *params, const was_db_t *db, server_rec *server,
                                 apr_pool_t *pool)
{
    was_session_facts_t facts;

    /* Whether there is a database at all is said elsewhere. */
    if (was_session_find_facts(params, &facts, pool) == NULL) {
        report_versions(&facts, was_db_is_distributed(db), server);
        report_encoding(facts.encoding, server);
        report_pooler(facts.pooler, server);
        report_schema(params, server, pool);
    }
}

void was_startup_connect(was_db_t *db, int connections, server_rec *server, apr_pool_t *pchild)
{
    apr_pool_t *scratch;
    int threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    int most = threads > 1 ? threads : 1;

    apr_pool_create(&scratch, pchild);
    const was_error_t *error = was_db_open(db, connections < most ? connections : most, scratch);
    if (error != NULL) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "the connections of a child could not be opened before its first request: %s",
                     was_error_chain(error, scratch));
    }
    apr_pool_destroy(scratch);
}

/* Only who started as root can become somebody else, and come back. */
static bool become_user(uid_t user, gid_t group)
{
    return seteuid(0) == 0 && setegid(group) == 0 && seteuid(user) == 0;
}

bool was_startup_check_spool(server_rec *server, apr_pool_t *pool)
{
    gid_t group = getegid();
    bool is_root = geteuid() == 0;

    if (is_root && !become_user(ap_unixd_config.user_id, ap_unixd_config.group_id)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, server,
                     "whether the children can write in the directory that long bodies wait in is "
                     "not known");
        return become_user(0, group);
    }
    const was_error_t *error = was_spool_check(pool);
    if (is_root && !become_user(0, group)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, errno, server, "cannot become root again");
        return false;
    }
    if (error != NULL) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "long bodies of contents that are stored in rows have no directory to wait in "
                     "(TMPDIR) and get 503 until they have: %s",
                     was_error_chain(error, pool));
    }
    return true;
}
