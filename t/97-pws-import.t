# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# An archive into a space (protocol/pws-next F.6): that a space moves with all that it has, what is
# there already stays, what is new is charged, stamped and seen, and that nothing is stored of an
# archive that is not what it must be.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha1_hex);
use Encode qw(encode_utf8);
use JSON::PP qw(decode_json);
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Tar;
use WAS::Zcap;

my $alice = holder();
my $bob = holder();
my $TAR = 'application/x-tar';
my $PRIVATE = { type => 'Nobody' };
my $long = random_bytes(1_700_000);
my $envelope = '{"jwe":{"protected":"x","ciphertext":"y"}}';

sub exported { return $alice->request(POST => "/space/$_[0]/export")->body }

sub imported {
    my ($space, $tar, @as) = @_;
    return $alice->request(POST => "/space/$space/import", type => $TAR, body => $tar, @as);
}

# What a client sees of a space, without what an import changes.
sub seen {
    my ($space) = @_;
    my %seen = (name => $alice->get("/space/$space/meta")->json->{name});
    my $policy = $alice->get("/space/$space/policy");
    $seen{policy} = $policy->json->{type} if $policy->status == 200;
    for my $id (map { $_->{id} } @{ $alice->get("/space/$space/?limit=1000")->json->{items} }) {
        my $at = "/space/$space/$id";
        my $meta = $alice->get("$at/meta")->json;
        $seen{$id} = { map { $_ => $meta->{$_} }
                qw(name custom encryption plaintext revisions generator epoch createdAt) };
        for my $r (map { $_->{id} } @{ $alice->get("$at/?limit=1000")->json->{items} }) {
            my $res = $alice->get("$at/$r");
            my $about = $alice->get("$at/$r/meta")->json;
            my $own = $alice->get("$at/$r/policy");
            $seen{"$id/$r"} = [
                $res->type, sha1_hex($res->body), $own->status == 200 ? $own->json->{type} : undef,
                map { $about->{$_} } qw(size custom epoch writerId createdAt)
            ];
        }
    }
    return \%seen;
}

sub members_due {
    my ($name, $res, %want) = @_;
    due($name, $res, 200) or diag $res->body;
    my $got = $res->json;
    my %got = map { $_ => $got->{$_} } keys %want;
    return is_deeply(\%got, \%want, "$name: what it says") || diag $res->body;
}

# A space with something of every kind.
my $space = make_space($alice, name => 'Moved');
my $at = "/space/$space";
my %ENCRYPTED = (encryption => { scheme => 'edv' });
make_collection($alice, $space, 'c', {}, name => 'C', custom => { a => 1 }, epoch => 'e');
make_collection($alice, $space, 'secret', {}, %ENCRYPTED);
$alice->send_json(POST => "$at/", '{"id":"once","revisions":{"immutable":true}}');
make_collection($alice, $space, 'gone');
put_due($alice, 201, "$at/c/r", type => 'text/plain; charset=utf-8', body => 'text');
put_due(
    $alice, 201, "$at/c/r.x", type => 'application/json', body => '{"a": 1}',
    headers => ['Key-Epoch' => 'e', 'Writer-Id' => 'w']);
put_due($alice, 201, "$at/c/r-x", type => 'application/octet-stream', body => $long);
put_due($alice, 201, "$at/c/empty", type => 'x/y', body => '');
put_due(
    $alice, 201, "$at/c/deleted", type => 'text/csv', body => 'a,b',
    headers => ['Writer-Id' => 'd']);
put_due($alice, 201, "$at/c/i" . 'i' x 254, type => 'x/y; ' . 'p' x 500, body => 'long');
put_due($alice, 201, "$at/once/o", type => 'text/plain', body => 'o');
put_due($alice, 201, "$at/secret/s", type => 'application/json', body => $envelope);
put_due($alice, 200, "$at/c/r.x/meta", json => { custom => { name => "\x{e9}" } });
put_due($alice, 201, "$at/c/r/policy", json => $PRIVATE);
put_due($alice, 201, "$at/c/policy", json => { type => 'PublicCanRead' });
put_due($alice, 201, "$at/policy", json => $PRIVATE);
$alice->delete("$at/c/deleted");
$alice->request(DELETE => "$at/gone/");
my $tar = exported($space);

