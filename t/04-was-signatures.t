# Licensed under the Apache License, Version 2.0; see LICENSE.

# What `was` signs, without a server: against the requests and capabilities that other clients made
# (t/vectors), byte for byte; the names that files have in URLs and back; capabilities and archives
# that are none.

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(sha256);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use lib abs_path($ENV{WAS_TOP} // "$FindBin::Bin/..") . '/tools/client';
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;
use WAS::Tar ();
use Was::Http;
use Was::Key;
use Was::Names;
use Was::Signature;
use Was::Tar;
use Was::Zcap;

my $top = abs_path($ENV{WAS_TOP} // "$FindBin::Bin/..");
my $dir = tempdir(CLEANUP => 1);

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return <$in>;
}

sub vector { return decode_json(slurp("$top/t/vectors/$_[0]")) }

# The words of a refusal, or '' where there is none.
sub refusal {
    my ($code) = @_;
    return '' if eval { $code->(); 1 };
    my $fault = $@;
    return ref $fault eq 'Was::Refusal' ? $fault->{text} : "died: $fault";
}

my %keys;

sub key_of {
    my ($seed) = @_;
    return $keys{$seed} //= do {
        my $der = pack('H*', '302e020100300506032b657004220420') . $seed;
        open my $out, '>', "$dir/key" or die $!;
        print $out "-----BEGIN PRIVATE KEY-----\n", encode_base64($der),
            "-----END PRIVATE KEY-----\n";
        close $out;
        rename "$dir/key", "$dir/key" . scalar keys %keys;
        Was::Key->load("$dir/key" . scalar keys %keys);
    };
}

# The classic protocol.
my $classic = vector('classic-signatures.json');
my $key = key_of(pack 'H*', $classic->{seedHex});
is($key->did, $classic->{did}, 'classic: the DID');
is($key->id, $classic->{keyId}, 'classic: the id of the key');
for my $case (@{ $classic->{accept} }) {
    my ($covered) = $case->{authorization} =~ /headers="([^"]*)"/;
    my ($created, $expires) =
        map { $case->{signingString} =~ /^\($_\): (\d+)$/m } qw(created expires);
    next
        if $covered ne '(created) (expires) (key-id) (request-target)'
        || $case->{authorization} !~ /keyId="\Q$classic->{keyId}\E",headers/;
    my $made = Was::Signature::classic_authorization(
        $key, @$case{qw(method signedTarget)}, $created,
        $expires - $created);
    is($made, $case->{authorization}, "classic: $case->{note}")
        if $case->{authorization} =~ /signature="[\w-]{86}",created="/;
}

# Portable Web Spaces: who signed has kept the key, but the text that is signed is known.
for my $file (sort glob "$top/t/vectors/0*.explained.json") {
    my $seen = decode_json(slurp($file));
    my ($name) = $file =~ m{([^/]*)\.explained};
    my ($method, $target) = split / /, $seen->{requestLine};
    my %fields = %{ $seen->{headers} };
    my %of = %{ $seen->{signatureParams} };
    my $signer = bless { id => $of{keyId} }, 'Signer';
    my @covered = map { [$_ => $fields{$_}] } grep { /^[a-z-]+$/ && $_ ne 'host' }
        split / /, $of{headers};
    my $made = Was::Signature::pws_authorization(
        $signer, $method, $target, $of{created},
        $of{expires} - $of{created}, $fields{host}, @covered);
    is($signer->{signed}, $seen->{signingString}, "$name: what is signed");
    my $parameters = 'Signature ' . join ',', map { qq($_="$of{$_}") } qw(keyId headers);
    is($made =~ s/,signature=.*//sr, $parameters, "$name: and what is said of it");
    my $body = slurp($file =~ s/explained\.json\z/http/r) =~ s/\A.*?\r\n\r\n//sr
        if -e $file =~ s/explained\.json\z/http/r;
    is(Was::Signature::digest_of_bytes($body), $fields{digest}, "$name: the digest")
        if defined $body && defined $fields{digest};
    my $invoked = $seen->{capability};
    if (!$invoked) {
        my ($id) = $fields{'capability-invocation'} =~ /id="urn:zcap:root:([^"]*)"/;
        my $url = $id =~ s/%([0-9A-F]{2})/chr hex $1/ger;
        is(
            Was::Zcap::invocation($method, $url), $fields{'capability-invocation'},
            "$name: the root");
    }
}
{

    package Signer;
    sub id { return $_[0]{id} }
    sub sign { $_[0]{signed} = $_[1]; return 'x' x 64 }
}

