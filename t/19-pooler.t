# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A PgBouncer between httpd and PostgreSQL. Whatever it does with sessions and prepared statements,
# everything works, also after it has made new connections; what we need to be set is set in our
# transactions, and nothing of ours is met by others. Where it costs something, start-up says so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);
use WAS::Cluster;
use WAS::Key;
use WAS::Pooler;
use WAS::Server;
use WAS::Traffic qw(eventually timed);
use WAS::Zcap qw(jcs);

plan skip_all => 'PgBouncer is not here; on Debian: apt install pgbouncer'
    if !WAS::Pooler::program();

my $cluster = WAS::Cluster->throwaway("$ENV{WAS_RUN}/19-pg");
$cluster->start('was');
my $dbh = $cluster->dbh('was');
my $alice = WAS::Key->fresh;

my $SERVERS = 4;
my $CLIENTS = 32;
my $MIB = 1 << 20;

# One child, both protocols, and more connections to the pooler than it has to PostgreSQL.
my $ONE_CHILD = <<'CONF';
ServerLimit 1
ThreadsPerChild 48
MaxRequestWorkers 48
MinSpareThreads 1
MaxSpareThreads 48
CONF
my $BOTH = <<'CONF';
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF

sub serve {
    my ($pooler, $connections) = @_;
    my $config = "DBDKeep $connections\nDBDMax $connections\n$BOTH";
    my %start = (mpm => 'event', before => $ONE_CHILD, config => $config);
    return WAS::Server->start(%start, dsn => $pooler->dsn('was'));
}

# Clients of both protocols.
sub clients_of {
    my ($server) = @_;
    my %pws = (base => $server->origin, key => $alice, mount => '/pws', timeout => 60);
    return (
        classic => $server->client($alice, timeout => 60),
        pws => WAS::Zcap->new(%pws),
    );
}

sub document {
    my (%members) = @_;
    return (type => 'application/json', body => jcs(\%members));
}

sub text {
    my ($body) = @_;
    return (type => 'text/plain', body => $body);
}

my $BIG = join '', map { sprintf '%08d', $_ } 1 .. 3 * $MIB / 8;
my @CONTROLLER = (controller => $alice->did);

# What is done in a space of its own, whose name stands for SPACE: protocol, method, target, status,
# what the request has; and for reads, what comes back.
my @OPERATIONS = (
    [classic => PUT => '/space/SPACE', 204, [document(@CONTROLLER)]],
    [classic => PUT => '/space/SPACE', 204, [document(@CONTROLLER, name => 'again')]],
    [classic => GET => '/space/SPACE', 200],
    [classic => GET => '/spaces/', 200],
    [classic => POST => '/spaces/', 201, [document(@CONTROLLER, uuid => 'SPACE-post')]],
    [classic => PUT => '/space/SPACE/small', 204, [text('small')]],
    [classic => GET => '/space/SPACE/small', 200, [], 'small'],
    [classic => PUT => '/space/SPACE/big', 204, [text($BIG)]],
    [classic => GET => '/space/SPACE/big', 200, [], $BIG],
    [classic => PUT => '/space/SPACE/big', 204, [text($BIG)]],
    [classic => DELETE => '/space/SPACE/small', 204],
    [classic => GET => '/space/SPACE/small', 404],
    [classic => DELETE => '/space/SPACE-post', 204],
    [classic => DELETE => '/space/SPACE', 204],
    [pws => POST => '/pws/spaces/', 201, [document(@CONTROLLER, id => 'SPACE')]],
    [pws => POST => '/pws/spaces/', 409, [document(@CONTROLLER, id => 'SPACE')]],
    [pws => PUT => '/pws/space/SPACE/meta', 204, [document(@CONTROLLER, name => 'named')]],
    [pws => GET => '/pws/space/SPACE/meta', 200],
    [pws => GET => '/pws/spaces/', 200],
    [pws => POST => '/pws/space/SPACE/', 201, [document(id => 'c')]],
    [pws => PUT => '/pws/space/SPACE/c/meta', 204, [document(name => 'named')]],
    [pws => PUT => '/pws/space/SPACE/c/small', 201, [text('small')]],
    [pws => GET => '/pws/space/SPACE/c/small', 200, [], 'small'],
    [pws => PUT => '/pws/space/SPACE/c/small/meta', 200, [document(custom => { a => 'b' })]],
    [pws => PUT => '/pws/space/SPACE/c/big', 201, [text($BIG)]],
    [pws => GET => '/pws/space/SPACE/c/big', 200, [], $BIG],
    [pws => GET => '/pws/space/SPACE/c/', 200],
    [pws => GET => '/pws/space/SPACE/', 200],
    [pws => PUT => '/pws/space/SPACE/policy', 201, [document(type => 'PublicCanRead')]],
    [pws => PUT => '/pws/space/SPACE/c/policy', 201, [document(type => 'Nothing')]],
    [pws => PUT => '/pws/space/SPACE/c/small/policy', 201, [document(type => 'Nothing')]],
    [pws => DELETE => '/pws/space/SPACE/c/policy', 204],
    [pws => DELETE => '/pws/space/SPACE/c/small', 204],
    [pws => GET => '/pws/space/SPACE/c/small', 404],
    [pws => DELETE => '/pws/space/SPACE/c/', 204],
    [pws => DELETE => '/pws/space/SPACE/', 204],
);

