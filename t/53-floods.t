# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Floods: while somebody does his worst, everybody else is served, in a time that is theirs and not
# his, and the child that serves does not grow. Idle connections, slow heads and bodies, bodies in
# the smallest of chunks, heads and documents as big as they come, an export that is read slowly,
# statements that wait for somebody's lock, and lists of very many spaces. The bounds are wide, so
# that a busy machine keeps them.

use strict;
use warnings;

use Digest::MD5 ();
use FindBin;
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP qw(encode_json);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Response;
use WAS::Server;
use WAS::Traffic qw(eventually timed);
use WAS::Zcap;

# Threads of the one child, connections of its pool, seconds that a head or a body may take, how
# long the others' requests may take, 95 of 100, and how long any of them.
use constant { THREADS => 32, POOL => 4, READ => 2, SERVED => 2, AT_MOST => 8 };
# Seconds that a statement may take, and where it is to wait for a lock in vain. A busy machine
# keeps a backend from its work for some of them.
use constant { STATEMENT => 20, LOCKED => 3 };
use constant MIB => 1 << 20;

# Spaces of one controller; a million of them is for who has the time.
my $MANY = $ENV{WAS_TEST_MILLION} ? 1_000_000 : 200_000;

my ($alice, $mallory, $trudy, $lister) = map { WAS::Key->fresh } 1 .. 4;
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);

sub serve {
    my ($statement) = @_;
    my $dsn =
        WAS::Server::cluster()->dsn($database) . " options='-c statement_timeout=${statement}s'";
    return WAS::Server->start(
        mpm => 'event', dsn => $dsn,
        before => <<"BEFORE", config => <<"CONFIG");
ServerLimit 1
StartServers 1
ThreadsPerChild @{[THREADS]}
MaxRequestWorkers @{[THREADS]}
MinSpareThreads 1
MaxSpareThreads @{[THREADS]}
MaxKeepAliveRequests 0
# The first of those that are idle are not to go before the last have come.
KeepAliveTimeout 60
# So many idle connections for each idle thread: beyond, who is new waits for a KeepAliveTimeout.
AsyncRequestWorkerFactor 16
BEFORE
DBDKeep @{[POOL]}
DBDMax @{[POOL]}
RequestReadTimeout header=@{[READ]}-@{[READ + 1]},MinRate=500 body=@{[READ]},MinRate=500
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONFIG
}
my $server = serve(STATEMENT);
my ($port) = $server->origin =~ /(\d+)\z/;
my ($child) = $server->children;
my @document = (body => encode_json({ controller => $alice->did }), type => 'application/json');
my %theirs = (body => encode_json({ controller => $mallory->did }), type => 'application/json');
{
    my $client = $server->client($alice);
    my @statuses = map { $client->request(PUT => @$_)->status } ['/space/s', @document],
        ['/space/s/a', body => 'hello'];
    is("@statuses", '204 204', 'a space of somebody');
    is(
        $server->client($mallory)->put('/space/m', %theirs)->status, 204,
        'a space of somebody else');
}

sub connected {
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => Socket::SOCK_STREAM()) or die $!;
    # Little is to wait in the kernel instead of in httpd.
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 8192;
    connect $socket, Socket::pack_sockaddr_in($port, Socket::INADDR_LOOPBACK())
        or die "connect: $!";
    $socket->blocking(0);
    return $socket;
}

sub memory {
    my ($name) = @_;
    return WAS::Server::slurp("/proc/$child/status") =~ /^\Q$name\E:\s+(\d+) kB/m ? $1 / 1024 : 0;
}

# Makes the peak the present.
sub forget_peak {
    if (open my $file, '>', "/proc/$child/clear_refs") {
        print $file '5';
        close $file;
    }
    return memory('VmRSS');
}

