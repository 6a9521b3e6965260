# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Many who write the log of one collection at once, through two httpd on one database: of all who
# begin it, or add a line to what they have read, exactly one does; nothing is lost or written
# twice, and whoever reads meanwhile reads a log that goes on, and a description with its validator.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Changes;
use WAS::Holder;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $CLIENTS = 16;
my $LINES = 200;
my $BEGINS = 12;
my $SEALED = '{"jwe":{"protected":"p","ciphertext":"c"}}';
my $alice = holder('pws');
my $space = make_space($alice);
my $server = second_server(2 * $CLIENTS);
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);

sub state { return qq({"scheme":"edv","by":"$_[0]"}) }
sub first { return '{"parameters":{"method":"m"},"state":' . state($_[0]) . '}' }
sub line { return '{"state":' . state($_[0]) . '}' }
sub lines { return (type => 'text/jsonl', body => $_[0]) }
sub json { return (type => 'application/json', body => $_[0]) }
sub by_of { return $_[0] =~ /"by":"([^"]*)"/ ? $1 : 'nobody' }

# Each adds lines to what it has read, until there are enough of them; some say which state they
# have read, some do not. Others read, and write beside it.
my $c = make_collection($alice, $space, 'c');
$alice->put("$c/meta/log", lines(first('nobody')))->status == 204 or die 'no log';

sub add_line {
    my ($client, $n, $turn) = @_;
    my $read = $client->get("$c/meta/log");
    my $count = () = $read->body =~ /^\{/gm;
    return { over => 1 } if $count >= $LINES;
    my $by = "$n-$turn";
    my @state = $n % 4 ? (headers => ['If-Match' => scalar $read->header('ETag')]) : ();
    my $res = $client->put("$c/meta/log", lines($read->body . "\n" . line($by)), @state);
    return { status => $res->status, due => 204, by => $by, read => $read->body };
}

sub read_meta {
    my ($client) = @_;
    my $res = $client->get("$c/meta");
    return { etag => scalar $res->header('ETag'), shown => $res->body =~ s/"[0-9T:.-]+Z"//gr };
}

my %through;
my @asks = (
    sub { read_meta($_[0]) },
    sub { return { status => $_[0]->put("$c/meta", json('{}'))->status, due => 204 } },
    sub {
        my ($client, $turn) = @_;
        my $res = $client->put("$c/r", json($SEALED));
        return { status => $res->status, due => $turn ? 200 : 201 };
    },
);
my $traffic = WAS::Traffic->start(
    clients => $CLIENTS + @asks,
    each => sub {
        my ($n, $turn) = @_;
        my $client = $through{$n} //= through($ports[$n % 2], $alice);
        return $asks[$n - $CLIENTS]->($client, $turn) if $n >= $CLIENTS;
        my $record = add_line($client, $n, $turn);
        sleep(0.02) if $record->{over};
        return $record;
    });
my $there = eventually(
    120,
    sub {
        my $count = () = $alice->get("$c/meta/log")->body =~ /^\{/gm;
        return $count >= $LINES;
    });
ok($there, "pws 15: $LINES lines are there");
my @records = $traffic->finish;
my @added = grep { exists $_->{read} } @records;
my @odd = map { $_->{died} // "$_->{status} instead of $_->{due}" } grep {
    $_->{died} || $_->{due} && $_->{status} != $_->{due} && !($_->{read} && $_->{status} == 412)
} @records;
is("@odd", '', 'pws 15: every write is done, or stale');
my $log = $alice->get("$c/meta/log")->body;
my @by = map { by_of($_) } split /\n/, $log;
my @done = map { $_->{by} } grep { $_->{status} == 204 } @added;
is(scalar @by, 1 + @done, 'pws 15: as many lines as writes that were done');
is_deeply([sort @by], [sort 'nobody', @done], 'pws 15: those of the writes, each once');
my @gone = grep { index($log, $_->{read}) != 0 } @added;
is(scalar @gone, 0, 'pws 15: what was read at any time is its beginning');
my %ways = map { $_->{client} % 2 => 1 } grep { $_->{status} == 204 } @added;
is_deeply([sort keys %ways], [0, 1], 'pws 15: through both httpd');
my @stale = grep { $_->{status} == 412 } @added;
cmp_ok(scalar @stale, '>', $LINES / 10, 'pws 15: and they were in the way of each other');
note(sprintf '%d lines, %d writes that were stale', scalar @by, scalar @stale);
my %shown;
$shown{ $_->{etag} }{ $_->{shown} } = 1 for grep { $_->{etag} } @records;
my @two = grep { keys %{ $shown{$_} } > 1 } sort keys %shown;
is("@two", '', 'pws-next G: a validator of the metadata is that of one description');
cmp_ok(scalar keys %shown, '>', 10, 'pws-next G: of which many were seen');
is(by_of($alice->get("$c/meta")->body), $by[-1], 'pws 15: what is shown is the last line');

# Many begin one; beside some of them, as many say by themselves what the collection takes, or
# delete it.
for my $row (
    ['alone'],
    ['beside an encryption', PUT => '/meta', json('{"encryption":{"scheme":"edv"}}')],
    ['beside plaintext', PUT => '/meta', json('{"plaintext":{}}')],
    ['beside a deletion', DELETE => '/'],
) {
    my ($name, $method, $path, @sent) = @$row;
    my (%begun, @wrong);
    for my $round (1 .. $BEGINS) {
        my $at = make_collection($alice, $space, "$round-" . $name =~ s/ /-/gr);
        my @said = in_parallel(
            $CLIENTS,
            sub {
                my ($n) = @_;
                my $client = through($ports[$n % 2], $alice);
                return 'beside ' . $client->request($method, "$at$path", @sent)->status
                    if $method && $n % 4 < 2;
                my @none = (headers => [$n % 3 ? ('If-None-Match' => '*') : ()]);
                return "$n " . $client->put("$at/meta/log", lines(first($n)), @none)->status;
            });
        my @won = map { /\A(\d+) 204\z/ ? $1 : () } @said;
        my $beside = $method && grep { $_ eq 'beside 204' } @said;
        my ($meta, $there) = map { $alice->get("$at/$_") } qw(meta meta/log);
        my $left = ($method // '') eq 'DELETE' ? 404 : @won ? 200 : 404;
        my @due = ($method // '') eq 'DELETE' ? (0, 1) : $beside ? 0 : 1;
        my $is_so =
               (grep { $_ == @won } @due)
            && $there->status == $left
            && ($left == 404 || by_of($there->body) eq $won[0])
            && ($meta->body =~ /"history"/ xor $left == 404);
        $begun{ scalar @won }++;
        push @wrong, join ', ', @said, $there->status, $meta->body if !$is_so;
        push @wrong, grep { !/ (?:204|400|404|409|412)\z/ } @said;
    }
    is("@wrong", '', "pws 15: begun $name: by one at the most, and by one where that may be");
    note("begun $name: ", join ', ', map { "$_ in $begun{$_} rounds" } sort keys %begun);
}
is_deeply([contradictions($space)], [], 'pws 15: nothing contradicts itself');
unlike($server->log, qr/:(?:error|crit|alert|emerg)\]/, 'the second httpd has logged no error');

done_testing;
