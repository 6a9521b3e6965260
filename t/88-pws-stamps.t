# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Stamps of records (protocol/pws-next C): each write of a record is above the one before, whatever
# the database's clock says, over deletion and re-creation, and so no validator ever comes twice.
# What is deleted leaves its stamp and position; what is refused, or has nothing to delete, writes
# nothing at all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Charge;
use WAS::Holder;
use WAS::Zcap;

my $ROUNDS = 200;
my $FULL = 2_147_483_647;    # the largest counter within a millisecond
my $DAY = 86_400_000;
my $alice = holder('pws');
my $mallory = holder('pws');

sub text { return (type => 'text/plain', body => $_[0]) }
sub document { return (type => 'application/json', body => json_text($_[0])) }
sub only { return (headers => [@_]) }
my @owned = document({ controller => $alice->did });
my @public = document({ type => 'PublicCanRead' });
my @noted = document({ custom => { name => 'n' } });
my $now = 'floor(date_part(\'epoch\', statement_timestamp()) * 1000)::bigint';

# The kinds of records: how one is written, always with the same bytes, below its space; the table
# and the columns of its stamp, and which row it is; which tombstone it leaves.
my @RECORDS = (
    ['space', [PUT => '/meta', @owned], 'spaces', 'updated', 'true'],
    ['collection', [PUT => '/c/meta', document({})], 'collections', 'updated', 'true', 'c', 'c'],
    ['resource', [PUT => '/c/r', text('x')], 'resources', 'updated', 'true', 'r', 'r'],
    ['metadata', [PUT => '/c/r/meta', @noted], 'resources', 'meta', 'true'],
    [
        'policy of a space', [PUT => '/policy', @public],
        'policies', 'updated', "resource = '' AND position IS NULL", 'p', ''
    ],
    [
        'policy of a collection', [PUT => '/c/policy', @public],
        'policies', 'updated', "resource = '' AND position > 0", 'p', ''
    ],
    [
        'policy of a resource', [PUT => '/c/r/policy', @public],
        'policies', 'updated', "resource = 'r'", 'p', 'r'
    ],
);

# Where the clock may stand when a record is written: the stamp that it has by then, and the next
# one, in milliseconds from the held one; undef for a new millisecond of the clock.
my @CLOCKS = (
    ['behind', $DAY, 0, [0, 1]],
    ['behind, within a millisecond', $DAY, 41, [0, 42]],
    ['behind, the counter full', $DAY, $FULL, [1, 0]],
    ['ahead', -$DAY, 41, undef],
    ['ahead, the counter full', -$DAY, $FULL, undef],
);

# A space with a collection of one resource, and one of each policy, all of which were written.
sub furnished {
    my $space = make_space($alice);
    make_collection($alice, $space, 'c', { r => 'x' });
    write_record($space, $_) for @RECORDS;
    return $space;
}

sub write_record {
    my ($space, $record) = @_;
    my ($method, $path, @options) = @{ $record->[1] };
    my $res = $alice->request($method, "/space/$space$path", @options);
    $res->status =~ /\A20[014]\z/ or die "$record->[0]: @{[$res->status]}: @{[$res->body]}\n";
    return $res;
}

sub delete_record {
    my ($space, $record) = @_;
    my $path = $record->[1][1] =~ s/c\/meta\z/c\//r;
    my $status = $alice->delete("/space/$space$path")->status;
    return is($status, 204, "pws-next C: $record->[0]: deleted");
}

# The stamp of a record, or of what is left of it, and its generation.
sub stamp {
    my ($space, $record) = @_;
    my (undef, undef, $table, $column, $which) = @$record;
    my @rows = sql(<<"SQL", $space);
SELECT ${column}_ms, ${column}_counter, generation FROM was_pws_$table
WHERE space_uuid = ? AND $which
SQL
    return @rows == 1 ? @{ $rows[0] } : ();
}

# What a record leaves. A space's policy and a collection's leave the same kind and id, but only the
# latter has a position.
sub tombstone {
    my ($record) = @_;
    my (undef, undef, undef, undef, undef, $kind, $id) = @$record;
    my $level = $record->[0] =~ /of a space/ ? 'IS NULL' : 'IS NOT NULL';
    my $position = $kind eq 'c' ? '' : " AND position $level";
    my $which = "kind = '$kind' AND id = '$id'$position";
    return [$record->[0], undef, 'tombstones', 'updated', $which];
}

