# shellcheck shell=bash
# A suite of its own for a check: deploy/run with an empty database, on ports that nobody uses. Sourced behind deploy/machine.sh,
# never run.
#
#   start_suite FOLDER [LIMIT]    starts it, leaves its output in FOLDER/suite.log and sets `base` and `home`; LIMIT requests a
#                                 minute, else as many as one likes
#   stop_suite                    for the script's end
#   call METHOD PATH BODY [TOKEN]     the answer; what is refused ends the script
#   member NAME                       a member of the JSON object that comes in
#   device NAME PASSWORD              a device token

suite=''
stop_suite() {
    [ -n "$suite" ] || return 0
    # A background command of a script is deaf to SIGINT.
    kill -TERM "$suite" 2>/dev/null || true
    wait "$suite" 2>/dev/null || true
    mkdir -p "$suite_folder/log"
    cp "$home"/log/*.log "$suite_folder/log/" 2>/dev/null || true
    rm -rf "$home"
    suite=''
}

start_suite() {
    suite_folder=$1
    mkdir -p "$suite_folder"
    home=$(mktemp -d "${TMPDIR:-/tmp}/voltbus-verify.XXXXXX")
    chmod 711 "$home"
    VOLTBUS_HTTPS_PORT=$(free_port) VOLTBUS_HTTP_PORT=$(free_port) VOLTBUS_OCPP_TLS_PORT=$(free_port) VOLTBUS_OCPP_PORT=$(free_port)
    # Five ports in a row: well below those that the system hands out by itself.
    VOLTBUS_FIRST_PORT=$((20000 + RANDOM % 9000))
    VOLTBUS_HOME=$home ADMIN_EMAIL=boss@example.org ADMIN_PASSWORD=$(openssl rand -hex 12)
    export VOLTBUS_HTTPS_PORT VOLTBUS_HTTP_PORT VOLTBUS_OCPP_TLS_PORT VOLTBUS_OCPP_PORT VOLTBUS_FIRST_PORT VOLTBUS_HOME \
        ADMIN_EMAIL ADMIN_PASSWORD
    # Limits would answer in the place of what is looked at.
    local limit=${2:-0}
    export RATE_LIMIT_ADDRESS=$limit RATE_LIMIT_ACCOUNT=$limit RATE_LIMIT_LOGIN=$limit RATE_LIMIT_LOGIN_ADDRESS=$limit \
        RATE_LIMIT_EXPORTS=$limit RATE_LIMIT_COMMANDS=$limit RATE_LIMIT_COMMANDS_POWER=$limit
    deploy/run >"$suite_folder/suite.log" 2>&1 &
    suite=$!
    base=https://localhost:$VOLTBUS_HTTPS_PORT
    until curl -fsSk "$base/api/health" >/dev/null 2>&1; do
        kill -0 "$suite" 2>/dev/null || { cat "$suite_folder/suite.log" >&2; fail "the suite did not start"; }
        sleep 0.5
    done
    # Every service gives its part of the document at its start; the last one may still be at it.
    local path
    for path in users/me payment/balance report/month; do
        until curl -fsSk "$base/api/v1/openapi.json" -o "$suite_folder/openapi.json" \
            && grep -q "\"/api/v1/$path\"" "$suite_folder/openapi.json"; do
            sleep 0.5
        done
    done
}

call() {
    curl -fsSk -X "$1" "$base$2" -H 'Content-Type: application/json' -d "$3" ${4:+-H "Authorization: Bearer $4"}
}
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
device() { call POST /api/v1/users/authenticate "{\"username\":\"$1\",\"password\":\"$2\"}" | member token; }
