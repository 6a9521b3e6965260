# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Validators and conditional requests (RFC 9110 section 13) on resources and on spaces: what a
# condition decides, that a refused write changes nothing, that a validator names one version and no
# other, also when another server writes the rows or writes overtake each other, and that of many
# writers at once one wins.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Test::More;
use WAS::Citus;
use WAS::Server;
use WAS::Story;
use WAS::Traffic qw(eventually);

my $alice = person();
my $bob = person();

sub http_date { return strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $_[0]) }

my $PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
my $FUTURE = http_date(time + 86_400);
my @browser = (Pragma => 'no-cache', 'Cache-Control' => 'no-cache');
my $ETAG = qr/\A"[^"]+"\z/;

sub document {
    my $document = { controller => $alice->did, @_ };
    return (body => json_text($document), type => 'application/json');
}

# What the two kinds of objects have in common: how one is made, where it is, how it is written.
my $home = new_space($alice);
my @kinds = (
    {
        name => 'resource',
        cache => 'no-cache',
        vary => undef,
        fresh => sub { return ("/space/$home/" . new_id(), $home) },
        write => sub { my ($n) = @_; return (body => "version $n", type => "text/v$n") },
    },
    {
        name => 'space',
        cache => 'private, no-cache',
        vary => qr/\bAccept\b/,
        fresh => sub { my $id = new_id(); return ("/space/$id", $id) },
        write => sub {
            my ($n) = @_;
            return document(name => "version $n");
        },
    },
);

# Fields of a condition, with names as in a table: `match` for If-Match.
my %FIELD = (
    match => 'If-Match',
    none => 'If-None-Match',
    since => 'If-Modified-Since',
    until => 'If-Unmodified-Since',
);

