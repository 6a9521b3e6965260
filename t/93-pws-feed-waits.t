# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Who asks for changes, and would rather wait for one (RFC 7240): hears of it soon, through whatever
# httpd it is written; holds no connection to the database meanwhile, and no more than a quarter of
# the threads; may what it may when it is answered, not when it asked; and keeps no httpd from
# ending.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually timed);
use WAS::Zcap;

my $ROUNDS = 21;
my $LOOK = 0.1;    # seconds between two looks
my $LONG = 30;     # seconds, the most that anybody waits
my $SOON = 10;     # seconds, of a busy machine; who waits for nothing takes twice as long
my $MOST = 4;      # who wait, of 16 threads
my $EACH = 2;      # of them for one caller
my $alice = holder('pws');
my $bob = holder('pws');
my $stranger = holder('pws');
my $origin = WAS::Server::url('pws');

# An httpd of one child, with one connection to the database.
sub small_server {
    my ($mpm) = @_;
    my $threads = $mpm eq 'prefork' ? 'MaxRequestWorkers 16' : <<'THREADS';
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
DBDKeep 1
DBDMax 1
THREADS
    return WAS::Server->start(
        mpm => $mpm, before => $threads =~ s/^DBD.*\n//mgr,
        config => <<"CONF");
@{[ join "\n", $threads =~ /^(DBD.*)$/mg ]}
<Location "/">
    WASProtocol pws
    WASBaseURL $origin
</Location>
CONF
}

sub port_of { return $_[0]->origin =~ /:(\d+)\z/ ? $1 : die }

my $small = small_server('event');
my $port = port_of($small);
my $space = make_space($alice);
my $path = make_collection($alice, $space, 'c');

# Asks, and would wait; yields the response.
sub ask {
    my ($who, $to, $checkpoint, $wait, %more) = @_;
    my %query = (profile => 'changes', defined $checkpoint ? (checkpoint => $checkpoint) : ());
    my @headers = defined $wait ? (headers => [Prefer => "wait=$wait"]) : ();
    return $who->send_json(POST => "$to/query", \%query, @headers, %more);
}

sub end_of {
    my ($to) = @_;
    my ($checkpoint, $next);
    while (defined($next = ask($alice, $to, $checkpoint)->json->{checkpoint})) {
        $checkpoint = $next;
    }
    return $checkpoint;
}

sub put {
    my ($id) = @_;
    my $status = $alice->put("$path/$id", body => '{}', type => 'application/json')->status;
    return $status =~ /\A20/ ? time : die "no write: $status\n";
}

