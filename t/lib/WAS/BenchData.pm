# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::BenchData: what stands in the databases that t/bench/run measures, and the requests for it
# where they are more than a path. Measures nothing.

package WAS::BenchData;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP qw(encode_json);
use WAS::Bench qw(KIB MIB noise);
use WAS::Key;
use WAS::Tar qw(archive);
use WAS::Zcap qw(delegate);

our @EXPORT_OK = qw(
    fill_classic fill_pws fill_chunks fill_found fill_archive forget_classic pws_requests
    pws_pages waiting_requests fill_rows TARGETS LISTED FOUND
);

use constant { TARGETS => 2000, COLLECTIONS => 1000, LISTED => 100, FOUND => 100_000 };

# Delegations, many times as many as a child remembers.
use constant DELEGATIONS => 4000;

my %FIND = (profile => 'blinded-index', index => 'index');

# A space with a resource of 1 KiB. Options:
#   space     its id, bench
#   contents  of how many bytes how many long ones
sub fill_classic {
    my ($bench, $server, %options) = @_;
    my $alice = $bench->alice;
    my $client = $server->client($alice, timeout => 60);
    my $space = $options{space} // 'bench';
    my $put = sub {
        my ($path, @content) = @_;
        my $res = $client->put("/space/$space$path", @content);
        $res->status =~ /\A20[014]\z/ or die "cannot write: @{[$res->status]} @{[$res->body]}\n";
    };
    my %document = (id => "urn:uuid:$space", controller => $alice->did);
    delete $document{id} if !defined $options{space};
    $put->('', body => encode_json(\%document), type => 'application/json');
    $put->('/1k', body => 'x' x KIB);
    my $contents = $options{contents} // {};
    for my $bytes (sort { $a <=> $b } keys %$contents) {
        $put->("/big$bytes-$_", body => noise($bytes)) for 0 .. $contents->{$bytes} - 1;
    }
    return;
}

# Such a space goes, with all that was written to it.
sub forget_classic {
    my ($bench, $server, $space) = @_;
    my $res = $server->client($bench->alice, timeout => 60)->delete("/space/$space");
    $res->status < 300 or warn "the space $space stays: @{[$res->status]}\n";
    return;
}

# A space of Portable Web Spaces: a collection with a resource, one with as many as are listed, and
# those that are written. Yields the bytes of the listing.
sub fill_pws {
    my ($bench, $server) = @_;
    my $holder = $bench->holder($server);
    my $send = sub {
        my ($due, $method, $target, @options) = @_;
        my $res = $holder->request($method, $target, @options);
        $res->status == $due or die "$method $target: @{[$res->status]} @{[$res->body]}\n";
        return $res;
    };
    my $document = sub { (type => 'application/json', body => encode_json($_[0])) };
    my $space = '/pws/space/portable';
    $send->(
        201, POST => '/pws/spaces/',
        $document->({ controller => $holder->did, id => 'portable' }));
    my @content = (type => 'text/plain', body => noise(KIB));
    for my $collection ('one', 'listed', 'fed', 'found', map { "c$_" } 1 .. COLLECTIONS) {
        $send->(201, POST => "$space/", $document->({ id => $collection }));
    }
    $send->(201, PUT => "$space/one/1k", @content);
    $send->(201, PUT => "$space/listed/r$_", @content) for 1 .. LISTED;
    # A document of 1 KiB each.
    my @json = $document->({ text => 'x' x (KIB - length '{"text":""}') });
    $send->(201, PUT => "$space/fed/r$_", @json) for 1 .. LISTED;
    return $send->(200, GET => "$space/listed/?limit=" . LISTED)->body;
}

# A chunk to be read, and resources whose chunks are written.
sub fill_chunks {
    my ($bench, $server) = @_;
    my $holder = $bench->holder($server);
    my $space = '/pws/space/portable';
    my @content = (type => 'application/octet-stream', body => noise(KIB));
    my @written = (['one/1k/chunks/0', 204], map { ["c$_/parent", 201] } 1 .. COLLECTIONS);
    for (@written) {
        my ($path, $status) = @$_;
        my $res = $holder->put("$space/$path", @content);
        $res->status == $status or die "$path: @{[$res->status]} @{[$res->body]}\n";
    }
    return;
}

# So many documents of 1 KiB that a blinded index finds, each by a value of its own, and all of them
# by a name.
sub fill_found {
    my ($bench, $database) = @_;
    my $dbh = $bench->cluster->dbh($database);
    my $of = q(FROM was_pws_collections c, generate_series(1, ?) n WHERE c.collection = 'found');
    my $name = q(sha256('index') || sha256('name'));
    $dbh->do(<<"SQL", undef, FOUND);
INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation,
    content_type, size, content, created_ms, position, updated_ms, terms)
SELECT c.space_uuid, c.generation, 'r' || n, n, 'application/json', ${\ KIB},
    convert_to('{"text":"' || rpad(n::text, ${\ KIB} - 11, 'x') || '"}', 'UTF8'), 0, n + 1, 0, 2 $of
SQL
    for my $term ("'v' || sha256($name || sha256(n::text::bytea))", "'n' || sha256($name)") {
        $dbh->do(<<"SQL", undef, FOUND);
INSERT INTO was_pws_terms (space_uuid, collection_generation, term, resource, is_claim)
SELECT c.space_uuid, c.generation, $term, 'r' || n, false $of
SQL
    }
    $dbh->do('VACUUM ANALYZE');
    return;
}

