#!/usr/bin/env python3
"""GloVe of latent beside the authors' own program (github.com/stanfordnlp/GloVe): seconds, pairs a second, how good vectors are.

  git clone https://github.com/stanfordnlp/GloVe && make -C GloVe
  /usr/bin/python3 bench/words/prepare.py novels.txt.xz novels.txt --bytes 50e6
  /usr/bin/python3 bench/words/glove.py novels.txt DATA_FOLDER GloVe [--iter 15] [--x-max 10] [--threads 2]

Both take 100 dimensions, a window of 10, minimum count 5, rate 0.05 and alpha 0.75. DATA_FOLDER as for compare.py. Seconds are those of
training alone: of latent by its own report, which leaves out reading and counting; of the authors' program by the clock. "processor" is
processor time of all threads, of latent with reading and counting. Programs run one after the other.
"""
import argparse
import json
import os
import resource
import subprocess
import tempfile
import time

from compare import TOOL
from judge import judge


def processor():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_stanford(a, folder):
    def tool(name, *arguments):
        return [os.path.join(a.glove, "build", name), *arguments]

    def pipe(command, source, target):
        with open(source, "rb") as reads, open(target, "wb") as writes:
            subprocess.run(command, stdin=reads, stdout=writes, stderr=subprocess.DEVNULL, check=True)

    vocabulary, pairs, shuffled, vectors = (os.path.join(folder, name) for name in ("vocab", "pairs", "shuffled", "vectors"))
    pipe(tool("vocab_count", "-min-count", "5"), a.text, vocabulary)
    start = time.perf_counter()
    pipe(tool("cooccur", "-memory", "4", "-vocab-file", vocabulary, "-window-size", "10",
              "-overflow-file", os.path.join(folder, "overflow")), a.text, pairs)
    pipe(tool("shuffle", "-memory", "4", "-seed", "1", "-temp-file", os.path.join(folder, "temp")), pairs, shuffled)
    counted, before = time.perf_counter(), processor()
    subprocess.run(tool("glove", "-save-file", vectors, "-threads", str(a.threads), "-input-file", shuffled, "-x-max", str(a.x_max),
                        "-iter", str(a.iter), "-vector-size", "100", "-eta", "0.05", "-binary", "0", "-vocab-file", vocabulary,
                        "-write-header", "1", "-seed", "1"), check=True, capture_output=True)
    trained, used = time.perf_counter(), processor() - before
    with open(vectors + ".txt") as source, open(vectors, "w") as target:  # "<unk>" is no word, and its header leaves it out
        target.writelines(line for line in source if not line.startswith("<unk> "))
    return {"counting": counted - start, "seconds": trained - counted, "processor": used, "cooccurrences": os.path.getsize(shuffled) // 16,
            "vectors": vectors}


def run_latent(a, folder):
    run, vectors = os.path.join(folder, "run"), os.path.join(folder, "latent.vec")
    start, before = time.perf_counter(), processor()
    report = json.loads(subprocess.run(
        [TOOL, "words", "train", a.text, "--out", run, "--method", "glove", "--epochs", str(a.iter), "--threads", str(a.threads),
         "--x-max", str(a.x_max), "--seed", "0", "--json"], check=True, capture_output=True, text=True).stdout)
    whole, used = time.perf_counter() - start, processor() - before
    subprocess.run([TOOL, "words", "convert", run, vectors], check=True, capture_output=True)
    return {"counting": whole - report["seconds"], "seconds": report["seconds"], "processor": used, "vectors": vectors}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("data")
    parser.add_argument("glove", help="the built checkout of the authors' program")
    parser.add_argument("--iter", type=int, default=15)
    parser.add_argument("--x-max", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--programs", default="latent,stanford")
    a = parser.parse_args()
    for name in a.programs.split(","):
        with tempfile.TemporaryDirectory() as folder:
            result = {"latent": run_latent, "stanford": run_stanford}[name](a, folder)
            result |= judge(result.pop("vectors"), a.data)
        print(json.dumps({"program": name} | result), flush=True)


if __name__ == "__main__":
    main()
