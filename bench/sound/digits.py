#!/usr/bin/python3
"""Preset `vae-audio` on spoken digits, by the command line alone.

  bench/sound/digits.py FOLDER [--tool build/release/latent] [--held-out nicolas] [--out FOLDER]

FOLDER holds the Free Spoken Digit Dataset, DIGIT_SPEAKER_INDEX.wav. Recordings 0 to 4 of each speaker are the test part, the
others are trained on; one speaker is held out altogether. A classifier (preset `cnn`) that is trained on real recordings
hears what the VAE makes: its accuracy on real test recordings, on reconstructions of them (written as .wav and read again) and
on new sounds drawn for each class; a k-NN classifier on codes; and how many times faster than real time one core is.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
LABEL = r"^(\d)_"


def split(source, work, held_out):
    for path in sorted(source.glob("*.wav")):
        digit, speaker, index = NAME.fullmatch(path.name).groups()
        part = "stranger" if speaker == held_out else "digits/test" if int(index) < 5 else "digits/train"
        (work / part).mkdir(parents=True, exist_ok=True)
        (work / part / path.name).symlink_to(path.resolve())


class Tool:
    def __init__(self, path, work):
        self.path, self.work = path, work

    def __call__(self, *words):
        command = [self.path, *map(str, words), "--json"]
        run = subprocess.run(command, cwd=self.work, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\n{run.stderr}")
        return json.loads(run.stdout) if run.stdout.strip().startswith("{") else {}


def heard(tool, folder, names):
    """Accuracy of the classifier on numbered sounds whose digits are the first letters of `names`."""
    labelled = tool.work / f"{folder}-labelled"
    for i, name in enumerate(names):
        (labelled / name[0]).mkdir(parents=True, exist_ok=True)
        shutil.copy(tool.work / folder / f"{i:06}.wav", labelled / name[0])
    return tool("evaluate", "cnn", labelled.name)["accuracy"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--tool", default="build/release/latent")
    arguments.add_argument("--held-out", default="nicolas")
    arguments.add_argument("--out", type=pathlib.Path)
    arguments.add_argument("--seed", default="0")
    arguments.add_argument("--drawn", type=int, default=50, help="new sounds for each digit")
    arguments.add_argument("--vae", default="", help="more options of the VAE's training")
    arguments.add_argument("--cnn", default="", help="more options of the classifier's training")
    a = arguments.parse_args()
    work = a.out or pathlib.Path(tempfile.mkdtemp(prefix="digits-"))
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "digits").exists():
        split(a.folder, work, a.held_out)
    tool = Tool(str(pathlib.Path(a.tool).resolve()), work)
    if not (work / "cnn").exists():
        tool("train", "digits", "--preset", "cnn", "--label-from-name", LABEL, "--seed", a.seed, "--out", "cnn", *a.cnn.split())
    for folder in ("vae", "recon", "recon-stranger", "drawn", "recon-labelled", "recon-stranger-labelled"):
        shutil.rmtree(work / folder, ignore_errors=True)
    tool("train", "digits", "--preset", "vae-audio", "--label-from-name", LABEL, "--seed", a.seed, "--out", "vae",
         *a.vae.split())
    rows = {"real test recordings": tool("evaluate", "cnn", "--split", "test")["accuracy"]}
    one_core = ("--threads", "1")
    both = tool("reconstruct", "vae", "digits/test", "-o", "recon", *one_core)
    names = sorted(p.name for p in (work / "digits/test").iterdir())
    rows["reconstructions of them"] = heard(tool, "recon", names)
    tool("sample", "vae", "--like", "all", "-n", a.drawn, "-o", "drawn")
    rows["drawn for each digit"] = tool("evaluate", "cnn", "drawn")["accuracy"]
    probe = tool("probe", "vae", "--method", "knn", "--codes-only")
    rows["k-NN on codes"] = probe["results"][0]["accuracy"]
    rows["real, another speaker"] = tool("evaluate", "cnn", "stranger")["accuracy"]
    tool("reconstruct", "vae", "stranger", "-o", "recon-stranger")
    names = sorted(p.name for p in (work / "stranger").iterdir())
    rows["reconstructed, another speaker"] = heard(tool, "recon-stranger", names)
    encoded = tool("encode", "vae", "digits/test", "-o", "codes.npy", *one_core)
    decoded = tool("decode", "vae", "codes.npy", "-o", "decoded.wav", *one_core)
    for name, value in rows.items():
        print(f"{name:32} {value:.3f}" if isinstance(value, float) else f"{name:32} {value}")
    for name, result in (("encode", encoded), ("decode", decoded), ("encode and decode", both)):
        print(f"{name:32} {result['sound']['real_time_factor']:.0f} times real time")


if __name__ == "__main__":
    main()
