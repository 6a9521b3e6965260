# Licensed under the Apache License, Version 2.0; see LICENSE.
package Mutation;

# What can be done to bytes that were good. Every choice is rand()'s, so that srand() repeats it.
# Knows HTTP/1.1's lines, and nothing of what a request means.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(one_of chance bytes request text target fields);

# What parsers look for, and what they should refuse.
my @TOKENS = (
    "\0", "\r", "\n", "\r\n", "\t", ' ', '"', "'", '\\', '%', '%00', '%2F', '%2e', '%25', '%zz',
    '/', '//', '/../', '..', '.', ';', ',', ':', '=', '?', '#',
    '&', '*', '{', '}', '[', ']', '<', '>', '-', '+', '~', "\x7f", "\x80", "\xff", "\xc0\xae",
    "\xed\xa0\x80", "\xef\xbb\xbf", "\xf0\x9f\x98\x80", "\xc3\xa9",
    '0', '-1', '1e400', '9223372036854775807', '18446744073709551616', '99999999999999999999',
    'null', 'true', '\u0000', '\ud800', '\ud83d\ude00', '{}', '[]', '""',
    'did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX', 'did:key:', 'did:web:a.example',
    'urn:zcap:root:', 'urn:uuid:', 'https://', '#', 'zcap ', 'Signature ',
    q{'; DROP TABLE was_spaces; --}, '$1', 'PublicCanRead', 'W/', 'bytes=', 'boundary=', 'chunked',
    'gzip',
);

my @FIELDS = (
    'Content-Length: 0', 'Content-Length: 5', 'Content-Length: -1',
    'Content-Length: 99999999999999999999', 'Content-Length: 1, 1', 'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: identity',
    'Transfer-Encoding:  chunked, chunked', 'Expect: 100-continue', 'Expect: nothing',
    'Connection: keep-alive', 'Connection: close',
    'Connection: upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', 'TE: trailers',
    'Trailer: Digest', 'Host: other.example', 'Host: ', 'Host: a b', 'Range: bytes=0-1',
    'Range: bytes=5-2,-1',
    'Range: bytes=99999999999999999999-', 'If-Range: "x"', 'If-Match: *',
    'If-Match: "abc-1", W/"d"', 'If-None-Match: *', 'If-None-Match: "',
    'If-Modified-Since: Thu, 15 Jan 2026 12:00:00 GMT',
    'If-Unmodified-Since: Thu, 15 Jan 1970 12:00:00 GMT', 'Content-Encoding: gzip',
    'Content-Range: bytes 0-1/2', 'Content-Type: application/json', 'Content-Type: ',
    'Content-Type: multipart/form-data; boundary=B',
    'Content-Type: application/linkset+json', "Content-Type: \xff",
    'Digest: SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'Digest: x',
    'Content-Digest: sha-256=:AA==:', 'Want-Repr-Digest: sha-256=1, sha-512=2',
    'Want-Content-Digest: sha-256=10', 'Repr-Digest: x', 'Accept: application/x-tar',
    'Accept: */*;q=0', 'Accept-Encoding: gzip', 'Origin: https://app.example', 'Origin: null',
    'Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: authorization, x-a',
    'X-HTTP-Method-Override: DELETE', 'X-Forwarded-Host: other.example',
    'Forwarded: host=other.example', 'Key-Epoch: 1', 'Writer-Id: w', "Writer-Id: \xc3",
    'Authorization: Basic Og==',
    'Authorization: Signature keyId="x"',
    'Capability-Invocation: zcap id="urn:zcap:root:x",action="GET"', 'Slug: a', 'Max-Forwards: 0',
    ' folded', "\tfolded", 'NoColon', ': empty', 'Bad Name: x', "N\0l: x",
);

# What changes make longer is cut here.
my $LONGEST = 200_000;

sub one_of { return $_[rand @_] }
sub chance { return rand() < $_[0] }

# Some bytes of a text: where they begin and how many they are. Short ones mostly.
sub _part {
    my ($text) = @_;
    my $at = int rand(1 + length $text);
    my $size = chance(0.7) ? 1 + int rand 8 : int rand(1 + length $text);
    $size = length($text) - $at if $size > length($text) - $at;
    return ($at, $size);
}

sub _token {
    return chance(0.8) ? one_of(@TOKENS) : join '', map { chr int rand 256 } 0 .. rand 6;
}

sub _long { return one_of(@TOKENS, 'a' .. 'f', "\xc3\xa9") x one_of(16, 100, 300, 1000, 9000) }

my @CHANGES = (
    sub {
        my ($text, $at) = @_;
        substr($text, $at, 1) ^= chr(1 << rand 8) if $at < length $text;
        $text;
    },
    sub { my ($text, $at) = @_; substr $text, $at, 0, _token(); $text },
    sub { my ($text, $at, $size) = @_; substr $text, $at, $size, _token(); $text },
    sub { my ($text, $at, $size) = @_; substr $text, $at, $size, ''; $text },
    sub {
        my ($text, $at, $size) = @_;
        substr $text, $at, 0, substr($text, $at, $size) x one_of(1, 1, 2, 40);
        $text;
    },
    sub {
        my ($text, $at, $size) = @_;
        my $part = substr $text, $at, $size, '';
        substr $text, rand(1 + length $text), 0, $part;
        $text;
    },
    sub { my ($text, $at) = @_; substr $text, 0, $at },
    sub {
        my ($text, $at, $size, $other) = @_;
        my ($from, $count) = _part($other);
        substr $text, $at, $size, substr $other, $from, $count;
        $text;
    },
    sub { my ($text, $at) = @_; substr $text, $at, 0, chance(0.1) ? _long() : _token(); $text },
    sub {
        my ($text) = @_;
        $text =~ s/(\d+)/chance(0.5) ? one_of(0, -1, 2147483648, "$1$1", $1 + 1) : $1/e;
        $text;
    },
    sub { my ($text) = @_; chance(0.5) ? uc $text : lc $text },
);

# A text with one to four changes; $other is what parts are taken from.
sub bytes {
    my ($text, $other) = @_;
    for (0 .. rand 4) {
        my ($at, $size) = _part($text);
        $text = one_of(@CHANGES)->($text, $at, $size, $other // $text);
        substr $text, $LONGEST, length $text, '' if length $text > $LONGEST;
    }
    return $text;
}

# The same for what stands in one line: the result does too.
sub text {
    my ($text, $other) = @_;
    return bytes($text, $other) =~ tr/\r\n\0//dr;
}

# The same for a request's target, in which no blank can be.
sub target {
    my ($target) = @_;
    $target =~ s/([\w.~-])/chance(0.2) ? sprintf('%%%02X', ord $1) : $1/ge if chance(0.2);
    $target .= one_of(
        '/', '?', '?limit=1', '?limit=2&cursor=YQ', '/meta', '/policy', '/.', '%2F',
        '/linkset', '/' . 's/' x 200
    ) if chance(0.3);
    $target = bytes($target) if chance(0.7);
    $target =~ tr/\r\n\0 //d;
    return $target =~ m{\A/} ? $target : "/$target";
}

# Lines of a head that some parser has something to say about.
sub fields {
    return map { one_of(@FIELDS) } 0 .. rand 2;
}

my @OF_HEADS = (
    sub { my (@lines) = @_; (@lines, one_of(@lines)) },
    sub {
        my (@lines) = @_;
        my $line = splice @lines, rand @lines, 1;
        splice @lines, rand(1 + @lines), 0, $line;
        @lines;
    },
    sub { my (@lines) = @_; splice @lines, rand @lines, 1; @lines },
    sub {
        my (@lines) = @_;
        (@lines, map { one_of(@FIELDS) } 0 .. rand 3);
    },
    sub {
        my (@lines) = @_;
        my $line = one_of(@FIELDS);
        my ($name) = split /:/, $line;
        ((grep { !/\A\Q$name\E:/i } @lines), $line);
    },
    sub {
        my (@lines) = @_;
        my $line = \$lines[rand @lines];
        $$line = bytes($$line, one_of(@lines));
        @lines;
    },
    sub { my (@lines) = @_; $lines[rand @lines] .= _long(); @lines },
    sub { my (@lines) = @_; (@lines, ("X-Many: 1") x one_of(50, 120)) },
    sub {
        my (@lines) = @_;
        my $line = \$lines[rand @lines];
        $$line =~ s/(.)(:|,| )/$1$2\r\n /;
        @lines;
    },
);

my @VERSIONS = ('HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 ', '');
my @BEGINNINGS = (
    ' http://127.0.0.1/', ' http://other.example/', ' *', '  /', ' ', ' //', "\t/",
    ' https://127.0.0.1:1/',
);
my @METHODS = (
    qw(GET HEAD PUT POST DELETE OPTIONS PATCH TRACE CONNECT PROPFIND get G X-A), "\xff",
    'A' x 300,
);

my @OF_LINES = (
    sub { $_[0] =~ s{HTTP/1\.1}{HTTP/1.0}r },
    sub { $_[0] =~ s{HTTP/1\.1}{one_of(@VERSIONS)}er },
    sub { $_[0] =~ s{ /}{one_of(@BEGINNINGS)}er },
    sub { $_[0] =~ s{\A\S+}{one_of(@METHODS)}er },
    sub { bytes($_[0]) },
);

# A whole request as it would go over the wire, changed as one: its line, its head's lines, the end
# of these lines, its body, or anything. What is signed is no longer, mostly.
sub request {
    my ($request, $other) = @_;
    return bytes($request, $other) if chance(0.3);
    my ($head, $body) = split /\r\n\r\n/, $request, 2;
    my ($line, @lines) = split /\r\n/, $head;
    $body //= '';
    $line = one_of(@OF_LINES)->($line) if chance(0.2);
    @lines = one_of(@OF_HEADS)->(@lines) for grep { @lines } 0 .. rand 2;
    $body = bytes($body, $other) if chance(0.2);
    my $end = chance(0.03) ? one_of("\n", "\r", "\r\r\n") : "\r\n";
    return join($end, $line, @lines, '', '') . $body;
}

1;