sub percentile {
    my ($share, @values) = @_;
    @values = sort { $a <=> $b } @values;
    return $values[int($share * $#values)];
}

# How many connections to the server there are, as the clients' side of the kernel sees them: one
# that has not said a word is there, too.
sub connections {
    my $end = sprintf ':%04X', $port;
    my @fields = map { [split ' '] } split /
/, WAS::Server::slurp('/proc/net/tcp');
    return scalar grep { ($_->[2] // '') =~ /$end\z/ && $_->[3] eq '01' } @fields;
}

# Waits until a flood is on: until so many connections are there.
sub wait_for_connections {
    my ($name, $count) = @_;
    ok(eventually(20, sub { connections() >= $count }), "$name: the flood is on")
        or diag connections();
    return;
}

# The head of a request as it goes out, with an empty line behind it.
sub head { return join "\r\n", @_, '', '' }

# Whoever has the key asks for that.
sub authorization_of {
    my ($key, $method, $target) = @_;
    my %of = (key => $key, method => $method, target => $target, fields => []);
    return 'Authorization: ' . WAS::Client::authorization(%of);
}

# What comes to a client that reads 5000 bytes at a time, and seldom; each of its connections asks
# with that head, and is one of $count processes.
sub read_slowly {
    my ($count, $head) = @_;
    return WAS::Traffic->start(
        clients => $count,
        pause => 0.05,
        each => sub {
            our ($socket, $got);
            if (!$socket) {
                $socket = connected();
                syswrite $socket, $head;
            }
            $got += sysread($socket, my $bytes, 5000) // 0;
            return { got => $got // 0 };
        });
}

# Each is a method, a path, the status that is due and options of the request.
my @OF_OTHERS = (
    ['GET', '/space/s/a', 200, sign => 0],
    ['PUT', '/space/s/b', 204, body => 'b'],
    ['GET', '/space/s', 200],
    ['GET', '/spaces/', 200],
    ['GET', '/health', 200, sign => 0],
    ['PUT', '/space/s/c', 401, body => 'x', sign => 0],
);

# What everybody else sees while a flood is on: requests of every kind, for some seconds.
sub others {
    my ($name, $seconds, $flooded) = @_;
    my $client = ($flooded // $server)->client($alice, timeout => 30);
    my (@took, @wrong);
    my $end = time + ($seconds // 1.5);
    for (my $turn = 0; time < $end || $turn < 3; $turn++) {
        for my $case (@OF_OTHERS) {
            my ($method, $path, $status, @options) = @$case;
            my ($took, $res) = timed(sub {
                eval { $client->request($method, $path, @options) }
            });
            push @took, $took;
            push @wrong, "$method $path: " . ($res ? $res->status : $@)
                if !$res || $res->status != $status;
        }
        sleep 0.03;
    }
    my ($p95, $most) = (percentile(0.95, @took), percentile(1, @took));
    my $figures = sprintf '%s: %d requests of others, 95 of 100 within %.3f s, all within %.3f s',
        $name, scalar @took, $p95, $most;
    note $figures;
    is_deeply(\@wrong, [], "$name: the others get what is due");
    ok($p95 < SERVED && $most < AT_MOST, "$name: in time") or diag $figures;
    return;
}

# The child is the one that we began with, and has not grown by more than `most` MiB at its peak.
sub not_grown {
    my ($name, $before, $most) = @_;
    my $figures = sprintf '%s: %.1f MiB before, %.1f at the peak', $name, $before, memory('VmHWM');
    note $figures;
    is(($server->children)[0], $child, "$name: it is the same child");
    cmp_ok(memory('VmHWM') - $before, '<', $most, "$name: it has not grown") or diag $figures;
    return;
}

# One byte at a time on so many connections of one process. Those that are cut are counted, with the
# first line of what was said, and begun anew; of each comes a byte to who waits for it.
my $cuts;

sub dribble {
    my ($count, $head, $byte) = @_;
    pipe $cuts, my $cut or die "pipe: $!";
    return WAS::Traffic->start(
        clients => 1,
        pause => 0.1,
        each => sub {
            our (@sockets, %said);
            for my $n (0 .. $count - 1) {
                $sockets[$n] //= do { my $new = connected(); syswrite $new, $head->($n); $new };
                local $SIG{PIPE} = 'IGNORE';
                my $got = sysread $sockets[$n], my $bytes, 4096;
                if (defined $got) {
                    $said{ $got ? $bytes =~ s/\r\n.*//sr : 'nothing' }++;
                    undef $sockets[$n];
                    syswrite $cut, '.';
                    next;
                }
                syswrite $sockets[$n], $byte;
            }
            return { said => {%said} };
        });
}

# Until so many of the last flood were cut: how soon that is seen is up to the machine.
sub wait_for_cuts {
    my ($name, $count) = @_;
    my $ready = IO::Select->new($cuts);
    my $seen = 0;
    while ($seen < $count && $ready->can_read(60)) {
        sysread $cuts, my $one, 1;
        $seen++;
    }
    is($seen, $count, "$name: they were cut, and that is seen");
    return;
}

sub said {
    my ($last) = (sort { $a->{end} <=> $b->{end} } @_)[-1];
    return $last->{said} // {};
}

others('nobody else', 1);

# 1. Connections that had their answer and say nothing more.
{
    my $idle = WAS::Traffic->start(
        clients => 4,
        pause => 0.2,
        each => sub {
            our @sockets;
            push @sockets, connected() while @sockets < 100;
            if (!our $asked++) {
                syswrite $_, head('GET / HTTP/1.1', 'Host: x') for @sockets;
            }
            return { open => scalar @sockets };
        });
    wait_for_connections('400 idle connections', 400);
    others('400 idle connections');
    my @records = $idle->finish;
    is(
        scalar(grep { ($_->{open} // 0) == 100 } @records), scalar @records,
        '400 idle connections: they were there');
    cmp_ok(scalar @records, '>', 4, '400 idle connections: all the while');
}

# 2. Heads that never end, on half of the threads; and more of them, and of connections that never
# say a word, than there are threads: then who comes waits until some of them were cut.
{
    my $slow = dribble(THREADS / 2, sub { 'G' }, 'E');
    wait_for_connections('slow heads', THREADS / 2);
    others('slow heads on half of the threads', READ + 1.5);
    wait_for_cuts('slow heads', THREADS / 2);
    my $said = said($slow->finish);
    my $cut = 0;
    $cut += $_ for values %$said;
    cmp_ok($cut, '>=', THREADS / 2, 'slow heads: each was cut') or diag explain $said;
    is_deeply(
        [grep { !m{\A(?:nothing|HTTP/1\.1 40[08] )} } sort keys %$said], [],
        'slow heads: by a 408, or nothing'
    ) or diag explain $said;

    for my $row (['slow heads', 'G', 'E'], ['silent connections', '', '']) {
        my ($name, $begin, $more) = @$row;
        my $title = "$name on twice the threads";
        $slow = dribble(2 * THREADS, sub { $begin }, $more);
        # All threads are taken; who comes then, waits.
        wait_for_connections($title, 2 * THREADS);
        my $client = $server->client($alice, timeout => 60);
        my ($took, $res) = timed(sub { $client->get('/space/s/a', sign => 0) });
        $slow->finish;
        is($res->status, 200, "$title: who waits is served");
        cmp_ok($took, '<', 3 * (READ + 1) + 6, "$title: once they were cut");
        note sprintf '%s: served after %.1f s', $title, $took;
    }
    my $client = $server->client($alice, timeout => 30);
    my $is_quick = sub {
        (timed(sub { $client->get('/space/s/a', sign => 0) }))[0] < 1;
    };
    ok(eventually(10, $is_quick), 'slow heads are over: at once again');
}

# 3. Bodies that never end, of somebody who may send them, and of nobody.
{
    my $head = sub {
        my ($n) = @_;
        my $target = "/space/m/slow$n";
        return head(
            "PUT $target HTTP/1.1", 'Host: x', 'Content-Length: 100000',
            authorization_of($mallory, PUT => $target));
    };
    my $slow = dribble(THREADS / 2, $head, 'x');
    wait_for_connections('slow bodies', THREADS / 2);
    others('slow bodies on half of the threads', READ + 1.5);
    wait_for_cuts('slow bodies', THREADS / 2);
    my $said = said($slow->finish);
    cmp_ok(
        $said->{'HTTP/1.1 408 Request Timeout'} // 0, '>=', THREADS / 2,
        'slow bodies: each was told that its time is over'
    ) or diag explain $said;
    is_deeply([grep { !/ 408 / } sort keys %$said], [], 'slow bodies: and nothing else')
        or diag explain $said;
    is(
        $dbh->selectrow_array(q(SELECT count(*) FROM was_resources WHERE space_uuid = 'm')), 0,
        'slow bodies: nothing was stored');

    my $unsigned = head('PUT /space/s/x HTTP/1.1', 'Host: x', 'Content-Length: 100000');
    $slow = dribble(THREADS / 2, sub { $unsigned }, 'x');
    others('slow bodies of nobody', READ + 1.5);
    wait_for_cuts('slow bodies of nobody', 1);
    $said = said($slow->finish);
    cmp_ok(scalar keys %$said, '>', 0, 'slow bodies of nobody: answered') or diag explain $said;
    is_deeply([grep { !/ 40[18] / } sort keys %$said], [], 'slow bodies of nobody: refused')
        or diag explain $said;
}

# 4. A body in chunks of one byte: what is kept of it does not depend on how often it was read.
{
    my ($name, $target) = ('4 MiB in 1-byte chunks', '/space/s/tiny');
    my $head = head(
        "PUT $target HTTP/1.1", 'Host: x', 'Connection: close',
        'Transfer-Encoding: chunked', authorization_of($alice, PUT => $target));
    my $client = $server->client($alice, timeout => 120);
    my $before = forget_peak();
    my ($took, $res) = timed(sub { $client->raw($head . "1\r\nx\r\n" x (4 * MIB) . "0\r\n\r\n") });
    note sprintf '%s: answered after %.1f s', $name, $took;
    is($res->status, 204, "$name: taken") or diag $res->body;
    is($client->head($target)->header('Content-Length'), 4 * MIB, "$name: to the last one");
    not_grown($name, $before, 8);
}

# 5. Heads and documents as big as they come.
sub pressed {
    my ($name, $most, $expected, @requests) = @_;
    my $before = forget_peak();
    my $flood = WAS::Traffic->start(
        clients => 6,
        each => sub {
            my ($number, $turn) = @_;
            my ($method, $target, %options) = @{ $requests[$turn % @requests] };
            my $client = $server->client($mallory, timeout => 60);
            return { status => $client->request($method, $target, %options)->status };
        },
        # Each client comes to each of them.
        least => scalar @requests);
    others($name);
    my @records = $flood->finish;
    my %statuses;
    $statuses{ $_->{status} // $_->{died} }++ for @records;
    is_deeply([sort keys %statuses], $expected, "$name: each gets what is due")
        or diag explain \%statuses;
    note "$name: ", scalar @records, ' of them';
    not_grown($name, $before, $most);
    return;
}
my $opening = '{"controller":"' . $mallory->did . '",';
my $padded = $opening . ' ' x (4 * MIB);
my $members = join ',', map { "\"$_\":[]" } 1 .. 6000;
pressed(
    'heads of 700 KiB', 60, [200, 431],
    [GET => '/space/s/a', headers => [map { ("X-$_" => 'x' x 8000) } 1 .. 90]],
    [GET => '/space/s/a', headers => [map { ("X-$_" => 'x' x 8000) } 1 .. 200]],
    [GET => '/space/s/a', headers => [X => 'x' x (4 * MIB)]],
);
pressed(
    'documents of 4 MiB', 60, [413],
    [PUT => '/space/m', body => $padded],
    [PUT => '/space/m', body => $padded, chunked => 60_000],
    [POST => '/spaces/', body => '[' x (4 * MIB), chunked => 1000],
);
pressed(
    'documents that go deep, or on', 60, [400],
    [PUT => '/space/m', body => "$opening\"x\":" . '[' x 65_000],
    [PUT => '/space/m', body => $opening . '"x":' x 10_000],
    [PUT => '/space/m', body => $opening . $members],
    [PUT => '/space/m', body => '"' . '\\u0041' x 10_000],
);

# 6. An export that is read a little at a time.
{
    my $pieces = 48;
    $dbh->do(<<'SQL', undef, $pieces);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT 'm', '/piece/' || n, convert_to(repeat(md5(n::text), 32768), 'UTF8'), 'text/plain'
FROM generate_series(1, ?) n
SQL
    my $name = '8 exports that are read slowly';
    my $before = forget_peak();
    my @export = ('GET /space/m HTTP/1.1', 'Host: x', 'Accept: application/x-tar');
    my $slow = read_slowly(8, head(@export, authorization_of($mallory, GET => '/space/m')));
    wait_for_connections($name, 8);
    others($name);
    my $connections = $dbh->selectrow_array(<<'SQL', undef, $database);
SELECT count(*) FROM pg_stat_activity
WHERE datname = ? AND pid <> pg_backend_pid() AND backend_type = 'client backend'
SQL
    cmp_ok($connections, '<=', POOL, "$name: they hold no more than the pool has");
    my $client = $server->client($mallory, timeout => 60);
    my @archive = (headers => [Accept => 'application/x-tar']);
    my ($took, $res) = timed(sub { $client->get('/space/m', @archive) });
    cmp_ok(length $res->body, '>', $pieces * MIB, "$name: one that is not") or diag $res->status;
    cmp_ok($took, '<', 20, "$name: and it takes its own time");
    my @records = $slow->finish;
    my %got;
    $got{ $_->{client} } = $_->{got} for @records;
    is(scalar(grep { $_ > 50_000 && $_ < 10 * MIB } values %got), 8, "$name: they were")
        or diag explain \%got;
    not_grown($name, $before, 80);
    $dbh->do(q(DELETE FROM was_resources WHERE space_uuid = 'm'));
}

# 7. Statements that wait for somebody's lock: those of one caller, by his key or by his address,
# which never have all connections, however many there are; and those of two, which may.
my $waits_for_locks = serve(LOCKED);
{
    my $server = $waits_for_locks;
    my $holder = WAS::Server::dbh($database);
    my %trudys = (body => encode_json({ controller => $trudy->did }), type => 'application/json');
    is(
        $server->client($trudy)->put('/space/t', %trudys)->status, 204,
        'a space of a third one');
    $holder->begin_work;
    $holder->do(q(SELECT 1 FROM was_spaces WHERE space_uuid IN ('m', 't') FOR UPDATE));
    my $waiting = sub {
        my ($count) = @_;
        my $waits = sub { $dbh->selectrow_array(<<'SQL', undef, $database) >= $count };
SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock'
SQL
        return eventually(20, $waits);
    };
    my $writes_of = sub {
        my @whose = @_;
        return sub {
            my ($key, $space) = @{ $whose[$_[0] % @whose] };
            my $client = $server->client($key, timeout => 60);
            return { status => $client->put("/space/$space/x", body => 'x')->status };
        };
    };
    my $writes = $writes_of->([$mallory, 'm']);
    my $name = 'all connections but one wait for a lock';
    my $blocked = WAS::Traffic->start(clients => POOL - 1, each => $writes);
    ok($waiting->(POOL - 1), "$name: they do");
    others($name, undef, $server);
    my @records = $blocked->finish;
    is_deeply(
        [grep { ($_->{status} // $_->{died}) ne '503' } @records], [],
        "$name: who waits in vain is told so");

    $name = 'one caller would have more wait for a lock than there are connections';
    $blocked = WAS::Traffic->start(clients => 4 * POOL, each => $writes);
    ok($waiting->(POOL - 1), "$name: they do");
    others($name, undef, $server);
    @records = $blocked->finish;
    is_deeply(
        [grep { ($_->{status} // $_->{died}) ne '503' } @records], [],
        "$name: who waits in vain is told so");

    $name = 'an address would have more wait for a lock than there are connections';
    my $locker = WAS::Server::dbh($database);
    $locker->begin_work;
    $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
    $blocked = WAS::Traffic->start(
        clients => 4 * POOL,
        each => sub {
            my $client = $server->client($alice, timeout => 60);
            return { status => $client->get('/space/s/a', sign => 0)->status };
        });
    ok($waiting->(POOL - 1), "$name: they do");
    my $signer = $server->client($alice, timeout => 60);
    my @signed = map {
        [timed(sub { $signer->get('/space/s')->status })]
    } 1 .. 20;
    is_deeply([grep { $_->[1] != 200 } @signed], [], "$name: who signs is served");
    cmp_ok(percentile(0.95, map { $_->[0] } @signed), '<', SERVED / 2, "$name: at once");
    $locker->rollback;
    $blocked->finish;

    $name = 'two callers have more wait for a lock than there are connections';
    $blocked = WAS::Traffic->start(
        clients => 3 * POOL,
        each => $writes_of->([$mallory, 'm'], [$trudy, 't']));
    ok($waiting->(POOL), "$name: they do");
    my $client = $server->client($alice, timeout => 60);
    my @asked;
    for (1 .. 3) {
        my ($took, $res) = timed(sub { $client->get('/space/s/a', sign => 0) });
        push @asked, [$took, $res->status];
    }
    is_deeply(
        [grep { $_->[1] !~ /\A(?:200|503)\z/ || $_->[0] > 10 } @asked], [],
        "$name: the others have an answer in bounded time");
    note "$name: ", join ', ', map { sprintf '%d after %.1f s', @$_[1, 0] } @asked;
    my ($took) = timed(sub { $client->get('/', sign => 0) });
    cmp_ok($took, '<', SERVED, "$name: what needs none is answered");
    $holder->rollback;
    my $after = $server->client($mallory, timeout => 60);
    ok(
        eventually(60, sub { $after->put('/space/m/x', body => 'after')->status == 204 }),
        'the lock is gone: writes again');
    $blocked->finish;
    others('the lock is gone', 1, $server);
}
$waits_for_locks->stop;

# 8. Very many spaces of one controller, whose ids need escapes. The list is written while it is
# read from the database; it is complete and in order, and pages of the other protocol are small.
{
    $dbh->do(<<'SQL', undef, $lister->did, $MANY);
INSERT INTO was_spaces (space_uuid, space_id, controller)
SELECT 'many-' || md5(n::text), 'urn:x:' || n || '"', ? FROM generate_series(1, ?) n
SQL
    $dbh->do(<<'SQL', undef, $lister->did, $MANY / 10);
INSERT INTO was_pws_spaces (space_uuid, generation, controller, created_ms, updated_ms)
SELECT 'pws-' || lpad(n::text, 8, '0'), n, ?, 0, 0 FROM generate_series(1, ?) n
SQL
    $dbh->do('ANALYZE was_spaces, was_pws_spaces');
    my $rest = '","controller":"' . $lister->did . '"}';
    my ($expected, $length) = $dbh->selectrow_array(<<'SQL', undef, $rest, $lister->did);
SELECT md5(list), octet_length(list) FROM (
    SELECT '[' || string_agg(
        '{"id":"' || replace(space_id, '"', '\"') || ?, ',' ORDER BY space_uuid) || ']' AS list
    FROM was_spaces WHERE controller = ?) listed
SQL
    my $name = "lists of $MANY spaces";
    my $before = forget_peak();
    my $flood = WAS::Traffic->start(
        clients => 3,
        each => sub {
            my $client = $server->client($lister, timeout => 120);
            my ($took, $res) = timed(sub { $client->get('/spaces/') });
            my $md5 = Digest::MD5::md5_hex($res->body);
            my @got = ($res->status, $res->complete ? 1 : 0, length $res->body, $md5);
            return { got => \@got, took => $took };
        },
        least => 1);
    my $list =
        head('GET /spaces/ HTTP/1.1', 'Host: x', authorization_of($lister, GET => '/spaces/'));
    my $slow = read_slowly(2, $list);
    wait_for_connections($name, 2);
    others($name);
    my @records = $flood->finish;
    $slow->finish;
    is_deeply(
        [map { $_->{got} } @records], [([200, 1, $length, $expected]) x @records],
        "$name: each is whole, exact and in order");
    cmp_ok(scalar @records, '>=', 3, "$name: there were some");
    my @times = map { $_->{took} } @records;
    note sprintf '%s: %.1f MiB in %.1f s', $name, $length / MIB, percentile(0.5, @times);
    not_grown($name, $before, 60);

    my $pages = WAS::Zcap->new(
        base => $server->origin, key => $lister, timeout => 30,
        mount => '/pws', keepalive => 1);
    $name = 'pages of very many spaces';
    my ($next, @seen, @took) = ('/pws/spaces/?limit=1000');
    while (defined $next && @took < 2 * $MANY / 1000) {
        my ($took, $res) = timed(sub { $pages->get($next) });
        push @took, $took;
        my $text = $res->body;
        push @seen, $text =~ /"id":\s*"(pws-\d+)"/g;
        ($next) = $text =~ /"next":\s*"([^"]+)"/;
    }
    is(scalar @seen, $MANY / 10, "$name: all are there");
    is(
        "@seen[0, -1]", sprintf('pws-%08d pws-%08d', 1, $MANY / 10),
        "$name: from the first to the last");
    is(scalar(grep { $seen[$_ - 1] ge $seen[$_] } 1 .. $#seen), 0, "$name: in order");
    cmp_ok(percentile(0.95, @took), '<', SERVED, "$name: the last is as near as the first");
    note sprintf '%s: %d pages, 95 of 100 within %.3f s', $name, scalar @took,
        percentile(0.95, @took);
}

my @all = ($server->log, $waits_for_locks->log =~ s/^.*\b57014\b.*$//gmr);
my @errors = grep { /\[was:(?:error|crit|alert|emerg)\]/ } map { split /\n/ } @all;
is_deeply(\@errors, [], 'nothing at ERR but the statements that waited for a lock too long');
unlike("@all", qr/exit signal/, 'no child crashed');

done_testing;
