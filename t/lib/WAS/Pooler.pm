# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Pooler: a PgBouncer between httpd and a cluster. The program is the one of the distribution,
# or the one that WAS_PGBOUNCER names.

package WAS::Pooler;

use strict;
use warnings;

use File::Temp ();
use POSIX ();
use Time::HiRes qw(sleep);

use WAS::Cluster;

# A socket's name has its port; ours is nobody else's, since the directory is not.
use constant PORT => 6432;

# The PgBouncer that there is; undef for none.
sub program {
    my @candidates = map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
    return (grep { length && -x } $ENV{WAS_PGBOUNCER} // '', @candidates)[0];
}

# Its version as a number that compares: 1.021 for 1.21.
sub version {
    my $program = program() // return 0;
    my ($major, $minor) = qx("$program" --version 2>&1) =~ /PgBouncer (\d+)\.(\d+)/ or return 0;
    return $major + $minor / 1000;
}

# Whether it can keep prepared statements for its clients.
sub can_keep { return version() >= 1.021 }

# Starts one in front of a cluster, for whatever database, and waits until it answers. Options:
#   mode     'transaction', 'session'
#   size     connections to the server, of one role to one database
#   keeps    how many prepared statements it keeps, where it can
#   ignores  parameters of connection strings that it would refuse
#   clients  how many it takes
#   through  a port of 127.0.0.1 that leads to the cluster, instead of its socket
#   settings text for the end of its configuration
# It ends with the object.
sub start {
    my ($class, $cluster, %options) = @_;
    my $directory = File::Temp->newdir('wasXXXXXX', TMPDIR => 1);
    my $self = bless { directory => $directory, owner => $$ }, $class;
    my @user = (WAS::Cluster::USER, $cluster->{password} // '');
    WAS::Cluster::write_text("$directory/users", '>', sprintf qq("%s" "%s"\n), @user);
    WAS::Cluster::write_text(
        "$directory/ini", '>',
        configuration($cluster, $directory, %options));
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$directory/said" or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT;
        exec { program() } 'pgbouncer', '-q', "$directory/ini" or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    for (1 .. 250) {
        return $self if eval { $self->admin('SHOW VERSION'); 1 };
        last if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.02;
    }
    die "PgBouncer does not answer:\n", $self->log;
}

sub configuration {
    my ($cluster, $directory, %options) = @_;
    my ($user, $port) = (WAS::Cluster::USER, PORT);
    my $keeps = can_keep() ? 'max_prepared_statements = ' . ($options{keeps} // 200) : '';
    my $server =
        $options{through}
        ? "host=127.0.0.1 port=$options{through}"
        : sprintf 'host=%s port=%d', $cluster->socket_directory, $cluster->{tcp} // 5432;
    return <<"INI";
[databases]
* = $server
[pgbouncer]
listen_port = $port
unix_socket_dir = $directory
auth_type = trust
auth_file = $directory/users
admin_users = $user
logfile = $directory/log
pool_mode = @{[$options{mode} // 'transaction']}
default_pool_size = @{[$options{size} // 4]}
max_client_conn = @{[$options{clients} // 500]}
ignore_startup_parameters = @{[$options{ignores} // q()]}
$keeps
@{[$options{settings} // q()]}
INI
}

# A libpq connection string, as DBDParams takes it.
sub dsn {
    my ($self, $database) = @_;
    return sprintf "host='%s' port=%d user=%s connect_timeout=5 dbname=%s", $self->{directory},
        PORT, WAS::Cluster::USER, $database;
}

# Stands in front of the cluster for all who ask that for a connection string, in other processes,
# too.
sub intercept {
    my ($self, $cluster) = @_;
    my $dsn = $self->dsn('') =~ s/ dbname=\z//r;
    WAS::Cluster::write_text("$cluster->{directory}.pooler", '>', "$dsn\n");
    return $self;
}

# A handle on a database behind it; errors die. Prepares nothing.
sub dbh {
    my ($self, $database) = @_;
    require DBI;
    my $dsn = sprintf 'dbi:Pg:dbname=%s;host=%s;port=%d;connect_timeout=5', $database,
        $self->{directory}, PORT;
    my %how = (RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1);
    return DBI->connect($dsn, WAS::Cluster::USER, '', { %how, pg_server_prepare => 0 });
}

# Runs a command of the admin console, which speaks the simple protocol only.
sub admin {
    my ($self, $command) = @_;
    my $dbh = $self->dbh('pgbouncer');
    $dbh->do($command);
    $dbh->disconnect;
    return;
}

sub pid { return $_[0]{pid} }

sub log {
    my ($self) = @_;
    return join '', map {
        open my $file, '<', "$self->{directory}/$_";
        $file ? readline $file : ();
    } qw(said log);
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    kill TERM => $pid;
    for (1 .. 100) {
        return if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.02;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@, $!);
    $self->stop;
    return;
}

1;
