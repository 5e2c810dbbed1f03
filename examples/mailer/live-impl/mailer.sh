#!/bin/bash
# Usage: mailer.sh SENDER < messages
set -eu
sender=$1

# Reads one reply of the server; anything but the expected code ends the program.
expect() {
  local reply
  IFS= read -r reply <&3
  reply=${reply%$'\r'}
  if [[ $reply != "$1"* ]]; then
    echo "mail server said: $reply" >&2
    exit 1
  fi
}

say() {
  printf '%s\r\n' "$1" >&3
}

exec 3<>"/dev/tcp/$MAIL_HOST/$MAIL_PORT"
expect 220
say "HELO $(uname -n)"
expect 250
count=0
while read -r recipient text; do
  say "MAIL FROM:<$sender>"
  expect 250
  say "RCPT TO:<$recipient>"
  expect 250
  say DATA
  expect 354
  # A line that is a single dot would end the message early.
  [[ $text == .* ]] && text=.$text
  printf 'From: %s\r\nTo: %s\r\nX-Mailer: mailer %s\r\n\r\n%s\r\n.\r\n' "$sender" "$recipient" "$VERSION" "$text" >&3
  expect 250
  count=$((count + 1))
done
say QUIT
expect 221
echo "mailer $VERSION ($(id -un)): $count messages delivered to $MAIL_HOST:$MAIL_PORT"
