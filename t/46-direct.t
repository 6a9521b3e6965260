# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What httpd would do between a client and the module: interpret what strangers stored, put other
# pages in the place of refusals, and ask for resources by itself, in the name of somebody who asked
# for something else. None of it happens, whatever the operator's configuration says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Test::More;
use WAS::Client;
use WAS::Key;
use WAS::Server;
use WAS::Story;

my $modules = WAS::Server::modules_directory();
my @MODULES = qw(actions expires include rewrite substitute);
my @missing = grep { !-e "$modules/mod_$_.so" } @MODULES;
plan skip_all => "no mod_@missing" if @missing;

my $files = tempdir(CLEANUP => 1);
my $id = new_id();
my $page = "/space/$id/page.shtml";
# What INCLUDES and SUBSTITUTE would make something else of.
my $SSI =
    '<!--#echo var="DOCUMENT_URI" --><!--#exec cmd="id" --><!--#include virtual="/health" -->';
my $STORED = "stored $SSI";

sub spew {
    my ($name, $text) = @_;
    open my $file, '>', "$files/$name" or die "$files/$name: $!\n";
    print $file $text;
    close $file or die "$files/$name: $!\n";
    return;
}
mkdir "$files/site" or die $!;
mkdir "$files/site/$_" or die $! for qw(index fallback);
spew('site/part.shtml', qq(begin <!--#include virtual="$page" --> end\n));
spew('site/health.shtml', qq(begin <!--#include virtual="/health" --> end\n));
spew('site/other.shtml', qq(begin <!--#include virtual="/site/plain.txt" --> end\n));
spew("site/$_.txt", "a $_ file\n") for qw(plain acted);

# Ways in which a filter comes to an answer. Each is the inside of a virtual host.
my %FILTERS = (
    'ssi-set.example' => 'SetOutputFilter INCLUDES',
    'ssi-by-type.example' => "AddOutputFilterByType INCLUDES text/html application/json\n"
        . 'AddOutputFilterByType INCLUDES application/problem+json',
    'ssi-by-name.example' => "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml",
    'ssi-chain.example' => qq(FilterProvider SSI INCLUDES true\nFilterChain SSI),
    'substitute.example' => "SetOutputFilter SUBSTITUTE\nSubstitute s/[a-z]/X/",
    'both.example' => "SetOutputFilter INCLUDES;SUBSTITUTE\nSubstitute s/[a-z]/X/",
);
my $hosts = join '', map { <<"CONF" } sort keys %FILTERS;
<VirtualHost *>
    ServerName $_
    @{[ /chain/ ? 'FilterDeclare SSI' : '' ]}
    <Location "/">
        Options +Includes
        XBitHack on
        $FILTERS{$_}
        ExpiresActive On
        ExpiresDefault A3600
        Header set X-Operator yes
    </Location>
</VirtualHost>
CONF

my @STATUSES = (400, 401, 403 .. 405, 408, 409, 412 .. 417, 500, 501, 503, 507);
my $errors = join "\n", map { "ErrorDocument $_ $page" } @STATUSES;
my $load = join '', map { qq(LoadModule ${_}_module "$modules/mod_$_.so"\n) } @MODULES;
my $server = WAS::Server->start(before => $load, config => <<"CONF");
DocumentRoot "$files"
<VirtualHost *>
    ServerName plain.example
</VirtualHost>
$hosts
<VirtualHost *>
    ServerName errors.example
    $errors
    LimitRequestLine 2000
    <Location "/">
        LimitRequestBody 1000
    </Location>
    <Location "/denied">
        Require all denied
    </Location>
    <Location "/site">
        SetHandler none
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName texts.example
    @{[ join "\n", map { qq(ErrorDocument $_ "a text of the operator's") } @STATUSES ]}
</VirtualHost>
<VirtualHost *>
    ServerName inside.example
    RewriteEngine On
    RewriteRule "^/rewritten\$" "$page" [PT]
    <Location "/site">
        SetHandler none
        Options +Includes
    </Location>
    <Directory "$files/site">
        Require all granted
        AddType text/html .shtml
        AddOutputFilter INCLUDES .shtml
        RewriteEngine On
        RewriteRule "^moved\\.txt\$" "$page"
        Action stored "$page" virtual
    </Directory>
    <Location "/site/acted.txt">
        SetHandler stored
    </Location>
    <Directory "$files/site/index">
        DirectoryIndex "$page"
    </Directory>
    <Directory "$files/site/fallback">
        FallbackResource "$page"
    </Directory>
</VirtualHost>
<VirtualHost *>
    ServerName private.example
    <Location "/">
        WASResourceReads private
    </Location>
    <Location "/site">
        SetHandler none
        SetOutputFilter INCLUDES
        Options +Includes
    </Location>
    <Directory "$files/site">
        Require all granted
    </Directory>
</VirtualHost>
CONF
my $alice = $server->client(WAS::Key->fresh);
my @document = (body => json_text({ controller => $alice->did, name => $SSI }));
my @stored = (body => $STORED, type => 'text/html');
my @link = (body => '{"linkset":[]}', type => 'application/linkset+json');
tell(
    $alice,
    ['a space whose name is a page', PUT => "/space/$id", [@document], 204],
    ['a page', PUT => $page, [@stored], 204],
);

sub host { return (headers => [Host => @_]) }

# 1. What is stored, and what is said of it, comes as it is; other modules still set their fields.
for my $host (sort keys %FILTERS) {
    my $named = sub { (($_[0]->json // {})->{name} // q()) eq $SSI ? () : 'it is another' };
    my %fields = (headers => { 'X-Operator' => 'yes', Expires => qr/GMT/ });
    my @of = host($host);
    my @part = host($host, Range => 'bytes=0-9');
    my $absent = "/space/$id/" . '%3C!--%23echo%20var=%22A%22%20--%3E';
    tell(
        $alice,
        ["$host: a page", GET => $page, [@of], 200, @stored, %fields],
        ["$host: its head", HEAD => $page, [@of], 200, body => ''],
        ["$host: a part of it", GET => $page, [@part], 206, body => substr $STORED, 0, 10],
        ["$host: a document", GET => "/space/$id", [@of], 200, check => $named],
        ["$host: a refusal", GET => $absent, [@of], 404, pointer => '/resource'],
    );
}

# 2. Refusals are what they are, whatever ErrorDocument says.
my $stranger = $server->client(WAS::Key->fresh);
for my $host ('errors.example', 'texts.example') {
    my @of = host($host);
    my @never = host($host, 'If-Match' => '"never"');
    my @beyond = host($host, Range => 'bytes=9999-');
    my @coded = (body => 'x', host($host, 'Content-Encoding' => 'gzip'));
    my @signer = (pointer => '/authorization');
    tell(
        $alice,
        ["$host: 400", GET => "/space/$id/%00", [@of], 400],
        ["$host: 401", PUT => $page, [body => 'x', sign => 0, @of], 401, @signer],
        ["$host: 403", PUT => $page, [body => 'x', by => $stranger, @of], 403, @signer],
        ["$host: 404", GET => "/space/$id/absent", [@of], 404, pointer => '/resource'],
        ["$host: 404 of a path", GET => '/nothing', [@of], 404, pointer => '/resource'],
        ["$host: 405", PATCH => $page, [@of], 405],
        ["$host: 412", PUT => $page, [body => 'x', @never], 412],
        ["$host: 415", PUT => $page, [@coded], 415, pointer => '/body'],
        ["$host: 416", GET => $page, [@beyond], 416],
    );
}
{
    my @of = host('errors.example');
    my $long = 'x' x 3000;
    my @big = (body => $long, @of);
    my $no_page = sub { $_[0]->body =~ /stored/ ? 'a resource is in its place' : () };
    my @httpd = (foreign => 1, check => $no_page);
    tell(
        $alice,
        ['413, announced', PUT => $page, [@big], 413, pointer => '/body'],
        ['413, in chunks', PUT => $page, [@big, chunked => 500], 413, pointer => '/body'],
        ["httpd's own 403", GET => '/denied', [@of], 403, @httpd],
        ["httpd's own 404", GET => '/site/absent', [@of], 404, @httpd],
        [
            "httpd's own 404, signed for the page", GET => '/site/absent',
            [@of, sign => { target => $page }], 404, @httpd
        ],
        ["httpd's own 404 to a POST", POST => '/site/absent', [@of, body => 'x'], 404, @httpd],
    );
}

# 3. What httpd asks for itself gets nothing, whoever signed what.
sub hides {
    my ($name, $host, $target, $status, @options) = @_;
    my $res = $alice->get($target, host($host), @options);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like($res->status, $status, "$name: status");
    unlike($res->body, qr/stored|"ok"/, "$name: nothing of ours is in it");
    return $res;
}
my @as_page = (sign => { target => $page });
for my $options ([], [sign => 0], [@as_page]) {
    my $how = @$options ? $options->[1] ? 'signed for the page' : 'unsigned' : 'signed';
    for my $host ('inside.example', 'private.example') {
        my $res =
            hides("a part of a page, $how, $host", $host, '/site/part.shtml', qr/200/, @$options);
        like($res->body, qr/\Abegin .*error.* end\n\z/s, "a part of a page, $how, $host: an error");
        hides("health in a page, $how, $host", $host, '/site/health.shtml', qr/200/, @$options);
    }
    for my $case (
        ['a rewrite before there is a location', '/rewritten'],
        ['a rewrite of a directory', '/site/moved.txt'],
        ['an action', '/site/acted.txt'],
        ['an index', '/site/index/'],
        ['a fallback', '/site/fallback/x'],
    ) {
        my ($name, $target) = @$case;
        hides("$name, $how", 'inside.example', $target, qr/\A40[34]\z/, @$options);
    }
}
my $included = $alice->get('/site/other.shtml', host('inside.example'), sign => 0);
is($included->body, "begin a plain file\n end\n", 'pages of httpd itself are made as ever');
is($alice->get($page, sign => 0)->body, $STORED, 'and the page has stayed what it was');
like(
    $server->log, qr/\[was:info\].* \Q$page\E is asked for by httpd itself, for \S+, and not given/,
    'the operator finds a line that says why');
unlike($server->log, qr/:(?:emerg|alert|crit)\]|exit signal|\[was:error\]/, 'nothing at ERR');

done_testing;
