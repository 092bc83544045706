#!/bin/sh
# Installs code-server into a folder: `sh install.sh DIR`. Needs node 20, npm, g++, make and node's headers in /usr/include.
# Its own install scripts fetch what lies elsewhere; search and Kerberos, which need that, are left out.
set -e
mkdir -p "$1"
cd "$1"
[ -e installed ] && exit 0
echo '{"private": true}' > package.json
quiet="--no-audit --no-fund --silent"
npm install code-server@4.100.3 --ignore-scripts $quiet
cd node_modules/code-server/lib/vscode
npm install --omit=dev --ignore-scripts $quiet
(cd extensions && npm install --omit=dev --ignore-scripts $quiet)
export npm_config_nodedir=/usr
npm rebuild @vscode/spdlog --silent
npm rebuild node-pty --silent || test -e node_modules/node-pty/build/Release/pty.node  # it is built, then a script fails
cd ../../../..
npm rebuild argon2 --silent
touch installed
