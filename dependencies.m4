dnl Licensed under the Apache License, Version 2.0; see LICENSE.
dnl
dnl What the module needs when it is built and runs: the one list. configure.ac looks for these,
dnl tools/sbom describes them, t/04-release.t compares both with the built module, with debian/control
dnl and with tools/lib.sh. A row each:
dnl
dnl WAS_NEEDS(name, least version, Debian's package to build with, licence,
dnl     what of it the module names as needed at run time: a library without its version, or
dnl     nothing where httpd has loaded it already)
WAS_NEEDS([httpd], [2.4.54], [apache2-dev], [Apache-2.0], [])
WAS_NEEDS([apr], [1.7.0], [libapr1-dev], [Apache-2.0], [])
WAS_NEEDS([apr-util], [1.6.0], [libaprutil1-dev], [Apache-2.0], [])
WAS_NEEDS([jansson], [2.13], [libjansson-dev], [MIT], [libjansson])
WAS_NEEDS([libsodium], [1.0.18], [libsodium-dev], [ISC], [libsodium])
WAS_NEEDS([libcrypto], [1.1.1], [libssl-dev], [Apache-2.0], [libcrypto])
WAS_NEEDS([libpq], [14], [libpq-dev], [PostgreSQL], [libpq])
WAS_NEEDS([libarchive], [3.4], [libarchive-dev], [BSD-2-Clause], [libarchive])
WAS_NEEDS([yaml-0.1], [0.2.5], [libyaml-dev], [MIT], [libyaml-0])
WAS_NEEDS([zlib], [1.2.11], [zlib1g-dev], [Zlib], [libz])
