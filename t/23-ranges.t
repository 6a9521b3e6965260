# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Ranges of stored contents (RFC 9110 section 14): which bytes come, also across the pieces in which
# a big content is read, what cannot be satisfied, what If-Range decides, and what is ignored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $space = new_space($alice);
my $PIECE = 1 << 20;

my %bytes = (small => join('', 'a' .. 'z'), big => random_bytes(5 * $PIECE), exact => random_bytes($PIECE),
             over => random_bytes($PIECE + 1), empty => '');
my (%etag, %modified);
for my $name (keys %bytes) {
    $alice->put("/space/$space/$name", body => $bytes{$name}, type => "x/$name");
    my $head = $alice->head("/space/$space/$name");
    $etag{$name} = $head->header('ETag');
    $modified{$name} = $head->header('Last-Modified');
}

sub ranged {
    my ($name, $range, @headers) = @_;
    return $alice->get("/space/$space/$name", sign => 0, headers => [Range => $range, @headers]);
}

# One range. Each row: content, range, first and last byte that are due.
my $last = 5 * $PIECE - 1;
for my $case (
    ['small', 'bytes=0-0', 0, 0],
    ['small', 'bytes=0-25', 0, 25],
    ['small', 'bytes=25-25', 25, 25],
    ['small', 'bytes=3-7', 3, 7],
    ['small', 'bytes=3-', 3, 25],
    ['small', 'bytes=25-', 25, 25],
    ['small', 'bytes=-1', 25, 25],
    ['small', 'bytes=-26', 0, 25],
    ['small', 'bytes=-100', 0, 25],
    ['small', 'bytes=20-100', 20, 25],
    ['small', 'bytes=20-99999999999999999', 20, 25],
    ['small', 'Bytes=1-2', 1, 2],
    ['big', 'bytes=0-0', 0, 0],
    ['big', 'bytes=0-', 0, $last],
    ['big', "bytes=0-$last", 0, $last],
    ['big', 'bytes=-1', $last, $last],
    ['big', 'bytes=-2097153', $last - 2 * $PIECE, $last],
    (map { ['big', 'bytes=' . ($_ * $PIECE - 1) . '-' . $_ * $PIECE, $_ * $PIECE - 1, $_ * $PIECE] } 1 .. 4),
    (map { ['big', 'bytes=' . ($_ * $PIECE) . '-' . $_ * $PIECE, $_ * $PIECE, $_ * $PIECE] } 1 .. 4),
    ['big', 'bytes=' . ($PIECE - 5) . '-' . (4 * $PIECE + 5), $PIECE - 5, 4 * $PIECE + 5],
    ['big', 'bytes=' . ($PIECE + 17) . '-' . (3 * $PIECE + 16), $PIECE + 17, 3 * $PIECE + 16],
    ['big', 'bytes=' . (2 * $PIECE) . '-' . (3 * $PIECE - 1), 2 * $PIECE, 3 * $PIECE - 1],
    ['big', "bytes=$last-", $last, $last],
    ['exact', 'bytes=' . ($PIECE - 1) . '-', $PIECE - 1, $PIECE - 1],
    ['exact', "bytes=0-$PIECE", 0, $PIECE - 1],
    ['over', "bytes=$PIECE-", $PIECE, $PIECE],
    ['over', 'bytes=' . ($PIECE - 1) . '-', $PIECE - 1, $PIECE],
    ['over', "bytes=0-$PIECE", 0, $PIECE],
) {
    my ($name, $range, $from, $to) = @$case;
    my $size = length $bytes{$name};
    my $count = $to - $from + 1;
    expect("RFC 9110 14: $range of $size bytes", ranged($name, $range), 206, type => "x/$name",
        body => substr($bytes{$name}, $from, $count),
        headers => { 'Content-Range' => "bytes $from-$to/$size", 'Content-Length' => $count, ETag => $etag{$name},
                     'Accept-Ranges' => 'bytes', 'X-Content-Type-Options' => 'nosniff', 'Cache-Control' => 'no-cache',
                     'Access-Control-Allow-Origin' => '*' });
}

