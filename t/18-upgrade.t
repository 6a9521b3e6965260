# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# An upgrade from schema 3, where spaces of pws stood in the tables of the Python server, to tables
# of their own. t/data/schema-3.sql is a database that the module of then has filled over HTTP, and
# the Python server by its own statements; t/data/schema-3.json is what that module answered to what
# it was asked. The same questions get the same answers afterwards, and what stands in the tables is
# what the answers are about.
#
# Compared are status, media type, range, length of a HEAD, and every byte or every member of a
# body. Left out: ETag and Last-Modified, which a restored row has anew (docs/operating.md, Backup
# and restore), and of a problem all but its type, since sentences may change. Keys are named, and
# their names are their seeds; capabilities were delegated until 2090.

use strict;
use warnings;
use utf8;

use Digest::SHA qw(sha256_hex);
use Encode qw(decode_utf8);
use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use WAS::Charge;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually timed);
use WAS::Zcap;

my $cluster = WAS::Server::cluster();
my $data = "$ENV{WAS_TOP}/t/data";
my $dump = decode_utf8(WAS::Server::slurp("$data/schema-3.sql"));
my ($VERSION) =
    WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~ /WAS_SCHEMA_VERSION = (\d+)/;
my $json = JSON::PP->new->canonical->allow_nonref;
my $asked = JSON::PP->new->utf8->decode(WAS::Server::slurp("$data/schema-3.json"));
my %key = map { $_ => WAS::Key->from_seed(pack 'A32', $_) } qw(alice bob carol dave eve);
my %HOST = (pws => 'wallet.example', classic => 'classic.example', private => 'private.example');

# 1. What is needed.

# A database with the dump in it.
sub filled {
    my $name = WAS::Server::create_database();
    my $dbh = WAS::Server::dbh($name);
    $dbh->do('SET client_min_messages = warning');
    $dbh->do($dump);
    return ($name, $dbh);
}

sub server {
    my ($database, %options) = @_;
    return WAS::Server->start(%options, dsn => $cluster->dsn($database), config => <<"CONF");
<VirtualHost *>
    ServerName $HOST{classic}
</VirtualHost>
<VirtualHost *>
    ServerName $HOST{private}
    <Location "/">
        WASResourceReads private
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName $HOST{pws}
    <Location "/">
        WASProtocol pws
        WASRevision 2026-09
        WASBaseURL http://$HOST{pws}
    </Location>
</VirtualHost>
CONF
}

# Somebody at a virtual host, or nobody.
sub client {
    my ($server, $to, $by) = @_;
    my $class = $to eq 'pws' ? 'WAS::Zcap' : 'WAS::Client';
    my @key = defined $by ? (key => $key{$by}) : ();
    my $client = $class->new(base => "http://$HOST{$to}", @key, timeout => 30);
    ($client->{port}) = $server->origin =~ /(\d+)\z/;
    $client->{host} = '127.0.0.1';
    return $client;
}

sub ask {
    my ($server, $row) = @_;
    my %options = map { $_ => $row->{$_} } grep { exists $row->{$_} } qw(type body headers);
    $options{zcap} = { capability => $asked->{zcaps}{ $row->{zcap} } } if $row->{zcap};
    $options{sign} = 0 if !defined $row->{by};
    $options{zcap} = 0 if !defined $row->{by} && $row->{to} eq 'pws';
    my $client = client($server, @$row{qw(to by)});
    return $client->request(@$row{qw(method target)}, %options);
}

sub name_of {
    my ($row) = @_;
    my $by = $row->{by} // 'nobody';
    my $zcap = $row->{zcap} ? " ($row->{zcap})" : '';
    my $headers = $row->{headers} ? " @{ $row->{headers} }" : '';
    return "$row->{to}: $by$zcap: $row->{method} $row->{target}$headers";
}