# What does not come out as it must, of all operations in one space.
sub failures {
    my ($clients, $space) = @_;
    my @failures;
    for my $operation (@OPERATIONS) {
        my ($protocol, $method, $target, $status, $request, $body) = @$operation;
        my @request = map { length > 999 ? $_ : s/SPACE/$space/gr } $target, @{ $request // [] };
        my $response = $clients->{$protocol}->request($method, @request);
        my $is = $response->status;
        $is .= ', other bytes' if defined $body && $response->body ne $body;
        push @failures, "$method $request[0]: $is" if $is ne $status;
    }
    return @failures;
}

my $space = 0;

sub all_work {
    my ($server, $name) = @_;
    my %clients = clients_of($server);
    my @failures = failures(\%clients, 's' . ++$space);
    return is_deeply(\@failures, [], "$name: all operations");
}

sub all_work_at_once {
    my ($server, $name) = @_;
    my $each = sub {
        my ($number) = @_;
        my %clients = clients_of($server);
        return { failures => [failures(\%clients, "at-once-$space-$number")] };
    };
    $space++;
    my @records = WAS::Traffic->run(clients => $CLIENTS, times => 1, each => $each);
    is(scalar(@records), $CLIENTS, "$name: $CLIENTS clients");
    my @failures = map { $_->{died} // @{ $_->{failures} } } @records;
    return is_deeply(\@failures, [], "$name: all operations of all");
}

# Both protocols take 64 MiB and give them back.
sub huge_ones_work {
    my ($server, $name) = @_;
    my %clients = clients_of($server);
    my $huge = $BIG x 22;
    my %at = (classic => '/space/huge', pws => '/pws/space/huge');
    $clients{classic}->put($at{classic}, document(@CONTROLLER));
    $clients{pws}->request(POST => '/pws/spaces/', document(@CONTROLLER, id => 'huge'));
    $clients{pws}->request(POST => "$at{pws}/", document(id => 'c'));
    for my $case ([classic => "$at{classic}/x"], [pws => "$at{pws}/c/x"]) {
        my ($protocol, $target) = @$case;
        my $put = $clients{$protocol}->request(PUT => $target, text($huge));
        is($put->status, $protocol eq 'pws' ? 201 : 204, "$name: $protocol, 66 MiB are taken");
        my $is_same = $clients{$protocol}->request(GET => $target)->body eq $huge;
        ok($is_same, "$name: $protocol, and given back");
    }
    $clients{classic}->delete($at{classic});
    $clients{pws}->request(DELETE => "$at{pws}/");
    return;
}

# Handles on all of the pooler's connections to PostgreSQL, each in a transaction.
sub all_sessions {
    my ($pooler, $count) = @_;
    my @sessions = map { $pooler->dbh('was') } 1 .. $count;
    $_->begin_work for @sessions;
    my %pids = map { $_->selectrow_array('SELECT pg_backend_pid()') => 1 } @sessions;
    keys %pids == $count or die 'not all of its connections';
    return @sessions;
}

my $SETTINGS = <<'SQL';
SELECT name FROM pg_settings WHERE setting <> reset_val AND name IN ('statement_timeout',
    'plan_cache_mode', 'client_min_messages', 'default_transaction_isolation', 'search_path')
SQL
my $TEMPORARY = q(SELECT relname FROM pg_class WHERE relpersistence = 't');
my $STATEMENTS = 'SELECT name FROM pg_prepared_statements';

# Others who use the pooler's sessions meet nothing of ours.
sub nothing_is_left {
    my ($pooler, $count, $name, $keeps) = @_;
    my @sessions = all_sessions($pooler, $count);
    my %left;
    for my $session (@sessions) {
        push @{ $left{settings} }, @{ $session->selectcol_arrayref($SETTINGS) };
        push @{ $left{tables} }, @{ $session->selectcol_arrayref($TEMPORARY) };
        push @{ $left{statements} }, @{ $session->selectcol_arrayref($STATEMENTS) };
        $session->rollback;
    }
    is_deeply($left{settings}, [], "$name: no setting is left behind");
    is_deeply($left{tables}, [], "$name: no temporary table");
    my @foreign = grep { !($keeps && /\APGBOUNCER_\d+\z/) } @{ $left{statements} };
    is_deeply(\@foreign, [], "$name: no prepared statement but the pooler's own");
    return;
}

# What is set while we write.
sub settings_hold {
    my ($server, $name) = @_;
    my %clients = clients_of($server);
    $clients{classic}->put('/space/set', document(@CONTROLLER));
    $dbh->do($_)
        for (
        'CREATE TABLE said (text text)', <<'SQL', <<'SQL',
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO public.said VALUES (concat_ws(' ', current_setting('statement_timeout'),
        current_setting('plan_cache_mode'), current_setting('transaction_isolation'),
        current_setting('search_path')));
    RETURN NEW;
END $$
SQL
CREATE TRIGGER say BEFORE INSERT ON was_resources FOR EACH ROW EXECUTE FUNCTION say()
SQL
        );
    for my $case ([small => 'x'], [big => $BIG]) {
        my ($what, $body) = @$case;
        is($clients{classic}->put('/space/set/x', body => $body)->status, 204, "$name: $what");
        my $said = $dbh->selectcol_arrayref('DELETE FROM said RETURNING text');
        my $set = '30s force_generic_plan read committed pg_catalog, pg_temp';
        is_deeply($said, [$set], "$name: $what, what is set");
    }
    $dbh->do('DROP TABLE said; DROP FUNCTION say CASCADE');
    $clients{classic}->delete('/space/set');
    return;
}

my $BACKENDS = "FROM pg_stat_activity WHERE datname = 'was' AND backend_type = 'client backend'"
    . ' AND pid <> pg_backend_pid()';

# Nothing is due to be swept, nor to be looked for.
sub all_swept {
    return !$dbh->selectrow_array(<<'SQL');
SELECT 1 FROM was_sweeps WHERE kind <> 'content'
    AND since_ms <= 1000 * date_part('epoch', clock_timestamp()) LIMIT 1
SQL
}

sub end_backends {
    my ($cut) = $dbh->selectrow_array("SELECT count(pg_terminate_backend(pid, 5000)) $BACKENDS");
    die 'no backends' if !$cut;
    return;
}

# What happens to the pooler's connections.
my @INTERRUPTIONS = (
    ['RECONNECT', sub { $_[0]->admin('RECONNECT') }],
    ['the backends are ended', \&end_backends],
    ['KILL and RESUME', sub { $_[0]->admin($_) for 'KILL was', 'RESUME was' }],
);

# Name, options of WAS::Pooler, connections of its to PostgreSQL, of httpd to it, whether prepared
# statements are kept, whether this PgBouncer can do that.
my $can_keep = WAS::Pooler::can_keep();
my @POOLERS = (
    ['transactions, statements kept', { keeps => 200 }, $SERVERS, 16, 1, $can_keep],
    ['transactions, few statements kept', { keeps => 2 }, $SERVERS, 16, 1, $can_keep],
    ['transactions, no statements kept', { keeps => 0 }, $SERVERS, 16, 0, 1],
    ['sessions', { mode => 'session' }, 10, 8, 0, 1],
);

sub says_what_it_found {
    my ($server, $name, $keeps) = @_;
    my @said = grep { /\[was:.*pooler/ } split /\n/, $server->log;
    is(scalar(@said), 1, "$name: start-up says one sentence");
    my $level = $keeps ? 'notice' : 'warn';
    like($said[0] // '', qr/\[was:$level\]/, "$name: at $level");
    my $what = $keeps ? qr/keeps prepared/ : qr/keeps no prepared .* max_prepared_statements/;
    return like($said[0] // '', $what, "$name: what it is");
}

for my $row (@POOLERS) {
    my ($name, $options, $servers, $connections, $keeps, $is_there) = @$row;
    SKIP: {
        skip "$name: this PgBouncer cannot", 1 if !$is_there;
        my $pooler = WAS::Pooler->start($cluster, %$options, size => $servers);
        my $server = serve($pooler, $connections);
        says_what_it_found($server, $name, $keeps);
        # The look that is due every minute would meet an interruption now and then.
        $dbh->do("UPDATE was_sweeps SET since_ms = 1e15 WHERE kind = 'unnamed'");
        all_work($server, $name);
        all_work_at_once($server, $name);
        huge_ones_work($server, $name);
        settings_hold($server, $name);
        for my $interruption (@INTERRUPTIONS) {
            my ($what, $interrupt) = @$interruption;
            # A pooler that is interrupted while somebody connects lets nobody in for a while.
            ok(eventually(60, \&all_swept), "$name: $what, when nobody sweeps");
            # Who has swept looks once more for more.
            sleep 1;
            $interrupt->($pooler);
            all_work($server, "$name: $what");
            all_work_at_once($server, "$name: $what");
        }
        # In sessions, those that we have are ours.
        $server->stop if !$keeps;
        nothing_is_left($pooler, $SERVERS, $name, $keeps);
        $server->stop;
        unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, "$name: nothing at ERR");
    }
}

# Nothing is prepared yet, and the first statement of each kind is refused: while the table is
# locked, after the time that the role allows, whatever others have set in the pooler's sessions.
my $STATEMENT = 3;
# For a busy machine: what is excluded is the 30 s that the module sets where nobody says anything.
my $SLACK = 15;
$dbh->do("ALTER ROLE was SET statement_timeout = '${STATEMENT}s'");

sub is_refused_in_time {
    my ($name, $client, @request) = @_;
    my ($took, $response) = timed(sub { $client->request(@request) });
    is($response->status, 503, "$name: 503");
    like($response->body, qr/nothing was written/, "$name: nothing was written");
    return cmp_ok($took, '<', $STATEMENT + $SLACK, "$name: in time");
}

my $RESOURCES = 'was_resources, was_pws_resources';

for my $keeps ($can_keep ? (200, 0) : 0) {
    my $name = $keeps ? 'statements kept' : 'no statements kept';
    my $pooler = WAS::Pooler->start($cluster, keeps => $keeps, size => 1);
    my $server = serve($pooler, 1);
    my %clients = clients_of($server);
    $clients{classic}->put('/space/locked', document(@CONTROLLER));
    $clients{pws}->request(POST => '/pws/spaces/', document(@CONTROLLER, id => 'locked'));
    $clients{pws}->request(POST => '/pws/space/locked/', document(id => 'c'));
    $pooler->dbh('was')->do('SET statement_timeout = 0');
    # Or who sweeps would wait for the lock, too, with the one session.
    ok(eventually(60, \&all_swept), "$name: nobody sweeps");
    my @requests = (
        ['PUT', 204, classic => PUT => '/space/locked/x', text('x')],
        ['PUT, big', 204, classic => PUT => '/space/locked/x', text($BIG)],
        ['pws PUT', 201, pws => PUT => '/pws/space/locked/c/x', text('x')],
        ['pws PUT, big', 200, pws => PUT => '/pws/space/locked/c/x', text($BIG)],
    );
    for my $row (@requests) {
        my ($what, $due, $protocol, @request) = @$row;
        $dbh->begin_work;
        $dbh->do("LOCK TABLE $RESOURCES IN ACCESS EXCLUSIVE MODE");
        is_refused_in_time("$name: $what of what is locked", $clients{$protocol}, @request);
        $dbh->rollback;
        my $status = $clients{$protocol}->request(@request)->status;
        is($status, $due, "$name: $what when it is not");
    }

    # Plans that the pooler's sessions have, of tables that were changed.
    for my $type ('varchar(255)', 'text') {
        $dbh->do("ALTER TABLE was_resources ALTER COLUMN content_type TYPE $type");
        for my $request (map { [@$_[2 .. $#$_]] } @requests) {
            my ($protocol, @put) = @$request;
            my $due = $protocol eq 'pws' ? 200 : 204;
            is(
                $clients{$protocol}->request(@put)->status, $due,
                "$name: $put[1] after ALTER TABLE");
            my $get = $clients{$protocol}->request(GET => $put[1]);
            is($get->status, 200, "$name: and GET of it");
        }
    }
    $server->stop;
}

done_testing;
