/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SQL_H
#define WAS_SQL_H

#include <stdbool.h>

/*
 * was_sql: every statement that a request can run, by name. Text only: was_db runs them, the typed
 * verbs (was_spaces, was_resources) know what goes in and out.
 *
 * Rules that all of them keep:
 * - every table in a statement is filtered by the same space_uuid (listing a controller's spaces is
 *   the one exception), so that the tables shard or partition by it;
 * - a write carries its right: the space's row, the caller and the preconditions are in its WHERE;
 *   no row back means absent, forbidden or precondition failed, and a LOOK tells which;
 * - no data-modifying CTE, no trigger, no join across spaces.
 *
 * A version's validator is made of when the row was last written by us and of its xmin. The xmin
 * changes with every write, also of a server that knows nothing of our columns; the time keeps a
 * validator from coming back when a row is deleted and made again, or when transaction ids restart
 * in a restored database. The same comparison tells whether `revised` can be trusted as the time of
 * the last change: only if the transaction that wrote the row is the one that we noted in it.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define WAS_SQL_ETAG(t) \
    "(to_hex((extract(epoch FROM " t ".revised) * 1000000)::bigint) || '-' ||" \
    " to_hex(" t ".xmin::text::bigint))"

/* Unix seconds of the last change; NULL when somebody else wrote the row after us. */
#define WAS_SQL_MODIFIED(t) \
    "(CASE WHEN " t ".written::xid = " t ".xmin" \
    " THEN floor(extract(epoch FROM " t ".revised))::bigint END)"

/* The caller controls the space s: its DID is stored plain, or as the DID URL of its key (what
 * follows "did:key:" again, behind a '#'). A NULL caller controls nothing. */
#define WAS_SQL_CALLER(caller) \
    "coalesce(s.controller IN (" caller ", " caller " || '#' || substr(" caller ", 9)), false)"

/* Preconditions (RFC 9110 section 13.1) of the row t: arrays of validators, `{*}` for any, NULL for
 * no condition; Unix seconds for If-Unmodified-Since, which a row without a known time ignores. */
#define WAS_SQL_CONDITIONS(t, match, none_match, since) \
    "(" match "::text[] IS NULL OR " match "::text[] = '{*}'" \
    " OR " WAS_SQL_ETAG(t) " = ANY (" match "::text[]))" \
    " AND (" none_match "::text[] IS NULL OR NOT (" none_match "::text[] = '{*}'" \
    " OR " WAS_SQL_ETAG(t) " = ANY (" none_match "::text[])))" \
    " AND (" since "::bigint IS NULL OR " t ".written::xid <> " t ".xmin" \
    " OR floor(extract(epoch FROM " t ".revised)) <= " since "::bigint)"

#define WAS_SQL_NOW "revised = now(), written = pg_current_xact_id()"

/* The space that a write is about, of this protocol, and under the caller's control. */
#define WAS_SQL_OWN_SPACE "s.space_uuid = $1 AND s.protocol = $2 AND " WAS_SQL_CALLER("$3::text")

#define WAS_SQL_SET_SPACE \
    " SET controller = $4::text," \
    " name = CASE WHEN $5::boolean THEN $6::text ELSE s.name END," \
    " link = CASE WHEN $7::boolean THEN $8::text ELSE s.link END, " WAS_SQL_NOW \
    " WHERE " WAS_SQL_OWN_SPACE " AND " WAS_SQL_CONDITIONS("s", "$9", "$10", "$11") \
    " RETURNING " WAS_SQL_ETAG("s")

/* A resource's row, from a content that is a parameter or the staged upload. */
#define WAS_SQL_PUT_RESOURCE(content) \
    "INSERT INTO was_resources AS r (space_uuid, path, content, content_type)" \
    " SELECT s.space_uuid, $4::text, " content ", $5::text FROM was_spaces s" \
    " WHERE " WAS_SQL_OWN_SPACE \
    " ON CONFLICT (space_uuid, path) DO UPDATE" \
    " SET content = EXCLUDED.content, content_type = EXCLUDED.content_type, " WAS_SQL_NOW \
    " WHERE " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") \
    " RETURNING " WAS_SQL_ETAG("r")

