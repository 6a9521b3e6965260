# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Policies as records (protocol/pws-next A.2), at all three levels and in both revisions:
# validators, preconditions, stamps, the answers of their writes, and what is left of one that was
# deleted.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Zcap;

my $alice = holder('pws');
my $older = at('pws_september', $alice);
my %revisions = ('2026-10' => $alice, '2026-09' => $older);
my ($service) = $alice->get('/service')->json->{specs}{'https://w3id.org/pws'}[0];
my @STAMP = qw(updatedAt updatedAtCounter originId);
my %nobody = (zcap => 0, sign => 0);

sub when { return (headers => [@_]) }
sub document { return (type => 'application/json', body => json_text($_[0])) }
sub generation { return (split /-/, $_[0]->header('ETag'))[0] }

# The stamp of a document, and the document without it.
sub parted {
    my ($res) = @_;
    my %rest = %{ $res->json };
    my @stamp = map { delete $rest{$_} } @STAMP;
    return (\@stamp, \%rest);
}

sub is_later {
    my ($name, $one, $other) = @_;
    my $order = $other->[0] cmp $one->[0] || $other->[1] <=> $one->[1];
    return ok($order > 0, $name) || diag("(@$other) after (@$one)");
}

# Whether a document is this one, with a stamp where the revision has it.
sub is_stamped {
    my ($name, $revision, $res, $due) = @_;
    my ($stamp, $rest) = parted($res);
    is_deeply($rest, $due, "$name: the document");
    my $form = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\d+) \Q$service->{originId}\E\z/;
    return is_deeply($stamp, [undef, undef, undef], "$name: no stamp") if $revision eq '2026-09';
    return like("@$stamp", $form, "$name: its stamp");
}

