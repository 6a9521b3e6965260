# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Memory: what a request can make a child take has a bound, whatever is stored and sent. Each row of
# the tables is a kind of request; for each, what is stored and sent is the worst that the limits
# allow, or that was stored before there were limits. So many ask at once, and read no answer; the
# child may grow by so much for each of them.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP qw(decode_json encode_json);
use Socket qw(MSG_PEEK SOL_SOCKET SO_RCVBUF);
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

# MiB of a request, how many there are at once, connections of the pool.
use constant { MOST => 4, AT_ONCE => 60, POOL => 4 };
use constant { KIB => 1 << 10, MIB => 1 << 20 };

# A stretch of a table may be asked for by its name.
my $only = $ENV{WAS_TEST_ONLY} // '';

my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
my $server = WAS::Server->start(
    mpm => 'event',
    dsn => WAS::Server::cluster()->dsn($database),
    before => <<'BEFORE', config => <<"CONFIG");
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
# What is not read waits in httpd and not in the kernel.
SendBufferSize 8192
BEFORE
DBDKeep @{[POOL]}
DBDMax @{[POOL]}
<Location "/">
    WASResourceReads private
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONFIG
my ($port) = $server->origin =~ /(\d+)\z/;
my ($alice, $bob) = map { WAS::Key->fresh } 1 .. 2;
my $classic = WAS::Client->new(base => $server->origin, key => $alice, timeout => 60);
my $pws = WAS::Zcap->new(base => $server->origin, key => $alice, mount => '/pws', timeout => 60);

# What is stored. Ids, names and notes are as long as they may be; a name's characters take six
# bytes each in JSON.
my ($space, $collection) = ('s' x 255, 'c' x 255);
my $json = 'application/json';
my $escaped = '\u0001' x 1024;
my $did = $alice->did;
# As long as a document may be: so many empty arrays as may be in it, or a string.
my $arrays = '[' . join(',', ('[]') x 4000) . ']';
my $provider = '"provider":"p","connection":{"kind":"k"}';

sub filled {
    my ($begin, $end, $size) = @_;
    return $begin . 'x' x ($size - length "$begin$end") . $end;
}

sub sql {
    my ($sql, @values) = @_;
    return $dbh->do($sql, undef, @values);
}

sub must {
    my ($client, $method, $path, $body, %how) = @_;
    my @body = defined $body ? (body => $body, type => $json) : ();
    my $res = $client->request($method, $path, @body, %how);
    $res->status =~ /\A20[0-9]\z/ or BAIL_OUT("$method " . substr($path, -20) . ' ' . $res->body);
    return;
}

# Classic: a space whose link is a list of access documents, none of which grants anything.
must($classic, PUT => "/space/$space", qq({"controller":"$did","name":"$escaped"}));
must($classic, PUT => "/space/$space", qq({"controller":"$did","link":"/space/$space/links"}));
must($classic, PUT => "/space/$space/mib", 'x' x MIB);
must($classic, PUT => "/space/$space/mibs", 'x' x (32 * MIB));
{
    my @acl = map { qq({"href":"/space/$space/acl$_"}) } 1 .. 8;
    my $links = sprintf '{"linkset":[{"anchor":"/space/%s/","acl":[%s]}],"x":%s}', $space,
        join(',', @acl), $arrays;
    must(
        $classic, PUT => "/space/$space/links", undef, body => $links,
        type => 'application/linkset+json');
    my $acl =
          '{"type":"none","x":'
        . $arrays
        . ',"authorization":[{"agentClass":'
        . '"http://xmlns.com/foaf/0.1/Agent","mode":"Read","accessTo":[';
    my $target = qq("/space/$space/none");
    my $count = int((64 * KIB - length $acl) / (1 + length $target)) - 1;
    must($classic, PUT => "/space/$space/acl$_", $acl . join(',', ($target) x $count) . ']}]}')
        for 1 .. 8;
}
sql(<<'SQL', $did);
INSERT INTO was_spaces (space_uuid, space_id, controller)
SELECT rpad('many' || n, 255, 'x'), repeat('i', 512), ? FROM generate_series(1, 3000) n
SQL
sql(<<'SQL', $did);
INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES ('paths', 'urn:p', ?)
SQL
sql(<<'SQL');
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT 'paths', '/' || n || repeat('/p', 3900), '', rpad('text/plain', 512, 'x')
FROM generate_series(1, 1000) n
SQL

