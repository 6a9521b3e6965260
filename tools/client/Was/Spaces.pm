# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Spaces: the commands that list, make, show and remove spaces and collections, and archives of
# spaces. Owns what is printed of them. Each gets the session, the options and the arguments, and
# yields the exit code.

package Was::Spaces;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use Was::Files;
use Was::Folder;
use Was::Names qw(name_of_path);
use Was::Say;
use Was::Session;

our @EXPORT_OK = qw(print_json print_answer word_of);

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;

sub print_json {
    print $JSON->encode($_[0]), "\n";
    return 0;
}

sub print_answer {
    print $_[0]{body}, "\n";
    return 0;
}

# A text of an answer, for people.
sub word_of {
    my ($value) = @_;
    return '' if !defined $value || ref $value;
    my $bytes = "$value";
    utf8::encode($bytes);
    return shown($bytes);
}

# Items as JSON, or of each what $line makes of it.
sub print_items {
    my ($option, $items, $line) = @_;
    return print_json($items) if $option->{json};
    print $line->($_), "\n" for grep { ref eq 'HASH' } @$items;
    return 0;
}

sub place_of_kind {
    my ($session, $url, $kind) = @_;
    my %called = (server => 'a server', space => 'a space, .../space/ID');
    my $place = $session->place($url);
    return $place if $place->{kind} eq $kind;
    return refuse(usage => shown($url) . " is not the URL of $called{$kind}");
}

# All items of a listing of pws; pages as long as they lead on in it.
sub all_items {
    my ($session, $place, $tail) = @_;
    my (@items, %seen);
    my $target = $tail;
    while (!$seen{$target}++) {
        my $answer = $session->request('GET', $session->at($place, $target));
        my $document = Was::Session::object_of($answer);
        refuse(server => 'the listing has no items') if ref $document->{items} ne 'ARRAY';
        push @items, @{ $document->{items} };
        my $next = $document->{next} // return \@items;
        my ($query) = $next =~ m{\A\Q$place->{mount}$tail\E(\?[\x21-\x7e]+)\z}
            or refuse(server => 'the listing leads elsewhere: ' . word_of($next));
        $target = $tail . $query;
    }
    return refuse(server => 'the listing goes in a circle');
}

sub spaces_list {
    my ($session, $option, $url) = @_;
    my $place = place_of_kind($session, $url, 'server');
    my $end = $session->is_pws($place) ? '/' : '';
    my $items;
    if ($session->is_pws($place)) { $items = all_items($session, $place, '/spaces/') }
    else {
        my $answer = $session->request('GET', $session->at($place, '/spaces/'));
        $items = Was::Session::parse_json($answer->{body});
        refuse(server => 'the answer is not the list that is due') if ref $items ne 'ARRAY';
    }
    return print_items(
        $option, $items,
        sub {
            my ($item) = @_;
            my $id = word_of($item->{id}) =~ s/\Aurn:uuid://r;
            my $name = word_of($item->{name});
            return "$place->{origin}$place->{mount}/space/$id$end" . ($name eq '' ? '' : "  $name");
        });
}

