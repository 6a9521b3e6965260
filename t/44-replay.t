# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WASReplayGuard: a signature is good for one write, in all children of a httpd and over its
# restarts, whatever became of the write; reads, and whatever proves nothing, are left alone. Under
# event, worker and prefork. A guard that cannot tell lets nothing through.

use strict;
use warnings;

use FindBin;
use IO::Select ();
use IO::Socket::INET ();
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story qw(json_text new_id sql);
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $CLIENTS = 8;
my $SIGNATURES = 10;
my $USED = 'this signature was used for a write before; sign the request anew';
my $modules = (WAS::Server::slurp("$ENV{WAS_RUN}/t/conf/modules.conf") =~ m{(\S+)/mod_dbd\.so})[0];

# 1. What an operator may write.
my $dsn = WAS::Server::cluster()->dsn('was');
my $pool = qq(DBDriver pgsql\nDBDParams "$dsn"\n);
my $no_cache = sub { qr/WASReplayGuard takes off or a shared cache such as shmcb:\S+; '$_[0]' is none: is mod_socache_$_[0] loaded\?/ };
for my $case (
    ['off', 'WASReplayGuard off'],
    ['OFF', 'WASReplayGuard OFF'],
    ['shmcb', 'WASReplayGuard shmcb'],
    ['shmcb with a file and a size', 'WASReplayGuard shmcb:logs/was_replay(512000)'],
    ['twice, the last counts', "WASReplayGuard shmcb\nWASReplayGuard off"],
    ['with a mutex of its own', "WASReplayGuard shmcb\nMutex default was-replay"],
    ['a cache that httpd does not know', 'WASReplayGuard nosuch', $no_cache->('nosuch')],
    ['a switch that it is not', 'WASReplayGuard on', $no_cache->('on')],
    ['a cache whose module is not loaded', 'WASReplayGuard shmcb', $no_cache->('shmcb'), without => ['socache_shmcb']],
    ['a size that is too small', 'WASReplayGuard shmcb:x(10)', qr/WASReplayGuard shmcb:x\(10\): .*size/i],
    ['a size that is none', 'WASReplayGuard shmcb:x(big)', qr/WASReplayGuard shmcb:x\(big\): ./],
    ['no value', 'WASReplayGuard', qr/WASReplayGuard takes one argument/],
    ['two values', 'WASReplayGuard shmcb off', qr/WASReplayGuard takes one argument/],
    ['in a virtual host', "<VirtualHost *>\nWASReplayGuard off\n</VirtualHost>", qr/WASReplayGuard cannot occur within <VirtualHost> section/],
    ['in a location', "<Location />\nWASReplayGuard off\n</Location>", qr/WASReplayGuard not allowed (?:here|in <Location> context)/],
) {
    my ($name, $lines, $sentence, @options) = @$case;
    my ($status, $said) = WAS::Server->check(example => 0, config => "$pool$lines\n", @options);
    if (defined $sentence) {
        ok($status >> 8 && !($status & 127), "$name: refused");
        like($said, $sentence, "$name: with a sentence");
    }
    else {
        is($status, 0, "$name: accepted") or diag $said;
    }
}
SKIP: {
    skip 'mod_socache_dbm is not here', 1 if !-e "$modules/mod_socache_dbm.so";
    my $server = WAS::Server->start(wait => 0, before => qq(LoadModule socache_dbm_module "$modules/mod_socache_dbm.so"\n),
        config => "WASReplayGuard dbm:/nonexistent/was_replay\n");
    ok($server->wait_until_gone, 'a cache that cannot be opened: httpd does not start');
    like($server->log, qr{\[was:emerg\].* WASReplayGuard dbm:/nonexistent/was_replay: the cache cannot be opened}, 'and says why');
}

