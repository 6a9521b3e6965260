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
use WAS::Story qw(json_text new_id sql swept);
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $CLIENTS = 8;
my $SIGNATURES = 10;
my $USED = 'this signature was used for a write before; sign the request anew';
my $modules = WAS::Server::modules_directory();

sub load_module {
    my ($name) = @_;
    return qq(LoadModule ${name}_module "$modules/mod_$name.so"\n);
}

# 1. What an operator may write.
my $dsn = WAS::Server::cluster()->dsn('was');
my $pool = qq(DBDriver pgsql\nDBDParams "$dsn"\n);

sub no_cache {
    my ($name) = @_;
    my $rule = 'WASReplayGuard takes off or a shared cache such as shmcb:\S+';
    return qr/$rule; '$name' is none: is mod_socache_$name loaded\?/;
}

my $SHMCB = 'WASReplayGuard shmcb';
my $OFF = 'WASReplayGuard off';
my @without = (without => ['socache_shmcb']);
my $one_argument = qr/WASReplayGuard takes one argument/;
my $not_in_vhost = qr/WASReplayGuard cannot occur within <VirtualHost> section/;
my $not_in_location = qr/WASReplayGuard not allowed (?:here|in <Location> context)/;
for my $case (
    # name, lines, what httpd says unless it takes them, options of the server
    ['off', $OFF],
    ['OFF', 'WASReplayGuard OFF'],
    ['shmcb', $SHMCB],
    ['shmcb with a file and a size', "$SHMCB:logs/was_replay(512000)"],
    ['twice, the last counts', "$SHMCB\n$OFF"],
    ['with a mutex of its own', "$SHMCB\nMutex default was-replay"],
    ['a cache that httpd does not know', 'WASReplayGuard nosuch', no_cache('nosuch')],
    ['a switch that it is not', 'WASReplayGuard on', no_cache('on')],
    ['a cache whose module is not loaded', $SHMCB, no_cache('shmcb'), @without],
    ['a size that is too small', "$SHMCB:x(10)", qr/$SHMCB:x\(10\): .*size/i],
    ['a size that is none', "$SHMCB:x(big)", qr/$SHMCB:x\(big\): ./],
    ['no value', 'WASReplayGuard', $one_argument],
    ['two values', "$SHMCB off", $one_argument],
    ['in a virtual host', "<VirtualHost *>\n$OFF\n</VirtualHost>", $not_in_vhost],
    ['in a location', "<Location />\n$OFF\n</Location>", $not_in_location],
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
    my $guard = 'WASReplayGuard dbm:/nonexistent/was_replay';
    my $server =
        WAS::Server->start(wait => 0, before => load_module('socache_dbm'), config => "$guard\n");
    ok($server->wait_until_gone, 'a cache that cannot be opened: httpd does not start');
    like($server->log, qr{\[was:emerg\].* $guard: the cache cannot be opened}, 'and says why');
}

# 2. Servers with a guard.
my $DATABASE = "DBDMin 0\nDBDKeep 4\nDBDMax 4\n";
my $THREADS = <<'CONF';
ServerLimit 2
StartServers 2
ThreadsPerChild 16
MaxRequestWorkers 32
MinSpareThreads 16
MaxSpareThreads 32
CONF
my $ONE_CONNECTION = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n";
my $PROCESSES = "StartServers $CLIENTS\nMinSpareServers 2\nMaxRequestWorkers 16\n";

