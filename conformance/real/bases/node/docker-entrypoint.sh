#!/bin/sh
# `run image app.js` and `run image --flag` mean node; a program that exists is run as it is.
set -e
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then
  set -- node "$@"
fi
exec "$@"
