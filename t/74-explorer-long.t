# Licensed under the Apache License, Version 2.0; see LICENSE.

# Long files, a network that breaks, and two browsers on one space, in the explorer:
# explorer/test/long.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Explorer;

WAS::Explorer::run('long.mjs');