# pws: a space that anybody may read, by a policy as long as a document may be.
my ($at, $listed, $older) = ("/pws/space/$space", "/pws/space/$space/$collection", 'o' x 255);
my $policy = filled('{"type":"PublicCanRead","x":"', '"}', 64 * KIB);
must($pws, POST => "/pws/spaces/", qq({"id":"$space","controller":"$did","name":"$escaped"}));
must($pws, PUT => "$at/policy", $policy);
must($pws, PUT => "$at/$_/meta", qq({"name":"$escaped"})) for $collection, $older, 'plain';
must($pws, PUT => "$listed/policy", '{"type":"PublicCanRead"}');
must($pws, PUT => "$at/sealed/meta", '{"encryption":{"scheme":"edv"}}');
must($pws, PUT => "$at/$_/r", 'x', 'type' => 'text/plain') for $collection, $older;
must($pws, PUT => "$at/fed/meta", '{}');
must($pws, PUT => "$at/fed/mib", '"' . 'x' x (MIB - 2) . '"');
my $changes = 'query?profile=changes';
my $behind = $pws->get("$at/fed/$changes&limit=1")->json->{checkpoint};
must($pws, PUT => "$at/plain/mib", undef, body => 'x' x MIB, type => 'text/plain');
must($pws, PUT => "$at/plain/r", undef, body => 'x', type => 'text/plain');
must($pws, PUT => "$at/plain/mib/chunks/1", undef, body => 'x' x MIB, type => 'text/plain');
must($pws, PUT => "$at/plain/mib/chunks/2", undef, body => 'x' x (32 * MIB), type => 'text/plain');
must($pws, PUT => "$at/plain/mibs", undef, body => 'x' x (32 * MIB), type => 'text/plain');
my $custom = '{"name":"' . '\u0001' x 1024 . '","x":"' . 'x' x (25 * KIB) . '"}';
must(
    $pws, PUT => "$listed/r/meta",
    qq({"custom":$custom,"epoch":"$escaped","writerId":"$escaped"}));

