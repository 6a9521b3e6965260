/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_CHUNK_SQL_H
#define WAS_PWS_CHUNK_SQL_H

#include "was_pws_resource_sql.h"

/*
 * was_pws_chunk_sql: the statements of chunks; private to was_sql. Above each text: its values in
 * order -> its columns.
 *
 * Chunks belong to a mark that the row of their resource names from the first one on, and what they
 * are charged stands there, too: so the resource is deleted, and its collection discharged, by that
 * row alone. A write of one takes its turn as every write of the collection does, behind the lock
 * of the counter; but it raises the counter's bytes alone, since the feed knows no chunks.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* The chunk h of the resource r. */
#define PWS_CHUNK(number) \
    "h.space_uuid = $1 AND h.chunks = r.chunks AND h.number = " number "::bigint"
#define PWS_CHUNK_THERE "(h.number IS NOT NULL)"
#define PWS_CHUNK_CONDITIONS(match, none_match, since) \
    PWS_CONDITIONS(PWS_CHUNK_THERE, PWS_ETAG("h"), "h.updated_ms", match, none_match, since)

/* Of a resource that is there: the rest of a FROM. */
#define PWS_CHUNK_TABLES(collection, resource, number) \
    " FROM was_pws_spaces s JOIN was_pws_collections c ON " PWS_COLLECTION(collection) \
    " JOIN was_pws_resources r ON " PWS_RESOURCE(resource) \
    " LEFT JOIN was_pws_chunks h ON " PWS_CHUNK(number)

/* What is charged. */
#define PWS_CHUNK_BYTES(h) "(" PWS_ROW " + " h ".size + octet_length(" h ".content_type))"
#define PWS_CHUNK_NEW_BYTES(size, type) \
    "(" PWS_ROW " + " size "::bigint + octet_length(" type "::text))"

/* grant, collection, resource, length, number -> as PWS_RESOURCE_GET_HELD, of the chunk */
#define WAS_TEXT_PWS_CHUNK_GET_HELD \
    "SELECT " PWS_CONTENT_READ("h", "$6") PWS_HELD_TABLES \
    " LEFT JOIN was_pws_chunks h ON " PWS_CHUNK("$7") " WHERE " PWS_HELD

/* uuid, delegations, collection, resource, length, number -> as PWS_RESOURCE_GET_OPEN, of the
 * chunk */
#define WAS_TEXT_PWS_CHUNK_GET_OPEN \
    PWS_OPEN(PWS_CONTENT_READ("h", "$5"), " LEFT JOIN was_pws_chunks h ON " PWS_CHUNK("$6"))

/* uuid, collection, resource, number, validator, first byte counted from 1, length -> bytes */
#define WAS_TEXT_PWS_CHUNK_PIECE \
    "SELECT substring(h.content FROM $6::bigint::integer FOR $7::bigint::integer)" \
    PWS_CHUNK_TABLES("$2", "$3", "$4") \
    " WHERE s.space_uuid = $1 AND " PWS_ETAG("h") " = $5::text"

/* uuid, collection, resource, after, limit -> the mark of the chunks, number, size, type: a row
 * without a number where there are none behind `after`, and none at all without the resource */
#define WAS_TEXT_PWS_CHUNK_LIST \
    "SELECT r.chunks, h.number, h.size, h.content_type FROM was_pws_spaces s" \
    " JOIN was_pws_collections c ON " PWS_COLLECTION("$2") \
    " JOIN was_pws_resources r ON " PWS_RESOURCE("$3") \
    " LEFT JOIN LATERAL (SELECT o.number, o.size, o.content_type FROM was_pws_chunks o" \
    " WHERE o.space_uuid = $1 AND o.chunks = r.chunks AND o.number > $4::bigint" \
    " ORDER BY o.number LIMIT $5::bigint) h ON true WHERE s.space_uuid = $1"

/* grant, collection, resource, number, quota or NULL, 3 conditions -> as PWS_RESOURCE_ROOM; no row
 * without the resource */
#define WAS_TEXT_PWS_CHUNK_ROOM \
    "SELECT u.bytes, greatest(0, $7::bigint - u.bytes) + coalesce(h.size, 0)," \
    " " PWS_CHUNK_CONDITIONS("$8", "$9", "$10") PWS_CHUNK_TABLES("$4", "$5", "$6") \
    " CROSS JOIN LATERAL (SELECT CASE WHEN $7::bigint IS NOT NULL THEN " PWS_SPACE_BYTES \
    " END AS bytes) u WHERE " PWS_GRANTED

/* grant, collection, resource, token, number, size, type, 3 conditions, quota or NULL, the mark of
 * its parts or NULL */
#define PWS_CHUNK_GROWTH(size, type) \
    "(" PWS_CHUNK_NEW_BYTES(size, type) " - coalesce(" PWS_CHUNK_BYTES("h") ", 0))"
