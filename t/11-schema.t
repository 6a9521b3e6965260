# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The tables: those that the module makes are the Python server's (protocol/classic section 8) and a
# few columns with defaults; each server works on what the other has written; making them never
# fails and never gets in anybody's way, and where it cannot be done a sentence says why.

use strict;
use warnings;
use utf8;

use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually timed);

my $cluster = WAS::Server::cluster();
my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;

my ($version) =
    WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~ /WAS_SCHEMA_VERSION = (\d+)/;

# What the Python server runs when it starts,
my @PYTHON_DDL = (
          'CREATE TABLE IF NOT EXISTS was_spaces (space_uuid TEXT PRIMARY KEY,'
        . ' space_id TEXT NOT NULL, controller TEXT NOT NULL)',
    'CREATE INDEX IF NOT EXISTS idx_spaces_controller ON was_spaces (controller)',
    'CREATE TABLE IF NOT EXISTS was_resources ('
        . 'space_uuid TEXT NOT NULL REFERENCES was_spaces (space_uuid) ON DELETE CASCADE,'
        . ' path TEXT NOT NULL, content BYTEA NOT NULL, content_type TEXT NOT NULL,'
        . ' PRIMARY KEY (space_uuid, path))',
);

# and when it is asked for something.
my %PYTHON = (
    put_space => 'INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)'
        . ' ON CONFLICT (space_uuid) DO UPDATE SET controller = EXCLUDED.controller',
    put_resource =>
        'INSERT INTO was_resources (space_uuid, path, content, content_type) VALUES (?, ?, ?, ?)'
        . ' ON CONFLICT (space_uuid, path) DO UPDATE'
        . ' SET content = EXCLUDED.content, content_type = EXCLUDED.content_type',
    get_space => 'SELECT space_uuid, space_id, controller FROM was_spaces WHERE space_uuid = ?',
    get_resource => 'SELECT space_uuid, path, content, content_type FROM was_resources'
        . ' WHERE space_uuid = ? AND path = ?',
    list_spaces =>
        'SELECT space_id, controller FROM was_spaces WHERE controller = ? ORDER BY space_uuid',
    delete_resource => 'DELETE FROM was_resources WHERE space_uuid = ? AND path = ?',
    delete_space => 'DELETE FROM was_spaces WHERE space_uuid = ?',
);

