# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Requests that httpd refuses while it reads their heads: where a location of ours would have served
# them, the answer is a problem of its protocol, which a page can read; elsewhere it is httpd's own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Server;
use WAS::Wire;

my $HOST = 'Host: wallet.example';
my $long = 'X: ' . 'x' x 9000;
my @many = map { "X-$_: x" } 1 .. 120;
my $trace = '4bf92f3577b34da6a3ce929d0e0e4736';
my %BASE = (classic => 'https://wallet.storage/spec#', pws => 'https://w3id.org/pws#');
my %TYPE = (
    classic =>
        { 400 => 'bad-request', 414 => 'uri-too-long', 431 => 'request-header-fields-too-large' },
    pws => {
        400 => 'invalid-request', 414 => 'uri-too-long',
        431 => 'request-header-fields-too-large'
    },
);
my @rows = (
    # what is wrong, status, request line, fields
    ['a field of 9000 bytes', 431, 'GET PATH HTTP/1.1', $HOST, $long],
    ['one in front of the Host', 431, 'GET PATH HTTP/1.1', $long, $HOST],
    ['one of an upload', 431, 'PUT PATH HTTP/1.1', $HOST, 'Content-Length: 5', $long],
    ['one of chunks', 431, 'PUT PATH HTTP/1.1', $HOST, 'Transfer-Encoding: chunked', $long],
    ['one that is folded', 431, 'GET PATH HTTP/1.1', $HOST, "X: x\r\n " . 'x' x 9000],
    ['a long name', 431, 'GET PATH HTTP/1.1', $HOST, 'X' x 9000 . ': x'],
    ['120 fields', 431, 'GET PATH HTTP/1.1', $HOST, @many],
    ['a line of 9000 bytes', 414, 'GET PATH' . 'x' x 9000 . ' HTTP/1.1', $HOST],
    ['no Host', 400, 'GET PATH HTTP/1.1'],
    ['two Hosts', 400, 'GET PATH HTTP/1.1', $HOST, $HOST],
    ['a Host with a blank', 400, 'GET PATH HTTP/1.1', 'Host: a b'],
    ['a field without a colon', 400, 'GET PATH HTTP/1.1', $HOST, 'X'],
    ['a name with a blank', 400, 'GET PATH HTTP/1.1', $HOST, 'X y: z'],
    ['a control character', 400, 'GET PATH HTTP/1.1', $HOST, "X: \x01"],
    ['one in the target', 400, "GET PATH\x01 HTTP/1.1", $HOST],
    ['a coding that is not known', 400, 'PUT PATH HTTP/1.1', $HOST, 'Transfer-Encoding: x'],
    ['two lengths', 400, 'PUT PATH HTTP/1.1', $HOST, 'Content-Length: 5, 6'],
);
my @places = (
    # virtual host, path, protocol there and at "/", which a line belongs to that is too long, and
    # the origin that may read it
    ['main', '/space/s/x', 'classic', 'classic', '*'],
    ['both', '/space/s/', 'classic', 'classic', '*'],
    ['both', '/pws/space/s/', 'pws', 'classic', '*'],
    ['pws', '/space/s/', 'pws', 'pws', '*'],
    ['mounted', '/mounted/space/s', 'classic', undef, '*'],
    ['cors_off', '/space/s', 'classic', 'classic', undef],
);
my $BODY = "5\r\nhello\r\n0\r\n\r\nGET /health HTTP/1.1\r\n$HOST\r\n\r\n";

sub ask {
    my ($base, $row, $path) = @_;
    my ($name, undef, $line, @fields) = @$row;
    my $client = WAS::Client->new(base => $base);
    return talk($client, wire($line =~ s/PATH/$path/r, \@fields, $line =~ /PUT/ ? $BODY : ''));
}

