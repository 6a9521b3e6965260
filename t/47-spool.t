# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The directory in which long bodies wait, and the longer resources of an export, where they stand
# in rows: TMPDIR, and no other. Where it cannot be used, the operator is told when httpd starts and
# at each request that needs it, and that request gets a 503; all else is served, and so is that
# once it is mended.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use WAS::Citus;
use WAS::Client;
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::Story;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

plan skip_all => 'on Citus all long bodies go to the database in parts' if WAS::Citus::count();

my $dir = tempdir(CLEANUP => 1);
my $ROWS = "WASContentParts off\n";
my $PWS = $ROWS . <<'CONF';
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $alice = person();
my $big = random_bytes(3 << 20);
my $space = '/space/' . new_space($alice);
my @TAR = (headers => [Accept => 'application/x-tar']);
{
    my $server = WAS::Server->start(config => $ROWS);
    my $client = $server->client($alice->key);
    $client->put("$space/big", body => $big)->status == 204 or BAIL_OUT('no resource to export');
}

sub spew {
    my ($path) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    close $file or die "$path: $!\n";
    return;
}

# No child may write more than so many bytes to a file: to it, the disk is full. What httpd itself
# may, each child may that it makes from now on.
sub limit_files {
    my ($server, $bytes) = @_;
    system('prlimit', "--fsize=$bytes:unlimited", '--pid', $_) == 0
        or die "prlimit: $?\n"
        for $server->{pid}, $server->children;
    return;
}

