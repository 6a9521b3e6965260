# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Contents beyond 1 MiB, which stand in parts: of Portable Web Spaces always, of the classic
# protocol where WASContentParts says so. Written while they come and seen when they are complete,
# read from the part that has the first byte, of one version whatever becomes of the resource; and
# nothing is left of what was refused, replaced, deleted or given up.

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use FindBin;
use List::Util qw(first);
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes ();
use WAS::Holder;
use WAS::Key;
use WAS::Parts qw(loose_parts leases due_now);
use WAS::Server;
use WAS::Story qw(json_text new_id random_bytes);
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $MIB = 1 << 20;
my $PART = 512 * 1024;
my $LIMIT = 8 * $MIB;

my $database = WAS::Server::create_database();
my $server = WAS::Server->start(
    mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
    before => <<'BEFORE', config => <<"CONF");
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
BEFORE
DBDKeep 4
DBDMax 4
<Location "/">
    LimitRequestBody $LIMIT
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
<Location "/little">
    SetHandler was
    WASProtocol pws
    WASQuotaPerSpace 4000000
</Location>
<Location "/rows">
    SetHandler was
    WASContentParts off
</Location>
<Location "/few">
    SetHandler was
    WASContentParts on
    WASQuotaPerSpace 4000000
</Location>
CONF
my $dbh = WAS::Server::dbh($database);
$dbh->{PrintWarn} = 0;

my ($key, $stranger) = map { WAS::Key->fresh } 1 .. 2;
my $alice = $server->client($key);
my $space = new_id();
my $document = json_text({ controller => $key->did });
$alice->put("/space/$space", body => $document, type => 'application/json')->status == 204
    or BAIL_OUT('no space');
my %holder =
    map { $_ => at($server->origin, $key, mount => $_, timeout => 60) } qw(/pws /little);
my %path = map { $_ => make_collection($holder{$_}, make_space($holder{$_}), 'c') } keys %holder;
my %chunks = map {
    my $parent = make_collection($holder{$_}, make_space($holder{$_}), 'c', { r => 'x' });
    $_ => "$parent/r/chunks"
} keys %holder;

# How each protocol is asked: who, where, and where a quota is.
my @SPEAKS = (
    ['classic', $alice, "/space/$space", $alice, "/few/space/$space", 403],
    ['pws', $holder{'/pws'}, $path{'/pws'}, $holder{'/little'}, $path{'/little'}, 404],
    ['chunks', $holder{'/pws'}, $chunks{'/pws'}, $holder{'/little'}, $chunks{'/little'}, 404],
);

# The rows that name parts, and how long the content is.
my %ROWS = (
    classic => '(SELECT parts, parts_bytes AS bytes FROM was_resources) r',
    pws => '(SELECT parts, size AS bytes FROM was_pws_resources) r',
    chunks => '(SELECT parts, size AS bytes FROM was_pws_chunks) r',
);

# Where a content of that name is; chunks have numbers.
my %number;

sub place {
    my ($path, $name) = @_;
    return "$path/$name" if $path !~ m{/chunks\z};
    $number{$name} //= 1 + keys %number;
    return "$path/$number{$name}";
}

