# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Ranges of stored contents (RFC 9110 section 14): which bytes come, also across the pieces in which
# a big content is read, what cannot be satisfied, what If-Range decides, and what is ignored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Citus;
use WAS::Server;
use WAS::Story;

my $alice = person();
my $space = new_space($alice);
my $PIECE = 1 << 20;

my %bytes = (
    small => join('', 'a' .. 'z'),
    big => random_bytes(5 * $PIECE),
    exact => random_bytes($PIECE),
    over => random_bytes($PIECE + 1),
    empty => '',
);
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

# One assertion about a range of a content: its bytes (none are compared for undef), the rest as in
# `expect`.
sub range_is {
    my ($rule, $name, $range, $status, $body, %want) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($bytes, @headers) = ref $range ? @$range : $range;
    my @body = defined $body ? (body => $body) : ();
    return expect($rule, ranged($name, $bytes, @headers), $status, @body, %want);
}

# The range from the one byte to the other, of what is between two pieces.
sub across {
    my ($from, $to) = @_;
    return ['big', "bytes=$from-$to", $from, $to];
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
    (map { across($_ * $PIECE - 1, $_ * $PIECE) } 1 .. 4),
    (map { across($_ * $PIECE, $_ * $PIECE) } 1 .. 4),
    across($PIECE - 5, 4 * $PIECE + 5),
    across($PIECE + 17, 3 * $PIECE + 16),
    across(2 * $PIECE, 3 * $PIECE - 1),
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
    my %headers = (
        'Content-Range' => "bytes $from-$to/$size", 'Content-Length' => $count,
        ETag => $etag{$name}, 'Accept-Ranges' => 'bytes', 'X-Content-Type-Options' => 'nosniff',
        'Cache-Control' => 'no-cache', 'Access-Control-Allow-Origin' => '*',
    );
    my $due = substr $bytes{$name}, $from, $count;
    my %want = (type => "x/$name", headers => \%headers);
    range_is("RFC 9110 14: $range of $size bytes", $name, $range, 206, $due, %want);
}

