# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Cells: two servers with a database each behind one front (conf/cells.conf), as docs/scale.md has
# them. Whoever signs finds his spaces through the front as in one server; new ones come to be where
# the front looks for them; and was-admin moves a space from one to the other while it is read and
# written, so that all of it is there afterwards, and never can it be written to in both.
#
# With WAS_CELLS_SPACES=1000, so many spaces of 1,000 resources each are moved under 16 clients, and
# nobody may be refused for longer than a second.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(max sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(time);
use WAS::Admin qw(admin says);
use WAS::Cells;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $SPACES = $ENV{WAS_CELLS_SPACES} // 6;
my $CLIENTS = $ENV{WAS_CELLS_SPACES} ? 16 : 4;
my $RESOURCES = $ENV{WAS_CELLS_SPACES} ? 1000 : 20;
my $BIG = random_bytes(3 << 20);
my @TEXT = (type => 'text/plain', body => 'x');

my $cells = WAS::Cells->new;
my %other = (a => 'b', b => 'a');

# Somebody with a fresh key, through the front.
sub person {
    my ($protocol) = @_;
    my $key = WAS::Key->fresh;
    return at($cells->origin('pws'), $key) if $protocol eq 'pws';
    return WAS::Client->new(base => $cells->origin('classic'), key => $key, timeout => 60);
}

# One whose POST goes to a cell.
sub person_of {
    my ($protocol, $cell) = @_;
    while (1) {
        my $who = person($protocol);
        return $who if $cell eq ($who->did =~ /[a-z2-5]\z/ ? 'b' : 'a');
    }
}

# A space of an id, by PUT.
sub put_named {
    my ($who, $id) = @_;
    my %document = (id => $id, controller => $who->did);
    return put_due($who, 201, "/space/$id/meta", json => \%document, zcap => { root => 'self' });
}

sub move_space {
    my ($id, $from, @more) = @_;
    my $to = $other{$from};
    my @map = ('--map', $cells->map_file, '--cell', $to);
    return admin(
        $cells->dsn($from), 'move-space', $id, '--to-db', $cells->dsn($to), @map,
        @more ? @more : '--yes');
}

# The only cell that has the space open.
sub home {
    my ($protocol, $id) = @_;
    my $places = $cells->places($protocol, $id);
    my @open = grep { $places->{$_} eq 'open' } keys %$places;
    return @open == 1 ? $open[0] : 'none, or both';
}

# 1. What is signed arrives as it was sent, whatever is in it.
my $alice = person('classic');
my %space = map { $_ => new_id() =~ s/^./$_/r } qw(0 8);
my %cell = (0 => 'a', 8 => 'b');
for my $digit (sort keys %space) {
    my $at = "/space/$space{$digit}";
    my $document = json_text({ controller => $alice->did });
    my $res = $alice->put($at, type => 'application/json', body => $document);
    is($res->status, 204, "classic: a space whose id begins with $digit");
    is(home(classic => $space{$digit}), $cell{$digit}, "classic, $digit: where it belongs");
    for my $name ('r', 'a%20b', 'a%2Fb', 'a%3Fb', '%C3%A4', 'a//b', 'a;b=c,d', '%7Er~', 'x?a=%3F&b')
    {
        my $put = $alice->put("$at/$name", @TEXT);
        my $got = $alice->get("$at/$name", sign => 0);
        is($put->status . ' ' . $got->body, '204 x', "classic, $digit: $name") or diag $put->body;
    }
    is(
        $alice->put("$at/big", body => $BIG, headers => [Expect => '100-continue'])->status,
        204, "classic, $digit: 3 MiB in, by Expect");
    ok($alice->get("$at/big")->body eq $BIG, "classic, $digit: and out");
    is(
        $alice->get("$at/big", headers => [Range => 'bytes=1048570-1048579'])->body,
        substr($BIG, 1048570, 10), "classic, $digit: a range of it");
}