# 1. It moves.
my $there = make_space($alice);
my %NOTHING = map { $_ => 0 } qw(collectionsSkipped resourcesSkipped policiesSkipped);
members_due(
    'F.6: an import', imported($there, $tar), %NOTHING,
    collectionsCreated => 3, resourcesCreated => 7, policiesCreated => 3,
    spaceMetadata => 'restored',
    provenance => {
        verified => 0, unattested => 10, proofInvalid => 0, contentMismatch => 0,
        unknownSigner => 0
    });
is_deeply(seen($there), seen($space), 'F.6: what comes is what there was');
is($alice->get("/space/$there/c/r.x/meta")->json->{createdBy}, undef, 'F.6: nobody has proven it');
is(
    $alice->get("/space/$there/c/r.x/meta")->json->{meta}{generation},
    $alice->get("$at/c/r.x/meta")->json->{meta}{generation}, 'F.6: generations are kept');
my %left = map { $_->{id} => $_->{deleted} }
    @{ $alice->get("/space/$there/?include=deleted")->json->{items} };
ok($left{gone}, 'F.6: what is left of a collection comes, too');
my $feed = $alice->get("/space/$there/c/query?profile=changes")->json->{documents};
is(
    scalar(grep { $_->{deleted} || $_->{_deleted} } @$feed), 1,
    'F.6: ... and of a resource, in the feed');
is_deeply([contradictions($space, $there)], [], 'F.6: all is charged, and has a place of its own');

# 2. What is there stays.
members_due(
    'F.6: the same again', imported($there, $tar), resourcesCreated => 0, resourcesSkipped => 7,
    collectionsCreated => 0, collectionsSkipped => 3, policiesCreated => 0, policiesSkipped => 3);
is_deeply(seen($there), seen($space), '... changes nothing');
$alice->delete("/space/$there/c/$_") for qw(r empty);
$alice->delete("/space/$there/policy");
put_due($alice, 200, "/space/$there/c/r-x", type => 'text/plain', body => 'mine');
members_due(
    'F.6: over what was deleted', imported($there, $tar), resourcesCreated => 0,
    resourcesSkipped => 7, policiesCreated => 0, policiesSkipped => 3);
is($alice->get("/space/$there/c/r-x")->body, 'mine', '... what is there is kept');
is($alice->get("/space/$there/c/r")->status, 404, '... what was deleted is deleted');
is_deeply([contradictions($there)], [], '... and charged so');
$alice->request(DELETE => "/space/$there/c/");
members_due(
    'F.6: a collection over its tombstone', imported($there, $tar), collectionsCreated => 1,
    resourcesCreated => 5, policiesCreated => 2);
is_deeply(seen($there)->{c}, seen($space)->{c}, '... it is as it was');
is_deeply([contradictions($there)], [], '... above what it was');
is_deeply(
    [map { $alice->get("/space/$there/c/$_")->status } qw(r r.x r-x empty)], [(200) x 4],
    '... nor what was in it');

# 3. Rights.
my $shared = make_space($alice, name => 'mine');
my $zcap = delegate(
    $alice->space_url($shared), by => $alice->key, to => $bob->key,
    target => $alice->url("/space/$shared/import"), actions => ['POST']);
members_due(
    'F.6: by a delegation',
    $bob->request(
        POST => "/space/$shared/import", type => $TAR, body => $tar,
        zcap => { capability => $zcap }
    ),
    resourcesCreated => 7,
    spaceMetadata => 'skipped');
is($alice->get("/space/$shared/meta")->json->{name}, 'mine', '... the space keeps its name');

# Revocations: what the importer could revoke here himself.
my $victim = holder();
my %delegated = (
    by => $alice->key, to => $victim->key, target => $alice->space_url($shared),
    actions => ['GET']);
my $revoked = delegate($alice->space_url($shared), %delegated);
my $of_another =
    delegate($alice->space_url($space), %delegated, target => $alice->space_url($space));

sub by_it {
    my ($space, $capability) = @_;
    return $victim->get("/space/$space/meta", zcap => { capability => $capability })->status;
}
my %told = (delegator => 'd', rootTarget => 'r', created => 'c', expires => 'e');
my @records = map { decode_json(jcs({ capability => $_, meta => \%told })) } $revoked, $of_another;
is(by_it($shared, $revoked), 200, 'F.6: a capability that is not revoked yet');
members_due(
    'F.6: revocations',
    imported(
        $shared,
        archive(
            ['manifest.yml', manifest_of('s')],
            ['space/s/.space.s.json', '{}'],
            map { ["revocations/$_.json", jcs($records[$_])] } 0, 1
        )
    ),
    spaceMetadata => 'skipped');
