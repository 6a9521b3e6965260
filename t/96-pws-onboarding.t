# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Who shows the onboarding token may make spaces, and nobody else; it is good for nothing besides
# (protocol/pws-next E.2).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use MIME::Base64 qw(encode_base64);
use Test::More;
use WAS::Holder;
use WAS::Server;
use WAS::TestRun;
use WAS::Zcap;

make_path("$ENV{WAS_RUN}/private");
my $file = "$ENV{WAS_RUN}/private/96-onboarding-$$";

# Writes what the file of the token holds.
sub write_token {
    my ($text, $mode) = @_;
    unlink $file;
    WAS::TestRun::write_file($file, $text);
    chmod $mode // 0600, $file or die "$file: $!";
    return;
}

my $TOKEN = encode_base64(random_bytes(32), '');
write_token("$TOKEN\n");

my $server = WAS::Server->start(config => <<"CONF");
WASOnboardingToken "$file"
<Location "/">
    WASProtocol pws
</Location>
<Location "/open">
    SetHandler was
    WASProtocol pws
    WASOnboardingToken off
</Location>
<Location "/older">
    SetHandler was
    WASProtocol pws
    WASRevision 2026-09
</Location>
CONF
my $alice = at($server->origin, WAS::Key->fresh);
my $mallory = at($server->origin, WAS::Key->fresh);
my $open = at($server->origin, $alice->key, mount => '/open');
my @anybody = (sign => 0, zcap => 0);
my @json = (type => 'application/json');

sub bearer { return (@anybody, headers => [Authorization => @_]) }
my @shown = ("Bearer $TOKEN");
my @NONE = ('If-None-Match' => '*');
my @unasked = (401, 'missing-authorization');
my @bad_body = (400, 'invalid-request-body');
my %owned = (controller => $alice->did);

sub is_so {
    my ($test) = @_;
    return (check => sub { local $_ = $_[0]->json; $test->() ? () : 'it is not so' });
}
my @without_creator = is_so(sub { !exists $_->{createdBy} && $_->{controller} eq $alice->did });

# 1. Each row of E.2.
my ($posted, $put, $signed, $other) = map { new_id() } 1 .. 4;
my $meta = "/space/$put/meta";
my $is = 'pws-next E.2';
told(
    $alice,
    [
        "$is: POST by token", POST => '/spaces/',
        [bearer(@shown), json => { %owned, id => $posted }],
        201, undef, @without_creator, headers => { Location => qr{\Ahttp.*/space/$posted/\z} }
    ],
    [
        "$is: an id of the server's",
        POST => '/spaces/', [bearer(@shown), json => \%owned],
        201, undef, @without_creator
    ],
    [
        "space.create-put: PUT by token", PUT => $meta,
        [bearer(@shown, @NONE), json => \%owned],
        201, undef, @without_creator, headers => { Location => qr{\Ahttp.*/space/$put/\z} }
    ],
    [
        'conditional.space-if-none-match-create-then-412',
        PUT => $meta, [bearer(@shown, @NONE), json => \%owned], @unasked
    ],
    [
        "$is: the second one, signed", PUT => $meta, [json => \%owned, headers => \@NONE], 412,
        'precondition-failed'
    ],
    ["$is: an update by token", PUT => $meta, [bearer(@shown), json => \%owned], @unasked],
    ["$is: an update, signed", PUT => $meta, [json => { %owned, name => 'n' }], 204],
    [
        "$is: an update by somebody else",
        PUT => $meta, [by => $mallory, json => { controller => $mallory->did }],
        404, 'not-found'
    ],
    ["$is: as it was", GET => $meta, [], 200, undef, is_so(sub { $_->{name} eq 'n' })],
    [
        "$is: an id that is taken",
        POST => '/spaces/', [bearer(@shown), json => { %owned, id => $put }],
        409, 'id-conflict'
    ],
    [
        "$is: POST, signed", POST => '/spaces/', [json => { %owned, id => $signed }],
        @unasked, headers => { 'WWW-Authenticate' => 'Bearer, Signature' }
    ],
    ["$is: PUT, signed", PUT => "/space/$signed/meta", [json => \%owned], @unasked],
    [
        "$is: PUT, signed for itself",
        PUT => "/space/$signed/meta", [json => \%owned, zcap => { root => 'self' }], @unasked
    ],
    ["$is: POST by nobody", POST => '/spaces/', [@anybody, json => \%owned], @unasked],
    ["$is: PUT by nobody", PUT => "/space/$signed/meta", [@anybody, json => \%owned], @unasked],
    ["$is: which made none", GET => "/space/$signed/meta", [], 404, 'not-found'],
    [
        "$is: what the body says of its making is not kept",
        PUT => "/space/$other/meta",
        [bearer(@shown), json => { %owned, createdBy => $mallory->did, x => 1 }],
        201, undef, @without_creator
    ],
    ["$is: without the slash", POST => '/spaces', [bearer(@shown), json => \%owned], 308],
);

