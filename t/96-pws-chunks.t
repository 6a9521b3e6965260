# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Chunks (protocol/pws section 16): numbered contents of a resource, each with a validator and a
# life of its own, which change nothing of it and go with it; taken and given as they are, in their
# row or in parts; and listed, however many there are.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $alice = holder('pws');
my $bob = holder('pws');
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c', { r => 'parent', public => 'parent' });
my $at = "$c/r/chunks";
my $MEBI = 1 << 20;

sub text { return (type => 'text/plain', body => $_[0], headers => [@_[1 .. $#_]]) }
sub only { return (headers => [@_]) }

sub listed {
    my ($id, @chunks) = @_;
    my @items = map { { index => $_->[0], size => $_->[1], contentType => $_->[2] } } @chunks;
    return { resourceId => $id, count => scalar @items, chunks => \@items };
}

sub etag_of { return $alice->head($_[0])->header('ETag') }
my $etag = qr/\A"[^"]+"\z/;

# 1. The life of a chunk.
my %empty = (json => listed('r'));
told(
    $alice,
    ['pws 16: no chunk yet', GET => "$at/0", [], 404, 'not-found'],
    ['pws 16: none is listed', GET => "$at/", [], 200, undef, %empty],
    ['pws 16: made', PUT => "$at/0", [text('abc')], 204, undef, headers => { ETag => $etag }],
    [
        'pws 16: read', GET => "$at/0", [], 200, undef,
        body => 'abc',
        headers => { 'Content-Type' => 'text/plain', 'Content-Length' => 3, ETag => $etag }
    ],
    [
        'pws 16: its head', HEAD => "$at/0", [], 200, undef,
        body => '',
        headers => { 'Content-Type' => 'text/plain', 'Content-Length' => 3, ETag => $etag }
    ],
    ['pws 16: replaced', PUT => "$at/0", [type => 'a/b', body => ''], 204],
    [
        'pws 16: empty', GET => "$at/0", [], 200, undef,
        body => '',
        headers => { 'Content-Type' => 'a/b', 'Content-Length' => 0 }
    ],
    ['pws 16: another, of the largest index', PUT => "$at/2147483647", [text('z')], 204],
    ['pws 16: and one between', PUT => "$at/10", [text('ten')], 204],
    ['pws 16: and before that', PUT => "$at/9", [text('nine')], 204],
    [
        'pws 16: ascending by number', GET => "$at/", [], 200, undef,
        json => listed(
            'r',
            [0, 0, 'a/b'],
            [9, 4, 'text/plain'],
            [10, 3, 'text/plain'],
            [2147483647, 1, 'text/plain']
        )
    ],
    ['pws 16: the head of the list', HEAD => "$at/", [], 200, undef, body => ''],
    ['pws 16: deleted', DELETE => "$at/9", [], 204],
    ['pws 16: gone', GET => "$at/9", [], 404, 'not-found'],
    ['pws 16: not idempotent', DELETE => "$at/9", [], 404, 'not-found'],
    ['pws 16: without a type', PUT => "$at/9", [body => 'x'], 400, 'missing-content-type'],
    ['pws 16: without anything', PUT => "$at/9", [], 400, 'missing-content-type'],
    ['pws 16: no parent', PUT => "$c/none/chunks/0", [text('x')], 404, 'not-found'],
    ['pws 16: of no parent', GET => "$c/none/chunks/0", [], 404, 'not-found'],
    ['pws 16: deleted from no parent', DELETE => "$c/none/chunks/0", [], 404, 'not-found'],
    ['pws 16: the list of no parent', GET => "$c/none/chunks/", [], 404, 'not-found'],
    ['pws 16: its head', HEAD => "$c/none/chunks/", [], 404, 'not-found'],
    ['pws 16: no collection', PUT => "${c}x/r/chunks/0", [text('x')], 404, 'not-found'],
    ['pws 1.3: a resource may be called so', PUT => "$c/chunks", [text('x')], 201],
    ['pws 1.3: and have them', PUT => "$c/chunks/chunks/1", [text('y')], 204],
    ['pws 1.3: its own', GET => "$c/chunks/chunks/1", [], 200, undef, body => 'y'],
);

# 2. Indexes.
my @bad = ('01', '+1', '-1', '1.5', '1e3', '00', 'a', '0x1', '1_0', '~', '%31%20', '%D9%A1');
push @bad, 2147483648, 9999999999, 99999999999, '9' x 200;
for my $index (@bad) {
    for my $row (
        ['GET', []],
        ['HEAD', []],
        ['PUT', [text('x')]],
        ['PUT', [text('x' x (2 * $MEBI))]],
        ['DELETE', []]
    ) {
        my ($method, $options) = @$row;
        my $name = "chunks.non-canonical-index-invalid-id: $method " . substr $index, 0, 20;
        told($alice, [$name, $method, "$at/$index", $options, 400, 'invalid-id']);
    }
}
told($alice, ['pws 1.2: an index may be escaped', GET => "$at/%31%30", [], 200, undef]);

# 3. What is in it is nobody's business.
my $secret = make_collection(
    $alice, $space, 'secret',
    {}, encryption => { scheme => 'edv' });
my $jwe = { ciphertext => 'x', protected => 'y' };
$alice->send_json(PUT => "$secret/r", { jwe => $jwe })->status == 201 or die 'no envelope';
for my $row (
    ['JSON that is none', 'application/json', '{"a":'],
    ['other JSON', 'application/jose+json', "\xff\xfe"],
    ['a form', 'multipart/form-data; boundary=x', 'no part'],
    ['no form at all', 'multipart/form-data', 'x'],
    ['bytes', 'application/octet-stream', join '', map { chr } 0 .. 255],
    ['a type with quotes', 'a/b; c="d\\\\e\\""', 'x'],
) {
    my ($name, $type, $body) = @$row;
    for my $where ($at, "$secret/r/chunks") {
        my $title = "chunks.opaque-body-not-parsed: $name in $where";
        for my $bytes ($body, $body . 'x' x (2 * $MEBI)) {
            my @sent = (type => $type, body => $bytes);
            my @is = (body => $bytes, headers => { 'Content-Type' => $type });
            my $how = "$title, " . length $bytes;
            told(
                $alice,
                ["$how: stored", PUT => "$where/77", \@sent, 204],
                ["$how: comes back", GET => "$where/77", [], 200, undef, @is],
            );
        }
        my ($item) =
            grep { $_->{index} == 77 } @{ $alice->get("$where/")->json->{chunks} };
        is($item->{contentType}, $type, "$title: listed");
    }
}

# 4. Conditions.
my $k = "$at/400";
my @failed = (412, 'precondition-failed');
told(
    $alice,
    ['pws 9: none to match', PUT => $k, [text('x', 'If-Match' => '*')], @failed],
    ['pws 9: none to delete', DELETE => $k, [only('If-Match' => '"x"')], @failed],
    ['pws 9: one that must not be', DELETE => $k, [only('If-None-Match' => '*')], 404, 'not-found'],
    ['pws 9: new', PUT => $k, [text('x', 'If-None-Match' => '*')], 204],
    ['pws 9: not new', PUT => $k, [text('x', 'If-None-Match' => '*')], @failed],
);
my $first = etag_of($k);
told(
    $alice,
    ['pws 9: as it is', PUT => $k, [text('y', 'If-Match' => $first)], 204],
    ['pws 9: as it was', PUT => $k, [text('z', 'If-Match' => $first)], @failed],
    ['pws 9: as it was, long', PUT => $k, [text('z' x (2 * $MEBI), 'If-Match' => $first)], @failed],
    ['pws 9: read, as it was', GET => $k, [only('If-None-Match' => $first)], 200],
);
my $second = etag_of($k);
told(
    $alice,
    ['pws 9: read, as it is', GET => $k, [only('If-None-Match' => $second)], 304],
    ['pws 9: deleted, as it was', DELETE => $k, [only('If-Match' => $first)], @failed],
    ['pws 9: deleted, as it is', DELETE => $k, [only('If-Match' => $second)], 204],
    ['pws 9: another one', PUT => $k, [text('x')], 204],
);
isnt(etag_of($k), $first, 'pws-next C.3: a new life has a new validator');
isnt((etag_of($k) =~ /"(\w+)-/)[0], ($first =~ /"(\w+)-/)[0], 'pws-next C.3: and generation');

# Its stamp grows with every write, whatever the clock says.
my $DAY = 86_400_000;
my @stamps;
for my $shift (0, $DAY, 0, -3 * $DAY, 0) {
    sql(<<'SQL', $shift, $space);
UPDATE was_pws_chunks SET updated_ms = updated_ms + ? WHERE space_uuid = ? AND number = 400
SQL
    $alice->put($k, text('x'))->status == 204 or die 'no chunk';
    my ($row) = sql(<<'SQL', $space);
SELECT updated_ms, updated_counter FROM was_pws_chunks WHERE space_uuid = ? AND number = 400
SQL
    push @stamps, $row;
}
ok($stamps[1][0] >= $stamps[0][0] + $DAY, 'C.2: the clock is behind: the stamp stays ahead of it');
is_deeply($stamps[2], [$stamps[1][0], $stamps[1][1] + 1], 'C.2: and only its counter grows');
ok($stamps[3][0] < $stamps[2][0], 'C.2: the clock is ahead: its time');

# 5. Nothing of the parent changes, and nothing of the collection but its bytes.
sub around {
    my %meta = %{ $alice->get("$c/r/meta")->json };
    my $changes = $alice->get("$c/query?profile=changes")->json->{documents};
    return {
        resource => [map { $alice->get($_)->header('ETag') } "$c/r", "$c/r/meta"],
        collection => [map { $_->header('ETag'), $_->body } $alice->get("$c/meta")],
        meta => \%meta,
        changes => $changes,
        position => [sql(<<'SQL', $space)],
SELECT position, feed_ms, resources FROM was_pws_counters WHERE space_uuid = ? ORDER BY 1
SQL
    };
}
my $before = around();
for my $row (['PUT', text('new')], ['PUT', text('x' x (2 * $MEBI))], ['DELETE']) {
    my ($method, @request) = @$row;
    is($alice->request($method, "$at/500", @request)->status, 204, "pws 16: $method: done");
    is_deeply(around(), $before, "pws-next C.4: $method: nothing around it has changed");
}
is_deeply([contradictions($space)], [], 'what chunks are charged is what there is');

# 6. With the parent they go, at once for who asks, and their rows and parts after a while.
my $doomed = "$c/doomed";
told(
    $alice,
    ['pws 16: a parent', PUT => $doomed, [text('x')], 201],
    (map { ["pws 16: its chunk $_", PUT => "$doomed/chunks/$_", [text('x' x $_)], 204] } 1 .. 3),
    ['pws 16: a long one', PUT => "$doomed/chunks/4", [text('x' x (2 * $MEBI))], 204],
    ['pws 16: the parent is written again', PUT => $doomed, [text('y')], 200],
    ['pws 16: they stay', GET => "$doomed/chunks/3", [], 200, undef, body => 'xxx'],
    ['pws 16: the parent is deleted', DELETE => $doomed, [], 204],
    ['pws 16: no list', GET => "$doomed/chunks/", [], 404, 'not-found'],
    ['pws 16: no chunk', GET => "$doomed/chunks/3", [], 404, 'not-found'],
    ['pws 16: none to write', PUT => "$doomed/chunks/3", [text('x')], 404, 'not-found'],
    ['pws 16: a new parent', PUT => $doomed, [text('x')], 201],
    ['pws 16: of none', GET => "$doomed/chunks/", [], 200, undef, json => listed('doomed')],
    ['pws 16: no old one', GET => "$doomed/chunks/3", [], 404, 'not-found'],
);
ok(swept($space), 'pws 16: what is left is swept');
is_deeply([contradictions($space)], [], 'pws 16: and nothing is left');

# 7. In their row and in parts: lengths, and ranges of them.
for my $length ($MEBI, $MEBI + 1, 3 * $MEBI + 7) {
    my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. $length / 4 + 1;
    $bytes = substr $bytes, 0, $length;
    my @part = (body => substr $bytes, $MEBI - 5, 5);
    my $range = sprintf 'bytes=%d-%d', $MEBI - 5, $MEBI - 1;
    for my $framing ([], [chunked => 70_000]) {
        my $how = "pws 16: $length bytes" . (@$framing ? ', of no announced length' : '');
        my @sent = (type => 'a/b', body => $bytes, @$framing);
        told(
            $alice,
            ["$how: stored", PUT => "$at/7", \@sent, 204],
            ["$how: come back", GET => "$at/7", [], 200, undef, body => $bytes],
            ["$how: a part of it", GET => "$at/7", [only(Range => $range)], 206, undef, @part],
            [
                "$how: its head", HEAD => "$at/7", [], 200, undef,
                headers => { 'Content-Length' => $length }
            ],
        );
    }
}

# 8. Who may: a capability for the chunk's URL or above, or, to read, what the parent's policy says.
my $delegate = sub {
    my ($target, @actions) = @_;
    my $root = $alice->space_url($space);
    return delegate(
        $root, by => $alice->key, to => $bob->key, target => $target,
        actions => \@actions);
};
my $of_one = $delegate->($alice->url("$at/1"), 'PUT', 'GET');
my $of_parent = $delegate->($alice->url("$c/r"), 'PUT', 'GET', 'DELETE');
my @by_one = (by => $bob, zcap => { capability => $of_one });
my @by_parent = (by => $bob, zcap => { capability => $of_parent });
my @unsigned = (zcap => 0, sign => 0);
my @masked = (404, 'not-found');
told(
    $alice,
    ['pws 16: by a grant for it', PUT => "$at/1", [text('bob'), @by_one], 204],
    ['pws 16: and read', GET => "$at/1", [@by_one], 200, undef, body => 'bob'],
    [
        'chunks.write-cap-bound-to-chunk-url',
        PUT => "$at/0", [text('bob'), @by_one], 404, 'not-found'
    ],
    ['pws 16: by a grant for the parent', PUT => "$at/2", [text('bob'), @by_parent], 204],
    ['pws 16: and deleted', DELETE => "$at/2", [@by_parent], 204],
    ['pws 16: for the list, too', GET => "$at/", [@by_parent], 200],
    ['chunks.no-leak: GET', GET => "$at/1", [by => $bob], 404, 'not-found'],
    ['chunks.no-leak: PUT', PUT => "$at/1", [text('x'), by => $bob], 404, 'not-found'],
    ['chunks.no-leak: the bytes', GET => "$at/1", [], 200, undef, body => 'bob'],
    ['pws 8.2: unsigned', GET => "$at/1", [@unsigned], 404, 'not-found'],
    [
        'pws 8.2: the parent is public',
        PUT => "$c/public/policy", [json => { type => 'PublicCanRead' }], 201
    ],
    ['pws 8.2: a chunk of it', PUT => "$c/public/chunks/1", [text('all')], 204],
    [
        'pws 8.2: anybody reads it', GET => "$c/public/chunks/1", [@unsigned],
        200, undef, body => 'all'
    ],
    ['pws 8.2: and the list', GET => "$c/public/chunks/", [by => $bob], 200],
    ['pws 8.2: and writes none', PUT => "$c/public/chunks/1", [text('x'), by => $bob], @masked],
    ['pws 8.2: of a long one', PUT => "$c/public/chunks/2", [text('y' x (2 * $MEBI))], 204],
    [
        'pws 8.2: anybody reads a part of that', GET => "$c/public/chunks/2",
        [@unsigned, only(Range => 'bytes=1048576-1048577')],
        206, undef, body => 'yy'
    ],
);

# 9. Where contents are written once, and where they are elsewhere.
my $once =
    make_collection($alice, $space, 'once', { r => 'x' }, revisions => { immutable => \'true' });
my $o = "$once/r/chunks/0";
my @immutable = (409, 'resource-immutable');
told($alice, ['pws-next I.2: new', PUT => $o, [text('x')], 204]);
my $long = 'y' x (2 * $MEBI);
my $parts = "$once/r/chunks/1";
told($alice, ['pws-next I.2: a long one', PUT => $parts, [text($long)], 204]);
my @long_stays = (204, undef, headers => { ETag => etag_of($parts) });
my $kept = etag_of($o);
my @stays = (204, undef, headers => { ETag => $kept });
told(
    $alice,
    ['pws-next I.2: the same', PUT => $o, [text('x')], @stays],
    ['pws-next I.2: its parameters', PUT => $o, [type => 'text/plain; a=b', body => 'x'], @stays],
    ['pws-next I.2: the same, long', PUT => $parts, [text($long)], @long_stays],
    ['pws-next I.2: as long', PUT => $parts, [text('x' x length $long)], @immutable],
    ['pws-next I.2: other bytes', PUT => $o, [text('y')], @immutable],
    ['pws-next I.2: more', PUT => $o, [text($long)], @immutable],
    ['pws-next I.2: another type', PUT => $o, [type => 'a/b', body => 'x'], @immutable],
    ['pws-next I.2: conditions first', PUT => $o, [text('x', 'If-None-Match' => '*')], @failed],
    ['pws-next I.2: as it is', GET => $o, [], 200, undef, @stays[2, 3], body => 'x'],
    ['pws-next I.2: deleted', DELETE => $o, [], 204],
    ['pws-next I.2: another', PUT => $o, [text('y')], 204],
);
my $backend = { id => 'b', provider => 'p', connection => { kind => 'k' } };
my @inert = (409, 'unsupported-backend');
my $away = make_collection($alice, $space, 'away', { r => 'x' });
told(
    $alice,
    ['pws 17.2: a backend', POST => "/space/$space/backends", [json => $backend], 201],
    ['pws 17.2: a chunk before', PUT => "$away/r/chunks/0", [text('x')], 204],
    ['pws 17.2: used', PUT => "$away/meta", [json => { backend => { id => 'b' } }], 204],
    ['pws 17.2: nothing goes in', PUT => "$away/r/chunks/1", [text('x')], @inert],
    ['pws 17.2: what is there may go', DELETE => "$away/r/chunks/0", [], 204],
);

# 10. A list of many is written page by page.
my $many = "$c/many";
$alice->put($many, text('x'));
$alice->put("$many/chunks/0", text('x'));
for my $count (499, 500, 501, 1000, 20_000) {
    sql(<<'SQL', $count - 1, $space);
INSERT INTO was_pws_chunks (space_uuid, chunks, number, generation, content_type, size, content,
    created_ms, updated_ms)
SELECT h.space_uuid, h.chunks, 3 * n, n, 'text/plain', 1, 'x', 0, 0 FROM was_pws_resources r
JOIN was_pws_chunks h USING (space_uuid, chunks), generate_series(1, ?) n
WHERE r.space_uuid = ? AND r.resource = 'many' AND h.number = 0 ON CONFLICT DO NOTHING
SQL
    my $list = $alice->get("$many/chunks/")->json;
    my @indexes = map { $_->{index} } @{ $list->{chunks} };
    is($list->{count}, $count, "pws 16: $count chunks");
    is_deeply(\@indexes, [map { 3 * $_ } 0 .. $count - 1], "pws 16: $count chunks, in their order");
}
told(
    $alice,
    ['pws 16: the parent of many is deleted', DELETE => $many, [], 204],
    ['pws 16: and at once has none', PUT => $many, [text('x')], 201],
    ['pws 16: to list', GET => "$many/chunks/", [], 200, undef, json => listed('many')],
);
ok(swept($space), 'pws 16: many are swept');
# They were not charged when they were made.
my ($left) = sql('SELECT count(*) FROM was_pws_chunks WHERE space_uuid = ? AND number % 3 = 0'
        . ' AND generation BETWEEN 1 AND 20000', $space);
is_deeply($left, [0], 'pws 16: and nothing is left of them');

# 11. With their collection and their space they are swept, too.
my $gone = make_space($alice);
for my $target ('c/', 'd/', '') {
    my ($id) = $target =~ /(\w+)/ ? $1 : 'e';
    my $path = make_collection($alice, $gone, $id, { map { $_ => 'x' } 1 .. 20 });
    for my $resource (1 .. 20) {
        $alice->put("$path/$resource/chunks/$_", text('x' x 1000))->status == 204
            or die 'no chunk'
            for 1 .. 3;
    }
    $alice->put("$path/1/chunks/big", text('x'));
    is($alice->delete("/space/$gone/$target")->status, 204, "pws 16: /$target deleted");
    ok(swept($gone), "pws 16: /$target is swept");
    is_deeply(
        [sql('SELECT number FROM was_pws_chunks WHERE space_uuid = ?', $gone)],
        [], "pws 16: /$target: with all chunks");
}

done_testing;
