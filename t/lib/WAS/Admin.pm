# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Admin;

# was-admin of this build, run as an operator runs it, and what a database is before and after.

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use JSON::PP qw(decode_json);
use Test::More ();
use WAS::Server;

our @EXPORT_OK = qw(admin rows says database_state);

# Runs it with these words; `$dsn` is what WAS_STORAGE_DSN says, or undef. Yields a hash: exit code,
# out and err as bytes.
sub admin {
    my ($dsn, @words) = @_;
    my ($out, $err) = map { File::Temp->new } 1 .. 2;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        delete local @ENV{ grep { /\A(?:PG|WAS_STORAGE_DSN)/ } keys %ENV };
        local $ENV{WAS_STORAGE_DSN} = $dsn;
        delete $ENV{WAS_STORAGE_DSN} if !defined $dsn;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $out or die "dup: $!";
        open STDERR, '>&', $err or die "dup: $!";
        exec {"$ENV{WAS_BUILD}/was-admin"} 'was-admin', @words or CORE::exit 127;
    }
    waitpid $pid, 0;
    my %ran = (code => $? & 127 ? "signal $?" : $? >> 8);
    @ran{qw(out err)} = map { WAS::Server::slurp("$_") } $out, $err;
    return \%ran;
}

# The rows that it prints by --json.
sub rows {
    my ($dsn, @words) = @_;
    my $ran = admin($dsn, '--json', @words);
    return [map { decode_json($_) } split /\n/, $ran->{out}];
}

# One assertion: the exit code, and a pattern of what it says at all.
sub says {
    my ($name, $ran, $code, $pattern) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $fine = $ran->{code} eq $code && "$ran->{out}$ran->{err}" =~ $pattern;
    return Test::More::ok($fine, $name)
        || Test::More::diag("exit code $ran->{code}\n$ran->{out}$ran->{err}");
}

# All tables of ours and the versions of all rows: what changed nothing has left it as it was. How
# far the look for contents without a name has come is the server's.
sub database_state {
    my ($dbh) = @_;
    my $tables = $dbh->selectcol_arrayref(<<'SQL');
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') ORDER BY 1
SQL
    my %state = (tables => $tables);
    for my $table (
        grep { $dbh->selectrow_array("SELECT to_regclass('$_') IS NOT NULL") }
        qw(was_schema_version was_origin was_controllers was_spaces was_resources was_pws_spaces
        was_pws_collections was_pws_counters was_pws_resources was_pws_chunks was_pws_terms
        was_pws_logs was_pws_policies was_pws_tombstones was_pws_backends was_pws_revocations
        was_sweeps was_parts)
    ) {
        my $only = $table eq 'was_sweeps' ? "WHERE kind <> 'unnamed'" : '';
        $state{$table} = $dbh->selectcol_arrayref(
            "SELECT md5(t::text) || ' ' || xmin::text FROM public.$table t $only ORDER BY 1");
    }
    return \%state;
}

1;
