# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Share: who else may do something in a space: capabilities given to a key and taken back, and
# policies. Only Portable Web Spaces have them.

package Was::Share;

use strict;
use warnings;

use JSON::PP ();
use Was::Http;
use Was::Say;
use Was::Session;
use Was::Zcap qw(allowed_actions delegate jcs parse_time read_capability);

my $WEEK = 7 * 86400;
my %SECONDS = (s => 1, m => 60, h => 3600, d => 86400, w => $WEEK);

sub place_in_pws {
    my ($session, $url, $what) = @_;
    my $place = $session->place($url);
    refuse(usage => "$what belongs to a space, or to what is in one") if $place->{kind} eq 'server';
    refuse(usage => "the classic protocol has no $what: who reads is the operator's choice, and a"
            . ' space has one controller')
        if !$session->is_pws($place);
    return $place;
}

# A space and a collection are containers, and have a slash at their end.
sub target_of {
    my ($place) = @_;
    my $tail = $place->{rest};
    $tail .= '/' if $tail =~ m{\A(?:/[^/]+)?\z};
    return "$place->{origin}$place->{mount}/space/$place->{space}$tail";
}

# Prints a capability for somebody, one line of JSON, and says what to do with it.
sub share {
    my ($session, $url, %of) = @_;
    my $place = place_in_pws($session, $url, 'share');
    my $did = $of{to} // refuse(usage => 'share needs --to DID');
    refuse(usage => shown($did) . ' is no DID')
        if $did !~ /\Adid:[a-z0-9]+:[A-Za-z0-9._:%-]+\z/;
    my $given = $session->{capability};
    my $target = target_of($place);
    my @actions = actions_of($of{actions} // 'GET');
    my $now = time;
    my $expires = expiry_of($of{expires}, $now, $given);
    check_given($session, $given, $target, @actions) if $given;
    my $zcap = delegate(
        parent => $given // $session->space_url($place), key => $session->key, to => $did,
        target => $target, actions => \@actions, created => $now, expires => $expires,
        id => 'urn:uuid:' . uuid());
    print jcs($zcap), "\n";
    note("send this line to $did; it is of use to that key alone, until $zcap->{expires}:");
    note("was --capability FILE ... $target");
    return 0;
}

sub actions_of {
    my ($text) = @_;
    my @actions = map { uc } split /[,\s]+/, $text;
    my ($wrong) = grep { !/\A(?:GET|HEAD|POST|PUT|DELETE)\z/ } @actions;
    refuse(usage => '--actions takes some of GET, HEAD, POST, PUT and DELETE, not ' . shown($wrong))
        if defined $wrong;
    refuse(usage => '--actions names none') if !@actions;
    return @actions;
}

# Seconds, from how long or until when; a week, but no longer than what it is a part of.
sub expiry_of {
    my ($text, $now, $given) = @_;
    my $most = $given ? parse_time($given->{expires}) : undef;
    my $expires;
    if (!defined $text) {
        $expires = $now + $WEEK;
        return $most if defined $most && $most < $expires;
        return $expires;
    }
    if ($text =~ /\A([1-9][0-9]{0,6})([smhdw])\z/) { $expires = $now + $1 * $SECONDS{$2} }
    else { $expires = parse_time($text) }
    refuse(usage => '--expires takes 30m, 12h, 7d, 4w or a time as 2027-01-31T12:00:00Z')
        if !defined $expires;
    refuse(usage => '--expires is over already') if $expires <= $now;
    refuse(usage => "--expires is beyond the capability that was given, $given->{expires}")
        if defined $most && $expires > $most;
    return $expires;
}

# What was given to us can be given on, or a part of it.
sub check_given {
    my ($session, $given, $target, @actions) = @_;
    refuse(forbidden => 'the capability is for another key than yours')
        if !grep { s/#.*//sr eq $session->key->did } Was::Zcap::controllers($given);
    refuse(   forbidden => 'the capability is for '
            . shown($given->{invocationTarget})
            . " and what is below, not for $target")
        if !Was::Zcap::is_within($target, $given->{invocationTarget});
    my %allowed = map { $_ => 1 } allowed_actions($given);
    my ($more) = grep { %allowed && !$allowed{$_} } @actions;
    refuse(forbidden => "the capability does not allow $more") if defined $more;
    return;
}

sub uuid {
    open my $in, '<:raw', '/dev/urandom' or refuse(usage => "no /dev/urandom: $!");
    read $in, my ($bytes), 16;
    my @parts = unpack 'N n n n a6', $bytes;
    $parts[2] = $parts[2] & 0x0fff | 0x4000;
    $parts[3] = $parts[3] & 0x3fff | 0x8000;
    return sprintf '%08x-%04x-%04x-%04x-%s', @parts[0 .. 3], unpack 'H*', $parts[4];
}

# What we, or those who had it from us, gave: nobody can use it any more, nor what came from it.
sub revoke {
    my ($session, $zcap) = @_;
    my $place = place_in_pws($session, $zcap->{invocationTarget}, 'revocation');
    my $tail =
        "/space/$place->{space}/zcaps/revocations/" . Was::Zcap::encode_component($zcap->{id});
    my $at = $session->at($place, $tail);
    $session->request(
        'POST', $at, type => 'application/json', content => jcs($zcap),
        root => "$at->{origin}$at->{target}");
    return 0;
}

sub policy_place {
    my ($session, $url) = @_;
    my $place = place_in_pws($session, $url, 'policy');
    my $path = target_of($place) =~ s{\A\Q$place->{origin}\E}{}r;
    return { %$place, target => $path =~ s{/?\z}{/policy}r };
}

# verb: get, set (with the policy's JSON), public, rm.
sub policy {
    my ($session, $verb, $url, $json) = @_;
    my $place = policy_place($session, $url);
    if ($verb eq 'get') {
        print $session->request('GET', $place)->{body}, "\n";
    }
    elsif ($verb eq 'rm') {
        $session->request('DELETE', $place);
    }
    else {
        $json = '{"type":"PublicCanRead"}' if $verb eq 'public';
        refuse(usage => 'a policy is a JSON object')
            if ref Was::Session::parse_json($json) ne 'HASH';
        $session->request('PUT', $place, type => 'application/json', content => $json);
    }
    return 0;
}

1;
