#!/usr/bin/python3
"""The benchmark suite: `latent` beside PyTorch and beside the machine's floor, in turn, in one run.

  bench/suite.py --data FOLDER-WITH-THE-FOUR-MNIST-FILES [--rows mlp,conv,...] [--pairs 5] [--quality] [--json FILE]

Needs Debian's python3-torch, python3-torchvision and libopenblas0-pthread, and a release build with
-DLATENT_BUILD_BENCHMARKS=ON. docs/benchmarks.md says what is measured and how.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from programs import CORES, HERE, PEERS, PRECISIONS, PYTHON, Context, cpu_info, floor, run
from rows import ONLY_ON_REQUEST, ROWS

COLUMNS = ("row", "PyTorch", "latent f32", "ratio", "latent bf16", "ratio", "floor f32, bf16", "time / floor f32, bf16")


def speeds(row, figures, ours, other):
    """How many times as fast `ours` is as `other`, pair by pair."""
    pairs = zip(figures[ours], figures[other])
    return [a / b if row["better"] == "higher" else b / a for a, b in pairs]


def with_range(values, form="{:.2f}"):
    """1.50 (1.20 to 1.90)"""
    middle = form.format(statistics.median(values))
    return middle if len(values) < 2 else f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def table_line(row):
    """The row as Markdown, with COLUMNS."""
    figures = row["figures"]
    cells = [row["title"], f"{number(statistics.median(figures['peer']))} {row['unit']}"]
    for precision in PRECISIONS:
        cells += [number(statistics.median(figures[precision])), with_range(speeds(row, figures, precision, "peer"))]
    if "floor f32" in figures:
        cells.append(", ".join(number(statistics.median(figures[f"floor {p}"])) for p in PRECISIONS))
        cells.append(", ".join(f"{statistics.median(speeds(row, figures, f'floor {p}', p)):.2f}" for p in PRECISIONS))
    else:
        cells += ["-", "-"]
    return "| " + " | ".join(cells) + " |"


def memory_lines(row):
    figures = {k: v for k, v in row["figures"].items() if k.startswith("memory ")}
    if not figures:
        return []
    return [f"    {name}: {statistics.median(values):.0f} MB" for name, values in figures.items()]


def list_lines(row):
    """The row as a list of its figures, for rows without a peer."""
    figures = row["figures"]
    lines = [row["title"] + ":"]
    for name, values in figures.items():
        if not name.startswith("memory "):
            lines.append(f"    {name}: {with_range(values, '{:,.4g}')} {row['unit']}")
    for ours, other in row["ratios"]:
        lines.append(f"    {ours} / {other}: {with_range(speeds(row, figures, ours, other))} times as fast")
    return lines


def lines_of(row):
    lines = [table_line(row)] if "peer" in row["figures"] else list_lines(row)
    return lines + memory_lines(row) + ([f"    {row['note']}"] if row["note"] else [])


def measure(make_row, context, pairs):
    row = make_row(context)
    figures = {}
    for i in range(row.repetitions or pairs):
        for name, value in row.measure(i).items():
            figures.setdefault(name, []).append(value)
    return {"title": row.title, "unit": row.unit, "better": row.better, "note": row.note, "ratios": row.ratios,
            "figures": figures}


def machine(context):
    name, flags = cpu_info()
    about_peer = ("import json, torch; from pytorch_vae import blas_library; torch.ones(2, 2) @ torch.ones(2, 2); "
                  "print(json.dumps({'version': torch.__version__, 'blas': blas_library()}))")
    commit = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"processor": name, "cores": CORES, "extensions": sorted(f for f in flags if f.startswith(("avx", "amx"))),
            "ceilings": floor(context, "ceilings"), "commit": commit.stdout.strip(),
            "peer": json.loads(run([PYTHON, "-c", about_peer], {"PYTHONPATH": PEERS}).text)}


def machine_lines(about):
    ceilings = about["ceilings"]
    gemm = ceilings["gemm_2048_gflops"]
    yield (f"{about['processor']}, {about['cores']} cores; products of 2048 x 2048: f32 {gemm['f32']:.0f}, "
           f"bf16 {gemm['bf16']:.0f} GFLOP/s; copying {ceilings['copy_gb_per_second']:.1f} GB/s")
    yield f"peer: PyTorch {about['peer']['version']}"
    if "openblas" not in about["peer"]["blas"]:
        yield f"warning: the peer multiplies with {about['peer']['blas'] or 'no BLAS'}: install libopenblas0-pthread"


def chosen_rows(text, quality):
    """Names of rows: `threads` stands for `threads` and `threads-conv`."""
    if not text:
        return [name for name in ROWS if quality or name not in ONLY_ON_REQUEST]
    chosen = []
    for wanted in text.split(","):
        found = [name for name in ROWS if name == wanted or name.startswith(wanted + "-")]
        if not found:
            sys.exit(f"no row is called {wanted}; rows: {', '.join(ROWS)}")
        chosen += found
    return chosen


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with the four MNIST files")
    parser.add_argument("--rows", default="", help=f"of {', '.join(ROWS)} (default: all but quality)")
    parser.add_argument("--pairs", type=int, default=5, help="repetitions of ours beside the peer (default: 5)")
    parser.add_argument("--quality", action="store_true", help="also train for 10 epochs with three seeds: takes hours")
    parser.add_argument("--json", help="write all figures to this file")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"), help="the build to measure")
    parser.add_argument("--work", help="folder for prepared data, kept (default: a temporary one)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure of the floor and of inference")
    parser.add_argument("--samples", type=int, default=60000, help="at most so many in an epoch: for trying the suite")
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000", help="samples of the row scale")
    return parser.parse_args()


def main():
    args = arguments()
    names = chosen_rows(args.rows, args.quality)
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or temporary
        os.makedirs(work, exist_ok=True)
        context = Context(tool=f"{args.build}/latent", floor_program=f"{args.build}/bench/latent_floor",
                          inference_program=f"{args.build}/bench/latent_inference", work=work, data=args.data,
                          samples=args.samples, seconds=args.seconds, sizes=[int(n) for n in args.sizes.split(",")])
        results = {"machine": machine(context), "rows": {}}
        print("\n".join(machine_lines(results["machine"])))
        print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS), flush=True)
        for name in names:
            results["rows"][name] = measure(ROWS[name], context, args.pairs)
            print("\n".join(lines_of(results["rows"][name])), flush=True)
            if args.json:  # after each row: a long run that is cut short keeps what it has
                with open(args.json, "w") as file:
                    json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
