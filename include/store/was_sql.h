/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SQL_H
#define WAS_SQL_H

#include <stdbool.h>

/*
 * was_sql: every statement that a request can run, by name. Text only: was_db runs them, the typed
 * verbs (was_spaces, was_resources) know what goes in and out.
 *
 * Rules that all of them keep:
 * - every table in a statement is filtered by the same space_uuid (listing and counting a
 *   controller's spaces are the exceptions), so that the tables shard or partition by it;
 * - a write carries its right: the space's row, the caller and the preconditions are in its WHERE;
 *   no row back means absent, forbidden or precondition failed, and a LOOK tells which;
 * - no data-modifying CTE, no trigger, no join across spaces;
 * - a limit has statements of its own, ..._LIMITED, so that it costs nothing where there is none.
 *   They are exact for who holds the lock of the space or of the controller (see was_db).
 *
 * A version's validator is made of when the row was last written by us and of its xmin. The xmin
 * changes with every write, also of a server that knows nothing of our columns; the time keeps a
 * validator from coming back when a row is deleted and made again, or when transaction ids restart
 * in a restored database. The same comparison tells whether `revised` can be trusted as the time of
 * the last change: only if the transaction that wrote the row is the one that we noted in it.
 *
 * Times become numbers by date_part, in doubles, which hold them to the microsecond until 2106;
 * extract would compute in numerics, at several times the cost.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define WAS_SQL_ETAG(t) \
    "(to_hex((date_part('epoch', " t ".revised) * 1000000)::bigint) || '-' ||" \
    " to_hex(" t ".xmin::text::bigint))"

/* Unix seconds of the last change; NULL when somebody else wrote the row after us. */
#define WAS_SQL_MODIFIED(t) \
    "(CASE WHEN " t ".written::xid = " t ".xmin" \
    " THEN floor(date_part('epoch', " t ".revised))::bigint END)"

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
    " OR floor(date_part('epoch', " t ".revised)) <= " since "::bigint)"

/* Not now(), the time when the transaction began: it may have waited for its content, or for a row,
 * while another one wrote, whose time must not be the later one. */
#define WAS_SQL_TIME "clock_timestamp()"
#define WAS_SQL_NOW "revised = " WAS_SQL_TIME ", written = pg_current_xact_id()"

/* The space that a write is about, of this protocol, and under the caller's control. */
#define WAS_SQL_OWN_SPACE "s.space_uuid = $1 AND s.protocol = $2 AND " WAS_SQL_CALLER("$3::text")

/* A controller, spelled either way, has fewer than so many spaces, of whatever protocol. */
#define WAS_SQL_FEWER(controller, most) \
    "(SELECT count(*) FROM (SELECT 1 FROM was_spaces o" \
    " WHERE o.controller IN (" controller ", " controller " || '#' || substr(" controller ", 9))" \
    " LIMIT " most "::bigint) AS n) < " most "::bigint"

/* A content fits beside the space's other resources, or does not grow what it replaces. */
#define WAS_SQL_FITS(content, quota) \
    " AND octet_length(" content ") <= greatest(" \
    "(SELECT octet_length(o.content) FROM was_resources o" \
    " WHERE o.space_uuid = $1 AND o.path = $4::text)," \
    " " quota "::bigint - (SELECT coalesce(sum(octet_length(o.content)), 0)" \
    " FROM was_resources o WHERE o.space_uuid = $1 AND o.path <> $4::text))"

#define WAS_SQL_SET_SPACE(limit) \
    " SET controller = $4::text," \
    " name = CASE WHEN $5::boolean THEN $6::text ELSE s.name END," \
    " link = CASE WHEN $7::boolean THEN $8::text ELSE s.link END, " WAS_SQL_NOW \
    " WHERE " WAS_SQL_OWN_SPACE " AND " WAS_SQL_CONDITIONS("s", "$9", "$10", "$11") limit \
    " RETURNING " WAS_SQL_ETAG("s")

