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
    my @mine = defined $body ? (200, body => $body) : (404, pointer => '/resource');
    my @nobodys = $granted ? @mine : (401, pointer => '/authorization');
    my @strangers = $granted ? @mine : (403, pointer => '/authorization');
    tell(
        $alice,
        ["classic 5: $name: unsigned", GET => $target, [sign => 0], @nobodys],
        ["classic 5: $name: unsigned HEAD", HEAD => $target, [sign => 0], $nobodys[0]],
        ["classic 5: $name: a stranger", GET => $target, [by => $stranger], @strangers],
        ["classic 5: $name: a stranger's HEAD", HEAD => $target, [by => $stranger], $strangers[0]],
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
    is(
        scalar $res->header('Cache-Control'), 'private, no-cache',
        'classic 5: no shared cache may keep it');
    my $file = "$at/a";
    my @unsigned = (sign => 0);
    my @if_changed = (headers => ['If-None-Match' => scalar $res->header('ETag')]);
    my @if_another = (headers => ['If-Match' => '"x"']);
    my @first = (headers => [Range => 'bytes=0-0']);
    my @six = (headers => [Range => 'bytes=0-5']);
    my @bearer = (sign => { authorization => 'Bearer x' });
    my %signer = (pointer => '/authorization');
    tell(
        $alice,
        ['classic 5: a wrong signature', GET => $file, [sign => { method => 'PUT' }], 401, %signer],
        ['classic 5: a wrong scheme', GET => $file, [@bearer], 401],
        ['classic 5: no part of it', GET => $file, [@unsigned, @first], 401],
        ['classic 5: nor whether it has changed', GET => $file, [@unsigned, @if_changed], 401],
        ['classic 5: nor whether it is another', GET => $file, [by => $stranger, @if_another], 403],
        ['classic 5: the controller gets his 304', GET => $file, [@if_changed], 304],
        ['classic 5: the controller gets his part', GET => $file, [@six], 206, body => 'SECRET'],
        ['classic 5: OPTIONS stays open', OPTIONS => $file, [@unsigned], 204],
        ['classic 5: writes are as ever', PUT => $file, [body => 'x', @unsigned], 401],
        ['classic 5: no space', GET => "/space/@{[new_id()]}/a", [], 404, pointer => '/space'],
    );
    my $public = 'classic 5: another virtual host may be public';
    tell(at('main', $alice), [$public, GET => $file, [@unsigned], 200, body => 'SECRETBYTES']);
    my @archive = (headers => [Accept => 'application/x-tar']);
    tell(
        $alice,
        ['classic 5: the export: nobody', GET => $at, [@unsigned, @archive], 401],
        ['classic 5: the export: a stranger', GET => $at, [by => $stranger, @archive], 403],
    );
}

# Access lists. Each row: name, whether it grants, then
#   list      the linkset's document, a structure or text; one for the whole space unless given
#   type      its media type
#   acl       the access document, a structure or text, stored at /acl; PublicCanRead unless given
#   acl_type  its media type
#   link      the space's link, if not /links
#   at        what is read, if not /a/b
#   holds     'links': what is read is the linkset itself
# S is the space's path, O that of another space whose list grants everything.
my $other = new_space($alice);
my $PUBLIC = { type => 'PublicCanRead' };
my @JSON = (type => 'application/json');
$alice->put("/space/$other/acl", body => json_text($PUBLIC), @JSON);
$alice->put(
    "/space/$other/links", type => $LINKSET,
    body => json_text(links("/space/$other/" => "/space/$other/acl")));

sub entry {
    my ($anchor, @documents) = @_;
    return { anchor => $anchor, @documents ? (acl => [map { { href => $_ } } @documents]) : () };
}

sub listed { return { linkset => [@_] } }

sub links {
    my (%of) = @_;
    return listed(map { entry($_, $of{$_}) } sort keys %of);
}

sub wac {
    my (%other) = @_;
    my %read = (agentClass => $AGENT, accessTo => ['S/a/b'], mode => ['Read'], %other);
    return { authorization => [\%read] };
}

my $all = links('S/' => 'S/acl');
my $described = links('S/' => 'S/acl');
$described->{linkset}[0]{describedby} = [{ href => 'S/x' }];
$described->{linkset}[0]{acl}[0]{type} = 'application/json';
my $second = { authorization => [{ agentClass => 'x' }, @{ wac()->{authorization} }] };
my $split =
    { authorization =>
        [map { @{ $_->{authorization} } } wac(mode => ['Write']), wac(accessTo => ['S/x'])] };

