# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# was-admin, every command of it, beside a server that runs: what it does, that it does nothing
# without --yes, and what it says of wrong words, after which nothing has changed either.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Admin qw(admin rows says database_state);
use WAS::Charge;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $cluster = WAS::Server::cluster();
my ($VERSION) =
    WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~ /WAS_SCHEMA_VERSION = (\d+)/;

# 1. The schema. Each row: a database, its version, and what a command that needs the newest says.
my $old = do {
    my $name = WAS::Server::create_database();
    my $dbh = WAS::Server::dbh($name);
    $dbh->do('SET client_min_messages = warning');
    $dbh->do(WAS::Server::slurp("$ENV{WAS_TOP}/t/data/schema-3.sql"));
    $name;
};
for my $row (['empty', WAS::Server::create_database(), 0], ['schema 3', $old, 3]) {
    my ($what, $name, $version) = @$row;
    my ($dsn, $dbh) = ($cluster->dsn($name), WAS::Server::dbh($name));
    my $before = database_state($dbh);
    says("$what: status", admin($dsn, 'status'), 1, qr/^version +$version$/m);
    my @steps = $version + 1 .. $VERSION;
    is_deeply(
        [map { $_->{step} } grep { exists $_->{step} } @{ rows($dsn, 'status') }],
        \@steps, "$what: status: the steps of an upgrade");
    says("$what: upgrade", admin($dsn, 'upgrade'), 0, qr/^$VERSION\t.*nothing was changed/ms);
    says("$what: spaces", admin($dsn, 'spaces'), 4, qr/has schema version $version/);
    is_deeply(database_state($dbh), $before, "$what: nothing has changed");
    says("$what: upgrade --yes", admin($dsn, 'upgrade', '--yes'), 0, qr/has version $VERSION now/);
    says("$what: status then", admin($dsn, 'status'), 0, qr/^version +$VERSION$/m);
    $before = database_state($dbh);
    says("$what: again", admin($dsn, 'upgrade', '--yes'), 0, qr/needs no upgrade/);
    is_deeply(database_state($dbh), $before, "$what: again: nothing has changed");
    $dbh->do('INSERT INTO was_schema_version (version) VALUES (99)');
    says("$what: a newer one: $_->[0]", admin($dsn, @$_[1 .. $#$_]), $_->[0], qr/version 99/)
        for [5, 'status'], [5, 'upgrade', '--yes'], [4, 'spaces'];
}

# 2. A server with spaces of both protocols.
my $database = WAS::Server::create_database();
my $dsn = $cluster->dsn($database);
my $server = WAS::Server->start(mpm => 'event', dsn => $dsn, config => <<'CONF');
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $dbh = WAS::Server::dbh($database);
$dbh->{PrintWarn} = 0;

sub value { return scalar $dbh->selectrow_array($_[0], undef, @_[1 .. $#_]) }

my ($alice, $bob, $eve) = map { $server->client(WAS::Key->fresh) } 1 .. 3;
my %pws = map { $_->did => at($server->origin, $_, mount => '/pws', timeout => 60) } $alice, $bob,
    $eve;
my @TEXT = (type => 'text/plain', body => 'x');

sub classic_space {
    my ($who, %members) = @_;
    my $id = new_id();
    my $document = encode_json({ controller => $who->did, %members });
    my $res = $who->put("/space/$id", type => 'application/json', body => $document);
    $res->status == 204 or die 'no space: ' . $res->status;
    return $id;
}
my $MIB = 1 << 20;
my $long = random_bytes(3 * $MIB);
my $garden = classic_space($alice, name => "G\x{e4}rten\e[2J");
$alice->put("/space/$garden/$_", @TEXT)->status == 204 or die 'no resource' for qw(a b);
$alice->put("/space/$garden/long", type => 'x/y', body => $long)->status == 204 or die 'no content';
my $shed = classic_space($bob);
my $library = make_space($pws{ $alice->did }, name => 'Library');
my $docs = make_collection($pws{ $alice->did }, $library, 'docs', { r => 'x', s => 'xy' });
$pws{ $alice->did }->put("$docs/long", type => 'x/y', body => $long)->status == 201
    or die 'no content';
$pws{ $alice->did }->send_json(PUT => "/pws/space/$library/policy", { type => 'Nobody' })
    ->status =~ /\A20[014]\z/
    or die 'no policy';
# Something of everything that is charged.
for my $row (
    [PUT => "$docs/r/chunks/0", @TEXT],
    [PUT => "$docs/r/chunks/9", type => 'x/y', body => $long],
    [PUT => "$docs/gone", @TEXT],
    [DELETE => "$docs/gone"],
    [POST => "/pws/space/$library/backends", type => 'application/json', body => <<'JSON'],
{"id":"b","provider":"p","connection":{"kind":"k"}}
JSON
    [PUT => "$docs/found", type => 'application/json', body => <<'JSON'],
{"indexed":[{"hmac":{"id":"i"},"attributes":[{"name":"n","value":"v"}]}]}
JSON
) {
    my $res = $pws{ $alice->did }->request(@$row);
    like($res->status, qr/\A20[014]\z/, "made: $row->[0] $row->[1]") or diag $res->body;
}
my $other = make_space($pws{ $bob->did });

# A space of one id under both protocols.
my $both = 'both';
$dbh->do(<<'SQL', undef, $both, $_->did) for $alice;
INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES ($1, 'urn:both', $2)
SQL
$pws{ $alice->did }->send_json(POST => '/pws/spaces/', { id => $both, controller => $alice->did })
    ->status == 201
    or die 'no space';

# 3. What is there.
my %listed = map { ("$_->{protocol} $_->{space}" => $_) } @{ rows($dsn, 'spaces') };
is_deeply(
    [sort keys %listed],
    [
        sort "classic $garden",
        "classic $shed",
        "classic $both",
        "pws $library",
        "pws $other",
        "pws $both"
    ],
    'spaces: of both protocols');
is($listed{"classic $garden"}{name}, "G\x{e4}rten\e[2J", 'spaces: a name as it is, in JSON');
says('spaces: no control characters', admin($dsn, 'spaces'), 0, qr/\tG\xc3\xa4rten\?\[2J$/m);
is_deeply(
    [sort map { $_->{space} } @{ rows($dsn, 'spaces', '--controller', $bob->did) }],
    [sort $shed, $other], 'spaces: of a controller');
is_deeply(
    [map { $_->{space} } @{ rows($dsn, qw(spaces --protocol pws --controller), $bob->did) }],
    [$other], 'spaces: of a controller and a protocol');
my %used = map { ($_->{controller} => $_) } @{ rows($dsn, 'usage') };
is_deeply([sort keys %used], [sort map { $_->did } $alice, $bob], 'usage: by controller');
is_deeply(
    [@{ $used{ $alice->did } }{qw(classic pws resources)}],
    [2, 2, 7], 'usage: spaces and resources');
my @by_space = @{ rows($dsn, qw(usage --by space --controller), $alice->did) };
my $sum = 0;
$sum += $_->{bytes} for @by_space;
is($used{ $alice->did }{bytes}, $sum, 'usage: the bytes of a controller are those of its spaces');
my ($shown) = @{ rows($dsn, 'show', $library) };
is_deeply(
    [@$shown{qw(protocol controller name state collections resources policies ownPolicy)}],
    ['pws', $alice->did, 'Library', 'open', 1, 4, 1, JSON::PP::true],
    'show: a space of pws');
is(
    $shown->{bytes},
    value('SELECT bytes FROM was_pws_spaces WHERE space_uuid = ?', $library) +
        value('SELECT sum(bytes) FROM was_pws_counters WHERE space_uuid = ?', $library),
    'show: what it is charged');
($shown) = @{ rows($dsn, 'show', $garden) };
is_deeply(
    [@$shown{qw(protocol controller state collections resources)}],
    ['classic', $alice->did, 'open', undef, 3], 'show: a classic space');
cmp_ok($shown->{bytes}, '>', 3 * $MIB, 'show: what it is charged');
says('show: for people', admin($dsn, 'show', $garden), 0, qr/^controller +\Q@{[$alice->did]}\E$/m);
says('check: nothing is wrong', admin($dsn, 'check'), 0, qr/\Awas-admin: nothing is wrong\n\z/);

# 4. Wrong words, and what only would be done. Each: what, words, exit code, what is said.
my $did = $eve->did;
my @wrong = (
    ['no command', [], 2, qr/there is no command/],
    ['another command', ['spacez'], 2, qr/there is no command spacez/],
    ['another option', [qw(spaces --frozen)], 2, qr/is no option.*--frozen/],
    ['an option without value', [qw(spaces --controller)], 2, qr/lacks its value/],
    ['a word too many', ['show', $garden, 'x'], 2, qr/one word too many: x/],
    ['a word where none is due', [qw(spaces x)], 2, qr/takes no word/],
    ['no space', ['show'], 2, qr/show needs a space/],
    ['an option that it does not take', [qw(show x --to), $did], 2, qr/show takes no --to/],
    ['--yes where nothing is changed', [qw(spaces --yes)], 2, qr/takes no --yes/],
    ['an option twice', [qw(spaces --controller a --controller b)], 2, qr/twice/],
    ['--protocol twice', [qw(show x --protocol pws --protocol pws)], 2, qr/twice/],
    ['another protocol', [qw(show x --protocol http)], 2, qr/is classic or pws/],
    ['another --by', [qw(usage --by day)], 2, qr/controller or space/],
    ['a controller that is no DID', [qw(spaces --controller alice)], 2, qr/is no DID/],
    ['one with a fragment', ['spaces', '--controller', "$did#x"], 2, qr/is no DID/],
    ['a long one', ['spaces', '--controller', 'did:x:' . 'y' x 600], 2, qr/longer than 512/],
    ['one that is not UTF-8', ['spaces', '--controller', "did:x:\xff"], 2, qr/not UTF-8/],
    ['a space that is not UTF-8', ['show', "\xc3"], 2, qr/not UTF-8/],
    ['an empty space', ['show', ''], 2, qr/is empty/],
    ['a long space', ['show', 'x' x 513], 2, qr/longer than 512/],
    ['no such space', [qw(show nowhere)], 3, qr/there is no space nowhere/],
    ['not under this protocol', [qw(show --protocol pws), $garden], 3, qr/there is no space/],
    ['one that looks like an option', ['show', '--', '-b'], 3, qr/there is no space -b/],
    ['SQL', ['show', "x'; DROP TABLE was_spaces; --"], 3, qr/there is no space/],
    ['both have it', ['show', $both], 5, qr/under both protocols/],
    ['to freeze what both have', ['freeze', '--yes', $both], 5, qr/under both protocols/],
    ['to freeze nothing', [qw(freeze --yes nowhere)], 3, qr/there is no space/],
    ['to thaw what is open', ['thaw', '--yes', $garden], 0, qr/open already/],
    ['to move to nobody', ['move', '--yes', $garden], 2, qr/to whom/],
    ['to move to no DID', ['move', '--yes', $garden, '--to', 'eve'], 2, qr/is no DID/],
    ['to move nothing', [qw(move --yes nowhere --to), $did], 3, qr/there is no space/],
    ['to erase nothing in particular', [qw(erase --yes)], 2, qr/say a space/],
    ['to erase two things', ['erase', '--yes', $garden, '--controller', $did], 2, qr/say a space/],
    ['to erase what is not there', [qw(erase --yes nowhere)], 3, qr/there is no space/],
    ['to erase all of nobody', ['erase', '--controller', $did], 0, qr/has no space/],
    ['to count a classic space', ['recount', '--yes', $garden], 3, qr/there is no space/],
    ['a connection string that is none', [qw(status --db =)], 2, qr/none that libpq understands/],
    ['no database', ['status', '--db', "$dsn dbname=nowhere"], 4, qr/nowhere/],
    ['no server', ['spaces', '--db', 'host=/nowhere'], 4, qr/cannot connect/],
    ['help', ['--help'], 0, qr/usage: was-admin COMMAND.*to-rows/s],
    # And what would be done.
    ['freeze', ['freeze', $garden], 0, qr/^freeze\tclassic\t$garden\t.*\tno\n.*nothing was/ms],
    ['move', ['move', $library, '--to', $did], 0, qr/^move\tpws\t$library\t$did\tno$/m],
    ['erase', ['erase', '--controller', $bob->did], 0, qr/\t$shed\t.*what stays: backups/s],
    ['erase one', ['erase', $shed], 0, qr/^erase\tclassic\t$shed\t.*\tno$/m],
    ['sweep', ['sweep'], 0, qr/nothing was changed/],
    ['end-uploads', ['end-uploads'], 0, qr/nothing was changed/],
    ['recount', ['recount'], 0, qr/all counters are what is there/],
    ['to-rows', ['to-rows'], 0, qr{^$garden\t/long\t3145728\tyes\tno$}m],
);
ok(
    eventually(10, sub { !value("SELECT count(*) FROM was_sweeps WHERE kind <> 'unnamed'") }),
    'the server has swept');
my $before = database_state($dbh);
says("wrong or not sure: $_->[0]", admin($dsn, @{ $_->[1] }), $_->[2], $_->[3]) for @wrong;
is_deeply(database_state($dbh), $before, 'wrong or not sure: nothing has changed');
says(
    'the environment of libpq',
    do {
        local $ENV{PGSERVICEFILE} = '/nowhere';
        admin(undef, 'spaces', '--db', "$dsn application_name=x");
    },
    0,
    qr/$garden/);

# What is on the help is in the manual page and on the page.
my @commands = admin(undef, '--help')->{out} =~ /^  ([a-z]+(?:-[a-z]+)*)/mg;
my $manual = WAS::Server::slurp("$ENV{WAS_TOP}/docs/man/was-admin.8");
my $page = WAS::Server::slurp("$ENV{WAS_TOP}/docs/administration.md");
cmp_ok(scalar @commands, '>', 10, 'there are commands');
is_deeply([grep { $manual !~ /^\.It Cm \Q$_\E\b/m } @commands], [], 'each is in was-admin(8)');
is_deeply([grep { $page !~ /(?:`|was-admin )\Q$_\E\b/ } @commands], [], 'and on its page');
is(
    system("WAS_STORAGE_DSN=\"$dsn\" '$ENV{WAS_BUILD}/was-admin' spaces >/dev/full 2>/dev/null")
        >> 8,
    1, 'what cannot be printed is not silently lost');

# 5. Frozen: t/28-admin-freeze.t has what that means.
for my $row (
    ['classic', $garden, $alice, "/space/$garden/f"],
    ['pws', $library, $pws{ $alice->did }, "$docs/f"]
) {
    my ($protocol, $id, $who, $path) = @$row;
    my $read = sub { $who->get($path =~ s{f\z}{long}r) };
    says("$protocol: frozen", admin($dsn, 'freeze', '--yes', $id), 0, qr/\tyes$/m);
    is($who->put($path, @TEXT)->status, 403, "$protocol: frozen: nobody writes");
    is($read->()->body, $long, "$protocol: frozen: who may, reads");
    is(rows($dsn, 'show', $id)->[0]{state}, 'frozen', "$protocol: frozen: shown so");
    says("$protocol: again", admin($dsn, 'freeze', '--yes', $id), 0, qr/frozen already/);
    says("$protocol: erased?", admin($dsn, 'erase', '--yes', $id), 1, qr/stays: thaw it first/);
    is($read->()->body, $long, "$protocol: no: still there");
    says("$protocol: thawed", admin($dsn, 'thaw', '--yes', $id), 0, qr/\tyes$/m);
    like($who->put($path, @TEXT)->status, qr/\A20[14]\z/, "$protocol: thawed: written");
}
my $modified = $alice->get("/space/$garden")->header('Last-Modified');
admin($dsn, $_, '--yes', $garden) for qw(freeze thaw);
is($alice->get("/space/$garden")->header('Last-Modified'), $modified, 'classic: no later for it');

# 6. Moved.
says('move: classic', admin($dsn, 'move', '--yes', $shed, '--to', $did), 0, qr/\t$did\tyes$/m);
is($bob->put("/space/$shed/r", @TEXT)->status, 403, 'move: classic: the old one may not write');
is($eve->put("/space/$shed/r", @TEXT)->status, 204, 'move: classic: the new one may');
says('move: pws', admin($dsn, 'move', '--yes', $other, '--to', $did), 0, qr/\t$did\tyes$/m);
is($pws{ $bob->did }->get("/pws/space/$other/meta")->status, 404, 'move: pws: not the old one');
is($pws{$did}->get("/pws/space/$other/meta")->json->{controller}, $did, 'move: pws: the new one');
says('move: it is charged right', admin($dsn, 'recount'), 0, qr/all counters are/);

# 7. Uploads.
my $idle = '0' x 8;
$dbh->do($_) for <<"LEASE", <<"PARTS";
INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms) SELECT 's' || n, -n, 'content',
    floor(date_part('epoch', now()) * 1000)::bigint + 900000 FROM generate_series(1, 3) n
LEASE
INSERT INTO was_parts (space_uuid, content, number, bytes)
SELECT 's' || n, -n, m, convert_to(repeat('x', 1000), 'UTF8')
FROM generate_series(1, 3) n, generate_series(0, 1) m
PARTS
is_deeply(
    [map { [@$_{qw(space mark bytes)}] } @{ rows($dsn, 'uploads') }],
    [map { ["s$_", "-$_", 2000] } 1 .. 3], 'uploads: all that no row names');
says('uploads: one is ended', admin($dsn, qw(end-uploads --yes s2)), 0, qr/^s2\t-2\t.*\tyes$/m);
is(
    value('SELECT count(*) FROM was_sweeps WHERE since_ms = 0 AND generation < 0'),
    1, 'uploads: only that one');
says('uploads: swept', admin($dsn, qw(sweep --yes)), 0, qr/rows were cleared away/);
is(value("SELECT count(*) FROM was_parts WHERE space_uuid = 's2'"), 0, 'uploads: it is gone');
admin($dsn, qw(end-uploads --yes));
admin($dsn, qw(sweep --yes));
is_deeply(rows($dsn, 'uploads'), [], 'uploads: and then all');

# 8. Contents go back into their rows; one that is too long stays, and one whose parts are missing.
my $version = $alice->get("/space/$garden/long");
$alice->put("/space/$garden/$_", type => 'x/y', body => $long)->status == 204
    or die 'no content'
    for qw(huge torn);
my $inside = "SELECT parts IS NULL FROM was_resources WHERE space_uuid = ? AND path = ?";
$dbh->do(<<'SQL', undef, $garden);
UPDATE was_resources SET parts_bytes = 600::bigint << 20 WHERE space_uuid = ? AND path = '/huge'
SQL
$dbh->do(<<'SQL', undef, $garden);
DELETE FROM was_parts p USING was_resources r WHERE r.space_uuid = ? AND r.path = '/torn'
    AND p.space_uuid = r.space_uuid COLLATE "C" AND p.content = r.parts AND p.number = 2
SQL
my $moved = admin($dsn, qw(to-rows --yes));
says('to-rows', $moved, 1, qr{\t/long\t3145728\tyes\tyes$}m);
like($moved->{err}, qr{/huge stays in parts: a row has at most 511 MiB}, 'to-rows: too long');
like($moved->{err}, qr{/torn stays in parts: .* parts of it are missing}, 'to-rows: torn');
ok(value($inside, $garden, '/long'), 'to-rows: in its row');
ok(!value($inside, $garden, $_), "to-rows: $_ is not") for qw(/huge /torn);
my $now = $alice->get("/space/$garden/long");
is(sha256_hex($now->body), sha256_hex($long), 'to-rows: byte for byte');
is($now->header('Last-Modified'), $version->header('Last-Modified'), 'to-rows: no later for it');
is(value(<<'SQL', $garden), $long, 'to-rows: for the Python server, too');
SELECT content FROM was_resources WHERE space_uuid = ? AND path = '/long'
SQL
says('to-rows: again', admin($dsn, qw(to-rows --yes)), 1, qr/\A(?!.*\/long)/s);
is($alice->delete("/space/$garden/$_")->status, 204, "to-rows: $_ is deleted") for qw(huge torn);

# 9. What should not be stored: what is done to the database, and the finding.
my ($generation) = $dbh->selectrow_array(<<'SQL', undef, $library);
SELECT generation FROM was_pws_collections WHERE space_uuid = ?
SQL
my $of = "space_uuid = '$library'";
my @TERM = (
    "INSERT INTO was_pws_terms VALUES ('$library', $generation, 'x', 'nothing', false)",
    "DELETE FROM was_pws_terms WHERE resource = 'nothing'");
my @broken = (
    [
        "INSERT INTO was_parts VALUES ('s', 5, 1, 'x')", 'DELETE FROM was_parts WHERE content = 5',
        'first part is missing', 's', '5'
    ],
    [
        "UPDATE was_pws_resources SET size = size + 1 WHERE $of AND resource = 's'",
        "UPDATE was_pws_resources SET size = size - 1 WHERE $of AND resource = 's'",
        'resources whose content is not as long', $library, 's'
    ],
    [
        "UPDATE was_pws_resources SET size = size + 1 WHERE $of AND resource = 'long'",
        "UPDATE was_pws_resources SET size = size - 1 WHERE $of AND resource = 'long'",
        'resources whose content is not as long', $library, 'long'
    ],
    [@TERM, 'terms of a resource that is not there', $library, 'nothing'],
    [
        "INSERT INTO was_pws_policies VALUES ('$library', 77, 'lost', '{}', 1, 1, 1, 0)",
        "DELETE FROM was_pws_policies WHERE resource = 'lost'",
        'rows of a space, collection or resource', $library, 'pws_policies lost'
    ],
    [
        "UPDATE was_pws_counters SET space_generation = space_generation + 1 WHERE $of",
        "UPDATE was_pws_counters SET space_generation = space_generation - 1 WHERE $of",
        'collections without a counter', $library, 'docs'
    ],
    [
        "INSERT INTO was_sweeps VALUES ('s', 9, 'huh', 1000)",
        'DELETE FROM was_sweeps WHERE generation = 9',
        'waiting to be swept for more than a day', 's', 'huh'
    ],
    [
        "UPDATE was_pws_counters SET bytes = bytes - 1 WHERE $of",
        "UPDATE was_pws_counters SET bytes = bytes + 1 WHERE $of",
        'counters that are not what is there',
        $library,
        '0 resources, 1 collections, 0 spaces'
    ],
);
ok(
    eventually(30, sub { admin($dsn, qw(sweep --yes)); admin($dsn, 'check')->{code} == 0 }),
    'check: nothing is wrong');
for my $row (@broken) {
    my ($break, $mend, $finding, $space, $what) = @$row;
    $dbh->do($break) == 1 or die $break;
    my $ran = admin($dsn, 'check');
    says("check: $finding", $ran, 1, qr/^[^\t]*\Q$finding\E[^\t]*\t$space\t\Q$what\E$/m);
    $dbh->do($mend) == 1 or die $mend;
}
says('check: nothing is wrong any more', admin($dsn, 'check'), 0, qr/nothing is wrong/);

# 10. Counted anew.
$dbh->do('UPDATE was_pws_counters SET bytes = bytes + 1, resources = 0');
$dbh->do('UPDATE was_pws_spaces SET bytes = 0');
says('recount: what is wrong', admin($dsn, 'recount'), 1, qr/1 collections, 1 spaces/);
says('recount: one', admin($dsn, 'recount', '--yes', $library), 0, qr/$library/);
says('recount: that one is right', admin($dsn, 'recount', $library), 0, qr/all counters are/);
says('recount: the others not', admin($dsn, 'recount'), 1, qr/\t$other\t/);
says('recount: all', admin($dsn, qw(recount --yes)), 0, qr/counted anew\t/);
says('recount: all are right', admin($dsn, 'recount'), 0, qr/all counters are/);
is_deeply(
    recount($dbh),
    { was_pws_counters => 0, was_pws_resources => 0, was_pws_spaces => 0 },
    'recount: and the formula of tools/recount.sql finds the same');

# 11. All of a controller goes, and what others have stays.
my $keeps = database_state($dbh)->{was_pws_resources};
says('erase', admin($dsn, 'erase', '--yes', '--controller', $alice->did), 0, qr/what stays/);
is_deeply(rows($dsn, 'spaces', '--controller', $alice->did), [], 'erase: no space is left');
is($alice->get("/space/$garden/a", sign => 0)->status, 404, 'erase: classic: gone for readers');
is($pws{ $alice->did }->get("$docs/r")->status, 404, 'erase: pws: gone for readers');
ok(
    eventually(
        20,
        sub {
            admin($dsn, qw(end-uploads --yes));
            admin($dsn, qw(sweep --yes));
            $dbh->do("UPDATE was_sweeps SET since_ms = 0 WHERE kind = 'unnamed'");
            !value(   'SELECT (SELECT count(*) FROM was_pws_resources) + (SELECT count(*)'
                    . ' FROM was_parts)');
        }
    ),
    'erase: no row of a resource, and no part');
is($eve->get("/space/$shed/r", sign => 0)->body, 'x', 'erase: what others have stays');
is(rows($dsn, 'usage')->[0]{controller}, $did, 'erase: others are listed');
my ($log) = grep { /was:(?:error|crit|alert|emerg)/ && !/parts/ } split /\n/, $server->log;
is($log, undef, 'nothing stands at ERR');

done_testing;
