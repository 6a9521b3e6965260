# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Rows that no client can have written through us, but SQL can: an older version, the Python server
# or an operator. What of them can be read is answered, and what cannot is refused alone.

use strict;
use warnings;

use Encode qw(encode_utf8);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Server;

my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
my $server = WAS::Server->start(
    mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
    config => <<'CONF');
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $alice = at($server->origin, WAS::Key->fresh, mount => '/pws');
my $space = make_space($alice);

# What is noted beside a resource; the name in a listing, what who asks for the note alone is told.
{
    my $of = make_collection($alice, $space, 'noted', { map { $_ => 'x' } qw(a b c) });
    for my $row (
        ['no JSON', '{', undef, 500],
        ['nothing', '', undef, 500],
        ['too deep', '[' x 600, undef, 500],
        ['half a surrogate pair', '{"name":"\\ud800"}', undef, 500],
        ['an array', '["name"]', undef, 200],
        ['a number for a name', '{"name":5}', undef, 200],
        ['a name beside an envelope', '{"name":"n","jwe":{}}', undef, 200],
        ['a NUL', '{"name":"a\\u0000b"}', "a\0b", 200],
        ['two names', '{"name":"a","name":"b"}', 'b', 200],
        ['a long name', sprintf('{"name":"%s"}', 'n' x 300_000), 'n' x 300_000, 200],
        ['a quotation mark', '{"name":"\\"x"}', '"x', 200],
    ) {
        my ($rule, $custom, $name, $status) = @$row;
        my $sql = q(UPDATE was_pws_resources SET custom = ? WHERE resource = 'b');
        $dbh->do($sql, undef, $custom);
        my ($next, %item) = ("$of/");
        while (defined $next) {
            my $page = $alice->get($next)->json;
            $item{ $_->{id} } = $_->{name} for @{ $page->{items} };
            $next = $page->{next};
        }
        my %due = (a => undef, b => $name, c => undef);
        is_deeply(\%item, \%due, "a note of $rule: the listing names what it can");
        my $res = $alice->get("$of/b/meta");
        is($res->status, $status, "a note of $rule: alone");
    }
}

# A descriptor that is none: the list shows that the backend is there, who asks for it is told.
{
    my $backends = "/pws/space/$space/backends";
    for my $id (qw(a b)) {
        my $connection = { kind => 'k' };
        my %backend = (id => $id, provider => 'p', connection => $connection);
        $alice->send_json(POST => $backends, \%backend)->status == 201 or die 'no backend';
    }
    my $of = make_collection($alice, $space, 'away', undef, backend => { id => 'b' });
    for my $row (['no JSON', '{'], ['nothing', ''], ['an array', '[]']) {
        my ($rule, $descriptor) = @$row;
        $dbh->do(
            q(UPDATE was_pws_backends SET descriptor = ? WHERE backend = 'b'),
            undef, $descriptor);
        my ($own, @listed) = @{ $alice->get($backends)->json };
        is_deeply([map { $_->{id} } @listed], [qw(a b)], "a descriptor of $rule: listed");
        is_deeply($listed[1], { id => 'b' }, "a descriptor of $rule: without what it says");
        is($alice->get("$of/backend")->status, 500, "a descriptor of $rule: alone");
    }
}

