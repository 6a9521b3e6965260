# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What the conformance suite of Portable Web Spaces asks since its published version (protocol/
# pws-next H): a test for each row, by its name. With what of the published one holds as it was,
# they are those of the newest suite; how many that are is counted here.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Server;
use WAS::Zcap;

my ($alice, $bob) = map { holder('pws') } 1, 2;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @STAMP = qw(updatedAt updatedAtCounter originId);
my %specs = %{ $alice->get('/service')->json->{specs} };
my ($core, $sealing) = map { $specs{"https://w3id.org/pws$_"}[0] } '', '/encrypted-collections';
my $has_logs = grep { $_ eq 'governed-history-logs' } @{ $sealing->{features} // [] };
my $space = make_space($alice);
my $at = "/space/$space";
my $number = 0;

# Requests, and what they need.
sub document { return (type => 'application/json', body => $json->encode($_[0])) }
sub text { return (type => 'text/plain', body => $_[0], headers => [@_[1 .. $#_]]) }
sub only { return (headers => [@_]) }
sub new_collection { return make_collection($alice, $space, 'c' . ++$number, {}, @_) }

# What is wrong, in words: each of these yields nothing where all is right. `names` is about the
# members of an object but those that may be there, `later` about two stamps.
sub differs {
    my ($what, $got, $due) = @_;
    my ($one, $other) = map { $json->encode($_) } $got, $due;
    return $one eq $other ? () : "$what: $one instead of $other";
}

sub status {
    my ($res, @due) = @_;
    return if grep { $_ == $res->status } @due;
    return $res->status . " instead of @due: " . $res->body;
}

sub refused {
    my ($res, $status, $type) = @_;
    my $got = ($res->problem // {})->{type} // '';
    return (status($res, $status), differs('type', $got, "https://w3id.org/pws#$type"));
}

sub names {
    my ($object, $due, @may) = @_;
    my %may = map { $_ => 1 } @may;
    my @names = sort grep { !$may{$_} } keys %$object;
    return differs('members', "@names", join ' ', sort split ' ', $due);
}

sub stamped {
    my ($object) = @_;
    my $form = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/;
    return 'no stamp: ' . $json->encode($object)
        if ($object->{updatedAt} // '') !~ $form
        || ($object->{updatedAtCounter} // '') !~ /\A\d+\z/
        || ($object->{originId} // '') ne $core->{originId};
    return;
}

sub later {
    my ($before, $after) = @_;
    my $order = $after->{updatedAt} cmp $before->{updatedAt}
        || $after->{updatedAtCounter} <=> $before->{updatedAtCounter};
    return (stamped($before), stamped($after), $order > 0 ? () : 'it is not later');
}

sub stamp_of {
    my ($object) = @_;
    return { map { $_ => $object->{$_} } @STAMP };
}

sub same_etag {
    my ($res, $path) = @_;
    my $etag = $res->header('ETag') // '';
    return $etag !~ /\A"[^"]+"\z/
        ? "no validator: $etag"
        : differs('ETag', $etag, $alice->get($path)->header('ETag'));
}

# The answer to a write of a resource (A.5).
sub written {
    my ($res, $path, $made, $noted) = @_;
    my $body = $res->status == 204 ? undef : $res->json;
    return status($res, 204) if !$body;
    my $due = "contentType size @STAMP" . ($made ? ' createdAt' : '') . ($noted ? ' meta' : '');
    return (
        status($res, $made ? 201 : 200),
        same_etag($res, $path),
        names($body, $due, $made ? 'createdBy' : ()),
        stamped($body),
        $noted ? (stamped($body->{meta}), names($body->{meta}, "@STAMP generation")) : ());
}

my $SPACE = 'id name type controller url linkset';
my @SPACE_MAY = (@STAMP, qw(backends replicas createdBy));
my $COLLECTION = 'id name type backend url linkset createdAt';
my @COLLECTION_MAY = (@STAMP, qw(created createdBy));

sub described_space {
    my ($object) = @_;
    return (names($object, $SPACE, @SPACE_MAY), stamped($object), backends_of($object));
}

sub backends_of {
    my ($object) = @_;
    my $listed = $alice->get("/space/$object->{id}/backends")->json;
    return differs('backends', $object->{backends}, $listed);
}

sub described_collection {
    my ($object) = @_;
    return (names($object, $COLLECTION, @COLLECTION_MAY), stamped($object));
}

# A creation is rooted in its own URL.
sub put_space {
    my ($who, $id, $members, @more) = @_;
    return $who->put("/space/$id/meta", document($members), zcap => { root => 'self' }, @more);
}

# Changes.
sub page {
    my ($path, %query) = @_;
    return $alice->send_json(POST => "$path/query", { profile => 'changes', %query });
}

# Of a page, or of pages by so many: all documents.
sub feed {
    my ($path, %query) = @_;
    my (@all, $page);
    do {
        $page = $json->decode(page($path, %query)->body);
        push @all, @{ $page->{documents} };
        $query{checkpoint} = $page->{checkpoint};
    } while (@{ $page->{documents} });
    return @all;
}

sub change_of {
    my ($path, $id) = @_;
    my ($document) = grep { $_->{id} eq $id } feed($path);
    return $document // {};
}

sub bad_checkpoint {
    my ($path, $checkpoint) = @_;
    my $res = page($path, checkpoint => $checkpoint);
    my $pointer = ($res->problem // {})->{errors}[0]{pointer};
    return (
        refused($res, 400, 'invalid-request-body'),
        differs('pointer', $pointer, '#/checkpoint'));
}

# Three resources, of which the second is deleted.
sub three {
    my $c = new_collection();
    $alice->put("$c/r$_", document({ n => $_ })) for 1 .. 3;
    $alice->delete("$c/r2");
    return $c;
}

my %ENVELOPE = (jwe => { ciphertext => 'x', protected => 'y' });
my @SEALED = (encryption => { scheme => 'edv' });

# The rows: what is changed, and what is new.
my %CHANGED = (
    'spaces.configure-update' => sub {
        my $id = make_space($alice, name => 'n');
        my $res =
            $alice->send_json(PUT => "/space/$id/meta", { controller => $alice->did, name => 'm' });
        return (status($res, 200, 204), same_etag($res, "/space/$id/meta"));
    },
    'spaces.create-and-read' => sub {
        my $id = make_space($alice, name => 'n');
        return described_space($alice->get("/space/$id/meta")->json);
    },
    'space.create-post' => sub {
        my $res = $alice->send_json(POST => '/spaces/', { controller => $alice->did, name => 'n' });
        my $url = $alice->url('/space/' . $res->json->{id} . '/');
        return (
            status($res, 201),
            described_space($res->json),
            differs('Location', $res->header('Location'), $url));
    },
    'space.read-authorized' => sub {
        my $id = make_space($alice, name => 'n');
        my $got = $alice->get("/space/$id/meta");
        return (status($got, 200), described_space($got->json));
    },
    'space.read-delegated' => sub {
        my $id = make_space($alice, name => 'n');
        my $url = $alice->space_url($id);
        my $zcap =
            delegate($url, by => $alice->key, to => $bob->key, target => $url, actions => ['GET']);
        my $got = $bob->get("/space/$id/meta", zcap => { capability => $zcap });
        return (status($got, 200), described_space($got->json));
    },
    'space.create-put' => sub {
        my $id = new_id();
        my $res = put_space($alice, $id, { controller => $alice->did });
        return (
            status($res, 201), same_etag($res, "/space/$id/meta"),
            differs('Location', $res->header('Location'), $alice->url("/space/$id/")));
    },
    'space.create-put-controller-mismatch-400' => sub {
        my $res = put_space($alice, new_id(), { controller => $bob->did });
        return refused($res, 400, 'controller-mismatch');
    },
    'conditional.space-if-none-match-create-then-412' => sub {
        my ($id, %members) = (new_id(), controller => $alice->did);
        my @none = only('If-None-Match' => '*');
        my @res = map { put_space($alice, $id, \%members, @none) } 1, 2;
        return (status($res[0], 201), refused($res[1], 412, 'precondition-failed'));
    },
    'conditional.space-if-match-cas' => sub {
        my $id = make_space($alice);
        my $etag = $alice->get("/space/$id/meta")->header('ETag');
        my @res = map {
            $alice->put(
                "/space/$id/meta", document({ controller => $alice->did }),
                only('If-Match' => $_))
        } '"99999"', $etag, $etag;
        return (
            status($res[0], 412), status($res[1], 200, 204),
            refused($res[2], 412, 'precondition-failed'));
    },
    'spaces.list-includes-created' => sub {
        my $id = make_space($bob, name => 'n');
        my ($item) = grep { $_->{id} eq $id } @{ $bob->get('/spaces/')->json->{items} };
        my %due = (id => $id, type => ['Space'], name => 'n', url => "/space/$id/");
        return differs('item', $item, \%due);
    },
    'changes.live-docs-tombstone-checkpoint' => sub {
        my $page = $json->decode(page(three())->body);
        my @documents = grep { $_->{kind} eq 'resource' } @{ $page->{documents} };
        my @told = map { [@$_{qw(id deleted contentType data)}] } @documents;
        my $type = 'application/json';
        my ($no, $yes) = (JSON::PP::false(), JSON::PP::true());
        my @due = (
            ['r1', $no, $type, { n => 1 }], ['r3', $no, $type, { n => 3 }],
            ['r2', $yes, $type, undef]);
        return (
            differs('documents', \@told, \@due),
            differs('checkpoint', $page->{checkpoint}, $documents[-1]{checkpoint}),
            map { ref || !length ? "a checkpoint: $_" : () } map { $_->{checkpoint} } @documents);
    },
    'changes.malformed-checkpoint-400' => sub { bad_checkpoint(three(), 'x') },
    'collection.create-post' => sub {
        my $res = $alice->send_json(POST => "$at/", { name => 'n' });
        return (
            status($res, 201),
            described_collection($res->json),
            differs('Location', $res->header('Location'), $alice->url($res->json->{url})));
    },
    'collection.read-metadata' => sub {
        my $got = $alice->get(new_collection(name => 'n') . '/meta');
        return (status($got, 200), described_collection($got->json));
    },
    'collections.create-and-describe' => sub {
        my $res = $alice->send_json(POST => "$at/", { name => 'n' });
        my $got = $alice->get($res->json->{url} . 'meta');
        return (described_collection($got->json), differs('echo', $res->json, $got->json));
    },
    'encryption.replicates-metadata-changes' => sub {
        my $c = new_collection(@SEALED);
        $alice->put("$c/r", document(\%ENVELOPE));
        my $res = $alice->put("$c/r/meta", document({ custom => \%ENVELOPE }));
        my $change = change_of($c, 'r');
        return (
            differs('custom', $change->{custom}, \%ENVELOPE),
            names($change->{meta}, "@STAMP generation"),
            stamped($change->{meta}),
            differs('metaEtag', $change->{metaEtag}, $res->header('ETag')));
    },
    'encryption.accepts-edv-document' => sub {
        my $r = new_collection(@SEALED) . '/r';
        return written($alice->put($r, document(\%ENVELOPE)), $r, 1);
    },
    'resource.put-get' => sub {
        my $r = new_collection() . '/r';
        my $res = $alice->put($r, text('x'));
        return (written($res, $r, 1), differs('body', $alice->get($r)->body, 'x'));
    },
    'resource.put-upsert' => sub {
        my $r = new_collection() . '/r';
        $alice->put($r, text('x'));
        my $res = $alice->put($r, text('y'));
        return (written($res, $r, 0), differs('body', $alice->get($r)->body, 'y'));
    },
    'conditional.current-if-match-succeeds' => sub {
        my $r = new_collection() . '/r';
        my $etag = $alice->put($r, text('x'))->header('ETag');
        return written($alice->put($r, text('y', 'If-Match' => $etag)), $r, 0);
    },
    'conditional.if-none-match-create-succeeds' => sub {
        my $r = new_collection() . '/r';
        return written($alice->put($r, text('y', 'If-None-Match' => '*')), $r, 1);
    },
    'resource.putmeta-ignores-server-managed' => sub {
        my $r = new_collection() . '/r';
        $alice->put($r, text('x'));
        my %managed =
            (contentType => 'x/y', size => 9, createdAt => 'x', custom => { name => 'n' });
        my $res = $alice->put("$r/meta", document(\%managed));
        my $got = $alice->get("$r/meta")->json;
        return (
            written($res, "$r/meta", 0, 1),
            differs(
                'kept', [@$got{qw(contentType size custom)}], ['text/plain', 1, { name => 'n' }]
            ));
    },
    'encryption.envelope-meta-etag' => sub {
        my $r = new_collection(@SEALED) . '/r';
        my $first = $alice->put($r, document(\%ENVELOPE))->header('ETag');
        my $res = $alice->put("$r/meta", document({ custom => \%ENVELOPE }));
        my $stays = $alice->get($r)->header('ETag');
        return (written($res, "$r/meta", 0, 1), differs("the content's", $stays, $first));
    },
    'write-validation.collection-reserved-id-put' => sub {
        my $res = $alice->send_json(PUT => "$at/export/meta", {});
        return refused($res, 404, 'not-found');
    },
    'governed-log.append-fast-forward-only' => sub {
        return if !$has_logs;
        my $log = new_collection() . '/meta/log';
        my ($first, $second, $third) = map {
            $json->encode(
                { versionId => $_, parameters => { method => 'x' }, state => { scheme => 'edv' } })
                . "\n"
        } 1 .. 3;
        my $put = sub { $alice->put($log, type => 'text/jsonl', body => join '', @_) };
        my @made = map { $put->(@$_) } [$first], [$first, $second];
        my $again = $put->($first, $second);
        return (
            (map { status($_, 204) } @made),
            status($again, 204),
            same_etag($again, $log),
            differs('ETag', $again->header('ETag'), $made[1]->header('ETag')),
            status($put->($first, $second, $third, $third), 400),
            refused($put->($second), 412, 'precondition-failed'));
    },
);

my $LABEL = 'writer-attribution';
my %NEW = (
    'spaces.list-items-carry-type' => sub {
        make_space($bob, type => ['Space', 'AuxiliarySpace']);
        return
            map { differs($_->{id}, $_->{type}, $bob->get("/space/$_->{id}/meta")->json->{type}) }
            @{ $bob->get('/spaces/')->json->{items} };
    },
    "$LABEL.content-write-declares-and-clears" => sub {
        my $c = new_collection();
        my @wrong;
        for my $label ('one', undef) {
            $alice->put("$c/r", text('x', ('Writer-Id' => $label) x defined $label));
            my ($item) = @{ $alice->get("$c/")->json->{items} };
            my @places = ($alice->get("$c/r/meta")->json, $item, change_of($c, 'r'));
            push @wrong, map { differs('label', $_->{writerId}, $label) } @places;
        }
        return @wrong;
    },
    "$LABEL.create-post-declares" => sub {
        my $c = new_collection();
        my $url = $alice->post("$c/", text('x', 'Writer-Id' => 'p'))->json->{url};
        return differs('label', $alice->get("$url/meta")->json->{writerId}, 'p');
    },
    "$LABEL.delete-tombstone-writer-id" => sub {
        my $c = new_collection();
        $alice->put("$c/r", text('x', 'Writer-Id' => 'before'));
        $alice->delete("$c/r", only('Writer-Id' => 'gone'));
        return differs('label', change_of($c, 'r')->{writerId}, 'gone');
    },
    "$LABEL.invalid-header-empty-400" => sub {
        my $c = new_collection();
        my @res = (
            $alice->put("$c/r", text('x', 'Writer-Id' => '')),
            $alice->post("$c/", text('x', 'Writer-Id' => '')),
            $alice->delete("$c/r", only('Writer-Id' => '')));
        return map { refused($_, 400, 'invalid-request-body') } @res;
    },
    "$LABEL.meta-put-member-ignored" => sub {
        my $r = new_collection() . '/r';
        $alice->put($r, text('x', 'Writer-Id' => 'one'));
        return map {
            my $res = $alice->put("$r/meta", document({ writerId => $_ }));
            (
                status($res, 200, 204),
                differs('label', $alice->get("$r/meta")->json->{writerId}, 'one'))
        } 'other', '', 5;
    },
    'changes.concurrent-writes-not-skipped' => sub {
        my $c = new_collection();
        in_parallel(2, sub { $alice->as($alice->key)->put("$c/p$_[0]", text('x'))->status });
        my @documents = feed($c, limit => 1);
        my $end = $json->decode(page($c, checkpoint => $documents[-1]{checkpoint})->body);
        my $behind = $json->decode(page($c, checkpoint => $documents[1]{checkpoint})->body);
        my @ids = map { $_->{id} } @documents;
        return (
            differs('ids', [sort @ids[1, 2]], ['p0', 'p1']),
            differs('count', scalar @ids, 3),
            differs('the end', $end, { documents => [], checkpoint => undef }),
            differs('right behind it', $behind->{documents}[0], $documents[2]));
    },
    'changes.rewrite-after-checkpoint-surfaces' => sub {
        my $c = three();
        my $checkpoint = (feed($c))[-1]{checkpoint};
        $alice->put("$c/r1", document({ n => 9 }));
        my $page = $json->decode(page($c, checkpoint => $checkpoint)->body);
        return differs('data', [map { $_->{data} } @{ $page->{documents} }], [{ n => 9 }]);
    },
    'changes.retired-object-checkpoint-400' => sub {
        my $time = '2026-10-01T00:00:00.000Z';
        return bad_checkpoint(three(), { id => 'r1', updatedAt => $time });
    },
    'changes.foreign-collection-checkpoint-400' => sub {
        return bad_checkpoint(three(), (feed(three()))[-1]{checkpoint});
    },
    'changes.kind-on-every-document' => sub {
        my $c = three();
        my @documents = feed($c);
        my %kinds = map { $_ => 1 } qw(resource collection-metadata log policy);
        my @of_collection = grep { $_->{kind} eq 'collection-metadata' } @documents;
        my $resources = grep { $_->{kind} eq 'resource' } @documents;
        return (
            (map { $kinds{ $_->{kind} } ? () : "kind $_->{kind}" } @documents),
            differs('id', [map { $_->{id} } @of_collection], [$alice->url("$c/meta")]),
            differs('resources', $resources, 3));
    },
    'changes.deleted-member' => sub {
        my @documents = feed(three());
        my @deleted = map { $_->{id} } grep { $_->{deleted} } @documents;
        return (
            differs('deleted', \@deleted, ['r2']),
            map { JSON::PP::is_bool($_->{deleted}) && !exists $_->{_deleted} ? () : "$_->{id}" }
                @documents);
    },
    'changes.document-stamp-generation-etag' => sub {
        my $c = three();
        my @documents = feed($c);
        my $etag = $alice->get("$c/r1")->header('ETag');
        return (
            differs('ETag', change_of($c, 'r1')->{etag}, $etag),
            map {
                my $document = $_;
                my @missing = grep { !defined $document->{$_} } qw(generation etag checkpoint);
                (stamped($document), @missing)
            } @documents);
    },
    'changes.non-json-resource-and-tombstone' => sub {
        my $c = new_collection();
        my @wrong;
        for my $type ('application/octet-stream', 'text/jsonl') {
            $alice->put("$c/$_", type => $type, body => '{}') for 'live', 'gone';
            $alice->delete("$c/gone");
            for my $change (map { change_of($c, $_) } 'live', 'gone') {
                push @wrong, differs('contentType', $change->{contentType}, $type);
                push @wrong, "data of $type" if exists $change->{data};
            }
        }
        return @wrong;
    },
    'changes.collection-metadata-document' => sub {
        my $c = new_collection();
        my ($one, @more) = feed($c);
        $alice->put("$c/meta", document({ name => 'n' }));
        my ($moved, @others) = feed($c);
        my $got = $alice->get("$c/meta");
        return (
            differs('documents', @more + @others, 0),
            later($one, $moved),
            differs('ETag', $moved->{etag}, $got->header('ETag')),
            differs('stamp', stamp_of($moved), stamp_of($got->json)),
            map { exists $_->{data} ? 'data' : () } $one, $moved);
    },
    'changes.mixed-kind-paging' => sub {
        my $c = new_collection();
        $alice->put("$c/$_", document({})) for qw(a b);
        $alice->put("$c/meta", document({ name => 'n' }));
        my @kinds = map { "$_->{kind} " . ($_->{id} =~ s{.*/}{}r) } feed($c);
        my @paged = map { "$_->{kind} " . ($_->{id} =~ s{.*/}{}r) } feed($c, limit => 1);
        my @due = ('resource a', 'resource b', 'collection-metadata meta');
        return (differs('all', \@kinds, \@due), differs('by one', \@paged, \@due));
    },
    'changes.log-document' => sub {
        return if !$has_logs;
        my $c = new_collection();
        my ($body, @wrong) = ('');
        for my $version (1, 2) {
            my %line = (
                versionId => $version, parameters => { method => 'x' },
                state => { scheme => 'edv' });
            $body .= $json->encode(\%line) . "\n";
            my $res = $alice->put("$c/meta/log", type => 'text/jsonl', body => $body);
            my @logs = grep { $_->{kind} eq 'log' } feed($c);
            push @wrong, differs('logs', scalar @logs, 1), status($res, 204);
            push @wrong, differs('ETag', $logs[0]{etag}, $res->header('ETag'));
            push @wrong, differs('id', $logs[0]{id}, $alice->url("$c/meta/log"));
        }
        return @wrong;
    },
    'write-stamp.space-metadata' => sub {
        my $id = make_space($alice);
        return moved("/space/$id/meta", document({ controller => $alice->did }));
    },
    'write-stamp.collection-metadata' => sub { moved(new_collection() . '/meta', document({})) },
    'write-stamp.resource-metadata' => sub {
        my $r = new_collection() . '/r';
        $alice->put($r, text('x'));
        my $first = $alice->get("$r/meta")->json;
        my $res = $alice->put("$r/meta", document({ custom => { name => 'n' } }));
        my $then = $alice->get("$r/meta")->json;
        return (
            differs("the content's", stamp_of($then), stamp_of($first)),
            names($then->{meta}, "@STAMP generation"),
            stamped($then->{meta}),
            same_etag($res, "$r/meta"));
    },
    'write-stamp.change-document' => sub {
        my $c = three();
        my $got = $alice->get("$c/r1/meta")->json;
        return (
            differs('stamp', stamp_of(change_of($c, 'r1')), stamp_of($got)),
            stamped(change_of($c, 'r2')));
    },
    'write-stamp.create-echo-matches-read' => sub {
        my $made = $alice->send_json(POST => '/spaces/', { controller => $alice->did });
        my $meta = '/space/' . $made->json->{id} . '/meta';
        my $collection = $alice->send_json(POST => "$at/", {});
        my $of_it = $collection->json->{url} . 'meta';
        return (
            differs('a space', $made->json, $alice->get($meta)->json),
            same_etag($made, $meta),
            differs('a collection', $collection->json, $alice->get($of_it)->json),
            same_etag($collection, $of_it));
    },
    'write-stamp.etag-moves-every-write' => sub {
        my $c = new_collection();
        $alice->put("$c/r", text('x'));
        my @same = (
            ["$c/r", text('x')],
            ["$at/meta", document({ controller => $alice->did })],
            ["$c/meta", document({})],
            ["$c/r/meta", document({ custom => { a => 1 } })]);
        return map {
            my ($path, @options) = @$_;
            my @etags = map { $alice->put($path, @options)->header('ETag') } 1, 2;
            $etags[0] ne $etags[1] ? () : "$path: $etags[0]"
        } @same;
    },
    'write-stamp.origin-id-advertised' => sub {
        my $got = $alice->get("$at/meta")->json->{originId};
        return differs('originId', $core->{originId}, $got);
    },
    'write-validation.reserved-segment-path-not-found' => sub {
        return refused($alice->get("$at/export/x"), 404, 'not-found');
    },
);

sub moved {
    my ($path, @put) = @_;
    my ($before, $res, $after) =
        ($alice->get($path), $alice->put($path, @put), $alice->get($path));
    return (
        status($res, 200, 204),
        same_etag($res, $path),
        later(map { $_->json } $before, $after));
}

for my $id (sort keys(%CHANGED), keys %NEW) {
    my @wrong = eval { ($CHANGED{$id} // $NEW{$id})->() };
    push @wrong, $@ if $@;
    ok(!@wrong, $id) or diag(join "\n", @wrong);
}

# How many that are, beside those that t/80-pws-suite.t holds a server of this revision to.
my $suite = $json->decode(WAS::Server::slurp("$ENV{WAS_TOP}/t/interop/pws/expected.json"));
my %published = map { $_ => 1 }
    map { @{ $_->{required} }, @{ $_->{optional} } }
    map { values %$_ } values %{ $suite->{groups} };
my @changed = sort keys %CHANGED;
my %past = map { $_ => 1 } @changed, @{ $suite->{removed} };
my $kept = grep { !$past{$_} } keys %published;
is_deeply($suite->{changed}, \@changed, 'what has changed is not asked of the published suite');
is_deeply([grep { $published{$_} } keys %NEW], [], 'what is new is not among the published');
is(@changed . ' ' . keys %NEW, '25 25', 'so many rows: changed, and new');
my @figures = (scalar keys %published, $kept, $kept + @changed + keys %NEW);
note sprintf 'of %d tests of the published suite, %d hold as they were; %d in all', @figures;

done_testing;