# 2. The checks of the body stay, and make nothing.
for my $row (
    ['no controller', {}],
    ['one that is no DID', { controller => 'https://a.example' }],
    ['one that cannot be verified', { controller => 'did:web:a.example' }],
    ['a type that is none', { %owned, type => ['Odd'] }],
    ['a name that is none', { %owned, name => 1 }],
    ['no JSON', '{'],
) {
    my ($name, $body) = @$row;
    my @sent = (bearer(@shown), json => $body);
    told(
        $alice,
        ["$is: $name, POST", POST => '/spaces/', \@sent, @bad_body],
        ["$is: $name, PUT", PUT => "/space/$signed/meta", \@sent, @bad_body],
    );
}
told(
    $alice,
    [
        "$is: a bad id", POST => '/spaces/', [bearer(@shown), json => { %owned, id => 'a b' }],
        400, 'invalid-id'
    ],
    [
        "$is: no type", POST => '/spaces/', [bearer(@shown), body => '{}'], 400,
        'missing-content-type'
    ],
    [
        "$is: a reserved id", POST => '/spaces/',
        [bearer(@shown), json => { %owned, id => 'server' }],
        409, 'reserved-id'
    ],
    ["$is: and none was made", GET => "/space/$signed/meta", [], 404, 'not-found'],
);

# 3. What is not the token, on what is there and what is not.
for my $row (
    ['cut', substr $TOKEN, 0, -1],
    ['longer', "${TOKEN}x"],
    ['in capitals', uc $TOKEN],
    ['empty', ''],
    ['its digest', sha256_hex($TOKEN)],
    ['two', "$TOKEN $TOKEN"],
    ['long', 'x' x 7000],
    ['of other bytes', "\xff" x 44],
) {
    my ($name, $text) = @$row;
    my @sent = (bearer("Bearer $text"), json => \%owned);
    for my $target ($meta, "/space/$signed/meta") {
        told($alice, ["$is: a token that is $name", PUT => $target, \@sent, @unasked]);
    }
    told($alice, ["$is: a token that is $name, POST", POST => '/spaces/', \@sent, @unasked]);
}
told(
    $alice,
    [
        "$is: its scheme in small letters",
        PUT => '/space/' . new_id() . '/meta', [bearer("bearer  $TOKEN"), json => \%owned], 201
    ],
    [
        "$is: another scheme", PUT => '/space/basic/meta',
        [bearer("Basic $TOKEN"), json => \%owned],
        400, 'invalid-authorization-header'
    ],
);

# 4. It is good for nothing else, and told to nobody.
my @header = (400, 'invalid-authorization-header');
told($alice, ["$is: a collection", POST => "/space/$put/", [json => { id => 'c' }], 201]);
for my $row (
    [GET => '/spaces/'],
    [GET => $meta],
    [DELETE => "/space/$put/"],
    [POST => "/space/$put/", json => { id => 'd' }],
    [PUT => "/space/$put/c/meta", json => {}],
    [PUT => "/space/$put/c/r", type => 'text/plain', body => 'x'],
    [GET => "/space/$put/c/"],
    [POST => "/space/$put/c/query", json => { profile => 'changes' }],
) {
    my ($method, $target, @options) = @$row;
    told($alice, ["$is: $method by token", $method, $target, [bearer(@shown), @options], @header]);
}
told(
    $alice,
    [
        "$is: beside a capability", POST => '/spaces/',
        [sign => 0, zcap => {}, headers => [Authorization => @shown], json => \%owned], @unasked
    ],
    ["$is: the service document", GET => '/service', [@anybody], 200],
);
unlike($_, qr/\Q$TOKEN\E/, 'the log does not tell it') for $server->log;

