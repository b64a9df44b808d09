#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prepares a machine to build Slitlamp: Debian packages that are missing, then the sources and
# libraries that third_party/ pins by hash. Safe to run any number of times; when everything is in
# place it asks nobody and ends at once. `--check` only says what is missing (exit 4 then). What it
# says goes to standard error (see build.sh).
#
# Invariant: a component under third_party/fetched/ appears by one rename, after its hash was
# checked; its `.pin` file has the hash of what it was made from.
# Start reading at main().
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pins=$root/third_party
fetched=$pins/fetched
staging=$fetched/.staging
check_only=0
own_path=$PATH
PATH=$fetched/node/bin:$PATH # there when the machine's Node.js is too old; see fetch_node

# Build and run, then test. Keep in step with docs and `slitlamp doctor`.
packages=(
  build-essential gcc g++ make cmake ninja-build pkg-config ca-certificates
  libjpeg62-turbo-dev libspng-dev libwebp-dev libtiff-dev
  libmicrohttpd-dev libsodium-dev libyaml-dev zlib1g-dev
  dataset-fashion-mnist
  libcmocka-dev chromium fonts-dejavu-core clang-format
  curl git diffutils python3 python3-venv
)

say() { printf 'setup: %s\n' "$*"; }

# fail WHAT WHY WHAT-TO-DO
fail() {
  printf 'setup: %s\n  why:  %s\n  next: %s\n' "$1" "$2" "$3" >&2
  exit 4
}

# Runs a command quietly; shows what it said only when it fails.
quietly() {
  local log=$fetched/.log
  if "$@" >"$log" 2>&1; then return 0; fi
  tail -n 15 "$log" | sed 's/^/  | /' >&2
  return 1
}

# ---- Debian packages ---------------------------------------------------------------------------

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    say "needs root for: $*"
    sudo "$@"
  else
    fail "cannot install packages" "not root, and sudo is not installed" \
      "run as root: apt-get install -y ${missing[*]}"
  fi
}

