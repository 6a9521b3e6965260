# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Key;

# An Ed25519 key with its did:key name. Shares no code with the module under test: CryptX signs,
# and base58btc is written out here. Knows nothing of HTTP.

use strict;
use warnings;

use Carp qw(croak);
use Crypt::PK::Ed25519;
use File::Basename qw(basename);

my $ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

# Multicodec ed25519-pub, 0xed as a varint.
my $ED25519_PUB = "\xed\x01";

sub from_seed {
    my ($class, $seed) = @_;
    croak 'a seed is 32 bytes' unless length $seed == 32;
    my $pk = Crypt::PK::Ed25519->new;
    $pk->import_key_raw($seed, 'private');
    return bless { pk => $pk }, $class;
}

# A key that neither this process nor a test of another name has used before, but the same one in
# every run.
my $next = 0;

sub fresh {
    my ($class) = @_;
    return $class->from_seed(pack 'A28 N', basename($0), ++$next);
}

sub public { return $_[0]{pk}->export_key_raw('public') }
sub multibase { return $_[0]{multibase} //= 'z' . base58($ED25519_PUB . $_[0]->public) }
sub did { return 'did:key:' . $_[0]->multibase }
sub key_id { return $_[0]->did . '#' . $_[0]->multibase }

# 64 bytes.
sub sign {
    my ($self, $message) = @_;
    return $self->{pk}->sign_message($message);
}

sub verify {
    my ($self, $message, $signature) = @_;
    return $self->{pk}->verify_message($signature, $message);
}

# base58btc of a byte string, without a multibase prefix. Long division of limbs of three bytes by
# 58^5, five digits at a time.
sub base58 {
    my ($bytes) = @_;
    my ($zeros) = $bytes =~ /\A(\0*)/;
    my @limbs = map { hex } unpack '(H6)*', "\0" x (-length($bytes) % 3) . $bytes;
    my $digits = '';
    while (@limbs) {
        my $rest = 0;
        for my $limb (@limbs) {
            my $value = ($rest << 24) + $limb;
            $limb = int($value / 656356768);
            $rest = $value % 656356768;
        }
        shift @limbs while @limbs && !$limbs[0];
        for (1 .. 5) {
            $digits = substr($ALPHABET, $rest % 58, 1) . $digits;
            $rest = int($rest / 58);
        }
    }
    return '1' x length($zeros) . ($digits =~ s/\A1+//r);
}

1;
