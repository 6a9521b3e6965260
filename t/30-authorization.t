# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The matrix: every route with every way in which a request can be signed, or not. What is due
# follows from the route's right and from what the signature proves (protocol/classic sections 3 and
# 4), and nothing that was refused has changed anything. Then who may take a space over.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_base64 sha512_base64);
use Math::BigInt;
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $stranger = person();
my $space = new_space($alice, name => 'SECRETBYTES');
my $other = new_space($alice);
my $url = "/space/$space";
$alice->put("$url/a", body => 'SECRETBYTES', type => 'text/plain');
$alice->put("$url/gone", body => 'still here');
$alice->put("/space/$other/a", body => 'other');

my @COVERED = ('(created)', '(expires)', '(key-id)', '(request-target)');
# Windows around it are wide enough for a slow machine.
my $now = int time;

sub pad { my ($text) = @_; $text .= '=' while length($text) % 4; return $text }

# Routes. Each row: method, target, options, status of success, and the right that is needed:
# anyone, signer, controller; `body` is what is sent.
my $document = json_text({ controller => $alice->did, name => 'SECRETBYTES' });
my @routes = (
    ['GET', '/', 200, 'anyone'],
    ['HEAD', '/', 200, 'anyone'],
    ['GET', '/health', 200, 'anyone'],
    ['GET', '/spaces', 308, 'anyone'],
    ['OPTIONS', '/', 204, 'anyone'],
    ['OPTIONS', '/spaces/', 204, 'anyone'],
    ['OPTIONS', $url, 204, 'anyone'],
    ['OPTIONS', "$url/a", 204, 'anyone'],
    ['GET', "$url/a", 200, 'anyone'],
    ['HEAD', "$url/a", 200, 'anyone'],
    ['GET', "$url/none", 404, 'anyone'],
    ['PATCH', "$url/a", 405, 'anyone', body => 'x'],
    ['GET', '/spaces/', 200, 'signer'],
    ['HEAD', '/spaces/', 200, 'signer'],
    ['POST', '/spaces/', 201, 'signer', body => ''],
    ['POST', '/spaces/', 201, 'signer', body => '{"name":"n"}'],
    ['POST', '/spaces/', 201, 'controller', body => $document],
    ['GET', $url, 200, 'controller'],
    ['HEAD', $url, 200, 'controller'],
    ['GET', $url, 200, 'controller', headers => [Accept => 'application/x-tar']],
    ['PUT', $url, 204, 'controller', body => $document],
    ['PUT', '{new}', 204, 'controller', body => $document],
    ['DELETE', '{made}', 204, 'controller'],
    ['PUT', "$url/a", 204, 'controller', body => 'SECRETBYTES', type => 'text/plain'],
    ['PUT', "$url/new", 204, 'controller', body => 'SECRETBYTES'],
    ['PUT', "$url/", 204, 'controller', body => ''],
    ['POST', "$url/a", 201, 'controller', body => 'SECRETBYTES', type => 'text/plain'],
    ['DELETE', "$url/gone", 204, 'controller'],
    ['DELETE', "$url/none", 204, 'controller'],
    ['GET', "$url/a", 200, 'controller', vhost => 'private'],
    ['HEAD', "$url/a", 200, 'controller', vhost => 'private'],
    ['GET', "$url/none", 404, 'controller', vhost => 'private'],
);

# An identity point as the key accepts R = B, S = 1 for every message; of the other points of small
# order some do now and then.
my $FORGED = pack('H*', '58' . '66' x 31) . "\x01" . "\0" x 31;

sub did_of { return 'did:key:z' . WAS::Key::base58($_[0]) }

