"""What the rows of suite.py run: our programs, the peer's scripts, and the search for the peer's best setting."""
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-torch
CORES = len(os.sched_getaffinity(0))
PRECISIONS = ("f32", "bf16")
TRIAL_SECONDS = 120  # a setting of the peer that takes longer for a trial has lost


@dataclass
class Context:
    """Where things are, and how much to measure."""
    tool: str
    floor_program: str
    inference_program: str
    work: str  # a folder for prepared data
    data: str  # the folder with MNIST's four files
    samples: int  # at most so many in a row of training or inference
    seconds: float  # for each figure of the floor and of inference
    sizes: list  # of the row `scale`


@dataclass
class Finished:
    text: str
    seconds: float
    peak_bytes: int  # resident, mapped files included
    own_bytes: int  # the peak without mapped files; 0 unless asked for


class Failed(Exception):
    pass


class OutOfTime(Failed):
    pass


def own_bytes(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return sum(int(line.split()[1]) * 1024 for line in status if line.startswith(("RssAnon", "RssShmem")))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def wait(process, timeout, watch_memory):
    """Waits for a process; returns (wait status, resource usage, peak of its own bytes). Kills it after `timeout`."""
    end, own = time.perf_counter() + (timeout or 0), 0
    while timeout or watch_memory:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return status, usage, own
        own = max(own, own_bytes(process.pid))
        if timeout and time.perf_counter() > end:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.02)
    _, status, usage = os.wait4(process.pid, 0)
    return status, usage, own


def run(command, environment=None, timeout=None, watch_memory=False):
    """Runs a command to its end. Raises Failed with what it wrote to standard error."""
    command = [str(word) for word in command]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "OPENBLAS_"))}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**inherited, **(environment or {})})
        status, usage, own = wait(process, timeout, watch_memory)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == -9 and timeout:
            raise OutOfTime(f"no end within {timeout} s: {' '.join(command)}")
        if process.returncode != 0:
            err.seek(0)
            raise Failed(f"exit status {process.returncode}: {' '.join(command)}\n{err.read()[-2000:]}")
        out.seek(0)
        return Finished(out.read(), seconds, usage.ru_maxrss * 1024, own)


# --- data ---

ENDINGS = {"mnist": ".npz", "colour": ".npz", "png": "", "sparse": ".npy"}


def prepared(context, kind, count):
    """Data that bench/prepare.py makes, made once; the folder with MNIST itself where all of it is wanted."""
    if kind == "mnist" and count >= 60000:
        return context.data
    path = os.path.join(context.work, f"{kind}-{count}{ENDINGS[kind]}")
    if not os.path.exists(path):
        run([PYTHON, os.path.join(HERE, "prepare.py"), kind, count, context.data, path])
    return path


def trained_mlp(context):
    """A run of vae-mlp; how good it is does not matter."""
    path = os.path.join(context.work, "vae-mlp")
    if not os.path.exists(path):
        run([context.tool, "train", prepared(context, "mnist", 1280), "--preset", "vae-mlp", "--epochs", 1, "--out", path])
    return path


# --- ours ---


def train(context, data, options, precision, epochs, watch_memory=False):
    """`latent train`; returns (lines of metrics.jsonl, Finished)."""
    with tempfile.TemporaryDirectory(dir=context.work) as folder:
        out = os.path.join(folder, "run")
        finished = run([context.tool, "train", data, *options, "--precision", precision, "--epochs", epochs, "--out", out],
                       watch_memory=watch_memory)
        with open(os.path.join(out, "metrics.jsonl")) as file:
            return [json.loads(line) for line in file], finished


def median_rate(lines):
    return statistics.median(line["samples_per_second"] for line in lines)


def floor(context, name):
    return json.loads(run([context.floor_program, "--seconds", context.seconds, name]).text)[name]


def inference(context, model, what):
    return json.loads(run([context.inference_program, model, context.data, "--only", what, "--samples", context.samples,
                           "--seconds", context.seconds]).text)


# --- the peer ---


@dataclass
class Setting:
    environment: dict
    flags: list = field(default_factory=list)

    def __str__(self):
        return " ".join([f"{k}={v}" for k, v in self.environment.items()] + self.flags)


def peer(script, arguments, setting, timeout=None):
    """One of bench/peers; returns what it printed."""
    command = [PYTHON, os.path.join(PEERS, script), *arguments, *setting.flags]
    return json.loads(run(command, setting.environment, timeout).text)


ONE_THREAD = [{"OMP_NUM_THREADS": "1"}]
ALL_THREADS = ONE_THREAD + [
    {"OMP_NUM_THREADS": str(CORES), "OPENBLAS_NUM_THREADS": "1"},
    {"OMP_NUM_THREADS": str(CORES), "OPENBLAS_NUM_THREADS": "1", "GOMP_SPINCOUNT": "1000"},
    {"OMP_NUM_THREADS": str(CORES), "OMP_WAIT_POLICY": "passive"},
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": str(CORES)},
]


def cpu_info():
    with open("/proc/cpuinfo") as file:
        lines = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines())
    fields = {name.strip(): value.strip() for name, value in lines.items()}
    return fields.get("model name", "?"), set(fields.get("flags", "").split())


def best_setting(trial, threads, convolutional=False):
    """The setting for which `trial` returns the highest rate, and all rates: threads first, then kernels and channels_last.

    Debian 12's OpenBLAS does not know newer processors and picks AVX2 kernels for them: where there is AVX-512, its
    AVX-512 kernels are tried too.
    """
    kernels = {"OPENBLAS_CORETYPE": "SKYLAKEX"} if "avx512vl" in cpu_info()[1] else {}
    rates = {}

    def rate(setting):
        if str(setting) not in rates:
            try:
                rates[str(setting)] = trial(setting)
            except OutOfTime:
                rates[str(setting)] = 0.0
        return rates[str(setting)]

    best = max([Setting({**t, **kernels}) for t in threads], key=rate)
    others = []
    if kernels:
        others.append(Setting({k: v for k, v in best.environment.items() if k not in kernels}))
    if convolutional:
        others += [Setting(s.environment, ["--channels-last"]) for s in [best, *others]]
    best = max([best, *others], key=rate)
    if rates[str(best)] == 0.0:
        raise Failed("no setting of the peer ended its trial in time")
    return best, rates
