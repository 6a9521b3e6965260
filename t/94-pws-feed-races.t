# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Copies of a collection that are kept by its changes while many write into it through two httpd, of
# which one is restarted now and then, gracefully or at once, and while PostgreSQL loses sessions
# (protocol/pws-next D.4): in the end each is what was written, record by record, with its
# validator; no change came out of order, and none of a record went back. The same where
# PostgreSQL's clock is an hour behind what is stored, or is set back by one meanwhile; and in the
# form of the revision before.
#
# WAS_FEED_SECONDS is how long they write, each time: 5 unless it is given. With 60 it takes five
# minutes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64url);
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Changes;
use WAS::Citus;
use WAS::Clock;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $SECONDS = $ENV{WAS_FEED_SECONDS} // 5;
my $WRITERS = 16;
my $RECORDS = 4;      # of each writer
my @LIMITS = (1, 3, 100);
my $SEPTEMBER = 7;    # the limit of the reader of the revision before
my $HOUR = 3600;
my $alice = holder('pws');
my $second = second_server($WRITERS);
WAS::Server::expect_error('(?:UNCERTAIN|UNAVAILABLE) was_\w+: connection lost');
my @RESTARTS = qw(USR1 USR1 HUP);
my @ports = (WAS::Server::port('pws'), $second->origin =~ /:(\d+)\z/);

sub document { return (type => 'application/json', body => json_text($_[0])) }

# A request until it is answered by somebody who knows what became of it: whatever is written is
# written again then, the same.
sub insist {
    my ($call) = @_;
    for (1 .. 600) {
        my $res = eval { $call->() };
        return $res if $res && $res->status && $res->status < 500;
        sleep 0.05;
    }
    die "no answer\n";
}

# What a writer does next to a record that it alone writes, as method, path, options, and what
# becomes of what is expected. A record: what it has, its validator and its policy.
my @STEPS = (
    sub {
        my ($record, $text) = @_;
        return [PUT => '', document({ t => $text })], sub { @$record{qw(is data)} = (1, $text) };
    },
    sub {
        my ($record) = @_;
        my $policy = $record->{is} && $record->{policy} ? '-' : $record->{policy};
        return [DELETE => ''], sub { %$record = (policy => $policy, was => 1) };
    },
    sub {
        my ($record, $text) = @_;
        return if !$record->{is};
        my @options = document({ custom => { name => $text } });
        return [PUT => '/meta', @options], sub { $record->{custom} = $text };
    },
    sub {
        my ($record) = @_;
        return if !$record->{is};
        return [PUT => '/policy', document({ type => 'Nothing' })], sub { $record->{policy} = '+' };
    },
);

# `before` is what there is already.
sub writer {
    my ($path, @before) = @_;
    my %record = map { $_->{record} ? ($_->{id} => { %{ $_->{record} } }) : () } @before;
    my $client;
    return sub {
        my ($number, $turn) = @_;
        srand $number + 100 * @before if !$turn;
        $client //= through($ports[$number % 2], $alice);
        my $id = "w$number-" . int rand $RECORDS;
        my $record = $record{$id} //= {};
        my $step = $STEPS[rand() < 0.6 ? 0 : rand @STEPS];
        my ($request, $done) = $step->($record, "$number.$turn");
        return { id => $id } if !$request;
        my ($method, $below, @options) = @$request;
        my $was = $record->{is} || $record->{was};
        my $res = insist(sub { $client->request($method, "$path/$id$below", @options) });
        return { id => $id, odd => "$method $id$below: " . $res->status }
            if $res->status !~ /\A20[014]\z/;
        $done->() if $method ne 'DELETE' || $was;
        $record->{etag} = $res->header('ETag') if $method eq 'PUT' && $below eq '';
        return { id => $id, record => {%$record} };
    };
}