# Prints the packages of `packages` that dpkg does not have, one a line.
missing_packages() {
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

install_packages() {
  command -v dpkg-query >/dev/null ||
    fail "cannot install packages" "this is not a Debian system (no dpkg)" \
      "install by hand what 'packages' in tools/setup.sh lists, or build in a Debian 12 container"
  mapfile -t missing < <(missing_packages)
  PATH=$own_path command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "missing Debian packages: ${missing[*]}"
  [ $check_only = 0 ] || { incomplete=1; return 0; }
  as_root apt-get update -q ||
    fail "apt-get update failed" "the package lists could not be fetched (see above)" \
      "check the network and /etc/apt/sources.list*, then run this again"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "${missing[@]}" ||
    fail "apt-get install failed" "see the lines above" \
      "repair it (often: apt-get -f install), then run this again"
}

# ---- Tools that are not Debian 12's ------------------------------------------------------------

check_python() {
  python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python is too old or incomplete" "python3 >= 3.11 with venv is needed; found: $(
      python3 --version 2>&1)" "put Debian 12's own first: PATH=/usr/bin:\$PATH tools/setup.sh"
}

# True when the machine has a Node.js that can build the pages.
node_is_recent() {
  PATH=$own_path node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Debian 12's Node.js is too old for the pages' tools, but its npm can fetch one that is not. npm
# must then run on the new one too, because it skips optional packages (the native parts of the
# pages' tools) that do not suit the Node.js it runs on; NODE_PATH says where Debian keeps npm's own
# modules, which only Debian's Node.js knows by itself.
fetch_node() {
  npm_install node
  mkdir -p "$1/bin"
  mv "$staging"/node.npm/node_modules/node-linux-*/bin/node "$1/bin/"
  cat >"$1/bin/npm" <<NPM
#!/bin/sh
here=\$(cd "\$(dirname "\$0")" && pwd)
export PATH="\$here:\$PATH"
export NODE_PATH=/usr/share/nodejs:/usr/lib/$(uname -m)-linux-gnu/nodejs:/usr/lib/nodejs
exec "\$here/node" "$(readlink -f "$(PATH=$own_path command -v npm)")" "\$@"
NPM
  chmod +x "$1/bin/npm"
}

# ---- Pinned components -------------------------------------------------------------------------

# component NAME FETCH-FUNCTION MANIFEST...: runs FETCH-FUNCTION, which fills $staging/NAME, unless
# the component is in place, made by the same function from the same manifests.
component() {
  local name=$1 fetch=$2 pin
  shift 2
  pin=$( (cat "$@" && declare -f "$fetch") | sha256sum | cut -d' ' -f1)
  [ "$(cat "$fetched/$name/.pin" 2>/dev/null)" != "$pin" ] || return 0
  say "missing or outdated: third_party/fetched/$name"
  [ $check_only = 0 ] || { incomplete=1; return 0; }
  mkdir -p "$staging/$name"
  "$fetch" "$staging/$name"
  printf '%s\n' "$pin" >"$staging/$name/.pin"
  rm -rf "${fetched:?}/$name"
  mv "$staging/$name" "$fetched/$name"
}

# Downloads everything in requirements.txt once per run, into $staging/pip.
pip_download() {
  [ ! -d "$staging/pip" ] || return 0
  local machine
  machine=$(uname -m)
  quietly python3 -m venv "$staging/venv" ||
    fail "cannot make a Python environment" "python3 -m venv failed (see above)" \
      "apt-get install python3-venv, then run this again"
  quietly "$staging/venv/bin/python" -m pip install --require-hashes -r "$pins/python/build.txt" ||
    fail "cannot install the packaging tools" "pip failed (see above)" \
      "check the network and pip's index settings (pip config list), then run this again"
  quietly "$staging/venv/bin/python" -m pip download --require-hashes --no-deps \
    --no-build-isolation --no-binary yyjson,pyroaring --dest "$staging/pip.part" \
    --implementation cp --python-version 3.11 --abi cp311 --platform "manylinux_2_28_$machine" \
    -r "$pins/python/requirements.txt" ||
    fail "cannot download what third_party/python/requirements.txt pins" "pip failed (see above)" \
      "check the network; on a machine other than x86_64 and aarch64 set ONNXRUNTIME_ROOT"
  mv "$staging/pip.part" "$staging/pip"
}

unpack_sdist() { # unpack_sdist NAME-GLOB DEST FILE...: strips the two leading folders
  local archive dest=$2
  archive=$(echo "$staging"/pip/$1)
  shift 2
  tar -xzf "$archive" -C "$dest" --strip-components=1 --wildcards '*/LICENSE'
  tar -xzf "$archive" -C "$dest" --strip-components=2 --wildcards "$@"
}

fetch_yyjson() {
  pip_download
  unpack_sdist 'yyjson-*.tar.gz' "$1" '*/yyjson/yyjson.c' '*/yyjson/yyjson.h'
}

fetch_roaring() {
  pip_download
  unpack_sdist 'pyroaring-*.tar.gz' "$1" '*/pyroaring/roaring.c' '*/pyroaring/roaring.h'
}

# The library is named by its soname, with the usual development link beside it.
fetch_onnxruntime() {
  pip_download
  mkdir -p "$1/lib"
  python3 - "$staging"/pip/onnxruntime-*.whl "$1" <<'PY'
import pathlib, re, sys, zipfile
wheel, dest = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
for name in wheel.namelist():
    base = name.rsplit("/", 1)[-1]
    library = re.fullmatch(r"onnxruntime/capi/libonnxruntime\.so\.(\d+)\.\d+\.\d+", name)
    if library or base == "libonnxruntime_providers_shared.so":
        (dest / "lib" / base).write_bytes(wheel.read(name))
    if library:
        (dest / "lib" / f"libonnxruntime.so.{library[1]}").symlink_to(base)
        (dest / "lib" / "libonnxruntime.so").symlink_to(f"libonnxruntime.so.{library[1]}")
    if name in ("onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"):
        (dest / base).write_bytes(wheel.read(name))
PY
  [ -e "$1/lib/libonnxruntime.so" ] ||
    fail "the ONNX Runtime wheel has no library" "its layout is not the expected one" \
      "set ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release"
}

# The machine's own Debian mirror: what apt already uses for the running suite.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' \
    2>/dev/null | sed -n 's/ Debian Debian$//p' | head -n 1
}

# ONNX Runtime's C header is in Debian 13, not 12. A private apt (own sources, lists and cache)
# fetches the one package from the same mirror, and leaves the machine's apt alone. apt checks the
# signature with Debian's keyring; where that keyring is too old to know Debian 13's key, the pinned
# SHA-256 is the only anchor, and it is checked in either case.
fetch_onnxruntime_header() {
  local apt=$staging/apt mirror trust
  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then # the machine's own lists were never fetched
    as_root apt-get update -q || true
    mirror=$(debian_mirror)
  fi
  [ -n "$mirror" ] ||
    fail "cannot find a Debian mirror" "apt on this machine has no Debian source" \
      "set ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release, or add a Debian source"
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
  cat >"$apt/apt.conf" <<CONF
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$apt/state";
Dir::State::status "/dev/null";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
  for trust in signed-by=/usr/share/keyrings/debian-archive-keyring.gpg trusted=yes; do
    echo "deb [$trust] $mirror trixie main" >"$apt/sources.list"
    rm -f "$apt"/*.deb
    if (cd "$apt" && export APT_CONFIG=$apt/apt.conf && quietly apt-get update -q --error-on=any &&
      quietly apt-get download -q libonnxruntime-dev); then break; fi
  done
  set -- "$1" "$apt"/libonnxruntime-dev_*.deb
  [ -f "$2" ] ||
    fail "cannot download libonnxruntime-dev of Debian 13" "apt-get failed (see above)" \
      "check the network, or set ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release"
  (cd "$apt" && grep -F "$(basename "$2" | sed 's/%3a/:/')" "$pins/debian/packages.sha256" |
    sha256sum --check --status --strict) ||
    fail "libonnxruntime-dev is not the pinned one" "$(basename "$2") has SHA-256 $(
      sha256sum <"$2" | cut -d' ' -f1)" \
      "if Debian published a new version, check it and update third_party/debian/packages.sha256"
  mkdir -p "$apt/root"
  dpkg-deb -x "$2" "$apt/root"
  mv "$apt/root/usr/include/onnxruntime" "$1/include"
  cp "$apt/root/usr/share/doc/libonnxruntime-dev/copyright" "$1/"
}

# npm_install MANIFEST: installs what third_party/MANIFEST locks into $staging/MANIFEST.npm.
npm_install() {
  mkdir -p "$staging/$1.npm"
  cp "$pins/$1/package.json" "$pins/$1/package-lock.json" "$pins/$1/.npmrc" "$staging/$1.npm/"
  (cd "$staging/$1.npm" && quietly npm ci --ignore-scripts --no-audit --no-fund) ||
    fail "cannot download what third_party/$1/package-lock.json pins" "npm failed (see above)" \
      "check the network and npm's registry setting (npm config get registry), then run this again"
}

fetch_sqlite() {
  npm_install npm
  cp "$staging"/npm.npm/node_modules/better-sqlite3/deps/sqlite3/sqlite3.[ch] "$1/"
}

fetch_all() {
  mkdir -p "$fetched"
  exec 9>"$fetched/.lock"
  flock -n 9 || { say "waiting for another setup to finish"; flock 9; }
  rm -rf "$staging"
  node_is_recent || component node fetch_node "$pins/node/package-lock.json"
  component yyjson fetch_yyjson "$pins/python/requirements.txt"
  component roaring fetch_roaring "$pins/python/requirements.txt"
  component sqlite fetch_sqlite "$pins/npm/package-lock.json"
  if [ -z "${ONNXRUNTIME_ROOT:-}" ]; then
    component onnxruntime fetch_onnxruntime "$pins/python/requirements.txt"
    component onnxruntime-header fetch_onnxruntime_header "$pins/debian/packages.sha256"
  fi
  rm -rf "$staging"
}

main() {
  case ${1:-} in
    "") ;;
    --check) check_only=1 ;;
    *) fail "unknown option '$1'" "only --check is known" "tools/setup.sh [--check]" ;;
  esac
  incomplete=0
  install_packages
  [ $check_only = 1 ] || check_python
  fetch_all
  [ $incomplete = 0 ] || exit 4
  say "ready"
}

main "$@" >&2
