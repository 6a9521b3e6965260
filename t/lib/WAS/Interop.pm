# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Interop;

# Runs a program of t/interop or of explorer, which prints TAP itself, as the test that calls this.
# What it needs must be there: a test that skips itself proves nothing, so only WAS_SKIP_INTEROP=1
# skips.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use JSON::PP ();
use POSIX ();

my $interop = "$ENV{WAS_TOP}/t/interop";
my $installed = dirname($ENV{WAS_INTEROP_MODULES} // "$interop/node_modules");

# Where a directory of programs stands, below t/interop or the explorer's (then beginning with
# "explorer/"), with a slash at its end; and the packages that its package.json pins.
sub places_of {
    my ($beside) = @_;
    return ("$interop/$beside", "$installed/${beside}node_modules") if $beside !~ /^explorer\b/;
    my $explorer = "$ENV{WAS_TOP}/explorer";
    my $packages = defined $ENV{WAS_INTEROP_MODULES} ? "$installed/explorer" : $explorer;
    return ("$explorer/", "$packages/node_modules");
}

# needed(such a directory): where what it pins is. Ends the process with a plan where that is not
# there, or not wanted.
sub needed {
    my ($beside) = @_;
    $| = 1;
    if ($ENV{WAS_SKIP_INTEROP}) {
        print "1..0 # SKIP WAS_SKIP_INTEROP is set\n";
        exit 0;
    }
    my ($directory, $modules) = places_of($beside);
    my $missing = missing($directory, $modules);
    return $modules if !$missing;
    print "not ok 1 - $missing; tools/test installs it, WAS_SKIP_INTEROP=1 goes without\n1..1\n";
    exit 1;
}

# Ends the process where the program cannot be run; yields its path and its packages'.
sub require_program {
    my ($program) = @_;
    my ($beside) = $program =~ m{^(.*/|)};
    my $modules = needed($beside);
    return (($beside =~ /^explorer\b/ ? $ENV{WAS_TOP} : $interop) . "/$program", $modules);
}

# run(the program's path, seconds it may take, its arguments): ends the process.
sub run {
    my ($program, $seconds, @arguments) = @_;
    my ($path, $modules) = require_program($program);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        # A process group, so that what it starts ends with it.
        POSIX::setpgid(0, 0);
        $ENV{WAS_INTEROP_MODULES} = $modules;
        exec 'node', $path, @arguments or POSIX::_exit(127);
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
    my ($directory, $modules) = @_;
    my ($version) = (qx(node --version 2>/dev/null) // '') =~ /^v(\d+)/;
    return 'node is not there' unless $version;
    return "node is $version, not 20 or newer" if $version < 20;
    my $package = package_json($directory);
    my %pinned = map { %{ $package->{$_} // {} } } qw(dependencies devDependencies);
    for my $name (sort keys %pinned) {
        my $found = package_json("$modules/$name") or return "$name is not in $modules";
        # Under another name: "npm:NAME@VERSION". Our own, by "file:", has no version to differ.
        my ($wanted) = $pinned{$name} =~ /^(?:npm:.+@)?(\d.*)$/ or next;
        return "$name is $found->{version}, not $wanted" if $found->{version} ne $wanted;
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
