# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Governing history logs (protocol/pws section 15): what a log may be, how it begins and grows, what
# the collection shows of it and what it does not take beside it any more; what moves with a write
# and what stays; and that all of it goes with the collection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;

my $alice = holder('pws');
my $september = at('pws_september', $alice);
my $space = make_space($alice);
my $at = "/space/$space";
my @BODY = (400, 'invalid-request-body');
my @SCHEME = (400, 'unsupported-encryption-scheme');
my @FIXED = (409, 'encryption-immutable');
my @PLAIN = (422, 'encryption-scheme-mismatch');
my @OTHERWISE = (409, 'revisions-immutable');
my @GOVERNED = (409, 'encryption-history-log-governed');
my @STALE = (412, 'precondition-failed');
my @LONG = (413, 'payload-too-large');
my @NEW = ('If-None-Match' => '*');

my $number = 0;

# A collection that nobody has written to, with these members, as JSON.
sub fresh {
    my ($members) = @_;
    my $c = "$at/c" . ++$number;
    my $res = $alice->put("$c/meta", json('{' . ($members // '') . '}'));
    $res->status == 201 or die "no collection: @{[$res->status]} @{[$res->body]}\n";
    return $c;
}

sub lines { return (type => 'text/jsonl', body => $_[0]) }
sub only { return (headers => [@_]) }
sub json { return (type => 'application/json', body => $_[0]) }

# Lines, by their states.
my $METHOD = '"parameters":{"method":"resource-log:0.1","scid":"Q"}';
sub first { return qq({"versionId":"1-a",$METHOD,"state":$_[0]}) }
sub later { return qq({"versionId":"2-b","state":$_[0]}) }
sub state { return '{' . join(',', '"scheme":"edv"', @_) . '}' }

sub has {
    my ($is) = @_;
    return sub { $_[0]->body =~ $is ? () : $_[0]->body }
}

sub lacks {
    my ($is) = @_;
    return sub { $_[0]->body =~ $is ? $_[0]->body : () }
}

my $R = '[{"header":{"kid":"k","alg":"A"},"encrypted_key":"e"}]';
sub epoch { return qq({"id":"$_[0]","recipients":$R}) }

# Epochs, of which the last one is current.
sub epochs {
    my $all = join ',', map { epoch($_) } @_;
    return (qq("epochs":[$all]), qq("currentEpoch":"$_[-1]"));
}
my $SEALED = '{"jwe":{"protected":"p","ciphertext":"c"}}';
my $OTHERWISE = $SEALED =~ s/"c"/"d"/r;
sub hmac { return qq("hmac":{"id":"$_[0]","type":"T","recipients":$R}) }
my $ONE = state(epochs(1));
my $TWO = state(epochs(1, 2));
my $GENESIS = first($ONE);

# Puts a log, and yields its validator.
sub put {
    my ($c, $body, @headers) = @_;
    my $res = $alice->put("$c/meta/log", lines($body), only(@headers));
    $res->status == 204 or die "$c: @{[$res->status]} @{[$res->body]}\n";
    return $res->header('ETag');
}

sub etag { return scalar $alice->get($_[0])->header('ETag') }

# What the collection shows of its encryption: members of the state, and where the log is.
sub shows {
    my ($c, $state, $method) = @_;
    my %history = (method => $method // 'resource-log:0.1', resource => $alice->url("$c/meta/log"));
    my $text = $state =~ s/\}\z/,"history":/r;
    return (
        200, undef,
        check => sub {
            my ($res) = @_;
            my ($start) = $res->body =~ /("encryption":.*)/s or return 'no encryption';
            my $shown = json_text($res->json->{encryption}{history});
            return
                  index($start, "\"encryption\":$text") != 0 ? "not $text: $start"
                : $shown ne json_text(\%history) ? "not its history: $shown"
                : ();
        });
}

# What may be one, by a body that would begin a log.
my $long = 'x' x (64 * 1024 - length first(state('"x":""')));
for my $row (
    ['a line', $GENESIS],
    ['a line with its end', "$GENESIS\n"],
    ['several lines', join "\n", $GENESIS, '{"state":{}}', later($TWO)],
    ['white space that JSON has', " $GENESIS\r\n"],
    ['members that nobody knows', first(state('"type":"T"', '"x":[1.50]'))],
    ['a line of the most bytes', first(state(qq("x":"$long")))],
    ['the most lines', join "\n", $GENESIS, ('{"state":{}}') x 4094, later($TWO)],
    ['a line more', join("\n", $GENESIS, ('{"state":{}}') x 4095, later($TWO)), @LONG],
    ['a line of a byte more', first(state(qq("x":"x$long"))), @LONG],
    ['a body of a byte more', "$GENESIS\n" . 'x' x (1024 * 1024 - length $GENESIS), @LONG],
    ['nothing', '', @BODY],
    ['an empty line', "\n", @BODY],
    ['an empty line in the end', "$GENESIS\n\n", @BODY],
    ['an empty line in between', join("\n", $GENESIS, '', later($TWO)), @BODY],
    ['an empty line in front', "\n$GENESIS", @BODY],
    ['a blank line', "$GENESIS\n \n", @BODY],
    ['what is no JSON', 'x', @BODY],
    ['JSON and more', "$GENESIS x", @BODY],
    ['two objects in a line', $GENESIS . later($TWO), @BODY],
    ['a list', "[$GENESIS]", @BODY],
    ['a text', '"state"', @BODY],
    ['bytes that are no UTF-8', first(state("\"x\":\"\xff\"")), @BODY],
    ['a NUL', "$GENESIS\0", @BODY],
    ['no state', '{"parameters":{"method":"m"}}', @BODY],
    ['a state that is a text', first('"x"'), @BODY],
    ['a state that is a list', first('[]'), @BODY],
    ['a state that is null', first('null'), @BODY],
    ['two states', first(qq($ONE,"state":$ONE)), @BODY],
    ['a member twice', first(qq($ONE,"x":1,"x":2)), @BODY],
    ['a line in between without a state', join("\n", $GENESIS, '{}', later($TWO)), @BODY],
    ['depth', first(state('"x":' . '[' x 200 . ']' x 200)), @BODY],
    ['no method', qq({"state":$ONE}), @BODY],
    ['no parameters of a kind', qq({"parameters":[],"state":$ONE}), @BODY],
    ['a method that is a number', qq({"parameters":{"method":1},"state":$ONE}), @BODY],
    ['a method that is null', qq({"parameters":{"method":null},"state":$ONE}), @BODY],
    ['a long method', qq({"parameters":{"method":"@{['m' x 1025]}"},"state":$ONE}), @BODY],
    ['the method of the second line', join("\n", later($ONE), $GENESIS), @BODY],
    ['a history of its own', first(state('"history":{}')), @BODY],
    ['one in the first line', join("\n", first(state('"history":{}')), later($ONE)), @BODY],
    # What the last line says of encryption, as that of a collection's metadata is looked at.
    ['no scheme', first('{}'), @BODY],
    ['no scheme in the end', join("\n", $GENESIS, later('{}')), @BODY],
    ['another scheme', first('{"scheme":"cose"}'), @SCHEME],
    ['another version', first(state('"version":2')), @SCHEME],
    ['a version that is none', first(state('"version":1.0')), @BODY],
    ['epochs without a current one', first(state('"epochs":[' . epoch(1) . ']')), @BODY],
    ['a current one that is not there', first(state('"epochs":[]', '"currentEpoch":"1"')), @BODY],
    ['an hmac of no type', first(state(qq("hmac":{"id":"h","recipients":$R}))), @BODY],
    # And of revisions.
    ['revisions that are a text', first(state('"revisions":"x"')), @BODY],
    ['another resolution', first(state('"revisions":{"resolution":"keep-conflicts"}')), @BODY],
) {
    my ($name, $body, @answer) = @$row;
    my $c = fresh();
    my $is = "pws 15: a log of $name";
    @answer = (204) if !@answer;
    my @there = $answer[0] == 204 ? (200, undef, body => $body) : (404, 'not-found');
    told(
        $alice,
        ["$is: put", PUT => "$c/meta/log", [lines($body), only(@NEW)], @answer],
        ["$is: it is there, or not", GET => "$c/meta/log", [], @there],
    );
    my $encrypted = $alice->get("$c/meta")->json->{encryption} ? 200 : 404;
    is($encrypted, $there[0], "$is: and governs, or not");
}

# How it begins and grows. Each: what is there, what comes, under which condition (by what the
# validator of the log is), the answer in either revision.
my $BACK = $TWO =~ s/"2"\}\z/"1"}/r;
my $ALIKE = $GENESIS =~ s/1-a/1-z/r;
my $dropped = later(state(epochs(2)));
my $second = later($TWO);
my $third = later(state(epochs(1, 2, 3)));
my @GROWTH = (
    ['begins', undef, $GENESIS, [], 204],
    ['begins where there must be none', undef, $GENESIS, \@NEW, 204],
    ['begins where there must be one', undef, $GENESIS, ['If-Match' => '*'], @STALE],
    ['begins where a certain one must be', undef, $GENESIS, ['If-Match' => '"x"'], @STALE],
    ['is no log where one must be', undef, 'x', ['If-Match' => '"x"'], @STALE],
    ['begins again', $GENESIS, $GENESIS, \@NEW, @STALE],
    ['begins again as something else', $GENESIS, $second, \@NEW, @STALE],
    ['is another', $GENESIS, first($TWO), [], @STALE],
    ['is no log, and another', $GENESIS, 'x', ['If-Match' => 'ETAG'], @STALE],
    ['is nothing', $GENESIS, '', ['If-Match' => 'ETAG'], @STALE],
    ['is a part of it', "$GENESIS\n$second", $GENESIS, ['If-Match' => 'ETAG'], @STALE],
    ['is a part of it, unasked', "$GENESIS\n$second", "$GENESIS\n", [], @STALE],
    ['is a piece of it', $GENESIS, substr($GENESIS, 0, 9), ['If-Match' => 'ETAG'], @STALE],
    ['grows by a line', $GENESIS, "$GENESIS\n$second", ['If-Match' => 'ETAG'], 204],
    ['grows by a line and its end', $GENESIS, "$GENESIS\n$second\n", ['If-Match' => 'ETAG'], 204],
    ['grows behind an end', "$GENESIS\n", "$GENESIS\n$second", ['If-Match' => 'ETAG'], 204],
    ['grows unasked', $GENESIS, "$GENESIS\n$second", [], 204],
    ['grows in whatever state', $GENESIS, "$GENESIS\n$second", ['If-Match' => '*'], 204],
    ['grows, of another state', $GENESIS, "$GENESIS\n$second", ['If-Match' => '"x"'], @STALE],
    ['grows wrongly, of another state', $GENESIS, "$GENESIS\nx", ['If-Match' => '"x"'], @STALE],
    [
        'is another, but for a line',
        $GENESIS, first($TWO) . "\n$second", ['If-Match' => 'ETAG'], @STALE
    ],
    ['is as long, but for a line', $GENESIS, "$ALIKE\n$second", ['If-Match' => 'ETAG'], @STALE],
    ['is as long', $GENESIS, $ALIKE, ['If-Match' => 'ETAG'], @STALE],
    ['grows by a blank', $GENESIS, "$GENESIS ", [], @BODY],
    ['grows by an end', $GENESIS, "$GENESIS\n", [], @BODY],
    ['grows by two ends', $GENESIS, "$GENESIS\n\n", [], @BODY],
    ['grows by two lines', $GENESIS, "$GENESIS\n$second\n$third", ['If-Match' => 'ETAG'], @BODY],
    ['grows by a blank and a line', $GENESIS, "$GENESIS \n$second", [], @BODY],
    ['grows by what is no line', $GENESIS, "$GENESIS\nx", ['If-Match' => 'ETAG'], @BODY],
    ['grows by a line without a state', $GENESIS, "$GENESIS\n{}", [], @BODY],
    ['drops an epoch', $GENESIS, "$GENESIS\n$dropped", ['If-Match' => 'ETAG'], @BODY],
    ['drops all epochs', $GENESIS, "$GENESIS\n" . later(state()), [], @BODY],
    [
        'goes back to an epoch', "$GENESIS\n$second",
        "$GENESIS\n$second\n" . later($BACK),
        [], @BODY
    ],
    ['changes the scheme', $GENESIS, "$GENESIS\n" . later('{"scheme":"x"}'), [], @SCHEME],
    [
        'adds an hmac', $GENESIS,
        "$GENESIS\n" . later(state(epochs(1), hmac('h'))), [], 204
    ],
    [
        'changes an hmac', first(state(hmac('h'))),
        first(state(hmac('h'))) . "\n" . later(state(hmac('i'))), [], @FIXED
    ],
    [
        'takes a version back', first(state('"version":1')),
        first(state('"version":1')) . "\n" . later(state()), [], @FIXED
    ],
);
for my $row (@GROWTH) {
    my ($name, $before, $body, $condition, @answer) = @$row;
    my $c = fresh();
    my $log = "$c/meta/log";
    my $is = "pws 15: what $name";
    put($c, $before) if defined $before;
    my ($etag, $of_meta) = map { etag($_) } $log, "$c/meta";
    my @headers = map { $_ eq 'ETAG' ? $etag : $_ } @$condition;
    my $res = told($alice, [$is, PUT => $log, [lines($body), only(@headers)], @answer]);
    my $stays = $answer[0] != 204;
    my $left = $stays ? $before : $body;
    my @there = defined $left ? (200, undef, body => $left) : (404, 'not-found');
    told($alice, ["$is: there is", GET => $log, [], @there]);
    is(($etag // '') eq (etag($log) // ''), !!$stays, "$is: its validator moves, or stays");
    is($of_meta eq etag("$c/meta"), !!$stays, "$is: the collection's, too");
    is(etag($log), $res->header('ETag'), "$is: and was told") if !$stays;
}

# The same bytes again, once they are there: nothing is written.
for my $who ($alice, $september) {
    my $is = 'pws-next A.3: the same again in ' . ($who == $alice ? 'October' : 'September');
    my $c = fresh();
    my $etag = put($c, "$GENESIS\n");
    my @answer = $who == $alice ? (204, undef, headers => { ETag => $etag }) : @BODY;
    my $rows = every_row($space);
    my @same = lines("$GENESIS\n");
    told(
        $who,
        [$is, PUT => "$c/meta/log", [@same, only('If-Match' => $etag)], @answer],
        ["$is, unasked", PUT => "$c/meta/log", [@same], @answer],
        ["$is, of another state", PUT => "$c/meta/log", [@same, only('If-Match' => '"x"')], @STALE],
        ["$is, where none must be", PUT => "$c/meta/log", [@same, only(@NEW)], @STALE],
    );
    is_deeply(every_row($space), $rows, "$is: writes nothing");
}

# Reads.
{
    my $c = fresh();
    my $log = "$c/meta/log";
    told(
        $alice,
        ['pws 15: no log', GET => $log, [], 404, 'not-found'],
        ['pws 15: no log, by HEAD', HEAD => $log, [], 404, 'not-found'],
        ['pws 15: no collection', GET => "$at/none/meta/log", [], 404, 'not-found'],
        ['pws 15: put of none', PUT => "$at/none/meta/log", [lines($GENESIS)], 404, 'not-found'],
        ['pws 15: nonsense of none', PUT => "$at/none/meta/log", [lines('x')], 404, 'not-found'],
    );
    my $etag = put($c, $GENESIS, @NEW);
    my %headers =
        (ETag => $etag, 'Content-Type' => 'text/jsonl', 'Content-Length' => length $GENESIS);
    my @since = only('If-None-Match' => "\"x\", W/$etag");
    told(
        $alice,
        ['pws 15: a read', GET => $log, [], 200, undef, body => $GENESIS, headers => \%headers],
        ['pws 15: by HEAD', HEAD => $log, [], 200, undef, body => '', headers => \%headers],
        ['pws 15: it is known', GET => $log, [@since], 304, undef, body => ''],
        ['pws 15: no deletion', DELETE => $log, [], 405, 'about:blank'],
        ['pws 15: no posting', POST => $log, [lines($GENESIS)], 405, 'about:blank'],
        ['pws 15: no type', PUT => $log, [body => $GENESIS], 400, 'missing-content-type'],
    );
    isnt(etag($log), etag("$c/meta"), 'pws 15: its validator is its own');
}

# What the collection shows, and takes.
{
    my $c = fresh('"name":"n"');
    my $meta = "$c/meta";
    my $log = "$c/meta/log";
    my $odd = state('"version":1', '"x":[1.50,"\u00e9"]');
    my ($plain, $envelope) = ('{"custom":{"name":"x"}}', qq({"custom":$SEALED}));
    put($c, qq({"parameters":{"method":"a \\"b\\""},"state": $odd }), @NEW);
    my $etag = etag($log);
    told(
        $alice,
        ['pws 15: shown', GET => $meta, [], shows($c, $odd, 'a "b"')],
        ['pws 15: encryption beside it', PUT => $meta, [json(qq({"encryption":$odd}))], @GOVERNED],
        [
            'pws 15: another beside it',
            PUT => $meta, [json('{"encryption":{"scheme":"edv"}}')], @GOVERNED
        ],
        ['pws 15: plaintext beside it', PUT => $meta, [json('{"plaintext":{}}')], @BODY],
        ['pws 15: custom that is no envelope', PUT => $meta, [json($plain)], @PLAIN],
        ['pws 15: an envelope', PUT => $meta, [json($envelope)], 204],
        ['pws 15: custom that is empty', PUT => $meta, [json('{"custom":{}}')], 204],
        ['pws 15: nothing', PUT => $meta, [json('{}')], 204],
        ['pws 15: shown as before', GET => $meta, [], shows($c, $odd, 'a "b"')],
        [
            'pws 15: which leaves the log as it is',
            GET => $log, [], 200, undef, headers => { ETag => $etag }
        ],
        [
            'pws 15: and the history is nobody\'s to say',
            PUT => $meta, [json('{"history":"x"}')], 204
        ],
        ['pws 14.2: a text in it', PUT => "$c/r", [type => 'text/plain', body => 'x'], @PLAIN],
        ['pws 14.2: no envelope', PUT => "$c/r", [json('{}')], @PLAIN],
        ['pws 14.2: an envelope', PUT => "$c/r", [json($SEALED)], 201],
        [
            'pws 14.2: an envelope by the name of its kind',
            PUT => "$c/s", [type => 'application/jose+json', body => $SEALED], 201
        ],
        [
            'pws 15: it is in no list',
            GET => "$c/", [], 200, undef,
            check => lacks(qr/log|"totalItems":[^2]/)
        ],
    );
}

# Where there is something that a log would take the place of.
for my $row (
    [encryption => '{"scheme":"edv"}'],
    [plaintext => '{}'],
) {
    my ($member, $value) = @$row;
    my $c = fresh(qq("$member":$value));
    told(
        $alice,
        ["pws 15: over $member", PUT => "$c/meta/log", [lines($GENESIS), only(@NEW)], @FIXED],
        ["pws 15: over $member: no log", GET => "$c/meta/log", [], 404, 'not-found'],
        [
            "pws 15: over $member, which stays",
            GET => "$c/meta", [], 200, undef,
            check => has(qr/"$member":\Q$value\E/)
        ],
    );
}

# Revisions, which a log says.
my $NOT_ONCE = '"revisions":{"immutable":false}';
my $ONCE = '"revisions":{"immutable":true}';
for my $row (
    ['nothing, then nothing', undef, [state()], 204],
    ['nothing, then once', undef, [state($ONCE)], 204],
    ['nothing, then other words', undef, [state('"revisions":{"merge":{"a":1.50}}')], 204],
    ['once, then once', '{"immutable":true}', [state($ONCE)], 204],
    ['once, then nothing', '{"immutable":true}', [state()], 409],
    ['not once, then once', '{"immutable":false}', [state($ONCE)], 409],
    ['other words, then nothing', '{"merge":{}}', [state()], 204],
    ['once, then later once', undef, [state($ONCE), state($ONCE)], 204],
    ['once, then later not', undef, [state($ONCE), state($NOT_ONCE)], 409],
    ['once, then later nothing', undef, [state($ONCE), state()], 409],
    ['nothing, then later once', undef, [state(), state($ONCE)], 409],
    ['nothing, then later as it is', undef, [state(), state($NOT_ONCE)], 204],
) {
    my ($name, $said, $states, $status) = @$row;
    my $c = fresh(defined $said ? qq("revisions":$said) : '');
    my $is = "pws-next I.2: a log: $name";
    my $body = first($states->[0]);
    if (@$states > 1) {
        put($c, $body);
        $body .= "\n" . later($states->[1]);
    }
    my ($before) = $alice->get("$c/meta")->body =~ /,"revisions":(\{.*\}),"createdBy"/;
    my ($revisions) = $states->[-1] =~ /"revisions":(\{.*\})\}\z/;
    my @answer = $status == 204 ? 204 : @OTHERWISE;
    told($alice, [$is, PUT => "$c/meta/log", [lines($body)], @answer]);
    my $meta = $alice->get("$c/meta");
    my ($shown) = $meta->body =~ /,"revisions":(\{.*\}),"createdBy"/;
    is($shown, $status == 204 ? $revisions : $before, "$is: shown, beside the encryption");
    ok(!exists $meta->json->{encryption}{revisions}, "$is: and not in it");
}
{
    my $c = fresh();
    put($c, first(state('"revisions":{"immutable":true,"merge":{"a":1}}')));
    my @shown = (check => has(qr/"revisions":\{"immutable":true,"merge":\{"a":1\}\}/));
    told(
        $alice,
        ['pws-next I.2: written once', PUT => "$c/r", [json($SEALED)], 201],
        [
            'pws-next I.2: not twice',
            PUT => "$c/r", [json($OTHERWISE)], 409, 'resource-immutable'
        ],
        [
            'pws-next I.2: not said otherwise',
            PUT => "$c/meta", [json('{"revisions":{}}')], @OTHERWISE
        ],
        [
            'pws-next I.2: said in other words',
            PUT => "$c/meta", [json('{"revisions":{"immutable":true}}')], 204
        ],
        ['pws-next I.2: which change nothing', GET => "$c/meta", [], 200, undef, @shown],
    );
}

# What moves with which write (protocol/pws-next C.4): the stamp and the validator of the
# collection, the validator of the log, and the position.
{
    my $c = fresh();
    make_collection($alice, $space, 'other');
    put($c, $GENESIS);
    my $policy = '{"type":"Nothing"}';
    my $owned = json_text({ controller => $alice->did });
    my $backend = '{"id":"b","provider":"p","connection":{"kind":"k"}}';
    my @both = lines("$GENESIS\n$second");
    my $look = sub {
        my ($meta, $log) = map { $alice->get("$c/$_") } qw(meta meta/log);
        my $stamp = join ' ', map { $meta->json->{$_} } qw(updatedAt updatedAtCounter originId);
        my ($position) = map { @$_ } sql(<<'SQL', $space, $c =~ m{([^/]+)\z});
SELECT k.position FROM was_pws_collections c JOIN was_pws_counters k
    ON k.space_uuid = c.space_uuid AND k.collection_generation = c.generation
WHERE c.space_uuid = ? AND c.collection = ?
SQL
        my %etag = (etag => $meta->header('ETag'), log => $log->header('ETag'));
        return (stamp => $stamp, position => $position, %etag);
    };
    for my $row (
        ['a resource', [PUT => "$c/r", json($SEALED)], 'position'],
        ['the same', [PUT => "$c/r", json($SEALED)], 'position'],
        ['what is noted of it', [PUT => "$c/r/meta", json('{}')], 'position'],
        ['its policy', [PUT => "$c/r/policy", json($policy)], 'position'],
        ['its deletion', [DELETE => "$c/r"], 'position'],
        ['what is not there any more', [DELETE => "$c/r"], ''],
        ['metadata', [PUT => "$c/meta", json('{}')], 'stamp etag position'],
        ['the same metadata', [PUT => "$c/meta", json('{}')], 'stamp etag position'],
        ['a line of the log', [PUT => "$c/meta/log", @both], 'etag log position'],
        ['the same log', [PUT => "$c/meta/log", @both], ''],
        ['metadata behind a line', [PUT => "$c/meta", json('{}')], 'stamp etag position'],
        ['a policy', [PUT => "$c/policy", json($policy)], 'position'],
        ['the deletion of that', [DELETE => "$c/policy"], 'position'],
        ['metadata of the space', [PUT => "$at/meta", json($owned)], ''],
        ['a policy of the space', [PUT => "$at/policy", json($policy)], ''],
        ['a backend of the space', [PUT => "$at/backends/b", json($backend)], ''],
        ['a write in another collection', [PUT => "$at/other/r", json('{}')], ''],
        ['a refusal', [PUT => "$c/meta/log", lines('x')], ''],
    ) {
        my ($name, $request, $moves) = @$row;
        my %before = $look->();
        my $res = $alice->request(@$request);
        my %after = $look->();
        my @moved = grep { $before{$_} ne $after{$_} } qw(stamp etag log position);
        is("@moved", $moves, "pws-next C.4: what moves with $name") or diag($res->body);
    }
}

# Its stamp, wherever the clock stands: what is held, and what comes next; undef for a new
# millisecond of the clock.
my $DAY = 86_400_000;
my $FULL = 2_147_483_647;
{
    my $c = fresh();
    my $body = $GENESIS;
    my %seen = (put($c, $body) => 1);
    my $stamp = sub {
        my ($row) = sql(<<'SQL', $space, $c =~ m{([^/]+)\z});
SELECT l.updated_ms, l.updated_counter, l.generation FROM was_pws_logs l
JOIN was_pws_collections c ON c.space_uuid = l.space_uuid AND c.generation = collection_generation
WHERE c.space_uuid = ? AND c.collection = ?
SQL
        return @$row;
    };
    for my $row (
        ['behind', $DAY, 0, [0, 1]],
        ['behind, within a millisecond', $DAY, 41, [0, 42]],
        ['behind, the counter full', $DAY, $FULL, [1, 0]],
        ['ahead', -$DAY, 41, undef],
    ) {
        my ($where, $ahead, $counter, $next) = @$row;
        my $is = "pws-next C.2: a log, the clock is $where";
        my @old = $stamp->();
        sql(<<'SQL', $ahead, $counter, $space, $old[2]);
UPDATE was_pws_logs SET updated_counter = $2,
    updated_ms = floor(date_part('epoch', statement_timestamp()) * 1000)::bigint + $1
WHERE space_uuid = $3 AND generation = $4
SQL
        my @held = $stamp->();
        ok(!$seen{ put($c, $body .= "\n" . later($ONE)) }++, "$is: another validator");
        my @new = $stamp->();
        is($new[2], $held[2], "$is: of the same generation");
        is("@new[0, 1]", join(' ', $held[0] + $next->[0], $next->[1]), "$is: the next one")
            if $next;
        cmp_ok($new[0], '>', $held[0], "$is: a later one") if !$next;
    }
}

# Changes: a document of its own at the position of its latest write; nothing in September's form.
{
    my $c = fresh();
    my $feed = sub {
        my ($who, %members) = @_;
        my $res = $who->send_json(POST => "$c/query", { profile => 'changes', %members });
        return @{ $res->json->{documents} };
    };
    my $etag = put($c, $GENESIS);
    my @of_log = grep { $_->{kind} eq 'log' } $feed->($alice);
    is(scalar @of_log, 1, 'pws-next D.2: the log is among the changes');
    my %log = %{ $of_log[0] };
    is_deeply(
        [sort keys %log],
        [qw(checkpoint deleted etag generation id kind originId updatedAt updatedAtCounter)],
        'pws-next D.2: with its members and no others');
    is($log{id}, $alice->url("$c/meta/log"), 'pws-next D.2: its id is where it is read');
    ok(!$log{deleted}, 'pws-next D.2: it is not deleted');
    is($log{etag}, $etag, 'pws-next D.2: its validator is that of the write');
    is_deeply(
        [map { $_->{kind} } $feed->($alice)],
        [qw(collection-metadata log)], 'pws-next D.2: in its place');
    $alice->request(PUT => "$c/r", json($SEALED));
    my $next = put($c, "$GENESIS\n$second");
    my @all = $feed->($alice);
    is_deeply(
        [map { $_->{kind} } @all], [qw(collection-metadata resource log)],
        'pws-next D.2: a line moves the log, and nothing else');
    is($all[-1]{etag}, $next, 'pws-next D.2: with its new validator');
    is($all[0]{etag}, etag("$c/meta"), 'pws-next D.2: the collection has its new one, too');
    is($all[-1]{generation}, $log{generation}, 'pws-next D.2: it is the same log');
    my @since = $feed->($alice, checkpoint => $all[1]{checkpoint});
    is_deeply([map { $_->{kind} } @since], ['log'], 'pws-next D.1: it comes behind a checkpoint');
    is_deeply([map { $_->{id} } $feed->($september)], ['r'], 'pws 15: not in September\'s form');
    $alice->request(PUT => "$c/policy", json('{"type":"PublicCanRead"}'));
    my @nobody = (sign => 0, zcap => 0);
    told(
        $alice,
        [
            'pws 8.2: whoever reads the collection reads its log',
            GET => "$c/meta/log", [@nobody], 200, undef, body => "$GENESIS\n$second"
        ],
        [
            'pws 8.2: and its changes',
            GET => "$c/query?profile=changes", [@nobody], 200, undef, check => has(qr/"kind":"log"/)
        ],
        [
            'pws 8.2: and writes nothing',
            PUT => "$c/meta/log", [lines($GENESIS), @nobody], 401, 'missing-authorization'
        ],
    );
}

# A log goes with its collection, and a new life begins without.
{
    my $c = fresh();
    my $etag = put($c, $GENESIS);
    my ($id) = $c =~ m{([^/]+)\z};
    told(
        $alice,
        ['pws 11.4: deleted', DELETE => "$c/", [], 204],
        ['pws 11.4: with its log', GET => "$c/meta/log", [], 404, 'not-found'],
        ['pws 11.4: made again', PUT => "$c/meta", [json('{}')], 201],
        ['pws 11.4: without one', GET => "$c/meta/log", [], 404, 'not-found'],
        [
            'pws 11.4: and not encrypted',
            GET => "$c/meta", [], 200, undef,
            check => lacks(qr/"encryption"/)
        ],
    );
    isnt(put($c, $GENESIS, @NEW), $etag, 'pws 9: the validator of a new log is a new one');
}
is_deeply([contradictions($space)], [], 'pws 15: nothing contradicts itself');
{
    my $doomed = make_space($alice);
    make_collection($alice, $doomed, 'c');
    put("/space/$doomed/c", $GENESIS);
    is($alice->delete("/space/$doomed/")->status, 204, 'pws 10: a space is deleted');
    ok(swept($doomed), 'pws 10: and swept');
    is_deeply(
        [sql('SELECT 1 FROM was_pws_logs WHERE space_uuid = ?', $doomed)],
        [], 'pws 10: with its logs');
}

# A quota counts it: 400 bytes and what it says, twice: in its own row, and in the collection's.
{
    my $served = second_server(4, 'WASQuotaPerSpace 100000');
    my ($port) = $served->origin =~ /:(\d+)\z/;
    my $quota = through($port, $alice);
    my $id = make_space($alice);
    my $c = make_collection($alice, $id, 'c');
    my $log = "$c/meta/log";
    my $before = charge_of($id);
    my $state = state('"x":"' . 'x' x 30_000 . '"');
    my $line = first($state);
    is($quota->put($log, lines($line))->status, 204, 'quota: a log fits');
    my $charge = 400 + length($line) + length($state) + length 'resource-log:0.1';
    is(charge_of($id) - $before, $charge, 'quota: it is charged');
    my @more = lines("$line\n" . later(state('"x":"' . 'x' x 40_000 . '"')));
    my $rows = every_row($id);
    told(
        $quota,
        ['quota: a line more does not fit', PUT => $log, [@more], 507, 'quota-exceeded'],
        ['quota: a stale one is stale', PUT => $log, [@more, only(@NEW)], @STALE],
    );
    is_deeply(every_row($id), $rows, 'quota: and nothing is written');
    my @short = lines("$line\n" . later(state()));
    told($quota, ['quota: a short one does', PUT => $log, [@short], 204]);
    is_deeply([contradictions($id)], [], 'quota: what is charged is what is there');
    $rows = every_row($id);
    recount(WAS::Server::dbh());
    is_deeply(every_row($id), $rows, 'quota: and counted anew, it is the same');
    unlike($served->log, qr/:(?:error|crit|alert|emerg)\]/, 'the second httpd has logged no error');
}

done_testing;
