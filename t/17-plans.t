# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every statement that a request can run: what it costs does not grow with the tables. Its plan, as
# the module has it made, reaches each table by a key of ours, and sorts nothing that grows.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Citus;
use WAS::Server;

# What Citus plans for a node comes to be there; t/18-citus.t has it plan every statement.
plan skip_all => 'plans are made on the nodes that have the rows' if WAS::Citus::count();

# They say nothing to a planner.
my %NO_PLAN = map { $_ => 1 } qw(BEGIN COMMIT STAGE COPY POOLER_FORGET);
# A table of one row is read whole.
my %ONE_ROW = map { $_ => 1 } qw(was_origin);
# They touch no table of ours.
my %NO_TABLE = map { $_ => 1 } qw(PING SETTINGS LOCAL_SETTINGS POOLER POOLER_PID);
# Whose answer is in an order that no index has: bounded lists made one, and a thousand rows, which
# PostgreSQL 16 and later sort in the plan for who takes the last of them, not in the aggregate.
my %SORTS = map { $_ => 1 } qw(
    SPACE_LIST SETTINGS PWS_CHANGES_RESOURCES PWS_CHANGES_SHORT PWS_CHANGES_OTHERS PWS_TERMS_FIND
    PWS_TERMS_COUNT PWS_CLAIMS_PUT PWS_CLAIMS_DROP PWS_CLAIMS_MAKE PWS_IMPORT_CLAIMS
);
# Who lists or counts a controller's spaces finds them by their controller, and what has expired is
# found by its time, as is what is to be swept.
my %ELSEWHERE = map { $_ => 1 } qw(
    SPACE_LIST SPACE_INSERT SPACE_UPDATE PWS_SPACE_LIST PWS_SPACE_COUNT PWS_SPACE_INSERT
    PWS_SPACE_UPDATE SWEEP_REVOKED_NEXT SWEEP_NEXT
);
# No two spaces share what this begins with.
my $IN_ONE_SPACE = qr/\Awas_pws_resources(?:_\d+_collection_generation)?_position(?:_idx)?\z/;
# Who takes the oldest of all needs no condition to find it.
my %FIRST = map { $_ => 1 } qw(SWEEP_NEXT);

# Who is sent by the operator looks at all there is, by pages.
my $FOR_ALL = qr/\AADMIN_/;

my (%statement, %nvalues);
for my $line (split /\n/, qx("$ENV{WAS_BUILD}/t/statements" public)) {
    my ($name, $nvalues, $text) = split /\t/, $line, 3;
    $name =~ s/\Awas_//;
    ($statement{$name}, $nvalues{$name}) = ($text, $nvalues);
}
cmp_ok(scalar(keys %statement), '>', 40, 'the statements are known');

