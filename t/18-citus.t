# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# From plain tables to the nodes of Citus (tools/distribute.sql, docs/scale.md): all that was stored
# is there afterwards, with its validators; a list of steps is done all or not at all; and who does
# it again, or after an upgrade, loses nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Admin qw(admin rows says);
use WAS::Citus;
use WAS::Key;
use WAS::Server;
use WAS::Zcap;

plan skip_all => 'WAS_TEST_CITUS names no workers' if !WAS::Citus::count();

my $LONG = 'x' x 1_500_000;
my $cluster = WAS::Server::cluster();
my $key = WAS::Key->fresh;
my @json = (type => 'application/json');
my $controller = qq({"controller":"@{[$key->did]}");
my $BOTH = <<'CONF';
<Location "/">
    WASResourceReads private
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF

sub serve { return WAS::Server->start(dsn => $cluster->dsn($_[0]), config => $BOTH) }

sub clients {
    my ($server) = @_;
    return (
        $server->client($key, timeout => 30),
        WAS::Zcap->new(base => $server->origin, key => $key, timeout => 30, mount => '/pws'));
}

# 1. A full one.
my $name = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($name);
my $server = serve($name);
unlike($server->log, qr/distributed by Citus/, 'a start says nothing of Citus where there is none');
my ($classic, $pws) = clients($server);
my $space = '/space/00000001-0000-4000-8000-000000000000';
my %status;
$status{ $classic->put($space, @json, body => "$controller}")->status }++;
$status{ $classic->put("$space/$_", type => 'x/y', body => $_)->status }++ for qw(a b);
$status{ $classic->put("$space/long", type => 'x/y', body => $LONG)->status }++;
$status{ $pws->post('/pws/spaces/', @json, body => qq($controller,"id":"s"}))->status }++;
$status{ $pws->put('/pws/space/s/c/meta', @json, body => '{}')->status }++;
$status{ $pws->put('/pws/space/s/c/r', @json, body => '[1]')->status }++;
is_deeply(\%status, { 201 => 3, 204 => 4 }, 'there are spaces of both protocols')
    or diag explain \%status;
my @before = map { $classic->get("$space/$_")->header('ETag') } qw(a long);
my $tag = $pws->get('/pws/space/s/c/r')->header('ETag');
$server->stop;
WAS::Citus::create($cluster, $name);
WAS::Citus::distribute($cluster, $name);
$server = serve($name);
like($server->log, qr/distributed by Citus/, 'docs/scale: a start says so');
($classic, $pws) = clients($server);
is_deeply(
    [map { $classic->get("$space/$_")->header('ETag') } qw(a long)],
    \@before, '... validators stay');
is($pws->get('/pws/space/s/c/r')->header('ETag'), $tag, '... of the other protocol, too');
is($classic->get("$space/long")->body, $LONG, '... long contents');
is(
    $classic->put("$space/a", type => 'x/y', body => 'z', headers => ['If-Match' => $before[0]])
        ->status,
    204, '... which writes go by');
is($classic->put("$space/long", type => 'x/y', body => "y$LONG")->status, 204, 'a long one comes');
is($classic->get("$space/long")->body, "y$LONG", '... and is there');
is($server->client(undef)->get("$space/a")->status, 401, 'what is private nobody reads unsigned');
is($pws->put('/pws/space/s/c/r', @json, body => '[2]')->status, 200, 'a list of steps is done');
is($pws->get('/pws/space/s/c/r')->body, '[2]', '... all of it');
is($pws->get('/pws/space/s/policy')->status, 404, 'a request may name no collection');

