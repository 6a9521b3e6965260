# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The site files as they are shipped, beside another site with mod_status and a directory of ACME:
# who serves what, and that httpd starts and says the truth whatever of it is switched off.

use strict;
use warnings;

use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;

my $TLS = "$ENV{WAS_RUN}/t/conf/tls";
my $ACME = '/.well-known/acme-challenge';

my $directory = "$ENV{WAS_RUN}/private/14-sites-$$";
make_path("$directory/html$ACME");
spew("$directory/html/index.html", "the other site\n");
spew("$directory/html$ACME/token", "what was asked for\n");

sub spew {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    return;
}

sub shipped {
    my ($name) = @_;
    return WAS::Server::slurp("$ENV{WAS_TOP}/conf/$name");
}

# A site file, with the ports, paths and the certificate of a test instead of Debian's.
sub site {
    my ($name, $plain, $tls) = @_;
    my $text = shipped("sites-available/$name.conf.in");
    my %instead = (
        '*:80>' => "*:$plain>",
        '*:443>' => "*:$tls>",
        '@pkgdatadir@' => "$ENV{WAS_TOP}/conf",
        '"/var/www/html/' => qq("$directory/html/),
        '/etc/ssl/certs/ssl-cert-snakeoil.pem' => "$TLS/cert.pem",
        '/etc/ssl/private/ssl-cert-snakeoil.key' => "$TLS/key.pem",
    );
    for my $from (sort keys %instead) {
        $text =~ s/\Q$from\E/$instead{$from}/g or die "$name has no $from";
    }
    return $text;
}

# The whole of it: mods-available as a2enmod includes it, a site as Debian's default one is, ours.
# Yields the server, and the two origins.
sub start {
    my (%case) = @_;
    my ($plain, $tls) = map { WAS::Server::free_port() } 1, 2;
    my %off = map { $_ => 1 } @{ $case{without} };
    my $module = $off{was} ? '' : shipped('mods-available/was.conf');
    my $sites = join '', map { site($_, $plain, $tls) } @{ $case{sites} };
    my $listen = $off{ssl} ? '' : "Listen 127.0.0.1:$tls";
    my $server = WAS::Server->configure(
        example => 0, without => $case{without},
        dsn => 'host=127.0.0.1 port=1', config => <<"CONF");
Define APACHE_LOG_DIR "$directory"
LogFormat "%h \\"%u\\" %t \\"%r\\" %>s %O" combined
Listen 127.0.0.1:$plain
$listen
<IfModule mod_ssl.c>
    SSLSessionCache "shmcb:$directory/ssl_cache(65536)"
</IfModule>
<Directory "$directory/html">
    Require all granted
</Directory>
<IfModule mod_status.c>
    <Location "/server-status">
        SetHandler server-status
    </Location>
</IfModule>
$module
<VirtualHost *:$plain>
    DocumentRoot "$directory/html"
</VirtualHost>
$sites
CONF
    # The file of the operator's that mods-available/was.conf looks for, beside httpd.conf here.
    my $dsn = WAS::Server::cluster()->dsn('was');
    spew("$server->{directory}/was-database.conf", qq(Define WAS_STORAGE_DSN "$dsn"\n));
    $server->launch;
    $server->wait_until_ready;
    return ($server, "http://127.0.0.1:$plain", "https://127.0.0.1:$tls");
}

my $alice = WAS::Key->from_seed("\x41" x 32);

# What a site answers: over TLS to who reads its health and its directory of ACME, in plain text to
# who reads the latter, the root and a signed list of spaces. 0 is a port where nobody listens.
sub answers_of {
    my ($name, $plain, $tls) = @_;
    my @host = (Host => $name);
    my @asked = (
        [$tls, '/health'], [$tls, "$ACME/token"], [$plain, "$ACME/token"], [$plain, '/'],
        [$plain, '/spaces/']);
    return map {
        my ($base, $path) = @$_;
        my $client = WAS::Client->new(base => $base, key => $alice, verify => 0);
        my $answer = eval { $client->get($path, sign => $path eq '/spaces/', headers => [@host]) };
        $answer ? $answer->status : 0
    } @asked;
}

my @NAMES = ('wallet.example', 'spaces.example');
my %SITE_OF = ('wallet.example' => 'was', 'spaces.example' => 'was-pws');
my $BOTH = [qw(was was-pws)];
my $SERVES = '200 200 200 301 403';
my $LATER = '503 200 200 301 403';
my $NO_TLS = '0 0 200 301 403';

for my $case (
    # What is switched off; modules, sites that are enabled, what these answer.
    ['nothing', [], $BOTH, $SERVES],
    ['the module', ['was'], $BOTH, $LATER],
    ['mod_dbd', ['dbd'], $BOTH, $LATER],
    ['both modules', [qw(was dbd)], $BOTH, $LATER],
    ['TLS', ['ssl'], $BOTH, $NO_TLS],
    ['TLS and the module', [qw(ssl was)], $BOTH, $NO_TLS],
    ['HTTP/2', ['http2'], $BOTH, $SERVES],
    ['mod_alias', ['alias'], $BOTH, '200 404 403 403 403'],
    ['mod_reqtimeout', ['reqtimeout'], $BOTH, $SERVES],
    ['the classic site', [], ['was-pws'], $SERVES],
    ['the site of pws', [], ['was'], $SERVES],
    ['the sites', [], []],
    ['the sites, then mod_dbd', ['dbd'], []],
    ['all', [qw(was dbd ssl http2)], []],
) {
    my ($name, $without, $sites, $expected) = @$case;
    my ($server, $plain, $tls) = start(without => $without, sites => $sites);
    my $stranger = WAS::Client->new(base => $plain);
    for my $row (['/index.html', "the other site\n"], ["$ACME/token", "what was asked for\n"]) {
        my ($path, $body) = @$row;
        is($stranger->get($path)->body, $body, "off: $name: the other site has its $path");
    }
    is($stranger->get('/server-status?auto')->status, 200, "off: $name: mod_status answers");
    is($stranger->get('/health')->status, 404, "off: $name: the other site is no wallet server");
    my %enabled = map { $_ => 1 } @$sites;
    for my $host (grep { $enabled{ $SITE_OF{$_} } } @NAMES) {
        my @answers = answers_of($host, $plain, $tls);
        is("@answers", $expected, "off: $name: $host");
    }
    is($server->stop, 0, "off: $name: httpd ends well");
}

# Each site speaks its protocol over one database, and neither sees the other's spaces.
my ($server, undef, $tls) = start(without => [], sites => $BOTH);
my %document = map {
    my $client = WAS::Client->new(base => $tls);
    ($_ => $client->get('/', headers => [Host => $_])->body)
} @NAMES;
isnt($document{ $NAMES[0] }, $document{ $NAMES[1] }, 'each site has the root of its protocol');
# AH01882: the machine has an older OpenSSL than its mod_ssl was built with, which is no matter of a
# site.
unlike(
    $server->log =~ s/^.*\bAH01882:.*\n//mgr,
    qr/\[(?:\w+:)?(?:warn|error|crit|emerg)\]/,
    'and httpd has nothing to say');

done_testing;
