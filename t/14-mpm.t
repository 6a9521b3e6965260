# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The same under event, worker and prefork; and while httpd is restarted or stopped gracefully, no
# request is lost: each is answered, or its connection is closed before it has done anything.

use strict;
use warnings;

use FindBin;
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my %document = (controller => $alice->did, name => 'A space');
my @document = (body => encode_json(\%document), type => 'application/json');
my $big = join '', map { sprintf '%08d', $_ } 1 .. 400_000;

my $PROCESSES = <<'CONF';
StartServers 8
MinSpareServers 2
MaxRequestWorkers 16
MaxKeepAliveRequests 0
CONF
my $THREADS = <<'CONF';
ServerLimit 2
StartServers 2
ThreadsPerChild 16
MaxRequestWorkers 32
MinSpareThreads 16
MaxSpareThreads 32
MaxKeepAliveRequests 0
CONF

sub serve {
    my ($mpm) = @_;
    my ($shape, $least, $most) = $mpm eq 'prefork' ? ($PROCESSES, 1, 1) : ($THREADS, 2, 4);
    my $pool = "DBDMin $least\nDBDKeep $most\nDBDMax $most\n";
    return WAS::Server->start(mpm => $mpm, before => $shape, config => $pool);
}

# One request on a connection that is kept. A server may close it between two requests; then, and
# only if nothing came, the request goes out again on a new one.
sub ask {
    my ($client, @request) = @_;
    my $reused = defined $client->{socket};
    my $response = $client->request(@request);
    return ($response, 0) if $response->status || !$reused;
    return ($client->request(@request), 1);
}

# Clients that write and read what they wrote.
sub traffic {
    my ($server, $space, %options) = @_;
    my $turn_of = sub {
        my ($number, $turn) = @_;
        our $kept;
        $kept //= $server->client($alice, keepalive => 1);
        my $path = "/space/$space/c$number";
        my ($put, $closed) = ask($kept, PUT => $path, body => "turn $turn");
        my %seen = (turn => $turn, put => $put->status, closed => $closed);
        # A server that has stopped refuses the connection.
        my ($get) = eval { ask($kept, GET => $path) } or return \%seen;
        my $wrong = $get->status == 200 && $get->body ne "turn $turn";
        return { %seen, get => $get->status, wrong => $wrong ? $get->body : undef };
    };
    return WAS::Traffic->start(%options, clients => 4, pause => 0.005, each => $turn_of);
}