sub value { return scalar $dbh->selectrow_array($_[0], undef, @_[1 .. $#_]) }

sub loose { return loose_parts($dbh) }
sub leased { return leases($dbh) }

# Of what is still coming, and is not swept.
sub coming {
    return value(<<'SQL');
SELECT count(*) FROM was_parts p JOIN was_sweeps w ON w.space_uuid = p.space_uuid
    AND w.generation = p.content AND w.stage = 0 AND w.since_ms > 1
SQL
}
sub parts_stored { return value('SELECT count(*) FROM was_parts') }

# Who sweeps does it at once, and not after some minutes: whoever deletes a space calls for that.
sub hurry {
    my (@kinds) = @_;
    due_now($dbh, @kinds);
    my $idle = make_space($holder{'/pws'});
    $holder{'/pws'}->delete("/pws/space/$idle/")->status == 204 or die 'no space to delete';
    return;
}

sub nothing_loose {
    my ($name) = @_;
    my $is_done = sub {
        hurry(qw(content unnamed));
        return eventually(2, sub { !loose() && !leased() });
    };
    my $done = first { $is_done->() } 1 .. 15;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($done, $name) or diag loose() . ' parts, ' . leased() . ' leases';
    return;
}
# Asks, and calls `middle` when the server has had so many bytes of the body.
sub interrupted {
    my ($who, $bytes, $middle, @request) = @_;
    no warnings 'redefine';
    my $whole = \&WAS::Client::exchange;
    local *WAS::Client::exchange = sub {
        my ($self, $method, $head, $body) = @_;
        my $deadline = time + 60;
        my $socket = $self->open_socket;
        $self->send_bytes($socket, $head . substr($body, 0, $bytes), $deadline);
        {
            local *WAS::Client::exchange = $whole;
            $middle->();
        }
        $self->send_bytes($socket, substr($body, $bytes), $deadline);
        my $rest = '';
        my $read = sub { $self->read_bytes($socket, $deadline) };
        return WAS::Response->from_stream($read, \$rest, $method);
    };
    return $who->request(@request);
}

# What a PUT of what is not there is answered, and of what is.
my %made = (classic => 204, pws => 201, chunks => 204);
my %again = (classic => 204, pws => 200, chunks => 204);

# 1. Sizes, however they are framed, and what is read of them.
my @SIZES =
    ($MIB + 1, 3 * $PART - 1, 3 * $PART, 3 * $PART + 1, 2 * $MIB, 2 * $MIB + 1, 5 * $MIB + 7);
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    for my $size (@SIZES) {
        my $bytes = random_bytes($size);
        my $url = place($path, "size$size");
        my $is = "$protocol, $size bytes";
        for my $framing ([\%made, 'a length'], [\%again, 'chunks', chunked => 70_000]) {
            my ($due, $how, @options) = @$framing;
            my $res = $who->put($url, body => $bytes, type => 'x/y', @options);
            is($res->status, $due->{$protocol}, "$is with $how");
        }
        my $count = "SELECT count(*) FROM was_parts p JOIN $ROWS{$protocol}"
            . ' ON r.parts = p.content WHERE r.bytes = ?';
        is(value($count, $size), POSIX::ceil($size / $PART), "$is: so many parts");
        my $res = $who->get($url);
        is(md5_hex($res->body), md5_hex($bytes), "$is: come back");
        my $etag = $res->header('ETag');
        is($who->request(HEAD => $url)->header('Content-Length'), $size, "$is: HEAD");
        is($who->get($url, headers => ['If-None-Match' => $etag])->status, 304, "$is: 304");
        for my $range (
            [0, 0], [0, $PART - 1], [$PART - 1, $PART], [$PART, 2 * $PART - 1],
            [$PART - 3, $MIB + 3],
            [$size - 1, $size - 1], [$size - $PART - 5, $size - 1]
        ) {
            my ($from, $to) = @$range;
            my @range = (headers => [Range => "bytes=$from-$to", 'If-Range' => $etag]);
            $res = $who->get($url, @range);
            my $due = substr $bytes, $from, $to - $from + 1;
            is(
                $res->status . ' ' . md5_hex($res->body),
                '206 ' . md5_hex($due), "$is: bytes $from to $to");
        }
        $res = $who->get($url, headers => [Range => 'bytes=1-3,' . ($MIB - 2) . '-' . ($MIB + 2)]);
        my ($first, $second) = (substr($bytes, 1, 3), substr $bytes, $MIB - 2, 5);
        like($res->body, qr/\r\n\r\n\Q$first\E\r\n.*\r\n\r\n\Q$second\E\r\n/s, "$is: two ranges");
        next if $size == $MIB + 1;
        is($who->delete($url)->status, 204, "$is: deleted");
        is($who->get($url)->status, 404, "$is: gone");
    }
}
nothing_loose('of what was replaced and deleted, nothing is left in the end');
is(parts_stored(), @SPEAKS * 3, 'of what is there, everything is');
is(leased(), 0, 'and no lease');

# 2. What is refused leaves nothing, and the old content where it was.
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path, $limited, $small, $foreign) = @$speaks;
    my $old = random_bytes(2 * $MIB);
    my $url = place($path, 'old');
    is(
        $who->put($url, body => $old, type => 'x/y')->status,
        $made{$protocol}, "$protocol: a content");
    my $etag = $who->get($url)->header('ETag');
    my $bytes = random_bytes(6 * $MIB);
    my @new = (body => $bytes, type => 'x/y');
    my $other = $who->as($stranger);
    for my $case (
        ['one that is there, if none is', 412, $who, $url, headers => ['If-None-Match' => '*']],
        ['another version', 412, $who, $url, headers => ['If-Match' => '"x"']],
        ['the same, in chunks', 412, $who, $url, headers => ['If-Match' => '"x"'], chunked => 9999],
        ["somebody else's", $foreign, $other, $url],
        ["somebody else's, in chunks", $foreign, $other, $url, chunked => 70_000],
        ['the quota', 507, $limited, place($small, 'new')],
        ['the quota, in chunks', 507, $limited, place($small, 'new'), chunked => 70_000],
        ['the limit', 413, $who, $url, body => random_bytes($LIMIT + 1)],
        [
            'the limit, in chunks', 413, $who, $url, body => random_bytes($LIMIT + 1),
            chunked => 9999
        ],
        ['an early end', 400, $who, $url, stop_after => 3 * $MIB],
        ['an early end, in chunks', 400, $who, $url, stop_after => 3 * $MIB, chunked => 70_000],
    ) {
        my ($name, $status, $asks, $target, %options) = @$case;
        my %request = (@new, %options);
        my $res = eval { $asks->put($target, %request) };
        is($res && $res->status, $status, "$protocol: $name is refused");
    }
    if ($protocol eq 'pws') {
        my $res = $who->put($url, @new, digest => WAS::Zcap::digest_of('other'));
        is($res->status, 400, 'pws: a digest of something else is refused');
        $res = $who->request(
            POST => "$path/", body => $bytes,
            type => 'multipart/form-data; boundary=x');
        is($res->status, 415, 'pws: a form that long is refused');
    }
    my $res = $who->get($url);
    is($res->header('ETag') . md5_hex($res->body), $etag . md5_hex($old), "$protocol: the old one");
    is($limited->get(place($small, 'new'))->status, 404, "$protocol: beyond the quota, nothing");
    nothing_loose("$protocol: of what was refused, nothing is left");
}

