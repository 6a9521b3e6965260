# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What WASQuotaPerSpace counts (docs/operating.md, Limits of storage): everything that a client can
# have stored in a space, and so much for each row. Nobody leaves a quota by what he notes beside
# contents, by the number of things, or by what deletions leave; what is charged is exact, whoever
# writes with whom; and what has no quota is bounded in number.
#
# WAS_QUOTA_OPERATIONS says how many random operations there are in all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes qw(contradictions);
use WAS::Charge;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story qw(json_text new_id sql);
use WAS::Traffic;
use WAS::Zcap;

my $WRITERS = 8;
my $OPERATIONS = $ENV{WAS_QUOTA_OPERATIONS} // 4000;
my $QUOTA = 1_000_000;
my $SMALL = 40_000;
my $DELEGATOR_MOST = 1000;
my $MOST = 10_000;

my $limits = <<"CONF";
DBDKeep $WRITERS
DBDMax $WRITERS
<Location "/">
    WASQuotaPerSpace $QUOTA
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
<LocationMatch "^(/pws)?/space/small-">
    WASQuotaPerSpace $SMALL
</LocationMatch>
<LocationMatch "^(/pws)?/space/free-">
    WASQuotaPerSpace off
</LocationMatch>
CONF
my $server = WAS::Server->start(config => $limits);
my $second = WAS::Server->start(config => "$limits\nWASBaseURL @{[$server->origin]}");
my $TEXT = 'text/plain';
my $JSON = 'application/json';

# Somebody who speaks pws or classic, through the first or the second httpd.
sub person {
    my ($protocol, %options) = @_;
    my $key = $options{key} // WAS::Key->fresh;
    my $who =
        $protocol eq 'pws'
        ? WAS::Zcap->new(base => $server->origin, mount => '/pws', key => $key, timeout => 60)
        : $server->client($key, timeout => 60);
    ($who->{port}) = $second->origin =~ /:(\d+)\z/ if $options{second};
    $who->{keepalive} = 1;
    return $who;
}

# A space of somebody's; yields its id.
sub space_of {
    my ($protocol, $who, $kind) = @_;
    my $id = "$kind-" . new_id();
    my ($at, @root) =
        $protocol eq 'pws' ? ("/pws/space/$id/meta", zcap => { root => 'self' }) : "/space/$id";
    my $body = json_text({ controller => $who->did });
    my $res = $who->request(PUT => $at, type => $JSON, body => $body, @root);
    $res->status =~ /\A20[14]\z/ or die 'no space: ', $res->status, $res->body;
    return $id;
}

sub collection_of {
    my ($who, $id, $name) = @_;
    $who->send_json(POST => "/pws/space/$id/", { id => $name })->status == 201
        or die 'no collection';
    return "/pws/space/$id/$name";
}

# What the module has noted that a space of pws is charged.
sub noted {
    my ($id) = @_;
    return (sql(<<'SQL', $id, $id))[0][0];
SELECT (s.bytes + coalesce(sum(k.bytes), 0))::bigint
FROM was_pws_spaces s LEFT JOIN was_pws_counters k ON k.space_uuid = ?
    AND k.space_generation = s.generation
WHERE s.space_uuid = ? GROUP BY s.bytes
SQL
}

# Of 100 bytes, with one attribute; and a declaration whose text has 40.
my $INDEXED = '{"indexed":[{"hmac":{"id":"i"},"attributes":[{"name":"n","value":"v"}]}],"x":"'
    . 'x' x 20 . '"}';
my $UNIQUE = '"plaintext":{"indexes":[{"name":"n","unique":true}]}';

# Bodies of such a length, in the form in which they are stored.
sub policy { my ($length) = @_; return padded('{"type":"PublicCanRead","x":"', '"}', $length) }
sub custom { my ($length) = @_; return padded('{"text":"', '"}', $length) }

sub padded {
    my ($head, $tail, $length) = @_;
    return $head . 'x' x ($length - length "$head$tail") . $tail;
}

# A capability for somebody, and the request that revokes it.
sub revocation_of {
    my ($who, $id, $by, %options) = @_;
    my $target = $who->space_url($id) . 'c/r';
    my $zcap = delegate(
        $options{parent} // $who->space_url($id),
        by => $by, to => WAS::Key->fresh, target => $target, actions => ['GET']);
    my $segment = $zcap->{id} =~ s/:/%3A/gr;
    return (
        POST => "/pws/space/$id/zcaps/revocations/$segment",
        type => $JSON, body => json_text($zcap));
}

# 1. What is charged: every column that holds what somebody has sent. A row has its keys besides,
# and nothing of any length.
is_deeply(
    [uncharged()],
    [
        'was_pws_chunks.digest',             # a hash
        'was_pws_resources.digest',          # a hash
        'was_pws_revocations.delegation',    # a hash
        'was_pws_terms.resource',            # charged with the resource
        'was_pws_terms.term',                # a hash
        'was_pws_tombstones.kind',           # of one letter
        'was_resources.parts_digest',        # a hash
    ],
    'every text and content is charged, but these');