# Until each client has had that many more turns, by what it has written.
sub wait_for_turns {
    my ($server, $space, $turns) = @_;
    my $client = $server->client($alice);
    my $turn = sub { ($client->get("/space/$space/c$_[0]")->body =~ /(\d+)/)[0] // 0 };
    my @due = map { $turn->($_) + $turns } 0 .. 3;
    eventually(
        20,
        sub {
            !grep { $turn->($_) < $due[$_] } 0 .. 3;
        }
    ) or die 'no traffic';
    return;
}

# An upload that takes some seconds; returns the status line. Says so when the server has asked for
# the body: then it is under way.
sub upload_slowly {
    my ($server, $target, $seconds, $begun) = @_;
    my ($authority) = $server->origin =~ m{//(.*)};
    my $socket = IO::Socket::INET->new(PeerAddr => $authority) or die "connect: $@";
    my %signed = (key => $alice, method => 'PUT', target => $target, fields => []);
    my $authorization = WAS::Client::authorization(%signed);
    my @pieces = unpack '(a100000)*', $big;
    syswrite $socket, join "\r\n", "PUT $target HTTP/1.1", 'Host: x',
        'Content-Length: ' . length($big), "Authorization: $authorization",
        'Expect: 100-continue', '', '';
    sysread $socket, my $interim, 1024;
    my $line = ($interim // '') =~ s/\r\n.*//sr;
    return { answer => $line } if $line ne 'HTTP/1.1 100 Continue';
    syswrite $begun, '.';
    for my $piece (@pieces) {
        my $sent = 0;
        $sent += syswrite $socket, $piece, length($piece) - $sent, $sent
            while $sent < length $piece;
        sleep $seconds / @pieces;
    }
    sysread $socket, my $answer, 1024;
    return { answer => ($answer // '') =~ s/\r\n.*//sr };
}

for my $mpm (qw(event worker prefork)) {
    my $modules = WAS::Server::modules_directory();
    SKIP: {
        skip "mod_mpm_$mpm is not here", 1 if !-e "$modules/mod_mpm_$mpm.so";
        my $server = serve($mpm);
        my $space = "mpm-$mpm-$$";
        my $client = $server->client($alice);
        my $at = "/space/$space";
        my @text = (body => 'text', type => 'text/plain');
        my @chunks = (body => $big, chunked => 50_000);
        my @part = (headers => [Range => 'bytes=1600000-1600007']);
        my @tar = (headers => [Accept => 'application/x-tar']);
        for my $step (
            # name, request, status, body
            ['a space is made', [PUT => $at, @document], 204],
            ['a text is stored', [PUT => "$at/a%20text", @text], 204],
            ['and read by anybody', [GET => "$at/a%20text", sign => 0], 200, 'text'],
            ['something big is stored', [PUT => "$at/big", body => $big], 204],
            ['and read', [GET => "$at/big"], 200, $big],
            ['and read in part', [GET => "$at/big", @part], 206, '00200001'],
            ['something in chunks is stored', [POST => "$at/chunks", @chunks], 201],
            ['the space is read', [GET => $at], 200, qr/"name": ?"A space"/],
            ['the spaces are listed', [GET => '/spaces/'], 200, qr/urn:uuid:\Q$space\E"/],
            ['the space is exported', [GET => $at, @tar], 200, qr/ustar/],
            ['a resource is deleted', [DELETE => "$at/chunks"], 204],
            ['and gone', [GET => "$at/chunks"], 404],
            ['the server is well', [GET => '/health'], 200, qr/ok/],
        ) {
            my ($name, $request, $status, $body) = @$step;
            my $response = $client->request(@$request);
            is($response->status, $status, "$mpm: $name") or diag $response->body;
            next if !defined $body;
            my $same = ref $body ? $response->body =~ $body : $response->body eq $body;
            ok($same, "$mpm: $name: the answer") or diag substr $response->body, 0, 1000;
        }
        my @stranger = map { $server->client(@$_) } [$bob], [];
        my @put = map { $_->put("$at/x", body => 'x')->status } @stranger;
        is($put[0], 403, "$mpm: a stranger may not write");
        is($put[1], 401, "$mpm: nor may nobody");

        # Graceful restarts.
        my $traffic = traffic($server, $space, least => 30);
        for (1 .. 3) {
            wait_for_turns($server, $space, 10);
            my %old = map { $_ => 1 } $server->children;
            $server->signal('USR1');
            my $renewed = sub {
                grep { !$old{$_} } $server->children;
            };
            ok(eventually(10, $renewed), "$mpm, graceful restart: new children");
        }
        wait_for_turns($server, $space, 10);
        my @records = $traffic->finish;
        my @failed =
            grep { $_->{died} || $_->{put} != 204 || ($_->{get} // 0) != 200 || $_->{wrong} }
            @records;
        is_deeply(\@failed, [], "$mpm, graceful restart: no request is lost");
        cmp_ok(scalar(@records), '>', 100, "$mpm, graceful restart: and there were many");
        my $closed = grep { $_->{closed} } @records;
        note "$mpm: " . @records . " turns, connections closed between requests: $closed";

        # A graceful stop.
        $traffic = traffic($server, $space);
        pipe my $beginning, my $begun or die "pipe: $!";
        my $upload = sub { return upload_slowly($server, "$at/slow", 1.5, $begun) };
        my $slow = WAS::Traffic->start(times => 1, each => $upload);
        wait_for_turns($server, $space, 3);
        my $is_under_way = IO::Select->new($beginning)->can_read(60);
        ok($is_under_way, "$mpm, graceful stop: an upload is under way");
        $server->signal('WINCH');
        ok($server->wait_until_gone(20), "$mpm, graceful stop: it ends");
        is($server->{status}, 0, "$mpm, graceful stop: without complaint");
        @records = $traffic->finish;
        my ($written) = $slow->finish(patient => 1);
        my $answered = "$mpm, graceful stop: an upload that was under way is answered";
        is($written->{answer}, 'HTTP/1.1 204 No Content', $answered);
        $server->start_again;
        ok($client->get("/space/$space/slow")->body eq $big, "$mpm, graceful stop: and stored");
        my @lost;
        for my $number (0 .. 3) {
            my @mine = grep { $_->{client} == $number } @records;
            my ($last) = map { $_->{turn} } grep { ($_->{put} // 0) == 204 } reverse @mine;
            my $is = $client->get("/space/$space/c$number")->body;
            push @lost, "client $number: stored is $is, confirmed was turn $last"
                if $is ne "turn $last";
        }
        is_deeply(\@lost, [], "$mpm, graceful stop: what is stored is what was confirmed");
        my @errors = grep { ($_->{put} // 0) >= 400 || ($_->{get} // 0) >= 400 } @records;
        is_deeply(\@errors, [], "$mpm, graceful stop: and nobody got an error");
        is($client->delete("/space/$space")->status, 204, "$mpm: the space is deleted");
        $server->stop;
        my $failures = qr/:(?:error|crit|alert|emerg)\]|exit signal/;
        unlike($server->log, $failures, "$mpm: nothing at ERR, no crash");
    }
}

done_testing;
