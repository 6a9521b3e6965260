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
$pws->send_json(PUT => "/space/$new/policy", { type => 'PublicCanRead' })->status == 201 or die 'no policy';
my $mounted = make_space(at('both', $key));
make_collection(at('both', $key), $mounted, 'c', { r => 'SECRETBYTES' });

my $classic = WAS::Story::at('main', $key);
my $old = WAS::Story::new_space($classic, name => 'SECRETBYTES', link => '/space/{old}/links');
$classic->put("/space/$old/$_", body => 'SECRETBYTES', type => 'text/plain') for 'c/r', 'c/', 'c/meta', 'meta', 'policy', 'c/policy', '';
# What a pws space has beside its row, laid under the classic one by hand: nothing may make it live.
sql('INSERT INTO was_collections (space_uuid, collection, name) VALUES (?, ?, ?)', $old, 'c', 'SECRETBYTES');
sql('INSERT INTO was_space_policies (space_uuid, document) VALUES (?, ?)', $old, '{"type":"PublicCanRead"}');
sql('INSERT INTO was_resources (space_uuid, path, content, content_type, collection) VALUES (?, ?, ?, ?, ?)', $old, '/c/p', 'SECRETBYTES', 'text/plain', 'c');

my @ids = ($new, $mounted, $old);
my $before = stored(@ids);

# An answer as a text, without what differs between any two, ids included.
sub shown {
    my ($res, $id) = @_;
    my @lines = map { "$_->[0]: $_->[1]" } grep { lc $_->[0] ne 'date' } $res->headers;
    my $text = join "\n", $res->status . ' ' . $res->reason, @lines, '', $res->body;
    return $text =~ s/\Q$id\E/{id}/gr;
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
my @classic = (
    ['GET', ''], ['HEAD', ''], ['GET', '', headers => [Accept => 'application/x-tar']], ['DELETE', '', headers => ['If-Match' => '*']], ['DELETE', ''],
    ['PUT', '', body => '{"controller":"{did}"}', headers => ['If-Match' => '*']],
    (map { my $path = $_; (['GET', $path], ['HEAD', $path], ['PUT', $path, body => 'x'], ['POST', $path, body => 'x'], ['DELETE', $path], ['PATCH', $path]) }
        '/', '/meta', '/policy', '/linkset', '/backends', '/c', '/c/', '/c/meta', '/c/r', '/c/r/meta', '/c/acl.json', '/%63/r', '/c%2Fr', '//c/r', '/c/none'),
    ['GET', '/c/r', headers => [Range => 'bytes=0-3']], ['GET', '/c/r', headers => ['If-None-Match' => '*']], ['GET', '/c/r?x=y'],
    ['OPTIONS', '/c/r'], ['PUT', '/c/r', body => 'x', headers => ['If-None-Match' => '*']],
);
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
            same_as_absent("classic $vhost: $name: $method /space/{pws}$path" . ($options{headers} ? " @{$options{headers}}" : ''), $new, sub {
                return $client->request($method, "$base/space/$_[0]$path", %options, defined $body ? (body => $body) : (), sign => $signer ? { key => $signer } : 0);
            });
        }
    }
}
for my $vhost (qw(main both)) {
    my $client = WAS::Story::at($vhost, $key);
    my %list = map { $_->{id} => 1 } @{ $client->get('/spaces/')->json };
    ok($list{"urn:uuid:$old"} && !grep({ /\Q$new\E|\Q$mounted\E/ } keys %list), "pws isolation: $vhost: the classic list has classic spaces only");
    for my $who ($client, WAS::Story::at($vhost, $stranger)) {
        my $name = $who == $client ? 'its controller' : 'a stranger';
        WAS::Story::tell($who,
            ["pws isolation: $vhost: $name posts the id", POST => '/spaces/', [body => json_text({ uuid => $new })], 409],
            ["pws isolation: $vhost: $name puts the id", PUT => "/space/$new", [body => json_text({ controller => $who->did })], 403],
            ["pws isolation: $vhost: $name puts the id, unless it exists", PUT => "/space/$new", [body => json_text({ controller => $who->did }), headers => ['If-None-Match' => '*']], 403],
        );
    }
}
# A classic access list that speaks of a pws resource, and one that is a pws resource.
{
    my $private = WAS::Story::at('private', $key);
    my $list = json_text({ linkset => [{ anchor => "/space/$new/c/r", acl => [{ href => "/space/$old/acl" }] }, { anchor => "/space/$old/c/r", acl => [{ href => "/space/$new/c/acl.json" }] }] });
    my $third = WAS::Story::new_space($classic, link => "/space/$new/c/acl.json");
    $classic->put("/space/$third/links", body => $list, type => 'application/linkset+json');
    same_as_absent('an access list elsewhere', $new, sub { $private->get("/space/$_[0]/c/r", sign => 0) });
    WAS::Story::tell($private, ['pws isolation: a list that is a pws resource grants nothing', GET => "/space/$third/links", [sign => 0], 401]);
}

