# Licensed under the Apache License, Version 2.0; see LICENSE.

# tools/was against the server: every command in both protocols, what it prints, and with which code
# it ends when it is refused. Directories are the matter of t/72-was-transfers.t, servers that mean
# harm of t/73-was-hostile.t, and `was curl` of t/03-was-curl.t and t/70-was-curl.t.

use strict;
use warnings;

use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Terminal;
use WAS::TestRun;

my ($alice, $bob, $carol) = map { WAS::Terminal->new } 1 .. 3;
my %server = (classic => WAS::Server::url('main'), pws => WAS::Server::url('pws'));
my $stamp = "$$-" . time;
my $bytes = join '', map { chr int rand 256 } 1 .. 100_000;
$alice->write_file('photo.jpg', $bytes);
$alice->write_file('empty', '');

# Keys.
{
    my ($code, $out, $err) = $alice->was('did');
    like($out, qr/\Adid:key:z6Mk\w{44}\n\z/, 'did prints the DID');
    like($err, qr{made a new key, \S+/\.config/was/key\.pem}, 'and says that it made a key');
    $alice->is_done('did again is the same', ['did'], $out);
    my @own = (key => 'new', '--key', "$alice->{home}/own.pem");
    $alice->is_done('key new makes another', \@own, qr/\Adid:key:z6Mk\w{44}\n\z/);
    $alice->ends('key new overwrites nothing', \@own, 2, qr/there is a \S+ already/);
    $alice->ends('a key that is not there', ['--key', '/none', 'did'], 2, qr/there is no key/);
}

# Both protocols.
for my $protocol (qw(classic pws)) {
    my $server = $server{$protocol};
    my $end = $protocol eq 'pws' ? '/' : '';
    # The classic list has no names.
    my $named = $protocol eq 'pws' ? "  Meine R\xc3\xa4ume" : '';
    my $space = "$server/space/t-$stamp-$protocol$end";
    my @make =
        (spaces => 'make', $server, '--id', "t-$stamp-$protocol", '--name', "Meine R\xc3\xa4ume");
    $alice->is_done("$protocol: spaces make", \@make, "$space\n");
    $alice->ends("$protocol: spaces make, twice", \@make, 5, qr/409/);
    $alice->is_done(
        "$protocol: spaces list", [spaces => 'list', $server],
        qr/^\Q$space\E$named$/m);
    $alice->is_done("$protocol: ls of a server", [ls => $server], qr/^\Q$space\E$named$/m);
    my $json = $alice->is_done("$protocol: --json", ['--json', ls => "$server/"]);
    is(scalar @{ decode_json($json) }, 1, "$protocol: --json is a list of spaces");
    my $shown = $alice->is_done("$protocol: spaces show", [spaces => 'show', $space]);
    is(decode_json($shown)->{controller}, $alice->did, "$protocol: the key is its controller");
    my $files = $space;
    if ($protocol eq 'pws') {
        $files = "${space}photos/";
        my @collection = (collections => 'make', $space, '--id', 'photos', '--name', 'Fotos');
        $alice->is_done('pws: collections make', \@collection, "$files\n");
        $alice->ends('pws: collections make, twice', \@collection, 5, qr/409/);
        $alice->is_done(
            'pws: collections list', [collections => 'list', $space],
            "$files  Fotos\n");
        $alice->is_done('pws: ls of a space', [ls => $space], "$files  Fotos\n");
        $shown = $alice->is_done('pws: collections show', [collections => 'show', $files]);
        is(decode_json($shown)->{name}, 'Fotos', 'pws: its name');
        my @other = (collections => 'make', "$server/space/t-$stamp-pws");
        my ($made) = $alice->is_done('pws: collections make without an id', \@other) =~ /(\S+)/;
        $alice->is_done('pws: collections rm', [collections => 'rm', $made]);
        $alice->is_done('pws: it is gone', [ls => $space], "$files  Fotos\n");
    }
    else {
        $alice->ends(
            'classic: collections are pws',
            [collections => 'list', $space], 2, qr/classic protocol has no collections/);
        $files .= '/';
    }
    files_of($protocol, $space, $files);
    refusals_of($protocol, $space, $files);
    archive_of($protocol, $server, $space, $files);
    $alice->is_done("$protocol: spaces rm", [spaces => 'rm', $space]);
    $alice->ends("$protocol: it is gone", [spaces => 'show', $space], 3, qr/404/);
}