#define WAS_SQL_PUT_SPACE(source) \
    "INSERT INTO was_spaces AS s (space_uuid, protocol, controller, space_id, name, link) " source \
    " ON CONFLICT (space_uuid) DO UPDATE" WAS_SQL_SET_SPACE("")

#define WAS_SQL_INSERT_SPACE(source) \
    "INSERT INTO was_spaces AS s" \
    " (space_uuid, protocol, controller, space_id, name, link, created_by) " source \
    " ON CONFLICT DO NOTHING RETURNING " WAS_SQL_ETAG("s")

/* A resource's row, from a content that is a parameter or the staged upload. */
#define WAS_SQL_PUT_RESOURCE(content, limit) \
    "INSERT INTO was_resources AS r (space_uuid, path, content, content_type, revised)" \
    " SELECT s.space_uuid, $4::text, " content ", $5::text, " WAS_SQL_TIME " FROM was_spaces s" \
    " WHERE " WAS_SQL_OWN_SPACE limit \
    " ON CONFLICT (space_uuid, path) DO UPDATE" \
    " SET content = EXCLUDED.content, content_type = EXCLUDED.content_type, " WAS_SQL_NOW \
    " WHERE " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") \
    " RETURNING " WAS_SQL_ETAG("r")

#define WAS_SQL_REPLACE_RESOURCE(content, limit) \
    "UPDATE was_resources r SET content = " content ", content_type = $5::text, " WAS_SQL_NOW \
    " FROM was_spaces s WHERE " WAS_SQL_OWN_SPACE \
    " AND r.space_uuid = $1 AND r.path = $4::text" \
    " AND " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") limit \
    " RETURNING " WAS_SQL_ETAG("r")

#define WAS_SQL_STAGED "(SELECT u.content FROM pg_temp.was_upload u)"

/* Of pws: the space of a write, still under the controller whose root capability was verified, and
 * no link of the capability revoked. $1 uuid, $2 controller, $3 links ("id delegator"; or NULL). */
#define WAS_SQL_HELD_SPACE \
    "s.space_uuid = $1 AND s.protocol = 'pws' AND s.controller = $2::text" \
    " AND ($3::text[] IS NULL OR NOT EXISTS (SELECT 1 FROM was_revocations v" \
    " WHERE v.space_uuid = $1 AND v.link = ANY ($3::text[])))"

/* What decides who may read: $1 uuid, $2 links, $3 collection, $4 path. */
#define WAS_SQL_REVOKED \
    "EXISTS (SELECT 1 FROM was_revocations v" \
    " WHERE v.space_uuid = $1 AND v.link = ANY ($2::text[]))"
#define WAS_SQL_STANDING \
    "s.controller, " WAS_SQL_REVOKED "," \
    " (SELECT p.document FROM was_resource_policies p" \
    " WHERE p.space_uuid = $1 AND p.path = $4::text)," \
    " (SELECT p.document FROM was_collection_policies p" \
    " WHERE p.space_uuid = $1 AND p.collection = $3::text)," \
    " (SELECT p.document FROM was_space_policies p WHERE p.space_uuid = $1)"

#define WAS_SQL_MICROSECONDS(time) "(date_part('epoch', " time ") * 1000000)::bigint"

/* A resource r of a collection and what was noted beside it, m: the later of the two counts. */
#define WAS_SQL_LATER(column) \
    "(CASE WHEN m.revised > r.revised THEN m." column " ELSE r." column " END)"

/* The validator of what is noted beside a resource; before anything is, of its making. */
#define WAS_SQL_META_ETAG \
    "coalesce(" WAS_SQL_ETAG("m") ", 'c-' || to_hex(" WAS_SQL_MICROSECONDS("r.created") "))"

#define WAS_SQL_ITEM_COLUMNS " content_type = $5::text, epoch = $11::text, writer = $12::text, "

/* A resource of a collection; $13 says whether the content is an envelope, as it must be where the
 * collection is encrypted. */
