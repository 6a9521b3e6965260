# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Spaces on the wire (protocol/pws-next A.1, A.2, A.5, E.3), in both revisions and of the same
# spaces: what describes one, which echoes are the object that a read gives, what moves a stamp and
# what only the validator, what a space may say that it is, and how many a listing has.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Citus;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $alice = holder('pws');
my $older = at('pws_september', $alice);
my %revisions = ('2026-10' => $alice, '2026-09' => $older);
my ($PLAIN, $TYPED) = (['Space'], [qw(AuxiliarySpace Space)]);

sub names { return join ' ', sort keys %{ $_[0] } }

sub stamp {
    my ($object) = @_;
    return [map { $object->{$_} } qw(updatedAt updatedAtCounter)];
}
sub encrypted { return document({ encryption => { scheme => 'edv' } }) }
sub document { return (type => 'application/json', body => json_text($_[0])) }

# A creation is rooted in its own URL.
sub make_by {
    my ($who, $method, $target, $members) = @_;
    return $who->request($method, $target, document($members), zcap => { root => 'self' });
}

sub is_later {
    my ($name, $one, $other) = @_;
    my $order = $other->[0] cmp $one->[0] || $other->[1] <=> $one->[1];
    return ok($order > 0, $name) || diag("(@$other) after (@$one)");
}

