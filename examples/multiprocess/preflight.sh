#!/bin/sh
# Checks what this image presumes, then becomes its program. Written by `slipway preflight script`: change preflight.yaml instead.
# Ends with 78 where a condition does not hold. Needs nothing but sh.
# shellcheck disable=SC2016,SC2154

pf_fail() { # what does not hold, what to do
  pf_failures=$((pf_failures + 1))
  printf 'preflight: %s\n           to do: %s\n' "$1" "$2" >&2
}

pf_unchecked() { # what, why
  printf 'preflight: not checked: %s: %s\n' "$1" "$2" >&2
}

pf_cat() { # a file of /proc; at once where there is cat
  if command -v cat >/dev/null 2>&1; then
    cat "$1"
  else
    while IFS= read -r pf_row; do printf '%s\n' "$pf_row"; done <"$1"
  fi
}

pf_shown() ( # a value, where it can be shown
  LC_ALL=C
  case $1 in
    *[!\ -~]*) printf '(not printable)' ;;
    *) if [ "${#1}" -gt 60 ]; then printf '(%s characters)' "${#1}"; else printf '"%s"' "$1"; fi ;;
  esac
)

pf_lookup() { # passwd or group file, name or number; sets pf_id, empty where nobody is called so
  case $2 in
    *[!0-9]*) pf_id='' ;;
    *)
      pf_id=$2
      return
      ;;
  esac
  [ "$2" != root ] || pf_id=0
  [ -r "$1" ] || return 0
  while IFS=: read -r pf_name _ pf_digits _ || [ -n "$pf_name" ]; do
    if [ "$pf_name" = "$2" ]; then
      pf_id=$pf_digits
      return
    fi
  done <"$1"
}

pf_read_user() { # sets pf_uid, empty where nobody can tell
  pf_uid=''
  if [ -r /proc/self/status ]; then
    while read -r pf_key _ pf_value _; do
      [ "$pf_key" != Uid: ] || pf_uid=$pf_value
    done </proc/self/status
  elif command -v id >/dev/null 2>&1; then
    pf_uid=$(id -u)
  fi
}

pf_is_user() { # names or numbers; whether this process runs as one of them
  for pf_account in "$@"; do
    pf_lookup /etc/passwd "$pf_account"
    case $pf_id in
      '' | *[!0-9]*) ;;
      *) [ "$pf_id" -ne "$pf_uid" ] || return 0 ;;
    esac
  done
  return 1
}

pf_mount_above() { # path; options and place of what is mounted there or above, by mountinfo on standard input
  pf_point='' pf_options=''
  while read -r _ _ _ _ pf_at pf_how _; do
    case $pf_at in
      *\\*) pf_at=$(printf '%b' "$pf_at") ;;
    esac
    case $1/ in
      "${pf_at%/}/"*) if [ "${#pf_at}" -ge "${#pf_point}" ]; then pf_point=$pf_at pf_options=$pf_how; fi ;;
    esac
  done
  printf '%s %s' "$pf_options" "$pf_point"
}

pf_read_mount() { # path; sets pf_point and pf_options of what is mounted there, or above
  pf_found=$(pf_cat /proc/self/mountinfo | pf_mount_above "$1")
  pf_options=${pf_found%% *} pf_point=${pf_found#* }
}

pf_volume() { # path, any, rw or ro, what to do without a mount, what to do with another one
  if [ ! -r /proc/self/mountinfo ]; then
    pf_unchecked "the volume $1" '/proc is not there'
    return
  fi
  pf_real=$(CDPATH='' cd -P -- "$1" 2>/dev/null && pwd -P) || pf_real=$1
  pf_read_mount "$pf_real"
  case $pf_point in
    '' | /)
      pf_fail "nothing is mounted at $1" "$3"
      return
      ;;
  esac
  case $2:,$pf_options, in
    rw:*) [ -w "$1" ] || pf_fail "the volume $1 cannot be written" "$4" ;;
    ro:*,ro,*) ;;
    ro:*) pf_fail "the volume $1 is writable, and must be read-only" "$4" ;;
  esac
}

