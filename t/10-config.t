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
    return qq($pool\n<Location "$path">\nSetHandler was\nRequire all granted\n$inside\n</Location>\n);
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

# 1. Values.
my $seconds_from = sub { qr/$_[0] takes whole seconds from $_[1] to 31622400, not '/ };
my $origins = qr/WASCORS takes on, off, or origins such as https:\S+ \(lower case, no path, no default port\), not '/;
my $origin_only = qr/WASBaseURL takes an origin such as https:\S+ \(lower case, no path, no default port\), not '/;
my @values = (
    ['WASProtocol', [qw(classic pws Classic PWS)],
        [map { [$_ => qr/WASProtocol takes classic or pws, not '/] } qw(was http classi classicx pws2 on), 'classic,pws', '"classic "', '" pws"'],
        [['' => qr/WASProtocol takes one argument/], ['""' => qr/takes one argument/], ['classic pws' => qr/takes one argument/]]],
    ['WASBaseURL', ['https://wallet.example', 'http://wallet.example', 'https://wallet.example:8443', 'http://localhost:5173',
            'http://127.0.0.1:3000', 'https://[::1]:8443', 'https://xn--wllet-ira.example'],
        [map { [$_ => $origin_only] } 'wallet.example', '//wallet.example', 'https:wallet.example', 'https://', 'https:///', 'on', '*', 'null',
            'https://Wallet.example', 'HTTPS://wallet.example', 'https://wallet.example/', 'https://wallet.example/was',
            'https://wallet.example?x', '"https://wallet.example#x"', 'https://me@wallet.example', 'https://me:pw@wallet.example',
            'https://wallet.example:443', 'http://wallet.example:80', 'https://wallet.example:', 'https://wallet.example:x',
            'https://wallet.example:0', 'https://wallet.example:65536', 'https://wallet.example:-1', 'https://*.example',
            'ftp://wallet.example', 'wss://wallet.example', 'file:///srv', 'chrome-extension://abcdefghijklmnop',
            '"https://wallet.example "', '" https://wallet.example"', 'https://a.example,https://b.example', 'https://[::1', 'https://::1',
            '${NO_SUCH_VARIABLE}', 'http://wállet.example'],
        [['' => qr/WASBaseURL takes one argument/], ['""' => qr/takes one argument/], ['https://a.example https://b.example' => qr/takes one argument/]]],
    ['WASResourceReads', [qw(public private Public PRIVATE)],
        [map { [$_ => qr/WASResourceReads takes public or private, not '/] } qw(open off publi publicx)],
        [['' => qr/WASResourceReads takes one argument/], ['""' => qr/takes one argument/], ['public private' => qr/takes one argument/]]],
    ['WASSignatureMaxAge', [qw(1 60 3600 31622400 007)],
        [map { [$_ => $seconds_from->('WASSignatureMaxAge', 1)] }
            '"60 "', '" 60"', qw(0 -1 +1 1.5 60s 0x10 31622401 18446744073709551617 one)],
        [['' => qr/WASSignatureMaxAge takes one argument/], ['1 2' => qr/takes one argument/]]],
    ['WASClockSkew', [qw(0 5 300 31622400)],
        [map { [$_ => $seconds_from->('WASClockSkew', 0)] } qw(-1 +1 1.5 5m 31622401 99999999999999999999)],
        [['' => qr/WASClockSkew takes one argument/]]],
    ['WASCORS', ['on', 'off', 'On', 'OFF', 'https://wallet.example', 'http://localhost:5173',
            'https://a.example https://b.example:8443 http://127.0.0.1:3000', 'https://[::1]:8443',
            'chrome-extension://abcdefghijklmnop'],
        [map { [$_ => $origins] } '*', 'null', 'wallet.example', 'https://', 'https://Wallet.example',
            'HTTPS://wallet.example', 'https://wallet.example/', 'https://wallet.example/app',
            'https://wallet.example:443', 'http://wallet.example:80', 'https://wallet.example?x',
            'https://wallet.example#x', 'https://me@wallet.example', 'https://wallet.example:',
            'https://wallet.example:x', 'https://wallet.example:99999', '"https://wallet.example "',
            '"https://a.example https://b.example"', 'https://*.example', 'on off',
            'off https://wallet.example', 'https://wallet.example on'],
        [['' => qr/WASCORS needs a value/], ['""' => qr/WASCORS needs a value/]]],
);
for my $row (@values) {
    my ($directive, $valid, $invalid, $miscounted) = @$row;
    checked("$directive $_", location("$directive $_")) for @$valid;
    checked("$directive $_->[0]", location("$directive $_->[0]"), $_->[1]) for @$invalid, @$miscounted;
}

# 2. Places.
my $plain = qr/SetHandler was needs a <Location> with a plain path, since the routes begin there/;
my $handler = "SetHandler was\n";
my $in = sub { my ($section, $inside) = @_; my ($name) = $section =~ /(\w+)/; "$pool\n<$section>\n$inside\n</$name>\n" };
my @places = (
    ['SetHandler at server level', "$pool\n$handler"],
    ['SetHandler in a virtual host', $pool . "<VirtualHost *>\n$handler</VirtualHost>\n"],
    ['SetHandler in <Location />', $in->('Location "/"', $handler)],
    ['SetHandler in <Location /was>', $in->('Location /was', $handler)],
    ['SetHandler in <Location /was/>', $in->('Location "/was/"', $handler)],
    ['SetHandler in <Location /a> and <Location /b>', $in->('Location /a', $handler) . $in->('Location /b', $handler)],
    ['SetHandler in <IfModule> in <Location>', $in->('Location /', "<IfModule mod_was.c>\n$handler</IfModule>")],
    ['SetHandler in <Location> in <IfModule>', "$pool<IfModule mod_was.c>\n<Location />\n$handler</Location>\n</IfModule>\n"],
    ['SetHandler with quotes', $in->('Location /', 'SetHandler "was"')],
    ['SetHandler in <Directory>', $in->('Directory "/srv"', $handler), $plain],
    ['SetHandler in <DirectoryMatch>', $in->('DirectoryMatch "^/srv"', $handler), $plain],
    ['SetHandler in <LocationMatch>', $in->('LocationMatch "^/was"', $handler), $plain],
    ['SetHandler in <LocationMatch> of a plain path', $in->('LocationMatch "/was"', $handler), $plain],
    ['SetHandler in <Location ~>', $in->('Location ~ "/was"', $handler), $plain],
    ['SetHandler in <Location> with *', $in->('Location "/was*"', $handler), $plain],
    ['SetHandler in <Location> with ?', $in->('Location "/wa?"', $handler), $plain],
    ['SetHandler in <Location> with []', $in->('Location "/[wW]as"', $handler), $plain],
    ['SetHandler in <Location> of a URL', $in->('Location "http://was.example/"', $handler), $plain],
    ['SetHandler in <Files>', $in->('Files "was"', $handler), $plain],
    ['SetHandler in <FilesMatch>', $in->('FilesMatch "was"', $handler), $plain],
    ['SetHandler in <Proxy>', $in->('Proxy "*"', $handler), $plain],
    ['SetHandler in <If>', $in->('If "true"', $handler), $plain],
    ['SetHandler in <If> in <Location>', $in->('Location /', "<If \"true\">\n$handler</If>"), $plain],
    ['SetHandler in capitals', $in->('Location /', "SetHandler WAS\n"), qr/the handler's name is was, in small letters/],
    ['another handler in <Directory>', $in->('Directory "/srv"', 'SetHandler server-status')],
    ['another handler in <LocationMatch>', $in->('LocationMatch "^/x"', 'SetHandler none')],
    map {
        my $line = $_;
        (["$line at server level", "$pool\n$line\n"],
        ["$line in a virtual host", $pool . "<VirtualHost *>\n$line\n</VirtualHost>\n"],
        ["$line in <LocationMatch>", $in->('LocationMatch "^/x"', $line)],
        ["$line in <If> in <Location>", $in->('Location /', "<If \"true\">\n$line\n</If>")],
        map {
            my $name = ($line =~ /^(\S+)/)[0] . ' has no meaning in <' . (/^(\w+)/)[0] . '>';
            (["$line in <$_>", $in->($_, $line), qr/\Q$name\E: it belongs into a <Location>/],
            ["$line in <IfModule> in <$_>", $in->($_, "<IfModule mod_was.c>\n$line\n</IfModule>"), qr/\Q$name\E/])
        } 'Directory "/srv"', 'DirectoryMatch "^/srv"', 'Files "x"', 'FilesMatch "x"', 'Proxy "*"')
    } 'WASResourceReads private', 'WASSignatureMaxAge 60', 'WASClockSkew 5', 'WASCORS off', 'WASCORS on', 'WASCORS https://app.example',
        'WASProtocol pws', 'WASBaseURL https://wallet.example', 'WASMaxSpacesPerController 5', 'WASQuotaPerSpace off', 'WASQuotaPerSpace 5',
);
checked(@$_) for @places;

# 3. The database.
my $was = qq(<Location "/">\nSetHandler was\n</Location>\n);
my $sizes = sub { join '', qq(DBDriver pgsql\nDBDParams "$dsn"\n), map { "DBD$_\n" } @_ };
my $cannot = sub {
    qr/mod_dbd cannot build a pool with DBDMin $_[0], DBDKeep $_[1] and DBDMax $_[2]: it needs DBDMin <= DBDKeep <= DBDMax, and DBDMax >= 1/;
};
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
    ['another DBDriver', qq(DBDriver nosuch\nDBDParams x\n$was), qr/nosuch|SetHandler was needs DBDriver pgsql/],
    ['no DBDParams', "DBDriver pgsql\n$was", $no_params],
    ['DBDParams that are empty', qq(DBDriver pgsql\nDBDParams ""\n$was), qr/DBDParams takes one argument/],
    ['DBDParams of another virtual host', qq(DBDriver pgsql\n<VirtualHost a>\nServerName a\nDBDriver pgsql\nDBDParams "$dsn"\n</VirtualHost>\n$was), $no_params],
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
    ['a virtual host with a pool of its own', $sizes->() . "<VirtualHost a>\nServerName a\nDBDMax 1\nDBDKeep 1\n</VirtualHost>\n$was"],
    ['a virtual host whose pool cannot be built', $sizes->() . "<VirtualHost a>\nServerName a\nDBDMax 1\n</VirtualHost>\n$was", $cannot->(1, 2, 1)],
) {
    checked(@$case);
}
{
    my ($status, $said) = WAS::Server->check(dsn => $dsn);
    is($status, 0, 'the example configuration: accepted') or diag $said;
    unlike($said, qr/\[(?:warn|\w+:warn)/, 'the example configuration: without a warning');
}

# 4. What settings do, and how sections merge: the main server says something about everything, each
# virtual host about something, a location inside it about one thing more.
my $alice = WAS::Key->fresh;
my $outer = 'merge-outer';
my $inner = 'merge-inner';
my $origin = 'https://wallet.example';

sub spew {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    return;
}

sub make_space {
    my ($client, $uuid, @options) = @_;
    my $made = $client->put("/space/$uuid", body => encode_json({ controller => $alice->did }), type => 'application/json', @options);
    my $put = $client->put("/space/$uuid/file", body => "of $uuid", type => 'text/plain', @options);
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
    WASCORS https://other.example $origin
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
        WASCORS $origin
    </Location>
</VirtualHost>
CONF

# What one request shows of one setting.
my %probes = (
    reads => sub {
        my ($client, $path, $to) = @_;
        my $status = $client->get($path, headers => [$to->()], sign => 0)->status;
        return { 200 => 'public', 401 => 'private' }->{$status} // $status;
    },
    max_age => sub {
        my ($client, $path, $to, $expected) = @_;
        return join ' ', map {
            my $now = time;
            $client->put($path, body => 'x', headers => [$to->()], sign => { created => $now, expires => $now + $_ })->status;
        } $expected, $expected + 1;
    },
    skew => sub {
        my ($client, $path, $to, $expected) = @_;
        # The clock may tick on the way.
        return join ' ', map {
            my $created = time + $_;
            $client->put($path, body => 'x', headers => [$to->()], sign => { created => $created, expires => $created + 30 })->status;
        } $expected, $expected + 3;
    },
    cors => sub {
        my ($client, $path, $to) = @_;
        return scalar $client->get($path, headers => [$to->(), Origin => $origin])->header('Access-Control-Allow-Origin') // 'none';
    },
);

my $default = WAS::Client->new(base => WAS::Server::url(), key => $alice);
is(make_space($default, $_), '204 204', "a space $_ to look at") for $outer, $inner;
for my $case (
    # Host of the virtual host, space; reads, max age, skew, CORS for $origin.
    ['', $outer, 'public', 3600, 300, '*'],
    ['inherits.example', $outer, 'private', 100, 10, 'none'],
    ['overrides.example', $outer, 'public', 200, 20, $origin],
    ['located.example', $outer, 'public', 300, 25, '*'],
    ['located.example', $inner, 'private', 300, 25, 'none'],
    ['deep.example', $outer, 'private', 100, 10, 'none'],
    ['deep.example', $inner, 'public', 400, 40, $origin],
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
    is(scalar $response->header('Link'), defined $url ? "<$url$at/service>; rel=\"service\"" : undef, "$host$at/: WASProtocol and WASBaseURL");
}

# 5. Handlers inside and beside ours.
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
for my $case (
    ['', '/health', 200, qr/"ok"/, 'the outer location serves'],
    ['', '/static/page.txt', 200, qr/\Aa page\n\z/, 'SetHandler none in a nested location gives the path back to httpd'],
    ['', '/static/../health', 400, qr/bad-request|<title>400/, 'dot segments lead nowhere'],
    ['', '/status?auto', 200, qr/^ServerVersion: /m, 'another handler in a nested location'],
    ['', "/space/$inner/file", 403, qr/Forbidden/, "httpd's own access rules hold inside"],
    ['', "/space/$outer/file", 200, qr/./, "and only where they stand"],
    ['', '/', 200, qr{"spaces": ?"/spaces/"}, 'the root names the paths'],
    ['mounts.example', '/a/health', 200, qr/"ok"/, 'two locations: the first'],
    ['mounts.example', '/b/health', 200, qr/"ok"/, 'two locations: the second'],
    ['mounts.example', '/a/', 200, qr{"spaces": ?"/a/spaces/"}, 'the root below /a names the paths'],
    ['mounts.example', '/b/', 200, qr{"spaces": ?"/b/spaces/"}, 'the root below /b/ names the paths'],
    ['mounts.example', "/a/space/$outer/file", 200, qr/./, 'the same spaces below /a'],
    ['mounts.example', "/b/space/$outer/file", 200, qr/./, 'as below /b'],
    ['mounts.example', '/health', 404, qr/<html>/, 'nothing of ours beside them'],
    ['mounts.example', '/ahealth', 404, qr/<html>/, 'nor at a path that only begins alike'],
    ['mounts.example', '/a/static/page.txt', 404, qr/problem|not-found/, 'a nested location of /b is none of /a'],
    ['mounts.example', '/b/static/page.txt', 404, qr/<html>/, 'but one of /b'],
    ['inherits.example', '/health', 200, qr/"ok"/, "a location of the main server is one of every virtual host"],
    ['inherits.example', '/static/page.txt', 200, qr/\Aa page\n\z/, 'and so is what is nested in it'],
) {
    my ($host, $path, $status, $body, $name) = @$case;
    my $response = $client->get($path, sign => 0, headers => [$host ? (Host => $host) : ()]);
    is($response->status, $status, "$name: status") or diag $response->body;
    like($response->body, $body, "$name: body");
}
is(make_space($client, 'merge-below-a', headers => [Host => 'mounts.example']), '405 405', 'beside a location nothing is written');
{
    my $put = $client->put('/a/space/merge-below-a', body => encode_json({ controller => $alice->did }),
        headers => [Host => 'mounts.example', 'Content-Type' => 'application/json']);
    is($put->status, 204, 'a signature covers the path with its location');
    my $post = $client->post('/a/spaces/', headers => [Host => 'mounts.example'], body => '');
    is($post->status, 201, 'a space is made below a location');
    like(scalar $post->header('Location'), qr{\A(?:http://[^/]+)?/a/space/[-0-9a-f]{36}\z}, 'and its place begins there');
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
is($beside->client->get('/health', headers => [Host => 'level.example'])->status, 200, 'SetHandler was for a whole virtual host');
like($beside->log, qr{plain/\.htaccess: SetHandler was needs a <Location> with a plain path}, 'SetHandler was in .htaccess: a sentence in the log');
spew("$files/plain/.htaccess", "WASCORS on\n");
is($beside->client->get('/plain/page.txt')->status, 500, 'WASCORS in .htaccess: refused');
like($beside->log, qr{plain/\.htaccess: WASCORS not allowed here}, 'WASCORS in .htaccess: a sentence in the log');
unlike($beside->log, qr/exit signal/, 'no child crashed');

# 6. Databases.
my %base = map { $_ => WAS::Server::create_database() } qw(one two three);
my %dsn = map { $_ => WAS::Server::cluster()->dsn($base{$_}) } keys %base;
my $socket = WAS::Server::cluster()->socket_directory =~ s{([^A-Za-z0-9._-])}{sprintf '%%%02X', ord $1}ger;
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
    is($client->put("/space/only-$name/big", body => $big, @to)->status, 204, "$how: a big resource");
    ok($client->get("/space/only-$name/big", @to)->body eq $big, "$how: and read");
}
for my $name (qw(one two three)) {
    my $list = $client->get('/spaces/', headers => [Host => "$name.example"])->json;
    is_deeply([map { $_->{id} } @{ $list // [] }], ["urn:uuid:only-$name"], "$name.example: has its own spaces");
    my $rows = WAS::Server::dbh($base{$name})->selectcol_arrayref('SELECT space_uuid FROM was_spaces');
    is_deeply($rows, ["only-$name"], "$name.example: in its own database");
}
my $open = WAS::Server::dbh()->selectrow_array('SELECT count(*) FROM pg_stat_activity WHERE datname = ?', undef, $base{three});
is($open, 0, 'DBDPersist Off leaves no connection behind');
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
    checked("DBDParams with $name", "DBDriver pgsql\nDBDParams \"$params\"\n$was", qr/DBDParams is no connection string/);
    my (undef, $said) = WAS::Server->check(config => "DBDriver pgsql\nDBDParams \"$params\"\n$was", example => 0);
    unlike($said, qr/SECRETBYTES/, "DBDParams with $name: not repeated");
}

done_testing;
