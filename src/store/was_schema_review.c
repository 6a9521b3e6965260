/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_schema_review: who else has a hand in our tables. Owns what is worth a sentence at start-up.
 * Refuses to mend anything: who put it there may have a reason.
 */

#include "store/was_schema.h"

#include "store/was_qualify.h"
#include "was_schema_session.h"

#include <apr_strings.h>

enum { REVIEW_SECONDS = 12 };

/* Each column is a list of names, or NULL; superusers may do anything anyway. */
#define REVIEW                                                                                     \
    "SELECT (SELECT string_agg(DISTINCT CASE a.grantee WHEN 0::oid THEN 'PUBLIC'"                  \
    " ELSE quote_ident(a.grantee::regrole::text) END, ', ') FROM pg_namespace n,"                  \
    " aclexplode(n.nspacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee WHERE n.oid = t.schema"     \
    " AND a.privilege_type = 'CREATE' AND a.grantee NOT IN (n.nspowner, t.me)"                     \
    " AND g.rolsuper IS NOT TRUE),"                                                                \
    " (SELECT string_agg(c.relname || ' of ' || o.rolname, ', ' ORDER BY c.relname)"               \
    " FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner WHERE c.relnamespace = t.schema"       \
    " AND c.relname = ANY (t.names) AND c.relowner <> t.me AND NOT o.rolsuper),"                   \
    " (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c"                      \
    " WHERE c.relnamespace = t.schema AND c.relname = ANY (t.names)"                               \
    " AND c.relkind NOT IN ('r', 'p')),"                                                           \
    " (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c"                      \
    " WHERE c.relnamespace = t.schema AND c.relname = ANY (t.names) AND c.relrowsecurity)"         \
    " FROM (SELECT c.relnamespace AS schema, r.oid AS me, '%s'::name[] AS names FROM pg_class c,"  \
    " pg_roles r WHERE c.oid = to_regclass('was_schema_version') AND r.rolname = current_user) t"

/* By column; what it says is followed by the names. */
static const char *const findings[] = {
    ("others may create in the schema of the tables, where REVOKE CREATE ON SCHEMA would keep them "
     "from making tables that are taken for ours: "),
    "tables belong to other roles, which can read and change all that is in them: ",
    "these are no tables, and what they show somebody else decides: ",
    "row security is on, and may hide rows from the module or keep it from writing: ",
};
enum { FINDINGS = sizeof(findings) / sizeof(findings[0]) };

static const was_error_t *review_session(was_session_t *session, void *baton, apr_pool_t *pool)
{
    apr_array_header_t *sentences = baton;
    const char *schema;
    const was_rows_t *rows;

    WAS_TRY(was_schema_find(session, &schema, pool));
    /* The names of the list are not to be qualified. */
    const char *sql = apr_psprintf(pool, REVIEW, was_qualify_tables(pool));

    WAS_TRY(was_schema_run(session, schema, sql, REVIEW_SECONDS, &rows, pool));
    for (int i = 0; i < FINDINGS && was_rows_count(rows) > 0; i++) {
        const char *names = was_rows_text(rows, 0, i);

        if (names != NULL) {
            APR_ARRAY_PUSH(sentences, const char *) =
                apr_pstrcat(sentences->pool, findings[i], names, NULL);
        }
    }
    return NULL;
}

const was_error_t *was_schema_review(const char *params, apr_array_header_t *sentences,
                                     apr_pool_t *pool)
{
    return was_session_once(params, review_session, sentences, pool);
}
