# Licensed under the Apache License, Version 2.0; see LICENSE.

# The test client itself: that it signs as today's wallets do, byte for byte, that what it puts on
# the wire is what it was told, and that it reads responses by the rules of HTTP framing. Needs no
# server; the wire is a child process that records what it gets and answers from a script.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use IO::Socket::IP;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use POSIX ();
use Test::More;
use WAS::Client;
use WAS::Key;

my $dir = tempdir(CLEANUP => 1);

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return scalar <$in>;
}

# base58btc, from the draft that describes it (draft-msporny-base58) and its edge cases.
for my $case (
    ['Hello World!', '2NEpo7TZRRrLZSi2U'],
    ['The quick brown fox jumps over the lazy dog.', 'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z'],
    ["\0\0\x28\x7f\xb4\xcd", '11233QC4'],
    ["\0", '1'],
    ['', ''],
) {
    is(WAS::Key::base58($case->[0]), $case->[1], "base58 of $case->[1]");
}

# classic 3: the signatures that real clients made.
my $vectors = JSON::PP->new->utf8->decode(slurp("$FindBin::Bin/vectors/classic-signatures.json"));
my $alice = WAS::Key->from_seed(pack 'H*', $vectors->{seedHex});
my $bob   = WAS::Key->from_seed(pack 'H*', $vectors->{secondKey}{seedHex});
is(unpack('H*', $alice->public), $vectors->{publicKeyHex}, 'public key of the seed');
is($alice->did, $vectors->{did}, 'did:key of the seed');
is($alice->key_id, $vectors->{keyId}, 'keyId of the seed');
is($bob->did, $vectors->{secondKey}{did}, 'did:key of the second seed');

cmp_ok(@{ $vectors->{accept} }, '>=', 7, 'there are vectors to accept');
cmp_ok(@{ $vectors->{refuse} }, '>=', 3, 'there are vectors to refuse');
for my $vector (@{ $vectors->{accept} }, @{ $vectors->{refuse} }) {
    my ($headers) = $vector->{authorization} =~ /headers="([^"]*)"/;
    my ($method)  = $vector->{signingString} =~ /\(request-target\): (\S+)/;
    my %sign = (key => $alice, key_id => $alice->key_id, method => $method // $vector->{method},
                target => $vector->{signedTarget}, headers => [split / /, $headers],
                created => 1767323045, expires => 1767323075);
    is(WAS::Client::signing_string(%sign), $vector->{signingString}, "signing string: $vector->{note}");
    is(WAS::Client::authorization(%sign), $vector->{authorization}, "authorization: $vector->{note}");
}

# A server of one connection after the other. For each it waits until what it has received matches
# `until`, says `say`, goes on with the next such turn if there is one, then reads on until the
# client closes; all that it received is kept in a file named after the number of the connection.
sub wire {
    my (@connections) = @_;
    my $listener = IO::Socket::IP->new(Listen => 5, LocalHost => '127.0.0.1', LocalPort => 0) or die $@;
    my $pid = fork // die "fork: $!";
    return ('http://127.0.0.1:' . $listener->sockport, $pid) if $pid;
    for my $n (0 .. $#connections) {
        my $socket = $listener->accept;
        my $got = '';
        for my $turn (@{ $connections[$n] }) {
            while ($got !~ $turn->{until}) { sysread($socket, $got, 65536, length $got) or last }
            syswrite $socket, $turn->{say};
            shutdown $socket, 1 if $turn->{close};
        }
        1 while sysread $socket, $got, 65536, length $got;
        open my $out, '>:raw', "$dir/$n.part" or die $!;
        print $out $got;
        close $out;
        rename "$dir/$n.part", "$dir/$n";
    }
    POSIX::_exit(0);
}

# What connection $n received, once it is over.
sub received {
    my ($n) = @_;
    for (1 .. 200) {
        return slurp("$dir/$n") if -e "$dir/$n";
        select undef, undef, undef, 0.05;
    }
    return 'nothing within ten seconds';
}

sub done {
    my ($pid) = @_;
    kill TERM => $pid;
    waitpid $pid, 0;
    unlink glob "$dir/*";
}

my $EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";
my $HEAD  = qr/\r\n\r\n/;

