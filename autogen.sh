#!/bin/sh
# Licensed under the Apache License, Version 2.0; see LICENSE.
# Makes ./configure out of a checkout; a release tarball has it already.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install
