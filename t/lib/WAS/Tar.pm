# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Tar;

# Archives of tests, by the format's own rules (POSIX ustar and pax; protocol/pws-next F.5): read
# block by block, or made of entries, honest or broken in any field. Shares no code with the module.
#
#     my @entries = entries($bytes);         # hashes: name, kind, bytes, header, pax
#     my $bytes = archive([$name => $bytes, field => value, ...], ...);
#
# What an entry may say besides its name and bytes, each as it is to stand in the header:
#     kind      '0', or '5' where the name ends with a slash
#     size      instead of the length of the bytes
#     checksum  instead of the right one
#     link      the name that a link leads to
#     magic     "ustar\0" . "00"
#     raw       the whole of the entry, header and all, instead

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(entries archive entry pax_record);

our $BLOCK = 512;

sub padded { return $_[0] . "\0" x (-length($_[0]) % $BLOCK) }

sub _sum {
    my ($header) = @_;
    substr $header, 148, 8, ' ' x 8;
    return unpack '%32C*', $header;
}

sub pax_record {
    my ($key, $value) = @_;
    my $rest = " $key=$value\n";
    my $length = length $rest;
    $length = length($rest) + length $length while length("$length$rest") != $length;
    return "$length$rest";
}

# One entry as bytes.
sub entry {
    my ($name, $bytes, %field) = @_;
    return $field{raw} if defined $field{raw};
    $bytes //= '';
    my $kind = $field{kind} // ($name =~ m{/\z} ? '5' : '0');
    my $prefix = '';
    while (length $name > 100 && $name =~ s{\A([^/]+)/(?=.)}{}s) {
        $prefix .= ($prefix eq '' ? '' : '/') . $1;
    }
    my $header = pack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a8 a32 a32 a8 a8 a155 x12', $name,
        ($kind eq '5' ? '000755 ' : '000644 '), '000000 ', '000000 ',
        ref $field{size} ? ${ $field{size} } : sprintf('%011o ', $field{size} // length $bytes),
        '00000000000 ', '', $kind, $field{link} // '', $field{magic} // "ustar\00000", '', '',
        '000000 ', '000000 ', $prefix;
    substr $header, 148, 8, sprintf "%06o \0", $field{checksum} // _sum($header);
    return $header . padded($bytes);
}

sub archive {
    return join('', map { ref $_ ? entry(@$_) : $_ } @_) . "\0" x (2 * $BLOCK);
}

# The entries of an archive. Dies of what is no archive.
sub entries {
    my ($tar) = @_;
    my (@entries, %pax);
    my $at = 0;
    while (1) {
        my $header = substr $tar, $at, $BLOCK;
        length $header == $BLOCK or die "cut in a header\n";
        $at += $BLOCK;
        last if $header eq "\0" x $BLOCK;
        my ($name, $size, $sum, $kind, $magic, $prefix) =
            unpack 'Z100 x24 A12 x12 A8 a1 x100 a6 x82 Z155', $header;
        oct($sum =~ s/[\s\0]//gr) == _sum($header) or die "a wrong checksum\n";
        $magic eq "ustar\0" or die "no ustar header\n";
        $size = oct($size =~ s/[\s\0]//gr);
        my $bytes = substr $tar, $at, $size;
        length $bytes == $size or die "cut in $name\n";
        $at += length padded($bytes);
        if ($kind eq 'x') {
            while ($bytes =~ s/\A(\d+) //) {
                my $record = substr $bytes, 0, $1 - length($1) - 1, '';
                my ($key, $value) = $record =~ /\A([^=]+)=(.*)\n\z/s or die "a bad pax record\n";
                $pax{$key} = $value;
            }
            next;
        }
        $name = "$prefix/$name" if length $prefix;
        push @entries,
            {
            name => $pax{path} // $name, kind => $kind, bytes => $bytes, header => $header,
            pax => {%pax}
            };
        %pax = ();
    }
    substr($tar, $at) eq "\0" x $BLOCK or die "no end, or more than one\n";
    return @entries;
}

1;
