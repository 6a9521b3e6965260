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
    qr/(?:ERROR|WARNING): (?:Address|Leak|Thread|UndefinedBehavior)Sanitizer/,
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

my @SQL = (qr/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.*\bwas_\w/);

# Whether a line is like one of the patterns.
sub is_like {
    my ($line, @patterns) = @_;
    return scalar grep { $line =~ $_ } @patterns;
}

# Passes when none of the lines is like one of the patterns; shows what it found otherwise.
sub none_like {
    my ($name, $log, @patterns) = @_;
    my @found = grep { is_like($_, @patterns) } split /\n/, $log;
    ok(!@found, $name) or diag(join "\n", splice @found, 0, 20);
    return;
}

# mpm_event, told to stop at once, may touch the socket of a connection that a worker is closing at
# that moment, and crash as it ends. A sanitizer's report shows whose a crash is; without one nobody
# can tell, so that it counts as ours. (WAS::Server waits for that worker before it stops a server.)
sub without_crash_of_httpd {
    my ($log) = @_;
    $log =~ s{^AddressSanitizer:DEADLYSIGNAL\n.*?ABORTING\n}{
        my $report = $&;
        $report =~ /mpm_event/ && $report !~ /mod_was|\b(?:was|classic|pws)_/ ? '' : $report
    }mgse;
    return $log;
}

my $main = WAS::Server::slurp(WAS::Server::error_log());
like($main, qr/resuming normal operations/, 'httpd has logged its start');

my @expected = WAS::Server::expected_errors();
my $unexpected = join "\n", grep { !is_like($_, @expected) } split /\n/, $main;
none_like(
    'no error that no test has announced', $unexpected,
    qr/\[(?:was|dbd):(?:error|crit|alert|emerg)\]/);

for my $path (WAS::Server::error_log(), sort glob "$ENV{WAS_RUN}/private/*/error_log") {
    my $log = WAS::Server::slurp($path);
    my ($name) = $path =~ m{([^/]+/error_log)$};
    none_like("$name: no crash", without_crash_of_httpd($log), @CRASHES);
    none_like("$name: no secret", $log, @SECRETS);
    none_like("$name: no SQL", $log, @SQL);
}

done_testing;
