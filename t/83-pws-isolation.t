# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Two protocols, one database: a space can be seen, read, listed, written, exported and deleted only
# through the protocol that it was made under, by nobody through the other, its own controller not
# excepted. Every request about a space of the other protocol is answered as if nothing were there;
# only who would make one learns that the id is taken.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Server;
use WAS::Story ();
use WAS::Zcap;

my $pws = holder('pws');
my $key = $pws->key;
my $stranger = holder('pws')->key;
my $did = $pws->did;

# A space of each protocol, with the same content, whose controller is the same key; and what the
# other protocol could use to get at it.
my $new = make_space($pws, name => 'SECRETBYTES');
make_collection($pws, $new, 'c', { r => 'SECRETBYTES', 'acl.json' => 'SECRETBYTES' });
$pws->send_json(PUT => "/space/$new/policy", { type => 'PublicCanRead' })->status == 201
    or die 'no policy';
my $mounted = make_space(at('both', $key));
make_collection(at('both', $key), $mounted, 'c', { r => 'SECRETBYTES' });

my $classic = WAS::Story::at('main', $key);
my $old = WAS::Story::new_space($classic, name => 'SECRETBYTES', link => '/space/{old}/links');
my @secret = (body => 'SECRETBYTES', type => 'text/plain');
$classic->put("/space/$old/$_", @secret) for '', qw(c/r c/ c/meta meta policy c/policy);
# What a pws space has beside its row, laid under the classic one by hand: nothing may make it live.
sql(<<'SQL', $old);
INSERT INTO was_pws_collections
    (space_uuid, space_generation, collection, generation, name, created_ms, updated_ms)
VALUES (?, 1, 'c', 2, 'SECRETBYTES', 0, 0)
SQL
sql(<<'SQL', $old);
INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation, updated_ms)
VALUES (?, 1, '', '{"type":"PublicCanRead"}', 3, 0)
SQL
sql(<<'SQL', $old);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms)
VALUES (?, 2, 'p', 4, 'text/plain', 11, 'SECRETBYTES', 0, 1, 0)
SQL

my @ids = ($new, $mounted, $old);
my $before = stored(@ids);

# An answer to a question about a space.
sub shown {
    my ($res, $id) = @_;
    return $res->comparable =~ s/\Q$id\E/{id}/gr;
}

# Asks about the space and about one that is not; both answers must be one.
sub same_as_absent {
    my ($name, $id, $ask) = @_;
    my $absent = new_id();
    my ($there, $nowhere) = (shown($ask->($id), $id), shown($ask->($absent), $absent));
    unlike($there, qr/SECRETBYTES/, "pws isolation: $name: shows nothing");
    is($there, $nowhere, "pws isolation: $name: as if it were not there");
    return;
}

# Through classic locations.
my @none = (headers => ['If-None-Match' => '*']);
my @there = (headers => ['If-Match' => '*']);
my @part = (headers => [Range => 'bytes=0-3']);
my @archive = (headers => [Accept => 'application/x-tar']);
my @paths = qw(
    / /meta /policy /linkset /backends /c /c/ /c/meta /c/r /c/r/meta /c/acl.json /%63/r /c%2Fr //c/r
    /c/none
);
my @classic = (
    ['GET', ''],
    ['HEAD', ''],
    ['GET', '', @archive],
    ['DELETE', '', @there],
    ['DELETE', ''],
    ['PUT', '', body => '{"controller":"{did}"}', @there],
    (map { ['GET', $_], ['HEAD', $_], ['DELETE', $_], ['PATCH', $_] } @paths),
    (map { ['PUT', $_, body => 'x'], ['POST', $_, body => 'x'] } @paths),
    ['GET', '/c/r', @part],
    ['GET', '/c/r', @none],
    ['GET', '/c/r?x=y'],
    ['OPTIONS', '/c/r'],
    ['PUT', '/c/r', body => 'x', @none],
);

# A request as its name shows it.
sub asked {
    my ($method, $path, $headers) = @_;
    return "$method $path" . ($headers ? " @$headers" : '');
}

