# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Rows that no client can have written through us, but SQL can: an older version, the Python server
# or an operator. What of them can be read is answered, and what cannot is refused alone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Server;

my $database = WAS::Server::create_database();
my $dbh = WAS::Server::dbh($database);
my $server = WAS::Server->start(
    mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
    config => <<'CONF');
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $alice = at($server->origin, WAS::Key->fresh, mount => '/pws');
my $space = make_space($alice);

# What is noted beside a resource; the name in a listing, what who asks for the note alone is told.
{
    my $of = make_collection($alice, $space, 'noted', { map { $_ => 'x' } qw(a b c) });
    for my $row (
        ['no JSON', '{', undef, 500],
        ['nothing', '', undef, 500],
        ['too deep', '[' x 600, undef, 500],
        ['half a surrogate pair', '{"name":"\\ud800"}', undef, 500],
        ['an array', '["name"]', undef, 200],
        ['a number for a name', '{"name":5}', undef, 200],
        ['a name beside an envelope', '{"name":"n","jwe":{}}', undef, 200],
        ['a NUL', '{"name":"a\\u0000b"}', "a\0b", 200],
        ['two names', '{"name":"a","name":"b"}', 'b', 200],
        ['a long name', sprintf('{"name":"%s"}', 'n' x 300_000), 'n' x 300_000, 200],
        ['a quotation mark', '{"name":"\\"x"}', '"x', 200],
    ) {
        my ($rule, $custom, $name, $status) = @$row;
        my $sql = q(UPDATE was_pws_resources SET custom = ? WHERE resource = 'b');
        $dbh->do($sql, undef, $custom);
        my ($next, %item) = ("$of/");
        while (defined $next) {
            my $page = $alice->get($next)->json;
            $item{ $_->{id} } = $_->{name} for @{ $page->{items} };
            $next = $page->{next};
        }
        my %due = (a => undef, b => $name, c => undef);
        is_deeply(\%item, \%due, "a note of $rule: the listing names what it can");
        my $res = $alice->get("$of/b/meta");
        is($res->status, $status, "a note of $rule: alone");
    }
}

done_testing;