# A body that only the signature speaks of is no content, and asks for no place for one.
{
    my @body = (body => 'x' x (2 * $MIB), type => 'x/y');
    my $res = $holder{'/pws'}->request(GET => "$path{'/pws'}/old", @body);
    is($res->status, 413, 'pws: a long body of a GET is refused');
}

# 3. What goes wrong meanwhile.
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    my $bytes = random_bytes(6 * $MIB);
    for my $case (
        [
            'the backends end', $made{$protocol},
            q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
                AND datname = current_database() AND backend_type = 'client backend')
        ],
        [
            'a part is lost', 503, q(DELETE FROM was_parts p USING was_sweeps w
            WHERE w.space_uuid = p.space_uuid AND w.generation = p.content AND p.number = 1)
        ],
        [
            'parts are cut', 503, q(UPDATE was_parts p SET bytes = 'x' FROM was_sweeps w
            WHERE w.space_uuid = p.space_uuid AND w.generation = p.content AND p.number = 1)
        ],
        ['it takes too long', 503, q(UPDATE was_sweeps SET since_ms = 0 WHERE kind = 'content')],
    ) {
        my ($name, $status, $sql) = @$case;
        my $url = place($path, $name =~ tr/ /-/r);
        my $middle = sub {
            ok(eventually(20, sub { coming() >= 4 }), "$protocol, $name: parts are there");
            $dbh->do($sql);
            $name eq 'it takes too long' or return;
            hurry();
            ok(eventually(20, sub { !leased() }), "$protocol, $name: they are swept");
        };
        my $res = interrupted($who, 4 * $MIB, $middle, PUT => $url, body => $bytes, type => 'x/y');
        is($res->status, $status, "$protocol, $name: $status");
        $res = $who->get($url);
        is(
            $status < 300 ? md5_hex($res->body) : $res->status,
            $status < 300 ? md5_hex($bytes) : 404, "$protocol, $name: all or nothing");
    }
    nothing_loose("$protocol: of what went wrong, nothing is left");
}

