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

my $before = snapshot($space);

# Paths that can be read in two ways, or that PostgreSQL cannot hold. Every method is refused alike,
# whoever signed it.
my @bad_paths = (
    # dot segments
    qw(/. /.. /./ /../ /a/. /a/.. /a/./b /a/../b /../../etc/passwd /./a /a/. //../a /..//a),
    # and encoded ones, all, half, in either case
    qw(/%2e /%2E /%2e%2e /%2E%2e /.%2e /%2e. /%2e/ /%2e%2e/ /a/%2e /a/%2e%2e /a/%2e%2e/b /a/.%2e/b /a/%2e./b),
    # between encoded slashes
    qw(/a%2F..%2Fb /a%2f%2e%2e%2fb /..%2Fa /a%2F.. /a%2F. /.%2F /%2F.. /%2F..%2F /a/..%2Fb /a%2F../b),
    # NUL
    '/%00', '/a%00', '/a%00b', '/a/%00/b', '/a%2F%00',
    # not UTF-8: lone continuations, cut and wrong sequences, overlong forms, surrogates, beyond Unicode
    (map { ("/$_", "/a${_}b") } '%80', '%BF', '%C3', '%C3%28', '%E2%82', '%E2%28%A1', '%F0%9F%98', '%FE', '%FF', '%C0%80', '%C0%AE', '%C1%BF',
        '%E0%80%AF', '%E0%9F%BF', '%F0%80%80%AF', '%F0%8F%BF%BF', '%ED%A0%80', '%ED%BF%BF', '%ED%A0%80%ED%B0%80', '%F4%90%80%80', '%F5%80%80%80',
        '%F8%88%80%80%80', '%fc%84%80%80%80%80'),
    "/\xff", "/\xc3", "/\xc0\xae\xc0\xae", "/\xed\xa0\x80", "/\xe2\x82",
    # broken escapes
    '/%', '/%4', '/%zz', '/%4g', '/a%', '/a%2', '/100%', '/%%41', '/%u0041', '/%41%',
);
for my $path (@bad_paths) {
    tell($alice, map {
        my ($method, @options) = @$_;
        ["classic 9: $method " . shown($path), $method => "$url$path", [@options], 400, pointer => '/target']
    } ['GET', sign => 0], ['GET'], ['HEAD'], ['PUT', body => 'x'], ['POST', body => 'x'], ['DELETE'], ['OPTIONS', sign => 0], ['PATCH']);
}
# The same where a space's id should be.
tell($alice, map { ["classic 9: a space called " . shown($_), PUT => "/space/$_", [body => json_text({ controller => $alice->did })], 400] }
    qw(. .. %2e %2E%2E %00 a%00 %FF %C0%AE %zz % a%2Fb a%2F..), "\xff");
tell($alice, map { ["classic 9: GET " . shown($_), GET => $_, [sign => 0], 400, pointer => '/target'] }
    qw(/. /.. /../ /../../etc/passwd /./health /health/.. /%2e%2e/health /spaces/.. /spaces/%2e /space/.. /%00 /%FF /% /..%2F /%2F..%2F));

# Lengths of the path.
for my $case ([7999, 204], [8000, 204], [8001, 414]) {
    my ($length, $status) = @$case;
    my $target = "$url/" . 'l' x ($length - length($url) - 1);
    tell($alice,
        ["classic 9: PUT of a path of $length bytes", PUT => $target, [body => 'x'], $status, $status == 414 ? (pointer => '/target') : ()],
        ["classic 9: GET of a path of $length bytes", GET => $target, [sign => 0], $status == 204 ? 200 : 414],
        ["classic 9: DELETE of a path of $length bytes", DELETE => $target, [], $status],
        ["classic 9: a query is not counted: $length bytes", GET => "$target?" . 'q' x 50, [sign => 0], $status == 204 ? 404 : 414]);
}
tell($alice, ['classic 9: a path of 8000 bytes, a third when decoded', PUT => "$url/" . '%6c' x int((7999 - length $url) / 3), [body => 'x'], 204],
    ['classic 9: and it is gone again', DELETE => "$url/" . '%6c' x int((7999 - length $url) / 3), [], 204]);
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
        tell($alice, ["classic 9: an incompressible path of $length bytes is stored and read", GET => $target, [sign => 0], 200, body => 'x'],
            ["classic 9: and deleted, of $length bytes", DELETE => $target, [], 204]);
    }
    else {
        expect("classic 9: an incompressible path of $length bytes is refused", $put, 414);
        tell($alice, ["classic 9: a read of it finds nothing, $length bytes", GET => $target, [sign => 0], 404],
            ["classic 9: a deletion finds nothing, $length bytes", DELETE => $target, [], 204],
            ["classic 9: POST of it, $length bytes", POST => $target, [body => 'x'], 414],
            ["classic 9: a big body at it, $length bytes", PUT => $target, [body => 'x' x 1_100_000], 414]);
    }
    cmp_ok($put->status, '==', 204, "limits: $length bytes are not too long") if $length <= 2500;
}
tell($alice,
    ['limits: 4000 segments', PUT => "$url/" . 's/' x 3900, [body => 'x'], 204],
    ['limits: and gone', DELETE => "$url/" . 's/' x 3900, [], 204],
    ['limits: too many segments', PUT => "$url/" . '/' x 7000, [body => 'x'], 400, pointer => '/target'],
    ['limits: a long query', GET => "$url/a?" . 'q' x 7000, [sign => 0], 200],
);
same_rows('classic 9: no such path has changed anything', $before, $space);

