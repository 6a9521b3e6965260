# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What must not work in Portable Web Spaces, byte by byte: invocations, signatures and digests that
# come twice, folded or in another spelling, capabilities whose numbers, times, names, proofs and
# compression are not what they should be, hosts that are not this one, bodies that nobody reads,
# names that look alike, and SQL wherever a text goes in. Each has its answer (protocol/pws sections
# 4 to 7), and nothing is stored that was refused.

use strict;
use warnings;

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
my $counters = counters($space);

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

my %TYPE = (
    400 => 'invalid-authorization-header',
    401 => 'missing-authorization',
    404 => 'not-found',
    431 => 'request-header-fields-too-large',
);
my @text = (type => 'text/plain', body => 'x');

# Taken, or refused with the status that is due; `httpd` is a 400 with a page of its own. What was
# taken is taken away again.
sub answered {
    my ($name, $res, $status) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return refused($name, $res, $status, $TYPE{$status}) if $status ne 'httpd' && $status != 201;
    $cases++;
    is($res->status, $status eq 'httpd' ? 400 : 201, $name) or diag $res->body;
    return take_back($space, 'n', $counters);
}

# 1. The fields on the wire. The head of an honest PUT, as lines; a row changes them. What is signed
# is what the server will have read, so that only the rule in question stands in the way.
sub honest {
    my (%sign) = @_;
    my %line = (
        digest => WAS::Zcap::digest_of('x'),
        invocation => $alice->invocation('PUT', "$c/n", { root => $top }),
        %{ delete $sign{lines} // {} },
    );
    my @fields = (
        [Host => $host],
        ['Content-Type' => 'text/plain'],
        [Digest => $line{digest}],
        ['Capability-Invocation' => $line{invocation}],
    );
    my %honest = (
        key => $alice->key,
        method => 'PUT',
        target => "$c/n",
        headers => [WAS::Zcap::covered(1)],
        created => int time,
        expires => time + 300,
        encoding => 'base64-padded',
        fields => \@fields,
    );
    $line{authorization} = WAS::Client::authorization(%honest, %sign);
    return \%line;
}

my @fields = qw(authorization invocation digest);
my %name = (
    authorization => 'Authorization',
    invocation => 'Capability-Invocation',
    digest => 'Digest',
);

sub put_lines {
    my ($line) = @_;
    return map { "$name{$_}: $line->{$_}" } @fields;
}

sub put_wire {
    my (@lines) = @_;
    my @head = ("Host: $host", 'Content-Length: 1', 'Content-Type: text/plain', @lines);
    my $said = talk($alice, wire("PUT $c/n HTTP/1.1", \@head, 'x'), 'PUT');
    return $said->{answers}[0] if @{ $said->{answers} } == 1 && $said->{rest} eq '';
    die 'not one answer';
}

# The lines of an honest request, in which the code changes one field's value or, as a list, lines.
sub value {
    my ($field, $code) = @_;
    my $line = honest();
    local $_ = $line->{$field};
    $code->();
    $line->{$field} = $_;
    return put_lines($line);
}

sub line_of {
    my ($field, $code) = @_;
    my $line = honest();
    return map {
        my $text = "$name{$_}: $line->{$_}";
        $_ eq $field ? $code->($text) : $text;
    } @fields;
}

my $other_root = root_id($alice->url('/space/other/'));
my ($authorization, $invocation, $digest) = put_lines(honest());
my $twice = join ', ', (honest()->{invocation}) x 2;
my $spaced = honest()->{invocation} =~ s/,/, /r;
my $digests = join ', ', (WAS::Zcap::digest_of('x')) x 2;

# Signed as one value, and sent in two lines.
sub split_value {
    my ($field, $value) = @_;
    my $line = honest(lines => { $field => $value });
    $line->{$field} =~ s/, /\r\n$name{$field}: /;
    return put_lines($line);
}

my @rows = (
    ['as it should be', [put_lines(honest())], 201],
    ['in another order', [reverse put_lines(honest())], 201],
    ['names in capitals', [map { s/\A[\w-]+/uc $&/er } put_lines(honest())], 201],
    [
        'two invocations of two roots',
        [qq(Capability-Invocation: zcap id="$other_root",action="PUT"), put_lines(honest())], 400
    ],
    ['two invocations, signed as one', [put_lines(honest(lines => { invocation => $twice }))], 400],
    ['an invocation in two lines that make one value', [split_value(invocation => $spaced)], 201],
    ['a digest in two lines, signed as one value', [split_value(digest => $digests)], 201],
    ['Authorization folded at its commas', [value(authorization => sub { s/,/,\r\n\t/g })], 201],
    [
        'Signature for Authorization',
        [$authorization =~ s/\AAuthorization/Signature/r, $invocation, $digest], 400
    ],
    [
        'Authorization of another scheme for the invocation',
        [$invocation =~ s/\A[\w-]+/Authorization/r, $invocation, $digest], 400
    ],
    [
        'both schemes in one Authorization',
        [$authorization . $invocation =~ s/\A[\w-]+:/,/r, $invocation, $digest], 400
    ],
    [
        'Capability-Invocation in Authorization',
        [qq($authorization,capability-invocation="x"), $digest], 400
    ],
);
for my $field (@fields) {
    my $name = $name{$field};
    # A wrong digest is one that was not signed.
    my $status = $field eq 'digest' ? 404 : 400;
    my $line = sub { my ($code) = @_; return [line_of($field, $code)] };
    my $value = sub { my ($code) = @_; return [value($field, $code)] };
    push @rows,
        ["$name twice, the same", $line->(sub { @_, @_ }), $status],
        ["$name twice, the second empty", $line->(sub { @_, "$name:" }), $status],
        ["$name twice, the first empty", $line->(sub { "$name:", @_ }), $status],
        ["$name empty", $value->(sub { $_ = '' }), $status],
        ["$name folded inside", $value->(sub { s/\A.{25}/$&\r\n / }), $status],
        ["a line feed alone behind $name", $value->(sub { $_ .= "\nX: y" }), 'httpd'],
        ["a blank before the colon of $name", $line->(sub { $_[0] =~ s/:/ :/r }), 'httpd'],
        ["X-$name for $name", $line->(sub { "X-$_[0]" }), 400],
        ["$name with an underscore", $line->(sub { $_[0] =~ s/:/_:/r }), 400],
        ["$name of 8300 bytes", $value->(sub { $_ .= ',' . 'x' x 8300 }), 431],
        ["90 lines of $name", [many_lines($field)], $field eq 'digest' ? 404 : 431];
    for my $byte ("\0", "\r", "\x0b", "\x7f", "\x80", "\xff") {
        my $due = ord $byte < 128 ? 'httpd' : $status;
        my $title = sprintf 'the byte %02x in %s', ord $byte, $name;
        push @rows, [$title, $value->(sub { s/\A.{25}/$&$byte/ }), $due];
    }
}

sub many_lines {
    my ($field) = @_;
    my $line = honest();
    return (("$name{$field}: $line->{$field}") x 88, put_lines($line));
}

for my $row (@rows) {
    my ($name, $lines, $status) = @$row;
    answered("pws 5.1: $name", put_wire(@$lines), $status);
}
# Trailers authorize nobody.
{
    my ($authorization, $invocation, $digest) = put_lines(honest());
    my @chunked = ("Host: $host", 'Content-Type: text/plain', 'Transfer-Encoding: chunked');
    for my $row (
        # what stands behind the body, the head, the trailer, status
        ['all of it', [], [$authorization, $invocation, $digest], 401],
        ['the invocation', [$authorization, $digest], [$invocation], 400],
        ['the signature', [$invocation, $digest], [$authorization], 400],
        ['the digest', [$authorization, $invocation], [$digest], 400],
    ) {
        my ($name, $head, $trailer, $status) = @$row;
        my $body = join "\r\n", '1', 'x', '0', @$trailer, '', '';
        my $said = talk($alice, wire("PUT $c/n HTTP/1.1", [@chunked, @$head], $body), 'PUT');
        refused("pws 4: $name in trailers", $said->{answers}[0], $status, $TYPE{$status});
    }
}

# 2. Numbers, names and keys of the signature, written in other ways.
my $now = int time;
for my $member (qw(created expires)) {
    my $time = $member eq 'created' ? $now : $now + 300;
    my $wide = Encode::encode_utf8($time =~ tr/0-9/\x{ff10}-\x{ff19}/r);
    my $hex = sprintf '0x%x', $time;
    my @texts = (
        "$time.0", "+$time", "-$time", "0$time", " $time", "$time ", $hex, $wide, "${time}000000",
        "$time,$time", '', qw(1e9 NaN Infinity null 18446744073709551616),
        map { '9' x $_ } 16, 19, 300);
    for my $text (@texts) {
        my $name = "pws 5.1: $member of <" . shown($text) . '>';
        refused($name, put_wire(put_lines(honest($member => $text))), 400, $TYPE{400});
    }
}
my $did = $alice->did;
my $multibase = $alice->key->multibase;
my $public = $alice->key->public;
sub did_of { return 'did:key:z' . WAS::Key::base58($_[0]) }
my @all = WAS::Zcap::covered(1);
my $zeros = sub { "\0" x 64 };
my $small_r = sub { "\x01" . "\0" x 31 . substr $_[0], 32 };
my $shorter = sub { substr $_[0], 1 };
my $longer = sub { "$_[0]\0" };
my %key_id = (
    'with a blank' => "$did ",
    'with its hash escaped' => "$did%23$multibase",
    'with a query' => "$did?x",
    'with a path' => "$did/x",
    'with an empty fragment' => "$did#",
    "with a stranger's fragment" => "$did#" . $stranger->key->multibase,
    'of another base' => 'did:key:u' . encode_base64url("\xed\x01$public"),
    'in hex' => 'did:key:f' . unpack('H*', "\xed\x01$public"),
    'with an overlong codec' => did_of("\xed\x81\0$public"),
    'without a codec' => did_of($public),
    'with a one before' => $did =~ s/key:z/key:z1/r,
    'in capitals' => uc $did,
    'of small order' => did_of("\xed\x01\x01" . "\0" x 31),
    'not canonical' => did_of("\xed\x01\xee" . "\xff" x 30 . "\x7f"),
);
for my $row (
    [
        'an algorithm of none, nothing signed', [algorithm => 'none', params => [signature => '']],
        400
    ],
    ['an algorithm of none, zeros', [algorithm => 'none', mangle => $zeros], 404],
    ['S beyond the order', [mangle => \&add_order], 404],
    ['R of small order', [mangle => $small_r], 404],
    ['a signature of 63 bytes', [mangle => $shorter], 400],
    ['a signature of 65 bytes', [mangle => $longer], 400],
    ['a list of names with capitals', [headers => [map { uc } @all], string => 'x'], 404],
    ['a name twice', [headers => [@all, 'host']], 400],
    [
        'a name in parentheses that nobody knows', [headers => [@all, '(status)'], string => 'x'],
        400
    ],
    [
        'the parameter keyid',
        [params => [keyId => undef], extra => [keyid => $alice->key->key_id]], 400
    ],
    (map { ["a keyId $_", [key_id => $key_id{$_}], 400] } sort keys %key_id),
) {
    my ($name, $sign, $status) = @$row;
    answered("pws 5.4: $name", put_wire(put_lines(honest(@$sign))), $status);
}

# S + L is the same signature to who does not reduce.
sub add_order {
    my ($signature) = @_;
    my $hex = '1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed';
    my $s = Math::BigInt->from_bytes(scalar reverse substr $signature, 32);
    my $bytes = reverse(($s + Math::BigInt->from_hex($hex))->to_bytes);
    return substr($signature, 0, 32) . $bytes . "\0" x (32 - length $bytes);
}

# 3. Digests of one byte, `x`, in every spelling.
my $sha256 = sha256('x');
my $base64 = encode_base64($sha256, '');
my $right = "SHA-256=$base64";
sub sha256_of { return 'SHA-256=' . encode_base64($_[0], '') }
my $wrong = sha256_of(sha256('y'));
sub mh { return 'mh=u' . encode_base64url($_[0]) }
my $multihash = "\x12\x20$sha256";
my $right_mh = mh($multihash);
my $wrong_mh = mh("\x12\x20" . sha256('y'));
my $plain_base64 = encode_base64($multihash, '') =~ s/=//gr;
my $unused_bits = substr($right, 0, -2) . chr(1 + ord substr $right, -2, 1) . '=';
my %taken = (
    'a multihash' => $right_mh,
    'a multihash in base58' => 'mh=z' . WAS::Key::base58($multihash),
    'SHA-256' => $right,
    'sha-256' => "sha-256=$base64",
    'SHA-512' => 'SHA-512=' . encode_base64(sha512('x'), ''),
    'two that agree' => "$right, $right_mh",
    'one that nobody knows, and a right one' => "MD5=x, $right",
);
my %untaken = (
    'two that do not agree' => "$right, $wrong",
    'two that do not agree, the other way' => "$wrong, $right",
    'a right one and a wrong multihash' => "$right, $wrong_mh",
    'a wrong multihash and a right one' => "$wrong_mh, $right",
    'one that nobody knows' => 'MD5=ndTkaxyvjiJQ4TKWuUUeYw==',
    'SHA-384' => 'SHA-384=' . sha384_base64('x'),
    'SHA-1' => 'SHA=EfatjgPtb3BQvKAL/g7EbWIAwSs=',
    'a multihash of SHA-512' => mh("\x13\x40" . sha512('x')),
    'a multihash of SHA-512, cut' => mh("\x12\x20" . substr sha512('x'), 0, 32),
    'a multihash of identity' => mh("\x00\x01x"),
    'an overlong function' => mh("\x92\x00\x20$sha256"),
    'an overlong length' => mh("\x12\xa0\x00$sha256"),
    'a length of 31' => mh("\x12\x1f" . substr $sha256, 0, 31),
    'a length that is wrong' => mh("\x12\x21$sha256"),
    'a byte behind it' => mh("$multihash\0"),
    'no length' => mh("\x12$sha256"),
    'the bytes alone' => mh($sha256),
    'nothing' => mh(''),
    'in hex' => 'mh=f1220' . unpack('H*', $sha256),
    'with padding' => "$right_mh=",
    'in the standard alphabet' => "mh=m$plain_base64",
    'SHA-256 in hex' => 'SHA-256=' . unpack('H*', $sha256),
    'SHA-256 in quotes' => qq(SHA-256="$base64"),
    'SHA-256 between colons' => "sha-256=:$base64:",
    'SHA-256 of 31 bytes' => sha256_of(substr $sha256, 0, 31),
    'SHA-256 of 33 bytes' => sha256_of("$sha256\0"),
    'a blank behind the equals sign' => "SHA-256= $base64",
    'a parameter' => "$right;q=1",
    'a name alone' => 'SHA-256',
    'a value alone' => $base64,
    'commas' => ',,,',
    '1000 entries' => join(',', ('MD5=x') x 1000),
    'of nothing' => sha256_of(sha256('')),
    'of the text that it is itself' => sha256_of(sha256($right)),
    'unused bits' => $unused_bits,
);
for my $row (
    map({ [$_, $taken{$_}, 201] } sort keys %taken),
    map({ [$_, $untaken{$_}, 400] } sort keys %untaken)
) {
    my ($name, $digest, $status) = @$row;
    my $res = put_wire(put_lines(honest(lines => { digest => $digest })));
    answered("pws 5.5: a digest: $name", $res, $status);
}
is_deeply(all_stored(), $before, 'pws 4-5: what was refused has stored nothing, in any table');

# 4. Capabilities. An honest delegation to bob for the space, changed before or behind its proof,
# and invoked by bob. Each row: name, what delegate() takes, status.
sub invoke {
    my ($zcap, %how) = @_;
    return $bob->put("$c/n", @text, zcap => { capability => $zcap }, %how);
}

sub given {
    my (%of) = @_;
    my %honest = (by => $alice->key, to => $bob->key, target => $top, expires => $now + 3000);
    return delegate($top, %honest, %of);
}

# The text of an honest one, changed by the code.
sub text_of {
    my ($code) = @_;
    local $_ = jcs(given ());
    $code->();
    return $_;
}

# What an invocation gets; what was stored by an honest one is all that may be there from then on.
sub invoked {
    my ($name, $res, $status) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return refused($name, $res, $status, $TYPE{$status}) if $status != 200;
    is($res->status, $status, $name) or diag $res->body;
    $before = all_stored();
    return $cases++;
}

is(invoke(given ())->status, 201, 'pws 6: an honest delegation');
my @note = (\'1', \'true', undef, {}, [], '', "\x{e9}");
is(invoke(given (document => { note => \@note }))->status, 200, 'pws 6.2: with members of its own');
$before = all_stored();
my @no_times = split /\n/, <<'TIMES';
2030-01-01
2030-01-01T00:00:00
2030-01-01 00:00:00Z
2030-01-01t00:00:00Z
2030-01-01T00:00:00z
2030-01-01T00:00Z
2030-01-01T24:00:00Z
2030-01-01T23:60:00Z
2030-01-01T23:59:60Z
2030-02-29T00:00:00Z
2030-00-01T00:00:00Z
2030-01-00T00:00:00Z
2030-1-1T0:0:0Z
+2030-01-01T00:00:00Z
-2030-01-01T00:00:00Z
12030-01-01T00:00:00Z
2030-01-01T00:00:00.Z
2030-01-01T00:00:00.1234567890Z
2030-01-01T00:00:00,5Z
2030-01-01T00:00:00+0000
2030-01-01T00:00:00+24:00
2030-01-01T00:00:00+00
2030-01-01T00:00:00 Z
 2030-01-01T00:00:00Z
2030-01-01T00:00:00ZZ
2030W01
2030-001
1893456000
never
Tue, 01 Jan 2030 00:00:00 GMT
TIMES
push @no_times, '2030-01-01T00:00:00Z ', "2030-01-01T00:00:00Z\n", '9' x 500, "\x{221e}",
    '2030-01-01T00:00:00Z' =~ s/2030/\x{ff12}\x{ff10}\x{ff13}\x{ff10}/r;
for my $text (@no_times) {
    my $name = 'of <' . shown($text) . '>';
    my $expires = given (document => { expires => $text });
    my $created = given (proof => { created => $text });
    refused("pws 6.2: expires $name", invoke($expires), 400, $TYPE{400});
    refused("pws 6.2: created $name", invoke($created), 400, $TYPE{400});
}
my $space_path = "/space/$space/";
my $bobs = $bob->did;
my $of_stranger = $stranger->key->multibase;
my $other_space = root_id($alice->url('/space/other/'));
my $root = root_id($top);

# What names somebody or something in another spelling: where it stands, status, texts.
my @spelled = (
    [
        'a controller', document => 'controller', 400,
        '', ' ', qw(x did: did:key did:key: did::x DID:key:x), "$bobs ", " $bobs", "$bobs\n",
        "$bobs/x", "$bobs?x", "$bobs#", "$bobs#a#b", 'https://wallet.example/', 'mailto:x@y',
        'd' x 9000 . ':x', 'did:key:' . 'z' x 600
    ],
    [
        'a controller', document => 'controller', 404,
        uc($bobs) =~ s/DID:KEY/did:key/r, "$bobs#x", "$bobs#$of_stranger",
        $stranger->did . '#' . $bob->key->multibase, $bobs =~ s/key:z/key:z1/r,
        'did:web:wallet.example', $bobs =~ s/z/%7A/r, "did:key:$multibase"
    ],
    [
        'a target', document => 'invocationTarget', 400,
        '', ' ', 'x', $space_path, "//$host$space_path", "$top ", " $top", "$top\n", "$top\t",
        "$top\"", "$top<", "$top\\", "$top\`", "$top\x{e9}", qw(http: : 1http://x)
    ],
    [
        'a target', document => 'invocationTarget', 404,
        'HTTP' . substr($top, 4), $top =~ s/127/localhost/r, $top =~ s{//}{//me\@}r,
        $top =~ s{//}{//me:pw\@}r, $top =~ s{(\d)/}{$1./}r, $top =~ s{/space}{//space}r,
        $top =~ s{/space}{/./space}r, $top =~ s{/space}{/x/../space}r,
        $top =~ s{/space}{/%73pace}r, $top =~ s{/space}{/SPACE}r, "$top#x", "$top?", "$top?x=y",
        $top =~ s{.{2}\z}{}r, $top =~ s/http/https/r, "$top/", "$top..", "$top%2e%2e/",
        "${top}c/n/", "${top}c/m", "${top}c/nn", 'http:' . 'x' x 4000, 'urn:zcap:root:x', "$top*",
        $top =~ s{/space.*}{}r . ':80/'
    ],
    [
        'an id', document => 'id', 400,
        ' ', 'x', 'urn:x:y ', 'urn:x:"', "urn:x:'y\\", 'urn:x:{a,b}', "urn:x:\n", "urn:x:\x{e9}",
        $root, qw(urn:zcap:root:x :x 9:x)
    ],
    [
        'a parent', document => 'parentCapability', 400,
        '', 'x', $top, "$root%", root_id("$top#"), $root =~ s/%3A/:/r, $root =~ s/space/%73pace/r,
        "urn:zcap:root:$top", qw(urn:zcap:root: urn:zcap:root:%00 urn:zcap:root:%ff),
        'URN:ZCAP:ROOT:' . substr($root, 14), $other_space
    ],
    [
        'a proof', proof => 'type', 404,
        'dataIntegrityProof', 'DataIntegrityProof ', qw(Ed25519Signature2018 Ed25519Signature2020),
        'JsonWebSignature2020', 'https://w3id.org/security#DataIntegrityProof'
    ],
    [
        'the suite', proof => 'cryptosuite', 404,
        qw(eddsa-rdfc-2022 EDDSA-JCS-2022 ecdsa-jcs-2019 none), 'eddsa-jcs-2022 ', ''
    ],
    [
        'a method', proof => 'verificationMethod', 404,
        "$did#x", "$did#$of_stranger", $stranger->key->key_id, 'did:web:wallet.example#k',
        $did =~ s/key:z/key:z1/r, 'did:key:u' . encode_base64url("\xed\x01$public"),
        did_of("\xed\x01\x01" . "\0" x 31)
    ],
    [
        'a method', proof => 'verificationMethod', 400,
        "$did?x", "$did/x", "$did#", "$did ", uc $did, $multibase
    ],
);
for my $row (@spelled) {
    my ($what, $where, $member, $status, @texts) = @$row;
    my $of = $what eq 'the suite' ? 'the suite' : "$what of";
    for my $text (@texts) {
        my $zcap = given ($where => { $member => $text });
        invoked("pws 6: $of <" . shown($text) . '>', invoke($zcap), $status);
    }
}

# What is of another kind, or too much: name, where it stands, value, status.
sub of_document { my ($member, $value) = @_; return [document => { $member => $value }] }
sub of_proof { my ($member, $value) = @_; return [proof => { $member => $value }] }
sub controllers { return of_document(controller => [@_]) }
sub action { return of_document(allowedAction => $_[0]) }
sub of_chain { return of_proof(capabilityChain => [@_]) }

my %wrong_proof = (
    expires => ['2030-01-01T00:00:00Z'],
    domain => ['x'],
    challenge => ['x'],
    previousProof => ['urn:x:y'],
    proofPurpose => ['capabilityInvocation', ['capabilityDelegation'], 'CapabilityDelegation'],
    type => [['DataIntegrityProof']],
    verificationMethod => ['', [$alice->key->key_id], { id => $alice->key->key_id }, 'x'],
);
my %wrong_document = (
    caveat => [[], [{ type => 'x' }]],
    invoker => [$bobs],
    delegator => [$did],
    '@context' => [
        [],
        'https://w3id.org/zcap/v1',
        ['https://w3id.org/zcap/v2'],
        [{ id => 'x' }],
        [\'null'],
    ],
);
my @odd = (
    ['a controller with its whole name', of_document(controller => $bob->key->key_id), 200],
    ['controllers: none', controllers(), 400],
    ['controllers: nothing', controllers(undef), 400],
    ['controllers: a number', controllers(\'1'), 400],
    ['controllers: an object', controllers({}), 400],
    ['controllers: a list in a list', controllers([$bobs]), 400],
    ['controllers: 17', controllers(($bobs) x 17), 400],
    ['controllers: an empty one beside his', controllers($bobs, ''), 400],
    ['controllers: one that is no DID beside his', controllers($bobs, 'x'), 400],
    ['16 controllers', controllers(($bobs) x 16), 200],
    ['an action of nothing', action(''), 400],
    ['an action of null', action(\'null'), 400],
    ['an action of nothing in a list', action(['']), 400],
    ['an action of 33', action([('PUT') x 33]), 400],
    ['an action of a number', action([\'1']), 400],
    ['an action of an object', action({}), 400],
    ['an action of lists', action([['PUT']]), 400],
    ['an action of a NUL', action(["PUT\0"]), 400],
    ['an action of a blank behind', action(['PUT ']), 404],
    ['an action of lower case', action(['put']), 404],
    ['an action of an asterisk', action(['*']), 404],
    ['an action of all in one', action(['GET,PUT']), 404],
    ['an action of write', action(['write']), 404],
    ['an action of a look-alike', action(["\x{ff30}\x{ff35}\x{ff34}"]), 404],
    ['an action of 32', action([('PUT') x 32]), 200],
    ['a chain of nothing', of_chain(), 400],
    ['a chain of text', of_proof(capabilityChain => $root), 400],
    ['a chain of null', of_proof(capabilityChain => \'null'), 400],
    ['a chain of an object', of_proof(capabilityChain => {}), 400],
    ['a chain of a number', of_chain(\'1'), 400],
    ['a chain of the root twice', of_chain($root, $root), 400],
    ['a chain of the root in a list', of_chain([$root]), 400],
    ['a chain of the target', of_chain($top), 400],
    ['a chain of eleven roots', of_chain(($root) x 11), 400],
    ['a chain of 2000 roots', of_chain(('urn:zcap:root:x') x 2000), 400],
    ['a chain of another root', of_chain($other_space), 400],
    ['a chain of a root that is an object', of_chain({ id => $root }), 400],
    ['no suite', of_proof(cryptosuite => undef), 404],
    ['a suite that is a list', of_proof(cryptosuite => ['eddsa-jcs-2022']), 404],
    ['a method that is the DID alone', of_proof(verificationMethod => $did), 200],
    ['a proof of zeros', [mangle => $zeros], 404],
    ['a proof of 63 bytes', [mangle => $shorter], 404],
    ['a proof of 65 bytes', [mangle => $longer], 404],
    ['a proof with S beyond the order', [mangle => \&add_order], 404],
    ['a proof with R of small order', [mangle => $small_r], 404],
);
for my $member (sort keys %wrong_proof) {
    push @odd,
        map { ["a proof with $member", of_proof($member => $_), 400] } @{ $wrong_proof{$member} };
}
for my $member (sort keys %wrong_document) {
    push @odd,
        map { ["a capability with $member", of_document($member => $_), 400] }
        @{ $wrong_document{$member} };
}
# Blanks that compress to a tenth or so: text may be longer than its gzip, but not without end.
sub blanks {
    my ($count) = @_;
    my ($number, $blanks) = (1, '');
    while (length $blanks < $count) {
        $number = ($number * 1103515245 + 12345) & 0x7fffffff;
        $blanks .= ' ' x (($number >> 16) % 19) . "\n";
    }
    return substr $blanks, 0, $count;
}

# The value of the proof, from what it should be.
my @proof_values = (
    ['with a one before', sub { $_[0] =~ s/\Az/z1/r }, 404],
    ['with a one behind', sub { "$_[0]1" }, 404],
    ['with a 0', sub { $_[0] =~ s/.\z/0/r }, 404],
    ['with an l', sub { $_[0] =~ s/.\z/l/r }, 404],
    ['with a blank', sub { "$_[0] " }, 404],
    ['with a line break', sub { "$_[0]\n" }, 404],
    ['without its letter', sub { substr $_[0], 1 }, 404],
    ['with its letter twice', sub { "z$_[0]" }, 404],
    ['with a capital letter', sub { 'Z' . substr $_[0], 1 }, 404],
    ['of nothing', sub { '' }, 400],
    ['of a letter', sub { 'z' }, 404],
    ['of 60000 digits', sub { 'z' . blanks(60000) =~ tr/ \n/12/r }, 404],
    ['that is a number', sub { \'1' }, 400],
    ['that is a list', sub { [$_[0]] }, 400],
    ['that is null', sub { \'null' }, 400],
);
for my $row (@proof_values) {
    my ($name, $code, $status) = @$row;
    my $after = sub { $_[0]{proof}{proofValue} = $code->($_[0]{proof}{proofValue}) };
    push @odd, ["a proof $name", [after => $after], $status];
}
for my $row (@odd) {
    my ($name, $of, $status) = @$row;
    invoked("pws 6: $name", invoke(given (@$of)), $status);
}

# The bytes of the same signature in the other alphabet of the suite, and in those that are not.
{
    my %bytes;
    my $zcap = given (mangle => sub { $bytes{proof} = $_[0] });
    my $text = sub { encode_base64url($_[0]) };
    for my $row (
        ['u', $text, 200],
        ['u', sub { $text->($_[0]) . '==' }, 404],
        ['m', sub { encode_base64($_[0], '') =~ s/=//gr }, 404],
        ['M', sub { encode_base64($_[0], '') }, 404],
        ['U', sub { $text->($_[0]) . '==' }, 404],
        ['f', sub { unpack 'H*', $_[0] }, 404],
        ['F', sub { uc unpack 'H*', $_[0] }, 404],
    ) {
        my ($letter, $code, $status) = @$row;
        my $value = $zcap->{proof}{proofValue} = $letter . $code->($bytes{proof});
        my $name = $status == 200 ? "in multibase $letter" : 'of <' . shown($value) . '>';
        invoked("pws 7.1: a proof $name", invoke($zcap), $status);
    }
    $before = all_stored();
}

# The text of a capability: what two readers of JSON could read differently.
my %twice = (
    'id' => '"id":"urn:x:y"',
    'controller' => '"controller":"' . $stranger->did . '"',
    'invocationTarget' => '"invocationTarget":"' . $alice->url('/') . '"',
    'expires' => '"expires":"2099-01-01T00:00:00Z"',
    'proof' => '"proof":{}',
    'allowedAction, null' => '"allowedAction":null,"allowedAction":["PUT"]',
    '@context' => '"@context":[]',
);
# What stands before all other members.
my %first = (
    'a name twice, escaped' => '"\u0069d":"urn:x:y"',
    'a name twice in an unknown member' => '"x":{"a":1,"a":2}',
    'a name twice in a list' => '"x":[{"a":1,"a":1}]',
    '33 levels' => '"x":' . '[' x 32 . ']' x 32,
    '60000 levels' => '"x":' . '[' x 30000 . ']' x 30000,
    'NaN' => '"x":NaN',
    'a huge number' => '"x":1e999',
    'a long number' => '"x":' . '9' x 400,
    'a leading zero' => '"x":01',
    'an unknown escape' => '"x":"\x41"',
    'half a surrogate' => '"x":"\ud800"',
    'a raw line break' => "\"x\":\"\n\"",
    'overlong UTF-8' => "\"x\":\"\xc0\xae\"",
    'a NUL in a name' => '"\u0000":1',
);
my $twice_in_proof = '"cre\u0061ted":"2020-01-01T00:00:00Z",';
for my $row (
    (
        map {
            my $member = $twice{$_};
            ["$_ twice, at the end", sub { s/\}\z/,$member}/ }]
        } sort keys %twice
    ),
    (
        map {
            my $member = $first{$_};
            [$_, sub { s/\A\{/{$member,/ }]
        } sort keys %first
    ),
    ['a name twice in the proof, escaped', sub { s/"proof":\{/$&$twice_in_proof/ }],
    ['text before', sub { $_ = "x$_" }],
    ['text behind', sub { $_ .= 'x' }],
    ['another behind', sub { $_ .= $_ }],
    ['a NUL behind', sub { $_ .= "\0" }],
    ['a NUL before', sub { $_ = "\0$_" }],
    ['a byte order mark', sub { $_ = "\xef\xbb\xbf$_" }],
    ['UTF-16', sub { $_ = Encode::encode('UTF-16', $_) }],
    ['a comment', sub { s/\A\{/{\/**\// }],
    ['a comma too many', sub { s/\}\z/,}/ }],
    ['single quotes', sub { tr/"/'/ }],
    ['a list around it', sub { $_ = "[$_]" }],
    ['a string around it', sub { $_ = jcs($_) }],
    ['cut', sub { chop }],
    ['levels that never end', sub { $_ = '{"x":' x 10000 }],
    ['64 KiB and a byte', sub { $_ .= blanks(65537 - length) }],
    ['blanks, twenty times its gzip', sub { $_ .= ' ' x (20 * length gzip($_)) }],
    ['a megabyte', sub { $_ .= ' ' x 1_000_000 }],
    ['four megabytes', sub { $_ .= ' ' x 4_000_000 }],
    ['nothing but blanks', sub { $_ = ' ' x 65536 }],
    ['nothing', sub { $_ = '' }],
) {
    my ($name, $code) = @$row;
    invoked("pws 6.2: the text of a capability: $name", invoke(text_of($code)), 400);
}
# What may be written differently is signed in one way: these are the same capability, or a changed
# one.
for my $row (
    ['blanks', sub { s/,/ , /g; s/:\{/ : {/g }, 200],
    ['64 KiB', sub { $_ .= blanks(65536 - length) }, 200],
    ['escapes', sub { s/"urn:uuid/"\\u0075rn\\u003auuid/g }, 200],
    ['slashes escaped', sub { s{/}{\\/}g }, 200],
    ['members turned round', sub { s/\A\{("\@context":\[.*?\]),(.*)\}\z/{$2,$1}/s }, 200],
    ['a member more', sub { s/\A\{/{"x":1,/ }, 404],
    ['a member more in the proof', sub { s/"proof":\{/"proof":{"x":1,/ }, 404],
    ['an expiry a second later', sub { s/("expires":"[^"]*)(\d)Z/$1 . ($2 + 1) % 10 . 'Z'/e }, 404],
    ['a number with a fraction', sub { s/\A\{/{"x":1.5,/ }, 404],
    ['allowedAction added', sub { s/\A\{/{"allowedAction":["PUT"],/ }, 404],
) {
    my ($name, $code, $status) = @$row;
    invoked("pws 7.1: the text of a capability: $name", invoke(text_of($code)), $status);
}

# 5. Compression. What zlib reads as one whole gzip member is one; nothing else is.
sub gzip { return Compress::Zlib::memGzip($_[0]) }
sub deflated { my ($text) = @_; return substr gzip($text), 10 }

sub header {
    my ($flags, $more) = @_;
    return "\x1f\x8b\x08" . chr($flags) . "\0\0\0\0\0\x03" . ($more // '');
}

# A gzip member in which a byte, or more, is another.
sub spoilt_gzip {
    my ($at, $bytes) = @_;
    my $z = gzip($_);
    substr $z, $at, length $bytes, $bytes;
    return $z;
}

my $blanks = ' ' x 2_500_000;
my $stored = "\x01\x05\x00\x05\x00hello" . "\0" x 8;
my $next_length = sub { chr(1 + ord(substr gzip($_), -4, 1) & 255) };
for my $row (
    ['as it should be', sub { gzip($_) }, 200],
    ['with a name', sub { header(8, "name\0") . deflated($_) }, 200],
    ['with a comment', sub { header(16, "comment\0") . deflated($_) }, 200],
    ['with a field more', sub { header(4, "\4\0abcd") . deflated($_) }, 200],
    ['with a name that does not end', sub { header(8, 'x' x 500) }, 400],
    ['with a field more that does not end', sub { header(4, "\xff\xffabcd") . deflated($_) }, 400],
    ['with a wrong digest of its header', sub { header(2, "\0\0") . deflated($_) }, 400],
    ['with a flag that nobody knows', sub { header(32) . deflated($_) }, 400],
    ['with another method', sub { spoilt_gzip(2, "\x07") }, 400],
    ['with another magic', sub { spoilt_gzip(1, "\x8c") }, 400],
    ['with a wrong length', sub { spoilt_gzip(-4, $next_length->()) }, 400],
    ['with a wrong sum', sub { spoilt_gzip(-8, 'abcd') }, 400],
    ['its header alone', sub { header(0) }, 400],
    ['without its header', sub { deflated($_) }, 400],
    ['without its trailer', sub { substr gzip($_), 0, -8 }, 400],
    ['a byte too few', sub { substr gzip($_), 0, -1 }, 400],
    ['a byte too many', sub { gzip($_) . "\0" }, 400],
    ['twice', sub { gzip($_) x 2 }, 400],
    ['an empty one behind', sub { gzip($_) . gzip('') }, 400],
    ['an empty one before', sub { gzip('') . gzip($_) }, 400],
    ['gzipped twice', sub { gzip(gzip($_)) }, 400],
    ['a block of a type that is none', sub { header(0) . "\x07" . substr deflated($_), 1 }, 400],
    ['a stored block whose lengths differ', sub { header(0) . $stored }, 400],
    ['1000 empty blocks', sub { header(0) . "\0\0\0\xff\xff" x 1000 . deflated($_) }, 200],
    ['a distance too far back', sub { header(0) . "\x4b\x04\x61" . "\0" x 8 }, 400],
    ['five megabytes of zeros', sub { gzip("\0" x 5_500_000) }, 400],
    ['five megabytes of blanks around it', sub { gzip("$blanks$_$blanks") }, 400],
    ['250 members', sub { gzip('') x 250 }, 400],
    ['not compressed', sub { $_ }, 400],
    ['zlib', sub { Compress::Zlib::compress($_) }, 400],
    ['a ZIP file', sub { "PK\3\4" . "\0" x 40 }, 400],
    ['nothing', sub { '' }, 400],
) {
    my ($name, $code, $status) = @$row;
    local $_ = jcs(given ());
    my $res = invoke(undef, zcap => { packed => $code->() });
    invoked("pws 5.1: a gzipped capability: $name", $res, $status);
}
{
    my $text = encode_base64url(gzip(jcs(given ())));
    my $left = length($text) % 4;
    for my $row (
        ['padded', $text . '=' x (4 - $left)],
        ['standard alphabet', $text =~ tr{-_}{+/}r . '+'],
        ['a blank inside', $text =~ s/\A.{9}/$& /r],
        ['a line break escaped', $text . '%0A'],
        ['percent-encoded', $text =~ s/H/%48/r],
        ['a tab', $text =~ s/\A.{9}/$&\t/r],
        ['a letter too many', $text . 'A' x ($left == 0 ? 1 : 5 - $left)],
        ['hex', unpack 'H*', gzip('x')],
        ['in multibase', "u$text"],
        ['quotes inside', $text =~ s/\A.{9}/$&"/r],
        ['nothing', ''],
        ['an asterisk', '*'],
        ['bytes', "\xff\xfe"],
    ) {
        my ($name, $encoded) = @$row;
        my $res = invoke(undef, zcap => { encoded => $encoded });
        invoked("pws 5.1: the base64url of a capability: $name", $res, 400);
    }
}
is_deeply(all_stored(), $before, 'pws 6-7: what was refused has stored nothing, in any table');

# 6. The host. A server with a name of its own takes what was signed for that name alone.
{
    my $server = WAS::Server->start(config => <<'CONF');
<Location "/">
    WASProtocol pws
    WASBaseURL http://wallet.example
</Location>
CONF
    my ($port) = $server->origin =~ /(\d+)\z/;
    my $key = WAS::Key->from_seed(random_bytes(32));
    my $carol = WAS::Zcap->new(base => 'http://wallet.example', key => $key, timeout => 30);
    @$carol{qw(host port)} = ('127.0.0.1', $port);
    my $id = make_space($carol);
    my $path = "/space/$id/c";
    make_collection($carol, $id, 'c', { r => 'content' });
    my $rows = stored($id);
    my $of_host = counters($id);
    my $taken = sub {
        my ($name, $res, $status) = @_;
        answered("pws 5.1: $name", $res, $status);
        return take_back($id, 'n', $of_host);
    };
    my @others = (
        qw(WALLET.example wallet.example. localhost evil.example wallet),
        qw(wallet.example.evil.example),
        qw(wallet.example:80 wallet.example:443 wallet.example:8080 evil-wallet.example),
        qw([::1] [::1]:80 xn--wllet-3ve.example),
        "127.0.0.1:$port",
    );
    my @no_hosts = (
        qw(me@wallet.example wallet.example/x http://wallet.example wallet.example:x [::1),
        qw(wallet.example:99999 wallet.example: * wallet.example;x),
        'wallet.example, evil.example',
        'wallet.example evil.example',
        "wallet.example\0",
        "w\x{430}llet.example",
        '',
    );
    my %status = (
        (map { $_ => 400 } @others),
        (map { $_ => 'httpd' } @no_hosts),
        'wallet.example' => 201,
    );
    for my $name (sort keys %status) {
        my $bytes = Encode::encode_utf8($name);
        my $res = $carol->put("$path/n", @text, headers => [Host => $bytes]);
        $taken->('Host <' . shown($bytes) . '>', $res, $status{$name});
    }
    my $lines = sub {
        my ($of_host) = @_;
        my $invocation = $carol->invocation('PUT', "$path/n", {});
        my $digest = WAS::Zcap::digest_of('x');
        my @fields = (
            [Host => $of_host],
            ['Content-Type' => 'text/plain'],
            [Digest => $digest],
            ['Capability-Invocation' => $invocation],
        );
        my %of = (key => $key, method => 'PUT', target => "$path/n", fields => \@fields);
        my %when = (created => int time, expires => time + 300);
        my $value = WAS::Client::authorization(%of, %when, headers => [WAS::Zcap::covered(1)]);
        return (
            'Content-Type: text/plain',
            'Content-Length: 1',
            "Digest: $digest",
            "Capability-Invocation: $invocation",
            "Authorization: $value",
        );
    };
    my ($ours, $evil) = ('wallet.example', 'evil.example');
    my ($of_us, $of_evil) = map { "Host: $_" } $ours, $evil;
    for my $row (
        # name, origin in the target, fields, the host that was signed, status
        ['absolute-form, the same', "http://$ours", [$of_us], $ours, 201],
        ['absolute-form of another', "http://$evil", [$of_us], $ours, 400],
        ['absolute-form of another, signed for it', "http://$evil", [$of_us], $evil, 400],
        ['absolute-form of this, the field of another', "http://$ours", [$of_evil], $evil, 404],
        ['signed for another', '', [$of_us], $evil, 404],
        ['X-Forwarded-Host', '', [$of_evil, "X-Forwarded-Host: $ours"], $evil, 400],
        ['Forwarded', '', [$of_evil, "Forwarded: host=$ours"], $evil, 400],
        ['twice', '', [$of_us, $of_evil], $ours, 'httpd'],
        ['twice, the other way', '', [$of_evil, $of_us], $ours, 'httpd'],
        ['none', '', [], $ours, 'httpd'],
    ) {
        my ($name, $prefix, $hosts, $signed, $status) = @$row;
        my @head = (@$hosts, $lines->($signed));
        my $said = talk($carol, wire("PUT $prefix$path/n HTTP/1.1", \@head, 'x'), 'PUT');
        $taken->("the host: $name", $said->{answers}[0], $status);
    }
    same_stored('pws 5.1: no other host has changed anything', $rows, $id);
    unlike(
        $server->log, qr/:(?:error|crit|alert|emerg)\]/,
        'pws 5.1: nothing of this is an error of ours');
    $server->stop;
    $alice->delete("$c/n");
    $before = all_stored();
}

# 7. A body that nobody reads is no request. What is in it is whole and signed, and would store `x`.
{
    my $line = honest();
    my @whole = ("Host: $host", 'Content-Length: 1', 'Content-Type: text/plain', put_lines($line));
    my $smuggled = wire("PUT $c/n HTTP/1.1", \@whole, 'x');
    my $fields_of = sub {
        my ($method, $target, %sign) = @_;
        my $invocation = $alice->invocation($method, $target, {});
        my @fields = ([Host => $host], ['Capability-Invocation' => $invocation]);
        my %of = (key => $alice->key, method => $method, target => $target, fields => \@fields);
        my %when = (created => int time, expires => time + 300);
        my @covered = WAS::Zcap::covered(0);
        my $value = WAS::Client::authorization(%of, %when, headers => \@covered, %sign);
        return ["Capability-Invocation: $invocation", "Authorization: $value"];
    };
    my $r = "$c/r";
    my $none = "$c/none";
    my $forged = $fields_of->(DELETE => $r, key => $stranger->key);
    my $length = length $smuggled;
    my $chunk = sprintf "%x\r\n%s\r\n0\r\n\r\n", $length, $smuggled;
    my %framed = (
        'of a length' => [$smuggled, "Content-Length: $length"],
        'in chunks' => [$chunk, 'Transfer-Encoding: chunked'],
        'that waits for a 100' => [$smuggled, "Content-Length: $length", 'Expect: 100-continue'],
    );
    for my $row (
        ['of nobody', PUT => $r, [], 401],
        ['of a reader that is nobody', GET => $r, [], 404],
        ['of the service', GET => '/service', [], 200],
        ['of the list', GET => '/spaces/', [], 200],
        ['of a redirection', PUT => $at, [], 308],
        ['of no such method', PUT => "$c/", [], 405],
        ['of no such route', PUT => '/nothing', [], 404],
        ['of OPTIONS', OPTIONS => $r, [], 204],
        ['of half a signature', PUT => $r, ['Authorization: Signature x="y"'], 400],
        ['without a type', PUT => $r, $fields_of->(PUT => $r), 400],
        ['without a type, of a GET', GET => $r, $fields_of->(GET => $r), 400],
        ['without a type, of a DELETE', DELETE => $none, $fields_of->(DELETE => $none), 400],
        ['of a bad id', PUT => "$at/a%3Ab/r", [], 401],
        ['of a bad target', PUT => "$c/%00", [], 400],
        ['of a forger', DELETE => $r, $forged, 400],
        ['of the quotas', GET => "$at/quotas", [], 404],
        ['of a bad index', PUT => "$c/r/chunks/01", [], 401],
    ) {
        my ($name, $method, $target, $fields, $status) = @$row;
        for my $how (sort keys %framed) {
            my ($body, @framing) = @{ $framed{$how} };
            my @head = ("Host: $host", @$fields, @framing);
            my $said = talk($alice, wire("$method $target HTTP/1.1", \@head, $body), $method);
            my $got = join(' ', map { $_->status } @{ $said->{answers} }) . $said->{rest};
            is($got, $status, "RFC 9112 11.2: a body $how, $name: one answer");
            $cases++;
        }
    }
    is_deeply(all_stored(), $before, 'RFC 9112 11.2: and nothing was smuggled into any table');
}

# 8. Names that look alike, and SQL: refused where an id is meant, kept to the byte where a text is.
my @texts = (
    "\x{e9}", "e\x{301}", "\x{ff45}", "\x{435}", "a\x{200b}", "a\x{ad}", "\x{202e}a", "\x{feff}a",
    "a\x{85}", "a\x{2028}", "a\x{fffd}", "\x{fffe}", "\x{fdd0}", "\x{10ffff}", "\x{1f600}",
    "\x{ff0f}",
    "\x{2024}\x{2024}", "\x{212a}", "\x{df}", "\x{130}", "a\tb", "a\nb",
    (map { "a${_}b" } split //, q(\\'"`;,|&=+$!)),
    qw{a(b) a[b] <a> % %41},
    split /\n/, <<'SQL'
'; DROP TABLE was_spaces; --
' OR 1=1 --
" OR ""="
$1
$$;$$
E'\x41'
{a,b}
{"a","b"}
\'; --
%' OR path LIKE '%
/**/UNION/**/SELECT/**/1
NULL::text
');COMMIT;--
pg_sleep(9)
SQL
);
for my $text (@texts) {
    my $utf8 = Encode::encode_utf8($text);
    my $escaped = join '', map { sprintf '%%%02X', ord } split //, $utf8;
    my $json = json_text($text);
    my $is = 'text <' . shown(Encode::encode_utf8($text)) . '>';
    my $tag = '"' . ($utf8 =~ s/[\s"\x7f]//gr) . '"';
    my $encoded = encode_base64url($utf8);
    my $revocation = "$at/zcaps/revocations/$escaped";
    my @space = (json => qq({"id":$json,"controller":"$did"}));
    my @backend = (json => qq({"id":$json,"provider":"p","connection":{"kind":"k"}}));
    my @longer = (json => json_text({ controller => "$did$text" }));
    my @generator = (json => qq({"id":"never","generator":$json}));
    my @origin = (json => qq({"id":"never","generatorOrigin":$json}));
    my @id = (400, 'invalid-id');
    my @body = (400, 'invalid-request-body');
    my @cursor = (400, 'invalid-cursor');
    my @failed = (412, 'precondition-failed');
    my @rows = (
        ["$is: no id of a space", POST => '/spaces/', [@space], @id],
        ["$is: no id of a collection", POST => "$at/", [json => qq({"id":$json})], @id],
        ["$is: no id of a backend", POST => "$at/backends", [@backend], @id],
        ["$is: no collection in a URL", PUT => "$at/$escaped/meta", [json => '{}'], @id],
        ["$is: no resource in a URL", PUT => "$c/$escaped", [@text], @id],
        ["$is: no resource to be read", GET => "$c/$escaped", [], @id],
        ["$is: no chunk in a URL", PUT => "$c/r/chunks/$escaped", [@text], @id],
        ["$is: no chunk to be read", GET => "$c/r/chunks/$escaped", [], @id],
        ["$is: no chunk of a number and that", DELETE => "$c/r/chunks/1$escaped", [], @id],
        ["$is: no space in a URL", DELETE => "/space/$escaped/", [], @id],
        ["$is: no controller", POST => '/spaces/', [json => qq({"controller":$json})], @body],
        ["$is: no controller that begins well", POST => '/spaces/', [@longer], @body],
        ["$is: no generator", POST => "$at/", [@generator], @body],
        ["$is: no origin", POST => "$at/", [@origin], @body],
        ["$is: no cursor", GET => "$c/?cursor=$escaped", [], @cursor],
        ["$is: no cursor when encoded", GET => "$c/?cursor=$encoded", [], @cursor],
        ["$is: a limit that is none", GET => "$c/?limit=$escaped", [], 200],
        [
            "$is: a condition on a version", DELETE => "$c/r", [headers => ['If-Match' => $tag]],
            @failed
        ],
        ["$is: a revocation of no capability", POST => $revocation, [json => '{}'], @body],
    );
    told($alice, @rows);
    $cases += @rows;
}
is_deeply(
    all_stored(), $before,
    'text: none of these has stored or deleted anything, in any table');
{
    my $kept = make_collection($alice, $space, 'kept', { r => 'x' });
    for my $text (@texts) {
        my $is = 'text <' . shown(Encode::encode_utf8($text)) . '>';
        my %custom = (name => $text, tags => { $text => $text }, "x$text" => [$text]);
        my $document = json_text({ name => $text, custom => \%custom });
        my $res = $alice->send_json(PUT => "$kept/meta", $document);
        is($res->status, 204, "$is: a collection's name") or diag $res->body;
        my $got = $alice->get("$kept/meta")->json;
        is_deeply([@$got{qw(name custom)}], [$text, \%custom], "$is: is kept to the byte");
        my $policy = { type => $text };
        like(
            $alice->send_json(PUT => "$kept/policy", json_text($policy))->status, qr/\A20[14]\z/,
            "$is: a policy");
        $got = $alice->get("$kept/policy")->json;
        delete @$got{qw(updatedAt updatedAtCounter originId)};
        is_deeply($got, $policy, "$is: is kept to the byte");
        my $unsigned = $alice->get("$kept/r", zcap => 0, sign => 0);
        due("$is: and lets nobody read", $unsigned, 404, 'not-found');
        $cases += 5;
        next if $text !~ /\A[\x20-\x7e]+\z/;
        my @noted = (headers => ['Key-Epoch' => $text, 'Writer-Id' => $text]);
        is($alice->put("$kept/r", @text, @noted)->status, 200, "$is: an epoch and a writer");
        $got = $alice->get("$kept/r/meta")->json;
        is("$got->{epoch} $got->{writerId}", "$text $text", "$is: are kept to the byte");
        $cases += 2;
    }
    due('text: the collection goes', $alice->delete("$kept/"), 204);
}

# 9. Forms that two readers could read differently: which boundary it is, and what is a file.
{
    my $part = sub {
        my ($boundary, $disposition, $body) = @_;
        my $head = "Content-Disposition: form-data; $disposition";
        return "--$boundary\r\n$head\r\n\r\n$body\r\n";
    };
    # A form of one part, and one in which a file follows it.
    my $alone = sub { my ($disposition, $body) = @_; return $part->('B', @_) . '--B--' };
    my $file = $part->('B', 'name="f"; filename="b"', 'the file');
    my $before_file = sub { $part->('B', $_[0], 'no file') . "$file--B--" };
    my $of_c = $part->('C', 'name="f"; filename="c"', 'of C') . "--C--\r\n";
    my $of_b = $part->('B', 'name="f"; filename="b"', 'of B') . "--B--\r\n";
    my $both = $of_c . $of_b;
    my $data = 'multipart/form-data';
    my $form = "$data; boundary=B";
    my $euro = q(filename*=UTF-8''%e2%82%ac);
    my $like_file = 'name="x; filename=y"';
    for my $row (
        # name, type, body, and the file, unless it is refused
        ['two boundaries', "$form; boundary=C", $both],
        ['two boundaries, the other way', "$data; boundary=C; boundary=B", $both],
        ['the same boundary twice', "$form; boundary=B", $both],
        ['a parameter whose name ends like it', "$data; xboundary=C; boundary=B", $both, 'of B'],
        [
            'a boundary in the quotes of another', "$data; x=\"boundary=C\"; boundary=B", $both,
            'of B'
        ],
        ['a boundary only in the quotes of another', "$data; x=\"; boundary=B\"", $both],
        ['quotes that do not end behind it', "$form; x=\"", $both],
        ['something behind it', "$form C", $both],
        ['a parameter without a value', "$form; x", $both, 'of B'],
        ['capitals', 'Multipart/Form-Data; BOUNDARY=B', $both, 'of B'],
        ['a semicolon behind it', "$form;", $both, 'of B'],
        ['a field whose name is like a file', $form, $alone->($like_file, 'no file')],
        ['a file beside such a field', $form, $before_file->($like_file), 'the file'],
        [
            'a parameter that ends like filename',
            $form, $before_file->('name="x"; xfilename="y"'), 'the file'
        ],
        ['two names of one file', $form, $alone->('name="x"; filename="y"; filename="z"', 'x')],
        ['quotes that do not end in its name', $form, $alone->('name="x"; filename="y', 'x')],
        [
            'an escaped quote in its name',
            $form, $alone->('name="x"; filename="y\"; z"', 'escaped'), 'escaped'
        ],
        ['a name in another charset', $form, $alone->("name=\"x\"; $euro", 'extended'), 'extended'],
        [
            'both kinds of name', $form, $alone->("name=\"x\"; filename=\"y\"; $euro", 'both'),
            'both'
        ],
    ) {
        my ($name, $type, $body, $stored) = @$row;
        my $res = $alice->post("$c/", type => $type, body => $body);
        if (defined $stored) {
            is($res->status, 201, "pws 12.1: a form: $name") or diag $res->body;
            my $url = ($res->json // {})->{url} // '/';
            is($alice->get($url)->body, $stored, "pws 12.1: a form: $name: the file");
            $cases++;
        }
        else {
            refused("pws 12.1: a form: $name", $res, 400, 'invalid-request-body');
        }
    }
}

# 10. Everything in excess.
my $custom = sub { (json => json_text({ custom => $_[0] })) };
my %tags = map { $_ => 'x' } 1 .. 4000;
my $members = join ',', map { "\"$_\":0" } 1 .. 8000;
# In a document of so many arrays and objects.
my $containers = sub { { x => [map { [] } 1 .. $_[0] - 3] } };
my $points = sub {
    my ($pointer) = @_;
    return sub { $_[0]->json->{errors}[0]{pointer} eq $pointer ? () : $_[0]->body };
};
my $levels = '{"custom":{"x":' . '[' x 31 . ']' x 31 . '}}';
my $tags = join ', ', map { "\"$_\"" } 1 .. 900;
my $query = join '&', map { "x$_" } 1 .. 1000;
my $field = 'zcap ' . join ',', map { "x$_=\"y\"" } 1 .. 100;
my $data = "--B\r\nContent-Disposition: form-data;";
my $form = sub { (type => 'multipart/form-data; boundary=B', body => $_[0]) };
my $parts = "$data name=\"x\"\r\n\r\ny\r\n" x 10_000 . '--B--';
my $head = "$data name=\"" . 'x' x 900_000 . "\"\r\n\r\ny\r\n--B--";
my $file = "$data filename=\"x\"\r\n\r\n" . 'y' x 1_100_000 . "\r\n--B--";
my @body = (400, 'invalid-request-body');
my @large = (413, 'payload-too-large');
my $line = '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}';
my $governs = sub { (type => 'text/jsonl', body => join "\n", $line, @_) };
my $policy = json_text({ type => 'x' x 65_536 });
my $cursor = "$c/?cursor=" . 'A' x 7000;
my @lines = (headers => [('If-Match' => $tags) x 90]);
told(
    $alice,
    ['limits: 8000 members', PUT => "$c/meta", [json => "{$members}"], @large],
    [
        'limits: custom beyond its bytes', PUT => "$c/meta", [$custom->({ x => 'x' x 65_000 })],
        @body
    ],
    ['limits: 4000 tags', PUT => "$c/r/meta", [$custom->({ tags => \%tags })], @body],
    ['limits: 33 levels of custom', PUT => "$c/meta", [json => $levels], @body],
    ['limits: a policy beyond its bytes', PUT => "$c/policy", [json => $policy], @large],
    [
        'limits: a name of 60000 bytes',
        PUT => "$c/meta", [json => json_text({ name => 'x' x 60_000 })], @body
    ],
    [
        'limits: a name in custom of 1024 bytes',
        PUT => "$c/r/meta", [$custom->({ name => "\x{e9}" x 512 })], 200
    ],
    (
        map { [
            "limits: a longer one of a $_->[0]",
            PUT => "$_->[1]/meta", [$custom->({ name => "\x{e9}" x 512 . 'x' })], @body,
            check => $points->('#/custom/name')
        ] } [resource => "$c/r"],
        [collection => $c]
    ),
    ['limits: 4096 arrays and objects', PUT => "$c/meta", [$custom->($containers->(4096))], 204],
    ['limits: 4097 of them', PUT => "$c/meta", [$custom->($containers->(4097))], @body],
    ['limits: a cursor of 7000 bytes', GET => $cursor, [], 400, 'invalid-cursor'],
    ['limits: 1000 parameters', GET => "$c/?$query", [], 200],
    [
        'limits: an invocation of 100 parameters',
        PUT => "$c/r", [@text, zcap => { field => $field }], 400, $TYPE{400}
    ],
    ['limits: a form of 10000 parts', POST => "$c/", [$form->($parts)], @body],
    ['limits: a form whose head has 900000 bytes', POST => "$c/", [$form->($head)], @body],
    [
        'limits: a form of a file beyond 1 MiB',
        POST => "$c/", [$form->($file)], 415, 'unsupported-media-type'
    ],
    ['limits: a log of a MiB and more', PUT => "$c/meta/log", [$governs->($members x 20)], @large],
    ['limits: a log of 80000 lines', PUT => "$c/meta/log", [$governs->(('{}') x 80_000)], @body],
    [
        'limits: a log of 4097 lines',
        PUT => "$c/meta/log", [$governs->(('{"state":{}}') x 4096)], @large
    ],
    ['limits: a million line feeds', PUT => "$c/meta/log", [$governs->("\n" x 1_000_000)], @body],
    ['limits: half a million line breaks', POST => "$c/", [$form->("\r\n" x 500_000)], @body],
);
# httpd's own limit, and its own page.
is($alice->request(DELETE => "$c/r", @lines)->status, 431, 'limits: 90 lines of tags');
$cases += 23;
told(
    $alice,
    ['pws: after all that', GET => "$c/r", [], 200, undef, body => 'content'],
    ['pws: and the space', GET => "$at/meta", [], 200],
);

unlike(
    WAS::Server::error_log_since($log), qr/\[(?:was|dbd|core):(?:error|crit|alert|emerg)\]/,
    'nothing of this is an error of ours');
note "$cases cases";

done_testing;
