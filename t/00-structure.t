# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The rules of the house, as tables: who may include what, where statuses and SQL may stand, how
# long things may be, and that docs/, Makefile.am and the code list the same. Needs no server.

use strict;
use warnings;

use Cwd ();
use File::Basename qw(basename dirname);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use WAS::Page;
use WAS::Source qw(file_text files_below read_c functions_of includes_of signatures_of stem);

my $top = $ENV{WAS_TOP} // Cwd::abs_path(dirname(__FILE__) . '/..');
my $build = $ENV{WAS_BUILD} // '.';

my $LICENCE = 'Licensed under the Apache License, Version 2.0; see LICENSE.';
my $LONGEST_FILE = 400;
my $LONGEST_FUNCTION = 60;
my $USUAL_FUNCTION = 30;
my $USUAL_SHARE = 0.9;
my $COLUMNS = 100;

# A floor of src/ and include/, and the floors whose headers it may include.
my %MAY_INCLUDE = (
    base => [qw(base)],
    auth => [qw(auth base)],
    store => [qw(store base)],
    http => [qw(http auth store base)],
    classic => [qw(classic http auth store base)],
    pws => [qw(pws http auth store base)],
    admin => [qw(admin auth store base)],
);

# A header, and the only files that may include it: a header of ours counts as beside its .c.
my @HEADERS = (
    [
        httpd => qr/^(?:httpd|ap_\w+|http_\w+|util_\w+)\.h$/,
        qr{^(?:mod_was\.c|src/(?:http|classic|pws)/|src/store/was_dbd\.c$)}
    ],
    [mod_dbd => qr/^(?:mod_dbd|apr_dbd\w*)\.h$/, qr{^src/store/was_dbd\.c$}],
    [mod_watchdog => qr/^mod_watchdog\.h$/, qr{^src/http/was_(?:sweeper|watcher)\.c$}],
    [libpq => qr/^libpq/, qr{^src/store/was_(?:lender|pool\w*|pq\w*|rows|session|solo)\.[ch]$}],
    [
        'the inside of the store' =>
            qr{^store/was_(?:db|limit|pool\w*|pq|sql|session|step|sweep)\.h$},
        qr{^(?:src/store/|src/http/|src/admin/|mod_was\.c$)}
    ],
    ['the store of classic' => qr{^store/classic/}, qr{^src/(?:(?:store/)?classic|store/admin)/}],
    ['the store of pws' => qr{^store/pws/}, qr{^src/(?:(?:store/)?pws|store/admin)/}],
    ['the store of was-admin' => qr{^store/admin/}, qr{^src/(?:store/)?admin/}],
    [libsodium => qr/^sodium/, qr{^src/(?:auth/was_crypto|base/was_(?:encoding|random))\.c$}],
    [OpenSSL => qr/^openssl/, qr{^src/auth/was_crypto\.c$}],
    [Jansson => qr/^jansson/, qr{^src/base/was_json\.h$}],
    [libarchive => qr/^archive/, qr{^src/(?:classic/classic_export|http/was_unpack)\.c$}],
    [libyaml => qr/^yaml/, qr{^src/pws/pws_manifest_read\.c$}],
    [zlib => qr/^zlib/, qr{^src/auth/was_invocation\.c$}],
);

# Where a status macro of httpd may stand.
my @STATUS_FILES = qw(
    src/http/was_respond.c src/http/was_problem.c src/http/was_body.c src/http/was_cut.c
    src/http/was_status_answer.c src/http/was_unread.c mod_was.c
);

my $SQL = qr/\b(?:SELECT|INSERT\s+INTO|UPDATE\b.*\bSET|DELETE\s+FROM|(?:CREATE|ALTER)\s+TABLE)\b/s;

my @BANNED = qw(
    sprintf vsprintf strcpy strcat strncpy strncat atoi atol atoll strtok gets alloca system popen
    malloc calloc realloc free
);

# SECURITY.md says that the module calls no address, and has no key of its own to sign with.
my @NEVER = qw(
    socket connect getaddrinfo gethostbyname apr_socket_create apr_socket_connect
    apr_sockaddr_info_get crypto_sign crypto_sign_detached crypto_sign_keypair
    crypto_sign_seed_keypair EVP_DigestSign EVP_DigestSignInit EVP_PKEY_sign EVP_PKEY_keygen
);

