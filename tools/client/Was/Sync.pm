# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Was::Sync: a directory and a server's folder, made equal in both directions. Owns what was the
# same on both sides the last time (a journal), how it is found what has changed since, and what is
# done then. Nothing that was changed is ever overwritten: each write carries the validator of what
# it replaces, and what was changed on both sides is left to people.
#
# What has changed there: Portable Web Spaces tell by their feed of changes, from where the last run
# stopped. The classic protocol has neither feed nor listing: the export says what is there,
# or, with `known`, each file that was there is asked for its ETag, and new ones stay unseen.

package Was::Sync;

use strict;
use warnings;

use Digest::SHA ();
use JSON::PP ();
use Was::Copy;
use Was::Files;
use Was::Folder;
use Was::Names;
use Was::Say;
use Was::Session;
use Was::Tally;
use Was::Transfer qw(download upload);

# Options: delete (what is gone on one side goes on the other), known, dry_run.
sub run {
    my ($session, $directory, $url, %option) = @_;
    my $folder = Was::Folder->new($session, $url);
    my $was_there = -d $directory;
    my $files = Was::Files->new($directory, make => 1);
    my $self = bless {
        session => $session, folder => $folder, files => $files, option => \%option,
        journal => Was::Copy::journal_of('sync', $session, $folder, $files),
        tally => Was::Tally->new($option{dry_run} ? 'to do' : 'done'),
    };
    # All of it gone at once is a mistake, or a disk that is not mounted.
    refuse(usage => 'the directory that was synced before is gone; without --delete it comes back')
        if !$was_there && $option{delete} && $self->_known;
    my ($names, $left) = $files->walk;
    $self->{tally}->leave(@$_) for @$left;
    my %here = map { $_ => 1 } @$names;
    my $there = $folder->is_pws ? $self->_by_feed : $self->_by_asking;
    my %all = map { $_ => 1 } @$names, keys %$there, $self->_known;
    $self->{tally}->expect(scalar keys %all);
    $self->_settle($_, $here{$_}, $there->{$_}) for sort keys %all;
    $self->{journal}->compact if !$option{dry_run};
    return $self->{tally};
}

# A record of the journal has `etag` (what is there), and of a name that is the same on both sides
# `mark` and `sha256`, too.
sub _known {
    my ($self) = @_;
    return grep { defined $self->{journal}->record($_)->{mark} } $self->{journal}->names;
}

