/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ADMIN_SQL_H
#define WAS_ADMIN_SQL_H

#include "../classic/was_classic_sql.h"
#include "../pws/was_pws_resource_sql.h"

/*
 * was_admin_sql: the statements of whom the operator sends, across spaces and both protocols;
 * private to was_sql. No request runs one. Above each text: its values in order -> its columns.
 * What goes through a table does so by pages in the order of a key, so that it is no transaction
 * of hours.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* after, limit; or the same, controller -> uuid, controller, name, a was_frozen_t, being cleared
 * away?, milliseconds of its making or NULL */
#define ADMIN_PAGE " ORDER BY s.space_uuid LIMIT $2::bigint"
#define ADMIN_CLASSIC_COLUMNS \
    "SELECT s.space_uuid, s.controller, s.name, " WAS_SQL_FROZEN("s") ", s.is_deleted," \
    " NULL::bigint FROM was_spaces s"
#define ADMIN_PWS_COLUMNS \
    "SELECT s.space_uuid, s.controller, s.name, " WAS_SQL_FROZEN("s") ", false, s.created_ms" \
    " FROM was_pws_spaces s"
#define WAS_TEXT_ADMIN_CLASSIC_SPACES \
    ADMIN_CLASSIC_COLUMNS " WHERE s.space_uuid > $1::text" ADMIN_PAGE
#define WAS_TEXT_ADMIN_CLASSIC_SPACES_OF \
    ADMIN_CLASSIC_COLUMNS " WHERE s.space_uuid > $1::text AND " CLASSIC_CALLER("$3::text") \
    ADMIN_PAGE
#define WAS_TEXT_ADMIN_PWS_SPACES ADMIN_PWS_COLUMNS " WHERE s.space_uuid > $1::text" ADMIN_PAGE
#define WAS_TEXT_ADMIN_PWS_SPACES_OF \
    ADMIN_PWS_COLUMNS " WHERE s.space_uuid > $1::text AND s.controller = $3::text" ADMIN_PAGE

/* uuid -> the columns of a list, link, type, created by, milliseconds of its last change,
 * collections, resources, bytes that it is charged, policies, has it one of its own?, revocations,
 * backends; of the classic protocol the first, link, resources and bytes */
#define WAS_TEXT_ADMIN_CLASSIC_SHOW \
    "SELECT s.space_uuid, s.controller, s.name, " WAS_SQL_FROZEN("s") ", s.is_deleted," \
    " NULL::bigint, s.link," \
    " NULL::text, NULL::text, NULL::bigint, NULL::bigint," \
    " (SELECT count(*) FROM was_resources o WHERE o.space_uuid = $1), " CLASSIC_USED "," \
    " NULL::bigint, NULL::boolean, NULL::bigint, NULL::bigint" \
    " FROM was_spaces s WHERE s.space_uuid = $1"
#define ADMIN_COUNT(table, where) \
    "(SELECT count(*) FROM " table " o WHERE o.space_uuid = $1" where ")"
#define ADMIN_LIVE " AND o.space_generation = s.generation"
#define WAS_TEXT_ADMIN_PWS_SHOW \
    "SELECT s.space_uuid, s.controller, s.name, " WAS_SQL_FROZEN("s") ", false, s.created_ms," \
    " NULL::text," \
    " s.type, s.created_by, s.updated_ms, " ADMIN_COUNT("was_pws_collections", ADMIN_LIVE) "," \
    " (SELECT coalesce(sum(o.resources), 0)::bigint FROM was_pws_counters o" \
    " WHERE o.space_uuid = $1" ADMIN_LIVE "), " PWS_SPACE_BYTES "," \
    " " ADMIN_COUNT("was_pws_policies", " AND (o.parent = s.generation OR o.parent = ANY (ARRAY(" \
    "SELECT k.collection_generation FROM was_pws_counters k WHERE k.space_uuid = $1" \
    " AND k.space_generation = s.generation)))") "," \
    " EXISTS (SELECT 1 FROM was_pws_policies p WHERE p.space_uuid = $1" \
    " AND p.parent = s.generation AND p.resource = '')," \
    " " ADMIN_COUNT("was_pws_revocations", "") ", " ADMIN_COUNT("was_pws_backends", ADMIN_LIVE) \
    " FROM was_pws_spaces s WHERE s.space_uuid = $1"

/* after -> the next controller of either protocol, as it is stored; its classic spaces, pws spaces,
 * resources and bytes. No row where there is none. */
#define ADMIN_NEXT(table) \
    "(SELECT o.controller FROM " table " o WHERE o.controller > $1::text" \
    " ORDER BY o.controller LIMIT 1)"
