# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Server: the servers of a test. As functions, the one that t/TEST started, with its virtual
# hosts, its database and its error log. As a class, a private httpd with a configuration of its
# own, for what cannot be tried on a server that others use.

package WAS::Server;

use strict;
use warnings;

use Errno qw(ENOENT);
use File::Path qw(make_path);
use HTTP::Tiny ();
use IO::Socket::INET ();
use POSIX ();
use Scalar::Util qw(weaken);
use Time::HiRes qw(sleep time);

use WAS::Citus;
use WAS::Cluster;

my %ports = map { split /=/ } split / /, $ENV{WAS_PORTS} // '';

# Where t/TEST, or WAS::TestRun::prepare_servers, has put what servers need.
sub run_directory { return $ENV{WAS_RUN} // '' }

# The origin of a virtual host of t/conf/extra.conf.in: "http://127.0.0.1:10101".
sub url {
    my ($name) = @_;
    $name //= 'main';
    return sprintf '%s://127.0.0.1:%d', $name =~ /tls$/ ? 'https' : 'http', port($name);
}

sub port {
    my ($name) = @_;
    return $ports{ $name // 'main' } // die "no virtual host $name; is t/TEST running this?\n";
}

# event, worker or prefork.
sub mpm {
    return $ENV{WAS_MPM};
}

# mod_http2 does not work with prefork.
sub has_http2 {
    return mpm() ne 'prefork';
}

sub cluster {
    return WAS::Cluster->new(run_directory() . '/pg');
}

# SQL for the content that a row of was_resources names, wherever it stands.
sub content_of {
    my ($row) = @_;
    return <<"SQL";
CASE WHEN $row.parts IS NOT NULL AND $row.content = int8send($row.parts) THEN
    (SELECT string_agg(p.bytes, '' ORDER BY p.number) FROM was_parts p
        WHERE p.space_uuid = $row.space_uuid COLLATE "C" AND p.content = $row.parts)
ELSE $row.content END
SQL
}

# The same for a row of was_pws_resources.
sub pws_content_of {
    my ($row) = @_;
    return <<"SQL";
CASE WHEN $row.parts IS NOT NULL THEN
    (SELECT string_agg(p.bytes, '' ORDER BY p.number) FROM was_parts p
        WHERE p.space_uuid = $row.space_uuid AND p.content = $row.parts)
ELSE $row.content END
SQL
}

# Where httpd's own modules are.
sub modules_directory {
    return (slurp(run_directory() . '/t/conf/modules.conf') =~ m{ (\S+)/mod_dbd\.so})[0];
}

# A handle on a database of the cluster; errors die.
sub dbh {
    my ($database) = @_;
    return cluster()->dbh($database);
}

# Whether a sanitizer is in front of httpd: it keeps what is freed for a while, and puts room of its
# own around whatever is allocated.
sub has_sanitizer {
    return ($ENV{WAS_SANITIZER_PRELOAD} // '') ne '' || $ENV{WAS_HTTPD} =~ m{/run/httpd\z};
}

# A second database, empty, under a name that no other test has; returns its name. The connection
# string is cluster()->dsn($name).
sub create_database {
    my $name = "was_$$" . '_' . sprintf '%x', time * 1000;
    cluster()->create($name);
    return $name;
}

# Its tables, once the module has made them, as partitions or on workers, where the run is one of
# those.
sub partition {
    my ($database) = @_;
    if (WAS::Citus::count()) {
        WAS::Citus::create(cluster(), $database);
        WAS::Citus::distribute(cluster(), $database);
    }
    cluster()->partition($database, $ENV{WAS_TEST_PARTITIONS}) if $ENV{WAS_TEST_PARTITIONS};
    return;
}

sub error_log {
    return run_directory() . '/t/logs/error_log';
}

sub slurp {
    my ($path, $from) = @_;
    open my $file, '<:raw', $path or return $!{ENOENT} ? '' : die "$path: $!\n";
    seek $file, $from // 0, 0;
    local $/;
    return scalar(<$file>) // '';
}

# Where the error log ends now; error_log_since() gives what was added after.
sub error_log_mark {
    return -s error_log() // 0;
}

sub error_log_since {
    my ($mark) = @_;
    return slurp(error_log(), $mark);
}

# Announces that the main error log will hold lines like this at level error: t/99-error-log.t
# takes every other one for a failure.
sub expect_error {
    my ($pattern) = @_;
    my $expected = run_directory() . '/t/logs/expected';
    open my $file, '>>', $expected or die "$expected: $!\n";
    print $file "$pattern\n";
    close $file or die "$expected: $!\n";
    return;
}

sub expected_errors {
    return map { qr/$_/ } split /\n/, slurp(run_directory() . '/t/logs/expected');
}

# All that were started, without keeping them. Whatever ends a test, they end before the clusters
# that they use do (END blocks run from the last to the first).
my @started;

END {
    local $?;
    $_->stop for grep { $_ && $_->{owner} == $$ && defined $_->{pid} } @started;
}

my $directory_of_test = ($0 =~ m{([^/]+?)(?:\.t)?$})[0] . "-$$";

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0)
        or die "no free port: $@";
    return $socket->sockport;
}

# Starts an httpd of its own on a free port and waits until it answers. Options:
#   dsn      what DBDParams gets (default: the tests' database)
#   config   text for the main server, after the example configuration
#   example  0 leaves conf/was.conf out: `config` is all there is
#   before   text in front of the example configuration
#   mpm      another MPM than the tests'
#   without  [modules] that are not loaded
#   module   another mod_was.so than the one that is tested
#   top      and the top of its tree, whose example configuration it gets
#   wait     0 returns at once; call wait_until_ready() or wait_until_gone()
# Dies when it does not come up. It is stopped when the object goes.
sub start {
    my ($class, %options) = @_;
    my $self = $class->configure(%options);
    $self->launch;
    $self->wait_until_ready if $options{wait} // 1;
    return $self;
}

# What `httpd -t` thinks of the configuration that start() would get: its exit status as waitpid
# gives it, and all that it said.
sub check {
    my ($class, %options) = @_;
    my $self = $class->configure(%options);
    my $said = "$self->{directory}/said";
    WAS::Cluster::run(
        $said, $ENV{WAS_HTTPD}, '-t', '-d', $self->{directory}, '-f',
        "$self->{directory}/httpd.conf");
    return ($?, slurp($said));
}

# A server that has its configuration file and has not been started.
sub configure {
    my ($class, %options) = @_;
    my $directory = sprintf '%s/private/%s-%d', run_directory(), $directory_of_test, @started + 1;
    make_path("$directory/logs");
    my $self = bless {
        directory => $directory,
        port => free_port(),
        owner => $$,
        error_log => "$directory/error_log",
    }, $class;
    push @started, $self;
    weaken($started[-1]);
    open my $file, '>', "$directory/httpd.conf" or die "$directory/httpd.conf: $!\n";
    print $file $self->configuration(%options);
    close $file or die "$directory/httpd.conf: $!\n";
    return $self;
}

sub configuration {
    my ($self, %options) = @_;
    my $mpm = $options{mpm} // mpm();
    my $run = run_directory();
    my $modules = slurp("$run/t/conf/modules.conf");
    $modules =~ s/^(LoadModule was_module ).*/$1$options{module}/m if defined $options{module};
    $modules =~ s/mpm_\w+?(?=_module|\.so)/mpm_$mpm/g;
    $modules =~ s/^LoadModule http2_.*\n//m if $mpm eq 'prefork';
    $modules =~ s/^LoadModule ${_}_module .*\n//m for @{ $options{without} // [] };
    my $dsn = $options{dsn} // cluster()->dsn('was');
    my $top = $options{top} // $ENV{WAS_TOP};
    my $example = $options{example} // 1 ? qq(Include "$top/conf/was.conf"\n) : '';
    my $levels = $modules =~ /^LoadModule was_module/m ? "was:info mpm_$mpm:notice" : '';
    # Of an httpd that has fewer spare threads than it is to have, SIGTERM makes a child more, and
    # ends it at its start, in the handler of that signal, where it may crash.
    my $spare = $mpm eq 'prefork' ? '' : 'MinSpareThreads 8';
    my $before = $options{before} // '';
    my $config = $options{config} // '';
    return <<"CONF";
ServerRoot "$self->{directory}"
ServerName 127.0.0.1
Listen 127.0.0.1:$self->{port}
PidFile "$self->{directory}/httpd.pid"
DefaultRuntimeDir "$self->{directory}/logs"
ErrorLog "$self->{error_log}"
$modules
TypesConfig "$run/t/conf/mime.types"
LogLevel warn $levels
StartServers 1
$spare
$before
Define WAS_STORAGE_DSN "$dsn"
$example
$config
CONF
}

sub launch {
    my ($self) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        # prefork ends by a signal to its process group, which must not be ours.
        POSIX::setsid();
        # PG* variables would hide what is missing in the configuration.
        delete @ENV{qw(PGHOST PGUSER PGDATABASE)};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $self->{error_log} or CORE::exit 127;
        open STDERR, '>&', \*STDOUT;
        exec $ENV{WAS_HTTPD}, '-DFOREGROUND', '-d', $self->{directory}, '-f',
            "$self->{directory}/httpd.conf" or CORE::exit 127;
    }
    $self->{pid} = $pid;
    delete $self->{status};
    return;
}

