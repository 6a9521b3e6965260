# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Cluster: a PostgreSQL cluster of our own, to be thrown away. It listens on a unix socket in
# a directory that only its owner can enter, so it needs neither a password nor a free port; asked
# to listen on TCP too, it has both. It can be a streaming standby of another one.

package WAS::Cluster;

use strict;
use warnings;

use Cwd ();
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Time::HiRes ();

use constant USER => 'was';

# sun_path holds 108 bytes, and PostgreSQL adds "/.s.PGSQL.5432".
use constant MAX_SOCKET_DIRECTORY => 90;

# A cluster in `directory`; it may be running already, or not exist yet. Options:
#   tcp       a port of 127.0.0.1 to listen on too, where `password` is asked for
#   settings  text for the end of its postgresql.conf
sub new {
    my ($class, $directory, %options) = @_;
    return bless { directory => $directory, note => "$directory.socket", %options }, $class;
}

# The same, removed when this process ends, in whatever way and state but SIGKILL.
my @thrown_away;

sub throwaway {
    my ($class, @arguments) = @_;
    my $self = $class->new(@arguments);
    push @thrown_away, { owner => $$, cluster => $self };
    $SIG{$_} = sub { exit 1 }
        for qw(INT TERM HUP);
    return $self;
}

END {
    local $?;
    for my $cluster (map { $_->{cluster} } grep { $_->{owner} == $$ } @thrown_away) {
        kill CONT => $cluster->processes;    # somebody may have frozen them
        $cluster->remove;
    }
}

