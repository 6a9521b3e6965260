# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Zcap: capabilities (ZCAP-LD) as Portable Web Spaces has them: the ids of roots, delegations
# with a proof of eddsa-jcs-2022, and how a request invokes one. Owns what a capability that we were
# given must look like before it is used. Whether it holds, the server decides.

package Was::Zcap;

use strict;
use warnings;

use B ();
use Compress::Zlib ();
use Digest::SHA qw(sha256);
use Encode ();
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Time::Local ();
use Was::Key qw(base58);
use Was::Say;

our @EXPORT_OK = qw(root_id delegate read_capability invocation jcs parse_time allowed_actions);

my $LONGEST_BYTES = 65536;
my @CONTEXT = ('https://w3id.org/zcap/v1', 'https://w3id.org/security/data-integrity/v2');

sub encode_component {
    my ($bytes) = @_;
    return $bytes =~ s/([^A-Za-z0-9\-_.!~*'()])/sprintf '%%%02X', ord $1/ger;
}

sub root_id { return 'urn:zcap:root:' . encode_component($_[0]) }

# The field Capability-Invocation: of a capability, or of the root of a URL.
sub invocation {
    my ($action, $of) = @_;
    my $what =
        ref $of
        ? 'capability="' . encode_base64url(Compress::Zlib::memGzip(jcs($of))) . '"'
        : 'id="' . root_id($of) . '"';
    return qq(zcap $what,action="$action");
}

# A capability from its JSON, `from` is what it is called. Refuses what is none, and what cannot be
# written again as it was signed: only texts, lists and objects have one canonical form everywhere.
sub read_capability {
    my ($json, $from) = @_;
    refuse(usage => "$from is too long for a capability") if length $json > $LONGEST_BYTES;
    my $zcap = eval { JSON::PP->new->utf8->max_depth(64)->decode($json) };
    refuse(usage => "$from is no JSON object, and so no capability") if ref $zcap ne 'HASH';
    my $proof = $zcap->{proof};
    for my $name (qw(id invocationTarget parentCapability expires)) {
        refuse(usage => "$from is no capability: it has no $name") if !_is_text($zcap->{$name});
    }
    refuse(usage => "$from is no capability: it has no controller")
        if !_texts($zcap->{controller});
    refuse(usage => "$from is no capability: its allowedAction is no list of texts")
        if exists $zcap->{allowedAction} && !_texts($zcap->{allowedAction});
    refuse(usage => "$from is no capability: it has no proof with a capabilityChain")
        if ref $proof ne 'HASH' || ref $proof->{capabilityChain} ne 'ARRAY';
    parse_time($zcap->{expires}) // refuse(usage => "$from expires at no time that can be read");
    eval { jcs($zcap); 1 } or refuse(usage => "$from holds what no capability holds: $@");
    return $zcap;
}

sub _is_text { return defined $_[0] && !ref $_[0] && length $_[0] }

# A text or several, as a list; nothing where it is neither.
sub _texts {
    my ($value) = @_;
    my @texts = ref $value eq 'ARRAY' ? @$value : $value;
    return (grep { !_is_text($_) } @texts) ? () : @texts;
}

sub controllers { return _texts($_[0]{controller}) }

# None: all are.
sub allowed_actions {
    my ($zcap) = @_;
    return exists $zcap->{allowedAction} ? _texts($zcap->{allowedAction}) : ();
}

# Whether a target is another or below it, by the rule of the protocol.
sub is_within {
    my ($target, $base) = @_;
    return 1 if $target eq $base;
    my $before = substr $target, 0, length $base;
    return 0 if $before ne $base;
    my $next = substr $target, length $base, 1;
    return $base =~ /[?&]\z/ || $next eq '&' if $base =~ /\?/;
    return $base =~ m{/\z} || $next =~ m{[/?]};
}

# Seconds of an RFC 3339 time, or undef.
sub parse_time {
    my ($text) = @_;
    my ($date, $fraction, $zone) = $text =~ m{\A
        (\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)\z}x or return;
    my ($year, $month, $day, $hour, $minute, $second) = $date =~ /(\d+)/g;
    my $at =
        eval { Time::Local::timegm($second, $minute, $hour, $day, $month - 1, $year) } // return;
    my ($sign, $hours, $minutes) = $zone =~ /([+-])(\d\d):(\d\d)/ or return $at;
    my $offset = ($hours * 60 + $minutes) * 60;
    return $sign eq '+' ? $at - $offset : $at + $offset;
}

sub rfc3339 { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

# A delegation. In: parent (a capability, or the URL of a root), key (of who delegates), to (a DID),
# target (a URL), actions (a list, or one), created and expires (seconds), id.
sub delegate {
    my (%of) = @_;
    my $parent = $of{parent};
    my $document = {
        '@context' => [@CONTEXT],
        id => $of{id},
        controller => $of{to},
        parentCapability => ref $parent ? $parent->{id} : root_id($parent),
        invocationTarget => $of{target},
        allowedAction => $of{actions},
        expires => rfc3339($of{expires}),
    };
    my $proof = {
        '@context' => [@CONTEXT],
        type => 'DataIntegrityProof',
        cryptosuite => 'eddsa-jcs-2022',
        created => rfc3339($of{created}),
        verificationMethod => $of{key}->id,
        proofPurpose => 'capabilityDelegation',
        capabilityChain => [_chain($parent)],
    };
    my $signature = $of{key}->sign(sha256(jcs($proof)) . sha256(jcs($document)));
    return { %$document, proof => { %$proof, proofValue => 'z' . base58($signature) } };
}

# The ancestors by their ids, but the parent as it is.
sub _chain {
    my ($parent) = @_;
    return root_id($parent) if !ref $parent;
    return (
        (map { ref $_ ? $_->{id} : $_ } @{ $parent->{proof}{capabilityChain} }),
        $parent,
    );
}

# RFC 8785 of texts, lists and objects, as UTF-8; dies of anything else.
my %ESCAPE = (
    "\b" => '\b', "\t" => '\t', "\n" => '\n', "\f" => '\f', "\r" => '\r', '"' => '\"',
    '\\' => '\\\\',
);

sub jcs {
    my ($value) = @_;
    if (ref $value eq 'ARRAY') {
        return '[' . join(',', map { jcs($_) } @$value) . ']';
    }
    if (ref $value eq 'HASH') {
        # By the code units of UTF-16.
        my %order = map { $_ => Encode::encode('UTF-16BE', $_) } keys %$value;
        my @names = sort { $order{$a} cmp $order{$b} } keys %$value;
        return '{' . join(',', map { jcs("$_") . ':' . jcs($value->{$_}) } @names) . '}';
    }
    die "something that is no text\n" if !defined $value || ref $value || _is_number($value);
    my $text = $value =~ s/([\x00-\x1f"\\])/$ESCAPE{$1} \/\/ sprintf '\\u%04x', ord $1/ger;
    utf8::encode($text);
    return qq("$text");
}

sub _is_number {
    my ($value) = @_;
    my $flags = B::svref_2object(\$value)->FLAGS;
    return $flags & (B::SVp_IOK | B::SVp_NOK) && !($flags & B::SVp_POK);
}

1;
