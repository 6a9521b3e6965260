# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What an export wrote, into a space (protocol/classic section 7): that it is what it was, byte for
# byte, with types and access lists; that what is there stays, what is new is charged and fits, and
# contents stand where the server has them stand; who may; and that nothing is stored of an archive
# that no export has written.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Compress::Zlib ();
use Test::More;
use WAS::Charge qw(charge_of);
use WAS::Citus;
use WAS::Client;
use WAS::Memory;
use WAS::Server;
use WAS::Story;
use WAS::Tar;
use WAS::Traffic qw(eventually);

my $alice = person();
my $TAR = 'application/x-tar';
my @BAD = (400, pointer => '/body');

sub exported {
    my ($client, $id) = @_;
    return $client->get("/space/$id", headers => [Accept => $TAR])->body;
}

sub tar { return (body => $_[0], type => $TAR) }

sub imported {
    my ($client, $id, $tar, @options) = @_;
    return $client->post("/space/$id", tar($tar), @options);
}

# All that is stored of a space: path, type, length, digest.
sub stored {
    my ($id) = @_;
    my $content = WAS::Server::content_of('r');
    return [sql(<<"SQL", $id)];
SELECT encode(convert_to(path, 'UTF8'), 'hex'), content_type, octet_length($content), md5($content)
FROM was_resources r WHERE space_uuid = ? ORDER BY 1
SQL
}

# What is said of an import.
sub counts {
    my ($created, $skipped) = @_;
    return (
        type => 'application/json',
        headers => { 'Cache-Control' => 'no-store' },
        body => qq({"resourcesCreated":$created,"resourcesSkipped":$skipped}));
}

# A server of its own with these directives, and alice there.
sub limited {
    my ($directives) = @_;
    my $server = WAS::Server->start(config => <<"CONF");
<Location "/">
    SetHandler was
    $directives
</Location>
CONF
    my $base = "http://127.0.0.1:$server->{port}";
    return ($server, WAS::Client->new(base => $base, key => $alice->key, timeout => 60));
}

# A space of every kind of path and content.
my $from = new_space($alice, name => "N\xe4me", link => '/space/x/links');
my %contents = (
    '/' => ['text/html', 'home'],
    '/a' => ['text/plain; charset=utf-8', 'a'],
    '/a/b' => ['x/y', 'below a file'],
    '/dir/c/' => ['x/y', 'slash'],
    '/d//e' => ['x/y', 'inside'],
    '/d///' => ['x/y', 'three'],
    '/100%25' => ['x/y', 'percent'],
    '/%25' => ['x/y', 'only a percent'],
    '/a%20b' => ['x/y', 'blank'],
    '/%C3%A9/%F0%9F%98%80' => ['x/y', 'UTF-8'],
    '/a%0Ab' => ['x/y', 'line break'],
    '/...' => ['x/y', 'dots'],
    '/PaxHeader/x' => ['x/y', 'pax'],
    "/$from" => ['x/y', 'its own id'],
    '/empty' => ['application/x-empty', ''],
    '/untyped' => [undef, 'untyped'],
    '/typed' => ['x/y; ' . 'p' x 500, 'a long type'],
    '/' . 'l' x 200 => ['x/y', 'a long segment'],
    '/' . 's/' x 3500 => ['x/y', 'deep'],
    '/' . '%25' x 2500 => ['x/y', 'percents'],
    '/bytes' => ['application/octet-stream', join '', map { chr } 0 .. 255],
    '/piece' => ['x/y', random_bytes(1 << 20)],
    '/over' => ['x/y', random_bytes((1 << 20) + 1)],
    '/big' => ['application/octet-stream', random_bytes(5 << 20)],
    (map { ("/many/$_" => ['x/y', 'x' x (37 * $_)]) } 1 .. 100),
);
for my $path (sort keys %contents) {
    my ($type, $bytes) = @{ $contents{$path} };
    my $status = $alice->put("/space/$from$path", body => $bytes, type => $type)->status;
    $status == 204 or BAIL_OUT("PUT $path: $status");
}
my $count = keys %contents;
my $tar = exported($alice, $from);

# 1. It comes back: into another space, into its own one, and from one that is not the first.
my $to = new_space($alice);
expect('classic 7: an import', imported($alice, $to, $tar), 200, counts($count, 0));
is_deeply(stored($to), stored($from), 'classic 7: it is what it was');
my $document = $alice->get("/space/$to")->json;
is_deeply(
    [@$document{qw(name link)}], ["N\xe4me", '/space/x/links'],
    'classic 7: and has the members that it had not');
