# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Transfer: one file to or from one place of a server. Owns how a download that was cut goes
# on, and that a file is there whole or not at all. Refuses to know directories.

package Was::Transfer;

use strict;
use warnings;

use Exporter qw(import);
use Was::Files;
use Was::Names qw(is_json media_type);
use Was::Say;

our @EXPORT_OK = qw(download download_to upload);

# The bytes of a place into a file, which goes on where an earlier one was cut if what is there is
# the same still. Yields { etag, size, type }; `more` is called with each number of bytes.
sub download {
    my ($session, $place, $target, %of) = @_;
    my $source = "$place->{origin}$place->{target}";
    my ($part, $fault) = Was::Files::open_part($target, $source, keeps => 1);
    refuse(partly => shown($target) . ": $fault") if !$part;
    my $answer = _fetch($session, $place, $part, $of{more});
    if ($answer->{status} == 416) {
        $part->restart;
        $answer = _fetch($session, $place, $part, $of{more});
    }
    my ($total) = ($answer->{headers}{'content-range'} // '') =~ m{/([0-9]+)\z};
    if (defined $total && $total != $part->size) {
        $part->restart;
        refuse(server => 'the parts of the answers do not make the whole');
    }
    $of{before}->($part) if $of{before};
    $fault = $part->finish;
    refuse(partly => shown($target) . ": cannot write it: $fault") if defined $fault;
    return {
        etag => $answer->{headers}{etag}, size => $part->size,
        type => $answer->{headers}{'content-type'},
    };
}

sub _fetch {
    my ($session, $place, $part, $more) = @_;
    my @go_on =
        $part->size
        ? ([Range => 'bytes=' . $part->size . '-'], ['If-Range' => $part->tag])
        : ();
    my $sink = sub {
        my ($answer) = @_;
        return if $answer->{status} != 200 && $answer->{status} != 206;
        _begin($part, $answer);
        return sub {
            my $fault = $part->append($_[0]);
            refuse(partly => "cannot write it: $fault") if defined $fault;
            $more->(length $_[0]) if $more;
        };
    };
    my $answer =
        eval { $session->request('GET', $place, headers => \@go_on, sink => $sink, may => [416]) };
    return $answer if $answer;
    my $fault = $@;
    $part->abandon if ref $fault && $fault->{status} || !$part->size;
    die $fault;
}

sub _begin {
    my ($part, $answer) = @_;
    my $headers = $answer->{headers};
    if ($answer->{status} == 200) {
        $part->restart;
        $part->note_tag($headers->{etag});
        return;
    }
    my ($from) = ($headers->{'content-range'} // '') =~ /\Abytes ([0-9]+)-/;
    return if defined $from && $from == $part->size && ($headers->{etag} // '') eq $part->tag;
    $part->restart;
    return refuse(server => 'the answer is another part than the one that was asked for');
}

# The bytes of a place to a handle.
sub download_to {
    my ($session, $place, $handle) = @_;
    binmode $handle;
    my $sink = sub {
        my ($answer) = @_;
        return if $answer->{status} != 200;
        return sub { print {$handle} $_[0] or refuse(partly => "cannot write: $!") };
    };
    return $session->request('GET', $place, sink => $sink);
}

# A file to a place. `type` is its media type, by its name unless given; `headers` are conditions.
# A file that is called JSON and is none goes as bytes, with `takes_any`. Yields the answer, and the
# type that was taken.
sub upload {
    my ($session, $place, $file, %of) = @_;
    my $type = $of{type} // media_type($file);
    my %request = (file => $file, headers => $of{headers} // [], patience => 300);
    my @may = $of{takes_any} && is_json($type) ? (may => [400]) : ();
    my $answer = $session->request('PUT', $place, %request, type => $type, @may);
    if ($answer->{status} == 400) {
        $type = 'application/octet-stream';
        $answer = $session->request('PUT', $place, %request, type => $type);
    }
    return ($answer, $type);
}

1;
