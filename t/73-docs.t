# Licensed under the Apache License, Version 2.0; see LICENSE.

# The programs that README.md and docs/ show run as they stand there: what a page shows between
# fences is put into a file where it names one in its first line, and is run by bash where it is
# "sh", with the server's address in WAS; a "text" behind a command is what that prints ("..." for
# what differs from time to time). And the page that is made of them is used in a browser.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Interop;
use WAS::Page;
use WAS::Server;

# A page, the virtual host that it is for, and the program that goes on with what it has made.
my @CASES = (
    ['README.md', 'main'],
    ['docs/classic.md', 'main', 'docs-page.mjs'],
    ['docs/pws.md', 'pws'],
);

my $SECONDS = 300;
my $modules = WAS::Interop::needed('');
my $top = $ENV{WAS_TOP};
$ENV{WAS_INTEROP_MODULES} = $modules;
$ENV{PATH} = "$top/tools:$ENV{PATH}";

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>:encoding(UTF-8)', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
}

# The page's files, in the directory; yields its commands, each with what it prints.
sub lay_out {
    my ($page, $directory) = @_;
    my (@commands, $last);
    for my $block ($page->blocks) {
        if (defined $block->{name}) {
            write_file("$directory/$block->{name}", $block->{text});
        }
        elsif ($block->{language} eq 'sh') {
            push @commands, { text => $block->{text} };
        }
        elsif ($block->{language} eq 'text' && $last && $last->{language} eq 'sh') {
            $commands[-1]{prints} = $block->{text};
        }
        $last = $block;
    }
    return @commands;
}

# Runs all in one shell, as somebody would who pastes them; yields what each printed, as far as it
# came, and what there was to complain of.
sub run_commands {
    my ($directory, @commands) = @_;
    my $script = "set -eu\ncd '$directory'\n";
    $script .= "{\n$commands[$_]{text}} >out.$_\n: >done.$_\n" for 0 .. $#commands;
    write_file("$directory/all.sh", $script);
    system("timeout $SECONDS bash '$directory/all.sh' 2>'$directory/err'");
    return (
        [map { -e "$directory/done.$_" ? slurp("$directory/out.$_") : undef } 0 .. $#commands],
        slurp("$directory/err"));
}

sub slurp {
    my ($path) = @_;
    open my $file, '<:encoding(UTF-8)', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

# A page's last line ends, and that of a server's answer may not.
sub pattern_of {
    my ($text) = @_;
    chomp $text;
    my $pattern = join '[^\n]*?', map { quotemeta } split /\.\.\./, $text, -1;
    return qr/\A$pattern\n?\z/;
}

for my $case (@CASES) {
    my ($path, $host, $program) = @$case;
    my $server = WAS::Server::url($host);
    my $directory = tempdir(CLEANUP => 1);
    symlink $modules, "$directory/node_modules" or die "symlink: $!\n";
    local @ENV{qw(HOME WAS)} = ($directory, $server);
    my @commands = lay_out(WAS::Page->new("$top/$path"), $directory);
    ok(@commands > 0, "$path shows commands");
    my ($printed, $complaints) = run_commands($directory, @commands);
    for my $at (0 .. $#commands) {
        my ($text, $prints) = @{ $commands[$at] }{qw(text prints)};
        my $name = "$path: " . $text =~ s/\n.*//sr;
        my $got = $printed->[$at];
        ok(defined $got, "$name ends well") or diag($complaints), last;
        like($got, pattern_of($prints), "$name prints what the page says") if defined $prints;
    }
    next if !$program;
    my $said = qx(timeout $SECONDS node '$top/t/interop/$program' '$directory' '$server' 2>&1);
    is($?, 0, "$path: the page works in a browser") or diag($said);
}

done_testing;
