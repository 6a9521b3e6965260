# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Response;

# One HTTP/1.1 response as it came off a socket. Parses what it gets and judges nothing: a test
# can see a malformed or truncated response too. Status 0 means that no response came.

use strict;
use warnings;

use JSON::PP ();

# Reads a response through $read, which yields the next bytes, '' at the end of the connection.
# $rest is a reference to bytes already read; what follows the response is left there.
sub from_stream {
    my ($class, $read, $rest, $method) = @_;
    my $self = bless {
        status => 0, reason => 'no response', headers => [], interim => [],
        body => '', complete => 0, persistent => 0
    }, $class;
    until ($self->{status} >= 200 || $self->{status} == 101) {
        push @{ $self->{interim} }, $self->{status} if $self->{status};
        my $head = _take_head($read, $rest);
        if (!defined $head) {
            $self->{status} = 0;
            return $self;
        }
        $self->_parse_head($head) or return $self;
    }
    $self->_read_body($read, $rest, $method);
    return $self;
}

# The status of the next response head without consuming it; for `Expect: 100-continue`.
sub peek_status {
    my ($read, $rest) = @_;
    my $head = _take_head($read, $rest);
    return 0 unless defined $head;
    $$rest = "$head\r\n\r\n$$rest";
    return $head =~ m{\AHTTP/1\.[01] (\d{3})} ? $1 : 0;
}

sub status { return $_[0]{status} }
sub reason { return $_[0]{reason} }
sub body { return $_[0]{body} }

# Whether the body came whole, by its own framing.
sub complete { return $_[0]{complete} }

# Whether the connection can carry another request.
sub persistent { return $_[0]{persistent} }

# Statuses of interim responses that came before, such as 100.
sub interim { return @{ $_[0]{interim} } }

# Every field as [name, value], in order.
sub headers { return @{ $_[0]{headers} } }

# The whole answer as a text, but for what differs between any two: their dates and their ids.
sub comparable {
    my ($self) = @_;
    my $id = $self->header('X-Request-Id');
    my @lines = map { $_->[0] . ': ' . (lc $_->[0] eq 'date' ? '' : $_->[1]) } $self->headers;
    my $text = join "\n", $self->status . ' ' . $self->reason, @lines, '', $self->body;
    return defined $id ? $text =~ s/\Q$id\E/ID/gr : $text;
}

# In list context every value of the field; in scalar context they are joined, undef if none.
sub header {
    my ($self, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } $self->headers;
    return @values if wantarray;
    return @values ? join(', ', @values) : undef;
}

# The content type without parameters, lower case; '' if there is none.
sub type {
    my ($self) = @_;
    my $type = lc(scalar($self->header('Content-Type')) // '');
    $type =~ s/\s*;.*//s;
    return $type;
}

# The body as JSON; undef if it is not JSON.
sub json {
    my ($self) = @_;
    return scalar eval { JSON::PP->new->utf8->allow_nonref->decode($self->{body}) };
}

# The problem document; undef unless the response is labelled as one and is one.
sub problem {
    my ($self) = @_;
    return undef unless $self->type eq 'application/problem+json';
    my $problem = $self->json;
    return ref $problem eq 'HASH' ? $problem : undef;
}

sub _take_head {
    my ($read, $rest) = @_;
    my $end;
    while (($end = index $$rest, "\r\n\r\n") < 0) {
        my $more = $read->();
        return undef unless length $more;
        $$rest .= $more;
    }
    my $head = substr $$rest, 0, $end, '';
    substr $$rest, 0, 4, '';
    return $head;
}

sub _parse_head {
    my ($self, $head) = @_;
    my ($line, @fields) = split /\r\n/, $head;
    if ($line !~ m{\AHTTP/1\.([01]) (\d{3})(?: (.*))?\z}s) {
        @$self{qw(status reason)} = (0, "not an HTTP response: $line");
        return 0;
    }
    @$self{qw(minor status reason)} = ($1, $2, $3 // '');
    $self->{headers} = [map { [/\A([^:]*):[ \t]*(.*?)[ \t]*\z/s] } grep { /:/ } @fields];
    return 1;
}

sub _read_body {
    my ($self, $read, $rest, $method) = @_;
    my $length = $self->header('Content-Length');
    my $framed = 1;
    if ($method eq 'HEAD' || $self->{status} =~ /\A(?:1..|204|304)\z/) {
        $self->{complete} = 1;
    }
    elsif (lc($self->header('Transfer-Encoding') // '') eq 'chunked') {
        $self->{complete} = $self->_read_chunks($read, $rest);
    }
    elsif (defined $length) {
        $self->{complete} = _fill($read, $rest, $length);
        $self->{body} = substr $$rest, 0, $length, '';
    }
    else {
        $framed = 0;
        while (length(my $more = $read->())) { $$rest .= $more }
        @$self{qw(body complete)} = ($$rest, 1);
        $$rest = '';
    }
    my $closes = lc($self->header('Connection') // '') =~ /\bclose\b/;
    $self->{persistent} = $framed && $self->{complete} && $self->{minor} && !$closes;
}

sub _read_chunks {
    my ($self, $read, $rest) = @_;
    while (1) {
        until ($$rest =~ /\n/) {
            my $more = $read->();
            return 0 unless length $more;
            $$rest .= $more;
        }
        $$rest =~ s/\A([0-9A-Fa-f]+)[^\r\n]*\r\n// or return 0;
        my $size = hex $1;
        if ($size == 0) {
            # No trailers are expected of this server.
            return _fill($read, $rest, 2) && substr($$rest, 0, 2, '') eq "\r\n";
        }
        my $whole = _fill($read, $rest, $size + 2);
        $self->{body} .= substr $$rest, 0, $size, '';
        return 0 unless $whole && substr($$rest, 0, 2, '') eq "\r\n";
    }
}

# Whether $want bytes are there or came.
sub _fill {
    my ($read, $rest, $want) = @_;
    while (length $$rest < $want) {
        my $more = $read->();
        return 0 unless length $more;
        $$rest .= $more;
    }
    return 1;
}

1;
