-- Licensed under the Apache License, Version 2.0; see LICENSE.
--
-- The tables of a mod_was that has made its schema, empty or full, as hash partitions by space
-- (docs/scale.md): each that has contents, or a row for each of them, with the same columns, keys,
-- indexes, owner and grants, of so many partitions. What is partitioned already stays as it is, so
-- that after an upgrade that has added a table the same command does the rest.
--
--     psql -v count=16 -f tools/partition.sql was
--
-- One transaction: all of it, or nothing. Whoever wants to read or write waits meanwhile. Rows are
-- copied, so it needs as much room on disk as there are, and counted before and after.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL client_min_messages = warning;
-- The lock under which the module makes and upgrades its schema.
SELECT pg_advisory_xact_lock(3141592653589793) \g /dev/null
SELECT set_config('was.partitions', :'count', true) \g /dev/null

-- What is to be partitioned. What has a row for a space, a collection, a policy or a revocation stays
-- plain: these are few, every request looks at some, and each partition of a table costs it a lock.
CREATE TEMPORARY TABLE was_plain ON COMMIT DROP AS
SELECT c.oid AS id, c.relname AS name, c.relnamespace::regnamespace AS home,
    pg_get_userbyid(c.relowner) AS owner, c.relacl AS grants, c.reloptions AS options
FROM pg_class c
JOIN pg_class v ON v.oid = to_regclass('was_schema_version') AND v.relnamespace = c.relnamespace
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE c.relkind = 'r' AND NOT c.relispartition AND a.attname = 'space_uuid'
    AND c.relname IN ('was_resources', 'was_parts', 'was_pws_resources', 'was_pws_tombstones',
        'was_pws_chunks', 'was_pws_terms');

-- Their keys and indexes, and the foreign keys between them, as commands.
CREATE TEMPORARY TABLE was_parts_of_plain ON COMMIT DROP AS
SELECT p.id, false AS is_foreign, o.conname AS name,
    format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', p.home, p.name, o.conname,
        pg_get_constraintdef(o.oid)) AS command
FROM was_plain p JOIN pg_constraint o ON o.conrelid = p.id AND o.contype IN ('p', 'u')
UNION ALL
SELECT p.id, false, x.relname, pg_get_indexdef(i.indexrelid)
FROM was_plain p JOIN pg_index i ON i.indrelid = p.id JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid
    AND o.contype IN ('p', 'u'))
UNION ALL
SELECT p.id, true, o.conname,
    format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', p.home, p.name, o.conname,
        pg_get_constraintdef(o.oid))
FROM was_plain p JOIN pg_constraint o ON o.conrelid = p.id AND o.contype = 'f';

DO $$
DECLARE
    number integer;
BEGIN
    IF current_setting('was.partitions') !~ '^[0-9]{1,4}$' THEN
        RAISE EXCEPTION 'the number of partitions is from 2 to 1024';
    END IF;
    number := current_setting('was.partitions');
    IF number NOT BETWEEN 2 AND 1024 THEN
        RAISE EXCEPTION 'the number of partitions is from 2 to 1024';
    END IF;
    IF to_regclass('was_sweeps') IS NULL THEN
        RAISE EXCEPTION 'the tables are not here: mod_was makes them when httpd starts';
    END IF;
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        IF EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'was_resources'::regclass)
        THEN
            RAISE EXCEPTION 'Citus keeps these tables, which are split already';
        END IF;
    END IF;
END
$$;

-- What the copy would lose is somebody else's, who knows what it is for.
DO $$
DECLARE
    found text;
