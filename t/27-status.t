# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The numbers of was-status: equal to the access log, over all children, virtual hosts and graceful
# restarts; never less than before, whatever ends a child, whose gauges end with it. As text that
# Prometheus takes, as JSON, and in mod_status. Nothing of what people store is in them.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET ();
use JSON::PP qw(decode_json encode_json);
use lib "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Parts qw(due_now);
use WAS::Server;
use WAS::TestRun;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
my $dsn = WAS::Server::cluster()->dsn($database);
my $TEXT = 'text/plain; version=0.0.4; charset=utf-8';
my $prefork = WAS::Server::mpm() eq 'prefork';
my $shape = $prefork ? <<'PREFORK' : <<'THREADS';
StartServers 4
MinSpareServers 4
MaxSpareServers 16
MaxRequestWorkers 16
PREFORK
ServerLimit 4
StartServers 4
ThreadLimit 4
ThreadsPerChild 4
MaxRequestWorkers 16
MinSpareThreads 16
MaxSpareThreads 20
THREADS
my $connections = $prefork ? 1 : 2;
my $STATUS = <<'CONF';
<Location "/was-status">
    SetHandler was-status
    Require local
</Location>
<Location "/server-status">
    SetHandler server-status
</Location>
CONF

sub serve {
    my (%options) = @_;
    my $config = delete $options{config} // '';
    return WAS::Server->start(dsn => $dsn, before => $shape, %options, config => <<"CONF");
DBDMin 0
DBDKeep $connections
DBDMax $connections
WASReplayGuard shmcb:logs/was_replay(512000)
LogFormat "%{X-Case}i %>s %B" cases
CustomLog "logs/access_log" cases env=!status
SetEnvIf Request_URI "^/(?:was|server)-status" status
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
<Location "/space/denied">
    Require all denied
</Location>
<IfModule mod_http2.c>
    Protocols h2c http/1.1
</IfModule>
$STATUS
$config
CONF
}