# 4. One answer is one version.
for my $speaks (@SPEAKS) {
    my ($protocol, $who, $path) = @$speaks;
    my $url = place($path, 'read');
    my $bytes = random_bytes(7 * $MIB);
    my @put = ($url, body => $bytes, type => 'x/y');
    is($who->put(@put)->status, $made{$protocol}, "$protocol: what is read");
    my $writer = $who->as($key);
    for my $case (
        [
            'replaced five times',
            sub {
                my @other = (body => 'x' x (2 * $MIB), type => 'x/y');
                $writer->put($url, @other)->status == $again{$protocol} or die for 1 .. 5;
            }
        ],
        ['deleted', sub { $writer->delete($url)->status == 204 or die }],
    ) {
        my ($name, $change) = @$case;
        is($who->put(@put)->status, $again{$protocol}, "$protocol: again");
        my $mark = value("SELECT parts FROM $ROWS{$protocol} WHERE bytes = ?", length $bytes);
        no warnings 'redefine';
        local *WAS::Client::read_bytes = sub {
            my ($self, $socket, $deadline) = @_;
            if ($change && $self == $who) {
                my $late = $change;
                undef $change;
                $late->();
                hurry('unnamed');
                my $since = q(SELECT since_ms FROM was_sweeps WHERE generation = ?);
                ok(eventually(30, sub { value($since, $mark) }), "$protocol, $name: found");
                $dbh->do(
                    'UPDATE was_sweeps SET since_ms = since_ms - 600000 WHERE generation = ?',
                    undef, $mark);
            }
            IO::Select->new($socket)->can_read(30);
            $socket->sysread(my $read, 65536);
            return $read // '';
        };
        my $res = $who->get($url);
        is(md5_hex($res->body), md5_hex($bytes), "$protocol, $name meanwhile: it is the old one");
        my $now = int(1000 * Time::HiRes::time());
        cmp_ok(
            value('SELECT since_ms FROM was_sweeps WHERE generation = ?', $mark) - $now,
            '>', 400_000, "$protocol, $name: a reader keeps it");
    }
    nothing_loose("$protocol: of what was read, nothing is left");
    is($who->put(@put)->status, $made{$protocol}, "$protocol: once more");
    for my $sql (
        q(UPDATE was_parts SET bytes = 'x' WHERE number = 9),
        q(UPDATE was_parts SET bytes = bytes || 'x' WHERE number = 9),
        'DELETE FROM was_parts WHERE number = 9',
    ) {
        $dbh->do($sql);
        my $res = eval { $who->get($url) };
        ok(!$res || length $res->body < length $bytes, "$protocol: cut, after $sql");
    }
    # What is known before anything was sent is said.
    my $lost = 9 * $PART;
    for my $range ("$lost-", ($lost - 5) . '-' . ($lost + 5)) {
        my @fields = (Range => "bytes=$range", 'Want-Content-Digest' => 'sha-256=1');
        for my $headers ([@fields[0, 1]], \@fields) {
            my $res = $who->get($url, headers => $headers);
            is($res->status, 503, "$protocol: @$headers: refused where a part is lost");
        }
    }
    is($who->get($url, headers => [Range => 'bytes=5-9'])->body, substr($bytes, 5, 5), 'before it');
    $dbh->do(q(UPDATE was_parts SET bytes = 'x' WHERE number = 0));
    my $res = $who->get($url);
    is($res->status, 503, "$protocol: refused where the first part is lost");
    like($res->header('Retry-After'), qr/\A\d+\z/, "$protocol: and says when to come again");
    is($who->request(HEAD => $url)->status, 200, "$protocol: HEAD reads no part");
}

