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
use WAS::Traffic qw(eventually);

my $dir = tempdir(CLEANUP => 1);

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return scalar <$in>;
}

# base58btc, from the draft that describes it (draft-msporny-base58) and its edge cases.
my $of_the_fox = 'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z';
for my $case (
    ['Hello World!', '2NEpo7TZRRrLZSi2U'],
    ['The quick brown fox jumps over the lazy dog.', $of_the_fox],
    ["\0\0\x28\x7f\xb4\xcd", '11233QC4'],
    ["\0", '1'],
    ['', ''],
) {
    is(WAS::Key::base58($case->[0]), $case->[1], "base58 of $case->[1]");
}

# classic 3: the signatures that real clients made.
my $vectors = JSON::PP->new->utf8->decode(slurp("$FindBin::Bin/vectors/classic-signatures.json"));
my $alice = WAS::Key->from_seed(pack 'H*', $vectors->{seedHex});
my $bob = WAS::Key->from_seed(pack 'H*', $vectors->{secondKey}{seedHex});
is(unpack('H*', $alice->public), $vectors->{publicKeyHex}, 'public key of the seed');
is($alice->did, $vectors->{did}, 'did:key of the seed');
is($alice->key_id, $vectors->{keyId}, 'keyId of the seed');
is($bob->did, $vectors->{secondKey}{did}, 'did:key of the second seed');

cmp_ok(@{ $vectors->{accept} }, '>=', 7, 'there are vectors to accept');
cmp_ok(@{ $vectors->{refuse} }, '>=', 3, 'there are vectors to refuse');
for my $vector (@{ $vectors->{accept} }, @{ $vectors->{refuse} }) {
    my ($headers) = $vector->{authorization} =~ /headers="([^"]*)"/;
    my ($method) = $vector->{signingString} =~ /\(request-target\): (\S+)/;
    my %sign = (
        key => $alice, key_id => $alice->key_id, method => $method // $vector->{method},
        target => $vector->{signedTarget}, headers => [split / /, $headers],
        created => 1767323045, expires => 1767323075,
    );
    my $string = WAS::Client::signing_string(%sign);
    is($string, $vector->{signingString}, "signing string: $vector->{note}");
    my $value = WAS::Client::authorization(%sign);
    is($value, $vector->{authorization}, "authorization: $vector->{note}");
}

# A server of one connection after the other. For each it waits until what it has received matches
# `until`, says `say`, goes on with the next such turn if there is one, then reads on until the
# client closes; all that it received is kept in a file named after the number of the connection.
sub wire {
    my (@connections) = @_;
    my %any_port = (Listen => 5, LocalHost => '127.0.0.1', LocalPort => 0);
    my $listener = IO::Socket::IP->new(%any_port) or die $@;
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
    my $there = eventually(10, sub { return -e "$dir/$n" });
    return $there ? slurp("$dir/$n") : 'nothing within ten seconds';
}

sub done {
    my ($pid) = @_;
    kill TERM => $pid;
    waitpid $pid, 0;
    unlink glob "$dir/*";
}

my $EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";
my $HEAD = qr/\r\n\r\n/;

