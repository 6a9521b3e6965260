# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# From plain tables to partitions (tools/partition.sql, docs/scale.md): all that was stored is there
# afterwards, with its keys, indexes, owner and grants, while httpd runs; whoever does it again, or
# after an upgrade, loses nothing; and where something would be lost, nothing is done.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $LONG = 'x' x 1_500_000;
my $cluster = WAS::Server::cluster();
my $key = WAS::Key->fresh;
my $BOTH = <<'CONF';
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF

# A database, a handle on it, and what tools/partition.sql says there.
sub database {
    my $name = WAS::Server::create_database();
    return ($name, WAS::Server::dbh($name));
}

sub serve { return WAS::Server->start(dsn => $cluster->dsn($_[0]), config => $BOTH) }

sub partition {
    my ($name, $count) = @_;
    my $log = WAS::Server::run_directory() . "/18-partitions-$$";
    unlink $log;
    my $done = WAS::Cluster::run(
        $log, WAS::Cluster::program('psql'), '-X', '-q', '-h', $cluster->socket_directory, '-U',
        WAS::Cluster::USER, '-v', "count=$count", '-f', "$ENV{WAS_TOP}/tools/partition.sql", $name);
    return ($done, WAS::Server::slurp($log));
}

# The tables of a database by their kind.
sub tables {
    my ($dbh) = @_;
    my %kinds = map { @$_ } @{ $dbh->selectall_arrayref(<<'SQL') };
SELECT relname, relkind FROM pg_class
WHERE relname LIKE 'was\_%' AND relkind IN ('r', 'p') AND NOT relispartition
SQL
    return %kinds;
}

# Every row, but for what says which transaction wrote it.
sub rows {
    my ($dbh) = @_;
    my %tables = tables($dbh);
    return { map { ($_ => $dbh->selectcol_arrayref(<<"SQL")) } keys %tables };
SELECT (to_jsonb(t) - 'written' - 'applied')::text FROM $_ t ORDER BY 1
SQL
}

# Columns, keys, indexes, owners and grants of the tables, in words that say nothing of partitions.
sub shape {
    my ($dbh) = @_;
    return {
        map { $_->[0] => 1 }
        map { @{ $dbh->selectall_arrayref($_) } } <<'SQL', <<'SQL', <<'SQL', <<'SQL' };
SELECT replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
WHERE tablename LIKE 'was\_%' AND tablename !~ '_[0-9]+$'
SQL
SELECT c.conrelid::regclass || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c WHERE c.conrelid::regclass::text ~ '^was_.*[a-z]$' AND c.conparentid = 0
    AND c.confrelid::regclass::text !~ '_[0-9]+$'
SQL
SELECT c.relname || ' of ' || c.relowner::regrole || ' ' || coalesce(c.relacl::text, '')
FROM pg_class c WHERE c.relname ~ '^was_.*[a-z]$' AND c.relkind IN ('r', 'p')
SQL
SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull
    || a.attstorage::text || a.attcollation || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relname ~ '^was_.*[a-z]$' AND c.relkind IN ('r', 'p')
SQL
}

# 1. A full one, under a server that runs.
my ($name, $dbh) = database();
my $server = serve($name);
my $classic = $server->client($key, timeout => 30);
my $pws = WAS::Zcap->new(base => $server->origin, key => $key, timeout => 30, mount => '/pws');
my %status;
for my $n (1 .. 40) {
    my $uuid = sprintf '%08x-0000-4000-8000-000000000000', $n;
    my $controller = qq({"controller":"@{[$key->did]}");
    my @json = (type => 'application/json');
    $status{ $classic->put("/space/$uuid", @json, body => "$controller}")->status }++;
    $status{ $classic->put("/space/$uuid/r$_", type => 'x/y', body => "$n.$_")->status }++
        for 1 .. 3;
    $pws->post('/pws/spaces/', @json, body => qq($controller,"id":"s$n"}));
    $status{ $pws->put("/pws/space/s$n/c/meta", @json, body => '{}')->status }++;
    $status{ $pws->put("/pws/space/s$n/c/r$_", @json, body => "[$n,$_]")->status }++ for 1 .. 3;
    $pws->delete("/pws/space/s$n/c/r3");
}
my $first = '/space/00000001-0000-4000-8000-000000000000';
$status{ $classic->put("$first/long", type => 'x/y', body => $LONG)->status }++;
$status{ $pws->put('/pws/space/s1/c/long', type => 'x/y', body => $LONG)->status }++;
is_deeply(\%status, { 201 => 40 * 4 + 1, 204 => 40 * 4 + 1 }, 'there are spaces of both protocols');
# As the Python server writes beside us.
$dbh->do(q(UPDATE was_resources SET written = '3' WHERE path LIKE '%/r1'));
my $modified = sub { return scalar $classic->get("$first/$_[0]")->header('Last-Modified') };
is($modified->('r1'), undef, 'nobody knows when another one has written');
my @before = ($modified->('r2'), rows($dbh), shape($dbh));
$dbh->do('GRANT SELECT ON was_resources TO PUBLIC');
$dbh->do('CREATE ROLE reader')
    if !$dbh->selectrow_array(q(SELECT 1 FROM pg_roles WHERE rolname = 'reader'));
$dbh->do('GRANT UPDATE ON was_pws_resources TO reader WITH GRANT OPTION');
$before[2] = shape($dbh);
my ($done, $said) = partition($name, 16);
ok($done, 'docs/scale: tables become partitions') or diag $said;
my %kinds = tables($dbh);
is_deeply(
    [sort grep { $kinds{$_} eq 'p' } keys %kinds],
    [qw(was_parts was_pws_chunks was_pws_resources was_pws_terms was_pws_tombstones
        was_resources)],
    '... all that grow with contents');
