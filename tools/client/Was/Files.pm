# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Files: the directory that files come from and go to. Owns that nothing is read or written
# outside of it, whatever names a server gives and whatever links stand in it; that a file is there
# whole or not at all; and what is kept of a transfer that was cut. Refuses to know servers.

package Was::Files;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Errno qw(EEXIST ENOENT EWOULDBLOCK);
use Fcntl qw(:DEFAULT :flock :mode SEEK_SET);
use File::Basename qw(basename dirname);
use Time::HiRes ();
use Was::Names qw(name_fault);
use Was::Say;

# A directory by its name, which must be there; with `make` it is made.
sub new {
    my ($class, $directory, %option) = @_;
    mkdir $directory if $option{make} && !-e $directory;
    refuse(usage => shown($directory) . ' is not a directory') if !-d $directory;
    return bless { directory => $directory =~ s{(?<=.)/+\z}{}r }, $class;
}

sub path { return "$_[0]{directory}/$_[1]" }

# The names of all plain files below, sorted, and of what is left out and why, as [name, reason].
sub walk {
    my ($self) = @_;
    my (@names, @left);
    my @directories = ('');
    while (defined(my $below = shift @directories)) {
        opendir my $handle, $self->path($below) or do {
            push @left, [$below, "it cannot be read: $!"];
            next;
        };
        my @entries = sort grep { !/\A\.\.?\z/ } readdir $handle;
        push @left, [$below, 'it is an empty directory, which has no place there']
            if !@entries && $below ne '';
        for my $name (map { $below . $_ } @entries) {
            my $mode = (lstat $self->path($name))[2] // next;
            if (S_ISDIR($mode)) { push @directories, "$name/" }
            elsif (S_ISLNK($mode)) { push @left, [$name, 'it is a symbolic link'] }
            elsif (!S_ISREG($mode)) { push @left, [$name, 'it is no plain file'] }
            elsif ($name !~ m{(?:\A|/)\.was-[0-9a-f]{16}\.[a-z]+\z}) { push @names, $name }
        }
    }
    return ([sort @names], \@left);
}

# What tells whether a plain file has been changed: its size and time. undef where there is none.
sub mark_of {
    my ($self, $name) = @_;
    my @stat = Time::HiRes::lstat($self->path($name)) or return;
    return S_ISREG($stat[2]) ? sprintf('%d %.6f', @stat[7, 9]) : undef;
}

sub sha256_of {
    my ($self, $name) = @_;
    return sha256_of_file($self->path($name));
}

sub sha256_of_file {
    return eval { Digest::SHA->new(256)->addfile($_[0], 'b')->hexdigest };
}

# Makes the directories that a name needs; yields why it cannot be, or undef.
sub make_way {
    my ($self, $name) = @_;
    my $fault = name_fault($name);
    return $fault if defined $fault;
    my @segments = split m{/}, $name;
    pop @segments;
    my $path = $self->{directory};
    for my $segment (@segments) {
        $path .= "/$segment";
        mkdir $path or $! == EEXIST or return "cannot make a directory for it: $!";
        my $mode = (lstat $path)[2] // return "cannot make a directory for it: $!";
        return 'a symbolic link stands in its way' if S_ISLNK($mode);
        return 'a file stands where it needs a directory' if !S_ISDIR($mode);
    }
    return 'a directory stands in its place' if -d $self->path($name) && !-l $self->path($name);
    return;
}

sub remove {
    my ($self, $name) = @_;
    unlink $self->path($name) or return;
    for (my $above = dirname($name); $above ne '.'; $above = dirname($above)) {
        rmdir $self->path($above) or last;
    }
    return 1;
}

# A part of a file, beside where the file is to be. `source` names what it comes from, so that the
# rest is taken from the same; `keeps` says that what was there before stays.
sub open_part {
    my ($target, $source, %option) = @_;
    my $stem = dirname($target) . '/.was-' . substr sha256_hex("$source\n" . basename($target)),
        0, 16;
    my $flags = O_RDWR | O_CREAT | O_NOFOLLOW;
    sysopen my $handle, "$stem.part", $flags, 0666 or return (undef, "cannot write it: $!");
    my @stat = stat $handle;
    return (undef, 'what stands in the place of its part is no plain file of ours')
        if !S_ISREG($stat[2]) || $stat[3] != 1 || $stat[4] != $>;
    flock $handle, LOCK_EX | LOCK_NB
        or return (undef, 'another transfer is writing it at this moment');
    binmode $handle;
    my $self = bless {
        handle => $handle, part => "$stem.part", tag_file => "$stem.etag", target => $target,
        size => $stat[7], mode => $stat[2] & 07777,
        },
        'Was::Files::Part';
    $self->restart if !$option{keeps} || !length $self->tag;
    return $self;
}

package Was::Files::Part;

use Fcntl qw(:DEFAULT SEEK_SET);

# The validator of what the part is of.
sub tag {
    my ($self) = @_;
    sysopen my $in, $self->{tag_file}, O_RDONLY | O_NOFOLLOW or return '';
    my $tag = <$in> // '';
    return $tag =~ /\A("[^"\x00-\x1f]{1,500}")\n\z/ ? $1 : '';
}

# Without a strong validator nothing is gone on with.
sub note_tag {
    my ($self, $tag) = @_;
    unlink $self->{tag_file};
    return if ($tag // '') !~ /\A"[^"\x00-\x1f]{1,500}"\z/;
    sysopen my $out, $self->{tag_file}, O_WRONLY | O_CREAT | O_EXCL, 0600 or return;
    print $out "$tag\n";
    close $out;
    return;
}

sub size { return $_[0]{size} }

sub restart {
    my ($self) = @_;
    truncate $self->{handle}, 0;
    $self->{size} = 0;
    unlink $self->{tag_file};
    return;
}

# Yields what went wrong, or undef.
sub append {
    my ($self, $bytes) = @_;
    sysseek $self->{handle}, $self->{size}, SEEK_SET or return "$!";
    my $at = 0;
    while ($at < length $bytes) {
        my $count = syswrite $self->{handle}, $bytes, length($bytes) - $at, $at;
        return "$!" if !defined $count;
        $at += $count;
    }
    $self->{size} += $at;
    return;
}

# The part becomes the file, which keeps the mode of what stood there. Yields what went wrong, or
# undef.
sub finish {
    my ($self) = @_;
    my @before = lstat $self->{target};
    chmod $before[2] & 0777, $self->{handle} if @before && -f _;
    rename $self->{part}, $self->{target} or return "$!";
    unlink $self->{tag_file};
    close $self->{handle};
    return;
}

sub abandon {
    my ($self) = @_;
    unlink $self->{part}, $self->{tag_file};
    return;
}

sub part_path { return $_[0]{part} }

1;
