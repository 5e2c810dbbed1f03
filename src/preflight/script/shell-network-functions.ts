/**
 * Shell functions about the network, by name. A shell can read /etc/hosts and /proc/net; names need getent or nslookup, endpoints
 * nc (with -z), bash, python3 or perl, the first of them that is there.
 */
export const NETWORK_FUNCTIONS: Readonly<Record<string, string>> = {
  pf_resolves: `
pf_resolves() { # host name; 0: it resolves, 1: it does not, 2: nobody can tell
  case $1 in
    '') return 1 ;;
    localhost | *:*) return 0 ;;
    *[!0-9.]*) ;;
    *) return 0 ;;
  esac
  if [ -r /etc/hosts ]; then
    while read -r pf_address pf_names || [ -n "$pf_address" ]; do
      case $pf_address in
        '#'*) continue ;;
      esac
      for pf_name in \${pf_names%%#*}; do
        [ "$pf_name" != "$1" ] || return 0
      done
    done </etc/hosts
  fi
  if command -v getent >/dev/null 2>&1; then
    getent hosts "$1" >/dev/null 2>&1 || return 1
  elif command -v nslookup >/dev/null 2>&1; then
    nslookup "$1" >/dev/null 2>&1 || return 1
  else
    return 2
  fi
}`,
  pf_host: `
pf_host() { # host name, what to do, how it is written
  pf_resolves "$1"
  case $? in
    1) pf_fail "the host name $(pf_shown "$1") does not resolve\${3:+ (it is written $3)}" "$2" ;;
    2) pf_unchecked "the host name $(pf_shown "$1")" 'neither getent nor nslookup is there' ;;
  esac
}`,
  pf_briefly: `
pf_briefly() { # a command that may take long; at most 3 seconds where there is a timeout command
  if timeout 1 true >/dev/null 2>&1; then
    timeout 3 "$@" </dev/null >/dev/null 2>&1
  else
    "$@" </dev/null >/dev/null 2>&1
  fi
}`,
  pf_answers: `
pf_answers() { # host, port; 0: it answers, 1: it does not, 2: nobody can tell
  case $(nc -h 2>&1 </dev/null) in
    *-z*)
      pf_briefly nc -z -w 2 "$1" "$2" || return 1
      return 0
      ;;
  esac
  if command -v bash >/dev/null 2>&1; then
    pf_briefly bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" || return 1
  elif command -v python3 >/dev/null 2>&1; then
    pf_briefly python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$1" "$2" || return 1
  elif command -v perl >/dev/null 2>&1; then
    pf_briefly perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 2)' "$1" "$2" || return 1
  else
    return 2
  fi
}`,
  pf_number: `
pf_number() { # text; whether it is a port
  case $1 in
    '' | 0* | *[!0-9]* | ??????*) return 1 ;;
  esac
  [ "$1" -le 65535 ]
}`,
  pf_tcp: `
pf_tcp() { # host, port, seconds, what to do, how it is written
  if [ -z "$1" ] || ! pf_number "$2"; then
    pf_fail "the endpoint $(pf_shown "$1:$2") is not HOST:PORT\${5:+ (it is written $5)}" "$4"
    return
  fi
  pf_tries=0
  pf_start=$(date +%s 2>/dev/null) || pf_start=''
  while :; do
    pf_answers "$1" "$2"
    case $? in
      0) return ;;
      2)
        pf_unchecked "the endpoint $(pf_shown "$1:$2")" 'none of nc -z, bash, python3 and perl is there'
        return
        ;;
    esac
    pf_tries=$((pf_tries + 1)) pf_passed=$pf_tries
    [ -z "$pf_start" ] || pf_passed=$(($(date +%s) - pf_start))
    [ "$pf_passed" -lt "$3" ] || break
    sleep 1 2>/dev/null || break
  done
  pf_fail "nothing answers at $(pf_shown "$1:$2")" "$4"
}`,
  pf_listens: `
pf_listens() { # table of /proc/net, port and state in hexadecimal digits; whether something listens there
  pf_cat "$1" | while read -r _ pf_local _ pf_is _; do
    if [ "\${pf_local##*:}:$pf_is" = "$2:$3" ]; then exit 9; fi
  done
  case $? in
    9) return 0 ;;
    *) return 1 ;;
  esac
}`,
  pf_port: `
pf_port() { # port, tcp or udp, what to do, how it is written
  if ! pf_number "$1"; then
    pf_fail "the port $(pf_shown "$1") is no number from 1 to 65535\${4:+ (it is written $4)}" "$3"
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
  for pf_table in "/proc/net/$2" "/proc/net/\${2}6"; do
    [ -r "$pf_table" ] || continue
    if pf_listens "$pf_table" "$pf_hex" "$pf_listening"; then
      pf_fail "the port $1 ($2) is taken" "$3"
      return
    fi
  done
}`,
};
