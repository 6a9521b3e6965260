# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Operators' mistakes that `httpd -t` cannot know (those that it can are t/10-config.t's), because
# only PostgreSQL knows them: each is one sentence in the log when httpd starts, a 503 for whoever
# needs the database, and nobody's crash; and once it is mended, nobody has to restart anything.
# Then settings that are no mistake to httpd and could be one to us: locations in each other, a
# handler that is nobody's, databases of another encoding.

use strict;
use warnings;
use utf8;

use Encode ();
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(encode_json);
use Test::More;
use Time::HiRes qw(time);
use WAS::Client;
use WAS::Cluster;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $cluster = WAS::Cluster->throwaway("$ENV{WAS_RUN}/54-pg");

my $alice = WAS::Key->fresh;
my @document = (body => encode_json({ controller => $alice->did }), type => 'application/json');

$cluster->start('was');
my $socket = $cluster->socket_directory;

sub dbh {
    my ($database, $user) = @_;
    require DBI;
    return DBI->connect("dbi:Pg:dbname=$database;host=$socket", $user // 'was', '', { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
}

my $admin = dbh('postgres');
my @quick = ('ServerLimit 1', 'ThreadsPerChild 4', 'MaxRequestWorkers 4', 'MinSpareThreads 1', 'MaxSpareThreads 4');

# A small server at a connection string.
sub serve {
    my ($dsn, $more, %options) = @_;
    return WAS::Server->start(example => 0, mpm => 'event', before => join("\n", @quick, ''), %options, config => <<"CONF");
DBDriver pgsql
DBDParams "$dsn"
DBDMin 0
DBDKeep 1
DBDMax 2
<Location "/">
    SetHandler was
    Require all granted
</Location>
@{[ $more // '' ]}
CONF
}

sub errors_of {
    my ($server) = @_;
    return grep { /\[(?:was|dbd|core|mpm_event):(?:error|crit|alert|emerg)\]/ } split /\n/, $server->log;
}

# Whoever has a right may name a password here; it is in no log (t/99-error-log.t looks for it).
$admin->do($_) for "CREATE ROLE locked LOGIN PASSWORD 'right'", 'CREATE ROLE nologin', 'CREATE ROLE narrow LOGIN CONNECTION LIMIT 0', 'CREATE ROLE stranger LOGIN', 'CREATE ROLE reader LOGIN', 'CREATE DATABASE closed', 'CREATE DATABASE frozen',
    'REVOKE CONNECT ON DATABASE closed FROM PUBLIC', 'ALTER DATABASE frozen SET default_transaction_read_only = on';
{
    open my $hba, '+<', "$ENV{WAS_RUN}/54-pg/pg_hba.conf" or die "pg_hba.conf: $!";
    my $old = do { local $/; <$hba> };
    seek $hba, 0, 0;
    print $hba "local all locked scram-sha-256\nlocal all refused reject\n$old";
    close $hba or die "pg_hba.conf: $!";
    $admin->do('SELECT pg_reload_conf()');
}
my $at = sub { my ($database, $user, $more) = @_; return "host='$socket' dbname=$database user=$user connect_timeout=2 " . ($more // '') };

# Names that no resolver knows cost what the resolver takes, which is not ours to bound.
my $resolves = do { my ($begin, $found) = (time, scalar gethostbyname "no-such-host.invalid"); !$found && time - $begin < 3 };

# 1. Ways not to get in. Each row: name, connection string, sentence, and what mends it.
my @ways = (
    ($resolves ? ['an unknown host', 'host=no-such-host.invalid dbname=was user=was connect_timeout=2', qr/could not translate host name "no-such-host\.invalid"/] : ()),
    ['a host that is no address', 'hostaddr=256.1.1.1 dbname=was user=was connect_timeout=2', qr/could not parse network address "256\.1\.1\.1"/],
    ['a port where nobody listens', 'host=127.0.0.1 port=1 dbname=was user=was connect_timeout=2', qr/port 1 failed: Connection refused/],
    ['a socket that is not there', 'host=/nonexistent dbname=was user=was', qr{socket "/nonexistent/\.s\.PGSQL\.5432" failed: No such file}],
    ['an unknown database', $at->('nowhere', 'was'), qr/database "nowhere" does not exist/, sub { $admin->do('CREATE DATABASE nowhere') }],
    ['an unknown role', $at->('was', 'nobody_at_all'), qr/role "nobody_at_all" does not exist/, sub { $admin->do('CREATE ROLE nobody_at_all SUPERUSER LOGIN') }],
    ['a wrong password', $at->('was', 'locked', 'password=SECRETBYTES'), qr/password authentication failed for user "locked"/, sub { $admin->do("ALTER ROLE locked SUPERUSER PASSWORD 'SECRETBYTES'") }],
    ['no password', $at->('was', 'locked'), qr/no password supplied/],
    ['a password file that is not there', $at->('was', 'locked', 'passfile=/nonexistent'), qr/no password supplied/],
    ['a role that may not log in', $at->('was', 'nologin'), qr/role "nologin" is not permitted to log in/, sub { $admin->do('ALTER ROLE nologin LOGIN SUPERUSER') }],
    ['a role that pg_hba.conf rejects', $at->('was', 'refused'), qr/pg_hba\.conf rejects connection/],
    ['a role without a connection', $at->('was', 'narrow'), qr/too many connections for role "narrow"/, sub { $admin->do('ALTER ROLE narrow CONNECTION LIMIT 5 SUPERUSER') }],
    ['a role that may not connect there', $at->('closed', 'stranger'), qr/permission denied for database "closed"/, sub { $admin->do('GRANT CONNECT ON DATABASE closed TO stranger'); dbh('closed')->do('GRANT CREATE ON SCHEMA public TO stranger') }],
    ['a setting that is none', $at->('was', 'was', "options='-c nosuch.thing=1 -c nosuch=1'"), qr/unrecognized configuration parameter "nosuch"/],
    ['a setting with a value that is none', $at->('was', 'was', "options='-c statement_timeout=soon'"), qr/invalid value for parameter "statement_timeout": "soon"/],
    ['an encoding that is none', $at->('was', 'was', 'client_encoding=EBCDIC'), qr/invalid value for parameter "client_encoding": "EBCDIC"/],
    ['a database that only reads, where writing was asked for', $at->('frozen', 'was', 'target_session_attrs=read-write'), qr/session is read-only/, sub { $admin->do('ALTER DATABASE frozen RESET default_transaction_read_only') }],
    ['two hosts, none of which is there', 'host=/nonexistent,127.0.0.1 port=5432,1 dbname=was user=was connect_timeout=2', qr/No such file.*Connection refused/],
    ['a certificate that is not there', 'host=127.0.0.1 port=1 dbname=was user=was sslmode=verify-full sslrootcert=/nonexistent connect_timeout=2', qr/root certificate file "\/nonexistent" does not exist|Connection refused/],
);
for my $case (@ways) {
    my ($name, $dsn, $sentence, $mend) = @$case;
    my $begin = time;
    my $server = serve($dsn);
    my $client = $server->client($alice);
    cmp_ok(time - $begin, '<', 15, "$name: httpd starts");
    my @errors = grep { /cannot be used yet/ } errors_of($server);
    is(scalar @errors, 1, "$name: one line when it starts") or diag $server->log;
    like($errors[0] // '', qr/\[was:error\].* the database cannot be used yet, requests get 503 until it can: cannot connect to PostgreSQL: /, "$name: which says what cannot be done");
    like($errors[0] // '', $sentence, "$name: and why");
    for my $route ([GET => '/health'], [GET => '/space/s/x', sign => 0], [PUT => '/space/s', @document]) {
        my $res = $client->request(@$route);
        is($res->status . ' ' . (($res->problem // {})->{title} // ''), '503 Service Unavailable', "$name: @$route[0, 1] is told so");
        like(scalar $res->header('Retry-After') // '', qr/\A[1-9]\d*\z/, "$name: @$route[0, 1] may try again");
        unlike($res->body, qr/locked|nowhere|nonexistent|pgsql|libpq|user=|FATAL/i, "$name: @$route[0, 1] is told nothing else");
    }
    is($client->get('/', sign => 0)->status, 200, "$name: what needs no database is answered");
    unlike($server->log, qr/exit signal|SECRETBYTES/, "$name: no child crashed, no password was logged");
    next if !$mend;
    $mend->();
    ok(eventually(6, sub { $client->put('/space/s', @document)->status == 204 }), "$name: once it is mended, it works") or diag $server->log;
}

# 2. Rights on the tables. The schema is there and complete; the role lacks one right.
serve($at->('was', 'was'))->stop;
my $dbh = dbh('was');
my $tables = join ', ', map { $_->[0] } @{ $dbh->selectall_arrayref(q(SELECT tablename::text FROM pg_tables WHERE schemaname = 'public')) };
{
    my $ready = WAS::Server->start(example => 0, config => "DBDriver pgsql\nDBDParams \"" . $at->('was', 'was') . "\"\n<Location />\nSetHandler was\nRequire all granted\n</Location>\n");
    my $client = $ready->client($alice);
    is($client->put('/space/rights', @document)->status . $client->put('/space/rights/x', body => 'stored')->status, '204204', 'a space to look at');
}
my %each = (
    read => [[GET => '/space/rights'], [GET => '/space/rights/x', sign => 0], [GET => '/spaces/']],
    write => [[PUT => '/space/rights/x', body => 'no'], [POST => '/space/rights/y', body => 'no'], [PUT => '/space/rights', @document], [DELETE => '/space/rights/x'], [PUT => '/space/rights/big', body => 'x' x (2 << 20)]],
);
for my $row (
    ['no right at all', '', qr/permission denied for table was_schema_version/, 'start', read => 503, write => 503],
    ['the right to see the version', 'SELECT ON was_schema_version', qr/permission denied for table was_\w+/, 'request', read => 503, write => 503],
    ['the right to read', "SELECT ON $tables", qr/permission denied for table was_\w+/, 'request', read => 200, write => 503],
    ['the right to read and to insert', "SELECT, INSERT ON $tables", qr/permission denied for table was_\w+/, 'request', read => 200],
) {
    my ($name, $grant, $sentence, $when, %status) = @$row;
    $dbh->do("REVOKE ALL ON $tables FROM reader");
    $dbh->do("GRANT $grant TO reader") if $grant;
    my $server = serve($at->('was', 'reader'));
    my $client = $server->client($alice);
    if ($when eq 'start') {
        like(join("\n", errors_of($server)), qr/cannot be used yet.*$sentence/, "$name: a sentence when it starts");
    }
    else {
        is_deeply([errors_of($server)], [], "$name: all that can be seen at the start is fine");
    }
    for my $kind (sort keys %status) {
        for my $route (@{ $each{$kind} }) {
            my $res = $client->request(@$route);
            is($res->status, $status{$kind}, "$name: @$route[0, 1]") or diag $res->body;
            unlike($res->body, qr/permission|was_/, "$name: @$route[0, 1] tells nothing of it") if $status{$kind} == 503;
        }
    }
    if ($name =~ /insert/) {
        is($client->delete('/space/rights/x')->status, 503, "$name: a deletion");
        is($client->put('/space/rights', @document)->status, 503, "$name: a change");
    }
    like(join("\n", errors_of($server)), $sentence, "$name: the log says what is missing");
    is($dbh->selectrow_array(q(SELECT string_agg(path || convert_from(content, 'UTF8'), ',') FROM was_resources WHERE space_uuid = 'rights')), '/xstored', "$name: nothing was half done");
    unlike($server->log, qr/exit signal/, "$name: no child crashed");
    next if $name ne 'the right to read and to insert';
    $dbh->do("GRANT UPDATE, DELETE ON $tables TO reader");
    is($client->delete('/space/rights/x')->status, 204, "$name: and with the rest of them, all");
}

# 3. Databases of another encoding. What they cannot hold is refused, never bent.
$admin->do(qq(CREATE DATABASE $_->[0] ENCODING '$_->[1]' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0)) for ['latin', 'LATIN1'], ['ascii', 'SQL_ASCII'];
for my $row (['latin', 'é' => 1, 'ÿ' => 1, '日' => 0, '€' => 0, "\x{1f600}" => 0], ['ascii', 'é' => 1, '日' => 1, "\x{1f600}" => 1]) {
    my ($database, @names) = @$row;
    my $server = serve($at->($database, 'was'));
    my $client = $server->client($alice);
    is($client->put('/space/s', @document)->status, 204, "encoding $database: a space");
    while (my ($name, $fits) = splice @names, 0, 2) {
        my $utf8 = Encode::encode_utf8($name);
        my $target = '/space/s/' . join '', map { sprintf '%%%02X', ord } split //, $utf8;
        my $shown = sprintf 'U+%04X', ord $name;
        my $put = $client->put($target, body => $utf8);
        my $named = $client->put('/space/s', type => 'application/json', body => encode_json({ controller => $alice->did, name => $name }));
        is($put->status . ' ' . $named->status, $fits ? '204 204' : '400 400', "encoding $database: $shown") or diag $put->body, $named->body;
        is($client->get($target, sign => 0)->body, $utf8, "encoding $database: $shown is the same when it is read") if $fits;
        is(($client->get('/space/s')->json // {})->{name}, $name, "encoding $database: $shown in a name is the same") if $fits;
        is($client->get($target, sign => 0)->status, $put->status == 400 ? 400 : 200, "encoding $database: $shown is refused alike when it is read");
    }
    is_deeply([errors_of($server)], [], "encoding $database: nothing at ERR");
}

# 4. Locations in each other, twice, and handlers that are nobody's.
my $nested = serve($at->('was', 'was'), <<"CONF");
<Location "/inner">
    SetHandler was
    WASProtocol pws
</Location>
<Location "/inner/deep/">
    SetHandler was
    WASProtocol classic
    WASResourceReads private
</Location>
<Location "/inner">
    WASCORS off
</Location>
<Location "/typo">
    SetHandler wass
</Location>
<Location "/settings">
    SetHandler none
    WASProtocol pws
</Location>
CONF
my $client = $nested->client($alice);
is($client->put('/space/nested', @document)->status . $client->put('/space/nested/x', body => 'outer')->status, '204204', 'nested locations: the outer one stores');
for my $row (
    # target, status, whose answer: pws has a Link, classic a problem of its own
    ['/', 200, 'classic'], ['/spaces', 308, 'classic'], ['/space/nested/x', 200, 'classic'], ['/nothing', 404, 'classic'],
    ['/inner/', 200, 'pws'], ['/inner/service', 200, 'pws'], ['/inner/spaces/', 200, 'pws'], ['/inner/space/nested/', 404, 'pws'], ['/inner/space/nested/x/y', 404, 'pws'], ['/inner/nothing', 404, 'pws'],
    ['/inner/deep/', 200, 'classic'], ['/inner/deep/space/nested/x', 401, 'classic'], ['/inner/deep/nothing', 404, 'classic'],
    ['/innerx', 404, 'classic'], ['/innerx/service', 404, 'classic'], ['/inner/deeper', 404, 'pws'], ['/Inner/service', 404, 'classic'],
    ['/inner/../space/nested/x', 400, ''], ['/inner/%2e%2e/space/nested/x', 400, ''], ['/x/../inner/service', 400, ''], ['/inner/deep/../service', 400, ''], ['/inner/.', 400, ''], ['/%00', 400, ''], ['/inner/%00', 400, ''], ['/inner/deep/%ff', 400, ''],
    ['//inner/service', 404, ''], ['/inner//service', 404, ''], ['/inner%2Fservice', 404, ''], ['/%69nner/service', 404, ''], ['/inner/deep%2F', 404, ''],
    ['/typo', 404, ''], ['/settings', 404, ''],
) {
    my ($target, $status, $whose) = @$row;
    my $res = $client->get($target, sign => 0);
    is($res->status, $status, "nested locations: GET $target") or diag $res->body;
    my $spoke = defined $res->header('Link') ? 'pws' : 'classic';
    is($spoke, $whose, "nested locations: GET $target is answered by $whose") if $whose;
    unlike($res->body, qr/outer/, "nested locations: GET $target gives nothing away") if $target ne '/space/nested/x';
}
is($client->get('/inner/deep/space/nested/x')->body, 'outer', 'nested locations: the inner one of the same protocol sees the same space, for its controller');
is($client->put('/inner/deep/space/nested/x', body => 'inner')->status, 204, 'nested locations: and writes it');
is($client->put('/inner/deep/space/nested/x', body => 'no', sign => { target => '/space/nested/x' })->status, 401, "nested locations: a signature for the outer one's URL is none for the inner one's");
is($client->put('/space/nested/x', body => 'no', sign => { target => '/inner/deep/space/nested/x' })->status, 401, 'nested locations: nor the other way');
is($client->get('/space/nested/x', sign => 0)->body, 'inner', 'nested locations: nothing else was written');
unlike($nested->log, qr/:(?:error|crit|alert|emerg)\].*(?:was|segfault)|exit signal/, 'nested locations: nothing at ERR');

# The same location twice, with and without its slash, and in both orders, is one.
for my $config (
    qq(<Location "/w">\nSetHandler was\n</Location>\n<Location "/w/">\nSetHandler was\n</Location>\n),
    qq(<Location "/w/">\nSetHandler was\n</Location>\n<Location "/w">\nSetHandler was\n</Location>\n),
    qq(<Location "/w/">\nSetHandler was\n</Location>\n) x 2,
) {
    my $server = serve($at->('was', 'was'), $config);
    is($server->client->get('/w/health')->status . $server->client->get('/health')->status, '200200', 'a location twice is one');
    unlike($server->log, qr/exit signal/, 'a location twice: no child crashed');
}

done_testing;
