# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What SECURITY.md has an operator write for browsers, Content-Security-Policy: sandbox, is in every
# answer, once, whatever becomes of a request; and so is what the module adds to a stored content.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Holder;
use WAS::Server;

my ($advice) =
    WAS::Server::slurp("$ENV{WAS_TOP}/SECURITY.md") =~
    /`(Header [^`]*Content-Security-Policy[^`]*)`/;
is($advice, 'Header always set Content-Security-Policy sandbox', 'it is advised');

my $database = WAS::Server::create_database();
my $server = WAS::Server->start(
    mpm => 'event', dsn => WAS::Server::cluster()->dsn($database),
    config => <<"CONF");
$advice
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF
my $alice = at($server->origin, WAS::Key->fresh, mount => '/pws');
my $classic = $server->client($alice->key);
my $document = json_text({ controller => $alice->did });
my %page = (body => '<script>alert(1)</script>', type => 'text/html');
my $at = make_collection($alice, make_space($alice), 'c');
is(
    $classic->put('/space/s', body => $document, type => 'application/json')->status, 204,
    'a space');
is($classic->put('/space/s/page', %page)->status, 204, 'a page');
is($alice->put("$at/page", %page)->status, 201, 'a page of pws');
is(
    $alice->send_json(PUT => "$at/policy", { type => 'PublicCanRead' })->status, 201,
    'for everybody');

sub with { return (headers => [@_]) }
my @unsigned = (sign => 0, zcap => 0);

# Who asks, method, path, status, options; of a stored content, `nosniff`.
my @answers = (
    [$classic, GET => '/', 200],
    [$classic, GET => '/health', 200],
    [$classic, GET => '/spaces/', 200],
    [$classic, GET => '/space/s', 200],
    [$classic, GET => '/space/s', 200, with(Accept => 'application/x-tar')],
    [$classic, GET => '/space/s', 401, sign => 0],
    [$classic, GET => '/space/none', 404],
    [$classic, PUT => '/space/s/new', 204, %page],
    [$classic, PUT => '/space/s/new', 401, %page, sign => 0],
    [$classic, DELETE => '/space/s/new', 204],
    [$classic, PATCH => '/space/s/page', 405],
    [$classic, POST => '/spaces/', 400, body => '{', type => 'application/json'],
    [$alice, GET => '/pws/', 200],
    [$alice, GET => '/pws/spaces/', 200],
    [$alice, GET => "$at/", 200],
    [$alice, GET => "$at/", 200, @unsigned],
    [$alice, GET => "$at/page/meta", 200],
    [$alice, GET => $at, 308],
    [$alice, PUT => "$at/new", 201, %page],
    [$alice, PUT => "$at/new", 401, %page, @unsigned],
    [$alice, DELETE => "$at/new", 204],
    [$alice, POST => "$at/query", 501, type => 'application/json', body => '{"profile":"x"}'],
);
for my $row ([$classic, '/space/s'], [$alice, $at]) {
    my ($who, $path) = @$row;
    my $etag = $who->get("$path/page")->header('ETag');
    push @answers,
        (
        map { [$who, @$_[0 .. 2], @unsigned, @$_[3 .. $#$_]] } [GET => "$path/page", 200],
        [HEAD => "$path/page", 200],
        [GET => "$path/page", 206, with(Range => 'bytes=0-7')],
        [GET => "$path/page", 206, with(Range => 'bytes=0-1,5-7')],
        [GET => "$path/page", 416, with(Range => 'bytes=99-')],
        [GET => "$path/page", 304, with('If-None-Match' => $etag)],
        [GET => "$path/page", 412, with('If-Match' => '"x"')],
        [GET => "$path/none", 404],
        [OPTIONS => "$path/page", 204],
        );
}
for my $row (@answers) {
    my ($who, $method, $path, $status, @options) = @$row;
    my $res = $who->request($method, $path, @options);
    my $name = "$method $path: $status" . ($res->header('Content-Range') // '');
    is($res->status, $status, $name) or diag $res->body;
    is_deeply([$res->header('Content-Security-Policy')], ['sandbox'], "$name: in a sandbox");
    is($res->header('X-Content-Type-Options'), 'nosniff', "$name: as it is called")
        if $path =~ /page\z/ && $status =~ /\A20[06]\z/;
}
is_deeply(
    [$classic->raw("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n")->header('Content-Security-Policy')],
    ['sandbox'], 'what httpd refuses itself: in a sandbox');

done_testing;
