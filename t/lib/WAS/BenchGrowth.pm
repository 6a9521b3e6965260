# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::BenchGrowth: databases of any size for t/bench/run, of both protocols, the requests for what
# is in them, and how far PostgreSQL has come with what was deleted there. Measures nothing.

package WAS::BenchGrowth;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter qw(import);
use JSON::PP qw(encode_json);
use List::Util qw(max shuffle);
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(fill_growth growth_requests delete_huge sweep_is vacuums autovacuums);

# Of each kind.
use constant REQUESTS => 2000;

# Sessions that fill a database.
use constant FILLERS => 8;

# A table that grows is vacuumed when so much of it is dead, and not a fifth.
use constant DEAD => 0.02;

my @TABLES = qw(was_resources was_pws_resources);

# How ids are made, of a text and a number: as random as any, and known without asking.
sub id { return md5_hex("@_") =~ s/^(.{8})(....)(....)(....)/$1-$2-$3-$4-/r }
sub id_sql { return "(md5('$_[0] ' || $_[1])::uuid::text)" }
sub mark_sql { return "('x' || left(md5('$_[0] mark ' || $_[1]), 15))::bit(60)::bigint" }

# Every how manieth space is asked for, which belongs to who signs.
sub stride { my ($spaces, $asked) = @_; return max(1, int($spaces / $asked)) }

