# Licensed under the Apache License, Version 2.0; see LICENSE.
package WAS::Memory;

# What a server's children need for a request, in memory of their own: what files lend them is not
# counted.
#
#     my ($result, $kib, $seconds) = watched($pid_of_httpd, sub { ... });

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Time::HiRes ();
use WAS::Server;

our @EXPORT = qw(main_httpd watched);

# The parent of the children that serve the virtual hosts of all tests.
sub main_httpd {
    my $file = WAS::Server::error_log() =~ s/error_log\z/httpd.pid/r;
    return WAS::Server::slurp($file) =~ /(\d+)/ ? $1 : 0;
}

sub _status_of {
    my ($pid, $name) = @_;
    my $text = eval { WAS::Server::slurp("/proc/$pid/status") } // '';
    return $text =~ /^$name:\s*(\d+)/m ? $1 : 0;
}

# Looks all the time, and tells the most that one of them has more than before.
sub _watch {
    my (%before) = @_;
    my $most = 0;
    local $SIG{TERM} = sub { print "$most\n"; close STDOUT; POSIX::_exit(0) };
    while (1) {
        for my $pid (keys %before) {
            my $more = _status_of($pid, 'RssAnon') - $before{$pid};
            $most = $more if $more > $most;
        }
        Time::HiRes::sleep(0.01);
    }
    return;
}

sub watched {
    my ($parent, $code) = @_;
    my @children = grep { _status_of($_, 'PPid') == $parent } map { m{(\d+)} } glob '/proc/[0-9]*';
    my %before = map { $_ => _status_of($_, 'RssAnon') } @children;
    my $watcher = open(my $said, '-|') // die "fork: $!";
    _watch(%before) if !$watcher;
    my $began = Time::HiRes::time();
    my $result = $code->();
    my $took = Time::HiRes::time() - $began;
    kill TERM => $watcher;
    my $most = <$said>;
    close $said;
    chomp $most;
    return ($result, $most, $took);
}

1;
