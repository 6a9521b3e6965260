# Licensed under the Apache License, Version 2.0; see LICENSE.

# tools/was-curl against the server, with commands as docs/ shows them: the whole life of a space
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

my ($json, $jpeg) = (qq({"controller":"$did"}), "$space/my photos/\xc3\xbc.jpg");
my @upload = ('-T', "$dir/photo.jpg", '-H', 'Content-Type: image/jpeg');
my @post = ('-d', "\@$dir/photo.jpg", '-X', 'POST');
is_deeply([was_curl('-X', 'PUT', '--json', $json, $space)], [204, ''], 'make a space');
my ($status, $body) = was_curl($space);
is($status, 200, 'read the space');
is(decode_json($body)->{controller}, $did, 'the key is its controller');
is_deeply([was_curl(@upload, $jpeg)], [204, ''], 'upload a file');
($status, $body) = was_curl($jpeg);
is($status, 200, 'read it');
ok($body eq $photo, 'its bytes are the file\'s');
is_deeply([was_curl(@post, "$space/posted?really")], [201, ''], 'post with a query');
($status, $body) = was_curl("$server/spaces/");
my @controllers = map { $_->{controller} } @{ decode_json($body) };
is_deeply([$status, @controllers], [200, $did], 'list spaces');
is((was_curl('-X', 'DELETE', $jpeg))[0], 204, 'delete the file');
is((was_curl($jpeg))[0], 404, 'it is gone');
is((was_curl('-X', 'DELETE', $space))[0], 204, 'delete the space');
is((was_curl('-I', $space))[0], 404, 'it is gone too');

done_testing;
