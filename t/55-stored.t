# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Mutated rows under every reader, for a short while: t/fuzz/stored says what must hold, and names
# its seed, which repeats it. `tools/fuzz stored` takes longer, with sanitizers.

use strict;
use warnings;

use FindBin;

exec $^X, "$FindBin::Bin/fuzz/stored" or die "$FindBin::Bin/fuzz/stored: $!\n";
