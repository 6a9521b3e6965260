# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Single: the commands about one file, and what is there. Owns what a URL names where a file is
# meant. Each gets the session, the options and the arguments, and yields the exit code.

package Was::Single;

use strict;
use warnings;

use File::Basename qw(basename);
use Was::Folder;
use Was::Names qw(media_type name_of_id name_of_path name_fault);
use Was::Say;
use Was::Spaces qw(print_json word_of);
use Was::Tally;
use Was::Transfer qw(download download_to upload);

# What is there.
sub ls {
    my ($session, $option, $url) = @_;
    my $place = $session->place($url);
    return Was::Spaces::spaces_list($session, $option, $url) if $place->{kind} eq 'server';
    return Was::Spaces::collections_list($session, $option, $url)
        if $place->{kind} eq 'space' && $session->is_pws($place);
    my @items;
    Was::Folder->new($session, $url)->each_item(sub {
        my ($item) = @_;
        if ($option->{json}) { push @items, $item }
        else { print line_of($option, $item), "\n" }
        return;
    });
    return $option->{json} ? print_json(\@items) : 0;
}

sub line_of {
    my ($option, $item) = @_;
    my $name = shown($item->{name} // $item->{id} // $item->{path});
    return $name if !$option->{l};
    return sprintf '%12s  %-30s  %s', $item->{size} // '-', word_of($item->{type}), $name;
}

# A place for one file: what the URL names, or below it when it is a folder's.
sub file_place {
    my ($session, $url, $name) = @_;
    my $place = $session->place($url);
    my $is_folder =
           $place->{kind} ne 'inside'
        || $place->{path} =~ m{/\z}
        || $session->is_pws($place) && $place->{rest} =~ m{\A/[^/]+\z};
    return $place if !$is_folder;
    refuse(usage => shown($url) . ' is the URL of a folder; write that of the file')
        if !defined $name;
    my $folder = Was::Folder->new($session, $url);
    my $fault = Was::Names::remote_fault($name, $folder->is_pws);
    refuse(usage => shown($name) . ": $fault") if defined $fault;
    return $folder->place_of($name);
}

sub get {
    my ($session, $option, $url, $file) = @_;
    my $place = file_place($session, $url);
    if (!defined $file || $file eq '-') {
        download_to($session, $place, \*STDOUT);
        return 0;
    }
    $file = "$file/" . local_name($session, $place) if -d $file;
    my $bytes = 0;
    my $got = download(
        $session, $place, $file,
        more => sub { $bytes += $_[0]; progress(Was::Tally::amount($bytes)) });
    note(shown($file) . ', ' . Was::Tally::amount($got->{size})) if !$option->{quiet};
    return 0;
}

# The name that a file has here when it is got into a directory: the last part of its own.
sub local_name {
    my ($session, $place) = @_;
    my $last = ($place->{path} =~ m{([^/]*)\z})[0];
    my $name = $session->is_pws($place) ? name_of_id($last) : name_of_path($last);
    $name = basename($name) if defined $name && !defined name_fault($name);
    refuse(usage => shown($last) . ' makes no name of a file; name one')
        if !defined $name || defined name_fault($name) || $name =~ m{/};
    return $name;
}

sub put {
    my ($session, $option, $file, $url) = @_;
    my $is_input = $file eq '-';
    refuse(usage => shown($file) . ' is not a file') if !$is_input && !-f $file;
    my $place = file_place($session, $url, $is_input ? undef : basename($file));
    my $name = name_of_path($place->{target} =~ m{([^/]*)\z});
    my $type = $option->{type} // media_type($is_input ? $name : $file);
    $file = private_file(do { local $/; binmode STDIN; <STDIN> // '' }) if $is_input;
    refuse(usage => '--new and --if-match exclude each other')
        if $option->{new} && defined $option->{'if-match'};
    my @headers =
          $option->{new} ? ['If-None-Match' => '*']
        : defined $option->{'if-match'} ? ['If-Match' => $option->{'if-match'}]
        : ();
    my ($answer) = upload($session, $place, $file, type => $type, headers => \@headers);
    my $etag = $answer->{headers}{etag};
    return print_json({ etag => $etag, url => "$place->{origin}$place->{target}" })
        if $option->{json};
    return 0;
}

sub rm {
    my ($session, $option, @urls) = @_;
    my @places = map { file_place($session, $_) } @urls;
    $session->request('DELETE', $_) for @places;
    return 0;
}

1;