# The parts of an answer, each its type, its range and its bytes; and what is due of one.
sub parts_of {
    my ($res) = @_;
    my ($boundary) = ($res->header('Content-Type') // '') =~ /boundary="?([^"]+)/;
    $boundary //= 'none';
    my (undef, @parts) = split /\r\n--\Q$boundary\E(?:--)?\r\n/, "\r\n" . $res->body;
    return map {
        my ($head, $body) = split /\r\n\r\n/, $_, 2;
        my ($type) = $head =~ /^Content-type: (.*?)\r?$/mi;
        my ($where) = $head =~ /^Content-range: (.*?)\r?$/mi;
        [$type, $where, $body]
    } @parts;
}

sub due_part {
    my ($name, $from, $to) = @_;
    my $size = length $bytes{$name};
    return ["x/$name", "bytes $from-$to/$size", substr $bytes{$name}, $from, $to - $from + 1];
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
    my $range = 'bytes=' . join ',', map { "$_->[0]-$_->[1]" } @ranges;
    my $res = ranged($name, $range);
    my %headers = ('Content-Range' => undef, ETag => $etag{$name});
    my %want = (type => qr{\Amultipart/byteranges; boundary=}, headers => \%headers);
    expect("RFC 9110 14.6: $range", $res, 206, %want);
    my @due = map { due_part($name, @$_) } @ranges;
    is_deeply([parts_of($res)], \@due, "RFC 9110 14.6: the parts of $range");
}
my %of_two = (headers => { 'Content-Range' => 'bytes 3-4/26' });
my $those = 'RFC 9110 14.2: of several ranges those that are there come';
range_is($those, 'small', 'bytes=100-200,3-4', 206, 'de', %of_two);

# Nothing of it is there.
my $LATER = 'bytes=' . 5 * $PIECE . '-';
for my $case (
    ['small', 'bytes=26-'],
    ['small', 'bytes=26-27'],
    ['small', 'bytes=1000-2000,3000-'],
    ['small', 'bytes=-0'],
    ['small', 'bytes=99999999999999999-'],
    ['small', 'bytes=100-, 200-'],
    ['big', $LATER],
    ['exact', "bytes=$PIECE-"],
    ['empty', 'bytes=0-'],
    ['empty', 'bytes=0-0'],
) {
    my ($name, $range) = @$case;
    my $size = length $bytes{$name};
    my %headers = ('Content-Range' => "bytes */$size", 'Access-Control-Allow-Origin' => '*');
    my %want = (pointer => undef, headers => \%headers);
    range_is("RFC 9110 15.5.17: $range of $size bytes", $name, $range, 416, undef, %want);
}
my $end_of_nothing = ranged('empty', 'bytes=-5');
is($end_of_nothing->status, 416, 'RFC 9110 14.1.2: the end of nothing');

# If-Range.
my @whole = (200, $bytes{small});
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
    my $rule = "RFC 9110 13.1.5: If-Range: $name";
    my ($body, $where) = $all ? ($bytes{small}, undef) : ('bc', 'bytes 1-2/26');
    my %want = (headers => { 'Content-Range' => $where });
    range_is($rule, 'small', ['bytes=1-2', 'If-Range' => $value], $status, $body, %want);
    next if $all && $name =~ /date/;
    $rule .= ', and nothing there';
    my $nothing = ['bytes=26-', 'If-Range' => $value];
    my %none = (headers => { 'Content-Range' => 'bytes */26' });
    range_is($rule, 'small', $nothing, $all ? @whole : (416, undef, %none));
}
SKIP: {
    # A date is a strong validator only when it is old enough (section 8.8.2.2).
    my $rule = 'RFC 9110 13.1.5: If-Range';
    my $res = ranged('small', 'bytes=1-2', 'If-Range' => $modified{small});
    my $got = $res->status . ' ' . $res->body;
    like($got, qr/\A(?:200 $bytes{small}|206 bc)\z/, "$rule: the date of the last change");
    my $AGE = q(UPDATE was_resources SET revised = now() - interval '1 hour',
        written = pg_current_xact_id() WHERE space_uuid = ? AND path = ?);
    sql($AGE, $space, '/small');
    my $old = $alice->head("/space/$space/small")->header('Last-Modified');
    my $if = sub { return ['bytes=1-2', 'If-Range' => $_[0]] };
    range_is("$rule: the date of a change an hour ago", 'small', $if->($old), 206, 'bc');
    range_is("$rule: a later date", 'small', $if->($modified{small}), @whole);
    skip 'no other server writes there, and all dates are known', 2 if WAS::Citus::count();
    # Without a known date no date matches.
    my $RETYPE = 'UPDATE was_resources SET content_type = ? WHERE space_uuid = ? AND path = ?';
    sql($RETYPE, 'x/small', $space, '/small');
    range_is("$rule: a date where none is known", 'small', $if->($old), @whole);
    my $now = $alice->get('/health')->header('Date');
    range_is("$rule: now where none is known", 'small', $if->($now), @whole);
}
$etag{small} = $alice->head("/space/$space/small")->header('ETag');

# Conditions come before ranges.
my ($some, $none) = ('bytes=1-2', 'bytes=26-');
for my $case (
    ['If-None-Match before Range', $some, 'If-None-Match' => $etag{small}, 304],
    ['If-None-Match before an unsatisfiable Range', $none, 'If-None-Match' => $etag{small}, 304],
    ['If-Match before Range', $some, 'If-Match' => '"x"', 412],
    ['If-Match before an unsatisfiable Range', $none, 'If-Match' => '"x"', 412],
    ['If-Match that holds', $some, 'If-Match' => $etag{small}, 206, 'bc'],
) {
    my ($name, $range, $field, $tag, $status, $body) = @$case;
    range_is("RFC 9110 13.2.2: $name", 'small', [$range, $field => $tag], $status, $body);
}
my @no_resource = (404, undef, pointer => '/resource');
range_is('RFC 9110 14.2: a range of nothing', 'none', 'bytes=0-', @no_resource);

