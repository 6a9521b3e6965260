# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Many clients at once, through two httpd on one database: of all who create one thing, or change
# one version of it, exactly one wins. What was revoked is over, and so is what an old controller
# could do, everywhere, for every request that begins after the answer; SECURITY.md says what may
# become of a write that had begun before. What is deleted takes along what is in it, also what is
# being written.

use strict;
use warnings;

use FindBin;
use IO::Select ();
use lib "$FindBin::Bin/lib";
use POSIX ();
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Changes qw(contradictions);
use WAS::Citus;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $CLIENTS = 16;
my $ROUNDS = 20;    # of each race
my $alice = holder('pws');
my $origin = WAS::Server::url('pws');

# The second httpd serves the same public origin, as behind a load balancer.
my $server = WAS::Server->start(config => <<"CONF");
<Location "/">
    WASProtocol pws
    WASBaseURL $origin
</Location>
CONF
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);

# The same person by way of the first or the second httpd.
sub through {
    my ($n, $who) = @_;
    my $client = at('pws', $who);
    $client->{port} = $ports[$n % 2];
    $client->{keepalive} = 1;
    return $client;
}

# Requests are signed before they wait at the line, and sent when all others are there.
my $line;
my $started;
my $exchange = \&WAS::Client::exchange;
{
    no warnings 'redefine';
    *WAS::Client::exchange = sub {
        my $wait = $line;
        $line = undef;
        if ($wait) {
            syswrite $wait, '.';
            sysread $wait, my $go, 1;
        }
        $started = time;
        return $exchange->(@_);
    };
}

# Runs the code in that many processes, by number, with a socket on which each waits for all; yields
# the lines that each has printed.
sub run_clients {
    my ($count, $rounds, $code) = @_;
    my @clients = map {
        my $n = $_;
        socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
        pipe my $reader, my $writer or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            close $ours;
            my $said = eval { $code->($n, $theirs) } // "died: $@";
            print $writer $said;
            close $writer;
            POSIX::_exit(0);
        }
        close $theirs;
        [$pid, $ours, $reader];
    } 0 .. $count - 1;
    for (1 .. $rounds) {
        sysread $_->[1], my $ready, 1 for @clients;
        syswrite $_->[1], '.' for @clients;
    }
    return @clients;
}

sub said_by {
    return map {
        my ($pid, undef, $reader) = @$_;
        local $/;
        my $said = <$reader> // '';
        waitpid $pid, 0;
        $said;
    } @_;
}

my @keys = map { WAS::Key->from_seed(random_bytes(32)) } 1 .. $CLIENTS;
my $space = make_space($alice);
my @old = map {
    my $round = $_;
    map { "$_$round" } qw(put meta gone)
} 1 .. $ROUNDS;
my $c = make_collection($alice, $space, 'c', { map { $_ => 'old' } @old });
my @collections = map { make_collection($alice, $space, "old$_") } 1 .. $ROUNDS;
my @spaces = map { make_space($alice) } 1 .. $ROUNDS;
my @new = map { new_id() } 0 .. 3 * $ROUNDS;
my %json = (type => 'application/json');
my @none = (headers => ['If-None-Match' => '*']);
# What is written of the version that there is.
sub of_version {
    my ($client, $target) = @_;
    return (headers => ['If-Match' => scalar $client->get($target)->header('ETag')]);
}

sub document { return (%json, body => json_text($_[0])) }
sub text { return (type => 'text/plain', body => "$_[0]") }
my @at_its_root = (zcap => { root => 'self' });

# Each: name; what a client asks in a round, from the number of the round, the client and its
# number; the status of who wins and of those who do not.
my @races = (
    ['a space, PUT unless it exists', \&put_space, 201, 412],
    ['a space, PUT by different controllers', \&put_space_of_own, 201, '404|412'],
    ['a space, POST of one id', \&post_space, 201, 409],
    ['a collection, PUT unless it exists', \&put_collection, 201, 412],
    ['a collection, POST of one id', \&post_collection, 201, 409],
    ['a resource, PUT unless it exists', \&put_resource, 201, 412],
    ['a resource, PUT of one version', \&replace_resource, 200, 412],
    ['a resource, DELETE of one version', \&delete_resource, 204, 412],
    ["a resource's metadata, PUT of one version", \&replace_metadata, 200, 412],
    ['a collection, PUT of one version', \&replace_collection, 204, 412],
    ['a space, PUT of one version', \&replace_space, 204, 412],
);

