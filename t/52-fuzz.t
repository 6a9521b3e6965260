# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Mutated requests at a whole server, for a short while: t/fuzz/server says what must hold.
# `tools/fuzz server` takes longer, with sanitizers.

use strict;
use warnings;

use FindBin;

exec $^X, "$FindBin::Bin/fuzz/server" or die "$FindBin::Bin/fuzz/server: $!\n";
