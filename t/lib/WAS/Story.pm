# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Story;

# What the suites over HTTP share: people with keys, spaces of random ids, a table of requests with
# the answers that are due, and the stored rows to compare. What holds for every answer is checked
# at every answer here: a refusal is a problem document as protocol/classic section 6 draws it, no
# answer carries credentials, nothing is sent twice.
#
#     my $alice = person();
#     my $space = new_space($alice);
#     tell($alice,
#         ['classic 2: a resource is stored', PUT => "/space/$space/a", [body => 'hi'], 204],
#         ['classic 2: and read by anybody', GET => "/space/$space/a", [sign => 0], 200,
#          body => 'hi', headers => { ETag => qr/./ }],
#     );
#
# A row is [name, method, target, [options of WAS::Client::request], status, what else is due].
# Among the options, `by` is another client. What else:
#     body     exact bytes
#     json     a structure
#     type     the whole Content-Type
#     headers  { name => value, pattern, or undef for none }
#     pointer  of a problem document, for statuses from 400; undef: it has none
#     foreign  true: the refusal is httpd's own, any page will do
#     check    sub that gets the response and yields complaints

use strict;
use warnings;

use Crypt::PRNG ();
use Digest::MD5 qw(md5_hex);
use Exporter qw(import);
use JSON::PP ();
use POSIX ();
use Test::More ();
use WAS::Citus;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Traffic qw(eventually);

our @EXPORT = qw(
    person at new_id new_space put_space random_bytes json_text expect tell tell_rule snapshot
    same_rows sql in_parallel swept lose_connection overtaken
);

my %KIND = (
    400 => ['bad-request', 'Bad Request'],
    401 => ['unauthorized', 'Unauthorized'],
    403 => ['forbidden', 'Forbidden'],
    404 => ['not-found', 'Not Found'],
    405 => ['method-not-allowed', 'Method Not Allowed'],
    408 => ['request-timeout', 'Request Timeout'],
    409 => ['conflict', 'Conflict'],
    412 => ['precondition-failed', 'Precondition Failed'],
    413 => ['content-too-large', 'Content Too Large'],
    414 => ['uri-too-long', 'URI Too Long'],
    415 => ['unsupported-media-type', 'Unsupported Media Type'],
    431 => ['request-header-fields-too-large', 'Request Header Fields Too Large'],
    416 => ['range-not-satisfiable', 'Range Not Satisfiable'],
    500 => ['internal-server-error', 'Internal Server Error'],
    503 => ['service-unavailable', 'Service Unavailable'],
);

