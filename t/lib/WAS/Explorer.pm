# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Explorer;

# A test of the explorer: builds it, serves it as conf/explorer.conf says, with both protocols
# beside it, at another origin and over TLS, and runs a program of explorer/test against that.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use WAS::Cluster;
use WAS::Interop;
use WAS::Server;

our @EXPORT_OK = qw(run);

my $QUOTA = 600 * 1024 * 1024;
my $LONGEST = 300 * 1024 * 1024;

# What ends a program that hangs. Not what says how fast one must be: each waits for what happens.
my $SECONDS = 900;

# run(the program's name): ends the process.
sub run {
    my ($name) = @_;
    my $program = "explorer/test/$name";
    my (undef, $modules) = WAS::Interop::require_program($program);
    my $files = build($modules);
    my ($other, $tls, @hostile) = map { WAS::Server::free_port() } 1 .. 4;
    my $server = WAS::Server->start(
        before => configuration_before($files, $other, $tls, @hostile),
        config => configuration($other, $tls));
    my %at = (
        server => $server->origin,
        other => "http://127.0.0.1:$other",
        tls => "https://localhost:$tls",
        # Where a program may have servers of its own, which the page may talk to.
        hostile => \@hostile,
        files => $files,
    );
    # WAS::Interop ends this process, and with it the server, whose object is still held.
    WAS::Interop::run($program, $SECONDS, JSON::PP->new->canonical->encode(\%at));
    return $server;
}

# The files of the explorer, made in the directory of the run.
sub build {
    my ($modules) = @_;
    my $files = WAS::Server::run_directory() . '/explorer';
    my @command = ('node', "$ENV{WAS_TOP}/explorer/build.mjs", $files, $modules);
    system(@command) == 0 or die "@command failed\n";
    return $files;
}

sub configuration_before {
    my ($files, $other, $tls, @hostile) = @_;
    my $servers = join ' ', "'self' https://localhost:$tls",
        map { "http://127.0.0.1:$_" } $other, @hostile;
    return qq(Define WAS_EXPLORER "$files"\nDefine WAS_EXPLORER_SERVERS "$servers"\n);
}

sub configuration {
    my ($other, $tls) = @_;
    my $certificates = WAS::Server::run_directory() . '/t/conf/tls';
    my $pws = <<"CONF";
<Location "/pws">
    SetHandler was
    WASProtocol pws
    WASQuotaPerSpace $QUOTA
    LimitRequestBody $LONGEST
</Location>
<Location "/private">
    SetHandler was
    WASResourceReads private
    LimitRequestBody $LONGEST
</Location>
CONF
    my $included = qq(Include "$ENV{WAS_TOP}/conf/explorer.conf"\n);
    return <<"CONF";
$pws
<Location "/september">
    SetHandler was
    WASProtocol pws
    WASRevision 2026-09
</Location>
$included
Listen 127.0.0.1:$other
<VirtualHost 127.0.0.1:$other>
    $pws
</VirtualHost>
Listen 127.0.0.1:$tls
<VirtualHost 127.0.0.1:$tls>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile "$certificates/cert.pem"
    SSLCertificateKeyFile "$certificates/key.pem"
    $pws
    $included
</VirtualHost>
CONF
}

1;