sub pid { return $_[0]{pid} }
sub error_log_path { return $_[0]{error_log} }
sub directory { return $_[0]{directory} }

# All that it has logged so far.
sub log {
    my ($self) = @_;
    return slurp($self->{error_log});
}

# Lines of ours among them, but for what is said at each start where nothing is wrong: which
# database it is, and that pws takes a server's name from its requests, where a test names none.
sub own_lines {
    my ($self) = @_;
    return grep { /\[was:/ && !/\] mod_was [\d.]+: schema / && !/ without WASBaseURL / } split /\n/,
        $self->log;
}

# Its origin: "http://127.0.0.1:20202".
sub origin {
    my ($self) = @_;
    return "http://127.0.0.1:$self->{port}";
}

# A signing client of it.
sub client {
    my ($self, $key, %options) = @_;
    require WAS::Client;
    return WAS::Client->new(base => $self->origin, key => $key, %options);
}

# The pids of its children.
sub children {
    my ($self) = @_;
    my @pids = map { split ' ', slurp($_) } glob "/proc/$self->{pid}/task/*/children";
    return @pids;
}

# Waits until it has children again, and none of these; false when that takes too long.
sub wait_for_other_children {
    my ($self, @children) = @_;
    my %old = map { $_ => 1 } @children;
    my $deadline = time + 10;
    while (time < $deadline) {
        my @now = $self->children;
        return 1 if @now && !grep { $old{$_} } @now;
        sleep 0.02;
    }
    return 0;
}

