# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Charge;

# What a space is charged (docs/operating.md, Limits of storage), counted from its rows, and where
# the module has noted another number.

use strict;
use warnings;

use Exporter qw(import);
use WAS::Server;
use WAS::Story qw(sql);

our @EXPORT = qw($ROW $MISCHARGED charge_of charge_of_resource uncharged recount);

our $ROW = 400;

# What a row is charged besides $ROW: all of these columns.
my %CHARGED = (
    was_spaces => [qw(space_uuid space_id controller name link)],
    was_resources => [qw(path content content_type)],
    was_pws_spaces => [qw(space_uuid controller name created_by), q{nullif(type, '["Space"]')}],
    was_pws_collections => [
        qw(collection name backend encryption plaintext generator generator_origin custom epoch
            revisions history created_by)
    ],
    was_pws_counters => [],
    was_pws_resources => [qw(resource content content_type created_by epoch writer custom)],
    was_pws_logs => [qw(body)],
    was_pws_chunks => [qw(content content_type)],
    was_pws_terms => [],    # of a document's own index
    was_pws_policies => [qw(resource document)],
    was_pws_tombstones => [qw(id content_type writer)],
    was_pws_backends => [qw(backend descriptor)],
    was_pws_revocations => [],
);

# A content may stand in parts.
my %CONTENT = (
    was_resources => WAS::Server::content_of('x'),
    was_pws_resources => WAS::Server::pws_content_of('x'),
    was_pws_chunks => WAS::Server::pws_content_of('x'),
);

# Which life of a space or collection each row of a table belongs to.
my %OF_COLLECTION = (
    was_pws_collections => 'generation',
    was_pws_counters => 'collection_generation',
    was_pws_resources => 'collection_generation',
    was_pws_logs => 'collection_generation',
    was_pws_chunks => <<'SQL',
(SELECT r.collection_generation FROM was_pws_resources r
WHERE r.space_uuid = x.space_uuid AND r.chunks = x.chunks)
SQL
    was_pws_terms => 'collection_generation',
    was_pws_policies => 'parent',
    was_pws_tombstones => 'parent',
);
my %OF_SPACE = (
    was_pws_spaces => 'generation',
    was_pws_policies => 'parent',
    was_pws_tombstones => 'parent',
    was_pws_backends => 'space_generation',
    was_pws_revocations => undef,    # of the space, whichever life
);

# What a resource is charged for what its collection declares unique, whether it has the value or
# not.
my $UNIQUE = <<"SQL";
SELECT r.space_uuid, r.collection_generation AS generation, $ROW * (
    SELECT count(*) FROM json_array_elements(coalesce(c.plaintext::json -> 'indexes', '[]')) i
    WHERE json_typeof(i) = 'object' AND i ->> 'unique' = 'true') AS bytes
FROM was_pws_resources r JOIN was_pws_collections c
    ON c.space_uuid = r.space_uuid AND c.generation = r.collection_generation
SQL

# The charges of a table's rows: uuid, generation, bytes.
sub charges {
    my ($table, $generation) = @_;
    my @charged = map { $_ eq 'content' ? $CONTENT{$table} : $_ } @{ $CHARGED{$table} };
    my $bytes = join ' + ', $ROW, map { "coalesce(octet_length($_), 0)" } @charged;
    $generation //= '(SELECT s.generation FROM was_pws_spaces s WHERE s.space_uuid = x.space_uuid)';
    my $which = $table eq 'was_pws_terms' ? q(WHERE get_byte(term, 0) IN (110, 118)) : '';
    return "SELECT space_uuid, $generation AS generation, $bytes AS bytes FROM $table x $which";
}

sub all_charges {
    my ($of) = @_;
    return join "\nUNION ALL\n", map { charges($_, $of->{$_}) } sort keys %$of;
}

sub charges_of_collections {
    return join "\nUNION ALL\n", all_charges(\%OF_COLLECTION), $UNIQUE;
}