# Through pws locations, about the classic space. A stranger may make a space under any free id, so
# that the creation is told apart by it.
my $zcap = sub { my ($client, $id) = @_; return delegate($client->space_url($id), by => $key, to => $stranger, target => $client->space_url($id)) };
my $json = 'application/json';
my @pws = (
    (map { (['GET', $_], ['HEAD', $_]) } '', '/', '/meta', '/policy', '/linkset', '/backends', '/quotas', '/collections', '/c', '/c/', '/c/meta', '/c/meta/log', '/c/policy',
        '/c/linkset', '/c/backend', '/c/quota', '/c/r', '/c/p', '/c/r/meta', '/c/p/meta', '/c/p/policy', '/c/r/chunks/', '/c/r/chunks/0', '/%63/r'),
    ['POST', '/', type => $json, body => '{}'], ['POST', '/', type => $json, body => '{"id":"c"}'], ['DELETE', '/'],
    (map { (['PUT', $_, type => $json, body => '{"type":"PublicCanRead"}'], ['DELETE', $_]) } '/policy', '/c/policy', '/c/p/policy'),
    ['POST', '/backends', type => $json, body => '{"id":"b","provider":"p","connection":{"kind":"k"}}'], ['DELETE', '/backends/b'],
    ['PUT', '/backends/b', type => $json, body => '{"provider":"p","connection":{"kind":"k"}}'],
    ['POST', '/export'], ['POST', '/import', type => 'application/x-tar', body => 'x'],
    ['PUT', '/c/meta', type => $json, body => '{}'], ['PUT', '/c/meta', type => $json, body => '{}', headers => ['If-Match' => '*']],
    ['POST', '/c/', type => 'text/plain', body => 'x'], ['DELETE', '/c/'], ['POST', '/c/query', type => $json, body => '{"profile":"changes"}'],
    (map { (['PUT', $_, type => 'text/plain', body => 'x'], ['DELETE', $_], ['PUT', $_, type => 'text/plain', body => 'x', headers => ['If-None-Match' => '*']],
        ['DELETE', $_, headers => ['If-Match' => '*']]) } '/c/r', '/c/p', '/c/none'),
    ['PUT', '/c/p/meta', type => $json, body => '{"custom":{}}'], ['OPTIONS', '/c/r'], ['PATCH', '/c/r', type => 'text/plain', body => 'x'],
    ['GET', '/c/p', headers => [Range => 'bytes=0-3']], ['GET', '/c/p', headers => ['If-None-Match' => '*']], ['PUT', '/meta', type => $json, body => 'x', sign => 0, zcap => 0],
);
for my $vhost (qw(pws both)) {
    my $client = at($vhost, $key);
    my @askers = (
        ['its controller', sub { () }], ['its controller, by the root of the URL', sub { (zcap => { root => 'self' }) }],
        ['a delegate of it', sub { (zcap => { capability => $zcap->($client, $_[0]) }, sign => { key => $stranger }) }],
        ['a stranger', sub { (sign => { key => $stranger }) }], ['nobody', sub { (zcap => 0, sign => 0) }],
    );
    for my $asker (@askers) {
        my ($name, $how) = @$asker;
        for my $row (@pws) {
            my ($method, $path, %options) = @$row;
            same_as_absent("pws $vhost: $name: $method /space/{classic}$path" . ($options{headers} ? " @{$options{headers}}" : ''), $old, sub {
                return $client->request($method, "$client->{mount}/space/$_[0]$path", $how->($_[0]), %options);
            });
        }
        same_as_absent("pws $vhost: $name: a revocation", $old, sub {
            my $victim = $zcap->($client, $_[0]);
            return $client->request(POST => "$client->{mount}/space/$_[0]/zcaps/revocations/" . ($victim->{id} =~ s/:/%3A/gr), type => $json, body => jcs($victim), $how->($_[0]));
        });
    }
    my %list = map { $_->{id} => 1 } @{ $client->get("$client->{mount}/spaces/")->json->{items} };
    ok($list{$new} && $list{$mounted} && !$list{$old}, "pws isolation: $vhost: the pws list has pws spaces only");
    for my $who ($client, at($vhost, $stranger)) {
        my $name = $who == $client ? 'its controller' : 'a stranger';
        my $document = { id => $old, controller => $who->did };
        told($who,
            ["pws isolation: $vhost: $name posts the id", POST => "$who->{mount}/spaces/", [json => $document], 409, 'id-conflict'],
            ["pws isolation: $vhost: $name puts it", PUT => "$who->{mount}/space/$old/meta", [json => $document, zcap => { root => 'self' }], 409, 'id-conflict'],
            ["pws isolation: $vhost: $name puts it, unless it exists", PUT => "$who->{mount}/space/$old/meta", [json => $document, zcap => { root => 'self' }, headers => ['If-None-Match' => '*']], 412, 'precondition-failed'],
            ["pws isolation: $vhost: $name puts it, if it exists", PUT => "$who->{mount}/space/$old/meta", [json => $document, zcap => { root => 'self' }, headers => ['If-Match' => '*']], 412, 'precondition-failed'],
        );
    }
}
same_stored('pws isolation: none of it has changed anything', $before, @ids);

