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
use WAS::Server;
use WAS::Story;
use WAS::Traffic qw(eventually);

my $alice = person();
my $bob = person();

sub http_date { return strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $_[0]) }

my $PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
my $FUTURE = http_date(time + 86_400);
my $ETAG = qr/\A"[^"]+"\z/;

# What the two kinds of objects have in common: how one is made, where it is, how it is written.
my $home = new_space($alice);
my @kinds = (
    { name => 'resource', cache => 'no-cache', vary => undef,
      fresh => sub { my $at = "/space/$home/" . new_id(); return ($at, $home) },
      write => sub { my ($n) = @_; return (body => "version $n", type => "text/v$n") } },
    { name => 'space', cache => 'private, no-cache', vary => qr/\bAccept\b/,
      fresh => sub { my $id = new_id(); return ("/space/$id", $id) },
      write => sub { my ($n) = @_;
          return (body => json_text({ controller => $alice->did, name => "version $n" }),
                  type => 'application/json') } },
);

sub if_($$) { return (headers => ["If-$_[0]" => $_[1]]) }
sub ifs { return (headers => [@_]) }

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
    my @reads = (
        ['If-None-Match, the version there', [ifs('If-None-Match' => $etag)], 304],
        ['If-None-Match, weakly', [ifs('If-None-Match' => "W/$etag")], 304],
        ['If-None-Match, in a list', [ifs('If-None-Match' => qq("x", $etag,"y"))], 304],
        ['If-None-Match, in two fields', [ifs('If-None-Match' => '"x"', 'If-None-Match' => $etag)], 304],
        ['If-None-Match: *', [ifs('If-None-Match' => '*')], 304],
        ['If-None-Match, an older version', [ifs('If-None-Match' => $old)], 200],
        ['If-None-Match, another tag', [ifs('If-None-Match' => '"x"')], 200],
        ['If-None-Match without quotes', [ifs('If-None-Match' => $etag =~ s/"//gr)], 200],
        ['If-Modified-Since the last change', [ifs('If-Modified-Since' => $modified)], 304],
        ['If-Modified-Since tomorrow', [ifs('If-Modified-Since' => $FUTURE)], undef],
        ['If-Modified-Since long ago', [ifs('If-Modified-Since' => $PAST)], 200],
        ['If-Modified-Since no date', [ifs('If-Modified-Since' => 'yesterday')], 200],
        ['If-None-Match wins over a date, for', [ifs('If-None-Match' => '"x"', 'If-Modified-Since' => $modified)], 200],
        ['If-None-Match wins over a date, against', [ifs('If-None-Match' => $etag, 'If-Modified-Since' => $PAST)], 304],
        ['If-Match, the version there', [ifs('If-Match' => $etag)], 200],
        ['If-Match: *', [ifs('If-Match' => '*')], 200],
        ['If-Match, an older version', [ifs('If-Match' => $old)], 412],
        ['If-Match, weakly', [ifs('If-Match' => "W/$etag")], 412],
        ['If-Unmodified-Since the last change', [ifs('If-Unmodified-Since' => $modified)], 200],
        ['If-Unmodified-Since long ago', [ifs('If-Unmodified-Since' => $PAST)], 412],
        ['If-Match wins over a date', [ifs('If-Match' => $etag, 'If-Unmodified-Since' => $PAST)], 200],
        ['what a browser adds', [ifs('If-None-Match' => $etag, Pragma => 'no-cache', 'Cache-Control' => 'no-cache')], 304],
        ['what a reload adds', [ifs('If-None-Match' => $etag, 'Cache-Control' => 'max-age=0')], 304],
    );
    for my $case (@reads) {
        my ($name, $options, $status) = @$case;
        for my $method (qw(GET HEAD)) {
            # A recipient may take a date in the future for none.
            my $res = $alice->request($method => $at, @$options);
            my @due = $status // $res->status;
            if (!defined $status) {
                ok($res->status == 200 || $res->status == 304, "RFC 9110 13: $method $what: $name") or diag $res->status;
                next;
            }
            my %want = (head => $method eq 'HEAD');
            $want{headers} = { ETag => $etag, 'Cache-Control' => $kind->{cache}, 'Access-Control-Allow-Origin' => '*',
                               Vary => $kind->{vary}, 'Access-Control-Expose-Headers' => qr/\bETag\b/ } if $status < 400;
            $want{pointer} = undef if $status == 412;
            $want{body} = '' if $status == 304;
            $want{type} = undef if $status == 304;
            expect("RFC 9110 13: $method $what: $name", $res, $status, %want);
        }
    }

    # Writes to what exists. Each row: the condition, whether it holds.
    my @conditions = (
        ['If-Match, the version there', ['If-Match' => '{etag}'], 1],
        ['If-Match: *', ['If-Match' => '*'], 1],
        ['If-Match, in a list', ['If-Match' => '"x", {etag} , "y"'], 1],
        ['If-Match, in two fields', ['If-Match' => '"x"', 'If-Match' => '{etag}'], 1],
        ['If-Match, with empty elements', ['If-Match' => ', "x",, {etag},'], 1],
        ['If-Match, a tag with a comma', ['If-Match' => '"a,b", {etag}'], 1],
        ['If-Match, a tag with a backslash', ['If-Match' => '"a\\", {etag}'], 1],
        ['If-Match, an empty tag', ['If-Match' => '"", {etag}'], 1],
        ['If-Match, a tag beyond ASCII', ['If-Match' => "\"\xe9\", {etag}"], 1],
        ['If-Match, 64 tags', ['If-Match' => join(',', ('"x"') x 63, '{etag}')], 1],
        ['If-Match, an older version', ['If-Match' => '{old}'], 0],
        ['If-Match, weakly', ['If-Match' => 'W/{etag}'], 0],
        ['If-Match, another tag', ['If-Match' => '"x"'], 0],
        ['If-Match, an empty tag only', ['If-Match' => '""'], 0],
        ['If-Match, a star in quotes', ['If-Match' => '"*"'], 0],
        ['If-Match, braces in quotes', ['If-Match' => '"{*}"'], 0],
        ['If-Match, an SQL value', ['If-Match' => q("a','b"), 'If-Match' => '"NULL"'], 0],
        ['If-Match, our tag in capitals', ['If-Match' => '{ETAG}'], 0],
        ['If-None-Match: *', ['If-None-Match' => '*'], 0],
        ['If-None-Match, the version there', ['If-None-Match' => '{etag}'], 0],
        ['If-None-Match, weakly', ['If-None-Match' => 'W/{etag}'], 0],
        ['If-None-Match, in a list', ['If-None-Match' => '"x", {etag}'], 0],
        ['If-None-Match, an older version', ['If-None-Match' => '{old}'], 1],
        ['If-None-Match, another tag', ['If-None-Match' => '"x"'], 1],
        ['If-Unmodified-Since the last change', ['If-Unmodified-Since' => '{modified}'], 1],
        ['If-Unmodified-Since tomorrow', ['If-Unmodified-Since' => $FUTURE], 1],
        ['If-Unmodified-Since long ago', ['If-Unmodified-Since' => $PAST], 0],
        ['If-Unmodified-Since no date', ['If-Unmodified-Since' => 'yesterday'], 1],
        ['If-Match wins over a date', ['If-Match' => '{etag}', 'If-Unmodified-Since' => $PAST], 1],
        ['If-Match and If-None-Match, both hold', ['If-Match' => '{etag}', 'If-None-Match' => '"x"'], 1],
        ['If-Match and If-None-Match, one holds', ['If-Match' => '{etag}', 'If-None-Match' => '*'], 0],
        ['If-Modified-Since means nothing', ['If-Modified-Since' => $FUTURE], 1],
        ['what a browser adds', ['If-Match' => '{etag}', Pragma => 'no-cache', 'Cache-Control' => 'no-cache'], 1],
        (map { ["a malformed list <$_->[1]>", ["If-$_->[0]" => $_->[1]], 400] }
            map { my $list = $_; map { [$_ => $list] } 'Match', 'None-Match' }
            '', ' ', ',', 'x', '"x', 'x"', '"x" "y"', '"x";', '*, "x"', '"x", *', '**', 'w/"x"', 'W/x', 'W/ "x"', '"a b"', "'x'"),
        ['a list of 65 tags', ['If-Match' => join ',', ('"x"') x 65], 400],
    );
    my @methods = $what eq 'resource' ? ([PUT => 204], [POST => 201], [DELETE => 204]) : ([PUT => 204], [DELETE => 204]);
    for my $row (@methods) {
        my ($method, $success) = @$row;
        my ($target, $space_id) = $kind->{fresh}->();
        my @versions;
        my $renew = sub {
            @versions = map { scalar $alice->put($target, $kind->{write}->($_))->header('ETag') } 1, 2;
            return scalar $alice->head($target)->header('Last-Modified');
        };
        my $date = $renew->();
        for my $case (@conditions) {
            my ($name, $headers, $holds) = @$case;
            my %known = (old => $versions[0], etag => $versions[1], ETAG => uc $versions[1] =~ s/\W//gr, modified => $date);
            my @headers = map { s/\{(\w+)\}/$known{$1} \/\/ $&/ger } @$headers;
            $headers[1] = '"' . uc($versions[1] =~ s/"//gr) . 'A"' if $name =~ /capitals/;
            my $before = snapshot($space_id);
            my @body = $method eq 'DELETE' ? () : $kind->{write}->(3);
            my $status = $holds == 400 ? 400 : $holds ? $success : 412;
            my $res = tell($alice, ["RFC 9110 13: $method $what: $name", $method => $target, [@body, headers => \@headers], $status,
                $status < 400 ? () : (pointer => $status == 400 ? '/precondition' : undef)]);
            if ($status < 400) {
                my $next = $res->header('ETag');
                @versions = ($versions[1], $next) if $next;
                $date = $next ? $alice->head($target)->header('Last-Modified') : $renew->();
            }
            else {
                same_rows("RFC 9110 13: $method $what: $name changes nothing", $before, $space_id);
            }
        }
        # Rights come before conditions.
        my $before = snapshot($space_id);
        my @body = $method eq 'DELETE' ? () : $kind->{write}->(3);
        tell($alice, map { my ($name, @condition) = @$_;
            ["classic 4: $method $what: a stranger, $name", $method => $target, [@body, by => $bob, headers => \@condition], 403],
            ["classic 4: $method $what: nobody, $name", $method => $target, [@body, sign => 0, headers => \@condition], 401],
        } ['a condition that holds', 'If-Match' => $versions[1]], ['a condition that does not', 'If-Match' => '"x"'],
          ['If-None-Match: *', 'If-None-Match' => '*']);
        same_rows("classic 4: $method $what: and nothing changed", $before, $space_id);

        # Writes to what is not there.
        for my $case (
            ['If-None-Match: *', ['If-None-Match' => '*'], 1],
            ['If-None-Match, a tag', ['If-None-Match' => '"x"'], 1],
            ['If-Match: *', ['If-Match' => '*'], 0],
            ['If-Match, a tag', ['If-Match' => '"x"'], 0],
            ['If-Match, a tag that was ours', ['If-Match' => $versions[1]], 0],
            ['If-Unmodified-Since long ago', ['If-Unmodified-Since' => $PAST], 1],
        ) {
            my ($name, $headers, $holds) = @$case;
            my ($absent, $absent_id) = $kind->{fresh}->();
            my $before = snapshot($absent_id);
            tell($alice, ["RFC 9110 13: $method of no $what: $name", $method => $absent, [@body, headers => $headers],
                $holds ? $success : 412]);
            same_rows("RFC 9110 13: $method of no $what: $name makes nothing", $before, $absent_id)
                if !$holds || $method eq 'DELETE';
        }
    }

    # Big contents wait elsewhere for their write; their conditions are the same.
    if ($what eq 'resource') {
        my ($target) = $kind->{fresh}->();
        my $big = random_bytes(1_500_000);
        my $first = tell($alice, ['RFC 9110 13: a big body, If-None-Match: *', PUT => $target, [body => $big, ifs('If-None-Match' => '*')], 204]);
        my $tag = $first->header('ETag');
        tell($alice,
            ['RFC 9110 13: a big body, If-None-Match: * again', PUT => $target, [body => $big . 'x', ifs('If-None-Match' => '*')], 412],
            ['RFC 9110 13: a big body, If-Match another', PUT => $target, [body => $big . 'x', ifs('If-Match' => '"x"')], 412],
            ['RFC 9110 13: a big body, If-Unmodified-Since', PUT => $target, [body => $big . 'x', ifs('If-Unmodified-Since' => $PAST)], 412],
            ['RFC 9110 13: a big body that was refused', GET => $target, [], 200, body => $big, headers => { ETag => $tag }],
            ['RFC 9110 13: a big body, If-Match', PUT => $target, [body => $big . 'y', ifs('If-Match' => $tag)], 204],
            ['RFC 9110 13: a big body that was taken', GET => $target, [], 200, body => $big . 'y'],
            ['RFC 9110 13: a big body into nothing, If-Match: *', PUT => "$target-none", [body => $big, ifs('If-Match' => '*')], 412],
            ['RFC 9110 13: a big body and a stranger', PUT => $target, [body => $big, by => $bob], 403],
            ['RFC 9110 13: a big body and no space', PUT => '/space/' . new_id() . '/a', [body => $big], 404, pointer => '/space'],
        );
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

# A space's validator is not its resources'.
{
    my $id = new_space($alice);
    my $before = $alice->get("/space/$id")->header('ETag');
    $alice->put("/space/$id/a", body => 'x');
    tell($alice, ['RFC 9110 8.8.3: a resource is no part of its space\'s document', GET => "/space/$id",
        [ifs('If-None-Match' => $before)], 304]);
    my $tag = $alice->get("/space/$id/a")->header('ETag');
    put_space($alice, $id, { name => 'n' });
    tell($alice, ['RFC 9110 8.8.3: nor the other way round', GET => "/space/$id/a", [ifs('If-None-Match' => $tag)], 304]);
    tell($alice, ['RFC 9110 8.8.3: the document\'s validator is not the export\'s', GET => "/space/$id",
        [headers => [Accept => 'application/x-tar', 'If-None-Match' => scalar $alice->get("/space/$id")->header('ETag')]], 200]);
}

# Another server writes the rows, and knows nothing of what we keep beside them (classic 8).
{
    my $UPSERT = 'INSERT INTO was_resources (space_uuid, path, content, content_type) VALUES (?, ?, ?, ?)'
        . ' ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content, content_type = EXCLUDED.content_type';
    my $SPACE = 'INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)'
        . ' ON CONFLICT (space_uuid) DO UPDATE SET controller = EXCLUDED.controller';
    my $id = new_id();
    sql($SPACE, $id, "urn:uuid:$id", $alice->did);
    sql($UPSERT, $id, '/a', 'from Python', 'text/plain');
    my $at = "/space/$id/a";
    tell($alice,
        ['classic 8: a space of the Python server', GET => "/space/$id", [], 200, headers => { ETag => $ETAG },
         json => { id => "urn:uuid:$id", controller => $alice->did }],
        ['classic 8: a resource of the Python server', GET => $at, [], 200, body => 'from Python', headers => { ETag => $ETAG }],
    );
    # Each row: name, what is done to the row.
    for my $write (
        ['an upsert', sub { sql($UPSERT, $id, '/a', "upsert $_[0]", 'text/plain') }],
        ['an upsert of the same', sub { sql($UPSERT, $id, '/a', 'same', 'text/plain') }],
        ['an upsert of the same again', sub { sql($UPSERT, $id, '/a', 'same', 'text/plain') }],
        ['an update', sub { sql('UPDATE was_resources SET content = ? WHERE space_uuid = ? AND path = ?', "update $_[0]", $id, '/a') }],
        ['an update of the type', sub { sql('UPDATE was_resources SET content_type = ? WHERE space_uuid = ? AND path = ?', 'x/y', $id, '/a') }],
        ['deletion and insertion', sub { sql('DELETE FROM was_resources WHERE space_uuid = ?', $id); sql($UPSERT, $id, '/a', "again $_[0]", 'text/plain') }],
    ) {
        my ($name, $code) = @$write;
        for my $ours (1, 0) {
            # After a write of ours, and after a write of theirs.
            $alice->put($at, body => 'ours') if $ours;
            my $seen = $alice->get($at);
            my ($tag, $date) = map { scalar $seen->header($_) } qw(ETag Last-Modified);
            $code->($ours);
            my $who = $ours ? 'ours' : 'theirs';
            my $now = $alice->get($at);
            isnt(scalar $now->header('ETag'), $tag, "design 6: $name after a write of $who: another ETag");
            my $fresh = $name =~ /insertion/;
            is(scalar $now->header('Last-Modified'), undef, "design 6: $name after a write of $who: no Last-Modified") if !$fresh;
            tell($alice,
                ["design 6: $name after a write of $who: If-None-Match", GET => $at, [ifs('If-None-Match' => $tag)], 200],
                ["design 6: $name after a write of $who: If-Match", GET => $at, [ifs('If-Match' => $tag)], 412],
                ["design 6: $name after a write of $who: If-Match on PUT", PUT => $at, [body => 'lost', ifs('If-Match' => $tag)], 412],
                ["design 6: $name after a write of $who: If-Match on DELETE", DELETE => $at, [ifs('If-Match' => $tag)], 412],
                $fresh ? () : map { ["design 6: $name after a write of $who: If-Modified-Since $_", GET => $at,
                    [ifs('If-Modified-Since' => $_)], 200, body => $now->body] } grep { defined } $date, http_date(time), http_date(time + 5),
                );
            my $theirs = $now->header('ETag');
            tell($alice,
                ["design 6: $name after a write of $who: its own ETag holds", GET => $at, [ifs('If-None-Match' => $theirs)], 304],
                ["design 6: $name after a write of $who: and for PUT", PUT => $at, [body => 'ours again', ifs('If-Match' => $theirs)], 204],
                ["design 6: a write of ours has a date again", GET => $at, [], 200, headers => { 'Last-Modified' => qr/GMT/ }],
            ) if $ours;
        }
    }
    my $tag = $alice->get("/space/$id")->header('ETag');
    sql($SPACE, $id, "urn:uuid:$id", $alice->did);
    tell($alice,
        ['design 6: their upsert of a space: If-None-Match', GET => "/space/$id", [ifs('If-None-Match' => $tag)], 200, headers => { 'Last-Modified' => undef }],
        ['design 6: their upsert of a space: If-Modified-Since', GET => "/space/$id", [ifs('If-Modified-Since' => http_date(time))], 200],
        ['design 6: their upsert of a space: If-Match on PUT', PUT => "/space/$id", [body => json_text({ controller => $alice->did }), ifs('If-Match' => $tag)], 412],
        ['design 6: their upsert of a space: If-Match on DELETE', DELETE => "/space/$id", [ifs('If-Match' => $tag)], 412],
        ['RFC 9110 13.1.4: without a date If-Unmodified-Since says nothing', PUT => "/space/$id",
         [body => json_text({ controller => $alice->did }), ifs('If-Unmodified-Since' => $PAST)], 204],
    );
}

# A write that began before another one and is done after it is the later one. Under a quota it waits
# for the lock of its space, which we hold, and so it has begun; without a quota nobody waits for it.
# Each row: name, how many bytes, conditions that hold for both, and whether the other one's resource is
# deleted before.
{
    my $limited = WAS::Server->start(
        dsn => WAS::Server::cluster()->dsn('was') . q( options='-c statement_timeout=60s'),
        config => qq(DBDKeep 8\nDBDMax 8\n<Location "/">\nWASQuotaPerSpace 100000000\n</Location>\n));
    my $slow = $limited->client($alice->key, timeout => 90);
    my $id = new_space($alice);
    my @writes = (['a small write', 100], ['a big write', 1_500_000], ['a big write with If-Match: *', 1_500_000, ['If-Match' => '*']],
        ['a small write, after a deletion,', 100, [], 'deleted'], ['a big write, after a deletion,', 1_500_000, [], 'deleted']);
    my @late = map { random_bytes($_->[1]) } @writes;
    my @at = map { "/space/$id/$_" } keys @writes;
    $alice->put($_, body => 'first') for @at;

    my $holder = WAS::Server::dbh();
    $holder->begin_work;
    $holder->do(q(SELECT pg_advisory_xact_lock(hashtextextended('was:space:' || ?, 0))), undef, $id);
    my $waiting = WAS::Traffic->start(clients => scalar @writes, times => 1, each => sub {
        my ($n) = @_;
        return { status => $slow->put($at[$n], body => $late[$n], headers => $writes[$n][2] // [])->status };
    });
    my $WAITING = q(SELECT count(*), floor(extract(epoch FROM max(xact_start))) FROM pg_stat_activity)
        . q( WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory');
    ok(eventually(30, sub { (sql($WAITING))[0][0] == @writes }), 'design 6: writes that have begun and wait');
    my $began = (sql($WAITING))[0][1];
    # Dates count whole seconds.
    my $after = sub { my ($second) = @_; return eventually(5, sub { int time > $second }) };
    my $seconds = sub { return (sql('SELECT extract(epoch FROM ?::timestamptz)::bigint', $_[0]))[0][0] };
    $after->($began);
    my @between = map { $alice->put($_, body => 'between'); scalar $alice->head($_)->header('Last-Modified') } @at;
    my @second = map { $seconds->($_) } @between;
    $alice->delete($at[$_]) for grep { $writes[$_][3] } keys @writes;
    $after->((sort { $a <=> $b } @second)[-1]);
    $holder->rollback;
    my %status = map { $_->{client} => $_->{status} // $_->{died} } $waiting->finish(patient => 1);

    for my $n (keys @writes) {
        my ($name) = @{ $writes[$n] };
        is($status{$n}, 204, "design 6: $name that was overtaken is done");
        cmp_ok($second[$n], '>', $began, "design 6: $name that was overtaken: the other one began a second later");
        my $last = tell($alice, ["design 6: $name that was overtaken: GET If-Modified-Since the other one", GET => $at[$n],
            [ifs('If-Modified-Since' => $between[$n])], 200, body => $late[$n]]);
        cmp_ok($seconds->($last->header('Last-Modified')), '>', $second[$n], "design 6: $name that was overtaken: Last-Modified does not go back");
        tell($alice, ["design 6: $name that was overtaken: PUT If-Unmodified-Since the other one", PUT => $at[$n],
            [body => 'lost', ifs('If-Unmodified-Since' => $between[$n])], 412]);
    }
}

# Of many writers at once, one wins. Each row: name, size, what they all send.
my $WRITERS = 16;

sub race {
    my ($name, $request, %due) = @_;
    my %count;
    $count{$_}++ for in_parallel($WRITERS, sub { return $request->($_[0])->status });
    is_deeply(\%count, \%due, "design 1: $name");
}

for my $case (['small', 100, 3], ['big', 1_200_000, 1]) {
    my ($size, $bytes, $rounds) = @$case;
    for my $round (1 .. $rounds) {
        my $at = "/space/$home/race-" . new_id();
        race("$size PUTs with If-None-Match: *: one creates", sub {
            return $alice->put($at, body => sprintf('%02d', $_[0]) x ($bytes / 2), ifs('If-None-Match' => '*'));
        }, 204 => 1, 412 => $WRITERS - 1);
        my $tag = $alice->head($at)->header('ETag');
        my $got = $alice->get($at)->body;
        is($got, substr($got, 0, 2) x ($bytes / 2), "design 1: what is there is of one writer");
        race("$size PUTs with If-Match: one replaces", sub {
            return $alice->put($at, body => sprintf('%02d', $_[0]) x ($bytes / 2), ifs('If-Match' => $tag));
        }, 204 => 1, 412 => $WRITERS - 1);
        my $next = $alice->head($at)->header('ETag');
        race("$size DELETEs with If-Match: one deletes", sub { return $alice->delete($at, ifs('If-Match' => $next)) },
            204 => 1, 412 => $WRITERS - 1);
    }
    race("$size PUTs without conditions: all succeed", sub {
        return $alice->put("/space/$home/race", body => sprintf('%02d', $_[0]) x ($bytes / 2));
    }, 204 => $WRITERS);
    my $got = $alice->get("/space/$home/race")->body;
    is($got, substr($got, 0, 2) x ($bytes / 2), "design 1: what is there is of one writer");
}
{
    my $id = new_id();
    my $write = sub { my (@headers) = @_; return sub { put_space($alice, $id, { name => "n$_[0]" }, headers => \@headers) } };
    race('PUTs of a space with If-None-Match: *: one creates', $write->('If-None-Match' => '*'), 204 => 1, 412 => $WRITERS - 1);
    my $tag = $alice->get("/space/$id")->header('ETag');
    race('PUTs of a space with If-Match: one replaces', $write->('If-Match' => $tag), 204 => 1, 412 => $WRITERS - 1);
    my $next = $alice->get("/space/$id")->header('ETag');
    race('DELETEs of a space with If-Match: one deletes', sub { return $alice->delete("/space/$id", ifs('If-Match' => $next)) },
        204 => 1, 412 => $WRITERS - 1);
}
{
    my $id = new_id();
    race('POSTs of one uuid: one creates', sub {
        return $alice->post('/spaces/', body => json_text({ uuid => $id }));
    }, 201 => 1, 409 => $WRITERS - 1);
}
# Strangers race for an id that nobody has.
{
    my $id = new_id();
    my @people = map { person() } 1 .. $WRITERS;
    race('strangers who create one space: one has it', sub { return put_space($people[$_[0]], $id) }, 204 => 1, 403 => $WRITERS - 1);
}
# Writing and deleting at once never gives another answer than those of one after the other.
{
    my $id = new_space($alice);
    my %count;
    $count{$_}++ for in_parallel($WRITERS, sub {
        my ($n) = @_;
        my @statuses = map {
            $n % 4 == 0 ? ($alice->delete("/space/$id")->status, put_space($alice, $id)->status)
                : $alice->put("/space/$id/r$n", body => 'x')->status
        } 1 .. 5;
        return join ' ', grep { !/\A(?:204|404)\z/ } @statuses;
    });
    is_deeply(\%count, { '' => $WRITERS }, 'design 1: a space that goes while resources come: 204 or 404');
    is_deeply([sql('SELECT 1 FROM was_resources r LEFT JOIN was_spaces s USING (space_uuid) WHERE s.space_uuid IS NULL')], [],
        'classic 2: no resource is left without a space');
}

done_testing;
