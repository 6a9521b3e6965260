# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::SmallDisk: the resources of a cluster, their parts and uploads on a disk that is small enough
# to fill. Not so the log of PostgreSQL: without room for that, it stops as a whole.

package WAS::SmallDisk;

use strict;
use warnings;

use File::Path qw(make_path);
use WAS::Fault;

my @TABLES = qw(was_resources was_parts);

# How many MiB the disk should have: a client's contents a few times over, since nobody sweeps what
# was replaced before a quarter of an hour.
sub megabytes { return 384 + 20 * int(WAS::Fault::BIG() / (1 << 20)) }

# The cluster, and a directory of that disk.
sub new {
    my ($class, $cluster, $directory) = @_;
    return bless { cluster => $cluster, directory => $directory }, $class;
}

sub use {
    my ($self) = @_;
    my $dbh = $self->{cluster}->dbh;
    make_path("$self->{directory}/space");
    $dbh->do('VACUUM was_resources');
    $dbh->do("CREATE TABLESPACE small LOCATION '$self->{directory}/space'");
    for my $table (@TABLES) {
        $dbh->do("ALTER TABLE $table RENAME TO ${table}_before");
        $dbh->do("CREATE TABLE $table (LIKE ${table}_before INCLUDING ALL) TABLESPACE small");
    }
    $dbh->do('ALTER ROLE was SET temp_tablespaces = small');
    WAS::Fault::cut_connections($dbh);
    return;
}

sub leave {
    my ($self) = @_;
    my $dbh = $self->{cluster}->dbh;
    $dbh->do('ALTER ROLE was RESET temp_tablespaces');
    WAS::Fault::cut_connections($dbh);
    for my $table (@TABLES) {
        $dbh->do("INSERT INTO ${table}_before SELECT * FROM $table");
        $dbh->do("DROP TABLE $table");
        $dbh->do("ALTER TABLE ${table}_before RENAME TO $table");
    }
    $dbh->do('DROP TABLESPACE small');
    return;
}

# Leaves no room until the call returns.
sub fill {
    my ($self, $meanwhile) = @_;
    my $file = "$self->{directory}/ballast";
    open my $ballast, '>', $file or die "$file: $!";
    my $piece = 'x' x (1 << 20);
    # Down to the last block.
    for (my $size = length $piece; $size >= 4096; $size /= 2) {
        1 while syswrite $ballast, $piece, $size;
    }
    $meanwhile->();
    unlink $file or die "$file: $!";
    return;
}

1;
