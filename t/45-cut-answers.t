# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Answers that are written while they are made, and cannot be ended: a client must see that what it
# has is not all, whatever it speaks. What fails before the first byte is a refusal like any other.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;
use Time::HiRes qw(time);
use WAS::Citus;
use WAS::Client;
use WAS::Server;
use WAS::Story;
use WAS::Traffic qw(eventually);

my $curl = `curl --version 2>/dev/null` // '';
plan skip_all => 'no curl' if !$curl;

my $dir = tempdir(CLEANUP => 1);
my $alice = person();
my $bob = person();
my $RESOURCES = 1000;
my $BYTES = 24 << 10;
my @TAR = (Accept => 'application/x-tar');

# More than the network holds, so that the server is still at it when something happens.
sub big_space {
    my $id = new_space($alice);
    sql(<<'SQL', $id, $BYTES, $RESOURCES);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT ?, '/' || lpad(i::text, 6, '0'), convert_to(repeat('x', ?), 'UTF8'), 'x/y'
FROM generate_series(1, ?) i
SQL
    return $id;
}

# Starts to read a target, slowly, and yields when some of it has come: the pid of curl, and the
# file that it writes.
my $downloads = 0;

sub begin_download {
    my ($origin, $target, @flags) = @_;
    my $file = "$dir/" . ++$downloads;
    my %signed = (key => $alice->key, method => 'GET', target => $target);
    my @fields = ('Authorization: ' . WAS::Client::authorization(%signed), "$TAR[0]: $TAR[1]");
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>', "$file.said";
        exec qw(curl -sS -k -g --noproxy * --max-time 60 --limit-rate 4M -o), $file, @flags,
            (map { ('-H', $_) } @fields), "$origin$target"
            or POSIX::_exit(127);
    }
    eventually(60, sub { -s $file }) or die "nothing came of $target";
    return { pid => $pid, file => $file };
}

# How curl ended: 0 for an answer that was whole.
sub end_download {
    my ($download) = @_;
    waitpid $download->{pid}, 0;
    return $? >> 8;
}

sub is_cut {
    my ($name, $download) = @_;
    my $begin = time;
    my $status = end_download($download);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    isnt($status, 0, "$name: curl sees that it was cut");
    cmp_ok(time - $begin, '<', 40, "$name: and has not waited for the rest");
    cmp_ok(-s $download->{file}, '<', $RESOURCES * $BYTES, "$name: not all of it came");
    return;
}

# 1. What happens to a space while it is exported.
my $document = sub { return (type => 'application/json', body => json_text($_[0])) };
my $put = sub {
    my ($id, $controller, %more) = @_;
    return $alice->put("/space/$id", $document->({ controller => $controller->did, %more }));
};
my $delete = sub { $alice->delete("/space/$_[0]") };
for my $case (
    # name, what is done, is the export cut?
    ['deleted', sub { $delete->($_[0]) }, 1],
    ['deleted and made anew', sub { $delete->($_[0]); $put->($_[0], $alice) }, 1],
    ['given away', sub { $put->($_[0], $bob) }, 1],
    ['given another name', sub { $put->($_[0], $alice, name => 'n') }, 1],
    ['written into', sub { $alice->put("/space/$_[0]/000500", body => 'new') }, 0],
    ['read', sub { $alice->get("/space/$_[0]") }, 0],
) {
    my ($how, $do, $is_cut) = @$case;
    my $id = big_space();
    my $name = "classic 7: an export of a space that is $how meanwhile";
    my $download = begin_download(WAS::Server::url(), "/space/$id");
    like($do->($id)->status, qr/\A20[04]\z/, "$name: done");
    $is_cut ? is_cut($name, $download) : is(end_download($download), 0, "$name: is whole");
    sql('DELETE FROM was_spaces WHERE space_uuid = ?', $id);
}

# 2. Whatever the client speaks.
for my $case (
    # how, virtual host, flags
    ['HTTP/1.0', 'main', '--http1.0'],
    ['HTTP/1.1', 'main', '--http1.1'],
    ['HTTP/1.1 through a proxy', 'reverse', '--http1.1'],
    ['HTTP/1.1 over TLS', 'tls', '--http1.1'],
    ['HTTP/2', 'h2c', '--http2-prior-knowledge'],
    ['HTTP/2 over TLS', 'tls', '--http2'],
) {
    my ($how, $vhost, @flags) = @$case;
    SKIP: {
        skip 'this curl knows no HTTP/2, or this httpd does not', 1
            if $how =~ m{HTTP/2} && ($curl !~ /\bHTTP2\b/ || !WAS::Server::has_http2());
        my $id = big_space();
        my $download = begin_download(WAS::Server::url($vhost), "/space/$id", @flags);
        is($delete->($id)->status, 204, "$how: the space is deleted");
        is_cut("$how: an export of what is deleted meanwhile", $download);
    }
}

