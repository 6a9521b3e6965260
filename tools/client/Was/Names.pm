# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Names: how a file's name stands in a URL, and which name that a server gives may become a
# file's. A name here is bytes, its segments divided by slashes, relative to a directory. Refuses to
# touch files.
#
# The classic protocol takes any name that is UTF-8. Portable Web Spaces has ids of
# A-Z a-z 0-9 - . _ ~ in collections without folders: each other byte, the slash too, becomes a
# tilde and two hex digits ("a b/c" is a~20b~2Fc), so does a tilde that would be read as one, and so
# does the first byte of what means something else in the place of an id ("meta" is ~6Deta). Every
# name has one id, and an id that is not the one of its name is nobody's file.

package Was::Names;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(path_of_name name_of_path id_of_name name_of_id name_fault media_type is_json);

my $LONGEST_ID = 255;
my $LONGEST_SEGMENT = 255;
my $LONGEST_NAME = 4000;
my $RESERVED = qr/\A(?:policy|backend|linkset|meta|query|quota)\z/;

# Percent-encoded, slashes as they are.
sub path_of_name {
    my ($name) = @_;
    return $name =~ s{([^A-Za-z0-9\-._~/])}{sprintf '%%%02X', ord $1}ger;
}

sub name_of_path { return $_[0] =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }

sub id_of_name {
    my ($name) = @_;
    my $id = $name =~ s/([^A-Za-z0-9\-._~]|~(?=[0-9A-F]{2}))/sprintf '~%02X', ord $1/ger;
    return $id =~ $RESERVED ? sprintf('~%02X', ord $id) . substr $id, 1 : $id;
}

# undef where no name has this id.
sub name_of_id {
    my ($id) = @_;
    my $name = $id =~ s/~([0-9A-F]{2})/chr hex $1/ger;
    return id_of_name($name) eq $id ? $name : undef;
}

# Why a name that a server gave, or that a file has, is not taken; undef when it is.
sub name_fault {
    my ($name) = @_;
    return 'it is empty' if $name eq '';
    return 'it is too long' if length $name > $LONGEST_NAME;
    return 'it holds a NUL' if $name =~ /\0/;
    for my $segment (split m{/}, $name, -1) {
        return 'it begins, ends or has two slashes in a row' if $segment eq '';
        return 'it leads out of the directory' if $segment =~ /\A\.\.?\z/;
        return 'a part of it is too long' if length $segment > $LONGEST_SEGMENT;
        return 'it is the name of a part of a transfer' if $segment =~ /\A\.was-[0-9a-f]{16}\./;
    }
    return;
}

# Why a file cannot go where the names are as this protocol has them; undef when it can.
sub remote_fault {
    my ($name, $is_pws) = @_;
    my $fault = name_fault($name);
    return $fault if defined $fault;
    if ($is_pws) {
        return 'its id would be longer than 255 characters'
            if length id_of_name($name) > $LONGEST_ID;
        return;
    }
    my $copy = $name;
    return utf8::decode($copy) ? undef : 'it is not UTF-8';
}

# Media types. By the name, never by the contents, so that the same file has the same type on every
# machine but for what its mime.types says.
my %TYPES = (
    avif => 'image/avif', css => 'text/css', csv => 'text/csv', gif => 'image/gif',
    gz => 'application/gzip', htm => 'text/html', html => 'text/html', ico => 'image/x-icon',
    jpeg => 'image/jpeg', jpg => 'image/jpeg', js => 'text/javascript',
    json => 'application/json', jsonld => 'application/ld+json', jsonl => 'application/jsonl',
    md => 'text/markdown', mjs => 'text/javascript', mp3 => 'audio/mpeg', mp4 => 'video/mp4',
    ogg => 'audio/ogg', pdf => 'application/pdf', png => 'image/png', svg => 'image/svg+xml',
    tar => 'application/x-tar', txt => 'text/plain', wasm => 'application/wasm',
    wav => 'audio/wav', webm => 'video/webm', webp => 'image/webp', xml => 'application/xml',
    zip => 'application/zip',
);
my $has_read_types;

sub media_type {
    my ($name) = @_;
    _read_types() if !$has_read_types++;
    my ($extension) = $name =~ m{[^/]\.([A-Za-z0-9]+)\z} or return 'application/octet-stream';
    return $TYPES{ lc $extension } // 'application/octet-stream';
}

# What the user says counts over ours, which counts over the system's.
sub _read_types {
    my %ours = %TYPES;
    my @files = ('/etc/mime.types', defined $ENV{HOME} ? "$ENV{HOME}/.mime.types" : ());
    for my $file (grep { -f } @files) {
        open my $in, '<', $file or next;
        while (my $line = <$in>) {
            my ($type, @extensions) = split ' ', $line =~ s/#.*//sr;
            next if ($type // '') !~ m{\A[\w.+-]+/[\w.+-]+\z};
            $TYPES{ lc $_ } = $type for @extensions;
        }
        %TYPES = (%TYPES, %ours) if $file eq '/etc/mime.types';
    }
    return;
}

sub is_json { return $_[0] =~ m{\A(?:application/json|[^;\s]+\+json)\s*(?:;|\z)}i }

1;
