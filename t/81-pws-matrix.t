# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The matrix of Portable Web Spaces: every route with every way in which a request can be signed and
# a capability can be held, forged or broken. What is due follows from the route's right and from
# what the request proves (protocol/pws sections 4 to 8); nothing that was refused has changed
# anything. Then the container rule row by row, and what policies give to whom.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Compress::Zlib ();
use Data::Dumper ();
use IO::Compress::Gzip ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Storable qw(dclone);
use Test2::API qw(intercept);
use Test::More;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Tar qw(archive);
use WAS::Zcap;

my ($alice, $bob, $stranger) = map { holder() } 1 .. 3;
my @people = map { holder() } 1 .. 9;
my $WORKERS = 3;
my $now = time;
my $space = make_space($alice, name => 'SECRETBYTES');
my $other = make_space($alice);
my $third = make_space($alice);
my $strangers = make_space($stranger);
my $at = "/space/$space";
for my $id ($space, $other, $third, $strangers) {
    my $who = $id eq $strangers ? $stranger : $alice;
    make_collection($who, $id, 'c', { r => 'SECRETBYTES', gone => 'still here' });
    make_collection($who, $id, 'doomed', { r => 'SECRETBYTES' });
    $who->put("/space/$id/c/r/chunks/0", type => 'text/plain', body => 'SECRETBYTES')->status == 204
        or die 'no chunk';
}
for my $path ("$at/c/r", "$at/c", $at, "/space/$third", "$at/doomed", "$at/c/gone") {
    $alice->send_json(PUT => "$path/policy", { type => 'Nothing' })->status == 201
        or die 'no policy';
}
my $backend = json_text({ id => 'b', provider => 'p', connection => { kind => 'k' } });
$alice->send_json(POST => "$at/backends", $backend)->status == 201 or die 'no backend';

my @line = (type => 'text/jsonl', body => '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}');
my @lines = (@line[0 .. 2], "$line[3]\n$line[3]");
make_collection($alice, $space, 'governed');
$alice->put("$at/governed/meta/log", @line)->status == 204 or die 'no log';

my $top = $alice->space_url($space);
my $victim = delegate($top, by => $alice->key, to => $bob->key, target => $top);
my $revocation = "$at/zcaps/revocations/" . ($victim->{id} =~ s/:/%3A/gr);

sub document { return (type => 'application/json', body => $_[0]) }
my $FINDS = '{"profile":"blinded-index","index":"i","has":["a"]}';

my %policy = document('{"type":"Nothing"}');
my %custom = document('{"custom":{"name":"n"}}');
my %named = document('{"name":"SECRETBYTES"}');
my %space_body = document(json_text({ controller => $alice->did, name => 'SECRETBYTES' }));
my %text = (type => 'text/plain', body => 'SECRETBYTES');
my $manifest = "ubc-version: '0.1'\ncontents:\n  space:\n    contents:\n      s: {}\n";
my $archive = archive(['manifest.yml', $manifest], ['space/s/.space.s.json', '[]']);
my %new_backend = document($backend =~ s/"b"/"{new}"/r);

# Each row: method, path, status of success, right, and what is sent. `{new}` is an id that nothing
# has yet, `{number}` a number of that kind; `made` has a space made for the request, `first` what
# the path names, a content or a collection by its metadata, where that is to succeed. A success of
# 501 is a query of a profile that is not known.
my @routes = (
    ['GET', '/', 200, 'anyone'],
    ['GET', '/health', 200, 'anyone'],
    ['GET', '/health/live', 200, 'anyone'],
    ['HEAD', '/service', 200, 'anyone'],
    ['GET', '/spaces', 308, 'anyone'],
    ['PUT', $at, 308, 'anyone', body => 'x'],
    ['GET', "$at/c", 308, 'anyone'],
    ['GET', "$at/c/r/", 308, 'anyone'],
    ['DELETE', "$at/c/r/chunks", 308, 'anyone'],
    ['GET', "$at/c/r/chunks/1/", 308, 'anyone'],
    ['GET', "$at/collections/", 308, 'anyone'],
    ['OPTIONS', "$at/c/r", 204, 'anyone'],
    ['OPTIONS', "$at/query", 204, 'anyone'],
    ['GET', "$at/query", 405, 'anyone'],
    ['PATCH', "$at/c/r", 405, 'anyone', body => 'x'],
    ['PUT', "$at/c/", 405, 'anyone', body => 'x'],
    ['GET', '/spaces/', 200, 'list'],
    ['HEAD', '/spaces/', 200, 'list'],
    ['POST', '/spaces/', 201, 'create', %space_body],
    ['PUT', '/space/{new}/meta', 201, 'create', %space_body],
    ['GET', "$at/", 200, 'read'],
    ['HEAD', "$at/", 200, 'read'],
    ['POST', "$at/", 201, 'capability', %named],
    ['DELETE', "$at/", 204, 'delete_space', made => 1],
    ['GET', "$at/meta", 200, 'read'],
    ['PUT', "$at/meta", 204, 'put_space', %space_body],
    ['GET', "$at/policy", 200, 'capability'],
    ['PUT', "$at/policy", 204, 'capability', %policy],
    ['DELETE', "/space/$third/policy", 204, 'capability'],
    ['GET', "$at/linkset", 200, 'read'],
    ['GET', "$at/backends", 200, 'read'],
    ['POST', "$at/backends", 201, 'capability', %new_backend],
    ['PUT', "$at/backends/b", 204, 'capability', document($backend)],
    ['DELETE', "$at/backends/none", 204, 'capability'],
    ['GET', "$at/quotas", 200, 'read'],
    ['HEAD', "$at/quotas?include=collections", 200, 'read'],
    ['POST', "$at/export", 200, 'capability'],
    ['POST', "$at/import", 200, 'capability', type => 'application/x-tar', body => $archive],
    ['POST', $revocation, 204, 'revoke', document(jcs($victim))],
    ['GET', "$at/c/", 200, 'read'],
    ['GET', "$at/c/?limit=1&x=%20", 200, 'read'],
    ['POST', "$at/c/", 201, 'capability', %text],
    ['DELETE', "$at/doomed/", 204, 'controller', first => 'meta'],
    ['GET', "$at/c/meta", 200, 'read'],
    ['PUT', "$at/c/meta", 204, 'put_collection', %named],
    ['PUT', "$at/{new}/meta", 201, 'put_collection', document('{}')],
    ['GET', "$at/c/policy", 200, 'capability'],
    ['PUT', "$at/c/policy", 204, 'capability', %policy],
    ['DELETE', "$at/doomed/policy", 204, 'capability'],
    ['GET', "$at/c/linkset", 200, 'read'],
    ['GET', "$at/c/backend", 200, 'read'],
    ['GET', "$at/c/quota", 200, 'read'],
    ['POST', "$at/c/query", 200, 'read', document('{"profile":"changes"}')],
    ['POST', "$at/c/query", 200, 'read', document($FINDS)],
    ['POST', "$at/c/query", 501, 'read', document('{"profile":"other"}')],
    ['GET', "$at/c/query?profile=changes", 200, 'read'],
    ['HEAD', "$at/c/query?profile=changes&limit=1", 200, 'read'],
    ['GET', "$at/governed/meta/log", 200, 'read'],
    ['HEAD', "$at/governed/meta/log", 200, 'read'],
    ['PUT', "$at/governed/meta/log", 204, 'capability', @lines],
    ['GET', "$at/c/r", 200, 'read'],
    ['HEAD', "$at/c/r", 200, 'read'],
    ['PUT', "$at/c/r", 200, 'capability', %text],
    ['PUT', "$at/c/{new}", 201, 'capability', document('[]')],
    ['DELETE', "$at/c/gone", 204, 'capability'],
    ['GET', "$at/c/r/meta", 200, 'read'],
    ['PUT', "$at/c/r/meta", 200, 'capability', %custom],
    ['GET', "$at/c/r/policy", 200, 'capability'],
    ['PUT', "$at/c/r/policy", 204, 'capability', %policy],
    ['DELETE', "$at/c/gone/policy", 204, 'capability'],
    ['GET', "$at/c/r/chunks/", 200, 'read'],
    ['HEAD', "$at/c/r/chunks/", 200, 'read'],
    ['GET', "$at/c/r/chunks/0", 200, 'read'],
    ['HEAD', "$at/c/r/chunks/0", 200, 'read'],
    ['PUT', "$at/c/r/chunks/0", 204, 'capability', %text],
    ['PUT', "$at/c/r/chunks/{number}", 204, 'capability', document('[')],
    ['DELETE', "$at/c/r/chunks/{number}", 204, 'capability', first => 'content'],
);

