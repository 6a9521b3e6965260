# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Load: a client that does a bit of everything, at a steady rate, at every server of one
# database, in both protocols, and keeps in mind what must be stored after each answer. It owns its
# spaces alone, so that it can know. Refuses to know what is done to the servers meanwhile.
#
# It tells a sub of each request: what it was, what came of it, the seconds that it took. What came
# of it is
#     a status                 that was due; or 503, which always may be
#     a status with a "!"      that was not due
#     "none"                   no answer was wanted
#     "lost", "cut", "hung"    no answer; half of one; none in time
#     "wrong"                  an answer with other bytes than those that were acknowledged

package WAS::Load;

use strict;
use warnings;

use Time::HiRes qw(sleep time);
use WAS::Client;
use WAS::Key;
use WAS::Zcap qw(delegate jcs);

# The public origin of all servers.
use constant ORIGIN => 'http://wallet.example';

use constant {
    SMALL => 30, ITEMS => 20, BIG => 2, MIB => 1024 * 1024, TIMEOUT => 60,
    TRIES => 120
};

# Weights, and what is done.
my @ACTIONS = (
    [20, sub { put($_[0], $_[0]->any('small')) }],
    [25, sub { get($_[0], $_[0]->any('small')) }],
    [12, sub { put($_[0], $_[0]->any('item')) }],
    [15, sub { get($_[0], $_[0]->any('item')) }],
    [5, sub { remove($_[0], $_[0]->any(rand 2 < 1 ? 'small' : 'item')) }],
    [5, sub { get_part($_[0], $_[0]->any('small')) }],
    [5, sub { get_if_changed($_[0], $_[0]->any('small')) }],
    [5, sub { put_if_same($_[0], $_[0]->any(rand 2 < 1 ? 'small' : 'item')) }],
    [0.7, sub { put($_[0], $_[0]->any('big'), rand 2 < 1 ? (chunked => 100_000) : ()) }],
    [0.7, sub { get($_[0], $_[0]->any('big')) }],
    [0.3, sub { export($_[0]) }],
    [6, sub { look($_[0]) }],
    [8, sub { misbehave($_[0]) }],
);

# Options:
#   number   of this client; no other has it
#   ports    of the servers, on 127.0.0.1
#   rate     requests a second
#   tell     sub that gets what, result, seconds
sub new {
    my ($class, %self) = @_;
    my $self = bless { %self, version => 0, acknowledged => 0, doubtful => [] }, $class;
    my @keys = map { WAS::Key->from_seed(pack 'A4 x20 N N', 'load', $self->{number}, $_) } 1 .. 3;
    @$self{qw(key holder stranger)} = @keys;
    $self->{space} = sprintf 'load-%d-%x', $self->{number}, time * 1000;
    for my $port (@{ $self->{ports} }) {
        push @{ $self->{owner} }, client('WAS::Client', $port, $keys[0], keepalive => 1);
        push @{ $self->{pws_owner} }, client('WAS::Zcap', $port, $keys[0], mount => '/pws');
        push @{ $self->{pws_holder} },
            client('WAS::Zcap', $port, $keys[1], mount => '/pws', keepalive => 1);
    }
    return $self;
}

sub client {
    my ($class, $port, $key, %options) = @_;
    my $client = $class->new(base => ORIGIN, key => $key, timeout => TIMEOUT, %options);
    @$client{qw(host port)} = ('127.0.0.1', $port);
    return $client;
}

