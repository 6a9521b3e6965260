# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What an operator may write: every directive with its valid and invalid values, where they may
# stand, how sections merge, and a sentence for each mistake. A mistake is found by `httpd -t`; what
# a setting does is seen in answers of a server that has it.

use strict;
use warnings;

use File::Path qw(make_path);
use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $dsn = WAS::Server::cluster()->dsn('was');

# A pool for any of the snippets below; DBDPersist and the sizes are httpd's own business.
my $pool = <<"CONF";
DBDriver pgsql
DBDParams "$dsn"
DBDMin 1
DBDKeep 1
DBDMax 2
CONF

sub location {
    my ($inside, $path) = @_;
    $path //= '/';
    return
        qq($pool\n<Location "$path">\nSetHandler was\nRequire all granted\n$inside\n</Location>\n);
}

sub spew {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    return;
}

# Checks one configuration: no third argument says that it is fine, a pattern that it is refused
# with such a sentence.
sub checked {
    my ($name, $config, $sentence, %options) = @_;
    my ($status, $said) = WAS::Server->check(config => $config, example => 0, %options);
    is($status & 127, 0, "$name: httpd -t does not crash");
    if (defined $sentence) {
        isnt($status >> 8, 0, "$name: refused");
        like($said, $sentence, "$name: with a sentence");
    }
    else {
        is($status, 0, "$name: accepted") or diag $said;
    }
    return;
}

# 1. Values. Of each directive what it takes, what it refuses and with which sentence, and numbers
# of arguments that it refuses.
my $one = qr/takes one argument/;
make_path("$ENV{WAS_RUN}/private");
my $token = "$ENV{WAS_RUN}/private/10-token-$$";
spew($token, 'onboarding-' x 3);
chmod 0600, $token or die "$token: $!";
my $origin = qr/such as https:\S+ \(lower case, no path, no default port\), not '/;
my $origin_or_pattern =
    qr/such as https:\S+ \(lower case, no path, no default port\), https:\S+ and null, not '/;
my $seconds = qr/to 31622400, not '/;
my @bad_origins = (
    'null', 'https://', 'wallet.example', 'https://Wallet.example', 'HTTPS://wallet.example',
    'https://wallet.example/', 'https://wallet.example:443', 'http://wallet.example:80',
    'https://wallet.example?x', 'https://me@wallet.example', 'https://wallet.example:',
    'https://wallet.example:x', '"https://wallet.example "', 'https://*.example', '*',
);
my @values = (
    {
        directive => 'WASProtocol',
        takes => [qw(classic pws Classic PWS)],
        refuses => [
            qw(was http classi classicx pws2 on), 'classic,pws', '"classic "', '" pws"',
        ],
        sentence => qr/WASProtocol takes classic or pws, not '/,
        miscounted => ['' => qr/WASProtocol $one/, '""' => $one, 'classic pws' => $one],
    },
    {
        directive => 'WASBaseURL',
        takes => [
            'https://wallet.example', 'http://wallet.example', 'https://wallet.example:8443',
            'http://localhost:5173', 'http://127.0.0.1:3000', 'https://[::1]:8443',
            'https://xn--wllet-ira.example',
        ],
        refuses => [
            @bad_origins, '//wallet.example', 'https:wallet.example', 'https:///', 'on',
            'https://wallet.example/was', '"https://wallet.example#x"',
            'https://me:pw@wallet.example', 'https://wallet.example:0',
            'https://wallet.example:65536', 'https://wallet.example:-1', 'ftp://wallet.example',
            'wss://wallet.example', 'file:///srv', 'chrome-extension://abcdefghijklmnop',
            '" https://wallet.example"', 'https://a.example,https://b.example', 'https://[::1',
            'https://::1', '${NO_SUCH_VARIABLE}', 'http://wállet.example',
        ],
        sentence => qr/WASBaseURL takes an origin $origin/,
        miscounted => [
            '' => qr/WASBaseURL $one/, '""' => $one,
            'https://a.example https://b.example' => $one,
        ],
    },
    {
        directive => 'WASRevision',
        takes => [qw(2026-10 2026-09)],
        refuses => [qw(2026-08 2026-9 2026-010 202610 0.5 off), '"2026-10 "'],
        sentence => qr/WASRevision takes 2026-10 or 2026-09, not '/,
        miscounted => ['' => qr/WASRevision $one/, '""' => $one, '2026-10 2026-09' => $one],
    },
    {
        directive => 'WASResourceReads',
        takes => [qw(public private Public PRIVATE)],
        refuses => [qw(open off publi publicx)],
        sentence => qr/WASResourceReads takes public or private, not '/,
        miscounted => ['' => qr/WASResourceReads $one/, '""' => $one, 'public private' => $one],
    },
    {
        directive => 'WASContentParts',
        takes => [qw(auto on off Auto ON)],
        refuses => [qw(aut autox yes 1 none)],
        sentence => qr/WASContentParts takes auto, on or off, not '/,
        miscounted => ['' => qr/WASContentParts $one/, '""' => $one, 'on off' => $one],
    },
    {
        directive => 'WASCell',
        takes => [qw(off Off 0-7 8-f 0-0 80-bf 000-7ff 0000-ffff)],
        refuses => [qw(0 0-1f 1f-1 8-0 0-F A-f g-h 00000-fffff - 0- -7 0-7-8 0..7), '"0 - 7"'],
        sentence => qr/WASCell takes off, or the first and the last beginning of ids/,
        miscounted => ['' => qr/WASCell $one/, '0-3 4-7' => $one],
    },
    {
        directive => 'WASOnboardingToken',
        takes => ['off', 'Off', "\"$token\""],
        refuses => ['no/such/file', '/', '"' . 'x' x 300 . '"'],
        sentence => qr/WASOnboardingToken: \S+ (?:cannot be read: |is no ordinary file)/,
        miscounted => ['' => qr/WASOnboardingToken $one/, 'off off' => $one],
    },
    {
        directive => 'WASSignatureMaxAge',
        takes => [qw(1 60 3600 31622400 007)],
        refuses => [
            '"60 "', '" 60"', qw(0 -1 +1 1.5 60s 0x10 31622401 18446744073709551617 one),
        ],
        sentence => qr/WASSignatureMaxAge takes whole seconds from 1 $seconds/,
        miscounted => ['' => qr/WASSignatureMaxAge $one/, '1 2' => $one],
    },
    {
        directive => 'WASClockSkew',
        takes => [qw(0 5 300 31622400)],
        refuses => [qw(-1 +1 1.5 5m 31622401 99999999999999999999)],
        sentence => qr/WASClockSkew takes whole seconds from 0 $seconds/,
        miscounted => ['' => qr/WASClockSkew $one/],
    },
    {
        directive => 'WASCORS',
        takes => [
            'on', 'off', 'On', 'OFF', 'https://wallet.example', 'http://localhost:5173',
            'https://a.example https://b.example:8443 http://127.0.0.1:3000', 'https://[::1]:8443',
            'chrome-extension://abcdefghijklmnop', 'null', 'null https://a.example',
            'https://*.wallet.example', 'http://*.a.b.example:8080 https://c.example',
        ],
        refuses => [
            (grep { $_ ne 'null' } @bad_origins), 'https://*.example:8443', 'https://*.',
            'https://*..example', 'https://*.a.', 'https://**.a.example', 'https://*a.example',
            'https://a.*.example', 'https://*.*.a.example', 'https://*.a.example:443',
            'https://*.[::1.2]',
            'https://*.a.example/', 'https://*.A.example', '*.a.example', '://*.a.example', 'NULL',
            'https://*.a.example:', 'https://*.a.:80', 'https://wallet.example/app',
            'https://wallet.example#x',
            'https://wallet.example:99999', '"https://a.example https://b.example"', 'on off',
            'off https://wallet.example', 'https://wallet.example on',
        ],
        sentence => qr/WASCORS takes on, off, or origins $origin_or_pattern/,
        miscounted => ['' => qr/WASCORS needs a value/, '""' => qr/WASCORS needs a value/],
    },
);
for my $row (@values) {
    my $directive = $row->{directive};
    my $check = sub {
        my ($value, @due) = @_;
        checked("$directive $value", location("$directive $value"), @due);
    };
    $check->($_) for @{ $row->{takes} };
    $check->($_, $row->{sentence}) for @{ $row->{refuses} };
    for (my @pairs = @{ $row->{miscounted} }; my ($value, $sentence) = splice @pairs, 0, 2;) {
        $check->($value, $sentence);
    }
}

