# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Wire;

# What tests of hostile bytes share: a conversation that is written to the last byte by the test and
# read to its end, and a digest of all that is stored. Judges nothing.
#
#     my $said = talk($alice, wire('GET /health HTTP/1.1', ["Host: $host"]));
#     is($said->{answers}[0]->status, 200);

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(time);
use WAS::Response;
use WAS::Story qw(sql);

our @EXPORT = qw(talk wire all_stored);

# A request of a line, fields as they are, and a body as it is framed.
sub wire {
    my ($line, $fields, $body) = @_;
    return join("\r\n", $line, @$fields, '', '') . ($body // '');
}

# Sends the bytes on a connection of their own, says that there are no more, and reads until the
# server closes. `methods` are those of the requests that the bytes hold, for the framing of their
# answers; GET unless given. Yields
#     answers  the responses in order, interim ones left out
#     rest     bytes behind them that are none
sub talk {
    my ($client, $bytes, @methods) = @_;
    my $deadline = time + $client->{timeout};
    my $socket = $client->open_socket;
    my $read = sub { $client->read_bytes($socket, $deadline) };
    my ($rest, @answers) = ('');
    $client->send_bytes($socket, $bytes, $deadline);
    $socket->shutdown(1);
    while (
        (my $answer = WAS::Response->from_stream($read, \$rest, shift @methods // 'GET'))->status) {
        push @answers, $answer;
    }
    $socket->close;
    return { answers => \@answers, rest => $rest };
}

# Every table of the tests' database: how many rows it has, and a digest of their versions. Equal
# when nothing has been written.
sub all_stored {
    my @tables = map { $_->[0] } sql(<<'SQL');
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
SQL
    my $version = 'ctid::text || xmin';
    my $digest = "coalesce(md5(string_agg($version, '' ORDER BY $version)), '')";
    # What raises a counter changes its values, too; WAS::Holder's take_back() puts those back.
    my %digest =
        (was_pws_counters => q(coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '')));
    # The look for contents that no row names comes by once a minute, and puts down what it finds.
    my %rows = (was_sweeps => q(WHERE kind NOT IN ('unnamed', 'content')));
    my %stored;
    for my $table (@tables) {
        my ($of, $rows) = ($digest{$table} // $digest, $rows{$table} // '');
        $stored{$table} = join ' ', map { @$_ } sql("SELECT count(*), $of FROM $table t $rows");
    }
    return \%stored;
}

1;
