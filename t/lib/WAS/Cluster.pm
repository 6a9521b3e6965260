# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Cluster: a PostgreSQL cluster of our own, to be thrown away. It listens on a unix socket in
# a directory that only its owner can enter, so it needs neither a password nor a free port.

package WAS::Cluster;

use strict;
use warnings;

use Cwd ();
use File::Path qw(make_path remove_tree);
use File::Temp ();

use constant USER => 'was';

# sun_path holds 108 bytes, and PostgreSQL adds "/.s.PGSQL.5432".
use constant MAX_SOCKET_DIRECTORY => 90;

# A cluster in `directory`; it may be running already, or not exist yet.
sub new {
    my ($class, $directory) = @_;
    return bless { directory => $directory, note => "$directory.socket" }, $class;
}

sub program {
    my ($name) = @_;
    my $bindir = qx(pg_config --bindir 2>/dev/null) // '';
    chomp $bindir;
    my @newest = sort { ($b =~ /(\d+)/)[0] <=> ($a =~ /(\d+)/)[0] } glob '/usr/lib/postgresql/*/bin';
    for my $path (grep { length } $bindir, @newest, split /:/, $ENV{PATH}) {
        return "$path/$name" if -x "$path/$name";
    }
    die "PostgreSQL's $name was not found; on Debian: apt install postgresql\n";
}

sub run {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command or CORE::exit 127;
    }
    waitpid $pid, 0;
    return $? == 0;
}

sub pid {
    my ($self) = @_;
    open my $file, '<', "$self->{directory}/postmaster.pid" or return 0;
    my ($pid) = (<$file> // '') =~ /^(\d+)/;
    return $pid && kill(0, $pid) ? $pid : 0;
}

# The directory of the socket: in the cluster's, or where a long path does not matter.
sub socket_directory {
    my ($self) = @_;
    if (open my $file, '<', $self->{note}) {
        chomp(my $directory = <$file>);
        return $directory;
    }
    my $directory = "$self->{directory}/socket";
    $directory = File::Temp::tempdir('wasXXXXXX', TMPDIR => 1)
        if length $directory > MAX_SOCKET_DIRECTORY;
    open my $file, '>', $self->{note} or die "$self->{note}: $!";
    print $file "$directory\n";
    close $file or die "$self->{note}: $!";
    return $directory;
}

# A libpq connection string, as DBDParams takes it.
sub dsn {
    my ($self, $database) = @_;
    return sprintf "host='%s' user=%s dbname=%s connect_timeout=5", $self->socket_directory, USER,
        $database;
}

# Makes and starts the cluster with the given empty databases; leaves a running one alone.
sub start {
    my ($self, @databases) = @_;
    return if $self->pid;
    $self->remove;
    my $directory = $self->{directory};
    my $log = "$directory.log";
    my $fail = sub { die "$_[0] failed; see $log\n" };
    make_path($directory, { mode => 0700 });
    run($log, program('initdb'), '-D', $directory, '-U', USER, '-A', 'trust', '-E', 'UTF8',
        '--no-locale', '--no-sync') or $fail->('initdb');
    my $socket = $self->socket_directory;
    make_path($socket, { mode => 0700 });
    open my $file, '>>', "$directory/postgresql.conf" or die "$directory/postgresql.conf: $!";
    # A time zone that is not UTC, so that a forgotten conversion shows.
    print $file <<"CONF";
listen_addresses = ''
unix_socket_directories = '$socket'
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
timezone = 'Asia/Kolkata'
CONF
    close $file or die "$directory/postgresql.conf: $!";
    run($log, program('pg_ctl'), '-D', $directory, '-l', $log, '-w', '-t', 60, '-s', 'start')
        or $fail->('pg_ctl start');
    $self->create($_) for @databases;
    return;
}

# Stops the server and keeps the data; `start_again` undoes it.
sub stop {
    my ($self, $mode) = @_;
    return if !$self->pid;
    return run("$self->{directory}.log", program('pg_ctl'), '-D', $self->{directory}, '-w', '-s',
        '-m', $mode // 'fast', 'stop');
}

sub start_again {
    my ($self) = @_;
    my $log = "$self->{directory}.log";
    run($log, program('pg_ctl'), '-D', $self->{directory}, '-l', $log, '-w', '-s', 'start')
        or die "pg_ctl start failed; see $log\n";
    return;
}

# The server and everything it has started.
sub processes {
    my ($self) = @_;
    my $pid = $self->pid or return;
    my @children = map {
        open my $file, '<', $_ or die "$_: $!";
        split ' ', readline($file) // '';
    } glob "/proc/$pid/task/*/children";
    return ($pid, @children);
}

# An empty database.
sub create {
    my ($self, $database) = @_;
    run("$self->{directory}.log", program('createdb'), '-h', $self->socket_directory, '-U', USER,
        $database) or die "createdb $database failed; see $self->{directory}.log\n";
    return $self->dsn($database);
}

# Stops the server and removes all that is left of it, the log excepted.
sub remove {
    my ($self) = @_;
    $self->stop('immediate');
    remove_tree($self->socket_directory) if -e $self->{note};
    unlink $self->{note};
    remove_tree($self->{directory});
    return;
}

1;
