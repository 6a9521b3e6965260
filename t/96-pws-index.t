# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Documents that are found by a blinded index (protocol/pws 13.4): what a document says of itself to
# be found, and what says nothing; a query's clauses, pages and counts; who sees what; values that
# no two documents of a collection may claim; and what is left of a document that is replaced,
# deleted, or gone with its collection.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Charge qw($MISCHARGED);
use WAS::Holder;
use WAS::Server;

my $alice = holder('pws');
my $stranger = holder('pws');
my $space = make_space($alice);
my $public = { type => 'PublicCanRead' };
my $INDEX = 'urn:hmac:1';
my @BODY = (400, 'invalid-request-body');

# A document that is found by these: [name, value, is it unique?] ...
sub indexed {
    my ($attributes, %more) = @_;
    my $index = delete $more{index} // $INDEX;
    my @unique = (unique => JSON::PP::true);
    my @attributes =
        map { { name => $_->[0], value => $_->[1], $_->[2] ? @unique : () } } @$attributes;
    my %hmac = (id => $index, type => 'Sha256HmacKey2019');
    my %entry = (hmac => \%hmac, sequence => 0, attributes => \@attributes);
    return json_text({ indexed => [\%entry], %more });
}

sub document { return (type => 'application/json', body => ref $_[0] ? json_text($_[0]) : $_[0]) }
sub store { return $alice->put($_[0], document($_[1])) }

sub make {
    my ($method, $target, @options) = @_;
    my $res = $alice->request($method, $target, @options);
    $res->status =~ /\A20/ or die "$method $target: @{[$res->status]} @{[$res->body]}\n";
    return $res;
}

sub query {
    my ($who, $path, %members) = @_;
    my %query = (profile => 'blinded-index', index => $INDEX, %members);
    return $who->request(POST => "$path/query", document(\%query));
}

sub count_of {
    my ($who, $path, %members) = @_;
    return query($who, $path, %members, count => JSON::PP::true)->json->{count};
}

# The ids that a query finds, page by page; each document says which one it is.
sub pages {
    my ($who, $path, %members) = @_;
    my @pages;
    while (1) {
        my $res = query($who, $path, %members);
        $res->status == 200 or return 'status ' . $res->status;
        my $page = $res->json;
        push @pages, join ' ', map { $_->{which} } @{ $page->{documents} };
        (defined $page->{cursor}) == !!$page->{hasMore} or return 'a cursor if there is more';
        last if !$page->{hasMore};
        $members{cursor} = $page->{cursor};
    }
    return join ' | ', @pages;
}

# 1. What finds what.
my $c = make_collection($alice, $space, 'c');
my %stored = (
    alpha => indexed([['n1', 'v1'], ['n2', 'v2']], which => 'alpha'),
    beta => indexed([['n1', 'v1']], which => 'beta'),
    gamma => indexed([['n1', 'v3'], ['n1', 'v4'], ['', 'x'], ['e', '']], which => 'gamma'),
    other => indexed([['n1', 'v1']], index => 'urn:hmac:2', which => 'other'),
    none => json_text({ which => 'none' }),
);
store("$c/$_", $stored{$_}) for sort keys %stored;
my @FINDS = (
    # the query's members, what is found
    [{ equals => [{ n1 => 'v1' }] }, 'alpha beta'],
    [{ equals => [{ n1 => 'v1', n2 => 'v2' }] }, 'alpha'],
    [{ equals => [{ n1 => 'v1', n2 => 'v1' }] }, ''],
    [{ equals => [{ n1 => 'v3' }, { n1 => 'v1' }] }, 'alpha beta gamma'],
    [{ equals => [{ n1 => 'v1' }, { n1 => 'v1' }, { n2 => 'v2' }] }, 'alpha beta'],
    [{ equals => [{}] }, ''],
    [{ equals => [{}, { n1 => 'v4' }] }, 'gamma'],
    [{ equals => [{ e => '' }] }, 'gamma'],
    [{ equals => [{ '' => 'x' }] }, ''],
    [{ equals => [{ n1 => 'v1' }], index => 'urn:hmac:2' }, 'other'],
    [{ equals => [{ n1 => 'v1' }], index => 'urn:hmac:3' }, ''],
    [{ equals => [{ n1v => '1' }] }, ''],
    [{ has => ['n1'] }, 'alpha beta gamma'],
    [{ has => ['n1', 'n2'] }, 'alpha'],
    [{ has => ['n1', 'n3'] }, ''],
    [{ has => ['v1'] }, ''],
    [{ has => ['n1'], limit => 1 }, 'alpha | beta | gamma'],
    [{ has => ['n1'], limit => 2 }, 'alpha beta | gamma'],
    [{ has => ['n1'], limit => 3 }, 'alpha beta gamma'],
    [{ equals => [{ n1 => 'v1' }, { n1 => 'v4' }], limit => 2 }, 'alpha beta | gamma'],
);
for my $row (@FINDS) {
    my ($members, $due) = @$row;
    my $name = 'pws 13.4: ' . json_text($members);
    is(pages($alice, $c, %$members), $due, "$name finds what it must");
    my %count = (%$members, count => JSON::PP::true);
    my $number = () = $due =~ /\w+/g;
    is(query($alice, $c, %count)->body, qq({"count":$number}), "$name counts it");
}
my $whole = query($alice, $c, equals => [{ n1 => 'v1' }]);
is(
    $whole->body, qq({"documents":[$stored{alpha},$stored{beta}],"hasMore":false}),
    'pws 13.4: documents come as they stand');