my $CANNOT_MAKE = 'cannot make a spool in';
my $no_root = $> != 0;
my $can_limit = system('prlimit --version >/dev/null 2>&1') == 0;
for my $case (
    # name, TMPDIR below $dir, what is done before httpd starts, and once it runs; what the log says
    # and whether it says so at the start; how it is mended
    {
        name => 'a directory that is not there',
        says => qr/$CANNOT_MAKE \S+: No such file or directory/,
        mend => sub { mkdir $_[0] or die $! },
        at_start => 1,
    },
    {
        name => 'a file',
        make => sub { spew($_[0]) },
        says => qr/$CANNOT_MAKE \S+: Not a directory/,
        mend => sub { unlink $_[0]; mkdir $_[0] or die $! },
        at_start => 1,
    },
    {
        name => 'a directory that can only be read',
        make => sub { mkdir $_[0], 0555 or die $! },
        says => qr/$CANNOT_MAKE \S+: Permission denied/,
        mend => sub { chmod 0700, $_[0] or die $! },
        at_start => 1,
        possible => $no_root,
    },
    {
        name => 'a directory that goes away',
        make => sub { mkdir $_[0] or die $! },
        spoil => sub { rmdir $_[1] or die $! },
        says => qr/$CANNOT_MAKE \S+: No such file or directory/,
        mend => sub { mkdir $_[0] or die $! },
    },
    {
        name => 'a directory that is full',
        make => sub { mkdir $_[0] or die $! },
        spoil => sub { limit_files($_[0], 2 << 20) },
        says => qr/cannot write a spool in \S+: File too large/,
        mend => sub { limit_files($_[1], 'unlimited') },
        possible => $can_limit,
    },
) {
    my $name = $case->{name};
    SKIP: {
        skip "$name: not possible here", 1 if !($case->{possible} // 1);
        my $at = "$dir/" . ($name =~ s/\W/-/gr);
        $case->{make}->($at) if $case->{make};
        # Others that could be taken instead.
        local @ENV{qw(TMPDIR TMP TEMP)} = ($at, $dir, $dir);
        # Whose children stay those that they are.
        my $server = WAS::Server->start(mpm => 'event', config => $PWS);
        my @lines = $server->own_lines;
        is(scalar @lines, $case->{at_start} // 0, "$name: lines at the start")
            or diag join "\n", @lines;
        like(
            $lines[0], qr/\[was:error\].* long bodies .*TMPDIR.*: $case->{says}/,
            "$name: which says what and why"
        ) if $case->{at_start};
        $case->{spoil}->($server, $at) if $case->{spoil};

        my $client = $server->client($alice->key);
        my $bob = WAS::Zcap->new(
            base => $server->origin, key => WAS::Key->fresh, mount => '/pws',
            timeout => 30);
        my $id = new_id();
        my %at = ('/pws/spaces/' => { id => $id, controller => $bob->did });
        $at{"/pws/space/$id/"} = { id => 'c' };
        for my $target (reverse sort keys %at) {
            is($bob->send_json(POST => $target, $at{$target})->status, 201, "$name: $target");
        }
        my $r = "/pws/space/$id/c/r";
        my @text = (type => 'text/plain');
        my $mark = length $server->log;
        for my $row (
            # who, the request, its status, and once all is well
            [$client, [PUT => "$space/new", body => $big], 503, 204],
            [$client, [PUT => "$space/new", body => $big, chunked => 65_536], 503, 204],
            [$client, [POST => "$space/new", body => $big], 503, 201],
            [$client, [GET => $space, @TAR], 503, 200],
        ) {
            my ($who, $request, $status) = @$row;
            my $res = $who->request(@$request);
            my $detail = ($res->problem // {})->{errors}[0]{detail} // '';
            my $asked = "$name: @$request[0, 1]";
            is($res->status, $status, $asked);
            like($detail, qr/\Athere is no room now .*nothing was written/, "$asked: and why");
            unlike($res->body, qr/spool|\Q$dir\E/, "$asked: but not where");
            like(scalar $res->header('Retry-After') // '', qr/\A\d+\z/, "$asked: to try again");
            push @{ $case->{again} }, $row;
        }
        my @errors = grep { /\[was:error\]/ } split /\n/, substr $server->log, $mark;
        is(scalar @errors, 4, "$name: a line for each") or diag join "\n", @errors;
        is(scalar(grep { /UNAVAILABLE $case->{says}/ && /\Q$at\E/ } @errors), 4, "$name: why");
        is($client->get("$space/new", sign => 0)->status, 404, "$name: nothing is stored");
        is($bob->put($r, body => $big, @text)->status, 201, "$name: pws needs none");
        is($client->put("$space/small", body => 'x')->status, 204, "$name: what is short is taken");
        ok($client->get("$space/big", sign => 0)->body eq $big, "$name: what is long is given");

        $case->{mend}->($at, $server);
        for my $row (@{ $case->{again} }) {
            my ($who, $request, undef, $status) = @$row;
            is($who->request(@$request)->status, $status, "$name: mended: @$request[0, 1]");
        }
        $client->delete("$space/new");
        is(scalar(() = glob "$at/*"), 0, "$name: nothing is left there");
        unlike($server->log, qr/exit signal/, "$name: no child crashed");
    }
}

# A disk that is full, where a namespace of its own lets httpd have a small one.
SKIP: {
    my ($disk, $wrapper) = ("$dir/disk", "$dir/httpd");
    my @map = ("--map-user=$>", '--map-group=' . (0 + $)));
    my $mount = 'mount -t tmpfs -o size=2m,mode=0700 tmpfs "$0" && exec unshare --user @ -- "$@"';
    my @inside =
        (qw(unshare --user --map-root-user --mount -- sh -c), $mount =~ s/\@ /@map /r, $disk);
    mkdir $disk or die $!;
    WAS::Cluster::run('/dev/null', @inside, 'true') or skip 'no namespaces here', 1;
    open my $script, '>', $wrapper or die "$wrapper: $!\n";
    print $script "#!/bin/sh\nexec ",
        join(' ', map { "'$_'" } @inside, $ENV{WAS_HTTPD}), qq( "\$@"\n);
    close $script or die "$wrapper: $!\n";
    chmod 0755, $wrapper;

    local $ENV{WAS_HTTPD} = $wrapper;
    local $ENV{TMPDIR} = $disk;
    my $server = WAS::Server->start(config => $ROWS);
    my $client = $server->client($alice->key);
    my $put = sub { $client->put("$space/disk", body => substr $big, 0, $_[0])->status };
    my $says = qr/UNAVAILABLE cannot write a spool in \Q$disk\E: No space left on device/;
    for my $turn (1 .. 3) {
        # A file goes with its request, which ends a little after its answer.
        my $fits = sub { $put->(1_500_000) == 204 };
        ok(eventually(5, $fits), "a disk of 2 MiB, turn $turn: there is room for 1.5 MB");
        my $mark = length $server->log;
        is($put->(length $big), 503, "a disk of 2 MiB, turn $turn: and none for 3 MiB");
        like(substr($server->log, $mark), $says, "a disk of 2 MiB, turn $turn: the log says why");
    }
}

# Without a name it is /tmp.
for my $named (undef, '') {
    local $ENV{TMPDIR} = $named;
    delete $ENV{TMPDIR} if !defined $named;
    my $shown = defined $named ? 'an empty TMPDIR' : 'no TMPDIR';
    my $server = WAS::Server->start(config => $ROWS);
    my $client = $server->client($alice->key);
    is($client->put("$space/new", body => $big)->status, 204, "$shown: taken");
    unlike($server->log, qr/\[was:error\]/, "$shown: nothing at ERR");
}

done_testing;
