# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Clock: a clock for the tests' cluster that can be set while it runs, libfaketime's. Knows
# nothing of what is stored.

package WAS::Clock;

use strict;
use warnings;

use WAS::Cluster;
use WAS::Server;

# Where the library stands; '' where there is none.
sub library {
    my @places = map { "$_/faketime/libfaketime.so.1" } glob('/usr/lib/*-linux-gnu'), '/usr/lib';
    my ($library) = grep { -e } @places;
    return $library // '';
}

# Starts the tests' cluster again, under a clock that goes right until it is set. Sessions end by
# that, our own too. The clock goes with the object, and the sessions again.
sub start {
    my ($class) = @_;
    my $cluster = WAS::Server::cluster();
    my $self = bless { cluster => $cluster, file => "$cluster->{directory}.clock", owner => $$ },
        $class;
    $self->set(0);
    # Whoever sweeps may come by while it is down, now or at the end.
    WAS::Server::expect_error('DBD \[pgsql\] Error: connection to server .* failed');
    # A session looks at the file at most a second later. What is waited for goes by another clock,
    # and so do the times of files.
    $cluster->stop;
    $cluster->start_again(
        LD_PRELOAD => library(),
        FAKETIME_TIMESTAMP_FILE => $self->{file},
        FAKETIME_CACHE_DURATION => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1,
        NO_FAKE_STAT => 1,
    );
    return $self;
}

# By how many seconds it is off from now on, in one moment for who looks.
sub set {
    my ($self, $seconds) = @_;
    my $next = WAS::Cluster::write_text("$self->{file}.next", '>', sprintf "%+d\n", $seconds);
    rename $next, $self->{file} or die "$self->{file}: $!\n";
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@, $!);
    $self->{cluster}->stop;
    $self->{cluster}->start_again;
    unlink $self->{file};
    return;
}

1;