# Tables that are worth an index: 20,000 spaces of each protocol, a hundred of them big, and a
# controller of many.
my $database = WAS::Server::create_database();
WAS::Server->start(dsn => WAS::Server::cluster()->dsn($database))->stop;
WAS::Server::partition($database);
my $dbh = WAS::Server::dbh($database);
$dbh->{PrintWarn} = 0;
my $OWNER = q('did:key:z' || CASE WHEN n % 10 = 0 THEN 0 ELSE n END);
my %ROWS = (
    'was_spaces (space_uuid, space_id, controller)' => ["'s' || n, 's' || n, $OWNER", 20_000],
    'was_resources (space_uuid, path, content, content_type, parts)' => [
        q('s' || n % CASE WHEN n % 2 = 0 THEN 100 ELSE 20000 END + 1, '/r' || n, 'x', 'x/y',
            CASE WHEN n % 10 = 0 THEN n END), 40_000
    ],
    'was_pws_spaces (space_uuid, generation, controller, created_ms, updated_ms)' =>
        ["'s' || n, n, $OWNER, 0, 0", 20_000],
    'was_pws_collections (space_uuid, space_generation, collection, generation, created_ms,'
        . ' updated_ms)' => [q('s' || n % 10000 + 1, n % 10000 + 1, 'c' || n, n, 0, 0), 20_000],
    'was_pws_counters (space_uuid, collection_generation, space_generation, position, feed_ms,'
        . ' token)' => [q('s' || n % 10000 + 1, n, n % 10000 + 1, 0, 0, 0), 20_000],
    'was_pws_resources (space_uuid, collection_generation, resource, generation, content_type,'
        . ' size, content, created_ms, position, updated_ms, parts, chunks)' => [
        q('s' || n % 2000 + 1, n % 2000, 'r' || n, 0, 'x/y', 1, 'x', 0, n, 0,
            CASE WHEN n % 10 = 0 THEN n END, CASE WHEN n % 100 = 0 THEN n END), 60_000
        ],
    'was_pws_chunks (space_uuid, chunks, number, generation, content_type, size, content,'
        . ' created_ms, updated_ms, parts)' => [
        q('s' || n / 100 * 100 % 10000 + 1, n / 100 * 100, n % 100, 0, 'x/y', 1, 'x', 0, 0,
            CASE WHEN n % 10 = 0 THEN n END), 40_000
        ],
    'was_pws_terms (space_uuid, collection_generation, term, resource, is_claim)' => [
        q('s' || n % 2 * n % 10000 + 1, n % 2 * n % 20000, sha256((n / 9)::text::bytea), 'r' || n,
            n % 10 = 0), 200_000
    ],
    q{was_pws_tombstones (space_uuid, parent, kind, id, generation, position, updated_ms)} =>
        [q('s' || n % 10000 + 1, n % 20000, 'r', 'd' || n, 0, n, 0), 20_000],
    'was_pws_policies (space_uuid, parent, resource, document, generation, updated_ms)' =>
        [q('s' || n % 10000 + 1, n % 20000, 'r' || n, '{}', 0, 0), 20_000],
    'was_pws_logs (space_uuid, collection_generation, generation, body, position, updated_ms)' =>
        [q('s' || n % 10000 + 1, n, n, 'x', 0, 0), 20_000],
    'was_pws_backends (space_uuid, space_generation, backend, descriptor)' =>
        [q('s' || n, n, 'b', '{}'), 20_000],
    'was_pws_revocations (space_uuid, delegation, keep_until)' =>
        [q('s' || n, decode(md5(n::text), 'hex'), 0), 20_000],
    'was_pws_chunks (space_uuid, chunks, number, generation, content_type, size, created_ms,'
        . ' updated_ms)' => [q('s' || n / 10 % 1000, n / 10, n % 10, 0, 'x/y', 1, 0, 0), 20_000],
    'was_pws_logs (space_uuid, collection_generation, generation, body, position, updated_ms)' =>
        [q('s' || n % 10000 + 1, n, 0, '', 0, 0), 20_000],
    'was_sweeps (space_uuid, generation, kind, since_ms)' =>
        [q('s' || n, n, 'collection', n), 20_000],
    'was_parts (space_uuid, content, number, bytes)' =>
        [q('s' || n / 10 % 1000, n / 10, n % 10, 'x'), 20_000],
    'was_controllers (controller)' => [q('did:key:z' || n), 20_000],
);
for my $table (sort { length $a <=> length $b } keys %ROWS) {
    my ($values, $count) = @{ $ROWS{$table} };
    $dbh->do("INSERT INTO $table SELECT $values FROM generate_series(1, $count) n");
}
# What a session of ours, and a transaction in one of a pooler's, go by: a plan that needs a
# sequential scan after all seems to cost so much that each statement would be compiled for it.
my %DUE = (
    plan_cache_mode => 'force_generic_plan', max_parallel_workers_per_gather => 0,
    map { $_ => 'off' } qw(jit enable_seqscan enable_hashjoin enable_mergejoin enable_material));
# Here such a scan is to be seen.
my @settings = map { "SET $_ = $DUE{$_}" } grep { $_ ne 'enable_seqscan' } sort keys %DUE;
$dbh->do($_)
    for (
    'VACUUM ANALYZE',
    "SET search_path = 'pg_catalog', 'pg_temp'",
    @settings,
    'CREATE TEMPORARY TABLE was_upload (content bytea)',
    );

