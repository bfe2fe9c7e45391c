#!/bin/sh
# Makes this machine able to build planner: checks the Swift toolchain, installs what is missing
# from Debian. Does nothing, and needs no root, where nothing is missing.
set -eu

needed_swift=6.1
needed_packages="pkg-config libopenblas-dev libpfm4-dev"

fail() {
  printf 'setup: %s\n' "$1" >&2
  exit 1
}

check_toolchain() {
  if ! command -v swift >/dev/null 2>&1; then
    fail "no Swift toolchain on PATH. Install Swift $needed_swift or newer as
       https://www.swift.org/install/linux/ shows (swiftly, or the archive for your system),
       open a new shell, and run make again."
  fi
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [ -n "$found" ] || fail "'swift --version' does not name a version; is $(command -v swift) Swift?"
  oldest=$(printf '%s\n%s\n' "$needed_swift" "$found" | sort -V | head -n 1)
  [ "$oldest" = "$needed_swift" ] || fail "Swift $found is too old: $needed_swift or newer is needed.
       See https://www.swift.org/install/linux/"
}

# Prints the packages that are not there. pkg-config counts by its command, which Debian's pkgconf
# provides too.
missing_packages() {
  for package in $needed_packages; do
    if [ "$package" = pkg-config ] && command -v pkg-config >/dev/null 2>&1; then continue; fi
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    case $status in *"ok installed") ;; *) printf ' %s' "$package" ;; esac
  done
}

install_packages() {
  install="apt-get install -y --no-install-recommends$1"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=""
  elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
    # Without a terminal nobody can type a password.
    [ -t 0 ] || as_root="sudo -n"
  else
    fail "missing from Debian:$1. Run as root:
       apt-get update && $install"
  fi
  printf 'setup: installing from Debian:%s\n' "$1"
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -q && $as_root $install \
    || fail "could not install$1. Run as root:
       apt-get update && $install"
}

check_toolchain
if command -v dpkg-query >/dev/null 2>&1; then
  missing=$(missing_packages)
  if [ -n "$missing" ]; then install_packages "$missing"; fi
else
  printf 'setup: not a Debian system; OpenBLAS, libpfm4 and pkg-config are taken as installed\n' >&2
fi
