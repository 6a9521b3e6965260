# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A write that is overtaken by others who make and delete what it would write: it looks anew, and is
# done; where it loses each time it says so, and blames neither conditions that hold, nor a quota
# that has room, nor calls absent what is there. A trigger lets the first statements find nothing to
# write, as they do behind another's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Citus;
use WAS::Client;
use WAS::Holder;
use WAS::Key;
use WAS::Server;

plan skip_all => 'Citus has no triggers' if WAS::Citus::count();

my $QUOTA = 1_000_000;
my $limited = WAS::Server->start(config => <<"CONF");
<Location "/">
    WASQuotaPerSpace $QUOTA
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my @TEXT = (type => 'text/plain', body => 'x');
my @JSON = (type => 'application/json');
my @NONE = (headers => ['If-None-Match' => '*']);

# Each row, by its column of statuses.
sub ask {
    my ($how, $who, $space, $at, $column, @rows) = @_;
    for my $row (@rows) {
        my ($what, $statements, $times, $method, $below, $options, @due) = @$row;
        my $due = $due[$column] // next;
        my $name = "$how: $what: $method $below, $times lost";
        my $asks = sub { return $who->request($method, "$at$below", @$options) };
        my $res = overtaken($statements, $space, $times, $asks);
        is($res->status, $due, $name) or diag $res->body;
        is($res->header('Retry-After'), $due == 503 ? 1 : undef, "$name: whether to try again");
    }
    return;
}

my $RAISED = 'UPDATE ON was_pws_counters';
my $MADE = 'INSERT ON was_pws_collections';
my $PUBLIC = '{"type":"PublicCanRead"}';

# What is asked; the statements that find nothing, and how often; method, below the space, options;
# the status, without and with a quota.
my @pws = (
    ['a collection that it makes', $MADE, 1, PUT => '/n1/meta', [@JSON, body => '{}'], 201, 201],
    ['the same, again', $MADE, 4, PUT => '/n2/meta', [@JSON, body => '{}'], 201, 201],
    ['the same, each time', $MADE, 99, PUT => '/n3/meta', [@JSON, body => '{}'], 503, 507],
    ['a collection', $RAISED, 1, PUT => '/c/meta', [@JSON, body => '{}'], 204, 204],
    ['the same, again', $RAISED, 4, PUT => '/c/meta', [@JSON, body => '{}'], 204, 204],
    ['the same, each time', $RAISED, 99, PUT => '/c/meta', [@JSON, body => '{}'], 503, 507],
    ['a resource', $RAISED, 1, PUT => '/c/r', [@TEXT], 200, 200],
    ['a resource that it makes', $RAISED, 1, PUT => '/c/n1', [@TEXT], 201, 201],
    ['the same, unless it is there', $RAISED, 1, PUT => '/c/n2', [@TEXT, @NONE], 201, 201],
    ['one that is posted', $RAISED, 1, POST => '/c/', [@TEXT], 201, 201],
    ['a resource, each time', $RAISED, 99, PUT => '/c/r', [@TEXT], 503, 507],
    ['the same, unless it is there', $RAISED, 99, PUT => '/c/n3', [@TEXT, @NONE], 503, 507],
    ['one that is there', $RAISED, 99, PUT => '/c/r', [@TEXT, @NONE], 412, 412],
    ['metadata', $RAISED, 1, PUT => '/c/r/meta', [@JSON, body => '{"custom":{}}'], 200, 200],
    ['the same, each time', $RAISED, 99, PUT => '/c/r/meta', [@JSON, body => '{}'], 503, 507],
    ['that of nothing', $RAISED, 0, PUT => '/c/no/meta', [@JSON, body => '{}', @NONE], 404, 404],
    ['a chunk', $RAISED, 1, PUT => '/c/r/chunks/1', [@TEXT], 204, 204],
    ['the same, unless it is there', $RAISED, 1, PUT => '/c/r/chunks/2', [@TEXT, @NONE], 204, 204],
    ['a chunk, each time', $RAISED, 99, PUT => '/c/r/chunks/3', [@TEXT], 503, 507],
    ['a policy', $RAISED, 1, PUT => '/c/policy', [@JSON, body => $PUBLIC], 201, 201],
    ['the same, each time', $RAISED, 99, PUT => '/c/policy', [@JSON, body => $PUBLIC], 503, 507],
);

WAS::Server::expect_error('UNAVAILABLE others change all the time what this is to write');
my $alice = holder('pws');
for my $way (['without a quota', $alice, 0], ['with a quota', $limited->origin, 1]) {
    my ($how, $who, $column) = @$way;
    $who = at($who, $alice->key, mount => '/pws') if !ref $who;
    my $space = make_space($who);
    my $at = make_collection($who, $space, 'c', { r => 'x' }) =~ s{/c\z}{}r;
    ask("pws, $how", $who, $space, $at, $column, @pws);
}

# The same of the classic protocol, where what is written without conditions or a quota finds its
# row, if there is a space.
my $WRITTEN = 'INSERT ON was_resources';
my @classic = (
    ['a resource, unless it is there', $WRITTEN, 1, PUT => '/n1', [@TEXT, @NONE], 204, 204],
    ['one that is posted', $WRITTEN, 1, POST => '/', [@TEXT], undef, 201],
    ['a resource, each time', $WRITTEN, 99, PUT => '/n2', [@TEXT, @NONE], 503, 507],
    ['a resource', $WRITTEN, 1, PUT => '/r', [@TEXT], undef, 204],
    ['one that is there', $WRITTEN, 99, PUT => '/r', [@TEXT, @NONE], 412, 412],
);
WAS::Server::expect_error('UNAVAILABLE others write and delete this all the time');
for my $way (
    ['without a quota', WAS::Server::url('main'), 0],
    ['with a quota', $limited->origin, 1]
) {
    my ($how, $origin, $column) = @$way;
    my $who = WAS::Client->new(base => $origin, key => WAS::Key->fresh);
    my $id = new_id();
    my $at = "/space/$id";
    $who->put($at, @JSON, body => json_text({ controller => $who->did }))->status == 204
        or die 'no space';
    $who->put("$at/r", @TEXT)->status == 204 or die 'no resource';
    ask("classic, $how", $who, $id, $at, $column, @classic);
}

done_testing;
