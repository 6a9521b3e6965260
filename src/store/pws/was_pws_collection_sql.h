/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_COLLECTION_SQL_H
#define WAS_PWS_COLLECTION_SQL_H

#include "was_pws_unique_sql.h"

/*
 * was_pws_collection_sql: the statements of collections of Portable Web Spaces; private to was_sql.
 * Above each text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* grant, collection -> does it declare anything unique (as of the time before it had to wait)? Its
 * writers take turns from here on; who may not write is none of them. */
#define WAS_TEXT_PWS_COLLECTION_LOCK \
    "SELECT c.claims > 0 FROM " PWS_TABLES " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") \
    " AND " PWS_COUNTER " FOR UPDATE OF k"

/* Whether a listing that anybody may read shows what has this policy of its own: one that does not
 * let anybody read hides it. And how many it looks at for one page: who hides more than that behind
 * each other hides the rest, too, and the listing of nobody takes long. */
#define PWS_SHOWN(parent, resource) \
    "coalesce((SELECT p.document::json ->> 'type' = 'PublicCanRead' FROM was_pws_policies p" \
    " WHERE p.space_uuid = $1 AND p.parent = " parent " AND p.resource = " resource "), true)"
#define PWS_LIST_LOOKS " LIMIT 10000"

/* What every RAISE sets; `by` is how many positions the write takes. */
#define PWS_RAISE(by, token) \
    "UPDATE was_pws_counters k SET position = k.position + " by "," \
    " feed_ms = greatest(" PWS_NOW_MS ", k.feed_ms + 1), token = " token "::bigint"

/* What a collection's tombstone is charged, to the space, unless there is one: when the collection
 * is made, so that its deletion changes nothing of the space and waits for no lock of it. */
#define PWS_COLLECTION_TOMBSTONE_BYTES(id) \
    "(" PWS_ROW " + octet_length(" id ") - " PWS_TOMBSTONE_THERE("s.generation", "c", id) ")"

/* grant, collection, name, backend, encryption, plaintext, generator, generator origin, custom,
 * epoch, created by, generation, quota or NULL, revisions -> stamp of its making, stamp, validator;
 * behind the space's lock */
#define PWS_COLLECTION_MADE \
    "c.created_ms, c.created_counter::bigint, " PWS_ORIGIN ", " PWS_STAMP("c") "," \
    " " PWS_ETAG_OBJECT("c")
#define PWS_COLLECTION_NEW_BYTES \
    "(" PWS_TWO_ROWS " + " PWS_COLLECTION_TOMBSTONE_BYTES("$4::text") \
    " + octet_length($4::text) + " PWS_LENGTH("$5::text") \
    " + " PWS_LENGTH("nullif($6::text, 'default')") " + " PWS_LENGTH("$7::text") \
    " + " PWS_LENGTH("$8::text") " + " PWS_LENGTH("$9::text") " + " PWS_LENGTH("$10::text") \
    " + " PWS_LENGTH("$11::text") " + " PWS_LENGTH("$12::text") " + " PWS_LENGTH("$13::text") \
    " + " PWS_LENGTH("$16::text") ")"
#define PWS_IMMUTABLE(revisions) \
    "coalesce((" revisions "::text::json ->> 'immutable')::boolean, false)"
#define WAS_TEXT_PWS_COLLECTION_INSERT \
    "INSERT INTO was_pws_collections AS c (space_uuid, space_generation, collection, name," \
    " backend, encryption, plaintext, generator, generator_origin, custom, epoch, created_by," \
    " generation, created_ms, updated_ms, revisions, is_immutable, claims)" \
    " SELECT s.space_uuid, s.generation, $4::text, $5::text, nullif($6::text, 'default')," \
    " $7::text, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $14::bigint," \
    " " PWS_NOW_MS ", " PWS_NOW_MS ", $16::text, " PWS_IMMUTABLE("$16") "," \
    " " PWS_UNIQUE_COUNT("$8::text") \
    " FROM was_pws_spaces s" \
    " WHERE " PWS_GRANTED " AND " PWS_FITS(PWS_COLLECTION_NEW_BYTES, "$15") \
    " ON CONFLICT DO NOTHING RETURNING " PWS_COLLECTION_MADE

