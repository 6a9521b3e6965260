# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Bytes in, the same bytes out: every kind of content, path, size and framing; what of an upload is
# refused and that nothing of it is stored then; and that a connection stays usable after a refusal.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw(md5_hex);
use Socket ();
use Test::More;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $bob = person();
my $space = new_space($alice);
my $url = "/space/$space";

sub stored {
    my ($path, $id) = @_;
    my $content = WAS::Server::content_of('r');
    my $select = "SELECT content_type, octet_length($content), md5($content) FROM was_resources r
        WHERE space_uuid = ? AND path = ?";
    return sql($select, $id // $space, $path);
}

# Contents. Each row: name, Content-Type sent, bytes; and the Content-Type that is due, where it is
# another one.
my $octets = 'application/octet-stream';
my $profile = 'application/ld+json; profile="https://w3id.org/a;b,c"';
my $every_byte = join '', map { chr } 0 .. 255;
my $gzip = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
my @contents = (
    ['text', 'text/plain', 'Hello, World!'],
    ['text with a charset and no blank', 'text/plain;charset=utf-8', "h\xc3\xa9llo"],
    ['text with a blank', 'text/plain; charset=ISO-8859-1', "h\xe9llo"],
    ['JSON', 'application/json', '{"a": [1, 2.50, null]}'],
    ['JSON that is none', 'application/json', '{'],
    ['HTML', 'text/html', '<script>alert(1)</script>'],
    ['a type in capitals', 'TEXT/Plain; Charset="UTF-8"', 'x'],
    ['a type with a profile', $profile, '{}'],
    ['every byte', 'image/png', $every_byte],
    ['zeros', $octets, "\0" x 3000],
    ['a backslash and quotes', $octets, q{\\x00'"\\\\''}],
    ['line ends', 'text/plain', "a\r\n\r\nb\n\r"],
    ['an empty file', 'text/plain', ''],
    ['no type', undef, 'untyped', $octets],
    ['an empty type', '', 'untyped', $octets],
    ['no type and no bytes', undef, '', $octets],
    ['a type that is a word', 'blob', 'x'],
    ['what looks like a problem', 'application/problem+json', '{"status":500}'],
    ['what looks like a multipart', 'multipart/form-data; boundary=x', "--x\r\n\r\n--x--"],
    ['a form', 'application/x-www-form-urlencoded', 'a=b&c=%20'],
    ['a handler', 'application/x-httpd-php', '<?php echo 1;'],
    ['a gzip file', 'application/gzip', $gzip],
    ['a type of 512 bytes', 'a/' . 'b' x 510, 'x'],
);
for my $row ([PUT => 204], [POST => 201]) {
    my ($method, $status) = @$row;
    for my $n (keys @contents) {
        my ($name, $type, $bytes, $due) = @{ $contents[$n] };
        my $target = "$url/contents/" . lc($method) . $n;
        my %as_it_was = (
            'X-Content-Type-Options' => 'nosniff', 'Cache-Control' => 'no-cache',
            'Content-Length' => length $bytes, 'Content-Encoding' => undef,
        );
        my @due = (200, body => $bytes);
        my @all_due = (@due, type => $due // $type, headers => \%as_it_was);
        my $signed = "a signature does not hurt the reading of $name";
        tell_rule(
            $alice,
            'classic 2',
            ["$method of $name", $method => $target, [body => $bytes, type => $type], $status],
            ["$name comes back as it was", GET => $target, [sign => 0], @all_due],
            [$signed, GET => $target, [], @due],
            [q(nor does somebody else's), GET => $target, [by => $bob], @due],
        );
    }
}
my @row = stored('/contents/put8');
my @due = ('image/png', 256, md5_hex($every_byte));
is_deeply(\@row, [\@due], 'classic 8: bytes and type are in the row');

# Overwriting replaces bytes and type.
for my $row (
    ['long', 'text/a', 'x' x 3_000_000],
    ['short', 'text/b', 'y'],
    ['empty', 'text/c', ''],
    ['long again', 'text/d', 'z' x 2_000_000],
    ['untyped', undef, 'u'],
) {
    my ($name, $type, $bytes) = @$row;
    my @due = (200, body => $bytes, type => $type // $octets);
    tell_rule(
        $alice,
        'classic 2: overwriting',
        [$name, PUT => "$url/over", [body => $bytes, type => $type], 204],
        ["$name is read", GET => "$url/over", [sign => 0], @due],
    );
}

# What programs make paths of that print a function.
my $native = '/function%20randomUUID()%20%7B%20[native%20code]%20%7D';
my $thrower = '/function%20randomUUID()%20%7B%20%20if%20(this%20!==%20crypto)%20throw%20new%20'
    . q(ERR('Crypto');%7D);

# Paths. Each row: what follows /space/{uuid} in the URL, and the path that is stored.
my @paths = (
    ['/', '/'],
    ['//', '//'],
    ['///', '///'],
    ['/a', '/a'],
    ['/a/', '/a/'],
    ['/a//b', '/a//b'],
    ['//a', '//a'],
    ['/A', '/A'],
    ['/a%20b', '/a b'],
    ['/%20', '/ '],
    ['/a+b', '/a+b'],
    ['/a%2Bb', '/a+b', 'same as a+b'],
    ['/a%2Fb', '/a/b'],
    ['/c/d', '/c/d'],
    ['/c%2fd', '/c/d', 'same as c/d'],
    ['/%2F', '//', 'same as //'],
    ['/%61%62', '/ab'],
    ['/a;b=c;d', '/a;b=c;d'],
    ['/a=b&c,d', '/a=b&c,d'],
    ['/x@y:z', '/x@y:z'],
    ['/~user', '/~user'],
    ["/'!\$()*", "/'!\$()*"],
    ['/%C3%A9', "/\xc3\xa9"],
    ['/é', "/\xc3\xa9", 'same as %C3%A9'],
    ['/e%CC%81', "/e\xcc\x81"],
    ['/%E2%82%AC/%F0%9F%98%80', "/\xe2\x82\xac/\xf0\x9f\x98\x80"],
    ['/日本語.txt', "/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.txt"],
    ['/100%25', '/100%'],
    ['/a%2520b', '/a%20b'],
    ['/a%3Fb', '/a?b'],
    ['/a%23b', '/a#b'],
    ['/%5B%5D%7C%5E', '/[]|^'],
    ['/[ ]|^{}"\\`<>' =~ s/ //r, '/[]|^{}"\\`<>'],
    ['/a\\b', '/a\\b'],
    ['/...', '/...'],
    ['/.hidden', '/.hidden'],
    ['/a./b..', '/a./b..'],
    ['/..a', '/..a'],
    ['/%2E%2Ea', '/..a', 'same as ..a'],
    ['/.%20.', '/. .'],
    ['/index.html', '/index.html'],
    ['/x.php', '/x.php'],
    ['/.htaccess', '/.htaccess'],
    ['/file.tar.gz', '/file.tar.gz'],
    ['/file.html.de', '/file.html.de'],
    ['/health', '/health'],
    ["/space/$space/a", "/space/$space/a"],
    ['/a%0Ab', "/a\nb"],
    ['/a%09b', "/a\tb"],
    ['/a%7Fb', "/a\x7fb"],
    ['/%EF%BF%BF', "/\xef\xbf\xbf"],
    ['/%EF%BB%BFbom', "/\xef\xbb\xbfbom"],
    ['/' . 's/' x 3000, '/' . 's/' x 3000],
    [$native => '/function randomUUID() { [native code] }'],
    [$thrower => q(/function randomUUID() {  if (this !== crypto) throw new ERR('Crypto');})],
);
my (%seen, $paths);
$paths = new_space($alice);
for my $case (@paths) {
    my ($raw, $path, $alias) = @$case;
    my $target = "/space/$paths$raw";
    my $body = "body of $path";
    my $shown = length $raw > 60 ? length($raw) . ' bytes' : $raw;
    utf8::encode($shown);
    utf8::encode(my $sent = $raw);
    my @location = (headers => { Location => "/space/$paths$sent" });
    my $new =
        ["$shown is a path of its own", GET => $target, [sign => 0], 404, pointer => '/resource'];
    tell_rule(
        $alice,
        'classic 1',
        $alias ? () : $new,
        ["PUT $shown", PUT => $target, [body => $body], 204],
        ["GET $shown", GET => $target, [sign => 0], 200, body => $body],
        ["POST $shown", POST => $target, [body => $body], 201, @location],
    );
    $seen{$path} = 1;
}
{
    # Bytes of the column, whatever the driver would make of them.
    my $select = q(SELECT encode(convert_to(path, 'UTF8'), 'hex') FROM was_resources
        WHERE space_uuid = ?);
    my @stored = map { pack 'H*', $_->[0] } sql($select, $paths);
    is_deeply([sort @stored], [sort keys %seen], 'classic 8: the column holds the decoded paths');
}

# classic 3: the spellings that clients sign.
for my $case (
    ['a blank', '/sp/a%20b', '/sp/a b', '/sp/a%20b'],
    ['UTF-8', '/sp/%C3%A9', "/sp/\xc3\xa9", '/sp/%c3%a9'],
    ['an encoded slash', '/sp/c%2Fd', '/sp/c/d', '/sp/c%2fd'],
) {
    my ($name, $raw, $decoded, $other) = @$case;
    my $target = "$url$raw";
    for my $case (
        # how it is signed: what is added to the target, and what is signed, if not that
        ['as it stands', '', undef, 204],
        ['decoded', '', "$url$decoded", 204],
        ['as it stands, with a query', '?a=b', undef, 204],
        ['without the query', '?a=b', $target, 204],
        ['decoded, without the query', '?a=b', "$url$decoded", 204],
        ['in another spelling', '', "$url$other", $other eq $raw ? 204 : 401],
        ['with another query', '?a=b', "$target?a=c", 401],
        ['with a query that is not there', '', "$target?a=b", 401],
    ) {
        my ($how, $query, $signed, $status) = @$case;
        my @sign = defined $signed ? (sign => { target => $signed }) : ();
        my $rule = "classic 3: $name signed $how";
        tell($alice, [$rule, PUT => "$target$query", [body => 'x', @sign], $status]);
    }
}
# A decoded spelling that can be read in two ways proves nothing.
for my $row (
    # the target, what was signed
    ['/f%2520g', '/f%20g'],
    ['/f%2520g', '/f g'],
    ['/frag%23x', '/frag'],
    ['/frag%23x', '/frag#x'],
    ['/q%3Fx', '/q?x'],
    ['/q%3Fx', '/q'],
    ['/p%25', '/p%'],
    ['/f', '/f/'],
    ['/f', "/f\n"],
    ['/f', '//f'],
    ['/F', '/f'],
) {
    my ($raw, $signed) = @$row;
    my $rule = "classic 3: $signed is no signature for $raw";
    tell(
        $alice,
        [$rule, PUT => "$url$raw", [body => 'x', sign => { target => "$url$signed" }], 401]);
}
my @forged = map { stored($_) } '/f%20g', '/f g', '/frag', '/frag#x', qw(/q?x /q /p% /f /F);
is_deeply(\@forged, [], 'classic 3: and stores nothing');

# Sizes, both ways, however they are framed.
my @sizes = (0, 1, 8191, 8192, 1_048_575, 1_048_576, 1_048_577, 3 << 20, 20 << 20);
for my $size (@sizes) {
    my $bytes = random_bytes($size);
    my $md5 = md5_hex($bytes);
    for my $framing (
        ['a length'],
        ['chunks of 1000', chunked => 1000],
        ['chunks of 70000', chunked => 70_000],
        ['a length, after 100', headers => [Expect => '100-continue']],
    ) {
        my ($how, @options) = @$framing;
        next if $size > 1_048_577 && $how eq 'chunks of 1000';
        my $name = "$size bytes with $how";
        my @body = (body => $bytes, type => 'x/y', @options);
        my $res = tell($alice, ["classic 9: $name", PUT => "$url/size", [@body], 204]);
        is(join(' ', $res->interim), '100', "RFC 9110 10.1.1: $name") if $how =~ /100\z/ && $size;
        is_deeply([stored('/size')], [['x/y', $size, $md5]], "classic 8: $name are in the row");
    }
    my @due = (body => $bytes, headers => { 'Content-Length' => $size });
    tell($alice, ["classic 2: $size bytes come back", GET => "$url/size", [sign => 0], 200, @due]);
}
my @text = (body => 'x' x 2000);
my @of_size = (headers => { 'Content-Length' => 20 << 20 });
tell(
    $alice,
    ['classic 9: chunks of one byte', PUT => "$url/bytes", [@text, chunked => 1], 204],
    ['classic 9: chunks of one byte come back', GET => "$url/bytes", [sign => 0], 200, @text],
    ['HTTP/1.0 gets a body too', GET => "$url/size", [sign => 0, version => '1.0'], 200, @of_size],
);

# The limit. Nothing of what is refused is stored, and an announced length is refused unread.
{
    my $small = at('small', $alice);
    my $limit = 65_536;
    my @due = (413, pointer => '/body');
    my @most = (body => 'x' x $limit);
    my ($more, $far_more) = map { 'x' x $_ } $limit + 1, 4 << 20;
    for my $framing (['a length'], ['chunks', chunked => 5000]) {
        my ($name, @options) = @$framing;
        tell(
            $small,
            ["classic 9: $name: as much as may be", PUT => "$url/small", [@most, @options], 204],
            ["classic 9: $name: a byte more", PUT => "$url/more", [body => $more, @options], @due],
            ["classic 9: $name: far more", PUT => "$url/more", [body => $far_more, @options], @due],
            ["classic 9: $name: POST", POST => "$url/more", [body => $more, @options], @due],
        );
    }
    my $rule = 'classic 9: an announced length is refused before it is read';
    my @waiting = (body => $more, headers => [Expect => '100-continue']);
    my $res = tell($small, [$rule, PUT => "$url/more", [@waiting], @due]);
    is(join(' ', $res->interim), '', 'RFC 9110 10.1.1: and is not asked for');
    my @huge = (headers => ['Content-Length' => '99999999999999']);
    tell($small, ['classic 9: a huge announcement', PUT => "$url/more", [@huge], @due]);
    is_deeply([stored('/more')], [], 'classic 9: nothing of it is stored');
}

# What stops short stores nothing.
my @old = (body => 'old', type => 'text/old');
tell($alice, ['there is an old version', PUT => "$url/short", [@old], 204]);
my $old = snapshot($space);
for my $case (
    # name, size, bytes sent
    ['a length', 1000, 400],
    ['a length, before the first byte', 1000, 0],
    ['a length that is spooled', 3 << 20, 2 << 20],
    ['chunks', 1000, 450, chunked => 100],
    ['chunks without the last', 1000, 1055, chunked => 100],
    ['chunks that are spooled', 3 << 20, 2 << 20, chunked => 65536],
) {
    my ($name, $size, $sent, @options) = @$case;
    my $res = $alice->put("$url/short", body => 'n' x $size, stop_after => $sent, @options);
    my $rule = "classic 9: a body that stops short is refused: $name";
    like($res->status, qr/\A(?:0|400)\z/, $rule) or diag $res->body;
}
for my $case (
    ['is no number', 400, "zz\r\nab\r\n0\r\n\r\n"],
    ['is too short', 400, "1\r\nab\r\n0\r\n\r\n"],
    ['is too long', 413, "ffffffffffffffffff\r\nab\r\n0\r\n\r\n"],
    ['is negative', 400, "-1\r\nab\r\n0\r\n\r\n"],
) {
    my ($name, $status, $chunks) = @$case;
    my %signed = (key => $alice->key, method => 'PUT', target => "$url/short");
    my $value = WAS::Client::authorization(%signed);
    my $head = join "\r\n", "PUT $url/short HTTP/1.1", 'Host: x', 'Connection: close',
        'Transfer-Encoding: chunked', "Authorization: $value", '', '';
    my $res = $alice->raw($head . $chunks);
    is($res->status, $status, "classic 9: a chunk whose length $name") or diag $res->body;
}
same_rows('classic 9: what stopped short changed nothing', $old, $space);

# What cannot be stored as it is sent.
for my $case (
    ['Content-Encoding: gzip', ['Content-Encoding' => 'gzip'], 415],
    ['Content-Encoding: br', ['Content-Encoding' => 'br'], 415],
    ['two codings', ['Content-Encoding' => 'identity, gzip'], 415],
    ['Content-Range', ['Content-Range' => 'bytes 0-1/4'], 400],
    ['Content-Range of nothing', ['Content-Range' => 'bytes */4'], 400],
    ['a type of 513 bytes', ['Content-Type' => 'a/' . 'b' x 511], 400],
    ['a type beyond ASCII', ['Content-Type' => 'text/plän'], 400],
    ['a type with a bell', ['Content-Type' => "text/\a"], 400],
) {
    my ($name, $headers, $status) = @$case;
    my @sent = (body => 'x', headers => $headers);
    my @page = (foreign => $name =~ /bell/ ? 1 : 0);
    for my $method (qw(PUT POST)) {
        my $rule = "RFC 9110: $method with $name";
        tell($alice, [$rule, $method => "$url/short", [@sent], $status, @page]);
    }
}
same_rows('RFC 9110: what was refused changed nothing', $old, $space);
my @identity = (body => 'x', headers => ['Content-Encoding' => 'identity']);
tell($alice, ['RFC 9110: identity is no coding', PUT => "$url/identity", [@identity], 204]);

# The connection after a refusal.
for my $case (
    # name, size
    ['a small body', 1000],
    ['a body of 100 KiB', 100 << 10],
    ['a body of 5 MiB', 5 << 20],
    ['chunks', 1000, chunked => 100],
    ['many chunks', 5 << 20, chunked => 65536],
    ['Expect', 1000, headers => [Expect => '100-continue']],
    ['Expect and 5 MiB', 5 << 20, headers => [Expect => '100-continue']],
) {
    my ($name, $size, @options) = @$case;
    my $client = at('main', $alice);
    $client->{keepalive} = 1;
    for my $turn (1, 2) {
        my $rule = "RFC 9112 9.3: a refusal of $name, turn $turn";
        my @unsigned = (body => 'x' x $size, sign => 0, @options);
        my $res = tell($client, [$rule, PUT => "$url/unread", [@unsigned], 401]);
        is(join(' ', $res->interim), '', "RFC 9110 10.1.1: $name is not asked for")
            if $name =~ /Expect/;
        my @next = (body => "after $name $turn");
        $rule = "RFC 9112 9.3: the request after a refusal of $name, turn $turn";
        tell($client, [$rule, PUT => "$url/read", [@next], 204]);
        $rule = "RFC 9112 9.3: and the one after that, turn $turn";
        tell($client, [$rule, GET => "$url/read", [], 200, @next]);
    }
}
{
    my $client = at('main', $alice);
    $client->{keepalive} = 1;
    my $socket;
    for my $case (
        [PUT => "$url/k", 204, body => 'x'],
        [PUT => "$url/k", 401, body => 'x' x 5000, sign => 0],
        [GET => "$url/k", 200],
        [GET => "$url/none", 404],
        [DELETE => "$url/k", 204, body => 'a body'],
        [HEAD => "$url/size", 200],
        [GET => "$url/size", 200],
        [PATCH => "$url/k", 405, body => 'x' x 5000],
        [OPTIONS => "$url/k", 204, body => 'x' x 5000],
        [GET => '/health', 200, body => 'a body'],
    ) {
        my ($method, $target, $status, @options) = @$case;
        my $rule = "RFC 9112 9.3: $method on a kept connection";
        tell($client, [$rule, $method => $target, [@options], $status]);
        my $now = $client->{socket};
        $socket //= $now;
        my $same = $socket && $now && $socket == $now;
        ok($same, 'RFC 9112 9.3: it is still the same connection');
    }
    is_deeply([stored('/unread')], [], 'classic 4: nothing unsigned was stored');
}

# A read that is under way gets one version, whole or cut short, never parts of two.
my $UPDATE = 'UPDATE was_resources SET content = ? WHERE space_uuid = ? AND path = ?';
for my $case (
    ['replaced', sub { $alice->put($_[0], body => 'b' x (16 << 20)) }],
    ['replaced by SQL', sub { sql($UPDATE, 'c', $space, $_[0] =~ s/\A\Q$url\E//r) }],
    ['deleted', sub { $alice->delete($_[0]) }],
    ['left alone', sub { }],
) {
    my ($name, $code) = @$case;
    my $target = "$url/moving-" . $name =~ s/ .*//r;
    my $size = 16 << 20;
    $alice->put($target, body => 'a' x $size);
    my $socket = $alice->open_socket;
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 65_536;
    my $deadline = time + 20;
    $alice->send_bytes(
        $socket, "GET $target HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        $deadline);
    my $rest = $alice->read_bytes($socket, $deadline);
    $code->($target);
    my $res =
        WAS::Response->from_stream(sub { $alice->read_bytes($socket, $deadline) }, \$rest, 'GET');
    my $rule = "design 5: a resource that is $name while it is read";
    is($res->header('Content-Length'), $size, "$rule: its length");
    is($res->body =~ tr/a//c, 0, "$rule: one version");
    my $whole = length $res->body == $size ? 1 : 0;
    is($res->complete ? 1 : 0, $whole, "$rule: whole, or seen to be cut");
    ok($res->complete, 'design 5: a resource that is left alone comes whole')
        if $name eq 'left alone';
}

# Deleting.
{
    my $id = new_space($alice);
    my $other = new_space($alice);
    for my $at ($id, $other) {
        $alice->put("/space/$at/$_", body => $_) for qw(a b c/d), '';
    }
    $alice->put("/space/$id/big", body => 'x' x 2_000_000);
    my $at = "/space/$id";
    my @no = (404, pointer => '/resource');
    tell_rule(
        $alice,
        'classic 2',
        ['DELETE of a resource', DELETE => "$at/a", [], 204],
        ['and again', DELETE => "$at/a", [], 204],
        ['DELETE of one leaves its neighbours', GET => "$at/b", [sign => 0], 200, body => 'b'],
        ['DELETE of a container leaves what is in it', DELETE => "$at/c", [], 204],
        ['which is there', GET => "$at/c/d", [sign => 0], 200, body => 'c/d'],
        ['DELETE of the home page', DELETE => "$at/", [], 204],
        ['leaves the space', GET => $at, [], 200],
        ['DELETE of the space', DELETE => $at, [], 204],
        ['takes its resources', GET => "$at/b", [sign => 0], 404, pointer => '/space'],
        ['and no other', GET => "/space/$other/b", [sign => 0], 200, body => 'b'],
    );
    my @rows = sql('SELECT path FROM was_resources WHERE space_uuid = ?', $id);
    is_deeply(\@rows, [], 'classic 2: the rows are gone');
    put_space($alice, $id);
    tell_rule(
        $alice, 'classic 2',
        ['a space made again is empty', GET => "$at/b", [sign => 0], @no]);
}

done_testing;
