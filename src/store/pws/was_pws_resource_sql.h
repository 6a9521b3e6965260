/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_RESOURCE_SQL_H
#define WAS_PWS_RESOURCE_SQL_H

#include "../was_parts_sql.h"
#include "was_pws_policy_sql.h"

/*
 * was_pws_resource_sql: the statements of resources of collections; private to was_sql. Above each
 * text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define PWS_RESOURCE(id) \
    "r.space_uuid = $1 AND r.collection_generation = c.generation AND r.resource = " id "::text"
#define PWS_RESOURCE_THERE "(r.resource IS NOT NULL)"
#define PWS_RESOURCE_CONDITIONS(match, none_match, since) \
    PWS_CONDITIONS(PWS_RESOURCE_THERE, PWS_ETAG("r"), "r.updated_ms", match, none_match, since)

/* grant, collection, resource, quota or NULL, 3 conditions -> bytes that the space is charged, the
 * most that a content may have there (both NULL without a quota), is the resource as the conditions
 * demand? */
#define WAS_TEXT_PWS_RESOURCE_ROOM \
    "SELECT u.bytes, greatest(0, $6::bigint - u.bytes) + coalesce(r.size, 0)," \
    " " PWS_RESOURCE_CONDITIONS("$7", "$8", "$9") \
    " FROM was_pws_spaces s LEFT JOIN was_pws_collections c ON " PWS_COLLECTION("$4") \
    " LEFT JOIN was_pws_resources r ON " PWS_RESOURCE("$5") \
    " CROSS JOIN LATERAL (SELECT CASE WHEN $6::bigint IS NOT NULL THEN " PWS_SPACE_BYTES \
    " END AS bytes) u WHERE " PWS_GRANTED

/* grant, collection, resource, token, size, is it an envelope?, type, epoch and writer in one,
 * since only their length counts, created by, 3 conditions, quota or NULL, the mark of its parts or
 * NULL, how many terms a later step writes or NULL, does one write what is claimed? Without such a
 * step nothing is written where there are terms to go, or something is declared unique. */
#define PWS_RESOURCE_GROWTH(terms, claims) \
    "($7::bigint + octet_length($9::text) + " PWS_ROW " * coalesce(" terms "::bigint, 0)" \
    " + CASE WHEN r.resource IS NULL THEN " PWS_ROW \
    " + octet_length($5::text) + " PWS_LENGTH("$10::text") " + " PWS_ROW " * " claims \
    " ELSE - (" PWS_CONTENT_BYTES("r") ") END)"
#define PWS_RESOURCE_COUNTED(terms, claims) \
    ", bytes = k.bytes + " PWS_RESOURCE_GROWTH(terms, claims) "," \
    " resources = k.resources + (r.resource IS NULL)::integer"
#define PWS_TERMS_ARE_TENDED(terms) "(" terms "::bigint IS NOT NULL OR coalesce(r.terms, 0) = 0)"
#define PWS_CLAIMS_ARE_TENDED(tended) "(" tended "::boolean OR c.claims = 0)"
#define PWS_RESOURCE_TAKEN(free) \
    "(c.encryption IS NULL OR $8::boolean) AND c.backend IS NULL" \
    " AND (NOT c.is_immutable" free ")"
#define WAS_TEXT_PWS_RESOURCE_RAISE \
    PWS_RAISE("1", "$6") PWS_RESOURCE_COUNTED("$16", "c.claims") \
    " FROM was_pws_spaces s, was_pws_collections c LEFT JOIN was_pws_resources r" \
    " ON " PWS_RESOURCE("$5") \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_RESOURCE_TAKEN(" OR r.resource IS NULL") \
    " AND " PWS_RESOURCE_CONDITIONS("$11", "$12", "$13") \
    " AND " PWS_FITS(PWS_RESOURCE_GROWTH("$16", "c.claims"), "$14") \
    " AND " PARTS_ARE_WHOLE("$15", "$7") \
    " AND " PWS_TERMS_ARE_TENDED("$16") " AND " PWS_CLAIMS_ARE_TENDED("$17")

