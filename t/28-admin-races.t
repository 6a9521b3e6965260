# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# was-admin beside writers who do not wait for it: when a space was frozen, or moved, no write of
# who had begun before comes after the answer; counters that are counted anew meanwhile are right;
# contents that go back into their rows are those that were written last; several sweep at once.

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);
use WAS::Admin qw(admin rows);
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $database = WAS::Server::create_database();
my $dsn = WAS::Server::cluster()->dsn($database);
my $server = WAS::Server->start(mpm => 'event', dsn => $dsn, config => <<'CONF');
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $dbh = WAS::Server::dbh($database);
my @TEXT = (type => 'text/plain');
my ($key, $other) = map { WAS::Key->fresh } 1 .. 2;

sub classic { return $server->client($_[0] // $key, timeout => 60) }

sub pws { return at($server->origin, $_[0] // $key, mount => '/pws', timeout => 60) }

my $id = new_id();
my $document = encode_json({ controller => $key->did });
classic()->put("/space/$id", type => 'application/json', body => $document)->status == 204
    or die 'no space';
my $space = make_space(pws());
my $at = make_collection(pws(), $space, 'c');

# Where each of four writers writes, and who he is.
my @PLACES = map { my $n = $_; [\&classic, "/space/$id/w$n"], [\&pws, "$at/w$n"] } 1 .. 2;

# Writes again and again, each time something else.
sub write_once {
    my ($number, $turn, $length, @places) = @_;
    my ($who, $path) = @{ $places[$number % @places] };
    my $body = "$number $turn " . 'x' x $length;
    my $res = $who->()->put($path, @TEXT, body => $body);
    return { status => $res->status, path => $path, md5 => md5_hex($body) };
}

sub writers {
    my ($length, $pause, @places) = @_;
    return WAS::Traffic->start(
        clients => scalar @places, least => 3, pause => $pause,
        each => sub { write_once(@_, $length, @places) });
}

sub statuses {
    my %count;
    $count{ $_->{status} // "died: $_->{died}" }++ for @_;
    return \%count;
}

# All that writers write.
sub written {
    return [
        map { @{ $dbh->selectall_arrayref($_) } } <<'CLASSIC', <<'PWS'
SELECT path, md5(content), parts FROM was_resources ORDER BY 1
CLASSIC
SELECT resource, md5(content), position FROM was_pws_resources ORDER BY 1
PWS
    ];
}

# 1. Frozen, and thawed, under writers.
my $traffic = writers(10, 0, @PLACES);
my (@late, @told);
for my $round (1 .. 8) {
    my @frozen = map { admin($dsn, 'freeze', '--yes', $_)->{code} } $id, $space;
    my $before = written();
    push @told, map { write_once($_, $round, 10, @PLACES)->{status} } 0 .. 7;
    push @late, "round $round" if "@frozen" ne '0 0' || !eq_array($before, written());
    admin($dsn, 'thaw', '--yes', $_) for $id, $space;
}
my $count = statuses($traffic->finish);
note explain $count;
is_deeply(\@late, [], 'frozen: nothing is written behind the answer');
is_deeply([grep { $_ != 403 } @told], [], 'frozen: who writes is told 403');
is_deeply([grep { !/\A(?:20[014]|403)\z/ } keys %$count], [], 'frozen: and nobody anything else');
cmp_ok($count->{403} // 0, '>', 0, 'frozen: writers met it');

# Who had begun before is waited for, also where the space is frozen already: whoever froze it may
# have been told that it goes on.
for my $when (qw(once again)) {
    my $begun = WAS::Server::dbh($database);
    $begun->begin_work;
    $begun->do('SELECT pg_current_xact_id()');
    my $freezing = WAS::Traffic->start(
        clients => 1, times => 1,
        each => sub { return { code => admin($dsn, 'freeze', '--yes', $id)->{code}, end => time } }
    );
    my $looks = q(SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
        AND query LIKE '%backend_xmin%' AND pid <> pg_backend_pid());
    ok(eventually(10, sub { $dbh->selectrow_array($looks) }), "frozen $when: who began is seen");
    my $ended = time;
    $begun->rollback;
    my ($record) = $freezing->finish(patient => 1);
    is($record->{code}, 0, "frozen $when: it is done");
    cmp_ok($record->{end} // 0, '>=', $ended, "frozen $when: when he has ended");
}
admin($dsn, 'thaw', '--yes', $id);

# 2. Moved, there and back.
$traffic = writers(10, 0, @PLACES);
@late = ();
for my $round (1 .. 5) {
    my @moved = map { admin($dsn, 'move', '--yes', $_, '--to', $other->did)->{code} } $id, $space;
    my $before = written();
    push @late, "round $round" if "@moved" ne '0 0' || !eq_array($before, written());
    admin($dsn, 'move', '--yes', $_, '--to', $key->did) for $id, $space;
}
$count = statuses($traffic->finish);
is_deeply(\@late, [], 'moved: nothing is written behind the answer');
is_deeply(
    [grep { !/\A(?:20[014]|403|404)\z/ } keys %$count],
    [], 'moved: who has it no more is told so');

# 3. Counted anew, and looked through.
$traffic = writers(10, 0, @PLACES);
my @codes = map { admin($dsn, @$_)->{code} } map { ([qw(recount --yes)], ['check']) } 1 .. 5;
$count = statuses($traffic->finish);
is_deeply(\@codes, [(0) x 10], 'counted anew: nothing was wrong, at any time');
is_deeply([grep { !/\A20[014]\z/ } keys %$count], [], 'counted anew: all writes were done');

# 4. Back into rows, while they are overwritten. Who writes rests in between: what is overwritten
# between the list and its turn is not moved.
my @long = map { [\&classic, "/space/$id/long$_"] } 1 .. 2;
$traffic = writers(2 << 20, 0.5, @long);
my $ran;
my $is_moved = sub {
    $ran = admin($dsn, qw(--json to-rows --yes));
    return $ran->{out} =~ /"moved":true/;
};
ok(eventually(120, $is_moved), 'into rows: one was moved')
    or diag("exit code $ran->{code}\n$ran->{out}$ran->{err}");
admin($dsn, qw(to-rows --yes)) for 1 .. 3;
my %last;
my @records = $traffic->finish;
$last{ $_->{path} } = $_->{md5} for grep { ($_->{status} // 0) == 204 } @records;
is_deeply([grep { ($_->{status} // 0) != 204 } @records], [], 'into rows: all writes were done');
is(admin($dsn, qw(to-rows --yes))->{code}, 0, 'into rows: all of them');
is(
    md5_hex(classic()->get($_)->body),
    $last{$_}, "into rows: $_ is what was written last"
) for sort keys %last;
is(
    $dbh->selectrow_array('SELECT count(*) FROM was_resources WHERE parts IS NOT NULL'),
    0, 'into rows: none is in parts');

# 5. Several sweep at once what is deleted meanwhile.
my @doomed = map { make_space(pws()) } 1 .. 6;
for my $doomed (@doomed) {
    make_collection(pws(), $doomed, 'c', { map { $_ => 'x' } 1 .. 5 });
}
$traffic = WAS::Traffic->start(
    clients => 3, times => 4,
    each => sub { return { status => admin($dsn, qw(sweep --yes))->{code} } });
is(pws()->delete("/pws/space/$_/")->status, 204, 'swept: deleted') for @doomed;
is_deeply(statuses($traffic->finish(patient => 1)), { 0 => 12 }, 'swept: none of them fails');
my $left = join ' + ',
    map { "(SELECT count(*) FROM $_ WHERE space_uuid <> '$space')" }
    qw(was_pws_collections was_pws_counters was_pws_resources);
ok(
    eventually(10, sub { admin($dsn, qw(sweep --yes)); !$dbh->selectrow_array("SELECT $left") }),
    'swept: nothing is left');
is(admin($dsn, 'check')->{code}, 0, 'and nothing is wrong in the end');
unlike($server->log, qr/was:(?:error|crit|alert|emerg)/, 'nothing stands at ERR');

done_testing;
