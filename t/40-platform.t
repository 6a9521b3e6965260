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
        my $curls = qr/\A(?:Host|Connection|Content-Length|Transfer-Encoding)\z/;
        my @fields = grep { $_->[0] !~ $curls } $self->fields_of($method, $target, \%option);
        my @command = (
            qw(curl -sS -k --noproxy * --path-as-is --max-time 30),
            @{ $self->{flags} },
            $method eq 'HEAD' ? '--head' : ('-X', $method),
            '-D', "$dir/head", '-o', "$dir/body", '-w', '%{http_version}',
            map { ('-H', "$_->[0]: $_->[1]") } @fields);
        unlink "$dir/head", "$dir/body";
        if (defined $option{body}) {
            open my $out, '>:raw', "$dir/upload" or die $!;
            print $out $option{body};
            close $out or die $!;
            push @command, '--data-binary', "\@$dir/upload";
            my $typed = grep { lc $_->[0] eq 'content-type' } @fields;
            push @command, '-H', 'Content-Type:' if !$typed;
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

my @unsigned = (sign => 0);
sub with { return (headers => [@_]) }

sub story {
    my ($how, $client, $mount) = @_;
    my $id = new_id();
    my $at = "$mount/space/$id";
    my $file = "$at/a%20b/%C3%A9";
    my $document = { id => "urn:uuid:$id", controller => $client->did };
    my @document = (body => json_text($document), type => 'application/json');
    my @text = (body => 'hello', type => 'text/plain');
    my @asking = (Origin => 'https://x.example', 'Access-Control-Request-Method' => 'PUT');
    my %list = (headers => { Location => "$mount/spaces/?a=b" });
    my %fields = ('X-Content-Type-Options' => 'nosniff', 'Access-Control-Allow-Origin' => '*');
    my %signer = (pointer => '/authorization');
    my %posted = (headers => { Location => "$at/p" });
    my %whole = (body => $big, headers => { 'Content-Length' => length $big });
    my %part = (body => substr($big, 1_048_570, 11));
    $part{headers} = { 'Content-Range' => 'bytes 1048570-1048580/3000000' };
    my %none = (headers => { 'Content-Range' => 'bytes */6' });
    my %allowed = (headers => { 'Access-Control-Allow-Methods' => qr/PUT/ });
    my @nothing = (body => '', type => 'application/octet-stream');
    my @decoded = (sign => { target => "$at/a b" });
    my @piece = with(Range => 'bytes=1048570-1048580');
    tell(
        $client,
        ["$how: health", GET => "$mount/health", [@unsigned], 200, json => { status => 'ok' }],
        ["$how: a list of nothing", GET => "$mount/spaces/", [], 200, json => []],
        ["$how: a move", GET => "$mount/spaces?a=b", [@unsigned], 308, %list],
        ["$how: a space", PUT => $at, [@document], 204],
        ["$how: the space", GET => $at, [], 200, json => $document],
        ["$how: a list of one", GET => "$mount/spaces/", [], 200, json => [$document]],
        ["$how: unsigned", GET => $at, [@unsigned], 401, %signer],
        ["$how: a stranger", GET => $at, [sign => { key => person()->key }], 403, %signer],
        ["$how: an upload", PUT => $file, [@text], 204, headers => { ETag => qr/./ }],
        ["$how: a read", GET => $file, [@unsigned], 200, @text, headers => \%fields],
        ["$how: its length", GET => $file, [@unsigned], 200, headers => { 'Content-Length' => 5 }],
        ["$how: HEAD", HEAD => $file, [@unsigned], 200, body => ''],
        ["$how: its length", HEAD => $file, [@unsigned], 200, headers => { 'Content-Length' => 5 }],
        ["$how: //", PUT => "$at//x", [body => 'slashes'], 204],
        ["$how: // is read", GET => "$at//x", [@unsigned], 200, body => 'slashes'],
        ["$how: / is another", GET => "$at/x", [@unsigned], 404, pointer => '/resource'],
        ["$how: %2F", PUT => "$at/c%2Fd", [body => 'slash'], 204],
        ["$how: %2F is read", GET => "$at/c/d", [@unsigned], 200, body => 'slash'],
        ["$how: signed with a query", PUT => "$at/q?a=b%20c&d", [body => 'query'], 204],
        ["$how: signed decoded", PUT => "$at/a%20b", [body => 'x', @decoded], 204],
        ["$how: dots", GET => "$at/%2e%2e/x", [@unsigned], 400],
        ["$how: POST", POST => "$at/p", [body => 'posted'], 201, %posted],
        ["$how: an empty upload", PUT => "$at/empty", [body => ''], 204],
        ["$how: an empty read", GET => "$at/empty", [@unsigned], 200, @nothing],
        ["$how: 3 MB", PUT => "$at/big", [body => $big, type => 'x/big'], 204],
        ["$how: 3 MB come back", GET => "$at/big", [@unsigned], 200, %whole],
        ["$how: a range", GET => "$at/big", [@unsigned, @piece], 206, %part],
        [
            "$how: no such range", GET => "$at/p", [@unsigned, with(Range => 'bytes=99-')], 416,
            %none
        ],
        ["$how: PATCH", PATCH => "$at/p", [], 405, headers => { Allow => qr/GET/ }],
        ["$how: a preflight", OPTIONS => "$at/p", [@unsigned, with(@asking)], 204, %allowed],
    );
    my $etag = $client->get("$at/p", @unsigned)->header('ETag');
    my @unless_same = with('If-None-Match' => $etag);
    my @absent = with('If-None-Match' => '*');
    my @archive = with(Accept => 'application/x-tar');
    my %same = (body => '', headers => { ETag => $etag });
    tell(
        $client,
        ["$how: 304", GET => "$at/p", [@unsigned, @unless_same], 304, %same],
        ["$how: 412", PUT => "$at/p", [body => 'x', @absent], 412],
        ["$how: If-Match", PUT => "$at/p", [body => 'x', with('If-Match' => $etag)], 204],
        ["$how: an export", GET => $at, [@archive], 200, type => 'application/x-tar'],
        ["$how: DELETE", DELETE => "$at/p", [], 204],
        ["$how: DELETE again", DELETE => "$at/p", [], 204],
        ["$how: DELETE of the space", DELETE => $at, [], 204],
        ["$how: gone", GET => "$at/big", [@unsigned], 404, pointer => '/space'],
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
tell(
    person('mounted'),
    map { ["a mount: nothing of ours at $_", GET => $_, [@unsigned], 404, foreign => 1] }
        '/spaces/', '/mountedx/health', '/space/x/y', '/MOUNTED/health');
# A signature says where: one for the path without the mount is for another place.
{
    my $client = person('mounted');
    my $id = new_id();
    my @document = (body => json_text({ controller => $client->did }));
    my @elsewhere = (sign => { target => "/space/$id" });
    tell(
        $client,
        ['a mount: signed without it', PUT => "/mounted/space/$id", [@document, @elsewhere], 401]);
    my $res = $client->post('/mounted/spaces/');
    my %below = (headers => { Location => qr{\A/mounted/space/[^/]+\z} });
    expect('a mount: Location has it', $res, 201, %below);
    my $names = sub { $_[0]->json->{spaces} =~ m{/mounted/spaces/\z} ? () : 'it does not' };
    tell(
        $client,
        ['a mount: and leads there', GET => scalar $res->header('Location'), [], 200],
        ['a mount: the root', GET => '/mounted/', [@unsigned], 200],
        ['a mount: the root names it', GET => '/mounted/', [@unsigned], 200, check => $names],
    );
}

SKIP: {
    skip 'this curl knows no HTTP/2, or this httpd does not', 1
        if $curl !~ /\bHTTP2\b/ || !WAS::Server::has_http2();
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
    tell(
        $client,
        ['HTTP/2 by upgrade', GET => '/health', [@unsigned], 200, json => { status => 'ok' }]);
    is_deeply([keys %{ $client->{versions} }], ['2'], 'HTTP/2 by upgrade: it did');
}

done_testing;
