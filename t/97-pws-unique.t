# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Values that a collection declares unique (protocol/pws 14.5), of contents and of what is noted
# beside them: what is the same value and what is none; who is refused, and that nothing of it is
# written then; what is declared later, of what is there already, and no more; and what that is
# charged.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Charge qw($MISCHARGED);
use WAS::Holder;
use WAS::Server;

my $alice = holder('pws');
my $stranger = holder('pws');
my $space = make_space($alice);
my $at = "/space/$space";
my @TAKEN = (409, 'id-conflict');
my @BODY = (400, 'invalid-request-body');
my $number = 0;

sub json { return (type => 'application/json', body => $_[0]) }

# A collection that declares this; yields its path.
sub declared {
    my ($indexes) = @_;
    my $id = 'c' . ++$number;
    my $res = $alice->post("$at/", json(qq({"id":"$id","plaintext":{"indexes":[$indexes]}})));
    $res->status == 201 or die $res->body;
    return "$at/$id";
}

sub declare {
    my ($path, $indexes) = @_;
    return $alice->put("$path/meta", json(qq({"plaintext":{"indexes":[$indexes]}})));
}

sub unique {
    my ($name, $source) = @_;
    my $from = defined $source ? qq(,"source":"$source") : '';
    return qq({"name":"$name","unique":true$from});
}

sub claims {
    my ($path) = @_;
    my ($id) = $path =~ m{([^/]+)\z};
    return (sql(<<'SQL', $space, $id))[0][0];
SELECT count(*) FROM was_pws_terms t JOIN was_pws_collections c
    ON c.space_uuid = t.space_uuid AND c.generation = t.collection_generation
WHERE c.space_uuid = ? AND c.collection = ? AND t.is_claim
SQL
}

# 1. What is one value: two contents, and whether the second one is refused. Each pair the other way
# round, too.
my $c = declared(unique('n'));
for my $row (
    ['a text', '"v"', '"v"', 1],
    ['a text, escaped', '"\u0076"', '"v"', 1],
    ['another case', '"v"', '"V"', 0],
    ['blanks', '"v"', '"v "', 0],
    ['beyond ASCII', '"\u00e4"', "\"\xc3\xa4\"", 1],
    ['beyond 16 bits', '"\ud83d\ude00"', "\"\xf0\x9f\x98\x80\"", 1],
    ['an empty text', '""', '""', 1],
    ['a number', '1', '1', 1],
    ['a number, with a fraction', '1', '1.0', 1],
    ['a number, with an exponent', '100', '1e2', 1],
    ['a number, with a great one', '1e20', '100000000000000000000', 1],
    ['a fraction', '0.10', '1E-1', 1],
    ['zero', '0', '-0.0e5', 1],
    ['signs', '1', '-1', 0],
    ['exact numbers', '9007199254740993', '9007199254740992', 0],
    ['exact fractions', '0.1', '0.10000000000000000001', 0],
    ['a great number', '1e308', '10e307', 1],
    ['a tiny number', '1e-999', '10e-1000', 0],
    ['a tiny number again', '1e-99999', '1e-99999', 1],
    ['a long number', '1' . '0' x 300, '1' . '0' x 300, 1],
    ['a longer number', '0.' . '0' x 40_000 . '1', '0.' . '0' x 40_000 . '1', 1],
    ['another longer number', '0.' . '0' x 40_000 . '1', '0.' . '0' x 40_000 . '2', 0],
    ['a number and a text', '1', '"1"', 0],
    ['true', 'true', 'true', 1],
    ['true and false', 'true', 'false', 0],
    ['true and a text', 'true', '"true"', 0],
    ['null', 'null', 'null', 0],
    ['lists', '[1]', '[1]', 0],
    ['objects', '{"a":1}', '{"a":1}', 0],
    ['a long text', '"' . 'x' x 100_000 . '"', '"' . 'x' x 100_000 . '"', 1],
) {
    my ($name, $one, $other, $same) = @$row;
    for my $pair ([$one, $other], [$other, $one]) {
        my ($first, $second) = map { qq({"x":{"n":"v"},"n":$_}) } @$pair;
        my @due = $same ? @TAKEN : (201);
        told(
            $alice,
            ["pws 14.5: $name: the first", PUT => "$c/one", [json => $first], 201],
            ["pws 14.5: $name: again", PUT => "$c/one", [json => $first], 200],
            ["pws 14.5: $name: another", PUT => "$c/other", [json => $second], @due],
        );
        $alice->delete("$c/$_") for qw(one other);
    }
}
is(claims($c), 0, 'pws 14.5: what is deleted claims nothing');