# Makes its spaces and its capability, which holds for the given seconds.
sub prepare {
    my ($self, $seconds) = @_;
    my ($classic, $pws) = map { $self->{$_}[0] } qw(owner pws_owner);
    my $collection = $self->{collection} = "/pws/space/$self->{space}-p/c";
    my @steps = (
        [$classic, PUT => "/space/$self->{space}", { controller => $classic->did }],
        [$pws, POST => '/pws/spaces/', { controller => $pws->did, id => "$self->{space}-p" }],
        [$pws, POST => "/pws/space/$self->{space}-p/", { id => 'c' }],
    );
    for my $step (@steps) {
        my ($client, $method, $target, $document) = @$step;
        my $res =
            $client->request($method, $target, type => 'application/json', body => jcs($document));
        $res->status =~ /\A20/ or die "$method $target: @{[$res->status]} @{[$res->body]}\n";
    }
    $self->{zcap} = delegate(
        $pws->space_url("$self->{space}-p"), by => $self->{key},
        to => $self->{holder}, target => $pws->url("$collection/"),
        actions => [qw(GET PUT DELETE)], expires => time + $seconds);
    my %kind = (
        small => [SMALL, "/space/$self->{space}/small", 200, 4000],
        big => [BIG, "/space/$self->{space}/big", 2 * MIB, 8 * MIB],
        item => [ITEMS, "$collection/item", 200, 4000],
    );
    for my $kind (keys %kind) {
        my ($count, $prefix, $least, $most) = @{ $kind{$kind} };
        $self->{$kind} = [
            map {
                renewed({ kind => $kind, prefix => "$prefix-$_-", least => $least, most => $most })
            } 1 .. $count
        ];
    }
    return;
}

# Writes and reads what is big until the time comes, without a pause.
sub warm_up {
    my ($self, $end) = @_;
    while (time < $end) {
        my $slot = $self->any('big');
        $self->put($slot);
        $self->get($slot);
    }
    return;
}

# Does things until the time comes.
sub run {
    my ($self, $end) = @_;
    my $total = 0;
    $total += $_->[0] for @ACTIONS;
    my $due = time + rand(1) / $self->{rate};
    while ($due < $end) {
        my $now = time;
        sleep $due - $now if $due > $now;
        my $pick = rand $total;
        my ($action) = grep { ($pick -= $_->[0]) < 0 } @ACTIONS;
        $action->[1]->($self);
        $due += (0.5 + rand) / $self->{rate};
        # What a fault has held up is not made up for at once.
        $due = time if $due < time - 1;
    }
    return;
}

# Reads all that it has ever been uncertain about, and all that must be there. Yields how many
# writes were acknowledged, how many resources are as they must be, and a line for each that is not.
sub check {
    my ($self) = @_;
    my ($kept, @lost) = (0);
    for my $slot (map { @{ $self->{$_} } } qw(small big item doubtful)) {
        my @how = $self->request_of($slot);
        my $res;
        for (1 .. TRIES) {
            $res = eval { $self->client_of($slot)->get($slot->{path}, @how) };
            last if $res && $res->complete && $res->status != 503;
            sleep 0.5;
        }
        my $status = $res ? $res->status : 0;
        my $good = grep { $_ eq '' ? $status == 404 : $status == 200 && $res->body eq content($_) }
            @{ $slot->{allowed} };
        $kept++ if $good;
        push @lost, "$slot->{path}: $status instead of @{ $slot->{allowed} }" if !$good;
    }
    return ($self->{acknowledged}, $kept, @lost);
}

