# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Masking (protocol/pws section 8.3): to whoever may not, what is there and what is not are one. For
# every kind of unauthorized request and every level of the URL the whole answer is the same, byte
# for byte but for the date; and, as far as that can be measured here, it takes the same time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url);
use POSIX qw(ceil);
use Test::More;
use Time::HiRes qw(time);
use WAS::Client;
use WAS::Holder;
use WAS::Server;
use WAS::Zcap;

my ($alice, $bob, $stranger) = map { holder() } 1 .. 3;
my @people = map { holder() } 1 .. 9;
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c', { r => 'SECRETBYTES' x 1000, mine => 'x' });
for my $path ("/space/$space", $c, "$c/r") {
    $alice->send_json(PUT => "$path/policy", { type => 'Nothing' })->status == 201
        or die 'no policy';
}

# One that says all that it can of itself, with something in it.
my @sealed = (encryption => { scheme => 'edv' }, revisions => { immutable => \'true' });
my $sealed = make_collection($alice, $space, 'sealed', {}, @sealed);
my $envelope = { jwe => { ciphertext => 'x', protected => 'y' } };
$alice->send_json(PUT => "$sealed/r", $envelope)->status == 201 or die 'no envelope';

# One that a log governs.
my $state = '"state":{"scheme":"edv"}';
my $first = qq({"parameters":{"method":"m"},$state});
my $governed = make_collection($alice, $space, 'governed');
$alice->put("$governed/meta/log", type => 'text/jsonl', body => $first)->status == 204
    or die 'no log';
my %backend = (id => 'b', provider => 'p', connection => { kind => 'k' });
$alice->send_json(POST => "/space/$space/backends", \%backend)->status == 201 or die 'no backend';
$alice->send_json(PUT => "$c/r/meta", { custom => { name => 'SECRETBYTES' } })->status == 200
    or die 'no meta';
my $etag = $alice->get("$c/r")->header('ETag');
$alice->put("$c/r/chunks/0", type => 'text/plain', body => 'SECRETBYTES')->status == 204
    or die 'no chunk';
my $strangers = make_space($stranger);

# What bob holds of alice: one resource, and that no longer for another.
my $top = $alice->space_url($space);
my %to_bob = (by => $alice->key, to => $bob->key, target => $top);
my @past = (created => time - 9000, expires => time - 8000);
my %held = (
    one => delegate($top, %to_bob, target => $alice->url("$c/mine")),
    head => delegate($top, %to_bob, actions => ['HEAD']),
    expired => delegate($top, %to_bob, @past),
    revoked => delegate($top, %to_bob),
);

sub revocation_of {
    my ($id, $zcap) = @_;
    return "/space/$id/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
}

my @revoked = (type => 'application/json', body => jcs($held{revoked}));
$alice->request(POST => revocation_of($space, $held{revoked}), @revoked)->status == 204
    or die 'not revoked';
my $before = stored($space, $strangers);

my %json = (type => 'application/json', body => '{"type":"PublicCanRead"}');
my %text = (type => 'text/plain', body => 'x');

# A capability that a stranger has given away, and would revoke.
sub victim {
    my ($target) = @_;
    my $root = root_of($target);
    my $key = $stranger->key;
    return delegate($root, by => $key, to => $key, target => $root, id => 'urn:uuid:v');
}