# More of what a statement finds, with these columns changed.
sub more_rows {
    my ($table, $where, $count, %changes) = @_;
    my @columns = map { $_->[0] } @{ $dbh->selectall_arrayref(<<'SQL', undef, $table) };
SELECT column_name FROM information_schema.columns
WHERE table_name = ? AND is_generated = 'NEVER'
SQL
    my $values = join ', ', map { $changes{$_} // "t.$_" } @columns;
    return sql("INSERT INTO $table (@{[join ', ', @columns]}) SELECT $values"
            . " FROM $table t, generate_series(1, $count) n WHERE $where");
}
my %of = map {
    $_ => $dbh->selectrow_array(
        'SELECT generation FROM was_pws_collections WHERE collection = ?',
        undef, $_)
} $collection, $older;
more_rows(
    'was_pws_resources', "t.collection_generation = $of{$collection}", 1000,
    resource => q(rpad('r' || n, 255, 'x')), position => 't.position + n',
    content_type => q(rpad('text/plain', 512, 'x')));
more_rows(
    'was_pws_resources', "t.collection_generation = $of{$older}", 1000,
    resource => q(rpad('r' || n, 255, 'x')), position => 't.position + n',
    custom => q(json_build_object('name', repeat('n', 32000))::text));
sql('UPDATE was_pws_counters SET position = position + 1000');
more_rows(
    'was_pws_collections', "t.collection = '$collection'", 1000,
    collection => q(rpad('more' || n, 255, 'x')), generation => 'n');
more_rows(
    'was_pws_spaces', "t.space_uuid = '$space'", 1000, space_uuid => q(rpad('m' || n, 255, 'x')),
    generation => 'n');
more_rows(
    'was_pws_collections', "t.collection = '$collection'", 3000,
    collection => q(rpad('used' || n, 255, 'x')), generation => '10000 + n');
more_rows(
    'was_pws_counters', "t.collection_generation = $of{$collection}", 3000,
    collection_generation => '10000 + n');
more_rows(
    'was_pws_chunks', 't.number = 1', 3000,
    number => '100 + n', size => '1', content => q('x'), content_type => q(rpad('a/', 512, '"')));
sql(<<'SQL', $space);
INSERT INTO was_pws_backends (space_uuid, space_generation, backend, descriptor)
SELECT s.space_uuid, s.generation, 'b' || n, json_build_object('name', repeat('n', 5000))::text
FROM was_pws_spaces s, generate_series(1, 1000) n WHERE s.space_uuid = ?
SQL

# A capability as large as a field can bring it: of a text that gzip makes a tenth or so.
my ($number, $text) = (1, '');
while (length $text < 50_000) {
    $number = ($number * 1103515245 + 12345) & 0x7fffffff;
    $text .= 'x' x (($number >> 16) % 19) . 'y';
}
my $delegated = delegate(
    $pws->space_url($space), by => $alice, to => $bob, target => $pws->space_url($space),
    document => { x => $text });
my $holder = $pws->as($bob);

# One that is to be revoked, as large as a document may be.
my $revoked = delegate(
    $pws->space_url($space), by => $alice, to => $bob, target => $pws->space_url($space),
    document => { x => [map { [] } 1 .. 4000], y => 'x' x (48 * KIB) });
my $revocation = "/pws/space/$space/zcaps/revocations/" . sha256_hex($revoked->{id});

# The one child, and what it had when it began.
my ($child, $begun) = (0, 0);

sub memory {
    my ($what) = @_;
    return WAS::Server::slurp("/proc/$child/status") =~ /^\Q$what\E:\s+(\d+) kB/m ? $1 / 1024 : 0;
}

# What the client's side of each connection has got of an answer, which stays unread.
sub statuses_of {
    my (@sockets) = @_;
    my %count;
    for my $socket (@sockets) {
        my $begin = '';
        recv $socket, $begin, 12, MSG_PEEK;
        $count{ $begin =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 'none yet' }++;
    }
    return \%count;
}

# Waits until the child has neither grown nor worked for a while. (It looks about now and then.)
sub wait_for_quiet {
    my ($peak, $work, $since) = (0, 0, time);
    my $is_quiet = sub {
        my @fields = split ' ', WAS::Server::slurp("/proc/$child/stat") =~ s/.*\) //sr;
        my ($now, $done) = (memory('VmHWM'), $fields[11] + $fields[12]);
        ($peak, $work, $since) = ($now, $done, time) if $now > $peak || $done > $work + 3;
        return time - $since > 0.4;
    };
    return eventually(20, $is_quiet);
}

# Sees to it that the child has little more than when it began.
sub ready_child {
    if (!$child || memory('VmRSS') > $begun + 16) {
        my @old = $server->children;
        $server->signal('USR1');
        $server->wait_for_other_children(@old) or BAIL_OUT('no new child');
        my $is_alone = sub { ($server->children) == 1 };
        eventually(30, $is_alone) or BAIL_OUT('the old child stays');
        $server->wait_until_ready;
        ($child) = $server->children;
        $begun = memory('VmRSS');
    }
    open my $file, '>', "/proc/$child/clear_refs" or BAIL_OUT("clear_refs: $!");
    print $file '5';
    close $file;
    return;
}

sub connected {
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => Socket::SOCK_STREAM()) or die $!;
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4096;
    connect $socket, Socket::pack_sockaddr_in($port, Socket::INADDR_LOOPBACK())
        or die "connect: $!";
    $socket->blocking(0);
    return $socket;
}

