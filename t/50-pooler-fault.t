# Licensed under the Apache License, Version 2.0; see LICENSE.

# The same as t/50-fault.t with a PgBouncer between, in transaction mode: t/fault.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Pooler;

plan skip_all => 'a PgBouncer that keeps prepared statements (1.21) is not here'
    if !WAS::Pooler::can_keep();

$ENV{WAS_TEST_POOLER} = 'transaction';
exec $^X, "$FindBin::Bin/fault" or die "$FindBin::Bin/fault: $!\n";
