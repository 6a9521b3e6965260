# Licensed under the Apache License, Version 2.0; see LICENSE.

# tools/was-curl against the server, with the commands that README shows: the whole life of a space
# from a shell. What was-curl signs and sends is the matter of t/03-was-curl.t.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;
use WAS::Server;

my $dir = tempdir(CLEANUP => 1);
$ENV{HOME} = $dir;
delete $ENV{WAS_KEY};
my $was_curl = "$ENV{WAS_TOP}/tools/was-curl";
my $server = WAS::Server::url();
my $space = "$server/space/shell-$$-" . time;

# Runs was-curl; yields "status of HTTP, body".
sub was_curl {
    my (@args) = @_;
    open my $out, '-|', $was_curl, '-sS', '-w', '%{http_code}', @args or die "$was_curl: $!";
    local $/;
    my $text = <$out> // '';
    close $out;
    $text =~ s/(\d{3})\z// or return "curl ended with $?";
    return ($1, $text);
}

chomp(my $did = qx("$was_curl" --did 2>/dev/null));
my $photo = join '', map { chr int rand 256 } 1 .. 100_000;
open my $file, '>:raw', "$dir/photo.jpg" or die $!;
print $file $photo;
close $file;

my $of_photo = "$space/my photos/\xc3\xbc.jpg";
my @as_jpeg = ('-H', 'Content-Type: image/jpeg');
my @document = ('--json', qq({"controller":"$did"}));
is_deeply([was_curl('-X', 'PUT', @document, $space)], [204, ''], 'make a space');
my ($status, $body) = was_curl($space);
is($status, 200, 'read the space');
is(decode_json($body)->{controller}, $did, 'the key is its controller');
is_deeply([was_curl('-T', "$dir/photo.jpg", @as_jpeg, $of_photo)], [204, ''], 'upload a file');
($status, $body) = was_curl($of_photo);
is($status, 200, 'read it');
ok($body eq $photo, 'its bytes are the file\'s');
is_deeply(
    [was_curl('-d', "\@$dir/photo.jpg", '-X', 'POST', "$space/posted?really")],
    [201, ''], 'post with a query');
($status, $body) = was_curl("$server/spaces/");
is_deeply([$status, map { $_->{controller} } @{ decode_json($body) }], [200, $did], 'list spaces');
is((was_curl('-X', 'DELETE', $of_photo))[0], 204, 'delete the file');
is((was_curl($of_photo))[0], 404, 'it is gone');
is((was_curl('-X', 'DELETE', $space))[0], 204, 'delete the space');
is((was_curl('-I', $space))[0], 404, 'it is gone too');

done_testing;
