# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What has changed in a collection (protocol/pws-next D): each record once, at its latest write, in
# the order of writes, with exactly the members that it must have; pages that end by changes and by
# bytes; checkpoints that are good for the life of the collection that gave them out and for nothing
# else; what a policy hides; and the form of the revision before.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;
use WAS::Holder;
use WAS::Server;

my $alice = holder('pws');
my $stranger = holder('pws');
my $september = at('pws_september', $alice);
my $json = JSON::PP->new->utf8->canonical->allow_nonref->allow_bignum;
my ($origin_id) = map { @$_ } sql('SELECT origin_id FROM was_origin');
my @STAMP = qw(updatedAt updatedAtCounter originId generation);

sub document { return (type => 'application/json', body => json_text($_[0])) }
sub text { return (type => 'text/plain', body => $_[0]) }

sub query {
    my ($who, $path, %members) = @_;
    return $who->send_json(POST => "$path/query", { profile => 'changes', %members });
}

sub page {
    my ($who, $path, %members) = @_;
    my $res = query($who, $path, %members);
    $res->status == 200 or die "$path: @{[$res->status]} @{[$res->body]}\n";
    return $json->decode($res->body);
}

# All changes, by pages.
sub feed {
    my ($who, $path, %members) = @_;
    my (@documents, $page);
    do {
        $page = page($who, $path, %members);
        push @documents, @{ $page->{documents} };
        $members{checkpoint} = $page->{checkpoint};
    } while (@{ $page->{documents} });
    return @documents;
}

