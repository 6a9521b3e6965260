# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a page of another origin may see (Fetch, CORS protocol): preflights, answers and refusals of
# every kind, with any origin, with a list of origins, and with none. Credentials never.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $space = new_space($alice);
my $at = "/space/$space/a";
$alice->put($at, body => 'hello', type => 'text/plain');
my $etag = $alice->head($at)->header('ETag');
my $ORIGIN = 'https://wallet.example';

sub names {
    return sort map { lc } split /\s*,\s*/, $_[0] // '';
}

sub lacks {
    my ($res, $name, @needed) = @_;
    my %there = map { $_ => 1 } names(scalar $res->header($name));
    return map { "$name lacks $_" } grep { !$there{ lc $_ } } @needed;
}

my $document = json_text({ controller => $alice->did });

# What every answer shows to a page, whatever was asked. Each row: name, method, target, options,
# status.
my @answers = (
    ['a document', GET => '/', [sign => 0], 200],
    ['health', GET => '/health', [sign => 0], 200],
    ['a redirect', GET => '/spaces', [sign => 0], 308],
    ['a list', GET => '/spaces/', [], 200],
    ['a new space', POST => '/spaces/', [], 201],
    ['a space', GET => "/space/$space", [], 200],
    ['a space, HEAD', HEAD => "/space/$space", [], 200],
    ['an export', GET => "/space/$space", [headers => [Accept => 'application/x-tar']], 200],
    ['a write of a space', PUT => "/space/$space", [body => $document], 204],
    ['a resource', GET => $at, [sign => 0], 200],
    ['a resource, HEAD', HEAD => $at, [sign => 0], 200],
    ['a part', GET => $at, [sign => 0, headers => [Range => 'bytes=1-2']], 206],
    ['parts', GET => $at, [sign => 0, headers => [Range => 'bytes=0-0,2-2']], 206],
    ['what has not changed', GET => $at, [sign => 0, headers => ['If-None-Match' => $etag]], 304],
    ['a write', PUT => "$at-w", [body => 'x'], 204],
    ['a POST', POST => "$at-w", [body => 'x'], 201],
    ['a deletion', DELETE => "$at-w", [], 204],
    ['OPTIONS that is no preflight', OPTIONS => $at, [sign => 0], 204],
    ['400, of a path', GET => '/space/%00', [sign => 0], 400],
    ['400, of a body', PUT => "/space/$space", [body => '{'], 400],
    ['401', PUT => $at, [body => 'x', sign => 0], 401],
    ['403', PUT => $at, [body => 'x', by => person()], 403],
    ['404, of a route', GET => '/nothing', [sign => 0], 404],
    ['404, of a resource', GET => "$at-none", [sign => 0], 404],
    ['405', PATCH => $at, [sign => 0], 405],
    ['409', POST => '/spaces/', [body => json_text({ uuid => $space })], 409],
    ['412', PUT => $at, [body => 'x', headers => ['If-None-Match' => '*']], 412],
    ['412 of a read', GET => $at, [headers => ['If-Match' => '"x"']], 412],
    ['413', PUT => "/space/$space", [body => ' ' x 70_000], 413],
    ['414', GET => '/' . 'x' x 8001, [sign => 0], 414],
    ['415', PUT => $at, [body => 'x', headers => ['Content-Encoding' => 'gzip']], 415],
    ['416', GET => $at, [sign => 0, headers => [Range => 'bytes=99-']], 416],
);
my @EXPOSED = (
    qw(Accept-Ranges Allow Content-Disposition Content-Length Content-Range Date ETag),
    qw(Last-Modified Link Location Preference-Applied Retry-After WWW-Authenticate),
    'X-Request-Id',
);

# The fields of an answer to a page that has no right to one.
sub cors_fields {
    return grep { /\AAccess-Control-/i } map { $_->[0] } $_[0]->headers;
}