# What the operator sets: a structure, who makes it and who merges it.
my @CONFIGURATIONS = (
    [was_config_t => qw(was_config.h was_config_create_dir was_config_merge_dir)],
    [was_config_pool_t => qw(was_config_pool.h was_config_pool_clear was_config_pool_merge)],
);

# The pages whose tables are the code's.
my $DIRECTIVES = 'docs/directives.md';
my %ROUTES = ('src/classic/classic.c' => 'docs/classic.md', 'src/pws/pws.c' => 'docs/pws.md');
my $ERRORS = 'docs/errors.md';
my $CHARGES = 'docs/operating.md';
my @PAGES = markdown_of($top);

# What a page calls a column that is charged: by its own name, where nothing is said.
my %CHARGED_AS = (
    space_uuid => 'id',
    space_id => 'id',
    path => 'path',
    resource => 'id',
    collection => 'id',
    content_type => 'Content-Type',
    created_by => 'createdBy',
    generator_origin => 'generatorOrigin',
    body => 'bytes',
    descriptor => 'description',
);

# Constants of headers that bound what is inside, and no client can reach.
my @INSIDE = qw(
    WAS_DIGEST_MAX_BYTES WAS_STEP_MAX_VALUES WAS_TRANSACTION_MAX_STEPS WAS_UNPACK_NAME_MAX
    PWS_IMPORT_LOG_MAX WAS_KEY_MAX_BYTES WAS_KEY_MAX_SIGNATURE_BYTES WAS_PQ_MAX_STEPS
);

# Every page of the tree.
sub markdown_of {
    my ($directory) = @_;
    my @below = map { basename($_) } grep { -d } glob "$directory/*";
    return (map { basename($_) } glob "$directory/*.md"),
        files_below($directory, qr/\.md$/, '.github', grep { $_ ne 'build' } @below);
}

my @own = ('mod_was.c', 'was_admin.c', files_below($top, qr/\.[ch]$/, qw(src include)));
my @tested = files_below($top, qr/\.[ch]$/, 't');
my @scripts = (
    'autogen.sh', '.ci/run', 'explorer/build.mjs',
    files_below($top, qr/\.(?:mjs|tsx?)$/, qw(explorer/src explorer/test)),
    grep { !m{^t/(?:vectors|fuzz/corpus)/} }
        files_below($top, qr/(?:^|\/)[^.\/]+$|\.(?:sh|t|pm|mjs|js)$/, qw(tools t)),
);

my (%text, %code, %strings, %includes, %floor);
for my $file (@own, @tested) {
    $text{$file} = file_text("$top/$file");
    ($code{$file}, @{ $strings{$file} }) = read_c($text{$file});
    $includes{$file} = [includes_of($text{$file})];
    $floor{$file} = $1 if $file =~ m{^(?:src|include)/(\w+)/};
}
$text{$_} = file_text("$top/$_") for @scripts, 'Makefile.am', @PAGES;

