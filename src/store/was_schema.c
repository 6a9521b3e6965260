/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The tables and how they came to be: numbered steps, each applied once. Owns all DDL. Refuses to
 * know connections and statements of requests.
 *
 * A step that was released is never changed; a new one is added behind it. Steps add tables and
 * columns: the Python server works on the same tables, before and after.
 */

#include "store/was_schema.h"
#include "store/was_db.h"

#include <apr_strings.h>

/* Any number will do that nobody else locks. */
#define LOCK_KEY "3141592653589793"

/* How long a question about the schema may take, the wait for the lock included; and a step. */
enum { ASK_SECONDS = 12, STEP_SECONDS = 600 };

static const char *const steps[WAS_SCHEMA_VERSION] = {
    /* 1: the Python server's tables, and what we need beside its columns. now() and
     * pg_current_xact_id() are stable, so that adding them as defaults rewrites no row. */
    "CREATE TABLE IF NOT EXISTS was_spaces ("
    " space_uuid text PRIMARY KEY, space_id text NOT NULL, controller text NOT NULL);"
    "CREATE INDEX IF NOT EXISTS idx_spaces_controller ON was_spaces (controller);"
    "CREATE TABLE IF NOT EXISTS was_resources ("
    " space_uuid text NOT NULL REFERENCES was_spaces (space_uuid) ON DELETE CASCADE,"
    " path text NOT NULL, content bytea NOT NULL, content_type text NOT NULL,"
    " PRIMARY KEY (space_uuid, path));"
    "ALTER TABLE was_spaces"
    " ADD COLUMN IF NOT EXISTS protocol text NOT NULL DEFAULT 'classic',"
    " ADD COLUMN IF NOT EXISTS name text,"
    " ADD COLUMN IF NOT EXISTS link text,"
    " ADD COLUMN IF NOT EXISTS revised timestamptz NOT NULL DEFAULT now(),"
    " ADD COLUMN IF NOT EXISTS written xid8 NOT NULL DEFAULT pg_current_xact_id();"
    "ALTER TABLE was_resources"
    " ADD COLUMN IF NOT EXISTS revised timestamptz NOT NULL DEFAULT now(),"
    " ADD COLUMN IF NOT EXISTS written xid8 NOT NULL DEFAULT pg_current_xact_id(),"
    /* Contents are read in pieces; of a compressed one every piece costs the whole prefix. */
    " ALTER COLUMN content SET STORAGE EXTERNAL;"
    /* Pages of a controller's spaces, in order. */
    "CREATE INDEX IF NOT EXISTS was_spaces_controller_uuid ON was_spaces (controller, space_uuid);",

    /* 2: Portable Web Spaces. A resource of a collection is a row of was_resources; what is noted
     * beside it is a row of its own, so that its validator does not move with the content's.
     * Everything goes with what it belongs to. Ids compare by code units, as listings are. */
    "ALTER TABLE was_spaces ADD COLUMN IF NOT EXISTS created_by text;"
    "CREATE TABLE IF NOT EXISTS was_collections ("
    " space_uuid text NOT NULL REFERENCES was_spaces (space_uuid) ON DELETE CASCADE,"
    " collection text COLLATE \"C\" NOT NULL, name text, backend text, encryption text,"
    " plaintext text, generator text, generator_origin text, custom text, epoch text,"
    " created_by text, created timestamptz NOT NULL DEFAULT now(),"
    " revised timestamptz NOT NULL DEFAULT now(),"
    " written xid8 NOT NULL DEFAULT pg_current_xact_id(),"
    " PRIMARY KEY (space_uuid, collection));"
    "ALTER TABLE was_resources"
    " ADD COLUMN IF NOT EXISTS collection text COLLATE \"C\", ADD COLUMN IF NOT EXISTS created_by "
    "text,"
    " ADD COLUMN IF NOT EXISTS epoch text, ADD COLUMN IF NOT EXISTS writer text,"
    " ADD COLUMN IF NOT EXISTS created timestamptz NOT NULL DEFAULT now();"
    /* Every row is without a collection yet: nothing needs to be looked at. */
    "ALTER TABLE was_resources DROP CONSTRAINT IF EXISTS was_resources_collection,"
    " ADD CONSTRAINT was_resources_collection"
    " FOREIGN KEY (space_uuid, collection) REFERENCES was_collections ON DELETE CASCADE NOT VALID;"
    "CREATE INDEX IF NOT EXISTS was_resources_collection_path ON was_resources"
    " (space_uuid, collection, path COLLATE \"C\") WHERE collection IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS was_resource_meta ("
    " space_uuid text NOT NULL, path text NOT NULL, custom text, epoch text, writer text,"
    " revised timestamptz NOT NULL DEFAULT now(),"
    " written xid8 NOT NULL DEFAULT pg_current_xact_id(),"
    " PRIMARY KEY (space_uuid, path),"
    " FOREIGN KEY (space_uuid, path) REFERENCES was_resources ON DELETE CASCADE);"
    "CREATE TABLE IF NOT EXISTS was_space_policies ("
    " space_uuid text PRIMARY KEY REFERENCES was_spaces ON DELETE CASCADE, document text NOT NULL);"
    "CREATE TABLE IF NOT EXISTS was_collection_policies ("
    " space_uuid text NOT NULL, collection text COLLATE \"C\" NOT NULL, document text NOT NULL,"
    " PRIMARY KEY (space_uuid, collection),"
    " FOREIGN KEY (space_uuid, collection) REFERENCES was_collections ON DELETE CASCADE);"
    "CREATE TABLE IF NOT EXISTS was_resource_policies ("
    " space_uuid text NOT NULL, path text NOT NULL, document text NOT NULL,"
    " PRIMARY KEY (space_uuid, path),"
    " FOREIGN KEY (space_uuid, path) REFERENCES was_resources ON DELETE CASCADE);"
    /* Places that a client registered for its collections; descriptor is what may be shown. */
    "CREATE TABLE IF NOT EXISTS was_backends ("
    " space_uuid text NOT NULL REFERENCES was_spaces ON DELETE CASCADE,"
    " backend text COLLATE \"C\" NOT NULL, descriptor text NOT NULL,"
    " PRIMARY KEY (space_uuid, backend));"
    /* link is a capability's id and who delegated it. */
    "CREATE TABLE IF NOT EXISTS was_revocations ("
    " space_uuid text NOT NULL REFERENCES was_spaces ON DELETE CASCADE, link text NOT NULL,"
    " keep_until timestamptz NOT NULL, PRIMARY KEY (space_uuid, link));",

    /* 3: pages of a controller's spaces of one protocol, however many of the other lie between. */
    "CREATE INDEX IF NOT EXISTS was_spaces_controller_protocol_uuid"
    " ON was_spaces (controller, protocol, space_uuid);"
    "DROP INDEX IF EXISTS was_spaces_controller_uuid;",
};

