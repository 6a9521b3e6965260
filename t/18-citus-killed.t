# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A worker of Citus that is killed under load (docs/scale.md): the spaces of the other one are
# served meanwhile; of a write that it may have committed before it answered nobody knows whether it
# was done, and whoever says that nothing was written is right; and when it is back, its spaces are.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Citus;
use WAS::Cluster;
use WAS::Fault;
use WAS::Key;
use WAS::Server;
use WAS::Story qw(new_id);
use WAS::Traffic qw(eventually);
use WAS::Zcap;

plan skip_all => 'WAS_TEST_CITUS names no workers' if !WAS::Citus::count();

# Seconds that a request may take when what it needs is not there.
my $BOUND = 10;
my $ROUNDS = 3;

# Nodes of its own, which nobody else misses.
my $directory = WAS::Server::run_directory() . '/killed';
my ($coordinator, @workers) =
    map { WAS::Cluster->throwaway("$directory$_", WAS::Citus::options()) } '', '.worker1',
    '.worker2';
$coordinator->start('was');
$_->start for @workers;
WAS::Citus::create($coordinator, 'was');
my $server = WAS::Server->start(
    dsn => $coordinator->dsn('was') . q( options='-c statement_timeout=20s'),
    config => <<'CONF');
DBDKeep 16
DBDMax 16
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
$server->stop;
WAS::Citus::distribute($coordinator, 'was');
$server->start_again;
my $dbh = $coordinator->dbh;
my $alice = WAS::Key->fresh;

# An id whose space is on this worker.
sub id_on {
    my ($worker) = @_;
    while (1) {
        my $id = new_id();
        my ($node) = $dbh->selectrow_array(<<'SQL', undef, $id);
SELECT nodename FROM citus_shards
WHERE shardid = get_shard_id_for_distribution_column('was_spaces', ?::text)
SQL
        return $id if $node eq $worker->socket_directory;
    }
}

# 1. Committed before the answer. A worker that waits for a standby has committed, and says nothing.
my @document = (type => 'application/json', body => encode_json({ controller => $alice->did }));
my $pws = WAS::Zcap->new(base => $server->origin, key => $alice, mount => '/pws', timeout => 60);
my $classic = $server->client($alice, timeout => 60);
my $id = id_on($workers[0]);
my %there = (classic => id_on($workers[0]), pws => $id);
my $named = encode_json({ id => $id, controller => $alice->did });
my @setup = (
    $classic->put("/space/$there{classic}", @document),
    $classic->put("/space/$there{classic}/a", body => 'before'),
    $pws->post('/pws/spaces/', type => 'application/json', body => $named),
    $pws->put("/pws/space/$id/c/meta", type => 'application/json', body => '{}'),
    $pws->put("/pws/space/$id/c/a", type => 'x/y', body => 'before'),
);
is(join(' ', map { $_->status } @setup), '204 204 201 201 201', 'spaces on the first worker');
# One statement; and a list of steps, which has a commit of its own.
my @statement = ($classic, "/space/$there{classic}/a", 'was_resources');
my @steps = ($pws, "/pws/space/$id/c/a", 'was_pws_resources');
for my $row (
    ['a statement, the worker killed', 1, @statement],
    ['a list of steps, the worker killed', 1, @steps],
    ['a statement that takes too long', 0, @statement],
    ['a list of steps that takes too long', 0, @steps],
) {
    my ($name, $kills, $client, $target, $table) = @$row;
    my $there = $workers[0]->dbh;
    $there->do($_)
        for q(ALTER SYSTEM SET synchronous_standby_names = 'nobody'), 'SELECT pg_reload_conf()';
    my $writer = WAS::Traffic->start(
        times => 1,
        each => sub {
            my $res = $client->put($target, type => 'x/y', body => $name);
            return { status => $res->status, body => $res->body };
        });
    # And not who sweeps.
    my $waits = <<"SQL";
SELECT 1 FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.wait_event = 'SyncRep' AND l.relation::regclass::text ~ '\\m${table}_[0-9]+\$'
SQL
    ok(eventually(15, sub { $there->selectrow_array($waits) }), "$name: committed, not answered");
    # For the next start.
    $there->do('ALTER SYSTEM RESET synchronous_standby_names');
    $workers[0]->kill_all if $kills;
    my ($answer) = $writer->finish(patient => 1);
    is($answer->{status}, 503, "$name: 503");
    like($answer->{body}, qr/nobody knows/, "$name: nobody knows");
    $kills ? $workers[0]->start_again : $there->do('SELECT pg_reload_conf()');
    my $back = sub { $client->get($target)->status == 200 };
    ok(eventually(30, $back), "$name: the worker is back");
    is($client->get($target)->body, $name, "$name: it was done");
}