sub ifs {
    my (@pairs) = @_;
    return (headers => [map { $FIELD{$_} // $_ } @pairs]);
}

sub http_seconds { return (sql('SELECT extract(epoch FROM ?::timestamptz)::bigint', @_))[0][0] }

for my $kind (@kinds) {
    my $what = $kind->{name};
    my ($at, $id) = $kind->{fresh}->();
    my @write = $kind->{write}->(1);
    my $made = $alice->put($at, @write);
    my $old = $made->header('ETag');
    my $put = $alice->put($at, $kind->{write}->(2));
    my $etag = $put->header('ETag');
    my $get = $alice->get($at);
    my $modified = $get->header('Last-Modified');
    isnt($etag, $old, "RFC 9110 8.8.3: $what: every write has another ETag");
    is(scalar $get->header('ETag'), $etag, "RFC 9110 8.8.3: $what: GET shows the last one");
    like($modified, qr/GMT\z/, "RFC 9110 8.8.2: $what: Last-Modified");

    # Reads. Each row: what is asked, the status that is due.
    my $unquoted = $etag =~ s/"//gr;
    my @reads = (
        ['If-None-Match, the version there', [none => $etag], 304],
        ['If-None-Match, weakly', [none => "W/$etag"], 304],
        ['If-None-Match, in a list', [none => qq("x", $etag,"y")], 304],
        ['If-None-Match, in two fields', [none => '"x"', none => $etag], 304],
        ['If-None-Match: *', [none => '*'], 304],
        ['If-None-Match, an older version', [none => $old], 200],
        ['If-None-Match, another tag', [none => '"x"'], 200],
        ['If-None-Match without quotes', [none => $unquoted], 200],
        ['If-Modified-Since the last change', [since => $modified], 304],
        ['If-Modified-Since tomorrow', [since => $FUTURE], undef],
        ['If-Modified-Since long ago', [since => $PAST], 200],
        ['If-Modified-Since no date', [since => 'yesterday'], 200],
        ['If-None-Match wins over a date, for', [none => '"x"', since => $modified], 200],
        ['If-None-Match wins over a date, against', [none => $etag, since => $PAST], 304],
        ['If-Match, the version there', [match => $etag], 200],
        ['If-Match: *', [match => '*'], 200],
        ['If-Match, an older version', [match => $old], 412],
        ['If-Match, weakly', [match => "W/$etag"], 412],
        ['If-Unmodified-Since the last change', [until => $modified], 200],
        ['If-Unmodified-Since long ago', [until => $PAST], 412],
        ['If-Match wins over a date', [match => $etag, until => $PAST], 200],
        ['what a browser adds', [none => $etag, @browser], 304],
        ['what a reload adds', [none => $etag, 'Cache-Control' => 'max-age=0'], 304],
    );
    for my $case (@reads) {
        my ($name, $condition, $status) = @$case;
        for my $method (qw(GET HEAD)) {
            my $res = $alice->request($method => $at, ifs(@$condition));
            # A recipient may take a date in the future for none.
            if (!defined $status) {
                like($res->status, qr/\A(?:200|304)\z/, "RFC 9110 13: $method $what: $name");
                next;
            }
            my %shown = (
                ETag => $etag, 'Cache-Control' => $kind->{cache}, Vary => $kind->{vary},
                'Access-Control-Allow-Origin' => '*',
                'Access-Control-Expose-Headers' => qr/\bETag\b/,
            );
            my %want = (head => $method eq 'HEAD');
            %want = (%want, headers => \%shown) if $status < 400;
            %want = (%want, pointer => undef) if $status == 412;
            %want = (%want, body => '', type => undef) if $status == 304;
            expect("RFC 9110 13: $method $what: $name", $res, $status, %want);
        }
    }

    # Writes to what exists. Each row: the condition, whether it holds.
    my @malformed = (
        '', ' ', ',', 'x', '"x', 'x"', '"x" "y"', '"x";', '*, "x"', '"x", *', '**', 'w/"x"', 'W/x',
        'W/ "x"', '"a b"', "'x'",
    );
    my @conditions = (
        ['If-Match, the version there', [match => '{etag}'], 1],
        ['If-Match: *', [match => '*'], 1],
        ['If-Match, in a list', [match => '"x", {etag} , "y"'], 1],
        ['If-Match, in two fields', [match => '"x"', match => '{etag}'], 1],
        ['If-Match, with empty elements', [match => ', "x",, {etag},'], 1],
        ['If-Match, a tag with a comma', [match => '"a,b", {etag}'], 1],
        ['If-Match, a tag with a backslash', [match => '"a\\", {etag}'], 1],
        ['If-Match, an empty tag', [match => '"", {etag}'], 1],
        ['If-Match, a tag beyond ASCII', [match => "\"\xe9\", {etag}"], 1],
        ['If-Match, 64 tags', [match => join(',', ('"x"') x 63, '{etag}')], 1],
        ['If-Match, an older version', [match => '{old}'], 0],
        ['If-Match, weakly', [match => 'W/{etag}'], 0],
        ['If-Match, another tag', [match => '"x"'], 0],
        ['If-Match, an empty tag only', [match => '""'], 0],
        ['If-Match, a star in quotes', [match => '"*"'], 0],
        ['If-Match, braces in quotes', [match => '"{*}"'], 0],
        ['If-Match, an SQL value', [match => q("a','b"), match => '"NULL"'], 0],
        ['If-Match, our tag in capitals', [match => '{ETAG}'], 0],
        ['If-None-Match: *', [none => '*'], 0],
        ['If-None-Match, the version there', [none => '{etag}'], 0],
        ['If-None-Match, weakly', [none => 'W/{etag}'], 0],
        ['If-None-Match, in a list', [none => '"x", {etag}'], 0],
        ['If-None-Match, an older version', [none => '{old}'], 1],
        ['If-None-Match, another tag', [none => '"x"'], 1],
        ['If-Unmodified-Since the last change', [until => '{modified}'], 1],
        ['If-Unmodified-Since tomorrow', [until => $FUTURE], 1],
        ['If-Unmodified-Since long ago', [until => $PAST], 0],
        ['If-Unmodified-Since the beginning of time', [until => http_date(0)], 0],
        ['If-Unmodified-Since no date', [until => 'yesterday'], 1],
        ['If-Match wins over a date', [match => '{etag}', until => $PAST], 1],
        ['If-Match and If-None-Match, both hold', [match => '{etag}', none => '"x"'], 1],
        ['If-Match and If-None-Match, one holds', [match => '{etag}', none => '*'], 0],
        ['If-Modified-Since means nothing', [since => $FUTURE], 1],
        ['what a browser adds', [match => '{etag}', @browser], 1],
        (map { ["a malformed list <$_>", [match => $_], 400] } @malformed),
        (map { ["a malformed list <$_>", [none => $_], 400] } @malformed),
        ['a list of 65 tags', [match => join ',', ('"x"') x 65], 400],
    );
    my @methods = ([PUT => 204], [POST => 201], [DELETE => 204]);
    @methods = grep { $_->[0] ne 'POST' } @methods if $what eq 'space';
    for my $row (@methods) {
        my ($method, $success) = @$row;
        my ($target, $space_id) = $kind->{fresh}->();
        my @versions;
        my $renew = sub {
            @versions = map { scalar $alice->put($target, $kind->{write}->($_))->header('ETag') } 1,
                2;
            return scalar $alice->head($target)->header('Last-Modified');
        };
        my $date = $renew->();
        for my $case (@conditions) {
            my ($name, $headers, $holds) = @$case;
            my %known = (old => $versions[0], etag => $versions[1], modified => $date);
            my (undef, @headers) = ifs(@$headers);
            @headers = map { s/\{(\w+)\}/$known{$1} \/\/ $&/ger } @{ $headers[0] };
            $headers[1] = '"' . uc($versions[1] =~ s/"//gr) . 'A"' if $name =~ /capitals/;
            my $before = snapshot($space_id);
            my @body = $method eq 'DELETE' ? () : $kind->{write}->(3);
            my $status = $holds == 400 ? 400 : $holds ? $success : 412;
            my $rule = "RFC 9110 13: $method $what: $name";
            my @pointer = (pointer => $status == 400 ? '/precondition' : undef);
            my @request = ($method => $target, [@body, headers => \@headers]);
            my $res = tell($alice, [$rule, @request, $status, $status < 400 ? () : @pointer]);
            if ($status < 400) {
                my $next = $res->header('ETag');
                @versions = ($versions[1], $next) if $next;
                $date = $next ? $alice->head($target)->header('Last-Modified') : $renew->();
            }
            else {
                same_rows("$rule changes nothing", $before, $space_id);
            }
        }
        # Rights come before conditions.
        my $before = snapshot($space_id);
        my @body = $method eq 'DELETE' ? () : $kind->{write}->(3);
        for my $case (
            ['a condition that holds', match => $versions[1]],
            ['a condition that does not', match => '"x"'],
            ['If-None-Match: *', none => '*'],
        ) {
            my ($name, @condition) = @$case;
            my @given = (@body, ifs(@condition));
            tell_rule(
                $alice,
                "classic 4: $method $what",
                ["a stranger, $name", $method => $target, [@given, by => $bob], 403],
                ["nobody, $name", $method => $target, [@given, sign => 0], 401],
            );
        }
        same_rows("classic 4: $method $what: and nothing changed", $before, $space_id);

        # Writes to what is not there.
        for my $case (
            ['If-None-Match: *', [none => '*'], 1],
            ['If-None-Match, a tag', [none => '"x"'], 1],
            ['If-Match: *', [match => '*'], 0],
            ['If-Match, a tag', [match => '"x"'], 0],
            ['If-Match, a tag that was ours', [match => $versions[1]], 0],
            ['If-Unmodified-Since long ago', [until => $PAST], 1],
        ) {
            my ($name, $condition, $holds) = @$case;
            my ($absent, $absent_id) = $kind->{fresh}->();
            my $before = snapshot($absent_id);
            my $rule = "RFC 9110 13: $method of no $what: $name";
            my @given = (@body, ifs(@$condition));
            tell($alice, [$rule, $method => $absent, [@given], $holds ? $success : 412]);
            same_rows("$rule makes nothing", $before, $absent_id)
                if !$holds || $method eq 'DELETE';
        }
    }

    # Big contents wait elsewhere for their write; their conditions are the same.
    if ($what eq 'resource') {
        my ($target) = $kind->{fresh}->();
        my $big = random_bytes(1_500_000);
        my $big_and =
            sub { my ($more, @condition) = @_; return [body => $big . $more, ifs(@condition)] };
        my $rule = 'RFC 9110 13: a big body';
        my $new = $big_and->('', none => '*');
        my $first = tell($alice, ["$rule, If-None-Match: *", PUT => $target, $new, 204]);
        my $tag = $first->header('ETag');
        my @as_it_was = (200, body => $big, headers => { ETag => $tag });
        my $nowhere = '/space/' . new_id() . '/a';
        my $into_nothing = $big_and->('', match => '*');
        for my $case (
            [', If-None-Match: * again', PUT => $target, $big_and->('x', none => '*'), 412],
            [', If-Match another', PUT => $target, $big_and->('x', match => '"x"'), 412],
            [', If-Unmodified-Since', PUT => $target, $big_and->('x', until => $PAST), 412],
            [' that was refused', GET => $target, [], @as_it_was],
            [', If-Match', PUT => $target, $big_and->('y', match => $tag), 204],
            [' that was taken', GET => $target, [], 200, body => $big . 'y'],
            [' into nothing, If-Match: *', PUT => "$target-none", $into_nothing, 412],
            [' and a stranger', PUT => $target, [body => $big, by => $bob], 403],
            [' and no space', PUT => $nowhere, [body => $big], 404, pointer => '/space'],
        ) {
            my ($name, @row) = @$case;
            tell($alice, ["$rule$name", @row]);
        }
    }

    # A validator names one version: it never comes back.
    {
        my ($target) = $kind->{fresh}->();
        my %seen;
        for my $turn (1 .. 25) {
            $seen{ $alice->put($target, $kind->{write}->(1))->header('ETag') }++ for 1, 2;
            $alice->delete($target);
        }
        is(scalar keys %seen, 50, "design 6: $what: 50 writes and 25 deletions have 50 ETags");
    }
}

# A validator is put together here for a read, and by PostgreSQL for a condition of a write: of any
# time that a clock may have said, both say the same.
{
    my $rule = 'design 6';
    my %table = (resource => 'was_resources', space => 'was_spaces');
    for my $kind (@kinds) {
        for my $row (
            ['1969-12-31 23:59:59.999999+00', undef],
            ['1999-12-31 23:59:59.999999+00', 'Fri, 31 Dec 1999 23:59:59 GMT'],
            ['2000-01-01 00:00:00+00', 'Sat, 01 Jan 2000 00:00:00 GMT'],
            ['2105-12-31 23:59:59.999999+00', undef],
        ) {
            my ($time, $date) = @$row;
            my ($target, $id) = $kind->{fresh}->();
            my $name = "$rule: $kind->{name} of $time";
            $alice->put($target, $kind->{write}->(1));
            my $SET = "UPDATE $table{$kind->{name}} SET revised = ?, written = pg_current_xact_id()"
                . ' WHERE space_uuid = ?';
            sql($SET, $time, $id);
            my $res = $alice->get($target);
            my $tag = $res->header('ETag');
            is(scalar $res->header('Last-Modified'), $date, "$name: its date") if $date;
            my @write = ($kind->{write}->(2), ifs(match => $tag));
            tell_rule(
                $alice, $name,
                ['its ETag holds for GET', GET => $target, [ifs(none => $tag)], 304],
                ['and for PUT', PUT => $target, \@write, 204],
            );
        }
    }
}

# A space's validator is not its resources'.
{
    my $id = new_space($alice);
    my $before = $alice->get("/space/$id")->header('ETag');
    $alice->put("/space/$id/a", body => 'x');
    my $at = "/space/$id";
    tell_rule(
        $alice,
        'RFC 9110 8.8.3',
        [q(a resource is no part of its space's document), GET => $at, [ifs(none => $before)], 304],
    );
    my $tag = $alice->get("$at/a")->header('ETag');
    put_space($alice, $id, { name => 'n' });
    my $of_document = $alice->get($at)->header('ETag');
    my @export = ifs(Accept => 'application/x-tar', none => $of_document);
    tell_rule(
        $alice,
        'RFC 9110 8.8.3',
        ['nor the other way round', GET => "$at/a", [ifs(none => $tag)], 304],
        [q(the document's validator is not the export's), GET => $at, [@export], 200],
    );
}

# Another server writes the rows, and knows nothing of what we keep beside them (classic 8). On the
# nodes of Citus it must not (docs/scale.md).
SKIP: {
    skip 'no other server writes there', 1 if WAS::Citus::count();
    my $UPSERT = q(INSERT INTO was_resources (space_uuid, path, content, content_type)
        VALUES (?, ?, ?, ?) ON CONFLICT (space_uuid, path)
        DO UPDATE SET content = EXCLUDED.content, content_type = EXCLUDED.content_type);
    my $SPACE = q(INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)
        ON CONFLICT (space_uuid) DO UPDATE SET controller = EXCLUDED.controller);
    my $SET = 'UPDATE was_resources SET %s = ? WHERE space_uuid = ? AND path = ?';
    my $id = new_id();
    sql($SPACE, $id, "urn:uuid:$id", $alice->did);
    sql($UPSERT, $id, '/a', 'from Python', 'text/plain');
    my $at = "/space/$id/a";
    my %document = (id => "urn:uuid:$id", controller => $alice->did);
    my @tagged = (headers => { ETag => $ETAG });
    tell_rule(
        $alice,
        'classic 8',
        ['a space of the Python server', GET => "/space/$id", [], 200, @tagged, json => \%document],
        ['a resource of the Python server', GET => $at, [], 200, @tagged, body => 'from Python'],
    );
    my $upsert = sub { return sql($UPSERT, $id, '/a', $_[0], 'text/plain') };
    my $set =
        sub { my ($column, $value) = @_; return sql(sprintf($SET, $column), $value, $id, '/a') };
    my $anew = sub {
        sql('DELETE FROM was_resources WHERE space_uuid = ?', $id);
        return $upsert->("again $_[0]");
    };
    # Each row: name, what is done to the row.
    for my $write (
        ['an upsert', sub { $upsert->("upsert $_[0]") }],
        ['an upsert of the same', sub { $upsert->('same') }],
        ['an upsert of the same again', sub { $upsert->('same') }],
        ['an update', sub { $set->(content => "update $_[0]") }],
        ['an update of the type', sub { $set->(content_type => 'x/y') }],
        ['deletion and insertion', $anew],
    ) {
        my ($name, $code) = @$write;
        for my $ours (1, 0) {
            # After a write of ours, and after a write of theirs.
            $alice->put($at, body => 'ours') if $ours;
            my $seen = $alice->get($at);
            my ($tag, $date) = map { scalar $seen->header($_) } qw(ETag Last-Modified);
            $code->($ours);
            my $rule = "design 6: $name after a write of " . ($ours ? 'ours' : 'theirs');
            my $now = $alice->get($at);
            isnt(scalar $now->header('ETag'), $tag, "$rule: another ETag");
            my $fresh = $name =~ /insertion/;
            my @dates = $fresh ? () : grep { defined } $date, http_date(time), http_date(time + 5);
            my $no_date = "$rule: no Last-Modified";
            is(scalar $now->header('Last-Modified'), undef, $no_date) if !$fresh;
            my @same = (200, body => $now->body);
            tell_rule(
                $alice,
                $rule,
                ['If-None-Match', GET => $at, [ifs(none => $tag)], 200],
                ['If-Match', GET => $at, [ifs(match => $tag)], 412],
                ['If-Match on PUT', PUT => $at, [body => 'lost', ifs(match => $tag)], 412],
                ['If-Match on DELETE', DELETE => $at, [ifs(match => $tag)], 412],
                (map { ["If-Modified-Since $_", GET => $at, [ifs(since => $_)], @same] } @dates),
            );
            next if !$ours;
            my $theirs = $now->header('ETag');
            my @again = (body => 'ours again', ifs(match => $theirs));
            tell_rule(
                $alice,
                $rule,
                ['its own ETag holds', GET => $at, [ifs(none => $theirs)], 304],
                ['and for PUT', PUT => $at, [@again], 204],
            );
            my @dated = (headers => { 'Last-Modified' => qr/GMT/ });
            tell(
                $alice,
                ['design 6: a write of ours has a date again', GET => $at, [], 200, @dated]);
        }
    }
    my $tag = $alice->get("/space/$id")->header('ETag');
    sql($SPACE, $id, "urn:uuid:$id", $alice->did);
    my $space = "/space/$id";
    my @same = document();
    my @undated = (headers => { 'Last-Modified' => undef });
    tell_rule(
        $alice,
        'design 6: their upsert of a space',
        ['If-None-Match', GET => $space, [ifs(none => $tag)], 200, @undated],
        ['If-Modified-Since', GET => $space, [ifs(since => http_date(time))], 200],
        ['If-Match on PUT', PUT => $space, [@same, ifs(match => $tag)], 412],
        ['If-Match on DELETE', DELETE => $space, [ifs(match => $tag)], 412],
    );
    my $rule = 'RFC 9110 13.1.4: without a date If-Unmodified-Since says nothing';
    tell($alice, [$rule, PUT => $space, [@same, ifs(until => $PAST)], 204]);
}

# A write that began before another one and is done after it is the later one. Under a quota it
# waits for the lock of its space, which we hold, and so it has begun; without a quota nobody waits
# for it. Each row: name, how many bytes, conditions that hold for both, and whether the other one's
# resource is deleted before.
{
    my $limited = WAS::Server->start(
        dsn => WAS::Server::cluster()->dsn('was') . q( options='-c statement_timeout=60s'),
        config => <<'CONF');
DBDKeep 8
DBDMax 8
<Location "/">
WASQuotaPerSpace 100000000
</Location>
CONF
    my $slow = $limited->client($alice->key, timeout => 90);
    my $id = new_space($alice);
    my @writes = (
        ['a small write', 100],
        ['a big write', 1_500_000],
        ['a big write with If-Match: *', 1_500_000, ['If-Match' => '*']],
        ['a small write, after a deletion,', 100, [], 'deleted'],
        ['a big write, after a deletion,', 1_500_000, [], 'deleted'],
    );
    my @late = map { random_bytes($_->[1]) } @writes;
    my @at = map { "/space/$id/$_" } keys @writes;
    $alice->put($_, body => 'first') for @at;

    my $holder = WAS::Server::dbh();
    $holder->begin_work;
    my $LOCK = 'SELECT 1 FROM was_spaces WHERE space_uuid = ? FOR NO KEY UPDATE';
    $holder->do($LOCK, undef, $id);
    my $write_late = sub {
        my ($n) = @_;
        my @condition = (headers => $writes[$n][2] // []);
        return { status => $slow->put($at[$n], body => $late[$n], @condition)->status };
    };
    my $waiting = WAS::Traffic->start(clients => scalar @writes, times => 1, each => $write_late);
    my $activity = WAS::Citus::activity();
    my $WAITING = qq(SELECT count(*), floor(extract(epoch FROM max(xact_start)))
        FROM $activity WHERE datname = current_database() AND wait_event_type = 'Lock');
    my $all_wait = sub { return (sql($WAITING))[0][0] >= @writes };
    ok(eventually(30, $all_wait), 'design 6: writes that have begun and wait');
    my $began = (sql($WAITING))[0][1];
    # Dates count whole seconds.
    my $after = sub {
        my ($second) = @_;
        return eventually(5, sub { int time > $second });
    };
    $after->($began);
    my @between = map {
        $alice->put($_, body => 'between');
        scalar $alice->head($_)->header('Last-Modified');
    } @at;
    my @second = map { http_seconds($_) } @between;
    $alice->delete($at[$_]) for grep { $writes[$_][3] } keys @writes;
    $after->((sort { $a <=> $b } @second)[-1]);
    $holder->rollback;
    my %status = map { $_->{client} => $_->{status} // $_->{died} } $waiting->finish(patient => 1);

    for my $n (keys @writes) {
        my $rule = "design 6: $writes[$n][0] that was overtaken";
        my @since = ifs(since => $between[$n]);
        my @lost = (body => 'lost', ifs(until => $between[$n]));
        is($status{$n}, 204, "$rule is done");
        cmp_ok($second[$n], '>', $began, "$rule: the other one began a second later");
        my @late = (200, body => $late[$n]);
        my $name = "$rule: GET If-Modified-Since the other one";
        my $last = tell($alice, [$name, GET => $at[$n], [@since], @late]);
        my $date = http_seconds($last->header('Last-Modified'));
        cmp_ok($date, '>', $second[$n], "$rule: Last-Modified does not go back");
        $name = "$rule: PUT If-Unmodified-Since the other one";
        tell($alice, [$name, PUT => $at[$n], [@lost], 412]);
    }
}

# Of many writers at once, one wins. Each race: name, what each of them sends, and how many get
# which status.
my $WRITERS = 16;
my @one_of_all = (204 => 1, 412 => $WRITERS - 1);

sub race {
    my ($name, $request, %due) = @_;
    my %count;
    $count{$_}++ for in_parallel($WRITERS, sub { return $request->($_[0])->status });
    is_deeply(\%count, \%due, "design 1: $name");
}

# The contents of one writer, all alike.
sub content_of {
    my ($n, $bytes) = @_;
    return sprintf('%02d', $n) x ($bytes / 2);
}

sub of_one_writer {
    my ($at, $bytes) = @_;
    my $got = $alice->get($at)->body;
    return is(
        $got, content_of(substr($got, 0, 2), $bytes),
        'design 1: what is there is of one writer');
}

for my $case (
    # name, bytes, rounds
    ['small', 100, 3],
    ['big', 1_200_000, 1],
) {
    my ($size, $bytes, $rounds) = @$case;
    for my $round (1 .. $rounds) {
        my $at = "/space/$home/race-" . new_id();
        my $put = sub {
            my ($n, @if) = @_;
            return $alice->put($at, body => content_of($n, $bytes), ifs(@if));
        };
        my $create = sub { return $put->(@_, none => '*') };
        race("$size PUTs with If-None-Match: *: one creates", $create, @one_of_all);
        my $tag = $alice->head($at)->header('ETag');
        of_one_writer($at, $bytes);
        my $replace = sub { return $put->(@_, match => $tag) };
        race("$size PUTs with If-Match: one replaces", $replace, @one_of_all);
        my $next = $alice->head($at)->header('ETag');
        my $delete = sub { return $alice->delete($at, ifs(match => $next)) };
        race("$size DELETEs with If-Match: one deletes", $delete, @one_of_all);
    }
    my $at = "/space/$home/race";
    my $put = sub { return $alice->put($at, body => content_of($_[0], $bytes)) };
    race("$size PUTs without conditions: all succeed", $put, 204 => $WRITERS);
    of_one_writer($at, $bytes);
}
{
    my $id = new_id();
    my $write = sub {
        my (@condition) = @_;
        return sub { return put_space($alice, $id, { name => "n$_[0]" }, ifs(@condition)) };
    };
    my $create = $write->(none => '*');
    race('PUTs of a space with If-None-Match: *: one creates', $create, @one_of_all);
    my $replace = $write->(match => $alice->get("/space/$id")->header('ETag'));
    race('PUTs of a space with If-Match: one replaces', $replace, @one_of_all);
    my $next = $alice->get("/space/$id")->header('ETag');
    my $delete = sub { return $alice->delete("/space/$id", ifs(match => $next)) };
    race('DELETEs of a space with If-Match: one deletes', $delete, @one_of_all);
}
{
    my $post = json_text({ uuid => new_id() });
    my $create = sub { return $alice->post('/spaces/', body => $post) };
    race('POSTs of one uuid: one creates', $create, 201 => 1, 409 => $WRITERS - 1);
}
# Strangers race for an id that nobody has.
{
    my $id = new_id();
    my @people = map { person() } 1 .. $WRITERS;
    my $create = sub { return put_space($people[$_[0]], $id) };
    race('strangers who create one space: one has it', $create, 204 => 1, 403 => $WRITERS - 1);
}
# Writing and deleting at once never gives another answer than those of one after the other.
for my $round (1 .. 10) {
    my $id = new_space($alice);
    my $turn = sub {
        my ($n) = @_;
        return $alice->put("/space/$id/r$n", body => 'x')->status if $n % 4;
        return ($alice->delete("/space/$id")->status, put_space($alice, $id)->status);
    };
    my $turns = sub {
        my ($n) = @_;
        return join ' ', grep { !/\A(?:204|404)\z/ } map { $turn->($n) } 1 .. 5;
    };
    my %count;
    $count{$_}++ for in_parallel($WRITERS, $turns);
    my $name = "design 1: a space that goes while resources come: 204 or 404, round $round";
    is_deeply(\%count, { '' => $WRITERS }, $name);
}
# A write of a space that is overtaken: it meets what is there, and whoever looks why finds nobody
# there any more, as behind the end of a sweep. It is done after all; where that happens again and
# again it is told to come back, and nothing of a right or a condition.
SKIP: {
    skip 'Citus has no triggers', 24 if WAS::Citus::count();
    WAS::Server::expect_error('UNAVAILABLE others make, move or delete this space all the time');
    for my $row (
        # what is asked; is it of a space that is there?; its condition; the status
        ['PUT', 0, [], 204],
        ['PUT', 0, [none => '*'], 204],
        ['PUT', 1, [], 204],
        ['POST', 0, [], 201],
    ) {
        my ($method, $is_there, $if, $status) = @$row;
        for my $times (1, 2, 99) {
            my $id = $is_there ? new_space($alice) : new_id();
            my $due = $times == 99 ? 503 : $status;
            my $target = $method eq 'PUT' ? "/space/$id" : '/spaces/';
            my @document = document(uuid => $id, name => 'late');
            my $ask = sub { $alice->request($method, $target, @document, ifs(@$if)) };
            my $what = ($is_there ? 'a space that is there' : 'a space') . (@$if ? " (@$if)" : '');
            my $name = "design 1: $method of $what, overtaken $times times";
            expect("$name: $due", overtaken('INSERT ON was_spaces', $id, $times, $ask), $due);
            my ($written) =
                sql(q(SELECT 1 FROM was_spaces WHERE space_uuid = ? AND name = 'late'), $id);
            is(!$written, $due == 503, "$name: whether it is written");
        }
    }
}
my $ORPHANS = q(SELECT 1 FROM was_resources r LEFT JOIN was_spaces s USING (space_uuid)
    WHERE s.space_uuid IS NULL);
is_deeply([sql($ORPHANS)], [], 'classic 2: no resource is left without a space');

done_testing;