sub put_space {
    my ($round, $client) = @_;
    my @document = document({ controller => $client->did });
    return (PUT => "/space/$new[$round]/meta", @document, @at_its_root, @none);
}

sub put_space_of_own {
    my ($round, undef, $n) = @_;
    my @document = document({ controller => $keys[$n]->did });
    my @how = (@at_its_root, sign => { key => $keys[$n] }, @none);
    return (PUT => "/space/$new[$ROUNDS + $round]/meta", @document, @how);
}

sub post_space {
    my ($round, undef, $n) = @_;
    my @document = document({ id => $new[2 * $ROUNDS + $round], controller => $keys[$n]->did });
    return (POST => '/spaces/', @document, sign => { key => $keys[$n] });
}

sub put_collection {
    my ($round) = @_;
    return (PUT => "/space/$space/new$round/meta", document({}), @none);
}

sub post_collection {
    my ($round) = @_;
    return (POST => "/space/$space/", document({ id => "post$round" }));
}

sub put_resource {
    my ($round, undef, $n) = @_;
    return (PUT => "$c/new$round", text($n), @none);
}

sub replace_resource {
    my ($round, $client, $n) = @_;
    my $at = "$c/put$round";
    return (PUT => $at, text($n), of_version($client, $at));
}

sub delete_resource {
    my ($round, $client) = @_;
    my $at = "$c/gone$round";
    return (DELETE => $at, of_version($client, $at));
}

sub replace_metadata {
    my ($round, $client, $n) = @_;
    my $at = "$c/meta$round/meta";
    return (PUT => $at, document({ custom => { name => "$n" } }), of_version($client, $at));
}

sub replace_collection {
    my ($round, $client, $n) = @_;
    my $at = "$collections[$round - 1]/meta";
    return (PUT => $at, document({ name => "$n" }), of_version($client, $at));
}

sub replace_space {
    my ($round, $client, $n) = @_;
    my $at = "/space/$spaces[$round - 1]/meta";
    my @document = document({ controller => $client->did, name => "$n" });
    return (PUT => $at, @document, of_version($client, $at));
}

