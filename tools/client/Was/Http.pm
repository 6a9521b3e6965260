# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Http: one request and its answer, through curl. Owns how a URL is read and how curl is told
# what to send: by a configuration on its standard input, never by arguments, which others on this
# machine can read. Follows no redirect and reads no ~/.curlrc. Refuses to know signatures and
# protocols.

package Was::Http;

use strict;
use warnings;

use Errno qw(EINTR);
use Fcntl qw(SEEK_SET);
use POSIX ();
use Was::Say;

my $LONGEST_HEAD = 262144;
my $LONGEST_BODY = 64 * 1024 * 1024;

# Seconds without a byte after which a transfer is given up.
my $PATIENCE = 120;

# The child that must not go on without us.
my $running;

END {
    if ($running) {
        my $status = $?;
        kill TERM => $running;
        $? = $status;
    }
}

# Blanks, controls and what is beyond ASCII, percent-encoded.
sub percent_encode {
    my ($bytes) = @_;
    return $bytes =~ s/([^\x21-\x7e])/sprintf '%%%02X', ord $1/ger;
}

# Whether plain HTTP goes through a proxy, which needs the whole URL in the request line.
sub has_http_proxy {
    return scalar grep { length($ENV{$_} // '') } qw(http_proxy all_proxy ALL_PROXY);
}

# A URL as its parts: origin, host (as the Host field has it), and target, path and query.
sub parse_url {
    my ($text) = @_;
    my ($scheme, $authority, $tail) = $text =~ m{\A(https?)://([^/?#]*)(.*)\z}is
        or refuse(usage => shown($text) . ' is no URL of http or https');
    refuse(usage => 'a # in a URL begins what no server gets; in a name it is written %23')
        if $tail =~ /#/;
    my ($host, $port) = $authority =~ /\A([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?\z/i
        or refuse(usage => shown($text) . ' names no host that can be asked');
    my %usual = (http => 80, https => 443);
    $scheme = lc $scheme;
    $host = lc $host;
    $host .= ":$port" if defined $port && $port != $usual{$scheme};
    $tail = percent_encode($tail);
    $tail = "/$tail" if $tail !~ m{\A/};
    my ($path, $query) = split /\?/, $tail, 2;
    return {
        scheme => $scheme, host => $host, origin => "$scheme://$host", target => $tail,
        path => $path, query => $query,
    };
}

# One request. In:
#     method, url   the latter from parse_url
#     headers       [name, value]...
#     file          whose bytes are the body
#     patience      seconds without a byte
#     sink          called with the answer when its head is there; yields a sub that gets the body,
#                   piece by piece, or nothing where the body is to be in the answer
# Out: a hash of status, headers (lower-case names), body, and curl, the exit status of curl where
# it is not 0, with what it says as `trouble`. An answer whose status is an error counts also when
# curl was stopped while it sent.
sub exchange {
    my (%of) = @_;
    my ($pid, $out, $errors) = _start_curl(_config(%of));
    my $answer = eval { _read_answer($out, $of{sink}) };
    my $fault = $@;
    kill TERM => $pid if !$answer;
    close $out;
    waitpid $pid, 0;
    my $status = $?;
    undef $running;
    die $fault if !$answer;
    if ($status && !($answer->{status} >= 400)) {
        seek $errors, 0, SEEK_SET;
        local $/;
        $answer->{trouble} = shown((<$errors> // '') =~ s/\Acurl: |\s+\z//gr);
        $answer->{curl} = $status >> 8 || 1;
    }
    return $answer;
}

# As exchange, and ends what is being done when no whole answer came.
sub exchange_or_refuse {
    my (%of) = @_;
    my $answer = exchange(%of);
    return $answer if !$answer->{curl};
    return refuse(network => $answer->{trouble} || "curl ended with $answer->{curl}");
}

sub _quoted {
    my ($text) = @_;
    my %escape = ("\n" => '\n', "\t" => '\t', "\r" => '\r', "\x0b" => '\v');
    return '"' . ($text =~ s/([\\"])/\\$1/gr =~ s/([\n\t\r\x0b])/$escape{$1}/gr) . '"';
}

sub _config {
    my (%of) = @_;
    my $url = $of{url};
    my $patience = $of{patience} // $PATIENCE;
    my @lines = (
        qw(silent show-error include path-as-is globoff suppress-connect-headers no-buffer),
        'connect-timeout = 30',
        'speed-limit = 1',
        "speed-time = $patience",
        $of{method} eq 'HEAD' ? 'head' : "request = $of{method}",
        'url = ' . _quoted("$url->{origin}$url->{target}"),
    );
    # curl may write a URL in another way than it was signed, unless it is told the target.
    push @lines, 'request-target = ' . _quoted($url->{target})
        if $url->{scheme} ne 'http' || !has_http_proxy();
    push @lines, 'upload-file = ' . _quoted($of{file}) if defined $of{file};
    for my $field (@{ $of{headers} // [] }) {
        my ($name, $value) = @$field;
        refuse(usage => "the field $name cannot hold a control character")
            if $value =~ /[\x00-\x08\x0a-\x1f\x7f]/;
        push @lines, 'header = ' . _quoted($value eq '' ? "$name;" : "$name: $value");
    }
    return join "\n", @lines, '';
}

sub _start_curl {
    my ($config) = @_;
    open my $errors, '+>', undef or refuse(usage => "cannot make a temporary file: $!");
    pipe my $read_config, my $write_config or refuse(usage => "cannot make a pipe: $!");
    pipe my $out, my $write_out or refuse(usage => "cannot make a pipe: $!");
    binmode $_ for $write_config, $out;
    my $pid = fork // refuse(usage => "cannot start curl: $!");
    if (!$pid) {
        undef $running;
        open STDIN, '<&', $read_config;
        open STDOUT, '>&', $write_out;
        open STDERR, '>&', $errors;
        exec 'curl', '-q', '-K', '-' or print STDERR "cannot start curl: $!";
        POSIX::_exit(2);
    }
    $running = $pid;
    close $read_config;
    close $write_out;
    local $SIG{PIPE} = 'IGNORE';
    print $write_config $config;
    close $write_config;
    return ($pid, $out, $errors);
}

sub _read_some {
    my ($out) = @_;
    while (1) {
        my $count = sysread $out, my $bytes, 65536;
        return $bytes if defined $count && $count > 0;
        return if defined $count || $! != EINTR;
    }
}

# Reads the head and gives the body to whom it belongs.
sub _read_answer {
    my ($out, $sink) = @_;
    my $answer = { status => 0, headers => {}, body => '' };
    my ($bytes, $to) = ('', undef);
    while (!$answer->{status}) {
        my $end = $bytes =~ /\r?\n\r?\n/ ? $+[0] : undef;
        if (defined $end) {
            _parse_head($answer, substr $bytes, 0, $end, '');
            next;
        }
        refuse(server => 'the head of the answer does not end')
            if length $bytes > $LONGEST_HEAD;
        my $more = _read_some($out) // return $answer;
        $bytes .= $more;
    }
    $to = $sink->($answer) if $sink;
    while (1) {
        if ($to) { $to->($bytes) if length $bytes }
        else {
            $answer->{body} .= $bytes;
            refuse(server => 'the answer is longer than any that is due here')
                if length $answer->{body} > $LONGEST_BODY;
        }
        $bytes = _read_some($out) // return $answer;
    }
}

# An interim answer leaves the status as it is, 0.
sub _parse_head {
    my ($answer, $head) = @_;
    my ($first, @lines) = split /\r?\n/, $head;
    my ($status) = ($first // '') =~ m{\AHTTP/[0-9.]+ +([0-9]{3})\b}
        or refuse(server => 'what answers there does not speak HTTP');
    return if $status < 200;
    for my $line (@lines) {
        my ($name, $value) = $line =~ /\A([^\s:]+):\s*(.*?)\s*\z/ or next;
        my $before = $answer->{headers}{ lc $name };
        $answer->{headers}{ lc $name } = defined $before ? "$before, $value" : $value;
    }
    $answer->{status} = $status;
    return;
}

1;
