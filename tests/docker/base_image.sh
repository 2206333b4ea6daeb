#!/usr/bin/env bash
# Builds a substitute for the public Python base image from Debian packages, for machines that cannot reach an image registry.
# Usage: base_image.sh FOLDER IMAGE_NAME   (root; needs debootstrap; FOLDER keeps the root file system for the next call)
# The substitute also gets this machine's local certificates, so that builds can download packages.
set -euo pipefail
folder=$1 name=$2 tree="$1/tree"
docker image inspect "$name" >/dev/null 2>&1 && exit 0
if [ ! -f "$folder/complete" ]; then
  rm -rf "$tree"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip bookworm "$tree" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 20 "$folder/debootstrap.log" >&2 && exit 1; }
  mkdir -p "$tree/usr/local/share/ca-certificates"
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$tree/usr/local/share/ca-certificates/" \;
  chroot "$tree" update-ca-certificates >/dev/null 2>&1
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/usr/share/doc "$tree"/usr/share/man
  touch "$folder/complete"
fi
tar -C "$tree" -c . | docker import -c 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' - "$name" >/dev/null
