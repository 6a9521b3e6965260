# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Journal: what is remembered of a transfer between two runs, a file of JSON lines in
# $XDG_STATE_HOME/was (~/.local/state/was): who talks to which URL about which directory, and for
# each name its last record. A line is added when its file is done, so that whatever ends us, what
# was done is known. One of us at a time has it.

package Was::Journal;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Fcntl qw(:DEFAULT :flock SEEK_SET);
use File::Path qw(make_path);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Was::Say;

my $JSON = JSON::PP->new->utf8->canonical;

# The journal of what these words say. `age` is after how many seconds what it holds counts for
# nothing.
sub start {
    my ($class, $words, %option) = @_;
    my $directory = _directory();
    my $file = "$directory/" . substr(sha256_hex(join "\0", @$words), 0, 32) . '.jsonl';
    sysopen my $handle, $file, O_RDWR | O_CREAT | O_APPEND, 0600
        or refuse(usage => "cannot write $file: $!");
    flock $handle, LOCK_EX | LOCK_NB
        or refuse(usage => 'another run of the same transfer is going on');
    my $self = bless { file => $file, handle => $handle, records => {}, facts => {} }, $class;
    my $age = time - ((stat $handle)[9] // 0);
    if (defined $option{age} && $age > $option{age}) { truncate $handle, 0 }
    $self->_read;
    $self->_write({ words => [map { _text($_) } @$words] }) if !-s $handle;
    return $self;
}

sub _directory {
    my $home = $ENV{HOME} // '';
    my $state = length($ENV{XDG_STATE_HOME} // '') ? $ENV{XDG_STATE_HOME} : "$home/.local/state";
    refuse(usage => 'there is no HOME to remember a transfer in') if $state !~ m{\A/};
    eval { make_path("$state/was", { mode => 0700 }); 1 }
        or refuse(usage => "cannot make the directory $state/was");
    return "$state/was";
}

# Names are bytes; what is not UTF-8 stands in base64.
sub _text {
    my ($bytes) = @_;
    my $text = $bytes;
    my $is_text = utf8::decode($text) && $text !~ /\Abase64:/;
    return $is_text ? $text : 'base64:' . encode_base64($bytes, '');
}

sub _bytes {
    my ($text) = @_;
    return decode_base64($1) if $text =~ /\Abase64:(.*)\z/s;
    utf8::encode($text);
    return $text;
}

# A line that was cut when we were ended counts for nothing.
sub _read {
    my ($self) = @_;
    my $handle = $self->{handle};
    seek $handle, 0, SEEK_SET;
    while (defined(my $line = readline $handle)) {
        my $record = eval { $JSON->decode($line) };
        next if ref $record ne 'HASH';
        $self->{facts} = { %{ $self->{facts} }, %{ $record->{facts} } }
            if ref $record->{facts} eq 'HASH';
        next if !defined $record->{name};
        my $name = _bytes($record->{name});
        if (ref $record->{is} eq 'HASH') { $self->{records}{$name} = $record->{is} }
        else { delete $self->{records}{$name} }
    }
    return;
}

sub _write {
    my ($self, $record) = @_;
    my $handle = $self->{handle};
    my $line = $JSON->encode($record) . "\n";
    # What a cut line left is ended first.
    $line = "\n$line" if !$self->{has_written}++ && -s $handle;
    syswrite($handle, $line) // refuse(usage => "cannot write $self->{file}: $!");
    return;
}

sub names { return sort keys %{ $_[0]{records} } }

# The record of a name, a hash of texts, or undef.
sub record { return $_[0]{records}{ $_[1] } }

sub note_record {
    my ($self, $name, $is) = @_;
    $self->{records}{$name} = $is;
    $self->_write({ name => _text($name), is => $is });
    return;
}

sub drop {
    my ($self, $name) = @_;
    return if !delete $self->{records}{$name};
    $self->_write({ name => _text($name) });
    return;
}

# What is known beside names.
sub fact { return $_[0]{facts}{ $_[1] } }

sub note_facts {
    my ($self, %facts) = @_;
    $self->{facts} = { %{ $self->{facts} }, %facts };
    $self->_write({ facts => \%facts });
    return;
}

# All in fewer lines.
sub compact {
    my ($self) = @_;
    my @lines = (
        { facts => $self->{facts} },
        map { { name => _text($_), is => $self->{records}{$_} } } $self->names);
    my $new = "$self->{file}.new";
    open my $out, '>', $new or return;
    print $out $JSON->encode($_), "\n" for @lines;
    if (close $out) { rename $new, $self->{file} }
    return;
}

# The transfer is done, and nothing is to be remembered.
sub remove {
    my ($self) = @_;
    unlink $self->{file};
    return;
}

1;
