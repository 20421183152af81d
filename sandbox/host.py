"""What a host's engine and kernel can do for the walls, told in words; and by what a proof is bound to them."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.engine import Engine, translated

REPLACE_ENGINE = "use an engine and a kernel with this feature: Docker 20.10 or later, a kernel of 5.10 or later"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a wall rests upon. `cure` is what to do where it is not so."""

    name: str
    found: str
    ok: bool = True
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """`identity` changes with anything that a wall rests upon."""

    facts: tuple[Fact, ...]
    identity: Mapping[str, str]


def look(engine: Engine, *, runtime: str | None) -> Host:
    """Raises EngineFailed, EngineUnavailable."""
    with translated("asking the engine what it is"):
        info: dict[str, Any] = engine.api.info()
    runtimes = sorted(info.get("Runtimes") or ())
    taken = runtime or info.get("DefaultRuntime", "runc")
    options = [option.partition("name=")[2].partition(",")[0] for option in info.get("SecurityOptions") or ()]
    identity = {
        "engine": str(info.get("ServerVersion", "")),
        "kernel": str(info.get("KernelVersion", platform.release())),
        "machine": str(info.get("Architecture", platform.machine())),
        "runtime": taken,
        "runtime_version": str((info.get("RuncCommit") or {}).get("ID", "")) if taken == "runc" else "",
        "cgroups": f"v{info.get('CgroupVersion', '1')} {info.get('CgroupDriver', 'cgroupfs')}",
        "storage": str(info.get("Driver", "")),
    }
    return Host(tuple(_facts(info, identity, options, runtimes)), identity)


def _facts(info: Mapping[str, Any], identity: Mapping[str, str], options: list[str], runtimes: list[str]) -> list[Fact]:
    taken = identity["runtime"]
    return [
        Fact("engine", f"Docker {identity['engine']}, {identity['storage']}, {info.get('NCPU', 0)} cores"),
        Fact("kernel", f"{identity['kernel']}, {identity['machine']}"),
        Fact("control groups", identity["cgroups"]),
        Fact(
            "runtime",
            f"{taken} of {', '.join(runtimes)}",
            taken in runtimes,
            f"register {taken} with the engine (daemon.json, runtimes), or unset PODIUM_RUNTIME",
        ),
        Fact(
            "seccomp",
            "on" if "seccomp" in options else "off",
            "seccomp" in options,
            "use a kernel with CONFIG_SECCOMP_FILTER and an engine that was built with seccomp",
        ),
        Fact(
            "user namespaces",
            "containers have their own users" if "userns" in options else "users are numbered as on the host",
        ),
        _limit(info, "MemoryLimit", "memory limit"),
        _limit(info, "SwapLimit", "swap limit", "boot with swapaccount=1 on the kernel's command line"),
        _limit(info, "PidsLimit", "process limit"),
        _limit(info, "CpuCfsQuota", "CPU quota"),
        _limit(info, "CPUSet", "core pinning"),
        _kernel("huge pages", "/proc/sys/vm/nr_hugepages", "they are in no memory limit", "sysctl vm.nr_hugepages=0"),
        _kernel(
            "merged pages", "/sys/kernel/mm/ksm/run", "runs see each other's memory", "echo 0 > /sys/kernel/mm/ksm/run"
        ),
        Fact("core dumps", _core_dumps()),
    ]


def _kernel(name: str, path: str, trouble: str, cure: str) -> Fact:
    """A setting of this machine's kernel that must be 0, where it is there at all."""
    try:
        value = Path(path).read_text().strip()
    except OSError:
        value = "0"
    return Fact(name, "none" if value == "0" else f"{value}: {trouble}", value == "0", cure)


def _core_dumps() -> str:
    """A crash that is handed to a program of the host is so from inside a container too. Common, so only told."""
    try:
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    except OSError:
        return "unknown"
    if pattern.startswith("|"):
        return f"crashes of entries reach {pattern[1:].split()[0]}; better: sysctl kernel.core_pattern=core"
    return "none"


def _limit(info: Mapping[str, Any], key: str, name: str, cure: str = REPLACE_ENGINE) -> Fact:
    """An engine that does not mention one (older, or not Docker's own) is believed: the corpus tries it anyway."""
    there = bool(info.get(key, True))
    return Fact(name, "there" if there else "not there", there, cure)
