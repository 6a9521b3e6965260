# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Zcap;

# A client of Portable Web Spaces: WAS::Client's sockets, signed as protocol/pws section 5 says, and
# the capabilities of sections 6 and 7, honest or broken in any member. Shares no code with the
# module.
#
#     my $alice = WAS::Zcap->new(base => 'http://127.0.0.1:8529', key => WAS::Key->fresh);
#     my $res = $alice->put('/space/s/c/r', body => 'hi', type => 'text/plain');
#     my $zcap = delegate($alice->space_url('s'), by => $alice->key, to => $bob->key,
#                         target => $alice->space_url('s'), actions => ['GET']);
#     $res = $bob->get('/space/s/c/r', zcap => { capability => $zcap });
#
# new(): as WAS::Client, and
#     mount      path of the location, ''
#
# request(METHOD => TARGET, ...): as WAS::Client, with
#     zcap       what Capability-Invocation says; 0: there is none
#         root       URL whose root is invoked; 'self' for that of the request. Unless given it is
#                    the space's, or '.../spaces/'
#         id         the whole id instead
#         capability a capability, or its bytes before they are gzipped
#         packed     bytes instead of gzipped ones
#         encoded    text instead of their base64url
#         action     instead of the method
#         field      the whole value of the field
#     sign       0: no Authorization; or a hash as WAS::Client takes it
#     digest     value of Digest; 0: there is none. Unless given it is the body's where there is a
#                Content-Type

use strict;
use warnings;

use Compress::Zlib ();
use Digest::SHA qw(sha256);
use Encode ();
use Exporter qw(import);
use MIME::Base64 qw(encode_base64 encode_base64url);
use POSIX ();
use Time::HiRes ();
use WAS::Client;
use WAS::Key;

our @ISA = ('WAS::Client');
our @EXPORT = qw(delegate root_id jcs rfc3339);

my @COVERED = (
    '(key-id)', '(created)', '(expires)', '(request-target)', 'host',
    'capability-invocation');
my @OF_BODY = ('content-type', 'digest');
my $LIFETIME = 600;
my $ZCAP = 'https://w3id.org/zcap/v1';
my $INTEGRITY = 'https://w3id.org/security/data-integrity/v2';

sub new {
    my ($class, %self) = @_;
    return $class->SUPER::new(mount => '', %self);
}

sub as {
    my ($self, $key) = @_;
    return ref($self)->new(
        base => $self->{base}, timeout => $self->{timeout}, key => $key,
        mount => $self->{mount});
}