/* The version that the database has: 0 for none of ours. */
static const was_error_t *read_version(was_session_t *session, int *version, apr_pool_t *pool)
{
    const was_rows_t *rows;

    *version = 0;
    WAS_TRY(was_session_run(session, "SELECT to_regclass('was_schema_version') IS NOT NULL",
                            ASK_SECONDS, &rows, pool));
    if (was_rows_text(rows, 0, 0)[0] != 't') {
        return NULL;
    }
    /* Somebody may have dropped the tables and left their version. */
    WAS_TRY(was_session_run(session,
                            apr_psprintf(pool,
                                         "SELECT CASE WHEN max(version) > %d"
                                         " OR to_regclass('was_spaces') IS NOT NULL"
                                         " AND to_regclass('was_resources') IS NOT NULL"
                                         " THEN coalesce(max(version), 0) ELSE 0 END"
                                         " FROM was_schema_version",
                                         WAS_SCHEMA_VERSION),
                            ASK_SECONDS, &rows, pool));
    *version = (int)apr_atoi64(was_rows_text(rows, 0, 0));
    return NULL;
}

static const was_error_t *refuse_newer(int version, apr_pool_t *pool)
{
    if (version <= WAS_SCHEMA_VERSION) {
        return NULL;
    }
    return was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                         "the database has schema version %d, this mod_was knows %d: "
                         "install the newer mod_was",
                         version, WAS_SCHEMA_VERSION);
}

static const was_error_t *apply(was_session_t *session, int step, apr_pool_t *pool)
{
    const was_error_t *error = was_session_run(session, steps[step - 1], STEP_SECONDS, NULL, pool);

    if (error == NULL) {
        error = was_session_run(session,
                                apr_psprintf(pool,
                                             "INSERT INTO was_schema_version (version) VALUES (%d)"
                                             " ON CONFLICT DO NOTHING",
                                             step),
                                ASK_SECONDS, NULL, pool);
    }
    return error == NULL ? NULL : was_error_wrap(pool, error, "schema step %d", step);
}

static const was_error_t *upgrade(was_session_t *session, apr_pool_t *pool)
{
    const was_error_t *error;
    int version, step;

    error = was_session_run(session,
                            "BEGIN; SET LOCAL statement_timeout = 0;"
                            "SET LOCAL lock_timeout = '5s';"
                            "SELECT pg_advisory_xact_lock(" LOCK_KEY ");"
                            "CREATE TABLE IF NOT EXISTS was_schema_version ("
                            " version integer PRIMARY KEY,"
                            " applied timestamptz NOT NULL DEFAULT now())",
                            ASK_SECONDS, NULL, pool);
    if (error != NULL) {
        return was_error_wrap(pool, error, "schema");
    }
    /* Another server may have done it while we waited for the lock. */
    WAS_TRY(read_version(session, &version, pool));
    WAS_TRY(refuse_newer(version, pool));
    for (step = version + 1; step <= WAS_SCHEMA_VERSION; step++) {
        WAS_TRY(apply(session, step, pool));
    }
    return was_session_run(session, "COMMIT", ASK_SECONDS, NULL, pool);
}

const was_error_t *was_schema_ensure(const char *params, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    was_session_t *session;
    const was_error_t *error;
    int version = 0;

    apr_pool_create(&scratch, pool);
    error = was_session_open(params, &session, scratch);
    if (error == NULL) {
        error = read_version(session, &version, scratch);
    }
    if (error == NULL) {
        error = refuse_newer(version, scratch);
    }
    if (error == NULL && version < WAS_SCHEMA_VERSION) {
        error = upgrade(session, scratch);
    }
    if (error != NULL) {
        /* Whatever is wrong, it is no request's fault, and it may be mended while we run. The text
         * must outlive the connection that it is about. */
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s", was_error_chain(error, scratch));
    }
    apr_pool_destroy(scratch);
    return error;
}
