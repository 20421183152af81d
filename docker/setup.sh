#!/bin/sh
# Sets up this checkout: sh docker/setup.sh run|test|check|bench
#
# Makes .venv/ from a lock file (again only when the lock file has changed) and, for tests and benches, brings up the
# Docker engine, the player image and a browser where it may. What it may not install it names, with what to type; only
# with CI=true is that a failure.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}
case $purpose in
run) lock=requirements.lock ;;
test | check | bench) lock=requirements-dev.lock ;;
*) echo "usage: sh docker/setup.sh run|test|check|bench" >&2; exit 2 ;;
esac

say() { printf '[set-up] %s\n' "$*" >&2; }
stop() { say "$1"; say "to mend it: $2"; exit 1; }
may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_updated=
install() { # Debian's packages, quietly
	if [ -z "$apt_updated" ]; then
		say "asking Debian's registry what there is"
		DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
		apt_updated=yes
	fi
	say "installing $*"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
	for name in python3 python3.11 python3.12 python3.13 python3.14; do
		if command -v "$name" >/dev/null 2>&1 &&
			"$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
			command -v "$name"
			return 0
		fi
	done
	return 1
}

environment() {
	python=$(find_python) || {
		if may_install && install python3 python3-venv; then
			python=$(find_python) || stop "this machine's Python is older than 3.11" "install Python 3.11 or later"
		else
			stop "there is no Python 3.11 or later" "apt-get install python3 python3-venv (as root)"
		fi
	}
	if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
		if ! { may_install && install python3-venv; }; then
			stop "this Python cannot make environments" "apt-get install python3-venv (as root)"
		fi
	fi
	wanted=$(cat pyproject.toml "$lock" | sha256sum | cut -d ' ' -f 1)
	stamp=.venv/.podium-$lock
	if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
		return 0
	fi
	if ! .venv/bin/python -c '' 2>/dev/null; then
		say "making .venv with $python"
		rm -rf .venv
		"$python" -m venv .venv
	fi
	say "installing $(grep -c '^[a-z0-9].*==' "$lock") packages from $lock into .venv (about a minute)"
	began=$(date +%s)
	rm -f .venv/.installed
	{
		.venv/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes -r "$lock" &&
			touch .venv/.installed
	} | awk '/^Collecting/ { printf "\r[set-up] %3d packages", ++n > "/dev/stderr" } END { print "" > "/dev/stderr" }'
	[ -f .venv/.installed ] || stop "the packages could not be installed (see above)" \
		"see that Python's package registry can be reached, then the same command again"
	.venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet \
		--no-deps --no-build-isolation --editable .
	[ -x .venv/bin/podium ] || stop "the installation did not end well" "rm -rf .venv, then the same command again"
	say ".venv is ready ($(($(date +%s) - began)) s)"
	printf '%s\n' "$wanted" >"$stamp"
}

missing() { # what a test run goes without
	say "$1"
	say "to mend it: $2"
	if [ "${CI:-}" = true ]; then
		say "with CI=true that is a failure"
		exit 1
	fi
	say "going on: the tests that need it are named at the end"
}

engine() {
	if sh docker/engine.sh >&2; then
		if ! .venv/bin/python -m sandbox.images >&2; then
			missing "the player image could not be built" "podium doctor"
		elif [ "$purpose" = test ] && ! .venv/bin/python -m sandbox.images --builders >&2; then
			missing "the images in which entries are built could not be made" "what is said above"
		fi
	else
		missing "there is no Docker engine" "sh docker/engine.sh"
	fi
}

browser() {
	command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi 'noto.*cjk' &&
		/sbin/ldconfig -p | grep -q 'libatomic\.so\.1' && return 0 # Playwright's driver needs that one
	if ! { may_install && install chromium fonts-noto-cjk fontconfig libatomic1; }; then
		missing "there is no Chromium with Chinese and Korean fonts" \
			"apt-get install chromium fonts-noto-cjk fontconfig libatomic1 (as root)"
	fi
}

database() { # the server's binaries only: no cluster is made or started on this machine
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && return 0
	if may_install; then
		mkdir -p /etc/postgresql-common
		[ -e /etc/postgresql-common/createcluster.conf ] ||
			echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
		install postgresql && return 0
	fi
	missing "there are no PostgreSQL server binaries" "apt-get install postgresql (as root)"
}

environment
case $purpose in
test)
	engine
	browser
	database
	;;
bench) engine ;;
esac
