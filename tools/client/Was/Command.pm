# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Command: the commands of `was`: their words, options and arguments as one table, and those that
# are a request or two. Owns what goes to standard output. Files in numbers are Was::Copy's and
# Was::Sync's, capabilities and policies Was::Share's, `was curl` is Was::Curl.

package Was::Command;

use strict;
use warnings;

use File::Basename qw(basename);
use Getopt::Long ();
use JSON::PP ();
use Was::Copy;
use Was::Curl;
use Was::Files;
use Was::Folder;
use Was::Key;
use Was::Names qw(media_type name_of_id name_of_path name_fault);
use Was::Say;
use Was::Session;
use Was::Share;
use Was::Sync;
use Was::Transfer qw(download download_to upload);
use Was::Zcap qw(read_capability);

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;

# Each command: what it takes, its options, the least and the most arguments, and what does it, which
# gets the session, the options and the arguments, and yields the exit code.
my @COMMANDS = (
    ['spaces list', 'SERVER', [], 1, 1, \&spaces_list],
    ['spaces make', 'SERVER [--id ID] [--name NAME]', [qw(id=s name=s)], 1, 1, \&spaces_make],
    ['spaces show', 'SPACE', [], 1, 1, \&spaces_show],
    ['spaces rm', 'SPACE', [], 1, 1, \&spaces_rm],
    ['collections list', 'SPACE', [], 1, 1, \&collections_list],
    [
        'collections make', 'SPACE [--id ID] [--name NAME]', [qw(id=s name=s)], 1, 1,
        \&collections_make
    ],
    ['collections show', 'COLLECTION', [], 1, 1, \&collections_show],
    ['collections rm', 'COLLECTION', [], 1, 1, \&collections_rm],
    ['ls', '[-l] URL', ['l'], 1, 1, \&ls],
    ['get', 'URL [FILE]', [], 1, 2, \&get],
    [
        'put', 'FILE URL [--type TYPE] [--new | --if-match ETAG]', [qw(type=s new if-match=s)], 2,
        2, \&put
    ],
    ['rm', 'URL...', [], 1, undef, \&rm],
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
    ['export', 'SPACE [FILE]', [], 1, 2, \&export],
    ['import', 'SPACE FILE', [], 2, 2, \&import_archive],
    ['did', '', [], 0, 0, sub { print $_[0]->key->did, "\n"; return 0 }],
    ['key new', '', [], 0, 0, \&key_new],
);

my @GLOBAL = qw(key=s capability=s protocol=s token=s json quiet|q help|h version|V);

my $HEAD = <<'TEXT';
Usage: was [OPTIONS] COMMAND ARGUMENTS

Talks to servers of Wallet Attached Storage: of the classic protocol and of Portable Web Spaces (pws).

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

sub print_json {
    print $JSON->encode($_[0]), "\n";
    return 0;
}

sub print_answer {
    print $_[0]{body}, "\n";
    return 0;
}

# A text of an answer, for people.
sub word_of {
    my ($value) = @_;
    return '' if !defined $value || ref $value;
    my $bytes = "$value";
    utf8::encode($bytes);
    return shown($bytes);
}

# Items as JSON, or of each what $line makes of it.
sub print_items {
    my ($option, $items, $line) = @_;
    return print_json($items) if $option->{json};
    print $line->($_), "\n" for grep { ref eq 'HASH' } @$items;
    return 0;
}

# Spaces and collections.

sub place_of_kind {
    my ($session, $url, $kind) = @_;
    my %called = (server => 'a server', space => 'a space, .../space/ID');
    my $place = $session->place($url);
    return $place if $place->{kind} eq $kind;
    return refuse(usage => shown($url) . " is not the URL of $called{$kind}");
}

# All items of a listing of pws; pages as long as they lead on in it.
sub all_items {
    my ($session, $place, $tail) = @_;
    my (@items, %seen);
    my $target = $tail;
    while (!$seen{$target}++) {
        my $answer = $session->request('GET', $session->at($place, $target));
        my $document = Was::Session::object_of($answer);
        refuse(server => 'the listing has no items') if ref $document->{items} ne 'ARRAY';
        push @items, @{ $document->{items} };
        my $next = $document->{next} // return \@items;
        my ($query) = $next =~ m{\A\Q$place->{mount}$tail\E(\?[\x21-\x7e]+)\z}
            or refuse(server => 'the listing leads elsewhere: ' . word_of($next));
        $target = $tail . $query;
    }
    return refuse(server => 'the listing goes in a circle');
}

sub spaces_list {
    my ($session, $option, $url) = @_;
    my $place = place_of_kind($session, $url, 'server');
    my $items;
    if ($session->is_pws($place)) { $items = all_items($session, $place, '/spaces/') }
    else {
        my $answer = $session->request('GET', $session->at($place, '/spaces/'));
        $items = Was::Session::parse_json($answer->{body});
        refuse(server => 'the answer is not the list that is due') if ref $items ne 'ARRAY';
    }
    return print_items(
        $option, $items,
        sub {
            my ($item) = @_;
            my $id = word_of($item->{id}) =~ s/\Aurn:uuid://r;
            my $name = word_of($item->{name});
            return "$place->{origin}$place->{mount}/space/$id" . ($name eq '' ? '' : "  $name");
        });
}

