# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The Python server beside us on one database serves and gives away whatever stands in its two
# tables, to anybody. Its own statements see no space and no resource of Portable Web Spaces, and
# change none, whatever ids and paths they are given: what they make of such an id is a classic
# space, and pws answers as before, to the byte.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Changes;
use WAS::Holder;
use WAS::Story ();

my $alice = holder('pws');
my $mallory = holder('pws');
my $space = make_space($alice, name => 'SECRETOFPWS');
make_collection($alice, $space, 'c', { secret => 'SECRETOFPWS', gone => 'SECRETOFPWS' });
my @noted = (json => { custom => { name => 'SECRETOFPWS' } });
my @policy = (json => { type => 'PublicCanRead' });
told(
    $alice,
    ['its metadata', PUT => "/space/$space/c/secret/meta", [@noted], 200],
    ['its policy', PUT => "/space/$space/c/secret/policy", [@policy], 201],
    ['a tombstone', DELETE => "/space/$space/c/gone", [], 204],
);

# What the Python server runs (protocol/classic section 8), and its statements without their
# INSERT: :space is the id, :did a controller, :path a path.
my %PYTHON = (
    get_space =>
        'SELECT space_uuid, space_id, controller FROM was_spaces WHERE space_uuid = :space',
    list_spaces => 'SELECT space_id, controller FROM was_spaces WHERE controller = :did',
    get_resource => 'SELECT space_uuid, path, content, content_type FROM was_resources'
        . ' WHERE space_uuid = :space AND path = :path',
    put_space => 'INSERT INTO was_spaces (space_uuid, space_id, controller)'
        . " VALUES (:space, 'an id', :did)"
        . ' ON CONFLICT (space_uuid) DO UPDATE SET controller = EXCLUDED.controller',
    put_resource => 'INSERT INTO was_resources (space_uuid, path, content, content_type)'
        . " VALUES (:space, :path, 'FORGED', 'text/x')"
        . ' ON CONFLICT (space_uuid, path) DO UPDATE'
        . ' SET content = EXCLUDED.content, content_type = EXCLUDED.content_type',
    update_space => 'UPDATE was_spaces SET controller = :did WHERE space_uuid = :space',
    update_resource =>
        "UPDATE was_resources SET content = 'FORGED' WHERE space_uuid = :space AND path = :path",
    delete_resource => 'DELETE FROM was_resources WHERE space_uuid = :space AND path = :path',
    delete_space => 'DELETE FROM was_spaces WHERE space_uuid = :space',
);
my @PATHS = (
    '/c/secret', 'c/secret', '/c/gone', '/c/', '/c', '/', '', '/meta', '/policy', '/c/meta',
    '/c/secret/meta', '/c/secret/policy');

sub python_run {
    my ($what, %value) = @_;
    %value = (space => $space, did => $mallory->did, %value);
    my @values;
    my $statement = $PYTHON{$what} =~ s/(?<!:):(\w+)/push @values, $value{$1}; '?'/ger;
    return sql($statement, @values);
}

# What pws answers its controller and everybody.
my @READS = (
    '/spaces/',
    map { "/space/$space/$_" } '',
    qw(meta linkset backends c/ c/meta c/linkset c/backend c/secret c/secret/meta),
    qw(c/secret/policy c/gone));

my @READERS = (
    ['its controller'],
    ['nobody', sign => 0, zcap => 0],
    ['a stranger', sign => { key => $mallory->key }],
);

sub answers {
    my @answers;
    for my $target (@READS) {
        for my $reader (@READERS) {
            my ($name, @how) = @$reader;
            my $res = $alice->get($target, @how);
            push @answers, "$target, $name\n" . $res->comparable;
        }
    }
    return \@answers;
}

my ($rows, $answers) = (every_row($space), answers());
my @shown = map { /\A(.*)/ ? $1 =~ s/\Q$space/{id}/r : () } grep { /SECRETOFPWS/ } @$answers;
my @public = map {
    my $target = $_;
    map { "$target, $_->[0]" } @READERS
} map { "/space/{id}/c/$_" } qw(secret secret/meta);
my @private = map { "$_, its controller" } '/spaces/', '/space/{id}/meta', '/space/{id}/c/';
is_deeply(\@shown, [@private, @public], 'pws isolation: pws answers with what it has');

sub pws_is_as_it_was {
    my ($after) = @_;
    is_deeply(every_row($space), $rows, "pws isolation: $after: no row of pws has changed");
    return is_deeply(answers(), $answers, "pws isolation: $after: pws answers as before");
}

# 1. They find nothing, and nothing that they could change.
is_deeply([python_run('get_space')], [], 'pws isolation: the Python server sees no pws space');
is_deeply(
    [python_run('list_spaces', did => $alice->did)],
    [], 'pws isolation: it lists none of its controller');
for my $path (@PATHS) {
    my $name = "pws isolation: the Python server, '$path'";
    is_deeply([python_run('get_resource', path => $path)], [], "$name: sees no resource");
    is(python_run('update_resource', path => $path), 0, "$name: changes none");
    is(python_run('delete_resource', path => $path), 0, "$name: deletes none");
}
is(python_run('update_space'), 0, 'pws isolation: it takes no pws space over');
is(python_run('delete_space'), 0, 'pws isolation: it deletes none');
my $secret = 'SECRETOFPWS|' . unpack 'H*', 'SECRETOFPWS';
for my $table (qw(was_spaces was_resources)) {
    is_deeply(
        [sql("SELECT 1 FROM $table t WHERE space_uuid = ? OR t::text ~ ?", $space, $secret)],
        [],
        "pws isolation: nothing of pws stands in $table");
}
pws_is_as_it_was('statements that find nothing');

# 2. What it puts at the id is a classic space, whoever asks.
is(python_run('put_space'), 1, 'pws isolation: the id is free there');
pws_is_as_it_was('an upsert of its space');
is(python_run('put_resource', path => $_), 1, "pws isolation: the path '$_' is free there")
    for @PATHS;
pws_is_as_it_was('upserts of its resources');
is(python_run('put_space', did => $alice->did), 1, 'pws isolation: once more');
is(python_run('put_resource', path => $_), 1, "pws isolation: once more, '$_'") for @PATHS;
is(python_run('update_space'), 1, 'pws isolation: updated');
is(python_run('update_resource', path => $_), 1, "pws isolation: updated, '$_'") for @PATHS;
pws_is_as_it_was('changes of what it made');
is_deeply(
    [python_run('get_resource', path => '/c/secret')],
    [[$space, '/c/secret', 'FORGED', 'text/x']],
    'pws isolation: it reads what it wrote');
WAS::Story::tell(
    WAS::Story::at('main', $mallory),
    [
        'pws isolation: classic serves that',
        GET => "/space/$space/c/secret", [sign => 0], 200,
        body => 'FORGED'
    ],
);
is(python_run('delete_resource', path => '/c/secret'), 1, 'pws isolation: it deletes what it made');
is(python_run('delete_space'), 1, 'pws isolation: and its space, with what is in it');
is_deeply(
    [sql('SELECT 1 FROM was_resources WHERE space_uuid = ?', $space)],
    [], 'pws isolation: of which nothing is left');
pws_is_as_it_was('deletions');

done_testing;