is(by_it($shared, $revoked), 404, '... one of the space counts');
is(by_it($space, $of_another), 200, '... one of another does not');

# 4. Archives that others have made.
my $B = "space/s";

sub manifest_of {
    return <<"YAML";
ubc-version: '0.1'
contents:
  space:
    contents:
      $_[0]:
        contents: []
YAML
}
my $MANIFEST = manifest_of('s');
sub json { return JSON::PP->new->canonical->utf8->encode($_[0]) }

sub collection {
    return ["$B/$_[0]/.collection.$_[0].json", json({ id => $_[0], %{ $_[1] // {} } })];
}
sub made { return archive(['manifest.yml', $MANIFEST], @_) }
my $TEXT = 'text%2Fplain.txt';
my @c = collection('c');

my %space_of;
for my $row (
    # what is in it; what is said of that; what is there then
    ['a collection', [@c], { collectionsCreated => 1 }],
    ['without an id', [["$B/c/.collection.c.json", '{}']], { collectionsCreated => 1 }],
    ['a resource', [@c, ["$B/c/r.r.$TEXT", 'x']], { resourcesCreated => 1 }, { r => 'x' }],
    [
        'a name that is split', [@c, ["$B/c/r.@{['r' x 120]}.$TEXT", 'x', raw => long_named()]],
        { resourcesCreated => 1 }
    ],
    [
        'in no order',
        [["$B/c/r.r.$TEXT", 'x'], ["$B/c/.meta.r.json", '{"epoch":"e"}'], @c, ["$B/c/"]],
        { resourcesCreated => 1 }, { r => 'x' }
    ],
    [
        'two of one id: the first', [@c, ["$B/c/r.r.x%2Fy.blob", '1'], ["$B/c/r.r.$TEXT", '2']],
        { resourcesCreated => 1 }, { r => '1' }
    ],
    ['notes of nothing', [@c, ["$B/c/.meta.r.json", '{}']], { resourcesCreated => 0 }],
    [
        'strays',
        [
            @c, ['README', 'x'], ['service.json', '{'], ["$B/c/other.txt", 'x'], ['x/y/z', ''],
            ["$B/.unknown", 'x'], ["$B/c/.chunks.r/r.01.$TEXT", 'x'], ["$B/c/.chunks.r/x", '']
        ],
        { collectionsCreated => 1 }
    ],
    [
        'a policy of nothing', [@c, ["$B/c/.r.r.policy.json", '{"type":"x"}']],
        { policiesCreated => 0, policiesSkipped => 1 }
    ],
    [
        'a backend',
        [collection('c', { backend => { id => 'elsewhere' } }), ["$B/c/r.r.$TEXT", 'x']],
        { resourcesCreated => 1 }, { r => 'x' }
    ],
    ['a space that is no object', [@c, ["$B/.space.s.json", '[]']], { spaceMetadata => 'absent' }],
    [
        'generations of any kind',
        [
            collection('c', { _generation => 'UUID' }), ["$B/c/r.r.$TEXT", 'x'],
            ["$B/c/.meta.r.json", '{"generation":"-1","createdAt":"yesterday"}']
        ],
        { resourcesCreated => 1 },
        { r => 'x' }
    ],
    [
        'chunks',
        [
            @c, ["$B/c/r.r.$TEXT", 'x'], (map { ["$B/c/.chunks.r/r.$_.$TEXT", "chunk $_"] } 0, 10),
            ["$B/c/.chunks.r/.meta.10.json", '{}'], ["$B/c/.chunks.q/r.0.$TEXT", 'of nothing'],
            ["$B/c/.chunks.r/.r.1.$TEXT", 'stray'], ["$B/c/.chunks.r/r.2.$TEXT.", 'stray']
        ],
        { resourcesCreated => 1 },
        { r => 'x' }
    ],
    [
        'an envelope',
        [collection('c', {%ENCRYPTED}), ["$B/c/r.r.application%2Fjson.json", $envelope]],
        { resourcesCreated => 1 }
    ],
) {
    my ($name, $entries, $said, $there) = @$row;
    my $target = $space_of{$name} = make_space($alice);
    members_due("F.6: $name", imported($target, made(@$entries)), %$said);
    for my $r (sort keys %{ $there // {} }) {
        is($alice->get("/space/$target/c/$r")->body, $there->{$r}, "... $name: $r");
    }
    is_deeply([grep { !/charge/ || $name ne 'chunks' } contradictions($target)], [], "... $name");
}

sub long_named {
    my $name = "$B/c/r.@{['r' x 120]}.$TEXT";
    return entry('PaxHeader', pax_record(path => $name), kind => 'x') . entry('PaxHeader', 'x');
}

my @chunks = sql(<<'SQL', $space_of{chunks});
SELECT h.number, convert_from(h.content, 'UTF8') FROM was_pws_chunks h
    JOIN was_pws_resources r ON (r.space_uuid, r.chunks) = (h.space_uuid, h.chunks)
    WHERE h.space_uuid = ? ORDER BY 1
SQL
is_deeply(\@chunks, [[0, 'chunk 0'], [10, 'chunk 10']], 'F.6: chunks come with their resource');

# 5. Quota and length: what is refused stores nothing, and what fits comes in to the byte.
my $origin = WAS::Server::url('pws');
my $few = made(@c, map { ["$B/c/r.$_.$TEXT", 'x' x 1000] } 1 .. 20);

sub limited {
    my ($directive) = @_;
    my $server = WAS::Server->start(config => <<"CONF");
<Location "/">
    WASProtocol pws
    WASBaseURL $origin
    $directive
</Location>
CONF
    my $client = at('pws', $alice);
    $client->{port} = $server->{port};
    return ($server, $client);
}

sub import_by {
    my ($client, $target, $tar) = @_;
    return $client->request(POST => "/space/$target/import", type => $TAR, body => $tar);
}

my $full = make_space($alice);
members_due('F.6: what fits', imported($full, $few), resourcesCreated => 20);
my $charge = charge_of($full);
for my $row (
    # what is free beyond the charge, archive, status
    ['the sum of contents is over the quota', 15_000 - $charge, $few, 507],
    ['rows do not fit', -1, $few, 507],
    ['it fits', 0, $few, 200],
) {
    my ($name, $free, $archive, $status) = @$row;
    my $target = make_space($alice);
    my ($server, $client) = limited('WASQuotaPerSpace ' . ($charge + $free));
    my $before = charge_of($target);
    due(
        "F.6: $name", import_by($client, $target, $archive), $status,
        $status == 507 ? 'quota-exceeded' : undef);
    is(charge_of($target), $status == 507 ? $before : $charge, "... $name: what is charged");
    is_deeply([contradictions($target)], [], "... $name");
}
{
    my $target = make_space($alice);
    my ($server, $client) = limited('LimitRequestBody 20000');
    due('F.6: too long', import_by($client, $target, $few), 413, 'payload-too-large');
    my ($tight, $by) = limited('WASQuotaPerSpace ' . ($charge - 1000));
    due('F.6: what is there takes no room', import_by($by, $full, $few), 200);
}

# 6. At once: of imports of one archive each record comes from one, and writers wait.
my $target = make_space($alice);
my @told = in_parallel(
    4,
    sub {
        my ($who) = @_;
        return join ' ', map { put_code("/space/$target/c/w$_") } 1 .. 30 if $who == 0;
        my $counts = imported($target, $few)->json;
        return join ' ', @$counts{qw(collectionsCreated resourcesCreated resourcesSkipped)};
    });
sub put_code { return $alice->put($_[0], type => 'text/plain', body => 'w')->status }
my (undef, @imports) = map { [split / /] } @told;
my @sums = (0, 0, 0);
for my $import (@imports) {
    $sums[$_] += $import->[$_] for 0 .. 2;
}
is_deeply(\@sums, [1, 20, 40], 'F.6: imports at once: each record comes once');
is(
    (grep { !/\A(?:20[01]|404)\z/ } split / /, $told[0])[0], undef,
    '... and writers wait, or find none');
is_deeply([contradictions($target)], [], '... and all is charged, and has a place of its own');

# 7. A connection that is lost before the end: it is done once more, or nothing of it.
my $lost = make_space($alice);
my $much = made(@c, map { ["$B/c/r.$_.$TEXT", 'x' x 50_000] } 1 .. 300);
@told = lose_connection('was_pws_resources', sub { return imported($lost, $much)->status });
ok($told[0], 'F.6: a connection is lost in the middle of an import');
is($told[1], 200, '... which is done once more');
is_deeply([contradictions($lost)], [], '... and once');

done_testing;
