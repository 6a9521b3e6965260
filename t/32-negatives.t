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
    my @times = (expires => time + 300, created => int(time) - 5);
    my %honest = (key => $alice->key, method => $method, target => $target, @times);
    return WAS::Client::authorization(%honest, %sign);
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
    if (@answers != 1 || $said->{rest} ne '') {
        my $statuses = join ' ', map { $_->status } @answers;
        return fail($name) || diag("answers: $statuses, then: " . shown($said->{rest}));
    }
    return expect($name, $answers[0], $status, %want);
}

sub path_is {
    my ($name, $path, $stored) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $select = q(SELECT convert_from(content, 'UTF8') FROM was_resources
        WHERE space_uuid = ? AND path = ?);
    my @rows = sql($select, $space, $path);
    return is_deeply(\@rows, defined $stored ? [[$stored]] : [], $name);
}

sub forget { return sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, @_) }

# What is due of a refusal: ours says what was wrong, httpd's is a page of its own.
sub refusal {
    my ($status) = @_;
    return $status == 401 ? (pointer => '/authorization') : $status >= 400 ? (foreign => 1) : ();
}

# Which of the statuses that a row allows, `204|400`, the first answer has; the row's if none.
sub due_status {
    my ($said, $allowed) = @_;
    my ($first) = @{ $said->{answers} };
    my ($due) = grep { $first && $_ == $first->status } split /\|/, $allowed;
    return $due // $allowed;
}

# Rows of one rule, told with its name before theirs.
sub tell_counted {
    my ($rule, @rows) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $cases += @rows;
    return tell_rule($alice, $rule, @rows);
}

