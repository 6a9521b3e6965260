# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Hostile input (protocol/classic section 9 and more): each has its answer, a problem document with
# the status that is due, never a 5xx, and nothing is stored that was refused. A request line that
# httpd itself cannot read is refused by httpd, with a page of its own; those cases say so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $space = new_space($alice);
my $url = "/space/$space";
$alice->put("$url/a", body => 'hello', type => 'text/plain');
my ($HOST) = WAS::Server::url() =~ m{//(.*)};

sub shown {
    my ($text) = @_;
    $text =~ s/\Q$space\E/S/g;
    $text =~ s/([^\x20-\x7e])/sprintf '<%02x>', ord $1/ge;
    return length $text > 70 ? substr($text, 0, 60) . '... ' . length($text) . ' bytes' : $text;
}

# The rows of a table in text: a name and what it stands for, by a bar. <hh> is a byte, as it is
# in what `shown` shows; DID and OK are the controller's and a member that says so.
my $did = $alice->did;
my $ok = qq("controller":"$did");

sub table {
    my ($text) = @_;
    my %word = (DID => $did, OK => $ok);
    return map {
        my ($name, @cells) = split /\s*\| /;
        s/\b(DID|OK)\b/$word{$1}/g, s/<([0-9a-f]{2})>/chr hex $1/ge for @cells;
        [$name, map { $_ eq '-' ? '' : $_ } @cells];
    } split /\n/, $text;
}

my $before = snapshot($space);

# Paths that can be read in two ways, or that PostgreSQL cannot hold. Every method is refused alike,
# whoever signed it.
my @bad_paths = (
    # dot segments
    qw(/. /.. /./ /../ /a/. /a/.. /a/./b /a/../b /../../etc/passwd /./a /a/. //../a /..//a),
    # and encoded ones, all, half, in either case
    qw(/%2e /%2E /%2e%2e /%2E%2e /.%2e /%2e. /%2e/ /%2e%2e/ /a/%2e),
    qw(/a/%2e%2e /a/%2e%2e/b /a/.%2e/b /a/%2e./b),
    # between encoded slashes
    qw(/a%2F..%2Fb /a%2f%2e%2e%2fb /..%2Fa /a%2F.. /a%2F. /.%2F /%2F.. /%2F..%2F /a/..%2Fb),
    qw(/a%2F../b),
    # NUL
    '/%00', '/a%00', '/a%00b', '/a/%00/b', '/a%2F%00',
    # not UTF-8: lone continuations, cut and wrong sequences, overlong forms, surrogates, too high
    (
        map { ("/$_", "/a${_}b") } qw(%80 %BF %C3 %C3%28 %E2%82 %E2%28%A1 %F0%9F%98 %FE %FF),
        qw(%C0%80 %C0%AE %C1%BF %E0%80%AF %E0%9F%BF %F0%80%80%AF %F0%8F%BF%BF),
        qw(%ED%A0%80 %ED%BF%BF %ED%A0%80%ED%B0%80),
        qw(%F4%90%80%80 %F5%80%80%80 %F8%88%80%80%80 %fc%84%80%80%80%80)
    ),
    "/\xff", "/\xc3", "/\xc0\xae\xc0\xae", "/\xed\xa0\x80", "/\xe2\x82",
    # broken escapes
    '/%', '/%4', '/%zz', '/%4g', '/a%', '/a%2', '/100%', '/%%41', '/%u0041', '/%41%',
);
my @methods = (
    ['GET', sign => 0],
    ['GET'],
    ['HEAD'],
    ['PUT', body => 'x'],
    ['POST', body => 'x'],
    ['DELETE'],
    ['OPTIONS', sign => 0],
    ['PATCH'],
);
for my $path (@bad_paths) {
    for my $row (@methods) {
        my ($method, @options) = @$row;
        my $name = "classic 9: $method " . shown($path);
        my @due = $method eq 'OPTIONS' ? 204 : (400, pointer => '/target');
        tell($alice, [$name, $method => "$url$path", [@options], @due]);
    }
}
# The same where a space's id should be.
for my $id (qw(. .. %2e %2E%2E %00 a%00 %FF %C0%AE %zz % a%2Fb a%2F..), "\xff") {
    my $name = 'classic 9: a space called ' . shown($id);
    tell($alice, [$name, PUT => "/space/$id", [body => "{$ok}"], 400]);
}
for my $target (
    qw(/. /.. /../ /../../etc/passwd /./health /health/.. /%2e%2e/health /spaces/.. /spaces/%2e),
    qw(/space/.. /%00 /%FF /% /..%2F /%2F..%2F)
) {
    my $name = 'classic 9: GET ' . shown($target);
    tell($alice, [$name, GET => $target, [sign => 0], 400, pointer => '/target']);
}

# Lengths of the path.
my @status = (
    # length, PUT, GET, DELETE, GET with a query
    [7999, 204, 200, 204, 404],
    [8000, 204, 200, 204, 404],
    [8001, 414, 414, 414, 414],
);
for my $row (@status) {
    my ($length, $put, $get, $delete, $query) = @$row;
    my $at = "$url/" . 'l' x ($length - length($url) - 1);
    my @pointer = $put == 414 ? (pointer => '/target') : ();
    tell_rule(
        $alice,
        'classic 9',
        ["PUT of a path of $length bytes", PUT => $at, [body => 'x'], $put, @pointer],
        ["GET of a path of $length bytes", GET => $at, [sign => 0], $get],
        ["DELETE of a path of $length bytes", DELETE => $at, [], $delete],
        ["a query is not counted: $length bytes", GET => "$at?" . 'q' x 50, [sign => 0], $query],
    );
}
my $escaped = "$url/" . '%6c' x int((7999 - length $url) / 3);
tell_rule(
    $alice,
    'classic 9',
    ['a path of 8000 bytes, a third when decoded', PUT => $escaped, [body => 'x'], 204],
    ['and it is gone again', DELETE => $escaped, [], 204],
);

sub random_name {
    my ($length) = @_;
    my @characters = ('a' .. 'z', 'A' .. 'Z', 0 .. 9, '-', '_');
    return join '', map { $characters[ord($_) % 64] } split //, random_bytes($length);
}

# Some fit into an index entry and some do not; what does not is the client's fault.
for my $length (1000, 2000, 2500, 2600, 2650, 2700, 2800, 3000, 4000, 6000, 7900) {
    my $target = "$url/" . random_name($length - length($url) - 1);
    my $put = $alice->put($target, body => 'x');
    if ($put->status == 204) {
        my $name = "an incompressible path of $length bytes is stored and read";
        tell_rule(
            $alice,
            'classic 9',
            [$name, GET => $target, [sign => 0], 200, body => 'x'],
            ["and deleted, of $length bytes", DELETE => $target, [], 204],
        );
    }
    else {
        expect("classic 9: an incompressible path of $length bytes is refused", $put, 414);
        my $big = 'x' x 1_100_000;
        tell_rule(
            $alice,
            'classic 9',
            ["a read of it finds nothing, $length bytes", GET => $target, [sign => 0], 404],
            ["a deletion finds nothing, $length bytes", DELETE => $target, [], 204],
            ["POST of it, $length bytes", POST => $target, [body => 'x'], 414],
            ["a big body at it, $length bytes", PUT => $target, [body => $big], 414],
        );
    }
    cmp_ok($put->status, '==', 204, "limits: $length bytes are not too long") if $length <= 2500;
}
my $slashes = "$url/" . '/' x 7000;
tell(
    $alice,
    ['limits: 4000 segments', PUT => "$url/" . 's/' x 3900, [body => 'x'], 204],
    ['limits: and gone', DELETE => "$url/" . 's/' x 3900, [], 204],
    ['limits: too many segments', PUT => $slashes, [body => 'x'], 400, pointer => '/target'],
    ['limits: a long query', GET => "$url/a?" . 'q' x 7000, [sign => 0], 200],
);
same_rows('classic 9: no such path has changed anything', $before, $space);

# JSON. Each row: name, body. All are refused as a body.
my @bad_json = table(<<'ROWS');
nothing                          | -
null                             | null
true                             | true
a number                         | 1
a string                         | "x"
an array                         | [{OK}]
an empty array                   | []
cut short                        | {OK
cut in a string                  | {"controller":"did
without quotes                   | {controller:1}
single quotes                    | {'controller':'DID'}
a comma too many                 | {OK,}
a comment                        | {OK /* x */}
text behind it                   | {OK} x
two documents                    | {OK}{OK}
a NUL behind it                  | {OK}<00>
a NUL before it                  | <00>{OK}
a byte order mark                | <ef><bb><bf>{OK}
not UTF-8                        | {OK,"name":"<ff>"}
overlong UTF-8                   | {OK,"name":"<c0><ae>"}
a surrogate in UTF-8             | {OK,"name":"<ed><a0><80>"}
a lone surrogate                 | {OK,"name":"\ud800"}
a lone low surrogate             | {OK,"name":"\udc00"}
surrogates the wrong way round   | {OK,"name":"\udc00\ud800"}
an escaped NUL                   | {OK,"name":"a\u0000b"}
an escaped NUL in a key          | {OK,"a\u0000b":1}
an escaped NUL in the controller | {"controller":"DID\u0000"}
a raw NUL in a string            | {OK,"name":"a<00>b"}
a raw line break in a string     | {OK,"name":"a<0a>b"}
an unknown escape                | {OK,"name":"\x41"}
a key twice                      | {OK,OK}
a key twice, below               | {OK,"x":{"y":1,"y":1}}
a key twice, escaped             | {OK,"\u0063ontroller":"did:key:x"}
a key twice, in an array         | {OK,"x":[{"y":1,"y":2}]}
a huge integer                   | {OK,"x":123456789012345678901234567890}
a huge exponent                  | {OK,"x":1e400}
NaN                              | {OK,"x":NaN}
Infinity                         | {OK,"x":-Infinity}
a leading zero                   | {OK,"x":01}
hex                              | {OK,"x":0x10}
a bare point                     | {OK,"x":1.}
a plus                           | {OK,"x":+1}
controller a NUL                 | {"controller":"\u0000"}
a controller with quotes         | {"controller":"did:key:\"'"}
a controller with a line break   | {"controller":"did:key:z\n"}
ROWS
my $much = 'x' x 60_000;
push @bad_json, (
    ['a blank', ' '],
    ['UTF-16', join '', map { "\0$_" } split //, "{$ok}"],
    ['33 levels', qq({$ok,"x":) . '[' x 32 . ']' x 32 . '}'],
    ['33 levels of objects', qq({$ok,"x":) . '{"x":' x 32 . '1' . '}' x 32 . '}'],
    ['100000 levels', '[' x 60_000],
    ['levels that never end', qq({"a":) x 10_000],
    ['many closings', ']' x 60_000],
    ['a long controller', qq({"controller":"did:key:) . 'z' x 60_000 . '"}'],
    ['an id beyond its bytes', qq({$ok,"id":"$much"})],
    ['a name beyond its bytes', qq({$ok,"name":"$much"})],
    ['a link beyond its bytes', qq({$ok,"link":"/$much"})],
);
for my $case (@bad_json) {
    my ($name, $body) = @$case;
    my @due = ([body => $body], 400, pointer => '/body');
    tell_rule(
        $alice,
        'classic 9',
        ["PUT of a space: $name", PUT => '/space/' . new_id(), @due],
        ["PUT of a space that is there: $name", PUT => $url, @due],
        $body eq '' ? () : ["POST /spaces/: $name", POST => '/spaces/', @due],
    );
}
same_rows('classic 9: no such JSON has changed anything', $before, $space);

# JSON that looks bad and is good.
my @good_json = table(<<'ROWS');
an escaped quote before brackets | {OK,"x":"\"","y":"[[[["}
a surrogate pair                 | {OK,"name":"\ud83d\ude00"}
the last characters of Unicode   | {OK,"name":"<f4><8f><bf><bf><ef><bf><be>"}
U+FEFF inside                    | {OK,"name":"<ef><bb><bf>"}
prototype names                  | {OK,"__proto__":{"x":1},"constructor":1}
an integer of 64 bits            | {OK,"x":9223372036854775807}
a real                           | {OK,"x":1.5e300}
keys that differ in case         | {OK,"Controller":"x"}
ROWS
push @good_json, (
    ['32 levels', qq({$ok,"x":) . '[' x 31 . ']' x 31 . '}'],
    ['brackets in a string', qq({$ok,"name":") . '[' x 1000 . '"}'],
    ['blanks around', " \t\r\n{$ok}\r\n "],
    ['escapes in the controller', '{"\u0063ontroller":"' . ($did =~ s/d/\\u0064/r) . '"}'],
    ['64 KiB', padded(65_536)],
);
for my $case (@good_json) {
    my ($name, $body) = @$case;
    tell(
        $alice,
        ["classic 9: good JSON: $name", PUT => '/space/' . new_id(), [body => $body], 204]);
}

# A document of that many bytes.
sub padded {
    my ($length) = @_;
    return "{$ok" . ' ' x ($length - 2 - length $ok) . '}';
}

for my $row (
    # bytes, PUT, POST
    [65_536, 204, 201],
    [65_537, 413, 413],
    [10_000_000, 413, 413],
) {
    my ($length, $put, $post) = @$row;
    my @pointer = $put == 413 ? (pointer => '/body') : ();
    for my $options ([], [chunked => 1000]) {
        my $what = "$length bytes, " . (@$options ? 'in chunks' : 'announced');
        my @body = (body => padded($length), @$options);
        tell_rule(
            $alice,
            'classic 9',
            ["a document of $what", PUT => $url, [@body], $put, @pointer],
            ["POST of $what", POST => '/spaces/', [@body], $post],
        );
    }
}
$before = snapshot($space);

# SQL, where it could be taken for SQL. It is stored as what it is.
my @SQL = (
    q(';DROP TABLE was_spaces;--), q(' OR '1'='1), q(\\'), q("$1"), q($$x$$), q(%' --), q({*}),
    q(NULL), q(E'\\\\x41'), q(\\x414243), q(?), q(:a),
);
for my $text (@SQL) {
    my $at = "$url/" . $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    my $shown = shown($text);
    my @type = (type => "text/x; x=$text");
    my @tag = (headers => ['If-Match' => '"' . ($text =~ s/[" ]//gr) . '"']);
    my $id = new_space($alice, name => $text, id => $text);
    my $document = { id => $text, name => $text, controller => $did };
    tell_rule(
        $alice,
        'classic 9',
        ["a path like <$shown>", PUT => $at, [body => $text, @type], 204],
        ["it comes back <$shown>", GET => $at, [sign => 0], 200, body => $text, @type],
        ["and goes <$shown>", DELETE => $at, [], 204],
        ["a tag <$shown>", PUT => "$url/a", [body => 'x', @tag], 412],
        ["names like <$shown>", GET => "/space/$id", [], 200, json => $document],
    );
}
same_rows('classic 9: nothing of it was run', $before, $space);

# Fields. Each row: name, field, value, status of a GET of a resource, of a PUT; `foreign` when
# httpd itself may refuse.
my $FAR = 'Fri, 31 Dec 9999 23:59:59 GMT';
my $ETAGS = substr(join(', ', map { "\"$_\"" } 1 .. 900), 0, 7000) =~ s/,[^,]*\z//r;
my @fields = (
    ['Range of letters', Range => 'x' x 7000, 200, 204],
    ['Range of commas', Range => 'bytes=' . ',' x 7000, 200, 204],
    ['Range of dashes', Range => 'bytes=' . '-' x 7000, 200, 204],
    ['Range of many', Range => 'bytes=' . join(',', map { "$_-$_" } (0) x 1500), 200, 204],
    ['Range beyond numbers', Range => 'bytes=' . '9' x 7000 . '-', 416, 204],
    ['Range with a line of quotes', Range => 'bytes="0-1"', 200, 204],
    ['If-Range of letters', 'If-Range' => 'x' x 7000, 200, 204],
    ['If-Match of 8 KB', 'If-Match' => $ETAGS, 412, 400],
    ['If-None-Match of 8 KB', 'If-None-Match' => $ETAGS, 200, 400],
    ['If-Match that never ends', 'If-Match' => '"' . 'x' x 7000, 412, 400],
    ['If-Match of one long tag', 'If-Match' => '"' . 'x' x 7000 . '"', 412, 412],
    ['If-Match of braces', 'If-Match' => '"{a,b}","}"', 412, 412],
    ['If-Modified-Since of letters', 'If-Modified-Since' => 'x' x 7000, 200, 204],
    ['If-Modified-Since of a far year', 'If-Modified-Since' => $FAR, 200, 204],
    ['If-Unmodified-Since of letters', 'If-Unmodified-Since' => 'x' x 7000, 200, 204],
    ['Accept of letters', Accept => 'x' x 7000, 200, 204],
    ['Accept of commas', Accept => ',' x 7000, 200, 204],
    ['Accept of semicolons', Accept => 'application/x-tar' . ';' x 7000, 200, 204],
    ['Accept of slashes', Accept => '/' x 7000, 200, 204],
    ['Accept-Encoding of stars', 'Accept-Encoding' => '*' x 7000, 200, 204],
    ['Origin of letters', Origin => 'x' x 7000, 200, 204],
    ['Origin of bytes', Origin => join('', map { chr } 0x80 .. 0xff), 200, 204],
    ['Expect of something else', Expect => '200-maybe', 417, 417, 'foreign'],
    ['Upgrade to something', Upgrade => 'websocket', 200, 204],
    ['X-Forwarded-For', 'X-Forwarded-For' => "1.1.1.1', '", 200, 204],
    ['a field of another protocol', 'Capability-Invocation' => 'x' x 7000, 200, 204],
    ['a Content-Type of 7000 bytes', 'Content-Type' => 'x' x 7000, 200, 400],
    ['a Content-Type of bytes', 'Content-Type' => "text/\xff", 200, 400],
    ['a Content-Type of markup', 'Content-Type' => '"><script>alert(1)</script>', 200, 204],
    ['a Content-Type of commas', 'Content-Type' => ',' x 512, 200, 400],
    ['a Content-Type of semicolons', 'Content-Type' => ';' x 512, 200, 204],
    ['a Content-Encoding of letters', 'Content-Encoding' => 'x' x 7000, 200, 415],
    ['a Content-Location', 'Content-Location' => '/space/other', 200, 204],
    ['a Content-Disposition', 'Content-Disposition' => 'attachment; filename="x"', 200, 204],
    ['a Cookie of 7000 bytes', Cookie => 'x' x 7000, 200, 204],
    ['a Host of somebody else', Host => 'evil.example', 200, 204],
    ['a Host with a port that is none', Host => 'x:y', 400, 400, 'foreign'],
    ['a field of more than 8190 bytes', 'X-Long' => 'x' x 9000, 431, 431],
    ['a field with a NUL', 'X-Nul' => "a\0b", 400, 400, 'foreign'],
    ['a field with a bell', 'X-Bell' => "a\ab", 400, 400, 'foreign'],
    ['a name with a blank', 'X Y' => 'x', 400, 400, 'foreign'],
    ['a name of bytes', "X-\xff" => 'x', 400, 400, 'foreign'],
    ['an empty name', '' => 'x', 400, 400, 'foreign'],
);
for my $case (@fields) {
    my ($name, $field, $value, $get, $put, $foreign) = @$case;
    my @field = (headers => [$field => $value]);
    my @foreign = (foreign => $foreign);
    my $is_unread = $foreign || $get == 431;
    my $space_get = $is_unread ? $get : $name =~ /\AIf-Match/ ? 412 : 200;
    my $options = $is_unread ? $get : 204;
    tell_rule(
        $alice,
        'classic 9',
        ["GET with $name", GET => "$url/a", [sign => 0, @field], $get, @foreign],
        ["GET of a space with $name", GET => $url, [@field], $space_get, @foreign],
        ["PUT with $name", PUT => "$url/f", [body => 'x', @field], $put, @foreign],
        ["OPTIONS with $name", OPTIONS => "$url/f", [sign => 0, @field], $options, @foreign],
        ["and away, after $name", DELETE => "$url/f", [], 204],
    );
}
my @many = (headers => [map { ("X-$_" => 'x') } 1 .. 200]);
tell_rule(
    $alice, 'classic 9',
    ['too many fields', GET => "$url/a", [sign => 0, @many], 431]);

# Request lines. Each row: name, the line, status, whose page; the rest of the request is as usual.
sub line {
    my ($line, @fields) = @_;
    @fields = "Host: $HOST" if !@fields;
    return $alice->raw(join "\r\n", $line, @fields, 'Connection: close', '', '');
}

for my $case (
    ['absolute-form', "GET http://$HOST$url/a HTTP/1.1", 200],
    ['absolute-form of https', "GET https://$HOST$url/a HTTP/1.1", 200],
    ['absolute-form of another host', "GET http://evil.example$url/a HTTP/1.1", 200],
    ['absolute-form without a path', "GET http://$HOST HTTP/1.1", 400],
    ['absolute-form of another scheme', "GET ftp://$HOST$url/a HTTP/1.1", 400, 'foreign'],
    ['absolute-form with dots', "GET http://$HOST$url/../a HTTP/1.1", 400],
    ['a fragment', "GET $url/a#b HTTP/1.1", 400, 'foreign'],
    ['an empty fragment', "GET $url/a# HTTP/1.1", 400, 'foreign'],
    ['a backslash', "GET \\health HTTP/1.1", 400, 'foreign'],
    ['no slash', "GET health HTTP/1.1", 400, 'foreign'],
    ['an empty target', "GET  HTTP/1.1", 400, 'foreign'],
    ['a blank in the target', "GET $url/a b HTTP/1.1", 400, 'foreign'],
    ['a tab in the target', "GET $url/a\tb HTTP/1.1", 400, 'foreign'],
    ['a bell in the target', "GET $url/a\ab HTTP/1.1", 400, 'foreign'],
    ['a NUL in the target', "GET $url/a\0b HTTP/1.1", 400, 'foreign'],
    ['OPTIONS *', "OPTIONS * HTTP/1.1", 200],
    ['GET *', "GET * HTTP/1.1", 400, 'foreign'],
    ['authority-form', "CONNECT $HOST HTTP/1.1", 400],
    ['CONNECT of a path', "CONNECT $url/a HTTP/1.1", 400, 'foreign'],
    ['a long method', 'X' x 1000 . " $url/a HTTP/1.1", 405],
    ['a method of signs', "!#\$%&'*+-.^_`|~ $url/a HTTP/1.1", 405],
    ['a method in lower case', "get $url/a HTTP/1.1", 405],
    ['a method with a parenthesis', "G(T $url/a HTTP/1.1", 400, 'foreign'],
    ['a method of bytes', "G\xffT $url/a HTTP/1.1", 400, 'foreign'],
    ['a line beyond 8190 bytes', "GET $url/" . 'x' x 8200 . ' HTTP/1.1', 414, 'foreign'],
    ['HTTP/1.0', "GET $url/a HTTP/1.0", 200],
    ['HTTP/1.0 without Host', "GET $url/a HTTP/1.0", 200, undef, 'X: y'],
    ['HTTP/1.1 without Host', "GET $url/a HTTP/1.1", 400, 'foreign', 'X: y'],
    ['two Hosts', "GET $url/a HTTP/1.1", 400, 'foreign', "Host: $HOST", 'Host: evil.example'],
    ['HTTP/1.2', "GET $url/a HTTP/1.2", 200],
    ['HTTP/2.0 in a line', "GET $url/a HTTP/2.0", 200],
    ['HTTP/9.9', "GET $url/a HTTP/9.9", 200],
    ['a version that is none', "GET $url/a HTTP/x.y", 400, 'foreign'],
    ['another protocol', "GET $url/a SIP/2.0", 400, 'foreign'],
    ['a folded field', "GET $url/a HTTP/1.1", 200, undef, "Host: $HOST", "X: a\r\n b"],
    ['a field without a colon', "GET $url/a HTTP/1.1", 400, 'foreign', "Host: $HOST", 'X'],
    ['a blank before a colon', "GET $url/a HTTP/1.1", 400, 'foreign', "Host: $HOST", 'X : y'],
) {
    my ($name, $line, $status, $foreign, @fields) = @$case;
    my $res = line($line, @fields);
    my @body = $status == 200 && $line =~ /\AGET/ ? (body => 'hello') : ();
    expect("RFC 9112: $name", $res, $status, foreign => $foreign, @body);
}

# Signed as it stands in an absolute-form: the path is what counts.
my @hello = (body => 'hello', type => 'text/plain');
my $whole = "http://$HOST$url/a";
my @as_it_stands = (body => 'no', sign => { target => $whole });
tell_rule(
    $alice,
    'classic 3',
    ['an absolute-form, signed by its path', PUT => $whole, [@hello], 204],
    ['an absolute-form of another host', PUT => "http://evil.example$url/a", [@hello], 204],
    ['an absolute-form, signed as it stands', PUT => $whole, [@as_it_stands], 401],
);

# Framing that could be read in two ways, of which RFC 9112 6.3 lets chunks win over a length. Each
# row: name, status, fields, body.
my $CHUNKED = 'Transfer-Encoding: chunked';
for my $case (
    ['both lengths', 204, "Content-Length: 5\r\n$CHUNKED", "5\r\nhello\r\n0\r\n\r\n"],
    ['two lengths', 400, "Content-Length: 5\r\nContent-Length: 6", 'hello!'],
    ['two lengths in a list', 400, 'Content-Length: 5, 6', 'hello!'],
    ['a negative length', 400, 'Content-Length: -5', 'hello'],
    ['a signed length', 400, 'Content-Length: +5', 'hello'],
    ['a length in hex', 400, 'Content-Length: 0x5', 'hello'],
    ['a length beyond numbers', 400, 'Content-Length: ' . '9' x 40, 'hello'],
    ['an empty length', 400, 'Content-Length: ', 'hello'],
    ['an unknown coding', 400, 'Transfer-Encoding: gzip', 'hello'],
    ['chunked not at the end', 400, "$CHUNKED, gzip", "0\r\n\r\n"],
    ['identity', 400, 'Transfer-Encoding: identity', 'hello'],
    ['a chunk without a number', 400, $CHUNKED, "\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of letters', 400, $CHUNKED, "xyz\r\nhello\r\n0\r\n\r\n"],
    ['a chunk longer than it says', 400, $CHUNKED, "2\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of a negative length', 400, $CHUNKED, "-5\r\nhello\r\n0\r\n\r\n"],
    ['a chunk beyond numbers', 413, $CHUNKED, 'f' x 30 . "\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of a huge length', 400, $CHUNKED, "7fffffffffff\r\nhello"],
    ['no last chunk', 400, $CHUNKED, "5\r\nhello\r\n"],
) {
    my ($name, $status, $framing, $body) = @$case;
    my %signed = (key => $alice->key, method => 'PUT', target => "$url/framing");
    my $value = WAS::Client::authorization(%signed);
    my $socket = $alice->open_socket;
    my $deadline = time + 20;
    my @fields = ("Host: $HOST", 'Connection: close', "Authorization: $value", $framing);
    my $head = join "\r\n", "PUT $url/framing HTTP/1.1", @fields, '', '';
    $alice->send_bytes($socket, $head . $body, $deadline);
    $socket->shutdown(1);
    my $rest = '';
    my $res =
        WAS::Response->from_stream(sub { $alice->read_bytes($socket, $deadline) }, \$rest, 'PUT');
    my $ours = $res->type eq 'application/problem+json';
    is($res->status, $status, "RFC 9112 6: $name: $status") or diag $res->body;
    is($res->body =~ tr/{//, 2, "RFC 9112 6: $name: one problem document, and nothing else")
        if $ours;
    is(scalar @{ [$res->body =~ /<html>/g] }, $ours ? 0 : 1, "RFC 9112 6: $name: one page")
        if $res->status >= 400;
    my @stored =
        sql('SELECT 1 FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/framing');
    is(scalar @stored, $res->status == 204 ? 1 : 0, "RFC 9112 6: $name: stored or not, as it says");
    sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/framing');
}

# Many at once that are all wrong, and the server serves on.
sub throw_garbage {
    for my $n (1 .. 40) {
        my $res = eval { $alice->raw(random_bytes(200) . "\r\n\r\n") };
        return "5xx @{[$res->status]}" if $res && $res->status =~ /\A5/ && $res->status !~ /50[15]/;
    }
    return 'fine';
}
my @garbage = in_parallel(8, \&throw_garbage);
is_deeply(\@garbage, [('fine') x 8], 'RFC 9112: random bytes');
tell($alice, ['and the server serves on', GET => "$url/a", [sign => 0], 200, body => 'hello']);

done_testing;
