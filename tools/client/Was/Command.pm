# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Command: the commands of `was` as a table, the options of all, and who does what is asked:
# Was::Spaces, Was::Single (one file), Was::Copy and Was::Sync (many), Was::Share (capabilities and
# policies) and Was::Curl. Refuses to know requests.

package Was::Command;

use strict;
use warnings;

use Getopt::Long ();
use Was::Copy;
use Was::Curl;
use Was::Key;
use Was::Say;
use Was::Session;
use Was::Share;
use Was::Single;
use Was::Spaces;
use Was::Sync;
use Was::Zcap qw(read_capability);

# Each command: what it takes, its options, the least and the most arguments, and what does it, with
# the session, the options and the arguments, and yields the exit code.
my @COMMANDS = (
    ['spaces list', 'SERVER', [], 1, 1, \&Was::Spaces::spaces_list],
    [
        'spaces make', 'SERVER [--id ID] [--name NAME]', [qw(id=s name=s)], 1, 1,
        \&Was::Spaces::spaces_make
    ],
    ['spaces show', 'SPACE', [], 1, 1, \&Was::Spaces::spaces_show],
    ['spaces rm', 'SPACE', [], 1, 1, \&Was::Spaces::spaces_rm],
    ['collections list', 'SPACE', [], 1, 1, \&Was::Spaces::collections_list],
    [
        'collections make', 'SPACE [--id ID] [--name NAME]', [qw(id=s name=s)], 1, 1,
        \&Was::Spaces::collections_make
    ],
    ['collections show', 'COLLECTION', [], 1, 1, \&Was::Spaces::collections_show],
    ['collections rm', 'COLLECTION', [], 1, 1, \&Was::Spaces::collections_rm],
    ['ls', '[-l] URL', ['l'], 1, 1, \&Was::Single::ls],
    ['get', 'URL [FILE]', [], 1, 2, \&Was::Single::get],
    [
        'put', 'FILE URL [--type TYPE] [--new | --if-match ETAG]', [qw(type=s new if-match=s)], 2,
        2, \&Was::Single::put
    ],
    ['rm', 'URL...', [], 1, undef, \&Was::Single::rm],
    ['cp', '[-r] FROM TO', ['r'], 2, 2, \&cp],
    [
        'sync', 'DIRECTORY URL [--delete] [--known] [--dry-run]', [qw(delete known dry-run)], 2, 2,
        \&sync
    ],
    [
        'share', 'URL --to DID [--actions GET,PUT] [--expires 7d]', [qw(to=s actions=s expires=s)],
        1, 1, sub { my ($session, $option, $url) = @_; Was::Share::share($session, $url, %$option) }
    ],
    ['revoke', 'CAPABILITY', [], 1, 1, \&revoke],
    ['policy get', 'URL', [], 1, 1, sub { Was::Share::policy($_[0], 'get', $_[2]) }],
    ['policy set', 'URL FILE', [], 2, 2, \&policy_set],
    ['policy public', 'URL', [], 1, 1, sub { Was::Share::policy($_[0], 'public', $_[2]) }],
    ['policy rm', 'URL', [], 1, 1, sub { Was::Share::policy($_[0], 'rm', $_[2]) }],
    ['export', 'SPACE [FILE]', [], 1, 2, \&Was::Spaces::export],
    ['import', 'SPACE FILE', [], 2, 2, \&Was::Spaces::import_archive],
    ['did', '', [], 0, 0, sub { print $_[0]->key->did, "\n"; return 0 }],
    ['key new', '', [], 0, 0, \&key_new],
);

my @GLOBAL = qw(key=s capability=s protocol=s token=s json quiet|q help|h version|V);

my $HEAD = <<'TEXT';
Usage: was [OPTIONS] COMMAND ARGUMENTS

Talks to servers of Wallet Attached Storage: the classic protocol and Portable Web Spaces (pws).

  --key FILE         your key: PEM or OpenSSH, Ed25519, without passphrase; without this option
                     $WAS_KEY or ~/.config/was/key.pem, which is made at its first use
  --capability FILE  use what somebody shared with you (- is standard input; or the line itself)
  --protocol NAME    classic or pws, instead of asking the server
  --token FILE       a file with the token that a server wants of who makes a space
  --json             write JSON for programs
  -q, --quiet        no progress and no summary
  -h, --help, -V, --version

Commands:
TEXT

my $TAIL = <<'TEXT';
  curl ...           curl with a signature of the classic protocol; was curl --help

SERVER is http://host or where the server is mounted there, SPACE .../space/ID, COLLECTION (pws)
.../space/ID/COLLECTION/. A directory goes below .../space/ID/PATH/ (classic) or into a COLLECTION.

Exit codes: 0 done; 1 some of it not done; 2 not asked for in a way that can be done; 3 not there;
4 not allowed; 5 a conflict; 6 too large, or no room; 7 no connection; 8 the server is in trouble.
TEXT

sub usage {
    my $text = $HEAD;
    $text .= "  $_->[0] $_->[1]" =~ s/\s+\z//r . "\n" for @COMMANDS;
    return $text . $TAIL;
}

