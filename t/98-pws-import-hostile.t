# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Archives that somebody has made to do harm, or that are broken (protocol/pws-next F.6): each is
# refused, nothing of it is stored, and a child that has read them all is no bigger than before.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Compress::Zlib ();
use Test::More;
use WAS::Holder;
use WAS::Memory;
use WAS::Server;
use WAS::Tar;
use WAS::Traffic qw(eventually);

my $alice = holder();
my $TAR = 'application/x-tar';
my $space = make_space($alice, name => 'n');
my %encrypted = (encryption => { scheme => 'edv' });
make_collection($alice, $space, 'secret', {}, %encrypted);

sub imported {
    my ($tar, @as) = @_;
    return $alice->request(POST => "/space/$space/import", type => $TAR, body => $tar, @as);
}

# Everything that there is, but for what is swept.
sub all_rows {
    my @tables = map { "was_pws_$_" } qw(spaces collections counters resources policies chunks logs
        tombstones revocations);
    return [map { sql("SELECT '$_', t::text FROM $_ t ORDER BY 2") } @tables];
}

my $B = 'space/s';
my $TEXT = 'text%2Fplain.txt';
my $PLAIN = <<'YAML';
ubc-version: "0.1"
contents:
  space:
    contents:
      s:
        contents: []
YAML

