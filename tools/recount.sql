-- Licensed under the Apache License, Version 2.0; see LICENSE.
--
-- What pws spaces, collections and chunks are charged (docs/operating.md, Limits of storage), and
-- how many resources there are, counted anew from what is stored. "UPDATE 0" three times says that
-- all was right; otherwise it is now. Writers wait meanwhile.
--
--     psql -f tools/recount.sql was
BEGIN;
LOCK TABLE was_pws_spaces, was_pws_counters IN EXCLUSIVE MODE;
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;

-- Of each resource with chunks, for those.
UPDATE was_pws_resources r SET chunk_bytes = x.bytes FROM (
    SELECT o.space_uuid, o.chunks,
        coalesce(sum(400 + h.size + octet_length(h.content_type)), 0)::bigint AS bytes
    FROM was_pws_resources o LEFT JOIN was_pws_chunks h USING (space_uuid, chunks)
    WHERE o.chunks IS NOT NULL GROUP BY o.space_uuid, o.chunks
) x
WHERE r.space_uuid = x.space_uuid AND r.chunks = x.chunks AND r.chunk_bytes <> x.bytes;

-- Of each collection of a space that there is, in its counter.
UPDATE was_pws_counters k SET bytes = x.bytes, resources = x.resources FROM (
    SELECT y.space_uuid, y.generation, sum(y.bytes)::bigint AS bytes, sum(y.one) AS resources
    FROM (
        SELECT c.space_uuid, c.generation, 0 AS one, 800 + octet_length(c.collection)
            + coalesce(octet_length(c.name), 0) + coalesce(octet_length(c.backend), 0)
            + coalesce(octet_length(c.encryption), 0) + coalesce(octet_length(c.plaintext), 0)
            + coalesce(octet_length(c.generator), 0)
            + coalesce(octet_length(c.generator_origin), 0)
            + coalesce(octet_length(c.custom), 0) + coalesce(octet_length(c.epoch), 0)
            + coalesce(octet_length(c.revisions), 0) + coalesce(octet_length(c.history), 0)
            + coalesce(octet_length(c.created_by), 0) AS bytes
        FROM was_pws_collections c
        UNION ALL
        SELECT r.space_uuid, r.collection_generation, 1, 400 + octet_length(r.resource)
            + r.size + octet_length(r.content_type) + 400 * (r.terms + coalesce(c.claims, 0))
            + coalesce(octet_length(r.epoch), 0) + coalesce(octet_length(r.writer), 0)
            + coalesce(octet_length(r.custom), 0) + coalesce(octet_length(r.created_by), 0)
        FROM was_pws_resources r LEFT JOIN was_pws_collections c
            ON c.space_uuid = r.space_uuid AND c.generation = r.collection_generation
        UNION ALL
        SELECT l.space_uuid, l.collection_generation, 0, 400 + octet_length(l.body)
        FROM was_pws_logs l
        UNION ALL
        SELECT h.space_uuid, r.collection_generation, 0, 400 + h.size + octet_length(h.content_type)
        FROM was_pws_chunks h JOIN was_pws_resources r
            ON r.space_uuid = h.space_uuid AND r.chunks = h.chunks
        UNION ALL
        SELECT p.space_uuid, p.parent, 0, 400 + octet_length(p.resource) + octet_length(p.document)
        FROM was_pws_policies p
        UNION ALL
        SELECT t.space_uuid, t.parent, 0, 400 + octet_length(t.id)
            + coalesce(octet_length(t.content_type), 0) + coalesce(octet_length(t.writer), 0)
        FROM was_pws_tombstones t
    ) y GROUP BY y.space_uuid, y.generation
) x, was_pws_spaces s
WHERE k.space_uuid = x.space_uuid AND k.collection_generation = x.generation
    AND s.space_uuid = k.space_uuid AND s.generation = k.space_generation
    AND (k.bytes, k.resources) <> (x.bytes, x.resources);

-- Of each space, for itself.
UPDATE was_pws_spaces s SET bytes = x.bytes FROM (
    SELECT y.space_uuid, y.generation, sum(y.bytes)::bigint AS bytes
    FROM (
        SELECT o.space_uuid, o.generation, 400 + octet_length(o.space_uuid)
            + octet_length(o.controller) + coalesce(octet_length(o.name), 0)
            + coalesce(octet_length(o.created_by), 0)
            + coalesce(octet_length(nullif(o.type, '["Space"]')), 0) AS bytes
        FROM was_pws_spaces o
        UNION ALL
        SELECT p.space_uuid, p.parent, 400 + octet_length(p.resource) + octet_length(p.document)
        FROM was_pws_policies p
        UNION ALL
        SELECT t.space_uuid, t.parent, 400 + octet_length(t.id)
            + coalesce(octet_length(t.content_type), 0) + coalesce(octet_length(t.writer), 0)
        FROM was_pws_tombstones t
        UNION ALL
        SELECT c.space_uuid, c.space_generation, 400 + octet_length(c.collection)
        FROM was_pws_collections c WHERE NOT EXISTS (SELECT 1 FROM was_pws_tombstones t
            WHERE t.space_uuid = c.space_uuid AND t.parent = c.space_generation
                AND t.kind = 'c' AND t.id = c.collection)
        UNION ALL
        SELECT b.space_uuid, b.space_generation, 400 + octet_length(b.backend)
            + octet_length(b.descriptor)
        FROM was_pws_backends b
        UNION ALL
        SELECT o.space_uuid, o.generation, 400
        FROM was_pws_revocations v JOIN was_pws_spaces o USING (space_uuid)
    ) y GROUP BY y.space_uuid, y.generation
) x
WHERE s.space_uuid = x.space_uuid AND s.generation = x.generation AND s.bytes <> x.bytes;
COMMIT;
