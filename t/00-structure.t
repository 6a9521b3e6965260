# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The rules of the house, as tables: who may include what, where statuses and SQL may stand, how
# long things may be, and that README, Makefile.am and the code list the same. Needs no server.

use strict;
use warnings;

use Cwd ();
use File::Basename qw(basename dirname);
use File::Find ();
use Test::More;

my $top = $ENV{WAS_TOP} // Cwd::abs_path(dirname(__FILE__) . '/..');

my $LICENCE = 'Licensed under the Apache License, Version 2.0; see LICENSE.';
my $LONGEST_FILE = 600;
my $LONGEST_FUNCTION = 80;
my $USUAL_FUNCTION = 45;
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
);

# A header, and the only files that may include it: a header of ours counts as beside its .c.
my @HEADERS = (
    [qr/^(?:httpd|ap_\w+|scoreboard|mpm_common)\.h$/,
        qr{^(?:mod_was\.c|src/(?:http|classic|pws)/|src/store/was_db\.c)}, 'httpd'],
    [qr/^(?:http_\w+|util_\w+)\.h$/, qr{^(?:mod_was\.c|src/(?:http|classic|pws)/)}, 'http_*'],
    [qr/^(?:mod_dbd|apr_dbd\w*)\.h$/, qr{^src/store/was_db\.c$}, 'mod_dbd'],
    [qr/^libpq/, qr{^src/store/was_(?:db\.c|pq\.[ch])$}, 'libpq'],
    [qr{^store/was_pq\.h$}, qr{^src/store/was_(?:db|pq|session)\.c$}, 'was_pq'],
    [qr{^store/was_(?:db|sql)\.h$}, qr{^(?!src/(?:classic|pws)/)}, 'was_db, was_sql'],
    [qr/^sodium/, qr{^src/(?:auth/was_crypto|base/was_encoding)\.c$}, 'libsodium'],
    [qr/^openssl/, qr{^src/auth/was_crypto\.c$}, 'OpenSSL'],
    [qr/^jansson/, qr{^src/base/was_json\.h$}, 'Jansson'],
    [qr/^archive/, qr{^src/classic/classic_export\.c$}, 'libarchive'],
    [qr/^zlib/, qr{^src/auth/was_invocation\.c$}, 'zlib'],
);

# Files that have no header of their own, and the one they implement a part of.
my %IMPLEMENTS = ('was_session.c' => 'was_db.h', 'was_zcap_expand.c' => 'was_zcap.h',
                  'was_backends.c' => 'was_collections.h');

# Where a status macro of httpd may stand.
my @STATUS_FILES = qw(
    src/http/was_respond.c src/http/was_problem.c src/http/was_body.c mod_was.c
);

# Where SQL may stand.
my @SQL_FILES = qw(src/store/was_sql.c include/store/was_sql.h src/store/was_schema.c);
my $SQL = qr/\b(?:SELECT|INSERT\s+INTO|UPDATE\b.*\bSET|DELETE\s+FROM|(?:CREATE|ALTER)\s+TABLE)\b/s;

my @BANNED = qw(
    sprintf vsprintf strcpy strcat strncpy strncat atoi atol atoll strtok gets alloca system popen
    malloc calloc realloc free
);

# Files that own memory of another allocator than APR's, and what they may call for it.
my %MAY_CALL = ();

sub slurp {
    my ($path) = @_;
    open my $file, '<:encoding(UTF-8)', "$top/$path" or return '';
    local $/;
    return scalar(<$file>) // '';
}

sub files_below {
    my ($pattern, @directories) = @_;
    my @found;
    my $wanted = sub {
        $File::Find::prune = 1 if -d && /^(?:run|node_modules|\..+)$/;
        push @found, $File::Find::name =~ s{^\Q$top\E/}{}r if -f && /$pattern/;
    };
    File::Find::find({ wanted => $wanted, follow_fast => 1 }, grep { -d } map { "$top/$_" } @directories);
    return sort @found;
}

my @own = ((-e "$top/mod_was.c" ? 'mod_was.c' : ()), files_below(qr/\.[ch]$/, qw(src include)));
my @tested = files_below(qr/\.[ch]$/, qw(t));
my @scripts = ('autogen.sh', '.ci/run', grep { !m{^t/(?:vectors|fuzz/corpus)/} }
    files_below(qr/^[^.]+$|\.(?:sh|t|pm|mjs|js)$/, qw(tools t)));

