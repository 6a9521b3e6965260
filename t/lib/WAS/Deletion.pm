# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Deletion;

# What tests of deletions share: servers at a database of their own, spaces and collections of any
# size to be deleted there, and what must be left of them, at once and in the end.

use strict;
use warnings;

use Test::More ();
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $JSON = 'application/json';

my @TABLES = qw(
    was_spaces was_resources was_pws_spaces was_pws_collections was_pws_counters was_pws_resources
    was_pws_chunks was_pws_terms was_pws_policies was_pws_tombstones was_pws_backends was_sweeps
);

# A server of eight children with both protocols, pws below /pws, of which no statement gets more
# than three seconds. Its members: server, dbh, key.
sub start {
    my ($class) = @_;
    my $database = WAS::Server::create_database();
    my $self = bless {
        key => WAS::Key->fresh,
        dsn => WAS::Server::cluster()->dsn($database) . q( options='-c statement_timeout=3s'),
    }, $class;
    $self->{server} = $self->another(<<'BEFORE');
ServerLimit 8
StartServers 8
ThreadLimit 4
ThreadsPerChild 4
MaxRequestWorkers 32
MinSpareThreads 8
MaxSpareThreads 32
BEFORE
    $self->{dbh} = WAS::Server::dbh($database);
    return $self;
}

# One more httpd at the same database.
sub another {
    my ($self, $before) = @_;
    return WAS::Server->start(
        mpm => 'event', dsn => $self->{dsn}, before => $before,
        config => <<'CONF');
DBDKeep 4
DBDMax 4
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
}

