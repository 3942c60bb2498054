"""Writes golden/words: small word vectors as gensim 4.2 and fastText 0.9.2 write them, and what both say of them.

Run in tests/golden, with Debian's python3-gensim and fasttext:  /usr/bin/python3 words.py
"""

import gzip
import json
import pathlib
import random
import subprocess

import numpy
from gensim.models import FastText, KeyedVectors, Word2Vec

folder = pathlib.Path(__file__).parent / "words"
folder.mkdir(exist_ok=True)

random.seed(1)
GROUPS = ["king queen prince princess royal crown", "cat dog horse cow sheep bird", "red blue green yellow black café",
          "run walk jump swim fly läuft"]
lines = []
for _ in range(600):
    words = random.choice(GROUPS).split()
    lines.append(" ".join(random.choice(words) for _ in range(8)))
text = "\n".join(lines) + "\n"
corpus = folder / "corpus.txt"
corpus.write_text(text)
sentences = [line.split() for line in lines]

# --- gensim: text, binary, GloVe's form without a header ---
model = Word2Vec(sentences, vector_size=8, min_count=1, seed=1, workers=1, epochs=3)
vectors = model.wv
vectors.save_word2vec_format(str(folder / "gensim.txt"), binary=False)
vectors.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
vectors.save_word2vec_format(str(folder / "glove.txt"), binary=False, write_header=False)
(folder / "packed.txt.gz").write_bytes(gzip.compress((folder / "gensim.txt").read_bytes(), mtime=0))
numpy.savez(folder / "gensim.npz", words=numpy.array(vectors.index_to_key), vectors=vectors.vectors,
            counts=numpy.array([vectors.get_vecattr(w, "count") for w in vectors.index_to_key]))
said = {
    "words": vectors.index_to_key,
    "nearest_cat": vectors.most_similar("cat", topn=5),
    "analogy": vectors.most_similar(positive=["queen", "cat"], negative=["king"], topn=5),
    "odd": vectors.doesnt_match(["cat", "dog", "horse", "king"]),
    "vectors": {word: [float(x) for x in vectors[word]] for word in ["cat", "café"]},
}


# --- fastText: .bin and .vec of three kinds ---
def fasttext(kind, name, *options):
    subprocess.run(["fasttext", kind, "-input", str(corpus), "-output", str(folder / name), "-dim", "8", "-minCount", "1",
                    "-epoch", "3", "-thread", "1", "-verbose", "0", *options], check=True)


def vectors_of(name, words):
    out = subprocess.run(["fasttext", "print-word-vectors", str(folder / f"{name}.bin")], input="\n".join(words) + "\n",
                         stdout=subprocess.PIPE, check=True, text=True).stdout
    return {line.split()[0]: [float(x) for x in line.split()[1:]] for line in out.strip().splitlines()}


fasttext("skipgram", "ngrams", "-bucket", "100", "-minn", "2", "-maxn", "4")
fasttext("cbow", "plain", "-maxn", "0", "-bucket", "0")
fasttext("skipgram", "tree", "-loss", "hs", "-bucket", "50", "-minn", "3", "-maxn", "3")
labels = "\n".join(f"__label__{i % 2} {line}" for i, line in enumerate(lines)) + "\n"
(folder / "labels.txt").write_text(labels)
subprocess.run(["fasttext", "supervised", "-input", str(folder / "labels.txt"), "-output", str(folder / "supervised"),
                "-dim", "4", "-epoch", "1", "-thread", "1", "-bucket", "10", "-verbose", "0"], check=True)
for unneeded in ["tree.vec", "plain.vec", "supervised.vec", "labels.txt"]:
    (folder / unneeded).unlink(missing_ok=True)
said["fasttext"] = {name: vectors_of(name, ["cat", "café", "</s>", "catking", "Übung"]) for name in ["ngrams", "tree"]}
said["fasttext"]["plain"] = vectors_of("plain", ["cat", "café"])
gensim_model = FastText(sentences, vector_size=8, min_count=1, seed=1, workers=1, epochs=2, bucket=60, min_n=3, max_n=5)
from gensim.models.fasttext import save_facebook_model  # noqa: E402

save_facebook_model(gensim_model, str(folder / "gensim_fasttext.bin"))
said["gensim_fasttext"] = {word: [float(x) for x in gensim_model.wv[word]] for word in ["cat", "catking"]}
(folder / "said.json").write_text(json.dumps(said, ensure_ascii=False, indent=1))

# What they write is read by themselves, too: a check of this script.
again = KeyedVectors.load_word2vec_format(str(folder / "gensim.bin"), binary=True)
assert numpy.array_equal(again.vectors, vectors.vectors)
