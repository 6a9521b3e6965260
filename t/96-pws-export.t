# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The archive of a space (protocol/pws-next F.1 to F.5): which entries it has and in which order,
# what their names and headers say, what each holds, and that the manifest lists just them; while
# the space is written, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use DBD::Pg qw(PG_ASYNC);
use Digest::SHA qw(sha1_hex sha256_hex);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Tar;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $alice = holder();
my $PRIVATE = { type => 'Nobody' };
my $long = random_bytes(1_600_000);

sub exported {
    my ($name, $space, @as) = @_;
    my $res = $alice->request(POST => "/space/$space/export", @as);
    due(
        $name, $res, 200, undef,
        headers => {
            'Content-Type' => 'application/x-tar', 'Cache-Control' => 'no-store',
            'Content-Disposition' => qq(attachment; filename="space.$space.tar"),
            ETag => undef, 'Last-Modified' => undef,
        });
    my @entries = eval { entries($res->body) };
    is($@, '', "$name: it is an archive");
    return ($res->body, @entries);
}

# A space with something of every kind, and names that are in order in one way and not in another.
my $space = make_space($alice, name => 'S');
my $at = "/space/$space";
my $ID = 'i' x 255;
my $TYPE = 'x/y; ' . 'p' x 500;
make_collection($alice, $space, $_) for qw(a true 1.5 b- -b), 'c' x 255, 'gone';
put_due($alice, 201, "$at/a/r", type => 'text/plain; charset=utf-8', body => 'text');
put_due(
    $alice, 201, "$at/a/r.x", type => 'application/json', body => '{"a": 1}',
    headers => ['Key-Epoch' => 'e', 'Writer-Id' => 'w']);
put_due($alice, 201, "$at/a/r-x", type => 'application/octet-stream', body => $long);
put_due($alice, 201, "$at/a/r.json", type => 'x/y', body => '');
put_due($alice, 201, "$at/a/~", type => 'image/svg+xml', body => '<svg/>');
put_due($alice, 201, "$at/a/deleted", type => 'text/csv', body => 'a,b');
put_due($alice, 201, "$at/a/$ID", type => $TYPE, body => 'long');
put_due($alice, 200, "$at/a/r.x/meta", json => { custom => { name => "\x{e9}" } });
put_due($alice, 201, "$at/a/r/policy", json => $PRIVATE);
put_due($alice, 201, "$at/a/policy", json => { type => 'PublicCanRead' });
put_due($alice, 201, "$at/policy", json => $PRIVATE);
$alice->delete("$at/a/deleted", headers => ['Writer-Id' => 'd']);
$alice->request(DELETE => "$at/gone/");

# What other files of tests write, into its tables.
sql(<<'SQL', $space);
UPDATE was_pws_resources SET chunks = 7 WHERE space_uuid = ? AND resource = 'r.x'
SQL
my ($life) = map { $_->[0] } sql(<<'SQL', $space);
SELECT generation FROM was_pws_collections WHERE space_uuid = ? AND collection = 'a'
SQL
sql(<<'SQL', $space, $_, "chunk $_") for 0, 2, 10;
INSERT INTO was_pws_chunks (space_uuid, chunks, number, generation, content_type, size, content,
    created_ms, updated_ms) SELECT ?, 7, ?, 9, 'text/plain', length(c), c::bytea, 1000, 2000
    FROM (SELECT ?::text AS c) n
SQL
sql(<<'SQL', $space, $life);
INSERT INTO was_pws_logs (space_uuid, collection_generation, generation, body, position, updated_ms)
    VALUES (?, ?, 26, convert_to(E'{"a":"\u00e9"}\n', 'UTF8'), 3, 2000)
SQL

my ($tar, @entries) = exported('F: an export', $space);
my %bytes = map { $_->{name} => $_->{bytes} } @entries;
my $c = 'c' x 255;
my $type = 'x%2Fy%3B%20' . 'p' x 500;
my $root = "space/$space";
is_deeply(
    [map { $_->{name} } @entries],
    [
        'manifest.yml', 'space/', "$root/",
        map { "$root/$_" } '-b/', '-b/.collection.-b.json', '.collection.gone.json',
        ".space.$space.json", '.space.policy.json', '1.5/', '1.5/.collection.1.5.json', 'a/',
        'a/.chunks.r%2Ex/', (map { ("a/.chunks.r%2Ex/.meta.$_.json") } 0, 10, 2),
        (map { "a/.chunks.r%2Ex/r.$_.text%2Fplain.txt" } 0, 10, 2), 'a/.collection.a.json',
        'a/.collection.policy.json', 'a/.collectionlog.a.json', 'a/.meta.deleted.json',
        "a/.meta.$ID.json",
        (map { "a/.meta.$_.json" } 'r-x', 'r', 'r.json', 'r.x', '~'), 'a/.r.r.policy.json',
        "a/r.$ID.$type.blob", 'a/r.r%2Ejson.x%2Fy.blob', 'a/r.r%2Ex.application%2Fjson.json',
        'a/r.r-x.application%2Foctet-stream.bin',
        'a/r.r.text%2Fplain%3B%20charset%3Dutf-8.txt', 'a/r.~.image%2Fsvg%2Bxml.svg', 'b-/',
        'b-/.collection.b-.json', "$c/", "$c/.collection.$c.json", 'true/',
        'true/.collection.true.json'
    ],
    'F.1, F.2: entries, in order');