for my $vhost (qw(main private both mounted)) {
    my $base = $vhost eq 'mounted' ? '/mounted' : '';
    for my $who (['its controller', $key], ['a stranger', $stranger], ['nobody', undef]) {
        my ($name, $signer) = @$who;
        my $client = WAS::Story::at($vhost, $key);
        for my $row (@classic) {
            my ($method, $path, %options) = @$row;
            my $body = delete $options{body};
            my $asker = $signer ? $signer->did : $did;
            $body =~ s/\{did\}/$asker/ if defined $body;
            my $asked = asked($method, "/space/{pws}$path", $options{headers});
            $options{body} = $body if defined $body;
            $options{sign} = $signer ? { key => $signer } : 0;
            same_as_absent(
                "classic $vhost: $name: $asked",
                $new,
                sub {
                    return $client->request($method, "$base/space/$_[0]$path", %options);
                });
        }
    }
}
for my $vhost (qw(main both)) {
    my $client = WAS::Story::at($vhost, $key);
    my %list = map { $_->{id} => 1 } @{ $client->get('/spaces/')->json };
    my @of_pws = grep { /\Q$new\E|\Q$mounted\E/ } keys %list;
    ok(
        $list{"urn:uuid:$old"} && !@of_pws,
        "pws isolation: $vhost: the classic list has classic spaces only");
    for my $who ($client, WAS::Story::at($vhost, $stranger)) {
        my $name = $who == $client ? 'its controller' : 'a stranger';
        my $title = "pws isolation: $vhost: $name";
        my @mine = (body => json_text({ controller => $who->did }));
        my @uuid = (body => json_text({ uuid => $new }));
        my $space = "/space/$new";
        # The id is free here: what is made of it is another space.
        for my $made (
            ['posts the id', POST => '/spaces/', [@uuid], 201],
            ['puts the id', PUT => $space, [@mine], 204],
            ['puts the id, unless it exists', PUT => $space, [@mine, @none], 204],
        ) {
            my ($how, @request) = @$made;
            WAS::Story::tell(
                $who,
                ["$title puts the id, if it exists", PUT => $space, [@mine, @there], 412],
                ["$title $how", @request],
                ["$title, who $how: finds nothing", GET => "$space/c/r", [], 404],
                ["$title, who $how: writes", PUT => "$space/c/r", [body => 'x'], 204],
                ["$title, who $how: deletes it", DELETE => $space, [], 204],
            );
        }
    }
}
# A classic access list that speaks of a pws resource, and one that is a pws resource.
{
    my $private = WAS::Story::at('private', $key);
    my @entries = (
        { anchor => "/space/$new/c/r", acl => [{ href => "/space/$old/acl" }] },
        { anchor => "/space/$old/c/r", acl => [{ href => "/space/$new/c/acl.json" }] },
    );
    my $list = json_text({ linkset => \@entries });
    my $third = WAS::Story::new_space($classic, link => "/space/$new/c/acl.json");
    $classic->put("/space/$third/links", body => $list, type => 'application/linkset+json');
    my $read = sub { $private->get("/space/$_[0]/c/r", sign => 0) };
    same_as_absent('an access list elsewhere', $new, $read);
    my $name = 'pws isolation: a list that is a pws resource grants nothing';
    WAS::Story::tell($private, [$name, GET => "/space/$third/links", [sign => 0], 401]);
}

# Through pws locations, about the classic space. A stranger may make a space under any free id, so
# that the creation is told apart by it.
my $zcap = sub {
    my ($client, $id) = @_;
    my $top = $client->space_url($id);
    return delegate($top, by => $key, to => $stranger, target => $top);
};
my $json = 'application/json';
my @public = (type => $json, body => '{"type":"PublicCanRead"}');
my @empty = (type => $json, body => '{}');
my @text = (type => 'text/plain', body => 'x');
my $backend = '"provider":"p","connection":{"kind":"k"}';
my @reads = (
    '', qw(
        / /meta /policy /linkset /backends /quotas /collections /c /c/ /c/meta /c/meta/log /c/policy
        /c/linkset /c/backend /c/quota /c/r /c/p /c/r/meta /c/p/meta /c/p/policy /c/r/chunks/
        /c/r/chunks/0 /%63/r
    ));