my $p256 = did_of(pack 'H*', '8024' . '02' . 'ab' x 32);
my @SMALL_ORDER = (
    ['identity' => '01' . '00' x 31],
    ['order 2' => 'ec' . 'ff' x 30 . '7f'],
    ['order 4' => '00' x 32],
    ['order 4, negative' => '00' x 31 . '80'],
    ['order 8' => 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['order 8, negative' => '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['identity, not canonical' => 'ee' . 'ff' x 30 . '7f'],
    ['order 4, not canonical' => 'ed' . 'ff' x 30 . '7f'],
);

sub unquoted { my ($text) = @_; return $text =~ s/"//gr }

# A signature of alice's for the case to spoil, as text.
sub signed { my (%sign) = @_; return sub { my ($method, $target) = @_;
    return WAS::Client::authorization(key => $alice->key, method => $method, target => $target, %sign) } }

sub authorization { my ($value) = @_; return { sign => { authorization => $value } } }

# Changes alice's honest field.
sub altered { my ($code) = @_; return { alter => $code } }

# The cases. Each row: name, options of the request (with `alter`, a sub on the honest field), and
# who the signature proves: alice, stranger, or nobody.
my @cases = (
    ['no signature', { sign => 0 }, 'nobody'],
    ["the controller's", {}, 'alice'],
    ["a stranger's", { sign => { key => $stranger->key } }, 'stranger'],
    ["another key under the controller's keyId", { sign => { key => $stranger->key, key_id => $alice->key->key_id } }, 'nobody'],
    ["the controller's key under another keyId", { sign => { key_id => $stranger->key->key_id } }, 'nobody'],

    # The clock.
    ['expired', { sign => { created => $now - 60, expires => $now - 1 } }, 'nobody'],
    ['expired long ago', { sign => { created => 1_000_000_000, expires => 1_000_000_030 } }, 'nobody'],
    ['created ahead, within the skew', { sign => { created => $now + 250, expires => $now + 3000 } }, 'alice'],
    ['created too early', { sign => { created => $now + 2000, expires => $now + 2030 } }, 'nobody'],
    ['a window as long as may be', { sign => { created => $now - 10, expires => $now + 3590 } }, 'alice'],
    ['a window too long', { sign => { created => $now - 10, expires => $now + 3591 } }, 'nobody'],
    ['expires before created', { sign => { created => $now + 200, expires => $now + 100 } }, 'nobody'],
    ['expires when created', { sign => { created => $now + 200, expires => $now + 200 } }, 'nobody'],
    ['created changed', altered(sub { s/created="(\d+)"/'created="' . ($1 - 1) . '"'/er }), 'nobody'],
    ['expires changed', altered(sub { s/expires="(\d+)"/'expires="' . ($1 + 1) . '"'/er }), 'nobody'],

    # What was signed.
    ['signed for another method', { sign => { method => 'LOCK' } }, 'nobody'],
    ['signed for GET, or for PUT', { other_method => 1 }, 'nobody'],
    ['signed for another path', { other_target => sub { "$_[0]x" } }, 'nobody'],
    ['signed for the path above', { other_target => sub { $_[0] =~ s{[^/]*/?\z}{}r } }, 'nobody'],
    ['signed for another space', { other_target => sub { $_[0] =~ m{\A/space/[^/]+(.*)\z} ? "/space/$other$1" : "/space/$other" } }, 'nobody'],
    ['signed with a query', { other_target => sub { "$_[0]?a=b" } }, 'nobody'],
    ['signed as an absolute URL', { other_target => sub { WAS::Server::url() . $_[0] } }, 'nobody'],
    ['signed in capitals', { sign => { method => 'get' }, other_target => sub { uc $_[0] . 'x' } }, 'nobody'],
    ['a target that is not covered', { sign => { headers => [@COVERED[0, 1, 2]] } }, 'nobody'],
    ['created that is not covered', { sign => { headers => [@COVERED[1, 2, 3]] } }, 'nobody'],
    ['expires that is not covered', { sign => { headers => [@COVERED[0, 2, 3]] } }, 'nobody'],
    ['a key-id that is not covered', { sign => { headers => [@COVERED[0, 1, 3]] } }, 'nobody'],
    ['only created covered', { sign => { headers => ['(created)'] } }, 'nobody'],
    ['host and date covered, and not the target', { sign => { headers => ['(created)', '(expires)', '(key-id)', 'host', 'x-d'] },
      headers => ['X-D' => 'x'] }, 'nobody'],
    ['covered in another order', { sign => { headers => [reverse @COVERED] } }, 'alice'],
    ['host covered too', { sign => { headers => [@COVERED, 'host'] } }, 'alice'],
    ['a header covered', { sign => { headers => [@COVERED, 'x-test'] }, headers => ['X-Test' => ' a  b '] }, 'alice'],
    ['a header of two fields covered', { sign => { headers => [@COVERED, 'x-test'] }, headers => ['X-Test' => 'a', 'x-test' => 'b'] }, 'alice'],
    ['a header with an empty value covered', { sign => { headers => [@COVERED, 'x-test'] }, headers => ['X-Test' => ''] }, 'alice'],
    ['names in capitals', { sign => { headers => [@COVERED, 'X-Test'], string => undef }, lower => 1, headers => ['X-Test' => 'a'] }, 'alice'],
    ['a covered header that is missing', { sign => { headers => [@COVERED, 'x-test'] } }, 'nobody'],
    ['a covered header whose value changed', { sign => { headers => [@COVERED, 'x-test'], fields => [['X-Test', 'a']] }, headers => ['X-Test' => 'b'] }, 'nobody'],
    ['a covered header that was repeated', { sign => { headers => [@COVERED, 'x-test'], fields => [['X-Test', 'a']] }, headers => ['X-Test' => 'a', 'X-Test' => 'a'] }, 'nobody'],
    ['a pseudo-header that nobody knows', { sign => { headers => [@COVERED, '(status)'] } }, 'nobody'],
    ['a name covered twice', { sign => { headers => [@COVERED, '(created)'] } }, 'nobody'],
    ['the list of names changed', altered(sub { s/\(key-id\) \(request-target\)/(request-target) (key-id)/r }), 'nobody'],
    ['a newline in a covered value', { sign => { headers => [@COVERED, 'x-test'], fields => [['X-Test', "a\nb: c"]] }, headers => ['X-Test' => 'a'] }, 'nobody'],

    # Digests.
    ['a right digest covered', { digest => ['Digest', 'right'] }, 'alice'],
    ['a right digest in base64url covered', { digest => ['Digest', 'url'] }, 'any'],
    ['a wrong digest covered', { digest => ['Digest', 'wrong'] }, 'nobody'],
    ['a digest of nothing known covered', { digest => ['Digest', 'unknown'] }, 'nobody'],
    ['a malformed digest covered', { digest => ['Digest', 'malformed'] }, 'nobody'],
    ['a right content-digest covered', { digest => ['Content-Digest', 'right'] }, 'alice'],
    ['a right SHA-512 content-digest covered', { digest => ['Content-Digest', '512'] }, 'alice'],
    ['a wrong content-digest covered', { digest => ['Content-Digest', 'wrong'] }, 'nobody'],
    ['a malformed content-digest covered', { digest => ['Content-Digest', 'malformed'] }, 'nobody'],
    ['both digests covered', { digest => ['Digest', 'right', 'Content-Digest', '512'] }, 'alice'],
    ['both digests covered, the first wrong', { digest => ['Digest', 'wrong', 'Content-Digest', 'right'] }, 'nobody'],
    ['both digests covered, the second wrong', { digest => ['Digest', 'right', 'Content-Digest', 'wrong'] }, 'nobody'],
    ['a wrong digest, not covered', { headers => [Digest => 'SHA-256=' . pad(sha256_base64('x'))] }, 'alice'],
    ['a digest that is covered and missing', { sign => { headers => [@COVERED, 'digest'] } }, 'nobody'],

    # The key.
    ['a keyId without a fragment', { sign => { key_id => $alice->did } }, 'alice'],
    ['a keyId signed with its fragment and sent without', { sign => { params => [keyId => $alice->did] } }, 'nobody'],
    ['a keyId signed without its fragment and sent with', { sign => { key_id => $alice->did, params => [keyId => $alice->key->key_id] } }, 'nobody'],
    ['a keyId with another fragment', { sign => { key_id => $alice->did . '#' . $stranger->key->multibase } }, 'nobody'],
    ['a keyId with an empty fragment', { sign => { key_id => $alice->did . '#' } }, 'nobody'],
    ['a keyId with half a fragment', { sign => { key_id => $alice->did . '#' . substr $alice->key->multibase, 0, 20 } }, 'nobody'],
    ['a keyId with a path', { sign => { key_id => $alice->did . '/x' } }, 'nobody'],
    ['a keyId with a query', { sign => { key_id => $alice->did . '?x=y' } }, 'nobody'],
    ['a keyId in capitals', { sign => { key_id => uc $alice->did } }, 'nobody'],
    ['a keyId of another method', { sign => { key_id => 'did:web:wallet.example' } }, 'nobody'],
    ['a keyId that is a URL', { sign => { key_id => 'https://wallet.example/key' } }, 'nobody'],
    ['a keyId that is only the key', { sign => { key_id => $alice->key->multibase } }, 'nobody'],
    ['an empty keyId', { sign => { key_id => '' } }, 'nobody'],
    ['a keyId of another multibase', { sign => { key_id => 'did:key:f' . unpack('H*', "\xed\x01" . $alice->key->public) } }, 'nobody'],
    ['a keyId without a codec', { sign => { key_id => did_of($alice->key->public) } }, 'nobody'],
    ['a keyId of 31 bytes', { sign => { key_id => did_of("\xed\x01" . substr $alice->key->public, 0, 31) } }, 'nobody'],
    ['a keyId of 33 bytes', { sign => { key_id => did_of("\xed\x01" . $alice->key->public . "\0") } }, 'nobody'],
    ['a keyId with a leading 1', { sign => { key_id => $alice->did =~ s/key:z/key:z1/r } }, 'nobody'],
    ['a keyId with a character that base58 lacks', { sign => { key_id => $alice->did =~ s/.\z/0/r } }, 'nobody'],
    ['a key of P-256', { sign => { key_id => $p256 } }, 'nobody'],
    ['an X25519 key', { sign => { key_id => did_of("\xec\x01" . $alice->key->public) } }, 'nobody'],
    (map { ["a forgery by a key of small order: $_->[0]",
        { sign => { key_id => did_of("\xed\x01" . pack 'H*', $_->[1]), mangle => sub { $FORGED } } }, 'nobody'] } @SMALL_ORDER),
    ['an R of small order', { sign => { mangle => sub { "\x01" . "\0" x 31 . substr $_[0], 32 } } }, 'nobody'],
    ['an S beyond the group order', { sign => { mangle => sub { add_order($_[0]) } } }, 'nobody'],
    ['a signature of zeros', { sign => { mangle => sub { "\0" x 64 } } }, 'nobody'],
    ['a signature with a bit turned', { sign => { mangle => sub { my ($s) = @_; vec($s, 100, 1) ^= 1; $s } } }, 'nobody'],

    # How it is written.
    (map { ["a signature in $_", { sign => { encoding => $_ } }, 'alice'] } qw(base64url base64url-padded base64 base64-padded)),
    ['bare numbers', { sign => { bare => 1 } }, 'alice'],
    ['an algorithm', { sign => { algorithm => 'hs2019' } }, 'alice'],
    ['a wrong algorithm', { sign => { algorithm => 'rsa-sha256' } }, 'alice'],
    ['blanks behind commas', { sign => { separator => ', ' } }, 'alice'],
    ['blanks around commas', { sign => { separator => ' , ' } }, 'alice'],
    ['another order', altered(sub { my ($scheme, $rest) = split / /, $_[0], 2; "$scheme " . join ',', reverse split /,/, $rest }), 'alice'],
    ['a scheme in lower case', altered(sub { s/\ASignature/signature/r }), 'alice'],
    ['a parameter that nobody knows', { sign => { extra => [foo => 'bar'] } }, 'alice'],
    (map { ["the parameter $_->[0] twice", { sign => { extra => $_ } }, 'nobody'] }
        ['keyId', $alice->key->key_id], ['created', $now], ['expires', $now + 30], ['headers', "@COVERED"], ['signature', 'x'],
        ['algorithm' => 'x', 'algorithm' => 'y'], ['foo' => 'x', 'foo' => 'x'], ['KEYID', $stranger->key->key_id]),
    (map { my $name = $_; ["no parameter $name", { sign => { params => [$name => undef] } }, 'nobody'] } qw(keyId headers signature created expires)),
    (map { my ($name, $value) = @$_; ["$name=\"$value\"", { sign => { params => [$name => $value] } }, 'nobody'] }
        [created => ''], [created => 'x'], [created => '-1'], [created => '+1'], [created => '1.5'], [created => '0x10'], [created => ' 1'],
        [created => '1e9'], [created => '9' x 30], [expires => ''], [expires => '9' x 19], [expires => '18446744073709551616'], [expires => "0$now"],
        [signature => ''], [signature => 'AAAA'], [signature => 'A' x 86 . 'AA'], [signature => '*' x 86], [signature => 'A' x 85],
        [headers => ''], [headers => ' '], [headers => '(created)  (expires)'], [headers => "@COVERED "], [headers => join ',', @COVERED],
        [keyId => 'x'], [keyId => '#']),
    (map { my $value = $_; ["Authorization: " . (length $value > 40 ? substr($value, 0, 40) . '...' : $value), authorization($value), 'nobody'] }
        '', 'Signature', 'Signature ', 'Signature ,', 'Signature =', 'Signature x', 'Signature keyId', 'Signature keyId=', 'Signature keyId="',
        'Signature keyId="x', 'Signature "keyId"="x"', 'Signature keyId="a" headers="b"', 'Signature keyId="a";headers="b"',
        'Basic YWxpY2U6c2VjcmV0', 'Bearer abc', 'Digest username="x"', 'Capability id="urn:x"', 'keyId="a"', '"', "\xff", 'Signature ' . 'x=y,' x 1000,
        'Signature ' . 'k' x 7000 . '="v"'),
    ['two Authorization fields', { twice => 1 }, 'nobody'],
    ['text behind the last parameter', altered(sub { "$_[0] x" }), 'nobody'],
    ['a comma behind the last parameter', altered(sub { "$_[0]," }), 'nobody'],
    ['a tab behind the scheme', altered(sub { s/ /\t/r }), 'nobody'],
    ['an escape in a value', altered(sub { s/did:key/did\\:key/r }), 'nobody'],
    ['no quotes at all', altered(sub { unquoted($_[0]) }), 'nobody'],
    ['the field in a query', { sign => 0, query => 1 }, 'nobody'],
    ['the field as Proxy-Authorization', { rename => 'Proxy-Authorization' }, 'nobody'],
    ['the field as Signature', { rename => 'Signature' }, 'nobody'],

    # Other protocols' rights mean nothing here.
    ['a capability and no signature', { sign => 0, headers => ['Capability-Invocation' => 'zcap capability="H4sIAAAA",action="GET"'] }, 'nobody'],
    ["a capability and a stranger's signature", { sign => { key => $stranger->key },
      headers => ['Capability-Invocation' => 'zcap id="urn:zcap:root:' . $url . '",action="write"'] }, 'stranger'],
    ['a cookie', { sign => 0, headers => [Cookie => 'session=1'] }, 'nobody'],
    ['X-HTTP-Method-Override', { sign => { key => $stranger->key }, headers => ['X-HTTP-Method-Override' => 'GET'] }, 'stranger'],
);

# S + L is the same signature to who does not reduce.
sub add_order {
    my ($signature) = @_;
    my $order = Math::BigInt->from_hex('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');
    my $sum = Math::BigInt->from_bytes(scalar reverse substr $signature, 32) + $order;
    my $bytes = reverse $sum->to_bytes;
    return substr($signature, 0, 32) . $bytes . "\0" x (32 - length $bytes);
}

my %DIGEST = (
    'Digest right' => sub { 'SHA-256=' . pad(sha256_base64($_[0])) },
    'Digest url' => sub { 'SHA-256=' . (sha256_base64($_[0]) =~ tr{+/}{-_}r) },
    'Digest wrong' => sub { 'SHA-256=' . pad(sha256_base64("$_[0]x")) },
    'Digest unknown' => sub { 'MD5=1B2M2Y8AsgTpgAmY7PhCfg==' },
    'Digest malformed' => sub { 'SHA-256=x' },
    'Content-Digest right' => sub { 'sha-256=:' . pad(sha256_base64($_[0])) . ':' },
    'Content-Digest 512' => sub { 'sha-512=:' . pad(sha512_base64($_[0])) . ':' },
    'Content-Digest wrong' => sub { 'sha-256=:' . pad(sha256_base64("$_[0]x")) . ':' },
    'Content-Digest malformed' => sub { 'sha-256=' . pad(sha256_base64($_[0])) },
);

# The request of a route and a case: options for WAS::Client.
sub request_of {
    my ($method, $target, $route, $case) = @_;
    my %option = (%$route, %$case);
    my @headers = (@{ $route->{headers} // [] }, @{ $case->{headers} // [] });
    my $sign = ref $option{sign} ? { %{ $option{sign} } } : $option{sign};
    if (my $digest = delete $option{digest}) {
        my @covered = @COVERED;
        for (my @pairs = @$digest; my ($name, $kind) = splice @pairs, 0, 2;) {
            push @headers, $name => $DIGEST{"$name $kind"}->($route->{body} // '');
            push @covered, lc $name;
        }
        $sign = { headers => \@covered };
    }
    $sign = { method => $method =~ /\A(?:GET|HEAD)\z/ ? 'PUT' : 'GET' } if delete $option{other_method};
    if (my $code = delete $option{other_target}) {
        $sign = { %{ $sign // {} }, target => $code->($target) };
    }
    if (delete $option{lower}) {
        my %of = (key_id => $alice->key->key_id, method => $method, target => $target, created => $now, expires => $now + 3000,
                  fields => [['X-Test', 'a']]);
        my $string = WAS::Client::signing_string(%of, headers => [map { lc } @{ $sign->{headers} }]);
        $sign = { %$sign, %of, string => $string };
        delete @$sign{qw(method target fields)};
    }
    my $honest = sub { WAS::Client::authorization(key => $alice->key, method => $method, target => $target) };
    if (my $code = delete $option{alter}) {
        local $_ = $honest->();
        $sign = { authorization => $code->($_) };
    }
    if (delete $option{twice}) {
        push @headers, Authorization => $honest->(), Authorization => $honest->();
    }
    if (my $name = delete $option{rename}) {
        push @headers, $name => $honest->();
        $sign = 0;
    }
    $target .= '?Authorization=' . ($honest->() =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger) if delete $option{query};
    delete $option{vhost};
    return ($target, %option, headers => \@headers, defined $sign ? (sign => $sign) : ());
}

# The status that is due, and the pointer of a refusal.
sub due {
    my ($success, $right, $proves) = @_;
    return $success if $right eq 'anyone';
    return (401, '/authorization') if $proves eq 'nobody';
    return (403, '/authorization') if $right eq 'controller' && $proves eq 'stranger';
    return $success;
}

sub run_matrix {
    my ($only, @which) = @_;
    my $turn = 0;
    for my $case (@which) {
        my ($name, $options, $proves) = @$case;
        for my $route (@routes) {
            my ($method, $place, $success, $right, %route) = @$route;
            my ($status, $pointer) = due($success, $right, $proves);
            next if $only && !$only->($status, $right);
            # Where nothing depends on the signature, each route takes every eighth case in turn.
            next if $right eq 'anyone' && ++$turn % 8;
            my $target = $place eq '{made}' ? '/space/' . new_space($alice) : $place eq '{new}' ? '/space/' . new_id() : $place;
            my ($sent, %request) = request_of($method, $target, \%route, $options);
            my $who = at($route{vhost} // 'main', $alice);
            my $res = $who->request($method, $sent, %request);
            my $where = "$method $place" . ($route{vhost} ? ' private' : '');
            my @statuses = $proves eq 'any' ? ($success, 401) : $status;
            my ($got) = grep { $_ == $res->status } @statuses;
            expect("classic 3: $name: $where is " . ($got // $status), $res, $got // $status,
                head => $method eq 'HEAD', $status >= 400 && $status != 405 && $method ne 'HEAD' && defined $pointer ? (pointer => $pointer) : ());
        }
    }
}

# First all that fails, then nothing has changed, then all that succeeds.
my $rights = sub { my ($status) = @_; return $status == 401 || $status == 403 };
my $before = snapshot($space, $other);
my ($spaces_before) = sql('SELECT count(*) FROM was_spaces WHERE controller LIKE ?', $alice->did . '%');
my @nobody = grep { $_->[2] ne 'alice' && $_->[2] ne 'any' } @cases;
run_matrix(sub { $rights->($_[0]) && $_[1] ne 'anyone' }, map { $_ } @nobody);
same_rows('classic 4: what was refused has changed nothing', $before, $space, $other);
# The deletions made spaces to be deleted, which are all still there, and nothing else was made.
my ($spaces_after) = sql('SELECT count(*) FROM was_spaces WHERE controller LIKE ?', $alice->did . '%');
is($spaces_after->[0] - $spaces_before->[0], scalar @nobody, 'classic 4: no space was made or deleted');
is_deeply([sql('SELECT 1 FROM was_spaces WHERE controller = ?', $stranger->did)], [], 'classic 4: the stranger has none');
run_matrix(sub { !$rights->($_[0]) || $_[1] eq 'anyone' }, @nobody);
run_matrix(undef, grep { $_->[2] eq 'alice' || $_->[2] eq 'any' } @cases);

# What the stranger's own signature gave him is his.
{
    my $list = $stranger->get('/spaces/')->json;
    is_deeply([grep { $_->{controller} ne $stranger->did } @$list], [], "classic 2: a stranger's list is a stranger's");
}

# The bounds that an operator chose (vhost strict: 5 seconds of skew, windows of 60).
for my $case (
    ['a window of 60', -5, 55, 204], ['a window of 61', -5, 56, 401], ['created 3 seconds ahead', 3, 33, 204],
    ['created 30 seconds ahead', 30, 60, 401], ['expired a second ago', -20, -1, 401], ['the usual', 0, 30, 204],
) {
    my ($name, $from, $to, $status) = @$case;
    my $time = int time;
    tell(at('strict', $alice), ["design 7: WASSignatureMaxAge and WASClockSkew: $name", PUT => "$url/a",
        [body => 'x', sign => { created => $time + $from, expires => $time + $to }], $status]);
}

# A signature lasts as long as it says, and not a second more.
{
    my $time = int time;
    my %sign = (created => $time, expires => $time + 1);
    tell($alice, ['classic 3: a signature of one second', PUT => "$url/a", [body => 'x', sign => { %sign }], 204]);
    sleep 2.2;
    tell($alice, ['classic 3: and two seconds later', PUT => "$url/a", [body => 'x', sign => { %sign }], 401]);
}

# Signed targets, absolute URLs, mounts and cases of the path are t/21 and t/31; here who may take a
# space over (issue 2, Must show 5).
{
    my $id = new_space($alice, name => 'mine');
    my $at = "/space/$id";
    $alice->put("$at/a", body => 'mine');
    my $rows = snapshot($id);
    my @theirs = (body => json_text({ controller => $stranger->did }), by => $stranger);
    tell($alice,
        ['classic 4: a stranger who names himself', PUT => $at, [@theirs], 403, pointer => '/authorization'],
        ['classic 4: a stranger who names himself, with a fragment', PUT => $at,
         [body => json_text({ controller => $stranger->key->key_id }), by => $stranger], 403],
        ['classic 4: a stranger who names the controller', PUT => $at, [body => json_text({ controller => $alice->did }), by => $stranger], 403],
        ['classic 4: a stranger who names the id', PUT => $at,
         [body => json_text({ id => "urn:uuid:$id", controller => $stranger->did, name => 'x', link => '/x' }), by => $stranger], 403],
        ['classic 4: a stranger with If-Match', PUT => $at, [@theirs, headers => ['If-Match' => '*']], 403],
        ['classic 4: a stranger with If-None-Match', PUT => $at, [@theirs, headers => ['If-None-Match' => '*']], 403],
        ['classic 4: a stranger who deletes', DELETE => $at, [by => $stranger], 403],
        ['classic 4: a stranger who posts the uuid', POST => '/spaces/', [body => json_text({ uuid => $id }), by => $stranger], 409],
    );
    same_rows('classic 4: nothing changed', $rows, $id);

    my $heir = person();
    my @routes = (
        [GET => $at, 200], [HEAD => $at, 200], [PUT => $at, 204, body => json_text({ controller => '{self}' })],
        [PUT => "$at/a", 204, body => 'x'], [POST => "$at/b", 201, body => 'x'], [DELETE => "$at/b", 204],
        [DELETE => "$at/none", 204],
    );
    my $everywhere = sub {
        my ($name, $who, $denied) = @_;
        for my $route (@routes) {
            my ($method, $target, $success, %options) = @$route;
            my $did = $who->did;
            $options{body} =~ s/\{self\}/$did/ if defined $options{body};
            tell($who, ["classic 4: $name: $method", $method => $target, [%options], $denied // $success]);
        }
        tell(at('private', $who), ["classic 4: $name: private read", GET => "$at/a", [], $denied // 200]);
    };
    $everywhere->('the controller, before a transfer', $alice);
    $everywhere->('the heir, before a transfer', $heir, 403);
    tell($alice, ['classic 4: a transfer', PUT => $at, [body => json_text({ controller => $heir->key->key_id })], 204]);
    is_deeply([sql('SELECT controller FROM was_spaces WHERE space_uuid = ?', $id)], [[$heir->did]], 'classic 2: the DID is stored without its fragment');
    $everywhere->('the old controller, after the transfer', $alice, 403);
    $everywhere->('the heir, after the transfer', $heir);
    $everywhere->('the stranger, after the transfer', $stranger, 403);
    tell($heir, ['classic 4: the heir deletes', DELETE => $at, [], 204]);
    tell($stranger, ['classic 4: then anybody may have the id', PUT => $at, [body => json_text({ controller => $stranger->did })], 204]);
}

# A write that starts after a transfer was answered does not land.
{
    my $id = new_space($alice);
    my $heir = person();
    my @lines = in_parallel(6, sub {
        my ($n) = @_;
        if ($n == 0) {
            sleep 0.3;
            my $status = put_space($alice, $id, { controller => $heir->did })->status;
            return "transfer $status " . time;
        }
        my ($until, @answers) = (time + 0.8);
        while ((my $start = time) < $until) {
            push @answers, "$start:" . $alice->put("/space/$id/$n", body => $n == 1 ? 'x' x 1_100_000 : 'x')->status;
        }
        return join ' ', @answers;
    });
    my ($answered) = $lines[0] =~ /\Atransfer 204 ([\d.]+)\z/;
    ok($answered, 'classic 4: a transfer while the old controller writes') or diag $lines[0];
    my (%before, %after);
    for (map { split / / } @lines[1 .. 5]) {
        my ($start, $status) = split /:/;
        $start > ($answered // 0) ? $after{$status}++ : $before{$status}++;
    }
    ok($before{204}, 'classic 4: he wrote before it');
    is(join(' ', sort keys %after), '403', 'classic 4: and nothing that he began after it was answered');
}

# A controller that the Python server stored with its fragment.
{
    my $id = new_id();
    sql('INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)', $id, "urn:uuid:$id", $alice->key->key_id);
    tell($alice,
        ['classic 2: a stored fragment: read', GET => "/space/$id", [], 200],
        ['classic 2: a stored fragment: write', PUT => "/space/$id/a", [body => 'x'], 204],
        ['classic 2: a stored fragment: a stranger', PUT => "/space/$id/a", [body => 'x', by => $stranger], 403],
        ['classic 2: a stored fragment: update', PUT => "/space/$id", [body => json_text({ controller => $alice->did })], 204],
    );
    # A fragment of another key gives that key nothing, nor takes it from the DID's.
    my $mixed = new_id();
    sql('INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)', $mixed, "urn:uuid:$mixed",
        $alice->did . '#' . $stranger->key->multibase);
    tell($alice, ['classic 2: a stored fragment of another key', GET => "/space/$mixed", [by => $stranger], 403]);
}

# The access log names the caller.
{
    my $who = person();
    my $mark = new_id();
    $who->put("/space/$mark", body => json_text({ controller => $who->did }));
    $who->put("$url/$mark", body => 'x');
    $who->put("$url/$mark", body => 'x', sign => 0);
    $who->put("$url/$mark", body => 'x', sign => { method => 'GET' });
    my ($log, @lines) = (WAS::Server::error_log() =~ s/error_log\z/access_log/r);
    for (1 .. 50) {
        @lines = grep { /\Q$mark\E/ } split /\n/, WAS::Server::slurp($log);
        last if @lines == 4;
        sleep 0.05;
    }
    my @users = map { /\A\S+ "([^"]*)" \[.* (\d{3}) \d+\z/ ? "$2 $1" : $_ } @lines;
    is_deeply(\@users, ['204 ' . $who->did, '403 ' . $who->did, '401 -', '401 -'], 'classic 3: %u is the caller, and nobody who proved nothing');
}

done_testing;
