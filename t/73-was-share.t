# Licensed under the Apache License, Version 2.0; see LICENSE.

# Who may do what, with tools/was in Portable Web Spaces: a capability that is shared, used from
# another key, given on, and taken back; policies; tokens; and what is refused before anything is
# sent, with a sentence.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json encode_json);
use Test::More;
use WAS::Server;
use WAS::Terminal;
use WAS::Zcap ();

my ($alice, $bob, $carol) = map { WAS::Terminal->new } 1 .. 3;
my $server = WAS::Server::url('pws');
my ($space) = ($alice->was(spaces => 'make', $server))[1] =~ /(\S+)/;
my ($notes) = ($alice->was(collections => 'make', $space, '--id', 'notes'))[1] =~ /(\S+)/;
my ($other) = ($alice->was(collections => 'make', $space, '--id', 'other'))[1] =~ /(\S+)/;
$alice->write_file($_, "of $_") for qw(a b);
$alice->was(put => $_, $notes) for qw(a b);
$alice->was(put => 'a', $other);

# Shares, and puts the line into a file of whom it is for.
sub share {
    my ($from, $to, $file, @arguments) = @_;
    my ($code, $out, $err) = $from->was('share', @arguments, '--to', $to->did);
    $code == 0 or BAIL_OUT("share: $err");
    $to->write_file($file, $out);
    return $out;
}