# 2. Places.
my $plain = qr/SetHandler was needs a <Location> with a plain path, since the routes begin there/;
my $handler = "SetHandler was\n";
my $in = sub {
    my ($section, $inside) = @_;
    my ($name) = $section =~ /(\w+)/;
    return "$pool\n<$section>\n$inside\n</$name>\n";
};
my $twice = $in->('Location /a', $handler) . $in->('Location /b', $handler);
my $around = "$pool<IfModule mod_was.c>\n<Location />\n$handler</Location>\n</IfModule>\n";
my $inside = $in->('Location /', "<IfModule mod_was.c>\n$handler</IfModule>");
my $in_if = "<If \"true\">\n$handler</If>";
my $small_letters = qr/the handler's name is was, in small letters/;
my @near_misses =
    qw(WAS Was mod_was MOD_WAS mod-was mod_was.c was_module was-handler was_handler was.so);
# Sections where no route could begin.
my @nowhere = (
    ['<Directory>', 'Directory "/srv"'],
    ['<DirectoryMatch>', 'DirectoryMatch "^/srv"'],
    ['<LocationMatch>', 'LocationMatch "^/was"'],
    ['<LocationMatch> of a plain path', 'LocationMatch "/was"'],
    ['<Location ~>', 'Location ~ "/was"'],
    ['<Location> with *', 'Location "/was*"'],
    ['<Location> with ?', 'Location "/wa?"'],
    ['<Location> with []', 'Location "/[wW]as"'],
    ['<Location> of a URL', 'Location "http://was.example/"'],
    ['<Files>', 'Files "was"'],
    ['<FilesMatch>', 'FilesMatch "was"'],
    ['<Proxy>', 'Proxy "*"'],
    ['<If>', 'If "true"'],
);
my @places = (
    ['SetHandler at server level', "$pool\n$handler"],
    ['SetHandler in a virtual host', $pool . "<VirtualHost *>\n$handler</VirtualHost>\n"],
    ['SetHandler in <Location />', $in->('Location "/"', $handler)],
    ['SetHandler in <Location /was>', $in->('Location /was', $handler)],
    ['SetHandler in <Location /was/>', $in->('Location "/was/"', $handler)],
    ['SetHandler in <Location /a> and <Location /b>', $twice],
    ['SetHandler in <IfModule> in <Location>', $inside],
    ['SetHandler in <Location> in <IfModule>', $around],
    ['SetHandler with quotes', $in->('Location /', 'SetHandler "was"')],
    (map { ["SetHandler in $_->[0]", $in->($_->[1], $handler), $plain] } @nowhere),
    ['SetHandler in <If> in <Location>', $in->('Location /', $in_if), $plain],
    (map { ["SetHandler $_", $in->('Location /', "SetHandler $_"), $small_letters] } @near_misses),
    ['another handler in <Directory>', $in->('Directory "/srv"', 'SetHandler server-status')],
    ['another handler in <LocationMatch>', $in->('LocationMatch "^/x"', 'SetHandler none')],
);