# What the request at hand is about; see about().
my $x;

# Signing takes its time, so that what is asked for again is not made again: chains by their links,
# spoilt ones by what spoils them, and the texts that are sent.
my (%made, %spoilt, %encoded, %json_of);

# A chain from the root of $top down through one delegation after another, the first by alice, each
# to the next of the people; every link may spoil what it likes. Who changes a chain takes a copy.
sub chain {
    my ($top, @links) = @_;
    my $key = join "\n", $top, map { link_name($_) } @links;
    # The links are kept, so that nobody else gets the address of their code.
    my $made = $made{$key} //= [linked($top, @links), @links];
    return $made->[0];
}

sub link_name {
    my ($link) = @_;
    my %named = map { $_ => ref $link->{$_} eq 'CODE' ? "$link->{$_}" : $link->{$_} } keys %$link;
    $named{to} = "@{$link->{to}}" if $link->{to};
    return Data::Dumper->new([\%named])->Indent(0)->Sortkeys(1)->Dump;
}

sub linked {
    my ($top, @links) = @_;
    my ($parent, $by, $n, $created) = ($top, $alice->key, 0, time);
    for my $link (@links) {
        my $to = $people[$n++]->key;
        my %link = (by => $by, to => $to, target => $top, created => $created, %$link);
        $parent = delegate($parent, %link);
        $by = $to;
    }
    return $parent;
}

# Who holds the key invokes the capability. What is kept of a chain is its text as it is sent.
sub invokes {
    my ($zcap, $key) = @_;
    my $text = $encoded{$zcap} //= [$zcap, WAS::Zcap::packed(capability => $zcap)];
    return (zcap => { encoded => $text->[1], of => $zcap }, by($key));
}