my @policies = qw(/policy /c/policy /c/p/policy);
my @resources = qw(/c/r /c/p /c/none);
my @pws = (
    (map { ['GET', $_], ['HEAD', $_] } @reads),
    ['POST', '/', @empty],
    ['POST', '/', type => $json, body => '{"id":"c"}'],
    ['DELETE', '/'],
    (map { ['PUT', $_, @public], ['DELETE', $_] } @policies),
    ['POST', '/backends', type => $json, body => "{\"id\":\"b\",$backend}"],
    ['DELETE', '/backends/b'],
    ['PUT', '/backends/b', type => $json, body => "{$backend}"],
    ['POST', '/export'],
    ['POST', '/import', type => 'application/x-tar', body => 'x'],
    ['PUT', '/c/meta', @empty],
    ['PUT', '/c/meta', @empty, @there],
    ['POST', '/c/', @text],
    ['DELETE', '/c/'],
    ['POST', '/c/query', type => $json, body => '{"profile":"changes"}'],
    (map { ['PUT', $_, @text], ['DELETE', $_] } @resources),
    (map { ['PUT', $_, @text, @none], ['DELETE', $_, @there] } @resources),
    ['PUT', '/c/p/meta', type => $json, body => '{"custom":{}}'],
    ['OPTIONS', '/c/r'],
    ['PATCH', '/c/r', @text],
    ['GET', '/c/p', @part],
    ['GET', '/c/p', @none],
    ['PUT', '/meta', type => $json, body => 'x', sign => 0, zcap => 0],
);
for my $vhost (qw(pws both)) {
    my $client = at($vhost, $key);
    my $held = sub { (zcap => { capability => $zcap->($client, $_[0]) }) };
    my @askers = (
        ['its controller', sub { () }],
        ['its controller, by the root of the URL', sub { (zcap => { root => 'self' }) }],
        ['a delegate of it', sub { ($held->($_[0]), sign => { key => $stranger }) }],
        ['a stranger', sub { (sign => { key => $stranger }) }],
        ['nobody', sub { (zcap => 0, sign => 0) }],
    );
    for my $asker (@askers) {
        my ($name, $how) = @$asker;
        for my $row (@pws) {
            my ($method, $path, %options) = @$row;
            my $asked = asked($method, "/space/{classic}$path", $options{headers});
            same_as_absent(
                "pws $vhost: $name: $asked",
                $old,
                sub {
                    my $target = "$client->{mount}/space/$_[0]$path";
                    return $client->request($method, $target, $how->($_[0]), %options);
                });
        }
        same_as_absent(
            "pws $vhost: $name: a revocation",
            $old,
            sub {
                my $victim = $zcap->($client, $_[0]);
                my $escaped = $victim->{id} =~ s/:/%3A/gr;
                my $target = "$client->{mount}/space/$_[0]/zcaps/revocations/$escaped";
                my @document = (type => $json, body => jcs($victim));
                return $client->request(POST => $target, @document, $how->($_[0]));
            });
    }
    my %list = map { $_->{id} => 1 } @{ $client->get("$client->{mount}/spaces/")->json->{items} };
    ok(
        $list{$new} && $list{$mounted} && !$list{$old},
        "pws isolation: $vhost: the pws list has pws spaces only");
}
same_stored('pws isolation: none of it has changed anything', $before, @ids);

my $of_classic = WAS::Story::snapshot($old);
for my $vhost (qw(pws both)) {
    my $client = at($vhost, $key);
    for my $who ($client, at($vhost, $stranger)) {
        my $name = $who == $client ? 'its controller' : 'a stranger';
        my $title = "pws isolation: $vhost: $name";
        my $meta = "$who->{mount}/space/$old/meta";
        my @mine = (json => { id => $old, controller => $who->did });
        my @new = (@mine, zcap => { root => 'self' });
        my @failed = (412, 'precondition-failed');
        my $space = "$who->{mount}/space/$old/";
        my %nothing = (json => { url => $space, totalItems => 0, items => [] });
        for my $made (
            ['posts the id', POST => "$who->{mount}/spaces/", [@mine], 201],
            ['puts it', PUT => $meta, [@new], 201],
            ['puts it, unless it exists', PUT => $meta, [@new, @none], 201],
        ) {
            my ($how, @request) = @$made;
            told(
                $who,
                ["$title puts it, if it exists", PUT => $meta, [@new, @there], @failed],
                ["$title $how", @request],
                ["$title, who $how: finds nothing", GET => $space, [], 200, undef, %nothing],
                ["$title, who $how: deletes it", DELETE => $space, [], 204],
            );
        }
    }
}
is_deeply(
    WAS::Story::snapshot($old), $of_classic,
    'pws isolation: what shares its id has changed nothing of it');