# Half of the resources and spaces are classic. Their rows are as if they had been written in turns,
# one for each space after the other. Options:
#   resources, spaces  how many
#   bytes              of each resource
#   asked              how many of the spaces of each protocol requests are for
#   huge               of so many resources is one more space of pws, "huge"
sub fill_growth {
    my ($bench, $database, %sizes) = @_;
    my ($spaces, $each) = ($sizes{spaces} / 2, $sizes{resources} / $sizes{spaces});
    my $dbh = filler($bench, $database);
    my $did = $dbh->quote($bench->alice->did);
    my $mine = 'n % ' . stride($spaces, $sizes{asked}) . ' = 0';
    my $controller =
        "CASE WHEN $mine THEN $did ELSE 'did:key:z6Mk' || rpad(md5(n::text), 44, 'x') END";
    my %of = (bytes => $sizes{bytes}, spaces => $spaces, each => $each, controller => $controller);
    my %huge = (%of, kind => 'huge', spaces => 1, each => $sizes{huge} // 0, controller => $did);
    make_classic_spaces($dbh, %of);
    make_pws_spaces($dbh, %$_) for { %of, kind => 'pws' }
    , $sizes{huge} ? \%huge : ();
    # Each has a range of the spaces, and one of the resources of the large one.
    in_processes(
        map {
            my $part = $_;
            sub { fill_part($bench, $database, $part, \%of, \%huge) }
        } 0 .. FILLERS - 1);
    $dbh->do('VACUUM ANALYZE');
    $dbh->do("ALTER TABLE $_ SET (autovacuum_vacuum_scale_factor = ${\ DEAD})") for @TABLES;
    return;
}

# Each in a process of its own, which shares what there is of the processors.
sub in_processes {
    my @pids;
    for my $do (@_) {
        my $pid = fork // die "no process: $!\n";
        if (!$pid) {
            my $done = eval { $do->(); 1 };
            warn $@ if !$done;
            POSIX::_exit($done ? 0 : 1);
        }
        push @pids, $pid;
    }
    for my $pid (@pids) {
        waitpid($pid, 0) == $pid && $? == 0 or die "one of these processes failed\n";
    }
    return;
}

# Nobody else writes here: references need not be looked for.
sub filler {
    my ($bench, $database) = @_;
    my $dbh = $bench->cluster->dbh($database);
    $dbh->do("SET $_") for q(session_replication_role = 'replica'), 'jit = off';
    return $dbh;
}

sub fill_part {
    my ($bench, $database, $part, $of, $huge) = @_;
    my $dbh = filler($bench, $database);
    my @all = map { [1, $_] } @$of{qw(spaces each)};
    my $range = sub { [map { 1 + int($_[0] * $_ / FILLERS) } $part, $part + 1] };
    my ($spaces, $resources) = map { [$_->[0], $_->[1] - 1] } map { $range->($_) } $of->{spaces},
        $huge->{each};
    fill_classic_resources($dbh, $of->{bytes}, $spaces, $all[1]);
    fill_pws_resources($dbh, $of->{bytes}, 'pws', $spaces, $all[1]);
    fill_pws_resources($dbh, $of->{bytes}, 'huge', [1, 1], $resources);
    return;
}

# The ranges of spaces, n, and of resources in each, r: one of each space, then the next of each.
sub in_turns {
    my ($spaces, $resources) = @_;
    return
        sprintf 'FROM generate_series(%d, %d) r CROSS JOIN LATERAL ('
        . 'SELECT n FROM generate_series(%d + 0 * r, %d) n) s', @$resources, @$spaces;
}

sub make_classic_spaces {
    my ($dbh, %of) = @_;
    my $id = id_sql('classic', 'n');
    $dbh->do(<<"SQL");
INSERT INTO was_spaces (space_uuid, space_id, controller)
SELECT $id, 'urn:uuid:' || $id, $of{controller} FROM generate_series(1, $of{spaces}) n
SQL
    return;
}

sub fill_classic_resources {
    my ($dbh, $bytes, @ranges) = @_;
    $dbh->do(<<"SQL");
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT ${\ id_sql('classic', 'n')}, '/' || ${\ id_sql('resource', q(r || ' ' || n))},
    convert_to(rpad(r::text, $bytes, 'x'), 'UTF8'), 'text/plain' ${\ in_turns(@ranges)}
SQL
    return;
}

my $NOW = q(floor(date_part('epoch', now()) * 1000)::bigint);

# Each has one collection, c, with all of its resources, and is charged as tools/recount.sql has it.
sub make_pws_spaces {
    my ($dbh, %of) = @_;
    my ($id, $space, $collection) =
        (id_sql($of{kind}, 'n'), mark_sql($of{kind}, 'n'), mark_sql("$of{kind} c", 'n'));
    my $from = "FROM generate_series(1, $of{spaces}) n";
    my $charge = "400 + 36 + $of{bytes} + length('application/json')";
    $dbh->do($_) for <<"SQL", <<"SQL", <<"SQL";
INSERT INTO was_pws_spaces (space_uuid, generation, controller, created_ms, updated_ms, bytes)
SELECT $id, $space, x.controller, $NOW, $NOW, 400 + 36 + length(x.controller) + 400 + length('c')
FROM (SELECT n, $of{controller} AS controller $from) x
SQL
INSERT INTO was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,
    updated_ms)
SELECT $id, $space, 'c', $collection, $NOW, $NOW $from
SQL
INSERT INTO was_pws_counters (space_uuid, space_generation, collection_generation, position,
    feed_ms, token, resources, bytes)
SELECT $id, $space, $collection, 1 + $of{each}, $NOW, $collection, $of{each},
    800 + length('c') + $of{each}::bigint * ($charge) $from
SQL
    return;
}

sub fill_pws_resources {
    my ($dbh, $bytes, $kind, @ranges) = @_;
    my $resource = q(r || ' ' || n);
    $dbh->do(<<"SQL");
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms)
SELECT ${\ id_sql($kind, 'n')}, ${\ mark_sql("$kind c", 'n')}, ${\ id_sql('resource', $resource)},
    ${\ mark_sql('resource', $resource)}, 'application/json', $bytes,
    convert_to('{"text":"' || rpad(r::text, $bytes - 11, 'x') || '"}', 'UTF8'), $NOW, 1 + r, $NOW
${\ in_turns(@ranges)}
SQL
    return;
}

