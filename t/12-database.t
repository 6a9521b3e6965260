# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A database that is not there, goes away, hangs, forgets, or has no room: every request is answered
# soon, with a 503 that may be tried again, what was confirmed is kept, and nobody has to restart
# anything. Runs on a PostgreSQL of its own.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually timed);

my $cluster = WAS::Cluster->throwaway("$ENV{WAS_RUN}/12-pg");

my $alice = WAS::Key->fresh;
my @document = (body => encode_json({ controller => $alice->did }), type => 'application/json');

# The waits in the connection string; a frozen server costs connect_timeout, or statement_timeout
# and the two seconds that we wait for it to be kept.
my $CONNECT = 2;
my $STATEMENT = 1;
my $ANSWER = $STATEMENT + 2;
# What a request may take beyond that on a busy machine.
my $SLACK = 0.8;

sub dsn {
    my ($database, $more) = @_;
    $more //= "options='-c statement_timeout=${STATEMENT}s'";
    return $cluster->dsn($database) =~ s/connect_timeout=\d+/connect_timeout=$CONNECT $more/r;
}

sub dbh {
    my ($database) = @_;
    require DBI;
    my $socket = $cluster->socket_directory;
    return DBI->connect("dbi:Pg:dbname=$database;host=$socket", 'was', '', { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
}

# One child, whose pool is all there is.
my $ONE_CHILD = <<'CONF';
ServerLimit 1
ThreadsPerChild 32
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
MaxKeepAliveRequests 0
CONF

sub serve {
    my ($dsn, %options) = @_;
    my $pool = $options{pool} // 8;
    return WAS::Server->start(mpm => 'event', dsn => $dsn, before => $ONE_CHILD, wait => $options{wait} // 1,
        config => ($options{config} // '') . "DBDKeep $pool\nDBDMax $pool\n");
}

sub errors_of {
    my ($server) = @_;
    return grep { /\[was:(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log;
}

# What is due whenever the database fails somebody.
sub is_unavailable {
    my ($name, $seconds, $call) = @_;
    my ($took, $response) = timed($call);
    my $problem = $response->problem // {};
    is($response->status, 503, "$name: 503") or diag $response->body;
    is($problem->{type}, 'https://wallet.storage/spec#service-unavailable', "$name: a problem document");
    like(scalar $response->header('Retry-After') // '', qr/\A[1-9]\d*\z/, "$name: Retry-After");
    cmp_ok($took, '<', $seconds + $SLACK, "$name: within $seconds s");
    return $response;
}

sub needs_no_database {
    my ($client, $name) = @_;
    for my $case ([GET => '/', 200], [OPTIONS => '/space/s/x', 204], [GET => '/spaces', 308], [PATCH => '/space/s', 405], [PUT => '/space/s', 401, sign => 0, @document]) {
        my ($method, $path, $status, @options) = @$case;
        my ($took, $response) = timed(sub { $client->request($method, $path, @options) });
        is($response->status, $status, "$name: $method $path is answered");
        cmp_ok($took, '<', 0.5, "$name: $method $path at once");
    }
    return;
}

# 1. Down when httpd starts.
$cluster->start('was');
$cluster->stop;
my ($took, $server) = timed(sub {
    my $server = serve(dsn('was'), wait => 0);
    eventually(20, sub { $server->log =~ /resuming normal operations/ }) or die $server->log;
    $server;
});
cmp_ok($took, '<', 5, 'down at the start: httpd starts');
is(scalar(errors_of($server)), 1, 'down at the start: one line at ERR');
like((errors_of($server))[0], qr/the database cannot be used yet, requests get 503 until it can: .*connect/, 'down at the start: which says so');
my $client = $server->client($alice);
is_unavailable("down at the start: @$_[0, 1]", 2.5, sub { $client->request(@$_) })
    for [GET => '/health'], [PUT => '/space/s', @document], [GET => '/space/s/x'], [GET => '/spaces/'], [PUT => '/space/s/x', body => 'x' x (2 << 20)];
needs_no_database($client, 'down at the start');
sleep 1.1;
$cluster->start_again;
is($client->put('/space/s', @document)->status, 204, 'then it comes: the first request works');
my $dbh = dbh('was');
my ($version) = WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~ /WAS_SCHEMA_VERSION = (\d+)/;
is($dbh->selectrow_array('SELECT max(version) FROM was_schema_version'), $version, 'and has made the schema');
is($client->put('/space/s/x', body => 'stored')->status, 204, 'and all goes on');

# 2. Stopped and started under traffic.
sub traffic {
    my ($server) = @_;
    return WAS::Traffic->start(clients => 4, pause => 0.01, each => sub {
        my ($number, $turn) = @_;
        our $kept;
        $kept //= $server->client($alice, keepalive => 1, timeout => 15);
        my @request = $turn % 2 ? (GET => "/space/s/c$number") : (PUT => "/space/s/c$number", body => "turn $turn");
        my $response = $kept->request(@request);
        return { method => $request[0], turn => $turn, status => $response->status, body => $response->body,
            retry => $response->header('Retry-After') ? 1 : 0 };
    });
}

for my $mode (qw(fast immediate)) {
    my $traffic = traffic($server);
    sleep 0.7;
    my $down = time;
    $cluster->stop($mode);
    my $stopped = time;
    sleep 1;
    $cluster->start_again;
    my $up = time;
    sleep 2;
    my @records = $traffic->finish;
    my $name = "stopped ($mode) and started under traffic";
    is_deeply([grep { $_->{died} || $_->{status} !~ /\A(?:200|204|503)\z/ } @records], [], "$name: an answer to every request, and no other failure than 503");
    my @failed = grep { $_->{status} == 503 } @records;
    cmp_ok(scalar(@failed), '>', 0, "$name: 503 meanwhile");
    is(scalar(grep { !$_->{retry} } @failed), 0, "$name: each with Retry-After");
    my ($slowest) = sort { $b <=> $a } map { $_->{end} - $_->{begin} } @records;
    cmp_ok($slowest, '<', 2.5, "$name: nobody waited longer than 2.5 s");
    is_deeply([grep { $_->{begin} < $down && $_->{end} < $down && $_->{status} == 503 } @records], [], "$name: none before");
    is_deeply([grep { $_->{begin} > $up && $_->{status} == 503 } @records], [], "$name: none once it is up again");
    cmp_ok(scalar(grep { $_->{begin} > $up } @records), '>', 40, "$name: and there were many requests then");
    is(scalar(grep { $_->{status} == 200 && $_->{begin} > $stopped && $_->{end} < $up - 0.9 } @records), 0, "$name: nothing was answered without a database");
    my @lost;
    for my $number (0 .. 3) {
        my @puts = grep { $_->{client} == $number && $_->{method} eq 'PUT' } @records;
        my ($last) = map { $_->{turn} } grep { $_->{status} == 204 } reverse @puts;
        my @may = ($last, map { $_->{turn} } grep { $_->{turn} > $last && $_->{body} =~ /nobody knows/ } @puts);
        my $is = $client->get("/space/s/c$number")->body;
        push @lost, "client $number: $is, not @may" if !grep { $is eq "turn $_" } @may;
        # A client that reads sees what it has written last.
        my $expected;
        for my $record (grep { $_->{client} == $number } @records) {
            if ($record->{method} eq 'PUT') {
                $expected = $record->{status} == 204 ? "turn $record->{turn}" : undef;
            }
            elsif ($record->{status} == 200 && defined $expected && $record->{body} ne $expected) {
                push @lost, "client $number read $record->{body}, not $expected";
            }
        }
    }
    is_deeply(\@lost, [], "$name: what was confirmed is there");
}

# 3. Connections that die while nobody uses them.
$dbh = dbh('was');
my $pooled = q(FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'was' AND backend_type = 'client backend');
sub in_parallel {
    my ($clients, $times, $each) = @_;
    return [map { $_->{died} // $_->{status} } WAS::Traffic->run(clients => $clients, times => $times, each => $each)];
}
my $both = sub {
    my ($number, $turn) = @_;
    my $client = $server->client($alice);
    return { status => join ' ', $client->put("/space/s/p$number", body => $turn)->status, $client->get("/space/s/p$number")->status };
};
for my $round (1 .. 3) {
    is_deeply(in_parallel(8, 2, $both), [('204 200') x 16], "all connections cut while idle, round $round: before");
    cmp_ok($dbh->selectrow_array("SELECT count(pg_terminate_backend(pid)) $pooled"), '>', 0, "all connections cut while idle, round $round: cut");
    # A signal is not yet an end: while one lives, what is sent to it may or may not be done.
    for (1 .. 100) {
        last if !$dbh->selectrow_array("SELECT count(*) $pooled");
        sleep 0.05;
    }
    is_deeply(in_parallel(8, 2, $both), [('204 200') x 16], "all connections cut while idle, round $round: no request fails");
}
{
    my $restless = serve(dsn('was', "options='-c idle_session_timeout=300'"), pool => 2);
    my $client = $restless->client($alice);
    my @statuses = map { sleep 0.6; $client->put('/space/s/idle', body => $_)->status } 1 .. 3;
    is("@statuses", '204 204 204', 'idle_session_timeout: no request fails');
}

# 4. Tables that change behind our back.
my %every = (
    'GET /space' => sub { $_[0]->get('/space/s')->status },
    'PUT /space' => sub { $_[0]->put('/space/s', @document)->status },
    'GET' => sub { $_[0]->get('/space/s/x')->status },
    'PUT' => sub { $_[0]->put('/space/s/x', body => 'stored')->status },
    'PUT big' => sub { $_[0]->put('/space/s/big', body => 'x' x (2 << 20))->status },
    'GET big' => sub { my $r = $_[0]->get('/space/s/big'); $r->complete && length $r->body == 2 << 20 ? $r->status : 'short' },
    'list' => sub { $_[0]->get('/spaces/')->status },
    'DELETE' => sub { $_[0]->delete('/space/s/nothing')->status },
);
my %due = ('GET /space' => 200, 'PUT /space' => 204, GET => 200, PUT => 204, 'PUT big' => 204, 'GET big' => 200, list => 200, DELETE => 204);
my @order = ('PUT', 'GET', 'PUT big', 'GET big', 'PUT /space', 'GET /space', 'list', 'DELETE');
sub all_work {
    my ($client, $name) = @_;
    is_deeply({ map { $_ => $every{$_}->($client) } @order }, \%due, $name);
    return;
}
my $single = serve(dsn('was'), pool => 1);
$client = $single->client($alice);
all_work($client, 'tables that change: before');
for my $sql (
    'ALTER TABLE was_resources ADD COLUMN extra text', 'ALTER TABLE was_spaces ADD COLUMN extra integer DEFAULT 3',
    'ALTER TABLE was_resources ALTER COLUMN content_type TYPE varchar(255)', 'ALTER TABLE was_resources ALTER COLUMN content_type TYPE text',
    'ALTER TABLE was_resources DROP COLUMN extra; ALTER TABLE was_spaces DROP COLUMN extra', 'VACUUM FULL was_resources', 'REINDEX TABLE was_spaces',
) {
    $dbh->do($sql);
    all_work($client, "tables that change: $sql");
}
is_deeply([errors_of($single)], [], 'tables that change: nothing at ERR');

# 5. Others use the same pool.
SKIP: {
    my $modules = (WAS::Server::slurp("$ENV{WAS_RUN}/t/conf/modules.conf") =~ m{(\S+)/mod_dbd\.so})[0];
    skip 'mod_lua is not here', 1 if !-e "$modules/mod_lua.so";
    my $scripts = "$ENV{WAS_RUN}/private";
    my $lua = "$scripts/12-sql.lua";
    open my $file, '>', $lua or die "$lua: $!";
    print $file <<'LUA';
function handle(r)
    local db, problem = r:dbacquire("mod_dbd")
    if not db then r:puts(problem) return apache2.OK end
    local sql = r:unescape(r.args)
    if sql:find("^SHOW") then
        -- Leaves the answer unread.
        db:select(r, sql)
    else
        db:query(r, sql)
    end
    return apache2.OK
end
LUA
    close $file;
    my $config = <<"CONF";
LoadModule lua_module "$modules/mod_lua.so"
Alias "/sql" "$lua"
<Location "/sql">
    SetHandler lua-script
    Require all granted
</Location>
<Directory "$scripts">
    Require all granted
</Directory>
CONF
    my $other = sub { my ($server, $sql) = @_; $server->client->get('/sql?' . $sql =~ s/ /%20/gr)->body };
    my $shared = serve(dsn('was'), pool => 1, config => $config);
    my $client = $shared->client($alice);
    all_work($client, 'a shared pool: before');
    for my $sql ('DEALLOCATE ALL', 'DISCARD ALL', 'DISCARD TEMP', 'DISCARD PLANS', 'RESET ALL', 'SET search_path = nowhere',
        'BEGIN', 'SHOW all', 'START TRANSACTION READ ONLY', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'SELECT nothing') {
        $other->($shared, $sql);
        all_work($client, "a shared pool: $sql by another module");
        $dbh->do('DELETE FROM was_resources');
        is($client->put('/space/s/x', body => "after $sql")->status, 204, "a shared pool: $sql: a write");
        is($dbh->selectrow_array('SELECT convert_from(content, ?) FROM was_resources WHERE path = ?', undef, 'UTF8', '/x'), "after $sql", "a shared pool: $sql: others see it");
        $other->($shared, $sql);
        is($client->put('/space/s/x', body => "again after $sql")->status, 204, "a shared pool: $sql: a write first of all");
        is($dbh->selectrow_array('SELECT convert_from(content, ?) FROM was_resources WHERE path = ?', undef, 'UTF8', '/x'), "again after $sql", "a shared pool: $sql: others see that too");
    }
    is_deeply([errors_of($shared)], [], 'a shared pool: nothing at ERR');

    # The statement_timeout that holds.
    $dbh->do('CREATE TABLE said (text text); CREATE ROLE patient LOGIN SUPERUSER; ALTER ROLE patient SET statement_timeout = 7000');
    for my $case (
        ['nobody says anything', dsn('was', ''), '30s'],
        ['the connection string', dsn('was'), '1s'],
        ['the role', dsn('was', '') =~ s/user=was/user=patient/r, '7s'],
        ['the connection string over the role', dsn('was') =~ s/user=was/user=patient/r, '1s'],
    ) {
        my ($who, $dsn, $expected) = @$case;
        my $server = serve($dsn, pool => 1, config => $config);
        is($server->client($alice)->get('/health')->status, 200, "statement_timeout, $who: used once");
        $other->($server, q(INSERT INTO said VALUES (current_setting('statement_timeout'))));
        is_deeply($dbh->selectcol_arrayref('DELETE FROM said RETURNING text'), [$expected], "statement_timeout, $who: $expected");
    }
}

# 6. Statements that take too long, and answers that never come.
my $locker = dbh('was');
sub while_locked {
    my ($call) = @_;
    $locker->begin_work;
    $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
    my $result = $call->();
    $locker->rollback;
    return $result;
}

# Calls while the table is locked, and does something to the backend that waits for the lock.
my $waiting = q(SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'was');
sub while_waiting {
    my ($call, $do) = @_;
    my $traffic = WAS::Traffic->start(times => 1, each => sub {
        my $response = $call->();
        return { status => $response->status, body => $response->body, retry => scalar $response->header('Retry-After') };
    });
    my $pid = eventually(3, sub { ($dbh->selectrow_array($waiting))[0] }) or die 'nobody waits';
    my $begin = time;
    $do->($pid);
    my ($record) = $traffic->finish(patient => 1);
    return ($record, time - $begin);
}

$server = serve(dsn('was'));
$client = $server->client($alice);
all_work($client, 'a lock: before');
$dbh->do('CREATE TABLE done (what text)');
while_locked(sub {
    is_unavailable("a lock: @$_[0, 1]", $STATEMENT, sub { $client->request(@$_) })
        for [GET => '/space/s/x'], [PUT => '/space/s/x', body => 'late'], [DELETE => '/space/s/x'], [PUT => '/space/s/big', body => 'y' x (2 << 20)];
    my ($took, $response) = timed(sub { $client->get('/space/s') });
    is($response->status, 200, 'a lock: what does not need the table is answered');
    cmp_ok($took, '<', 0.5, 'a lock: at once');
});
is($client->get('/space/s/x')->body, 'stored', 'a lock: what got 503 has not been done');
all_work($client, 'a lock: service after it');
like(join("\n", errors_of($server)), qr/UNAVAILABLE was_RESOURCE_PUT: PostgreSQL says 57014/, 'a lock: the log says what PostgreSQL said');

my $uncertain = qr/nobody knows/;
my $logged = scalar(errors_of($server));
my ($record) = while_locked(sub {
    [while_waiting(sub { $client->put('/space/s/x', body => 'lost') }, sub { $dbh->do('SELECT pg_terminate_backend(?)', undef, $_[0]) })];
})->[0];
is($record->{status}, 503, 'a write whose connection dies: 503');
like($record->{body}, $uncertain, 'a write whose connection dies: the body says that nobody knows');
is($record->{retry}, 1, 'a write whose connection dies: Retry-After');
like((errors_of($server))[-1], qr/UNCERTAIN was_RESOURCE_PUT: connection lost/, 'a write whose connection dies: the log says so');
is(scalar(errors_of($server)), $logged + 1, 'a write whose connection dies: once');
($record) = @{ while_locked(sub {
    [while_waiting(sub { $client->put('/space/s/x', body => 'z' x (2 << 20)) }, sub { $dbh->do('SELECT pg_terminate_backend(?)', undef, $_[0]); $locker->rollback; $locker->begin_work })];
}) };
is($record->{status}, 204, 'a big write whose connection dies before the COMMIT: done by the second try');
$client->put('/space/s/x', body => 'stored');
($record) = @{ while_locked(sub {
    [while_waiting(sub { $client->get('/space/s/x') }, sub { $dbh->do('SELECT pg_terminate_backend(?)', undef, $_[0]); $locker->rollback; $locker->begin_work })];
}) };
is($record->{status} . ' ' . $record->{body}, '200 stored', 'a read whose connection dies: done by the second try');

# A backend that stops in the middle of its work.
for my $case (['a read', sub { $client->get('/space/s/x') }, qr/Service Unavailable/], ['a write', sub { $client->put('/space/s/x', body => 'late') }, $uncertain]) {
    my ($name, $call, $body) = @$case;
    my $frozen;
    my ($record, $took) = @{ while_locked(sub { [while_waiting($call, sub { kill STOP => $frozen = $_[0] })] }) };
    is($record->{status}, 503, "a backend that hangs in $name: 503");
    like($record->{body}, $body, "a backend that hangs in $name: the body says what is known");
    cmp_ok($took, '<', $ANSWER + $SLACK, "a backend that hangs in $name: within $ANSWER s");
    all_work($client, "a backend that hangs in $name: the others work on");
    kill CONT => $frozen;
    ok(eventually(3, sub { !kill 0 => $frozen }), "a backend that hangs in $name: it ends when it can");
    all_work($client, "a backend that hangs in $name: service after");
}

# 7. A server that hangs as a whole, and more clients than connections.
{
    my $asks = sub { return { status => $server->client($alice, timeout => 60)->get('/space/s/x')->status } };
    is_deeply(in_parallel(8, 4, $asks), [(200) x 32], 'a server that hangs: before');
    my @pids = reverse $cluster->processes;
    cmp_ok(scalar(@pids), '>', 6, 'a server that hangs: its processes');
    kill STOP => @pids;
    # Those who have a connection wait for its answer, those behind them for another connection.
    for my $case (['first', $ANSWER + $CONNECT], ['then', $CONNECT], ['and then', $CONNECT]) {
        my ($when, $bound) = @$case;
        my @records = WAS::Traffic->run(clients => 16, times => 1, each => $asks);
        my @took = sort { $a <=> $b } map { $_->{end} - $_->{begin} } @records;
        is_deeply([map { $_->{status} // $_->{died} } @records], [(503) x 16], "a server that hangs, $when: 503");
        cmp_ok($took[-1], '<', $bound + $SLACK, "a server that hangs, $when: each of 16 at once within $bound s");
        note "a server that hangs, $when: ", join ' ', map { sprintf '%.1f', $_ } @took;
        needs_no_database($client, "a server that hangs, $when") if $when eq 'first';
    }
    my $requests = WAS::Traffic->start(clients => 16, each => $asks);
    sleep 0.5;
    needs_no_database($client, 'a server that hangs, under way');
    kill CONT => @pids;
    my $thawed = time;
    sleep 3;
    my @records = $requests->finish;
    my ($first) = sort { $a <=> $b } map { $_->{end} } grep { $_->{status} == 200 } @records;
    cmp_ok($first - $thawed, '<', 2.5, 'a server that hangs: service soon after it goes on');
    is_deeply([grep { $_->{begin} > $first && $_->{status} != 200 } @records], [], 'a server that hangs: and then no request fails');
    all_work($client, 'a server that hangs: service after');
}

# 8. No connection left.
$dbh->disconnect;
$locker->disconnect;
$server->stop;
$single->stop;
my $admin = dbh('postgres');
$admin->do("ALTER SYSTEM SET $_") for 'max_connections = 12', 'superuser_reserved_connections = 0', 'max_wal_senders = 0';
$admin->disconnect;
$cluster->stop;
$cluster->start_again;
{
    my @hogs;
    my $hog = sub { while (@hogs < 50) { push @hogs, eval { dbh('was') } // last } scalar @hogs };
    my $server = serve(dsn('was'), pool => 2);
    my $client = $server->client($alice);
    all_work($client, 'no connection left: before');
    cmp_ok($hog->(), '>', 5, 'no connection left: others have them');
    all_work($client, 'no connection left: those that we have go on working');
    is($hogs[0]->selectrow_array("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name <> ? AND pid <> ALL (?) AND datname = 'was'", undef, 'hog', [map { $_->{pg_pid} } @hogs]) > 0, 1, 'no connection left: ours are cut');
    eventually(2, sub { $hogs[0]->selectrow_array("SELECT count(*) FROM pg_stat_activity WHERE datname = 'was'") == @hogs });
    $hog->();
    is_unavailable("no connection left: @$_[0, 1]", $CONNECT, sub { $client->request(@$_) })
        for [GET => '/space/s/x'], [PUT => '/space/s/x', body => 'x'], [GET => '/health'];
    $_->disconnect for @hogs;
    @hogs = ();
    all_work($client, 'no connection left: service when there are some');
    $server->stop;
    my @first = map { dbh('was') } 1 .. 1;
    $hog->();
    $server->start_again;
    is_unavailable('no connection left at the start', $CONNECT, sub { $client->get('/space/s/x') });
    $_->disconnect for @hogs, @first;
    ok(eventually(2, sub { $client->get('/space/s/x')->status == 200 }), 'no connection left at the start: service when there are some');
}

done_testing;
