/**
 * System calls that every container may make: all that stay within the container's own namespaces, files and processes.
 * Names that the kernel or the runtime's library does not know are passed over by the runtime.
 */
const FILES = `
access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync
fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64
mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev
pwritev2 read readahead readlink readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile
sendfile64 setxattr setxattrat splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range
sync_file_range2 arm_sync_file_range syncfs tee truncate truncate64 ugetrlimit umask unlink unlinkat utime utimensat
utimensat_time64 utimes vmsplice write writev cachestat file_getattr file_setattr statmount listmount`;

const PROCESSES = `
alarm arch_prctl capget capset execve execveat exit exit_group fork getegid getegid32 geteuid geteuid32 getgid getgid32
getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit
getrusage getsid gettid getuid getuid32 kill membarrier pause pidfd_open pidfd_send_signal prctl prlimit64
process_mrelease restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list get_robust_list
set_thread_area get_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
setrlimit setsid setuid setuid32 sigaltstack signal signalfd signalfd4 sigaction sigpending sigprocmask sigreturn
sigsuspend tgkill tkill uname vfork wait4 waitid waitpid getcpu ioprio_get ioprio_set landlock_add_rule
landlock_create_ruleset landlock_restrict_self set_mempolicy_home_node lsm_get_self_attr lsm_list_modules
lsm_set_self_attr`;

const MEMORY_AND_WAITING = `
brk clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 epoll_create
epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 futex
futex_requeue futex_time64 futex_wait futex_waitv futex_wake getitimer getrandom gettimeofday io_cancel io_destroy
io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ipc madvise map_shadow_stack memfd_create
memfd_secret mincore mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mremap mseal msync munlock munlockall munmap
nanosleep _newselect pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 pselect6
pselect6_time64 remap_file_pages select setitimer sysinfo time timer_create timer_delete timer_getoverrun timer_gettime
timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
timerfd_settime64 times uretprobe uprobe riscv_hwprobe riscv_flush_icache`;

const MESSAGES = `
accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify mq_open mq_timedreceive
mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd recv recvfrom recvmmsg
recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg sendto setsockopt shmat
shmctl shmdt shmget shutdown socketcall socketpair ioctl process_madvise ptrace process_vm_readv process_vm_writev`;

/** Allowed only where the container has one of these capabilities (without `CAP_`). */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  DAC_READ_SEARCH: "open_by_handle_at",
  SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount
    open_tree open_tree_attr perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2
    unshare`,
  SYS_BOOT: "reboot",
  SYS_CHROOT: "chroot",
  SYS_MODULE: "delete_module init_module finit_module",
  SYS_PACCT: "acct",
  SYS_PTRACE: "kcmp pidfd_getfd",
  SYS_RAWIO: "iopl ioperm",
  SYS_TIME: "settimeofday stime clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex",
  SYS_TTY_CONFIG: "vhangup",
  SYS_NICE: "get_mempolicy mbind set_mempolicy move_pages migrate_pages",
  SYSLOG: "syslog",
  BPF: "bpf",
  PERFMON: "perf_event_open",
};

/** Calls of one processor family (the names of `process.arch`). */
const BY_ARCHITECTURE: Readonly<Record<string, string>> = {
  arm: "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
  arm64: "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
  ppc64: "sync_file_range2 swapcontext",
  s390x: "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
};

/** The calls that are allowed whatever their arguments, sorted. */
export function allowedCalls(capabilities: readonly string[], architecture: string): readonly string[] {
  const texts = [FILES, PROCESSES, MEMORY_AND_WAITING, MESSAGES, BY_ARCHITECTURE[architecture] ?? ""];
  for (const name of capabilities) texts.push(BY_CAPABILITY[name] ?? "");
  return [...new Set(texts.flatMap((text) => text.split(/\s+/)).filter((name) => name !== ""))].sort();
}