# The tombstone of a collection is charged from the time that it is made.
sub charges_of_spaces {
    return join "\nUNION ALL\n", all_charges(\%OF_SPACE), <<"SQL";
SELECT space_uuid, space_generation, $ROW + octet_length(collection) FROM was_pws_collections c
WHERE NOT EXISTS (SELECT 1 FROM was_pws_tombstones t WHERE t.space_uuid = c.space_uuid
    AND t.parent = c.space_generation AND t.kind = 'c' AND t.id = c.collection)
SQL
}

# What a space of either protocol is charged in all, for what belongs to the life that it has.
my %CLASSIC = map { $_ => '0' } qw(was_spaces was_resources);
my $ALL = join "\nUNION ALL\n", all_charges(\%CLASSIC), <<"SQL", <<"SQL";
SELECT x.* FROM (${\ charges_of_spaces()}) x
JOIN was_pws_spaces s ON s.space_uuid = x.space_uuid AND s.generation = x.generation
SQL
SELECT x.* FROM (${\ charges_of_collections()}) x
JOIN was_pws_collections c ON c.space_uuid = x.space_uuid AND c.generation = x.generation
JOIN was_pws_spaces s ON s.space_uuid = c.space_uuid AND s.generation = c.space_generation
SQL

sub charge_of {
    my ($space) = @_;
    my ($row) =
        sql("SELECT coalesce(sum(bytes), 0)::bigint FROM ($ALL) x WHERE space_uuid = ?", $space);
    return $row->[0];
}

# What a resource would be charged that somebody puts there: a name, its media type, its length.
sub charge_of_resource {
    my ($protocol, $name, $type, $length, $by) = @_;
    my @texts = $protocol eq 'pws' ? ($name, $type, $by->did) : ("/$name", $type);
    my $charge = $ROW + $length;
    $charge += length for @texts;
    return $charge;
}

sub mischarged {
    my ($table, $generation, $space, $charges) = @_;
    return <<"SQL";
SELECT '$table of ' || k.space_uuid || ': ' || k.bytes || ' instead of ' || coalesce(x.bytes, 0)
FROM $table k JOIN was_pws_spaces s ON s.space_uuid = k.space_uuid AND s.generation = k.$space
LEFT JOIN (
    SELECT space_uuid, generation, sum(bytes) AS bytes FROM ($charges) y GROUP BY 1, 2
) x ON x.space_uuid = k.space_uuid AND x.generation = k.$generation
WHERE k.bytes IS DISTINCT FROM x.bytes
SQL
}

# Spaces that there are, and counters of theirs, that say something else than their rows, as texts.
our $MISCHARGED = join 'UNION ALL ',
    mischarged(
    'was_pws_counters', 'collection_generation',
    'space_generation', charges_of_collections()
    ),
    mischarged('was_pws_spaces', 'generation', 'generation', charges_of_spaces());

# Columns of these tables that hold texts or bytes and are not charged, but for the space's own key.
sub uncharged {
    my %charged;
    for my $table (keys %CHARGED) {
        $charged{"$table.$_"} = 1
            for 'space_uuid', map { s/\Anullif\((\w+).*/$1/r } @{ $CHARGED{$table} };
    }
    return grep { !$charged{$_} } map { $_->[0] } sql(<<'SQL', [keys %CHARGED]);
SELECT c.relname || '.' || a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.atttypid IN ('text'::regtype, 'bytea'::regtype)
    AND (c.relname LIKE 'was\_pws\_%' OR c.relname = ANY (?))
ORDER BY 1
SQL
}

# What the statements of tools/recount.sql that write have changed, by what each names.
sub recount {
    my ($dbh) = @_;
    my $text = WAS::Server::slurp("$ENV{WAS_TOP}/tools/recount.sql");
    my %changed;
    for my $statement (split /;\n/, $text =~ s/^--.*\n//gmr) {
        my $count = $dbh->do($statement);
        $changed{$1} = 0 + $count if $statement =~ /UPDATE (\w+)/;
    }
    return \%changed;
}

1;
