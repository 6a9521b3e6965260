# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Another role of the database that may create in the schema of our tables, as everybody may in
# PostgreSQL 14's "public", and has no right on them. Whatever operators and functions it makes
# there, none is ever run by a statement of ours: it would run as the role that owns the tables, and
# could give spaces away. And what start-up says of those who have a hand in the tables.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Key;
use WAS::Server;
use WAS::Zcap qw(jcs);

my $cluster = WAS::Server::cluster();
my $alice = WAS::Key->fresh;
my $MIB = 1 << 20;
my $BOTH = <<'CONF';
<Location "/pws">
    SetHandler was
    WASProtocol pws
</Location>
CONF

sub database {
    my $name = WAS::Server::create_database();
    my $dbh = WAS::Server::dbh($name);
    $dbh->{PrintWarn} = 0;
    $dbh->do('SET client_min_messages = warning');
    return ($name, $dbh);
}

sub serve { return WAS::Server->start(dsn => $cluster->dsn($_[0]), config => $BOTH) }

# As another role.
sub as_mallory {
    my ($dbh, @statements) = @_;
    $dbh->do($_)
        for 'SET SESSION AUTHORIZATION mallory', @statements, 'RESET SESSION AUTHORIZATION';
    return;
}

my ($first, $admin) = database();
$admin->do('CREATE ROLE mallory LOGIN')
    if !$admin->selectrow_array(q(SELECT 1 FROM pg_roles WHERE rolname = 'mallory'));

# What others may do in PostgreSQL 14, and what is heard of what they made.
my @AS_IN_14 = (
    'GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC', 'CREATE TABLE heard (what text)',
    'GRANT ALL ON heard TO PUBLIC',
);

# Operators and functions of all names that statements use, for all types that they could be about
# and PostgreSQL has none for: each fits better than one that takes its arguments by a cast.
my %called;
my $texts = qx("$ENV{WAS_BUILD}/t/statements" public);
$called{$1} = 1 while $texts =~ /(?<![.\w])([a-z_]+)\(/g;
my $functions = join ', ', map { "'$_'" } sort keys %called;
my $TYPES = q(unnest(ARRAY['text', 'varchar', 'bool', 'int4', 'int8', 'float8', 'numeric', 'bytea',
    'timestamptz', 'json', 'xid8']::regtype[]));
my $RETURNS = q(coalesce((SELECT p.prorettype::regtype FROM pg_proc p WHERE p.proname = f.name
    AND p.pronargs = %d AND p.prorettype::regtype::text !~ '^any' LIMIT 1), 'text'));
my $MAKE = q(CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
    'BEGIN INSERT INTO public.heard VALUES (''%s(%s)''); RETURN NULL; END');
my $TRAPS = <<"SQL";
DO \$traps\$
DECLARE it record; made text;
BEGIN
    FOR it IN SELECT o.name, l AS l, r AS r,
            CASE WHEN o.name ~ '[=<>]\$' THEN 'bool' ELSE l END AS returns
        FROM unnest(ARRAY['=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||']) o (name),
            $TYPES l, $TYPES r
        WHERE NOT EXISTS (SELECT 1 FROM pg_operator x WHERE x.oprname = o.name
            AND x.oprleft = l AND x.oprright = r)
    LOOP
        made := format('of_%s_%s_%s', encode(it.name::bytea, 'hex'), it.l::oid, it.r::oid);
        EXECUTE format(\$make\$$MAKE\$make\$, made, it.l || ', ' || it.r, it.returns,
            it.name, it.l || ', ' || it.r);
        EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s,'
            ' FUNCTION = public.%I)', it.name, it.l, it.r, made);
    END LOOP;
    FOR it IN SELECT f.name, l::text AS takes, @{[sprintf $RETURNS, 1]} AS returns
        FROM unnest(ARRAY[$functions]) f (name), $TYPES l
        WHERE EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = f.name)
            AND NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = f.name
                AND p.proargtypes::text = l::oid::text)
        UNION ALL SELECT f.name, l || ', ' || r, @{[sprintf $RETURNS, 2]}
        FROM unnest(ARRAY[$functions]) f (name), $TYPES l, $TYPES r
        WHERE EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = f.name)
            AND NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = f.name
                AND p.proargtypes::text = l::oid || ' ' || r::oid)
    LOOP
        EXECUTE format(\$make\$$MAKE\$make\$, it.name, it.takes, it.returns, it.name, it.takes);
    END LOOP;