#define ADMIN_USED(classic, pws, resources, bytes) \
    "SELECT " classic " AS classic, " pws " AS pws, " resources " AS resources," \
    " coalesce(sum(" bytes "), 0)::bigint AS bytes FROM "
#define ADMIN_OF_NEXT " s.controller = (SELECT n.controller FROM n)"
/* Each sum by itself, of what is beside each other on one node: so that Citus adds them up. */
#define WAS_TEXT_ADMIN_USAGE \
    "WITH n AS MATERIALIZED (SELECT c.controller FROM (" ADMIN_NEXT("was_spaces") " UNION ALL " \
    ADMIN_NEXT("was_pws_spaces") ") c ORDER BY c.controller LIMIT 1)" \
    " SELECT n.controller, sum(x.classic)::bigint, sum(x.pws)::bigint, sum(x.resources)::bigint," \
    " sum(x.bytes)::bigint FROM n CROSS JOIN (" \
    ADMIN_USED("count(*)", "0::bigint", "0::bigint", CLASSIC_SPACE_BYTES) \
    "was_spaces s WHERE" ADMIN_OF_NEXT " UNION ALL " \
    ADMIN_USED("0::bigint", "0::bigint", "count(*)", CLASSIC_STORED_BYTES) \
    "was_spaces s JOIN was_resources o ON o.space_uuid = s.space_uuid WHERE" ADMIN_OF_NEXT \
    " UNION ALL " ADMIN_USED("0::bigint", "count(*)", "0::bigint", "s.bytes") \
    "was_pws_spaces s WHERE" ADMIN_OF_NEXT " UNION ALL " \
    ADMIN_USED("0::bigint", "0::bigint", "coalesce(sum(o.resources), 0)::bigint", "o.bytes") \
    "was_pws_spaces s JOIN was_pws_counters o ON o.space_uuid = s.space_uuid" \
    " AND o.space_generation = s.generation WHERE" ADMIN_OF_NEXT ") x GROUP BY n.controller"

/* uuid -> controller: the space's lock, before a change */
#define WAS_TEXT_ADMIN_CLASSIC_LOCK \
    "SELECT s.controller FROM was_spaces s WHERE " CLASSIC_SPACE " FOR UPDATE OF s"
#define WAS_TEXT_ADMIN_PWS_LOCK \
    "SELECT s.controller FROM was_pws_spaces s WHERE s.space_uuid = $1 FOR UPDATE OF s"

/* uuid, controller -> a row */
#define WAS_TEXT_ADMIN_CLASSIC_MOVE \
    "UPDATE was_spaces s SET controller = $2::text, " CLASSIC_NOW("s") " WHERE " CLASSIC_SPACE \
    " AND NOT " WAS_SQL_MOVING("s") " RETURNING 1"
#define WAS_TEXT_ADMIN_PWS_MOVE \
    "UPDATE was_pws_spaces s SET controller = $2::text, local = 0," \
    " bytes = s.bytes + octet_length($2::text) - octet_length(s.controller)," \
    " " PWS_MINT("s", PWS_NOW_MS) \
    " WHERE s.space_uuid = $1 AND NOT " WAS_SQL_MOVING("s") " RETURNING 1"

/* NULL, or now: behind the lock, so that the statement's time is not before it. A volatile function
 * is what Citus would not take. */
#define ADMIN_THAWED \
    "thawed = nullif(greatest(statement_timestamp()," \
    " CASE WHEN $2::boolean THEN 'infinity'::timestamptz END), 'infinity'::timestamptz)"
/* uuid, frozen? -> a row, where that is a change. The time of the last change stays known. */
#define WAS_TEXT_ADMIN_CLASSIC_FREEZE \
    "UPDATE was_spaces s SET is_frozen = $2::boolean, " ADMIN_THAWED "," \
    " written = pg_current_xact_id()" \
    " WHERE " CLASSIC_SPACE " AND s.is_frozen <> $2::boolean AND NOT " WAS_SQL_MOVING("s") \
    " RETURNING 1"
#define WAS_TEXT_ADMIN_PWS_FREEZE \
    "UPDATE was_pws_spaces s SET is_frozen = $2::boolean, " ADMIN_THAWED \
    " WHERE s.space_uuid = $1 AND s.is_frozen <> $2::boolean AND NOT " WAS_SQL_MOVING("s") \
    " RETURNING 1"

/* uuid, what it is and what it shall be, a was_frozen_t each: open, moving or moved -> a row, where
 * that is what it was */
#define ADMIN_TURN \
    "is_frozen = $3::bigint > 0," \
    " thawed = greatest(statement_timestamp()," \
    " CASE WHEN $3::bigint = 3 THEN 'infinity'::timestamptz END)"
