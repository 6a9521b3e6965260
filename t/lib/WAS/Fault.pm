# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# WAS::Fault: clients that number what they write, over several httpd on one database, and the
# account of what must be there afterwards. What goes wrong meanwhile is the caller's.
#
# A write is *acknowledged* (2xx), *refused* (a 503, or nobody took the connection: not done), or
# its fate is *unknown* (a 503 that says so, or no answer). An unknown one may be done later still,
# when whatever held it lets go. So a client leaves an unconditional resource alone after that, and
# begins another; a guarded one it reads again and goes on with If-Match, which keeps a late one
# out.

package WAS::Fault;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP qw(encode_json);
use WAS::Server;
use WAS::Traffic qw(eventually);

# Where SQL finds the connections of the clients of `was`, but for its own.
use constant OURS => q(FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'was'
    AND backend_type = 'client backend');

use constant { SMALL => 600, BIG => $ENV{WAS_FAULT_BYTES} // (1 << 20) + 200_000 };

# What a client does in turn, each time through another server than the time before.
my @TURNS = (
    [write => 'plain'], [write => 'guarded'], [read => 'plain'], [write => 'guarded'],
    [write => 'plain'], [write => 'plain_big'], [write => 'guarded'], [write => 'plain'],
    [read => 'guarded'], [write => 'guarded'], [write => 'guarded_big'], [write => 'plain'],
    [read => 'plain_big'], [write => 'plain'],
);

# An httpd for such clients, with more than one child and a pool that they can fill.
sub httpd {
    my ($dsn) = @_;
    return WAS::Server->start(dsn => $dsn, before => <<'SHAPE', config => <<'CONF');
MaxKeepAliveRequests 0
<IfModule mpm_prefork_module>
    StartServers 8
    MinSpareServers 2
    MaxRequestWorkers 16
</IfModule>
<IfModule !mpm_prefork_module>
    ServerLimit 2
    StartServers 2
    ThreadsPerChild 16
    MaxRequestWorkers 32
    MinSpareThreads 16
    MaxSpareThreads 32
</IfModule>
SHAPE
<IfModule mpm_prefork_module>
    DBDKeep 1
    DBDMax 1
</IfModule>
<Location "/server-status">
    SetHandler server-status
</Location>
CONF
}

# Ends every connection that the clients of `was` have; returns when they are gone.
sub cut_connections {
    my ($dbh) = @_;
    my $ours = OURS;
    my $pids = $dbh->selectcol_arrayref("SELECT pid $ours");
    $dbh->do('SELECT pg_terminate_backend(pid) FROM unnest(?::int[]) pid', undef, $pids);
    my $left = "SELECT count(*) $ours AND pid = ANY (?)";
    eventually(60, sub { !$dbh->selectrow_array($left, undef, $pids) })
        or die 'connections do not end';
    return;
}

# How many requests an httpd is at, but for the one that asks, and how many of its children belong
# to a configuration that is over.
sub busy {
    my ($server) = @_;
    my $answer = $server->request(GET => '/server-status?auto');
    my ($board) = $answer->{content} =~ /^Scoreboard: (.*)$/m or return "status $answer->{status}";
    return ($board =~ tr/RWKDCLGI//) - 1;
}

# Options:
#   servers  some of the above
#   key      who controls the space
#   space    its uuid; made here
#   failures a handle that clients write a byte to for each request that is refused or whose fate is
#            unknown
sub new {
    my ($class, %self) = @_;
    my $self = bless { may => {}, %self }, $class;
    my $response = $self->client(0)->put(
        "/space/$self->{space}", type => 'application/json',
        body => encode_json({ controller => $self->{key}->did }));
    $response->status == 204 or die "no space: @{[$response->status]} @{[$response->body]}\n";
    return $self;
}

sub client {
    my ($self, $server) = @_;
    return $self->{servers}[$server]->client($self->{key}, timeout => 60);
}

# The bytes of a number: which resource they are for stands in them, and a checksum.
sub content {
    my ($path, $number, $size) = @_;
    my $line = "$path $number\n";
    my $text = substr $line x ($size / length($line) + 1), 0, $size;
    return $text . sha256_hex($text);
}

# The number that bytes hold, or why they hold none.
sub number_of {
    my ($path, $bytes) = @_;
    my ($number) = $bytes =~ m{\A\Q$path\E (\d+)\n}
        or return (undef, "$path holds another's bytes");
    return ($number) if substr($bytes, -64) eq sha256_hex(substr $bytes, 0, -64);
    return (undef, "$path is half-written");
}

# Starts the clients; finish() of what this returns gives the records for settle().
sub traffic {
    my ($self, $label, %options) = @_;
    my %mine;
    return WAS::Traffic->start(
        clients => 6,
        pause => 0.005,
        %options,
        each => sub {
            my ($client, $turn) = @_;
            # Not all at the same.
            $turn += 3 * $client;
            my ($does, $kind) = @{ $TURNS[$turn % @TURNS] };
            my $server = ($turn + int $turn / @TURNS) % @{ $self->{servers} };
            my $resource = $mine{$kind} //= fresh("/space/$self->{space}/$label-$client-$kind", 0);
            # A validator that is not known is to be read first.
            my $reads = $does eq 'read' || $kind =~ /guarded/ && !defined $resource->{etag};
            # It may be left for another one.
            my $path = $resource->{path};
            my %record =
                  $reads
                ? $self->read_one($server, $resource)
                : $self->write_one($server, $resource, $kind);
            syswrite $self->{failures}, '.'
                if $self->{failures} && $record{fate} =~ /\A(?:refused|unknown)\z/;
            return { server => $server, path => $path, %record };
        });
}

# Waits until every server has been well some times in a row, which its children share.
sub wait_until_well {
    my ($self, $seconds) = @_;
    for my $server (0 .. $#{ $self->{servers} }) {
        my $well = 0;
        eventually(
            $seconds,
            sub {
                my %answer = $self->ask($server, GET => '/health');
                $well = $answer{status} == 200 ? $well + 1 : 0;
                return $well == 6;
            });
    }
    return;
}

# Waits until every server has said that it has no database.
sub wait_until_ill {
    my ($self, $seconds) = @_;
    for my $server (0 .. $#{ $self->{servers} }) {
        eventually(
            $seconds,
            sub {
                my %answer = $self->ask($server, GET => '/health');
                return $answer{status} != 200;
            });
    }
    return;
}

# Waits until the clients of a label have written some resources each, from now on, which is at
# every server.
sub wait_for_writes {
    my ($self, $dbh, $label, $seconds) = @_;
    my $now = $dbh->selectrow_array('SELECT pg_snapshot_xmax(pg_current_snapshot())');
    my $written =
        'SELECT count(*) FROM was_resources WHERE path LIKE ? AND xmin::text::bigint >= ?';
    my @values = (undef, "/$label-%", $now);
    return eventually($seconds, sub { $dbh->selectrow_array($written, @values) >= 12 });
}

sub fresh {
    my ($stem, $generation) = @_;
    return {
        stem => $stem, generation => $generation, path => "$stem-$generation", number => 0,
        may => { 0 => 1 }
    };
}

sub write_one {
    my ($self, $server, $resource, $kind) = @_;
    my $number = ++$resource->{number};
    my ($path, $etag) = @{$resource}{qw(path etag)};
    my @condition =
        $kind !~ /guarded/
        ? ()
        : (headers => $etag ? ['If-Match' => $etag] : ['If-None-Match' => '*']);
    my %record = $self->ask(
        $server, PUT => $path, @condition,
        body => content($path, $number, $kind =~ /big/ ? BIG : SMALL));
    my $response = delete $record{response};
    if ($record{fate} eq 'acknowledged') {
        $resource->{may} = { $number => 1 };
        $resource->{etag} = $response->header('ETag');
    }
    elsif ($record{fate} eq 'unknown') {
        $resource->{may}{$number} = 1;
        delete $resource->{etag};
        %$resource = %{ fresh($resource->{stem}, $resource->{generation} + 1) }
            if $kind !~ /guarded/;
    }
    elsif ($record{fate} eq 'outdated') {
        delete $resource->{etag};
    }
    return (number => $number, %record);
}

sub read_one {
    my ($self, $server, $resource) = @_;
    my %record = $self->ask($server, GET => $resource->{path});
    my $response = delete $record{response};
    # What broke off in the middle says so.
    return (%record, fate => 'cut') if $record{status} == 200 && !$response->complete;
    if ($record{status} == 200 || $record{status} == 404) {
        my ($number, $wrong) =
            $record{status} == 404 ? (0) : number_of($resource->{path}, $response->body);
        $wrong //= expected($resource, $number);
        $resource->{etag} = $response->header('ETag') // '';
        return (%record, fate => 'read', $wrong ? (wrong => $wrong) : ());
    }
    return (%record, fate => $record{fate} eq 'acknowledged' ? 'read' : $record{fate});
}

sub expected {
    my ($resource, $number) = @_;
    return if $resource->{may}{$number};
    return "$resource->{path} holds $number, not " . join ' or ', sort keys %{ $resource->{may} };
}

# One request and what it means: status 0 is no answer.
sub ask {
    my ($self, $server, $method, $path, @options) = @_;
    my $client = $self->client($server);
    my $response = eval { $client->request($method, $path, @options) };
    if (!$response) {
        return (status => 0, fate => 'refused') if $@ =~ /\Acannot connect/;
        return (status => 0, fate => 'unknown', wrong => $@ =~ s/\n\z//r);
    }
    my $status = $response->status;
    my %of = (status => $status, response => $response);
    return (%of, fate => 'unknown') if $status == 0;
    return (%of, fate => 'acknowledged') if $status >= 200 && $status < 300;
    return (%of, fate => 'outdated') if $status == 412;
    return (%of, fate => 'absent') if $status == 404 && $method eq 'GET';
    return (%of, fate => 'unknown', wrong => "$method got $status: " . $response->body)
        if $status != 503;
    my $promised = ($response->header('Retry-After') // '') =~ /\A[1-9]\d*\z/;
    return (
        %of, fate => $response->body =~ /nobody knows/ ? 'unknown' : 'refused',
        $promised ? () : (wrong => "$method got 503 without Retry-After"));
}

# Takes what the clients have recorded into the account. Returns how many writes were acknowledged,
# refused and unknown, how long the longest answer took, and what was wrong.
sub settle {
    my ($self, @records) = @_;
    my %sum = (acknowledged => 0, refused => 0, unknown => 0, longest => 0, wrong => []);
    for my $record (@records) {
        my $took = $record->{end} - $record->{begin};
        $sum{longest} = $took if $took > $sum{longest};
        push @{ $sum{wrong} }, $record->{died} // $record->{wrong} // ();
        my ($path, $number, $fate) = @{$record}{qw(path number fate)};
        next if !defined $number;
        $sum{$fate}++;
        my $may = $self->{may}{$path} //= { 0 => 1 };
        %$may = () if $fate eq 'acknowledged';
        $may->{$number} = 1 if $fate eq 'acknowledged' || $fate eq 'unknown';
    }
    return \%sum;
}

# Reads everything through every server, or what was written under one label. Returns what is not
# as it was acknowledged.
sub lost {
    my ($self, $label) = @_;
    my @lost;
    for my $path (sort keys %{ $self->{may} }) {
        next if defined $label && index($path, "/space/$self->{space}/$label-") != 0;
        my $resource = { path => $path, may => $self->{may}{$path} };
        for my $server (0 .. $#{ $self->{servers} }) {
            my %record = $self->read_one($server, $resource);
            push @lost, $record{wrong} // ($record{fate} eq 'read' ? () : "$path: $record{status}");
        }
    }
    return @lost;
}

# When, after a time, the last request failed or the first succeeded, whichever is later, over all
# servers; a failure that was on its way counts. Undefined when a server has answered nothing since.
sub recovered {
    my ($self, $since, @records) = @_;
    my $latest = $since;
    my %first;
    for my $record (sort { $a->{end} <=> $b->{end} } grep { $_->{end} > $since } @records) {
        my $good = ($record->{fate} // '') =~ /\A(?:acknowledged|read|outdated)\z/;
        $latest = $record->{end} if !$good;
        $first{ $record->{server} } //= $record->{end} if $good && $record->{begin} > $since;
    }
    return if keys %first < @{ $self->{servers} };
    return (sort { $b <=> $a } $latest, values %first)[0];
}

1;
