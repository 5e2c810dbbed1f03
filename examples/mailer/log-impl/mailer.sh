#!/bin/sh
# Usage: mailer.sh LOGFILE < messages
set -eu
log=$1
count=0
while read -r recipient text; do
  printf '%s -> %s\n' "$recipient" "$text" >>"$log"
  count=$((count + 1))
done
echo "mailer $VERSION ($(id -un)): $count messages written to $log"
[ "$count" -eq 0 ] || cat "$log"