# What is asked for, by level: the part of the URL that is there or not, and what goes on behind it.
my %absent = (
    space => '/space/' . new_id() . '/',
    collection => "/space/$space/d/",
    'sealed collection' => "/space/$space/d/",
    'governed collection' => "/space/$space/d/",
    resource => "$c/q",
    mine => "$c/q",
    chunk => "$c/r/chunks/1",
    backend => "/space/$space/backends/n",
);
my %there = (
    space => "/space/$space/",
    collection => "$c/",
    'sealed collection' => "$sealed/",
    'governed collection' => "$governed/",
    resource => "$c/r",
    mine => "$c/mine",
    chunk => "$c/r/chunks/0",
    backend => "/space/$space/backends/b",
);
my @metadata = (
    '{}', '', 'no document', '[]', '{"name":5}', '{"id":"x"}', '{"controller":"did:web:x"}',
);
my @descriptions = (
    '{}', '{"encryption":{"scheme":"edv"}}', '{"encryption":5}', '{"encryption":{"scheme":"x"}}',
    '{"encryption":{"scheme":"edv","epochs":"x"}}', '{"plaintext":{}}', '{"plaintext":5}',
    '{"plaintext":{"indexes":[{"name":"a","unique":true}]}}', '{"revisions":{}}',
    '{"revisions":5}', '{"generator":{}}', '{"custom":{"name":"x"}}',
);
my @queries = (
    '{}', 'no document', '{"profile":"changes"}', '{"profile":"other"}',
    '{"profile":"changes","checkpoint":"x"}', '{"profile":"blinded-index"}',
    '{"profile":"blinded-index","index":"i","has":["a"],"cursor":"%"}',
);
my @logs = ('x', '{}', $first, "$first\n{$state}", "$first\n{$state}\n{$state}", "{$state}");
my $REVOCATION = 'zcaps/revocations/urn%3Auuid%3Av';
my @policy = (
    ['PUT', 'policy', %json],
    ['DELETE', 'policy'],
    ['GET', 'policy'],
    ['GET', 'policy?include=deleted'],
    ['HEAD', 'policy'],
);
my %asked = (
    space => [
        (map { ['GET', $_] } '', qw(meta backends quotas linkset collections/ query)),
        (map { ['GET', $_] } qw(c/ c/meta c/r c/r/meta ?cursor=%%% c/?cursor=%%%)),
        (map { ['GET', $_] } '?include=deleted', 'quotas?include=collections'),
        (map { ['HEAD', $_] } '', qw(meta c/r)),
        (map { ['DELETE', $_] } '', qw(backends/b c/r)),
        @policy,
        (map { ['PUT', 'meta', type => 'application/json', body => $_] } @metadata),
        ['POST', '', %json],
        ['POST', 'backends', %json],
        ['PUT', 'backends/b', %json],
        ['POST', 'export'],
        ['POST', 'import', type => 'application/x-tar', body => 'x'],
        ['POST', $REVOCATION, %json],
        ['POST', $REVOCATION, type => 'application/json', body => 'no document'],
        ['POST', $REVOCATION, revocation => 1],
        ['PUT', 'c/r', %text],
    ],
    collection => [
        (map { ['GET', $_] } '', qw(meta backend quota meta/log linkset r ?cursor=x)),
        (map { ['HEAD', $_] } '', qw(meta r)),
        (map { ['DELETE', $_] } '', qw(r)),
        @policy,
        ['POST', '', %text],
        ['PUT', 'meta', %json],
        ['PUT', 'meta/log', type => 'text/jsonl', body => '{}'],
        (map { ['POST', 'query', type => 'application/json', body => $_] } @queries),
        (map { [$_, 'query?profile=changes&checkpoint=x'] } qw(GET HEAD)),
        ['PUT', 'r', %text],
    ],
    'sealed collection' => [
        (map { ['PUT', 'meta', type => 'application/json', body => $_] } @descriptions),
        (
            map {
                ['PUT', 'r', type => $_, body => '{"jwe":{}}'],
                    ['PUT', 'r', type => $_, body => '{']
            } 'application/json',
            'application/jose+json'
        ),
        ['PUT', 'r', type => 'application/json', body => '{"x":"' . 'x' x 1_100_000],
        ['PUT', 'r', %text],
        ['PUT', 'r/meta', type => 'application/json', body => '{"custom":{"name":"x"}}'],
        ['POST', '', %text],
        ['DELETE', 'r'],
    ],
    'governed collection' => [
        (map { [$_, 'meta/log'] } qw(GET HEAD)),
        (map { ['PUT', 'meta/log', type => 'text/jsonl', body => $_] } @logs),
        ['PUT', 'meta/log', type => 'text/jsonl', body => 'x' x 1_100_000],
        (map { ['PUT', 'meta', type => 'application/json', body => $_] } @descriptions),
    ],
    resource => [
        (map { ['GET', $_] } '', qw(/meta /chunks/ /chunks/0)),
        (map { ['HEAD', $_] } '', qw(/meta /chunks/ /chunks/0)),
        (map { ['DELETE', $_] } '', qw(/chunks/0 /chunks/1 /chunks/01)),
        (map { my ($method, $path, @sent) = @$_; [$method, "/$path", @sent] } @policy),
        ['PUT', '', %text],
        ['PUT', '/meta', %json],
        (map { ['PUT', "/chunks/$_", %text] } 0, 1, '01'),
        ['PUT', '/chunks/0', %text, body => 'x' x 1_100_000],
        ['PUT', '/chunks/0'],
    ],
    chunk => [
        (map { [$_, ''] } qw(GET HEAD DELETE)),
        ['PUT', '', %text],
        ['PUT', '', %text, body => 'x' x 1_100_000],
        ['PUT', '', %json],
    ],
    backend => [['PUT', '', %json], ['DELETE', '']],
);

