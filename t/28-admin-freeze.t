# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A space that the operator has frozen: who may read it reads on; who may write to it is told so by
# a 403, whatever he writes and by whatever way; who may not is told what he was told before; and
# nothing that is stored changes. Only a capability can be revoked, which takes a right away.

use strict;
use warnings;

use FindBin;
use JSON::PP qw(encode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Admin qw(admin);
use WAS::Holder;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);
use WAS::Zcap;

my $dsn = WAS::Server::cluster()->dsn('was');

sub set_frozen {
    my ($command, $id) = @_;
    my $ran = admin($dsn, $command, '--yes', $id);
    # What fails just after it may have failed by it, and is told so.
    sql("UPDATE $_ SET thawed = NULL WHERE space_uuid = ? RETURNING 1", $id)
        for qw(was_spaces was_pws_spaces);
    return $ran->{out} =~ /\tyes\n/;
}

my $BIG = random_bytes(3 << 20);
my @TEXT = (type => 'text/plain', body => 'x');
my @BIG = (type => 'text/plain', body => $BIG);
my @MATCH = (headers => ['If-Match' => '"other"']);
my @NONE_MATCH = (headers => ['If-None-Match' => '*']);

# 1. The classic protocol.
my $alice = WAS::Client->new(base => WAS::Server::url('main'), key => WAS::Key->fresh);
my $bob = $alice->as(WAS::Key->fresh);
my $id = new_id();
my @document = (type => 'application/json', body => encode_json({ controller => $alice->did }));
my @given = (type => 'application/json', body => encode_json({ controller => $bob->did }));
is($alice->put("/space/$id", @document)->status, 204, 'classic: a space');
is($alice->put("/space/$id/r", @TEXT)->status, 204, 'classic: a resource');
my $tar = $alice->get("/space/$id", headers => [Accept => 'application/x-tar'])->body;

# Name, who, method, below the space, options, status while it is frozen and afterwards.
my @classic = (
    ['PUT, again', $alice, PUT => '/r', [@TEXT], 403, 204],
    ['PUT, new', $alice, PUT => '/new', [@TEXT], 403, 204],
    ['PUT of 3 MiB', $alice, PUT => '/big', [@BIG], 403, 204],
    ['PUT with If-None-Match', $alice, PUT => '/if', [@TEXT, @NONE_MATCH], 403, 204],
    ['PUT with If-Match that does not hold', $alice, PUT => '/r', [@TEXT, @MATCH], 403, 412],
    ['POST', $alice, POST => '/posted', [@TEXT], 403, 201],
    ['DELETE', $alice, DELETE => '/r', [], 403, 204],
    ['DELETE of what is not there', $alice, DELETE => '/nothing', [], 403, 204],
    ['PUT of the space', $alice, PUT => '', [@document], 403, 204],
    ['import', $alice, POST => '', [type => 'application/x-tar', body => $tar], 403, 200],
    ["a stranger's PUT", $bob, PUT => '/r', [@TEXT], 403, 403],
    ["a stranger's DELETE of the space", $bob, DELETE => '', [], 403, 403],
    ['PUT that gives the space away', $alice, PUT => '', [@given], 403, 204],
    ['DELETE of the space', $alice, DELETE => '', [], 403, 403],
    ["DELETE by who was given it", $bob, DELETE => '', [], 403, 204],
);

sub classic_request {
    my ($row) = @_;
    my ($name, $who, $method, $path, $options) = @$row;
    return $who->request($method => "/space/$id$path", @$options);
}

ok(set_frozen('freeze', $id), 'classic: frozen');
my $before = stored($id);
for my $row (@classic) {
    my $res = classic_request($row);
    my $who = $row->[1] == $alice ? 'frozen' : 'control';
    is($res->status, $row->[5], "classic, frozen: $row->[0]") or diag $res->body;
    like($res->problem->{errors}[0]{detail}, qr/$who/, "classic, frozen: $row->[0]: why");
}
same_stored('classic, frozen: nothing has changed', $before, $id);
is($alice->get("/space/$id/r", sign => 0)->body, 'x', 'classic, frozen: anybody reads');
is($alice->get("/space/$id")->status, 200, 'classic, frozen: and its controller the space');
is(admin($dsn, qw(thaw --yes), $id)->{code}, 0, 'classic: just thawed');
is($alice->delete("/space/$id/nothing")->status, 403, 'classic: what finds nothing: by that?');
ok(set_frozen('freeze', $id), 'classic: frozen again');
ok(set_frozen('thaw', $id), 'classic: not any more');
for my $row (@classic) {
    my $res = classic_request($row);
    is($res->status, $row->[6], "classic, afterwards: $row->[0]") or diag $res->body;
}