# Headers.
is_deeply(
    [map { substr($_->{header}, 100, 24) . substr($_->{header}, 136, 12) } @entries],
    [
        map {
                  ($_->{name} =~ m{/\z} ? '000755 ' : '000644 ') . "\0"
                . "000000 \0" x 2
                . '0' x 11 . ' '
        } @entries
    ],
    'F.5: nobody, never');
is_deeply(
    [grep { substr($_->{header}, 257) !~ /\Austar\x0000\0{64}(?:000000 \0){2}/ } @entries],
    [], 'F.5: ustar');
is_deeply([grep { substr($_->{header}, 148, 8) !~ /\A[0-7]{6} \0\z/ } @entries], [], 'F.5: sums');
my ($split) = grep { $_->{name} eq "$root/a/.meta.$ID.json" } @entries;
is_deeply($split->{pax}, { path => "$root/a/.meta.$ID.json" }, 'F.5: a long part is in pax');
is(substr($split->{header}, 0, 100), 'PaxHeader' . "\0" x 91, '... under a name of its own');

# Contents.
for my $row (
    ["a/r.r-x.application%2Foctet-stream.bin", $long],
    ['a/r.r%2Ex.application%2Fjson.json', '{"a": 1}'],
    ['a/r.r%2Ejson.x%2Fy.blob', ''],
    ['a/.chunks.r%2Ex/r.10.text%2Fplain.txt', 'chunk 10'],
) {
    my ($name, $content) = @$row;
    is(sha1_hex($bytes{"$root/$name"}), sha1_hex($content), "F.2: $name");
}
my $GENERATION = qr/\A[0-9a-f]{1,16}\z/;
my %json = map { $_ => decode_json($bytes{"$root/$_"}) } map { s{\A\Q$root\E/}{}r }
    grep { /\.json\z/ && !m{/r\.[^/]*\z} } keys %bytes;
