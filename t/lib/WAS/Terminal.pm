# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Terminal: somebody who runs `was` (tools/was) in a shell: with a home, a key and a working
# directory of his own.
#
#     my $alice = WAS::Terminal->new;
#     my ($code, $out, $err) = $alice->was('ls', $url);
#     $alice->is_done('lists', [ls => $url], qr/a/);

package WAS::Terminal;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More ();

my $top = abs_path($ENV{WAS_TOP} // dirname(__FILE__) . '/../../..');

sub new {
    my ($class, %self) = @_;
    my $home = tempdir('was-terminal-XXXXXX', CLEANUP => 1, TMPDIR => 1);
    mkdir "$home/$_" for qw(tmp work);
    my %env = (PATH => $ENV{PATH}, HOME => $home, TMPDIR => "$home/tmp", LANG => 'C.UTF-8');
    return bless { home => $home, env => \%env, %self }, $class;
}

sub home { return $_[0]{home} }
sub work { return "$_[0]{home}/work" }

# Its DID, which makes its key.
sub did {
    my ($self) = @_;
    return $self->{did} //= ($self->was('did'))[1] =~ s/\n//r;
}

# Starts it; yields its process. Output goes to files in the home.
sub start {
    my ($self, @arguments) = @_;
    my %option = ref $arguments[0] ? %{ shift @arguments } : ();
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    %ENV = (%{ $self->{env} }, %{ $option{env} // {} });
    chdir $self->work;
    open STDIN, '<', $option{stdin} // '/dev/null';
    open STDOUT, '>', "$self->{home}/out";
    open STDERR, '>', "$self->{home}/err";
    POSIX::setpgid(0, 0);
    exec @{ $option{by} // [] }, "$top/tools/was", @arguments or POSIX::_exit(127);
}

sub ended {
    my ($self, $pid) = @_;
    waitpid $pid, 0;
    my $code = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
    return ($code, map { file_bytes("$self->{home}/$_") } qw(out err));
}

# Runs it to its end: exit code, standard output, standard error. A hash in front has options: stdin
# (a file), env.
sub was {
    my ($self, @arguments) = @_;
    return $self->ended($self->start(@arguments));
}

# An assertion: it ends with this code, or one of several, and what it writes is as wanted: text or
# a pattern, of standard output where the code is 0, else of standard error.
sub ends {
    my ($self, $name, $arguments, $code, $wanted) = @_;
    my ($got, $out, $err) = $self->was(@$arguments);
    my %may = map { $_ => 1 } ref $code ? @$code : $code;
    my $text = $may{0} ? $out : $err;
    my $fits = !defined $wanted ? 1 : ref $wanted ? $text =~ $wanted : $text eq $wanted;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::ok($may{$got} && $fits, $name)
        || Test::More::diag("ended with $got\n--- out\n$out\n--- err\n$err");
    return $out;
}

sub is_done {
    my ($self, $name, $arguments, $wanted) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return $self->ends($name, $arguments, 0, $wanted);
}

sub file_bytes {
    my ($file) = @_;
    open my $in, '<:raw', $file or return;
    local $/;
    return scalar(<$in>) // '';
}

# A file in the working directory, and what leads to it.
sub write_file {
    my ($self, $name, $bytes) = @_;
    my $file = $self->work . "/$name";
    make_path(dirname($file));
    open my $out, '>:raw', $file or die "$file: $!";
    print $out $bytes;
    close $out or die "$file: $!";
    return $file;
}

# The bytes of a file there.
sub file { return file_bytes($_[0]->work . "/$_[1]") }

# All files below a directory there, as name => bytes.
sub tree {
    my ($self, $directory) = @_;
    my $root = $self->work . "/$directory";
    my %files;
    my @directories = ('');
    while (defined(my $below = shift @directories)) {
        opendir my $handle, "$root/$below" or next;
        for my $name (map { "$below$_" } grep { !/\A\.\.?\z/ } readdir $handle) {
            if (-l "$root/$name") { $files{$name} = 'a link' }
            elsif (-d _) { push @directories, "$name/" }
            else { $files{$name} = file_bytes("$root/$name") }
        }
    }
    return \%files;
}

1;
