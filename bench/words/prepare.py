#!/usr/bin/env python3
"""Text for compare.py: lower-cased words between blanks, a paragraph a line, from plain text or .xz, .gz or .bz2.

  bench/words/prepare.py TEXT OUT [--bytes 50e6]

A word is a run of letters, with apostrophes inside ("don't"); everything else only separates. Paragraphs of more than 10,000 words are
cut, because gensim would leave out what is behind. --bytes ends after the paragraph in which so many bytes were written.
"""
import argparse
import bz2
import gzip
import lzma
import re

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
MOST_WORDS = 10000  # of a line: gensim's MAX_WORDS_IN_BATCH
OPENERS = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("out")
    parser.add_argument("--bytes", type=float, default=float("inf"))
    arguments = parser.parse_args()
    opener = OPENERS.get(arguments.text[arguments.text.rfind("."):], open)
    written = words = 0
    with opener(arguments.text, "rt", encoding="utf-8", errors="replace") as text, open(arguments.out, "w") as out:
        for line in text:
            found = WORD.findall(line.lower().replace("\u2019", "'"))
            for begin in range(0, len(found), MOST_WORDS):
                part = " ".join(found[begin:begin + MOST_WORDS]) + "\n"
                out.write(part)
                written += len(part.encode())
            words += len(found)
            if written >= arguments.bytes:
                break
    print(f"{words:,} words, {written:,} bytes")


if __name__ == "__main__":
    main()
