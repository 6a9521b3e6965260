# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Mutated rows under every reader, for a short while: t/fuzz/stored says what must hold.
# `tools/fuzz stored` takes longer, with sanitizers.

use strict;
use warnings;

use FindBin;

# Between two edits, the same changes; `tools/fuzz stored` looks for others.
$ENV{WAS_FUZZ_SEED} //= 1;
exec $^X, "$FindBin::Bin/fuzz/stored" or die "$FindBin::Bin/fuzz/stored: $!\n";
