# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Figures: what is measured in turns, and a line of a table for each figure beside its ceiling.
# Ratios are the result: the machine's mood is in both. Knows nothing of what is measured.

package WAS::Figures;

use strict;
use warnings;

use JSON::PP ();
use WAS::TestRun;

# Options:
#   rounds  how often everything is measured
sub new {
    my ($class, %self) = @_;
    return bless { figures => {}, failures => [], %self }, $class;
}

sub failures { return @{ $_[0]{failures} } }

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[int($#sorted / 2)] + $sorted[int(@sorted / 2)]) / 2;
}

# Measures every cell once a round, in turns, and in the other order every other round; a cell is a
# name and a sub that yields a hash of values. Yields for each name its values, a hash of lists.
sub in_turns {
    my ($self, @cells) = @_;
    my %seen;
    for my $round (1 .. $self->{rounds}) {
        for my $cell ($round % 2 ? @cells : reverse @cells) {
            my ($name, $measure) = @$cell;
            my $value = $measure->();
            push @{ $seen{$name}{$_} }, $value->{$_} for keys %$value;
        }
        print STDERR '.';
    }
    print STDERR "\n";
    return %seen;
}

# A number as people read it: 12.3k.
sub short {
    my ($value) = @_;
    return sprintf '%.2fG', $value / 1e9 if $value >= 1e9;
    return sprintf '%.1fM', $value / 1e6 if $value >= 1e6;
    return sprintf '%.1fk', $value / 1e3 if $value >= 1e4;
    return sprintf '%.4g', $value;
}

# The median, and between what the values lie.
sub shown {
    my ($values, $unit) = @_;
    my @sorted = sort { $a <=> $b } @$values;
    return sprintf '%8s %-5s (%s-%s)', short(median(@sorted)), $unit,
        map { short($_) } @sorted[0, -1];
}

sub heading {
    my ($self, $text) = @_;
    print "\n$text\n";
    return;
}

# A line of the table. Options:
#   unit     of the values
#   is       the values
#   of       those of the ceiling, whose name is `ceiling`
#   least    what the ratio of the medians must be at least
#   other    the values of another build: a line of its own, and no judgement
sub compare {
    my ($self, $name, %line) = @_;
    my ($median, $top) = map { median(@{ $line{$_} }) } qw(is of);
    my $ratio = $median / $top;
    my $least = $line{least};
    printf "%-34s %s  %s %s  ratio %.2f%s\n", $name, shown(@line{qw(is unit)}), $line{ceiling},
        shown($line{of}, '') =~ s/\A\s+//r, $ratio,
        defined $least
        ? sprintf ', at least %.2f: %s', $least, $ratio >= $least
            ? 'yes'
            : 'NO'
        : '';
    $self->{figures}{$name} = {
        (map { $_ => $line{$_} } qw(unit least)),
        median => $median,
        all => $line{is},
        ceiling => { name => $line{ceiling}, median => $top, all => $line{of} },
        ratio => $ratio,
    };
    push @{ $self->{failures} }, "$name: $ratio of $line{ceiling}" if $ratio < ($least // 0);
    $self->beside($name, %line) if $line{other};
    return;
}

# The same of another build, and ours as a share of it.
sub beside {
    my ($self, $name, %line) = @_;
    my $ratio = median(@{ $line{is} }) / median(@{ $line{other} });
    printf "%-34s %s  ours is %.3f of it\n", '  the other build', shown(@line{qw(other unit)}),
        $ratio;
    $self->{figures}{$name}{other} = {
        median => median(@{ $line{other} }),
        all => $line{other},
        ratio => $ratio,
    };
    return;
}

# A figure with a bound of its own, or with none.
sub bounded {
    my ($self, $name, $value, $unit, $most) = @_;
    my $good = !defined $most || $value <= $most;
    printf "%-34s %8s %-5s%s\n", $name, short($value), $unit,
        defined $most ? sprintf '  at most %s: %s', short($most), $good ? 'yes' : 'NO' : '';
    $self->{figures}{$name} = { unit => $unit, value => $value, most => $most };
    push @{ $self->{failures} }, "$name: $value $unit" if !$good;
    return;
}

# A line of medians: pairs of a name and the values.
sub medians {
    my ($self, $name, @columns) = @_;
    my %median;
    printf '%-34s', $name;
    while (my ($column, $values) = splice @columns, 0, 2) {
        $median{$column} = median(@$values);
        printf '  %s %s', $column, short($median{$column});
    }
    print "\n";
    $self->{figures}{$name}{medians} = \%median;
    return;
}

# What must be so; said where it is not.
sub judge {
    my ($self, $name, $good) = @_;
    return if $good;
    print "  NOT SO: $name\n";
    push @{ $self->{failures} }, $name;
    return;
}

# What a request costs in processor time, which the machine's other work hardly touches: of what
# in_turns() has yielded, pairs of a key and a name.
sub processor_times {
    my ($self, $seen, @names) = @_;
    while (my ($key, $name) = splice @names, 0, 2) {
        my ($httpd, $postgres) = map { median(@{ $seen->{$key}{$_} }) } qw(httpd postgres);
        printf "%-34s httpd %.1f us, PostgreSQL %.1f us a request\n", "$name: processor time",
            $httpd,
            $postgres;
        $self->{figures}{"$name: processor time"} =
            { unit => 'us', httpd => $httpd, postgres => $postgres };
    }
    return;
}

# All of it as JSON, with what else is said about the run.
sub write {
    my ($self, $path, %run) = @_;
    my $json = JSON::PP->new->canonical->pretty;
    my %all = (%run, rounds => $self->{rounds}, figures => $self->{figures});
    WAS::TestRun::write_file($path, $json->encode({ %all, failures => $self->{failures} }));
    return;
}

1;