# An answer in the form of the recorded one.
sub same_form {
    my ($res, $recorded) = @_;
    my %answer = (status => $res->status);
    for my $name (keys %{ $recorded->{headers} // {} }) {
        $answer{headers}{$name} = $res->header($name);
    }
    my $body = $res->body;
    return { %answer, problem => ($res->problem // {})->{type} } if $recorded->{problem};
    return { %answer, json => $res->json } if exists $recorded->{json};
    return { %answer, sha256 => sha256_hex($body) } if $recorded->{sha256};
    return { %answer, base64 => encode_base64($body, '') } if $recorded->{base64};
    return { %answer, text => $body };
}

# A page of a listing says how many there are in all.
my %TOTAL = ('/space/library/docs/?limit=3' => 15, '/space/library/?limit=2' => 5);
for my $row (@{ $asked->{requests} }) {
    $row->{answer}{json}{totalItems} = $TOTAL{ $row->{target} } if $TOTAL{ $row->{target} };
    next if $row->{to} ne 'pws' || $row->{target} !~ m{/linkset\z} || !$row->{answer}{json};
    # And what spaces and collections take is told by now.
    my ($links) = @{ $row->{answer}{json}{linkset} };
    my $kind = $links->{anchor} =~ m{\A/space/[^/]+/\z} ? 'quotas' : 'quota';
    $links->{"https://w3id.org/pws#$kind"} =
        [{ href => "$links->{anchor}$kind", type => 'application/json' }];
}

# What is answered otherwise, and is meant to be: a space of pws into which the Python server had
# put something is one of classic as well, with what that server had put there and nothing else. And
# what a policy of its own hides is in no list that is read by a policy alone.
my %library = (id => 'library', controller => $key{alice}->did);
my %FORBIDDEN = (status => 403, problem => 'https://wallet.storage/spec#forbidden');
my %stalls = (id => 'stalls', name => 'stalls', url => '/space/square/stalls/');
my %UNSIGNED = (status => 401, problem => 'https://wallet.storage/spec#unauthorized');
my %otherwise = (
    'classic: alice: GET /space/library' => { status => 200, json => \%library },
    'classic: bob: GET /space/library' => \%FORBIDDEN,
    'classic: eve: GET /space/library' => \%FORBIDDEN,
    'pws: nobody: GET /space/square/' => {
        status => 200,
        headers => { 'Content-Type' => 'application/json' },
        json => { url => '/space/square/', totalItems => 1, items => [\%stalls] },
    },
);
my @more = (
    ['/docs/python', { text => 'of Python', type => 'text/x-python' }],
    ['/%C3%9Cbung%201', { base64 => 'AP8=', type => 'application/x-python' }],
);

# Asks everything; yields what was not as before.
sub asks_everything {
    my ($server) = @_;
    my @wrong;
    for my $row (@{ $asked->{requests} }) {
        my $name = name_of($row);
        my $expected = $otherwise{$name} // $row->{answer};
        if ($name eq 'classic: alice: GET /spaces/') {
            my ($garden, $shed) = @{ $expected->{json} };
            $expected = { %$expected, json => [$garden, \%library, $shed] };
        }
        my $got = same_form(ask($server, $row), $expected);
        my ($is, $was) = map { $json->encode($_) } $got, $expected;
        push @wrong, "$name\n  is  $is\n  was $was" if $is ne $was;
    }
    return \@wrong;
}

sub errors_of {
    my ($server) = @_;
    return [grep { /\[was:(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log];
}

# All tables of ours, columns by name, with constraints and indexes.
sub catalog {
    my ($dbh) = @_;
    my %catalog;
    $catalog{columns} = $dbh->selectall_arrayref(<<'SQL');
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage,
    a.attcollation::regcollation::text, pg_get_expr(d.adbin, d.adrelid), c.reloptions::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY 1, 2
SQL
    $catalog{constraints} = $dbh->selectall_arrayref(<<'SQL');
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
SQL
    $catalog{indexes} = $dbh->selectall_arrayref(<<'SQL');
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1
SQL
    return \%catalog;
}

# Everything that a start could have changed: the files of the tables, and the versions of all rows.
sub fingerprint {
    my ($dbh) = @_;
    my $tables = $dbh->selectcol_arrayref(<<'SQL');
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
SQL
    my %rows = map { $_ => $dbh->selectcol_arrayref(<<"SQL") } @$tables;
SELECT md5(t::text) || ' ' || xmin::text FROM public.$_ t ORDER BY 1
SQL
    my $files = $dbh->selectall_arrayref(<<'SQL');
SELECT oid, relname, relfilenode, xmin::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace ORDER BY 1
SQL
    return [\%rows, $files, catalog($dbh)];
}

# Collections whose counter is not what is there, or where a position comes twice; $1: or where one
# was left out, or is behind the feed's time. Who writes later may leave positions out.
my $MISCOUNTED = <<'SQL';
SELECT c.space_uuid, c.collection, k.position, k.resources, k.feed_ms, r.*, p.positions
FROM was_pws_collections c
LEFT JOIN was_pws_counters k ON k.space_uuid = c.space_uuid
    AND k.collection_generation = c.generation,
LATERAL (SELECT count(*) AS number, coalesce(sum(octet_length(x.content)), 0) AS length,
    coalesce(sum(x.size), 0) AS size FROM was_pws_resources x
    WHERE x.space_uuid = c.space_uuid AND x.collection_generation = c.generation) r,
LATERAL (SELECT array_agg(x.position ORDER BY x.position) AS positions,
    max(x.ms) AS last FROM (
    SELECT c.position, c.updated_ms AS ms
    UNION ALL SELECT y.position, greatest(y.updated_ms, y.meta_ms) FROM was_pws_resources y
        WHERE y.space_uuid = c.space_uuid AND y.collection_generation = c.generation
    UNION ALL SELECT y.position, y.updated_ms FROM was_pws_policies y
        WHERE y.space_uuid = c.space_uuid AND y.parent = c.generation
    UNION ALL SELECT y.position, y.updated_ms FROM was_pws_tombstones y
        WHERE y.space_uuid = c.space_uuid AND y.parent = c.generation
            AND y.position IS NOT NULL) x) p
WHERE (k.position = p.positions[cardinality(p.positions)] AND k.resources = r.number
    AND r.length = r.size
    AND cardinality(p.positions) = (SELECT count(DISTINCT n) FROM unnest(p.positions) n)
    AND (NOT $1 OR k.feed_ms >= p.last AND p.positions =
        (SELECT array_agg(n) FROM generate_series(1, k.position) n))) IS NOT TRUE
SQL

sub miscounted {
    my ($dbh, $dense) = @_;
    return $dbh->selectall_arrayref($MISCOUNTED =~ s/\$1/$dense ? 'true' : 'false'/er);
}

# Tables, rows and counters after an upgrade.
my ($empty, $empty_dbh) = do {
    my $name = WAS::Server::create_database();
    server($name)->stop;
    ($name, WAS::Server::dbh($name));
};
my $made = catalog($empty_dbh);

sub is_upgraded {
    my ($what, $dbh) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $value = sub { return $dbh->selectall_arrayref($_[0]) };
    is_deeply(catalog($dbh), $made, "$what: the tables are those of an empty database");
    is_deeply(
        $value->('SELECT space_uuid, space_id, name, link FROM was_spaces ORDER BY 1'),
        [
            ['attic', 'urn:uuid:attic', 'attic', undef],
            ['cellar', 'urn:cellar', undef, undef],
            ['garden', 'urn:garden', 'Gärten & Höfe', '/space/garden/links'],
            ['library', 'library', undef, undef],
            ['shed', 'urn:uuid:shed', undef, undef],
        ],
        "$what: classic has its spaces, and one around what the Python server wrote");
    is_deeply(
        $value->("SELECT path FROM was_resources WHERE space_uuid = 'library' ORDER BY 1"),
        [['/docs/python'], ['/Übung 1']],
        "$what: in which is what that server wrote, and nothing of pws");
    is_deeply(miscounted($dbh, 1), [], "$what: counters are what is there, positions dense");
    is_deeply(
        $value->($MISCHARGED), [],
        "$what: spaces and collections are charged for their rows");
    is_deeply($value->(<<'SQL'), [], "$what: counters are of the life of the space that there is");
SELECT c.* FROM was_pws_collections c LEFT JOIN was_pws_counters k ON k.space_uuid = c.space_uuid
    AND k.collection_generation = c.generation
WHERE k.space_generation IS DISTINCT FROM c.space_generation
SQL
    my $collections = 'SELECT count(*) FROM was_pws_collections';
    my $others = "SELECT count(*) - ($collections) FROM was_pws_counters";
    is_deeply($value->($others), [[0]], "$what: there is no other counter");
    is_deeply($value->(<<'SQL'), [], "$what: positions are in the order of writing");
SELECT * FROM (SELECT resource, greatest(updated_ms, meta_ms) AS ms, lag(greatest(updated_ms,
    meta_ms)) OVER (PARTITION BY space_uuid, collection_generation ORDER BY position) AS before
    FROM was_pws_resources) r WHERE ms < before
SQL
    is_deeply(
        $value->('SELECT version FROM was_schema_version ORDER BY 1'),
        [map { [$_] } 1 .. $VERSION],
        "$what: each step was noted once");
    is_deeply($value->(<<'SQL'), [[0]], "$what: no revocation is kept for longer than ten years");
SELECT count(*) FROM was_pws_revocations
WHERE keep_until > date_part('epoch', now()) + 3654 * 86400 + 300
SQL
    is_deeply($value->('SELECT count(*) FROM was_origin'), [[1]], "$what: one origin");
    return;
}

sub is_as_before {
    my ($what, $server) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $wrong = asks_everything($server);
    is(
        join("\n", @$wrong), '',
        "$what: ${\ scalar @{ $asked->{requests} }} questions, answered as before");
    for my $row (@more) {
        my ($path, $expected) = @$row;
        my $res = client($server, 'classic')->get("/space/library$path", sign => 0);
        my $body = $expected->{base64} ? encode_base64($res->body, '') : $res->body;
        is_deeply(
            [$res->status, $res->type, $body],
            [200, $expected->{type}, $expected->{base64} // $expected->{text}],
            "$what: $path of the Python server is served by classic");
    }
    is_deeply(errors_of($server), [], "$what: nothing at ERR");
    return;
}

# 2. One upgrade. A content is too long for one piece, as the Python server might have stored it.
my ($name, $dbh) = filled();
my $long = '0123456789abcdef' x (3 << 16);
is($dbh->do(<<'SQL'), 1, 'a long content, laid there by SQL');
UPDATE public.was_resources SET content = convert_to(repeat('0123456789abcdef', 3 << 16), 'UTF8')
WHERE space_uuid = 'library' AND path = '/open-text/t'
SQL
my ($asks_size) = grep { $_->{target} =~ m{open-text/t/meta\z} } @{ $asked->{requests} };
my ($asks_long) = grep { $_->{target} =~ m{open-text/t\z} } @{ $asked->{requests} };
my @short = ($asks_size->{answer}{json}{size}, $asks_long->{answer});
$asks_size->{answer}{json}{size} = length $long;
$asks_long->{answer} = { %{ $short[1] }, sha256 => sha256_hex($long) };
delete $asks_long->{answer}{text};

my $server = server($name);
is_upgraded('an upgrade', $dbh);
is_as_before('an upgrade', $server);

# What the upgrade counted is counted by hand, too, and set right where it is wrong.
my %right = (was_pws_counters => 0, was_pws_resources => 0, was_pws_spaces => 0);
is_deeply(recount($dbh), \%right, 'an upgrade: counted anew, it is the same');
$dbh->do('UPDATE was_pws_counters SET bytes = bytes + 1, resources = resources - 1');
$dbh->do("UPDATE was_pws_spaces SET bytes = 0 WHERE space_uuid = 'library'");
my ($counters) = $dbh->selectrow_array('SELECT count(*) FROM was_pws_counters');
is_deeply(
    recount($dbh), { %right, was_pws_counters => $counters, was_pws_spaces => 1 },
    'an upgrade: counted anew, what was wrong is found');
is_upgraded('counted anew', $dbh);

# 3. Starting again.
my $before = fingerprint($dbh);
$server->stop;
$server->start_again;
is_deeply(fingerprint($dbh), $before, 'a second start changes nothing, in the catalog or a row');
is_as_before('a second start', $server);

# 4. Writing goes on. Each row: to whom, target, type, body; each is read, written under a validator
# that is not its, under its own, and under its own once more.
my $JSON = 'application/json';
for my $row (
    ['pws', '/space/library/docs/text.txt', 'text/plain', 'new'],
    ['pws', '/space/library/docs/overwritten', 'text/plain', 'new'],
    ['pws', '/space/library/docs/text.txt/meta', $JSON, '{"custom":{"name":"new"}}'],
    ['pws', '/space/library/docs/custom/meta', $JSON, '{"custom":{"name":"new"}}'],
    ['pws', '/space/library/docs/meta', $JSON, '{"name":"new"}'],
    ['pws', '/space/library/meta', $JSON, $json->encode({ %library, name => 'new' })],
    ['classic', '/space/garden/a.txt', 'text/plain', 'new'],
    ['classic', '/space/garden', $JSON, $json->encode({ controller => $key{alice}->did })],
) {
    my ($to, $target, $type, $body) = @$row;
    my $alice = client($server, $to, 'alice');
    my $etag = $alice->get($target)->header('ETag');
    my @statuses = map {
        $alice->put($target, type => $type, body => $body, headers => ['If-Match' => $_])->status
    } '"other"', $etag, $etag;
    is("@statuses", '412 204 412', "$to: $target: written by its new validator, and only once");
    isnt($alice->get($target)->header('ETag'), $etag, "$to: $target: which is another one then");
}
my $docs = '/space/library/docs';
my @text = (type => 'text/plain', body => 'x');
for my $row (
    ['bob', 'bob writes docs', PUT => "$docs/of-bob", 204, @text],
    ['bob', 'bob writes docs', GET => "$docs/of-bob", 200],
    ['bob', 'bob writes docs', DELETE => "$docs/of-bob", 204],
    ['bob', 'bob reads the library', PUT => "$docs/of-bob", 404, @text],
    ['carol', 'carol reads by bob', GET => "$docs/by-meta", 200],
    ['bob', 'bob is revoked', PUT => "$docs/of-bob", 404, @text],
    ['carol', 'carol is revoked by bob', GET => "$docs/by-meta", 404],
    ['alice', undef, DELETE => "$docs/page.html", 204],
    ['alice', undef, PUT => '/space/square/stalls/two/policy', 204, @text],
    ['alice', undef, DELETE => '/space/square/stalls/two/policy', 204],
    ['alice', undef, DELETE => '/space/library/nothing/', 204],
    ['alice', undef, PUT => '/space/library/nothing/meta', 201, type => $JSON, body => '{}'],
    ['dave', undef, PUT => '/space/house/rooms/hall', 204, @text],
    ['dave', undef, DELETE => '/space/house/', 204],
    ['alice', undef, GET => '/space/house/', 404],
) {
    my ($by, $zcap, $method, $target, $status, %options) = @$row;
    @options{qw(type body)} = ($JSON, '{"type":"x"}') if $target =~ m{/policy\z};
    $options{zcap} = { capability => $asked->{zcaps}{$zcap} } if defined $zcap;
    my $res = client($server, 'pws', $by)->request($method, $target, %options);
    my $title = defined $zcap ? "$by ($zcap)" : $by;
    is($res->status, $status, "pws: then $title: $method $target") or diag $res->body;
}
is_deeply(miscounted($dbh), [], 'and counters are still what is there')
    or diag explain miscounted($dbh);
is_deeply(errors_of($server), [], 'and nothing stands at ERR');
$server->stop;
$asks_size->{answer}{json}{size} = $short[0];
$asks_long->{answer} = $short[1];

# 5. Many at once.
for my $round (1 .. 3) {
    my ($raced, $raced_dbh) = filled();
    my @servers = map { server($raced, wait => 0) } 1 .. 8;
    my @complaints;
    for my $one (@servers) {
        eventually(30, sub { $one->log =~ /resuming normal operations/ || !$one->running })
            or push @complaints, 'a server did not come up: ' . $one->log;
    }
    is_as_before("round $round of 8 starts at once", $servers[$round]);
    $_->signal('TERM') for @servers;
    $_->wait_until_gone for @servers;
    push @complaints,
        grep { /error|crit|alert|emerg|was:warn/ } map { split /\n/, $_->log } @servers;
    is_deeply(\@complaints, [], "round $round of 8 starts at once: nobody complains");
    is_upgraded("round $round of 8 starts at once", $raced_dbh);
}

# 6. A policy for each of many resources: none of them costs a look at all the others.
{
    my ($large, $large_dbh) = filled();
    my $many = 30_000;
    my $new = "FROM generate_series(1, $many) n";
    $large_dbh->do($_) for <<"RESOURCES", <<"POLICIES";
INSERT INTO public.was_resources (space_uuid, path, content, content_type, collection)
SELECT 'house', '/rooms/' || n, 'x', 'text/plain', 'rooms' $new
RESOURCES
INSERT INTO public.was_resource_policies (space_uuid, path, document)
SELECT 'house', '/rooms/' || n, '{"type":"PublicCanRead"}' $new
POLICIES
    my ($took) = timed(sub { server($large)->stop });
    cmp_ok($took, '<', 25, "$many resources with a policy each: upgraded in some seconds");
    my $there = $large_dbh->selectrow_array(<<'SQL');
SELECT k.position FROM was_pws_counters k JOIN was_pws_collections c
    ON c.space_uuid = k.space_uuid AND c.generation = k.collection_generation
WHERE c.space_uuid = 'house'
SQL
    is($there, 2 + 2 * $many, "$many resources with a policy each: all are counted");
    is_upgraded("$many resources with a policy each", $large_dbh);
}

# 7. Somebody reads the old tables and does not end.
{
    my ($held, $held_dbh) = filled();
    my $holder = WAS::Server::dbh($held);
    $holder->do('BEGIN; LOCK TABLE was_resources IN ACCESS SHARE MODE');
    my $waiting = server($held, wait => 0);
    my $status;
    eventually(30, sub { ($status = $waiting->request('GET', '/health')->{status}) != 599 });
    is($status, 503, 'a lock on was_resources is held: 503');
    my @errors = @{ errors_of($waiting) };
    cmp_ok(scalar(@errors), '>', 0, 'a lock on was_resources is held: a sentence at ERR');
    is_deeply([grep { !/schema step 4.*55P03/ } @errors], [], 'which tells what waited for it');
    is_deeply(
        $held_dbh->selectcol_arrayref('SELECT max(version) FROM was_schema_version'),
        [3], 'and all is as it was');
    $holder->do('COMMIT');
    my $health = sub { $waiting->request('GET', '/health')->{status} == 200 };
    ok(eventually(30, $health), 'it is let go of: comes back by itself') or diag $waiting->log;
    is_upgraded('later', $held_dbh);
    is_deeply(asks_everything($waiting), [], 'later: all is answered as before');
    @errors = grep { !/55P03/ } @{ errors_of($waiting) };
    is_deeply(\@errors, [], 'later: nothing else stands at ERR');
}

# 8. A module of before serves meanwhile: it reads spaces, then resources, and writes the other way
# round. Whoever waits for the upgrade holds nothing that the upgrade waits for.
{
    my ($busy, $busy_dbh) = filled();
    my ($reader, $writer) = map { WAS::Server::dbh($busy) } 1 .. 2;
    my $waits = sub {
        my ($number) = @_;
        my $waiting = 'SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND database ='
            . ' (SELECT oid FROM pg_database WHERE datname = current_database())';
        return sub { ($busy_dbh->selectrow_array($waiting))[0] == $number };
    };
    $reader->do('BEGIN; SELECT 1 FROM was_spaces');
    my $upgrading = server($busy, wait => 0);
    ok(eventually(10, $waits->(1)), 'a reader is busy: the upgrade waits');
    $writer->do(<<'SQL', { pg_async => DBD::Pg::PG_ASYNC() });
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT s.space_uuid, '/late', 'late', 'text/plain' FROM was_spaces s WHERE s.space_uuid = 'shed'
SQL
    ok(eventually(10, $waits->(2)), 'a reader is busy: a writer waits behind the upgrade');
    $reader->do('SELECT 1 FROM was_resources; COMMIT');
    $upgrading->wait_until_ready;
    is($writer->pg_result, 1, 'and when it has ended, the writer writes');
    is(client($upgrading, 'classic')->get('/space/shed/late', sign => 0)->body, 'late', 'to stay');
    is_upgraded('beside a reader and a writer', $busy_dbh);
    is_as_before('beside a reader and a writer', $upgrading);
}

done_testing;
