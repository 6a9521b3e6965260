# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A backup and what comes of it, as docs/operating.md and SECURITY.md say: pg_dump has everything, a
# server on what was restored serves it, validators are new or those of the same version, and what
# was revoked after the backup holds again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Cluster;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Zcap;

my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my ($old, $new) = map { WAS::Server::create_database() . "_$_" } qw(old new);
WAS::Server::cluster()->create($_) for $old, $new;
my $file = "$ENV{WAS_RUN}/46-backup.dump";
my $BASE = 'http://wallet.example';

# What the programs of the two lines of docs/operating.md are told besides.
sub run_program {
    my ($name, @arguments) = @_;
    my $cluster = WAS::Server::cluster();
    my @server = ('-h', $cluster->socket_directory, '-U', WAS::Cluster::USER);
    return system WAS::Cluster::program($name), @server, @arguments;
}

# The same public origin on each database.
sub serve {
    my ($database) = @_;
    return WAS::Server->start(
        mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
        config => <<"CONF");
<Location "/pws">
    SetHandler was
    WASProtocol pws
    WASBaseURL $BASE
</Location>
CONF
}

# Somebody at a server, by its public name.
sub somebody_at {
    my ($server, $key) = @_;
    my $holder = at($BASE, $key, mount => '/pws');
    @$holder{qw(host port)} = ('127.0.0.1', $server->origin =~ /:(\d+)\z/);
    return $holder;
}

my $server = serve($old);
my $content = join '', map { chr($_ * 7 & 255) } 1 .. 3 << 19;
my $client = $server->client($alice);
my $space_document = json_text({ controller => $alice->did, name => 'A' });
my @put = (
    ['/space/s', body => $space_document, type => 'application/json'],
    ['/space/s/small', body => 'small', type => 'text/x-small'],
    ['/space/s/big', body => $content],
);
is($client->put(@$_)->status, 204, "before: PUT $_->[0]") for @put;
my $holder = somebody_at($server, $alice);
my $space = make_space($holder);
my $path = make_collection($holder, $space, 'c', { small => 'small', big => $content });
my $zcap = delegate(
    $holder->space_url($space),
    by => $alice, to => $bob, target => $holder->space_url($space), actions => ['GET']);
my @held = (zcap => { capability => $zcap });
my %etag;
for my $name (qw(small big)) {
    $etag{"/space/s/$name"} = $client->get("/space/s/$name")->header('ETag');
    $etag{"$path/$name"} = $holder->get("$path/$name")->header('ETag');
}
is(run_program('pg_dump', '-Fc', '-f', $file, $old), 0, 'pg_dump');

my $revocation = "/pws/space/$space/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
is(somebody_at($server, $bob)->get("$path/small", @held)->status, 200, 'a capability is good');
is($holder->send_json(POST => $revocation, $zcap)->status, 204, 'it is revoked');
is(somebody_at($server, $bob)->get("$path/small", @held)->status, 404, 'and no longer good');
$server->stop;

is(run_program('pg_restore', '-d', $new, '--no-owner', $file), 0, 'pg_restore');
$server = serve($new);
$client = $server->client($alice);
$holder = somebody_at($server, $alice);
for my $case (
    ['/space/s/small', $client, 'small', 'text/x-small'],
    ['/space/s/big', $client, $content, 'application/octet-stream'],
    ["$path/small", $holder, 'small', 'text/plain'],
    ["$path/big", $holder, $content, 'text/plain'],
) {
    my ($target, $who, $bytes, $type) = @$case;
    my $name = $target =~ s/\Q$space/SPACE/r;
    my $res = $who->get($target);
    is($res->status, 200, "restored: $name");
    ok($res->body eq $bytes, "restored: $name: its bytes");
    is($res->type, $type, "restored: $name: its type");
    if ($who != $client) {
        is($res->header('ETag'), $etag{$target}, "restored: $name: the version's validator");
        next;
    }
    isnt($res->header('ETag'), $etag{$target}, "restored: $name: another validator");
    is($res->header('Last-Modified'), undef, "restored: $name: no time of writing");
}
is($client->get('/space/s')->json->{name}, 'A', 'restored: the space');
is($client->put('/space/s/small', body => 'after')->status, 204, 'restored: writes go on');
ok($client->get('/space/s/small')->header('Last-Modified'), 'restored: with their time');
is(
    somebody_at($server, $bob)->get("$path/small", @held)->status, 200,
    'restored: what was revoked after the backup holds again');
is($server->stop, 0, 'and it ends as it should');
unlink $file;

done_testing;