# The text with comments and literals blanked, and its string literals, adjacent ones as one.
sub scan {
    my ($text) = @_;
    my (@strings, $adjacent);
    my $blank = sub { my ($part) = @_; $part =~ s/[^\n]/ /g; return $part };
    $text =~ s{
        (?<comment> /\*.*?\*/ | //[^\n]* )
        | " (?<string> (?:[^"\\]|\\.)* ) "
        | (?<char> '(?:[^'\\]|\\.)+' )
        | (?<space> [\s\\]+ )
        | (?<other> . )
    }{
        if (defined $+{string}) {
            if ($adjacent) { $strings[-1] .= $+{string} } else { push @strings, $+{string} }
        }
        $adjacent = defined $+{string} || $adjacent && !defined $+{other} && !defined $+{char};
        defined $+{other} || defined $+{space} ? $& : $blank->($&)
    }gesx;
    return ($text, @strings);
}

my (%text, %code, %strings, %includes, %room);
for my $file (@own, @tested) {
    $text{$file} = slurp($file);
    ($code{$file}, @{ $strings{$file} }) = scan($text{$file});
    # Names of headers are string literals to scan(), so they are read from the text.
    $includes{$file} = [$text{$file} =~ /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/mg];
    $room{$file} = $1 if $file =~ m{^(?:src|include)/(\w+)/};
}

sub place {
    my ($file) = @_;
    return $room{$file} ? "src/$room{$file}/" . basename $file : $file;
}

sub functions {
    my ($code) = @_;
    my ($open, @lengths);
    my $line = 0;
    for (split /\n/, $code) {
        $line++;
        $open = $line if /^\{/;
        if (/^\}/ && $open) {
            push @lengths, [$open, $line - $open];
            undef $open;
        }
    }
    return @lengths;
}

sub set_difference {
    my ($these, $those, $what) = @_;
    my %those = map { $_ => 1 } @$those;
    return map { "$_ $what" } grep { !$those{$_} } @$these;
}

