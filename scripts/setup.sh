#!/usr/bin/env bash
# Sourced by the start and test scripts: creates .venv with the pinned packages, and installs the system libraries that they need.
# Does nothing if all is installed. Exit code 3: the machine lacks something; the message names the command to type.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV="$ROOT/.venv"

say() { printf '%s\n' "$*"; }

fail() { # fail EXIT_CODE MESSAGE...
  local code=$1
  shift
  printf 'error: %s\n' "$*" >&2
  exit "$code"
}

# alone LOCK_FILE COMMAND...: runs the command while holding the lock; without the lock where flock is missing, as on macOS.
alone() {
  local lock=$1
  shift
  if ! command -v flock >/dev/null; then
    "$@"
    return
  fi
  {
    if ! flock --nonblock 9; then
      say "Waiting for another script that does the same (${lock##*/})"
      flock 9
    fi
    "$@"
  } 9>"$lock"
}

# read_env_file FILE: exports the variables of FILE that the environment does not set, as Docker Compose does. Runs nothing in FILE.
read_env_file() {
  local line name value
  [ -f "$1" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    [[ ${line%$'\r'} =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    case "$value" in
      \"*\"*) value=${value#\"} value=${value%%\"*} ;;
      \'*\'*) value=${value#\'} value=${value%%\'*} ;;
      \#*) value='' ;;
      *) value=${value%%[[:space:]]#*} value=${value%"${value##*[![:space:]]}"} ;;
    esac
    if [ -n "$value" ] && [ -z "${!name+set}" ]; then export "$name=$value"; fi
  done <"$1"
}

# ensure_packages PACKAGE...: installs Debian packages as root; otherwise prints the command to type and fails.
ensure_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "Installing system packages: ${missing[*]}"
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$ROOT/.venv-apt.log" 2>&1; then
      tail -n 5 "$ROOT/.venv-apt.log" >&2
      return 1
    fi
    rm -f "$ROOT/.venv-apt.log"
    return 0
  fi
  say "Missing system packages. Type: sudo apt-get install --no-install-recommends ${missing[*]}"
  return 1
}

# ensure_libraries: the libraries that skia needs, under any package name.
ensure_libraries() {
  local known='' # no pipe into grep -q: it ends ldconfig early, which pipefail reports as a failure
  if command -v ldconfig >/dev/null; then known=$(ldconfig -p); fi
  case "$known" in *libEGL.so.1*) case "$known" in *libGL.so.1*) return 0 ;; esac ;; esac
  case "$(uname -s)" in Darwin) return 0 ;; esac
  ensure_packages libegl1 libgl1 || fail 3 "the page renderer needs libEGL and libGL."
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
      "$candidate" -c 'import venv, ensurepip' 2>/dev/null && command -v "$candidate" && return 0
  done
  return 1
}

# own_venv: .venv has a Python and was created here. After a copy or move of the folder, its programs run the code of the old folder.
own_venv() {
  local made_at
  [ -x "$VENV/bin/python" ] || return 1
  made_at=$(sed -n 's/^command = .* -m venv [^/]*//p' "$VENV/pyvenv.cfg" 2>/dev/null) || return 1
  [ -z "$made_at" ] || [ "$made_at" -ef "$VENV" ]
}

# installed EXTRAS WANTED: .venv has at least these extras, at the versions with the checksum WANTED.
installed() {
  local stamp extra
  own_venv || return 1
  for stamp in "$VENV"/.installed-*; do
    [ "$(cat "$stamp" 2>/dev/null)" = "$2" ] || continue
    for extra in ${1//,/ }; do
      case ",${stamp##*/.installed-}," in *",$extra,"*) ;; *) continue 2 ;; esac
    done
    return 0
  done
  return 1
}

# ensure_venv EXTRAS: creates .venv with this project and its extras (for example "train,dev", or none) at the pinned versions.
ensure_venv() {
  local wanted
  wanted=$(cat "$ROOT/pyproject.toml" "$ROOT/constraints.txt" | cksum)
  if ! installed "$1" "$wanted"; then alone "$ROOT/.venv.lock" install_venv "$1" "$wanted"; fi
}

install_venv() { # install_venv EXTRAS WANTED
  local extras=$1 wanted=$2 python
  if installed "$extras" "$wanted"; then return 0; fi # the script that held the lock has installed them
  if ! { own_venv && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }; then # missing, incomplete, or of another folder
    python=$(find_python) || { ensure_packages python3 python3-venv && python=$(find_python); } ||
      fail 3 "Python 3.11 or newer with the venv module is needed. Set PYTHON to its path if it is not on PATH."
    say "Creating a virtual environment in .venv"
    "$python" -m venv --clear "$VENV" || fail 3 "python -m venv failed in $VENV."
  fi
  say "Installing the pinned packages${extras:+ ($extras)}; the first time takes a few minutes"
  "$VENV/bin/python" -m pip install --quiet --quiet --disable-pip-version-check -c "$ROOT/constraints.txt" -e "$ROOT${extras:+[$extras]}" ||
    fail 3 "the packages could not be installed; see the lines above. Check the network, then run this again."
  printf '%s' "$wanted" >"$VENV/.installed-$extras"
}

# ensure_node_modules: the tools that check the browser code (types, accessibility), as package-lock.json pins them. Only for tests.
ensure_node_modules() {
  local stamp="$ROOT/node_modules/.installed" wanted
  wanted=$(cksum <"$ROOT/package-lock.json")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
  command -v npm >/dev/null || ensure_packages nodejs npm || return 1
  say "Installing the tools that check the browser code"
  (cd "$ROOT" && npm ci --silent --no-audit --no-fund) || return 1
  printf '%s' "$wanted" >"$stamp"
}
