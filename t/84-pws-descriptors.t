# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a collection says of itself: who made it, which encryption it takes, how it may change and
# how not, also when many change it at once; and that it comes back as it was sent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $WRITERS = 16;
my $TURNS = 6;
my $alice = holder('pws');
my $space = make_space($alice);
my $at = "/space/$space";
my @BODY = (400, 'invalid-request-body');
my @SCHEME = (400, 'unsupported-encryption-scheme');
my @FIXED = (409, 'encryption-immutable');

sub json { return (type => 'application/json', body => $_[0]) }

# What the answer has as this member, as it stands there: members before the next one.
sub holds {
    my ($text) = @_;
    return check => sub { index($_[0]->body, $text) >= 0 ? () : 'not ' . $_[0]->body };
}

# A description of one member, and a collection that has it.
my $number = 0;

sub described {
    my ($member, $text) = @_;
    my $id = 'd' . ++$number;
    my $body = defined $text ? qq({"id":"$id","$member":$text}) : qq({"id":"$id"});
    my $res = $alice->request(POST => "$at/", json($body));
    $res->status == 201 or die "no $text: " . $res->body;
    return "$at/$id/meta";
}

my $R = '[{"header":{"kid":"k","alg":"A"},"encrypted_key":"e"}]';
my $S = '[{"header":{"kid":"l","alg":"A"},"encrypted_key":"f"}]';
my $E1 = qq({"id":"1","recipients":$R});
my $E1S = qq({"id":"1","recipients":$S});
my $E2 = qq({"id":"2","recipients":$R});
my $H = qq("hmac":{"id":"h","type":"T","recipients":$R});
sub edv { return '{' . join(',', '"scheme":"edv"', @_) . '}' }
sub epochs { return ('"epochs":[' . join(',', @_[1 .. $#_]) . ']', qq("currentEpoch":"$_[0]")) }

# Shapes, of POST and of PUT.
my @SHAPES = (
    ['a scheme alone', edv(), 201],
    ['a version', edv('"version":1'), 201],
    ['another version', edv('"version":2'), @SCHEME],
    ['a version that is no whole number', edv('"version":1.0'), @BODY],
    ['another scheme', '{"scheme":"cose"}', @SCHEME],
    ['no scheme', '{"foo":1}', @BODY],
    ['nothing', 'null', @BODY],
    ['members that nobody knows', edv('"x":[{}]', '"a":null'), 201],
    ['an epoch', edv(epochs(1, $E1)), 201],
    ['two epochs', edv(epochs(2, $E1, $E2)), 201],
    ['epochs that are none', edv('"epochs":"nonsense"'), @BODY],
    ['epochs that are none, and a current one', edv('"epochs":{}', '"currentEpoch":"1"'), @BODY],
    ['epochs without a current one', edv("\"epochs\":[$E1]"), @BODY],
    ['a current one without epochs', edv('"currentEpoch":"1"'), @BODY],
    ['no epochs, and a current one', edv(epochs(1)), @BODY],
    ['a current one that is not there', edv(epochs(2, $E1)), @BODY],
    ['a current one that is a number', edv("\"epochs\":[$E1]", '"currentEpoch":1'), @BODY],
    ['an epoch twice', edv(epochs(1, $E1, $E2, $E1S)), @BODY],
    ['an epoch without a name', edv(epochs('', qq({"id":"","recipients":$R}))), @BODY],
    ['an epoch named by a number', edv(epochs(1, $E1, qq({"id":2,"recipients":$R}))), @BODY],
    ['an epoch that is a text', edv(epochs(1, $E1, '"2"')), @BODY],
    ['an epoch without recipients', edv(epochs(1, '{"id":"1"}')), @BODY],
    ['an epoch for nobody', edv(epochs(1, '{"id":"1","recipients":[]}')), @BODY],
    ['recipients that are an object', edv(epochs(1, '{"id":"1","recipients":{}}')), @BODY],
    ['an hmac', edv($H), 201],
    ['an hmac and an epoch', edv($H, epochs(1, $E1)), 201],
    ['an hmac that is a text', edv('"hmac":"h"'), @BODY],
    ['an hmac that is null', edv('"hmac":null'), @BODY],
    ['an hmac without a name', edv(qq("hmac":{"type":"T","recipients":$R})), @BODY],
    ['an hmac of no type', edv(qq("hmac":{"id":"h","type":"","recipients":$R})), @BODY],
    ['an hmac for nobody', edv('"hmac":{"id":"h","type":"T","recipients":[]}'), @BODY],
    (
        map { ["recipients: $_", edv(epochs(1, qq({"id":"1","recipients":[$_]}))), @BODY] } '5',
        '{}',
        '{"header":{"kid":"k","alg":"A"}}',
        '{"header":{"kid":"k","alg":"A"},"encrypted_key":5}',
        '{"header":{"kid":"","alg":"A"},"encrypted_key":"e"}',
        '{"header":{"kid":"k"},"encrypted_key":"e"}',
        '{"header":"k","encrypted_key":"e"}'
    ),
);
for my $row (@SHAPES) {
    my ($name, $text, $status, $type) = @$row;
    my $is = "pws 14: $name";
    my @new = map { "n$_" . ++$number } 1, 2;
    my @kept = $status == 201 ? holds(qq("encryption":$text)) : ();
    my @there = $status == 201 ? (200, undef, @kept) : (404, 'not-found');
    told(
        $alice,
        [
            "$is: POST", POST => "$at/", [json(qq({"id":"$new[0]","encryption":$text}))],
            $status, $type, @kept
        ],
        [
            "$is: PUT", PUT => "$at/$new[1]/meta", [json(qq({"encryption":$text}))],
            $status, $type, @kept
        ],
        (map { ["$is: it is there, or not", GET => "$at/$_/meta", [], @there] } @new),
    );
}

# Who made it. Each with where a refusal points.
my $did = $alice->did;
my @origin = ("\"id\":\"$did\"", '"origin":"https://a.example"');
sub made_by { return '{' . join(',', @_) . '}' }
sub by_url { return made_by(@origin, qq("url":"$_[0]")) }

sub points {
    my ($pointer) = @_;
    return check => sub {
        my $errors = $_[0]->json->{errors};
        return ($errors->[0]{pointer} // '') eq $pointer ? () : $_[0]->body;
    };
}
for my $row (
    ['a DID', qq("$did")],
    ['an object', made_by($origin[0])],
    ['all of it', made_by('"name":"A"', '"url":"https://a.example/x"', reverse @origin)],
    ['a URL that is the origin', by_url('https://a.example')],
    ['a number', '5', '#/generator'],
    ['a list', '[]', '#/generator'],
    ['no DID', '"x"', '#/generator'],
    ['an empty object', '{}', '#/generator/id'],
    ['an id that is no DID', made_by('"id":"https://a.example"'), '#/generator/id'],
    ['an id that is a DID URL', made_by(qq("id":"$did#x")), '#/generator/id'],
    ['an id that is a number', made_by('"id":5'), '#/generator/id'],
    ['no origin', made_by($origin[0], '"origin":"a.example"'), '#/generator/origin'],
    [
        'an origin with a path', made_by($origin[0], '"origin":"https://a.example/"'),
        '#/generator/origin'
    ],
    ['an origin that is null', made_by($origin[0], '"origin":null'), '#/generator/origin'],
    [
        'a URL without an origin', made_by($origin[0], '"url":"https://a.example/"'),
        '#/generator/url'
    ],
    (
        map { ["a URL: $_", by_url($_), '#/generator/url'] } 'https://b.example/',
        'https://a.example.b/',
        'https://a.example:80/',
        'http://a.example/',
        'https://a.example@b/',
        'https://a.example/?',
        'https://a.example/?x',
        'https://a.example/#',
        'https://a.example/ x',
        "https://a.example/\xc3\xa9",
        'https://a.example/' . 'x' x 2048
    ),
    [
        'a URL of an origin that is no web site',
        made_by($origin[0], '"origin":"ftp://a"', '"url":"ftp://a/"'),
        '#/generator/url'
    ],
    ['an empty name', made_by(@origin, '"name":""'), '#/generator/name'],
    ['a long name', made_by(@origin, '"name":"' . 'x' x 1025 . '"'), '#/generator/name'],
    ['a member more', made_by(@origin, '"version":1'), '#/generator/version'],
    ['a member with an odd name', made_by(@origin, '"a/b":1'), '#/generator'],
    ['a member with a long name', made_by(@origin, '"' . 'x' x 99 . '":1'), '#/generator'],
) {
    my ($name, $text, $pointer) = @$row;
    my $id = 'g' . ++$number;
    my @answer = $pointer ? (@BODY, points($pointer)) : (201, undef, holds(qq("generator":$text)));
    my @there = $pointer ? (404, 'not-found') : (200, undef, holds(qq("generator":$text)));
    told(
        $alice,
        ["pws E.4: $name", POST => "$at/", [json(qq({"id":"$id","generator":$text}))], @answer],
        ["pws E.4: $name: it is there, or not", GET => "$at/$id/meta", [], @there],
    );
}

# What becomes of it where a later write leaves it out: kept, and cleared in September's form.
my %old = (pws => 'kept', pws_september => 'cleared');
for my $vhost (sort keys %old) {
    my $there = at($vhost, $alice);
    my $is = "pws E.4: by way of $vhost";
    my $new = made_by(@origin, '"name":"B"');
    my $lone = '"generatorOrigin":"https://a.example"';
    for my $text (qq("$did"), made_by($origin[0])) {
        my $meta = described(generator => $text);
        my @after = (check => sub { $_[0]->body =~ /"generator/ ? $_[0]->body : () });
        @after = holds(qq("generator":$text)) if $old{$vhost} eq 'kept';
        told(
            $there,
            ["$is: $text left out", PUT => $meta, [json('{"name":"x"}')], 204],
            ["$is: $text is $old{$vhost}", GET => $meta, [], 200, undef, @after],
            ["$is: another", PUT => $meta, [json(qq({"generator":$new}))], 204],
            ["$is: the other is there", GET => $meta, [], 200, undef, holds(qq("generator":$new))],
            [
                "$is: a DID and an origin", PUT => $meta, [json(qq({"generator":"$did",$lone}))],
                204
            ],
            ["$is: it is there", GET => $meta, [], 200, undef, holds(qq("$did",$lone))],
        );
    }
}
# Other tests have put rows into spaces of theirs by hand.
is_deeply(
    [grep { $_->[0] =~ / of \Q$space\E: / } sql($MISCHARGED)],
    [], 'storage: what collections say is charged as it is');

# Which plaintext it has.
for my $row (
    ['nothing', '{}', 201],
    ['no index', '{"indexes":[]}', 201],
    ['indexes', '{"indexes":["b",{"name":"a"},{"source":"custom","name":"c"}]}', 201],
    ['an index that need not be unique', '{"indexes":[{"name":"a","unique":false}]}', 201],
    ['members that nobody knows', '{"x":[1.50]}', 201],
    ['as many as there may be', '{"indexes":[' . join(',', map { "\"$_\"" } 1 .. 256) . ']}', 201],
    ['one too many', '{"indexes":[' . join(',', map { "\"$_\"" } 1 .. 257) . ']}', 400],
    ['null', 'null', 400],
    ['a list', '[]', 400],
    ['indexes that are no list', '{"indexes":{}}', 400],
    ['indexes that are null', '{"indexes":null}', 400],
    ['an index without a name', '{"indexes":[{}]}', 400],
    ['an index with an empty name', '{"indexes":[""]}', 400],
    ['an index that is a number', '{"indexes":[5]}', 400],
    ['a name that is a number', '{"indexes":[{"name":5}]}', 400],
    ['another source', '{"indexes":[{"name":"a","source":"meta"}]}', 400],
    ['unique as text', '{"indexes":[{"name":"a","unique":"true"}]}', 400],
    ['a name twice', '{"indexes":["a","b","a"]}', 400],
    ['a name twice, of two sources', '{"indexes":["a",{"name":"a","source":"custom"}]}', 400],
    ['an index that is to be unique', '{"indexes":[{"name":"a","unique":true}]}', 201],
) {
    my ($name, $text, $status) = @$row;
    my $is = "pws 14.5: $name";
    my @new = map { "p$_" . ++$number } 1, 2;
    my %type = (400 => 'invalid-request-body', 501 => 'unsupported-operation');
    my @kept = $status == 201 ? holds(qq("plaintext":$text)) : ();
    my @there = $status == 201 ? (200, undef, @kept) : (404, 'not-found');
    my @body = map { [json(qq({$_"plaintext":$text}))] } qq("id":"$new[0]",), '';
    told(
        $alice,
        ["$is: POST", POST => "$at/", $body[0], $status, $type{$status}, @kept],
        ["$is: PUT", PUT => "$at/$new[1]/meta", $body[1], $status, $type{$status}, @kept],
        (map { ["$is: it is there, or not", GET => "$at/$_/meta", [], @there] } @new),
    );
}
{
    my $meta = described(plaintext => '{"indexes":["a"]}');
    my $holds = sub { return (200, undef, holds(qq("plaintext":$_[0]))) };
    my $put = sub { return [json("{$_[0]}")] };
    my $sealed = '"encryption":{"scheme":"edv"}';
    told(
        $alice,
        ['pws 14.5: left out', PUT => $meta, $put->('"name":"x"'), 204],
        ['pws 14.5: it is kept', GET => $meta, [], $holds->('{"indexes":["a"]}')],
        ['pws 14.5: another', PUT => $meta, $put->('"plaintext":{"indexes":["b"]}'), 204],
        ['pws 14.5: it is there', GET => $meta, [], $holds->('{"indexes":["b"]}')],
        ['pws 14.5: encrypted', PUT => $meta, $put->($sealed), @BODY],
        ['pws 14.5: both', PUT => $meta, $put->(qq("plaintext":{},$sealed)), @BODY],
        ['pws 14.5: emptied', PUT => $meta, $put->('"plaintext":{}'), 204],
        ['pws 14.5: encrypted even so', PUT => $meta, $put->($sealed), @BODY],
        ['pws 14.5: it is empty', GET => $meta, [], $holds->('{}')],
        [
            'pws 14.5: both, made anew', PUT => "$at/never/meta",
            $put->(qq("plaintext":{},$sealed)), @BODY
        ],
        ['pws 14.5: which is not', GET => "$at/never/meta", [], 404, 'not-found'],
    );
}

# Whether resources may change: said when a collection is made, and then for its life.
my $WRITE_ONCE = '{"immutable":true}';
for my $row (
    ['an empty object', '{}'],
    ['all of it', '{"merge":{"b":[1.50],"a":1},"immutable":true,"resolution":"last-writer-wins"}'],
    ['members that nobody knows', '{"x":1}'],
    ['null', 'null', '#/revisions'],
    ['a list', '[]', '#/revisions'],
    ['another resolution', '{"resolution":"keep-conflicts"}', '#/revisions/resolution'],
    ['a resolution that is null', '{"resolution":null}', '#/revisions/resolution'],
    ['immutable as text', '{"immutable":"true"}', '#/revisions/immutable'],
    ['immutable as number', '{"immutable":1}', '#/revisions/immutable'],
    ['merge as text', '{"merge":"x"}', '#/revisions/merge'],
) {
    my ($name, $text, $pointer) = @$row;
    my $new = 'v' . ++$number;
    my @answer = $pointer ? (@BODY, points($pointer)) : (201, undef, holds(qq("revisions":$text)));
    my @there = $pointer ? (404, 'not-found') : (200, undef, holds(qq("revisions":$text)));
    told(
        $alice,
        ["pws I.2: $name", PUT => "$at/$new/meta", [json(qq({"revisions":$text}))], @answer],
        ["pws I.2: $name: it is there, or not", GET => "$at/$new/meta", [], @there],
    );
}
for my $row (
    ['left out', $WRITE_ONCE, undef, 204],
    ['the same', $WRITE_ONCE, $WRITE_ONCE, 204],
    ['and what is merged', $WRITE_ONCE, '{"immutable":true,"merge":{"a":1}}', 204],
    ['and a default', $WRITE_ONCE, '{"resolution":"last-writer-wins","immutable":true}', 204],
    ['not any more', $WRITE_ONCE, '{"immutable":false}', 409],
    ['not said any more', $WRITE_ONCE, '{}', 409],
    ['said later', undef, $WRITE_ONCE, 409],
    ['said later, as it is', undef, '{"immutable":false}', 204],
    ['other words', '{}', '{"merge":{}}', 204],
) {
    my ($name, $before, $after, $status) = @$row;
    my $is = 'pws I.2: ' . ($before // 'nothing') . " is followed by $name";
    my $meta = described(revisions => $before);
    my $stays = $status == 204 && defined $after ? $after : $before;
    my $body = defined $after ? qq({"revisions":$after}) : '{}';
    told(
        $alice,
        [$is, PUT => $meta, [json($body)], $status, $status == 409 && 'revisions-immutable'],
        [
            "$is: what is there then",
            GET => $meta,
            [], 200, undef,
            holds(defined $stays ? qq("revisions":$stays) : '"id"')
        ],
    );
}
{
    my $c = described(revisions => $WRITE_ONCE) =~ s{/meta\z}{}r;
    my $is = 'pws I.2: immutable';
    my @first = (type => 'text/plain; charset=utf-8', body => 'first');
    my @same = (type => 'TEXT/plain', body => 'first');
    my @other = (409, 'resource-immutable');
    my $etag;
    my $keep = sub { $etag = $_[0]->header('ETag'); () };
    my $as_before = sub { ($_[0]->header('ETag') // '') eq $etag ? () : 'another validator' };
    my $if = sub { (headers => [@_]) };
    my @noted = (json('{"custom":{"name":"n"}}'));
    my $counter =
          'SELECT k.position FROM was_pws_counters k, was_pws_collections c'
        . ' WHERE k.space_uuid = c.space_uuid AND k.collection_generation = c.generation'
        . ' AND c.collection = ?';
    told(
        $alice,
        ["$is: made", PUT => "$c/r", [@first], 201, undef, check => $keep],
        ["$is: posted", POST => "$c/", [@first], 201],
    );
    my @before = sql($counter, "d$number");
    told(
        $alice,
        ["$is: the same", PUT => "$c/r", [@first], 200, undef, check => $as_before],
        [
            "$is: the same under another parameter",
            PUT => "$c/r",
            [@same], 200, undef,
            check => $as_before
        ],
        [
            "$is: the same, where it is there",
            PUT => "$c/r",
            [@same, $if->('If-Match' => '*')],
            200
        ],
        [
            "$is: the same, where it is not", PUT => "$c/r",
            [@same, $if->('If-None-Match' => '*')],
            412, 'precondition-failed'
        ],
        ["$is: other bytes", PUT => "$c/r", [type => 'text/plain', body => 'firsT'], @other],
        ["$is: no bytes", PUT => "$c/r", [type => 'text/plain', body => ''], @other],
        ["$is: another type", PUT => "$c/r", [type => 'text/html', body => 'first'], @other],
        [
            "$is: other bytes, where it is another", PUT => "$c/r",
            [type => 'text/plain', body => 'x', $if->('If-Match' => '"x"')],
            412, 'precondition-failed'
        ],
        ["$is: long", PUT => "$c/r", [type => 'text/plain', body => 'x' x 1_100_000], @other],
        [
            "$is: what is there",
            GET => "$c/r",
            [], 200, undef,
            body => 'first',
            check => $as_before
        ],
    );
    is_deeply([sql($counter, "d$number")], \@before, "$is: nothing was written");
    told(
        $alice,
        ["$is: what is noted beside it", PUT => "$c/r/meta", [@noted], 200],
        ["$is: deleted", DELETE => "$c/r", [], 204],
        ["$is: made anew", PUT => "$c/r", [type => 'text/html', body => 'second'], 201],
        ["$is: which is there", GET => "$c/r", [], 200, undef, body => 'second'],
        ["$is: the first one, to it", PUT => "$c/r", [@first], @other],
    );
    # In parts, the digest tells.
    my $long = 'x' x 1_100_000;
    my @long = (type => 'text/plain', body => $long);
    my @altered = (type => 'text/plain', body => substr($long, 1) . 'y');
    told(
        $alice,
        ["$is: a long one", PUT => "$c/long", [@long], 201, undef, check => $keep],
        [
            "$is: the same long one",
            PUT => "$c/long",
            [type => 'text/plain; a=b', body => $long],
            200, undef,
            check => $as_before
        ],
        ["$is: one as long", PUT => "$c/long", [@altered], @other],
        ["$is: one that is longer", PUT => "$c/long", [@long, body => "$long."], @other],
        ["$is: one that is short", PUT => "$c/long", [@first], @other],
        ["$is: a long one of another type", PUT => "$c/long", [@long, type => 'a/b'], @other],
        [
            "$is: the long one that is there",
            GET => "$c/long",
            [], 200, undef,
            body => $long,
            check => $as_before
        ],
    );
    my ($space) = $c =~ m{/space/([^/]+)/};
    my $loose = sub { my ($row) = sql(<<'SQL', $space); $row->[0] };
SELECT count(*) FROM was_parts p WHERE p.space_uuid = ? AND NOT EXISTS (SELECT 1
    FROM was_pws_resources r WHERE r.space_uuid = p.space_uuid AND r.parts = p.content)
SQL
    ok(eventually(70, sub { $loose->() == 0 }), "$is: nothing is left of what was sent again");
}

# As it was sent, but for blanks: members in their order, numbers and escapes as they stood.
{
    my $sent = qq( { "version":1, "z":[ 1.50 , -0, 1E2 ],\t"scheme":"edv",\n)
        . qq( "a":"\\u00e9 \\/ \\" { ", "b":{"y":{},"x":12345678901234567} } );
    my $kept = qq({"version":1,"z":[1.50,-0,1E2],"scheme":"edv",)
        . qq("a":"\\u00e9 \\/ \\" { ","b":{"y":{},"x":12345678901234567}});
    my $meta = described(encryption => $sent);
    told(
        $alice,
        [
            'pws 14.1: as it was sent', GET => $meta, [], 200, undef,
            holds(qq("encryption":$kept))
        ]);
    my $stored = 'SELECT encryption FROM was_pws_collections WHERE collection = ?';
    is_deeply([sql($stored, "d$number")], [[$kept]], 'pws 14.1: and stored so');
}

# What may follow what.
my $old = epochs(1, $E1);
my @FOLLOWS = (
    ['the same', edv(), edv(), 204],
    ['nothing', edv(), undef, @FIXED],
    ['another scheme', edv(), '{"scheme":"cose"}', @SCHEME],
    ['another member', edv(), edv('"x":1'), 204],
    ['a member less', edv('"x":1'), edv(), 204],
    ['its version', edv(), edv('"version":1'), 204],
    ['no version any more', edv('"version":1'), edv(), @FIXED],
    ['a later version', edv('"version":1'), edv('"version":2'), @SCHEME],
    ['its first epoch', edv(), edv(epochs(1, $E1)), 204],
    ['one more', edv(epochs(1, $E1)), edv(epochs(2, $E1, $E2)), 204],
    ['one more, not current yet', edv(epochs(1, $E1)), edv(epochs(1, $E1, $E2)), 204],
    ['one more, before it', edv(epochs(1, $E1)), edv(epochs(2, $E2, $E1)), 204],
    ['an old one current', edv(epochs(2, $E1, $E2)), edv(epochs(1, $E1, $E2)), @BODY],
    ['one less', edv(epochs(2, $E1, $E2)), edv(epochs(2, $E2)), @BODY],
    ['another in its place', edv(epochs(1, $E1)), edv(epochs(2, $E2)), @BODY],
    ['none any more', edv(epochs(1, $E1)), edv(), @BODY],
    ['another recipient', edv(epochs(1, $E1)), edv(epochs(1, $E1S)), 204],
    ['an hmac', edv(epochs(1, $E1)), edv($H, epochs(1, $E1)), 204],
    ['the hmac for others', edv($H), edv($H =~ s/"k"/"l"/r), 204],
    ['another hmac', edv($H), edv($H =~ s/"h"/"i"/r), @FIXED],
    ['an hmac of another type', edv($H), edv($H =~ s/"T"/"U"/r), @FIXED],
    ['no hmac any more', edv($H), edv(), @FIXED],
    ['an hmac and an epoch less', edv($H, epochs(1, $E1)), edv(), @FIXED],
    ['plaintext', edv(), undef, @BODY, '"plaintext":{}'],
    ['plaintext beside it', edv(), edv(), @BODY, '"plaintext":{}'],
    ['a description of what was not', undef, edv(epochs(1, $E1)), 204],
);
for my $row (@FOLLOWS) {
    my ($name, $before, $after, $status, @more) = @$row;
    my $type = $status == 204 ? undef : shift @more;
    my $is = 'pws 14: ' . ($before // 'nothing') . " is followed by $name";
    my $meta = described(encryption => $before);
    my $body = join ',', (defined $after ? qq("encryption":$after) : ()), @more, '"name":"new"';
    my $stays = $status == 204 ? $after : $before;
    told(
        $alice,
        [$is, PUT => $meta, [json("{$body}")], $status, $type],
        [
            "$is: what is there then", GET => $meta, [], 200, undef,
            holds(defined $stays ? qq("encryption":$stays) : '"id"')
        ],
    );
}

# What was taken before anybody looked at it binds nobody, and breaks nothing.
for my $text (
    '{"scheme":"edv","epochs":"nonsense"}',
    '{"scheme":"edv","epochs":[5,{"id":5},[]],"currentEpoch":{}}',
    '{"scheme":"edv","hmac":"x"}', '{"scheme":"edv","hmac":[{}],"epochs":{"id":1}}',
) {
    my $meta = described(encryption => edv());
    sql(
        'UPDATE was_pws_collections SET encryption = ? WHERE space_uuid = ? AND collection = ?',
        $text, $space, "d$number");
    told(
        $alice,
        ["stored: $text", GET => $meta, [], 200, undef, holds(qq("encryption":$text))],
        ["stored: $text: nothing instead", PUT => $meta, [json('{}')], @FIXED],
    );
    my $ids = $text =~ /"id":5/ ? qq($E2,{"id":"5","recipients":$R}) : $E2;
    my $good = edv($H, epochs(2, $ids));
    told($alice, ["stored: $text: mended", PUT => $meta, [json(qq({"encryption":$good}))], 204]);
}
recount(WAS::Server::dbh());

# Many at once, who each read what is there and add an epoch of their own: nobody's is lost, through
# two httpd.
{
    my $server = second_server($WRITERS);
    my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);
    my $meta = described(encryption => edv(epochs(1, $E1)));
    my $client;
    my $write = sub {
        my ($writer, $turn) = @_;
        $client //= through($ports[$writer % 2], $alice);
        my $id = "w$writer-$turn";
        my $stored = $client->get($meta)->json->{encryption};
        push @{ $stored->{epochs} }, { %{ $stored->{epochs}[0] }, id => $id };
        $stored->{currentEpoch} = $id;
        my $res = $client->send_json(PUT => $meta, { encryption => $stored });
        return { id => $id, status => $res->status };
    };
    my @writes = WAS::Traffic->run(clients => $WRITERS, times => $TURNS, each => $write);
    my $is = "pws 14.3: $WRITERS at once";
    my @odd = grep { ($_->{status} // 0) !~ /\A(?:204|400)\z/ } @writes;
    is_deeply(\@odd, [], "$is: each adds one, or was too late");
    my @added = sort map { $_->{id} } grep { $_->{status} == 204 } @writes;
    my @there =
        grep { $_ ne '1' } map { $_->{id} } @{ $alice->get($meta)->json->{encryption}{epochs} };
    is_deeply([sort @there], \@added, "$is: all that were added are there");
    cmp_ok(scalar @added, '<', scalar @writes, "$is: some were too late");
}

# Of all who write one name at once, where nobody may write over another, one does; whoever writes
# what is there is fine.
{
    my $server = second_server($WRITERS);
    my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);
    my $c = described(revisions => $WRITE_ONCE) =~ s{/meta\z}{}r;
    my $client;
    my $write = sub {
        my ($writer, $turn) = @_;
        $client //= through($ports[$writer % 2], $alice);
        my $body = 'by ' . int($writer / 2);
        my $res = $client->put("$c/once-$turn", type => 'text/plain', body => $body);
        my $etag = $res->header('ETag');
        return { turn => $turn, body => $body, status => $res->status, etag => $etag };
    };
    my @writes = WAS::Traffic->run(clients => $WRITERS, times => $TURNS, each => $write);
    my $is = "pws I.2: $WRITERS at once";
    my @odd = grep { ($_->{status} // 0) !~ /\A(?:20[01]|409)\z/ } @writes;
    is_deeply(\@odd, [], "$is: each is there, or too late");
    for my $turn (0 .. $TURNS - 1) {
        my @good = grep { $_->{turn} == $turn && $_->{status} < 300 } @writes;
        my $res = $alice->get("$c/once-$turn");
        my %said = map { ("$_->{body} $_->{etag}" => 1) } @good;
        my $there = $res->body . ' ' . $res->header('ETag');
        is_deeply([keys %said], [$there], "$is: all that are told so wrote what is there");
    }
    is_deeply([contradictions($space)], [], "$is: counters say what there is");
}

done_testing;