sub set_stamp {
    my ($space, $record, $ahead, $counter) = @_;
    my (undef, undef, $table, $column, $which) = @$record;
    sql(<<"SQL", $counter, $space) == 1 or die "no $record->[0]\n";
UPDATE was_pws_$table SET ${column}_ms = $now + $ahead, ${column}_counter = ?
WHERE space_uuid = ? AND $which
SQL
    return;
}

sub is_above {
    my ($name, $stamp, $before) = @_;
    my $order = $stamp->[0] <=> $before->[0] || $stamp->[1] <=> $before->[1];
    return ok($order > 0, $name) || diag("(@$stamp[0, 1]) after (@$before[0, 1])");
}

# Whether a stamp is the one after that of a clock.
sub is_next {
    my ($name, $stamp, $before, $next) = @_;
    return is_above($name, $stamp, $before) if !defined $next;
    my @due = ($before->[0] + $next->[0], $next->[1]);
    return is("@$stamp[0, 1]", "@due", $name);
}

# 1. One write after the other.
for my $record (@RECORDS) {
    my ($kind, $write) = @$record;
    my $space = furnished();
    my $name = "pws-next C.2: $kind";
    my @last = stamp($space, $record);
    my %etags;
    my $written_above = sub {
        my ($what) = @_;
        my $etag = write_record($space, $record)->header('ETag') // '';
        my @stamp = stamp($space, $record);
        is_above("$name: $what: above the one before", \@stamp, \@last);
        is($stamp[2], $last[2], "$name: $what: of the same generation");
        my $read = $alice->get("/space/$space$write->[1]")->header('ETag');
        is($etag, $read, "$name: $what: the answer has the validator that is read");
        ok(!$etags{$etag}++, "$name: $what: another one");
        return @last = @stamp;
    };
    $written_above->("write $_") for 1 .. 5;
    for my $clock (@CLOCKS) {
        my ($where, $ahead, $counter, $next) = @$clock;
        set_stamp($space, $record, $ahead, $counter);
        my @before = @last = stamp($space, $record);
        my @stamp = $written_above->("the clock is $where");
        is_next("$name: the clock is $where: the next stamp", \@stamp, \@before, $next);
        is($stamp[1], 0, "$name: the clock is $where: in a new millisecond") if !$next;
        $written_above->("the clock is $where, again");
    }
}

# 2. What is deleted, and made again.
for my $record (grep { $_->[5] } @RECORDS) {
    my ($kind) = @$record;
    my $tombstone = tombstone($record);
    for my $clock (@CLOCKS) {
        my ($where, $ahead, $counter, $next) = @$clock;
        my $name = "pws-next C.2: $kind, the clock is $where";
        my $space = furnished();
        set_stamp($space, $record, $ahead, $counter);
        my @lived = stamp($space, $record);
        delete_record($space, $record);
        is_deeply([stamp($space, $record)], [], "$name: deleted");
        my @left = stamp($space, $tombstone);
        is_next("$name: its tombstone's stamp", \@left, \@lived, $next);
        is($left[2], $lived[2], "$name: its tombstone's generation");
        set_stamp($space, $tombstone, $ahead, $counter);
        @left = stamp($space, $tombstone);
        write_record($space, $record);
        my @again = stamp($space, $record);
        is_above("$name: made again above its tombstone", \@again, \@left);
        is_deeply([stamp($space, $tombstone)], \@left, "$name: which stays where it is");
        if ($kind eq 'resource') {
            is($again[2], $lived[2], "$name: a resource's generation goes on");
            my ($row) = sql(<<'SQL', $space);
SELECT created_ms FROM was_pws_resources WHERE space_uuid = ?
SQL
            cmp_ok(
                $row->[0], '>', $left[0],
                "$name: made later than deleted, so that no validator of metadata comes again");
        }
        else {
            isnt($again[2], $lived[2], "$name: another generation");
        }
        is_deeply([contradictions($space)], [], "$name: nothing contradicts itself");
        delete_record($space, $record);
        my @ended = stamp($space, $tombstone);
        is_above("$name: deleted again, the tombstone is", \@ended, \@again);
        is($ended[2], $again[2], "$name: deleted again, its generation is the later one's");
        is_deeply([contradictions($space)], [], "$name: nothing contradicts itself then");
    }
}

