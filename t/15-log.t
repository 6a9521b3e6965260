# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What the logs say: a client's mistake is news at INFO and no more, a failure of ours is one line at
# ERR that the answer's requestId leads to, the access log names who signed, and at no level is there
# SQL, key material or a byte of what people store.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET ();
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
$dbh->do('SET client_min_messages = warning');
my $SECRET = 'SECRETBYTES';
my $dsn = WAS::Server::cluster()->dsn($database) . " password=$SECRET options='-c statement_timeout=500ms'";

sub serve {
    my (%options) = @_;
    my $self = WAS::Server->start(dsn => $dsn, %options, config => <<'CONF');
LogLevel warn was:trace8
LogFormat "%{UNIQUE_ID}e|%u|%>s|%m|%U" test
CustomLog "logs/access_log" test
StartServers 1
CONF
    return $self;
}

sub access_log { return split /\n/, WAS::Server::slurp("$_[0]{directory}/logs/access_log") }

# What one request has put into the logs.
sub logged {
    my ($server, $call) = @_;
    my ($errors, $accesses) = (length $server->log, scalar(access_log($server)));
    my $response = $call->();
    # The access log is written when the answer is out.
    eventually(2, sub { access_log($server) > $accesses });
    my @lines = grep { /\[was:/ } split /\n/, substr $server->log, $errors;
    my @access = access_log($server);
    return ($response, \@lines, [split /\|/, $access[-1], -1]);
}

my $server = serve();
my $client = $server->client($alice);
my $stranger = $server->client($bob);
my $nobody = $server->client;
my @document = (body => encode_json({ controller => $alice->did, name => "$SECRET name", link => "/space/s/$SECRET" }), type => 'application/json');
my $mark = length $server->log;
is($client->put('/space/s', @document)->status, 204, 'a space');
is($client->put('/space/s/x', body => "$SECRET content", type => 'text/plain')->status, 204, 'a resource');
is($client->put('/space/s/json', body => qq({"$SECRET": "$SECRET"}), type => 'application/json')->status, 204, 'a JSON resource');
is($client->put('/space/s/big', body => $SECRET x 300_000)->status, 204, 'a big resource');
is($client->get("/space/s/$_")->status, 200, "$_ is read") for qw(x json big);
is($client->get('/space/s', headers => [Accept => 'application/x-tar'])->status, 200, 'an export');
is_deeply([grep { /\[was:(?!debug|trace)/ } split /\n/, substr $server->log, $mark], [], 'what succeeds is no news');

# 1. Mistakes of clients, and who made them.
my $now = time;
for my $case (
    ['no signature', 401, '-', sub { $nobody->put('/space/s/x', body => $SECRET) }],
    ['a signature of somebody else under this key', 401, '-', sub { $client->put('/space/s/x', body => $SECRET, sign => { key => $bob, key_id => $alice->key_id }) }],
    ['an expired signature', 401, '-', sub { $client->put('/space/s/x', body => $SECRET, sign => { created => $now - 100, expires => $now - 50 }) }],
    ['not a signature', 401, '-', sub { $client->put('/space/s/x', body => $SECRET, sign => { authorization => "Signature $SECRET" }) }],
    ['a key that is none', 401, '-', sub { $client->put('/space/s/x', body => $SECRET, sign => { key_id => "did:key:z$SECRET" }) }],
    ['a stranger', 403, $bob->did, sub { $stranger->put('/space/s/x', body => $SECRET) }],
    ['a stranger who reads', 403, $bob->did, sub { $stranger->get('/space/s') }],
    ['no such space', 404, $alice->did, sub { $client->put('/space/none/x', body => $SECRET) }],
    ['no such resource', 404, '-', sub { $nobody->get('/space/s/none') }],
    ['no such method', 405, '-', sub { $nobody->request(PATCH => '/space/s') }],
    ['a uuid twice', 409, $alice->did, sub { $client->post('/spaces/', body => encode_json({ uuid => 's', name => $SECRET }), type => 'application/json') }],
    ['a condition that fails', 412, $alice->did, sub { $client->put('/space/s/x', body => $SECRET, headers => ['If-Match' => '"no"']) }],
    ['a body that is too long', 413, qr/./, sub { $client->put('/space/s', body => $SECRET x 200_000, type => 'application/json') }],
    ['a coded body', 415, qr/./, sub { $client->put('/space/s/x', body => $SECRET, headers => ['Content-Encoding' => 'gzip']) }],
    ['a range behind the end', 416, '-', sub { $nobody->get('/space/s/x', headers => [Range => 'bytes=9999-']) }],
    ['a dot segment', 400, '-', sub { $nobody->get('/space/s/../x') }],
    ['not JSON', 400, $alice->did, sub { $client->put('/space/s', body => "{$SECRET", type => 'application/json') }],
    ['JSON with a member twice', 400, $alice->did, sub { $client->put('/space/s', body => qq({"$SECRET":1,"$SECRET":2}), type => 'application/json') }],
    ['JSON that is no object', 400, $alice->did, sub { $client->put('/space/s', body => qq(["$SECRET"]), type => 'application/json') }],
    ['a controller that is none', qr/\A40[03]\z/, $alice->did, sub { $client->put('/space/new', body => encode_json({ controller => $SECRET }), type => 'application/json') }],
    ['a body that stops short', 400, qr/./, sub { $client->put('/space/s/x', body => $SECRET x 10, stop_after => 5) }],
) {
    my ($name, $status, $who, $call) = @$case;
    my ($response, $lines, $access) = logged($server, $call);
    my $is = $response->status || $access->[2];
    like($is, ref $status ? $status : qr/\A$status\z/, "$name: status") or diag $response->body;
    is(scalar(@$lines), 1, "$name: one line") or diag explain $lines;
    is_deeply([grep { !/\[was:info\]/ } @$lines], [], "$name: at INFO");
    like($lines->[0] // '', qr/\[\Q$access->[0]\E\]/, "$name: with the request's id");
    like($access->[1], ref $who ? $who : qr/\A\Q$who\E\z/, "$name: who it was, in the access log");
    is(($response->json // {})->{requestId}, undef, "$name: no requestId in the answer") if ref $response->json eq 'HASH';
}
for my $case (['a write', sub { $client->put('/space/s/y', body => 'y') }, $alice->did], ['a public read', sub { $client->get('/space/s/y') }, '-'],
    ['a list', sub { $stranger->get('/spaces/') }, $bob->did], ['a preflight', sub { $client->options('/space/s/y') }, '-']) {
    my ($name, $call, $who) = @$case;
    my ($response, $lines, $access) = logged($server, $call);
    is($access->[1], $who, "$name: who it was, in the access log");
}

# 2. Failures of ours.
my $locker = WAS::Server::dbh($database);
sub while_locked {
    my ($call) = @_;
    $locker->begin_work;
    $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
    my $response = $call->();
    $locker->rollback;
    return $response;
}

sub fails {
    my ($server, $name, $status, $call, $id) = @_;
    my ($response, $lines, $access) = logged($server, $call);
    is($response->status, $status, "$name: status") or diag $response->body;
    my @errors = grep { /\[was:(?:error|crit|alert|emerg)\]/ } @$lines;
    is(scalar(@errors), 1, "$name: one line at ERR") or diag explain $lines;
    is(scalar(@$lines), 1, "$name: and no other line");
    my $told = ($response->problem // {})->{requestId} // '';
    like($told, $id, "$name: the answer has a requestId");
    like($errors[0], qr/\[\Q$told\E\] /, "$name: which the line has too");
    is($access->[0], $told, "$name: and the access log") if $access->[0] ne '-';
    unlike($response->body, qr/SELECT|INSERT|UPDATE|DELETE|was_\w|PostgreSQL|\Q$SECRET\E/, "$name: the answer tells nothing of the inside");
    return;
}

my $plain = serve(without => ['unique_id']);
for my $where (['with mod_unique_id', $server, qr{\A[\w\@-]{20,32}\z}], ['without mod_unique_id', $plain, qr/\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/]) {
    my ($how, $one, $id) = @$where;
    my $client = $one->client($alice);
    fails($one, "a read in vain, $how", 503, sub { while_locked(sub { $client->get('/space/s/x') }) }, $id);
    fails($one, "a write in vain, $how", 503, sub { while_locked(sub { $client->put('/space/s/x', body => $SECRET) }) }, $id);
    $dbh->do("ALTER TABLE was_resources ADD CONSTRAINT small CHECK (octet_length(content) < 20) NOT VALID");
    fails($one, "a constraint of somebody's, $how", 500, sub { $client->put('/space/s/x', body => $SECRET x 100) }, $id);
    fails($one, "a constraint of somebody's, big, $how", 500, sub { $client->put('/space/s/x', body => $SECRET x 200_000) }, $id);
    $dbh->do('ALTER TABLE was_resources DROP CONSTRAINT small');
}

# 3. An answer that cannot be ended.
for my $case (
    ['changes', 'info', qr/changed/, sub { is($client->put('/space/s/big', body => $SECRET)->status, 204, 'somebody else overwrites it') }, sub { }],
    ['cannot be read on', 'error', qr/57014/, sub { $locker->begin_work; $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE') }, sub { $locker->rollback }],
) {
    my ($what, $level, $why, $do, $undo) = @$case;
    my $name = "a resource that $what while it is sent";
    $client->put('/space/s/big', body => $SECRET x 2_000_000);
    my $before = length $server->log;
    my ($port) = $server->origin =~ /(\d+)\z/;
    # Little is to wait in the kernel instead of in the database.
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => Socket::SOCK_STREAM()) or die $!;
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 8192;
    connect $socket, Socket::pack_sockaddr_in($port, Socket::INADDR_LOOPBACK()) or die $!;
    syswrite $socket, "GET /space/s/big HTTP/1.1\r\nHost: x\r\n\r\n";
    sysread $socket, my $begun, 4096;
    $do->();
    my $got = length $begun;
    while (my $n = sysread $socket, my $more, 1 << 20) { $got += $n }
    $undo->();
    cmp_ok($got, '<', 2_000_000 * length $SECRET, "$name: the answer is cut");
    my @lines = grep { /\[was:/ } split /\n/, substr $server->log, $before;
    is(scalar(@lines), 1, "$name: one line") or diag explain \@lines;
    like($lines[0] // '', qr/\[was:$level\].*\[[\w\@-]{20,}\] an answer ends early: .*$why/, "$name: at $level, with an id and the reason");
}

# 4. Nobody writes lines of his own.
my $line = '%0a[Mon%20Nov%2023%2005:16:22.000000%202026]%20[was:error]%20[pid%201:tid%201]%20injected';
for my $target ("/space/s/x$line", "/space/s$line", "/space/s$line/x", "/$line", "/space/s/x%0d%0a$line", "/space/s/%1b[31mred", "/space/s/%c2%9b31m", "/space/s/x?$line", '/space/s/%00', '/space/s/%ff', '/space/s/\\x0a') {
    $client->$_($target, $_ eq 'put' ? (body => 'x') : ()) for qw(get put delete);
}
for my $value ("a\x0bb", "text/\x1b[31m", "a\\x0ab", "\xff\xfe", 'x' x 7000, "t/p; x=\"$line\"") {
    $client->put('/space/s/x', body => 'x', type => $value);
    $client->put('/space/s/x', body => 'x', headers => [Origin => $value, 'If-Match' => $value, Range => $value, 'Content-Digest' => $value]);
    $client->put('/space/s/x', body => 'x', sign => { key_id => "did:key:$value" });
    $client->put('/space/s/x', body => 'x', sign => { authorization => qq(Signature keyId="$value",$value="x") });
    $client->put('/space/s', body => encode_json({ controller => "$value\n[was:error] injected", id => "\n$value" }), type => 'application/json');
    $client->post('/spaces/', body => encode_json({ uuid => "$value\n[was:error] injected" }), type => 'application/json');
    $client->put('/space/s', body => "{\"\n[was:error] injected\": }", type => 'application/json');
}
$_->stop for $server, $plain;
for my $case (['with mod_unique_id', $server], ['without mod_unique_id', $plain]) {
    my ($how, $one) = @$case;
    my @lines = split /\n/, $one->log;
    is_deeply([grep { !/\A\[\w{3} \w{3} \d\d [\d:.]+ \d{4}\] \[\w+:\w+\] \[pid \d+(?::tid \d+)?\] / } @lines], [], "$how: every line of the error log is httpd's");
    is_deeply([grep { /\] *injected/ && !/\\n|\\x0a|%0a/i } @lines], [], "$how: no line is injected");
    is_deeply([grep { /[^\x20-\x7e]/ } @lines], [], "$how: no control character, no byte that is not ASCII");
    is_deeply([grep { /\[was:/ && !/\[was:(?:error|info|debug|trace\d)\]/ } @lines], [], "$how: no other level");
    is_deeply([grep { /[^\x20-\x7e]/ } access_log($one)], [], "$how: nor in the access log");
}

# 5. And nothing that is secret is there.
my @secrets = (
    ['stored bytes', qr/\Q$SECRET\E/], ['a signature', qr/signature=/i], ['an Authorization field', qr/authorization: */i],
    ['SQL', qr/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|RETURNING)\b.*\b(?:FROM|INTO|SET|was_\w+|WHERE)\b/],
    ['a private key', qr/PRIVATE KEY/], ['a password', qr/password=/],
);
for my $one ($server, $plain) {
    my @lines = split /\n/, $one->log;
    for my $secret (@secrets) {
        my ($what, $pattern) = @$secret;
        is_deeply([grep { /$pattern/ } @lines], [], "the error log holds no trace of $what");
    }
}

done_testing;
