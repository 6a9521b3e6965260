# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Signature: the Authorization field of both protocols (HTTP Signatures, draft-cavage-12, in
# the dialect of wallets), and the Digest that one of them covers. Owns what is covered and in which
# order. Refuses to know where keys and requests come from: a key here is what can `id` and `sign`.

package Was::Signature;

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64 encode_base64url);

our @EXPORT_OK = qw(classic_authorization pws_authorization digest_of_bytes digest_of_file);

# Method and target are as they go over the wire; times are seconds.
sub classic_authorization {
    my ($key, $method, $target, $created, $lifetime) = @_;
    my @lines = (
        ['(created)', $created],
        ['(expires)', $created + $lifetime],
        ['(key-id)', $key->id],
        ['(request-target)', lc($method) . " $target"],
    );
    my $signature = encode_base64url(_sign($key, @lines));
    return _field($key, $signature, $created, $lifetime, @lines);
}

# `host` as the Host field has it; `fields` are [name, value] of capability-invocation and, where
# there is a Content-Type, of content-type and digest.
sub pws_authorization {
    my ($key, $method, $target, $created, $lifetime, $host, @fields) = @_;
    my @lines = (
        ['(key-id)', $key->id],
        ['(created)', $created],
        ['(expires)', $created + $lifetime],
        ['(request-target)', lc($method) . " $target"],
        [host => $host],
        map { [lc $_->[0], $_->[1]] } @fields,
    );
    my $signature = encode_base64(_sign($key, @lines), '');
    return _field($key, $signature, $created, $lifetime, @lines);
}

sub _sign {
    my ($key, @lines) = @_;
    return $key->sign(join "\n", map { "$_->[0]: $_->[1]" } @lines);
}

sub _field {
    my ($key, $signature, $created, $lifetime, @lines) = @_;
    my @members = (
        [keyId => $key->id],
        [headers => join ' ', map { $_->[0] } @lines],
        [signature => $signature],
        [created => $created],
        [expires => $created + $lifetime],
    );
    return 'Signature ' . join ',', map { qq($_->[0]="$_->[1]") } @members;
}

# A multihash of SHA-256 in multibase.
sub _digest { return 'mh=u' . encode_base64url("\x12\x20$_[0]") }

sub digest_of_bytes { return _digest(sha256($_[0])) }

# Dies when the file cannot be read.
sub digest_of_file { return _digest(Digest::SHA->new(256)->addfile($_[0], 'b')->digest) }

1;