END \$traps\$
SQL

# What is done: protocol, method, target, what the request has.
my %TEXT = (type => 'text/plain', body => 'x');
my %BIG = (type => 'text/plain', body => 'x' x (2 * $MIB));
sub document { return (type => 'application/json', body => jcs({@_})) }
my @OWNER = (controller => $alice->did);
my @OPERATIONS = (
    [classic => PUT => '/space/s', document(@OWNER)],
    [classic => PUT => '/space/s', document(@OWNER, name => 'x'), headers => ['If-Match' => '*']],
    [classic => GET => '/space/s'],
    [classic => GET => '/spaces/'],
    [classic => POST => '/spaces/', document(@OWNER, uuid => 't')],
    [classic => PUT => '/space/s/r', %TEXT],
    [classic => PUT => '/space/s/r', %TEXT, headers => ['If-Match' => '*']],
    [classic => PUT => '/space/s/big', %BIG],
    [classic => GET => '/space/s/big'],
    [classic => GET => '/space/s', headers => [Accept => 'application/x-tar']],
    [classic => DELETE => '/space/s/r'],
    [classic => DELETE => '/space/t'],
    [pws => POST => '/pws/spaces/', document(@OWNER, id => 's')],
    [pws => PUT => '/pws/space/s/meta', document(@OWNER, name => 'x')],
    [pws => GET => '/pws/space/s/meta'],
    [pws => GET => '/pws/spaces/'],
    [pws => POST => '/pws/space/s/', document(id => 'c')],
    [pws => PUT => '/pws/space/s/c/meta', document(name => 'x')],
    [pws => PUT => '/pws/space/s/c/r', %TEXT],
    [pws => PUT => '/pws/space/s/c/r', %TEXT, headers => ['If-Match' => '*']],
    [pws => PUT => '/pws/space/s/c/r/meta', document(custom => { name => 'x' })],
    [pws => GET => '/pws/space/s/c/r/meta'],
    [pws => PUT => '/pws/space/s/c/big', %BIG],
    [pws => GET => '/pws/space/s/c/big'],
    [pws => GET => '/pws/space/s/c/'],
    [pws => GET => '/pws/space/s/'],
    [pws => PUT => '/pws/space/s/policy', document(type => 'x')],
    [pws => PUT => '/pws/space/s/c/policy', document(type => 'x')],
    [pws => DELETE => '/pws/space/s/c/policy'],
    [pws => DELETE => '/pws/space/s/policy'],
    [pws => DELETE => '/pws/space/s/c/r'],
    [pws => DELETE => '/pws/space/s/c/'],
    [pws => DELETE => '/pws/space/s/'],
    [pws => POST => '/pws/spaces/', document(@OWNER, id => 's')],
);

sub failures {
    my ($server) = @_;
    my %client = (
        classic => $server->client($alice),
        pws => WAS::Zcap->new(base => $server->origin, key => $alice, mount => '/pws'),
    );
    return map {
        my ($protocol, $method, $target, %sent) = @$_;
        my $status = $client{$protocol}->request($method, $target, %sent)->status;
        $status =~ /\A20/ ? () : "$method $target: $status"
    } @OPERATIONS;
}

sub heard { return $_[0]->selectcol_arrayref('SELECT DISTINCT what FROM heard ORDER BY 1') }

# 1. The traps are there before the tables are made, or afterwards.
for my $row (['a schema with traps', 1], ['traps that come later', 0]) {
    my ($name, $is_before) = @$row;
    my ($database, $dbh) = database();
    $dbh->do($_) for @AS_IN_14;
    serve($database)->stop if !$is_before;
    as_mallory($dbh, $TRAPS);
    my $traps = 'SELECT count(*) FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner'
        . q( WHERE r.rolname = 'mallory');
    cmp_ok($dbh->selectrow_array($traps), '>', 1000, "$name: there are many");
    my $server = serve($database);
    is_deeply([failures($server)], [], "$name: everything works");
    is_deeply(heard($dbh), [], "$name: none was run");
    $server->stop;
}