# A slot is a place for one resource: `allowed` is what may be there, '' for nothing. Only one that
# is doubtful has more than one.
sub renewed {
    my ($slot) = @_;
    my $turn = ($slot->{turn} // 0) + 1;
    return {
        %$slot, turn => $turn, path => "$slot->{prefix}$turn", allowed => [''],
        etag => undef
    };
}

sub any {
    my ($self, $kind) = @_;
    return $self->{$kind}[rand @{ $self->{$kind} }];
}

# A value that no other is like, as a short text: its name and its length. A content of which each
# piece tells whose it is.
sub new_value {
    my ($self, $slot) = @_;
    my $length = int($slot->{least} + rand($slot->{most} - $slot->{least}));
    return sprintf '%d/%d:%d', $self->{number}, ++$self->{version}, $length;
}

sub content {
    my ($value) = @_;
    my ($length) = $value =~ /:(\d+)\z/;
    return substr "$value " x ($length / length($value) + 1), 0, $length;
}

sub client_of {
    my ($self, $slot) = @_;
    my $clients = $self->{ $slot->{kind} eq 'item' ? 'pws_holder' : 'owner' };
    return $clients->[rand @$clients];
}

# What a request for a resource needs beside its path.
sub request_of {
    my ($self, $slot) = @_;
    return $slot->{kind} eq 'item' ? (zcap => { capability => $self->{zcap} }) : ();
}

# One request; yields the answer when it is one that is due, and then whatever answer there is.
sub ask {
    my ($self, $what, $due, $client, @request) = @_;
    my $began = time;
    my $res = eval { $client->request(@request) };
    my $error = $@;
    my $result =
         !$res
        ? $error =~ /did not answer/
            ? 'hung'
            : 'lost'
        : !$res->status ? 'lost'
        : !$res->complete ? 'cut'
        : $res->status;
    my $good = $result =~ /\A(?:$due)\z/;
    $result = 'none' if $good && $result !~ /\d/;
    $result .= '!' if !$good && $result =~ /\d/ && $result != 503;
    $self->{tell}->($what, $result, time - $began);
    return ($good ? $res : undef, $res);
}

sub ask_for {
    my ($self, $what, $due, $method, $slot, @options) = @_;
    return $self->ask(
        "$slot->{kind}: $what", $due, $self->client_of($slot), $method => $slot->{path},
        $self->request_of($slot), @options);
}

# After a write: what must be there now. When nobody knows, the path is left alone from now on,
# since a write whose answer was lost may still be on its way.
sub settle {
    my ($self, $slot, $value, $due, $any) = @_;
    if ($due) {
        $self->{acknowledged}++;
        @$slot{qw(allowed etag)} = ([$value], scalar $due->header('ETag'));
        return;
    }
    return if $any && $any->status == 503 && $any->complete && $any->body =~ /nothing was written/;
    push @{ $self->{doubtful} }, { %$slot, allowed => [@{ $slot->{allowed} }, $value] };
    %$slot = %{ renewed($slot) };
    return;
}

sub put {
    my ($self, $slot, @options) = @_;
    my $value = $self->new_value($slot);
    my @answers = $self->ask_for(
        'PUT', '20[014]', PUT => $slot, type => 'text/plain', body => content($value),
        @options);
    $self->settle($slot, $value, @answers);
    return;
}

sub put_if_same {
    my ($self, $slot) = @_;
    my $etag = $slot->{etag} // return;
    return $self->put($slot, headers => ['If-Match' => $etag]) if rand 3 < 2;
    $self->ask_for(
        'PUT of another version', 412, PUT => $slot, type => 'text/plain', body => 'x',
        headers => ['If-Match' => '"another"']);
    return;
}

# The second deletion finds nothing: fine in one protocol, not in the other.
sub remove {
    my ($self, $slot) = @_;
    my $due = $slot->{allowed}[0] eq '' && $slot->{kind} eq 'item' ? '204|404' : 204;
    my @answers = $self->ask_for('DELETE', $due, DELETE => $slot);
    $self->settle($slot, '', @answers);
    return;
}

sub get {
    my ($self, $slot) = @_;
    my ($value) = @{ $slot->{allowed} };
    my ($res) = $self->ask_for('GET', $value eq '' ? 404 : 200, GET => $slot);
    return if !$res;
    $self->{tell}->("$slot->{kind}: GET", 'wrong', 0)
        if $value ne '' && $res->body ne content($value);
    return;
}

sub get_part {
    my ($self, $slot) = @_;
    my ($value) = grep { $_ ne '' } @{ $slot->{allowed} } or return;
    my ($res) =
        $self->ask_for('GET of a part', 206, GET => $slot, headers => [Range => 'bytes=50-149']);
    return if !$res;
    $self->{tell}->("$slot->{kind}: GET of a part", 'wrong', 0)
        if $res->body ne substr content($value), 50, 100;
    return;
}

sub get_if_changed {
    my ($self, $slot) = @_;
    my $etag = $slot->{etag} // return;
    $self->ask_for('GET if changed', 304, GET => $slot, headers => ['If-None-Match' => $etag]);
    return;
}

sub export {
    my ($self) = @_;
    my ($res) = $self->ask(
        'export', 200, $self->{owner}[rand 2], GET => "/space/$self->{space}",
        headers => [Accept => 'application/x-tar']);
    $self->{tell}->('export', 'wrong', 0) if $res && $res->body !~ /\0{1024}\z/;
    return;
}

# What there is to look at, and to say of a space.
sub look {
    my ($self) = @_;
    my $server = int rand @{ $self->{ports} };
    my ($owner, $pws) = map { $self->{$_}[$server] } qw(owner pws_owner);
    my @looks = (
        ['space', 200, $owner, GET => "/space/$self->{space}"],
        [
            'space, named', 204, $owner, PUT => "/space/$self->{space}",
            type => 'application/json',
            body => jcs({ controller => $owner->did, name => 'name ' . ++$self->{version} })
        ],
        ['spaces', 200, $owner, GET => '/spaces/'],
        ['health', 200, $owner, GET => '/health', sign => 0],
        [
            'preflight', 204, $owner, OPTIONS => "/space/$self->{space}/x", sign => 0,
            headers => [Origin => 'https://app.example', 'Access-Control-Request-Method' => 'PUT']
        ],
        ['pws space', 200, $pws, GET => "/pws/space/$self->{space}-p/meta"],
        ['pws resources', 200, $pws, GET => "$self->{collection}/"],
        [
            'pws collection, named', '20[014]', $pws, PUT => "$self->{collection}/meta",
            type => 'application/json', body => jcs({ name => 'name ' . ++$self->{version} })
        ],
    );
    $self->ask(@{ $looks[rand @looks] });
    return;
}

# What must be refused, in every kind of way.
sub misbehave {
    my ($self) = @_;
    my $server = int rand @{ $self->{ports} };
    my ($owner, $holder) = map { $self->{$_}[$server] } qw(owner pws_holder);
    my ($x, $item) = ("/space/$self->{space}/x", "$self->{collection}/x");
    my @text = (type => 'text/plain', body => 'x');
    my %zcap = %{ $self->{zcap} };
    my @wrongs = (
        ['unsigned', 401, $owner, PUT => $x, @text, sign => 0],
        ["a stranger's", 403, $owner, PUT => $x, @text, sign => { key => $self->{stranger} }],
        ['expired', 401, $owner, PUT => $x, @text, sign => { created => 1, expires => 2 }],
        ['for another target', 401, $owner, PUT => $x, @text, sign => { target => "$x/y" }],
        ['NUL in a path', 400, $owner, GET => "$x/%00"],
        [
            'broken JSON', 400, $owner, PUT => "/space/$self->{space}", type => 'application/json',
            body => '{"controller":'
        ],
        ['no method', 405, $owner, PATCH => $x, @text],
        ['nothing there', 404, $owner, GET => "$x/y"],
        [
            'half a body', '400|408|lost', $owner, PUT => $x, body => 'x' x 100_000,
            stop_after => 50_000
        ],
        ['pws: unsigned', 401, $holder, PUT => $item, @text, sign => 0, zcap => 0],
        [
            "pws: a stranger's", 404, $holder, PUT => $item, @text,
            zcap => { capability => \%zcap }, sign => { key => $self->{stranger} }
        ],
        [
            'pws: beyond the capability', 404, $holder, GET => "/pws/space/$self->{space}-p/meta",
            zcap => { capability => \%zcap }
        ],
        [
            'pws: a capability that was changed', '400|404', $holder, PUT => $item, @text,
            zcap => { capability => { %zcap, allowedAction => ['POST', 'PUT'] } }
        ],
        [
            'pws: no capability', '400', $holder, PUT => $item, @text,
            zcap => { packed => 'nothing' }
        ],
    );
    $self->ask(@{ $wrongs[rand @wrongs] });
    return;
}

1;
