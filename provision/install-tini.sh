#!/bin/sh
# Installs tini, unless the base has it. APT_MIRROR is read here, not in the Dockerfile: the log of a
# build shows the lines of its steps with all variables filled in.
set -eu

if [ -x /usr/bin/tini-static ]; then
  exit
fi
if [ -n "${APT_MIRROR:-}" ]; then
  find /etc/apt '(' -name '*.list' -o -name '*.sources' ')' -exec sed -Ei \
    "s#https?://(archive.ubuntu.com|security.ubuntu.com|deb.debian.org)#${APT_MIRROR}#" {} +
fi
apt-get update
apt-get install -y --no-install-recommends "tini=0.19.0*"
rm -rf /var/lib/apt/lists/*
