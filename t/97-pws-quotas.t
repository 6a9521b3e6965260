# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Quotas on the wire (protocol/pws section 17.3): what a space and its collections take is what is
# charged, whether there is a quota or not; how near it is; and who is told of which collection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use WAS::Charge;
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Zcap;

my $QUOTA = 20_000;
my $UPLOAD = 4321;
my $server = WAS::Server->start(config => <<"CONF");
<Location "/pws">
    SetHandler was
    WASProtocol pws
    WASQuotaPerSpace $QUOTA
    LimitRequestBody $UPLOAD
</Location>
<Location "/free">
    SetHandler was
    WASProtocol pws
    LimitRequestBody 0
</Location>
CONF
my $alice = at($server->origin, holder('pws'), mount => '/pws');
my $free = at($server->origin, $alice, mount => '/free');
my $bob = at($server->origin, holder('pws'), mount => '/pws');
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c');
my $at = "/pws/space/$space";
my @unsigned = (zcap => 0, sign => 0);

sub text { return (type => 'text/plain', body => 'x' x $_[0]) }

sub is_so {
    my ($code) = @_;
    return (check => sub { local $_ = $_[0]->json; $code->() });
}

# What differs from what is due, of some members of an entry.
sub wrong {
    my ($entry, %due) = @_;
    return map {
        my ($is, $should) = map { json_text([$_]) } $entry->{$_}, $due{$_};
        $is eq $should ? () : "$_ is $is instead of $should";
    } sort keys %due;
}

my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $no_limit = { isUnlimited => $true };
my $time = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/;
my @OWN = qw(constraints id limit managedBy measuredAt name restrictedActions state usageBytes);

# 1. What each write adds is told at once, in all of these.
my %used;

sub told_of {
    my ($name, %state) = @_;
    my $charge = charge_of($space);
    my $report = $alice->get("$at/quotas")->json;
    my $entry = $report->{backends}[0];
    my $more = $alice->get("$at/quotas?include=collections")->json->{backends}[0];
    my @used = @{ $more->{usageByCollection} };
    %used = map { $_->{id} => $_->{usageBytes} } @used;
    my ($own) = sql('SELECT bytes FROM was_pws_spaces WHERE space_uuid = ?', $space);
    my $sum = $own->[0];
    $sum += $_ for values %used;
    is($entry->{usageBytes}, $charge, "pws 17.3: $name: what is charged");
    is($more->{usageBytes}, $charge, "pws 17.3: $name: with collections, too");
    is($sum, $charge, "pws 17.3: $name: the parts come to it");
    is_deeply(
        [map { $_->{id} } @used],
        [sort keys %used],
        "pws 17.3: $name: each collection once, in order");
    for my $id (sort keys %used) {
        my $quota = $alice->get("$at/$id/quota")->json;
        is($quota->{usageBytes}, $used{$id}, "pws 17.3: $name: $id says the same");
        is($quota->{state}, $entry->{state}, "pws 17.3: $name: $id is as near the space's limit");
    }
    return $entry;
}
my $entry = told_of('nothing yet');
is_deeply([sort keys %$entry], \@OWN, 'pws 17.3: the members of an entry');
is_deeply(
    [
        wrong(
            $entry,
            id => 'default', name => 'PostgreSQL', managedBy => 'server', state => 'ok',
            restrictedActions => [],
            limit => { capacityBytes => $QUOTA, isUnlimited => $false },
            constraints => { maxUploadBytes => $UPLOAD })
    ],
    [],
    'pws 17.3: and what they say');
like($entry->{measuredAt}, $time, 'pws 17.3: when');
like($alice->get("$at/quotas")->json->{respondedAt}, $time, 'pws 17.3: when, of the report');
for my $row (
    ['a resource', PUT => '/c/r', [text(1000)], 201],
    ['a chunk', PUT => '/c/r/chunks/0', [text(500)], 204],
    ['a policy', PUT => '/c/policy', [json => { type => 'Nothing' }], 201],
    ['another collection', POST => '/', [json => { id => 'b' }], 201],
    ['a chunk less', DELETE => '/c/r/chunks/0', [], 204],
    ['a collection less', DELETE => '/b/', [], 204],
    ['the policy', DELETE => '/c/policy', [], 204],
) {
    my ($name, $method, $where, $options, $status) = @$row;
    told($alice, [$name, $method, "$at$where", $options, $status]);
    told_of($name);
}

