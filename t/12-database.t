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
use WAS::Proxy;
use WAS::Server;
use WAS::Traffic qw(eventually timed);

my $cluster = WAS::Cluster->throwaway("$ENV{WAS_RUN}/12-pg");

my $alice = WAS::Key->fresh;
my @document = (body => encode_json({ controller => $alice->did }), type => 'application/json');

# The waits in the connection string; a frozen server costs connect_timeout, or statement_timeout
# and the two seconds that we wait for it to be kept. Where nobody waits for the end of a statement,
# it may take longer than a busy machine keeps a backend from its work.
my $CONNECT = 2;
my $STATEMENT = 20;
my $SHORT = 5;
my $ANSWER = $SHORT + 2;
# What a request may take beyond that on a busy machine: what is excluded is a wait of 30 s, or one
# without an end.
my $SLACK = 10;

sub dsn {
    my ($database, $more) = @_;
    $more //= "options='-c statement_timeout=${STATEMENT}s'";
    return $cluster->dsn($database) =~ s/connect_timeout=\d+/connect_timeout=$CONNECT $more/r;
}

sub dbh {
    my ($database) = @_;
    require DBI;
    my $socket = $cluster->socket_directory;
    my %how = (RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1);
    return DBI->connect("dbi:Pg:dbname=$database;host=$socket", 'was', '', \%how);
}

