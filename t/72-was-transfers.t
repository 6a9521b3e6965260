# Licensed under the Apache License, Version 2.0; see LICENSE.

# Directories with tools/was, in both protocols: names of every kind up and down, byte for byte;
# transfers that are ended in the middle and go on; and what `sync` does with every way in which two
# sides can have changed.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;
use WAS::Server;
use WAS::Terminal;
use WAS::Traffic qw(eventually);

my %server = (classic => WAS::Server::url('main'), pws => WAS::Server::url('pws'));
my $count = 0;

# A terminal with a folder of its own on a server.
sub folder {
    my ($protocol) = @_;
    my $who = WAS::Terminal->new;
    my $id = "f-$$-" . time . '-' . ++$count;
    my ($code, $out, $err) = $who->was(spaces => 'make', $server{$protocol}, '--id', $id);
    $code == 0 or BAIL_OUT($err);
    my $url = $out =~ s/\n//r;
    return ($who, "$url/") if $protocol eq 'classic';
    ($code, $out, $err) = $who->was(collections => 'make', $url, '--id', 'files');
    $code == 0 or BAIL_OUT($err);
    return ($who, $out =~ s/\n//r);
}

sub random_of {
    return join '', map { chr int rand 256 } 1 .. $_[0];
}

# Two trees of files are the same, whatever is in them.
sub same_tree {
    my ($name, $got, $wanted) = @_;
    my @differ =
        grep { !defined $got->{$_} || !defined $wanted->{$_} || $got->{$_} ne $wanted->{$_} }
        sort keys %{ { %$got, %$wanted } };
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok(!@differ, $name)
        || diag(join "\n", map { s/([^ -~])/sprintf '\\x%02x', ord $1/ger } @differ);
}

# Names.
my @names = (
    'plain', 'a b', '100%', '50%25', 'a?b', 'a#b', 'a&b=c', "line\nfeed", "tab\there", 'a+b', '~',
    '~7E', '~41', "\xc3\xbc.txt", "\xf0\x9f\x98\x80", '-dash', '--all', '...', '.hidden', '..a',
    'back\\slash', '"quoted"', "it's", '$HOME', '`ls`', ';ls', '*', '[a-z]', '{a,b}', '<x>', '|',
    'a:b', '@file', 'meta', 'policy', 'backend', 'linkset', 'query', 'quota', 'chunks', 'a/meta',
    'a/b/c/d', 'A/upper', 'data.json', 'empty', 'a/empty', 'con.TXT', 'x' x 200,
);
for my $protocol (qw(classic pws)) {
    my ($who, $url) = folder($protocol);
    my %content = map { $_ => /empty/ ? '' : /json/ ? '{"a": 1}' : "of $_\0\xff" } @names;
    # JSON by its name alone, which one of the protocols would refuse as such.
    $content{'broken.json'} = '{';
    $content{"not utf-8 \xff"} = 'x' if $protocol eq 'pws';
    $who->write_file("up/$_", $content{$_}) for keys %content;
    symlink '/etc/passwd', $who->work . '/up/link';
    mkdir $who->work . '/up/nothing in it';
    my ($code, $out, $err) = $who->was(cp => '-r', 'up', $url);
    is($code, 0, "$protocol: every name goes up") or diag $err;
    like($err, qr/left out link: it is a symbolic link$/m, "$protocol: a link does not");
    like($err, qr/left out nothing in it\/: it is an empty/m, "$protocol: nor what is empty");
    my $number = keys %content;
    like($err, qr/^was: $number copied/m, "$protocol: says how many");
    $who->is_done("$protocol: and comes down", [cp => '-r', $url, 'down']);
    same_tree("$protocol: byte for byte", $who->tree('down'), \%content);
    my $json = $who->is_done("$protocol: with --json", ['--json', cp => '-r', $url, 'down']);
    is(decode_json($json)->{copied}, $number, "$protocol: it says so to programs, too");
    my ($awkward) = $who->was(get => $protocol eq 'pws' ? "${url}a~3Fb" : "${url}a%3Fb");
    is($awkward, 0, "$protocol: where such a name stands");
}

# What cannot go.
{
    my ($who, $url) = folder('classic');
    $who->write_file("up/bad \xff", 'x');
    $who->write_file('up/good', 'x');
    my ($code, undef, $err) = $who->was(cp => '-r', 'up', $url);
    is($code, 1, 'classic: a name that is not UTF-8 cannot go, and the code says so');
    like($err, qr/not done: bad \\xff: it is not UTF-8/, 'classic: it is said, too');
    $who->is_done('classic: the other went', [ls => $url], "good\n");
    ($who, $url) = folder('pws');
    $who->write_file('up/' . ('/x ' x 1), 'x');
    $who->write_file('up/' . (' ' x 86), 'x');
    ($code, undef, $err) = $who->was(cp => '-r', 'up', $url);
    is($code, 1, 'pws: a name whose id is too long cannot go');
    like($err, qr/longer than 255/, 'pws: it is said, too');
    ($code, undef, $err) = $who->was(cp => '-r', 'none', $url);
    is($code, 2, 'a directory that is not there');
    ($code, undef, $err) = $who->was(cp => '-r', 'up', $url =~ s{files/\z}{other/}r);
    is($code, 3, 'pws: a collection that is not there ends the run at once');
}

# Below a path of a classic space.
{
    my ($who, $url) = folder('classic');
    $who->write_file("up/$_", "of $_") for 'a', 'b/c';
    $who->is_done('classic: up below a path', [cp => '-r', 'up', "${url}my%20files/"]);
    $who->is_done('classic: and beside it', [cp => '-r', 'up', "${url}my%20files2/"]);
    $who->is_done('classic: ls of the path', [ls => "${url}my%20files/"], "a\nb/c\n");
    $who->is_done('classic: down from there', [cp => '-r', "${url}my%20files", 'down']);
    same_tree('classic: only what is there', $who->tree('down'), $who->tree('up'));
}

# Many, and one that is long; ended and gone on with.
my $many = $ENV{WAS_CLIENT_FILES} // 60;
my $long_bytes = $ENV{WAS_CLIENT_BYTES} // 3 * 1024 * 1024;

my $slow = tempdir(CLEANUP => 1);
my ($real_curl) = grep { -x } map { "$_/curl" } split /:/, $ENV{PATH};
open my $script, '>', "$slow/curl" or die $!;
print $script qq(#!/bin/sh\nexec $real_curl "\$@" --limit-rate 1000000\n);
close $script;
chmod 0755, "$slow/curl";

sub journals { my ($who) = @_; return glob "$who->{home}/.local/state/was/*" }

# Runs until $has_begun is true, then ends it as a terminal does. Its curl is slow, so that it is
# not over by then.
sub interrupted {
    my ($who, $name, $has_begun, @arguments) = @_;
    my $pid = $who->start({ by => ['env', "PATH=$slow:$ENV{PATH}"] }, @arguments);
    eventually(900, $has_begun);
    kill INT => -$pid;
    my ($code, $out, $err) = $who->ended($pid);
    is($code, 130, $name) or diag $err;
    return noted_in($who);
}

# How many files the journal notes as done: a line each, behind the first.
sub noted_in {
    my ($who) = @_;
    my $lines = map { split /\n/, WAS::Terminal::file_bytes($_) // '' } journals($who);
    return $lines - 1;
}

for my $protocol (qw(classic pws)) {
    my ($who, $url) = folder($protocol);
    my %content =
        map { sprintf('d%d/f%04d', $_ % 7, $_) => "file $_ " . random_of(300) } 1 .. $many;
    $content{'e/long'} = random_of(1024) x ($long_bytes / 1024);
    $who->write_file("up/$_", $content{$_}) for keys %content;
    my $is_under_way = sub { noted_in($who) > $many / 4 };
    my $noted = interrupted(
        $who, "$protocol: a transfer up is ended", $is_under_way, cp => '-r', 'up',
        $url);
    my ($code, undef, $err) = $who->was(cp => '-r', 'up', $url);
    is($code, 0, "$protocol: and goes on") or diag $err;
    my ($before) = $err =~ /(\d+) done before/;
    is($before, $noted, "$protocol: where it stood");
    is_deeply([journals($who)], [], "$protocol: then nothing is remembered");
    $noted = interrupted(
        $who, "$protocol: a transfer down is ended", $is_under_way, cp => '-r', $url,
        'down');
    ($code, undef, $err) = $who->was(cp => '-r', $url, 'down');
    is($code, 0, "$protocol: and goes on") or diag $err;
    ($before) = $err =~ /(\d+) done before/;
    is($before, $noted, "$protocol: where it stood");
    same_tree("$protocol: byte for byte", $who->tree('down'), \%content);
}

# One file that was cut in the middle: the rest is asked for, if it is the same still.
for my $protocol (qw(classic pws)) {
    my ($who, $url) = folder($protocol);
    my $first = random_of(1000) x 1000;
    my $file = $who->write_file('long', $first);
    my $place = "${url}long";
    $who->is_done("$protocol: a long file", [put => 'long', $url]);
    my $cut = sub {
        my ($bytes, $etag) = @_;
        my ($part) = glob $who->work . '/.was-*.part';
        $part //= part_name($who, $place);
        $who->write_file($part =~ s{.*/}{}r, $bytes);
        $who->write_file($part =~ s{.*/}{}r =~ s/part\z/etag/r, "$etag\n");
    };
    my $head = sub { (decode_json(($who->was('--json', put => 'long', $url))[1]))->{etag} };
    my $etag = $head->();
    # Other bytes in front prove that only the rest was sent.
    $cut->('x' x 400_000, $etag);
    $who->is_done("$protocol: get goes on", [get => $place, 'got']);
    my $got = WAS::Terminal::file_bytes($who->work . '/got');
    ok($got eq ('x' x 400_000) . substr($first, 400_000), "$protocol: with the rest");
    $cut->('x' x 400_000, '"another"');
    $who->is_done("$protocol: it is not the same any more", [get => $place, 'got']);
    ok(WAS::Terminal::file_bytes($who->work . '/got') eq $first, "$protocol: all of it came");
    $cut->('x' x 2_000_000, $etag);
    $who->is_done("$protocol: a part that is too long", [get => $place, 'got']);
    ok(WAS::Terminal::file_bytes($who->work . '/got') eq $first, "$protocol: counts for nothing");
    is_deeply([glob $who->work . '/.was-*'], [], "$protocol: nothing is left beside it");
}

# Where `get URL got` keeps its part: found by a get that is refused its place.
sub part_name {
    my ($who, $place) = @_;
    require Digest::SHA;
    my $source = $place;
    return $who->work . '/.was-' . substr(Digest::SHA::sha256_hex("$source\ngot"), 0, 16) . '.part';
}

# Sync. Each name tells what was done to it here and there since the sides were the same, and then
# which content it has on both, undef where it is gone; 'conflict' leaves both alone.
my @CASES = (
    # name, here, there, in the end (with --delete)
    ['same', 'keep', 'keep', 'first'],
    ['changed-here', 'change', 'keep', 'here'],
    ['changed-there', 'keep', 'change', 'there'],
    ['changed-both', 'change', 'change', 'conflict'],
    ['changed-alike', 'alike', 'alike', 'alike'],
    ['gone-here', 'remove', 'keep', undef],
    ['gone-there', 'keep', 'remove', undef],
    ['gone-both', 'remove', 'remove', undef],
    ['gone-here-changed-there', 'remove', 'change', 'there'],
    ['changed-here-gone-there', 'change', 'remove', 'here'],
    ['new-here', 'new', 'none', 'here'],
    ['new-there', 'none', 'new', 'there'],
    ['new-both', 'new', 'new', 'conflict'],
    ['new-alike', 'alike', 'alike', 'alike'],
    ['dir/new here', 'new', 'none', 'here'],
);

sub url_of {
    my ($protocol, $url, $name) = @_;
    my $in = $protocol eq 'pws' ? $name =~ s{/}{~2F}gr =~ s/ /~20/gr : $name =~ s/ /%20/gr;
    return "$url$in";
}

# Both sides as the table says, from the same beginning.
sub two_sides {
    my ($protocol) = @_;
    my ($who, $url) = folder($protocol);
    $who->write_file("d/$_->[0]", "first $_->[0]")
        for grep { $_->[1] !~ /new|none/ && $_->[0] ne 'new-alike' } @CASES;
    $who->is_done("$protocol: the first sync", [sync => 'd', $url]);
    my %said = (change => 'here', new => 'here', alike => 'alike');
    for my $case (@CASES) {
        my ($name, $here, $there) = @$case;
        my $at = url_of($protocol, $url, $name);
        if ($there eq 'remove') { $who->was(rm => $at) }
        elsif ($there =~ /change|new|alike/) {
            my $word = $there eq 'alike' ? 'alike' : 'there';
            $who->write_file('tmp', "$word $name");
            $who->was(put => 'tmp', $at);
        }
        $who->write_file("d/$name", "$said{$here} $name") if $said{$here};
        unlink $who->work . "/d/$name" if $here eq 'remove';
    }
    return ($who, $url);
}

sub there {
    my ($who, $url) = @_;
    $who->was(cp => '-r', $url, "there-" . ++$count);
    return $who->tree("there-$count");
}

for my $protocol (qw(classic pws)) {
    my ($who, $url) = two_sides($protocol);
    my ($before_here, $before_there) = ($who->tree('d'), there($who, $url));
    my $plan = $who->ends("$protocol: --dry-run", [sync => 'd', $url, '--delete', '--dry-run'], 0);
    like($plan, qr/^get changed-there$/m, "$protocol: says what it would do");
    same_tree("$protocol: and does nothing here", $who->tree('d'), $before_here);
    same_tree("$protocol: nor there", there($who, $url), $before_there);
    $who->ends("$protocol: sync", [sync => 'd', $url, '--delete'], 5, qr/changed on both sides/);
    my (%here, %there);
    for my $case (@CASES) {
        my ($name, undef, undef, $end) = @$case;
        next if !defined $end;
        $here{$name} = $end eq 'conflict' ? "here $name" : "$end $name";
        $there{$name} = $end eq 'conflict' ? "there $name" : "$end $name";
    }
    same_tree("$protocol: here is what is due", $who->tree('d'), \%here);
    same_tree("$protocol: there, too", there($who, $url), \%there);
    # People settle what is left.
    for my $name ('changed-both', 'new-both') {
        $who->was(put => "d/$name", url_of($protocol, $url, $name));
    }
    $who->is_done("$protocol: then all is the same", [sync => 'd', $url, '--delete']);
    same_tree("$protocol: on both sides", there($who, $url), $who->tree('d'));
    my ($code, undef, $err) = $who->was(sync => 'd', $url, '--delete');
    like($err, qr/^was: 0 done/m, "$protocol: and nothing is left to do");
}

# Without --delete, what is gone on one side stays on the other.
for my $protocol (qw(classic pws)) {
    my ($who, $url) = folder($protocol);
    $who->write_file("d/$_", $_) for qw(a b c);
    $who->is_done("$protocol: sync", [sync => 'd', $url]);
    unlink $who->work . '/d/a';
    $who->was(rm => "${url}b");
    my ($code, undef, $err) = $who->was(sync => 'd', $url);
    is($code, 0, "$protocol: what is gone on one side is no failure") or diag $err;
    like($err, qr/left out a: it is gone here/, "$protocol: here");
    like($err, qr/left out b: it is gone there/, "$protocol: there");
    is_deeply([sort keys %{ $who->tree('d') }], [qw(b c)], "$protocol: files stay");
    is_deeply([sort keys %{ there($who, $url) }], [qw(a c)], "$protocol: resources stay");
}

# By ETag alone, which finds no new names.
{
    my ($who, $url) = folder('classic');
    $who->write_file("d/$_", $_) for qw(a b);
    $who->is_done('classic: sync', [sync => 'd', $url]);
    $who->write_file('tmp', 'new');
    $who->was(put => 'tmp', "$url$_") for qw(a c);
    $who->is_done('classic: sync --known', [sync => 'd', $url, '--known']);
    same_tree('classic: what was known is new', $who->tree('d'), { a => 'new', b => 'b' });
}

# Two at once, and a feed that has begun anew.
{
    my ($who, $url) = folder('pws');
    $who->write_file('d/a', 'a');
    $who->is_done('pws: sync', [sync => 'd', $url]);
    my ($journal) = journals($who);
    open my $held, '+<', $journal or die "$journal: $!";
    flock $held, 2;
    $who->ends('another run is told so', [sync => 'd', $url], 2, qr/another run/);
    close $held;
    $who->was(collections => 'rm', $url);
    $who->was(collections => 'make', $url =~ s{files/\z}{}r, '--id', 'files');
    $who->write_file('tmp', 'new');
    $who->was(put => 'tmp', "${url}b");
    my ($code, undef, $err) = $who->was(sync => 'd', $url, '--delete');
    is($code, 0, 'pws: a feed that has begun anew is read from its beginning') or diag $err;
    same_tree('pws: nothing is lost', $who->tree('d'), { a => 'a', b => 'new' });
    rename $who->work . '/d', $who->work . '/away';
    $who->ends('pws: a directory that is gone', [sync => 'd', $url, '--delete'], 2, qr/is gone/);
    is_deeply(there($who, $url), { b => 'new' }, 'pws: takes nothing there with it');
}

done_testing;