# The shape of a route as README writes it: {name} is one segment, {name...} the rest.
sub readme_shape {
    my ($path) = @_;
    return $path =~ s/\{[^}]+\.\.\.\}/**/r =~ s/\{[^}]+\}/*/gr;
}

sub routes_of {
    my ($file) = @_;
    return $text{$file} =~ /\{\s*"([A-Z]+)",\s*"([^"]+)",\s*(WAS_RIGHT_\w+),/g;
}

# Each rule: its name, and code that yields one line for each breach.
my @RULES = (
    ['there is code to look at', sub { @own > 1 ? () : 'no file below src and include' }],

    ['a room includes only the rooms below it' => sub {
        my @breaches;
        for my $file (grep { defined $room{$_} } @own) {
            my %allowed = map { $_ => 1 } @{ $MAY_INCLUDE{ $room{$file} } // [] };
            for my $header (@{ $includes{$file} }) {
                my $target = $room{"include/$header"} // next;
                push @breaches, "$file includes $header of $target" if !$allowed{$target};
            }
        }
        return @breaches;
    }],

    (map {
        my ($header, $files, $name) = @$_;
        ["$name is included only where it may be" => sub {
            return map { my $file = $_; map { "$file includes $_" } grep { /$header/ } @{ $includes{$file} } }
                grep { place($_) !~ /$files/ } @own;
        }]
    } @HEADERS),

    ['a file includes the header it implements first' => sub {
        my @breaches;
        for my $file (grep { m{^src/.*\.c$} } @own) {
            my $own = $IMPLEMENTS{ basename $file } // basename($file) =~ s/\.c$/.h/r;
            $own = "$room{$file}/$own";
            $own = "$room{$file}/$room{$file}.h" if $room{$file} =~ /^(?:classic|pws)$/;
            my $first = $includes{$file}[0] // 'nothing';
            push @breaches, "$file includes $first first, not $own" if $first ne $own;
        }
        return @breaches;
    }],

    ['statuses stand where errors become HTTP' => sub {
        my %allowed = map { $_ => 1 } @STATUS_FILES;
        return map { my $file = $_; map { "$file: $_" } $code{$file} =~ /\b(HTTP_[A-Z_]+)\b/g }
            grep { !$allowed{$_} } @own;
    }],

    ['SQL stands in was_sql and was_schema' => sub {
        my %allowed = map { $_ => 1 } @SQL_FILES;
        return map { my $file = $_; map { "$file: \"$_\"" } grep { /$SQL/ } @{ $strings{$file} } }
            grep { !$allowed{$_} } @own;
    }],

    ['no banned function is called' => sub {
        my $banned = join '|', @BANNED;
        my @breaches;
        for my $file (@own) {
            my %allowed = map { $_ => 1 } @{ $MAY_CALL{$file} // [] };
            push @breaches, map { "$file calls $_" } grep { !$allowed{$_} }
                $code{$file} =~ /(?<![\w.>])($banned)\s*\(/g;
        }
        return @breaches;
    }],

    ["no function is longer than $LONGEST_FUNCTION lines" => sub {
        return map { my $file = $_; map { "$file:$_->[0]: $_->[1] lines" }
            grep { $_->[1] > $LONGEST_FUNCTION } functions($code{$file}) } @own;
    }],

    ["$USUAL_SHARE of all functions have at most $USUAL_FUNCTION lines" => sub {
        my @all = map { functions($code{$_}) } @own;
        my $usual = grep { $_->[1] <= $USUAL_FUNCTION } @all;
        return if !@all || $usual >= $USUAL_SHARE * @all;
        return "$usual of " . @all;
    }],

    ["no file is longer than $LONGEST_FILE lines" => sub {
        return grep { ($text{$_} =~ tr/\n//) > $LONGEST_FILE } @own;
    }],

    ['a C file opens with the licence, a .c then says what it owns' => sub {
        return (grep { $text{$_} !~ m{\A/\* \Q$LICENCE\E \*/\n} } @own, @tested),
            grep { $text{$_} !~ m{\A[^\n]*\n\n?/\*\n} } grep { m{\.c$} && !m{^t/} } @own;
    }],

    ['a script opens with the licence' => sub {
        return grep { slurp($_) !~ m{\A(?:#![^\n]*\n)?(?:#|//) \Q$LICENCE\E\n} } @scripts;
    }],

    ['nothing is left for later by its own words' => sub {
        my $marks = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'X' x 3, 'HA' . 'CK';
        return grep { slurp($_) =~ /\b(?:$marks)\b/ } @own, @tested, @scripts;
    }],

    ["C has no tab and at most $COLUMNS columns" => sub {
        return map { my $file = $_; my $n = 0;
            map { "$file:$_->[0]" } grep { $_->[1] =~ /\t/ || length $_->[1] > $COLUMNS }
            map { [++$n, $_] } split /\n/, $text{$file} } @own, @tested;
    }],

    ['every file is built or shipped' => sub {
        my $makefile = slurp('Makefile.am');
        my @shipped = $makefile =~ m{(?<!\S)([\w./-]+)(?!\S)}g;
        # automake finds the source of a program that names none.
        my %named = map { $_ => 1 } @shipped, map { "$_.c" } $makefile =~ m{(t/unit/test_\w+)}g;
        return grep { my $file = $_; !$named{$file} && !grep { $file =~ m{^\Q$_\E/} } @shipped }
            @own, @tested, @scripts;
    }],

    ['README lists the directives of the code' => sub {
        my @code = map { /AP_INIT_\w+\(\s*"(WAS\w+)"/g } @text{ grep { m{^src/http/} } @own };
        my @readme = slurp('README.md') =~ /^\|\s*`(WAS\w+)/mg;
        return 'no directive in the code' if !@code;
        return set_difference(\@code, \@readme, 'is not in README'),
            set_difference(\@readme, \@code, 'is not in the code');
    }],

    ['README lists the routes of the code' => sub {
        my (@code, @readme, @rows);
        @rows = map { routes_of($_) } grep { m{^src/(classic|pws)/\1\.c$} } @own;
        while (my ($method, $shape) = splice @rows, 0, 3) {
            push @code, "$method $shape";
        }
        @rows = slurp('README.md') =~ m{^\|\s*`?([A-Z]+)`?\s*\|\s*`(/[^`]*)`\s*\|}mg;
        while (my ($method, $path) = splice @rows, 0, 2) {
            push @readme, "$method " . readme_shape($path);
        }
        return 'no route in the code' if !@code;
        return set_difference(\@code, \@readme, 'is not in README'),
            set_difference(\@readme, \@code, 'is not in the code');
    }],

    ['a route names its right, and stands once' => sub {
        my (%seen, @breaches);
        for my $file (grep { m{^src/(classic|pws)/\1\.c$} } @own) {
            my @rows = routes_of($file);
            while (my ($method, $shape, $right) = splice @rows, 0, 3) {
                push @breaches, "$method $shape has no right" if $right eq 'WAS_RIGHT_NONE';
                push @breaches, "$method $shape stands twice" if $seen{"$file $method $shape"}++;
            }
        }
        return @breaches;
    }],
);

for my $rule (@RULES) {
    my ($name, $check) = @$rule;
    my @breaches = $check->();
    ok(!@breaches, $name) or diag(join "\n", @breaches);
}

done_testing;
