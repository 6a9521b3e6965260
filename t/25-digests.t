# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Digests of RFC 9530, in both protocols: of contents in memory, in parts and in rows. What comes
# with one that it does not have is refused, and nothing of it is stored; who asks for one is told
# that of the bytes that are stored, and of those that are sent, where it costs no long read.

use strict;
use warnings;

use Digest::SHA qw(sha256_base64 sha512_base64);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Key;
use WAS::Parts qw(loose_parts leases due_now);
use WAS::Server;
use WAS::Traffic qw(eventually);

my $MIB = 1 << 20;

my $database = WAS::Server::create_database();
my $server = WAS::Server->start(dsn => WAS::Server::cluster()->dsn($database), config => <<'CONF');
<Location "/coded">
    SetHandler was
    SetOutputFilter DEFLATE
</Location>
<Location "/uncut">
    SetHandler was
    MaxRanges none
</Location>
<Location "/rows">
    SetHandler was
    WASContentParts off
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $dbh = WAS::Server::dbh($database);

my $key = WAS::Key->fresh;
my $alice = $server->client($key);
my $holder = at($server->origin, $key, mount => '/pws', timeout => 60);
my $space = new_id();
my $document = json_text({ controller => $key->did });
$alice->put("/space/$space", body => $document, type => 'application/json')->status == 204
    or BAIL_OUT('no space');
my $collection = make_collection($holder, make_space($holder), 'c');

sub padded { return $_[0] . '=' x (-length($_[0]) % 4) }
sub of_256 { return 'sha-256=:' . padded(sha256_base64($_[0])) . ':' }
sub of_512 { return 'sha-512=:' . padded(sha512_base64($_[0])) . ':' }

# Who asks, where: in memory; in parts, or in its row.
my @SPEAKS = (
    ['classic', $alice, "/space/$space"], ['classic, in rows', $alice, "/rows/space/$space"],
    ['pws', $holder, $collection],
);

