# Licensed under the Apache License, Version 2.0; see LICENSE.

# The main way in Firefox, in both protocols: explorer/test/firefox.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Explorer;

my $firefox = $ENV{WAS_FIREFOX} // 'firefox-esr';
if (!grep { -x } $firefox, map { "$_/$firefox" } split /:/, $ENV{PATH}) {
    print "1..0 # SKIP there is no $firefox; tools/test installs it\n";
    exit 0;
}
WAS::Explorer::run('firefox.mjs');