sub root_of { my ($path) = @_; return $alice->space_url($path =~ m{\A/space/([^/]+)} ? $1 : die) }

# A chain that strangers make among themselves.
sub own_chain {
    my ($path, $depth, %last) = @_;
    my ($root, $by) = (root_of($path), $stranger->key);
    my $zcap = $root;
    for my $n (1 .. $depth) {
        my $to = $people[$n - 1]->key;
        $zcap = delegate($zcap, by => $by, to => $to, target => $root, $n == $depth ? %last : ());
        $by = $to;
    }
    return (zcap => { capability => $zcap }, sign => { key => $by });
}

sub by_bob {
    my ($which) = @_;
    return sub { (zcap => { capability => $held{$which} }, sign => { key => $bob->key }) };
}

sub by_stranger {
    my (%options) = @_;
    return sub { (sign => { key => $stranger->key }, %options) };
}

sub turn_a_bit { my ($signature) = @_; vec($signature, 9, 1) ^= 1; return $signature }
sub elsewhere { return $_[0] =~ s{://[^/]+}{://wallet.example}r }

sub unsigned {
    my (%more) = @_;
    return sub { (zcap => 0, sign => 0, %more) }
}
sub holds { return (zcap => { capability => $held{ $_[0] } }) }

sub chained {
    my ($depth, %last) = @_;
    return sub { own_chain($_[0], $depth, %last) }
}

# Which requests a kind is about.
sub is_typed { return defined $_[0]{type} }
sub is_json { return ($_[0]{type} // '') eq 'application/json' }
sub is_document { return is_json($_[0]) && !$_[0]{revocation} }
sub is_no_head { return $_[0]{method} ne 'HEAD' }

my $named = $alice->key->key_id;
my $WRONG = WAS::Zcap::digest_of('xyz');
my @of_stranger = (
    ['If-Match' => '*'],
    ['If-Match' => $etag],
    ['If-Match' => 'x'],
    ['If-None-Match' => '*'],
    ['If-None-Match' => $etag],
    ['If-Modified-Since' => 'Mon, 01 Jan 2035 00:00:00 GMT'],
    ['Range' => 'bytes=0-0'],
    ['Range' => 'bytes=9999999-'],
    ['Key-Epoch' => ''],
    ['Expect' => '100-continue'],
    ['Origin' => 'https://wallet.example'],
);
my @of_nobody = (['If-None-Match' => '*'], ['If-Match' => $etag], ['Range' => 'bytes=0-0']);

# The kinds of request. `only` limits one to levels below a space that the asker knows of.
my @below = (only => qr/collection|resource|chunk|backend/);
my @kinds = (
    ['unsigned' => unsigned()],
    ["a stranger's root" => by_stranger()],
    ["a stranger's root of the URL itself" => by_stranger(zcap => { root => 'self' })],
    [
        "a stranger's root of his own space" =>
            by_stranger(zcap => { root => $alice->space_url($strangers) })
    ],
    [
        "a stranger in the controller's name" =>
            sub { (sign => { key => $stranger->key, key_id => $named }) }
    ],
    ['a bit of the signature turned' => sub { (sign => { mangle => \&turn_a_bit }) }],
    ['signed for another path' => sub { (sign => { target => '/x' }) }],
    ['signed for another method' => sub { (sign => { method => 'PATCH' }) }],
    ['the action of another method' => sub { (zcap => { action => 'PATCH' }) }],
    ['the root of another server' => sub { (zcap => { root => elsewhere(root_of($_[0])) }) }],
    [
        'the root of the ancestor of all spaces' =>
            sub { (zcap => { root => $alice->url('/space/') }) }
    ],
    (map { ["a stranger's delegation, depth $_" => chained($_)] } 1, 3, 9),
    ['a forged delegation' => chained(2, mangle => sub { scalar reverse $_[0] })],
    ['an expired delegation of a stranger' => chained(1, @past)],
    [
        "a delegation in the controller's name" =>
            chained(1, proof => { verificationMethod => $named })
    ],
    ["the holder's expired delegation, by another" => by_stranger(holds('expired'))],
    ["the holder's revoked delegation, by another" => by_stranger(holds('revoked'))],
    ['an expired signature' => sub { (sign => {@past}) }],
    ['a malformed signature' => sub { (sign => { authorization => 'Signature x' }) }],
    ['a malformed invocation' => sub { (zcap => { field => 'zcap x' }) }],
    [
        'a bomb for a capability' =>
            sub { (zcap => { capability => '{"x":"' . 'x' x 100_000 . '"}' }) }
    ],
    ['only a signature' => sub { (zcap => 0, sign => { headers => ['(created)'] }) }],
    ['only an invocation' => sub { (sign => 0) }],
    ["a stranger's wrong digest" => by_stranger(digest => $WRONG), if => \&is_typed],
    ['no content type' => sub { (type => undef) }, if => sub { defined $_[0]{body} }],
    ['a body that is not JSON' => by_stranger(body => '{'), if => \&is_json],
    ['a body beyond every limit' => by_stranger(body => 'x' x 2_000_000), if => \&is_document],
    (map { ["a stranger's @$_" => by_stranger(headers => $_)] } @of_stranger),
    (map { ["an unsigned @$_" => unsigned(headers => $_)] } @of_nobody),
    ['the holder of a neighbour' => by_bob('one'), @below],
    ['the holder of HEAD alone, who reads' => by_bob('head'), @below, if => \&is_no_head],
    ['the holder of what has expired' => by_bob('expired'), @below],
    ['the holder of what was revoked' => by_bob('revoked'), @below],
);

# The bytes of an answer but for its date and its id, which is no other's.
my %ids;

sub shown {
    my ($res) = @_;
    my $id = $res->header('X-Request-Id') // '';
    $id ne '' && !$ids{$id}++ or die "the id '$id' is not this answer's alone";
    return $res->comparable;
}

my ($count, %statuses) = 0;
for my $kind (@kinds) {
    my ($name, $how, %limit) = @$kind;
    for my $level (sort keys %asked) {
        next if $limit{only} && $level !~ $limit{only};
        my (@complaints, $compared);
        for my $row (@{ $asked{$level} }) {
            my ($method, $path, %sent) = @$row;
            next if $limit{if} && !$limit{if}->({ method => $method, %sent });
            # Whoever may is asked for where nobody may but the controller.
            my $revocation = delete $sent{revocation};
            my @answers = map {
                my $target = $_ . $path;
                my %body = $revocation ? (type => $json{type}, body => jcs(victim($target))) : ();
                my %request = (%sent, %body, $how->($target));
                delete $request{type} if !defined $request{type};
                $alice->request($method, $target, %request);
            } $there{$level}, $absent{$level};
            my ($one, $other) = map { shown($_) } @answers;
            $other =~ s/\Q$absent{$level}\E/$there{$level}/g;
            $statuses{ $answers[0]->status }++;
            $compared++;
            push @complaints, "$method $path:\n$one\n--- and of nothing\n$other" if $one ne $other;
            push @complaints, "$method $path is allowed: $one" if $answers[0]->status < 300;
        }
        next if !$compared;
        $count += $compared;
        ok(!@complaints, "pws 8.3: $name: $level: $compared answers, there or not")
            or diag(join "\n\n", splice @complaints, 0, 3);
    }
}
my $counts = join ', ', map { "$_: $statuses{$_}" } sort keys %statuses;
note(scalar @kinds, " kinds of request, $count pairs of answers, statuses $counts");
same_stored('pws 8.3: and nothing has changed', $before, $space, $strangers);

# What a policy of its own hides is in no list for whoever reads by that of the list alone.
{
    my $public = make_space($alice);
    my $list = make_collection($alice, $public, 'free', { map { $_ => 'x' } qw(a b c d e) });
    make_collection($alice, $public, $_) for qw(hidden shown);
    my $policy = sub {
        my ($path, $type) = @_;
        $alice->send_json(PUT => "$path/policy", { type => $type })->status == 201 or die $path;
    };
    $policy->("/space/$public", 'PublicCanRead');
    $policy->("/space/$public/$_->[0]", $_->[1])
        for ['hidden', 'Nothing'],
        ['shown', 'PublicCanRead'],
        ['free/a', 'Nothing'], ['free/b', 'PublicCanRead'], ['free/d', 'Nothing'],
        ['free/e', 'Nothing'];
    my $top = $alice->space_url($public);
    my $delegate = delegate($top, %to_bob, target => $top, actions => ['GET']);
    my %all = (collections => 'free hidden shown', resources => 'a b c d e');
    my %free = (collections => 'free shown', resources => 'b c');
    my @askers = (
        ['nobody', $stranger, \%free, zcap => 0, sign => 0],
        ['a stranger', $stranger, \%free],
        ['the controller', $alice, \%all],
        ['a delegate', $bob, \%all, zcap => { capability => $delegate }],
        [
            'a delegate for something else',
            $bob, \%free, zcap => { capability => $held{one} }
        ],
    );
    my $listed = sub {
        my ($client, $target, @how) = @_;
        my ($items, $pages) = ([], 0);
        while (defined $target && $pages++ < 9) {
            my $page = $client->get($target, @how)->json;
            push @$items, map { $_->{id} } @{ $page->{items} };
            $target = $page->{next} // last;
            # It says nothing that the page does not.
            my ($cursor) = $target =~ /[?&]cursor=([\w-]+)/;
            decode_base64url($cursor) eq $items->[-1] or die "$target behind @$items";
        }
        return ("@$items", $pages);
    };
    for my $asker (@askers) {
        my ($name, $client, $sees, @how) = @$asker;
        for my $query ('', '?limit=1', '?limit=2') {
            my ($collections) = $listed->($client, "/space/$public/$query", @how);
            my ($resources, $pages) = $listed->($client, "$list/$query", @how);
            is($collections, $sees->{collections}, "pws 8.2: collections for $name $query");
            is($resources, $sees->{resources}, "pws 8.2: resources for $name $query");
            my $full = $query =~ /(\d)/ ? $1 : 100;
            my $count = () = $sees->{resources} =~ /\w/g;
            is($pages, ceil($count / $full), "pws 8.2: in pages for $name $query");
        }
    }
    $alice->delete("$list/d/policy")->status == 204 or die 'no deletion';
    my @unsigned = (zcap => 0, sign => 0);
    is(($listed->($alice, "$list/", @unsigned))[0], 'b c d', 'pws 8.2: shown without its policy');
    my $many = '(SELECT generation FROM was_pws_collections WHERE space_uuid = ?)';
    $many =~ s/\)\z/ AND collection = 'shown')/;
    sql(<<"SQL", $public, $public);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms)
SELECT ?, $many, 'r' || 100000 + n, n, 'x/y', 1, 'x', 0, n, 0 FROM generate_series(1, 10003) n
SQL
    sql(<<"SQL", $public, $public);
INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation, updated_ms)
SELECT ?, $many, 'r' || 100000 + n, '{"type":"Nothing"}', n, 0
FROM generate_series(1, 10003) n WHERE n NOT IN (2, 10002)
SQL
    my $shown = "/space/$public/shown/";
    is(
        ($listed->($alice, $shown, @unsigned))[0],
        'r100002', 'pws 8.2: no list looks behind more than 10,000 that are hidden');
    $alice->delete("${shown}r100003/policy")->status == 204 or die 'no deletion';
    is(
        ($listed->($alice, "$shown?limit=1", @unsigned))[0],
        'r100002 r100003 r110002',
        'pws 8.2: but behind as many');
    my $long = "json_build_object('name', repeat('n', 140000))::text";
    sql(
        "UPDATE was_pws_resources SET custom = $long WHERE space_uuid = ? AND resource = ?",
        $public, $_
    ) for qw(r100002 r100003 r110002);
    is_deeply(
        [$listed->($alice, $shown, @unsigned)],
        ['r100002 r100003 r110002', 3],
        'pws 8.2: nor in pages that end by their bytes');
    sql('DELETE FROM was_pws_resources WHERE space_uuid = ? AND resource > ?', $public, 'r');
}