BEGIN
    SELECT string_agg(DISTINCT p.name::text || ' has ' || y.what, ', ') INTO found
    FROM was_plain p, LATERAL (
        SELECT 'the trigger ' || t.tgname FROM pg_trigger t
        WHERE t.tgrelid = p.id AND NOT t.tgisinternal
        UNION ALL SELECT 'the rule ' || r.rulename FROM pg_rewrite r WHERE r.ev_class = p.id
        UNION ALL SELECT 'row security' FROM pg_class c WHERE c.oid = p.id AND c.relrowsecurity
        UNION ALL SELECT 'grants on columns' FROM pg_attribute a
        WHERE a.attrelid = p.id AND a.attacl IS NOT NULL
        UNION ALL SELECT 'a publication' FROM pg_publication_rel b WHERE b.prrelid = p.id
        UNION ALL SELECT 'the child ' || h.inhrelid::regclass::text FROM pg_inherits h
        WHERE h.inhparent = p.id
        UNION ALL SELECT 'the foreign key ' || o.conname FROM pg_constraint o
        WHERE o.contype = 'f' AND (
            o.confrelid = p.id AND o.conrelid NOT IN (SELECT id FROM was_plain)
            OR o.conrelid = p.id AND o.confrelid <> 'was_spaces'::regclass
                AND o.confrelid NOT IN (SELECT id FROM was_plain))
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
    LOCK TABLE was_spaces IN ACCESS EXCLUSIVE MODE;
    FOR t IN SELECT home, name FROM was_plain ORDER BY name LOOP
        EXECUTE format('LOCK TABLE %I.%I IN ACCESS EXCLUSIVE MODE', t.home, t.name);
    END LOOP;
    FOR t IN SELECT p.home, p.name, x.name AS key
        FROM was_plain p JOIN was_parts_of_plain x USING (id) WHERE x.is_foreign
    LOOP
        EXECUTE format('ALTER TABLE %I.%I DROP CONSTRAINT %I', t.home, t.name, t.key);
    END LOOP;
END
$$;

DO $$
DECLARE
    number integer := current_setting('was.partitions');
    width integer := length((current_setting('was.partitions')::integer - 1)::text);
    t record;
    part text;
    columns text;
    before bigint;
    after bigint;
    command text;
BEGIN
    FOR t IN SELECT * FROM was_plain ORDER BY name LOOP
        EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', t.home, t.name, t.name || '_plain');
        EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL EXCLUDING INDEXES)'
            ' PARTITION BY HASH (space_uuid)', t.home, t.name, t.name || '_plain');
        FOR i IN 0 .. number - 1 LOOP
            part := t.name || '_' || lpad(i::text, width, '0');
            EXECUTE format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES WITH (MODULUS'
                ' %4$s, REMAINDER %5$s)%6$s', t.home, part, t.name, number, i,
                ' WITH (' || array_to_string(t.options, ', ') || ')');
            EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', t.home, part, t.owner);
        END LOOP;
        -- The transaction that wrote a row is this one now. Who wrote it beside us stays somebody
        -- else: a row of the Python server's says nothing of when it was changed.
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
            string_agg(CASE a.attname WHEN 'written' THEN 'CASE WHEN written::xid = xmin'
                ' THEN pg_current_xact_id() ELSE written END' ELSE quote_ident(a.attname) END,
                ', ' ORDER BY a.attnum)
        INTO columns, command
        FROM pg_attribute a WHERE a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped;
        EXECUTE format('INSERT INTO %1$I.%2$I (%3$s) SELECT %4$s FROM %1$I.%5$I', t.home, t.name,
            columns, command, t.name || '_plain');
        EXECUTE format('SELECT count(*) FROM %I.%I', t.home, t.name || '_plain') INTO before;
        EXECUTE format('SELECT count(*) FROM %I.%I', t.home, t.name) INTO after;
        IF before <> after THEN
            RAISE EXCEPTION '% has % rows instead of %', t.name, after, before;
        END IF;
        EXECUTE format('DROP TABLE %I.%I', t.home, t.name || '_plain');
        -- Keys last: of two indexes that seem to lead to one row at the same cost, a planner takes
        -- the younger one, and only a key does lead to one.
        FOR command IN SELECT x.command FROM was_parts_of_plain x
            WHERE x.id = t.id AND NOT x.is_foreign ORDER BY x.command LIKE 'ALTER %', x.name
        LOOP
            EXECUTE command;
        END LOOP;
        EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', t.home, t.name, t.owner);
        FOR command IN SELECT format('GRANT %s ON %I.%I TO %s%s', g.privilege_type, t.home, t.name,
                CASE g.grantee WHEN 0 THEN 'PUBLIC'
                    ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM aclexplode(t.grants) g
        LOOP
            EXECUTE command;
        END LOOP;
    END LOOP;
    FOR command IN SELECT x.command FROM was_parts_of_plain x WHERE x.is_foreign LOOP
        EXECUTE command;
    END LOOP;
END
$$;

SELECT name AS "partitioned now" FROM was_plain ORDER BY name;
COMMIT;
ANALYZE;
