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
my $MIXERS = 8;
my $MIXED = 140;    # writes of each, in a round
my $QUOTA = 60_000;
my $alice = holder('pws');
my $server = second_server($WRITERS);
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);

# 1. What a writer writes, over and over, in its own resources of a collection: method, path, how
# many bytes or which document, and the status that is due. {t} is another in each round.
my @WRITES = (
    [PUT => 'r{n}-{t}', 10, 201],
    [PUT => 'r{n}-{t}/policy', { type => 'PublicCanRead' }, 201],
    [PUT => 's{n}-{t}', 200_000, 201],
    [PUT => 's{n}-{t}/meta', { custom => { name => 'n{t}' } }, 200],
    [PUT => 'meta', { name => 'n{n}-{t}' }, 204],
    [PUT => 'r{n}', 20_000, '20[01]'],
    [DELETE => 'r{n}-{t}', undef, 204],
    [PUT => 's{n}-{t}', 500, 200],
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
        return { odd => $status =~ /\A$due\z/ ? '' : "$method $path: $status" };
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

# 2. All kinds of writes by all at once, refused ones among them, of which the big ones go through
# an httpd with a quota. A row: method, target, options, and the statuses of which each must have
# come in the end. {s}, {c} and {r} are some space, collection and resource; the space {two} comes
# and goes.
my $limited = second_server($MIXERS, "WASQuotaPerSpace $QUOTA");
my $mallory = holder('pws');
my ($one, $two) = map { make_space($alice) } 1 .. 2;
my %jwe = (protected => 'x', ciphertext => 'y');
make_collection($alice, $one, 'sealed', {}, encryption => { scheme => 'edv' });

sub text { return (type => 'text/plain', body => $_[0]) }
sub document { return (type => 'application/json', body => json_text($_[0])) }
sub only { return (headers => [@_]) }
my @none = only('If-None-Match' => '*');
my @other = only('If-Match' => '"other"');
my @owned = document({ controller => $alice->did });
my @public = document({ type => 'PublicCanRead' });
my @noted = document({ custom => { name => 'n' } });
my @MIX = (
    [PUT => '{s}/{c}/{r}', [text('x' x 7)], 200, 201, 404],
    [PUT => '{s}/{c}/{r}', [text('x' x 3000)], 200, 201],
    [PUT => '{s}/{c}/{r}', [text('x'), only('If-Match' => '*')], 200, 412],
    [PUT => '{s}/{c}/{r}', [text('x'), @none], 201, 412],
    [PUT => '{s}/{c}/{r}', [text('x'), @other], 412],
    [PUT => '{s}/{c}/{r}', [text('x' x ($QUOTA + 1)), limited => 1], 507],
    [PUT => '{s}/{c}/{r}', [text('x' x 70), limited => 1], 200, 201],
    [PUT => '{s}/{c}/{r}', [text('x' x 70), by => $mallory], 404],
    [POST => '{s}/{c}/', [text('x' x 11)], 201],
    [DELETE => '{s}/{c}/{r}', [], 204],
    [DELETE => '{s}/{c}/{r}', [@other], 412],
    [DELETE => '{s}/{c}/{r}', [by => $mallory], 404],
    [PUT => '{s}/{c}/{r}/meta', [@noted], 200, 404],
    [PUT => '{s}/{c}/{r}/meta', [@noted, @other], 412],
    [PUT => '{s}/{c}/{r}/policy', [@public], 201, 404],
    [DELETE => '{s}/{c}/{r}/policy', [], 204],
    [PUT => '{s}/{c}/policy', [@public], 201, 204],
    [DELETE => '{s}/{c}/policy', [], 204],
    [PUT => '{s}/policy', [@public], 201, 204],
    [DELETE => '{s}/policy', [], 204],
    [PUT => '{s}/{c}/meta', [document({ name => 'x' })], 201, 204],
    [PUT => '{s}/{c}/meta', [document({}), @none], 201, 412],
    [PUT => '{s}/{c}/meta', [document({}), @other], 412],
    [POST => '{s}/', [document({ id => '{c}' })], 201, 409],
    [DELETE => '{s}/{c}/', [], 204],
    [PUT => '{one}/sealed/{r}', [text('x')], 422],
    [PUT => '{one}/sealed/{r}', [document({ jwe => \%jwe })], 200, 201],
    [DELETE => '{one}/sealed/{r}', [], 204],
    [PUT => '{one}/meta', [@owned], 204],
    [DELETE => '{two}/', [], 204],
    [PUT => '{two}/meta', [@owned, zcap => { root => 'self' }], 201],
    [PUT => '{two}/meta', [@owned, zcap => { root => 'self' }, @none], 201, 412],
    [PUT => '{s}/policy', [@public, by => $mallory], 404],
);

sub pick { return $_[rand @_] }

# The next write of a client; yields its row's number and the status.
sub mixed_write {
    my ($clients, $number) = @_;
    my ($method, $target, $options) = @{ $MIX[$number] };
    my %options = @$options;
    my $who = delete $options{by} ? 'mallory' : delete $options{limited} ? 'limited' : 'alice';
    my $space = pick($one, $one, $two);
    my %value =
        (s => $space, one => $one, two => $two, c => pick('a' .. 'c'), r => pick('p' .. 's'));
    s/\{(\w+)\}/$value{$1} \/\/ $&/ge for $target, grep { defined } $options{body};
    my $res = $clients->{$who}->request($method, "/space/$target", %options);
    return { row => $number, status => $res->status };
}

my $seed = $ENV{WAS_SEED} // int rand 1_000_000;
note "WAS_SEED=$seed";
my %came;

# What a row should come to at some time, and has not yet.
sub missing {
    my ($number) = @_;
    my (undef, undef, undef, @due) = @{ $MIX[$number] };
    return grep { !$came{$number}{$_} } @due;
}

# Some of it depends on who comes when: more rounds, until all have come.
for my $round (1 .. 40) {
    my $clients;
    my $write = sub {
        my ($client, $turn) = @_;
        if (!$clients) {
            srand $seed + $round * $MIXERS + $client;
            my ($port, $with_quota) = ($ports[$client % 2], $limited->origin =~ /:(\d+)\z/);
            $clients = {
                alice => through($port, $alice),
                mallory => through($port, $mallory),
                limited => through($with_quota, $alice),
            };
        }
        return mixed_write($clients, ($client * 4 + $turn) % @MIX);
    };
    my @writes = WAS::Traffic->run(clients => $MIXERS, times => $MIXED, each => $write);
    my $name = 'pws-next D.4: writes of all kinds at once';
    my @odd = grep { ($_->{status} // 0) !~ /\A(?:20[014]|4(?:04|09|12|22)|507)\z/ } @writes;
    is_deeply(\@odd, [], "$name: each answer is one that could be, round $round");
    is_deeply([contradictions($one, $two)], [], "$name: counters say what there is, round $round");
    $came{ $_->{row} }{ $_->{status} }++ for @writes;
    last if $round >= 4 && !grep { missing($_) } 0 .. $#MIX;
}
for my $number (0 .. $#MIX) {
    my ($method, $target, undef, @due) = @{ $MIX[$number] };
    my @missing = missing($number);
    is("@missing", '', "row $number, $method $target: came to @due") or diag explain $came{$number};
}
is($alice->delete("/space/$one/")->status, 204, 'pws-next D.4: the space is deleted in the end');
$alice->delete("/space/$two/");
ok(swept($one, $two), 'pws-next D.4: and swept');
is_deeply(every_row($one, $two), [], 'pws-next D.4: and nothing of it is left');

# 3. What was looked for above would have been found: each of these makes one thing contradict
# itself, in a space that has one of everything.
my @DAMAGES = (
    ['a charge is not that of the rows', 'UPDATE was_pws_counters SET bytes = bytes + 1'],
    ['a charge is not that of the rows', 'UPDATE was_pws_spaces SET bytes = bytes - 1'],
    ['a charge is not that of the rows', "UPDATE was_pws_policies SET document = '{}'"],
    ['a charge is not that of the rows', "UPDATE was_pws_backends SET descriptor = '{}'"],
    ['a counter is of another life', 'UPDATE was_pws_counters SET space_generation = 1'],
    ['a counter counts other', 'UPDATE was_pws_counters SET resources = resources - 1'],
    ['a size is not its', 'UPDATE was_pws_resources SET size = size + 1'],
    ['a position is beyond', 'UPDATE was_pws_counters SET position = position - 1'],
    ['two records have one', 'UPDATE was_pws_resources SET position = 1'],
    ['a record is not above', "UPDATE was_pws_tombstones SET id = 'r' WHERE kind = 'r'"],
    ['a record is not above', "UPDATE was_pws_tombstones SET id = 'c' WHERE kind = 'c'"],
    ['a collection is in no', 'UPDATE was_pws_collections SET space_generation = 1'],
    ['a counter is no', 'UPDATE was_pws_counters SET collection_generation = 1'],
    ['a collection has no', 'DELETE FROM was_pws_counters'],
    ['a resource is in no', 'UPDATE was_pws_resources SET collection_generation = 1'],
    ["a policy is nobody's", "UPDATE was_pws_policies SET parent = 1 WHERE resource = ''"],
    ["a policy is nobody's", "UPDATE was_pws_policies SET resource = 'x' WHERE resource = 'r'"],
    ['a tombstone is nowhere', "UPDATE was_pws_tombstones SET parent = 1 WHERE kind = 'c'"],
    ['a tombstone is nowhere', "UPDATE was_pws_tombstones SET parent = 1 WHERE kind = 'r'"],
    ['a tombstone is nowhere', "UPDATE was_pws_tombstones SET parent = 1 WHERE kind = 'p'"],
    ['a backend is in no', 'UPDATE was_pws_backends SET space_generation = 1'],
);
for my $row (@DAMAGES) {
    my ($found, $damage) = @$row;
    my $space = make_space($alice);
    my $path = "/space/$space";
    make_collection($alice, $space, $_, { r => 'x', gone => 'x' }) for 'c', 'gone';
    my @provider = (provider => 'p', connection => { kind => 'k' });
    $alice->send_json(POST => "$path/backends", { id => 'b', @provider });
    $alice->put("$path/c$_/policy", @public) for '', '/r', '/gone';
    $alice->delete("$path/$_") for 'c/gone', 'gone/';
    is_deeply([contradictions($space)], [], "without it nothing is wrong: $damage");
    my $where = $damage =~ /WHERE/ ? 'AND' : 'WHERE';
    sql("$damage $where space_uuid = ?", $space);
    my @wrong = contradictions($space);
    ok(scalar(grep { /^\Q$found\E/ } @wrong), "it is found: $damage") or diag explain \@wrong;
    sql("DELETE FROM was_pws_$_ WHERE space_uuid = ?", $space)
        for qw(spaces collections counters resources policies tombstones backends);
}

done_testing;