# JSON. Each row: name, body. All are refused as a body.
my $did = $alice->did;
my $ok = qq("controller":"$did");
my @bad_json = (
    ['nothing', ''], ['a blank', ' '], ['null', 'null'], ['true', 'true'], ['a number', '1'], ['a string', '"x"'], ['an array', "[{$ok}]"],
    ['an empty array', '[]'], ['cut short', "{$ok"], ['cut in a string', qq({"controller":"did)], ['without quotes', "{controller:1}"],
    ['single quotes', "{'controller':'$did'}"], ['a comma too many', "{$ok,}"], ['a comment', "{$ok /* x */}"], ['text behind it', "{$ok} x"],
    ['two documents', "{$ok}{$ok}"], ['a NUL behind it', "{$ok}\0"], ['a NUL before it', "\0{$ok}"], ['a byte order mark', "\xef\xbb\xbf{$ok}"],
    ['UTF-16', join '', map { "\0$_" } split //, "{$ok}"], ['not UTF-8', qq({$ok,"name":"\xff"})], ['overlong UTF-8', qq({$ok,"name":"\xc0\xae"})],
    ['a surrogate in UTF-8', qq({$ok,"name":"\xed\xa0\x80"})], ['a lone surrogate', qq({$ok,"name":"\\ud800"})], ['a lone low surrogate', qq({$ok,"name":"\\udc00"})],
    ['surrogates the wrong way round', qq({$ok,"name":"\\udc00\\ud800"})], ['an escaped NUL', qq({$ok,"name":"a\\u0000b"})], ['an escaped NUL in a key', qq({$ok,"a\\u0000b":1})],
    ['an escaped NUL in the controller', qq({"controller":"$did\\u0000"})], ['a raw NUL in a string', qq({$ok,"name":"a\0b"})], ['a raw line break in a string', qq({$ok,"name":"a\nb"})],
    ['an unknown escape', qq({$ok,"name":"\\x41"})], ['a key twice', qq({$ok,$ok})], ['a key twice, below', qq({$ok,"x":{"y":1,"y":1}})],
    ['a key twice, escaped', qq({$ok,"\\u0063ontroller":"did:key:x"})], ['a key twice, in an array', qq({$ok,"x":[{"y":1,"y":2}]})],
    ['a huge integer', qq({$ok,"x":123456789012345678901234567890})], ['a huge exponent', qq({$ok,"x":1e400})], ['NaN', qq({$ok,"x":NaN})], ['Infinity', qq({$ok,"x":-Infinity})],
    ['a leading zero', qq({$ok,"x":01})], ['hex', qq({$ok,"x":0x10})], ['a bare point', qq({$ok,"x":1.})], ['a plus', qq({$ok,"x":+1})],
    ['33 levels', qq({$ok,"x":) . '[' x 32 . ']' x 32 . '}'], ['33 levels of objects', qq({$ok,"x":) . '{"x":' x 32 . '1' . '}' x 32 . '}'],
    ['100000 levels', '[' x 60_000], ['levels that never end', qq({"a":) x 10_000], ['many closings', ']' x 60_000], ['controller a NUL', '{"controller":"\\u0000"}'],
    ['a long controller', '{"controller":"did:key:' . 'z' x 60_000 . '"}'], ['a controller with quotes', '{"controller":"did:key:\\"\'"}'],
    ['a controller with a line break', '{"controller":"did:key:z\\n"}'], ['an id beyond its bytes', qq({$ok,"id":") . 'x' x 60_000 . '"}'],
    ['a name beyond its bytes', qq({$ok,"name":") . 'x' x 60_000 . '"}'], ['a link beyond its bytes', qq({$ok,"link":"/) . 'x' x 60_000 . '"}'],
);
for my $case (@bad_json) {
    my ($name, $body) = @$case;
    my $fresh = new_id();
    tell($alice,
        ["classic 9: PUT of a space: $name", PUT => "/space/$fresh", [body => $body], 400, pointer => '/body'],
        ["classic 9: PUT of a space that is there: $name", PUT => $url, [body => $body], 400, pointer => '/body'],
        $body eq '' ? () : ["classic 9: POST /spaces/: $name", POST => '/spaces/', [body => $body], 400, pointer => '/body'],
    );
}
same_rows('classic 9: no such JSON has changed anything', $before, $space);

# JSON that looks bad and is good.
for my $case (
    ['32 levels', qq({$ok,"x":) . '[' x 31 . ']' x 31 . '}'], ['brackets in a string', qq({$ok,"name":") . '[' x 1000 . '"}'],
    ['an escaped quote before brackets', qq({$ok,"x":"\\"","y":"[[[["})], ['blanks around', " \t\r\n{$ok}\r\n "], ['escapes in the controller', '{"\\u0063ontroller":"' . ($did =~ s/d/\\u0064/r) . '"}'],
    ['a surrogate pair', qq({$ok,"name":"\\ud83d\\ude00"})], ['the last characters of Unicode', qq({$ok,"name":"\xf4\x8f\xbf\xbf\xef\xbf\xbe"})], ['U+FEFF inside', qq({$ok,"name":"\xef\xbb\xbf"})],
    ['prototype names', qq({$ok,"__proto__":{"x":1},"constructor":1})], ['an integer of 64 bits', qq({$ok,"x":9223372036854775807})], ['a real', qq({$ok,"x":1.5e300})],
    ['64 KiB', "{$ok" . ' ' x (65_536 - 2 - length $ok) . '}'], ['keys that differ in case', qq({$ok,"Controller":"x"})],
) {
    my ($name, $body) = @$case;
    tell($alice, ["classic 9: good JSON: $name", PUT => '/space/' . new_id(), [body => $body], 204]);
}
for my $options ([], [chunked => 1000]) {
    my $how = @$options ? 'in chunks' : 'announced';
    tell($alice, map { my ($length, $status) = @$_;
        (["classic 9: a document of $length bytes, $how", PUT => $url, [body => "{$ok" . ' ' x ($length - 2 - length $ok) . '}', @$options], $status,
          $status == 413 ? (pointer => '/body') : ()],
         ["classic 9: POST of $length bytes, $how", POST => '/spaces/', [body => "{$ok" . ' ' x ($length - 2 - length $ok) . '}', @$options],
          $status == 204 ? 201 : $status])
    } [65_536, 204], [65_537, 413], [10_000_000, 413]);
}
$before = snapshot($space);

# SQL, where it could be taken for SQL. It is stored as what it is.
my @SQL = (q(';DROP TABLE was_spaces;--), q(' OR '1'='1), q(\\'), q("$1"), q($$x$$), q(%' --), q({*}), q(NULL), q(E'\\\\x41'), q(\\x414243), q(?), q(:a));
for my $text (@SQL) {
    my $segment = $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    my $shown = shown($text);
    tell($alice,
        ["classic 9: a path like <$shown>", PUT => "$url/$segment", [body => $text, type => "text/x; x=$text"], 204],
        ["classic 9: it comes back <$shown>", GET => "$url/$segment", [sign => 0], 200, body => $text, type => "text/x; x=$text"],
        ["classic 9: and goes <$shown>", DELETE => "$url/$segment", [], 204],
        ["classic 9: a tag <$shown>", PUT => "$url/a", [body => 'x', headers => ['If-Match' => '"' . ($text =~ s/[" ]//gr) . '"']], 412],
    );
    my $id = new_space($alice, name => $text, id => $text);
    tell($alice, ["classic 9: names like <$shown>", GET => "/space/$id", [], 200, json => { id => $text, name => $text, controller => $did }]);
}
same_rows('classic 9: nothing of it was run', $before, $space);

# Fields. Each row: name, field, value, status of a GET of a resource, of a PUT; `foreign` when httpd
# itself may refuse.
my $ETAGS = join ', ', map { "\"$_\"" } 1 .. 900;
my @fields = (
    ['Range of letters', Range => 'x' x 7000, 200, 204],
    ['Range of commas', Range => 'bytes=' . ',' x 7000, 200, 204],
    ['Range of dashes', Range => 'bytes=' . '-' x 7000, 200, 204],
    ['Range of many', Range => 'bytes=' . join(',', map { "$_-$_" } (0) x 1500), 200, 204],
    ['Range beyond numbers', Range => 'bytes=' . '9' x 7000 . '-', 416, 204],
    ['Range with a line of quotes', Range => 'bytes="0-1"', 200, 204],
    ['If-Range of letters', 'If-Range' => 'x' x 7000, 200, 204],
    ['If-Match of 8 KB', 'If-Match' => substr($ETAGS, 0, 7000) =~ s/,[^,]*\z//r, 412, 400],
    ['If-None-Match of 8 KB', 'If-None-Match' => substr($ETAGS, 0, 7000) =~ s/,[^,]*\z//r, 200, 400],
    ['If-Match that never ends', 'If-Match' => '"' . 'x' x 7000, 412, 400],
    ['If-Match of one long tag', 'If-Match' => '"' . 'x' x 7000 . '"', 412, 412],
    ['If-Match of braces', 'If-Match' => '"{a,b}","}"', 412, 412],
    ['If-Modified-Since of letters', 'If-Modified-Since' => 'x' x 7000, 200, 204],
    ['If-Modified-Since of a far year', 'If-Modified-Since' => 'Fri, 31 Dec 9999 23:59:59 GMT', 200, 204],
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
    ['a Content-Type of commas', 'Content-Type' => ',' x 512, 200, 204],
    ['a Content-Encoding of letters', 'Content-Encoding' => 'x' x 7000, 200, 415],
    ['a Content-Location', 'Content-Location' => '/space/other', 200, 204],
    ['a Content-Disposition', 'Content-Disposition' => 'attachment; filename="x"', 200, 204],
    ['a Cookie of 7000 bytes', Cookie => 'x' x 7000, 200, 204],
    ['a Host of somebody else', Host => 'evil.example', 200, 204],
    ['a Host with a port that is none', Host => 'x:y', 400, 400, 'foreign'],
    ['a field of more than 8190 bytes', 'X-Long' => 'x' x 9000, 400, 400, 'foreign'],
    ['a field with a NUL', 'X-Nul' => "a\0b", 400, 400, 'foreign'],
    ['a field with a bell', 'X-Bell' => "a\ab", 400, 400, 'foreign'],
    ['a name with a blank', 'X Y' => 'x', 400, 400, 'foreign'],
    ['a name of bytes', "X-\xff" => 'x', 400, 400, 'foreign'],
    ['an empty name', '' => 'x', 400, 400, 'foreign'],
);
for my $case (@fields) {
    my ($name, $field, $value, $get, $put, $foreign) = @$case;
    my @headers = (headers => [$field => $value]);
    tell($alice,
        ["classic 9: GET with $name", GET => "$url/a", [sign => 0, @headers], $get, foreign => $foreign],
        ["classic 9: GET of a space with $name", GET => $url, [@headers],
            $foreign ? $get : $name =~ /\AIf-Match/ ? 412 : 200, foreign => $foreign],
        ["classic 9: PUT with $name", PUT => "$url/f", [body => 'x', @headers], $put, foreign => $foreign],
        ["classic 9: OPTIONS with $name", OPTIONS => "$url/f", [sign => 0, @headers], $foreign ? $get : 204, foreign => $foreign],
        ["classic 9: and away, after $name", DELETE => "$url/f", [], 204],
    );
}
tell($alice, ['classic 9: too many fields', GET => "$url/a", [sign => 0, headers => [map { ("X-$_" => 'x') } 1 .. 200]], 400, foreign => 1]);

# Request lines. Each row: name, the line, status, whose page; the rest of the request is as usual.
sub line {
    my ($line, @fields) = @_;
    return $alice->raw(join "\r\n", $line, @fields ? @fields : ("Host: $HOST"), 'Connection: close', '', '');
}

for my $case (
    ['absolute-form', "GET http://$HOST$url/a HTTP/1.1", 200],
    ['absolute-form of https', "GET https://$HOST$url/a HTTP/1.1", 200],
    ['absolute-form of another host', "GET http://evil.example$url/a HTTP/1.1", 200],
    ['absolute-form without a path', "GET http://$HOST HTTP/1.1", 'any'],
    ['absolute-form of another scheme', "GET ftp://$HOST$url/a HTTP/1.1", 'any'],
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
    ['OPTIONS *', "OPTIONS * HTTP/1.1", 'any'],
    ['GET *', "GET * HTTP/1.1", 400, 'foreign'],
    ['authority-form', "CONNECT $HOST HTTP/1.1", 'any'],
    ['CONNECT of a path', "CONNECT $url/a HTTP/1.1", 'any'],
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
    ['HTTP/2.0 in a line', "GET $url/a HTTP/2.0", 'any'],
    ['HTTP/9.9', "GET $url/a HTTP/9.9", 'any'],
    ['a version that is none', "GET $url/a HTTP/x.y", 400, 'foreign'],
    ['another protocol', "GET $url/a SIP/2.0", 400, 'foreign'],
    ['a folded field', "GET $url/a HTTP/1.1", 'any', undef, "Host: $HOST", "X: a\r\n b"],
    ['a field without a colon', "GET $url/a HTTP/1.1", 400, 'foreign', "Host: $HOST", 'X'],
    ['a blank before a colon', "GET $url/a HTTP/1.1", 400, 'foreign', "Host: $HOST", 'X : y'],
) {
    my ($name, $line, $status, $foreign, @fields) = @$case;
    my $res = line($line, @fields);
    if ($status eq 'any') {
        # What httpd makes of these is httpd's; that it is no failure of ours is what counts.
        ok($res->status == 0 || $res->status < 500 || $res->status == 505, "RFC 9112: $name: @{[$res->status]}") or diag $res->body;
        next;
    }
    expect("RFC 9112: $name", $res, $status, foreign => $foreign, $status == 200 ? (body => 'hello') : ());
}

# Signed as it stands in an absolute-form: the path is what counts.
tell($alice,
    ['classic 3: an absolute-form, signed by its path', PUT => "http://$HOST$url/a", [body => 'hello', type => 'text/plain'], 204],
    ['classic 3: an absolute-form of another host', PUT => "http://evil.example$url/a", [body => 'hello', type => 'text/plain'], 204],
    ['classic 3: an absolute-form, signed as it stands', PUT => "http://$HOST$url/a",
     [body => 'no', sign => { target => "http://$HOST$url/a" }], 401],
);

# Framing that could be read in two ways.
for my $case (
    ['both lengths', 400, "Content-Length: 5\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n", 'either'],
    ['two lengths', 400, "Content-Length: 5\r\nContent-Length: 6", 'hello!'],
    ['two lengths in a list', 400, 'Content-Length: 5, 6', 'hello!'],
    ['a negative length', 400, 'Content-Length: -5', 'hello'],
    ['a signed length', 400, 'Content-Length: +5', 'hello'],
    ['a length in hex', 400, 'Content-Length: 0x5', 'hello'],
    ['a length beyond numbers', 400, 'Content-Length: ' . '9' x 40, 'hello'],
    ['an empty length', 400, 'Content-Length: ', 'hello'],
    ['an unknown coding', 400, 'Transfer-Encoding: gzip', 'hello', 'either'],
    ['chunked not at the end', 400, 'Transfer-Encoding: chunked, gzip', "0\r\n\r\n", 'either'],
    ['identity', 400, 'Transfer-Encoding: identity', 'hello', 'either'],
    ['a chunk without a number', 400, 'Transfer-Encoding: chunked', "\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of letters', 400, 'Transfer-Encoding: chunked', "xyz\r\nhello\r\n0\r\n\r\n"],
    ['a chunk longer than it says', 400, 'Transfer-Encoding: chunked', "2\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of a negative length', 400, 'Transfer-Encoding: chunked', "-5\r\nhello\r\n0\r\n\r\n"],
    ['a chunk beyond numbers', 413, 'Transfer-Encoding: chunked', 'f' x 30 . "\r\nhello\r\n0\r\n\r\n"],
    ['a chunk of a huge length', 413, 'Transfer-Encoding: chunked', "7fffffffffff\r\nhello", 'either'],
    ['no last chunk', 400, 'Transfer-Encoding: chunked', "5\r\nhello\r\n"],
) {
    my ($name, $status, $framing, $body, $either) = @$case;
    my $value = WAS::Client::authorization(key => $alice->key, method => 'PUT', target => "$url/framing");
    my $socket = $alice->_connect;
    my $deadline = time + 20;
    $alice->_write($socket, "PUT $url/framing HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\nAuthorization: $value\r\n$framing\r\n\r\n$body", $deadline);
    $socket->shutdown(1);
    my $rest = '';
    my $res = WAS::Response->from_stream(sub { $alice->_read($socket, $deadline) }, \$rest, 'PUT');
    my $ours = $res->type eq 'application/problem+json';
    ok($res->status =~ /\A4..\z/ || $either && $res->status =~ /\A(?:204|501|0)\z/, "RFC 9112 6: $name is refused: @{[$res->status]}")
        or diag $res->status, $res->body;
    is($res->body =~ tr/{//, 2, "RFC 9112 6: $name: one problem document, and nothing else") if $ours;
    is(scalar @{[$res->body =~ /<html>/g]}, $ours ? 0 : 1, "RFC 9112 6: $name: one page") if $res->status >= 400;
    my @stored = sql('SELECT 1 FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/framing');
    is(scalar @stored, $res->status == 204 ? 1 : 0, "RFC 9112 6: $name: stored or not, as it says");
    sql('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', $space, '/framing');
}

# Many at once that are all wrong, and the server serves on.
my @garbage = in_parallel(8, sub {
    for my $n (1 .. 40) {
        my $res = eval { $alice->raw(random_bytes(200) . "\r\n\r\n") };
        return "5xx @{[$res->status]}" if $res && $res->status >= 500 && $res->status != 501 && $res->status != 505;
    }
    return 'fine';
});
is_deeply(\@garbage, [('fine') x 8], 'RFC 9112: random bytes');
tell($alice, ['and the server serves on', GET => "$url/a", [sign => 0], 200, body => 'hello']);

done_testing;
