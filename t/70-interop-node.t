# Licensed under the Apache License, Version 2.0; see LICENSE.

# The clients of today's wallets, run by Node against the server: t/interop/classic-node.mjs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use WAS::Interop;
use WAS::Server;

WAS::Interop::run('classic-node.mjs', 120, WAS::Server::url(), WAS::Server::url('private'));
