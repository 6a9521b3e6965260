# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Operators' mistakes that `httpd -t` cannot know (those that it can are t/10-config.t's), because
# only PostgreSQL knows them: each is one sentence in the log when httpd starts, a 503 for whoever
# needs the database, and nobody's crash; and once it is mended, nobody has to restart anything.
# Then settings that are no mistake to httpd and could be one to us: locations in each other, a
# handler that is nobody's, databases of another encoding.

use strict;
use warnings;

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
    my %how = (RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1);
    return DBI->connect("dbi:Pg:dbname=$database;host=$socket", $user // 'was', '', \%how);
}

my $admin = dbh('postgres');
my $QUICK = <<'CONF';
ServerLimit 1
ThreadsPerChild 4
MaxRequestWorkers 4
MinSpareThreads 1
MaxSpareThreads 4
CONF

# A small server at a connection string.
sub serve {
    my ($dsn, $more) = @_;
    return WAS::Server->start(example => 0, mpm => 'event', before => $QUICK, config => <<"CONF");
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
    my $error = qr/\[(?:was|dbd|core|mpm_event):(?:error|crit|alert|emerg)\]/;
    return grep { $_ =~ $error } split /\n/, $server->log;
}

# Whoever has a right may name a password here; it is in no log (t/99-error-log.t looks for it).
$admin->do($_) for split /\n/, <<'SQL';
CREATE ROLE locked LOGIN PASSWORD 'right'
CREATE ROLE nologin
CREATE ROLE narrow LOGIN CONNECTION LIMIT 0
CREATE ROLE stranger LOGIN
CREATE ROLE reader LOGIN
CREATE DATABASE closed
CREATE DATABASE frozen
REVOKE CONNECT ON DATABASE closed FROM PUBLIC
ALTER DATABASE frozen SET default_transaction_read_only = on
SQL
dbh('closed')->do('GRANT CREATE ON SCHEMA public TO stranger');
{
    open my $hba, '+<', "$ENV{WAS_RUN}/54-pg/pg_hba.conf" or die "pg_hba.conf: $!";
    my $old = do { local $/; <$hba> };
    seek $hba, 0, 0;
    print $hba "local all locked scram-sha-256\nlocal all refused reject\n$old";
    close $hba or die "pg_hba.conf: $!";
    $admin->do('SELECT pg_reload_conf()');
}

sub at {
    my ($database, $user) = @_;
    return "host='$socket' dbname=$database user=$user connect_timeout=2";
}

# Names that no resolver knows cost what the resolver takes, which is not ours to bound.
my $begin = time;
my $resolves = !gethostbyname('no-such-host.invalid') && time - $begin < 3;

# 1. Ways not to get in: a name; where, with US for a connection string's honest rest and AT for our
# socket; a pattern of what PostgreSQL says; and what mends it, a statement a line.
my $WAYS = <<'WAYS';
an unknown host
    where   host=no-such-host.invalid US
    says    could not translate host name "no-such-host\.invalid"
a host that is no address
    where   hostaddr=256.1.1.1 US
    says    could not parse network address "256\.1\.1\.1"
a port where nobody listens
    where   host=127.0.0.1 port=1 US
    says    port 1 failed: Connection refused
a socket that is not there
    where   host=/nonexistent dbname=was user=was
    says    socket "/nonexistent/\.s\.PGSQL\.5432" failed: No such file
two hosts, none of which is there
    where   host=/nonexistent,127.0.0.1 port=5432,1 US
    says    No such file.*Connection refused
a certificate that is not there
    where   host=127.0.0.1 port=1 US sslmode=verify-full sslrootcert=/nonexistent
    says    root certificate file "/nonexistent" does not exist|Connection refused
an unknown database
    where   AT dbname=nowhere user=was
    says    database "nowhere" does not exist
    mend    CREATE DATABASE nowhere
an unknown role
    where   AT dbname=was user=nobody_at_all
    says    role "nobody_at_all" does not exist
    mend    CREATE ROLE nobody_at_all SUPERUSER LOGIN
a wrong password
    where   AT dbname=was user=locked password=SECRETBYTES
    says    password authentication failed for user "locked"
    mend    ALTER ROLE locked SUPERUSER PASSWORD 'SECRETBYTES'
no password
    where   AT dbname=was user=locked
    says    no password supplied
a password file that is not there
    where   AT dbname=was user=locked passfile=/nonexistent
    says    no password supplied
