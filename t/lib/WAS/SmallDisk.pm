# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::SmallDisk: the resources and uploads of a cluster on a disk that is small enough to fill. Not
# so the log of PostgreSQL: without room for that, it stops as a whole.

package WAS::SmallDisk;

use strict;
use warnings;

use File::Path qw(make_path);
use Time::HiRes qw(sleep);
use WAS::Fault;

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
    $dbh->do('ALTER TABLE was_resources RENAME TO was_resources_before');
    $dbh->do(<<'SQL');
CREATE TABLE was_resources (LIKE was_resources_before INCLUDING ALL) TABLESPACE small
SQL
    $dbh->do('ALTER ROLE was SET temp_tablespaces = small');
    WAS::Fault::cut_connections($dbh);
    return;
}

sub leave {
    my ($self) = @_;
    my $dbh = $self->{cluster}->dbh;
    $dbh->do('ALTER ROLE was RESET temp_tablespaces');
    WAS::Fault::cut_connections($dbh);
    $dbh->do('INSERT INTO was_resources_before SELECT * FROM was_resources');
    $dbh->do('DROP TABLE was_resources');
    $dbh->do('ALTER TABLE was_resources_before RENAME TO was_resources');
    $dbh->do('DROP TABLESPACE small');
    return;
}

# Leaves no room for so many seconds.
sub fill {
    my ($self, $seconds) = @_;
    my $file = "$self->{directory}/ballast";
    open my $ballast, '>', $file or die "$file: $!";
    my $piece = 'x' x (1 << 20);
    # Down to the last block.
    for (my $size = length $piece; $size >= 4096; $size /= 2) {
        1 while syswrite $ballast, $piece, $size;
    }
    sleep $seconds;
    unlink $file or die "$file: $!";
    return;
}

1;