# A small httpd: what is tried here is its start.
my @NOT_NEEDED = qw(
    alias autoindex deflate dir env filter headers negotiation proxy_http proxy reqtimeout setenvif
    ssl socache_shmcb status http2
);
my $tiny = sub {
    my ($params, $more) = @_;
    return (example => 0, without => \@NOT_NEEDED, config => <<"CONF");
DBDriver pgsql
DBDParams "$params"
DBDMin 1
DBDKeep 1
DBDMax 1
<IfModule !mpm_prefork_module>
    ServerLimit 1
    ThreadsPerChild 2
    MaxRequestWorkers 2
    MinSpareThreads 1
</IfModule>
<Location "/">
    SetHandler was
    Require all granted
</Location>
<Location "/other">
    SetHandler none
</Location>
@{[ $more // '' ]}
CONF
};

sub new_database {
    my $name = WAS::Server::create_database();
    return ($name, WAS::Server::dbh($name));
}

sub python_run {
    my ($dbh, $what, @values) = @_;
    my $statement = $dbh->prepare($PYTHON{$what});
    for my $i (1 .. @values) {
        my $value = $values[$i - 1];
        $statement->bind_param(
            $i, ref $value ? $$value : $value,
            ref $value ? { pg_type => DBD::Pg::PG_BYTEA() } : ());
    }
    $statement->execute;
    return $PYTHON{$what} =~ /\ASELECT/ ? $statement->fetchall_arrayref : [];
}

# All that PostgreSQL knows of the two tables, as names and texts.
sub catalog {
    my ($dbh) = @_;
    my $rows = sub { $dbh->selectall_arrayref($_[0]) };
    my $columns = $rows->(<<'SQL');
SELECT c.relname || '.' || a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relname IN ('was_spaces', 'was_resources') AND c.relkind = 'r' AND a.attnum > 0
    AND NOT a.attisdropped
SQL
    my $constraints = $rows->(<<'SQL');
SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid IN ('was_spaces'::regclass, 'was_resources'::regclass)
SQL
    my $indexes = $rows->(<<'SQL');
SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('was_spaces', 'was_resources')
SQL
    my $triggers = $rows->(<<'SQL');
SELECT tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid IN ('was_spaces'::regclass, 'was_resources'::regclass)
SQL
    return {
        columns => { map { $_->[0] => [@$_[1 .. 4]] } @$columns },
        constraints => { map { @$_ } @$constraints },
        indexes => { map { @$_ } @$indexes },
        triggers => $triggers,
    };
}

# Everything that a start could have changed.
sub fingerprint {
    my ($dbh) = @_;
    return $dbh->selectall_arrayref(
        q(SELECT c.oid, c.relname, c.relfilenode, c.relkind, c.xmin::text,
                (SELECT string_agg(concat(a.attname, a.attstorage, a.xmin), ',' ORDER BY a.attnum)
                    FROM pg_attribute a WHERE a.attrelid = c.oid)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.oid)
        ),
        $dbh->selectall_arrayref('SELECT version, applied, xmin::text FROM was_schema_version');
}

sub document { return (body => encode_json({ controller => $_[0] }), type => 'application/json') }

sub is_unavailable {
    my ($response, $name) = @_;
    is($response->status, 503, "$name: 503") or diag $response->body;
    is(($response->problem // {})->{title}, 'Service Unavailable', "$name: a problem document");
    like(scalar $response->header('Retry-After') // '', qr/\A[1-9]\d*\z/, "$name: Retry-After");
    return;
}

sub errors_of {
    my ($server) = @_;
    return [grep { /\[was:(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log];
}

# 1. The tables of an empty database.
my ($python, $python_dbh) = new_database();
$python_dbh->do($_) for @PYTHON_DDL;
my ($ours, $dbh) = new_database();
my $server = WAS::Server->start($tiny->($cluster->dsn($ours), "WASContentParts off"));
my ($expected, $made) = map { catalog($_) } $python_dbh, $dbh;
for my $column (sort keys %{ $expected->{columns} }) {
    is_deeply(
        $made->{columns}{$column}, $expected->{columns}{$column},
        "column $column: place, type, nullability, default");
}
for my $column (sort grep { !$expected->{columns}{$_} } keys %{ $made->{columns} }) {
    my (undef, $type, $required, $default) = @{ $made->{columns}{$column} };
    ok(!$required || defined $default, "column $column of ours may be left out") or diag $type;
}
is($made->{constraints}{$_}, $expected->{constraints}{$_}, "constraint $_")
    for sort keys %{ $expected->{constraints} };
for my $name (sort grep { !$expected->{constraints}{$_} } keys %{ $made->{constraints} }) {
    # A foreign key with a column that may be NULL asks nothing of a row that leaves it out.
    my ($table) = $name =~ /\A(\w+)\./;
    my ($columns) = $made->{constraints}{$name} =~ /\AFOREIGN KEY \((.*?)\)/;
    my @open = grep {
               !$expected->{columns}{"$table.$_"}
            && !$made->{columns}{"$table.$_"}[2]
            && !defined $made->{columns}{"$table.$_"}[3]
        }
        split /, /, $columns // '';
    cmp_ok(scalar(@open), '>', 0, "constraint $name of ours refuses nothing that they write")
        or diag $made->{constraints}{$name};
}
like(
    join("\n", values %{ $made->{constraints} }),
    qr/FOREIGN KEY \(space_uuid\) REFERENCES was_spaces\(space_uuid\) ON DELETE CASCADE/,
    'resources go with their space');
is($made->{indexes}{$_}, $expected->{indexes}{$_}, "index $_")
    for sort keys %{ $expected->{indexes} };
like(
    $made->{indexes}{idx_spaces_controller},
    qr/\ACREATE INDEX idx_spaces_controller ON public\.was_spaces USING btree \(controller\)\z/,
    'the index on controllers');
unlike($made->{indexes}{$_}, qr/UNIQUE/, "index $_ of ours refuses nothing")
    for sort grep { !$expected->{indexes}{$_} } keys %{ $made->{indexes} };
is_deeply($made->{triggers}, [], 'no trigger');
is_deeply(errors_of($server), [], 'nothing at ERR');
$_->do('SET client_min_messages = warning') for $dbh, $python_dbh;
ok(eval { $dbh->do($_) for @PYTHON_DDL; 1 }, "the Python server's start on our tables") or diag $@;
is_deeply(catalog($dbh), $made, 'changes nothing');

# 2. Both servers on the same rows.
my $client = $server->client($alice);
python_run($dbh, put_space => 'theirs', 'any id', $alice->did);
python_run($dbh, put_resource => 'theirs', '/a b/ü', \"\0bytes\xff", 'image/x');
my $seen = $client->get('/space/theirs');
is($seen->status, 200, 'their space: read by its controller');
is_deeply(
    { map { $_ => ($seen->json // {})->{$_} } qw(id controller) },
    { id => 'any id', controller => $alice->did }, 'their space: as they wrote it');
is($server->client($bob)->get('/space/theirs')->status, 403, 'their space: not read by others');
is_deeply(
    $client->get('/spaces/')->json, [{ id => 'any id', controller => $alice->did }],
    'their space: listed');
$seen = $client->get('/space/theirs/a%20b/%C3%BC');
is($seen->status . ' ' . $seen->body, "200 \0bytes\xff", 'their resource: served');
is(scalar $seen->header('Content-Type'), 'image/x', 'their resource: with its type');
my $etag = $seen->header('ETag');
python_run($dbh, put_resource => 'theirs', '/a b/ü', \'other', 'image/x');
$seen = $client->get('/space/theirs/a%20b/%C3%BC', headers => ['If-None-Match' => $etag]);
is($seen->status . ' ' . $seen->body, '200 other', 'their overwriting: the validator has changed');
is(
    $client->put('/space/theirs/a%20b/%C3%BC', body => 'ours', type => 'text/x')->status, 204,
    'their resource: overwritten by us');
my $changed = $client->get('/space/theirs/a%20b/%C3%BC')->header('ETag');
is_deeply(
    python_run($dbh, get_resource => 'theirs', '/a b/ü'),
    [['theirs', '/a b/ü', 'ours', 'text/x']], 'our row: they read it');
python_run($dbh, put_resource => 'theirs', '/a b/ü', \'theirs again', 'text/y');
is($client->put('/space/theirs/a%20b/%C3%BC', body => 'lost', headers => ['If-Match' => $changed])
        ->status, 412, 'their overwriting of our row: seen by If-Match');
is(
    $client->get('/space/theirs/a%20b/%C3%BC')->header('Last-Modified'), undef,
    'their overwriting of our row: no time that is wrong');
is($client->delete('/space/theirs/a%20b/%C3%BC')->status, 204, 'their resource: deleted by us');
is_deeply(
    python_run($dbh, get_resource => 'theirs', '/a b/ü'), [],
    'their resource: gone for them');
is(
    $client->put('/space/theirs', document($bob->did))->status, 204,
    'their space: handed over by its controller');
is_deeply(
    python_run($dbh, get_space => 'theirs'), [['theirs', 'any id', $bob->did]],
    'their space: they see the new one');
python_run($dbh, put_space => 'theirs', 'new id', $alice->did);
is($client->get('/space/theirs')->status, 200, 'their upsert of a space: we see it');
is_deeply(
    python_run($dbh, get_space => 'theirs'), [['theirs', 'any id', $alice->did]],
    'their upsert of a space: the id stays');
is($client->delete('/space/theirs')->status, 204, 'their space: deleted by its controller');
is_deeply(python_run($dbh, get_space => 'theirs'), [], 'their space: gone');

is($client->put('/space/ours', document($alice->did))->status, 204, 'our space: made');
is(
    $client->put('/space/ours/x', body => "\0\xff", type => 'text/plain')->status, 204,
    'our resource: made');
is(
    $client->put('/space/ours/big', body => 'y' x (2 << 20), type => 'text/plain')->status, 204,
    'our resource, big: made');
is_deeply(
    python_run($dbh, get_space => 'ours'), [['ours', 'urn:uuid:ours', $alice->did]],
    'our space: they read it');
is_deeply(
    python_run($dbh, get_resource => 'ours', '/x'), [['ours', '/x', "\0\xff", 'text/plain']],
    'our resource: they read it');
is(
    length python_run($dbh, get_resource => 'ours', '/big')->[0][2], 2 << 20,
    'our resource, big: they read it');
is_deeply(
    python_run($dbh, list_spaces => $alice->did), [['urn:uuid:ours', $alice->did]],
    'our space: they list it');
python_run($dbh, delete_resource => 'ours', '/x');
is($client->get('/space/ours/x')->status, 404, 'our resource: deleted by them');
python_run($dbh, delete_space => 'ours');
is($client->get('/space/ours/big')->status, 404, 'our space: deleted by them, with what was in it');

python_run($dbh, put_space => 'url', 'an id', $alice->key_id);
is($client->get('/space/url')->status, 200, 'a controller with a fragment: reads');
is_deeply(
    [map { $_->{id} } @{ $client->get('/spaces/')->json // [] }], ['an id'],
    'a controller with a fragment: lists');
is($client->put('/space/url/x', body => 'x')->status, 204, 'a controller with a fragment: writes');
is(
    $server->client($bob)->put('/space/url/x', body => 'x')->status, 403,
    'a controller with a fragment: others do not');
is(
    $client->put('/space/url', document($alice->key_id))->status, 204,
    'a controller with a fragment: updates');
is_deeply(
    python_run($dbh, get_space => 'url'), [['url', 'an id', $alice->did]],
    'a controller with a fragment: stored without it');
python_run($dbh, put_space => 'url', 'an id', $alice->key_id);
is($client->delete('/space/url')->status, 204, 'a controller with a fragment: deletes');
is_deeply(python_run($dbh, get_space => 'url'), [], 'a controller with a fragment: deleted');

# 3. Starting again.
my @before = fingerprint($dbh);
$server->stop;
$server->start_again;
is_deeply([fingerprint($dbh)], \@before, 'a second start changes nothing');
is_deeply(errors_of($server), [], 'nor does it complain');
$server->stop;

# 4. A database that the Python server has filled.
my @spaces = map { ["space-$_", "id $_", $_ % 2 ? $alice->did : $bob->did] } 1 .. 20;
python_run($python_dbh, put_space => @$_) for @spaces;
# Big enough for TOAST, and compressible: what is there stays as it is.
my $content = join '', map { "line $_ of something long\n" } 1 .. 20_000;
python_run($python_dbh, put_resource => "space-$_", "/file $_", \"$content$_", 'text/plain')
    for 1 .. 20;
my $nodes = sub {
    return $_[0]->selectall_arrayref(
        q(SELECT relname, relfilenode, reltoastrelid, pg_relation_size(oid) FROM pg_class
        WHERE relname IN ('was_spaces', 'was_resources', 'was_spaces_pkey', 'was_resources_pkey',
            'idx_spaces_controller') ORDER BY 1)
    );
};
my $files = $nodes->($python_dbh);
$server = WAS::Server->start($tiny->($cluster->dsn($python)));
$client = $server->client($alice);
is_deeply($nodes->($python_dbh), $files, 'an upgrade in place rewrites no table');
is_deeply(catalog($python_dbh), $made, 'and ends at the same tables as an empty database');
is_deeply(
    $python_dbh->selectall_arrayref(
        'SELECT space_uuid, space_id, controller FROM was_spaces ORDER BY length(space_uuid), 1'),
    \@spaces,
    'every space is as it was');
is(
    $python_dbh->selectrow_array(
              'SELECT count(*) FROM was_resources'
            . ' WHERE content = convert_to(?::text || substr(space_uuid, 7), ?)',
        undef, $content, 'UTF8'
    ),
    20,
    'every resource is as it was');
is_deeply(
    [grep { $client->get("/space/space-$_/file%20$_")->body ne "$content$_" } 1 .. 20], [],
    'every resource is served');
is(scalar @{ $client->get('/spaces/')->json // [] }, 10, 'every space is listed');
is($client->put('/space/space-1/new', body => 'x')->status, 204, 'their spaces take new resources');
is($client->put('/space/space-1/file%201', body => 'x')->status, 204, 'and new contents');
is($client->put('/space/space-1/big', body => 'y' x (2 << 20))->status, 204, 'long ones, too');
is(
    length python_run($python_dbh, get_resource => 'space-1', '/big')->[0][2],
    2 << 20, 'which they can read, unless somebody says otherwise');
is(
    $client->get('/space/space-3/file%203')->header('Last-Modified'), undef,
    'no time is made up for what was there before');
is_deeply(errors_of($server), [], 'nothing at ERR');
$server->stop;

# 5. Many at once.
my ($raced, $raced_dbh) = new_database();
$raced_dbh->do('SET client_min_messages = warning');
my (@complaints, @unlike);
for my $round (1 .. 20) {
    $raced_dbh->do('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    # Every other round finds the Python server's tables.
    $round % 2 or $raced_dbh->do($_) for @PYTHON_DDL;
    my @servers = map { WAS::Server->start($tiny->($cluster->dsn($raced)), wait => 0) } 1 .. 8;
    for my $one (@servers) {
        eventually(20, sub { $one->log =~ /resuming normal operations/ || !$one->running })
            or push @complaints, "round $round: a server did not come up: " . $one->log;
    }
    $_->signal('TERM') for @servers;
    $_->wait_until_gone for @servers;
    push @complaints,
        map { "round $round: $_" } grep { /error|crit|alert|emerg|was:warn/ } split /\n/, join '',
        map { $_->log } @servers;
    push @unlike, $round if !eval { explain(catalog($raced_dbh)) eq explain($made) };
    push @unlike, $round
        if
        "@{ $raced_dbh->selectcol_arrayref('SELECT version FROM was_schema_version ORDER BY 1') }"
        ne join ' ', 1 .. $version;
}
is_deeply(\@complaints, [], '20 times 8 servers at once on an empty database: nobody complains');
is_deeply(\@unlike, [], 'and each time there is one schema, the right one');

# 6. What cannot be: each is a sentence at ERR and a 503, and httpd goes on with the rest.
# Every route that needs the database, asked by Alice.
my @routes = (
    [GET => '/health'], [GET => '/spaces/'], [POST => '/spaces/', body => ''], [GET => '/space/s'],
    [HEAD => '/space/s'],
    [PUT => '/space/s', document($alice->did)], [DELETE => '/space/s'], [GET => '/space/s/x'],
    [PUT => '/space/s/x', body => 'x'], [POST => '/space/s/x', body => 'x'],
    [DELETE => '/space/s/x'],
    [PUT => '/space/s/big', body => 'x' x (2 << 20)],
    [GET => '/space/s', headers => [Accept => 'application/x-tar']],
);

sub answers {
    my ($client) = @_;
    my @wrong;
    for my $route (@routes) {
        my $response = $client->request(@$route);
        my $is_problem = $route->[0] eq 'HEAD' || $response->problem;
        next if $response->status == 503 && $is_problem && $response->header('Retry-After');
        push @wrong, sprintf '%s %s: %d %s', @$route[0, 1], $response->status, $response->body;
    }
    return \@wrong;
}

# A new database with what `before` does to it, and a server on it.
sub refusing {
    my (%case) = @_;
    my ($name, $db) = new_database();
    $db->do('SET client_min_messages = warning');
    $case{before}->($db, $name);
    my $dsn = $cluster->dsn($name) =~ s/user=\w+/'user=' . ($case{user} \/\/ 'was')/er;
    return ($name, $db, WAS::Server->start($tiny->($dsn, $case{config})));
}

$dbh->do('CREATE ROLE was_weak LOGIN')
    if !$dbh->selectrow_array(q(SELECT 1 FROM pg_roles WHERE rolname = 'was_weak'));
my $make = sub { my ($db, $name) = @_; WAS::Server->start($tiny->($cluster->dsn($name)))->stop };
my $grant = sub {
    my ($db, $tables) = @_;
    $db->do("GRANT SELECT, INSERT, UPDATE, DELETE ON $tables TO was_weak");
};
my $newer = sub {
    $_[0]->do(
        'INSERT INTO was_schema_version (version) SELECT max(version) + 1 FROM was_schema_version');
};
for my $case (
    [
        'a schema newer than the module',
        sentence => qr/schema version @{[$version + 1]}, this mod_was knows $version: /,
        before => sub { $make->(@_); $newer->(@_) },
        mend => sub {
            $_[0]->do('DELETE FROM was_schema_version'
                    . ' WHERE version = (SELECT max(version) FROM was_schema_version)');
        }
    ],
    [
        'no right to create, nothing there', user => 'was_weak', sentence => qr/permission denied/,
        before => sub { $_[0]->do('REVOKE CREATE ON SCHEMA public FROM PUBLIC') },
        mend => sub { $_[0]->do('GRANT CREATE ON SCHEMA public TO was_weak') }
    ],
    [
        'tables of somebody else, to be upgraded', user => 'was_weak',
        sentence => qr/must be owner of|permission denied/,
        before => sub {
            my ($db) = @_;
            $db->do($_) for @PYTHON_DDL, 'GRANT CREATE ON SCHEMA public TO was_weak';
            $grant->($db, 'was_spaces, was_resources');
        },
        mend => sub {
            my ($db) = @_;
            $db->do("ALTER TABLE $_ OWNER TO was_weak") for qw(was_spaces was_resources);
        }
    ],
    [
        'tables that are not ours', sentence => qr/was_spaces|column|controller/,
        before => sub { $_[0]->do('CREATE TABLE was_spaces (id integer)') },
        mend => sub { $_[0]->do('DROP TABLE was_spaces') }
    ],
    [
        'a database that only reads, nothing there', sentence => qr/read-only/,
        before => sub {
            my ($db, $name) = @_;
            $db->do("ALTER DATABASE $name SET default_transaction_read_only = on");
        },
        mend => sub {
            my ($db, $name) = @_;
            $db->do(  'SET default_transaction_read_only = off;'
                    . " ALTER DATABASE $name RESET default_transaction_read_only");
        }
    ],
) {
    my ($name, %case) = @$case;
    my ($database, $db, $refused) = refusing(%case);
    my $wrong = answers($refused->client($alice));
    is_deeply($wrong, [], "$name: 503 and a problem on every route");
    like(join("\n", @{ errors_of($refused) }), $case{sentence}, "$name: a sentence at ERR");
    is($refused->client->get('/')->status, 200, "$name: what needs no database is answered");
    is($refused->client->options('/space/s')->status, 204, "$name: so is OPTIONS");
    is($refused->client->get('/other/')->status, 404, "$name: httpd serves the rest");
    $case{mend}->($db, $database);
    ok(
        eventually(60, sub { $refused->client->get('/health')->status == 200 }),
        "$name: and once it is mended, it works");
    is(
        $refused->client($alice)->put('/space/s', document($alice->did))->status, 204,
        "$name: for writes too"
    ) or diag $refused->log;
    $refused->stop;
}

# 7. Little is needed once the tables are there.
{
    my ($name, $db, $weak) = refusing(
        user => 'was_weak',
        before => sub {
            my ($db) = @_;
            $make->(@_);
            $db->do('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
            $grant->($db, 'ALL TABLES IN SCHEMA public');
        });
    my $client = $weak->client($alice);
    is($client->get('/health')->status, 200, 'a role that may not create: /health');
    is(
        $client->put('/space/s', document($alice->did))->status, 204,
        'a role that may not create: a space');
    is(
        $client->put('/space/s/x', body => 'x')->status, 204,
        'a role that may not create: a resource');
    is(
        $client->put('/space/s/big', body => 'x' x (2 << 20))->status, 204,
        'a role that may not create: a big resource');
    is($client->delete('/space/s')->status, 204, 'a role that may not create: deletes');
    is_deeply(errors_of($weak), [], 'a role that may not create: nothing at ERR');
}
{
    my ($name, $db, $reader) = refusing(
        before => sub {
            my ($db, $database) = @_;
            $make->(@_);
            python_run($db, put_space => 's', 'id', $alice->did);
            python_run($db, put_resource => 's', '/x', \'stored', 'text/plain');
            $db->do("ALTER DATABASE $database SET default_transaction_read_only = on");
        });
    my $client = $reader->client($alice);
    is($client->get('/health')->status, 200, 'a database that only reads: /health');
    is($client->get('/space/s/x')->body, 'stored', 'a database that only reads: reads');
    is_unavailable($client->put('/space/s/x', body => 'x'), 'a database that only reads: a write');
    is_unavailable(
        $client->put('/space/s/big', body => 'x' x (2 << 20)),
        'a database that only reads: a big write');
    is_unavailable($client->delete('/space/s'), 'a database that only reads: a delete');
    like(
        join("\n", @{ errors_of($reader) }), qr/read-only/,
        'a database that only reads: a sentence at ERR');
    $db->do("ALTER DATABASE $name RESET default_transaction_read_only");
    is(
        $client->put('/space/s/x', body => 'x')->status, 204,
        'and when it is promoted: writes at once');
}
{
    my ($name, $db) = new_database();
    $db->do('CREATE SCHEMA elsewhere');
    my $other =
        WAS::Server->start($tiny->($cluster->dsn($name) . q( options='-c search_path=elsewhere')));
    is(
        $other->client($alice)->put('/space/s', document($alice->did))->status, 204,
        'a search_path in the connection string: works');
    is_deeply(
        $db->selectcol_arrayref(
            'SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename LIKE ?', undef,
            'was_%'
        ),
        ['elsewhere'],
        'a search_path in the connection string: the tables are there');
}

# 8. Tables that go away while we run.
my $every = sub {
    join ', ',
        @{
        $_[0]->selectcol_arrayref(
            q(SELECT tablename::text FROM pg_tables
            WHERE tablename LIKE 'was\_%' AND tablename <> 'was_schema_version')
        )
        };
};
for my $case (
    ['all of them', sub { 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' }],
    ['all of them, by name', sub { 'DROP TABLE was_schema_version, ' . $every->($_[0]) }],
    ['all but their version', sub { 'DROP TABLE ' . $every->($_[0]) }],
    ['one', sub { 'DROP TABLE was_resources CASCADE' }],
) {
    my ($what, $sql) = @$case;
    my ($name, $db) = new_database();
    $db->do('SET client_min_messages = warning');
    my $server = WAS::Server->start($tiny->($cluster->dsn($name)));
    my $client = $server->client($alice);
    my $works = sub {
        $client->put('/space/s', document($alice->did))->status == 204
            && $client->put('/space/s/x', body => 'x')->status == 204;
    };
    ok($works->(), "tables that go away, $what: works before");
    $db->do($sql->($db));
    ok(eventually(60, $works), "tables that go away, $what: comes back by itself")
        or diag $server->log;
    is_deeply(catalog($db), $made, "tables that go away, $what: the same tables");
}

# 9. The lock under which the tables are made, held by somebody who does not let go of it.
{
    my ($name, $db) = new_database();
    $db->do('SET client_min_messages = warning');
    my $holder = WAS::Server::dbh($name);
    my $running = WAS::Server->start($tiny->($cluster->dsn($name)));
    $holder->do('SELECT pg_advisory_lock(3141592653589793)');
    $db->do('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    my $starting = WAS::Server->start($tiny->($cluster->dsn($name)), wait => 0);
    my @cases = (
        ['tables that went away', $running, '/space/s/x', lines => 1, well => 404],
        ['a start without tables', $starting, '/health', lines => 2, well => 200],
    );
    for my $case (@cases) {
        my ($what, $server, $path, %case) = @$case;
        my $status;
        my ($took) = timed(sub {
            eventually(20, sub { ($status = $server->request('GET', $path)->{status}) != 599 });
        });
        is($status, 503, "the schema's lock is held, $what: 503");
        cmp_ok($took, '<', 20, "the schema's lock is held, $what: while it is held");
        my @errors = @{ errors_of($server) };
        is(
            scalar(@errors), $case{lines},
            "the schema's lock is held, $what: a line at ERR for each failed start and each 503"
        ) or diag explain \@errors;
        # Or that a sweep is the one who waits for the lock.
        my $why = qr/PostgreSQL says 55P03|somebody else is waiting for the database/;
        is_deeply(
            [grep { !/$why/ } @errors], [],
            "the schema's lock is held, $what: which tells why");
    }
    $holder->disconnect;
    for my $case (@cases) {
        my ($what, $server, $path, %case) = @$case;
        ok(
            eventually(20, sub { $server->request('GET', $path)->{status} == $case{well} }),
            "the schema's lock is let go of, $what: comes back by itself"
        ) or diag $server->log;
    }
    is_deeply(catalog($db), $made, "the schema's lock is let go of: the right tables");
}

done_testing;
