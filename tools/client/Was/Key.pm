# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Key: an Ed25519 key in a file, its did:key and its signatures. Owns where keys are looked
# for, how they are made, and which forms are read: PEM (openssl genpkey -algorithm ed25519) and
# OpenSSH's (ssh-keygen -t ed25519), both without passphrase. The key goes to openssl in a file and
# never into an argument. Refuses to know what is signed.

package Was::Key;

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp ();
use MIME::Base64 qw(decode_base64);
use Was::Say;

our @EXPORT_OK = qw(base58 is_ed25519_did);

# A key is a dozen lines; more of a wrong file need not be read.
my $LONGEST_BYTES = 65536;

# RFC 8410: what stands before 32 bytes of a private and of a public key.
my $PKCS8 = pack 'H*', '302e020100300506032b657004220420';
my $SPKI = pack 'H*', '302a300506032b6570032100';

# A key that is named must be there; one that is not named is made at its first use.
sub find {
    my ($class, $named) = @_;
    my $file = $named // usual_file();
    make($file) if !defined $named && !-e $file;
    return $class->load($file);
}

sub usual_file {
    return $ENV{WAS_KEY} if length($ENV{WAS_KEY} // '');
    refuse(usage => 'there is no HOME to keep a key in; name one with --key FILE')
        if !length($ENV{HOME} // '');
    return "$ENV{HOME}/.config/was/key.pem";
}

# Makes a new key; overwrites nothing, also when two of us do this at once.
sub make {
    my ($file) = @_;
    my $directory = dirname($file);
    eval { make_path($directory, { mode => 0700 }); 1 } && -d $directory
        or refuse(usage => "cannot make the directory $directory");
    my $new = eval { File::Temp->new(TEMPLATE => '.was-key.XXXXXX', DIR => $directory) }
        or refuse(usage => "cannot write into $directory");
    defined capture('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', "$new")
        or refuse(usage => 'openssl could not make an Ed25519 key; OpenSSL >= 3 is needed');
    note("made a new key, $file") if link "$new", $file;
    refuse(usage => "cannot write $file") if !-f $file;
    return;
}

sub load {
    my ($class, $file) = @_;
    my $self = bless { file => $file, pem => $file }, $class;
    my ($armor, $body) = $self->_unwrap;
    $self->_refuse('has a passphrase, which was cannot ask for')
        if $armor eq 'ENCRYPTED PRIVATE KEY';
    $self->_refuse('holds no private key in PEM or OpenSSH form') if $armor !~ /PRIVATE KEY\z/;
    $self->{pem} = private_file($self->_from_openssh(decode_base64($body)))
        if $armor eq 'OPENSSH PRIVATE KEY';
    my @command = ('openssl', 'pkey', '-in', $self->{pem}, '-passin', 'pass:');
    my $public = capture(@command, '-pubout', '-outform', 'DER');
    $self->_refuse('is damaged: openssl cannot read it') if !length($public // '');
    $self->_refuse('is not an Ed25519 key')
        if length $public != 44 || substr($public, 0, 12) ne $SPKI;
    $self->{multibase} = 'z' . base58("\xed\x01" . substr $public, 12);
    return $self;
}

sub did { return "did:key:$_[0]{multibase}" }
sub id { return $_[0]->did . "#$_[0]{multibase}" }

# The 64 bytes over some text.
sub sign {
    my ($self, $text) = @_;
    my $file = private_file($text);
    my @command = ('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', $self->{pem}, '-in', $file);
    my $signature = capture(@command);
    unlink $file;
    refuse(usage => 'openssl could not sign; OpenSSL >= 3 is needed')
        if length($signature // '') != 64;
    return $signature;
}

sub _refuse {
    my ($self, $what) = @_;
    return refuse(usage => "$self->{file} $what");
}

# The name of what stands between BEGIN and END, and the text there.
sub _unwrap {
    my ($self) = @_;
    my $file = $self->{file};
    refuse(usage => "there is no key $file; was --key FILE key new makes one") if !-e $file;
    $self->_refuse('is not a file') if !-f $file;
    open my $in, '<:raw', $file or $self->_refuse('is not readable');
    read $in, my ($text), $LONGEST_BYTES;
    my ($armor, $body) = ('', '');
    for my $line (split /\r?\n/, $text // '') {
        if ($line =~ /\A-----BEGIN (.*)-----\z/) { $armor = $1 }
        elsif ($line =~ /\A-----END /) { last }
        elsif ($line =~ /\AProc-Type: .*ENCRYPTED/) { $armor = 'ENCRYPTED PRIVATE KEY' }
        elsif ($armor ne '') { $body .= $line }
    }
    return ($armor, $body);
}

# The private key of OpenSSH's container (its PROTOCOL.key), as PKCS#8.
sub _from_openssh {
    my ($self, $blob) = @_;
    $self->_take(\$blob, 15) eq "openssh-key-v1\0"
        or $self->_refuse('is damaged: no openssh-key-v1');
    $self->_take_string(\$blob) eq 'none'
        or
        $self->_refuse('has a passphrase, which was cannot ask for (ssh-keygen -p takes it off)');
    $self->_take_string(\$blob) for 1 .. 2;
    $self->_take(\$blob, 4) eq "\0\0\0\1" or $self->_refuse('is damaged: it must hold one key');
    $self->_take_string(\$blob);
    my $secret = $self->_take_string(\$blob);
    $self->_take(\$secret, 4) eq $self->_take(\$secret, 4)
        or $self->_refuse('is damaged: its check numbers differ');
    my $kind = $self->_take_string(\$secret);
    $self->_refuse('is an ' . shown($kind) . ' key, not Ed25519') if $kind ne 'ssh-ed25519';
    $self->_take_string(\$secret);
    my $both = $self->_take_string(\$secret);
    $self->_refuse('is damaged: its key has a wrong length') if length $both != 64;
    return $PKCS8 . substr $both, 0, 32;
}

# Moves bytes from the front of a text.
sub _take {
    my ($self, $blob, $count) = @_;
    $self->_refuse('is damaged: it ends too early') if length $$blob < $count;
    return substr $$blob, 0, $count, '';
}

# The same of what has its length in front.
sub _take_string {
    my ($self, $blob) = @_;
    return $self->_take($blob, unpack 'N', $self->_take($blob, 4));
}

# base58btc of bytes of which the first is not zero.
sub base58 {
    my ($bytes) = @_;
    my @alphabet = split //, '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    my @digits;
    for my $byte (unpack 'C*', $bytes) {
        my $carry = $byte;
        for my $digit (@digits) {
            $carry += $digit * 256;
            $digit = $carry % 58;
            $carry = int($carry / 58);
        }
        for (; $carry; $carry = int($carry / 58)) { push @digits, $carry % 58 }
    }
    my ($zeros) = $bytes =~ /\A(\0*)/;
    return ('1' x length $zeros) . join '', map { $alphabet[$_] } reverse @digits;
}

sub is_ed25519_did {
    my ($did) = @_;
    return $did =~ /\Adid:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}\z/;
}

1;