my %mine = (type => 'Mine', a => [1, 2.5, undef]);
my %managed = (
    updatedAt => 'x',
    updatedAtCounter => 5,
    originId => {},
    deleted => \1,
    _generation => 'g',
);
my @failed = (412, 'precondition-failed');
for my $revision (sort keys %revisions) {
    my $who = $revisions{$revision};
    my $space = make_space($alice);
    make_collection($alice, $space, 'c', { r => 'x' });
    for my $level ('', '/c', '/c/r') {
        my $url = "/space/$space$level/policy";
        my $name = "A.2: $revision: policy of $level/";
        my $put = sub { return $who->put($url, document($_[0]), @_[1 .. $#_]) };

        # One that never was.
        due("$name: GET of none", $who->get($url), 404, 'not-found');
        my $none = $who->get("$url?include=deleted");
        due("$name: GET of none, deleted", $none, 404, 'not-found');
        my $before = stored($space);
        due("$name: DELETE of none", $who->delete($url), 204, undef, headers => { ETag => undef });
        due(
            "$name: DELETE of none, If-Match", $who->delete($url, when ('If-Match' => '*')),
            @failed);
        due("$name: PUT of none, If-Match", $put->(\%mine, when ('If-Match' => '*')), @failed);
        same_stored("$name: nothing is written", $before, $space);

        # A new one.
        my $made = $put->({ %mine, %managed }, when ('If-None-Match' => '*'));
        my $location = qr{\Ahttp://[^/]+\Q$url\E\z};
        due(
            "$name: a new one",
            $made, 201, undef, headers => { ETag => qr/\A"[^"]+"\z/, Location => $location });
        is_stamped("$name: a new one", $revision, $made, \%mine);
        my $got = $who->get($url);
        is($got->header('ETag'), $made->header('ETag'), "$name: GET: the validator");
        is_deeply($got->json, $made->json, "$name: GET: what was answered");
        my %same = when ('If-None-Match' => $got->header('ETag'));
        is($who->get($url, %same)->status, 304, "$name: GET with its validator");
        due("$name: GET by nobody", $who->get($url, %nobody), 404, 'not-found');

        # Another one in its place.
        due("$name: PUT, If-None-Match", $put->(\%mine, when ('If-None-Match' => '*')), @failed);
        due(
            "$name: PUT, another's validator", $put->(\%mine, when ('If-Match' => '"1-2-3"')),
            @failed);
        for my $is_conditional (0, 1) {
            my $old = $alice->get($url);
            my @headers = $is_conditional ? when ('If-Match' => $old->header('ETag')) : ();
            my $res = $put->(\%mine, @headers);
            due(
                "$name: the same again",
                $res, 204, undef, headers => { ETag => qr/\A"[^"]+"\z/, Location => $location });
            my $new = $alice->get($url);
            is($new->header('ETag'), $res->header('ETag'), "$name: again: the validator");
            isnt($new->header('ETag'), $old->header('ETag'), "$name: again: another validator");
            is(generation($new), generation($old), "$name: again: the same life");
            is_later("$name: again", (parted($old))[0], (parted($new))[0]);
        }

        # What is left of it.
        my $last = $alice->get($url);
        my $etag = $last->header('ETag');
        due(
            "$name: DELETE, an old validator",
            $who->delete($url, when ('If-Match' => $made->header('ETag'))), @failed);
        due(
            "$name: DELETE, If-None-Match", $who->delete($url, when ('If-None-Match' => $etag)),
            @failed);
        my $gone = $who->delete($url, when ('If-Match' => $etag));
        due("$name: DELETE", $gone, 204, undef, headers => { ETag => qr/\A"[^"]+"\z/ });
        isnt($gone->header('ETag'), $etag, "$name: DELETE: another validator");
        due("$name: GET of a deleted one", $who->get($url), 404, 'not-found');
        my $left = $alice->get("$url?include=deleted");
        my ($stamp, $rest) = parted($left);
        is_deeply($rest, { deleted => JSON::PP::true() }, "$name: what is left");
        is($left->header('ETag'), $gone->header('ETag'), "$name: left: the validator");
        is_later("$name: left", (parted($last))[0], $stamp);
        my $hidden = $alice->get("$url?include=deleted", %nobody);
        due("$name: left, for nobody", $hidden, 404, 'not-found');
        $before = stored($space);
        my $again = $who->delete($url);
        due("$name: DELETE again", $again, 204, undef, headers => { ETag => undef });
        same_stored("$name: DELETE again: nothing is written", $before, $space);
        due("$name: DELETE again, If-Match", $who->delete($url, when ('If-Match' => '*')), @failed);
        due(
            "$name: PUT over what is left, If-Match", $put->(\%mine, when ('If-Match' => '*')),
            @failed);

        # And a new life.
        my $risen = $put->(\%mine, when ('If-None-Match' => '*'));
        due("$name: over what is left", $risen, 201, undef, headers => { Location => $location });
        isnt(generation($risen), generation($gone), "$name: a new life: its generation");
        is_later("$name: a new life", $stamp, (parted($alice->get($url)))[0]);
    }
    my $absent = "/space/$space/c/none/policy";
    due("A.4: $revision: of no resource", $who->put($absent, document(\%mine)), 404, 'not-found');
    $who->delete("/space/$space/c/r");
    my $left = $who->get("/space/$space/c/r/policy?include=deleted");
    due("A.4: $revision: goes with its resource", $left, 200);
    ok($left->json->{deleted}, "A.4: $revision: and leaves a tombstone");
}

# What is written once nobody may read it is read by nobody, whenever he came: held up where the
# content is.
for my $row (
    # what is read, its table, and what is written there
    ['a resource', '', 'was_pws_resources', q(resource = 'r')],
    ['a chunk', '/chunks/0', 'was_pws_chunks', 'number = 0'],
) {
    my ($what, $below, $table, $which) = @$row;
    my $space = make_space($alice);
    my $at = make_collection($alice, $space, 'c', { r => 'public' }) . "/r$below";
    $alice->put($at, type => 'text/plain', body => 'public') if $below;
    put_due($alice, 201, "/space/$space/c/policy", json => { type => 'PublicCanRead' });
    is($alice->get($at, %nobody)->body, 'public', "pws 8.2: $what is read by anybody");
    my $told = held_up(
        $table,
        sub { $alice->get($at, %nobody) },
        sub {
            my ($session) = @_;
            for my $write (
                q(was_pws_policies SET document = '{"type":"Mine"}' WHERE true),
                "$table SET content = 'secret' WHERE $which",
            ) {
                $session->do("UPDATE $write AND space_uuid = ?", undef, $space);
            }
        });
    is("$told->{status} $told->{type}", '404 not-found', "pws 8.2: $what that was made private");
    unlike($told->{body}, qr/secret/, '... is not read as it was written then');
}

done_testing();