# Files of requests by their keys, for what fill_growth() has made of the sizes. Neighbours in a
# file are for different spaces.
sub growth_requests {
    my ($bench, $database, %sizes) = @_;
    my $spaces = $sizes{spaces} / 2;
    my $stride = stride($spaces, $sizes{asked});
    my @asked = map { $_ * $stride } 1 .. int($spaces / $stride);
    my @order;
    push @order, shuffle @asked while @order < REQUESTS;
    my @targets =
        map { [$_, 1 + int rand $sizes{resources} / $sizes{spaces}] } @order[0 .. REQUESTS - 1];
    my @classic = map { '/space/' . id('classic', $_->[0]) } @targets;
    my @pws = map { '/pws/space/' . id('pws', $_->[0]) . '/' } @targets;
    my @names = map { id('resource', $_->[1], $_->[0]) } @targets;
    my @all = 0 .. $#targets;
    my $holder = $bench->holder;
    my $requests = sub { $bench->requests(@_) };
    my $invoke = sub { $bench->invocations($holder, {}, @_) };
    my $document = encode_json({ text => 'y' x ($sizes{bytes} - 11) });
    my %make = (
        get => [$requests, map { ['GET', "$classic[$_]/$names[$_]", 0] } @all],
        space => [$requests, map { ['GET', $classic[$_], 1] } @all],
        put => [$requests, map { ['PUT', "$classic[$_]/$names[$_]", 1] } @all],
        pws_get => [$invoke, map { [GET => "$pws[$_]c/$names[$_]"] } @all],
        pws_space => [$invoke, map { [GET => $pws[$_]] } @all],
        pws_put => [$invoke, map { [PUT => "$pws[$_]c/$names[$_]", $document] } @all],
        list => [$invoke, map { [GET => "$pws[$_]c/"] } @all],
        feed => [$invoke, map { [GET => "$pws[$_]c/query?profile=changes"] } @all],
    );
    my %file = map { $_ => "@{[$bench->run]}/growth-$database-$_" } keys %make;
    in_processes(
        map {
            my ($key, $sign, @of) = ($_, @{ $make{$_} });
            sub { rename $sign->(@of), $file{$key} or die "$file{$key}: $!\n" }
        } sort keys %make);
    return %file;
}

# The large space goes; returns when its rows do.
sub delete_huge {
    my ($bench, $server, $dbh) = @_;
    my $began = time;
    my $res = $bench->holder($server)->delete('/pws/space/' . id('huge', 1) . '/');
    $res->status == 204 or die "not deleted: @{[$res->status]} @{[$res->body]}\n";
    my $took = time - $began;
    await_sweep($dbh);
    return $took;
}

my $OPEN = q(FROM was_sweeps w WHERE w.kind <> 'unnamed');

# Until a batch has moved a sweep on, or nothing is left to sweep.
sub await_sweep {
    my ($dbh) = @_;
    my $look = sub {
        my ($at) = $dbh->selectrow_array("SELECT string_agg(w::text, ' ') $OPEN");
        return $at // '';
    };
    my $deadline = time + 60;
    for (my $first = $look->(); $first ne '' && $first eq $look->();) {
        time < $deadline or die "nobody sweeps\n";
        sleep 0.1;
    }
    return;
}

# Whether what was deleted is swept meanwhile ("goes on") or everybody who wants to finds somebody
# at it ("rests"), whatever it was before.
my $sweep = 'goes on';

sub sweep_is {
    my ($dbh, $state) = @_;
    return if $sweep eq $state;
    $sweep = $state;
    if ($state eq 'rests') {
        $dbh->begin_work;
        $dbh->selectall_arrayref("SELECT w.generation $OPEN FOR UPDATE");
        return;
    }
    $dbh->rollback;
    return await_sweep($dbh);
}

# Of each table that grows: its name, what PostgreSQL counts of it, and how many rows are gone.
sub vacuums {
    my ($dbh) = @_;
    return @{ $dbh->selectall_arrayref(<<'SQL', { Slice => {} }) };
SELECT relname, n_live_tup, n_dead_tup, n_tup_del, autovacuum_count,
    pg_total_relation_size(relid) AS bytes
FROM pg_stat_user_tables WHERE relname IN ('was_resources', 'was_pws_resources') ORDER BY 1
SQL
}

# What autovacuum is at in this database at this moment, as texts.
sub autovacuums {
    my ($dbh) = @_;
    return @{ $dbh->selectcol_arrayref(<<'SQL') };
SELECT format('%s: %s, %s of %s pages scanned, %s vacuumed, indexes %s times', c.relname, p.phase,
    p.heap_blks_scanned, p.heap_blks_total, p.heap_blks_vacuumed, p.index_vacuum_count)
FROM pg_stat_progress_vacuum p JOIN pg_class c ON c.oid = p.relid
WHERE p.datname = current_database()
SQL
}

1;