# One file.
sub files_of {
    my ($protocol, $space, $files) = @_;
    my $photo = "${files}photo.jpg";
    $alice->is_done("$protocol: put into a folder", [put => 'photo.jpg', $files], '');
    my ($code, $out) = $alice->was(get => $photo);
    ok($code == 0 && $out eq $bytes, "$protocol: get to standard output");
    $alice->is_done("$protocol: get into a file", [get => $photo, 'got']);
    ok(WAS::Terminal::file_bytes($alice->work . '/got') eq $bytes, "$protocol: its bytes");
    mkdir $alice->work . "/$protocol";
    $alice->is_done("$protocol: get into a directory", [get => $photo, $protocol]);
    is_deeply($alice->tree($protocol), { 'photo.jpg' => $bytes }, "$protocol: under its name");
    $alice->is_done(
        "$protocol: put as something else",
        [put => 'photo.jpg', "${files}b.bin", '--type', 'x/y; z=1']);
    $alice->is_done(
        "$protocol: put from standard input",
        [{ stdin => $alice->work . '/photo.jpg' }, put => '-', "${files}c.txt"]);
    $alice->is_done("$protocol: put of nothing", [put => 'empty', "${files}d"]);
    $alice->is_done("$protocol: ls", [ls => $files], "b.bin\nc.txt\nd\nphoto.jpg\n");
    my $long = $alice->is_done("$protocol: ls -l", [ls => '-l', $files]);
    my %type = $long =~ /^ +(?:\d+|-)  (\S.*?\S)  +(\S+)$/mg;
    is_deeply(
        { reverse %type },
        {
            'b.bin' => 'x/y; z=1', 'c.txt' => 'text/plain', d => 'application/octet-stream',
            'photo.jpg' => 'image/jpeg'
        },
        "$protocol: the types");
    my $json = $alice->is_done("$protocol: ls --json", [ls => '--json', $files]);
    is_deeply([map { $_->{name} } @{ decode_json($json) }], [qw(b.bin c.txt d photo.jpg)], 'names');
    my @new = (put => '--new', 'empty', $photo);
    $alice->ends("$protocol: put --new where something is", \@new, 5, qr/412/);
    my @if = (put => '--json', 'empty', $photo, '--if-match');
    $alice->ends("$protocol: put --if-match of another", [@if, '"x"'], 5, qr/412/);
    my @type = (put => '--json', 'photo.jpg', $photo, '--type', 'image/x');
    my $etag = decode_json($alice->is_done("$protocol: put --json", \@type))->{etag};
    $alice->is_done("$protocol: put --if-match", [@if, $etag]);
    $alice->is_done("$protocol: get of nothing", [get => $photo], '');
    $alice->is_done("$protocol: cp of a file", [cp => 'photo.jpg', $files]);
    $alice->is_done("$protocol: cp back", [cp => $photo, 'copy']);
    ok(WAS::Terminal::file_bytes($alice->work . '/copy') eq $bytes, "$protocol: byte for byte");
    $alice->is_done("$protocol: rm", [rm => $photo, "${files}b.bin"]);
    $alice->is_done("$protocol: what is left", [ls => $files], "c.txt\nd\n");
    return;
}

