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
my @text = (type => 'text/plain', body => 'x');
my $logs = 0;
my @bytes = (type => 'application/octet-stream');
sub when { return (headers => [@_]) }

sub escaped {
    return join '', map { sprintf '%%%02X', ord } split //, $_[0];
}
sub printable { return $_[0] =~ s/[^\x20-\x7e]/?/gr }
sub short { return length $_[0] > 40 ? length($_[0]) . ' bytes' : $_[0] }

# Checks of an answer: complains, with its body, of one that is not so.
sub is_so {
    my ($is_so) = @_;
    return check => sub { local $_ = $_[0]->json; return $is_so->($_[0]) ? () : $_[0]->body };
}

# Ids.
my @good = (
    qw(a - _ ~ a.b ... photo.png A-Z_a~z.0),
    'x' x 255,
    qw(chunks collection Meta metadata),
);
my @bad = (
    '',
    ' ',
    'a b',
    qw(. .. a/b a%b a?b), 'a#b',
    qw(a:b a@b * {x}),
    "\x{e9}",
    "a\x{0}",
    "a\n",
    'x' x 256,
    'x' x 5000,
);
my @reserved = qw(meta policy backends collections export import linkset query quotas);
for my $id (@good) {
    my $shown = short($id);
    my @new = (json => { id => $id });
    my %made = (headers => { Location => $alice->url("$at/$id/"), ETag => qr/\A"[^"]+"\z/ });
    my %kept = (body => $id, headers => { 'Content-Type' => 'text/plain' });
    my $is = 'pws 1.2: resource';
    told(
        $alice,
        ["pws 1.2: collection $shown", POST => "$at/", [@new], 201, undef, %made],
        ["pws 1.2: collection $shown, once more", POST => "$at/", [@new], 409, 'id-conflict'],
        ["$is $shown", PUT => "$c/$id", [type => 'text/plain', body => $id], 201],
        ["$is $shown, read", GET => "$c/$id", [], 200, undef, %kept],
        ["$is $shown, encoded", GET => "$c/" . escaped($id), [], 200, undef, body => $id],
    );
}
for my $id (@bad) {
    my $shown = printable(short($id));
    my $encoded = escaped(Encode::encode_utf8($id));
    my @wrong = (400, $id =~ /\0/ ? 'invalid-request-body' : 'invalid-id');
    my @backend = (json => { id => $id, provider => 'p', connection => { kind => 'k' } });
    my @space = (json => { id => $id, controller => $did });
    told(
        $alice,
        ["pws 1.2: no space '$shown'", POST => '/spaces/', [@space], @wrong],
        ["pws 1.2: no collection '$shown'", POST => "$at/", [json => { id => $id }], @wrong],
        ["pws 17.2: no backend '$shown'", POST => "$at/backends", [@backend], @wrong],
    );
    next if $id eq '' || length $id > 2000;
    # What no server could even read as a path is refused as such.
    my $plain = $id !~ m{\A\.\.?\z|\0} && 'invalid-id';
    for my $row (
        ['GET', "$c/$encoded"],
        ['PUT', "$c/$encoded", @text],
        ['GET', "$at/$encoded/"],
        ['GET', "/space/$encoded/"],
        ['PUT', "$at/$encoded/meta", type => $JSON, body => '{}'],
        ['DELETE', "$c/$encoded"],
    ) {
        my ($method, $path, @sent) = @$row;
        my $res = $alice->request($method, $path, @sent);
        my $name = "pws 1.2: $method with '$shown' in the URL";
        $plain ? due($name, $res, 400, 'invalid-id') : is($res->status, 400, $name);
    }
}
my $older = at('pws_september', $alice);
for my $id (@reserved, qw(zcaps replicas)) {
    my $name = "the collection $id";
    my $hidden = escaped(substr $id, 0, 1) . substr $id, 1;
    my @reserved = (409, 'reserved-id');
    told($alice, ["pws 1.3: POST of $name", POST => "$at/", [json => { id => $id }], @reserved]);
    # A backend may have the id meta.
    next if $id eq 'backends';
    told(
        $alice,
        map {
            my ($by, @due) = @$_;
            (
                ["pws 1.3: PUT of $name", PUT => "$at/$id/meta", [by => $by, json => {}], @due],
                [
                    "pws 1.3: PUT of $name, encoded", PUT => "$at/$hidden/meta",
                    [by => $by, json => {}], @due
                ],
            )
        } [$older, @reserved],
        [$alice, 404, 'not-found']);
}
{
    my $name = 'by its other name';
    my @number = (json => qq({"id":5,"controller":"$did"}));
    my @other = (json => { id => 'x', controller => $did });
    my @body = (400, 'invalid-request-body');
    told(
        $alice,
        ['pws 1.2: an id that is no string', POST => '/spaces/', [@number], 400, 'invalid-id'],
        ['pws 1.2: an id that is null', POST => "$at/", [json => '{"id":null}'], 400, 'invalid-id'],
        ["pws 10.1: another id than the URL's, of a space", PUT => "$at/meta", [@other], @body],
        [
            "pws 11.3: another id than the URL's, of a collection",
            PUT => "$c/meta", [json => { id => 'x' }], @body
        ],
        ['pws 1.3: meta is no resource', PUT => "$c/%6Deta", [json => { name => $name }], 204],
        [
            "pws 1.3: but the collection's",
            GET => "$c/meta", [], 200, undef, is_so(sub { $_->{name} eq $name })
        ],
    );
}

# Documents. Whatever is no JSON object is none, at every endpoint that takes one.
my $deep = '{"x":' . '[' x 100 . ']' x 100 . '}';
my @no_object = (
    ['nothing' => ''],
    ['a blank' => ' '],
    ['text' => 'x'],
    ['cut short' => '{"a":'],
    ['an array' => '[]'],
    ['a string' => '"x"'],
    ['a number' => '1'],
    ['null' => 'null'],
    ['two' => '{}{}'],
    ['a name twice' => '{"a":1,"a":2}'],
    ['too deep' => $deep],
    ['NUL' => '{"name":"\u0000"}'],
    ['a raw NUL' => "{\"name\":\"\0\"}"],
    ['a raw NUL behind a word' => "{\"name\":null\0}"],
    ['a raw NUL behind a number' => "{\"x\":12\0}"],
    ['no UTF-8' => "{\"name\":\"\xff\"}"],
    ['half a surrogate' => '{"name":"\ud800"}'],
    ['a number beyond all' => '{"a":1e999}'],
    ['a byte order mark' => "\xef\xbb\xbf{}"],
    ['UTF-16' => "{\0}\0"],
    ['a comment' => '{}//x'],
    ['a comma too many' => '{"a":1,}'],
);
my @endpoints = (
    ['POST', '/spaces/'],
    ['PUT', "$at/meta"],
    ['POST', "$at/"],
    ['PUT', "$c/meta"],
    ['PUT', "$at/fresh/meta"],
    ['PUT', "$at/policy"],
    ['PUT', "$c/policy"],
    ['PUT', "$c/r/policy"],
    ['PUT', "$c/r/meta"],
    ['POST', "$at/backends"],
    ['PUT', "$at/backends/b"],
);
my @long = (type => $JSON, body => '{"name":"' . 'x' x 1_100_000 . '"}');
my @empty = (type => $JSON, body => '{}');
my $revoke = "$at/zcaps/revocations/urn%3Auuid%3Ax";
for my $endpoint (@endpoints, ['POST', $revoke]) {
    my ($method, $path) = @$endpoint;
    my $asked = "$method $path";
    for my $row (@no_object) {
        my ($name, $body) = @$row;
        my @sent = (type => $JSON, body => $body);
        my @wrong = (400, 'invalid-request-body');
        told($alice, ["pws 1.5: $asked: $name", $method => $path, [@sent], @wrong]);
    }
    my @gzip = (@empty, when ('Content-Encoding' => 'gzip'));
    my $type = 'missing-content-type';
    told(
        $alice,
        ["pws 4: $asked: without a type", $method => $path, [body => '{}'], 400, $type],
        ["pws 4: $asked: too large", $method => $path, [@long], 413, 'payload-too-large'],
        ["pws 4: $asked: compressed", $method => $path, [@gzip], 415, 'unsupported-media-type'],
    );
}

# Members.
# Each is what is wrong in a document of that noun, DID and KEY are the controller's names.
my %WRONG = (
    space => <<'SPACE', collection => <<'COLLECTION', 'resource metadata' => <<'METADATA',
{"controller":"DID","name":5}
{"controller":"DID","name":{}}
{"controller":"DID","type":"Space"}
{"controller":"DID","type":["Other"]}
{"controller":"DID","type":[]}
{"controller":5}
{"controller":null}
{"controller":[]}
{"controller":""}
{"controller":"x"}
{"controller":"did:web:wallet.example"}
{"controller":"https://wallet.example/"}
{"controller":"DID#x"}
{"controller":"KEY"}
{"controller":"did:key:z6Mk"}
{"controller":"CAPITALS"}
{"controller":"LONG"}
SPACE
{"name":5}
{"name":[]}
{"type":"Collection"}
{"type":["Space"]}
{"type":[]}
{"backend":"x"}
{"backend":{}}
{"backend":{"id":5}}
{"backend":[]}
{"generator":"x"}
{"generator":5}
{"generator":"did:"}
{"generator":"did:KEY:x"}
{"generator":"https://wallet.example"}
{"generatorOrigin":5}
{"generatorOrigin":"wallet.example"}
{"generatorOrigin":"https://wallet.example/"}
{"generatorOrigin":"https://wallet.example/path"}
{"generatorOrigin":"https://w\u00e4llet.example"}
{"generatorOrigin":"https://"}
{"custom":5}
{"custom":[]}
{"custom":"x"}
{"custom":null}
{"custom":{"name":5}}
{"custom":{"tags":[]}}
{"custom":{"tags":{"a":5}}}
{"epoch":""}
{"epoch":5}
{"encryption":5}
{"encryption":{}}
{"encryption":{"scheme":""}}
{"encryption":{"scheme":5}}
{"encryption":{"scheme":"edv","version":0}}
{"encryption":{"scheme":"edv","version":"1"}}
{"encryption":{"scheme":"edv","version":-1}}
{"encryption":[]}
COLLECTION
{"custom":5}
{"custom":[]}
{"custom":{"name":[]}}
{"custom":{"tags":"x"}}
{"custom":{"tags":{"a":null}}}
{"epoch":""}
{"epoch":5}
METADATA
    controller => <<'CONTROLLER', policy => <<'POLICY', backend => <<'BACKEND',
{"controller":"did:web:wallet.example"}
{"controller":""}
{"controller":"x"}
{"controller":"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"}
CONTROLLER
{}
{"type":""}
{"type":5}
{"type":["PublicCanRead"]}
{"type":null}
{"Type":"PublicCanRead"}
POLICY
{}
{"provider":"p"}
{"connection":{"kind":"k"},"provider":5}
{"connection":"x","provider":"p"}
{"connection":{},"provider":"p"}
{"connection":{"kind":5},"provider":"p"}
{"connection":{"kind":"k"},"name":5,"provider":"p"}
BACKEND
    'default backend' => qq({"connection":{"kind":"k"},"provider":"p"}\n),
);
# Where such a document is sent, and the id that a new thing would have.
my @sent_to = (
    ['space', POST => '/spaces/'],
    ['controller', PUT => "$at/meta"],
    ['collection', POST => "$at/", 'never'],
    ['collection', PUT => "$at/never/meta"],
    ['collection', PUT => "$c/meta"],
    ['resource metadata', PUT => "$c/r/meta"],
    ['policy', PUT => "$c/policy"],
    ['backend', PUT => "$at/backends/x"],
    ['default backend', POST => "$at/backends", 'default'],
    ['default backend', PUT => "$at/backends/default"],
);
my %name = (
    DID => $did,
    KEY => $alice->key->key_id,
    CAPITALS => uc $did,
    LONG => 'did:key:' . 'z' x 5000,
);
my $before = stored($space);
for my $row (@sent_to) {
    my ($noun, $method, $path, $id) = @$row;
    for my $line (split /\n/, $WRONG{$noun}) {
        my $json = $line =~ s/(?<=":")(DID|KEY|CAPITALS|LONG)\b/$name{$1}/r;
        my $document = JSON::PP::decode_json($json);
        $document->{id} = $id if defined $id;
        my $text = json_text($document);
        my $shown = printable(substr $text =~ s/\Q$did\E/did/gr, 0, 90);
        my @wrong = (400, 'invalid-request-body');
        told(
            $alice,
            ["pws 10-17: $noun: $method $shown", $method => $path, [json => $text], @wrong]);
    }
}
{
    my $sealed = sub { (json => { id => 'never', encryption => {@_} }) };
    my @version = $sealed->(scheme => 'edv', version => 2);
    my @scheme = (400, 'unsupported-encryption-scheme');
    my @none = (json => { id => 'never', backend => { id => 'none' } });
    my $default = "$at/backends/default";
    told(
        $alice,
        ['pws 14.1: an unknown scheme', POST => "$at/", [$sealed->(scheme => 'x')], @scheme],
        ['pws 14.1: an unknown version', POST => "$at/", [@version], @scheme],
        ['pws 11: an unknown backend', POST => "$at/", [@none], 409, 'unsupported-backend'],
        [
            'pws 17.2: the default backend stays', DELETE => $default, [], 400,
            'invalid-request-body'
        ],
    );
}
same_stored('pws 10-17: none of these has changed anything', $before, $space);
{
    my %ours = (controller => $did, name => 'hostile');
    my %managed = (url => '/x', createdBy => 'did:x:y', linkset => 5);
    my %space = (
        id => $space,
        type => ['Space'],
        %ours,
        createdBy => $did,
        url => "$at/",
        linkset => "$at/linkset",
    );
    my @noted = (json => <<'JSON');
{"contentType":"x/y","size":1,"createdAt":5,
 "custom":{"name":"n","tags":{"a":"b"},"more":[1,2.5,null]}}
JSON
    my $meta = "$at/meta";
    my $is = 'server-managed members are ignored';
    told(
        $alice,
        [
            'pws-next E.3: a type stays as it was', PUT => $meta,
            [json => { %ours, type => ['Other'] }], 400, 'invalid-request-body'
        ],
        ["pws 10.1: $is", PUT => $meta, [json => { %ours, %managed }], 204],
        ['pws 10.1: the space', GET => $meta, [by => $older], 200, undef, json => \%space],
        [
            'pws 10.2: without a controller the stored one stays',
            PUT => $meta, [json => { name => 'hostile' }], 204
        ],
        ["pws 12.2: $is", PUT => "$c/r/meta", [@noted], 200],
        [
            'pws 12.2: the type', GET => "$c/r/meta", [], 200, undef,
            is_so(sub { $_->{contentType} eq 'text/plain' })
        ],
        ['pws 12.2: the size', GET => "$c/r/meta", [], 200, undef, is_so(sub { $_->{size} == 7 })],
        [
            'pws 12.2: what is custom', GET => "$c/r/meta", [], 200, undef,
            is_so(sub { $_->{custom}{more}[1] == 2.5 })
        ],
        [
            'pws 12.2: none is made by its metadata', PUT => "$c/none/meta", [json => {}], 404,
            'not-found'
        ],
    );
}

# Cursors and limits.
my @names = map { sprintf 'r%02d', $_ } 1 .. 12;
my $many = make_collection($alice, $space, 'many', { map { $_ => 'x' } @names });
my @encoded = map { encode_base64url($_) } 'a/b', "\0", "\xff", 'x' x 256, '{"after":5}';
for my $cursor ('', 'x', '%%%', '%zz', 'AAAA', '=', '..', 'A' x 4000, @encoded) {
    my $name = "the cursor '" . short($cursor) . "' of";
    for my $path ("$many/", "$at/", '/spaces/') {
        my $target = "$path?limit=2&cursor=$cursor";
        told($alice, ["pws 13.1: $name $path", GET => $target, [], 400, 'invalid-cursor']);
    }
    my $target = "$many/?cursor=$cursor";
    told(
        $alice,
        ["pws 13.1: $name a stranger", GET => $target, [by => holder()], 404, 'not-found']);
}
# A limit, and how many come: all 12 where it is none.
my @no_limits = (qw(0 -1 x 1.5 1e1 99999999999999999999999 1000000 %31), '');
my %comes = (5 => 5, '3&limit=4' => 3, map { $_ => 12 } @no_limits);
for my $limit (sort keys %comes) {
    my $count = $comes{$limit};
    my $is_page = sub {
        return @{ $_->{items} } == $count && ($count < 12 xor !$_->{next});
    };
    my $target = "$many/?limit=$limit";
    told($alice, ["pws 13.1: the limit '$limit'", GET => $target, [], 200, undef, is_so($is_page)]);
}
{
    my ($next, @seen, @sizes) = ("$many/?limit=5");
    while ($next) {
        my $list = $alice->get($next)->json;
        push @seen, map { $_->{id} } @{ $list->{items} };
        push @sizes, scalar @{ $list->{items} };
        $next = @sizes > 5 ? undef : $list->{next};
    }
    is("@seen | @sizes", "@names | 5 5 2", 'pws 13.1: pages are exact');
}

# Key-Epoch and Writer-Id.
for my $name ('Key-Epoch', 'Writer-Id') {
    my $member = $name eq 'Key-Epoch' ? 'epoch' : 'writerId';
    my $value = '"e;1\\';
    my @noted = (@text, when ($name => $value));
    my @none = (@text, when ($name => ''));
    my @long = (@text, when ($name => 'x' x 5000));
    my @body = (400, 'invalid-request-body');
    my $r = "$c/noted-$member";
    my $is_noted = sub { ($_->{$member} // '') eq $value };
    my $is_listed = sub {
        grep { ($_->{$member} // '') eq $value } @{ $_->{items} };
    };
    my $is_kept = sub { $_->{$member} eq $value };
    my $is_cleared = sub { !exists $_->{$member} };
    told(
        $alice,
        ["pws 12.1: $name empty", PUT => $r, [@none], @body],
        ["pws 12.1: $name empty, POST", POST => "$c/", [@none], @body],
        ["pws 12.1: $name too long", PUT => $r, [@long], @body],
        ["pws 12.1: $name", PUT => $r, [@noted], 201],
        ["pws 12.1: $name is noted", GET => "$r/meta", [], 200, undef, is_so($is_noted)],
        ['pws 12.1: and listed', GET => "$c/", [], 200, undef, is_so($is_listed)],
        ["pws 12.2: metadata without $member", PUT => "$r/meta", [json => {}], 200],
        [
            'pws-next E.1: keeps an epoch, and a writer',
            GET => "$r/meta", [], 200, undef, is_so($is_kept)
        ],
        ["pws 12.1: a write without $name clears it", PUT => $r, [@text], 200],
        ['pws 12.1: cleared', GET => "$r/meta", [], 200, undef, is_so($is_cleared)],
    );
    my $res = $alice->put($r, @text, when ($name => "\xff"));
    is($res->status, 400, "pws 12.1: $name that is no UTF-8");
}

# Media types and JSON as content: the bytes are the client's.
for my $row (
    ['application/json', '{ "b" : 1, "a" : 1.0 }'],
    ['application/ld+json; charset=utf-8', '[1,"\u00e9"]'],
    ['APPLICATION/JSON', '"x"'],
    ['application/json', 'null'],
    ['application/json;x="{"', ' 5 '],
    ['text/jsonl', '{broken'],
    ['application/jsonl', "{}\n{}"],
    ['text/plain', ''],
    ['x', 'no slash'],
    ['image/svg+xml', '<svg/>'],
    ['text/html; charset=x', '<script>'],
    ['application/x-json', '{'],
) {
    my ($type, $body) = @$row;
    my $name = "pws 12.1: $type <$body>";
    my %length = ('Content-Length' => length $body);
    my %fields = ('Content-Type' => $type, %length, 'X-Content-Type-Options' => 'nosniff');
    my %head = ('Content-Type' => $type, length $body ? %length : ());
    my %whole = (body => $body, headers => \%fields);
    told(
        $alice,
        [$name, PUT => "$c/typed", [type => $type, body => $body], qr/\A20[01]\z/],
        ["$name comes back", GET => "$c/typed", [], 200, undef, %whole],
        ["$name HEAD", HEAD => "$c/typed", [], 200, undef, headers => \%head],
    );
}
for my $row (
    ['application/json', '{'],
    ['application/json', ''],
    ['application/json; charset=utf-8', '{"a":1,}'],
    ['application/ld+json', "\xff"],
    ['Application/Json', 'x'],
) {
    my ($type, $body) = @$row;
    my $name = "pws 12.1: $type that is none <" . printable($body) . '>';
    my @sent = (type => $type, body => $body);
    told($alice, [$name, PUT => "$c/typed", [@sent], 400, 'invalid-request-body']);
}
{
    my $r = "$c/typed";
    my @untyped = (400, 'missing-content-type');
    my @chunked = (type => 'text/plain', body => 'chunked' x 100, chunked => 50);
    my %fields = (headers => { 'Cache-Control' => 'no-store', ETag => qr/\A"[^"]+"\z/ });
    my $is_made = sub {
        my ($res) = @_;
        my $url = $_->{url};
        return
               $_->{id} ne 'mine'
            && $_->{'content-type'} eq $JSON
            && $res->header('Location') eq $alice->url($url)
            && $alice->get($url)->body eq '{"id":"mine"}';
    };
    told(
        $alice,
        ['pws 12.1: no type', PUT => $r, [body => 'x'], @untyped],
        ['pws 12.1: no type, no body', PUT => $r, [], @untyped],
        ['pws 12.1: no type, POST', POST => "$c/", [body => 'x'], @untyped],
        ['pws 12.1: no type, no body, POST', POST => "$c/", [], @untyped],
        ['pws 12.1: chunked', PUT => $r, [@chunked], 200],
        ['pws 12.1: chunked comes back', GET => $r, [], 200, undef, body => 'chunked' x 100],
        ['pws 12.1: chunked without a type', PUT => $r, [body => 'x', chunked => 1], @untyped],
        [
            'pws 12.1: POST makes an id of its own',
            POST => "$c/", [json => '{"id":"mine"}'], 201, undef, %fields, is_so($is_made)
        ],
        ['pws 16: no type', PUT => "$r/chunks/0", [body => 'x'], @untyped],
        ['pws 16: chunked', PUT => "$r/chunks/0", [@chunked], 204],
        [
            'pws 16: chunked comes back', GET => "$r/chunks/0", [], 200, undef,
            body => 'chunked' x 100
        ],
        ['pws 12.1: no collection, no resource', PUT => "$at/none/r", [@text], 404, 'not-found'],
        ['pws 12.1: POST into none', POST => "$at/none/", [@text], 404, 'not-found'],
        [
            'pws 1.5: Accept means nothing',
            GET => "$c/r", [when (Accept => 'image/png')], 200, undef, body => 'content'
        ],
    );
}

# Forms.
my $part = sub { my ($head, $body) = @_; return "--B\r\n$head\r\n\r\n$body\r\n" };
my $disposition = 'Content-Disposition: form-data; name="f"; filename="a.bin"';
my $image = "\x89PNG\r\n--\r\n--b\0";
my @image = ($image, 'image/png');
my $file = $part->("$disposition\r\nContent-Type: image/png", $image);
my $text = $part->('Content-Disposition: form-data; name="t"', 'text');
my $form = 'multipart/form-data; boundary=B';
my $untyped = 'Content-Disposition: form-data; name="f"; filename=""';

# A form of one file of that type.
sub typed_form {
    my ($type, $body) = @_;
    my $head = "Content-Disposition: form-data; filename=\"a\"\r\nContent-Type: $type";
    return $part->($head, $body) . '--B--';
}

my $B70 = 'B' x 70;
my $of_70 = $file =~ s/--B\r/--$B70\r/r . "--$B70--";
for my $row (
    # name, type, body, bytes and type of the file in it
    ['one file', $form, "$file--B--\r\n", @image],
    ['a file among fields', $form, "$text$file$text--B--", @image],
    ['a quoted boundary', 'multipart/form-data; boundary="B"', "$file--B--\r\n", @image],
    ['a preamble and an epilogue', $form, "hello\r\n$file--B--\r\nbye", @image],
    [
        'a file without a type', $form, $part->($untyped, '') . '--B--', '',
        'application/octet-stream'
    ],
    ['a JSON file', $form, typed_form($JSON, '{ }'), '{ }', $JSON],
    ['a boundary of 70', "multipart/form-data; boundary=$B70", $of_70, @image],
) {
    my ($name, $type, $body, $want, $stored) = @$row;
    my @sent = (type => $type, body => $body);
    my @is_typed = is_so(sub { $_->{'content-type'} eq $stored });
    my %kept = (body => $want, headers => { 'Content-Type' => $stored });
    my $res = told(
        $alice,
        ["pws 12.1: a form: $name", POST => "$c/", [@sent], 201, undef, @is_typed]);
    next if $res->status != 201;
    my $url = $res->json->{url};
    told($alice, ["pws 12.1: a form: $name: the file", GET => $url, [], 200, undef, %kept]);
}
my $nested = $part->(
    "Content-Disposition: form-data; name=\"f\"\r\n" . 'Content-Type: multipart/mixed; boundary=C',
    "--C\r\nContent-Disposition: file; filename=\"x\"\r\n\r\nx\r\n--C--"
) . '--B--';
my $boundary = 'multipart/form-data; boundary';
for my $row (
    ['no boundary', 'multipart/form-data', "$file--B--"],
    ['an empty boundary', "$boundary=", "$file--B--"],
    ['an empty quoted boundary', "$boundary=\"\"", "$file--B--"],
    ['a boundary of 71', "$boundary=" . 'B' x 71, "$file--B--"],
    ['an unclosed quote', "$boundary=\"" . 'B' x 80, "$file--B--"],
    ['another boundary', "$boundary=C", "$file--B--"],
    ['nothing', $form, ''],
    ['only its end', $form, '--B--'],
    ['no end', $form, $file],
    ['half an end', $form, "$file--B-"],
    ['cut in the head', $form, "--B\r\nContent-Disposition: form"],
    ['no file', $form, "$text--B--"],
    ['two files', $form, "$file$file--B--"],
    ['a part without a head', $form, "--B\r\nx\r\n--B--"],
    ['a part without a disposition', $form, $part->('Content-Type: text/plain', 'x') . '--B--'],
    ['LF for CRLF', $form, "$file--B--" =~ s/\r\n/\n/gr],
    ['a nested form', $form, $nested],
    ['a JSON file that is none', $form, typed_form($JSON, '{')],
    (
        map { ['a type with the byte ' . ord, $form, typed_form("text/plain$_", 'x')] } "\xff",
        "\1", "\x7f", "\t"
    ),
    ['a type of 5000 bytes', $form, typed_form('x' x 5000, 'x')],
    ['blanks only', $form, ' ' x 10000],
    ['a thousand delimiters', $form, "--B\r\n" x 1000],
    ['NULs', $form, "--B\r\n\0\0\0\r\n\r\n\0\r\n--B--"],
) {
    my ($name, $type, $body) = @$row;
    my @sent = (type => $type, body => $body);
    told($alice, ["pws 12.1: a form: $name", POST => "$c/", [@sent], 400, 'invalid-request-body']);
}

# Policies, linksets, backends.
{
    my $policy = "$c/policy";
    my $odd = '{"type":"Odd","x":{"\u00e9":[1,-0.5,true,null,"\"\\\\"]},"y":12345678901}';
    my %linkset = (headers => { 'Content-Type' => qr{\Aapplication/linkset\+json} });
    my $link = 'https://w3id.org/pws#policy';
    my $is_bare = sub {
        my ($entry, @more) = @{ $_->{linkset} };
        return !@more && $entry->{anchor} eq "$c/" && !exists $entry->{$link};
    };
    my $is_linked = sub { $_->{linkset}[0]{$link}[0]{href} eq $policy };
    my @document = (json => { type => 'x' });
    my $is = 'pws 8.2';
    my @stamp = qw(updatedAt updatedAtCounter originId);
    my $canonical = json_text(JSON::PP::decode_json($odd));
    told(
        $alice,
        ["$is: no policy", GET => $policy, [], 404, 'not-found'],
        ["$is: none to delete", DELETE => $policy, [], 204],
        [
            'pws 17.1: a linkset without one',
            GET => "$c/linkset", [], 200, undef, %linkset, is_so($is_bare)
        ],
        ["$is: a policy", PUT => $policy, [json => $odd], 201],
        [
            "$is: comes back", GET => $policy, [by => $older], 200, undef,
            json => JSON::PP::decode_json($odd)
        ],
        [
            "$is: comes back with its stamp", GET => $policy, [], 200, undef,
            is_so(sub { my %all = %$_; delete @all{@stamp}; json_text(\%all) eq $canonical })
        ],
        ["$is: replaced", PUT => $policy, [json => { type => 'Odder' }], 204],
        ['pws 17.1: a linkset with one', GET => "$c/linkset", [], 200, undef, is_so($is_linked)],
        ["$is: deleted", DELETE => $policy, [], 204],
        [
            "$is: of a collection that is not", PUT => "$at/none/policy", [@document], 404,
            'not-found'
        ],
        ["$is: of a resource that is not", PUT => "$c/none/policy", [@document], 404, 'not-found'],
        ['pws 17.1: a linkset of nothing', GET => "$at/none/linkset", [], 404, 'not-found'],
    );
}
{
    my $secret = 'SECRETBYTES';
    my %connection = (
        kind => 'oauth',
        authorizationCode => $secret,
        scope => 'read',
        rootFolderName => 'f',
        password => { deep => $secret },
        status => $secret,
    );
    my %backend = (provider => 'p', name => 'mine', token => $secret, connection => \%connection);
    my $is_shown = sub {
        my ($res) = @_;
        my ($b) = ref eq 'ARRAY' ? grep { $_->{id} eq 's' } @$_ : $_;
        return "@{[sort keys %$b]}" eq 'connection id managedBy name provider'
            && "@{[sort keys %{ $b->{connection} }]}" eq
            'connectedAt kind rootFolderName scope status'
            && $b->{connection}{status} eq 'registered'
            && $res->body !~ /$secret/;
    };
    my ($all, $one, $away) = ("$at/backends", "$at/backends/s", "$at/away");
    my @shown = (undef, is_so($is_shown));
    my @new = (json => { id => 's', %backend });
    my @chosen = (json => { id => 'away', backend => { id => 's' } });
    my @nowhere = (409, 'unsupported-backend');
    my @still = is_so(sub { $_->{backend}{id} eq 's' });
    told(
        $alice,
        ['pws 17.2: registered', POST => $all, [@new], 201, @shown],
        ['pws 17.2: once more', POST => $all, [@new], 409, 'id-conflict'],
        ['pws 17.2: replaced', PUT => $one, [json => \%backend], 204],
        ['pws 17.2: listed', GET => $all, [], 200, @shown],
        ['pws 17.2: chosen', POST => "$at/", [@chosen], 201],
        ['pws 17.2: shown there', GET => "$away/backend", [], 200, @shown],
        ['pws 17.2: nothing can be written there', PUT => "$away/r", [@text], @nowhere],
        ['pws 17.2: nor posted', POST => "$away/", [@text], @nowhere],
        ['pws 11.3: the choice is kept', PUT => "$away/meta", [json => {}], 204],
        ['pws 11.3: still', GET => "$away/meta", [], 200, undef, @still],
        ['pws 17.2: gone', DELETE => $one, [], 204],
        ['pws 17.2: gone already', DELETE => $one, [], 204],
        ['pws 17.2: chosen and gone', GET => "$away/backend", [], 404, 'not-found'],
        ['pws 17.2: put anew', PUT => $one, [json => \%backend], 201, @shown],
    );
    is_deeply(
        [sql('SELECT 1 FROM was_pws_backends WHERE descriptor LIKE ?', "%$secret%")],
        [], 'pws 17.2: no secret is stored');
}

# A space has so many backends, and what is shown of one is short. A name's characters may take six
# bytes each in JSON.
{
    my $full = '/space/' . make_space($alice) . '/backends';
    my $backend = sub {
        my ($id, %more) = @_;
        my %connection = (kind => 'k', %{ delete $more{connection} // {} });
        my %document = (provider => 'p', %more, connection => \%connection);
        return [json => { %document, defined $id ? (id => $id) : () }];
    };
    my @long = ("\x01" x 1000, "\x01" x 300);
    my $is = 'pws 17.2: backends';
    told(
        $alice,
        (map { ["$is: the $_. of 32", POST => $full, $backend->("b$_"), 201] } 1 .. 32),
        ["$is: one more", POST => $full, $backend->('more'), 507, 'quota-exceeded'],
        ["$is: by PUT", PUT => "$full/more", $backend->(undef), 507, 'quota-exceeded'],
        ["$is: one that is there", POST => $full, $backend->('b1'), 409, 'id-conflict'],
        ["$is: it may be replaced", PUT => "$full/b1", $backend->(undef, name => 'n'), 204],
        ["$is: or go", DELETE => "$full/b2", [], 204],
        ["$is: then there is room", PUT => "$full/more", $backend->(undef), 201],
        ["$is: long texts", PUT => "$full/b1", $backend->(undef, name => $long[0]), 204],
        [
            "$is: longer than 8 KiB in all",
            PUT => "$full/b1",
            $backend->(
                undef, name => $long[0], connection => { scope => $long[1], kind => $long[1] }
            ),
            400,
            'invalid-request-body'
        ],
    );
    is(scalar @{ $alice->get($full)->json }, 33, "$is: all are listed, and the server's own");
}

# A listing's pages end by their rows or by their bytes, and whatever is there is on one of them.
{
    my $listed = make_space($alice);
    my $list = make_collection($alice, $listed, 'pages') =~ s{.*(?=/space/)}{}r . '/';
    my $noted = sub { sprintf q(json_build_object('name', repeat('n', %d))::text), $_[0] - 13 };
    # How many of 256 KiB, with what an item takes besides what is noted.
    my $fit = sub { int 262_144 / ($_[0] + length("/pws$list") + 80 + 2 * 4 + 3) };
    my $long = $noted->(140_000);
    for my $row (
        ['as many as a page has', 100, 'NULL', '', 100],
        ['one more', 101, 'NULL', '', 100, 1],
        ['short ones', 250, $noted->(1000), '', 100, 100, 50],
        ['pages of 3', 7, $noted->(1000), '?limit=3', 3, 3, 1],
        ['many at once', 250, 'NULL', '?limit=1000', 250],
        [
            'more bytes than a page has', 100, $noted->(3000), '', $fit->(3000),
            100 - $fit->(3000)
        ],
        ['long ones', 100, $noted->(5000), '', $fit->(5000), 100 - $fit->(5000)],
        ['very long ones', 3, $long, '', 1, 1, 1],
        # It does not know whether there are more.
        ['longer than a page', 2, $noted->(300_000), '', 1, 1, 0],
        ['a few long ones', 5, "CASE WHEN n % 2 = 0 THEN $long END", '', 3, 2],
    ) {
        my ($name, $count, $custom, $query, @due) = @$row;
        sql(<<'SQL', $listed);
DELETE FROM was_pws_resources r USING was_pws_collections c
WHERE r.space_uuid = ? AND c.space_uuid = r.space_uuid AND c.collection = 'pages'
    AND c.generation = r.collection_generation
SQL
        sql(<<"SQL", $listed);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms, custom)
SELECT c.space_uuid, c.generation, 'r' || 100 + n, n, 'x/y', 1, 'x', 0, n, 0, $custom
FROM was_pws_collections c, generate_series(1, $count) n
WHERE c.space_uuid = ? AND c.collection = 'pages'
SQL
        my ($next, @pages, @names) = ("$list$query");
        while (defined $next && @pages < 20) {
            my $page = $alice->get($next)->json;
            push @pages, scalar @{ $page->{items} };
            push @names, map { $_->{id} } @{ $page->{items} };
            $next = $page->{next} && $page->{next} =~ s{.*(?=/space/)}{}r;
        }
        is_deeply(\@pages, \@due, "pws 13.1: pages of $name");
        is_deeply(\@names, [map { 'r' . (100 + $_) } 1 .. $count], "pws 13.1: all $name");
    }
}

# Encrypted collections.
my %jwe = (protected => 'eyJ', ciphertext => 'abc');
my $envelope = jcs({ id => 'z', sequence => \'0', indexed => [], jwe => \%jwe });
my $good = '"jwe":{"ciphertext":"x","protected":"y"}';
my $edv = { scheme => 'edv' };
my $sealed = make_collection($alice, $space, 'sealed', undef, encryption => $edv);
for my $row (
    ['text', 'text/plain', $envelope],
    ['a type that contains JSON', 'application/ld+json', $envelope],
    ['no envelope of the type of one', 'application/jose+json', '{"jwe":{"protected":"x"}}'],
    ['an object', $JSON, '{}'],
    ['an array', $JSON, '[{"jwe":{}}]'],
    ['a string', $JSON, '"jwe"'],
    ['an empty jwe', $JSON, '{"jwe":{}}'],
    ['a jwe that is text', $JSON, '{"jwe":"x"}'],
    ['no ciphertext', $JSON, '{"jwe":{"protected":"x"}}'],
    ['a ciphertext that is none', $JSON, '{"jwe":{"protected":"x","ciphertext":5}}'],
    ['a ciphertext alone', $JSON, '{"jwe":{"ciphertext":"x"}}'],
    ['recipients that are no list', $JSON, '{"jwe":{"ciphertext":"x","recipients":{}}}'],
    ['a key that is no text', $JSON, '{"jwe":{"ciphertext":"x","encrypted_key":5}}'],
    ['a header that is no text', $JSON, '{"jwe":{"ciphertext":"x","protected":{}}}'],
    ['a jwe twice, the last one good', $JSON, "{\"jwe\":1,$good}"],
    ['a jwe twice, the first one good', $JSON, "{$good,\"jwe\":1}"],
    ['a jwe twice, both good', $JSON, "{$good,$good}"],
    ['a jwe twice, once escaped', $JSON, "{\"\\u006awe\":\"x\",$good}"],
    ['a ciphertext twice', $JSON, '{"jwe":{"ciphertext":"x","ciphertext":"y","protected":"z"}}'],
    ['an envelope and no envelope', $JSON, qq({"jwe":1,${\substr $envelope, 1}),],
    ['twice the same', $JSON, qq({"\\u006awe":{},${\substr $envelope, 1})],
    [
        'two ciphertexts', $JSON,
        '{"jwe":{"ciphertext":5,"protected":"x","\u0063iphertext":"x"}}'
    ],
    [
        'two lists of recipients', $JSON,
        '{"jwe":{"recipients":5,"recipients":[],"protected":"x","ciphertext":"x"}}'
    ],
) {
    my ($name, $type, $body) = @$row;
    my @sent = (type => $type, body => $body);
    my @plain = (422, 'encryption-scheme-mismatch');
    told(
        $alice,
        ["pws 14.2: PUT of $name", PUT => "$sealed/r", [@sent], @plain],
        ["pws 14.2: POST of $name", POST => "$sealed/", [@sent], @plain],
    );
}
{
    my $meta = "$sealed/meta";
    my @envelope = (type => "$JSON; charset=utf-8", body => $envelope);
    my @jose = (type => 'application/jose+json; x=y', body => $envelope);
    my @deep = (type => $JSON, body => '{"a":' . '[' x 31 . ']' x 31 . ",$good}");
    my @twin = (type => $JSON, body => "{\"jwe\":1,$good}");
    my @in_form = (type => $form, body => typed_form($JSON, $envelope));
    my @plain_form = (type => $form, body => "$file--B--");
    my @plain = (422, 'encryption-scheme-mismatch');
    my @custom = (json => { encryption => $edv, custom => { name => 'x' } });
    my @sealed = (json => '{"custom":{"jwe":{"protected":"x","ciphertext":"y"},"tags":{"a":"b"}}}');
    my @more = (json => { encryption => { %$edv, more => 'x' } });
    my @same = (json => { encryption => $edv, name => 'x' });
    my @fixed = (409, 'encryption-immutable');
    my @as_it_was = is_so(sub { json_text($_->{encryption}) eq '{"scheme":"edv"}' });
    my $old = "$many/r01";
    my $is = 'pws 14.2';
    told(
        $alice,
        ["$is: an envelope", PUT => "$sealed/r", [@envelope], 201],
        ["$is: of the type of one", PUT => "$sealed/r", [@jose], 200],
        ["$is: as deep as a document", PUT => "$sealed/r", [@deep], 200],
        ["$is: a name twice is content elsewhere", PUT => "$c/twin", [@twin], 201],
        ["$is: and comes back", GET => "$c/twin", [], 200, undef, body => $twin[-1]],
        ["$is: in a form", POST => "$sealed/", [@in_form], 201],
        ["$is: plaintext in a form", POST => "$sealed/", [@plain_form], @plain],
        (
            map { [
                "$is: metadata of @{[json_text($_)]}", PUT => "$sealed/r/meta",
                [json => { custom => $_ }],
                @plain
            ] } { name => 'x' },
            { jwe => {} }
        ),
        ["$is: sealed metadata", PUT => "$sealed/r/meta", [@sealed], 200],
        ["$is: cleared metadata", PUT => "$sealed/r/meta", [json => { custom => {} }], 200],
        ["$is: plaintext metadata of the collection", PUT => $meta, [@custom], @plain],
        ['pws 14.1: omitted', PUT => $meta, [json => { name => 'x' }], @fixed],
        ['pws 14.1: with more', PUT => $meta, [@more], 204],
        ['pws 14.1: repeated', PUT => $meta, [@same], 204],
        ['pws 14.1: as it was', GET => $meta, [], 200, undef, @as_it_was],
        ['pws 14.1: late', PUT => "$many/meta", [json => { encryption => $edv }], 204],
        ["$is: plaintext of before stays", GET => $old, [], 200, undef, body => 'x'],
        ["$is: and no more is taken", PUT => $old, [type => 'text/plain', body => 'y'], @plain],
        ["$is: but deleted it may be", DELETE => $old, [], 204],
    );
}

# Conditions and ranges. A content's validator moves with the content only.
{
    my $r = "$c/tagged";
    my $first = $alice->put($r, type => 'text/plain', body => '0123456789')->header('ETag');
    my $meta = $alice->get("$r/meta")->header('ETag');
    my @failed = (412, 'precondition-failed');
    my %same = (headers => { ETag => $first });
    my %whole = (body => '0123456789');
    my %part = (body => '234', headers => { 'Content-Range' => 'bytes 2-4/10', ETag => $first });
    my %beyond = (headers => { 'Content-Range' => 'bytes */10' });
    my @if_meta = when ('If-Match' => $meta);
    my @if_any = when ('If-Match' => '*');
    my @if_none = when ('If-None-Match' => '*');
    my @if_changed = when ('If-None-Match' => $first);
    my @range = (Range => 'bytes=2-4');
    my @named = (json => { custom => { name => 'n' } }, @if_meta);
    my @others = ('"99999"', '"1"', "W/$first", '"\';--"', '"{}"', '"a,b"', $meta);
    my @tags = ('"' . 'x' x 3000 . '"', @others);
    my @owned = (json => { controller => $did });
    told(
        $alice,
        ['pws 9: the tag of the write', GET => $r, [], 200, undef, %same],
        ['pws 12.2: metadata', PUT => "$r/meta", [@named], 200],
        ["pws 12.2: does not move the content's tag", GET => $r, [], 200, undef, %same],
        ['pws 9: but its own', PUT => "$r/meta", [json => {}, @if_meta], @failed],
        ['pws 9: not modified', GET => $r, [@if_changed], 304, undef, body => '', %same],
        [
            'pws 9: weakly', HEAD => $r, [when ('If-None-Match' => qq("x", W/$first))], 304, undef,
            %same
        ],
        ['pws 9: any', GET => $r, [@if_none], 304],
        ['pws 9: any metadata', GET => "$r/meta", [@if_none], 304],
        (
            map { ["pws 9: If-Match $_", PUT => $r, [@text, when ('If-Match' => $_)], @failed] }
                @tags
        ),
        [
            'pws 9: If-Match that is malformed',
            PUT => $r, [@text, when ('If-Match' => 'x')], 400, 'invalid-request'
        ],
        ['pws 9: If-None-Match', PUT => $r, [@text, @if_none], @failed],
        ['pws 9: If-Match of what is not', PUT => "$c/none", [@text, @if_any], @failed],
        [
            'pws 9: DELETE If-Match of what is not',
            DELETE => "$c/none", [when ('If-Match' => $first)], @failed
        ],
        ['pws 9: DELETE If-Match', DELETE => $r, [when ('If-Match' => '"99999"')], @failed],
        [
            'pws 9: PUT of a collection that was posted', PUT => "$c/meta", [json => {}, @if_none],
            @failed
        ],
        ['pws 9: PUT of a space that is', PUT => "$at/meta", [@owned, @if_none], @failed],
        [
            'pws 9: PUT of a collection that is not',
            PUT => "$at/never/meta", [json => {}, @if_any], @failed
        ],
        ['pws 9: none of these has written', GET => $r, [], 200, undef, %whole, %same],
        ['ranges: a part', GET => $r, [when (@range)], 206, undef, %part],
        ['ranges: the end', GET => $r, [when (Range => 'bytes=-3')], 206, undef, body => '789'],
        [
            'ranges: none such',
            GET => $r, [when (Range => 'bytes=10-')], 416, 'range-not-satisfiable', %beyond
        ],
        ['ranges: nonsense', GET => $r, [when (Range => 'bytes=x-y')], 200, undef, %whole],
        [
            'ranges: of another version',
            GET => $r, [when (@range, 'If-Range' => '"x"')], 200, undef, %whole
        ],
        [
            'ranges: of this version',
            GET => $r, [when (@range, 'If-Range' => $first)], 206, undef, body => '234'
        ],
        ['ranges: of a document', GET => "$r/meta", [when (Range => 'bytes=0-0')], 200],
        ['pws 9: identical metadata moves its tag', PUT => "$c/meta", [json => {}], 204],
    );
    my $collection = $alice->get("$c/meta")->header('ETag');
    $alice->put("$c/meta", type => $JSON, body => '{}');
    isnt(
        $alice->get("$c/meta")->header('ETag'), $collection,
        "pws 9: every write of a collection's metadata is a new version");
    $collection = $alice->get("$c/meta")->header('ETag');
    $alice->delete($r);
    my $again = $alice->put($r, type => 'text/plain', body => '0123456789')->header('ETag');
    isnt($again, $first, 'pws 9: what is made again is another version');
    is(
        $alice->get("$c/meta")->header('ETag'), $collection,
        "pws 9: writes of resources do not move the collection's");
}

# Large contents, through the file and the staged write, both ways.
{
    my $large = random_bytes(65536) x 80;
    my $sum = sha256_hex($large);
    my $r = "$c/large";
    my @large = (@bytes, body => $large);
    my @more = (@bytes, body => "$large!");
    my %length = (headers => { 'Content-Length' => length $large });
    my %whole = (check => sub { sha256_hex($_[0]->body) eq $sum ? () : 'other bytes' });
    my %replaced = (check => sub { $_[0]->body eq "$large!" ? () : 'other bytes' });
    my @wrong = (digest => WAS::Zcap::digest_of($large));
    my @part = when (Range => 'bytes=3000000-3000009');
    my %part = (body => substr $large, 3_000_000, 10);
    my $form_of = $part->('Content-Disposition: form-data; filename="x"', $large) . '--B--';
    my @form = (type => $form, body => $form_of);
    my @if_none = when ('If-None-Match' => '*');
    my @if_any = (when ('If-Match' => '*'), chunked => 100_000);
    my @one_more = is_so(sub { $_->{size} == 1 + length $large });
    my @plain = (422, 'encryption-scheme-mismatch');
    told(
        $alice,
        ['large: PUT', PUT => $r, [@large], 201],
        ['large: GET', GET => $r, [], 200, undef, %length, %whole],
        ['large: HEAD', HEAD => $r, [], 200, undef, %length],
        ['large: a part', GET => $r, [@part], 206, undef, %part],
        ['large: a wrong digest', PUT => $r, [@more, @wrong], 400, 'invalid-authorization-header'],
        ['large: If-None-Match', PUT => $r, [@large, @if_none], 412, 'precondition-failed'],
        ['large: If-Match', PUT => $r, [@more, @if_any], 200],
        ['large: replaced', GET => $r, [], 200, undef, %replaced],
        ['large: into nothing', PUT => "$at/none/r", [@large], 404, 'not-found'],
        ['large: plaintext where it must be sealed', PUT => "$sealed/large", [@large], @plain],
        ['large: its size', GET => "$r/meta", [], 200, undef, @one_more],
        ['large: a form', POST => "$c/", [@form], 415, 'unsupported-media-type'],
        ['large: a chunk that is a form', PUT => "$r/chunks/1", [@form], 204],
        ['large: a chunk where it must be sealed', PUT => "$sealed/r/chunks/1", [@large], 204],
        ['large: a chunk of nothing', PUT => "$c/none/chunks/1", [@large], 404, 'not-found'],
        ['large: a chunk', PUT => "$r/chunks/2", [@large], 204],
        ['large: GET of a chunk', GET => "$r/chunks/2", [], 200, undef, %length, %whole],
        ['large: a part of a chunk', GET => "$r/chunks/2", [@part], 206, undef, %part],
        [
            'large: a chunk with a wrong digest', PUT => "$r/chunks/2",
            [@more, @wrong], 400, 'invalid-authorization-header'
        ],
        ['large: POST', POST => "$c/", [@large], 201],
        ['large: DELETE', DELETE => $r, [], 204],
    );
}

# JSON of any length is looked at while it comes: beyond 1 MiB, too, and however it is cut.
for my $filler ('', 'x' x 3_000_000) {
    my $is = 'pws 14.2: ' . length($filler) . ' bytes and';
    my $head = qq({"x":"$filler",);
    my $jwe = '"jwe":{"protected":"x","ciphertext":"y"}';
    my $first = qq({"jwe":{"protected":"x","ciphertext":"$filler"});
    my @body = (400, 'invalid-request-body');
    my @plain = (422, 'encryption-scheme-mismatch');
    my $taken = qr/\A20[01]\z/;
    for my $row (
        ['an envelope at the end', "$head$jwe}", $taken, $taken],
        ['a long envelope', "$first}", $taken, $taken],
        ['no envelope', "$head\"jwe\":{}}", $taken, @plain],
        ['an envelope, then none', "$first,\"jwe\":1}", $taken, @plain],
        ['an envelope twice', "$first,$jwe}", $taken, @plain],
        [
            'a ciphertext too many', "$head\"jwe\":{\"ciphertext\":1,@{[substr $jwe, 7]}}",
            $taken, @plain
        ],
        ['a name with a NUL', "$head\"\\u0000\":0}", $taken, @plain],
        ['a text that is cut short', $head . $jwe, @body],
        ['a bracket too many', "$head$jwe}}", @body],
        ['a NUL behind a number', "$head\"n\":1\0}", @body],
        ['a NUL behind a word', "$head\"n\":true\0}", @body],
        ['half a surrogate', "$head\"n\":\"\\ud800\"}", @body],
        ['no UTF-8', "$head\"n\":\"\xff\"}", @body],
        ['a number beyond all', "$head\"n\":1e400}", @body],
        ['too many brackets', $head . '"n":' . '[' x 512 . ']' x 512 . '}', @body],
    ) {
        my ($name, $body, @due) = @$row;
        my ($here, $there) = $due[0] == 400 ? ([@due], [@due]) : ([shift @due], [@due]);
        for my $type ($JSON, 'application/jose+json') {
            for my $cut ([], [chunked => 9_973]) {
                my @sent = (type => $type, body => $body, @$cut);
                told(
                    $alice,
                    ["$is $name, of $type", PUT => "$c/json", [@sent], @$here],
                    ["$is $name, of $type, sealed", PUT => "$sealed/json", [@sent], @$there],
                );
            }
        }
    }
    told(
        $alice,
        [
            "$is plaintext that says it is JSON", PUT => "$sealed/json",
            [type => 'text/plain', body => "$first}"], @plain
        ]);
}

# Logs are kept to the byte, as they are or as they are not any line's end of ours; what could be
# taken for another member, or another line, is refused or stays where it is.
my $line = '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}';
for my $row (
    ['JSON on two lines', "{\n\"state\":{}}", 400],
    ['a carriage return for a line feed', "$line\r$line", 400],
    ['both', "$line\r\n$line\r\n", 204],
    ['a form feed between lines', "$line\f\n$line", 400],
    ['a separator of lines within', $line =~ s/edv"/edv","x":"\xe2\x80\xa8"/r, 204],
    ['a line feed that is escaped', $line =~ s/edv"/edv","x":"\\n"/r, 204],
    ['a mark of byte order', "\xef\xbb\xbf$line", 400],
    ['state by another name', $line =~ s/"state"/"\\u0073tate"/r, 204],
    ['state by both names', $line =~ s/\}\z/,"\\u0073tate":{"scheme":"edv"}}/r, 400],
    ['history by another name', $line =~ s/edv"/edv","\\u0068istory":{}/r, 400],
    [
        'a state within the parameters', '{"parameters":{"method":"m","state":{"scheme":"edv"}}}',
        400
    ],
    ['an escaped NUL', $line =~ s/edv"/edv","x":"\\u0000"/r, 400],
    ['half a surrogate', $line =~ s/edv"/edv","x":"\\ud800"/r, 400],
    ['a number beyond all', $line =~ s/edv"/edv","x":1e400/r, 400],
    ['a number of many digits', $line =~ s/edv"/edv","x":0.1000000000000000000001/r, 204],
    ['a method that is a text of quotes', $line =~ s/"m"/"\\"},\\"scheme\\":\\""/r, 204],
    ['an epoch that is SQL', $line =~ s/edv"/edv","x":"'; DROP TABLE was_pws_logs; --"/r, 204],
    ['5000 members', $line =~ s/edv"/'edv"' . join '', map { ",\"x$_\":0" } 1 .. 5000/er, 204],
    ['5000 lists', $line =~ s/edv"/'edv","x":[' . join(',', ('[]') x 5000) . ']'/er, 400],
) {
    my ($name, $body, $status) = @$row;
    my $log = make_collection($alice, $space, 'log' . ++$logs) . '/meta/log';
    my @sent = (type => 'text/jsonl', body => $body);
    my @answer = $status == 204 ? 204 : (400, 'invalid-request-body');
    my @there = $status == 204 ? (200, undef, body => $body) : (404, 'not-found');
    told(
        $alice,
        ["pws 15: $name", PUT => $log, [@sent], @answer],
        ["pws 15: $name, in pieces", PUT => $log, [@sent, chunked => 7], @answer],
        ["pws 15: $name: it is there, or not", GET => $log, [], @there],
    );
}

# Shapes: redirects and refusals of methods, the same for whoever asks and whatever is there.
# Each path and where it leads.
my $MOVES = <<'PATHS';
          /
/c        /c/
/c/r/     /c/r
/c/r/chunks     /c/r/chunks/
/c/r/chunks/1/  /c/r/chunks/1
/c/meta/  /c/meta
?a=%20b   /?a=%20b
/%63      /%63/
/meta/    /meta
/policy/  /policy
/linkset/ /linkset
/backends/      /backends
/quotas/  /quotas
/export/  /export
/import/  /import
/query/   /query
PATHS
# Each path, what it allows, and methods that it does not.
my $ALLOWED = <<'PATHS';
/               GET HEAD POST DELETE OPTIONS      | PUT PATCH
/meta           GET HEAD PUT OPTIONS              | POST DELETE PATCH
/policy         GET HEAD PUT DELETE OPTIONS       | POST
/backends       GET HEAD POST OPTIONS             | PUT DELETE
/backends/b     PUT DELETE OPTIONS                | GET POST
/export         POST OPTIONS                      | GET PUT
/import         POST OPTIONS                      | GET DELETE
/linkset        GET HEAD OPTIONS                  | PUT POST
/quotas         GET HEAD OPTIONS                  | DELETE
/query          OPTIONS                           | GET PUT DELETE PATCH
/collections/   GET HEAD OPTIONS                  | DELETE PATCH
/c/             GET HEAD POST DELETE OPTIONS      | PUT
/c/meta         GET HEAD PUT OPTIONS              | POST DELETE
/c/meta/log     GET HEAD PUT OPTIONS              | DELETE
/c/query        POST GET HEAD OPTIONS             | PUT DELETE
/c/backend      GET HEAD OPTIONS                  | PUT
/c/quota        GET HEAD OPTIONS                  | PUT
/c/r            GET HEAD PUT DELETE OPTIONS       | POST PATCH LOCK
/c/r/meta       GET HEAD PUT OPTIONS              | DELETE
/c/r/chunks/    GET HEAD OPTIONS                  | POST
/c/r/chunks/0   GET HEAD PUT DELETE OPTIONS       | POST
PATHS
my @asking = (
    Origin => 'https://wallet.example',
    'Access-Control-Request-Method' => 'PUT',
    'Access-Control-Request-Headers' => 'authorization,capability-invocation,digest',
);
my %preflight = (
    'Access-Control-Allow-Headers' => qr/capability-invocation/i,
    'Access-Control-Max-Age' => qr/\A\d+\z/,
);

sub allows {
    my (@want) = @_;
    return check => sub {
        my $got = join ' ', sort split /, /, $_[0]->header('Allow') // '';
        return $got eq join(' ', sort @want) ? () : "Allow: $got instead of @want";
    };
}

my $absent = new_id();
for my $id ($space, $absent) {
    my $name = $id eq $space ? 'a space' : 'no space';
    for my $who ('signed', 'unsigned') {
        my @how = $who eq 'signed' ? () : @unsigned;
        my @sent = $who eq 'signed' ? @empty : ();
        for my $row (split /\n/, $MOVES) {
            my ($from, $to) = split /\s+/, $row;
            my %to = (headers => { Location => "/space/$id$to" });
            for my $method (qw(GET HEAD PUT DELETE)) {
                told(
                    $alice,
                    [
                        "pws 1.1: $who $method of $name$from",
                        $method => "/space/$id$from", [@how], 308, undef, %to
                    ]);
            }
        }
        for my $row (split /\n/, $ALLOWED) {
            my ($allowed, $others) = split /\|/, $row;
            my ($path, @allowed) = split ' ', $allowed;
            my $target = "/space/$id$path";
            for my $method (split ' ', $others) {
                told(
                    $alice,
                    [
                        "pws 3: $who $method of $name$path",
                        $method => $target, [@how, @sent], 405, 'about:blank', allows(@allowed)
                    ]);
            }
            told(
                $alice,
                [
                    "pws 1.4: $who OPTIONS of $name$path",
                    OPTIONS => $target, [@how, when (@asking)], 204, undef, headers => \%preflight
                ]);
        }
    }
}
{
    my %list = (headers => { Location => '/spaces/?x=y' });
    my $deep = "$at/backends/b/x/y/z";
    my @not = (405, 'about:blank');
    told(
        $alice,
        ['pws 2: no such path', GET => '/nothing', [], 404, 'not-found'],
        ['pws 2: below a resource', GET => "$c/r/x", [], 404, 'not-found'],
        ['pws 2: below a policy', GET => $deep, [], 404, 'not-found'],
        ['pws 2: an empty segment', GET => '/space//meta', [], 404, 'not-found'],
        ['pws 3: other methods on the list', PUT => '/spaces/', [@empty], @not],
        ['pws 3: the list, deleted', DELETE => '/spaces/', [@unsigned], @not],
        [
            'pws 1.1: the list without its slash', GET => '/spaces?x=y', [@unsigned], 308, undef,
            %list
        ],
        [
            'pws 13.2: unsigned', POST => "$c/query", [@unsigned, @empty], 401,
            'missing-authorization'
        ],
        [
            'pws 13.4: a query that is unsigned', POST => "$c/query",
            [@unsigned, json => '{"profile":"blinded-index","index":"i","has":["a"]}'],
            401, 'missing-authorization'
        ],
        [
            'pws 13.4: one with a name twice', POST => "$c/query",
            [json => '{"profile":"blinded-index","index":"i","equals":[{"a":"b","a":"c"}]}'],
            400, 'invalid-request-body'
        ],
        [
            'pws 13.4: one with a NUL', POST => "$c/query",
            [json => '{"profile":"blinded-index","index":"i","has":["\u0000"]}'],
            400, 'invalid-request-body'
        ],
    );
}
my @unreadable = (
    "$at/./meta", "$at/../$space/meta", "$at/%2e%2e/meta", "$c/%00", "$c/%ff", "$c/%2", "$c/%zz",
    "/space/$space%2Fc/r/",
);
is($alice->get($_)->status, 400, "pws 6.3: refused: $_") for @unreadable;
{
    my $bare = "GET $at/meta HTTP/1.1\r\nHost: $alice->{authority}\r\nConnection: close\r\n";
    my %fields = (
        404 => ["Range: bytes=0-0\r\n", "If-None-Match: *\r\n", "Accept: x\r\n" x 20],
        400 => [
            'Authorization: ' . 'x' x 7000 . "\r\n",
            'Capability-Invocation: ' . 'zcap x="y",' x 500 . "\r\n",
            "Authorization: \x80\xff\r\n",
            "Authorization:\r\nCapability-Invocation:\r\n",
        ],
    );
    for my $status (sort keys %fields) {
        for my $lines (@{ $fields{$status} }) {
            my $name = 'hostile fields: ' . substr $lines, 0, 40;
            is($alice->raw("$bare$lines\r\n")->status, $status, $name);
        }
    }
}

# The service document.
{
    my %fields = (
        ETag => qr/\A"[^"]+"\z/,
        'Cache-Control' => qr/max-age/,
        'Content-Type' => qr{\Aapplication/json},
    );
    my $res = told(
        $alice,
        [
            'pws 18.1: the service document', GET => '/service', [@unsigned], 200, undef,
            headers => \%fields
        ]);
    my $service = $res->json;
    my $specs = $service->{specs};
    my $pws = $specs->{'https://w3id.org/pws'}[0];
    my @there = grep { $_ eq 'query' } @{ $pws->{features} };
    is(
        "<$service->{url}>; rel=\"service\"", scalar $res->header('Link'),
        "pws 18.1: its URL is the link's");
    ok(
        scalar(grep { $_ eq 'encryption' } @{ $pws->{features} }),
        'pws 18.1: collections may be encrypted');
    is($pws->{spaces}, $alice->url('/spaces/'), 'pws 18.1: it leads to the spaces');
    ok(
        !@there,
        'pws 18.1: and promises nothing that is not there');
    my @if_changed = when ('If-None-Match' => scalar $res->header('ETag'));
    told($alice, ['pws 18.1: not modified', GET => '/service', [@unsigned, @if_changed], 304]);
}

# Deletion takes all that is in it.
{
    my $gone = make_collection($alice, $space, 'gone', { r => 'x', s => 'y' });
    $alice->send_json(PUT => "$gone/$_", { type => 'PublicCanRead' }) for 'policy', 'r/policy';
    $alice->send_json(PUT => "$gone/r/meta", { custom => { name => 'x' } });
    my $tag = $alice->get("$gone/meta")->header('ETag');
    my ($life) = @{ (sql(<<'SQL', $space))[0] };
SELECT generation FROM was_pws_collections WHERE space_uuid = ? AND collection = 'gone'
SQL
    my $left = sub {
        # By the mark of its life, which the name can not be asked for when it is gone.
        my @counts;
        for my $row (
            ['was_pws_resources', 'collection_generation = ?'],
            ['was_pws_resources', 'collection_generation = ? AND meta_ms IS NOT NULL'],
            ['was_pws_policies', "parent = ? AND resource <> ''"],
            ['was_pws_policies', "parent = ? AND resource = ''"],
        ) {
            my ($table, $of) = @$row;
            push @counts, sql(
                "SELECT count(*) FROM $table WHERE space_uuid = ? AND $of",
                $space, $life);
        }
        return join ' ', map { $_->[0] } @counts;
    };
    is($left->(), '2 1 1 1', 'pws 11.4: what is there');
    told($alice, ['pws 11.4: a resource', DELETE => "$gone/r", [], 204]);
    is($left->(), '1 0 0 1', 'pws 12.1: a resource takes along what is noted of it');
    told(
        $alice,
        ['pws 11.4: the collection', DELETE => "$gone/", [], 204],
        ['pws-next A.3: which was gone', DELETE => "$gone/", [], 404, 'not-found'],
        ['pws 11.4: which was gone', DELETE => "$gone/", [by => $older], 204],
        ['pws 11.4: which never was', DELETE => "$at/never/", [], 204],
        ['pws 12.1: nothing in it', GET => "$gone/s", [], 404, 'not-found'],
    );
    ok(swept($space), 'pws 11.4: and swept');
    is($left->(), '0 0 0 0', 'pws 11.4: nothing is left');
    make_collection($alice, $space, 'gone');
    isnt(
        $alice->get("$gone/meta")->header('ETag'), $tag,
        'pws 9: made again it is another version');
    told(
        $alice,
        ['pws 10.2: the space', DELETE => "$at/", [], 204],
        ["pws 10.2: nobody's now", DELETE => "$at/", [], 404, 'not-found'],
        ['pws 10.2: nor is its policy', GET => "$at/meta", [@unsigned], 404, 'not-found'],
    );
    ok(swept($space), 'pws 10.2: and swept');
    is_deeply([map { @$_ } @{ stored($space) }], [], 'pws 10.2: no row of it is left');
}

unlike(
    WAS::Server::error_log_since($mark), qr/\[(?:was|dbd):(?:error|crit|alert|emerg)\]/,
    'nothing of this is an error of ours');

done_testing;
