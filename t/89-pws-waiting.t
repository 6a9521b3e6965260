# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Writers that wait for each other: what a write stands on is looked at behind the lock that it
# waited for, not before. So a transfer or a revocation that commits meanwhile is heeded, what is
# deleted meanwhile is not written into, and what is made again begins behind what was deleted.

use strict;
use warnings;

use DBD::Pg qw(PG_ASYNC);
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $WRITERS = 16;
my $alice = holder('pws');
my $server = second_server($WRITERS);
my ($port) = $server->origin =~ /:(\d+)\z/;

sub text { return (type => 'text/plain', body => $_[0]) }
sub document { return (type => 'application/json', body => json_text($_[0])) }
my @public = document({ type => 'PublicCanRead' });
my @noted = document({ custom => { name => 'n' } });
my @line = (type => 'text/jsonl', body => '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}');

# What waits for the lock of a collection, and what for that of its space.
my @IN_COLLECTION = (
    [PUT => '/c/new', text('x')],
    [PUT => '/c/r', text('x')],
    [PUT => '/c/big', text('x' x 1_100_000)],
    [POST => '/c/', text('x')],
    [DELETE => '/c/r'],
    [PUT => '/c/r/meta', @noted],
    [PUT => '/c/r/policy', @public],
    [DELETE => '/c/r/policy'],
    [PUT => '/c/policy', @public],
    [DELETE => '/c/policy'],
    [PUT => '/c/meta', document({ name => 'x' })],
    [PUT => '/c/meta/log', @line],
    [DELETE => '/c/'],
);
my @IN_SPACE = (
    [POST => '/', document({ id => 'd' })],
    [PUT => '/e/meta', document({})],
    [PUT => '/policy', @public],
    [DELETE => '/policy'],
    [POST => '/backends', document({ id => 'b', provider => 'p', connection => { kind => 'k' } })],
    [DELETE => '/'],
);
# Only the controller itself may.
my %ROOT_ONLY = map { $_ => 1 } 'DELETE /', 'DELETE /c/';

my $ABSENT = qr/\A404 not-found\z/;
my $REVOKED = qr/\A404 (?:not-found|capability-revoked)\z/;
my $COUNTER = 'SELECT 1 FROM was_pws_counters WHERE space_uuid = ? FOR UPDATE';
my $SPACE = 'SELECT 1 FROM was_pws_spaces WHERE space_uuid = ? FOR UPDATE';

sub furnished {
    my $space = make_space($alice);
    make_collection($alice, $space, 'c', { r => 'x' });
    $alice->put("/space/$space/$_", @public)->status == 201
        or die "no $_\n"
        for qw(policy c/policy c/r/policy);
    return $space;
}

