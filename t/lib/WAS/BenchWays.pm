# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::BenchWays: the ways to grow of docs/scale.md, each as a server that t/bench/run can measure
# beside plain tables: one origin, and all the processes that stand behind it. Measures nothing.

package WAS::BenchWays;

use strict;
use warnings;

use Exporter qw(import);
use WAS::Bench qw(CHILDREN THREADS);
use WAS::Citus;
use WAS::Cluster;
use WAS::Pooler;
use WAS::Server;

our @EXPORT_OK = qw(start_ways);

use constant { PARTITIONS => 16, POOLED => 20, WORKERS => 2, SHARDS => 32 };

# All of them that this machine has the programs for: [key, name, what is asked of it as a share of
# plain tables or undef, the server], plain tables first.
sub start_ways {
    my ($bench) = @_;
    my @ways = (
        [plain => 'plain tables', undef, \&plain],
        [partitions => PARTITIONS . ' partitions', 0.85, \&partitions],
        [front => 'two cells behind a front', 0.80, \&front],
    );
    push @ways, [pooler => 'PgBouncer', 0.80, \&pooler] if WAS::Pooler::can_keep();
    push @ways, [citus => 'Citus, two workers', undef, \&citus] if WAS::Citus::is_installed();
    return map { [@$_[0 .. 2], $_->[3]->($bench)] } @ways;
}

# What is behind the origin of `server`: other `servers`, a `pooler`, and `clusters` in place of the
# bench's.
sub new {
    my ($class, $bench, $server, %behind) = @_;
    my %self = (servers => [], clusters => [$bench->cluster], %behind);
    return bless { %self, server => $server }, $class;
}

sub origin { return $_[0]{server}->origin }
sub directory { return $_[0]{server}->directory }
sub clusters { return @{ $_[0]{clusters} } }

# All that is not PostgreSQL.
sub children {
    my ($self) = @_;
    my @pooler = $self->{pooler} ? $self->{pooler}->pid : ();
    return (@pooler, map { $_->children } $self->{server}, @{ $self->{servers} });
}

sub client {
    my ($self, @arguments) = @_;
    return $self->{server}->client(@arguments);
}

sub stop {
    my ($self) = @_;
    $_->stop for $self->{server}, @{ $self->{servers} };
    $self->{pooler}->stop if $self->{pooler};
    return;
}

sub database {
    my ($bench, $name) = @_;
    $bench->cluster->create("ways_$name");
    return "ways_$name";
}

sub plain {
    my ($bench) = @_;
    return __PACKAGE__->new($bench, $bench->serve(database => database($bench, 'plain')));
}

sub partitions {
    my ($bench) = @_;
    my $database = database($bench, 'partitions');
    my $server = $bench->serve(database => $database);
    $bench->cluster->partition($database, PARTITIONS);
    return __PACKAGE__->new($bench, $server);
}

sub pooler {
    my ($bench) = @_;
    my $database = database($bench, 'pooler');
    my $pooler = WAS::Pooler->start($bench->cluster, size => POOLED, ignores => 'options');
    my $server = $bench->serve(dsn => $pooler->dsn($database));
    return __PACKAGE__->new($bench, $server, pooler => $pooler);
}

# The classic space "bench" is in cell b; all of Portable Web Spaces, which conf/cells.conf does not
# look for below a path, is in a.
sub front {
    my ($bench) = @_;
    my %cell = map { $_ => $bench->serve(database => database($bench, "cell_$_")) } qw(a b);
    my $modules = WAS::Server::modules_directory();
    my $load = join '',
        map { "LoadModule ${_}_module $modules/mod_$_.so\n" } qw(env rewrite proxy proxy_http);
    my $map = WAS::TestRun::write_file($bench->run . '/cells.txt', '');
    my %at = map { $_ => $cell{$_}->origin =~ s{.*/}{}r } keys %cell;
    my $front = WAS::Server->start(
        example => 0, without => ['was'],
        before => $load . WAS::Bench::shape(CHILDREN, THREADS), config => <<"CONF");
Define WAS_CELL_A $at{a}
Define WAS_CELL_B $at{b}
Define WAS_CELLS "$map"
Include "$ENV{WAS_TOP}/conf/cells.conf"
CONF
    return __PACKAGE__->new($bench, $front, servers => [values %cell]);
}

sub citus {
    my ($bench) = @_;
    my $settings = WAS::Citus::SETTINGS . WAS::Bench::settings();
    my $directory = $bench->run . '/citus';
    my ($coordinator, @workers) =
        map { WAS::Cluster->throwaway("$directory$_", settings => $settings) } '',
        map { ".worker$_" } 1 .. WORKERS;
    $_->start for @workers;
    $coordinator->start('was');
    WAS::Citus::create($coordinator, 'was');
    my $server = $bench->serve(dsn => $coordinator->dsn('was'));
    $server->stop;
    WAS::Citus::distribute($coordinator, 'was', SHARDS);
    $server->start_again;
    return __PACKAGE__->new($bench, $server, clusters => [$coordinator, @workers]);
}

1;
