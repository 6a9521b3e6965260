# Licensed under the Apache License, Version 2.0; see LICENSE.

# What strangers stored, and what a hostile server says, in the explorer:
# explorer/test/hostile.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Explorer;

WAS::Explorer::run('hostile.mjs');