my $CHALLENGE = 'Signature headers="(created) (expires) (key-id) (request-target)"';

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# Somebody with a key that nobody else has, at a virtual host.
sub person {
    my ($vhost) = @_;
    return at($vhost // 'main', WAS::Key->from_seed(random_bytes(32)));
}

# The same key, or the same person, at another virtual host.
sub at {
    my ($vhost, $who) = @_;
    my $key = $who && $who->isa('WAS::Client') ? $who->key : $who;
    return WAS::Client->new(base => WAS::Server::url($vhost), key => $key, timeout => 30);
}

sub random_bytes { return Crypt::PRNG::random_bytes($_[0]) }

# A version 4 UUID.
sub new_id {
    my @parts = unpack 'H8H4H4H4H12', random_bytes(16);
    substr $parts[2], 0, 1, '4';
    substr $parts[3], 0, 1, 'a';
    return join '-', @parts;
}

sub json_text { return $json->encode($_[0]) }

# PUT of a space's document; `members` beside a controller, which is the client unless given.
sub put_space {
    my ($client, $id, $members, @options) = @_;
    my $document = { controller => $client->did, %{ $members // {} } };
    return $client->put(
        "/space/$id", type => 'application/json', body => json_text($document),
        @options);
}

# Makes a space that the client controls; yields its id.
sub new_space {
    my ($client, %members) = @_;
    my $id = delete $members{uuid} // new_id();
    my $res = put_space($client, $id, \%members);
    $res->status == 204 or die "no space: @{[$res->status]} @{[$res->body]}\n";
    return $id;
}

# One assertion about one answer; the complaints of a failed one are shown together.
sub expect {
    my ($name, $res, $status, %want) = @_;
    my @complaints;
    if ($res->status != $status) {
        @complaints = 'status ' . $res->status . " instead of $status";
    }
    else {
        push @complaints, _content($res, %want), _headers($res, $want{headers});
        push @complaints, _problem($res, %want) if $status >= 400 && !$want{foreign};
        push @complaints, $want{check}->($res) if $want{check};
    }
    push @complaints, _always($res);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(!@complaints, $name)
        || Test::More::diag(join "\n", @complaints, _shown($res));
}

# A table of requests, one after the other; yields the last response.
sub tell {
    my ($client, @rows) = @_;
    my $res;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $row (@rows) {
        my ($name, $method, $target, $options, $status, @want) = @$row;
        my %options = @$options;
        my $who = delete $options{by} // $client;
        $res = eval { $who->request($method, $target, %options) };
        if (!$res) {
            Test::More::fail($name);
            Test::More::diag($@);
            next;
        }
        expect($name, $res, $status, @want, head => $method eq 'HEAD');
    }
    return $res;
}

# The same, of rows whose names go on behind that of a rule.
sub tell_rule {
    my ($client, $rule, @rows) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return WAS::Story::tell($client, map { my ($name, @row) = @$_; ["$rule: $name", @row] } @rows);
}

sub _content {
    my ($res, %want) = @_;
    my @complaints;
    push @complaints, 'the body did not come whole' if !$res->complete;
    push @complaints, _differs('type', scalar $res->header('Content-Type'), $want{type})
        if exists $want{type};
    push @complaints, _differs('body', $res->body, $want{body}) if exists $want{body};
    push @complaints, _differs('json', json_text($res->json), json_text($want{json}))
        if exists $want{json};
    my $length = $res->header('Content-Length');
    push @complaints, 'a length of ' . length($res->body) . " instead of $length"
        if !$want{head} && defined $length && $res->status != 304 && $length != length $res->body;
    return @complaints;
}

sub _headers {
    my ($res, $headers) = @_;
    return
        map { _differs($_, scalar $res->header($_), $headers->{$_}) } sort keys %{ $headers // {} };
}

sub _differs {
    my ($what, $got, $want) = @_;
    my $same =
         !defined $want ? !defined $got
        : ref $want ? defined $got && $got =~ $want
        : defined $got && $got eq $want;
    return $same ? () : "$what is " . _short($got) . ' instead of ' . _short($want);
}

sub _short {
    my ($text) = @_;
    return 'nothing' if !defined $text;
    return length $text > 300 ? length($text) . ' bytes, MD5 ' . md5_hex($text) : "<$text>";
}

# protocol/classic section 6.
sub _problem {
    my ($res, %want) = @_;
    my $status = $res->status;
    my @complaints;
    push @complaints, _differs(
        'WWW-Authenticate', scalar $res->header('WWW-Authenticate'),
        $status == 401 ? $CHALLENGE : undef);
    push @complaints, 'no Retry-After' if $status == 503 && !defined $res->header('Retry-After');
    push @complaints, 'a refusal has a validator'
        if defined($res->header('ETag') // $res->header('Last-Modified'));
    return @complaints, _differs('type', $res->type, 'application/problem+json') if $want{head};

    my $problem = $res->problem or return @complaints, 'no problem document';
    my ($fragment, $title) = @{ $KIND{$status} // ['?', '?'] };
    push @complaints,
        _differs('problem type', $problem->{type}, "https://wallet.storage/spec#$fragment"),
        _differs('title', $problem->{title}, $title),
        _differs('status member', $problem->{status}, $status);
    my $errors = $problem->{errors};
    return @complaints, 'no errors' if ref $errors ne 'ARRAY' || !@$errors;
    push @complaints, 'an error without a detail' if grep { ($_->{detail} // '') eq '' } @$errors;
    push @complaints, map { _differs('pointer', $_->{pointer}, $want{pointer}) } @$errors
        if exists $want{pointer};
    return @complaints;
}

# What no answer may have.
sub _always {
    my ($res) = @_;
    my @complaints;
    push @complaints, 'credentials are allowed'
        if defined $res->header('Access-Control-Allow-Credentials');
    my %count;
    $count{ lc $_->[0] }++ for $res->headers;
    push @complaints, map { "$_ comes $count{$_} times" } grep { $count{$_} > 1 } sort keys %count;
    for my $name (qw(Vary Access-Control-Expose-Headers Access-Control-Allow-Headers Allow)) {
        my %seen;
        my @twice = grep { $seen{ lc $_ }++ } split /\s*,\s*/, $res->header($name) // '';
        push @complaints, "$name names @twice twice" if @twice;
    }
    return @complaints;
}

sub _shown {
    my ($res) = @_;
    my @lines = map { "$_->[0]: $_->[1]" } $res->headers;
    return join "\n    ", 'got ' . $res->status . ' ' . $res->reason, @lines, '',
        substr $res->body =~ s/[^\x20-\x7e\n]/?/gr, 0, 600;
}

my $dbh;
my $dbh_owner = 0;

# Rows of a query, each an array; the number of rows for what is no query.
sub sql {
    my ($statement, @values) = @_;
    # Somebody may have started the cluster again.
    if ($dbh_owner != $$ || !$dbh->ping) {
        $dbh->{InactiveDestroy} = 1 if $dbh;
        ($dbh, $dbh_owner) = (WAS::Server::dbh(), $$);
    }
    my $sth = $dbh->prepare_cached($statement);
    $sth->execute(@values);
    return $sth->{NUM_OF_FIELDS} ? @{ $sth->fetchall_arrayref } : $sth->rows;
}

# Waits until nothing is left of what was deleted of these spaces, but for long contents, which
# somebody may be reading; whether that came to be.
sub swept {
    my (@ids) = @_;
    return eventually(60, sub { !sql(<<'SQL', \@ids) });
SELECT 1 FROM was_sweeps WHERE space_uuid = ANY (?) AND kind <> 'content' LIMIT 1
SQL
}

# All that is stored of some spaces, down to the versions of the rows.
sub snapshot {
    my (@ids) = @_;
    my $spaces = 'SELECT *, xmin FROM was_spaces WHERE space_uuid = ?';
    my $resources = 'SELECT space_uuid, path, content_type, octet_length(content), md5(content),'
        . ' revised, xmin FROM was_resources WHERE space_uuid = ? ORDER BY path';
    return [map { [[sql($spaces, $_)], [sql($resources, $_)]] } @ids];
}

# Whether nothing has been written since.
sub same_rows {
    my ($name, $before, @ids) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is_deeply(snapshot(@ids), $before, $name);
}

# Runs the code with 0, 1, ... in that many processes that begin at the same moment; yields what
# each returned, a line of text.
sub in_parallel {
    my ($count, $code) = @_;
    pipe my $wait, my $go or die "pipe: $!";
    my @readers;
    for my $n (0 .. $count - 1) {
        pipe my $reader, my $writer or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            close $go;
            sysread $wait, my $none, 1;
            syswrite $writer, eval { $code->($n) } // "died: $@";
            POSIX::_exit(0);
        }
        push @readers, [$pid, $reader];
    }
    close $wait;
    close $go;
    return map {
        my ($pid, $reader) = @$_;
        local $/;
        my $line = <$reader> // '';
        waitpid $pid, 0;
        $line;
    } @readers;
}

# Runs the code while the table is closed to writers, and ends the session that waits for it then,
# in the middle of what it does. Yields whether one was ended, and what the code returned, a line.
sub lose_connection {
    my ($table, $code) = @_;
    my $is_closed = <<'SQL';
SELECT 1 FROM pg_locks WHERE relation = ?::regclass AND mode = 'ShareLock'
SQL
    my $end_waiting = <<'SQL';
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE ?
SQL
    return in_parallel(
        2,
        sub {
            my ($who) = @_;
            if ($who == 1) {
                eventually(10, sub { sql($is_closed, $table) }) or die "nothing is closed\n";
                return $code->();
            }
            my $session = WAS::Server::dbh();
            $session->begin_work;
            $session->do("LOCK $table IN SHARE MODE");
            # Who waits does so at the node that httpd asks.
            my $cluster = WAS::Server::cluster();
            my $asked = WAS::Citus::asked($cluster)->dbh('was');
            my $end = sub { $asked->selectrow_array($end_waiting, undef, "%$table%") };
            my $ended = eventually(10, $end);
            $session->rollback;
            return $ended;
        });
}

# Runs the code while the first so many writes of a space find no row to write, as they do behind
# another's: `statements` are those that they try, like 'INSERT ON was_spaces'. Yields what the code
# returned. Citus, which has no triggers, cannot have it.
sub overtaken {
    my ($statements, $space, $times, $code) = @_;
    my $session = WAS::Server::dbh();
    my ($table) = $statements =~ /ON (\w+)/;
    $session->do($_) for split /^;\n/m, <<"SQL";
CREATE SEQUENCE tries
;
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN CASE WHEN nextval(''public.tries'') > $times THEN NEW END; END'
;
CREATE TRIGGER late BEFORE $statements FOR EACH ROW WHEN (NEW.space_uuid = '$space')
    EXECUTE FUNCTION late()
SQL
    my $result = eval { $code->() };
    my $died = $@;
    $session->do($_)
        for "DROP TRIGGER late ON $table", 'DROP FUNCTION late()', 'DROP SEQUENCE tries';
    die $died if !defined $result;
    return $result;
}

1;
