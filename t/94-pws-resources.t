# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Resources on the wire (protocol/pws-next A.4, A.5, C.4, E.1), in both revisions and of the same
# spaces: what describes one, the stamps of its content and of what is noted beside it, the
# validator that both of them move, and the label of who wrote.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Zcap;

my $alice = holder('pws');
my $older = at('pws_september', $alice);
my %revisions = ('2026-10' => $alice, '2026-09' => $older);
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c');
my ($service) = $alice->get('/service')->json->{specs}{'https://w3id.org/pws'}[0];

my @NONE = ('If-None-Match' => '*');

sub names { return join ' ', sort keys %{ $_[0] } }

sub stamp {
    my ($object) = @_;
    return [map { $object->{$_} } qw(updatedAt updatedAtCounter)];
}
sub text { return (type => 'text/plain', body => $_[0], headers => [@_[1 .. $#_]]) }
sub document { return (type => 'application/json', body => json_text($_[0])) }

sub is_later {
    my ($name, $one, $other) = @_;
    my $order = $other->[0] cmp $one->[0] || $other->[1] <=> $one->[1];
    return ok($order > 0, $name) || diag("(@$other) after (@$one)");
}

# 1. Which members there are, before anything is noted and after.
my $ALWAYS = 'contentType createdAt createdBy size updatedAt';
my %MEMBERS = (
    '2026-10' => ["$ALWAYS originId updatedAtCounter", 'custom meta originId updatedAtCounter'],
    '2026-09' => [$ALWAYS, 'custom'],
);
for my $revision (sort keys %revisions) {
    my ($who, $r) = ($revisions{$revision}, "$c/$revision");
    my ($bare, $more) = @{ $MEMBERS{$revision} };
    my @noted = document({ custom => { name => 'n' } });
    $who->put($r, text('x'));
    my $before = $who->get("$r/meta");
    $who->put("$r/meta", @noted);
    my $after = $who->get("$r/meta")->json;
    my $name = "A.5: $revision";
    is(names($before->json), join(' ', sort split / /, $bare), "$name: nothing is noted");
    is(names($after), join(' ', sort split / /, "$ALWAYS $more"), "$name: something is");
    next if $revision eq '2026-09';
    is($after->{originId}, $service->{originId}, "$name: the origin");
    is(names($after->{meta}), 'generation originId updatedAt updatedAtCounter', "$name: of notes");
    my $form = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/;
    like($_->{updatedAt}, $form, "C.1: $revision: milliseconds") for $after, $after->{meta};
}

# 2. What moves which stamp, and the validators of both.
my $r = "$c/moved";
$alice->put($r, text('x'));
my %first = %{ $alice->get("$r/meta")->json };
for my $row (
    # what is written; whether that is of the content, or of the notes
    ['notes', [PUT => "$r/meta", document({ custom => { a => 1 } })], 0, 1],
    ['the same notes', [PUT => "$r/meta", document({ custom => { a => 1 } })], 0, 1],
    ['a content', [PUT => $r, text('x')], 1, 0],
    ['the same content', [PUT => $r, text('x')], 1, 0],
    ['notes, as September has it', [PUT => "$r/meta", document({})], 0, 1, $older],
    ['a content, as September has it', [PUT => $r, text('y')], 1, 0, $older],
    ['a policy', [PUT => "$r/policy", document({ type => 'Nothing' })], 0, 0],
) {
    my ($name, $write, $of_content, $of_notes, $by) = @$row;
    my ($method, @request) = @$write;
    my @before = map { $alice->get($_) } $r, "$r/meta";
    my $res = ($by // $alice)->request($method, @request);
    my @after = map { $alice->get($_) } $r, "$r/meta";
    my ($was, $is) = map { $_->json } $before[1], $after[1];
    my $moved = join ' ', map { $before[$_]->header('ETag') ne $after[$_]->header('ETag') || 0 } 0,
        1;
    my $due = join ' ', $of_content, $of_content || $of_notes;
    is($moved, $due, "write-stamp.etag-moves-every-write: $name: of the content, of the notes");
    is($is->{createdAt}, $first{createdAt}, "C.4: $name: when it was made");
    if ($of_content) {
        is_later("write-stamp.change: $name", stamp($was), stamp($is));
        is($res->header('ETag'), $after[0]->header('ETag'), "C.3: $name: the answer's validator");
    }
    else {
        my $rule = "write-stamp.resource-metadata: $name: the content's stamp stays";
        is_deeply(stamp($is), stamp($was), $rule);
    }
    if ($of_notes) {
        is_later("write-stamp.resource-metadata: $name", stamp($was->{meta}), stamp($is->{meta}))
            if $was->{meta};
        is($res->header('ETag'), $after[1]->header('ETag'), "C.3: $name: the answer's validator");
        my $generation = ($was->{meta} // $is->{meta})->{generation};
        is($is->{meta}{generation}, $generation, "C.3: $name: one generation");
    }
    else {
        is_deeply($is->{meta}, $was->{meta}, "C.4: $name: the notes' stamp stays");
    }
}
my $posted = $alice->post("$c/", text('x'));
my $read = $alice->get($posted->json->{url});
my $rule = 'write-stamp.create-echo-matches-read: a resource';
is($posted->header('ETag'), $read->header('ETag'), $rule);

# 3. Conditions on the notes.
for my $vhost (qw(pws pws_september)) {
    my $who = at($vhost, $alice);
    my $new = "$c/conditions-$vhost";
    my $fine = $vhost eq 'pws' ? 200 : 204;
    $who->put($new, text('x'));
    my $first = $who->get("$new/meta")->header('ETag');
    for my $row (
        # the condition, the status; each one behind those before it
        ['If-None-Match' => $first, 412],
        ['If-Match' => '"x"', 412],
        ['If-None-Match' => '*', $fine],
        ['If-None-Match' => '*', 412],
        ['If-Match' => $first, 412],
        ['If-Match' => '*', $fine],
        ['If-Match' => undef, $fine],
        ['If-None-Match' => '"x"', $fine],
    ) {
        my ($field, $value, $status) = @$row;
        $value //= $who->get("$new/meta")->header('ETag');
        my @condition = (headers => [$field => $value]);
        my $res = $who->put("$new/meta", document({}), @condition);
        due("C.3: $vhost: notes, $field: $value", $res, $status, 'precondition-failed');
    }
    my $etag = $who->get("$new/meta")->header('ETag');
    my $same = $who->get("$new/meta", headers => ['If-None-Match' => $etag]);
    is($same->status, 304, "C.3: $vhost: a read with its validator");
}

# 4. Labels (E.1).
sub label_of {
    my ($who, $path) = @_;
    my ($id) = $path =~ m{([^/]+)\z};
    my ($item) = grep { $_->{id} eq $id } @{ $who->get("$c/?limit=1000")->json->{items} };
    my $in_meta = $who->get("$path/meta")->json->{writerId};
    is($item->{writerId}, $in_meta, "E.1: $path: the list says the same");
    return $in_meta;
}

sub left_of {
    my ($id) = @_;
    my ($row) = sql(<<'SQL', $space, $id);
SELECT writer FROM was_pws_tombstones WHERE space_uuid = ? AND kind = 'r' AND id = ?
SQL
    return $row ? $row->[0] : 'nothing is left';
}
for my $revision (sort keys %revisions) {
    my ($who, $w) = ($revisions{$revision}, "$c/label-$revision");
    my $is_older = $revision eq '2026-09';
    my ($made, $fine) = $is_older ? (204, 204) : (201, 200);
    my $declares = 'writer-attribution.content-write-declares-and-clears';
    my $ignores = 'writer-attribution.meta-put-member-ignored';
    my @invalid = (400, 'invalid-request-body');
    for my $row (
        # the rule, what is written, its status; the label then
        [$declares, [PUT => $w, text('x', 'Writer-Id' => 'one')], $made, 'one'],
        [$declares, [PUT => $w, text('x')], $fine, undef],
        [$declares, [PUT => $w, text('x', 'Writer-Id' => 'a b"c')], $fine, 'a b"c'],
        ['empty', [PUT => $w, text('x', 'Writer-Id' => '')], \@invalid, 'a b"c'],
        ['empty', [DELETE => $w, headers => ['Writer-Id' => '']], \@invalid, 'a b"c'],
        ['long', [PUT => $w, text('x', 'Writer-Id' => 'x' x 1025)], \@invalid, 'a b"c'],
        (
            $is_older
            ? (
                ['declares', [PUT => "$w/meta", document({ writerId => 'o' })], 204, 'o'],
                ['empty', [PUT => "$w/meta", document({ writerId => '' })], \@invalid, 'o'],
                ['a number', [PUT => "$w/meta", document({ writerId => \1 })], \@invalid, 'o'],
                ['clears', [PUT => "$w/meta", document({})], 204, undef],
                )
            : map { [$ignores, [PUT => "$w/meta", document($_)], $fine, 'a b"c'] }
                ({ writerId => 'other' }, { writerId => '' }, { writerId => \1 }, {})
        ),
    ) {
        my ($name, $write, $due, $label) = @$row;
        my ($method, @request) = @$write;
        my $res = $who->request($method, @request);
        $name = "$name: $revision: $method";
        due($name, $res, ref $due ? @$due : $due);
        is(label_of($who, $w), $label, "$name: the label");
    }
    my $post = $who->post("$c/", text('x', 'Writer-Id' => 'p'));
    my $which = "writer-attribution.create-post-declares: $revision";
    is(label_of($who, $post->json->{url}), 'p', $which);
    due(
        "writer-attribution.invalid-header-empty-400: $revision",
        $who->post("$c/", text('x', 'Writer-Id' => '')), @invalid);

    # What is left of it, of one life after the other.
    my $tombstone = "writer-attribution.delete-tombstone-writer-id: $revision";
    my ($id) = $w =~ m{([^/]+)\z};
    for my $label ('gone', undef, 'again') {
        $who->put($w, text('x', 'Writer-Id' => 'before'));
        my @headers = defined $label ? (headers => ['Writer-Id' => $label]) : ();
        due($tombstone, $who->delete($w, @headers), 204);
        is(left_of($id), $label, "$tombstone: " . ($label // 'none'));
    }
    my @late = (headers => ['Writer-Id' => 'late']);
    due("$tombstone: nothing to delete", $who->delete($w, @late), 204);
    is(left_of($id), 'again', "$tombstone: a second deletion writes nothing");
}

# 5. What a write is answered: a part of what is read then, and in the older revision nothing.
my $sealed = make_collection($alice, $space, 'sealed', {}, encryption => { scheme => 'edv' });
my %envelope = (jwe => { ciphertext => 'x', protected => 'y' });
my $WRITTEN = 'contentType originId size updatedAt updatedAtCounter';
my $MADE = "$WRITTEN createdAt createdBy";
my $NOTED = "$WRITTEN meta";
my $managed = { contentType => 'x/y', size => 9, createdAt => 'x', updatedAt => 'x', meta => {} };
for my $revision (sort keys %revisions) {
    my ($who, $is_older) = ($revisions{$revision}, $revision eq '2026-09');
    my ($w, $e) = ("$c/answered-$revision", "$sealed/answered-$revision");
    my $is_as_it_is = sub { (headers => ['If-Match' => $who->get($w)->header('ETag')]) };
    for my $row (
        # the rule, what is written, the status and the members
        ['resource.put-get', $w, [text('x')], 201, $MADE],
        ['resource.put-upsert', $w, [text('longer')], 200, $WRITTEN],
        ['conditional.current-if-match-succeeds', $w, [text('y'), $is_as_it_is], 200, $WRITTEN],
        ['conditional.if-none-match-create-succeeds', "$w-n", [text('x', @NONE)], 201, $MADE],
        ['resource.putmeta-ignores-server-managed', "$w/meta", [document($managed)], 200, $NOTED],
        ['A.5: a content beside notes', $w, [text('z')], 200, $WRITTEN],
        ['encryption.accepts-edv-document', $e, [document(\%envelope)], 201, $MADE],
        [
            'encryption.envelope-meta-etag', "$e/meta",
            [document({ custom => \%envelope })],
            200, $NOTED
        ],
        ['A.5: of a second life', $w, [text('again')], 201, $MADE, sub { $who->delete($w) }],
    ) {
        my ($name, $target, $options, $status, $members, $before) = @$row;
        $before->() if $before;
        my $res = $who->put($target, map { ref eq 'CODE' ? $_->() : $_ } @$options);
        my $is = "$name: $revision";
        is($res->header('ETag'), $who->get($target)->header('ETag'), "$is: the validator");
        if ($is_older) {
            is($res->status . $res->body, '204', "$is: nothing is said");
            next;
        }
        is($res->status, $status, "$is: $status") or diag($res->body);
        my %meta = %{ $who->get($target =~ s{(?:/meta)?\z}{/meta}r)->json };
        my %due = map { $_ => $meta{$_} } split ' ', $members;
        is_deeply($res->json, \%due, "$is: what there is, and nothing else");
        is($res->header('Content-Type'), 'application/json', "$is: a document");
    }
}

# A list of what is gone by then is none of nothing: whoever syncs would delete what he has.
for my $row (
    # what is listed, with which query, at which statement it is held up
    ['a page', '', 1],
    ['a page that may be long', '?limit=1000', 1],
    ['a page that turns out to be long', '', 2],
) {
    my ($name, $query, $time) = @$row;
    my $gone = make_collection($alice, $space, 'gone', { map { $_ => 'x' } 1 .. 3 });
    put_due($alice, 200, "$gone/1/meta", json => { custom => { text => 'x' x 5000 } })
        if $time == 2;
    my $told = held_up(
        'was_pws_resources',
        sub { $alice->get("$gone/$query") },
        sub { is($alice->delete("$gone/")->status, 204, "pws 11: $name: deleted meanwhile") },
        $time);
    is("$told->{status} " . ($told->{type} // ''), '404 not-found', "pws 11: $name of nothing")
        or diag($told->{body});
}

done_testing();
