# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Deleting takes one short transaction, whatever is in what is deleted: it is gone at once, for who
# reads, who writes, and who makes something of that name again. Its rows are swept afterwards, in
# batches, by one sweeper at a time, and in the end nothing is left.

use strict;
use warnings;

use FindBin;
use List::Util qw(sum);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Deletion;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $MANY = 200_000;
my $SOME = 50_000;
my $world = WAS::Deletion->start;

# 1. What is deleted, what is left of its space then, and what who makes it again at once is told. A
# classic uuid is that of the rows below, so it can be had when they are gone. Somebody else holds
# each hundredth of the rows meanwhile: who deleted, or changed, more than a few of them would wait
# for him, and be refused; so the sweep waits, too, and all of them are there to be counted. How
# long a deletion takes says less: the machine may be busy.
my %in_space = (was_pws_spaces => 1, was_pws_tombstones => 1);
my %in_collection = (%in_space, was_pws_collections => 1, was_pws_counters => 1);
my @classic = (was_resources => q(path LIKE '%00'));
my @resources = (was_pws_resources => q(resource LIKE '%00'));
my @collections = (was_pws_collections => q(collection LIKE '%00'));
my @chunks = (was_pws_chunks => 'number % 100000 = 0');
for my $row (
    ["a classic space of $MANY", classic_space => $MANY, {}, 503, 204, \@classic],
    ["a pws space of $MANY", pws_space => $MANY, {}, 201, 201, \@resources],
    ["a pws space of $SOME collections", pws_collections => $SOME, {}, 201, 201, \@collections],
    ["a pws collection of $MANY", pws_collection => $MANY, \%in_space, 201, 201, \@resources],
    ["a pws resource of $MANY chunks", pws_chunks => $MANY, \%in_collection, 201, 201, \@chunks],
) {
    my ($name, $make, $count, $left, $at_once, $later, $held) = @$row;
    my $small = $world->$make(1);
    is($small->{by}->delete($small->{delete})->status, 204, "$name, or of 1: deleted");
    $world->gone_at_once("$name, or of 1", $small);
    $world->is_swept("$name, or of 1", $small->{id}, $left);

    my $what = $world->$make($count);
    my $session = hundredth_of($what, @$held);
    my $before = rows_in($what);
    my $res = $what->{by}->delete($what->{delete});
    is($res->status, 204, "$name: deleted, whoever holds what is in it");
    cmp_ok(abs(rows_in($what) - $before), '<', 0.1 * $count, "$name: and nothing done to its rows");
    $session->rollback;
    $world->gone_at_once($name, $what);
    $res = $what->{by}->request(@{ $what->{again} });
    is($res->status, $at_once, "$name: made again at once") or diag $res->body;
    if ($at_once == 503) {
        like($res->header('Retry-After') // '', qr/\A\d+\z/, "$name: may be tried again");
    }
    else {
        my @statuses = map { $what->{by}->get($_)->status } @{ $what->{below} };
        is("@statuses", join(' ', (404) x @statuses), "$name: the new one has nothing of the old");
        is($what->{by}->delete($what->{delete})->status, 204, "$name: the new one is deleted");
    }
    $world->is_swept($name, $what->{id}, $left);
    is($what->{by}->request(@{ $what->{again} })->status, $later, "$name: made again later");
}

# How many rows there are of what is to be deleted.
sub rows_in {
    my ($what) = @_;
    return sum(values %{ $world->rows_of($what->{id}) });
}

# A session that holds those rows of what is to be deleted.
sub hundredth_of {
    my ($what, $table, $which) = @_;
    my $session = WAS::Server::dbh($world->{dbh}{pg_db});
    $session->begin_work;
    my $hold = "SELECT 1 FROM $table WHERE space_uuid = ? AND $which FOR UPDATE";
    my $count = $session->do($hold, undef, $what->{id});
    $count >= $SOME / 100 or die "only $count rows of $table are held";
    return $session;
}

# 2. One sweeper at a time, of all children of two httpd; others read and write meanwhile.
my $second = $world->another;
my @both = map { $world->pws_space($SOME) } 1 .. 2;
my $other = $world->at_pws;
my $c = make_collection($other, make_space($other), 'c', { r => 'x' });
my $each = sub {
    my ($n, $turn) = @_;
    my $client = $world->at_pws($n % 2 ? $second : undef);
    my $res =
          $turn % 2
        ? $client->get("$c/r")
        : $client->put("$c/w$n", body => 'x', type => 'text/plain');
    return { status => $res->status };
};
my $traffic = WAS::Traffic->start(clients => 4, each => $each);
$both[0]{by}->delete($both[0]{delete});
$world->at_pws($second)->delete($both[1]{delete});
my ($most, $seen) = (0, 0);
while ($world->unswept) {
    my $now = $world->sweepers;
    $most = $now if $now > $most;
    $seen++ if $now;
    sleep 0.003;
}
my @records = $traffic->finish;
cmp_ok($seen, '>', 0, 'a sweeper is seen');
is($most, 1, 'never more than one');
my @odd = grep { ($_->{status} // 0) !~ /\A20[01]\z/ } @records;
is_deeply(\@odd, [], 'others read and write meanwhile');
my @times = sort { $a <=> $b } map { 1000 * ($_->{end} - $_->{begin}) } @records;
note sprintf '%d requests meanwhile: p50 %.1f ms, p99 %.1f ms, the longest %.1f ms', scalar @times,
    map { $times[$_ * $#times] } 0.5, 0.99, 1;
$world->is_swept('one of two', $_->{id}) for @both;

# 3. What the log says. That a sweep has come to its end is known after one more rest.
my (@said, @begun, @ended);
my $all_ended = sub {
    @said = map { $_->log =~ /sweeping what was deleted: (.*)/g } $world->{server}, $second;
    @begun = grep { $_ eq 'begun' } @said;
    @ended = grep {
        /\A(?:finished|left to another server), \d+ rows in \d+\.\d seconds; \d+ spaces, coll/
    } @said;
    return @begun && @ended == @begun;
};
eventually(60, $all_ended);
cmp_ok(scalar @begun, '>', 0, 'the log says when a sweep began');
is(scalar @ended, scalar @begun, 'and what came of it') or diag join "\n", @said;
ok(scalar(grep { /(\d+) rows/ && $1 > $MANY } @said), 'and how many rows it was');
my @wrong = grep { /was:(?:warn|error|crit|alert|emerg)\]/ }
    map { $_->own_lines } $world->{server}, $second;
is_deeply(\@wrong, [], 'and nothing that is wrong');

done_testing;