# What goes over the wire.
my @requests = (
    ['as little as possible', [GET => '/x', sign => 0],
     "GET /x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"],
    ['a target is not touched', [GET => '/space/u//a/../%2F?q#f', sign => 0],
     "GET /space/u//a/../%2F?q#f HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"],
    ['characters go out as UTF-8', [GET => '/ü', sign => 0],
     "GET /\xc3\xbc HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"],
    ['bytes stay bytes', [GET => "/\xfc", sign => 0],
     "GET /\xfc HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"],
    ['a body', [PUT => '/x', sign => 0, body => "a\0b", type => 'text/plain'],
     "PUT /x HTTP/1.1\r\nHost: HOST\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\na\0b"],
    ['an empty body is a body', [PUT => '/x', sign => 0, body => ''],
     "PUT /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"],
    ['chunks', [PUT => '/x', sign => 0, body => 'abcde', chunked => 2],
     "PUT /x HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n"],
    ['a body cut short', [PUT => '/x', sign => 0, body => 'abcde', stop_after => 2],
     "PUT /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nConnection: close\r\n\r\nab"],
    ['no Host', [GET => '/x', sign => 0, headers => [Host => undef]],
     "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ['a field twice, and one replaced', [GET => '/x', sign => 0, version => '1.0',
                                         headers => [A => 1, a => 2, Connection => 'x']],
     "GET /x HTTP/1.0\r\nHost: HOST\r\nA: 1\r\na: 2\r\nConnection: x\r\n\r\n"],
    ['a raw Authorization', [GET => '/x', sign => { authorization => 'Bearer x' }],
     "GET /x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nAuthorization: Bearer x\r\n\r\n"],
);
{
    my @script = map { my ($end) = $_->[2] =~ /HOST(.*)/s ? $1 : $_->[2];
                       [{ until => qr/\Q$end\E\z/, say => $EMPTY }] } @requests;
    my ($base, $pid) = wire(@script);
    my ($host) = $base =~ m{//(.*)};
    my $client = WAS::Client->new(base => $base, timeout => 5);
    for my $n (0 .. $#requests) {
        my ($name, $request, $expected) = @{ $requests[$n] };
        my $res = eval { $client->request(@$request) };
        is($res && $res->status, 204, "answer: $name") or diag $@;
        is(received($n), $expected =~ s/HOST/$host/r, "wire: $name");
    }
    done($pid);
}

# An honest signature, and each way to spoil it. What the server would see is checked against a
# verification of its own, so that "spoiled" is known to mean spoiled.
sub signed {
    my ($target, %option) = @_;
    my $client = WAS::Client->new(base => 'http://h:1', key => $alice);
    my @fields = $client->_fields('PUT', $target, \%option);
    my ($value) = map { $_->[1] } grep { $_->[0] eq 'Authorization' } @fields;
    return $value;
}

sub param { return $_[0] =~ /(?:\A| |,)$_[1]="?([^",]*)"?/ ? $1 : undef }

sub holds {
    my ($value, $target, $key, @lines) = @_;
    my ($created, $expires, $key_id, $signature) = map { param($value, $_) } qw(created expires keyId signature);
    my $string = join "\n", "(created): $created", "(expires): $expires", "(key-id): $key_id",
        "(request-target): put $target", @lines;
    return $key->verify($string, decode_base64($signature =~ tr{-_}{+/}r)) ? 1 : 0;
}

my $now = time;
for my $case (
    ['honest', {}, 1],
    ['headers of the request', { headers => ['(created)', '(expires)', '(key-id)', '(request-target)', 'host', 'x'] },
     1, 'host: h:1', 'x: 1, 2'],
    ['standard base64, padded, bare numbers', { encoding => 'base64-padded', bare => 1 }, 1],
    ['another target', { target => '/other' }, 0],
    ['another method', { method => 'DELETE' }, 0],
    ['another key', { key => $bob, key_id => $alice->key_id }, 0],
    ['another text', { string => 'x' }, 0],
    ['a flipped bit', { mangle => sub { $_[0] ^ ("\0" x 63 . "\1") } }, 0],
    ['created edited after signing', { params => [created => $now - 1] }, 0],
) {
    my ($name, $sign, $good, @lines) = @$case;
    my $value = signed('/space/x', headers => [X => ' 1', X => '2 '], sign => $sign);
    is(holds($value, '/space/x', $alice, @lines), $good, "signature: $name " . ($good ? 'holds' : 'does not'));
}
cmp_ok(abs(param(signed('/x'), 'created') - $now), '<=', 2, 'created is now');
is(param(signed('/x'), 'expires') - param(signed('/x', sign => {}), 'created'), 30, 'expires 30 s later');
is(holds(signed('http://h:1/x'), '/x', $alice), 1, 'of an absolute target the path is signed');
is(signed('/x', sign => 0), undef, 'sign => 0 sends no Authorization');
like(signed('/x', sign => { algorithm => 'hs2019' }), qr/\ASignature keyId="[^"]*",algorithm="hs2019",headers=/, 'algorithm');
like(signed('/x', sign => { extra => [created => 1] }), qr/,created="\d{10}",expires="\d{10}",created="1"\z/, 'a parameter twice');
unlike(signed('/x', sign => { params => [keyId => undef] }), qr/keyId/, 'a parameter left out');
like(signed('/x', sign => { separator => ' , ' }), qr/ , headers="\(created\) .* , created="/, 'separator');
like(signed('/x', sign => { encoding => 'base64url-padded' }), qr/signature="[\w-]{86}=="/, 'padding');
like(signed('/x', sign => { bare => 1 }), qr/,created=\d{10},expires=\d{10}\z/, 'bare numbers');

