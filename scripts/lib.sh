# Shared by the scripts: finds Python, keeps .venv, brings what the tests need.
# To be sourced; leaves the working directory at the project's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
BIN=.venv/bin

say() { printf 'netsig: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Install Debian packages where we may: as root, where apt is. Else fail quietly.
apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing $*"
    {
        apt-get update -q || true
        DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "$@"
    } </dev/null >&2
}

# Print the interpreter to use: $PYTHON, else the first that is 3.11 or newer.
find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
        then
            command -v "$name"
            return
        fi
    done
    die "no Python 3.11 or newer found; set PYTHON to one"
}

make_venv() {
    local python version
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install "python$version-venv" ||
            die "$python has no venv module: install python$version-venv and call again"
    fi
    "$python" -m venv --clear .venv
}

# environment [EXTRA]: have .venv with the project and its extra in it. What was
# installed is noted, so that nothing is done while pyproject.toml stays the same.
environment() {
    local extra=${1:-} stamp wanted
    stamp=.venv/installed${extra:+-$extra}
    if ! "$BIN/python" -c '' 2>/dev/null; then make_venv; fi
    wanted=$("$BIN/python" -c 'import hashlib, pathlib; print(hashlib.sha256(
        pathlib.Path("pyproject.toml").read_bytes()).hexdigest())')
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "installing the project into .venv"
        "$BIN/python" -m pip install --quiet --disable-pip-version-check \
            --editable ".${extra:+[$extra]}" </dev/null
        echo "$wanted" >"$stamp"
    fi
}

# Have tshark, the independent oracle. Without it tests fail, unless
# NETSIG_WITHOUT_TSHARK=1 says that this is known.
need_tshark() {
    command -v tshark >/dev/null && return
    [ -n "${NETSIG_WITHOUT_TSHARK:-}" ] && return
    apt_install tshark ||
        say "tshark is missing: install it, or say NETSIG_WITHOUT_TSHARK=1"
}

# Have the real client and server that fixtures are recorded from. Without them tests
# fail, unless NETSIG_WITHOUT_PEERS=1 says that this is known.
need_peers() {
    local name
    local packages=(
        samba smbclient tcpdump iproute2 curl
        slapd gss-ntlmssp libsasl2-modules-gssapi-mit
        dovecot-imapd dovecot-pop3d dovecot-submissiond
        prosody prosody-modules lua-unbound lua-cyrussasl sasl2-bin libsasl2-modules
        dante-server tinyproxy freetds-bin
    )
    [ -n "${NETSIG_WITHOUT_PEERS:-}" ] && return
    for name in smbd smbclient tcpdump ip ss curl slapd dovecot prosody \
        danted tinyproxy tsql; do
        command -v "$name" >/dev/null && continue
        apt_install "${packages[@]}" ||
            say "$name is missing: install ${packages[*]}, or say NETSIG_WITHOUT_PEERS=1"
        return
    done
}

# Have systemd-analyze, which judges the unit. Without it tests fail, unless
# NETSIG_WITHOUT_SYSTEMD=1 says that this is known.
need_systemd() {
    command -v systemd-analyze >/dev/null && return
    [ -n "${NETSIG_WITHOUT_SYSTEMD:-}" ] && return
    apt_install systemd ||
        say "systemd-analyze is missing: install systemd, or say NETSIG_WITHOUT_SYSTEMD=1"
}

# Have what comes from npm, and node to run it: Microsoft's KQL parser, which judges the
# shipped queries, and Elastic's schema, which judges the expected rows. Without them
# tests fail, unless NETSIG_WITHOUT_NODE=1 says that this is known.
need_node() {
    local at
    [ -n "${NETSIG_WITHOUT_NODE:-}" ] && return
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
        apt_install nodejs npm || {
            say "node and npm are missing: install them, or say NETSIG_WITHOUT_NODE=1"
            return
        }
    fi
    for at in tests/support/kusto tests/support/elastic; do
        [ -e $at/node_modules/.package-lock.json ] &&
            [ ! $at/package-lock.json -nt $at/node_modules/.package-lock.json ] &&
            continue
        (cd $at && npm ci --silent --no-audit --no-fund </dev/null >&2) ||
            say "npm could not install $at: what needs it will fail"
    done
}
