# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What the logs say: a client's mistake is news at INFO and no more, a failure of ours is one line
# at ERR, every answer has an id that leads to its lines, the access log names who signed, and at no
# level is there SQL, key material or a byte of what people store.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET ();
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
$dbh->do('SET client_min_messages = warning');
my $SECRET = 'SECRETBYTES';
my $dsn = WAS::Server::cluster()->dsn($database) . " password=$SECRET";
# Where statements are to fail; elsewhere a busy machine may take its time.
my $hasty = "$dsn options='-c statement_timeout=3s'";

sub serve {
    my (%options) = @_;
    my $self = WAS::Server->start(dsn => $dsn, %options, config => <<'CONF');
LogLevel warn was:trace8
WASContentParts off
LogFormat "%{UNIQUE_ID}e|%u|%>s|%{WAS_TRACE_ID}e|%m|%U" test
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
    eventually(60, sub { access_log($server) > $accesses }) or die 'no line in the access log';
    my @lines = grep { /\[was:/ } split /\n/, substr $server->log, $errors;
    my @access = access_log($server);
    return ($response, \@lines, [split /\|/, $access[-1], -1]);
}

my $server = serve();
my $client = $server->client($alice);
my $stranger = $server->client($bob);
my $nobody = $server->client;

sub json_body { return (body => encode_json($_[0]), type => 'application/json') }

# Nothing of a kind is among the lines.
sub none_of {
    my ($pattern, $lines, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply([grep { /$pattern/ } @$lines], [], $name);
}

# The id of an answer is in its head, in a problem, and in the access log.
sub same_id {
    my ($name, $response, $access) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $id = $response->header('X-Request-Id');
    is($id, $access->[0], "$name: the id in the answer's head is the log's");
    my $problem = $response->problem // return;
    return is($problem->{requestId}, $id, "$name: and the problem's");
}

my $mark = length $server->log;
my %document = (controller => $alice->did, name => "$SECRET name", link => "/space/s/$SECRET");
my $secret_json = qq({"$SECRET": "$SECRET"});
for my $case (
    ['a space', '', json_body(\%document)],
    ['a resource', '/x', body => "$SECRET content", type => 'text/plain'],
    ['a JSON resource', '/json', body => $secret_json, type => 'application/json'],
    ['a big resource', '/big', body => $SECRET x 300_000],
) {
    my ($name, $path, @body) = @$case;
    is($client->put("/space/s$path", @body)->status, 204, $name);
}
is($client->get("/space/s/$_")->status, 200, "$_ is read") for qw(x json big);
my $export = $client->get('/space/s', headers => [Accept => 'application/x-tar']);
is($export->status, 200, 'an export');
my @said = split /\n/, substr $server->log, $mark;
none_of(qr/\[was:(?!debug|trace)/, \@said, 'what succeeds is no news');

# 1. Mistakes of clients, and who made them.
my $now = time;
my $put = sub {
    my (@options) = @_;
    return sub { $client->put('/space/s/x', body => $SECRET, @options) }
};
my $signed = sub { return $put->(sign => {@_}) };
my $put_space = sub {
    my ($text, $path) = @_;
    return sub { $client->put($path // '/space/s', body => $text, type => 'application/json') };
};
my $get = sub {
    my ($path, @options) = @_;
    return sub { $nobody->get($path, @options) }
};
my $anyone = qr/./;
my @twice = json_body({ uuid => 's', name => $SECRET });
my @behind = (headers => [Range => 'bytes=9999-']);
my $not_hers = $signed->(key => $bob, key_id => $alice->key_id);
my ($hers, $his) = ($alice->did, $bob->did);
my $new = encode_json({ controller => $SECRET });
for my $case (
    # name, status, who it was, request
    ['no signature', 401, '-', sub { $nobody->put('/space/s/x', body => $SECRET) }],
    ['a signature of somebody else under this key', 401, '-', $not_hers],
    ['an expired signature', 401, '-', $signed->(created => $now - 100, expires => $now - 50)],
    ['not a signature', 401, '-', $signed->(authorization => "Signature $SECRET")],
    ['a key that is none', 401, '-', $signed->(key_id => "did:key:z$SECRET")],
    ['a stranger', 403, $his, sub { $stranger->put('/space/s/x', body => $SECRET) }],
    ['a stranger who reads', 403, $his, sub { $stranger->get('/space/s') }],
    ['no such space', 404, $hers, sub { $client->put('/space/none/x', body => $SECRET) }],
    ['no such resource', 404, '-', $get->('/space/s/none')],
    ['no such method', 405, '-', sub { $nobody->request(PATCH => '/space/s') }],
    ['a uuid twice', 409, $hers, sub { $client->post('/spaces/', @twice) }],
    ['a condition that fails', 412, $hers, $put->(headers => ['If-Match' => '"no"'])],
    ['a body that is too long', 413, $anyone, $put_space->($SECRET x 200_000)],
    ['a coded body', 415, $anyone, $put->(headers => ['Content-Encoding' => 'gzip'])],
    ['a range behind the end', 416, '-', $get->('/space/s/x', @behind)],
    ['a dot segment', 400, '-', $get->('/space/s/../x')],
    ['not JSON', 400, $hers, $put_space->("{$SECRET")],
    ['JSON with a member twice', 400, $hers, $put_space->(qq({"$SECRET":1,"$SECRET":2}))],
    ['JSON that is no object', 400, $hers, $put_space->(qq(["$SECRET"]))],
    ['a controller that is none', qr/\A40[03]\z/, $hers, $put_space->($new, '/space/new')],
    ['a body that stops short', 400, $anyone, $put->(body => $SECRET x 10, stop_after => 5)],
) {
    my ($name, $status, $who, $call) = @$case;
    my ($response, $lines, $access) = logged($server, $call);
    my $is = $response->status || $access->[2];
    like($is, ref $status ? $status : qr/\A$status\z/, "$name: status") or diag $response->body;
    is(scalar(@$lines), 1, "$name: one line") or diag explain $lines;
    none_of(qr/\A(?!.*\[was:info\])/, $lines, "$name: at INFO");
    like($lines->[0] // '', qr/\[\Q$access->[0]\E\]/, "$name: with the request's id");
    like($access->[1], ref $who ? $who : qr/\A\Q$who\E\z/, "$name: who it was, in the access log");
    same_id($name, $response, $access) if $response->status;
}
for my $case (
    ['a write', sub { $client->put('/space/s/y', body => 'y') }, $hers],
    ['a public read', sub { $client->get('/space/s/y') }, '-'],
    ['a list', sub { $stranger->get('/spaces/') }, $his],
    ['a preflight', sub { $client->options('/space/s/y') }, '-'],
    ['a 304', sub { $nobody->get('/space/s/y', headers => ['If-None-Match' => '*']) }, '-'],
    ['a HEAD', sub { $nobody->request(HEAD => '/space/s/y') }, '-'],
) {
    my ($name, $call, $who) = @$case;
    my ($response, $lines, $access) = logged($server, $call);
    is($access->[1], $who, "$name: who it was, in the access log");
    same_id($name, $response, $access);
}

# A client names no request, only the trace that it is a part of, if it says so as the standard has
# it.
my $TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
my $PARENT = "00-$TRACE-00f067aa0ba902b7-01";
for my $case (
    # name, the trace that is logged, fields
    ['no field', '-'],
    ['a traceparent', $TRACE, traceparent => $PARENT],
    ['a traceparent and its state', $TRACE, Traceparent => $PARENT, tracestate => 'a=b'],
    ['two of them', '-', traceparent => $PARENT, traceparent => $PARENT],
    ['one that is cut', '-', traceparent => "00-$TRACE"],
    ['one that is empty', '-', traceparent => ''],
    ['one that is long', '-', traceparent => $PARENT . 'x' x 4000],
    ['one with a line for the log', '-', traceparent => "00-$TRACE] [was:error] -injected"],
    ['one of other bytes', '-', traceparent => "\xff" x 55],
    ['an id of the request', '-', 'X-Request-Id' => 'mine', 'Request-Id' => 'mine'],
) {
    my ($name, $trace, @fields) = @$case;
    my $lost = sub { $nobody->get('/space/s/none', headers => \@fields) };
    my ($response, $lines, $access) = logged($server, $lost);
    is($response->status, 404, "$name: 404");
    is($access->[3], $trace, "$name: the trace, in the access log");
    same_id($name, $response, $access);
    my $mark =
        $trace eq '-' ? qr/\[\Q$access->[0]\E\] NOT_FOUND/ : qr/\] \[trace $trace\] NOT_FOUND/;
    like($lines->[0], $mark, "$name: and in the line");
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
    same_id($name, $response, $access);
    my $inside = qr/SELECT|INSERT|UPDATE|DELETE|was_\w|PostgreSQL|\Q$SECRET\E/;
    unlike($response->body, $inside, "$name: the answer tells nothing of the inside");
    return;
}

my $plain = serve(without => ['unique_id']);
my $hasty_one = serve(dsn => $hasty);
my $hasty_plain = serve(dsn => $hasty, without => ['unique_id']);
my $uuid = qr/\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z/;
my $LIMIT = q(ALTER TABLE was_resources
    ADD CONSTRAINT small CHECK (octet_length(content) < 20) NOT VALID);
for my $where (
    ['with mod_unique_id', $server, $hasty_one, qr{\A[\w\@-]{20,32}\z}],
    ['without mod_unique_id', $plain, $hasty_plain, $uuid],
) {
    my ($how, $one, $in_vain, $id) = @$where;
    my $put = sub {
        my ($server, $times) = @_;
        return sub { $server->client($alice)->put('/space/s/x', body => $SECRET x $times) }
    };
    my $read = sub { $in_vain->client($alice)->get('/space/s/x') };
    my $write = $put->($in_vain, 1);
    fails($in_vain, "a read in vain, $how", 503, sub { while_locked($read) }, $id);
    fails($in_vain, "a write in vain, $how", 503, sub { while_locked($write) }, $id);
    $dbh->do($LIMIT);
    fails($one, "a constraint of somebody's, $how", 500, $put->($one, 100), $id);
    fails($one, "a constraint of somebody's, big, $how", 500, $put->($one, 200_000), $id);
    $dbh->do('ALTER TABLE was_resources DROP CONSTRAINT small');
}

# 3. An answer that cannot be ended.
my $overwrite = sub {
    my $put = $client->put('/space/s/big', body => $SECRET);
    is($put->status, 204, 'somebody else overwrites it');
};
my $lock = sub {
    $locker->begin_work;
    $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
};
for my $case (
    # what the resource does, who sends it, level and reason of the line, how it is done and undone
    ['changes', $server, 'info', qr/changed/, $overwrite, sub { }],
    ['cannot be read on', $hasty_one, 'error', qr/57014/, $lock, sub { $locker->rollback }],
) {
    my ($what, $server, $level, $why, $do, $undo) = @$case;
    my $name = "a resource that $what while it is sent";
    my $big = $client->put('/space/s/big', body => $SECRET x 2_000_000);
    is($big->status, 204, "$name: it is there");
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
    # The client sees the end of the connection before the line is there.
    my @lines;
    eventually(
        10,
        sub {
            @lines = grep { /\[was:/ } split /\n/, substr $server->log, $before;
        });
    is(scalar(@lines), 1, "$name: one line") or diag explain \@lines;
    my $sentence = qr/\[[\w\@-]{20,}\] an answer ends early: .*$why/;
    my $line = $lines[0] // '';
    like($line, qr/\[was:$level\].*$sentence/, "$name: at $level, with an id and the reason");
}

# 4. Nobody writes lines of his own.
my $line = '%0a[Mon%20Nov%2023%2005:16:22.000000%202026]%20[was:error]%20[pid%201:tid%201]'
    . '%20injected';
my @targets = (
    "/space/s/x$line", "/space/s$line", "/space/s$line/x", "/$line", "/space/s/x%0d%0a$line",
    '/space/s/%1b[31mred', '/space/s/%c2%9b31m', "/space/s/x?$line", '/space/s/%00',
    '/space/s/%ff', '/space/s/\\x0a',
);
for my $target (@targets) {
    $client->$_($target, $_ eq 'put' ? (body => 'x') : ()) for qw(get put delete);
}
my $injected = "\n[was:error] injected";
for my $value ("a\x0bb", "text/\x1b[31m", 'a\\x0ab', "\xff\xfe", 'x' x 7000, "t/p; x=\"$line\"") {
    my @fields = map { ($_ => $value) } 'Origin', 'If-Match', 'Range', 'Content-Digest';
    my $signature = qq(Signature keyId="$value",$value="x");
    for my $options (
        [type => $value],
        [headers => \@fields],
        [sign => { key_id => "did:key:$value" }],
        [sign => { authorization => $signature }],
    ) {
        $client->put('/space/s/x', body => 'x', @$options);
    }
    my %space = (controller => "$value$injected", id => "\n$value");
    $client->put('/space/s', json_body(\%space));
    $client->post('/spaces/', json_body({ uuid => "$value$injected" }));
    $client->put('/space/s', body => "{\"$injected\": }", type => 'application/json');
}
my @servers = ($server, $plain, $hasty_one, $hasty_plain);
$_->stop for @servers;
for my $case (
    ['with mod_unique_id', $server],
    ['without mod_unique_id', $plain],
    ['in vain, with mod_unique_id', $hasty_one],
    ['in vain, without mod_unique_id', $hasty_plain],
) {
    my ($how, $one) = @$case;
    my @lines = split /\n/, $one->log;
    my $of_httpd = qr/\[\w{3} \w{3} \d\d [\d:.]+ \d{4}\] \[\w+:\w+\] \[pid \d+(?::tid \d+)?\] /;
    my @marked = grep { /\] *injected/ } @lines;
    my $escaped = qr/\\n|\\x0a|%0a/i;
    my $level = qr/error|info|debug|trace\d/;
    none_of(qr/\A(?!$of_httpd)/, \@lines, "$how: every line of the error log is httpd's");
    none_of(qr/\A(?!.*$escaped)/s, \@marked, "$how: no line is injected");
    my $bytes = qr/[^\x20-\x7e]/;
    none_of($bytes, \@lines, "$how: no control character, no byte that is not ASCII");
    # But for the one line of the start.
    my $known = qr/\[was:(?:$level)\]|\[was:notice\] \[pid [^]]+\] mod_was \S+: schema \d/;
    none_of(qr/\A(?=.*\[was:)(?!.*$known)/, \@lines, "$how: no other level");
    none_of($bytes, [access_log($one)], "$how: nor in the access log");
}

# 5. And nothing that is secret is there.
my $SQL = qr/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|RETURNING)\b/;
my @secrets = (
    ['stored bytes', qr/\Q$SECRET\E/],
    ['a signature', qr/signature=/i],
    ['an Authorization field', qr/authorization: */i],
    ['SQL', qr/$SQL.*\b(?:FROM|INTO|SET|was_\w+|WHERE)\b/],
    ['a private key', qr/PRIVATE KEY/],
    ['a password', qr/password=/],
);
for my $one (@servers) {
    my @lines = split /\n/, $one->log;
    for my $secret (@secrets) {
        my ($what, $pattern) = @$secret;
        none_of($pattern, \@lines, "the error log holds no trace of $what");
    }
}

# 6. When it starts: what serves, of which version, and on what; or what is wrong, in one line that
# can be read.
sub lines_at_start {
    my ($server) = @_;
    return grep { /\[was:(?!info|debug|trace)/ } split /\n/, $server->log;
}

{
    my ($VERSION) =
        WAS::Server::slurp("$ENV{WAS_TOP}/configure.ac") =~ /^AC_INIT\(\[\w+\], \[(.+)\]\)/m;
    my ($SCHEMA) = WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~
        /WAS_SCHEMA_VERSION = (\d+)/;
    my $of = WAS::Server::dbh($database)->selectrow_array('SHOW server_version');
    my $good = WAS::Server->start(dsn => $dsn);
    $good->stop;
    my @lines = lines_at_start($good);
    my $sentence = qr/mod_was \Q$VERSION\E: schema $SCHEMA in database "$database"/;
    is(scalar @lines, 1, 'a start is one line') or diag explain \@lines;
    like($lines[0], qr/\[was:notice\].* $sentence of PostgreSQL \Q$of\E\z/, 'which says of what');
    like($good->log, qr{ mod_was/\Q$VERSION\E(?: |$)}, 'and httpd names the module beside itself');

    my $port = WAS::Server::free_port();
    my $lost = WAS::Server->start(dsn => "host=127.0.0.1 port=$port dbname=was connect_timeout=2");
    $lost->stop;
    @lines = lines_at_start($lost);
    my $cause = qr/cannot connect to PostgreSQL: connection to server at .* refused Is the server/;
    like($lines[0], qr/\[was:error\].* $cause/, 'a database that is not there: the cause');
    none_of(qr/\\|[^\x20-\x7e]/, \@lines, 'a database that is not there: lines without escapes');
}

done_testing;
