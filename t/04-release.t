# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What goes out as a release says the same everywhere: what is needed (dependencies.m4, the built
# module, the bill of materials, debian/control, tools/lib.sh), the version, the directives of the
# manual page. Needs no server.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use Test::More;
use Time::Local ();

my $top = $ENV{WAS_TOP};

sub text_of {
    my ($name) = @_;
    open my $file, '<', "$top/$name" or die "$name: $!\n";
    local $/;
    return scalar <$file>;
}

my $configure = text_of('configure.ac');
my $control = text_of('debian/control');
my @rows = map { [/\[([^\]]*)\]/g] } text_of('dependencies.m4') =~ /^WAS_NEEDS\((.*)\)$/mg;

# The list, and what configure, Debian's package and the scripts make of it.
ok(@rows > 8, 'dependencies.m4 has rows');
is_deeply([grep { @$_ != 5 } @rows], [], 'with five columns each');
my %sought = map { $_ => 1 } 'httpd',
    $configure =~ /^WAS_CHECK_(?:LIBRARY|APR)\(\[\w+\], \[([^\]]+)\]\)$/mg;
is_deeply([sort keys %sought], [sort map { $_->[0] } @rows], 'configure looks for each of them');
my ($wanted) = $control =~ /^Build-Depends:\n((?: .*\n)+)/m;
my ($installed) = text_of('tools/lib.sh') =~ /^BUILD_PACKAGES=\((.*?)^\)/ms;
for my $row (@rows) {
    my (undef, $least, $debian) = @$row;
    like($wanted, qr/^ \Q$debian\E \(>= (?:1:)?\Q$least\E\)/m, "debian/control: $debian $least");
    like($installed, qr/(?<!\S)\Q$debian\E(?!\S)/, "tools/lib.sh installs $debian");
}

# The module that was built names what the list says, besides the C library.
SKIP: {
    skip 'the sanitizers bring libraries of their own', 1 if $ENV{WAS_SANITIZER_PRELOAD};
    my @needed;
    for my $line (qx(objdump -p "$ENV{WAS_BUILD}/.libs/mod_was.so")) {
        push @needed, $1 if $line =~ /NEEDED\s+(\S+?)\.so/;
    }
    is_deeply(
        [sort grep { $_ ne 'libc' } @needed], [sort grep { $_ ne '' } map { $_->[4] } @rows],
        'the module is linked with what the list says');
}

# The bill of materials.
my ($version) = $configure =~ /^AC_INIT\(\[mod_was\], \[([^\]]+)\]\)$/m;

sub bill {
    my ($date, @arguments) = @_;
    local $ENV{SOURCE_DATE_EPOCH} = $date;
    my $said = qx("$^X" "$top/tools/sbom" @arguments 2>&1);
    return ($? >> 8, $said);
}

my ($status, $bill) = bill(1_800_000_000, $version);
is($status, 0, 'tools/sbom writes a bill');
my $document = decode_json($bill);
is($document->{spdxVersion}, 'SPDX-2.3', 'of SPDX 2.3');
is($document->{creationInfo}{created}, '2027-01-15T08:00:00Z', 'with the date that it is told');
my ($ours, @others) = @{ $document->{packages} };
is("$ours->{name} $ours->{versionInfo}", "mod_was $version", 'of this version');
is_deeply(
    [map { [@$_{qw(name versionInfo licenseDeclared)}] } @others],
    [map { [$_->[0], ">= $_->[1]", $_->[3]] } @rows],
    'and of all that it needs');
my %known = map { $_->{SPDXID} => 1 } $document, @{ $document->{packages} };
is_deeply(
    [
        grep { !$known{ $_->{spdxElementId} } || !$known{ $_->{relatedSpdxElement} } }
            @{ $document->{relationships} }
    ],
    [],
    'whose relations are between what it names');
is((bill(1_800_000_000, $version))[1], $bill, 'the same bill again for the same date');
isnt((bill(1_800_000_001, $version))[1], $bill, 'another one for another date');
for my $case (['no version', 1], ['a version that is none', 1, "'0.1;'"], ['no date', '', $version])
{
    my ($name, @arguments) = @$case;
    isnt((bill(@arguments))[0], 0, "tools/sbom refuses: $name");
}
SKIP: {
    skip 'a checkout has no bill: make dist writes it', 1 if !-e "$top/mod_was.spdx.json";
    is(
        text_of('mod_was.spdx.json'), (bill(bill_date(), $version))[1],
        'the bill of the tarball is ours');
}

sub bill_date {
    my $created = decode_json(text_of('mod_was.spdx.json'))->{creationInfo}{created};
    my ($year, $month, @rest) = $created =~ /(\d+)/g;
    return Time::Local::timegm(reverse(@rest), $month - 1, $year);
}

# Version and directives.
like(text_of('debian/changelog'), qr/\Amod-was \(\Q$version\E\)/, 'the package has our version');
my @directives = sort text_of('src/http/was_directives.c') =~ /AP_INIT_\w+\(\s*"(WAS\w+)"/g;
my @described = sort text_of('docs/man/mod_was.8') =~ /^\.B[IR] (WAS\w+)/mg;
is_deeply(\@described, \@directives, 'mod_was(8) has the directives of the code');

done_testing;
