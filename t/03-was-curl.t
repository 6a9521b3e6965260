# Licensed under the Apache License, Version 2.0; see LICENSE.

# tools/was-curl: that what it signs is what curl sends, in whatever way method and URL are said;
# which keys it takes; what it refuses; and that it keeps its key to itself. The requests go from
# the real curl to a child process that writes down what it gets; the signature is checked against
# that by CryptX.

use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use Encode qw(encode_utf8);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use MIME::Base64 qw(decode_base64 encode_base64 encode_base64url);
use POSIX ();
use Test::More;
use WAS::Key;

my $was_curl = abs_path($ENV{WAS_TOP} // "$FindBin::Bin/..") . '/tools/was-curl';
my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/$_" for qw(bin home tmp);

# A ~/.curlrc that would change every request, if it were read.
spew("$dir/home/.curlrc", "request = PATCH\nreferer = curlrc\n");
my %env = (PATH => $ENV{PATH}, HOME => "$dir/home", TMPDIR => "$dir/tmp", LANG => 'C.UTF-8');

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub spew {
    my ($file, $content, $mode) = @_;
    unlink $file;
    open my $out, '>:raw', $file or die "$file: $!";
    print $out $content;
    close $out;
    chmod $mode // 0600, $file;
}

# Runs was-curl; yields the exit status, standard output and standard error.
sub run {
    my ($args, %option) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        %ENV = (%env, %{ $option{env} // {} });
        chdir $dir;
        open STDIN, '<', $option{stdin} // '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec $was_curl, map { encode_utf8($_) } @$args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? & 127 ? "signal $?" : $? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

# Whether a request has come with its body, or waits to be asked for that.
sub is_whole {
    my ($got) = @_;
    my ($head, $body) = split /\r\n\r\n/, $got, 2;
    return 0 if !defined $body;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    return $head =~ /^Expect:/mi || length $body >= ($length // 0);
}

# The server: writes each request into $dir/wire before it answers 204.
my $listener = IO::Socket::IP->new(Listen => 5, LocalHost => '127.0.0.1', LocalPort => 0) or die $@;
my $host = '127.0.0.1:' . $listener->sockport;
my $server = fork // die "fork: $!";
if (!$server) {
    while (my $socket = $listener->accept) {
        my $got = '';
        until (is_whole($got)) { sysread($socket, $got, 65536, length $got) or last }
        spew("$dir/wire", slurp("$dir/wire") . $got) if length $got;
        syswrite $socket, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        close $socket;
    }
    POSIX::_exit(0);
}

END {
    if ($server) {
        my $status = $?;
        kill TERM => $server;
        waitpid $server, 0;
        $? = $status;
    }
}

# What came over the wire since the last time.
sub wire {
    my $got = slurp("$dir/wire");
    unlink "$dir/wire";
    return $got;
}

# Says what is wrong with the signature of a request as it came over the wire; '' if nothing is.
sub fault {
    my ($request, $key, $lifetime) = @_;
    my ($method, $target) = $request =~ m{\A(\S+) (\S*) HTTP/1\.[01]\r\n} or return 'no request';
    my @authorization = $request =~ /^Authorization: ([^\r\n]*)/mig;
    @authorization == 1 or return @authorization . ' Authorization fields';
    return fault_of($authorization[0], $method, $target, $key, $lifetime);
}

sub fault_of {
    my ($authorization, $method, $target, $key, $lifetime) = @_;
    my $covered = '(created) (expires) (key-id) (request-target)';
    my $form = join ',', map { qr/$_/ } 'keyId="([^"]+)"', 'headers="([^"]+)"',
        'signature="([\w-]{86})"', 'created="(\d+)"', 'expires="(\d+)"';
    my ($key_id, $headers, $signature, $created, $expires) =
        $authorization =~ /\ASignature $form\z/
        or return "not of the usual form: $authorization";
    $headers eq $covered or return "covers $headers";
    $key_id eq $key->key_id or return "keyId is $key_id";
    abs($created - time) <= 5 or return "created $created";
    $expires - $created == ($lifetime // 30) or return "lives for " . ($expires - $created);
    my $string = join "\n", "(created): $created", "(expires): $expires", "(key-id): $key_id",
        "(request-target): \L$method\E $target";
    my $good = $key->verify($string, decode_base64($signature =~ tr{-_}{+/}r));
    return $good ? '' : 'the signature is wrong';
}

# PKCS#8 as openssl writes it (RFC 8410).
sub pem {
    my ($seed, $kind) = @_;
    my $der = pack('H*', '302e020100300506032b657004220420') . $seed;
    return "-----BEGIN PRIVATE KEY-----\n" . encode_base64($der) . "-----END PRIVATE KEY-----\n";
}

my $seed = 'was-curl is tested with this key';
my $key = WAS::Key->from_seed($seed);
spew("$dir/key.pem", pem($seed));
my @key = ('--key', "$dir/key.pem");

# An argument as it stands in a name.
sub shown {
    my ($argument) = @_;
    return encode_utf8($argument) =~ s/\Q$dir\E/DIR/gr =~ s/\Q$host\E/HOST/gr;
}

# Arguments, and the method and the target that they must become on the wire. URL is the server.
spew("$dir/body", 'a body');
my $u = "http://$host";
my $named = 'ftp.example:' . $listener->sockport;
my @requests = (
    # Methods.
    [['URL/x'], GET => '/x'],
    [['-X', 'PUT', 'URL/x'], PUT => '/x'],
    [['-XPUT', 'URL/x'], PUT => '/x'],
    [['-sSfXPUT', 'URL/x'], PUT => '/x'],
    [['-sSfX', 'PUT', 'URL/x'], PUT => '/x'],
    [['URL/x', '-sX', 'PUT'], PUT => '/x'],
    [['--request', 'DELETE', 'URL/x'], DELETE => '/x'],
    [['--request=DELETE', 'URL/x'], DELETE => '/x'],
    [['-X', 'options', 'URL/x'], options => '/x'],
    [['-I', 'URL/x'], HEAD => '/x'],
    [['-sI', 'URL/x'], HEAD => '/x'],
    [['--head', 'URL/x'], HEAD => '/x'],
    [['--no-buffer', '--no-location', 'URL/x'], GET => '/x'],
    [['-I', '-X', 'GET', '-m', '2', 'URL/x'], GET => '/x'],
    [['-T', "$dir/body", 'URL/x'], PUT => '/x'],
    [["-T$dir/body", 'URL/x'], PUT => '/x'],
    [['--upload-file', "$dir/body", 'URL/x'], PUT => '/x'],
    [['-T', '-', 'URL/x/'], PUT => '/x/'],
    [['-T', '.', 'URL/x'], PUT => '/x'],
    [['-T', "$dir/body", '-X', 'POST', 'URL/x'], POST => '/x'],
    [['-d', 'a=b', 'URL/x'], POST => '/x'],
    [['-da=b', 'URL/x'], POST => '/x'],
    [['-d', "\@$dir/body", 'URL/x'], POST => '/x'],
    [['--data', 'a=b', 'URL/x'], POST => '/x'],
    [['--data=a=b', 'URL/x'], POST => '/x'],
    [['--data-ascii', 'a=b', 'URL/x'], POST => '/x'],
    [['--data-binary', "\@$dir/body", 'URL/x'], POST => '/x'],
    [['--data-raw', '@', 'URL/x'], POST => '/x'],
    [['--data-urlencode', 'a=b c', 'URL/x'], POST => '/x'],
    [['--json', '{"a":[1]}', 'URL/x'], POST => '/x'],
    [['--json', '{}', '-XPUT', 'URL/x'], PUT => '/x'],
    [['-F', 'a=b', 'URL/x'], POST => '/x'],
    [['--form', 'a=b', 'URL/x'], POST => '/x'],
    [['--form-string', 'a=@', 'URL/x'], POST => '/x'],
    [['-G', 'URL/x'], GET => '/x'],
    [['-G', '-d', 'a=b', 'URL/x'], GET => '/x?a=b'],
    [['-d', 'a=b', '--data-raw', '@c', '--get', 'URL/x?y'], GET => '/x?y&a=b&@c'],
    [['-G', '-d', 'a?', '-d', 'b', 'URL/x'], GET => '/x?a?&b'],
    [['-Gd', 'ä b', 'URL/x?'], GET => '/x?%C3%A4%20b'],
    # Values that look like options or URLs are values.
    [['-H', '-XPUT', 'URL/x'], GET => '/x'],
    [['-H', 'X: http://other/', 'URL/x'], GET => '/x'],
    [['-o', '-I', 'URL/x'], GET => '/x'],
    [['-sSo', '/dev/null', '-w', 'http://other', 'URL/x'], GET => '/x'],
    [['-A', '--next', 'URL/x'], GET => '/x'],
    [['--max-time', '5', '--retry', '0', 'URL/x'], GET => '/x'],
    # URLs.
    [['URL'], GET => '/'],
    [['URL/'], GET => '/'],
    [['URL?x=1'], GET => '/?x=1'],
    [['URL#f'], GET => '/'],
    [['URL/x#/y?z'], GET => '/x'],
    [['URL/x?y=/z:/#f'], GET => '/x?y=/z:/'],
    [['URL/x?'], GET => '/x?'],
    [['URL/a b'], GET => '/a%20b'],
    [['URL/a%20b%2fc%2Fd'], GET => '/a%20b%2fc%2Fd'],
    [['URL/ä€😀'], GET => '/%C3%A4%E2%82%AC%F0%9F%98%80'],
    [['URL/x?ä= '], GET => '/x?%C3%A4=%20'],
    [["URL/a\tb\nc"], GET => '/a%09b%0Ac'],
    [['URL/a/../b/./c'], GET => '/a/../b/./c'],
    [['URL/a//b//'], GET => '/a//b//'],
    [['URL/[1-3]{a,b}[!'], GET => '/[1-3]{a,b}[!'],
    [[q(URL/'"\\$`*|^<>;&!)], GET => q(/'"\\$`*|^<>;&!)],
    [['URL/100%'], GET => '/100%'],
    [['URL/a:/b'], GET => '/a:/b'],
    [['--request-target', '*', '-X', 'OPTIONS', 'URL/x'], OPTIONS => '*'],
    [['--request-target', '/y%20z?a', 'URL/x'], GET => '/y%20z?a'],
    # The URL in other places.
    [['--url', "$u/x", '-X', 'PUT'], PUT => '/x'],
    [["--url=$u/x"], GET => '/x'],
    [['-s', '--', "$u/x"], GET => '/x'],
    [["$host/x"], GET => '/x'],
    [['--resolve', "$named:127.0.0.1", "$named/x"], GET => '/x'],
    [["HTTP://$host/x"], GET => '/x'],
    [["http://who:what\@$host/x"], GET => '/x'],
    [['-u', 'who:what', "$u/x"], GET => '/x'],
    [['-q', "$u/x"], GET => '/x', 'a -q among the arguments'],
    [['--expires', '7', "$u/x"], GET => '/x', 'a lifetime'],
);
for my $case (@requests) {
    my ($args, $method, $target, $note) = @$case;
    my @args = map { s{\AURL}{$u}r } @$args;
    my ($status, undef, $err) = run([@key, @args]);
    my $name = join ' ', $note // (), map { shown($_) =~ s/[\t\n]/\\/gr } @$args;
    my $got = wire();
    my ($line) = $got =~ /\A([^\r\n]*)/;
    is($line, "$method $target HTTP/1.1", "sent: $name") or diag "status $status, $err";
    is(fault($got, $key, $note && $note eq 'a lifetime' ? 7 : 30), '', "signed: $name");
    unlike($got, qr/curlrc/, 'no .curlrc') if $args eq $requests[0][0];
}

# What goes with the request.
{
    spew("$dir/in", 'from standard input');
    my @plain = map { ('-H', $_) } 'Expect:', 'Transfer-Encoding:', 'Content-Length: 19';
    run([@key, '-sT', '-', @plain, "$u/x"], stdin => "$dir/in");
    like(wire(), qr/\r\n\r\nfrom standard input\z/, 'standard input is curl\'s');
    my @fields = ('X-Y: a b', 'If-Match: "x"');
    run([@key, '-X', 'PUT', '--json', '{"a":1}', (map { ('-H', $_) } @fields), "$u/x"]);
    my $got = wire();
    like($got, qr/^$_\r$/m, "sent: $_") for @fields, 'Content-Type: application/json';
    like($got, qr/\r\n\r\n\{"a":1\}\z/, 'sent: the JSON');
    my @asked = ('-s', '-o', '/dev/null', '-w', '%{http_code} %{url_effective}');
    my ($status, $out) = run([@key, @asked, "$u/a b"]);
    is("$status $out", "0 204 $u/a%20b", 'curl\'s output is passed on');
    wire();
    ($status, my $silent, my $err) = run([@key, '-sS', 'http://127.0.0.1:1/']);
    is($status, 7, 'curl\'s exit status is passed on');
    ($status) = run([@key, '--no-sign', "$u/a b"]);
    $got = wire();
    like($got, qr{\AGET /a%20b HTTP}, '--no-sign sends');
    unlike($got, qr/Authorization/i, '--no-sign does not sign');
    run([@key, '--no-sign', '-H', 'Authorization: mine', "$u/x"]);
    like(wire(), qr/^Authorization: mine\r$/m, '--no-sign and an Authorization of one\'s own');
    ($status, $out) = run([@key, '--print-header', '-X', 'PUT', "$u/ä"]);
    my ($value) = $out =~ /\AAuthorization: (.*)\n\z/;
    is(fault_of($value // '', 'PUT', '/%C3%A4', $key), '', '--print-header');
    is(wire(), '', '--print-header sends nothing');
}

# What is refused, with what words; status 2, and nothing is sent.
for my $case (
    [[], qr/\AUsage: was-curl /],
    [['-s'], qr/no URL is given/],
    [["$u/x", "$u/y"], qr/several URLs are given/],
    [["$u/x", '--url', "$u/y"], qr/several URLs/],
    [['--', "$u/x", '-s'], qr/several URLs/],
    [["$u/x", '-'], qr/several URLs/],
    [['-X', 'PUT', '-X', 'GET', "$u/x"], qr/two methods/],
    [['-XPUT', '--request', 'GET', "$u/x"], qr/two methods/],
    [['-X', '', "$u/x"], qr/-X needs the name of a method/],
    [['-X', "GET\n/y", "$u/x"], qr/holds a blank/],
    [['-X', 'GET /y', "$u/x"], qr/holds a blank/],
    [['--request-target', '/a b', "$u/x"], qr/holds a blank/],
    [["$u/x", '-X'], qr/-X needs a value/],
    [["$u/x", '--request'], qr/--request needs a value/],
    [["$u/x", '--next', "$u/y"], qr/--next/],
    [["$u/x", '-:', "$u/y"], qr/--next/],
    [['-K', "$dir/home/.curlrc", "$u/x"], qr/--config/],
    [["-sK$dir/home/.curlrc", "$u/x"], qr/--config/],
    [['-L', "$u/x"], qr/--location/],
    [['-sSL', "$u/x"], qr/--location/],
    [['--location', "$u/x"], qr/--location/],
    [['--location-trusted', "$u/x"], qr/--location-trusted/],
    [['-T', "$dir/body", "$u/x/"], qr/would let curl add a file name/],
    [['-T', "$dir/body", "$u/x/?y"], qr/would let curl add a file name/],
    [['-T', "$dir/body", $u], qr/would let curl add a file name/],
    [['-T', "$dir/body", '-T', "$dir/body", "$u/x"], qr/two files to upload/],
    [['-T', '', "$u/x"], qr/-T needs the name of a file/],
    [['-G', '-d', "\@$dir/body", "$u/x"], qr/-G goes with plain -d/],
    [['-G', '--data-urlencode', 'a', "$u/x"], qr/-G goes with plain -d/],
    [['-H', 'Authorization: x', "$u/x"], qr/an Authorization is given already/],
    [['-HAUTHORIZATION:', "$u/x"], qr/an Authorization is given already/],
    [[@key, '-s', @key, "$u/x"], qr/was-curl's own options come first/],
    [['-s', '--did', "$u/x"], qr/--did is no option of the curl here/],
    [['-~', "$u/x"], qr/-~ is no option/],
    [['--a b', "$u/x"], qr/--a b is no option/],
    [['--no-such', "$u/x"], qr/--no-such is no option/],
    [['--did', "$u/x"], qr/--did takes no request/],
    [['--expires', '0', "$u/x"], qr/--expires takes seconds/],
    [['--expires', '1h', "$u/x"], qr/--expires takes seconds/],
    [['--expires'], qr/--expires needs a value/],
    [['--key'], qr/--key needs a value/],
    [["ftp://$host/x"], qr/no URL of http or https/],
    [["file:///etc/hostname"], qr/no URL of http or https/],
    [["http:/$host/x"], qr/no URL of http or https/],
    [['http:///x'], qr/names no host/],
) {
    my ($args, $words) = @$case;
    my @own = @$args && $args->[0] !~ /\A--(?:key|did|expires)\z/ ? @key : ();
    my ($status, $out, $err) = run([@own, @$args]);
    my $name = join(' ', map { shown($_) } @$args) =~ s/\n/\\n/gr;
    is_deeply([$status, $out, wire()], [2, '', ''], "refused: $name") or diag $err;
    like($err, $words, "refused with a word: $name");
}
ok(!-e "$dir/home/.config", 'no key was made for a request that was refused');

# Keys. One of each is as ssh-keygen wrote it; the rest is put together here, by OpenSSH's
# PROTOCOL.key, with one thing wrong each.
sub armor { return "-----BEGIN OPENSSH PRIVATE KEY-----\n$_[0]-----END OPENSSH PRIVATE KEY-----\n" }

my $from_ssh_keygen = armor(<<'TEXT');
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDuUEA939AUmVqyf2770Jj7yqW26G8QHbIoNkeZNKHBEQAAAJAMCX9PDAl/
TwAAAAtzc2gtZWQyNTUxOQAAACDuUEA939AUmVqyf2770Jj7yqW26G8QHbIoNkeZNKHBEQ
AAAECQOjRolObsWVCAAN0w4bs+/Y7iMF7fBb0cdI+/ajZD5u5QQD3f0BSZWrJ/bvvQmPvK
pbbobxAdsig2R5k0ocERAAAACWEgY29tbWVudAECAwQ=
TEXT
my $with_passphrase = armor(<<'TEXT');
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCQDFnwRM
3ZMKZkvFuA6QHXAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIEQ7vc2Hk9eJJPdH
VP47jrQea4T8l1h4kYHTaCv0xV1qAAAAkEYkaXPduov3YtUmfkpIg0JqlNH12AT4diHYPE
T2b5X4cdGQYY6ov2HYePf0GMRLt6tHVSn0UYcfKKsCEXaF46w3nWbVbZu20Gj1qnnqt5La
Uek0AK2iVaG3YEDpEBl4BefQVjLasFklCNKLUnq1T3/BXoHvvldPp57S7ko7Xb05Jal54/
UvdkuDLDndKcUvTQ==
TEXT

sub openssh {
    my %with = (
        magic => "openssh-key-v1\0", cipher => 'none', n => 1, check => 7, again => 7,
        kind => 'ssh-ed25519', secret => $seed . $key->public, @_,
    );
    my $public = pack 'N/a* N/a*', $with{kind}, $key->public;
    my @private = (@with{qw(check again kind)}, $key->public, $with{secret}, 'me');
    my $private = pack 'N N N/a* N/a* N/a* N/a*', @private;
    my @parts = ($with{cipher}, 'none', '', $with{n}, $public, $private);
    return $with{magic} . pack 'N/a* N/a* N/a* N N/a* N/a*', @parts;
}

sub openssl {
    my (@args) = @_;
    system('openssl', @args, '-out', "$dir/made") == 0 or die "openssl @args";
    return slurp("$dir/made");
}

my $its_seed = '903a346894e6ec59508000dd30e1bb3efd8ee2305edf05bd1c748fbf6a3643e6';
my $good = openssh();
my $too_long = substr($good, 0, 15) . "\xff\xff\xff\xff" . substr($good, 19);
for my $case (
    ['PKCS#8', pem($seed), $key],
    ['PKCS#8 with CR LF', pem($seed) =~ s/\n/\r\n/gr, $key],
    ['PKCS#8 by openssl', openssl(qw(genpkey -algorithm ed25519)), undef],
    ['OpenSSH by ssh-keygen', $from_ssh_keygen, WAS::Key->from_seed(pack 'H*', $its_seed)],
    ['OpenSSH', armor(encode_base64($good)), $key],
    ['OpenSSH with CR LF', armor(encode_base64($good)) =~ s/\n/\r\n/gr, $key],
) {
    my ($name, $content, $expected) = @$case;
    # For a key that openssl made just now, its DER tells the seed.
    $expected //= WAS::Key->from_seed(substr decode_base64($content =~ s/-----[^\n]*\n//gr), -32);
    spew("$dir/some-key", $content);
    my ($status, $out, $err) = run(['--key', "$dir/some-key", '--did']);
    is("$status $out$err", '0 ' . $expected->did . "\n", "key: $name: the DID");
    run(['--key', "$dir/some-key", "$u/x"]);
    is(fault(wire(), $expected), '', "key: $name: the signature");
}

my ($damaged, $has_passphrase) = (qr/is damaged/, qr/has a passphrase/);
my ($no_ed25519, $no_private) = (qr/is not an Ed25519 key/, qr/holds no private key/);
my @damage = map { ["OpenSSH, $_->[0]", armor(encode_base64($_->[1])), $_->[2]] } (
    ['RSA', openssh(kind => 'ssh-rsa'), qr/is an ssh-rsa key, not Ed25519/],
    ['encrypted', openssh(cipher => 'aes256-ctr'), $has_passphrase],
    ['of another magic', openssh(magic => "openssh-key-v2\0"), $damaged],
    ['with two keys', openssh(n => 2), $damaged],
    ['with differing checks', openssh(again => 8), $damaged],
    ['with a short secret', openssh(secret => $seed), $damaged],
    ['with a length beyond the end', $too_long, $damaged],
    map { ["cut after $_ bytes", substr($good, 0, $_), $damaged] } 0, 14, 16, 30, 60, 100, 140, 200
);
my $rsa = openssl(qw(genpkey -quiet -algorithm rsa));
spew("$dir/rsa", $rsa);
my @traditional = ('pkey', '-in', "$dir/rsa", '-traditional');
my @encrypted = qw(-aes128 -passout pass:x);
my @pkcs8 = qw(genpkey -algorithm ed25519);
for my $case (
    @damage,
    ['OpenSSH by ssh-keygen with passphrase', $with_passphrase, $has_passphrase],
    ['OpenSSH, not base64', armor("!!!\n"), $damaged],
    ['RSA', $rsa, $no_ed25519],
    ['RSA, traditional', openssl(@traditional), $no_ed25519],
    ['RSA, traditional, encrypted', openssl(@traditional, @encrypted), $has_passphrase],
    ['X25519', openssl(qw(genpkey -algorithm x25519)), $no_ed25519],
    ['PKCS#8 encrypted', openssl(@pkcs8, qw(-aes256 -pass pass:x)), $has_passphrase],
    ['PKCS#8 damaged', pem($seed) =~ s/MC4/MC5/r, $damaged],
    ['a public key', openssl('pkey', '-in', "$dir/key.pem", '-pubout'), $no_private],
    ['empty', '', $no_private],
    ['bytes', join('', map { chr } 0 .. 255) x 10, $no_private],
) {
    my ($name, $content, $words) = @$case;
    spew("$dir/some-key", $content);
    my ($status, $out, $err) = run(['--key', "$dir/some-key", "$u/x"]);
    is_deeply([$status, $out, wire()], [2, '', ''], "key refused: $name") or diag $err;
    my $sentence = qr/\Awas-curl: \Q$dir\E\/some-key [^\n]*$words[^\n]*\n\z/;
    like($err, $sentence, "key refused with a word: $name");
}
for my $case (
    ['missing', "$dir/no-key", qr/there is no key/],
    ['a directory', $dir, qr/is not a file/],
) {
    my ($name, $file, $words) = @$case;
    my ($status, undef, $err) = run(['--key', $file, "$u/x"]);
    is("$status " . wire(), '2 ', "key refused: $name");
    like($err, $words, "key refused with a word: $name");
}
SKIP: {
    skip 'root can read every file', 1 if $> == 0;
    spew("$dir/some-key", pem($seed), 0);
    my ($status, undef, $err) = run(['--key', "$dir/some-key", "$u/x"]);
    like("$status $err", qr/\A2 was-curl: \S+ is not readable\n/, 'key refused: not readable');
}

# Keys that was-curl makes.
{
    my ($status, $out, $err) = run(['--did']);
    my $made = "$dir/home/.config/was/key.pem";
    like($err, qr/\Awas-curl: made a new key, \Q$made\E\n\z/, 'first use: says that it made a key');
    like($out, qr/\Adid:key:z6Mk\w{44}\n\z/, 'first use: the DID');
    my $seed_made = substr decode_base64(slurp($made) =~ s/-----[^\n]*\n//gr), -32;
    is($out, WAS::Key->from_seed($seed_made)->did . "\n", 'first use: of the key in the file');
    my $modes = sprintf '%04o %04o', map { (stat)[2] & 07777 } $made, "$dir/home/.config/was";
    is($modes, '0600 0700', 'first use: nobody else can read it');
    is_deeply([run(['--did'])], [0, $out, ''], 'second use: the same key, without a word');
    my @known = (0, $key->did . "\n", '');
    my @by_variable = run(['--did'], env => { WAS_KEY => "$dir/key.pem" });
    is_deeply(\@by_variable, \@known, 'WAS_KEY');
    my @by_option = run(['--did', @key], env => { WAS_KEY => '/nowhere' });
    is_deeply(\@by_option, \@known, '--key before WAS_KEY');
    ($status, $out, $err) = run(['--new-key'], env => { WAS_KEY => "$dir/home/a/b/own" });
    my $made_one = qr/\A0 did:key:z6Mk\w{44}\nwas-curl: made a new key, /;
    like("$status $out$err", $made_one, '--new-key');
    my $own = slurp("$dir/home/a/b/own");
    ($status, $out, $err) = run(['--new-key', '--key', "$dir/home/a/b/own"]);
    my $there_is = qr/\A2 was-curl: there is a \S+ already/;
    like("$status $out$err", $there_is, '--new-key overwrites nothing');
    is(slurp("$dir/home/a/b/own"), $own, '--new-key left the file');
    my @left = glob "$dir/home/a/b/* $dir/home/a/b/.was*";
    is("@left", "$dir/home/a/b/own", '--new-key left nothing beside it');
    ($status, undef, $err) = run(['--did'], env => { HOME => '' });
    like("$status $err", qr/\A2 was-curl: there is no HOME/, 'no HOME');
}

# Help.
{
    my ($status, $out, $err) = run(['--help']);
    is("$status $err", '0 ', '--help is fine');
    my @options = qw(key new-key did expires no-sign print-header help version);
    like($out, qr/--$_\b/, "--help knows --$_") for @options;
    ($status, $out) = run(['--version']);
    my $versions = qr/was-curl of mod_was, with curl \d\S* and OpenSSL \d\S*/;
    like("$status $out", qr/\A0 $versions\n\z/, '--version');
}

# Its key stays with it: every program that it starts writes down its arguments, its environment
# and the modes of the temporary files, then does its work.
{
    my $script = <<'TEXT';
#!/usr/bin/env bash
{
    printf '%s\n' "$0" "$@"
    env
    for file in "$TMPDIR"/* "$TMPDIR"/*/*; do stat -c 'mode %a' "$file"; done
} >>"$SPY" 2>/dev/null
PATH=${PATH#*:}
exec "${0##*/}" "$@"
TEXT
    my @tools = qw(base64 curl cut dirname head ln mkdir mktemp od openssl rm tr);
    spew("$dir/bin/$_", $script, 0755) for @tools;
    my %spied = (PATH => "$dir/bin:$env{PATH}", SPY => "$dir/spy", SHELLOPTS => 'allexport');
    for my $case (['PKCS#8', pem($seed)], ['OpenSSH', armor(encode_base64($good))]) {
        my ($name, $content) = @$case;
        spew("$dir/some-key", $content);
        unlink "$dir/spy";
        my @args = ('--key', "$dir/some-key", '-X', 'PUT', '-d', 'x', "$u/x");
        my ($status) = run(\@args, env => \%spied);
        is($status, 0, "secrets, $name: it works while it is watched");
        my $request = wire();
        is(fault($request, $key), '', "secrets, $name: and signs");
        my ($signature) = $request =~ /signature="([^"]+)"/;
        my $spied = slurp("$dir/spy");
        my %ran = map { $_ => 1 } $spied =~ m{^\Q$dir\E/bin/(\w+)$}mg;
        ok($ran{openssl} && $ran{curl}, "secrets, $name: programs were watched")
            or diag join ' ', sort keys %ran;
        # A seed in base64 stands on one of three alignments.
        my @aligned = map { substr encode_base64(('x' x $_) . $seed, ''), 4, 32 } 0 .. 2;
        my $base64url = substr encode_base64url($seed), 4, 32;
        my @forms = ($seed, unpack('H*', $seed), @aligned, $base64url);
        my @seen = grep { index($spied, $_) >= 0 } @forms;
        is_deeply(\@seen, [], "secrets, $name: no program got the seed");
        my $seen_at = index $spied, $signature;
        is($seen_at, -1, "secrets, $name: the signature is in no list of arguments");
        my %modes = map { $_ => 1 } $spied =~ /^mode (\d+)$/mg;
        is(join(' ', sort keys %modes), '600 700', "secrets, $name: temporary files are private");
        is(join(' ', glob "$dir/tmp/*"), '', "secrets, $name: nothing is left of them");
    }
}
is(join(' ', glob "$dir/tmp/*"), '', 'no temporary file is left of all this');

# A curl or an openssl that cannot do it.
my $old_curl = qr/curl is missing, or older/;
my $old_openssl = qr/OpenSSL >= 3 is needed/;
my $cannot_sign = '[[ $1 == pkeyutl ]] && exit 1; exec $real "$@"';
for my $case (
    ['curl is missing', curl => 'exit 127', $old_curl],
    ['curl has no list of options', curl => 'echo " -d, --data <data>"', $old_curl],
    ['openssl cannot sign', openssl => $cannot_sign, $old_openssl],
) {
    my ($name, $tool, $does, $words) = @$case;
    unlink glob "$dir/bin/*";
    my ($real) = grep { -x } map { "$_/$tool" } split /:/, $env{PATH};
    spew("$dir/bin/$tool", "#!/usr/bin/env bash\nreal=$real\n$does\n", 0755);
    my ($status, $out, $err) = run([@key, "$u/x"], env => { PATH => "$dir/bin:$env{PATH}" });
    is_deeply([$status, $out, wire()], [2, '', ''], "$name: nothing is sent");
    like($err, $words, "$name: and it says so");
}

done_testing;
