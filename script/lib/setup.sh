# What script/demo and script/test need on a machine: Debian packages and the Python environment.
# To be sourced by bash with `set -eu`, from the top of the checkout.

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# The servers' packages for this system; Debian 13 has TimescaleDB, Debian 12 and Ubuntu 24.04 do not.
server_packages() {
  local id="" postgres="postgresql"
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-} ${VERSION_ID:-}")
  fi
  case "$id" in
    "debian 12") postgres="postgresql-15" ;;
    "debian 13") postgres="postgresql-17 postgresql-17-timescaledb" ;;
    "ubuntu 24.04") postgres="postgresql-16" ;;
  esac
  printf '%s\n' python3 python3-venv $postgres patroni python3-etcd etcd-server pgbouncer redis-server \
    memcached nats-server util-linux ca-certificates
}

# Those of the given packages that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" != installed ]; then
      printf '%s\n' "$name"
    fi
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

require_root_or_sudo() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null || fail "Not installed: $*. Neither root nor sudo is at hand: ask an administrator for
  apt-get install --no-install-recommends $*"
  sudo -n true 2>/dev/null || sudo -v || fail "Not installed: $*, and sudo was refused: ask an administrator to install them."
}

# apt-get that waits while another package manager holds a lock (the lists' lock has no timeout of its own).
# Silent when it works; with the first word --try also when it does not.
apt_get() {
  local output try complain=yes
  if [ "$1" = --try ]; then complain=""; shift; fi
  for try in $(seq 1 60); do
    if output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=2 \
        -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@" 2>&1 </dev/null); then
      return 0
    fi
    case "$output" in
      *"Could not get lock"* | *"Unable to lock"* | *"Unable to acquire"*)
        if [ "$try" = 1 ]; then say "Waiting for another package manager to finish."; fi
        sleep 5
        ;;
      *) break ;;
    esac
  done
  [ -z "$complain" ] || printf '%s\n' "$output" | tail -n 15 >&2
  return 1
}

# A package must not start its service and must not make a database cluster: both are undone when installing is over.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/novaops-no-main-cluster.conf
placed_policy=""
placed_no_cluster=""

hold_services() {
  if [ ! -e "$policy" ]; then
    placed_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
}

hold_clusters() {
  if [ -z "$(missing_packages postgresql-common)" ] || apt_get install -y --no-install-recommends postgresql-common; then
    placed_no_cluster=yes
    as_root mkdir -p "${no_cluster%/*}"
    printf 'create_main_cluster = false\n' | as_root tee "$no_cluster" >/dev/null
  fi
}

release_holds() {
  if [ -n "$placed_policy" ]; then as_root rm -f "$policy"; placed_policy=""; fi
  if [ -n "$placed_no_cluster" ]; then as_root rm -f "$no_cluster"; placed_no_cluster=""; fi
}

# Install what is missing of the given packages; instant when nothing is.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null || { say "This is not Debian or Ubuntu: packages are left to you."; return 0; }
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  require_root_or_sudo $missing
  say "Installing $missing..."
  trap 'release_holds' EXIT
  trap 'release_holds; exit 130' INT TERM
  hold_services
  # Lists that are absent or old make packages unknown: then fetch them and try once more.
  if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
    apt_get update || fail "apt-get update failed: is this machine online?"
  fi
  case " $missing" in *" postgresql-"*) hold_clusters ;; esac
  if ! apt_get --try install -y --no-install-recommends $missing; then
    apt_get update || fail "apt-get update failed: is this machine online?"
    apt_get install -y --no-install-recommends $missing || fail "These packages could not be installed: $missing"
  fi
  release_holds
  trap - EXIT INT TERM
}

# The Python environment of the lock file, made with the system's Python; instant when it is there.
make_venv() {
  local python=/usr/bin/python3 stamp
  [ -x "$python" ] || fail "$python is missing: install the package python3."
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; $python is $("$python" -V)."
  stamp=".venv/.stamp-$( { "$python" -V; cat requirements.lock; } | sha256sum | cut -c1-16)"
  if [ -e "$stamp" ] && .venv/bin/python -c '' 2>/dev/null; then return 0; fi
  say "Preparing the Python environment in .venv..."
  .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv ||
    fail "The Python environment could not be made: is the package python3-venv installed?"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore -r requirements.lock ||
    fail "The packages of requirements.lock could not be installed: is this machine online?"
  rm -f .venv/.stamp-*
  touch "$stamp"
}