expect('classic 7: the same again', imported($alice, $to, $tar), 200, counts(0, $count));
is_deeply(stored($to), stored($from), '... changes nothing');
$alice->delete("/space/$to");
ok(swept($to), 'classic 2: it is deleted');
my $mine = new_space($alice, uuid => $to, name => 'mine');
expect('classic 7: into what was deleted', imported($alice, $mine, $tar), 200, counts($count, 0));
is_deeply(stored($mine), stored($from), '... it is back');
$document = $alice->get("/space/$mine")->json;
is_deeply([@$document{qw(name link)}], ['mine', '/space/x/links'], '... with a name of its own');
$alice->delete("/space/$mine/$_") for qw(a big);
$alice->put("/space/$mine/over", body => 'mine', type => 'text/plain');
expect('classic 7: over what is there', imported($alice, $mine, $tar), 200, counts(2, $count - 2));
is($alice->get("/space/$mine/over")->body, 'mine', '... which stays');
is($alice->get("/space/$mine/big")->body, $contents{'/big'}[1], '... and what is not comes');

# An access list that comes along lets everybody read.
{
    my $private = at('private', $alice);
    my $listed = new_id();
    new_space($alice, uuid => $listed, link => "/space/$listed/links");
    my $set = { anchor => "/space/$listed/", acl => [{ href => "/space/$listed/acl" }] };
    $alice->put(
        "/space/$listed/links", type => 'application/linkset+json',
        body => json_text({ linkset => [$set] }));
    $alice->put(
        "/space/$listed/acl", type => 'application/json',
        body => json_text({ type => 'PublicCanRead' }));
    $alice->put("/space/$listed/r", type => 'text/plain', body => 'listed');
    my $archive = exported($alice, $listed);
    $alice->delete("/space/$listed");
    swept($listed);
    new_space($alice, uuid => $listed);
    expect('classic 5: an access list', imported($private, $listed, $archive), 200, counts(3, 0));
    expect(
        'classic 5: it counts', $private->get("/space/$listed/r", sign => 0), 200,
        body => 'listed');
}

# 2. Where contents stand: in parts or in rows, they are the same. Citus has parts, whatever is
# said.
for my $row (['on', 2], ['off', WAS::Citus::count() ? 2 : 0]) {
    my ($parts, $long) = @$row;
    my ($server, $client) = limited("WASContentParts $parts");
    my $target = new_space($client);
    expect(
        "WASContentParts $parts: an import", imported($client, $target, $tar), 200,
        counts($count, 0));
    is_deeply(stored($target), stored($from), "WASContentParts $parts: it is what it was");
    my ($found) = sql(<<'SQL', $target);
SELECT count(*), count(parts_digest) FROM was_resources WHERE space_uuid = ? AND parts IS NOT NULL
SQL
    is_deeply($found, [$long, $long], "WASContentParts $parts: so many in parts, with digests");
    my $left = 'SELECT 1 FROM was_sweeps WHERE space_uuid = ? LIMIT 1';
    ok(eventually(60, sub { !sql($left, $target) }), "WASContentParts $parts: no more are kept");
    my ($kept) = sql('SELECT count(DISTINCT content) FROM was_parts WHERE space_uuid = ?', $target);
    is($kept->[0], $long, "WASContentParts $parts: just these");
    is(
        $client->get("/space/$target/big")->body, $contents{'/big'}[1],
        "WASContentParts $parts: and are read");
}

# 3. Quota and length.
my $few = new_space($alice);
$alice->put("/space/$few/$_", body => 'x' x 1000, type => 'text/plain') for 1 .. 30;
my $little = exported($alice, $few);
my $charge = charge_of($few);
for my $row (
    # what is free beyond the charge, status
    ['contents are over the quota', 20_000 - $charge, 507],
    ['rows do not fit', -1, 507],
    ['it fits', 0, 200],
) {
    my ($name, $free, $status) = @$row;
    my $target = new_space($alice);
    my ($server, $client) = limited('WASQuotaPerSpace ' . ($charge + $free));
    my $before = charge_of($target);
    my @due = $status == 507 ? (foreign => 1, check => \&is_over) : ();
    expect("quota: $name", imported($client, $target, $little), $status, @due);
    is(charge_of($target), $status == 200 ? $charge : $before, "quota: $name: what is charged");
    expect("quota: $name: again", imported($client, $target, $little), $status, @due);
}

