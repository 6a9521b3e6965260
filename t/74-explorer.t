# Licensed under the Apache License, Version 2.0; see LICENSE.

# What a person does in the explorer, in a real browser, in both protocols:
# explorer/test/actions.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Explorer;

WAS::Explorer::run('actions.mjs');
