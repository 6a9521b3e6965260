# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a write notes of a content beside it, an import notes, too (protocol/pws-next F.6): by what a
# document is found (pws 13.4), what it claims where values are unique (14.5), and the digest of
# what stands in parts. All of it is charged as the writes were, and of an archive whose claims
# collide, with each other or with what is there, nothing is stored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256 sha256_base64);
use JSON::PP;
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Server;
use WAS::Tar;

my $alice = holder();
my $TAR = 'application/x-tar';
my $JSON = 'application%2Fjson.json';
my $B = 'space/s';
my @TAKEN = (409, 'id-conflict');
my @BAD = (400, 'invalid-import');

sub imported {
    my ($space, $tar) = @_;
    return $alice->request(POST => "/space/$space/import", type => $TAR, body => $tar);
}

sub made {
    my $manifest = "ubc-version: '0.1'\ncontents:\n  space:\n    contents:\n      s: {}\n";
    return archive(['manifest.yml', $manifest], @_);
}

sub put {
    my ($path, $type, $bytes) = @_;
    my $res = $alice->put($path, type => $type, body => $bytes);
    $res->status =~ /\A20/ or BAIL_OUT("$path: @{[$res->status]} @{[$res->body]}");
}

# A collection u that declares these.
sub make_unique {
    my ($space, @indexes) = @_;
    my $collection = json_text({ id => 'u', plaintext => { indexes => \@indexes } });
    my $res = $alice->send_json(POST => "/space/$space/", $collection);
    $res->status == 201 or BAIL_OUT("no collection: @{[$res->body]}");
}

# All terms of a space.
sub terms {
    my ($space) = @_;
    return [sql(<<'SQL', $space)];
SELECT c.collection, t.resource, encode(t.term, 'hex'), t.is_claim
FROM was_pws_terms t JOIN was_pws_collections c
    ON c.space_uuid = t.space_uuid AND c.generation = t.collection_generation
WHERE t.space_uuid = ? ORDER BY 1, 2, 3
SQL
}

# A document that is found by these: [name, value, is it unique?] ...
sub indexed {
    my ($attributes, %more) = @_;
    my @unique = (unique => JSON::PP::true);
    my @all = map { { name => $_->[0], value => $_->[1], $_->[2] ? @unique : () } } @$attributes;
    return json_text({ %more, indexed => [{ hmac => { id => 'i' }, attributes => \@all }] });
}

sub found {
    my ($space) = @_;
    my $query = '{"profile":"blinded-index","index":"i","has":["n"],"count":true}';
    return $alice->send_json(POST => "/space/$space/c/query", $query)->json->{count};
}

# 1. It moves, of any length.
my ($from, $to) = map { make_space($alice) } 1, 2;
my $long = 'x' x 1_500_000;
my %unique = (name => 'u', unique => JSON::PP::true);
my @indexes = (\%unique, { %unique, name => 'm', source => 'custom' }, 'other');
make_collection($alice, $from, 'c');
make_unique($from, @indexes);
put("/space/$from/c/a", 'application/json', indexed([['n', 'v'], ['w', 'x', 1]]));
put("/space/$from/c/b", 'application/vnd.x+json', indexed([['n', 'v'], ['w', 'y', 1]]));
put("/space/$from/c/long", 'application/json', indexed([['n', 'v']], a => $long));
put("/space/$from/c/text", 'text/plain', indexed([['n', 'v']]));
put("/space/$from/c/many", 'application/json', indexed([map { ["n$_", 'v', $_ % 2] } 1 .. 900]));
put("/space/$from/c/octets", 'application/octet-stream', $long);
put("/space/$from/c/octets/chunks/0", 'application/octet-stream', "0$long");
put("/space/$from/c/octets/chunks/1", 'application/json', 'no JSON at all');
put("/space/$from/u/r$_", 'application/json', json_text({ u => $_ })) for 1, 2;
put("/space/$from/u/none", 'application/json', '[]');
put("/space/$from/u/text", 'text/plain', '{"u":1}');
my %noted = (custom => { name => 'x', m => 'is noted' });
put("/space/$from/u/text/meta", 'application/json', json_text(\%noted));
my $tar = $alice->request(POST => "/space/$from/export")->body;
my $res = imported($to, $tar);
due('F.6: what is found comes', $res, 200) or diag $res->body;
is_deeply(terms($to), terms($from), '13.4, 14.5: by all that it was found by, and has claimed');
is(found($to), 3, '13.4: it is found');
is_deeply([contradictions($to)], [], 'F.6: it is charged, and has a place of its own');
is_deeply(
    [map { charge_of_counter($_, $to) - charge_of_counter($_, $from) } qw(c u)],
    [by_nobody('c'), by_nobody('u')], 'F.6: as it was charged, but for who has made it');

# What a collection is charged, by its counter; and what its records were charged for their makers.
sub charge_of_counter {
    my ($collection, $space) = @_;
    return (sql(<<'SQL', $space, $collection))[0][0];
SELECT k.bytes FROM was_pws_counters k JOIN was_pws_collections c
    ON c.space_uuid = k.space_uuid AND c.generation = k.collection_generation
WHERE c.space_uuid = ? AND c.collection = ?
SQL
}

