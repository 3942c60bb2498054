#!/usr/bin/env python3
"""Word vectors of latent beside gensim's and fastText's: raw words a second, and how good they are.

  /usr/bin/python3 bench/words/prepare.py novels.txt.xz novels.txt --bytes 50e6
  /usr/bin/python3 bench/words/compare.py novels.txt DATA_FOLDER [--method skipgram] [--ngrams] [--hs] [--seeds 0,1,2]
      [--programs latent,gensim,fasttext] [--epochs 5] [--threads 2]

DATA_FOLDER has EN-WS-353-ALL.txt, EN-SIMLEX-999.txt and questions-words.txt; judge.py says which of their questions count. All three
take 100 dimensions, window 5, 5 negatives, sample 1e-3, minimum count 5 and the rate that --lr says, in a process of their own; --ngrams
adds characters 3 to 6. Time is that of training alone for latent and gensim; fastText prints none, so a run of no epochs (reading and
counting) is taken off. "CPU s" is processor time of all threads: what counts on a machine with others on it.
Needs Debian's python3-gensim and fasttext, and a release build. "CPU s" of latent includes reading the text.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from judge import judge

TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build", "release", "latent")
GENSIM = """
import json, sys, time
from gensim.models import FastText, Word2Vec
text, out, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
kind = FastText if settings.pop("ngrams") else Word2Vec
model = kind(**settings)
model.build_vocab(corpus_file=text)
start, before = time.perf_counter(), time.process_time()
model.train(corpus_file=text, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=model.epochs)
seconds, processor = time.perf_counter() - start, time.process_time() - before
model.wv.save_word2vec_format(out)
print(json.dumps({"seconds": seconds, "processor": processor}))
"""


def run_latent(a, seed, out):
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        command = [TOOL, "words", "train", a.text, "--out", run, "--method", a.method, "--epochs", str(a.epochs), "--threads",
                   str(a.threads), "--seed", str(seed), "--lr", str(a.lr), "--json"]
        command += ["--min-n", "3", "--max-n", "6"] if a.ngrams else []
        command += ["--hs"] if a.hs else []
        command += ["--min-lr", str(a.min_lr)] if a.min_lr else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        vectors = os.path.join(folder, "vectors.vec")
        subprocess.run([TOOL, "words", "convert", run, vectors], check=True, capture_output=True)
        os.replace(vectors, out)
    return {"seconds": report["seconds"],
            "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def run_gensim(a, seed, out):
    settings = {"vector_size": 100, "window": 5, "negative": 0 if a.hs else 5, "hs": int(a.hs), "sample": 1e-3, "min_count": 5,
                "sg": int(a.method == "skipgram"), "epochs": a.epochs, "workers": a.threads, "seed": seed + 1, "alpha": a.lr,
                "ngrams": a.ngrams}
    command = [sys.executable, "-c", GENSIM, a.text, out, json.dumps(settings)]
    environment = {name: value for name, value in os.environ.items() if "BLAS" not in name}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def run_fasttext(a, seed, out):
    def timed(epochs):
        command = ["fasttext", a.method, "-input", a.text, "-output", out, "-dim", "100", "-ws", "5", "-neg", "5", "-t", "1e-3",
                   "-minCount", "5", "-epoch", str(epochs), "-thread", str(a.threads), "-lr", str(a.lr), "-seed", str(seed),
                   "-loss", "hs" if a.hs else "ns", "-verbose", "0"]
        command += ["-minn", "3", "-maxn", "6"] if a.ngrams else ["-minn", "0", "-maxn", "0", "-bucket", "0"]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    reading, trained = timed(0), timed(a.epochs)
    with open(out + ".vec") as source, open(out, "w") as target:  # "</s>" is no word
        count, dim = source.readline().split()
        lines = [line for line in source if not line.startswith("</s> ")]
        target.write(f"{len(lines)} {dim}\n")
        target.writelines(lines)
    return {"seconds": trained[0] - reading[0], "processor": trained[1] - reading[1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("data")
    parser.add_argument("--method", default="skipgram", choices=["skipgram", "cbow"])
    parser.add_argument("--ngrams", action="store_true")
    parser.add_argument("--hs", action="store_true")
    parser.add_argument("--lr", type=float, default=0.025)
    parser.add_argument("--min-lr", type=float, help="of latent; gensim's rate ends at lr (1 - 1 / workers) / epochs")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--programs", default="latent,gensim,fasttext")
    a = parser.parse_args()
    raw_words = sum(len(line.split()) for line in open(a.text))
    runs = {"latent": run_latent, "gensim": run_gensim, "fasttext": run_fasttext}
    print(f"{a.method}, {raw_words:,} words, {a.epochs} epochs, lr {a.lr}, {a.threads} threads")
    with tempfile.TemporaryDirectory() as work:
        for seed in map(int, a.seeds.split(",")):
            for name in a.programs.split(","):
                out = f"{work}/{name}"
                used = runs[name](a, seed, out)
                figures = judge(out, a.data)
                rate = raw_words * a.epochs / used["seconds"]
                print(f"{name:9} seed {seed}  {rate:9,.0f} words/s  {used['seconds']:6.1f} s  {used['processor']:6.1f} CPU s  " +
                      "  ".join(f"{key} {value:.1f}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