# 1. What comes: what its digest says, or nothing.
# A row's status is 0 where it is taken: as what replaces something, in either protocol.
my ($DONE, $REFUSED) = (0, 400);
my %REPLACED = (classic => 204, 'classic, in rows' => 204, pws => 200);
my @COMING = (
    ['a right one', $DONE, 'Content-Digest', sub { of_256($_[0]) }],
    ['a right one of SHA-512', $DONE, 'Content-Digest', sub { of_512($_[0]) }],
    ['a right one of the representation', $DONE, 'Repr-Digest', sub { of_256($_[0]) }],
    ['one behind an unknown one', $DONE, 'Repr-Digest', sub { 'md5=:abc=:, ' . of_512($_[0]) }],
    ['an unknown one alone', $DONE, 'Content-Digest', sub { 'unixsum=30637' }],
    ['an empty one', $DONE, 'Content-Digest', sub { '' }],
    ['a wrong one', $REFUSED, 'Content-Digest', sub { of_256("$_[0]x") }],
    ['a wrong one of SHA-512', $REFUSED, 'Content-Digest', sub { of_512("$_[0]x") }],
    ['a wrong one of the representation', $REFUSED, 'Repr-Digest', sub { of_256("$_[0]x") }],
    ['two that differ', $REFUSED, 'Repr-Digest', sub { of_256($_[0]) . ', ' . of_256('x') }],
    ['one without its colons', $REFUSED, 'Content-Digest', sub { of_256($_[0]) =~ tr/://dr }],
    ['one that is too short', $REFUSED, 'Content-Digest', sub { 'sha-256=:YWJj:' }],
);
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    my $replaced = $REPLACED{$protocol};
    my $made = $who->put("$path/in", body => 'x', type => 'x/y')->status;
    is($made, $replaced == 200 ? 201 : 204, "$protocol: made");
    for my $size (1000, 3 * $MIB) {
        my $old = random_bytes($size);
        for my $case (@COMING) {
            my ($name, $status, $field, $digest) = @$case;
            my $bytes = random_bytes($size);
            for my $framing ([], [chunked => 70_000]) {
                my $is = "$protocol, $size bytes" . (@$framing ? ' in chunks' : '') . ", $name";
                my @old = (body => $old, type => 'x/y');
                is($who->put("$path/in", @old)->status, $replaced, "$is: what was there");
                my $res = $who->put(
                    "$path/in", body => $bytes, type => 'x/y', @$framing,
                    headers => [$field => $digest->($bytes)]);
                is($res->status, $status || $replaced, "$is: taken, or refused");
                my $due = $status == $DONE ? $bytes : $old;
                ok($who->get("$path/in")->body eq $due, "$is: all or nothing");
            }
        }
    }
}
my @both = ('Content-Digest' => of_256($document), 'Repr-Digest' => of_256('x'));
my $res =
    $alice->put("/space/$space", body => $document, type => 'application/json', headers => \@both);
is($res->status, 400, 'a document is a body, too: a wrong one beside a right one is refused');

# 2. What goes: digests that are asked for. Of what stands in parts there is the one that was
# stored, of what is long and stands in its row none.
my $PART = 512 * 1024;
my %OF = (256 => \&of_256, 512 => \&of_512);

# Those of an answer: of the representation, and of what is sent.
sub digests_told {
    my ($res) = @_;
    return join ' ', map { $res->header($_) // 'none' } qw(Repr-Digest Content-Digest);
}

# Name, fields, and the algorithms of both, where the content came with its row and where it is in
# parts.
my @GOING = (
    ['nothing', [], [0, 0]],
    ['SHA-256', ['sha-256=1', 'sha-256=10'], [256, 256]],
    ['of the representation', ['sha-256=1'], [256, 0]],
    ['of what is sent', [undef, 'sha-256=5, md5=10'], [0, 256]],
    ['SHA-512', ['sha-512=1', 'sha-512=1'], [512, 512], [0, 0]],
    ['rather SHA-512', ['sha-256=9, sha-512=10'], [512, 0], [256, 0]],
    ['rather SHA-256', [undef, 'sha-512=1,sha-256=2'], [0, 256]],
    ['others', ['md5=10', 'unixsum=1'], [0, 0]],
    ['neither', ['sha-256=0', 'sha-512=0'], [0, 0]],
    ['too much', ['sha-256=11', 'sha-256=1.0'], [0, 0]],
    ['what is malformed', ['sha-256=1,', 'sha-256'], [0, 0]],
    ['what is long', ['a=1, ' x 1000 . 'sha-256=1', 'a' x 6000], [256, 0]],
);

sub wanting {
    my ($repr, $content, @others) = @_;
    return (
        headers => [
            defined $repr ? ('Want-Repr-Digest' => $repr) : (),
            defined $content ? ('Want-Content-Digest' => $content) : (), @others
        ]);
}

my @BOTH = ('sha-256=3', 'sha-256=1');
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    for my $size (0, 1000, 3 * $MIB) {
        my $bytes = random_bytes($size);
        my $url = "$path/out";
        my $is = "$protocol, $size bytes";
        my $is_long = $size > $MIB;
        my $has_none = $is_long && $protocol =~ /rows/;
        my $whole = $has_none ? 'none' : of_256($bytes);
        my $due = $protocol ne 'pws' ? 204 : $who->get($url)->status == 404 ? 201 : 200;
        is($who->put($url, body => $bytes, type => 'text/plain')->status, $due, "$is: stored");
        for my $case (@GOING) {
            my ($name, $fields, $short, $long) = @$case;
            my @due = $has_none ? (0, 0) : @{ $is_long ? $long // $short : $short };
            my ($repr, $content) = map { $_ ? $OF{$_}->($bytes) : 'none' } @due;
            my $res = $who->get($url, wanting(@$fields));
            is(digests_told($res), "$repr $content", "$is, GET wants $name");
            ok($res->status == 200 && $res->body eq $bytes, "$is, GET wants $name: the content");
            next if $name =~ /512/;
            $content =
                $fields->[1] && $name !~ /\A(?:others|neither|too|what)/ ? of_256('') : 'none';
            $res = $who->request(HEAD => $url, wanting(@$fields));
            is(
                digests_told($res), "$repr $content",
                "$is, HEAD wants $name: what it sends is nothing");
            is($res->header('Content-Length'), $size, "$is, HEAD wants $name: the length");
        }
        my $etag = $who->get($url)->header('ETag');
        my @others = (
            [304, 'If-None-Match' => $etag], [412, 'If-Match' => '"x"'],
            [416, Range => "bytes=$size-"],
        );
        for my $case (@others) {
            my ($status, @field) = @$case;
            my $res = $who->get($url, wanting(@BOTH, @field));
            is($res->status . ' ' . digests_told($res), "$status none none", "$is, $status: none");
        }
        next if !$size;
        my @ranges = (
            [0, 0], [$size - 1, $size - 1], [5, 904],
            $is_long
            ? ([$PART - 1, $PART], [$PART - 3, $PART + $MIB - 4], [$size - $MIB, $size - 1])
            : ());
        for my $range (@ranges) {
            my ($from, $to) = @$range;
            my $res = $who->get($url, wanting(@BOTH, Range => "bytes=$from-$to"));
            my $part = of_256(substr $bytes, $from, $to - $from + 1);
            is(
                $res->status . ' ' . digests_told($res), "206 $whole $part",
                "$is, bytes $from to $to");
        }
        my @rare = (['two ranges', 206, 'bytes=0-1,5-6'], ['a blank', 200, 'bytes= 0-1']);
        push @rare, ['a long one', 206, "bytes=0-$MIB"] if $is_long;
        for my $case (@rare) {
            my ($name, $status, $range) = @$case;
            my $res = $who->get($url, wanting(@BOTH, Range => $range));
            is(
                $res->status . ' ' . digests_told($res), "$status $whole none",
                "$is, $name: of the whole");
        }
    }
}

# What has a tag is not coded, and where nothing is cut, nothing is said of a part.
my $text = 'abc ' x 1000;
is($alice->put("/space/$space/text", body => $text, type => 'text/plain')->status, 204, 'a text');
my @gzip = ('Accept-Encoding' => 'gzip');
my $coded = $alice->get("/coded/space/$space/text", wanting(@BOTH, @gzip));
is($coded->header('Content-Encoding'), undef, 'who asks gets it as it is');
is(digests_told($coded), of_256($text) . ' ' . of_256($coded->body), 'with its digests');
my $uncut = $alice->get("/uncut/space/$space/text", wanting(@BOTH, Range => 'bytes=0-1'));
is(
    $uncut->status . ' ' . digests_told($uncut), '200 ' . of_256($text) . ' none',
    'no ranges: the whole');

# What somebody else has stored in a digest's place is no digest; what he has stored in the
# content's is digested.
is($alice->put("/space/$space/theirs", body => 'x' x (2 * $MIB))->status, 204, 'one in parts');
my @at = ($space, '/theirs');
$dbh->do(<<'SQL', undef, @at);
UPDATE was_resources SET parts_digest = 'short' WHERE space_uuid = ? AND path = ?
SQL
is(
    digests_told($alice->get("/space/$space/theirs", wanting(@BOTH))), 'none none',
    'a digest is cut');
$dbh->do("UPDATE was_resources SET content = 'abc' WHERE space_uuid = ? AND path = ?", undef, @at);
my $theirs = $alice->get("/space/$space/theirs", wanting(@BOTH));
is(digests_told($theirs), join(' ', (of_256('abc')) x 2), 'the Python server has written over it');

my $swept;
for (1 .. 10) {
    due_now($dbh, qw(unnamed content));
    my $idle = make_space($holder);
    $holder->delete("/pws/space/$idle/")->status == 204 or die 'no space to delete';
    $swept = eventually(2, sub { !loose_parts($dbh) && !leases($dbh) }) and last;
}
ok($swept, 'nothing is left of what was refused');

done_testing;