sub serve {
    my ($mpm, $guard, %options) = @_;
    my ($connections, $shape) =
        $mpm eq 'prefork' ? ($ONE_CONNECTION, $PROCESSES) : ($DATABASE, $THREADS);
    my $before = ($options{before} // '') . $shape . "MaxKeepAliveRequests 0\n";
    return WAS::Server->start(mpm => $mpm, before => $before, config => <<"CONF");
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

sub classic {
    my ($server, $key) = @_;
    return $server->client($key // WAS::Key->fresh, timeout => 30);
}

sub pws {
    my ($server) = @_;
    my %of = (base => $server->origin, key => WAS::Key->fresh, mount => '/pws', timeout => 30);
    return WAS::Zcap->new(%of);
}

# One and the same signature as often as it is used: Ed25519 has no randomness.
sub signed {
    my ($seconds, %more) = @_;
    my $created = int(time) + ($more{from} // 0);
    return (
        sign => { created => $created, expires => $created + $seconds, %{ $more{sign} // {} } });
}

sub document { return (type => 'application/json', body => json_text($_[0])) }

sub put_space {
    my ($who, $id) = @_;
    my $res = $who->put("/space/$id", document({ controller => $who->did }));
    $res->status == 204 or die 'no space: ' . $res->status . ' ' . $res->body;
    return "/space/$id";
}

# A space of pws with a collection `c`; yields the path of that.
sub put_collection {
    my ($who, $id) = @_;
    my %at = ('/pws/spaces/' => { id => $id, controller => $who->did });
    $at{"/pws/space/$id/"} = { id => 'c' };
    for my $target (reverse sort keys %at) {
        $who->send_json(POST => $target, $at{$target})->status == 201 or die "nothing at $target";
    }
    return "/pws/space/$id/c";
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
    my $error = $problem->{errors}[0];
    my $got = join ' ', map { $_ // '' } $res->status, $problem->{type},
        @$error{qw(detail pointer)};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, join(' ', $status, $type, $detail // $USED, '/authorization'), $name);
}

my @TABLES = qw(
    was_spaces was_resources was_pws_spaces was_pws_collections was_pws_resources was_pws_policies
    was_pws_backends was_pws_revocations was_pws_tombstones was_pws_counters
);

# All that somebody has, down to the versions of the rows.
sub possessions {
    my ($who) = @_;
    my @rows;
    for my $table (@TABLES) {
        push @rows, map { "$table @$_" } sql(<<"SQL", ($who->did) x 2);
SELECT t.space_uuid, md5(t::text), t.xmin FROM $table t
WHERE t.space_uuid IN (SELECT space_uuid FROM was_spaces WHERE controller = ?
    UNION SELECT space_uuid FROM was_pws_spaces WHERE controller = ?) ORDER BY 1, 2
SQL
    }
    return \@rows;
}

my $server = serve(WAS::Server::mpm(), 'shmcb:was_replay(512000)');

# 3. Every write of either protocol.
{
    my $alice = classic($server);
    my $bob = pws($server);
    my ($space, $other) = (put_space($alice, new_id()), '/space/' . new_id());
    my ($id, $new) = (new_id(), new_id());
    my @json = (type => 'application/json');
    my @text = (type => 'text/plain', body => 'x');
    my @mine = document({ controller => $bob->did });
    my @made = document({ id => $id, controller => $bob->did });
    my @at_its_root = (zcap => { root => 'self' });
    my $at = "/pws/space/$id";
    my $r = "$at/c/r";
    my $top = $bob->space_url($id);
    my $zcap = delegate($top, by => $bob->key, to => WAS::Key->fresh, target => $top);
    my $revocation = "$at/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
    my @policy = (@json, body => '{"type":"PublicCanRead"}');
    my @backend = document({ id => 'b', provider => 'p', connection => { kind => 'k' } });
    for my $row (
        # protocol, method, target, options, status of the first use and of one that is signed anew;
        # of the second where it is refused before, because the right is gone with the space.
        [classic => PUT => $other, [document({ controller => $alice->did })], 204, 204],
        [classic => POST => '/spaces/', [], 201, 201],
        [classic => PUT => "$space/a", [body => 'a'], 204, 204],
        [classic => PUT => "$space/big", [body => 'a' x 1_200_000], 204, 204],
        [classic => POST => "$space/b", [body => 'b'], 201, 201],
        [classic => DELETE => "$space/a", [], 204, 204],
        [classic => DELETE => $other, [], 204, 204],
        [pws => POST => '/pws/spaces/', [@made], 201, 409],
        [pws => PUT => "/pws/space/$new/meta", [@mine, @at_its_root], 201, 204],
        [pws => PUT => "$at/meta", [@mine], 204, 204],
        [pws => PUT => "$at/policy", [@policy], 201, 204],
        [pws => DELETE => "$at/policy", [], 204, 204],
        [pws => POST => "$at/backends", [@backend], 201, 409],
        [pws => PUT => "$at/backends/b", [@backend], 204, 204],
        [pws => DELETE => "$at/backends/b", [], 204, 204],
        [pws => POST => "$at/", [@json, body => '{"id":"c"}'], 201, 409],
        [pws => PUT => "$at/c/meta", [@json, body => '{"name":"c"}'], 204, 204],
        [pws => PUT => "$at/c/policy", [@policy], 201, 204],
        [pws => POST => "$at/c/", [@text], 201, 201],
        [pws => PUT => $r, [@text], 201, 200],
        [pws => PUT => "$r/meta", [@json, body => '{"custom":{"name":"r"}}'], 200, 200],
        [pws => PUT => "$r/policy", [@policy], 201, 204],
        [pws => DELETE => $r, [], 204, 204],
        [pws => POST => $revocation, [@json, body => jcs($zcap)], 204, 204],
        [pws => DELETE => "$at/c/", [], 204, 404],
        [pws => DELETE => "$at/", [], 204, 404, 404],
    ) {
        my ($protocol, $method, $target, $options, $first, $anew, $second) = @$row;
        my $who = $protocol eq 'classic' ? $alice : $bob;
        my $name = "$protocol $method " . ($target =~ s/[0-9a-f]{8}-[-0-9a-f]{27}/{id}/gr);
        my @same = signed(300, from => -7);
        is(
            $who->request($method, $target, @$options, @same)->status, $first,
            "$name: the first use");
        # What a deletion leaves to be swept is gone, too.
        swept($id);
        my $before = possessions($who);
        my $res = $who->request($method, $target, @$options, @same);
        $second
            ? is($res->status, $second, "$name: the second")
            : is_refused("$name: the second", $protocol, $res);
        is_deeply(possessions($who), $before, "$name: the second has changed nothing");
        is(
            $who->request($method, $target, @$options, signed(300))->status, $anew,
            "$name: signed anew");
    }
}

# 4. What is left alone.
{
    my $alice = classic($server);
    my $bob = pws($server);
    my $space = put_space($alice, new_id());
    my $id = new_id();
    my $c = put_collection($bob, $id);
    my @text = (type => 'text/plain', body => 'x');
    my $stranger = WAS::Key->fresh;
    my @by_stranger = signed(60, sign => { key => $stranger });
    my @in_her_name =
        (body => 'x', signed(60, sign => { key => $stranger, key_id => $alice->key->key_id }));
    for my $case (
        ['classic GET of a space', $alice, 200, GET => $space],
        ['classic HEAD of a space', $alice, 200, HEAD => $space],
        ['classic GET of the spaces', $alice, 200, GET => '/spaces/'],
        ['pws GET of a space', $bob, 200, GET => "/pws/space/$id/meta"],
        ['pws GET of the spaces', $bob, 200, GET => '/pws/spaces/'],
        ['classic PATCH', $alice, 405, PATCH => "$space/a", body => 'x'],
        ['pws PATCH', $bob, 405, PATCH => "$c/r", @text],
        ["classic, in the controller's name", $alice, 401, PUT => "$space/a", @in_her_name],
        ['pws, of a stranger', $bob, 404, PUT => "$c/r", @text, @by_stranger],
    ) {
        my ($name, $who, $status, $method, $target, @options) = @$case;
        my @same = signed(60);
        my @statuses = map { $who->request($method, $target, @same, @options)->status } 1 .. 3;
        is("@statuses", "$status $status $status", "$name: as often as you like");
    }
    # A signature that does not prove what it is sent with is not used up by that.
    for my $case (
        ['classic', $alice, "$space/p", 401, body => 'x'],
        ['pws', $bob, "$c/p", 404, @text],
    ) {
        my ($protocol, $who, $target, $status, @options) = @$case;
        my @same = signed(60, sign => { target => $target });
        is(
            $who->put("${target}q", @options, @same)->status, $status,
            "$protocol: a stolen signature on another target proves nothing");
        is(
            $who->put($target, @options, @same)->status, $protocol eq 'pws' ? 201 : 204,
            "$protocol: and is not used up by that");
    }
}

# 5. One signature, in whatever dress it comes again.
{
    my $alice = classic($server);
    my $id = new_id();
    my $space = put_space($alice, $id);
    my $stranger = classic($server);
    my @document = document({ controller => $alice->did });
    my $absent = '/space/' . new_id();
    my ($e, $f, $g, $h) = map { "$space/$_" } qw(e f g h);
    my $later = "$absent/x";
    my @cut = (body => '{');
    my $padded = { encoding => 'base64-padded', bare => 1 };
    my @none = (headers => ['If-None-Match' => '*']);
    my @by = (by => $stranger);
    my @half = (body => 'x' x 1000, stop_after => 10);
    my $is_made = sub { put_space($alice, $absent =~ s{.*/}{}r) };
    my $is_given = sub { $alice->put($space, document({ controller => $stranger->did })) };
    # No two cases have one signature, whenever the next second begins.
    my $created = int(time) - 60;
    for my $case (
        # what comes again, the signed target, then the first use: target and options, its status;
        # and the second: what is different, the target included; what happens between them.
        ['another query', "$space/q", ["$space/q?x=1"], 204, ["$space/q?x=2"]],
        ['another spelling of the path', "$space/a b", ["$space/a%20b"], 204, ["$space/%61%20b"]],
        ['another encoding of the signature', $e, [$e], 204, [$e, sign => $padded]],
        ['another body', $f, [$f, body => 'one'], 204, [$f, body => 'two']],
        ['a precondition failed: and without it', $f, [$f, @none], 412, [$f]],
        ['the space was not there: and then it is', $later, [$later], 404, [$later], $is_made],
        ['the body was no JSON: and then it is', $space, [$space, @cut], 400, [$space, @document]],
        ['the body stopped short: and then it is whole', $g, [$g, @half], 400, [$g]],
        [
            'a stranger was refused: and becomes controller', $h, [$h, @by], 403, [$h, @by],
            $is_given
        ],
    ) {
        my ($name, $signed, $first, $status, $second, $between) = @$case;
        $created--;
        my $use = sub {
            my ($target, %options) = @_;
            my $who = delete $options{by} // $alice;
            my $other = delete $options{sign} // {};
            my $expires = $created + 600;
            my %sign = (created => $created, expires => $expires, target => $signed, %$other);
            return $who->put($target, body => 'x', sign => \%sign, %options);
        };
        is($use->(@$first)->status, $status, "$name: $status");
        $between->() if $between;
        is_refused("$name: used up", 'classic', $use->(@$second));
    }
}

# 6. Time. A signature is known for as long as somebody takes it.
{
    my $bob = pws($server);
    my $late = put_collection($bob, new_id()) . '/late';
    my @late = (type => 'text/plain', body => 'x', signed(50, from => -60));
    is($bob->put($late, @late)->status, 201, 'pws: expired by less than the skew: taken');
    is_refused('pws: expired by less than the skew: used up', 'pws', $bob->put($late, @late));

    my $alice = classic($server);
    my $space = put_space($alice, 'exact-' . new_id());
    my $send = sub {
        my ($name, $split, $pause) = @_;
        my $created = int time;
        my $target = "$space/$name";
        my %of = (method => 'PUT', target => $target, fields => []);
        my %when = (created => $created, expires => $created + 2);
        my $authorization = WAS::Client::authorization(key => $alice->key, %of, %when);
        my $text = join "\r\n", "PUT $target HTTP/1.1", 'Host: x',
            "Authorization: $authorization", 'Connection: close', 'Content-Length: 4', '', 'late';
        my ($head, $rest) = $text =~ /\A(.*?$split)(.*)\z/s;
        my ($port) = $server->origin =~ /(\d+)\z/;
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
            or die "connect: $@";
        syswrite $socket, $head;
        sleep 0.1 while $pause && time < $created + 3.2;
        syswrite $socket, $rest;
        local $/;
        return scalar(<$socket>) // '';
    };
    # A busy machine may take longer than the signature lasts to look at it: then another one does.
    my $comes_to = sub {
        my ($name, $due, @how) = @_;
        my $got;
        ok(eventually(60, sub { ($got = $send->(@how)) =~ $due }), $name) or diag $got;
    };
    my $expired = qr{\AHTTP/1.1 401 .*the signature expired while the request arrived}s;
    my $done = qr{\AHTTP/1.1 204 };
    $comes_to->('a request that comes at once', $done, 'whole', 'Host', 0);
    $comes_to->(
        'one whose body takes longer than the signature lasts: its first use', $done,
        'body', 'Content-Length: 4\r\n\r\n', 1);
    $comes_to->(
        'one whose head takes longer: by then nobody knows what was used', $expired,
        'head', 'Host: x\r\n', 1);
}

# 7. All children, and those that come after them, under every MPM.
for my $mpm (qw(event worker prefork)) {
    SKIP: {
        skip "mod_mpm_$mpm is not here", 1 if !-e "$modules/mod_mpm_$mpm.so";
        my $server = serve($mpm, $mpm eq 'worker' ? 'shmcb' : 'shmcb:was_replay(512000)');
        my $alice = classic($server);
        my $space = put_space($alice, new_id());
        my @signed = map { [body => 'x', signed(3000, from => -$_)] } 1 .. $SIGNATURES + 1;
        my $put = sub { $alice->put("$space/r", @{ $signed[$_[0]] }) };
        my $used = sub { is_refused("$mpm: $_[0]", 'classic', $put->(0)) };
        # Connections that are kept, so that each has a child of its own under prefork; nobody goes
        # on before all have theirs.
        pipe my $all, my $connected or die "pipe: $!";
        pipe my $together, my $go_on or die "pipe: $!";
        my $traffic = WAS::Traffic->start(
            clients => $CLIENTS,
            times => $SIGNATURES + 1,
            each => sub {
                my ($number, $turn) = @_;
                our $kept;
                if (!$turn) {
                    $kept = $server->client($alice->key, keepalive => 1, timeout => 30);
                    my $status = eval { $kept->get($space)->status } // "died: $@";
                    syswrite $connected, '.';
                    sysread $together, my $go, 1;
                    return { turn => 0, status => $status };
                }
                return {
                    turn => $turn,
                    status => $kept->put("$space/r", @{ $signed[$turn - 1] })->status
                };
            });
        sysread $all, my $one, 1 for 1 .. $CLIENTS;
        syswrite $go_on, '.' x $CLIENTS;
        my @records = $traffic->finish(patient => 1);
        for my $turn (1 .. $SIGNATURES) {
            my @users = grep { ($_->{turn} // -1) == $turn } @records;
            my @statuses = sort map { $_->{status} // $_->{died} } @users;
            is(
                "@statuses", join(' ', 204, (401) x ($CLIENTS - 1)),
                "$mpm: signature $turn, used by $CLIENTS at once: one succeeds");
        }
        my %pids =
            map { $_ => 1 } WAS::Server::slurp("$server->{directory}/pids") =~ /^(\d+) PUT/mg;
        cmp_ok(scalar(keys %pids), '>', 1, "$mpm: and they came to more than one child")
            if $mpm eq 'prefork';

        my $renew = sub {
            my ($how) = @_;
            my %old = map { $_ => 1 } $server->children;
            my $renewed = sub {
                my @new = $server->children;
                @new && !grep { $old{$_} } @new;
            };
            $how->();
            # httpd drops a signal that comes while it is still busy with what came before.
            return eventually(20, $renewed) || ($how->(), eventually(40, $renewed))[-1];
        };
        ok(
            $renew->(sub { kill KILL => $server->children }),
            "$mpm: all children are killed, and there are others");
        $used->('they know what was used');
        for my $signal (qw(USR1 HUP USR1)) {
            ok($renew->(sub { $server->signal($signal) }), "$mpm: restarted by SIG$signal");
            my $answers = sub { $server->request('GET', '/')->{status} == 200 };
            ok(eventually(20, $answers), "$mpm: and back");
            $used->("what was used before SIG$signal is known");
        }
        is($put->($SIGNATURES)->status, 204, "$mpm: what was not used before is good");
        is_refused("$mpm: once", 'classic', $put->($SIGNATURES));
        my @errors = grep { /:(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log;
        is($errors[0], undef, "$mpm: nothing at ERR");
        $server->stop;
        next if $mpm ne 'event';
        # Said in docs/operating.md: a stop forgets, and every httpd knows its own.
        $server->start_again;
        is($put->(0)->status, 204, 'a stop and a start have forgotten what was used');
        $used->('once');
    }
}
{
    my $other = serve(WAS::Server::mpm(), 'shmcb');
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    my $put = sub { $_[0]->client($alice->key)->put("$space/r", @same)->status };
    my @statuses = map { $put->($_) } $server, $other, $server, $other;
    is("@statuses", '204 204 401 401', 'another httpd has a memory of its own');
}

# 8. Off by default.
{
    my $alice = WAS::Client->new(base => WAS::Server::url(), key => WAS::Key->fresh);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    my @statuses = map { $alice->put("$space/r", @same)->status } 1 .. 3;
    is("@statuses", '204 204 204', 'off by default: a signature is good until it expires');
}

# 9. A cache that is full forgets what is oldest, and only that.
{
    my $server = serve(WAS::Server::mpm(), 'shmcb:small(8192)');
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my $client = $server->client($alice->key, keepalive => 1);
    my $begin = int time;
    my $use = sub {
        my ($n) = @_;
        my %when = (created => $begin - $n, expires => $begin + 2000);
        return $client->delete("$space/r", sign => \%when)->status;
    };
    is($use->(1), 204, 'a full cache: the first');
    is($use->(1), 401, 'a full cache: known while there is room');
    my @refused = grep { $_ != 204 } map { $use->($_) } 2 .. 600;
    is("@refused", '', 'a full cache: what is new is taken');
    is($use->(600), 401, 'a full cache: the newest is known');
    is($use->(1), 204, 'a full cache: the oldest is forgotten, as docs/operating.md says');
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
    my %local = (LocalAddr => '127.0.0.1', LocalPort => 0);
    my $listener = IO::Socket::INET->new(Listen => 16, %local) or die "no port: $@";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        serve_slowly($listener, 0.2);
        POSIX::_exit(1);
    }
    my $server = serve(
        WAS::Server::mpm(), 'memcache:127.0.0.1:' . $listener->sockport,
        before => load_module('socache_memcache'));
    my $alice = classic($server);
    my $space = put_space($alice, new_id());
    my @same = (body => 'x', signed(300));
    my $use = sub { { status => classic($server, $alice->key)->put("$space/r", @same)->status } };
    my @records = WAS::Traffic->run(clients => $CLIENTS, times => 1, each => $use);
    my @statuses = sort map { $_->{status} // $_->{died} } @records;
    is(
        "@statuses", join(' ', 204, (401) x ($CLIENTS - 1)),
        "a slow cache, one signature, $CLIENTS at once: one succeeds");
    $server->stop;
    kill KILL => $pid;
    waitpid $pid, 0;
}

# 11. A cache that does not work.
SKIP: {
    skip 'mod_socache_memcache is not here', 1 if !-e "$modules/mod_socache_memcache.so";
    my $nobody = WAS::Server::free_port();
    my $guard = "memcache:127.0.0.1:$nobody";
    my $server = serve(WAS::Server::mpm(), $guard, before => load_module('socache_memcache'));
    my $alice = classic($server);
    my $main = WAS::Client->new(base => WAS::Server::url(), key => $alice->key);
    my $space = put_space($main, new_id());
    my $cannot_tell = 'whether this signature was used before cannot be told now';
    $main->put("$space/r", body => 'before');
    for my $case (
        ['a put', PUT => "$space/r", body => 'after'],
        ['a deletion', DELETE => "$space/r"],
        ['a new space', POST => '/spaces/'],
    ) {
        my ($name, $method, $target, @options) = @$case;
        my $before = possessions($alice);
        my $res = $alice->request($method, $target, @options);
        my $said = $res->problem->{errors}[0]{detail};
        my $retry = scalar $res->header('Retry-After') // '';
        my $title = "a cache that does not work: $name";
        is($res->status, 503, "$title: 503");
        like($said, qr/\A$cannot_tell; nothing was written/, "$title: and why");
        like($retry, qr/\A\d+\z/, "$title: Retry-After");
        is_deeply(possessions($alice), $before, "$title: nothing is written");
    }
    is($alice->get("$space/r")->body, 'before', 'a cache that does not work: reads go on');
    like(
        $server->log, qr/\[was:error\].* UNAVAILABLE WASReplayGuard \Q$guard\E: ./,
        'a cache that does not work: the operator is told');
}

unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'a refused second use is no error of ours');

done_testing;
