# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Parts;

# What tests of contents in parts share: which parts belong to nothing, and having them swept now
# instead of some minutes later.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(loose_parts leases due_now);

# How many parts no resource and no chunk names.
sub loose_parts {
    my ($dbh) = @_;
    return scalar $dbh->selectrow_array(<<'SQL');
SELECT count(*) FROM was_parts p WHERE NOT EXISTS (SELECT 1 FROM was_pws_resources r
    WHERE r.space_uuid = p.space_uuid AND r.parts = p.content)
AND NOT EXISTS (SELECT 1 FROM was_pws_chunks h
    WHERE h.space_uuid = p.space_uuid AND h.parts = p.content)
AND NOT EXISTS (SELECT 1 FROM was_resources r WHERE r.space_uuid = p.space_uuid COLLATE "default"
    AND r.parts = p.content AND r.content = int8send(r.parts))
SQL
}

# How many contents are to be swept, or are still coming.
sub leases {
    my ($dbh) = @_;
    return scalar $dbh->selectrow_array("SELECT count(*) FROM was_sweeps WHERE kind = 'content'");
}

# Whoever sweeps finds these kinds due when he looks next.
sub due_now {
    my ($dbh, @kinds) = @_;
    $dbh->do('UPDATE was_sweeps SET since_ms = 0 WHERE kind = ANY (?)', undef, \@kinds);
    return;
}

1;