# What goes over the wire: the lines of the head, without its end, and the body.
my ($h, $close) = ('Host: HOST', 'Connection: close');
my @unsigned = (sign => 0);
my @raw = (sign => { authorization => 'Bearer x' });
my @twice = (version => '1.0', headers => [A => 1, a => 2, Connection => 'x']);
my $target = '/space/u//a/../%2F?q#f';
my $chunks = "2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n";
my @requests = (
    {
        name => 'as little as possible',
        request => [GET => '/x', @unsigned],
        head => ['GET /x HTTP/1.1', $h, $close],
    },
    {
        name => 'a target is not touched',
        request => [GET => $target, @unsigned],
        head => ["GET $target HTTP/1.1", $h, $close],
    },
    {
        name => 'characters go out as UTF-8',
        request => [GET => '/ü', @unsigned],
        head => ["GET /\xc3\xbc HTTP/1.1", $h, $close],
    },
    {
        name => 'bytes stay bytes',
        request => [GET => "/\xfc", @unsigned],
        head => ["GET /\xfc HTTP/1.1", $h, $close],
    },
    {
        name => 'a body',
        request => [PUT => '/x', @unsigned, body => "a\0b", type => 'text/plain'],
        head => ['PUT /x HTTP/1.1', $h, 'Content-Type: text/plain', 'Content-Length: 3', $close],
        body => "a\0b",
    },
    {
        name => 'an empty body is a body',
        request => [PUT => '/x', @unsigned, body => ''],
        head => ['PUT /x HTTP/1.1', $h, 'Content-Length: 0', $close],
    },
    {
        name => 'chunks',
        request => [PUT => '/x', @unsigned, body => 'abcde', chunked => 2],
        head => ['PUT /x HTTP/1.1', $h, 'Transfer-Encoding: chunked', $close],
        body => $chunks,
    },
    {
        name => 'a body cut short',
        request => [PUT => '/x', @unsigned, body => 'abcde', stop_after => 2],
        head => ['PUT /x HTTP/1.1', $h, 'Content-Length: 5', $close],
        body => 'ab',
    },
    {
        name => 'no Host',
        request => [GET => '/x', @unsigned, headers => [Host => undef]],
        head => ['GET /x HTTP/1.1', $close],
    },
    {
        name => 'a field twice, and one replaced',
        request => [GET => '/x', @unsigned, @twice],
        head => ['GET /x HTTP/1.0', $h, 'A: 1', 'a: 2', 'Connection: x'],
    },
    {
        name => 'a raw Authorization',
        request => [GET => '/x', @raw],
        head => ['GET /x HTTP/1.1', $h, $close, 'Authorization: Bearer x'],
    },
);
for my $row (@requests) {
    $row->{wire} = join("\r\n", @{ $row->{head} }, '', '') . ($row->{body} // '');
}
{
    my @script;
    for my $row (@requests) {
        # Until all behind the name of the host, which nobody knows yet, has come.
        my $end = $row->{wire} =~ s/.*HOST//sr;
        push @script, [{ until => qr/\Q$end\E\z/, say => $EMPTY }];
    }
    my ($base, $pid) = wire(@script);
    my ($host) = $base =~ m{//(.*)};
    my $client = WAS::Client->new(base => $base, timeout => 5);
    for my $n (0 .. $#requests) {
        my $name = $requests[$n]{name};
        my $res = eval { $client->request(@{ $requests[$n]{request} }) };
        is($res && $res->status, 204, "answer: $name") or diag $@;
        is(received($n), $requests[$n]{wire} =~ s/HOST/$host/r, "wire: $name");
    }
    done($pid);
}

# An honest signature, and each way to spoil it. What the server would see is checked against a
# verification of its own, so that "spoiled" is known to mean spoiled.
sub signed {
    my ($target, %option) = @_;
    my $client = WAS::Client->new(base => 'http://h:1', key => $alice);
    my @fields = $client->fields_of('PUT', $target, \%option);
    my ($value) = map { $_->[1] } grep { $_->[0] eq 'Authorization' } @fields;
    return $value;
}

sub param { return $_[0] =~ /(?:\A| |,)$_[1]="?([^",]*)"?/ ? $1 : undef }

sub holds {
    my ($value, $target, $key, @lines) = @_;
    my @params = map { param($value, $_) } qw(created expires keyId signature);
    my ($created, $expires, $key_id, $signature) = @params;
    my $string = join "\n", "(created): $created", "(expires): $expires", "(key-id): $key_id",
        "(request-target): put $target", @lines;
    return $key->verify($string, decode_base64($signature =~ tr{-_}{+/}r)) ? 1 : 0;
}

my $now = time;
my @more = ('(created)', '(expires)', '(key-id)', '(request-target)', 'host', 'x');
for my $case (
    ['honest', {}, 1],
    ['headers of the request', { headers => \@more }, 1, 'host: h:1', 'x: 1, 2'],
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
    my $rule = "signature: $name " . ($good ? 'holds' : 'does not');
    is(holds($value, '/space/x', $alice, @lines), $good, $rule);
}
my $begin = time;
my $just_signed = signed('/x');
my ($created, $expires) = map { param($just_signed, $_) } qw(created expires);
ok($created >= $begin && $created <= time, 'created is now');
is($expires - $created, 30, 'expires 30 s later');
is(holds(signed('http://h:1/x'), '/x', $alice), 1, 'of an absolute target the path is signed');
is(signed('/x', sign => 0), undef, 'sign => 0 sends no Authorization');
my $at_start = qr/\ASignature keyId="[^"]*",algorithm="hs2019",headers=/;
my $again = qr/,created="\d{10}",expires="\d{10}",created="1"\z/;
for my $case (
    ['algorithm', { algorithm => 'hs2019' }, $at_start],
    ['a parameter twice', { extra => [created => 1] }, $again],
    ['a parameter left out', { params => [keyId => undef] }, qr/\A(?!.*keyId)/],
    ['separator', { separator => ' , ' }, qr/ , headers="\(created\) .* , created="/],
    ['padding', { encoding => 'base64url-padded' }, qr/signature="[\w-]{86}=="/],
    ['bare numbers', { bare => 1 }, qr/,created=\d{10},expires=\d{10}\z/],
) {
    my ($name, $sign, $pattern) = @$case;
    like(signed('/x', sign => $sign), $pattern, $name);
}