/* the same without conditions, a quota, parts and claims, where what is there may change, and
 * nothing is unique; in place of both ..._LOCK and ..._RAISE, where it need not wait: it raises
 * nothing if somebody else has the counter, or has changed it since the statement began, and what
 * they wrote might not be seen. */
#define WAS_TEXT_PWS_RESOURCE_RAISE_AT_ONCE \
    PWS_RAISE("1", "$6") PWS_RESOURCE_COUNTED("$11", "0") \
    " FROM (SELECT k.collection_generation AS generation, k.token FROM " PWS_TABLES \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER \
    " AND " PWS_RESOURCE_TAKEN("") " AND c.claims = 0 FOR UPDATE OF k SKIP LOCKED) c" \
    " LEFT JOIN was_pws_resources r ON " PWS_RESOURCE("$5") \
    " WHERE " PWS_COUNTER " AND k.token = c.token AND " PWS_TERMS_ARE_TENDED("$11")

/* A new life begins in a later millisecond than the last one ended, whatever the clock says: the
 * generation is the same, and only the stamp tells them apart. */
#define PWS_BORN_MS "greatest(" PWS_NOW_MS ", t.updated_ms + 1)"

/* What is there of a content: type, size, when it was made, stamp, created by. And behind a write:
 * the same, validator, did this write make it? A later one has a later stamp than its making. */
#define PWS_CONTENT_COLUMNS \
    "r.content_type, r.size, r.created_ms, " PWS_STAMP("r") ", r.created_by"
#define PWS_CONTENT_WRITTEN \
    PWS_CONTENT_COLUMNS ", " PWS_ETAG("r") "," \
    " r.updated_ms = r.created_ms AND r.updated_counter = 0"

/* uuid, collection, resource, token, type, created by, epoch, writer, size, content or NULL, the
 * mark of its parts and their digest, or NULL, how many terms -> PWS_CONTENT_WRITTEN. The token
 * marks the generation of a resource that never was. */
#define WAS_TEXT_PWS_RESOURCE_PUT \
    "INSERT INTO was_pws_resources AS r (space_uuid, collection_generation, resource, generation," \
    " content_type, size, content, parts, digest, created_by, created_ms, epoch, writer," \
    " position, updated_ms, terms, updated_counter) SELECT c.space_uuid, c.generation, $3::text," \
    " coalesce(t.generation, $4::bigint), $5::text, $9::bigint, $10::bytea, $11::bigint," \
    " $12::bytea, $6::text, " PWS_BORN_MS ", $7::text, $8::text, k.position, " PWS_BORN_MS "," \
    " $13::bigint::integer, 0" \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_counters k" \
    " LEFT JOIN was_pws_tombstones t ON t.space_uuid = $1" \
    " AND t.parent = k.collection_generation AND t.kind = 'r' AND t.id = $3::text" \
    " WHERE " PWS_RAISED("$4") \
    " ON CONFLICT (space_uuid, collection_generation, resource) DO UPDATE" \
    " SET content_type = EXCLUDED.content_type, size = EXCLUDED.size, content = EXCLUDED.content," \
    " parts = EXCLUDED.parts, digest = EXCLUDED.digest, terms = EXCLUDED.terms," \
    " epoch = EXCLUDED.epoch, writer = EXCLUDED.writer, position = EXCLUDED.position," \
    " " PWS_MINT("r", "EXCLUDED.updated_ms") " RETURNING " PWS_CONTENT_WRITTEN

/* uuid, collection, resource, 3 conditions -> is the resource as they demand? */
#define WAS_TEXT_PWS_RESOURCE_MATCHES \
    "SELECT " PWS_RESOURCE_CONDITIONS("$4", "$5", "$6") \
    " FROM was_pws_spaces s, was_pws_collections c LEFT JOIN was_pws_resources r" \
    " ON " PWS_RESOURCE("$3") \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2")

/* uuid, collection, resource, type, content or NULL, the digest of its parts or NULL, size ->
 * PWS_CONTENT_WRITTEN, is it that, whatever the parameters of its type are? */