/* uuid, collection, generation -> the same, if there is the tombstone of an earlier life: above
 * that. Not a part of the insertion, which may have waited for a deletion to commit whose tombstone
 * it cannot see. */
#define WAS_TEXT_PWS_COLLECTION_LIFT \
    "UPDATE was_pws_collections c SET updated_ms = l.ms, updated_counter = l.counter," \
    " created_ms = l.ms, created_counter = l.counter FROM was_pws_spaces s," \
    " was_pws_tombstones t CROSS JOIN LATERAL (SELECT " PWS_NEXT_STAMP("t") ") l (ms, counter)" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND c.generation = $3::bigint" \
    " AND t.space_uuid = $1 AND t.parent = s.generation AND t.kind = 'c' AND t.id = $2::text" \
    " RETURNING " PWS_COLLECTION_MADE

/* uuid, collection, generation: the counter of the collection that was just made */
#define WAS_TEXT_PWS_COLLECTION_COUNTER \
    "INSERT INTO was_pws_counters (space_uuid, collection_generation, space_generation, position," \
    " feed_ms, token, bytes) SELECT c.space_uuid, c.generation, c.space_generation, 1," \
    " c.updated_ms, $3::bigint, " PWS_COLLECTION_BYTES("c") \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND c.generation = $3::bigint"

/* uuid, collection, generation: the tombstone of the collection that was just made */
#define WAS_TEXT_PWS_COLLECTION_CHARGE \
    "UPDATE was_pws_spaces s SET bytes = s.bytes + " PWS_COLLECTION_TOMBSTONE_BYTES("$2::text") \
    " FROM was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND c.generation = $3::bigint"

/* Of an encryption that was stored, `o`, and the one that a write brings, `n` (protocol/pws
 * sections 14.1, 14.3 and 14.4). What is there of scheme, version and hmac stays; no epoch goes,
 * and the current one stays or is new. What is stored may be of a time when nobody looked at it:
 * what is not in its form binds nobody. */
#define PWS_STAYS(o, n, path) \
    "coalesce(" n "::json #>> '" path "' = " o "::json #>> '" path "'," \
    " " o "::json #>> '" path "' IS NULL)"
#define PWS_ENCRYPTION_STAYS(o, n) \
    "(" o " IS NULL OR (" PWS_STAYS(o, n, "{scheme}") " AND " PWS_STAYS(o, n, "{version}") \
    " AND " PWS_STAYS(o, n, "{hmac,id}") " AND " PWS_STAYS(o, n, "{hmac,type}") "))"
#define PWS_EPOCHS(text) \
    "ARRAY(SELECT e ->> 'id' FROM json_array_elements(" \
    "CASE WHEN json_typeof(" text "::json -> 'epochs') = 'array' THEN " text "::json -> 'epochs'" \
    " ELSE '[]' END) e WHERE e ->> 'id' IS NOT NULL)"
#define PWS_EPOCHS_STAY(o, n) \
    "(" o " IS NULL OR (" PWS_EPOCHS(o) " <@ " PWS_EPOCHS(n) \
    " AND (" PWS_STAYS(o, n, "{currentEpoch}") \
    " OR " n "::json ->> 'currentEpoch' <> ALL (" PWS_EPOCHS(o) "))))"

/* What an update makes of encryption and revisions. Of a collection with a log that says them (it
 * has a `history` then), nothing; and its custom must be an envelope. */
#define PWS_GOVERNED(told, stored) \
    "CASE WHEN c.history IS NULL THEN " told " ELSE " stored " END"
#define PWS_UNGOVERNED(n) "(c.history IS NULL OR " n " IS NULL)"
#define PWS_DESCRIBED_STAYS(n) \
    "(c.history IS NOT NULL OR " PWS_ENCRYPTION_STAYS("c.encryption", n) ")"
#define PWS_DESCRIBED_EPOCHS_STAY(n) \
    "(c.history IS NOT NULL OR " PWS_EPOCHS_STAY("c.encryption", n) ")"
