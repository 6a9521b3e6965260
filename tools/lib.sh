# Licensed under the Apache License, Version 2.0; see LICENSE.
# shellcheck shell=bash
#
# What the programs beside this file share: Debian's packages, and being somebody who is not root,
# since PostgreSQL and the tests refuse to run as root. Sourced, not run.

# What it takes to build the module and to run it. Not the package apache2, which would start a
# server on port 80: httpd itself is in apache2-bin.
# shellcheck disable=SC2034
BUILD_PACKAGES=(
    gcc libc6-dev make autoconf automake libtool pkg-config
    apache2-bin apache2-dev libapr1-dev libaprutil1-dev libaprutil1-dbd-pgsql
    libjansson-dev libsodium-dev libssl-dev libpq-dev libarchive-dev libyaml-dev zlib1g-dev
    postgresql curl openssl
)

# What it takes to make Debian's package of it.
# shellcheck disable=SC2034
PACKAGE_PACKAGES=(build-essential debhelper fakeroot lintian)

# Debian has this user on every machine.
UNPRIVILEGED_USER=www-data

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# apt-get with these arguments, as root, without a word unless it fails.
apt_quietly() {
    local root=() log
    ((EUID == 0)) || root=(sudo)
    log=$(mktemp)
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "apt-get $1 failed; what it said is in $log"
    fi
    rm -f "$log"
}

# PostgreSQL's packages make a cluster "main" and start it on port 5432, which nobody asked us for:
# the setting that says so is another one until they are installed.
install_postgresql() (
    settings=/etc/postgresql-common/createcluster.conf root=()
    ((EUID == 0)) || root=(sudo)
    apt_quietly install postgresql-common
    kept=$(mktemp)
    cat "$settings" >"$kept"
    # Also when apt-get fails, or somebody interrupts it.
    trap '"${root[@]}" tee "$settings" <"$kept" >/dev/null; rm -f "$kept"' EXIT
    printf 'create_main_cluster = false\n' | "${root[@]}" tee -a "$settings" >/dev/null
    apt_quietly install "$@"
)

# Installs what is missing of the given packages; asks apt nothing when nothing is.
install_packages() {
    local package missing=() servers=()
    type dpkg-query apt-get >/dev/null 2>&1 ||
        fail 'not a Debian system (no apt-get): docs/install.md says what to install by hand'
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == ii* ]] ||
            missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "packages are missing, and neither root nor sudo is here for them: ${missing[*]}"
    fi
    printf 'Installing %s\n' "${missing[*]}"
    apt_quietly update
    for package in "${missing[@]}"; do
        [[ $package != postgresql* ]] || servers+=("$package")
    done
    ((${#servers[@]} == 0)) || install_postgresql "${servers[@]}" || exit
    apt_quietly install "${missing[@]}"
}

# Runs a command as the user that servers and tests run as: ourselves, unless we are root.
# Give it only paths that this user can reach.
as_user() {
    if ((EUID == 0)); then
        runuser -u "$UNPRIVILEGED_USER" -- "$@"
    else
        "$@"
    fi
}

# Whether that user can enter a directory.
user_can_enter() {
    (cd / && as_user test -x "$1")
}

# The absolute path of a program of PostgreSQL, which Debian keeps out of PATH.
postgres_program() {
    local path
    for path in "$(pg_config --bindir 2>/dev/null)/$1" \
        $(printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | sort -rV) "$(command -v "$1")"; do
        if [[ -x $path ]]; then
            printf '%s\n' "$path"
            return
        fi
    done
    fail "PostgreSQL's $1 was not found; on Debian: apt install postgresql"
}

# Configures (once) and builds the tree $1 in the directory $2; more arguments go to configure.
build_tree() {
    local top=$1 build=$2
    shift 2
    [[ -x $top/configure ]] || (cd "$top" && ./autogen.sh)
    mkdir -p "$build"
    cd "$build" || return
    [[ -f Makefile ]] || "$top/configure" --quiet "$@" || return
    make --no-print-directory -s -j"$(nproc)"
}

# The files of the tree, $top, as they are now, without what building left behind.
list_files() {
    if git -c safe.directory="$top" -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory="$top" -C "$top" ls-files -z --cached --others --exclude-standard
    else
        cd "$top" && find . -path ./build -prune -o -path ./t/run -prune -o -type f -print0
    fi
}