sub is_over {
    my $type = $_[0]->problem->{type};
    return $type eq 'https://wallet.storage/spec#quota-exceeded' ? () : "the type is $type";
}
{
    my ($server, $client) = limited('WASQuotaPerSpace ' . ($charge - 1));
    expect(
        'quota: what is there takes no room', imported($client, $few, $little), 200,
        counts(0, 30));
    my $target = new_space($alice);
    expect(
        'limit: too long', imported(at('small', $alice), $target, $tar), 413,
        pointer => '/body');
    is_deeply(stored($target), [], '... nothing is stored');
}

# 4. Who may, and under which conditions.
my $stranger = person();
my $target = new_space($alice);
my %signer = (pointer => '/authorization');
my $etag = $alice->get("/space/$target")->header('ETag');
my $at = "/space/$target";
my @little = tar($little);
my @when = (headers => ['If-Match' => $etag]);
tell(
    $alice,
    ['classic 4: for nobody', POST => $at, [@little, sign => 0], 401, %signer],
    ['classic 4: for a stranger', POST => $at, [@little, by => $stranger], 403, %signer],
    ['classic 4: a long one', POST => $at, [tar($tar), by => $stranger], 403, %signer],
    ['classic 4: no space', POST => '/space/' . new_id(), [@little], 404, pointer => '/space'],
    ['classic 4: a long one', POST => '/space/' . new_id(), [tar($tar)], 404, pointer => '/space'],
    ['classic 1: no id', POST => '/space/a%20b', [@little], 400, pointer => '/space'],
    ['another type', POST => $at, [body => $little, type => 'text/plain'], 415],
    ['no type', POST => $at, [body => $little], 415],
    ['If-None-Match', POST => $at, [@little, headers => ['If-None-Match' => '*']], 412],
    ['a stale If-Match', POST => $at, [@little, headers => ['If-Match' => '"x"']], 412],
);
is_deeply(stored($target), [], 'classic 4: nothing is stored');
tell($alice, ['If-Match', POST => $at, [@little, @when], 200, counts(30, 0)]);

# 5. Archives that no export has written.
sub xattr { return pax_record("SCHILY.xattr.user.$_[0]" => $_[1]) }

sub pax { return entry('PaxHeader', join('', @_), kind => 'x') }

