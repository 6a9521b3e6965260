# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Curl: `was curl`, which is curl with a signature of the classic protocol. Finds method and
# target in curl's arguments, signs them as wallets do, and becomes curl.
#
# What is signed and what is sent must be the same thing, so whatever would let curl send another
# target or another method than the one signed is switched off or refused.

package Was::Curl;

use strict;
use warnings;

use Fcntl qw(F_GETFD F_SETFD FD_CLOEXEC);
use POSIX ();
use Was::Http;
use Was::Key;
use Was::Say;
use Was::Signature qw(classic_authorization);

my $USAGE = <<'TEXT';
Usage: was-curl [OPTIONS] CURL-ARGUMENTS... URL

Sends one request with curl, signed with an Ed25519 key (Authorization: Signature ...).

Options come first; from the first word that is none of them, everything is curl's.
  --key FILE        the key: a PEM file (openssl genpkey -algorithm ed25519) or an OpenSSH one
                    (ssh-keygen -t ed25519) without passphrase; without this option it is
                    $WAS_KEY or ~/.config/was/key.pem, and is made when it is missing
  --new-key         make that key, print its DID and exit
  --did             print the DID of the key and exit
  --expires SECONDS how long the signature is good; 30
  --no-sign         send the same request without a signature
  --print-header    print the Authorization field instead of sending the request
  --help, --version

  was-curl -X PUT --json "{\"controller\":\"$(was-curl --did)\"}" http://localhost:8080/space/demo
  was-curl -T photo.jpg -H 'Content-Type: image/jpeg' http://localhost:8080/space/demo/photo.jpg
  was-curl http://localhost:8080/space/demo

A signature is good for one request: several URLs, --next, -K and -L are refused, and ~/.curlrc is
not read. URLs are taken as they are: no globbing, no resolving of `..`; blanks and characters
beyond ASCII are percent-encoded. Exits with curl's status, or with 2 when nothing was sent.
TEXT

# Options of curl that cannot go with a signature, and why.
my %NEVER = (
    (map { $_ => 'a signature is good for one request, one at a time' } qw(next config variable)),
    (map { $_ => 'a signature is good for one target only' } qw(location location-trusted follow)),
    'url-query' => 'write the query into the URL',
);

sub misused { return refuse(usage => $_[0]) }

sub main {
    my (@arguments) = @_;
    $Was::Say::name = 'was-curl';
    if (!@arguments) {
        print STDERR $USAGE;
        return 2;
    }
    my %own = (action => 'send', signs => 1, lifetime => 30);
    read_own(\%own, \@arguments);
    return 0 if $own{action} eq 'done';
    my $request;
    if ($own{action} =~ /\A(?:send|print-header)\z/) {
        $request = understand($own{signs}, @arguments);
    }
    elsif (@arguments) {
        misused("--$own{action} takes no request");
    }
    return act(\%own, $request);
}

# Our own options, which come first.
sub read_own {
    my ($own, $arguments) = @_;
    while (@$arguments) {
        my ($name, $value) = $arguments->[0] =~ /\A(--[a-z-]+|-h|-V)(?:=(.*))?\z/s or return;
        if ($name =~ /\A--(?:key|expires)\z/) {
            shift @$arguments;
            $value //= @$arguments ? shift @$arguments : misused("$name needs a value");
            $own->{ $name eq '--key' ? 'key' : 'lifetime' } = $value;
            misused("--expires takes seconds, not $value")
                if $name eq '--expires' && $value !~ /\A[1-9][0-9]{0,8}\z/;
            next;
        }
        return if defined $value || $name !~ /\A(?:--(?:new-key|did|print-header|no-sign|help
            |version)|-h|-V)\z/x;
        shift @$arguments;
        if ($name eq '--no-sign') { $own->{signs} = 0 }
        elsif ($name =~ /\A(?:--help|-h)\z/) { print $USAGE; $own->{action} = 'done'; return }
        elsif ($name =~ /\A(?:--version|-V)\z/) { tell_version(); $own->{action} = 'done'; return }
        else { $own->{action} = substr $name, 2 }
    }
    return;
}

