# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Values that are unique, among sixteen who write at once through two httpd on one database: of all
# who claim one value, exactly one has it, be it by a blinded index, a content, or what is noted
# beside it. And whoever declares something unique meanwhile is told that it is not, or it is.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes qw(second_server through);
use WAS::Charge qw($MISCHARGED);
use WAS::Holder;
use WAS::Server;
use WAS::Traffic;

my ($CLIENTS, $ROUNDS, $DECLARATIONS) = (16, 200, 30);
my $alice = holder('pws');
my $server = second_server($CLIENTS);
my @ports = (WAS::Server::port('pws'), $server->origin =~ /:(\d+)\z/);
my $space = make_space($alice);
my @unique =
    map { { name => $_->[0], source => $_->[1], unique => JSON::PP::true } } ['n', 'content'],
    ['m', 'custom'];
my $c = "/space/$space/c";
$alice->put("$c/meta", json({ plaintext => { indexes => \@unique } }))->status == 201 or die;

sub json { return (type => 'application/json', body => json_text($_[0])) }

# What is written in a round of each kind, to a resource of nobody else's, and what the last answer
# is then, if it is done.
my @KINDS = (
    ['by a blinded index', sub { return ([], { indexed => [blinded($_[0])] }) }, 201],
    ['by a content', sub { return ([], { n => $_[0] }) }, 201],
    ['by what is noted', sub { return ([{}], { custom => { m => $_[0] } }, '/meta') }, 200],
);

sub blinded {
    my ($value) = @_;
    my %attribute = (name => 'n', value => "$value", unique => JSON::PP::true);
    return { hmac => { id => 'i', type => 't' }, attributes => [\%attribute] };
}

my @clients = map { through($ports[$_ % 2], $alice) } 1 .. $CLIENTS;
my @records = WAS::Traffic->run(
    clients => $CLIENTS, times => $ROUNDS,
    each => sub {
        my ($n, $round) = @_;
        my ($before, $document, $below) = $KINDS[$round % @KINDS][1]->($round);
        my $r = "$c/r$round-$n";
        $clients[$n]->put($r, json($_)) for @$before;
        my $res = $clients[$n]->put($r . ($below // ''), json($document));
        return { round => $round, status => $res->status };
    });
my %statuses;
$statuses{ $_->{round} // -1 }{ $_->{status} // $_->{died} }++ for @records;
for my $kind (0 .. $#KINDS) {
    my @rounds = grep { $_ % @KINDS == $kind } 0 .. $ROUNDS - 1;
    my $due = json_text({ 409 => $CLIENTS - 1, $KINDS[$kind][2] => 1 });
    my @odd = grep { json_text($statuses{$_}) ne $due } @rounds;
    is_deeply(
        [map { "$_: " . json_text($statuses{$_} // {}) } @odd],
        [], "pws 13.4: of $CLIENTS who claim one value $KINDS[$kind][0], one has it");
}
my ($claims, $terms) =
    map { $_->[0] } map { sql(<<"SQL", $space) } 'count(*)', 'count(DISTINCT term)';
SELECT $_ FROM was_pws_terms WHERE space_uuid = ? AND is_claim
SQL
is($claims, $ROUNDS, 'pws 13.4: and each value is claimed once');
is($terms, $ROUNDS, 'pws 13.4: each by a term of its own');

# Two write one value, and a third one declares it unique.
my %seen;
for my $round (1 .. $DECLARATIONS) {
    my $path = make_collection($alice, $space, "d$round");
    my @said = in_parallel(
        3,
        sub {
            my ($n) = @_;
            my @put = ("$path/r$n", json({ n => 1 }));
            @put = ("$path/meta", json({ plaintext => { indexes => [$unique[0]] } })) if $n == 2;
            return $clients[$n]->put(@put)->status;
        });
    $seen{"@said"}++;
}
my @odd = grep { !/\A(?:201 201 409|201 409 204|409 201 204)\z/ } keys %seen;
is_deeply(\@odd, [], 'pws 14.5: declared while two write: one of the three is refused');
note join ', ', map { "$_: $seen{$_}" } sort keys %seen;
is_deeply(
    [map { $_->[0] } sql("SELECT * FROM ($MISCHARGED) m (text) WHERE text LIKE ?", "%$space%")],
    [], 'what is charged is what there is');

done_testing;
