# Licensed under the Apache License, Version 2.0; see LICENSE.

# The packages that t/80-pws-suite.t runs with where npm has none: t/interop/pws/shims.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Interop;

WAS::Interop::run('pws/shims.mjs', 60, "$FindBin::Bin/vectors");