# 2. Where a value stands, and where it does not.
my $two = declared(unique('n') . ',' . unique('m', 'custom') . ',"o"');
told(
    $alice,
    ['pws 14.5: a content', PUT => "$two/a", [json => '{"n":1,"m":1,"o":1}'], 201],
    ['pws 14.5: another', PUT => "$two/b", [json => '{"n":2,"m":1,"o":1}'], 201],
    ['pws 14.5: the same', PUT => "$two/b", [json => '{"o":2,"n":1}'], @TAKEN],
    ['pws 14.5: nothing changed', GET => "$two/b", [], 200, undef, body => '{"n":2,"m":1,"o":1}'],
    ['pws 14.5: posted', POST => "$two/", [json => '{"n":1}'], @TAKEN],
    ['pws 14.5: of no JSON', PUT => "$two/t", [type => 'text/plain', body => '{"n":1}'], 201],
    ['pws 14.5: no object', PUT => "$two/l", [json => '[{"n":1}]'], 201],
    ['pws 14.5: no value', PUT => "$two/l", [json => '{}'], 200],
    ['pws 14.5: of another type', PUT => "$two/l", [type => 'a/b+json', body => '{"n":1}'], @TAKEN],
    ['pws 14.5: notes', PUT => "$two/a/meta", [json => '{"custom":{"n":1,"m":"x"}}'], 200],
    ['pws 14.5: again', PUT => "$two/a/meta", [json => '{"custom":{"m":"x"}}'], 200],
    ['pws 14.5: others', PUT => "$two/b/meta", [json => '{"custom":{"n":1,"m":"y"}}'], 200],
    ['pws 14.5: the same notes', PUT => "$two/b/meta", [json => '{"custom":{"m":"x"}}'], @TAKEN],
    [
        'pws 14.5: they did not change', GET => "$two/b/meta", [], 200, undef,
        check => sub { $_[0]->json->{custom}{m} eq 'y' ? () : 'they did' }
    ],
    [
        'pws 14.5: behind a precondition', PUT => "$two/b",
        [json => '{"n":1}', headers => ['If-Match' => '"x"']], 412, 'precondition-failed'
    ],
    [
        'pws 14.5: by a stranger', PUT => "$two/b", [by => $stranger, json => '{"n":1}'], 404,
        'not-found'
    ],
    ['pws 14.5: given up', PUT => "$two/a", [json => '{"n":3}'], 200],
    ['pws 14.5: and taken', PUT => "$two/b", [json => '{"n":1}'], 200],
    [
        'pws 14.5: the notes are still there', PUT => "$two/t/meta",
        [json => '{"custom":{"m":"y"}}'], @TAKEN
    ],
    ['pws 14.5: cleared', PUT => "$two/b/meta", [json => '{}'], 200],
    [
        'pws 14.5: and taken by others', PUT => "$two/t/meta", [json => '{"custom":{"m":"y"}}'],
        200
    ],
    ['pws 14.5: deleted', DELETE => "$two/b", [], 204],
    ['pws 14.5: and made anew', PUT => "$two/new", [json => '{"n":1}'], 201],
    [
        'pws 14.5: another collection', PUT => declared(unique('n')) . '/a', [json => '{"n":1}'],
        201
    ],
    [
        'pws 14.5: both indexes of one document', PUT => "$two/both",
        [
            json => '{"n":7,"indexed":[{"hmac":{"id":"i"},"attributes":'
                . '[{"name":"n","value":"v","unique":true}]}]}'
        ],
        201
    ],
    [
        'pws 14.5: found by the blinded one', POST => "$two/query",
        [json => '{"profile":"blinded-index","index":"i","has":["n"],"count":true}'],
        200, undef, body => '{"count":1}'
    ],
    ['pws 14.5: refused by the other', PUT => "$two/c", [json => '{"n":7}'], @TAKEN],
    [
        'pws 14.5: a text in its place', PUT => "$two/both", [type => 'text/plain', body => 'x'],
        200
    ],
    ['pws 14.5: frees it', PUT => "$two/c", [json => '{"n":7}'], 201],
);

