# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Bench: the servers that t/bench/run measures, loads for them that were signed beforehand, and
# what wrk, pgbench and programs of libpq's and libsodium's make of them. Judges nothing.

package WAS::Bench;

use strict;
use warnings;

use Crypt::PRNG ();
use Exporter qw(import);
use File::Path qw(make_path);
use IO::Select;
use IO::Socket::IP;
use List::Util qw(min sum0);
use POSIX ();
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::TestRun;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

our @EXPORT_OK = qw(KIB MIB POOL CHILDREN THREADS noise);

use constant { KIB => 1024, MIB => 1024 * 1024 };

# What conf/was.conf and docs/operating.md recommend for two processors: connections of a child,
# children, and threads of each.
use constant { POOL => 4, CHILDREN => 4, THREADS => 16 };

# Requests that took longer wait, whatever the machine is at.
use constant LONG => 60_000;

# The public origin of every server: what is signed for one is good for all.
use constant ORIGIN => 'http://wallet.example';

# Signatures and capabilities hold for nearly as long as servers accept.
use constant LIFETIME => 3500;

my @MODULES = qw(authz_core alias dbd headers mime reqtimeout unique_id);

# The programs of t/bench that are compiled, and what they are linked with.
my %PROGRAMS = (
    floor => ['-shared', '-fPIC', '-lpq', '-lsodium'],
    libpq => ['-lpq', '-lpthread'],
    verify => ['-lsodium', '-lpthread'],
);

my %noise;

# So many bytes that no server gets away with compressing: contents of wallets are encrypted. The
# same ones each time.
sub noise {
    my ($count) = @_;
    return $noise{$count} //= Crypt::PRNG->new('ChaCha20', 'noise')->bytes($count);
}

