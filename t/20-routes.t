# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every route of protocol/classic section 2: its answers, down to the headers; HEAD beside each GET;
# OPTIONS everywhere and 405 for the rest; what a space's document takes and keeps; which ids a
# space may have; and that a list of spaces is whole, however long.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;
use WAS::Story;

my $UUID = qr/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
my $ETAG = qr/\A"[^"]+"\z/;
my $DATE = qr/\A\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\z/;
my $JSON = 'application/json';

my $alice = person();
my $bob = person();
my $space = new_space($alice);
my $url = "/space/$space";
$alice->put("$url/a", body => 'hello', type => 'text/plain');

sub document { return (body => json_text($_[0]), type => $JSON) }

# Anyone.
my @no_store = (headers => { 'Cache-Control' => 'no-store' });
my @moved = (308, headers => { Location => '/spaces/' });
my @moved_with_query = (308, headers => { Location => '/spaces/?a=b&c=%20' });
my $names = sub {
    my $root = $_[0]->json;
    return grep { ($root->{$_} // '') eq '' } qw(name spaces type);
};
my %health = (type => $JSON, json => { status => 'ok' });
tell_rule(
    $alice,
    'classic 2',
    ['health', GET => '/health', [sign => 0], 200, %health, @no_store],
    ['life', GET => '/health/live', [sign => 0], 200, %health, @no_store],
    ['the root', GET => '/', [sign => 0], 200, type => $JSON, check => $names],
    ['/spaces moves', GET => '/spaces', [sign => 0], @moved],
    ['/spaces moves, with its query', GET => '/spaces?a=b&c=%20', [sign => 0], @moved_with_query],
);
my $root = $alice->get('/', sign => 0)->json;
like($root->{spaces}, qr{/spaces/\z}, 'classic 2: the root names /spaces/');

# A space's life.
{
    my $id = new_id();
    my $at = "/space/$id";
    my $all = { id => "urn:uuid:$id", controller => $alice->did };
    my %created = (ETag => $ETAG, 'Content-Length' => undef);
    my %shown = (
        ETag => $ETAG, 'Last-Modified' => $DATE, 'Content-Length' => qr/\A\d+\z/,
        'Cache-Control' => 'private, no-cache', Vary => qr/\bAccept\b/,
    );
    my @as_it_is = (type => $JSON, json => $all, headers => \%shown);
    my @empty = (type => undef, body => '');
    my @none = (404, pointer => '/space');
    tell_rule(
        $alice,
        'classic 2',
        ['no such space', GET => $at, [], @none],
        ['PUT creates', PUT => $at, [document($all)], 204, @empty, headers => \%created],
        ['GET shows', GET => $at, [], 200, @as_it_is],
        ['PUT updates', PUT => $at, [document($all)], 204, headers => { ETag => $ETAG }],
        ['DELETE', DELETE => $at, [], 204, body => ''],
        ['DELETE once more', DELETE => $at, [], 204, body => ''],
        ['and it is gone', GET => $at, [], @none],
        ['HEAD says so too', HEAD => $at, [], 404],
    );
}

# A resource's life.
{
    my $at = "$url/life/of/it";
    my %shown = (
        ETag => $ETAG, 'Last-Modified' => $DATE, 'Content-Length' => 1, 'Accept-Ranges' => 'bytes',
        'Cache-Control' => 'no-cache', 'X-Content-Type-Options' => 'nosniff',
    );
    my @made = (body => '', headers => { ETag => $ETAG, Location => undef });
    my @as_it_is = (type => 'text/x', body => 'a', headers => \%shown);
    my @posted = (headers => { Location => $at, ETag => $ETAG });
    my @none = (404, pointer => '/resource');
    tell_rule(
        $alice,
        'classic 2',
        ['no such resource', GET => $at, [sign => 0], @none],
        ['PUT creates a resource', PUT => $at, [body => 'a', type => 'text/x'], 204, @made],
        ['GET reads it', GET => $at, [sign => 0], 200, @as_it_is],
        ['PUT updates a resource', PUT => $at, [body => 'bb', type => 'text/y'], 204],
        ['GET reads the new one', GET => $at, [sign => 0], 200, type => 'text/y', body => 'bb'],
        ['POST replaces', POST => $at, [body => 'ccc', type => 'text/z'], 201, @posted],
        ['GET reads what was posted', GET => $at, [sign => 0], 200, body => 'ccc'],
        ['DELETE of a resource', DELETE => $at, [], 204, body => ''],
        ['POST creates', POST => $at, [body => 'd'], 201, headers => { Location => $at }],
        ['DELETE of it', DELETE => $at, [], 204],
        ['DELETE of what is gone', DELETE => $at, [], 204],
        ['it is gone', GET => $at, [sign => 0], @none],
        ['HEAD of nothing', HEAD => $at, [sign => 0], 404],
    );
    my $nowhere = '/space/' . new_id() . '/a';
    my @no_space = (404, pointer => '/space');
    tell_rule(
        $alice,
        'classic 2',
        ['a resource of no space', GET => $nowhere, [sign => 0], @no_space],
        ['PUT into no space', PUT => $nowhere, [body => 'x'], @no_space],
        ['POST into no space', POST => $nowhere, [body => 'x'], @no_space],
        ['DELETE from no space', DELETE => $nowhere, [], 204],
    );
}

# The validator that a write answers is the one that a read shows.
for my $case (
    ["$url/v", 'a resource', body => 'v'],
    [$url, 'a space', document({ controller => $alice->did })],
) {
    my ($target, $what, @body) = @$case;
    my $put = $alice->put($target, @body);
    my $get = $alice->get($target);
    my ($shown, $answered) = map { scalar $_->header('ETag') } $get, $put;
    is($shown, $answered, "RFC 9110 9.3.4: the ETag that PUT of $what answers is that of GET");
}

# HEAD is GET without the body. It need not know how an answer of unknown length would be framed,
# and httpd leaves a length of 0 out of it.
my $FRAMING = qr/\A(?:Date|Transfer-Encoding|X-Request-Id):|\AContent-Length: 0\z/i;

sub head_of {
    my ($res) = @_;
    my @lines = grep { !/$FRAMING/ } map { "$_->[0]: $_->[1]" } $res->headers;
    return join "\n", $res->status, sort @lines;
}

for my $case (
    ['/', sign => 0],
    ['/health', sign => 0],
    ['/health/live', sign => 0],
    ['/spaces', sign => 0],
    ['/spaces/'],
    [$url],
    [$url, headers => [Accept => 'application/x-tar']],
    ["$url/a", sign => 0],
    ["$url/none", sign => 0],
    ['/nowhere', sign => 0],
    [$url, sign => 0],
    [$url, by => $bob],
) {
    my ($target, %options) = @$case;
    my $who = delete $options{by} // $alice;
    my ($get, $head) = map { $who->request($_ => $target, %options) } qw(GET HEAD);
    my $name = "classic 2: HEAD $target @{[map { ref() ? @$_ : $_ } %options]}";
    is(head_of($head), head_of($get), "$name has the headers of GET");
    is($head->body, '', "$name has no body");
}

# Methods. Allow is a set.
my @shapes = (
    ['/', 'GET HEAD OPTIONS'],
    ['/health', 'GET HEAD OPTIONS'],
    ['/health/live', 'GET HEAD OPTIONS'],
    ['/spaces', 'GET HEAD OPTIONS'],
    ['/spaces/', 'GET HEAD OPTIONS POST'],
    ['/spaces/?x=y', 'GET HEAD OPTIONS POST'],
    [$url, 'DELETE GET HEAD OPTIONS POST PUT'],
    ["$url/", 'DELETE GET HEAD OPTIONS POST PUT'],
    ["$url/a", 'DELETE GET HEAD OPTIONS POST PUT'],
    ["$url/none/at/all", 'DELETE GET HEAD OPTIONS POST PUT'],
);
my @methods = (
    qw(GET HEAD POST PUT DELETE PATCH TRACE PROPFIND MKCOL COPY LOCK REPORT SEARCH QUERY),
    qw(GETS get X-UNKNOWN),
);
my $before = snapshot($space);
for my $shape (@shapes) {
    my ($target, $allowed) = @$shape;
    my $allow = sub {
        my $got = join ' ', sort split /\s*,\s*/, $_[0]->header('Allow') // '';
        return $got eq $allowed ? () : "Allow: $got";
    };
    my @any_origin = (headers => { 'Access-Control-Allow-Origin' => '*' });
    my @due = (204, body => '', type => undef, @any_origin, check => $allow);
    my @refused = (405, pointer => undef, check => $allow);
    my %allowed = map { $_ => 1 } split / /, $allowed;
    my $signed = "no PATCH $target, with a body and a signature";
    tell_rule(
        $alice,
        'classic 2',
        ["OPTIONS $target", OPTIONS => $target, [sign => 0], @due],
        (
            map { ["no $_ $target", $_ => $target, [sign => 0], @refused] }
            grep { !$allowed{$_} } @methods
        ),
        [$signed, PATCH => $target, [body => 'x' x 10_000], @refused],
    );
}
same_rows('classic 2: what a 405 refused changed nothing', $before, $space);

# Nothing is there.
for my $target (
    qw(/nothing /health/ /health/x /health/live/ /healthz /Health /space /space/ /spaces/x),
    qw(/spaces// // //health),
    qw(/index.html /favicon.ico /.well-known/x /server-status), "/Space/$space",
) {
    tell_rule(
        $alice,
        'classic 2',
        ["nothing at $target", GET => $target, [sign => 0], 404],
        ["OPTIONS of nothing at $target", OPTIONS => $target, [sign => 0], 204],
    );
}

# What a space's document takes. Each row: what PUT says, and what GET then shows beside the
# controller, `shown` if just that; or the status of the refusal.
my $unknown = { type => ['Space'], x => { y => [1, undef] }, uuid => 'other' };
my @documents = (
    ['only a controller', {}, {}],
    ['a controller with a fragment', { controller => $alice->key->key_id }, {}],
    ['a controller with any fragment', { controller => $alice->did . '#key-1' }, {}],
    ['an id of any kind', { id => 'https://example.org/my space' }, 'shown'],
    ['an id of another script', { id => "\x{43f}\x{440}\x{1f30d}" }, 'shown'],
    ['an id of 512 bytes', { id => 'i' x 512 }, 'shown'],
    ['an id of 513 bytes', { id => 'i' x 513 }, 400],
    ['an id of 512 bytes and fewer characters', { id => 'é' x 256 }, 'shown'],
    ['an id of more bytes than characters', { id => 'é' x 257 }, 400],
    ['an empty id', { id => '' }, 400],
    ['an id that is null', { id => undef }, 400],
    ['an id that is a number', { id => 5 }, 400],
    ['an id that is an object', { id => {} }, 400],
    ['a name', { name => "My “space”" }, 'shown'],
    ['a name that is a number', { name => 5 }, 400],
    ['a name that is an array', { name => ['x'] }, 400],
    ['a name that is null', { name => undef }, {}],
    ['a link', { link => '/space/x/links' }, 'shown'],
    ['a link that is a number', { link => 5 }, 400],
    ['a link that is no path', { link => 'links' }, 400],
    ['a link to elsewhere', { link => 'https://example.org/' }, 400],
    ['name and link', { name => 'n', link => '/l' }, 'shown'],
    ['a name of 1024 bytes', { name => 'n' x 1024 }, 'shown'],
    ['a name of 1025 bytes', { name => 'n' x 1025 }, 400],
    ['a link of 8000 bytes', { link => '/' . 'l' x 7999 }, 'shown'],
    ['a link of 8001 bytes', { link => '/' . 'l' x 8000 }, 400],
    ['members that we do not know', $unknown, {}],
    ['no controller', { controller => undef }, 400],
    ['a controller that is a number', { controller => 5 }, 400],
    ['a controller that is an array', { controller => [$alice->did] }, 400],
    ['an empty controller', { controller => '' }, 400],
    ['a controller that is no DID', { controller => 'alice' }, 400],
    ['a controller that is a DID URL with a path', { controller => $alice->did . '/x' }, 400],
    ['a controller with blanks', { controller => $alice->did . ' ' }, 400],
    ['a controller that is somebody else', { controller => $bob->did }, 403],
);
for my $case (@documents) {
    my ($name, $members, $shown) = @$case;
    my $id = new_id();
    my $put = put_space($alice, $id, $members);
    $shown = $members if $shown eq 'shown';
    if (!ref $shown) {
        my @pointer = (pointer => $shown == 403 ? '/authorization' : '/body');
        expect("classic 2: $name is refused", $put, $shown, @pointer);
        my @made = sql('SELECT 1 FROM was_spaces WHERE space_uuid = ?', $id);
        is(scalar @made, 0, "classic 2: $name makes no space");
        next;
    }
    my $document = { id => "urn:uuid:$id", controller => $alice->did, %$shown };
    expect("classic 2: $name is taken", $put, 204);
    tell_rule(
        $alice, 'classic 2',
        ["$name is shown", GET => "/space/$id", [], 200, json => $document]);
}
my @text = (body => json_text({ controller => $alice->did }));
my $binary = 'application/octet-stream';
for my $case (
    ['PUT of a space without a body', [body => ''], 400, pointer => '/body'],
    ['PUT of a space without any framing', [], 400, pointer => '/body'],
    [q(a space's document may have any type), [@text, type => $binary], 204],
    ['or none', [@text], 204],
    ['in chunks', [@text, chunked => 7], 204],
) {
    my ($name, @row) = @$case;
    tell_rule($alice, 'classic 2', [$name, PUT => '/space/' . new_id(), @row]);
}

# What an update keeps. Each row: what PUT says, what is shown then.
{
    my $id = new_id();
    my %base = (id => "urn:x:$id", controller => $alice->did);
    put_space($alice, $id, { %base, name => 'n', link => '/l' });
    for my $step (
        ['nothing', {}, { name => 'n', link => '/l' }],
        ['a name', { name => 'm' }, { name => 'm', link => '/l' }],
        ['a link', { link => '/k' }, { name => 'm', link => '/k' }],
        ['another id', { id => 'urn:x:other' }, { name => 'm', link => '/k' }],
        ['no name any more', { name => undef }, { link => '/k' }],
        ['no link any more', { link => undef }, {}],
        ['both again', { name => 'a', link => '/b' }, { name => 'a', link => '/b' }],
        ['neither', { name => undef, link => undef }, {}],
    ) {
        my ($name, $members, $shown) = @$step;
        my $rule = "classic 4: an update with $name";
        my $document = { %base, %$shown };
        expect($rule, put_space($alice, $id, $members), 204);
        tell($alice, ["$rule keeps the rest", GET => "/space/$id", [], 200, json => $document]);
    }
    my $SELECT = 'SELECT space_id, controller, name, link FROM was_spaces WHERE space_uuid = ?';
    my @row = ("urn:x:$id", $alice->did, undef, undef);
    is_deeply([sql($SELECT, $id)], [\@row], 'classic 8: the row is what was said');
}

# Ids. Each row: the segment of the URL, and the uuid that it is, or 400.
my @not_in_ids = (
    split(//, q(!$&'()*+,;=@é[]|^{}"<>`\\)),
    qw(%20 %21 %22 %23 %24 %25 %26 %27 %2B %2C %2F %3B %3C %3D %3E %3F %40 %5B %5C %5D %5E %60),
    qw(%7B %7C %7D %09 %0A %7F %C3%A9),
);
my @ids = (
    (map { ["a$_-$space", "a$_-$space"] } '0', 'Z', 'z', '-', '.', '_', '~', ':'),
    [uc $space, uc $space],
    ['x' x (255 - 36) . $space, 'x' x (255 - 36) . $space],
    ['x' x (256 - 36) . $space, 400],
    ['%2D%2e%5F%7E%3A%41%7a' . $space, "-._~:Az$space"],
    ['%61' x 219 . $space, 'a' x 219 . $space],
    ['...' . $space, "...$space"],
    (map { ["a$_$space", 400] } @not_in_ids),
);
for my $case (@ids) {
    my ($segment, $uuid) = @$case;
    my $shown = length $segment > 60 ? length($segment) . ' characters' : $segment;
    utf8::encode($shown);
    my @body = document({ controller => $alice->did });
    if ($uuid eq '400') {
        my @due = (400, pointer => '/space');
        for my $row (
            [PUT => '', [@body]],
            [GET => '', []],
            [DELETE => '', []],
            [PUT => '/a', [body => 'x']],
            [GET => '/a', [sign => 0]],
            [DELETE => '/a', []],
        ) {
            my ($method, $path, $options) = @$row;
            my $rule = "classic 1: a space cannot be $shown: $method";
            tell($alice, [$rule, $method => "/space/$segment$path", $options, @due]);
        }
        next;
    }
    my $document = { id => "urn:uuid:$uuid", controller => $alice->did };
    my $at = "/space/$segment";
    tell_rule(
        $alice,
        'classic 1',
        ["a space can be $shown", PUT => $at, [@body], 204],
        ["$shown is read by its plain name", GET => "/space/$uuid", [], 200, json => $document],
        ["$shown is read as it was written", GET => $at, [], 200],
        ["$shown holds a resource", PUT => "$at/r", [body => 'x'], 204],
        ["the resource of $shown", GET => "/space/$uuid/r", [sign => 0], 200, body => 'x'],
    );
}
my $capital = '/space/' . ucfirst "x$space";
tell($alice, ['classic 1: case is significant', GET => $capital, [], 404, pointer => '/space']);

# POST /spaces/
{
    my @made = (201, headers => { Location => qr{\A/space/$UUID\z}, ETag => $ETAG });
    my $rule = 'classic 2: POST /spaces/ without a body';
    my $res = tell($alice, [$rule, POST => '/spaces/', [body => ''], @made]);
    my ($id) = $res->header('Location') =~ m{([^/]+)\z};
    my %document = (id => "urn:uuid:$id", controller => $alice->did);
    my @due = (200, json => \%document, headers => { ETag => scalar $res->header('ETag') });
    tell($alice, ['classic 2: makes a space of the signer', GET => "/space/$id", [], @due]);
    my $again = $alice->post('/spaces/');
    is($again->status, 201, 'classic 2: POST /spaces/ without any framing');
    my ($first, $second) = map { scalar $_->header('Location') } $res, $again;
    isnt($second, $first, 'classic 2: a new uuid each time');
}
my $taken = new_space($bob);
my $fixed = new_id();
for my $case (
    ['an empty object', {}, {}],
    ['a uuid', { uuid => $fixed }, { uuid => $fixed }],
    ['a uuid that exists', { uuid => $fixed }, 409],
    ['a uuid that somebody has', { uuid => $taken }, 409],
    ['a uuid that is no UUID', { uuid => "my-$fixed" }, { uuid => "my-$fixed" }],
    ['a uuid with a slash', { uuid => "a/$fixed" }, 400],
    ['a uuid with a blank', { uuid => "a $fixed" }, 400],
    ['a uuid with an escape', { uuid => "a%20$fixed" }, 400],
    ['a uuid of another script', { uuid => "é$fixed" }, 400],
    ['a uuid with a NUL', "{\"uuid\":\"a\\u0000b\"}", 400],
    ['an empty uuid', { uuid => '' }, 400],
    ['a uuid of 256 characters', { uuid => 'u' x 256 }, 400],
    ['a uuid that is a number', { uuid => 5 }, 400],
    ['a uuid that is a dot segment', { uuid => '.' }, 400],
    ['a uuid that is two dots', { uuid => '..' }, 400],
    ['a name', { name => 'Näme' }, 'shown'],
    ['a link', { link => '/space/x/l' }, 'shown'],
    ['its controller', { controller => $alice->did }, {}],
    ['its controller with a fragment', { controller => $alice->key->key_id }, {}],
    ['a foreign controller', { controller => $bob->did }, 403],
    ['a controller that is no DID', { controller => 'x' }, 400],
    ['a controller that is a number', { controller => 1 }, 400],
    ['an id', { id => 'urn:x:y' }, 'shown'],
    ['an array', '[]', 400],
    ['null', 'null', 400],
    ['what is no JSON', '{', 400],
) {
    my ($name, $body, $shown) = @$case;
    my $text = ref $body ? json_text($body) : $body;
    my $res = $alice->post('/spaces/', body => $text, type => $JSON);
    my $rule = "classic 2: POST /spaces/ with $name";
    $shown = $body if $shown eq 'shown';
    if (!ref $shown) {
        my @pointer = (pointer => $shown == 403 ? '/authorization' : '/body');
        expect("$rule is refused", $res, $shown, @pointer);
        next;
    }
    my ($id) = ($res->header('Location') // '') =~ m{\A/space/(.*)\z};
    $id //= 'none';
    my %shown = (%$shown);
    my $uuid = delete $shown{uuid} // $id;
    my $at = "/space/$uuid";
    my $document = { id => "urn:uuid:$uuid", controller => $alice->did, %shown };
    expect($rule, $res, 201, headers => { Location => $at });
    tell($alice, ["$rule made it", GET => $at, [], 200, json => $document]);
}
my @controller = sql('SELECT controller FROM was_spaces WHERE space_uuid = ?', $taken);
is_deeply(\@controller, [[$bob->did]], 'classic 2: a 409 changes nothing');

# GET /spaces/: own spaces only, and all of them, whatever number a page has.
my $INSERT = q(INSERT INTO was_spaces (space_uuid, space_id, controller)
    SELECT md5(i || ?) || ?, 'urn:x:' || i, CASE WHEN i % 3 = 0 THEN ? ELSE ? END
    FROM generate_series(1, ?) i);
my $SELECT = q(SELECT space_id, controller FROM was_spaces WHERE controller IN (?, ?)
    ORDER BY space_uuid);
for my $count (0, 1, 499, 500, 501, 1000, 1203) {
    my $owner = person();
    my $mark = new_id();
    # Every third as the Python server may have stored it: with a fragment.
    my @spellings = ($owner->key->key_id, $owner->did);
    sql($INSERT, $mark, $mark, @spellings, $count);
    my @rows = sql($SELECT, @spellings);
    my @spaces = map { { id => $_->[0], controller => $_->[1] } } @rows;
    my @private = (headers => { 'Cache-Control' => 'private, no-cache' });
    my @due = (200, type => $JSON, json => \@spaces, @private);
    my $rule = "classic 2: a list of $count spaces, whole and in order";
    tell($owner, [$rule, GET => '/spaces/', [], @due]);
    is(scalar @rows, $count, "classic 2: there are $count");
}
{
    my ($res) = $alice->get('/spaces/');
    my %controllers = map { $_->{controller} => 1 } @{ $res->json };
    my @controllers = keys %controllers;
    is_deeply(\@controllers, [$alice->did], q(classic 2: a list holds the signer's spaces only));
    my @unproven = (401, pointer => '/authorization');
    tell_rule(
        $alice,
        'classic 2',
        ['a list needs a signature', GET => '/spaces/', [sign => 0], @unproven],
        ['a list with a query', GET => '/spaces/?page=2', [], 200, json => $res->json],
    );
}

# A transfer moves a space from one list to the other.
{
    my ($from, $to) = (person(), person());
    my $id = new_space($from);
    expect('classic 4: a transfer', put_space($from, $id, { controller => $to->did }), 204);
    my @list = ({ id => "urn:uuid:$id", controller => $to->did });
    tell($from, [q(classic 4: the giver's list), GET => '/spaces/', [], 200, json => []]);
    tell($to, [q(classic 4: the taker's list), GET => '/spaces/', [], 200, json => \@list]);
}

done_testing;