# Several ranges.
for my $case (
    ['small', [0, 1], [5, 5], [20, 25]],
    ['small', [20, 25], [0, 1]],
    ['small', [0, 0], [25, 25]],
    ['big', [0, 9], [$PIECE - 3, $PIECE + 3], [$last - 9, $last]],
    ['big', [2 * $PIECE - 10, 3 * $PIECE + 10], [10, 20]],
    ['big', [$PIECE, 2 * $PIECE - 1], [3 * $PIECE, 4 * $PIECE - 1]],
) {
    my ($name, @ranges) = @$case;
    my $size = length $bytes{$name};
    my $range = 'bytes=' . join ',', map { "$_->[0]-$_->[1]" } @ranges;
    my $res = ranged($name, $range);
    expect("RFC 9110 14.6: $range", $res, 206, type => qr{\Amultipart/byteranges; boundary=},
        headers => { 'Content-Range' => undef, ETag => $etag{$name} });
    my ($boundary) = ($res->header('Content-Type') // '') =~ /boundary="?([^"]+)/;
    my @parts = split /\r\n--\Q@{[$boundary \/\/ 'none']}\E(?:--)?\r\n/, "\r\n" . $res->body;
    shift @parts;
    my @got = map {
        my ($head, $body) = split /\r\n\r\n/, $_, 2;
        my ($type) = $head =~ /^Content-type: (.*?)\r?$/mi;
        my ($where) = $head =~ /^Content-range: (.*?)\r?$/mi;
        [$type, $where, $body]
    } @parts;
    is_deeply(\@got, [map { ["x/$name", "bytes $_->[0]-$_->[1]/$size", substr $bytes{$name}, $_->[0], $_->[1] - $_->[0] + 1] } @ranges],
        "RFC 9110 14.6: the parts of $range");
}
expect('RFC 9110 14.2: of several ranges those that are there come', ranged('small', 'bytes=100-200,3-4'), 206,
    body => 'de', headers => { 'Content-Range' => 'bytes 3-4/26' });

# Nothing of it is there.
my $LATER = 'bytes=' . 5 * $PIECE . '-';
for my $case (
    ['small', 'bytes=26-'], ['small', 'bytes=26-27'], ['small', 'bytes=1000-2000,3000-'], ['small', 'bytes=-0'],
    ['small', 'bytes=99999999999999999-'], ['small', 'bytes=100-, 200-'], ['big', $LATER], ['exact', "bytes=$PIECE-"],
    ['empty', 'bytes=0-'], ['empty', 'bytes=0-0'],
) {
    my ($name, $range) = @$case;
    my $size = length $bytes{$name};
    expect("RFC 9110 15.5.17: $range of $size bytes", ranged($name, $range), 416, pointer => undef,
        headers => { 'Content-Range' => "bytes */$size", 'Access-Control-Allow-Origin' => '*' });
}
like(ranged('empty', 'bytes=-5')->status, qr/\A(?:200|416)\z/, 'RFC 9110 14.1.2: the end of nothing');

# If-Range.
my $PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
for my $case (
    ['the version there', $etag{small}, 206],
    ['another version', '"x"', 200],
    ['the version there, weakly', "W/$etag{small}", 200],
    ['an older date', $PAST, 200],
    ['what is neither tag nor date', 'x', 200],
    ['a tag without quotes', $etag{small} =~ s/"//gr, 200],
) {
    my ($name, $value, $status) = @$case;
    my $all = $status == 200;
    expect("RFC 9110 13.1.5: If-Range: $name", ranged('small', 'bytes=1-2', 'If-Range' => $value), $status,
        body => $all ? $bytes{small} : 'bc', headers => { 'Content-Range' => $all ? undef : 'bytes 1-2/26' });
    next if $all && $name =~ /date/;
    expect("RFC 9110 13.1.5: If-Range: $name, and nothing there", ranged('small', 'bytes=26-', 'If-Range' => $value),
        $all ? 200 : 416, $all ? (body => $bytes{small}) : (headers => { 'Content-Range' => 'bytes */26' }));
}
{
    # A date is a strong validator only when it is old enough (section 8.8.2.2).
    my $res = ranged('small', 'bytes=1-2', 'If-Range' => $modified{small});
    ok($res->status == 200 && $res->body eq $bytes{small} || $res->status == 206 && $res->body eq 'bc',
        'RFC 9110 13.1.5: If-Range: the date of the last change') or diag $res->status;
    sql('UPDATE was_resources SET revised = revised - interval \'1 hour\', written = pg_current_xact_id() WHERE space_uuid = ? AND path = ?',
        $space, '/small');
    my $old = $alice->head("/space/$space/small")->header('Last-Modified');
    expect('RFC 9110 13.1.5: If-Range: the date of a change an hour ago', ranged('small', 'bytes=1-2', 'If-Range' => $old), 206, body => 'bc');
    expect('RFC 9110 13.1.5: If-Range: a later date', ranged('small', 'bytes=1-2', 'If-Range' => $modified{small}), 200, body => $bytes{small});
    # Without a known date no date matches.
    sql('UPDATE was_resources SET content_type = ? WHERE space_uuid = ? AND path = ?', 'x/small', $space, '/small');
    expect('RFC 9110 13.1.5: If-Range: a date where none is known', ranged('small', 'bytes=1-2', 'If-Range' => $old), 200, body => $bytes{small});
    my $now = $alice->get('/health')->header('Date');
    expect('RFC 9110 13.1.5: If-Range: now where none is known', ranged('small', 'bytes=1-2', 'If-Range' => $now), 200, body => $bytes{small});
    $etag{small} = $alice->head("/space/$space/small")->header('ETag');
}

# Conditions come before ranges.
expect('RFC 9110 13.2.2: If-None-Match before Range', ranged('small', 'bytes=1-2', 'If-None-Match' => $etag{small}), 304);
expect('RFC 9110 13.2.2: If-None-Match before an unsatisfiable Range', ranged('small', 'bytes=26-', 'If-None-Match' => $etag{small}), 304);
expect('RFC 9110 13.2.2: If-Match before Range', ranged('small', 'bytes=1-2', 'If-Match' => '"x"'), 412);
expect('RFC 9110 13.2.2: If-Match before an unsatisfiable Range', ranged('small', 'bytes=26-', 'If-Match' => '"x"'), 412);
expect('RFC 9110 13.2.2: If-Match that holds', ranged('small', 'bytes=1-2', 'If-Match' => $etag{small}), 206, body => 'bc');
expect('RFC 9110 14.2: a range of nothing', ranged('none', 'bytes=0-'), 404, pointer => '/resource');

# Not a range: all comes.
for my $range ('', 'bytes', 'bytes=', 'bytes=a-b', 'bytes=-', 'bytes=5-2', 'bytes=1', 'bytes=--1', 'bytes=1--2', 'bytes=1-2-3',
               'bytes=1-2;3-4', 'bytes=0x1-0x2', 'bytes=1.0-2', 'items=1-2', 'bits=0-1', 'bytes 1-2', '=1-2', 'bytes=1-2, x',
               "bytes=1-2 3-4", 'bytes=' . join(',', map { "$_-$_" } (1) x 1000)) {
    my $shown = length $range > 40 ? length($range) . ' bytes of Range' : "<$range>";
    expect("RFC 9110 14.2: ignored: $shown", ranged('small', $range), 200, body => $bytes{small},
        headers => { 'Content-Range' => undef });
}

expect('RFC 9110 14.2: an older field means nothing', $alice->get("/space/$space/small", headers => ['Request-Range' => 'bytes=1-2']),
    200, body => $bytes{small}, headers => { 'Content-Range' => undef });
# RFC 9110 17.15: asking for everything many times gets it once.
cmp_ok(length ranged('big', 'bytes=' . join ',', ('0-') x $_)->body, '<', 6 * $PIECE, "RFC 9110 17.15: all of it $_ times") for 2, 10, 250, 1500;

# Methods other than GET, and answers that are no stored content.
tell($alice,
    ['RFC 9110 14.2: HEAD knows no ranges', HEAD => "/space/$space/small", [headers => [Range => 'bytes=1-2']], 200,
     headers => { 'Content-Length' => 26, 'Content-Range' => undef }],
    ['RFC 9110 14.2: nor unsatisfiable ones', HEAD => "/space/$space/small", [headers => [Range => 'bytes=26-']], 200,
     headers => { 'Content-Length' => 26, 'Content-Range' => undef }],
    ['RFC 9110 14.2: HEAD of a big one', HEAD => "/space/$space/big", [headers => [Range => "bytes=$PIECE-"]], 200,
     headers => { 'Content-Length' => 5 * $PIECE }],
    ['RFC 9110 14.2: PUT knows no ranges', PUT => "/space/$space/put", [body => 'whole', headers => [Range => 'bytes=1-2']], 204],
    ['RFC 9110 14.2: PUT stores the whole', GET => "/space/$space/put", [], 200, body => 'whole'],
    ['RFC 9110 14.2: DELETE knows no ranges', DELETE => "/space/$space/put", [headers => [Range => 'bytes=1-2']], 204],
);
for my $target ('/', '/health', '/spaces/', "/space/$space") {
    my $all = $alice->get($target)->body;
    for my $range ('bytes=1-2', 'bytes=-3', 'bytes=99999-', 'bytes=0-0,2-2', 'bytes=x') {
        tell($alice, ["RFC 9110 14.2: a document comes whole: $target $range", GET => $target, [headers => [Range => $range]], 200, body => $all,
            headers => { 'Content-Range' => undef }]);
    }
}
tell($alice,
    ['RFC 9110 14.2: an export comes whole', GET => "/space/$space", [headers => [Accept => 'application/x-tar', Range => 'bytes=0-9']], 200,
     type => 'application/x-tar'],
    ['RFC 9110 14.2: a refusal comes whole', GET => "/space/$space", [sign => 0, headers => [Range => 'bytes=0-9']], 401, pointer => '/authorization'],
);

done_testing;
