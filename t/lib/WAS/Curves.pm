# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Curves: samples that were taken over some time, each a hash of columns with `time` and
# `seconds` since the beginning; whether a column grows, and a file and a picture of them all. Knows
# nothing of what the columns mean.

package WAS::Curves;

use strict;
use warnings;

use WAS::Cluster;
use WAS::TestRun;

# Options:
#   minutes  that the samples will cover
#   columns  [names] in the order of the file
sub new {
    my ($class, %self) = @_;
    return bless { samples => [], %self }, $class;
}

sub add {
    my ($self, $sample) = @_;
    push @{ $self->{samples} }, $sample;
    return;
}

# All values of a column.
sub values {
    my ($self, $column) = @_;
    return map { $_->{$column} // () } @{ $self->{samples} };
}

# Growth over the last two thirds, by the median of all slopes: what a fault makes of a few samples
# does not count.
sub growth {
    my ($self, $column) = @_;
    my $begin = 20 * $self->{minutes};
    my @points = map { [@$_{ 'time', $column }] }
        grep { defined $_->{$column} && $_->{seconds} >= $begin } @{ $self->{samples} };
    my @slopes;
    while (my $first = shift @points) {
        push @slopes, map { ($_->[1] - $first->[1]) / ($_->[0] - $first->[0]) } @points;
    }
    @slopes = sort { $a <=> $b } @slopes;
    return @slopes ? $slopes[$#slopes / 2] * 40 * $self->{minutes} : 0;
}

# Of the first, second or last third, in ascending order.
sub values_in {
    my ($self, $column, $third) = @_;
    my ($begin, $end) = map { 20 * $self->{minutes} * $_ } $third - 1, $third;
    my @samples = grep { $_->{seconds} >= $begin && $_->{seconds} <= $end } @{ $self->{samples} };
    return sort { $a <=> $b } map { $_->{$column} // () } @samples;
}

sub mean_in {
    my ($self, $column, $third) = @_;
    my @values = $self->values_in($column, $third);
    my $sum = 0;
    $sum += $_ for @values;
    return @values ? $sum / @values : 0;
}

# All of it as CSV; yields the path.
sub write {
    my ($self, $path) = @_;
    my @columns = @{ $self->{columns} };
    my @lines = join ',', @columns;
    for my $sample (@{ $self->{samples} }) {
        my @values = map { $sample->{$_} // (/xx|503|lost|cut/ ? 0 : '') } @columns;
        push @lines, join ',', map { /\./ ? sprintf '%.3f', $_ : $_ } @values;
    }
    return $self->{path} = WAS::TestRun::write_file($path, join '', map { "$_\n" } @lines);
}

# A picture, PATH.png, of what was written: panels of a label and columns, one below the other, with
# a line at each of some seconds. False when gnuplot fails; it has said why in PATH.log.
sub plot {
    my ($self, $path, $title, $marks, @panels) = @_;
    my $plots = '';
    for my $panel (@panels) {
        my ($label, @columns) = @$panel;
        my $scale = $label eq 'ms' ? 'set' : 'unset';
        my @lines = map { qq("$self->{path}" using 1:"$_" with lines title "$_") } @columns;
        $plots .= qq(set ylabel "$label"\n$scale logscale y\nplot ) . join(', ', @lines) . "\n";
    }
    my $arrow = "set arrow from %d, graph 0 to %d, graph 1 nohead lc rgb '#dddddd' back\n";
    my $arrows = join '', map { sprintf $arrow, $_, $_ } @$marks;
    my $script = WAS::TestRun::write_file("$path.gnuplot", <<"PLOT");
set terminal png size 1200,1800
set output "$path.png"
set datafile separator ","
set key outside right
set lmargin 10
set rmargin 28
set xrange [0:]
$arrows
set multiplot layout @{[scalar @panels]},1 title "$title"
$plots
PLOT
    return WAS::Cluster::run("$path.log", 'gnuplot', $script);
}

1;