# The holder of the key at the pws of a server.
sub at_pws {
    my ($self, $server) = @_;
    return at(($server // $self->{server})->origin, $self->{key}, mount => '/pws', timeout => 60);
}

sub document { return (type => $JSON, body => json_text($_[0])) }

sub value {
    my ($self, $statement, @values) = @_;
    return scalar $self->{dbh}->selectrow_array($statement, undef, @values);
}

# How many deletions are still to be swept.
sub unswept {
    return $_[0]->value(q(SELECT count(*) FROM was_sweeps WHERE kind <> 'unnamed'));
}

# How many sessions are at a batch at this moment.
sub sweepers {
    my ($self) = @_;
    return $self->value(<<'SQL');
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL AND query ~ 'was_sweeps w'
SQL
}

# What can be deleted, of how many resources. Each yields the id of its space, somebody, the target
# to delete, others that are gone then, those of them that are content, and how it is made again.
sub classic_space {
    my ($self, $count) = @_;
    my ($id, $alice) = (new_id(), $self->{server}->client($self->{key}));
    my $url = "/space/$id";
    my @put = (PUT => $url, document({ controller => $self->{key}->did }));
    $alice->request(@put)->status == 204 or die 'no space';
    $self->{dbh}->do(<<'SQL', undef, $id, $count);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT ?, '/r' || n, 'x', 'text/plain' FROM generate_series(1, ?) n
SQL
    my @below = ("$url/r1", "$url/r$count");
    my @gone = ($url, @below);
    return $self->subject($id, $alice, $url, \@gone, \@below, \@put);
}

# Tells the planner, too, who has planned for small tables by now, and is told so by autovacuum some
# time or other.
sub subject {
    my ($self, @members) = @_;
    $self->{dbh}->do('ANALYZE');
    my %subject;
    @subject{qw(id by delete gone below again)} = @members;
    return \%subject;
}

# Every tenth resource has chunks, and every thousandth is charged for so many that they are swept
# by themselves. More of them are found by one term than a batch of the sweeper has rows.
sub fill_collection {
    my ($self, $id, $name, $count) = @_;
    my $dbh = $self->{dbh};
    $dbh->do(<<'SQL', undef, $id, $name);
INSERT INTO was_pws_terms (space_uuid, collection_generation, term, resource, is_claim)
SELECT c.space_uuid, c.generation, sha256(least(n, 10)::text::bytea), 'r' || n, false
FROM was_pws_collections c, generate_series(1, 2500) n WHERE c.space_uuid = ? AND c.collection = ?
SQL
    $dbh->do(<<'SQL', undef, $count, $id, $name);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms, chunks, chunk_bytes)
SELECT c.space_uuid, c.generation, 'r' || n, n, 'text/plain', 1, 'x', 0, n + 1, 0,
    CASE WHEN n % 10 = 0 THEN n END,
    CASE WHEN n % 1000 = 0 THEN 100000 WHEN n % 10 = 0 THEN 822 ELSE 0 END
FROM was_pws_collections c, generate_series(1, ?) n WHERE c.space_uuid = ? AND c.collection = ?
SQL
    fill_chunks($dbh, $id, 2);
    return $dbh->do(<<'SQL', undef, $count, $count, $count, $id, $name);
UPDATE was_pws_counters k SET position = k.position + ?, bytes = k.bytes + ?,
    resources = k.resources + ?
FROM was_pws_collections c WHERE c.space_uuid = k.space_uuid
    AND c.generation = k.collection_generation AND c.space_uuid = ? AND c.collection = ?
SQL
}

# So many chunks for each mark that resources of a space have.
sub fill_chunks {
    my ($dbh, $id, $count) = @_;
    return $dbh->do(<<'SQL', undef, $count, $id);
INSERT INTO was_pws_chunks (space_uuid, chunks, number, generation, content_type, size, content,
    created_ms, updated_ms)
SELECT r.space_uuid, r.chunks, 1000 * n, 0, 'text/plain', 1, 'x', 0, 0
FROM was_pws_resources r, generate_series(1, ?) n WHERE r.space_uuid = ? AND r.chunks IS NOT NULL
SQL
}

# A resource of so many chunks.
sub pws_chunks {
    my ($self, $count) = @_;
    my $alice = $self->at_pws;
    my $id = make_space($alice);
    my $url = make_collection($alice, $id, 'c', { r => 'x' }) . '/r';
    $self->{dbh}->do(<<'SQL', undef, 11 * $count, $id);
UPDATE was_pws_resources SET chunks = 1, chunk_bytes = ? WHERE space_uuid = ?
SQL
    fill_chunks($self->{dbh}, $id, $count);
    my @put = (PUT => $url, body => 'x', type => 'text/plain');
    my @below = map { "$url/chunks/$_" } 1000, 1000 * $count;
    return $self->subject($id, $alice, $url, [$url, "$url/chunks/", @below], \@below, \@put);
}

# With a policy, a tombstone and a backend, too.
sub pws_space {
    my ($self, $count) = @_;
    my $alice = $self->at_pws;
    my $id = make_space($alice);
    my $url = "/pws/space/$id";
    make_collection($alice, $id, $_, { r => 'x', gone => 'x' }) for 'c', 'd', 'gone';
    my @policy = document({ type => 'PublicCanRead' });
    $alice->put("$url/$_", @policy)->status == 201
        or die "no $_"
        for qw(policy c/policy c/r/policy);
    $alice->delete("$url/$_")->status == 204 or die "still $_" for 'c/gone', 'gone/';
    my @backend = document({ id => 'b', provider => 'p', connection => { kind => 'k' } });
    $alice->post("$url/backends", @backend)->status == 201 or die 'no backend';
    $self->fill_collection($id, 'd', $count);
    my @owned = document({ controller => $self->{key}->did });
    my @put = (PUT => "$url/meta", @owned, zcap => { root => 'self' });
    my @below = map { "$url/$_" } qw(policy c/ c/r c/meta c/r/policy d/ d/r1);
    my @gone = ("$url/", "$url/meta", "$url/linkset", "$url/backends", @below);
    return $self->subject($id, $alice, "$url/", \@gone, \@below, \@put);
}

sub pws_collection {
    my ($self, $count) = @_;
    my $alice = $self->at_pws;
    my $id = make_space($alice);
    my $url = make_collection($alice, $id, 'c', { r => 'x' });
    $self->fill_collection($id, 'c', $count);
    my @put = (PUT => "$url/meta", document({}));
    my @below = map { "$url/$_" } qw(r r1 r/meta);
    my @gone = ("$url/", "$url/meta", @below);
    return $self->subject($id, $alice, "$url/", \@gone, \@below, \@put);
}

# A space of so many collections more, of which each hundredth was written into.
sub pws_collections {
    my ($self, $count) = @_;
    my $what = $self->pws_space(1);
    $self->{dbh}->do(<<'SQL', undef, $count, $what->{id});
INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,
    updated_ms) SELECT s.space_uuid, s.generation, 'x' || n, n, 0, 0
FROM was_pws_spaces s, generate_series(1, ?) n WHERE s.space_uuid = ?
SQL
    $self->{dbh}->do(<<'SQL', undef, $what->{id});
INSERT INTO was_pws_counters (space_uuid, space_generation, collection_generation, position,
    feed_ms, token) SELECT c.space_uuid, c.space_generation, c.generation,
    1 + (c.generation % 100 = 0)::integer, 0, 0
FROM was_pws_collections c WHERE c.space_uuid = ? AND c.collection LIKE 'x%'
SQL
    $self->{dbh}->do(<<'SQL', undef, $what->{id});
INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation, updated_ms)
SELECT c.space_uuid, c.generation, '', '{}', 0, 0 FROM was_pws_collections c
WHERE c.space_uuid = ? AND c.collection LIKE 'x%' AND c.generation % 100 = 0
SQL
    $self->{dbh}->do('ANALYZE');
    return $what;
}

# How many rows of a space there are, by table.
sub rows_of {
    my ($self, $id) = @_;
    my %count =
        map { $_ => $self->value("SELECT count(*) FROM $_ WHERE space_uuid = ?", $id) } @TABLES;
    delete @count{ grep { !$count{$_} } keys %count };
    return \%count;
}

sub is_swept {
    my ($self, $name, $id, $left) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $sweeps = sub { !$self->value('SELECT count(*) FROM was_sweeps WHERE space_uuid = ?', $id) };
    Test::More::ok(eventually(300, $sweeps), "$name: swept");
    return Test::More::is_deeply($self->rows_of($id), $left // {}, "$name: nothing is left");
}

sub gone_at_once {
    my ($self, $name, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @statuses = map { $what->{by}->get($_)->status } @{ $what->{gone} };
    return Test::More::is(
        "@statuses", join(' ', (404) x @statuses),
        "$name: gone for who reads");
}

1;
