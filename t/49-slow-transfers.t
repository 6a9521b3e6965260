# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Transfers that take their time. A download is of the version that it began with, whole, whatever
# becomes of the resource meanwhile; and with one connection to the database for all, others are
# served beside slow clients.
#
# WAS_SLOW_BYTES and WAS_SLOW_RATE say how long the download is, and how fast its client: with
# 1073741824 and 1000000 it takes 18 minutes, longer than what nobody names is kept.

use strict;
use warnings;

use Digest::SHA;
use FindBin;
use File::Temp qw(tempdir);
use List::Util qw(first);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/lib";
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Parts qw(loose_parts leases due_now);
use WAS::Server;
use WAS::Traffic qw(eventually);

my $curl = `curl --version 2>/dev/null` // '';
plan skip_all => 'no curl' if !$curl;

my $MIB = 1 << 20;
my $BYTES = $ENV{WAS_SLOW_BYTES} // 64 * $MIB;
my $RATE = $ENV{WAS_SLOW_RATE} // 6_000_000;
my $OVERWRITES = 5;

my $database = WAS::Server::create_database();
my $server = WAS::Server->start(
    mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
    before => <<'BEFORE', config => <<"CONF");
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
BEFORE
DBDKeep 1
DBDMax 1
<Location "/">
    LimitRequestBody @{[$BYTES + $MIB]}
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $dbh = WAS::Server::dbh($database);
my $dir = tempdir(CLEANUP => 1);

my $key = WAS::Key->fresh;
my $alice = $server->client($key, timeout => 60);
my $holder = at($server->origin, $key, mount => '/pws', timeout => 60);
my $space = new_id();
my $document = json_text({ controller => $key->did });
$alice->put("/space/$space", body => $document, type => 'application/json')->status == 204
    or BAIL_OUT('no space');
my $collection = make_collection($holder, make_space($holder), 'c');
$holder->send_json(PUT => "$collection/policy", { type => 'PublicCanRead' })->status == 201
    or BAIL_OUT('no policy');
my @SPEAKS = (['classic', $alice, "/space/$space/slow"], ['pws', $holder, "$collection/slow"]);

# What is moved, and its digest.
my $file = "$dir/bytes";
system("head -c $BYTES /dev/urandom > $file") == 0 or die "no file\n";
my $sum = sum_of($file);

sub sum_of { return Digest::SHA->new(256)->addfile($_[0], 'b')->b64digest . '=' }

# Starts curl; yields its pid.
sub transfer {
    my (@arguments) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>', '/dev/null';
        exec qw(curl -sS -f -g --noproxy *), @arguments or POSIX::_exit(127);
    }
    return $pid;
}

sub download {
    my ($target, $to, $rate) = @_;
    return transfer('--limit-rate', $rate, '-o', $to, $server->origin . $target);
}

# The fields that sign an upload.
sub signature {
    my ($who, $target) = @_;
    my %of = (key => $key, method => 'PUT', target => $target);
    return (Authorization => WAS::Client::authorization(%of)) if !$who->isa('WAS::Zcap');
    my (undef, undef, %signed) =
        $who->signed(PUT => $target, type => 'x/y', digest => "SHA-256=$sum");
    return @{ $signed{headers} };
}

sub upload {
    my ($who, $target, @arguments) = @_;
    my @fields = ('Content-Type' => 'x/y', signature($who, $target));
    my @lines = map { ('-H', "$fields[2 * $_]: $fields[2 * $_ + 1]") } 0 .. $#fields / 2;
    return transfer(@lines, @arguments, '-T', $file, '-o', '/dev/null', $server->origin . $target);
}

# Whether it is still under way.
sub is_running { return waitpid($_[0], POSIX::WNOHANG()) == 0 }

# How it ended.
sub ended { waitpid $_[0], 0; return $? }

# 1. One answer is one version.
is(ended(upload(@$_[1, 2])), 0, "$_->[0]: a content") for @SPEAKS;
my $begin = time;
my @downloads = map { [@$_, download($_->[2], "$dir/$_->[0]", $RATE)] } @SPEAKS;
eventually(60, sub { -s "$dir/classic" && -s "$dir/pws" }) or die "nothing comes\n";
for my $n (1 .. $OVERWRITES) {
    # All in the first third of it: a busy machine takes its time for each.
    my $when = $begin + $n * $BYTES / $RATE / (3 * $OVERWRITES);
    sleep $when - time if $when > time;
    for my $speaks (@SPEAKS) {
        my ($protocol, $who, $path) = @$speaks;
        my $status = $who->put($path, body => $n x (2 * $MIB), type => 'x/y')->status;
        my $due = $protocol eq 'classic' ? 204 : 200;
        is($status, $due, "$protocol: overwritten for the time $n");
    }
    # Whoever sweeps looks for what nobody names any more.
    due_now($dbh, 'unnamed');
}
ok(is_running($_->[3]), "$_->[0]: the download goes on meanwhile") for @downloads;
for my $download (@downloads) {
    my ($protocol, $who, $path, $pid) = @$download;
    is(ended($pid), 0, "$protocol: it ends well");
    is(sum_of("$dir/$protocol"), $sum, "$protocol: it is the version that it began with, whole");
    is($who->get($path)->body, $OVERWRITES x (2 * $MIB), "$protocol: then there is the last one");
}
# Whoever sweeps rests three times as long as he works.
my $swept = first {
    due_now($dbh, qw(unnamed content));
    my $idle = make_space($holder);
    $holder->delete("/pws/space/$idle/")->status == 204 or die "no space to delete\n";
    eventually(2, sub { !loose_parts($dbh) && !leases($dbh) });
} 1 .. 15 + $BYTES / (8 * $MIB);
ok($swept, 'of what was overwritten, nothing is left in the end');

# 2. With one connection for all, who is slow holds none: others would get nothing done in any
# round. Alone and beside them in turns, of which the one in the middle counts, and more turns where
# one of the two met with what else the machine does.
sub requests_of {
    my ($seconds) = @_;
    my $end = time + $seconds;
    my $count = 0;
    my $client = $server->client(undef, keepalive => 1);
    while (time < $end) {
        $client->get("/space/$space/small")->status == 200 or die "not served\n";
        $count++;
    }
    return $count;
}

is($alice->put("/space/$space/small", body => 'x' x 1024)->status, 204, 'what others read');
is(ended(upload(@$_[1, 2])), 0, "$_->[0]: a content again") for @SPEAKS;
my (@shares, $share);
for my $round (1 .. 10) {
    my $alone = requests_of(1);
    my @pids = map {
        my ($protocol, $who, $path) = @$_;
        (
            download($path, "$dir/$protocol", 1_000_000),
            upload($who, "$path-new", '--limit-rate', 1_000_000))
    } @SPEAKS;
    eventually(60, sub { -s "$dir/classic" && -s "$dir/pws" && leases($dbh) == 2 })
        or die "nothing moves\n";
    my $beside = requests_of(1);
    is(scalar(grep { is_running($_) } @pids), 4, "round $round: all of them go on meanwhile");
    kill TERM => @pids;
    ended($_) for @pids;
    unlink "$dir/classic", "$dir/pws";
    eventually(60, sub { leases($dbh) == 0 });
    @shares = sort { $a <=> $b } @shares, $beside / ($alone || 1);
    $share = $shares[$#shares / 2];
    last if $round >= 3 && $share > 0.4;
}
cmp_ok($share, '>', 0.4, 'others are served beside slow transfers');
diag 'beside slow transfers, of what is served alone: ', join ' ',
    map { sprintf '%.2f', $_ } @shares;

done_testing;
