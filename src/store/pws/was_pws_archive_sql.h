/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_ARCHIVE_SQL_H
#define WAS_PWS_ARCHIVE_SQL_H

#include "was_pws_resource_sql.h"

/*
 * was_pws_archive_sql: the statements of a space on its way out; private to was_sql. Above each
 * text: its values in order -> its columns. What is below a space or a collection is found by its
 * generation, so that a page never goes on in another life.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* uuid -> generation */
#define WAS_TEXT_PWS_ARCHIVE_SPACE \
    "SELECT s.generation FROM was_pws_spaces s WHERE s.space_uuid = $1"

/* A page: uuid, generation of what it is below, the first key, limit -> a row of
 * was_pws_archived_t for each that there is, and bytes so far. */
#define PWS_ARCHIVED(key, inner) \
    WAS_SQL_PAGE("p.id, p.generation, p.updated_ms, p.counter, p.is_deleted, p.content_type," \
    " p.writer, p.document, p.length, p.content, p.parts, p.created_ms, p.created_by, p.epoch," \
    " p.meta_generation, p.meta_ms, p.meta_counter, p.chunks," \
    " p.policy, p.policy_generation, p.policy_ms, p.policy_counter", key, \
    "octet_length(q.id) + " WAS_SQL_BYTES("q.content_type") " + " WAS_SQL_BYTES("q.writer") \
    " + " WAS_SQL_BYTES("q.document") " + " WAS_SQL_BYTES("q.content") \
    " + " WAS_SQL_BYTES("q.created_by") " + " WAS_SQL_BYTES("q.epoch") \
    " + " WAS_SQL_BYTES("q.policy"), inner)
#define PWS_ARCHIVED_STAMP(t, is_deleted) \
    t ".generation, " t ".updated_ms, " t ".updated_counter::bigint AS counter," \
    " " is_deleted " AS is_deleted"
#define PWS_ARCHIVED_NO_CONTENT \
    "NULL::bigint AS length, NULL::bytea AS content, NULL::bigint AS parts," \
    " NULL::bigint AS created_ms, NULL::text AS created_by, NULL::text AS epoch," \
    " " PWS_ARCHIVED_NO_NOTES
#define PWS_ARCHIVED_NO_NOTES \
    "NULL::bigint AS meta_generation, NULL::bigint AS meta_ms, NULL::bigint AS meta_counter," \
    " NULL::bigint AS chunks, NULL::text AS policy, NULL::bigint AS policy_generation," \
    " NULL::bigint AS policy_ms, NULL::bigint AS policy_counter"
#define PWS_ARCHIVED_CONTENT(t) \
    t ".size AS length, CASE WHEN " t ".size <= 1048576 THEN " t ".content END AS content," \
    " " t ".parts, " t ".created_ms"

/* What there is, each in order and no more than a page, and what is left of what is there no more:
 * in one list, so that nothing is in both, whatever happens meanwhile. */
#define PWS_ARCHIVED_RECORDS(there, kind, live) \
    PWS_ARCHIVED("id", "SELECT * FROM ((" there " LIMIT $4::bigint) UNION ALL" \
    " (SELECT t.id, " PWS_ARCHIVED_STAMP("t", "true") ", t.content_type, t.writer," \
    " NULL::text AS document, " PWS_ARCHIVED_NO_CONTENT " FROM was_pws_tombstones t" \
    " WHERE t.space_uuid = $1 AND t.parent = $2::bigint AND t.kind = '" kind "'" \
    " AND t.id >= $3::text AND NOT EXISTS (SELECT 1 FROM " live ")" \
    " ORDER BY t.id LIMIT $4::bigint)) u ORDER BY u.id LIMIT $4::bigint")

/* of a space: its collections */
#define WAS_TEXT_PWS_ARCHIVE_COLLECTIONS \
    PWS_ARCHIVED_RECORDS("SELECT c.collection AS id, " PWS_ARCHIVED_STAMP("c", "false") "," \
    " NULL::text AS content_type, NULL::text AS writer, NULL::text AS document," \
    " " PWS_ARCHIVED_NO_CONTENT " FROM was_pws_collections c WHERE c.space_uuid = $1" \
    " AND c.space_generation = $2::bigint AND c.collection >= $3::text ORDER BY c.collection", \
    "c", "was_pws_collections c WHERE c.space_uuid = $1" \
    " AND c.space_generation = t.parent AND c.collection = t.id")

/* of a collection: its resources, each with its policy */
#define WAS_TEXT_PWS_ARCHIVE_RESOURCES \
    PWS_ARCHIVED_RECORDS("SELECT r.resource AS id, " PWS_ARCHIVED_STAMP("r", "false") "," \
    " r.content_type, r.writer, r.custom AS document, " PWS_ARCHIVED_CONTENT("r") "," \
    " r.created_by, r.epoch," \
    " r.meta_generation, r.meta_ms, r.meta_counter::bigint AS meta_counter, r.chunks," \
    " p.document AS policy, p.generation AS policy_generation, p.updated_ms AS policy_ms," \
    " p.updated_counter::bigint AS policy_counter FROM was_pws_resources r" \
    " LEFT JOIN was_pws_policies p ON p.space_uuid = $1 AND p.parent = r.collection_generation" \
    " AND p.resource = r.resource WHERE r.space_uuid = $1" \
    " AND r.collection_generation = $2::bigint AND r.resource >= $3::text ORDER BY r.resource", \
    "r", "was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = t.parent AND r.resource = t.id")

/* of a resource: its chunks; both keys are numbers */
#define WAS_TEXT_PWS_ARCHIVE_CHUNKS \
    PWS_ARCHIVED("number", "SELECT h.number, h.number::text AS id," \
    " " PWS_ARCHIVED_STAMP("h", "false") ", h.content_type, NULL::text AS writer," \
    " NULL::text AS document," \
    " " PWS_ARCHIVED_CONTENT("h") ", NULL::text AS created_by, NULL::text AS epoch," \
    " " PWS_ARCHIVED_NO_NOTES " FROM was_pws_chunks h WHERE h.space_uuid = $1" \
    " AND h.chunks = $2::bigint AND h.number >= $3::text::bigint" \
    " ORDER BY h.number LIMIT $4::bigint")

/* uuid, generation of a collection -> the log that governs it: generation, stamp, bytes */
#define WAS_TEXT_PWS_ARCHIVE_LOG \
    "SELECT l.generation, l.updated_ms, l.updated_counter::bigint, l.body FROM was_pws_logs l" \
    " WHERE l.space_uuid = $1 AND l.collection_generation = $2::bigint"

/* uuid, generation of a collection, resource, validator, first byte counted from 1, length -> bytes
 * of a content that is longer than one that comes with its row */
#define WAS_TEXT_PWS_ARCHIVE_PIECE \
    "SELECT substring(r.content FROM $5::bigint::integer FOR $6::bigint::integer)" \
    " FROM was_pws_resources r WHERE r.space_uuid = $1 AND r.collection_generation = $2::bigint" \
    " AND r.resource = $3::text AND " PWS_ETAG("r") " = $4::text"

/* clang-format on */

#endif
