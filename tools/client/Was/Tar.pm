# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Tar: reads a tar archive (ustar and pax) while it arrives. Owns headers and their checks.
# Refuses to know files and what entries are for; whatever an archive says, it holds no more than a
# header and one piece in memory.

package Was::Tar;

use strict;
use warnings;

use Was::Say;

my $BLOCK = 512;
my $LONGEST_PAX = 1024 * 1024;

# `entry` is called for each file and directory with { name, size, is_directory, attributes }, and
# yields a sub that gets the bytes piece by piece and at the end is called without any; or nothing.
sub new {
    my ($class, $entry) = @_;
    return bless { entry => $entry, buffer => '', left => 0, padding => 0, pax => {} }, $class;
}

sub feed {
    my ($self, $bytes) = @_;
    $self->{buffer} .= $bytes;
    1 while $self->_advance;
    return;
}

# At the end of the transfer: whether the end of the archive was seen.
sub is_complete { return $_[0]{has_ended} && !$_[0]{left} }

sub _advance {
    my ($self) = @_;
    my $length = length $self->{buffer};
    if ($self->{has_ended}) {
        $self->{buffer} = '';
        return 0;
    }
    if ($self->{left}) {
        return 0 if !$length;
        my $piece = substr $self->{buffer}, 0, $self->{left}, '';
        $self->{left} -= length $piece;
        $self->{to}->($piece) if $self->{to};
        $self->_finish if !$self->{left};
        return 1;
    }
    if ($self->{padding}) {
        return 0 if $length < $self->{padding};
        substr $self->{buffer}, 0, $self->{padding}, '';
        $self->{padding} = 0;
        return 1;
    }
    return 0 if $length < $BLOCK;
    $self->_read_header(substr $self->{buffer}, 0, $BLOCK, '');
    return 1;
}

sub _finish {
    my ($self) = @_;
    $self->{to}->() if $self->{to};
    undef $self->{to};
    return;
}

sub _damaged { return refuse(server => "the archive is damaged: $_[0]") }

sub _read_header {
    my ($self, $block) = @_;
    if ($block !~ /[^\0]/) {
        $self->{has_ended} = 1;
        return;
    }
    my ($name, $size, $sum, $type, $prefix) = unpack 'Z100 x24 a12 x12 a8 a1 x188 Z155', $block;
    my ($said) = $sum =~ /\A *([0-7]+)/;
    my $copy = $block;
    substr $copy, 148, 8, ' ' x 8;
    _damaged('a header does not add up')
        if !defined $said || oct $said != unpack '%32C*', $copy;
    my $count = _number($size);
    if ($type =~ /[xg]/) { return $self->_expect_pax($type, $count) }
    my $pax = delete $self->{pax};
    $self->{pax} = {};
    $count = $pax->{size} if defined $pax->{size} && $pax->{size} =~ /\A[0-9]{1,15}\z/;
    my $entry = {
        name => $pax->{path} // ($prefix ne '' ? "$prefix/$name" : $name),
        size => $type =~ /[0\0]/ ? $count : 0, is_directory => $type eq '5', attributes => $pax,
    };
    my $to = $type =~ /[0\x{0}5]/ ? $self->{entry}->($entry) : undef;
    return $self->_expect($count, $to);
}

sub _number {
    my ($field) = @_;
    if ($field =~ /\A\x80/) {
        my ($high, $low) = unpack 'x1 a3 Q>', $field;
        _damaged('a size is beyond all measure') if $high ne "\0\0\0" || $low > 2**53;
        return $low;
    }
    return $field =~ /\A *([0-7]+)/ ? oct $1 : 0;
}

sub _expect {
    my ($self, $count, $to) = @_;
    $self->{left} = $count;
    $self->{padding} = -$count % $BLOCK;
    $self->{to} = $to;
    $self->_finish if !$count;
    return;
}

sub _expect_pax {
    my ($self, $type, $count) = @_;
    _damaged('a header is too long') if $count > $LONGEST_PAX;
    my $text = '';
    my $to = sub {
        if (@_) { $text .= $_[0] }
        elsif ($type eq 'x') { $self->{pax} = _records($text) }
    };
    return $self->_expect($count, $to);
}

sub _records {
    my ($text) = @_;
    my %records;
    while (length $text) {
        my ($length) = $text =~ /\A([1-9][0-9]{0,7}) /
            or _damaged('a record of a header has no length');
        _damaged('a record of a header ends too early')
            if $length > length $text || $length < length($length) + 3;
        my $record = substr $text, 0, $length, '';
        $record =~ s/\A[0-9]+ // && chop $record eq "\n"
            or _damaged('a record of a header does not end');
        my ($name, $value) = split /=/, $record, 2;
        $records{$name} = $value // '';
    }
    return \%records;
}

1;
