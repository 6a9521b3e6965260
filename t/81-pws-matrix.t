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
use MIME::Base64 ();
use Storable qw(dclone);
use Test::More;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Zcap;

my ($alice, $bob, $stranger) = map { holder() } 1 .. 3;
my @people = map { holder() } 1 .. 9;
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
}
for my $path ("$at/c/r", "$at/c", $at, "/space/$third", "$at/doomed", "$at/c/gone") {
    $alice->send_json(PUT => "$path/policy", { type => 'Nothing' })->status == 201 or die 'no policy';
}
my $backend = json_text({ id => 'b', provider => 'p', connection => { kind => 'k' } });
$alice->send_json(POST => "$at/backends", $backend)->status == 201 or die 'no backend';

my $victim = delegate($alice->space_url($space), by => $alice->key, to => $bob->key, target => $alice->space_url($space));
my $revocation = "$at/zcaps/revocations/" . ($victim->{id} =~ s/:/%3A/gr);
my %policy = (type => 'application/json', body => '{"type":"Nothing"}');
my %custom = (type => 'application/json', body => '{"custom":{"name":"n"}}');
my %space_body = (type => 'application/json', body => json_text({ controller => $alice->did, name => 'SECRETBYTES' }));

# Each row: method, path, status of success, right, and what is sent. `{new}` is an id that nothing
# has yet; `{made}` a space made for the request. A success of 501 is an operation not offered.
my @routes = (
    ['GET', '/', 200, 'anyone'],
    ['GET', '/health', 200, 'anyone'],
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
    ['POST', "$at/", 201, 'capability', type => 'application/json', body => '{"name":"SECRETBYTES"}'],
    ['DELETE', "$at/", 204, 'delete_space', made => 1],
    ['GET', "$at/meta", 200, 'read'],
    ['PUT', "$at/meta", 204, 'put_space', %space_body],
    ['GET', "$at/policy", 200, 'capability'],
    ['PUT', "$at/policy", 204, 'capability', %policy],
    ['DELETE', "/space/$third/policy", 204, 'capability'],
    ['GET', "$at/linkset", 200, 'read'],
    ['GET', "$at/backends", 200, 'read'],
    ['POST', "$at/backends", 201, 'capability', type => 'application/json', body => $backend =~ s/"b"/"{new}"/r],
    ['PUT', "$at/backends/b", 204, 'capability', type => 'application/json', body => $backend],
    ['DELETE', "$at/backends/none", 204, 'capability'],
    ['GET', "$at/quotas", 501, 'read'],
    ['POST', "$at/export", 501, 'capability'],
    ['POST', "$at/import", 501, 'capability'],
    ['POST', $revocation, 204, 'revoke', type => 'application/json', body => jcs($victim)],
    ['GET', "$at/c/", 200, 'read'],
    ['GET', "$at/c/?limit=1&x=%20", 200, 'read'],
    ['POST', "$at/c/", 201, 'capability', type => 'text/plain', body => 'SECRETBYTES'],
    ['DELETE', "$at/doomed/", 204, 'controller'],
    ['GET', "$at/c/meta", 200, 'read'],
    ['PUT', "$at/c/meta", 204, 'put_collection', type => 'application/json', body => '{"name":"SECRETBYTES"}'],
    ['PUT', "$at/{new}/meta", 201, 'put_collection', type => 'application/json', body => '{}'],
    ['GET', "$at/c/policy", 200, 'capability'],
    ['PUT', "$at/c/policy", 204, 'capability', %policy],
    ['DELETE', "$at/doomed/policy", 204, 'capability'],
    ['GET', "$at/c/linkset", 200, 'read'],
    ['GET', "$at/c/backend", 200, 'read'],
    ['GET', "$at/c/quota", 501, 'read'],
    ['POST', "$at/c/query", 501, 'read', type => 'application/json', body => '{"profile":"changes"}'],
    ['GET', "$at/c/meta/log", 501, 'read'],
    ['PUT', "$at/c/meta/log", 501, 'capability', type => 'text/jsonl', body => '{}'],
    ['GET', "$at/c/r", 200, 'read'],
    ['HEAD', "$at/c/r", 200, 'read'],
    ['PUT', "$at/c/r", 204, 'capability', type => 'text/plain', body => 'SECRETBYTES'],
    ['PUT', "$at/c/{new}", 204, 'capability', type => 'application/json', body => '[]'],
    ['DELETE', "$at/c/gone", 204, 'capability'],
    ['GET', "$at/c/r/meta", 200, 'read'],
    ['PUT', "$at/c/r/meta", 204, 'capability', %custom],
    ['GET', "$at/c/r/policy", 200, 'capability'],
    ['PUT', "$at/c/r/policy", 204, 'capability', %policy],
    ['DELETE', "$at/c/gone/policy", 204, 'capability'],
    ['GET', "$at/c/r/chunks/", 501, 'read'],
    ['GET', "$at/c/r/chunks/0", 501, 'read'],
    ['PUT', "$at/c/r/chunks/0", 501, 'capability', type => 'text/plain', body => 'x'],
    ['DELETE', "$at/c/r/chunks/0", 501, 'capability'],
);

my %made;

# A chain from the root of $top down through one delegation after another, the first by alice, each
# to the next of the people; every link may spoil what it likes. Signing takes its time, so that
# what is asked for again is not made again; who changes a chain takes a copy.
sub chain {
    my ($top, @links) = @_;
    return linked($top, @links) if grep { ref eq 'CODE' } map { values %$_ } @links;
    my $key = Data::Dumper->new([[$top, map { { %$_, $_->{to} ? (to => "@{$_->{to}}") : () } } @links]])->Indent(0)->Sortkeys(1)->Dump;
    return $made{$key} //= linked($top, @links);
}

sub linked {
    my ($top, @links) = @_;
    my ($parent, $by, $n, $created) = ($top, $alice->key, 0, time);
    for my $link (@links) {
        my $to = $people[$n++]->key;
        $parent = delegate($parent, by => $by, to => $to, target => $top, created => $created, %$link);
        $by = $to;
    }
    return $parent;
}

