# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Changes;

# What tests of the change counters of Portable Web Spaces share: the records of a space with their
# positions, what must hold of them and of the counters whatever was written, every row down to its
# version, and sessions that keep writers waiting. The database and processes are WAS::Story's.

use strict;
use warnings;

use DBD::Pg qw(PG_ASYNC);
use Exporter qw(import);
use Test::More ();
use WAS::Charge;
use WAS::Citus;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);

our @EXPORT = qw(
    second_server through records every_row contradictions hold waiting closing waiting_at held_up
);

# A second httpd on the same database, which serves the origin of the virtual host pws, as behind a
# load balancer: with connections for that many writers at once, and more directives.
sub second_server {
    my ($writers, $directives) = @_;
    my $origin = WAS::Server::url('pws');
    # A connection for each of them, who may be of one caller, who is left three of four, and for
    # what the server does beside requests.
    my $connections = 2 * $writers;
    return WAS::Server->start(config => <<"CONF");
<IfModule !mpm_prefork_module>
    DBDKeep $connections
    DBDMax $connections
</IfModule>
<Location "/">
    WASProtocol pws
    WASBaseURL $origin
    @{[ $directives // '' ]}
</Location>
CONF
}

# Somebody at the virtual host pws, by way of a port. The connection is kept.
sub through {
    my ($port, $who) = @_;
    my $client = at('pws', $who);
    @$client{qw(port keepalive)} = ($port, 1);
    return $client;
}

# Every record that has a position among the changes of its collection: `parent` is the generation
# of that collection.
my $RECORDS = <<'SQL';
SELECT space_uuid, collection_generation AS parent, 'resource' AS kind, resource AS id, position
FROM was_pws_resources
UNION ALL
SELECT space_uuid, parent, 'tombstone ' || kind, id, position
FROM was_pws_tombstones WHERE position IS NOT NULL
UNION ALL
SELECT space_uuid, parent, 'policy', resource, position
FROM was_pws_policies WHERE position IS NOT NULL
UNION ALL
SELECT space_uuid, generation, 'collection', '', position FROM was_pws_collections
UNION ALL
SELECT space_uuid, collection_generation, 'log', '', position FROM was_pws_logs
SQL

# Those of a space at one moment: [parent, kind, id, position].
sub records {
    my ($space) = @_;
    return sql(<<"SQL", $space);
SELECT parent, kind, id, position FROM ($RECORDS) x WHERE space_uuid = ? ORDER BY 1, 4
SQL
}

my @TABLES = map { "was_pws_$_" }
    qw(spaces collections counters resources chunks logs policies tombstones backends revocations);

# Every row of some spaces, down to its version: what was written, even to the same values, differs.
# Before them may stand a session, of what it sees.
sub every_row {
    my @spaces = @_;
    my $session = ref $spaces[0] ? shift @spaces : WAS::Server::dbh();
    return [map { @{ $session->selectall_arrayref(<<"SQL", undef, \@spaces) } } @TABLES];
SELECT '$_', t::text, xmin::text FROM $_ t WHERE space_uuid = ANY (?) ORDER BY 2
SQL
}

# In what follows, the tables hold what belongs to a list of spaces, $1, and nothing else.
my $MINE = join ",\n", 'WITH mine AS (SELECT unnest(?::text[]) AS id)',
    map { "$_ AS (SELECT * FROM $_ WHERE space_uuid IN (SELECT id FROM mine))" } @TABLES;
my $NO_SPACE =
    'NOT EXISTS (SELECT 1 FROM was_pws_spaces s WHERE s.space_uuid = x.space_uuid AND s.generation';
my $NO_COLLECTION = 'NOT EXISTS (SELECT 1 FROM was_pws_collections c'
    . ' WHERE c.space_uuid = x.space_uuid AND c.generation';
my $NO_RESOURCE =
      'NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = x.space_uuid'
    . ' AND r.collection_generation = x.parent AND r.resource = x.resource)';

# What cannot be, by name: a text for every row that is so nevertheless.
my %IMPOSSIBLE = (
    'a charge is not that of the rows' => $MISCHARGED,
    'a counter counts other resources' => <<'SQL',
SELECT k.resources || ' instead of ' || r.number
FROM was_pws_counters k, LATERAL (
    SELECT count(*) AS number FROM was_pws_resources r
    WHERE r.space_uuid = k.space_uuid AND r.collection_generation = k.collection_generation) r
WHERE k.resources <> r.number
SQL
    'a counter is of another life of its space' => <<'SQL',
SELECT c.collection FROM was_pws_counters k JOIN was_pws_collections c
    ON c.space_uuid = k.space_uuid AND c.generation = k.collection_generation
WHERE k.space_generation IS DISTINCT FROM c.space_generation
SQL
    'a size is not its content\'s' =>
        'SELECT resource FROM was_pws_resources WHERE size <> octet_length(content)',
    'a chunk\'s size is not its content\'s' =>
        'SELECT number::text FROM was_pws_chunks WHERE size <> octet_length(content)',
    'a resource says another charge of its chunks' => <<'SQL',
SELECT r.resource || ': ' || r.chunk_bytes || ' instead of ' || h.bytes
FROM was_pws_resources r, LATERAL (
    SELECT coalesce(sum(400 + h.size + octet_length(h.content_type)), 0) AS bytes
    FROM was_pws_chunks h WHERE h.space_uuid = r.space_uuid AND h.chunks = r.chunks) h
WHERE r.chunk_bytes <> h.bytes
SQL
    'a chunk is of no resource' => <<'SQL',
SELECT number::text FROM was_pws_chunks x WHERE NOT EXISTS (SELECT 1 FROM was_pws_resources r
    WHERE r.space_uuid = x.space_uuid AND r.chunks = x.chunks)
SQL
    'a position is beyond the counter' => <<"SQL",
SELECT x.kind || ' ' || x.id || ' at ' || x.position FROM ($RECORDS) x, was_pws_counters k
WHERE k.space_uuid = x.space_uuid AND k.collection_generation = x.parent AND x.position > k.position
SQL
    'two records have one position' => <<"SQL",
SELECT string_agg(kind || ' ' || id, ', ') || ' at ' || position FROM ($RECORDS) x
GROUP BY space_uuid, parent, position HAVING count(*) > 1
SQL
    'a record is not above the tombstone of an earlier life' => <<'SQL',
SELECT t.kind || ' ' || t.id FROM was_pws_tombstones t, (
    SELECT space_uuid, collection_generation AS parent, 'r' AS kind, resource AS id, position,
        updated_ms, updated_counter FROM was_pws_resources
    UNION ALL SELECT space_uuid, parent, 'p', resource, position, updated_ms, updated_counter
    FROM was_pws_policies
    UNION ALL SELECT space_uuid, space_generation, 'c', collection, NULL, updated_ms,
        updated_counter FROM was_pws_collections
) x WHERE (t.space_uuid, t.parent, t.kind, t.id) = (x.space_uuid, x.parent, x.kind, x.id)
    AND (x.position <= t.position
        OR (x.updated_ms, x.updated_counter) <= (t.updated_ms, t.updated_counter))
SQL
    'a collection is in no space' =>
        "SELECT collection FROM was_pws_collections x WHERE $NO_SPACE = x.space_generation)",
    'a backend is in no space' =>
        "SELECT backend FROM was_pws_backends x WHERE $NO_SPACE = x.space_generation)",
    'a revocation is kept for longer than a delegation may last' => <<'SQL',
SELECT space_uuid FROM was_pws_revocations
WHERE keep_until > date_part('epoch', now()) + 3654 * 86400 + 300
SQL
    'a counter is no collection\'s' => 'SELECT position::text FROM was_pws_counters x'
        . " WHERE $NO_COLLECTION = x.collection_generation)",
    'a collection has no counter' => <<'SQL',
SELECT collection FROM was_pws_collections x WHERE NOT EXISTS (
    SELECT 1 FROM was_pws_counters k
    WHERE k.space_uuid = x.space_uuid AND k.collection_generation = x.generation)
SQL
    'a resource is in no collection' => 'SELECT resource FROM was_pws_resources x'
        . " WHERE $NO_COLLECTION = x.collection_generation)",
    'a log is of no collection' => 'SELECT position::text FROM was_pws_logs x'
        . " WHERE $NO_COLLECTION = x.collection_generation)",
    'a collection is governed by no log, or has one that does not govern it' => <<'SQL',
SELECT c.collection FROM was_pws_collections c LEFT JOIN was_pws_logs l
    ON l.space_uuid = c.space_uuid AND l.collection_generation = c.generation
WHERE (l.generation IS NULL) <> (c.history IS NULL) OR (c.history IS NOT NULL
    AND (c.encryption IS NULL OR c.plaintext IS NOT NULL))
SQL
    'a policy is nobody\'s' => <<"SQL",
SELECT resource FROM was_pws_policies x
WHERE resource <> '' AND $NO_RESOURCE
    OR resource = '' AND $NO_COLLECTION = x.parent) AND $NO_SPACE = x.parent)
SQL
    'a tombstone is nowhere' => <<"SQL",
SELECT kind || ' ' || id FROM was_pws_tombstones x
WHERE kind = 'c' AND $NO_SPACE = x.parent)
    OR (kind = 'r' OR kind = 'p' AND id <> '') AND $NO_COLLECTION = x.parent)
    OR kind = 'p' AND id = '' AND $NO_COLLECTION = x.parent) AND $NO_SPACE = x.parent)
