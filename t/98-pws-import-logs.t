# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Logs that govern collections, in an archive (protocol/pws-next F.6): that one comes back byte for
# byte with what the collection shows of it, and is charged; that contents beside it are envelopes;
# that one in a collection that is there already is skipped with it; and that no log is taken that
# could not be put.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Tar;

my $alice = holder();
my $TAR = 'application/x-tar';
my $B = 'space/s';
my @BAD = (400, 'invalid-import');
my @PLAIN = (422, 'encryption-scheme-mismatch');
my $JSON = 'application%2Fjson.json';
my $ENVELOPE = '{"jwe":{"protected":"x","ciphertext":"y"}}';

sub imported {
    my ($space, $tar) = @_;
    return $alice->request(POST => "/space/$space/import", type => $TAR, body => $tar);
}

sub made {
    my $manifest = "ubc-version: '0.1'\ncontents:\n  space:\n    contents:\n      s: {}\n";
    return archive(['manifest.yml', $manifest], @_);
}

# Lines, by their states.
sub first { return qq({"versionId":"1-a","parameters":{"method":"m:1"},"state":$_[0]}) }
sub later { return qq({"versionId":"2-b","state":$_[0]}) }
my $STATE = '{"scheme":"edv", "x": "\u00e9"}';
my $MORE = '{"scheme":"edv","revisions":{"immutable":true},"a":[1]}';
my $GENESIS = first($STATE);