# 2. Servers with a guard.
sub serve {
    my ($mpm, $guard, %options) = @_;
    my $connections = $mpm eq 'prefork' ? "DBDMin 0\nDBDKeep 1\nDBDMax 1\n" : "DBDMin 0\nDBDKeep 4\nDBDMax 4\n";
    my $shape = $mpm eq 'prefork'
        ? "StartServers $CLIENTS\nMinSpareServers 2\nMaxRequestWorkers 16\n"
        : "ServerLimit 2\nStartServers 2\nThreadsPerChild 16\nMaxRequestWorkers 32\nMinSpareThreads 16\nMaxSpareThreads 32\n";
    return WAS::Server->start(mpm => $mpm, before => ($options{before} // '') . $shape . "MaxKeepAliveRequests 0\n", config => <<"CONF");
$connections
WASReplayGuard $guard
LogFormat "%P %m %>s" pids
CustomLog "pids" pids
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
<LocationMatch "^/space/exact-">
    WASClockSkew 0
</LocationMatch>
CONF
}

sub classic { my ($server, $key) = @_; return $server->client($key // WAS::Key->fresh, timeout => 30) }
sub pws { my ($server, $key) = @_; return WAS::Zcap->new(base => $server->origin, key => $key // WAS::Key->fresh, mount => '/pws', timeout => 30) }

# One and the same signature as often as it is used: Ed25519 has no randomness.
sub signed {
    my ($seconds, %more) = @_;
    my $created = int(time) + ($more{from} // 0);
    return (sign => { created => $created, expires => $created + $seconds, %{ $more{sign} // {} } });
}

sub put_space {
    my ($who, $id) = @_;
    my $res = $who->put("/space/$id", type => 'application/json', body => json_text({ controller => $who->did }));
    $res->status == 204 or die 'no space: ' . $res->status . ' ' . $res->body;
    return "/space/$id";
}

# What a second use gets.
my %REFUSAL = (
    classic => [401, 'https://wallet.storage/spec#unauthorized'],
    pws => [400, 'https://w3id.org/pws#invalid-authorization-header'],
);

sub is_refused {
    my ($name, $protocol, $res, $detail) = @_;
    my ($status, $type) = @{ $REFUSAL{$protocol} };
    my $problem = $res->problem // {};
    my $got = join ' ', $res->status, $problem->{type} // '', $problem->{errors}[0]{detail} // '', $problem->{errors}[0]{pointer} // '';
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, join(' ', $status, $type, $detail // $USED, '/authorization'), $name);
}

# All that somebody has, down to the versions of the rows.
sub possessions {
    my ($who) = @_;
    return [map { my $table = $_; map { "$table @$_" } sql("SELECT t.space_uuid, md5(t::text), t.xmin FROM $table t WHERE t.space_uuid IN (SELECT space_uuid FROM was_spaces WHERE controller = ?) ORDER BY 1, 2", $who->did) }
        qw(was_spaces was_resources was_collections was_space_policies was_backends was_resource_meta was_revocations)];
}

my $server = serve(WAS::Server::mpm(), 'shmcb:was_replay(512000)');

# 3. Every write of either protocol.
{
    my $alice = classic($server);
    my $bob = pws($server);
    my ($space, $other) = (put_space($alice, new_id()), '/space/' . new_id());
    my ($id, $new) = (new_id(), new_id());
    my @json = (type => 'application/json');
    my @mine = (@json, body => json_text({ controller => $bob->did }));
    my $at = "/pws/space/$id";
    my $zcap = delegate($bob->space_url($id), by => $bob->key, to => WAS::Key->fresh, target => $bob->space_url($id));
    my @policy = (@json, body => '{"type":"PublicCanRead"}');
    my $backend = sub { (@json, body => json_text({ id => $_[0], provider => 'p', connection => { kind => 'k' } })) };
    for my $row (
        # protocol, method, target, options, status of the first use, and of one that is signed anew;
        # of the second where it is refused before, because the right is gone with the space.
        [classic => PUT => $other, [@json, body => json_text({ controller => $alice->did })], 204, 204],
        [classic => POST => '/spaces/', [], 201, 201],
        [classic => PUT => "$space/a", [body => 'a'], 204, 204],
        [classic => PUT => "$space/big", [body => 'a' x 1_200_000], 204, 204],
        [classic => POST => "$space/b", [body => 'b'], 201, 201],
        [classic => DELETE => "$space/a", [], 204, 204],
        [classic => DELETE => $other, [], 204, 204],
        [pws => POST => '/pws/spaces/', [@json, body => json_text({ id => $id, controller => $bob->did })], 201, 409],
        [pws => PUT => "/pws/space/$new/meta", [@mine, zcap => { root => 'self' }], 201, 204],
        [pws => PUT => "$at/meta", [@mine], 204, 204],
        [pws => PUT => "$at/policy", [@policy], 201, 204],
        [pws => DELETE => "$at/policy", [], 204, 204],
        [pws => POST => "$at/backends", [$backend->('b')], 201, 409],
        [pws => PUT => "$at/backends/b", [$backend->('b')], 204, 204],
        [pws => DELETE => "$at/backends/b", [], 204, 204],
        [pws => POST => "$at/", [@json, body => '{"id":"c"}'], 201, 409],
        [pws => PUT => "$at/c/meta", [@json, body => '{"name":"c"}'], 204, 204],
        [pws => PUT => "$at/c/policy", [@policy], 201, 204],
        [pws => POST => "$at/c/", [type => 'text/plain', body => 'x'], 201, 201],
        [pws => PUT => "$at/c/r", [type => 'text/plain', body => 'x'], 204, 204],
        [pws => PUT => "$at/c/r/meta", [@json, body => '{"custom":{"name":"r"}}'], 204, 204],
        [pws => PUT => "$at/c/r/policy", [@policy], 201, 204],
        [pws => DELETE => "$at/c/r", [], 204, 204],
        [pws => POST => "$at/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr), [@json, body => jcs($zcap)], 204, 204],
        [pws => DELETE => "$at/c/", [], 204, 204],
        [pws => DELETE => "$at/", [], 204, 404, 404],
    ) {
        my ($protocol, $method, $target, $options, $first, $anew, $second) = @$row;
        my $who = $protocol eq 'classic' ? $alice : $bob;
        my $name = "$protocol $method " . ($target =~ s/[0-9a-f]{8}-[-0-9a-f]{27}/{id}/gr);
        my @same = signed(300, from => -7);
        is($who->request($method, $target, @$options, @same)->status, $first, "$name: the first use");
        my $before = possessions($who);
        my $res = $who->request($method, $target, @$options, @same);
        $second ? is($res->status, $second, "$name: the second") : is_refused("$name: the second", $protocol, $res);
        is_deeply(possessions($who), $before, "$name: the second has changed nothing");
        is($who->request($method, $target, @$options, signed(300))->status, $anew, "$name: signed anew");
    }
}

# 4. What is left alone.
{
    my $alice = classic($server);
    my $bob = pws($server);
    my $space = put_space($alice, new_id());
    my $id = new_id();
    $bob->send_json(POST => '/pws/spaces/', { id => $id, controller => $bob->did })->status == 201 or die 'no space';
    $bob->send_json(POST => "/pws/space/$id/", { id => 'c' })->status == 201 or die 'no collection';
    my @text = (type => 'text/plain', body => 'x');
    my $stranger = WAS::Key->fresh;
    for my $case (
        ['classic GET of a space', $alice, 200, GET => $space],
        ['classic HEAD of a space', $alice, 200, HEAD => $space],
        ['classic GET of the spaces', $alice, 200, GET => '/spaces/'],
        ['pws GET of a space', $bob, 200, GET => "/pws/space/$id/meta"],
        ['pws GET of the spaces', $bob, 200, GET => '/pws/spaces/'],
        ['classic PATCH', $alice, 405, PATCH => "$space/a", body => 'x'],
        ['pws PATCH', $bob, 405, PATCH => "/pws/space/$id/c/r", @text],
        ['classic, of somebody else in the name of the controller', $alice, 401, PUT => "$space/a", body => 'x', signed(60, sign => { key => $stranger, key_id => $alice->key->key_id })],
        ['pws, of a stranger', $bob, 404, PUT => "/pws/space/$id/c/r", @text, signed(60, sign => { key => $stranger })],
    ) {
        my ($name, $who, $status, $method, $target, @options) = @$case;
        my @same = signed(60);
        is(join(' ', map { $who->request($method, $target, @same, @options)->status } 1 .. 3), join(' ', ($status) x 3), "$name: as often as you like");
    }
    # A signature that does not prove what it is sent with is not used up by that.
    for my $case (['classic', $alice, "$space/p", 401, body => 'x'], ['pws', $bob, "/pws/space/$id/c/p", 404, @text]) {
        my ($protocol, $who, $target, $status, @options) = @$case;
        my @same = signed(60, sign => { target => $target });
        is($who->put("${target}q", @options, @same)->status, $status, "$protocol: a stolen signature on another target proves nothing");
        is($who->put($target, @options, @same)->status, 204, "$protocol: and is not used up by that");
    }
}

# 5. One signature, in whatever dress it comes again.
{
    my $alice = classic($server);
    my $id = new_id();
    my $space = put_space($alice, $id);
    my $stranger = classic($server);
    my @document = (type => 'application/json', body => json_text({ controller => $alice->did }));
    my $absent = '/space/' . new_id();
    my $earlier = 60;
    for my $case (
        # name, the signed target, then both uses: target, status of the first, options; and what
        # happens between them.
        ['another query', "$space/q", ["$space/q?x=1", 204], ["$space/q?x=2"]],
        ['another spelling of the path', "$space/a b", ["$space/a%20b", 204], ["$space/%61%20b"]],
        ['another encoding of the signature', "$space/e", ["$space/e", 204], ["$space/e", sign => { encoding => 'base64-padded', bare => 1 }]],
        ['another body', "$space/f", ["$space/f", 204, body => 'one'], ["$space/f", body => 'two']],
        ['a precondition failed: and without it', "$space/f", ["$space/f", 412, headers => ['If-None-Match' => '*']], ["$space/f"]],
        ['the space was not there: and then it is', "$absent/x", ["$absent/x", 404], ["$absent/x"], sub { put_space($alice, $absent =~ s{.*/}{}r) }],
        ['the body was no JSON: and then it is', $space, [$space, 400, body => '{'], [$space, @document]],
        ['the body stopped short: and then it is whole', "$space/g", ["$space/g", 400, body => 'x' x 1000, stop_after => 10], ["$space/g"]],
        ['a stranger was refused: and becomes controller', "$space/h", ["$space/h", 403, by => $stranger], ["$space/h", by => $stranger],
            sub { $alice->put($space, type => 'application/json', body => json_text({ controller => $stranger->did })) }],
    ) {
        my ($name, $signed, $first, $second, $between) = @$case;
        my $created = int(time) - ++$earlier; # no two cases have one signature
        my $use = sub {
            my ($target, %options) = @_;
            my $who = delete $options{by} // $alice;
            my %sign = (created => $created, expires => $created + 600, target => $signed, %{ delete $options{sign} // {} });
            return $who->put($target, body => 'x', sign => \%sign, %options);
        };
        my ($target, $status, @options) = @$first;
        is($use->($target, @options)->status, $status, "$name: $status");
        $between->() if $between;
        is_refused("$name: used up", 'classic', $use->(@$second));
    }
}

# 6. Time. A signature is known for as long as somebody takes it.
{
    my $bob = pws($server);
    my $id = new_id();
    $bob->send_json(POST => '/pws/spaces/', { id => $id, controller => $bob->did })->status == 201 or die 'no space';
    $bob->send_json(POST => "/pws/space/$id/", { id => 'c' })->status == 201 or die 'no collection';
    my @late = (type => 'text/plain', body => 'x', signed(50, from => -60));
    is($bob->put("/pws/space/$id/c/late", @late)->status, 204, 'pws: expired by less than the skew: taken');
    is_refused('pws: expired by less than the skew: used up', 'pws', $bob->put("/pws/space/$id/c/late", @late));

    my $alice = classic($server);
    my $space = put_space($alice, 'exact-' . new_id());
    my $send = sub {
        my ($name, $split, $pause) = @_;
        my $created = int time;
        my $target = "$space/$name";
        my $authorization = WAS::Client::authorization(key => $alice->key, method => 'PUT', target => $target, fields => [], created => $created, expires => $created + 2);
        my $text = "PUT $target HTTP/1.1\r\nHost: x\r\nAuthorization: $authorization\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlate";
        my ($head, $rest) = $text =~ /\A(.*?$split)(.*)\z/s;
        my ($port) = $server->origin =~ /(\d+)\z/;
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $@";
        syswrite $socket, $head;
        sleep 0.1 while $pause && time < $created + 3.2;
        syswrite $socket, $rest;
        local $/;
        return scalar(<$socket>) // '';
    };
    like($send->('whole', 'Host', 0), qr{\AHTTP/1.1 204 }, 'a request that comes at once');
    like($send->('body', 'Content-Length: 4\r\n\r\n', 1), qr{\AHTTP/1.1 204 }, 'one whose body takes longer than the signature lasts: its first use');
    like($send->('head', 'Host: x\r\n', 1), qr{\AHTTP/1.1 401 .*the signature expired while the request arrived}s, 'one whose head takes longer: by then nobody knows what was used');
}

# 7. All children, and those that come after them, under every MPM.
for my $mpm (qw(event worker prefork)) {
    SKIP: {
        skip "mod_mpm_$mpm is not here", 1 if !-e "$modules/mod_mpm_$mpm.so";
        my $server = serve($mpm, $mpm eq 'worker' ? 'shmcb' : 'shmcb:was_replay(512000)');
        my $alice = classic($server);
        my $space = put_space($alice, new_id());
        my @signed = map { [body => 'x', signed(3000, from => -$_)] } 1 .. $SIGNATURES + 1;
        my $used = sub { my ($name) = @_; is_refused("$mpm: $name", 'classic', $alice->put("$space/r", @{ $signed[0] })) };
        # Connections that are kept, so that each has a child of its own under prefork.
        my @records = WAS::Traffic->run(clients => $CLIENTS, times => $SIGNATURES + 1, each => sub {
            my ($number, $turn) = @_;
            our $kept;
            if (!$turn) {
                $kept = $server->client($alice->key, keepalive => 1, timeout => 30);
                my $status = $kept->get($space)->status;
                sleep 0.5;
                return { turn => 0, status => $status };
            }
            return { turn => $turn, status => $kept->put("$space/r", @{ $signed[$turn - 1] })->status };
        });
        for my $turn (1 .. $SIGNATURES) {
            my @statuses = sort map { $_->{status} // $_->{died} } grep { ($_->{turn} // -1) == $turn } @records;
            is("@statuses", join(' ', 204, (401) x ($CLIENTS - 1)), "$mpm: signature $turn, used by $CLIENTS at once: one succeeds");
        }
        my %pids = map { $_ => 1 } WAS::Server::slurp("$server->{directory}/pids") =~ /^(\d+) PUT/mg;
        cmp_ok(scalar(keys %pids), '>', 1, "$mpm: and they came to more than one child") if $mpm eq 'prefork';

        my $renew = sub {
            my ($how) = @_;
            my %old = map { $_ => 1 } $server->children;
            my $renewed = sub { my @new = $server->children; @new && !grep { $old{$_} } @new };
            $how->();
            # httpd drops a signal that comes while it is still busy with what came before.
            return eventually(20, $renewed) || ($how->(), eventually(40, $renewed))[-1];
        };
        ok($renew->(sub { kill KILL => $server->children }), "$mpm: all children are killed, and there are others");
        $used->('they know what was used');
        for my $signal (qw(USR1 HUP USR1)) {
            ok($renew->(sub { $server->signal($signal) }), "$mpm: restarted by SIG$signal");
            ok(eventually(20, sub { $server->request('GET', '/')->{status} == 200 }), "$mpm: and back");
            $used->("what was used before SIG$signal is known");
        }
        is($alice->put("$space/r", @{ $signed[$SIGNATURES] })->status, 204, "$mpm: what was not used before is good");
        is_refused("$mpm: once", 'classic', $alice->put("$space/r", @{ $signed[$SIGNATURES] }));
        is((grep { /:(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log)[0], undef, "$mpm: nothing at ERR");
        $server->stop;
        next if $mpm ne 'event';
        # Said in README: a stop forgets, and every httpd knows its own.
        $server->start_again;
        is($alice->put("$space/r", @{ $signed[0] })->status, 204, 'a stop and a start have forgotten what was used');
        $used->('once');
    }
}
{
    my $other = serve(WAS::Server::mpm(), 'shmcb');
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    is(join(' ', map { $_->client($alice->key)->put("$space/r", @same)->status } $server, $other, $server, $other), '204 204 401 401', 'another httpd has a memory of its own');
}

# 8. Off by default.
{
    my $alice = WAS::Client->new(base => WAS::Server::url(), key => WAS::Key->fresh);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    is(join(' ', map { $alice->put("$space/r", @same)->status } 1 .. 3), '204 204 204', 'off by default: a signature is good until it expires');
}

# 9. A cache that is full forgets what is oldest, and only that.
{
    my $server = serve(WAS::Server::mpm(), 'shmcb:small(8192)');
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my $client = $server->client($alice->key, keepalive => 1);
    my $begin = int time;
    my $use = sub { my ($n) = @_; $client->delete("$space/r", sign => { created => $begin - $n, expires => $begin + 2000 })->status };
    is($use->(1), 204, 'a full cache: the first');
    is($use->(1), 401, 'a full cache: known while there is room');
    is(join(' ', grep { $_ != 204 } map { $use->($_) } 2 .. 600), '', 'a full cache: what is new is taken');
    is($use->(600), 401, 'a full cache: the newest is known');
    is($use->(1), 204, 'a full cache: the oldest is forgotten, as README says');
}

# 10. Looking and noting are one: even with a cache that takes its time to look.
sub serve_slowly {
    my ($listener, $pause) = @_;
    my $select = IO::Select->new($listener);
    my (%said, %cache, @due);
    while (1) {
        my $wait = @due ? $due[0][0] - time : 10;
        for my $socket ($select->can_read($wait > 0 ? $wait : 0)) {
            if ($socket == $listener) {
                $select->add(scalar $listener->accept);
            }
            elsif (!sysread $socket, $said{$socket}, 4096, length($said{$socket} // '')) {
                $select->remove($socket);
            }
            elsif ($said{$socket} =~ s/\Aget (\S+)\r\n//) {
                push @due, [time + $pause, $socket, $cache{$1} // ''];
            }
            elsif ($said{$socket} =~ s/\Aset (\S+) (\d+) \d+ (\d+) *\r\n(.*)\r\n//s) {
                $cache{$1} = "VALUE $1 $2 $3\r\n$4\r\n";
                syswrite $socket, "STORED\r\n";
            }
        }
        while (@due && $due[0][0] <= time) {
            my (undef, $socket, $value) = @{ shift @due };
            syswrite $socket, "${value}END\r\n";
        }
    }
    return;
}

SKIP: {
    skip 'mod_socache_memcache is not here', 1 if !-e "$modules/mod_socache_memcache.so";
    my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $@";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        serve_slowly($listener, 0.2);
        POSIX::_exit(1);
    }
    my $server = serve(WAS::Server::mpm(), 'memcache:127.0.0.1:' . $listener->sockport, before => qq(LoadModule socache_memcache_module "$modules/mod_socache_memcache.so"\n));
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    my @statuses = sort map { $_->{status} // $_->{died} } WAS::Traffic->run(clients => $CLIENTS, times => 1, each => sub {
        return { status => $server->client($alice->key, timeout => 30)->put("$space/r", @same)->status };
    });
    is("@statuses", join(' ', 204, (401) x ($CLIENTS - 1)), "a slow cache, one signature, $CLIENTS at once: one succeeds");
    $server->stop;
    kill KILL => $pid;
    waitpid $pid, 0;
}

# 11. A cache that does not work.
SKIP: {
    skip 'mod_socache_memcache is not here', 1 if !-e "$modules/mod_socache_memcache.so";
    my $nobody = WAS::Server::free_port();
    my $server = serve(WAS::Server::mpm(), "memcache:127.0.0.1:$nobody", before => qq(LoadModule socache_memcache_module "$modules/mod_socache_memcache.so"\n));
    my $alice = classic($server);
    my $main = WAS::Client->new(base => WAS::Server::url(), key => $alice->key);
    my $space = put_space($main, new_id());
    $main->put("$space/r", body => 'before');
    for my $case (['a put', PUT => "$space/r", body => 'after'], ['a deletion', DELETE => "$space/r"], ['a new space', POST => '/spaces/']) {
        my ($name, $method, $target, @options) = @$case;
        my $before = possessions($alice);
        my $res = $alice->request($method, $target, @options);
        is($res->status, 503, "a cache that does not work: $name: 503");
        like($res->problem->{errors}[0]{detail}, qr/\Awhether this signature was used before cannot be told now; nothing was written/, "a cache that does not work: $name: and why");
        like(scalar $res->header('Retry-After') // '', qr/\A\d+\z/, "a cache that does not work: $name: Retry-After");
        is_deeply(possessions($alice), $before, "a cache that does not work: $name: nothing is written");
    }
    is($alice->get("$space/r")->body, 'before', 'a cache that does not work: reads go on');
    like($server->log, qr/\[was:error\].* UNAVAILABLE WASReplayGuard memcache:127\.0\.0\.1:$nobody: ./, 'a cache that does not work: the operator is told');
}

unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'a refused second use is no error of ours');

done_testing;
