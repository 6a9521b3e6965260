-- Licensed under the Apache License, Version 2.0; see LICENSE.
--
-- The tables of a mod_was that has made its schema, empty or full, as distributed tables of Citus
-- (docs/scale.md): each row on the node that has the shard of its space, whatever table it is in.
-- What is distributed already stays as it is, so that after an upgrade that has added a table the
-- same command does the rest.
--
--     psql -v shards=32 -f tools/distribute.sql was
--
-- On the coordinator, in a database that has the extension and knows its workers. One transaction:
-- all of it, or nothing. Whoever wants to read or write waits meanwhile. Rows are copied, and
-- counted before and after.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL client_min_messages = warning;
-- The lock under which the module makes and upgrades its schema.
SELECT pg_advisory_xact_lock(3141592653589793) \g /dev/null
SELECT set_config('was.shards', :'shards', true) \g /dev/null

DO $$
DECLARE
    found text;
BEGIN
    IF current_setting('was.shards') !~ '^[0-9]{1,5}$'
        OR current_setting('was.shards')::integer NOT BETWEEN 1 AND 64000
    THEN
        RAISE EXCEPTION 'the number of shards is from 1 to 64000';
    END IF;
    IF to_regclass('was_sweeps') IS NULL THEN
        RAISE EXCEPTION 'the tables are not here: mod_was makes them when httpd starts';
    END IF;
    IF to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN
        RAISE EXCEPTION 'Citus is not here: CREATE EXTENSION citus, and name its workers';
    END IF;
    IF (SELECT relkind FROM pg_class WHERE oid = 'was_resources'::regclass) = 'p' THEN
        RAISE EXCEPTION 'these are partitions: dump the data and begin with plain tables';
    END IF;
END
$$;

-- How each table is spread: by its space, beside all others; a controller by itself; and what is
-- small, on every node.
CREATE TEMPORARY TABLE was_local ON COMMIT DROP AS
SELECT c.oid::regclass AS id, c.relname AS name, 0::bigint AS rows,
    CASE WHEN a.attname IN ('space_uuid', 'controller') THEN a.attname END AS spread_by
FROM pg_class c
JOIN pg_class v ON v.oid = to_regclass('was_schema_version') AND v.relnamespace = c.relnamespace
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE c.relkind = 'r' AND c.relname LIKE 'was\_%'
    AND c.oid NOT IN (SELECT logicalrelid FROM pg_dist_partition);

-- What the copy would lose is somebody else's, who knows what it is for.
DO $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(DISTINCT p.name::text || ' has ' || y.what, ', ') INTO found
    FROM was_local p, LATERAL (
        SELECT 'the rule ' || r.rulename FROM pg_rewrite r WHERE r.ev_class = p.id
        UNION ALL SELECT 'the trigger ' || t.tgname FROM pg_trigger t
        WHERE t.tgrelid = p.id AND NOT t.tgisinternal
        UNION ALL SELECT 'row security' FROM pg_class c WHERE c.oid = p.id AND c.relrowsecurity
        UNION ALL SELECT 'a publication' FROM pg_publication_rel b WHERE b.prrelid = p.id
        UNION ALL SELECT 'the child ' || h.inhrelid::regclass::text FROM pg_inherits h
        WHERE h.inhparent = p.id
        UNION ALL SELECT 'the foreign key ' || o.conname FROM pg_constraint o
        WHERE o.contype = 'f' AND o.conname <> 'was_resources_space_uuid_fkey'
            AND p.id IN (o.conrelid, o.confrelid)
    ) y (what);
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'this would be lost: %', found;
    END IF;
END
$$;

-- Everybody else out, in the order in which requests take them.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT id FROM was_local ORDER BY name <> 'was_spaces', name LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', t.id);
    END LOOP;
    FOR t IN SELECT id FROM was_local LOOP
        EXECUTE format('UPDATE was_local SET rows = (SELECT count(*) FROM %1$s) WHERE id = %2$L'
            '::regclass', t.id, t.id);
    END LOOP;
END
$$;

-- The tables of both protocols are spread alike only if their spaces compare alike: by code units.
-- And from now on nobody but the module writes, whose note of who wrote a row counts. What somebody
-- else has written beside it was changed at some time until now.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM was_local WHERE name = 'was_spaces') THEN
        RETURN;
    END IF;
    UPDATE was_resources SET revised = now(), written = pg_current_xact_id()
    WHERE written::xid <> xmin;
    UPDATE was_spaces SET revised = now(), written = pg_current_xact_id()
    WHERE written::xid <> xmin;
    ALTER TABLE was_resources DROP CONSTRAINT was_resources_space_uuid_fkey;
    ALTER TABLE was_spaces ALTER space_uuid TYPE text COLLATE "C";
    ALTER TABLE was_resources ALTER space_uuid TYPE text COLLATE "C";
    PERFORM create_distributed_table('was_spaces', 'space_uuid', colocate_with := 'none',
        shard_count := current_setting('was.shards')::integer);
    PERFORM create_distributed_table('was_resources', 'space_uuid', colocate_with := 'was_spaces');
    ALTER TABLE was_resources ADD CONSTRAINT was_resources_space_uuid_fkey
        FOREIGN KEY (space_uuid) REFERENCES was_spaces (space_uuid) ON DELETE CASCADE;
END
$$;

-- The others, each beside the spaces, by itself, or on every node.
DO $$
DECLARE
    t record;
    after bigint;
BEGIN
    FOR t IN SELECT * FROM was_local WHERE name NOT IN ('was_spaces', 'was_resources') ORDER BY name
    LOOP
        IF t.spread_by = 'space_uuid' THEN
            PERFORM create_distributed_table(t.id, 'space_uuid', colocate_with := 'was_spaces');
        ELSIF t.spread_by IS NOT NULL THEN
            PERFORM create_distributed_table(t.id, t.spread_by, colocate_with := 'none');
        ELSE
            PERFORM create_reference_table(t.id);
        END IF;
    END LOOP;
    FOR t IN SELECT * FROM was_local LOOP
        EXECUTE format('SELECT count(*) FROM %s', t.id) INTO after;
        IF t.rows <> after THEN
            RAISE EXCEPTION '% has % rows instead of %', t.name, after, t.rows;
        END IF;
    END LOOP;
END
$$;

SELECT name AS "distributed now" FROM was_local ORDER BY name;
COMMIT;
ANALYZE;