# What a body says of what is made: of these members those that were given.
sub members_of {
    my ($option, %member) = @_;
    my %body;
    for my $name (grep { defined $option->{$_} } qw(id name)) {
        my $text = $option->{$name};
        utf8::decode($text) or refuse(usage => "--$name is not UTF-8");
        $body{ $member{$name} // $name } = $text;
    }
    return %body;
}

sub spaces_make {
    my ($session, $option, $url) = @_;
    my $place = place_of_kind($session, $url, 'server');
    my $is_pws = $session->is_pws($place);
    my %body = (
        members_of($option, id => $is_pws ? 'id' : 'uuid'),
        controller => $session->key->did,
    );
    my $answer = $session->request(
        'POST', $session->at($place, '/spaces/'), type => 'application/json',
        content => $JSON->encode(\%body), token => 1);
    return print_made($option, $answer, $place, '/space/', $is_pws ? '/' : '');
}

# The URL of what was made, from its Location.
sub print_made {
    my ($option, $answer, $place, $below, $end) = @_;
    my ($id) = ($answer->{headers}{location} // '') =~ m{\Q$below\E([A-Za-z0-9\-._~:%]+)/?\z}
        or refuse(server => 'it was made, but the answer does not say where');
    my $made = "$place->{origin}$place->{mount}$below$id$end";
    return print_json({ url => $made }) if $option->{json};
    print "$made\n";
    return 0;
}

sub space_of {
    my ($session, $url) = @_;
    my $place = place_of_kind($session, $url, 'space');
    my $end = $session->is_pws($place) ? '/' : '';
    return $session->at($place, "/space/$place->{space}$end");
}

sub spaces_show {
    my ($session, $option, $url) = @_;
    my $place = space_of($session, $url);
    $place->{target} .= 'meta' if $session->is_pws($place);
    return print_answer($session->request('GET', $place));
}

sub spaces_rm {
    my ($session, $option, $url) = @_;
    $session->request('DELETE', space_of($session, $url));
    return 0;
}

sub pws_space {
    my ($session, $url) = @_;
    my $place = space_of($session, $url);
    return $place if $session->is_pws($place);
    return refuse(usage => 'the classic protocol has no collections');
}

sub collections_list {
    my ($session, $option, $url) = @_;
    my $place = pws_space($session, $url);
    my $items = all_items($session, $place, "/space/$place->{space}/");
    return print_items(
        $option, $items,
        sub {
            my ($item) = @_;
            my ($id, $name) = map { word_of($item->{$_}) } qw(id name);
            my $at = "$place->{origin}$place->{mount}/space/$place->{space}/$id/";
            return $name eq '' || $name eq $id ? $at : "$at  $name";
        });
}

sub collections_make {
    my ($session, $option, $url) = @_;
    my $place = pws_space($session, $url);
    my $answer = $session->request(
        'POST', $place, type => 'application/json',
        content => $JSON->encode({ members_of($option) }));
    return print_made($option, $answer, $place, "/space/$place->{space}/", '/');
}

sub collection_of {
    my ($session, $url) = @_;
    return Was::Folder->new($session, $url)->container;
}

sub collections_show {
    my ($session, $option, $url) = @_;
    pws_space($session, $url =~ s{(/space/[^/]+)/.*}{$1}sr);
    my $place = collection_of($session, $url);
    $place->{target} .= 'meta';
    return print_answer($session->request('GET', $place));
}

sub collections_rm {
    my ($session, $option, $url) = @_;
    pws_space($session, $url =~ s{(/space/[^/]+)/.*}{$1}sr);
    $session->request('DELETE', collection_of($session, $url));
    return 0;
}

# What is there.
sub ls {
    my ($session, $option, $url) = @_;
    my $place = $session->place($url);
    return spaces_list($session, $option, $url) if $place->{kind} eq 'server';
    return collections_list($session, $option, $url)
        if $place->{kind} eq 'space' && $session->is_pws($place);
    my @items;
    Was::Folder->new($session, $url)->each_item(sub {
        my ($item) = @_;
        if ($option->{json}) { push @items, $item }
        else { print line_of($option, $item), "\n" }
        return;
    });
    return $option->{json} ? print_json(\@items) : 0;
}

sub line_of {
    my ($option, $item) = @_;
    my $name = shown($item->{name} // $item->{id} // $item->{path});
    return $name if !$option->{l};
    return sprintf '%12s  %-30s  %s', $item->{size} // '-', word_of($item->{type}), $name;
}

# One file.

# A place for one file: what the URL names, or below it when it is a folder's.
sub file_place {
    my ($session, $url, $name) = @_;
    my $place = $session->place($url);
    my $is_folder =
           $place->{kind} ne 'inside'
        || $place->{path} =~ m{/\z}
        || $session->is_pws($place) && $place->{rest} =~ m{\A/[^/]+\z};
    return $place if !$is_folder;
    refuse(usage => shown($url) . ' is the URL of a folder; write that of the file')
        if !defined $name;
    my $folder = Was::Folder->new($session, $url);
    my $fault = Was::Names::remote_fault($name, $folder->is_pws);
    refuse(usage => shown($name) . ": $fault") if defined $fault;
    return $folder->place_of($name);
}

sub get {
    my ($session, $option, $url, $file) = @_;
    my $place = file_place($session, $url);
    if (!defined $file || $file eq '-') {
        download_to($session, $place, \*STDOUT);
        return 0;
    }
    $file = "$file/" . local_name($session, $place) if -d $file;
    my $bytes = 0;
    my $got = download(
        $session, $place, $file,
        more => sub { $bytes += $_[0]; progress(Was::Tally::amount($bytes)) });
    note(shown($file) . ', ' . Was::Tally::amount($got->{size})) if !$option->{quiet};
    return 0;
}

# The name that a file has here when it is got into a directory: the last part of its own.
sub local_name {
    my ($session, $place) = @_;
    my $last = ($place->{path} =~ m{([^/]*)\z})[0];
    my $name = $session->is_pws($place) ? name_of_id($last) : name_of_path($last);
    $name = basename($name) if defined $name && !defined name_fault($name);
    refuse(usage => shown($last) . ' makes no name of a file; name one')
        if !defined $name || defined name_fault($name) || $name =~ m{/};
    return $name;
}

sub put {
    my ($session, $option, $file, $url) = @_;
    my $is_input = $file eq '-';
    my $place = file_place($session, $url, $is_input ? undef : basename($file));
    refuse(usage => shown($file) . ' is not a file') if !$is_input && !-f $file;
    my $name = name_of_path($place->{target} =~ m{([^/]*)\z});
    my $type = $option->{type} // media_type($is_input ? $name : $file);
    $file = private_file(do { local $/; binmode STDIN; <STDIN> // '' }) if $is_input;
    refuse(usage => '--new and --if-match exclude each other')
        if $option->{new} && defined $option->{'if-match'};
    my @headers =
          $option->{new} ? ['If-None-Match' => '*']
        : defined $option->{'if-match'} ? ['If-Match' => $option->{'if-match'}]
        : ();
    my ($answer) = upload($session, $place, $file, type => $type, headers => \@headers);
    my $etag = $answer->{headers}{etag};
    return print_json({ etag => $etag, url => "$place->{origin}$place->{target}" })
        if $option->{json};
    return 0;
}

sub rm {
    my ($session, $option, @urls) = @_;
    my @places = map { file_place($session, $_) } @urls;
    $session->request('DELETE', $_) for @places;
    return 0;
}

# Many files.

sub is_url { return $_[0] =~ m{\Ahttps?://}i }

sub cp {
    my ($session, $option, $from, $to) = @_;
    my $goes_up = is_url($to);
    refuse(usage => 'one of both is a URL, the other is here') if $goes_up == is_url($from);
    if (!$option->{r}) {
        refuse(usage => shown($from) . ' is a directory: cp -r') if -d $from;
        return $goes_up ? put($session, $option, $from, $to) : get($session, $option, $from, $to);
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

sub export {
    my ($session, $option, $url, $file) = @_;
    my $place = space_of($session, $url);
    my $is_pws = $session->is_pws($place);
    $place->{target} .= 'export' if $is_pws;
    $file //= 'space.' . name_of_path($place->{space}) . '.tar';
    refuse(usage => 'name the file: the id of this space makes no name of one')
        if $file =~ m{[/\0]} && @_ < 4;
    my ($part, $fault) = $file eq '-' ? () : Was::Files::open_part($file, $place->{target});
    refuse(partly => shown($file) . ": $fault") if defined $fault;
    my $write = sub {
        my $error = $part ? $part->append($_[0]) : print(STDOUT $_[0]) ? undef : "$!";
        refuse(partly => "cannot write the archive: $error") if defined $error;
    };
    my $done = eval {
        $session->request(
            $is_pws ? 'POST' : 'GET', $place, patience => 900,
            headers => [$is_pws ? () : [Accept => 'application/x-tar']],
            sink => sub {
                my ($answer) = @_;
                return if $answer->{status} != 200;
                refuse(server => 'this server has no export')
                    if ($answer->{headers}{'content-type'} // '') !~ m{\Aapplication/x-tar\b};
                return $write;
            });
    };
    if (!$done) {
        my $reason = $@;
        $part->abandon if $part;
        die $reason;
    }
    $fault = $part ? $part->finish : undef;
    refuse(partly => shown($file) . ": cannot write it: $fault") if defined $fault;
    return 0;
}

sub import_archive {
    my ($session, $option, $url, $file) = @_;
    my $place = space_of($session, $url);
    $place->{target} .= 'import' if $session->is_pws($place);
    refuse(usage => shown($file) . ' is not a file') if !-f $file;
    my $answer = $session->request(
        'POST', $place, type => 'application/x-tar', file => $file,
        patience => 900);
    return length $answer->{body} ? print_answer($answer) : 0;
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
