# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The export of a space (protocol/classic section 7): who gets it and when, that the archive holds
# all that a restore needs and is read by other programs, that every resource in it is whole, and
# that its making takes no more memory for a big space than for a small one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw(md5_hex);
use File::Find ();
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use Test::More;
use WAS::Client;
use WAS::Server;
use WAS::Story;
use WAS::Traffic qw(eventually);

my $alice = person();
my $access_log = WAS::Server::error_log() =~ s/error_log\z/access_log/r;
my @TAR = (headers => [Accept => 'application/x-tar']);

# One entry of an archive: its header, read by the format's own rules (POSIX pax).
sub header_of {
    my ($header) = @_;
    my ($name, $size, $sum, $kind, $magic, $prefix) =
        unpack 'A100 x24 A12 x12 A8 A1 x100 A6 x82 A155', $header;
    substr $header, 148, 8, ' ' x 8;
    oct($sum =~ s/[\s\0]//gr) == unpack '%32C*', $header or die "a wrong checksum\n";
    $magic =~ /\Austar/ or die "no ustar header\n";
    return (length $prefix ? "$prefix/$name" : $name, oct($size =~ s/[\s\0]//gr), $kind);
}

sub pax_records {
    my ($bytes) = @_;
    my %pax;
    while ($bytes =~ s/\A(\d+) //) {
        my $record = substr $bytes, 0, $1 - length($1) - 1, '';
        my ($key, $value) = $record =~ /\A([^=]+)=(.*)\n\z/s or die "a malformed pax record\n";
        $pax{$key} = $value;
    }
    return %pax;
}

# The entries of an archive: name, type, bytes, extended attributes. Dies of what is no archive.
sub entries {
    my ($tar) = @_;
    my (@entries, %pax);
    my $at = 0;
    while (1) {
        my $header = substr $tar, $at, 512;
        length $header == 512 or die "cut in a header\n";
        $at += 512;
        last if $header eq "\0" x 512;
        my ($name, $size, $kind) = header_of($header);
        $size = $pax{size} if exists $pax{size};
        my $bytes = substr $tar, $at, $size;
        length $bytes == $size or die "cut in $name\n";
        $at += 512 * int(($size + 511) / 512);
        if ($kind eq 'x') {
            %pax = (%pax, pax_records($bytes));
            next;
        }
        my %attributes =
            map { (/\ASCHILY\.xattr\.user\.(.*)/ ? $1 : "pax $_") => $pax{$_} } keys %pax;
        $name = $pax{path} // $name;
        push @entries, { name => $name, kind => $kind, bytes => $bytes, %attributes };
        %pax = ();
    }
    $tar = substr $tar, $at;
    $tar =~ /\A\0{512,}\z/ or die "no end\n";
    return @entries;
}

sub exported {
    my ($id, $name) = @_;
    my $res = $alice->get("/space/$id", @TAR);
    my %fields = (
        'Content-Disposition' => qq(attachment; filename="space.$id.tar"),
        'Cache-Control' => 'no-store',
        Vary => qr/\bAccept\b/,
        ETag => undef,
        'Last-Modified' => undef,
    );
    expect($name, $res, 200, type => 'application/x-tar', headers => \%fields);
    my @entries = eval { entries($res->body) };
    is($@, '', "$name: it is an archive");
    return ($res->body, @entries);
}

sub files_of {
    return grep { $_->{kind} eq '0' } @_;
}

# All that there is, as a reader of the archive would restore it.
sub restored {
    my (@entries) = @_;
    return { map { $_->{'was.path'} => [$_->{mime_type}, length $_->{bytes}, md5_hex($_->{bytes})] }
            files_of(@entries) };
}

sub stored {
    my ($id) = @_;
    my $content = WAS::Server::content_of('r');
    my @rows = sql(<<"SQL", $id);
SELECT encode(convert_to(path, 'UTF8'), 'hex'), content_type, octet_length($content), md5($content)
FROM was_resources r WHERE space_uuid = ?
SQL
    return { map { pack('H*', $_->[0]) => [@$_[1 .. 3]] } @rows };
}

# What an entry says of the space itself.
sub members_of {
    my ($entry) = @_;
    return { map { $_ => $entry->{$_} } grep { /\Awas\./ } keys %$entry };
}

# A space of every kind of path and content.
my $NAME = "N\xe4me";
my %members = (id => 'urn:x:exported', name => $NAME, link => '/space/x/links');
my $id = new_space($alice, %members);
my $url = "/space/$id";
my %contents = (
    '/' => ['text/html', 'home'],
    '/a' => ['text/plain', 'a'],
    '/dir/b' => ['text/plain; charset=utf-8', 'b'],
    '/dir/c/' => ['x/y', 'slash'],
    '/d//e' => ['x/y', 'inside'],
    '/d///' => ['x/y', 'three'],
    '/100%25' => ['x/y', 'percent'],
    '/100%2525' => ['x/y', 'escaped percent'],
    '/%25' => ['x/y', 'only a percent'],
    '/a%20b' => ['x/y', 'blank'],
    '/%C3%A9/%F0%9F%98%80' => ['x/y', 'UTF-8'],
    '/e%CC%81' => ['x/y', 'UTF-8 that could be composed'],
    '/%EF%BF%BF%F4%8F%BF%BF%C2%80' => ['x/y', 'the ends of Unicode'],
    '/a%0Ab' => ['x/y', 'line break'],
    '/a%5Cb' => ['x/y', 'backslash'],
    '/a%3Db' => ['x/y; a="b=c"', 'equals'],
    '/%7E' => ['x/y', 'tilde'],
    '/...' => ['x/y', 'dots'],
    '/-rf' => ['x/y', 'an option'],
    '/PaxHeader/x' => ['x/y', 'pax'],
    "/$id" => ['x/y', 'its own id'],
    '/empty' => ['application/x-empty', ''],
    '/untyped' => [undef, 'untyped'],
    '/' . 'l' x 200 => ['x/y', 'a long segment'],
    '/long/' . 'l' x 249 => ['x/y', 'one that is just short enough'],
    '/long/' . 'l' x 250 => ['x/y', 'one that is just too long'],
    '/long/' . 'l' x 1000 => ['x/y', 'one that no file system takes'],
    '/long/' . 'l' x 249 . '%25/l' => ['x/y', 'one that looks as if it was cut'],
    '/long/' . '%C3%A9' x 300 => ['x/y', 'a long one of UTF-8'],
    '/long/' . '%25' x 300 . '/' => ['x/y', 'a long one of percents'],
    '/' . join('/', map { $_ x 90 } qw(m n o)) => ['x/y', 'long segments'],
    '/' . 's/' x 500 . 'deep' => ['x/y', 'deep'],
    '/bytes' => ['application/octet-stream', join '', map { chr } 0 .. 255],
    '/block' => ['x/y', 'x' x 512],
    '/piece' => ['x/y', random_bytes(1 << 20)],
    '/over' => ['x/y', random_bytes((1 << 20) + 1)],
    '/big' => ['application/octet-stream', random_bytes(5 << 20)],
);
for my $path (sort keys %contents) {
    my ($type, $bytes) = @{ $contents{$path} };
    $alice->put("$url$path", body => $bytes, type => $type)->status == 204 or BAIL_OUT("PUT $path");
}
my ($tar, @entries) = exported($id, 'classic 7: an export');
is_deeply(
    restored(@entries), stored($id),
    'classic 7: the archive holds each resource: path, type and bytes');
is(scalar(files_of(@entries)), scalar keys %contents, 'classic 7: once');
is(
    "$entries[0]{kind} $entries[0]{name}", "5 $id/",
    'classic 7: first a directory named after the uuid');
my %told = (map({ ("was.$_" => $members{$_}) } qw(id link)), 'was.controller' => $alice->did);
is_deeply(
    members_of($entries[0]), { %told, 'was.name' => "N\xc3\xa4me" },
    'classic 7: it holds the members of the space');
is_deeply([grep { $_->{name} !~ m{\A\Q$id\E/} } @entries], [], 'classic 7: all is below it');
is_deeply([map { $_->{'pax hdrcharset'} // () } @entries], [], 'classic 7: names are UTF-8');
my @torn = grep { length > 255 || !utf8::decode($_) } map { split m{/}, $_->{name} } @entries;
is_deeply(\@torn, [], 'classic 7: segments are short, and no character is torn apart');
{
    my %names;
    $names{ $_->{name} }++ for @entries;
    is_deeply([grep { $names{$_} > 1 } keys %names], [], 'classic 7: names are distinct');
}

# Other programs read it.
my $dir = tempdir(CLEANUP => 1);

sub spew {
    my ($name, $bytes) = @_;
    open my $out, '>:raw', "$dir/$name" or die $!;
    print $out $bytes;
    close $out or die $!;
}

# The status of tar, which unpacks an archive into a new directory.
sub unpacked {
    my ($archive, $into) = @_;
    mkdir "$dir/$into" or die $!;
    open my $tar, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', qw(tar --no-same-owner -C),
        "$dir/$into", '-xf', "$dir/$archive"
        or die $!;
    my @said = <$tar>;
    close $tar;
    is_deeply(\@said, [], "$archive: tar has nothing to say");
    return $?;
}

sub md5_of {
    my (%files) = @_;
    return { map { $_ => md5_hex($files{$_}) } keys %files };
}

spew('space.tar', $tar);
is(unpacked('space.tar', 'out'), 0, 'classic 7: tar unpacks it');
{
    my %files;
    my $read = sub {
        my $name = $File::Find::name =~ s{\A\Q$dir\E/out/}{}r;
        $files{$name} = WAS::Server::slurp($File::Find::name) if -f;
    };
    File::Find::find({ no_chdir => 1, wanted => $read }, "$dir/out");
    is_deeply(
        md5_of(%files), md5_of(map { $_->{name} => $_->{bytes} } files_of(@entries)),
        'classic 7: tar unpacks each file as it is');
}
SKIP: {
    eval { require Archive::Tar; 1 } or skip 'no Archive::Tar', 2;
    # It knows no pax header, so it is given what needs none.
    my $plain = new_space($alice);
    my %files = (
        "$plain/a" => 'text',
        "$plain/b/c" => '',
        "$plain/d" => random_bytes(3000),
        "$plain/e/f/g" => 'x' x 2_000_000,
    );
    $alice->put("/space/$_", body => $files{$_}) for keys %files;
    my ($bytes) = exported($plain, 'classic 7: a plain export');
    spew('plain.tar', $bytes);
    my $archive = Archive::Tar->new("$dir/plain.tar");
    ok($archive, 'classic 7: Archive::Tar opens it') or diag(Archive::Tar->error);
    my @found = grep { $_->is_file && exists $files{ $_->full_path } } $archive->get_files;
    is_deeply(
        md5_of(map { $_->full_path => $_->get_content } @found), md5_of(%files),
        'classic 7: Archive::Tar reads each file');
}

# What only another server could have stored does not leave the directory when it is unpacked.
{
    my $evil = new_space($alice);
    my @paths =
        qw(/../../evil /a/../b /a/./b /./c /%2e%2e/d //double /..x /... /b/.. /c/. /d/... /.e);
    sql(<<'SQL', $evil, $_) for @paths;
INSERT INTO was_resources (space_uuid, path, content, content_type) VALUES (?, ?, 'evil', 'x/y')
SQL
    my ($bytes, @found) = exported($evil, 'classic 7: an export with dot segments');
    is_deeply(
        [grep { "/$_/" =~ m{/\.\.?/} } map { $_->{name} } @found],
        [], 'classic 7: no name has one');
    is_deeply(restored(@found), stored($evil), 'classic 7: and no path is lost');
    spew('evil.tar', $bytes);
    is(unpacked('evil.tar', 'evil'), 0, 'classic 7: tar unpacks all of it');
}

# Empty spaces, and those that take several pages.
{
    my $empty = new_space($alice);
    my (undef, @found) = exported($empty, 'classic 7: an empty space');
    my @names = map { "$_->{kind} $_->{name}" } @found;
    is_deeply(\@names, ["5 $empty/"], 'classic 7: holds a directory');
    my %least = ('was.id' => "urn:uuid:$empty", 'was.controller' => $alice->did);
    is_deeply(members_of($found[0]), \%least, 'classic 7: what a space has not is not there');
}
for my $count (199, 200, 201, 400, 1001) {
    my $many = new_space($alice);
    sql(<<'SQL', $many, $count);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT ?, '/' || md5(i::text), convert_to('content ' || i, 'UTF8'), 'x/' || i
FROM generate_series(1, ?) i
SQL
    my (undef, @found) = exported($many, "classic 7: $count resources");
    is(scalar @found, $count + 1, "classic 7: $count resources, each once");
    is_deeply(restored(@found), stored($many), "classic 7: $count resources, all of them");
}

# Who gets it, and for which Accept.
my $stranger = person();
my %signer = (pointer => '/authorization');
my $nowhere = '/space/' . new_id();
my %as_file = ('Content-Disposition' => qq(attachment; filename="space.$id.tar"));
my %head = (type => 'application/x-tar', body => '', headers => \%as_file);
tell(
    $alice,
    ['classic 4: an export for nobody', GET => $url, [@TAR, sign => 0], 401, %signer],
    ['classic 4: an export for a stranger', GET => $url, [@TAR, by => $stranger], 403, %signer],
    ['classic 4: HEAD for a stranger', HEAD => $url, [@TAR, by => $stranger], 403],
    ['classic 4: an export of nothing', GET => $nowhere, [@TAR], 404, pointer => '/space'],
    ['classic 7: HEAD', HEAD => $url, [@TAR], 200, %head],
);
my @asks_for_tar = split /\n/, <<'ACCEPT';
application/x-tar
APPLICATION/X-TAR
application/x-tar;q=0.5
application/x-tar ; q=1
text/html, application/x-tar
application/x-tar, */*;q=0.1
application/x-tar;q=0.9, application/json;q=0.8
 application/x-tar
ACCEPT
my @asks_for_json = ('', split /\n/, <<'ACCEPT');
*/*
application/*
application/json
text/html
application/x-tar;q=0
application/x-tar;q=0.000
application/x-tar; Q=0
application/x-tar;x=y;q=0
application/x-tarball
x-application/x-tar
application/x-tar2, */*
application/json, application/x-tar;q=0.5
application/x-tar;q=0.1, application/json
application/x-tar;q=0.1, */*
text/plain; x="application/x-tar"
ACCEPT
my %accept = ('application/x-tar' => \@asks_for_tar, 'application/json' => \@asks_for_json);
for my $type (sort keys %accept) {
    for my $accept (@{ $accept{$type} }) {
        my $res = $alice->head($url, headers => [Accept => $accept]);
        is($res->type, $type, "classic 7: Accept: $accept");
    }
}
is($alice->head($url)->type, 'application/json', 'classic 7: no Accept');
my @twice = (Accept => 'text/html', Accept => 'application/x-tar');
is(
    $alice->head($url, headers => \@twice)->type, 'application/x-tar',
    'classic 7: two Accept fields');
{
    my $res = $alice->get($url, @TAR, version => '1.0');
    is($res->status, 200, 'classic 7: HTTP/1.0');
    is_deeply(
        restored(eval { entries($res->body) }),
        stored($id), 'classic 7: HTTP/1.0 gets it whole');
}

# What is written meanwhile is in it or not, and each resource is whole and of one version.
{
    my $busy = new_space($alice);
    my %size = ((map { ("/small$_" => 1000) } 1 .. 10), '/big1' => 3_000_000, '/big2' => 3_000_000);
    my $content = sub {
        my ($path, $version) = @_;
        return chr(65 + $version % 26) x ($size{$path} + $version);
    };
    my $write = sub { $alice->put("/space/$busy$_[0]", body => $content->(@_)) };
    # What is wrong with one export, if anything.
    my $look = sub {
        my $found = restored(eval { entries($alice->get("/space/$busy", @TAR)->body) });
        return "broken: $@" if $@;
        my @missing = grep { !$found->{$_} } keys %size;
        return "missing: @missing" if @missing;
        for my $path (keys %size) {
            my $version = $found->{$path}[1] - $size{$path};
            return "$path is mixed" if $found->{$path}[2] ne md5_hex($content->($path, $version));
        }
        return;
    };
    $write->($_, 1) for sort keys %size;
    my @done = in_parallel(
        3,
        sub {
            my ($n) = @_;
            return (map { $look->() // () } 1 .. 6)[0] // 'whole' if $n == 0;
            for my $version (2 .. 12) {
                $write->($_, $version) for grep { $n == 1 ? /big/ : /small/ } sort keys %size;
            }
            return 'written';
        });
    is_deeply(
        \@done, ['whole', 'written', 'written'],
        'classic 7: an export while the space is written');
}

# The connection on which an export was asked for.
sub asked_for_export {
    my ($target) = @_;
    my %of = (key => $alice->key, method => 'GET', target => $target);
    my $head = join "\r\n", "GET $target HTTP/1.1", 'Host: x', 'Connection: close',
        'Accept: application/x-tar', 'Authorization: ' . WAS::Client::authorization(%of), '', '';
    my $socket = IO::Socket::INET->new(PeerAddr => WAS::Server::url() =~ s{.*/}{}r) or die $@;
    print $socket $head;
    $socket->flush;
    return $socket;
}

# A client that goes away takes nothing with it. Each request is in the access log when its end has
# come, and nothing of it is written to the error log any more.
{
    my $mark = WAS::Server::error_log_mark();
    my $ended = sub { () = WAS::Server::slurp($access_log) =~ m{"GET \Q$url\E HTTP/1\.1"}g };
    my $before = $ended->();
    my @amounts = (0, 100, 100_000, 3_000_000);
    for my $bytes (@amounts) {
        my $socket = asked_for_export($url);
        my $left = $bytes;
        while ($left > 0) {
            $left -= sysread($socket, my $some, 65_536) || die 'no export';
        }
        close $socket;
    }
    ok(
        eventually(20, sub { $ended->() >= $before + @amounts }),
        'classic 7: a client that goes away leaves nobody waiting');
    my @errors =
        grep { /\[\w+:(?:error|crit|alert|emerg)\]/ } split /\n/,
        WAS::Server::error_log_since($mark);
    is_deeply(\@errors, [], 'classic 7: a client that goes away is no error of ours');
}

# Memory. A child's peak is set back first, so that only what the export adds is seen.
SKIP: {
    my @children = children();
    skip 'no /proc to read', 2 if !@children;
    skip 'a sanitizer keeps what is freed', 2
        if WAS::Server::has_sanitizer();
    my $huge = new_space($alice);
    sql(<<'SQL', $huge);
INSERT INTO was_resources (space_uuid, path, content, content_type)
SELECT ?, '/' || i, convert_to(repeat(md5(i::text), 163840), 'UTF8'), 'x/y'
FROM generate_series(1, 40) i
SQL
    my %before = map { $_ => reset_peak($_) } @children;
    my $socket = asked_for_export("/space/$huge");
    my $length = 0;
    while (my $got = sysread $socket, my $some, 65_536) {
        $length += $got;
    }
    cmp_ok($length, '>', 200 << 20, 'classic 7: 200 MiB came');
    my ($most) = sort { $b <=> $a } map { peak($_) - $before{$_} } @children;
    cmp_ok($most, '<', 32 << 10, "classic 7: and took $most KiB at most");
    sql('DELETE FROM was_spaces WHERE space_uuid = ?', $huge);
}

sub status_of {
    my ($pid, $name) = @_;
    return WAS::Server::slurp("/proc/$pid/status") =~ /^$name:\s*(\d+)/m ? $1 : 0;
}

sub children {
    my $pid_file = WAS::Server::error_log() =~ s/error_log\z/httpd.pid/r;
    my ($parent) = WAS::Server::slurp($pid_file) =~ /(\d+)/ or return;
    my @pids = map { m{(\d+)} } glob '/proc/[0-9]*';
    return grep { status_of($_, 'PPid') == $parent && status_of($_, 'VmHWM') } @pids;
}

# In KiB.
sub peak { return status_of($_[0], 'VmHWM') }

sub reset_peak {
    my ($pid) = @_;
    if (open my $file, '>', "/proc/$pid/clear_refs") {
        print $file "5\n";
        close $file;
    }
    return status_of($pid, 'VmRSS');
}

done_testing;