sub short {
    my ($document) = @_;
    my $id = $document->{id} =~ s{\A.*/space/[^/]+/}{}r;
    return ($document->{deleted} // $document->{_deleted} ? '-' : '') . $id;
}

sub make {
    my ($method, $target, @options) = @_;
    my $res = $alice->request($method, $target, @options);
    $res->status =~ /\A20/ or die "$method $target: @{[$res->status]} @{[$res->body]}\n";
    return $res->header('ETag');
}

my $space = make_space($alice);
my $public = { type => 'PublicCanRead' };

# 1. A collection that was just made.
my $path = make_collection($alice, $space, 'c');
{
    my $page = page($alice, $path);
    my ($one, @more) = @{ $page->{documents} };
    my $etag = $alice->get("$path/meta")->header('ETag');
    is(scalar @more, 0, 'pws-next D.2: one change, of the collection itself');
    is_deeply(
        [sort keys %$one],
        [sort @STAMP, qw(kind id deleted etag checkpoint)],
        'pws-next D.2: with its members and no others');
    is($one->{kind}, 'collection-metadata', 'pws-next D.2: its kind');
    is($one->{id}, $alice->url("$path/meta"), 'pws-next D.2: an absolute URL');
    is($one->{etag}, $etag, 'pws-next D.2: its validator is that of a read');
    is($one->{originId}, $origin_id, 'pws-next C.1: the origin is that of the database');
    is($page->{checkpoint}, $one->{checkpoint}, 'pws-next D.1: the checkpoint is the last one\'s');
    is_deeply(
        page($alice, $path, checkpoint => $page->{checkpoint}),
        { documents => [], checkpoint => undef },
        'pws-next D.1: behind it there is nothing, and no checkpoint');
}

# 2. Writes of each kind, then the changes: the last write of each record counts.
my @WRITES = (
    [PUT => '/j', document({ a => 1, b => [undef] })],
    [PUT => '/plain', text('SECRET')],
    [PUT => '/null', type => 'application/ld+json; charset=utf-8', body => ' null '],
    [PUT => '/gone', document({ b => 2 })],
    [PUT => '/gone/policy', document($public)],
    [PUT => '/back', document({ c => 3 })],
    [PUT => '/policy', document($public)],
    [DELETE => '/gone'],
    [DELETE => '/back'],
    [PUT => '/back', document({ c => 4 })],
    [PUT => '/j/meta', document({ custom => { name => 'n' } })],
    [PUT => '/plain/policy', document($public)],
    [DELETE => '/plain/policy'],
    [PUT => '/meta', document({ name => 'x' })],
    [PUT => '/odd', type => 'application/JSON', body => 'null'],
);
make($_->[0], "$path$_->[1]", @$_[2 .. $#$_]) for @WRITES;
# A change: its id, its kind, and the members that it has beside those that each one has.
my @both = qw(contentType createdBy);
my @DUE = (
    ['plain', 'resource', @both],
    ['null', 'resource', @both, 'data'],
    ['c/policy', 'policy'],
    ['-gone', 'resource', 'contentType'],
    ['-c/gone/policy', 'policy'],
    ['back', 'resource', @both, 'data'],
    ['j', 'resource', @both, qw(data custom meta metaEtag)],
    ['-c/plain/policy', 'policy'],
    ['c/meta', 'collection-metadata'],
    ['odd', 'resource', @both, 'data'],
);
my @feed = feed($alice, $path);
is_deeply(
    [map { short($_) } @feed],
    [map { $_->[0] } @DUE],
    'pws-next D.1: each record once, in the order of the latest writes');
for my $number (0 .. $#DUE) {
    my ($id, $kind, @members) = @{ $DUE[$number] };
    my $document = $feed[$number];
    is_deeply(
        [$document->{kind}, sort keys %$document],
        [$kind, sort @STAMP, qw(kind id deleted etag checkpoint), @members],
        "pws-next D.2: $id has its members and no others");
    my ($ms, $counter) = @$document{qw(updatedAt updatedAtCounter)};
    like($ms, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, "pws-next C.1: $id: its time");
    like($document->{etag}, qr/\A"[\x21\x23-\x7e]+"\z/, "pws-next D.2: $id: a validator, quoted");
    my $is_deleted = $id =~ /\A-/ ? JSON::PP::true : JSON::PP::false;
    is(
        $json->encode($document->{deleted}),
        $json->encode($is_deleted), "pws-next D.2: $id: deleted is a boolean");
}
{
    my %of = map { short($_) => $_ } @feed;
    my @read = map { $alice->get("$path/$_")->header('ETag') } qw(j j/meta meta);
    is_deeply(
        [$of{j}{etag}, $of{j}{metaEtag}, $of{'c/meta'}{etag}],
        \@read, 'pws-next D.2: validators are those of reads');
    is_deeply(
        [sort keys %{ $of{j}{meta} }],
        [sort @STAMP], 'pws-next D.2: what is noted has a stamp and a generation of its own');
    is_deeply($of{j}{data}, { a => 1, b => [undef] }, 'pws-next D.2: data is the JSON value');
    is_deeply($of{j}{custom}, { name => 'n' }, 'pws-next D.2: and what is noted beside it');
    is($of{null}{data}, undef, 'pws-next D.2: null is a value');
    is_deeply($of{back}{data}, { c => 4 }, 'pws-next D.2: what was made again is alive');
    is($of{'-gone'}{contentType}, 'application/json', 'pws-next D.2: a tombstone keeps its type');
}

# 3. Pages of each size, by either method, and from each change.
for my $limit (1 .. 4, 100) {
    is_deeply([feed($alice, $path, limit => $limit)], \@feed, "pws-next D.1: in pages of $limit");
}
for my $number (0 .. $#feed) {
    my @rest = feed($alice, $path, checkpoint => $feed[$number]{checkpoint});
    is_deeply(
        \@rest,
        [@feed[$number + 1 .. $#feed]],
        "pws-next D.1: a change's checkpoint goes on right behind it, number $number");
}
my $at = "checkpoint=$feed[2]{checkpoint}";
for my $parameters (
    "limit=3&$at", "$at&limit=3&checkpoint=x",
    $at =~ s/=(.)/sprintf '=%%%x', ord $1/er
) {
    my $res = $alice->get("$path/query?profile=changes&$parameters");
    my @documents = @{ $json->decode($res->body)->{documents} };
    my $last = 2 + ($parameters =~ /limit/ ? 3 : 7);
    is_deeply(\@documents, [@feed[3 .. $last]], "pws-next A.3: the same by GET: $parameters");
}
# What is asked for, as JSON, and how many come.
my @LIMITS = (
    ['null', 10],
    ['0', 10],
    ['-1', 10],
    ['"3"', 3],
    ['"abc"', 10],
    ['""', 10],
    ['[]', 10],
    ['2.9', 2],
    ['0.9', 10],
    ['true', 10],
    ['1e300', 10],
    ['"00002"', 2],
    ['"' . '9' x 300 . '"', 10],
    ['1000', 10],
);
for my $row (@LIMITS) {
    my ($limit, $count) = @$row;
    my $body = "{\"profile\":\"changes\",\"limit\":$limit}";
    my $res = $alice->request(POST => "$path/query", type => 'application/json', body => $body);
    my @documents = @{ $json->decode($res->body)->{documents} };
    is(scalar @documents, $count, "pws 13.3: limit $limit is no error");
}

# 4. Checkpoints that are none.
my $other = make_collection($alice, $space, 'd');
my $life = make_collection($alice, $space, 'e');
my ($foreign, $earlier) = map { page($alice, $_)->{checkpoint} } $other, $life;
make(DELETE => "$life/");
make_collection($alice, $space, 'e');
my $good = $feed[4]{checkpoint};
my $flipped = sub {
    my $bytes = decode_base64url($good);
    substr($bytes, $_[0], 1) ^= "\x01";
    return encode_base64url($bytes);
};
my @BAD = (
    ['of another collection', $foreign],
    ['nothing', ''],
    ['a word', 'nonsense'],
    ['null', undef],
    ['a number', 5],
    ['a list', [$good]],
    ['an object', { id => 'j', updatedAt => '2026-10-05T12:00:00.000Z' }],
    ['cut', substr $good, 0, 40],
    ['longer', "${good}AAAA"],
    ['padded', "$good="],
    ['with a blank', "$good "],
    ['60,000 bytes', 'A' x 60_000],
    ['beyond all positions', encode_base64url("\x01" . "\xff" x 32)],
    ["of NUL", encode_base64url("\0" x 33)],
    map { ["with a bit of byte $_ turned", $flipped->($_)] } 0, 1, 8, 9, 16, 17, 32,
);

sub is_refused {
    my ($name, $res) = @_;
    my $pointer = ($res->problem // {})->{errors}[0]{pointer};
    return due(
        "pws-next D.1: a checkpoint $name is refused",
        $res, 400,
        'invalid-request-body',
        check => sub { ($pointer // '') eq '#/checkpoint' ? () : 'no pointer' });
}
is_refused($_->[0], query($alice, $path, checkpoint => $_->[1])) for @BAD;
is_refused('of an earlier life', query($alice, $life, checkpoint => $earlier));
is_refused("$_ in a URL", $alice->get("$path/query?profile=changes&checkpoint=$_"))
    for '', 'x', '%', '%00', '%ff', 'A' x 3000;
is(query($alice, $path, checkpoint => $good)->status, 200, 'pws-next D.1: a good one is not');

# A backup was put back: what came behind it is not there any more. And whoever puts one back can
# have all copies begin anew.
{
    my $restored = make_collection($alice, $space, 'restored', { r => 'x' });
    my $later = page($alice, $restored)->{checkpoint};
    sql(<<'SQL', $space);
UPDATE was_pws_counters k SET position = k.position - 1 FROM was_pws_collections c
WHERE c.space_uuid = ? AND c.collection = 'restored' AND k.space_uuid = c.space_uuid
    AND k.collection_generation = c.generation
SQL
    is_refused('of what a backup has taken back', query($alice, $restored, checkpoint => $later));
    my ($key) = map { @$_ } sql(q(SELECT encode(feed_key, 'hex') FROM was_origin));
    my $set_key = q(UPDATE was_origin SET feed_key = decode(?, 'hex'));
    sql($set_key, unpack 'H*', random_bytes(32));
    is_refused('of another key', query($alice, $path, checkpoint => $good));
    sql($set_key, $key);
}
is(query($alice, $path, checkpoint => $good)->status, 200, 'pws-next D.1: and is good as before');

# 5. Queries that are none: what is asked, the body, status and type.
my $invalid = 'invalid-request-body';
my @QUERIES = (
    ['no profile', '{}', 400, $invalid],
    ['a profile of another type', '{"profile":5}', 400, $invalid],
    ['no object', '[]', 400, $invalid],
    ['nothing', '', 400, $invalid],
    ['a name twice', '{"profile":"changes","profile":"changes"}', 400, $invalid],
    ['not UTF-8', "{\"profile\":\"changes\",\"x\":\"\xff\"}", 400, $invalid],
    ['too deep', '{"profile":"changes","x":' . '[' x 100 . ']' x 100 . '}', 400, $invalid],
    ['too long', '{"profile":"changes","x":"' . 'x' x 66_000 . '"}', 413, 'payload-too-large'],
    ['another profile', '{"profile":"equality"}', 501, 'unsupported-operation'],
    ['a profile in capitals', '{"profile":"Changes"}', 501, 'unsupported-operation'],
    ['members of others', '{"profile":"changes","x":{}}', 200],
);
for my $row (@QUERIES) {
    my ($name, $body, @due) = @$row;
    my $res = $alice->request(POST => "$path/query", type => 'application/json', body => $body);
    due("pws 13.2: $name", $res, @due);
}
told(
    $alice,
    ['pws 13.2: no profile in a URL', GET => "$path/query", [], 400, $invalid],
    [
        'pws 13.2: another profile in a URL', GET => "$path/query?profile=x",
        [], 501, 'unsupported-operation'
    ],
    [
        'pws 13.2: no collection', POST => "/space/$space/none/query",
        [document({ profile => 'changes' })], 404, 'not-found'
    ],
);

# 6. Contents as they stand; what is no JSON, or too long, has none; pages end by their bytes.
{
    my $big = make_collection($alice, $space, 'big');
    my $exact = '{"n":1.00000000000000000001e-300,"n":1e5,"s":"\u0000"}';
    my %stored = (
        a => $exact,
        b => '[' x 500 . ']' x 500,
        c => '"' . 'x' x 1_048_574 . '"',
        d => '"' . 'x' x 1_048_575 . '"',
        e => '"broken"',
        map { ("p$_" => '"' . 'x' x 100_000 . '"') } 1 .. 5,
    );
    make(PUT => "$big/$_", type => 'application/json', body => $stored{$_}) for sort keys %stored;
    sql(
        "UPDATE was_pws_resources SET content = '{' WHERE space_uuid = ? AND resource = 'e'",
        $space);
    my (@pages, $checkpoint);
    while (1) {
        my %behind = defined $checkpoint ? (checkpoint => $checkpoint) : ();
        my $res = query($alice, $big, %behind);
        my @ids = $res->body =~ /"id":"([^"]*)"/g;
        last if !@ids;
        push @pages, join ' ', map { s{.*/}{}r } @ids;
        ($checkpoint) = $res->body =~ /"checkpoint":"([^"]*)"\}\z/;
        for my $id (grep { $stored{$_} } @ids) {
            my $has = $id !~ /[de]/;
            my $there = index($res->body, "\"data\":$stored{$id}}") >= 0;
            is($there, $has, "pws-next D.2: the content of $id " . ($has ? 'as it is' : 'is none'));
        }
    }
    is_deeply(
        \@pages,
        ['meta a b', 'c', 'd e p1 p2', 'p3 p4', 'p5'],
        'pws 13.1: a page ends by its bytes, and has one change at least');
}

# A page of few changes is read in another way while all of them are short; so each length at which
# one is not, and a page that ends by the bytes of short ones, whose sum two ways make.
{
    my $mixed = make_collection($alice, $space, 'mixed');
    my %stored = map { ("r$_" => '"' . 'x' x ($_ - 2) . '"') } 2, 2047 .. 2049, 60_000;
    for my $id (sort keys %stored) {
        make(PUT => "$mixed/$id", type => 'application/json', body => $stored{$id});
        make(PUT => "$mixed/long$id", type => 'text/plain', body => $stored{$id});
    }
    for (['r2', 4096], ['r2047', 4097]) {
        my ($id, $length) = @$_;
        my $text = 'x' x ($length - length '{"text":""}');
        make(PUT => "$mixed/$id/meta", document({ custom => { text => $text } }));
    }
    my @all = feed($alice, $mixed, limit => 1000);
    my %data = map { $_->{id} => $json->encode($_->{data}) } grep { exists $_->{data} } @all;
    is_deeply(\%data, \%stored, 'pws-next D.2: contents of all lengths are there, of JSON alone');
    is_deeply([feed($alice, $mixed, limit => $_)], \@all, "pws-next D.1: short or not, by $_")
        for 1, 2, 5, 128, 129;

    my $short = make_collection($alice, $space, 'short');
    make(PUT => "$short/r$_", document({ text => 'x' x 2037 })) for 1 .. 110;
    my ($few, $many) = map { page($alice, $short, limit => $_) } 128, 129;
    is_deeply($few, $many, 'pws 13.1: a page of short ones ends by their bytes');
    my $count = @{ $few->{documents} };
    ok($count > 50 && $count < 110, "pws 13.1: which come to $count");
    is(scalar(feed($alice, $short, limit => 128)), 111, 'pws-next D.1: and none is passed over');
}

# 7. Whoever reads by a policy sees no policies, and nothing of what one hides or has hidden.
{
    my $open = make_collection($alice, $space, 'open');
    make(PUT => "$open/$_", document({})) for qw(shown hidden buried);
    make(PUT => "$open/policy", document($public));
    make(PUT => "$open/$_/policy", document({ type => 'Nothing' })) for qw(hidden buried);
    make(PUT => "$open/free", text('x'));
    make(DELETE => "$open/$_") for qw(buried free);
    my @all = qw(open/meta shown hidden open/policy open/hidden/policy -buried),
        my @more = qw(-open/buried/policy -free);
    my @sees = (
        ['the controller', $alice, [@all, @more]],
        ['a stranger', $stranger, [qw(open/meta shown -free)]],
    );
    for my $row (@sees) {
        my ($name, $who, $due) = @$row;
        for my $limit (1, 2, 100) {
            my @ids = map { short($_) } feed($who, $open, limit => $limit);
            is_deeply(\@ids, $due, "pws 8.2: what $name sees, in pages of $limit");
        }
    }
    make(PUT => "$open/policy", document({ type => 'Nothing' }));
    is(query($stranger, $open)->status, 404, 'pws 8.3: and nothing without it');
}

# 8. The revision before: resources with JSON alone, and checkpoints that are objects.
{
    my @old = feed($september, $path);
    is_deeply(
        [map { short($_) } @old], [qw(null -gone back j odd)],
        'pws 13.3: JSON resources alone');
    my @always = qw(id _deleted updatedAt version etag);
    my %more = (
        null => [qw(data createdBy)],
        j => [qw(data createdBy custom metaVersion metaEtag)],
        '-gone' => [],
    );
    my %of = map { short($_) => $_ } @old;
    is_deeply(
        [sort keys %{ $of{$_} }],
        [sort @always, @{ $more{$_} }],
        "pws 13.3: $_ has its members and no others"
    ) for sort keys %more;
    is_deeply([feed($september, $path, limit => $_)], \@old, "pws 13.3: in pages of $_") for 1 .. 4;
    is_deeply(
        [map { $_->{updatedAt} } sort { $a->{updatedAt} cmp $b->{updatedAt} } @old],
        [map { $_->{updatedAt} } @old],
        'pws 13.3: times ascend');
    my $point = sub { return { id => $_[0]{id}, updatedAt => $_[0]{updatedAt} } };
    make(PUT => "$path/null/meta", document({ custom => { name => 'm' } }));
    is_deeply(
        [map { short($_) } feed($september, $path, checkpoint => $point->($old[0]))],
        [qw(-gone back j odd null)],
        'pws 13.3: whose record was written again since, too');
    my ($null) = grep { $_->{id} eq 'null' } feed($september, $path);
    is($null->{version}, $of{null}{version}, 'pws 13.3: what is noted moves no version');
    make(DELETE => "$path/null");
    my ($dead) = grep { $_->{id} eq 'null' } feed($september, $path);
    cmp_ok($dead->{version}, '>', $null->{version}, 'pws 13.3: a deletion does');
    my $time = $old[1]{updatedAt};
    my @bad = (
        $good, {}, { id => 'j' }, { updatedAt => $time }, { id => [], updatedAt => $time },
        { id => 'j', updatedAt => 5 }, { id => 'j', updatedAt => '2026-10-05T12:00:00.000Z' },
        { id => 'j', updatedAt => $time =~ s/(\d)Z/($1 + 1) % 10 . 'Z'/er },
        { id => 'j', updatedAt => "${time}Z" }, { id => 'j', updatedAt => $time =~ tr/0-9/x/r },
    );
    is_refused(
        'of the revision before: ' . json_text([$_]),
        query($september, $path, checkpoint => $_)
    ) for @bad;
    is_refused('of a time', query($alice, $path, checkpoint => $time));
    told(
        $september,
        [
            'pws 13.2: no GET', GET => "$path/query?profile=changes",
            [], 405, 'about:blank', headers => { Allow => 'POST, OPTIONS' }
        ]);
}

# Counters, which tell writes of one millisecond apart: as they are stored.
{
    my $counted = make_collection($alice, $space, 'counted');
    make(PUT => "$counted/$_", document({})) for qw(r gone);
    make(DELETE => "$counted/gone");
    make(PUT => "$counted/r/meta", document({ custom => {} }));
    make(PUT => "$counted/policy", document($public));
    my ($life) = map { @$_ } sql(<<'SQL', $space);
SELECT generation FROM was_pws_collections WHERE space_uuid = ? AND collection = 'counted'
SQL
    sql("UPDATE $_ = ?", $life)
        for (
        'was_pws_collections SET updated_counter = 3 WHERE generation',
        'was_pws_resources SET updated_counter = 4, meta_counter = 5 WHERE collection_generation',
        'was_pws_tombstones SET updated_counter = 6 WHERE parent',
        'was_pws_policies SET updated_counter = 2147483647 WHERE parent',
        );
    my %of = map { short($_) => $_ } feed($alice, $counted);
    is_deeply(
        { map { $_ => $of{$_}{updatedAtCounter} } keys %of },
        { 'counted/meta' => 3, r => 4, -gone => 6, 'counted/policy' => 2_147_483_647 },
        'pws-next C.1: the counter of each stamp');
    is($of{r}{meta}{updatedAtCounter}, 5, 'pws-next C.1: and of what is noted of a resource');
}

done_testing;
