# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a statement costs does not grow with the tables: the plan of every one of them, as the module
# has it made, reaches each table by a key of ours, and sorts nothing that grows.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;

# They say nothing to a planner.
my %NO_PLAN = map { $_ => 1 } qw(SETTINGS STAGE COPY);
# They touch no table of ours, or one row of the staged upload.
my %NO_TABLE = map { $_ => 1 } qw(PING LOCK);
# Whose answer is in an order that no index has: two bounded lists made one, and a thousand rows.
my %SORTS = map { $_ => 1 } qw(SPACE_LIST);
# Who lists or counts a controller's spaces finds them by their controller.
my %BY_CONTROLLER = map { $_ => 1 } qw(SPACE_LIST SPACE_INSERT_LIMITED SPACE_PUT_LIMITED SPACE_UPDATE_LIMITED);

my %statement = map { split /\t/, $_, 2 } split /\n/, qx("$ENV{WAS_BUILD}/t/statements");
cmp_ok(scalar(keys %statement), '>', 40, 'the statements are known');

# Tables that are worth an index: 20,000 spaces, a hundred of them big, and a controller of many.
my $database = WAS::Server::create_database();
WAS::Server->start(dsn => WAS::Server::cluster()->dsn($database))->stop;
my $dbh = WAS::Server::dbh($database);
$dbh->{PrintWarn} = 0;
$dbh->do($_) for (
    q(INSERT INTO was_spaces (space_uuid, space_id, controller, protocol) SELECT 's' || n, 's' || n, 'did:key:z' || CASE WHEN n % 10 = 0 THEN 0 ELSE n END, CASE WHEN n % 2 = 0 THEN 'pws' ELSE 'classic' END FROM generate_series(1, 20000) n),
    q(INSERT INTO was_collections (space_uuid, collection) SELECT 's' || 2 * (n % 10000 + 1), 'c' || n FROM generate_series(1, 20000) n),
    q(INSERT INTO was_resources (space_uuid, path, content, content_type) SELECT 's' || 2 * (n % 10000) + 1, '/r' || n, 'x', 'text/plain' FROM generate_series(1, 30000) n),
    q(INSERT INTO was_resources (space_uuid, path, content, content_type) SELECT 's' || 2 * (n % 100) + 1, '/b' || n, 'x', 'text/plain' FROM generate_series(1, 30000) n),
    q(INSERT INTO was_resources (space_uuid, path, content, content_type, collection) SELECT 's' || 2 * (n % 10000 + 1), '/c' || n || '/x', 'x', 'text/plain', 'c' || n FROM generate_series(1, 20000) n),
    q(INSERT INTO was_resource_meta (space_uuid, path, custom) SELECT space_uuid, path, '{}' FROM was_resources WHERE collection IS NOT NULL),
    q(INSERT INTO was_space_policies SELECT space_uuid, '{}' FROM was_spaces WHERE protocol = 'pws'),
    q(INSERT INTO was_collection_policies SELECT space_uuid, collection, '{}' FROM was_collections),
    q(INSERT INTO was_resource_policies SELECT space_uuid, path, '{}' FROM was_resources WHERE collection IS NOT NULL),
    q(INSERT INTO was_backends SELECT space_uuid, 'b', '{}' FROM was_spaces WHERE protocol = 'pws'),
    q(INSERT INTO was_revocations SELECT space_uuid, 'link', now() FROM was_spaces WHERE protocol = 'pws'),
    'VACUUM ANALYZE',
    split(/;/, $statement{STAGE}),
    q(SET plan_cache_mode = force_generic_plan),
);

sub nodes {
    my ($plan) = @_;
    return ($plan, map { nodes($_) } @{ $plan->{Plans} // [] });
}

sub plan_of {
    my ($text) = @_;
    my ($highest) = sort { $b <=> $a } 0, $text =~ /\$(\d+)/g;
    my $values = $highest ? '(' . join(', ', ('NULL') x $highest) . ')' : '';
    $dbh->do("PREPARE p AS $text");
    my $json = join '', map { $_->[0] } @{ $dbh->selectall_arrayref("EXPLAIN (FORMAT JSON) EXECUTE p$values") };
    $dbh->do('DEALLOCATE p');
    return decode_json($json)->[0]{Plan};
}

my %used;
for my $name (sort grep { !$NO_PLAN{$_} } keys %statement) {
    my @nodes = nodes(eval { plan_of($statement{$name}) } // do { fail("$name has a plan"); diag $@; next });
    my @scans = grep { $_->{'Node Type'} =~ /Scan\z/ && ($_->{'Relation Name'} // '') =~ /\Awas_(?!upload\z)/ } @nodes;
    my @by_index = map { $_->{'Index Name'} // () } @nodes;
    $used{$_}{$name} = 1 for @by_index;
    ok(@scans > 0 || $NO_TABLE{$name} || (grep { $_->{'Node Type'} eq 'ModifyTable' } @nodes), "$name: tables are looked at");
    is_deeply([map { "$_->{'Node Type'} of $_->{'Relation Name'}" } grep { $_->{'Node Type'} eq 'Seq Scan' } @scans], [], "$name: none from one end to the other");
    is_deeply([grep { !defined $_->{'Index Cond'} && $_->{'Node Type'} =~ /Index/ } @scans], [], "$name: an index is searched, not walked through");
    is_deeply([map { $_->{'Index Cond'} } grep { ($_->{'Index Cond'} // 'space_uuid') !~ /space_uuid/ } @nodes], [], "$name: within the space") if !$BY_CONTROLLER{$name};
    is_deeply([map { $_->{Filter} // () } @scans], [], "$name: a page passes over nothing") if $name =~ /_LIST\z/;
    is_deeply([map { $_->{'Node Type'} } grep { $_->{'Node Type'} =~ /Sort|Hash|Materialize/ } @nodes], [], "$name: nothing is gathered first") if !$SORTS{$name};
}
note "$_: ", join ' ', sort keys %{ $used{$_} } for sort keys %used;

# Whether all this would be seen.
my $blind = eval { plan_of(q(SELECT 1 FROM was_resources r WHERE r.content_type = $1::text)) };
is((grep { $_->{'Node Type'} eq 'Seq Scan' } nodes($blind))[0]{'Relation Name'}, 'was_resources', 'a statement without a key is found out');

done_testing;
