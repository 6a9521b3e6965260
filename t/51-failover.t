# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A primary, a synchronous standby, and two httpd whose DBDParams name both: the primary goes, the
# standby takes over, and no write that was acknowledged is lost. Nobody touches httpd.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Cluster;
use WAS::Fault;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually timed);

# Seconds; as in t/fault. A new connection may have to wait for one host before it gets the other.
my ($STATEMENT, $CONNECT) = (1, 2);
my $BOUND = 2 * $CONNECT + ($STATEMENT + 2) + 18;
my $BACK = 20;

my %node = map { $_ => WAS::Cluster->throwaway("$ENV{WAS_RUN}/51-$_") } qw(a b);

# Who has to have a write before it is acknowledged; '' for nobody else.
sub synchronize {
    my ($primary, $standby, $later) = @_;
    my $dbh = $node{$primary}->dbh;
    $dbh->do("ALTER SYSTEM SET synchronous_standby_names = '$standby'");
    $dbh->do('SELECT pg_reload_conf()');
    return if $standby eq '' || $later;
    my $sync = q(SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync');
    eventually(60, sub { $dbh->selectrow_array($sync) })
        or die "$standby does not become synchronous";
    return;
}

# The primary must not be set yet to wait for a standby: the copy would wait for one too.
sub follow {
    my ($standby, $primary) = @_;
    $node{$standby}->follow($node{$primary}, $standby);
    return;
}

my $OURS = WAS::Fault::OURS;

$node{a}->start('was');
my $hosts = join ',', map { $node{$_}->socket_directory } qw(a b);
my $dsn = "host='$hosts' user=was dbname=was connect_timeout=$CONNECT"
    . " target_session_attrs=read-write options='-c statement_timeout=${STATEMENT}s'";
my @servers = map { WAS::Fault::httpd($dsn) } 1 .. 2;
my $alice = WAS::Key->fresh;
my $clients = WAS::Fault->new(servers => \@servers, key => $alice, space => 'failover');

# A handle on whichever takes writes.
sub primary {
    for my $dbh (
        grep { defined } map {
            eval { $_->dbh }
        } values %node
    ) {
        return $dbh if !$dbh->selectrow_array('SELECT pg_is_in_recovery()');
    }
    die 'there is no primary';
}

# Clients write while something happens; then the service must be back. Some complaints may be due.
# Returns the sum of it all, and how many writes were acknowledged afterwards.
sub under_load {
    my ($label, $happens, $due) = @_;
    my $traffic = $clients->traffic($label);
    $clients->wait_for_writes(primary(), $label, 60) or die 'the clients do not write';
    $happens->();
    my $over = time;
    $clients->wait_until_well(3 * $BACK);
    $clients->wait_for_writes(primary(), $label, $BACK);
    my @records = $traffic->finish;
    my $sum = $clients->settle(@records);
    my $back = $clients->recovered($over, @records);
    is_deeply(
        [grep { !$due || $_ !~ $due } @{ $sum->{wrong} }], [],
        "$label: every answer is a success, a 412, or a 503 with Retry-After");
    cmp_ok($sum->{longest}, '<', $BOUND, "$label: the longest answer within $BOUND s");
    ok(defined $back && $back - $over < $BACK, "$label: service is back within $BACK s")
        or diag $back // 'never', " - $over";
    my @lost = $clients->lost;
    is_deeply(\@lost, [], "$label: all that was ever acknowledged is kept");
    ok(eventually($BACK, sub { WAS::Fault::busy($_) eq '0' }), "$label: no child is stuck")
        for @servers;
    note sprintf
        '%s: %d acknowledged, %d refused, %d unknown, %d lost, longest %.1f s, back in %s s',
        $label,
        @{$sum}{qw(acknowledged refused unknown)}, scalar(@lost), $sum->{longest},
        defined $back ? sprintf '%.1f', $back - $over : 'no';
    return (
        $sum,
        scalar grep { $_->{begin} > $over && ($_->{fate} // '') eq 'acknowledged' } @records);
}

# 1. The primary dies.
follow(b => 'a');
synchronize(a => 'b');
my ($sum, $after) = under_load(
    'killed',
    sub {
        $node{a}->kill_all;
        $node{b}->promote;
    });
cmp_ok($after, '>', 0, 'killed: writes are acknowledged by the new primary');
ok(
    !$node{b}->dbh->selectrow_array('SELECT pg_is_in_recovery()'),
    'killed: which is the former standby');

# 2. The old one comes back, as a standby: named first, it takes connections and no writes.
follow(a => 'b');
($sum, $after) = under_load(
    'read-only',
    sub {
        my $dbh = $node{b}->dbh;
        for (1 .. 10) {
            $dbh->do("SELECT pg_terminate_backend(pid) $OURS");
            sleep 0.1;
        }
    });
cmp_ok($after, '>', 0, 'read-only: writes find the primary');
is(
    $node{a}->dbh->selectrow_array("SELECT count(*) $OURS"), 0,
    'read-only: nobody stays with the standby');

# 3. It hangs: each new connection waits for it as long as connect_timeout says, and then finds the
# primary.
{
    my @pids = $node{a}->processes;
    kill STOP => @pids;
    $node{b}->dbh->do("SELECT pg_terminate_backend(pid) $OURS");
    my $traffic = $clients->traffic('hanging');
    $clients->wait_until_well(3 * $BACK);
    $clients->wait_for_writes($node{b}->dbh, 'hanging', $BACK);
    my @records = $traffic->finish;
    kill CONT => @pids;
    my $sum = $clients->settle(@records);
    is_deeply(
        $sum->{wrong}, [],
        'hanging: every answer is a success, a 412, or a 503 with Retry-After');
    cmp_ok($sum->{longest}, '<', $BOUND, "hanging: the longest answer within $BOUND s");
    for my $server (0 .. $#servers) {
        my $count =
            grep { $_->{server} == $server && ($_->{fate} // '') eq 'acknowledged' } @records;
        cmp_ok($count, '>', 0, "hanging: server $server finds the primary");
    }
    is_deeply([$clients->lost], [], 'hanging: all that was ever acknowledged is kept');
    note sprintf 'hanging: %d acknowledged, %d refused, %d unknown, longest %.1f s',
        @{$sum}{qw(acknowledged refused unknown longest)};
}

# 4. The standby is promoted although the primary lives. Who is still connected to that may read
# what is old; but nobody acknowledges what he writes.
synchronize(b => 'a');
($sum) = under_load(
    'promoted-too-early',
    sub {
        $node{a}->promote;
        sleep $STATEMENT + 3;
        $node{b}->kill_all;
    },
    qr/ holds /);
cmp_ok(
    $sum->{unknown}, '>', 0,
    'promoted too early: nobody knows what becomes of writes to the old primary');

# 5. A write that waits for its standby in vain: PostgreSQL has committed it, and says so with a
# mere warning when somebody ends the wait. A small content is written and committed at once, a big
# one waits in a table of its transaction and is committed behind that.
{
    my $server = WAS::Server->start(
        mpm => 'event', dsn => $dsn,
        before => <<'SHAPE', config => "DBDKeep 1\nDBDMax 1\n");
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
SHAPE
    my $client = $server->client($alice);
    my $dbh = $node{a}->dbh;
    my $waiting = q(SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep');
    my %end = (
        cancelled => 'SELECT pg_cancel_backend(?)',
        terminated => 'SELECT pg_terminate_backend(?)', 'left alone' => 'SELECT ?');
    for my $case (
        map {
            my $how = $_;
            (["$how", $how, 100], ["an upload, $how", $how, 2 << 20]);
        } sort keys %end
    ) {
        my ($name, $how, $size) = @$case;
        my $path = '/space/failover/' . $name =~ s/\W+/-/gr;
        $dbh->do("SELECT pg_terminate_backend(pid) $OURS");
        synchronize(a => 'nobody', 'later');
        # PostgreSQL takes its time to read its settings anew.
        my ($write, $pid);
        for (1 .. 50) {
            $write = WAS::Traffic->start(
                times => 1,
                each => sub {
                    my ($took, $response) = timed(sub { $client->put($path, body => 'w' x $size) });
                    return { status => $response->status, body => $response->body, took => $took };
                });
            eventually(5, sub { $pid = $dbh->selectrow_array($waiting) or !$write->running });
            last if $pid;
            $write->finish(patient => 1);
        }
        ok($pid, "a wait for a standby, $name: it waits");
        $dbh->do($end{$how}, undef, $pid);
        my ($record) = $write->finish(patient => 1);
        is($record->{status}, 503, "a wait for a standby, $name: it is not acknowledged");
        like(
            $record->{body} // '', qr/nobody knows/,
            "a wait for a standby, $name: the answer says what is known");
        cmp_ok($record->{took} // 99, '<', $BOUND, "a wait for a standby, $name: in time");
        synchronize(a => '');
        eventually(60, sub { !$dbh->selectrow_array($waiting) }) or die 'somebody still waits';
        is(
            $client->put("$path-then", body => 'x')->status, 204,
            "a wait for a standby, $name: without one, writes are acknowledged again");
    }
}

is($_->stop, 0, 'httpd ends well') for @servers;

done_testing;