# What comes back.
my $OK = "HTTP/1.1 200 OK\r\n";
my $LONGER = "Content-Length: 4\r\n\r\n";
my $CHUNKED = "${OK}Transfer-Encoding: chunked\r\n\r\n";
my $three = "${OK}Content-Length: 3\r\nX: 1\r\nx: 2\r\n\r\nabc";
my $two_chunks = "${CHUNKED}3;x=y\r\nab\n\r\nA\r\n0123456789\r\n0\r\n\r\n";
my $early_hints = "HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 1\r\n\r\nx";
my $too_large = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
my @goes_on = ("HTTP/1.1 100 Continue\r\n\r\n", "${OK}Content-Length: 0\r\n\r\n");
my @get = (GET => '/');
my @waits = (PUT => '/', body => 'abc', headers => [Expect => '100-continue']);
my @much = (PUT => '/', body => 'x' x 20_000_000);
my @empty = (status => 200, body => '', complete => 1);
my @abc = (status => 200, body => 'abc');
my @all_sent = (sent => qr/\r\n\r\nabc\z/);
my @refused = (status => 413, interim => '', sent => qr/\r\n\r\n\z/);
my @responses = (
    # name, request, what the server says, what was read of it; `sent` is what it got
    ['Content-Length', \@get, [$three], @abc, complete => 1, X => '1, 2'],
    ['chunked', \@get, [$two_chunks], status => 200, body => "ab\n0123456789", complete => 1],
    ['until the connection ends', \@get, ["HTTP/1.0 200 OK\r\n\r\nabc"], @abc, complete => 1],
    ['cut short', \@get, ["$OK${LONGER}abc"], @abc, complete => 0],
    ['chunked, cut short', \@get, ["${CHUNKED}3\r\nabc\r\n"], @abc, complete => 0],
    ['HEAD has no body', [HEAD => '/'], ["$OK$LONGER"], @empty],
    ['304 has no body', \@get, ["HTTP/1.1 304 Not Modified\r\n$LONGER"], @empty, status => 304],
    ['an interim response', \@get, [$early_hints], status => 200, body => 'x', interim => 103],
    ['nothing', \@get, [''], status => 0, complete => 0],
    ['not HTTP', \@get, ["SSH-2.0-x\r\n\r\n"], status => 0],
    ['the body waits for 100', \@waits, \@goes_on, status => 200, interim => 100, @all_sent],
    ['the body is not sent after a refusal', \@waits, [$too_large], @refused],
    ['an answer before the body is through', \@much, [$too_large], status => 413, sent => qr/x/],
);