# Of each of our directives where it may stand, and where it has no meaning.
my @lines = (
    'WASResourceReads private', 'WASSignatureMaxAge 60', 'WASClockSkew 5', 'WASCORS off',
    'WASCORS on', 'WASCORS https://app.example', 'WASProtocol pws',
    'WASRevision 2026-09', 'WASBaseURL https://wallet.example', 'WASMaxSpacesPerController 5',
    'WASQuotaPerSpace off', 'WASQuotaPerSpace 5', 'WASContentParts off',
    'WASCell 0-7', 'WASCell off', 'WASOnboardingToken off', "WASOnboardingToken \"$token\"",
);
my @sections =
    ('Directory "/srv"', 'DirectoryMatch "^/srv"', 'Files "x"', 'FilesMatch "x"', 'Proxy "*"');
for my $line (@lines) {
    my ($directive) = $line =~ /^(\S+)/;
    my $in_if = "<If \"true\">\n$line\n</If>";
    my $in_module = "<IfModule mod_was.c>\n$line\n</IfModule>";
    push @places, (
        ["$line at server level", "$pool\n$line\n"],
        ["$line in a virtual host", $pool . "<VirtualHost *>\n$line\n</VirtualHost>\n"],
        ["$line in <LocationMatch>", $in->('LocationMatch "^/x"', $line)],
        ["$line in <If> in <Location>", $in->('Location /', $in_if)],
    );
    for my $section (@sections) {
        my ($kind) = $section =~ /^(\w+)/;
        my $sentence = qr/\Q$directive has no meaning in <$kind>\E/;
        my $belongs = qr/$sentence: it belongs into a <Location>/;
        push @places, (
            ["$line in <$section>", $in->($section, $line), $belongs],
            ["$line in <IfModule> in <$section>", $in->($section, $in_module), $sentence],
        );
    }
}
checked(@$_) for @places;