# Options:
#   seconds     how long each load lasts
#   against     another build directory
#   partitions  instead of one: of this one, on tables of so many partitions
sub new {
    my ($class, %options) = @_;
    my ($run, $cluster) = WAS::TestRun::prepare_servers(
        'bench', modules => \@MODULES,
        settings => settings());
    my $self = bless { %options, run => $run, cluster => $cluster, files => 0 }, $class;
    $self->{processors} = () = WAS::Server::slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
    $self->{alice} = WAS::Key->fresh;
    my @other = $options{partitions} ? { database => 'other' } : other_build($options{against});
    $self->{builds} = [{ database => 'was' }, @other];
    no_sanitizers($_)
        for "$ENV{WAS_BUILD}/.libs/mod_was.so", map { $_->{module} // () } @{ $self->{builds} };
    $cluster->create($_->{database}) for @{ $self->{builds} }[1 .. $#{ $self->{builds} }];
    make_path("$run/static");
    $self->static($_, 'x' x $_) for KIB, MIB, 16 * MIB;
    $self->compile($_) for sort keys %PROGRAMS;
    return $self;
}

sub compile {
    my ($self, $program) = @_;
    my ($source, $target) = ("$ENV{WAS_TOP}/t/bench/$program.c", "$self->{run}/$program");
    chomp(my $postgres = qx(pg_config --includedir));
    my $apxs = WAS::TestRun::makefile_value($ENV{WAS_BUILD}, 'APXS') // 'apxs';
    chomp(my $httpd = qx($apxs -q INCLUDEDIR));
    my @options = ("-I$postgres", "-I$httpd", split ' ', qx(apr-1-config --includes --cppflags));
    system('cc', '-O2', @options, $source, '-o', $target, @{ $PROGRAMS{$program} }) == 0
        or die "$program does not build\n";
    return;
}

# A quarter of the memory, as PostgreSQL's manual has it, and durable.
sub settings {
    my ($kib) = WAS::Server::slurp('/proc/meminfo') =~ /MemTotal:\s+(\d+)/;
    my $buffers = int min($kib / 4, 2 << 20);
    return <<"CONF";
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = ${buffers}kB
max_wal_size = 8GB
checkpoint_timeout = 1h
autovacuum_naptime = 10s
CONF
}

# Two modules may make different tables of a database: each has its own.
sub other_build {
    my ($build) = @_;
    return if !defined $build;
    my $module = "$build/.libs/mod_was.so";
    die "$module is not there: run make first.\n" if !-e $module;
    my $top = WAS::TestRun::makefile_value($build, 'abs_top_srcdir');
    return { database => 'other', module => $module, top => $top };
}

sub no_sanitizers {
    my ($module) = @_;
    qx(nm -D "$module") !~ /__(?:asan|tsan|ubsan)_/
        or die "$module has sanitizers: figures need a build without.\n";
    return;
}

sub run { return $_[0]{run} }
sub cluster { return $_[0]{cluster} }
sub alice { return $_[0]{alice} }

# A file that httpd serves without us, as /static/NAME.
sub static {
    my ($self, $name, $content) = @_;
    WAS::TestRun::write_file("$self->{run}/static/$name", $content);
    return "/static/$name";
}

# An httpd for each build, ours first.
sub serve_all {
    my ($self) = @_;
    my @servers = map { $self->serve(%$_) } @{ $self->{builds} };
    $self->{cluster}->partition('other', $self->{partitions}) if $self->{partitions};
    return @servers;
}

# An httpd of ours, as recommended. Options: those of WAS::Server->start, and
#   database  another one than `was`, or
#   dsn       a connection string to it
#   pool      how many connections to it
#   children  how many, and
#   threads   of each
#   parts     what WASContentParts says
sub serve {
    my ($self, %options) = @_;
    my $pool = delete $options{pool} // POOL;
    my ($children, $threads) =
        (delete $options{children} // CHILDREN, delete $options{threads} // THREADS);
    my $database = delete $options{database} // 'was';
    my $dsn = delete $options{dsn} // $self->{cluster}->dsn($database);
    my $shape = shape($children, $threads);
    my $parts = delete $options{parts};
    my $stand = defined $parts ? "WASContentParts $parts" : '';
    my $origin = ORIGIN;
    return WAS::Server->start(%options, dsn => $dsn, before => <<"BEFORE", config => <<"CONF");
LoadModule floor_module "$self->{run}/floor"
$shape
BEFORE
Alias "/static" "$self->{run}/static"
<Location "/static">
    SetHandler none
</Location>
<Location "/floor/get">
    SetHandler floor-get
</Location>
<Location "/floor/verified">
    SetHandler floor-verified
</Location>
<Location "/floor/put">
    SetHandler floor-put
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
    WASBaseURL $origin
</Location>
<Location "/">
    LimitRequestBody 0
    $stand
</Location>
DBDKeep $pool
DBDMax $pool
CONF
}

# So many children of so many threads, who write down when each request came and how long it took.
sub shape {
    my ($children, $threads) = @_;
    my $workers = $children * $threads;
    return <<"CONF";
ServerLimit $children
StartServers $children
ThreadLimit $threads
ThreadsPerChild $threads
MaxRequestWorkers $workers
MinSpareThreads 1
MaxSpareThreads $workers
MaxKeepAliveRequests 0
KeepAliveTimeout 60
AsyncRequestWorkerFactor 16
LogFormat "%{usec}t %P %D" times
CustomLog logs/times times
CONF
}

# A server that somebody else has started, of which only the origin is known, and perhaps processes.
sub elsewhere {
    my ($self, $url, @pids) = @_;
    my ($origin) = $url =~ m{\A(https?://[^/?\#]+)/?\z}
        or die "$url is not an origin: what is signed has no path in front of /space/\n";
    kill 0 => $_ or $!{EPERM} or die "there is no process $_\n" for @pids;
    return bless { origin => $origin, pids => \@pids }, 'WAS::Bench::Elsewhere';
}

# A client of Portable Web Spaces for such a server.
sub holder {
    my ($self, $server, $key) = @_;
    my $holder = WAS::Zcap->new(base => ORIGIN, key => $key // $self->{alice}, mount => '/pws');
    @$holder{qw(host port)} = ('127.0.0.1', $server ? $server->origin =~ /:(\d+)\z/ : ());
    return $holder;
}

# ---- Requests, signed beforehand.

# A file of so much noise, for replay.lua.
sub noise_file {
    my ($self, $bytes) = @_;
    return $self->{noise}{$bytes} //=
        WAS::TestRun::write_file("$self->{run}/noise-$bytes", noise($bytes));
}

# The value of Authorization, as the classic protocol has it.
sub authorization {
    my ($self, $method, $target) = @_;
    return WAS::Client::authorization(
        key => $self->{alice}, method => $method, target => $target,
        fields => [], expires => int(time) + LIFETIME);
}

# A file for replay.lua of [method, target, signed?].
sub requests {
    my ($self, @requests) = @_;
    return $self->request_file(
        map {
            my ($method, $target, $signed) = @$_;
            [
                $method, $target,
                $signed ? 'Authorization: ' . $self->authorization($method, $target) : ()
            ];
        } @requests);
}

# The same of [method, target, a JSON body or none], signed for Portable Web Spaces by a client of
# it; options are its.
sub invocations {
    my ($self, @signed) = @_;
    return $self->request_file($self->invocation_lines(@signed));
}

sub invocation_lines {
    my ($self, $holder, $options, @requests) = @_;
    my %options = (sign => { expires => int(time) + LIFETIME }, %$options);
    return map {
        my ($method, $target, $body) = @$_;
        my @body = defined $body ? (type => 'application/json', body => $body) : ();
        my (undef, undef, %signed) = $holder->signed($method, $target, %options, @body);
        my @fields = @{ $signed{headers} };
        my @lines = map { "$fields[2 * $_]: $fields[2 * $_ + 1]" } 0 .. $#fields / 2;
        push @lines, "Body: $body" if defined $body;
        [$method, $target, 'Host: ' . ORIGIN =~ s{.*/}{}r, @lines];
    } @requests;
}

sub request_file {
    my ($self, @requests) = @_;
    my $path = "$self->{run}/requests-$$-" . ++$self->{files};
    return WAS::TestRun::write_file($path, join '', map { join("\t", @$_) . "\n" } @requests);
}

# ---- Loads.

# Microseconds that each process of a list has spent.
sub spent {
    my (@pids) = @_;
    my $tick = 1e6 / POSIX::sysconf(POSIX::_SC_CLK_TCK());
    my %spent;
    for my $pid (@pids) {
        my @field = split ' ', WAS::Server::slurp("/proc/$pid/stat") =~ s/.*\)//sr;
        $spent{$pid} = ($field[11] + $field[12]) * $tick if @field;
    }
    return \%spent;
}

# httpd's children, and PostgreSQL.
sub processor_time {
    my ($self, $server) = @_;
    my @clusters = $server->can('clusters') ? $server->clusters : $self->{cluster};
    return (spent($server->children), spent(map { $_->processes } @clusters));
}

# What both have spent between two of these.
sub spent_between {
    my ($before, $after) = @_;
    return map {
        my ($then, $now) = ($before->[$_], $after->[$_]);
        sum0(map { $now->{$_} - ($then->{$_} // 0) } keys %$now)
    } 0, 1;
}

# Microseconds from a request's arrival to the end of its answer, as a server has written them down
# since forget_times(): [when it came, in microseconds of the epoch; the child; how long it took].
sub times {
    my ($self, $server) = @_;
    return map { [split] } split /\n/, WAS::Server::slurp($server->directory . '/logs/times');
}

sub forget_times {
    my ($self, $server) = @_;
    my $path = $server->directory . '/logs/times';
    return !-e $path || truncate($path, 0) || die "$path: $!\n";
}

# The median, the 99th percentile and the longest of some.
sub percentiles {
    my @sorted = sort { $a <=> $b } @_;
    return @sorted[$#sorted * 0.5, $#sorted * 0.99, -1];
}

# The command, and what it has said: requests, microseconds, p50, p99, bad, broken.
sub wrk_command {
    my ($self, $server, $file, %options) = @_;
    my $connections = $options{connections} // 16;
    my $seconds = POSIX::ceil($options{seconds} // $self->{seconds});
    my $threads = min(2, $connections);
    my @body = $options{put} ? $self->noise_file($options{put}) : ();
    return (
        'wrk', "-t$threads", "-c$connections", "-d${seconds}s", '--timeout', '60s', '-s',
        "$ENV{WAS_TOP}/t/bench/replay.lua", $server->origin, '--', $file, @body);
}

sub wrk_figures {
    my ($said) = @_;
    $said =~ /^FIGURES (.*)/m or die "wrk: $said\n";
    my %seen = map { split /=/ } split ' ', $1;
    die "not every request succeeded: $said\n" if $seen{bad} || !$seen{requests};
    return \%seen;
}

# What wrk saw: requests a second, bytes a second of contents, and percentiles in microseconds, p50
# and p99; what httpd saw of them, served50, served99 and the longest; and what httpd and PostgreSQL
# have spent on a request. Options:
#   connections, seconds
#   put          how much noise is the body of a PUT, in bytes
#   bytes        of contents that a request moves, unless it is that
#   closed       true: httpd may close connections that are idle, as it does when a child's threads
#                are all taken, oftener than once in a thousand requests; `broken` counts these
sub wrk {
    my ($self, $server, $file, %options) = @_;
    my @command = $self->wrk_command($server, $file, %options);
    $self->forget_times($server) if $server->directory;
    my @before = $self->processor_time($server);
    my $said = qx(@command 2>&1);
    my @after = $self->processor_time($server);
    my $seen = wrk_figures($said);
    die "not every request succeeded: $said\n"
        if $seen->{broken} > $seen->{requests} / 1000 && !$options{closed};
    @$seen{qw(httpd postgres)} = map { $_ / $seen->{requests} } spent_between(\@before, \@after);
    $seen->{rate} = $seen->{requests} / $seen->{microseconds} * 1e6;
    $seen->{bytes} = $seen->{rate} * ($options{bytes} // $options{put} // 0);
    @$seen{qw(served50 served99 longest)} = percentiles(map { $_->[2] } $self->times($server))
        if $server->directory;
    return $seen;
}

# A server that starts, and restarts gracefully, while wrk goes on: of what each child took in the
# first second after its first request, how many requests took longer than LONG, the 99th percentile
# and the longest, at the start and at the restart. What wrk loses when a child ends is no matter of
# these.
sub cold {
    my ($self, $server, $file) = @_;
    my ($host, $port) = $server->origin =~ m{//(.*):(\d+)\z};
    $server->stop;
    $self->forget_times($server);
    $server->start_again(wait => 0);
    eventually(30, sub { IO::Socket::IP->new(PeerHost => $host, PeerPort => $port) })
        or die "httpd does not listen\n";
    my $wrk = open my $said, '-|', $self->wrk_command($server, $file, seconds => 120)
        or die "wrk: $!\n";
    my $serves = sub {
        my ($is_it) = @_;
        eventually(
            30,
            sub {
                grep { $is_it->($_->[1]) } $self->times($server);
            });
        sleep 1.2;
    };
    $serves->(sub { 1 });
    my %old = map { $_ => 1 } $server->children;
    $server->signal('USR1');
    $serves->(sub { !$old{ $_[0] } });
    kill INT => $wrk;
    wrk_figures(join '', readline $said);
    close $said or die "wrk failed\n";
    my (%first, %took);
    for my $request (sort { $a->[0] <=> $b->[0] } $self->times($server)) {
        my ($began, $child, $microseconds) = @$request;
        $first{$child} //= $began;
        my $when = $old{$child} ? 'start' : 'restart';
        push @{ $took{$when} }, $microseconds if $began < $first{$child} + 1e6;
    }
    return {
        map {
            my @took = @{ $took{$_} // die "no child answered at its $_\n" };
            my (undef, $p99, $longest) = percentiles(@took);
            (
                "$_ long" => scalar(grep { $_ > LONG } @took), "$_ p99" => $p99,
                "$_ longest" => $longest)
        } qw(start restart)
    };
}

# Verifications of Ed25519 a second that all processors do, and nothing else.
sub verify {
    my ($self) = @_;
    my $rate = qx("$self->{run}/verify" $self->{processors} 1);
    die "verify failed\n" if $?;
    return { rate => $rate + 0 };
}

# A statement alone: the bare upsert of 1 KiB, or what a file of t/bench has. The time that pgbench
# is given begins before it connects, and a busy machine may take all of it for that: then more.
sub pgbench {
    my ($self, $connections, $file) = @_;
    my $content = 'content=' . 'x' x KIB;
    my @command = (
        WAS::Cluster::program('pgbench'), '-n', '-M', 'prepared', '-c', $connections, '-j',
        min(2, $connections), '-D', $content, '-f',
        "$ENV{WAS_TOP}/t/bench/" . ($file // 'upsert.sql'),
        '-h', $self->{cluster}->socket_directory, '-U', WAS::Cluster::USER);
    my $said;
    for my $times (1, 3, 9) {
        my $seconds = $times * POSIX::ceil($self->{seconds});
        $said = qx(@command -T $seconds was 2>&1);
        return { rate => $1 } if $said =~ /^tps = ([\d.]+)/m;
    }
    die "pgbench: $said\n";
}

# Contents of a size in one of the ways of t/bench/libpq.c. Options:
#   connections, seconds
sub libpq {
    my ($self, $way, $bytes, %options) = @_;
    my $dsn = $self->{cluster}->dsn('was');
    my $connections = $options{connections} // POOL;
    my $seconds = $options{seconds} // $self->{seconds};
    my $rate = qx("$self->{run}/libpq" $way "$dsn" $connections $seconds $bytes);
    die "libpq $way failed\n" if $?;
    return { bytes => $rate + 0 };
}

# ---- What a child is at.

# How many processes want a processor: the load averages of the machine.
sub load { return join ' ', (split ' ', WAS::Server::slurp('/proc/loadavg'))[0 .. 2] }

# Runs the code while the child's calls into the system are written down; yields a line for each.
sub system_calls {
    my ($self, $child, $code) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>', '/dev/null';
        exec 'strace', '-f', '-yy', '-qq', '-s', '0', '-p', $child, '-o', "$self->{run}/strace"
            or POSIX::_exit(127);
    }
    my $seen = eventually(
        10,
        sub {
            !grep { WAS::Server::slurp($_) =~ /^TracerPid:\s+0$/m }
                glob "/proc/$child/task/*/status";
        });
    $code->();
    kill INT => $pid;
    waitpid $pid, 0;
    my @lines = grep { !/resumed>/ } split /\n/, WAS::Server::slurp("$self->{run}/strace");
    $seen && @lines or die "strace saw nothing: may it attach to other processes here?\n";
    return @lines;
}

# Megabytes that /proc/PID/status has of a server's only child.
sub megabytes {
    my ($self, $server, $field) = @_;
    my ($child) = $server->children;
    WAS::Server::slurp("/proc/$child/status") =~ /^\Q$field\E:\s+(\d+) kB/m or die "no $field\n";
    return $1 / 1000;
}

# ---- Transfers with curl, each in a process.

# Starts curl for each list of arguments, and returns when all are connected to the server. Each
# ends well if it gets the status.
sub transfers {
    my ($self, $server, $status, @lists) = @_;
    my @pids;
    for my $arguments (@lists) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            my $got = qx(curl -s -o /dev/null -w '%{http_code}' @$arguments);
            POSIX::_exit($got eq $status ? 0 : 1);
        }
        push @pids, $pid;
    }
    my ($port) = map { sprintf '%04X', /:(\d+)\z/ } $server->origin;
    eventually(
        2,
        sub {
            my @connected = WAS::Server::slurp('/proc/net/tcp') =~ /^ *\d+: \S+ \w+:$port 01 /mg;
            return @connected >= @pids;
        });
    return @pids;
}

# One transfer of so many bytes: bytes a second, and what httpd and PostgreSQL have spent on it.
sub transfer {
    my ($self, $server, $status, $bytes, @arguments) = @_;
    my @before = $self->processor_time($server);
    my $said = qx(curl -s -o /dev/null -w '%{http_code} %{time_total}' @arguments);
    my @after = $self->processor_time($server);
    my ($got, $seconds) = split ' ', $said;
    $got eq $status or die "a transfer ended with $got\n";
    my %seen = (bytes => $bytes / $seconds);
    @seen{qw(httpd postgres)} = spent_between(\@before, \@after);
    return \%seen;
}

# The same of what a client does, which gets a 200.
sub timed {
    my ($self, $server, $bytes, $act) = @_;
    my @before = $self->processor_time($server);
    my $began = time;
    my $res = $act->();
    my $seconds = time - $began;
    my @after = $self->processor_time($server);
    $res->status == 200 or die "it ended with @{[$res->status]}: @{[$res->body]}\n";
    my %seen = (bytes => $bytes / $seconds);
    @seen{qw(httpd postgres)} = spent_between(\@before, \@after);
    return \%seen;
}

sub wait_for {
    my ($self, @pids) = @_;
    waitpid($_, 0) == $_ && $? == 0 or die "a transfer failed\n" for @pids;
    return;
}

# curl and the shell that has started it.
sub break_off {
    my ($self, @pids) = @_;
    my $children = sub {
        map { split ' ', WAS::Server::slurp("/proc/$_/task/$_/children") } @_;
    };
    my @below = $children->(@pids);
    kill TERM => @below, $children->(@below);
    waitpid $_, 0 for @pids;
    return;
}

# As many who wait, each on a connection of its own, with the requests of a file in turn; who is
# answered asks again. A process that holds them until it is ended, once all of them wait.
sub waiters {
    my ($self, $server, $file, $count) = @_;
    my @requests = map {
        my ($method, $target, @fields) = split /\t/;
        join "\r\n", "$method $target HTTP/1.1", @fields, 'Prefer: wait=30', 'Connection: close',
            '', '';
    } split /\n/, WAS::Server::slurp($file);
    pipe my $from, my $to or die "no pipe: $!\n";
    my $pid = fork // die "no process: $!\n";
    if (!$pid) {
        close $from;
        keep_waiting([$server->origin =~ m{//(.*):(\d+)\z}], \@requests, $count, $to);
        POSIX::_exit(0);
    }
    close $to;
    my $line = readline $from;
    defined $line or die "$count do not come to wait\n";
    return $pid;
}

# What nobody answers within a second waits: who may not, or hears of a change, is told at once.
sub keep_waiting {
    my ($peer, $requests, $count, $to) = @_;
    my ($select, $asked, $unsaid) = (IO::Select->new, 0, 1);
    my $ask = sub {
        my $socket = IO::Socket::IP->new(PeerHost => $peer->[0], PeerPort => $peer->[1]);
        print {$socket} $requests->[$asked++ % @$requests];
        $socket->flush;
        $select->add($socket);
    };
    $ask->() for 1 .. $count;
    while (1) {
        my @answered = $select->can_read(1);
        syswrite $to, "all\n" if !@answered && $unsaid-- == 1;
        for my $socket (@answered) {
            next if sysread $socket, my $bytes, 65536;
            $select->remove($socket);
            $ask->();
        }
    }
    return;
}

# curl's arguments for an upload of so many bytes, 64 MiB.
sub upload {
    my ($self, $server, $target, $bytes) = @_;
    my $path = "$self->{run}/sparse";
    open my $file, '>', $path or die "$path: $!\n";
    truncate $file, $bytes // 64 * MIB or die "$path: $!\n";
    close $file or die "$path: $!\n";
    my $authorization = $self->authorization('PUT', $target);
    return ['-T', $path, '-H', "'Authorization: $authorization'", $server->origin . $target];
}

# A server of which nothing is known but where it is, and which processes are behind it.
package WAS::Bench::Elsewhere;

sub origin { return $_[0]{origin} }
sub directory { return }

# Those that were named, and all that they have started.
sub children { return with_children(@{ $_[0]{pids} }) }

sub with_children {
    return map {
        my @children = map { split ' ', WAS::Server::slurp($_) } glob "/proc/$_/task/*/children";
        ($_, with_children(@children))
    } @_;
}

sub client {
    my ($self, $key, %options) = @_;
    return WAS::Client->new(base => $self->{origin}, key => $key, %options);
}

1;
