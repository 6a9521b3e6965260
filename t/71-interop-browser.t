# Licensed under the Apache License, Version 2.0; see LICENSE.

# A page of another origin in a real browser: t/interop/classic-browser.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Interop;
use WAS::Server;

my @origins = map { WAS::Server::url($_) } qw(main cors_off cors_list);
WAS::Interop::run('classic-browser.mjs', 180, @origins);