# A type that no header field can hold: the content is served as that of bytes that nobody knows.
{
    my $classic = $server->client($alice->key);
    my $document = json_text({ controller => $alice->did });
    $classic->put('/space/s', body => $document, type => 'application/json')->status == 204
        or die 'no space';
    $classic->put('/space/s/r', body => 'content', type => 'text/plain')->status == 204
        or die 'no resource';
    my $of = make_collection($alice, $space, 'typed', { r => 'content' });
    my @part = (headers => [Range => 'bytes=1-2']);
    for my $row (
        ['a line end', "text/plain\r\nX-Injected: 1"],
        ['a control character', "text/\x01"],
        ['a tab', "text/plain;\tq"],
        ['no ASCII', "text/\x{e9}"],
        ['nothing', ''],
        ['513 bytes', 'x' x 513],
    ) {
        my ($rule, $type) = @$row;
        $dbh->do("UPDATE $_ SET content_type = ?", undef, $type)
            for qw(was_resources was_pws_resources);
        for my $read ([$classic, '/space/s/r'], [$alice, "$of/r"]) {
            my ($who, $path) = @$read;
            for my $how (
                [GET => 200, 'content'],
                [HEAD => 200, ''],
                [GET => 206, 'on', @part],
            ) {
                my ($method, $status, $body, @how) = @$how;
                my $res = $who->request($method, $path, @how);
                my @got = ($res->status, $res->body, $res->type, scalar $res->header('X-Injected'));
                is_deeply(
                    \@got,
                    [$status, $body, 'application/octet-stream', undef],
                    "a type of $rule: $status to $method of $path");
            }
        }
        my $archive = $classic->get('/space/s', headers => [Accept => 'application/x-tar']);
        is($archive->status, 200, "a type of $rule: an archive");
        like($archive->body, qr/user\.mime_type=\Q@{[encode_utf8($type)]}\E\n/, "...: tells it")
            if $type ne '';
        is($alice->get("$of/")->json->{items}[0]{contentType}, $type, "a type of $rule: listed");
        is($alice->get("$of/r/meta")->json->{contentType}, $type, "a type of $rule: noted");
    }
}

# A time that no date of HTTP can say: it is left out.
{
    my $classic = $server->client($alice->key);
    my %content = ('/space/s' => qr/"controller"/, '/space/s/r' => qr/\Acontent\z/);
    for my $time ('infinity', '-infinity', '294276-12-31 23:59:59.999999+00', '4713-01-01 BC') {
        $dbh->do("UPDATE $_ SET revised = ?, written = pg_current_xact_id()", undef, $time)
            for qw(was_spaces was_resources);
        for my $path (sort keys %content) {
            my $name = "a time of $time: $path";
            my $res = $classic->get($path);
            is($res->status, 200, $name);
            like($res->body, $content{$path}, "$name: what it has");
            is($res->header('Last-Modified'), undef, "$name: no date");
            my @since = (headers => ['If-None-Match' => scalar $res->header('ETag')]);
            is($classic->get($path, @since)->status, 304, "$name: its validator");
        }
    }
    $dbh->do("UPDATE $_ SET revised = now(), written = pg_current_xact_id()")
        for qw(was_spaces was_resources);
}

# A size that the content has not: an answer that says so is seen to be cut.
{
    my $of = make_collection($alice, $space, 'sized', { r => 'content' });
    for my $size ('9223372036854775807', 1 << 62) {
        $dbh->do(q(UPDATE was_pws_resources SET size = ? WHERE resource = 'r'), undef, $size);
        for my $range (undef, 'bytes=1-3,7-', 'bytes=7-') {
            my $res = $alice->get("$of/r", headers => [Range => $range]);
            my $name = "$size bytes: " . ($range // 'all');
            is($res->status, 200, $name);
            is($res->header('Content-Length'), $size, "$name: as it is noted");
            ok(!$res->complete, "$name: cut");
        }
        is($alice->head("$of/r")->header('Content-Length'), $size, "$size bytes: HEAD");
        is($alice->get("$of/r/meta")->json->{size}, $size, "$size bytes: noted");
    }
}

# A time that no date has: the log itself is served, with the last date that there is, or none.
{
    my $of = make_collection($alice, $space, 'governed');
    my $body = '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}';
    $alice->put("$of/meta/log", type => 'text/jsonl', body => $body)->status == 204
        or die 'no log';
    for my $row (['9223372036854775807', qr/\A\w+, .* GMT\z/], ['-9223372036854775808', undef]) {
        my ($ms, $due) = @$row;
        $dbh->do('UPDATE was_pws_logs SET updated_ms = ?', undef, $ms);
        my $res = $alice->get("$of/meta/log");
        is($res->body, $body, "written at $ms ms: served");
        my $modified = $res->header('Last-Modified');
        ok($due ? ($modified // '') =~ $due : !defined $modified, "written at $ms ms: its date")
            or diag $modified // 'none';
    }
}

unlike(
    $server->log =~ s/.*BROKEN a (?:document could not be built|stored document: ).*//gr,
    qr/\[(?:was|dbd):(?:error|crit)\]|exit signal/,
    'the log has no other errors');
is($server->stop, 0, 'and the server ends as it should');

done_testing;
