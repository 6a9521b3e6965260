# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Traffic: many clients at once, each a process of its own, for what only shows under load.
# Also the small helpers about time that tests of outages share.

package WAS::Traffic;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(eventually timed);

my $json = JSON::PP->new->utf8->canonical;

# Calls until it returns true; returns that, or false when the seconds are over.
sub eventually {
    my ($seconds, $is_so) = @_;
    my $deadline = time + $seconds;
    while (1) {
        my $result = $is_so->();
        return $result if $result;
        return 0 if time > $deadline;
        sleep 0.05;
    }
}

# How many seconds the call took, and what it returned.
sub timed {
    my ($call) = @_;
    my $begin = time;
    my $result = $call->();
    return (time - $begin, $result);
}

# Starts the clients. Options:
#   clients  how many
#   each     called again and again as each($number_of_client, $turn); returns a hash of what is
#            worth knowing. It is recorded with `client`, `begin` and `end`, and with `died` when
#            the call did.
#   times    how often each client calls; without it, until finish()
#   least    how often each client calls before it heeds finish(); without it, not at all
#   pause    seconds between calls
sub start {
    my ($class, %options) = @_;
    my $self = bless { workers => [] }, $class;
    # Set before there is anybody to signal.
    my $over = 0;
    local $SIG{USR1} = sub { $over = 1 };
    for my $number (0 .. ($options{clients} // 1) - 1) {
        pipe my $reader, my $writer or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            close $reader;
            eval { work($number, $writer, \$over, %options); 1 } or warn $@;
            # Neither destructors nor END blocks: they are the parent's.
            POSIX::_exit(0);
        }
        close $writer;
        push @{ $self->{workers} }, { pid => $pid, reader => $reader };
    }
    return $self;
}

sub work {
    my ($number, $writer, $over, %options) = @_;
    my @records;
    my ($least, $most) = ($options{least} // 0, $options{times} // 9**9);
    my $test = getppid;
    for (my $turn = 0; $turn < $most && !($$over && $turn >= $least); $turn++) {
        # A test that was ended lets nobody end.
        return if getppid != $test;
        my %record = (client => $number, begin => time);
        my $result = eval { $options{each}->($number, $turn) };
        %record = (%record, ref $result ? %$result : (died => $@ =~ s/\n\z//r), end => time);
        push @records, \%record;
        sleep $options{pause} if $options{pause} && !$$over;
    }
    # Only now, so that nobody need read while the clients run.
    print {$writer} $json->encode(\@records);
    close $writer;
    return;
}

# How many clients have not come to their end. (They write when they do.)
sub running {
    my ($self) = @_;
    return grep { !IO::Select->new($_->{reader})->can_read(0) } @{ $self->{workers} };
}

# Lets every client end what it is at (or all its `times`), and returns the records in order.
sub finish {
    my ($self, %options) = @_;
    if (!$options{patient}) {
        kill USR1 => $_->{pid} for @{ $self->{workers} };
    }
    my @records;
    for my $worker (@{ $self->{workers} }) {
        local $/;
        my $text = readline $worker->{reader};
        waitpid $worker->{pid}, 0;
        push @records, @{ $json->decode($text) } if length($text // '');
    }
    $self->{workers} = [];
    return sort { $a->{begin} <=> $b->{begin} } @records;
}

# All turns of all clients, when `times` is given.
sub run {
    my ($class, %options) = @_;
    return $class->start(%options)->finish(patient => 1);
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    kill KILL => $_->{pid} for @{ $self->{workers} };
    waitpid $_->{pid}, 0 for @{ $self->{workers} };
    return;
}

1;