sub exposes { return lacks($_[0], 'Access-Control-Expose-Headers', @EXPOSED) }

sub with_origin {
    my ($row, $origin) = @_;
    my ($name, $method, $target, $options, $status) = @$row;
    my %options = @$options;
    my @headers = (@{ $options{headers} // [] }, defined $origin ? (Origin => $origin) : ());
    return ($name, $method, $target, [%options, headers => \@headers], $status);
}

# Each virtual host, and what it answers to which origin. A list takes no name that is not its own.
my ($app, $other) = ('https://app.example', 'https://other.example:8443');
my @near = (
    "$app.", "$app:443", "$app/", 'http://app.example', uc $app, 'https://app.exampl',
    "$app.evil.example", 'https://other.example', '*', '', "$app $other", "$app, $other",
);
my @below = map { "https://$_.app.example" } qw(a b.c x--y x_y 1);
my @not_below = (
    $app, 'https://.app.example', 'https://a.app.example:443', 'https://a.app.example.',
    'https://a.app.example.evil.example', 'https://evilapp.example', 'http://a.app.example',
    'https://A.app.example', 'https://a/.app.example', 'https://a@b.app.example', 'NULL',
    'https://evil.example:80.app.example', 'https://*.app.example', 'http://b.a.example',
    'http://b.a.example:80800', 'http://b.a.example:8080/', "https://a\tb.app.example", 'nul',
    'https://evil.example?.app.example', 'https://evil.example#.app.example', 'null, null',
);
for my $host (
    (map { ['cors_pattern', $_, $_] } @below, 'http://b.a.example:8080', 'null'),
    (map { ['cors_pattern', $_, undef] } @not_below),
    ['main', undef, '*'],
    ['main', $ORIGIN, '*'],
    ['main', 'null', '*'],
    ['main', "x' OR 1=1 --", '*'],
    ['cors_off', undef, undef],
    ['cors_off', $ORIGIN, undef],
    ['cors_list', undef, undef],
    ['cors_list', $app, $app],
    ['cors_list', $other, $other],
    ['cors_list', $ORIGIN, undef],
    ['cors_list', 'null', undef],
    (map { ['cors_list', $_, undef] } @near),
) {
    my ($vhost, $origin, $allowed) = @$host;
    my $who = at($vhost, $alice);
    my $shown = defined $origin ? "Origin: $origin" : 'no Origin';
    my %vary = $vhost =~ /list|pattern/ ? (Vary => qr/(?:\A|, ?)Origin(?:\z|,)/) : ();
    my %headers = ('Access-Control-Allow-Origin' => $allowed, %vary);
    my $check = defined $allowed ? \&exposes : \&cors_fields;
    for my $row (@answers) {
        my ($name, $method, $target, $options, $status) = with_origin($row, $origin);
        my %options = @$options;
        $options{by} = at($vhost, $options{by}) if $options{by};
        my @due = ($status, headers => \%headers, check => $check);
        tell($who, ["CORS: $vhost, $shown: $name", $method => $target, [%options], @due]);
    }
}

# Preflights.
my @ASKED = (
    qw(authorization content-type if-match if-none-match range digest content-digest),
    qw(capability-invocation),
);
my @preflights = (
    ['/', 'GET'],
    ['/spaces/', 'POST'],
    ["/space/$space", 'PUT'],
    ["/space/$space", 'DELETE'],
    [$at, 'PUT'],
    [$at, 'POST'],
    [$at, 'DELETE'],
    ["/space/$space/none", 'PUT'],
    ['/space/none/none', 'PUT'],
);

# One preflight: what is asked for by whom, and which origin is allowed.
sub preflight {
    my ($vhost, $origin, $allowed, $target, $method, $asked) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @headers = (Origin => $origin, 'Access-Control-Request-Method' => $method);
    push @headers, 'Access-Control-Request-Headers' => $asked if defined $asked;
    my %due = ('Access-Control-Allow-Origin' => $allowed, 'Content-Length' => undef);
    $due{'Access-Control-Max-Age'} = qr/\A\d+\z/ if defined $allowed;
    $due{Vary} = qr/\bOrigin\b/ if $vhost eq 'cors_list';
    my @needed = defined $asked ? split /, ?/, $asked : @ASKED;
    my $lacking = sub {
        my ($res) = @_;
        return lacks($res, 'Access-Control-Allow-Methods', $method),
            lacks($res, 'Access-Control-Allow-Headers', @needed);
    };
    my $check = defined $allowed ? $lacking : \&cors_fields;
    my $shown = $asked // 'no headers';
    my $rule = "CORS: $vhost, a preflight from $origin for $method $target, $shown";
    my @want = (body => '', type => undef, headers => \%due, check => $check);
    return tell(at($vhost), [$rule, OPTIONS => $target, [headers => \@headers], 204, @want]);
}

for my $case (
    ['main', $ORIGIN, '*'],
    ['main', 'null', '*'],
    ['cors_list', $app, $app],
    ['cors_list', $ORIGIN, undef],
    ['cors_off', $ORIGIN, undef],
) {
    for my $row (@preflights) {
        for my $asked (undef, join(',', @ASKED), 'authorization, x-anything-at-all') {
            preflight(@$case, @$row, $asked);
        }
    }
}

# A page may read why a target is refused, and that there is nothing, or nothing of this method: its
# preflight is answered as any other, whatever it wants to send.
my @nowhere = (
    "/space/$space/50%.jpg", "/space/$space/%ff", "/space/$space/a/../b", "/space/$space/%2e%2e/b",
    "/space/$space/%00", "/space/$space/" . 'x' x 8001, '/../etc', '/%', '/nothing', '/health',
    "/space/$space", $at,
);
for my $case (['main', 204, '*'], ['cors_list', 204, $app], ['cors_off', 400], ['pws', 204, '*']) {
    my ($vhost, $status, $allowed) = @$case;
    for my $target (@nowhere) {
        for my $method (qw(GET PUT POST PATCH DELETE)) {
            my @asks = (Origin => $app, 'Access-Control-Request-Method' => $method);
            my $res = at($vhost)->options($target, headers => [@asks], sign => 0);
            my $is = "CORS: $vhost, a preflight for $method " . substr $target, 0, 60;
            my $is_good = $target =~ m{\A/(?:nothing|health|space/[-\w]+(?:/a)?)\z};
            my $due = $is_good ? 204 : length $target > 8000 && $status == 400 ? 414 : $status;
            is($res->status, $due, "$is: $due");
            is($res->header('Access-Control-Allow-Origin'), $allowed, "$is: who may");
            my @lacking = lacks($res, 'Access-Control-Allow-Methods', $method);
            is("@lacking", '', "$is: may be sent") if defined $allowed;
        }
    }
}

# What a page could send to be reflected.
for my $asked (
    "x\tset-cookie", 'x; y', '"x"', '<script>', "x\xe9", 'a' x 2000, '*', '',
    '(created)'
) {
    my $shown = length $asked > 40 ? length($asked) . ' bytes' : $asked =~ s/[^ -~]/?/gr;
    my @asks =
        ('Access-Control-Request-Method' => 'PUT', 'Access-Control-Request-Headers' => $asked);
    my @page = (sign => 0, headers => [Origin => $ORIGIN, @asks]);
    my $check = sub {
        my ($res) = @_;
        my $allowed = $res->header('Access-Control-Allow-Headers') // '';
        return "reflects $allowed" if $allowed =~ /[^\w\-, ]/ || length $allowed > 1100;
        return lacks($res, 'Access-Control-Allow-Headers', 'Authorization');
    };
    my $rule = "CORS: a preflight that asks for <$shown>";
    tell($alice, [$rule, OPTIONS => $at, [@page], 204, check => $check]);
}

done_testing;
