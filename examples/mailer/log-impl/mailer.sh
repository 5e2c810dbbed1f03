#!/bin/sh
# Usage: mailer.sh LOGFILE       takes messages at port 33333, until it is stopped
#        mailer.sh LOGFILE -     takes the messages on standard input
set -eu
log=$1
if [ "${2:-}" != - ]; then
  echo "mailer $VERSION ($(id -un)) takes messages at port 33333"
  exec socat -u TCP-LISTEN:33333,reuseaddr,fork EXEC:"$0 $log -"
fi
while read -r recipient text || [ -n "$recipient" ]; do
  printf '%s -> %s\n' "$recipient" "$text" >>"$log"
  echo "mailer $VERSION ($(id -un)): message for $recipient written to $log"
done