# 2. Under load. Every write is numbered, and accounted for. Beside them somebody writes to a space
# of Portable Web Spaces on the worker that stays: no shard of another node has a part in that.
my $other = id_on($workers[1]);
my $put = sub { return $pws->put("/pws/space/$other/c/$_[0]", type => 'x/y', body => 'x')->status };
my @json = (type => 'application/json');
$named = encode_json({ id => $other, controller => $alice->did });
# Some sessions still have a connection that ended with the worker, and are told so once.
my $made = sub { $pws->request(@_)->status =~ /\A(?:20[014]|409)\z/ };
ok(eventually(30, sub { $made->(POST => '/pws/spaces/', @json, body => $named) }), 'a space');
my $meta = "/pws/space/$other/c/meta";
ok(eventually(30, sub { $made->(PUT => $meta, @json, body => '{}') }), '... with a collection');
my @stories =
    map { WAS::Fault->new(servers => [$server], key => $alice, space => id_on($_)) } @workers;
my %sum;
for my $round (1 .. $ROUNDS) {
    my @traffic = map { $_->traffic("round$round", clients => 4) } @stories;
    sleep 1.5;
    my $killed = time;
    $workers[0]->kill_all;
    my $writes = WAS::Traffic->start(
        clients => 2,
        each => sub { return { status => $put->(join '-', @_) } });
    sleep 3;
    my $until = time;
    my @writes = $writes->finish;
    $workers[0]->start_again;
    my $recovered = time;
    my $probe = $server->client($alice, timeout => 30);
    my $is_back = sub { $probe->get("/space/$stories[0]{space}")->status == 200 };
    ok(eventually(20, $is_back), "round $round: the spaces of the killed one are back");
    sleep 1.5;
    my @records = map { [$_->finish] } @traffic;
    my @sum = map { $stories[$_]->settle(@{ $records[$_] }) } 0, 1;
    is_deeply($_->{wrong}, [], "round $round: nobody got a wrong answer") for @sum;
    cmp_ok($_->{longest}, '<', $BOUND, "round $round: and all got one in time") for @sum;
    $sum{$_} += $sum[0]{$_} for qw(acknowledged refused unknown);

    # While it is away.
    cmp_ok(scalar @writes, '>', 5, "round $round: others write in the other protocol");
    is_deeply(
        [grep { ($_->{status} // 0) !~ /\A20[01]\z/ } @writes],
        [], "round $round: and all of it is done");
    my ($of_killed, $of_other) = map {
        [grep { $_->{begin} > $killed + 0.5 && $_->{end} < $until } @$_]
    } @records;
    my @failed = grep { $_->{status} >= 500 || !$_->{status} } @$of_other;
    cmp_ok(scalar @$of_other, '>', 20, "round $round: the other one's spaces are served");
    is_deeply(\@failed, [], "round $round: without an error");
    my @served = grep { $_->{status} != 503 } @$of_killed;
    cmp_ok(scalar @$of_killed, '>', 0, "round $round: who asks for a space of the killed one");
    is_deeply(\@served, [], "round $round: is told so");
    my @since =
        grep { $_->{status} && $_->{status} < 300 && $_->{begin} > $recovered } @{ $records[0] };
    cmp_ok(scalar @since, '>', 0, "round $round: and is served again");
}
diag join ', ', map { "$sum{$_} $_" } sort keys %sum;
cmp_ok($sum{unknown}, '>', 0, 'there were writes of which nobody knew');
for my $n (0, 1) {
    is_deeply([$stories[$n]->lost], [], "worker $n: what is there is what was said");
}
is($server->stop, 0, 'httpd ends as it should');
done_testing;