# 1. Which members there are: of the echo of a creation, of what is read, of an item in a list.
my $STAMP = 'originId type updatedAt updatedAtCounter url';
my %MEMBERS = (
    '2026-10' => [
        ("backends controller createdBy id linkset name $STAMP") x 2,
        'id name type url'
    ],
    '2026-09' => [
        'controller createdBy id name type url', 'controller createdBy id linkset name type url',
        'id name url'
    ],
);
my ($service) = $alice->get('/service')->json->{specs}{'https://w3id.org/pws'}[0];
my $origin = $service->{originId};
like($origin, qr/\A[A-Za-z0-9_-]{1,64}\z/, 'write-stamp.origin-id-advertised');
for my $revision (sort keys %revisions) {
    my $who = $revisions{$revision};
    my ($echo, $read, $item) = @{ $MEMBERS{$revision} };
    for my $method (qw(POST PUT)) {
        my $id = new_id();
        my $name = "$revision, $method";
        my $target = $method eq 'POST' ? '/spaces/' : "/space/$id/meta";
        my %members = (id => $id, name => 'n', controller => $who->did, type => $TYPED);
        my $made = make_by($who, $method, $target, \%members);
        my $got = $who->get("/space/$id/meta");
        my ($listed) =
            grep { $_->{id} eq $id } @{ $who->get('/spaces/?limit=1000')->json->{items} };
        is($made->status, 201, "space.create: $name: created");
        like($made->header('Location'), qr{\Ahttp://[^/]+/space/$id/\z}, "$name: Location");
        is(names($made->json), $echo, "A.5: $name: the members of the echo");
        is(names($got->json), $read, "A.5: $name: the members of what is read");
        is(names($listed), $item, "A.5: $name: the members of an item");
        is_deeply($got->json->{type}, $TYPED, "spaces.list-items-carry-type: $name: as given");
        next if $revision eq '2026-09';
        my $rule = "write-stamp.create-echo-matches-read: $name";
        is_deeply($made->json, $got->json, "$rule: the object");
        like($made->header('ETag'), qr/\A"[^"]+"\z/, "$rule: a strong validator");
        is($made->header('ETag'), $got->header('ETag'), "$rule: the validator");
        is_deeply($listed->{type}, $TYPED, "spaces.list-items-carry-type: $name: in the list");
        is($got->json->{originId}, $origin, "write-stamp.origin-id-advertised: $name: equal");
        like(
            $got->json->{updatedAt}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/,
            "C.1: $name: milliseconds");
    }
}

# 2. What moves a stamp, and what only the validator.
my $space = make_space($alice, name => 'n');
my $meta = "/space/$space/meta";
my %backend = (provider => 'p', connection => { kind => 'k' });
for my $row (
    # what is written; the status; whether it is a write of the space
    ['the same again', PUT => $meta, { controller => $alice->did, name => 'n' }, 204, 1],
    ['another name', PUT => $meta, { controller => $alice->did, name => 'm' }, 204, 1],
    ['a backend', POST => "/space/$space/backends", { %backend, id => 'b' }, 201, 0],
    ['one more', PUT => "/space/$space/backends/a", \%backend, 201, 0],
    ['a backend again', PUT => "/space/$space/backends/a", \%backend, 204, 0],
    ['a deletion', DELETE => "/space/$space/backends/b", undef, 204, 0],
    ['a collection', POST => "/space/$space/", { id => 'c' }, 201, undef],
) {
    my ($name, $method, $target, $body, $status, $is_write) = @$row;
    my $before = $alice->get($meta);
    my $res = $alice->request($method, $target, defined $body ? document($body) : ());
    my $after = $alice->get($meta);
    my @stamps = map { stamp($_->json) } $before, $after;
    is($res->status, $status, "C.4: $name: written");
    if ($is_write) {
        is_later("write-stamp.space-metadata: $name", @stamps);
        is($res->header('ETag'), $after->header('ETag'), "C.3: $name: the answer's validator");
    }
    else {
        is_deeply($stamps[1], $stamps[0], "C.4: $name: no stamp of the space's");
    }
    my $moves = defined $is_write;
    my $rule = "write-stamp.etag-moves-every-write: $name";
    my $moved = $before->header('ETag') ne $after->header('ETag');
    is($moved, $moves, $rule);
    is_deeply(
        $after->json->{backends}, $alice->get("/space/$space/backends")->json,
        "A.2: $name: backends as they are listed");
}
my %same = (headers => ['If-None-Match' => $alice->get($meta)->header('ETag')]);
is($alice->get($meta, %same)->status, 304, 'C.3: a read with its validator');

# 3. Whoever reads by a policy or a delegation reads the same.
my $reader = holder('pws');
my $top = $alice->space_url($space);
my $zcap =
    delegate($top, by => $alice->key, to => $reader->key, target => $top, actions => ['GET']);
my $whole = $alice->get($meta);
for my $row (
    ['space.read-delegated', $reader, zcap => { capability => $zcap }],
    ['a policy lets a stranger', $reader],
    ['a policy lets anybody', $reader, zcap => 0, sign => 0],
) {
    my ($name, $who, @how) = @$row;
    $alice->send_json(PUT => "/space/$space/policy", { type => 'PublicCanRead' });
    my $res = $who->get($meta, @how);
    is_deeply($res->json, $whole->json, "$name: the same object");
    is($res->header('ETag'), $whole->header('ETag'), "$name: the same validator");
}

# 4. Types (E.3).
for my $row (
    # of a new space; whether it is taken
    [['Space'], 1],
    [[qw(Space AuxiliarySpace)], 1],
    [[qw(Mine Space Space)], 1],
    [[qw(DelegatedClientsSpace AuxiliarySpace Space)], 1],
    [[qw(DelegatedClientsSpace Space)], 0],
    [[qw(ServerInstanceSpace Space)], 0],
    [['AuxiliarySpace'], 0],
    [[], 0],
    ['Space', 0],
    [{ Space => 1 }, 0],
    [['Space', ''], 0],
    [['Space', \1], 0],
    [['Space', ['x']], 0],
    [['Space', 'x' x 1024], 0],
) {
    my ($type, $is_taken) = @$row;
    my $text = substr json_text($type), 0, 60;
    for my $revision (sort keys %revisions) {
        my $who = $revisions{$revision};
        for my $method (qw(POST PUT)) {
            my $id = new_id();
            my $target = $method eq 'POST' ? '/spaces/' : "/space/$id/meta";
            my %members = (id => $id, controller => $who->did, type => $type);
            my $name = "E.3: $revision: $method of $text";
            my $res = make_by($who, $method, $target, \%members);
            my @due = $is_taken ? (201) : (400, 'invalid-request-body');
            due($name, $res, @due);
            if ($is_taken) {
                is_deeply($who->get("/space/$id/meta")->json->{type}, $type, "$name: as given");
            }
            else {
                is($res->problem->{errors}[0]{pointer}, '#/type', "$name: the pointer");
            }
        }
    }
}
my $typed = make_space($alice, type => [qw(Space AuxiliarySpace Mine)]);
for my $row (
    # of an update; whether it is taken
    [undef, 1],
    [[qw(Space AuxiliarySpace Mine)], 1],
    [[qw(Mine AuxiliarySpace Space Mine)], 1],
    [[qw(Space AuxiliarySpace)], 0],
    [[qw(Space AuxiliarySpace Mine More)], 0],
    [['Space'], 0],
    ['Space', 0],
    [[], 0],
) {
    my ($type, $is_taken) = @$row;
    my $name = 'E.3: an update with ' . (defined $type ? json_text($type) : 'none');
    my %members = (controller => $alice->did, defined $type ? (type => $type) : ());
    my $res = $alice->send_json(PUT => "/space/$typed/meta", \%members);
    due($name, $res, $is_taken ? (204) : (400, 'invalid-request-body'));
    is($res->problem->{errors}[0]{pointer}, '#/type', "$name: the pointer") if !$is_taken;
    my $kept = $alice->get("/space/$typed/meta")->json->{type};
    is_deeply($kept, [qw(Space AuxiliarySpace Mine)], "$name: it stays as it was");
}

# 5. An id that is kept for the server.
for my $revision (sort keys %revisions) {
    my $who = $revisions{$revision};
    my %members = (controller => $who->did);
    my $post = $who->send_json(POST => '/spaces/', { %members, id => 'server' });
    due("A.1: $revision: POST of the server's own id", $post, 409, 'reserved-id');
    my $put = make_by($who, 'PUT', '/space/server/meta', \%members);
    due("A.1: $revision: PUT of the server's own id", $put, 409, 'reserved-id');
}

# 6. How many there are: of a listing that shows all, on every page; of one that hides some, only
# where all that it shows is on the page.
my $many = holder('pws');
make_space($many) for 1 .. 4;
my $full = make_space($many);
make_collection($many, $full, $_) for 'a' .. 'd';
make_collection($many, $full, 'e', { map { $_ => 'x' } 'a' .. 'e' });
for my $target ("/space/$full", "/space/$full/b", "/space/$full/e", "/space/$full/e/b") {
    my $type = $target =~ m{/b\z} ? 'Nothing' : 'PublicCanRead';
    $many->send_json(PUT => "$target/policy", { type => $type })->status == 201 or die $target;
}
my @nobody = (zcap => 0, sign => 0);
my @listings = ('/spaces/', "/space/$full/", "/space/$full/e/");
for my $vhost (qw(pws pws_september)) {
    my $who = at($vhost, $many);
    for my $row (
        (map { [$_, "$_?limit=2", [5, 5, 5]] } @listings),
        (map { [$_, $_, [5]] } @listings),
        (map { [$_, $_, [4], @nobody] } @listings[1, 2]),
        (map { [$_, "$_?limit=2", [undef, undef], @nobody] } @listings[1, 2]),
        ['/spaces/', '/spaces/', [0], @nobody],
    ) {
        my ($path, $target, $due, @how) = @$row;
        my $name = "13.1: $vhost: $target" . (@how ? ', by nobody' : '');
        my @totals;
        while (defined $target) {
            my $page = $who->get($target, @how)->json;
            push @totals, $page->{totalItems};
            $target = $page->{next};
        }
        is_deeply(\@totals, $due, "$name: totalItems of each page");
    }
}

# 7. What the service says of itself.
for my $vhost (qw(pws pws_september)) {
    my $specs = at($vhost, $alice)->get('/service')->json->{specs};
    my ($core, $profile) = map { $specs->{"https://w3id.org/pws$_"}[0] } '', '/authz-profile';
    is($core->{originId}, $origin, "A.1: $vhost: one origin of all");
    is_deeply($profile->{zcapCryptosuites}, ['eddsa-jcs-2022'], "A.1: $vhost: suites");
    is_deeply([map { $_->{version} } $core, $profile], ['0.5', '0.1'], "A.1: $vhost: versions");
    is($core->{spaces}, at($vhost, $alice)->url('/spaces/'), "A.1: $vhost: where spaces are made");
}

# What it advertises is there, and what is not there it does not advertise: the specification and
# the feature (none: that it is listed), and what would be answered 501.
my $served = make_space($alice);
my $c = make_collection($alice, $served, 'c', { r => 'x' });
my ($CORE, $EC) = map { "https://w3id.org/pws$_" } '', '/encrypted-collections';
my %by_index = (profile => 'blinded-index', index => 'x', equals => [{ x => 'y' }]);
for my $row (
    [$CORE, 'listing', GET => "/space/$served/"],
    [$CORE, 'collection-management', POST => "/space/$served/", document({})],
    [$CORE, 'space-management', GET => "/space/$served/meta"],
    [$CORE, 'linksets', GET => "$c/linkset"],
    [$CORE, 'policy', DELETE => "$c/policy"],
    [$CORE, 'metadata', GET => "$c/r/meta"],
    [$CORE, 'export', POST => "/space/$served/export"],
    [$CORE, 'backends', GET => "/space/$served/backends"],
    [$CORE, 'quotas', GET => "/space/$served/quotas"],
    [$CORE, 'quotas', GET => "$c/quota"],
    [$CORE, 'encryption', PUT => "/space/$served/e/meta", encrypted()],
    [$CORE, 'changes-query', POST => "$c/query", document({ profile => 'changes' })],
    [$EC, undef, GET => "$c/r/chunks/"],
    [$EC, 'blinded-index-query', POST => "$c/query", document(\%by_index)],
    [$EC, 'governed-history-logs', GET => "$c/meta/log"],
) {
    my ($key, $feature, @request) = @$row;
    for my $vhost (qw(pws pws_september)) {
        my $who = at($vhost, $alice);
        my $spec = $who->get('/service')->json->{specs}{$key}[0];
        my $is_there = $spec ? 1 : 0;
        $is_there = grep { $_ eq $feature } @{ $spec->{features} } if $spec && defined $feature;
        my $status = $who->request(@request)->status;
        my $name = 'A.1: ' . ($feature // 'chunks') . ": $vhost: advertised and there, or neither";
        is($status == 501 ? 0 : 1, $is_there, $name);
    }
}

# 8. Who comes too late with the metadata of a space is asked for his right once more, as things are
# then: held up by somebody who has changed what the right was found to stand on.
my $dbh = WAS::Server::dbh();
my $behind = sub {
    my ($change, @values) = @_;
    my $id = $values[0];
    my $client = $alice->as($alice->key);
    $dbh->begin_work;
    $dbh->do($change, undef, @values);
    my $late = WAS::Traffic->start(
        clients => 1, times => 1,
        each => sub {
            my $res = make_by($client, 'PUT', "/space/$id/meta", { controller => $alice->did });
            return { status => $res->status };
        });
    my $waits = 'SELECT count(*) FROM ' . WAS::Citus::locks() . ' WHERE NOT granted';
    ok(eventually(20, sub { ($dbh->selectrow_array($waits))[0] }), "A.2: $id: it waits");
    $dbh->commit;
    return map { $_->{status} // $_->{died} } $late->finish;
};
my $INSERT = <<'SQL';
INSERT INTO was_pws_spaces (space_uuid, generation, controller, created_ms, updated_ms)
VALUES (?, 1, ?, 0, 0)
SQL
my $GIVE = 'UPDATE was_pws_spaces SET controller = $2 WHERE space_uuid = $1';
for my $row (
    # what another has done, as SQL; is it a space that is there?; the status
    ['another makes it for the same', $INSERT, 0, [$alice->did], 204],
    ['another makes it for himself', $INSERT, 0, [$many->did], 404],
    ['it is deleted', 'DELETE FROM was_pws_spaces WHERE space_uuid = ?', 1, [], 201],
    ['it is given away', $GIVE, 1, [$many->did], 404],
) {
    my ($name, $change, $is_there, $more, $status) = @$row;
    my $id = $is_there ? make_space($alice) : new_id();
    my ($got) = $behind->($change, $id, @$more);
    is($got, $status, "A.2: a lost race: $name");
}
SKIP: {
    skip 'Citus has no triggers', 2 if WAS::Citus::count();
    my $id = make_space($alice);
    $dbh->do(<<"SQL");
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER never BEFORE UPDATE ON was_pws_spaces FOR EACH ROW
    WHEN (old.space_uuid = '$id') EXECUTE FUNCTION never()
SQL
    WAS::Server::expect_error('UNAVAILABLE others make, move or delete this space all the time');
    my $res = $alice->send_json(PUT => "/space/$id/meta", { controller => $alice->did });
    due('A.2: a race that is lost again and again', $res, 503, 'storage-error');
    is($res->header('Retry-After'), 1, 'A.2: it says when to try again');
    $dbh->do('DROP TRIGGER never ON was_pws_spaces; DROP FUNCTION never()');
}

# 9. Whose id is taken when a space is to be made, and free again when it is asked why: it is made
# after all, or, where that happens again and again, told to come back.
SKIP: {
    skip 'Citus has no triggers', 18 if WAS::Citus::count();
    for my $row (
        # how it is made; its condition
        ['POST'],
        ['PUT'],
        ['PUT', headers => ['If-None-Match' => '*']],
    ) {
        my ($method, @if) = @$row;
        for my $times (1, 2, 99) {
            my $id = new_id();
            my $target = $method eq 'POST' ? '/spaces/' : "/space/$id/meta";
            my @document = (document({ id => $id, controller => $alice->did }), @if);
            my $name =
                "10.1: $method" . (@if ? ' with a condition' : '') . ", overtaken $times times";
            my $ask =
                sub { $alice->request($method, $target, @document, zcap => { root => 'self' }) };
            my $res = overtaken('INSERT ON was_pws_spaces', $id, $times, $ask);
            due($name, $res, $times == 99 ? (503, 'storage-error') : 201);
            is(
                $alice->get("/space/$id/meta")->status,
                $times == 99 ? 404 : 200,
                "$name: whether it is there");
        }
    }
}

# 10. Whose backend is there when it is to be registered, or not, and the other way round when it is
# asked why: it is registered after all. Where that happens again and again, a POST has found one of
# its id each time, and a PUT is told to come back; neither is told that nothing is there.
SKIP: {
    skip 'Citus has no triggers', 18 if WAS::Citus::count();
    WAS::Server::expect_error('UNAVAILABLE others change all the time what this is to write');
    for my $row (
        # how it is registered; is one of its id there?; the status, and that of who always loses
        ['POST', 0, 201, 409, 'id-conflict'],
        ['PUT', 0, 201, 503, 'storage-error'],
        ['PUT', 1, 204, 503, 'storage-error'],
    ) {
        my ($method, $is_there, $status, @lost) = @$row;
        for my $times (1, 2, 99) {
            my $id = make_space($alice);
            my $list = "/space/$id/backends";
            my $target = $method eq 'POST' ? $list : "$list/b";
            put_due($alice, 201, "$list/b", json => \%backend) if $is_there;
            my $name = "17.2: $method of a backend" . ($is_there ? ' that is there' : '');
            my @document = document({ %backend, id => 'b', provider => 'late' });
            my $ask = sub { $alice->request($method, $target, @document) };
            my $res = overtaken('UPDATE ON was_pws_spaces', $id, $times, $ask);
            due("$name, overtaken $times times", $res, $times == 99 ? @lost : $status);
            my $is_late = grep { $_->{provider} eq 'late' } @{ $alice->get($list)->json };
            is(!$is_late, $times == 99, "$name, overtaken $times times: whether it is registered");
        }
    }
}

done_testing();
