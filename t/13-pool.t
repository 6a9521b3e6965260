# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The pool: a client that is slow holds no connection, a small pool serves many clients, nobody
# takes more connections than the configuration says, big contents leave no memory behind, and
# connections that mod_dbd has closed are not counted on. That last takes a PostgreSQL of its own.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use IO::Socket::INET ();
use JSON::PP qw(encode_json);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually timed);

use constant { MIB => 1 << 20, SLOW => 100 * 1024 };

my $cluster = WAS::Cluster->throwaway("$ENV{WAS_RUN}/13-pg");

my $alice = WAS::Key->fresh;
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
my $COUNT = q(SELECT count(*) FROM pg_stat_activity
    WHERE datname = ? AND pid <> pg_backend_pid() AND backend_type = 'client backend');
my $connections = sub { return scalar $dbh->selectrow_array($COUNT, undef, $database) };
my $space = encode_json({ controller => $alice->did });

# What there is of a status, or why there is none.
sub statuses_of {
    return [map { $_->{status} // $_->{died} } @_];
}

sub serve {
    my ($children, $threads, $pool, %options) = @_;
    my $all = $children * $threads;
    my $dsn = $options{dsn} // WAS::Server::cluster()->dsn($database);
    return WAS::Server->start(
        mpm => 'event', dsn => $dsn,
        before => <<"BEFORE", config => <<"CONFIG");
ServerLimit $children
StartServers $children
ThreadsPerChild $threads
MaxRequestWorkers $all
MinSpareThreads 1
MaxSpareThreads $all
MaxKeepAliveRequests 0
BEFORE
DBDMin 0
DBDKeep $pool
DBDMax $pool
@{[ $options{config} // '' ]}
CONFIG
}

sub content {
    my ($mib) = @_;
    # Does not compress, and every piece is another.
    my $block = join '', map { pack 'N', ($_ * 2654435761) & 0xffffffff } 1 .. MIB / 4;
    my $rest = substr $block, 16;
    return join '', map { sprintf('%016d', $_) . $rest } 1 .. $mib;
}

# 1. Slow clients and one connection.
my $server = serve(1, 16, 1);
my $client = $server->client($alice);
my $twenty = content(20);
is($client->put('/space/s', body => $space)->status, 204, 'a space');
is($client->put('/space/s/small', body => 'small')->status, 204, 'a small resource');
is($client->put('/space/s/twenty', body => $twenty)->status, 204, 'a resource of 20 MiB');

sub slow_socket {
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => Socket::SOCK_STREAM()) or die $!;
    # Little is to wait in the kernel instead of in httpd.
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 8192;
    my ($port) = $server->origin =~ /(\d+)\z/;
    connect $socket, Socket::pack_sockaddr_in($port, Socket::INADDR_LOOPBACK())
        or die "connect: $!";
    return $socket;
}

sub download_slowly {
    my ($seconds) = @_;
    my $socket = slow_socket();
    syswrite $socket, "GET /space/s/twenty HTTP/1.1\r\nHost: x\r\n\r\n";
    my ($got, $end) = (0, time + $seconds);
    while (time < $end) {
        $got += sysread($socket, my $bytes, SLOW / 20) // 0;
        sleep 0.05;
    }
    return { got => $got };
}

sub upload_slowly {
    my ($seconds, $target) = @_;
    my $socket = slow_socket();
    my $size = 3 * MIB;
    my %signed = (key => $alice, method => 'PUT', target => $target, fields => []);
    my $authorization = WAS::Client::authorization(%signed);
    syswrite $socket, join "\r\n", "PUT $target HTTP/1.1", 'Host: x', "Content-Length: $size",
        "Authorization: $authorization", 'Connection: close', '', '';
    my ($sent, $end) = (0, time + $seconds);
    while (time < $end) {
        $sent += syswrite $socket, 'u' x (SLOW / 20);
        sleep 0.05;
    }
    while ($sent < $size) {
        my $rest = $size - $sent;
        $sent += syswrite $socket, 'u' x ($rest < 65536 ? $rest : 65536);
    }
    sysread $socket, my $answer, 1024;
    return { answer => $answer =~ s/\r\n.*//sr };
}

{
    # The slow ones take longer than a busy machine keeps anybody from being served.
    my $LONG = 20;
    my $upload = sub { my ($number) = @_; return upload_slowly($LONG, "/space/s/slow$number") };
    my @slow = (
        WAS::Traffic->start(clients => 4, times => 1, each => sub { download_slowly($LONG) }),
        WAS::Traffic->start(clients => 4, times => 1, each => $upload),
    );
    my @requests = (
        [GET => '/space/s/small', 200],
        [PUT => '/space/s/other', 204, body => 'other'],
        [GET => '/spaces/', 200],
        [GET => '/health', 200],
    );
    my (@took, @wrong);
    my $until = time + 2.5;
    while (time < $until || @took < 40) {
        for my $case (@requests) {
            my ($method, $path, $status, @options) = @$case;
            my ($took, $response) = timed(sub { $client->request($method, $path, @options) });
            push @took, $took;
            push @wrong, "$method $path: " . $response->status if $response->status != $status;
        }
    }
    fail("beside slow clients: $_") for @wrong;
    my ($slowest) = sort { $b <=> $a } @took;
    my $rule = '4 slow downloads, 4 slow uploads, one connection';
    cmp_ok($slowest, '<', $LONG / 2, "$rule: the others need not wait for them");
    my ($took, $response) = timed(sub { $client->get('/space/s/twenty') });
    ok($response->body eq $twenty, "$rule: a fast download of the same");
    cmp_ok($took, '<', $LONG - 5, 'sooner than they');
    my @down = $slow[0]->finish(patient => 1);
    my @up = $slow[1]->finish(patient => 1);
    my $under_way = grep { $_->{got} > MIB / 8 && $_->{got} < 10 * MIB } @down;
    is($under_way, 4, 'the downloads were going on meanwhile') or diag explain \@down;
    my @answers = map { $_->{answer} } @up;
    is_deeply(\@answers, [('HTTP/1.1 204 No Content') x 4], 'the uploads have ended well');
    is(length $client->get('/space/s/slow3')->body, 3 * MIB, 'and are whole');
    # Who has ended may still be seen for a moment.
    ok(eventually(10, sub { $connections->() <= 1 }), 'one connection was all');
}
$server->stop;

# 2. A small pool for many.
$server = serve(2, 32, 2);
{
    my $write_and_read = sub {
        my ($number, $turn) = @_;
        my $client = $server->client($alice);
        my $body = "$number/$turn" x 100;
        my $put = $client->put("/space/s/many$number", body => $body);
        my $get = $client->get("/space/s/many$number");
        my $same = $get->body eq $body ? 'same' : 'other';
        return { status => join ' ', $put->status, $get->status, $same };
    };
    my @records = WAS::Traffic->run(clients => 32, times => 8, each => $write_and_read);
    my @failed = grep { $_ ne '204 200 same' } @{ statuses_of(@records) };
    is_deeply(\@failed, [], 'DBDMax 2 and 32 clients: every request succeeds');
    is(scalar @records, 256, 'and there were as many as there should');
}
$server->stop;

# 3. A child has its connections before its first request, where nothing can keep it from its work
# for long, and mod_dbd would keep them.
my $dsn = WAS::Server::cluster()->dsn($database);
my @READY = (
    ['all of them', 4, $dsn, '', 4],
    ['none that mod_dbd would close', 4, $dsn, 'DBDKeep 2', 0],
    ['none without connect_timeout', 4, $dsn =~ s/connect_timeout=\d+//r, '', 0],
    ['no more than it has threads', 12, $dsn, '', 8],
);
for my $row (@READY) {
    my ($name, $pool, $to, $config, $expected) = @$row;
    my $server = serve(1, 8, $pool, dsn => $to, config => $config);
    # Who asked whether the server is ready has one, and so may who sweeps.
    my ($least, $most) = $expected ? ($expected) x 2 : (1, 2);
    my $count = $connections->();
    ok($least <= $count && $count <= $most, "a child is ready: $name") or diag $count;
    $server->stop;
    eventually(10, sub { $connections->() == 0 });
}

# 4. As many connections as configured.
$server = serve(2, 16, 4);
{
    my $most = 2 * 4;
    my $each = sub {
        my ($number, $turn) = @_;
        our $kept;
        $kept //= $server->client($alice, keepalive => 1);
        return { status => $kept->get('/space/s/small')->status } if $turn % 4;
        my $body = 'x' x ($turn % 100 ? 100 : 2 * MIB);
        return { status => $kept->put("/space/s/leak$number", body => $body)->status };
    };
    my $traffic = sub {
        my ($clients, $times) = @_;
        return WAS::Traffic->start(clients => $clients, times => $times, each => $each);
    };
    my ($highest, @failed) = (0);
    my $watch = sub {
        my ($running) = @_;
        while ($running->running) {
            my $now = $connections->();
            $highest = $now if $now > $highest;
            sleep 0.02;
        }
        push @failed, grep { ($_->{status} // 0) !~ /\A20[04]\z/ } $running->finish(patient => 1);
    };
    $watch->($traffic->(8, 250));
    cmp_ok($highest, '<=', $most, '2,000 requests: never more than children * DBDMax connections');
    cmp_ok($highest, '>', 1, '2,000 requests: and more than one');
    is_deeply(\@failed, [], '2,000 requests: all succeed');
    my $settled = $connections->();
    for my $round (1 .. 3) {
        my @old = $server->children;
        $server->signal('USR1');
        my %old = map { $_ => 1 } @old;
        my $renewed = sub {
            my @new = $server->children;
            @new && !grep { $old{$_} } @new;
        };
        # httpd drops a signal that comes while it is still busy with what came before.
        my $again = sub { $server->signal('USR1'); return eventually(40, $renewed) };
        ok(eventually(20, $renewed) || $again->(), "graceful restart $round: new children");
        $watch->($traffic->(8, 25));
        # Who has ended may still be seen for a moment.
        ok(
            eventually(20, sub { $connections->() <= $most }),
            "graceful restart $round: no connection is left behind");
    }
    is_deeply(\@failed, [], 'graceful restarts: all requests succeed');
    my $left = $connections->();
    note "connections: at most $highest, $settled after 2,000 requests, $left after the restarts";
    $server->stop;
    ok(eventually(60, sub { $connections->() == 0 }), 'none is left after the end');
}

# 5. Memory.
sub memory {
    my ($pid, $name) = @_;
    return WAS::Server::slurp("/proc/$pid/status") =~ /^\Q$name\E:\s+(\d+) kB/m ? $1 / 1024 : 0;
}

$server = serve(1, 16, 4);
$client = $server->client($alice);
{
    my $size = 64;
    my $big = content($size);
    my $digest = sha256_hex($big);
    my $small = sub {
        my ($number, $turn) = @_;
        my $client = $server->client($alice);
        my $put = $client->put("/space/s/m$number", body => 'x' x 500_000);
        return { status => join ' ', $put->status, $client->get("/space/s/m$number")->status };
    };
    WAS::Traffic->run(clients => 8, times => 10, each => $small);
    my ($child) = $server->children;
    # Makes the peak the present.
    if (open my $file, '>', "/proc/$child/clear_refs") { print $file '5'; close $file }
    my $before = memory($child, 'VmRSS');
    for my $turn (1 .. 2) {
        is($client->put('/space/s/big', body => $big)->status, 204, "$size MiB, turn $turn: up");
        my $down = sha256_hex($client->get('/space/s/big')->body);
        is($down, $digest, "$size MiB, turn $turn: and down, the same bytes");
    }
    undef $big;
    my $download = sub {
        my $client = $server->client($alice, timeout => 60);
        return { digest => sha256_hex($client->get('/space/s/big')->body) };
    };
    my @down = WAS::Traffic->run(clients => 4, times => 2, each => $download);
    my @others = grep { ($_->{digest} // $_->{died}) ne $digest } @down;
    is_deeply(\@others, [], "$size MiB to 4 clients at once: the same bytes");
    my $chunked = $client->put('/space/s/chunked', body => content(16), chunked => 60_000);
    is($chunked->status, 204, '16 MiB in chunks');
    is(($server->children)[0], $child, 'it is still the same child');
    my ($after, $peak) = map { memory($child, $_) } qw(VmRSS VmHWM);
    my $figures = sprintf 'RSS of the child: %.1f MB before, %.1f MB after, %.1f MB at its peak',
        $before, $after, $peak;
    note $figures;
    cmp_ok($after - $before, '<', 60, "memory after contents of $size MiB") or diag $figures;
    cmp_ok($peak - $before, '<', 60, "memory at its peak, contents of $size MiB") or diag $figures;
}
$server->stop;

# 6. Connections that mod_dbd has closed, and a database that takes no new ones.
$cluster->start('was');
{
    my $connect = 2;
    my $source = 'dbi:Pg:dbname=was;host=' . $cluster->socket_directory;
    my %how = (RaiseError => 1, AutoInactiveDestroy => 1);
    my ($watcher, $locker) = map { DBI->connect($source, WAS::Cluster::USER, '', \%how) } 1 .. 2;
    my $COUNT = q(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mod_was');
    my $backends = sub { return scalar $watcher->selectrow_array("$COUNT $_[0]") };
    my $settings = "connect_timeout=$connect application_name=mod_was";
    my $dsn = $cluster->dsn('was') =~ s/connect_timeout=\d+/$settings/r;
    # One caller's share of eleven are eight.
    my $server = serve(1, 32, 11, dsn => $dsn, config => "DBDKeep 1\nDBDExptime 1");
    my $client = $server->client($alice);
    $client->put('/space/s', body => $space);
    $client->put('/space/s/x', body => 'x');
    # Clients that wait, each with a connection of its own, for a table.
    my $read = sub {
        my $client = $server->client($alice, timeout => 60);
        return { status => $client->get('/space/s/x')->status };
    };
    my $ask = sub { return WAS::Traffic->start(clients => $_[0], times => 1, each => $read) };
    my $lock = sub {
        my ($clients) = @_;
        $locker->begin_work;
        $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
        my $waiting = $ask->($clients);
        # Who sweeps may wait, too.
        my $all_wait = sub { return $backends->("AND wait_event_type = 'Lock'") >= $clients };
        ok(eventually(20, $all_wait), "connections that expire: $clients in use");
        return $waiting;
    };
    my $burst = $lock->(8);
    $locker->rollback;
    my $served = statuses_of($burst->finish(patient => 1));
    is_deeply($served, [(200) x 8], 'connections that expire: a burst is served');
    # Each request has mod_dbd look at what has expired.
    my $one_is_left = sub { $client->get('/space/s/x'); return $backends->('') == 1 };
    ok(eventually(20, $one_is_left), 'connections that expire: mod_dbd closes all but one');
    my $first = $lock->(1);
    kill STOP => $cluster->pid;
    my @records = $ask->(11)->finish(patient => 1);
    my @took = sort { $a <=> $b } map { $_->{end} - $_->{begin} } @records;
    my $rule = 'connections that expired, and no new ones to be had';
    is_deeply(statuses_of(@records), [(503) x 11], "$rule: 503");
    # What is excluded is a wait of 30 s; a busy machine may add some to two attempts.
    my $two = 2 * $connect + 10;
    cmp_ok($took[-1], '<', $two, "$rule: nobody waits for more than two attempts")
        or diag join ' ', map { sprintf '%.1f', $_ } @took;
    $locker->rollback;
    $served = statuses_of($first->finish(patient => 1));
    is_deeply($served, [200], 'connections that expired: the one that is left serves');
    kill CONT => $cluster->pid;
    my $serves = sub { return $client->get('/space/s/x')->status == 200 };
    ok(eventually(10, $serves), 'connections that expired: service after');
    $_->disconnect for $watcher, $locker;
}

done_testing;