my ($rounds, $began) = (0, time);
for my $race (@races) {
    my ($name, $ask, $won, $lost) = @$race;
    # All have read the version before any writes: first one line for that, then one for the race.
    my @clients = run_clients(
        $CLIENTS,
        2 * $ROUNDS,
        sub {
            my ($n, $socket) = @_;
            my $client = through($n, $alice);
            my @statuses;
            for my $round (1 .. $ROUNDS) {
                my ($method, $target, %options) = $ask->($round, $client, $n);
                syswrite $socket, '.';
                sysread $socket, my $all, 1;
                $line = $socket;
                push @statuses, $client->request($method, $target, %options)->status;
            }
            return join ' ', @statuses;
        });
    my @statuses = map { [split / /] } said_by(@clients);
    for my $round (1 .. $ROUNDS) {
        my @all = map { $_->[$round - 1] // 'none' } @statuses;
        my $winners = grep { $_ eq $won } @all;
        my $losers = grep { /\A(?:$lost)\z/ } @all;
        ok($winners == 1 && $losers == $CLIENTS - 1, "pws 9: $name: round $round has one winner")
            or diag("@all");
        $rounds++;
    }
}
note(
    sprintf '%d rounds of %d clients through two httpd in %.1f s', $rounds, $CLIENTS,
    time - $began);

# What was written is the winner's alone.
is_deeply([sql(<<'SQL', $space)], [[$ROUNDS, $ROUNDS]], 'pws 9: one resource each');
SELECT count(*), count(DISTINCT resource) FROM was_pws_resources
WHERE space_uuid = ? AND resource LIKE 'new%'
SQL
is_deeply([sql(<<'SQL', $space)], [[$ROUNDS]], 'pws 9: each changed');
SELECT count(*) FROM was_pws_resources
WHERE space_uuid = ? AND resource LIKE 'put%' AND convert_from(content, 'UTF8') ~ '^[0-9]+$'
SQL

# Clients use what they hold, over and over, until it has been refused some times after the end;
# meanwhile $end is called, which ends it. When that was is noted before they are told, so that
# requests after it are among theirs, whoever of us the machine lets wait. Yields how many requests
# succeeded, and which began after the end and did not fail as they should.
sub use_until {
    my ($count, $ask, $end, $refusal) = @_;
    pipe my $used, my $succeeded or die "pipe: $!";
    pipe my $over, my $noted or die "pipe: $!";
    my @clients = run_clients(
        $count, 0,
        sub {
            my ($n) = @_;
            close $noted;
            my $ended = IO::Select->new($over);
            my $client = through($n, $alice);
            my ($refused, $deadline, @log) = (0, time + 60);
            while ($refused < 6 && time < $deadline) {
                my ($method, $target, %options) = $ask->($n, scalar @log);
                my $is_over = $ended->can_read(0);
                my $res = $client->request($method, $target, %options);
                push @log, sprintf '%.6f %d', $started, $res->status;
                $refused++ if $is_over && $res->status >= 300;
                syswrite $succeeded, '.' if @log == 3;
            }
            return join "\n", @log;
        });
    # Until each has used it some times, or has come to its end.
    close $succeeded;
    sysread $used, my $one, 1 for 1 .. $count;
    my $status = $end->();
    my $ended = time;
    close $noted;
    my @log = map { [split / /] } map { split /\n/ } said_by(@clients);
    my $uses = grep { $_->[1] < 300 } @log;
    my @late = grep { $_->[0] > $ended && $_->[1] !~ /\A$refusal\z/ } @log;
    my @odd = grep { $_->[1] >= 300 && $_->[1] !~ /\A$refusal\z/ } @log;
    my $after = grep { $_->[0] > $ended } @log;
    return ($status, $uses, $after, join ' ', map { $_->[1] } @late, @odd);
}

# Whether it ended as it must.
sub ended_at_once {
    my ($name, $status, $succeeded, $after, $wrong) = @_;
    return ok($status == 204 && $succeeded && $after && $wrong eq '', $name)
        || diag("status $status, $succeeded succeeded, $after after; wrong: $wrong");
}

# Revocation of a tail and of an ancestor, of readers and writers, through either httpd.
my @revocations = (
    ['the tail', 0],
    ['the tail', 1],
    ['the parent', 0],
    ['the parent', 1],
    ['the parent', 0],
    ['the tail', 1],
);
for my $row (@revocations) {
    my ($name, $n) = @$row;
    my ($bob, $carol) = map { WAS::Key->from_seed(random_bytes(32)) } 1, 2;
    my $top = $alice->space_url($space);
    my %to_bob = (by => $alice->key, to => $bob, target => $top, expires => time + 300);
    my $parent = delegate($top, %to_bob);
    my %to_carol = (by => $bob, to => $carol, target => $alice->url("$c/"), expires => time + 250);
    my $tail = delegate($parent, %to_carol);
    my $revoked = $name eq 'the parent' ? $parent : $tail;
    my $target = "/space/$space/zcaps/revocations/" . ($revoked->{id} =~ s/:/%3A/gr);
    my %hold = (zcap => { capability => $tail }, sign => { key => $carol });
    my $use = sub {
        my ($client, $turn) = @_;
        return (GET => "$c/put1", %hold) if $turn % 2;
        return (PUT => "$c/used$client", text($turn), %hold);
    };
    my $revoke = sub { through($n, $alice)->request(POST => $target, document($revoked))->status };
    my ($status, $succeeded, $after, $wrong) = use_until(6, $use, $revoke, 404);
    ended_at_once(
        "pws 8.5: $name revoked through httpd $n: $succeeded uses before, none of $after after",
        $status, $succeeded, $after, $wrong);
}

# What changes the space while a revocation waits for it: the revocation is done to nothing, and
# must not be answered as if it were done.
my @overtakers = (
    ['deleted', 'DELETE FROM was_pws_spaces WHERE space_uuid = ?'],
    [
        'transferred',
        q(UPDATE was_pws_spaces SET controller = 'did:key:zOther' WHERE space_uuid = ?)
    ],
);
for my $row (@overtakers) {
    my ($name, $change) = @$row;
    my $id = make_space($alice);
    my $top = $alice->space_url($id);
    my $zcap = delegate($top, by => $alice->key, to => $alice->key, target => $top);
    my $target = "/space/$id/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    $dbh->do($change, undef, $id);
    my @clients =
        run_clients(1, 0, sub { return $alice->request(POST => $target, document($zcap))->status });
    ok(eventually(10, sub { waits_for_lock($dbh) }), "pws 8.5: $name: the revocation waits");
    $dbh->commit;
    is_deeply([said_by(@clients)], [404], "pws 8.5: $name meanwhile: the revocation is refused");
    is_deeply(
        [sql('SELECT 1 FROM was_pws_revocations WHERE space_uuid = ?', $id)],
        [], "pws 8.5: $name meanwhile: and nothing is written");
}

sub waits_for_lock {
    my ($dbh) = @_;
    # On whatever node; nobody else is at anything.
    return $dbh->selectrow_array('SELECT count(*) FROM citus_locks WHERE NOT granted')
        if WAS::Citus::count();
    return $dbh->selectrow_array(
        q(SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
    );
}

# A transfer, against the old controller's own writes and those that it had delegated.
for my $n (0, 1, 0, 1) {
    my $id = make_space($alice);
    my $at = make_collection($alice, $id, 'c');
    my ($heir, $bob) = map { WAS::Key->from_seed(random_bytes(32)) } 1, 2;
    my $top = $alice->space_url($id);
    my $zcap = delegate($top, by => $alice->key, to => $bob, target => $top);
    my %held = (zcap => { capability => $zcap }, sign => { key => $bob });
    my $write = sub {
        my ($client, $turn) = @_;
        return (PUT => "$at/r$client-$turn", text($turn), $client % 3 ? () : %held);
    };
    my @to_heir = document({ controller => $heir->did });
    my $transfer = sub { through($n, $alice)->request(PUT => "/space/$id/meta", @to_heir)->status };
    my ($status, $succeeded, $after, $wrong) = use_until(6, $write, $transfer, 404);
    ended_at_once(
        "pws 8: transferred through httpd $n: $succeeded writes before, none of $after after",
        $status, $succeeded, $after, $wrong);
    my @stored = sql('SELECT count(*) FROM was_pws_resources WHERE space_uuid = ?', $id);
    is_deeply(\@stored, [[$succeeded]], 'pws 8: what was answered so is there, and nothing else');
    is(
        through($n + 1, $heir)->request(PUT => "$at/heir", text('x'))->status, 201,
        'pws 8: the heir writes');
}

# Deletions of collections and of the space, against writes into them.
{
    my $id = make_space($alice);
    my $at = make_collection($alice, $id, 'c');
    my $allowed = '20[0-4]|404|412';
    my @public = document({ type => 'PublicCanRead' });
    my @big = (type => 'application/octet-stream', body => 'x' x 1_100_000);
    # What is asked, `{n}` is another each time.
    my @asks = (
        [DELETE => "$at/"],
        [PUT => "$at/meta", document({})],
        [POST => "$at/", text('x')],
        [PUT => "$at/r{n}", text('x')],
        [PUT => "$at/r/meta", document({ custom => { name => 'x' } })],
        [PUT => "$at/policy", @public],
        [PUT => "$at/r/policy", @public],
        [PUT => "$at/r", text('x')],
        [PUT => "$at/big", @big],
        [DELETE => "$at/r"],
        [PUT => "$at/r", text('y')],
    );
    my @clients = run_clients(
        $CLIENTS, 12,
        sub {
            my ($n, $socket) = @_;
            my $client = through($n, $alice);
            my $status_of = sub {
                my ($nth, $number) = @_;
                my ($method, $target, %options) = @{ $asks[$nth % @asks] };
                return $client->request($method, $target =~ s/\{n\}/$number/r, %options)->status;
            };
            my @statuses;
            for my $round (1 .. 12) {
                $line = $socket;
                push @statuses, $status_of->($n, "$n-$round");
                push @statuses, $status_of->($n + $round, "$n-$round-2");
            }
            return join ' ', @statuses;
        });
    my @odd = grep { !/\A(?:$allowed)\z/ } map { split / / } said_by(@clients);
    is("@odd", '', 'pws 11.4: deletions and writes at once: each answer is one that could be');
    my $no_collection = 'NOT EXISTS (SELECT 1 FROM was_pws_collections c'
        . ' WHERE c.space_uuid = t.space_uuid AND c.generation = ';
    my $no_resource =
          'NOT EXISTS (SELECT 1 FROM was_pws_resources r'
        . ' WHERE r.space_uuid = t.space_uuid AND r.collection_generation = t.parent'
        . ' AND r.resource = t.resource)';
    my %orphan = (
        was_pws_resources => "$no_collection t.collection_generation)",
        was_pws_counters => "$no_collection t.collection_generation)",
        was_pws_tombstones => "t.kind <> 'c' AND $no_collection t.parent)",
        was_pws_policies => "(t.resource = '' AND $no_collection t.parent)"
            . " OR t.resource <> '' AND $no_resource)",
    );
    my @orphans;
    ok(swept($id), 'pws 11.4: what was deleted is swept');
    for my $table (sort keys %orphan) {
        push @orphans, map { "$table @$_" } sql(<<"SQL", $id);
SELECT t.space_uuid FROM $table t WHERE t.space_uuid = ? AND $orphan{$table}
SQL
    }
    is_deeply(\@orphans, [], 'pws 11.4: and no orphan is left');
    my $due = $alice->get("$at/meta")->status == 200 ? 204 : 404;
    is($alice->delete("$at/")->status, $due, 'pws 11.4: deleted in the end');
    ok(swept($id), 'pws 11.4: and swept');
    is_deeply(
        [sql('SELECT resource FROM was_pws_resources WHERE space_uuid = ?', $id)],
        [], 'pws 11.4: with all that was in it');
}

# Whoever writes before there is a collection, and gets to its turn when there is one, has not
# waited for those who write there by now. Held up between the two by a lock on the table of
# resources.
for my $none (0, 1) {
    my $at = "/space/$space/late$none";
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    $dbh->do('LOCK TABLE was_pws_resources IN ACCESS EXCLUSIVE MODE');
    my @clients = run_clients(
        3, 0,
        sub {
            my ($n) = @_;
            my @how = (text('x' x (10 + $n)), $none ? @none : ());
            return through($n, $alice)->request(PUT => "$at/r", @how)->status;
        });
    my $wait = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'was_pws_resources'"
        . '::regclass';
    eventually(20, sub { ($dbh->selectrow_array($wait))[0] == 3 });
    make_collection($alice, $space, "late$none");
    $dbh->rollback;
    my @statuses = sort(said_by(@clients));
    my $winners = grep { $_ < 300 } @statuses;
    my $name = 'pws 9: written while the collection is made' . ($none ? ', unless it exists' : '');
    ok(!(grep { !/\A(?:20[01]|404|412)\z/ } @statuses) && ($none ? $winners == 1 : $winners), $name)
        or diag("@statuses");
    is_deeply([sql(<<'SQL', $space, "late$none")], [[1]], "$name: the counter counts it");
SELECT k.resources
FROM was_pws_collections c JOIN was_pws_counters k
    ON k.space_uuid = c.space_uuid AND k.collection_generation = c.generation
WHERE c.space_uuid = ? AND c.collection = ?
SQL
    is_deeply([contradictions($space)], [], "$name: and its bytes");
}

unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'the second httpd has logged no error');

done_testing;