# The names of functions, and those of them that give back an error.
my (%defined_by, %is_static, %gives_error);
for my $file (@own) {
    for my $signature (signatures_of($code{$file})) {
        my ($before, $name) = @$signature;
        $gives_error{$name} = 1 if $before =~ /was_error_t\s*\*/;
        next if $code{$file} !~ /^\Q$before$name\E\s*\([^;{]*?\)\s*\n\{/m;
        push @{ $defined_by{$name} }, $file if ($defined_by{$name}[-1] // '') ne $file;
        $is_static{$name} = 1 if $before =~ /\bstatic\b/;
    }
}

# The room that a file belongs to is a header's: its own, or the one that it implements and so
# includes first. Headers in src/ are a room's own.
sub room_of {
    my ($file) = @_;
    return "include/$1" if $file =~ m{^src/(.*)\.c$} && exists $text{"include/$1.h"};
    return $file =~ s/\.h$//r if $file =~ m{^include/};
    return defined $includes{$file}[0] ? "include/$includes{$file}[0]" =~ s/\.h$//r : $file;
}

sub circles_from {
    my ($room, $needs, $path, $done) = @_;
    my @circles;
    for my $next (sort keys %{ $needs->{$room} }) {
        my ($at) = grep { $path->[$_] eq $next } 0 .. $#$path;
        push @circles, join ' > ', @$path[$at .. $#$path], $next if defined $at;
        push @circles, circles_from($next, $needs, [@$path, $next], $done)
            if !defined $at && !$done->{$next}++;
    }
    return @circles;
}

sub set_difference {
    my ($these, $those, $what) = @_;
    my %those = map { $_ => 1 } @$those;
    return map { "$_ $what" } grep { !$those{$_} } @$these;
}

sub long_lines {
    my ($file) = @_;
    my $n = 0;
    return map { "$file:$_->[0]" } grep { $_->[1] =~ /\t/ || length $_->[1] > $COLUMNS }
        map { [++$n, $_] } split /\n/, $text{$file};
}

# The shape of a route as a page writes it: {name} is one segment, {name...} the rest.
sub shape_on_page {
    my ($path) = @_;
    return $path =~ s/\{[^}]+\.\.\.\}/**/r =~ s/\{[^}]+\}/*/gr;
}

# Method, shape, right of each row, and its line.
sub routes_of {
    my ($file) = @_;
    my ($table) = $text{$file} =~ /^static const was_route_t routes\[\] = \{\n(.*?)^\s*\{0\}\};/ms;
    return map {
        my @row = /"([A-Z*]+)",\s*"([^"]+)",\s*(?:WAS_RIGHT_)?([A-Z_]+),/;
        [@row == 3 ? @row : ('?', '?', 'NONE'), s/\s+/ /gr]
    } ($table // '') =~ /^ {4}((?:\{|ROW\()[^\n]*(?:\n {5}[^\n]*)*)/mg;
}

# The status and the type of each kind of error in a protocol, "404 `not-found`"; '-' where nothing
# that the protocol calls makes it.
sub shown_kinds {
    my ($protocol, $other) = @_;
    my $faces_of = qr/was_face_t faces\[\] = \{\n(.*?)^\};/ms;
    my ($faces) = $text{"src/$protocol/$protocol.c"} =~ $faces_of;
    my @makers =
        grep { m{^src/} && !m{^src/(?:store/)?$other/} && !m{^src/http/was_problem\.c$} } @own;
    my %shown;
    while ($text{'include/base/was_error.h'} =~ /X\((\w+), (\d+), "([^"]+)"/g) {
        my ($kind, $status, $fragment) = ($1, $2, $3);
        my ($face) = ($faces // '') =~ /(\{\.kind = WAS_ERROR_$kind\b.*?\})/s;
        $status = $1 if ($face // '') =~ /\.status = (\d+)/;
        $fragment = $1 if ($face // '') =~ /\.fragment = "([^"]+)"/;
        $fragment = 'about:blank' if ($face // '') =~ /\.untyped = true/;
        $shown{$kind} =
            (grep { $code{$_} =~ s/$faces_of//r =~ /\bWAS_ERROR_$kind\b/ } @makers)
            ? "$status `$fragment`"
            : '-';
    }
    return %shown;
}

# What the code says that constants are; some of a file have the name of another file's.
my %said;
for my $file (@own) {
    push @{ $said{$1} }, $2
        while $code{$file} =~ /(?:\b|#define )([A-Z]\w+) (?:= )?([A-Z\d(][\w *+()]*)/g;
}

# The values of a constant.
sub values_of {
    my ($name) = @_;
    my @sums = map { s/([A-Z]\w+)/(values_of($1))[0] \/\/ '?'/ger } @{ $said{$name} // [] };
    return map { /^[\d *+()]+$/ ? eval $_ : () } @sums;
}

# The numbers that a text says: "64 KiB, 1,000 attributes".
sub numbers_of {
    my ($line) = @_;
    my %unit = ('' => 1, KiB => 1024, MiB => 1024 * 1024, GiB => 1024**3);
    my %numbers = (3653 * 24 * 3600 => scalar $line =~ /ten years/);
    $numbers{ $1 =~ tr/,//dr * $unit{ $2 // '' } } = 1 while $line =~ /(\d[\d,]*)(?: ([KMG]iB))?/g;
    return \%numbers;
}

sub body_of {
    my ($name) = @_;
    my ($file) = @{ $defined_by{$name} // [] };
    return '' if !defined $file;
    my ($body) = $code{$file} =~ /^[^\n]*\b\Q$name\E\([^;{]*?\)\s*\n(\{.*?^\})/ms;
    return $body // '';
}

sub unfinished_settings {
    my ($type, $header, $maker, $merger) = @_;
    my ($members) = $text{"include/http/$header"} =~ /^typedef struct \Q$type\E \{\n(.*?)^\}/ms;
    my @directives = $text{'src/http/was_directives.c'} =~ /AP_INIT_\w+\(\s*"(\w+)"/g;
    my $tests = join '', map { $text{$_} } grep { m{^t/[^/]+\.t$} } @scripts;
    my @breaches = defined $members ? () : "$type is not in $header";
    for my $line (split /\n/, $members // '') {
        my ($names, $comment) = $line =~ m{^\s+[\w\s]+?[\s*]([\w, ]+);\s*/\*(.*?)\*/};
        push @breaches, "$type: nobody says what this is: $line" if !defined $names;
        my ($kind) = $line =~ /^\s+(?:const )?(\w+)/;
        for my $name (split /, /, $names // '') {
            my $unset = $kind =~ /int/ ? qr/(?:config->|\.)\Q$name\E = -1\b/ : qr//;
            push @breaches, "$type.$name has no default" if body_of($maker) !~ $unset;
            push @breaches, "$type.$name is not merged" if body_of($merger) !~ /->$name = /;
        }
        for my $directive (grep { ($comment // '') =~ /\b\Q$_\E\b/ } @directives) {
            push @breaches, "$directive is not in $DIRECTIVES"
                if $text{$DIRECTIVES} !~ /\b\Q$directive\E\b/;
            push @breaches, "$directive has no test" if $tests !~ /(?<![A-Z])\Q$directive\E\b/;
        }
    }
    return @breaches;
}

# Each rule: its name, and code that yields one line for each breach.
my @RULES = (
    ['there is code to look at' => sub { @own > 100 ? () : 'no file below src and include' }],

    [
        'a floor includes only the floors below it' => sub {
            my @breaches;
            for my $file (grep { defined $floor{$_} } @own) {
                my %allowed = map { $_ => 1 } @{ $MAY_INCLUDE{ $floor{$file} } // [] };
                for my $header (@{ $includes{$file} }) {
                    my $target = $floor{"include/$header"} // next;
                    push @breaches, "$file includes $header of $target" if !$allowed{$target};
                }
            }
            return @breaches;
        }
    ],

    [
        'no rooms include each other in a circle' => sub {
            my (%needs, %done);
            for my $file (grep { m{^(?:src|include)/} } @own) {
                $needs{ room_of($file) }{ room_of("include/$_") } = 1
                    for grep { exists $text{"include/$_"} } @{ $includes{$file} };
            }
            delete $needs{$_}{$_} for keys %needs;
            return map { circles_from($_, \%needs, [$_], \%done) } sort keys %needs;
        }
    ],

    (
        map {
            my ($name, $header, $files) = @$_;
            [
                "$name is included only where it may be" => sub {
                    return map {
                        my $file = $_;
                        map { "$file includes $_" } grep { /$header/ } @{ $includes{$file} }
                        }
                        grep { s{^include/}{src/}r !~ /$files/ } @own;
                }
            ]
        } @HEADERS
    ),

    [
        'a .c includes first a header that declares what it defines' => sub {
            my @breaches;
            for my $file (grep { m{^src/.*\.c$} } @own) {
                my $first = $includes{$file}[0] // 'nothing';
                my $header = $text{"include/$first"} // $text{ dirname($file) . "/$first" } // '';
                my ($public) = grep { !$is_static{$_} && $header =~ /\b\Q$_\E\b/ }
                    map { $_->[1] } signatures_of($code{$file});
                my ($data) = $code{$file} =~ /^const [^;=(]*?(\w+)(?:\[\w*\])? = /m;
                next if defined $public || defined $data && $header =~ /\b\Q$data\E\b/;
                push @breaches, "$file includes $first first";
            }
            return @breaches;
        }
    ],

    [
        'statuses stand where errors become HTTP' => sub {
            my %allowed = map { $_ => 1 } @STATUS_FILES;
            return map {
                my $file = $_;
                map { "$file: $_" } $code{$file} =~ /\b(HTTP_[A-Z_]+)\b/g
                }
                grep { !$allowed{$_} } @own;
        }
    ],

    [
        "httpd's request is seen on the floor http only" => sub {
            return grep { $code{$_} =~ /\brequest->r\b/ } grep { !m{^(?:src|include)/http/} } @own;
        }
    ],

    [
        'SQL stands in the store' => sub {
            return map {
                my $file = $_;
                map { "$file: \"$_\"" } grep { /$SQL/ } @{ $strings{$file} }
                }
                grep { !m{^src/store/} } @own;
        }
    ],

    [
        'a statement takes as many values as its row says' => sub {
            my @rows = map { [split /\t/, $_, 3] } split /\n/, qx("$build/t/statements" s);
            return 'no statement' if !@rows;
            return map {
                my ($name, $nvalues, $text) = @$_;
                my ($highest) = sort { $b <=> $a } 0, $text =~ /\$(\d+)/g;
                $nvalues == $highest ? () : "$name says $nvalues and takes $highest"
            } @rows;
        }
    ],

    [
        'a statement names the schema of each table' => sub {
            my @rows = map { [split /\t/, $_, 3] } split /\n/, qx("$build/t/statements" s);
            return map {
                my ($name, undef, $text) = @$_;
                map { "$name: $_" } $text =~ /(?<![\w."])(was_[a-z_]+)\b/g
            } grep { $_->[0] ne 'was_STAGE' } @rows;
        }
    ],

    [
        'no banned function is called' => sub {
            my $banned = join '|', @BANNED, @NEVER;
            return map {
                my $file = $_;
                map { "$file calls $_" } $code{$file} =~ /(?<![\w.>])($banned)\s*\(/g
            } @own;
        }
    ],

    [
        'JSON is parsed in base alone, whose readers refuse a name that comes twice' => sub {
            return grep { $floor{$_} ne 'base' && $code{$_} =~ /\bjson_v?(?:load|unpack)/ }
                grep { $floor{$_} } @own;
        }
    ],

    [
        "no function is longer than $LONGEST_FUNCTION lines" => sub {
            return map {
                my $file = $_;
                map { "$file:$_->[0]: $_->[1] lines" }
                    grep { $_->[1] > $LONGEST_FUNCTION }
                    functions_of($code{$file})
            } @own;
        }
    ],

    [
        "$USUAL_SHARE of all functions have less than $USUAL_FUNCTION lines" => sub {
            my @all = map { functions_of($code{$_}) } @own;
            my $usual = grep { $_->[1] < $USUAL_FUNCTION } @all;
            return $usual >= $USUAL_SHARE * @all ? () : "$usual of " . @all;
        }
    ],

    [
        "no file is longer than $LONGEST_FILE lines" => sub {
            return grep { ($text{$_} =~ tr/\n//) > $LONGEST_FILE } @own;
        }
    ],

    [
        'a static function has two words, and a name of its own' => sub {
            return map {
                my $name = $_;
                map { "$_: $name" } @{ $defined_by{$name} }
                }
                grep { !/._./ || @{ $defined_by{$_} } > 1 } sort keys %is_static;
        }
    ],

    [
        'a declaration says that its error must be looked at' => sub {
            return map {
                my $file = $_;
                map { "$file: $_->[1]" } grep { $_->[0] !~ /\bWAS_CHECKED\b/ }
                    grep { $_->[0] =~ /\bwas_error_t\s*\*/ && $_->[1] ne 'was_error_make' }
                    signatures_of($code{$file})
            } grep { /\.h$/ } @own;
        }
    ],

    [
        'an error is looked at' => sub {
            my $giver = join '|', sort keys %gives_error;
            return map {
                my $file = $_;
                map { "$file drops what $_ gives back" }
                    $code{$file} =~ /[;{}]\s*(?:\(void\)\s*)?($giver)\s*\(/g
            } @own;
        }
    ],

    [
        'a C file opens with the licence, then its name and what it owns' => sub {
            return (grep { $text{$_} !~ m{\A/\* \Q$LICENCE\E \*/\n} } @own, @tested),
                (
                grep { $text{$_} !~ m{\A[^\n]*\n\n/\*\n \* \Q${\stem($_)}\E: } }
                grep { /\.c$/ } @own
                ),
                grep { $text{$_} !~ m{^/\*\n? \*? ?\Q${\stem($_)}\E: }m } grep { /\.h$/ } @own;
        }
    ],

    [
        'a script opens with the licence' => sub {
            return grep { $text{$_} !~ m{\A(?:#![^\n]*\n)?(?:#|//) \Q$LICENCE\E\n} } @scripts;
        }
    ],

    [
        'nothing is left for later by its own words' => sub {
            my $marks = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'X' x 3, 'HA' . 'CK';
            return grep { $text{$_} =~ /\b(?:$marks)\b/ } @own, @tested, @scripts;
        }
    ],

    [
        "C and scripts have no tab and at most $COLUMNS columns" => sub {
            return map { long_lines($_) } @own, @tested, @scripts;
        }
    ],

    [
        'every file is built or shipped' => sub {
            my @shipped = $text{'Makefile.am'} =~ m{(?<!\S)([\w./-]+)(?!\S)}g;
            # automake finds the source of a program that names none.
            my %named = map { $_ => 1 } @shipped,
                map { "$_.c" } $text{'Makefile.am'} =~ m{(t/unit/test_\w+)}g;
            return grep {
                my $file = $_;
                !$named{$file} && !grep { $file =~ m{^\Q$_\E/} } @shipped
            } @own, @tested, @scripts;
        }
    ],

    [
        "$DIRECTIVES lists the directives of the code" => sub {
            my @code = map { /AP_INIT_\w+\(\s*"(WAS\w+)"/g } @text{ grep { m{^src/http/} } @own };
            my @page = $text{$DIRECTIVES} =~ /^\|\s*`(WAS\w+)/mg;
            return 'no directive in the code' if !@code;
            return set_difference(\@code, \@page, "is not in $DIRECTIVES"),
                set_difference(\@page, \@code, 'is not in the code');
        }
    ],

    (
        map {
            my ($type, @places) = @$_;
            [
                "each member of $type has a default, is merged, documented and tested" => sub {
                    return unfinished_settings($type, @places);
                }
            ]
        } @CONFIGURATIONS
    ),

    (
        map {
            my $file = $_;
            my $page = $ROUTES{$file};
            [
                "$page lists the routes of $file" => sub {
                    my @code = map { "$_->[0] $_->[1]" } grep { $_->[0] ne '*' } routes_of($file);
                    my @page;
                    my @rows = $text{$page} =~ m{^\|\s*`?([A-Z]+)`?\s*\|\s*`(/[^`]*)`\s*\|}mg;
                    while (my ($method, $path) = splice @rows, 0, 2) {
                        push @page, "$method " . shape_on_page($path);
                    }
                    return 'no route in the code' if !@code;
                    return set_difference(\@code, \@page, "is not in $page"),
                        set_difference(\@page, \@code, 'is not in the code');
                }
            ]
        } sort keys %ROUTES
    ),

    [
        "$ERRORS lists the errors of the code" => sub {
            my %classic = shown_kinds('classic', 'pws');
            my %pws = shown_kinds('pws', 'classic');
            my @code = map { "$classic{$_} | $pws{$_}" } keys %classic;
            my @page = map { "$_->[0] | $_->[1]" } WAS::Page->new("$top/$ERRORS")->rows('Errors');
            return 'no error in the code' if !@code;
            return set_difference(\@code, \@page, "is not in $ERRORS"),
                set_difference(\@page, \@code, 'is not in the code');
        }
    ],

    [
        "$ERRORS has the limits of the code" => sub {
            my @rows = WAS::Page->new("$top/$ERRORS")->rows('Limits');
            my (%named, @breaches);
            for my $row (@rows) {
                my $numbers = numbers_of($row->[1]);
                for my $name ($row->[3] =~ /`([A-Z][A-Z0-9_]+)`/g) {
                    $named{$name} = 1;
                    my @values = values_of($name);
                    push @breaches, "$name is @values, and not $row->[1]"
                        if !grep { $numbers->{$_} } @values;
                }
            }
            my @limits = map { $code{$_} =~ /\b([A-Z]\w*_MAX(?:_\w+)?) =/g }
                grep { m{^include/} } @own;
            return 'no limit in the code' if !@limits;
            return @breaches,
                set_difference(\@limits, [keys %named, @INSIDE], "is not in $ERRORS");
        }
    ],

    [
        "$CHARGES says what is charged" => sub {
            my $charge = file_text("$top/t/lib/WAS/Charge.pm");
            my ($tables) = $charge =~ /^my %CHARGED = \((.*?)^\);/ms;
            my (%code, %page);
            while ($tables =~ /(was_\w+) => \[(.*?)\],(?:\s+#[^\n]*)?\n/sg) {
                my ($table, $columns) = ($1, $2);
                $columns =~ s/\bqw\b|q\{nullif\((\w+).*?\}/$1 \/\/ ''/ge;
                $code{$table} = join ', ',
                    sort map { $CHARGED_AS{$_} // $_ } $columns =~ /\b[a-z]\w*/g;
            }
            for my $row (WAS::Page->new("$top/$CHARGES")->rows('Limits of storage')) {
                my ($table) = $row->[0] =~ /`(was_\w+)`/ or next;
                $page{$table} = join ', ', sort split /, /, $row->[1] =~ tr/`//dr;
            }
            return 'nothing in the code' if !%code;
            return map { "$_: $code{$_}, and not " . ($page{$_} // 'nothing') }
                grep { $code{$_} ne ($page{$_} // '?') } sort keys %code;
        }
    ],

    [
        'a page is installed beside those that lead to it' => sub {
            my ($installed) = $text{'Makefile.am'} =~ /^dist_pages_DATA = ((?:.*\\\n)*.*)/m;
            my %installed = map { $_ => 1 } ($installed // '') =~ m{(docs/\S+)}g;
            return grep { m{^docs/} && !$installed{$_} } @PAGES;
        }
    ],

    [
        'a link of a page leads somewhere' => sub {
            my %anchors;
            my @breaches;
            for my $page (@PAGES) {
                for my $link (grep { !/^\w+:/ } WAS::Page->new("$top/$page")->links) {
                    my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
                    my $file = $path eq '' ? $page : dirname($page) . "/$path";
                    my $full = Cwd::abs_path("$top/$file") // '';
                    push @breaches, "$page: $link" if !-e $full || $full !~ /^\Q$top\E\//;
                    next if !defined $anchor || !-f $full;
                    $anchors{$full} //= { map { $_ => 1 } WAS::Page->new($full)->anchors };
                    push @breaches, "$page: $link: no such heading" if !$anchors{$full}{$anchor};
                }
            }
            return @PAGES ? @breaches : 'no page';
        }
    ],

    [
        'a page names the npm packages that its programs are tested with' => sub {
            my %pinned = file_text("$top/t/interop/package.json") =~ /"([^"]+)": "(\d[\d.]*)"/g;
            my @named = map { /\s(\@?[\w.-]+(?:\/[\w.-]+)?\@\d[\d.]*)/g }
                map { /npm install((?:[^\n]*\\\n)*[^\n]*)/g } @text{@PAGES};
            return 'no package' if !@named;
            return grep {
                my ($name, $version) = /^(.+)\@(.+)$/;
                ($pinned{$name} // '') ne $version
            } @named;
        }
    ],

    [
        'a route names its right, and stands once' => sub {
            my @breaches;
            for my $file (sort keys %ROUTES) {
                my %seen;
                for my $row (routes_of($file)) {
                    my ($method, $shape, $right, $line) = @$row;
                    push @breaches, "$file: no right: $line" if $right eq 'NONE';
                    push @breaches, "$file: twice: $line" if $seen{"$method $shape"}++;
                }
            }
            return @breaches;
        }
    ],
);

for my $rule (@RULES) {
    my ($name, $check) = @$rule;
    my @breaches = $check->();
    ok(!@breaches, $name) or diag(join "\n", @breaches);
}

done_testing;