# 3. A database that does not go on. Its tables are somebody else's until we say so.
my $SPACES = 40_000;
sql(<<'SQL', $alice->did, $SPACES);
INSERT INTO was_spaces (space_uuid, space_id, controller)
SELECT 'cut-' || i, 'urn:x:' || repeat('x', 400) || i, ? FROM generate_series(1, ?) i
SQL
my $modules = WAS::Server::modules_directory();
my $server = WAS::Server->start(
    dsn => WAS::Server::cluster()->dsn('was') . " options='-c statement_timeout=5s'",
    before => qq(LoadModule buffer_module "$modules/mod_buffer.so"\n),
    config => <<'CONF');
KeepAliveTimeout 50
<IfModule mod_http2.c>
    Protocols h2c http/1.1
</IfModule>
<LocationMatch "/buffered$">
    SetOutputFilter BUFFER
</LocationMatch>
CONF
my $locker = WAS::Server::dbh();
my $lock = sub {
    $locker->begin_work;
    $locker->do("LOCK TABLE $_[0] IN ACCESS EXCLUSIVE MODE");
};
my $id = big_space();
my @text = (body => random_bytes($RESOURCES * $BYTES), type => 'text/plain');
$alice->put("/space/$id/$_", @text)->status == 204 or BAIL_OUT("no $_") for qw(plain buffered);
my @spoken = ('--http1.1');
push @spoken, '--http2-prior-knowledge' if $curl =~ /\bHTTP2\b/ && WAS::Server::has_http2();
for my $case (
    # name, target, the table that is needed to go on
    ['a resource', "/space/$id/plain", 'was_parts'],
    ['a resource that a filter reads', "/space/$id/buffered", 'was_parts'],
    ['an export', "/space/$id", 'was_resources'],
    ['an export, behind a page', "/space/$id", 'was_spaces'],
    ['a list of spaces', '/spaces/', 'was_spaces'],
) {
    my ($what, $target, $table) = @$case;
    for my $flag (@spoken) {
        my $name = "$what that cannot be read on, $flag";
        my $mark = length $server->log;
        my $download = begin_download($server->origin, $target, '--compressed', $flag);
        $lock->($table);
        is_cut($name, $download);
        $locker->rollback;
        my @lines = grep { /\[was:error\]/ } split /\n/, substr $server->log, $mark;
        is(scalar @lines, 1, "$name: one line") or diag explain \@lines;
        like(
            $lines[0], qr/\[[\w\@-]{20,}\] an answer ends early: .*57014/,
            "$name: which says why");
    }
}

# 4. What fails before the first byte.
my $client = $server->client($alice->key, timeout => 30);
my @refusal = (headers => { 'Content-Disposition' => undef, 'Cache-Control' => 'no-store' });
$lock->('was_resources');
tell(
    $client,
    [
        'an export whose first page cannot be read', GET => "/space/$id", [headers => [@TAR]], 503,
        headers => { 'Retry-After' => qr/\A\d+\z/, %{ $refusal[1] } }
    ],
    ['its head, which needs no page', HEAD => "/space/$id", [headers => [@TAR]], 200],
);
$locker->rollback;
{
    my $gone = new_space($alice);
    $lock->('was_resources');
    my $traffic = WAS::Traffic->start(
        clients => 1,
        times => 1,
        each => sub {
            # Of the server that waits for longer than we may take to see it wait.
            my $res = $alice->get("/space/$gone", headers => [@TAR]);
            my $pointer = ($res->problem // {})->{errors}[0]{pointer} // 'none';
            return { got => join ' ', $res->status, $res->type, $pointer };
        });
    my $waits = 'SELECT count(*) FROM ' . WAS::Citus::locks() . ' WHERE NOT granted';
    ok(eventually(60, sub { (sql($waits))[0][0] > 0 }), 'an export has begun, and waits');
    $locker->do('DELETE FROM was_spaces WHERE space_uuid = ?', undef, $gone);
    $locker->commit;
    my ($record) = $traffic->finish(patient => 1);
    is(
        $record->{got}, '404 application/problem+json /space',
        'an export of a space that is deleted before the first byte');
}
sql('DELETE FROM was_spaces WHERE controller = ?', $alice->did);
unlike($server->log, qr/exit signal/, 'no child crashed');

done_testing;