# One child, whose pool is all there is.
my $POOL = 8;
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
    my $pool = $options{pool} // $POOL;
    my $config = ($options{config} // '') . "DBDKeep $pool\nDBDMax $pool\n";
    my %start = (mpm => 'event', before => $ONE_CHILD, wait => $options{wait} // 1);
    return WAS::Server->start(%start, dsn => $dsn, config => $config);
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
    my $type = 'https://wallet.storage/spec#service-unavailable';
    is($problem->{type}, $type, "$name: a problem document");
    like(scalar $response->header('Retry-After') // '', qr/\A[1-9]\d*\z/, "$name: Retry-After");
    cmp_ok($took, '<', $seconds + $SLACK, "$name: within $seconds s");
    return $response;
}

# The same of each of some requests.
sub are_unavailable {
    my ($name, $seconds, $client, @requests) = @_;
    for my $request (@requests) {
        is_unavailable("$name: @$request[0, 1]", $seconds, sub { $client->request(@$request) });
    }
    return;
}

my @without_database = (
    [GET => '/', 200],
    [OPTIONS => '/space/s/x', 204],
    [GET => '/spaces', 308],
    [PATCH => '/space/s', 405],
    [PUT => '/space/s', 401, sign => 0, @document],
);

sub needs_no_database {
    my ($client, $name) = @_;
    for my $case (@without_database) {
        my ($method, $path, $status, @options) = @$case;
        my ($took, $response) = timed(sub { $client->request($method, $path, @options) });
        is($response->status, $status, "$name: $method $path is answered");
        cmp_ok($took, '<', $SLACK, "$name: $method $path at once");
    }
    return;
}

# None of the records is such a one.
sub no_record {
    my ($is_so, $records, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply([grep { $is_so->() } @$records], [], $name);
}

my $BIG = 'x' x (2 << 20);

# 1. Down when httpd starts.
$cluster->start('was');
$cluster->stop;
my ($took, $server) = timed(sub {
    my $server = serve(dsn('was'), wait => 0);
    my $runs = sub { return $server->log =~ /resuming normal operations/ };
    eventually(20, $runs) or die $server->log;
    return $server;
});
cmp_ok($took, '<', 5, 'down at the start: httpd starts');
is(scalar(errors_of($server)), 1, 'down at the start: one line at ERR');
my $not_yet = qr/the database cannot be used yet, requests get 503 until it can: .*connect/;
like((errors_of($server))[0], $not_yet, 'down at the start: which says so');
my $client = $server->client($alice);
are_unavailable(
    'down at the start', 2.5, $client,
    [GET => '/health'],
    [PUT => '/space/s', @document],
    [GET => '/space/s/x'],
    [GET => '/spaces/'],
    [PUT => '/space/s/x', body => $BIG],
);
needs_no_database($client, 'down at the start');
# A pool that could not connect does not try again within a second.
sleep 1.1;
$cluster->start_again;
is($client->put('/space/s', @document)->status, 204, 'then it comes: the first request works');
my $dbh = dbh('was');
my $header = WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h");
my ($version) = $header =~ /WAS_SCHEMA_VERSION = (\d+)/;
my ($made) = $dbh->selectrow_array('SELECT max(version) FROM was_schema_version');
is($made, $version, 'and has made the schema');
is($client->put('/space/s/x', body => 'stored')->status, 204, 'and all goes on');

# 2. Stopped and started under traffic.
sub traffic {
    my ($server) = @_;
    my $each = sub {
        my ($number, $turn) = @_;
        our $kept;
        $kept //= $server->client($alice, keepalive => 1, timeout => 15);
        my ($method, @body) = $turn % 2 ? 'GET' : ('PUT', body => "turn $turn");
        my $response = $kept->request($method => "/space/s/c$number", @body);
        my $retry = $response->header('Retry-After') ? 1 : 0;
        my %seen = (method => $method, turn => $turn, retry => $retry);
        return { %seen, status => $response->status, body => $response->body };
    };
    return WAS::Traffic->start(clients => 4, pause => 0.01, each => $each);
}

# Until every client has stored something as many turns later. Where the database is not back yet,
# nobody knows what turn it is.
sub wait_for_turns {
    my ($server, $more) = @_;
    my $client = $server->client($alice);
    my $turn = sub {
        my $answer = $client->get("/space/s/c$_[0]");
        return if $answer->status == 503;
        return ($answer->body =~ /\Aturn (\d+)\z/)[0] // 0;
    };
    my $turns = sub {
        map { scalar $turn->($_) } 0 .. 3;
    };
    my @before;
    my $known = sub {
        !grep { !defined } @before = $turns->();
    };
    my $are_due = sub {
        my ($turns_more) = @_;
        my @now = $turns->();
        return 0 if grep { ($now[$_] // 0) < $before[$_] + $turns_more } 0 .. 3;
        @before = @now;
        return 1;
    };
    # What is stored first may be of before an outage, whose turns in vain are not to count.
    eventually(30, $known)
        && eventually(30, sub { $are_due->(1) })
        && eventually(30, sub { $are_due->($more) })
        or die 'no traffic';
    return;
}

# What a client may read at the end: what was confirmed last, and what nobody knows after it.
sub may_be_stored {
    my (@puts) = @_;
    my ($last) = map { $_->{turn} } grep { $_->{status} == 204 } reverse @puts;
    my @unknown = grep { $_->{turn} > $last && $_->{body} =~ /nobody knows/ } @puts;
    return ($last, map { $_->{turn} } @unknown);
}

# What is stored and was not confirmed, and what a client that reads has not seen of its own writes.
sub lost_writes {
    my ($client, @records) = @_;
    my @lost;
    for my $number (0 .. 3) {
        my @mine = grep { $_->{client} == $number } @records;
        my @may = may_be_stored(grep { $_->{method} eq 'PUT' } @mine);
        my $is = $client->get("/space/s/c$number")->body;
        push @lost, "client $number: $is, not @may" if !grep { $is eq "turn $_" } @may;
        my $expected;
        for my $record (@mine) {
            if ($record->{method} eq 'PUT') {
                $expected = $record->{status} == 204 ? "turn $record->{turn}" : undef;
            }
            elsif ($record->{status} == 200 && defined $expected && $record->{body} ne $expected) {
                push @lost, "client $number read $record->{body}, not $expected";
            }
        }
    }
    return @lost;
}

for my $mode (qw(fast immediate)) {
    $client->delete("/space/s/c$_") for 0 .. 3;
    my $traffic = traffic($server);
    wait_for_turns($server, 20);
    my $down = time;
    $cluster->stop($mode);
    my $stopped = time;
    # Requests are to come in vain for some time, and none is answered when it must not be.
    sleep 1;
    my $starts = time;
    $cluster->start_again;
    my $up = time;
    wait_for_turns($server, 20);
    my @records = $traffic->finish;
    my $name = "stopped ($mode) and started under traffic";
    my $other = sub { $_->{died} || $_->{status} !~ /\A(?:200|204|503)\z/ };
    no_record(
        $other, \@records,
        "$name: an answer to every request, and no other failure than 503");
    my @failed = grep { $_->{status} == 503 } @records;
    cmp_ok(scalar(@failed), '>', 0, "$name: 503 meanwhile");
    is(scalar(grep { !$_->{retry} } @failed), 0, "$name: each with Retry-After");
    my ($slowest) = sort { $b <=> $a } map { $_->{end} - $_->{begin} } @records;
    cmp_ok($slowest, '<', $SLACK, "$name: nobody waited longer than $SLACK s");
    no_record(sub { $_->{begin} < $down && $_->{end} < $down }, \@failed, "$name: none before");
    no_record(sub { $_->{begin} > $up }, \@failed, "$name: none once it is up again");
    my $after = grep { $_->{begin} > $up } @records;
    cmp_ok($after, '>', 40, "$name: and there were many requests then");
    my @served =
        grep { $_->{status} == 200 && $_->{begin} > $stopped && $_->{end} < $starts } @records;
    is(scalar @served, 0, "$name: nothing was answered without a database");
    is_deeply([lost_writes($client, @records)], [], "$name: what was confirmed is there");
}

# 3. Connections that die while nobody uses them.
$dbh = dbh('was');
my $pooled = q(FROM pg_stat_activity WHERE pid <> pg_backend_pid()
    AND datname = 'was' AND backend_type = 'client backend');

# Ends such backends; returns their pids.
sub end_those {
    my ($which) = @_;
    return $dbh->selectcol_arrayref("SELECT pid, pg_terminate_backend(pid) $which");
}

sub are_gone {
    my ($pids) = @_;
    my $ALIVE = 'SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (?)';
    return !$dbh->selectrow_array($ALIVE, undef, $pids);
}

sub in_parallel {
    my ($clients, $times, $each) = @_;
    my @records = WAS::Traffic->run(clients => $clients, times => $times, each => $each);
    return [map { $_->{died} // $_->{status} } @records];
}
my $both = sub {
    my ($number, $turn) = @_;
    my $client = $server->client($alice);
    my $put = $client->put("/space/s/p$number", body => $turn);
    return { status => join ' ', $put->status, $client->get("/space/s/p$number")->status };
};
for my $round (1 .. 3) {
    my $name = "all connections cut while idle, round $round";
    my @fine = ('204 200') x 16;
    is_deeply(in_parallel(8, 2, $both), \@fine, "$name: before");
    my $cut = end_those($pooled);
    cmp_ok(scalar(@$cut), '>', 0, "$name: cut");
    # A signal is not yet an end: while one lives, what is sent to it may or may not be done.
    ok(eventually(60, sub { are_gone($cut) }), "$name: gone");
    is_deeply(in_parallel(8, 2, $both), \@fine, "$name: no request fails");
}
{
    my $restless_ones = "$pooled AND application_name = 'restless'";
    my $settings = "application_name=restless options='-c idle_session_timeout=3000'";
    my $restless = serve(dsn('was', $settings), pool => 2);
    my $client = $restless->client($alice);
    my @statuses;
    for my $turn (1 .. 3) {
        push @statuses, $client->put('/space/s/idle', body => $turn)->status;
        my $ended = sub { return !$dbh->selectrow_array("SELECT count(*) $restless_ones") };
        eventually(60, $ended) or die 'PostgreSQL ended no session';
    }
    is("@statuses", '204 204 204', 'idle_session_timeout: no request fails');
}
# A session says that it ends before its connection does, which may take a while.
my $proxy = WAS::Proxy->new(
    $cluster->socket_directory . '/.s.PGSQL.5432',
    lingers => 1, tells => qr/57P01/);
my @to_proxy = ('host=127.0.0.1', 'port=' . $proxy->port, 'user=was', 'dbname=was');
my $limit = "connect_timeout=$CONNECT options='-c statement_timeout=${STATEMENT}s'";
my $told = serve("@to_proxy $limit application_name=lingering", pool => 2);
{
    my $client = $told->client($alice);
    my $lingering = "$pooled AND application_name = 'lingering'";
    for my $round (1 .. 3) {
        my $put = sub { return $client->put('/space/s/lingers', body => $round)->status };
        is($put->(), 204, "told that its sessions end, round $round: before");
        my $ended = end_those($lingering);
        my $said = eventually(60, sub { are_gone($ended) });
        $said &&= $proxy->wait_for_told(scalar @$ended);
        ok($said, "told that its sessions end, round $round: they do");
        is($put->(), 204, "told that its sessions end, round $round: no request fails");
    }
}

# 4. Tables that change behind our back.
my %every = (
    'GET /space' => sub { $_[0]->get('/space/s')->status },
    'PUT /space' => sub { $_[0]->put('/space/s', @document)->status },
    'GET' => sub { $_[0]->get('/space/s/x')->status },
    'PUT' => sub { $_[0]->put('/space/s/x', body => 'stored')->status },
    'PUT big' => sub { $_[0]->put('/space/s/big', body => $BIG)->status },
    'GET big' => sub {
        my $response = $_[0]->get('/space/s/big');
        return $response->complete && $response->body eq $BIG ? $response->status : 'short';
    },
    'list' => sub { $_[0]->get('/spaces/')->status },
    'DELETE' => sub { $_[0]->delete('/space/s/nothing')->status },
);
my %due = (
    'GET /space' => 200,
    'PUT /space' => 204,
    'GET' => 200,
    'PUT' => 204,
    'PUT big' => 204,
    'GET big' => 200,
    'list' => 200,
    'DELETE' => 204,
);
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
    'ALTER TABLE was_resources ADD COLUMN extra text',
    'ALTER TABLE was_spaces ADD COLUMN extra integer DEFAULT 3',
    'ALTER TABLE was_resources ALTER COLUMN content_type TYPE varchar(255)',
    'ALTER TABLE was_resources ALTER COLUMN content_type TYPE text',
    'ALTER TABLE was_resources DROP COLUMN extra; ALTER TABLE was_spaces DROP COLUMN extra',
    'VACUUM FULL was_resources',
    'REINDEX TABLE was_spaces',
) {
    $dbh->do($sql);
    all_work($client, "tables that change: $sql");
}
is_deeply([errors_of($single)], [], 'tables that change: nothing at ERR');

# 5. Others use the same pool.
SKIP: {
    my $modules = WAS::Server::modules_directory();
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
    my $other = sub {
        my ($server, $sql) = @_;
        return $server->client->get('/sql?' . $sql =~ s/ /%20/gr)->body;
    };
    my $shared = serve(dsn('was'), pool => 1, config => $config);
    my $client = $shared->client($alice);
    all_work($client, 'a shared pool: before');
    my $STORED = q(SELECT convert_from(content, 'UTF8') FROM was_resources WHERE path = '/x');
    my @leftovers = (
        'DEALLOCATE ALL', 'DISCARD ALL', 'DISCARD TEMP', 'DISCARD PLANS', 'RESET ALL',
        'SET search_path = nowhere', 'BEGIN', 'SHOW all', 'START TRANSACTION READ ONLY',
        'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'SELECT nothing',
    );
    for my $sql (@leftovers) {
        my $name = "a shared pool: $sql";
        my $put = sub { return $client->put('/space/s/x', body => $_[0])->status };
        my $stored = sub { return scalar $dbh->selectrow_array($STORED) };
        $other->($shared, $sql);
        all_work($client, "$name by another module");
        $dbh->do('DELETE FROM was_resources');
        is($put->("after $sql"), 204, "$name: a write");
        is($stored->(), "after $sql", "$name: others see it");
        $other->($shared, $sql);
        is($put->("again after $sql"), 204, "$name: a write first of all");
        is($stored->(), "again after $sql", "$name: others see that too");
    }
    is_deeply([errors_of($shared)], [], 'a shared pool: nothing at ERR');

    # The statement_timeout that holds.
    my @prepared = (
        'CREATE TABLE said (text text)',
        'CREATE ROLE patient LOGIN SUPERUSER',
        'ALTER ROLE patient SET statement_timeout = 7000',
    );
    $dbh->do($_) for @prepared;
    for my $case (
        ['nobody says anything', dsn('was', ''), '30s'],
        ['the connection string', dsn('was'), "${STATEMENT}s"],
        ['the role', dsn('was', '') =~ s/user=was/user=patient/r, '7s'],
        [
            'the connection string over the role',
            dsn('was') =~ s/user=was/user=patient/r,
            "${STATEMENT}s",
        ],
    ) {
        my ($who, $dsn, $expected) = @$case;
        my $server = serve($dsn, pool => 1, config => $config);
        my $health = $server->client($alice)->get('/health');
        is($health->status, 200, "statement_timeout, $who: used once");
        $other->($server, q(INSERT INTO public.said VALUES (current_setting('statement_timeout'))));
        my $said = $dbh->selectcol_arrayref('DELETE FROM said RETURNING text');
        is_deeply($said, [$expected], "statement_timeout, $who: $expected");
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
my $waiting =
    q(SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'was');

sub while_waiting {
    my ($call, $do) = @_;
    my $each = sub {
        my $response = $call->();
        my $retry = scalar $response->header('Retry-After');
        return { status => $response->status, body => $response->body, retry => $retry };
    };
    my $traffic = WAS::Traffic->start(times => 1, each => $each);
    my $pid = eventually(60, sub { ($dbh->selectrow_array($waiting))[0] }) or die 'nobody waits';
    my $begin = time;
    $do->($pid);
    my ($record) = $traffic->finish(patient => 1);
    return ($record, time - $begin);
}

# Or who sweeps would wait for the lock, too, and be taken for who asked. The look for contents that
# no row names is due every minute.
sub nobody_sweeps {
    $dbh->do("UPDATE was_sweeps SET since_ms = 1e15 WHERE kind = 'unnamed'");
    return !$dbh->selectrow_array(<<'SQL');
SELECT 1 FROM was_sweeps WHERE kind <> 'content'
    AND since_ms <= 1000 * date_part('epoch', clock_timestamp()) LIMIT 1
SQL
}

sub end_backend { return $dbh->do('SELECT pg_terminate_backend(?)', undef, $_[0]) }

# The same, and then nobody holds the lock any more.
sub end_and_unlock {
    my ($pid) = @_;
    end_backend($pid);
    $locker->rollback;
    return $locker->begin_work;
}

# What became of a request whose backend was treated so while it waited; and after how long.
sub locked_out {
    my ($call, $do) = @_;
    return @{ while_locked(sub { [while_waiting($call, $do)] }) };
}

$server = serve(dsn('was', "application_name=ours options='-c statement_timeout=${SHORT}s'"));
$client = $server->client($alice);
# For what is not to end before somebody has seen that it waits.
my $patient = serve(dsn('was'));
all_work($client, 'a lock: before');
$dbh->do('CREATE TABLE done (what text)');
ok(eventually(60, \&nobody_sweeps), 'a lock: nobody sweeps');
# Who has swept looks once more for more.
sleep 1;
while_locked(sub {
    are_unavailable(
        'a lock', $SHORT, $client,
        [GET => '/space/s/x'],
        [PUT => '/space/s/x', body => 'late'],
        [DELETE => '/space/s/x'],
        [PUT => '/space/s/big', body => 'y' x (2 << 20)],
    );
    my ($took, $response) = timed(sub { $client->get('/space/s') });
    is($response->status, 200, 'a lock: what does not need the table is answered');
    cmp_ok($took, '<', $SLACK, 'a lock: at once');
});
my $stored = $patient->client($alice)->get('/space/s/x')->body;
is($stored, 'stored', 'a lock: what got 503 has not been done');
all_work($client, 'a lock: service after it');
my $said = qr/UNAVAILABLE was_RESOURCE_PUT: PostgreSQL says 57014/;
like(join("\n", errors_of($server)), $said, 'a lock: the log says what PostgreSQL said');

# What PostgreSQL undoes for the sake of others is done by the second try.
for my $state (qw(40P01 40001)) {
    $dbh->do($_) for 'CREATE SEQUENCE public.tries', <<"SQL", <<'SQL';
CREATE FUNCTION public.fail_once() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
    IF nextval('public.tries') = 1 THEN
        RAISE EXCEPTION 'undone' USING ERRCODE = '$state';
    END IF;
    RETURN NEW;
END \$\$
SQL
CREATE TRIGGER fail_once BEFORE INSERT ON was_resources
    FOR EACH ROW EXECUTE FUNCTION public.fail_once()
SQL
    is($client->put('/space/s/x', body => $state)->status, 204, "$state: done by the second try");
    is($client->get('/space/s/x')->body, $state, "$state: and there");
    is($dbh->selectrow_array("SELECT nextval('public.tries')"), 3, "$state: which was one");
    $dbh->do("DROP $_") for 'TRIGGER fail_once ON was_resources', 'FUNCTION public.fail_once',
        'SEQUENCE public.tries';
}

my $uncertain = qr/nobody knows/;
my $logged = scalar(errors_of($patient));
$client = $patient->client($alice);
my $name = 'a write whose connection dies';
my $read = sub { return $client->get('/space/s/x') };
my $write = sub {
    my ($body) = @_;
    return sub { $client->put('/space/s/x', body => $body) }
};
my ($record) = locked_out($write->('lost'), \&end_backend);
is($record->{status}, 503, "$name: 503");
like($record->{body}, $uncertain, "$name: the body says that nobody knows");
is($record->{retry}, 1, "$name: Retry-After");
my @errors = errors_of($patient);
like($errors[-1], qr/UNCERTAIN was_RESOURCE_PUT: connection lost/, "$name: the log says so");
is(scalar(@errors), $logged + 1, "$name: once");
($record) = locked_out($write->('z' x (2 << 20)), \&end_and_unlock);
$name = 'a big write whose connection dies before the COMMIT';
is($record->{status}, 204, "$name: done by the second try");
$client->put('/space/s/x', body => 'stored');
($record) = locked_out($read, \&end_and_unlock);
my $answer = "$record->{status} $record->{body}";
is($answer, '200 stored', 'a read whose connection dies: done by the second try');

$patient->stop;

$client = $told->client($alice);
$name = 'a write whose session says that it ends';
($record, my $seconds) = locked_out($write->('lost'), \&end_backend);
is($record->{status}, 503, "$name: 503");
like($record->{body}, $uncertain, "$name: the body says that nobody knows");
cmp_ok($seconds, '<', $STATEMENT, "$name: nobody waits for the end of its connection");
$told->stop;

# A backend that stops in the middle of its work.
$client = $server->client($alice);
for my $case (
    ['a read', $read, qr/Service Unavailable/],
    ['a write', $write->('late'), $uncertain],
) {
    my ($what, $call, $body) = @$case;
    my $name = "a backend that hangs in $what";
    my $frozen;
    my ($record, $took) = locked_out($call, sub { kill STOP => $frozen = $_[0] });
    is($record->{status}, 503, "$name: 503");
    like($record->{body}, $body, "$name: the body says what is known");
    cmp_ok($took, '<', $ANSWER + $SLACK, "$name: within $ANSWER s");
    all_work($client, "$name: the others work on");
    kill CONT => $frozen;
    ok(eventually(60, sub { !kill 0 => $frozen }), "$name: it ends when it can");
    all_work($client, "$name: service after");
}

# 7. A server that hangs as a whole, and more clients than connections.
{
    my $asks = sub {
        my $client = $server->client($alice, timeout => 60);
        return { status => $client->get('/space/s/x')->status };
    };
    is_deeply(in_parallel(8, 4, $asks), [(200) x 32], 'a server that hangs: before');
    my @pids = reverse $cluster->processes;
    cmp_ok(scalar(@pids), '>', 6, 'a server that hangs: its processes');
    kill STOP => @pids;
    # Those who have a connection wait for its answer, those behind them for another connection.
    for my $case (
        ['first', $ANSWER + $CONNECT],
        ['then', $CONNECT],
        ['and then', $CONNECT],
    ) {
        my ($when, $bound) = @$case;
        my $name = "a server that hangs, $when";
        my @records = WAS::Traffic->run(clients => 16, times => 1, each => $asks);
        my @took = sort { $a <=> $b } map { $_->{end} - $_->{begin} } @records;
        my @statuses = map { $_->{status} // $_->{died} } @records;
        is_deeply(\@statuses, [(503) x 16], "$name: 503");
        my $within = "$name: each of 16 at once within $bound s";
        cmp_ok($took[-1], '<', $bound + $SLACK, $within);
        note "$name: ", join ' ', map { sprintf '%.1f', $_ } @took;
        needs_no_database($client, $name) if $when eq 'first';
    }
    my $requests = WAS::Traffic->start(clients => 16, each => $asks);
    needs_no_database($client, 'a server that hangs, under way');
    kill CONT => @pids;
    my $thawed = time;
    my $serves = sub { return $client->get('/space/s/x')->status == 200 };
    ok(eventually(60, $serves), 'a server that hangs: it goes on');
    # The server sees to all who gave up on it, one after the other, and then to who comes now. One
    # caller holds three quarters of the pool; who sweeps may have another.
    my $count = "SELECT count(*) $pooled AND application_name = 'ours'";
    my $are_anew = sub {
        my $sessions = $dbh->selectrow_array($count);
        return $sessions >= 3 / 4 * $POOL && $sessions <= $POOL;
    };
    ok(eventually(60, $are_anew), 'a server that hangs: its connections are made anew');
    my $settled = time;
    # And others among which none may fail.
    $client->get('/space/s/x') for 1 .. 50;
    my @records = $requests->finish;
    my ($first) = sort { $a <=> $b } map { $_->{end} } grep { $_->{status} == 200 } @records;
    cmp_ok($first - $thawed, '<', $SLACK, 'a server that hangs: service soon after it goes on');
    my $late = sub { $_->{begin} > $settled && $_->{status} != 200 };
    no_record($late, \@records, 'a server that hangs: and then no request fails');
    all_work($client, 'a server that hangs: service after');
}

# 8. No connection left.
$dbh->disconnect;
$locker->disconnect;
$server->stop;
$single->stop;
my $admin = dbh('postgres');
my @few = ('max_connections = 12', 'superuser_reserved_connections = 0', 'max_wal_senders = 0');
$admin->do("ALTER SYSTEM SET $_") for @few;
$admin->disconnect;
$cluster->stop;
$cluster->start_again;
{
    my @hogs;
    my $hog = sub {
        while (@hogs < 50) {
            push @hogs, eval { dbh('was') } // last;
        }
        return scalar @hogs;
    };
    my $ALL = q(FROM pg_stat_activity WHERE datname = 'was');
    my $CUT = "SELECT count(pg_terminate_backend(pid)) $ALL AND pid <> ALL (?)";
    my $server = serve(dsn('was'), pool => 2);
    my $client = $server->client($alice);
    all_work($client, 'no connection left: before');
    cmp_ok($hog->(), '>', 5, 'no connection left: others have them');
    all_work($client, 'no connection left: those that we have go on working');
    my ($cut) = $hogs[0]->selectrow_array($CUT, undef, [map { $_->{pg_pid} } @hogs]);
    cmp_ok($cut, '>', 0, 'no connection left: ours are cut');
    my $gone = sub { return $hogs[0]->selectrow_array("SELECT count(*) $ALL") == @hogs };
    ok(eventually(60, $gone), 'no connection left: ours are gone');
    $hog->();
    are_unavailable(
        'no connection left', $CONNECT, $client,
        [GET => '/space/s/x'],
        [PUT => '/space/s/x', body => 'x'],
        [GET => '/health'],
    );
    $_->disconnect for @hogs;
    @hogs = ();
    all_work($client, 'no connection left: service when there are some');
    $server->stop;
    my @first = map { dbh('was') } 1 .. 1;
    $hog->();
    $server->start_again;
    my $name = 'no connection left at the start';
    my $get = sub { return $client->get('/space/s/x') };
    is_unavailable($name, $CONNECT, $get);
    $_->disconnect for @hogs, @first;
    my $serves = sub { return $get->()->status == 200 };
    ok(eventually(60, $serves), "$name: service when there are some");
}

done_testing;