# 2. Portable Web Spaces.
my $carol = holder();
my $dave = at('pws', WAS::Key->fresh);
my $mallory = at('pws', WAS::Key->fresh);
my $space = make_space($carol, name => 'S');
my $at = make_collection($carol, $space, 'c', { r => 'x', chunked => 'x', old => 'x' });
my $of = "/space/$space";
$carol->put("$at/chunked/chunks/0", @TEXT)->status == 204 or die 'no chunk';
my $target = $carol->space_url($space);
my %delegation = (by => $carol->key, to => $dave->key, actions => [qw(GET PUT POST DELETE)]);
my $capability = delegate($target, %delegation, target => $target);
my @delegated = (by => $dave, zcap => { capability => $capability });
# One that was deleted, and came back by an import with the tombstone that it left.
my $back = make_collection($carol, $space, 'back', { r => 'x' });
my $archive = $carol->request(POST => "$of/export")->body;
my @archive = (type => 'application/x-tar', body => $archive);
is($carol->delete("$back/")->status, 204, 'pws: a collection is deleted');
ok(swept($space), 'pws: and swept');
is($carol->request(POST => "$of/import", @archive)->status, 200, 'pws: and imported');
my %SPACE = (id => $space, controller => $carol->did);
my %GIVEN = (id => $space, controller => $dave->did);
my $entry = '{"hmac":{"id":"i"},"attributes":[{"name":"n","value":"v"}]}';
my @found = (type => 'application/json', body => qq({"indexed":[$entry]}));
my %BACKEND = (id => 'b', name => 'B');

# Name, method, path, options.
my @writes = (
    ['PUT, again', PUT => "$at/r", [@TEXT]],
    ['PUT, new', PUT => "$at/new", [@TEXT]],
    ['PUT of 3 MiB', PUT => "$at/big", [@BIG]],
    ['PUT with If-None-Match', PUT => "$at/if", [@TEXT, @NONE_MATCH]],
    ['PUT with If-Match that does not hold', PUT => "$at/r", [@TEXT, @MATCH]],
    ['PUT of what is found', PUT => "$at/found", [@found]],
    ['PUT by a delegate', PUT => "$at/r", [@TEXT, @delegated]],
    ['POST', POST => "$at/", [@TEXT]],
    ['POST of 3 MiB', POST => "$at/", [@BIG]],
    ['PUT of what is noted', PUT => "$at/r/meta", [json => { custom => { name => 'n' } }]],
    ['PUT of a chunk', PUT => "$at/chunked/chunks/0", [@TEXT]],
    ['PUT of a chunk of 3 MiB', PUT => "$at/chunked/chunks/1", [@BIG]],
    ['DELETE of a chunk', DELETE => "$at/chunked/chunks/0", []],
    ['DELETE', DELETE => "$at/old", []],
    ['DELETE of what is not there', DELETE => "$at/nothing", []],
    ['PUT of a collection', PUT => "$at/meta", [json => { name => 'n' }]],
    ['PUT of a new collection', PUT => "$of/d/meta", [json => { name => 'n' }]],
    ['POST of a collection', POST => "$of/", [json => { id => 'e' }]],
    ['PUT of a policy', PUT => "$at/r/policy", [json => { type => 'PublicCanRead' }]],
    ['PUT of a policy of the space', PUT => "$of/policy", [json => { type => 'PublicCanRead' }]],
    ['DELETE of a policy', DELETE => "$of/policy", []],
    ['import', POST => "$of/import", [@archive]],
    ['PUT of the space', PUT => "$of/meta", [json => \%SPACE]],
    ['DELETE of a collection', DELETE => "$at/", []],
    ['DELETE of a collection that came back', DELETE => "$back/", []],
    ['PUT that gives the space away', PUT => "$of/meta", [json => \%GIVEN]],
    ['DELETE of the space', DELETE => "$of/", []],
);