sub make_space {
    my ($holder, $id) = @_;
    my $document = encode_json({ controller => $holder->did, id => $id });
    my $res = $holder->send_json(POST => '/pws/spaces/', $document);
    $res->status == 201 or die "no space: @{[$res->status]} @{[$res->body]}\n";
    return;
}

# A space with 16 MiB in resources of 1 KiB, and two of 8 MiB. Yields its archive, and how many the
# short ones are.
sub fill_archive {
    my ($bench, $server) = @_;
    my $holder = $bench->holder($server);
    my $count = 16 * MIB / KIB;
    my $manifest = "ubc-version: '0.1'\ncontents:\n  space:\n    contents:\n      s: {}\n";
    my @entries = (['manifest.yml', $manifest], ['space/s/c/.collection.c.json', '{}']);
    my @lengths = ((KIB) x $count, (8 * MIB) x 2);
    push @entries, map { ["space/s/c/r.$_.x%2Fy.blob", noise($lengths[$_])] } 0 .. $#lengths;
    make_space($holder, 'packed');
    my $res = $holder->request(
        POST => '/pws/space/packed/import', type => 'application/x-tar',
        body => archive(@entries));
    $res->status == 200 or die "no import: @{[$res->status]} @{[$res->body]}\n";
    return ($holder->request(POST => '/pws/space/packed/export')->body, $count);
}

# The files of the loads. Writers do not meet: neighbours in the file write into different
# collections.
sub pws_requests {
    my ($bench) = @_;
    my $alice = $bench->alice;
    my $space = '/pws/space/portable';
    my $holder = $bench->holder;
    my $bob = WAS::Key->fresh;
    my $url = $holder->space_url('portable');
    my $delegation = sub {
        return {
            zcap => {
                capability => delegate(
                    $url, by => $alice, to => $bob, target => $url, actions => ['GET'],
                    expires => int(time) + WAS::Bench::LIFETIME
                )
            }
        };
    };
    my $delegate = $bench->holder(undef, $bob);
    my @get = ([GET => "$space/one/1k"]);
    my @writers = map { [1 + $_ % COLLECTIONS, $_ / COLLECTIONS] } 0 .. TARGETS - 1;
    my @put = map { [PUT => sprintf "$space/c%d/r%d", @$_] } @writers;
    my @chunks = map { [PUT => sprintf "$space/c%d/parent/chunks/%d", @$_] } @writers;
    my @content = (type => 'application/octet-stream', body => noise(KIB));
    return (
        chunk => $bench->invocations($holder, {}, [GET => "$space/one/1k/chunks/0"]),
        put_chunk => $bench->invocations($holder, {@content}, @chunks),
        get => $bench->invocations($holder, {}, @get),
        delegated => $bench->invocations($delegate, $delegation->(), @get),
        cold => $bench->request_file(
            map { $bench->invocation_lines($delegate, $delegation->(), @get) } 1 .. DELEGATIONS
        ),
        pws_pages($bench),
        find => $bench->invocations(
            $holder, {},
            map { [
                POST => "$space/found/query", encode_json({ %FIND, equals => [{ name => "$_" }] })
            ] }
                map { int rand FOUND } 1 .. 2000
        ),
        page => $bench->invocations(
            $holder, {},
            [
                POST => "$space/found/query",
                encode_json({ %FIND, has => ['name'], limit => LISTED })
            ]
        ),
        put => $bench->invocations($holder, {@content}, @put),
    );
}

# Those of a page of a listing, and of one of changes.
sub pws_pages {
    my ($bench) = @_;
    my ($holder, $space) = ($bench->holder, '/pws/space/portable');
    my $fed = "$space/fed/query?profile=changes&limit=" . (LISTED + 1);
    return (
        list => $bench->invocations($holder, {}, [GET => "$space/listed/?limit=" . LISTED]),
        feed => $bench->invocations($holder, {}, [GET => $fed]),
    );
}

# Requests of so many for what comes behind the last of LISTED changes, each with the right to ask.
sub waiting_requests {
    my ($bench, $server, $count) = @_;
    my $target = '/pws/space/portable/fed/query?profile=changes';
    my $alice = $bench->holder($server);
    my ($end, $next) = ('');
    while (defined($next = $alice->request(GET => "$target$end")->json->{checkpoint})) {
        $end = "&checkpoint=$next";
    }
    my $url = $alice->space_url('portable');
    return map {
        my $key = WAS::Key->fresh;
        my $zcap = delegate(
            $url, by => $bench->alice, to => $key, target => $url, actions => ['GET'],
            expires => int(time) + WAS::Bench::LIFETIME);
        [$bench->holder(undef, $key), { zcap => { capability => $zcap } }, [GET => "$target$end"]]
    } 1 .. $count;
}

# So many resources of 1 KiB, in a tenth as many spaces.
sub fill_rows {
    my ($bench, $database, $count) = @_;
    my $dbh = $bench->cluster->dbh($database);
    my $spaces = $count / 10;
    $dbh->do(<<'SQL', undef, $bench->alice->did, $spaces);
INSERT INTO was_spaces (space_uuid, space_id, controller)
SELECT 'space' || n, 'space' || n, ? FROM generate_series(1, ?::integer) n
SQL
    $dbh->do(<<'SQL', undef, $spaces, $count);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT 'space' || n % ?::integer + 1, '/resource' || n,
    convert_to(rpad(n::text, 1024, 'x'), 'UTF8'), 'text/plain'
FROM generate_series(1, ?::integer) n
SQL
    $dbh->do('VACUUM ANALYZE');
    return;
}

1;