#define PWS_ESSENCE_OF(type) "lower(split_part(split_part(" type ", ';', 1), ' ', 1))"
#define PWS_SAME_CONTENT(t, content, digest, size, type) \
    "(" t ".size = " size "::bigint" \
    " AND coalesce(" t ".digest = " digest "::bytea, " t ".content = " content "::bytea, false)" \
    " AND " PWS_ESSENCE_OF(t ".content_type") " = " PWS_ESSENCE_OF(type "::text") ")"
#define WAS_TEXT_PWS_RESOURCE_SAME \
    "SELECT " PWS_CONTENT_WRITTEN ", " PWS_SAME_CONTENT("r", "$5", "$6", "$7", "$4") \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_RESOURCE("$3")

/* grant, collection, resource, length -> a row of was_resource_t, of NULLs where there is none; no
 * row without the right. Who holds the right needs no policy: to look for the three that may count,
 * and for all else that decides, is more than a third of the read. */
#define PWS_HELD_TABLES \
    " FROM was_pws_spaces s LEFT JOIN was_pws_collections c ON " PWS_COLLECTION("$4") \
    " LEFT JOIN was_pws_resources r ON " PWS_RESOURCE("$5")
#define WAS_TEXT_PWS_RESOURCE_GET_HELD \
    "SELECT " PWS_RESOURCE_COLUMNS("$6") PWS_HELD_TABLES " WHERE " PWS_HELD

/* uuid, delegations, collection, resource, length -> PWS_AUTHORIZATION, a row of was_resource_t.
 * That one is of NULLs where no resource is, and where the policy that counts cannot let anybody
 * read it: its content is not looked at then. What the policy lets anybody do is the caller's to
 * read. */
#define PWS_OPEN(columns, tables) \
    "SELECT " PWS_AUTHORIZATION("o.of_resource, o.of_collection, o.of_space") ", " columns \
    PWS_AUTHORIZATION_TABLES " CROSS JOIN LATERAL (SELECT " PWS_POLICY_OF_RESOURCE \
    " AS of_resource, " PWS_POLICY_OF_COLLECTION " AS of_collection, " PWS_POLICY_OF_SPACE \
    " AS of_space OFFSET 0) o LEFT JOIN was_pws_resources r ON " PWS_RESOURCE("$4") \
    " AND strpos(coalesce(o.of_resource, o.of_collection, o.of_space)," \
    " '\"PublicCanRead\"'::text) > 0" tables " WHERE s.space_uuid = $1"
#define WAS_TEXT_PWS_RESOURCE_GET_OPEN PWS_OPEN(PWS_RESOURCE_COLUMNS("$5"), "")

/* uuid, collection, resource, validator, first byte counted from 1, length -> bytes */
#define WAS_TEXT_PWS_RESOURCE_PIECE \
    "SELECT substring(r.content FROM $5::bigint::integer FOR $6::bigint::integer)" \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_RESOURCE("$3") \
    " AND " PWS_ETAG("r") " = $4::text"

/* uuid, collection, after, limit, only what anybody may read?, extra bytes -> resource, type,
 * custom, epoch, writer, bytes so far */
#define WAS_TEXT_PWS_RESOURCE_LIST \
    WAS_SQL_PAGE("p.resource, p.content_type, p.custom, p.epoch, p.writer", "resource", \
    "2 * octet_length(q.resource) + octet_length(q.content_type) + " WAS_SQL_BYTES("q.custom") \
    " + " WAS_SQL_BYTES("q.epoch") " + " WAS_SQL_BYTES("q.writer") " + $6::bigint", \
    "SELECT r.resource, r.content_type, r.custom, r.epoch, r.writer FROM (SELECT o.* FROM" \
    " was_pws_resources o WHERE o.space_uuid = $1 AND o.collection_generation = " \
    PWS_GENERATION("$2") " AND o.resource > $3::text ORDER BY o.resource" PWS_LIST_LOOKS ") r" \
    " WHERE (NOT $5::boolean OR " PWS_SHOWN("r.collection_generation", "r.resource") ")" \
    " ORDER BY r.resource LIMIT $4::bigint")