SQL
);

# A session that has what belongs to these spaces in tables of its own by the same names: Citus
# takes no such questions.
sub copied {
    my (@spaces) = @_;
    my $session = WAS::Server::dbh();
    my $list = $session->quote(\@spaces);
    $session->do(<<"SQL") for @TABLES, 'was_parts';
CREATE TEMPORARY TABLE $_ AS SELECT * FROM public.$_ WHERE space_uuid = ANY ($list)
SQL
    return $session;
}

# What contradicts itself in these spaces, once what was deleted is swept, as texts; nothing does if
# all is well.
sub contradictions {
    my (@spaces) = @_;
    return 'what was deleted is not swept' if !swept(@spaces);
    my $session = WAS::Citus::count() ? copied(@spaces) : undef;
    return map {
        my $name = $_;
        my @rows =
            $session
            ? @{ $session->selectall_arrayref($IMPOSSIBLE{$name}) }
            : sql("$MINE $IMPOSSIBLE{$name}", \@spaces);
        map { "$name: $_->[0]" } @rows
    } sort keys %IMPOSSIBLE;
}

# A session in which a transaction has run the statement; it ends by commit or rollback, or with the
# object.
sub hold {
    my ($statement, @values) = @_;
    my $session = WAS::Server::dbh();
    $session->begin_work;
    $session->do($statement, undef, @values) > 0 or die "nothing to hold: $statement\n";
    return $session;
}

