# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/openapi-*.json: they are what tools/openapi makes of the tables now, they hold together, each
# route of the code is in them with its right, and what servers answer is described there.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Zcap;

my $top = $ENV{WAS_TOP};
my $made = tempdir(CLEANUP => 1);
is(system("$top/tools/openapi", $made), 0, 'tools/openapi runs');

my %text = map { $_ => WAS::Server::slurp("$top/docs/openapi-$_.json") } qw(classic pws);
my %description = map { $_ => decode_json($text{$_}) } keys %text;

# All values of a member, wherever it is.
sub members {
    my ($name, $value) = @_;
    return map { members($name, $_) } @$value if ref $value eq 'ARRAY';
    return if ref $value ne 'HASH';
    return map { ($_ eq $name ? $value->{$_} : ()), members($name, $value->{$_}) } keys %$value;
}

sub resolves {
    my ($document, $reference) = @_;
    my $at = $document;
    for my $name (split m{/}, $reference =~ s{\A#/}{}r) {
        $at = ref $at eq 'HASH' ? $at->{$name} : undef;
    }
    return defined $at;
}

# "METHOD shape right" of the rows of a table in C, but for those of every method.
sub rows_of {
    my ($file) = @_;
    my ($table) = WAS::Server::slurp("$top/$file") =~ /routes\[\] = \{\n(.*?)\{0\}\};/s;
    my @rows = $table =~ /"([A-Z*]+)",\s*"([^"]+)",\s*(?:WAS_RIGHT_)?([A-Z_]+),/g;
    my @found;
    while (my ($method, $shape, $right) = splice @rows, 0, 3) {
        push @found, "$method $shape $right" if $method ne '*';
    }
    return @found;
}

for my $protocol (sort keys %text) {
    my $document = $description{$protocol};
    my @operations;
    is(
        $text{$protocol}, WAS::Server::slurp("$made/openapi-$protocol.json"),
        "$protocol: what is in docs is what tools/openapi makes");
    is_deeply(
        [grep { !resolves($document, $_) } members('$ref', $document)],
        [], "$protocol: what is referred to is there");
    my %names;
    $names{$_}++ for members(operationId => $document);
    is_deeply([grep { $names{$_} > 1 } keys %names], [], "$protocol: a name for each operation");
    my %schemes = %{ $document->{components}{securitySchemes} };
    my @asked = map { keys %$_ } map { @$_ } members(security => $document);
    is_deeply([grep { !$schemes{$_} } @asked], [], "$protocol: a scheme for each proof");
    for my $path (sort keys %{ $document->{paths} }) {
        my $item = $document->{paths}{$path};
        my $shape = $path =~ s/\{path\}/**/r =~ s/\{\w+\}/*/gr;
        for my $method (grep { $_ ne 'head' } sort keys %$item) {
            my $is_preflight = $method eq 'options' && $item->{$method}{operationId} =~ /Options\z/;
            push @operations, uc($method) . " $shape " . uc $item->{$method}{'x-right'}
                if !$is_preflight;
            my @in = map { $_->{name} }
                grep { $_->{in} eq 'path' } @{ $item->{$method}{parameters} // [] };
            is("@in", join(' ', $path =~ /\{(\w+)\}/g), "$protocol: $method $path: its parameters");
        }
        is(!!$item->{head}, !!$item->{get}, "$protocol: $path: HEAD where there is GET");
        ok($item->{options}, "$protocol: $path: OPTIONS");
    }
    is_deeply(
        [sort @operations],
        [sort(rows_of("src/$protocol/$protocol.c"))],
        "$protocol: the routes of the code, with their rights");
}

# What servers answer, to nobody and to who controls the space.
my %example = (
    space => 'openapi', collection => 'c', resource => 'r', chunk => 0, backend => 'b',
    capability => 'x', path => 'a/b');
my $alice = WAS::Key->fresh;
my %at = (classic => WAS::Server::url(), pws => WAS::Server::url('pws'));
my %client = (
    classic => WAS::Client->new(base => $at{classic}, key => $alice),
    pws => WAS::Zcap->new(base => $at{pws}, key => $alice),
);
my %unsigned = (classic => [sign => 0], pws => [sign => 0, zcap => 0]);
my @RANK = qw(put post get head options delete);
my %rank = map { $RANK[$_] => $_ } 0 .. $#RANK;

sub sent {
    my ($operation) = @_;
    my ($type) = keys %{ ($operation->{requestBody} // return)->{content} };
    return (type => $type eq '*/*' ? 'text/plain' : $type, body => '{"type":"PublicCanRead"}');
}

for my $protocol (sort keys %description) {
    my $paths = $description{$protocol}{paths};
    my $client = $client{$protocol};
    my $body = qq({"id":"openapi","controller":"@{[$alice->did]}"});
    my @make = $protocol eq 'pws' ? (POST => '/spaces/') : (PUT => '/space/openapi');
    my $space = $client->request(@make, type => 'application/json', body => $body);
    like($space->status, qr/\A20[14]\z/, "$protocol: a space") or diag $space->body;
    my @asked = map {
        my $path = $_;
        map { [$_, $path] } keys %{ $paths->{$path} }
    } keys %$paths;
    # What is near the root is made first, and deleted last.
    my @ordered = sort {
        $rank{ $a->[0] } <=> $rank{ $b->[0] }
            || ($a->[0] eq 'delete' ? -1 : 1) * (length($a->[1]) <=> length($b->[1]))
    } @asked;
    for my $asked (@ordered) {
        my ($method, $path) = @$asked;
        my $operation = $paths->{$path}{$method};
        my $url = $path =~ s/\{(\w+)\}/$example{$1}/gr;
        for my $case (['nobody', @{ $unsigned{$protocol} }], ['the controller']) {
            my ($who, @how) = @$case;
            my $res = $client->request(uc $method, $url, @how, sent($operation));
            my $name = "$protocol: $method $path, by $who: " . $res->status;
            my $answer = $operation->{responses}{ $res->status };
            ok($answer, "$name is described") or diag $res->body;
            ok($res->header('X-Request-Id'), "$name: with an id");
            next if !defined $res->problem;
            my $types = $description{$protocol}{components}{schemas}{Problem}{properties}{type};
            ok(
                (grep { $_ eq $res->problem->{type} } @{ $types->{enum} }),
                "$name: its type is, too");
        }
    }
}

done_testing;
