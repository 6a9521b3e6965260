# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::TestRun: Apache::Test's runner with a PostgreSQL cluster beside httpd, a build directory that
# need not be the source directory, and programs in C in the same summary. See t/TEST.

package WAS::TestRun;

use strict;
use warnings;

use Cwd ();
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use List::Util qw(uniq);
use TAP::Harness ();
use TAP::Parser::Aggregator ();

use WAS::Citus;
use WAS::Cluster;
use WAS::Pooler;
use WAS::Server;

our @ISA;
my ($runner, $cluster, $pooler);
my $owner = $$;

# Modules that the tests' configuration uses, and those which a distribution enables and which have
# a hand in every request. mod_http2 does not work with prefork.
my @MODULES = qw(
    alias authz_core authz_host autoindex dbd deflate dir env filter headers mime negotiation proxy
    proxy_http reqtimeout setenvif socache_shmcb ssl status unique_id
);

# httpd and the libraries are not instrumented: what they do with memory, ThreadSanitizer sees only
# where they call what it has replaced, and their atomics not at all. So a race is reported between
# two places of ours. Locks count, whoever takes them. Threads are made by httpd alone; mod_watchdog
# leaves one that has ended to the end of its process.
my $TSAN_OPTIONS = 'ignore_noninstrumented_modules=1:report_thread_leaks=0';

sub main {
    my (@arguments) = @_;
    my ($top, $build) = places();
    # Apache::Test would start itself again through a shell to allow core files, without this.
    $ENV{APACHE_TEST_ULIMIT_SET} = 1;
    my %self = settings($top, $build, "$build/t/run");
    my @left = grep { !/^--?no-httpd$/ } @arguments;
    return run_without_servers(\%self, @left) if @left < @arguments;

    refuse_root();
    eval { require Apache::TestRun; 1 }
        or die "Apache::Test was not found; on Debian: apt install libapache2-mod-perl2\n$@";
    @ISA = 'Apache::TestRun';
    my $self = WAS::TestRun->new(%self);
    $self->prepare_directory;
    $self->run(@arguments);
    return $self->{failed} ? 1 : 0;
}