# Delegations that others made with keys that are known: the same proofs come out.
my $chains = vector('zcap-chains.json');
for my $chain (@{ $chains->{chains} }) {
    my $zcap = $chain->{capability};
    my %seeds = map { key_of(chr($_) x 32)->id => key_of(chr($_) x 32) } 1 .. 5;
    while (ref $zcap && $zcap->{proof}{type} eq 'DataIntegrityProof') {
        my $before = $zcap->{proof}{capabilityChain}[-1];
        my $parent = ref $before ? $before : 'http://localhost:3002/space/s1/';
        my $actions = $zcap->{allowedAction};
        my $made = Was::Zcap::delegate(
            parent => $parent, key => $seeds{ $zcap->{proof}{verificationMethod} },
            to => $zcap->{controller}, target => $zcap->{invocationTarget}, actions => $actions,
            created => Was::Zcap::parse_time($zcap->{proof}{created}),
            expires => Was::Zcap::parse_time($zcap->{expires}), id => $zcap->{id});
        is(Was::Zcap::jcs($made), Was::Zcap::jcs($zcap), "chain $chain->{name}: $zcap->{id}");
        $zcap = ref $before ? $before : undef;
    }
}

# RFC 8785 of what a capability can hold.
for my $case (
    ['{"b":"1","a":["x",{}]}', '{"a":["x",{}],"b":"1"}'],
    [
        '{"\u20ac":"1","\r":"2","\ud83d\ude00":"3","\ufb33":"4"}',
        qq({"\\r":"2","\xe2\x82\xac":"1","\xf0\x9f\x98\x80":"3","\xef\xac\xb3":"4"})
    ],
    ['["\u001f\b\t\n\f\r\"\\\\\/\u007f"]', qq(["\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f"])],
) {
    my ($json, $canonical) = @$case;
    is(Was::Zcap::jcs(decode_json($json)), $canonical, "canonical: $json");
}
ok(!eval { Was::Zcap::jcs(decode_json($_)); 1 }, "not canonical: $_") for '[1]', '[true]', '[null]';

# Capabilities that are none.
my ($good) = map { $_->{capability} } grep { $_->{name} eq 'jcs' } @{ $chains->{chains} };
$good //= (
    grep { $_->{proof}{type} eq 'DataIntegrityProof' }
    map { $_->{capability} } @{ $chains->{chains} }
)[0];

