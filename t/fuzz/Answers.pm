# Licensed under the Apache License, Version 2.0; see LICENSE.
package Answers;

# What must hold of all that a server answers, whatever it was sent. Knows HTTP, and that a refusal
# of ours is a problem document; nothing of what a request means.

use strict;
use warnings;

use Exporter qw(import);
use WAS::Response;

our @EXPORT_OK = qw(judge judge_all);

# Refusals that httpd makes before it asks us: of what it cannot read as a request, of a line that
# is too long, and of an expectation that it does not know.
my %HTTPD = map { $_ => 1 } 400, 414, 417;

my %ONCE = map { $_ => 1 } qw(
    content-type content-length etag location last-modified content-range date cache-control
    transfer-encoding
);

# Whether a body is the problem document of a status. Most of them are alike.
my %problems;

sub is_problem {
    my ($res) = @_;
    %problems = () if keys %problems > 1000;
    my $problem = $problems{ $res->body } //= $res->problem or return 0;
    return
           ($problem->{status} // 0) == $res->status
        && ref $problem->{errors} eq 'ARRAY'
        && length($problem->{title} // '');
}

# What is wrong with one answer.
sub judge {
    my ($res) = @_;
    my ($status, $type) = ($res->status, $res->type);
    my (@wrong, %count);
    push @wrong, "status $status"
        if $status < 200 || $status >= 500 && $status != 501;    # what is not offered is a refusal
    push @wrong, "$status is cut short" if !$res->complete;
    for my $field ($res->headers) {
        push @wrong, "field <@$field>"
            if @$field != 2
            || $field->[0] !~ /\A[\w-]+\z/
            || $field->[1] =~ /[\x00-\x08\x0a-\x1f\x7f]/;
        push @wrong, "$field->[0] twice"
            if ++$count{ lc $field->[0] } > 1 && $ONCE{ lc $field->[0] };
    }
    return @wrong if $status < 400 || $res->{bodiless};
    if ($type eq 'application/problem+json') {
        push @wrong, "$status with a problem that says " . substr $res->body, 0, 200
            if !is_problem($res);
    }
    elsif (!$HTTPD{$status} || $type ne 'text/html') {
        push @wrong, "$status of type '$type'";
    }
    return @wrong;
}

# What is wrong with all that came for what was sent, and the statuses.
sub judge_all {
    my ($sent, $got) = @_;
    my (@wrong, @statuses);
    my $rest = $got;
    while (length $rest) {
        my $before = $rest;
        # A request of HTTP/0.9 has no version, and its answer no head and no end.
        if ($rest !~ m{\AHTTP/}
            && (@statuses ? $sent =~ /\n\r?\n./s : $sent !~ m{\A\s*[^\r\n]*\sHTTP/\d}i)) {
            push @statuses, '0.9';
            last;
        }
        my $res = WAS::Response->from_stream(sub { '' }, \$rest, 'GET');
        # Which of several was a HEAD only its answer tells: nothing follows what it announces.
        if ($sent =~ /HEAD/i && (!$res->complete || $res->body =~ m{\AHTTP/1\.1 \d})) {
            $rest = $before;
            $res = WAS::Response->from_stream(sub { '' }, \$rest, 'HEAD');
            $res->{bodiless} = 1;
        }
        if (!$res->status) {
            push @wrong, 'no HTTP: ' . substr $before, 0, 200;
            last;
        }
        push @statuses,
            $res->status . ($res->status >= 400 && $res->type eq 'text/html' ? '-httpd' : '');
        push @wrong, judge($res);
    }
    push @wrong, 'no answer'
        if $got eq ''
        && $sent =~
        m{\A[\r\n]*[A-Z]+ /[^\s]* HTTP/1\.1\r\nHost: [\w.:]+\r\n(?:[\w-]+: [^\r\n]*\r\n)*\r\n};
    return (\@wrong, \@statuses);
}

1;
