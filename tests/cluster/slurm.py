"""Slurm with one node on this machine: own keys, loopback only, all files in one folder.

Commands find it by a folder of their own at the head of PATH, because the executor plugin takes SLURM_CONF out of a
job's environment; so /etc/slurm stays as it is. Run as a program, it keeps one up until Ctrl-C, to try things by hand.
"""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Not among every user's paths: Debian keeps the daemons in /usr/sbin.
DAEMONS = ("slurmctld", "slurmd", "munged", "mungekey")
COMMANDS = ("sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun")
# What the executor plugin asks besides; without accounting they answer that there is none.
OPTIONAL = ("sacct", "sacctmgr", "sshare")
PLACES = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
SYSTEM = Path("/etc/slurm/slurm.conf")
# More than this machine has, so that jobs get what a profile for a real cluster asks for; they do not use it.
MEMORY = 256_000

# Lines that need a reason:
# - NoInAddrAny: listen on 127.0.0.1 alone. linuxproc, task/none and cgroup/v1: do without control groups.
# - config_overrides: believe the memory above. MinJobAge: squeue shows finished jobs until the end of the tests.
# - OverMemoryKill: a job over its memory is killed, within 2 seconds; other clusters leave that to the kernel.
CONFIG = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={base}/munge.socket
CredType=cred/munge
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool
SlurmctldPidFile={base}/slurmctld.pid
SlurmdPidFile={base}/slurmd.pid
SlurmctldLogFile={base}/slurmctld.log
SlurmdLogFile={base}/slurmd.log
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=30
MinJobAge=7200
GresTypes=gpu
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=2880 State=UP
PartitionName=gpu Nodes=ALL Default=NO MaxTime=2880 State=UP
"""


def missing() -> str:
    """Say why no Slurm can be started here; empty if one can."""
    if SYSTEM.exists():
        return f"this machine has a Slurm of its own ({SYSTEM}), which is left alone"
    absent = [name for name in (*DAEMONS, *COMMANDS, "setpriv") if not shutil.which(name, path=PLACES)]
    if absent:
        return f"needs {', '.join(absent)}, which are not here: make test-slurm"
    return "" if os.geteuid() == 0 else "needs root, to start Slurm's daemons"


def free_ports(number: int) -> list[int]:
    """Return ports of 127.0.0.1 that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask until ``ready`` says yes; return whether it did in time."""
    end = time.monotonic() + seconds
    while not (answer := ready()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


class OneNode:
    """A context manager: a Slurm that is up, with a node of this machine's cores and one pretended GPU."""

    def __init__(self, memory: int | str = MEMORY) -> None:
        """Make the folder of all its files; ``memory`` is what the node claims to have, in MB."""
        # Not one of pytest's: munged wants its socket where every user may go.
        self.base = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.bin, self.memory = self.base / "bin", memory
        self.daemons: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "OneNode":
        try:
            self._write()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Whatever happened, nothing may go on: first the jobs, then who could start new ones.
        if "slurmd" in self.daemons and self._sound():
            self.call("scancel", "--user=root", check=False)
            self.idle()
        for name in reversed(list(self.daemons)):
            self._stop(name)
        shutil.rmtree(self.base, ignore_errors=True)

    def idle(self) -> bool:
        """Wait until no job runs or waits; return whether that was in time for one that saves its state."""
        return wait(lambda: not self.call("squeue", "--noheader", check=False), 45)

    def call(self, *command: str, check: bool = True) -> str:
        """Run one of Slurm's commands against this Slurm; return its output without the last newline."""
        done = subprocess.run(
            [self.bin / command[0], *command[1:]], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0 or not check, f"{' '.join(command)}: {done.stderr}"
        return done.stdout.strip()

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs of this Slurm, finished ones too, in the order of their numbers."""
        # The comment names the rule or the group of rules; the job's name is Snakemake's, one for the whole run.
        fields = {"id": "JobID", "state": "State", "partition": "Partition", "memory": "MinMemory"}
        fields |= {"limit": "TimeLimit", "gpus": "tres-per-job", "cpus": "NumCPUs", "rule": "Comment"}
        asked = ",".join(f"{field}:|" for field in fields.values())
        lines = self.call("squeue", "--noheader", "--states=all", "--sort=i", f"--Format={asked}").splitlines()
        return [dict(zip(fields, line.rstrip("|").split("|"), strict=True)) for line in lines]

    def _stop(self, name: str) -> None:
        daemon = self.daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _start(self) -> None:
        conf, munge = f"{self.base}/etc/slurm.conf", f"--socket={self.base}/munge.socket"
        key, seed = f"--key-file={self.base}/munge/key", f"--seed-file={self.base}/munge/seed"
        pid, log = f"--pid-file={self.base}/munge/pid", f"--log-file={self.base}/munge/log"
        self._daemon("munged", "--foreground", "--num-threads=2", munge, key, seed, pid, log)
        wait(lambda: (self.base / "munge.socket").exists() or not self._sound(), 10)
        self._daemon("slurmctld", "-D", "-i", "-f", conf)
        self._daemon("slurmd", "-D", "-f", conf)
        ready = ("sinfo", "--noheader", "--format=%t")
        wait(lambda: "idle" in self.call(*ready, check=False) or not self._sound(), 60)
        assert "idle" in self.call(*ready, check=False), self._logs()

    def _sound(self) -> bool:
        return all(daemon.poll() is None for daemon in self.daemons.values())

    def _daemon(self, name: str, *options: str) -> None:
        program = shutil.which(name, path=PLACES)
        assert program
        # The kernel ends it with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "TERM", program, *options]
        with open(self.base / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def _write(self) -> None:
        for folder in ("bin", "etc", "state", "spool", "munge"):
            (self.base / folder).mkdir()
        # munged refuses a key or a socket that others could have made.
        self.base.chmod(0o755)
        (self.base / "munge").chmod(0o700)
        mungekey = shutil.which("mungekey", path=PLACES)
        subprocess.run([str(mungekey), "--create", f"--keyfile={self.base}/munge/key"], check=True)
        self._write_config()
        for name in filter(shutil.which, (*COMMANDS, *OPTIONAL)):
            path = self.bin / name
            path.write_text(f'#!/bin/sh\nSLURM_CONF={self.base}/etc/slurm.conf exec {shutil.which(name)} "$@"\n')
            path.chmod(0o755)

    def _write_config(self) -> None:
        controller, daemon = free_ports(2)
        host = socket.gethostname().split(".")[0]
        facts = {"host": host, "node": host, "controller": controller, "daemon": daemon, "base": self.base}
        text = CONFIG.format(**facts, cpus=os.cpu_count(), memory=self.memory)
        (self.base / "etc" / "slurm.conf").write_text(text)
        (self.base / "etc" / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        # A pretended GPU must be a character device: a second /dev/null.
        gpu = self.base / "gpu0"
        os.mknod(gpu, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        (self.base / "etc" / "gres.conf").write_text(f"AutoDetect=off\nName=gpu File={gpu}\n")

    def _logs(self) -> str:
        files = [path for path in self.base.glob("*.*") if path.suffix in (".log", ".out")]
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in sorted(files))


def main() -> None:
    """Keep a Slurm up until Ctrl-C or the end of input."""
    if reason := missing():
        sys.exit(f"error: {reason}")
    with OneNode() as slurm:
        print(f"export PATH={slurm.bin}:$PATH", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
