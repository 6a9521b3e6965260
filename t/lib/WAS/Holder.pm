# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Holder;

# What tests of Portable Web Spaces tell and check: somebody with a key at a virtual host, spaces
# and collections with content, and what every answer of the protocol has (protocol/pws sections 1.4
# and 1.6). The database and processes are WAS::Story's.

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();
use WAS::Key;
use WAS::Server;
use WAS::Story qw(new_id random_bytes json_text sql in_parallel swept lose_connection overtaken);
use WAS::Zcap;

our @EXPORT = qw(
    holder at make_space make_collection put_due due told stored same_stored counters take_back
    new_id random_bytes json_text sql in_parallel swept lose_connection overtaken
);

my $BASE = 'https://w3id.org/pws#';
my %MOUNT = (both => '/pws');

# Somebody with a key that nobody else has.
sub holder {
    my ($vhost) = @_;
    return at($vhost // 'pws', WAS::Key->from_seed(random_bytes(32)));
}

# The same key, or person, at a virtual host or an origin.
sub at {
    my ($where, $who, %options) = @_;
    my $base = $where =~ m{://} ? $where : WAS::Server::url($where);
    my $key = $who && $who->isa('WAS::Client') ? $who->key : $who;
    return WAS::Zcap->new(
        base => $base, key => $key, timeout => 30, mount => $MOUNT{$where} // '',
        %options);
}

# Makes a space; yields its id.
sub make_space {
    my ($who, %members) = @_;
    my $res =
        $who->send_json(POST => "$who->{mount}/spaces/", { controller => $who->did, %members });
    $res->status == 201 or die "no space: @{[$res->status]} @{[$res->body]}\n";
    return $res->json->{id};
}

# Makes a collection with resources: id => bytes, of text/plain. Yields the collection's path.
sub make_collection {
    my ($who, $space, $id, $resources, %members) = @_;
    my $path = "$who->{mount}/space/$space";
    my $res = $who->send_json(POST => "$path/", { id => $id, %members });
    $res->status == 201 or die "no collection: @{[$res->status]} @{[$res->body]}\n";
    put_due($who, 201, "$path/$id/$_", type => 'text/plain', body => $resources->{$_})
        for sort keys %{ $resources // {} };
    return "$path/$id";
}

# A PUT without which a test cannot go on: its status must be this. Options are those of
# WAS::Client::request; `json` is a document that is sent. Yields the response.
sub put_due {
    my ($who, $status, $path, %options) = @_;
    my $document = delete $options{json};
    %options = (type => 'application/json', body => json_text($document), %options)
        if $document;
    my $res = $who->put($path, %options);
    $res->status == $status or die "PUT $path: @{[$res->status]} @{[$res->body]}\n";
    return $res;
}

# One assertion about one answer: its status (or a pattern of it, where one of several will do) and,
# of a refusal, the problem's type. Further:
#     head     true: it answers a HEAD
#     json     a structure, the whole body
#     body     exact bytes
#     headers  { name => value, pattern, or undef for none }
#     check    sub that gets the response and yields complaints
sub due {
    my ($name, $res, $status, $type, %want) = @_;
    my @complaints;
    if (ref $status ? $res->status !~ $status : $res->status != $status) {
        push @complaints, 'status ' . $res->status . " instead of $status";
    }
    elsif ($res->status >= 400) {
        push @complaints, _problem($res, $type, $want{head});
    }
    if (!@complaints) {
        push @complaints, 'the body did not come whole' if !$res->complete;
        push @complaints, _differs('body', $res->body, $want{body}) if exists $want{body};
        push @complaints, _differs('json', json_text($res->json), json_text($want{json}))
            if exists $want{json};
        push @complaints,
            map { _differs($_, scalar $res->header($_), $want{headers}{$_}) }
            sort keys %{ $want{headers} // {} };
        push @complaints, $want{check}->($res) if $want{check};
    }
    push @complaints, _always($res);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(!@complaints, $name)
        || Test::More::diag(join "\n", @complaints, _shown($res));
}

# A table of requests: [name, method, target, [options], status, type, what else is due]. Among the
# options, `by` is another client and `json` the document that is sent. Yields the last response.
sub told {
    my ($who, @rows) = @_;
    my $res;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $row (@rows) {
        my ($name, $method, $target, $options, $status, $type, %want) = @$row;
        my %options = @$options;
        my $client = delete $options{by} // $who;
        if (exists $options{json}) {
            my $document = delete $options{json};
            %options = (
                type => 'application/json',
                body => ref $document ? json_text($document) : $document, %options);
        }
        $res = eval { $client->request($method, $target, %options) };
        if (!$res) {
            Test::More::fail($name);
            Test::More::diag($@);
            next;
        }
        due($name, $res, $status, $type, head => $method eq 'HEAD', %want);
    }
    return $res;
}

my %problems;

# Sections 1.5 and 1.6.
sub _problem {
    my ($res, $type, $head) = @_;
    my $full = ($type // '') eq 'about:blank' ? $type : $BASE . ($type // '?');
    my @complaints = _differs('type', $res->type, 'application/problem+json');
    push @complaints, 'a refusal has a validator'
        if defined($res->header('ETag') // $res->header('Last-Modified'));
    return @complaints if $head;
    # Most of them are alike.
    my $problem = $problems{ $res->body } //= $res->problem
        or return @complaints, 'no problem document';
    return @complaints, _differs('problem type', $problem->{type}, $full),
        length($problem->{title} // '') && !ref $problem->{title} ? () : 'no title',
        _differs('status member', $problem->{status}, $res->status),
        $res->status == 405 ? _differs('title', $problem->{title}, 'Method Not Allowed') : ();
}

# Section 1.4.
sub _always {
    my ($res) = @_;
    my @complaints;
    push @complaints,
        _differs(
        'Link', scalar $res->header('Link'),
        qr{\A<https?://[^>]+/service>; rel="service"\z});
    push @complaints,
        _differs(
        'Access-Control-Allow-Origin', scalar $res->header('Access-Control-Allow-Origin'),
        '*');
    push @complaints,
        _differs(
        'Access-Control-Expose-Headers',
        scalar $res->header('Access-Control-Expose-Headers'), qr/\bLink\b/);
    my %count;
    $count{ lc $_->[0] }++ for $res->headers;
    return @complaints,
        map { "$_ comes $count{$_} times" } grep { $count{$_} > 1 } sort keys %count;
}

sub _differs {
    my ($what, $got, $want) = @_;
    my $same =
           !defined $want ? !defined $got : ref $want ? defined $got
        && $got =~ $want : defined $got
        && $got eq $want;
    return $same ? () : "$what is " . _short($got) . ' instead of ' . _short($want);
}

sub _short {
    my ($text) = @_;
    return 'nothing' if !defined $text;
    return length $text > 300 ? length($text) . ' bytes' : "<$text>";
}

sub _shown {
    my ($res) = @_;
    my @lines = map { "$_->[0]: $_->[1]" } $res->headers;
    return join "\n    ", 'got ' . $res->status . ' ' . $res->reason, @lines, '',
        substr $res->body =~ s/[^\x20-\x7e\n]/?/gr, 0, 600;
}

my @TABLES = qw(
    was_spaces was_resources was_pws_spaces was_pws_collections was_pws_counters
    was_pws_resources was_pws_chunks was_pws_logs was_pws_policies was_pws_tombstones
    was_pws_backends was_pws_revocations
);

# All that is stored of some spaces, down to the versions of the rows.
sub stored {
    my (@ids) = @_;
    my @stored;
    for my $table (@TABLES) {
        # What raises a counter changes its values, too; take_back() puts those back.
        my $version = $table eq 'was_pws_counters' ? 0 : 'xmin';
        my $rows = "SELECT '$table', md5(t::text), $version FROM $table t"
            . ' WHERE space_uuid = ? ORDER BY 2';
        push @stored, map { [sql($rows, $_)] } @ids;
    }
    return \@stored;
}

# The change counters of a space, for take_back().
sub counters {
    my ($id) = @_;
    return [sql('SELECT * FROM was_pws_counters WHERE space_uuid = ?', $id)];
}

# Makes a resource undone, as if it had never been written: the counters as they were before.
sub take_back {
    my ($id, $resource, $counters) = @_;
    sql('DELETE FROM was_pws_counters WHERE space_uuid = ?', $id);
    for my $row (@$counters) {
        my $values = join ', ', ('?') x @$row;
        sql("INSERT INTO was_pws_counters VALUES ($values)", @$row);
    }
    return sql(<<'SQL', $id, $resource);
DELETE FROM was_pws_resources WHERE space_uuid = ? AND resource = ?
SQL
}

sub same_stored {
    my ($name, $before, @ids) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is_deeply(stored(@ids), $before, $name);
}

1;