# All that was written, as it must be in a copy: the text of each record by its id.
sub what_is_due {
    my ($with_policies, @writes) = @_;
    my %due;
    for my $write (grep { $_->{record} } @writes) {
        my ($id, $record) = @$write{qw(id record)};
        $due{$id} = join ' ', $record->{is} ? '+' : '-',
            map { $_ // '' } @$record{qw(data custom etag)};
        $due{"$id/policy"} = $record->{policy}
            if $with_policies && defined $record->{policy};
        delete $due{$id} if !$record->{is} && !$record->{was};
    }
    return \%due;
}

# A change: where it stands in the order, its id, such a text, and its stamp, as it compares.
sub read_change {
    my ($change) = @_;
    my $is_old = exists $change->{_deleted};
    my $sealed = $is_old ? undef : decode_base64url($change->{checkpoint});
    my $position = $is_old ? substr($change->{updatedAt}, 23, 12) + 0 : unpack 'q>',
        substr $sealed, 9, 8;
    my $deleted = $is_old ? $change->{_deleted} : $change->{deleted};
    my $mark = $deleted ? '-' : '+';
    my $id = $change->{id} =~ s{\A.*/c/(?=.)}{}r;
    # The revision before shows the later one of two stamps, of which a deletion ends one.
    my $stamp = $is_old ? '' : sprintf '%s %010d', $change->{updatedAt},
        $change->{updatedAtCounter};
    return ($position, $id, $mark, $stamp) if ($change->{kind} // 'resource') ne 'resource';
    my $text = join ' ', $mark, $change->{data}{t} // '', $change->{custom}{name} // '',
        $deleted ? '' : $change->{etag};
    return ($position, $id, $text, $stamp);
}

# Somebody who keeps a copy until there is a record of the id "end" in it: yields what is wrong, and
# the copy.
sub reader {
    my ($who, $path, $limit) = @_;
    return sub {
        my $client = $who->();
        my ($last, $pages, $count) = (0) x 3;
        my (%copy, %stamp, @wrong);
        my %query = (profile => 'changes', limit => $limit);
        for (my $late = time + $SECONDS + 120; !$copy{end} && time < $late; $pages++) {
            my $res = insist(sub { $client->send_json(POST => "$path/query", \%query) });
            return { wrong => [$res->status . ' ' . $res->body] } if $res->status != 200;
            my ($documents, $checkpoint) = @{ $res->json }{qw(documents checkpoint)};
            $count += @$documents;
            push @wrong, @$documents . ' in a page' if @$documents > $limit;
            for my $change (@$documents) {
                my ($position, $id, $text, $stamp) = read_change($change);
                push @wrong, "$id at $position behind $last" if $position <= $last;
                push @wrong, "$id of $stamp after $stamp{$id}" if $stamp lt($stamp{$id} // '');
                ($last, $copy{$id}, $stamp{$id}) = ($position, $text, $stamp);
            }
            $query{checkpoint} = $checkpoint if defined $checkpoint;
            sleep 0.02 if !@$documents;
        }
        return { wrong => \@wrong, copy => \%copy, pages => $pages, count => $count };
    };
}

# What ends a session now and then that is not ours.
sub killer {
    my ($ours) = @_;
    sql(<<'SQL', $ours);
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), ?)
    AND query ~ 'was_pws'
ORDER BY random() LIMIT 1
SQL
    return {};
}

# All is an hour ahead of the clock, as if that had been set back.
sub bring_forward {
    my ($space) = @_;
    my $ms = $HOUR * 1000;
    sql("UPDATE was_pws_$_ SET updated_ms = updated_ms + $ms WHERE space_uuid = ?", $space)
        for qw(spaces collections resources policies tombstones);
    sql("UPDATE was_pws_counters SET feed_ms = feed_ms + $ms WHERE space_uuid = ?", $space);
    return;
}

# How many seconds the clock is behind what is stored.
sub seconds_behind {
    my ($space) = @_;
    my ($row) = sql(<<'SQL', $space);
SELECT max(feed_ms) / 1000 - floor(date_part('epoch', clock_timestamp()))
FROM was_pws_counters WHERE space_uuid = ?
SQL
    return $row->[0];
}

# Writes for so long, with all that goes wrong meanwhile; yields the writes. A clock is set back in
# the middle.
sub write_for {
    my ($clock, $path, @before) = @_;
    my ($ours) = map { @$_ } sql('SELECT pg_backend_pid()');
    my $kill = sub { return killer($ours) };
    my $killer = WAS::Traffic->start(clients => 1, pause => 0.3, each => $kill);
    my $writers =
        WAS::Traffic->start(clients => $WRITERS, least => 20, each => writer($path, @before));
    my $began = time;
    for (my $turn = 0; time < $began + $SECONDS; $turn++) {
        sleep 1.5;
        $second->signal($RESTARTS[$turn % @RESTARTS]);
        $clock->set(-$HOUR) if $clock && time > $began + $SECONDS / 2;
    }
    my @writes = $writers->finish;
    $killer->finish;
    return @writes;
}

# What is told of one clock; `what` happens to it before the writing, and `clock` is one to set.
sub feed_tells {
    my ($name, $what, $clock) = @_;
    my $space = make_space($alice);
    my $path = make_collection($alice, $space, 'c');
    my @before = WAS::Traffic->run(clients => $WRITERS, times => 3, each => writer($path));
    $what->($space);
    my $here = sub { return through($ports[0], $alice) };
    my $september = sub { return at('pws_september', $alice, keepalive => 1) };
    my %reader = map { ("in pages of $_" => reader($here, $path, $_)) } @LIMITS;
    $reader{"the revision before, in pages of $SEPTEMBER"} = reader($september, $path, $SEPTEMBER);
    my %reading =
        map { ($_ => WAS::Traffic->start(clients => 1, times => 1, each => $reader{$_})) }
        sort keys %reader;
    my @writes = write_for($clock, $path, @before);
    insist(sub { $alice->put("$path/end", document({ t => 'end' })) });
    my @all = (@before, @writes);
    my @odd = grep { defined } map { $_->{died} // $_->{odd} } @all;
    is_deeply(\@odd, [], "$name: every write is acknowledged in the end");
    for my $who (sort keys %reader) {
        my ($read) = $reading{$who}->finish(patient => 1);
        is_deeply($read->{died} // $read->{wrong}, [], "$name: $who: nothing out of order");
        my %copy = %{ $read->{copy} // {} };
        delete @copy{qw(meta end)};
        is_deeply(
            \%copy, what_is_due($who !~ /revision/, @all),
            "$name: $who: the copy is what is there");
        note "$name: $who: $read->{count} changes in $read->{pages} pages";
    }
    is_deeply([contradictions($space)], [], "$name: nothing contradicts itself");
    cmp_ok(scalar @writes, '>', 10 * $WRITERS, "$name: many were written");
    note "$name: " . @writes . ' writes';
    return $space;
}

feed_tells('pws-next D.4: a clock as it is', sub { });
feed_tells('pws-next D.4: a clock an hour behind', \&bring_forward);

SKIP: {
    skip 'the workers of Citus, which write, have clocks of their own' if WAS::Citus::count();
    skip 'libfaketime was not found; on Debian: apt install faketime' if !WAS::Clock::library();
    # A statement's time may be over early where the clock is set.
    WAS::Server::expect_error('UNAVAILABLE was_PWS_\w+: PostgreSQL says 57014');
    my $clock = WAS::Clock->start;
    my $is_up = sub {
        return eval { $alice->get('/spaces/')->status == 200 }
    };
    ok(eventually(30, $is_up), 'PostgreSQL has a clock of its own') or last SKIP;
    my $space = feed_tells('pws-next D.4: a clock that is set back', sub { }, $clock);
    cmp_ok(seconds_behind($space), '>', $HOUR - 600, 'pws-next D.4: the clock was set back');
}

done_testing;
