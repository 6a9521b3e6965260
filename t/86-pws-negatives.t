# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What must not work in Portable Web Spaces, byte by byte: invocations, signatures and digests that
# come twice, folded or in another spelling, capabilities whose numbers, times, names, proofs and
# compression are not what they should be, hosts that are not this one, bodies that nobody reads,
# names that look alike, and SQL wherever a text goes in. Each has its answer (protocol/pws sections
# 4 to 7), and nothing is stored that was refused.

use strict;
use warnings;
use utf8;

use Compress::Zlib ();
use Digest::SHA qw(sha256 sha384_base64 sha512 sha512_base64);
use Encode ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Math::BigInt;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Storable qw(dclone);
use Test::More;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Wire;
use WAS::Zcap;

my $log = WAS::Server::error_log_mark();
my ($alice, $bob, $stranger) = map { holder() } 1 .. 3;
my $space = make_space($alice, name => 'negatives');
my $at = "/space/$space";
my $c = make_collection($alice, $space, 'c', { r => 'content' });
my $top = $alice->space_url($space);
my $host = $alice->{authority};
my $cases = 0;
my $before = all_stored();

sub shown {
    my ($text) = @_;
    $text = Encode::encode_utf8($text) if utf8::is_utf8($text);
    $text =~ s/\Q$space\E/S/g;
    $text =~ s/([^\x20-\x7e])/sprintf '<%02x>', ord $1/ge;
    return length $text > 70 ? substr($text, 0, 60) . '... ' . length($text) . ' bytes' : $text;
}

sub refused {
    my ($name, $res, $status, $type) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $cases++;
    return due($name, $res, $status, $type) if defined $type;
    return is($res->status, $status, $name) || diag $res->body;
}

my %TYPE = (400 => 'invalid-authorization-header', 404 => 'not-found', 401 => 'missing-authorization');