sub manifest { return ['manifest.yml', $_[0] // $PLAIN] }
sub made { return archive(manifest(), @_) }
my @c = (["$B/c/.collection.c.json", '{"id":"c"}']);
my @r = (@c, ["$B/c/r.r.$TEXT", 'x' x 2000], ["$B/c/.meta.r.json", '{}']);
my $good = made(@r);

sub in_collection {
    return made(@c, map { ["$B/c/$_->[0]", @$_[1 .. $#$_]] } @_);
}
sub pax { return entry('PaxHeader', $_[0], kind => 'x') }
sub changed { my ($from, $to) = @_; return archive(manifest($PLAIN =~ s/\Q$from\E/$to/r), @c) }

my %hostile = (
    # The format.
    'nothing' => '',
    'no archive' => 'x' x 2000,
    'a block of zeros' => "\0" x 512,
    'zeros' => "\0" x 10240,
    'no end' => substr($good, 0, -1024),
    'a wrong checksum' => made(@c, ["$B/c/x", 'x', checksum => 1]),
    'no checksum' => made(@c, ["$B/c/x", 'x', checksum => 0]),
    'a size beyond the end' => made(@c, ["$B/c/r.r.$TEXT", 'x', size => 1_000_000]),
    'a size of 8 GiB' => made(@c, ["$B/c/r.r.$TEXT", 'x', size => 8_589_934_591]),
    'a size of many TiB' =>
        made(@c, ["$B/c/r.r.$TEXT", 'x', size => \"\x80\0\0\0\1\0\0\0\0\0\0\0"]),
    'a negative size' => made(@c, ["$B/c/r.r.$TEXT", 'x', size => \("\xff" x 12)]),
    'a size in a pax header' => made(@c, pax(pax_record(size => 10**15)), ["$B/c/r.r.$TEXT", 'x']),
    'a directory of some size' => made(@c, ["$B/c/", 'x']),
    'a symbolic link' => made(@c, ["$B/c/x", '', kind => '2', link => '/etc/passwd']),
    'a hard link' => made(@c, ["$B/c/x", '', kind => '1', link => "$B/c/.collection.c.json"]),
    'a link to the manifest' => archive(['manifest.yml', '', kind => '2', link => 'x'], @c),
    'a device' => made(@c, ["$B/c/x", '', kind => '3']),
    'a block device' => made(@c, ["$B/c/x", '', kind => '4']),
    'a pipe' => made(@c, ["$B/c/x", '', kind => '6']),
    'a file with holes' => made(
        @c,
        pax(
                  pax_record('GNU.sparse.major' => 1)
                . pax_record('GNU.sparse.minor' => 0)
                . pax_record('GNU.sparse.realsize' => 10**12)
        ),
        ["$B/c/r.r.$TEXT", "1\n0\n1000000000000\n" . "\0" x 600]
    ),
    'an old file with holes' =>
        made(@c, ["$B/c/r.r.$TEXT", 'x' x 512, kind => 'S', magic => "ustar  \0"]),
    'a pax header of 9 MiB' => made(@c, pax(pax_record(path => 'x' x (9 << 20))), ['x', 'x']),
    'a long name of 9 MiB' =>
        made(@c, entry('././@LongLink', 'x' x (9 << 20), kind => 'L'), ['x', 'x']),
    'a pax header without a file' => made(@c, pax(pax_record(path => 'x'))),
    'pax headers in a row' => archive(manifest(), map { pax(pax_record(path => 'x')) } 1 .. 20_000),
    'a pax record that lies' => made(@c, pax("99 path=x\n"), ["$B/c/x", 'x']),
    'a pax record without a length' => made(@c, pax("path=x\n"), ["$B/c/x", 'x']),
    'a compressed archive' => Compress::Zlib::memGzip($good),

    # Names.
    (
        map { ("the name <$_>" => made(@c, [$_, 'x'])) } (
            '../x', '/x', 'space/../x', "$B/../x", "$B//x", "$B/./x", './x', "$B/c/../../x", "//",
            "$B/c/r.\x01.$TEXT", "$B/c/a\nb", "$B/c/..", "$B/c/a\x7fb")
    ),
    (
        map { (
            "the name <$_> in a pax header" => made(@c, pax(pax_record(path => $_)), ['x', 'x'])) }
            ('../x', '/x', "$B//x", "x" x 5000, '.', '..')
    ),
    'a name that is no UTF-8' => made(@c, ["$B/c/r.\xff.$TEXT", 'x']),
    'a name of another alphabet' =>
        made(@c, pax(pax_record(path => "$B/c/r.\xc3\xa9.$TEXT")), ['x']),
    'a name twice' => in_collection((["r.r.$TEXT", 'x']) x 2),
    'a stray twice' => made(@c, ['x', ''], ['x', '']),
    'a file that is a directory' => made(@c, ['x', ''], ['x/y', '']),
    'a directory that is a file' => made(@c, ['x/y', ''], ['x', '']),
    'a file and a directory' => made(@c, ['x/', ''], ['x', '']),
    'two spellings of a name' => in_collection(["r.r.$TEXT", 'x'], ["r.%72.$TEXT", 'x']),
    'digits in small letters' => in_collection(['r.r.text%2fplain.txt', 'x']),
    'a dot that is not encoded' => in_collection(["r.a.b.$TEXT", 'x']),
    'a broken escape' => in_collection(["r.%2.$TEXT", 'x']),
    'an encoded NUL' => in_collection(["r.%00.$TEXT", 'x']),
    'an encoded slash' => in_collection(["r.a%2Fb.$TEXT", 'x']),
    'encoded dots' => in_collection(["r.%2E%2E.$TEXT", 'x']),
    'a dot behind it' => in_collection(["r.r.$TEXT.", 'x']),
    'no type' => in_collection(['r.r..txt', 'x']),
    'a type with a line break' => in_collection(['r.r.a%0Ab.txt', 'x']),
    'a long type' => in_collection(["r.r.@{['t' x 513]}.txt", 'x']),
    'a long id' => in_collection(["r.@{['i' x 256]}.$TEXT", 'x']),
    'a reserved resource' => in_collection(["r.meta.$TEXT", 'x']),
    'a reserved collection' => made(["$B/export/.collection.export.json", '{}']),
    'a bad collection' => made(["$B/a b/.collection.a b.json", '{}']),
    'a bad space' => made(['space/a b/.space.a b.json', '{}']),
    'another space' => made(@c, ['space/t/c/.collection.c.json', '{}']),
    'notes of a bad id' => in_collection(['.meta.a b.json', '{}']),
    'a policy of a bad id' => in_collection(['.r.a b.policy.json', '{"type":"x"}']),
    'chunks of a bad id' => in_collection([".chunks.a%20b/r.0.$TEXT", 'x']),

    # The manifest.
    'no manifest' => archive(@c),
    'a manifest that is second' => archive(@c, manifest()),
    'two manifests' => made(@c, manifest()),
    'an empty manifest' => archive(manifest(''), @c),
    'a manifest that is no YAML' => archive(manifest("a: [\n"), @c),
    'a manifest that is a list' => archive(manifest("- a\n"), @c),
    'a manifest with a NUL' => changed('space:', "\0space:"),
    'no version' => changed('ubc-version', 'version'),
    'another version' => changed('"0.1"', '"0.2"'),
    'a version that is a number' => changed('"0.1"', '0.1'),
    'no space' => changed('space:', 'other:'),
    'two spaces' => changed("      s:\n", "      t: {}\n      s:\n"),
    'no space in it' =>
        archive(manifest("ubc-version: '0.1'\ncontents:\n  space:\n    contents: {}\n"), @c),
    'an alias' => changed('[]', "&a []\n      t: *a"),
    'a laugh' => changed(
        '[]', "\n" . join '',
        map { "          - &a$_ [" . join(',', ("*a@{[$_ - 1]}") x 10) . "]\n" } 1 .. 9
    ),
    'a deep manifest' => changed('[]', '[' x 100_000),
    'a deep block' => changed('[]', join '', map { "\n" . ' ' x (10 + $_) . '-' } 1 .. 100),
    'a long name in the manifest' => changed('[]', '[' . 'x' x (2 << 20) . ']'),
    'two documents' => archive(manifest("$PLAIN---\n$PLAIN"), @c),
    'a revocation that is none' => made(@c, ['revocations/a.json', '{}']),
    'a revocation of no capability' => made(
        @c,
        [
            'revocations/a.json',
            '{"capability":1,"meta":{"delegator":"","rootTarget":"","created":"","expires":""}}'
        ]
    ),
    '1001 revocations' => made(
        @c,
        map { [
            "revocations/$_.json",
            '{"capability":{},"meta":{"delegator":"a","rootTarget":"b","created":"c",'
                . '"expires":"d"}}'
        ] } 1 .. 1001
    ),
    'nothing of a space' => made(['x', 'x']),

    # What is in it.
    'a collection without a document' => made(["$B/c/r.r.$TEXT", 'x']),
    'a collection that is no object' => made(["$B/c/.collection.c.json", '[]']),
    'a collection that is no JSON' => made(["$B/c/.collection.c.json", '{']),
    'a collection of another id' => made(["$B/c/.collection.c.json", '{"id":"d"}']),
    'a collection in the wrong place' => made(@c, ["$B/c/.collection.d.json", '{}']),
    'a deleted collection with files' => made(@c, ["$B/.collection.c.json", '{"deleted":true}']),
    'a collection that says that it is deleted' =>
        made(["$B/c/.collection.c.json", '{"deleted":true}']),
    'a tombstone that is none' => made(["$B/.collection.c.json", '{}']),
    'a deleted resource with a content' =>
        in_collection(["r.r.$TEXT", 'x'], ['.meta.r.json', '{"deleted":true}']),
    'a bad encryption' => made(["$B/c/.collection.c.json", '{"encryption":{"scheme":"x"}}']),
    'a bad custom' => in_collection(['.meta.r.json', '{"custom":{"name":1}}']),
    'a custom of 40 KiB' =>
        in_collection(['.meta.r.json', '{"custom":{"a":"' . 'x' x 40_000 . '"}}']),
    'an epoch that is a number' => in_collection(['.meta.r.json', '{"epoch":1}']),
    'notes of 70 KiB' => in_collection(['.meta.r.json', '{"a":"' . 'x' x 70_000 . '"}']),
    'deep notes' => in_collection(['.meta.r.json', '{"a":' . '[' x 40 . ']' x 40 . '}']),
    'a name twice in notes' => in_collection(['.meta.r.json', '{"epoch":"a","epoch":"b"}']),
    'a policy without a type' => in_collection(['.collection.policy.json', '{}']),
    'a deleted policy' => in_collection(['.collection.policy.json', '{"type":"x","deleted":true}']),
    'JSON that is none' => in_collection(['r.r.application%2Fjson.json', '{']),
    'a space of another type' => made(@c, ["$B/.space.s.json", '{"type":["Space","Other"]}']),
);

my $before = all_rows();
for my $name (sort keys %hostile) {
    my $res = imported($hostile{$name});
    due("F.6: $name", $res, 400, 'invalid-import') or diag $res->body;
}
is_deeply(all_rows(), $before, 'F.6: nothing of them is stored');

# As many as there is room for: memory does not grow with them.
for my $row (
    [
        'keys of a manifest',
        archive(manifest($PLAIN . join '', map { "k$_:\n" } 1 .. 2_000_000), @c), 200
    ],
    ['entries', made(map { ["x/$_", ''] } 1 .. 60_000), 400],
    ['names of resources', made(@c, map { ["$B/c/.meta.$_.json", '{}'] } 1 .. 30_000), 200],
) {
    my ($name, $tar, $status) = @$row;
    my $many = make_space($alice);
    my ($res, $kib) = watched(
        main_httpd(),
        sub { $alice->request(POST => "/space/$many/import", type => $TAR, body => $tar) });
    due("F.6: many $name", $res, $status, $status == 400 ? 'invalid-import' : undef);
    ok($kib < 16 << 10 || WAS::Server::has_sanitizer(), "... in little memory: $kib KiB");
    $alice->request(DELETE => "/space/$many/");
    swept($many);
}
is_deeply(all_rows(), $before, 'F.6: nothing of them is stored');

# Cut at every block, and in between.
my @taken = grep { imported(substr $good, 0, $_)->status != 400 }
    map { ($_ * 512, $_ * 512 + 100) } 0 .. length($good) / 512 - 3;
is_deeply(\@taken, [], 'F.6: none that is cut is taken');
is_deeply(all_rows(), $before, '... nor stored');

# Other refusals.
for my $row (
    [
        'plaintext where envelopes are due',
        [
            ["$B/secret/.collection.secret.json", '{}'],
            ["$B/secret/r.r.$TEXT", 'x']
        ],
        422,
        'encryption-scheme-mismatch'
    ],
    [
        'plaintext where the archive says that', [
            ["$B/d/.collection.d.json", '{"encryption":{"scheme":"edv"}}'], ["$B/d/r.r.$TEXT", 'x']
        ],
        422, 'encryption-scheme-mismatch'
    ],
    [
        'plain notes there',
        [
            ["$B/d/.collection.d.json", '{"encryption":{"scheme":"edv"}}'],
            ["$B/d/.meta.r.json", '{"custom":{"a":1}}'],
            ["$B/d/r.r.application%2Fjson.json", '{"jwe":{"protected":"x","ciphertext":"y"}}']
        ],
        422,
        'encryption-scheme-mismatch'
    ],
    [
        'a long content among it',
        [
            @c, ["$B/c/r.r.$TEXT", 'x' x 1_500_000],
            ["$B/secret/.collection.secret.json", '{}'], ["$B/secret/r.r.$TEXT", 'x']
        ],
        422,
        'encryption-scheme-mismatch'
    ],
) {
    my ($name, $entries, $status, $type) = @$row;
    due("F.6: $name", imported(made(@$entries)), $status, $type);
}
due(
    'F.6: another type',
    $alice->request(
        POST => "/space/$space/import", type => 'text/plain',
        body => $good
    ),
    415,
    'unsupported-media-type');
is_deeply(all_rows(), $before, '... and nothing of these is stored');
my $kept = 'SELECT 1 FROM was_parts WHERE space_uuid = ? LIMIT 1';
ok(eventually(60, sub { !sql($kept, $space) }), 'F.6: ... nor are parts of it kept');

done_testing;
