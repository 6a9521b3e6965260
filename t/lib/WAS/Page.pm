# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A page of the documentation, taken apart: where its links lead, what can be linked to, its tables,
# and the programs that it shows. Owns what of Markdown the pages use, and refuses to know what any
# of it says.

package WAS::Page;

use strict;
use warnings;

use WAS::Source qw(file_text);

# new(path, text of it, if it was read already)
sub new {
    my ($class, $path, $text) = @_;
    my $self = bless { path => $path, blocks => [], prose => '' }, $class;
    my $block;
    for my $line (split /\n/, $text // file_text($path)) {
        if ($line =~ /^```\s*(\w*)/) {
            $block = $block ? undef : { language => $1, text => '' };
            push @{ $self->{blocks} }, $block if $block;
        }
        elsif ($block) {
            $block->{text} .= "$line\n";
        }
        else {
            $self->{prose} .= "$line\n";
        }
    }
    return $self;
}

# What stands between fences, as { language, text, name }: a program names its file in its first
# line, which is a comment: "// wallet.mjs: ...".
sub blocks {
    my ($self) = @_;
    for my $block (@{ $self->{blocks} }) {
        ($block->{name}) = $block->{text} =~ m{\A(?://|#|<!--) ([\w-]+\.\w+)\b(?!/)};
    }
    return @{ $self->{blocks} };
}

# Where the page leads to: what stands in parentheses behind brackets.
sub links {
    my ($self) = @_;
    my $prose = $self->{prose} =~ s/`[^`\n]*`//gr;
    return $prose =~ /\]\(\s*<?([^)\s>]+)/g, $prose =~ /^\s*\[[^\]]+\]:\s+(\S+)/gm;
}

# What a link may name behind its "#": a heading as GitHub spells it, once.
sub anchors {
    my ($self) = @_;
    my %seen;
    my @anchors;
    for my $heading ($self->{prose} =~ /^#+\s+(.*?)\s*$/gm) {
        my $anchor = lc $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr;
        $anchor =~ s/[^\w\- ]//g;
        $anchor =~ tr/ /-/;
        push @anchors, $seen{$anchor}++ ? "$anchor-" . ($seen{$anchor} - 1) : $anchor;
    }
    return @anchors;
}

# The cells of the rows below the heading, in order, without the lines that begin a table.
sub rows {
    my ($self, $heading) = @_;
    my ($section) = $self->{prose} =~ /^#+ \Q$heading\E\n(.*?)(?=^#|\z)/ms;
    my @lines = grep { /^\|/ } split /\n/, $section // '';
    my @rows;
    for my $at (0 .. $#lines) {
        next if $lines[$at] =~ /^\|[-|: ]+\|$/ || ($lines[$at + 1] // '') =~ /^\|[-|: ]+\|$/;
        my $row = $lines[$at] =~ s/^\|\s*|\s*\|\s*$//gr;
        push @rows, [map { s/\\\|/|/gr } split /\s*(?<!\\)\|\s*/, $row, -1];
    }
    return @rows;
}

1;