for my $place (@places) {
    my ($vhost, $path, $there, $at_root, $allowed) = @$place;
    for my $row (@rows) {
        my ($what, $status) = @$row;
        my $name = "$vhost$path: $what";
        my $said = ask(WAS::Server::url($vhost), $row, $path);
        my $res = $said->{answers}[0];
        is(scalar @{ $said->{answers} }, 1, "$name: one answer");
        is($said->{rest}, '', "$name: and nothing behind it");
        is($res->status, $status, "$name: $status") or diag $res->body;
        my $protocol = $status == 414 ? $at_root : $there;
        if (!defined $protocol) {
            is($res->problem, undef, "$name: httpd's own page");
            next;
        }
        my $problem = $res->problem // {};
        is($problem->{type}, $BASE{$protocol} . $TYPE{$protocol}{$status}, "$name: a problem");
        is($problem->{status}, $status, "$name: of this status");
        is($problem->{requestId}, $res->header('X-Request-Id'), "$name: with its id");
        is($res->header('Access-Control-Allow-Origin'), $allowed, "$name: who may read it");
        is($res->header('Connection'), 'close', "$name: the connection ends");
        unlike($res->body, qr/<|x{100}/, "$name: nothing of httpd's, nor of the request");
    }
}

# What is logged, and where it is not for us.
my $server = WAS::Server->start(example => 0, config => <<"CONF");
LogLevel warn was:info
DBDriver pgsql
DBDParams "@{[WAS::Server::cluster()->dsn('was')]}"
DBDMin 0
LogFormat "%{UNIQUE_ID}e %>s" test
CustomLog "logs/access_log" test
ErrorDocument 414 "his own words"
<Location "/was">
    SetHandler was
    WASCORS https://a.example
</Location>
<Location "/was/pws">
    SetHandler was
    WASProtocol pws
    WASBaseURL https://wallet.example
</Location>
CONF
for my $case (
    # path, protocol or none
    ['/was/space/s', 'classic'], ['/was', 'classic'], ['/was/pws/space/s/', 'pws'],
    ['/', undef], ['/wasps', undef], ['/other/was/space/s', undef],
) {
    my ($path, $protocol) = @$case;
    my $said = ask($server->origin, $rows[0], $path);
    my $res = $said->{answers}[0];
    if (!defined $protocol) {
        is($res->status, 400, "$path: 400");
        is($res->problem, undef, "$path: httpd's own page");
        is($res->header('X-Request-Id'), undef, "$path: without an id of ours");
        next;
    }
    is($res->status, 431, "$path: 431");
    like(($res->problem // {})->{type}, qr/\A\Q$BASE{$protocol}\E/, "$path: of $protocol");
    is(
        $res->header('Vary'), 'Origin',
        "$path: as it is set there");
}
# The one right in front of it is lost with it.
my @fields =
    ('Origin: https://a.example', "Traceparent: 00-$trace-00f067aa0ba902b7-01", 'X: y', $long);
my $mark = length $server->log;
my $said = ask($server->origin, ['', 431, 'GET PATH HTTP/1.1', $HOST, @fields], '/was/space/s');
my $res = $said->{answers}[0];
is(
    $res->header('Access-Control-Allow-Origin'),
    'https://a.example', 'fields in front of the long one count');
$server->stop;
my $id = $res->header('X-Request-Id');
my @lines = grep { /\[was:/ } split /\n/, substr $server->log, $mark;
is(scalar @lines, 1, 'one line in the log');
like($lines[0], qr/\[was:info\].*\[\Q$id\E\] \[trace $trace\] FIELDS_TOO_LARGE/, 'which says it');
like(
    WAS::Server::slurp("$server->{directory}/logs/access_log"),
    qr/^\Q$id\E 431$/m, 'and one in the access log');

# mod_http2 has limits of its own, and answers of its own.
SKIP: {
    skip 'no HTTP/2 here', 2 if !WAS::Server::has_http2() || `curl -V` !~ /\bHTTP2\b/;
    my $url = WAS::Server::url('h2c') . '/space/s';
    my $curl = 'curl -sS --http2-prior-knowledge --max-time 20 -i';
    for my $case (
        ['a field of 9000 bytes', "-H 'X: @{['x' x 9000]}'"],
        ['120 fields', join ' ', map { "-H 'X-$_: x'" } 1 .. 120],
    ) {
        my ($what, $fields) = @$case;
        my $type = qr{"type":"\Q$BASE{classic}\Erequest-header-fields-too-large"};
        like(`$curl $fields '$url' 2>&1`, qr{\AHTTP/2 431 .*^\{$type}ms, "HTTP/2: $what");
    }
}

done_testing;