pf_number() { # text; whether it is a port
  case $1 in
    '' | 0* | *[!0-9]* | ??????*) return 1 ;;
  esac
  [ "$1" -le 65535 ]
}

pf_listens() { # table of /proc/net, port and state in hexadecimal digits; whether something listens there
  pf_cat "$1" | while read -r _ pf_local _ pf_is _; do
    if [ "${pf_local##*:}:$pf_is" = "$2:$3" ]; then exit 9; fi
  done
  case $? in
    9) return 0 ;;
    *) return 1 ;;
  esac
}

pf_port() { # port, tcp or udp, what to do, how it is written
  if ! pf_number "$1"; then
    pf_fail "the port $(pf_shown "$1") is no number from 1 to 65535${4:+ (it is written $4)}" "$3"
    return
  fi
  if [ ! -r "/proc/net/$2" ]; then
    pf_unchecked "the port $1" '/proc is not there'
    return
  fi
  pf_hex=$(printf '%04X' "$1")
  case $2 in
    tcp) pf_listening=0A ;;
    *) pf_listening=07 ;;
  esac
  for pf_table in "/proc/net/$2" "/proc/net/${2}6"; do
    [ -r "$pf_table" ] || continue
    if pf_listens "$pf_table" "$pf_hex" "$pf_listening"; then
      pf_fail "the port $1 ($2) is taken" "$3"
      return
    fi
  done
}

# The whole of a value matches: [A-Za-z][A-Za-z -]*
pf_pattern_1() (
  LC_ALL=C
  pf_state=0 pf_rest=$1
  while [ -n "$pf_rest" ]; do
    pf_next=${pf_rest#?}
    pf_letter=${pf_rest%"$pf_next"}
    pf_rest=$pf_next
    case $pf_state:$pf_letter in
      0:[A-Za-z]) pf_state=1 ;;
      1:[A-Za-z] | 1:' ' | 1:'-') pf_state=2 ;;
      2:[A-Za-z] | 2:' ' | 2:'-') pf_state=2 ;;
      *) exit 1 ;;
    esac
  done
  case $pf_state in
    1 | 2) exit 0 ;;
    *) exit 1 ;;
  esac
)

preflight() ( # in a process of its own: nothing that it sets reaches the program
  set -f
  pf_failures=0
  pf_read_user
  if [ -z "$pf_uid" ]; then
    pf_unchecked 'the user' 'neither /proc nor id is there'
  else
    ! pf_is_user 'root' || pf_fail "it runs as the user $pf_uid, and must "'not run as root' 'start it with --user NAME'
  fi
  if [ -z "${HARBOUR+x}" ]; then
    pf_fail 'HARBOUR is not set' 'name the harbour, for example -e HARBOUR=Lisbon'
  elif [ -z "$HARBOUR" ]; then
    pf_fail 'HARBOUR is empty' 'name the harbour, for example -e HARBOUR=Lisbon'
  elif ! pf_pattern_1 "$HARBOUR"; then
    pf_fail "HARBOUR is $(pf_shown "$HARBOUR")"', which does not match [A-Za-z][A-Za-z -]*' 'name the harbour, for example -e HARBOUR=Lisbon'
  fi
  pf_volume '/var/lib/harbour' 'rw' 'the journal has to outlive the container: -v harbour:/var/lib/harbour' 'the journal has to outlive the container: -v harbour:/var/lib/harbour'
  pf_port '7000' tcp 'messages are taken there: use a network of its own, with -p 7000:7000'
  pf_port '8080' tcp 'the journal is shown there: use a network of its own, with -p 8080:8080'
  [ "$pf_failures" -gt 0 ] || exit 0
  printf 'preflight: %s not fulfilled: nothing is started\n' "$pf_failures" >&2
  exit 1
)

preflight || exit 78

if [ "$#" -eq 0 ]; then
  printf 'preflight: there is no program to start: give it as arguments (CMD)\n' >&2
  exit 127
fi
exec "$@"
