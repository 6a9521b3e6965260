# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a client with every right may send by mistake or by malice: ids, documents, cursors, forms,
# policies, descriptors, fields and sizes. Each is refused for what it is, or kept exactly as it was
# sent; nothing breaks the server, and nothing but what was meant changes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Encode ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Test::More;
use WAS::Holder;
use WAS::Server;
use WAS::Zcap;

my $mark = WAS::Server::error_log_mark();
my $alice = holder();
my $space = make_space($alice, name => 'hostile');
my $at = "/space/$space";
my $c = make_collection($alice, $space, 'c', { r => 'content' });
my $did = $alice->did;
my $JSON = 'application/json';
my @unsigned = (zcap => 0, sign => 0);

# Ids.
my @good = ('a', '-', '_', '~', 'a.b', '...', 'photo.png', 'A-Z_a~z.0', 'x' x 255, 'chunks', 'collection', 'Meta', 'metadata');
my @bad = ('', ' ', 'a b', '.', '..', 'a/b', 'a%b', 'a?b', 'a#b', 'a:b', 'a@b', "\x{e9}", "a\x{0}", "a\n", '*', '{x}', 'x' x 256, 'x' x 5000);
my @reserved = qw(meta policy backends collections export import linkset query quotas);
for my $id (@good) {
    my $shown = length $id > 40 ? length($id) . ' bytes' : $id;
    told($alice,
        ["pws 1.2: collection $shown", POST => "$at/", [json => { id => $id }], 201, undef, headers => { Location => $alice->url("$at/$id/"), ETag => qr/\A"[^"]+"\z/ }],
        ["pws 1.2: collection $shown, once more", POST => "$at/", [json => { id => $id }], 409, 'id-conflict'],
        ["pws 1.2: resource $shown", PUT => "$c/$id", [type => 'text/plain', body => $id], 204],
        ["pws 1.2: resource $shown, read", GET => "$c/$id", [], 200, undef, body => $id, headers => { 'Content-Type' => 'text/plain' }],
        ["pws 1.2: resource $shown, encoded", GET => $c . '/' . join('', map { sprintf '%%%02X', ord } split //, $id), [], 200, undef, body => $id],
    );
}
for my $id (@bad) {
    my $shown = length $id > 40 ? length($id) . ' bytes' : $id =~ s/[^\x20-\x7e]/?/gr;
    my $encoded = join '', map { sprintf '%%%02X', ord } split //, Encode::encode_utf8($id);
    my $type = $id =~ /\0/ ? 'invalid-request-body' : 'invalid-id';
    told($alice,
        ["pws 1.2: no space '$shown'", POST => '/spaces/', [json => { id => $id, controller => $did }], 400, $type],
        ["pws 1.2: no collection '$shown'", POST => "$at/", [json => { id => $id }], 400, $type],
        ["pws 17.2: no backend '$shown'", POST => "$at/backends", [json => { id => $id, provider => 'p', connection => { kind => 'k' } }], 400, $type],
    );
    next if $id eq '' || length $id > 2000;
    # What no server could even read as a path is refused as such.
    my $plain = $id !~ m{\A\.\.?\z|\0} && 'invalid-id';
    for my $row (['GET', "$c/$encoded"], ['PUT', "$c/$encoded", type => 'text/plain', body => 'x'], ['GET', "$at/$encoded/"], ['GET', "/space/$encoded/"], ['PUT', "$at/$encoded/meta", type => $JSON, body => '{}'], ['DELETE', "$c/$encoded"]) {
        my ($method, $path, @sent) = @$row;
        my $res = $alice->request($method, $path, @sent);
        if ($plain) {
            due("pws 1.2: $method with '$shown' in the URL", $res, 400, 'invalid-id');
        }
        else {
            is($res->status, 400, "pws 1.2: $method with '$shown' in the URL");
        }
    }
}
for my $id (@reserved, 'zcaps') {
    told($alice,
        ["pws 1.3: POST of the collection $id", POST => "$at/", [json => { id => $id }], 409, 'reserved-id'],
    );
    # A backend may have the id meta.
    next if $id eq 'backends';
    told($alice,
        ["pws 1.3: PUT of the collection $id", PUT => "$at/$id/meta", [json => {}], 409, 'reserved-id'],
        ["pws 1.3: PUT of the collection $id, encoded", PUT => "$at/" . sprintf('%%%02X', ord $id) . substr($id, 1) . '/meta', [json => {}], 409, 'reserved-id'],
    );
}
told($alice,
    ['pws 1.2: an id that is no string', POST => '/spaces/', [json => '{"id":5,"controller":"' . $did . '"}'], 400, 'invalid-id'],
    ['pws 1.2: an id that is null', POST => "$at/", [json => '{"id":null}'], 400, 'invalid-id'],
    ['pws 10.1: another id than the URL\'s, of a space', PUT => "$at/meta", [json => { id => 'x', controller => $did }], 400, 'invalid-request-body'],
    ['pws 11.3: another id than the URL\'s, of a collection', PUT => "$c/meta", [json => { id => 'x' }], 400, 'invalid-request-body'],
    ['pws 1.3: meta is no resource', PUT => "$c/%6Deta", [json => { name => 'by its other name' }], 204],
    ['pws 1.3: but the collection\'s', GET => "$c/meta", [], 200, undef, check => sub { $_[0]->json->{name} eq 'by its other name' ? () : $_[0]->body }],
);

# Documents. Whatever is no JSON object is none, at every endpoint that takes one.
my $deep = '{"x":' . '[' x 100 . ']' x 100 . '}';
my @no_object = (
    ['nothing' => ''], ['a blank' => ' '], ['text' => 'x'], ['cut short' => '{"a":'], ['an array' => '[]'], ['a string' => '"x"'], ['a number' => '1'], ['null' => 'null'],
    ['two' => '{}{}'], ['a name twice' => '{"a":1,"a":2}'], ['too deep' => $deep], ['NUL' => "{\"name\":\"\\u0000\"}"], ['a raw NUL' => "{\"name\":\"\0\"}"],
    ['no UTF-8' => "{\"name\":\"\xff\"}"], ['half a surrogate' => '{"name":"\ud800"}'], ['a number beyond all' => '{"a":1e999}'], ['a byte order mark' => "\xef\xbb\xbf{}"],
    ['UTF-16' => "{\0}\0"], ['a comment' => '{}//x'], ['a comma too many' => '{"a":1,}'],
);
my @endpoints = (
    ['POST', '/spaces/'], ['PUT', "$at/meta"], ['POST', "$at/"], ['PUT', "$c/meta"], ['PUT', "$at/fresh/meta"], ['PUT', "$at/policy"], ['PUT', "$c/policy"], ['PUT', "$c/r/policy"],
    ['PUT', "$c/r/meta"], ['POST', "$at/backends"], ['PUT', "$at/backends/b"],
);
my $revoke = "$at/zcaps/revocations/urn%3Auuid%3Ax";
for my $endpoint (@endpoints, ['POST', $revoke]) {
    my ($method, $path) = @$endpoint;
    for my $row (@no_object) {
        told($alice, ["pws 1.5: $method $path: $row->[0]", $method => $path, [type => $JSON, body => $row->[1]], 400, 'invalid-request-body']);
    }
    told($alice,
        ["pws 4: $method $path: without a type", $method => $path, [body => '{}'], 400, 'missing-content-type'],
        ["pws 4: $method $path: too large", $method => $path, [type => $JSON, body => '{"name":"' . 'x' x 1_100_000 . '"}'], 413, 'payload-too-large'],
        ["pws 4: $method $path: compressed", $method => $path, [type => $JSON, body => '{}', headers => ['Content-Encoding' => 'gzip']], 415, 'unsupported-media-type'],
    );
}

# Members.
my @wrong = (
    (map { ['space', 'POST', '/spaces/', { controller => $did, %$_ }] }
        { name => 5 }, { name => {} }, { type => 'Space' }, { type => ['Other'] }, { type => [] }, { controller => 5 }, { controller => undef },
        { controller => [] }, { controller => '' }, { controller => 'x' }, { controller => 'did:web:wallet.example' }, { controller => 'https://wallet.example/' },
        { controller => "$did#x" }, { controller => $alice->key->key_id }, { controller => 'did:key:z6Mk' }, { controller => uc $did }, { controller => "did:key:" . 'z' x 5000 }),
    (map { ["update of a space's controller to $_", 'PUT', "$at/meta", { controller => $_ }] } 'did:web:wallet.example', '', 'x', 'did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169'),
    (map { ['collection', 'POST', "$at/", { id => 'never', %$_ }], ['collection', 'PUT', "$at/never/meta", $_], ['collection', 'PUT', "$c/meta", $_] }
        { name => 5 }, { name => [] }, { type => 'Collection' }, { type => ['Space'] }, { type => [] }, { backend => 'x' }, { backend => {} }, { backend => { id => 5 } }, { backend => [] },
        { generator => 'x' }, { generator => 5 }, { generator => 'did:' }, { generator => 'did:KEY:x' }, { generator => 'https://wallet.example' }, { generatorOrigin => 5 },
        { generatorOrigin => 'wallet.example' }, { generatorOrigin => 'https://wallet.example/' }, { generatorOrigin => 'https://wallet.example/path' }, { generatorOrigin => "https://w\x{e4}llet.example" },
        { generatorOrigin => 'https://' }, { custom => 5 }, { custom => [] }, { custom => 'x' }, { custom => undef }, { custom => { name => 5 } }, { custom => { tags => [] } },
        { custom => { tags => { a => 5 } } }, { epoch => '' }, { epoch => 5 }, { encryption => 5 }, { encryption => {} }, { encryption => { scheme => '' } }, { encryption => { scheme => 5 } },
        { encryption => { scheme => 'edv', version => 0 } }, { encryption => { scheme => 'edv', version => '1' } }, { encryption => { scheme => 'edv', version => -1 } }, { encryption => [] }),
    (map { ['resource metadata', 'PUT', "$c/r/meta", $_] } { custom => 5 }, { custom => [] }, { custom => { name => [] } }, { custom => { tags => 'x' } }, { custom => { tags => { a => undef } } },
        { epoch => '' }, { epoch => 5 }, { writerId => '' }, { writerId => {} }),
    (map { ['policy', 'PUT', "$c/policy", $_] } {}, { type => '' }, { type => 5 }, { type => ['PublicCanRead'] }, { type => undef }, { Type => 'PublicCanRead' }),
    (map { ['backend', 'PUT', "$at/backends/x", $_] } {}, { provider => 'p' }, { provider => 5, connection => { kind => 'k' } }, { provider => 'p', connection => 'x' }, { provider => 'p', connection => {} },
        { provider => 'p', connection => { kind => 5 } }, { provider => 'p', connection => { kind => 'k' }, name => 5 }),
    ['default backend', 'POST', "$at/backends", { id => 'default', provider => 'p', connection => { kind => 'k' } }],
    ['default backend', 'PUT', "$at/backends/default", { provider => 'p', connection => { kind => 'k' } }],
);
my $before = stored($space);
for my $row (@wrong) {
    my ($what, $method, $path, $document) = @$row;
    my $text = json_text($document);
    my $shown = substr $text =~ s/\Q$did\E/did/gr, 0, 90;
    told($alice, ["pws 10-17: $what: $method " . ($shown =~ s/[^\x20-\x7e]/?/gr), $method => $path, [json => $text], 400, 'invalid-request-body']);
}
told($alice,
    ['pws 14.1: an unknown scheme', POST => "$at/", [json => { id => 'never', encryption => { scheme => 'x' } }], 400, 'unsupported-encryption-scheme'],
    ['pws 14.1: an unknown version', POST => "$at/", [json => { id => 'never', encryption => { scheme => 'edv', version => 2 } }], 400, 'unsupported-encryption-scheme'],
    ['pws 11: an unknown backend', POST => "$at/", [json => { id => 'never', backend => { id => 'none' } }], 409, 'unsupported-backend'],
    ['pws 17.2: the default backend stays', DELETE => "$at/backends/default", [], 400, 'invalid-request-body'],
);
same_stored('pws 10-17: none of these has changed anything', $before, $space);
told($alice,
    ['pws 10.1: a type is ignored in an update', PUT => "$at/meta", [json => { controller => $did, name => 'hostile', type => ['Other'] }], 204],
    ['pws 10.1: server-managed members are ignored', PUT => "$at/meta", [json => { controller => $did, name => 'hostile', url => '/x', createdBy => 'did:x:y', linkset => 5 }], 204],
    ['pws 10.1: the space', GET => "$at/meta", [], 200, undef, json => { id => $space, type => ['Space'], name => 'hostile', controller => $did, createdBy => $did, url => "$at/", linkset => "$at/linkset" }],
    ['pws 10.2: without a controller the stored one stays', PUT => "$at/meta", [json => { name => 'hostile' }], 204],
    ['pws 12.2: server-managed members are ignored', PUT => "$c/r/meta", [json => '{"contentType":"x/y","size":1,"createdAt":5,"custom":{"name":"n","tags":{"a":"b"},"more":[1,2.5,null]}}'], 204],
    ['pws 12.2: the resource', GET => "$c/r/meta", [], 200, undef, check => sub { my $meta = $_[0]->json; $meta->{contentType} eq 'text/plain' && $meta->{size} == 7 && $meta->{custom}{more}[1] == 2.5 ? () : $_[0]->body }],
    ['pws 12.2: none is made by its metadata', PUT => "$c/none/meta", [json => {}], 404, 'not-found'],
);

# Cursors and limits.
my $many = make_collection($alice, $space, 'many', { map { sprintf('r%02d', $_) => 'x' } 1 .. 12 });
for my $cursor ('', 'x', '%%%', '%zz', 'AAAA', '=', '..', encode_base64url('a/b'), encode_base64url("\0"), encode_base64url("\xff"), encode_base64url('x' x 256), 'A' x 4000, encode_base64url('{"after":5}')) {
    my $shown = length $cursor > 40 ? length($cursor) . ' bytes' : $cursor;
    for my $path ("$many/", "$at/", '/spaces/') {
        told($alice, ["pws 13.1: the cursor '$shown' of $path", GET => "$path?limit=2&cursor=$cursor", [], 400, 'invalid-cursor']);
    }
    told($alice, ["pws 13.1: the cursor '$shown' of a stranger", GET => "$many/?cursor=$cursor", [by => holder()], 404, 'not-found']);
}
for my $row (['0', 12], ['-1', 12], ['x', 12], ['', 12], ['1.5', 12], ['1e1', 12], ['5', 5], ['99999999999999999999999', 12], ['1000000', 12], ['%31', 12], ['3&limit=4', 3]) {
    my ($limit, $count) = @$row;
    told($alice, ["pws 13.1: the limit '$limit'", GET => "$many/?limit=$limit", [], 200, undef, check => sub {
        my $list = $_[0]->json;
        return @{ $list->{items} } == $count && ($count < 12 xor !$list->{next}) ? () : $_[0]->body;
    }]);
}
{
    my ($next, @seen, @sizes) = ("$many/?limit=5");
    while ($next) {
        my $list = $alice->get($next)->json;
        push @seen, map { $_->{id} } @{ $list->{items} };
        push @sizes, scalar @{ $list->{items} };
        $next = @sizes > 5 ? undef : $list->{next};
    }
    is("@seen | @sizes", join(' ', map { sprintf 'r%02d', $_ } 1 .. 12) . ' | 5 5 2', 'pws 13.1: pages are exact');
}

# Key-Epoch and Writer-Id.
for my $name ('Key-Epoch', 'Writer-Id') {
    my $member = $name eq 'Key-Epoch' ? 'epoch' : 'writerId';
    told($alice,
        ["pws 12.1: $name empty", PUT => "$c/noted", [type => 'text/plain', body => 'x', headers => [$name => '']], 400, 'invalid-request-body'],
        ["pws 12.1: $name empty, POST", POST => "$c/", [type => 'text/plain', body => 'x', headers => [$name => '']], 400, 'invalid-request-body'],
        ["pws 12.1: $name too long", PUT => "$c/noted", [type => 'text/plain', body => 'x', headers => [$name => 'x' x 5000]], 400, 'invalid-request-body'],
        ["pws 12.1: $name", PUT => "$c/noted", [type => 'text/plain', body => 'x', headers => [$name => '"e;1\\']], 204],
        ["pws 12.1: $name is noted", GET => "$c/noted/meta", [], 200, undef, check => sub { ($_[0]->json->{$member} // '') eq '"e;1\\' ? () : $_[0]->body }],
        ["pws 12.1: and listed", GET => "$c/", [], 200, undef, check => sub { grep({ ($_->{$member} // '') eq '"e;1\\' } @{ $_[0]->json->{items} }) ? () : $_[0]->body }],
        ["pws 12.2: metadata without $member", PUT => "$c/noted/meta", [json => {}], 204],
        ["pws 12.2: keeps an epoch, clears a writer", GET => "$c/noted/meta", [], 200, undef, check => sub { (exists $_[0]->json->{$member} xor $member eq 'epoch') ? $_[0]->body : () }],
        ["pws 12.1: a write without $name clears it", PUT => "$c/noted", [type => 'text/plain', body => 'x'], 204],
        ["pws 12.1: cleared", GET => "$c/noted/meta", [], 200, undef, check => sub { exists $_[0]->json->{$member} ? $_[0]->body : () }],
    );
    my $res = $alice->put("$c/noted", type => 'text/plain', body => 'x', headers => [$name => "\xff"]);
    is($res->status, 400, "pws 12.1: $name that is no UTF-8");
}

# Media types and JSON as content: the bytes are the client's.
for my $row (['application/json', '{ "b" : 1, "a" : 1.0 }'], ['application/ld+json; charset=utf-8', '[1,"\u00e9"]'], ['APPLICATION/JSON', '"x"'], ['application/json', 'null'], ['application/json;x="{"', ' 5 '],
    ['text/jsonl', '{broken'], ['application/jsonl', "{}\n{}"], ['text/plain', ''], ['x', 'no slash'], ['image/svg+xml', '<svg/>'], ['text/html; charset=x', '<script>'], ['application/x-json', '{']) {
    my ($type, $body) = @$row;
    told($alice,
        ["pws 12.1: $type <$body>", PUT => "$c/typed", [type => $type, body => $body], 204],
        ["pws 12.1: $type <$body> comes back", GET => "$c/typed", [], 200, undef, body => $body, headers => { 'Content-Type' => $type, 'Content-Length' => length $body, 'X-Content-Type-Options' => 'nosniff' }],
        ["pws 12.1: $type <$body> HEAD", HEAD => "$c/typed", [], 200, undef, headers => { 'Content-Type' => $type, length $body ? ('Content-Length' => length $body) : () }],
    );
}
for my $row (['application/json', '{'], ['application/json', ''], ['application/json; charset=utf-8', '{"a":1,}'], ['application/ld+json', "\xff"], ['Application/Json', 'x']) {
    told($alice, ["pws 12.1: $row->[0] that is none <" . substr($row->[1], 0, 20) =~ s/[^\x20-\x7e]/?/gr . '>', PUT => "$c/typed", [type => $row->[0], body => $row->[1]], 400, 'invalid-request-body']);
}
told($alice,
    ['pws 12.1: no type', PUT => "$c/typed", [body => 'x'], 400, 'missing-content-type'],
    ['pws 12.1: no type, no body', PUT => "$c/typed", [], 400, 'missing-content-type'],
    ['pws 12.1: no type, POST', POST => "$c/", [body => 'x'], 400, 'missing-content-type'],
    ['pws 12.1: no type, no body, POST', POST => "$c/", [], 400, 'missing-content-type'],
    ['pws 12.1: chunked', PUT => "$c/typed", [type => 'text/plain', body => 'chunked' x 100, chunked => 50], 204],
    ['pws 12.1: chunked comes back', GET => "$c/typed", [], 200, undef, body => 'chunked' x 100],
    ['pws 12.1: chunked without a type', PUT => "$c/typed", [body => 'x', chunked => 1], 400, 'missing-content-type'],
    ['pws 12.1: POST makes an id of its own', POST => "$c/", [json => '{"id":"mine"}'], 201, undef, headers => { 'Cache-Control' => 'no-store', ETag => qr/\A"[^"]+"\z/ }, check => sub {
        my ($res) = @_;
        my $made = $res->json;
        return $made->{id} ne 'mine' && $made->{'content-type'} eq $JSON && $res->header('Location') eq $alice->url($made->{url}) && $alice->get($made->{url})->body eq '{"id":"mine"}' ? () : $res->body;
    }],
    ['pws 12.1: no collection, no resource', PUT => "$at/none/r", [type => 'text/plain', body => 'x'], 404, 'not-found'],
    ['pws 12.1: POST into none', POST => "$at/none/", [type => 'text/plain', body => 'x'], 404, 'not-found'],
    ['pws 1.5: Accept means nothing', GET => "$c/r", [headers => [Accept => 'image/png']], 200, undef, body => 'content'],
);

# Forms.
my $part = sub { my ($head, $body) = @_; return "--B\r\n$head\r\n\r\n$body\r\n" };
my $file = $part->(qq(Content-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: image/png), "\x89PNG\r\n--\r\n--b\0");
my $text = $part->('Content-Disposition: form-data; name="t"', 'text');
my $form = 'multipart/form-data; boundary=B';
for my $row (
    ['one file', $form, "$file--B--\r\n", "\x89PNG\r\n--\r\n--b\0", 'image/png'], ['a file among fields', $form, "$text$file$text--B--", "\x89PNG\r\n--\r\n--b\0", 'image/png'],
    ['a quoted boundary', 'multipart/form-data; boundary="B"', "$file--B--\r\n", "\x89PNG\r\n--\r\n--b\0", 'image/png'],
    ['a preamble and an epilogue', $form, "hello\r\n$file--B--\r\nbye", "\x89PNG\r\n--\r\n--b\0", 'image/png'],
    ['a file without a type', $form, $part->('Content-Disposition: form-data; name="f"; filename=""', '') . '--B--', '', 'application/octet-stream'],
    ['a JSON file', $form, $part->("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: application/json", '{ }') . '--B--', '{ }', 'application/json'],
    ['a boundary of 70', 'multipart/form-data; boundary=' . 'B' x 70, $file =~ s/--B\r/'--' . 'B' x 70 . "\r"/er . '--' . 'B' x 70 . '--', "\x89PNG\r\n--\r\n--b\0", 'image/png'],
) {
    my ($name, $type, $body, $want, $stored) = @$row;
    my $res = told($alice, ["pws 12.1: a form: $name", POST => "$c/", [type => $type, body => $body], 201, undef, check => sub { $_[0]->json->{'content-type'} eq $stored ? () : $_[0]->body }]);
    told($alice, ["pws 12.1: a form: $name: the file", GET => $res->json->{url}, [], 200, undef, body => $want, headers => { 'Content-Type' => $stored }]) if $res->status == 201;
}
for my $row (
    ['no boundary', 'multipart/form-data', "$file--B--"], ['an empty boundary', 'multipart/form-data; boundary=', "$file--B--"], ['an empty quoted boundary', 'multipart/form-data; boundary=""', "$file--B--"],
    ['a boundary of 71', 'multipart/form-data; boundary=' . 'B' x 71, "$file--B--"], ['an unclosed quote', 'multipart/form-data; boundary="' . 'B' x 80, "$file--B--"], ['another boundary', 'multipart/form-data; boundary=C', "$file--B--"],
    ['nothing', $form, ''], ['only its end', $form, '--B--'], ['no end', $form, $file], ['half an end', $form, "$file--B-"], ['cut in the head', $form, "--B\r\nContent-Disposition: form"],
    ['no file', $form, "$text--B--"], ['two files', $form, "$file$file--B--"], ['a part without a head', $form, "--B\r\nx\r\n--B--"], ['a part without a disposition', $form, $part->('Content-Type: text/plain', 'x') . '--B--'],
    ['LF for CRLF', $form, "$file--B--" =~ s/\r\n/\n/gr], ['a nested form', $form, $part->("Content-Disposition: form-data; name=\"f\"\r\nContent-Type: multipart/mixed; boundary=C", "--C\r\nContent-Disposition: file; filename=\"x\"\r\n\r\nx\r\n--C--") . '--B--'],
    ['a JSON file that is none', $form, $part->("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: application/json", '{') . '--B--'],
    (map { ['a type with the byte ' . ord, $form, $part->("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: text/plain$_", 'x') . '--B--'] } "\xff", "\1", "\x7f", "\t"),
    ['a type of 5000 bytes', $form, $part->("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: " . 'x' x 5000, 'x') . '--B--'],
    ['blanks only', $form, ' ' x 10000], ['a thousand delimiters', $form, "--B\r\n" x 1000], ['NULs', $form, "--B\r\n\0\0\0\r\n\r\n\0\r\n--B--"],
) {
    my ($name, $type, $body) = @$row;
    told($alice, ["pws 12.1: a form: $name", POST => "$c/", [type => $type, body => $body], 400, 'invalid-request-body']);
}

# Policies, linksets, backends.
told($alice,
    ['pws 8.2: no policy', GET => "$c/policy", [], 404, 'not-found'],
    ['pws 8.2: none to delete', DELETE => "$c/policy", [], 204],
    ['pws 17.1: a linkset without one', GET => "$c/linkset", [], 200, undef, headers => { 'Content-Type' => qr{\Aapplication/linkset\+json} }, check => sub {
        my $set = $_[0]->json->{linkset}; @$set == 1 && $set->[0]{anchor} eq "$c/" && !exists $set->[0]{'https://w3id.org/pws#policy'} ? () : $_[0]->body }],
    ['pws 8.2: a policy', PUT => "$c/policy", [json => '{"type":"Odd","x":{"\u00e9":[1,-0.5,true,null,"\"\\\\"]},"y":12345678901}'], 201],
    ['pws 8.2: comes back', GET => "$c/policy", [], 200, undef, json => JSON::PP->new->utf8->decode('{"type":"Odd","x":{"\u00e9":[1,-0.5,true,null,"\"\\\\"]},"y":12345678901}')],
    ['pws 8.2: replaced', PUT => "$c/policy", [json => { type => 'Odder' }], 204],
    ['pws 17.1: a linkset with one', GET => "$c/linkset", [], 200, undef, check => sub { $_[0]->json->{linkset}[0]{'https://w3id.org/pws#policy'}[0]{href} eq "$c/policy" ? () : $_[0]->body }],
    ['pws 8.2: deleted', DELETE => "$c/policy", [], 204],
    ['pws 8.2: of a collection that is not', PUT => "$at/none/policy", [json => { type => 'x' }], 404, 'not-found'],
    ['pws 8.2: of a resource that is not', PUT => "$c/none/policy", [json => { type => 'x' }], 404, 'not-found'],
    ['pws 17.1: a linkset of nothing', GET => "$at/none/linkset", [], 404, 'not-found'],
);
{
    my $secret = 'SECRETBYTES';
    my %backend = (provider => 'p', name => 'mine', token => $secret, connection => { kind => 'oauth', authorizationCode => $secret, scope => 'read', rootFolderName => 'f', password => { deep => $secret }, status => $secret });
    my $shown = sub { my ($res) = @_; my $b = $res->json; $b = (grep { $_->{id} eq 's' } @$b)[0] if ref $b eq 'ARRAY';
        return join(',', sort keys %$b) eq 'connection,id,managedBy,name,provider' && join(',', sort keys %{ $b->{connection} }) eq 'connectedAt,kind,rootFolderName,scope,status'
            && $b->{connection}{status} eq 'registered' && $res->body !~ /$secret/ ? () : $res->body };
    told($alice,
        ['pws 17.2: registered', POST => "$at/backends", [json => { id => 's', %backend }], 201, undef, check => $shown],
        ['pws 17.2: once more', POST => "$at/backends", [json => { id => 's', %backend }], 409, 'id-conflict'],
        ['pws 17.2: replaced', PUT => "$at/backends/s", [json => \%backend], 204],
        ['pws 17.2: listed', GET => "$at/backends", [], 200, undef, check => $shown],
        ['pws 17.2: chosen', POST => "$at/", [json => { id => 'away', backend => { id => 's' } }], 201],
        ['pws 17.2: shown there', GET => "$at/away/backend", [], 200, undef, check => $shown],
        ['pws 17.2: nothing can be written there', PUT => "$at/away/r", [type => 'text/plain', body => 'x'], 409, 'unsupported-backend'],
        ['pws 17.2: nor posted', POST => "$at/away/", [type => 'text/plain', body => 'x'], 409, 'unsupported-backend'],
        ['pws 11.3: the choice is kept', PUT => "$at/away/meta", [json => {}], 204],
        ['pws 11.3: still', GET => "$at/away/meta", [], 200, undef, check => sub { $_[0]->json->{backend}{id} eq 's' ? () : $_[0]->body }],
        ['pws 17.2: gone', DELETE => "$at/backends/s", [], 204],
        ['pws 17.2: gone already', DELETE => "$at/backends/s", [], 204],
        ['pws 17.2: chosen and gone', GET => "$at/away/backend", [], 404, 'not-found'],
        ['pws 17.2: put anew', PUT => "$at/backends/s", [json => \%backend], 201, undef, check => $shown],
    );
    is_deeply([sql('SELECT 1 FROM was_backends WHERE descriptor LIKE ?', "%$secret%")], [], 'pws 17.2: no secret is stored');
}

# Encrypted collections.
my $envelope = { id => 'z', sequence => \'0', indexed => [], jwe => { protected => 'eyJ', ciphertext => 'abc' } };
my $sealed = make_collection($alice, $space, 'sealed', undef, encryption => { scheme => 'edv' });
for my $row (
    ['text', 'text/plain', jcs($envelope)], ['a type that contains JSON', 'application/ld+json', jcs($envelope)], ['an object', $JSON, '{}'], ['an array', $JSON, '[{"jwe":{}}]'], ['a string', $JSON, '"jwe"'],
    (map { my ($name, $jwe) = @$_; [$name, $JSON, qq({"jwe":$jwe})] } ['an empty jwe', '{}'], ['a jwe that is text', '"x"'], ['no ciphertext', '{"protected":"x"}'], ['a ciphertext that is none', '{"protected":"x","ciphertext":5}'],
        ['a ciphertext alone', '{"ciphertext":"x"}'], ['recipients that are no list', '{"ciphertext":"x","recipients":{}}'], ['a key that is no text', '{"ciphertext":"x","encrypted_key":5}'], ['a header that is no text', '{"ciphertext":"x","protected":{}}']),
) {
    my ($name, $type, $body) = @$row;
    told($alice,
        ["pws 14.2: PUT of $name", PUT => "$sealed/r", [type => $type, body => $body], 422, 'encryption-scheme-mismatch'],
        ["pws 14.2: POST of $name", POST => "$sealed/", [type => $type, body => $body], 422, 'encryption-scheme-mismatch'],
    );
}
told($alice,
    ['pws 14.2: an envelope', PUT => "$sealed/r", [type => "$JSON; charset=utf-8", body => jcs($envelope)], 204],
    ['pws 14.2: in a form', POST => "$sealed/", [type => $form, body => $part->("Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: application/json", jcs($envelope)) . '--B--'], 201],
    ['pws 14.2: plaintext in a form', POST => "$sealed/", [type => $form, body => "$file--B--"], 422, 'encryption-scheme-mismatch'],
    (map { ["pws 14.2: metadata of @{[%$_]}", PUT => "$sealed/r/meta", [json => { custom => $_ }], 422, 'encryption-scheme-mismatch'] } { name => 'x' }, { jwe => {} }),
    ['pws 14.2: sealed metadata', PUT => "$sealed/r/meta", [json => '{"custom":{"jwe":{"protected":"x","ciphertext":"y"},"tags":{"a":"b"}}}'], 204],
    ['pws 14.2: cleared metadata', PUT => "$sealed/r/meta", [json => { custom => {} }], 204],
    ['pws 14.2: plaintext metadata of the collection', PUT => "$sealed/meta", [json => { encryption => { scheme => 'edv' }, custom => { name => 'x' } }], 422, 'encryption-scheme-mismatch'],
    ['pws 14.1: omitted', PUT => "$sealed/meta", [json => { name => 'x' }], 409, 'encryption-immutable'],
    ['pws 14.1: another', PUT => "$sealed/meta", [json => { encryption => { scheme => 'edv', more => 'x' } }], 409, 'encryption-immutable'],
    ['pws 14.1: repeated', PUT => "$sealed/meta", [json => { encryption => { scheme => 'edv' }, name => 'x' }], 204],
    ['pws 14.1: as it was', GET => "$sealed/meta", [], 200, undef, check => sub { json_text($_[0]->json->{encryption}) eq '{"scheme":"edv"}' ? () : $_[0]->body }],
    ['pws 14.1: late', PUT => "$many/meta", [json => { encryption => { scheme => 'edv' } }], 204],
    ['pws 14.2: plaintext of before stays', GET => "$many/r01", [], 200, undef, body => 'x'],
    ['pws 14.2: and no more is taken', PUT => "$many/r01", [type => 'text/plain', body => 'y'], 422, 'encryption-scheme-mismatch'],
    ['pws 14.2: but deleted it may be', DELETE => "$many/r01", [], 204],
);

# Conditions and ranges. A content's validator moves with the content only.
{
    my $r = "$c/tagged";
    my $first = $alice->put($r, type => 'text/plain', body => '0123456789')->header('ETag');
    my $meta = $alice->get("$r/meta")->header('ETag');
    told($alice,
        ['pws 9: the tag of the write', GET => $r, [], 200, undef, headers => { ETag => $first }],
        ['pws 12.2: metadata', PUT => "$r/meta", [json => { custom => { name => 'n' } }, headers => ['If-Match' => $meta]], 204],
        ['pws 12.2: does not move the content\'s tag', GET => $r, [], 200, undef, headers => { ETag => $first }],
        ['pws 9: but its own', PUT => "$r/meta", [json => {}, headers => ['If-Match' => $meta]], 412, 'precondition-failed'],
        ['pws 9: not modified', GET => $r, [headers => ['If-None-Match' => $first]], 304, undef, body => '', headers => { ETag => $first }],
        ['pws 9: weakly', HEAD => $r, [headers => ['If-None-Match' => qq("x", W/$first)]], 304, undef, headers => { ETag => $first }],
        ['pws 9: any', GET => $r, [headers => ['If-None-Match' => '*']], 304],
        ['pws 9: any metadata', GET => "$r/meta", [headers => ['If-None-Match' => '*']], 304],
        (map { ["pws 9: If-Match $_", PUT => $r, [type => 'text/plain', body => 'x', headers => ['If-Match' => $_]], 412, 'precondition-failed'] } '"99999"', '"1"', "W/$first", '"' . 'x' x 3000 . '"', '"\';--"', '"{}"', '"a,b"', $meta),
        ['pws 9: If-Match that is malformed', PUT => $r, [type => 'text/plain', body => 'x', headers => ['If-Match' => 'x']], 400, 'invalid-request'],
        ['pws 9: If-None-Match', PUT => $r, [type => 'text/plain', body => 'x', headers => ['If-None-Match' => '*']], 412, 'precondition-failed'],
        ['pws 9: If-Match of what is not', PUT => "$c/none", [type => 'text/plain', body => 'x', headers => ['If-Match' => '*']], 412, 'precondition-failed'],
        ['pws 9: DELETE If-Match of what is not', DELETE => "$c/none", [headers => ['If-Match' => $first]], 412, 'precondition-failed'],
        ['pws 9: DELETE If-Match', DELETE => $r, [headers => ['If-Match' => '"99999"']], 412, 'precondition-failed'],
        ['pws 9: PUT of a collection that was posted', PUT => "$c/meta", [json => {}, headers => ['If-None-Match' => '*']], 412, 'precondition-failed'],
        ['pws 9: PUT of a space that is', PUT => "$at/meta", [json => { controller => $did }, headers => ['If-None-Match' => '*']], 412, 'precondition-failed'],
        ['pws 9: PUT of a collection that is not', PUT => "$at/never/meta", [json => {}, headers => ['If-Match' => '*']], 412, 'precondition-failed'],
        ['pws 9: none of these has written', GET => $r, [], 200, undef, body => '0123456789', headers => { ETag => $first }],
        ['ranges: a part', GET => $r, [headers => [Range => 'bytes=2-4']], 206, undef, body => '234', headers => { 'Content-Range' => 'bytes 2-4/10', ETag => $first }],
        ['ranges: the end', GET => $r, [headers => [Range => 'bytes=-3']], 206, undef, body => '789'],
        ['ranges: none such', GET => $r, [headers => [Range => 'bytes=10-']], 416, 'range-not-satisfiable', headers => { 'Content-Range' => 'bytes */10' }],
        ['ranges: nonsense', GET => $r, [headers => [Range => 'bytes=x-y']], 200, undef, body => '0123456789'],
        ['ranges: of another version', GET => $r, [headers => [Range => 'bytes=2-4', 'If-Range' => '"x"']], 200, undef, body => '0123456789'],
        ['ranges: of this version', GET => $r, [headers => [Range => 'bytes=2-4', 'If-Range' => $first]], 206, undef, body => '234'],
        ['ranges: of a document', GET => "$r/meta", [headers => [Range => 'bytes=0-0']], 200],
        ['pws 9: identical metadata moves its tag', PUT => "$c/meta", [json => {}], 204],
    );
    my $collection = $alice->get("$c/meta")->header('ETag');
    $alice->put("$c/meta", type => $JSON, body => '{}');
    isnt($alice->get("$c/meta")->header('ETag'), $collection, 'pws 9: every write of a collection\'s metadata is a new version');
    $collection = $alice->get("$c/meta")->header('ETag');
    $alice->delete($r);
    my $again = $alice->put($r, type => 'text/plain', body => '0123456789')->header('ETag');
    isnt($again, $first, 'pws 9: what is made again is another version');
    is($alice->get("$c/meta")->header('ETag'), $collection, 'pws 9: writes of resources do not move the collection\'s');
}

# Large contents, through the file and the staged write, both ways.
{
    my $large = random_bytes(65536) x 80;
    my $sum = sha256_hex($large);
    my $r = "$c/large";
    told($alice,
        ['large: PUT', PUT => $r, [type => 'application/octet-stream', body => $large], 204],
        ['large: GET', GET => $r, [], 200, undef, headers => { 'Content-Length' => length $large }, check => sub { sha256_hex($_[0]->body) eq $sum ? () : 'other bytes' }],
        ['large: HEAD', HEAD => $r, [], 200, undef, headers => { 'Content-Length' => length $large }],
        ['large: a part', GET => $r, [headers => [Range => 'bytes=3000000-3000009']], 206, undef, body => substr $large, 3000000, 10],
        ['large: a wrong digest', PUT => $r, [type => 'application/octet-stream', body => "$large!", digest => WAS::Zcap::digest_of($large)], 400, 'invalid-authorization-header'],
        ['large: If-None-Match', PUT => $r, [type => 'application/octet-stream', body => $large, headers => ['If-None-Match' => '*']], 412, 'precondition-failed'],
        ['large: If-Match', PUT => $r, [type => 'application/octet-stream', body => "$large!", headers => ['If-Match' => '*'], chunked => 100_000], 204],
        ['large: replaced', GET => $r, [], 200, undef, check => sub { $_[0]->body eq "$large!" ? () : 'other bytes' }],
        ['large: into nothing', PUT => "$at/none/r", [type => 'application/octet-stream', body => $large], 404, 'not-found'],
        ['large: plaintext where it must be sealed', PUT => "$sealed/large", [type => 'application/octet-stream', body => $large], 422, 'encryption-scheme-mismatch'],
        ['large: its size', GET => "$r/meta", [], 200, undef, check => sub { $_[0]->json->{size} == 1 + length $large ? () : $_[0]->body }],
        ['large: a form', POST => "$c/", [type => $form, body => $part->('Content-Disposition: form-data; filename="x"', $large) . '--B--'], 415, 'unsupported-media-type'],
        ['large: POST', POST => "$c/", [type => 'application/octet-stream', body => $large], 201],
        ['large: DELETE', DELETE => $r, [], 204],
    );
}

# Shapes: redirects and refusals of methods, the same for whoever asks and whatever is there.
my $absent = new_id();
for my $id ($space, $absent) {
    my $name = $id eq $space ? 'a space' : 'no space';
    for my $signed (1, 0) {
        my @how = $signed ? () : @unsigned;
        my $who = $signed ? 'signed' : 'unsigned';
        for my $row (['', '/'], ['/c', '/c/'], ['/c/r/', '/c/r'], ['/c/r/chunks', '/c/r/chunks/'], ['/c/r/chunks/1/', '/c/r/chunks/1'], ['/c/meta/', '/c/meta'], ['?a=%20b', '/?a=%20b'], ['/%63', '/%63/'],
            ['/meta/', '/meta'], ['/policy/', '/policy'], ['/linkset/', '/linkset'], ['/backends/', '/backends'], ['/quotas/', '/quotas'], ['/export/', '/export'], ['/import/', '/import'], ['/query/', '/query']) {
            for my $method (qw(GET HEAD PUT DELETE)) {
                told($alice, ["pws 1.1: $who $method of $name$row->[0]", $method => "/space/$id$row->[0]", [@how], 308, undef, headers => { Location => "/space/$id$row->[1]" }]);
            }
        }
        for my $row (['/', 'GET, HEAD, POST, DELETE, OPTIONS', 'PUT', 'PATCH'], ['/meta', 'GET, HEAD, PUT, OPTIONS', 'POST', 'DELETE', 'PATCH'], ['/policy', 'GET, HEAD, PUT, DELETE, OPTIONS', 'POST'], ['/backends', 'GET, HEAD, POST, OPTIONS', 'PUT', 'DELETE'],
            ['/backends/b', 'PUT, DELETE, OPTIONS', 'GET', 'POST'], ['/export', 'POST, OPTIONS', 'GET', 'PUT'], ['/import', 'POST, OPTIONS', 'GET', 'DELETE'], ['/linkset', 'GET, HEAD, OPTIONS', 'PUT', 'POST'], ['/quotas', 'GET, HEAD, OPTIONS', 'DELETE'],
            ['/query', 'OPTIONS', 'GET', 'PUT', 'DELETE', 'PATCH'], ['/collections/', 'GET, HEAD, OPTIONS', 'DELETE', 'PATCH'], ['/c/', 'GET, HEAD, POST, DELETE, OPTIONS', 'PUT'], ['/c/meta', 'GET, HEAD, PUT, OPTIONS', 'POST', 'DELETE'], ['/c/meta/log', 'GET, HEAD, PUT, OPTIONS', 'DELETE'],
            ['/c/query', 'POST, OPTIONS', 'GET', 'PUT'], ['/c/backend', 'GET, HEAD, OPTIONS', 'PUT'], ['/c/quota', 'GET, HEAD, OPTIONS', 'PUT'], ['/c/r', 'GET, HEAD, PUT, DELETE, OPTIONS', 'POST', 'PATCH', 'LOCK'], ['/c/r/meta', 'GET, HEAD, PUT, OPTIONS', 'DELETE'],
            ['/c/r/chunks/', 'GET, HEAD, OPTIONS', 'POST'], ['/c/r/chunks/0', 'GET, HEAD, PUT, DELETE, OPTIONS', 'POST']) {
            my ($path, $allow, @methods) = @$row;
            for my $method (@methods) {
                told($alice, ["pws 3: $who $method of $name$path", $method => "/space/$id$path", [@how, $signed ? (type => $JSON, body => '{}') : ()], 405, 'about:blank', check => sub {
                    my ($got, $want) = map { join ' ', sort split /, / } scalar $_[0]->header('Allow') // '', $allow;
                    return $got eq $want ? () : "Allow: $got instead of $want";
                }]);
            }
            told($alice, ["pws 1.4: $who OPTIONS of $name$path", OPTIONS => "/space/$id$path", [@how, headers => [Origin => 'https://wallet.example', 'Access-Control-Request-Method' => 'PUT', 'Access-Control-Request-Headers' => 'authorization,capability-invocation,digest']],
                204, undef, headers => { 'Access-Control-Allow-Headers' => qr/capability-invocation/i, 'Access-Control-Max-Age' => qr/\A\d+\z/ }]);
        }
    }
}
told($alice,
    ['pws 2: no such path', GET => '/nothing', [], 404, 'not-found'], ['pws 2: below a resource', GET => "$c/r/x", [], 404, 'not-found'], ['pws 2: below a policy', GET => "$at/backends/b/x/y/z", [], 404, 'not-found'],
    ['pws 2: an empty segment', GET => "/space//meta", [], 404, 'not-found'], ['pws 3: other methods on the list', PUT => '/spaces/', [type => $JSON, body => '{}'], 405, 'about:blank'],
    ['pws 3: the list, deleted', DELETE => '/spaces/', [@unsigned], 405, 'about:blank'], ['pws 1.1: the list without its slash', GET => '/spaces?x=y', [@unsigned], 308, undef, headers => { Location => '/spaces/?x=y' }],
    ['pws 13.2: unsigned', POST => "$c/query", [@unsigned, type => $JSON, body => '{}'], 401, 'missing-authorization'],
);
for my $row (["$at/./meta"], ["$at/../$space/meta"], ["$at/%2e%2e/meta"], ["$c/%00"], ["$c/%ff"], ["$c/%2"], ["$c/%zz"], ["/space/$space%2Fc/r/"]) {
    is($alice->get($row->[0])->status, 400, "pws 6.3: refused: $row->[0]");
}
{
    my $bare = "GET $at/meta HTTP/1.1\r\nHost: $alice->{authority}\r\nConnection: close\r\n";
    is($alice->raw("$bare$_\r\n")->status, 404, 'hostile fields: ' . substr $_, 0, 40) for "Range: bytes=0-0\r\n", "If-None-Match: *\r\n", "Accept: x\r\n" x 20;
    is($alice->raw("$bare$_\r\n")->status, 400, 'hostile fields: ' . substr $_, 0, 40) for 'Authorization: ' . 'x' x 7000 . "\r\n", 'Capability-Invocation: ' . 'zcap x="y",' x 500 . "\r\n", "Authorization: \x80\xff\r\n", "Authorization:\r\nCapability-Invocation:\r\n";
}

# The service document.
{
    my $res = told($alice, ['pws 18.1: the service document', GET => '/service', [@unsigned], 200, undef, headers => { ETag => qr/\A"[^"]+"\z/, 'Cache-Control' => qr/max-age/, 'Content-Type' => qr{\Aapplication/json} }]);
    my $service = $res->json;
    is("<$service->{url}>; rel=\"service\"", scalar $res->header('Link'), 'pws 18.1: its URL is the link\'s');
    is($service->{specs}{'https://w3id.org/pws'}[0]{spaces}, $alice->url('/spaces/'), 'pws 18.1: it leads to the spaces');
    my %features = map { $_ => 1 } @{ $service->{specs}{'https://w3id.org/pws'}[0]{features} };
    ok(!grep({ $features{$_} } qw(query changes-query export quotas encryption)) && !$service->{specs}{'https://w3id.org/pws/encrypted-collections'}, 'pws 18.1: and promises nothing that is not there');
    told($alice, ['pws 18.1: not modified', GET => '/service', [@unsigned, headers => ['If-None-Match' => scalar $res->header('ETag')]], 304]);
}

# Deletion takes all that is in it.
{
    my $gone = make_collection($alice, $space, 'gone', { r => 'x', s => 'y' });
    $alice->send_json(PUT => "$gone/$_", { type => 'PublicCanRead' }) for 'policy', 'r/policy';
    $alice->send_json(PUT => "$gone/r/meta", { custom => { name => 'x' } });
    my $tag = $alice->get("$gone/meta")->header('ETag');
    my $left = sub { return join ' ', map { $_->[0] } map { sql(@$_) } map { ["SELECT count(*) FROM $_->[0] WHERE space_uuid = ? AND $_->[1]", $space] }
        ['was_resources', "path LIKE '/gone/%'"], ['was_resource_meta', "path LIKE '/gone/%'"], ['was_resource_policies', "path LIKE '/gone/%'"], ['was_collection_policies', "collection = 'gone'"] };
    is($left->(), '2 1 1 1', 'pws 11.4: what is there');
    told($alice, ['pws 11.4: a resource', DELETE => "$gone/r", [], 204]);
    is($left->(), '1 0 0 1', 'pws 12.1: a resource takes along what is noted of it');
    told($alice, ['pws 11.4: the collection', DELETE => "$gone/", [], 204], ['pws 11.4: which was gone', DELETE => "$gone/", [], 204], ['pws 12.1: nothing in it', GET => "$gone/s", [], 404, 'not-found']);
    is($left->(), '0 0 0 0', 'pws 11.4: nothing is left');
    make_collection($alice, $space, 'gone');
    isnt($alice->get("$gone/meta")->header('ETag'), $tag, 'pws 9: made again it is another version');
    told($alice, ['pws 10.2: the space', DELETE => "$at/", [], 204], ['pws 10.2: nobody\'s now', DELETE => "$at/", [], 404, 'not-found'], ['pws 10.2: nor is its policy', GET => "$at/meta", [@unsigned], 404, 'not-found']);
    is_deeply([map { @$_ } @{ stored($space) }], [], 'pws 10.2: no row of it is left');
}

unlike(WAS::Server::error_log_since($mark), qr/\[(?:was|dbd):(?:error|crit|alert|emerg)\]/, 'nothing of this is an error of ours');

done_testing;
