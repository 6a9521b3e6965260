# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# One short story over everything that httpd puts between a client and the module: TLS, HTTP/2 with
# and without TLS, a reverse proxy, and a path of its own below a host. The answers are the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use WAS::Client;
use WAS::Response;
use WAS::Server;
use WAS::Story;

my $dir = tempdir(CLEANUP => 1);
my $curl = `curl --version 2>/dev/null` // '';

# A client that speaks through curl, which knows HTTP/2. It takes what WAS::Client takes, of that
# what the story needs.
package Curl {
    our @ISA = ('WAS::Client');

    sub request {
        my ($self, $method, $target, %option) = @_;
        my @fields = grep { $_->[0] !~ /\A(?:Host|Connection|Content-Length|Transfer-Encoding)\z/ } $self->_fields($method, $target, \%option);
        my @command = ('curl', '-sS', '-k', '--noproxy', '*', '--path-as-is', '--max-time', 30, @{ $self->{flags} },
            $method eq 'HEAD' ? '--head' : ('-X', $method), '-D', "$dir/head", '-o', "$dir/body",
            '-w', '%{http_version}', map { ('-H', "$_->[0]: $_->[1]") } @fields);
        unlink "$dir/head", "$dir/body";
        if (defined $option{body}) {
            open my $out, '>:raw', "$dir/upload" or die $!;
            print $out $option{body};
            close $out or die $!;
            push @command, '--data-binary', "\@$dir/upload";
            push @command, '-H', 'Content-Type:' if !grep { lc $_->[0] eq 'content-type' } @fields;
        }
        open my $pipe, '-|', @command, "$self->{base}$target" or die "curl: $!";
        chomp(my $version = <$pipe> // '');
        close $pipe;
        $self->{versions}{$version}++;
        # The last head, with curl's own doings undone.
        my $head = WAS::Server::slurp("$dir/head") =~ s/.*(?=^HTTP\/)//msr;
        $head =~ s{\AHTTP/2 (\d+)}{HTTP/1.1 $1};
        $head =~ s{^Transfer-Encoding:.*\n}{}mi;
        my $rest = $head . WAS::Server::slurp("$dir/body");
        return WAS::Response->from_stream(sub { '' }, \$rest, $method);
    }
}

sub through_curl {
    my ($vhost, @flags) = @_;
    my $person = person($vhost);
    return bless { %$person, flags => \@flags, versions => {} }, 'Curl';
}

my $big = random_bytes(3_000_000);

sub story {
    my ($how, $client, $mount) = @_;
    my $id = new_id();
    my $at = "$mount/space/$id";
    my $document = { id => "urn:uuid:$id", controller => $client->did };
    tell($client,
        ["$how: health", GET => "$mount/health", [sign => 0], 200, json => { status => 'ok' }],
        ["$how: a list of nothing", GET => "$mount/spaces/", [], 200, json => []],
        ["$how: a move", GET => "$mount/spaces?a=b", [sign => 0], 308, headers => { Location => "$mount/spaces/?a=b" }],
        ["$how: a space", PUT => $at, [body => json_text($document), type => 'application/json'], 204],
        ["$how: the space", GET => $at, [], 200, json => $document],
        ["$how: a list of one", GET => "$mount/spaces/", [], 200, json => [$document]],
        ["$how: unsigned", GET => $at, [sign => 0], 401, pointer => '/authorization'],
        ["$how: a stranger", GET => $at, [sign => { key => person()->key }], 403, pointer => '/authorization'],
        ["$how: an upload", PUT => "$at/a%20b/%C3%A9", [body => 'hello', type => 'text/plain'], 204, headers => { ETag => qr/./ }],
        ["$how: a read", GET => "$at/a%20b/%C3%A9", [sign => 0], 200, body => 'hello', type => 'text/plain',
         headers => { 'X-Content-Type-Options' => 'nosniff', 'Content-Length' => 5, 'Access-Control-Allow-Origin' => '*' }],
        ["$how: HEAD", HEAD => "$at/a%20b/%C3%A9", [sign => 0], 200, body => '', headers => { 'Content-Length' => 5 }],
        ["$how: //", PUT => "$at//x", [body => 'slashes'], 204],
        ["$how: // is read", GET => "$at//x", [sign => 0], 200, body => 'slashes'],
        ["$how: / is another", GET => "$at/x", [sign => 0], 404, pointer => '/resource'],
        ["$how: %2F", PUT => "$at/c%2Fd", [body => 'slash'], 204],
        ["$how: %2F is read", GET => "$at/c/d", [sign => 0], 200, body => 'slash'],
        ["$how: signed with a query", PUT => "$at/q?a=b%20c&d", [body => 'query'], 204],
        ["$how: signed decoded", PUT => "$at/a%20b", [body => 'x', sign => { target => "$at/a b" }], 204],
        ["$how: dots", GET => "$at/%2e%2e/x", [sign => 0], 400],
        ["$how: POST", POST => "$at/p", [body => 'posted'], 201, headers => { Location => "$at/p" }],
        ["$how: an empty upload", PUT => "$at/empty", [body => ''], 204],
        ["$how: an empty read", GET => "$at/empty", [sign => 0], 200, body => '', type => 'application/octet-stream'],
        ["$how: 3 MB", PUT => "$at/big", [body => $big, type => 'x/big'], 204],
        ["$how: 3 MB come back", GET => "$at/big", [sign => 0], 200, body => $big, headers => { 'Content-Length' => length $big }],
        ["$how: a range", GET => "$at/big", [sign => 0, headers => [Range => 'bytes=1048570-1048580']], 206, body => substr($big, 1_048_570, 11),
         headers => { 'Content-Range' => 'bytes 1048570-1048580/3000000' }],
        ["$how: no such range", GET => "$at/p", [sign => 0, headers => [Range => 'bytes=99-']], 416, headers => { 'Content-Range' => 'bytes */6' }],
        ["$how: PATCH", PATCH => "$at/p", [], 405, headers => { Allow => qr/GET/ }],
        ["$how: a preflight", OPTIONS => "$at/p", [sign => 0, headers => [Origin => 'https://x.example', 'Access-Control-Request-Method' => 'PUT']], 204,
         headers => { 'Access-Control-Allow-Methods' => qr/PUT/ }],
    );
    my $etag = $client->get("$at/p", sign => 0)->header('ETag');
    tell($client,
        ["$how: 304", GET => "$at/p", [sign => 0, headers => ['If-None-Match' => $etag]], 304, body => '', headers => { ETag => $etag }],
        ["$how: 412", PUT => "$at/p", [body => 'x', headers => ['If-None-Match' => '*']], 412],
        ["$how: If-Match", PUT => "$at/p", [body => 'x', headers => ['If-Match' => $etag]], 204],
        ["$how: an export", GET => $at, [headers => [Accept => 'application/x-tar']], 200, type => 'application/x-tar'],
        ["$how: DELETE", DELETE => "$at/p", [], 204],
        ["$how: DELETE again", DELETE => "$at/p", [], 204],
        ["$how: DELETE of the space", DELETE => $at, [], 204],
        ["$how: gone", GET => "$at/big", [sign => 0], 404, pointer => '/space'],
    );
    return;
}

story('HTTP/1.1', person(), '');
{
    my $kept = person();
    $kept->{keepalive} = 1;
    story('HTTP/1.1, one connection', $kept, '');
}
story('TLS', person('tls'), '');
story('a reverse proxy', person('reverse'), '');
story('a mount', person('mounted'), '/mounted');

# Outside its mount the module is not there.
tell(person('mounted'), map { ["a mount: nothing of ours at $_->[1]", @$_, [sign => 0], 404, foreign => 1] }
    ['GET', '/spaces/'], ['GET', '/mountedx/health'], ['GET', '/space/x/y'], ['GET', '/MOUNTED/health']);
# A signature says where: one for the path without the mount is for another place.
{
    my $client = person('mounted');
    my $id = new_id();
    tell($client, ['a mount: signed without it', PUT => "/mounted/space/$id",
        [body => json_text({ controller => $client->did }), sign => { target => "/space/$id" }], 401]);
    my $res = $client->post('/mounted/spaces/');
    expect('a mount: Location has it', $res, 201, headers => { Location => qr{\A/mounted/space/[^/]+\z} });
    tell($client, ['a mount: and leads there', GET => scalar $res->header('Location'), [], 200],
        ['a mount: the root', GET => '/mounted/', [sign => 0], 200],
        ['a mount: the root names it', GET => '/mounted/', [sign => 0], 200, check => sub {
            return $_[0]->json->{spaces} =~ m{/mounted/spaces/\z} ? () : 'it does not' }]);
}

SKIP: {
    skip 'this curl knows no HTTP/2, or this httpd does not', 1 if $curl !~ /\bHTTP2\b/ || !WAS::Server::has_http2();
    for my $case (
        ['HTTP/2 over TLS', 'tls', '2', '--http2'],
        ['HTTP/2, known before', 'h2c', '2', '--http2-prior-knowledge'],
        ['HTTP/1.1 over TLS, through curl', 'tls', '1.1', '--http1.1'],
    ) {
        my ($how, $vhost, $version, @flags) = @$case;
        my $client = through_curl($vhost, @flags);
        story($how, $client, '');
        is_deeply([keys %{ $client->{versions} }], [$version], "$how: curl spoke HTTP/$version");
    }
    my $client = through_curl('h2c', '--http2');
    tell($client, ['HTTP/2 by upgrade', GET => '/health', [sign => 0], 200, json => { status => 'ok' }]);
    is_deeply([keys %{ $client->{versions} }], ['2'], 'HTTP/2 by upgrade: it did');
}

done_testing;
