# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The recipe for logs in JSON, as docs/logs.md has it: every line is JSON that says what it should,
# whatever a client sends.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

my $page = WAS::Server::slurp("$ENV{WAS_TOP}/docs/logs.md");
my ($sed, $config) = map { $page =~ /^```$_\n(.*?)^```$/ms } qw(sed apache);
ok(defined $sed && defined $config, 'the recipe is there') or BAIL_OUT('no recipe');

my $place = "$ENV{WAS_RUN}/private/15-log-json-$$";
mkdir $_ for "$ENV{WAS_RUN}/private", $place;
open my $file, '>', "$place/was-json.sed" or die "$place: $!\n";
print $file $sed;
close $file or die "$place: $!\n";
is(
    ($config =~ s{/etc/apache2/}{$place/}g) + ($config =~ s{/var/log/apache2/}{$place/}g),
    4, 'its files are put elsewhere');

my $alice = WAS::Key->fresh;
my $server = WAS::Server->start(config => "LogLevel warn was:info\n$config");
my $client = $server->client($alice);

sub lines_of { return split /\n/, WAS::Server::slurp("$place/was-$_[0].json") }

my $TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
my @values = (
    'plain', 'a "quoted" one', '\\', '\\\\', '\\x41', '\\\\x41', '\\"', '"\\', '\\v\\n\\u0041',
    '","status":200}', '","message":"x"}', '"}', '{"a":', "\x80\xff", "\xc3\xa9", "a\tb",
    "\\\xff\\x", join('', map { chr } 0x21 .. 0x7e), join('', map { chr } 0x80 .. 0xff),
);
my @sent;
for my $value (@values) {
    my @fields =
        ('User-Agent' => $value, traceparent => "00-$TRACE-00f067aa0ba902b7-01", Accept => $value);
    push @sent, $client->put('/space/json/x', body => 'x', headers => \@fields);
    # Its text stands in the line of the error.
    $client->put(
        '/space/json', body => '{}', type => 'application/json',
        headers => ['If-Match' => $value]);
    $client->put('/space/json', body => qq({"controller":"$value"}), type => 'application/json');
    $client->get("/space/json/" . $value =~ s/([^!-~])/sprintf '%%%02x', ord $1/ger, sign => 0);
}
my $expected = 4 * @values;
ok(eventually(20, sub { lines_of('access') >= $expected }), 'each request has its line');
$server->stop;

for my $log (qw(access error)) {
    my @bad = grep {
        !eval { ref decode_json($_) eq 'HASH' }
    } lines_of($log);
    is_deeply(\@bad, [], "$log: every line is an object in JSON");
}
my %by_id = map { $_->{id} => $_ } map { decode_json($_) } lines_of('access');
my @errors = map { decode_json($_) } lines_of('error');
for my $n (0 .. $#values) {
    my $id = $sent[$n]->header('X-Request-Id');
    my $line = $by_id{$id};
    my $name = "value $n";
    is($line->{status}, $sent[$n]->status, "$name: the status is the answer's");
    is($line->{caller}, $alice->did, "$name: who signed");
    is($line->{trace}, $TRACE, "$name: the trace");
    is($line->{request}, 'PUT /space/json/x HTTP/1.1', "$name: the request");
    # httpd joins and trims what it reads, and nothing else.
    is($line->{agent}, $values[$n], "$name: what it sent comes back");
    my @of_it = grep { index($_->{message}, "[$id] [trace $TRACE] NOT_FOUND") >= 0 } @errors;
    is(scalar @of_it, 1, "$name: a line in the error log");
    is($of_it[0]{level}, 'info', "$name: at its level");
}
my ($start) = grep { $_->{message} =~ /\Amod_was \S+: schema/ } @errors;
is($start->{level}, 'notice', 'the start');
like($start->{message}, qr/ in database "was" of PostgreSQL/, 'with its quotes');

done_testing;
