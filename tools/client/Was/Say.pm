# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Say: what `was` says and how it ends. Owns the exit codes, the way in which what a server or
# a file system says is made fit for a terminal, and the private directory for what a program must
# read from a file. Refuses to know what any of it is about.

package Was::Say;

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use File::Temp ();
use POSIX ();

our @EXPORT = qw(refuse note shown progress capture private_file);

# The exit codes, as docs/was.md and was(1) list them.
our %CODE = (
    partly => 1, usage => 2, missing => 3, forbidden => 4, conflict => 5, full => 6, network => 7,
    server => 8,
);

our $name = 'was';
our $quiet = 0;
my $line_is_open = 0;

# Ends what is being done, with the exit code of a kind and a sentence; `status` is what a server
# answered, if it did.
sub refuse {
    my ($kind, $text, $status) = @_;
    my $code = $CODE{$kind} // die "no such kind: $kind";
    die bless { code => $code, text => $text, status => $status }, 'Was::Refusal';
}

# A line on standard error.
sub note {
    my ($text) = @_;
    _end_line();
    print STDERR "$name: $text\n";
    return;
}

# A line on standard error that the next one replaces, for who watches.
sub progress {
    my ($text) = @_;
    return if $quiet || !-t STDERR;
    print STDERR "\r\e[K$text";
    $line_is_open = 1;
    STDERR->flush;
    return;
}

sub _end_line {
    print STDERR "\r\e[K" if $line_is_open;
    $line_is_open = 0;
    return;
}

# Text of others as a terminal may see it: one line, and no byte that commands it. UTF-8 stays, but
# for the controls beyond ASCII.
sub shown {
    my ($bytes) = @_;
    my $text = $bytes;
    if (utf8::decode($text)) {
        $text =~ s/([\x00-\x1f\x7f-\x9f\x{2028}-\x{202e}\x{2066}-\x{2069}])/_escaped($1)/ge;
        utf8::encode($text);
        return $text;
    }
    return $bytes =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger;
}

sub _escaped {
    my ($character) = @_;
    utf8::encode($character);
    return join '', map { sprintf '\\x%02x', ord } split //, $character;
}

# Runs a program, and yields what it writes; undef when it fails. What it says is not for users.
sub capture {
    my (@command) = @_;
    my $pid = open(my $out, '-|') // refuse(usage => "cannot start $command[0]: $!");
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    binmode $out;
    local $/;
    my $bytes = <$out>;
    return close($out) ? $bytes : undef;
}

my ($directory, $files) = (undef, 0);

# The name of a new file that only we can read, with these bytes. It goes when we do.
sub private_file {
    my ($bytes) = @_;
    $directory //= File::Temp->newdir('was-XXXXXX', TMPDIR => 1);
    my $file = "$directory/" . ++$files;
    sysopen my $out, $file, O_WRONLY | O_CREAT | O_EXCL, 0600
        or refuse(usage => "cannot write into $directory: $!");
    binmode $out;
    print $out $bytes;
    close $out or refuse(usage => "cannot write into $directory: $!");
    return $file;
}

# Before another program takes our place.
sub forget_files { undef $directory; return }

1;