# 3. What cannot be looked at is refused; where only notes are unique, nothing is.
my $long = '{"n":1,"x":"' . 'x' x 1_100_000 . '"}';
my $notes = declared(unique('n', 'custom'));
told(
    $alice,
    ['pws 14.5: beyond 1 MiB', PUT => "$c/long", [json => $long], 413, 'payload-too-large'],
    ['pws 14.5: which is not there', GET => "$c/long", [], 404, 'not-found'],
    ['pws 14.5: of 1 MiB', PUT => "$c/long", [json => '{"n":1}' . ' ' x 1_048_569], 201],
    ['pws 14.5: the same', PUT => "$c/x", [json => '{"n":1}'], @TAKEN],
    ['pws 14.5: no JSON', PUT => "$c/text", [type => 'text/plain', body => $long], 201],
    ['pws 14.5: an escaped NUL', PUT => "$c/nul", [json => '{"x":"\u0000"}'], @BODY],
    ['pws 14.5: or what looks like it', PUT => "$c/nul", [json => '{"x":"\\\\u0000"}'], @BODY],
    ['pws 14.5: another escape', PUT => "$c/nul", [json => '{"x":"\u0001"}'], 201],
    ['pws 14.5: where notes are unique, beyond 1 MiB', PUT => "$notes/a", [json => $long], 201],
    [
        'pws 14.5: where notes are unique, a NUL', PUT => "$notes/b", [json => '{"n":"\u0000"}'],
        201
    ],
    ['pws 14.5: and its notes', PUT => "$notes/b/meta", [json => '{"custom":{"n":1}}'], 200],
    ['pws 14.5: which are unique', PUT => "$notes/a/meta", [json => '{"custom":{"n":1}}'], @TAKEN],
);

# 4. Declared later. Each behind those before it: the indexes, the status, how many claims there
# are then.
my $later = declared('"n"');
$alice->put("$later/$_->[0]", json($_->[1]))
    for ['a', '{"n":1,"m":1,"o":1}'], ['b', '{"n":2,"m":1,"o":"x"}'], ['t', '[]'];
$alice->put("$later/$_/meta", json(qq({"custom":{"p":"$_"}}))) for qw(a b);
for my $row (
    ['unique', unique('n'), 204, 2],
    ['another, which is not', unique('n') . ',"m"', 204, 2],
    ['what is there twice', unique('n') . ',' . unique('m'), 409, 2],
    ['a third', unique('o') . ',' . unique('n'), 204, 4],
    ['of notes', unique('n') . ',' . unique('p', 'custom'), 204, 4],
    ['of another source', unique('p'), 204, 0],
    ['nobody has', unique('q'), 204, 0],
    ['not unique', '"n","m"', 204, 0],
    ['unique again', unique('n'), 204, 2],
    ['none', '', 204, 0],
) {
    my ($name, $indexes, $status, $count) = @$row;
    my $before = $alice->get("$later/meta")->body;
    my $res = declare($later, $indexes);
    due("pws 14.5: declared: $name", $res, $status, 'id-conflict');
    is(claims($later), $count, "pws 14.5: declared: $name: so many claims");
    next if $status == 204;
    is($alice->get("$later/meta")->body, $before, "pws 14.5: declared: $name: nothing changed");
    is($res->json->{errors}[0]{pointer}, '#/plaintext/indexes', "pws 14.5: $name: where");
}
is($alice->put("$later/b", json('{"n":1}'))->status, 200, 'pws 14.5: and what is none is free');
{
    my @versions = sql(<<'SQL', $space);
SELECT resource, xmin::text FROM was_pws_resources WHERE space_uuid = ? ORDER BY 1, 2
SQL
    is(declare($later, '"n","x"')->status, 204, 'pws 14.5: more that is not unique');
    is(declare($later, '"x",' . unique('z'))->status, 204, 'pws 14.5: less of it');
    is_deeply([sql(<<'SQL', $space)], \@versions, 'pws 14.5: no resource is written anew');
SELECT resource, xmin::text FROM was_pws_resources WHERE space_uuid = ? ORDER BY 1, 2
SQL
}
for my $row (
    ['beyond 1 MiB', $long],
    ['with an escaped NUL', '{"x":"\u0000"}'],
) {
    my ($name, $content) = @$row;
    my $path = declared('"n"');
    $alice->put("$path/a", json($content))->status == 201 or die;
    due("pws 14.5: declared of JSON $name", declare($path, unique('n')), @TAKEN);
    is($alice->put("$path/b", json('{"n":1}'))->status, 201, "pws 14.5: $name: it is not");
    is(declare($path, unique('n', 'custom'))->status, 204, "pws 14.5: $name: of notes, it is");
}
{
    my $path = declared('"n"');
    $alice->put("$path/a", json('{"n":1,"n":2}'));
    is(declare($path, unique('n'))->status, 204, 'pws 14.5: a name twice');
    due("pws 14.5: both of it are claimed: $_", $alice->put("$path/b", json("{\"n\":$_}")), @TAKEN)
        for 1, 2;
}

# 5. What is charged, and what is left.
is_deeply(
    [map { $_->[0] } sql("SELECT * FROM ($MISCHARGED) m (text) WHERE text LIKE ?", "%$space%")],
    [], 'what is charged is what there is');
$alice->delete("$at/")->status == 204 or die;
ok(swept($space), 'what is gone is swept');
is(
    (sql('SELECT count(*) FROM was_pws_terms WHERE space_uuid = ?', $space))[0][0],
    0, 'and so are its claims');

done_testing;