# What each write adds. A row: what is asked, below the space, the status, and by how much more
# the space is charged then.
{
    my $alice = person('pws');
    my $me = length $alice->did;
    my $id = space_of('pws', $alice, 'each');
    my $path = "/pws/space/$id";
    is(charge_of($id), 400 + length($id) + 2 * $me, 'a space: its row');
    my $document = sub { (type => $JSON, body => json_text($_[0])) };
    my $text =
        sub { my ($n, @fields) = @_; (type => $TEXT, body => 'x' x $n, headers => [@fields]) };
    my $json = sub { (type => $JSON, body => $_[0]) };
    my @noted = ('Key-Epoch' => 'e' x 20, 'Writer-Id' => 'w' x 30);
    my @labelled = (headers => ['Writer-Id' => 'w' x 30]);
    my %backend = (provider => 'p', connection => { kind => 'k' });
    my $owner = sub { $document->({ controller => $alice->did, name => 'n' x $_[0] }) };
    my $notes = sub { $json->(sprintf '{"custom":%s%s}', custom($_[0]), $_[1] // '') };
    for my $row (
        ['a name of the space', PUT => '/meta', [$owner->(7)], 204, 7],
        ['a shorter one', PUT => '/meta', [$owner->(5)], 204, -2],
        [
            'a collection: two rows and its tombstone to be', POST => '/',
            [$document->({ id => 'c' })], 201, 801 + 401 + $me
        ],
        ['its name', PUT => '/c/meta', [$document->({ name => 'n' x 9 })], 204, 9],
        ['no name', PUT => '/c/meta', [$document->({})], 204, -9],
        ['what is noted of it', PUT => '/c/meta', [$notes->(50)], 204, 50],
        ['a resource: its row', PUT => '/c/r', [$text->(0)], 201, 400 + 1 + 10 + $me],
        ['its bytes', PUT => '/c/r', [$text->(100)], 200, 100],
        ['fewer, and notes', PUT => '/c/r', [$text->(60, @noted)], 200, -40 + 50],
        ['another type', PUT => '/c/r', [type => $JSON, body => '1' x 60], 200, -50 + 6],
        ['custom', PUT => '/c/r/meta', [$notes->(200)], 200, 200],
        ['shorter, with an epoch', PUT => '/c/r/meta', [$notes->(90, ',"epoch":"ee"')], 200, -108],
        ['bytes: custom stays', PUT => '/c/r', [type => $JSON, body => '1' x 70], 200, 10 - 2],
        ['found by an attribute', PUT => '/c/r', [$json->($INDEXED)], 200, 30 + 2 * 400],
        ['by the same', PUT => '/c/r', [$json->($INDEXED)], 200, 0],
        ['by none', PUT => '/c/r', [$json->('1' x 70)], 200, -30 - 2 * 400],
        ['a unique index', PUT => '/c/meta', [$notes->(50, ",$UNIQUE")], 204, 40 + 400],
        ['a resource there', PUT => '/c/u', [$text->(0)], 201, 2 * 400 + 11 + $me],
        ['its tombstone', DELETE => '/c/u', [], 204, -(2 * 400 + 11 + $me) + 411],
        ['no index', PUT => '/c/meta', [$notes->(50, ',"plaintext":{}')], 204, -38 - 400],
        ['its policy', PUT => '/c/r/policy', [$json->(policy(100))], 201, 400 + 1 + 100],
        ['a shorter one', PUT => '/c/r/policy', [$json->(policy(90))], 204, -10],
        ['its deletion leaves a tombstone', DELETE => '/c/r/policy', [], 204, -90],
        ['another', PUT => '/c/r/policy', [$json->(policy(80))], 201, 401 + 80],
        ['and that goes in place of it', DELETE => '/c/r/policy', [], 204, -(401 + 80)],
        ['another', PUT => '/c/r/policy', [$json->(policy(80))], 201, 401 + 80],
        ['a chunk: its row', PUT => '/c/r/chunks/1', [$text->(0)], 204, 410],
        ['its bytes', PUT => '/c/r/chunks/1', [$text->(100)], 204, 100],
        ['another type', PUT => '/c/r/chunks/1', [type => $JSON, body => '1'], 204, -99 + 6],
        ['notes are not kept', PUT => '/c/r/chunks/2', [$text->(9, @noted)], 204, 419],
        ['no chunk', DELETE => '/c/r/chunks/1', [], 204, -417],
        ['none to delete', DELETE => '/c/r/chunks/1', [], 404, 0],
        ['the other, deleted', DELETE => '/c/r/chunks/2', [], 204, -419],
        ['the resource leaves two', DELETE => '/c/r', [], 204, -(401 + 80) - 70 - 90 - $me],
        ['the resource again', PUT => '/c/r', [$text->(0)], 201, 411 + $me],
        ['its tombstone is another', DELETE => '/c/r', [], 204, -(411 + $me) + 10 - 16],
        ['the resource once more', PUT => '/c/r', [$text->(0)], 201, 411 + $me],
        ['its tombstone has a label', DELETE => '/c/r', [@labelled], 204, -(411 + $me) + 30],
        ['and the resource again', PUT => '/c/r', [$text->(0)], 201, 411 + $me],
        ['a chunk of it', PUT => '/c/r/chunks/7', [$text->(5)], 204, 415],
        ['another one', PUT => '/c/r/chunks/8', [$text->(6)], 204, 416],
        ['with bytes, they stay', PUT => '/c/r', [$text->(50)], 200, 50],
        ['and no label is left', DELETE => '/c/r', [], 204, -(411 + $me) - 50 - 30 - 415 - 416],
        ['one that was never there', DELETE => '/c/no', [], 204, 0],
        ["the collection's policy", PUT => '/c/policy', [$json->(policy(99))], 201, 499],
        ["the space's policy", PUT => '/policy', [$json->(policy(99))], 201, 499],
        ['a longer one', PUT => '/policy', [$json->(policy(101))], 204, 2],
        ['its tombstone', DELETE => '/policy', [], 204, -101],
        ['none left', DELETE => '/policy', [], 204, 0],
        ["the space's policy again", PUT => '/policy', [$json->(policy(99))], 201, 499],
        ['in place of the tombstone', DELETE => '/policy', [], 204, -499],
        ['a backend', POST => '/backends', [$document->({ id => 'b', %backend })], 201, undef],
        ['the same again', PUT => '/backends/b', [$document->(\%backend)], 204, 0],
        ['one that is there', POST => '/backends', [$document->({ id => 'b', %backend })], 409, 0],
        ['no backend', DELETE => '/backends/b', [], 204, undef],
        ['a collection leaves a tombstone', DELETE => '/c/', [], 204, undef],
        ['the collection again', PUT => '/c/meta', [$document->({})], 201, 801 + $me],
        ['its tombstone is the same', DELETE => '/c/', [], 204, -(801 + $me)],
    ) {
        my ($name, $method, $where, $options, $status, $more) = @$row;
        my $before = charge_of($id);
        my $res = $alice->request($method => "$path$where", @$options);
        is($res->status, $status, "$name: $method $where: $status") or diag $res->body;
        is(charge_of($id) - $before, $more, "$name: by so much more") if defined $more;
        is(noted($id), charge_of($id), "$name: as it was noted");
    }
    is(charge_of($id), 400 + length($id) + 2 * $me + 5 + 401 + 400, 'two tombstones are left');
    my @revocation = revocation_of($alice, $id, $alice->key);
    for my $more (400, 0) {
        my $before = charge_of($id);
        is($alice->request(@revocation)->status, 204, 'a revocation');
        is(charge_of($id) - $before, $more, 'a revocation: its row, once');
    }
    is_deeply([contradictions($id)], [], 'and nothing contradicts itself');
    is($alice->delete("$path/")->status, 204, 'all of it is deleted');
    is(charge_of($id), 0, 'and nothing charged any more');
}

# 2. What left a quota before: things that were not charged, one more and one more. A row: the
# protocol, how the next is asked for, what it is charged by the formula.
my @ATTACKS = (
    [
        'empty resources',
        'pws',
        sub { (PUT => "/c/r$_[0]", type => $TEXT, body => '') },
        sub {
            400 + length("r$_[0]$TEXT") + length $_[1];
        }
    ],
    [
        'what an index finds', 'pws',
        sub { (PUT => "/c/r$_[0]", type => $JSON, body => $INDEXED) },
        sub { 3 * 400 + length "r$_[0]$JSON$INDEXED$_[1]" }
    ],
    [
        'empty resources that are posted', 'pws',
        sub { (POST => '/c/', type => $TEXT, body => '') },
        sub { 400 + 36 + length("$TEXT$_[1]") }
    ],
    [
        'empty collections',
        'pws',
        sub {
            (POST => '/', type => $JSON, body => qq({"id":"e$_[0]"}))
        },
        sub { 3 * 400 + length "e$_[0]e$_[0]$_[1]" }
    ],
    [
        'collections that are put',
        'pws',
        sub {
            (PUT => "/e$_[0]/meta", type => $JSON, body => '{"name":"n"}')
        },
        sub { 3 * 400 + length "e$_[0]e$_[0]n$_[1]" }
    ],
    [
        'policies of what is there',
        'pws',
        sub {
            (PUT => "/c/o$_[0]/policy", type => $JSON, body => policy(1000))
        },
        sub { 1400 + length "o$_[0]" }
    ],
    [
        'what is noted of what is there',
        'pws',
        sub {
            (PUT => "/c/o$_[0]/meta", type => $JSON, body => '{"custom":' . custom(5000) . '}')
        },
        sub { 5000 }
    ],
    [
        'notes in headers',
        'pws',
        sub {
            (PUT => "/c/o$_[0]", type => $TEXT, body => '', headers => ['Writer-Id' => 'w' x 1000])
        },
        sub { 1000 }
    ],
    [
        'empty chunks',
        'pws',
        sub { (PUT => "/c/o1/chunks/$_[0]", type => $TEXT, body => '') },
        sub { 400 + length $TEXT }
    ],
    [
        'a description that grows',
        'pws',
        sub {
            (PUT => '/c/meta', type => $JSON, body => '{"custom":' . custom(1000 * $_[0]) . '}')
        },
        sub { 1000 }
    ],
    [
        'empty resources', 'classic', sub { (PUT => "/r$_[0]", type => $TEXT, body => '') },
        sub { 400 + length "/r$_[0]$TEXT" }
    ],
    [
        'long paths', 'classic',
        sub { (PUT => '/' . 'p' x 1000 . $_[0], type => $TEXT, body => '') },
        sub { 400 + length '/' . 'p' x 1000 . "$_[0]$TEXT" }
    ],
    [
        'access documents',
        'classic',
        sub {
            (PUT => "/a$_[0]", type => $JSON, body => policy(2000))
        },
        sub { 2400 + length "/a$_[0]$JSON" }
    ],
);
for my $attack (@ATTACKS) {
    my ($name, $protocol, $next, $charge) = @$attack;
    $name = "$protocol: $name";
    my $mallory = person($protocol);
    my $id = space_of($protocol, $mallory, 'small');
    my $path = $protocol eq 'pws' ? "/pws/space/$id" : "/space/$id";
    if ($protocol eq 'pws') {
        collection_of($mallory, $id, 'c');
        $mallory->put("$path/c/o$_", body => '', type => $TEXT) for 1 .. 30;
    }
    my ($held, @wrong, %count) = charge_of($id);
    for my $number (1 .. 110) {
        my ($method, $where, @options) = $next->($number);
        my $more = $charge->($number, $mallory->did);
        my $fits = $held + $more <= $SMALL;
        my $res = $mallory->request($method => "$path$where", @options);
        $count{ $res->status }++;
        $held += $more if $fits;
        push @wrong, "$number: " . $res->status . " for $more beside $held"
            if ($res->status =~ /\A20[014]\z/) ne $fits;
        last if !$fits && $count{507} > 3;
    }
    is_deeply(\@wrong, [], "$name: refused where the next one does not fit, and not before");
    is($count{507}, 4, "$name: it comes to that") or diag explain \%count;
    is(charge_of($id), $held, "$name: what is stored is what was charged");
    cmp_ok($held, '<=', $SMALL, "$name: and no more than the quota");
    my ($method, $where) = $next->(1);
    is($mallory->delete("$path$where")->status, 204, "$name: what is full is deleted from")
        if $method eq 'PUT' && $where !~ m{/meta\z};
    is_deeply([contradictions($id)], [], "$name: nothing contradicts itself");
}

# The attack as it was seen: 28.8 MB.
{
    my $mallory = person('pws');
    my $id = space_of('pws', $mallory, 'attack');
    my $path = collection_of($mallory, $id, 'c');
    my %count;
    for my $number (1 .. 300) {
        for my $ask (
            ["r$number", type => $TEXT, body => ''],
            ["r$number/meta", type => $JSON, body => '{"custom":' . custom(32_000) . '}'],
            ["r$number/policy", type => $JSON, body => policy(65_000)],
        ) {
            my ($where, @options) = @$ask;
            $count{ $mallory->put("$path/$where", @options)->status }++;
        }
    }
    my ($stored) = (sql(<<'SQL', $id, $id))[0][0];
SELECT (SELECT coalesce(sum(octet_length(content) + octet_length(custom)), 0)
        FROM was_pws_resources WHERE space_uuid = ?)
    + (SELECT coalesce(sum(octet_length(document)), 0) FROM was_pws_policies WHERE space_uuid = ?)
SQL
    cmp_ok($stored, '<', $QUOTA, "300 resources with notes and policies: $stored bytes");
    cmp_ok(charge_of($id), '<=', $QUOTA, 'and all in all within the quota');
    cmp_ok($count{507}, '>', 300, 'the others are refused') or diag explain \%count;
}

# 3. Each write that grows anything, with room for one byte too few and for just enough. A row: what
# is asked below the space, by whom, and the status where it fits.
my %backend = (provider => 'p' x 100, connection => { kind => 'k' });
my @GROWS = (
    ['a resource', 201, sub { (PUT => '/c/n', type => $TEXT, body => 'x' x 9) }],
    ['a resource, posted', 201, sub { (POST => '/c/', type => $TEXT, body => '') }],
    ['a longer content', 200, sub { (PUT => '/c/r', type => $TEXT, body => 'x' x 9) }],
    ['a longer type', 200, sub { (PUT => '/c/r', type => "$TEXT; charset=utf-8", body => '') }],
    [
        'a note', 200,
        sub { (PUT => '/c/r', type => $TEXT, body => '', headers => ['Key-Epoch' => 1]) }
    ],
    ['custom', 200, sub { (PUT => '/c/r/meta', type => $JSON, body => '{"custom":{"a":1}}') }],
    ["a resource's policy", 201, sub { (PUT => '/c/r/policy', type => $JSON, body => policy(99)) }],
    ["a collection's policy", 201, sub { (PUT => '/c/policy', type => $JSON, body => policy(99)) }],
    ["the space's policy", 201, sub { (PUT => '/policy', type => $JSON, body => policy(99)) }],
    ['a collection', 201, sub { (PUT => '/d/meta', type => $JSON, body => '{"name":"d"}') }],
    ['a collection, posted', 201, sub { (POST => '/', type => $JSON, body => '{"id":"d"}') }],
    ['its name', 204, sub { (PUT => '/c/meta', type => $JSON, body => '{"name":"d"}') }],
    ['a backend', 201, sub { (PUT => '/backends/b', type => $JSON, body => json_text(\%backend)) }],
    [
        'a backend, posted',
        201,
        sub {
            (POST => '/backends', type => $JSON, body => json_text({ id => 'b', %backend }))
        }
    ],
    [
        "a delegator's revocation",
        204,
        sub {
            my ($id, $alice, $bob) = @_;
            my $space = $alice->space_url($id);
            my $to_bob = delegate(
                $space, by => $alice->key, to => $bob->key, target => "${space}c/r",
                actions => ['GET'], expires => time + 600);
            my ($method, $target, @options) =
                revocation_of($alice, $id, $bob->key, parent => $to_bob);
            return ($method, $target =~ s{.*(?=/zcaps)}{}r, @options, by => $bob);
        }
    ],
);

# Somebody with a space that has a collection with a resource, and room for so many bytes.
sub full_but {
    my ($room) = @_;
    my $alice = person('pws');
    my $id = space_of('pws', $alice, defined $room ? 'small' : 'free');
    my $path = collection_of($alice, $id, 'c');
    $alice->put("$path/r", type => $TEXT, body => '');
    if (defined $room) {
        my $filler = $SMALL - charge_of($id) - $room;
        $filler -= charge_of_resource('pws', 'full', $TEXT, 0, $alice);
        $alice->put("$path/full", type => $TEXT, body => 'x' x $filler)->status == 201 or die;
        charge_of($id) == $SMALL - $room or die;
    }
    return ($alice, $id);
}

sub ask {
    my ($alice, $id, $makes) = @_;
    my ($method, $where, %options) = $makes->($id, $alice, my $bob = person('pws'));
    my $who = delete $options{by} // $alice;
    return $who->request($method => "/pws/space/$id$where", %options);
}

for my $row (@GROWS) {
    my ($name, $fine, $makes) = @$row;
    my ($anybody, $free) = full_but(undef);
    my $before = charge_of($free);
    is(ask($anybody, $free, $makes)->status, $fine, "$name: without a quota");
    my $more = charge_of($free) - $before;
    for my $room ($more - 1, $more) {
        my ($alice, $id) = full_but($room);
        my $due = $room < $more ? 507 : $fine;
        my $res = ask($alice, $id, $makes);
        is($res->status, $due, "$name needs $more, there is room for $room: $due")
            or diag $res->body;
        is(charge_of($id), $due == 507 ? $SMALL - $room : $SMALL, "$name: charged as is due");
        next if $due != 507;
        my $problem = $res->problem // {};
        is($problem->{type}, 'https://w3id.org/pws#quota-exceeded', "$name: the problem's type");
        my $held = $SMALL - $room;
        like(
            $problem->{errors}[0]{detail} // '', qr/may hold $SMALL bytes, .* holds $held,/,
            "$name: it says what there may be and is");
    }
}

# Under conditions: what would not fit and is not to be written either is 412.
{
    my ($alice, $id) = full_but(0);
    my $path = "/pws/space/$id/c";
    $alice->put("$path/r/meta", type => $JSON, body => '{}')->status == 200 or die 'no notes';
    my %long = (
        'r' => [type => $TEXT, body => 'xx'],
        'r/meta' => [type => $JSON, body => '{"custom":{"a":1}}'],
        'meta' => [type => $JSON, body => '{"name":"nn"}'],
    );
    for my $where (sort keys %long) {
        my $etag = $alice->get("$path/$where")->header('ETag');
        for my $row (
            ['If-Match', $etag, 507], ['If-Match', '"other"', 412], ['If-None-Match', '*', 412],
            ['If-None-Match', '"other"', 507],
        ) {
            my ($field, $value, $due) = @$row;
            my $res =
                $alice->put("$path/$where", @{ $long{$where} }, headers => [$field => $value]);
            is($res->status, $due, "$where beyond the quota, $field: $value: $due");
        }
    }
    # What is not longer, and every deletion, is fine in a space that is full, or more than that.
    sql("UPDATE was_pws_spaces SET bytes = bytes + 1000 WHERE space_uuid = ?", $id);
    for my $row (
        [PUT => 'r', [type => $TEXT, body => ''], 200],
        [PUT => 'full', [type => $TEXT, body => ''], 200],
        [PUT => 'r/meta', [type => $JSON, body => '{}'], 200],
        [PUT => 'meta', [type => $JSON, body => '{}'], 204],
        [DELETE => 'full', [], 204],
        [DELETE => '', [], 204],
    ) {
        my ($method, $where, $options, $due) = @$row;
        my $res = $alice->request($method => "$path/$where", @$options);
        is($res->status, $due, "beyond the quota: $method $where");
    }
    is(
        $alice->request(revocation_of($alice, $id, $alice->key))->status, 204,
        'beyond the quota: the controller revokes');
}

# 4. Revocations without a quota: the controller's and those of delegators, of whom each may revoke
# what he delegated himself. One more is possible while there are fewer; what has expired makes
# room.
{
    my ($alice, $id) = full_but(undef);
    my $bob = person('pws');
    my $space = $alice->space_url($id);
    my $to_bob = delegate(
        $space,
        by => $alice->key, to => $bob->key, target => "${space}c/r", actions => ['GET'],
        expires => time + 600);
    my $by_bob = sub { [$bob, revocation_of($alice, $id, $bob->key, parent => $to_bob)] };
    my $by_alice = sub { [$alice, revocation_of($alice, $id, $alice->key)] };
    my $again = $by_bob->();
    my $fill = sub {
        my ($count, $until) = @_;
        sql(<<'SQL', $id, $until, $id, $count);
INSERT INTO was_pws_revocations (space_uuid, delegation, keep_until)
SELECT ?, sha256(convert_to(n || ' ' || random(), 'UTF8')), ? FROM generate_series(
    1 + (SELECT count(*) FROM was_pws_revocations WHERE space_uuid = ?), ?) n
SQL
        recount(WAS::Server::dbh());
    };
    my $later = time + 100_000;
    for my $row (
        ['the first', $again, 204, 1],
        ['by him', $by_bob, 204, $DELEGATOR_MOST, $DELEGATOR_MOST - 1],
        ['one too many by him', $by_bob, 507, $DELEGATOR_MOST],
        ['the same again', $again, 204, $DELEGATOR_MOST],
        ['by the controller', $by_alice, 204, $DELEGATOR_MOST + 1],
        ['by the controller, the last', $by_alice, 204, $MOST, $MOST - 1],
        ['one too many by the controller', $by_alice, 507, $MOST],
    ) {
        my ($name, $ask, $due, $count, $filled) = @$row;
        $fill->($filled, $later) if $filled;
        my ($who, @request) = @{ ref $ask eq 'CODE' ? $ask->() : $ask };
        my $res = $who->request(@request);
        is($res->status, $due, "revocations, $name: $due") or diag $res->body;
        is(
            (sql('SELECT count(*) FROM was_pws_revocations WHERE space_uuid = ?', $id))[0][0],
            $count, "revocations, $name: there are $count");
        like(
            ($res->problem // {})->{errors}[0]{detail} // '', qr/as many revocations as it may/,
            "revocations, $name: it says so"
        ) if $due == 507;
    }
    sql('UPDATE was_pws_revocations SET keep_until = 1 WHERE space_uuid = ?', $id);
    my ($who, @request) = @{ $by_bob->() };
    my $res = $who->request(@request);
    is($res->status, 204, 'revocations: what has expired makes room') or diag $res->body;
    is_deeply([contradictions($id)], [], 'revocations: and is charged no more');
}

# 5. Random operations. Each writer has a space of its own, of which it knows what is there, and so
# what is charged and must be refused; and all of them write to one that they share.

# A thing is what is known of it: how many rows and bytes it has, and texts.
sub charge {
    my ($thing) = @_;
    return 0 if !$thing;
    my %texts = %$thing;
    my ($rows, $size) = delete @texts{qw(rows size)};
    my $charge = 400 * ($rows // 1) + ($size // 0);
    $charge += length for grep { defined } values %texts;
    return $charge;
}

sub pick { return $_[rand @_] }

# An operation in a space where there are these things: the status if it fits, the request below the
# space, what is there then, and whether it is refused by no quota.
my %OPERATIONS = (
    pws => {
        put => sub {
            my ($has, $me) = @_;
            my ($c, $r) = (pick(qw(c dd)), pick('a' .. 'f'));
            my $type = pick($TEXT, 'application/octet-stream');
            my ($epoch, $writer) = map { 'n' x int rand 50 } 1, 2;
            my $size = pick(0, int rand 3000, int rand 9000);
            my @fields = (
                ('Key-Epoch' => $epoch) x !!length $epoch,
                ('Writer-Id' => $writer) x !!length $writer);
            my @ask = (PUT => "/$c/$r", type => $type, body => 'x' x $size, headers => \@fields);
            return (404, \@ask) if !$has->{"c $c"};
            my %new = (by => $me, id => $r, %{ $has->{"r $c/$r"} // {} });
            @new{qw(size type epoch writer)} = ($size, $type, $epoch, $writer);
            return ($has->{"r $c/$r"} ? 200 : 201, \@ask, { "r $c/$r" => \%new });
        },
        meta => sub {
            my ($has) = @_;
            my ($c, $r) = (pick(qw(c dd)), pick('a' .. 'f'));
            my $custom = pick(undef, custom(20 + int rand 100), custom(20 + int rand 5000));
            my ($epoch, $writer) = map { pick(undef, 'n' x (1 + rand 20)) } 1, 2;
            my $body = join ',', defined $custom ? "\"custom\":$custom" : (),
                defined $epoch ? "\"epoch\":\"$epoch\"" : (),
                defined $writer ? "\"writerId\":\"$writer\"" : ();
            my @ask = (PUT => "/$c/$r/meta", type => $JSON, body => "{$body}");
            my $old = $has->{"r $c/$r"} or return (404, \@ask);
            my %new = (%$old, custom => $custom, epoch => $epoch // $old->{epoch});
            return (200, \@ask, { "r $c/$r" => \%new });
        },
        policy => sub {
            my ($has) = @_;
            my ($c, $r) = (pick(qw(c dd)), pick('a' .. 'f'));
            my ($of, $id) = @{ pick(["r $c/$r", $r], ["c $c", ''], ['space', '']) };
            my $thing = $of =~ /\Ar/ ? "p $c/$r" : $of =~ /\Ac/ ? "p $c/" : 'p';
            my $where = $of =~ s/\A\w+ ?//r;
            my $document = policy(40 + int rand pick(10, 3000));
            my @ask = (
                PUT => '/' . ($where ? "$where/" : '') . 'policy', type => $JSON,
                body => $document);
            return (404, \@ask) if !$has->{$of};
            return ($has->{$thing} ? 204 : 201, \@ask, { $thing => { id => $id, d => $document } });
        },
        no_policy => sub {
            my ($has) = @_;
            my ($c, $r) = (pick(qw(c dd)), pick('a' .. 'f'));
            my ($thing, $id, $where) =
                @{ pick(["p $c/$r", $r, "$c/$r/"], ["p $c/", '', "$c/"], ['p', '', '']) };
            my @gone = $has->{$thing} ? ($thing => undef, "t$thing" => { id => $id }) : ();
            return (204, [DELETE => "/${where}policy"], {@gone});
        },
        delete => sub {
            my ($has) = @_;
            my ($c, $r) = (pick(qw(c dd)), pick('a' .. 'f'));
            my @ask = (DELETE => "/$c/$r");
            return (404, \@ask) if !$has->{"c $c"};
            my $old = $has->{"r $c/$r"} or return (204, \@ask, {});
            my %then = ("r $c/$r" => undef, "tr $c/$r" => { id => $r, type => $old->{type} });
            $then{$_} = undef for grep { /\Ak $c\/$r\// } keys %$has;
            %then = (%then, "p $c/$r" => undef, "tp $c/$r" => { id => $r }) if $has->{"p $c/$r"};
            return (204, \@ask, \%then);
        },
        chunk => sub {
            my ($has) = @_;
            my ($c, $r, $k) = (pick(qw(c dd)), pick('a' .. 'f'), int rand 3);
            my $type = pick($TEXT, 'application/octet-stream');
            my $size = pick(0, int rand 3000, int rand 9000);
            my @ask = (PUT => "/$c/$r/chunks/$k", type => $type, body => 'x' x $size);
            return (404, \@ask) if !$has->{"r $c/$r"};
            return (204, \@ask, { "k $c/$r/$k" => { size => $size, type => $type } });
        },
        no_chunk => sub {
            my ($has) = @_;
            my ($c, $r, $k) = (pick(qw(c dd)), pick('a' .. 'f'), int rand 3);
            my @ask = (DELETE => "/$c/$r/chunks/$k");
            return $has->{"k $c/$r/$k"} ? (204, \@ask, { "k $c/$r/$k" => undef }) : (404, \@ask);
        },
        collection => sub {
            my ($has, $me) = @_;
            my $c = pick(qw(c dd));
            my $name = 'n' x (1 + rand 100);
            my $custom = pick(undef, custom(20 + int rand 2000));
            my %new = (rows => 2, id => $c, name => $name, custom => $custom, by => $me);
            my $body = "{\"name\":\"$name\"" . (defined $custom ? ",\"custom\":$custom}" : '}');
            my @ask = (PUT => "/$c/meta", type => $JSON, body => $body);
            return (
                $has->{"c $c"} ? 204 : 201, \@ask,
                { "c $c" => \%new, "tc $c" => { id => $c } });
        },
        no_collection => sub {
            my ($has) = @_;
            my $c = pick(qw(c dd));
            # Not too often, or there is never much in one.
            return if rand > 0.3;
            my @ask = (DELETE => "/$c/");
            return ($has->{"tc $c"} ? 404 : 204, \@ask, {}) if !$has->{"c $c"};
            my %gone = map { $_ => undef } grep { /\A(?:c $c|t?[krp] $c\/.*)\z/ } keys %$has;
            return (204, \@ask, \%gone);
        },
        backend => sub {
            my ($has) = @_;
            my ($b, $name) = (pick(qw(b bb)), 'n' x (1 + rand 900));
            my $body = json_text({ name => $name, %backend });
            my $shown =
                  qq({"id":"$b","managedBy":"external","connection":{"kind":"k","status":)
                . qq("registered","connectedAt":"2026-01-01T00:00:00.000Z"},"name":"$name",)
                . qq("provider":"$backend{provider}"});
            my @ask = (PUT => "/backends/$b", type => $JSON, body => $body);
            return ($has->{"b $b"} ? 204 : 201, \@ask, { "b $b" => { id => $b, d => $shown } });
        },
        no_backend => sub {
            my ($has) = @_;
            my $b = pick(qw(b bb));
            return (204, [DELETE => "/backends/$b"], { "b $b" => undef });
        },
        revocation => sub {
            my ($has, $me, $who, $id) = @_;
            return if rand > 0.1;
            my ($method, $target, @options) = revocation_of($who, $id, $who->key);
            my @ask = ($method, $target =~ s{.*(?=/zcaps)}{}r, @options);
            return (204, \@ask, { "v $target" => {} }, 1);
        },
        name => sub {
            my ($has, $me) = @_;
            my $name = 'n' x (1 + rand 300);
            my $body = json_text({ controller => $me, name => $name });
            my %new = (%{ $has->{space} }, name => $name);
            return (204, [PUT => '/meta', type => $JSON, body => $body], { space => \%new }, 1);
        },
    },
    classic => {
        put => sub {
            my ($r, $type) = (pick('a' .. 'p'), pick($TEXT, 'application/octet-stream'));
            my $size = pick(0, int rand 3000, int rand 9000);
            my @ask = (PUT => "/$r", type => $type, body => 'x' x $size);
            return (204, \@ask, { $r => { path => "/$r", size => $size, type => $type } });
        },
        delete => sub {
            my $r = pick('a' .. 'p');
            return (204, [DELETE => "/$r"], { $r => undef });
        },
        name => sub {
            my ($has, $me) = @_;
            my $name = 'n' x (1 + rand 300);
            my $body = json_text({ controller => $me, name => $name });
            my %new = (%{ $has->{space} }, name => $name);
            return (204, [PUT => '', type => $JSON, body => $body], { space => \%new }, 1);
        },
    },
);
# How often each is done among the others.
my %OFTEN = (put => 5, chunk => 3, no_chunk => 2, meta => 2, policy => 2, collection => 2);

my $seed = $ENV{WAS_SEED} // int rand 1_000_000;
note "WAS_SEED=$seed";
for my $protocol (sort keys %OPERATIONS) {
    my %does = %{ $OPERATIONS{$protocol} };
    my @names = map { ($_) x ($OFTEN{$_} // 1) } sort keys %does;
    my $alice = person($protocol);
    my ($shared, @own) = map { space_of($protocol, $alice, 'small') } 0 .. $WRITERS;
    my ($client, %has, $held);
    my $operate = sub {
        my ($number, $turn) = @_;
        my $own = $own[$number];
        if (!$client) {
            srand $seed + $number;
            $client = person($protocol, key => $alice->key, second => $number % 2);
            $held = charge_of($own);
            %has = (space => { size => $held - 400 });
        }
        my ($status, $ask, $then, $is_free);
        my $is_shared = rand() < 0.5;
        my $id = $is_shared ? $shared : $own;
        my $name;
        while (!$ask) {
            $name = pick(@names);
            ($status, $ask, $then, $is_free) = $does{$name}->(\%has, $alice->did, $client, $id);
        }
        my ($method, $where, @options) = @$ask;
        my $at = $protocol eq 'pws' ? "/pws/space/$id$where" : "/space/$id$where";
        my $got = $client->request($method => $at, @options)->status;
        my %record = (name => $name, status => $got, shared => $is_shared ? 1 : 0, odd => '');
        if ($is_shared) {
            $record{odd} = "$method $at: $got" if $got !~ /\A(?:20[014]|404|507)\z/;
            return \%record;
        }
        my $more = 0;
        $more += charge($then->{$_}) - charge($has{$_}) for keys %{ $then // {} };
        $status = 507 if $more > 0 && $held + $more > $SMALL && !$is_free;
        $record{odd} = "$method $at: $got instead of $status, $more beside $held"
            if $got != $status;
        if ($got =~ /\A20/ && $then) {
            $held += $more;
            %has = (%has, %$then);
            delete @has{ grep { !$has{$_} } keys %has };
        }
        return { %record, held => $held };
    };
    my $times = int $OPERATIONS / 2 / $WRITERS;
    my @records = WAS::Traffic->run(clients => $WRITERS, times => $times, each => $operate);
    is(scalar @records, $WRITERS * $times, "$protocol: random operations are all done");
    my @odd = grep { $_ ne '' } map { $_->{died} // $_->{odd} } @records;
    is_deeply(
        [@odd[0 .. ($#odd < 9 ? $#odd : 9)]], [],
        "$protocol: refused is what does not fit by the formula, and nothing else");
    my %held = map { $_->{client} => $_->{held} } grep { defined $_->{held} } @records;
    is_deeply(
        [map { charge_of($_) } @own], [@held{ 0 .. $#own }],
        "$protocol: each space holds what its only writer knows");
    cmp_ok(
        charge_of($shared), '<=', $SMALL + 400 * grep({ $_->{name} =~ /revocation|name/ } @records),
        "$protocol: the shared one holds no more than the quota");
    is_deeply([contradictions($shared, @own)], [], "$protocol: the counters say so, too");
    my %came;
    $came{ $_->{name} }{ $_->{status} }++ for @records;
    # What grows by little is refused now and then, in the long run.
    my $may = $OPERATIONS < 50_000 ? qr/\Aput\z/ : qr/\A(?!no_|delete|name|revocation)/;
    for my $name (grep { $_ =~ $may } sort keys %does) {
        ok($came{$name}{507}, "$protocol: $name was refused, too") or diag explain $came{$name};
    }
    note explain \%came;
}
my %right = (was_pws_counters => 0, was_pws_resources => 0, was_pws_spaces => 0);
is_deeply(
    recount(WAS::Server::dbh()),
    \%right, 'all that was charged, counted anew, is the same');
my $chunked = sql(<<'SQL');
UPDATE was_pws_resources SET chunk_bytes = chunk_bytes - 1 WHERE chunks IS NOT NULL
SQL
cmp_ok($chunked, '>', 0, 'some resources have chunks');
is_deeply(
    recount(WAS::Server::dbh()), { %right, was_pws_resources => $chunked },
    'what a resource says of its chunks, counted anew, is set right');
unlike($_->log, qr/:(?:error|crit|alert|emerg)\]/, 'a refusal is no error of ours')
    for $server, $second;

done_testing;