#define PWS_CUSTOM_IS_SEALED(is_envelope) "(c.history IS NULL OR " is_envelope "::boolean)"
#define PWS_NEXT_ENCRYPTION(n) PWS_GOVERNED(n "::text", "c.encryption")
#define PWS_NEXT_REVISIONS(n) PWS_GOVERNED("coalesce(" n "::text, c.revisions)", "c.revisions")

/* Encrypted, or plaintext of a declared kind. */
#define PWS_ONE_OF(encryption, plaintext) \
    "(coalesce(" encryption "::text, c.encryption) IS NULL" \
    " OR coalesce(" plaintext "::text, c.plaintext) IS NULL)"

/* What was said of revisions when the collection was made, in its own words or by saying nothing,
 * counts for all its life (protocol/pws-next I.2). */
#define PWS_REVISIONS_STAY(n) \
    "(" n "::text IS NULL OR c.is_immutable = " PWS_IMMUTABLE(n) ")"

/* uuid, collection, encryption, plaintext, revisions, is custom an envelope? -> is it not both?, no
 * encryption besides a log's?, do encryption, epochs and revisions stay as they must?, does custom
 * fit? */
#define WAS_TEXT_PWS_COLLECTION_CHANGES \
    "SELECT " PWS_ONE_OF("$3", "$4") ", " PWS_UNGOVERNED("$3::text") "," \
    " " PWS_DESCRIBED_STAYS("$3::text") ", " PWS_DESCRIBED_EPOCHS_STAY("$3::text") "," \
    " " PWS_REVISIONS_STAY("$5") ", " PWS_CUSTOM_IS_SEALED("$6") \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2")

/* What is said of the generator by then: kept where nothing is, and '' clears it. */
#define PWS_GENERATOR(generator) "nullif(coalesce(" generator "::text, c.generator), '')"
#define PWS_GENERATOR_ORIGIN(generator, origin) \
    "coalesce(" origin "::text, CASE WHEN " generator "::text IS NULL" \
    " THEN c.generator_origin END)"

/* grant, collection, token, encryption, plaintext, 3 conditions, name, custom and epoch in one,
 * since only their length counts, backend, quota or NULL, generator, its origin, revisions, is
 * custom an envelope? -> a row */
#define PWS_CLAIMS_BY(plaintext) \
    "CASE WHEN " plaintext "::text IS NULL THEN c.claims ELSE " \
    PWS_UNIQUE_COUNT(plaintext "::text") " END"
#define PWS_COLLECTION_GROWTH \
    "(octet_length($11::text) + " PWS_LENGTH(PWS_NEXT_ENCRYPTION("$6")) \
    " + " PWS_LENGTH(PWS_GENERATOR("$14")) \
    " + " PWS_LENGTH(PWS_GENERATOR_ORIGIN("$14", "$15")) \
    " + " PWS_LENGTH("coalesce($7::text, c.plaintext)") \
    " + " PWS_LENGTH(PWS_NEXT_REVISIONS("$16")) " + " PWS_LENGTH("c.history") \
    " + " PWS_LENGTH("nullif(coalesce($12::text, c.backend), 'default')") \
    " + " PWS_ROW " * k.resources * (" PWS_CLAIMS_BY("$7") " - c.claims)" \
    " - (" PWS_COLLECTION_TEXTS("c") "))"
#define WAS_TEXT_PWS_COLLECTION_RAISE \
    PWS_RAISE("1", "$5") ", bytes = k.bytes + " PWS_COLLECTION_GROWTH \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_ONE_OF("$6", "$7") " AND " PWS_UNGOVERNED("$6::text") \
    " AND " PWS_DESCRIBED_STAYS("$6::text") " AND " PWS_DESCRIBED_EPOCHS_STAY("$6::text") \
    " AND " PWS_REVISIONS_STAY("$16") " AND " PWS_CUSTOM_IS_SEALED("$17") \
    " AND " PWS_CONDITIONS("true", PWS_ETAG_OBJECT("c"), "c.updated_ms", "$8", "$9", "$10") \
    " AND " PWS_FITS(PWS_COLLECTION_GROWTH, "$13") " RETURNING 1"