# 5. Where none is asked for, it is none; and the older revision asks, too.
told(
    $open,
    ["$is: off: signed", POST => '/open/spaces/', [json => \%owned], 201],
    ["$is: off: by token", POST => '/open/spaces/', [bearer(@shown), json => \%owned], @header],
);
told(
    at($server->origin, $alice->key, mount => '/older'),
    ["$is: 2026-09", POST => '/older/spaces/', [bearer(@shown), json => \%owned], 201],
    ["$is: 2026-09, signed", POST => '/older/spaces/', [json => \%owned], @unasked],
);

# 6. What the file may be: no sentence tells what it holds.
my $conf = "WASOnboardingToken \"$file\"\n";
my $must = qr/must hold a token of 22 to 512 characters .* in one line and nothing else/;
for my $row (
    # what it is, what it holds, the sentence; its mode
    ['a line', "$TOKEN\n"],
    ['a line of DOS', "$TOKEN\r\n"],
    ['no end of line', $TOKEN],
    ['22 characters', 'a1-._~+/' x 2 . 'a' x 6],
    ['512 characters', 'a' x 512],
    ['for its group, too', $TOKEN, undef, 0640],
    ['21 characters', 'a' x 21, $must],
    ['22 with its end', 'a' x 20 . '==', $must],
    ['513 characters', 'a' x 513, $must],
    ['a MiB', 'a' x (1 << 20), $must],
    ['nothing', '', $must],
    ['an empty line', "\n", $must],
    ['two lines', "$TOKEN\n$TOKEN\n", $must],
    ['an empty line behind it', "$TOKEN\n\n", $must],
    ['a blank before it', " $TOKEN", $must],
    ['a blank in it', "$TOKEN $TOKEN", $must],
    ['= in it', "a=$TOKEN", $must],
    ['a NUL in it', "$TOKEN\0", $must],
    ['a comment', "# the token\n$TOKEN\n", $must],
    ['a byte order mark', "\xef\xbb\xbf$TOKEN", $must],
    ['for everybody', $TOKEN, qr/may be read by everybody/, 0644],
    ['for nobody', $TOKEN, qr/cannot be read: /, 0000],
) {
    my ($name, $text, $sentence, $mode) = @$row;
    write_token($text, $mode);
    my ($status, $said) = WAS::Server->check(config => $conf);
    my $due = defined $sentence ? 'refused' : 'taken';
    is($status == 0 ? 'taken' : 'refused', $due, "$is: a file of $name") or diag $said;
    like($said, $sentence, "$is: a file of $name: why") if defined $sentence;
    unlike($said, qr/\Q$TOKEN\E|a{20}/, "$is: a file of $name: it is not told");
}
for my $row (
    ['no file', "$file-none", qr/cannot be read: /],
    ['a directory', $ENV{WAS_RUN}, qr/is no ordinary file/],
    ['a device', '/dev/zero', qr/is no ordinary file/],
    ['no path', '', qr/WASOnboardingToken takes one argument/],
) {
    my ($name, $path, $sentence) = @$row;
    my ($status, $said) = WAS::Server->check(config => "WASOnboardingToken \"$path\"\n");
    isnt($status, 0, "$is: $name is refused");
    like($said, $sentence, "$is: $name: why");
}

# 7. Another token, when httpd reads its configuration anew.
write_token("new-$TOKEN");
ok($server->restart, 'up');
told(
    $alice,
    ["$is: a token of before", POST => '/spaces/', [bearer(@shown), json => \%owned], @unasked],
    ["$is: the new one", POST => '/spaces/', [bearer("Bearer new-$TOKEN"), json => \%owned], 201],
);

done_testing;