# 1. The fields on the wire. The head of an honest PUT, as lines; a row changes them. What is signed
# is what the server will have read, so that only the rule in question stands in the way.
sub honest {
    my (%sign) = @_;
    my %line = (digest => WAS::Zcap::digest_of('x'), invocation => $alice->invocation('PUT', "$c/n", { root => $top }), %{ delete $sign{lines} // {} });
    my @fields = ([Host => $host], ['Content-Type' => 'text/plain'], [Digest => $line{digest}], ['Capability-Invocation' => $line{invocation}]);
    $line{authorization} = WAS::Client::authorization(key => $alice->key, method => 'PUT', target => "$c/n", headers => [WAS::Zcap::covered(1)],
        created => int time, expires => time + 300, encoding => 'base64-padded', fields => \@fields, %sign);
    return \%line;
}

sub put_lines { my ($line) = @_; return "Authorization: $line->{authorization}", "Capability-Invocation: $line->{invocation}", "Digest: $line->{digest}" }

sub put_wire {
    my (@lines) = @_;
    my $said = talk($alice, wire("PUT $c/n HTTP/1.1", ["Host: $host", 'Content-Length: 1', 'Content-Type: text/plain', @lines], 'x'), 'PUT');
    return @{ $said->{answers} } == 1 && $said->{rest} eq '' ? $said->{answers}[0] : die 'not one answer';
}

my $other_root = root_id($alice->url('/space/other/'));
my @fields = qw(authorization invocation digest);
my %name = (authorization => 'Authorization', invocation => 'Capability-Invocation', digest => 'Digest');
my $same = sub { my ($line, $field) = @_; return map { ("$name{$_}: $line->{$_}") x ($_ eq $field ? 2 : 1) } @fields };
for my $row (
    ['as it should be', sub { put_lines(honest()) }, 204],
    ['in another order', sub { reverse put_lines(honest()) }, 204],
    ['names in capitals', sub { map { s/\A[\w-]+/uc $&/er } put_lines(honest()) }, 204],
    (map { my $field = $_; ["$name{$field} twice, the same", sub { $same->(honest(), $field) }, $field eq 'digest' ? 404 : 400] } @fields),
    (map { my $field = $_; ["$name{$field} twice, the second empty", sub { my $line = honest(); map { ("$name{$_}: $line->{$_}", $_ eq $field ? "$name{$_}:" : ()) } @fields }, $field eq 'digest' ? 404 : 400] } @fields),
    (map { my $field = $_; ["$name{$field} twice, the first empty", sub { my $line = honest(); map { ($_ eq $field ? "$name{$_}:" : (), "$name{$_}: $line->{$_}") } @fields }, $field eq 'digest' ? 404 : 400] } @fields),
    (map { my $field = $_; ["$name{$field} empty", sub { my $line = honest(); $line->{$field} = ''; put_lines($line) }, $field eq 'digest' ? 404 : 400] } @fields),
    ['two invocations of two roots', sub { my $line = honest(); ("Capability-Invocation: zcap id=\"$other_root\",action=\"PUT\"", put_lines($line)) }, 400],
    ['two invocations, signed as one', sub { my $line = honest(lines => { invocation => honest()->{invocation} . ', ' . honest()->{invocation} }); put_lines($line) }, 400],
    ['an invocation in two lines that make one value', sub { my $line = honest(lines => { invocation => honest()->{invocation} =~ s/,/, /r }); $line->{invocation} =~ s/, /\r\nCapability-Invocation: /; put_lines($line) }, 204],
    ['a digest in two lines, signed as one value', sub { my $line = honest(); my $digest = $line->{digest}; $line = honest(lines => { digest => "$digest, $digest" }); $line->{digest} = "$digest\r\nDigest: $digest"; put_lines($line) }, 204],
    (map { my $field = $_; ["$name{$field} folded inside", sub { my $line = honest(); $line->{$field} =~ s/\A.{25}/$&\r\n /; put_lines($line) }, $field eq 'digest' ? 404 : 400] } @fields),
    ['Authorization folded at its commas', sub { my $line = honest(); $line->{authorization} =~ s/,/,\r\n\t/g; put_lines($line) }, 204],
    (map { my $field = $_; ["a line feed alone behind $name{$field}", sub { my $line = honest(); $line->{$field} .= "\nX: y"; put_lines($line) }, 'httpd'] } @fields),
    (map { my $field = $_; map { my $byte = $_; [sprintf('the byte %02x in %s', ord $byte, $name{$field}), sub { my $line = honest(); $line->{$field} =~ s/\A.{25}/$&$byte/; put_lines($line) }, 'httpd'] } "\0", "\r", "\x0b", "\x7f" } @fields),
    (map { my $field = $_; map { my $byte = $_; [sprintf('the byte %02x in %s', ord $byte, $name{$field}), sub { my $line = honest(); $line->{$field} =~ s/\A.{25}/$&$byte/; put_lines($line) }, $field eq 'digest' ? 404 : 400] } "\x80", "\xff" } @fields),
    (map { my $field = $_; ["a blank before the colon of $name{$field}", sub { map { s/\A\Q$name{$field}\E/$& /r } put_lines(honest()) }, 'httpd'] } @fields),
    (map { my $field = $_; ["X-$name{$field} for $name{$field}", sub { map { s/\A\Q$name{$field}\E/X-$&/r } put_lines(honest()) }, 400] } @fields),
    (map { my $field = $_; ["$name{$field} with an underscore", sub { map { s/\A\Q$name{$field}\E/$&_/r } put_lines(honest()) }, 400] } @fields),
    (map { my $field = $_; ["$name{$field} of 8300 bytes", sub { my $line = honest(); $line->{$field} .= ',' . 'x' x 8300; put_lines($line) }, 'httpd'] } @fields),
    (map { my $field = $_; ["90 lines of $name{$field}", sub { my $line = honest(); (("$name{$field}: $line->{$field}") x 88, put_lines($line)) }, $field eq 'digest' ? 404 : 'httpd'] } @fields),
    ['Signature for Authorization', sub { my $line = honest(); ("Signature: $line->{authorization}", (put_lines($line))[1, 2]) }, 400],
    ['Authorization of another scheme for the invocation', sub { my $line = honest(); ("Authorization: $line->{invocation}", (put_lines($line))[1, 2]) }, 400],
    ['both schemes in one Authorization', sub { my $line = honest(); ("Authorization: $line->{authorization}, $line->{invocation}", $line->{invocation} ? (put_lines($line))[1, 2] : ()) }, 400],
    ['Capability-Invocation in Authorization', sub { my $line = honest(); ("Authorization: $line->{authorization},capability-invocation=\"x\"", (put_lines($line))[2]) }, 400],
) {
    my ($name, $lines, $status) = @$row;
    my $res = put_wire($lines->());
    $status = 400 if my $foreign = $status eq 'httpd';
    if ($status == 204 || $foreign) {
        is($res->status, $status, "pws 5.1: $name") or diag $res->body;
        sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/c/n');
        $cases++;
    }
    else {
        refused("pws 5.1: $name", $res, $status, $TYPE{$status});
    }
}
# Trailers authorize nobody.
{
    my $line = honest();
    for my $row (['all of it', [], [put_lines($line)], 401], ['the invocation', [(put_lines($line))[0, 2]], [(put_lines($line))[1]], 400], ['the signature', [(put_lines($line))[1, 2]], [(put_lines($line))[0]], 400], ['the digest', [(put_lines($line))[0, 1]], [(put_lines($line))[2]], 400]) {
        my ($name, $head, $trailer, $status) = @$row;
        my $said = talk($alice, wire("PUT $c/n HTTP/1.1", ["Host: $host", 'Content-Type: text/plain', 'Transfer-Encoding: chunked', @$head], "1\r\nx\r\n0\r\n" . join("\r\n", @$trailer) . "\r\n\r\n"), 'PUT');
        refused("pws 4: $name in trailers", $said->{answers}[0], $status, $TYPE{$status});
    }
}

# 2. Numbers, names and keys of the signature, written in other ways.
my $now = int time;
for my $member (qw(created expires)) {
    my $time = $member eq 'created' ? $now : $now + 300;
    for my $text ("$time.0", "+$time", "-$time", "0$time", " $time", "$time ", '0x' . sprintf('%x', $time), '1e9', 'NaN', 'Infinity', '', 'null', "${time}000000", '9' x 16, '9' x 19, '18446744073709551616', '9' x 300, "$time,$time", Encode::encode_utf8($time =~ tr/0-9/０-９/r)) {
        refused("pws 5.1: $member of <" . shown($text) . '>', put_wire(put_lines(honest($member => $text))), 400, $TYPE{400});
    }
}
my $did = $alice->did;
my $multibase = $alice->key->multibase;
for my $row (
    ['an algorithm of none, nothing signed', [algorithm => 'none', params => [signature => '']], 400],
    ['an algorithm of none, zeros', [algorithm => 'none', mangle => sub { "\0" x 64 }], 404],
    ['S beyond the order', [mangle => \&add_order], 404],
    ['R of small order', [mangle => sub { "\x01" . "\0" x 31 . substr $_[0], 32 }], 404],
    ['a signature of 63 bytes', [mangle => sub { substr $_[0], 1 }], 400],
    ['a signature of 65 bytes', [mangle => sub { "$_[0]\0" }], 400],
    ['a list of names with capitals', [headers => [map { uc } WAS::Zcap::covered(1)], string => 'x'], 404],
    ['a name twice', [headers => [WAS::Zcap::covered(1), 'host']], 400],
    ['a name in parentheses that nobody knows', [headers => [WAS::Zcap::covered(1), '(status)'], string => 'x'], 400],
    ['the parameter keyid', [params => [keyId => undef], extra => [keyid => $alice->key->key_id]], 400],
    (map { ["a keyId $_->[0]", [key_id => $_->[1]], 400] }
        ['with a blank', "$did "], ['with its hash escaped', "$did%23$multibase"], ['with a query', "$did?x"], ['with a path', "$did/x"], ['with an empty fragment', "$did#"], ["with a stranger's fragment", "$did#" . $stranger->key->multibase],
        ['of another base', 'did:key:u' . encode_base64url("\xed\x01" . $alice->key->public)], ['in hex', 'did:key:f' . unpack('H*', "\xed\x01" . $alice->key->public)], ['with an overlong codec', 'did:key:z' . WAS::Key::base58("\xed\x81\0" . $alice->key->public)],
        ['without a codec', 'did:key:z' . WAS::Key::base58($alice->key->public)], ['with a one before', $did =~ s/key:z/key:z1/r], ['in capitals', uc $did], ['of small order', 'did:key:z' . WAS::Key::base58("\xed\x01\x01" . "\0" x 31)],
        ['not canonical', 'did:key:z' . WAS::Key::base58("\xed\x01" . "\xee" . "\xff" x 30 . "\x7f")]),
) {
    my ($name, $sign, $status) = @$row;
    refused("pws 5.4: $name", put_wire(put_lines(honest(@$sign))), $status, $TYPE{$status});
}

# S + L is the same signature to who does not reduce.
sub add_order {
    my ($signature) = @_;
    my $order = Math::BigInt->from_hex('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');
    my $bytes = reverse((Math::BigInt->from_bytes(scalar reverse substr $signature, 32) + $order)->to_bytes);
    return substr($signature, 0, 32) . $bytes . "\0" x (32 - length $bytes);
}

# 3. Digests of one byte, `x`, in every spelling.
my $sha256 = sha256('x');
my $right = 'SHA-256=' . encode_base64($sha256, '');
my $wrong = 'SHA-256=' . encode_base64(sha256('y'), '');
my $mh = sub { return 'mh=u' . encode_base64url($_[0]) };
for my $row (
    ['a multihash', $mh->("\x12\x20$sha256"), 204], ['a multihash in base58', 'mh=z' . WAS::Key::base58("\x12\x20$sha256"), 204], ['SHA-256', $right, 204], ['sha-256', lc(substr $right, 0, 7) . substr($right, 7), 204],
    ['SHA-512', 'SHA-512=' . encode_base64(sha512('x'), ''), 204], ['two that agree', "$right, " . $mh->("\x12\x20$sha256"), 204], ['one that nobody knows, and a right one', "MD5=x, $right", 204],
    ['two that do not agree', "$right, $wrong", 400], ['two that do not agree, the other way', "$wrong, $right", 400], ['a right one and a wrong multihash', "$right, " . $mh->("\x12\x20" . sha256('y')), 400],
    ['a wrong multihash and a right one', $mh->("\x12\x20" . sha256('y')) . ", $right", 400], ['one that nobody knows', 'MD5=ndTkaxyvjiJQ4TKWuUUeYw==', 400], ['SHA-384', 'SHA-384=' . sha384_base64('x'), 400], ['SHA-1', 'SHA=EfatjgPtb3BQvKAL/g7EbWIAwSs=', 400],
    ['a multihash of SHA-512', $mh->("\x13\x40" . sha512('x')), 400], ['a multihash of SHA-512, cut', $mh->("\x12\x20" . substr sha512('x'), 0, 32), 400], ['a multihash of identity', $mh->("\x00\x01x"), 400], ['an overlong function', $mh->("\x92\x00\x20$sha256"), 400],
    ['an overlong length', $mh->("\x12\xa0\x00$sha256"), 400], ['a length of 31', $mh->("\x12\x1f" . substr $sha256, 0, 31), 400], ['a length that is wrong', $mh->("\x12\x21$sha256"), 400], ['a byte behind it', $mh->("\x12\x20$sha256\0"), 400],
    ['no length', $mh->("\x12$sha256"), 400], ['the bytes alone', $mh->($sha256), 400], ['nothing', $mh->(''), 400], ['in hex', 'mh=f1220' . unpack('H*', $sha256), 400], ['with padding', $mh->("\x12\x20$sha256") . '=', 400],
    ['in the standard alphabet', 'mh=m' . encode_base64("\x12\x20$sha256", '') =~ s/=//gr, 400], ['SHA-256 in hex', 'SHA-256=' . unpack('H*', $sha256), 400], ['SHA-256 in quotes', 'SHA-256="' . encode_base64($sha256, '') . '"', 400],
    ['SHA-256 between colons', 'sha-256=:' . encode_base64($sha256, '') . ':', 400], ['SHA-256 of 31 bytes', 'SHA-256=' . encode_base64(substr($sha256, 0, 31), ''), 400], ['SHA-256 of 33 bytes', 'SHA-256=' . encode_base64("$sha256\0", ''), 400],
    ['a blank behind the equals sign', 'SHA-256= ' . encode_base64($sha256, ''), 400], ['a parameter', "$right;q=1", 400], ['a name alone', 'SHA-256', 400], ['a value alone', encode_base64($sha256, ''), 400], ['commas', ',,,', 400], ['1000 entries', join(',', ('MD5=x') x 1000), 400],
    ['of nothing', 'SHA-256=' . encode_base64(sha256(''), ''), 400], ['of the text that it is itself', 'SHA-256=' . encode_base64(sha256($right), ''), 400], ['unused bits', substr($right, 0, -2) . chr(1 + ord substr $right, -2, 1) . '=', 400],
) {
    my ($name, $digest, $status) = @$row;
    my $res = put_wire(put_lines(honest(lines => { digest => $digest })));
    if ($status == 204) {
        is($res->status, 204, "pws 5.5: a digest: $name") or diag $res->body;
        sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/c/n');
    }
    else {
        refused("pws 5.5: a digest: $name", $res, $status, $TYPE{$status});
    }
}
is_deeply(all_stored(), $before, 'pws 4-5: what was refused has stored nothing, in any table');

# 4. Capabilities. An honest delegation to bob for the space, changed before or behind its proof,
# and invoked by bob. Each row: name, what delegate() takes, status.
sub invoke {
    my ($zcap, %how) = @_;
    return $bob->put("$c/n", type => 'text/plain', body => 'x', zcap => { capability => $zcap }, %how);
}
sub given { my (%of) = @_; return delegate($top, by => $alice->key, to => $bob->key, target => $top, expires => $now + 3000, %of) }
sub text_of { my ($code) = @_; local $_ = jcs(given()); $code->(); return $_ }

is(invoke(given())->status, 204, 'pws 6: an honest delegation');
is(invoke(given(document => { note => [\'1', \'true', undef, {}, [], '', 'é'] }))->status, 204, 'pws 6.2: with members of its own');
$before = all_stored();
my $bad_time = sub { my ($text) = @_; return (['expires', document => { expires => $text }], ['created', proof => { created => $text }]) };
for my $text (
    '2030-01-01', '2030-01-01T00:00:00', '2030-01-01 00:00:00Z', '2030-01-01t00:00:00Z', '2030-01-01T00:00:00z', '2030-01-01T00:00Z', '2030-01-01T24:00:00Z', '2030-01-01T23:60:00Z', '2030-01-01T23:59:60Z', '2030-02-29T00:00:00Z', '2030-00-01T00:00:00Z', '2030-01-00T00:00:00Z',
    '2030-1-1T0:0:0Z', '+2030-01-01T00:00:00Z', '-2030-01-01T00:00:00Z', '12030-01-01T00:00:00Z', '2030-01-01T00:00:00.Z', '2030-01-01T00:00:00.1234567890Z', '2030-01-01T00:00:00,5Z', '2030-01-01T00:00:00+0000', '2030-01-01T00:00:00+24:00', '2030-01-01T00:00:00+00', '2030-01-01T00:00:00 Z', ' 2030-01-01T00:00:00Z',
    '2030-01-01T00:00:00Z ', "2030-01-01T00:00:00Z\n", '2030-01-01T00:00:00ZZ', '2030W01', '2030-001', '1893456000', 'never', '∞', '２０３０-01-01T00:00:00Z', '9' x 500, 'Tue, 01 Jan 2030 00:00:00 GMT',
) {
    for my $row ($bad_time->($text)) {
        my ($member, @of) = @$row;
        refused("pws 6.2: $member of <" . shown($text) . '>', invoke(given(@of)), 400, $TYPE{400});
    }
}
my $space_path = "/space/$space/";
for my $row (
    # Texts that name somebody or something in another spelling.
    (map { ["a controller of <" . shown($_) . '>', [document => { controller => $_ }], 400] } '', ' ', 'x', 'did:', 'did:key', 'did:key:', 'did::x', 'DID:key:x', $bob->did . ' ', ' ' . $bob->did, $bob->did . "\n", $bob->did . '/x', $bob->did . '?x', $bob->did . '#', $bob->did . '#a#b', 'https://wallet.example/', 'mailto:x@y', 'd' x 9000 . ':x', 'did:key:' . 'z' x 600),
    (map { ["a controller of <" . shown($_) . '>', [document => { controller => $_ }], 404] } uc($bob->did) =~ s/DID:KEY/did:key/r, $bob->did . '#x', $bob->did . '#' . $stranger->key->multibase, $stranger->did . '#' . $bob->key->multibase, $bob->did =~ s/key:z/key:z1/r, 'did:web:wallet.example', $bob->did =~ s/z/%7A/r, "did:key:$multibase"),
    ['a controller with its whole name', [document => { controller => $bob->key->key_id }], 204],
    (map { ["controllers: $_->[0]", [document => { controller => $_->[1] }], 400] } ['none', []], ['nothing', [undef]], ['a number', [\'1']], ['an object', [{}]], ['a list in a list', [[$bob->did]]], ['17', [map { $bob->did } 1 .. 17]], ['an empty one beside his', [$bob->did, '']], ['one that is no DID beside his', [$bob->did, 'x']]),
    ['16 controllers', [document => { controller => [map { $bob->did } 1 .. 16] }], 204],
    (map { ["an action of $_->[0]", [document => { allowedAction => $_->[1] }], $_->[2]] } ['nothing', '', 400], ['null', \'null', 400], ['nothing in a list', [''], 400], ['33', [('PUT') x 33], 400], ['a number', [\'1'], 400], ['an object', {}, 400], ['lists', [['PUT']], 400], ['a blank behind', ['PUT '], 404], ['lower case', ['put'], 404], ['an asterisk', ['*'], 404],
        ['all in one', ['GET,PUT'], 404], ['write', ['write'], 404], ['a look-alike', ['ＰＵＴ'], 404], ['a NUL', ["PUT\0"], 400], ['32', [('PUT') x 32], 204]),
    (map { ["a target of <" . shown($_) . '>', [document => { invocationTarget => $_ }], 400] } '', ' ', 'x', $space_path, "//$host$space_path", "$top ", " $top", "$top\n", "$top\t", "$top\"", "$top<", "$top\\", "$top\`", "$top\x{e9}", 'http:', ':', '1http://x'),
    (map { ["a target of <" . shown($_) . '>', [document => { invocationTarget => $_ }], 404] } uc("http") . substr($top, 4), $top =~ s/127/localhost/r, $top =~ s{//}{//me\@}r, $top =~ s{//}{//me:pw\@}r, $top =~ s{(\d)/}{$1./}r, $top =~ s{/space}{//space}r, $top =~ s{/space}{/./space}r, $top =~ s{/space}{/x/../space}r, $top =~ s{/space}{/%73pace}r, $top =~ s{/space}{/SPACE}r, $top . '#x', $top . '?', $top . '?x=y', $top =~ s{/\z}{}r =~ s/.\z//r,
        $top =~ s/http/https/r, $top . '/', $top . '..', $top . '%2e%2e/', $top . 'c/n/', $top . 'c/m', $top . 'c/nn', 'http:' . 'x' x 4000, "urn:zcap:root:x", $top . '*', $top =~ s{/space.*}{}r . ':80/'),
    (map { ["an id of <" . shown($_) . '>', [id => $_], 400] } ' ', 'x', "urn:x:y ", "urn:x:\"", "urn:x:'y\\", "urn:x:{a,b}", "urn:x:\n", "urn:x:\x{e9}", root_id($top), 'urn:zcap:root:x', ':x', '9:x'),
    (map { ["a parent of <" . shown($_) . '>', [document => { parentCapability => $_ }], 400] } '', 'x', $top, root_id($top) . '%', root_id("$top#"), root_id($top) =~ s/%3A/:/r, root_id($top) =~ s/space/%73pace/r, 'urn:zcap:root:' . $top, "urn:zcap:root:", 'urn:zcap:root:%00', 'urn:zcap:root:%ff', 'URN:ZCAP:ROOT:' . substr(root_id($top), 14), root_id($alice->url('/space/other/'))),
    (map { ["a chain of $_->[0]", [proof => { capabilityChain => $_->[1] }], 400] } ['nothing', []], ['text', root_id($top)], ['null', \'null'], ['an object', {}], ['a number', [\'1']], ['the root twice', [root_id($top), root_id($top)]], ['the root in a list', [[root_id($top)]]], ['the target', [$top]], ['eleven roots', [map { root_id($top) } 1 .. 11]], ['10000 roots', [map { 'urn:zcap:root:x' } 1 .. 2000]],
        ['another root', [root_id($alice->url('/space/other/'))]], ['a root that is an object', [{ id => root_id($top) }]]),
    (map { ["a proof with $_->[0]", [proof => { $_->[0] => $_->[1] }], 400] } [expires => '2030-01-01T00:00:00Z'], [domain => 'x'], [challenge => 'x'], [previousProof => 'urn:x:y'], [proofPurpose => 'capabilityInvocation'], [proofPurpose => ['capabilityDelegation']], [proofPurpose => 'CapabilityDelegation'], [type => ['DataIntegrityProof']], [verificationMethod => ''], [verificationMethod => [$alice->key->key_id]], [verificationMethod => { id => $alice->key->key_id }],
        [verificationMethod => 'x']),
    (map { ["a capability with $_->[0]", [document => { $_->[0] => $_->[1] }], 400] } [caveat => []], [caveat => [{ type => 'x' }]], [invoker => $bob->did], [delegator => $alice->did], ['@context' => []], ['@context' => 'https://w3id.org/zcap/v1'], ['@context' => ['https://w3id.org/zcap/v2']], ['@context' => [{ id => 'x' }]], ['@context' => [\'null']]),
    (map { ["a proof of <" . shown($_) . '>', [proof => { type => $_ }], 404] } 'dataIntegrityProof', 'DataIntegrityProof ', 'Ed25519Signature2018', 'Ed25519Signature2020', 'JsonWebSignature2020', 'https://w3id.org/security#DataIntegrityProof'),
    (map { ["the suite <" . shown($_) . '>', [proof => { cryptosuite => $_ }], 404] } 'eddsa-rdfc-2022', 'EDDSA-JCS-2022', 'eddsa-jcs-2022 ', 'ecdsa-jcs-2019', 'none', ''),
    ['no suite', [proof => { cryptosuite => undef }], 404], ['a suite that is a list', [proof => { cryptosuite => ['eddsa-jcs-2022'] }], 404],
    (map { ["a method of <" . shown($_) . '>', [proof => { verificationMethod => $_ }], 404] } $alice->did . '#x', $alice->did . '#' . $stranger->key->multibase, $stranger->key->key_id, 'did:web:wallet.example#k', $alice->did =~ s/key:z/key:z1/r, 'did:key:u' . encode_base64url("\xed\x01" . $alice->key->public), 'did:key:z' . WAS::Key::base58("\xed\x01\x01" . "\0" x 31)),
    (map { ["a method of <" . shown($_) . '>', [proof => { verificationMethod => $_ }], 400] } $alice->did . '?x', $alice->did . '/x', $alice->did . '#', $alice->did . ' ', uc $alice->did, $multibase),
    ['a method that is the DID alone', [proof => { verificationMethod => $alice->did }], 204],
    # The value of the proof.
    ['a proof of zeros', [mangle => sub { "\0" x 64 }], 404], ['a proof of 63 bytes', [mangle => sub { substr $_[0], 1 }], 404], ['a proof of 65 bytes', [mangle => sub { "$_[0]\0" }], 404], ['a proof with S beyond the order', [mangle => \&add_order], 404], ['a proof with R of small order', [mangle => sub { "\x01" . "\0" x 31 . substr $_[0], 32 }], 404],
    (map { my ($name, $code, $status) = @$_; ["a proof $name", [after => sub { $_[0]{proof}{proofValue} = $code->($_[0]{proof}{proofValue}) }], $status] }
        ['with a one before', sub { $_[0] =~ s/\Az/z1/r }, 404], ['with a one behind', sub { "$_[0]1" }, 404], ['with a 0', sub { $_[0] =~ s/.\z/0/r }, 404], ['with an l', sub { $_[0] =~ s/.\z/l/r }, 404], ['with a blank', sub { "$_[0] " }, 404], ['with a line break', sub { "$_[0]\n" }, 404], ['without its letter', sub { substr $_[0], 1 }, 404], ['with its letter twice', sub { "z$_[0]" }, 404],
        ['with a capital letter', sub { 'Z' . substr $_[0], 1 }, 404], ['of nothing', sub { '' }, 400], ['of a letter', sub { 'z' }, 404], ['of 60000 digits', sub { 'z' . '1' x 60000 }, 404], ['that is a number', sub { \'1' }, 400], ['that is a list', sub { [$_[0]] }, 400], ['that is null', sub { \'null' }, 400]),
) {
    my ($name, $of, $status) = @$row;
    my $res = invoke(given(@$of));
    if ($status == 204) {
        is($res->status, 204, "pws 6: $name") or diag $res->body;
        $before = all_stored();
        $cases++;
    }
    else {
        refused("pws 6: $name", $res, $status, $TYPE{$status});
    }
}
# The bytes of the same signature in the other alphabet of the suite, and in those that are not.
{
    my %bytes;
    my $zcap = given(mangle => sub { $bytes{proof} = $_[0] });
    for my $row (['u', sub { encode_base64url($_[0]) }, 204], ['u', sub { encode_base64url($_[0]) . '==' }, 404], ['m', sub { encode_base64($_[0], '') =~ s/=//gr }, 404], ['M', sub { encode_base64($_[0], '') }, 404], ['U', sub { encode_base64url($_[0]) . '==' }, 404], ['f', sub { unpack 'H*', $_[0] }, 404], ['F', sub { uc unpack 'H*', $_[0] }, 404]) {
        my ($letter, $code, $status) = @$row;
        $zcap->{proof}{proofValue} = $letter . $code->($bytes{proof});
        my $res = invoke($zcap);
        $status == 204 ? is($res->status, 204, "pws 7.1: a proof in multibase $letter") : refused('pws 7.1: a proof of <' . shown($zcap->{proof}{proofValue}) . '>', $res, $status, $TYPE{$status});
    }
    $before = all_stored();
}

# The text of a capability: what two readers of JSON could read differently.
for my $row (
    (map { my ($name, $member) = @$_; ["$name twice, at the end", sub { s/\}\z/,$member}/ }] } ['id', '"id":"urn:x:y"'], ['controller', '"controller":"' . $stranger->did . '"'], ['invocationTarget', '"invocationTarget":"' . $alice->url('/') . '"'], ['expires', '"expires":"2099-01-01T00:00:00Z"'], ['proof', '"proof":{}'], ['allowedAction, null', '"allowedAction":null,"allowedAction":["PUT"]'], ['@context', '"@context":[]']),
    ['a name twice, escaped', sub { s/\A\{/{"\\u0069d":"urn:x:y",/ }], ['a name twice in an unknown member', sub { s/\A\{/{"x":{"a":1,"a":2},/ }], ['a name twice in a list', sub { s/\A\{/{"x":[{"a":1,"a":1}],/ }], ['a name twice in the proof, escaped', sub { s/"proof":\{/"proof":{"cre\\u0061ted":"2020-01-01T00:00:00Z",/ }],
    ['text before', sub { $_ = "x$_" }], ['text behind', sub { $_ .= 'x' }], ['another behind', sub { $_ .= $_ }], ['a NUL behind', sub { $_ .= "\0" }], ['a NUL before', sub { $_ = "\0$_" }], ['a byte order mark', sub { $_ = "\xef\xbb\xbf$_" }], ['UTF-16', sub { $_ = Encode::encode('UTF-16', $_) }], ['a comment', sub { s/\A\{/{\/**\// }], ['a comma too many', sub { s/\}\z/,}/ }], ['single quotes', sub { tr/"/'/ }],
    ['a list around it', sub { $_ = "[$_]" }], ['a string around it', sub { $_ = jcs($_) }], ['cut', sub { chop }], ['33 levels', sub { s/\A\{/'{"x":' . '[' x 32 . ']' x 32 . ','/e }], ['60000 levels', sub { s/\A\{/'{"x":' . '[' x 30000 . ']' x 30000 . ','/e }], ['levels that never end', sub { $_ = '{"x":' x 10000 }], ['NaN', sub { s/\A\{/{"x":NaN,/ }], ['a huge number', sub { s/\A\{/{"x":1e999,/ }], ['a long number', sub { s/\A\{/'{"x":' . '9' x 400 . ','/e }],
    ['a leading zero', sub { s/\A\{/{"x":01,/ }], ['an unknown escape', sub { s/\A\{/{"x":"\\x41",/ }], ['half a surrogate', sub { s/\A\{/{"x":"\\ud800",/ }], ['a raw line break', sub { s/\A\{/{"x":"\n",/ }], ['overlong UTF-8', sub { s/\A\{/{"x":"\xc0\xae",/ }], ['a NUL in a name', sub { s/\A\{/{"\\u0000":1,/ }], ['64 KiB and a byte', sub { $_ .= ' ' x (65537 - length) }], ['a megabyte', sub { $_ .= ' ' x 1_000_000 }], ['six megabytes', sub { $_ .= ' ' x 4_000_000 }],
    ['nothing but blanks', sub { $_ = ' ' x 65536 }], ['nothing', sub { $_ = '' }],
) {
    my ($name, $code) = @$row;
    refused("pws 6.2: the text of a capability: $name", invoke(text_of($code)), 400, $TYPE{400});
}
# What may be written differently is signed in one way: these are the same capability, or a changed one.
for my $row (
    ['blanks', sub { s/,/ , /g; s/:\{/ : {/g }, 204], ['64 KiB', sub { $_ .= ' ' x (65536 - length) }, 204], ['escapes', sub { s/"urn:uuid/"\\u0075rn\\u003auuid/g }, 204], ['slashes escaped', sub { s{/}{\\/}g }, 204], ['members turned round', sub { s/\A\{("\@context":\[.*?\]),(.*)\}\z/{$2,$1}/s }, 204],
    ['a member more', sub { s/\A\{/{"x":1,/ }, 404], ['a member more in the proof', sub { s/"proof":\{/"proof":{"x":1,/ }, 404], ['an expiry a second later', sub { s/("expires":"[^"]*)(\d)Z/$1 . ($2 + 1) % 10 . 'Z'/e }, 404], ['a number with a fraction', sub { s/\A\{/{"x":1.5,/ }, 404], ['allowedAction added', sub { s/\A\{/{"allowedAction":["PUT"],/ }, 404],
) {
    my ($name, $code, $status) = @$row;
    my $res = invoke(text_of($code));
    if ($status == 204) { is($res->status, 204, "pws 7.1: the text of a capability: $name") or diag $res->body; $before = all_stored(); $cases++ }
    else { refused("pws 7.1: the text of a capability: $name", $res, $status, $TYPE{$status}) }
}

# 5. Compression. What zlib reads as one whole gzip member is one; nothing else is.
sub gzip { return Compress::Zlib::memGzip($_[0]) }
sub deflated { my ($text) = @_; return substr gzip($text), 10 }
sub header { my ($flags, $more) = @_; return "\x1f\x8b\x08" . chr($flags) . "\0\0\0\0\0\x03" . ($more // '') }
for my $row (
    ['as it should be', sub { gzip($_) }, 204], ['with a name', sub { header(8, "name\0") . deflated($_) }, 204], ['with a comment', sub { header(16, "comment\0") . deflated($_) }, 204], ['with a field more', sub { header(4, "\4\0abcd") . deflated($_) }, 204],
    ['with a name that does not end', sub { header(8, 'x' x 500) }, 400], ['with a field more that does not end', sub { header(4, "\xff\xffabcd") . deflated($_) }, 400], ['with a wrong digest of its header', sub { header(2, "\0\0") . deflated($_) }, 400], ['with a flag that nobody knows', sub { header(32) . deflated($_) }, 400],
    ['with another method', sub { my $z = gzip($_); substr $z, 2, 1, "\x07"; $z }, 400], ['with another magic', sub { my $z = gzip($_); substr $z, 1, 1, "\x8c"; $z }, 400], ['with a wrong length', sub { my $z = gzip($_); substr $z, -4, 1, chr(1 + ord(substr $z, -4, 1) & 255); $z }, 400], ['with a wrong sum', sub { my $z = gzip($_); substr $z, -8, 4, 'abcd'; $z }, 400],
    ['its header alone', sub { header(0) }, 400], ['without its header', sub { deflated($_) }, 400], ['without its trailer', sub { substr gzip($_), 0, -8 }, 400], ['a byte too few', sub { substr gzip($_), 0, -1 }, 400], ['a byte too many', sub { gzip($_) . "\0" }, 400], ['twice', sub { gzip($_) x 2 }, 400], ['an empty one behind', sub { gzip($_) . gzip('') }, 400], ['an empty one before', sub { gzip('') . gzip($_) }, 400], ['gzipped twice', sub { gzip(gzip($_)) }, 400],
    ['a block of a type that is none', sub { header(0) . "\x07" . substr deflated($_), 1 }, 400], ['a stored block whose lengths differ', sub { header(0) . "\x01\x05\x00\x05\x00hello" . "\0" x 8 }, 400], ['4000 empty blocks', sub { header(0) . "\x00\x00\x00\xff\xff" x 1000 . deflated($_) }, 204], ['a distance too far back', sub { header(0) . "\x4b\x04\x61" . "\0" x 8 }, 400],
    ['six megabytes of zeros', sub { gzip("\0" x 5_500_000) }, 400], ['six megabytes of blanks around it', sub { gzip(' ' x 2_500_000 . $_ . ' ' x 2_500_000) }, 400], ['5000 members', sub { gzip('') x 250 }, 400], ['not compressed', sub { $_ }, 400], ['zlib', sub { Compress::Zlib::compress($_) }, 400], ['a ZIP file', sub { "PK\3\4" . "\0" x 40 }, 400], ['nothing', sub { '' }, 400],
) {
    my ($name, $code, $status) = @$row;
    local $_ = jcs(given());
    my $res = invoke(undef, zcap => { packed => $code->() });
    if ($status == 204) { is($res->status, 204, "pws 5.1: a gzipped capability: $name") or diag $res->body; $before = all_stored(); $cases++ }
    else { refused("pws 5.1: a gzipped capability: $name", $res, $status, $TYPE{$status}) }
}
{
    my $text = encode_base64url(gzip(jcs(given())));
    for my $row (['padded', $text . '=' x (-length($text) % 4 || 4)], ['standard alphabet', $text =~ tr{-_}{+/}r . '+'], ['a blank inside', $text =~ s/\A.{9}/$& /r], ['a line break escaped', $text . '%0A'], ['percent-encoded', $text =~ s/H/%48/r], ['a tab', $text =~ s/\A.{9}/$&\t/r], ['a letter too many', $text . ('A' x (length($text) % 4 == 0 ? 1 : 5 - length($text) % 4))], ['hex', unpack 'H*', gzip('x')], ['in multibase', "u$text"],
        ['quotes inside', $text =~ s/\A.{9}/$&"/r], ['nothing', ''], ['an asterisk', '*'], ['bytes', "\xff\xfe"]) {
        my ($name, $encoded) = @$row;
        refused("pws 5.1: the base64url of a capability: $name", invoke(undef, zcap => { encoded => $encoded }), 400, $TYPE{400});
    }
}
is_deeply(all_stored(), $before, 'pws 6-7: what was refused has stored nothing, in any table');

# 6. The host. A server with a name of its own takes what was signed for that name alone.
{
    my $server = WAS::Server->start(config => qq(<Location "/">\nWASProtocol pws\nWASBaseURL http://wallet.example\n</Location>\n));
    my ($port) = $server->origin =~ /(\d+)\z/;
    my $carol = WAS::Zcap->new(base => 'http://wallet.example', key => WAS::Key->from_seed(random_bytes(32)), timeout => 30);
    @$carol{qw(host port)} = ('127.0.0.1', $port);
    my $id = make_space($carol);
    my $path = "/space/$id/c";
    make_collection($carol, $id, 'c', { r => 'content' });
    my $rows = stored($id);
    for my $row (
        (map { [$_, 400] } 'WALLET.example', 'wallet.example.', 'wallet.example:80', 'wallet.example:443', 'wallet.example:8080', "127.0.0.1:$port", 'localhost', 'evil.example', 'wallet.example.evil.example', 'evil-wallet.example', 'wallet', '[::1]', '[::1]:80', 'xn--wllet-3ve.example'),
        (map { [$_, 'httpd'] } 'me@wallet.example', 'wallet.example/x', 'wallet.example, evil.example', 'wallet.example evil.example', 'http://wallet.example', 'wallet.example:x', '[::1', "wallet.example\0", 'wallet.example:99999', 'wаllet.example', 'wallet.example:', '*', 'wallet.example;x', ''),
        ['wallet.example', 204],
    ) {
        my ($name, $status) = @$row;
        my $bytes = Encode::encode_utf8($name);
        my $res = $carol->put("$path/n", type => 'text/plain', body => 'x', headers => [Host => $bytes]);
        if ($status eq 'httpd') {
            like($res->status, qr/\A400\z/, 'pws 5.1: Host <' . shown($bytes) . '>');
        }
        elsif ($status == 204) {
            is($res->status, 204, "pws 5.1: Host <$name>") or diag $res->body;
            sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $id, '/c/n');
        }
        else {
            refused('pws 5.1: Host <' . shown($bytes) . '>', $res, $status, $TYPE{$status});
        }
        $cases++;
    }
    my $lines = sub {
        my ($of_host) = @_;
        my $invocation = $carol->invocation('PUT', "$path/n", {});
        my $digest = WAS::Zcap::digest_of('x');
        return ('Content-Type: text/plain', 'Content-Length: 1', "Digest: $digest", "Capability-Invocation: $invocation", 'Authorization: ' . WAS::Client::authorization(key => $carol->key, method => 'PUT', target => "$path/n",
            headers => [WAS::Zcap::covered(1)], expires => time + 300, created => int time, fields => [[Host => $of_host], ['Content-Type' => 'text/plain'], [Digest => $digest], ['Capability-Invocation' => $invocation]]));
    };
    for my $row (
        ['absolute-form, the same', 'http://wallet.example', ['Host: wallet.example'], 'wallet.example', 204],
        ['absolute-form of another', 'http://evil.example', ['Host: wallet.example'], 'wallet.example', 400],
        ['absolute-form of another, signed for it', 'http://evil.example', ['Host: wallet.example'], 'evil.example', 400],
        ['absolute-form of this, the field of another', 'http://wallet.example', ['Host: evil.example'], 'evil.example', 404],
        ['signed for another', '', ['Host: wallet.example'], 'evil.example', 404],
        ['X-Forwarded-Host', '', ['Host: evil.example', 'X-Forwarded-Host: wallet.example'], 'evil.example', 400],
        ['Forwarded', '', ['Host: evil.example', 'Forwarded: host=wallet.example'], 'evil.example', 400],
        ['twice', '', ['Host: wallet.example', 'Host: evil.example'], 'wallet.example', 'httpd'],
        ['twice, the other way', '', ['Host: evil.example', 'Host: wallet.example'], 'wallet.example', 'httpd'],
        ['none', '', [], 'wallet.example', 'httpd'],
    ) {
        my ($name, $prefix, $hosts, $signed, $status) = @$row;
        my $said = talk($carol, wire("PUT $prefix$path/n HTTP/1.1", [@$hosts, $lines->($signed)], 'x'), 'PUT');
        my $res = $said->{answers}[0];
        if ($status eq 'httpd' || $status == 204) {
            is($res->status, $status eq 'httpd' ? 400 : 204, "pws 5.1: the host: $name") or diag $res->body;
            sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $id, '/c/n');
        }
        else {
            refused("pws 5.1: the host: $name", $res, $status, $TYPE{$status});
        }
    }
    same_stored('pws 5.1: no other host has changed anything', $rows, $id);
    unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'pws 5.1: nothing of this is an error of ours');
    $server->stop;
    $alice->delete("$c/n");
    $before = all_stored();
}

# 7. A body that nobody reads is no request. What is in it is whole and signed, and would store `x`.
{
    my $line = honest();
    my $smuggled = wire("PUT $c/n HTTP/1.1", ["Host: $host", 'Content-Length: 1', 'Content-Type: text/plain', put_lines($line)], 'x');
    my $fields_of = sub {
        my ($method, $target, %of) = @_;
        my $invocation = $alice->invocation($method, $target, $of{zcap} // {});
        return ("Capability-Invocation: $invocation", 'Authorization: ' . WAS::Client::authorization(key => $alice->key, method => $method, target => $target, headers => [WAS::Zcap::covered(0)], created => int time, expires => time + 300,
            fields => [[Host => $host], ['Capability-Invocation' => $invocation]], %{ $of{sign} // {} }));
    };
    for my $row (
        ['of nobody', PUT => "$c/r", [], 401], ['of a reader that is nobody', GET => "$c/r", [], 404], ['of the service', GET => '/service', [], 200], ['of the list', GET => '/spaces/', [], 200], ['of a redirection', PUT => $at, [], 308], ['of no such method', PUT => "$c/", [], 405], ['of no such route', PUT => '/nothing', [], 404], ['of OPTIONS', OPTIONS => "$c/r", [], 204],
        ['of half a signature', PUT => "$c/r", ['Authorization: Signature x="y"'], 400], ['without a type', PUT => "$c/r", [$fields_of->(PUT => "$c/r")], 400], ['without a type, of a GET', GET => "$c/r", [$fields_of->(GET => "$c/r")], 400], ['without a type, of a DELETE', DELETE => "$c/none", [$fields_of->(DELETE => "$c/none")], 400],
        ['of a bad id', PUT => "$at/a%3Ab/r", [], 401], ['of a bad target', PUT => "$c/%00", [], 400], ['of a forger', DELETE => "$c/r", [$fields_of->(DELETE => "$c/r", sign => { key => $stranger->key })], 400], ['that is not offered', GET => "$at/quotas", [], 404],
    ) {
        my ($name, $method, $target, $fields, $status) = @$row;
        for my $how ('of a length', 'in chunks', 'that waits for a 100') {
            my @framing = $how =~ /chunks/ ? 'Transfer-Encoding: chunked' : 'Content-Length: ' . length $smuggled;
            push @framing, 'Expect: 100-continue' if $how =~ /waits/;
            my $body = $how =~ /chunks/ ? sprintf("%x\r\n%s\r\n0\r\n\r\n", length $smuggled, $smuggled) : $smuggled;
            my $said = talk($alice, wire("$method $target HTTP/1.1", ["Host: $host", @$fields, @framing], $body), $method);
            is(join(' ', map { $_->status } @{ $said->{answers} }) . $said->{rest}, $status, "RFC 9112 11.2: a body $how, $name: one answer");
            $cases++;
        }
    }
    is_deeply(all_stored(), $before, 'RFC 9112 11.2: and nothing was smuggled into any table');
}

# 8. Names that look alike, and SQL: refused where an id is meant, kept to the byte where a text is.
my @texts = (
    'é', "e\x{301}", 'ｅ', 'е', "a\x{200b}", "a\x{ad}", "\x{202e}a", "\x{feff}a", "a\x{85}", "a\x{2028}", "\x{fffe}", "\x{fdd0}", "\x{10ffff}", "\x{1f600}", "\x{ff0f}", "\x{2024}\x{2024}", "\x{212a}", 'ß', 'İ', "a\tb", "a\nb", "a\\b", "a'b", 'a"b', 'a`b', 'a;b', 'a,b', 'a|b', 'a&b', 'a=b', 'a+b', 'a$b', 'a!b', 'a(b)', 'a[b]', '<a>', '%', '%41',
    q('; DROP TABLE was_spaces; --), q(' OR 1=1 --), q(" OR ""="), q($1), q($$;$$), q(E'\\x41'), q({a,b}), q({"a","b"}), q(\\'; --), q(%' OR path LIKE '%), q(/**/UNION/**/SELECT/**/1), q(NULL::text), q!');COMMIT;--!, q(pg_sleep(9)),
);
my $wide = sub { my ($text) = @_; return utf8::is_utf8($text) ? $text : Encode::decode_utf8($text) };
for my $text (@texts) {
    my $utf8 = Encode::encode_utf8($wide->($text));
    my $escaped = join '', map { sprintf '%%%02X', ord } split //, $utf8;
    my $shown = shown($text);
    my $json = json_text($wide->($text));
    told($alice,
        ["text <$shown>: no id of a space", POST => '/spaces/', [json => qq({"id":$json,"controller":"$did"})], 400, 'invalid-id'],
        ["text <$shown>: no id of a collection", POST => "$at/", [json => qq({"id":$json})], 400, 'invalid-id'],
        ["text <$shown>: no id of a backend", POST => "$at/backends", [json => qq({"id":$json,"provider":"p","connection":{"kind":"k"}})], 400, 'invalid-id'],
        ["text <$shown>: no collection in a URL", PUT => "$at/$escaped/meta", [json => '{}'], 400, 'invalid-id'],
        ["text <$shown>: no resource in a URL", PUT => "$c/$escaped", [type => 'text/plain', body => 'x'], 400, 'invalid-id'],
        ["text <$shown>: no resource to be read", GET => "$c/$escaped", [], 400, 'invalid-id'],
        ["text <$shown>: no space in a URL", DELETE => "/space/$escaped/", [], 400, 'invalid-id'],
        ["text <$shown>: no controller", POST => '/spaces/', [json => qq({"controller":$json})], 400, 'invalid-request-body'],
        ["text <$shown>: no controller that begins well", POST => '/spaces/', [json => json_text({ controller => $did . $wide->($text) })], 400, 'invalid-request-body'],
        ["text <$shown>: no generator", POST => "$at/", [json => qq({"id":"never","generator":$json})], 400, 'invalid-request-body'],
        ["text <$shown>: no origin", POST => "$at/", [json => qq({"id":"never","generatorOrigin":$json})], 400, 'invalid-request-body'],
        ["text <$shown>: no cursor", GET => "$c/?cursor=$escaped", [], 400, 'invalid-cursor'],
        ["text <$shown>: no cursor when encoded", GET => "$c/?cursor=" . encode_base64url($utf8), [], 400, 'invalid-cursor'],
        ["text <$shown>: a limit that is none", GET => "$c/?limit=$escaped", [], 200],
        ["text <$shown>: a condition on a version", DELETE => "$c/r", [headers => ['If-Match' => '"' . ($utf8 =~ s/[\s"\x7f]//gr) . '"']], 412, 'precondition-failed'],
        ["text <$shown>: a revocation of no capability", POST => "$at/zcaps/revocations/$escaped", [json => '{}'], 400, 'invalid-request-body'],
    );
    $cases += 16;
}
is_deeply(all_stored(), $before, 'text: none of these has stored or deleted anything, in any table');
{
    my $kept = make_collection($alice, $space, 'kept', { r => 'x' });
    for my $text (@texts) {
        my $shown = shown($text);
        my $string = $wide->($text);
        my $res = $alice->send_json(PUT => "$kept/meta", json_text({ name => $string, custom => { name => $string, tags => { $string => $string }, "x$string" => [$string] } }));
        is($res->status, 204, "text <$shown>: a collection's name") or diag $res->body;
        my $got = $alice->get("$kept/meta")->json;
        is_deeply([$got->{name}, $got->{custom}], [$string, { name => $string, tags => { $string => $string }, "x$string" => [$string] }], "text <$shown>: is kept to the byte");
        like($alice->send_json(PUT => "$kept/policy", json_text({ type => $string }))->status, qr/\A20[14]\z/, "text <$shown>: a policy");
        is_deeply($alice->get("$kept/policy")->json, { type => $string }, "text <$shown>: is kept to the byte");
        due("text <$shown>: and lets nobody read", $alice->get("$kept/r", zcap => 0, sign => 0), 404, 'not-found');
        $cases += 5;
        next if $text !~ /\A[\x20-\x7e]+\z/;
        is($alice->put("$kept/r", type => 'text/plain', body => 'x', headers => ['Key-Epoch' => $text, 'Writer-Id' => $text])->status, 204, "text <$shown>: an epoch and a writer");
        $got = $alice->get("$kept/r/meta")->json;
        is("$got->{epoch} $got->{writerId}", "$text $text", "text <$shown>: are kept to the byte");
        $cases += 2;
    }
    due('text: the collection goes', $alice->delete("$kept/"), 204);
}

# 9. Forms that two readers could read differently: which boundary it is, and what is a file.
{
    my $part = sub { my ($boundary, $disposition, $body) = @_; return "--$boundary\r\nContent-Disposition: form-data; $disposition\r\n\r\n$body\r\n" };
    my $both = $part->('C', 'name="f"; filename="c"', 'of C') . "--C--\r\n" . $part->('B', 'name="f"; filename="b"', 'of B') . "--B--\r\n";
    my $file = $part->('B', 'name="f"; filename="b"', 'the file');
    my $form = 'multipart/form-data; boundary=B';
    for my $row (
        ['two boundaries', "$form; boundary=C", $both, undef], ['two boundaries, the other way', 'multipart/form-data; boundary=C; boundary=B', $both, undef], ['the same boundary twice', "$form; boundary=B", $both, undef],
        ['a parameter whose name ends like it', 'multipart/form-data; xboundary=C; boundary=B', $both, 'of B'], ['a boundary in the quotes of another', 'multipart/form-data; x="boundary=C"; boundary=B', $both, 'of B'],
        ['a boundary only in the quotes of another', 'multipart/form-data; x="; boundary=B"', $both, undef], ['quotes that do not end behind it', "$form; x=\"", $both, undef], ['something behind it', "$form C", $both, undef], ['a parameter without a value', "$form; x", $both, 'of B'],
        ['capitals', 'Multipart/Form-Data; BOUNDARY=B', $both, 'of B'], ['a semicolon behind it', "$form;", $both, 'of B'],
        ['a field whose name is like a file', $form, $part->('B', 'name="x; filename=y"', 'no file') . '--B--', undef], ['a file beside such a field', $form, $part->('B', 'name="x; filename=y"', 'no file') . "$file--B--", 'the file'],
        ['a parameter that ends like filename', $form, $part->('B', 'name="x"; xfilename="y"', 'no file') . "$file--B--", 'the file'], ['two names of one file', $form, $part->('B', 'name="x"; filename="y"; filename="z"', 'x') . '--B--', undef],
        ['quotes that do not end in its name', $form, $part->('B', 'name="x"; filename="y', 'x') . '--B--', undef], ['an escaped quote in its name', $form, $part->('B', 'name="x"; filename="y\"; z"', 'escaped') . '--B--', 'escaped'],
        ['a name in another charset', $form, $part->('B', q(name="x"; filename*=UTF-8''%e2%82%ac), 'extended') . '--B--', 'extended'], ['both kinds of name', $form, $part->('B', q(name="x"; filename="y"; filename*=UTF-8''%e2%82%ac), 'both') . '--B--', 'both'],
    ) {
        my ($name, $type, $body, $stored) = @$row;
        my $res = $alice->post("$c/", type => $type, body => $body);
        if (defined $stored) {
            is($res->status, 201, "pws 12.1: a form: $name") or diag $res->body;
            is($alice->get(($res->json // {})->{url} // '/')->body, $stored, "pws 12.1: a form: $name: the file");
            $cases++;
        }
        else {
            refused("pws 12.1: a form: $name", $res, 400, 'invalid-request-body');
        }
    }
}

# 10. Everything in excess.
my $h = sub { return (headers => [@_]) };
for my $row (
    ['90 lines of tags', DELETE => "$c/r", [$h->(map { ('If-Match' => join ', ', map { "\"$_\"" } 1 .. 900) } 1 .. 90)], 400, undef],
    ['10000 members', PUT => "$c/meta", [json => '{' . join(',', map { "\"$_\":0" } 1 .. 8000) . '}'], 413, 'payload-too-large'],
    ['custom beyond its bytes', PUT => "$c/meta", [json => json_text({ custom => { x => 'x' x 65_000 } })], 400, 'invalid-request-body'],
    ['10000 tags', PUT => "$c/r/meta", [json => json_text({ custom => { tags => { map { $_ => 'x' } 1 .. 4000 } } })], 400, 'invalid-request-body'],
    ['33 levels of custom', PUT => "$c/meta", [json => '{"custom":{"x":' . '[' x 31 . ']' x 31 . '}}'], 400, 'invalid-request-body'],
    ['a policy beyond its bytes', PUT => "$c/policy", [json => json_text({ type => 'x' x 65_536 })], 413, 'payload-too-large'],
    ['a name of 60000 bytes', PUT => "$c/meta", [json => json_text({ name => 'x' x 60_000 })], 400, 'invalid-request-body'],
    ['a cursor of 7000 bytes', GET => "$c/?cursor=" . 'A' x 7000, [], 400, 'invalid-cursor'],
    ['2000 parameters', GET => "$c/?" . join('&', map { "x$_" } 1 .. 1000), [], 200, undef],
    ['an invocation of 100 parameters', PUT => "$c/r", [type => 'text/plain', body => 'x', zcap => { field => 'zcap ' . join ',', map { "x$_=\"y\"" } 1 .. 100 }], 400, $TYPE{400}],
    ['a form of a thousand parts', POST => "$c/", [type => 'multipart/form-data; boundary=B', body => "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n" x 10_000 . '--B--'], 400, 'invalid-request-body'],
    ['a form whose head has 900000 bytes', POST => "$c/", [type => 'multipart/form-data; boundary=B', body => "--B\r\nContent-Disposition: form-data; name=\"" . 'x' x 900_000 . "\"\r\n\r\ny\r\n--B--"], 400, 'invalid-request-body'],
    ['a form of a file beyond 1 MiB', POST => "$c/", [type => 'multipart/form-data; boundary=B', body => "--B\r\nContent-Disposition: form-data; filename=\"x\"\r\n\r\n" . 'y' x 1_100_000 . "\r\n--B--"], 415, 'unsupported-media-type'],
    ['a million line breaks', POST => "$c/", [type => 'multipart/form-data; boundary=B', body => "\r\n" x 500_000], 400, 'invalid-request-body'],
) {
    my ($name, $method, $target, $options, $status, $type) = @$row;
    told($alice, ["limits: $name", $method => $target, $options, $status, $type]) if defined $type || $status < 400;
    is($alice->request($method, $target, @$options)->status, $status, "limits: $name") if !defined $type && $status >= 400;
    $cases++;
}
told($alice, ['pws: after all that', GET => "$c/r", [], 200, undef, body => 'content'], ['pws: and the space', GET => "$at/meta", [], 200]);

unlike(WAS::Server::error_log_since($log), qr/\[(?:was|dbd|core):(?:error|crit|alert|emerg)\]/, 'nothing of this is an error of ours');
note "$cases cases";

done_testing;