/* uuid, collection, after, limit -> resource, type, custom, epoch, writer, was one of them kept
 * back because it is long?: nothing is summed, which is a third of the work for a page of few rows
 * that are short. */
#define PWS_SHORT(column, most) "CASE WHEN octet_length(" column ") <= " most " THEN " column " END"
#define PWS_LONG(column, most) "octet_length(" column ") > " most
#define PWS_LISTED(what, between) \
    what("r.content_type", "512") between what("r.custom", "4096") between \
    what("r.epoch", "1024") between what("r.writer", "1024")
#define WAS_TEXT_PWS_RESOURCE_SHORT_LIST \
    "SELECT r.resource, " PWS_LISTED(PWS_SHORT, ", ") ", " PWS_LISTED(PWS_LONG, " OR ") \
    " FROM was_pws_resources r WHERE r.space_uuid = $1 AND r.collection_generation = " \
    PWS_GENERATION("$2") " AND r.resource > $3::text ORDER BY r.resource LIMIT $4::bigint"

/* grant, collection, resource, token, 3 conditions, writer -> a row. Its chunks go with it, and its
 * policy, which takes the second of two positions. */
#define WAS_TEXT_PWS_RESOURCE_RAISE_DELETE \
    PWS_RAISE("2", "$6") ", resources = k.resources - 1, bytes = k.bytes" \
    " - " PWS_RESOURCE_BYTES("r") " - r.chunk_bytes - " PWS_ROW " * c.claims" \
    " - " PWS_TOMBSTONE_THERE("c.generation", "r", "$5::text") \
    " + " PWS_ROW " + octet_length(r.resource) + octet_length(r.content_type)" \
    " + " PWS_LENGTH("$10::text") \
    " + CASE WHEN p.resource IS NULL THEN 0 ELSE " PWS_POLICY_SHRINKS("c.generation") " END" \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " LEFT JOIN was_pws_policies p ON p.space_uuid = $1 AND p.parent = r.collection_generation" \
    " AND p.resource = r.resource" \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_RESOURCE("$5") " AND " PWS_RESOURCE_CONDITIONS("$7", "$8", "$9") " RETURNING 1"

/* uuid, collection, resource, token, writer: the tombstone; then, without a writer, -> a row where
 * it had many chunks, which are to be swept; its few chunks; its row */
#define WAS_TEXT_PWS_RESOURCE_TOMBSTONE \
    PWS_TOMBSTONE("r.space_uuid, c.generation, 'r', r.resource, r.generation, r.content_type," \
    " $5::text, k.position - 1, " PWS_STAMP_AFTER("r") " FROM " PWS_TABLES ", was_pws_resources r" \
    " WHERE " PWS_RAISED("$4") " AND " PWS_RESOURCE("$3"))
#define WAS_TEXT_PWS_RESOURCE_SWEEP \
    PWS_SWEEP " SELECT r.space_uuid, r.chunks, 'chunks', " PWS_NOW_MS " FROM " PWS_TABLES \
    ", was_pws_resources r WHERE " PWS_RAISED("$4") " AND " PWS_RESOURCE("$3") \
    " AND " PWS_MANY_CHUNKS("r") " RETURNING 1"
#define WAS_TEXT_PWS_RESOURCE_CHUNKS \
    "DELETE FROM was_pws_chunks h USING " PWS_TABLES ", was_pws_resources r" \
    " WHERE " PWS_RAISED("$4") " AND " PWS_RESOURCE("$3") " AND " PWS_FEW_CHUNKS("r") \
    " AND h.space_uuid = $1 AND h.chunks = r.chunks"
#define WAS_TEXT_PWS_RESOURCE_DELETE \
    "DELETE FROM was_pws_resources r USING " PWS_TABLES \
    " WHERE " PWS_RAISED("$4") " AND " PWS_RESOURCE("$3") " RETURNING 1"

