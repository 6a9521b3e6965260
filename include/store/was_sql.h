/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SQL_H
#define WAS_SQL_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_sql: the names of all statements, how many values each takes, and whether it writes. Their
 * texts are private to the store, a file per protocol and noun; was_db runs them, and the typed
 * verbs know what goes in and out.
 *
 * Rules that all keep which a request can run:
 * - every table in a statement is filtered by the same space_uuid (listing and counting a
 *   controller's spaces are the exceptions, and finding what is to be swept), so that the tables
 *   shard or partition by it;
 * - a write carries its right and its preconditions in its WHERE, or stands behind one that did in
 *   the same transaction; no row back means absent, forbidden or precondition failed, and a read
 *   tells which;
 * - no data-modifying CTE, no trigger, no join across spaces, no advisory lock;
 * - pws alone: no system column, and no time but the statement's, which never sets a stamp back.
 */

/* Name, number of values, whether it writes. */
/* clang-format off */
#define WAS_SQL_STATEMENTS(X) \
    X(PING, 0, false) \
    X(SETTINGS, 2, false) \
    X(LOCAL_SETTINGS, 2, false) \
    X(POOLER_PID, 1, false) \
    X(POOLER, 0, false) \
    X(POOLER_FORGET, 0, false) \
    X(BEGIN, 0, true) \
    X(COMMIT, 0, true) \
    X(STAGE, 0, true) \
    X(COPY, 0, true) \
    X(CONTROLLER_LOCK, 1, true) \
    /* the classic protocol */ \
    X(IMPORT_OPEN, 6, false) \
    X(IMPORT_USED, 2, false) \
    X(IMPORT_NAME, 3, true) \
    X(IMPORT_RESOURCE, 5, true) \
    X(IMPORT_PARTS, 6, true) \
    X(IMPORT_GATHERED, 5, true) \
    X(SPACE_GET, 1, false) \
    X(SPACE_OWNER, 2, false) \
    X(SPACE_LIST, 4, false) \
    X(SPACE_PUT, 11, true) \
    X(SPACE_UPDATE, 11, true) \
    X(SPACE_INSERT, 6, true) \
    X(SPACE_CONDITIONS, 4, false) \
    X(SPACE_MARK, 5, true) \
    X(SPACE_DELETE, 1, true) \
    X(SPACE_SWEEP, 1, true) \
    X(SPACE_LOCK, 1, false) \
    X(RESOURCE_GET, 6, false) \
    X(RESOURCE_PIECE, 5, false) \
    X(RESOURCE_LIST, 4, false) \
    X(RESOURCE_ROOM, 7, false) \
    X(RESOURCE_PUT, 7, true) \
    X(RESOURCE_PUT_IF, 10, true) \
    X(RESOURCE_PUT_WITHIN, 10, true) \
    X(RESOURCE_PUT_STAGED, 9, true) \
    X(RESOURCE_PUT_PARTS, 11, true) \
    X(RESOURCE_REPLACE, 10, true) \
    X(RESOURCE_REPLACE_WITHIN, 10, true) \
    X(RESOURCE_REPLACE_STAGED, 9, true) \
    X(RESOURCE_REPLACE_PARTS, 11, true) \
    X(RESOURCE_USAGE, 5, false) \
    X(RESOURCE_DELETE, 6, true) \
    X(RESOURCE_OWNER, 3, false) \
    /* pws: what decides who may, spaces */ \
    X(PWS_AUTHORIZE, 4, false) \
    X(PWS_AUTHORIZE_SPACE, 5, false) \
    X(PWS_ORIGIN, 0, false) \
    X(PWS_SPACE_LOCK, 3, false) \
    X(PWS_SPACE_USAGE, 2, false) \
    X(PWS_SPACE_INSERT, 9, true) \
    X(PWS_SPACE_UPDATE, 8, true) \
    X(PWS_SPACE_STATE, 4, false) \
    X(PWS_SPACE_GET, 1, false) \
    X(PWS_SPACE_LIST, 4, false) \
    X(PWS_SPACE_COUNT, 1, false) \
    X(PWS_SPACE_COUNTERS_LOCK, 3, false) \
    X(PWS_SPACE_SWEEP, 3, true) \
    X(PWS_SPACE_DELETE, 3, true) \
    /* pws: backends, revocations */ \
    X(PWS_BACKEND_LIST, 1, false) \
    X(PWS_BACKEND_GET, 2, false) \
    X(PWS_BACKEND_COUNT, 1, false) \
    X(PWS_BACKEND_RAISE, 8, true) \
    X(PWS_BACKEND_PUT, 4, true) \
    X(PWS_BACKEND_RAISE_DELETE, 5, true) \
    X(PWS_BACKEND_DELETE, 3, true) \
    X(PWS_REVOKE_LOCK, 3, false) \
    X(PWS_REVOKE_RAISE, 7, true) \
    X(PWS_REVOKED_FORGET, 2, true) \
    X(PWS_REVOKE, 4, true) \
    X(PWS_REVOKED_FORGET_ELSEWHERE, 1, true) \
    X(PWS_REVOKE_ELSEWHERE, 4, true) \
    X(PWS_REVOKED, 2, false) \
    /* pws: collections */ \
    X(PWS_COLLECTION_LOCK, 4, false) \
    X(PWS_COLLECTION_INSERT, 16, true) \
    X(PWS_COLLECTION_COUNTER, 3, true) \
    X(PWS_COLLECTION_LIFT, 3, true) \
    X(PWS_COLLECTION_RAISE, 17, true) \
    X(PWS_COLLECTION_CHANGES, 6, false) \
    X(PWS_COLLECTION_MATCHES, 5, false) \
    X(PWS_COLLECTION_UPDATE, 12, true) \
    X(PWS_COLLECTION_GET, 2, false) \
    X(PWS_COLLECTION_STATE, 5, false) \
    X(PWS_COLLECTION_LIST, 5, false) \
    X(PWS_COLLECTION_LIST_ALL, 4, false) \
    X(PWS_COLLECTION_COUNT, 2, false) \
    X(PWS_COLLECTION_RAISE_DELETE, 5, true) \
    X(PWS_COLLECTION_CHARGE, 3, true) \
    X(PWS_COLLECTION_TOMBSTONE, 3, true) \
    X(PWS_COLLECTION_SWEEP, 3, true) \
    X(PWS_COLLECTION_DELETE_COUNTER, 3, true) \
    X(PWS_COLLECTION_DELETE, 2, true) \
    X(PWS_COLLECTION_DELETED, 2, false) \
    /* pws: logs that govern collections */ \
    X(PWS_LOG_GET, 2, false) \
    X(PWS_LOG_LOOK, 11, false) \
    X(PWS_LOG_RAISE, 14, true) \
    X(PWS_LOG_PUT, 4, true) \
    X(PWS_LOG_SHOW, 6, true) \
    /* pws: policies */ \
    X(PWS_POLICY_GET, 3, false) \
    X(PWS_POLICY_MATCHES, 6, false) \
    X(PWS_POLICY_SPACE_RAISE, 9, true) \
    X(PWS_POLICY_SPACE_PUT, 3, true) \
    X(PWS_POLICY_SPACE_RAISE_DELETE, 7, true) \
    X(PWS_POLICY_SPACE_TOMBSTONE, 2, true) \
    X(PWS_POLICY_SPACE_DELETE, 2, true) \
    X(PWS_POLICY_RAISE, 11, true) \
    X(PWS_POLICY_RAISE_DELETE, 9, true) \
    X(PWS_POLICY_PUT, 5, true) \
    X(PWS_POLICY_TOMBSTONE, 4, true) \
    X(PWS_POLICY_DELETE, 4, true) \
    /* pws: resources */ \
    X(PWS_RESOURCE_ROOM, 9, false) \
    X(PWS_RESOURCE_RAISE, 17, true) \
    X(PWS_RESOURCE_RAISE_AT_ONCE, 11, true) \
    X(PWS_RESOURCE_PUT, 13, true) \
    X(PWS_RESOURCE_MATCHES, 6, false) \
    X(PWS_RESOURCE_SAME, 7, false) \
    X(PWS_RESOURCE_GET_HELD, 6, false) \
    X(PWS_RESOURCE_GET_OPEN, 5, false) \
    X(PWS_RESOURCE_PIECE, 6, false) \
    X(PWS_RESOURCE_LIST, 6, false) \
    X(PWS_RESOURCE_SHORT_LIST, 4, false) \
    X(PWS_RESOURCE_COUNT, 2, false) \
    X(PWS_RESOURCE_RAISE_DELETE, 10, true) \
    X(PWS_RESOURCE_TOMBSTONE, 5, true) \
    X(PWS_RESOURCE_SWEEP, 4, true) \
    X(PWS_RESOURCE_CHUNKS, 4, true) \
    X(PWS_RESOURCE_DELETE, 4, true) \
    X(PWS_RESOURCE_META_GET, 3, false) \
    X(PWS_RESOURCE_META_MATCHES, 5, false) \
    X(PWS_RESOURCE_META_RAISE, 15, true) \
    X(PWS_RESOURCE_META_PUT, 8, true) \
    /* pws: chunks */ \
    X(PWS_CHUNK_GET_HELD, 7, false) \
    X(PWS_CHUNK_GET_OPEN, 6, false) \
    X(PWS_CHUNK_PIECE, 7, false) \
    X(PWS_CHUNK_LIST, 5, false) \
    X(PWS_CHUNK_ROOM, 10, false) \
    X(PWS_CHUNK_RAISE, 14, true) \
    X(PWS_CHUNK_CHARGE, 7, true) \
    X(PWS_CHUNK_PUT, 10, true) \
    X(PWS_CHUNK_STATE, 9, false) \
    X(PWS_CHUNK_SAME, 8, false) \
    X(PWS_CHUNK_RAISE_DELETE, 10, true) \
    X(PWS_CHUNK_DISCHARGE, 5, true) \
    X(PWS_CHUNK_DELETE, 5, true) \
    /* pws: what is charged */ \
    X(PWS_USAGE_GET, 2, false) \
    X(PWS_USAGE_LIST, 4, false) \
    /* pws: terms */ \
    X(PWS_TERMS_FORGET, 6, true) \
    X(PWS_TERMS_PUT, 6, true) \
    X(PWS_TERMS_DELETE, 4, true) \
    X(PWS_CLAIMS_FORGET, 4, true) \
    X(PWS_CLAIMS_PUT, 4, true) \
    X(PWS_CLAIMS_DROP, 4, true) \
    X(PWS_CLAIMS_MAKE, 4, true) \
    X(PWS_TERMS_FIND, 8, false) \
    X(PWS_TERMS_COUNT, 7, false) \
    /* pws: changes */ \
    X(PWS_CHANGES_RESOURCES, 9, false) \
    X(PWS_CHANGES_SHORT, 8, false) \
    X(PWS_CHANGES_OTHERS, 8, false) \
    X(PWS_CHANGED, 4, false) \
    /* pws: archives */ \
    X(PWS_ARCHIVE_SPACE, 1, false) \
    X(PWS_ARCHIVE_COLLECTIONS, 4, false) \
    X(PWS_ARCHIVE_RESOURCES, 4, false) \
    X(PWS_ARCHIVE_CHUNKS, 4, false) \
    X(PWS_ARCHIVE_LOG, 2, false) \
    X(PWS_ARCHIVE_PIECE, 6, false) \
    X(PWS_IMPORT_GENERATION, 2, false) \
    X(PWS_IMPORT_OPEN, 2, false) \
    X(PWS_IMPORT_CREATED, 4, true) \
    X(PWS_IMPORT_GOVERNED, 4, true) \
    X(PWS_IMPORT_LOG, 5, true) \
    X(PWS_IMPORT_DELETED_COLLECTION, 3, true) \
    X(PWS_IMPORT_RESOURCE, 18, true) \
    X(PWS_IMPORT_CHUNK, 12, true) \
    X(PWS_IMPORT_DELETED_RESOURCE, 7, true) \
    X(PWS_IMPORT_POLICY, 6, true) \
    X(PWS_IMPORT_TERMS, 5, true) \
    X(PWS_IMPORT_CLOSE, 6, true) \
    X(PWS_IMPORT_CLAIMS, 3, true) \
    X(PWS_IMPORT_CHARGE, 2, true) \
    /* contents in parts */ \
    X(PARTS_LEASE, 3, true) \
    X(PARTS_PUT, 4, true) \
    X(PARTS_LOCK, 2, false) \
    X(PARTS_WHOLE, 3, false) \
    X(PARTS_NAME, 2, true) \
    X(PARTS_DROP, 2, true) \
    X(PARTS_HOLD, 3, false) \
    X(PARTS_GET, 4, false) \
    /* what is left of what was deleted */ \
    X(SWEEP_NEXT, 1, false) \
    X(SWEEP_RESOURCES_MOVE, 3, true) \
    X(SWEEP_RESOURCES_SPLIT, 3, true) \
    X(SWEEP_RESOURCES_CHUNKS, 3, true) \
    X(SWEEP_RESOURCES, 3, true) \
    X(SWEEP_CHUNKS_MOVE, 3, true) \
    X(SWEEP_CHUNKS, 2, true) \
    X(SWEEP_TOMBSTONES_MOVE, 3, true) \
    X(SWEEP_TOMBSTONES, 3, true) \
    X(SWEEP_POLICIES_MOVE, 3, true) \
    X(SWEEP_POLICIES, 3, true) \
    X(SWEEP_LOG, 2, true) \
    X(SWEEP_TERMS_MOVE, 3, true) \
    X(SWEEP_TERMS, 3, true) \
    X(SWEEP_BACKENDS_MOVE, 3, true) \
    X(SWEEP_BACKENDS, 3, true) \
    X(SWEEP_COLLECTIONS_MOVE, 3, true) \
    X(SWEEP_COUNTERS_LOCK, 3, false) \
    X(SWEEP_COLLECTIONS_SPLIT, 3, true) \
    X(SWEEP_COUNTERS, 3, true) \
    X(SWEEP_COLLECTIONS, 3, true) \
    X(SWEEP_CLASSIC_KEEP, 2, true) \
    X(SWEEP_CLASSIC_MOVE, 3, true) \
    X(SWEEP_CLASSIC_RESOURCES, 2, true) \
    X(SWEEP_CLASSIC_SPACE, 2, true) \
    X(SWEEP_END, 3, true) \
    X(SWEEP_REVOKED_NEXT, 0, false) \
    X(SWEEP_REVOKED_SPACE_LOCK, 1, false) \
    X(SWEEP_REVOKED_LOCK, 2, false) \
    X(SWEEP_REVOKED_DISCHARGE, 2, true) \
    X(SWEEP_REVOKED, 2, true) \
    X(SWEEP_CONTENT_MOVE, 2, true) \
    X(SWEEP_CONTENT, 2, true) \
    X(SWEEP_UNNAMED_FROM, 2, false) \
    X(SWEEP_UNNAMED_PAGE, 3, false) \
    X(SWEEP_UNNAMED, 5, true) \
    X(SWEEP_UNNAMED_MOVE, 5, true) \
    /* was-admin; no request runs one */ \
    X(ADMIN_CLASSIC_SPACES, 2, false) \
    X(ADMIN_CLASSIC_SPACES_OF, 3, false) \
    X(ADMIN_PWS_SPACES, 2, false) \
    X(ADMIN_PWS_SPACES_OF, 3, false) \
    X(ADMIN_CLASSIC_SHOW, 1, false) \
    X(ADMIN_PWS_SHOW, 1, false) \
    X(ADMIN_USAGE, 1, false) \
    X(ADMIN_CLASSIC_LOCK, 1, false) \
    X(ADMIN_PWS_LOCK, 1, false) \
    X(ADMIN_CLASSIC_MOVE, 2, true) \
    X(ADMIN_PWS_MOVE, 2, true) \
    X(ADMIN_CLASSIC_FREEZE, 2, true) \
    X(ADMIN_PWS_FREEZE, 2, true) \
    X(ADMIN_CLASSIC_TURN, 3, true) \
    X(ADMIN_PWS_TURN, 3, true) \
    X(ADMIN_NOW, 0, false) \
    X(ADMIN_ENDED, 1, false) \
    X(ADMIN_CONTROLLER_FORGET, 1, true) \
    X(ADMIN_SWEEPS, 0, false) \
    X(ADMIN_UPLOADS, 3, false) \
    X(ADMIN_UPLOAD_END, 2, true) \
    X(ADMIN_LONG, 3, false) \
    X(ADMIN_LONG_TO_ROW, 3, true) \
    X(ADMIN_CHECK_PARTS, 1, false) \
    X(ADMIN_CHECK_RESOURCES, 1, false) \
    X(ADMIN_CHECK_CHUNKS, 1, false) \
    X(ADMIN_CHECK_CLASSIC, 1, false) \
    X(ADMIN_CHECK_TERMS, 1, false) \
    X(ADMIN_CHECK_LOST, 1, false) \
    X(ADMIN_CHECK_COUNTERS, 1, false) \
    X(ADMIN_CHECK_SWEEPS, 1, false) \
    X(ADMIN_RECOUNT_NEXT, 1, false) \
    X(ADMIN_RECOUNT_LOCK, 1, false) \
    X(ADMIN_RECOUNT_CHUNKS, 1, true) \
    X(ADMIN_RECOUNT_COLLECTIONS, 1, true) \
    X(ADMIN_RECOUNT_SPACE, 1, true)
/* clang-format on */

typedef enum was_sql_t {
#define WAS_SQL_ENUM(name, nvalues, writes) WAS_SQL_##name,
    WAS_SQL_STATEMENTS(WAS_SQL_ENUM)
#undef WAS_SQL_ENUM
        WAS_SQL_COUNT
} was_sql_t;

typedef struct was_sql_statement_t {
    const char *name; /* of the prepared statement: "was_SPACE_GET" */
    int nvalues;      /* the highest $n of its text */
    bool writes;      /* what a lost connection leaves uncertain */
    const char *text; /* its tables by their bare names; see was_sql_texts */
} was_sql_statement_t;

const was_sql_statement_t *was_sql_statement(was_sql_t statement);

/*
 * The texts of all statements, by their numbers, for tables in this schema. In the pool. They are
 * the same whatever the tables stand on, but for three things where Citus keeps them, which is
 * where `origin` is not NULL, but the database's: the number of the transaction that wrote a row
 * (xmin) is that of the node which has the row, and says nothing of the one that we have noted
 * there; nobody but this module writes there, so what is noted counts. The ids of spaces compare by
 * code units everywhere. And the origin stands in the text: looked for in its table, which is on
 * every node, it would have an INSERT sent to the nodes of all shards.
 */
const char *const *was_sql_texts(const char *schema, const char *origin, apr_pool_t *pool);

#endif
