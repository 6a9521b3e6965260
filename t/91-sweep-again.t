# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A sweep that does not come to its end: whatever ended it in the middle, another one goes on, and
# in the end nothing is left. It waits for who writes, keeps nobody waiting, and one that cannot be
# done keeps none of the others. And a classic space, as long as its rows are there: absent for
# every route.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Deletion;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Story ();
use WAS::Traffic qw(eventually timed);

my $MANY = 100_000;
my $world = WAS::Deletion->start;
my ($server, $dbh) = @$world{qw(server dbh)};

# 1. What ends a sweep in the middle.
sub end_backend {
    # A batch is a matter of milliseconds: whoever looks from here comes too late.
    return $dbh->do(<<'SQL');
DO $$ BEGIN
    FOR i IN 1 .. 10000 LOOP
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL;
        EXIT WHEN FOUND;
        PERFORM pg_stat_clear_snapshot(), pg_sleep(0.0005);
    END LOOP;
END $$
SQL
}

my @ENDS = (
    ['the session is ended', \&end_backend],
    ['all sessions are ended', sub { $dbh->do(<<'SQL') }],
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
SQL
    ['the children are killed', sub { kill KILL => $server->children }],
    ['httpd is killed', sub { kill KILL => $server->pid, $server->children; restart() }],
    ['httpd restarts gracefully', sub { $server->signal('USR1') }],
    ['httpd restarts', sub { $server->signal('HUP') }],
    ['httpd stops', \&stop_promptly],
);

sub restart {
    $server->wait_until_gone;
    unlink $server->error_log_path =~ s/error_log\z/httpd.pid/r;
    return $server->start_again;
}

sub stop_promptly {
    my ($took) = timed(sub { $server->stop });
    cmp_ok($took, '<', 30, 'httpd stops in the middle of a sweep: soon');
    return $server->start_again;
}

$dbh->do(<<'SQL');
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$
SQL
for my $make (qw(pws_space classic_space)) {
    for my $row (@ENDS) {
        my ($name, $end) = @$row;
        $name = "$make, $name";
        my $what = $world->$make($MANY);
        my $table = $make eq 'pws_space' ? 'was_pws_resources' : 'was_resources';
        my $left = sub {
            return $world->value("SELECT count(*) FROM $table WHERE space_uuid = ?", $what->{id});
        };
        # Its batches take their time until then, or a busy machine sees the sweep's end only.
        $dbh->do(<<"SQL");
CREATE TRIGGER slow BEFORE DELETE ON $table FOR EACH STATEMENT EXECUTE FUNCTION slow()
SQL
        is($what->{by}->delete($what->{delete})->status, 204, "$name: deleted");
        ok(eventually(60, sub { my $n = $left->(); $n && $n < 0.9 * $MANY }), "$name: half swept");
        $end->();
        cmp_ok($left->(), '>', 0, "$name: in the middle");
        $dbh->do("DROP TRIGGER slow ON $table");
        $world->is_swept($name, $what->{id});
        ok(
            eventually(20, sub { $server->request('GET', '/health')->{status} == 200 }),
            "$name: served");
    }
}

# 2. A writer that has begun ends first, also in the last of so many collections that the deletion
# does not wait for it: it finds nothing to write into, or (who holds the counter) what it writes
# is swept. The sweep waits, and others are swept meanwhile.
sub hold_last {
    my ($what) = @_;
    my $session = WAS::Server::dbh($dbh->{pg_db});
    $session->begin_work;
    $session->do(<<'SQL', undef, $what->{id});
UPDATE was_pws_counters SET token = 1 WHERE space_uuid = ? AND collection_generation = 999
SQL
    return $session;
}

for my $late (0, 1) {
    my $name = 'a writer in the last of 2,000 collections' . ($late ? ', for long' : '');
    my $what = $world->pws_collections(2000);
    my $target = "$what->{delete}x999/late";
    my $session = hold_last($what);
    my $write = sub {
        my $res = $world->at_pws->put($target, body => 'x', type => 'text/plain');
        return { status => $res->status };
    };
    my $writer = WAS::Traffic->start(clients => 1, times => 1, each => $write);
    ok(eventually(10, sub { $world->value(<<'SQL') }), "$name waits");
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
SQL
    is($what->{by}->delete($what->{delete})->status, 204, "$name: the space is deleted meanwhile");
    if ($late) {
        $world->gone_at_once($name, $what);
        my $other = $world->pws_space(10);
        is($other->{by}->delete($other->{delete})->status, 204, "$name: another one is deleted");
        $world->is_swept("$name: the other one", $other->{id});
        isnt($world->unswept, 0, "$name: that space is not");
        $session->do(<<'SQL', undef, $what->{id});
INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation, updated_ms)
VALUES (?, 999, 'late', '{}', 0, 0)
SQL
        $session->do('UPDATE was_pws_counters SET position = 2 WHERE token = 1');
    }
    $session->commit;
    my ($record) = $writer->finish(patient => 1);
    like($record->{status}, $late ? qr/\A(?:404|503)\z/ : qr/\A404\z/, "$name: finds nothing");
    $world->is_swept($name, $what->{id});
}