# 2. States, to the byte.
my $left = sub { $QUOTA - charge_of($space) };
$alice->put("$c/fill", text(0));
for my $row (
    # the charge that is left, the state
    [$QUOTA / 10 + 1, 'ok'],
    [$QUOTA / 10, 'near-limit'],
    [1, 'near-limit'],
    [0, 'over-quota'],
    [-1, 'over-quota'],
) {
    my ($due, $state) = @$row;
    my ($size) = sql(<<'SQL', $space);
SELECT size FROM was_pws_resources WHERE space_uuid = ? AND resource = 'fill'
SQL
    my $length = $size->[0] + $left->() - $due;
    if ($length > $UPLOAD || $due < 0) {
        # By who has no quota.
        is($free->put("/free/space/$space/c/fill", text($length))->status, 200, "$due: filled");
    }
    else {
        is($alice->put("$c/fill", text($length))->status, 200, "$due: filled");
    }
    is($left->(), $due, "pws 17.3: $due bytes are left");
    is(told_of("$due are left")->{state}, $state, "pws 17.3: $due are left: $state");
}
is($alice->put("$c/more", text(0))->status, 507, 'pws 17.3: then nothing fits');
my $unlimited = $free->get("/free/space/$space/quotas")->json->{backends}[0];
is_deeply(
    [wrong($unlimited, state => 'ok', limit => $no_limit, restrictedActions => [])],
    [], 'pws 17.3: without a quota there is none');
ok(!exists $unlimited->{constraints}, 'pws 17.3: nor a bound of an upload without one');

# 3. Registered backends.
my $other = make_space($free);
my $o = "/free/space/$other";
make_collection($free, $other, $_) for qw(here there lost);
my %there = (managedBy => 'external', state => 'unreachable', usageBytes => 0);
my $connection = { provider => 'p', connection => { kind => 'k' } };
for my $id (qw(named plain gone)) {
    my %name = $id eq 'named' ? (name => "a \"name\" \x{e9}") : ();
    $free->send_json(POST => "$o/backends", { id => $id, %name, %$connection })->status == 201
        or die 'no backend';
}
$free->send_json(PUT => "$o/there/meta", { backend => { id => 'named' } });
$free->send_json(PUT => "$o/lost/meta", { backend => { id => 'gone' } });
$free->delete("$o/backends/gone");
sql(
    q(UPDATE was_pws_backends SET descriptor = '{' WHERE space_uuid = ? AND backend = 'plain'),
    $other);
for my $query ('', '?include=collections', '?include=x,collections') {
    my @entries = @{ $free->get("$o/quotas$query")->json->{backends} };
    is("@{[map { $_->{id} } @entries]}", 'default named plain', "pws 17.3: entries of $query");
    is_deeply(
        [
            wrong($entries[1], %there, name => "a \"name\" \x{e9}", limit => $no_limit),
            wrong($entries[2], %there, name => 'plain', limit => $no_limit)
        ],
        [],
        "pws 17.3: what is registered, of $query");
    my @listed = grep { exists $_->{usageByCollection} } @entries;
    is(scalar @listed, $query ? 1 : 0, "pws 17.3: the list is in the first of $query");
}
told(
    $free,
    [
        'pws 17.3: here', GET => "$o/here/quota", [], 200, undef,
        is_so(sub { wrong($_, id => 'default') })
    ],
    [
        'pws 17.3: there', GET => "$o/there/quota", [], 200, undef,
        is_so(sub { wrong($_, id => 'named', %there) })
    ],
    [
        'pws 17.3: nowhere any more', GET => "$o/lost/quota", [], 200, undef,
        is_so(sub { wrong($_, id => 'gone', name => 'gone', %there) })
    ],
    ['pws 17.3: a HEAD', HEAD => "$o/quotas?include=collections", [], 200, undef, body => ''],
    ['pws 17.3: no collection', GET => "$o/none/quota", [], 404, 'not-found'],
    ['pws 17.3: a stranger', GET => "$o/quotas", [by => $bob], 404, 'not-found'],
    ['pws 17.3: and to a collection', GET => "$o/here/quota", [by => $bob], 404, 'not-found'],
);

