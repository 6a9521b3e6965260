# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a request costs, once its statement is prepared: one round trip to PostgreSQL, counted on the
# wire by a proxy between httpd and the server, and no look at any file. A big content costs a round
# trip for each piece, and no memory that the backend would have to ask the system for again.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use IO::Select ();
use IO::Socket::UNIX ();
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Citus;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $directory = File::Temp->newdir('wasXXXXXX', TMPDIR => 1);
my $real = WAS::Server::cluster()->socket_directory . '/.s.PGSQL.5432';
my $trips = "$directory/trips";

# Takes the complete messages off what a client has sent so far (PostgreSQL manual, 55.7); true for
# each that asks for an answer: Sync, and Query. A client's first message has no type.
sub asking {
    my ($state) = @_;
    my @asks;
    while (length $state->{sent} >= ($state->{begun} ? 5 : 8)) {
        my ($type, $length) =
            $state->{begun} ? unpack('aN', $state->{sent}) : ('', unpack 'N', $state->{sent});
        last if length $state->{sent} < $length + length $type;
        my $message = substr $state->{sent}, 0, $length + length $type, '';
        # Questions about encryption come before the start.
        $state->{begun} ||= unpack('x4N', $message) == 196608;
        push @asks, $type if $type =~ /[SQ]/;
    }
    return @asks;
}

sub serve_proxy {
    my ($listener) = @_;
    my $select = IO::Select->new($listener);
    my (%peer, %state);
    open my $log, '>>', $trips or die "$trips: $!";
    $log->autoflush(1);
    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                my $server = IO::Socket::UNIX->new(Peer => $real) or do { close $client; next };
                @peer{ $client, $server } = ($server, $client);
                $state{$client} = { sent => '' };
                $select->add($client, $server);
            }
            elsif (!$peer{$socket}) {
                next;    # the other side went away in this very round
            }
            elsif (sysread $socket, my $bytes, 1 << 16) {
                my $other = $peer{$socket};
                if (my $state = $state{$socket}) {
                    $state->{sent} .= $bytes;
                    print $log $_ for asking($state);
                }
                for (my $at = 0; $at < length $bytes;) {
                    $at += syswrite($other, $bytes, length($bytes) - $at, $at) // last;
                }
            }
            else {
                my $other = $peer{$socket};
                $select->remove($socket, $other);
                delete @peer{ $socket, $other };
                delete @state{ $socket, $other };
                close $_ for $socket, $other;
            }
        }
    }
}

my $listener = IO::Socket::UNIX->new(Local => "$directory/.s.PGSQL.5432", Listen => 10)
    or die "no socket: $!";
my $proxy = fork // die "fork: $!";
if ($proxy == 0) {
    eval { serve_proxy($listener) };
    POSIX::_exit(1);
}
close $listener;

END {
    if ($proxy) { local $?; kill KILL => $proxy; waitpid $proxy, 0 }
}

my $database = WAS::Server::create_database();
my $dsn = WAS::Server::cluster()->dsn($database) =~ s/host='[^']*'/host='$directory'/r;
# One connection, so that what has been prepared is prepared.
my $server =
    WAS::Server->start(mpm => 'event', dsn => $dsn, before => <<'BEFORE', config => <<'CONF');
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
MaxKeepAliveRequests 0
KeepAliveTimeout 60
BEFORE
DBDKeep 1
DBDMax 1
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
# Who sweeps looks once by that connection, and then not for a minute.
my $dbh = WAS::Server::dbh($database);
my $looked = sub { $dbh->selectrow_array(<<'SQL') };
SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'was_sweeps w '
    AND pid <> pg_backend_pid()
SQL
ok(eventually(10, $looked), 'what was deleted has been looked for');
WAS::Server::partition($database);
# What is distributed under it, it takes for what it was.
if (WAS::Citus::count()) {
    $server->stop;
    $server->start_again;
    ok(eventually(10, $looked), '... and there, too');
}
# That was its first statement, and others may follow.
my $is_quiet = sub {
    my $before = -s $trips;
    sleep 1;
    return (-s $trips) == $before;
};
ok(eventually(60, $is_quiet), '... to the end');

my $alice = WAS::Key->fresh;
my $client = $server->client($alice, keepalive => 1);
my @document = (
    body => encode_json({ controller => $alice->did, name => 'A space' }),
    type => 'application/json');
is($client->put('/space/s', @document)->status, 204, 'a space');
is($client->put('/space/s/x', body => 'x' x 1024)->status, 204, 'a resource');
my $etag = $client->get('/space/s/x')->header('ETag');

