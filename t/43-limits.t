# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WASMaxSpacesPerController and WASQuotaPerSpace: what fits is taken, what does not is refused with
# 507 and leaves everything as it was; both are exact, also of many writers through two httpd; rows
# of the Python server count; and where there is no limit, nothing is different. What a quota counts
# besides the contents of resources is t/45-quota.t's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);
use WAS::Charge;
use WAS::Citus;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story qw(json_text new_id overtaken sql);
use WAS::Traffic qw(eventually timed);
use WAS::Zcap;

my $MOST = 3;
my $FIXED = 2000;    # what a space of section 3 and 5 is charged before anything is in it
my $QUOTA = $FIXED + 10_000;
my $BIG = $FIXED + 3_000_000;    # more than a request keeps in memory
my $CLIENTS = 12;
my $ROUNDS = 8;

# 1. Values and places.
my $dsn = WAS::Server::cluster()->dsn('was');
my $pool = qq(DBDriver pgsql\nDBDParams "$dsn"\n);
my $number = sub { qr/$_[0] takes off or a whole number from 1 to $_[1], not '/ };
my %largest =
    (WASMaxSpacesPerController => '1000000000', WASQuotaPerSpace => '1152921504606846976');

sub checked {
    my ($name, $lines, $sentence) = @_;
    my ($status, $said) = WAS::Server->check(example => 0, config => "$pool$lines\n");
    return is($status, 0, "$name: accepted") || diag $said if !defined $sentence;
    ok($status >> 8 && !($status & 127), "$name: refused");
    return like($said, $sentence, "$name: with a sentence");
}

my @no_numbers = (0, -1, qw(+1 1.5 10K 1M 0x10 on none), '"1 "', '" 1"', '9' x 30);
my @places = ('VirtualHost *', 'Location "/x"', 'LocationMatch "^/x"');
for my $directive (sort keys %largest) {
    my $most = $largest{$directive};
    my $refusal = $number->($directive, $most);
    my $one = qr/$directive takes one argument/;
    checked("$directive $_", "$directive $_") for 'off', 'Off', 1, '007', $most;
    checked("$directive $_", "$directive $_", $refusal) for @no_numbers, $most + 1;
    checked("$directive with nothing", $directive, $one);
    checked("$directive with two words", "$directive 1 2", $one);
    checked("$directive in $_", "<$_>\n$directive 5\n</@{[/(\w+)/]}>") for @places;
}

# 2. The servers: the second is the same one to its clients, with other ways of a database. Each has
# connections for all clients.
my $limits = <<"CONF";
DBDKeep $CLIENTS
DBDMax $CLIENTS
<Location "/">
    WASMaxSpacesPerController $MOST
    WASQuotaPerSpace $QUOTA
</Location>
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
<LocationMatch "^(/pws)?/space/big-">
    WASQuotaPerSpace $BIG
</LocationMatch>
<LocationMatch "^(/pws)?/space/free-">
    WASMaxSpacesPerController off
    WASQuotaPerSpace off
</LocationMatch>
CONF
my $server = WAS::Server->start(config => $limits);
my $base_url = qq(WASBaseURL @{[$server->origin]}\n);
my $second = WAS::Server->start(
    config => "$limits$base_url",
    dsn => qq($dsn options='-c default_transaction_isolation=serializable'));
# And one that lets a space grow beyond the quota of the others.
my $lax = WAS::Server->start(config => $limits =~ s/(WASQuotaPerSpace) \d+/$1 off/gr);

my $JSON = 'application/json';

# What the two protocols have in common, and how each does it: somebody, the request that makes or
# changes a space, and a place for resources in it; `stored` are the answers to a PUT of one that is
# new, and of one that is there.
my %PROTOCOL = (
    classic => {
        base => 'https://wallet.storage/spec#',
        foreign => 403,
        made => 204,
        stored => [204, 204],
        below => '',
        list => '/spaces/',
        naming => 'uuid',
        collection => undef,
        table => 'was_spaces',
        numbers => ['space_id'],
        somebody => sub { $server->client($_[0] // WAS::Key->fresh, timeout => 60) },
        put => sub {
            my ($id, $members) = @_;
            return (PUT => "/space/$id", type => $JSON, body => json_text($members));
        },
        delete => sub { [DELETE => "/space/$_[0]"] },
        at => sub { "/space/$_[0]" },
        # What the Python server has put there.
        put_old => sub {
            my ($alice, $id) = @_;
            return sql(<<'SQL', $id);
INSERT INTO was_resources (space_uuid, path, content, content_type)
VALUES (?, '/old', convert_to(repeat('x', 15000), 'UTF8'), 'text/plain')
SQL
        },
    },
    pws => {
        base => 'https://w3id.org/pws#',
        foreign => 404,
        made => 201,
        stored => [201, 200],
        below => '/c',
        list => '/pws/spaces/',
        naming => 'id',
        collection => 'c',
        table => 'was_pws_spaces',
        numbers => [qw(generation created_ms updated_ms)],
        put_old => sub {
            my ($alice, $id) = @_;
            my $to = "/pws/space/$id/c/old";
            my $unlimited = WAS::Zcap->new(
                base => $lax->origin, mount => '/pws', timeout => 60,
                key => $alice->key);
            $unlimited->put($to, body => 'x' x 15_000, type => 'text/plain')->status == 201
                or die 'no resource beyond the quota';
        },
        somebody => sub {
            my ($key) = @_;
            my %of = (base => $server->origin, mount => '/pws', timeout => 60);
            return WAS::Zcap->new(%of, key => $key // WAS::Key->fresh);
        },
        put => sub {
            my ($id, $members) = @_;
            return (PUT => "/pws/space/$id/meta", type => $JSON, body => json_text($members));
        },
        delete => sub { [DELETE => "/pws/space/$_[0]/"] },
        at => sub { "/pws/space/$_[0]/c" },
    },
);

# A request for a new space; what makes one of pws is invoked at the root of its own URL.
sub new_space {
    my ($speaks, $id, $who) = @_;
    my @root = $speaks == $PROTOCOL{pws} ? (zcap => { root => 'self' }) : ();
    return ($speaks->{put}->($id, { controller => $who->did }), @root);
}

# A space with room for resources; yields where they are. Its name, or in the classic protocol,
# whose spaces have less else, a resource is so long that it is charged $FIXED in all.
sub space_of {
    my ($speaks, $who, $id) = @_;
    my ($method, $target, %options) = new_space($speaks, $id, $who);
    my $res = $who->request($method, $target, %options);
    $res->status == $speaks->{made} or die 'no space: ' . $res->status . ' ' . $res->body;
    if (my $collection = $speaks->{collection}) {
        $res = $who->send_json(POST => "/pws/space/$id/", { id => $collection });
        $res->status == 201 or die 'no collection: ' . $res->body;
    }
    my $missing = $FIXED - charge_of($id);
    my @ask;
    if ($speaks == $PROTOCOL{pws}) {
        @ask = $speaks->{put}->($id, { controller => $who->did, name => 'n' x $missing });
    }
    else {
        my @of = ('fill', 'x/y', $who);
        my $content = content_of('classic', $missing, @of);
        @ask = (PUT => "/space/$id/fill", type => 'x/y', body => $content);
    }
    $who->request(@ask)->status == 204 or die 'nothing to fill it with';
    charge_of($id) == $FIXED or die 'charged ' . charge_of($id);
    return $speaks->{at}->($id);
}

# The content of a resource that is charged so many bytes in all.
sub content_of {
    my ($protocol, $charge, $name, $type, $by) = @_;
    return 'x' x ($charge - charge_of_resource($protocol, $name, $type, 0, $by));
}

# The same person through the first or the second httpd.
sub through {
    my ($n, $speaks, $key) = @_;
    my $client = $speaks->{somebody}->($key);
    ($client->{port}) = ($server, $second)[$n % 2]->origin =~ /:(\d+)\z/;
    $client->{keepalive} = 1;
    return $client;
}

# One answer; a 507 has its problem document, which says what there is and what there may be.
sub due {
    my ($name, $speaks, $res, $status, $detail) = @_;
    my @complaints;
    push @complaints, 'status ' . $res->status . " instead of $status: " . $res->body
        if $res->status != $status;
    if (!@complaints && $status == 507) {
        my $problem = $res->problem // {};
        my %want = (
            type => "$speaks->{base}quota-exceeded",
            title => 'Quota Exceeded',
            status => 507,
        );
        for my $member (sort keys %want) {
            my $got = $problem->{$member} // 'not there';
            push @complaints, "$member is $got" if $got ne $want{$member};
        }
        my $said = $problem->{errors}[0]{detail} // '';
        push @complaints, "detail: $said" if $said !~ $detail;
        push @complaints, 'it has no requestId' if !defined $problem->{requestId};
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok(!@complaints, $name) || diag join "\n", @complaints;
}

sub one_value { return (sql(@_))[0][0] }

sub bytes_of {
    my ($id) = @_;
    my $content = WAS::Server::content_of('r');
    return one_value(<<"SQL", $id, $id);
SELECT ((SELECT coalesce(sum(octet_length($content)), 0) FROM was_resources r
        WHERE space_uuid = ? AND path <> '/fill')
    + (SELECT coalesce(sum(size), 0) FROM was_pws_resources WHERE space_uuid = ?))::bigint
SQL
}

sub spaces_of {
    my ($who) = @_;
    return one_value(
              'SELECT (SELECT count(*) FROM was_spaces WHERE controller IN (?, ?))'
            . ' + (SELECT count(*) FROM was_pws_spaces WHERE controller = ?)',
        $who->did, $who->key->key_id, $who->did);
}

# What a space may hold and holds, as a refusal says it.
sub quota_detail {
    my ($quota, $held) = @_;
    return
        qr/\Athe space may hold $quota bytes, with a charge for each thing in it; it holds $held,/;
}

my $spaces_detail = qr/\Athe controller has as many spaces as one may have here: $MOST\z/;

# How often each status came, or what somebody died of.
sub tally {
    my %count;
    $count{ $_->{status} // $_->{died} }++ for @_;
    return \%count;
}

# 3. The quota, in memory and beyond it. A tenth of what it leaves is a unit; what a resource is
# charged is so many units and bytes. In pws, a deletion leaves a tombstone.
for my $protocol (sort keys %PROTOCOL) {
    my $speaks = $PROTOCOL{$protocol};
    my ($new, $again) = @{ $speaks->{stored} };
    my $stranger = $speaks->{somebody}->();
    for my $scale (['small', $QUOTA], ['big', $BIG]) {
        my ($kind, $quota) = @$scale;
        my $unit = ($quota - $FIXED) / 10;
        my $type = 'application/octet-stream';
        my $alice = $speaks->{somebody}->();
        my $id = "$kind-" . new_id();
        my $at = space_of($speaks, $alice, $id);
        my $size = sub { my ($units, $more) = @{ $_[0] }; $units * $unit + ($more // 0) };
        my $put = sub {
            my ($n, $name, %options) = @_;
            my $body = content_of($protocol, $size->($n), $name, $type, $alice);
            return ["a put of @$n into $name", PUT => "$at/$name", [body => $body, %options]];
        };
        my $etag = sub { '"' . ($alice->head("$at/a")->header('ETag') // '') =~ s/"//gr . '"' };
        my $to = $protocol eq 'classic' ? "$at/posted" : "$at/";
        my $of_year_2000 = 'Sat, 01 Jan 2000 00:00:00 GMT';
        my $when = sub { (headers => [@_]) };
        my @empty = (0, charge_of_resource($protocol, 'e', $type, 0, $alice));
        my @grave = (0, $protocol eq 'pws' ? $ROW + length "b$type" : 0);
        my $post = sub {
            my ($n) = @_;
            # The id that pws gives has 36 characters.
            my $name = $protocol eq 'pws' ? '-' x 36 : 'posted';
            return [body => content_of($protocol, $size->($n), $name, $type, $alice)];
        };
        # What is asked, the answer, and what the space is charged for its resources then.
        for my $step (
            [$put->([4], 'a'), $new, [4]],
            [$put->([6, 1], 'b'), 507, [4]],
            [$put->([6], 'b'), $new, [10]],
            [$put->(\@empty, 'e'), 507, [10]],
            [$put->([1], 'c'), 507, [10]],
            [$put->([1], 'c', chunked => 100), 507, [10]],
            [$put->([5], 'c'), 507, [10]],
            [$put->([4], 'a'), $again, [10]],
            [$put->([4, 1], 'a'), 507, [10]],
            [$put->([4], 'a', $when->('If-Match' => $etag)), $again, [10]],
            [$put->([4, 1], 'a', $when->('If-Match' => $etag)), 507, [10]],
            [$put->([4, 1], 'a', $when->('If-Match' => '"stale"')), 412, [10]],
            [$put->([4, 1], 'a', $when->('If-None-Match' => '*')), 412, [10]],
            [$put->([4, 1], 'a', $when->('If-Unmodified-Since' => $of_year_2000)), 412, [10]],
            [$put->([1], 'c', $when->('If-None-Match' => '*')), 507, [10]],
            [$put->([1], 'c', $when->('If-Match' => '*')), 412, [10]],
            [$put->([1], 'c', by => $stranger), $speaks->{foreign}, [10]],
            [$put->([4, 1], 'a', by => $stranger), $speaks->{foreign}, [10]],
            [$put->([3, 7], 'a'), $again, [9, 7]],
            [['a post beyond', POST => $to, $post->([1])], 507, [9, 7]],
            [['a post', POST => $to, $post->([1, -7])], 201, [10]],
            [['a deletion', DELETE => "$at/b", []], 204, [4, $grave[1]]],
            [$put->([6, 1 - $grave[1]], 'c'), 507, [4, $grave[1]]],
            [$put->([6, -$grave[1]], 'c'), $new, [10]],
            [$put->([10], 'c', $when->('If-Match' => '*')), 507, [10]],
        ) {
            my ($ask, $status, $held) = @$step;
            my ($name, $method, $target, $options) = @$ask;
            my %options = @$options;
            my $who = delete $options{by} // $alice;
            $options{headers} = [map { ref $_ ? $_->() : $_ } @{ $options{headers} // [] }];
            $options{type} = $type if defined $options{body};
            my $res = $who->request($method, $target, %options);
            my $title = "$protocol, $kind: $name @{$options{headers}}: $status";
            due($title, $speaks, $res, $status, quota_detail($quota, qr/\d+/));
            is(charge_of($id) - $FIXED, $size->($held), "$title: the space holds @$held");
        }
        is(
            $alice->get("$at/a")->body, content_of($protocol, $size->([3, 7]), 'a', $type, $alice),
            "$protocol, $kind: a refused content has replaced nothing");
    }

    # Beyond the quota already, by the Python server or before there was one.
    my $alice = $speaks->{somebody}->();
    my $id = 'small-' . new_id();
    my $at = space_of($speaks, $alice, $id);
    $speaks->{put_old}->($alice, $id);
    my @old = ($protocol, 'old', 'text/plain', 8000, $alice);
    my @new = ($protocol, 'new', 'text/plain', 0, $alice);
    my $left = $QUOTA - $FIXED - charge_of_resource(@old) - charge_of_resource(@new);
    for my $step (
        ['a new one, even an empty one', 'new', 0, 507, 15_000],
        ['a longer one', 'old', 15_001, 507, 15_000],
        ['one of the same length', 'old', 15_000, $again, 15_000],
        ['a shorter one, beyond still', 'old', 14_000, $again, 14_000],
        ['the longer one again', 'old', 14_001, 507, 14_000],
        ['one that fits', 'old', 8000, $again, 8000],
        ['a new one beside it, too long', 'new', $left + 1, 507, 8000],
        ['a new one beside it', 'new', $left, $new, 8000 + $left],
    ) {
        my ($name, $resource, $length, $status, $held) = @$step;
        my $res = $alice->put("$at/$resource", body => 'y' x $length, type => 'text/plain');
        my $title = "$protocol, beyond the quota: $name";
        due("$title: $status", $speaks, $res, $status, quota_detail($QUOTA, charge_of($id)));
        is(bytes_of($id), $held, "$title: the space holds $held");
    }

    # An inner location without limits, and a server without any.
    my $free = space_of($speaks, $alice, 'free-' . new_id());
    my @much = (body => 'x' x 50_000, type => 'text/plain');
    is($alice->put("$free/much", @much)->status, $new, "$protocol: off in an inner location");
    is($alice->put("$at/much", @much)->status, 507, "$protocol: and on beside it");
}
{
    my $bob = WAS::Client->new(base => WAS::Server::url(), key => WAS::Key->fresh);
    my @document = (type => $JSON, body => json_text({ controller => $bob->did }));
    my @statuses = map { $bob->put("/space/off-$_-$$", @document)->status } 1 .. $MOST + 2;
    push @statuses, $bob->put("/space/off-1-$$/much", body => 'x' x 50_000)->status;
    is("@statuses", join(' ', (204) x ($MOST + 3)), 'off by default: spaces and bytes without end');
}

# 4. Spaces of a controller.
for my $protocol (sort keys %PROTOCOL) {
    my $speaks = $PROTOCOL{$protocol};
    my ($alice, $bob, $full, $stranger) = map { $speaks->{somebody}->() } 1 .. 4;
    my @ids = map { new_id() } 0 .. 9;
    my ($list, $naming) = @$speaks{qw(list naming)};
    my $is_made = $speaks->{made};
    space_of($speaks, $full, new_id()) for 1 .. $MOST;
    space_of($speaks, $stranger, $ids[9]);
    my $put = sub { my ($n, @options) = @_; [new_space($speaks, $ids[$n], $alice), @options] };
    my $post = sub {
        my ($members) = @_;
        my $document = json_text({ controller => $alice->did, %$members });
        return [POST => $list, type => $JSON, body => $document];
    };
    my $when = sub { (headers => [@_]) };
    my @unless_there = $when->('If-None-Match' => '*');
    my @if_there = $when->('If-Match' => '*');
    my @if_stale = $when->('If-Match' => '"stale"');
    my $current = sub {
        my ($method, $target) = $speaks->{put}->($ids[$_[0]], {});
        return $when->('If-Match' => scalar $alice->get($target)->header('ETag'));
    };
    my $give = sub {
        my ($n, $to, @options) = @_;
        return [$speaks->{put}->($ids[$n], { controller => $to->did }), @options];
    };
    my $delete = sub { $speaks->{delete}->($ids[$_[0]]) };
    for my $step (
        # What is asked, the answer, how many the controller has then.
        ['the first', $put->(0), $is_made, 1],
        ['the second', $put->(1), $is_made, 2],
        ['the last, posted', $post->({ $naming => $ids[2] }), 201, 3],
        ['one too many', $put->(3), 507, 3],
        ['one too many, posted', $post->({}), 507, 3],
        ['one too many, posted with an id', $post->({ $naming => $ids[3] }), 507, 3],
        ['one too many, if there is none', $put->(3, @unless_there), 507, 3],
        ['one that must exist and does not', $put->(3, @if_there), 412, 3],
        ['an id that is taken', $post->({ $naming => $ids[0] }), 409, 3],
        ["an id that is somebody else's", $post->({ $naming => $ids[9] }), 409, 3],
        ["somebody else's space", $put->(9), $speaks->{foreign}, 3],
        ['an update', $give->(0, $alice), 204, 3],
        ['an update with a stale condition', $give->(0, $alice, @if_stale), 412, 3],
        ['a deletion', $delete->(0), 204, 2],
        ['another in its place', $put->(3), $is_made, 3],
        ['a transfer to one who has all', $give->(1, $full), 507, 3],
        ['the same with a stale condition', $give->(1, $full, @if_stale), 412, 3],
        ['the same with a good condition', sub { $give->(1, $full, $current->(1)) }, 507, 3],
        ['a transfer to one who has none', $give->(1, $bob), 204, 2],
        ['one more instead', $put->(4), $is_made, 3],
        ['and again one too many', $put->(5), 507, 3],
    ) {
        my ($name, $ask, $status, $count) = @$step;
        $ask = $ask->() if ref $ask eq 'CODE';
        my $res = $alice->request(@$ask);
        due("$protocol, spaces: $name: $status", $speaks, $res, $status, $spaces_detail);
        is(spaces_of($alice), $count, "$protocol, spaces: $name: there are $count");
    }
    is(spaces_of($full), $MOST, "$protocol, spaces: nobody got one too many");

    # A new one that is overtaken by another of its id, which is gone when it is asked why: it was
    # not the limit.
    SKIP: {
        skip 'Citus has no triggers', 8 if WAS::Citus::count();
        for my $method (qw(PUT POST)) {
            for my $times (1, 2) {
                my $late = $speaks->{somebody}->();
                my $id = new_id();
                my @ask = new_space($speaks, $id, $late);
                my %members = (controller => $late->did, $naming => $id);
                @ask = (POST => $list, type => $JSON, body => json_text(\%members))
                    if $method eq 'POST';
                my $status = $method eq 'PUT' ? $is_made : 201;
                my $title = "$protocol, spaces: $method of one that is overtaken $times times";
                my $res = overtaken(
                    "INSERT ON $speaks->{table}",
                    $id, $times, sub { $late->request(@ask) });
                due("$title: $status", $speaks, $res, $status, $spaces_detail);
                is(spaces_of($late), 1, "$title: it is there");
            }
        }
    }

    # The Python server's rows, whose controller may be the DID URL of the key.
    my $old = $speaks->{somebody}->();
    for my $controller ($old->did, $old->key->key_id) {
        sql(<<'SQL', 'old-' . new_id(), 'urn:x:' . new_id(), $controller);
INSERT INTO was_spaces (space_uuid, space_id, controller) VALUES (?, ?, ?)
SQL
    }
    my $make = sub { $old->request(new_space($speaks, $_[0] . new_id(), $old))->status };
    my @statuses = map { $make->('') } 1, 2;
    is("@statuses", "$is_made 507", "$protocol, spaces: the Python server's count");
    is($make->('free-'), $is_made, "$protocol, spaces: off in an inner location");
}

# 5. Many at once, through both httpd: exactly what fits gets in.

# Whatever a count was made of must still hold when its write is done: somebody (a handle with an
# open transaction) keeps all writes from ending until every client waits.
sub all_at_once {
    my ($dbh, $each) = @_;
    my $writers = WAS::Traffic->start(clients => $CLIENTS, times => 1, each => $each);
    my $activity = WAS::Citus::activity();
    my $waiting = eventually(20, sub { one_value(<<"SQL") == $CLIENTS });
SELECT count(*) FROM $activity WHERE datname = 'was' AND wait_event_type = 'Lock'
SQL
    $dbh->rollback;
    my $count = tally($writers->finish(patient => 1));
    ok($waiting, "$CLIENTS writes wait for each other") or diag explain $count;
    return $count;
}

for my $protocol (sort keys %PROTOCOL) {
    my $speaks = $PROTOCOL{$protocol};
    my $alice = $speaks->{somebody}->();
    my $id = 'small-' . new_id();
    my $at = space_of($speaks, $alice, $id);
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    # A new resource refers to its space's row.
    $dbh->do("SELECT 1 FROM $speaks->{table} WHERE space_uuid = ? FOR UPDATE", undef, $id);
    my $count = all_at_once(
        $dbh,
        sub {
            my ($number) = @_;
            my $content = content_of($protocol, 3000, "r$number", 'text/plain', $alice);
            my $client = through($number, $speaks, $alice->key);
            my @of = (body => $content, type => 'text/plain');
            return { status => $client->put("$at/r$number", @of)->status };
        });
    is_deeply(
        $count, { $speaks->{stored}[0] => 3, 507 => $CLIENTS - 3 },
        "$protocol: $CLIENTS new resources at one moment: what fits"
    ) or diag explain $count;
    is(charge_of($id), $FIXED + 9000, "$protocol: and the space holds that");

    my $maker = $speaks->{somebody}->();
    my @ids = map { new_id() } 1 .. $CLIENTS;
    $dbh->begin_work;
    # A new space waits to see whether its id is taken.
    my $columns = join ', ', 'space_uuid', 'controller', @{ $speaks->{numbers} };
    my $zeros = join ', ', ('0') x @{ $speaks->{numbers} };
    $dbh->do(
        "INSERT INTO $speaks->{table} ($columns) VALUES (?, 'did:x:nobody', $zeros)", undef,
        $_
    ) for @ids;
    $count = all_at_once(
        $dbh,
        sub {
            my ($number) = @_;
            my $client = through($number, $speaks, $maker->key);
            return {
                status => $client->request(new_space($speaks, $ids[$number], $maker))->status };
        });
    is_deeply(
        $count, { $speaks->{made} => $MOST, 507 => $CLIENTS - $MOST },
        "$protocol: $CLIENTS new spaces at one moment: as many as there may be"
    ) or diag explain $count;
    is(spaces_of($maker), $MOST, "$protocol: and the controller has those");
}
for my $protocol (sort keys %PROTOCOL) {
    my $speaks = $PROTOCOL{$protocol};
    my $fits = $CLIENTS - 2;
    my @people = map { $speaks->{somebody}->() } 0 .. $ROUNDS;
    my @spaces = map { 'small-' . new_id() } 0 .. $ROUNDS;
    my @at = map { space_of($speaks, $people[$_], $spaces[$_]) } 0 .. $ROUNDS;
    my $each_round = sub {
        my ($what, $expected, @records) = @_;
        for my $round (1 .. $ROUNDS) {
            my $count = tally(grep { ($_->{round} // 0) == $round } @records);
            is_deeply($count, $expected, "$protocol: $what: round $round of $CLIENTS at once")
                or diag explain $count;
        }
    };
    my @records = WAS::Traffic->run(
        clients => $CLIENTS,
        times => $ROUNDS,
        each => sub {
            my ($number, $turn) = @_;
            my $client = through($number, $speaks, $people[$turn + 1]->key);
            my @of = ("r$number", 'text/plain', $people[$turn + 1]);
            my $content = content_of($protocol, ($QUOTA - $FIXED) / $fits, @of);
            my $res =
                $client->put("$at[$turn + 1]/r$number", body => $content, type => 'text/plain');
            return { round => $turn + 1, status => $res->status };
        });
    $each_round->(
        'new resources', { $speaks->{stored}[0] => $fits, 507 => $CLIENTS - $fits },
        @records);
    is_deeply(
        [map { charge_of($_) } @spaces[1 .. $ROUNDS]], [($QUOTA) x $ROUNDS],
        "$protocol: new resources: every space is exactly full");

    # Contents that grow and shrink.
    my $churn = WAS::Traffic->start(
        clients => $CLIENTS,
        times => 12,
        each => sub {
            my ($number, $turn) = @_;
            my $client = through($number + $turn, $speaks, $people[0]->key);
            my @content =
                (body => 'y' x (($number * 137 + $turn * 461) % 1000), type => 'text/plain');
            return { status => $client->put("$at[0]/r$number", @content)->status };
        });
    my $most = 0;
    while ($churn->running) {
        my $held = charge_of($spaces[0]);
        $most = $held if $held > $most;
        sleep 0.01;
    }
    my $count = tally($churn->finish(patient => 1));
    cmp_ok($most, '<=', $QUOTA, "$protocol: growing and shrinking: never more than the quota");
    my %due = map { $_ => 1 } @{ $speaks->{stored} }, 507;
    is(
        join(' ', sort keys %$count), join(' ', sort keys %due),
        "$protocol: growing and shrinking: taken or refused, and both"
    ) or diag explain $count;

    # Spaces: by PUT, by POST where the classic protocol's counter is the same, and by transfer.
    my @makers = map { $speaks->{somebody}->() } 0 .. $ROUNDS;
    my @givers = map { $speaks->{somebody}->() } 1 .. $CLIENTS;
    my @given = map { new_id() } @givers;
    space_of($speaks, $givers[$_], $given[$_]) for 0 .. $#givers;
    @records = WAS::Traffic->run(
        clients => $CLIENTS,
        times => $ROUNDS,
        each => sub {
            my ($number, $turn) = @_;
            my $maker = $makers[$turn + 1];
            my $client = through($number, $speaks, $maker->key);
            my @ask = new_space($speaks, new_id(), $maker);
            @ask = (POST => $speaks->{list}, @ask[2 .. 5]) if $number % 3 == 0;
            my $status = $client->request(@ask)->status;
            return { round => $turn + 1, status => $status =~ /\A20[14]\z/ ? 'made' : $status };
        });
    $each_round->('new spaces', { made => $MOST, 507 => $CLIENTS - $MOST }, @records);
    is_deeply(
        [map { spaces_of($_) } @makers[1 .. $ROUNDS]], [($MOST) x $ROUNDS],
        "$protocol: new spaces: each has as many as it may");
    @records = WAS::Traffic->run(
        clients => $CLIENTS,
        times => 1,
        each => sub {
            my ($number) = @_;
            my $giver = through($number, $speaks, $givers[$number]->key);
            my @ask = $speaks->{put}->($given[$number], { controller => $makers[0]->did });
            return { status => $giver->request(@ask)->status };
        });
    $count = tally(@records);
    is_deeply(
        $count, { 204 => $MOST, 507 => $CLIENTS - $MOST },
        "$protocol: transfers to one: $CLIENTS at once"
    ) or diag explain $count;
    is(spaces_of($makers[0]), $MOST, "$protocol: transfers to one: it has as many as it may");
}

# 6. Somebody who keeps the lock costs the writers of that space a 503, and nobody else anything.
{
    my $speaks = $PROTOCOL{classic};
    my $alice = $speaks->{somebody}->();
    my %at = map { $_ => space_of($speaks, $alice, "$_-" . new_id()) } qw(small other free);
    my $hasty =
        WAS::Server->start(config => $limits, dsn => qq($dsn options='-c statement_timeout=1s'));
    my $writer = $hasty->client($alice->key, timeout => 60);
    my $dbh = WAS::Server::dbh();
    $dbh->begin_work;
    $dbh->do(
        'SELECT 1 FROM was_spaces WHERE space_uuid = ? FOR NO KEY UPDATE',
        undef, $at{$_} =~ s{.*/}{}r
    ) for qw(small free);
    my ($took, $res) = timed(sub { $writer->put("$at{small}/x", body => 'x') });
    is($res->status, 503, 'a lock that is kept: 503');
    like(
        scalar $res->header('Retry-After') // '', qr/\A\d+\z/,
        'a lock that is kept: with Retry-After');
    cmp_ok($took, '<', 15, 'a lock that is kept: after the statement_timeout');
    is(
        $writer->put("$at{other}/x", body => 'x')->status, 204,
        'a lock that is kept: another space is written');
    is(
        $writer->put("$at{free}/x", body => 'x')->status, 204,
        'where there is no limit, there is no lock to wait for');
    $dbh->rollback;
    is(
        $writer->put("$at{small}/x", body => 'x')->status, 204,
        'a lock that was given back: written');
    my @errors = grep { /:(?:error|crit|alert|emerg)\]/ } split /\n/, $hasty->log;
    ok(@errors == 1 && $errors[0] =~ /was_SPACE_LOCK/, 'a lock that is kept: the operator is told')
        or diag join "\n", @errors;
}

unlike($_->log, qr/:(?:error|crit|alert|emerg)\]/, 'a refusal is no error of ours')
    for $server, $second;

done_testing;