# "http://host:port" of the location, and URLs below it.
sub url { my ($self, $path) = @_; return $self->{base} . ($path // '') }
sub space_url { my ($self, $id) = @_; return "$self->{base}$self->{mount}/space/$id/" }
sub spaces_url { my ($self) = @_; return "$self->{base}$self->{mount}/spaces/" }

sub covered { return (@COVERED, $_[0] ? @OF_BODY : ()) }

sub request {
    my ($self, @request) = @_;
    return $self->SUPER::request($self->signed(@request));
}

# What WAS::Client::request takes for the same request, the fields that sign it among its headers.
sub signed {
    my ($self, $method, $target, %option) = @_;
    my $zcap = delete $option{zcap} // {};
    my $sign = delete $option{sign} // {};
    my $digest = delete $option{digest};
    my @headers = @{ $option{headers} // [] };
    $digest //= digest_of($option{body} // '') if defined $option{type};
    push @headers, Digest => $digest if $digest;
    push @headers, 'Capability-Invocation' => $self->invocation($method, $target, $zcap)
        if ref $zcap;
    if (ref $sign && ($self->{key} || $sign->{key} || defined $sign->{authorization})) {
        my %of = (
            method => $method, target => $target, encoding => 'base64-padded',
            headers => [covered(defined $option{type})], %$sign);
        $of{fields} //= $self->covered_fields($option{type}, @headers);
        $of{key} //= $self->{key};
        $of{created} //= int time;
        $of{expires} //= $of{created} + $LIFETIME;
        push @headers, Authorization => WAS::Client::authorization(%of);
    }
    return ($method, $target, %option, sign => 0, headers => \@headers);
}

# The fields of a request that a signature may cover, as [name, value].
sub covered_fields {
    my ($self, $type, @headers) = @_;
    my @given = _pairs(\@headers);
    my %given = map { lc $_->[0] => 1 } @given;
    my @made = ([Host => $self->{authority}], ['Content-Type' => $type]);
    return [grep { defined $_->[1] } @given, grep { !$given{ lc $_->[0] } } @made];
}

# A JSON document is the body.
sub send_json {
    my ($self, $method, $target, $document, %option) = @_;
    return $self->request(
        $method, $target, type => 'application/json',
        body => ref $document ? jcs($document) : $document, %option);
}

sub invocation {
    my ($self, $method, $target, $zcap) = @_;
    return $zcap->{field} if defined $zcap->{field};
    my $action = $zcap->{action} // $method;
    for my $given (grep { defined $zcap->{$_} } qw(capability packed encoded)) {
        return sprintf 'zcap capability="%s",action="%s"', packed($given => $zcap->{$given}),
            $action;
    }
    return sprintf 'zcap id="%s",action="%s"',
        $zcap->{id} // root_id($self->root_of($target, $zcap)), $action;
}

sub root_of {
    my ($self, $target, $zcap) = @_;
    return $self->{base} . $target if ($zcap->{root} // '') eq 'self';
    return $zcap->{root} if defined $zcap->{root};
    return $self->space_url($1) if $target =~ m{\A\Q$self->{mount}\E/space/([^/?]+)};
    return $self->spaces_url;
}

# What stands between the quotes of `capability`.
sub packed {
    my ($kind, $value) = @_;
    return $value if $kind eq 'encoded';
    return encode_base64url($value) if $kind eq 'packed';
    return encode_base64url(Compress::Zlib::memGzip(ref $value ? jcs($value) : $value));
}

# Section 5.5: a multihash of SHA-256 in multibase.
sub digest_of { return 'mh=u' . encode_base64url("\x12\x20" . sha256($_[0])) }
sub sha_digest_of { return 'SHA-256=' . encode_base64(sha256($_[0]), '') }

# Section 6.1; encodeURIComponent.
sub root_id {
    my ($url) = @_;
    my $bytes = Encode::encode_utf8($url);
    return 'urn:zcap:root:' . $bytes =~ s/([^A-Za-z0-9\-_.!~*'()])/sprintf '%%%02X', ord $1/ger;
}

sub rfc3339 { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

my $count = 0;

# A delegation with its proof. The first argument is the parent: the URL of a root, or a capability.
#     by         key of the delegator
#     to         the controller: a key, a DID, or an array of these
#     target     invocationTarget
#     actions    allowedAction; none unless given
#     created, expires  Unix seconds; now, and five minutes later, or with a parent that was made
#                       just before
#     id
#     document, proof   hashes of members that replace others, undef leaves one out; signed
#     mangle     sub that gets the 64 bytes of the signature and returns others
#     after      sub that gets the finished capability and may change it
sub delegate {
    my ($parent, %of) = @_;
    my $created = $of{created} // int time;
    my $root = ref $parent ? $parent->{proof}{capabilityChain}[0] : root_id($parent);
    my @ancestors =
        ref $parent
        ? ((map { ref $_ ? $_->{id} : $_ } @{ $parent->{proof}{capabilityChain} }), $parent)
        : $root;
    my %document = (
        '@context' => [$ZCAP, $INTEGRITY],
        id => $of{id}
            // sprintf('urn:uuid:%08x-0000-4000-8000-%06x%06x', $$, time & 0xffffff, ++$count),
        controller => _controller($of{to}),
        parentCapability => ref $parent ? $parent->{id} : $root,
        invocationTarget => $of{target},
        expires => defined $of{expires} ? rfc3339($of{expires}) : _end($parent, $created + 300),
        defined $of{actions} ? (allowedAction => $of{actions}) : (),
        %{ $of{document} // {} },
    );
    my %proof = (
        '@context' => $document{'@context'},
        type => 'DataIntegrityProof',
        cryptosuite => 'eddsa-jcs-2022',
        created => rfc3339($created),
        verificationMethod => $of{by}->key_id,
        proofPurpose => 'capabilityDelegation',
        capabilityChain => \@ancestors,
        %{ $of{proof} // {} },
    );
    for my $members (\%document, \%proof) {
        delete @$members{ grep { !defined $members->{$_} } keys %$members };
    }
    my $signature = $of{by}->sign(sha256(jcs(\%proof)) . sha256(jcs(\%document)));
    $signature = $of{mangle}->($signature) if $of{mangle};
    my $zcap = { %document, proof => { proofValue => 'z' . WAS::Key::base58($signature), %proof } };
    $of{after}->($zcap) if $of{after};
    return $zcap;
}

# No later than a parent's that was made in one of the seconds before.
sub _end {
    my ($parent, $end) = @_;
    my $of_parent = ref $parent ? $parent->{expires} // '' : '';
    return (grep { $_ eq $of_parent } map { rfc3339($end - $_) } 1 .. 10)[0] // rfc3339($end);
}

sub _controller {
    my ($to) = @_;
    return [map { _controller($_) } @$to] if ref $to eq 'ARRAY';
    return ref $to ? $to->did : $to;
}

my %ESCAPE = (
    "\b" => '\b', "\t" => '\t', "\n" => '\n', "\f" => '\f', "\r" => '\r', '"' => '\"',
    '\\' => '\\\\');

# RFC 8785 for strings, whole numbers (as references to them), booleans (likewise: \'true'), arrays
# and objects; UTF-8.
sub jcs {
    my ($value) = @_;
    return 'null' if !defined $value;
    return $$value if ref $value eq 'SCALAR';
    return '[' . join(',', map { jcs($_) } @$value) . ']' if ref $value eq 'ARRAY';
    if (ref $value eq 'HASH') {
        my %order = map { $_ => Encode::encode('UTF-16BE', $_) } keys %$value;
        my @names = sort { $order{$a} cmp $order{$b} } keys %$value;
        return '{' . join(',', map { jcs($_) . ':' . jcs($value->{$_}) } @names) . '}';
    }
    my $text = $value =~ s/([\x00-\x1f"\\])/$ESCAPE{$1} \/\/ sprintf '\\u%04x', ord $1/ger;
    return '"' . Encode::encode_utf8($text) . '"';
}

sub _pairs {
    my @list = @{ $_[0] };
    my @pairs;
    push @pairs, [splice @list, 0, 2] while @list;
    return @pairs;
}

1;
