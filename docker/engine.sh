#!/bin/sh
# Brings up a Docker engine on this machine, or says exactly what to type where it may not.
#
#   sh docker/engine.sh             one that works already is left alone; otherwise, as root on Debian or Ubuntu,
#                                   docker.io is installed and the engine started
#   sh docker/engine.sh --status    only reports
#
# Exit: 0 an engine answers; 1 it was tried and failed; 2 wrong use; 3 it may not be done from here, and what to type.
#
# ENGINE_LOG, ENGINE_WAIT (seconds), ENGINE_RUN (/run) and ENGINE_PROC (/proc) may be set, as the tests do.
set -u

log=${ENGINE_LOG:-/var/log/podium-dockerd.log}
patience=${ENGINE_WAIT:-60}
run=${ENGINE_RUN:-/run}
proc=${ENGINE_PROC:-/proc}
socket=$run/docker.sock
sys_admin=21

say() { printf '%s\n' "engine: $*"; }

# What cannot be done from here: the reason, then what to type, one line each.
cannot() {
    say "$1"
    shift
    for line in "$@"; do printf '    %s\n' "$line"; done
    exit 3
}

have() { command -v "$1" >/dev/null 2>&1; }

# The command line client is a package of its own on newer systems, and we need only the engine.
server_version() {
    if have docker; then
        timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null
    elif have curl; then
        curl -s --max-time 10 --unix-socket "$socket" http://localhost/version |
            sed -n 's/.*"Version":"\([^"]*\)".*/\1/p'
    fi
}

answers() {
    version=$(server_version) && [ -n "$version" ]
}

is_root() { [ "$(id -u)" = 0 ]; }

# Whether this process may mount and make namespaces: a plain container may not, even as root.
is_privileged() {
    mask=$(sed -n 's/^CapEff:[[:space:]]*//p' "$proc/self/status" 2>/dev/null)
    [ -n "$mask" ] || return 0
    [ $((0x$mask >> sys_admin & 1)) = 1 ]
}

has_systemd() { [ -d "$run/systemd/system" ] && have systemctl; }

refuse_where_we_may_not() {
    case ${DOCKER_HOST:-} in
    '' | unix://*) ;;
    *) cannot "DOCKER_HOST is $DOCKER_HOST, and nothing answers there" "unset DOCKER_HOST" "sh docker/engine.sh" ;;
    esac
    if ! is_root; then
        if [ -S "$socket" ] && [ ! -w "$socket" ]; then
            cannot "an engine is there, but $(id -un) may not talk to it" \
                "sudo usermod -aG docker $(id -un)" "newgrp docker"
        fi
        cannot "only root can install or start an engine" "sudo sh docker/engine.sh"
    fi
    if ! is_privileged; then
        cannot "this is a container without the rights that an engine needs; outside of it, start it with one of" \
            "docker run --privileged ..." "docker run -v /var/run/docker.sock:/var/run/docker.sock ..."
    fi
}

install_engine() {
    have dockerd && return
    if ! have apt-get; then
        cannot "there is no apt-get here: install Docker as your system does it, then run this again" \
            "https://docs.docker.com/engine/install/"
    fi
    say "installing docker.io with apt-get; this takes a minute or two"
    apt="apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  the options are words
    $apt update >"$log" 2>&1 || say "apt-get update failed; going on with the lists that are here"
    packages="docker.io iptables ca-certificates"
    if have apt-cache && [ -n "$(apt-cache search --names-only '^docker-cli$' 2>/dev/null)" ]; then
        packages="$packages docker-cli"
    fi
    # shellcheck disable=SC2086
    if ! $apt install -y --no-install-recommends $packages >>"$log" 2>&1; then
        tail -n 3 "$log"
        cannot "apt-get could not install docker.io (all of it is in $log); with a network, type" \
            "apt-get update" "apt-get install --no-install-recommends $packages"
    fi
    say "docker.io is installed"
}

# Wait for an answer as long as a process lives and patience lasts; $1 is the process, or nothing.
wait_for_answer() {
    waited=0
    while [ "$waited" -lt "$patience" ]; do
        answers && return 0
        if [ -n "$1" ] && ! kill -0 "$1" 2>/dev/null; then return 1; fi
        [ $((waited % 5)) = 4 ] && say "waiting for the engine ($((waited + 1)) s)"
        sleep 1
        waited=$((waited + 1))
    done
    return 1
}

start_with_systemd() {
    say "starting docker.service"
    systemctl start docker.service && wait_for_answer ''
}

# Start dockerd by hand with the options given; a failed one is ended before we return.
start_by_hand() {
    say "starting dockerd $*"
    setsid nohup dockerd "$@" >"$log" 2>&1 </dev/null &
    engine=$!
    wait_for_answer "$engine" && return 0
    kill "$engine" 2>/dev/null
    wait "$engine" 2>/dev/null
    grep -iE 'failed|error|fatal' "$log" | tail -n 1
    return 1
}

start_engine() {
    if has_systemd; then
        start_with_systemd && return 0
        say "systemd could not start it: systemctl status docker.service"
        return 1
    fi
    mkdir -p "$(dirname "$log")"
    pid=$(cat "$run/docker.pid" 2>/dev/null)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        say "dockerd is there already as process $pid"
        wait_for_answer "$pid" && return 0
        say "it does not answer: end it and try again (kill $pid)"
        return 1
    fi
    rm -f "$run/docker.pid"
    start_by_hand ||
        start_by_hand --iptables=false --ip6tables=false --bridge=none ||
        start_by_hand --storage-driver=vfs ||
        start_by_hand --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs
}

main() {
    case ${1:-} in
    '' | --status) ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
    esac
    if answers; then
        say "Docker $version answers: nothing to do"
        exit 0
    fi
    say "no Docker engine answers"
    refuse_where_we_may_not
    if [ "${1:-}" = --status ]; then
        cannot "it can be brought up from here" "sh docker/engine.sh"
    fi
    install_engine
    if start_engine; then
        say "Docker $version answers"
        exit 0
    fi
    say "the engine does not come up; its log is $log"
    exit 1
}

main "$@"
