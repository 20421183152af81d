# Tries: every system call that has been a way out of a container, one by one
# Must: each answers EPERM or ENOSYS, whatever its arguments; none kills, as libraries probe
# Verdict: AC exited
# Says: calls were refused
import ctypes
import errno
import os
import platform

X86 = {
    "ptrace traceme": (101, 0), "ptrace attach parent": (101, 16, os.getppid()), "ptrace seize init": (101, 0x4206, 1),
    "io_uring_setup": (425, 8, 0), "io_uring_enter": (426, 0, 1), "io_uring_register": (427, 0, 0),
    "bpf": (321, 0), "userfaultfd": (323, 0), "perf_event_open": (298, 0), "kcmp": (312, 1, 1),
    "process_vm_readv": (310, 1), "process_vm_writev": (311, 1), "process_madvise": (440, 0),
    "pidfd_getfd": (438, 0), "memfd_secret": (447, 0), "add_key": (248, 0), "request_key": (249, 0),
    "keyctl": (250, 0, -3), "keyctl join": (250, 1, 0), "unshare user": (272, 0x10000000), "unshare net": (272, 0x40000000),
    "unshare mount": (272, 0x20000), "unshare time": (272, 0x80), "setns": (308, 0), "clone new user": (56, 0x10000000 | 17),
    "clone new net": (56, 0x40000000 | 17), "clone new pid": (56, 0x20000000 | 17), "clone new cgroup": (56, 0x2000000 | 17),
    "clone3": (435, 0), "mount": (165, 0), "umount2": (166, 0), "pivot_root": (155, 0), "chroot": (161, 0),
    "open_tree": (428, -1), "move_mount": (429, -1), "fsopen": (430, 0), "fsconfig": (431, -1), "fsmount": (432, -1),
    "fspick": (433, -1), "mount_setattr": (442, -1), "statmount": (457, 0), "listmount": (458, 0), "open_tree_attr": (467, -1),
    "name_to_handle_at": (303, -1), "open_by_handle_at": (304, -1), "fanotify_init": (300, 0), "fanotify_mark": (301, -1),
    "quotactl": (179, 0), "quotactl_fd": (443, -1), "swapon": (167, 0), "swapoff": (168, 0), "reboot": (169, 0),
    "kexec_load": (246, 0), "kexec_file_load": (320, -1), "init_module": (175, 0), "finit_module": (313, -1),
    "delete_module": (176, 0), "acct": (163, 0), "syslog": (103, 3), "iopl": (172, 3), "ioperm": (173, 0, 1, 1),
    "settimeofday": (164, 0), "clock_settime": (227, 0), "clock_adjtime": (305, 0), "adjtimex": (159, 0),
    "sethostname": (170, 0), "setdomainname": (171, 0), "vhangup": (153,), "modify_ldt": (154, 0), "seccomp": (317, 1, 8),
    "capset": (126, 0), "personality": (135, 0x0040000), "personality compat": (135, 8), "mknod block": (133, 0, 0x6000, 0x801),
    "mknodat": (259, -100, 0, 0x2000), "mbind": (237, 0), "set_mempolicy": (238, 0), "migrate_pages": (256, 0),
    "move_pages": (279, 0), "lookup_dcookie": (212, 0), "nfsservctl": (180, 0), "uselib": (134, 0), "sysfs": (139, 0),
    "ustat": (136, 0), "_sysctl": (156, 0), "vmsplice": (278, -1), "splice": (275, -1), "tee": (276, -1),
    "remap_file_pages": (216, 0), "landlock": (444, 0), "lsm_set_self_attr": (460, 0), "cachestat": (451, -1),
    "sync": (162,), "syncfs": (306, -1),
    "socket vsock": (41, 40, 1), "socket vsock dgram": (41, 40, 2), "socket netlink": (41, 16, 3), "socket packet": (41, 17, 3),
    "socket alg": (41, 38, 5), "socket bluetooth": (41, 31, 3), "socket can": (41, 29, 3), "socket tipc": (41, 30, 1),
    "socket xdp": (41, 44, 3), "socket kcm": (41, 41, 5), "socket rds": (41, 21, 5), "socket smc": (41, 43, 1),
    "socket qrtr": (41, 42, 2), "socket nfc": (41, 39, 1), "socketpair vsock": (53, 40, 1, 0),
}
ARM = {
    "ptrace traceme": (117, 0), "io_uring_setup": (425, 8, 0), "bpf": (280, 0), "userfaultfd": (282, 0),
    "perf_event_open": (241, 0), "kcmp": (272, 1, 1), "process_vm_readv": (270, 1), "process_vm_writev": (271, 1),
    "pidfd_getfd": (438, 0), "add_key": (217, 0), "request_key": (218, 0), "keyctl": (219, 0, -3),
    "unshare user": (97, 0x10000000), "setns": (268, 0), "clone new user": (220, 0x10000000 | 17), "clone3": (435, 0),
    "mount": (40, 0), "umount2": (39, 0), "pivot_root": (41, 0), "chroot": (51, 0), "open_by_handle_at": (265, -1),
    "fanotify_init": (262, 0), "swapon": (224, 0), "reboot": (142, 0), "kexec_load": (104, 0), "init_module": (105, 0),
    "syslog": (116, 3), "settimeofday": (170, 0), "clock_settime": (112, 0), "sethostname": (161, 0), "seccomp": (277, 1, 8),
    "capset": (91, 0), "personality": (92, 0x0040000), "socket vsock": (198, 40, 1), "socket netlink": (198, 16, 3),
    "socket packet": (198, 17, 3), "socket alg": (198, 38, 5),
}
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
me = os.getpid()
refused = 0
for name, (number, *arguments) in (X86 if platform.machine() == "x86_64" else ARM).items():
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in [*arguments, 0, 0, 0, 0, 0, 0][:6]])
    if os.getpid() != me:
        os._exit(0)
    if answer != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
        print("HOLE", name, "answered", answer, errno.errorcode.get(ctypes.get_errno(), ctypes.get_errno()))
    else:
        refused += 1
print(refused, "calls were refused")
