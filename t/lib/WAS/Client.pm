# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Client;

# The signing client of the test suite. It writes requests byte by byte on a socket, so that a
# test decides about every byte of the request line, the fields and the body, and it signs in the
# way of protocol/classic section 3 unless told otherwise. Shares no code with the module.
#
#     my $alice = WAS::Client->new(base => 'http://127.0.0.1:8529',
#                                  key  => WAS::Key->from_seed("\x01" x 32));
#     my $res = $alice->request(PUT => '/space/x/a', body => 'hi', type => 'text/plain');
#
# new(): base, and optionally
#     key        WAS::Key that signs; without one requests go unsigned
#     timeout    seconds that a whole exchange may take, 20; then request() dies
#     keepalive  true: the connection is kept and used again
#
# request(METHOD => TARGET, ...): TARGET goes into the request line as it is. Options:
#     body       bytes
#     type       Content-Type
#     headers    [name => value, ...]; a field given here replaces the one that would be made,
#                and a value of undef leaves that field out
#     chunked    true: the body goes out in chunks of that many bytes
#     stop_after how many bytes of the body, as framed, are sent before we close for writing
#     version    '1.1'
#     sign       0: unsigned; or a hash of what differs from an honest signature:
#         key, key_id, method, target, created, expires, headers => [names]
#         string     => the text that is signed, instead of the one made from the above
#         encoding   => 'base64url' (the default), 'base64url-padded', 'base64', 'base64-padded'
#         mangle     => sub that gets the 64 bytes and returns others
#         bare       => true: created and expires without quotes
#         algorithm  => value of an `algorithm` parameter
#         params     => [name => value, ...]: parameters that replace the made ones of that name,
#                       or are left out where the value is undef
#         extra      => [name => value, ...]: parameters appended, also when they come twice
#         separator  => ','
#         authorization => the whole field value
# A character string is sent as UTF-8; a byte string as it is.
#
# With `Expect: 100-continue` among the headers the body waits for the interim response.
#
# What request() is made of is there for who wants another conversation than one request and one
# answer: fields_of(), exchange(), which a subclass may replace, open_socket(), send_bytes() and
# read_bytes().

use strict;
use warnings;

use Carp qw(croak);
use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use IO::Select;
use IO::Socket::IP;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Time::HiRes qw(time);
use WAS::Key;
use WAS::Response;

my @COVERED = ('(created)', '(expires)', '(key-id)', '(request-target)');

# Seconds that today's clients let their signatures live.
my $LIFETIME = 30;