# Not a range: all comes.
my @no_ranges = (
    '', 'bytes', 'bytes=', 'bytes=a-b', 'bytes=-', 'bytes=5-2', 'bytes=1', 'bytes=--1',
    'bytes=1--2', 'bytes=1-2-3', 'bytes=1-2;3-4', 'bytes=0x1-0x2', 'bytes=1.0-2', 'items=1-2',
    'bits=0-1', 'bytes 1-2', '=1-2', 'bytes=1-2, x', 'bytes=1-2 3-4',
    'bytes=' . join(',', ('1-1') x 1000),
);
my %unranged = (headers => { 'Content-Range' => undef });
for my $range (@no_ranges) {
    my $shown = length $range > 40 ? length($range) . ' bytes of Range' : "<$range>";
    range_is("RFC 9110 14.2: ignored: $shown", 'small', $range, @whole, %unranged);
}

my $older = $alice->get("/space/$space/small", headers => ['Request-Range' => 'bytes=1-2']);
my @unranged = (200, body => $bytes{small}, %unranged);
expect('RFC 9110 14.2: an older field means nothing', $older, @unranged);
# RFC 9110 17.15: asking for everything many times gets it once.
for my $times (2, 10, 250, 1500) {
    my $got = length ranged('big', 'bytes=' . join ',', ('0-') x $times)->body;
    cmp_ok($got, '<', 6 * $PIECE, "RFC 9110 17.15: all of it $times times");
}

# Methods other than GET, and answers that are no stored content.
my ($small, $big, $put) = map { "/space/$space/$_" } qw(small big put);
my @all_26 = (200, headers => { 'Content-Length' => 26, 'Content-Range' => undef });
my @all_of_big = (200, headers => { 'Content-Length' => 5 * $PIECE });
my @some = (headers => [Range => 'bytes=1-2']);
my @none = (headers => [Range => 'bytes=26-']);
my @rest = (headers => [Range => "bytes=$PIECE-"]);
my @tar = (headers => [Accept => 'application/x-tar', Range => 'bytes=0-9']);
my %whole_tar = (type => 'application/x-tar');
my @nobody = (sign => 0, headers => [Range => 'bytes=0-9']);
my @unproven = (401, pointer => '/authorization');
tell(
    $alice,
    ['RFC 9110 14.2: HEAD knows no ranges', HEAD => $small, [@some], @all_26],
    ['RFC 9110 14.2: nor unsatisfiable ones', HEAD => $small, [@none], @all_26],
    ['RFC 9110 14.2: HEAD of a big one', HEAD => $big, [@rest], @all_of_big],
    ['RFC 9110 14.2: PUT knows no ranges', PUT => $put, [body => 'whole', @some], 204],
    ['RFC 9110 14.2: PUT stores the whole', GET => $put, [], 200, body => 'whole'],
    ['RFC 9110 14.2: DELETE knows no ranges', DELETE => $put, [@some], 204],
);
for my $target ('/', '/health', '/spaces/', "/space/$space") {
    my @all = (200, body => $alice->get($target)->body, %unranged);
    for my $range ('bytes=1-2', 'bytes=-3', 'bytes=99999-', 'bytes=0-0,2-2', 'bytes=x') {
        my $rule = "RFC 9110 14.2: a document comes whole: $target $range";
        tell($alice, [$rule, GET => $target, [headers => [Range => $range]], @all]);
    }
}
my $home = "/space/$space";
tell(
    $alice,
    ['RFC 9110 14.2: an export comes whole', GET => $home, [@tar], 200, %whole_tar],
    ['RFC 9110 14.2: a refusal comes whole', GET => $home, [@nobody], @unproven],
);

done_testing;