sub nodes {
    my ($plan) = @_;
    return ($plan, map { nodes($_) } @{ $plan->{Plans} // [] });
}

sub plan_of {
    my ($text, $nvalues) = @_;
    my @values = ('NULL') x $nvalues;
    # One space: the plan of none would have no partition.
    $values[$1 - 1] = "'s1'" while $text =~ /space_uuid = \$(\d+)/g;
    my $values = join ', ', @values;
    $values &&= "($values)";
    $dbh->do("PREPARE p AS $text");
    my $lines = $dbh->selectall_arrayref("EXPLAIN (FORMAT JSON) EXECUTE p$values");
    $dbh->do('DEALLOCATE p');
    return decode_json(join '', map { $_->[0] } @$lines)->[0]{Plan};
}

# What is wrong with a plan, by rule.
my %RULE = (
    'no system column of what is written' => sub {
        my ($name) = @_;
        return $statement{$name} =~ /\bRETURNING\b.*?\b(xmin|xmax|cmin|cmax|ctid|tableoid)\b/;
    },
    'none from one end to the other' => sub {
        my ($name, $nodes, $scans) = @_;
        return map { "$_->{'Node Type'} of $_->{'Relation Name'}" }
            grep { $_->{'Node Type'} eq 'Seq Scan' && !$ONE_ROW{ $_->{'Relation Name'} } } @$scans;
    },
    'an index is searched, not walked through' => sub {
        my ($name, $nodes, $scans) = @_;
        return if $FIRST{$name};
        return grep { !defined $_->{'Index Cond'} && $_->{'Node Type'} =~ /Index/ } @$scans;
    },
    'within the space' => sub {
        my ($name, $nodes) = @_;
        return if $ELSEWHERE{$name};
        return map { $_->{'Index Cond'} }
            grep { ($_->{'Index Cond'} // 'space_uuid') !~ /space_uuid/ }
            grep { ($_->{'Index Name'} // '') !~ $IN_ONE_SPACE } @$nodes;
    },
    'an id that is wanted is looked for, and not compared with all there are' => sub {
        my ($name, $nodes) = @_;
        my $id = qr/\b(?:resource|collection|id|path) = \(?(?:CASE|COALESCE|\$)/;
        return grep { $_ =~ $id } map { $_->{'Join Filter'} // () } @$nodes;
    },
    'a page passes over nothing' => sub {
        my ($name, $nodes, $scans) = @_;
        return $name =~ /_LIST\z/ ? map { $_->{Filter} // () } @$scans : ();
    },
    'nothing is gathered first' => sub {
        my ($name, $nodes) = @_;
        return if $SORTS{$name};
        return map { $_->{'Node Type'} }
            grep { $_->{'Node Type'} =~ /Sort|Hash|Materialize/ } @$nodes;
    },
);

my %used;
for my $name (sort grep { !$NO_PLAN{$_} } keys %statement) {
    my $plan = eval { plan_of($statement{$name}, $nvalues{$name}) };
    if (!$plan) {
        fail("$name has a plan");
        diag $@;
        next;
    }
    next if $name =~ $FOR_ALL;
    my @nodes = nodes($plan);
    my @scans = grep {
        $_->{'Node Type'} =~ /Scan\z/ && ($_->{'Relation Name'} // '') =~ /\Awas_(?!upload\z)/
    } @nodes;
    $used{$_}{$name} = 1 for map { $_->{'Index Name'} // () } @nodes;
    my $writes = grep { $_->{'Node Type'} eq 'ModifyTable' } @nodes;
    ok(@scans || $writes || $NO_TABLE{$name}, "$name: tables are looked at");
    for my $rule (sort keys %RULE) {
        is_deeply([$RULE{$rule}->($name, \@nodes, \@scans)], [], "$name: $rule");
    }
}
note "$_: ", join ' ', sort keys %{ $used{$_} } for sort keys %used;

# Whether they do.
for my $case (['SETTINGS', 'pg_backend_pid(), false'], ['LOCAL_SETTINGS', '1000, false']) {
    my ($name, $value) = @$case;
    my $session = WAS::Server::dbh($database);
    $session->begin_work;
    $session->do("PREPARE s AS $statement{$name}");
    $session->do("EXECUTE s($value)");
    for my $setting (sort keys %DUE) {
        my ($is) = $session->selectrow_array("SHOW $setting");
        is($is, $DUE{$setting}, "$name: $setting");
    }
    $session->rollback;
}

# Whether all this would be seen.
my $keyless = 'SELECT 1 FROM public.was_resources r WHERE r.content_type = $1::text';
my $blind = eval { plan_of($keyless, 1) };
my ($scan) = grep { $_->{'Node Type'} eq 'Seq Scan' } nodes($blind);
like($scan->{'Relation Name'}, qr/\Awas_resources/, 'a statement without a key is found out');

done_testing;
