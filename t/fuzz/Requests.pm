# Licensed under the Apache License, Version 2.0; see LICENSE.
package Requests;

# Good requests of both protocols, and what is changed in them before they are signed. Every choice
# is rand()'s, so that srand() repeats it. Sends nothing.

use strict;
use warnings;

use Compress::Zlib ();
use Exporter qw(import);
use Mutation qw(one_of chance);
use WAS::Client;
use WAS::Key;
use WAS::Zcap;

our @EXPORT_OK = qw(somebody first_requests request_of);

# Good requests that are kept to be changed as bytes, without being signed anew.
my $MOST_KEPT = 32;

# Signs as the clients of both protocols do, and yields the bytes instead of sending them.
package Bytes {
    our @ISA = ('WAS::Zcap');
    sub exchange { my ($self, $method, $head, $body) = @_; return $head . $body }
}

package Classic {
    our @ISA = ('WAS::Client');
    sub exchange { my ($self, $method, $head, $body) = @_; return $head . $body }
}

# Who a client of a server at an origin is for a while: two signers, and what they have.
sub somebody {
    my ($origin, $seed, $client, $life) = @_;
    my $key = WAS::Key->from_seed(pack 'NNNx20', $seed, $client, $life);
    my $other = WAS::Key->from_seed(pack 'NNNx19C', $seed, $client, $life, 1);
    my @base = (base => $origin);
    return {
        key => $key, other => $other, id => "c$seed-$client-$life",
        pws_id => "p$seed-$client-$life",
        classic => Classic->new(@base, key => $key),
        pws => Bytes->new(@base, key => $key, mount => '/pws'),
        by_other => Bytes->new(@base, key => $other, mount => '/pws'),
    };
}

sub space { my ($who) = @_; return one_of('', '/private') . "/space/$who->{id}" }

my $JSON = 'application/json';
my $FORM = join "\r\n", '--B', 'Content-Disposition: form-data; name="a"', '', 'b', '--B',
    'Content-Disposition: form-data; name="f"; filename="x.txt"', 'Content-Type: text/plain', '',
    'content of a file', '--B--', '';
my $LINE = '{"parameters":{"method":"m"},"state":{"scheme":"edv"}}';
my $LINKSET =
    '{"linkset":[{"anchor":"/private/space/%1$s/","acl":[{"href":"/private/space/%1$s/acl"}]}]}';

# Requests that are good, of the classic protocol: method, target, options of WAS::Client.
my @CLASSIC = (
    sub {
        my ($w) = @_;
        my $link = "/private/space/$w->{id}/list";
        PUT => space($w), type => $JSON,
            body => qq({"controller":"@{[$w->{key}->did]}","name":"n","link":"$link"});
    },
    sub {
        my ($w) = @_;
        POST => '/spaces/', type => $JSON,
            body => qq({"uuid":"$w->{id}-b","controller":"@{[$w->{key}->did]}"});
    },
    sub { my ($w) = @_; GET => space($w) },
    sub { my ($w) = @_; GET => space($w), headers => [Accept => 'application/x-tar'] },
    sub { GET => '/spaces/' },
    sub {
        my ($w) = @_;
        PUT => space($w) . one_of('/a', '/a/b', '/%C3%A9', '/a%2Fb', '/x//y'),
            type => 'text/plain', body => 'some content';
    },
    sub {
        my ($w) = @_;
        PUT => space($w) . '/list', type => 'application/linkset+json', body => sprintf $LINKSET,
            $w->{id};
    },
    sub {
        my ($w) = @_;
        PUT => space($w) . '/acl', type => $JSON, body => '{"type":"PublicCanRead"}';
    },
    sub { my ($w) = @_; PUT => space($w) . '/a', body => 'in chunks', chunked => 4 },
    sub {
        my ($w) = @_;
        PUT => space($w) . '/a', body => 'x',
            headers => [one_of('If-Match', 'If-None-Match'), one_of('*', '"5f-1a", W/"2"')];
    },
    sub { my ($w) = @_; POST => space($w) . '/a', type => 'text/plain', body => 'posted' },
    sub { my ($w) = @_; GET => space($w) . '/a', headers => [Range => 'bytes=0-3,-1'] },
    sub { my ($w) = @_; GET => space($w) . one_of('/a', '/acl', '/list', '/nothing'), sign => 0 },
    sub { my ($w) = @_; HEAD => space($w) . '/a' },
    sub { my ($w) = @_; DELETE => space($w) . one_of('/a', '/gone', '/a/b') },
    sub {
        my ($w) = @_;
        OPTIONS => space($w), sign => 0,
            headers => [
            Origin => 'https://app.example', 'Access-Control-Request-Method' => 'PUT',
            'Access-Control-Request-Headers' => 'authorization, digest'
            ];
    },
    sub { one_of('GET', 'HEAD') => one_of('/', '/health', '/spaces', '/nothing'), sign => 0 },
    sub {
        my ($w) = @_;
        PUT => space($w) . '/a', body => 'x', headers => [Digest => WAS::Zcap::sha_digest_of('x')],
            sign => { headers =>
                ['(created)', '(expires)', '(key-id)', '(request-target)', 'digest', 'host'] };
    },
    sub { my ($w) = @_; PUT => space($w) . '/big', body => 'x' x 1_200_000 },
);