# Waits until that many sessions wait for a lock; whether they do. If not, says what all do.
sub waiting {
    my ($count) = @_;
    my $activity = WAS::Citus::activity();
    my $waiting = sub { (sql(<<"SQL"))[0][0] >= $count };
SELECT count(*) FROM $activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
SQL
    return 1 if eventually(20, $waiting);
    Test::More::diag join ' ', map { $_ // '-' } @$_ for sql(<<"SQL");
SELECT pid, state, wait_event_type, wait_event, now() - xact_start, left(query, 60)
FROM $activity WHERE datname = current_database() ORDER BY pid
SQL
    return 0;
}

# A session that has the table to itself, or waits for it behind who waits there already, on the
# node that httpd asks: on Citus, what it asks comes by there, whatever it is about.
sub closing {
    my ($table, @how) = @_;
    my $session = WAS::Citus::asked(WAS::Server::cluster())->dbh;
    $session->do('SET citus.enable_ddl_propagation = off') if WAS::Citus::count();
    $session->begin_work;
    $session->do("LOCK TABLE $table IN ACCESS EXCLUSIVE MODE", @how);
    return $session;
}

# How many wait for the table there whose statement begins like that; not whoever sweeps, say, which
# is a DELETE.
sub waiting_at {
    my ($table, $begins) = @_;
    my $node = WAS::Citus::asked(WAS::Server::cluster())->dbh;
    return ($node->selectrow_array(<<'SQL', undef, $table, "$begins%"))[0];
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.relation = ?::regclass AND NOT l.granted AND a.query LIKE ?
SQL
}

# Asks, in a process of its own, what cannot go on without the table; has something else happen when
# it waits there, the first time or another, and lets it go on. Yields what it was told: `status`,
# of a refusal `type`, whether it came `whole`, and `body`.
sub held_up {
    my ($table, $ask, $meanwhile, $time) = @_;
    my $session = closing($table);
    my $told = sub {
        my $res = $ask->();
        my $type = $res->status >= 400 ? ($res->problem // {})->{type} =~ s/.*#//r : undef;
        return {
            status => $res->status, type => $type, whole => $res->complete ? 1 : 0,
            body => $res->body
        };
    };
    my $late = WAS::Traffic->start(clients => 1, times => 1, each => $told);
    my $waits = sub { waiting_at($table, 'SELECT') };
    for (2 .. $time // 1) {
        eventually(20, $waits) or last;
        my $next = closing($table, { pg_async => PG_ASYNC });
        eventually(20, sub { waiting_at($table, 'LOCK') }) or last;
        $session->commit;
        $next->pg_result;
        $session = $next;
    }
    Test::More::ok(eventually(20, $waits), "it waits for $table");
    $meanwhile->($session);
    $session->commit;
    my ($record) = $late->finish(patient => 1);
    return $record;
}

1;