# The turns of the server that says these one after the other, the first when it has the head.
sub turns_of {
    my (@say) = @_;
    my @until = ($HEAD, (qr/abc\z/) x $#say);
    return [map { { until => $until[$_], say => $say[$_], close => $_ == $#say } } keys @say];
}

{
    my ($base, $pid) = wire(map { turns_of(@{ $_->[2] }) } @responses);
    my $client = WAS::Client->new(base => $base, timeout => 5);
    for my $n (0 .. $#responses) {
        my ($name, $request, undef, %want) = @{ $responses[$n] };
        my $res = eval { $client->request(@$request) };
        ok($res, "response: $name") or diag($@), next;
        my %got = (
            status => $res->status, body => $res->body, complete => $res->complete ? 1 : 0,
            interim => join(' ', $res->interim), X => scalar $res->header('x'),
        );
        my $sent = delete $want{sent};
        is_deeply({ map { $_ => $got{$_} } keys %want }, \%want, "response: $name: what was read");
        like(received($n), $sent, "response: $name: what was sent") if $sent;
    }
    done($pid);
}

# Documents.
my $x = { title => 'x' };
for my $case (
    # type, text, what it is as JSON, and as a problem document
    ['application/problem+json', '{"title":"x"}', $x, $x],
    ['Application/Problem+JSON; charset=utf-8', '{"title":"x"}', $x, $x],
    ['application/json', '{"title":"x"}', $x, undef],
    ['application/problem+json', '[1]', [1], undef],
    ['application/problem+json', '{', undef, undef],
) {
    my ($type, $body, $json, $problem) = @$case;
    my $rest = "${OK}Content-Type: $type\r\nContent-Length: @{[length $body]}\r\n\r\n$body";
    my $res = WAS::Response->from_stream(sub { '' }, \$rest, 'GET');
    my @is = (scalar $res->json, scalar $res->problem);
    is_deeply(\@is, [$json, $problem], "document: $type $body");
}

# A server that says nothing does not hang a test; one that keeps the connection is asked again
# on it.
{
    my ($base, $pid) = wire([{ until => qr/never/, say => '' }]);
    my $res = eval { WAS::Client->new(base => $base, timeout => 0.3)->get('/') };
    like($@, qr/did not answer within 0.3 seconds/, 'timeout');
    done($pid);
}
{
    my $say = "${OK}Content-Length: 1\r\n\r\n";
    my @turns = map { { until => qr{/$_ .*\r\n\r\n}s, say => $say . $_ } } 1, 2;
    my ($base, $pid) = wire(\@turns);
    my $client = WAS::Client->new(base => $base, timeout => 5, keepalive => 1);
    my @bodies = map { $client->get($_)->body } '/1', '/2';
    is("@bodies", '1 2', 'keepalive: two requests on a connection');
    done($pid);
}
{
    my $say = "${OK}Content-Length: 1\r\n\r\n";
    my @turns = map { [{ until => qr{/$_ .*\r\n\r\n}s, say => $say . $_, close => 1 }] } 1, 2;
    my ($base, $pid) = wire(@turns);
    my $client = WAS::Client->new(base => $base, timeout => 5, keepalive => 1);
    my $first = $client->get('/1')->body;
    ok(
        eventually(5, sub { IO::Select->new($client->{socket})->can_read(0) }),
        'keepalive: the server closes');
    is($first . $client->get('/2')->body, '12', 'keepalive: and is asked on a new connection');
    done($pid);
}

done_testing;