# 3. The database.
my $was = qq(<Location "/">\nSetHandler was\n</Location>\n);
my $sizes = sub {
    join '', qq(DBDriver pgsql\nDBDParams "$dsn"\n), map { "DBD$_\n" } @_;
};
my $needs = 'it needs DBDMin <= DBDKeep <= DBDMax, and DBDMax >= 1';
my $cannot = sub {
    my $sizes = sprintf 'DBDMin %d, DBDKeep %d and DBDMax %d', @_;
    return qr/mod_dbd cannot build a pool with $sizes: $needs/;
};
my $elsewhere = <<"CONF";
DBDriver pgsql
<VirtualHost a>
ServerName a
DBDriver pgsql
DBDParams "$dsn"
</VirtualHost>
$was
CONF
my $own_pool = sub { return "<VirtualHost a>\nServerName a\n$_[0]</VirtualHost>\n$was" };
my $unbuilt = $sizes->() . $own_pool->("DBDMax 1\n");
my $no_dbd = qr/SetHandler was needs mod_dbd: add LoadModule dbd_module/;
my $no_driver = qr/SetHandler was needs DBDriver pgsql/;
my $no_params = qr/SetHandler was needs DBDParams with a PostgreSQL connection string/;
for my $case (
    ['no mod_dbd', $was, $no_dbd, without => ['dbd']],
    ['no mod_dbd, with its directives', "$pool$was", $no_dbd, without => ['dbd']],
    ['no mod_dbd and no location', '', undef, without => ['dbd']],
    ['no DBDriver', qq(DBDParams "$dsn"\n$was), $no_driver],
    ['no DBD directive', $was, $no_driver],
    ['no DBD directive and no location', ''],
    ['another DBDriver', qq(DBDriver nosuch\nDBDParams x\n$was), qr/nosuch|$no_driver/],
    ['no DBDParams', "DBDriver pgsql\n$was", $no_params],
    ['DBDParams that are empty', qq(DBDriver pgsql\nDBDParams ""\n$was), qr/DBDParams $one/],
    ['DBDParams of another virtual host', $elsewhere, $no_params],
    ['the defaults of mod_dbd', $sizes->() . $was],
    ['DBDMin above DBDKeep', $sizes->('Min 3') . $was, $cannot->(3, 2, 10)],
    ['DBDKeep above DBDMax', $sizes->('Keep 11') . $was, $cannot->(1, 11, 10)],
    ['DBDMax alone below the default of DBDKeep', $sizes->('Max 1') . $was, $cannot->(1, 2, 1)],
    ['DBDMax 0', $sizes->('Min 0', 'Keep 0', 'Max 0') . $was, $cannot->(0, 0, 0)],
    ['DBDMin 0', $sizes->('Min 0', 'Keep 0', 'Max 1') . $was],
    ['all three equal', $sizes->('Min 8', 'Keep 8', 'Max 8') . $was],
    ['a size that is no number', $sizes->('Max many') . $was, qr/many|DBDMax|Argument|numeric/i],
    ['a negative size', $sizes->('Min -1') . $was, qr/./],
    ['a pool that cannot be built, without a location', $sizes->('Max 1')],
    ['a virtual host with a pool of its own', $sizes->() . $own_pool->("DBDMax 1\nDBDKeep 1\n")],
    ['a virtual host whose pool cannot be built', $unbuilt, $cannot->(1, 2, 1)],
) {
    checked(@$case);
}
{
    my ($status, $said) = WAS::Server->check(dsn => $dsn);
    is($status, 0, 'the example configuration: accepted') or diag $said;
    unlike($said, qr/\[(?:warn|\w+:warn)/, 'the example configuration: without a warning');
}

# 4. The longest resource. Where contents stand in rows, no LimitRequestBody beyond 511 MiB is kept,
# and one sentence says so.
my $MOST = 511 << 20;
my $ROWS = "WASContentParts off\n";

sub limit { return "LimitRequestBody $_[0]\n" }

for my $case (
    # name, configuration, the limit that cannot be kept and the location that would need it
    ['no limit', location('')],
    ['the highest limit', location(limit($MOST))],
    ['one byte more', location(limit($MOST + 1)), $MOST + 1, '/'],
    ["httpd's own default", location(limit(1 << 30)), 1 << 30, '/'],
    ['none by its own words', location(limit(0)), 0, '/'],
    ['a path', location(limit(0), '/wallets'), 0, '/wallets/'],
    ['the server says too much', limit(0) . location(''), 0, '/'],
    ['the server says too much, the location less', limit(0) . location(limit(5))],
    ['the server says enough, the location too much', limit(5) . location(limit(0)), 0, '/'],
    ['a location of somebody else', $pool . "<Location /x>\n" . limit(0) . "</Location>\n"],
    ['a virtual host', location('') . "<VirtualHost *>\n" . limit(0) . "</VirtualHost>\n", 0, '/'],
) {
    my ($name, $config, $limit, $path) = @$case;
    my ($status, $said) = WAS::Server->check(config => $ROWS . $config, example => 0);
    my @lines = grep { /LimitRequestBody/ } split /\n/, $said;
    my $sentence =
        defined $limit
        ? qr{:warn\].* LimitRequestBody $limit cannot be kept for "$path": .* $MOST bytes}
        : undef;
    is($status, 0, "LimitRequestBody: $name: accepted") or diag $said;
    is(scalar @lines, defined $limit ? 1 : 0, "LimitRequestBody: $name: sentences");
    like($lines[0], $sentence, "LimitRequestBody: $name: which it is") if $sentence;
}
for my $limit (1 << 40, 0) {
    for my $case (
        ['parts', location(limit($limit))],
        ['parts, by default', location(limit($limit) . "WASContentParts auto\n")],
        ['pws', location(limit($limit) . "WASProtocol pws\n" . $ROWS)],
    ) {
        my ($name, $config) = @$case;
        my ($status, $said) = WAS::Server->check(config => $config, example => 0);
        my @lines = grep { /LimitRequestBody/ } split /\n/, $said;
        my $none = qr{:warn\].* LimitRequestBody 0 for "/" bounds nothing: one request can fill};
        is(scalar @lines, $limit == 0 ? 1 : 0, "LimitRequestBody: $name: $limit is kept");
        like($lines[0], $none, "LimitRequestBody: $name: none is told of") if $limit == 0;
    }
}

