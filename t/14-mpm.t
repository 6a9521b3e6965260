# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The same under event, worker and prefork; and while httpd is restarted or stopped gracefully, no
# request is lost: each is answered, or its connection is closed before it has done anything.

use strict;
use warnings;

use FindBin;
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
my @document = (body => encode_json({ controller => $alice->did, name => 'A space' }), type => 'application/json');
my $big = join '', map { sprintf '%08d', $_ } 1 .. 400_000;

sub serve {
    my ($mpm) = @_;
    my $pool = $mpm eq 'prefork' ? "DBDMin 1\nDBDKeep 1\nDBDMax 1\n" : "DBDMin 2\nDBDKeep 4\nDBDMax 4\n";
    my $shape = $mpm eq 'prefork'
        ? "StartServers 8\nMinSpareServers 2\nMaxRequestWorkers 16\n"
        : "ServerLimit 2\nStartServers 2\nThreadsPerChild 16\nMaxRequestWorkers 32\nMinSpareThreads 16\nMaxSpareThreads 32\n";
    return WAS::Server->start(mpm => $mpm, before => $shape . "MaxKeepAliveRequests 0\n", config => $pool);
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
    return WAS::Traffic->start(%options, clients => 4, pause => 0.005, each => sub {
        my ($number, $turn) = @_;
        our $kept;
        $kept //= $server->client($alice, keepalive => 1);
        my $path = "/space/$space/c$number";
        my ($put, $closed) = ask($kept, PUT => $path, body => "turn $turn");
        my %seen = (turn => $turn, put => $put->status, closed => $closed);
        # A server that has stopped refuses the connection.
        my ($get) = eval { ask($kept, GET => $path) } or return \%seen;
        return { %seen, get => $get->status, wrong => $get->status == 200 && $get->body ne "turn $turn" ? $get->body : undef };
    });
}

# An upload that takes some seconds; returns the status line.
sub upload_slowly {
    my ($server, $target, $seconds) = @_;
    my ($authority) = $server->origin =~ m{//(.*)};
    my $socket = IO::Socket::INET->new(PeerAddr => $authority) or die "connect: $@";
    my $authorization = WAS::Client::authorization(key => $alice, method => 'PUT', target => $target, fields => []);
    my @pieces = unpack '(a100000)*', $big;
    syswrite $socket, "PUT $target HTTP/1.1\r\nHost: x\r\nContent-Length: " . length($big) . "\r\nAuthorization: $authorization\r\n\r\n";
    for my $piece (@pieces) {
        my $sent = 0;
        $sent += syswrite $socket, $piece, length($piece) - $sent, $sent while $sent < length $piece;
        sleep $seconds / @pieces;
    }
    sysread $socket, my $answer, 1024;
    return { answer => ($answer // '') =~ s/\r\n.*//sr };
}

for my $mpm (qw(event worker prefork)) {
    my $modules = (WAS::Server::slurp("$ENV{WAS_RUN}/t/conf/modules.conf") =~ m{(\S+)/mod_dbd\.so})[0];
    SKIP: {
        skip "mod_mpm_$mpm is not here", 1 if !-e "$modules/mod_mpm_$mpm.so";
        my $server = serve($mpm);
        my $space = "mpm-$mpm-$$";
        my $client = $server->client($alice);
        for my $step (
            ['a space is made', [PUT => "/space/$space", @document], 204],
            ['a text is stored', [PUT => "/space/$space/a%20text", body => 'text', type => 'text/plain'], 204],
            ['and read by anybody', [GET => "/space/$space/a%20text", sign => 0], 200, 'text'],
            ['something big is stored', [PUT => "/space/$space/big", body => $big], 204],
            ['and read', [GET => "/space/$space/big"], 200, $big],
            ['and read in part', [GET => "/space/$space/big", headers => [Range => 'bytes=1600000-1600007']], 206, '00200001'],
            ['something in chunks is stored', [POST => "/space/$space/chunks", body => $big, chunked => 50_000], 201],
            ['the space is read', [GET => "/space/$space"], 200, qr/"name": ?"A space"/],
            ['the spaces are listed', [GET => '/spaces/'], 200, qr/urn:uuid:\Q$space\E"/],
            ['the space is exported', [GET => "/space/$space", headers => [Accept => 'application/x-tar']], 200, qr/ustar/],
            ['a resource is deleted', [DELETE => "/space/$space/chunks"], 204],
            ['and gone', [GET => "/space/$space/chunks"], 404],
            ['the server is well', [GET => '/health'], 200, qr/ok/],
        ) {
            my ($name, $request, $status, $body) = @$step;
            my $response = $client->request(@$request);
            is($response->status, $status, "$mpm: $name") or diag $response->body;
            ref $body ? like($response->body, $body, "$mpm: $name: the answer") : ok($response->body eq $body, "$mpm: $name: the answer") if defined $body;
        }
        is($server->client($bob)->put("/space/$space/x", body => 'x')->status, 403, "$mpm: a stranger may not write");
        is($server->client->put("/space/$space/x", body => 'x')->status, 401, "$mpm: nor may nobody");

        # Graceful restarts.
        my $traffic = traffic($server, $space, least => 30);
        for (1 .. 3) {
            sleep 0.5;
            my %old = map { $_ => 1 } $server->children;
            $server->signal('USR1');
            ok(eventually(10, sub { grep { !$old{$_} } $server->children }), "$mpm, graceful restart: new children");
        }
        sleep 0.5;
        my @records = $traffic->finish;
        is_deeply([grep { $_->{died} || $_->{put} != 204 || ($_->{get} // 0) != 200 || $_->{wrong} } @records], [], "$mpm, graceful restart: no request is lost");
        cmp_ok(scalar(@records), '>', 100, "$mpm, graceful restart: and there were many");
        note "$mpm: ", scalar(@records), ' turns, connections closed between requests: ', scalar(grep { $_->{closed} } @records);

        # A graceful stop.
        $traffic = traffic($server, $space);
        my $slow = WAS::Traffic->start(times => 1, each => sub { upload_slowly($server, "/space/$space/slow", 1.5) });
        sleep 0.5;
        $server->signal('WINCH');
        ok($server->wait_until_gone(20), "$mpm, graceful stop: it ends");
        is($server->{status}, 0, "$mpm, graceful stop: without complaint");
        @records = $traffic->finish;
        my ($written) = $slow->finish(patient => 1);
        is($written->{answer}, 'HTTP/1.1 204 No Content', "$mpm, graceful stop: an upload that was under way is answered");
        $server->start_again;
        ok($client->get("/space/$space/slow")->body eq $big, "$mpm, graceful stop: and stored");
        my @lost;
        for my $number (0 .. 3) {
            my @mine = grep { $_->{client} == $number } @records;
            my ($last) = map { $_->{turn} } grep { ($_->{put} // 0) == 204 } reverse @mine;
            my $is = $client->get("/space/$space/c$number")->body;
            push @lost, "client $number: stored is $is, confirmed was turn $last" if $is ne "turn $last";
        }
        is_deeply(\@lost, [], "$mpm, graceful stop: what is stored is what was confirmed");
        is_deeply([grep { ($_->{put} // 0) >= 400 || ($_->{get} // 0) >= 400 } @records], [], "$mpm, graceful stop: and nobody got an error");
        is($client->delete("/space/$space")->status, 204, "$mpm: the space is deleted");
        $server->stop;
        unlike($server->log, qr/:(?:error|crit|alert|emerg)\]|exit signal/, "$mpm: nothing at ERR, no crash");
    }
}

done_testing;