# One location does not answer for the other, and a capability for one is none for the other.
{
    my $both = at('both', $key);
    my $r = "/space/$mounted/c/r";
    my %secret = (body => 'SECRETBYTES');
    my @unmounted = (zcap => { root => $both->url("/space/$mounted/") });
    my @elsewhere = (zcap => { root => $pws->space_url($mounted) });
    my %below = (headers => { Location => "/pws/space/$mounted/" });
    my $is_below = sub {
        my ($item) = grep { $_->{id} eq $mounted } @{ $_[0]->json->{items} };
        return $item->{url} eq "/pws/space/$mounted/" ? () : "url $item->{url}";
    };
    my $i = 'pws isolation';
    told(
        $both,
        ["$i: below /pws", GET => "/pws$r", [], 200, undef, %secret],
        ["$i: the same space at another origin", GET => $r, [by => $pws], 200, undef, %secret],
        ["$i: by the root without the mount", GET => "/pws$r", [@unmounted], 404, 'not-found'],
        ["$i: by the root at another origin", GET => "/pws$r", [@elsewhere], 404, 'not-found'],
        [
            "$i: a URL without a slash moves below the mount",
            GET => "/pws/space/$mounted", [], 308, undef, %below
        ],
        [
            "$i: the mount goes before what is listed",
            GET => '/pws/spaces/', [], 200, undef, check => $is_below
        ],
    );
    WAS::Story::tell(
        WAS::Story::at('both', $key),
        [
            "$i: what lies below /pws is no classic resource",
            GET => "/space/$old/c/r", [sign => 0], 200, %secret
        ],
        ["$i: and a signature of classic is none there", GET => "/pws$r", [], 400, foreign => 1],
    );
}

# An id that one protocol has let go of is free for the other, which finds nothing of it.
{
    my $id = make_space($pws);
    make_collection($pws, $id, 'c', { r => 'SECRETBYTES' });
    $pws->send_json(PUT => "/space/$id/c/policy", { type => 'PublicCanRead' });
    told($pws, ['pws isolation: deleted', DELETE => "/space/$id/", [], 204]);
    ok(swept($id), 'pws isolation: and swept');
    is_deeply([map { @$_ } @{ stored($id) }], [], 'pws isolation: and nothing is left');
    my @mine = (body => json_text({ controller => $did }));
    my @again = (json => { id => $id, controller => $did });
    my %empty = (json => { url => "/space/$id/", totalItems => 0, items => [] });
    my @unsigned = (zcap => 0, sign => 0);
    my $r = "/space/$id/c/r";
    WAS::Story::tell(
        $classic,
        ['pws isolation: then classic may have it', PUT => "/space/$id", [@mine], 204],
        ['pws isolation: empty', GET => "/space/$id/c/r", [sign => 0], 404],
        ['pws isolation: deleted again', DELETE => "/space/$id", [], 204],
    );
    told(
        $pws,
        ['pws isolation: and pws again', POST => '/spaces/', [@again], 201],
        ['pws isolation: empty, too', GET => "/space/$id/", [], 200, undef, %empty],
        ['pws isolation: nobody may read it', GET => $r, [@unsigned], 404, 'not-found'],
    );
}

# Revocations and transfers stay in their protocol as well.
{
    my $id = make_space($pws);
    is_deeply(
        [map { [sql("SELECT 1 FROM $_ WHERE space_uuid = ?", $id)] } qw(was_spaces was_pws_spaces)],
        [[], [[1]]],
        'pws isolation: a space stands in the table of its protocol');
    my $heir = holder('pws');
    my @to_heir = (json => { controller => $heir->did });
    told($pws, ['pws isolation: a transfer', PUT => "/space/$id/meta", [@to_heir], 204]);
    my $read = sub { WAS::Story::at('main', $heir->key)->get("/space/$_[0]") };
    same_as_absent('the heir of a pws space, through classic', $id, $read);
}

done_testing;