# Clocks. The exchange is timed, not the signing; both targets take turns, on one connection.
{
    my $took = 0;
    my $exchange = \&WAS::Client::exchange;
    no warnings 'redefine';
    local *WAS::Client::exchange = sub {
        my $from = time;
        my $res = $exchange->(@_);
        $took = time - $from;
        return $res;
    };
    my $client = at('pws', $alice);
    $client->{keepalive} = 1;
    my $rounds = 60;
    my @both = ("$there{space}c/r", "$absent{space}c/r");
    my %chains;
    for my $path (@both) {
        $chains{$path}{$_} = [own_chain($path, $_)] for 1, 9;
    }
    my @timed = (
        ['unsigned', 'GET', unsigned(), @both],
        ["a stranger's root", 'GET', by_stranger(), @both],
        ["a stranger's write", 'DELETE', by_stranger(), @both],
        ["a stranger's delegation, depth 1", 'GET', sub { @{ $chains{ $_[0] }{1} } }, @both],
        ["a stranger's delegation, depth 9", 'GET', sub { @{ $chains{ $_[0] }{9} } }, @both],
        ['the holder of a neighbour', 'GET', by_bob('one'), "$c/r", "$c/q"],
    );
    for my $timed (@timed) {
        my ($name, $method, $how, @targets) = @$timed;

        my @times = ([], []);
        for my $round (1 .. $rounds) {
            for my $n ($round % 2 ? (0, 1) : (1, 0)) {
                $client->request($method, $targets[$n], $how->($targets[$n]));
                push @{ $times[$n] }, $took;
            }
        }
        my ($there, $absent) = map {
            1000 * (sort { $a <=> $b } @$_)[$rounds / 2]
        } @times;
        my $ratio = $there / $absent;
        note(
            sprintf '%-34s there %6.3f ms, not there %6.3f ms, ratio %.2f',
            $name, $there, $absent, $ratio);
        ok($ratio < 3 && 1 / $ratio < 3, "pws 8.3: $name takes about as long");
    }
}

