# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Citus: clusters of PostgreSQL with Citus: a coordinator, and workers beside it. Where Citus
# is installed beside the PostgreSQL that the tests take, WAS_TEST_CITUS=N has the whole suite run
# on N workers; with WAS_TEST_CITUS_AT=1 httpd asks the first of them, and not the coordinator.

package WAS::Citus;

use strict;
use warnings;

use WAS::Cluster;

# Few, so that a test's database is made in no time, and more than there are workers.
use constant SHARDS => 4;

# All reach each other by their sockets.
use constant SETTINGS => <<'CONF';
shared_preload_libraries = 'citus'
max_prepared_transactions = 400
citus.node_conninfo = 'sslmode=disable'
citus.enable_statistics_collection = off
CONF

# How many workers the suite is to run on; 0 for none.
sub count { return $ENV{WAS_TEST_CITUS} || 0 }

# Whether Citus is there to be loaded.
sub is_installed {
    my ($library) = qx(pg_config --pkglibdir 2>/dev/null) =~ /(.+)/;
    my ($version) = WAS::Cluster::program('postgres') =~ m{/postgresql/(\d+)/};
    return
        scalar grep { defined && -e "$_/citus.so" } $library,
        $version ? "/usr/lib/postgresql/$version/lib" : undef;
}

# The views in which SQL sees what sessions are at, and which locks they have, on whatever node.
sub activity { return count() ? 'citus_stat_activity' : 'pg_stat_activity' }
sub locks { return count() ? 'citus_locks' : 'pg_locks' }

# What WAS::Cluster->new needs to know of a coordinator.
sub options { return (settings => SETTINGS) }

# The workers of a coordinator: those that stand beside it.
sub workers {
    my ($coordinator) = @_;
    return map { WAS::Cluster->new($_, options()) } grep { -d && !/\.socket\z/ }
        sort glob "$coordinator->{directory}.worker*";
}

# The one that httpd is to ask, if it is not the coordinator.
sub at {
    my ($coordinator) = @_;
    return if !$ENV{WAS_TEST_CITUS_AT};
    return (workers($coordinator))[$ENV{WAS_TEST_CITUS_AT} - 1] // die "no such worker\n";
}

# The one that httpd asks.
sub asked {
    my ($coordinator) = @_;
    return at($coordinator) // $coordinator;
}

# Starts so many workers beside a coordinator that runs.
sub start {
    my ($coordinator, $count) = @_;
    for my $n (1 .. $count) {
        WAS::Cluster->new("$coordinator->{directory}.worker$n", options())->start;
    }
    return;
}

# Removes them. The coordinator is its owner's to remove.
sub remove {
    my ($coordinator) = @_;
    $_->remove for workers($coordinator);
    return;
}

# A database on all nodes, which know each other. On the coordinator it may be there already.
sub create {
    my ($coordinator, $database) = @_;
    my @workers = workers($coordinator);
    $_->create($database) for @workers;
    for my $node ($coordinator, @workers) {
        my $dbh = $node->dbh($database);
        $dbh->do('CREATE EXTENSION citus');
    }
    my $dbh = $coordinator->dbh($database);
    $dbh->do('SELECT citus_set_coordinator_host(?, 5432)', undef, $coordinator->socket_directory);
    $dbh->do('SELECT citus_add_node(?, 5432)', undef, $_->socket_directory) for @workers;
    return;
}

# The tables of a mod_was in such a database, spread over the workers.
sub distribute {
    my ($coordinator, $database, $shards) = @_;
    WAS::Cluster::run(
        "$coordinator->{directory}.log",
        WAS::Cluster::program('psql'),
        '-X',
        '-q',
        '-h',
        $coordinator->socket_directory,
        '-U',
        WAS::Cluster::USER,
        '-v',
        'shards=' . ($shards // SHARDS),
        '-f',
        "$ENV{WAS_TOP}/tools/distribute.sql",
        $database
    ) or die "nothing is distributed; see $coordinator->{directory}.log\n";
    return;
}

1;
