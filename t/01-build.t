# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What was built: httpd loads it into its own name space, so it must show one name only.

use strict;
use warnings;

use Test::More;

my $module = "$ENV{WAS_BUILD}/.libs/mod_was.so";
my $nm = $ENV{WAS_NM} // 'nm';
my @names = sort map { (split)[-1] } qx($nm -D --defined-only $module);
is_deeply(\@names, ['was_module'], 'the module exports was_module and nothing else');

done_testing;
