# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Collections on the wire (protocol/pws-next A.2, A.3, A.5), in both revisions and of the same
# spaces: what describes one, that the echo of a creation is what a read gives, what moves a stamp,
# what the list says of those that were deleted, and what is not there for the path alone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Zcap;

my $alice = holder('pws');
my $older = at('pws_september', $alice);
my %revisions = ('2026-10' => $alice, '2026-09' => $older);
my $space = make_space($alice);
my $at = "/space/$space";
my @nobody = (zcap => 0, sign => 0);

my @STAMP = qw(updatedAt updatedAtCounter originId);

sub names { return join ' ', sort keys %{ $_[0] } }

sub stamp {
    my ($object) = @_;
    return [map { $object->{$_} } qw(updatedAt updatedAtCounter)];
}

sub is_later {
    my ($name, $one, $other) = @_;
    my $order = $other->[0] cmp $one->[0] || $other->[1] <=> $one->[1];
    return ok($order > 0, $name) || diag("(@$other) after (@$one)");
}

# 1. Which members there are: of the echo of a creation, and of what is read.
my $ALWAYS = 'backend createdBy custom epoch id name type url';
my %MEMBERS = (
    '2026-10' => [("$ALWAYS created createdAt linkset originId updatedAt updatedAtCounter") x 2],
    '2026-09' => [$ALWAYS, "$ALWAYS createdAt linkset updatedAt"],
);
my ($service) = $alice->get('/service')->json->{specs}{'https://w3id.org/pws'}[0];
for my $revision (sort keys %revisions) {
    my $who = $revisions{$revision};
    my @due = map { join ' ', sort split } @{ $MEMBERS{$revision} };
    for my $method (qw(POST PUT)) {
        my $id = "$method-$revision";
        my $name = "$revision, $method";
        my $target = $method eq 'POST' ? "$at/" : "$at/$id/meta";
        my %members = (id => $id, name => 'n', epoch => 'e', custom => { a => 1 });
        # Once more over the tombstone of the first time: its stamp is above that.
        for my $life (1, 2) {
            my $made = $who->send_json($method => $target, \%members);
            my $got = $who->get("$at/$id/meta");
            my $which = "$name, life $life";
            is($made->status, 201, "collection.create: $which: created");
            like($made->header('Location'), qr{\Ahttp://[^/]+$at/$id/\z}, "$which: Location");
            is(names($made->json), $due[0], "A.5: $which: the members of the echo");
            is(names($got->json), $due[1], "A.5: $which: the members of what is read");
            my $rule = "write-stamp.create-echo-matches-read: $which";
            is($made->header('ETag'), $got->header('ETag'), "$rule: the validator");
            if ($revision eq '2026-10') {
                is_deeply($made->json, $got->json, "$rule: the object");
                is($got->json->{originId}, $service->{originId}, "C.1: $which: the origin");
                my %stamp = map { $_ => $got->json->{$_} } @STAMP;
                is_deeply($got->json->{created}, \%stamp, "A.3: $which: created by this write");
                is($stamp{updatedAt}, $got->json->{createdAt}, "A.3: $which: createdAt");
            }
            $life == 1 and $who->delete("$at/$id/");
        }
    }
}

# 2. What moves a stamp.
make_collection($alice, $space, 'moved', { r => 'x' });
my $meta = "$at/moved/meta";
for my $row (
    # what is written; the status; whether it is a write of the collection
    ['the same again', PUT => $meta, {}, 204, 1],
    ['the same once more', PUT => $meta, {}, 204, 1],
    ['a name', PUT => $meta, { name => 'm' }, 204, 1],
    ['a resource', PUT => "$at/moved/q", { a => 1 }, undef, 0],
    ['a policy', PUT => "$at/moved/policy", { type => 'Nothing' }, 201, 0],
) {
    my ($name, $method, $target, $body, $status, $is_write) = @$row;
    my $before = $alice->get($meta);
    my $res = $alice->send_json($method => $target, $body);
    my $after = $alice->get($meta);
    my @stamps = map { stamp($_->json) } $before, $after;
    is($res->status, $status, "C.4: $name: written") if defined $status;
    is_deeply(
        [@{ $after->json }{qw(created createdAt)}],
        [@{ $before->json }{qw(created createdAt)}],
        "C.4: $name: when it was made");
    if (!$is_write) {
        is_deeply($stamps[1], $stamps[0], "C.4: $name: no stamp of the collection's");
        is($after->header('ETag'), $before->header('ETag'), "C.4: $name: nor its validator");
        next;
    }
    is_later("write-stamp.collection-metadata: $name", @stamps);
    my $rule = "write-stamp.etag-moves-every-write: $name";
    isnt($after->header('ETag'), $before->header('ETag'), $rule);
    is($res->header('ETag'), $after->header('ETag'), "C.3: $name: the answer's validator");
}

# 3. Of those who make one at the same time one is told that he did.
for my $round (1 .. 5) {
    my @told = in_parallel(4, sub { $alice->send_json(PUT => "$at/race$round/meta", {})->status });
    is(join(' ', sort @told), '201 204 204 204', "A.3: round $round of a race");
}

# 4. The list, with those that were deleted.
my $listed = make_space($alice);
my $list = "/space/$listed/";
make_collection($alice, $listed, $_) for 'a' .. 'f';
$alice->delete("$list$_/")->status == 204 or die "$_ stays\n" for qw(b d e f);
make_collection($alice, $listed, 'f');
$alice->send_json(PUT => "${list}policy", { type => 'PublicCanRead' })->status == 201
    or die "no policy\n";
my $top = $alice->space_url($listed);
my $reader = holder('pws');
my $zcap =
    delegate($top, by => $alice->key, to => $reader->key, target => $top, actions => ['GET']);
my @all = map { [$_, $_ =~ /[bde]/ ? 1 : 0] } 'a' .. 'f';
my @live = grep { !$_->[1] } @all;
for my $row (
    # the query, who asks and how; what is listed, and in how many pages
    ['?include=deleted', $alice, \@all, 1],
    ['?include=deleted', $older, \@all, 1],
    ['?include=x,deleted,y', $alice, \@all, 1],
    ['?limit=2&include=deleted', $alice, \@all, 3],
    ['?include=deleted&limit=4', $alice, \@all, 2],
    ['?include=x', $alice, \@live, 1],
    ['?include=', $alice, \@live, 1],
    ['?include=deletedx', $alice, \@live, 1],
    ['', $alice, \@live, 1],
    ['?include=deleted', $reader, \@all, 1, zcap => { capability => $zcap }],
    ['?include=deleted', $reader, \@live, 1],
    ['?include=deleted', $alice, \@live, 1, @nobody],
) {
    my ($query, $who, $due, $pages, @how) = @$row;
    my $name = "A.2: $list$query" . (@how && !$how[1] ? ', by nobody' : '');
    my ($target, @items, @totals) = "$list$query";
    while (defined $target) {
        my $page = $who->get($target, @how)->json;
        push @items, @{ $page->{items} };
        push @totals, $page->{totalItems};
        $target = $page->{next};
    }
    is_deeply([map { [$_->{id}, $_->{deleted} ? 1 : 0] } @items], $due, "$name: the ids");
    is_deeply(\@totals, [(scalar @$due) x $pages], "$name: the pages");
    my %members = map { names($_) => 1 } @items;
    my @kinds = 'id name url';
    unshift @kinds, 'deleted id originId updatedAt updatedAtCounter url' if $due == \@all;
    is_deeply([sort keys %members], \@kinds, "$name: the members");
}

# 5. What is not there by the path alone, for everybody alike.
my @below = qw(export import linkset policy query quotas meta collections zcaps replicas);
my %here = map { ("$at/$_" => 1, "$at/$_/" => 1) } @below;
my @undefined = (
    (map { ("$at/$_/x", "$at/$_/x/", "$at/$_/x/meta", "$at/$_/x/policy") } @below),
    "$at/zcaps", "$at/zcaps/", "$at/replicas", "$at/replicas/", "$at/backends/x/meta",
    "$at/moved/policy/x", "$at/moved/query/meta", "$at/moved/meta/policy",
    "$at/moved/linkset/chunks/", "$at/moved/quota/meta",
);
my %of_revision = ('2026-10' => [map { "$at/$_/meta" } @below], '2026-09' => []);
my $stranger = holder('pws');
my @options = (type => 'application/json', body => '{}');
for my $revision (sort keys %revisions) {
    my $who = $revisions{$revision};
    for my $target (@undefined, @{ $of_revision{$revision} }) {
        my $name = "write-validation.reserved-segment-path-not-found: $revision: $target";
        for my $method (qw(GET PUT POST DELETE PATCH)) {
            for my $asker (
                ['the controller'], ['nobody', @nobody],
                ['a stranger', sign => { key => $stranger->key }]
            ) {
                my ($by, @how) = @$asker;
                my @body = $method =~ /P/ ? @options : ();
                my $res = $who->request($method, $target, @body, @how);
                due("$name: $method by $by", $res, 404, 'not-found');
            }
        }
    }
    my @due = $revision eq '2026-10' ? (404, 'not-found') : (409, 'reserved-id');
    for my $id (grep { !/meta/ } @below) {
        my $name = "write-validation.collection-reserved-id-put: $revision: $id";
        due($name, $who->request(PUT => "$at/$id/meta", @options), @due);
        my $post = $who->send_json(POST => "$at/", { id => $id });
        due(
            "write-validation.collection-reserved-id-post: $revision: $id", $post, 409,
            'reserved-id');
    }
    for my $method (qw(GET PUT DELETE)) {
        my $res = $who->request($method, "$at/meta/log", @nobody);
        due("A.2: $revision: $method of $at/meta/log", $res, 405, 'about:blank');
        is($res->header('Allow'), 'OPTIONS', "A.2: $revision: $method of $at/meta/log: Allow");
    }
}

# 6. What is redirected, whatever is asked, says so to who asks what may be.
for my $target ("/space/$space", "$at/moved", "$at/moved/r/", '/spaces', "$at/meta/") {
    my $res = $alice->request(OPTIONS => $target, @nobody);
    my $allow = join ', ', sort split /, /, $res->header('Allow');
    is($allow, 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT', "OPTIONS of $target: Allow");
    for my $method (qw(DELETE GET HEAD PATCH POST PUT)) {
        my $status = $alice->request($method, $target, @nobody)->status;
        is($status, 308, "OPTIONS of $target allows $method, which is redirected");
    }
}

# 7. A list of what is gone by then is none of nothing: whoever syncs would delete what he has.
{
    my $gone = make_space($alice);
    make_collection($alice, $gone, $_) for qw(a b);
    my $told = held_up(
        'was_pws_tombstones',
        sub { $alice->get("/space/$gone/?include=deleted") },
        sub { $_[0]->do('DELETE FROM was_pws_spaces WHERE space_uuid = ?', undef, $gone) });
    is("$told->{status} " . ($told->{type} // ''), '404 not-found', 'pws 10: no list of no space')
        or diag($told->{body});
}

done_testing();