# What is allowed, and hardly meant: one line each, whatever else is there.
my $pws = "WASProtocol pws\n";
my $origin_named = "WASBaseURL https://wallet.example\n";
my $unnamed = qr{WASProtocol pws for "/" without WASBaseURL takes the server's name from each};
my $unused = qr/line \d+ of .*httpd\.conf, has no effect: no <Location> has SetHandler was/;
my $directory = $in->('Location /x', "SetHandler server-status\nWASCORS off");
my $in_host = sub { return "<VirtualHost a>\nServerName a\n$_[0]</VirtualHost>\n" };
for my $case (
    # name, configuration, the warning
    ['pws without a name', location($pws), $unnamed],
    ['pws with one', location($pws . $origin_named)],
    ['pws with one that the server says', $origin_named . location($pws)],
    ['pws that the server says, without a name', $pws . location(''), $unnamed],
    ['pws in a virtual host', location('') . $in_host->($pws), $unnamed],
    ['pws and its name in a virtual host', location('') . $in_host->($pws . $origin_named)],
    ['two locations of pws', location($pws) . $in->('Location /b', $pws . $handler), $unnamed],
    ['classic without a name', location("WASProtocol classic\n")],
    ['pws where nobody serves it', $pool . $pws, qr/WASProtocol, $unused/],
    ['a directive at the server', $pool . "WASCORS on\n", qr/WASCORS, $unused/],
    ['small letters', $pool . "wasclockskew 5\n", qr/WASClockSkew, $unused/],
    ['a location of another handler', $pool . $directory, qr/WASCORS, $unused/],
    ['a virtual host', $pool . $in_host->("WASCORS on\n"), qr/WASCORS, $unused/],
    ['a virtual host, the location in another', location('') . $in_host->("WASCORS on\n")],
    ['a location in a virtual host', "WASCORS on\n$pool" . $in_host->($was)],
    ['no directive, and no location', $pool],
) {
    my ($name, $config, $sentence) = @$case;
    my ($status, $said) = WAS::Server->check(config => $config, example => 0);
    my @lines = grep { /\[was:warn\]/ } split /\n/, $said;
    is($status, 0, "$name: accepted") or diag $said;
    is(scalar @lines, defined $sentence ? 1 : 0, "$name: warnings") or diag $said;
    like($lines[0], $sentence, "$name: which it is") if defined $sentence;
}
{
    my $server = WAS::Server->start(example => 0, config => location('') . <<"CONF");
<Location "/rows">
    SetHandler was
    $ROWS</Location>
CONF
    my $client = $server->client(WAS::Key->fresh);
    my @document = (body => encode_json({ controller => $client->did }));
    is($client->put('/space/longest', @document)->status, 204, 'a space for the longest resource');
    for my $case (
        # where, announced, what is told before the body is sent, the answer when none of it comes,
        # the limit
        ['/rows', $MOST, '100', 400],
        ['/rows', $MOST + 1, '', 413, $MOST],
        ['/rows', 1 << 30, '', 413, $MOST],
        ['/rows', (1 << 30) + 1, '', 413, $MOST],
        ['', $MOST + 1, '100', 400],
        ['', 1 << 30, '100', 400],
        ['', (1 << 30) + 1, '', 413, 1 << 30],
    ) {
        my ($mount, $bytes, $interim, $status, $most) = @$case;
        my @announced = (headers => ['Content-Length' => $bytes, Expect => '100-continue']);
        my $target = "$mount/space/longest/x";
        my $name = "no limit below '$mount': $bytes bytes announced";
        my $res = $client->put($target, body => 'x', @announced, stop_after => 0);
        is($res->status, $status, "$name: $status");
        is(join(' ', $res->interim), $interim, "$name: asked for?");
        next if $status != 413;
        is(
            ($res->problem // {})->{errors}[0]{detail},
            "a body here may have at most $most bytes",
            "$name: a problem of ours");
    }
    $client->delete('/space/longest');
}

# 5. What settings do, and how sections merge: the main server says something about everything, each
# virtual host about something, a location inside it about one thing more.
my $alice = WAS::Key->fresh;
my $outer = 'merge-outer';
my $inner = 'merge-inner';
my $wallet = 'https://wallet.example';

sub make_space {
    my ($client, $uuid, @options) = @_;
    my @document =
        (body => encode_json({ controller => $alice->did }), type => 'application/json');
    my @file = (body => "of $uuid", type => 'text/plain');
    my $made = $client->put("/space/$uuid", @document, @options);
    my $put = $client->put("/space/$uuid/file", @file, @options);
    return $made->status . ' ' . $put->status;
}

my $merging = WAS::Server->start(example => 0, config => $pool . <<"CONF");
<Location "/">
    SetHandler was
    Require all granted
</Location>
WASResourceReads private
WASSignatureMaxAge 100
WASClockSkew 10
WASCORS https://main.example
<VirtualHost *>
    ServerName inherits.example
</VirtualHost>
<VirtualHost *>
    ServerName overrides.example
    WASResourceReads public
    WASSignatureMaxAge 200
    WASClockSkew 20
    WASCORS https://other.example $wallet
</VirtualHost>
<VirtualHost *>
    ServerName located.example
    WASClockSkew 25
    <Location "/">
        WASResourceReads public
        WASSignatureMaxAge 300
        WASCORS on
    </Location>
    <Location "/space/$inner">
        WASResourceReads private
        WASCORS off
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName deep.example
    <Location "/space/$inner">
        WASSignatureMaxAge 400
        WASClockSkew 40
        WASResourceReads public
        WASCORS $wallet
    </Location>
</VirtualHost>
CONF

# The status of a write whose signature has this window, counted from now.
sub put_with_window {
    my ($client, $path, $to, $from, $until) = @_;
    my $now = time;
    my %sign = (created => $now + $from, expires => $now + $until);
    return $client->put($path, body => 'x', headers => [$to->()], sign => \%sign)->status;
}

# What one request shows of one setting.
my %probes = (
    reads => sub {
        my ($client, $path, $to) = @_;
        my $status = $client->get($path, headers => [$to->()], sign => 0)->status;
        return { 200 => 'public', 401 => 'private' }->{$status} // $status;
    },
    max_age => sub {
        my ($client, $path, $to, $due) = @_;
        return join ' ', map { put_with_window($client, $path, $to, 0, $_) } $due, $due + 1;
    },
    skew => sub {
        my ($client, $path, $to, $due) = @_;
        # The clock may tick on the way.
        return join ' ',
            map { put_with_window($client, $path, $to, $_, $_ + 30) } $due, $due + 3;
    },
    cors => sub {
        my ($client, $path, $to) = @_;
        my $response = $client->get($path, headers => [$to->(), Origin => $wallet]);
        return scalar $response->header('Access-Control-Allow-Origin') // 'none';
    },
);

my $default = WAS::Client->new(base => WAS::Server::url(), key => $alice);
is(make_space($default, $_), '204 204', "a space $_ to look at") for $outer, $inner;
for my $case (
    # Host of the virtual host, space; reads, max age, skew, CORS for $wallet.
    ['', $outer, 'public', 3600, 300, '*'],
    ['inherits.example', $outer, 'private', 100, 10, 'none'],
    ['overrides.example', $outer, 'public', 200, 20, $wallet],
    ['located.example', $outer, 'public', 300, 25, '*'],
    ['located.example', $inner, 'private', 300, 25, 'none'],
    ['deep.example', $outer, 'private', 100, 10, 'none'],
    ['deep.example', $inner, 'public', 400, 40, $wallet],
) {
    my ($host, $space, $reads, $max_age, $skew, $cors) = @$case;
    my $client = $host eq '' ? $default : $merging->client($alice);
    my $to = sub { $host eq '' ? () : (Host => $host) };
    my $name = ($host || 'the defaults') . ", $space";
    my $path = "/space/$space/file";
    is($probes{reads}->($client, $path, $to), $reads, "$name: WASResourceReads");
    is($probes{max_age}->($client, $path, $to, $max_age), '204 401', "$name: WASSignatureMaxAge");
    is($probes{skew}->($client, $path, $to, $skew), '204 401', "$name: WASClockSkew");
    is($probes{cors}->($client, $path, $to), $cors, "$name: WASCORS");
}

# The same for what is spoken and under which name: pws links to its service document, classic does
# not.
my $named = WAS::Server->start(example => 0, config => $pool . <<"CONF");
<Location "/">
    SetHandler was
    Require all granted
</Location>
WASProtocol pws
WASBaseURL https://main.example
<VirtualHost *>
    ServerName inherits.example
</VirtualHost>
<VirtualHost *>
    ServerName renames.example
    WASBaseURL http://renamed.example:8080
    <Location "/classic">
        SetHandler was
        WASProtocol classic
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName classic.example
    WASProtocol classic
    <Location "/pws">
        SetHandler was
        WASProtocol pws
        WASBaseURL https://pws.example
    </Location>
</VirtualHost>
CONF
for my $case (
    # Host, location; what it speaks, by the URL that it links to.
    ['inherits.example', '', 'https://main.example'],
    ['renames.example', '', 'http://renamed.example:8080'],
    ['renames.example', '/classic', undef],
    ['classic.example', '', undef],
    ['classic.example', '/pws', 'https://pws.example'],
) {
    my ($host, $at, $url) = @$case;
    my $response = $named->client->get("$at/", headers => [Host => $host]);
    is($response->status, 200, "$host$at/: WASProtocol: it answers");
    my $link = defined $url ? qq(<$url$at/service>; rel="service") : undef;
    is(scalar $response->header('Link'), $link, "$host$at/: WASProtocol and WASBaseURL");
}

# The same for the revision of pws, by what is not there for the path alone in the later one.
my $revised = WAS::Server->start(example => 0, config => $pool . <<"CONF");
<Location "/">
    SetHandler was
    Require all granted
</Location>
WASProtocol pws
<VirtualHost *>
    ServerName default.example
</VirtualHost>
<VirtualHost *>
    ServerName older.example
    WASRevision 2026-09
    <Location "/newer">
        SetHandler was
        WASRevision 2026-10
    </Location>
    <Location "/same">
        SetHandler was
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName newer.example
    WASRevision 2026-10
    <Location "/older">
        SetHandler was
        WASRevision 2026-09
    </Location>
</VirtualHost>
CONF
for my $case (
    # Host, location; what an unsigned write of a reserved name gets.
    ['default.example', '', 404],
    ['older.example', '', 401],
    ['older.example', '/newer', 404],
    ['older.example', '/same', 401],
    ['newer.example', '', 404],
    ['newer.example', '/older', 401],
) {
    my ($host, $at, $status) = @$case;
    my @options = (sign => 0, body => '{}', headers => [Host => $host]);
    my $res = $revised->client->put("$at/space/s/export/meta", @options);
    is($res->status, $status, "$host$at/: WASRevision");
}

# And for who may make spaces.
my $onboarding = WAS::Server->start(example => 0, config => $pool . <<"CONF");
WASProtocol pws
WASOnboardingToken "$token"
<Location "/">
    SetHandler was
    Require all granted
</Location>
<VirtualHost *>
    ServerName default.example
    <Location "/off">
        SetHandler was
        WASOnboardingToken off
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName off.example
    WASOnboardingToken off
    <Location "/on">
        SetHandler was
        WASOnboardingToken "$token"
    </Location>
</VirtualHost>
CONF
for my $case (
    # Host, location; what somebody gets who shows the token, without a body.
    ['default.example', '', 'invalid-request-body'],
    ['default.example', '/off', 'invalid-authorization-header'],
    ['off.example', '', 'invalid-authorization-header'],
    ['off.example', '/on', 'invalid-request-body'],
) {
    my ($host, $at, $type) = @$case;
    my @shown = (Authorization => 'Bearer ' . 'onboarding-' x 3);
    my $res =
        $onboarding->client->post("$at/spaces/", sign => 0, headers => [Host => $host, @shown]);
    is($res->problem->{type}, "https://w3id.org/pws#$type", "$host$at/: WASOnboardingToken");
}

# 6. Handlers inside and beside ours.
my $files = "$ENV{WAS_RUN}/private/10-files-$$";
make_path(map { "$files/$_" } qw(static plain named space/x));
spew("$files/static/page.txt", "a page\n");
spew("$files/plain/.htaccess", "SetHandler was\n");
spew("$files/plain/page.txt", "a page\n");
spew("$files/$_/page.was", "a page\n") for qw(named space/x);
my $nested = WAS::Server->start(example => 0, config => $pool . <<"CONF");
Alias "/static" "$files/static"
Alias "/plain" "$files/plain"
Alias "/named" "$files/named"
<Directory "$files">
    Require all granted
    AllowOverride All
    Options Indexes
</Directory>
<Directory "$files/named">
    AddHandler was .was
</Directory>
<Location "/">
    SetHandler was
    Require all granted
</Location>
<Location "/static">
    SetHandler none
</Location>
<Location "/status">
    SetHandler server-status
</Location>
<Location "/space/$inner">
    Require all denied
</Location>
<VirtualHost *>
    ServerName main.example
</VirtualHost>
<VirtualHost *>
    ServerName mounts.example
    <Location "/">
        SetHandler none
    </Location>
    <Location "/a">
        SetHandler was
    </Location>
    <Location "/b/">
        SetHandler was
    </Location>
    <Location "/b/static">
        SetHandler none
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName inherits.example
</VirtualHost>
CONF
my $client = $nested->client($alice);
my ($health, $page, $html) = (qr/"ok"/, qr/\Aa page\n\z/, qr/<html>/);
my $ours = qr/problem|not-found/;
my $given_back = 'SetHandler none in a nested location gives the path back to httpd';
my $of_every_host = 'a location of the main server is one of every virtual host';
my ($main, $mounts, $inherits) = ('', 'mounts.example', 'inherits.example');
my $spaces_at = sub { return qr{"spaces": ?"$_[0]/spaces/"} };
for my $case (
    # host, path, status, body, rule
    [$main, '/health', 200, $health, 'the outer location serves'],
    [$main, '/static/page.txt', 200, $page, $given_back],
    [$main, '/static/../health', 400, qr/bad-request|<title>400/, 'dot segments lead nowhere'],
    [$main, '/status?auto', 200, qr/^ServerVersion: /m, 'another handler in a nested location'],
    [$main, "/space/$inner/file", 403, qr/Forbidden/, q(httpd's own access rules hold inside)],
    [$main, "/space/$outer/file", 200, qr/./, 'and only where they stand'],
    [$main, '/', 200, $spaces_at->(''), 'the root names the paths'],
    [$mounts, '/a/health', 200, $health, 'two locations: the first'],
    [$mounts, '/b/health', 200, $health, 'two locations: the second'],
    [$mounts, '/a/', 200, $spaces_at->('/a'), 'the root below /a names the paths'],
    [$mounts, '/b/', 200, $spaces_at->('/b'), 'the root below /b names the paths'],
    [$mounts, "/a/space/$outer/file", 200, qr/./, 'the same spaces below /a'],
    [$mounts, "/b/space/$outer/file", 200, qr/./, 'as below /b'],
    [$mounts, '/health', 404, $html, 'nothing of ours beside them'],
    [$mounts, '/ahealth', 404, $html, 'nor at a path that only begins alike'],
    [$mounts, '/a/static/page.txt', 404, $ours, 'a nested location of /b is none of /a'],
    [$mounts, '/b/static/page.txt', 404, $html, 'but one of /b'],
    [$inherits, '/health', 200, $health, $of_every_host],
    [$inherits, '/static/page.txt', 200, $page, 'and so is what is nested in it'],
) {
    my ($host, $path, $status, $body, $name) = @$case;
    my $response = $client->get($path, sign => 0, headers => [$host ? (Host => $host) : ()]);
    is($response->status, $status, "$name: status") or diag $response->body;
    like($response->body, $body, "$name: body");
}
my @mounted = (Host => 'mounts.example');
my $beside_them = make_space($client, 'merge-below-a', headers => [@mounted]);
is($beside_them, '405 405', 'beside a location nothing is written');
{
    my @document = (
        body => encode_json({ controller => $alice->did }),
        headers => [@mounted, 'Content-Type' => 'application/json'],
    );
    my $put = $client->put('/a/space/merge-below-a', @document);
    is($put->status, 204, 'a signature covers the path with its location');
    my $post = $client->post('/a/spaces/', headers => [@mounted], body => '');
    is($post->status, 201, 'a space is made below a location');
    my $place = qr{\A(?:http://[^/]+)?/a/space/[-0-9a-f]{36}\z};
    like(scalar $post->header('Location'), $place, 'and its place begins there');
}

# Ways to name a handler that say nothing of where routes begin.
my $beside = WAS::Server->start(example => 0, config => <<"CONF");
DocumentRoot "$files"
<Directory "$files">
    Require all granted
    AllowOverride All
</Directory>
AddHandler was .was
<Directory "$files/static">
    SetHandler "expr=was"
</Directory>
<VirtualHost *>
    ServerName main.example
</VirtualHost>
<VirtualHost *>
    ServerName level.example
    $pool
    SetHandler was
</VirtualHost>
CONF
for my $case (
    ['/named/page.was', qr/\A(?:200|404|500)\z/, 'AddHandler was'],
    ['/space/x/page.was', qr/\A(?:200|404|500)\z/, 'AddHandler was, below a path like ours'],
    ['/static/page.txt', qr/\A(?:200|404|500)\z/, 'SetHandler with an expression'],
    ['/plain/page.txt', qr/\A500\z/, 'SetHandler was in .htaccess'],
) {
    my ($path, $status, $name) = @$case;
    my $response = $beside->client->get($path);
    like($response->status, $status, "$name: an answer") or diag $beside->log;
    unlike($response->body, qr/"status"|spec#/, "$name: not ours");
}
my $level = $beside->client->get('/health', headers => [Host => 'level.example']);
is($level->status, 200, 'SetHandler was for a whole virtual host');
my $needs_location = qr{plain/\.htaccess: SetHandler was needs a <Location> with a plain path};
like($beside->log, $needs_location, 'SetHandler was in .htaccess: a sentence in the log');
spew("$files/plain/.htaccess", "WASCORS on\n");
is($beside->client->get('/plain/page.txt')->status, 500, 'WASCORS in .htaccess: refused');
my $not_here = qr{plain/\.htaccess: WASCORS not allowed here};
like($beside->log, $not_here, 'WASCORS in .htaccess: a sentence in the log');
unlike($beside->log, qr/exit signal/, 'no child crashed');

# 7. Databases.
my %base = map { $_ => WAS::Server::create_database() } qw(one two three);
my %dsn = map { $_ => WAS::Server::cluster()->dsn($base{$_}) } keys %base;
my $socket = WAS::Server::cluster()->socket_directory;
$socket =~ s{([^A-Za-z0-9._-])}{sprintf '%%%02X', ord $1}ge;
my $uri = "postgresql://was\@/$base{two}?host=$socket&connect_timeout=5";
my $apart = WAS::Server->start(dsn => $dsn{one}, config => <<"CONF");
<VirtualHost *>
    ServerName one.example
</VirtualHost>
<VirtualHost *>
    ServerName two.example
    DBDriver pgsql
    DBDParams "$uri"
    DBDMin 1
    DBDKeep 1
    DBDMax 1
</VirtualHost>
<VirtualHost *>
    ServerName three.example
    DBDriver pgsql
    DBDParams "$dsn{three}"
    DBDPersist Off
</VirtualHost>
CONF
$client = $apart->client($alice);
for my $case (['one', 'keywords'], ['two', 'a URI'], ['three', 'DBDPersist Off']) {
    my ($name, $how) = @$case;
    my @to = (headers => [Host => "$name.example"]);
    is(make_space($client, "only-$name", @to), '204 204', "$how: a space and a resource are made");
    is($client->get("/space/only-$name/file", @to)->body, "of only-$name", "$how: and read");
    my $big = 'x' x (3 << 20);
    my $put = $client->put("/space/only-$name/big", body => $big, @to);
    is($put->status, 204, "$how: a big resource");
    ok($client->get("/space/only-$name/big", @to)->body eq $big, "$how: and read");
}
for my $name (qw(one two three)) {
    my $list = $client->get('/spaces/', headers => [Host => "$name.example"])->json;
    my @ids = map { $_->{id} } @{ $list // [] };
    is_deeply(\@ids, ["urn:uuid:only-$name"], "$name.example: has its own spaces");
    my $SELECT = 'SELECT space_uuid FROM was_spaces';
    my $rows = WAS::Server::dbh($base{$name})->selectcol_arrayref($SELECT);
    is_deeply($rows, ["only-$name"], "$name.example: in its own database");
}
my $COUNT = 'SELECT count(*) FROM pg_stat_activity WHERE datname = ?';
my $open = sub { WAS::Server::dbh()->selectrow_array($COUNT, undef, $base{three}) };
# A child looks now and then for what is to be swept, and a backend takes its time to end.
ok(eventually(10, sub { !$open->() }), 'DBDPersist Off leaves no connection behind');
unlike($apart->log, qr/:(?:error|crit|alert|emerg)\]/, 'several databases: nothing at ERR');

# A connection string that libpq cannot read may hold a password.
for my $case (
    ['an undefined variable', '${WAS_NO_SUCH_VARIABLE}'],
    ['a URI with a bad escape', 'postgresql://was:SECRETBYTES%@/was'],
    ['a URI with an unknown parameter', 'postgresql://was:SECRETBYTES@/was?nosuch=1'],
    ['keywords without =', 'host=/tmp SECRETBYTES'],
    ['an open quote', "host=/tmp password='SECRETBYTES"],
    ['an unknown keyword', 'host=/tmp nosuch=SECRETBYTES'],
) {
    my ($name, $params) = @$case;
    my $config = "DBDriver pgsql\nDBDParams \"$params\"\n$was";
    checked("DBDParams with $name", $config, qr/DBDParams is no connection string/);
    my (undef, $said) = WAS::Server->check(config => $config, example => 0);
    unlike($said, qr/SECRETBYTES/, "DBDParams with $name: not repeated");
}

done_testing;
