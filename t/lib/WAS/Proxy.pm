# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Proxy: a network that can fail. Hands TCP connections on to a port or a socket of this
# machine, until it is stalled (everything stays open and nothing moves, as behind a broken link) or
# cut.

package WAS::Proxy;

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);

# One on a free port, to 127.0.0.1:$target or a socket of that path. With the option `lingers`, what
# is closed at one end stays open at the other; `tells` is what wait_for_told() is to know of.
sub new {
    my ($class, $target, %options) = @_;
    my $listener = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.1', LocalPort => 0)
        or die "no free port: $@";
    my $self = bless { %options, target => $target, listener => $listener, owner => $$ }, $class;
    pipe $self->{told}, $self->{tells_now} or die "pipe: $!";
    $self->flow;
    return $self;
}

sub port { return $_[0]{listener}->sockport }

# What is sent meanwhile waits, here and in the kernel; connections are still accepted, by the
# kernel.
sub stall {
    my ($self) = @_;
    kill STOP => $self->{pid};
    return;
}

# Goes on, with what has waited.
sub resume {
    my ($self) = @_;
    kill CONT => $self->{pid};
    return;
}

# Breaks every connection, and drops what has waited; new ones are handed on.
sub cut {
    my ($self) = @_;
    $self->end;
    $self->flow;
    return;
}

# Until so many more connections have been told what the option `tells` matches; false when that
# takes too long.
sub wait_for_told {
    my ($self, $count) = @_;
    my $ready = IO::Select->new($self->{told});
    for (1 .. $count) {
        return 0 if !$ready->can_read(60);
        sysread $self->{told}, my $one, 1;
    }
    return 1;
}

sub flow {
    my ($self) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        local $SIG{PIPE} = 'IGNORE';
        eval { $self->forward; 1 } or warn $@;
        POSIX::_exit(1);
    }
    $self->{pid} = $pid;
    return;
}

sub forward {
    my ($self) = @_;
    my $ready = IO::Select->new($self->{listener});
    my (%other, @lingering);
    # Whoever has started us may end without a word.
    while (getppid == $self->{owner}) {
        for my $socket ($ready->can_read(1)) {
            if ($socket == $self->{listener}) {
                my $client = $socket->accept or next;
                my $server = $self->connect or next;
                # What was passed on is there at once, and not with what comes next.
                setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1 or die "setsockopt: $!";
                @other{ $client, $server } = ($server, $client);
                $ready->add($client, $server);
            }
            elsif ($other{$socket}) {
                if (defined(my $said = pass_on($socket, $other{$socket}))) {
                    syswrite $self->{tells_now}, '.'
                        if $self->{tells} && $said =~ $self->{tells};
                    next;
                }
                my $peer = delete $other{$socket};
                delete $other{$peer};
                $ready->remove($socket, $peer);
                push @lingering, $peer if $self->{lingers};
            }
        }
    }
    return;
}

sub connect {
    my ($self) = @_;
    return IO::Socket::UNIX->new(Peer => $self->{target}) if $self->{target} =~ m{/};
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{target});
}

# False when either end is closed.
sub pass_on {
    my ($from, $to) = @_;
    my $count = sysread $from, my $bytes, 65536 or return;
    my $done = 0;
    while ($done < $count) {
        $done += syswrite($to, $bytes, $count - $done, $done) // return;
    }
    return $bytes;
}

sub end {
    my ($self) = @_;
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@, $!);
    $self->end;
    return;
}

1;