sub within { my ($w) = @_; return "/pws/space/$w->{pws_id}" }

# The same of Portable Web Spaces; options of WAS::Zcap.
my @PWS = (
    sub {
        my ($w) = @_;
        my $id = $w->{pws_id} . one_of('', '-' . int rand 1e6);
        POST => '/pws/spaces/', type => $JSON,
            body => qq({"id":"$id","controller":"@{[$w->{key}->did]}","name":"n"});
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/meta', type => $JSON, body => qq({"id":"$w->{pws_id}","name":"m"});
    },
    sub {
        my ($w) = @_;
        GET => within($w) . one_of(
            '/meta', '/', '/linkset', '/policy', '/backends', '/quotas', '/c/meta', '/c/',
            '/c/?limit=1', '/c/linkset', '/c/backend', '/c/r/meta', '/c/r/policy', '/c/quota',
            '/quotas?include=collections', '/c/r/chunks/', '/c/r/chunks/0');
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/' . one_of('c', 'w') . '/r/chunks/' . one_of(0, 1, 10, 2147483647),
            type => one_of('a/b', $JSON), body => one_of('', 'chunk', '{'),
            headers => ['If-None-Match' => one_of('*', '"x"')];
    },
    sub { my ($w) = @_; DELETE => within($w) . '/c/r/chunks/' . one_of(0, 1, 10) },
    sub {
        my ($w) = @_;
        POST => within($w) . '/', type => $JSON,
            body => '{"id":"c'
            . one_of('', int rand 100)
            . '","type":["Collection"],"name":"n","custom":{"name":"x","tags":{"a":"b"}}}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/c/meta', type => $JSON,
            body => '{"name":"m","generator":"did:web:g.example",'
            . '"generatorOrigin":"https://g.example","epoch":"1"}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/e/meta', type => $JSON,
            body => '{"encryption":{"scheme":"edv","version":1}}';
    },
    sub {
        my ($w) = @_;
        my $key = '[{"header":{"kid":"k","alg":"A"},"encrypted_key":"e"}]';
        my $epochs = one_of('', '{"id":"2","recipients":' . $key . '},');
        PUT => within($w) . '/e/meta', type => $JSON,
            body => '{"encryption":{"scheme":"edv","version":1,"epochs":['
            . $epochs
            . '{"id":"1","recipients":'
            . $key
            . '}],"currentEpoch":"1","hmac":{"id":"h","type":"T","recipients":'
            . $key . '}}}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/w/meta', type => $JSON,
            body => '{"revisions":{"immutable":true,"resolution":"last-writer-wins","merge":{}},'
            . '"plaintext":{"indexes":["a",{"name":"b","source":"custom","unique":false}]},'
            . '"generator":{"id":"did:web:g.example","origin":"https://g.example",'
            . '"url":"https://g.example/x","name":"g"}}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/w/' . one_of('r', 's'), type => 'text/plain',
            body => one_of('x', 'y');
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/e/x', type => $JSON,
            body => '{"jwe":{"protected":"e30","ciphertext":"x","recipients":[]}}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/c/' . one_of('r', 's', 't'), type => one_of('text/plain', $JSON),
            body => '{"some":["content",1.5e3]}';
    },
    sub {
        my ($w) = @_;
        POST => within($w) . '/c/', type => 'multipart/form-data; boundary=B', body => $FORM;
    },
    sub {
        my ($w) = @_;
        POST => within($w) . '/c/', type => 'text/plain', body => 'posted',
            headers => ['Key-Epoch' => '1', 'Writer-Id' => 'w'];
    },
    sub { my ($w) = @_; GET => within($w) . '/c/r', headers => [Range => 'bytes=1-2'] },
    sub { my ($w) = @_; GET => within($w) . '/c/r', zcap => 0, sign => 0 },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/c/r/meta', type => $JSON,
            body => '{"custom":{"name":"x"},"epoch":"2","writerId":"v"}',
            headers => ['If-Match' => '*'];
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . one_of('/policy', '/c/policy', '/c/r/policy'), type => $JSON,
            body => '{"type":"PublicCanRead"}';
    },
    sub {
        my ($w) = @_;
        PUT => within($w) . '/g/meta/log', type => 'text/jsonl',
            body => $LINE . one_of('', "\n", "\n$LINE", "\n$LINE\n$LINE"),
            headers => [one_of('If-Match', 'If-None-Match') => '*'];
    },
    sub { my ($w) = @_; GET => within($w) . one_of('/c/meta/log', '/g/meta/log', '/g/meta') },
    sub { my ($w) = @_; PUT => within($w) . '/g/meta', type => $JSON, body => '{"name":"g"}' },
    sub {
        my ($w) = @_;
        POST => within($w) . '/backends', type => $JSON,
            body => '{"id":"b'
            . one_of('', int rand 100)
            . '","provider":"p","connection":{"kind":"k","secret":"x"}}';
    },
    sub {
        my ($w) = @_;
        one_of('GET', 'HEAD') => one_of(
            '/pws/', '/pws/service', '/pws/health', '/pws/spaces/', '/pws/spaces',
            '/pws/nothing'
            ),
            zcap => 0, sign => 0;
    },
    sub { my ($w) = @_; GET => '/pws/spaces/' },
    sub { my ($w) = @_; GET => within($w) . '/c/query?profile=changes&limit=' . int rand 3 },
    sub {
        my ($w) = @_;
        my $clause = one_of('"has":["a"]', '"equals":[{"a":"b"},{"a":"c","d":""}]', '"count":true');
        my $query = qq({"profile":"blinded-index","index":"i",$clause,"limit":2});
        POST => within($w) . '/c/query', type => $JSON, body => $query;
    },
    sub {
        my ($w) = @_;
        my $attribute = '{"name":"a","value":"b","unique":' . one_of('true', 'false') . '}';
        my $entry = qq({"hmac":{"id":"i","type":"t"},"sequence":0,"attributes":[$attribute]});
        PUT => within($w) . '/c/' . int rand 9, type => $JSON, body => qq({"indexed":[$entry]});
    },
    sub {
        my ($w) = @_;
        my $members = one_of('', ',"limit":2', ',"checkpoint":"x"', ',"checkpoint":{"id":"r"}');
        POST => within($w) . '/c/query', type => $JSON, body => qq({"profile":"changes"$members});
    },
    sub { my ($w) = @_; POST => within($w) . one_of('/export', '/import', '/c/query') },
    sub {
        my ($w) = @_;
        DELETE => within($w)
            . one_of('/c/t', '/c/gone', '/policy', '/c/policy', '/backends/b', '/gone/');
    },
    sub { my ($w) = @_; OPTIONS => within($w) . '/c/', zcap => 0, sign => 0 },
    sub { my ($w) = @_; delegated($w, one_of('GET', 'PUT'), '/c/r', 1 + int rand 3) },
    sub { my ($w) = @_; revocation($w) },
);
my %plan = (classic => \@CLASSIC, pws => \@PWS);