# 2. New spaces: an id that the server chooses is one of its cell, whoever asks; the list of who
# made them has them all.
my %seen;
for my $turn (1 .. 12) {
    my %id;
    my $classic = person('classic');
    my $res = $classic->post('/spaces/', type => 'application/json', body => '{}');
    ($id{classic}) = ($res->header('Location') // '') =~ m{/space/(.+)};
    my $pws = person('pws');
    $id{pws} = make_space($pws);
    for my $protocol (sort keys %id) {
        my $cell = home($protocol, $id{$protocol});
        $seen{"$protocol $cell"}++;
        my $digits = { a => qr/^[0-7]/, b => qr/^[89a-f]/ }->{$cell} // qr/^$/;
        like($id{$protocol}, $digits, "$protocol: an id of cell $cell");
    }
    is($classic->get("/space/$id{classic}")->status, 200, 'classic: found again');
    is($pws->get("/space/$id{pws}/")->status, 200, 'pws: found again');
    is(scalar @{ $classic->get('/spaces/')->json }, 1, 'classic: and listed');
    is($pws->get('/spaces/')->json->{totalItems} // 'none', 1, 'pws: and listed');
}
is_deeply([sort keys %seen], ['classic a', 'classic b', 'pws a', 'pws b'], 'in all cells');

# An id of the client's: by PUT wherever it belongs, by POST only where that happens to be.
for my $cell (qw(a b)) {
    my ($mine, $foreign) = $cell eq 'a' ? qw(0 8) : qw(8 0);
    my $who = person_of('classic', $cell);
    my ($id, $alien) = map { new_id() =~ s/^./$_/r } $mine, $foreign;
    my $post = sub {
        my $body = json_text({ uuid => $_[0] });
        return $who->post('/spaces/', type => 'application/json', body => $body);
    };
    is($post->($id)->status, 201, "classic, $cell: POST of an id of its own");
    my $res = $post->($alien);
    is($res->status, 421, "classic, $cell: of another cell's");
    like($res->body, qr/spec#misdirected-request".*PUT the space's own URL/, 'and what to do');
    is_deeply($cells->places(classic => $alien), {}, 'nothing was made');
    $who = person_of('pws', $cell);
    ($id, $alien) = map { new_id() =~ s/^./$_/r } $mine, $foreign;
    is(home(pws => make_space($who, id => $id)), $cell, "pws, $cell: POST of an id of its own");
    my %document = (controller => $who->did, id => $alien);
    due(
        "pws, $cell: of another cell's",
        $who->send_json(POST => '/spaces/', \%document),
        421, 'about:blank', check => sub { $_[0]->body =~ /PUT the space's meta/ ? () : 'no way' });
    is_deeply($cells->places(pws => $alien), {}, 'nothing was made');
    put_named($who, $alien);
    is(
        home(pws => $alien), $other{$cell},
        'by PUT, through the front, it is made where it belongs');
}

# 3. Portable Web Spaces through the front, and a space that has something of everything.
my $carol = person('pws');
my $dave = at($cells->origin('pws'), WAS::Key->fresh);
my $erin = at($cells->origin('pws'), WAS::Key->fresh);
my $rich = new_id() =~ s/^./0/r;
put_named($carol, $rich);
my $of = "/space/$rich";
my $at = make_collection($carol, $rich, 'c', { map { $_ => $_ } qw(r gone noted chunked) });
put_due($carol, 201, "$at/long", type => 'text/plain', body => $BIG);
put_due($carol, 200, "$at/long", type => 'text/plain', body => $BIG . 'x');
put_due($carol, 200, "$at/noted/meta", json => { custom => { name => 'n' } });
put_due($carol, 204, "$at/chunked/chunks/$_->[0]", type => 'text/plain', body => $_->[1])
    for [0 => 'x'], [7 => $BIG];
put_due($carol, 201, "$at/r/policy", json => { type => 'PublicCanRead' });
my %backend = (id => 'elsewhere', provider => 'p', connection => { kind => 'k' });
put_due($carol, 201, "$of/backends/elsewhere", json => \%backend);
$carol->delete("$at/gone")->status == 204 or die 'not deleted';
make_collection($carol, $rich, 'gone', { r => 'x' });
$carol->delete("$of/gone/")->status == 204 or die 'no collection deleted';
my $entry = '{"hmac":{"id":"i"},"attributes":[{"name":"n","value":"v"}]}';
put_due(
    $carol, 201, "$at/found",
    type => 'application/json', body => qq({"indexed":[$entry]}));
my $target = $carol->space_url($rich);
my %to = (by => $carol->key, actions => [qw(GET PUT)], target => $target);
my ($kept, $revoked) = map { delegate($target, %to, to => $_->key) } $dave, $erin;
put_due($dave, 201, "$at/by-dave", @TEXT, zcap => { capability => $kept });
my $revoke = sub {
    my ($capability) = @_;
    my $path =
        "$of/zcaps/revocations/" . ($capability->{id} =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger);
    return $carol->send_json(POST => $path, $capability);
};
is($revoke->($revoked)->status, 204, 'pws: a capability is revoked');

sub changes_since {
    my ($checkpoint) = @_;
    my %query = (profile => 'changes', $checkpoint ? (checkpoint => $checkpoint) : ());
    return $carol->send_json(POST => "$at/query", \%query);
}
my $page = changes_since()->json;
my $checkpoint = $page->{checkpoint};
ok($checkpoint, 'pws: a checkpoint of the feed') or diag json_text($page);

# All that is stored of a space, but what tells where it is.
sub content_of {
    my ($cell, $protocol, $id) = @_;
    my $dbh = $cells->dbh($cell);
    my $like = $protocol eq 'pws' ? 'was_pws_%' : 'was_spaces|was_resources';
    my %rows;
    for my $table (grep { $protocol eq 'pws' ? /^was_pws_/ : /^was_(?:spaces|resources)/ } tables())
    {
        my $sort = "SELECT md5(((to_jsonb(t) - '{is_frozen,thawed,written}'::text[])::text))"
            . " FROM $table t WHERE space_uuid = ? ORDER BY 1";
        $rows{$table} = $dbh->selectcol_arrayref($sort, undef, $id);
    }
    return \%rows;
}

# Those with rows of spaces.
sub tables {
    return @{ $cells->dbh('a')->selectcol_arrayref(<<'SQL') };
SELECT a.attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attname = 'space_uuid' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
SQL
}

# 4. No table is forgotten.
my $source = WAS::Server::slurp("$ENV{WAS_TOP}/src/store/admin/was_admin_cell.c");
my %listed = map { $_ => 1 } $source =~ /\{\.name = "(\w+)"/g;
is_deeply([grep { !$listed{$_} } tables()], [], 'each table with rows of spaces is copied');

# 5. What cannot be moved stays as it was.
my $third = WAS::Server::create_database();
my $third_dsn = WAS::Server::cluster()->dsn($third);
admin($third_dsn, 'upgrade', '--yes')->{code} == 0 or die 'no schema';
my $database = $cells->dsn('b');
my @line = ('move-space', $rich, '--to-db', $database);
for my $row (
    ['without a database', 2, qr/--to-db/, 'move-space', $rich],
    ['with a map and no cell', 2, qr/belong together/, @line, '--map', 'x'],
    ['with a cell of two words', 2, qr/without blanks/, @line, '--map', 'x', '--cell', 'a b'],
    ['to what is no database', 2, qr/libpq/, 'move-space', $rich, '--to-db', 'a=b c'],
    ['of what is not there', 3, qr/no space/, 'move-space', new_id(), '--to-db', $database],
    ['to where it is', 5, qr/in the other database/, @line[0 .. 2], $cells->dsn('a'), '--yes'],
    ['without the same origin', 5, qr/share-origin/, @line[0 .. 2], $third_dsn, '--yes'],
) {
    my ($name, $code, $says, @words) = @$row;
    says("move-space $name", admin($cells->dsn('a'), @words), $code, $says);
    is_deeply($cells->places(pws => $rich), { a => 'open' }, "$name: nothing has changed");
}
says(
    'share-origin with one that has spaces',
    admin($third_dsn, 'share-origin', '--to-db', $database, '--yes'),
    5, qr/has spaces already/);
my @share = ('share-origin', '--to-db', $third_dsn);
says('share-origin, dry', admin($cells->dsn('a'), @share), 0, qr/can have this one's/);
says('share-origin', admin($cells->dsn('a'), @share, '--yes'), 0, qr/has the origin/);
says('share-origin, again', admin($cells->dsn('a'), @share, '--yes'), 0, qr/already/);

# 6. A move.
my $before = content_of('a', 'pws', $rich);
my %etag = map { $_ => scalar $carol->get("$at/$_")->header('ETag') } qw(r long noted);
says('a move, dry', move_space($rich, 'a', '--json'), 0, qr/"done":false/);
my $waiting = WAS::Traffic->start(
    clients => 1,
    times => 1,
    each => sub {
        my $res = $carol->request(
            POST => "$at/query", type => 'application/json', headers => [Prefer => 'wait=20'],
            body => json_text({ profile => 'changes', checkpoint => $checkpoint }));
        return { status => $res->status, body => $res->body };
    });
# A transaction of another database in the same PostgreSQL is none to wait for.
my $foreign = WAS::Server::dbh($third);
$foreign->begin_work;
$foreign->do('SELECT pg_current_xact_id()');
says('a move', move_space($rich, 'a'), 0, qr/\tyes\t\d+\t\d+\t\d+\n/);
$foreign->rollback;
is_deeply($cells->places(pws => $rich), { a => 'moved', b => 'open' }, 'and where it is now');
is_deeply(content_of('b', 'pws', $rich), $before, 'all of it is there, as it was');
is(scalar $carol->get("$at/$_")->header('ETag'), $etag{$_}, "its validator: $_")
    for sort keys %etag;
ok($carol->get("$at/long")->body eq $BIG . 'x', 'its long content');
ok($carol->get("$at/chunked/chunks/7")->body eq $BIG, 'its long chunk');
put_due($dave, 200, "$at/by-dave", @TEXT, zcap => { capability => $kept });
pass('whose capability is good, writes');
due(
    'who was revoked, does not', $erin->put("$at/r", @TEXT, zcap => { capability => $revoked }),
    404, 'capability-revoked');
is_deeply(
    [map { $_->{id} } @{ changes_since($checkpoint)->json->{documents} // [] }], ['by-dave'],
    'the feed goes on where it was'
) or diag changes_since($checkpoint)->body;
says('nothing is wrong there', admin($cells->dsn('b'), 'check'), 0, qr/nothing is wrong/);
my ($waited) = $waiting->finish(patient => 1);
is($waited->{status}, 200, 'who waited for a change meanwhile is answered');

# What stays behind.
says(
    'thaw of what was moved', admin($cells->dsn('a'), 'thaw', $rich, '--yes'), 5,
    qr/move-space again/);
says('a move, again', move_space($rich, 'a'), 0, qr/\tyes\t/);
says('back, while something stands in the way', move_space($rich, 'b'), 5, qr/to be erased/);
says('its state', admin($cells->dsn('a'), 'show', $rich), 0, qr/state\s+moved/);
says('what was left is erased', admin($cells->dsn('a'), 'erase', $rich, '--yes'), 0, qr/\tyes\n/);
is_deeply($cells->places(pws => $rich), { b => 'open' }, 'and is gone');
$before = content_of('b', 'pws', $rich);
says('back', move_space($rich, 'b'), 0, qr/\tyes\t/);
is_deeply(content_of('a', 'pws', $rich), $before, 'all of it is back');
ok($carol->get("$at/long")->body eq $BIG . 'x', 'its long content, too');
says('nothing is wrong here', admin($cells->dsn('a'), 'check'), 0, qr/nothing is wrong/);
says('what was left there is erased', admin($cells->dsn('b'), 'erase', $rich, '--yes'), 0, qr/yes/);

# 7. The classic protocol.
my $id = $space{0};
my ($old) = map { scalar $_->header('ETag') } $alice->get("/space/$id/big");
my $modified = $alice->get("/space/$id/r")->header('Last-Modified');
says('classic: a move', move_space($id, 'a'), 0, qr/\tyes\t/);
is_deeply($cells->places(classic => $id), { a => 'moved', b => 'open' }, 'classic: where it is');
is_deeply(content_of('b', 'classic', $id), content_of('a', 'classic', $id), 'classic: all of it');
ok($alice->get("/space/$id/big")->body eq $BIG, 'classic: its long content');
is($alice->get("/space/$id/r")->header('Last-Modified'), $modified, 'classic: its date');
is(
    $alice->put("/space/$id/big", @TEXT, headers => ['If-Match' => $old])->status, 412,
    'classic: who has a validator from before reads again');
is($alice->put("/space/$id/r", @TEXT)->status, 204, 'classic: written to');
says(
    'classic: what was left is erased', admin($cells->dsn('a'), 'erase', $id, '--yes'), 0,
    qr/yes/);

# 8. Ended in the middle. While something holds the copy up, nobody writes, everybody reads, and
# nobody can let the space go; what is said again goes on.
my $lock = $cells->dbh('b');
$lock->begin_work;
$lock->do('LOCK TABLE was_pws_terms IN SHARE MODE');    # which gives it no transaction's number
my $mover = fork // die "fork: $!";
if ($mover == 0) {
    delete local @ENV{ grep { /\APG/ } keys %ENV };
    local $ENV{WAS_STORAGE_DSN} = $cells->dsn('a');
    open STDOUT, '>', '/dev/null';
    exec "$ENV{WAS_BUILD}/was-admin", 'move-space', $rich, '--to-db', $cells->dsn('b'), '--map',
        $cells->map_file, '--cell', 'b', '--yes';
}
my $held_up = sub {
    return $cells->dbh('b')->selectrow_array(<<'SQL');
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'was_pws_terms'::regclass
SQL
};
ok(eventually(20, $held_up), 'a move is under way');
my @writes = (
    ['PUT', PUT => "$at/r", [@TEXT]],
    ['PUT of 3 MiB', PUT => "$at/more", [type => 'text/plain', body => $BIG]],
    ['DELETE', DELETE => "$at/r", []],
    ['POST of a collection', POST => "$of/", [json => { id => 'e' }]],
    ['PUT of a chunk', PUT => "$at/chunked/chunks/0", [@TEXT]],
    ['PUT of the space', PUT => "$of/meta", [json => { id => $rich, controller => $carol->did }]],
    ['DELETE of the space', DELETE => "$of/", []],
);
my $refused = sub {
    my ($when) = @_;
    told(
        $carol,
        map { [@$_[0 .. 3], 503, 'storage-error', headers => { 'Retry-After' => qr/^\d+$/ }] }
            map { my ($name, @rest) = @$_; ["$when: $name", @rest] } @writes);
    due("$when: revocation", $revoke->($kept), 503, 'storage-error');
    is($carol->get("$at/by-dave")->body, 'x', "$when: reads go on");
};
$refused->('moving');
$before = content_of('a', 'pws', $rich);
kill KILL => $mover;
waitpid $mover, 0;
$lock->rollback;
is_deeply($cells->places(pws => $rich), { a => 'moving' }, 'killed: on its way, and nowhere else');
$refused->('killed');
says('killed: thaw', admin($cells->dsn('a'), 'thaw', $rich, '--yes'), 5, qr/move-space again/);
says(
    'killed: another controller',
    admin($cells->dsn('a'), 'move', $rich, '--to', $dave->did, '--yes'), 5, qr/moved/);
says('killed: erase', admin($cells->dsn('a'), 'erase', $rich, '--yes'), 1, qr/end its move/);
says('killed: said again', move_space($rich, 'a'), 0, qr/\tyes\t/);
is_deeply(content_of('b', 'pws', $rich), $before, 'all of it is there');
# Killed when the other database had it, and this one did not know.
$cells->dbh('a')->do('UPDATE was_pws_spaces SET thawed = now() WHERE space_uuid = ?', undef, $rich);
put_due($carol, 200, "$at/r", type => 'text/plain', body => 'written there');
says('killed behind the commit: said again', move_space($rich, 'a'), 0, qr/\tyes\t/);
is($carol->get("$at/r")->body, 'written there', 'what was written there stays');
is_deeply($cells->places(pws => $rich), { a => 'moved', b => 'open' }, 'and where it is');
says(
    'to a third one, by mistake',
    admin($cells->dsn('a'), 'move-space', $rich, '--to-db', $third_dsn, '--yes'), 5,
    qr/another database/);

# 9. Under load: each client writes to its spaces, one after the other, while they are moved; what
# was acknowledged is there afterwards, and what was refused says so. Who was refused says it again.
my @load = map { my $who = person('pws'); { who => $who, id => make_space($who) } } 1 .. $SPACES;
for my $space (@load) {
    $space->{at} = make_collection($space->{who}, $space->{id}, 'c', { first => 'x' });
}

# As many resources as there are to be, but for the first.
for my $cell (qw(a b)) {
    my $dbh = $cells->dbh($cell);
    my @values = ($RESOURCES - 1, [map { $_->{id} } @load]);
    my $of = <<'SQL';
FROM was_pws_collections c JOIN was_pws_counters k ON k.space_uuid = c.space_uuid
    AND k.collection_generation = c.generation, generate_series(1, ?) n
WHERE c.space_uuid = ANY (?)
SQL
    $dbh->do(<<"SQL", undef, @values);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms)
SELECT c.space_uuid, c.generation, 'seed' || n, n, 'text/plain', 100, convert_to(rpad('', 100, 'x'),
    'UTF8'), 0, k.position + n, 0 $of
SQL
    $dbh->do(<<"SQL", undef, @values);
UPDATE was_pws_counters u SET position = u.position + x.number, resources = u.resources + x.number,
    bytes = u.bytes + x.bytes
FROM (SELECT k.space_uuid, count(*) AS number,
    sum(400 + length('seed' || n) + 100 + length('text/plain')) AS bytes $of GROUP BY 1) x
WHERE u.space_uuid = x.space_uuid
SQL
}
my $again;
my $traffic = WAS::Traffic->start(
    clients => $CLIENTS,
    each => sub {
        my ($client, $turn) = @_;
        # Clients sign on machines of their own: not on the processors that servers have here.
        POSIX::nice(10) if $turn == 0;
        my @mine = grep { $_ % $CLIENTS == $client } 0 .. $#load;
        my $number = $again // $mine[$turn % @mine];
        my $space = $load[$number];
        my $res = $space->{who}->put("$space->{at}/w$turn", type => 'text/plain', body => "$turn");
        my $read = $space->{who}->get("$space->{at}/first");
        $again = $res->status == 503 ? $number : undef;
        return {
            space => $number, name => "w$turn", status => $res->status,
            read => $read->status
        };
    });
my @took;
for my $space (@load) {
    my $ran = move_space($space->{id}, home(pws => $space->{id}));
    $ran->{code} == 0 or diag $ran->{err};
    push @took, $ran->{out} =~ /\t(\d+)\n\z/;
}
my @records = $traffic->finish;
is(scalar @took, $SPACES, "$SPACES spaces are moved under $CLIENTS clients");
my %status;
$status{ $_->{status} // $_->{died} }++ for @records;
is_deeply([grep { !/^(?:201|503)$/ } keys %status], [], 'writes: done, or told to come again')
    or diag explain \%status;
is_deeply([grep { ($_->{read} // 0) != 200 } @records], [], 'reads went on');
for my $space (@load) {
    my $stored = $cells->dbh(home(pws => $space->{id}))->selectcol_arrayref(
        'SELECT resource FROM was_pws_resources WHERE space_uuid = ?', undef,
        $space->{id});
    $space->{stored} = { map { $_ => 1 } @$stored };
}
my @lost = grep { !$load[$_->{space}]{stored}{ $_->{name} } }
    grep { ($_->{status} // 0) == 201 } @records;
is_deeply(\@lost, [], 'what was acknowledged is there');
my %longest;
my %since;
for my $record (@records) {
    my $number = $record->{space} // next;
    if ($record->{status} == 503) {
        $since{$number} //= $record->{begin};
    }
    elsif (my $begin = delete $since{$number}) {
        $longest{$number} = max($longest{$number} // 0, $record->{end} - $begin);
    }
}
my @refused = sort { $a <=> $b } values %longest;
my $seconds = $records[-1]{end} - $records[0]{begin};
note sprintf '%d spaces of %d resources, %d writes in %d s, %d refused, %d lost', $SPACES,
    $RESOURCES, scalar @records, $seconds, $status{503} // 0, scalar @lost;
note sprintf 'a refusal by was-admin: mean %.0f ms, longest %d ms', sum0(@took) / @took, max(@took);
note sprintf 'seen by a client: of %d the median %.2f s, the longest %.2f s', scalar @refused,
    @refused ? @refused[$#refused / 2, -1] : (0, 0);
cmp_ok(max(0, @refused), '<', 1, 'nobody was refused for longer than a second')
    if $ENV{WAS_CELLS_SPACES};

done_testing();