# Every sample of a text, by its name with labels.
sub samples_of {
    my ($text) = @_;
    return { map { /\A([^#]\S*) (\S+)\z/ ? ($1 => $2) : () } split /\n/, $text };
}

sub scrape {
    my ($server) = @_;
    return samples_of($server->client->get('/was-status')->body);
}

# Waits until some samples are what they are to be; says what they are otherwise.
sub comes_to {
    my ($server, $name, $due, $seconds) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $is;
    my $so = sub {
        my $all = scrape($server);
        $is = { map { $_ => $all->{$_} } keys %$due };
        return !grep { ($is->{$_} // 'none') ne $due->{$_} } keys %$due;
    };
    eventually($seconds // 10, $so);
    return is_deeply($is, $due, $name);
}

# As many children as there are. Their number may be changing still.
sub counts_children {
    my ($server, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($counted, @children);
    my $so = sub {
        @children = $server->children;
        $counted = scrape($server)->{was_children};
        return @children && $counted == @children;
    };
    ok(eventually(20, $so), $name) or diag "counted $counted, and there are @children";
    return;
}

# Names of counters that are less in the second than in the first, or gone.
sub gone_back {
    my ($first, $second) = @_;
    return [
        grep { /_total|_bucket|_sum|_count/ && ($second->{$_} // -1) < $first->{$_} }
        sort keys %$first
    ];
}

sub document { return (type => 'application/json', body => encode_json($_[0])) }

# What is asked in one turn, below a name of its own. Each: protocol, method and route that it
# counts as; by whom; what.
my $big = 'x' x 300_000;

sub cases {
    my ($id) = @_;
    my $at = "/space/$id";
    my @space = document({ controller => $alice->did });
    my @classic_row = (classic => '/space/*/**');
    my @pws_space = document({ id => $id, controller => $alice->did });
    my @text = (type => 'text/plain', body => 'text');
    return (
        [qw(classic GET /health), nobody => GET => '/health'],
        [qw(classic GET /health/live), nobody => HEAD => '/health/live'],
        [qw(classic GET /spaces/), alice => GET => '/spaces/'],
        [qw(classic GET /spaces/), nobody => GET => '/spaces/'],
        [qw(classic PUT /space/*), alice => PUT => $at, @space],
        [qw(classic PUT /space/*/**), alice => PUT => "$at/a", @text],
        [qw(classic PUT /space/*/**), alice => PUT => "$at/big", body => $big, chunked => 7000],
        [qw(classic PUT /space/*/**), bob => PUT => "$at/a", @text],
        [qw(classic PUT /space/*/**), nobody => PUT => "$at/a", @text],
        [qw(classic GET /space/*/**), nobody => GET => "$at/a"],
        [qw(classic GET /space/*/**), nobody => HEAD => "$at/big"],
        [
            qw(classic GET /space/*/**), nobody => GET => "$at/big",
            headers => [Range => 'bytes=1-9']
        ],
        [qw(classic GET /space/*/**), nobody => GET => "$at/none"],
        [qw(classic any none), nobody => PATCH => "$at/a"],
        [qw(classic any none), nobody => GET => '/nowhere'],
        [qw(classic any none), nobody => GET => "$at/../x"],
        [qw(classic any none), nobody => GET => '/space/denied/x'],
        [qw(classic OPTIONS any), nobody => OPTIONS => "$at/a"],
        [qw(classic DELETE /space/*), alice => DELETE => $at],
        [qw(pws GET /service), nobody => GET => '/pws/service'],
        [qw(pws POST /spaces/), owner => POST => '/pws/spaces/', @pws_space],
        [qw(pws POST /space/*/), owner => POST => "/pws$at/", document({ id => 'c' })],
        [qw(pws PUT /space/*/*/*), owner => PUT => "/pws$at/c/r", @text],
        [qw(pws GET /space/*/*/*), owner => GET => "/pws$at/c/r"],
        [qw(pws GET /space/*/*/*), nobody => GET => "/pws$at/c/r"],
        ['pws', '*', '/space/*/*', nobody => GET => "/pws$at/c"],
        [qw(pws any none), nobody => PUT => '/pws/service', body => 'x'],
        [qw(pws OPTIONS any), nobody => OPTIONS => "/pws$at/c/r"],
        [qw(pws DELETE /space/*/), owner => DELETE => "/pws$at/"],
    );
}

sub clients_of {
    my ($server) = @_;
    return {
        nobody => $server->client,
        alice => $server->client($alice),
        bob => $server->client($bob),
        owner => at($server->origin, $alice, mount => '/pws'),
    };
}

# Asks for all of it; yields how many died.
sub ask_all {
    my ($clients, $id) = @_;
    my @cases = cases($id);
    for my $number (0 .. $#cases) {
        my (undef, undef, undef, $who, $method, $target, %option) = @{ $cases[$number] };
        push @{ $option{headers} }, 'X-Case' => $number;
        $clients->{$who}->request($method => $target, %option);
    }
    return {};
}

# What the numbers of requests must be by an access log.
sub requests_by_log {
    my ($server) = @_;
    my @rows = map { sprintf 'protocol="%s",method="%s",route="%s"', @$_[0 .. 2] } cases('x');
    my (%due, $bytes);
    for my $line (split /\n/, WAS::Server::slurp("$server->{directory}/logs/access_log")) {
        my ($case, $status, $sent) = split / /, $line;
        # Who waits for the server to come up asks for its health.
        my $row = $rows[$case eq '-' ? 0 : $case];
        $due{"was_http_requests_total{$row,status=\"$status\"}"}++;
        $due{"was_http_request_duration_seconds_count{$row}"}++;
        $due{"was_http_request_duration_seconds_bucket{$row,le=\"+Inf\"}"}++;
        $bytes += $sent;
    }
    return { %due, was_http_sent_bytes_total => $bytes };
}

sub requests_of {
    my ($samples) = @_;
    my $pattern = qr/^was_http_requests_total|_seconds_count|le="\+Inf"|^was_http_sent_bytes/;
    return { map { $_ => $samples->{$_} } grep { /$pattern/ } keys %$samples };
}

# 1. A mixed load, through two graceful restarts.
my $server = serve();
my $clients = clients_of($server);
my @seen;
my $TURNS = 6;
my $each = sub { return ask_all($clients, "load-$_[0]-$_[1]") };
my $traffic = WAS::Traffic->start(clients => 4, times => $TURNS, each => $each);
for (1 .. 2) {
    push @seen, scrape($server);
    my @old = $server->children;
    $server->signal('USR1');
    $server->wait_for_other_children(@old);
    push @seen, scrape($server);
}
my @records = $traffic->finish(patient => 1);
is_deeply([grep { $_->{died} } @records], [], 'no request of the load was lost');
is(scalar(@records), 4 * $TURNS, 'and there were as many as there should be');
my $asked = 4 * $TURNS * (() = cases('x'));
my $lines = sub {
    return scalar grep { !/^-/ } split /\n/,
        WAS::Server::slurp("$server->{directory}/logs/access_log");
};
ok(eventually(10, sub { $lines->() == $asked }), 'each is in the access log');
my $now = scrape($server);
my $by_log = requests_by_log($server);
is_deeply(requests_of($now), $by_log, 'requests, times and bytes are the access log\'s');
SKIP: {
    skip 'this curl knows no HTTP/2, or this httpd does not', 1
        if qx(curl --version) !~ /\bHTTP2\b/ || !WAS::Server::has_http2();
    my @curl = qw(curl -sS -H X-Case:1 --http2-prior-knowledge -o /dev/null);
    my $failed = grep { system(@curl, $server->origin . '/health/live') } 1 .. 3;
    is($failed, 0, 'HTTP/2');
    ok(eventually(10, sub { $lines->() == $asked + 3 }), 'HTTP/2: is in the access log');
    is_deeply(requests_of(scrape($server)), requests_by_log($server), 'HTTP/2: and counted');
    $now = scrape($server);
}
cmp_ok(scalar(grep { /^was_http_requests/ } keys %$by_log), '>', 20, 'and there are many of them');
my $bodies = sum0(map { my %of = @$_[6 .. $#$_]; length($of{body} // '') } cases('load-1-1'));
is($now->{was_http_received_bytes_total}, 4 * $TURNS * $bodies, 'bytes of bodies that came');
push @seen, $now;
is_deeply(gone_back(@seen[$_ - 1, $_]), [], "nothing goes back: $_") for 1 .. $#seen;
is($now->{was_http_uploads}, 0, 'nobody uploads any more');
# A child looks now and then for what is to be swept.
ok(
    eventually(10, sub { scrape($server)->{was_db_connections_in_use} == 0 }),
    'no connection is in use');
my $of_writes = sum0(map { $now->{"was_replay_signatures_total{result=\"$_\"}"} }
        qw(accepted refused unavailable));
cmp_ok($of_writes, '>=', 4 * $TURNS * 8, 'the replay guard was shown each signed write');
cmp_ok($now->{was_db_statements_total}, '>=', $now->{was_db_transactions_total}, 'statements');
cmp_ok($now->{was_db_transactions_total}, '>', 4 * $TURNS * 15, 'of many transactions');
my $fine = 'was_db_errors_total{kind="%s"}';
is($now->{ sprintf $fine, $_ }, 0, "no error was $_") for qw(broken uncertain unavailable);
my $version = WAS::TestRun::makefile_value($ENV{WAS_BUILD}, 'PACKAGE_VERSION');
my ($schema) =
    WAS::Server::slurp("$ENV{WAS_TOP}/include/store/was_schema.h") =~ /WAS_SCHEMA_VERSION = (\d+)/;
ok($now->{qq(was_info{version="$version",schema="$schema"})}, 'version and schema');

# All buckets of a row grow up to its count.
my %row_of;
for my $name (grep { /_seconds_bucket/ } keys %$now) {
    my ($row, $le) = $name =~ /\{(.*),le="(.*)"\}/;
    $row_of{$row}{ $le eq '+Inf' ? 9**9 : $le } = $now->{$name};
}
for my $row (sort keys %row_of) {
    my @counts = map { $row_of{$row}{$_} } sort { $a <=> $b } keys %{ $row_of{$row} };
    my @sorted = sort { $a <=> $b } @counts;
    is_deeply(\@counts, \@sorted, "buckets only grow: $row") or last;
}

# 2. Nothing of anybody's.
my $plain = $server->client->get('/was-status')->body;
unlike($plain, qr/did:key|load-|\Q$database\E|dbname|127\.0\.0\.1|urn:/, 'no DID, no path, no DSN');
my %values;
while ($plain =~ /(\w+)="((?:[^"\\]|\\.)*)"/g) { $values{$1}{$2} = 1 }
is_deeply(
    [sort keys %values],
    [sort qw(version schema protocol method route status le kind reason result)],
    'no label but these');
my %routes;
for my $protocol (qw(classic pws)) {
    my $source = WAS::Server::slurp("$ENV{WAS_TOP}/src/$protocol/$protocol.c");
    $routes{$1} = 1 while $source =~ /"[A-Z*]+",\s*"(\/[^"]*)"/g;
}
my @strange = grep { !$routes{$_} && !/\A(?:any|none)\z/ } keys %{ $values{route} };
is_deeply(\@strange, [], 'routes are those of the tables');
my @odd = grep { !/\A(?:\d{3}|other)\z/ } keys %{ $values{status} };
is_deeply(\@odd, [], 'statuses are numbers');

# 3. The forms.
my $http = $server->client;
my $res = $http->get('/was-status');
is($res->status, 200, 'GET');
is($res->header('Content-Type'), $TEXT, 'Prometheus\'s text');
is($res->header('Cache-Control'), 'no-store', 'is not kept');
my $head = $http->head('/was-status');
is($head->status, 200, 'HEAD');
is($head->body, '', 'HEAD has no body');
like($head->header('Content-Length') // '', qr/\A\d{4,}\z/, 'and the length of one');
for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
    my $refused = $http->request($method => '/was-status', body => 'x');
    is($refused->status, 405, "$method is refused");
    my $allowed = join ' ', grep { $_ ne 'TRACE' } sort split /,/, $refused->header('Allow');
    is($allowed, 'GET HEAD', "$method: and what is not");
}
is($http->get('/was-status', body => 'x' x 1000)->status, 200, 'a body of a GET is ignored');
my $prometheus =
    'application/openmetrics-text;version=1.0.0,' . 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
for my $case (
    ['/was-status', undef, 0],
    ['/was-status', '*/*', 0],
    ['/was-status', $prometheus, 0],
    ['/was-status', 'text/html,application/xhtml+xml,*/*;q=0.8', 0],
    ['/was-status', 'application/json', 1],
    ['/was-status', 'application/json, */*;q=0.5', 1],
    ['/was-status', 'text/plain;q=0.2, application/json', 1],
    ['/was-status', 'application/json;q=0', 0],
    ['/was-status', 'text/plain, application/json;q=0.5', 0],
    ['/was-status/json', undef, 1],
    ['/was-status/json', 'text/plain', 1],
    ['/was-status/', undef, 0],
    ['/was-status/xjson', undef, 0],
    ['/was-status?json', undef, 0],
) {
    my ($path, $accept, $is_json) = @$case;
    my $type = $http->get($path, headers => [Accept => $accept])->header('Content-Type');
    my $name = "$path with Accept " . ($accept // '(none)');
    is($type, $is_json ? 'application/json' : $TEXT, $name);
}
# Between two scrapes nothing changes, unless a child looks for what is to be swept meanwhile.
my ($text, $json, $again);
my $is_still = sub {
    ($text, $json, $again) =
        map { $http->get($_)->body } qw(/was-status /was-status/json /was-status);
    return $text eq $again;
};
ok(eventually(20, $is_still), 'a scrape changes nothing');
my (%from_json, %kinds);
for my $family (@{ decode_json($json)->{metrics} }) {
    $kinds{ $family->{name} } = $family->{type};
    for my $sample (@{ $family->{samples} }) {
        my %labels = %{ $sample->{labels} };
        my $labels = join ',', sort map { qq($_="$labels{$_}") } keys %labels;
        $from_json{"$sample->{name} $labels"} = 0 + $sample->{value};
    }
}
my $from_text = samples_of($text);
my %same;
for my $name (keys %$from_text) {
    my ($bare, $labels) = $name =~ /\A(\w+)(?:\{(.*)\})?\z/;
    $same{ "$bare " . join ',', sort split /,/, $labels // '' } = 0 + $from_text->{$name};
}
is_deeply(\%from_json, \%same, 'JSON says what the text says');
is_deeply(\%kinds, { $text =~ /^# TYPE (\S+) (\S+)$/mg }, 'and of the same types');
SKIP: {
    skip 'promtool is not here (package prometheus)', 2
        if !grep { -x "$_/promtool" } split /:/, $ENV{PATH};
    my $file = "$server->{directory}/metrics";
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out;
    my $said = qx(promtool check metrics <"$file" 2>&1);
    is($?, 0, 'promtool takes it');
    is($said, '', 'and has nothing to say');
}
my $page = WAS::Server::slurp("$ENV{WAS_TOP}/docs/monitoring.md");
my %documented = $page =~ /^\| `(was_\w+)` \| (\w+) \|/mg;
is_deeply(\%documented, \%kinds, 'docs/monitoring.md lists the metrics');
my (%labels, %documented_labels);
for my $name (keys %$from_text) {
    my ($family) = grep { $kinds{$_} } $name =~ /\A(\w+?)(?:_bucket|_sum|_count)?(?:\{|\z)/;
    $labels{$family}{$_} = 1 for grep { $_ ne 'le' } $name =~ /(\w+)="/g;
}
while ($page =~ /^\| `(was_\w+)` \| \w+ \|([^|]*)\|/mg) {
    my ($family, $names) = ($1, $2);
    $documented_labels{$family}{$_} = 1 for $names =~ /`(\w+)`/g;
}
is_deeply(\%documented_labels, \%labels, 'and their labels');

# 4. mod_status.
my $auto = $http->get('/server-status?auto')->body;
like($auto, qr/^was_children: \d+$/m, 'mod_status, for machines');
like($auto, qr/^was_http_requests_total\{protocol="pws",.*\}: \d+$/m, 'with requests');
unlike($auto, qr/</, 'without HTML');
my $html = $http->get('/server-status')->body;
like($html, qr{<h2>Wallet Attached Storage</h2>.*<dt>was_children: \d+</dt>}s, 'for people');
like($html, qr{</dl>\s*<hr}s, 'which ends in order');
my $without = serve(without => ['status'], config => 'ServerTokens Prod');
is($without->client->get('/was-status')->status, 200, 'without mod_status');
is($without->client->get('/health')->status, 200, 'it serves');
undef $without;

# 5. Gauges: what is going on now, and who is gone with all that he did.
my $port = $server->origin =~ /(\d+)\z/ ? $1 : die;
my $owner = $clients->{owner};
$clients->{alice}->put('/space/up', document({ controller => $alice->did }));

sub begin_upload {
    my $target = "/space/up/$_[0]";
    my %signed = (key => $alice, method => 'PUT', target => $target, fields => []);
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "connect: $@";
    syswrite $socket, join "\r\n", "PUT $target HTTP/1.1", 'Host: x', 'Content-Length: 100000',
        'Authorization: ' . WAS::Client::authorization(%signed), '', 'the first bytes';
    return $socket;
}
my @uploads = map { begin_upload($_) } 1 .. 2;
comes_to($server, 'two uploads', { was_http_uploads => 2 });
$uploads[0]->close;
comes_to($server, 'one is given up', { was_http_uploads => 1 });
my $before = scrape($server);
my @children = $server->children;
kill KILL => @children;
comes_to($server, 'the children are killed: the other one is gone', { was_http_uploads => 0 });
ok($server->wait_for_other_children(@children), 'there are others');
is_deeply(gone_back($before, scrape($server)), [], 'what the killed ones have counted stays');
counts_children($server, 'and they are counted');

# Somebody locks the tables: connections are in use, and more are wanted.
my $locker = WAS::Server::dbh($database);
$locker->begin_work;
$locker->do('LOCK TABLE was_spaces, was_resources, was_pws_spaces IN ACCESS EXCLUSIVE MODE');
my $many = $prefork ? 4 : 4 * $connections + 4;
my $reads = WAS::Traffic->start(
    clients => $many, times => 1,
    each => sub { return { status => $server->client->get('/space/up/x')->status } });
my $busy = sub {
    my $all = scrape($server);
    return $all->{was_db_connections_in_use} + $all->{was_db_connections_waited_for} >= $many;
};
ok(eventually(20, $busy), 'connections that are in use, and who waits for one')
    or diag explain scrape($server);
$locker->rollback;
my @statuses = map { $_->{status} // $_->{died} } $reads->finish(patient => 1);
is_deeply(\@statuses, [(404) x $many], 'all are answered in the end');
comes_to(
    $server, 'and nobody has or wants a connection',
    { was_db_connections_in_use => 0, was_db_connections_waited_for => 0 });

# A capability that comes again is known, to the same child; a signature of a write is not taken.
$before = scrape($server);
my $space = make_space($owner);
my $path = make_collection($owner, $space, 'c', { r => 'x' });
my $url = $owner->space_url($space);
my $zcap = delegate($url, by => $alice, to => $bob, target => $url, actions => [qw(GET POST)]);
my $reader = at($server->origin, $bob, mount => '/pws');
my @read = map { $reader->get("$path/r", zcap => { capability => $zcap })->status } 1 .. 9;
is_deeply(\@read, [(200) x 9], 'a delegated read, nine times');
my $created = time;
my @same = (body => 'same', sign => { created => $created, expires => $created + 60 });
my @puts = map { $clients->{alice}->put('/space/up/same', @same)->status } 1 .. 2;
is("@puts", '204 401', 'a write, and the same again');
$now = scrape($server);
my $more = sub { return $now->{ $_[0] } - $before->{ $_[0] } };
my @lookups = map { $more->("was_verified_lookups_total{result=\"$_\"}") } qw(hit miss);
is($lookups[0] + $lookups[1], 9, 'capabilities that were looked for');
cmp_ok($lookups[0], '>=', 9 - ($prefork ? 9 : 4), 'some were known') if !$prefork;
is($now->{was_verified_entries}, $lookups[1], 'as many are known as were not');
is($more->('was_replay_signatures_total{result="refused"}'), 1, 'a signature that was used');

# Who waits for a change.
SKIP: {
    skip 'nobody may wait in a child of one thread', 2 if $prefork;
    my $page = $owner->send_json(POST => "$path/query", { profile => 'changes' });
    my $checkpoint = $page->json->{checkpoint};
    my $wait = sub {
        my $question = { profile => 'changes', checkpoint => $checkpoint };
        my @wish = (headers => [Prefer => 'wait=20']);
        return { status => $owner->send_json(POST => "$path/query", $question, @wish)->status };
    };
    my $waiting = WAS::Traffic->start(clients => 1, times => 1, each => $wait);
    comes_to($server, 'a reader waits', { was_http_waiting_readers => 1 });
    $owner->put("$path/r", body => 'y', type => 'text/plain');
    $waiting->finish(patient => 1);
    comes_to($server, 'and hears of it', { was_http_waiting_readers => 0 });
}

# What is deleted is swept.
$before = scrape($server);
is($owner->delete("/pws/space/$space/")->status, 204, 'a space is deleted');
my $swept = sub {
    $now = scrape($server);
    return $more->('was_sweep_finished_total') > 0 && $more->('was_sweep_rows_total') > 0;
};
ok(eventually(20, $swept), 'and swept');
cmp_ok($more->('was_sweep_batches_total'), '>', 0, 'in batches');
# The replay guard takes no two requests for the same within a second.
my $long = make_space($owner, name => 'long');
make_collection($owner, $long, 'c', { r => 'x' x (3 << 20) });
is($owner->delete("/pws/space/$long/c/r")->status, 204, 'a content in six parts is deleted');
my $turns = 0;
my $parts = sub {
    due_now($dbh, qw(content unnamed));
    # Whoever deletes a space calls for a sweep.
    my $idle = make_space($owner, name => 'idle ' . $turns++);
    $owner->delete("/pws/space/$idle/");
    $now = scrape($server);
    return $more->('was_sweep_parts_total') >= 6;
};
ok(eventually(20, $parts), 'and its parts are swept');
is($more->('was_sweep_parts_total'), 6, 'which are six');
is($more->('was_sweep_failures_total'), 0, 'none of which failed');

# Backends that are killed: requests go on, and it is known.
$before = scrape($server);
my $ended = $dbh->selectcol_arrayref(<<'SQL');
SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
SQL
# A signal is not yet an end: while one lives, what is sent to it may or may not be done.
my $ALIVE = 'SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (?)';
my $gone = sub { !$dbh->selectrow_array($ALIVE, undef, $ended) };
ok(eventually(60, $gone), 'backends are killed: they are gone');
my $asked_again = 'was_db_retries_total';
$locker = WAS::Server::dbh($database);
my @after = map { $server->client->get('/space/up/same')->status } 1 .. 8;
is_deeply(\@after, [(200) x 8], 'backends are killed: reads go on');
$dbh->do('ALTER TABLE was_resources ADD CONSTRAINT small CHECK (octet_length(content) < 20)');
is($clients->{alice}->put('/space/up/y', body => 'y' x 100)->status, 500, 'a constraint');
$dbh->do('ALTER TABLE was_resources DROP CONSTRAINT small');
$now = scrape($server);
is($more->(sprintf $fine, 'broken'), 1, 'is an error of the database that was seen');
for my $case (
    # what, what of it is known, how often it is tried again
    ['a read', 'unavailable', 1, sub { $server->client->get('/space/up/same') }],
    ['a write', 'uncertain', 0, sub { $clients->{alice}->put('/space/up/z', body => 'z') }],
) {
    my ($what, $kind, $again, $call) = @$case;
    my $before = scrape($server);
    $locker->begin_work;
    $locker->do('LOCK TABLE was_resources IN ACCESS EXCLUSIVE MODE');
    my $one = WAS::Traffic->start(clients => 1, times => 1, each => sub { $call->(); return {} });
    my $end = sub {
        return $dbh->selectrow_array(<<'SQL');
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1
SQL
    };
    ok(eventually(20, $end), "$what waits, and its backend is ended");
    $locker->rollback;
    $one->finish(patient => 1);
    my $after = scrape($server);
    my $kind_of = sprintf $fine, $kind;
    is($after->{$kind_of} - $before->{$kind_of}, 1, "$what: $kind, once");
    is($after->{$asked_again} - $before->{$asked_again}, $again, "$what: tried again: $again");
}
$now = scrape($server);
is_deeply(gone_back($before, $now), [], 'nothing has gone back');

# A restart that is not graceful.
ok($server->restart, 'a restart: it serves again');
is_deeply(gone_back($now, scrape($server)), [], 'a restart: nothing goes back');
counts_children($server, 'and the children are counted');
undef $server;

# 6. Virtual hosts: all together, wherever they are asked for.
my $hosts = serve(config => <<"CONF");
<VirtualHost *>
    ServerName one.example
</VirtualHost>
<VirtualHost *>
    ServerName two.example
    <Location "/">
        SetHandler none
    </Location>
    <Location "/below">
        SetHandler was
        WASProtocol pws
    </Location>
$STATUS
</VirtualHost>
CONF
my $one = $hosts->client;
$one->get('/health/live', headers => [Host => 'one.example']) for 1 .. 3;
$one->get('/below/health/live', headers => [Host => 'two.example']) for 1 .. 2;
$one->get('/other', headers => [Host => 'two.example']);
my $live = 'was_http_requests_total{protocol="%s",method="GET",route="/health/live",status="200"}';
my %due = (sprintf($live, 'classic') => 3, sprintf($live, 'pws') => 2);
comes_to($hosts, 'virtual hosts count together', \%due);
my $there = $one->get('/was-status', headers => [Host => 'two.example'])->body;
is(samples_of($there)->{ sprintf $live, 'classic' }, 3, 'and say so everywhere');
unlike($there, qr/other/, 'what is asked of somebody else is not counted');
undef $hosts;

# 7. No location of ours, and no database.
my $bare = WAS::Server->start(example => 0, before => $shape, config => $STATUS);
my $nothing = scrape($bare);
counts_children($bare, 'no location of ours: children are counted');
is($nothing->{was_db_transactions_total}, 0, 'and nothing else');
is($bare->client->get('/server-status?auto')->status, 200, 'mod_status answers');
undef $bare;

# 8. Life and readiness.
my $lost = WAS::Server->start(
    dsn => 'host=/nonexistent dbname=was connect_timeout=2', before => $shape,
    config => $STATUS);
for my $case (
    [GET => '/health/live', 200],
    [HEAD => '/health/live', 200],
    [GET => '/health', 503],
    [GET => '/health/live', 200],
) {
    my ($method, $target, $status) = @$case;
    is($lost->client->request($method => $target)->status, $status, "no database: $method $target");
}
cmp_ok(scrape($lost)->{ sprintf $fine, 'unavailable' }, '>', 0, 'no database: it is counted');
undef $lost;

done_testing;