my $STAMP = 'originId updatedAt updatedAtCounter';
for my $row (
    # an entry, its members
    [".space.$space.json", "_generation backends controller createdBy id name $STAMP type"],
    ['a/.collection.a.json', "_generation created createdAt createdBy id $STAMP type"],
    ['.collection.gone.json', "_generation deleted $STAMP"],
    ['.space.policy.json', "_generation $STAMP type"],
    ['a/.collection.policy.json', "_generation $STAMP type"],
    ['a/.r.r.policy.json', "_generation $STAMP type"],
    ['a/.meta.r.json', "contentType createdAt createdBy generation $STAMP"],
    [
        'a/.meta.r.x.json',
        "contentType createdAt createdBy custom epoch generation meta $STAMP writerId"
    ],
    ['a/.meta.deleted.json', "contentType deleted generation $STAMP writerId"],
    ['a/.chunks.r%2Ex/.meta.2.json', "createdAt generation $STAMP"],
    ['a/.collectionlog.a.json', "body generation $STAMP"],
) {
    my ($name, $members) = @$row;
    my $document = $json{$name};
    is_deeply([sort keys %$document], [sort split / /, $members], "F.3: members of $name");
    like($document->{generation} // $document->{_generation}, $GENERATION, '... a generation');
    unlike($bytes{"$root/$name"}, qr/\n\z|": /, '... compact');
}
is($json{'a/.meta.r.x.json'}{custom}{name}, "\x{e9}", 'F.3: what was noted');
is($json{'a/.meta.r.x.json'}{epoch}, 'e', 'F.3: its epoch');
is($json{'a/.collectionlog.a.json'}{body}, qq({"a":"\x{e9}"}\n), 'F.3: a log, as a string');
is_deeply($json{'a/.collection.policy.json'}{type}, 'PublicCanRead', 'F.3: a policy');

# The manifest.
my $B = 'https://w3c-ccg.github.io/wallet-attached-storage-spec/';
my @lines = split /\n/, $bytes{'manifest.yml'};
is_deeply(
    [@lines[0 .. 18]],
    [
        'ubc-version: "0.1"',
        'contents:',
        '  manifest.yml:',
        '    url: https://codeberg.org/fediverse/fep/src/branch/main/fep/6fcd/fep-6fcd.md'
            . '#manifest-file',
        '  space:',
        "    url: $B#spaces" =~ s/##/#/r,
        '    contents:',
        "      $space:",
        "        url: ${B}#spaces",
        '        contents:',
        '          - -b:',
        '              contents:',
        '                - .collection.-b.json:',
        "                    url: ${B}#collection-metadata-data-model",
        '          - .collection.gone.json:',
        "              url: ${B}#collection-metadata-data-model",
        '              deleted: true',
        "          - .space.$space.json",
        '          - .space.policy.json',
    ],
    'F.4: the manifest begins');
my @listed = map { /\A +- (?:\? )?"?([^":]+)"?:?\z/ ? $1 : () } @lines;
is_deeply(
    \@listed,
    [
        map { m{\A\Q$root\E/(?:[^/.][^/]*/)?(.+?)/?\z} ? $1 : () }
        grep { !m{/\.chunks\.[^/]+/\z} } map { $_->{name} } @entries
    ],
    'F.4: it lists the entries, and nothing else');
for my $row (['"true":', 1], ['"1.5":', 1], ['"b-":', 1], ['-b:', 1], ['a:', 1]) {
    my ($line, $count) = @$row;
    is(scalar(grep { /\A          - \Q$line\E\z/ } @lines), $count, "F.4: quotes: $line");
}
is((grep { length > 1100 } @lines)[0] // '', '', 'F.4: no key is too long')
    if !grep { /\A +- \? / } @lines;

my ($again) = exported('F: the same again', $space);
is(sha1_hex($again), sha1_hex($tar), 'F.1: the same space makes the same archive');

# Another program reads it.
SKIP: {
    my $dir = tempdir(CLEANUP => 1);
    open my $file, '>:raw', "$dir/x.tar" or die $!;
    print {$file} $tar;
    close $file;
    my $listed = qx(tar -tf "$dir/x.tar" 2>&1);
    is($listed, join('', map { "$_->{name}\n" } @entries), 'F.5: tar lists it');
}

# An empty space, and one that has no name in an archive.
my $empty = make_space($alice);
my (undef, @few) = exported('F: an empty space', $empty);
is(scalar @few, 4, '... has itself');
$alice->send_json(POST => '/spaces/', { id => 'policy', controller => $alice->did });
due(
    'F.2: a space of the id policy', $alice->request(POST => '/space/policy/export'), 501,
    'unsupported-operation');
$alice->request(DELETE => '/space/policy/');

# Many, so that there are pages; while others come and go.
my $many = make_space($alice);
make_collection(
    $alice, $many, 'm',
    { map { sprintf('n%04d', $_) => 'x' x ($_ % 3_000) } 1 .. 600 });
# What an archive has by halves, or lacks; nothing if it is sound.
sub flaws_of {
    my @files = entries($_[0]);
    my %has = map { $_->{name} => 1 } @files;
    my @alive = grep { $_->{bytes} !~ /"deleted":true/ } @files;
    my @notes = map { m{/\.meta\.(.*)\.json\z} ? $1 : () } map { $_->{name} } @alive;
    my @contents = map { m{/r\.(.*)\.text%2Fplain\.txt\z} ? $1 : () } map { $_->{name} } @alive;
    my $whole = grep { $_ ge 'n0041' && $_ le 'n0600' } @contents;
    return "$whole of 560" if $whole != 560;
    return 'by halves' if join(' ', sort @notes) ne join(' ', sort @contents);
    return 'twice' if keys %has != @files;
    return '';
}

my @told = in_parallel(
    3,
    sub {
        my ($who) = @_;
        if ($who == 0) {
            for my $n (1 .. 40) {
                $alice->put("/space/$many/m/z$n", type => 'text/plain', body => 'z');
                $alice->delete(sprintf '/space/%s/m/n%04d', $many, $n);
            }
            return '';
        }
        return join '',
            map { flaws_of($alice->request(POST => "/space/$many/export")->body) } 1 .. 3;
    });
is_deeply(\@told, ['', '', ''], 'F: archives of what is written meanwhile have nothing by halves');

# A deletion that began before an archive, and came to its end while that was made: one of the two
# is in it. Both are held up where is what is left, the one before the other.
{
    my $id = make_space($alice);
    my $c = make_collection($alice, $id, 'c', { r => 'x', s => 'x' });
    my $start = sub {
        my ($ask) = @_;
        return WAS::Traffic->start(
            clients => 1,
            times => 1,
            each => sub {
                my $res = $ask->();
                return { status => $res->status, body => $res->body };
            });
    };
    my $table = 'was_pws_tombstones';
    my $first = closing($table);
    my $deletion = $start->(sub { $alice->delete("$c/r") });
    ok(eventually(20, sub { waiting_at($table, 'UPDATE') }), 'F: a deletion waits');
    my $second = closing($table, { pg_async => PG_ASYNC });
    ok(eventually(20, sub { waiting_at($table, 'LOCK') }), '... and who closes behind it');
    my $export = $start->(sub { $alice->request(POST => "/space/$id/export") });
    ok(
        eventually(20, sub { waiting_at($table, 'SELECT p.document') }),
        '... and an archive behind both');
    $first->commit;
    my ($deleted) = $deletion->finish(patient => 1);
    is($deleted->{status}, 204, 'F: it is deleted');
    $second->pg_result;
    $second->commit;
    my ($made) = $export->finish(patient => 1);
    my @of = grep { $_ =~ m{/(?:r|\.meta)\.r\.} } map { $_->{name} } entries($made->{body});
    is_deeply(\@of, ["space/$id/c/.meta.r.json"], 'F: what is left is in the archive, once');
}

# Who loses the right meanwhile gets nothing: held up behind the look at it, before what is written
# then is read.
my ($bob, $carol) = map { holder() } 1, 2;
my $give = sub {
    $alice->send_json(PUT => "/space/$_[0]/meta", { controller => $carol->did })->status;
};
my $revoke = sub {
    my ($id, $zcap) = @_;
    $alice->send_json(POST => "/space/$id/zcaps/revocations/" . sha256_hex($zcap->{id}), $zcap)
        ->status;
};
for my $row (
    # what happens, by whom it is exported, how, what he is told
    ['his capability is revoked', $bob, $revoke, 'capability-revoked'],
    ['the space is given away', $alice, $give, 'not-found'],
    ['the space is given away, and his capability with it', $bob, $give, 'not-found'],
) {
    my ($name, $who, $take, $type) = @$row;
    my $id = make_space($alice);
    my $c = make_collection($alice, $id, 'c', { r => 'known' });
    my $zcap = delegate(
        $alice->space_url($id),
        by => $alice->key, to => $bob->key, target => $alice->url("/space/$id/export"),
        actions => ['POST']);
    my @with = $who == $bob ? (zcap => { capability => $zcap }) : ();
    my $told = held_up(
        'was_pws_logs',
        sub { $who->request(POST => "/space/$id/export", @with) },
        sub {
            is($take->($id, $zcap), 204, "F: meanwhile $name");
            my $writer = $take == $give ? $carol : $alice;
            put_due($writer, 201, "$c/later", type => 'text/plain', body => 'a secret');
        });
    is("$told->{status} " . ($told->{type} // ''), "404 $type", "F: no archive where $name");
    unlike($told->{body}, qr/a secret/, '... nor what was written then');
}

# What is deleted and made anew meanwhile is another one: nothing of it goes by the old one's name.
# Held up at the log of the first of these collections, where the last one is made anew.
for my $row (['the list', qw(a b)], ['the description', 'b']) {
    my ($name, @collections) = @$row;
    my $id = make_space($alice);
    make_collection($alice, $id, $_, { r => 'old' }) for @collections;
    my $told = held_up(
        'was_pws_logs',
        sub { $alice->request(POST => "/space/$id/export") },
        sub {
            is($alice->delete("/space/$id/b/")->status, 204, "F: deleted behind $name");
            put_due($alice, 201, "/space/$id/b/meta", json => { name => 'anew' });
            put_due($alice, 201, "/space/$id/b/policy", json => { type => 'PublicCanRead' });
        });
    my %has = map { $_->{name} => $_->{bytes} } entries($told->{body});
    my @anew = grep { m{/\.collection\.policy\.json\z} || $has{$_} =~ /"anew"/ } sort keys %has;
    is_deeply(\@anew, [], "F: made anew behind $name: nothing of it");
    my $is_there = exists $has{"space/$id/b/.collection.b.json"} ? 1 : 0;
    is($is_there, @collections == 1 ? 1 : 0, '... and the old one if it had been read');
}

done_testing;
