#!/usr/bin/python3
"""Two runs of suite.py side by side, with the change of each figure in per cent.

  bench/compare.py BEFORE.json AFTER.json

A change is called better or worse where the ranges of the two runs do not overlap; what is left may be noise.
"""
import json
import statistics
import sys

LEAST = 3  # repetitions below which a range says nothing


def load(path):
    with open(path) as file:
        return json.load(file)


def verdict(before, after, lower_is_better):
    """"better" or "worse" where the ranges do not overlap; "" for what may be noise."""
    if min(len(before), len(after)) < LEAST:
        return ""
    if min(after) > max(before):
        return "worse" if lower_is_better else "better"
    if max(after) < min(before):
        return "better" if lower_is_better else "worse"
    return ""


def cell(values):
    return f"{statistics.median(values):,.4g} ({min(values):,.4g} to {max(values):,.4g})"


def figure_line(name, row, before, after):
    memory = name.startswith("memory ")
    change = 100 * (statistics.median(after) / statistics.median(before) - 1)
    said = verdict(before, after, memory or row["better"] == "lower")
    unit = "MB" if memory else row["unit"]
    return f"  {name + ', ' + unit:32} {cell(before):>34} {cell(after):>34} {change:+8.1f}%  {said}".rstrip()


def row_lines(before, after):
    yield before["title"]
    for name, values in before["figures"].items():
        if name in after["figures"]:
            yield figure_line(name, before, values, after["figures"][name])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    before, after = load(sys.argv[1]), load(sys.argv[2])
    for side, path in ((before, sys.argv[1]), (after, sys.argv[2])):
        about = side["machine"]
        print(f"{path}: {about['processor']}, {about['cores']} cores, {about['commit']}")
    for name, row in before["rows"].items():
        if name in after["rows"]:
            print("\n".join(row_lines(row, after["rows"][name])))
    for one, other, path in ((before, after, sys.argv[1]), (after, before, sys.argv[2])):
        missing = [name for name in one["rows"] if name not in other["rows"]]
        if missing:
            print(f"only in {path}: {', '.join(missing)}")


if __name__ == "__main__":
    main()