a role that may not log in
    where   AT dbname=was user=nologin
    says    role "nologin" is not permitted to log in
    mend    ALTER ROLE nologin LOGIN SUPERUSER
a role that pg_hba.conf rejects
    where   AT dbname=was user=refused
    says    pg_hba\.conf rejects connection
a role without a connection
    where   AT dbname=was user=narrow
    says    too many connections for role "narrow"
    mend    ALTER ROLE narrow CONNECTION LIMIT 5 SUPERUSER
a role that may not connect there
    where   AT dbname=closed user=stranger
    says    permission denied for database "closed"
    mend    GRANT CONNECT ON DATABASE closed TO stranger
a setting that is none
    where   AT dbname=was user=was options='-c nosuch.thing=1 -c nosuch=1'
    says    unrecognized configuration parameter "nosuch"
a setting with a value that is none
    where   AT dbname=was user=was options='-c statement_timeout=soon'
    says    invalid value for parameter "statement_timeout": "soon"
an encoding that is none
    where   AT dbname=was user=was client_encoding=EBCDIC
    says    invalid value for parameter "client_encoding": "EBCDIC"
a database that only reads, where writing was asked for
    where   AT dbname=frozen user=was target_session_attrs=read-write
    says    session is read-only
    mend    ALTER DATABASE frozen RESET default_transaction_read_only
WAYS