# The tail of a chain below the top invoked by its holder.
sub held { return invokes(chain($x->{top}, @_), $people[$#_]->key) }

# One delegation, changed behind its proof.
sub spoilt {
    my ($code) = @_;
    my $zcap = $spoilt{ $x->{top} }{$code}[0];
    if (!$zcap) {
        $zcap = dclone(chain($x->{top}, {}));
        $code->($zcap);
        $spoilt{ $x->{top} }{$code} = [$zcap, $code];
    }
    return invokes($zcap, $people[0]->key);
}

# One delegation, whose text or gzipped text (`capability`, `packed`, `encoded`) is changed.
sub packed {
    my ($kind, $code) = @_;
    my $zcap = chain($x->{top}, {});
    my $text = $json_of{$zcap} //= jcs($zcap);
    return (zcap => { $kind => $code->($text), of => $zcap }, by($people[0]->key));
}

# Cases that are a text or a name.
sub field {
    my ($text) = @_;
    return sub {
        my $field = $text =~ s/ROOT/root_id($x->{top})/er =~ s/METHOD/$x->{method}/r;
        return (zcap => { field => $field });
    };
}

# Of the list of covered fields one is missing.
sub without {
    my ($name) = @_;
    return sub { (sign => { headers => [grep { $_ ne $name } covered()] }) };
}

sub covered { return WAS::Zcap::covered(defined $x->{type}) }
sub by { return (sign => { key => $_[0] }) }
sub root { return (zcap => { root => $_[0] }) }
sub signed { my (%how) = @_; return (sign => \%how) }

sub ids {
    return map { { id => "urn:uuid:$_" } } @_;
}
sub gzip { return Compress::Zlib::memGzip($_[0]) }
sub elsewhere { return $_[0] =~ s{://[^/]+}{://wallet.example}r }
sub did_of { return 'did:key:z' . WAS::Key::base58($_[0]) }
sub other_method { return $x->{method} eq 'PUT' ? 'GET' : 'PUT' }

# The fields that a signature covers, for another host or another root than those of the request.
sub fields_of {
    my ($host, $root) = @_;
    my $invocation = $alice->invocation($x->{method}, $x->{target}, { root => $root });
    return [
        [Host => $host],
        ['Capability-Invocation' => $invocation],
        ['Content-Type' => $x->{type} // ''],
        [Digest => WAS::Zcap::digest_of($x->{body} // '')],
    ];
}

sub turn_a_bit { my ($signature) = @_; vec($signature, 77, 1) ^= 1; return $signature }

# Cases, that is code that yields the options of a request. Only for what %if says:
sub only { my ($if, $code) = @_; return { if => $if, code => $code } }

sub signing {
    my (%how) = @_;
    return sub { signed(%how) }
}

sub digested {
    my ($digest) = @_;
    return sub { (digest => $digest) }
}

sub packing {
    my @how = @_;
    return sub { packed(@how) }
}

sub spoiling_by {
    my ($code) = @_;
    return sub { spoilt($code) }
}

sub deep_as {
    my ($depth) = @_;
    return sub {
        held(map { {} } 1 .. $depth);
    }
}

sub expiring {
    my ($nth) = @_;
    return sub {
        held(map { expired_from($nth, $_) } 1 .. 3);
    }
}

sub forged_at { my @nth = @_; return spoiling_at(@nth, mangle => \&turn_a_bit) }

sub added_at {
    my @nth = @_;
    return spoiling_at(@nth, after => sub { $_[0]{note} = 'x' });
}

# A member, `proof ...` one of the proof, is left out or is that JSON.
sub spoiling {
    my ($path, $json) = @_;
    my ($member, $proof) = reverse split / /, $path;
    return spoiling_by(sub {
        my $of = $proof ? $_[0]{proof} : $_[0];
        delete $of->{$member};
        $of->{$member} = \$json if defined $json;
    });
}

# So many links, of which the nth is spoilt.
sub spoiling_at {
    my ($nth, $of, %link) = @_;
    return sub {
        held(map { $_ == $nth ? \%link : {} } 1 .. $of);
    };
}

# A last link under a parent whose chain is said to be another.
sub chained {
    my ($parent, $chain, @links) = @_;
    my %document = (parentCapability => $parent->{id});
    return held(@links, { document => \%document, proof => { capabilityChain => $chain } });
}

# Ten links and the root: one more than a chain may have.
sub deep {
    my $key = $people[8]->key;
    my $ninth = chain($x->{top}, map { {} } 1 .. 9);
    return invokes(delegate($ninth, by => $key, to => $key, target => $x->{top}), $key);
}

# Delegated further, by one of the people, for the top.
sub below {
    my ($parent, $by, $to) = @_;
    return delegate($parent, by => $by, to => $to, target => $x->{top}, expires => $now + 2000);
}

my $p256 = did_of(pack 'H*', '8024' . '02' . 'ab' x 32);
my $deep = sub { return $_[0] =~ s/\}\z/',"x":' . '[' x 200 . ']' x 200 . '}'/er };

# Revoked in every space that a case can be about: a tail, and the parent of one.
my %of_people = (by => $alice->key, to => $people[0]->key, target => $top, expires => $now + 3000);
my @revoked = map { delegate($top, %of_people) } 1, 2;
for my $zcap (@revoked) {
    my $target = "$at/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
    my $res = $alice->request(POST => $target, document(jcs($zcap)));
    $res->status == 204 or die 'not revoked: ' . $res->body;
}

my %another_parent = (parentCapability => 'urn:uuid:00000000-0000-4000-8000-000000000009');
my %own_members = (
    note => "\x{e9}\x{1f600}\"\\\n\x01/",
    "\x{fb01}" => 'a',
    "\x{1f600}" => 'b',
);

sub stored_gzip {
    my ($text) = @_;
    IO::Compress::Gzip::gzip(\$text => \my $gzipped, -Level => 0);
    return $gzipped;
}

# Invoked for another action than the request's.
sub as_action {
    my ($action, %request) = @_;
    $request{zcap}{action} = $action;
    return %request;
}

# A link of which none before the nth has expired.
sub expired_from {
    my ($nth, $link) = @_;
    return { created => $now - 7200, expires => $link < $nth ? $now + 300 : $now - 400 - $link };
}

# The cases: a name, and options of the request for what it is about. They are kept by what is
# proven:
#   unsigned   neither field
#   malformed  400: the fields are wrong in themselves
#   nothing    nobody who may, or nothing that allows this
#   expired, revoked  all would hold but for that, and the holder asks
#   granted    it holds; the container rule may still refuse
my @no_authorization = split /\n/, <<"TEXTS";

Signature
Signature x
Signature keyId="x"
Bearer abc
Basic YTpi
signature=
\xff
Signature @{['x=y,' x 500]}x=y
TEXTS
my @wrong_parameters = (
    [created => 'x'],
    [created => '-1'],
    [expires => '9' x 30],
    [signature => ''],
    [signature => 'AAAA'],
    [signature => '*' x 88],
    [headers => ''],
    [headers => '(created)  host'],
    [keyId => ''],
    [keyId => $p256],
    [keyId => 'did:web:wallet.example'],
    [keyId => $alice->did . '#x'],
);
my @wrong_digests = ('mh=', 'mh=uEiA', 'x', 'MD5=1B2M2Y8AsgTpgAmY7PhCfg==');
my @wrong_invocations = split /\n/, <<'FIELDS';

zcap
zcap id=""
zcap id="ROOT"
zcap action="METHOD"
zcap id="ROOT",action=""
zcap id="ROOT",capability="H4sI",action="METHOD"
zcap id="ROOT",id="ROOT",action="METHOD"
zcap id="ROOT",action="METHOD",action="METHOD"
zcap id="ROOT" action="METHOD"
zcap id="ROOT",action="METHOD",
Signature id="ROOT",action="METHOD"
id="ROOT",action="METHOD"
zcap id="urn:uuid:00000000-0000-4000-8000-000000000001",action="METHOD"
zcap id="urn:zcap:root:",action="METHOD"
zcap id="urn:zcap:root:%zz",action="METHOD"
zcap id="http://127.0.0.1/",action="METHOD"
zcap capability="",action="METHOD"
FIELDS
# Members of a capability or of its proof, and what stands there instead, as JSON.
my @wrong_members = map { [split / *: /, $_, 2] } split /\n/, <<'MEMBERS';
@context                 : "https://w3id.org/zcap/v1"
@context                 : ["https://example.com/"]
@context                 : []
id                       : "x"
id                       : 1
id                       : "urn:zcap:root:http%3A%2F%2Fx%2F"
controller               : []
controller               : {}
controller               : "x"
controller               : "https://wallet.example"
parentCapability         : "x"
parentCapability         : []
invocationTarget         : "x"
invocationTarget         : ["http://x/"]
allowedAction            : []
allowedAction            : 1
allowedAction            : [true]
allowedAction            : null
expires                  : "tomorrow"
expires                  : 1
expires                  : "2026-13-01T00:00:00Z"
proof                    : []
proof                    : "x"
caveat                   : []
invoker                  : "did:key:x"
proof proofPurpose       : "assertionMethod"
proof created            : "x"
proof verificationMethod : "x"
proof capabilityChain    : []
proof capabilityChain    : "x"
proof capabilityChain    : ["x"]
proof capabilityChain    : [{}]
proof capabilityChain    : ["urn:uuid:x"]
MEMBERS

my @malformed = (
    'only Authorization' => sub { (zcap => 0, without('capability-invocation')->()) },
    'only Capability-Invocation' => sub { (sign => 0) },
    (map { ("Authorization: $_" => signing(authorization => $_)) } @no_authorization),
    (
        map { ("no parameter $_" => signing(params => [$_ => undef])) }
            qw(keyId headers signature created expires)
    ),
    (map { ("$_->[0]=\"$_->[1]\"" => signing(params => $_)) } @wrong_parameters),
    'the parameter keyId twice' => sub { signed(extra => [keyId => $alice->key->key_id]) },
    (map { ("$_ not covered" => without($_)) } WAS::Zcap::covered()),
    'content-type not covered' => only(type => without('content-type')),
    'digest not covered' => only(type => without('digest')),
    'no Digest' => only(type => sub { (digest => 0, without('digest')->()) }),
    'a covered Digest that is missing' => only(type => sub { (digest => 0) }),
    'a wrong Digest' => only(type => sub { (digest => WAS::Zcap::digest_of("$x->{body}x")) }),
    (map { ("Digest: $_" => only(type => digested($_))) } @wrong_digests),
    'a Content-Type and no Digest, without a body' =>
        only(bare => sub { (type => 'text/plain', digest => 0) }),
    'a Digest of something, without a body' =>
        only(bare => sub { (type => 'text/plain', digest => WAS::Zcap::digest_of('x')) }),
    'expired' => sub { signed(created => time - 2000, expires => time - 1000) },
    'created too early' => sub { signed(created => time + 1000, expires => time + 1300) },
    'expires before created' => sub { signed(created => time + 100, expires => time + 50) },
    'another Host' =>
        sub { (headers => [Host => 'wallet.example'], signed(authorization => 'Signature x')) },
    (map { ("Capability-Invocation: $_" => field($_)) } @wrong_invocations),
    'a capability that is not base64url' => packing(encoded => sub { '****' }),
    'one in padded base64' => packing(encoded => sub { encode_base64(gzip("$_[0] "), '') . '=' }),
    'one that is not gzip' => packing(packed => sub { $_[0] }),
    'zlib instead of gzip' => packing(packed => sub { Compress::Zlib::compress($_[0]) }),
    'gzip cut short' => packing(packed => sub { substr gzip($_[0]), 0, -9 }),
    'gzip with a wrong checksum' =>
        packing(packed => sub { my $z = gzip($_[0]); substr($z, -8, 1) ^= "\1"; $z }),
    'something behind the gzip' => packing(packed => sub { gzip($_[0]) . 'x' }),
    'two gzip members' => packing(packed => sub { gzip($_[0]) . gzip(' ') }),
    'gzip of nothing' => packing(packed => sub { gzip('') }),
    'not JSON' => packing(capability => sub { 'x' }),
    'JSON with something behind' => packing(capability => sub { "$_[0]x" }),
    'an array' => packing(capability => sub { "[$_[0]]" }),
    'duplicate names' => packing(capability => sub { $_[0] =~ s/\{/{"id":"urn:x:y",/r }),
    'duplicate names in the proof' =>
        packing(capability => sub { $_[0] =~ s/"proof":\{/$&"created":"2026-01-01T00:00:00Z",/r }),
    'too deep' => packing(capability => $deep),
    'NUL in a string' => packing(capability => sub { $_[0] =~ s/"urn:uuid:/"urn:uuid:\\u0000/r }),
    'not UTF-8' => packing(capability => sub { $_[0] =~ s/"urn:uuid:/"urn:uuid:\xff/r }),
    '65537 bytes' => packing(capability => sub { $_[0] . ' ' x (65537 - length $_[0]) }),
    'a bomb' => packing(capability => sub { $_[0] . ' ' x 3_000_000 }),
    (
        map { ("no $_" => spoiling($_)) }
            qw(@context id controller parentCapability invocationTarget expires proof)
    ),
    (
        map { ("no $_ in the proof" => spoiling("proof $_")) }
            qw(type created verificationMethod proofPurpose proofValue capabilityChain)
    ),
    (map { ("$_->[0] of a wrong kind: $_->[1]" => spoiling(@$_)) } @wrong_members),
    'two proofs' => spoiling_by(sub { $_[0]{proof} = [$_[0]{proof}, $_[0]{proof}] }),
    'a parent that is not the last of the chain' =>
        sub { held({}, { document => \%another_parent }) },
    'the root as parent of the second link' =>
        sub { held({}, { document => { parentCapability => root_id($x->{top}) } }) },
    'the parent by its id only' => sub {
        my @chain = (root_id($x->{top}), 'urn:uuid:p');
        held({ id => 'urn:uuid:p' }, { proof => { capabilityChain => \@chain } });
    },
    'a chain without the root' => sub { my $p = chain($x->{top}, {}); chained($p, [$p], {}) },
    'another root above the embedded parent' =>
        sub { my $p = chain($x->{top}, {}); chained($p, [root_id("$x->{top}x"), $p], {}) },
    'an ancestor left out' =>
        sub { my $p = chain($x->{top}, {}, {}); chained($p, [root_id($x->{top}), $p], {}, {}) },
    'an ancestor misnamed' => sub {
        my $p = chain($x->{top}, {}, {});
        chained($p, [root_id($x->{top}), 'urn:uuid:0', $p], {}, {});
    },
    'a cycle of two' => sub { held(ids(qw(a a))) },
    'a cycle of three' => sub { held(ids(qw(a b a))) },
    'its own parent' =>
        sub { held({ id => 'urn:uuid:a', document => { parentCapability => 'urn:uuid:a' } }) },
    'eleven in the chain' => \&deep,
);

# Which link of how many.
my @forged = ([1, 1], [1, 2], [2, 2], [1, 3], [2, 3], [3, 3]);

my @nothing = (
    "a stranger's root" => sub { by($stranger->key) },
    "another key under the controller's keyId" =>
        sub { signed(key => $stranger->key, key_id => $alice->key->key_id) },
    "the controller's key under another keyId" => sub { signed(key_id => $stranger->key->key_id) },
    'a bit of the signature turned' => sub { signed(mangle => \&turn_a_bit) },
    'signed for another method' => sub { signed(method => other_method()) },
    'signed for another path' => sub { signed(target => "$x->{target}x") },
    'signed for another query' =>
        sub { signed(target => $x->{target} . ($x->{target} =~ /\?/ ? '&a=b' : '?a=b')) },
    'signed for another host' => sub { signed(fields => fields_of('wallet.example', $x->{top})) },
    'another capability than the signed one' =>
        sub { (root($x->{top}), signed(fields => fields_of($alice->{authority}, "$x->{top}x"))) },
    'the action of another method' =>
        sub { (zcap => { action => other_method(), root => $x->{top} }) },
    'the action in lower case' =>
        sub { (zcap => { action => lc $x->{method}, root => $x->{top} }) },
    "the root of another space of the controller's" => sub { root($alice->space_url($other)) },
    "the root of a stranger's space" => sub { root($alice->space_url($strangers)) },
    "the root of a stranger's space, by the stranger" =>
        sub { (root($alice->space_url($strangers)), by($stranger->key)) },
    'the root of another server' => sub { root(elsewhere($x->{top})) },
    'the root of the same server by TLS' => sub { root($x->{top} =~ s/http:/https:/r) },
    'the root of an ancestor' => sub { root($alice->url('/')) },
    'the root of the ancestor of all spaces' => sub { root($alice->url('/space/')) },
    'the root of the list for a space, or of a space for the list' =>
        sub { root($x->{space} ? $alice->spaces_url : $alice->space_url($space)) },
    'the root of the top without its last character' => sub { root(substr $x->{top}, 0, -1) },
    'the root of the top, doubled slash' => sub { root("$x->{top}/") },
    'the root of a neighbour below' => sub { root("$x->{url}x") },
    'delegated for a neighbour' => only(space => sub { held({ target => "$x->{top}neighbour/" }) }),
    'delegated for the URL without its last character' =>
        only(named => sub { held({ target => substr $x->{url}, 0, -1 }) }),
    'delegated for the URL and more' => sub { held({ target => "$x->{url}?a=b" }) },
    'delegated for another action' =>
        sub { held({ actions => [$x->{method} eq 'POST' ? 'PUT' : 'POST'] }) },
    'delegated for another action, as a string' => sub { held({ actions => 'PATCH' }) },
    'delegated for the action in lower case' => sub { held({ actions => [lc $x->{method}] }) },
    'a GET by a grant of HEAD' => only(GET => sub { held({ actions => ['HEAD'] }) }),
    'a GET, invoked as HEAD, by a grant of HEAD' =>
        only(GET => sub { as_action(HEAD => held({ actions => ['HEAD'] })) }),
    'delegated for another server' => sub { held({ target => elsewhere($x->{top}) }) },
    "delegated at another server's root" =>
        sub { invokes(chain(elsewhere($x->{top}), { target => $x->{top} }), $people[0]->key) },
    'delegated at the root of another space' =>
        sub { invokes(chain($alice->space_url($other), {}), $people[0]->key) },
    'delegated at the root of another space, for this one' =>
        sub { invokes(chain($alice->space_url($other), { target => $x->{top} }), $people[0]->key) },
    'delegated by a stranger' => sub { held({ by => $stranger->key }) },
    "delegated by a stranger in the controller's name" => sub {
        held({ by => $stranger->key, proof => { verificationMethod => $alice->key->key_id } });
    },
    'delegated by the controller, named as a stranger' =>
        sub { held({ proof => { verificationMethod => $stranger->key->key_id } }) },
    'delegated by a key of P-256' =>
        sub { held({ proof => { verificationMethod => "$p256#" . substr $p256, 8 } }) },
    'invoked by a stranger' => sub { (held({}), by($stranger->key)) },
    'invoked by the controller itself' => sub { (held({}), sign => {}) },
    'invoked by the parent of the tail' => sub { (held({}, {}), by($people[0]->key)) },
    'invoked as root by the delegate' => sub { (root($x->{top}), by($people[0]->key)) },
    'the second delegated by who does not hold the first' =>
        sub { held({}, { by => $stranger->key }) },
    'the second delegated by the controller of the root' => sub { held({}, { by => $alice->key }) },
    'a widened target' => only(long => sub { held({ target => $x->{url} }, {}) }),
    'a target widened at the third' => only(long => sub { held({}, { target => $x->{url} }, {}) }),
    "a target beside the parent's" =>
        sub { held({ target => "$x->{url}/x" }, { target => $x->{url} }) },
    'a widened action' =>
        sub { held({ actions => [$x->{method}] }, { actions => [$x->{method}, 'PATCH'] }) },
    'an action gained' => sub { held({ actions => ['PATCH'] }, { actions => [$x->{method}] }) },
    'no action under a restricted parent' => sub { held({ actions => [$x->{method}] }, {}) },
    'no action under a restricted parent, at the third' =>
        sub { held({}, { actions => [$x->{method}] }, {}) },
    "a longer expiry than the parent's" =>
        sub { held({ expires => $now + 300 }, { expires => $now + 301 }) },
    "an expiry beyond an expired parent's" =>
        sub { held({ expires => $now - 1000 }, { expires => $now + 300 }) },
    "a proof older than the parent's" => sub {
        my %until = (expires => $now + 300);
        held({ created => $now, %until }, { created => $now - 1, %until });
    },
    'a proof of the future' => sub { held({ created => $now + 5000, expires => $now + 9000 }) },
    (map { ("a forged proof of link $_->[0] of $_->[1]" => forged_at(@$_)) } @forged),
    'link 3 of 3 changed behind the proof' =>
        spoiling_at(3, 3, after => sub { $_[0]{invocationTarget} .= 'x' }),
    (map { ("a member added to link $_ of 3 behind the proof" => added_at($_, 3)) } 1 .. 3),
    'the embedded parent swapped' => only(
        'long' => sub {
            my ($id, $target) = ('urn:uuid:same', $x->{url});
            my $tail =
                dclone(chain($x->{top}, { id => $id, target => $target }, { target => $target }));
            $tail->{proof}{capabilityChain}[-1] = chain($x->{top}, { id => $id });
            invokes($tail, $people[1]->key);
        }
    ),
    'the embedded parent swapped for a wider one of the delegate' => sub {
        my $key = $people[0]->key;
        my $fake = delegate($x->{top}, by => $key, to => $key, target => $x->{top});
        my $to = $people[1]->key;
        invokes(delegate($fake, by => $key, to => $to, target => $x->{top}), $to);
    },
    'another suite named' => sub { held({ proof => { cryptosuite => 'eddsa-rdfc-2022' } }) },
    'another type of proof named' => sub { held({ proof => { type => 'Ed25519Signature2018' } }) },
    'a proof under an empty context' => sub { held({ proof => { '@context' => [] } }) },
    'a proof under another context' =>
        sub { held({ proof => { '@context' => ['https://example.com/'] } }) },
    'a proofValue that is no multibase' =>
        spoiling_at(1, 1, after => sub { $_[0]{proof}{proofValue} = 'x' }),
    'a proofValue of 63 bytes' => spoiling_at(1, 1, mangle => sub { substr $_[0], 1 }),
    'a number that is not whole' => spoiling_by(sub { $_[0]{note} = \'1.5' }),
    'revoked, for another' => only(here => sub { invokes($revoked[0], $stranger->key) }),
);

my @expired = (
    (map { ("expired at link $_ of 3" => expiring($_)) } 1 .. 3),
    'expired, the only link' => sub { held({ created => $now - 7200, expires => $now - 400 }) },
);

my @revoked_cases = (
    'revoked' => sub { invokes($revoked[0], $people[0]->key) },
    'under a revoked parent' =>
        sub { invokes(below($revoked[1], $people[0]->key, $bob->key), $bob->key) },
    'under a revoked grandparent' => sub {
        my $parent = below($revoked[1], $people[0]->key, $bob->key);
        invokes(below($parent, $bob->key, $people[2]->key), $people[2]->key);
    },
);

my @granted = (
    "the controller's root" => sub { () },
    "the controller's root, of the URL itself" => only('not list' => sub { root('self') }),
    "the controller's root, of the collection" => only('in c' => sub { root("$x->{top}c/") }),
    'the root with lower-case escapes' =>
        sub { (zcap => { id => root_id($x->{top}) =~ s/(%..)/lc $1/ger }) },
    'created ahead, within the skew' =>
        sub { signed(created => time + 200, expires => time + 500) },
    'expired, within the skew' => sub { signed(created => time - 700, expires => time - 200) },
    'fields in another order' => sub { signed(headers => [reverse covered()]) },
    'bare numbers' => sub { signed(bare => 1) },
    'an algorithm' => sub { signed(algorithm => 'hs2019') },
    'a digest in the older spelling' =>
        only(type => sub { (digest => WAS::Zcap::sha_digest_of($x->{body})) }),
    'an empty body with its type and digest' => only(bare => sub { (type => 'text/plain') }),
    'an unknown parameter' => sub { signed(extra => [x => 'y']) },
    (map { ("delegated, depth $_" => deep_as($_)) } 1, 2, 3, 9),
    'delegated for the URL alone' => sub { held({ target => $x->{url} }) },
    'delegated at the root of the URL' =>
        only('not list' => sub { invokes(chain($x->{url}, {}), $people[0]->key) }),
    'attenuated step by step' => sub {
        my ($target, $method) = @$x{qw(url method)};
        my %wide = (target => $target, actions => [$method, 'PATCH']);
        held({}, \%wide, { target => $target, actions => [$method] });
    },
    'delegated for the collection' => only('in c' => sub { held({ target => "$x->{top}c/" }) }),
    'delegated for the path, asked with a query' =>
        sub { held({ target => $x->{url} =~ s/\?.*//r }) },
    'delegated for the method' => sub { held({ actions => [$x->{method}] }) },
    'delegated for the method, as a string' => sub { held({ actions => $x->{method} }) },
    'a HEAD by a grant of GET' => only(HEAD => sub { held({ actions => ['GET'] }) }),
    'a HEAD, invoked as GET, by a grant of GET' =>
        only(HEAD => sub { as_action(GET => held({ actions => ['GET'] })) }),
    'one of two controllers' => sub { held({ to => [$stranger->key, $people[0]->key] }) },
    'one of two controllers, delegating' =>
        sub { held({ to => [$people[0]->key, $stranger->key] }, { by => $stranger->key }) },
    'expired within the skew' => sub { held({ created => $now - 7200, expires => time - 60 }) },
    'a member of its own' => sub { held({ document => \%own_members }) },
    'a proof in an array' => spoiling_at(1, 1, after => sub { $_[0]{proof} = [$_[0]{proof}] }),
    'a proof without a context' => sub { held({ proof => { '@context' => undef } }) },
    'a capability not compressed' => packing(packed => \&stored_gzip),
    'a revoked id, delegated by another' =>
        only(here => sub { held({}, { id => $revoked[0]{id} }) }),
);

my %cases = (
    unsigned => ['no signature' => sub { (zcap => 0, sign => 0) }],
    malformed => \@malformed,
    nothing => \@nothing,
    expired => \@expired,
    revoked => [map { ref ? only(here => $_) : $_ } @revoked_cases],
    granted => \@granted,
);
my @cases;
for my $proves (qw(unsigned malformed nothing expired revoked granted)) {
    my @pairs = @{ $cases{$proves} };
    while (my ($name, $case) = splice @pairs, 0, 2) {
        my %case = ref $case eq 'HASH' ? %$case : (code => $case);
        push @cases, { name => $name, proves => $proves, %case };
    }
}

my %if = (
    type => sub { defined $x->{type} },
    bare => sub { !defined $x->{body} && $x->{right} ne 'create' },
    space => sub { defined $x->{space} },
    named => sub { $x->{url} =~ m{[^/][^/]\z} },
    long => sub { $x->{url} ne $x->{top} },
    here => sub { ($x->{space} // '') eq $space && $x->{right} ne 'create' },
    GET => sub { $x->{method} eq 'GET' },
    HEAD => sub { $x->{method} eq 'HEAD' },
    'in c' => sub { $x->{target} =~ m{\A\Q$at\E/c/} },
    'not list' => sub { $x->{right} !~ /\A(?:create|list)\z/ || $x->{url} eq $x->{top} },
);

# What a request is about. Roots and grants start at the top: the space's URL, or what consent to a
# creation is given for.
sub about {
    my ($method, $path, $success, $right, %sent) = @_;
    my $shown = $path;    # before what differs from one run to the next is in it
    my $id = new_id();
    my $made = $sent{made} ? make_space($alice) : undef;
    $path =~ s/\Q$space\E/$made/ if $made;
    s/\{new\}/$id/ for $path, $sent{body} // ();
    $path =~ s/\{number\}/1 + int rand 2**31 - 1/e;
    my ($in) = $path =~ m{\A/space/([^/]+)};
    my $url = $alice->url($path);
    my $top = !$in ? $alice->spaces_url : $right eq 'create' ? $url : $alice->space_url($in);
    return {
        method => $method,
        path => $shown,
        target => $path,
        url => $url,
        top => $top,
        space => $in,
        right => $right,
        success => $success,
        %sent
    };
}

# Section 8.1, for a delegation that holds.
sub container {
    my ($zcap) = @_;
    my ($target, $actions) = @$zcap{qw(invocationTarget allowedAction)};
    my $right = $x->{right};
    return 0 if $right =~ /\A(?:put_space|controller|revoke)\z/;
    if ($right eq 'delete_space') {
        my $only = ref $actions ? "@$actions" : $actions // '';
        return $target eq $x->{top} && $only eq 'DELETE';
    }
    if ($right eq 'put_collection') {
        my ($collection) = $x->{url} =~ m{\A(.*/)meta\z};
        return $target eq $x->{top} || $target eq $collection;
    }
    return 1;
}

# Status and problem type of what a request gets for its right alone, where that is not the rule.
my %refused = (list => [200, ''], create => [400, 'controller-mismatch']);
my %problem = (501 => 'unsupported-operation', 405 => 'about:blank');

# Status and problem type that are due.
sub rule {
    my ($proves, $request) = @_;
    my ($right, $method) = @$x{qw(right method)};
    my @success = ($x->{success}, $problem{ $x->{success} });
    return @success if $right eq 'anyone';
    if ($proves eq 'unsigned') {
        return @{ $refused{list} } if $right eq 'list';
        return (404, 'not-found') if $method =~ /\A(?:GET|HEAD)\z/;
        return (401, 'missing-authorization');
    }
    return (400, 'invalid-authorization-header') if $proves eq 'malformed';
    my $zcap = ref $request->{zcap} ? $request->{zcap}{of} // $request->{zcap}{capability} : undef;
    $proves = 'nothing' if ref $zcap && !container($zcap);
    return @success if $proves eq 'granted';
    return @{ $refused{$right} } if $refused{$right};
    return (404, $proves eq 'nothing' ? 'not-found' : "capability-$proves");
}

sub unmake {
    return $x->{made} && sql('DELETE FROM was_pws_spaces WHERE space_uuid = ?', $x->{space});
}

# What is wrong with a list of spaces: nobody but the controller sees the space in it.
sub wrong_list {
    my ($res, $proves) = @_;
    my $has = $res->body =~ /"\Q$space\E"/;
    return ($has xor $proves eq 'granted') ? 'the wrong list: ' . $res->body : ();
}

# One case on the route at hand, if it is one whose success is, or is not, asked for.
sub run_case {
    my ($case, $succeed) = @_;
    my ($name, $proves) = @$case{qw(name proves)};
    return if $case->{if} && !$if{ $case->{if} }->();
    my ($method, $right) = @$x{qw(method right)};
    my %request = $case->{code}->();
    my ($status, $type) = rule($proves, \%request);
    my $succeeds = $status == $x->{success} || $right eq 'anyone';
    return if $succeeds xor $succeed;
    my %sent = map { $_ => $x->{$_} } grep { defined $x->{$_} } qw(type body);
    my $zcap = $request{zcap} // {};
    $request{zcap} = { root => $x->{top}, %$zcap } if ref $zcap;
    $alice->put("$x->{target}meta", document('{}')) if ($x->{first} // '') eq 'meta' && $succeed;
    $alice->put($x->{target}, %text) if ($x->{first} // '') eq 'content' && $succeed;
    my $res = $alice->request($method, $x->{target}, %sent, %request);
    my %want = (head => $method eq 'HEAD');
    $want{check} = sub { wrong_list($_[0], $proves) }
        if $right eq 'list' && $status == 200 && $method eq 'GET';
    my $due = "$method $x->{path} is $status" . ($type ? " $type" : '');
    return due("pws 4-8: $name: $due", $res, $status, $type, %want);
}

# Each of some cases on each route, as assertions: whether it holds, its name, what is wrong.
sub run_cases {
    my ($succeed, @some) = @_;
    my $events = intercept {
        for my $case (@some) {
            for my $route (@routes) {
                my ($method, $path, @others) = @$route;
                # What is deleted by one of them is not there for the next one.
                $path =~ s{/doomed/\z}{/{new}/} if $succeed;
                $x = about($method, $path, @others);
                run_case($case, $succeed);
                unmake();
            }
        }
    };
    my @assertions;
    for my $event (@$events) {
        push @assertions, [$event->pass ? 1 : 0, $event->name] if $event->isa('Test2::Event::Ok');
        push @{ $assertions[-1] }, $event->message if $event->isa('Test2::Event::Diag');
    }
    return @assertions;
}

# All cases on all routes; yields how many requests that were. To sign is what takes the time, so
# that it is done by several processes.
sub run_matrix {
    my ($succeed) = @_;
    my @said = in_parallel(
        $WORKERS,
        sub {
            my ($nth) = @_;
            # The connection is the parent's.
            delete $alice->{socket};
            my @some = map { $cases[$_] } grep { $_ % $WORKERS == $nth } 0 .. $#cases;
            return json_text([run_cases($succeed, @some)]);
        });
    my @assertions = map { /\A\[/ ? @{ JSON::PP::decode_json($_) } : die "$_\n" } @said;
    for my $assertion (@assertions) {
        my ($holds, $name, @wrong) = @$assertion;
        ok($holds, $name) or diag(@wrong);
    }
    return scalar @assertions;
}

# First all that fails, then nothing has changed, then all that succeeds.
$_->{keepalive} = 1 for $alice;
my @ids = ($space, $other, $third, $strangers);
my $before = stored(@ids);
my $spaces = 'SELECT count(*) FROM was_spaces WHERE controller = ANY (?)';
my @everybody = map { $_->did } $alice, $bob, $stranger, @people;
my ($count) = sql($spaces, \@everybody);
my $refusals = run_matrix(0);
same_stored('pws 8: what was refused has changed nothing', $before, @ids);
is_deeply([sql($spaces, \@everybody)], [$count], 'pws 8: and made no space');
my $successes = run_matrix(1);
note(
    sprintf '%d refusals and %d successes of %d routes and %d cases',
    $refusals, $successes, scalar @routes, scalar @cases);

# The container rule, row by row: the operation; target and actions of what was delegated; and
# whether that is enough. Paths are below the space's URL, `.` is that URL. `any`: no allowedAction,
# a list is one in brackets.
my $CONTAINER = <<'ROWS';
PUT meta        | .      | [PUT]           | no
PUT meta        | meta   | [PUT]           | no
PUT meta        | .      | any             | no
DELETE c/       | .      | [DELETE]        | no
DELETE c/       | c/     | [DELETE]        | no
DELETE c/       | .      | any             | no
DELETE .        | .      | [DELETE]        | yes
DELETE .        | .      | DELETE          | yes
DELETE .        | .      | [DELETE GET]    | no
DELETE .        | .      | any             | no
DELETE .        | .      | [DELETE DELETE] | no
DELETE .        | .      | [GET]           | no
PUT c/meta      | .      | [PUT]           | yes
PUT c/meta      | .      | any             | yes
PUT c/meta      | c/     | [PUT]           | yes
PUT c/meta      | c/     | [GET PUT]       | yes
PUT c/meta      | c/meta | [PUT]           | no
PUT c/meta      | c/     | [GET]           | no
PUT c/meta      | d/     | [PUT]           | no
PUT d/meta      | .      | [PUT]           | yes
PUT d/meta      | d/     | [PUT]           | yes
PUT d/meta      | d/meta | [PUT]           | no
POST .          | .      | [POST]          | yes
POST c/         | .      | [POST]          | yes
POST c/         | c/     | [POST]          | yes
PUT c/r         | c/     | [PUT]           | yes
DELETE c/r      | c/     | [DELETE]        | yes
PUT c/policy    | c/     | [PUT]           | yes
PUT c/meta/log  | .      | [PUT]           | yes
PUT c/meta/log  | .      | any             | yes
PUT c/meta/log  | c/     | [PUT]           | yes
PUT c/meta/log  | c/meta | [PUT]           | yes
PUT c/meta/log  | c/meta/log | [PUT]       | yes
PUT c/meta/log  | c/     | [GET]           | no
PUT c/meta/log  | d/     | [PUT]           | no
PUT c/meta/log  | c/meta/lo | [PUT]        | no
PUT policy      | .      | [PUT]           | yes
DELETE policy   | policy | [DELETE]        | yes
PUT backends/b  | backends | [PUT]         | yes
ROWS

sub sent_to {
    my ($method, $path) = @_;
    return () if $method eq 'DELETE';
    return @line if $path =~ m{/log\z};
    return document('{}') if $path =~ m{/meta\z} || $path eq '';
    return %space_body if $path eq 'meta';
    return %policy if $path =~ /policy\z/;
    return document($backend) if $path =~ /backends/;
    return (type => 'text/plain', body => 'x');
}

for my $row (split /\n/, $CONTAINER) {
    my ($operation, $target, $shown, $allowed) = split /\s*\|\s*/, $row;
    my ($method, $path) = split ' ', $operation;
    $_ eq '.' and $_ = '' for $path, $target;
    my $actions = $shown eq 'any' ? undef : $shown =~ /\A\[(.*)\]/ ? [split ' ', $1] : $shown;
    for my $depth (1, 2) {
        my $id = make_space($alice);
        make_collection($alice, $id, 'c', { r => 'x' });
        my $top = $alice->space_url($id);
        my @links = ({ target => "$top$target", actions => $actions }) x $depth;
        $links[0] = {} if $depth == 2;
        my $rows = stored($id);
        my %invocation = invokes(chain($top, @links), $people[$depth - 1]->key);
        my $sent = "/space/$id/$path";
        my $res = $alice->request($method, $sent, sent_to($method, $path), %invocation);
        my $name = "pws 8.1: $method /space/s/$path by $shown on /space/s/$target, depth $depth";
        if ($allowed eq 'yes') {
            ok($res->status =~ /\A20[014]\z/, "$name is allowed")
                or diag($res->status . ' ' . $res->body);
        }
        else {
            due("$name is not", $res, 404, 'not-found');
            same_stored("$name changed nothing", $rows, $id);
        }
    }
}

# Section 8.2: which policy counts, and for whom; a capability that does not do falls back on it.
{
    my $id = make_space($alice);
    my $top = $alice->space_url($id);
    my $c = make_collection($alice, $id, 'c', { r => 'public', other => 'public' });
    my $s = "/space/$id";
    my $r = "$c/r";
    my $put = sub {
        my ($path, $type) = @_;
        return $alice->delete("$path/policy") if !$type;
        return $alice->send_json(PUT => "$path/policy", { type => $type });
    };
    my %reads = (
        space => ["$s/", "$s/meta", "$s/linkset", "$s/backends"],
        collection => ["$c/", "$c/meta", "$c/linkset", "$c/backend"],
        resource => [$r, "$r/meta"],
    );
    # space, collection, resource -> what may be read by anybody
    my @set = (
        [undef, undef, undef, ''],
        ['PublicCanRead', undef, undef, 'space collection resource'],
        ['PublicCanRead', 'Nobody', undef, 'space'],
        ['PublicCanRead', 'Nobody', 'PublicCanRead', 'space resource'],
        [undef, 'PublicCanRead', undef, 'collection resource'],
        [undef, 'PublicCanRead', 'Nobody', 'collection'],
        [undef, undef, 'PublicCanRead', 'resource'],
        ['Nobody', 'PublicCanRead', undef, 'collection resource'],
        ['publiccanread', undef, undef, ''],
        [undef, undef, undef, ''],
    );
    my @to_bob = (to => $bob->key, target => $top);
    my @past = (created => $now - 7200, expires => $now - 1000);
    my $expired = delegate($top, by => $alice->key, @to_bob, @past);
    my $elsewhere = delegate($top, by => $alice->key, @to_bob, target => "${top}x");
    my $forged = delegate($top, by => $stranger->key, @to_bob);
    my @askers = (
        ['nobody', zcap => 0, sign => 0],
        ['a stranger', by($stranger->key)],
        ['a wrong signature', signed(mangle => sub { reverse $_[0] })],
        ['an expired capability', invokes($expired, $bob->key)],
        ['another root', root($alice->space_url($other))],
        ['a capability for something else', invokes($elsewhere, $bob->key)],
        ['a forged capability', invokes($forged, $bob->key)],
    );
    my @text = (type => 'text/plain', body => 'x');
    for my $set (@set) {
        my ($of_space, $of_collection, $of_resource, $public) = @$set;
        $put->($s, $of_space);
        $put->($c, $of_collection);
        $put->($r, $of_resource);
        my $name = 'pws 8.2: policies ' . join ', ', map { $_ // 'none' } @$set[0 .. 2];
        for my $asker (@askers) {
            my ($who, %request) = @$asker;
            my $type = $who eq 'an expired capability' ? 'capability-expired' : 'not-found';
            for my $kind (sort keys %reads) {
                my @want = $public =~ /\b$kind\b/ ? (200, undef) : (404, $type);
                for my $path (@{ $reads{$kind} }) {
                    for my $method ('GET', 'HEAD') {
                        my $res = $alice->request($method, $path, %request);
                        due("$name: $who: $method $path", $res, @want, head => $method eq 'HEAD');
                    }
                }
            }
        }
        for my $never ("$s/policy", "$c/policy", "$r/policy") {
            my $res = $alice->get($never, zcap => 0, sign => 0);
            due("$name: never $never", $res, 404, 'not-found');
        }
        my $res = $alice->put($r, @text, by($stranger->key));
        due("$name: no write", $res, 404, 'not-found');
        $res = $alice->put($r, @text, sign => 0, zcap => 0);
        due("$name: no unsigned write", $res, 401, 'missing-authorization');
    }
    # What was deleted leaves no policy behind.
    my $unsigned = sub { $alice->get($r, zcap => 0, sign => 0) };
    $put->($r, 'PublicCanRead');
    $put->($c, undef);
    $alice->delete($r);
    $alice->put($r, type => 'text/plain', body => 'new');
    due('pws 8.2: a resource made again is private', $unsigned->(), 404, 'not-found');
    $put->($c, 'PublicCanRead');
    $alice->delete("$c/");
    make_collection($alice, $id, 'c', { r => 'new' });
    due('pws 8.2: a collection made again is private', $unsigned->(), 404, 'not-found');
}

done_testing;