sub main {
    my (@words) = @_;
    return Was::Curl::main(@words[1 .. $#words]) if @words && $words[0] eq 'curl';
    my %option;
    my $parser = Getopt::Long::Parser->new(config => [qw(no_ignore_case bundling require_order)]);
    my @leading = parse($parser, \%option, [@GLOBAL], @words);
    my $done = answer_global(\%option, scalar @leading);
    return $done if defined $done;
    my ($command, @rest) = find_command(@leading);
    my ($name, $takes, $specs, $least, $most, $code) = @$command;
    $parser->configure('permute');
    my @arguments = parse($parser, \%option, [@GLOBAL, @$specs], @rest);
    $done = answer_global(\%option, 1);
    return $done if defined $done;
    refuse(usage => "it is: was $name $takes")
        if @arguments < $least || defined $most && @arguments > $most;
    $Was::Say::quiet = $option{quiet};
    return $code->(session_of(\%option), \%option, @arguments);
}

sub parse {
    my ($parser, $option, $specs, @words) = @_;
    my @complaints;
    local $SIG{__WARN__} = sub { push @complaints, $_[0] =~ s/\s+\z//r };
    my $is_good = $parser->getoptionsfromarray(\@words, $option, @$specs);
    refuse(usage => lcfirst($complaints[0] // 'these options cannot be') . ' (was --help)')
        if !$is_good;
    return @words;
}

sub answer_global {
    my ($option, $has_words) = @_;
    if ($option->{help}) {
        print usage();
        return 0;
    }
    if ($option->{version}) {
        my $curl = (split ' ', capture(qw(curl -q --version)) // '? ?')[1];
        my $openssl = (split ' ', capture(qw(openssl version)) // '? ?')[1];
        print "was of mod_was, with curl $curl and OpenSSL $openssl\n";
        return 0;
    }
    return if $has_words;
    print STDERR usage();
    return $Was::Say::CODE{usage};
}

sub find_command {
    my (@words) = @_;
    for my $command (@COMMANDS) {
        my @name = split / /, $command->[0];
        next if @words < @name || grep { $words[$_] ne $name[$_] } 0 .. $#name;
        return ($command, @words[@name .. $#words]);
    }
    my @verbs = map { /\A\Q$words[0]\E (.*)\z/ ? $1 : () } map { $_->[0] } @COMMANDS;
    refuse(usage => "it is: was $words[0] " . join '|', @verbs) if @verbs;
    return refuse(usage => shown($words[0]) . ' is no command (was --help)');
}

sub session_of {
    my ($option) = @_;
    my $protocol = $option->{protocol} // $ENV{WAS_PROTOCOL};
    undef $protocol if !length($protocol // '');
    refuse(usage => '--protocol is classic or pws')
        if defined $protocol && $protocol !~ /\A(?:classic|pws)\z/;
    my $capability = $option->{capability};
    return Was::Session->new(
        key => $option->{key}, protocol => $protocol, token => $option->{token},
        capability => defined $capability ? capability_of($capability) : undef);
}

# The bytes of a small file that the user names, - is standard input.
sub text_of {
    my ($file) = @_;
    my $in = \*STDIN;
    if ($file ne '-') {
        undef $in;
        open $in, '<:raw', $file or refuse(usage => shown($file) . " cannot be read: $!");
    }
    my $text = '';
    while (read $in, $text, 65536, length $text) {
        refuse(usage => shown($file) . ' is too long') if length $text > 1048576;
    }
    return $text;
}

# A file, standard input, or the capability itself.
sub capability_of {
    my ($what) = @_;
    return read_capability($what, 'the capability') if $what =~ /\A\s*\{/;
    return read_capability(text_of($what), $what eq '-' ? 'standard input' : shown($what));
}

# Many files.

sub is_url { return $_[0] =~ m{\Ahttps?://}i }

sub cp {
    my ($session, $option, $from, $to) = @_;
    my $goes_up = is_url($to);
    refuse(usage => 'one of both is a URL, the other is here') if $goes_up == is_url($from);
    if (!$option->{r}) {
        refuse(usage => shown($from) . ' is a directory: cp -r') if -d $from;
        return $goes_up
            ? Was::Single::put($session, $option, $from, $to)
            : Was::Single::get($session, $option, $from, $to);
    }
    my $tally =
        $goes_up ? Was::Copy::up($session, $from, $to) : Was::Copy::down($session, $from, $to);
    $tally->report($option->{json});
    return $tally->code;
}

sub sync {
    my ($session, $option, $directory, $url) = @_;
    refuse(usage => 'it is: was sync DIRECTORY URL') if is_url($directory) || !is_url($url);
    my $tally = Was::Sync::run(
        $session, $directory, $url,
        map { $_ => $option->{s/_/-/r} } qw(delete known dry_run));
    $tally->report($option->{json});
    return $tally->code;
}

# Others.

sub revoke {
    my ($session, $option, $capability) = @_;
    return Was::Share::revoke($session, capability_of($capability));
}

sub policy_set {
    my ($session, $option, $url, $file) = @_;
    return Was::Share::policy($session, 'set', $url, text_of($file));
}

sub key_new {
    my ($session) = @_;
    my $file = $session->{key} // Was::Key::usual_file();
    refuse(usage => "there is a $file already; it is left as it is") if -e $file;
    Was::Key::make($file);
    print Was::Key->load($file)->did, "\n";
    return 0;
}

1;