# What a process has: resident memory and its share of it in MiB, descriptors, threads.
sub usage {
    my ($pid) = @_;
    my $memory = eval { slurp("/proc/$pid/smaps_rollup") } // '';
    my ($threads) =
        (eval { slurp("/proc/$pid/status") } // '') =~ /^Threads:\s+(\d+)/m;
    my @descriptors = glob "/proc/$pid/fd/*";
    return (
        (map { $memory =~ /^$_:\s+(\d+) kB/m ? $1 / 1024 : undef } qw(Rss Pss)),
        scalar @descriptors, $threads);
}

# Whether it still runs; its exit status is in `status` afterwards.
sub running {
    my ($self) = @_;
    return 0 if defined $self->{status};
    return 1 if waitpid($self->{pid}, POSIX::WNOHANG()) != $self->{pid};
    $self->{status} = $?;
    return 0;
}

# An unsigned request: the hash of HTTP::Tiny.
sub request {
    my ($self, $method, $path, %options) = @_;
    my $http = HTTP::Tiny->new(timeout => 30, keep_alive => 0, proxy => undef);
    return $http->request($method, $self->origin . $path, \%options);
}

# Waits for an answer, whatever it says.
sub wait_until_ready {
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // 30);
    while (time < $deadline) {
        return $self if $self->running && $self->request('GET', '/health')->{status} != 599;
        last if !$self->running;
        sleep 0.05;
    }
    my $log = $self->log;
    $self->stop;
    die "httpd did not come up:\n$log\n";
}

# Waits until it has ended by itself; false when it has not.
sub wait_until_gone {
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // 30);
    while ($self->running) {
        return 0 if time > $deadline;
        sleep 0.02;
    }
    return 1;
}

# "USR1" restarts gracefully, "HUP" at once; the children come and go, the pid stays.
sub signal {
    my ($self, $name) = @_;
    return kill $name => $self->{pid};
}

# Restarts it at once, and waits until it serves by what it has read anew; false when that takes too
# long. Other children than before say nothing of that: httpd replaces idle ones as well.
sub restart {
    my ($self) = @_;
    my $starts = sub { return scalar(() = $self->log =~ /resuming normal operations/g) };
    my $before = $starts->();
    my $deadline = time + 30;
    $self->signal('HUP');
    while ($starts->() == $before) {
        return 0 if time > $deadline;
        sleep 0.02;
    }
    return $self->wait_until_ready;
}

# Ends it; returns its exit status as waitpid gives it.
sub stop {
    my ($self) = @_;
    # Lets the thread that served the last request close its connection; see t/99-error-log.t.
    sleep 0.02 if $self->running;
    for my $name (qw(TERM KILL)) {
        last if !$self->running;
        $self->signal($name);
        last if $self->wait_until_gone(30);
    }
    return $self->{status};
}

# The same configuration once more, after stop().
sub start_again {
    my ($self, %options) = @_;
    $self->launch;
    $self->wait_until_ready if $options{wait} // 1;
    return $self;
}

sub DESTROY {
    my ($self) = @_;
    return if !defined $self->{pid} || $self->{owner} != $$;
    local ($?, $@, $!);
    $self->stop;
    return;
}

1;