# Its operator.
my $dsn = $cluster->dsn($name);
my %used = map { $_->{controller} => $_ } @{ rows($dsn, 'usage') };
is_deeply(
    [@{ $used{ $key->did } // {} }{qw(classic pws resources)}],
    [1, 1, 4], 'was-admin counts what a controller has on all nodes');
my @by_space = @{ rows($dsn, qw(usage --by space)) };
my $sum = 0;
$sum += $_->{bytes} for @by_space;
is($used{ $key->did }{bytes}, $sum, '... in bytes, too');
says('... and sees nothing wrong', admin($dsn, 'check'), 0, qr/nothing is wrong/);
says('... and moves no space', admin($dsn, qw(move-space --yes s --to-db), $dsn), 5, qr/Citus/);

# 2. Not at all: the second step of a write fails on the node that has the rows.
my $count = 'SELECT position FROM was_pws_counters WHERE space_uuid = ?';
my ($position) = $dbh->selectrow_array($count, undef, 's');
$dbh->do(q(ALTER TABLE was_pws_resources ADD CONSTRAINT mine CHECK (content_type <> 'no/no')));
is($pws->put('/pws/space/s/c/n', type => 'no/no', body => 'x')->status, 500, 'a step fails');
is(($dbh->selectrow_array($count, undef, 's'))[0], $position, '... and those before it are undone');
$dbh->do('ALTER TABLE was_pws_resources DROP CONSTRAINT mine');

# 3. Again, and behind an upgrade that has added a table.
$dbh->do('CREATE TABLE was_added (space_uuid text COLLATE "C" PRIMARY KEY, what text)');
$dbh->do(q(INSERT INTO was_added VALUES ('a', 'b')));
WAS::Citus::distribute($cluster, $name);
is($dbh->selectrow_array(<<'SQL'), 1, 'again: what was added stands beside the others');
SELECT count(DISTINCT colocationid) FROM pg_dist_partition
WHERE logicalrelid IN ('was_added'::regclass, 'was_spaces'::regclass)
SQL
is($dbh->selectrow_array(q(SELECT what FROM was_added)), 'b', '... with its row');

# Neither becomes the other.
my $partitions = WAS::Server::create_database();
serve($partitions)->stop;
$cluster->partition($partitions, 2);
WAS::Citus::create($cluster, $partitions);
for my $row (
    ['tables of Citus', qr/Citus keeps these tables/, sub { $cluster->partition($name, 2) }],
    ['partitions', qr/these are partitions/, sub { WAS::Citus::distribute($cluster, $partitions) }],
) {
    my ($what, $due, $do) = @$row;
    my $log = "$cluster->{directory}.log";
    my $from = -s $log;
    ok(!eval { $do->(); 1 }, "$what stay what they are");
    like(WAS::Server::slurp($log, $from), $due, '... which is said');
}
is($dbh->selectrow_array(q(SELECT what FROM was_added)), 'b', '... and nothing is lost');

# 4. Every statement that the module has is one that Citus takes, with values of its types: it plans
# a statement for them.
my %value = (
    text => '[]', 'text[]' => '{a}', bytea => 'x', 'bytea[]' => '{}', boolean => 'true',
    bigint => 1, 'bigint[]' => '{1}', 'integer[]' => '{1}');
# They touch no table of ours, or one that is only where contents stand in rows.
my %OTHERS = map { $_ => 1 } qw(BEGIN COMMIT STAGE COPY POOLER_FORGET);
# No such row can be made of any values.
my $REFUSED = qr/violates (?:not-null|foreign key|check|unique) constraint/;
my @statements = map { [split /\t/, $_, 3] } split /\n/,
    qx("$ENV{WAS_BUILD}/t/statements" public origin);
cmp_ok(scalar @statements, '>', 200, 'the statements are known');
$dbh->do($_)
    for (
    'SET plan_cache_mode = auto',
    (map { "SET $_ = off" } qw(enable_seqscan enable_hashjoin enable_mergejoin enable_material)));
for my $statement (@statements) {
    my ($name, $text) = ($statement->[0] =~ s{\Awas_}{}r, $statement->[2]);
    next if $OTHERS{$name} || $name =~ /_STAGED\z/;
    my $taken = eval {
        $dbh->begin_work;
        $dbh->do("PREPARE s AS $text");
        my $types = $dbh->selectall_arrayref(<<'SQL');
SELECT t::text FROM pg_prepared_statements, unnest(parameter_types) t WHERE name = 's'
SQL
        my @values = map { $dbh->quote($value{ $_->[0] } // die "$_->[0]\n") } @$types;
        $values[2] = "'1'" if $name eq 'PWS_ARCHIVE_CHUNKS';    # a number in a text
        $dbh->do('EXECUTE s' . (@values ? '(' . join(', ', @values) . ')' : ''));
        1;
    };
    ok($taken || $@ =~ $REFUSED, "Citus takes $name") or diag $@;
    $dbh->rollback;
    $dbh->do('DEALLOCATE ALL');
}

done_testing;