# 4. Many collections are listed page by page; to who reads by a policy, those that he may read.
sql(<<'SQL', $other);
INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,
    updated_ms)
SELECT s.space_uuid, s.generation, 'm' || lpad(n::text, 5, '0'), n, 0, 0
FROM was_pws_spaces s, generate_series(1, 2500) n WHERE s.space_uuid = ?
SQL
sql(<<'SQL', $other);
INSERT INTO was_pws_counters (space_uuid, collection_generation, space_generation, position,
    feed_ms, token, bytes)
SELECT s.space_uuid, n, s.generation, 1, 0, n, n FROM was_pws_spaces s, generate_series(1, 2500) n
WHERE s.space_uuid = ?
SQL
my $all = sub {
    my @options = @_;
    my $res = $free->get("$o/quotas?include=collections", @options);
    return [map { $_->{id} } @{ $res->json->{backends}[0]{usageByCollection} }];
};
my @ids = (qw(here lost), map({ sprintf 'm%05d', $_ } 1 .. 2500), 'there');
is_deeply($all->(), [sort @ids], 'pws 17.3: 2,503 collections, each once');
$free->send_json(PUT => "$o/policy", { type => 'PublicCanRead' });
$free->send_json(PUT => "$o/$_/policy", { type => 'Nothing' }) for 'here', 'm01000', 'm02500';
my @shown = grep { !/\A(?:here|m01000|m02500)\z/ } sort @ids;
is_deeply($all->(@unsigned), \@shown, 'pws 8.2: whoever may read sees what is not hidden');
is_deeply($all->(), [sort @ids], 'pws 8.2: and its controller all');

# What is deleted, or made anew, before the last page: no report that looks whole. It is refused
# while nothing is sent, and cut behind that.
my $DELETE = 'DELETE FROM was_pws_spaces WHERE space_uuid = ?';
my $ANEW = 'UPDATE was_pws_spaces SET generation = generation + 1 WHERE space_uuid = ?';
for my $row (
    # what happens, as SQL, at which statement (the first is the space's own), status, is it whole?
    ['deleted before the first page', $DELETE, 2, 404, 1],
    ['deleted before the second one', $DELETE, 3, 200, 0],
    ['made anew before the second one', $ANEW, 3, 200, 0],
) {
    my ($name, $change, $time, @due) = @$row;
    my $id = make_space($free);
    sql(<<'SQL', $id);
INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,
    updated_ms)
SELECT s.space_uuid, s.generation, 'm' || lpad(n::text, 5, '0'), n, 0, 0
FROM was_pws_spaces s, generate_series(1, 700) n WHERE s.space_uuid = ?
SQL
    sql(<<'SQL', $id);
INSERT INTO was_pws_counters (space_uuid, collection_generation, space_generation, position,
    feed_ms, token, bytes)
SELECT s.space_uuid, n, s.generation, 1, 0, n, n FROM was_pws_spaces s, generate_series(1, 700) n
WHERE s.space_uuid = ?
SQL
    my $told = held_up(
        'was_pws_counters',
        sub { $free->get("/free/space/$id/quotas?include=collections") },
        sub { $_[0]->do($change, undef, $id) }, $time);
    is_deeply([@$told{qw(status whole)}], \@due, "pws 17.3: $name");
}

# 5. Linksets lead there.
for my $row ([$at, 'quotas'], ["$at/c", 'quota']) {
    my ($path, $word) = @$row;
    my $links = $alice->get("$path/linkset")->json->{linkset}[0];
    my $link = $links->{"https://w3id.org/pws#$word"}[0];
    is($link->{href}, "$path/$word", "pws 17.1: $path: the link");
    is($alice->get($link->{href})->status, 200, "pws 17.1: $path: leads there");
}
my $service = $alice->get('/pws/service')->json;
ok(
    scalar(grep { $_ eq 'quotas' } @{ $service->{specs}{'https://w3id.org/pws'}[0]{features} }),
    'pws 18.1: the service says so');
$server->stop;
unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'nothing at ERR');

done_testing;
