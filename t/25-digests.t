# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Digests of RFC 9530, in both protocols: of contents in memory, in parts and in rows. What comes
# with one that it does not have is refused, and nothing of it is stored.

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
my @COMING = (
    ['a right one', 204, 'Content-Digest', sub { of_256($_[0]) }],
    ['a right one of SHA-512', 204, 'Content-Digest', sub { of_512($_[0]) }],
    ['a right one of the representation', 204, 'Repr-Digest', sub { of_256($_[0]) }],
    ['one behind an unknown one', 204, 'Repr-Digest', sub { 'md5=:abc=:, ' . of_512($_[0]) }],
    ['an unknown one alone', 204, 'Content-Digest', sub { 'unixsum=30637' }],
    ['an empty one', 204, 'Content-Digest', sub { '' }],
    ['a wrong one', 400, 'Content-Digest', sub { of_256("$_[0]x") }],
    ['a wrong one of SHA-512', 400, 'Content-Digest', sub { of_512("$_[0]x") }],
    ['a wrong one of the representation', 400, 'Repr-Digest', sub { of_256("$_[0]x") }],
    ['two that differ', 400, 'Repr-Digest', sub { of_256($_[0]) . ', ' . of_256('x') }],
    ['one without its colons', 400, 'Content-Digest', sub { of_256($_[0]) =~ tr/://dr }],
    ['one that is too short', 400, 'Content-Digest', sub { 'sha-256=:YWJj:' }],
);
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    for my $size (1000, 3 * $MIB) {
        my $old = random_bytes($size);
        for my $case (@COMING) {
            my ($name, $status, $field, $digest) = @$case;
            my $bytes = random_bytes($size);
            for my $framing ([], [chunked => 70_000]) {
                my $is = "$protocol, $size bytes" . (@$framing ? ' in chunks' : '') . ", $name";
                my @old = (body => $old, type => 'x/y');
                is($who->put("$path/in", @old)->status, 204, "$is: what was there");
                my $res = $who->put(
                    "$path/in", body => $bytes, type => 'x/y', @$framing,
                    headers => [$field => $digest->($bytes)]);
                is($res->status, $status, "$is: $status");
                my $due = $status == 204 ? $bytes : $old;
                ok($who->get("$path/in")->body eq $due, "$is: all or nothing");
            }
        }
    }
}
my @both = ('Content-Digest' => of_256($document), 'Repr-Digest' => of_256('x'));
my $res =
    $alice->put("/space/$space", body => $document, type => 'application/json', headers => \@both);
is($res->status, 400, 'a document is a body, too: a wrong one beside a right one is refused');

my $swept;
for (1 .. 10) {
    due_now($dbh, qw(unnamed content));
    my $idle = make_space($holder);
    $holder->delete("/pws/space/$idle/")->status == 204 or die 'no space to delete';
    $swept = eventually(2, sub { !loose_parts($dbh) && !leases($dbh) }) and last;
}
ok($swept, 'nothing is left of what was refused');

done_testing;
