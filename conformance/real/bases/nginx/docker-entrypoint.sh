#!/bin/sh
# Runs what lies in /docker-entrypoint.d before the server starts.
set -e
if [ "$1" = nginx ]; then
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then
      "$script"
    else
      echo "$0: $script is not executable and is left out" >&2
    fi
  done
fi
exec "$@"