due(
    'pws 13.4: the answer', $whole, 200, undef,
    headers => { 'Content-Type' => 'application/json', 'Cache-Control' => 'private, no-cache' });
is(pages(at('pws_september', $alice), $c, has => ['n2']), 'alpha', 'pws 13.4: in September, too');

# 2. What is refused of a query.
sub refused {
    my ($name, $members, $pointer, @due) = @_;
    my $res = query($alice, $c, %$members);
    @due = @BODY if !@due;
    due("pws 13.4: $name", $res, @due);
    return is(
        ($res->json->{errors}[0] // {})->{pointer}, $pointer,
        "pws 13.4: $name: where"
    ) if defined $pointer;
    return;
}
for my $row (
    ['no index', { index => undef, has => ['a'] }, '#/index'],
    ['an index of no name', { index => '', has => ['a'] }, '#/index'],
    ['an index that is a number', { index => 1, has => ['a'] }, '#/index'],
    ['no clause', {}, '#/equals'],
    ['both clauses', { has => ['a'], equals => [{}] }, '#/has'],
    ['equals: an object', { equals => { a => 'b' } }, '#/equals'],
    ['equals: empty', { equals => [] }, '#/equals'],
    ['equals: of a string', { equals => ['a'] }, '#/equals'],
    ['equals: a value that is a number', { equals => [{ a => 1 }] }, '#/equals'],
    ['equals: a value that is null', { equals => [{ a => undef }] }, '#/equals'],
    ['equals: 65 elements', { equals => [map { { a => "$_" } } 1 .. 65] }, '#/equals'],
    ['equals: 257 names', { equals => [{ map { ($_ => 'x') } 1 .. 257 }] }, '#/equals'],
    ['has: a string', { has => 'a' }, '#/has'],
    ['has: empty', { has => [] }, '#/has'],
    ['has: a number', { has => [1] }, '#/has'],
    ['has: 257 names', { has => [map { "$_" } 1 .. 257] }, '#/has'],
    ['count: a string', { has => ['a'], count => 'true' }, '#/count'],
    [
        'a cursor of ours never', { has => ['a'], cursor => 'not!!a-valid-cursor' }, undef, 400,
        'invalid-cursor'
    ],
    ['a cursor that is a number', { has => ['a'], cursor => 1 }, undef, 400, 'invalid-cursor'],
    ['a cursor of a NUL', { has => ['a'], cursor => 'AAAA' }, undef, 400, 'invalid-cursor'],
) {
    refused(@$row);
}
for my $row (
    ['64 elements', { equals => [map { { a => "$_" } } 1 .. 64] }],
    ['256 names', { has => [map { "$_" } 1 .. 256] }],
    ['an odd limit', { has => ['a'], limit => 'many' }],
    ['count: false', { has => ['a'], count => JSON::PP::false }],
) {
    my ($name, $members) = @$row;
    is(pages($alice, $c, %$members), '', "pws 13.4: $name: nothing is found");
}
told(
    $alice,
    [
        'pws 13.2: no collection', POST => "/space/$space/none/query",
        [json => { profile => 'blinded-index', index => 'x', has => ['a'] }], 404, 'not-found'
    ],
    [
        'pws 13.2: counted in no collection', POST => "/space/$space/none/query",
        [json => '{"profile":"blinded-index","index":"x","has":["a"],"count":true}'],
        404, 'not-found'
    ],
    [
        'pws 13.4: in a URL', GET => "$c/query?profile=blinded-index&index=x", [],
        501, 'unsupported-operation'
    ],
);

# 3. What a document may say. What is of another form says nothing; what is too long, or cannot be
# understood, is told so.
my $forms = make_collection($alice, $space, 'forms');
my $entry = '{"hmac":{"id":"i","type":"t"},"sequence":0,"attributes":[{"name":"n","value":"v"}]}';
my $deep = '[' x 33 . ']' x 33;
my $many = sub {
    my ($count) = @_;
    return
        '{"hmac":{"id":"i"},"attributes":['
        . join(',', map { qq({"name":"n","value":"$_"}) } 1 .. $count) . ']}';
};
my $LONG = length '{"hmac":{"id":"i"},"x":"","attributes":[{"name":"n","value":"v"}]}';
my $long = sub {
    return
          '{"hmac":{"id":"i"},"x":"'
        . 'x' x ($_[0] - 2 - $LONG)
        . '","attributes":[{"name":"n","value":"v"}]}';
};
my @FORMS = (
    # the document, the status, whether it is found
    ["{\"indexed\":[$entry]}", 204, 1],
    ["{\"index\\u0065d\":[$entry]}", 204, 1],
    ["{\"a\":{\"indexed\":[$entry]},\"b\":[{\"indexed\":[]}]}", 204, 0],
    ["[{\"indexed\":[$entry]}]", 204, 0],
    ["{\"indexed\":[[],1,\"x\",null,{},$entry]}", 204, 1],
    [
        '{"indexed":[{"hmac":{"id":"i"},"attributes":[1,{"name":"n","value":"v"},{"name":1}]}]}',
        204, 1
    ],
    ['{"indexed":[{"hmac":{"id":""},"attributes":[{"name":"n","value":"v"}]}]}', 204, 0],
    ['{"indexed":[{"hmac":"i","attributes":[{"name":"n","value":"v"}]}]}', 204, 0],
    ['{"indexed":[{"hmac":{"id":"i"},"attributes":{"name":"n","value":"v"}}]}', 204, 0],
    ['{"indexed":[{"hmac":{"id":"i"},"attributes":[{"name":"n","value":1}]}]}', 204, 0],
    ['{"indexed":true}', 204, 0],
    ['{"indexed":{"a":[1]}}', 204, 0],
    ['{"indexed":[1,2,{"x":"]"}]}', 204, 0],
    ["{\"indexed\":[],\"indexed\":[$entry]}", 400],
    ["{\"indexed\":1,\"indexed\":[$entry]}", 204, 1],
    ['{"indexed":["\u0000"]}', 400],
    ['{"indexed":[{"a":1,"a":2}]}', 400],
    ["{\"indexed\":[$deep]}", 400],
    ['{"indexed":[' . $many->(1000) . ']}', 204, 1],
    ['{"indexed":[' . $many->(1001) . ']}', 413],
    ['{"indexed":[' . $many->(600) . ',' . $many->(401) . ']}', 413],
    ['{"indexed":[' . $long->(262_144) . ']}', 204, 1],
    ['{"indexed":[' . $long->(262_145) . ']}', 413],
    ["{\"x\":\"@{['x' x 1_100_000]}\",\"indexed\":[$entry],\"y\":\"@{['y' x 100_000]}\"}", 204, 1],
    ["{\"indexed\":[$entry],\"y\":\"@{['y' x 1_100_000]}\"}", 204, 1],
    ["{\"x\":\"@{['x' x 1_100_000]}\",\"indexed\":[@{[$long->(262_145)]}]}", 413],
);
my %KIND = (400 => 'invalid-request-body', 413 => 'payload-too-large');
for my $row (@FORMS) {
    my ($body, $status, $is_found) = @$row;
    my $name =
        'pws 13.4: ' . (length $body > 90 ? substr($body, 0, 60) . '...' . length $body : $body);
    for my $write ([PUT => "$forms/r"], [POST => "$forms/"]) {
        my ($method, $target) = @$write;
        my $res = $alice->request($method, $target, document($body));
        due("$name: $method", $res, $status == 204 ? 201 : $status, $KIND{$status});
        next if $status != 204;
        my $count = count_of($alice, $forms, index => 'i', has => ['n']);
        is($count, $is_found, "$name: $method: found or not");
        my $at = $method eq 'PUT' ? $target : $res->json->{url};
        is($alice->get($at)->body, $body, "$name: $method: kept as it came");
        make(DELETE => $at);
    }
}
{
    my $boundary = 'b0undary';
    my $form =
          "--$boundary\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n"
        . "Content-Type: application/json\r\n\r\n"
        . "{\"which\":\"form\",\"indexed\":[$entry]}\r\n--$boundary--\r\n";
    make(PUT => "$forms/form", type => "multipart/form-data; boundary=$boundary", body => $form);
    make(PUT => "$forms/text", type => 'text/plain', body => "{\"indexed\":[$entry]}");
    make(
        PUT => "$forms/ld", type => 'application/ld+json',
        body => "{\"which\":\"ld\",\"indexed\":[$entry]}");
    is(
        pages($alice, $forms, index => 'i', has => ['n']), 'form ld',
        'pws 13.4: of every JSON type, and of no other');
}

# 4. What is replaced and deleted is found no more, whatever takes its place.
my $moved = make_collection($alice, $space, 'moved');
my $found = sub { return pages($alice, $moved, has => [$_[0]]) };
store("$moved/r", indexed([['a', '1'], ['b', '1']], which => 'r'));
store("$moved/r", indexed([['b', '2'], ['c', '1']], which => 'r'));
is(join(',', map { $found->($_) } qw(a b c)), ',r,r', 'pws 13.4: replaced by another');
is(pages($alice, $moved, equals => [{ b => '1' }]), '', 'pws 13.4: a value that is no more');
make(PUT => "$moved/r/meta", document({ custom => { name => 'x' } }));
is($found->('b'), 'r', 'pws 13.4: what is noted beside it changes nothing');
for my $row (
    ['a text', [type => 'text/plain', body => 'x']],
    ['a document without', [document({})]],
    ['a long one without', [type => 'text/plain', body => 'x' x 1_100_000]],
    ['one under a condition', [document({}), headers => ['If-Match' => '*']]],
) {
    my ($name, $options) = @$row;
    store("$moved/r", indexed([['a', '1', 1]], which => 'r'));
    make(PUT => "$moved/r", @$options);
    is($found->('a'), '', "pws 13.4: replaced by $name");
    is(
        store("$moved/other", indexed([['a', '1', 1]]))->status, 201,
        "pws 13.4: replaced by $name: the claim is free");
    make(DELETE => "$moved/other");
}
store("$moved/r", indexed([['a', '1']], which => 'r'));
make(DELETE => "$moved/r");
is($found->('a'), '', 'pws 13.4: deleted');

# 5. Claims.
my $claims = make_collection($alice, $space, 'claims');
my $one = indexed([['n', 'v', 1], ['m', 'v']]);
told(
    $alice,
    ['pws 13.4: a claim', PUT => "$claims/a", [json => $one], 201],
    ['pws 13.4: again', PUT => "$claims/a", [json => $one], 200],
    ['pws 13.4: of another', PUT => "$claims/b", [json => $one], 409, 'id-conflict'],
    ['pws 13.4: of a new one', POST => "$claims/", [json => $one], 409, 'id-conflict'],
    [
        'pws 13.4: of a long one', PUT => "$claims/b",
        [json => indexed([['n', 'v', 1]], x => 'x' x 1_100_000)], 409, 'id-conflict'
    ],
    ['pws 13.4: unclaimed', PUT => "$claims/b", [json => indexed([['n', 'v']])], 201],
    [
        'pws 13.4: in another index', PUT => "$claims/b",
        [json => indexed([['n', 'v', 1]], index => 'i')], 200
    ],
    ['pws 13.4: another value', PUT => "$claims/b", [json => indexed([['n', 'w', 1]])], 200],
    ['pws 13.4: another name', PUT => "$claims/b", [json => indexed([['m', 'v', 1]])], 200],
    [
        'pws 13.4: behind a precondition', PUT => "$claims/b",
        [json => $one, headers => ['If-None-Match' => '*']], 412, 'precondition-failed'
    ],
    [
        'pws 13.4: of a stranger', PUT => "$claims/b", [by => $stranger, json => $one], 404,
        'not-found'
    ],
    [
        'pws 13.4: what is there stays', GET => "$claims/b", [], 200, undef,
        body => indexed([['m', 'v', 1]])
    ],
    ['pws 13.4: given up', PUT => "$claims/a", [json => indexed([['n', 'v']])], 200],
    ['pws 13.4: and taken', PUT => "$claims/b", [json => $one], 200],
    ['pws 13.4: freed', DELETE => "$claims/b", [], 204],
    ['pws 13.4: by a deletion', PUT => "$claims/a", [json => $one], 200],
    ['pws 13.4: in another collection', PUT => "$c/claim", [json => $one], 201],
    [
        'pws 13.4: claimed twice by one', PUT => "$claims/c",
        [json => indexed([['x', 'y', 1], ['x', 'y'], ['x', 'y', 1]])], 201
    ],
    [
        'pws 13.4: it is a claim', PUT => "$claims/b", [json => indexed([['x', 'y', 1]])], 409,
        'id-conflict'
    ],
);
is($alice->get("$claims/b")->status, 404, 'pws 13.4: nothing is left of what was refused');

# 6. Long documents: alone on their page, and whole.
my $big = make_collection($alice, $space, 'big');
my %sizes = (a => 10, b => 1_048_576, c => 3_000_000, d => 10, e => 200_000, f => 200_000);
my %body;
for my $id (sort keys %sizes) {
    my $empty = indexed([['n', $id]], which => $id, x => '');
    my $fill = $sizes{$id} - length $empty;
    $body{$id} = indexed([['n', $id]], which => $id, x => 'x' x ($fill > 0 ? $fill : 0));
    store("$big/$id", $body{$id});
}
{
    my (@pages, $cursor);
    while (1) {
        my $res = query($alice, $big, has => ['n'], defined $cursor ? (cursor => $cursor) : ());
        my $page = $res->json;
        push @pages, join ' ', map { $_->{which} } @{ $page->{documents} };
        my $whole = join ',', map { $body{ $_->{which} } } @{ $page->{documents} };
        ok(
            index($res->body, "{\"documents\":[$whole],") == 0,
            "pws 13.4: as they stand: $pages[-1]");
        last if !defined($cursor = $page->{cursor});
    }
    is_deeply(\@pages, ['a', 'b', 'c', 'd e', 'f'], 'pws 13.1: a page ends by its bytes');
}

# 7. Whoever reads by a policy finds what he may read.
my $open = make_collection($alice, $space, 'open');
store("$open/$_", indexed([['n', 'v']], which => $_)) for qw(hidden shown);
is(query($stranger, $open, has => ['n'])->status, 404, 'pws 8.3: nothing without a policy');
make(PUT => "$open/policy", document($public));
make(PUT => "$open/hidden/policy", document({ type => 'Nothing' }));
for my $row (['the controller', $alice, 'hidden shown'], ['a stranger', $stranger, 'shown']) {
    my ($name, $who, $due) = @$row;
    is(
        pages($who, $open, has => ['n'], limit => $_), $due =~ s/ /$_ == 1 ? ' | ' : ' '/er,
        "pws 8.2: what $name finds, in pages of $_"
    ) for 1, 2;
    my $count = () = $due =~ /\w+/g;
    is(
        query($who, $open, has => ['n'], count => JSON::PP::true)->json->{count}, $count,
        "pws 8.2: what $name counts");
}

# 8. What is charged, and what is left.
my $terms =
    sub { return (sql('SELECT count(*) FROM was_pws_terms WHERE space_uuid = ?', $space))[0][0] };
my $wrong = sub {
    return [map { $_->[0] }
            sql("SELECT * FROM ($MISCHARGED) m (text) WHERE text LIKE ?", "%$space%")];
};
is_deeply($wrong->(), [], 'what is charged is what there is');
is_deeply([sql(<<'SQL', $space)], [], 'a resource knows how many terms it has');
SELECT r.resource, r.terms, count(t.term) FROM was_pws_resources r LEFT JOIN was_pws_terms t
    USING (space_uuid, collection_generation, resource)
WHERE space_uuid = ? GROUP BY collection_generation, 1, 2 HAVING r.terms <> count(t.term)
SQL
cmp_ok($terms->(), '>', 0, 'there are terms');
make(DELETE => "$big/");
my $anew = make_collection($alice, $space, 'big');
is(pages($alice, $anew, has => ['n']), '', 'pws 13.4: nothing of an earlier life is found');
make(DELETE => "/space/$space/");
ok(swept($space), 'what is gone is swept');
is($terms->(), 0, 'none is left of a space that is gone');

done_testing;
