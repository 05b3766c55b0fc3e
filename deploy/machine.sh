# shellcheck shell=bash disable=SC2034
# What deploy/run and deploy/test share: the Debian packages, and a private PostgreSQL and Redis in a folder of their own.
# Sourced, never run.

build_packages=(
    libpq-dev libhiredis-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libpango1.0-dev libcairo2-dev
    libgdk-pixbuf-2.0-dev libqrencode-dev pkg-config
)
run_packages=(postgresql-15 postgresql-client-15 redis-server nginx openssl curl python3 fonts-dejavu-core)
# What the stories look with from outside.
story_packages=(poppler-utils python3-venv apache2-bin)
postgres_programs=/usr/lib/postgresql/15/bin

say() { printf '%s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Installs what is missing among the packages named, and nothing when all are there.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these Debian packages are missing and only root can install them: ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing ${missing[*]}"
    # RUNLEVEL=1 keeps the packages from starting servers of their own.
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq)
    "${apt[@]}" update >/dev/null || fail "apt-get update failed"
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null \
        || fail "apt-get could not install ${missing[*]}"
}

# PostgreSQL refuses to run as root; then the package's own user runs it.
as_database_user() {
    if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# story_python FOLDER: a Python with the packages of PyPI that the stories use; prints its path.
story_python() {
    local wanted=Tests/StoryTests/Python/requirements.txt
    if ! cmp -s "$wanted" "$1/installed"; then
        rm -rf "$1"
        { python3 -m venv "$1" && "$1/bin/pip" install -q --disable-pip-version-check -r "$wanted" \
            && cp "$wanted" "$1/installed"; } >&2 || fail "the packages of $wanted could not be installed"
    fi
    printf '%s/bin/python\n' "$(cd "$1" && pwd)"
}

# free_port: prints a TCP port of the loopback address that nobody uses.
free_port() {
    python3 -c 'import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])'
}

# make_cluster FOLDER: a PostgreSQL cluster in FOLDER/data, unless one is there. Whoever reaches its socket is let in.
make_cluster() {
    local folder=$1
    [ ! -s "$folder/data/PG_VERSION" ] || return 0
    mkdir -p "$folder"
    [ "$(id -u)" -ne 0 ] || chown postgres: "$folder"
    as_database_user "$postgres_programs/initdb" -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 >"$folder.initdb.log" 2>&1 \
        || fail "initdb failed, see $folder.initdb.log"
}

# start_postgres FOLDER PORT [OPTION…]: the cluster in FOLDER, on the loopback address and on a socket in FOLDER.
# The superuser is `postgres`; only the owner of this machine's account can reach the socket folder.
start_postgres() {
    local folder=$1 port=$2
    shift 2
    make_cluster "$folder"
    local options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder $*"
    as_database_user "$postgres_programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w -t 60 -o "$options" \
        start >/dev/null || fail "PostgreSQL did not start, see $folder/server.log"
}

stop_postgres() {
    as_database_user "$postgres_programs/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null 2>&1 || true
}

# start_redis FOLDER PORT: answers on the loopback address only; prints nothing. Its process id is in FOLDER/redis.pid.
start_redis() {
    mkdir -p "$1"
    redis-server --bind 127.0.0.1 --port "$2" --dir "$1" --daemonize yes --pidfile "$1/redis.pid" \
        --logfile "$1/redis.log" --save '' --appendonly no >/dev/null || fail "Redis did not start, see $1/redis.log"
    local tries=100
    until redis-cli -p "$2" ping >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "Redis does not answer, see $1/redis.log"
        sleep 0.05
    done
}

stop_redis() {
    redis-cli -p "$1" shutdown nosave >/dev/null 2>&1 || true
}