sub program {
    my ($name) = @_;
    my $bindir = qx(pg_config --bindir 2>/dev/null) // '';
    chomp $bindir;
    my @newest =
        sort { ($b =~ /(\d+)/)[0] <=> ($a =~ /(\d+)/)[0] } glob '/usr/lib/postgresql/*/bin';
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

# A libpq connection string, as DBDParams takes it; to the pooler that stands between, if one does,
# or to the node that is asked in this one's place.
sub dsn {
    my ($self, $database) = @_;
    if (open my $file, '<', "$self->{directory}.pooler") {
        chomp(my $dsn = <$file>);
        return "$dsn dbname=$database";
    }
    my $port = $self->{tcp} ? " port=$self->{tcp}" : '';
    my $host = readlink("$self->{directory}.$database.asked") // $self->socket_directory;
    return sprintf "host='%s'$port user=%s dbname=%s connect_timeout=5", $host, USER, $database;
}

# From now on all who go by dsn() ask another node for this database; a handle is on this one still.
sub ask_instead {
    my ($self, $database, $node) = @_;
    my $link = "$self->{directory}.$database.asked";
    symlink $node->socket_directory, $link or die "$link: $!";
    return;
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
    my @auth = ('-A', 'trust');
    if ($self->{tcp}) {
        $self->{password} = random_password();
        my $file = write_text("$directory.password", '>', "$self->{password}\n");
        @auth = ('--auth-local=trust', '--auth-host=scram-sha-256', "--pwfile=$file");
    }
    run(
        $log, program('initdb'), '-D', $directory, '-U', USER, @auth, '-E', 'UTF8',
        '--no-locale', '--no-sync'
    ) or $fail->('initdb');
    unlink "$directory.password";
    # Connections for several httpd whose children open more pools the longer they are at it, and a
    # time zone that is not UTC, so that a forgotten conversion shows.
    $self->configure(<<'CONF');
max_connections = 400
shared_buffers = 64MB
fsync = off
full_page_writes = off
timezone = 'Asia/Kolkata'
CONF
    run($log, program('pg_ctl'), '-D', $directory, '-l', $log, '-w', '-t', 60, '-s', 'start')
        or $fail->('pg_ctl start');
    $self->create($_) for @databases;
    return;
}

# A handle on one of its databases; errors die. Options are DBI's. A process that was forked may end
# without ending the connection.
sub dbh {
    my ($self, $database, %options) = @_;
    require DBI;
    my $port = $self->{tcp} ? ";port=$self->{tcp}" : '';
    my $dsn = sprintf 'dbi:Pg:dbname=%s;host=%s%s;connect_timeout=5', $database // 'was',
        $self->socket_directory, $port;
    my %usual = (RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoInactiveDestroy => 1);
    return DBI->connect($dsn, USER, '', { %usual, %options });
}

# Makes and starts this cluster as a streaming standby of another one, which knows it as `name`.
sub follow {
    my ($self, $primary, $name) = @_;
    $self->remove;
    my $directory = $self->{directory};
    my $source = sprintf "host='%s' user=%s application_name=%s", $primary->socket_directory, USER,
        $name;
    run(
        "$directory.log", program('pg_basebackup'), '-D', $directory, '-d', $source, '-R', '-X',
        'stream', '-c', 'fast', '--no-sync'
    ) or die "pg_basebackup failed; see $directory.log\n";
    $self->configure('');
    # The copy holds the other's socket directory, too.
    $self->bury;
    $self->start_again;
    return;
}

# Makes a standby the primary; returns when it takes writes.
sub promote {
    my ($self) = @_;
    run(
        "$self->{directory}.log", program('pg_ctl'), '-D', $self->{directory}, '-w', '-s',
        'promote'
    ) or die "pg_ctl promote failed; see $self->{directory}.log\n";
    return;
}

# Where it listens, after the given settings; a later line wins.
sub configure {
    my ($self, $text) = @_;
    my $socket = $self->socket_directory;
    make_path($socket, { mode => 0700 });
    my $address = $self->{tcp} ? '127.0.0.1' : '';
    my $port = $self->{tcp} ? "port = $self->{tcp}\n" : '';
    my $settings = $self->{settings} // '';
    write_text("$self->{directory}/postgresql.conf", '>>', <<"CONF");
${text}listen_addresses = '$address'
${port}unix_socket_directories = '$socket'
$settings
CONF
    return;
}

sub write_text {
    my ($path, $mode, $text) = @_;
    open my $file, $mode, $path or die "$path: $!";
    chmod 0600, $path;
    print $file $text;
    close $file or die "$path: $!";
    return $path;
}

sub random_password {
    open my $file, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read $file, my $bytes, 16;
    return unpack 'H*', $bytes;
}

# Stops the server and keeps the data; `start_again` undoes it.
sub stop {
    my ($self, $mode) = @_;
    return if !$self->pid;
    return run(
        "$self->{directory}.log", program('pg_ctl'), '-D', $self->{directory}, '-w', '-s',
        '-m', $mode // 'fast', 'stop');
}

# What it shall find in its environment can be named.
sub start_again {
    my ($self, %environment) = @_;
    my ($log, $program) = ("$self->{directory}.log", program('pg_ctl'));
    local @ENV{ keys %environment } = values %environment;
    run($log, $program, '-D', $self->{directory}, '-l', $log, '-w', '-s', 'start')
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

# Ends the server and everything it has started with SIGKILL; returns when all of them are gone.
sub kill_all {
    my ($self) = @_;
    my @pids = $self->processes_that_stay;
    kill KILL => @pids;
    return $self->bury(@pids);
}

# The same to its first process alone; the others see that and go.
sub kill_postmaster {
    my ($self) = @_;
    my @pids = $self->processes_that_stay;
    kill KILL => $pids[0];
    return $self->bury(@pids);
}

# Stopped, so that it starts nothing that we do not see.
sub processes_that_stay {
    my ($self) = @_;
    kill STOP => $self->pid;
    return $self->processes;
}

# Some init is slow to take notice of the dead, and the next postmaster would take them for alive.
sub bury {
    my ($self, @pids) = @_;
    wait_until_gone(@pids);
    unlink "$self->{directory}/postmaster.pid", glob $self->socket_directory . '/.s.PGSQL.*.lock';
    return;
}

sub state {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/stat" or return 'Z';
    return (readline($file) // '') =~ /\) (\w)/ ? $1 : 'Z';
}

# Waits for processes that are not our children to end.
sub wait_until_gone {
    my (@pids) = @_;
    for (1 .. 500) {
        # One that nobody has waited for yet is gone, too.
        @pids = grep { kill(0 => $_) && state($_) ne 'Z' } @pids;
        return if !@pids;
        Time::HiRes::sleep(0.02);
    }
    die "these do not end: @pids\n";
}

# An empty database.
sub create {
    my ($self, $database) = @_;
    my @port = $self->{tcp} ? ('-p', $self->{tcp}) : ();
    run(
        "$self->{directory}.log", program('createdb'), '-h', $self->socket_directory, @port, '-U',
        USER, $database
    ) or die "createdb $database failed; see $self->{directory}.log\n";
    return $self->dsn($database);
}

# The tables of a mod_was in a database as so many partitions.
sub partition {
    my ($self, $database, $count) = @_;
    my @port = $self->{tcp} ? ('-p', $self->{tcp}) : ();
    run(
        "$self->{directory}.log", program('psql'), '-X', '-q', '-h', $self->socket_directory, @port,
        '-U', USER, '-v', "count=$count", '-f', "$ENV{WAS_TOP}/tools/partition.sql", $database
    ) or die "no partitions; see $self->{directory}.log\n";
    return;
}

# Stops the server and removes all that is left of it, the log excepted.
sub remove {
    my ($self) = @_;
    $self->stop('immediate');
    remove_tree($self->socket_directory) if -e $self->{note};
    unlink $self->{note}, "$self->{directory}.pooler", glob "$self->{directory}.*.asked";
    remove_tree($self->{directory});
    return;
}

1;