#define WAS_TEXT_PWS_CHUNK_RAISE \
    "UPDATE was_pws_counters k SET token = $6::bigint," \
    " bytes = k.bytes + " PWS_CHUNK_GROWTH("$8", "$9") \
    PWS_CHUNK_TABLES("$4", "$5", "$7") \
    " WHERE " PWS_GRANTED " AND " PWS_COUNTER_SEEN " AND c.backend IS NULL" \
    " AND NOT (c.is_immutable AND " PWS_CHUNK_THERE ")" \
    " AND " PWS_CHUNK_CONDITIONS("$10", "$11", "$12") \
    " AND " PWS_FITS(PWS_CHUNK_GROWTH("$8", "$9"), "$13") " AND " PARTS_ARE_WHOLE("$14", "$8")

/* uuid, collection, resource, token, number, size, type: what the resource's row says of it, which
 * is what the counter has taken */
#define PWS_CHUNK_RAISED(token) PWS_RAISED(token) " AND " PWS_RESOURCE("$3")
#define PWS_CHUNK_CHARGED(number) \
    "coalesce((SELECT " PWS_CHUNK_BYTES("h") " FROM was_pws_chunks h" \
    " WHERE " PWS_CHUNK(number) "), 0)"
#define WAS_TEXT_PWS_CHUNK_CHARGE \
    "UPDATE was_pws_resources r SET chunks = coalesce(r.chunks, $4::bigint)," \
    " chunk_bytes = r.chunk_bytes + " PWS_CHUNK_NEW_BYTES("$6", "$7") \
    " - " PWS_CHUNK_CHARGED("$5") \
    " FROM " PWS_TABLES " WHERE " PWS_CHUNK_RAISED("$4")

/* the same, content or NULL, the mark of its parts and their digest, or NULL -> validator. The
 * token marks the generation of one that is new. */
#define WAS_TEXT_PWS_CHUNK_PUT \
    "INSERT INTO was_pws_chunks AS h (space_uuid, chunks, number, generation, content_type, size," \
    " content, parts, digest, created_ms, updated_ms, updated_counter) SELECT r.space_uuid," \
    " r.chunks, $5::bigint, $4::bigint, $7::text, $6::bigint, $8::bytea, $9::bigint, $10::bytea," \
    " " PWS_NOW_MS ", " PWS_NOW_MS ", 0 FROM " PWS_TABLES ", was_pws_resources r" \
    " WHERE " PWS_CHUNK_RAISED("$4") " ON CONFLICT (space_uuid, chunks, number) DO UPDATE" \
    " SET content_type = EXCLUDED.content_type, size = EXCLUDED.size, content = EXCLUDED.content," \
    " parts = EXCLUDED.parts, digest = EXCLUDED.digest," \
    " " PWS_MINT("h", "EXCLUDED.updated_ms") " RETURNING " PWS_ETAG("h")

/* grant, collection, resource, number, 3 conditions -> are the collection's contents elsewhere?,
 * is it immutable?, is the chunk there?, is it as the conditions demand? No row where the grant
 * does not hold, or without the resource. */
#define WAS_TEXT_PWS_CHUNK_STATE \
    "SELECT c.backend IS NOT NULL, c.is_immutable, " PWS_CHUNK_THERE "," \
    " " PWS_CHUNK_CONDITIONS("$7", "$8", "$9") PWS_CHUNK_TABLES("$4", "$5", "$6") \
    " WHERE " PWS_GRANTED

/* uuid, collection, resource, number, type, content or NULL, the digest of its parts or NULL, size
 * -> is it that, whatever the parameters of its type are?, its validator */
#define WAS_TEXT_PWS_CHUNK_SAME \
    "SELECT " PWS_SAME_CONTENT("h", "$6", "$7", "$8", "$5") ", " PWS_ETAG("h") \
    PWS_CHUNK_TABLES("$2", "$3", "$4") " WHERE s.space_uuid = $1 AND " PWS_CHUNK_THERE

/* grant, collection, resource, token, number, 3 conditions -> a row */
#define WAS_TEXT_PWS_CHUNK_RAISE_DELETE \
    "UPDATE was_pws_counters k SET token = $6::bigint, bytes = k.bytes - " PWS_CHUNK_BYTES("h") \
    PWS_CHUNK_TABLES("$4", "$5", "$7") \
    " WHERE " PWS_GRANTED " AND " PWS_COUNTER_SEEN " AND " PWS_CHUNK_THERE \
    " AND " PWS_CHUNK_CONDITIONS("$8", "$9", "$10") " RETURNING 1"

/* uuid, collection, resource, token, number; then the same */
#define WAS_TEXT_PWS_CHUNK_DISCHARGE \
    "UPDATE was_pws_resources r SET chunk_bytes = r.chunk_bytes - " PWS_CHUNK_CHARGED("$5") \
    " FROM " PWS_TABLES " WHERE " PWS_CHUNK_RAISED("$4")
#define WAS_TEXT_PWS_CHUNK_DELETE \
    "DELETE FROM was_pws_chunks h USING " PWS_TABLES ", was_pws_resources r" \
    " WHERE " PWS_CHUNK_RAISED("$4") " AND " PWS_CHUNK("$5")

/* clang-format on */

#endif