# What a body says of what is made: of these members those that were given.
sub members_of {
    my ($option, %member) = @_;
    my %body;
    for my $name (grep { defined $option->{$_} } qw(id name)) {
        my $text = $option->{$name};
        utf8::decode($text) or refuse(usage => "--$name is not UTF-8");
        $body{ $member{$name} // $name } = $text;
    }
    return %body;
}

sub spaces_make {
    my ($session, $option, $url) = @_;
    my $place = place_of_kind($session, $url, 'server');
    my $is_pws = $session->is_pws($place);
    my %body = (
        members_of($option, id => $is_pws ? 'id' : 'uuid'),
        controller => $session->key->did,
    );
    my $answer = $session->request(
        'POST', $session->at($place, '/spaces/'), type => 'application/json',
        content => $JSON->encode(\%body), token => 1);
    return print_made($option, $answer, $place, '/space/', $is_pws ? '/' : '');
}

# The URL of what was made, from its Location.
sub print_made {
    my ($option, $answer, $place, $below, $end) = @_;
    my ($id) = ($answer->{headers}{location} // '') =~ m{\Q$below\E([A-Za-z0-9\-._~:%]+)/?\z}
        or refuse(server => 'it was made, but the answer does not say where');
    my $made = "$place->{origin}$place->{mount}$below$id$end";
    return print_json({ url => $made }) if $option->{json};
    print "$made\n";
    return 0;
}

sub space_of {
    my ($session, $url) = @_;
    my $place = place_of_kind($session, $url, 'space');
    my $end = $session->is_pws($place) ? '/' : '';
    return $session->at($place, "/space/$place->{space}$end");
}

sub spaces_show {
    my ($session, $option, $url) = @_;
    my $place = space_of($session, $url);
    $place->{target} .= 'meta' if $session->is_pws($place);
    return print_answer($session->request('GET', $place));
}

sub spaces_rm {
    my ($session, $option, $url) = @_;
    $session->request('DELETE', space_of($session, $url));
    return 0;
}

sub pws_space {
    my ($session, $url) = @_;
    my $place = space_of($session, $url);
    return $place if $session->is_pws($place);
    return refuse(usage => 'the classic protocol has no collections');
}

sub collections_list {
    my ($session, $option, $url) = @_;
    my $place = pws_space($session, $url);
    my $items = all_items($session, $place, "/space/$place->{space}/");
    return print_items(
        $option, $items,
        sub {
            my ($item) = @_;
            my ($id, $name) = map { word_of($item->{$_}) } qw(id name);
            my $at = "$place->{origin}$place->{mount}/space/$place->{space}/$id/";
            return $name eq '' || $name eq $id ? $at : "$at  $name";
        });
}

sub collections_make {
    my ($session, $option, $url) = @_;
    my $place = pws_space($session, $url);
    my $answer = $session->request(
        'POST', $place, type => 'application/json',
        content => $JSON->encode({ members_of($option) }));
    return print_made($option, $answer, $place, "/space/$place->{space}/", '/');
}

sub collection_of {
    my ($session, $url) = @_;
    return Was::Folder->new($session, $url)->container;
}

sub collections_show {
    my ($session, $option, $url) = @_;
    pws_space($session, $url =~ s{(/space/[^/]+)/.*}{$1}sr);
    my $place = collection_of($session, $url);
    $place->{target} .= 'meta';
    return print_answer($session->request('GET', $place));
}

sub collections_rm {
    my ($session, $option, $url) = @_;
    pws_space($session, $url =~ s{(/space/[^/]+)/.*}{$1}sr);
    $session->request('DELETE', collection_of($session, $url));
    return 0;
}

# Archives.

sub export {
    my ($session, $option, $url, $file) = @_;
    my $place = space_of($session, $url);
    my $is_pws = $session->is_pws($place);
    $place->{target} .= 'export' if $is_pws;
    $file //= 'space.' . name_of_path($place->{space}) . '.tar';
    refuse(usage => 'name the file: the id of this space makes no name of one')
        if $file =~ m{[/\0]} && @_ < 4;
    my ($part, $fault) = $file eq '-' ? () : Was::Files::open_part($file, $place->{target});
    refuse(partly => shown($file) . ": $fault") if defined $fault;
    my $write = sub {
        my $error = $part ? $part->append($_[0]) : print(STDOUT $_[0]) ? undef : "$!";
        refuse(partly => "cannot write the archive: $error") if defined $error;
    };
    my $done = eval {
        $session->request(
            $is_pws ? 'POST' : 'GET', $place, patience => 900,
            headers => [$is_pws ? () : [Accept => 'application/x-tar']],
            sink => sub {
                my ($answer) = @_;
                return if $answer->{status} != 200;
                refuse(server => 'this server has no export')
                    if ($answer->{headers}{'content-type'} // '') !~ m{\Aapplication/x-tar\b};
                return $write;
            });
    };
    if (!$done) {
        my $reason = $@;
        $part->abandon if $part;
        die $reason;
    }
    $fault = $part ? $part->finish : undef;
    refuse(partly => shown($file) . ": cannot write it: $fault") if defined $fault;
    return 0;
}

sub import_archive {
    my ($session, $option, $url, $file) = @_;
    my $place = space_of($session, $url);
    $place->{target} .= 'import' if $session->is_pws($place);
    refuse(usage => shown($file) . ' is not a file') if !-f $file;
    my $answer = $session->request(
        'POST', $place, type => 'application/x-tar', file => $file,
        patience => 900);
    return length $answer->{body} ? print_answer($answer) : 0;
}

1;