# Waiters in processes of their own, once each; each yields [seconds, status, applied, ids].
sub waiters {
    my ($count, $who, $to, $checkpoint, $wait, %more) = @_;
    my $each = sub {
        my $client = $who->();
        my ($seconds, $res);
        # Who asks whether enough wait is one of them meanwhile.
        do {
            ($seconds, $res) = timed(sub { ask($client, $to, $checkpoint, $wait, %more) });
        } while ($res->status == 200 && !defined $res->header('Preference-Applied'));
        my @ids = map { $_->{id} } @{ ($res->status == 200 ? $res->json : {})->{documents} // [] };
        return {
            answer => [$seconds, $res->status, $res->header('Preference-Applied') // '', "@ids"] };
    };
    return WAS::Traffic->start(clients => $count, times => 1, each => $each);
}

sub answers {
    return map { $_->{answer} // die $_->{died} } $_[0]->finish(patient => 1);
}

# Waits until no more of somebody's may.
sub enough_wait {
    my ($to, $who, @with) = @_;
    my ($client, $at_end) = (through($port, $who), end_of($to));
    my $is_full =
        sub { !defined ask($client, $to, $at_end, 1, @with)->header('Preference-Applied') };
    return eventually(20, $is_full);
}

# A capability of somebody's for a collection, as what requests have.
sub may_ask {
    my ($who, $to) = @_;
    my $url = $alice->url("$to/");
    my $zcap =
        delegate($url, by => $alice->key, to => $who->key, target => $url, actions => ['POST']);
    return (zcap => { capability => $zcap });
}

# As many as may wait, of two callers; yields those who wait.
sub all_places {
    my ($name, $to) = @_;
    my @with = may_ask($bob, $to);
    my $hers = waiters($EACH, by_way_of($alice, $port), $to, end_of($to), $LONG);
    ok(enough_wait($to, $alice), "waiting: $name: one caller has half of the places at most");
    my $his = waiters($EACH, by_way_of($bob, $port), $to, end_of($to), $LONG, @with);
    ok(enough_wait($to, $bob, @with), "waiting: $name: and another one the other half");
    return ($hers, $his);
}

sub by_way_of {
    my ($who, $at) = @_;
    return sub { return through($at, $who) }
}

# 1. How soon: written by one httpd, waited for at another. Half of the rounds wait for half the
# time between two looks, and for what requests take here now. To look each second would be far
# more.
{
    my (@late, @usual, @odd);
    for my $round (1 .. $ROUNDS) {
        my $at_end = end_of($path);
        my $waiter = waiters(1, by_way_of($alice, $port), $path, $at_end, 20);
        sleep 0.2 + rand 0.2;
        my ($putting, $written) = timed(sub { put("w$round") });
        my ($record) = $waiter->finish(patient => 1);
        push @late, $record->{end} - $written;
        my ($asking) = timed(sub { ask(through($port, $alice), $path, $at_end) });
        push @usual, $asking + $putting;
        my (undef, $status, $applied, $ids) = @{ $record->{answer} };
        push @odd, "$status $applied $ids" if "$status $applied $ids" ne "200 wait=20 w$round";
    }
    @$_ = sort { $a <=> $b } @$_ for \@late, \@usual;
    my $due = $LOOK + 4 * $usual[$ROUNDS / 2];
    is_deeply(\@odd, [], 'waiting: who waits gets the change');
    cmp_ok($late[$ROUNDS / 2], '<', $due, 'waiting: soon, of all rounds in the middle');
    cmp_ok($late[-1], '<', $SOON, 'waiting: and none of them late');
    note sprintf 'heard of after %.0f to %.0f ms, half of them within %.0f, which may be %.0f',
        map { 1000 * $_ } @late[0, -1, $ROUNDS / 2], $due;
}

# A log is a change as others are: that it begins, and each line.
{
    my $governed = make_collection($alice, $space, 'governed');
    my $line = '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}';
    for my $body ($line, "$line\n$line") {
        my $waiter = waiters(1, by_way_of($alice, $port), $governed, end_of($governed), 20);
        sleep 0.3;
        $alice->put("$governed/meta/log", type => 'text/jsonl', body => $body);
        my ($answer) = answers($waiter);
        my $id = $alice->url("$governed/meta/log");
        is("@$answer[1 .. 3]", "200 wait=20 $id", 'waiting: who waits hears of a log');
        cmp_ok($answer->[0], '<', $SOON, 'waiting: soon');
    }
}

# 2. Who waits for how long, and what is said of it: who asks, where from, how long he would, how
# long he does.
{
    my $at_end = end_of($path);
    my $open = make_collection($alice, $space, 'open');
    $alice->send_json(PUT => "$open/policy", { type => 'PublicCanRead' });
    my $open_end = end_of($open);
    my $here = through($port, $alice);
    my @asked = (
        ['nothing is new', $here, $path, $at_end, 1, 1, 'wait=1'],
        ['something is', $here, $path, undef, 20, 0, 'wait=20'],
        ['more than the most', $here, $path, undef, 99, 0, 'wait=30'],
        ['not at all', $here, $path, $at_end, undef, 0, undef],
        ['no seconds', $here, $path, $at_end, 0, 0, undef],
        ['without a capability', through($port, $stranger), $open, $open_end, 20, 0, undef],
        ['with one for the same', $here, $open, $open_end, 1, 1, 'wait=1'],
        ['a bad checkpoint', $here, $path, 'x', 20, 0, undef],
    );
    for my $row (@asked) {
        my ($name, $who, $to, $checkpoint, $wait, $seconds, $applied) = @$row;
        my ($took, $res) = timed(sub { ask($who, $to, $checkpoint, $wait) });
        is($res->header('Preference-Applied'), $applied, "waiting: $name: what is said of it");
        cmp_ok($took, '>=', $seconds - 0.01, "waiting: $name: so long");
        cmp_ok($took, '<', $seconds + $SOON, "waiting: $name: and no longer");
    }
    my $url = "$path/query?profile=changes&checkpoint=$at_end";
    my ($took, $res) = timed(sub { $here->get($url, headers => [Prefer => 'wait=1']) });
    is_deeply($res->json, { documents => [], checkpoint => undef }, 'waiting: by GET, too');
    cmp_ok($took, '>=', 0.99, 'waiting: so long');
}

# 3. So many, and without a connection: the only one is there for others.
{
    my @waiting = all_places('busy', $path);
    my $other = through($port, $alice);
    my $third = through($port, $stranger);
    my @with = may_ask($stranger, $path);
    my ($took, $res) = timed(sub { ask($third, $path, end_of($path), 20, @with) });
    is($res->header('Preference-Applied'), undef, 'waiting: a third one does not');
    is_deeply($res->json->{documents}, [], 'waiting: that nothing is new');
    cmp_ok($took, '<', $SOON, 'waiting: at once');
    my ($seconds) = timed(sub { $other->get("$path/meta") for 1 .. 20 });
    cmp_ok($seconds, '<', $SOON, 'waiting: a connection is there for others');
    # Those who write and sweep are in a transaction, too, but not for so long.
    my $none_waits = sub { !(sql(<<'SQL'))[0][0] };
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'
SQL
    ok(eventually($SOON, $none_waits), 'waiting: no session waits with them');
    put('enough');
    my @answers = map { answers($_) } @waiting;
    is_deeply(
        [map { join ' ', @$_[1 .. 3] } @answers],
        [("200 wait=$LONG enough") x $MOST],
        'waiting: all of them hear of it');
}

# 4. What becomes of the right, and of the collection, meanwhile.
{
    my $url = $alice->url("$path/");
    my $zcap =
        delegate($url, by => $alice->key, to => $bob->key, target => $url, actions => ['POST']);
    my @with = (zcap => { capability => $zcap });
    my $revoke = sub {
        my $id = $zcap->{id} =~ s/([^A-Za-z0-9_.!~*'()-])/sprintf '%%%02X', ord $1/ger;
        return $alice->send_json(POST => "/space/$space/zcaps/revocations/$id", $zcap)->status;
    };
    my $waiting = waiters(1, by_way_of($bob, $port), $path, end_of($path), 20, @with);
    sleep 0.5;
    is($revoke->(), 204, 'waiting: the capability is revoked');
    put('secret');
    my ($answer) = answers($waiting);
    is_deeply([@$answer[1 .. 3]], [404, '', ''], 'waiting: what comes then is not for him');
    $waiting = waiters(1, by_way_of($alice, $port), $path, end_of($path), 20);
    sleep 0.5;
    $alice->delete("$path/");
    ($answer) = answers($waiting);
    is($answer->[1], 404, 'waiting: for what is deleted');
    cmp_ok($answer->[0], '<', $SOON, 'waiting: which is told at once');
}

# 5. httpd ends and restarts while some wait; and where a child has one thread, nobody does.
for my $how (['restarts gracefully', 'USR1'], ['stops gracefully', 'WINCH']) {
    my ($name, $signal) = @$how;
    $path = make_collection($alice, $space, "for-$signal");
    my @waiting = all_places("httpd $name", $path);
    my @children = $small->children;
    my $signalled = time;
    $small->signal($signal);
    my @records = map { $_->finish(patient => 1) } @waiting;
    is_deeply(
        [map { $_->{answer}[1] } @records], [(200) x $MOST],
        "waiting: httpd $name: an answer for each");
    cmp_ok($_->{end} - $signalled, '<', 15, "waiting: httpd $name: before the time is over")
        for @records;
    $small->wait_for_other_children(@children) if $signal eq 'USR1';
}
ok($small->wait_until_gone(10), 'waiting: httpd has ended');
{
    my $single = small_server('prefork');
    my $client = through(port_of($single), $alice);
    my ($took, $res) = timed(sub { ask($client, $path, end_of($path), 20) });
    is($res->header('Preference-Applied'), undef, 'waiting: not in a child of one thread');
    cmp_ok($took, '<', $SOON, 'waiting: which answers at once');
}

done_testing;