# Starts the writes, each by a client of its own, through the same httpd; whose records then have
# status and type.
sub start_writes {
    my ($space, $writes, %options) = @_;
    my $each = sub {
        my ($n) = @_;
        my ($method, $path, @body) = @{ $writes->[$n] };
        my $client = through($port, $options{by} // $alice);
        my @how = $options{zcap} ? (zcap => $options{zcap}) : ();
        my $res = $client->request($method, "/space/$space$path", @body, @how);
        my $type = (($res->problem // {})->{type} // '') =~ s/.*#//r;
        return { what => "$method $path", status => $res->status, type => $type };
    };
    return WAS::Traffic->start(clients => scalar @$writes, times => 1, each => $each);
}

sub ended_writes { return $_[0]->finish(patient => 1) }

# What a write comes to when it need not wait: every row above is one that can succeed.
for my $write (@IN_COLLECTION, @IN_SPACE) {
    my $space = furnished();
    my ($record) = ended_writes(start_writes($space, [$write]));
    like($record->{status}, qr/\A20[014]\z/, "pws-next D.4: $record->{what}, alone");
}

# 1. While they wait the space changes hands, or what they hold is revoked: all are refused, and
# nothing is written. Only what holds the space's lock must do that by itself.
my @LOCKS = (['the collection', $COUNTER, \@IN_COLLECTION], ['the space', $SPACE, \@IN_SPACE]);

sub transfer {
    my ($space, $heir, $session) = @_;
    return $session->do(<<'SQL', undef, $heir->did, $space) if $session;
UPDATE was_pws_spaces SET controller = ? WHERE space_uuid = ?
SQL
    my @to_heir = document({ controller => $heir->did });
    return $alice->put("/space/$space/meta", @to_heir)->status == 204;
}

sub revoke {
    my ($space, $zcap, $session) = @_;
    my $delegation = sha256_hex("$zcap->{id} @{[$alice->did]}");
    return $session->do(<<'SQL', undef, $space, $delegation) if $session;
INSERT INTO was_pws_revocations VALUES (?, decode(?, 'hex'), 9999999999)
SQL
    my $target = "/space/$space/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
    return $alice->send_json(POST => $target, $zcap)->status == 204;
}

# Ends the waiting after $change, and tells what must have come of it.
sub refused_behind {
    my ($name, $space, $writes, $lock, $change, %how) = @_;
    my $session = hold($lock, $space);
    my $waiting = start_writes($space, $writes, %how);
    ok(waiting(scalar @$writes), "$name: all wait");
    ok($change->($lock eq $SPACE ? $session : undef), "$name: it is done meanwhile");
    my $before = every_row($session, $space);
    $session->commit;
    my @records = ended_writes($waiting);
    for my $record (@records) {
        my $got = $record->{died} // "$record->{status} $record->{type}";
        like($got, $how{zcap} ? $REVOKED : $ABSENT, "$name: $record->{what}: refused");
    }
    is(scalar @records, scalar @$writes, "$name: all have ended");
    return is_deeply(every_row($space), $before, "$name: nothing is written");
}

for my $row (@LOCKS) {
    my ($lock_name, $lock, $writes) = @$row;
    my $name = "pws-next D.4: behind the lock of $lock_name";
    {
        my ($space, $heir) = (furnished(), holder('pws'));
        my $change = sub { transfer($space, $heir, @_) };
        refused_behind("$name, after a transfer", $space, $writes, $lock, $change);
    }
    my ($space, $bob) = (furnished(), holder('pws'));
    my $top = $alice->space_url($space);
    my $zcap = delegate($top, by => $alice->key, to => $bob->key, target => $top);
    my @his = grep { !$ROOT_ONLY{"$_->[0] $_->[1]"} } @$writes;
    my $change = sub { revoke($space, $zcap, @_) };
    my %held = (by => $bob, zcap => { capability => $zcap });
    refused_behind("$name, after a revocation", $space, \@his, $lock, $change, %held);
}

# 2. A space is deleted while writers wait, before and behind it: nothing of it is left.
for my $round (1 .. 3) {
    my $space = furnished();
    my $name = "pws 8.4: a space is deleted among waiting writers, round $round";
    my $session = hold($COUNTER, $space);
    # Nor what would have the others refused whom it comes before.
    my @first = grep { $_->[1] !~ m{\A/c/(?:meta/log)?\z} } @IN_COLLECTION;
    my $before = start_writes($space, [@first[0 .. 4]]);
    ok(waiting(5), "$name: writers wait");
    my $deletion = start_writes($space, [[DELETE => '/']]);
    ok(waiting(6), "$name: and who deletes it");
    my $behind = start_writes($space, [@first[5 .. $#first], @IN_SPACE[0 .. 3]]);
    ok(waiting(6 + @first - 5 + 4), "$name: and more writers");
    $session->commit;
    my @ended = map { ended_writes($_) } $before, $behind;
    my @odd =
        map { "$_->{what}: " . ($_->{died} // $_->{status}) }
        grep { ($_->{status} // 0) !~ /\A(?:20[014]|404|412)\z/ } @ended;
    is_deeply(\@odd, [], "$name: each writes, or finds nothing");
    is((ended_writes($deletion))[0]{status}, 204, "$name: deleted");
    ok(swept($space), "$name: and swept");
    is_deeply(every_row($space), [], "$name: nothing is left");
}

# 3. Who makes a collection while its earlier life is being deleted makes it when that is done, and
# begins above the tombstone, which was not there to see when he came.
my @DELETION = (
    <<'SQL',
INSERT INTO was_pws_tombstones (space_uuid, parent, kind, id, generation, updated_ms)
SELECT space_uuid, space_generation, 'c', 'c', generation, updated_ms + 86400000
FROM was_pws_collections WHERE space_uuid = ?
SQL
    'DELETE FROM was_pws_resources WHERE space_uuid = ?',
    'DELETE FROM was_pws_policies WHERE position IS NOT NULL AND space_uuid = ?',
    'DELETE FROM was_pws_counters WHERE space_uuid = ?',
    'DELETE FROM was_pws_collections WHERE space_uuid = ?',
);
my @put = (PUT => '/c/meta', document({}));
my @post = (POST => '/', document({ id => 'c' }));
for my $row (['behind', @put], ['behind', @post], ['before', @put]) {
    my ($when, @write) = @$row;
    my $space = furnished();
    my $name = "pws-next C.6: $write[0] $write[1], $when the deletion of the collection";
    my $session = hold($COUNTER, $space);
    my $delete = sub { $session->do($_, undef, $space) for @DELETION };
    $delete->() if $when eq 'behind';
    my $making = start_writes($space, [\@write]);
    ok(waiting(1), "$name: waits for it");
    $delete->() if $when eq 'before';
    my ($left) = $session->selectrow_array(<<'SQL', undef, $space);
SELECT updated_ms FROM was_pws_tombstones WHERE space_uuid = ?
SQL
    $session->commit;
    is((ended_writes($making))[0]{status}, 201, "$name: then makes a new one");
    my ($made) = sql(<<'SQL', $space);
SELECT updated_ms, updated_counter FROM was_pws_collections WHERE space_uuid = ?
SQL
    is_deeply($made, [$left, 1], "$name: above what is left of the old one");
    is_deeply([contradictions($space)], [], "$name: nothing contradicts itself");
}

# 4. Who need not wait for the lock may still come too late: somebody raised the counter and is gone
# since the statement began. The statement itself, held up between the two by a policy of the rows
# that it looks at first until we let it go on, raises only what it has seen.
my $database = WAS::Server::create_database();
WAS::Server->start(dsn => WAS::Server::cluster()->dsn($database))->stop;
my ($writer, $other) = map { WAS::Server::dbh($database) } 1, 2;
my ($raise) = map { /\Awas_PWS_RESOURCE_RAISE_AT_ONCE\t\d+\t(.*)/ ? $1 : () } split /\n/,
    qx("$ENV{WAS_BUILD}/t/statements" public);
$other->do($_)
    for (
    "INSERT INTO was_pws_spaces VALUES ('s', 1, 'did', NULL, '[]', NULL, 0, 0)",
    'INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation,'
    . " created_ms, updated_ms) VALUES ('s', 1, 'c', 2, 0, 0)",
    'INSERT INTO was_pws_counters (space_uuid, space_generation, collection_generation, position,'
    . " feed_ms, token) VALUES ('s', 1, 2, 7, 0, 0)",
    "INSERT INTO was_pws_revocations VALUES ('s', '\\x00', 9999999999)",
    'CREATE ROLE was_slow',
    'GRANT ALL ON ALL TABLES IN SCHEMA public TO was_slow',
    'ALTER TABLE was_pws_revocations ENABLE ROW LEVEL SECURITY',
    "CREATE POLICY slow ON was_pws_revocations USING (pg_advisory_xact_lock_shared(1) IS NULL)",
    );
$writer->do('SET ROLE was_slow');
my %MEANWHILE = (
    'nobody writes' => ['SELECT 1', 1],
    'somebody writes and is gone' =>
        ['UPDATE was_pws_counters SET position = position + 1, token = token + 1', 0],
    'somebody looks and is gone' => ['SELECT 1 FROM was_pws_counters FOR UPDATE', 1],
);
for my $case (sort keys %MEANWHILE) {
    my ($sql, $due) = @{ $MEANWHILE{$case} };
    $other->do('SELECT pg_advisory_lock(1)');
    my ($statement) = $writer->prepare($raise, { pg_async => PG_ASYNC });
    $statement->execute('s', 'did', '{\\\\x00}', 'c', 'r', 1, 1, 0, 'x/y', 'did', undef);
    my $waits =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND NOT granted";
    ok(eventually(60, sub { $other->selectrow_array($waits) }), "pws-next D.4: $case: meanwhile");
    $other->do($sql);
    $other->do('SELECT pg_advisory_unlock(1)');
    is(0 + $writer->pg_result, $due, "pws-next D.4: $case: raised or not");
}
$writer->disconnect;
$other->do($_) for 'DROP OWNED BY was_slow', 'DROP ROLE was_slow';

done_testing;
