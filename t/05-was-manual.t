# Licensed under the Apache License, Version 2.0; see LICENSE.

# What was(1), docs/was.md and the completion of bash say of tools/was is what it says of itself.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use Test::More;

my $top = abs_path($ENV{WAS_TOP} // "$FindBin::Bin/..");

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return <$in>;
}

sub options_in {
    return sort grep { length } $_[0] =~ /(?:\A|[\s\[|])(--?[a-z][a-z-]*)/g;
}

# Commands, as name => options.
my $help = qx("$top/tools/was" --help);
my ($own, $table) = $help =~ /^(  --key.*?)\n\nCommands:\n(.*?)^  curl /ms;
my %command = map { my ($name) = /\A  ([a-z]+(?: [a-z]+)?)/; $name => [options_in($_)] }
    split /\n/, $table;
cmp_ok(scalar keys %command, '>', 20, 'the program lists its commands');
my @global = options_in($own);
is(scalar(grep { $_ eq '--key' } @global), 1, 'and its options');

# The manual writes an option as Fl -name or Fl l.
my $manual = slurp("$top/docs/man/was.1");
for my $name (sort keys %command) {
    my ($line) = $manual =~ /^\.It Cm (\Q$name\E\b.*)$/m;
    my @said = sort map { "-$_" } ($line // '') =~ /Fl (-?[a-z][a-z-]*)/g;
    is_deeply(defined $line ? \@said : 'not there', $command{$name}, "was(1): $name");
}
my @listed = $manual =~ /^\.It Cm ([a-z]+(?: [a-z]+)?)/mg;
is_deeply([grep { $_ ne 'curl' && !$command{$_} } @listed], [], 'was(1) lists no other');
ok($manual =~ /^\.It Fl (?:\S+ , Fl )?\Q${\substr $_, 1}\E\b/m, "was(1): $_") for @global;

# Exit codes.
my ($codes) = $help =~ /^Exit codes: (.*)/ms;
my @numbers = $codes =~ /(\d) /g;
is_deeply([slurp("$top/docs/was.md") =~ /^\| (\d) \|/mg], \@numbers, 'docs/was.md: exit codes');
is_deeply([$manual =~ /^\.It (\d)$/mg], \@numbers, 'was(1): exit codes');

# What bash completes, with the last of the words.
sub completed {
    my (@words) = @_;
    local $ENV{WORDS} = join "\n", was => @words;
    my $out = qx(bash -c 'cd /; source "$top/tools/was.bash-completion"
        mapfile -t COMP_WORDS <<<"\$WORDS"; COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1))
        compopt() { :; }
        _was; printf "%s\\n" "\${COMPREPLY[@]}"');
    return sort grep { length } split /\n/, $out;
}

my %verbs;
for my $name (keys %command) {
    my ($first, $verb) = split / /, $name;
    push @{ $verbs{$first} }, $verb // ();
}
is_deeply([completed('')], [sort 'curl', keys %verbs], 'completion: commands');
is_deeply([completed('sp')], ['spaces'], 'completion: a command');
is_deeply([completed('--key', 'ls', 'sp')], ['spaces'], 'completion: the value of an option');
is_deeply([completed($_, '')], [sort @{ $verbs{$_} }], "completion: verbs of $_")
    for sort grep { @{ $verbs{$_} } } keys %verbs;
for my $name (sort keys %command) {
    my %mine = map { $_ => 1 } @{ $command{$name} };
    my @completed = grep { !/\A--(?:key|capability|protocol|token|json|quiet|help|version)\z/ }
        completed((split / /, $name), '-');
    is_deeply(\@completed, [sort keys %mine], "completion: options of $name");
}
is_deeply([completed('--protocol', '')], [qw(classic pws)], 'completion: protocols');
is_deeply([completed('share', '--actions', 'P')], [qw(POST PUT)], 'completion: actions');
is_deeply([completed('put', 'et')], ['etc'], 'completion: files');

done_testing;