sub settings {
    my ($top, $build, $run) = @_;
    return (
        top => $top,
        build => $build,
        run_directory => $run,
        apxs => $ENV{WAS_APXS} // makefile_value($build, 'APXS') // 'apxs',
        programs => [split ' ', $ENV{WAS_PROGRAMS} // join ' ', built_programs($build)],
        preload => $ENV{WAS_SANITIZER_PRELOAD} // makefile_value($build, 'SANITIZER_PRELOAD') // '',
        mpm => $ENV{WAS_TEST_MPM} // 'event',
    );
}

# The top of the tree and the build directory, which the environment then has too: those that make
# has named, or ours and the current one.
sub places {
    # Requests to our own httpd must not take a way through a proxy.
    delete $ENV{$_} for grep { /^(?:https?|all)_proxy$/i } keys %ENV;
    my $top = Cwd::abs_path($ENV{WAS_TOP} // dirname(__FILE__) . '/../../..');
    my $build = Cwd::abs_path($ENV{WAS_BUILD} // (-e 'config.status' ? '.' : $top));
    @ENV{qw(WAS_TOP WAS_BUILD)} = ($top, $build);
    return ($top, $build);
}

sub refuse_root {
    die "httpd and PostgreSQL refuse root: run this as another user.\n" if $> == 0;
    return;
}

# For a program that starts servers of its own, with no t/TEST around it: puts what WAS::Server
# looks for into t/run/NAME of the build directory, which is emptied first, and into the
# environment. Yields that directory, and a cluster that runs and is thrown away with the program.
# Options:
#   modules   [names] of httpd's modules, instead of those of the tests
#   settings  text for the end of the cluster's postgresql.conf
sub prepare_servers {
    my ($name, %options) = @_;
    refuse_root();
    my ($top, $build) = places();
    my $run = "$build/t/run/$name";
    my $self = bless { settings($top, $build, $run), modules => $options{modules} };
    $self->module;
    @ENV{qw(WAS_RUN WAS_MPM)} = ($run, $self->{mpm});
    # What a run that was killed has left goes first.
    WAS::Server::cluster()->remove;
    remove_tree($run);
    make_path("$run/t/conf");
    write_file("$run/t/conf/modules.conf", $self->modules_conf);
    write_file("$run/t/conf/mime.types", "text/plain txt\n");
    $ENV{WAS_HTTPD} = $self->httpd;
    my $own = WAS::Cluster->throwaway("$run/pg", settings => $options{settings});
    # Whoever does not want to read more wants us to end, too.
    $SIG{PIPE} = sub { exit 1 };
    $own->start('was');
    return ($run, $own);
}

sub module {
    my ($self) = @_;
    my $module = "$self->{build}/.libs/mod_was.so";
    die "$module is not there: run make first.\n" if !-e $module;
    return $module;
}

sub run_without_servers {
    my ($self, @arguments) = @_;
    bless $self;
    $self->prepare_directory;
    chdir $self->{run_directory} or die "$self->{run_directory}: $!\n";
    $self->{argv} = [grep { !/^--?verbose$/ } @arguments];
    $self->{opts} = { 'run-tests' => 1, verbose => @{ $self->{argv} } < @arguments };
    $self->split_test_args;
    die "no such test: @{ $self->{argv} }\n" if @{ $self->{argv} };
    $self->run_tests;
    return $self->{failed} ? 1 : 0;
}

sub makefile_value {
    my ($build, $name) = @_;
    open my $file, '<', "$build/Makefile" or return;
    while (my $line = <$file>) {
        return $1 if $line =~ /^\Q$name\E = (.*\S)/;
    }
    return;
}

sub built_programs {
    my ($build) = @_;
    return map { s{^\Q$build\E/}{}r }
        grep { -x && !-d } sort glob "$build/t/{unit/test,fuzz/replay}_*";
}

# Apache::Test writes beside the tests. So it gets a directory of its own, where the tests and their
# modules are links: the source directory may be read-only.
sub prepare_directory {
    my ($self) = @_;
    my $t = "$self->{run_directory}/t";
    make_path("$t/conf", "$t/logs", "$t/state");
    unlink grep { -l } glob "$t/*";
    for my $file (glob "$self->{top}/t/*") {
        next if $file =~ m{/(?:conf|run)$};
        symlink $file, "$t/" . basename $file or die "$t: $!\n";
    }
    # Apache::TestRun takes the directory above its script's for the top.
    $0 = "$t/TEST";
    return;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    return $path;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub apxs_value {
    my ($self, $name) = @_;
    chomp(my $value = qx("$self->{apxs}" -q $name));
    die "$self->{apxs} -q $name gave no answer\n" if $? != 0 || $value eq '';
    return $value;
}

# The modules as a file to inherit from: the configuration is then the same on every machine, and
# the module under test is the one that was just built.
sub modules_conf {
    my ($self) = @_;
    my $directory = $self->apxs_value('exp_libexecdir');
    my @modules = (
        "mpm_$self->{mpm}",
        $self->{modules}
        ? @{ $self->{modules} }
        : (@MODULES, $self->{mpm} eq 'prefork' ? () : 'http2'));
    my @lines = map { "LoadModule ${_}_module $directory/mod_$_.so\n" } @modules;
    return join '', @lines, "LoadModule was_module @{[$self->module]}\n";
}

# httpd as the tests start it: plain, or with the sanitizers' runtime in front of it.
sub httpd {
    my ($self) = @_;
    my $httpd = $self->apxs_value('SBINDIR') . '/' . $self->apxs_value('PROGNAME');
    return $httpd if $self->{preload} eq '';
    # Leaks: httpd frees its pools at exit or not at all. handle_segv: httpd's own handler would
    # hide where it was. The quarantine: its usual 256 MiB would hide what a request needs of
    # memory.
    my $options = 'detect_leaks=0:handle_segv=2:handle_abort=2:quarantine_size_mb=8';
    my $wrapper = write_file("$self->{run_directory}/httpd", <<"SH");
#!/bin/sh
export LD_PRELOAD="$self->{preload}"
export ASAN_OPTIONS=$options UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=$TSAN_OPTIONS
exec $httpd "\$@"
SH
    chmod 0755, $wrapper;
    return $wrapper;
}

sub make_certificate {
    my ($self) = @_;
    my $directory = "$self->{run_directory}/t/conf/tls";
    make_path($directory);
    return if -s "$directory/cert.pem" && -M _ < 1;
    my @command = (
        qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes),
        qw(-days 30 -subj /CN=localhost -addext), 'subjectAltName=DNS:localhost,IP:127.0.0.1',
        '-addext', 'basicConstraints=critical,CA:FALSE',
        '-keyout', "$directory/key.pem", '-out', "$directory/cert.pem");
    WAS::Cluster::run("$directory/log", @command) or die "openssl failed; see $directory/log\n";
    return;
}

sub httpd_pid {
    my ($self) = @_;
    open my $file, '<', "$self->{run_directory}/t/logs/httpd.pid" or return 0;
    my ($pid) = (<$file> // '') =~ /^(\d+)/;
    return $pid && kill(0, $pid) ? $pid : 0;
}

sub stop_httpd {
    my ($self) = @_;
    my $pid = $self->httpd_pid or return;
    kill TERM => $pid;
    for (1 .. 100) {
        return if !$self->httpd_pid;
        select undef, undef, undef, 0.1;
    }
    kill KILL => $pid;
    return;
}

# Called when the arguments are known and before httpd's configuration is made of conf_opts.
sub pre_configure {
    my ($self) = @_;
    my $run = $self->{run_directory};
    my $options = $self->{opts};
    return if grep { $options->{$_} } qw(help clean);

    $runner = $self;
    $cluster = WAS::Cluster->new("$run/pg", WAS::Citus::count() ? WAS::Citus::options() : ());
    $SIG{$_} = sub { exit 1 }
        for qw(HUP TERM);
    # A server that was asked to stay serves single tests; a whole run never trusts what it finds.
    my $joins = @{ $self->{argv} } || grep { exists $options->{$_} } qw(run-tests stop-httpd);
    return if $self->httpd_pid && $joins;
    $self->stop_httpd;
    WAS::Citus::remove($cluster);
    $cluster->remove;
    return if $options->{'stop-httpd'};

    $self->module;
    unlink glob "$run/t/logs/*";
    remove_tree("$run/private");
    $cluster->start('was');
    $self->distribute if WAS::Citus::count();
    if (my $mode = $ENV{WAS_TEST_POOLER}) {
        $pooler = WAS::Pooler->start($cluster, mode => $mode, size => 20, ignores => 'options');
        $pooler->intercept($cluster);
    }
    $self->make_certificate;
    my $conf = "$run/t/conf";
    for my $name (qw(httpd.conf.in extra.conf.in)) {
        write_file("$conf/$name", read_file("$self->{top}/t/conf/$name"));
    }
    my $conf_opts = $self->{conf_opts};
    %$conf_opts = (
        %$conf_opts,
        save => 1,
        apxs => $self->{apxs},
        httpd => $conf_opts->{httpd} // $self->httpd,
        httpd_conf => write_file("$conf/modules.conf", $self->modules_conf),
        servername => '127.0.0.1',
        # Several runs on one machine: let each start to look for free ports elsewhere.
        port => 10000 + 50 * ($$ % 400),
        was_dsn => $cluster->dsn('was'),
        was_top => $self->{top},
    );
    delete $conf_opts->{thaw};
    return;
}

# The tables, which are there before httpd is then, on workers of Citus; and httpd's place.
sub distribute {
    my ($self) = @_;
    WAS::Citus::start($cluster, WAS::Citus::count());
    WAS::Citus::create($cluster, 'was');
    WAS::Cluster::run(
        "$cluster->{directory}.log", "$self->{build}/was-admin", 'upgrade', '--yes', '--db',
        $cluster->dsn('was')
    ) or die "no tables; see $cluster->{directory}.log\n";
    WAS::Citus::distribute($cluster, 'was');
    my $worker = WAS::Citus::at($cluster);
    $cluster->ask_instead('was', $worker) if $worker;
    return;
}

# Test files, prefixes of their names, unit programs: with or without "t/", and with ".t" only the
# one of this name. What several name runs once.
sub split_test_args {
    my ($self) = @_;
    my $t = "$self->{run_directory}/t";
    my (@tests, @left);
    for my $argument (@{ $self->{argv} }) {
        (my $name = $argument) =~ s{^(?:.*/)?t/(?=[^/]+$|unit/|fuzz/)}{};
        my $more = $name =~ s/\.t$// ? '' : '*';
        my @programs = grep { $_ eq "t/$name" } @{ $self->{programs} };
        my @there = $name =~ m{/} ? () : grep { -e } glob "$t/\Q$name\E$more.t";
        my @files = map { 't/' . basename $_ } @there;
        push @tests, @programs, @files;
        push @left, $argument if !@programs && !@files;
    }
    $self->{tests} = [uniq @tests];
    $self->{argv} = \@left;
    return;
}

# One harness for everything, so that there is one summary.
sub run_tests {
    my ($self) = @_;
    return if !$self->{opts}{'run-tests'};
    my @all = (@{ $self->{programs} }, map { 't/' . basename $_ } sort glob 't/*.t');
    my @tests = @{ $self->{tests} } ? @{ $self->{tests} } : @all;
    my %program = map { $_ => "$self->{build}/$_" } @{ $self->{programs} };
    if ($cluster) {
        $cluster->partition('was', $ENV{WAS_TEST_PARTITIONS}) if $ENV{WAS_TEST_PARTITIONS};
        @ENV{qw(PGHOST PGUSER PGDATABASE)} =
            ($cluster->socket_directory, WAS::Cluster::USER, 'was');
        $ENV{WAS_RUN} = $self->{run_directory};
        $ENV{WAS_MPM} = $self->{mpm};
        $ENV{WAS_HTTPD} = $self->httpd;
        my $config = $self->{test_config};
        my %ports = (
            main => $config->{vars}{port},
            map { $_ => $config->{vhosts}{$_}{port} } keys %{ $config->{vhosts} });
        $ENV{WAS_PORTS} = join ' ', map { "$_=$ports{$_}" } sort keys %ports;
    }
    # Where the programs look for vectors and corpora.
    local $ENV{srcdir} = $self->{top};
    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';
    local $ENV{TSAN_OPTIONS} = $TSAN_OPTIONS;
    my $harness = TAP::Harness->new({
        verbosity => $self->{opts}{verbose} ? 1 : 0,
        timer => 1,
        lib => ["$self->{top}/t/lib"],
        exec => sub {
            my ($harness, $test) = @_;
            return $program{$test} ? [$program{$test}] : undef;
        },
    });
    # In the steps of TAP::Harness->runtests, so that the summary stands last.
    my $result = TAP::Parser::Aggregator->new;
    $result->start;
    $harness->aggregate_tests($result, @tests);
    $result->stop;
    $self->{failed} = !$result->all_passed;
    if ($self->{failed} && $cluster) {
        print "httpd's log: $self->{run_directory}/t/logs/error_log\n";
    }
    $self->stop if $cluster;
    $harness->summary($result);
    return;
}

# The servers go when we go, whatever the reason, unless httpd was asked to stay. Both at once:
# whoever ends us may not give us much time.
END {
    if ($runner && $$ == $owner) {
        local $?;
        local @SIG{qw(HUP INT TERM)} = ('IGNORE') x 3;
        my $options = $runner->{opts};
        my $pid = $runner->httpd_pid;
        if (!$pid || $options->{'start-httpd'} && $options->{'stop-httpd'}) {
            kill TERM => $pid if $pid;
            WAS::Citus::remove($cluster);
            $cluster->remove;
            $runner->stop_httpd;
            $pooler->stop if $pooler;
        }
    }
}

1;
