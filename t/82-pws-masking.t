# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Masking (protocol/pws section 8.3): to whoever may not, what is there and what is not are one. For
# every kind of unauthorized request and every level of the URL the whole answer is the same, byte
# for byte but for the date; and, as far as that can be measured here, it takes the same time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);
use WAS::Client;
use WAS::Holder;
use WAS::Zcap;

my ($alice, $bob, $stranger) = map { holder() } 1 .. 3;
my @people = map { holder() } 1 .. 9;
my $space = make_space($alice);
my $c = make_collection($alice, $space, 'c', { r => 'SECRETBYTES' x 1000, mine => 'x' });
for my $path ("/space/$space", $c, "$c/r") {
    $alice->send_json(PUT => "$path/policy", { type => 'Nothing' })->status == 201 or die 'no policy';
}
$alice->send_json(POST => "/space/$space/backends", { id => 'b', provider => 'p', connection => { kind => 'k' } })->status == 201 or die 'no backend';
$alice->send_json(PUT => "$c/r/meta", { custom => { name => 'SECRETBYTES' } })->status == 204 or die 'no meta';
my $etag = $alice->get("$c/r")->header('ETag');
my $strangers = make_space($stranger);

# What bob holds of alice: one resource, and that no longer for another.
my $top = $alice->space_url($space);
my %held = (
    one => delegate($top, by => $alice->key, to => $bob->key, target => $alice->url("$c/mine")),
    head => delegate($top, by => $alice->key, to => $bob->key, target => $top, actions => ['HEAD']),
    expired => delegate($top, by => $alice->key, to => $bob->key, target => $top, created => time - 9000, expires => time - 8000),
    revoked => delegate($top, by => $alice->key, to => $bob->key, target => $top),
);
$alice->request(POST => "/space/$space/zcaps/revocations/" . ($held{revoked}{id} =~ s/:/%3A/gr), type => 'application/json', body => jcs($held{revoked}))->status == 204 or die 'not revoked';
my $before = stored($space, $strangers);

my %json = (type => 'application/json', body => '{"type":"PublicCanRead"}');
my $victim = sub { return delegate($alice->space_url($_[0]), by => $stranger->key, to => $stranger->key, target => $alice->space_url($_[0]), id => 'urn:uuid:v') };

# What is asked for, by level: the part of the URL that is there or not, and what goes on behind it.
my %absent = (space => "/space/" . new_id() . '/', collection => "/space/$space/d/", resource => "$c/q", mine => "$c/q", backend => "/space/$space/backends/n");
my %there = (space => "/space/$space/", collection => "$c/", resource => "$c/r", mine => "$c/mine", backend => "/space/$space/backends/b");
my @document = (
    ['PUT', 'policy', %json], ['DELETE', 'policy'], ['GET', 'policy'], ['HEAD', 'policy'], ['GET', 'linkset'],
);
my %asked = (
    space => [
        ['GET', ''], ['HEAD', ''], ['POST', '', %json], ['DELETE', ''], ['GET', 'meta'], ['HEAD', 'meta'], ['GET', 'backends'], ['POST', 'backends', %json],
        ['PUT', 'backends/b', %json], ['DELETE', 'backends/b'], ['GET', 'quotas'], ['POST', 'export'], ['POST', 'import', type => 'application/x-tar', body => 'x'],
        ['POST', 'zcaps/revocations/urn%3Auuid%3Av', %json],
        ['POST', 'zcaps/revocations/urn%3Auuid%3Av', type => 'application/json', body => 'no document'],
        ['POST', 'zcaps/revocations/urn%3Auuid%3Av', revocation => 1],
        @document, ['GET', 'c/'], ['GET', 'c/meta'], ['GET', 'c/r'], ['HEAD', 'c/r'], ['PUT', 'c/r', type => 'text/plain', body => 'x'], ['DELETE', 'c/r'], ['GET', 'c/r/meta'],
        ['GET', '?cursor=%%%'], ['GET', 'c/?cursor=%%%'], ['GET', 'collections/'], ['GET', 'query'],
    ],
    collection => [
        ['GET', ''], ['HEAD', ''], ['POST', '', type => 'text/plain', body => 'x'], ['DELETE', ''], ['GET', 'meta'], ['HEAD', 'meta'], ['PUT', 'meta', %json],
        ['GET', 'backend'], ['GET', 'quota'], ['GET', 'meta/log'], ['PUT', 'meta/log', type => 'text/jsonl', body => '{}'], ['POST', 'query', %json], @document,
        ['GET', 'r'], ['HEAD', 'r'], ['PUT', 'r', type => 'text/plain', body => 'x'], ['DELETE', 'r'], ['GET', '?cursor=x'],
    ],
    resource => [
        ['GET', ''], ['HEAD', ''], ['PUT', '', type => 'text/plain', body => 'x'], ['DELETE', ''], ['GET', '/meta'], ['HEAD', '/meta'], ['PUT', '/meta', %json],
        (map { my ($method, $path, @sent) = @$_; [$method, "/$path", @sent] } grep { $_->[1] ne 'linkset' } @document),
        ['GET', '/chunks/'], ['GET', '/chunks/0'], ['PUT', '/chunks/0', type => 'text/plain', body => 'x'], ['DELETE', '/chunks/0'],
    ],
    backend => [['PUT', '', %json], ['DELETE', '']],
);

