# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Many small collections and a large one: who wants one resource goes to it by its id, and not
# through all of its collection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;

my ($SPACES, $LARGE) = (500, 20_000);
my $database = WAS::Server::create_database();
WAS::Server->start(dsn => WAS::Server::cluster()->dsn($database))->stop;
WAS::Server::partition($database);
my $dbh = WAS::Server::dbh($database);

sub insert {
    my ($into, $values, $rows) = @_;
    $dbh->do("INSERT INTO $into SELECT $values FROM generate_series(1, $rows) n");
    return;
}

my $RESOURCES = 'was_pws_resources (space_uuid, collection_generation, resource, generation,'
    . ' content_type, size, content, created_ms, position, updated_ms)';
insert(
    'was_pws_spaces (space_uuid, generation, controller, created_ms, updated_ms)',
    "md5(n::text), n, 'did:key:z' || n, 0, 0", $SPACES);
insert(   'was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,'
        . ' updated_ms)', "md5(n::text), n, 'c', n * 7::bigint, 0, 0", $SPACES);
insert(
    'was_pws_counters (space_uuid, collection_generation, space_generation, position, feed_ms,'
        . ' token)', "md5(n::text), n * 7::bigint, n, 1000, 0, 0", $SPACES);
insert(
    $RESOURCES,
    "md5((n % $SPACES + 1)::text), (n % $SPACES + 1) * 7::bigint, md5(n::text), 0, 'x/y', 1, 'x',"
        . ' 0, n, 0', 100 * $SPACES);
insert($RESOURCES, "md5('1'), 7, 'r' || n, 0, 'x/y', 1, 'x', 0, n + 100000, 0", $LARGE);
insert(
    'was_pws_tombstones (space_uuid, parent, kind, id, generation, position, updated_ms)',
    "md5((n % $SPACES + 1)::text), (n % $SPACES + 1) * 7::bigint, 'r', md5(n::text), 0, n, 0",
    20 * $SPACES);
insert(
    'was_pws_tombstones (space_uuid, parent, kind, id, generation, position, updated_ms)',
    "md5('1'), 7, 'r', 'd' || n, 0, n + 200000, 0", $LARGE);
insert(
    'was_pws_policies (space_uuid, parent, resource, document, generation, position, updated_ms)',
    "md5((n % $SPACES + 1)::text), (n % $SPACES + 1) * 7::bigint, md5(n::text), '{}', 0, n, 0",
    20 * $SPACES);
insert(
    'was_pws_policies (space_uuid, parent, resource, document, generation, position, updated_ms)',
    "md5('1'), 7, 'r' || n, '{}', 0, n + 200000, 0", $LARGE);
$dbh->do('VACUUM ANALYZE');

# As sessions of the module have it.
$dbh->do("SET $_") for 'plan_cache_mode = force_generic_plan', 'jit = off',
    map { "enable_$_ = off" } qw(seqscan hashjoin mergejoin material);

my %ID = (
    was_pws_resources => 'resource', was_pws_tombstones => 'id',
    was_pws_policies => 'resource');
my %plans;
for my $line (split /\n/, qx("$ENV{WAS_BUILD}/t/statements" public)) {
    my ($name, $nvalues, $text) = split /\t/, $line, 3;
    next if $text !~ /\b(?:was_pws_resources|was_pws_tombstones|was_pws_policies)\b/;
    $dbh->do("PREPARE one AS $text");
    my @values = ('NULL') x $nvalues;
    # One space: the plan of none would have no partition.
    $values[$1 - 1] = q(md5('1')) while $text =~ /space_uuid = \$(\d+)/g;
    my $values = @values ? '(' . join(', ', @values) . ')' : '';
    my $plan = join "\n",
        map { $_->[0] } @{ $dbh->selectall_arrayref("EXPLAIN EXECUTE one$values") };
    $dbh->do('DEALLOCATE one');
    # Who wants what is at certain positions does not go through all of them.
    for my $table (sort keys %ID) {
        my $at = qr/using \w+ on (?:\w+\.)?$table(?:_\d+)?\b[^\n]*/;
        my $by = qr/\s+Index Cond:(?![^\n]*position)[^\n]*/;
        my @walks = $plan =~ /($at\n$by\n\s+Filter:[^\n]*\b$ID{$table} = [^\n]*)/g;
        is_deeply(\@walks, [], "$name goes to a row of $table by its id")
            if $plan =~ /\b$table(?:_\d+)?\b/;
        $plans{$table}++ if $plan =~ /$at/;
    }
}
cmp_ok($plans{$_}, '>', 10, "there are plans of $_") for sort keys %ID;

done_testing;
