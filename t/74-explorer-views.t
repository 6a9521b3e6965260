# Licensed under the Apache License, Version 2.0; see LICENSE.

# Each view of the explorer as axe sees it, in all sizes and colours, and by the keyboard:
# explorer/test/views.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Explorer;

WAS::Explorer::run('views.mjs');
