# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The tree as text, for the rules of t/00-structure.t. Owns where files are and how C is taken
# apart.
# Refuses to know any rule.

package WAS::Source;

use strict;
use warnings;

use Exporter qw(import);
use File::Find ();

our @EXPORT_OK = qw(file_text files_below read_c functions_of includes_of signatures_of stem);

sub file_text {
    my ($path) = @_;
    open my $file, '<:encoding(UTF-8)', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

# Paths below the directories of `top` that match, relative to it.
sub files_below {
    my ($top, $pattern, @directories) = @_;
    my @found;
    my $wanted = sub {
        $File::Find::prune = 1 if -d && /^(?:run|node_modules|\..+)$/;
        push @found, $File::Find::name =~ s{^\Q$top\E/}{}r if -f && /$pattern/;
    };
    File::Find::find(
        { wanted => $wanted, follow_fast => 1 },
        grep { -d } map { "$top/$_" } @directories);
    return sort @found;
}

# The text with comments and literals blanked, and its string literals, adjacent ones as one.
sub read_c {
    my ($text) = @_;
    my (@strings, $adjacent);
    my $blank = sub { my ($part) = @_; $part =~ s/[^\n]/ /g; return $part };
    $text =~ s{
        (?<comment> /\*.*?\*/ | //[^\n]* )
        | " (?<string> (?:[^"\\]|\\.)* ) "
        | (?<char> '(?:[^'\\]|\\.)+' )
        | (?<space> [\s\\]+ )
        | (?<other> . )
    }{
        if (defined $+{string}) {
            if ($adjacent) { $strings[-1] .= $+{string} } else { push @strings, $+{string} }
        }
        $adjacent = defined $+{string} || $adjacent && !defined $+{other} && !defined $+{char};
        defined $+{other} || defined $+{space} ? $& : $blank->($&)
    }gesx;
    return ($text, @strings);
}

# Names of headers are string literals to read_c(), so they are read from the text.
sub includes_of {
    my ($text) = @_;
    return $text =~ /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/mg;
}

# Of code without comments: where each function opens, and how many lines its body has.
sub functions_of {
    my ($code) = @_;
    my ($open, @lengths);
    my $line = 0;
    for (split /\n/, $code) {
        $line++;
        $open = $line if /^\{/;
        if (/^\}/ && $open) {
            push @lengths, [$open, $line - $open];
            undef $open;
        }
    }
    return @lengths;
}

# Of code without comments: what stands before the name of each function that is declared or defined
# at its margin, and the name.
sub signatures_of {
    my ($code) = @_;
    my @signatures;
    while ($code =~ /^((?:\w+[\s*]+)+?)(\w+)\s*\((?!\s*\*)/mg) {
        push @signatures, [$1, $2];
    }
    return @signatures;
}

# The file's name without directories and extension.
sub stem {
    my ($path) = @_;
    return $path =~ s{.*/}{}r =~ s{\.[^.]*\z}{}r;
}

1;
