# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Session: requests to servers, signed. Owns which protocol a server speaks, what stands where
# in a URL, with what a request is signed, and what a refusal means. Refuses to know what the
# requests are for.

package Was::Session;

use strict;
use warnings;

use JSON::PP ();
use Was::Http;
use Was::Key;
use Was::Say;
use Was::Signature qw(classic_authorization pws_authorization digest_of_file);
use Was::Zcap qw(invocation);

# Seconds that a signature lives at least, and how many more it may; some servers take 60 at most. A
# signature is good for one write, and those of two requests for the same thing in the same second
# would be one. So their ends differ by chance, and what is refused for its signature is signed once
# more, with an end that none of the first has.
my ($LIFETIME, $SPREAD) = (30, 15);

# key: name of its file, or undef; capability: one of Was::Zcap, or undef; protocol: classic, pws or
# undef; token: a file with the token that a server wants of who makes a space.
sub new {
    my ($class, %self) = @_;
    return bless {%self}, $class;
}

sub key {
    my ($self) = @_;
    return $self->{opened} //= Was::Key->find($self->{key});
}

# What a URL names: `kind` is server, space (its container: .../space/ID or .../space/ID/) or inside
# (what is below, `rest` is its encoded path there, with its slash).
sub place {
    my ($self, $text) = @_;
    my $url = Was::Http::parse_url($text);
    refuse(usage => 'a query is no part of the name of a space or of what is in it')
        if defined $url->{query};
    if ($url->{path} =~ m{\A(.*?)/space/([^/]+)(/.*)?\z}) {
        my ($mount, $space, $rest) = ($1, $2, $3 // '');
        my $kind = $rest =~ m{\A/?\z} ? 'space' : 'inside';
        return { %$url, mount => $mount, space => $space, rest => $rest, kind => $kind };
    }
    my $mount = $url->{path} =~ s{/(?:spaces/?)?\z}{}r;
    return { %$url, mount => $mount, kind => 'server' };
}

# The same server's URL with another target below its mount.
sub at {
    my ($self, $place, $tail) = @_;
    return { %$place, target => $place->{mount} . $tail };
}

sub space_url {
    my ($self, $place) = @_;
    return "$place->{origin}$place->{mount}/space/$place->{space}/";
}

# 'classic' or 'pws'. A server of pws says in every answer where its service document is.
sub protocol {
    my ($self, $place) = @_;
    return $self->{protocol} if defined $self->{protocol};
    return $self->{found}{"$place->{origin}$place->{mount}"} //= $self->_ask($place);
}

sub is_pws { return $_[0]->protocol($_[1]) eq 'pws' }

sub _ask {
    my ($self, $place) = @_;
    my $url = $self->at($place, '/spaces/');
    my $answer = Was::Http::exchange_or_refuse(method => 'GET', url => $url);
    my $headers = $answer->{headers};
    return 'pws' if ($headers->{link} // '') =~ /;\s*rel="?service\b/;
    return 'classic'
        if $answer->{status} == 401 && ($headers->{'www-authenticate'} // '') =~ /\ASignature\b/i;
    $self->explain($answer) if $answer->{status} >= 500;
    return refuse(usage => "$place->{origin}$place->{mount} speaks neither protocol as far as it"
            . ' can be seen; --protocol classic or --protocol pws says so');
}

# A signed request. In: method, place (from place or at), and
#     type, file    the body, and its media type
#     content       bytes instead of a file
#     headers, sink, patience   as Was::Http::exchange takes them
#     unsigned      true: it goes without a signature
#     root          URL of the root that is invoked, the space's unless given
#     token         true: a token that was given stands in for the signature
#     may           statuses beside those below 300 that are no refusal
# Out: the answer.
sub request {
    my ($self, $method, $place, %of) = @_;
    $of{file} = private_file($of{content}) if defined $of{content};
    my $done = eval {
        my $answer = $self->_send($method, $place, %of);
        $answer = $self->_send($method, $place, %of, again => 1)
            if _is_signature_refused($answer) && !$self->_goes_unsigned(%of);
        unlink $of{file} if defined $of{content};
        $answer;
    };
    if (!$done) {
        my $fault = $@;
        unlink $of{file} if defined $of{content};
        die $fault;
    }
    my $status = $done->{status};
    return $done if $status < 300 || grep { $status == $_ } @{ $of{may} // [] };
    return $self->explain($done, $place);
}

sub _goes_unsigned {
    my ($self, %of) = @_;
    return $of{unsigned} || $of{token} && defined $self->{token};
}

# 401, and in Portable Web Spaces 400 of one type. Nothing was done then.
sub _is_signature_refused {
    my ($answer) = @_;
    return 1 if $answer->{status} == 401;
    return $answer->{status} == 400 && $answer->{body} =~ /#invalid-authorization-header"/;
}

sub _send {
    my ($self, $method, $place, %of) = @_;
    my @headers = @{ $of{headers} // [] };
    push @headers, ['Content-Type', $of{type}] if defined $of{type};
    if ($of{token} && defined $self->{token}) {
        push @headers, [Authorization => 'Bearer ' . $self->_token];
    }
    elsif (!$of{unsigned}) {
        push @headers, $self->_signed($method, $place, %of);
    }
    return Was::Http::exchange_or_refuse(
        method => $method, url => $place, headers => \@headers,
        map { defined $of{$_} ? ($_ => $of{$_}) : () } qw(file sink patience));
}

sub _token {
    my ($self) = @_;
    open my $in, '<:raw', $self->{token} or refuse(usage => "$self->{token} is not readable");
    my $token = <$in> // '';
    $token =~ s/\s+\z//;
    refuse(usage => "$self->{token} holds no token") if $token !~ m{\A[A-Za-z0-9._~+/-]+=*\z};
    return $token;
}

# The fields of a signature.
sub _signed {
    my ($self, $method, $place, %of) = @_;
    my $key = $self->key;
    my @when = (time, $LIFETIME + ($of{again} ? $SPREAD : 0) + int rand $SPREAD);
    my $target = $place->{target};
    if (!$self->is_pws($place)) {
        refuse(usage => 'the classic protocol knows no capabilities') if $self->{capability};
        return [Authorization => classic_authorization($key, $method, $target, @when)];
    }
    my $of = $self->{capability};
    $self->_check($method, $place) if $of;
    $of //= $of{root} // (
        defined $place->{space}
        ? $self->space_url($place)
        : "$place->{origin}$place->{mount}/spaces/");
    my @fields = (['Capability-Invocation' => invocation($method, $of)]);
    my @covered = @fields;
    if (defined $of{type}) {
        my $digest = eval { digest_of_file($of{file}) }
            // refuse(partly => shown($of{file}) . ' cannot be read');
        push @fields, [Digest => $digest];
        push @covered, ['Content-Type' => $of{type}], [Digest => $digest];
    }
    my @authorization = pws_authorization($key, $method, $target, @when, $place->{host}, @covered);
    return (@fields, [Authorization => @authorization]);
}

# Why the capability that was given cannot work, before anything is sent: the server would answer
# only that there is nothing.
sub _check {
    my ($self, $method, $place) = @_;
    my $zcap = $self->{capability};
    my $did = $self->key->did;
    my @actions = Was::Zcap::allowed_actions($zcap);
    refuse(forbidden => "the capability has expired, at $zcap->{expires}")
        if Was::Zcap::parse_time($zcap->{expires}) < time - 300;
    refuse(forbidden => "the capability is for another key than yours, $did")
        if !grep { s/#.*//sr eq $did } Was::Zcap::controllers($zcap);
    refuse(forbidden => "the capability does not allow $method, but " . join ', ', @actions)
        if @actions && !grep { $_ eq $method || $method eq 'HEAD' && $_ eq 'GET' } @actions;
    refuse(   forbidden => 'the capability is for '
            . shown($zcap->{invocationTarget})
            . " and what is below, not for $place->{origin}$place->{target}")
        if !Was::Zcap::is_within("$place->{origin}$place->{target}", $zcap->{invocationTarget});
    return;
}

# Ends what is being done with what a refusal says.
my %KIND = (
    401 => 'forbidden', 403 => 'forbidden', 404 => 'missing', 409 => 'conflict', 410 => 'missing',
    412 => 'conflict', 413 => 'full', 507 => 'full',
);

sub explain {
    my ($self, $answer, $place) = @_;
    my $status = $answer->{status};
    my $kind = $KIND{$status} // ($status >= 500 ? 'server' : 'partly');
    my $problem = parse_json($answer->{body} // '');
    my @texts;
    if (ref $problem eq 'HASH') {
        my $errors = ref $problem->{errors} eq 'ARRAY' ? $problem->{errors} : [];
        @texts = grep { defined && !ref && length } $problem->{title}, $problem->{detail},
            map { $_->{detail} } grep { ref eq 'HASH' } @$errors;
    }
    push @texts, "it leads to $answer->{headers}{location}"
        if $status < 400 && defined $answer->{headers}{location};
    # A problem of another type than not-found says what is the matter.
    my $says_more = ref $problem eq 'HASH' && ($problem->{type} // '') =~ /#capability-/;
    push @texts, 'or it is not yours to see: the protocol does not tell these apart'
        if $status == 404 && $place && !$says_more && $self->is_pws($place);
    utf8::encode($_) for @texts;
    my $where = $place ? " for $place->{origin}$place->{target}" : '';
    return refuse($kind => shown(join ": ", "$status$where", @texts), $status);
}

# A JSON value, or undef for what is none. Texts are characters.
sub parse_json {
    my ($bytes) = @_;
    return eval { JSON::PP->new->utf8->allow_nonref->max_depth(128)->decode($bytes) };
}

# The JSON object of an answer.
sub object_of {
    my ($answer) = @_;
    my $value = parse_json($answer->{body});
    return $value if ref $value eq 'HASH';
    return refuse(server => 'the answer is not the JSON object that is due');
}

1;