# What is refused, with which code.
sub refusals_of {
    my ($protocol, $space, $files) = @_;
    for my $case (
        ['get of what is not there', [get => "${files}none"], 3, qr/404/],
        ['get of a folder', [get => $files], 2, qr/is the URL of a folder/],
        ['get without a server', [get => 'http://127.0.0.1:1/space/a/b/c'], 7, qr/connect/i],
        ['a URL of another scheme', [get => 'ftp://x/space/a/b/c'], 2, qr/no URL of http/],
        ['a URL with a user', [get => 'http://me:you@x/space/a/b/c'], 2, qr/names no host/],
        ['a URL with a fragment', [get => "${files}a#b"], 2, qr/a # in a URL/],
        ['a URL with a query', [get => "${files}a?b"], 2, qr/a query is no part/],
        ['put of what is no file', [put => 'none', $files], 2, qr/none is not a file/],
        ['put of a directory', [put => '.', $files], 2, qr/is not a file/],
        ['a type that is none', [put => 'photo.jpg', $files, '--type', "a\nb"], 2, qr/control/],
        ['cp of a directory', [cp => '.', $files], 2, qr/cp -r/],
        ['cp here', [cp => 'a', 'b'], 2, qr/one of both is a URL/],
        ['cp there', [cp => $files, $files], 2, qr/one of both is a URL/],
        ['another protocol', ['--protocol', 'x', ls => $files], 2, qr/classic or pws/],
        ['no command', ['nothing'], 2, qr/no command/],
        ['half a command', ['spaces'], 2, qr/list\|make\|show\|rm/],
        ['an option that is none', [ls => '--none', $files], 2, qr/unknown option/],
        ['too few arguments', ['get'], 2, qr/it is: was get URL \[FILE\]/],
        ['too many arguments', [did => 'x'], 2, qr/it is: was did/],
        ['nothing at all', [], 2, qr/\AUsage: was/],
    ) {
        my ($name, $arguments, $code, $words) = @$case;
        $alice->ends("$protocol: $name", $arguments, $code, $words);
    }
    my $denied = $protocol eq 'pws' ? 3 : 4;
    $bob->ends("$protocol: somebody else's space", [spaces => 'show', $space], $denied);
    $bob->write_file('x', 'x');
    $bob->ends("$protocol: put into it", [put => 'x', $files], $denied);
    $bob->ends("$protocol: rm of it", [spaces => 'rm', $space], $denied);
    return;
}

# Export and import.
sub archive_of {
    my ($protocol, $server, $space, $files) = @_;
    my $other = $alice->is_done("$protocol: another space", [spaces => 'make', $server]) =~ s/\n//r;
    $alice->is_done("$protocol: export", [export => $space, 'a.tar'], '');
    my ($code, $out) = $alice->was(export => $space, '-');
    is($code, 0, "$protocol: export to standard output");
    is(length $out, -s $alice->work . '/a.tar', "$protocol: the same archive");
    $alice->is_done("$protocol: export under a name of its own", [export => $space]);
    ok(-s $alice->work . "/space.t-$stamp-$protocol.tar", "$protocol: which is the space's");
    $alice->is_done("$protocol: import", [import => $other, 'a.tar']);
    my $there = $files =~ s{^\Q$space\E}{$other}r;
    $alice->is_done("$protocol: what has come", [ls => $there], "c.txt\nd\n");
    ($code, $out) = $alice->was(get => "${there}c.txt");
    ok($out eq $bytes, "$protocol: and its bytes");
    $alice->ends("$protocol: import of what is none", [import => $other, 'photo.jpg'], 1, qr/400/);
    $bob->ends(
        "$protocol: export by somebody else", [export => $space, 'b'],
        $protocol eq 'pws' ? 3 : 4);
    ok(!-e $bob->work . '/b', "$protocol: leaves no file");
    is_deeply([glob $bob->work . '/.was-*'], [], "$protocol: nor a part of one");
    $alice->is_done("$protocol: rm of the other", [spaces => 'rm', $other]);
    return;
}

# A space under a token of the operator's.
{
    make_path("$ENV{WAS_RUN}/private");
    my $token = "$ENV{WAS_RUN}/private/72-token-$$";
    WAS::TestRun::write_file($token, "a-token-that-is-not-short-0123456789\n");
    chmod 0600, $token;
    my $own = WAS::Server->start(config => <<"CONF");
WASOnboardingToken "$token"
<Location "/">
    WASProtocol pws
</Location>
CONF
    my @make = (spaces => 'make', $own->origin);
    $alice->ends('a token is wanted', \@make, 4, qr/401/);
    $alice->write_file('wrong', "another-token-0123456789-0123456789\n");
    $alice->ends('another token', [@make, '--token', 'wrong'], 4, qr/40[13]/);
    $alice->write_file('bad', "two words\n");
    $alice->ends('no token', [@make, '--token', 'bad'], 2, qr/holds no token/);
    $alice->write_file('right', WAS::Terminal::file_bytes($token));
    my ($made) = $alice->is_done('the token', [@make, '--token', 'right']) =~ /(\S+)/;
    my $space = decode_json($alice->is_done('the space', [spaces => 'show', $made]));
    is($space->{controller}, $alice->did, 'its controller is the key');
    $own->stop;
}

# TLS, and HTTP/2 where there is any.
{
    my $tls = WAS::Server::url('tls');
    my $certificate = WAS::Server::run_directory() . '/t/conf/tls/cert.pem';
    $alice->ends('TLS that nobody vouches for', [spaces => 'list', $tls], 7, qr/certificate/i);
    my $env = { env => { CURL_CA_BUNDLE => $certificate } };
    my ($space) =
        $alice->is_done('TLS: spaces make', [$env, spaces => 'make', $tls]) =~ /(\S+)/;
    $alice->is_done('TLS: put', [$env, put => 'photo.jpg', "$space/"]);
    my ($code, $out) = $alice->was($env, get => "$space/photo.jpg");
    ok($out eq $bytes, 'TLS: get');
    $alice->is_done('TLS: put of nothing', [$env, put => 'empty', "$space/"]);
    $alice->is_done('TLS: spaces rm', [$env, spaces => 'rm', $space]);
}

done_testing;