# A collection c with this log, and whatever else.
sub log_entry { return ["$B/c/.collectionlog.c.json", json_text($_[0])] }
sub collection { return ["$B/c/.collection.c.json", $_[0] // '{"id":"c"}'] }

sub governed {
    my ($body, @more) = @_;
    return made(collection(), log_entry({ body => $body, generation => 'abc' }), @more);
}

# What is shown of a governed collection and its log, without what names the space.
sub shown {
    my ($space) = @_;
    my ($log, $meta) = map { $alice->get("/space/$space/c/$_") } qw(meta/log meta);
    my %told = map { $_ => $meta->json->{$_} } qw(name encryption revisions custom);
    my $resource = delete $told{encryption}{history}{resource};
    is(
        $resource, $alice->url("/space/$space/c/meta/log"),
        "15: where the log of $space is"
    ) if defined $resource;
    return [$log->status, $log->type, $log->body, \%told];
}

# 1. What a client has put moves, whatever its last line says and ends in.
for my $row (
    ['a line', $GENESIS],
    ['a line with its end', "$GENESIS\n"],
    ['several lines', join("\n", $GENESIS, later('{"scheme":"edv"}'), later($MORE)) . "\n"],
    ['letters', first("{\"scheme\":\"edv\",\"x\":\"\xc3\xa9\xe2\x82\xac\"}")],
    [
        'all that a log may be',
        join "\n", $GENESIS, (later('{"scheme":"edv","x":"' . '\"' x 30_000 . '"}')) x 17
    ],
) {
    my ($name, $body) = @$row;
    my ($from, $to) = map { make_space($alice) } 1, 2;
    make_collection($alice, $from, 'c', {}, name => 'N');
    due(
        "15: $name", $alice->put("/space/$from/c/meta/log", type => 'text/jsonl', body => $body),
        204);
    my $tar = $alice->request(POST => "/space/$from/export")->body;
    my $res = imported($to, $tar);
    due("F.6: $name", $res, 200) or diag $res->body;
    is($alice->get("/space/$to/c/meta/log")->body, $body, "... $name: byte for byte");
    is_deeply(shown($to), shown($from), "... $name: what is shown of it");
    is_deeply([contradictions($to)], [], "... $name: it is charged, and has a place of its own");
    my ($old, $new) = map { $alice->get("/space/$_/c/meta/log")->header('ETag') } $from, $to;
    is(($new =~ /"([^-]+)-/)[0], ($old =~ /"([^-]+)-/)[0], "... $name: its generation is kept");
    my ($documents) = $alice->get("/space/$to/c/query?profile=changes")->json->{documents};
    is(scalar(grep { ($_->{kind} // '') eq 'log' } @$documents), 1, "... $name: in the feed, once");

    my $longer = $body =~ s/\n\z//r . "\n" . later('{"scheme":"edv","x":2}') . "\n";
    due(
        "15: $name: it goes on",
        $alice->put(
            "/space/$to/c/meta/log",
            type => 'text/jsonl',
            body => $longer,
            headers => ['If-Match' => $new]
        ),
        $name eq 'several lines' ? (409, 'revisions-immutable') : 204);
}

# 2. What is there stays, with a log or without.
my $there = make_space($alice);
make_collection($alice, $there, 'c', { r => 'x' });
due(
    'F.6: a log of what is there', imported($there, governed($GENESIS)), 200,
    undef, check => sub { $_[0]->json->{collectionsSkipped} == 1 ? () : 'not skipped' });
due('... none comes', $alice->get("/space/$there/c/meta/log"), 404, 'not-found');
is_deeply([contradictions($there)], [], '... nor is one charged');
my $own = make_space($alice);
due('F.6: a log', imported($own, governed($GENESIS)), 200);
due('F.6: another one', imported($own, governed("$GENESIS\n" . later($MORE))), 200);
is($alice->get("/space/$own/c/meta/log")->body, $GENESIS, '... the first one stays');
is_deeply([contradictions($own)], [], '... and is what is charged');
$alice->request(DELETE => "/space/$own/c/");
due('F.6: over a tombstone', imported($own, governed("$GENESIS\n")), 200);
is($alice->get("/space/$own/c/meta/log")->body, "$GENESIS\n", '... it is the new one');
is_deeply([contradictions($own)], [], '... and charged so');

# 3. What may stand beside one.
my $governed = { body => $GENESIS };
for my $row (
    ['an envelope', [collection(), log_entry($governed), ["$B/c/r.r.$JSON", $ENVELOPE]], 200],
    [
        'before its collection',
        [["$B/c/r.r.$JSON", $ENVELOPE], log_entry($governed), collection()], 200
    ],
    ['a sealed custom', [collection(qq({"custom":$ENVELOPE})), log_entry($governed)], 200],
    ['a policy', [collection(), log_entry($governed), policy()], 200],
    ['a content', [collection(), log_entry($governed), ["$B/c/r.r.x%2Fy.blob", 'x']], @PLAIN],
    ['an encryption', [collection('{"encryption":{"scheme":"edv"}}'), log_entry($governed)], @BAD],
    ['a plaintext', [collection('{"plaintext":{}}'), log_entry($governed)], @BAD],
    ['a custom', [collection('{"custom":{"name":"x"}}'), log_entry($governed)], @BAD],
    ['no collection', [log_entry($governed)], @BAD],
    [
        'a tombstone', [["$B/.collection.c.json", '{"deleted":true}'], log_entry($governed)],
        @BAD
    ],
) {
    my ($name, $entries, $status, @problem) = @$row;
    my $space = make_space($alice);
    my $before = charge_of($space);
    due("F.6: a log with $name", imported($space, made(@$entries)), $status, @problem);
    is_deeply([contradictions($space)], [], "... $name");
    is(charge_of($space), $before, "... $name: nothing is stored") if $status != 200;
}
sub policy { return ["$B/c/.collection.policy.json", '{"type":"PublicCanRead"}'] }

# 4. What is none.
my $target = make_space($alice);
my $empty = charge_of($target);
my $MIB = 1 << 20;
my $third = later('{"scheme":"edv","x":"' . 'x' x 60_000 . '"}');
for my $row (
    ['no body', {}],
    ['a body that is no text', { body => {} }],
    ['a body with a NUL', { body => "$GENESIS\n\0" }],
    ['an empty body', { body => '' }],
    ['an empty line', { body => "$GENESIS\n\n" . later($MORE) }],
    ['a line that is no JSON', { body => "$GENESIS\n{\n" . later($MORE) }],
    ['a line without a state', { body => "$GENESIS\n{}" }],
    ['a first line without a method', { body => later($STATE) }],
    ['a method that is a number', { body => $GENESIS =~ s/"m:1"/1/r }],
    ['another scheme', { body => first('{"scheme":"x"}') }],
    ['another scheme at last', { body => "$GENESIS\n" . later('{"scheme":"x"}') }],
    ['a history', { body => first('{"scheme":"edv","history":{}}') }],
    ['bad revisions', { body => first('{"scheme":"edv","revisions":1}') }],
    ['a deep state', { body => first('{"scheme":"edv","x":' . '[' x 99 . ']' x 99 . '}') }],
    ['a line beyond 64 KiB', { body => first('{"scheme":"edv","x":"' . 'x' x 65_536 . '"}') }],
    ['4097 lines', { body => join "\n", $GENESIS, (later($STATE)) x 4096 }],
    ['more than 1 MiB', { body => join "\n", $GENESIS, ($third) x (1 + $MIB / length $third) }],
) {
    my ($name, $log) = @$row;
    due("F.6: a log with $name", imported($target, made(collection(), log_entry($log))), @BAD);
}
for my $row (['no object', '[]'], ['no JSON', '{'], ['3 MiB', ' ' x (3 * $MIB) . '{}']) {
    my ($name, $text) = @$row;
    my @entries = (collection(), ["$B/c/.collectionlog.c.json", $text]);
    due("F.6: a log that is $name", imported($target, made(@entries)), @BAD);
}
due(
    'F.6: a log of another collection',
    imported($target, made(collection(), ["$B/c/.collectionlog.d.json", '{}'])), @BAD);
is(charge_of($target), $empty, 'F.6: nothing of these is stored');
is_deeply([contradictions($target)], [], '... anywhere');

done_testing;
