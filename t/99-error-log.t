# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The error logs after all other tests: a client's mistakes must not look like ours, nothing may
# crash, and nothing secret may be written. Content that tests store as secret holds SECRETBYTES.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;

my @CRASHES = (
    qr/ERROR: (?:Address|Leak|Thread|UndefinedBehavior)Sanitizer/,
    qr/: runtime error: /,
    qr/exit signal/,
    qr/Assertion .* failed/,
);

my @SECRETS = (
    qr/signature="/i,
    qr/Authorization: *Signature/i,
    qr/PRIVATE KEY/,
    qr/SECRETBYTES/,
);

my @SQL = (qr/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.*\b(?:FROM|INTO|SET)?\b.*\bwas_\w/);

sub lines_like {
    my ($log, @patterns) = @_;
    return [grep { my $line = $_; grep { $line =~ $_ } @patterns } split /\n/, $log];
}

my $main = WAS::Server::slurp(WAS::Server::error_log());
like($main, qr/resuming normal operations/, 'httpd has logged its start');

my @expected = WAS::Server::expected_errors();
my @errors = grep { my $line = $_; !grep { $line =~ $_ } @expected }
    grep { /\[(?:was|dbd):(?:error|crit|alert|emerg)\]/ } split /\n/, $main;
is_deeply(\@errors, [], 'no error that no test has announced');

my $private = "$ENV{WAS_RUN}/private";
for my $path (WAS::Server::error_log(), sort glob "$private/*/error_log") {
    my $log = WAS::Server::slurp($path);
    my ($name) = $path =~ m{([^/]+/error_log)$};
    is_deeply(lines_like($log, @CRASHES), [], "$name: no crash");
    is_deeply(lines_like($log, @SECRETS), [], "$name: no secret");
    is_deeply(lines_like($log, @SQL), [], "$name: no SQL");
}

done_testing;