/* uuid, collection, 3 conditions -> is the collection as they demand? */
#define WAS_TEXT_PWS_COLLECTION_MATCHES \
    "SELECT " PWS_CONDITIONS("true", PWS_ETAG_OBJECT("c"), "c.updated_ms", "$3", "$4", "$5") \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2")

/* uuid, collection, token, name, backend, encryption, plaintext, generator, generator origin,
 * custom, epoch, revisions -> validator. What is left out clears, but backend, plaintext, generator
 * and revisions stay, and what a log says. */
#define WAS_TEXT_PWS_COLLECTION_UPDATE \
    "UPDATE was_pws_collections c SET name = $4::text," \
    " backend = nullif(coalesce($5::text, c.backend), 'default')," \
    " encryption = " PWS_NEXT_ENCRYPTION("$6") "," \
    " plaintext = coalesce($7::text, c.plaintext)," \
    " generator = " PWS_GENERATOR("$8") "," \
    " generator_origin = " PWS_GENERATOR_ORIGIN("$8", "$9") "," \
    " custom = $10::text, epoch = $11::text, local = 0, position = k.position," \
    " revisions = " PWS_NEXT_REVISIONS("$12") ", claims = " PWS_CLAIMS_BY("$7") "," \
    " " PWS_MINT("c", PWS_NOW_MS) \
    " FROM was_pws_spaces s, was_pws_counters k WHERE " PWS_RAISED("$3") \
    " RETURNING " PWS_ETAG_OBJECT("c")

/* uuid, collection -> a row of was_pws_collection_t */
#define WAS_TEXT_PWS_COLLECTION_GET \
    "SELECT c.name, c.backend, c.encryption, c.plaintext, c.generator, c.generator_origin," \
    " c.custom, c.epoch, c.created_by, c.revisions, c.history, " PWS_COLLECTION_MADE \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2")

/* grant, collection, resource -> is the collection there?, encrypted?, the resource there?, kept
 * elsewhere?, immutable?, has the resource terms?, is anything unique?; no row where the grant does
 * not hold */
#define WAS_TEXT_PWS_COLLECTION_STATE \
    "SELECT c.collection IS NOT NULL, c.encryption IS NOT NULL, r.resource IS NOT NULL," \
    " c.backend IS NOT NULL, c.is_immutable, r.terms > 0, c.claims > 0 FROM was_pws_spaces s" \
    " LEFT JOIN was_pws_collections c ON " PWS_COLLECTION(PWS_OR_NONE("$4")) \
    " LEFT JOIN was_pws_resources r ON r.space_uuid = $1" \
    " AND r.collection_generation = c.generation AND r.resource = " PWS_OR_NONE("$5") \
    " WHERE " PWS_HELD " AND " WAS_SQL_FROZEN_LATELY("s") " = 0"

/* uuid, after, limit, only what anybody may read?, extra bytes -> collection, name, bytes so far */
#define WAS_TEXT_PWS_COLLECTION_LIST \
    WAS_SQL_PAGE("p.collection, p.name", "collection", \
    "2 * octet_length(q.collection) + " WAS_SQL_BYTES("q.name") " + $5::bigint", \
    "SELECT c.collection, c.name FROM (SELECT o.* FROM was_pws_collections o" \
    " WHERE o.space_uuid = $1 AND o.space_generation =" \
    " (SELECT s.generation FROM was_pws_spaces s WHERE s.space_uuid = $1)" \
    " AND o.collection > $2::text ORDER BY o.collection" PWS_LIST_LOOKS ") c" \
    " WHERE (NOT $4::boolean OR " PWS_SHOWN("c.generation", "''") ")" \
    " ORDER BY c.collection LIMIT $3::bigint")

/* Those of a space that there are, and those of which only a tombstone is there. */
#define PWS_SPACE_GENERATION "(SELECT s.generation FROM was_pws_spaces s WHERE s.space_uuid = $1)"
#define PWS_COLLECTIONS_LIVE \
    "was_pws_collections c WHERE c.space_uuid = $1 AND c.space_generation = " PWS_SPACE_GENERATION