my @MEMBERS = qw(
    id controller parentCapability invocationTarget expires type created cryptosuite proofPurpose
    verificationMethod allowedAction capabilityChain x
);

# A capability for the other one, over as many links; now and then with a member changed before it
# is signed.
sub capability {
    my ($w, $links, $wild, $name) = @_;
    my $url = $w->{pws}->space_url($w->{pws_id});
    my $zcap = $url;
    for my $link (1 .. $links) {
        my %of = (
            by => $link % 2 ? $w->{key} : $w->{other}, to => $link % 2 ? $w->{other} : $w->{key},
            target => $url,
            actions => ['GET', 'PUT'], id => "urn:uuid:$w->{pws_id}-$name$link");
        $of{ one_of('document', 'proof') } = {
            one_of(@MEMBERS) => one_of(
                undef, '', Mutation::text($url), ['GET'], [], {}, \'1', \'true',
                '9999-12-31T23:59:59Z', 'did:key:z'
            )
            }
            if $wild && chance(0.5);
        $zcap = delegate($zcap, %of);
        last
            if ref $zcap->{proof}{capabilityChain} ne 'ARRAY'
            || !@{ $zcap->{proof}{capabilityChain} }
            || !defined $zcap->{id};
    }
    return $zcap;
}

sub delegated {
    my ($w, $method, $path, $links) = @_;
    my $zcap = capability($w, $links, chance(0.3), 'used');
    my $given =
          chance(0.7) ? { capability => $zcap }
        : chance(0.5) ? { capability => Mutation::bytes(jcs($zcap)) }
        : { packed => Mutation::bytes(Compress::Zlib::memGzip(jcs($zcap))) };
    my @body = $method eq 'PUT' ? (type => 'text/plain', body => 'by delegation') : ();
    return (
        $method => within($w) . $path, zcap => $given, @body,
        sign => { key => $links % 2 ? $w->{other} : $w->{key} });
}

