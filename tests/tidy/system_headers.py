"""Tells the C and C++ runtime from third-party headers below /usr/include, without asking the package manager."""

import re

from rooms import LIBRARIES

# Folders and files of libc6-dev and linux-libc-dev. A name that is neither here nor in rooms.LIBRARIES is an unknown
# library, which is an error: someone included something that no row of the table speaks of.
_FOLDERS = """arpa asm asm-generic bits gnu linux misc mtd net netinet netipx netpacket protocols rdma rpc scsi sound
sys video""".split()
_FILES = """aio alloca assert byteswap complex ctype dirent dlfcn elf endian err errno error execinfo fcntl
features-time64 features fenv fnmatch ftw getopt glob grp iconv ifaddrs inttypes langinfo libgen libintl limits link
locale malloc math memory mqueue netdb nl_types nss paths poll pthread pwd regex resolv sched search semaphore setjmp
signal spawn stdc-predef stdint stdio stdio_ext stdlib string strings syscall sysexits syslog termios threads time
ucontext uchar unistd utime utmp utmpx wait wchar wctype wordexp""".split()

_RUNTIME = re.compile(r"^(c\+\+/|(%s)/|(%s)\.h$)" % ("|".join(_FOLDERS), "|".join(map(re.escape, _FILES))))
_ROOT = re.compile(r"^(/usr/include/([a-z0-9_]+-linux-gnu/)?|/usr/lib/(gcc|llvm-[0-9]+/lib/clang)/)")


def library_of(path):
    """None for the language's own runtime, a library's name, or "unknown: <path>"."""
    root = _ROOT.match(path)
    if not root:
        return f"unknown: {path}"
    if root.group(0).startswith("/usr/lib/"):
        return None
    rest = path[root.end():]
    for name, prefixes in LIBRARIES.items():
        if any(rest.startswith(prefix) for prefix in prefixes):
            return name
    return None if _RUNTIME.match(rest) else f"unknown: {path}"