#define WAS_SQL_PUT_ITEM(content, limit) \
    "INSERT INTO was_resources AS r" \
    " (space_uuid, path, content, content_type, collection, created_by, epoch, writer, revised)" \
    " SELECT c.space_uuid, $4::text, " content ", $5::text, c.collection, $10::text," \
    " $11::text, $12::text, " WAS_SQL_TIME " FROM was_spaces s, was_collections c" \
    " WHERE " WAS_SQL_HELD_SPACE " AND c.space_uuid = $1 AND c.collection = $9::text" \
    " AND (c.encryption IS NULL OR $13::boolean) AND c.backend IS NULL" limit \
    " ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content," \
    WAS_SQL_ITEM_COLUMNS WAS_SQL_NOW \
    " WHERE " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") \
    " RETURNING " WAS_SQL_ETAG("r")

#define WAS_SQL_REPLACE_ITEM(content, limit) \
    "UPDATE was_resources r SET content = " content "," WAS_SQL_ITEM_COLUMNS WAS_SQL_NOW "," \
    " created_by = coalesce(r.created_by, $10::text)" \
    " FROM was_spaces s, was_collections c" \
    " WHERE " WAS_SQL_HELD_SPACE " AND c.space_uuid = $1 AND c.collection = $9::text" \
    " AND (c.encryption IS NULL OR $13::boolean) AND c.backend IS NULL" \
    " AND r.space_uuid = $1 AND r.path = $4::text AND r.collection = $9::text" \
    " AND " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") limit \
    " RETURNING " WAS_SQL_ETAG("r")

/* Policies, a table for each level; $4 document, `keys` and `$5` the parent's key. */
#define WAS_SQL_POLICY_INSERT(table, columns, source) \
    "INSERT INTO " table " (space_uuid" columns ", document) SELECT " source \
    " AND " WAS_SQL_HELD_SPACE " ON CONFLICT DO NOTHING RETURNING 1"

