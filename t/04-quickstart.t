# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# tools/quickstart, as a stranger calls it, in a tree of its own whose module is built already and
# with all packages there: the lines that it prints are pasted, it is started twice and stopped, and
# what it is told wrong stops no server that runs. It must not reach apt-get.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use HTTP::Tiny ();
use IO::Socket::INET ();
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;

# What is preloaded for a sanitizer would be in each shell and program that it starts, and bash does
# not always live with that.
plan skip_all => 'a sanitizer wants to be in the first program' if $ENV{WAS_SANITIZER_PRELOAD};

my $top = tempdir('quickstart-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $home = "$top/build/quickstart";
my $http = HTTP::Tiny->new(timeout => 30, proxy => undef);

sub spew {
    my ($path, $text, $mode) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    chmod $mode, $path or die "$path: $!\n" if $mode;
    return;
}

# The tree: what quickstart reads, a build that has nothing to do, and packages that are all there.
make_path(map { "$top/$_" } qw(bin conf build/.libs home));
system('cp', '-pr', "$ENV{WAS_TOP}/tools", $top) == 0 or die "no copy of tools\n";
copy("$ENV{WAS_TOP}/conf/was.conf", "$top/conf/was.conf") or die "no copy of was.conf: $!\n";
copy("$ENV{WAS_TOP}/README.md", "$top/README.md") or die "no copy of README.md: $!\n";
symlink "$ENV{WAS_BUILD}/.libs/mod_was.so", "$top/build/.libs/mod_was.so" or die "no link: $!\n";
spew("$top/build/Makefile", "APXS = $ENV{WAS_APXS}\nall:\n");
spew("$top/configure", "#!/bin/sh\nexit 1\n", 0755);
spew("$top/bin/dpkg-query", "#!/bin/sh\nprintf 'ii '\n", 0755);
spew("$top/bin/$_", "#!/bin/sh\necho $_ >>'$top/asked'\nexit 1\n", 0755) for qw(apt-get sudo);
local $ENV{PATH} = "$top/bin:$ENV{PATH}";
local $ENV{HOME} = "$top/home";
delete @ENV{
    grep { /^(?:WAS_(?:PORT|PWS_PORT|LISTEN|STORAGE_DSN|KEY)|PG\w+|XDG_CONFIG_HOME)$/ }
        keys %ENV
};

# Calls it: its exit code, and all that it says.
sub quickstart {
    my ($settings, @arguments) = @_;
    local %ENV = (%ENV, %$settings);
    my $said = "$top/said";
    unlink $said;
    WAS::Cluster::run($said, "$top/tools/quickstart", @arguments);
    return ($? >> 8, WAS::Server::slurp($said));
}

END { system "$top/tools/quickstart stop >/dev/null 2>&1" if defined $top && -d $top }

my ($port, $pws_port) = map { WAS::Server::free_port() } 1 .. 2;
my %here = (WAS_PORT => $port, WAS_PWS_PORT => $pws_port);

sub health {
    return map { $http->get("http://127.0.0.1:$_/health")->{status} } $port, $pws_port;
}
sub pid { return WAS::Server::slurp("$home/httpd.pid") =~ s/\s//gr }

# Without a server: settings that are refused start none.
my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "no port: $@\n";
my $busy = $taken->sockport;
my $nobody = 'host=127.0.0.1 port=' . WAS::Server::free_port() . ' dbname=was';
my $no_database = WAS::Server::cluster()->dsn('nosuch');
my @refused = (
    # what is wrong, settings, what is said
    ['a port that is none', { WAS_PORT => '80x' }, qr/WAS_PORT=80x is not a port/],
    ['a port beyond all', { WAS_PORT => 65536 }, qr/WAS_PORT=65536 is not a port/],
    [
        'no port behind the first', { WAS_PORT => 65535, WAS_PWS_PORT => '' },
        qr/65536 is not a port/
    ],
    ['one port for both', { WAS_PWS_PORT => $port }, qr/WAS_PORT and WAS_PWS_PORT are the same/],
    ['a busy port', { WAS_PORT => $busy }, qr/port $busy cannot be had .*in use.*: WAS_PORT=/],
    ['another busy port', { WAS_PWS_PORT => $busy }, qr/$busy cannot be had .*: WAS_PWS_PORT=/],
    ['no address', { WAS_LISTEN => 'a b' }, qr/WAS_LISTEN=a b is not an address/],
    ['a line for httpd', { WAS_LISTEN => "127.0.0.1\nListen 1" }, qr/is not an address/],
    ['an address of others', { WAS_LISTEN => '192.0.2.1' }, qr/is no address of this machine/],
    ['a name of nobody', { WAS_LISTEN => 'no.such.invalid' }, qr/is no address of this machine/],
    ['no connection string', { WAS_STORAGE_DSN => 'was' }, qr/is no connection string/],
    ['a wrong one', { WAS_STORAGE_DSN => 'hots=x' }, qr/cannot be used: .*"hots"/],
    ['no server there', { WAS_STORAGE_DSN => $nobody }, qr/cannot be used: .*refused/],
    ['no such database', { WAS_STORAGE_DSN => $no_database }, qr/cannot be used: .*"nosuch" does/],
);

sub refuses_all {
    my ($when) = @_;
    for my $case (@refused) {
        my ($name, $settings, $sentence) = @$case;
        my ($code, $said) = quickstart({ %here, %$settings });
        is($code, 1, "$when, $name: refused");
        like($said, $sentence, "$when, $name: why") or diag $said;
    }
    return;
}
refuses_all('at first');
ok(!-e "$home/httpd.pid", 'at first: nothing was started');
my ($code, $said) = quickstart({}, 'strat');
is($code, 1, 'a word that it does not know');
like($said, qr/tools\/quickstart stop .*WAS_LISTEN/s, 'gets the usage');

# A start, and the lines that it prints, in a shell.
($code, $said) = quickstart(\%here);
is($code, 0, 'a start') or diag $said;
is_deeply([health()], [200, 200], 'both protocols are served');
my ($classic, $pws) = $said =~ /^# classic\n(.*?)\n# pws\n(.*?)\n\n/ms;
ok(defined $pws, 'lines for both') or diag $said;

sub paste {
    my ($lines) = @_;
    spew("$top/pasted", "set -eu\nexec 2>'$top/complaints'\ncd '$top'\n$lines");
    unlink "$top/said";
    WAS::Cluster::run("$top/said", 'bash', "$top/pasted");
    return ($? >> 8, WAS::Server::slurp("$top/said"));
}
my ($heading) = WAS::Server::slurp("$top/README.md") =~ /\A(.*)/;
($code, my $shown) = paste($classic);
is($code, 0, 'classic: the lines run') or diag $shown;
like($shown, qr/^204\n204\n\Q$heading\E\n/m, 'classic: a space, a file, what is in it');
my ($space) = $classic =~ m{/space/([0-9a-f-]{36})};
like($shown, qr/\Q$space\E/, 'classic: the list of spaces');
SKIP: {
    skip 'tools/was is not here', 3 if !-x "$top/tools/was";
    ($code, $shown) = paste($pws);
    is($code, 0, 'pws: the lines run') or diag $shown;
    like($shown, qr/^\Q$heading\E$/m, 'pws: what is in the file');
    like($shown, qr/\Q$space\E/, 'pws: the list of spaces');
}

# What is wrong now stops nobody.
my $pid = pid();
refuses_all('beside a server');
is(pid(), $pid, 'the server is the same');
is_deeply([health()], [200, 200], 'and serves');

# A database that is there, and that no schema can be made in: the cause, at once, and the old
# server again.
my $cluster = WAS::Server::cluster();
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
$dbh->do('CREATE TABLE was_schema_version (version int, made_tables boolean)');
$dbh->do('INSERT INTO was_schema_version VALUES (1000000, true)');
($code, $said) = quickstart({ %here, WAS_STORAGE_DSN => $cluster->dsn($database) });
is($code, 1, 'a schema of a later module: refused');
like($said, qr/cannot be used yet.*newer/s, 'a schema of a later module: why');
like($said, qr/The server from before runs again/, 'a schema of a later module: as it was');
is_deeply([health()], [200, 200], 'a schema of a later module: served as before');

# Once more, elsewhere; what was stored is there.
my %moved = (WAS_PORT => WAS::Server::free_port(), WAS_PWS_PORT => $pws_port);
($code, $said) = quickstart({ %moved, WAS_LISTEN => '127.0.0.2' });
is($code, 0, 'a start at another address') or diag $said;
like($said, qr{http://127\.0\.0\.2:$moved{WAS_PORT}/}, 'which the lines name');
my $at = "http://127.0.0.2:$moved{WAS_PORT}";
is($http->get("$at/space/$space/README.md")->{status}, 200, 'what was stored is there');
is_deeply([health()], [599, 599], 'and nothing where it was');
my $kept = WAS::Server::create_database();
($code, $said) = quickstart({ %here, WAS_STORAGE_DSN => $cluster->dsn($kept) });
is($code, 0, 'a start with a database of ours') or diag $said;
is(
    $http->get("http://127.0.0.1:$port/space/$space/README.md")->{status},
    404, 'which is another one');
is_deeply([health()], [200, 200], 'both are served');

# The end of it.
for my $name ('stop', 'stop, when nothing runs') {
    ($code, $said) = quickstart({}, 'stop');
    is("$code $said", "0 Stopped.\n", $name);
}
is_deeply([health()], [599, 599], 'nothing is served');
ok(!-e "$home/pg/postmaster.pid", 'and its PostgreSQL has ended');
is(WAS::Server::slurp("$top/asked"), '', 'nobody was asked to install anything');

done_testing;