#define WAS_SQL_REPLACE_RESOURCE(content) \
    "UPDATE was_resources r SET content = " content ", content_type = $5::text, " WAS_SQL_NOW \
    " FROM was_spaces s WHERE " WAS_SQL_OWN_SPACE \
    " AND r.space_uuid = $1 AND r.path = $4::text" \
    " AND " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") \
    " RETURNING " WAS_SQL_ETAG("r")

#define WAS_SQL_STAGED "(SELECT u.content FROM pg_temp.was_upload u)"

/* Name, whether it writes, text; above each, its parameters in order -> its columns. */
#define WAS_SQL_STATEMENTS(X) \
    X(PING, false, "SELECT 1") \
    \
    /* uuid, protocol, caller -> a row of was_space_t, the caller's? */ \
    X(SPACE_GET, false, \
      "SELECT s.space_id, s.controller, s.name, s.link, " WAS_SQL_ETAG("s") "," \
      " " WAS_SQL_MODIFIED("s") ", " WAS_SQL_CALLER("$3::text") \
      " FROM was_spaces s WHERE s.space_uuid = $1 AND s.protocol = $2") \
    \
    /* uuid, protocol, caller -> of this protocol?, the caller's?; of invisible spaces too */ \
    X(SPACE_LOOK, false, \
      "SELECT s.protocol = $2, " WAS_SQL_CALLER("$3::text") \
      " FROM was_spaces s WHERE s.space_uuid = $1") \
    \
    /* protocol, caller, after, limit -> uuid, space_id, controller */ \
    X(SPACE_LIST, false, \
      "(SELECT s.space_uuid, s.space_id, s.controller FROM was_spaces s" \
      " WHERE s.protocol = $1 AND s.controller = $2::text AND s.space_uuid > $3::text" \
      " ORDER BY s.space_uuid LIMIT $4::bigint)" \
      " UNION ALL" \
      " (SELECT s.space_uuid, s.space_id, s.controller FROM was_spaces s" \
      " WHERE s.protocol = $1 AND s.controller = $2::text || '#' || substr($2::text, 9)" \
      " AND s.space_uuid > $3::text" \
      " ORDER BY s.space_uuid LIMIT $4::bigint)" \
      " ORDER BY 1 LIMIT $4::bigint") \
    \
    /* uuid, protocol, caller, controller, set name?, name, set link?, link, 3 conditions, and for \
     * the creation only: space_id -> validator */ \
    X(SPACE_PUT, true, \
      "INSERT INTO was_spaces AS s (space_uuid, protocol, controller, space_id, name, link)" \
      " VALUES ($1, $2, $4::text, $12::text, $6::text, $8::text)" \
      " ON CONFLICT (space_uuid) DO UPDATE" WAS_SQL_SET_SPACE) \
    X(SPACE_UPDATE, true, "UPDATE was_spaces s" WAS_SQL_SET_SPACE) \
    \
    /* uuid, protocol, controller, space_id, name, link -> validator */ \
    X(SPACE_INSERT, true, \
      "INSERT INTO was_spaces AS s (space_uuid, protocol, controller, space_id, name, link)" \
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING" \
      " RETURNING " WAS_SQL_ETAG("s")) \
    \
    /* uuid, protocol, caller, 3 conditions -> a row */ \
    X(SPACE_DELETE, true, \
      "DELETE FROM was_spaces s WHERE " WAS_SQL_OWN_SPACE \
      " AND " WAS_SQL_CONDITIONS("s", "$4", "$5", "$6") " RETURNING 1") \
    \
    /* uuid, protocol, caller, path, anyone?, length -> link, allowed?, a row of was_resource_t */ \
    X(RESOURCE_GET, false, \
      "SELECT s.link, ($5::boolean OR " WAS_SQL_CALLER("$3::text") "), r.content_type," \
      " octet_length(r.content)::bigint, " WAS_SQL_ETAG("r") ", " WAS_SQL_MODIFIED("r") "," \
      " CASE WHEN $5::boolean OR " WAS_SQL_CALLER("$3::text") \
      " THEN substring(r.content FROM 1 FOR $6::bigint::integer) END" \
      " FROM was_spaces s" \
      " LEFT JOIN was_resources r ON r.space_uuid = $1 AND r.path = $4::text" \
      " WHERE s.space_uuid = $1 AND s.protocol = $2") \
    \
    /* uuid, path, validator, first byte counted from 1, length -> bytes */ \
    X(RESOURCE_PIECE, false, \
      "SELECT substring(r.content FROM $4::bigint::integer FOR $5::bigint::integer)" \
      " FROM was_resources r" \
      " WHERE r.space_uuid = $1 AND r.path = $2 AND " WAS_SQL_ETAG("r") " = $3::text") \
    \
    /* uuid, after, limit -> path, type, size, validator, seconds */ \
    X(RESOURCE_LIST, false, \
      "SELECT r.path, r.content_type, octet_length(r.content)::bigint," \
      " " WAS_SQL_ETAG("r") ", " WAS_SQL_MODIFIED("r") " FROM was_resources r" \
      " WHERE r.space_uuid = $1 AND r.path > $2::text ORDER BY r.path LIMIT $3::bigint") \
    \
    /* uuid, protocol, caller, path, type, 3 conditions, content unless staged -> validator */ \
    X(RESOURCE_PUT, true, WAS_SQL_PUT_RESOURCE("$9::bytea")) \
    X(RESOURCE_PUT_STAGED, true, WAS_SQL_PUT_RESOURCE(WAS_SQL_STAGED)) \
    X(RESOURCE_REPLACE, true, WAS_SQL_REPLACE_RESOURCE("$9::bytea")) \
    X(RESOURCE_REPLACE_STAGED, true, WAS_SQL_REPLACE_RESOURCE(WAS_SQL_STAGED)) \
    \
    /* uuid, protocol, caller, path, 3 conditions -> a row */ \
    X(RESOURCE_DELETE, true, \
      "DELETE FROM was_resources r USING was_spaces s WHERE " WAS_SQL_OWN_SPACE \
      " AND r.space_uuid = $1 AND r.path = $4::text" \
      " AND " WAS_SQL_CONDITIONS("r", "$5", "$6", "$7") " RETURNING 1") \
    \
    /* uuid, protocol, caller, path -> the caller's?, is there a resource? */ \
    X(RESOURCE_LOOK, false, \
      "SELECT " WAS_SQL_CALLER("$3::text") ", r.path IS NOT NULL FROM was_spaces s" \
      " LEFT JOIN was_resources r ON r.space_uuid = $1 AND r.path = $4::text" \
      " WHERE s.space_uuid = $1 AND s.protocol = $2") \
    \
    /* A new backend's settings; -> its statement_timeout in milliseconds */ \
    X(SETTINGS, false, \
      "SELECT set_config('client_encoding', 'UTF8', false)," \
      " set_config('statement_timeout', CASE current_setting('statement_timeout')" \
      " WHEN '0' THEN '30s' ELSE current_setting('statement_timeout') END, false);" \
      "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'") \
    \
    /* Where an upload waits for its write. EXTERNAL: compressing what is read once costs time. */ \
    X(STAGE, true, \
      "CREATE TEMPORARY TABLE IF NOT EXISTS was_upload (content bytea) ON COMMIT DELETE ROWS;" \
      "ALTER TABLE pg_temp.was_upload ALTER content SET STORAGE EXTERNAL") \
    X(COPY, true, "COPY pg_temp.was_upload FROM STDIN (FORMAT binary)")

/* clang-format on */

typedef enum was_sql_t {
#define WAS_SQL_ENUM(name, writes, text) WAS_SQL_##name,
    WAS_SQL_STATEMENTS(WAS_SQL_ENUM)
#undef WAS_SQL_ENUM
        WAS_SQL_COUNT
} was_sql_t;

typedef struct was_sql_statement_t {
    const char *name; /* of the prepared statement: "was_space_get" */
    bool writes;      /* what a lost connection leaves uncertain */
    const char *text;
} was_sql_statement_t;

const was_sql_statement_t *was_sql_statement(was_sql_t statement);

#endif