/* The validator of what describes a resource, which is none of its content: by the stamps of that,
 * and of what is noted beside it, once something is. */
#define PWS_META_ETAG \
    "('d-' || " PWS_ETAG("r") " || coalesce('-' || to_hex(r.meta_generation) || '-' ||" \
    " to_hex(r.meta_ms) || '-' || to_hex(r.meta_counter), ''))"

/* A row of was_pws_meta_t. */
#define PWS_META_COLUMNS \
    PWS_CONTENT_COLUMNS ", r.custom, r.epoch, r.writer, " PWS_META_ETAG "," \
    " to_hex(r.meta_generation), r.meta_ms, r.meta_counter::bigint, " PWS_ORIGIN

/* uuid, collection, resource -> PWS_META_COLUMNS */
#define WAS_TEXT_PWS_RESOURCE_META_GET \
    "SELECT " PWS_META_COLUMNS \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_RESOURCE("$3")

#define PWS_META_CONDITIONS(match, none_match) \
    "(" match "::text[] IS NULL OR " match "::text[] = '{*}'" \
    " OR " PWS_META_ETAG " = ANY (" match "::text[]))" \
    " AND (" none_match "::text[] IS NULL OR NOT ((" none_match "::text[] = '{*}'" \
    " AND r.meta_generation IS NOT NULL) OR " PWS_META_ETAG " = ANY (" none_match "::text[])))"

/* uuid, collection, resource, match, none match -> is what is noted as they demand? */
#define WAS_TEXT_PWS_RESOURCE_META_MATCHES \
    "SELECT " PWS_META_CONDITIONS("$4", "$5") \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_RESOURCE("$3")

/* grant, collection, resource, token, is it an envelope?, match, none match, custom, epoch or NULL
 * to keep, writer, is that one to be kept instead?, quota or NULL, does a later step write what is
 * claimed? -> a row */
#define PWS_META_WRITER(keeps, writer) \
    "CASE WHEN " keeps "::boolean THEN r.writer ELSE " writer "::text END"
#define PWS_META_GROWTH \
    "(" PWS_LENGTH("$10::text") " + " PWS_LENGTH("coalesce($11::text, r.epoch)") \
    " + " PWS_LENGTH(PWS_META_WRITER("$13", "$12")) " - " PWS_LENGTH("r.custom") \
    " - " PWS_LENGTH("r.epoch") \
    " - " PWS_LENGTH("r.writer") ")"
#define WAS_TEXT_PWS_RESOURCE_META_RAISE \
    PWS_RAISE("1", "$6") ", bytes = k.bytes + " PWS_META_GROWTH \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_resources r" \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_RESOURCE("$5") " AND (c.encryption IS NULL OR $7::boolean)" \
    " AND " PWS_META_CONDITIONS("$8", "$9") " AND " PWS_FITS(PWS_META_GROWTH, "$14") \
    " AND " PWS_CLAIMS_ARE_TENDED("$15") \
    " RETURNING 1"

/* uuid, collection, resource, token, custom, epoch or NULL to keep, writer, is that one to be kept
 * instead? -> PWS_META_COLUMNS */
#define WAS_TEXT_PWS_RESOURCE_META_PUT \
    "UPDATE was_pws_resources r SET custom = $5::text, epoch = coalesce($6::text, r.epoch)," \
    " writer = " PWS_META_WRITER("$8", "$7") ", position = k.position," \
    " meta_generation = coalesce(r.meta_generation, $4::bigint)," \
    " meta_ms = " PWS_NEXT_MS(PWS_NOW_MS, "r.meta_ms", "r.meta_counter") "," \
    " meta_counter = greatest(0, " \
    PWS_NEXT_COUNTER(PWS_NOW_MS, "r.meta_ms", "r.meta_counter") ")" \
    " FROM " PWS_TABLES " WHERE " PWS_RAISED("$4") " AND " PWS_RESOURCE("$3") \
    " RETURNING " PWS_META_COLUMNS

/* clang-format on */

#endif
