# Licensed under the Apache License, Version 2.0; see LICENSE.

# The published conformance suite of Portable Web Spaces, against a plain and a TLS origin that
# speak the revision that it knows, and what of it still holds against one that speaks the newest:
# t/interop/pws/run.mjs. Its reports stand beside the logs. What does not hold any more has its
# tests in t/97-pws-october.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Interop;
use WAS::Server;

my @servers;
eval {
    @servers = map { WAS::Server::url($_) } qw(pws_september pws_september_tls pws);
}
    or plan skip_all => 'the configuration has no virtual hosts pws_september...';

$ENV{NODE_EXTRA_CA_CERTS} = "$ENV{WAS_RUN}/t/conf/tls/cert.pem";
my @newer = ('--newer', pop @servers);
WAS::Interop::run('pws/run.mjs', 240, @servers, @newer, '--reports', "$ENV{WAS_RUN}/t/logs");
