# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Chunks by many at once, through two httpd: of those who make one, one does; what is charged is
# exact, whoever deletes the resource, or its collection, meanwhile; and nothing is left of what
# nobody finds any more.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $CLIENTS = 16;
my $ROUNDS = 20;
my $alice = holder('pws');
my $server = second_server($CLIENTS);
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c', { map { $_ => 'x' } 'a' .. 'd' });

sub text { return (type => 'text/plain', body => 'x' x $_[0], headers => [@_[1 .. $#_]]) }
sub client { return through($ports[$_[0] % 2], $alice) }
sub pick { return $_[rand @_] }

# 1. One of many makes a chunk, and one of many deletes it.
my @none = (headers => ['If-None-Match' => '*']);
for my $row (
    ['made', [PUT => type => 'text/plain', body => 'x', @none], 412],
    ['deleted', ['DELETE'], 404],
) {
    my ($name, $ask, $lost) = @$row;
    my ($method, @options) = @$ask;
    my @said = in_parallel(
        $CLIENTS,
        sub {
            my $client = client($_[0]);
            return join ' ',
                map { $client->request($method, "$c/a/chunks/$_", @options)->status } 1 .. $ROUNDS;
        });
    my @statuses = map { [split / /] } @said;
    for my $round (1 .. $ROUNDS) {
        my @all = map { $_->[$round - 1] // 'none' } @statuses;
        my $winners = grep { $_ eq '204' } @all;
        my $losers = grep { $_ eq $lost } @all;
        ok($winners == 1 && $losers == $CLIENTS - 1, "pws 9: chunk $round: one has $name it")
            or diag("@all");
    }
}
is_deeply([contradictions($space)], [], 'pws 16: nothing contradicts itself');

# 2. All kinds of writes of chunks, of their resources and their collection at once.
my @OPERATIONS = (
    (sub {
        my ($n) = @_;
        my $where = pick('a' .. 'd') . '/chunks/' . int rand 5;
        return (PUT => "$c/$where", text(int rand pick(100, 5000, 1_500_000)));
    }) x 8,
    (sub { (DELETE => "$c/" . pick('a' .. 'd') . '/chunks/' . int rand 5) }) x 4,
    (sub { (PUT => "$c/" . pick('a' .. 'd'), text(int rand 1000)) }) x 4,
    (sub { (DELETE => "$c/" . pick('a' .. 'd')) }) x 2,
    (sub { (PUT => "$c/meta", type => 'application/json', body => '{}') }) x 2,
    (sub { (GET => "$c/" . pick('a' .. 'd') . '/chunks/') }) x 2,
    sub { (DELETE => "$c/") },
);
my $each = sub {
    my ($n, $turn) = @_;
    srand 1000 * $n + $turn;
    my ($method, $target, @options) = pick(@OPERATIONS)->($n);
    my $res = client($n)->request($method, $target, @options);
    my $odd = $res->status !~ /\A(?:20[014]|404)\z/;
    return { status => $res->status, $odd ? (odd => "$method $target: " . $res->status) : () };
};
my @records = WAS::Traffic->run(clients => $CLIENTS, times => 40, each => $each);
my @odd = grep { defined } map { $_->{died} // $_->{odd} } @records;
is_deeply(\@odd, [], 'pws 16: writes of all kinds: each answer is one that could be');
my %count;
$count{ $_->{status} // 'none' }++ for @records;
note join ', ', map { "$_: $count{$_}" } sort keys %count;
ok($count{$_}, "pws 16: some are answered $_") for 200, 204, 404;
is_deeply([contradictions($space)], [], 'pws 16: and nothing contradicts itself');
# Who deletes the collection may have been the last of them.
$alice->put("$c/meta", type => 'application/json', body => '{}');
is($alice->delete("$c/")->status, 204, 'pws 16: all of it is deleted');
ok(swept($space), 'pws 16: and swept');
is_deeply(
    [sql('SELECT number FROM was_pws_chunks WHERE space_uuid = ?', $space)],
    [], 'pws 16: with all chunks');

# 3. Whoever writes before there is a collection, and gets to its turn when there is one with a
# resource in it, has not waited for those who write there by now. Held up between the two by a lock
# on the table of chunks.
{
    my $late = "/space/$space/late";
    my $session = closing('was_pws_chunks');
    my @asked = map {
        my $n = $_;
        pipe my $reader, my $writer or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            my $status = client(1)->request(PUT => "$late/r/chunks/1", text(10 + $n))->status;
            syswrite $writer, $status;
            POSIX::_exit(0);
        }
        [$pid, $reader];
    } 1 .. 8;
    ok(
        eventually(20, sub { waiting_at('was_pws_chunks', 'UPDATE') == @asked }),
        'all of them wait');
    make_collection($alice, $space, 'late', { r => 'x' });
    $session->rollback;
    my @statuses = map { my ($pid, $reader) = @$_; waitpid $pid, 0; <$reader> } @asked;
    my @wrong = grep { !/\A(?:204|404)\z/ } @statuses;
    is_deeply(\@wrong, [], 'pws 9: written while the collection is made') or diag("@statuses");
    ok(scalar(grep { $_ == 204 } @statuses), 'pws 9: by one at least');
    is_deeply([contradictions($space)], [], 'pws 9: and what is charged is what there is');
}

unlike($server->log, qr/was:(?:error|crit|alert|emerg)\]/, 'the second httpd has logged no error');

done_testing;