# 3. One that cannot be swept keeps none of the others: its row is locked, or it is of a kind that
# is not known.
{
    my ($held, $free) = map { $world->classic_space(2000) } 1 .. 2;
    my $session = WAS::Server::dbh($dbh->{pg_db});
    $session->begin_work;
    $session->do(
        "SELECT 1 FROM was_resources WHERE space_uuid = ? AND path = '/r1' FOR UPDATE",
        undef, $held->{id});
    $dbh->do(
        "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms) VALUES (?, 1, 'x', 0)",
        undef, $held->{id});
    $_->{by}->delete($_->{delete}) for $held, $free;
    $world->is_swept('behind one that cannot be', $free->{id});
    isnt($world->rows_of($held->{id})->{was_resources}, 0, 'which is not swept');
    $session->commit;
    $dbh->do("DELETE FROM was_sweeps WHERE kind = 'x'");
    $world->is_swept('one that can be now', $held->{id});
}

# 4. A classic space whose rows are not all gone, and who asks for it; nothing changes it.
my $what = $world->classic_space(10);
my ($alice, $id, $url) = @$what{qw(by id delete)};
my $bob = $server->client(WAS::Key->fresh);
$dbh->do(
    "UPDATE was_spaces SET is_deleted = true, controller = 'deleted' WHERE space_uuid = ?",
    undef, $id);
my $rows = sub { $dbh->selectall_arrayref(<<'SQL', undef, $id, $id) };
SELECT t::text, t.xmin::text FROM was_spaces t WHERE space_uuid = ?
UNION ALL SELECT t::text, t.xmin::text FROM was_resources t WHERE space_uuid = ? ORDER BY 1
SQL
my $before = $rows->();
my @tar = (headers => [Accept => 'application/x-tar']);
my @if_match = (headers => ['If-Match' => '*']);
my @if_none = (headers => ['If-None-Match' => '*']);
my @alice = WAS::Deletion::document({ controller => $alice->key->did });
my @bob = WAS::Deletion::document({ controller => $bob->key->did });
my @uuid = WAS::Deletion::document({ uuid => $id });
for my $row (
    ['it', $alice, GET => $url, [], 404],
    ['it', $bob, GET => $url, [], 404],
    ['its archive', $alice, GET => $url, \@tar, 404],
    ['a resource', $alice, GET => "$url/r1", [], 404],
    ['a resource, unsigned', $alice, GET => "$url/r1", [sign => 0], 404],
    ['a resource', $alice, HEAD => "$url/r1", [], 404],
    ['a resource', $alice, PUT => "$url/r1", [body => 'x'], 404],
    ['a resource of a version', $alice, PUT => "$url/r1", [body => 'x', @if_match], 404],
    ['a new one', $alice, PUT => "$url/new", [body => 'x'], 404],
    ['a new one', $alice, POST => "$url/new", [body => 'x'], 404],
    ['a resource', $alice, DELETE => "$url/r1", [], 204],
    ['a resource of a version', $alice, DELETE => "$url/r1", \@if_match, 412],
    ['it, once more', $alice, DELETE => $url, \@if_match, 412],
    ['it, for somebody else', $alice, PUT => $url, \@bob, 403],
    ['it, if it is there', $alice, PUT => $url, [@alice, @if_match], 412],
    ['it', $alice, PUT => $url, \@alice, 503],
    ['it, unless it is there', $alice, PUT => $url, [@alice, @if_none], 503],
    ['it, as a stranger', $bob, PUT => $url, \@bob, 503],
    ['it, by its uuid', $alice, POST => '/spaces/', \@uuid, 503],
) {
    my ($name, $by, $method, $target, $options, $status) = @$row;
    my $res = $by->request($method, $target, @$options);
    WAS::Story::expect(
        "deleted and not swept: $method of $name", $res, $status,
        head => $method eq 'HEAD');
}
is_deeply([map { $_->{id} } @{ $alice->get('/spaces/')->json }], [], 'deleted: and not listed');
is_deeply($rows->(), $before, 'deleted: nothing has changed it');

# The Python server lets anybody take it over; that does not last, and it is deleted after all.
$dbh->do('UPDATE was_spaces SET controller = ? WHERE space_uuid = ?', undef, $alice->key->did, $id);
is($alice->get($url)->status, 404, 'deleted and taken over: still gone');
is($alice->delete($url)->status, 204, 'deleted and taken over: or so whoever deletes it is told');
$dbh->do(
    "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms) VALUES (?, 0, 'classic', 0)",
    undef, $id);
my $more = $world->classic_space(2000);
is(
    $more->{by}->delete($more->{delete})->status, 204,
    'deleted and taken over: one more is deleted');
$world->is_swept('deleted and taken over', $id);

unlike($server->log, qr/:(?:error|crit|alert|emerg)\].*(?:CLEARING|sweep)/, 'nothing at ERR');

done_testing;
