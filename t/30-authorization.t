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
use IO::Select ();
use Math::BigInt;
use Test::More;
use Time::HiRes qw(time);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story;
use WAS::Tar;
use WAS::Traffic qw(eventually);

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
my $archive = archive(['u/', ''], ['u/d/', '']);
my @routes = (
    ['GET', '/', 200, 'anyone'],
    ['HEAD', '/', 200, 'anyone'],
    ['GET', '/health', 200, 'anyone'],
    ['GET', '/health/live', 200, 'anyone'],
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
    ['POST', $url, 200, 'controller', body => $archive, type => 'application/x-tar'],
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

# Options of a request whose signature is made otherwise than alice's honest one.
sub sig { return { sign => {@_} } }

sub key_id { return sig(key_id => @_) }

sub window { my ($from, $to) = @_; return sig(created => $now + $from, expires => $now + $to) }

sub covering { return sig(headers => [@_]) }

# X-Test is covered: the values that are sent, and others that are signed instead.
sub x_test {
    my ($sent, @signed) = @_;
    my @names = ('X-Test', map { 'x-test' } 1 .. $#$sent);
    my @fields = @signed ? (fields => [map { ['X-Test', $_] } @signed]) : ();
    my $sign = { headers => [@COVERED, 'x-test'], @fields };
    return { sign => $sign, headers => [map { ($names[$_] => $sent->[$_]) } keys @$sent] };
}

sub digests { return { digest => [@_] } }

sub elsewhere { my ($code) = @_; return { other_target => $code } }

sub authorization { my ($value) = @_; return { sign => { authorization => $value } } }

# Changes alice's honest field.
sub altered { my ($code) = @_; return { alter => $code } }

sub forged_by {
    my ($point) = @_;
    return sig(key_id => did_of("\xed\x01" . pack 'H*', $point), mangle => sub { $FORGED });
}

sub short { my ($text) = @_; return length $text > 40 ? substr($text, 0, 40) . '...' : $text }

# Parameters that come twice, all of them, values that are none, and whole fields that are none.
my @TWICE = (
    ['keyId', $alice->key->key_id],
    ['created', $now],
    ['expires', $now + 30],
    ['headers', "@COVERED"],
    ['signature', 'x'],
    ['algorithm' => 'x', 'algorithm' => 'y'],
    ['foo' => 'x', 'foo' => 'x'],
    ['KEYID', $stranger->key->key_id],
);
my @PARAMETERS = qw(keyId headers signature created expires);
my @bad_values = (
    [created => '', 'x', '-1', '+1', '1.5', '0x10', ' 1', '1e9', '9' x 30],
    [expires => '', '9' x 19, '18446744073709551616', "0$now"],
    [signature => '', 'AAAA', 'A' x 86 . 'AA', '*' x 86, 'A' x 85],
    [headers => '', ' ', '(created)  (expires)', "@COVERED ", join ',', @COVERED],
    [keyId => 'x', '#'],
);
my @BAD_VALUES;
for my $row (@bad_values) {
    my ($name, @values) = @$row;
    push @BAD_VALUES, map { [$name => $_] } @values;
}
my @BAD_FIELDS = (
    '', 'Signature', 'Signature ', 'Signature ,', 'Signature =', 'Signature x', 'Signature keyId',
    'Signature keyId=', 'Signature keyId="', 'Signature keyId="x', 'Signature "keyId"="x"',
    'Signature keyId="a" headers="b"', 'Signature keyId="a";headers="b"',
    'Basic YWxpY2U6c2VjcmV0', 'Bearer abc', 'Digest username="x"', 'Capability id="urn:x"',
    'keyId="a"', '"', "\xff", 'Signature ' . 'x=y,' x 1000, 'Signature ' . 'k' x 7000 . '="v"',
);

# Ways to make a signature, and to spoil one, that the cases name.
my $did = $alice->did;
my ($public, $multibase) = ($alice->key->public, $alice->key->multibase);
my $theirs = { key => $stranger->key };
my $in_another_space =
    sub { $_[0] =~ m{\A/space/[^/]+(.*)\z} ? "/space/$other$1" : "/space/$other" };
my $turned = sub {
    my ($signature) = @_;
    vec($signature, 100, 1) ^= 1;
    return $signature;
};
my $reversed = sub {
    my ($scheme, $rest) = split / /, $_[0], 2;
    return "$scheme " . join ',', reverse split /,/, $rest;
};
my $names_swapped = sub { s/\(key-id\) \(request-target\)/(request-target) (key-id)/r };
my $earlier = sub { s/created="(\d+)"/'created="' . ($1 - 1) . '"'/er };
my $later = sub { s/expires="(\d+)"/'expires="' . ($1 + 1) . '"'/er };
my $under_hers = sig(%$theirs, key_id => $alice->key->key_id);
my $capitals = { %{ sig(method => 'get') }, %{ elsewhere(sub { uc $_[0] . 'x' }) } };
my $host_and_date = { %{ covering(@COVERED[0, 1, 2], 'host', 'x-d') }, headers => ['X-D' => 'x'] };
my $capital_names = { %{ covering(@COVERED, 'X-Test') }, lower => 1, headers => ['X-Test' => 'a'] };
my $first_wrong = digests(Digest => 'wrong', 'Content-Digest' => 'right');
my $second_wrong = digests(Digest => 'right', 'Content-Digest' => 'wrong');
my $of_x = 'SHA-256=' . pad(sha256_base64('x'));
my $fragment_added = sig(key_id => $did, params => [keyId => $alice->key->key_id]);
my $in_hex = 'did:key:f' . unpack 'H*', "\xed\x01$public";
my @ENCODINGS = qw(base64url base64url-padded base64 base64-padded);
my @invocation = ('Capability-Invocation' => 'zcap capability="H4sIAAAA",action="GET"');
my @root = ('Capability-Invocation' => qq(zcap id="urn:zcap:root:$url",action="write"));
my $only_capability = { sign => 0, headers => [@invocation] };
my $with_capability = { sign => $theirs, headers => [@root] };
my $overriding = { sign => $theirs, headers => ['X-HTTP-Method-Override' => 'GET'] };

# The cases. Each row: name, options of the request (with `alter`, a sub on the honest field), and
# who the signature proves: alice, stranger, or nobody.
my @cases = (
    ['no signature', { sign => 0 }, 'nobody'],
    ["the controller's", {}, 'alice'],
    ["a stranger's", { sign => $theirs }, 'stranger'],
    ["another key under the controller's keyId", $under_hers, 'nobody'],
    ["the controller's key under another keyId", key_id($stranger->key->key_id), 'nobody'],

    # The clock.
    ['expired', window(-60, -1), 'nobody'],
    ['expired long ago', sig(created => 1_000_000_000, expires => 1_000_000_030), 'nobody'],
    ['created ahead, within the skew', window(250, 3000), 'alice'],
    ['created too early', window(2000, 2030), 'nobody'],
    ['a window as long as may be', window(-10, 3590), 'alice'],
    ['a window too long', window(-10, 3591), 'nobody'],
    ['expires before created', window(200, 100), 'nobody'],
    ['expires when created', window(200, 200), 'nobody'],
    ['created changed', altered($earlier), 'nobody'],
    ['expires changed', altered($later), 'nobody'],

    # What was signed.
    ['signed for another method', sig(method => 'LOCK'), 'nobody'],
    ['signed for GET, or for PUT', { other_method => 1 }, 'nobody'],
    ['signed for another path', elsewhere(sub { "$_[0]x" }), 'nobody'],
    ['signed for the path above', elsewhere(sub { $_[0] =~ s{[^/]*/?\z}{}r }), 'nobody'],
    ['signed for another space', elsewhere($in_another_space), 'nobody'],
    ['signed with a query', elsewhere(sub { "$_[0]?a=b" }), 'nobody'],
    ['signed as an absolute URL', elsewhere(sub { WAS::Server::url() . $_[0] }), 'nobody'],
    ['signed in capitals', $capitals, 'nobody'],
    ['a target that is not covered', covering(@COVERED[0, 1, 2]), 'nobody'],
    ['created that is not covered', covering(@COVERED[1, 2, 3]), 'nobody'],
    ['expires that is not covered', covering(@COVERED[0, 2, 3]), 'nobody'],
    ['a key-id that is not covered', covering(@COVERED[0, 1, 3]), 'nobody'],
    ['only created covered', covering('(created)'), 'nobody'],
    ['host and date covered, and not the target', $host_and_date, 'nobody'],
    ['covered in another order', covering(reverse @COVERED), 'alice'],
    ['host covered too', covering(@COVERED, 'host'), 'alice'],
    ['a header covered', x_test([' a  b ']), 'alice'],
    ['a header of two fields covered', x_test(['a', 'b']), 'alice'],
    ['a header with an empty value covered', x_test(['']), 'alice'],
    ['names in capitals', $capital_names, 'alice'],
    ['a covered header that is missing', x_test([]), 'nobody'],
    ['a covered header whose value changed', x_test(['b'], 'a'), 'nobody'],
    ['a covered header that was repeated', x_test(['a', 'a'], 'a'), 'nobody'],
    ['a pseudo-header that nobody knows', covering(@COVERED, '(status)'), 'nobody'],
    ['a name covered twice', covering(@COVERED, '(created)'), 'nobody'],
    ['the list of names changed', altered($names_swapped), 'nobody'],
    ['a newline in a covered value', x_test(['a'], "a\nb: c"), 'nobody'],

    # Digests.
    ['a right digest covered', digests(Digest => 'right'), 'alice'],
    ['a right digest in base64url covered', digests(Digest => 'url'), 'any'],
    ['a wrong digest covered', digests(Digest => 'wrong'), 'nobody'],
    ['a digest of nothing known covered', digests(Digest => 'unknown'), 'nobody'],
    ['a malformed digest covered', digests(Digest => 'malformed'), 'nobody'],
    ['a right content-digest covered', digests('Content-Digest' => 'right'), 'alice'],
    ['a right SHA-512 content-digest covered', digests('Content-Digest' => '512'), 'alice'],
    ['a wrong content-digest covered', digests('Content-Digest' => 'wrong'), 'nobody'],
    ['a malformed content-digest covered', digests('Content-Digest' => 'malformed'), 'nobody'],
    ['both digests covered', digests(Digest => 'right', 'Content-Digest' => '512'), 'alice'],
    ['both digests covered, the first wrong', $first_wrong, 'nobody'],
    ['both digests covered, the second wrong', $second_wrong, 'nobody'],
    ['a wrong digest, not covered', { headers => [Digest => $of_x] }, 'alice'],
    ['a digest that is covered and missing', covering(@COVERED, 'digest'), 'nobody'],

    # The key.
    ['a keyId without a fragment', key_id($did), 'alice'],
    ['a keyId signed with its fragment and sent without', sig(params => [keyId => $did]), 'nobody'],
    ['a keyId signed without its fragment and sent with', $fragment_added, 'nobody'],
    ['a keyId with another fragment', key_id("$did#" . $stranger->key->multibase), 'nobody'],
    ['a keyId with an empty fragment', key_id("$did#"), 'nobody'],
    ['a keyId with half a fragment', key_id("$did#" . substr $multibase, 0, 20), 'nobody'],
    ['a keyId with a path', key_id("$did/x"), 'nobody'],
    ['a keyId with a query', key_id("$did?x=y"), 'nobody'],
    ['a keyId in capitals', key_id(uc $did), 'nobody'],
    ['a keyId of another method', key_id('did:web:wallet.example'), 'nobody'],
    ['a keyId that is a URL', key_id('https://wallet.example/key'), 'nobody'],
    ['a keyId that is only the key', key_id($multibase), 'nobody'],
    ['an empty keyId', key_id(''), 'nobody'],
    ['a keyId of another multibase', key_id($in_hex), 'nobody'],
    ['a keyId without a codec', key_id(did_of($public)), 'nobody'],
    ['a keyId of 31 bytes', key_id(did_of("\xed\x01" . substr $public, 0, 31)), 'nobody'],
    ['a keyId of 33 bytes', key_id(did_of("\xed\x01$public\0")), 'nobody'],
    ['a keyId with a leading 1', key_id($did =~ s/key:z/key:z1/r), 'nobody'],
    ['a keyId with a character that base58 lacks', key_id($did =~ s/.\z/0/r), 'nobody'],
    ['a key of P-256', key_id($p256), 'nobody'],
    ['an X25519 key', key_id(did_of("\xec\x01$public")), 'nobody'],
    (
        map { ["a forgery by a key of small order: $_->[0]", forged_by($_->[1]), 'nobody'] }
            @SMALL_ORDER
    ),
    ['an R of small order', sig(mangle => sub { "\x01" . "\0" x 31 . substr $_[0], 32 }), 'nobody'],
    ['an S beyond the group order', sig(mangle => sub { add_order($_[0]) }), 'nobody'],
    ['a signature of zeros', sig(mangle => sub { "\0" x 64 }), 'nobody'],
    ['a signature with a bit turned', sig(mangle => $turned), 'nobody'],

    # How it is written.
    (map { ["a signature in $_", sig(encoding => $_), 'alice'] } @ENCODINGS),
    ['bare numbers', sig(bare => 1), 'alice'],
    ['an algorithm', sig(algorithm => 'hs2019'), 'alice'],
    ['a wrong algorithm', sig(algorithm => 'rsa-sha256'), 'alice'],
    ['blanks behind commas', sig(separator => ', '), 'alice'],
    ['blanks around commas', sig(separator => ' , '), 'alice'],
    ['another order', altered($reversed), 'alice'],
    ['a scheme in lower case', altered(sub { s/\ASignature/signature/r }), 'alice'],
    ['a parameter that nobody knows', sig(extra => [foo => 'bar']), 'alice'],
    (map { ["the parameter $_->[0] twice", sig(extra => $_), 'nobody'] } @TWICE),
    (map { ["no parameter $_", sig(params => [$_ => undef]), 'nobody'] } @PARAMETERS),
    (map { [qq($_->[0]="$_->[1]"), sig(params => $_), 'nobody'] } @BAD_VALUES),
    (map { ['Authorization: ' . short($_), authorization($_), 'nobody'] } @BAD_FIELDS),
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
    ['a capability and no signature', $only_capability, 'nobody'],
    ["a capability and a stranger's signature", $with_capability, 'stranger'],
    ['a cookie', { sign => 0, headers => [Cookie => 'session=1'] }, 'nobody'],
    ['X-HTTP-Method-Override', $overriding, 'stranger'],
);

# S + L is the same signature to who does not reduce.
sub add_order {
    my ($signature) = @_;
    my $order =
        Math::BigInt->from_hex('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');
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
    if (delete $option{other_method}) {
        $sign = { method => $method =~ /\A(?:GET|HEAD)\z/ ? 'PUT' : 'GET' };
    }
    if (my $code = delete $option{other_target}) {
        $sign = { %{ $sign // {} }, target => $code->($target) };
    }
    if (delete $option{lower}) {
        my %of = (
            key_id => $alice->key->key_id, method => $method, target => $target,
            created => $now, expires => $now + 3000, fields => [['X-Test', 'a']],
        );
        my $string =
            WAS::Client::signing_string(%of, headers => [map { lc } @{ $sign->{headers} }]);
        $sign = { %$sign, %of, string => $string };
        delete @$sign{qw(method target fields)};
    }
    my %honest = (key => $alice->key, method => $method, target => $target);
    my $honest = sub { return WAS::Client::authorization(%honest) };
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
    if (delete $option{query}) {
        $target .= '?Authorization=' . $honest->() =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    }
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
            my $target =
                  $place eq '{made}' ? '/space/' . new_space($alice)
                : $place eq '{new}' ? '/space/' . new_id()
                : $place;
            my ($sent, %request) = request_of($method, $target, \%route, $options);
            my $who = at($route{vhost} // 'main', $alice);
            my $res = $who->request($method, $sent, %request);
            my $where = "$method $place" . ($route{vhost} ? ' private' : '');
            my @statuses = $proves eq 'any' ? ($success, 401) : $status;
            my ($got) = grep { $_ == $res->status } @statuses;
            my $due = $got // $status;
            my $told = $due >= 400 && $due != 405 && $method ne 'HEAD' && defined $pointer;
            my @pointer = $told ? (pointer => $pointer) : ();
            my %head = (head => $method eq 'HEAD');
            expect("classic 3: $name: $where is $due", $res, $due, %head, @pointer);
        }
    }
}

# First all that fails, then nothing has changed, then all that succeeds.
my $rights = sub { my ($status) = @_; return $status == 401 || $status == 403 };
my $before = snapshot($space, $other);
my $COUNT = 'SELECT count(*) FROM was_spaces WHERE controller LIKE ?';
my ($spaces_before) = sql($COUNT, "$did%");
my @nobody = grep { $_->[2] ne 'alice' && $_->[2] ne 'any' } @cases;
run_matrix(sub { $rights->($_[0]) && $_[1] ne 'anyone' }, map { $_ } @nobody);
same_rows('classic 4: what was refused has changed nothing', $before, $space, $other);
# The deletions made spaces to be deleted, which are all still there, and nothing else was made.
my ($spaces_after) = sql($COUNT, "$did%");
my $made = $spaces_after->[0] - $spaces_before->[0];
is($made, scalar @nobody, 'classic 4: no space was made or deleted');
my @of_stranger = sql('SELECT 1 FROM was_spaces WHERE controller = ?', $stranger->did);
is_deeply(\@of_stranger, [], 'classic 4: the stranger has none');
run_matrix(sub { !$rights->($_[0]) || $_[1] eq 'anyone' }, @nobody);
run_matrix(undef, grep { $_->[2] eq 'alice' || $_->[2] eq 'any' } @cases);

# What the stranger's own signature gave him is his.
{
    my $list = $stranger->get('/spaces/')->json;
    my @foreign = grep { $_->{controller} ne $stranger->did } @$list;
    is_deeply(\@foreign, [], "classic 2: a stranger's list is a stranger's");
}

# The bounds that an operator chose (vhost strict: 5 seconds of skew, windows of 60).
for my $case (
    # name, created and expires from now, status
    ['a window of 60', -5, 55, 204],
    ['a window of 61', -5, 56, 401],
    ['created 3 seconds ahead', 3, 33, 204],
    ['created 30 seconds ahead', 30, 60, 401],
    ['expired a second ago', -20, -1, 401],
    ['the usual', 0, 30, 204],
) {
    my ($name, $from, $to, $status) = @$case;
    my $time = int time;
    my @body = (body => 'x', sign => { created => $time + $from, expires => $time + $to });
    my $rule = 'design 7: WASSignatureMaxAge and WASClockSkew';
    tell(at('strict', $alice), ["$rule: $name", PUT => "$url/a", [@body], $status]);
}

# A signature lasts as long as it says, and not a second more.
{
    my (%sign, @body);
    # A busy machine may take longer than that to look at it: then another one does.
    my $is_taken = sub {
        my $time = int time;
        %sign = (created => $time, expires => $time + 1);
        @body = (body => 'x', sign => {%sign});
        return $alice->put("$url/a", @body)->status == 204;
    };
    ok(eventually(60, $is_taken), 'classic 3: a signature of one second');
    # It holds in the whole second that it names.
    eventually(10, sub { int time > $sign{expires} });
    tell($alice, ['classic 3: and two seconds later', PUT => "$url/a", [@body], 401]);
}

# Signed targets, absolute URLs, mounts and cases of the path are t/21 and t/31; here who may take a
# space over (issue 2, Must show 5).
{
    my $id = new_space($alice, name => 'mine');
    my $at = "/space/$id";
    $alice->put("$at/a", body => 'mine');
    my $rows = snapshot($id);
    my $named = sub { my ($controller) = @_; return json_text({ controller => $controller }) };
    my @theirs = (body => $named->($stranger->did), by => $stranger);
    my %all = (id => "urn:uuid:$id", controller => $stranger->did, name => 'x', link => '/x');
    my $with_fragment = $named->($stranger->key->key_id);
    my $post = json_text({ uuid => $id });
    for my $case (
        # what a stranger does
        ['who names himself', PUT => $at, [@theirs], 403, pointer => '/authorization'],
        ['who names himself, with a fragment', PUT => $at, [body => $with_fragment], 403],
        ['who names the controller', PUT => $at, [body => $named->($did)], 403],
        ['who names the id', PUT => $at, [body => json_text(\%all)], 403],
        ['with If-Match', PUT => $at, [@theirs, headers => ['If-Match' => '*']], 403],
        ['with If-None-Match', PUT => $at, [@theirs, headers => ['If-None-Match' => '*']], 403],
        ['who deletes', DELETE => $at, [], 403],
        ['who posts the uuid', POST => '/spaces/', [body => $post], 409],
    ) {
        my ($name, @row) = @$case;
        tell($stranger, ["classic 4: a stranger $name", @row]);
    }
    same_rows('classic 4: nothing changed', $rows, $id);

    my $heir = person();
    my @routes = (
        [GET => $at, 200],
        [HEAD => $at, 200],
        [PUT => $at, 204, body => json_text({ controller => '{self}' })],
        [PUT => "$at/a", 204, body => 'x'],
        [POST => "$at/b", 201, body => 'x'],
        [DELETE => "$at/b", 204],
        [DELETE => "$at/none", 204],
    );
    my $everywhere = sub {
        my ($name, $who, $denied) = @_;
        for my $route (@routes) {
            my ($method, $target, $success, %options) = @$route;
            my $did = $who->did;
            $options{body} =~ s/\{self\}/$did/ if defined $options{body};
            tell(
                $who,
                ["classic 4: $name: $method", $method => $target, [%options], $denied // $success]);
        }
        tell(
            at('private', $who),
            ["classic 4: $name: private read", GET => "$at/a", [], $denied // 200]);
    };
    $everywhere->('the controller, before a transfer', $alice);
    $everywhere->('the heir, before a transfer', $heir, 403);
    my @transfer = (body => $named->($heir->key->key_id));
    tell($alice, ['classic 4: a transfer', PUT => $at, [@transfer], 204]);
    my @row = sql('SELECT controller FROM was_spaces WHERE space_uuid = ?', $id);
    is_deeply(\@row, [[$heir->did]], 'classic 2: the DID is stored without its fragment');
    $everywhere->('the old controller, after the transfer', $alice, 403);
    $everywhere->('the heir, after the transfer', $heir);
    $everywhere->('the stranger, after the transfer', $stranger, 403);
    tell($heir, ['classic 4: the heir deletes', DELETE => $at, [], 204]);
    my @taken = (body => $named->($stranger->did));
    tell($stranger, ['classic 4: then anybody may have the id', PUT => $at, [@taken], 204]);
}

# A write that starts after a transfer was answered does not land. When that was is noted before the
# others are told, so that there are writes after it, whoever of us the machine lets wait.
{
    my $id = new_space($alice);
    my $heir = person();
    pipe my $over, my $noted or die "pipe: $!";
    my $transfer = sub {
        # Not before the others write.
        eventually(60, sub { $alice->get("/space/$id/2", sign => 0)->status == 200 });
        my $status = put_space($alice, $id, { controller => $heir->did })->status;
        my $line = "transfer $status " . time;
        syswrite $noted, '.';
        return $line;
    };
    my $write = sub {
        my ($n) = @_;
        my $body = $n == 1 ? 'x' x 1_100_000 : 'x';
        my $ended = IO::Select->new($over);
        my ($until, $refused, @answers) = (time + 120, 0);
        while (time < $until && $refused < 3) {
            my $is_over = $ended->can_read(0);
            my $start = time;
            my $status = $alice->put("/space/$id/$n", body => $body)->status;
            push @answers, "$start:$status";
            $refused++ if $is_over && $status == 403;
        }
        return join ' ', @answers;
    };
    my @lines = in_parallel(6, sub { my ($n) = @_; return $n == 0 ? $transfer->() : $write->($n) });
    my ($answered) = $lines[0] =~ /\Atransfer 204 ([\d.]+)\z/;
    ok($answered, 'classic 4: a transfer while the old controller writes') or diag $lines[0];
    my (%before, %after);
    for (map { split / / } @lines[1 .. 5]) {
        my ($start, $status) = split /:/;
        $start > ($answered // 0) ? $after{$status}++ : $before{$status}++;
    }
    ok($before{204}, 'classic 4: he wrote before it');
    my $after = join ' ', sort keys %after;
    is($after, '403', 'classic 4: and nothing that he began after it was answered');
}

# A controller that the Python server stored with its fragment.
{
    my $id = new_id();
    my $INSERT = 'INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)';
    sql($INSERT, $id, "urn:uuid:$id", $alice->key->key_id);
    my $at = "/space/$id";
    my @update = (body => json_text({ controller => $did }));
    my @by_stranger = (body => 'x', by => $stranger);
    tell(
        $alice,
        ['classic 2: a stored fragment: read', GET => $at, [], 200],
        ['classic 2: a stored fragment: write', PUT => "$at/a", [body => 'x'], 204],
        ['classic 2: a stored fragment: a stranger', PUT => "$at/a", [@by_stranger], 403],
        ['classic 2: a stored fragment: update', PUT => $at, [@update], 204],
    );
    # A fragment of another key gives that key nothing, nor takes it from the DID's.
    my $mixed = new_id();
    sql($INSERT, $mixed, "urn:uuid:$mixed", "$did#" . $stranger->key->multibase);
    tell(
        $stranger,
        ['classic 2: a stored fragment of another key', GET => "/space/$mixed", [], 403]);
}

# The access log names the caller.
{
    my $who = person();
    my $mark = new_id();
    $who->put("/space/$mark", body => json_text({ controller => $who->did }));
    $who->put("$url/$mark", body => 'x');
    $who->put("$url/$mark", body => 'x', sign => 0);
    $who->put("$url/$mark", body => 'x', sign => { method => 'GET' });
    my $log = WAS::Server::error_log() =~ s/error_log\z/access_log/r;
    my @lines;
    eventually(
        10,
        sub {
            @lines = grep { /\Q$mark\E/ } split /\n/, WAS::Server::slurp($log);
            return @lines == 4;
        });
    my @users = map { /\A\S+ "([^"]*)" \[.* (\d{3}) \d+\z/ ? "$2 $1" : $_ } @lines;
    my @due = ('204 ' . $who->did, '403 ' . $who->did, '401 -', '401 -');
    is_deeply(\@users, \@due, 'classic 3: %u is the caller, and nobody who proved nothing');
}

done_testing;
