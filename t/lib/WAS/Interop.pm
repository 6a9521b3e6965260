# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Interop;

# Runs a program of t/interop, which prints TAP itself, as the test that calls this. What it needs
# must be there: a test that skips itself proves nothing, so only WAS_SKIP_INTEROP=1 skips.

use strict;
use warnings;

use File::Basename qw(dirname);
use JSON::PP ();
use POSIX ();

my $interop = "$ENV{WAS_TOP}/t/interop";
my $installed = dirname($ENV{WAS_INTEROP_MODULES} // "$interop/node_modules");

# needed(the directory of a package.json below t/interop, with a slash): where what it pins is.
# Ends the process with a plan where that is not there, or not wanted.
sub needed {
    my ($beside) = @_;
    $| = 1;
    if ($ENV{WAS_SKIP_INTEROP}) {
        print "1..0 # SKIP WAS_SKIP_INTEROP is set\n";
        exit 0;
    }
    my $modules = "$installed/${beside}node_modules";
    my $missing = missing($beside, $modules);
    return $modules if !$missing;
    print "not ok 1 - $missing; tools/test installs it, WAS_SKIP_INTEROP=1 goes without\n1..1\n";
    exit 1;
}

# run(the program's path below t/interop, seconds it may take, its arguments): ends the process.
# Beside a program are the package.json that pins what it needs, and node_modules.
sub run {
    my ($program, $seconds, @arguments) = @_;
    my ($beside) = $program =~ m{^(.*/|)};
    my $modules = needed($beside);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        # A process group, so that what it starts ends with it.
        POSIX::setpgid(0, 0);
        $ENV{WAS_INTEROP_MODULES} = $modules;
        exec 'node', "$interop/$program", @arguments or POSIX::_exit(127);
    }
    my $end = sub { kill TERM => -$pid; sleep 3; kill KILL => -$pid };
    local $SIG{ALRM} = sub {
        print STDERR "$program did not end within $seconds seconds\n";
        $end->();
    };
    local @SIG{qw(INT TERM HUP)} = (sub { $end->(); exit 1 }) x 3;
    alarm $seconds;
    1 while waitpid($pid, 0) < 0 && $!{EINTR};
    alarm 0;
    exit($? == 0 ? 0 : 1);
}

# What is not there, in words; '' if all is.
sub missing {
    my ($beside, $modules) = @_;
    my ($version) = (qx(node --version 2>/dev/null) // '') =~ /^v(\d+)/;
    return 'node is not there' unless $version;
    return "node is $version, not 20 or newer" if $version < 20;
    my $pinned = package_json("$interop/$beside")->{dependencies};
    for my $name (sort keys %$pinned) {
        my $package = package_json("$modules/$name")
            or return "$name is not in t/interop/${beside}node_modules";
        # Under another name: "npm:NAME@VERSION". Our own, by "file:", has no version to differ.
        my ($wanted) = $pinned->{$name} =~ /^(?:npm:.+@)?(\d.*)$/ or next;
        return "$name is $package->{version}, not $wanted" if $package->{version} ne $wanted;
    }
    return '';
}

sub package_json {
    my ($directory) = @_;
    open my $file, '<:raw', "$directory/package.json" or return;
    local $/;
    return JSON::PP->new->utf8->decode(scalar <$file>);
}

1;
