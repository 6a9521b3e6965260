# Licensed under the Apache License, Version 2.0; see LICENSE.

# tools/was against servers that mean harm: names that lead out of a directory, links in the way,
# listings that lead elsewhere or nowhere, answers that are cut, too long or none, and texts that
# would command a terminal. Nothing is ever written outside, nothing is left half done, and each
# ends with a sentence. The server is a child process that answers as the case says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use JSON::PP qw(encode_json);
use POSIX ();
use Test::More;
use WAS::Terminal;

# A server with these answers: a list of [method, pattern of the target, answer, which may be a sub
# that gets the request]. What it is not told of gets 404.
my @children;

sub server {
    my (@answers) = @_;
    my $listener = IO::Socket::IP->new(Listen => 5, LocalHost => '127.0.0.1', LocalPort => 0)
        or die $@;
    my $origin = 'http://127.0.0.1:' . $listener->sockport;
    my $pid = fork // die "fork: $!";
    if ($pid) {
        push @children, $pid;
        return $origin;
    }
    local $SIG{PIPE} = 'IGNORE';
    while (my $socket = $listener->accept) {
        my $got = '';
        until ($got =~ /\r\n\r\n/) { sysread($socket, $got, 65536, length $got) or last }
        my ($length) = $got =~ /^Content-Length: (\d+)/mi;
        my $head = $got =~ /\r\n\r\n/ ? $+[0] : 0;
        while (length $got < $head + ($length // 0)) {
            sysread($socket, $got, 65536, length $got) or last;
        }
        my ($method, $target) = split / /, $got;
        my ($row) = grep { $method eq $_->[0] && $target =~ $_->[1] } @answers;
        my $answer = $row ? $row->[2] : answer(404, '{"title":"nothing"}');
        syswrite $socket, ref $answer ? $answer->($origin, $target, $got) : $answer;
        close $socket;
    }
    POSIX::_exit(0);
}

END {
    my $status = $?;
    kill TERM => @children;
    waitpid $_, 0 for @children;
    $? = $status;
}

# Every answer of pws leads to a service document.
sub answer {
    my ($status, $body, @fields) = @_;
    return join "\r\n", "HTTP/1.1 $status X", 'Link: </service>; rel="service"',
        'Content-Length: ' . length $body, 'Connection: close', @fields, '', $body;
}

sub classic_answer { return answer(@_) =~ s/^Link:[^\n]*\n//mr }

my @is_pws = (GET => qr{/spaces/\z}, answer(200, '{"items":[]}'));
my @is_classic =
    (GET => qr{/spaces/\z}, classic_answer(401, '{}', 'WWW-Authenticate: Signature headers="x"'));

sub listing {
    return answer(200, encode_json({ items => [map { { id => $_ } } @_] }));
}

# Nothing may be in the home but what belongs there.
sub is_clean {
    my ($who, $name) = @_;
    my @left = grep { !m{/(?:work|tmp|out|err|\.|\.\.|\.config|\.local)\z} }
        glob("$who->{home}/* $who->{home}/.*"), glob("$who->{home}/tmp/*");
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply(\@left, [], "$name: nothing is written outside");
}

# Names in a listing of pws. `~2E~2E~2Fx` is what ../x would be.
for my $id (
    '~2E~2E~2Fx', '..~2Fx', '~2Fetc~2Fx', '~2F~2Fx', 'a~2F..~2F..~2Fx', 'a~2F', '~2Fa', '~00',
    'a~00b', '..', '.', '../x', '/x', 'a/b', "a\nb", '', 'x' x 300, '~41', 'meta', 'a b',
    '.was-0123456789abcdef.part',
) {
    my $who = WAS::Terminal->new;
    my $url = server(
        [@is_pws], [GET => qr{/c/\?}, listing($id, 'good')],
        [GET => qr{/c/}, answer(200, 'content', 'ETag: "1"')]
    ) . '/space/s/c/';
    my $name = 'listing: ' . $id =~ s/([^!-~])/sprintf '\\x%02x', ord $1/ger;
    $who->ends($name, [cp => '-r', $url, 'down'], 1, qr/not done: /);
    is_deeply($who->tree('down'), { good => 'content' }, "$name: only the good one came");
    is_clean($who, $name);
}

# Names in an archive of the classic protocol.
sub tar_of {
    my (@paths) = @_;
    my $tar = '';
    for my $path (@paths) {
        my $text = "SCHILY.xattr.user.was.path=$path\n";
        my $length = length($text) + 3;
        $length++ while length("$length $text") > $length;
        my $pax = sprintf '%d %s', $length, $text;
        $pax = (length($pax)) . ' ' . $text if length $pax != $length;
        $tar .= tar_header('pax', length $pax, 'x') . $pax . "\0" x (-length($pax) % 512);
        $tar .= tar_header('name', 7, '0') . 'content' . "\0" x 505;
    }
    return $tar . "\0" x 1024;
}

sub tar_header {
    my ($name, $size, $type) = @_;
    my $block = pack 'a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a32 a32 a8 a8 a155 a12', $name,
        '0000644', '0', '0', sprintf('%011o', $size), '0', '        ', $type, '', "ustar\0", '00',
        '', '', '0', '0', '', '';
    substr $block, 148, 8, sprintf "%06o\0 ", unpack '%32C*', $block;
    return $block;
}

my @TAR = ('Content-Type: application/x-tar');
for my $path ('/../x', '/a/../../x', '//x', '/a//b', '/a/', '/', "/a\0b", '/.', '/./a', '/a/..') {
    my $who = WAS::Terminal->new;
    my $archive = tar_of($path, '/good');
    my $url =
        server([@is_classic], [GET => qr{/s\z}, classic_answer(200, $archive, @TAR)]) . '/space/s/';
    my $name = 'archive: ' . $path =~ s/([^!-~])/sprintf '\\x%02x', ord $1/ger;
    $who->ends($name, [cp => '-r', $url, 'down'], $path eq '/' ? 0 : 1);
    is_deeply($who->tree('down'), { good => 'content' }, "$name: only the good one came");
    is_clean($who, $name);
}

# What stands in the way here is not followed.
{
    my $who = WAS::Terminal->new;
    my $url = server(
        [@is_pws], [GET => qr{/c/\?}, listing('d~2Fx', 'f', 'l', 'm~2Fx', 'good')],
        [GET => qr{/c/}, answer(200, 'content', 'ETag: "1"')]
    ) . '/space/s/c/';
    mkdir $who->work . '/down';
    mkdir "$who->{home}/outside";
    symlink "$who->{home}/outside", $who->work . '/down/d';
    symlink "$who->{home}/outside/y", $who->work . '/down/l';
    mkdir $who->work . '/down/f';
    $who->write_file('down/m', 'a file');
    my ($code, undef, $err) = $who->was(cp => '-r', $url, 'down');
    is($code, 1, 'what stands in the way');
    like($err, qr/d\/x: a symbolic link stands in its way/, 'a link to a directory');
    like($err, qr/f: a directory stands in its place/, 'a directory');
    like($err, qr/m\/x: a file stands where it needs a directory/, 'a file');
    is_deeply([glob "$who->{home}/outside/*"], [], 'nothing went through a link');
    my $got = $who->tree('down');
    is($got->{l}, 'content', 'a link to a file is replaced');
    is($got->{good}, 'content', 'what can come has come');
    # A part that somebody has put there.
    symlink "$who->{home}/outside/z", $who->work . "/.was-$_.part"
        for part_of($url =~ s{/\z}{/good}r, 'x');
    ($code) = $who->was(get => "${url}good", 'x');
    is($code, 1, 'a part that is a link is not written to');
    ok(!-e "$who->{home}/outside/z", 'nothing went through it');
}

sub part_of {
    my ($source, $base) = @_;
    require Digest::SHA;
    return substr Digest::SHA::sha256_hex("$source\n$base"), 0, 16;
}

# Answers: name, what is asked for, the answer to it, exit code, words.
my $page = sub {
    my ($next) = @_;
    return answer(200, encode_json({ items => [{ id => 'a' }], next => $next }));
};
my @ls = (ls => 'URL/space/s/c/');
my @get = (get => 'URL/space/s/c/r', 'got');
my $up = "\e]0;owned\a\e[2J\x{9b}31m";
for my $case (
    [
        'a page on another server', [@ls], $page->('http://evil.example/space/s/c/?a'), 8,
        qr/elsewhere/
    ],
    ['a page of another space', [@ls], $page->('/space/other/c/?cursor=a'), 8, qr/elsewhere/],
    ['a page above', [@ls], $page->('/space/s/c/../?a'), 8, qr/elsewhere/],
    ['a page with a line feed', [@ls], $page->("/space/s/c/?a\nb"), 8, qr/elsewhere/],
    ['a page of no text', [@ls], answer(200, '{"items":[],"next":{}}'), 8, qr/elsewhere/],
    ['pages without end', [@ls], $page->('/space/s/c/?cursor=b'), 8, qr/without an end/],
    ['a listing that is none', [@ls], answer(200, '[]'), 8, qr/not the JSON object/],
    ['a listing without items', [@ls], answer(200, '{}'), 8, qr/no items/],
    ['items that are none', [@ls], answer(200, '{"items":[1]}'), 8, qr/without an id/],
    [
        'items with ids that are none', [@ls], answer(200, '{"items":[{"id":[]}]}'), 8,
        qr/without an id/
    ],
    ['JSON that is too deep', [@ls], answer(200, '[' x 5000), 8, qr/not the JSON object/],
    [
        'JSON that is not UTF-8', [@ls], answer(200, "{\"items\":[{\"id\":\"\xff\"}]}"), 8,
        qr/not the JSON/
    ],
    ['no HTTP', [@ls], "220 ftp\r\n\r\n", [7, 8], qr/HTTP/],
    ['nothing', [@ls], '', 7, qr/Empty reply/],
    ['a head without end', [@ls], "HTTP/1.1 200 OK\r\nX: y", [7, 8], qr/./],
    ['a head that is too long', [@ls], "HTTP/1.1 200 OK\r\n" . "X: y\r\n" x 200_000, [7, 8], qr/./],
    ['a body that is cut', [@ls], answer(200, '{"items":[]}') =~ s/.{5}\z//sr, 7, qr/bytes/],
    ['a redirect', [@ls], answer(307, '', 'Location: http://evil.example/'), 1, qr/307.*leads to/],
    ['401', [@ls], answer(401, '{"title":"no"}'), 4, qr/401.*no/],
    ['409', [@ls], answer(409, '{"title":"no"}'), 5, qr/409/],
    ['413', [@ls], answer(413, ''), 6, qr/413/],
    ['507', [@ls], answer(507, '<html>'), 6, qr/507/],
    [
        '503', [@ls], answer(503, '{"errors":[{"detail":"later"},1,{"detail":{}}]}'), 8,
        qr/503.*later/
    ],
    [
        'a problem that commands', [@ls], answer(404, encode_json({ title => $up })), 3,
        qr/\A[^\x00-\x09\x0b-\x1f]*\z/
    ],
    [
        'names that command', [@ls, '-l'],
        answer(200, encode_json({ items => [{ id => 'a', contentType => $up }] })), 0,
        qr/\A[^\x00-\x09\x0b-\x1f]*\z/
    ],
    ['a file that is cut', [@get], answer(200, 'content', 'ETag: "1"') =~ s/.\z//sr, 7, qr/bytes/],
    [
        'a part that nobody asked for', [@get], answer(206, 'x', 'Content-Range: bytes 5-5/6'), 8,
        qr/another part/
    ],
    ['a part without a range', [@get], answer(206, 'x'), 8, qr/another part/],
    [
        'an export that is none', [export => 'URL/space/s/', 'got'], answer(200, 'x'), 8,
        qr/no export/
    ],
    [
        'a space without its place', [spaces => 'make', 'URL'], answer(201, '{}'), 8,
        qr/does not say where/
    ],
    [
        'a space elsewhere', [spaces => 'make', 'URL'], answer(201, '', 'Location: /space/../x'),
        8, qr/where/
    ],
) {
    my ($name, $arguments, $answer, $code, $words) = @$case;
    my $who = WAS::Terminal->new;
    my $url = server([@is_pws], map { [$_ => qr/./, $answer] } qw(GET POST));
    my ($got, $out, $err) = $who->was(map { s/URL/$url/r } @$arguments);
    my %may = map { $_ => 1 } ref $code ? @$code : $code;
    ok($may{$got}, "$name: code $got") or diag $err;
    like($got ? $err : $out, $words, "$name: what is said");
    ok(!-e $who->work . '/got', "$name: no file is left");
    is_clean($who, $name);
}

# A cut archive leaves whole files alone.
{
    my $who = WAS::Terminal->new;
    my $archive = tar_of('/a', '/b');
    for my $case (
        ['cut in a file', length($archive) - 1024 - 512],
        ['cut between files', 1536],
        ['cut before its end', length($archive) - 1024],
    ) {
        my ($name, $length) = @$case;
        my $part = substr $archive, 0, $length;
        my $url =
            server([@is_classic], [GET => qr{/s\z}, classic_answer(200, $part, @TAR)])
            . '/space/s/';
        $who->ends("an archive that is $name", [cp => '-r', $url, "d$length"], 8, qr/too early/);
        my @bad = grep { $_ ne 'content' } values %{ $who->tree("d$length") };
        is_deeply(\@bad, [], "an archive that is $name: only whole files are here");
    }
}

# A feed that means harm: nothing is deleted or overwritten for a name that is none.
my $document = sub {
    my ($id, %more) = @_;
    return {
        kind => 'resource', id => $id, etag => '"1"',
        deleted => JSON::PP::false(), %more
    };
};
for my $case (
    ['no documents', {}, 8, qr/no documents/],
    ['documents that are none', { documents => [1], checkpoint => 'a' }, 8, qr/no object/],
    [
        'no etag', { documents => [{ kind => 'resource', id => 'a' }], checkpoint => 'a' }, 8,
        qr/without id or etag/
    ],
    ['no checkpoint', { documents => [$document->('a')] }, 8, qr/does not go on/],
    [
        'one that stands still', { documents => [$document->('a')], checkpoint => 'a' }, 8,
        qr/does not go on/
    ],
) {
    my ($name, $feed, $code, $words) = @$case;
    my $who = WAS::Terminal->new;
    $who->write_file('d/a', 'mine');
    my $url = server([@is_pws], [POST => qr{/query\z}, answer(200, encode_json($feed))]);
    $who->ends("feed: $name", [sync => 'd', "$url/space/s/c/"], $code, $words);
    is_deeply($who->tree('d'), { a => 'mine' }, "feed: $name: all is as it was");
}
{
    my $who = WAS::Terminal->new;
    $who->write_file('d/a', 'mine');
    my $url = server(
        [@is_pws],
        [
            POST => qr{/query\z},
            sub {
                my ($origin, $target, $got) = @_;
                my @documents =
                    $got =~ /checkpoint/
                    ? ()
                    : map { $document->($_) } '..~2Fx', '~2Fx', 'b';
                return answer(200, encode_json({ documents => \@documents, checkpoint => 'a' }));
            }
        ],
        [GET => qr{/c/b\z}, answer(200, 'theirs', 'ETag: "1"')],
        [PUT => qr{/c/a\z}, answer(201, '{}', 'ETag: "2"')]);
    $who->ends('feed: names that lead out', [sync => 'd', "$url/space/s/c/"], 1, qr/leads out/);
    is_deeply($who->tree('d'), { a => 'mine', b => 'theirs' }, 'feed: only the good one came');
    is_clean($who, 'feed');
}

# A signature is good for one write, and somebody has written the same in this second: it is signed
# once more, in another way, and no third time.
for my $protocol (qw(classic pws)) {
    my ($status, $made, @found) =
        $protocol eq 'pws' ? (400, \&answer, @is_pws) : (401, \&classic_answer, @is_classic);
    my $refusal = $made->($status, '{"type":"https://w3id.org/pws#invalid-authorization-header"}');
    my (%seen, $count);
    my $once = sub {
        my (undef, undef, $got) = @_;
        my ($signature) = $got =~ /^Authorization: .*signature="([^"]+)"/m;
        return $made->(200, '{}', "ETag: \"$count\"") if ++$count == 2 && !$seen{$signature}++;
        $seen{$signature}++;
        return $refusal;
    };
    my $url = server([@found], [PUT => qr/once\z/, $once], [PUT => qr/never\z/, $refusal]);
    my $who = WAS::Terminal->new;
    $who->write_file('f', 'f');
    $who->is_done("$protocol: refused once", [put => 'f', "$url/space/s/c/once"]);
    $who->ends(
        "$protocol: refused twice", [put => 'f', "$url/space/s/c/never"], [1, 4],
        qr/40[01]/);
}

# What does not say what it speaks.
{
    my $who = WAS::Terminal->new;
    my $url =
        server([GET => qr/./, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]);
    $who->ends('neither protocol', [ls => "$url/space/s/c/"], 2, qr/neither protocol/);
    my ($code, $out, $err) = $who->was('--protocol', 'classic', ls => "$url/space/s/");
    is($code, 8, 'unless it is said') or diag $err;
}

done_testing;