#define WAS_TEXT_ADMIN_CLASSIC_TURN \
    "UPDATE was_spaces s SET " ADMIN_TURN ", written = pg_current_xact_id()" \
    " WHERE " CLASSIC_SPACE " AND " WAS_SQL_FROZEN("s") " = $2::bigint RETURNING 1"
#define WAS_TEXT_ADMIN_PWS_TURN \
    "UPDATE was_pws_spaces s SET " ADMIN_TURN \
    " WHERE s.space_uuid = $1 AND " WAS_SQL_FROZEN("s") " = $2::bigint RETURNING 1"

/* -> the number of this transaction, which is behind those of all that have one (what a snapshot
 * ends with is behind those that have ended, only); then: that number -> have all ended that may
 * have seen what was before it? Those that have a number of their own, whoever runs them, unless we
 * are shown that it is in another database; and those that have none yet, as far as our role is
 * shown what they see. */
#define WAS_TEXT_ADMIN_NOW "SELECT pg_current_xact_id()::text::bigint"
#define WAS_TEXT_ADMIN_ENDED \
    "SELECT NOT EXISTS (SELECT 1 FROM pg_snapshot_xip(pg_current_snapshot()) x" \
    " WHERE x::text::bigint < $1::bigint" \
    " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity o WHERE o.datname <> current_database()" \
    " AND o.backend_xid = x::xid)" \
    " AND NOT EXISTS (SELECT 1 FROM pg_prepared_xacts p WHERE p.database <> current_database()" \
    " AND p.transaction = x::xid))" \
    " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = current_database()" \
    " AND a.pid <> pg_backend_pid() AND a.backend_type IS DISTINCT FROM 'autovacuum worker'" \
    " AND age(a.backend_xmin) > age($1::bigint::text::xid8::xid))"

/* controller -> a row: what is left of it where spaces were limited */
#define WAS_TEXT_ADMIN_CONTROLLER_FORGET \
    "DELETE FROM was_controllers o WHERE o.controller = $1 RETURNING 1"

/* -> kind, how many, how many that are due */
#define WAS_TEXT_ADMIN_SWEEPS \
    "SELECT w.kind, count(*), count(*) FILTER (WHERE w.since_ms <= " PARTS_NOW_MS ")" \
    " FROM was_sweeps w WHERE w.kind <> 'unnamed' GROUP BY w.kind ORDER BY w.kind"

/* after: uuid, mark; limit -> uuid, mark, milliseconds of its end, bytes */
#define WAS_TEXT_ADMIN_UPLOADS \
    "SELECT w.space_uuid, w.generation, w.since_ms, (SELECT coalesce(sum(octet_length(p.bytes))," \
    " 0)::bigint FROM was_parts p WHERE p.space_uuid = w.space_uuid AND p.content = w.generation)" \
    " FROM was_sweeps w WHERE w.kind = 'content' AND w.stage = 0" \
    " AND (w.space_uuid, w.generation) > ($1, $2::bigint)" \
    " ORDER BY w.space_uuid, w.generation LIMIT $3::bigint"
/* uuid, mark -> a row */
#define WAS_TEXT_ADMIN_UPLOAD_END WAS_TEXT_PARTS_DROP " RETURNING 1"

/* after: uuid, path; limit -> uuid, path, mark, bytes of contents of the classic protocol in
 * parts */
#define WAS_TEXT_ADMIN_LONG \
    "SELECT r.space_uuid, r.path, r.parts, r.parts_bytes FROM was_resources r" \
    " WHERE (r.space_uuid, r.path) > ($1, $2::text) AND " PARTS_ARE_CLASSIC("r") \
    " ORDER BY r.space_uuid, r.path LIMIT $3::bigint"
/* uuid, path, mark -> a row, if all parts are there, and it is no other content by now. Its parts
 * are swept as all are that no row names. */
#define WAS_TEXT_ADMIN_LONG_TO_ROW \
    "UPDATE was_resources r SET content = x.bytes, parts = NULL, parts_bytes = NULL," \
    " parts_digest = NULL, written = pg_current_xact_id() FROM" \
    " (SELECT string_agg(p.bytes, ''::bytea ORDER BY p.number) AS bytes FROM was_parts p" \
    " WHERE p.space_uuid = $1 AND p.content = $3::bigint) x" \
    " WHERE r.space_uuid = $1 AND r.path = $2::text AND r.parts = $3::bigint" \
    " AND " PARTS_ARE_CLASSIC("r") " AND octet_length(x.bytes) = r.parts_bytes RETURNING 1"

/* clang-format on */

#endif
