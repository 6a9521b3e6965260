# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What must not work, byte by byte: fields that are sent twice, folded or cut, targets and hosts in
# every form, framing that two servers could read differently, methods and paths that other fields
# claim, names that look alike, SQL wherever a text goes in, and everything in excess. Each has its
# answer; behind an answer no second request is found that nobody sent, and nothing is stored that
# was refused.

use strict;
use warnings;
use utf8;

use Encode ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Server;
use WAS::Story;
use WAS::Wire;

my $log = WAS::Server::error_log_mark();
my $alice = person();
my $stranger = person();
my $space = new_space($alice);
my $url = "/space/$space";
$alice->put("$url/a", body => 'hello', type => 'text/plain');
my ($HOST) = WAS::Server::url() =~ m{//(.*)};
my @COVERED = ('(created)', '(expires)', '(key-id)', '(request-target)');
my $did = $alice->did;
my $h = sub { return (headers => [@_]) };
my $cases = 0;

sub signed {
    my ($method, $target, %sign) = @_;
    return WAS::Client::authorization(key => $alice->key, method => $method, target => $target, expires => time + 300, created => int(time) - 5, %sign);
}

sub shown {
    my ($text) = @_;
    $text = Encode::encode_utf8($text) if utf8::is_utf8($text);
    $text =~ s/([^\x20-\x7e])/sprintf '<%02x>', ord $1/ge;
    return length $text > 70 ? substr($text, 0, 60) . '... ' . length($text) . ' bytes' : $text;
}

# One conversation of one request: its answer and nothing behind it.
sub one_answer {
    my ($name, $said, $status, %want) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $cases++;
    my @answers = @{ $said->{answers} };
    return fail($name) || diag('answers: ' . join(' ', map { $_->status } @answers) . ', then: ' . shown($said->{rest}))
        if @answers != 1 || $said->{rest} ne '';
    return expect($name, $answers[0], $status, %want);
}

sub path_is {
    my ($name, $path, $stored) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @rows = sql('SELECT convert_from(content, ?) FROM was_resources WHERE space_uuid = ? AND path = ?', 'UTF8', $space, $path);
    return is_deeply(\@rows, defined $stored ? [[$stored]] : [], $name);
}

sub refusal { my ($status) = @_; return $status == 401 ? (pointer => '/authorization') : $status >= 400 ? (foreign => 1) : () }

# 1. The Authorization field. Each row: name, the lines of the head made of an honest value, status:
# 204 it counts, 401 it proves nothing, 400 httpd refuses the head.
my $fold = sub { my ($with, $where) = @_; return sub { "Authorization: " . $_[0] =~ s/$where/$&$with/r } };
my $put = sub {
    my ($lines, @more) = @_;
    return talk($alice, wire("PUT $url/n HTTP/1.1", ["Host: $HOST", 'Content-Length: 1', $lines, @more], 'x'), 'PUT');
};
my $honest = sub { return signed('PUT', "$url/n", @_) };
my $theirs = sub { return signed('PUT', "$url/n", key => $stranger->key) };
for my $row (
    ['as it should be', sub { "Authorization: $_[0]" }, 204],
    ['its name in capitals', sub { "AUTHORIZATION: $_[0]" }, 204],
    ['no blank behind the colon', sub { "Authorization:$_[0]" }, 204],
    ['blanks and tabs around it', sub { "Authorization: \t $_[0] \t " }, 204],
    ['two lines that make one value', sub { "Authorization: $_[0]" =~ s/,(?=signature)/\r\nAuthorization: /r }, 204],
    ['folded at a comma, by a blank', $fold->("\r\n ", qr/,/), 204],
    ['folded at a comma, by a tab', $fold->("\r\n\t", qr/,/), 204],
    ['folded at every comma', sub { 'Authorization: ' . $_[0] =~ s/,/,\r\n  /gr }, 204],
    ['folded in the key', $fold->("\r\n ", qr/keyId="did:key:z6Mk/), 401],
    ['folded in the signature', $fold->("\r\n ", qr/signature="..../), 401],
    ['folded in the scheme', $fold->("\r\n ", qr/\ASign/), 401],
    ['folded behind an equals sign', $fold->("\r\n ", qr/keyId=/), 401],
    ['a fold before any field', sub { " Authorization: $_[0]" }, 400, first => 1],
    ['twice the same', sub { "Authorization: $_[0]\r\nAuthorization: $_[0]" }, 401],
    ["a stranger's first", sub { 'Authorization: ' . $theirs->() . "\r\nAuthorization: $_[0]" }, 401],
    ["a stranger's second", sub { "Authorization: $_[0]\r\nAuthorization: " . $theirs->() }, 401],
    ['an empty one first', sub { "Authorization:\r\nAuthorization: $_[0]" }, 401],
    ['an empty one second', sub { "Authorization: $_[0]\r\nAuthorization:" }, 401],
    ['a Basic one first', sub { "Authorization: Basic YTpi\r\nAuthorization: $_[0]" }, 401],
    ['a Basic one second', sub { "Authorization: $_[0]\r\nAuthorization: Basic YTpi" }, 401],
    ['names that differ in case, twice', sub { "Authorization: $_[0]\r\nauthorization: $_[0]" }, 401],
    ['a line feed alone at its end', sub { "Authorization: $_[0]\nX: y" }, 400],
    ['a line feed alone before it', sub { "X: y\nAuthorization: $_[0]" }, 400],
    ['a carriage return alone inside', $fold->("\r", qr/,/), 400],
    ['a carriage return alone at its end', sub { "Authorization: $_[0]\rX: y" }, 400],
    ['two carriage returns at its end', sub { "Authorization: $_[0]\r" }, 400],
    (map { my $byte = $_; [sprintf('the byte %02x inside', ord $byte), $fold->($byte, qr/keyId="did/), 400] } "\0", "\1", "\7", "\x0b", "\x1b", "\x7f"),
    ['a NUL at its end', sub { "Authorization: $_[0]\0" }, 400],
    ['a NUL in its name', sub { "Author\0ization: $_[0]" }, 400],
    (map { my $byte = $_; [sprintf('the byte %02x inside', ord $byte), $fold->($byte, qr/keyId="did/), 401] } "\x80", "\xa0", "\xff"),
    ['bytes beyond ASCII in a parameter that nobody knows', sub { qq(Authorization: $_[0],x="\xc3\xa9") }, 401],
    ['a blank of Unicode behind the scheme', sub { 'Authorization: ' . $_[0] =~ s/ /\xc2\xa0/r }, 401],
    ['quotes of Unicode', sub { 'Authorization: ' . $_[0] =~ s/keyId="([^"]*)"/keyId=\xe2\x80\x9c$1\xe2\x80\x9d/r }, 401],
    ['a blank before the colon', sub { "Authorization : $_[0]" }, 400],
    ['a tab before the colon', sub { "Authorization\t: $_[0]" }, 400],
    ['no colon', sub { "Authorization $_[0]" }, 400],
    ['an underscore behind its name', sub { "Authorization_: $_[0]" }, 401],
    ['as X-Authorization', sub { "X-Authorization: $_[0]" }, 401],
    ['as Authorization of a trailer that never comes', sub { "Trailer: Authorization\r\nX-Signed: $_[0]" }, 401],
    ['named by Connection', sub { "Connection: Authorization, close\r\nAuthorization: $_[0]" }, 204],
    ['the header of a cookie', sub { "Cookie: Authorization=$_[0]" }, 401],
    ['8000 bytes', sub { qq(Authorization: $_[0],x=") . 'x' x (8000 - 20 - length $_[0]) . '"' }, 204],
    ['8300 bytes', sub { qq(Authorization: $_[0],x=") . 'x' x (8300 - 20 - length $_[0]) . '"' }, 400],
    ['8300 bytes, folded', sub { qq(Authorization: $_[0],x=") . "xxxxxxxxx\r\n " x 800 . '"' }, 400],
    ['1000 commas', sub { "Authorization: $_[0]" . ',' x 1000 }, 401],
    ['a hundred parameters', sub { "Authorization: $_[0]" . join '', map { ",x$_=y" } 1 .. 100 }, 401],
) {
    my ($name, $lines, $status, %how) = @$row;
    my $said = $how{first} ? talk($alice, wire("PUT $url/n HTTP/1.1", [$lines->($honest->()), "Host: $HOST", 'Content-Length: 1'], 'x'), 'PUT')
        : $put->($lines->($honest->()));
    one_answer("classic 3: Authorization: $name", $said, $status, refusal($status));
    path_is("classic 3: Authorization: $name: stored or not", '/n', $status == 204 ? 'x' : undef);
    sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/n');
}

# 2. Parameters. What is signed is what is sent, so that only the grammar stands in the way.
my $before = all_stored();
my $now = int time;
my $negative = sub {
    my ($name, %sign) = @_;
    one_answer("classic 3: $name", $put->('Authorization: ' . $honest->(%sign)), 401, pointer => '/authorization');
};
for my $member (qw(created expires)) {
    my $time = $member eq 'created' ? $now - 5 : $now + 300;
    my $as = sub { return substr($time, 0, 1) . '.' . substr $time, 1 };
    for my $text (
        "$time.0", "$time.", $as->() . 'e9', $as->() . 'E+9', "+$time", "-$time", "0$time", "00000000$time", " $time", "$time ", "\t$time", "0x" . sprintf('%x', $time),
        '0b1', '0o1', "${time}n", "${time}s", "${time}000000", 'NaN', 'nan', 'Infinity', '-0', '-1', '', ' ', 'null', 'true', 'now', "'$time'", "$time,$time", "$time;x", "$time#", "($time)", "_$time",
        substr($time, 0, 4) . '_' . substr($time, 4), substr($time, 0, 1) . ',' . substr($time, 1), '9' x 15, '9' x 16, '9' x 19, '9223372036854775807', '9223372036854775808', '-9223372036854775808', '18446744073709551616', '9' x 400,
        Encode::encode_utf8($time =~ tr/0-9/０-９/r), Encode::encode_utf8($time =~ tr/0-9/٠-٩/r), Encode::encode_utf8("\x{200b}$time"),
    ) {
        $negative->("$member of <" . shown($text) . '>', $member => $text);
        $negative->("$member of <" . shown($text) . '> without quotes', $member => $text, bare => 1) if $text =~ /\A[!-~]+\z/;
    }
}
for my $row (
    ['an algorithm of none and no signature', algorithm => 'none', params => [signature => '']],
    ['an algorithm of none and zeros', algorithm => 'none', mangle => sub { "\0" x 64 }],
    ['an algorithm of HMAC with the public key', algorithm => 'hmac-sha256', mangle => sub { require Digest::SHA; Digest::SHA::hmac_sha512('x', $alice->key->public) }],
    ['an algorithm that is covered', algorithm => 'none', headers => [@COVERED, '(algorithm)']],
    ['a key that is covered as a header', headers => [@COVERED, 'keyid']],
    ['no names but blanks', params => [headers => '   ']],
    ['names by commas', params => [headers => join ',', @COVERED]],
    ['names by tabs', params => [headers => join "\t", @COVERED]],
    ['names and a blank', params => [headers => "@COVERED "]],
    ['names in quotes', params => [headers => join ' ', map { "'$_'" } @COVERED]],
    ['a name twice in two cases', headers => [@COVERED, 'host', 'HOST'], fields => [[host => $HOST]]],
    ['all of them twice', headers => [@COVERED, @COVERED]],
    ['names without parentheses', headers => [qw(created expires key-id request-target)], fields => [map { [$_ => 'x'] } qw(created expires key-id request-target)]],
    ['names that look like them', headers => [map { Encode::encode_utf8(s/e/е/r) } @COVERED], string => 'x'],
    ['authorization itself covered', headers => [@COVERED, 'authorization'], fields => [[authorization => 'x']]],
    ['65 names', headers => [@COVERED, map { "x-$_" } 1 .. 61], string => 'x'],
    ['parameters by semicolons', separator => ';'],
    ['parameters by blanks', separator => ' '],
    ['parameters by nothing', separator => ''],
    ['parameters by a comma of Unicode', separator => '，'],
    (map { my $name = $_; ["the parameter \U$name", params => [$name => undef], extra => [uc $name => $name eq 'created' ? $now - 5 : $now + 300]] } qw(created expires)),
    ['the parameter keyid', params => [keyId => undef], extra => [keyid => $alice->key->key_id]],
    ['the parameter key_id', params => [keyId => undef], extra => [key_id => $alice->key->key_id]],
    (map { my ($what, $key) = @$_; ["a keyId $what", key_id => $key] } (
        ['with a newline escaped', $alice->key->key_id . '\\n'], ['with %0a', $alice->key->key_id . '%0a'], ['with a blank behind', $alice->key->key_id . ' '], ['with a blank before', ' ' . $alice->key->key_id],
        ['with its hash escaped', $alice->did . '%23' . $alice->key->multibase], ['with its colons escaped', $alice->did =~ s/:/%3A/gr], ['with a port', $alice->did . ':443'], ['with a parameter', $alice->did . ';service=x'],
        ['with two fragments', $alice->key->key_id . '#' . $alice->key->multibase], ['with a version', $alice->did =~ s/key:/key:1.1:/r], ['behind a slash', '/' . $alice->did], ['in brackets', '<' . $alice->did . '>'],
        ['with o for its zero', $alice->did =~ s/z6/zб/r], ['as a URL', 'did://key/' . $alice->key->multibase], ['in base58 with 0', $alice->did . '0'], ['in base58 with O', $alice->did . 'O'], ['in base58 with I', $alice->did . 'I'],
        ['in base58 with l', $alice->did . 'l'], ['with ones before', $alice->did =~ s/key:z/key:z111/r], ['twice as long', $alice->did . substr $alice->did, 9], ['of 1500 digits', 'did:key:z' . '6' x 1500], ['of 7000 digits', 'did:key:z' . '6' x 7000],
        ['of another letter of multibase', $alice->did =~ s/key:z/key:Z/r], ['with the letter twice', $alice->did =~ s/key:z/key:zz/r], ['with a stranger\'s fragment', $alice->did . '#' . $stranger->key->multibase],
        ['with its own fragment, and a stranger\'s key', $stranger->did . '#' . $alice->key->multibase],
    )),
) {
    my ($name, %sign) = @$row;
    $negative->($name, %sign);
}
is_deeply(all_stored(), $before, 'classic 3: what proved nothing has stored nothing, in any table');

# 3. Targets and hosts. Each row: name, method, target, lines of the host, status; what was signed is
# the path. A PUT stores `x` at /t, or not.
my $evil = 'evil.example';
for my $row (
    ['absolute-form', PUT => "http://$HOST$url/t", ["Host: $HOST"], 204],
    ['absolute-form of another host', PUT => "http://$evil$url/t", ["Host: $HOST"], 204],
    ['absolute-form in capitals', PUT => "HTTP://$HOST$url/t", ["Host: $HOST"], 204],
    ['absolute-form with a Host that differs', PUT => "http://$HOST$url/t", ["Host: $evil"], 204],
    ['absolute-form of an IPv6 address', PUT => "http://[::1]:80$url/t", ["Host: $HOST"], 204],
    ['absolute-form with a port that is none', PUT => "http://$evil:x$url/t", ["Host: $HOST"], 400],
    ['absolute-form with a port beyond all', PUT => "http://$evil:99999$url/t", ["Host: $HOST"], '204|400'],
    ['absolute-form with userinfo', PUT => "http://me:pw\@$HOST$url/t", ["Host: $HOST"], '204|400'],
    ['absolute-form without a host', PUT => "http://$url/t", ["Host: $HOST"], '400|404|405'],
    ['absolute-form of files', PUT => "file://$url/t", ["Host: $HOST"], '400'],
    ['absolute-form of another scheme', PUT => "ftp://$HOST$url/t", ["Host: $HOST"], '400'],
    ['absolute-form, encoded', PUT => "http%3A//$HOST$url/t", ["Host: $HOST"], 400],
    ['absolute-form behind a slash', PUT => "/http://$HOST$url/t", ["Host: $HOST"], '404'],
    ['two slashes and a host', PUT => "//$HOST$url/t", ["Host: $HOST"], 404],
    ['two slashes', PUT => "/$url/t", ["Host: $HOST"], 404],
    ['authority-form', PUT => $HOST, ["Host: $HOST"], 400],
    ['asterisk-form', PUT => '*', ["Host: $HOST"], 400],
    ['an asterisk behind a slash', PUT => '/*', ["Host: $HOST"], 404],
    ['a query alone', PUT => '?x=y', ["Host: $HOST"], 400],
    ['no slash', PUT => substr("$url/t", 1), ["Host: $HOST"], 400],
    ['a backslash', PUT => "\\space\\$space\\t", ["Host: $HOST"], 400],
    ['CONNECT', CONNECT => $HOST, ["Host: $HOST"], '400|405'],
    ['CONNECT of a path', CONNECT => "$url/t", ["Host: $HOST"], '400|405'],
    ['OPTIONS of all', OPTIONS => '*', ["Host: $HOST"], '200|204'],
    ['TRACE', TRACE => "$url/t", ["Host: $HOST"], '405'],
    ['no Host', PUT => "$url/t", [], 400],
    ['an empty Host', PUT => "$url/t", ['Host:'], 400],
    ['two Hosts, the same', PUT => "$url/t", ["Host: $HOST", "Host: $HOST"], 400],
    ['two Hosts', PUT => "$url/t", ["Host: $HOST", "Host: $evil"], 400],
    ['two Hosts by a comma', PUT => "$url/t", ["Host: $HOST, $evil"], 400],
    ['a folded Host', PUT => "$url/t", ["Host: $HOST\r\n $evil"], 400],
    ['a Host with userinfo', PUT => "$url/t", ["Host: me\@$HOST"], 400],
    ['a Host with a path', PUT => "$url/t", ["Host: $HOST/x"], 400],
    ['a Host with a blank', PUT => "$url/t", ["Host: $HOST x"], 400],
    ['a Host with a port that is none', PUT => "$url/t", ["Host: $evil:0x50"], 400],
    ['a Host with a port beyond all', PUT => "$url/t", ["Host: $evil:99999"], '204|400'],
    ['a Host of an IPv6 address', PUT => "$url/t", ['Host: [::1]:80'], 204],
    ['a Host of an IPv6 address that does not end', PUT => "$url/t", ['Host: [::1'], 400],
    ['a Host of an IPv6 address that is none', PUT => "$url/t", ['Host: [::zz]'], 400],
    ['a Host of bytes', PUT => "$url/t", ["Host: \xff\xfe"], 400],
    ['a Host with a NUL', PUT => "$url/t", ["Host: $HOST\0"], 400],
    ['a Host that is SQL', PUT => "$url/t", [q(Host: ';--)], 400],
    ['a Host of 8000 bytes', PUT => "$url/t", ['Host: ' . 'x' x 8000], '204|400'],
) {
    my ($name, $method, $target, $hosts, $status) = @$row;
    my $said = talk($alice, wire("$method $target HTTP/1.1", [@$hosts, 'Content-Length: 1', 'Connection: close', 'Authorization: ' . signed($method, "$url/t")], 'x'), $method);
    my ($due) = grep { $said->{answers}[0] && $_ == $said->{answers}[0]->status } split /\|/, $status;
    one_answer("RFC 9112 3: $name", $said, $due // $status, foreign => 1);
    path_is("RFC 9112 3: $name: stored or not", '/t', ($due // 0) == 204 ? 'x' : undef);
    sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/t');
}
# A Host that was signed is the one that counts.
for my $row (['the same', $url, "Host: $HOST", 204], ['another', $url, "Host: $evil", 401], ['another in the target', "http://$evil$url", "Host: $HOST", 401], ['another name of it', $url, 'Host: ' . $HOST =~ s/\A[^:]+/localhost/r, 401]) {
    my ($name, $at, $host, $status) = @$row;
    my $said = talk($alice, wire("PUT $at/n HTTP/1.1", [$host, 'Content-Length: 1', 'Authorization: ' . $honest->(headers => [@COVERED, 'host'], fields => [[Host => $HOST]])], 'x'), 'PUT');
    one_answer("classic 3: a signed Host: $name", $said, $status, refusal($status));
}

# 4. Framing. The bytes behind a request whose end two servers would see in different places are a
# whole, signed request: it would store `no` at /smuggled, if anybody took it for one. Each row:
# name, fields, body, status, and what is stored of the first.
$alice->delete("$url/n");
my $smuggled = wire("PUT $url/smuggled HTTP/1.1", ["Host: $HOST", 'Content-Length: 2', 'Authorization: ' . signed('PUT', "$url/smuggled")], 'no');
my $not_smuggled = sub { path_is("RFC 9112 11.2: $_[0]: nothing was smuggled", '/smuggled') };
my $long = length $smuggled;
my $chunked = "5\r\nhello\r\n0\r\n\r\n";
my $ends = sub {
    my ($name, $said) = @_;
    my $last = $said->{answers}[-1];
    is($last && lc($last->header('Connection') // ''), 'close', "RFC 9112 9.6: $name: the connection ends");
};
for my $row (
    ['both lengths, chunked first', "Transfer-Encoding: chunked\r\nContent-Length: 5", $chunked, 204, 'hello'],
    ['both lengths, the other first', "Content-Length: 5\r\nTransfer-Encoding: chunked", $chunked, 204, 'hello'],
    ['both lengths, the length over all', "Content-Length: " . ($long + length $chunked) . "\r\nTransfer-Encoding: chunked", $chunked, 204, 'hello'],
    ['both lengths, no chunk', "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", 204, ''],
    ['two lengths, the same', "Content-Length: 5\r\nContent-Length: 5", 'hello', 400],
    ['two lengths', "Content-Length: 5\r\nContent-Length: " . ($long + 5), 'hello', 400],
    ['two lengths, the other way', 'Content-Length: ' . ($long + 5) . "\r\nContent-Length: 5", 'hello', 400],
    ['two lengths in a list, the same', 'Content-Length: 5, 5', 'hello', 400],
    ['a length and nothing in a list', 'Content-Length: 5,', 'hello', 400],
    (map { my $text = $_; ['a length of <' . shown($text) . '>', "Content-Length: $text", 'hello', 400] }
        '', '+5', '-5', '-0', '5.0', '5e0', '0x5', '5 5', '5;x', '"5"', "'5'", '5 bytes', "5\x0b", "5\x0c", "\xd9\xa5", '９', '9' x 19, '9' x 40, '18446744073709551621', '-18446744073709551611'),
    ['a length with a zero before', 'Content-Length: 05', 'hello', '204', 'hello', goes_on => 1],
    ['a length with a blank before its colon', 'Content-Length : 5', 'hello', 400],
    ['a folded length', "Content-Length:\r\n 5", 'hello', '204|400', 'hello', goes_on => 1],
    ['a length by a bare line feed', "X: y\nContent-Length: 5", 'hello', 400],
    (map { my $text = $_; ['a coding of <' . shown($text) . '>', "Transfer-Encoding: $text", $chunked, '400|501'] }
        '', 'identity', 'xchunked', 'chunkedx', 'chunked;x=y', '"chunked"', 'gzip', 'chunked, gzip', 'chunked, identity', "\x0bchunked", "chunked\x0b", 'chun ked', "ch\xc3\xbcnked", "chunked\xc2\xa0", 'chunked;', '*', 'deflate', 'chunk'),
    (map { my $text = $_; ['a coding of <' . shown($text) . '>', "Transfer-Encoding: $text", $chunked, '400|501'] } 'gzip, chunked', 'chunked, chunked', 'identity, chunked', ', chunked', 'chunked,'),
    ['two codings', "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", $chunked, '400|501'],
    ['two codings, the other way', "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", $chunked, '400|501'],
    ['chunked twice', "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", $chunked, '400|501'],
    ['a coding with a blank before its colon', 'Transfer-Encoding : chunked', $chunked, 400],
    ['a coding behind a bare line feed', "X: y\nTransfer-Encoding: chunked", $chunked, 400],
    ['a coding behind a bare carriage return', "X: y\rTransfer-Encoding: chunked", $chunked, 400],
    ['a folded coding', "Transfer-Encoding:\r\n chunked", $chunked, '204|400', 'hello', goes_on => 1],
    ['a coding in capitals', 'Transfer-Encoding: CHUNKED', $chunked, 204, 'hello', goes_on => 1],
    ['a coding of HTTP/1.0', 'Transfer-Encoding: chunked', $chunked, '204|400', 'hello', version => '1.0'],
    ['a coding of HTTP/1.0 beside a length', "Transfer-Encoding: chunked\r\nContent-Length: 5", $chunked, '204|400', 'hello', version => '1.0'],
    (map { my $size = $_; ['a chunk of <' . shown($size) . '>', 'Transfer-Encoding: chunked', "$size\r\nhello\r\n0\r\n\r\n", '400|413'] }
        '', ' 5', '+5', '-5', '0x5', '5h', '5.', '5 5', "5\0", "5\x0b", "5;\0", '５', '"5"', 'f' x 15, 'f' x 16, 'f' x 17, '8' . '0' x 15, '1' . '0' x 16 . '5', '7fffffffffffffff', '80000000', 'ffffffff', '4', '6'),
    ['a chunk of 005', 'Transfer-Encoding: chunked', "005\r\nhello\r\n000\r\n\r\n", 204, 'hello', goes_on => 1],
    ['a chunk with an extension', 'Transfer-Encoding: chunked', "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n", 204, 'hello', goes_on => 1],
    ['a chunk with a line break in its extension', 'Transfer-Encoding: chunked', "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n", '400|413'],
    ['a chunk with a bare line feed in its extension', 'Transfer-Encoding: chunked', "5;a\nhello\r\n0\r\n\r\n", '400|413'],
    ['a chunk with 9000 bytes of extension', 'Transfer-Encoding: chunked', '5;' . 'x' x 9000 . "\r\nhello\r\n0\r\n\r\n", '400|413'],
    ['chunks by bare line feeds', 'Transfer-Encoding: chunked', "5\nhello\n0\n\n", '400'],
    ['a chunk that ends with a bare line feed', 'Transfer-Encoding: chunked', "5\r\nhello\n0\r\n\r\n", '400'],
    ['a chunk that ends with a bare carriage return', 'Transfer-Encoding: chunked', "5\r\nhello\r0\r\n\r\n", '400'],
    ['no line end behind a chunk', 'Transfer-Encoding: chunked', "5\r\nhello0\r\n\r\n", '400'],
    ['a last chunk without its end', 'Transfer-Encoding: chunked', "5\r\nhello\r\n0\r\n", '400'],
    ['trailers', 'Transfer-Encoding: chunked', "5\r\nhello\r\n0\r\nX-Test: y\r\n\r\n", 204, 'hello', goes_on => 1],
    ['a trailer that is a length', 'Transfer-Encoding: chunked', "5\r\nhello\r\n0\r\nContent-Length: 900\r\n\r\n", '204|400', 'hello', goes_on => 1],
    ['a trailer that is no field', 'Transfer-Encoding: chunked', "5\r\nhello\r\n0\r\nno field\r\n\r\n", '204|400', 'hello'],
    ['200 trailers', 'Transfer-Encoding: chunked', "5\r\nhello\r\n0\r\n" . "X: y\r\n" x 200 . "\r\n", '400|413'],
    ['a length, cut short', 'Content-Length: ' . ($long + 6), 'hello', 400],
) {
    my ($name, $framing, $body, $status, $stored, %how) = @$row;
    my $version = $how{version} // '1.1';
    my $said = talk($alice, wire("PUT $url/framed HTTP/$version", ["Host: $HOST", 'Authorization: ' . signed('PUT', "$url/framed"), map { Encode::is_utf8($_) ? Encode::encode_utf8($_) : $_ } $framing],
        Encode::is_utf8($body) ? Encode::encode_utf8($body) : $body) . ($how{goes_on} ? '' : $smuggled), 'PUT', 'PUT');
    my ($due) = grep { $said->{answers}[0] && $_ == $said->{answers}[0]->status } split /\|/, $status;
    one_answer("RFC 9112 6: $name", $said, $due // $status, foreign => 1);
    path_is("RFC 9112 6: $name: stored or not", '/framed', ($due // 0) == 204 ? $stored : undef);
    $not_smuggled->($name);
    $ends->($name, $said) if !$how{goes_on};
    sql('DELETE FROM was_resources WHERE space_uuid = ?  AND path IN (?, ?)', $space, '/framed', '/smuggled');
}

# A body that nobody reads, because the request is refused or needs none, is no request either. Each
# row: name, method, target, fields, status.
my $none = "/space/" . new_id();
my $as = sub { my ($method, $target, %sign) = @_; return 'Authorization: ' . signed($method, $target, %sign) };
for my $row (
    ['of a GET', GET => "$url/a", [], 200], ['of a HEAD', HEAD => "$url/a", [], 200], ['of a GET of a space', GET => $url, [$as->(GET => $url)], 200], ['of a DELETE', DELETE => "$url/gone", [$as->(DELETE => "$url/gone")], 204],
    ['of OPTIONS', OPTIONS => "$url/a", [], 204], ['of a preflight', OPTIONS => "$url/a", ['Origin: https://wallet.example', 'Access-Control-Request-Method: PUT'], 204], ['of a redirection', GET => '/spaces', [], 308],
    ['of a list', GET => '/spaces/', [$as->(GET => '/spaces/')], 200], ['of an export', GET => $url, [$as->(GET => $url), 'Accept: application/x-tar'], 200], ['of health', GET => '/health', [], 200],
    ['that is not modified', GET => "$url/a", ['If-None-Match: ' . $alice->get("$url/a")->header('ETag')], 304], ['of a range', GET => "$url/a", ['Range: bytes=0-0'], 206], ['of no such range', GET => "$url/a", ['Range: bytes=99-'], 416],
    ['of nobody', PUT => "$url/a", [], 401], ['of a forger', PUT => "$url/a", [$as->(GET => "$url/a")], 401], ['of a stranger', PUT => "$none/a", [$as->(PUT => "$none/a")], 404], ['of a stranger to a space', DELETE => $url, ['Authorization: ' . signed('DELETE', $url, key => $stranger->key)], 403],
    ['of nothing', GET => "$url/nothing", [], 404], ['of no route', POST => '/nothing', [], 404], ['of another method', PATCH => "$url/a", [], 405], ['of a method that nobody knows', SMUGGLE => "$url/a", [], 405],
    ['of a bad target', PUT => "$url/%00", [], 400], ['of dots', PUT => "$url/../a", [], 400], ['of a long target', PUT => "$url/" . 'x' x 8050, [], 414], ['of a coding that we do not keep', PUT => "$url/a", [$as->(PUT => "$url/a"), 'Content-Encoding: br'], 415],
    ['of a condition that fails', DELETE => "$url/a", [$as->(DELETE => "$url/a"), 'If-Match: "x"'], 412], ['of a condition that is none', DELETE => "$url/a", [$as->(DELETE => "$url/a"), 'If-Match: x'], 400], ['of a part', PUT => "$url/a", [$as->(PUT => "$url/a"), 'Content-Range: bytes 0-1/2'], 400],
    ['of a space that is there', POST => '/spaces/', [$as->(POST => '/spaces/')], 400], ['that is no document', PUT => $url, [$as->(PUT => $url)], 400],
) {
    my ($name, $method, $target, $fields, $status) = @$row;
    my @about = $status >= 400 && $method ne 'HEAD' ? () : (foreign => 1);
    for my $how ('of a length', 'in chunks', 'that waits for a 100', 'in chunks that wait') {
        my @framing = $how =~ /chunks/ ? 'Transfer-Encoding: chunked' : "Content-Length: $long";
        push @framing, 'Expect: 100-continue' if $how =~ /wait/;
        my $body = $how =~ /chunks/ ? sprintf("%x\r\n%s\r\n0\r\n\r\n", $long, $smuggled) : $smuggled;
        my $said = talk($alice, wire("$method $target HTTP/1.1", ["Host: $HOST", @$fields, @framing], $body), $method);
        one_answer("RFC 9112 11.2: a body $how, $name", $said, $status, @about, head => $method eq 'HEAD');
        # Who keeps the connection must have read the body: what comes next is answered in its turn.
        $said = talk($alice, wire("$method $target HTTP/1.1", ["Host: $HOST", @$fields, @framing], $body) . wire("GET $url/a HTTP/1.1", ["Host: $HOST"]), $method, 'GET');
        my ($first, @rest) = map { $_->status . ($_->status == 200 && $_ != $said->{answers}[0] ? ' ' . $_->body : '') } @{ $said->{answers} };
        like("$first; @rest", qr/\A$status; (?:200 hello)?\z/, "RFC 9112 9.3: a body $how, $name: and then");
        $cases++;
    }
    $not_smuggled->("a body $name");
}
$before = all_stored();

# Trailers authorize nobody.
for my $row (['a trailer', "Trailer: Authorization\r\n"], ['a trailer that nobody announced', ''], ['a trailer that TE announced', "TE: trailers\r\n"]) {
    my ($name, $fields) = @$row;
    my $said = talk($alice, wire("PUT $url/n HTTP/1.1", ["Host: $HOST", "${fields}Transfer-Encoding: chunked"], "1\r\nx\r\n0\r\n" . $as->(PUT => "$url/n") . "\r\n\r\n"), 'PUT');
    one_answer("classic 3: Authorization as $name", $said, 401, pointer => '/authorization');
    $said = talk($alice, wire("PUT $url/n HTTP/1.1", ["Host: $HOST", "${fields}Transfer-Encoding: chunked", 'Authorization: ' . signed('PUT', "$url/n", key => $stranger->key)], "1\r\nx\r\n0\r\n" . $as->(PUT => "$url/n") . "\r\n\r\n"), 'PUT');
    one_answer("classic 3: Authorization as $name, behind a stranger's", $said, 403, pointer => '/authorization');
}

# 5. Fields that claim to be the request line. A stranger's are no less a stranger's, and the
# controller's do what the line says.
my @overrides = (
    (map { my $name = $_; map { [$name => $_] } qw(PUT DELETE GET POST) } 'X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Method', '_method'),
    (map { [$_ => "$url/other"] } 'X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Uri', 'X-Original-URI', 'X-Accel-Redirect', 'X-Sendfile', 'Content-Location', 'Destination', 'Referer', 'X-Forwarded-Prefix', 'X-Forwarded-Path'),
    (map { [$_ => $evil] } 'X-Forwarded-Host', 'X-Host', 'X-Forwarded-Server', 'Forwarded'), (map { [$_ => '127.0.0.1'] } 'X-Forwarded-For', 'X-Real-IP', 'True-Client-IP', 'Client-IP'),
    (map { [$_ => $alice->did] } 'X-Remote-User', 'Remote-User', 'X-Forwarded-User', 'X-Authenticated-User', 'X-Controller', 'X-DID', 'From', 'X-WebAuth-User', 'X-SSL-Client-S-DN'),
    ['X-Forwarded-Proto' => 'https'], ['Upgrade' => 'h2c'], ['Upgrade' => 'TLS/1.0'], ['Upgrade-Insecure-Requests' => '1'], ['Max-Forwards' => '0'], ['Via' => '1.1 evil'], ['Proxy' => 'http://evil.example/'], ['HTTP2-Settings' => 'AAMAAABkAAQAAP__'],
    ['Slug' => '../other'], ['Content-Disposition' => 'attachment; filename=other'], ['Link' => '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'], ['Prefer' => 'return=representation'], ['If' => '(<urn:x>)'], ['Depth' => 'infinity'], ['Overwrite' => 'T'],
);
for my $row (@overrides) {
    my ($field, $value) = @$row;
    my @field = (headers => [$field => $value]);
    tell($alice,
        ["classic 3: $field: $value: a read is a read", GET => "$url/a", [sign => 0, @field], 200, body => 'hello'],
        ["classic 3: $field: $value: a stranger is one", PUT => "$url/n", [by => $stranger, body => 'x', @field], 403, pointer => '/authorization'],
        ["classic 3: $field: $value: nobody is nobody", DELETE => "$url/a", [sign => 0, @field], 401, pointer => '/authorization'],
        ["classic 3: $field: $value: what was signed is what was sent", POST => "$url/n", [body => 'x', sign => { method => $value =~ /\A(?:PUT|DELETE)\z/ ? $value : 'PUT' }, @field], 401, pointer => '/authorization'],
        ["classic 3: $field: $value: another path is another", PUT => "$url/n", [body => 'x', sign => { target => "$url/other" }, @field], 401, pointer => '/authorization'],
    );
    $cases += 5;
}
for my $query ('_method=DELETE', 'method=PUT', 'X-HTTP-Method-Override=DELETE', "keyId=$alice->{key}", 'access_token=x', 'Authorization=x') {
    tell($alice, ["classic 3: ?$query: a read is a read", GET => "$url/a?$query", [sign => 0], 200, body => 'hello'], ["classic 3: ?$query: nobody is nobody", POST => "$url/n?$query", [body => $query, type => 'application/x-www-form-urlencoded', sign => 0], 401]);
    $cases += 2;
}
is_deeply(all_stored(), $before, 'classic 3: nothing of it has stored anything, in any table');

# 6. Names that look alike are other names.
my @alike = map { Encode::encode_utf8($_) } (
    'cafe', 'café', "cafe\x{301}", 'CAFE', 'Cafe', 'cаfe', 'ｃafe', 'cafe ', ' cafe', 'cafe.', 'cafe..', '.cafe', '...', '....', "cafe\x{ad}", "cafe\x{200b}", "\x{200d}cafe", "\x{feff}cafe", "\x{202e}efac", "cafe\x{fe0f}", "cafe\t", "cafe\n", "cafe\r\n", "cafe\x{7f}", "cafe\x{1}",
    "cafe\x{85}", "cafe\x{2028}", "cafe\x{a0}", "cafe\x{3000}", 'ﬁ', 'fi', 'ß', 'ss', 'SS', 'ẞ', 'ı', 'i', 'I', 'İ', 'K', "\x{212a}", 'Å', "\x{212b}", "A\x{30a}", 'Ω', "\x{2126}", '①', '1', '¹', '１', '²', '２', 'x²', 'x2',
    "\x{2024}\x{2024}", "\x{ff0e}\x{ff0e}", "\x{2025}", "\x{2215}", "\x{ff0f}", "\x{2044}", "\x{ff3c}", '\\', '..\\', '\\..\\', 'a\\b', '%', '%25', '%2e', '%2e%2e', '%252e%252e', '%2f', '%00', '%c0%ae', '%u002e', '&#46;', '&amp;', '+', 'a+b', 'a b', 'a%20b', 'a%2Bb', ';', 'a;b', 'a;b=c', 'a,b', 'a:b', 'a@b', 'a=b', 'a&b',
    '?', '#', 'a?b', 'a#b', '*', '**', '~', '~user', '$x', '`x`', '|x', '{x}', '[x]', '<x>', '"x"', "'x'", "\x{fffe}", "\x{ffff}", "\x{fdd0}", "\x{1fffe}", "\x{10ffff}", "\x{e000}", "\x{1f600}", "\x{1f468}\x{200d}\x{1f469}", "\x{1f1e9}\x{1f1ea}", "\x{e0041}", 'CON', 'nul', 'a.php', '.htaccess', '.git', 'index.html', '__proto__', 'constructor',
    'none', 'null', 'undefined', 'true', '0', '00', '0.0', '-0', '1e0', "\x{1100}\x{1161}", '가', "\x{1e9b}\x{323}", "\x{1e69}", "s\x{323}\x{307}", "s\x{307}\x{323}", 'x' x 255, 'x' x 256, 'x' x 2000, "a/b", "a//b", "a/b/", "/a", "//a",
);
my $field = new_space($alice);
my %encoded = map { $_ => join '', map { m{[A-Za-z0-9._~/-]} ? $_ : sprintf '%%%02X', ord } split // } @alike;
is(scalar keys %encoded, scalar @alike, 'classic 9: the names differ');
for my $name (@alike) {
    my $at = "/space/$field/$encoded{$name}";
    tell($alice,
        ['classic 9: the name <' . shown($name) . '> is new', PUT => $at, [body => $name, headers => ['If-None-Match' => '*']], 204],
        # Fully escaped it is the same one.
        ['classic 9: the name <' . shown($name) . '> in escapes', GET => "/space/$field/" . join('', map { $_ eq '/' ? $_ : sprintf '%%%02x', ord } split //, $name), [sign => 0], 200, body => $name],
    ) if length $name < 1000;
    tell($alice, ['classic 9: the name <' . shown($name) . '> is new', PUT => $at, [body => $name, headers => ['If-None-Match' => '*']], 204]) if length $name >= 1000;
    $cases += 2;
}
{
    my @wrong = grep { $alice->get("/space/$field/$encoded{$_}", sign => 0)->body ne $_ } @alike;
    is_deeply([map { shown($_) } @wrong], [], 'classic 9: none of them has overwritten another');
    my %stored = map { $_->[0] => $_->[1] } sql("SELECT encode(substr(convert_to(path, 'UTF8'), 2), 'hex'), encode(content, 'hex') FROM was_resources WHERE space_uuid = ?", $field);
    is_deeply(\%stored, { map { (unpack('H*', $_)) x 2 } @alike }, 'classic 9: each is stored as the bytes that it is');
}
# A signature for one of them is none for another, in whatever spelling.
$before = all_stored();
{
    my @few = grep { length $_ < 40 && m{\A[^/]+\z} } @alike;
    my ($asked, @passed) = (0);
    my $client = WAS::Client->new(base => WAS::Server::url(), timeout => 30, keepalive => 1);
    for my $n (0 .. $#few) {
        # Each against its neighbours in the table, which are those that it looks like; as it is in
        # a URL, and as it is, where that is no escape of another name.
        for my $other (map { $few[($n + $_) % @few] } -4 .. -1, 1 .. 4) {
            for my $spelling ($encoded{$other}, $other =~ /[\x00-\x20\x7f%?#]/ ? () : $other) {
                my $res = $client->put("/space/$field/$encoded{ $few[$n] }", body => 'forged', sign => { key => $alice->key, target => "/space/$field/$spelling" });
                push @passed, shown($few[$n]) . ' by ' . shown($spelling) if $res->status != 401;
                $asked++;
            }
        }
    }
    is_deeply(\@passed, [], "classic 3: a signature for one name is none for another ($asked of them)");
    $cases += $asked;
}
is_deeply(all_stored(), $before, 'classic 3: and they have stored nothing, in any table');

# 7. SQL, wherever a text goes in. Where it could be stored it is refused for what it is, or there
# are other tests; here every table stays as it is.
my @SQL = (q('; DROP TABLE was_spaces; --), q(' OR 1=1 --), q(" OR ""="), q!') OR ('1'='1!, q(1; DELETE FROM was_resources), q(\\'; --), q(%' OR path LIKE '%), q($1), q($$;$$), q(E'\\x00'), q(NULL), q({a,b}), q(pg_sleep(9)), q(x/**/UNION/**/SELECT/**/1), q(admin'--), q(_), q(%), q(was_%),
    q(1::int), q!');COMMIT;--!, "\xbf\x27 OR 1=1", "\xca\xbc OR 1=1");
for my $text (@SQL) {
    my $shown = shown($text);
    my $escaped = $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    my $utf8 = $text =~ /\xbf/ ? 400 : undef;
    my $quoted = json_text(Encode::decode('ISO-8859-1', $text));
    my $plain = $text =~ s/["\s]//gr =~ s/[^\x21-\x7e]/x/gr;
    my $id_ok = $text =~ /\A[A-Za-z0-9._~:-]+\z/;
    tell($alice,
        ["SQL <$shown>: a space's id", GET => "/space/$escaped", [], $utf8 // ($id_ok ? 404 : 400)],
        ["SQL <$shown>: a space's id, to be deleted", DELETE => "/space/$escaped", [], $utf8 // ($id_ok ? 204 : 400)],
        ["SQL <$shown>: a resource's space", GET => "/space/$escaped/a", [sign => 0], $utf8 // ($id_ok ? 404 : 400)],
        ["SQL <$shown>: a path", GET => "$url/$escaped", [sign => 0], $utf8 // 404],
        ["SQL <$shown>: a path, to be deleted", DELETE => "$url/$escaped", [], $utf8 // 204],
        ["SQL <$shown>: a query", GET => "$url/a?x=$escaped", [sign => 0], 200, body => 'hello'],
        ["SQL <$shown>: a query of the list", GET => "/spaces/?limit=$escaped&after=$escaped", [], 200],
        ($id_ok ? () : ["SQL <$shown>: a uuid", POST => '/spaces/', [body => qq({"uuid":$quoted})], 400, pointer => '/body']),
        ["SQL <$shown>: a controller", PUT => $url, [body => qq({"controller":$quoted})], 400, pointer => '/body'],
        ["SQL <$shown>: a controller that begins well", PUT => $url, [body => json_text({ controller => "$did$text#" })], 400, pointer => '/body'],
        ["SQL <$shown>: a link", PUT => $url, [body => qq({"controller":"$did","link":$quoted})], 400, pointer => '/body'],
        ["SQL <$shown>: a signer", PUT => "$url/a", [body => 'x', sign => { key_id => $did . $plain }], 401, pointer => '/authorization'],
        ["SQL <$shown>: a signer's fragment", PUT => "$url/a", [body => 'x', sign => { key_id => "$did#$plain" }], 401, pointer => '/authorization'],
        ["SQL <$shown>: If-Match", DELETE => "$url/a", [$h->('If-Match' => "\"$plain\"")], 412],
        ["SQL <$shown>: If-Match without quotes", DELETE => "$url/a", [$h->('If-Match' => $plain)], 400],
        ["SQL <$shown>: If-Match of a space", DELETE => $url, [$h->('If-Match' => "\"$plain\"")], 412],
        ["SQL <$shown>: If-None-Match", GET => "$url/a", [sign => 0, $h->('If-None-Match' => "\"$plain\"")], 200, body => 'hello'],
        ["SQL <$shown>: If-Range", GET => "$url/a", [sign => 0, $h->('If-Range' => "\"$plain\"", Range => 'bytes=0-0')], 200, body => 'hello'],
        (map { ["SQL <$shown>: $_", GET => "$url/a", [sign => 0, $h->($_ => $text)], 200, body => 'hello'] }
            'Range', 'Accept', 'Accept-Language', 'Origin', 'User-Agent', 'Referer', 'Cookie', 'If-Modified-Since', 'If-Unmodified-Since', 'X-Forwarded-For', 'Slug', 'Prefer', 'X-Request-Id', 'Content-Type', 'Capability-Invocation', 'Access-Control-Request-Headers'),
        ["SQL <$shown>: a preflight", OPTIONS => "$url/a", [sign => 0, $h->(Origin => $text, 'Access-Control-Request-Method' => $text, 'Access-Control-Request-Headers' => $text)], 204],
        ["SQL <$shown>: a method", (($plain =~ s/[^A-Za-z\$%'*_-]//gr) || 'X') => "$url/a", [sign => 0], 405],
    );
    $cases += 34;
}
is_deeply(all_stored(), $before, 'SQL: nothing of it has stored or deleted anything, in any table');

# 8. Everything in excess.
my $big = sub { my ($n) = @_; return join ', ', map { qq("$_") } 1 .. $n };
my $members = sub { my ($n, $value) = @_; return "{\"controller\":\"$did\"," . join(',', map { "\"$_\":$value" } 1 .. $n) . '}' };
for my $row (
    ['97 fields beside ours', GET => "$url/a", [sign => 0, $h->(map { ("X-$_" => 'x') } 1 .. 97)], 200],
    ['101 fields', GET => "$url/a", [sign => 0, $h->(map { ("X-$_" => 'x') } 1 .. 101)], 400, foreign => 1],
    ['10000 fields', GET => "$url/a", [sign => 0, $h->(map { ("X-$_" => 'x') } 1 .. 10000)], 400, foreign => 1],
    ['101 fields of one name', GET => "$url/a", [sign => 0, $h->(map { ('X' => 'x') } 1 .. 101)], 400, foreign => 1],
    ['90 fields of 8000 bytes', GET => "$url/a", [sign => 0, $h->(map { ("X-$_" => 'x' x 8000) } 1 .. 90)], 200],
    ['a field of 8 MiB', GET => "$url/a", [sign => 0, $h->('X' => 'x' x (8 << 20))], 400, foreign => 1],
    ["a field's name of 8000 bytes", GET => "$url/a", [sign => 0, $h->('X' x 8000 => 'x')], 200],
    ["a field's name of 9000 bytes", GET => "$url/a", [sign => 0, $h->('X' x 9000 => 'x')], 400, foreign => 1],
    ['a method of 8 MiB', 'X' x (8 << 20) => "$url/a", [sign => 0], 414, foreign => 1],
    ['a target of 8 MiB', GET => "$url/" . 'x' x (8 << 20), [sign => 0], 414, foreign => 1],
    ['90 long lines of Accept', GET => "$url/a", [sign => 0, $h->(map { (Accept => join ',', ('x/y;q=0.1') x 700) } 1 .. 90)], 400, foreign => 1],
    ['90 lines of Accept', GET => $url, [$h->(map { (Accept => 'x/y;q=0.1') } 1 .. 90)], 200],
    ['90 lines of Range', GET => "$url/a", [sign => 0, $h->(map { (Range => 'bytes=0-0') } 1 .. 90)], 200],
    ['1000 ranges', GET => "$url/a", [sign => 0, $h->(Range => 'bytes=' . join ',', ('0-0') x 1000)], 200],
    ['1000 ranges of nothing', GET => "$url/a", [sign => 0, $h->(Range => 'bytes=' . join ',', ('9-') x 1000)], 416],
    ['64 tags', DELETE => "$url/a", [$h->('If-Match' => $big->(64))], 412],
    ['65 tags', DELETE => "$url/a", [$h->('If-Match' => $big->(65))], 400, pointer => '/precondition'],
    ['90 lines of a tag', DELETE => "$url/a", [$h->(map { ('If-Match' => '"x"') } 1 .. 90)], 400, pointer => '/precondition'],
    ['90 lines of commas for tags', DELETE => "$url/a", [$h->(map { ('If-Match' => ',' x 80) } 1 .. 90)], 400, pointer => '/precondition'],
    ['90 long lines of tags', DELETE => "$url/a", [$h->(map { ('If-Match' => $big->(900)) } 1 .. 90)], 400, foreign => 1],
    ['90 lines of an asterisk for a tag', DELETE => "$url/a", [$h->(map { ('If-Match' => '*') } 1 .. 90)], 400, pointer => '/precondition'],
    ['90 lines of Authorization', DELETE => "$url/a", [sign => 0, $h->(map { (Authorization => 'Signature x="y"') } 1 .. 90)], 401, pointer => '/authorization'],
    ['90 long lines of Authorization', DELETE => "$url/a", [sign => 0, $h->(map { (Authorization => 'Signature x="' . 'y' x 8000 . '"') } 1 .. 90)], 400, foreign => 1],
    ['90 lines of a signed field', PUT => "$url/x", [body => 'x', $h->(map { ('X-Test' => 'y' x 80) } 1 .. 90), sign => { headers => [@COVERED, 'x-test'] }], 204],
    ['200 lines of Content-Type', PUT => "$url/x", [body => 'x', $h->(map { ('Content-Type' => 'x/y') } 1 .. 200)], 400, foreign => 1],
    ['a preflight for 1000 fields', OPTIONS => "$url/a", [sign => 0, $h->(Origin => 'https://wallet.example', 'Access-Control-Request-Method' => 'PUT', 'Access-Control-Request-Headers' => join ', ', map { "x-$_" } 1 .. 1000)], 204],
    ['12000 members', PUT => $url, [body => $members->(9000, 0)], 413, pointer => '/body'],
    ['7000 members', PUT => $url, [body => $members->(6000, 0)], 204],
    ['a member of 60000 bytes', PUT => $url, [body => "{\"controller\":\"$did\",\"" . 'x' x 60000 . '":1}'], 204],
    ['a number of 60000 digits', PUT => $url, [body => "{\"controller\":\"$did\",\"x\":" . '9' x 60000 . '}'], 400, pointer => '/body'],
    ['a fraction of 60000 digits', PUT => $url, [body => "{\"controller\":\"$did\",\"x\":0." . '9' x 60000 . '}'], 204],
    ['an exponent of 60000 digits', PUT => $url, [body => "{\"controller\":\"$did\",\"x\":1e" . '9' x 60000 . '}'], 400, pointer => '/body'],
    ['30000 empty arrays', PUT => $url, [body => "{\"controller\":\"$did\",\"x\":[" . join(',', ('[]') x 20000) . ']}'], 204],
    ['10000 escapes', PUT => $url, [body => "{\"controller\":\"$did\",\"x\":\"" . '\\u0041' x 10000 . '"}'], 204],
    ['a name of 1024 bytes', PUT => $url, [body => json_text({ controller => $did, name => 'x' x 1024 })], 204],
    ['a name of 1025 bytes', PUT => $url, [body => json_text({ controller => $did, name => 'x' x 1025 })], 400, pointer => '/body'],
    ['a name of 1025 bytes in 513 characters', PUT => $url, [body => json_text({ controller => $did, name => 'é' x 512 . 'x' })], 400, pointer => '/body'],
    ['a document of 8 MiB', PUT => $url, [body => ' ' x (8 << 20)], 413, pointer => '/body'],
    ['a document of 8 MiB in chunks of a byte', PUT => $url, [body => ' ' x 70_000, chunked => 1], 413, pointer => '/body'],
    ['20000 chunks of a byte', PUT => "$url/x", [body => 'x' x 20_000, chunked => 1], 204],
    ['a host of 8000 bytes', GET => "$url/a", [sign => 0, $h->(Host => join '.', ('x' x 60) x 130)], 200],
) {
    my ($name, $method, $target, $options, $status, %want) = @$row;
    tell($alice, ["limits: $name", $method => $target, $options, $status, %want]);
    $cases++;
}
tell($alice, ['classic 9: after all that', GET => "$url/a", [sign => 0], 200, body => 'hello'], ['classic 9: and for the controller', GET => $url, [], 200]);

unlike(WAS::Server::error_log_since($log), qr/\[(?:was|dbd|core):(?:error|crit|alert|emerg)\]/, 'nothing of this is an error of ours');
note "$cases cases";

done_testing;