# 3. Validators over many lives: [kind, method, path, options]. A validator of metadata comes with
# the resource.
my @LIFE = (
    ['resource', PUT => '/c/r', text('x')],
    ['metadata', GET => '/c/r/meta'],
    ['resource', PUT => '/c/r', text('x')],
    ['metadata', PUT => '/c/r/meta', @noted],
    ['metadata', PUT => '/c/r/meta', @noted],
    [undef, DELETE => '/c/r'],
    ['collection', PUT => '/d/meta', document({})],
    ['collection', PUT => '/d/meta', document({})],
    [undef, DELETE => '/d/'],
    ['space', PUT => '{other}/meta', @owned, zcap => { root => 'self' }],
    ['space', PUT => '{other}/meta', @owned],
    [undef, DELETE => '{other}/'],
);
{
    my ($space, $other) = (furnished(), new_id());
    my %seen;
    my $client = through($alice->{port}, $alice);
    for my $round (1 .. $ROUNDS) {
        for my $row (@LIFE) {
            my ($kind, $method, $path, @options) = @$row;
            my $target = "/space/$space$path" =~ s/\Q$space\E\{other\}/$other/r;
            my $res = $client->request($method, $target, @options);
            $res->status =~ /\A20[014]\z/ or die "$method $path: @{[$res->status]}\n";
            next if !$kind;
            my $etag = $res->header('ETag') // '';
            push @{ $seen{$kind}{$etag} }, "$method $path in round $round";
        }
    }
    my %times = (resource => 2, metadata => 3, collection => 2, space => 2);
    for my $kind (sort keys %times) {
        my @twice = grep { @$_ > 1 } values %{ $seen{$kind} };
        my $name = "pws-next C.3: a validator of a $kind, in $ROUNDS lives";
        is_deeply(\@twice, [], "$name: never twice");
        is(scalar keys %{ $seen{$kind} }, $ROUNDS * $times{$kind}, "$name: always one");
    }
}

# 4. What a deletion leaves.
for my $row (['with a policy', 1], ['without', 0]) {
    my ($name, $has_policy) = @$row;
    $name = "pws-next D.2: DELETE of a resource $name";
    my $space = furnished();
    $alice->delete("/space/$space/c/r/policy") if !$has_policy;
    my ($before) = sql('SELECT position FROM was_pws_counters WHERE space_uuid = ?', $space);
    my $next = $before->[0] + 1;
    sql("DELETE FROM was_pws_tombstones WHERE space_uuid = ? AND kind = 'p'", $space);
    recount(WAS::Server::dbh());
    delete_record($space, $RECORDS[2]);
    my @due = (['r', 'r', $next], $has_policy ? ['p', 'r', $next + 1] : ());
    is_deeply([sql(<<'SQL', $space)], \@due, "$name: tombstones, the resource's first");
SELECT kind, id, position FROM was_pws_tombstones WHERE space_uuid = ? ORDER BY position
SQL
    is_deeply([contradictions($space)], [], "$name: nothing contradicts itself");
}