sub revocation {
    my ($w) = @_;
    my $zcap = capability($w, 1, chance(0.3), chance(0.02) ? 'used' : 'revoked');
    my $id =
        ref $zcap->{id} ? 'x' : ($zcap->{id} // 'x') =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    utf8::encode($id) if utf8::is_utf8($id);
    return (POST => within($w) . "/zcaps/revocations/$id", type => $JSON, body => jcs($zcap));
}

my $MULTIBASE = 'z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX';

# What a signature says of itself, changed.
sub other_signature {
    my ($sign) = @_;
    my $now = int time;
    my %change = (
        created => sub { one_of(0, $now - 4000, $now + 400, '9' x 15, '1' x 40, -1, "$now.5") },
        expires => sub { one_of(0, $now - 1, $now + 4000, '9' x 15, 'x') },
        key_id => sub { Mutation::text("did:key:$MULTIBASE#$MULTIBASE") },
        encoding => sub { one_of('base64url', 'base64url-padded', 'base64', 'base64-padded') },
        algorithm => sub { Mutation::text('hs2019') },
        separator => sub { one_of(', ', ' , ', ';', ' ') },
        bare => sub { 1 },
        mangle => sub {
            my $n = int rand 64;
            sub { my ($bytes) = @_; substr($bytes, $n, 1) ^= "\x80"; $bytes }
        },
        extra => sub { [one_of('keyId', 'created', 'x', 'signature') => Mutation::text('value')] },
        headers => sub { [
            map {
                one_of(
                    '(created)', '(expires)', '(key-id)', '(request-target)', 'host', 'digest',
                    'content-type', 'x-none', 'date')
            } 0 .. rand 8
        ] },
        string => sub { Mutation::text('(request-target): get /') },
    );
    my @names = sort keys %change;
    return {
        %{ ref $sign ? $sign : {} },
        map { my $name = one_of(@names); ($name => $change{$name}->()) } 0 .. rand 2
    };
}

# A request's parts before they are signed, for a server at an origin.
sub change_parts {
    my ($origin, $method, $target, %of) = @_;
    $method = one_of(qw(GET HEAD PUT POST DELETE OPTIONS PATCH), 'MKCOL') if chance(0.1);
    $target = Mutation::target($target) if chance(0.3);
    $of{body} =
        Mutation::bytes($of{body}, one_of($FORM, '{"type":["Space"],"custom":{"tags":{"x":"y"}}}'))
        if defined $of{body} && chance(0.4) && length $of{body} < 10_000;
    $of{type} = Mutation::text($of{type}) if defined $of{type} && chance(0.15);
    if (chance(0.2)) {
        my @extra = map { [/\A([^:]*):\s*(.*)/s] } Mutation::fields();
        $of{headers} = [
            @{ $of{headers} // [] },
            map { @$_ }
                grep { @$_ && $_->[0] !~ /\A(?:content-length|transfer-encoding|expect)\z/i }
                @extra
        ];
    }
    $of{sign} = other_signature($of{sign}) if chance(0.15) && ($of{sign} // 1);
    $of{zcap} = {
        %{ ref $of{zcap} ? $of{zcap} : {} },
        one_of(
            [root => one_of('self', Mutation::text($origin . $target))],
            [action => Mutation::text('GET')], [id => Mutation::text('urn:zcap:root:x')],
            [field => Mutation::text('zcap id="urn:zcap:root:x",action="GET"')],
            [encoded => Mutation::text('H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA')]
        )->@*
        }
        if exists $of{zcap} && chance(0.5) || chance(0.05);
    $of{chunked} = 1 + int rand 9 if defined $of{body} && chance(0.05) && length $of{body} < 10_000;
    return ($method, $target, %of);
}

# The bytes of the request of a turn.
sub request_of {
    my ($w) = @_;
    my $old = $w->{old} //= [];
    return Mutation::request(one_of(@$old), one_of(@$old)) if @$old && chance(0.4);
    my $bytes = signed_request($w);
    $old->[@$old < $MOST_KEPT ? @$old : rand @$old] = $bytes if length $bytes < 10_000;
    return $bytes;
}

# What somebody has when it begins: some of it good, so that there is something to reach.
sub first_requests {
    my ($w) = @_;
    my @bytes;
    for my $protocol (qw(classic pws)) {
        for my $index ($protocol eq 'classic' ? (0, 5, 6, 7) : (0, 3, 5, 7)) {
            my ($method, $target, %of) = $plan{$protocol}[$index]->($w);
            $target =~ s{\A/private}{};
            my @options = (%of, headers => [Connection => 'close']);
            push @bytes, $w->{$protocol}->request($method, $target, @options);
        }
    }
    return @bytes;
}

sub signed_request {
    my ($w) = @_;
    my $protocol = one_of('classic', 'pws');
    my ($method, $target, %of) = one_of($plan{$protocol}->@*)->($w);
    ($method, $target, %of) = one_of($plan{$protocol}->@*)->($w)
        if length($of{body} // '') > 1_000_000 && chance(0.95);
    ($method, $target, %of) = change_parts($w->{pws}->url, $method, $target, %of) if chance(0.65);
    delete $of{zcap} if $protocol eq 'classic';
    my $client = $protocol eq 'pws' && chance(0.05) ? $w->{by_other} : $w->{$protocol};
    return
        eval { $client->request($method, $target, %of) } // die "no request of $method $target: $@";
}

1;
