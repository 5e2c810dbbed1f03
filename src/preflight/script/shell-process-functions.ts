/** Shell functions about who the process is and what it may use, by name. They read /proc and the control group by themselves. */
export const PROCESS_FUNCTIONS: Readonly<Record<string, string>> = {
  pf_lookup: `
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
}`,
  pf_read_user: `
pf_read_user() { # sets pf_uid, empty where nobody can tell
  pf_uid=''
  if [ -r /proc/self/status ]; then
    while read -r pf_key _ pf_value _; do
      [ "$pf_key" != Uid: ] || pf_uid=$pf_value
    done </proc/self/status
  elif command -v id >/dev/null 2>&1; then
    pf_uid=$(id -u)
  fi
}`,
  pf_is_user: `
pf_is_user() { # names or numbers; whether this process runs as one of them
  for pf_account in "$@"; do
    pf_lookup /etc/passwd "$pf_account"
    case $pf_id in
      '' | *[!0-9]*) ;;
      *) [ "$pf_id" -ne "$pf_uid" ] || return 0 ;;
    esac
  done
  return 1
}`,
  pf_memory: `
pf_memory() { # bytes, the same for people, what to do
  pf_has=''
  if [ -r /proc/meminfo ]; then
    while read -r pf_key pf_value _; do
      [ "$pf_key" != MemTotal: ] || pf_has=$((pf_value * 1024))
    done </proc/meminfo
  fi
  for pf_limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [ -r "$pf_limit" ] || continue
    read -r pf_value <"$pf_limit"
    case $pf_value in
      '' | *[!0-9]*) ;;
      *) if [ -z "$pf_has" ] || [ "$pf_value" -lt "$pf_has" ]; then pf_has=$pf_value; fi ;;
    esac
  done
  if [ -z "$pf_has" ]; then
    pf_unchecked 'the memory' 'neither /proc nor a control group is there'
  elif [ "$pf_has" -lt "$1" ]; then
    pf_fail "there is less memory than $2: $((pf_has / 1048576)) MiB" "$3"
  fi
}`,
  pf_cpus: `
pf_cpus() { # thousandths of a processor, processors, what to do
  pf_has='' pf_list=''
  if [ -r /proc/self/status ]; then
    while read -r pf_key pf_value _; do
      [ "$pf_key" != Cpus_allowed_list: ] || pf_list=$pf_value,
    done </proc/self/status
    pf_has=0
    while [ -n "$pf_list" ]; do
      pf_range=\${pf_list%%,*} pf_list=\${pf_list#*,}
      pf_has=$((pf_has + (\${pf_range##*-} - \${pf_range%%-*} + 1) * 1000))
    done
  fi
  pf_quota='' pf_period=''
  if [ -r /sys/fs/cgroup/cpu.max ]; then
    read -r pf_quota pf_period </sys/fs/cgroup/cpu.max
  elif [ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]; then
    read -r pf_quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us
    read -r pf_period </sys/fs/cgroup/cpu/cpu.cfs_period_us
  fi
  case $pf_quota in
    '' | *[!0-9]*) ;;
    *)
      pf_quota=$((pf_quota * 1000 / pf_period))
      if [ -z "$pf_has" ] || [ "$pf_quota" -lt "$pf_has" ]; then pf_has=$pf_quota; fi
      ;;
  esac
  if [ -z "$pf_has" ]; then
    pf_unchecked 'the processors' 'neither /proc nor a control group is there'
  elif [ "$pf_has" -lt "$1" ]; then
    pf_fail "there are fewer processors than $2: $pf_has thousandths of one" "$3"
  fi
}`,
};