# The tail of such a chain invoked by its holder.
sub held {
    my ($x, @links) = @_;
    return (zcap => { capability => chain($x->{top}, @links) }, sign => { key => $people[$#links]->key });
}

sub spoilt { my ($x, $code) = @_; my $zcap = dclone(chain($x->{top}, {})); $code->($zcap); return (zcap => { capability => $zcap }, sign => { key => $people[0]->key }) }
sub packed { my ($x, $kind, $code) = @_; my $text = jcs(chain($x->{top}, {})); return (zcap => { $kind => $code->($text), of => chain($x->{top}, {}) }, sign => { key => $people[0]->key }) }
sub gzip { return Compress::Zlib::memGzip($_[0]) }
sub field { my ($text) = @_; return sub { my ($x) = @_; return (zcap => { field => $text =~ s/ROOT/root_id($x->{top})/er =~ s/METHOD/$x->{method}/r }) } }
sub authorization { my ($text) = @_; return sub { return (sign => { authorization => $text }) } }
sub without { my ($name) = @_; return sub { my ($x) = @_; return (sign => { headers => [grep { $_ ne $name } WAS::Zcap::covered(defined $x->{type})] }) } }
sub elsewhere { my ($url) = @_; return $url =~ s{://[^/]+}{://wallet.example}r }
sub did_of { return 'did:key:z' . WAS::Key::base58($_[0]) }

my $p256 = did_of(pack 'H*', '8024' . '02' . 'ab' x 32);
my $deep = sub { my ($text) = @_; return $text =~ s/\}\z/',"x":' . '[' x 200 . ']' x 200 . '}'/er };

# Revoked in every space that a case can be about: a tail, and the parent of one.
my @revoked = map { delegate($alice->space_url($space), by => $alice->key, to => $people[0]->key, target => $alice->space_url($space),
    expires => $now + 3000) } 1, 2;
for my $zcap (@revoked) {
    my $res = $alice->request(POST => "$at/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr), type => 'application/json', body => jcs($zcap));
    $res->status == 204 or die 'not revoked: ' . $res->body;
}

# The cases: name, options of the request by what it is about, and what is proven.
#   unsigned   neither field
#   malformed  400: the fields are wrong in themselves
#   nothing    nobody who may, or nothing that allows this
#   expired, revoked  all would hold but for that, and the holder asks
#   granted    it holds; the container rule may still refuse
# `if` limits a case to what it can be about.
my @malformed = (
    ['only Authorization' => sub { (zcap => 0, sign => { headers => [grep { $_ ne 'capability-invocation' } WAS::Zcap::covered(defined $_[0]{type})] }) }],
    ['only Capability-Invocation' => sub { (sign => 0) }],
    (map { ["Authorization: $_" => authorization($_)] }
        '', 'Signature', 'Signature x', 'Signature keyId="x"', 'Bearer abc', 'Basic YTpi', 'signature=', "\xff", 'Signature ' . 'x=y,' x 500 . 'x=y'),
    (map { my $name = $_; ["no parameter $name" => sub { (sign => { params => [$name => undef] }) }] } qw(keyId headers signature created expires)),
    (map { my ($name, $value) = @$_; ["$name=\"$value\"" => sub { (sign => { params => [$name => $value] }) }] }
        [created => 'x'], [created => '-1'], [expires => '9' x 30], [signature => ''], [signature => 'AAAA'], [signature => '*' x 88],
        [headers => ''], [headers => '(created)  host'], [keyId => ''], [keyId => $p256], [keyId => 'did:web:wallet.example'], [keyId => $alice->did . '#x']),
    ['the parameter keyId twice' => sub { (sign => { extra => [keyId => $alice->key->key_id] }) }],
    (map { ["$_ not covered" => without($_)] } WAS::Zcap::covered()),
    ['content-type not covered' => without('content-type'), if => 'type'],
    ['digest not covered' => without('digest'), if => 'type'],
    ['no Digest' => sub { (digest => 0, sign => { headers => [WAS::Zcap::covered(0), 'content-type'] }) }, if => 'type'],
    ['a covered Digest that is missing' => sub { (digest => 0) }, if => 'type'],
    ['a wrong Digest' => sub { (digest => WAS::Zcap::digest_of("$_[0]{body}x")) }, if => 'type'],
    (map { my $text = $_; ["Digest: $text" => sub { (digest => $text) }, if => 'type'] } 'mh=', 'mh=uEiA', 'x', 'MD5=1B2M2Y8AsgTpgAmY7PhCfg=='),
    ['a Content-Type and no Digest, without a body' => sub { (type => 'text/plain', digest => 0) }, if => 'bare'],
    ['a Digest of something, without a body' => sub { (type => 'text/plain', digest => WAS::Zcap::digest_of('x')) }, if => 'bare'],
    ['expired' => sub { (sign => { created => time - 2000, expires => time - 1000 }) }],
    ['created too early' => sub { (sign => { created => time + 1000, expires => time + 1300 }) }],
    ['expires before created' => sub { (sign => { created => time + 100, expires => time + 50 }) }],
    ['another Host' => sub { (headers => [Host => 'wallet.example'], sign => { authorization => 'Signature x' }) }],
    (map { ["Capability-Invocation: $_" => field($_)] }
        '', 'zcap', 'zcap id=""', 'zcap id="ROOT"', 'zcap action="METHOD"', 'zcap id="ROOT",action=""', 'zcap id="ROOT",capability="H4sI",action="METHOD"',
        'zcap id="ROOT",id="ROOT",action="METHOD"', 'zcap id="ROOT",action="METHOD",action="METHOD"', 'zcap id="ROOT" action="METHOD"',
        'zcap id="ROOT",action="METHOD",', 'Signature id="ROOT",action="METHOD"', 'id="ROOT",action="METHOD"',
        'zcap id="urn:uuid:00000000-0000-4000-8000-000000000001",action="METHOD"', 'zcap id="urn:zcap:root:",action="METHOD"',
        'zcap id="urn:zcap:root:%zz",action="METHOD"', 'zcap id="http://127.0.0.1/",action="METHOD"', 'zcap capability="",action="METHOD"'),
    ['a capability that is not base64url' => sub { packed($_[0], encoded => sub { '****' }) }],
    ['one in padded base64' => sub { packed($_[0], encoded => sub { MIME::Base64::encode_base64(gzip($_[0] . ' '), '') . '=' }) }],
    ['one that is not gzip' => sub { packed($_[0], packed => sub { $_[0] }) }],
    ['zlib instead of gzip' => sub { packed($_[0], packed => sub { Compress::Zlib::compress($_[0]) }) }],
    ['gzip cut short' => sub { packed($_[0], packed => sub { substr gzip($_[0]), 0, -9 }) }],
    ['gzip with a wrong checksum' => sub { packed($_[0], packed => sub { my $z = gzip($_[0]); substr($z, -8, 1) ^= "\1"; $z }) }],
    ['something behind the gzip' => sub { packed($_[0], packed => sub { gzip($_[0]) . 'x' }) }],
    ['two gzip members' => sub { packed($_[0], packed => sub { gzip($_[0]) . gzip(' ') }) }],
    ['gzip of nothing' => sub { packed($_[0], packed => sub { gzip('') }) }],
    ['not JSON' => sub { packed($_[0], capability => sub { 'x' }) }],
    ['JSON with something behind' => sub { packed($_[0], capability => sub { "$_[0]x" }) }],
    ['an array' => sub { packed($_[0], capability => sub { "[$_[0]]" }) }],
    ['duplicate names' => sub { packed($_[0], capability => sub { $_[0] =~ s/\{/{"id":"urn:x:y",/r }) }],
    ['duplicate names in the proof' => sub { packed($_[0], capability => sub { $_[0] =~ s/"proof":\{/"proof":{"created":"2026-01-01T00:00:00Z",/r }) }],
    ['too deep' => sub { packed($_[0], capability => $deep) }],
    ['NUL in a string' => sub { packed($_[0], capability => sub { $_[0] =~ s/"urn:uuid:/"urn:uuid:\\u0000/r }) }],
    ['not UTF-8' => sub { packed($_[0], capability => sub { $_[0] =~ s/"urn:uuid:/"urn:uuid:\xff/r }) }],
    ['65537 bytes' => sub { packed($_[0], capability => sub { $_[0] . ' ' x (65537 - length $_[0]) }) }],
    ['a bomb' => sub { packed($_[0], capability => sub { $_[0] . ' ' x 3_000_000 }) }],
    (map { my $name = $_; ["no $name" => sub { spoilt($_[0], sub { delete $_[0]{$name} }) }] }
        qw(@context id controller parentCapability invocationTarget expires proof)),
    (map { my $name = $_; ["no $name in the proof" => sub { spoilt($_[0], sub { delete $_[0]{proof}{$name} }) }] }
        qw(type created verificationMethod proofPurpose proofValue capabilityChain)),
    (map { my ($name, $value) = @$_; ["$name of a wrong kind" => sub { spoilt($_[0], sub { $_[0]{$name} = $value }) }] }
        ['@context', 'https://w3id.org/zcap/v1'], ['@context', ['https://example.com/']], ['@context', []], ['id', 'x'], ['id', \'1'], ['id', root_id('http://x/')],
        ['controller', []], ['controller', {}], ['controller', 'x'], ['controller', 'https://wallet.example'], ['parentCapability', 'x'], ['parentCapability', []],
        ['invocationTarget', 'x'], ['invocationTarget', ['http://x/']], ['allowedAction', []], ['allowedAction', \'1'], ['allowedAction', [\'true']], ['allowedAction', undef],
        ['expires', 'tomorrow'], ['expires', \'1'], ['expires', '2026-13-01T00:00:00Z'], ['proof', []], ['proof', 'x'], ['caveat', []], ['invoker', 'did:key:x']),
    (map { my ($name, $value) = @$_; ["$name of the proof of a wrong kind" => sub { spoilt($_[0], sub { $_[0]{proof}{$name} = $value }) }] }
        ['proofPurpose', 'assertionMethod'], ['created', 'x'], ['verificationMethod', 'x'], ['capabilityChain', []], ['capabilityChain', 'x'], ['capabilityChain', ['x']],
        ['capabilityChain', [{}]], ['capabilityChain', ['urn:uuid:x']]),
    ['two proofs' => sub { spoilt($_[0], sub { $_[0]{proof} = [$_[0]{proof}, $_[0]{proof}] }) }],
    ['a parent that is not the last of the chain' => sub { held($_[0], {}, { document => { parentCapability => 'urn:uuid:00000000-0000-4000-8000-000000000009' } }) }],
    ['the root as parent of the second link' => sub { held($_[0], {}, { document => { parentCapability => root_id($_[0]{top}) } }) }],
    ['the parent by its id only' => sub { held($_[0], { id => 'urn:uuid:p' }, { proof => { capabilityChain => [root_id($_[0]{top}), 'urn:uuid:p'] } }) }],
    ['a chain without the root' => sub { my ($x) = @_; my $p = chain($x->{top}, {}); held($x, {}, { document => { parentCapability => $p->{id} }, proof => { capabilityChain => [$p] } }) }],
    ['another root above the embedded parent' => sub { my ($x) = @_; my $p = chain($x->{top}, {});
        held($x, {}, { document => { parentCapability => $p->{id} }, proof => { capabilityChain => [root_id("$x->{top}x"), $p] } }) }],
    ['an ancestor left out' => sub { my ($x) = @_; my $p = chain($x->{top}, {}, {});
        held($x, {}, {}, { document => { parentCapability => $p->{id} }, proof => { capabilityChain => [root_id($x->{top}), $p] } }) }],
    ['an ancestor misnamed' => sub { my ($x) = @_; my $p = chain($x->{top}, {}, {});
        held($x, {}, {}, { document => { parentCapability => $p->{id} }, proof => { capabilityChain => [root_id($x->{top}), 'urn:uuid:0', $p] } }) }],
    ['a cycle of two' => sub { held($_[0], { id => 'urn:uuid:a' }, { id => 'urn:uuid:a' }) }],
    ['a cycle of three' => sub { held($_[0], { id => 'urn:uuid:a' }, { id => 'urn:uuid:b' }, { id => 'urn:uuid:a' }) }],
    ['its own parent' => sub { held($_[0], { id => 'urn:uuid:a', document => { parentCapability => 'urn:uuid:a' } }) }],
    ['eleven in the chain' => sub { my ($x) = @_; (zcap => { capability => chain($x->{top}, map { {} } 1 .. 8) }, deep($x)) }],
);

# Ten links and the root: one more than a chain may have.
sub deep {
    my ($x) = @_;
    my $tail = delegate(chain($x->{top}, map { {} } 1 .. 9), by => $people[8]->key, to => $people[8]->key, target => $x->{top});
    return (zcap => { capability => $tail }, sign => { key => $people[8]->key });
}

my @nothing = (
    ["a stranger's root" => sub { (sign => { key => $stranger->key }) }],
    ["another key under the controller's keyId" => sub { (sign => { key => $stranger->key, key_id => $alice->key->key_id }) }],
    ["the controller's key under another keyId" => sub { (sign => { key_id => $stranger->key->key_id }) }],
    ['a bit of the signature turned' => sub { (sign => { mangle => sub { my ($s) = @_; vec($s, 100, 1) ^= 1; $s } }) }],
    ['signed for another method' => sub { (sign => { method => $_[0]{method} eq 'PUT' ? 'GET' : 'PUT' }) }],
    ['signed for another path' => sub { (sign => { target => "$_[0]{target}x" }) }],
    ['signed for another query' => sub { (sign => { target => $_[0]{target} . ($_[0]{target} =~ /\?/ ? '&a=b' : '?a=b') }) }],
    ['signed for another host' => sub { (sign => { fields => [[Host => 'wallet.example'], ['Capability-Invocation' => $alice->invocation($_[0]{method}, $_[0]{target}, { root => $_[0]{top} })],
        ['Content-Type' => $_[0]{type} // ''], [Digest => WAS::Zcap::digest_of($_[0]{body} // '')]] }) }],
    ['another capability than the signed one' => sub { my ($x) = @_; (zcap => { root => $x->{top} }, sign => { fields => [[Host => $alice->{authority}],
        ['Capability-Invocation' => $alice->invocation($x->{method}, $x->{target}, { root => "$x->{top}x" })], ['Content-Type' => $x->{type} // ''], [Digest => WAS::Zcap::digest_of($x->{body} // '')]] }) }],
    ['the action of another method' => sub { (zcap => { action => $_[0]{method} eq 'PUT' ? 'GET' : 'PUT', root => $_[0]{top} }) }],
    ['the action in lower case' => sub { (zcap => { action => lc $_[0]{method}, root => $_[0]{top} }) }],
    ["the root of another space of the controller's" => sub { (zcap => { root => $alice->space_url($other) }) }],
    ["the root of a stranger's space" => sub { (zcap => { root => $alice->space_url($strangers) }) }],
    ["the root of a stranger's space, by the stranger" => sub { (zcap => { root => $alice->space_url($strangers) }, sign => { key => $stranger->key }) }],
    ['the root of another server' => sub { (zcap => { root => elsewhere($_[0]{top}) }) }],
    ['the root of the same server by TLS' => sub { (zcap => { root => $_[0]{top} =~ s/http:/https:/r }) }],
    ['the root of an ancestor' => sub { (zcap => { root => $alice->url('/') }) }],
    ['the root of the ancestor of all spaces' => sub { (zcap => { root => $alice->url('/space/') }) }],
    ['the root of the list for a space, or of a space for the list' => sub { (zcap => { root => $_[0]{space} ? $alice->spaces_url : $alice->space_url($space) }) }],
    ['the root of the top without its last character' => sub { (zcap => { root => substr $_[0]{top}, 0, -1 }) }],
    ['the root of the top, doubled slash' => sub { (zcap => { root => "$_[0]{top}/" }) }],
    ['the root of a neighbour below' => sub { (zcap => { root => "$_[0]{url}x" }) }],
    ['delegated for a neighbour' => sub { held($_[0], { target => "$_[0]{top}neighbour/" }) }, if => 'space'],
    ['delegated for the URL without its last character' => sub { held($_[0], { target => substr $_[0]{url}, 0, -1 }) }, if => 'named'],
    ['delegated for the URL and more' => sub { held($_[0], { target => "$_[0]{url}?a=b" }) }],
    ['delegated for another action' => sub { held($_[0], { actions => [$_[0]{method} eq 'POST' ? 'PUT' : 'POST'] }) }],
    ['delegated for another action, as a string' => sub { held($_[0], { actions => 'PATCH' }) }],
    ['delegated for the action in lower case' => sub { held($_[0], { actions => [lc $_[0]{method}] }) }],
    ['a GET by a grant of HEAD' => sub { held($_[0], { actions => ['HEAD'] }) }, if => 'GET'],
    ['a GET, invoked as HEAD, by a grant of HEAD' => sub { my %o = held($_[0], { actions => ['HEAD'] }); $o{zcap}{action} = 'HEAD'; %o }, if => 'GET'],
    ['delegated for another server' => sub { held($_[0], { target => elsewhere($_[0]{top}) }) }],
    ["delegated at another server's root" => sub { my ($x) = @_; (zcap => { capability => chain(elsewhere($x->{top}), { target => $x->{top} }) }, sign => { key => $people[0]->key }) }],
    ['delegated at the root of another space' => sub { (zcap => { capability => chain($alice->space_url($other), {}) }, sign => { key => $people[0]->key }) }],
    ['delegated at the root of another space, for this one' => sub { (zcap => { capability => chain($alice->space_url($other), { target => $_[0]{top} }) }, sign => { key => $people[0]->key }) }],
    ['delegated by a stranger' => sub { held($_[0], { by => $stranger->key }) }],
    ["delegated by a stranger in the controller's name" => sub { held($_[0], { by => $stranger->key, proof => { verificationMethod => $alice->key->key_id } }) }],
    ['delegated by the controller, named as a stranger' => sub { held($_[0], { proof => { verificationMethod => $stranger->key->key_id } }) }],
    ['delegated by a key of P-256' => sub { held($_[0], { proof => { verificationMethod => "$p256#" . substr $p256, 8 } }) }],
    ['invoked by a stranger' => sub { my %o = held($_[0], {}); (%o, sign => { key => $stranger->key }) }],
    ['invoked by the controller itself' => sub { my %o = held($_[0], {}); (%o, sign => {}) }],
    ['invoked by the parent of the tail' => sub { my %o = held($_[0], {}, {}); (%o, sign => { key => $people[0]->key }) }],
    ['invoked as root by the delegate' => sub { (zcap => { root => $_[0]{top} }, sign => { key => $people[0]->key }) }],
    ['the second delegated by who does not hold the first' => sub { held($_[0], {}, { by => $stranger->key }) }],
    ['the second delegated by the controller of the root' => sub { held($_[0], {}, { by => $alice->key }) }],
    ['a widened target' => sub { held($_[0], { target => $_[0]{url} }, {}) }, if => 'long'],
    ['a target widened at the third' => sub { held($_[0], {}, { target => $_[0]{url} }, {}) }, if => 'long'],
    ['a target beside the parent\'s' => sub { held($_[0], { target => "$_[0]{url}/x" }, { target => $_[0]{url} }) }],
    ['a widened action' => sub { held($_[0], { actions => [$_[0]{method}] }, { actions => [$_[0]{method}, 'PATCH'] }) }],
    ['an action gained' => sub { held($_[0], { actions => ['PATCH'] }, { actions => [$_[0]{method}] }) }],
    ['no action under a restricted parent' => sub { held($_[0], { actions => [$_[0]{method}] }, {}) }],
    ['no action under a restricted parent, at the third' => sub { held($_[0], {}, { actions => [$_[0]{method}] }, {}) }],
    ["a longer expiry than the parent's" => sub { held($_[0], { expires => $now + 300 }, { expires => $now + 301 }) }],
    ["an expiry beyond an expired parent's" => sub { held($_[0], { expires => $now - 1000 }, { expires => $now + 300 }) }],
    ["a proof older than the parent's" => sub { held($_[0], { created => $now, expires => $now + 300 }, { created => $now - 1, expires => $now + 300 }) }],
    ['a proof of the future' => sub { held($_[0], { created => $now + 5000, expires => $now + 9000 }) }],
    (map { my $n = $_; my @which = map { my $m = $_; [$m, map { $_ == $m ? { mangle => sub { my ($s) = @_; vec($s, 77, 1) ^= 1; $s } } : {} } 1 .. $n] } 1 .. $n;
        map { my ($m, @links) = @$_; ["a forged proof of link $m of $n" => sub { held($_[0], @links) }] } @which } 1 .. 3),
    (map { my $m = $_; ["link $m of 3 changed behind the proof" => sub { held($_[0], map { $_ == $m ? { after => sub { $_[0]{invocationTarget} .= 'x' } } : {} } 1 .. 3) }] } 3),
    (map { my $m = $_; ["a member added to link $m of 3 behind the proof" => sub { held($_[0], map { $_ == $m ? { after => sub { $_[0]{note} = 'x' } } : {} } 1 .. 3) }] } 1 .. 3),
    ['the embedded parent swapped' => sub { my ($x) = @_; my $tail = dclone(chain($x->{top}, { id => 'urn:uuid:same', target => $x->{url} }, { target => $x->{url} }));
        $tail->{proof}{capabilityChain}[-1] = chain($x->{top}, { id => 'urn:uuid:same' }); (zcap => { capability => $tail }, sign => { key => $people[1]->key }) }, if => 'long'],
    ['the embedded parent swapped for a wider one of the delegate' => sub { my ($x) = @_; my $fake = delegate($x->{top}, by => $people[0]->key, to => $people[0]->key, target => $x->{top});
        (zcap => { capability => delegate($fake, by => $people[0]->key, to => $people[1]->key, target => $x->{top}) }, sign => { key => $people[1]->key }) }],
    ['another suite named' => sub { held($_[0], { proof => { cryptosuite => 'eddsa-rdfc-2022' } }) }],
    ['another type of proof named' => sub { held($_[0], { proof => { type => 'Ed25519Signature2018' } }) }],
    ['a proof under an empty context' => sub { held($_[0], { proof => { '@context' => [] } }) }],
    ['a proof under another context' => sub { held($_[0], { proof => { '@context' => ['https://example.com/'] } }) }],
    ['a proofValue that is no multibase' => sub { held($_[0], { after => sub { $_[0]{proof}{proofValue} = 'x' } }) }],
    ['a proofValue of 63 bytes' => sub { held($_[0], { mangle => sub { substr $_[0], 1 } }) }],
    ['a number that is not whole' => sub { spoilt($_[0], sub { $_[0]{note} = \'1.5' }) }],
    ['revoked, for another' => sub { (zcap => { capability => $revoked[0] }, sign => { key => $stranger->key }) }, if => 'here'],
);

my @denied = (
    (map { my $m = $_; ["expired at link $m of 3" => sub { held($_[0], map { { $_ < $m ? () : (expires => $now - 400 - $_) , created => $now - 7200, $_ < $m ? (expires => $now + 300) : () } } 1 .. 3) }, 'expired'] } 1 .. 3),
    ['expired, the only link' => sub { held($_[0], { created => $now - 7200, expires => $now - 400 }) }, 'expired'],
    ['revoked' => sub { (zcap => { capability => $revoked[0] }, sign => { key => $people[0]->key }) }, 'revoked', if => 'here'],
    ['under a revoked parent' => sub { (zcap => { capability => delegate($revoked[1], by => $people[0]->key, to => $bob->key, target => $_[0]{top}, expires => $now + 2000) }, sign => { key => $bob->key }) }, 'revoked', if => 'here'],
    ['under a revoked grandparent' => sub { my $p = delegate($revoked[1], by => $people[0]->key, to => $bob->key, target => $_[0]{top}, expires => $now + 2000);
        (zcap => { capability => delegate($p, by => $bob->key, to => $people[2]->key, target => $_[0]{top}, expires => $now + 2000) }, sign => { key => $people[2]->key }) }, 'revoked', if => 'here'],
);

my @granted = (
    ["the controller's root" => sub { () }],
    ["the controller's root, of the URL itself" => sub { (zcap => { root => 'self' }) }, if => 'not list'],
    ["the controller's root, of the collection" => sub { (zcap => { root => "$_[0]{top}c/" }) }, if => 'in c'],
    ['the root with lower-case escapes' => sub { (zcap => { id => root_id($_[0]{top}) =~ s/(%..)/lc $1/ger }) }],
    ['created ahead, within the skew' => sub { (sign => { created => time + 200, expires => time + 500 }) }],
    ['expired, within the skew' => sub { (sign => { created => time - 700, expires => time - 200 }) }],
    ['fields in another order' => sub { (sign => { headers => [reverse WAS::Zcap::covered(defined $_[0]{type})] }) }],
    ['bare numbers' => sub { (sign => { bare => 1 }) }],
    ['an algorithm' => sub { (sign => { algorithm => 'hs2019' }) }],
    ['a digest in the older spelling' => sub { (digest => WAS::Zcap::sha_digest_of($_[0]{body})) }, if => 'type'],
    ['an empty body with its type and digest' => sub { (type => 'text/plain') }, if => 'bare'],
    ['an unknown parameter' => sub { (sign => { extra => [x => 'y'] }) }],
    (map { my $n = $_; ["delegated, depth $n" => sub { held($_[0], map { {} } 1 .. $n) }] } 1, 2, 3, 9),
    ['delegated for the URL alone' => sub { held($_[0], { target => $_[0]{url} }) }],
    ['delegated at the root of the URL' => sub { my ($x) = @_; (zcap => { capability => chain($x->{url}, {}) }, sign => { key => $people[0]->key }) }, if => 'not list'],
    ['attenuated step by step' => sub { held($_[0], {}, { target => $_[0]{url}, actions => [$_[0]{method}, 'PATCH'] }, { target => $_[0]{url}, actions => [$_[0]{method}] }) }],
    ['delegated for the collection' => sub { held($_[0], { target => "$_[0]{top}c/" }) }, if => 'in c'],
    ['delegated for the path, asked with a query' => sub { held($_[0], { target => $_[0]{url} =~ s/\?.*//r }) }],
    ['delegated for the method' => sub { held($_[0], { actions => [$_[0]{method}] }) }],
    ['delegated for the method, as a string' => sub { held($_[0], { actions => $_[0]{method} }) }],
    ['a HEAD by a grant of GET' => sub { held($_[0], { actions => ['GET'] }) }, if => 'HEAD'],
    ['a HEAD, invoked as GET, by a grant of GET' => sub { my %o = held($_[0], { actions => ['GET'] }); $o{zcap}{action} = 'GET'; %o }, if => 'HEAD'],
    ['one of two controllers' => sub { held($_[0], { to => [$stranger->key, $people[0]->key] }) }],
    ['one of two controllers, delegating' => sub { held($_[0], { to => [$people[0]->key, $stranger->key] }, { by => $stranger->key }) }],
    ['expired within the skew' => sub { held($_[0], { created => $now - 7200, expires => $now - 60 }) }],
    ['a member of its own' => sub { held($_[0], { document => { note => "\x{e9}\x{1f600}\"\\\n\x01/", "\x{fb01}" => 'a', "\x{1f600}" => 'b' } }) }],
    ['a proof in an array' => sub { held($_[0], { after => sub { $_[0]{proof} = [$_[0]{proof}] } }) }],
    ['a proof without a context' => sub { held($_[0], { proof => { '@context' => undef } }) }],
    ['a capability not compressed' => sub { packed($_[0], packed => sub { my ($in, $out) = @_; IO::Compress::Gzip::gzip(\$in => \$out, -Level => 0); $out }) }],
    ['a revoked id, delegated by another' => sub { held($_[0], {}, { id => $revoked[0]{id} }) }, if => 'here'],
);

my @cases = (
    ['no signature' => sub { (zcap => 0, sign => 0) }, 'unsigned'],
    (map { my ($name, $code, @if) = @$_; [$name, $code, 'malformed', @if] } @malformed),
    (map { my ($name, $code, @if) = @$_; [$name, $code, 'nothing', @if] } @nothing),
    @denied,
    (map { my ($name, $code, @if) = @$_; [$name, $code, 'granted', @if] } @granted),
);

my %if = (
    type => sub { defined $_[0]{type} },
    bare => sub { !defined $_[0]{body} && $_[0]{right} ne 'create' },
    space => sub { defined $_[0]{space} },
    named => sub { $_[0]{url} =~ m{[^/][^/]\z} },
    long => sub { $_[0]{url} ne $_[0]{top} },
    here => sub { ($_[0]{space} // '') eq $space && $_[0]{right} ne 'create' },
    GET => sub { $_[0]{method} eq 'GET' },
    HEAD => sub { $_[0]{method} eq 'HEAD' },
    'in c' => sub { $_[0]{target} =~ m{\A\Q$at\E/c/} },
    'not list' => sub { $_[0]{right} ne 'create' && $_[0]{right} ne 'list' || $_[0]{url} eq $_[0]{top} },
);

# What a request is about. Roots and grants start at the top: the space's URL, or what consent to a
# creation is given for.
sub about {
    my ($method, $path, $success, $right, %sent) = @_;
    my $id = new_id();
    my $made = $sent{made} ? make_space($alice) : undef;
    $path =~ s/\Q$space\E/$made/ if $made;
    s/\{new\}/$id/ for $path, $sent{body} // ();
    my ($in) = $path =~ m{\A/space/([^/]+)};
    my $url = $alice->url($path);
    my $top = !$in ? $alice->spaces_url : $right eq 'create' ? $url : $alice->space_url($in);
    return { method => $method, target => $path, url => $url, top => $top, space => $in, right => $right, success => $success, %sent };
}

# Section 8.1, for a delegation that holds.
sub container {
    my ($x, $zcap) = @_;
    my ($target, $actions) = @$zcap{qw(invocationTarget allowedAction)};
    my ($collection) = $x->{url} =~ m{\A(.*/)meta\z};
    return 0 if $x->{right} =~ /\A(?:put_space|controller|revoke)\z/;
    return $target eq $x->{top} && defined $actions && (ref $actions ? "@$actions" : $actions) eq 'DELETE' if $x->{right} eq 'delete_space';
    return $target eq $x->{top} || $target eq $collection if $x->{right} eq 'put_collection';
    return 1;
}

# Status and problem type that are due.
sub rule {
    my ($x, $proves, $request) = @_;
    my $zcap = ref $request->{zcap} ? $request->{zcap}{of} // $request->{zcap}{capability} : undef;
    my %refused = (list => [200, ''], create => [400, 'controller-mismatch']);
    my $success = [$x->{success}, { 501 => 'unsupported-operation', 405 => 'about:blank' }->{ $x->{success} }];
    return @$success if $x->{right} eq 'anyone';
    return @{ $refused{list} } if $x->{right} eq 'list' && $proves eq 'unsigned';
    return $x->{method} =~ /\A(?:GET|HEAD)\z/ ? (404, 'not-found') : (401, 'missing-authorization') if $proves eq 'unsigned';
    return (400, 'invalid-authorization-header') if $proves eq 'malformed';
    $proves = 'nothing' if ref $zcap && !container($x, $zcap);
    return @$success if $proves eq 'granted';
    return @{ $refused{ $x->{right} } } if $refused{ $x->{right} };
    return (404, $proves eq 'nothing' ? 'not-found' : "capability-$proves");
}

sub unmake {
    my ($x) = @_;
    return $x->{made} && sql('DELETE FROM was_spaces WHERE space_uuid = ?', $x->{space});
}

# All routes under all cases whose success is, or is not, asked for.
sub run_matrix {
    my ($succeed) = @_;
    # Where little depends on the route, or on what is proven, the routes take turns.
    my %turns = (malformed => 6, nothing => 3);
    my ($asked, $turn) = (0, 0);
    for my $case (@cases) {
        my ($name, $code, $proves, %limit) = @$case;
        my $nth = $turn++;
        for my $route (@routes) {
            $nth++;
            next if $nth % ($route->[3] eq 'anyone' ? 12 : $turns{$proves} // 1);
            my ($method, $path, $success, $right, %sent) = @$route;
            my $x = about($method, $path, $success, $right, %sent);
            my %request = !$limit{if} || $if{ $limit{if} }->($x) ? $code->($x) : (skip => 1);
            my ($status, $type) = rule($x, $proves, \%request);
            my $succeeds = $status == $success || $right eq 'anyone';
            if ($request{skip} || ($succeeds xor $succeed)) {
                unmake($x);
                next;
            }
            $request{zcap} = { root => $x->{top}, %{ $request{zcap} // {} } } if ref($request{zcap} // {});
            my $res = $alice->request($method, $x->{target}, (map { $_ => $x->{$_} } grep { defined $x->{$_} } qw(type body)), %request);
            my %want = $right eq 'list' && $status == 200 && $method eq 'GET'
                ? (check => sub { (($_[0]->body =~ /"\Q$space\E"/) xor $proves eq 'granted') ? 'the wrong list: ' . $_[0]->body : () }) : ();
            due("pws 4-8: $name: $method $path is $status" . ($type ? " $type" : ''), $res, $status, $type, head => $method eq 'HEAD', %want);
            unmake($x);
            $asked++;
        }
    }
    return $asked;
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
note("$refusals refusals and ", $successes, ' successes of ', scalar @routes, ' routes and ', scalar @cases, ' cases');

# The container rule, row by row: delegated target and actions, and whether it is enough.
{
    my $make = sub { my $id = make_space($alice); make_collection($alice, $id, 'c', { r => 'x' }); return $id };
    my @rows = (
        # operation, target, actions, allowed
        ['PUT meta', '', ['PUT'], 0], ['PUT meta', 'meta', ['PUT'], 0], ['PUT meta', '', undef, 0],
        ['DELETE c/', '', ['DELETE'], 0], ['DELETE c/', 'c/', ['DELETE'], 0], ['DELETE c/', '', undef, 0],
        ['DELETE ', '', ['DELETE'], 1], ['DELETE ', '', 'DELETE', 1], ['DELETE ', '', ['DELETE', 'GET'], 0], ['DELETE ', '', undef, 0],
        ['DELETE ', '', ['DELETE', 'DELETE'], 0], ['DELETE ', '', ['GET'], 0],
        ['PUT c/meta', '', ['PUT'], 1], ['PUT c/meta', '', undef, 1], ['PUT c/meta', 'c/', ['PUT'], 1], ['PUT c/meta', 'c/', ['GET', 'PUT'], 1],
        ['PUT c/meta', 'c/meta', ['PUT'], 0], ['PUT c/meta', 'c/', ['GET'], 0], ['PUT c/meta', 'd/', ['PUT'], 0],
        ['PUT d/meta', '', ['PUT'], 1], ['PUT d/meta', 'd/', ['PUT'], 1], ['PUT d/meta', 'd/meta', ['PUT'], 0],
        ['POST ', '', ['POST'], 1], ['POST c/', '', ['POST'], 1], ['POST c/', 'c/', ['POST'], 1], ['PUT c/r', 'c/', ['PUT'], 1], ['DELETE c/r', 'c/', ['DELETE'], 1],
        ['PUT c/policy', 'c/', ['PUT'], 1], ['PUT policy', '', ['PUT'], 1], ['DELETE policy', 'policy', ['DELETE'], 1], ['PUT backends/b', 'backends', ['PUT'], 1],
    );
    for my $row (@rows) {
        my ($operation, $target, $actions, $allowed) = @$row;
        for my $depth (1, 2) {
            my $id = $make->();
            my ($method, $path) = split / /, $operation, 2;
            my $top = $alice->space_url($id);
            my @links = ({ target => "$top$target", actions => $actions }) x $depth;
            $links[0] = {} if $depth == 2;
            my %sent = $path =~ /meta/ ? (type => 'application/json', body => $path =~ /\// ? '{}' : $space_body{body})
                : $path =~ /policy/ ? %policy : $path =~ /backends/ ? (type => 'application/json', body => $backend)
                : $operation eq 'POST ' ? (type => 'application/json', body => '{}') : (type => 'text/plain', body => 'x');
            %sent = () if $method eq 'DELETE';
            my $rows = stored($id);
            my $res = $alice->request($method, "/space/$id/$path", %sent, zcap => { capability => chain($top, @links) }, sign => { key => $people[$depth - 1]->key });
            my $shown = defined $actions ? ref $actions ? "[@$actions]" : $actions : 'any';
            my $name = "pws 8.1: $method /space/s/$path by $shown on /space/s/$target, depth $depth";
            if ($allowed) {
                ok($res->status =~ /\A20[14]\z/, "$name is allowed") or diag($res->status . ' ' . $res->body);
            }
            else {
                due("$name is not", $res, 404, 'not-found');
                same_stored("$name changed nothing", $rows, $id);
            }
        }
    }
}

# Section 8.2: which policy counts, and for whom; a capability that does not do falls back on it.
{
    my $id = make_space($alice);
    my $c = make_collection($alice, $id, 'c', { r => 'public', other => 'public' });
    my $put = sub { my ($path, $type) = @_; return $type ? $alice->send_json(PUT => "$path/policy", { type => $type }) : $alice->delete("$path/policy") };
    my $level = sub { my ($path) = @_; return $path =~ tr{/}{} - 2 };
    my %reads = (
        space => ["/space/$id/", "/space/$id/meta", "/space/$id/linkset", "/space/$id/backends"],
        collection => ["$c/", "$c/meta", "$c/linkset", "$c/backend"],
        resource => ["$c/r", "$c/r/meta"],
    );
    my @never = (["/space/$id/policy", 'GET'], ["$c/policy", 'GET'], ["$c/r/policy", 'GET']);
    my @set = (
        # space, collection, resource -> who may be read by anybody
        [undef, undef, undef, ''], ['PublicCanRead', undef, undef, 'space collection resource'], ['PublicCanRead', 'Nobody', undef, 'space'],
        ['PublicCanRead', 'Nobody', 'PublicCanRead', 'space resource'], [undef, 'PublicCanRead', undef, 'collection resource'],
        [undef, 'PublicCanRead', 'Nobody', 'collection'], [undef, undef, 'PublicCanRead', 'resource'], ['Nobody', 'PublicCanRead', undef, 'collection resource'],
        ['publiccanread', undef, undef, ''], [undef, undef, undef, ''],
    );
    my $expired = delegate($alice->space_url($id), by => $alice->key, to => $bob->key, target => $alice->space_url($id), created => $now - 7200, expires => $now - 1000);
    my @askers = (
        ['nobody', zcap => 0, sign => 0], ['a stranger', sign => { key => $stranger->key }], ['a wrong signature', sign => { mangle => sub { reverse $_[0] } }],
        ['an expired capability', zcap => { capability => $expired }, sign => { key => $bob->key }], ['another root', zcap => { root => $alice->space_url($other) }],
        ['a capability for something else', zcap => { capability => delegate($alice->space_url($id), by => $alice->key, to => $bob->key, target => $alice->space_url($id) . 'x') }, sign => { key => $bob->key }],
        ['a forged capability', zcap => { capability => delegate($alice->space_url($id), by => $stranger->key, to => $bob->key, target => $alice->space_url($id)) }, sign => { key => $bob->key }],
    );
    for my $set (@set) {
        my ($s, $k, $r, $public) = @$set;
        $put->("/space/$id", $s); $put->($c, $k); $put->("$c/r", $r);
        my $shown = join ', ', map { $_ // 'none' } $s, $k, $r;
        for my $asker (@askers) {
            my ($name, %request) = @$asker;
            for my $kind (sort keys %reads) {
                my $may = $public =~ /\b$kind\b/;
                my $type = $name eq 'an expired capability' ? 'capability-expired' : 'not-found';
                for my $path (@{ $reads{$kind} }) {
                    for my $method ('GET', 'HEAD') {
                        due("pws 8.2: policies $shown: $name: $method $path", $alice->request($method, $path, %request), $may ? (200, undef) : (404, $type), head => $method eq 'HEAD');
                    }
                }
            }
        }
        for my $never (@never) {
            due("pws 8.2: policies $shown: never $never->[0]", $alice->request($never->[1], $never->[0], zcap => 0, sign => 0), 404, 'not-found');
        }
        due("pws 8.2: policies $shown: no write", $alice->put("$c/r", type => 'text/plain', body => 'x', sign => { key => $stranger->key }), 404, 'not-found');
        due("pws 8.2: policies $shown: no unsigned write", $alice->put("$c/r", type => 'text/plain', body => 'x', sign => 0, zcap => 0), 401, 'missing-authorization');
    }
    # What was deleted leaves no policy behind.
    $put->("$c/r", 'PublicCanRead');
    $put->($c, undef);
    $alice->delete("$c/r"); $alice->put("$c/r", type => 'text/plain', body => 'new');
    due('pws 8.2: a resource made again is private', $alice->get("$c/r", zcap => 0, sign => 0), 404, 'not-found');
    $put->($c, 'PublicCanRead');
    $alice->delete("$c/");
    make_collection($alice, $id, 'c', { r => 'new' });
    due('pws 8.2: a collection made again is private', $alice->get("$c/r", zcap => 0, sign => 0), 404, 'not-found');
}

done_testing;
