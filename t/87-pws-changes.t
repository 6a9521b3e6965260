# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The change counter of a collection: many who write at once lose nothing, positions are unique and
# in the order of commits, so that who reads on from the last one that it saw misses nothing
# (protocol/pws-next D.4). And whatever was written by whom, and refused, the counters say what
# there is, and nothing belongs to what is gone.

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(timed);

my $WRITERS = 32;
my $TURNS = 24;
my $QUOTA = 60_000;
my $alice = holder('pws');
my $server = second_server($WRITERS);
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);

# 1. What a writer writes, over and over, in its own resources of a collection: method, path, how
# many bytes or which document, and the status that is due. {t} is another in each round.
my @WRITES = (
    [PUT => 'r{n}-{t}', 10, 204],
    [PUT => 'r{n}-{t}/policy', { type => 'PublicCanRead' }, 201],
    [PUT => 's{n}-{t}', 200_000, 204],
    [PUT => 's{n}-{t}/meta', { custom => { name => 'n{t}' } }, 204],
    [PUT => 'meta', { name => 'n{n}-{t}' }, 204],
    [PUT => 'r{n}', 20_000, 204],
    [DELETE => 'r{n}-{t}', undef, 204],
    [PUT => 's{n}-{t}', 500, 204],
);

# A write of such a row: [method, path below the collection, options, what is stored then].
sub write_of {
    my ($writer, $turn) = @_;
    my ($method, $path, $what) = @{ $WRITES[$turn % @WRITES] };
    my $round = int $turn / @WRITES;
    my $fill = sub { $_[0] =~ s/\{n\}/$writer/gr =~ s/\{t\}/$round/gr };
    $path = $fill->($path);
    return [$method, $path] if !defined $what;
    my $type = ref $what ? 'application/json' : 'text/plain';
    my $body =
        ref $what
        ? $fill->(json_text($what))
        : substr "$writer $turn " x (1 + $what / 4), 0, $what;
    return [$method, $path, [type => $type, body => $body], md5_hex($body)];
}

# All that was written by so many turns of so many writers as a hash of its last versions.
sub due_in_the_end {
    my ($collections) = @_;
    my %due;
    for my $writer (0 .. $WRITERS - 1) {
        my $place = 'c' . $writer % $collections;
        for my $turn (0 .. $TURNS - 1) {
            my (undef, $path, undef, $stored) = @{ write_of($writer, $turn) };
            # Of one collection many write the description; and custom is a member of its document.
            next if $path =~ /meta\z/;
            $due{"$place/$path"} = $stored;
            $due{"$place/$path/policy"} = undef if !defined $stored;
        }
    }
    delete @due{ grep { !defined $due{$_} } keys %due };
    return \%due;
}

sub stored_in_the_end {
    my ($space) = @_;
    return { map { @$_ } sql(<<'SQL', $space) };
SELECT c.collection || '/' || x.path, x.md5 FROM was_pws_collections c, (
    SELECT space_uuid, collection_generation AS parent, resource AS path, md5(content) AS md5
    FROM was_pws_resources
    UNION ALL SELECT space_uuid, parent, resource || '/policy', md5(document) FROM was_pws_policies
) x WHERE c.space_uuid = ? AND (x.space_uuid, x.parent) = (c.space_uuid, c.generation)
SQL
}

# Who reads the records again and again, each time in one statement: yields what has come to a
# position that is not above all that were seen before.
sub reader {
    my ($space) = @_;
    my (%at, %highest);
    return sub {
        my (@late, %higher);
        for my $record (records($space)) {
            my ($parent, $kind, $id, $position) = @$record;
            my $seen = \$at{"$parent $kind $id"};
            next if ($$seen // 0) == $position;
            push @late, "$kind $id at $position behind $highest{$parent}"
                if $position <= ($highest{$parent} // 0);
            $$seen = $higher{$parent} = $position;
        }
        %highest = (%highest, %higher);
        return { late => \@late, new => scalar keys %higher };
    };
}

for my $collections (1, $WRITERS) {
    my $name =
        "pws-next D.4: $WRITERS writers in $collections collection" . 's' x ($collections > 1);
    my $space = make_space($alice);
    my @paths = map { make_collection($alice, $space, "c$_") } 0 .. $collections - 1;
    my $read = WAS::Traffic->start(clients => 1, each => reader($space));
    my $client;
    my $write = sub {
        my ($writer, $turn) = @_;
        $client //= through($ports[$writer % 2], $alice);
        my ($method, $path, $options) = @{ write_of($writer, $turn) };
        my $target = $paths[$writer % @paths] . "/$path";
        my $status = $client->request($method, $target, @{ $options // [] })->status;
        my $due = $WRITES[$turn % @WRITES][3];
        return { odd => $status == $due ? '' : "$method $path: $status" };
    };
    my ($seconds, $writes) = timed(sub {
        return [WAS::Traffic->run(clients => $WRITERS, times => $TURNS, each => $write)];
    });
    my @reads = $read->finish;
    my @odd = grep { $_ ne '' } map { $_->{died} // $_->{odd} } @$writes;
    is_deeply(\@odd, [], "$name: every write is answered as it must be");
    is(scalar @$writes, $WRITERS * $TURNS, "$name: none is left out");
    is_deeply(
        stored_in_the_end($space), due_in_the_end($collections),
        "$name: no write is lost, what was answered is there with its bytes");
    my @late = map { $_->{died} // @{ $_->{late} } } @reads;
    is_deeply(\@late, [], "$name: who has seen a position meets no lower one later");
    is_deeply([contradictions($space)], [], "$name: positions are unique, counters true");
    # Each write took one position, a deletion two, and making a collection the first.
    my $deletions = grep { $_->[0] eq 'DELETE' }
        map { $WRITES[$_ % @WRITES] } 0 .. $TURNS - 1;
    is_deeply(
        [sql('SELECT sum(position) FROM was_pws_counters WHERE space_uuid = ?', $space)],
        [[$collections + $WRITERS * ($TURNS + $deletions)]],
        "$name: no position is left out");
    my $busy = grep { $_->{new} } @reads;
    cmp_ok($busy, '>', 20, "$name: it was read while they wrote");
    note sprintf '%s, through two httpd: %d writes in %.1f s, %.0f a second; %d reads, %d of news',
        $name, scalar @$writes, $seconds, @$writes / $seconds, scalar @reads, $busy;
}

done_testing;