# One location does not answer for the other, and a capability for one is none for the other.
{
    my $both = at('both', $key);
    told($both,
        ['pws isolation: below /pws', GET => "/pws/space/$mounted/c/r", [], 200, undef, body => 'SECRETBYTES'],
        ['pws isolation: the same space at another origin', GET => "/space/$mounted/c/r", [by => $pws], 200, undef, body => 'SECRETBYTES'],
        ['pws isolation: by the root without the mount', GET => "/pws/space/$mounted/c/r", [zcap => { root => $both->url("/space/$mounted/") }], 404, 'not-found'],
        ['pws isolation: by the root at another origin', GET => "/pws/space/$mounted/c/r", [zcap => { root => $pws->space_url($mounted) }], 404, 'not-found'],
        ['pws isolation: a URL without a slash moves below the mount', GET => "/pws/space/$mounted", [], 308, undef, headers => { Location => "/pws/space/$mounted/" }],
        ['pws isolation: the mount goes before what is listed', GET => '/pws/spaces/', [], 200, undef, check => sub {
            my ($item) = grep { $_->{id} eq $mounted } @{ $_[0]->json->{items} };
            $item->{url} eq "/pws/space/$mounted/" ? () : "url $item->{url}";
        }],
    );
    WAS::Story::tell(WAS::Story::at('both', $key),
        ['pws isolation: what lies below /pws is no classic resource', GET => "/space/$old/c/r", [sign => 0], 200, body => 'SECRETBYTES'],
        ['pws isolation: and a signature of classic is none there', GET => "/pws/space/$mounted/c/r", [], 400, foreign => 1],
    );
}

# An id that one protocol has let go of is free for the other, which finds nothing of it.
{
    my $id = make_space($pws);
    make_collection($pws, $id, 'c', { r => 'SECRETBYTES' });
    $pws->send_json(PUT => "/space/$id/c/policy", { type => 'PublicCanRead' });
    told($pws, ['pws isolation: deleted', DELETE => "/space/$id/", [], 204]);
    is_deeply([map { @$_ } @{ stored($id) }], [], 'pws isolation: and nothing is left');
    WAS::Story::tell($classic,
        ['pws isolation: then classic may have it', PUT => "/space/$id", [body => json_text({ controller => $did })], 204],
        ['pws isolation: empty', GET => "/space/$id/c/r", [sign => 0], 404],
        ['pws isolation: deleted again', DELETE => "/space/$id", [], 204],
    );
    told($pws,
        ['pws isolation: and pws again', POST => '/spaces/', [json => { id => $id, controller => $did }], 201],
        ['pws isolation: empty, too', GET => "/space/$id/", [], 200, undef, json => { url => "/space/$id/", totalItems => 0, items => [] }],
        ['pws isolation: nobody may read it', GET => "/space/$id/c/r", [zcap => 0, sign => 0], 404, 'not-found'],
    );
}

# Revocations and transfers stay in their protocol as well.
{
    my $id = make_space($pws);
    is_deeply([sql('SELECT protocol FROM was_spaces WHERE space_uuid = ANY (?) ORDER BY 1', [$id, $old])], [['classic'], ['pws']], 'pws isolation: a space remembers its protocol');
    my $heir = holder('pws');
    told($pws, ['pws isolation: a transfer', PUT => "/space/$id/meta", [json => { controller => $heir->did }], 204]);
    same_as_absent('the heir of a pws space, through classic', $id, sub { WAS::Story::at('main', $heir->key)->get("/space/$_[0]") });
}

done_testing;