my @pws = (mount => '/pws', keepalive => 1);
my $holder = at($server->origin, $alice, @pws);
my $space = make_space($holder);
my %there = (x => 'x' x 1024, mine => 'x', again => 'x', found => 'x');
my $path = make_collection($holder, $space, 'c', \%there);
my $fed = make_collection($holder, $space, 'fed', { x => 'x' }) . '/query';
my $open = make_collection($holder, $space, 'open', { x => 'x' });
$holder->put("$open/x/chunks/0", type => 'text/plain', body => 'x');
put_due($holder, 201, "$open/policy", json => { type => 'PublicCanRead' });
my @nobody = (zcap => 0, sign => 0);
my $pws_etag = $holder->get("$path/x")->header('ETag');
my $delegate = at($server->origin, WAS::Key->fresh, @pws);
my $capability = delegate(
    $holder->space_url($space),
    by => $alice, to => $delegate->key, target => $holder->space_url($space),
    actions => [qw(GET HEAD PUT DELETE)]);
my @delegated = (zcap => { capability => $capability });

my @of = (type => 'text/plain', body => 'x');
my %fresh = (headers => ['If-None-Match' => '*']);
my %same = (headers => ['If-None-Match' => $etag]);
my %same_pws = (headers => ['If-None-Match' => $pws_etag]);
my %range = (headers => [Range => 'bytes=1-9']);
my $half = 'x' x (512 * 1024);