# What comes back.
my $OK = "HTTP/1.1 200 OK\r\n";
my @responses = (
    ['Content-Length', [GET => '/'], ["${OK}Content-Length: 3\r\nX: 1\r\nx: 2\r\n\r\nabc"],
     { status => 200, body => 'abc', complete => 1, X => '1, 2' }],
    ['chunked', [GET => '/'], ["${OK}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nab\n\r\nA\r\n0123456789\r\n0\r\n\r\n"],
     { status => 200, body => "ab\n0123456789", complete => 1 }],
    ['until the connection ends', [GET => '/'], ["HTTP/1.0 200 OK\r\n\r\nabc"], { body => 'abc', complete => 1 }],
    ['cut short', [GET => '/'], ["${OK}Content-Length: 4\r\n\r\nabc"], { status => 200, body => 'abc', complete => 0 }],
    ['chunked, cut short', [GET => '/'], ["${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"], { body => 'abc', complete => 0 }],
    ['HEAD has no body', [HEAD => '/'], ["${OK}Content-Length: 4\r\n\r\n"], { status => 200, body => '', complete => 1 }],
    ['304 has no body', [GET => '/'], ["HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"], { status => 304, body => '', complete => 1 }],
    ['an interim response', [GET => '/'], ["HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 1\r\n\r\nx"], { status => 200, body => 'x', interim => 103 }],
    ['nothing', [GET => '/'], [''], { status => 0, complete => 0 }],
    ['not HTTP', [GET => '/'], ["SSH-2.0-x\r\n\r\n"], { status => 0 }],
    ['the body waits for 100', [PUT => '/', body => 'abc', headers => [Expect => '100-continue']],
     ["HTTP/1.1 100 Continue\r\n\r\n", "${OK}Content-Length: 0\r\n\r\n"], { status => 200, interim => 100, sent => qr/\r\n\r\nabc\z/ }],
    ['the body is not sent after a refusal', [PUT => '/', body => 'abc', headers => [Expect => '100-continue']],
     ["HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"], { status => 413, interim => '', sent => qr/\r\n\r\n\z/ }],
    ['an answer before the body is through', [PUT => '/', body => 'x' x 20_000_000],
     ["HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"], { status => 413, sent => qr/x/ }],
);
{
    my ($base, $pid) = wire(map { my @say = @{ $_->[2] };
                                  [map { { until => $_ ? qr/abc\z/ : qr/\r\n\r\n/, say => $say[$_], close => $_ == $#say } } 0 .. $#say]
                            } @responses);
    my $client = WAS::Client->new(base => $base, timeout => 5);
    for my $n (0 .. $#responses) {
        my ($name, $request, undef, $expected) = @{ $responses[$n] };
        my $res = eval { $client->request(@$request) };
        ok($res, "response: $name") or diag($@), next;
        my %got = (status => $res->status, body => $res->body, complete => $res->complete ? 1 : 0,
                   interim => join(' ', $res->interim), X => scalar $res->header('x'));
        my %want = %$expected;
        my $sent = delete $want{sent};
        is_deeply({ map { $_ => $got{$_} } keys %want }, \%want, "response: $name: what was read");
        like(received($n), $sent, "response: $name: what was sent") if $sent;
    }
    done($pid);
}

# Documents.
for my $case (
    ['application/problem+json', '{"title":"x"}', { title => 'x' }, { title => 'x' }],
    ['Application/Problem+JSON; charset=utf-8', '{"title":"x"}', { title => 'x' }, { title => 'x' }],
    ['application/json', '{"title":"x"}', { title => 'x' }, undef],
    ['application/problem+json', '[1]', [1], undef],
    ['application/problem+json', '{', undef, undef],
) {
    my ($type, $body, $json, $problem) = @$case;
    my $rest = "${OK}Content-Type: $type\r\nContent-Length: @{[length $body]}\r\n\r\n$body";
    my $res = WAS::Response->from_stream(sub { '' }, \$rest, 'GET');
    is_deeply([scalar $res->json, scalar $res->problem], [$json, $problem], "document: $type $body");
}

# A server that says nothing does not hang a test; one that keeps the connection is asked again on it.
{
    my ($base, $pid) = wire([{ until => qr/never/, say => '' }]);
    my $res = eval { WAS::Client->new(base => $base, timeout => 0.3)->get('/') };
    like($@, qr/did not answer within 0.3 seconds/, 'timeout');
    done($pid);
}
{
    my $say = "${OK}Content-Length: 1\r\n\r\n";
    my ($base, $pid) = wire([{ until => qr{/1 .*\r\n\r\n}s, say => "${say}1" }, { until => qr{/2 .*\r\n\r\n}s, say => "${say}2" }]);
    my $client = WAS::Client->new(base => $base, timeout => 5, keepalive => 1);
    is(join(' ', map { $client->get($_)->body } '/1', '/2'), '1 2', 'keepalive: two requests on a connection');
    done($pid);
}

done_testing;