sub without {
    my ($name, %more) = @_;
    my %zcap = (%$good, %more);
    delete $zcap{$name};
    return \%zcap;
}
for my $case (
    ['no JSON', 'x', qr/no JSON object/],
    ['a list', '[]', qr/no JSON object/],
    ['cut', substr(Was::Zcap::jcs($good), 0, 100), qr/no JSON object/],
    ['too long', ' ' x 70_000, qr/too long/],
    ['too deep', '{"a":' x 100 . '1' . '}' x 100, qr/no JSON object/],
    (
        map { ["without $_", without($_), qr/no \Q$_\E|proof/] }
            qw(id controller invocationTarget parentCapability expires proof)
    ),
    ['a controller that is no text', without('', controller => [{}]), qr/no controller/],
    ['no controllers', without('', controller => []), qr/no controller/],
    ['an action that is no text', without('', allowedAction => [{}]), qr/allowedAction/],
    ['a time that is none', without('', expires => 'soon'), qr/at no time/],
    ['a 13th month', without('', expires => '2026-13-01T00:00:00Z'), qr/at no time/],
    ['a proof without chain', without('', proof => {}), qr/capabilityChain/],
) {
    my ($name, $what, $words) = @$case;
    my $json = ref $what ? Was::Zcap::jcs($what) : $what;
    like(refusal(sub { Was::Zcap::read_capability($json, 'it') }), $words, "no capability: $name");
}
my $numbered = Was::Zcap::jcs($good) =~ s/\A\{/{"n":1,/r;
like(refusal(sub { Was::Zcap::read_capability($numbered, 'it') }), qr/holds what no/, 'a number');
is(refusal(sub { Was::Zcap::read_capability(Was::Zcap::jcs($good), 'it') }), '', 'a good one');

# What a capability for one target covers.
for my $case (
    ['http://h/space/s/', 'http://h/space/s/c/r', 1],
    ['http://h/space/s/c/r', 'http://h/space/s/c/r', 1],
    ['http://h/space/s/c', 'http://h/space/s/c/r', 1],
    ['http://h/space/s/c', 'http://h/space/s/c?x', 1],
    ['http://h/space/s/c?x', 'http://h/space/s/c?x&y', 1],
    ['http://h/space/s/c?x', 'http://h/space/s/c?xy', 0],
    ['http://h/space/s/1', 'http://h/space/s/10', 0],
    ['http://h/space/s/c/', 'http://h/space/s/c', 0],
    ['http://h/space/s/', 'http://i/space/s/', 0],
) {
    my ($base, $target, $is) = @$case;
    is(Was::Zcap::is_within($target, $base) ? 1 : 0, $is, "$target within $base");
}

# Names.
for my $case (
    ['a', 'a', 'a'],
    ['a b/c', 'a~20b~2Fc', 'a%20b/c'],
    ['100%', '100~25', '100%25'],
    ['~', '~', '~'],
    ['~7E', '~7E7E', '~7E'],
    ['~7e', '~7e', '~7e'],
    ['meta', '~6Deta', 'meta'],
    ['~6Deta', '~7E6Deta', '~6Deta'],
    ["\xc3\xbc", '~C3~BC', '%C3%BC'],
    ["\n", '~0A', '%0A'],
    ['?#&+', '~3F~23~26~2B', '%3F%23%26%2B'],
) {
    my ($name, $id, $path) = @$case;
    my $said = $name =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
    is(Was::Names::id_of_name($name), $id, "id of $said");
    is(Was::Names::name_of_id($id), $name, "name of $id");
    is(Was::Names::path_of_name($name), $path, "path of $said");
    is(Was::Names::name_of_path($path), $name, "name of $path");
}
is(Was::Names::name_of_id($_), undef, "nobody's id: $_")
    for '~41', 'meta', 'quota', 'a~61', '~6DETA~20x~41';
{
    my %seen;
    my @bytes = map { chr } 1 .. 255;
    for (1 .. 5000) {
        my $name = join '', map {
            rand() < 0.3 ? '~' : rand() < 0.5 ? $bytes[rand 255] : (0 .. 9, 'A' .. 'F')[rand 16]
        } 1 .. 1 + rand 6;
        my $id = Was::Names::id_of_name($name);
        if (   defined $seen{$id} && $seen{$id} ne $name
            || $id !~ /\A[\w.~-]+\z/
            || (Was::Names::name_of_id($id) // '') ne $name) {
            fail('one id for a name, one name for an id') or diag unpack 'H*', $name;
            last;
        }
        $seen{$id} = $name;
    }
    pass('one id for a name, one name for an id: ' . keys(%seen) . ' of them');
}
ok(defined Was::Names::name_fault($_), "no name: $_")
    for '', '/a', 'a/', 'a//b', '.', '..', '../x', 'a/../b', 'a/.', 'x' x 256, 'a/' x 2500 . 'a',
    '.was-0123456789abcdef.part';
ok(defined Was::Names::name_fault("a\0b"), 'no name: a NUL');
ok(!defined Was::Names::name_fault($_), "a name: $_") for '...', '..a', 'a/.b', ' ', '-', '~';

# URLs.
for my $case (
    ['http://H.example/a b', 'http://h.example', '/a%20b'],
    ['https://h:443/x', 'https://h', '/x'],
    ['http://h:443/x', 'http://h:443', '/x'],
    ['HTTP://[::1]:8080', 'http://[::1]:8080', '/'],
    ["http://h/\xc3\xbc", 'http://h', '/%C3%BC'],
) {
    my ($url, $origin, $target) = @$case;
    is_deeply([@{ Was::Http::parse_url($url) }{qw(origin target)}], [$origin, $target], "URL $url");
}
like(refusal(sub { Was::Http::parse_url($_) }), qr/URL|host|#/, "no URL: $_")
    for 'x', 'ftp://h/', 'http://', 'http:///x', 'http://a@h/', 'http://h:x/', 'http://h/#x',
    "http://h\n/";

# Archives, whole and in pieces of a byte, and broken ones.
sub read_tar {
    my ($bytes, $piece) = @_;
    my %files;
    my $tar = Was::Tar->new(sub {
        my ($entry) = @_;
        return if $entry->{is_directory};
        my $content = '';
        return sub {
            if (@_) { $content .= $_[0] }
            else { $files{ $entry->{name} } = $content }
        };
    });
    $tar->feed(substr $bytes, 0, $piece, '') while length $bytes;
    return ($tar->is_complete, \%files);
}

sub header {
    my (%of) = (name => 'f', size => 0, type => '0', prefix => '', @_);
    my $size = $of{raw_size} // sprintf '%011o', $of{size};
    my $block = pack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a32 a32 a8 a8 a155 a12', $of{name},
        '0000644', '0', '0', $size, '0', '        ', $of{type}, '', "ustar\0", '00', '', '', '0',
        '0',
        $of{prefix}, '';
    substr $block, 148, 8, sprintf "%06o\0 ", unpack '%32C*', $block;
    return $block;
}
sub padded { return $_[0] . "\0" x (-length($_[0]) % 512) }
my $record = sub {
    my ($text) = @_;
    my $n = length($text) + 2;
    $n++ while length("$n $text\n") > $n;
    $n-- while length("$n $text\n") < $n;
    return "$n $text\n";
};
my $end = "\0" x 1024;
my $pax = $record->('path=' . 'n' x 200) . $record->('SCHILY.xattr.user.x=a=b');
my $whole =
      header(name => 'd/', type => '5')
    . header(name => 'a', size => 5)
    . padded('bytes')
    . header(name => 'empty')
    . header(type => 'x', size => length $pax)
    . padded($pax)
    . header(name => 'short', size => 600)
    . padded('x' x 600)
    . header(name => 'l', type => '2')
    . header(name => 'n', prefix => 'p', size => 1)
    . padded('1')
    . $end;
my $wanted = { a => 'bytes', empty => '', 'n' x 200 => 'x' x 600, 'p/n' => '1' };
is_deeply([read_tar($whole, $_)], [1, $wanted], "an archive in pieces of $_")
    for 1, 511, 513, 1 << 20;
ok(!(read_tar(substr($whole, 0, $_), 512))[0], "an archive cut after $_ bytes")
    for 0, 511, 512, 1100, 2000, length($whole) - 1024;
for my $case (
    ['a header that does not add up', 'x' x 512, qr/does not add up/],
    ['random bytes', join('', map { chr int rand 256 } 1 .. 2048), qr/does not add up/],
    ['a header of many megabytes', header(type => 'x', size => 1 << 30), qr/too long/],
    ['a size beyond all measure', header(raw_size => "\x80" . "\xff" x 11), qr/beyond all measure/],
    [
        'a record that lies', header(type => 'x', size => 9) . padded('99 path=x'),
        qr/ends too early/
    ],
    ['a record of nothing', header(type => 'x', size => 3) . padded("0 \n"), qr/no length/],
    [
        'a record without end', header(type => 'x', size => 9) . padded('9 path=xy'),
        qr/does not end/
    ],
) {
    my ($name, $bytes, $words) = @$case;
    like(refusal(sub { read_tar($bytes, 512) }), $words, "no archive: $name");
}

done_testing;