# What may be done with a capability, and what may not.
my $line = share($alice, $bob, 'read', $notes);
is($line =~ tr/\n//, 1, 'share prints one line');
my $zcap = decode_json($line);
is_deeply($zcap->{allowedAction}, ['GET'], 'it allows to read unless more is said');
is($zcap->{invocationTarget}, $notes, 'it is for what was named');
is($zcap->{controller}, $bob->did, 'and for who was named');
my %week = map { WAS::Zcap::rfc3339(time + 7 * 86400 - $_) => 1 } 0 .. 300;
ok($week{ $zcap->{expires} }, 'for a week unless more is said');
my @read = ('--capability', 'read');
$bob->is_done('get from another key', [@read, get => "${notes}a"], 'of a');
$bob->is_done('ls from another key', [@read, ls => $notes], "a\nb\n");
$bob->is_done('cp -r from another key', [@read, cp => '-r', $notes, 'got']);
is_deeply($bob->tree('got'), { a => 'of a', b => 'of b' }, 'all of it came');
$bob->is_done('a capability as an argument', ['--capability', $line, get => "${notes}b"], 'of b');
my @input = ({ stdin => $bob->work . '/read' }, '--capability', '-', get => "${notes}b");
$bob->is_done('a capability on standard input', \@input, 'of b');
$bob->write_file('c', 'c');
for my $case (
    ['put with it', [@read, put => 'c', $notes], qr/does not allow PUT, but GET/],
    ['get of something else', [@read, get => "${other}a"], qr/is for \S+ and what is below, not/],
    ['rm with it', [@read, rm => "${notes}a"], qr/does not allow DELETE/],
) {
    my ($name, $arguments, $words) = @$case;
    $bob->ends("$name is refused here", $arguments, 4, $words);
}
$carol->write_file('read', $line);
$carol->ends('it is of no use to others', [@read, get => "${notes}a"], 4, qr/for another key/);
$bob->ends('nor is there anything without it', [get => "${notes}a"], 3, qr/404.*not yours to see/);

# More, and less of it given on.
share($alice, $bob, 'write', $space, '--actions', 'get,put,post,delete', '--expires', '12h');
my @write = ('--capability', 'write');
$bob->is_done('put from another key', [@write, put => 'c', $notes]);
$bob->is_done('sync from another key', [@write, sync => 'got', $notes]);
is($bob->tree('got')->{c}, 'c', 'both have the same');
$bob->is_done('rm from another key', [@write, rm => "${notes}c"]);
my $second = share($bob, $carol, 'given', @write, $notes, '--actions', 'GET');
is(decode_json($second)->{expires}, decode_json($bob->file('write'))->{expires}, 'no longer');
$carol->is_done('what was given on', ['--capability', 'given', get => "${notes}a"], 'of a');
my $did = $carol->did;
for my $case (
    ['more than was given', ["${notes}", '--actions', 'GET,HEAD'], 4, qr/does not allow HEAD/],
    ['elsewhere', [$server . '/space/none/'], 4, qr/is for \S+ and what is below/],
    ['longer than was given', [$notes, '--expires', '30d'], 2, qr/beyond the capability/],
    ['an action that is none', [$notes, '--actions', 'GET,EAT'], 2, qr/not EAT/],
    ['no actions', [$notes, '--actions', ','], 2, qr/--actions/],
    ['a time that is none', [$notes, '--expires', 'soon'], 2, qr/--expires takes/],
    ['a time that is over', [$notes, '--expires', '2020-01-01T00:00:00Z'], 2, qr/over already/],
    ['a server', [$server], 2, qr/belongs to a space/],
) {
    my ($name, $arguments, $code, $words) = @$case;
    $bob->ends("share: $name", [@write, share => @$arguments, '--to', $did], $code, $words);
}
$bob->ends('share: to nobody', [share => $notes], 2, qr/needs --to/);
$bob->ends('share: to no DID', [share => $notes, '--to', 'bob'], 2, qr/bob is no DID/);
$bob->ends(
    'share: to another DID with a fragment', [share => $notes, '--to', "$did#x"], 2,
    qr/no DID/);

# Taken back: of no use any more, nor what came from it.
$carol->ends('revoke by somebody else', [revoke => 'read'], 3);
$bob->is_done('still good', [@read, get => "${notes}a"], 'of a');
$alice->write_file('shared', $line);
$alice->is_done('revoke', [revoke => 'shared'], '');
$bob->ends('revoked', [@read, get => "${notes}a"], 3, qr/404/);
$alice->write_file('shared', $bob->file('write'));
$carol->is_done('still good', ['--capability', 'given', get => "${notes}a"], 'of a');
$bob->write_file('given', $second);
$bob->is_done('revoke by who gave it on', [revoke => 'given'], '');
$carol->ends('revoked', ['--capability', 'given', get => "${notes}a"], 3, qr/404/);
$bob->is_done('what it came from is good', [@write, get => "${notes}a"], 'of a');
share($bob, $carol, 'given', @write, $notes);
$alice->is_done('revoke of what more came from', [revoke => 'shared']);
$carol->ends('revoked with it', ['--capability', 'given', get => "${notes}a"], 3, qr/404/);
$alice->ends('revoke of what is none', [revoke => 'a'], 2, qr/no capability/);
$alice->ends('revoke of what is not there', [revoke => 'none'], 2, qr/cannot be read/);

# Too late.
my $short = share($alice, $bob, 'short', $notes, '--expires', '1s');
my $over = encode_json({ %{ decode_json($short) }, expires => '2020-01-01T00:00:00Z' });
$bob->write_file('over', $over);
$bob->ends('expired', ['--capability', 'over', get => "${notes}a"], 4, qr/has expired, at 2020/);

# Policies.
$carol->ends('nobody reads without a policy', [get => "${notes}a"], 3);
$alice->ends('policy get where none is', [policy => 'get', $notes], 3);
$alice->is_done('policy public', [policy => 'public', $notes]);
$carol->is_done('then anybody reads', [get => "${notes}a"], 'of a');
$carol->ends('but nothing else', [get => "${other}a"], 3);
my $policy = $alice->is_done('policy get', [policy => 'get', $notes]);
is(decode_json($policy)->{type}, 'PublicCanRead', 'it is what was set');
$alice->write_file('private', '{"type":"Nobody","note":"\u00fc"}');
$alice->is_done('policy set of a resource', [policy => 'set', "${notes}a", 'private']);
$carol->ends('which hides it', [get => "${notes}a"], 3);
$alice->is_done('policy rm', [policy => 'rm', "${notes}a"]);
$carol->is_done('and shows it', [get => "${notes}a"], 'of a');
$alice->is_done('policy public of a space', [policy => 'public', $space]);
$carol->is_done('then it can be listed', [ls => $space], "$notes\n$other\n");
$alice->is_done('policy rm', [policy => 'rm', $_]) for $space, $notes;
$carol->ends('and nobody reads any more', [get => "${notes}a"], 3);
$alice->write_file('bad', '["x"]');
$alice->ends('policy set of what is none', [policy => 'set', $notes, 'bad'], 2, qr/JSON object/);
$alice->ends('policy set of what is not there', [policy => 'set', $notes, 'none'], 2, qr/cannot/);
$alice->write_file('bad', '{}');
$alice->ends('a policy that the server refuses', [policy => 'set', $notes, 'bad'], 1, qr/400/);

# What gives rights, and the key, stand in nobody's list of arguments and in no environment: the
# programs that are started write theirs down, and the modes of the files that they could read.
{
    my $spy = tempdir(CLEANUP => 1);
    chmod 0755, $spy;
    for my $program (qw(curl openssl)) {
        my ($real) = grep { -x } map { "$_/$program" } split /:/, $ENV{PATH};
        open my $script, '>', "$spy/$program" or die $!;
        print $script <<"SH";
#!/bin/sh
{ echo "$program" "\$@"; env; stat -c 'mode %a' "\$TMPDIR"/*/*; } >>'$bob->{home}/seen' 2>&1
exec $real "\$@"
SH
        close $script;
        chmod 0755, "$spy/$program";
    }
    share($alice, $bob, 'spied', $notes, '--actions', 'PUT');
    my ($code, $out) = $bob->was(
        { by => ['env', "PATH=$spy:$ENV{PATH}"] }, '--capability', 'spied', put => 'c',
        $notes);
    is($code, 0, 'secrets: it works while it is watched');
    my $seen = WAS::Terminal::file_bytes("$bob->{home}/seen");
    like($seen, qr/^$_ /m, "secrets: $_ was watched") for qw(curl openssl);
    my $key = WAS::Terminal::file_bytes("$bob->{home}/.config/was/key.pem");
    my ($secret) = $key =~ /-----\n(\S+)\n/;
    my $proof = decode_json($bob->file('spied'))->{proof}{proofValue};
    my @secrets = ($secret, $proof, 'Signature ', 'signature=', 'capability="', 'H4sI');
    is_deeply([grep { index($seen, $_) >= 0 } @secrets], [], 'secrets: are nowhere to be seen');
    is_deeply(
        [sort { $a <=> $b } keys %{ { map { $_ => 1 } $seen =~ /^mode (\d+)/mg } }], [600],
        'secrets: what is in a file is private');
    is_deeply([glob "$bob->{home}/tmp/*"], [], 'secrets: and is gone');
}

# The classic protocol has none of this.
my $classic = WAS::Server::url('main') . '/space/x';
for my $case (
    ['share', [share => $classic, '--to', $did]],
    ['policy', [policy => 'public', $classic]],
    ['capabilities', ['--capability', 'shared', get => "$classic/a"]],
) {
    my ($name, $arguments) = @$case;
    $alice->ends("classic: no $name", $arguments, 2, qr/classic protocol (?:has|knows) no/);
}

# Mounted below a path, beside the other protocol.
{
    my $mounted = WAS::Server::url('both') . '/pws';
    my ($made) = $alice->is_done('mounted: spaces make', [spaces => 'make', $mounted]) =~ /(\S+)/;
    like($made, qr{\A\Q$mounted\E/space/}, 'mounted: its URL');
    my ($in) =
        $alice->is_done('mounted: collections make', [collections => 'make', $made]) =~ /(\S+)/;
    $alice->is_done('mounted: put', [put => 'a', $in]);
    share($alice, $bob, 'mounted', $in);
    $bob->is_done('mounted: share', ['--capability', 'mounted', get => "${in}a"], 'of a');
    $alice->is_done('mounted: spaces rm', [spaces => 'rm', $made]);
}

done_testing;