# Locks. Who writes there keeps nobody waiting who may not, with a quota or without: a stranger
# would learn that there is something, and keep others waiting himself.
{
    my $origin = WAS::Server::url('pws');
    my $server = WAS::Server->start(config => <<"CONF");
<Location "/">
    WASProtocol pws
    WASBaseURL $origin
    WASQuotaPerSpace 1000000
</Location>
CONF
    my ($quota) = $server->origin =~ /:(\d+)\z/;
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    for my $table (qw(was_pws_spaces was_pws_counters)) {
        $dbh->do("SELECT 1 FROM $table WHERE space_uuid = ? FOR UPDATE", undef, $space);
    }
    my %asker = ("a stranger's root" => by_stranger(), 'what was revoked' => by_bob('revoked'));
    for my $port (WAS::Server::port('pws'), $quota) {
        for my $asker (sort keys %asker) {
            for my $write (
                ['POST', "$c/", %text],
                ['PUT', "$c/r", %text],
                ['DELETE', "$c/r"],
                ['PUT', "$c/r/meta", %json],
                ['PUT', "$c/r/chunks/0", %text],
                ['DELETE', "$c/r/chunks/0"],
            ) {
                my ($method, $target, %sent) = @$write;
                my $client = at('pws', $alice);
                $client->{port} = $port;
                my $from = time;
                my $status =
                    $client->request($method, $target, %sent, $asker{$asker}->($target))->status;
                my $with = $port == $quota ? ', under a quota' : '';
                ok($status == 404 && time - $from < 5, "pws 8.3: $asker waits not: $method$with")
                    or diag(sprintf '%d after %.1f s', $status, time - $from);
                $dbh->do('SELECT 1');
            }
        }
    }
    $dbh->rollback;
}

done_testing;