ok(set_frozen('freeze', $space), 'pws: frozen');
$before = stored($space);
my @answers = map {
    my ($name, @request) = @$_;
    ["pws, frozen: $name", @request, 403, 'forbidden']
} @writes;
told($carol, @answers);
told(
    $mallory,
    map {
        my ($name, $method, $path, $options) = @$_;
        my %options = @$options;
        delete @options{qw(by zcap)};
        ["pws, frozen: a stranger's $name", $method, $path, [%options], 404, 'not-found']
    } @writes);
told(
    $carol,
    ['pws, frozen: a read', GET => "$at/r", [], 200],
    ['pws, frozen: a list', GET => "$at/", [], 200],
    ['pws, frozen: a policy that is not there', GET => "$of/policy", [], 404, 'not-found'],
    ['pws, frozen: a query', POST => "$at/query", [json => { profile => 'changes' }], 200],
    ['pws, frozen: an export', POST => "$of/export", [], 200],
    ['pws, frozen: a bad body', PUT => "$at/meta", [json => '['], 400, 'invalid-request-body'],
);
same_stored('pws, frozen: nothing has changed', $before, $space);

# What takes rights away.
told($dave, ['pws, frozen: a delegate reads', GET => "$at/r", [@delegated[2, 3]], 200]);
told(
    $carol,
    [
        'pws, frozen: a capability is revoked', POST => "$of/zcaps/revocations/"
            . ($capability->{id} =~ s/:/%3A/gr), [json => $capability], 204
    ]);
told(
    $dave,
    [
        'pws, frozen: and good no more', GET => "$at/r", [@delegated[2, 3]], 404,
        'capability-revoked'
    ]);

is(admin($dsn, qw(thaw --yes), $space)->{code}, 0, 'pws: just thawed');
told($carol, ['pws: what finds nothing: by that?', DELETE => "$at/nothing", [], 403, 'forbidden']);
ok(set_frozen('freeze', $space), 'pws: frozen again');
ok(set_frozen('thaw', $space), 'pws: not any more');
for my $row (grep { $_->[0] !~ /delegate|does not hold|import/ } @writes) {
    my ($name, $method, $path, $options) = @$row;
    my %options = @$options;
    my $json = delete $options{json};
    @options{qw(type body)} = ('application/json', json_text($json)) if $json;
    my $res = ($name =~ /of the space\z/ && $method eq 'DELETE' ? at('pws', $dave) : $carol)
        ->request($method, $path, %options);
    like($res->status, qr/\A20[014]\z/, "pws, afterwards: $name") or diag $res->body;
}

# 3. One that had to wait for somebody is noted as of when it was done: so long after it, what fails
# may have failed by it.
sub hold_until_awaited {
    my ($table, $which) = @_;
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    $dbh->do("SELECT 1 FROM $table WHERE space_uuid = ? FOR UPDATE", undef, $which);
    my $is_awaited = q(SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid');
    eventually(20, sub { $dbh->selectrow_array($is_awaited) });
    my ($then) = $dbh->selectrow_array('SELECT clock_timestamp() FROM pg_sleep(0.5)');
    $dbh->commit;
    return $then;
}

sub thaw_held {
    my ($table, $which) = @_;
    my $is_free = "SELECT 1 FROM $table WHERE space_uuid = ? FOR UPDATE SKIP LOCKED";
    eventually(20, sub { !sql($is_free, $which) });
    return admin($dsn, qw(thaw --yes), $which)->{code};
}

my $fresh = new_id();
is($alice->put("/space/$fresh", @document)->status, 204, 'classic: another space');
for my $row ([was_spaces => $fresh], [was_pws_spaces => make_space($carol)]) {
    my ($table, $which) = @$row;
    ok(set_frozen('freeze', $which), "$table: frozen, and held by somebody");
    my ($then, $code) =
        in_parallel(2, sub { $_[0] == 0 ? hold_until_awaited(@$row) : thaw_held(@$row) });
    is($code, 0, "$table: thawed");
    my $later = "SELECT thawed >= ?::timestamptz FROM $table WHERE space_uuid = ?";
    is_deeply([sql($later, $then, $which)], [[1]], "$table: and not before that was free");
}

done_testing;
