/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_schema_steps: every DDL that was ever released, in order. A step that was released is never
 * changed; a new one is added behind it. The two tables of the Python server keep its columns,
 * types and keys, so that it works on them before and after every step.
 */

#include "was_schema_steps.h"

/* A random mark of 60 bits, and a time in milliseconds. */
#define MARK "('x' || translate(left(gen_random_uuid()::text, 18), '-', ''))::bit(64)::bigint"
#define MS(time) "floor(date_part('epoch', " time ") * 1000)::bigint"
#define LENGTH(text) "coalesce(octet_length(" text "), 0)"

/* clang-format off */
const char *const was_schema_steps[WAS_SCHEMA_VERSION] = {
    /* 1: the Python server's tables, and what we need beside its columns. now() and
     * pg_current_xact_id() are stable, so that adding them as defaults rewrites no row. */
    "CREATE TABLE IF NOT EXISTS was_spaces (space_uuid text PRIMARY KEY,"
    " space_id text NOT NULL, controller text NOT NULL);"
    "CREATE INDEX IF NOT EXISTS idx_spaces_controller ON was_spaces (controller);"
    "CREATE TABLE IF NOT EXISTS was_resources (space_uuid text NOT NULL"
    " REFERENCES was_spaces (space_uuid) ON DELETE CASCADE, path text NOT NULL,"
    " content bytea NOT NULL, content_type text NOT NULL, PRIMARY KEY (space_uuid, path));"
    "ALTER TABLE was_spaces ADD COLUMN IF NOT EXISTS protocol text NOT NULL DEFAULT 'classic',"
    " ADD COLUMN IF NOT EXISTS name text, ADD COLUMN IF NOT EXISTS link text,"
    " ADD COLUMN IF NOT EXISTS revised timestamptz NOT NULL DEFAULT now(),"
    " ADD COLUMN IF NOT EXISTS written xid8 NOT NULL DEFAULT pg_current_xact_id();"
    "ALTER TABLE was_resources"
    " ADD COLUMN IF NOT EXISTS revised timestamptz NOT NULL DEFAULT now(),"
    " ADD COLUMN IF NOT EXISTS written xid8 NOT NULL DEFAULT pg_current_xact_id(),"
    /* Contents are read in pieces; of a compressed one every piece costs the whole prefix. */
    " ALTER COLUMN content SET STORAGE EXTERNAL;"
    /* Pages of a controller's spaces, in order. */
    "CREATE INDEX IF NOT EXISTS was_spaces_controller_uuid ON was_spaces (controller,"
    " space_uuid);",

    /* 2: Portable Web Spaces. A resource of a collection is a row of was_resources; what is
     * noted beside it is a row of its own, so that its validator does not move with the
     * content's. Everything goes with what it belongs to. Ids compare by code units, as listings
     * are. */
    "ALTER TABLE was_spaces ADD COLUMN IF NOT EXISTS created_by text;"
    "CREATE TABLE IF NOT EXISTS was_collections (space_uuid text NOT NULL"
    " REFERENCES was_spaces (space_uuid) ON DELETE CASCADE,"
    " collection text COLLATE \"C\" NOT NULL, name text, backend text, encryption text,"
    " plaintext text, generator text, generator_origin text, custom text, epoch text,"
    " created_by text, created timestamptz NOT NULL DEFAULT now(),"
    " revised timestamptz NOT NULL DEFAULT now(),"
    " written xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (space_uuid,"
    " collection));"
    "ALTER TABLE was_resources ADD COLUMN IF NOT EXISTS collection text COLLATE \"C\","
    " ADD COLUMN IF NOT EXISTS created_by text, ADD COLUMN IF NOT EXISTS epoch text,"
    " ADD COLUMN IF NOT EXISTS writer text,"
    " ADD COLUMN IF NOT EXISTS created timestamptz NOT NULL DEFAULT now();"
    /* Every row is without a collection yet: nothing needs to be looked at. */
    "ALTER TABLE was_resources DROP CONSTRAINT IF EXISTS was_resources_collection,"
    " ADD CONSTRAINT was_resources_collection FOREIGN KEY (space_uuid, collection)"
    " REFERENCES was_collections ON DELETE CASCADE NOT VALID;"
    "CREATE INDEX IF NOT EXISTS was_resources_collection_path ON was_resources (space_uuid,"
    " collection, path COLLATE \"C\") WHERE collection IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS was_resource_meta (space_uuid text NOT NULL,"
    " path text NOT NULL, custom text, epoch text, writer text,"
    " revised timestamptz NOT NULL DEFAULT now(),"
    " written xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (space_uuid, path),"
    " FOREIGN KEY (space_uuid, path) REFERENCES was_resources ON DELETE CASCADE);"
    "CREATE TABLE IF NOT EXISTS was_space_policies (space_uuid text PRIMARY KEY"
    " REFERENCES was_spaces ON DELETE CASCADE, document text NOT NULL);"
    "CREATE TABLE IF NOT EXISTS was_collection_policies (space_uuid text NOT NULL,"
    " collection text COLLATE \"C\" NOT NULL, document text NOT NULL, PRIMARY KEY (space_uuid,"
    " collection), FOREIGN KEY (space_uuid, collection) REFERENCES was_collections"
    " ON DELETE CASCADE);"
    "CREATE TABLE IF NOT EXISTS was_resource_policies (space_uuid text NOT NULL,"
    " path text NOT NULL, document text NOT NULL, PRIMARY KEY (space_uuid, path),"
    " FOREIGN KEY (space_uuid, path) REFERENCES was_resources ON DELETE CASCADE);"
    /* Places that a client registered for its collections; descriptor is what may be shown. */
    "CREATE TABLE IF NOT EXISTS was_backends (space_uuid text NOT NULL REFERENCES was_spaces"
    " ON DELETE CASCADE, backend text COLLATE \"C\" NOT NULL, descriptor text NOT NULL,"
    " PRIMARY KEY (space_uuid, backend));"
    /* link is a capability's id and who delegated it. */
    "CREATE TABLE IF NOT EXISTS was_revocations (space_uuid text NOT NULL REFERENCES was_spaces"
    " ON DELETE CASCADE, link text NOT NULL, keep_until timestamptz NOT NULL,"
    " PRIMARY KEY (space_uuid, link));",

    /* 3: pages of a controller's spaces of one protocol, however many of the other lie between. */
    "CREATE INDEX IF NOT EXISTS was_spaces_controller_protocol_uuid ON was_spaces (controller,"
    " protocol, space_uuid);"
    "DROP INDEX IF EXISTS was_spaces_controller_uuid;",

    /* 4: Portable Web Spaces on tables of its own, so that the two classic ones hold what the
     * Python server may serve and give away, and nothing else. Nobody writes while rows are
     * moved; the locks are taken in three steps, since servers that run meanwhile read spaces,
     * then resources, and write the other way round: who waits for us holds nothing that we wait
     * for. A row that the Python server put into a pws space is no resource of it: it stays,
     * with a classic space of that uuid around it, which has nothing else of that one.
     *
     * Keys begin with space_uuid; below it, `generation` marks one life of a space or
     * collection, and what belongs to it names that mark, not the name, which the next life may
     * have, too. No foreign key: what is deleted is deleted by name, in the order that its verb
     * says. A stamp is updated_ms and updated_counter; a position counts the writes of a
     * collection. A content may stand in its row or, where `parts` names it, elsewhere. */
    "LOCK TABLE was_resources IN EXCLUSIVE MODE;"
    "LOCK TABLE was_spaces IN ACCESS EXCLUSIVE MODE;"
    "LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE;"
    "CREATE TABLE IF NOT EXISTS was_origin (is_only boolean"
    " PRIMARY KEY DEFAULT true CHECK (is_only), origin_id text NOT NULL);"
    "INSERT INTO was_origin (origin_id) SELECT translate(gen_random_uuid()::text, '-', '')"
    " ON CONFLICT DO NOTHING;"
    "CREATE TABLE IF NOT EXISTS was_controllers (controller text PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS was_pws_spaces (space_uuid text COLLATE \"C\" PRIMARY KEY,"
    " generation bigint NOT NULL, controller text NOT NULL, name text,"
    " type text NOT NULL DEFAULT '[\"Space\"]', created_by text, created_ms bigint NOT NULL,"
    " updated_ms bigint NOT NULL, updated_counter integer NOT NULL DEFAULT 0,"
    " local integer NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS was_pws_spaces_controller ON was_pws_spaces (controller,"
    " space_uuid);"
    "CREATE TABLE IF NOT EXISTS was_pws_collections (space_uuid text COLLATE \"C\" NOT NULL,"
    " space_generation bigint NOT NULL, collection text COLLATE \"C\" NOT NULL,"
    " generation bigint NOT NULL, name text, backend text, encryption text, plaintext text,"
    " generator text, generator_origin text, custom text, epoch text, created_by text,"
    " created_ms bigint NOT NULL, updated_ms bigint NOT NULL,"
    " updated_counter integer NOT NULL DEFAULT 0, local integer NOT NULL DEFAULT 0,"
    " position bigint NOT NULL DEFAULT 1, PRIMARY KEY (space_uuid, space_generation,"
    " collection));"
    "CREATE TABLE IF NOT EXISTS was_pws_counters (space_uuid text COLLATE \"C\" NOT NULL,"
    " collection_generation bigint NOT NULL, position bigint NOT NULL, feed_ms bigint NOT NULL,"
    " bytes bigint NOT NULL DEFAULT 0, resources bigint NOT NULL DEFAULT 0,"
    " token bigint NOT NULL, PRIMARY KEY (space_uuid, collection_generation))"
    " WITH (fillfactor = 50);"
    "CREATE TABLE IF NOT EXISTS was_pws_resources (space_uuid text COLLATE \"C\" NOT NULL,"
    " collection_generation bigint NOT NULL, resource text COLLATE \"C\" NOT NULL,"
    " generation bigint NOT NULL, content_type text NOT NULL, size bigint NOT NULL,"
    " content bytea, parts bigint, created_by text, created_ms bigint NOT NULL, epoch text,"
    " writer text, position bigint NOT NULL, updated_ms bigint NOT NULL,"
    " updated_counter integer NOT NULL DEFAULT 0, custom text, meta_generation bigint,"
    " meta_ms bigint, meta_counter integer, PRIMARY KEY (space_uuid, collection_generation,"
    " resource));"
    /* Contents are read in pieces; of a compressed one every piece costs the whole prefix. */
    "ALTER TABLE was_pws_resources ALTER COLUMN content SET STORAGE EXTERNAL;"
    "CREATE INDEX IF NOT EXISTS was_pws_resources_position ON was_pws_resources (space_uuid,"
    " collection_generation, position);"
    /* A policy of a space or collection (resource ''), or of a resource: parent is the
     * generation of the space or the collection. */
    "CREATE TABLE IF NOT EXISTS was_pws_policies (space_uuid text COLLATE \"C\" NOT NULL,"
    " parent bigint NOT NULL, resource text COLLATE \"C\" NOT NULL, document text NOT NULL,"
    " generation bigint NOT NULL, position bigint, updated_ms bigint NOT NULL,"
    " updated_counter integer NOT NULL DEFAULT 0, PRIMARY KEY (space_uuid, parent, resource));"
    /* What is left of a collection ('c'), a resource ('r') or a policy ('p'). */
    "CREATE TABLE IF NOT EXISTS was_pws_tombstones (space_uuid text COLLATE \"C\" NOT NULL,"
    " parent bigint NOT NULL, kind text COLLATE \"C\" NOT NULL, id text COLLATE \"C\" NOT NULL,"
    " generation bigint NOT NULL, content_type text, writer text, position bigint,"
    " updated_ms bigint NOT NULL, updated_counter integer NOT NULL DEFAULT 0,"
    " PRIMARY KEY (space_uuid, parent, kind, id));"
    "CREATE INDEX IF NOT EXISTS was_pws_tombstones_position ON was_pws_tombstones (space_uuid,"
    " parent, position) WHERE position IS NOT NULL;"
    /* Places that a client registered for its collections; descriptor is what may be shown. */
    "CREATE TABLE IF NOT EXISTS was_pws_backends (space_uuid text COLLATE \"C\" NOT NULL,"
    " space_generation bigint NOT NULL, backend text COLLATE \"C\" NOT NULL,"
    " descriptor text NOT NULL, PRIMARY KEY (space_uuid, space_generation, backend));"
    /* delegation is the SHA-256 of a capability's id, a blank and who delegated it. */
    "CREATE TABLE IF NOT EXISTS was_pws_revocations (space_uuid text COLLATE \"C\" NOT NULL,"
    " delegation bytea NOT NULL, keep_until bigint NOT NULL, PRIMARY KEY (space_uuid,"
    " delegation));"
    /* Nobody has counted these tables yet, and what looks small may be millions: joins by hash
     * stay linear in whatever is there. */
    "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off;"
    "INSERT INTO was_pws_spaces (space_uuid, generation, controller, name, created_by,"
    " created_ms, updated_ms) SELECT s.space_uuid, " MARK ", s.controller, s.name,"
    " s.created_by, " MS("s.revised") ", " MS("s.revised") " FROM was_spaces s"
    " WHERE s.protocol = 'pws';"
    "INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation,"
    " name, backend, encryption, plaintext, generator, generator_origin, custom, epoch,"
    " created_by, created_ms, updated_ms) SELECT c.space_uuid, s.generation, c.collection,"
    " " MARK ", c.name, c.backend, c.encryption, c.plaintext, c.generator, c.generator_origin,"
    " c.custom, c.epoch, c.created_by, " MS("c.created") ", " MS("c.revised")
    " FROM was_collections c JOIN was_pws_spaces s USING (space_uuid);"
    /* In the order in which they were written; their collection itself was the first. */
    "INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,"
    " content_type, size, content, created_by, created_ms, epoch, writer, position, updated_ms,"
    " custom, meta_generation, meta_ms, meta_counter) SELECT r.space_uuid, c.generation,"
    " substr(r.path, length(c.collection) + 3), " MARK ", r.content_type,"
    " octet_length(r.content), r.content, r.created_by, " MS("r.created") ","
    " CASE WHEN m.revised > r.revised THEN m.epoch ELSE r.epoch END,"
    " CASE WHEN m.revised > r.revised THEN m.writer ELSE r.writer END, o.position,"
    " " MS("r.revised") ", m.custom, CASE WHEN m.path IS NOT NULL THEN " MARK " END,"
    " " MS("m.revised") ", CASE WHEN m.path IS NOT NULL THEN 0 END FROM was_resources r"
    " JOIN was_pws_collections c ON c.space_uuid = r.space_uuid AND c.collection = r.collection"
    " JOIN (SELECT x.space_uuid, x.path, row_number() OVER (PARTITION BY x.space_uuid,"
    " x.collection ORDER BY greatest(x.revised, y.revised), x.path) + 1 AS position"
    " FROM was_resources x LEFT JOIN was_resource_meta y USING (space_uuid, path)"
    " WHERE x.collection IS NOT NULL) o ON o.space_uuid = r.space_uuid AND o.path = r.path"
    " LEFT JOIN was_resource_meta m ON m.space_uuid = r.space_uuid AND m.path = r.path;"
    "INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation,"
    " updated_ms) SELECT p.space_uuid, s.generation, '', p.document, " MARK ", " MS("now()")
    " FROM was_space_policies p JOIN was_pws_spaces s USING (space_uuid);"
    "INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation,"
    " position, updated_ms) SELECT p.space_uuid, c.generation, p.resource, p.document,"
    " " MARK ", row_number() OVER (PARTITION BY c.space_uuid, c.generation"
    " ORDER BY p.resource) + 1 + coalesce(r.number, 0),"
    " " MS("now()") " FROM (SELECT y.space_uuid, y.collection, '' AS resource, y.document"
    " FROM was_collection_policies y UNION ALL SELECT y.space_uuid, r.collection,"
    " substr(y.path, length(r.collection) + 3), y.document FROM was_resource_policies y"
    " JOIN was_resources r USING (space_uuid, path)) p JOIN was_pws_collections c"
    " ON c.space_uuid = p.space_uuid AND c.collection = p.collection"
    /* Counted once, not for each policy. */
    " LEFT JOIN (SELECT x.space_uuid, x.collection_generation, count(*) AS number"
    " FROM was_pws_resources x GROUP BY 1, 2) r ON r.space_uuid = c.space_uuid"
    " AND r.collection_generation = c.generation;"
    "INSERT INTO was_pws_counters (space_uuid, collection_generation, position, feed_ms, bytes,"
    " resources, token) SELECT c.space_uuid, c.generation, 1 + count(w.ms),"
    " greatest(c.updated_ms, max(w.ms)), coalesce(sum(w.size), 0), count(w.size), c.generation"
    " FROM was_pws_collections c LEFT JOIN (SELECT r.space_uuid,"
    " r.collection_generation AS generation, greatest(r.updated_ms, r.meta_ms) AS ms, r.size"
    " FROM was_pws_resources r UNION ALL SELECT p.space_uuid, p.parent, p.updated_ms, NULL"
    " FROM was_pws_policies p) w USING (space_uuid, generation)"
    " GROUP BY c.space_uuid, c.generation, c.updated_ms ON CONFLICT DO NOTHING;"
    "INSERT INTO was_pws_backends (space_uuid, space_generation, backend, descriptor)"
    " SELECT b.space_uuid, s.generation, b.backend, b.descriptor FROM was_backends b"
    " JOIN was_pws_spaces s USING (space_uuid);"
    "INSERT INTO was_pws_revocations (space_uuid, delegation, keep_until) SELECT v.space_uuid,"
    " sha256(convert_to(v.link, 'UTF8')), floor(date_part('epoch', v.keep_until))::bigint"
    " FROM was_revocations v;"
    "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT;"
    "DROP TABLE was_resource_meta, was_resource_policies, was_collection_policies,"
    " was_space_policies, was_backends, was_revocations;"
    "DELETE FROM was_resources r WHERE r.collection IS NOT NULL;"
    "ALTER TABLE was_resources DROP CONSTRAINT was_resources_collection,"
    " DROP COLUMN collection, DROP COLUMN created_by, DROP COLUMN epoch, DROP COLUMN writer,"
    " DROP COLUMN created;"
    "DROP TABLE was_collections;"
    "DELETE FROM was_spaces s WHERE s.protocol = 'pws' AND NOT EXISTS (SELECT 1"
    " FROM was_resources r WHERE r.space_uuid = s.space_uuid);"
    "UPDATE was_spaces s SET name = NULL, link = NULL WHERE s.protocol = 'pws';"
    "ALTER TABLE was_spaces DROP COLUMN protocol, DROP COLUMN created_by;"
    "CREATE INDEX IF NOT EXISTS was_spaces_controller_uuid ON was_spaces (controller,"
    " space_uuid);",

    /* 5: what a space is charged, by the formula of docs/operating.md, Limits of storage: for all
     * of a collection in its counter, which says in which life of its space it is, and for what
     * belongs to the space itself in the space's row. Sums, grouped and joined by hash: linear in
     * what is there. tools/recount.sql does the same again. */
    "ALTER TABLE was_pws_spaces ADD COLUMN IF NOT EXISTS bytes bigint NOT NULL DEFAULT 0,"
    " ADD COLUMN IF NOT EXISTS token bigint NOT NULL DEFAULT 0;"
    "ALTER TABLE was_pws_counters ADD COLUMN IF NOT EXISTS space_generation bigint;"
    "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off;"
    "UPDATE was_pws_counters k SET space_generation = x.space_generation, bytes = x.bytes FROM"
    " (SELECT y.space_uuid, y.generation, max(y.space_generation) AS space_generation,"
    " sum(y.bytes)::bigint AS bytes FROM ("
    "SELECT c.space_uuid, c.generation, c.space_generation, 800 + octet_length(c.collection)"
    " + " LENGTH("c.name") " + " LENGTH("c.backend") " + " LENGTH("c.encryption")
    " + " LENGTH("c.plaintext") " + " LENGTH("c.generator") " + " LENGTH("c.generator_origin")
    " + " LENGTH("c.custom") " + " LENGTH("c.epoch") " + " LENGTH("c.created_by") " AS bytes"
    " FROM was_pws_collections c UNION ALL "
    "SELECT r.space_uuid, r.collection_generation, NULL, 400 + octet_length(r.resource)"
    " + r.size + octet_length(r.content_type) + " LENGTH("r.epoch") " + " LENGTH("r.writer")
    " + " LENGTH("r.custom") " + " LENGTH("r.created_by") " FROM was_pws_resources r UNION ALL "
    "SELECT p.space_uuid, p.parent, NULL, 400 + octet_length(p.resource)"
    " + octet_length(p.document) FROM was_pws_policies p UNION ALL "
    "SELECT t.space_uuid, t.parent, NULL, 400 + octet_length(t.id) + " LENGTH("t.content_type")
    " FROM was_pws_tombstones t) y GROUP BY y.space_uuid, y.generation) x"
    " WHERE k.space_uuid = x.space_uuid AND k.collection_generation = x.generation;"
    "UPDATE was_pws_spaces s SET bytes = x.bytes FROM"
    " (SELECT y.space_uuid, y.generation, sum(y.bytes)::bigint AS bytes FROM ("
    "SELECT o.space_uuid, o.generation, 400 + octet_length(o.space_uuid)"
    " + octet_length(o.controller) + " LENGTH("o.name") " + " LENGTH("o.created_by") " AS bytes"
    " FROM was_pws_spaces o UNION ALL "
    "SELECT p.space_uuid, p.parent, 400 + octet_length(p.resource) + octet_length(p.document)"
    " FROM was_pws_policies p UNION ALL "
    "SELECT t.space_uuid, t.parent, 400 + octet_length(t.id) + " LENGTH("t.content_type")
    " FROM was_pws_tombstones t UNION ALL "
    "SELECT c.space_uuid, c.space_generation, 400 + octet_length(c.collection)"
    " FROM was_pws_collections c LEFT JOIN was_pws_tombstones t ON t.space_uuid = c.space_uuid"
    " AND t.parent = c.space_generation AND t.kind = 'c' AND t.id = c.collection"
    " WHERE t.id IS NULL UNION ALL "
    "SELECT b.space_uuid, b.space_generation, 400 + octet_length(b.backend)"
    " + octet_length(b.descriptor) FROM was_pws_backends b UNION ALL "
    "SELECT o.space_uuid, o.generation, 400 FROM was_pws_revocations v"
    " JOIN was_pws_spaces o USING (space_uuid)) y GROUP BY y.space_uuid, y.generation) x"
    " WHERE s.space_uuid = x.space_uuid AND s.generation = x.generation;"
    "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT;"
    "DELETE FROM was_pws_counters k WHERE k.space_generation IS NULL;"
    "ALTER TABLE was_pws_counters ALTER COLUMN space_generation SET NOT NULL;"

    /* What was deleted, and how far its rows are gone: was_sweep_sql. A space of the classic
     * protocol, whose rows are found by its uuid alone, is marked until they are. */
    "ALTER TABLE was_spaces ADD COLUMN IF NOT EXISTS is_deleted boolean NOT NULL DEFAULT false;"
    "CREATE TABLE IF NOT EXISTS was_sweeps (space_uuid text COLLATE \"C\" NOT NULL,"
    " generation bigint NOT NULL, kind text NOT NULL, since_ms bigint NOT NULL,"
    " stage integer NOT NULL DEFAULT 0, is_last boolean NOT NULL DEFAULT true, first text,"
    " last text, PRIMARY KEY (space_uuid, generation)) WITH (fillfactor = 50);"
    "CREATE INDEX IF NOT EXISTS was_sweeps_since ON was_sweeps (since_ms, space_uuid,"
    " generation);"

    /* No delegation lasts for more than ten years, so no revocation is remembered for longer
     * (and a day, and what clocks may differ by). */
    "UPDATE was_pws_revocations v SET keep_until = o.latest FROM (SELECT"
    " floor(date_part('epoch', now()))::bigint + 3654 * 86400 + 300 AS latest) o"
    " WHERE v.keep_until > o.latest;",

    /* 6: revocations that nobody need remember are found by their time; by a sum, so that only who
     * looks for them in all spaces goes by it. */
    "CREATE INDEX IF NOT EXISTS was_pws_revocations_keep_until ON was_pws_revocations"
    " ((keep_until + 0));"

    /* Contents in parts. `content` is the mark that a resource's row names; of the classic
     * protocol, `content` of that row is the same mark then, so that what the Python server writes
     * there is seen to be its own. The row has their SHA-256, too. */
    "CREATE TABLE IF NOT EXISTS was_parts (space_uuid text COLLATE \"C\" NOT NULL,"
    " content bigint NOT NULL, number bigint NOT NULL, bytes bytea NOT NULL,"
    " PRIMARY KEY (space_uuid, content, number));"
    "ALTER TABLE was_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;"
    "CREATE INDEX IF NOT EXISTS was_parts_content ON was_parts (space_uuid, content)"
    " WHERE number = 0;"
    "ALTER TABLE was_resources ADD COLUMN IF NOT EXISTS parts bigint,"
    " ADD COLUMN IF NOT EXISTS parts_bytes bigint, ADD COLUMN IF NOT EXISTS parts_digest bytea;"
    "ALTER TABLE was_pws_resources ADD COLUMN IF NOT EXISTS digest bytea;"
    "CREATE INDEX IF NOT EXISTS was_resources_parts ON was_resources (space_uuid, parts)"
    " WHERE parts IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS was_pws_resources_parts ON was_pws_resources (space_uuid, parts)"
    " WHERE parts IS NOT NULL;"
    /* Whether the Python server may be reading its tables: not where there were none. */
    "ALTER TABLE was_schema_version"
    " ADD COLUMN IF NOT EXISTS made_tables boolean NOT NULL DEFAULT false;"
    /* A sweep that never ends: how far the look for contents that no row names has come. */
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)"
    " VALUES ('', 0, 'unnamed', 0) ON CONFLICT DO NOTHING;"

    /* What was said of a collection's revisions when it was made, the stamp of that, and the method
     * of the log that governs its encryption, which is what the log's last line says then. */
    "ALTER TABLE was_pws_collections ADD COLUMN IF NOT EXISTS revisions text,"
    " ADD COLUMN IF NOT EXISTS is_immutable boolean NOT NULL DEFAULT false,"
    " ADD COLUMN IF NOT EXISTS created_counter integer NOT NULL DEFAULT 0,"
    " ADD COLUMN IF NOT EXISTS history text;"

    /* The log itself, whole, as it was sent. */
    "CREATE TABLE IF NOT EXISTS was_pws_logs (space_uuid text COLLATE \"C\" NOT NULL,"
    " collection_generation bigint NOT NULL, generation bigint NOT NULL, body bytea NOT NULL,"
    " position bigint NOT NULL, updated_ms bigint NOT NULL,"
    " updated_counter integer NOT NULL DEFAULT 0,"
    " PRIMARY KEY (space_uuid, collection_generation));"

    /* Chunks belong to a mark that the row of their resource names, so that its deletion is that of
     * one row. What they are charged stands there, too. */
    "CREATE TABLE IF NOT EXISTS was_pws_chunks (space_uuid text COLLATE \"C\" NOT NULL,"
    " chunks bigint NOT NULL, number bigint NOT NULL, generation bigint NOT NULL,"
    " content_type text NOT NULL, size bigint NOT NULL, content bytea, parts bigint,"
    " digest bytea, created_ms bigint NOT NULL, updated_ms bigint NOT NULL,"
    " updated_counter integer NOT NULL DEFAULT 0, PRIMARY KEY (space_uuid, chunks, number));"
    "ALTER TABLE was_pws_chunks ALTER COLUMN content SET STORAGE EXTERNAL;"
    "CREATE INDEX IF NOT EXISTS was_pws_chunks_parts ON was_pws_chunks (space_uuid, parts)"
    " WHERE parts IS NOT NULL;"
    "ALTER TABLE was_pws_resources ADD COLUMN IF NOT EXISTS chunks bigint,"
    " ADD COLUMN IF NOT EXISTS chunk_bytes bigint NOT NULL DEFAULT 0;"

    /* By what resources are found: the digest of an index, a name and a value, or of the first two.
     * A claim is a term that no two resources of a collection have. Who looks for the terms of one
     * resource goes by one expression, so that nobody else does, who knows the term. */
    "CREATE TABLE IF NOT EXISTS was_pws_terms (space_uuid text COLLATE \"C\" NOT NULL,"
    " collection_generation bigint NOT NULL, term bytea NOT NULL,"
    " resource text COLLATE \"C\" NOT NULL, is_claim boolean NOT NULL,"
    " PRIMARY KEY (space_uuid, collection_generation, term, resource));"
    "CREATE UNIQUE INDEX IF NOT EXISTS was_pws_terms_claim ON was_pws_terms (space_uuid,"
    " collection_generation, term) WHERE is_claim;"
    "CREATE INDEX IF NOT EXISTS was_pws_terms_resource ON was_pws_terms"
    " ((space_uuid || '/' || collection_generation::text || '/' || resource));"
    "ALTER TABLE was_pws_resources ADD COLUMN IF NOT EXISTS terms integer NOT NULL DEFAULT 0;"
    "ALTER TABLE was_pws_collections ADD COLUMN IF NOT EXISTS claims integer NOT NULL DEFAULT 0;"

    /* What checkpoints of changes are sealed with, which no client is told. The one row that
     * there is gets its own: the default is volatile. */
    "ALTER TABLE was_origin ADD COLUMN IF NOT EXISTS feed_key bytea NOT NULL"
    " DEFAULT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));"
    /* Policies are found by their positions, as resources and tombstones are. */
    "CREATE INDEX IF NOT EXISTS was_pws_policies_position ON was_pws_policies (space_uuid, parent,"
    " position) WHERE position IS NOT NULL;",

    /* 7: spaces that nobody writes to until the operator lets them (was-admin). A constant default
     * rewrites no row. */
    "ALTER TABLE was_spaces ADD COLUMN IF NOT EXISTS is_frozen boolean NOT NULL DEFAULT false,"
    " ADD COLUMN IF NOT EXISTS thawed timestamptz;"
    "ALTER TABLE was_pws_spaces"
    " ADD COLUMN IF NOT EXISTS is_frozen boolean NOT NULL DEFAULT false,"
    " ADD COLUMN IF NOT EXISTS thawed timestamptz;"

    /* By position, of a collection, which no two spaces share. As long as this index began with the
     * space as the key does, a planner that takes columns for independent saw either lead to one
     * row, and went through all of a collection for one resource. Nor does a collection seem small
     * to it by what others have. */
    "DROP INDEX IF EXISTS was_pws_resources_position;"
    "CREATE INDEX was_pws_resources_position ON was_pws_resources (collection_generation,"
    " position);"
    "ALTER TABLE was_pws_resources ALTER collection_generation SET (n_distinct = 1);"
    "ANALYZE was_pws_resources;",
};
/* clang-format on */