sub file {
    my ($path, $bytes, %field) = @_;
    my $name = delete $field{name} // "u$path";
    my $type = xattr(mime_type => delete $field{type} // 'text/plain');
    return pax(pax_record(path => $name), xattr('was.path' => $path), $type)
        . entry('x', $bytes, %field);
}
sub made { return archive(['u/', ''], @_) }
my @r = (file('/r', 'x' x 2000));
my $good = made(@r);
my %hostile = (
    'nothing' => '',
    'no archive' => 'x' x 2000,
    'zeros' => "\0" x 10240,
    'no end' => substr($good, 0, -1024),
    'no directory' => archive(@r),
    'a directory of another one' => archive(['u/v/', ''], @r),
    'a directory with a bad name' => archive(['a b/', ''], file('/r', 'x', name => 'a b/r')),
    'dots for a directory' => archive(['../', ''], file('/r', 'x', name => '../r')),
    'a wrong checksum' => made(@r, ['u/x', 'x', checksum => 1]),
    'a size beyond the end' => made(file('/r', 'x', size => 1_000_000)),
    'a size of many TiB' => made(file('/r', 'x', size => \"\x80\0\0\0\1\0\0\0\0\0\0\0")),
    'a negative size' => made(file('/r', 'x', size => \("\xff" x 12))),
    'a symbolic link' => made(file('/r', '', kind => '2', link => '/etc/passwd')),
    'a hard link' => made(@r, file('/s', '', kind => '1', link => 'u/r')),
    'a device' => made(file('/r', '', kind => '3')),
    'a file with holes' => made(
        pax(
            pax_record('GNU.sparse.major' => 1), pax_record('GNU.sparse.minor' => 0),
            pax_record('GNU.sparse.realsize' => 10**12), xattr('was.path' => '/r')
        ),
        ['u/r', "1\n0\n1000000000000\n" . "\0" x 600]
    ),
    'a file without a path' => made(['u/r', 'x']),
    'an empty path' => made(file('', 'x', name => 'u/r')),
    'a path without a slash' => made(file('r', 'x', name => 'u/r')),
    'a path with a NUL' => made(file("/r\0", 'x', name => 'u/r')),
    'a path that is no UTF-8' => made(file("/\xff", 'x')),
    'a path of 8001 bytes' => made(file('/' . 'x' x 8000, 'x')),
    'a name of 40,000 bytes' => made(file('/r', 'x', name => 'u/' . 'x' x 40_000)),
    'another name' => made(file('/r', 'x', name => 'u/s')),
    'a name outside' => made(file('/r', 'x', name => 'v/r')),
    'a name above' => made(file('/r', 'x', name => 'u/../r')),
    'an absolute name' => made(file('/r', 'x', name => '/u/r')),
    'a directory outside' => made(@r, ['v/', '']),
    'a name that is a path with dots' => made(file('/../r', 'x')),
    'a path with dots' => made(file('/../r', 'x', name => 'u/%2E%2E/r')),
    'a path with a dot' => made(file('/a/.', 'x', name => 'u/a/%2E')),
    'a path twice' => made(@r, @r),
    'a path twice, apart' => made(@r, file('/s', ''), @r),
    'a pax header of 9 MiB' => made(pax(xattr('was.path' => 'x' x (9 << 20))), ['u/x', 'x']),
    'a compressed archive' => Compress::Zlib::memGzip($good),
);
my $void = new_space($alice);
for my $name (sort keys %hostile) {
    my $res = imported($alice, $void, $hostile{$name});
    expect("hostile: $name", $res, @BAD);
}
my @taken = grep { imported($alice, $void, substr $good, 0, $_)->status != 400 }
    map { ($_ * 512, $_ * 512 + 100) } 0 .. length($good) / 512 - 3;
is_deeply(\@taken, [], 'hostile: none that is cut is taken');
my $long = made(file('/long', 'x' x 1_500_000), file('/../r', 'x'));
expect('hostile: behind a long content', imported($alice, $void, $long), @BAD);
is_deeply(stored($void), [], 'hostile: nothing of them is stored');
my $kept = 'SELECT 1 FROM was_parts WHERE space_uuid = ? LIMIT 1';
ok(eventually(60, sub { !sql($kept, $void) }), 'hostile: ... nor kept');

# 6. What does no harm.
for my $row (
    ['a resource', [@r], 1],
    ['none', [], 0],
    ['directories', [['u/a/', ''], ['u/a/b/', ''], file('/a/b/c', 'x')], 1],
    ['a type that cannot be sent', [file('/r', 'x', type => "a\nb")], 1],
    ['an attribute of another kind', [pax(xattr(x => "\0\xff")), ['u/d/', ''], @r], 1],
) {
    my ($name, $entries, $created) = @$row;
    my $into = new_space($alice);
    expect("harmless: $name", imported($alice, $into, made(@$entries)), 200, counts($created, 0));
    my ($type) = map { $alice->get("/space/$into/r")->type } grep { $name =~ /type/ } 1;
    is($type, 'application/octet-stream', "harmless: $name: another one") if defined $type;
}

# Members that are none are left out.
my $plain = new_space($alice);
my $directory = pax(xattr('was.name' => "\xff"), xattr('was.link' => 'no path'));
expect(
    'harmless: bad members', imported($alice, $plain, archive($directory, ['u/', ''], @r)),
    200, counts(1, 0));
is_deeply(
    [sort keys %{ $alice->get("/space/$plain")->json }],
    [qw(controller id)], '... are left out');

# 7. At once: each comes once.
my $race = new_space($alice);
my @told = in_parallel(4, sub { return imported($alice, $race, $little)->body });
my $sum = 0;
$sum += /"resourcesCreated":(\d+)/ ? $1 : 1000 for map { ref $_ ? @$_ : $_ } @told;
is($sum, 30, 'classic 7: imports at once: each resource comes once');
is_deeply(stored($race), stored($few), '... and all of them');

# 8. As many files as there is room for, and long ones: memory does not grow with them.
for my $row (
    ['files', made(map { file("/$_", '') } 1 .. 20_000), 20_000],
    ['bytes', made(map { file("/$_", 'x' x (40 << 20)) } 1, 2), 2],
) {
    my ($name, $archive, $created) = @$row;
    my $into = new_space($alice);
    my ($res, $kib) = watched(main_httpd(), sub { return imported($alice, $into, $archive) });
    expect("memory: many $name", $res, 200, counts($created, 0));
    ok($kib < 16 << 10 || WAS::Server::has_sanitizer(), "... in little memory: $kib KiB");
    $alice->delete("/space/$into");
}

# 9. A connection that is lost before the end: all of it is done once more.
my $lost = new_space($alice);
@told = lose_connection('was_resources', sub { return imported($alice, $lost, $tar)->body });
ok($told[0], 'classic 7: a connection is lost in the middle of an import');
is($told[1], { counts($count, 0) }->{body}, '... which is done once more, and counted once');
is_deeply(stored($lost), stored($from), '... and is what it was');

done_testing;