#define PWS_COLLECTIONS_DELETED \
    "was_pws_tombstones t WHERE t.space_uuid = $1 AND t.parent = " PWS_SPACE_GENERATION \
    " AND t.kind = 'c' AND NOT EXISTS (SELECT 1 FROM was_pws_collections c" \
    " WHERE c.space_uuid = $1 AND c.space_generation = t.parent AND c.collection = t.id)"

/* uuid, after, limit, extra bytes -> the same; of a tombstone its stamp, else NULL, in between */
#define WAS_TEXT_PWS_COLLECTION_LIST_ALL \
    WAS_SQL_PAGE("p.collection, p.name, p.ms, p.counter, p.origin", "collection", \
    "2 * octet_length(q.collection) + " WAS_SQL_BYTES("q.name") " + $4::bigint", \
    "SELECT u.*, " PWS_ORIGIN " AS origin FROM ((SELECT c.collection, c.name, NULL::bigint AS ms," \
    " 0::bigint AS counter FROM " PWS_COLLECTIONS_LIVE " AND c.collection > $2::text" \
    " ORDER BY c.collection LIMIT $3::bigint) UNION ALL (SELECT t.id, NULL, t.updated_ms," \
    " t.updated_counter::bigint FROM " PWS_COLLECTIONS_DELETED " AND t.id > $2::text" \
    " ORDER BY t.id LIMIT $3::bigint)) u ORDER BY u.collection LIMIT $3::bigint")

/* uuid, with what was deleted? -> how many collections there are; no row where no space is */
#define WAS_TEXT_PWS_COLLECTION_COUNT \
    "SELECT (SELECT count(*) FROM " PWS_COLLECTIONS_LIVE ")" \
    " + CASE WHEN $2::boolean THEN (SELECT count(*) FROM " PWS_COLLECTIONS_DELETED ") ELSE 0 END" \
    " FROM was_pws_spaces s WHERE s.space_uuid = $1"

/* uuid, collection -> how many resources there are; no row where no collection is */
#define WAS_TEXT_PWS_RESOURCE_COUNT \
    "SELECT k.resources FROM " PWS_TABLES \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER

/* grant, collection, token -> a row */
#define WAS_TEXT_PWS_COLLECTION_RAISE_DELETE \
    PWS_RAISE("1", "$5") " FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN " RETURNING 1"

/* uuid, collection, token: the tombstone, what is to be swept, then counter and row. Nothing is
 * below a collection that was made, and is deleted, and raised by nothing else. */
#define WAS_TEXT_PWS_COLLECTION_TOMBSTONE \
    PWS_TOMBSTONE("c.space_uuid, s.generation, 'c', c.collection, c.generation, NULL, NULL, NULL," \
    " " PWS_STAMP_AFTER("c") " FROM " PWS_TABLES " WHERE " PWS_RAISED("$3"))
#define WAS_TEXT_PWS_COLLECTION_SWEEP \
    PWS_SWEEP " SELECT c.space_uuid, c.generation, 'collection', " PWS_NOW_MS \
    " FROM " PWS_TABLES " WHERE " PWS_RAISED("$3") " AND k.position > 2"
#define WAS_TEXT_PWS_COLLECTION_DELETE_COUNTER \
    "DELETE FROM was_pws_counters k USING was_pws_spaces s, was_pws_collections c" \
    " WHERE " PWS_RAISED("$3")
/* uuid, collection: the one that has a tombstone by now and no counter any more; what an import has
 * brought back has the tombstone of before */
#define WAS_TEXT_PWS_COLLECTION_DELETE \
    "DELETE FROM was_pws_collections c USING was_pws_spaces s, was_pws_tombstones t" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") \
    " AND t.space_uuid = $1 AND t.parent = s.generation AND t.kind = 'c' AND t.id = $2::text" \
    " AND t.generation = c.generation" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_counters k WHERE " PWS_COUNTER ")"

/* uuid, collection -> a row where only a tombstone is left of it */
#define WAS_TEXT_PWS_COLLECTION_DELETED \
    "SELECT 1 FROM " PWS_COLLECTIONS_DELETED " AND t.id = $2::text"

/* clang-format on */

#endif
