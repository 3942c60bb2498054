#!/usr/bin/env bash
# setup.sh [PROGRAM...]: installs what building latent needs (Debian 12 or newer, Ubuntu 24.04 or newer), and the programs named,
# each from the package of its name. As root, or with sudo. Does nothing, and needs neither, where all is there already.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config ccache
  libdnnl-dev ocl-icd-opencl-dev libhwy-dev librandom123-dev libeigen3-dev libhnswlib-dev
  libfmt-dev nlohmann-json3-dev libcli11-dev libpng-dev libjpeg-dev libtiff-dev libwebp-dev zlib1g-dev
  libarchive-dev libutf8proc-dev libcpp-httplib-dev
  libgtest-dev libgmock-dev
  dataset-fashion-mnist
)

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
# The explorer's page is built by Node 18 or newer, wherever that comes from.
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
for program in "$@"; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

echo "setup: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: run as root (there is no sudo):  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