# 2. One that takes all spaces over when it is run.
{
    my ($database, $dbh) = database();
    $dbh->do($_) for @AS_IN_14;
    my $server = serve($database);
    as_mallory($dbh, <<'FUNCTION', <<'OPERATOR');
CREATE FUNCTION public.times(float8, int4) RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.was_spaces SET controller = 'did:key:zMallory';
    UPDATE public.was_pws_spaces SET controller = 'did:key:zMallory';
    RETURN $1 OPERATOR(pg_catalog.*) $2::float8;
END $$
FUNCTION
CREATE OPERATOR public.* (LEFTARG = float8, RIGHTARG = int4, FUNCTION = public.times)
OPERATOR
    is_deeply([failures($server)], [], 'a takeover: everything works');
    for my $table (qw(was_spaces was_pws_spaces)) {
        is_deeply(
            $dbh->selectcol_arrayref("SELECT DISTINCT controller FROM $table"), [$alice->did],
            "a takeover: $table: the controller is who it was");
    }
    $server->stop;
}

# 3. What start-up says: what was done before it, and the sentence; undef: nothing.
my $MAY_CREATE = qr/others may create in the schema of the tables, .*: /;
for my $row (
    ['nothing is wrong', [], undef],
    [
        'the schema is everybody\'s',
        ['GRANT CREATE ON SCHEMA public TO PUBLIC'],
        qr/${MAY_CREATE}PUBLIC$/
    ],
    [
        'it is another\'s, too', ['GRANT CREATE ON SCHEMA public TO mallory'],
        qr/${MAY_CREATE}mallory$/
    ],
    ['it may be used', ['GRANT USAGE ON SCHEMA public TO PUBLIC'], undef],
    [
        'a table has another owner',
        ['ALTER TABLE was_pws_policies OWNER TO mallory'],
        qr/tables belong to other roles, .*: was_pws_policies of mallory$/
    ],
    [
        'a view for a table',
        [
            'ALTER TABLE was_pws_backends RENAME TO hidden',
            'CREATE VIEW was_pws_backends AS SELECT * FROM hidden'
        ],
        qr/these are no tables, .*: was_pws_backends$/
    ],
    [
        'row security',
        [map { "ALTER TABLE $_ ENABLE ROW LEVEL SECURITY" } qw(was_spaces was_resources)],
        qr/row security is on, .*: was_resources, was_spaces$/
    ],
    ['tables of others beside ours', ['CREATE TABLE was_other (x text)'], undef],
) {
    my ($name, $done, $sentence) = @$row;
    my ($database, $dbh) = database();
    serve($database)->stop;
    $dbh->do($_) for @$done;
    my $server = serve($database);
    my @warned = map { s/.*\[was:warn\] (?:\[[^]]*\] )*//r }
        grep { /\[was:warn\]/ } $server->own_lines;
    is(scalar @warned, $sentence ? 1 : 0, "start-up: $name: said once, or nothing to say")
        or diag @warned;
    like($warned[0] // '', $sentence, "start-up: $name: what it is") if $sentence;
    $server->stop;
}

# 4. Schemas of any name, whoever has put what into those behind it.
for my $schema ('elsewhere', 'a b', 'q"u.o', q(it's), "\x{fc}", 'public.was_spaces') {
    my ($database, $dbh) = database();
    my $quoted = $dbh->quote_identifier($schema);
    $dbh->do($_)
        for "CREATE SCHEMA $quoted",
        'CREATE TABLE public.was_spaces (x text)', 'CREATE TABLE public.was_resources (x text)',
        "ALTER DATABASE $database SET search_path = $quoted";
    my $server = serve($database);
    is_deeply([failures($server)], [], "a schema named <$schema>: everything works")
        or diag $server->log;
    my $tables = $dbh->selectrow_array(
        'SELECT count(*) FROM pg_tables WHERE schemaname = ? AND tablename LIKE ?',
        undef, $schema, 'was\_%');
    cmp_ok($tables, '>', 10, "a schema named <$schema>: the tables are there");
    $server->stop;
}

done_testing;