# Who asks, for what, and the answer. # is another number each time.
my $entry = '{"hmac":{"id":"i"},"attributes":[{"name":"n","value":"v","unique":true}]}';
my @found = (type => 'application/json', body => qq({"indexed":[$entry]}));
my @changes = (type => 'application/json', body => '{"profile":"changes"}');
my @cases = (
    ['GET', $client, [GET => '/space/s/x', sign => 0], 200],
    ['GET, signed', $client, [GET => '/space/s/x'], 200],
    ['GET of what the client has', $client, [GET => '/space/s/x', %same], 304],
    ['GET of a part', $client, [GET => '/space/s/x', %range], 206],
    ['HEAD', $client, [HEAD => '/space/s/x'], 200],
    ['GET of a space', $client, [GET => '/space/s'], 200],
    ['HEAD of a space', $client, [HEAD => '/space/s'], 200],
    ['list of spaces', $client, [GET => '/spaces/'], 200],
    ['PUT, new', $client, [PUT => '/space/s/new#', @of], 204],
    ['PUT, again', $client, [PUT => '/space/s/again', @of], 204],
    ['PUT of half a MiB', $client, [PUT => '/space/s/half', body => $half], 204],
    ['PUT with If-None-Match', $client, [PUT => '/space/s/if#', @of, %fresh], 204],
    ['POST', $client, [POST => '/space/s/post#', @of], 201],
    ['DELETE', $client, [DELETE => '/space/s/new#'], 204],
    ['PUT of a space', $client, [PUT => '/space/s', @document], 204],
    ['POST of a space', $client, [POST => '/spaces/', body => ''], 201],
    ['pws: GET', $holder, [GET => "$path/x"], 200],
    ['pws: GET by a delegate', $delegate, [GET => "$path/x", @delegated], 200],
    ['pws: GET by a policy', $holder, [GET => "$open/x", @nobody], 200],
    ['pws: GET of what the client has', $holder, [GET => "$path/x", %same_pws], 304],
    ['pws: GET of a part', $holder, [GET => "$path/x", %range], 206],
    ['pws: HEAD', $holder, [HEAD => "$path/x"], 200],
    ['pws: GET of a space', $holder, [GET => "/pws/space/$space/meta"], 200],
    ['pws: HEAD of a space', $holder, [HEAD => "/pws/space/$space/meta"], 200],
    ['pws: PUT, new', $holder, [PUT => "$path/new#", @of], 201],
    ['pws: PUT, again', $holder, [PUT => "$path/again", @of], 200],
    ['pws: PUT by a delegate', $delegate, [PUT => "$path/mine", @of, @delegated], 200],
    ['pws: PUT with If-None-Match', $holder, [PUT => "$path/if#", @of, %fresh], 201],
    ['pws: POST', $holder, [POST => "$path/", @of], 201],
    ['pws: PUT of what is found', $holder, [PUT => "$path/found", @found], 200],
    ['pws: DELETE', $holder, [DELETE => "$path/new#"], 204],
    ['pws: DELETE by a delegate', $delegate, [DELETE => "$path/if#", @delegated], 204],
    ['pws: changes', $holder, [GET => "$fed?profile=changes"], 200],
    ['pws: changes, to a delegate', $delegate, [GET => "$fed?profile=changes", @delegated], 200],
    ['pws: changes, by POST', $holder, [POST => $fed, @changes], 200],
    ['pws: PUT of a chunk, new', $holder, [PUT => "$path/x/chunks/#", @of], 204],
    ['pws: PUT of a chunk, again', $holder, [PUT => "$path/x/chunks/0", @of], 204],
    ['pws: GET of a chunk', $holder, [GET => "$path/x/chunks/0"], 200],
    ['pws: HEAD of a chunk', $holder, [HEAD => "$path/x/chunks/0"], 200],
    ['pws: GET of a chunk by a delegate', $delegate, [GET => "$path/x/chunks/0", @delegated], 200],
    ['pws: GET of a chunk by a policy', $holder, [GET => "$open/x/chunks/0", @nobody], 200],
    ['pws: DELETE of a chunk', $holder, [DELETE => "$path/x/chunks/#"], 204],
);
my %numbers;    # of a target, the last that was asked for with a method
for my $case (@cases) {
    my ($name, $who, $request, $status) = @$case;
    my ($method, $target, @options) = @$request;
    my $ask = sub {
        my $number = ++$numbers{"$method $target"};
        my $answer = $who->request($method => $target =~ s/#/$number/r, @options);
        is($answer->status, $status, "$name: answered");
    };
    $ask->();
    my $before = -s $trips;
    $ask->() for 1 .. 3;
    is((-s $trips) - $before, 3, "$name: one round trip");
}
# The collection, its first 4 resources, and 4 writes of each of 6 kinds; the 8 deletions took two,
# since a policy would have gone, too.
is_deeply(
    WAS::Server::dbh($database)->selectrow_arrayref(<<'SQL'),
SELECT k.position, k.resources FROM was_pws_counters k, was_pws_collections c
    WHERE k.space_uuid = c.space_uuid AND k.collection_generation = c.generation
    AND c.collection = 'c'
SQL
    [1 + 4 + 6 * 4 + 2 * 8, 4 + 4 + 4 + 4 - 8],
    'pws: every write was counted');

# A content of several pieces, read again and again, by a backend that has not written it.
my $size = 16 << 20;
is($client->put('/space/s/big', body => 'x' x $size)->status, 204, 'a big content');
my $backends = q(FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend');
is(
    $dbh->selectall_arrayref("SELECT pg_terminate_backend(pid, 5000) $backends")->[0][0], 1,
    'its backend is gone');
my $read =
    sub { is(length $client->get('/space/s/big', sign => 0)->body, $size, 'a big content: read') };
$read->() for 1 .. 2;
my ($backend) = $dbh->selectrow_array("SELECT pid $backends");
my $faults = sub { (split ' ', WAS::Server::slurp("/proc/$backend/stat") =~ s/.*\)//sr)[7] };
my ($trips_before, $faults_before) = (-s $trips, $faults->());
$read->() for 1 .. 4;
is(
    (-s $trips) - $trips_before, 4 * (1 + ($size >> 20)),
    'a round trip for each MiB');
cmp_ok(
    $faults->() - $faults_before, '<', 2000,
    'the backend keeps the memory of a piece for the next one');

# Files.
SKIP: {
    my ($child) = $server->children;
    my $trace = "$directory/strace";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>', "$directory/said";
        exec 'strace', '-f', '-qq', '-e', 'trace=%file,sendto,writev', '-p', $child, '-o', $trace
            or POSIX::_exit(127);
    }
    # It has attached when it sees something.
    my $sees = eventually(
        10,
        sub { $client->get('/space/s/x'); -s $trace || waitpid($pid, POSIX::WNOHANG()) == $pid }
    ) && -s $trace;
    skip 'strace is not here, or may not look at our processes: '
        . WAS::Server::slurp("$directory/said"), 1
        if !$sees;
    for my $number (1 .. 20) {
        $client->get('/space/s/x', sign => 0);
        $client->get('/space/s');
        $client->put('/space/s/again', body => 'x');
    }
    kill INT => $pid;
    waitpid $pid, 0;
    my @files = grep { !/\b(?:sendto|writev)\b|resumed>|exited/ } split /\n/,
        WAS::Server::slurp($trace);
    is_deeply(\@files, [], 'no file is looked at');
}
$server->stop;
unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'nothing at ERR');

done_testing;