my @ways;
for my $line (split /\n/, $WAYS) {
    my ($member, $text) = $line =~ /\A    (\w+) +(.*)\z/;
    push @ways, { name => $line } if !$member;
    push @{ $ways[-1]{$member} }, $text if $member;
}
@ways = grep { $_->{name} ne 'an unknown host' } @ways if !$resolves;
my $unusable = 'the database cannot be used yet, requests get 503 until it can';
for my $case (@ways) {
    my ($name, $said, @mend) = ($case->{name}, $case->{says}[0], @{ $case->{mend} // [] });
    my $dsn = $case->{where}[0] =~ s/\bUS\b/dbname=was user=was connect_timeout=2/r;
    my $begin = time;
    my $server = serve($dsn =~ s/\AAT\b/host='$socket' connect_timeout=2/r);
    my $client = $server->client($alice);
    cmp_ok(time - $begin, '<', 15, "$name: httpd starts");
    my @errors = grep { /cannot be used yet/ } errors_of($server);
    my $error = $errors[0] // '';
    is(scalar @errors, 1, "$name: one line when it starts") or diag $server->log;
    like(
        $error, qr/\[was:error\].* $unusable: cannot connect to PostgreSQL: /,
        "$name: which says what cannot be done");
    like($error, qr/$said/, "$name: and why");
    for my $route (
        [GET => '/health'],
        [GET => '/space/s/x', sign => 0],
        [PUT => '/space/s', @document],
    ) {
        my $asked = "$name: @$route[0, 1]";
        my $res = $client->request(@$route);
        my $title = ($res->problem // {})->{title} // '';
        is($res->status . " $title", '503 Service Unavailable', "$asked is told so");
        like(scalar $res->header('Retry-After') // '', qr/\A[1-9]\d*\z/, "$asked may try again");
        unlike(
            $res->body, qr/locked|nowhere|nonexistent|pgsql|libpq|user=|FATAL/i,
            "$asked is told nothing else");
    }
    is($client->get('/', sign => 0)->status, 200, "$name: what needs no database is answered");
    unlike(
        $server->log, qr/exit signal|SECRETBYTES/,
        "$name: no child crashed, no password was logged");
    next if !@mend;
    $admin->do($_) for @mend;
    my $works = sub { $client->put('/space/s', @document)->status == 204 };
    ok(eventually(60, $works), "$name: once it is mended, it works") or diag $server->log;
}

# 2. Rights on the tables. The schema is there and complete; the role lacks one right.
serve(at('was', 'was'))->stop;
my $dbh = dbh('was');
my $tables = $dbh->selectrow_array(<<'SQL');
SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'
SQL
my $rights = '/space/rights';
{
    my $ready = serve(at('was', 'was'));
    my $client = $ready->client($alice);
    my @statuses = map { $client->request(PUT => @$_)->status } [$rights, @document],
        ["$rights/x", body => 'stored'];
    is("@statuses", '204 204', 'a space to look at');
}
my %each = (
    read => [[GET => $rights], [GET => "$rights/x", sign => 0], [GET => '/spaces/']],
    write => [
        [PUT => "$rights/x", body => 'no'],
        [POST => "$rights/y", body => 'no'],
        [PUT => $rights, @document],
        [DELETE => "$rights/x"],
        [PUT => "$rights/big", body => 'x' x (2 << 20)],
    ],
    change => [[DELETE => "$rights/x"], [PUT => $rights, @document]],
);
my $on_version = qr/permission denied for table was_schema_version/;
my $on_table = qr/permission denied for table was_\w+/;
for my $row (
    # name, what is granted, what the log says, when, and the status of each kind of request
    ['no right at all', '', $on_version, 'start', read => 503, write => 503],
    [
        'the right to see the version', 'SELECT ON was_schema_version', $on_table, 'request',
        read => 503, write => 503
    ],
    ['the right to read', "SELECT ON $tables", $on_table, 'request', read => 200, write => 503],
    [
        'the right to read and to insert', "SELECT, INSERT ON $tables", $on_table, 'request',
        read => 200, change => 503
    ],
) {
    my ($name, $grant, $sentence, $when, %status) = @$row;
    $dbh->do("REVOKE ALL ON $tables FROM reader");
    $dbh->do("GRANT $grant TO reader") if $grant;
    my $server = serve(at('was', 'reader'));
    my $client = $server->client($alice);
    if ($when eq 'start') {
        like(
            join("\n", errors_of($server)), qr/cannot be used yet.*$sentence/,
            "$name: a sentence when it starts");
    }
    else {
        is_deeply([errors_of($server)], [], "$name: all that can be seen at the start is fine");
    }
    for my $kind (reverse sort keys %status) {
        for my $route (@{ $each{$kind} }) {
            my $res = $client->request(@$route);
            my $asked = "$name: @$route[0, 1]";
            is($res->status, $status{$kind}, $asked) or diag $res->body;
            unlike($res->body, qr/permission|was_/, "$asked tells nothing of it")
                if $status{$kind} == 503;
        }
    }
    like(join("\n", errors_of($server)), $sentence, "$name: the log says what is missing");
    is($dbh->selectrow_array(<<'SQL'), '/xstored', "$name: nothing was half done");
SELECT string_agg(path || convert_from(content, 'UTF8'), ',') FROM was_resources
WHERE space_uuid = 'rights'
SQL
    unlike($server->log, qr/exit signal/, "$name: no child crashed");
    next if !exists $status{change};
    $dbh->do("GRANT UPDATE, DELETE ON $tables TO reader");
    is($client->delete("$rights/x")->status, 204, "$name: and with the rest of them, all");
}

# 3. Databases of another encoding. What they cannot hold is refused, never bent.
my %fits = (
    UTF8 => { "\xe9" => 1, "\x{65e5}" => 1, "\x{1f600}" => 1 },
    WIN1252 => { "\xe9" => 1, "\xff" => 1, "\x{65e5}" => 0, "\x{20ac}" => 1, "\x{1f600}" => 0 },
    LATIN1 => { "\xe9" => 1, "\xff" => 1, "\x{65e5}" => 0, "\x{20ac}" => 0, "\x{1f600}" => 0 },
    SQL_ASCII => { "\xe9" => 1, "\x{65e5}" => 1, "\x{1f600}" => 1 },
);
for my $encoding (sort keys %fits) {
    my $database = lc $encoding;
    $admin->do(<<"SQL");
CREATE DATABASE $database ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0
SQL
    my $server = serve(at($database, 'was'));
    my $client = $server->client($alice);
    is($client->put('/space/s', @document)->status, 204, "encoding $encoding: a space");
    for my $name (sort keys %{ $fits{$encoding} }) {
        my $fits = $fits{$encoding}{$name};
        my $utf8 = Encode::encode_utf8($name);
        my $target = '/space/s/' . join '', map { sprintf '%%%02X', ord } split //, $utf8;
        my $shown = sprintf 'encoding %s: U+%04X', $encoding, ord $name;
        my @named = (body => encode_json({ controller => $alice->did, name => $name }));
        my $put = $client->put($target, body => $utf8);
        my $space = $client->put('/space/s', type => 'application/json', @named);
        is($put->status . ' ' . $space->status, $fits ? '204 204' : '400 400', $shown)
            or diag $put->body, $space->body;
        my $read = $client->get($target, sign => 0);
        is($read->status, $fits ? 200 : 400, "$shown is taken or refused alike when it is read");
        next if !$fits;
        is($read->body, $utf8, "$shown is the same when it is read");
        is(($client->get('/space/s')->json // {})->{name}, $name, "$shown in a name is the same");
    }
    is_deeply([errors_of($server)], [], "encoding $encoding: nothing at ERR");
    my @warnings = grep { /\[was:warn\]/ } split /\n/, $server->log;
    my $sentence = qr/the database's encoding is $encoding and should be UTF8: ./;
    is(scalar @warnings, $encoding eq 'UTF8' ? 0 : 1, "encoding $encoding: warnings at the start")
        or diag join "\n", @warnings;
    like($warnings[0], $sentence, "encoding $encoding: which one") if @warnings;
}

# 4. Locations in each other, twice, and handlers that are nobody's.
my $nested = serve(at('was', 'was'), <<'CONF');
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
my @statuses = map { $client->request(PUT => @$_)->status } ['/space/nested', @document],
    ['/space/nested/x', body => 'outer'];
is("@statuses", '204 204', 'nested locations: the outer one stores');

# target, status, whose answer: pws has a Link, classic a problem of its own, `-` is anybody's
my $TARGETS = <<'ROWS';
/                               200 classic
/spaces                         308 classic
/space/nested/x                 200 classic
/nothing                        404 classic
/inner/                         200 pws
/inner/service                  200 pws
/inner/spaces/                  200 pws
/inner/space/nested/            404 pws
/inner/space/nested/x/y         404 pws
/inner/nothing                  404 pws
/inner/deep/                    200 classic
/inner/deep/space/nested/x      401 classic
/inner/deep/nothing             404 classic
/innerx                         404 classic
/innerx/service                 404 classic
/inner/deeper                   404 pws
/Inner/service                  404 classic
/inner/../space/nested/x        400 -
/inner/%2e%2e/space/nested/x    400 -
/x/../inner/service             400 -
/inner/deep/../service          400 -
/inner/.                        400 -
/%00                            400 -
/inner/%00                      400 -
/inner/deep/%ff                 400 -
//inner/service                 404 -
/inner//service                 404 -
/inner%2Fservice                404 -
/%69nner/service                404 -
/inner/deep%2F                  404 -
/typo                           404 -
/settings                       404 -
ROWS
for my $row (split /\n/, $TARGETS) {
    my ($target, $status, $whose) = split ' ', $row;
    my $res = $client->get($target, sign => 0);
    is($res->status, $status, "nested locations: GET $target") or diag $res->body;
    my $spoke = defined $res->header('Link') ? 'pws' : 'classic';
    is($spoke, $whose, "nested locations: GET $target is answered by $whose") if $whose ne '-';
    unlike($res->body, qr/outer/, "nested locations: GET $target gives nothing away")
        if $target ne '/space/nested/x';
}
my $stray = $client->put('/inner/space/nested/x/y', body => 'x');
is($stray->status, 400, 'nested locations: a signature of classic is none of pws');
like(
    $stray->problem->{errors}[0]{detail}, qr/this is Portable Web Spaces.* classic protocol/,
    'nested locations: and is told which protocol this is');
my ($outer, $inner) = ('/space/nested/x', '/inner/deep/space/nested/x');
is(
    $client->get($inner)->body, 'outer',
    'nested locations: the inner one of the same protocol sees the same space, for its controller');
is($client->put($inner, body => 'inner')->status, 204, 'nested locations: and writes it');
is(
    $client->put($inner, body => 'no', sign => { target => $outer })->status, 401,
    "nested locations: a signature for the outer one's URL is none for the inner one's");
is(
    $client->put($outer, body => 'no', sign => { target => $inner })->status, 401,
    'nested locations: nor the other way');
is($client->get($outer, sign => 0)->body, 'inner', 'nested locations: nothing else was written');
unlike(
    $nested->log, qr/:(?:error|crit|alert|emerg)\].*(?:was|segfault)|exit signal/,
    'nested locations: nothing at ERR');

# The same location twice, with and without its slash, and in both orders, is one.
sub located { return qq(<Location "$_[0]">\nSetHandler was\n</Location>\n) }

for my $config (
    located('/w') . located('/w/'),
    located('/w/') . located('/w'),
    located('/w/') . located('/w/'),
) {
    my $server = serve(at('was', 'was'), $config);
    my @statuses = map { $server->client->get($_)->status } '/w/health', '/health';
    is("@statuses", '200 200', 'a location twice is one');
    unlike($server->log, qr/exit signal/, 'a location twice: no child crashed');
}

done_testing;
