# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A wallet moves (protocol/pws-next section F): a space with policies, descriptors and contents of
# all lengths, from one server and database to another. Over there it has the same listing, bytes,
# types and metadata; and what a child needs for it does not grow with it.
#
# WAS_MOVE_RESOURCES and WAS_MOVE_MIB say how many resources it has, and how many MiB in all: 300
# and 12 unless they are given.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha1_hex);
use Test::More;
use Time::HiRes qw(time);
use WAS::Holder;
use WAS::Memory;
use WAS::Server;

my $RESOURCES = $ENV{WAS_MOVE_RESOURCES} // 300;
my $BYTES = ($ENV{WAS_MOVE_MIB} // 12) << 20;
my $MOST_KIB = 20 << 10;

sub database { return WAS::Server::cluster()->dsn(WAS::Server::create_database()) }

# One server on a database of its own.
sub server {
    my ($dsn) = @_;
    return WAS::Server->start(dsn => $dsn, config => <<'CONF');
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 16
    MaxRequestWorkers 16
</IfModule>
<Location "/">
    LimitRequestBody 0
    WASProtocol pws
</Location>
CONF
}

sub client {
    my ($server, $who) = @_;
    my $client = at("http://127.0.0.1:$server->{port}", $who);
    @$client{qw(keepalive timeout)} = (1, 300);
    return $client;
}

my $database = database();
my ($here, $there) = (server($database), server(database()));
my $alice = holder();
my ($old, $new) = map { client($_, $alice) } $here, $there;
my ($from, $to) = map { make_space($_, name => 'wallet') } $old, $new;

# Half of the bytes are in a few long contents.
my $long = int($BYTES / 2 / 4);
my $short = int($BYTES / 2 / $RESOURCES);
make_collection($old, $from, 'documents', {}, name => 'D', custom => { a => 'b' });
make_collection($old, $from, 'secret', {}, encryption => { scheme => 'edv' });
for my $n (1 .. $RESOURCES + 4) {
    my $at = sprintf '/space/%s/documents/%06d', $from, $n;
    my $bytes = random_bytes($n <= 4 ? $long : $short);
    my $res = $old->put($at, type => "application/x-$n", body => $bytes);
    $res->status == 201 or BAIL_OUT("$at: " . $res->status);
    $old->send_json(PUT => "$at/policy", { type => 'Nobody' }) if $n % 10 == 0;
    $old->send_json(PUT => "$at/meta", { custom => { n => "$n" } }) if $n % 7 == 0;
}

# All that a client sees, a digest for each resource.
sub seen {
    my ($client, $space) = @_;
    my %seen;
    for my $id (map { $_->{id} } @{ $client->get("/space/$space/")->json->{items} }) {
        my $next = "/space/$space/$id/?limit=1000";
        my $meta = $client->get("/space/$space/$id/meta")->json;
        $seen{$id} = [map { $meta->{$_} } qw(name custom encryption createdAt)];
        while (defined $next) {
            my $page = $client->get($next)->json;
            for my $item (@{ $page->{items} }) {
                my $at = "/space/$space/$id/$item->{id}";
                my $res = $client->get($at);
                my $about = $client->get("$at/meta")->json;
                $seen{"$id/$item->{id}"} = [
                    $res->type, sha1_hex($res->body), $client->get("$at/policy")->status,
                    map { $about->{$_} } qw(size custom createdAt)
                ];
            }
            $next = $page->{next};
        }
    }
    return \%seen;
}

my $sanitized = WAS::Server::has_sanitizer();
my ($tar, $export_kib, $export_took) =
    watched($here->{pid}, sub { client($here, $alice)->request(POST => "/space/$from/export") });
is($tar->status, 200, 'F: it is exported');
my $mib = length($tar->body) / (1 << 20);
my ($res, $import_kib, $import_took) = watched(
    $there->{pid},
    sub {
        return client($there, $alice)->request(
            POST => "/space/$to/import", type => 'application/x-tar',
            body => $tar->body);
    });
is($res->status, 200, 'F: it is imported') or diag $res->body;
is($res->json->{resourcesCreated}, $RESOURCES + 4, 'F: all of it') if $res->status == 200;
is_deeply(
    seen(client($there, $alice), $to),
    seen(client($here, $alice), $from),
    'F: and is what it was');
diag sprintf '%d MiB: export %.1f MiB/s and %d KiB, import %.1f MiB/s and %d KiB', $mib,
    $mib / $export_took, $export_kib, $mib / $import_took, $import_kib;
if (defined $ENV{WAS_MOVE_RESOURCES}) {
    my ($programs, $restored) = (qx(pg_config --bindir) =~ s/\n//r, database());
    my $began = time;
    system "$programs/pg_dump -Fc '$database' | $programs/pg_restore -d '$restored'";
    diag sprintf 'pg_dump | pg_restore: %.1f MiB/s', $mib / (time - $began);
}
SKIP: {
    skip 'a sanitizer keeps what is freed', 2 if $sanitized;
    cmp_ok($export_kib, '<', $MOST_KIB, 'F: a child needs little to export');
    cmp_ok($import_kib, '<', $MOST_KIB, 'F: a child needs little to import');
}

done_testing;
