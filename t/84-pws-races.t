# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Many clients at once, through two httpd on one database: of all who create one thing, or change one
# version of it, exactly one wins. What was revoked is over, and so is what an old controller could
# do, from the moment of the answer on, everywhere. What is deleted takes along what is in it, also
# what is being written.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Zcap;

my $CLIENTS = 16;
my $ROUNDS = 20; # of each race
my $alice = holder('pws');
my $origin = WAS::Server::url('pws');

# The second httpd serves the same public origin, as behind a load balancer.
my $server = WAS::Server->start(config => qq(<Location "/">\nWASProtocol pws\nWASBaseURL $origin\n</Location>\n));
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
my $exchange = \&WAS::Client::_exchange;
{
    no warnings 'redefine';
    *WAS::Client::_exchange = sub {
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
    return map { my ($pid, undef, $reader) = @$_; local $/; my $said = <$reader> // ''; waitpid $pid, 0; $said } @_;
}

my @keys = map { WAS::Key->from_seed(random_bytes(32)) } 1 .. $CLIENTS;
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c', { map { ("put$_" => 'old', "meta$_" => 'old', "gone$_" => 'old') } 1 .. $ROUNDS });
my @collections = map { make_collection($alice, $space, "old$_") } 1 .. $ROUNDS;
my @spaces = map { make_space($alice) } 1 .. $ROUNDS;
my @new = map { new_id() } 0 .. 3 * $ROUNDS;
my %json = (type => 'application/json');
my @none = (headers => ['If-None-Match' => '*']);
my $tag = sub { my ($client, $target) = @_; return (headers => ['If-Match' => scalar $client->get($target)->header('ETag')]) };

# Each: name, what a client asks in a round, the status of who wins and of those who do not.
my @races = (
    ['a space, PUT unless it exists', sub { my ($round, $client) = @_; my $id = $new[$round];
        return (PUT => "/space/$id/meta", %json, body => json_text({ controller => $client->did }), zcap => { root => 'self' }, @none) }, 201, 412],
    ['a space, PUT by different controllers', sub { my ($round, $client, $n) = @_; my $id = $new[$ROUNDS + $round];
        return (PUT => "/space/$id/meta", %json, body => json_text({ controller => $keys[$n]->did }), zcap => { root => 'self' }, sign => { key => $keys[$n] }, @none) }, 201, '404|412'],
    ['a space, POST of one id', sub { my ($round, $client, $n) = @_; my $id = $new[2 * $ROUNDS + $round];
        return (POST => '/spaces/', %json, body => json_text({ id => $id, controller => $keys[$n]->did }), sign => { key => $keys[$n] }) }, 201, 409],
    ['a collection, PUT unless it exists', sub { my ($round) = @_; return (PUT => "/space/$space/new$round/meta", %json, body => '{}', @none) }, 201, 412],
    ['a collection, POST of one id', sub { my ($round) = @_; return (POST => "/space/$space/", %json, body => json_text({ id => "post$round" })) }, 201, 409],
    ['a resource, PUT unless it exists', sub { my ($round, undef, $n) = @_; return (PUT => "$c/new$round", type => 'text/plain', body => "$n", @none) }, 204, 412],
    ['a resource, PUT of one version', sub { my ($round, $client, $n) = @_; my $at = "$c/put$round"; return (PUT => $at, type => 'text/plain', body => "$n", $tag->($client, $at)) }, 204, 412],
    ['a resource, DELETE of one version', sub { my ($round, $client) = @_; my $at = "$c/gone$round"; return (DELETE => $at, $tag->($client, $at)) }, 204, 412],
    ["a resource's metadata, PUT of one version", sub { my ($round, $client, $n) = @_; my $at = "$c/meta$round/meta";
        return (PUT => $at, %json, body => json_text({ custom => { name => "$n" } }), $tag->($client, $at)) }, 204, 412],
    ['a collection, PUT of one version', sub { my ($round, $client, $n) = @_; my $at = "$collections[$round - 1]/meta"; return (PUT => $at, %json, body => json_text({ name => "$n" }), $tag->($client, $at)) }, 204, 412],
    ['a space, PUT of one version', sub { my ($round, $client, $n) = @_; my $at = "/space/$spaces[$round - 1]/meta";
        return (PUT => $at, %json, body => json_text({ controller => $client->did, name => "$n" }), $tag->($client, $at)) }, 204, 412],
);

my ($rounds, $began) = (0, time);
for my $race (@races) {
    my ($name, $ask, $won, $lost) = @$race;
    # All have read the version before any writes: first one line for that, then one for the race.
    my @clients = run_clients($CLIENTS, 2 * $ROUNDS, sub {
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
        ok($winners == 1 && $losers == $CLIENTS - 1, "pws 9: $name: round $round has one winner") or diag("@all");
        $rounds++;
    }
}
note(sprintf '%d rounds of %d clients through two httpd in %.1f s', $rounds, $CLIENTS, time - $began);

# What was written is the winner's alone.
is_deeply([sql("SELECT count(*), count(DISTINCT path) FROM was_resources WHERE space_uuid = ? AND path LIKE '/c/new%'", $space)], [[$ROUNDS, $ROUNDS]], 'pws 9: one resource each');
is_deeply([sql("SELECT count(*) FROM was_resources WHERE space_uuid = ? AND path LIKE '/c/put%' AND convert_from(content, 'UTF8') ~ '^[0-9]+\$'", $space)], [[$ROUNDS]], 'pws 9: each changed');

# Clients use what they hold, over and over, until it has been refused some times; meanwhile $end is
# called, which ends it. Yields how many requests succeeded, and which began after the end and did
# not fail as they should.
sub use_until {
    my ($count, $ask, $end, $refusal) = @_;
    my @clients = run_clients($count, 0, sub {
        my ($n) = @_;
        my $client = through($n, $alice);
        my ($refused, $deadline, @log) = (0, time + 10);
        while ($refused < 6 && time < $deadline) {
            my ($method, $target, %options) = $ask->($n, scalar @log);
            my $res = $client->request($method, $target, %options);
            push @log, sprintf '%.6f %d', $started, $res->status;
            $refused++ if $res->status >= 300;
        }
        return join "\n", @log;
    });
    sleep 0.15;
    my $status = $end->();
    my $ended = time;
    my @log = map { [split / /] } map { split /\n/ } said_by(@clients);
    my $succeeded = grep { $_->[1] < 300 } @log;
    my @late = grep { $_->[0] > $ended && $_->[1] !~ /\A$refusal\z/ } @log;
    my @odd = grep { $_->[1] >= 300 && $_->[1] !~ /\A$refusal\z/ } @log;
    my $after = grep { $_->[0] > $ended } @log;
    return ($status, $succeeded, $after, join ' ', map { $_->[1] } @late, @odd);
}

# Revocation of a tail and of an ancestor, of readers and writers, through either httpd.
for my $row (['the tail', 0, 0], ['the tail', 0, 1], ['the parent', 1, 0], ['the parent', 1, 1], ['the parent', 1, 0], ['the tail', 0, 1]) {
    my ($name, $ancestor, $n) = @$row;
    my ($bob, $carol) = map { WAS::Key->from_seed(random_bytes(32)) } 1, 2;
    my $top = $alice->space_url($space);
    my $parent = delegate($top, by => $alice->key, to => $bob, target => $top, expires => time + 300);
    my $tail = delegate($parent, by => $bob, to => $carol, target => $alice->url("$c/"), expires => time + 250);
    my $revoked = $ancestor ? $parent : $tail;
    my ($status, $succeeded, $after, $wrong) = use_until(6, sub {
        my ($client, $turn) = @_;
        my %hold = (zcap => { capability => $tail }, sign => { key => $carol });
        return $turn % 2 ? (GET => "$c/put1", %hold) : (PUT => "$c/used$client", type => 'text/plain', body => "$turn", %hold);
    }, sub {
        return through($n, $alice)->request(POST => "/space/$space/zcaps/revocations/" . ($revoked->{id} =~ s/:/%3A/gr), %json, body => jcs($revoked))->status;
    }, 404);
    ok($status == 204 && $succeeded && $after && $wrong eq '', "pws 8.5: $name revoked through httpd $n: $succeeded uses before, none of $after after")
        or diag("status $status, $succeeded succeeded, $after after; wrong: $wrong");
}

# A transfer, against the old controller's own writes and those that it had delegated.
for my $n (0, 1, 0, 1) {
    my $id = make_space($alice);
    my $at = make_collection($alice, $id, 'c');
    my ($heir, $bob) = map { WAS::Key->from_seed(random_bytes(32)) } 1, 2;
    my $zcap = delegate($alice->space_url($id), by => $alice->key, to => $bob, target => $alice->space_url($id));
    my ($status, $succeeded, $after, $wrong) = use_until(6, sub {
        my ($client, $turn) = @_;
        my %hold = $client % 3 ? () : (zcap => { capability => $zcap }, sign => { key => $bob });
        return (PUT => "$at/r$client-$turn", type => 'text/plain', body => "$turn", %hold);
    }, sub {
        return through($n, $alice)->request(PUT => "/space/$id/meta", %json, body => json_text({ controller => $heir->did }))->status;
    }, 404);
    ok($status == 204 && $succeeded && $after && $wrong eq '', "pws 8: transferred through httpd $n: $succeeded writes before, none of $after after")
        or diag("status $status, $succeeded succeeded, $after after; wrong: $wrong");
    is_deeply([sql('SELECT count(*) FROM was_resources WHERE space_uuid = ?', $id)], [[$succeeded]], 'pws 8: what was answered 204 is there, and nothing else');
    is(through($n + 1, $heir)->request(PUT => "$at/heir", type => 'text/plain', body => 'x')->status, 204, 'pws 8: the heir writes');
}

# Deletions of collections and of the space, against writes into them.
{
    my $id = make_space($alice);
    my $at = make_collection($alice, $id, 'c');
    my $allowed = '20[0-4]|404|412';
    my @clients = run_clients($CLIENTS, 12, sub {
        my ($n, $socket) = @_;
        my $client = through($n, $alice);
        my @asks = (
            sub { (DELETE => "$at/") }, sub { (PUT => "$at/meta", %json, body => '{}') }, sub { (POST => "$at/", type => 'text/plain', body => 'x') },
            sub { (PUT => "$at/r$_[0]", type => 'text/plain', body => 'x') }, sub { (PUT => "$at/r/meta", %json, body => '{"custom":{"name":"x"}}') },
            sub { (PUT => "$at/policy", %json, body => '{"type":"PublicCanRead"}') }, sub { (PUT => "$at/r/policy", %json, body => '{"type":"PublicCanRead"}') },
            sub { (PUT => "$at/r", type => 'text/plain', body => 'x') }, sub { (PUT => "$at/big", type => 'application/octet-stream', body => 'x' x 1_100_000) },
            sub { (DELETE => "$at/r") }, sub { (PUT => "$at/r", type => 'text/plain', body => 'y') },
        );
        my @statuses;
        for my $round (1 .. 12) {
            $line = $socket;
            my ($method, $target, %options) = $asks[$n % @asks]->("$n-$round");
            push @statuses, $client->request($method, $target, %options)->status;
            ($method, $target, %options) = $asks[($n + $round) % @asks]->("$n-$round-2");
            push @statuses, $client->request($method, $target, %options)->status;
        }
        return join ' ', @statuses;
    });
    my @odd = grep { !/\A(?:$allowed)\z/ } map { split / / } said_by(@clients);
    is("@odd", '', 'pws 11.4: deletions and writes at once: each answer is one that could be');
    my @orphans = map { my ($table, $with) = @$_; map { "$table @$_" } sql("SELECT t.space_uuid FROM $table t WHERE t.space_uuid = ? AND $with", $id) }
        ['was_resources', 'NOT EXISTS (SELECT 1 FROM was_collections c WHERE c.space_uuid = t.space_uuid AND c.collection = t.collection)'],
        ['was_collection_policies', 'NOT EXISTS (SELECT 1 FROM was_collections c WHERE c.space_uuid = t.space_uuid AND c.collection = t.collection)'],
        (map { [$_, 'NOT EXISTS (SELECT 1 FROM was_resources r WHERE r.space_uuid = t.space_uuid AND r.path = t.path)'] } qw(was_resource_meta was_resource_policies));
    is_deeply(\@orphans, [], 'pws 11.4: and no orphan is left');
    is($alice->delete("$at/")->status, 204, 'pws 11.4: deleted in the end');
    is_deeply([sql('SELECT path FROM was_resources WHERE space_uuid = ?', $id)], [], 'pws 11.4: with all that was in it');
}

unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'the second httpd has logged no error');

done_testing;
