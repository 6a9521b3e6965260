# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Folder: what is in a server's place for files: below a path of a classic space, or in a
# collection of Portable Web Spaces. Owns where a name stands there, and how the names are found: by
# pages of the listing, or, since the classic protocol has no listing, by the export. Takes no name
# from a server that Was::Names would not.

package Was::Folder;

use strict;
use warnings;

use Was::Names qw(path_of_name name_of_path id_of_name name_of_id name_fault);
use Was::Say;
use Was::Session;
use Was::Tar;

sub new {
    my ($class, $session, $url) = @_;
    my $place = $session->place($url);
    my $is_pws = $session->is_pws($place);
    my $self = bless { session => $session, place => $place, is_pws => $is_pws }, $class;
    if ($is_pws) {
        my ($collection) = ($place->{rest} // '') =~ m{\A/([^/]+)/?\z}
            or refuse(usage => 'files go into a collection: .../space/ID/COLLECTION/');
        $self->{base} = "/space/$place->{space}/$collection/";
    }
    else {
        refuse(usage => 'files go into a space, or below a path there: .../space/ID/PATH/')
            if $place->{kind} eq 'server';
        my $prefix = name_of_path($place->{rest} =~ s{\A/+|/+\z}{}gr);
        $self->{prefix} = $prefix eq '' ? '' : "$prefix/";
        $self->{base} = "/space/$place->{space}/";
    }
    return $self;
}

sub is_pws { return $_[0]{is_pws} }

sub url {
    my ($self) = @_;
    my $tail = $self->{is_pws} ? '' : path_of_name($self->{prefix});
    return "$self->{place}{origin}$self->{place}{mount}$self->{base}$tail";
}

sub container { return $_[0]{session}->at($_[0]{place}, $_[0]{base}) }

# Where a name stands.
sub place_of {
    my ($self, $name) = @_;
    my $tail = $self->{is_pws} ? id_of_name($name) : path_of_name("$self->{prefix}$name");
    return $self->{session}->at($self->{place}, $self->{base} . $tail);
}

# All items: calls $each with { name, id or path, type, size }. `name` is missing where it can be no
# file's, and `fault` says why.
sub each_item {
    my ($self, $each) = @_;
    return $self->{is_pws} ? $self->_each_listed($each) : $self->each_exported($each);
}

# Pages of the listing, until one brings nothing new.
sub _each_listed {
    my ($self, $each) = @_;
    my $target = "$self->{base}?limit=1000";
    my %seen;
    while (defined $target) {
        my $page = $self->{session}->request('GET', $self->{session}->at($self->{place}, $target));
        my $document = Was::Session::object_of($page);
        my $items = $document->{items};
        refuse(server => 'the listing has no items') if ref $items ne 'ARRAY';
        my $new = 0;
        for my $item (@$items) {
            my $id = ref $item eq 'HASH' ? $item->{id} : undef;
            refuse(server => 'the listing has an item without an id') if !defined $id || ref $id;
            utf8::encode($id);
            next if $seen{$id}++;
            $new++;
            $each->({ %{ $self->named($id) }, type => $item->{contentType} });
        }
        $target = $self->_next_page($document->{next});
        refuse(server => 'the listing goes on without an end') if defined $target && !$new;
    }
    return;
}

# A page may only lead to another of the same listing.
sub _next_page {
    my ($self, $next) = @_;
    return if !defined $next;
    my $before = $self->{place}{mount} . $self->{base};
    my $same = quotemeta($self->{place}{origin});
    my ($query) = $next =~ m{\A(?:$same)?\Q$before\E(\?[\x21-\x7e]+)\z}
        or refuse(server => 'the listing leads elsewhere: ' . shown($next));
    return $self->{base} . $query;
}

# An id, and whose it is.
sub named {
    my ($self, $id) = @_;
    return { id => $id, fault => 'its id is none' }
        if $id !~ /\A[A-Za-z0-9\-._~]{1,255}\z/ || $id =~ /\A\.\.?\z/;
    my $name = name_of_id($id) // return { id => $id, fault => 'it is the id of no name' };
    my $fault = name_fault($name);
    return defined $fault ? { id => $id, fault => $fault } : { id => $id, name => $name };
}

# The export, which holds the bytes, too: what $each yields gets them, piece by piece, and is called
# without any at the end.
sub each_exported {
    my ($self, $each) = @_;
    my $tar = Was::Tar->new(sub { return $self->_exported($each, @_) });
    $self->{session}->request(
        'GET', $self->{session}->at($self->{place}, $self->{base} =~ s{/\z}{}r),
        headers => [[Accept => 'application/x-tar']], patience => 900,
        sink => sub {
            my ($answer) = @_;
            return if $answer->{status} != 200;
            refuse(server => 'this server has no export, and the protocol no listing')
                if ($answer->{headers}{'content-type'} // '') !~ m{\Aapplication/x-tar\b};
            return sub { $tar->feed($_[0]) };
        });
    refuse(server => 'the archive ends too early') if !$tar->is_complete;
    return;
}

sub _exported {
    my ($self, $each, $entry) = @_;
    return if $entry->{is_directory};
    my $path = $entry->{attributes}{'SCHILY.xattr.user.was.path'} // $entry->{name};
    my $type = $entry->{attributes}{'SCHILY.xattr.user.mime_type'};
    # The directory of the space, or the slash that every path begins with.
    $path =~ s{\A[^/]*/}{};
    return if index($path, $self->{prefix}) != 0;
    my $name = substr $path, length $self->{prefix};
    return if $name eq '';
    my $fault = name_fault($name);
    my %item = (path => $name, type => $type, size => $entry->{size});
    return $each->({ %item, defined $fault ? (fault => $fault) : (name => $name) });
}

1;