sub tell_version {
    my @versions = map { (split ' ', $_ // '')[0, 1] } capture(qw(curl -q --version)),
        capture(qw(openssl version));
    print join(' ', 'was-curl of mod_was, with', @versions[0, 1], 'and', @versions[2, 3]), "\n";
    return;
}

sub act {
    my ($own, $request) = @_;
    my $key;
    if ($own->{signs} || $own->{action} ne 'send') {
        if ($own->{action} eq 'new-key') {
            my $file = $own->{key} // Was::Key::usual_file();
            misused("there is a $file already; it is left as it is") if -e $file;
            Was::Key::make($file);
            $own->{key} = $file;
        }
        $key = Was::Key->find($own->{key});
    }
    if ($own->{action} eq 'send') {
        return become_curl($request, $key && authorization($key, $request, $own->{lifetime}));
    }
    if ($own->{action} eq 'print-header') {
        print 'Authorization: ', authorization($key, $request, $own->{lifetime}), "\n";
        return 0;
    }
    print $key->did, "\n";
    return 0;
}

sub authorization {
    my ($key, $request, $lifetime) = @_;
    return classic_authorization($key, $request->{method}, $request->{target}, time, $lifetime);
}

sub become_curl {
    my ($request, $authorization) = @_;
    my @arguments = @{ $request->{arguments} };
    my $field;
    if (defined $authorization) {
        # Not as an argument: others on this machine can read those while curl runs, and the
        # signature says nothing about the body.
        pipe $field, my $write or misused("cannot make a pipe: $!");
        syswrite $write, "Authorization: $authorization\n";
        close $write;
        fcntl $field, F_SETFD, fcntl($field, F_GETFD, 0) & ~FD_CLOEXEC;
        unshift @arguments, '-H', '@/dev/fd/' . fileno $field;
    }
    Was::Say::forget_files();
    exec 'curl', '-q', '--path-as-is', '--globoff', @arguments, '--url', $request->{url}
        or misused("cannot start curl: $!");
    return;
}

# The request that curl's arguments make.

# The options of the curl that is here, by its own help: which take a value, and which letter
# stands for which. A list of ours would be wrong for some other version.
sub curl_options {
    my (%takes_value, %long_of);
    for my $line (split /\n/, capture(qw(curl -q --help all)) // '') {
        my ($letter, $long, $value) = $line =~ /\A\s*(?:-(\S),\s+)?--(\S+)(?:\s+(<))?/ or next;
        $long_of{$letter} = $long if defined $letter;
        $takes_value{$long} = defined $value;
    }
    misused('curl is missing, or older than 7.73')
        if ($long_of{X} // '') ne 'request' || !$takes_value{request};
    return (\%takes_value, \%long_of);
}

sub understand {
    my ($signs, @words) = @_;
    my $seen = { signs => $signs, urls => [], data => [], data_arguments => [], arguments => [] };
    @$seen{qw(takes_value long_of)} = curl_options();
    read_words($seen, @words);
    misused('no URL is given') if !@{ $seen->{urls} };
    misused('several URLs are given; a signature is good for one request')
        if @{ $seen->{urls} } > 1;
    misused("--key after curl's options is curl's TLS key; was-curl's own options come first")
        if $seen->{key} && !$seen->{cert};
    settle_target($seen);
    $seen->{method} //= method_of($seen);
    misused('the method or the target holds a blank')
        if "$seen->{method}$seen->{target}" =~ /[\s[:cntrl:]]/;
    push @{ $seen->{arguments} }, @{ $seen->{data_arguments} } if !$seen->{get};
    hold_target($seen);
    return $seen;
}

sub read_words {
    my ($seen, @words) = @_;
    while (@words) {
        my $word = shift @words;
        if ($word eq '--') {
            push @{ $seen->{urls} }, @words;
            return;
        }
        if ($word =~ /\A--/) { read_long($seen, $word, \@words) }
        elsif ($word =~ /\A-./s) { read_letters($seen, $word, \@words) }
        else { push @{ $seen->{urls} }, $word }
    }
    return;
}

sub read_long {
    my ($seen, $word, $words) = @_;
    my ($flag, $value) = split /=/, $word, 2;
    my $name = substr $flag, 2;
    my $takes = $seen->{takes_value};
    # Only what cannot take a value has a --no- form, and no such form matters here.
    misused("$flag is no option of the curl here (was-curl's own come before curl's)")
        if $name !~ /\A[a-zA-Z0-9][-.a-zA-Z0-9]*\z/
        || !exists $takes->{$name} && !exists $takes->{ $name =~ s/\Ano-//r };
    return note_option($seen, $name, '', $word) if !$takes->{$name};
    $value //= @$words ? shift @$words : misused("$flag needs a value");
    return note_option($seen, $name, $value, $flag, $value);
}

sub read_letters {
    my ($seen, $word, $words) = @_;
    for my $at (1 .. length($word) - 1) {
        my $flag = substr $word, $at, 1;
        my $name = $flag =~ /\A[a-zA-Z0-9:#]\z/ ? $seen->{long_of}{$flag} : undef;
        misused("-$flag is no option of the curl here") if !defined $name;
        if (!$seen->{takes_value}{$name}) {
            note_option($seen, $name, '', "-$flag");
            next;
        }
        my $rest = substr $word, $at + 1;
        my $value = $rest ne '' ? $rest : @$words ? shift @$words : misused("-$flag needs a value");
        return note_option($seen, $name, $value, "-$flag", $value);
    }
    return;
}

# Options that say something of the request, and what to note of their value.
my %NOTED = (
    get => sub { $_[0]{get} = 1; return 1 },
    url => sub { push @{ $_[0]{urls} }, $_[1]; return 1 },
    disable => sub { return 1 },
    request => sub {
        my ($seen, $value) = @_;
        misused('two methods are given (-X)') if defined $seen->{method};
        misused('-X needs the name of a method') if $value eq '';
        $seen->{method} = $value;
        return;
    },
    'upload-file' => sub {
        my ($seen, $value) = @_;
        misused('two files to upload are given (-T)') if defined $seen->{upload};
        misused('-T needs the name of a file') if $value eq '';
        $seen->{upload} = $value;
        return;
    },
    'request-target' => sub { $_[0]{target} = $_[1]; return },
    header => sub {
        my ($seen, $value) = @_;
        misused('an Authorization is given already (-H); with --no-sign it is sent')
            if $seen->{signs} && $value =~ /\Aauthorization[:;]/i;
        return;
    },
    (
        map {
            my $name = $_;
            $name => sub { $_[0]{$name} = 1; return }
        } qw(head key cert proxy)
    ),
    (
        map {
            $_ => sub { $_[0]{form} = 1; return }
        } qw(form form-string)
    ),
);

# Takes note of the option $name and its value, which goes to curl as @words.
sub note_option {
    my ($seen, $name, $value, @words) = @_;
    misused("--$name cannot be had: $NEVER{$name}") if $NEVER{$name};
    if ($name =~ /\A(?:data(?:-ascii|-binary|-raw|-urlencode)?|json)\z/) {
        my $is_plain = $name =~ /\A(?:data-raw|data(?:-ascii|-binary)?)\z/
            && ($name eq 'data-raw' || $value !~ /\A@/);
        push @{ $seen->{data} }, $is_plain ? $value : '';
        push @{ $seen->{data_arguments} }, @words;
        return;
    }
    my $noted = $NOTED{$name};
    return if $noted && $noted->($seen, $value);
    push @{ $seen->{arguments} }, @words;
    return;
}

# The URL as curl is to get it, and the target that then goes over the wire.
sub settle_target {
    my ($seen) = @_;
    my $url = $seen->{urls}[0];
    my $rest = $url =~ s/#.*//sr;
    my $scheme = $rest =~ s{\A([a-zA-Z][-+.a-zA-Z0-9]*://)}{} ? $1 : 'http://';
    misused("$url is no URL of http or https")
        if $scheme !~ m{\Ahttps?://\z}i || $rest =~ m{\A[-+.a-zA-Z0-9]+:/};
    my ($authority, $tail) = $rest =~ m{\A([^/?]*)(.*)\z}s;
    misused("$url names no host") if $authority eq '';
    $tail = "/$tail" if $tail !~ m{\A/};
    if ($seen->{get}) {
        for my $item (@{ $seen->{data} }) {
            misused('-G goes with plain -d NAME=VALUE only; write the query into the URL')
                if $item eq '';
            $tail .= $tail !~ /\?/ ? "?$item" : $tail =~ /\A[^?]*\?\z/ ? $item : "&$item";
        }
    }
    misused(  "-T would let curl add a file name to $url;"
            . ' write the whole URL, or use -X PUT --data-binary @FILE')
        if defined $seen->{upload}
        && $seen->{upload} !~ /\A[-.]\z/
        && $tail =~ m{\A[^?]*/(?:\?.*)?\z}s;
    my $encoded = Was::Http::percent_encode($tail);
    $seen->{url} = $scheme . $authority . $encoded;
    $seen->{scheme} = lc $scheme;
    $seen->{chooses_target} = defined $seen->{target};
    $seen->{target} //= $encoded;
    return;
}

# curl may put another spelling of the URL on the wire (some drop an empty query), unless it is told
# the target. Not where a proxy reads the request line: it needs the whole URL there.
sub hold_target {
    my ($seen) = @_;
    return if $seen->{chooses_target};
    if ($seen->{scheme} eq 'http://' && ($seen->{proxy} || Was::Http::has_http_proxy())) {
        misused('a URL that ends in ? cannot go through a proxy') if $seen->{target} =~ /\?\z/;
        return;
    }
    push @{ $seen->{arguments} }, '--request-target', $seen->{target};
    return;
}

sub method_of {
    my ($seen) = @_;
    return 'HEAD' if $seen->{head};
    return 'PUT' if defined $seen->{upload};
    return 'POST' if $seen->{form};
    return 'GET' if $seen->{get} || !@{ $seen->{data} };
    return 'POST';
}

1;