sub root_of { my ($path) = @_; return $alice->space_url($path =~ m{\A/space/([^/]+)} ? $1 : die) }

# A chain that strangers make among themselves.
sub own_chain {
    my ($path, $depth, %last) = @_;
    my ($root, $by) = (root_of($path), $stranger->key);
    my $zcap = $root;
    for my $n (1 .. $depth) {
        my $to = $people[$n - 1]->key;
        $zcap = delegate($zcap, by => $by, to => $to, target => $root, $n == $depth ? %last : ());
        $by = $to;
    }
    return (zcap => { capability => $zcap }, sign => { key => $by });
}

sub bobs { my ($which) = @_; return sub { (zcap => { capability => $held{$which} }, sign => { key => $bob->key }) } }
sub by_stranger { my (%options) = @_; return sub { (sign => { key => $stranger->key }, %options) } }

# The kinds of request. `only` limits one to levels below a space that the asker knows of.
my @below = (only => qr/collection|resource|backend/);
my @kinds = (
    ['unsigned' => sub { (zcap => 0, sign => 0) }],
    ["a stranger's root" => by_stranger()],
    ["a stranger's root of the URL itself" => by_stranger(zcap => { root => 'self' })],
    ["a stranger's root of his own space" => by_stranger(zcap => { root => $alice->space_url($strangers) })],
    ["a stranger in the controller's name" => sub { (sign => { key => $stranger->key, key_id => $alice->key->key_id }) }],
    ['a bit of the signature turned' => sub { (sign => { mangle => sub { my ($s) = @_; vec($s, 9, 1) ^= 1; $s } }) }],
    ['signed for another path' => sub { (sign => { target => '/x' }) }],
    ['signed for another method' => sub { (sign => { method => 'PATCH' }) }],
    ['the action of another method' => sub { (zcap => { action => 'PATCH' }) }],
    ['the root of another server' => sub { (zcap => { root => root_of($_[0]) =~ s{://[^/]+}{://wallet.example}r }) }],
    ['the root of the ancestor of all spaces' => sub { (zcap => { root => $alice->url('/space/') }) }],
    (map { my $n = $_; ["a stranger's delegation, depth $n" => sub { own_chain($_[0], $n) }] } 1, 3, 9),
    ['a forged delegation' => sub { own_chain($_[0], 2, mangle => sub { scalar reverse $_[0] }) }],
    ['an expired delegation of a stranger' => sub { own_chain($_[0], 1, created => time - 9000, expires => time - 8000) }],
    ["a delegation in the controller's name" => sub { own_chain($_[0], 1, proof => { verificationMethod => $alice->key->key_id }) }],
    ["the holder's expired delegation, by another" => sub { (zcap => { capability => $held{expired} }, sign => { key => $stranger->key }) }],
    ["the holder's revoked delegation, by another" => sub { (zcap => { capability => $held{revoked} }, sign => { key => $stranger->key }) }],
    ['an expired signature' => sub { (sign => { created => time - 9000, expires => time - 8000 }) }],
    ['a malformed signature' => sub { (sign => { authorization => 'Signature x' }) }],
    ['a malformed invocation' => sub { (zcap => { field => 'zcap x' }) }],
    ['a bomb for a capability' => sub { (zcap => { capability => '{"x":"' . 'x' x 100_000 . '"}' }) }],
    ['only a signature' => sub { (zcap => 0, sign => { headers => ['(created)'] }) }],
    ['only an invocation' => sub { (sign => 0) }],
    ["a stranger's wrong digest" => by_stranger(digest => WAS::Zcap::digest_of('xyz')), if => sub { defined $_[0]{type} }],
    ['no content type' => sub { (type => undef) }, if => sub { defined $_[0]{body} }],
    ['a body that is not JSON' => by_stranger(body => '{'), if => sub { ($_[0]{type} // '') eq 'application/json' }],
    ['a body beyond every limit' => by_stranger(body => 'x' x 2_000_000), if => sub { ($_[0]{type} // '') eq 'application/json' && !$_[0]{revocation} }],
    (map { my @field = @$_; ["a stranger's @field" => by_stranger(headers => [@field])] }
        ['If-Match' => '*'], ['If-Match' => $etag], ['If-None-Match' => '*'], ['If-None-Match' => $etag], ['If-Match' => 'x'], ['Range' => 'bytes=0-0'], ['Range' => 'bytes=9999999-'],
        ['If-Modified-Since' => 'Mon, 01 Jan 2035 00:00:00 GMT'], ['Key-Epoch' => ''], ['Expect' => '100-continue'], ['Origin' => 'https://wallet.example']),
    (map { my @field = @$_; ["an unsigned @field" => sub { (zcap => 0, sign => 0, headers => [@field]) }] } ['If-None-Match' => '*'], ['If-Match' => $etag], ['Range' => 'bytes=0-0']),
    ['the holder of a neighbour' => bobs('one'), @below],
    ['the holder of HEAD alone, who reads' => bobs('head'), @below, if => sub { $_[0]{method} ne 'HEAD' }],
    ['the holder of what has expired' => bobs('expired'), @below],
    ['the holder of what was revoked' => bobs('revoked'), @below],
);

# The bytes of an answer but for its date, and whether it is a refusal.
sub shown {
    my ($res) = @_;
    my @lines = map { $_->[0] . ': ' . (lc $_->[0] eq 'date' ? '' : $_->[1]) } $res->headers;
    return join "\n", $res->status . ' ' . $res->reason, @lines, '', $res->body;
}

my ($count, %statuses) = 0;
for my $kind (@kinds) {
    my ($name, $how, %limit) = @$kind;
    for my $level (sort keys %asked) {
        next if $limit{only} && $level !~ $limit{only};
        my (@complaints, $compared);
        for my $row (@{ $asked{$level} }) {
            my ($method, $path, %sent) = @$row;
            next if $limit{if} && !$limit{if}->({ method => $method, %sent });
            # Whoever may is asked for where nobody may but the controller.
            my $revocation = delete $sent{revocation};
            my @answers = map {
                my $target = $_ . $path;
                my %body = $revocation ? (type => 'application/json', body => jcs($victim->(m{\A/space/([^/]+)}))) : ();
                my %request = (%sent, %body, $how->($target));
                delete $request{type} if !defined $request{type};
                $alice->request($method, $target, %request);
            } $there{$level}, $absent{$level};
            my ($one, $other) = map { shown($_) } @answers;
            $statuses{ $answers[0]->status }++;
            $compared++;
            push @complaints, "$method $path:\n$one\n--- and of nothing\n$other" if $one ne $other =~ s/\Q$absent{$level}\E/$there{$level}/gr;
            push @complaints, "$method $path is allowed: $one" if $answers[0]->status < 300;
        }
        next if !$compared;
        $count += $compared;
        ok(!@complaints, "pws 8.3: $name: $level: $compared answers, there or not") or diag(join "\n\n", splice @complaints, 0, 3);
    }
}
note(scalar @kinds, " kinds of request, $count pairs of answers, statuses ", join ', ', map { "$_: $statuses{$_}" } sort keys %statuses);
same_stored('pws 8.3: and nothing has changed', $before, $space, $strangers);

# Clocks. The exchange is timed, not the signing; both targets take turns, on one connection.
{
    my $took = 0;
    my $exchange = \&WAS::Client::_exchange;
    no warnings 'redefine';
    local *WAS::Client::_exchange = sub { my $from = time; my $res = $exchange->(@_); $took = time - $from; return $res };
    my $client = at('pws', $alice);
    $client->{keepalive} = 1;
    my $rounds = 60;
    my %chains = map { my $path = $_; ($path => { map { $_ => { own_chain($path, $_) } } 1, 9 }) } "$there{space}c/r", "$absent{space}c/r";
    my @timed = (
        ['unsigned', 'GET', sub { (zcap => 0, sign => 0) }], ["a stranger's root", 'GET', by_stranger()], ["a stranger's write", 'DELETE', by_stranger()],
        (map { my $n = $_; ["a stranger's delegation, depth $n", 'GET', sub { %{ $chains{ $_[0] }{$n} } }] } 1, 9),
        ['the holder of a neighbour', 'GET', bobs('one'), "$c/r", "$c/q"],
    );
    for my $timed (@timed) {
        my ($name, $method, $how, @targets) = @$timed;
        @targets = ("$there{space}c/r", "$absent{space}c/r") if !@targets;
        my @times = ([], []);
        for my $round (1 .. $rounds) {
            for my $n ($round % 2 ? (0, 1) : (1, 0)) {
                $client->request($method, $targets[$n], $how->($targets[$n]));
                push @{ $times[$n] }, $took;
            }
        }
        my ($there, $absent) = map { my @sorted = sort { $a <=> $b } @$_; 1000 * $sorted[$rounds / 2] } @times;
        note(sprintf '%-34s there %6.3f ms, not there %6.3f ms, ratio %.2f', $name, $there, $absent, $there / $absent);
        ok($there / $absent < 3 && $absent / $there < 3, "pws 8.3: $name takes about as long");
    }
}

done_testing;