# Sends bytes on each connection, a little of each in turn, until all is sent or answered.
sub send_all {
    my ($sockets, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my %left = map { fileno $sockets->[$_] => [$sockets->[$_], $bytes->[$_], 0] } 0 .. $#$sockets;
    my $end = time + 60;
    while (%left && time < $end) {
        for my $socket (IO::Select->new(map { $_->[0] } values %left)->can_write(1)) {
            my $of = $left{ fileno $socket };
            my $n = syswrite $socket, $of->[1], 64 * KIB, $of->[2];
            $of->[2] += $n // 0;
            delete $left{ fileno $socket }
                if $of->[2] == length $of->[1] || !defined $n && !$!{EAGAIN};
        }
    }
    return;
}

# Sends each of these on a connection of its own, and waits for the beginnings of the answers.
sub asked {
    my (@wires) = @_;
    my @sockets = map { connected() } @wires;
    send_all(\@sockets, \@wires);
    eventually(60, sub { !statuses_of(@sockets)->{'none yet'} });
    return @sockets;
}

# The bytes of a request.
sub wire_of {
    my ($client, $method, $path, %option) = @_;
    ($method, $path, %option) = $client->signed($method, $path, %option) if $client->can('signed');
    my @fields = $client->fields_of($method, $path, \%option);
    return join "\r\n", "$method $path HTTP/1.1", (map { "$_->[0]: $_->[1]" } @fields), '',
        WAS::Client::_framed($option{body} // '', $option{chunked});
}

# A row: what it is, the client, method, path (with the number of the request for %d), status,
# options of the request, and `at_once`: how many there are.
sub bounded {
    my ($title, $client, $method, $path, $status, %option) = @_;
    return if $only ne '' && $title !~ /$only/;
    my $at_once = delete $option{at_once} // AT_ONCE;
    my $path_of = sub { $path =~ s/%d/$_[0]/r };
    ready_child();
    # Read to its end, a long answer takes its time in such small buffers.
    my $alone = statuses_of(asked(wire_of($client, $method, $path_of->(999), %option)));
    is_deeply($alone, { $status => 1 }, "$title: one alone") or diag explain $alone;
    my $count = $path =~ /%d/ ? $at_once : 1;
    my @wires = map { wire_of($client, $method, $path_of->($_), %option) } 1 .. $count;
    my @sockets = asked(map { $wires[$_ % $count] } 1 .. $at_once);
    wait_for_quiet();
    my ($peak, $said) = (memory('VmHWM'), statuses_of(@sockets));
    is_deeply($said, { $status => $at_once }, "$title: each is answered so") or diag explain $said;
    my $each = ($peak - $begun) / $at_once;
    my $figures = sprintf '%s: %.2f MiB each, from %.0f to %.0f', $title, $each, $begun, $peak;
    note $figures;
    cmp_ok($each, '<', MOST, "$title: bounded") or diag $figures;
    is(($server->children)[0], $child, "$title: it is the same child");
    return;
}

# What rows have in common: who asks without a signature, and bodies. `trees` are the worst for who
# would build them.
my @unsigned = (sign => 0);
my @anybody = (sign => 0, zcap => 0);
my @delegated = (zcap => { capability => $delegated });
my $controller = qq("controller":"$did");
my $filler = filled('"y":"', '"', 48 * KIB);
sub document_of { return (body => join(',', '{' . shift, @_) . '}', type => $json) }
my @trees = document_of(qq("x":$arrays), $filler);
my @content = (type => $json, body => '[' . join(',', ('{}') x (MIB / 3 - 1)) . ']');
my @deep = (type => $json, body => '[' . join(',', ('[' x 511 . ']' x 511) x 1000) . ']');
my @number = (type => $json, body => '1' . '0' x (MIB - 10) . 'e-1048500');
# By as many attributes as may be, each as long as then may be.
my $attributes = join ',', map { qq({"name":"n","value":"$_@{['v' x 220]}"}) } 1 .. 1000;
my @indexed = (
    type => $json,
    body => filled(qq({"indexed":[{"hmac":{"id":"i"},"attributes":[$attributes]}],"x":"), '"}', MIB)
);
my @clauses = map { qq({"n":"$_","m":"$_","o":"$_","p":"$_"}) } 1 .. 63;
my $clauses = join ',', @clauses, qq({"n":"1@{['v' x 220]}"});
my @finds = document_of(qq("profile":"blinded-index","index":"i","equals":[$clauses]));
my @envelope = (
    type => $json,
    body => filled(
        '{"jwe":{"recipients":[' . join(',', ('{}') x 300_000) . '],"ciphertext":"', '"}}', MIB
    ));
my $part = qq(--b\r\nContent-Disposition: form-data; name="n"\r\nX: @{['x' x 4000]}\r\n\r\n\r\n);
my $file = qq(--b\r\nContent-Disposition: form-data; filename="f"\r\n\r\nx\r\n--b--\r\n);
my @form =
    (type => 'multipart/form-data; boundary=b', body => $part x (MIB / length($part) - 1) . $file);
my $head = 'Content-Disposition: form-data; filename="' . 'x' x (MIB - 100) . '"';
my @long_head =
    (type => 'multipart/form-data; boundary=b', body => qq(--b\r\n$head\r\n\r\nx\r\n--b--\r\n));
my @tar = (headers => [Accept => 'application/x-tar']);
my @mib = (body => 'x' x MIB, type => 'text/plain');
my @both = (body => 'x' x (2 * MIB), type => 'text/plain');
my $query = 'q' x 7000;
my @other = document_of(qq("profile":"other","x":$arrays), $filler);

# Classic.
my $s = "/space/$space";
bounded(@$_)
    for (
    ['classic: the root', $classic, GET => '/', 200, @unsigned],
    ['classic: health', $classic, GET => '/health', 200, @unsigned],
    ['classic: a list of spaces', $classic, GET => '/spaces/', 200],
    ['classic: a redirect to it', $classic, GET => "/spaces?$query", 308, @unsigned],
    ['classic: making a space', $classic, POST => '/spaces/', 201, @trees],
    ['classic: a space', $classic, GET => $s, 200],
    [
        'classic: writing a space', $classic, PUT => '/space/n%d', 204,
        document_of($controller, qq("x":$arrays), $filler)
    ],
    ['classic: deleting a space', $classic, DELETE => '/space/n%d', 204],
    ['classic: an export of long paths', $classic, GET => '/space/paths', 200, @tar],
    ['classic: an export of long contents', $classic, GET => $s, 200, @tar],
    ['classic: what a list may grant', $classic, GET => "$s/mib", 401, @unsigned],
    ['classic: a resource of 1 MiB', $classic, GET => "$s/mib", 200],
    ['classic: a resource of 32 MiB', $classic, GET => "$s/mibs", 200],
    [
        'classic: ranges of it', $classic, GET => "$s/mibs", 206,
        headers => [Range => 'bytes=5-,0-3']
    ],
    ['classic: storing 1 MiB', $classic, PUT => "$s/%d", 204, @mib],
    ['classic: storing it in chunks', $classic, POST => "$s/c%d", 201, @mib, chunked => 1000],
    ['classic: storing 2 MiB', $classic, PUT => "$s/%d", 204, @both],
    ['classic: deleting a resource', $classic, DELETE => "$s/%d", 204],
    );

# pws. `listed` has what today's limits allow, `older` what there was before them.
my ($list, $plain) = ('?limit=1000', "$at/plain");
bounded(@$_)
    for (
    ['pws: the root', $pws, GET => '/pws/', 200, @anybody],
    ['pws: the service', $pws, GET => '/pws/service', 200, @anybody],
    ['pws: a list of spaces', $pws, GET => "/pws/spaces/$list", 200],
    [
        'pws: making a space', $pws, POST => '/pws/spaces/', 201,
        document_of($controller, qq("x":$arrays), $filler)
    ],
    ['pws: a space', $pws, GET => "$at/meta", 200, @anybody],
    [
        'pws: writing a space', $pws, PUT => "$at/meta", 204,
        document_of($controller, qq("x":$arrays), $filler)
    ],
    ['pws: a policy', $pws, GET => "$at/policy", 200],
    [
        'pws: writing a policy', $pws, PUT => "$listed/policy", 204,
        document_of('"type":"PublicCanRead"', qq("x":$arrays), $filler)
    ],
    ['pws: that policy', $pws, GET => "$listed/policy", 200],
    ['pws: deleting a policy', $pws, DELETE => "$at/sealed/policy", 204],
    ['pws: a linkset', $pws, GET => "$at/linkset", 200, @anybody],
    ['pws: backends', $pws, GET => "$at/backends", 200, @anybody],
    [
        'pws: writing a backend', $pws, PUT => "$at/backends/b%d", 204,
        document_of($provider, qq("x":$arrays), $filler)
    ],
    ['pws: deleting a backend', $pws, DELETE => "$at/backends/b%d", 204],
    ['pws: a list of collections', $pws, GET => "$at/$list", 200, @anybody],
    [
        'pws: making a collection', $pws, POST => "$at/", 201,
        document_of(qq("custom":$custom,"name":"$escaped","x":$arrays))
    ],
    ['pws: a collection', $pws, GET => "$listed/meta", 200, @anybody],
    [
        'pws: writing a collection', $pws, PUT => "$plain/meta", 204,
        document_of(qq("custom":$custom,"name":"$escaped","x":$arrays))
    ],
    ['pws: the backend of a collection', $pws, GET => "$listed/backend", 200, @anybody],
    ['pws: a list of resources', $pws, GET => "$listed/$list", 200, @anybody],
    ['pws: one from before names were bounded', $pws, GET => "$at/$older/$list", 200, @anybody],
    ['pws: a page of 100', $pws, GET => "$listed/", 200],
    ['pws: a page of 100 long names', $pws, GET => "$at/$older/", 200],
    ['pws: changes', $pws, GET => "$listed/$changes&limit=1000", 200, @anybody],
    ['pws: a page of 100 changes', $pws, GET => "$listed/$changes", 200, @anybody],
    ['pws: a page of 100 changes of long names', $pws, GET => "$at/$older/$changes", 200],
    [
        'pws: a change of 1 MiB', $pws, GET => "$at/fed/$changes&checkpoint=$behind",
        200, @anybody
    ],
    ['pws: a resource of 1 MiB', $pws, GET => "$plain/mib", 200, @anybody],
    ['pws: a resource of 32 MiB', $pws, GET => "$plain/mibs", 200, @anybody],
    ['pws: by a delegate', $holder, GET => "$plain/mib", 200, @delegated],
    ['pws: storing 1 MiB', $pws, PUT => "$plain/%d", 201, @mib],
    ['pws: storing 2 MiB', $pws, PUT => "$plain/%d", 200, @both],
    ['pws: storing JSON of many objects', $pws, PUT => "$plain/%d", 200, @content],
    ['pws: storing JSON of deep arrays', $pws, PUT => "$plain/%d", 200, @deep],
    ['pws: storing JSON of one number', $pws, PUT => "$plain/%d", 200, @number],
    # Each writes many rows, in its turn: a busy machine would let the last of 60 wait for too long.
    ['pws: storing what is found', $pws, PUT => "$plain/found%d", 201, @indexed, at_once => 20],
    ['pws: finding it', $pws, POST => "$plain/query", 200, @finds],
    ['pws: storing an envelope', $pws, PUT => "$at/sealed/%d", 201, @envelope],
    ['pws: storing it in chunks', $pws, PUT => "$at/sealed/%d", 200, @envelope, chunked => 1000],
    ['pws: posting JSON', $pws, POST => "$plain/", 201, @content],
    ['pws: posting a form', $pws, POST => "$plain/", 201, @form],
    ['pws: a form with a long head', $pws, POST => "$plain/", 400, @long_head],
    ['pws: notes', $pws, GET => "$listed/r/meta", 200, @anybody],
    [
        'pws: writing notes', $pws, PUT => "$plain/mib/meta", 200,
        document_of(qq("custom":$custom,"epoch":"$escaped","x":$arrays))
    ],
    ['pws: deleting a resource', $pws, DELETE => "$plain/%d", 204],
    [
        'pws: revoking', $pws, POST => $revocation, 204,
        body => encode_json($revoked), type => $json
    ],
    ['pws: a redirect', $pws, GET => "$listed?$query", 308, @anybody],
    ['pws: one behind a body', $pws, POST => "$listed?$query", 308, @mib],
    ['pws: what is not offered', $pws, POST => "$plain/query", 501, @other],
    ['pws: behind one that is too long', $pws, POST => "$plain/query", 413, @mib],
    ['pws: chunks', $pws, GET => "$plain/mib/chunks/?$query", 200, @anybody],
    ['pws: a chunk of 1 MiB', $pws, GET => "$plain/mib/chunks/1", 200, @anybody],
    ['pws: a chunk of 32 MiB', $pws, GET => "$plain/mib/chunks/2", 200, @anybody],
    ['pws: storing a chunk of 1 MiB', $pws, PUT => "$plain/r/chunks/%d", 204, @mib],
    ['pws: storing a chunk of 2 MiB', $pws, PUT => "$plain/r/chunks/%d", 204, @both],
    ['pws: storing a chunk of deep arrays', $pws, PUT => "$plain/r/chunks/%d", 204, @deep],
    ['pws: deleting a chunk', $pws, DELETE => "$plain/r/chunks/%d", 204],
    ['pws: quotas', $pws, GET => "$at/quotas", 200, @anybody],
    ['pws: quotas by collection', $pws, GET => "$at/quotas?include=collections", 200],
    ['pws: a quota', $pws, GET => "$plain/quota?$query", 200, @anybody],
    );

# Pages end by their bytes: all is listed, in order and once, and no page is much longer than it may
# be, though a name's characters may take six bytes each.
for my $row (
    # path, rows asked for, the ids from its first to its last, pages at least, bytes of one at most
    ["$listed/", 50, 'r', 1000, 10, 2 * MIB],
    ["$at/$older/", 50, 'r', 1000, 100, MIB / 2],
    ["$at/", 1000, 'more', 1000, 3, 2 * MIB],
    ['/pws/spaces/', 1000, 'm', 1000, 3, 2 * MIB],
) {
    my ($path, $limit, $prefix, $count, $least, $most) = @$row;
    my $title = 'pages of ' . ($path =~ s/(.)\1{9,}/$1.../gr);
    my ($next, $pages, $longest, %seen, @ids) = ("$path?limit=$limit", 0, 0);
    while (defined $next && $pages < 2 * $count) {
        my $res = $pws->get($next);
        # Decoding them all would take longer than all else.
        my (undef, $items) = split /"items":\[/, $res->body, 2;
        my @here = $items =~ /"id":"([^"]+)"/g;
        $longest = length $res->body if length $res->body > $longest;
        $pages++;
        push @ids, @here;
        last if !@here;
        is(scalar @{ decode_json($res->body)->{items} }, scalar @here, "$title: it is JSON")
            if $pages == 1;
        ($next) = $items =~ /"next":"([^"]+)"/;
    }
    $seen{$_}++ for @ids;
    is(scalar(grep { /\A$prefix\d/ } keys %seen), $count, "$title: all are there");
    is_deeply([sort @ids], \@ids, "$title: in order");
    is(scalar(keys %seen), scalar @ids, "$title: once");
    cmp_ok($pages, '>=', $least, "$title: they are many");
    cmp_ok($longest, '<', $most, "$title: and short");
}

unlike($server->log, qr/exit signal/, 'no child crashed');
done_testing;
