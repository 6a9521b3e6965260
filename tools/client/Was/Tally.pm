# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Tally: what became of many files. Owns the line of progress, the words about each file that
# was not done, and the summary. A refusal that concerns one file is noted, the next one is tried;
# one that would meet all of them ends the run.

package Was::Tally;

use strict;
use warnings;

use JSON::PP ();
use Was::Say;

# Refusals of one file: of a server's, those; of ours, what has no status and is no other trouble.
my $OF_ONE = qr/\A(?:400|405|409|410|412|413|414|415|422)\z/;

sub new {
    my ($class, $verb, $expected) = @_;
    return bless {
        verb => $verb, expected => $expected, done => 0, skipped => 0, bytes => 0, moving => 0,
        left => [], failed => [], counts => {}, code => 0,
    }, $class;
}

sub expect { $_[0]{expected} = $_[1]; return }

# A file is done. Yields nothing, as all of these do.
sub count {
    my ($self, $name, $bytes) = @_;
    $self->{done}++;
    $self->{bytes} += $bytes;
    $self->{moving} = 0;
    return $self->_tell;
}

# Some of its bytes are.
sub watch {
    my ($self, $bytes) = @_;
    my $before = int($self->{moving} / 1048576);
    $self->{moving} += $bytes;
    return if int($self->{moving} / 1048576) == $before;
    return $self->_tell;
}

sub skip {
    my ($self) = @_;
    $self->{skipped}++;
    return $self->_tell;
}

# Left out, and that is no failure.
sub leave {
    my ($self, $name, $why) = @_;
    push @{ $self->{left} }, [$name, $why];
    note('left out ' . shown($name) . ": $why") if !$Was::Say::quiet;
    return;
}

sub fail {
    my ($self, $name, $why, $code) = @_;
    push @{ $self->{failed} }, [$name, $why];
    $self->{code} ||= $code // $Was::Say::CODE{partly};
    note('not done: ' . shown($name) . ": $why");
    return;
}

sub has_failed { return scalar @{ $_[0]{failed} } }
sub code { return $_[0]{code} }

# Does something with a file; yields whether it was done. `also` are statuses that concern this file
# alone.
sub try_to {
    my ($self, $name, $what, @also) = @_;
    my $done = eval { $self->count($name, $what->() // 0); 1 };
    return 1 if $done;
    my $fault = $@;
    die $fault if ref $fault ne 'Was::Refusal';
    die $fault
        if defined $fault->{status}
        ? $fault->{status} !~ $OF_ONE && !grep { $_ == $fault->{status} } @also
        : $fault->{code} != $Was::Say::CODE{partly};
    my $is_conflict = $fault->{code} == $Was::Say::CODE{conflict};
    $self->fail($name, $fault->{text}, $is_conflict ? $fault->{code} : undef);
    return 0;
}

sub _tell {
    my ($self) = @_;
    my $of = defined $self->{expected} ? " of $self->{expected}" : '';
    my $number = $self->{done} + $self->{skipped};
    progress("$number$of files, " . amount($self->{bytes} + $self->{moving}));
    return;
}

sub amount {
    my ($bytes) = @_;
    for my $unit (qw(bytes KiB MiB GiB)) {
        return sprintf $unit eq 'bytes' ? '%d %s' : '%.1f %s', $bytes, $unit if $bytes < 1024;
        $bytes /= 1024;
    }
    return sprintf '%.1f TiB', $bytes;
}

# The end, for people or for programs.
sub report {
    my ($self, $as_json) = @_;
    if ($as_json) {
        my %document = (
            $self->{verb} => $self->{done}, skipped => $self->{skipped}, bytes => $self->{bytes},
            map {
                $_ => [map { { name => shown($_->[0]), why => $_->[1] } } @{ $self->{$_} }]
            } qw(left failed));
        print JSON::PP->new->canonical->encode(\%document), "\n";
        return;
    }
    return if $Was::Say::quiet;
    my @parts = ("$self->{done} $self->{verb}, " . amount($self->{bytes}));
    push @parts, "$self->{skipped} done before" if $self->{skipped};
    for my $what (qw(left failed)) {
        my $number = @{ $self->{$what} };
        push @parts, "$number " . ($what eq 'left' ? 'left out' : 'not done') if $number;
    }
    note(join ', ', @parts);
    return;
}

1;
