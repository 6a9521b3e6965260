# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Cells;

# Two cells behind a front, as docs/scale.md draws them: each cell is an httpd with a database of
# its own, the front has conf/cells.conf. Both protocols, the classic one at one port of each httpd
# and Portable Web Spaces at another one.

use strict;
use warnings;

use WAS::Admin qw(admin);
use WAS::Server;

# How ids begin in each cell.
my %DIGITS = (a => '0-7', b => '8-f');

sub new {
    my ($class, %options) = @_;
    my $self = bless { map => WAS::Server::run_directory() . "/cells-$$.txt" }, $class;
    open my $file, '>', $self->{map} or die "$self->{map}: $!\n";
    close $file or die "$self->{map}: $!\n";
    $self->{pws} = WAS::Server::free_port();
    for my $cell (sort keys %DIGITS) {
        $self->{database}{$cell} = WAS::Server::create_database();
        $self->start_cell($cell, $options{config} // '');
    }
    my @share = ('share-origin', '--to-db', $self->dsn('b'), '--yes');
    my $ran = admin($self->dsn('a'), @share);
    $ran->{code} == 0 or die "no shared origin: $ran->{err}";
    $self->start_front($options{front} // '');
    return $self;
}

sub dsn { my ($self, $cell) = @_; return WAS::Server::cluster()->dsn($self->{database}{$cell}) }
sub dbh { my ($self, $cell) = @_; return WAS::Server::dbh($self->{database}{$cell}) }
sub map_file { return $_[0]{map} }

# The origin at which clients find a protocol; or that of a cell, which they do not know.
sub origin {
    my ($self, $protocol, $cell) = @_;
    my $server = $cell ? $self->{cell}{$cell} : $self->{front};
    my $port = $cell ? $self->{port}{$cell} : $self->{pws};
    return $protocol eq 'pws' ? "http://127.0.0.1:$port" : $server->origin;
}

sub start_cell {
    my ($self, $cell, $config) = @_;
    my $port = $self->{port}{$cell} = WAS::Server::free_port();
    $self->{cell}{$cell} = WAS::Server->start(dsn => $self->dsn($cell), config => <<"CONF");
KeepAliveTimeout 5
WASCell $DIGITS{$cell}
Listen 127.0.0.1:$port
<VirtualHost 127.0.0.1:$port>
    <Location "/">
        WASProtocol pws
        WASBaseURL @{[ $self->origin('pws') ]}
    </Location>
</VirtualHost>
$config
CONF
    return;
}

sub start_front {
    my ($self, $config) = @_;
    my %backend = map { $_ => $self->{cell}{$_}->origin =~ s{.*/}{}r } keys %DIGITS;
    my $include = qq(Include "$ENV{WAS_TOP}/conf/cells.conf"\n);
    my $there = WAS::Server::modules_directory();
    $self->{front} = WAS::Server->start(
        example => 0,
        without => ['was'],
        before => "LoadModule rewrite_module $there/mod_rewrite.so\n",
        config => <<"CONF");
Listen 127.0.0.1:$self->{pws}
Define WAS_CELLS "$self->{map}"
$config
Define WAS_CELL_A $backend{a}
Define WAS_CELL_B $backend{b}
$include
<VirtualHost 127.0.0.1:$self->{pws}>
    Define WAS_CELL_A 127.0.0.1:$self->{port}{a}
    Define WAS_CELL_B 127.0.0.1:$self->{port}{b}
    $include
</VirtualHost>
CONF
    return;
}

# Which cells have a space, in whatever state: {a => 'open'} and the like.
sub places {
    my ($self, $protocol, $id) = @_;
    my $table = $protocol eq 'pws' ? 'was_pws_spaces' : 'was_spaces';
    my %found;
    for my $cell (keys %DIGITS) {
        my ($state) = $self->dbh($cell)->selectrow_array(<<"SQL", undef, $id);
SELECT CASE WHEN NOT is_frozen THEN 'open' WHEN thawed IS NULL THEN 'frozen'
    WHEN thawed < 'infinity' THEN 'moving' ELSE 'moved' END FROM $table WHERE space_uuid = ?
SQL
        $found{$cell} = $state if defined $state;
    }
    return \%found;
}

1;