my %ENCODE = (
    'base64url' => sub { encode_base64url($_[0]) },
    'base64url-padded' => sub { my $text = encode_base64($_[0], ''); $text =~ tr{+/}{-_}; $text },
    'base64' => sub { my $text = encode_base64($_[0], ''); $text =~ tr/=//d; $text },
    'base64-padded' => sub { encode_base64($_[0], '') },
);

sub new {
    my ($class, %self) = @_;
    my ($scheme, $authority) = ($self{base} // '') =~ m{\A(https?)://([^/]+)/?\z}
        or croak 'base is http://host:port or https://host:port';
    my ($host, $port) = $authority =~ /\A(.*?)(?::(\d+))?\z/;
    $host =~ s/\A\[(.*)\]\z/$1/;
    return bless {
        timeout => 20, %self, scheme => $scheme, authority => $authority, host => $host,
        port => $port // ($scheme eq 'https' ? 443 : 80)
    }, $class;
}

# The same server, asked by somebody else.
sub as {
    my ($self, $key) = @_;
    return ref($self)->new(base => $self->{base}, timeout => $self->{timeout}, key => $key);
}

sub key { return $_[0]{key} }
sub did { return $_[0]{key}->did }

for my $method (qw(get head put post delete options)) {
    no strict 'refs';
    *$method = sub { my $self = shift; return $self->request(uc $method, @_) };
}

sub request {
    my ($self, $method, $target, %option) = @_;
    _bytes($_) for grep { defined && !ref } $method, $target, values %option;
    my @fields = $self->fields_of($method, $target, \%option);
    my $version = $option{version} // '1.1';
    my $head = join "\r\n", "$method $target HTTP/$version",
        (map { "$_->[0]: $_->[1]" } @fields), '', '';
    my $body = _framed($option{body} // '', $option{chunked});
    $body = substr $body, 0, $option{stop_after} if defined $option{stop_after};
    my $waits = grep { lc $_->[0] eq 'expect' && lc $_->[1] eq '100-continue' } @fields;
    my $stops = defined $option{stop_after};
    return $self->exchange($method, $head, $body, waits => $waits, stops => $stops);
}

# Sends bytes as they are and reads one response.
sub raw {
    my ($self, $bytes) = @_;
    my ($method) = $bytes =~ /\A(\S*)/;
    return $self->exchange($method, $bytes, '');
}

# The text that an Authorization value of these properties signs (protocol/classic section 3).
sub signing_string {
    my (%of) = @_;
    my %pseudo = (
        '(created)' => $of{created},
        '(expires)' => $of{expires},
        '(key-id)' => $of{key_id},
        '(algorithm)' => $of{algorithm},
        '(request-target)' => lc($of{method}) . " $of{target}",
    );
    return join "\n", map { "$_: " . ($pseudo{$_} // _joined($of{fields}, $_)) } @{ $of{headers} };
}

# The value of Authorization for a request; %sign is what request() takes as `sign`, `fields` the
# request's own fields as [name, value].
sub authorization {
    my (%sign) = @_;
    return $sign{authorization} if defined $sign{authorization};
    $sign{headers} //= \@COVERED;
    $sign{key_id} //= $sign{key}->key_id;
    $sign{created} //= int time;
    $sign{expires} //= $sign{created} + $LIFETIME;
    _bytes($_) for grep { defined && !ref } values %sign;
    my $signature = $sign{key}->sign($sign{string} // signing_string(%sign));
    $signature = $sign{mangle}->($signature) if $sign{mangle};
    my $encode = $ENCODE{ $sign{encoding} // 'base64url' } or croak "no encoding $sign{encoding}";
    my @params = (
        [keyId => $sign{key_id}],
        [headers => join ' ', @{ $sign{headers} }],
        [signature => $encode->($signature)],
        [created => $sign{created}],
        [expires => $sign{expires}],
    );
    splice @params, 1, 0, [algorithm => $sign{algorithm}] if defined $sign{algorithm};
    my %replaced = map { @$_ } _pairs($sign{params});
    exists $replaced{ $_->[0] } and $_->[1] = $replaced{ $_->[0] } for @params;
    @params = ((grep { defined $_->[1] } @params), _pairs($sign{extra}));
    return 'Signature ' . join $sign{separator} // ',', map { _param($sign{bare}, @$_) } @params;
}

sub _param {
    my ($bare, $name, $value) = @_;
    return "$name=$value" if $bare && $name =~ /\A(?:created|expires)\z/;
    return qq{$name="$value"};
}

# The fields that request() sends, as [name, value] in order; %$option is what it takes.
sub fields_of {
    my ($self, $method, $target, $option) = @_;
    my @given = _pairs($option->{headers});
    my @made = (
        [Host => $self->{authority}],
        ['Content-Type' => $option->{type}],
        _framing($option),
        [Connection => $self->{keepalive} ? undef : 'close'],
    );
    my %given = map { lc $_->[0] => 1 } @given;
    my @fields = grep { defined $_->[1] } (grep { !$given{ lc $_->[0] } } @made), @given;
    my $sign = $option->{sign} // {};
    my $key = ref $sign ? $sign->{key} // $self->{key} : undef;
    if (($key || (ref $sign && defined $sign->{authorization})) && !$given{authorization}) {
        my ($signed) = $target =~ m{\A(?:[a-z]+://[^/]*)?(.*)\z}si;
        my $value = authorization(
            method => $method, target => $signed, fields => \@fields, %$sign,
            key => $key);
        push @fields, [Authorization => $value];
    }
    return @fields;
}

sub _framing {
    my ($option) = @_;
    return ['Transfer-Encoding' => 'chunked'] if $option->{chunked};
    return defined $option->{body} ? ['Content-Length' => length $option->{body}] : ();
}

sub _framed {
    my ($body, $chunk) = @_;
    return $body unless $chunk;
    my @chunks = map { sprintf("%x\r\n", length) . "$_\r\n" } unpack "(a$chunk)*", $body;
    return join '', @chunks, "0\r\n\r\n";
}

# Sends a head and a body, and yields the one response. How:
#     waits  true: the body waits for an interim response
#     stops  true: nothing more is sent afterwards
sub exchange {
    my ($self, $method, $head, $body, %how) = @_;
    my $deadline = time + $self->{timeout};
    my $socket = $self->kept_socket // $self->open_socket;
    my $rest = '';
    my $read = sub { $self->read_bytes($socket, $deadline) };
    my $goes_on = 1;
    if ($how{waits}) {
        $self->send_bytes($socket, $head, $deadline);
        $goes_on = WAS::Response::peek_status($read, \$rest) == 100;
        $self->send_bytes($socket, $body, $deadline) if $goes_on;
    }
    else {
        $self->send_bytes($socket, $head . $body, $deadline);
    }
    $socket->shutdown(1) if $how{stops};
    my $response = WAS::Response->from_stream($read, \$rest, $method);
    if ($self->{keepalive} && $response->persistent && $goes_on && !$how{stops}) {
        $self->{socket} = $socket;
    }
    else {
        $socket->close;
    }
    return $response;
}

# The one that was kept, if any; but not one that the server has closed meanwhile, as it may when
# nothing was asked for a while: there is nothing else to be read between two exchanges. Over TLS
# there may be.
sub kept_socket {
    my ($self) = @_;
    my $socket = delete $self->{socket} // return;
    return $socket if $self->{scheme} eq 'https' || !IO::Select->new($socket)->can_read(0);
    $socket->close;
    return;
}

# A socket to the server that does not block.
sub open_socket {
    my ($self) = @_;
    my @peer = (PeerHost => $self->{host}, PeerPort => $self->{port}, Timeout => $self->{timeout});
    my $socket;
    if ($self->{scheme} eq 'https') {
        require IO::Socket::SSL;
        # The test servers certify themselves; what is tested here is not TLS.
        $socket = IO::Socket::SSL->new(@peer, SSL_verify_mode => 0);
    }
    else {
        $socket = IO::Socket::IP->new(@peer);
    }
    $socket or die "cannot connect to $self->{base}: $@\n";
    $socket->blocking(0);
    return $socket;
}

# Writes to such a socket until the deadline, a time. Stops early, without complaint, once the
# server answers or closes: a server may refuse a body that it has not read to its end.
sub send_bytes {
    my ($self, $socket, $bytes, $deadline) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $done = 0;
    my $ready = IO::Select->new($socket);
    while ($done < length $bytes) {
        return if $self->{scheme} eq 'http' && $done && $ready->can_read(0);
        my $n = $socket->syswrite($bytes, 65536, $done);
        if (defined $n) {
            $done += $n;
        }
        elsif ($!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR}) {
            $self->_wait($ready, 'can_write', $deadline);
        }
        else {
            return;
        }
    }
}

# The next bytes of such a socket, until the deadline; '' when the connection is closed or reset.
sub read_bytes {
    my ($self, $socket, $deadline) = @_;
    my $ready = IO::Select->new($socket);
    while (1) {
        my $n = $socket->sysread(my $bytes, 65536);
        return $bytes if $n;
        return '' if defined $n || !($!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR});
        $self->_wait($ready, 'can_read', $deadline);
    }
}

sub _wait {
    my ($self, $ready, $what, $deadline) = @_;
    my $left = $deadline - time;
    die "$self->{base} did not answer within $self->{timeout} seconds\n" if $left <= 0;
    $ready->$what($left);
}

# Field values of one name as a signature sees them.
sub _joined {
    my ($fields, $name) = @_;
    return join ', ', map { $_->[1] =~ s/\A\s+|\s+\z//gr } grep { lc $_->[0] eq lc $name } @$fields;
}

sub _pairs {
    my ($list) = @_;
    my @list = map { my $item = $_; _bytes($item) if defined $item; $item } @{ $list // [] };
    my @pairs;
    push @pairs, [splice @list, 0, 2] while @list;
    return @pairs;
}

sub _bytes { utf8::encode($_[0]) if utf8::is_utf8($_[0]) }

1;
