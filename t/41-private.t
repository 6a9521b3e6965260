# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Private reads (protocol/classic section 5): the controller reads, and everybody where an access
# list says so; whatever is malformed, elsewhere or of another kind grants nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;
use WAS::Story;

my $alice = person('private');
my $stranger = person('private');
my $AGENT = 'http://xmlns.com/foaf/0.1/Agent';
my $LINKSET = 'application/linkset+json';

# Who reads what. `granted` is whether everybody may.
sub reads {
    my ($name, $target, $granted, $body) = @_;
    my $there = defined $body;
    my @all = $granted ? ($there ? (200, body => $body) : (404, pointer => '/resource')) : ();
    my @mine = $there ? (200, body => $body) : (404, pointer => '/resource');
    tell($alice,
        ["classic 5: $name: unsigned", GET => $target, [sign => 0], @all ? @all : (401, pointer => '/authorization')],
        ["classic 5: $name: unsigned HEAD", HEAD => $target, [sign => 0], $all[0] // 401],
        ["classic 5: $name: a stranger", GET => $target, [by => $stranger], @all ? @all : (403, pointer => '/authorization')],
        ["classic 5: $name: a stranger's HEAD", HEAD => $target, [by => $stranger], $all[0] // 403],
        ["classic 5: $name: the controller", GET => $target, [], @mine],
        ["classic 5: $name: the controller's HEAD", HEAD => $target, [], $mine[0]],
    );
    return;
}

# Without a list.
{
    my $id = new_space($alice);
    my $at = "/space/$id";
    $alice->put("$at/a", body => 'SECRETBYTES');
    reads('no link', "$at/a", 0, 'SECRETBYTES');
    reads('no link, and nothing there', "$at/none", 0, undef);
    my $res = $alice->get("$at/a");
    is(scalar $res->header('Cache-Control'), 'private, no-cache', 'classic 5: no shared cache may keep it');
    tell($alice,
        ['classic 5: a wrong signature', GET => "$at/a", [sign => { method => 'PUT' }], 401, pointer => '/authorization'],
        ['classic 5: a wrong scheme', GET => "$at/a", [sign => { authorization => 'Bearer x' }], 401],
        ['classic 5: no part of it', GET => "$at/a", [sign => 0, headers => [Range => 'bytes=0-0']], 401],
        ['classic 5: nor whether it has changed', GET => "$at/a", [sign => 0, headers => ['If-None-Match' => scalar $res->header('ETag')]], 401],
        ['classic 5: nor whether it is another', GET => "$at/a", [by => $stranger, headers => ['If-Match' => '"x"']], 403],
        ['classic 5: the controller gets his 304', GET => "$at/a", [headers => ['If-None-Match' => scalar $res->header('ETag')]], 304],
        ['classic 5: the controller gets his part', GET => "$at/a", [headers => [Range => 'bytes=0-5']], 206, body => 'SECRET'],
        ['classic 5: OPTIONS stays open', OPTIONS => "$at/a", [sign => 0], 204],
        ['classic 5: writes are as ever', PUT => "$at/a", [body => 'x', sign => 0], 401],
        ['classic 5: a space that is not', GET => '/space/' . new_id() . '/a', [], 404, pointer => '/space'],
    );
    tell(at('main', $alice), ['classic 5: another virtual host may be public', GET => "$at/a", [sign => 0], 200, body => 'SECRETBYTES']);
    for my $who (['nobody', sign => 0], ['a stranger', by => $stranger]) {
        my ($name, @options) = @$who;
        my $res = tell($alice, ["classic 5: the export: $name", GET => $at, [@options, headers => [Accept => 'application/x-tar']], $name eq 'nobody' ? 401 : 403]);
    }
}

# Access lists. Each row: name, then
#   linkset   the linkset's document, a structure or text
#   type      its media type
#   acl       the access document, a structure or text; stored at /acl
#   acl_type  its media type
#   link      the space's link, if not /links
#   at        what is read, if not /a/b
#   grants    whether it is granted
# S is the space's path, O that of another space whose list grants everything.
my $other = new_space($alice);
my $PUBLIC = { type => 'PublicCanRead' };
$alice->put("/space/$other/acl", body => json_text($PUBLIC), type => 'application/json');
$alice->put("/space/$other/links", type => $LINKSET,
    body => json_text({ linkset => [{ anchor => "/space/$other/", acl => [{ href => "/space/$other/acl" }] }] }));

sub links { my (%of) = @_; return { linkset => [map { { anchor => $_, acl => [{ href => $of{$_} }] } } sort keys %of] } }

sub wac {
    my (%other) = @_;
    return { authorization => [{ agentClass => $AGENT, accessTo => ['S/a/b'], mode => ['Read'], %other }] };
}

my $all = links('S/' => 'S/acl');
my @cases = (
    # What grants.
    ['PublicCanRead, at the resource', linkset => links('S/a/b' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['PublicCanRead, at its container', linkset => links('S/a/' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['PublicCanRead, at the space', linkset => $all, acl => $PUBLIC, grants => 1],
    ['PublicCanRead in an array', linkset => $all, acl => { type => ['Other', 'PublicCanRead'] }, grants => 1],
    ['PublicCanRead beside other members', linkset => $all, acl => { type => 'PublicCanRead', id => 'x', x => [1] }, grants => 1],
    ['a list of several entries', linkset => { linkset => [{ anchor => 'S/x' }, @{ $all->{linkset} }] }, acl => $PUBLIC, grants => 1],
    ['an entry with other links', linkset => { linkset => [{ anchor => 'S/', describedby => [{ href => 'S/x' }], acl => [{ href => 'S/acl', type => 'application/json' }] }] },
     acl => $PUBLIC, grants => 1],
    ['the second of two documents', linkset => { linkset => [{ anchor => 'S/', acl => [{ href => 'S/none' }, { href => 'S/acl' }] }] }, acl => $PUBLIC, grants => 1],
    ['a linkset with parameters of its type', linkset => $all, type => "$LINKSET; charset=utf-8", acl => $PUBLIC, grants => 1],
    ['a linkset in capitals of its type', linkset => $all, type => 'Application/LinkSet+JSON', acl => $PUBLIC, grants => 1],
    ['a document without a type of its own', linkset => $all, acl => $PUBLIC, acl_type => undef, grants => 1],
    ['escapes in an anchor', linkset => links('S/%61/b' => 'S/%61cl'), acl => $PUBLIC, grants => 1],
    ['escapes in a link', link => 'S/%6cinks', linkset => $all, acl => $PUBLIC, grants => 1],
    ['a path with a blank', at => '/a%20b', linkset => links('S/a%20b' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['the home page', at => '/', linkset => $all, acl => $PUBLIC, grants => 1],
    ['the list itself', at => '/links', linkset => $all, acl => $PUBLIC, grants => 1, holds => 'links'],
    ['a deep path', at => '/a/b/c/d/e', linkset => links('S/a/b/' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['a path of empty segments', at => '//x//y', linkset => links('S//x/' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['WAC', linkset => $all, acl => wac(), grants => 1],
    ['WAC with modes', linkset => $all, acl => wac(mode => ['Write', 'Read']), grants => 1],
    ['WAC with a mode that is a string', linkset => $all, acl => wac(mode => 'Read'), grants => 1],
    ['WAC with several resources', linkset => $all, acl => wac(accessTo => ['S/x', 'S/a/b']), grants => 1],
    ['WAC with several authorizations', linkset => $all, acl => { authorization => [{ agentClass => 'x' }, @{ wac()->{authorization} }] }, grants => 1],
    ['WAC with an escaped path', linkset => $all, acl => wac(accessTo => ['S/%61/b']), grants => 1],

    # The nearest entry decides, whatever the outer ones say.
    ['a nearer list that grants nothing', linkset => links('S/' => 'S/acl', 'S/a/' => 'S/none'), acl => $PUBLIC, grants => 0],
    ['a nearer entry without a list', linkset => { linkset => [{ anchor => 'S/a/b' }, @{ $all->{linkset} }] }, acl => $PUBLIC, grants => 0],
    ['a nearer list that grants', linkset => links('S/' => 'S/none', 'S/a/' => 'S/acl'), acl => $PUBLIC, grants => 1],
    ['the resource before its container', linkset => links('S/a/b' => 'S/acl', 'S/a/' => 'S/none'), acl => $PUBLIC, grants => 1],
    ['the container itself', at => '/a/', linkset => links('S/a/' => 'S/acl'), acl => $PUBLIC, grants => 1],

    # What is about something else.
    ['an anchor that is a sibling', linkset => links('S/a/c' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor that is no container', linkset => links('S/a' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor that is the space without a slash', linkset => links('S' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor below', linkset => links('S/a/b/' => 'S/acl', 'S/a/b/c' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor of another case', linkset => links('S/A/b' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor with a query', linkset => links('S/a/b?x' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor with dots', linkset => links('S/a/../a/b' => 'S/acl', 'S/a/./b' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor without a slash', linkset => links('a/b' => 'S/acl', 'space/x/a/b' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor of another space', linkset => links('O/a/b' => 'S/acl', 'O/' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['an anchor that is a container cut short', at => '/ab', linkset => links('S/a' => 'S/acl'), acl => $PUBLIC, grants => 0],
    ['WAC of another resource', linkset => $all, acl => wac(accessTo => ['S/a/c']), grants => 0],
    ['WAC of the container', linkset => $all, acl => wac(accessTo => ['S/a/', 'S/']), grants => 0],
    ['WAC of another space', linkset => $all, acl => wac(accessTo => ['O/a/b']), grants => 0],
    ['WAC for another agent', linkset => $all, acl => wac(agentClass => 'http://xmlns.com/foaf/0.1/Person'), grants => 0],
    ['WAC for an agent of a namespace', linkset => $all, acl => wac(agentClass => 'foaf:Agent'), grants => 0],
    ['WAC for one agent', linkset => $all, acl => wac(agentClass => undef, agent => $stranger->did), grants => 0],
    ['WAC for writing', linkset => $all, acl => wac(mode => ['Write']), grants => 0],
    ['WAC without a mode', linkset => $all, acl => wac(mode => undef), grants => 0],
    ['WAC with an empty mode', linkset => $all, acl => wac(mode => []), grants => 0],
    ['WAC with no resource', linkset => $all, acl => wac(accessTo => []), grants => 0],
    ['WAC split over two authorizations', linkset => $all, acl => { authorization => [
        { agentClass => $AGENT, accessTo => ['S/a/b'], mode => ['Write'] }, { agentClass => $AGENT, accessTo => ['S/x'], mode => ['Read'] }] }, grants => 0],

    # What leads elsewhere.
    ['a link to another space', link => 'O/links', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a document of another space', linkset => links('S/' => 'O/acl'), acl => $PUBLIC, grants => 0],
    ['a document by a URL', linkset => links('S/' => 'http://127.0.0.1/acl'), acl => $PUBLIC, grants => 0],
    ['a document by a relative path', linkset => links('S/' => 'acl'), acl => $PUBLIC, grants => 0],
    ['a document through dots', linkset => links('S/' => 'S/x/../acl'), acl => $PUBLIC, grants => 0],
    ['a document with a query', linkset => links('S/' => 'S/acl?x'), acl => $PUBLIC, grants => 0],
    ['a document with a fragment', linkset => links('S/' => 'S/acl#x'), acl => $PUBLIC, grants => 0],
    ['a document that is not there', linkset => links('S/' => 'S/none'), acl => $PUBLIC, grants => 0],
    ['a document that is the space', linkset => links('S/' => 'S'), acl => $PUBLIC, grants => 0],
    ['a link to nothing', link => 'S/none', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a link to the space', link => 'S', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a link with dots', link => 'S/x/../links', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a link that is not of a space', link => '/links', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a link with a query', link => 'S/links?x', linkset => $all, acl => $PUBLIC, grants => 0],
    ['a link with a broken escape', link => 'S/links%', linkset => $all, acl => $PUBLIC, grants => 0],

    # What is no linkset.
    ['a linkset as JSON', linkset => $all, type => 'application/json', acl => $PUBLIC, grants => 0],
    ['a linkset as text', linkset => $all, type => 'application/linkset', acl => $PUBLIC, grants => 0],
    ['a linkset without a type', linkset => $all, type => undef, acl => $PUBLIC, grants => 0],
    ['a linkset of a longer type', linkset => $all, type => "${LINKSET}x", acl => $PUBLIC, grants => 0],
    ['a linkset of a type behind a blank', linkset => $all, type => "x $LINKSET", acl => $PUBLIC, grants => 0],
    (map { ["a linkset that is <$_>", linkset => $_, acl => $PUBLIC, grants => 0] }
        '', '{', 'null', '[]', '5', '"x"', '{}', '{"linkset":null}', '{"linkset":{}}', '{"linkset":"S/"}', '{"linkset":[]}', '{"linkset":[null,5,"x",[]]}',
        '{"linkset":[{"anchor":"S/","acl":[{"href":"S/acl"}]}]} x', '{"linkset":[{"anchor":"S/","acl":[{"href":"S/acl"}]}],"linkset":[]}',
        '{"linkset":[{"anchor":5,"acl":[{"href":"S/acl"}]}]}', '{"linkset":[{"anchor":["S/"],"acl":[{"href":"S/acl"}]}]}',
        '{"linkset":[{"anchor":"S/","acl":{"href":"S/acl"}}]}', '{"linkset":[{"anchor":"S/","acl":["S/acl"]}]}', '{"linkset":[{"anchor":"S/","acl":"S/acl"}]}',
        '{"linkset":[{"anchor":"S/","acl":[{"href":5}]}]}', '{"linkset":[{"anchor":"S/","acl":[{"href":["S/acl"]}]}]}', '{"linkset":[{"anchor":"S/","acl":[null]}]}',
        '{"linkset":[{"anchor":"S/","ACL":[{"href":"S/acl"}]}]}', '[{"anchor":"S/","acl":[{"href":"S/acl"}]}]', '{"linkset":' . '[' x 100 . ']' x 100 . '}'),
    ['a linkset of more than 64 KiB', linkset => { %$all, x => 'x' x 70_000 }, acl => $PUBLIC, grants => 0],
    ['a linkset of more than 1 MiB', linkset => { %$all, x => 'x' x 1_100_000 }, acl => $PUBLIC, grants => 0],

    # What is no access document.
    (map { ["an access document that is <$_>", linkset => $all, acl => $_, grants => 0] }
        '', '{', 'null', '[]', '"PublicCanRead"', '{}', '["PublicCanRead"]', '[{"type":"PublicCanRead"}]', '{"type":null}', '{"type":5}', '{"type":true}', '{"type":["x"]}',
        '{"type":{"PublicCanRead":1}}', '{"type":[["PublicCanRead"]]}', '{"type":"publiccanread"}', '{"type":"PublicCanReadNot"}', '{"type":"PublicCanWrite"}',
        '{"type":"x","type":"PublicCanRead"}', '{"type":"PublicCanRead"', '{"Type":"PublicCanRead"}', '{"@type":"PublicCanRead"}', 'PublicCanRead',
        "{\"type\":\"PublicCanRead\"}\0", '{"authorization":null}', '{"authorization":{}}', '{"authorization":["S/a/b"]}', '{"authorization":[null]}', '{"authorization":"x"}',
        '{"authorization":{"agentClass":"' . $AGENT . '","accessTo":["S/a/b"],"mode":["Read"]}}',
        '{"authorization":[{"agentClass":"' . $AGENT . '","accessTo":{"x":"S/a/b"},"mode":["Read"]}]}',
        '{"authorization":[{"agentClass":"' . $AGENT . '","accessTo":[5,null,["S/a/b"]],"mode":["Read"]}]}',
        '{"authorization":[{"agentClass":"' . $AGENT . '","accessTo":["S/a/b"],"mode":{"Read":1}}]}',
        '{"authorization":[{"agentClass":"' . $AGENT . '","accessTo":["S/a/b"],"mode":["read"]}]}'),
    ['an access document of more than 64 KiB', linkset => $all, acl => { %$PUBLIC, x => 'x' x 70_000 }, grants => 0],
);

sub text_of {
    my ($document, $id) = @_;
    my $text = ref $document ? json_text($document) : $document;
    return $text =~ s{(?<=")S(?=[/"])}{/space/$id}gr =~ s{(?<=")O(?=/)}{/space/$other}gr;
}

for my $case (@cases) {
    my ($name, %of) = @$case;
    my $id = new_space($alice);
    my $at = "/space/$id";
    my $link = text_of('"' . ($of{link} // 'S/links') . '"', $id) =~ s/"//gr;
    put_space($alice, $id, { link => $link })->status == 204 or BAIL_OUT("no link $link");
    my %holds = (links => text_of($of{linkset}, $id), acl => text_of($of{acl}, $id));
    $alice->put("$at/links", body => $holds{links}, type => exists $of{type} ? $of{type} : $LINKSET);
    $alice->put("$at/acl", body => $holds{acl}, type => exists $of{acl_type} ? $of{acl_type} : 'application/json');
    my $target = $at . ($of{at} // '/a/b');
    my $body = $of{holds} ? $holds{ $of{holds} } : 'SECRETBYTES';
    $alice->put($target, body => $body, type => $LINKSET) if !$of{holds};
    my $shown = length $name > 80 ? substr($name, 0, 80) . '...' : $name;
    if ($name =~ /\A(?:a linkset|an access document|an? .*anchor|a document|a link)/) {
        # One look is enough for what grants nothing; the rows above look from all sides.
        tell($alice, ["classic 5: $shown", GET => $target, [sign => 0], $of{grants} ? 200 : 401]);
        next;
    }
    reads($shown, $target, $of{grants}, $body);
}

# A grant is for reading, of what it names, now.
{
    my $id = new_space($alice, link => '/space/none/links');
    my $at = "/space/$id";
    put_space($alice, $id, { link => "$at/links" });
    $alice->put("$at/acl", body => json_text($PUBLIC), type => 'application/json');
    $alice->put("$at/links", body => json_text({ linkset => [{ anchor => "$at/p/", acl => [{ href => "$at/acl" }] }] }), type => $LINKSET);
    my $big = random_bytes(2_500_000);
    $alice->put("$at/p/a", body => 'public');
    $alice->put("$at/p/big", body => $big);
    reads('what lies in the public container', "$at/p/a", 1, 'public');
    reads('what is not there in it', "$at/p/none", 1, undef);
    reads('what lies beside it', "$at/acl", 0, json_text($PUBLIC));
    tell($alice,
        ['classic 5: a big one', GET => "$at/p/big", [sign => 0], 200, body => $big],
        ['classic 5: a part of a big one', GET => "$at/p/big", [sign => 0, headers => [Range => 'bytes=1048570-1048580']], 206, body => substr($big, 1_048_570, 11)],
        ['classic 5: a grant of reading is none of writing', PUT => "$at/p/a", [body => 'x', by => $stranger], 403],
        ['classic 5: nor of deleting', DELETE => "$at/p/a", [by => $stranger], 403],
        ['classic 5: nor of the space', GET => $at, [by => $stranger], 403],
        ['classic 5: a broken signature is refused even where none is needed', GET => "$at/p/a", [sign => { method => 'PUT' }], 401],
    );
    $alice->put("$at/acl", body => '{}', type => 'application/json');
    reads('a grant that was withdrawn', "$at/p/a", 0, 'public');
    $alice->put("$at/acl", body => json_text($PUBLIC), type => 'application/json');
    reads('a grant that came back', "$at/p/a", 1, 'public');
    put_space($alice, $id, { link => undef });
    reads('a link that was taken away', "$at/p/a", 0, 'public');
}

done_testing;