is_deeply(
    [grep { /resource|part|tombstone|chunk|term/ && $kinds{$_} ne 'p' } keys %kinds],
    [], '... and no other one has a row for each');
is_deeply(rows($dbh), $before[1], '... with all rows');
is_deeply(shape($dbh), $before[2], '... of the same shape');
is_deeply(
    $dbh->selectcol_arrayref(<<'SQL'), [16, 'e'], '... each of 16 partitions, stored in one way');
SELECT count(*)::text FROM pg_inherits WHERE inhparent = 'was_resources'::regclass
UNION ALL SELECT DISTINCT attstorage::text FROM pg_attribute
WHERE attname = 'content' AND attrelid::regclass::text ~ '^was_resources_'
SQL
is($modified->('r2'), $before[0], '... when a resource was written');
is($modified->('r1'), undef, '... or that nobody knows it');
is($classic->get("$first/long")->body, $LONG, '... long contents');
is($pws->get('/pws/space/s1/c/long')->body, $LONG, '... of both protocols');
is($classic->put("$first/r2", type => 'x/y', body => 'z')->status, 204, 'the server goes on');
my $tag = $classic->get("$first/r2")->header('ETag');
is(
    $classic->put("$first/r2", type => 'x/y', body => 'y', headers => ['If-Match' => $tag])->status,
    204, '... and knows its validators');
is($classic->delete($first)->status, 204, 'a space is deleted');
is(
    $dbh->selectrow_array(
        'SELECT count(*) FROM was_resources WHERE space_uuid LIKE ?', undef, '00000001%'
    ),
    0,
    '... with what is in it');
is($pws->delete('/pws/space/s1/')->status, 204, '... of the other protocol, too');
my $left = q(SELECT count(*) FROM was_pws_resources WHERE space_uuid = 's1');
ok(eventually(60, sub { !$dbh->selectrow_array($left) }), '... which is swept');

# 2. Again, and after an upgrade that has added a table: the rest.
my $rows = rows($dbh);
$dbh->do('CREATE TABLE added (LIKE was_pws_tombstones INCLUDING ALL)');
$dbh->do('INSERT INTO added SELECT * FROM was_pws_tombstones');
$dbh->do('DROP TABLE was_pws_tombstones');
$dbh->do('ALTER TABLE added RENAME TO was_pws_tombstones');
($done, $said) = partition($name, 4);
ok($done, 'again') or diag $said;
is(
    $dbh->selectrow_array(
        q(SELECT count(*) FROM pg_inherits WHERE inhparent = 'was_pws_tombstones'::regclass)),
    4,
    '... what was added becomes partitions');
is_deeply(rows($dbh), $rows, '... with its rows, and the others stay as they are');
$server->stop;
is(serve($name)->stop, 0, 'the module starts on partitions');
unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, '... and has logged no error');

# 3. An empty one.
($name, $dbh) = database();
serve($name)->stop;
my $empty = shape($dbh);
for my $row (
    # what is wrong, how many, what makes it so, what undoes it, what is said
    ['no number', 'x', undef, undef, qr/from 2 to 1024/],
    ['one partition', 1, undef, undef, qr/from 2 to 1024/],
    ['too many', 1025, undef, undef, qr/from 2 to 1024/],
    ['more than a number holds', '9' x 20, undef, undef, qr/from 2 to 1024/],
    ['a quote', q(4'), undef, undef, qr/from 2 to 1024/],
    [
        'a rule', 4, 'CREATE RULE mine AS ON DELETE TO was_parts DO ALSO NOTHING',
        'DROP RULE mine ON was_parts', qr/would be lost: was_parts has the rule mine/
    ],
    [
        'row security', 4, 'ALTER TABLE was_parts ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE was_parts DISABLE ROW LEVEL SECURITY', qr/was_parts has row security/
    ],
    [
        'grants on columns', 4, 'GRANT SELECT (path) ON was_resources TO reader',
        'REVOKE SELECT (path) ON was_resources FROM reader', qr/was_resources has grants on columns/
    ],
    [
        'a publication', 4, 'CREATE PUBLICATION mine FOR TABLE was_resources',
        'DROP PUBLICATION mine', qr/was_resources has a publication/
    ],
    [
        'a view', 4, 'CREATE VIEW mine AS SELECT path FROM was_resources', 'DROP VIEW mine',
        qr/cannot drop table.*view mine depends/s
    ],
    [
        'a foreign key of others', 4,
        'CREATE TABLE mine (s text, p text, FOREIGN KEY (s, p) REFERENCES was_resources)',
        'DROP TABLE mine', qr/was_resources has the foreign key mine_s_p_fkey/
    ],
    [
        'a child', 4, 'CREATE TABLE mine () INHERITS (was_parts)', 'DROP TABLE mine',
        qr/was_parts has the child mine/
    ],
) {
    my ($what, $count, $make, $undo, $due) = @$row;
    $dbh->do($make) if $make;
    ($done, $said) = partition($name, $count);
    ok(!$done, "$what: refused");
    like($said, $due, "$what: and said why");
    $dbh->do($undo) if $undo;
    is_deeply(shape($dbh), $empty, "$what: nothing is done");
}
($done, $said) = partition($name, 2);
ok($done, 'an empty one becomes partitions, too') or diag $said;
is_deeply(shape($dbh), $empty, '... of the same shape');

# 4. No tables.
($name) = database();
($done, $said) = partition($name, 4);
ok(!$done, 'no tables: refused');
like($said, qr/mod_was makes them when httpd starts/, '... and said why');

done_testing;