# Texts that are no linkset.
my @no_linkset = ('', split(/\n/, <<'TEXTS'), '{"linkset":' . '[' x 100 . ']' x 100 . '}');
{
null
[]
5
"x"
{}
{"linkset":null}
{"linkset":{}}
{"linkset":"S/"}
{"linkset":[]}
{"linkset":[null,5,"x",[]]}
{"linkset":[{"anchor":"S/","acl":[{"href":"S/acl"}]}]} x
{"linkset":[{"anchor":"S/","acl":[{"href":"S/acl"}]}],"linkset":[]}
{"linkset":[{"anchor":5,"acl":[{"href":"S/acl"}]}]}
{"linkset":[{"anchor":["S/"],"acl":[{"href":"S/acl"}]}]}
{"linkset":[{"anchor":"S/","acl":{"href":"S/acl"}}]}
{"linkset":[{"anchor":"S/","acl":["S/acl"]}]}
{"linkset":[{"anchor":"S/","acl":"S/acl"}]}
{"linkset":[{"anchor":"S/","acl":[{"href":5}]}]}
{"linkset":[{"anchor":"S/","acl":[{"href":["S/acl"]}]}]}
{"linkset":[{"anchor":"S/","acl":[null]}]}
{"linkset":[{"anchor":"S/","ACL":[{"href":"S/acl"}]}]}
[{"anchor":"S/","acl":[{"href":"S/acl"}]}]
TEXTS

# Texts that are no access document; AGENT is everybody.
my @no_access_document = map { s/AGENT/"$AGENT"/r } '',
    split(/\n/, <<'TEXTS'), qq({"type":"PublicCanRead"}\0);
{
null
[]
"PublicCanRead"
{}
["PublicCanRead"]
[{"type":"PublicCanRead"}]
{"type":null}
{"type":5}
{"type":true}
{"type":["x"]}
{"type":{"PublicCanRead":1}}
{"type":[["PublicCanRead"]]}
{"type":"publiccanread"}
{"type":"PublicCanReadNot"}
{"type":"PublicCanWrite"}
{"type":"x","type":"PublicCanRead"}
{"type":"PublicCanRead"
{"Type":"PublicCanRead"}
{"@type":"PublicCanRead"}
PublicCanRead
{"authorization":null}
{"authorization":{}}
{"authorization":["S/a/b"]}
{"authorization":[null]}
{"authorization":"x"}
{"authorization":{"agentClass":AGENT,"accessTo":["S/a/b"],"mode":["Read"]}}
{"authorization":[{"agentClass":AGENT,"accessTo":{"x":"S/a/b"},"mode":["Read"]}]}
{"authorization":[{"agentClass":AGENT,"accessTo":[5,null,["S/a/b"]],"mode":["Read"]}]}
{"authorization":[{"agentClass":AGENT,"accessTo":["S/a/b"],"mode":{"Read":1}}]}
{"authorization":[{"agentClass":AGENT,"accessTo":["S/a/b"],"mode":["read"]}]}
TEXTS

my @cases = (
    # What grants.
    ['PublicCanRead, at the resource', 1, list => links('S/a/b' => 'S/acl')],
    ['PublicCanRead, at its container', 1, list => links('S/a/' => 'S/acl')],
    ['PublicCanRead, at the space', 1],
    ['PublicCanRead in an array', 1, acl => { type => ['Other', 'PublicCanRead'] }],
    [
        'PublicCanRead beside other members', 1,
        acl => { type => 'PublicCanRead', id => 'x', x => [1] }
    ],
    ['a list of several entries', 1, list => listed(entry('S/x'), entry('S/' => 'S/acl'))],
    ['an entry with other links', 1, list => $described],
    ['the second of two documents', 1, list => listed(entry('S/' => 'S/none', 'S/acl'))],
    ['a linkset with parameters of its type', 1, type => "$LINKSET; charset=utf-8"],
    ['a linkset in capitals of its type', 1, type => 'Application/LinkSet+JSON'],
    ['a document without a type of its own', 1, acl_type => undef],
    ['escapes in an anchor', 1, list => links('S/%61/b' => 'S/%61cl')],
    ['escapes in a link', 1, link => 'S/%6cinks'],
    ['a path with a blank', 1, at => '/a%20b', list => links('S/a%20b' => 'S/acl')],
    ['the home page', 1, at => '/'],
    ['the list itself', 1, at => '/links', holds => 'links'],
    ['a deep path', 1, at => '/a/b/c/d/e', list => links('S/a/b/' => 'S/acl')],
    ['a path of empty segments', 1, at => '//x//y', list => links('S//x/' => 'S/acl')],
    ['WAC', 1, acl => wac()],
    ['WAC with modes', 1, acl => wac(mode => ['Write', 'Read'])],
    ['WAC with a mode that is a string', 1, acl => wac(mode => 'Read')],
    ['WAC with several resources', 1, acl => wac(accessTo => ['S/x', 'S/a/b'])],
    ['WAC with several authorizations', 1, acl => $second],
    ['WAC with an escaped path', 1, acl => wac(accessTo => ['S/%61/b'])],

    # The nearest entry decides, whatever the outer ones say.
    ['a nearer list that grants nothing', 0, list => links('S/' => 'S/acl', 'S/a/' => 'S/none')],
    ['a nearer entry without a list', 0, list => listed(entry('S/a/b'), entry('S/' => 'S/acl'))],
    ['a nearer list that grants', 1, list => links('S/' => 'S/none', 'S/a/' => 'S/acl')],
    ['the resource before its container', 1, list => links('S/a/b' => 'S/acl', 'S/a/' => 'S/none')],
    ['the container itself', 1, at => '/a/', list => links('S/a/' => 'S/acl')],

    # What is about something else.
    ['an anchor that is a sibling', 0, list => links('S/a/c' => 'S/acl')],
    ['an anchor that is no container', 0, list => links('S/a' => 'S/acl')],
    ['an anchor that is the space without a slash', 0, list => links('S' => 'S/acl')],
    ['an anchor below', 0, list => links('S/a/b/' => 'S/acl', 'S/a/b/c' => 'S/acl')],
    ['an anchor of another case', 0, list => links('S/A/b' => 'S/acl')],
    ['an anchor with a query', 0, list => links('S/a/b?x' => 'S/acl')],
    ['an anchor with dots', 0, list => links('S/a/../a/b' => 'S/acl', 'S/a/./b' => 'S/acl')],
    ['an anchor without a slash', 0, list => links('a/b' => 'S/acl', 'space/x/a/b' => 'S/acl')],
    ['an anchor of another space', 0, list => links('O/a/b' => 'S/acl', 'O/' => 'S/acl')],
    ['an anchor that is a container cut short', 0, at => '/ab', list => links('S/a' => 'S/acl')],
    ['WAC of another resource', 0, acl => wac(accessTo => ['S/a/c'])],
    ['WAC of the container', 0, acl => wac(accessTo => ['S/a/', 'S/'])],
    ['WAC of another space', 0, acl => wac(accessTo => ['O/a/b'])],
    ['WAC for another agent', 0, acl => wac(agentClass => 'http://xmlns.com/foaf/0.1/Person')],
    ['WAC for an agent of a namespace', 0, acl => wac(agentClass => 'foaf:Agent')],
    ['WAC for one agent', 0, acl => wac(agentClass => undef, agent => $stranger->did)],
    ['WAC for writing', 0, acl => wac(mode => ['Write'])],
    ['WAC without a mode', 0, acl => wac(mode => undef)],
    ['WAC with an empty mode', 0, acl => wac(mode => [])],
    ['WAC with no resource', 0, acl => wac(accessTo => [])],
    ['WAC split over two authorizations', 0, acl => $split],

    # What leads elsewhere.
    ['a link to another space', 0, link => 'O/links'],
    ['a document of another space', 0, list => links('S/' => 'O/acl')],
    ['a document by a URL', 0, list => links('S/' => 'http://127.0.0.1/acl')],
    ['a document by a relative path', 0, list => links('S/' => 'acl')],
    ['a document through dots', 0, list => links('S/' => 'S/x/../acl')],
    ['a document with a query', 0, list => links('S/' => 'S/acl?x')],
    ['a document with a fragment', 0, list => links('S/' => 'S/acl#x')],
    ['a document that is not there', 0, list => links('S/' => 'S/none')],
    ['a document that is the space', 0, list => links('S/' => 'S')],
    ['a link to nothing', 0, link => 'S/none'],
    ['a link to the space', 0, link => 'S'],
    ['a link with dots', 0, link => 'S/x/../links'],
    ['a link that is not of a space', 0, link => '/links'],
    ['a link with a query', 0, link => 'S/links?x'],
    ['a link with a broken escape', 0, link => 'S/links%'],

    # What is no linkset.
    ['a linkset as JSON', 0, type => 'application/json'],
    ['a linkset as text', 0, type => 'application/linkset'],
    ['a linkset without a type', 0, type => undef],
    ['a linkset of a longer type', 0, type => "${LINKSET}x"],
    ['a linkset of a type behind a blank', 0, type => "x $LINKSET"],
    (map { ["a linkset that is <$_>", 0, list => $_] } @no_linkset),
    ['a linkset of more than 64 KiB', 0, list => { %$all, x => 'x' x 70_000 }],
    ['a linkset of more than 1 MiB', 0, list => { %$all, x => 'x' x 1_100_000 }],

    # What is no access document.
    (map { ["an access document that is <$_>", 0, acl => $_] } @no_access_document),
    ['an access document of more than 64 KiB', 0, acl => { %$PUBLIC, x => 'x' x 70_000 }],
);

sub text_of {
    my ($document, $id) = @_;
    my $text = ref $document ? json_text($document) : $document;
    return $text =~ s{(?<=")S(?=[/"])}{/space/$id}gr =~ s{(?<=")O(?=/)}{/space/$other}gr;
}

for my $case (@cases) {
    my ($name, $grants, @of) = @$case;
    my %of = (list => $all, acl => $PUBLIC, @of);
    my $id = new_space($alice);
    my $at = "/space/$id";
    my $link = text_of('"' . ($of{link} // 'S/links') . '"', $id) =~ s/"//gr;
    put_space($alice, $id, { link => $link })->status == 204 or BAIL_OUT("no link $link");
    my %holds = map { $_ => text_of($of{$_}, $id) } qw(list acl);
    my $type = exists $of{type} ? $of{type} : $LINKSET;
    my $acl_type = exists $of{acl_type} ? $of{acl_type} : 'application/json';
    $alice->put("$at/links", body => $holds{list}, type => $type);
    $alice->put("$at/acl", body => $holds{acl}, type => $acl_type);
    my $target = $at . ($of{at} // '/a/b');
    my $body = $of{holds} ? $holds{list} : 'SECRETBYTES';
    $alice->put($target, body => $body, type => $LINKSET) if !$of{holds};
    my $shown = length $name > 80 ? substr($name, 0, 80) . '...' : $name;
    if ($name =~ /\A(?:a linkset|an access document|an? .*anchor|a document|a link)/) {
        # One look is enough for what grants nothing; the rows above look from all sides.
        tell($alice, ["classic 5: $shown", GET => $target, [sign => 0], $grants ? 200 : 401]);
        next;
    }
    reads($shown, $target, $grants, $body);
}

# A grant is for reading, of what it names, now.
{
    my $id = new_space($alice, link => '/space/none/links');
    my $at = "/space/$id";
    put_space($alice, $id, { link => "$at/links" });
    $alice->put("$at/acl", body => json_text($PUBLIC), @JSON);
    my $list = json_text(links("$at/p/" => "$at/acl"));
    $alice->put("$at/links", body => $list, type => $LINKSET);
    my $big = random_bytes(2_500_000);
    $alice->put("$at/p/a", body => 'public');
    $alice->put("$at/p/big", body => $big);
    reads('what lies in the public container', "$at/p/a", 1, 'public');
    reads('what is not there in it', "$at/p/none", 1, undef);
    reads('what lies beside it', "$at/acl", 0, json_text($PUBLIC));
    my $file = "$at/p/a";
    my @piece = (headers => [Range => 'bytes=1048570-1048580']);
    my %part = (body => substr $big, 1_048_570, 11);
    my @stranger = (by => $stranger);
    my @wrong = (sign => { method => 'PUT' });
    tell(
        $alice,
        ['classic 5: a big one', GET => "$at/p/big", [sign => 0], 200, body => $big],
        ['classic 5: a part of a big one', GET => "$at/p/big", [sign => 0, @piece], 206, %part],
        [
            'classic 5: a grant to read is none to write', PUT => $file, [@stranger, body => 'x'],
            403
        ],
        ['classic 5: nor to delete', DELETE => $file, [@stranger], 403],
        ['classic 5: nor for the space', GET => $at, [@stranger], 403],
        ['classic 5: a broken signature where none is needed', GET => $file, [@wrong], 401],
    );
    $alice->put("$at/acl", body => '{}', @JSON);
    reads('a grant that was withdrawn', "$at/p/a", 0, 'public');
    $alice->put("$at/acl", body => json_text($PUBLIC), @JSON);
    reads('a grant that came back', "$at/p/a", 1, 'public');
    put_space($alice, $id, { link => undef });
    reads('a link that was taken away', "$at/p/a", 0, 'public');
}

done_testing;