# 5. The Python server on the same rows.
my $python = $dbh->prepare(<<'SQL');
INSERT INTO was_resources (space_uuid, path, content, content_type) VALUES ($1, $2, $3, $4)
ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content,
    content_type = EXCLUDED.content_type
SQL
for my $case (['bytes', 'theirs'], ['no bytes', ''], ['as many as a mark has', '12345678']) {
    my ($name, $bytes) = @$case;
    is($alice->put("/space/$space/both", body => 'o' x (3 * $MIB))->status, 204, "$name: ours");
    $python->bind_param($_, ($space, '/both')[$_ - 1]) for 1, 2;
    $python->bind_param(3, $bytes, { pg_type => DBD::Pg::PG_BYTEA() });
    $python->bind_param(4, 'a/b');
    $python->execute;
    my $res = $alice->get("/space/$space/both");
    is($res->body, $bytes, "$name over parts: theirs is served");
    is(scalar $res->header('Content-Type'), 'a/b', "$name over parts: with its type");
    nothing_loose("$name over parts: nothing is left of ours");
}
is($alice->put("/space/$space/both", body => 'o' x (3 * $MIB))->status, 204, 'ours again');
$dbh->do('DELETE FROM was_resources WHERE space_uuid = ? AND path = ?', undef, $space, '/both');
nothing_loose('their deletion: nothing is left of ours');

# 6. In rows, where the operator says so; read as they are wherever they stand.
my $rows = "/rows/space/$space";
my $bytes = random_bytes(3 * $MIB);
is($alice->put("$rows/row", body => $bytes)->status, 204, 'off: a content');
is(
    value('SELECT octet_length(content) FROM was_resources WHERE path = $1', '/row'),
    length $bytes, 'off: it stands in its row');
is(md5_hex($alice->get("/space/$space/row")->body), md5_hex($bytes), 'on: it is read from there');
is($alice->put("/space/$space/row", body => $bytes)->status, 204, 'on: it is written anew');
is(
    value('SELECT octet_length(content) FROM was_resources WHERE path = $1', '/row'),
    8, 'on: and stands in parts');
is(md5_hex($alice->get("$rows/row")->body), md5_hex($bytes), 'off: it is read from there');

# 7. What goes with its collection or space.
for my $speaks (['pws', $path{'/pws'}], ['chunks', $chunks{'/pws'}]) {
    my ($protocol, $path) = @$speaks;
    my $collection = $path =~ s{/r/chunks\z}{}r;
    my $res = $holder{'/pws'}->put(place($path, 'last'), body => $bytes, type => 'x/y');
    is($res->status, $made{$protocol}, 'more');
    is($holder{'/pws'}->delete("$collection/")->status, 204, 'a collection is deleted');
}
is($alice->delete("/space/$space")->status, 204, 'a space is deleted');
nothing_loose('nothing is left of what was in them');
is(parts_stored(), 0, 'nothing is left at all');
unlike(
    $server->log, qr/\[was:(?:error|crit|alert|emerg)\](?!.*(?:503|ends early|lost|swept))/,
    'nothing else at ERR'
) or diag $server->log;

done_testing;
