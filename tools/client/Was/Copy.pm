# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Copy: a directory and all below it to a server, or from one. Owns what happens to each file,
# that a run that was ended goes on where it stood, and what is said in the end. What was done more
# than a day ago is done again: it may not be what is there now.

package Was::Copy;

use strict;
use warnings;

use Cwd ();
use Was::Files;
use Was::Folder;
use Was::Journal;
use Was::Names;
use Was::Say;
use Was::Tally;
use Was::Transfer qw(download upload);

my $DAY = 86400;

sub journal_of {
    my ($what, $session, $folder, $files, %option) = @_;
    my $directory = Cwd::realpath($files->{directory});
    return Was::Journal->start([$what, $session->key->did, $folder->url, $directory], %option);
}

sub up {
    my ($session, $directory, $url) = @_;
    my $files = Was::Files->new($directory);
    my $folder = Was::Folder->new($session, $url);
    my $journal = journal_of('up', $session, $folder, $files, age => $DAY);
    my ($names, $left) = $files->walk;
    my $tally = Was::Tally->new('copied', scalar @$names);
    $tally->leave(@$_) for @$left;
    for my $name (@$names) {
        my $fault = Was::Names::remote_fault($name, $folder->is_pws);
        my $mark = $files->mark_of($name);
        my $before = $journal->record($name);
        if (defined $fault) { $tally->fail($name, $fault) }
        elsif (!defined $mark) { $tally->leave($name, 'it is gone') }
        elsif ($before && $before->{mark} eq $mark) { $tally->skip($name) }
        else {
            $tally->try_to(
                $name,
                sub {
                    my ($answer, $type) = upload(
                        $session, $folder->place_of($name), $files->path($name),
                        takes_any => 1);
                    $journal->note_record($name, { mark => $mark });
                    return (split / /, $mark)[0];
                });
        }
    }
    return _finish($tally, $journal);
}

sub down {
    my ($session, $url, $directory) = @_;
    my $folder = Was::Folder->new($session, $url);
    my $files = Was::Files->new($directory, make => 1);
    my $journal = journal_of('down', $session, $folder, $files, age => $DAY);
    my $tally = Was::Tally->new('copied');
    if ($folder->is_pws) { _down_by_listing($session, $folder, $files, $journal, $tally) }
    else { _down_by_export($folder, $files, $journal, $tally) }
    return _finish($tally, $journal);
}

# What ended with all files done need not be remembered.
sub _finish {
    my ($tally, $journal) = @_;
    $journal->remove if !$tally->has_failed;
    return $tally;
}

sub _is_done {
    my ($files, $journal, $name) = @_;
    my $before = $journal->record($name) // return 0;
    return $before->{mark} eq ($files->mark_of($name) // '');
}

sub _down_by_listing {
    my ($session, $folder, $files, $journal, $tally) = @_;
    my @names;
    $folder->each_item(sub {
        my ($item) = @_;
        if (defined $item->{name}) { push @names, $item->{name} }
        else { $tally->fail($item->{id}, $item->{fault}) }
        return;
    });
    $tally->expect(scalar @names);
    for my $name (@names) {
        if (_is_done($files, $journal, $name)) {
            $tally->skip($name);
            next;
        }
        my $fault = $files->make_way($name);
        if (defined $fault) {
            $tally->fail($name, $fault);
            next;
        }
        $tally->try_to(
            $name,
            sub {
                my $got = download(
                    $session, $folder->place_of($name), $files->path($name),
                    more => sub { $tally->watch($_[0]) });
                $journal->note_record($name, { mark => $files->mark_of($name) });
                return $got->{size};
            },
            404);
    }
    return;
}

# One answer with all files: those that are done already are read past.
sub _down_by_export {
    my ($folder, $files, $journal, $tally) = @_;
    my $open;
    my $done = eval {
        $folder->each_exported(sub {
            my ($item) = @_;
            my $name = $item->{name};
            return $tally->fail($item->{path}, $item->{fault}) if !defined $name;
            if (_is_done($files, $journal, $name)) { return $tally->skip($name) }
            my $fault = $files->make_way($name);
            return $tally->fail($name, $fault) if defined $fault;
            ($open, $fault) = Was::Files::open_part($files->path($name), $folder->url);
            return $tally->fail($name, $fault) if !$open;
            return _receiver($open, $name, $files, $journal, $tally);
        });
        1;
    };
    return if $done;
    my $fault = $@;
    $open->abandon if $open;
    die $fault;
}

sub _receiver {
    my ($part, $name, $files, $journal, $tally) = @_;
    return sub {
        my ($bytes) = @_;
        my $fault = defined $bytes ? $part->append($bytes) : $part->finish;
        refuse(partly => shown($name) . ": cannot write it: $fault") if defined $fault;
        return $tally->watch(length $bytes) if defined $bytes;
        $journal->note_record($name, { mark => $files->mark_of($name) });
        return $tally->count($name, $part->size);
    };
}

1;