sub by_nobody {
    my ($collection) = @_;
    my $path = "/space/$from/$collection";
    my $records = 1 + @{ $alice->get("$path/")->json->{items} };
    return -$records * length $alice->did;
}

for my $row (
    ["SELECT digest FROM was_pws_resources WHERE space_uuid = ? AND resource = 'octets'", $long],
    ['SELECT h.digest FROM was_pws_chunks h WHERE h.space_uuid = ? AND h.number = 0', "0$long"],
    ['SELECT h.digest FROM was_pws_chunks h WHERE h.space_uuid = ? AND h.number = 1', undef],
) {
    my ($query, $bytes) = @$row;
    my ($digest) = map { $_->[0] }
        sql($query =~ s/digest FROM/encode(digest, 'hex') FROM/r =~ s/h\.encode\(/encode(h./r, $to);
    is($digest, defined $bytes ? unpack('H*', sha256($bytes)) : undef, "digests: $query");
}
is(
    $alice->get("/space/$to/c/octets", headers => ['Want-Repr-Digest' => 'sha-256=1'])
        ->header('Repr-Digest'),
    'sha-256=:' . sha256_base64($long) . '=:',
    'digests: of what stands in parts, it is told');
$alice->delete("/space/$to/c/$_") for qw(a many);
$alice->delete("/space/$to/u/r1");
is_deeply([contradictions($to)], [], 'what goes takes its terms and claims along');
due(
    '14.5: what it claimed is free',
    $alice->put("/space/$to/u/r1b", type => 'application/json', body => '{"u":1}'), 201);
due(
    '14.5: what another has is not',
    $alice->put("/space/$to/u/r2b", type => 'application/json', body => '{"u":2}'), @TAKEN);
my $before = [terms($to), charge_of($to)];
due('F.6: the same again', imported($to, $tar), 200);
is_deeply([terms($to), charge_of($to)], $before, '... changes nothing');

# 2. Claims that collide.
my $PLAINTEXT = json_text({ plaintext => { indexes => [\%unique] } });
my @u = (["$B/u/.collection.u.json", $PLAINTEXT]);
my @c = (["$B/c/.collection.c.json", '{}']);
sub of_u { my ($id, $text) = @_; return ["$B/u/r.$id.$JSON", $text] }
sub of_c { my ($id, $text) = @_; return ["$B/c/r.$id.$JSON", $text] }
my $there = make_space($alice);
make_collection($alice, $there, 'c');
make_unique($there, \%unique);
put("/space/$there/c/a", 'application/json', indexed([['w', 'x', 1]]));
put("/space/$there/u/a", 'application/json', '{"u":"x"}');
for my $row (
    [
        'values in it', make_space($alice), [@u, of_u(r => '{"u":1}'), of_u(s => '{"u":1.0}')],
        @TAKEN
    ],
    ['a value that is there', $there, [@u, of_u(r => '{"u":"x"}')], @TAKEN],
    ['a value of itself', $there, [@u, of_u(a => '{"u":"x"}')], 200],
    ['another value', $there, [@u, of_u(r => '{"u":"y"}')], 200],
    [
        'claims in it', make_space($alice),
        [@c, of_c(r => indexed([['w', 'y', 1]])), of_c(s => indexed([['w', 'y', 1]]))], @TAKEN
    ],
    ['a claim that is there', $there, [@c, of_c(r => indexed([['w', 'x', 1]]))], @TAKEN],
    ['what is no claim', $there, [@c, of_c(r => indexed([['w', 'x']]))], 200],
    ['a long one', make_space($alice), [@u, of_u(r => json_text({ u => 1, a => $long }))], @BAD],
    ['an escaped NUL', make_space($alice), [@u, of_u(r => '{"u":1,"a":"\u0000"}')], @BAD],
    ['a long "indexed"', make_space($alice), [@c, of_c(r => long_list(300_000))], @BAD],
    ['many attributes', make_space($alice), [@c, of_c(r => indexed([(['n', 'v']) x 1001]))], @BAD],
    ['two "indexed"', make_space($alice), [@c, of_c(r => '{"indexed":[],"indexed":[]}')], @BAD],
) {
    my ($name, $target, $entries, $status, @problem) = @$row;
    my $kept = [charge_of($target), terms($target)];
    my $res = imported($target, made(@$entries));
    due("F.6: $name", $res, $status, @problem) or diag $res->body;
    is_deeply([charge_of($target), terms($target)], $kept, "... $name: nothing is stored")
        if $status != 200;
    is_deeply([contradictions($target)], [], "... $name: what is charged");
}
sub long_list { return '{"indexed":["' . 'x' x $_[0] . '"]}' }

is_deeply(
    [map { $_->[0] } sql("SELECT * FROM ($MISCHARGED) m (text) WHERE text LIKE ?", "%$there%")],
    [], 'what is charged is what there is');

done_testing;
