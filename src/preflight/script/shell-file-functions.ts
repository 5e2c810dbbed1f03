/** Shell functions about files, volumes and the root filesystem, by name. Modes and owners need stat, all else only the shell. */
export const FILE_FUNCTIONS: Readonly<Record<string, string>> = {
  pf_there: `
pf_there() { # what it is called, path, what to do; whether it is there
  if [ -e "$2" ] || [ -L "$2" ]; then return 0; fi
  pf_fail "$1 is not there, or cannot be reached" "$3"
  return 1
}`,
  pf_type: `
pf_type() { # what it is called, path, type, what to do
  case $3 in
    file) [ -f "$2" ] || pf_fail "$1 is no regular file" "$4" ;;
    dir) [ -d "$2" ] || pf_fail "$1 is no directory" "$4" ;;
    socket) [ -S "$2" ] || pf_fail "$1 is no socket" "$4" ;;
    link) { [ -L "$2" ] && [ -e "$2" ]; } || pf_fail "$1 is no symbolic link that leads to something" "$4" ;;
  esac
}`,
  pf_access: `
pf_access() { # what it is called, path, what its user must be able to do, what to do
  case $3 in
    read) [ -r "$2" ] || pf_fail "$1 cannot be read" "$4" ;;
    write) [ -w "$2" ] || pf_fail "$1 cannot be written" "$4" ;;
    execute) [ -x "$2" ] || pf_fail "$1 cannot be executed" "$4" ;;
  esac
}`,
  pf_filled: `
pf_filled() { # what it is called, path, what to do
  [ ! -f "$2" ] || [ -s "$2" ] || pf_fail "$1 is empty" "$3"
}`,
  pf_stat: `
pf_stat() { # what it is called, path; sets pf_perm, pf_owner and pf_group
  if pf_facts=$(stat -L -c '%a %u %g' "$2" 2>/dev/null); then
    pf_perm=\${pf_facts%% *} pf_group=\${pf_facts##* }
    pf_owner=\${pf_facts#* }
    pf_owner=\${pf_owner% *}
    return 0
  fi
  pf_unchecked "mode and owner of $1" 'stat is missing, or fails'
  return 1
}`,
  pf_mode: `
pf_mode() { # what it is called, is or most, octal digits, what to do
  case $2 in
    is) [ "$((0$pf_perm))" -eq "$((0$3))" ] || pf_fail "$1 has the mode $pf_perm, and must have $3" "$4" ;;
    most) [ "$((0$pf_perm & ~0$3))" -eq 0 ] || pf_fail "$1 has the mode $pf_perm, and may have $3 at most" "$4" ;;
  esac
}`,
  pf_belongs: `
pf_belongs() { # what it is called, user or group, name or number, what to do
  case $2 in
    user) pf_lookup /etc/passwd "$3" && pf_is=$pf_owner ;;
    *) pf_lookup /etc/group "$3" && pf_is=$pf_group ;;
  esac
  if [ -z "$pf_id" ]; then
    pf_fail "$1 must belong to the $2 $3, and nobody is called so" "$4"
  elif [ "$pf_is" -ne "$pf_id" ]; then
    pf_fail "$1 belongs to the $2 $pf_is, and must belong to $3" "$4"
  fi
}`,
  pf_mount_above: `
pf_mount_above() { # path; options and place of what is mounted there or above, by mountinfo on standard input
  pf_point='' pf_options=''
  while read -r _ _ _ _ pf_at pf_how _; do
    case $pf_at in
      *\\\\*) pf_at=$(printf '%b' "$pf_at") ;;
    esac
    case $1/ in
      "\${pf_at%/}/"*) if [ "\${#pf_at}" -ge "\${#pf_point}" ]; then pf_point=$pf_at pf_options=$pf_how; fi ;;
    esac
  done
  printf '%s %s' "$pf_options" "$pf_point"
}`,
  pf_read_mount: `
pf_read_mount() { # path; sets pf_point and pf_options of what is mounted there, or above
  pf_found=$(pf_cat /proc/self/mountinfo | pf_mount_above "$1")
  pf_options=\${pf_found%% *} pf_point=\${pf_found#* }
}`,
  pf_volume: `
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
}`,
  pf_root: `
pf_root() { # ro or rw, what to do
  if [ ! -r /proc/self/mountinfo ]; then
    pf_unchecked 'the root filesystem' '/proc is not there'
    return
  fi
  pf_read_mount /
  case $1:,$pf_options, in
    ro:*,ro,* | rw:*,rw,*) ;;
    ro:*) pf_fail 'the root filesystem is writable, and must be read-only' "$2" ;;
    *) pf_fail 'the root filesystem is read-only, and must be writable' "$2" ;;
  esac
}`,
};