# What is there, as name => ETag; asked for by the feed.
sub _by_feed {
    my ($self) = @_;
    my $journal = $self->{journal};
    my %there = map { $_ => $journal->record($_)->{there} }
        grep { defined $journal->record($_)->{there} } $journal->names;
    my $checkpoint = $journal->fact('checkpoint');
    while (1) {
        my $page = $self->_page($checkpoint);
        if (!$page) {
            # Not a place of this feed any more: all of it is read.
            refuse(server => 'the feed refuses its own beginning') if !defined $checkpoint;
            note('what is there was made anew, so that nothing is deleted here in this run')
                if $self->{option}{delete};
            $self->{is_anew} = 1;
            undef $checkpoint;
            %there = ();
            next;
        }
        my $documents = $page->{documents};
        last if !@$documents;
        $self->_take_document(\%there, $_) for @$documents;
        my $next = $page->{checkpoint};
        refuse(server => 'the feed does not go on')
            if !defined $next
            || ref $next
            || $next eq ($checkpoint // '');
        $checkpoint = $next;
    }
    $self->_note_there(\%there, $checkpoint) if !$self->{option}{dry_run};
    return \%there;
}

# A page of the feed; nothing where the place is none.
sub _page {
    my ($self, $checkpoint) = @_;
    my $folder = $self->{folder};
    my %query = (profile => 'changes', limit => 1000);
    $query{checkpoint} = $checkpoint if defined $checkpoint;
    my $answer = $self->{session}->request(
        'POST', $self->{session}->at($folder->{place}, "$folder->{base}query"),
        type => 'application/json', content => JSON::PP->new->utf8->encode(\%query),
        may => [400]);
    if ($answer->{status} == 400) {
        my $problem = Was::Session::parse_json($answer->{body});
        my $errors = ref $problem eq 'HASH' ? $problem->{errors} : undef;
        my @pointers =
            map { ref eq 'HASH' ? $_->{pointer} // '' : '' } ref $errors eq 'ARRAY' ? @$errors : ();
        return if grep { $_ eq '#/checkpoint' } @pointers;
        $self->{session}->explain($answer, $folder->{place});
    }
    my $page = Was::Session::object_of($answer);
    refuse(server => 'the feed has no documents') if ref $page->{documents} ne 'ARRAY';
    return $page;
}

sub _take_document {
    my ($self, $there, $document) = @_;
    refuse(server => 'the feed has a document that is no object') if ref $document ne 'HASH';
    return if ($document->{kind} // '') ne 'resource';
    my ($id, $etag) = @$document{qw(id etag)};
    refuse(server => 'the feed has a document without id or etag')
        if grep { !defined || ref } $id, $etag;
    utf8::encode($_) for $id, $etag;
    my $item = $self->{folder}->named($id);
    return $self->{tally}->fail($id, $item->{fault}) if !defined $item->{name};
    if ($document->{deleted}) { delete $there->{ $item->{name} } }
    else { $there->{ $item->{name} } = $etag }
    return;
}

# The feed tells each change once, so what it told is remembered before anything is done.
sub _note_there {
    my ($self, $there, $checkpoint) = @_;
    my $journal = $self->{journal};
    my %names = map { $_ => 1 } $journal->names, keys %$there;
    for my $name (sort keys %names) {
        my $record = $journal->record($name) // {};
        my ($before, $now) = ($record->{there}, $there->{$name});
        next if ($before // '') eq ($now // '');
        my %changed = %$record;
        delete $changed{there};
        $changed{there} = $now if defined $now;
        if (%changed) { $journal->note_record($name, \%changed) }
        else { $journal->drop($name) }
    }
    $journal->note_facts(checkpoint => $checkpoint);
    return;
}

# What is there, in the classic protocol.
sub _by_asking {
    my ($self) = @_;
    my $journal = $self->{journal};
    my %there;
    if ($self->{option}{known}) {
        for my $name ($self->_known) {
            my $etag = $self->_ask_for_tag($name);
            $there{$name} = $etag if defined $etag;
        }
        return \%there;
    }
    my %digest;
    $self->{folder}->each_exported(sub {
        my ($item) = @_;
        my $name = $item->{name} // return $self->{tally}->fail($item->{path}, $item->{fault});
        my $sha = Digest::SHA->new(256);
        return sub {
            if (@_) { $sha->add($_[0]) }
            else { $digest{$name} = $sha->hexdigest }
        };
    });
    for my $name (sort keys %digest) {
        my $record = $journal->record($name) // {};
        my $is_same = ($record->{sha256} // '') eq $digest{$name};
        my $etag = $is_same ? $record->{etag} : $self->_ask_for_tag($name);
        $there{$name} = $etag if defined $etag;
    }
    return \%there;
}

sub _ask_for_tag {
    my ($self, $name) = @_;
    my $place = $self->{folder}->place_of($name);
    my $answer = $self->{session}->request('HEAD', $place, may => [404]);
    return if $answer->{status} == 404;
    return $answer->{headers}{etag}
        // refuse(server => 'this server gives no ETag, without which nothing can be synced');
}

# What is done with a name. `is_here`: whether there is a file; `etag`: of what is there, if
# anything is.
sub _settle {
    my ($self, $name, $is_here, $etag) = @_;
    my $record = $self->{journal}->record($name) // {};
    my $was_same = defined $record->{mark};
    my $changed_here = $is_here && $self->_has_changed($name, $record);
    my $changed_there = defined $etag && $etag ne ($record->{etag} // '');
    if (!$is_here && !defined $etag) {
        return $self->{option}{dry_run} ? () : $self->{journal}->drop($name);
    }
    if (!$was_same) {
        return $self->_compare($name, $etag) if $is_here && defined $etag;
        return $is_here ? $self->_put($name) : $self->_get($name);
    }
    if ($is_here && defined $etag) {
        return $self->_compare($name, $etag) if $changed_here && $changed_there;
        return $self->_put($name, $record->{etag}) if $changed_here;
        return $self->_get($name) if $changed_there;
        return $self->{tally}->skip($name);
    }
    if ($is_here) {
        return $changed_here ? $self->_put($name) : $self->_gone_there($name);
    }
    return $changed_there ? $self->_get($name) : $self->_gone_here($name, $record->{etag});
}

sub _has_changed {
    my ($self, $name, $record) = @_;
    return 1 if !defined $record->{mark};
    my $mark = $self->{files}->mark_of($name) // return 1;
    return 0 if $mark eq $record->{mark};
    return ($self->{files}->sha256_of($name) // '') ne ($record->{sha256} // '');
}

# Says what would be done; true when that is all.
sub _only_says {
    my ($self, $what, $name) = @_;
    return 0 if !$self->{option}{dry_run};
    print "$what ", shown($name), "\n";
    $self->{tally}->count($name, 0);
    return 1;
}

sub _note_same {
    my ($self, $name, $etag) = @_;
    my $mark = $self->{files}->mark_of($name) // return;
    my $sha256 = $self->{files}->sha256_of($name) // return;
    my %record = (mark => $mark, sha256 => $sha256, etag => $etag);
    $record{there} = $etag if $self->{folder}->is_pws;
    $self->{journal}->note_record($name, \%record);
    return (split / /, $mark)[0];
}

# Without `etag`, only where nothing is there.
sub _put {
    my ($self, $name, $etag) = @_;
    my $fault = Was::Names::remote_fault($name, $self->{folder}->is_pws);
    return $self->{tally}->fail($name, $fault) if defined $fault;
    return if $self->_only_says('put', $name);
    my $condition = defined $etag ? ['If-Match' => $etag] : ['If-None-Match' => '*'];
    $self->{tally}->try_to(
        $name,
        sub {
            my ($files, $folder) = @$self{qw(files folder)};
            my $mark = $files->mark_of($name);
            my ($answer) = upload(
                $self->{session}, $folder->place_of($name), $files->path($name), takes_any => 1,
                headers => [$condition]);
            refuse(partly => 'it was changed while it was sent; the next run looks again')
                if ($files->mark_of($name) // '') ne ($mark // '');
            return $self->_note_same($name, $answer->{headers}{etag} // $self->_ask_for_tag($name));
        });
    return;
}

# Replaces no file that is changed while its successor arrives.
sub _get {
    my ($self, $name) = @_;
    return if $self->_only_says('get', $name);
    my ($files, $folder) = @$self{qw(files folder)};
    my $fault = $files->make_way($name);
    return $self->{tally}->fail($name, $fault) if defined $fault;
    my $mark = $files->mark_of($name) // '';
    $self->{tally}->try_to(
        $name,
        sub {
            my $got = download(
                $self->{session}, $folder->place_of($name), $files->path($name),
                more => sub { $self->{tally}->watch($_[0]) },
                before => sub {
                    refuse(partly => 'it was changed here meanwhile; the next run looks again')
                        if ($files->mark_of($name) // '') ne $mark;
                });
            return $self->_note_same($name, $got->{etag} // $self->_ask_for_tag($name));
        },
        404);
    return;
}

# Both sides have it and it is not known to be the same.
sub _compare {
    my ($self, $name, $etag) = @_;
    return if $self->_only_says('compare', $name);
    my $sha = Digest::SHA->new(256);
    my $answer = $self->{session}->request(
        'GET', $self->{folder}->place_of($name),
        sink => sub {
            return $_[0]{status} == 200 ? sub { $sha->add($_[0]) } : ();
        });
    if ($sha->hexdigest eq ($self->{files}->sha256_of($name) // '')) {
        $self->_note_same($name, $answer->{headers}{etag} // $etag);
        return $self->{tally}->skip($name);
    }
    return $self->{tally}->fail(
        $name, 'it was changed on both sides; put or get it, and it is settled',
        $Was::Say::CODE{conflict});
}

sub _gone_there {
    my ($self, $name) = @_;
    return $self->{tally}->leave($name, 'it is gone there, and stays here without --delete')
        if !$self->{option}{delete} || $self->{is_anew};
    return if $self->_only_says('delete here', $name);
    if ($self->{files}->remove($name)) {
        $self->{journal}->drop($name);
        return $self->{tally}->count($name, 0);
    }
    return $self->{tally}->fail($name, "it cannot be deleted here: $!");
}

sub _gone_here {
    my ($self, $name, $etag) = @_;
    return $self->{tally}->leave($name, 'it is gone here, and stays there without --delete')
        if !$self->{option}{delete};
    return if $self->_only_says('delete there', $name);
    $self->{tally}->try_to(
        $name,
        sub {
            my $place = $self->{folder}->place_of($name);
            $self->{session}->request('DELETE', $place, headers => [['If-Match' => $etag]]);
            $self->{journal}->drop($name);
            return 0;
        });
    return;
}

1;