# 5. What writes nothing: a request below the space, its options, status and problem.
my $limited = second_server(4, 'WASQuotaPerSpace 1000');
my $rich = through($limited->origin =~ /:(\d+)\z/, $alice);
my $space = furnished();
my %jwe = (protected => 'x', ciphertext => 'y');
my $edv = { scheme => 'edv' };
make_collection($alice, $space, 'sealed', {}, encryption => $edv);
make_collection($alice, $space, 'gone', { r => 'x' });
make_collection($alice, $space, 'd', { bare => 'x', gone => 'x', unsaid => 'x' });
my $path = "/space/$space";
$alice->put("$path/d/$_/policy", @public) for qw(gone unsaid);
$alice->delete("$path/$_") for qw(gone/ d/gone d/unsaid/policy);
my $bob = holder('pws');
my $top = $alice->space_url($space);
my $zcap = delegate($top, by => $alice->key, to => $bob->key, target => $top);
my $revocation = "$path/zcaps/revocations/" . ($zcap->{id} =~ s/:/%3A/gr);
$alice->send_json(POST => $revocation, $zcap)->status == 204 or die 'no revocation';
my @revoked = (by => $bob, zcap => { capability => $zcap });
my @failed = (412, 'precondition-failed');
my @absent = (404, 'not-found');
my @plain = (422, 'encryption-scheme-mismatch');
my @any = only('If-Match' => '*');
my @none = only('If-None-Match' => '*');
my @other = only('If-Match' => '"other"');
my @old = only('If-Unmodified-Since' => 'Sat, 01 Jan 2000 00:00:00 GMT');
my @WRITES = map { [@{ $_->[1] }] } @RECORDS;
my @DELETES = map { [DELETE => $_] } qw(/c/r /c/r/policy /c/policy /policy /c/ /);
my @OTHERS = (
    [POST => '/', document({ id => 'e' })],
    [POST => '/c/', text('x')],
    [PUT => '/e/meta', document({})],
    [PUT => '/c/new', text('x')],
);
my @NOTHING = (
    (map { [DELETE => "/$_", [], 204] } qw(c/no d/gone no/ d/bare/policy d/gone/policy)),
    [DELETE => '/gone/', [], @absent],
    (map { [DELETE => "/$_", [], 204] } qw(d/unsaid/policy d/no/policy d/policy)),
    (map { [DELETE => "/$_", [@any], @failed] } qw(c/no d/gone)),
    (map { [@$_[0, 1], [@$_[2 .. $#$_], @other], @failed] } @WRITES[0 .. 3]),
    (map { [@$_[0, 1], [@$_[2 .. $#$_], @none], @failed] } @WRITES[0 .. 3]),
    (map { [@$_[0, 1], [@$_[2 .. $#$_], @old], @failed] } @WRITES[0 .. 2]),
    (map { [DELETE => '/c/r', [@$_], @failed] } \@other, \@old),
    [PUT => '/c/no', [text('x'), @any], @failed],
    [PUT => '/d/gone', [text('x'), @any], @failed],
    [PUT => '/gone/meta', [document({}), @any], @failed],
    [PUT => '/sealed/r', [text('x')], @plain],
    [POST => '/sealed/', [text('x')], @plain],
    [PUT => '/sealed/meta', [document({})], 409, 'encryption-immutable'],
    [PUT => '/sealed/meta', [document({ encryption => $edv, custom => { name => 'x' } })], @plain],
    [POST => '/', [document({ id => 'c' })], 409, 'id-conflict'],
    [PUT => '/no/r', [text('x')], @absent],
    [POST => '/gone/', [text('x')], @absent],
    [PUT => '/c/no/meta', [@noted], @absent],
    [PUT => '/d/gone/meta', [@noted], @absent],
    [PUT => '/c/no/policy', [@public], @absent],
    [PUT => '/d/gone/policy', [@public], @absent],
    [PUT => '/no/policy', [@public], @absent],
    [PUT => '/policy', [document({})], 400, 'invalid-request-body'],
    [PUT => '/c/new', [text('x' x 1001), by => $rich], 507, 'quota-exceeded'],
    [PUT => '/c/r', [text('x' x 1001), by => $rich], 507, 'quota-exceeded'],
    [POST => '/c/', [text('x' x 1001), by => $rich], 507, 'quota-exceeded'],
);
for my $row (@WRITES, @DELETES, @OTHERS) {
    my ($method, $where, @options) = @$row;
    push @NOTHING, [$method, $where, [@options, by => $mallory], @absent];
    push @NOTHING, [$method, $where, [@options, @revoked], 404, 'capability-revoked']
        if "$method $where" !~ m{\A(?:DELETE /c/|DELETE /|PUT /meta)\z};
}
ok(swept($space), 'pws-next D.2: what was deleted is swept');
for my $row (@NOTHING) {
    my ($method, $where, $options, $status, $type) = @$row;
    my $before = every_row($space);
    my $name = "pws-next D.2: writes nothing: $method $where, $status";
    told($alice, [$name, $method => "$path$where", $options, $status, $type]);
    is_deeply(every_row($space), $before, "$name: no row");
}

done_testing;