/* Name, whether it writes, text; above each, its parameters in order -> its columns. */
#define WAS_SQL_STATEMENTS(X) \
    X(PING, false, "SELECT 1") \
    \
    /* uuid, protocol, caller -> a row of was_space_t, the caller's? */ \
    X(SPACE_GET, false, \
      "SELECT s.space_id, s.controller, s.name, s.link, " WAS_SQL_ETAG("s") "," \
      " " WAS_SQL_MODIFIED("s") ", " WAS_SQL_CALLER("$3::text") ", s.created_by" \
      " FROM was_spaces s WHERE s.space_uuid = $1 AND s.protocol = $2") \
    \
    /* uuid, protocol, caller -> of this protocol?, the caller's?; of invisible spaces too */ \
    X(SPACE_LOOK, false, \
      "SELECT s.protocol = $2, " WAS_SQL_CALLER("$3::text") \
      " FROM was_spaces s WHERE s.space_uuid = $1") \
    \
    /* protocol, caller, after, limit -> uuid, space_id, controller, name */ \
    X(SPACE_LIST, false, \
      "(SELECT s.space_uuid, s.space_id, s.controller, s.name FROM was_spaces s" \
      " WHERE s.protocol = $1 AND s.controller = $2::text AND s.space_uuid > $3::text" \
      " ORDER BY s.space_uuid LIMIT $4::bigint)" \
      " UNION ALL" \
      " (SELECT s.space_uuid, s.space_id, s.controller, s.name FROM was_spaces s" \
      " WHERE s.protocol = $1 AND s.controller = $2::text || '#' || substr($2::text, 9)" \
      " AND s.space_uuid > $3::text" \
      " ORDER BY s.space_uuid LIMIT $4::bigint)" \
      " ORDER BY 1 LIMIT $4::bigint") \
    \
    /* uuid, protocol, caller, controller, set name?, name, set link?, link, 3 conditions, for the \
     * creation only: space_id, and where limited: most -> validator. A space that is there can be \
     * kept, whatever the limit. */ \
    X(SPACE_PUT, true, \
      WAS_SQL_PUT_SPACE("VALUES ($1, $2, $4::text, $12::text, $6::text, $8::text)")) \
    X(SPACE_PUT_LIMITED, true, \
      WAS_SQL_PUT_SPACE("SELECT $1, $2, $4::text, $12::text, $6::text, $8::text" \
        " WHERE EXISTS (SELECT 1 FROM was_spaces s WHERE " WAS_SQL_OWN_SPACE ")" \
        " OR " WAS_SQL_FEWER("$4::text", "$13"))) \
    X(SPACE_UPDATE, true, "UPDATE was_spaces s" WAS_SQL_SET_SPACE("")) \
    X(SPACE_UPDATE_LIMITED, true, \
      "UPDATE was_spaces s" WAS_SQL_SET_SPACE(" AND (" WAS_SQL_CALLER("$4::text") \
        " OR " WAS_SQL_FEWER("$4::text", "$12") ")")) \
    \
    /* uuid, protocol, controller, space_id, name, link, created_by, most where limited \
     * -> validator */ \
    X(SPACE_INSERT, true, WAS_SQL_INSERT_SPACE("VALUES ($1, $2, $3, $4, $5, $6, $7)")) \
    X(SPACE_INSERT_LIMITED, true, \
      WAS_SQL_INSERT_SPACE("SELECT $1, $2, $3::text, $4, $5, $6, $7" \
        " WHERE " WAS_SQL_FEWER("$3::text", "$8"))) \
    \
    /* uuid, 3 conditions -> is the space as they demand? */ \
    X(SPACE_CONDITIONS, false, \
      "SELECT " WAS_SQL_CONDITIONS("s", "$2", "$3", "$4") \
      " FROM was_spaces s WHERE s.space_uuid = $1") \
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
      " CASE WHEN ($5::boolean OR " WAS_SQL_CALLER("$3::text") ")" \
      " AND octet_length(r.content) <= $6::bigint THEN r.content END" \
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
    /* uuid, protocol, caller, path, type, 3 conditions, quota where limited, content unless \
     * staged -> validator */ \
    X(RESOURCE_PUT, true, WAS_SQL_PUT_RESOURCE("$9::bytea", "")) \
    X(RESOURCE_PUT_LIMITED, true, \
      WAS_SQL_PUT_RESOURCE("$10::bytea", WAS_SQL_FITS("$10::bytea", "$9"))) \
    X(RESOURCE_PUT_STAGED, true, WAS_SQL_PUT_RESOURCE(WAS_SQL_STAGED, "")) \
    X(RESOURCE_PUT_STAGED_LIMITED, true, \
      WAS_SQL_PUT_RESOURCE(WAS_SQL_STAGED, WAS_SQL_FITS(WAS_SQL_STAGED, "$9"))) \
    X(RESOURCE_REPLACE, true, WAS_SQL_REPLACE_RESOURCE("$9::bytea", "")) \
    X(RESOURCE_REPLACE_LIMITED, true, \
      WAS_SQL_REPLACE_RESOURCE("$10::bytea", WAS_SQL_FITS("$10::bytea", "$9"))) \
    X(RESOURCE_REPLACE_STAGED, true, WAS_SQL_REPLACE_RESOURCE(WAS_SQL_STAGED, "")) \
    X(RESOURCE_REPLACE_STAGED_LIMITED, true, \
      WAS_SQL_REPLACE_RESOURCE(WAS_SQL_STAGED, WAS_SQL_FITS(WAS_SQL_STAGED, "$9"))) \
    \
    /* uuid, path, 3 conditions -> bytes of the space's other resources, is this one as the \
     * conditions demand? (NULL where there is none) */ \
    X(RESOURCE_USAGE, false, \
      "SELECT coalesce(sum(octet_length(r.content)) FILTER (WHERE r.path <> $2::text), 0)," \
      " bool_and(" WAS_SQL_CONDITIONS("r", "$3", "$4", "$5") ")" \
      " FILTER (WHERE r.path = $2::text)" \
      " FROM was_resources r WHERE r.space_uuid = $1") \
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
    /* uuid, links, collection, path -> controller, revoked?, the policies from the resource up */ \
    X(PWS_LOOK, false, \
      "SELECT " WAS_SQL_STANDING " FROM was_spaces s" \
      " WHERE s.space_uuid = $1 AND s.protocol = 'pws'") \
    \
    /* the same, controller, length -> the same, a row of was_resource_t: only for that \
     * controller, while nothing is revoked */ \
    X(PWS_LOOK_ITEM, false, \
      "SELECT " WAS_SQL_STANDING ", r.content_type, octet_length(r.content)::bigint," \
      " " WAS_SQL_ETAG("r") ", " WAS_SQL_MODIFIED("r") "," \
      " CASE WHEN octet_length(r.content) <= $6::bigint THEN r.content END" \
      " FROM was_spaces s LEFT JOIN was_resources r" \
      " ON r.space_uuid = $1 AND r.path = $4::text AND r.collection = $3::text" \
      " AND s.controller = $5::text AND NOT " WAS_SQL_REVOKED \
      " WHERE s.space_uuid = $1 AND s.protocol = 'pws'") \
    \
    /* held space -> a row */ \
    X(PWS_SPACE_DELETE, true, \
      "DELETE FROM was_spaces s WHERE " WAS_SQL_HELD_SPACE " RETURNING 1") \
    \
    /* held space, collection, name, backend, encryption, plaintext, generator, generator origin, \
     * custom, epoch, created by -> validator, created in microseconds */ \
    X(COLLECTION_INSERT, true, \
      "INSERT INTO was_collections AS c (space_uuid, collection, name, backend, encryption," \
      " plaintext, generator, generator_origin, custom, epoch, created_by)" \
      " SELECT s.space_uuid, $4::text, $5::text, nullif($6::text, 'default'), $7::text," \
      " $8::text, $9::text," \
      " $10::text, $11::text, $12::text, $13::text" \
      " FROM was_spaces s WHERE " WAS_SQL_HELD_SPACE " ON CONFLICT DO NOTHING" \
      " RETURNING " WAS_SQL_ETAG("c")) \
    \
    /* the same up to epoch, 3 conditions -> validator. What is left out clears, but a backend and \
     * a plaintext declaration stay, and an encryption, once there, can only be repeated. */ \
    X(COLLECTION_UPDATE, true, \
      "UPDATE was_collections c SET name = $5::text," \
      " backend = nullif(coalesce($6::text, c.backend), 'default')," \
      " encryption = $7::text, plaintext = coalesce($8::text, c.plaintext)," \
      " generator = $9::text, generator_origin = $10::text, custom = $11::text," \
      " epoch = $12::text, " WAS_SQL_NOW " FROM was_spaces s WHERE " WAS_SQL_HELD_SPACE \
      " AND c.space_uuid = $1 AND c.collection = $4::text" \
      " AND (c.encryption IS NULL OR c.encryption = $7::text)" \
      " AND ($7::text IS NULL OR coalesce($8::text, c.plaintext) IS NULL)" \
      " AND " WAS_SQL_CONDITIONS("c", "$13", "$14", "$15") \
      " RETURNING " WAS_SQL_ETAG("c")) \
    \
    /* uuid, collection -> a row of was_collection_t */ \
    X(COLLECTION_GET, false, \
      "SELECT c.name, c.backend, c.encryption, c.plaintext, c.generator, c.generator_origin," \
      " c.custom, c.epoch, c.created_by, " WAS_SQL_MICROSECONDS("c.created") "," \
      " " WAS_SQL_MICROSECONDS("c.revised") ", " WAS_SQL_ETAG("c") ", " WAS_SQL_MODIFIED("c") \
      " FROM was_collections c WHERE c.space_uuid = $1 AND c.collection = $2") \
    \
    /* uuid, after, limit -> collection, name */ \
    X(COLLECTION_LIST, false, \
      "SELECT c.collection, c.name FROM was_collections c" \
      " WHERE c.space_uuid = $1 AND c.collection > $2::text" \
      " ORDER BY c.collection LIMIT $3::bigint") \
    \
    /* held space, collection -> a row */ \
    X(COLLECTION_DELETE, true, \
      "DELETE FROM was_collections c USING was_spaces s WHERE " WAS_SQL_HELD_SPACE \
      " AND c.space_uuid = $1 AND c.collection = $4 RETURNING 1") \
    \
    /* held space, collection, path -> is the collection there?, encrypted?, the resource there?, \
     * kept elsewhere? */ \
    X(ITEM_LOOK, false, \
      "SELECT c.collection IS NOT NULL, c.encryption IS NOT NULL, r.path IS NOT NULL," \
      " c.backend IS NOT NULL" \
      " FROM was_spaces s LEFT JOIN was_collections c" \
      " ON c.space_uuid = $1 AND c.collection = $4::text" \
      " LEFT JOIN was_resources r" \
      " ON r.space_uuid = $1 AND r.path = $5::text AND r.collection = $4::text" \
      " WHERE " WAS_SQL_HELD_SPACE) \
    \
    /* uuid, path, collection, length -> a row of was_resource_t */ \
    X(ITEM_GET, false, \
      "SELECT r.content_type, octet_length(r.content)::bigint, " WAS_SQL_ETAG("r") "," \
      " " WAS_SQL_MODIFIED("r") "," \
      " CASE WHEN octet_length(r.content) <= $4::bigint THEN r.content END" \
      " FROM was_resources r" \
      " WHERE r.space_uuid = $1 AND r.path = $2::text AND r.collection = $3::text") \
    \
    /* held space, path, type, 3 conditions, collection, created by, epoch, writer, envelope?, \
     * quota where limited, and the content unless it is staged -> validator */ \
    X(ITEM_PUT, true, WAS_SQL_PUT_ITEM("$14::bytea", "")) \
    X(ITEM_PUT_LIMITED, true, \
      WAS_SQL_PUT_ITEM("$15::bytea", WAS_SQL_FITS("$15::bytea", "$14"))) \
    X(ITEM_PUT_STAGED, true, WAS_SQL_PUT_ITEM(WAS_SQL_STAGED, "")) \
    X(ITEM_PUT_STAGED_LIMITED, true, \
      WAS_SQL_PUT_ITEM(WAS_SQL_STAGED, WAS_SQL_FITS(WAS_SQL_STAGED, "$14"))) \
    X(ITEM_REPLACE, true, WAS_SQL_REPLACE_ITEM("$14::bytea", "")) \
    X(ITEM_REPLACE_LIMITED, true, \
      WAS_SQL_REPLACE_ITEM("$15::bytea", WAS_SQL_FITS("$15::bytea", "$14"))) \
    X(ITEM_REPLACE_STAGED, true, WAS_SQL_REPLACE_ITEM(WAS_SQL_STAGED, "")) \
    X(ITEM_REPLACE_STAGED_LIMITED, true, \
      WAS_SQL_REPLACE_ITEM(WAS_SQL_STAGED, WAS_SQL_FITS(WAS_SQL_STAGED, "$14"))) \
    \
    /* held space, path, collection, 3 conditions -> a row */ \
    X(ITEM_DELETE, true, \
      "DELETE FROM was_resources r USING was_spaces s WHERE " WAS_SQL_HELD_SPACE \
      " AND r.space_uuid = $1 AND r.path = $4::text AND r.collection = $5::text" \
      " AND " WAS_SQL_CONDITIONS("r", "$6", "$7", "$8") " RETURNING 1") \
    \
    /* uuid, collection, after, limit -> path, type, name unless encrypted, epoch, writer */ \
    X(ITEM_LIST, false, \
      "SELECT r.path, r.content_type, CASE WHEN m.custom::json -> 'jwe' IS NULL" \
      " THEN m.custom::json ->> 'name' END, " WAS_SQL_LATER("epoch") "," \
      " " WAS_SQL_LATER("writer") " FROM was_resources r LEFT JOIN was_resource_meta m" \
      " ON m.space_uuid = $1 AND m.path = r.path" \
      " WHERE r.space_uuid = $1 AND r.collection = $2::text" \
      " AND r.path COLLATE \"C\" > $3::text" \
      " ORDER BY r.path COLLATE \"C\" LIMIT $4::bigint") \
    \
    /* uuid, path, collection -> a row of was_item_meta_t */ \
    X(ITEM_META_GET, false, \
      "SELECT r.content_type, octet_length(r.content)::bigint," \
      " " WAS_SQL_MICROSECONDS("r.created") "," \
      " " WAS_SQL_MICROSECONDS("greatest(r.revised, m.revised)") ", r.created_by, m.custom," \
      " " WAS_SQL_LATER("epoch") ", " WAS_SQL_LATER("writer") ", " WAS_SQL_META_ETAG \
      " FROM was_resources r LEFT JOIN was_resource_meta m" \
      " ON m.space_uuid = $1 AND m.path = $2::text" \
      " WHERE r.space_uuid = $1 AND r.path = $2::text AND r.collection = $3::text") \
    \
    /* held space, path, collection, custom, epoch or NULL to keep, writer, match, none match, \
     * envelope? -> validator */ \
    X(ITEM_META_PUT, true, \
      "INSERT INTO was_resource_meta AS o (space_uuid, path, custom, epoch, writer)" \
      " SELECT r.space_uuid, r.path, $6::text," \
      " coalesce($7::text, " WAS_SQL_LATER("epoch") "), $8::text" \
      " FROM was_spaces s, was_collections c, was_resources r" \
      " LEFT JOIN was_resource_meta m ON m.space_uuid = $1 AND m.path = $4::text" \
      " WHERE " WAS_SQL_HELD_SPACE " AND c.space_uuid = $1 AND c.collection = $5::text" \
      " AND (c.encryption IS NULL OR $11::boolean)" \
      " AND r.space_uuid = $1 AND r.path = $4::text AND r.collection = $5::text" \
      " AND ($9::text[] IS NULL OR $9::text[] = '{*}'" \
      " OR " WAS_SQL_META_ETAG " = ANY ($9::text[]))" \
      " AND ($10::text[] IS NULL OR NOT ($10::text[] = '{*}'" \
      " OR " WAS_SQL_META_ETAG " = ANY ($10::text[])))" \
      " ON CONFLICT (space_uuid, path) DO UPDATE SET custom = EXCLUDED.custom," \
      " epoch = EXCLUDED.epoch, writer = EXCLUDED.writer, " WAS_SQL_NOW \
      " WHERE " WAS_SQL_CONDITIONS("o", "$9", "$10", "NULL") " RETURNING " WAS_SQL_ETAG("o")) \
    \
    /* held space, document, key of the parent -> a row */ \
    X(SPACE_POLICY_INSERT, true, \
      WAS_SQL_POLICY_INSERT("was_space_policies", "", \
        "s.space_uuid, $4::text FROM was_spaces s WHERE true")) \
    X(COLLECTION_POLICY_INSERT, true, \
      WAS_SQL_POLICY_INSERT("was_collection_policies", ", collection", \
        "c.space_uuid, c.collection, $4::text FROM was_spaces s, was_collections c" \
        " WHERE c.space_uuid = $1 AND c.collection = $5::text")) \
    X(RESOURCE_POLICY_INSERT, true, \
      WAS_SQL_POLICY_INSERT("was_resource_policies", ", path", \
        "r.space_uuid, r.path, $4::text FROM was_spaces s, was_resources r" \
        " WHERE r.space_uuid = $1 AND r.path = $5::text")) \
    X(SPACE_POLICY_UPDATE, true, \
      "UPDATE was_space_policies p SET document = $4::text FROM was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND p.space_uuid = $1 RETURNING 1") \
    X(COLLECTION_POLICY_UPDATE, true, \
      "UPDATE was_collection_policies p SET document = $4::text FROM was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE \
      " AND p.space_uuid = $1 AND p.collection = $5::text RETURNING 1") \
    X(RESOURCE_POLICY_UPDATE, true, \
      "UPDATE was_resource_policies p SET document = $4::text FROM was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND p.space_uuid = $1 AND p.path = $5::text RETURNING 1") \
    \
    /* held space, key of the parent -> a row */ \
    X(SPACE_POLICY_DELETE, true, \
      "DELETE FROM was_space_policies p USING was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND p.space_uuid = $1 RETURNING 1") \
    X(COLLECTION_POLICY_DELETE, true, \
      "DELETE FROM was_collection_policies p USING was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND p.space_uuid = $1 AND p.collection = $4::text" \
      " RETURNING 1") \
    X(RESOURCE_POLICY_DELETE, true, \
      "DELETE FROM was_resource_policies p USING was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND p.space_uuid = $1 AND p.path = $4::text RETURNING 1") \
    \
    /* uuid, controller, link, Unix seconds until which it is kept -> a row unless it is there */ \
    X(REVOKE, true, \
      "INSERT INTO was_revocations (space_uuid, link, keep_until)" \
      " SELECT s.space_uuid, $3::text, to_timestamp($4::bigint) FROM was_spaces s" \
      " WHERE s.space_uuid = $1 AND s.protocol = 'pws' AND s.controller = $2::text" \
      " ON CONFLICT DO NOTHING RETURNING 1") \
    \
    /* uuid -> backend, descriptor */ \
    X(BACKEND_LIST, false, \
      "SELECT b.backend, b.descriptor FROM was_backends b WHERE b.space_uuid = $1" \
      " ORDER BY b.backend LIMIT 1000") \
    \
    /* uuid, backend -> descriptor */ \
    X(BACKEND_GET, false, \
      "SELECT b.descriptor FROM was_backends b WHERE b.space_uuid = $1 AND b.backend = $2") \
    \
    /* held space, backend, descriptor -> a row */ \
    X(BACKEND_INSERT, true, \
      "INSERT INTO was_backends (space_uuid, backend, descriptor)" \
      " SELECT s.space_uuid, $4::text, $5::text FROM was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " ON CONFLICT DO NOTHING RETURNING 1") \
    X(BACKEND_UPDATE, true, \
      "UPDATE was_backends b SET descriptor = $5::text FROM was_spaces s" \
      " WHERE " WAS_SQL_HELD_SPACE " AND b.space_uuid = $1 AND b.backend = $4::text" \
      " RETURNING 1") \
    \
    /* held space, backend -> a row */ \
    X(BACKEND_DELETE, true, \
      "DELETE FROM was_backends b USING was_spaces s WHERE " WAS_SQL_HELD_SPACE \
      " AND b.space_uuid = $1 AND b.backend = $4::text RETURNING 1") \
    \
    /* uuid; revocations of what has expired long ago */ \
    X(REVOKED_FORGET, true, \
      "DELETE FROM was_revocations v WHERE v.space_uuid = $1 AND v.keep_until < now()") \
    \
    /* A new backend's settings; -> its statement_timeout in milliseconds. One plan for all \
     * parameters, made once: each statement finds its few rows by keys. And having had and freed \
     * some MiB at once, the C library (glibc) stops to hand each statement's memory back to the \
     * system, only to ask for it again, page by page, for each piece of a big content. */ \
    X(SETTINGS, false, \
      "SELECT set_config('client_encoding', 'UTF8', false)," \
      " set_config('client_min_messages', 'warning', false)," \
      " set_config('statement_timeout', CASE current_setting('statement_timeout')" \
      " WHEN '0' THEN '30s' ELSE current_setting('statement_timeout') END, false)," \
      " set_config('plan_cache_mode', 'force_generic_plan', false)," \
      " length(repeat(' ', 4 * 1024 * 1024));" \
      "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'") \
    \
    /* Where an upload waits for its write. EXTERNAL: compressing what is read once costs time. */ \
    X(STAGE, true, \
      "CREATE TEMPORARY TABLE IF NOT EXISTS was_upload (content bytea) ON COMMIT DELETE ROWS;" \
      "ALTER TABLE pg_temp.was_upload ALTER content SET STORAGE EXTERNAL") \
    X(COPY, true, "COPY pg_temp.was_upload FROM STDIN (FORMAT binary)") \
    \
    /* a name: waits for it, and has it until the transaction ends */ \
    X(LOCK, false, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")

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