# 1. The Authorization field. Each row: name, the lines of the head made of an honest value, status:
# 204 it counts, 401 it proves nothing, 400 httpd refuses the head.
my $fold = sub {
    my ($with, $where) = @_;
    return sub { 'Authorization: ' . $_[0] =~ s/$where/$&$with/r };
};
my $put = sub {
    my ($lines, @more) = @_;
    my @head = ("Host: $HOST", 'Content-Length: 1', $lines, @more);
    return talk($alice, wire("PUT $url/n HTTP/1.1", \@head, 'x'), 'PUT');
};
my $honest = sub { return signed('PUT', "$url/n", @_) };
my $theirs = sub { return signed('PUT', "$url/n", key => $stranger->key) };
my $one_of_two = sub { "Authorization: $_[0]" =~ s/,(?=signature)/\r\nAuthorization: /r };
my $quotes = sub { "Authorization: $_[0]" =~ s/keyId="([^"]*)"/keyId=\xe2\x80\x9c$1\xe2\x80\x9d/r };
my $of_length = sub {
    my ($length) = @_;
    return sub { qq(Authorization: $_[0],x=") . 'x' x ($length - 20 - length $_[0]) . '"' };
};
my $byte_inside = sub {
    my ($status, @bytes) = @_;
    my $key = qr/keyId="did/;
    return map { [sprintf('the byte %02x inside', ord), $fold->($_, $key), $status] } @bytes;
};
my $A = 'Authorization';
my $hundred = join '', map { ",x$_=y" } 1 .. 100;
for my $row (
    ['as it should be', sub { "$A: $_[0]" }, 204],
    ['its name in capitals', sub { "AUTHORIZATION: $_[0]" }, 204],
    ['no blank behind the colon', sub { "$A:$_[0]" }, 204],
    ['blanks and tabs around it', sub { "Authorization: \t $_[0] \t " }, 204],
    ['two lines that make one value', $one_of_two, 204],
    ['folded at a comma, by a blank', $fold->("\r\n ", qr/,/), 204],
    ['folded at a comma, by a tab', $fold->("\r\n\t", qr/,/), 204],
    ['folded at every comma', sub { "$A: " . $_[0] =~ s/,/,\r\n  /gr }, 204],
    ['folded in the key', $fold->("\r\n ", qr/keyId="did:key:z6Mk/), 401],
    ['folded in the signature', $fold->("\r\n ", qr/signature="..../), 401],
    ['folded in the scheme', $fold->("\r\n ", qr/\ASign/), 401],
    ['folded behind an equals sign', $fold->("\r\n ", qr/keyId=/), 401],
    ['a fold before any field', sub { " $A: $_[0]" }, 400, first => 1],
    ['twice the same', sub { "$A: $_[0]\r\n$A: $_[0]" }, 401],
    ["a stranger's first", sub { "$A: " . $theirs->() . "\r\n$A: $_[0]" }, 401],
    ["a stranger's second", sub { "$A: $_[0]\r\n$A: " . $theirs->() }, 401],
    ['an empty one first', sub { "$A:\r\n$A: $_[0]" }, 401],
    ['an empty one second', sub { "$A: $_[0]\r\n$A:" }, 401],
    ['a Basic one first', sub { "$A: Basic YTpi\r\n$A: $_[0]" }, 401],
    ['a Basic one second', sub { "$A: $_[0]\r\n$A: Basic YTpi" }, 401],
    ['names that differ in case, twice', sub { "$A: $_[0]\r\nauthorization: $_[0]" }, 401],
    ['a line feed alone at its end', sub { "$A: $_[0]\nX: y" }, 400],
    ['a line feed alone before it', sub { "X: y\n$A: $_[0]" }, 400],
    ['a carriage return alone inside', $fold->("\r", qr/,/), 400],
    ['a carriage return alone at its end', sub { "$A: $_[0]\rX: y" }, 400],
    ['two carriage returns at its end', sub { "$A: $_[0]\r" }, 400],
    $byte_inside->(400, "\0", "\1", "\7", "\x0b", "\x1b", "\x7f"),
    ['a NUL at its end', sub { "$A: $_[0]\0" }, 400],
    ['a NUL in its name', sub { "Author\0ization: $_[0]" }, 400],
    $byte_inside->(401, "\x80", "\xa0", "\xff"),
    ['bytes beyond ASCII in a parameter', sub { qq($A: $_[0],x="\xc3\xa9") }, 401],
    ['a blank of Unicode behind the scheme', sub { "$A: " . $_[0] =~ s/ /\xc2\xa0/r }, 401],
    ['quotes of Unicode', $quotes, 401],
    ['a blank before the colon', sub { "Authorization : $_[0]" }, 400],
    ['a tab before the colon', sub { "Authorization\t: $_[0]" }, 400],
    ['no colon', sub { "Authorization $_[0]" }, 400],
    ['an underscore behind its name', sub { "Authorization_: $_[0]" }, 401],
    ['as X-Authorization', sub { "X-$A: $_[0]" }, 401],
    ['a trailer that never comes', sub { "Trailer: Authorization\r\nX-Signed: $_[0]" }, 401],
    ['named by Connection', sub { "Connection: Authorization, close\r\n$A: $_[0]" }, 204],
    ['the header of a cookie', sub { "Cookie: Authorization=$_[0]" }, 401],
    ['8000 bytes', $of_length->(8000), 204],
    ['8300 bytes', $of_length->(8300), 431],
    ['8300 bytes, folded', sub { qq($A: $_[0],x=") . "xxxxxxxxx\r\n " x 800 . '"' }, 431],
    ['1000 commas', sub { "$A: $_[0]" . ',' x 1000 }, 401],
    ['a hundred parameters', sub { "$A: $_[0]$hundred" }, 401],
) {
    my ($name, $lines, $status, %how) = @$row;
    my $lines_of = $lines->($honest->());
    my @first = ($lines_of, "Host: $HOST", 'Content-Length: 1');
    my $said =
        $how{first}
        ? talk($alice, wire("PUT $url/n HTTP/1.1", \@first, 'x'), 'PUT')
        : $put->($lines_of);
    one_answer("classic 3: Authorization: $name", $said, $status, refusal($status));
    my $stored = $status == 204 ? 'x' : undef;
    path_is("classic 3: Authorization: $name: stored or not", '/n', $stored);
    forget('/n');
}

# 2. Parameters. What is signed is what is sent, so that only the grammar stands in the way.
my $before = all_stored();
my $now = int time;
my $negative = sub {
    my ($name, %sign) = @_;
    my $said = $put->('Authorization: ' . $honest->(%sign));
    one_answer("classic 3: $name", $said, 401, refusal(401));
};
for my $member (qw(created expires)) {
    my $time = $member eq 'created' ? $now - 5 : $now + 300;
    my ($first, $rest) = (substr($time, 0, 1), substr $time, 1);
    my $thousands = substr($time, 0, 4) . '_' . substr $time, 4;
    my @texts = (
        "$time.0", "$time.", "$first.${rest}e9", "$first.${rest}E+9", "+$time", "-$time", "0$time",
        "00000000$time", " $time", "$time ", "\t$time", sprintf('0x%x', $time), '0b1', '0o1',
        "${time}n", "${time}s", "${time}000000", 'NaN', 'nan', 'Infinity', '-0', '-1', '', ' ',
        'null', 'true', 'now', "'$time'", "$time,$time", "$time;x", "$time#", "($time)", "_$time",
        $thousands, "$first,$rest", '9' x 15, '9' x 16, '9' x 19, '9223372036854775807',
        '9223372036854775808', '-9223372036854775808', '18446744073709551616', '9' x 400,
        map { Encode::encode_utf8($_) } $time =~ tr/0-9/０-９/r, $time =~ tr/0-9/٠-٩/r,
        "\x{200b}$time",
    );
    for my $text (@texts) {
        my $name = "$member of <" . shown($text) . '>';
        $negative->($name, $member => $text);
        $negative->("$name without quotes", $member => $text, bare => 1) if $text =~ /\A[!-~]+\z/;
    }
}
my $hmac = sub {
    require Digest::SHA;
    return Digest::SHA::hmac_sha512('x', $alice->key->public);
};
my @host = (fields => [[host => $HOST]]);
my @itself = (fields => [[authorization => 'x']]);
my @BARE = qw(created expires key-id request-target);
my @LIKE_THEM = map { Encode::encode_utf8(s/e/е/r) } @COVERED;
my $lower = sub { my ($name, $value) = @_; return (params => [$name => undef], extra => $value) };
my ($did_key, $multibase) = ($alice->key->key_id, $alice->key->multibase);
for my $row (
    ['an algorithm of none and no signature', algorithm => 'none', params => [signature => '']],
    ['an algorithm of none and zeros', algorithm => 'none', mangle => sub { "\0" x 64 }],
    ['an algorithm of HMAC with the public key', algorithm => 'hmac-sha256', mangle => $hmac],
    ['an algorithm that is covered', algorithm => 'none', headers => [@COVERED, '(algorithm)']],
    ['a key that is covered as a header', headers => [@COVERED, 'keyid']],
    ['no names but blanks', params => [headers => '   ']],
    ['names by commas', params => [headers => join ',', @COVERED]],
    ['names by tabs', params => [headers => join "\t", @COVERED]],
    ['names and a blank', params => [headers => "@COVERED "]],
    ['names in quotes', params => [headers => join ' ', map { "'$_'" } @COVERED]],
    ['a name twice in two cases', headers => [@COVERED, 'host', 'HOST'], @host],
    ['all of them twice', headers => [@COVERED, @COVERED]],
    ['names without parentheses', headers => \@BARE, fields => [map { [$_ => 'x'] } @BARE]],
    ['names that look like them', headers => \@LIKE_THEM, string => 'x'],
    ['authorization itself covered', headers => [@COVERED, 'authorization'], @itself],
    ['65 names', headers => [@COVERED, map { "x-$_" } 1 .. 61], string => 'x'],
    ['parameters by semicolons', separator => ';'],
    ['parameters by blanks', separator => ' '],
    ['parameters by nothing', separator => ''],
    ['parameters by a comma of Unicode', separator => '，'],
    ['the parameter CREATED', $lower->(created => [CREATED => $now - 5])],
    ['the parameter EXPIRES', $lower->(expires => [EXPIRES => $now + 300])],
    ['the parameter keyid', $lower->(keyId => [keyid => $did_key])],
    ['the parameter key_id', $lower->(keyId => [key_id => $did_key])],
) {
    my ($name, %sign) = @$row;
    $negative->($name, %sign);
}
for my $row (
    ['with a newline escaped', $did_key . '\\n'],
    ['with %0a', "$did_key%0a"],
    ['with a blank behind', "$did_key "],
    ['with a blank before', " $did_key"],
    ['with its hash escaped', "$did%23$multibase"],
    ['with its colons escaped', $did =~ s/:/%3A/gr],
    ['with a port', "$did:443"],
    ['with a parameter', "$did;service=x"],
    ['with two fragments', "$did_key#$multibase"],
    ['with a version', $did =~ s/key:/key:1.1:/r],
    ['behind a slash', "/$did"],
    ['in brackets', "<$did>"],
    ['with o for its zero', $did =~ s/z6/zб/r],
    ['as a URL', "did://key/$multibase"],
    ['in base58 with 0', "${did}0"],
    ['in base58 with O', "${did}O"],
    ['in base58 with I', "${did}I"],
    ['in base58 with l', "${did}l"],
    ['with ones before', $did =~ s/key:z/key:z111/r],
    ['twice as long', $did . substr $did, 9],
    ['of 1500 digits', 'did:key:z' . '6' x 1500],
    ['of 7000 digits', 'did:key:z' . '6' x 7000],
    ['of another letter of multibase', $did =~ s/key:z/key:Z/r],
    ['with the letter twice', $did =~ s/key:z/key:zz/r],
    [q(with a stranger's fragment), "$did#" . $stranger->key->multibase],
    [q(with its own fragment, and a stranger's key), $stranger->did . "#$multibase"],
) {
    my ($name, $key_id) = @$row;
    $negative->("a keyId $name", key_id => $key_id);
}
is_deeply(all_stored(), $before, 'classic 3: what proved nothing has stored nothing, in any table');

# 3. Targets and hosts. Each row: name, method, target, lines of the host, status; what was signed
# is the path. A PUT stores `x` at /t, or not.
my $evil = 'evil.example';
my $ours = ["Host: $HOST"];
my $as = sub { return 'Authorization: ' . signed(@_) };
for my $row (
    ['absolute-form', PUT => "http://$HOST$url/t", $ours, 204],
    ['absolute-form of another host', PUT => "http://$evil$url/t", $ours, 204],
    ['absolute-form in capitals', PUT => "HTTP://$HOST$url/t", $ours, 204],
    ['absolute-form with a Host that differs', PUT => "http://$HOST$url/t", ["Host: $evil"], 204],
    ['absolute-form of an IPv6 address', PUT => "http://[::1]:80$url/t", $ours, 204],
    ['absolute-form with a port that is none', PUT => "http://$evil:x$url/t", $ours, 400],
    ['absolute-form with a port beyond all', PUT => "http://$evil:99999$url/t", $ours, '204|400'],
    ['absolute-form with userinfo', PUT => "http://me:pw\@$HOST$url/t", $ours, '204|400'],
    ['absolute-form without a host', PUT => "http://$url/t", $ours, '400|404|405'],
    ['absolute-form of files', PUT => "file://$url/t", $ours, '400'],
    ['absolute-form of another scheme', PUT => "ftp://$HOST$url/t", $ours, '400'],
    ['absolute-form, encoded', PUT => "http%3A//$HOST$url/t", $ours, 400],
    ['absolute-form behind a slash', PUT => "/http://$HOST$url/t", $ours, '404'],
    ['two slashes and a host', PUT => "//$HOST$url/t", $ours, 404],
    ['two slashes', PUT => "/$url/t", $ours, 404],
    ['authority-form', PUT => $HOST, $ours, 400],
    ['asterisk-form', PUT => '*', $ours, 400],
    ['an asterisk behind a slash', PUT => '/*', $ours, 404],
    ['a query alone', PUT => '?x=y', $ours, 400],
    ['no slash', PUT => substr("$url/t", 1), $ours, 400],
    ['a backslash', PUT => "\\space\\$space\\t", $ours, 400],
    ['CONNECT', CONNECT => $HOST, $ours, '400|405'],
    ['CONNECT of a path', CONNECT => "$url/t", $ours, '400|405'],
    ['OPTIONS of all', OPTIONS => '*', $ours, '200|204'],
    ['TRACE', TRACE => "$url/t", $ours, '405'],
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
    my @head = (@$hosts, 'Content-Length: 1', 'Connection: close', $as->($method, "$url/t"));
    my $said = talk($alice, wire("$method $target HTTP/1.1", \@head, 'x'), $method);
    my $due = due_status($said, $status);
    one_answer("RFC 9112 3: $name", $said, $due, foreign => 1);
    path_is("RFC 9112 3: $name: stored or not", '/t', $due eq '204' ? 'x' : undef);
    forget('/t');
}
# A Host that was signed is the one that counts.
for my $row (
    ['the same', $url, "Host: $HOST", 204],
    ['another', $url, "Host: $evil", 401],
    ['another in the target', "http://$evil$url", "Host: $HOST", 401],
    ['another name of it', $url, 'Host: ' . $HOST =~ s/\A[^:]+/localhost/r, 401],
) {
    my ($name, $at, $host, $status) = @$row;
    my $value = $honest->(headers => [@COVERED, 'host'], fields => [[Host => $HOST]]);
    my @head = ($host, 'Content-Length: 1', "Authorization: $value");
    my $said = talk($alice, wire("PUT $at/n HTTP/1.1", \@head, 'x'), 'PUT');
    one_answer("classic 3: a signed Host: $name", $said, $status, refusal($status));
}

# 4. Framing. The bytes behind a request whose end two servers would see in different places are a
# whole, signed request: it would store `no` at /smuggled, if anybody took it for one. Each row:
# name, fields, body, status, and what is stored of the first.
$alice->delete("$url/n");
my @smuggling = ("Host: $HOST", 'Content-Length: 2', $as->(PUT => "$url/smuggled"));
my $smuggled = wire("PUT $url/smuggled HTTP/1.1", \@smuggling, 'no');
my $not_smuggled = sub { path_is("RFC 9112 11.2: $_[0]: nothing was smuggled", '/smuggled') };
my $long = length $smuggled;
my $chunked = "5\r\nhello\r\n0\r\n\r\n";
my $ends = sub {
    my ($name, $said) = @_;
    my $last = $said->{answers}[-1];
    my $connection = $last && lc($last->header('Connection') // '');
    is($connection, 'close', "RFC 9112 9.6: $name: the connection ends");
};
my @lengths = (
    '', '+5', '-5', '-0', '5.0', '5e0', '0x5', '5 5', '5;x', '"5"', "'5'", '5 bytes', "5\x0b",
    "5\x0c", "\xd9\xa5", '９', '9' x 19, '9' x 40, '18446744073709551621', '-18446744073709551611',
);
my @codings = (
    '', 'identity', 'xchunked', 'chunkedx', 'chunked;x=y', '"chunked"', 'gzip', 'chunked, gzip',
    'chunked, identity', "\x0bchunked", "chunked\x0b", 'chun ked', "ch\xc3\xbcnked",
    "chunked\xc2\xa0", 'chunked;', '*', 'deflate', 'chunk', 'gzip, chunked', 'chunked, chunked',
    'identity, chunked', ', chunked', 'chunked,',
);
my @sizes = (
    '', ' 5', '+5', '-5', '0x5', '5h', '5.', '5 5', "5\0", "5\x0b", "5;\0", '５', '"5"', 'f' x 15,
    'f' x 16, 'f' x 17, '8' . '0' x 15, '1' . '0' x 16 . '5', '7fffffffffffffff', '80000000',
    'ffffffff', '4', '6',
);
my $CL = 'Content-Length';
my $TE = 'Transfer-Encoding: chunked';
my $both = "$TE\r\n$CL: 5";
my $over_all = $long + length $chunked;
my $extended = "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n";
my $broken_extension = "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n";
my $long_extension = '5;' . 'x' x 9000 . "\r\nhello\r\n0\r\n\r\n";
my $end = "5\r\nhello\r\n0\r\n";
my @framings = (
    ['both lengths, chunked first', "$TE\r\n$CL: 5", $chunked, 204, 'hello'],
    ['both lengths, the other first', "$CL: 5\r\n$TE", $chunked, 204, 'hello'],
    ['both lengths, the length over all', "$CL: $over_all\r\n$TE", $chunked, 204, 'hello'],
    ['both lengths, no chunk', "$CL: 5\r\n$TE", "0\r\n\r\n", 204, ''],
    ['two lengths, the same', "$CL: 5\r\n$CL: 5", 'hello', 400],
    ['two lengths', "$CL: 5\r\n$CL: " . ($long + 5), 'hello', 400],
    ['two lengths, the other way', "$CL: " . ($long + 5) . "\r\n$CL: 5", 'hello', 400],
    ['two lengths in a list, the same', "$CL: 5, 5", 'hello', 400],
    ['a length and nothing in a list', "$CL: 5,", 'hello', 400],
    (map { ["a length of <$_>", "$CL: $_", 'hello', 400] } @lengths),
    ['a length with a zero before', "$CL: 05", 'hello', 204, 'hello', goes_on => 1],
    ['a length with a blank before its colon', "$CL : 5", 'hello', 400],
    ['a folded length', "$CL:\r\n 5", 'hello', '204|400', 'hello', goes_on => 1],
    ['a length by a bare line feed', "X: y\n$CL: 5", 'hello', 400],
    (map { ["a coding of <$_>", "Transfer-Encoding: $_", $chunked, '400|501'] } @codings),
    ['two codings', "$TE\r\nTransfer-Encoding: identity", $chunked, '400|501'],
    ['two codings, the other way', "Transfer-Encoding: identity\r\n$TE", $chunked, '400|501'],
    ['chunked twice', "$TE\r\n$TE", $chunked, '400|501'],
    ['a coding with a blank before its colon', 'Transfer-Encoding : chunked', $chunked, 400],
    ['a coding behind a bare line feed', "X: y\n$TE", $chunked, 400],
    ['a coding behind a bare carriage return', "X: y\r$TE", $chunked, 400],
    ['a folded coding', $TE =~ s/ /\r\n /r, $chunked, '204|400', 'hello', goes_on => 1],
    ['a coding in capitals', $TE =~ s/c.*/\U$&/r, $chunked, 204, 'hello', goes_on => 1],
    ['a coding of HTTP/1.0', $TE, $chunked, '204|400', 'hello', version => '1.0'],
    ['a coding of HTTP/1.0 beside a length', $both, $chunked, '204|400', 'hello', version => '1.0'],
    (map { ["a chunk of <$_>", $TE, "$_\r\nhello\r\n0\r\n\r\n", '400|413'] } @sizes),
    ['a chunk of 005', $TE, "005\r\nhello\r\n000\r\n\r\n", 204, 'hello', goes_on => 1],
    ['a chunk with an extension', $TE, $extended, 204, 'hello', goes_on => 1],
    ['a chunk with a line break in its extension', $TE, $broken_extension, '400|413'],
    ['a chunk with a bare line feed in its extension', $TE, "5;a\nhello\r\n0\r\n\r\n", '400|413'],
    ['a chunk with 9000 bytes of extension', $TE, $long_extension, '400|413'],
    ['chunks by bare line feeds', $TE, "5\nhello\n0\n\n", 400],
    ['a chunk that ends with a bare line feed', $TE, "5\r\nhello\n0\r\n\r\n", 400],
    ['a chunk that ends with a bare carriage return', $TE, "5\r\nhello\r0\r\n\r\n", 400],
    ['no line end behind a chunk', $TE, "5\r\nhello0\r\n\r\n", 400],
    ['a last chunk without its end', $TE, $end, 400],
    ['trailers', $TE, "${end}X-Test: y\r\n\r\n", 204, 'hello', goes_on => 1],
    ['a trailer that is a length', $TE, "$end$CL: 900\r\n\r\n", '204|400', 'hello', goes_on => 1],
    ['a trailer that is no field', $TE, "${end}no field\r\n\r\n", '204|400', 'hello'],
    ['200 trailers', $TE, $end . "X: y\r\n" x 200 . "\r\n", '400|413'],
    ['a length, cut short', "$CL: " . ($long + 6), 'hello', 400],
);
for my $row (@framings) {
    my ($shown, $framing, $body, $status, $stored, %how) = @$row;
    my $name = shown($shown);
    my $line = "PUT $url/framed HTTP/" . ($how{version} // '1.1');
    my @head = ("Host: $HOST", $as->(PUT => "$url/framed"), $framing);
    my $sent = wire($line, \@head, $body);
    $sent = Encode::encode_utf8($sent) if "$framing$body" =~ /[^\x00-\xff]/;
    $sent .= $smuggled if !$how{goes_on};
    my $said = talk($alice, $sent, 'PUT', 'PUT');
    my $due = due_status($said, $status);
    one_answer("RFC 9112 6: $name", $said, $due, foreign => 1);
    path_is("RFC 9112 6: $name: stored or not", '/framed', $due eq '204' ? $stored : undef);
    $not_smuggled->($name);
    $ends->($name, $said) if !$how{goes_on};
    forget($_) for '/framed', '/smuggled';
}

# A body that nobody reads, because the request is refused or needs none, is no request either. Each
# row: name, method, target, fields, status.
my $none = "/space/" . new_id();
my $tag = 'If-None-Match: ' . $alice->get("$url/a")->header('ETag');
my @preflight = ('Origin: https://wallet.example', 'Access-Control-Request-Method: PUT');
my $by_stranger = $as->(DELETE => $url, key => $stranger->key);
my $put_a = $as->(PUT => "$url/a");
my $delete_a = $as->(DELETE => "$url/a");
my $is_tar = 'Content-Type: application/x-tar';
for my $row (
    ['of a GET', GET => "$url/a", [], 200],
    ['of a HEAD', HEAD => "$url/a", [], 200],
    ['of a GET of a space', GET => $url, [$as->(GET => $url)], 200],
    ['of a DELETE', DELETE => "$url/gone", [$as->(DELETE => "$url/gone")], 204],
    ['of OPTIONS', OPTIONS => "$url/a", [], 204],
    ['of a preflight', OPTIONS => "$url/a", [@preflight], 204],
    ['of a redirection', GET => '/spaces', [], 308],
    ['of a list', GET => '/spaces/', [$as->(GET => '/spaces/')], 200],
    ['of an export', GET => $url, [$as->(GET => $url), 'Accept: application/x-tar'], 200],
    ['of health', GET => '/health', [], 200],
    ['that is not modified', GET => "$url/a", [$tag], 304],
    ['of a range', GET => "$url/a", ['Range: bytes=0-0'], 206],
    ['of no such range', GET => "$url/a", ['Range: bytes=99-'], 416],
    ['of nobody', PUT => "$url/a", [], 401],
    ['of a forger', PUT => "$url/a", [$as->(GET => "$url/a")], 401],
    ['of a stranger', PUT => "$none/a", [$as->(PUT => "$none/a")], 404],
    ['of a stranger to a space', DELETE => $url, [$by_stranger], 403],
    ['of nothing', GET => "$url/nothing", [], 404],
    ['of no route', POST => '/nothing', [], 404],
    ['of another method', PATCH => "$url/a", [], 405],
    ['of a method that nobody knows', SMUGGLE => "$url/a", [], 405],
    ['of a bad target', PUT => "$url/%00", [], 400],
    ['of dots', PUT => "$url/../a", [], 400],
    ['of a long target', PUT => "$url/" . 'x' x 8050, [], 414],
    ['of a coding that we do not keep', PUT => "$url/a", [$put_a, 'Content-Encoding: br'], 415],
    ['of a condition that fails', DELETE => "$url/a", [$delete_a, 'If-Match: "x"'], 412],
    ['of a condition that is none', DELETE => "$url/a", [$delete_a, 'If-Match: x'], 400],
    ['of a part', PUT => "$url/a", [$put_a, 'Content-Range: bytes 0-1/2'], 400],
    ['of a space that is there', POST => '/spaces/', [$as->(POST => '/spaces/')], 400],
    ['that is no document', PUT => $url, [$as->(PUT => $url)], 400],
    ['that is no archive', POST => $url, [$as->(POST => $url), $is_tar], 400],
) {
    my ($name, $method, $target, $fields, $status) = @$row;
    my @about = $status >= 400 && $method ne 'HEAD' ? () : (foreign => 1);
    for my $how ('of a length', 'in chunks', 'that waits for a 100', 'in chunks that wait') {
        my @framing = $how =~ /chunks/ ? 'Transfer-Encoding: chunked' : "Content-Length: $long";
        push @framing, 'Expect: 100-continue' if $how =~ /wait/;
        my $body =
            $how =~ /chunks/ ? sprintf("%x\r\n%s\r\n0\r\n\r\n", $long, $smuggled) : $smuggled;
        my $request = wire("$method $target HTTP/1.1", ["Host: $HOST", @$fields, @framing], $body);
        my $said = talk($alice, $request, $method);
        my $name_of = "a body $how, $name";
        one_answer("RFC 9112 11.2: $name_of", $said, $status, @about, head => $method eq 'HEAD');
        # Who keeps the connection must have read the body: what comes next is answered in its turn.
        my $next = wire("GET $url/a HTTP/1.1", ["Host: $HOST"]);
        my ($first, @rest) = @{ talk($alice, $request . $next, $method, 'GET')->{answers} };
        my @then = map { $_->status . ($_->status == 200 ? ' ' . $_->body : '') } @rest;
        my $got = ($first ? $first->status : 0) . "; @then";
        like($got, qr/\A$status; (?:200 hello)?\z/, "RFC 9112 9.3: $name_of: and then");
        $cases++;
    }
    $not_smuggled->("a body $name");
}
$before = all_stored();

# Trailers authorize nobody.
my $trailer = "1\r\nx\r\n0\r\n" . $as->(PUT => "$url/n") . "\r\n\r\n";
my $by_another = $as->(PUT => "$url/n", key => $stranger->key);
for my $row (
    ['a trailer', 'Trailer: Authorization'],
    ['a trailer that nobody announced'],
    ['a trailer that TE announced', 'TE: trailers'],
) {
    my ($name, @fields) = @$row;
    my @head = ("Host: $HOST", @fields, $TE);
    my @due = (pointer => '/authorization');
    my $said = talk($alice, wire("PUT $url/n HTTP/1.1", \@head, $trailer), 'PUT');
    one_answer("classic 3: Authorization as $name", $said, 401, @due);
    $said = talk($alice, wire("PUT $url/n HTTP/1.1", [@head, $by_another], $trailer), 'PUT');
    one_answer("classic 3: Authorization as $name, behind a stranger's", $said, 403, @due);
}

# 5. Fields that claim to be the request line. A stranger's are no less a stranger's, and the
# controller's do what the line says.
my @overrides;
for my $field (qw(X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Method _method)) {
    push @overrides, map { [$field => $_] } qw(PUT DELETE GET POST);
}
my %claims = (
    "$url/other" => [
        qw(X-Original-URL X-Rewrite-URL X-Forwarded-Uri X-Original-URI X-Accel-Redirect X-Sendfile),
        qw(Content-Location Destination Referer X-Forwarded-Prefix X-Forwarded-Path),
    ],
    $evil => [qw(X-Forwarded-Host X-Host X-Forwarded-Server Forwarded)],
    '127.0.0.1' => [qw(X-Forwarded-For X-Real-IP True-Client-IP Client-IP)],
    $did => [
        qw(X-Remote-User Remote-User X-Forwarded-User X-Authenticated-User X-Controller X-DID From),
        qw(X-WebAuth-User X-SSL-Client-S-DN),
    ],
);
for my $value (sort keys %claims) {
    push @overrides, map { [$_ => $value] } @{ $claims{$value} };
}
push @overrides, (
    ['X-Forwarded-Proto' => 'https'],
    ['Upgrade' => 'h2c'],
    ['Upgrade' => 'TLS/1.0'],
    ['Upgrade-Insecure-Requests' => '1'],
    ['Max-Forwards' => '0'],
    ['Via' => '1.1 evil'],
    ['Proxy' => 'http://evil.example/'],
    ['HTTP2-Settings' => 'AAMAAABkAAQAAP__'],
    ['Slug' => '../other'],
    ['Content-Disposition' => 'attachment; filename=other'],
    ['Link' => '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'],
    ['Prefer' => 'return=representation'],
    ['If' => '(<urn:x>)'],
    ['Depth' => 'infinity'],
    ['Overwrite' => 'T'],
);
for my $row (@overrides) {
    my ($field, $value) = @$row;
    my @field = (headers => [$field => $value]);
    my @due = (401, pointer => '/authorization');
    my $claimed = $value =~ /\A(?:PUT|DELETE)\z/ ? $value : 'PUT';
    my @forged = (body => 'x', sign => { method => $claimed });
    my @other = (body => 'x', sign => { target => "$url/other" });
    my @stranger = (by => $stranger, body => 'x');
    tell_counted(
        "classic 3: $field: $value",
        ['a read is a read', GET => "$url/a", [sign => 0, @field], 200, body => 'hello'],
        ['a stranger is one', PUT => "$url/n", [@stranger, @field], 403, refusal(401)],
        ['nobody is nobody', DELETE => "$url/a", [sign => 0, @field], @due],
        ['what was signed is what was sent', POST => "$url/n", [@forged, @field], @due],
        ['another path is another', PUT => "$url/n", [@other, @field], @due],
    );
}
for my $query (
    '_method=DELETE', 'method=PUT', 'X-HTTP-Method-Override=DELETE', "keyId=$alice->{key}",
    'access_token=x', 'Authorization=x',
) {
    my @form = (body => $query, type => 'application/x-www-form-urlencoded', sign => 0);
    tell_counted(
        "classic 3: ?$query",
        ['a read is a read', GET => "$url/a?$query", [sign => 0], 200, body => 'hello'],
        ['nobody is nobody', POST => "$url/n?$query", [@form], 401],
    );
}
is_deeply(all_stored(), $before, 'classic 3: nothing of it has stored anything, in any table');

# 6. Names that look alike are other names.
my @alike = map { Encode::encode_utf8($_) } (
    # composed and not, capitals, other scripts, blanks and dots around it, what is not seen
    'cafe', 'café', "cafe\x{301}", 'CAFE', 'Cafe', 'cаfe', 'ｃafe', 'cafe ', ' cafe', 'cafe.',
    'cafe..', '.cafe', '...', '....', "cafe\x{ad}", "cafe\x{200b}", "\x{200d}cafe", "\x{feff}cafe",
    "\x{202e}efac", "cafe\x{fe0f}", "cafe\t", "cafe\n", "cafe\r\n", "cafe\x{7f}", "cafe\x{1}",
    "cafe\x{85}", "cafe\x{2028}", "cafe\x{a0}", "cafe\x{3000}",
    # folded in some language, compatible, superscript
    'ﬁ', 'fi', 'ß', 'ss', 'SS', 'ẞ', 'ı', 'i', 'I', 'İ', 'K', "\x{212a}", 'Å', "\x{212b}",
    "A\x{30a}", 'Ω', "\x{2126}", '①', '1', '¹', '１', '²', '２', 'x²', 'x2',
    # dots and slashes of other scripts, and what somebody could unescape
    "\x{2024}\x{2024}", "\x{ff0e}\x{ff0e}", "\x{2025}", "\x{2215}", "\x{ff0f}", "\x{2044}",
    "\x{ff3c}", '\\', '..\\', '\\..\\', 'a\\b', '%', '%25', '%2e', '%2e%2e', '%252e%252e', '%2f',
    '%00', '%c0%ae', '%u002e', '&#46;', '&amp;', '+', 'a+b', 'a b', 'a%20b', 'a%2Bb', ';', 'a;b',
    'a;b=c', 'a,b', 'a:b', 'a@b', 'a=b', 'a&b', '?', '#', 'a?b', 'a#b', '*', '**', '~', '~user',
    '$x', '`x`', '|x', '{x}', '[x]', '<x>', '"x"', "'x'",
    # no characters, private ones, joined ones
    "\x{fffe}", "\x{ffff}", "\x{fdd0}", "\x{1fffe}", "\x{10ffff}", "\x{e000}", "\x{1f600}",
    "\x{1f468}\x{200d}\x{1f469}", "\x{1f1e9}\x{1f1ea}", "\x{e0041}",
    # names that mean something somewhere
    'CON', 'nul', 'a.php', '.htaccess', '.git', 'index.html', '__proto__', 'constructor', 'none',
    'null', 'undefined', 'true', '0', '00', '0.0', '-0', '1e0',
    # marks in another order, lengths, slashes
    "\x{1100}\x{1161}", '가', "\x{1e9b}\x{323}", "\x{1e69}", "s\x{323}\x{307}", "s\x{307}\x{323}",
    'x' x 255, 'x' x 256, 'x' x 2000, "a/b", "a//b", "a/b/", "/a", "//a",
);
my $field = new_space($alice);
# Percent-encoded, all but the bytes of the set.
sub escaped_but {
    my ($kept, $name) = @_;
    return join '', map { /$kept/ ? $_ : sprintf '%%%02X', ord } split //, $name;
}
my %encoded = map { $_ => escaped_but(qr{[A-Za-z0-9._~/-]}, $_) } @alike;
is(scalar keys %encoded, scalar @alike, 'classic 9: the names differ');
for my $name (@alike) {
    my $at = "/space/$field/$encoded{$name}";
    my $rule = 'classic 9: the name <' . shown($name) . '>';
    my @new = (body => $name, headers => ['If-None-Match' => '*']);
    tell($alice, ["$rule is new", PUT => $at, \@new, 204]);
    # Fully escaped it is the same one.
    my $full = "/space/$field/" . lc escaped_but(qr{/}, $name);
    tell($alice, ["$rule in escapes", GET => $full, [sign => 0], 200, body => $name])
        if length $name < 1000;
    $cases += 2;
}
{
    my $read = sub { return $alice->get("/space/$field/$encoded{$_[0]}", sign => 0)->body };
    my @wrong = grep { $read->($_) ne $_ } @alike;
    is_deeply([map { shown($_) } @wrong], [], 'classic 9: none of them has overwritten another');
    my $hex = q(
        SELECT encode(substr(convert_to(path, 'UTF8'), 2), 'hex'), encode(content, 'hex')
        FROM was_resources WHERE space_uuid = ?);
    my %stored = map { $_->[0] => $_->[1] } sql($hex, $field);
    my %due = map { (unpack('H*', $_)) x 2 } @alike;
    is_deeply(\%stored, \%due, 'classic 9: each is stored as the bytes that it is');
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
            my @plain = $other =~ /[\x00-\x20\x7f%?#]/ ? () : $other;
            for my $spelling ($encoded{$other}, @plain) {
                my %sign = (key => $alice->key, target => "/space/$field/$spelling");
                my $at = "/space/$field/$encoded{ $few[$n] }";
                my $res = $client->put($at, body => 'forged', sign => \%sign);
                push @passed, shown($few[$n]) . ' by ' . shown($spelling)
                    if $res->status != 401;
                $asked++;
            }
        }
    }
    my $rule = 'classic 3: a signature for one name is none for another';
    is_deeply(\@passed, [], "$rule ($asked of them)");
    $cases += $asked;
}
is_deeply(all_stored(), $before, 'classic 3: and they have stored nothing, in any table');

# 7. SQL, wherever a text goes in. Where it could be stored it is refused for what it is, or there
# are other tests; here every table stays as it is.
my @SQL = (
    q('; DROP TABLE was_spaces; --), q(' OR 1=1 --), q(" OR ""="), q!') OR ('1'='1!,
    q(1; DELETE FROM was_resources), q(\\'; --), q(%' OR path LIKE '%), q($1), q($$;$$),
    q(E'\\x00'), q(NULL), q({a,b}), q(pg_sleep(9)), q(x/**/UNION/**/SELECT/**/1), q(admin'--),
    q(_), q(%), q(was_%), q(1::int), q!');COMMIT;--!, "\xbf\x27 OR 1=1", "\xca\xbc OR 1=1",
);
my @SQL_FIELDS = (
    qw(Range Accept Accept-Language Origin User-Agent Referer Cookie If-Modified-Since),
    qw(If-Unmodified-Since X-Forwarded-For Slug Prefer X-Request-Id Content-Type),
    qw(Capability-Invocation Access-Control-Request-Headers),
);
for my $text (@SQL) {
    my $shown = shown($text);
    my $escaped = $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    my $utf8 = $text =~ /\xbf/ ? 400 : undef;
    my $quoted = json_text(Encode::decode('ISO-8859-1', $text));
    my $plain = $text =~ s/["\s]//gr =~ s/[^\x21-\x7e]/x/gr;
    my $id_ok = $text =~ /\A[A-Za-z0-9._~:-]+\z/;
    my $of_id = $utf8 // ($id_ok ? 404 : 400);
    my $of_delete = $utf8 // ($id_ok ? 204 : 400);
    my $any = "$url/a";
    my @hello = (200, body => 'hello');
    my @body = (400, pointer => '/body');
    my @unproven = (401, pointer => '/authorization');
    my $document = sub { return [body => sprintf '{%s}', join ',', @_] };
    my @range = ('If-Range' => "\"$plain\"", Range => 'bytes=0-0');
    my @asked = map { ("Access-Control-Request-$_" => $text) } qw(Method Headers);
    my $method = ($plain =~ s/[^A-Za-z\$%'*_-]//gr) || 'X';
    my $by = sub { return [body => 'x', sign => { key_id => $_[0] }] };
    my $begins_well = [body => json_text({ controller => "$did$text#" })];
    tell_counted(
        "SQL <$shown>",
        ["a space's id", GET => "/space/$escaped", [], $of_id],
        ["a space's id, to be deleted", DELETE => "/space/$escaped", [], $of_delete],
        ["a resource's space", GET => "/space/$escaped/a", [sign => 0], $of_id],
        ['a path', GET => "$url/$escaped", [sign => 0], $utf8 // 404],
        ['a path, to be deleted', DELETE => "$url/$escaped", [], $utf8 // 204],
        ['a query', GET => "$any?x=$escaped", [sign => 0], @hello],
        ['a query of the list', GET => "/spaces/?limit=$escaped&after=$escaped", [], 200],
        $id_ok ? () : ['a uuid', POST => '/spaces/', $document->(qq("uuid":$quoted)), @body],
        ['a controller', PUT => $url, $document->(qq("controller":$quoted)), @body],
        ['a controller that begins well', PUT => $url, $begins_well, @body],
        ['a link', PUT => $url, $document->(qq("controller":"$did"), qq("link":$quoted)), @body],
        ['a signer', PUT => $any, $by->($did . $plain), @unproven],
        ["a signer's fragment", PUT => $any, $by->("$did#$plain"), @unproven],
        ['If-Match', DELETE => $any, [$h->('If-Match' => "\"$plain\"")], 412],
        ['If-Match without quotes', DELETE => $any, [$h->('If-Match' => $plain)], 400],
        ['If-Match of a space', DELETE => $url, [$h->('If-Match' => "\"$plain\"")], 412],
        ['If-None-Match', GET => $any, [sign => 0, $h->('If-None-Match' => "\"$plain\"")], @hello],
        ['If-Range', GET => $any, [sign => 0, $h->(@range)], @hello],
        (map { [$_, GET => $any, [sign => 0, $h->($_ => $text)], @hello] } @SQL_FIELDS),
        ['a preflight', OPTIONS => $any, [sign => 0, $h->(Origin => $text, @asked)], 204],
        ['a method', $method => $any, [sign => 0], 405],
    );
}
is_deeply(all_stored(), $before, 'SQL: nothing of it has stored or deleted anything, in any table');

# 8. Everything in excess.
my $big = sub {
    my ($n) = @_;
    return join ', ', map { qq("$_") } 1 .. $n;
};
my $times = sub { my ($n, @field) = @_; return $h->((@field) x $n) };
my $named = sub {
    my ($n, $value) = @_;
    return $h->(map { ("X-$_" => $value) } 1 .. $n);
};
my $controller = qq("controller":"$did");
my $with = sub { return [body => "{$controller,$_[0]}"] };
my $members = sub {
    my ($n) = @_;
    return $with->(join ',', map { "\"$_\":0" } 1 .. $n);
};
my $call = sub { return [body => json_text({ controller => $did, name => $_[0] })] };
my @asked = (
    Origin => 'https://wallet.example', 'Access-Control-Request-Method' => 'PUT',
    'Access-Control-Request-Headers' => join ', ', map { "x-$_" } 1 .. 1000,
);
my @signed_field =
    (body => 'x', $times->(90, 'X-Test' => 'y' x 80), sign => { headers => [@COVERED, 'x-test'] });
my $accepts = join ',', ('x/y;q=0.1') x 700;
my $long_value = 'Signature x="' . 'y' x 8000 . '"';
my $values = sub { return $times->(90, Authorization => @_) };
my $tags = sub { return $times->(90, 'If-Match' => @_) };
my @bad_tags = (400, pointer => '/precondition');
my $arrays = join ',', ('[]') x 20000;
my $ranges = sub { my ($n, $range) = @_; return $h->(Range => 'bytes=' . join ',', ($range) x $n) };
# Each row: name, method, options, status and what is due.
my @of_a_resource = (
    ['97 fields beside ours', GET => [$named->(97, 'x')], 200],
    ['101 fields', GET => [$named->(101, 'x')], 431],
    ['10000 fields', GET => [$named->(10000, 'x')], 431],
    ['101 fields of one name', GET => [$times->(101, X => 'x')], 431],
    ['90 fields of 8000 bytes', GET => [$named->(90, 'x' x 8000)], 200],
    ['a field of 8 MiB', GET => [$h->('X' => 'x' x (8 << 20))], 431],
    [q(a field's name of 8000 bytes), GET => [$h->('X' x 8000 => 'x')], 200],
    [q(a field's name of 9000 bytes), GET => [$h->('X' x 9000 => 'x')], 431],
    ['a method of 8 MiB', 'X' x (8 << 20) => [], 414],
    ['90 long lines of Accept', GET => [$times->(90, Accept => $accepts)], 431],
    ['90 lines of Range', GET => [$times->(90, Range => 'bytes=0-0')], 200],
    ['1000 ranges', GET => [$ranges->(1000, '0-0')], 200],
    ['1000 ranges of nothing', GET => [$ranges->(1000, '9-')], 416],
    ['90 lines of Authorization', DELETE => [$values->('Signature x="y"')], 401, refusal(401)],
    ['90 long lines of Authorization', DELETE => [$values->($long_value)], 431],
    ['a preflight for 1000 fields', OPTIONS => [$h->(@asked)], 204],
    ['a host of 8000 bytes', GET => [$h->(Host => join '.', ('x' x 60) x 130)], 200],
);
# The same, of a deletion that gets no further than its precondition.
my @of_tags = (
    ['64 tags', [$h->('If-Match' => $big->(64))], 412],
    ['65 tags', [$h->('If-Match' => $big->(65))], @bad_tags],
    ['90 lines of a tag', [$tags->('"x"')], @bad_tags],
    ['90 lines of commas for tags', [$tags->(',' x 80)], @bad_tags],
    ['90 long lines of tags', [$tags->($big->(900))], 431],
    ['90 lines of an asterisk for a tag', [$tags->('*')], @bad_tags],
);
# And of the document of a space, which is written or refused for its body.
my @of_documents = (
    ['12000 members', $members->(9000), 413],
    ['7000 members', $members->(6000), 204],
    ['a member of 60000 bytes', $with->('"' . 'x' x 60000 . '":1'), 204],
    ['a number of 60000 digits', $with->('"x":' . '9' x 60000), 400],
    ['a fraction of 60000 digits', $with->('"x":0.' . '9' x 60000), 204],
    ['an exponent of 60000 digits', $with->('"x":1e' . '9' x 60000), 400],
    ['4094 empty arrays in one', $with->('"x":[' . join(',', ('[]') x 4094) . ']'), 204],
    ['4095 empty arrays in one', $with->('"x":[' . join(',', ('[]') x 4095) . ']'), 400],
    ['30000 empty arrays', $with->("\"x\":[$arrays]"), 400],
    ['10000 escapes', $with->('"x":"' . '\\u0041' x 10000 . '"'), 204],
    ['a name of 1024 bytes', $call->('x' x 1024), 204],
    ['a name of 1025 bytes', $call->('x' x 1025), 400],
    ['a name of 1025 bytes in 513 characters', $call->('é' x 512 . 'x'), 400],
    ['a document of 8 MiB', [body => ' ' x (8 << 20)], 413],
    ['a document of 8 MiB in chunks of a byte', [body => ' ' x 70_000, chunked => 1], 413],
);
for my $row (@of_a_resource) {
    my ($name, $method, $options, @due) = @$row;
    tell_counted('limits', [$name, $method => "$url/a", [sign => 0, @$options], @due]);
}
for my $row (@of_tags) {
    my ($name, $options, @due) = @$row;
    tell_counted('limits', [$name, DELETE => "$url/a", $options, @due]);
}
for my $row (@of_documents) {
    my ($name, $options, $status) = @$row;
    my @pointer = $status >= 400 ? (pointer => '/body') : ();
    tell_counted('limits', [$name, PUT => $url, $options, $status, @pointer]);
}
my @chunks = (body => 'x' x 20_000, chunked => 1);
my @types = (body => 'x', $times->(200, 'Content-Type' => 'x/y'));
tell_counted(
    'limits',
    ['a target of 8 MiB', GET => "$url/" . 'x' x (8 << 20), [sign => 0], 414],
    ['90 lines of Accept', GET => $url, [$times->(90, Accept => 'x/y;q=0.1')], 200],
    ['90 lines of a signed field', PUT => "$url/x", [@signed_field], 204],
    ['200 lines of Content-Type', PUT => "$url/x", [@types], 431],
    ['20000 chunks of a byte', PUT => "$url/x", [@chunks], 204],
);
tell_counted(
    'classic 9',
    ['after all that', GET => "$url/a", [sign => 0], 200, body => 'hello'],
    ['and for the controller', GET => $url, [], 200],
);

my $failures = qr/\[(?:was|dbd|core):(?:error|crit|alert|emerg)\]/;
unlike(WAS::Server::error_log_since($log), $failures, 'nothing of this is an error of ours');
note "$cases cases";

done_testing;
