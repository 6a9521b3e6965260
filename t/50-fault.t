# Licensed under the Apache License, Version 2.0; see LICENSE.

# What goes wrong between httpd and PostgreSQL, and costs nothing that was acknowledged: t/fault.

use strict;
use warnings;

use FindBin;

exec $^X, "$FindBin::Bin/fault" or die "$FindBin::Bin/fault: $!\n";
