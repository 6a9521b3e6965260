\set n random(1, 2000)
INSERT INTO was_resources (space_uuid, path, content, content_type) VALUES ('bench', '/pgbench' || :n, :content::bytea, 'application/octet-stream') ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content, content_type = EXCLUDED.content_type;
