"""How good word vectors are: similarity and analogy files, with the rules of which questions count. For compare.py.

Vectors are made unit length. Similarity: Spearman's correlation of cosines with people's scores, over the pairs whose words are both in
the vocabulary. Analogies (questions-words.txt): a : b = c : ? is the word nearest to b - a + c among the first 30,000 of the vocabulary
(the most frequent) without a, b and c; questions with a word outside of those are left out, as in gensim's restrict_vocab. All texts are
lower-cased. All programs are judged on the same vocabulary; words that are as frequent as the 30,000th come in an order of each program's own,
so that a few questions more or less count.
"""
import numpy as np
from scipy.stats import spearmanr

RESTRICTED = 30000


def read_vectors(path):
    """words, (V, D) of unit length, from word2vec's text."""
    with open(path, encoding="utf-8") as file:
        count, dim = map(int, file.readline().split())
        words, x = [], np.empty((count, dim), np.float32)
        for i, line in enumerate(file):
            word, *values = line.rstrip().split(" ")
            words.append(word)
            x[i] = np.array(values, np.float32)
    return words, x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def similarity(words, x, path):
    ids = {word: i for i, word in enumerate(words)}
    ours, theirs = [], []
    for line in open(path, encoding="utf-8"):
        a, b, score = line.lower().split()[:3]
        if a in ids and b in ids:
            ours.append(float(x[ids[a]] @ x[ids[b]]))
            theirs.append(float(score))
    return spearmanr(ours, theirs).correlation, len(ours)


def analogies(words, x, path):
    """{section: (right, questions)}"""
    ids = {word: i for i, word in enumerate(words[:RESTRICTED])}
    x = x[:RESTRICTED]
    result, section, questions = {}, "", []

    def answer():
        right = 0
        for begin in range(0, len(questions), 256):
            q = np.array(questions[begin:begin + 256])
            near = (x[q[:, 1]] - x[q[:, 0]] + x[q[:, 2]]) @ x.T
            near[np.arange(len(q))[:, None], q[:, :3]] = -np.inf
            right += int((near.argmax(axis=1) == q[:, 3]).sum())
        if questions:
            result[section] = (right, len(questions))

    for line in open(path, encoding="utf-8"):
        if line.startswith(":"):
            answer()
            section, questions = line[1:].strip(), []
        else:
            four = [ids.get(word) for word in line.lower().split()]
            if None not in four:
                questions.append(four)
    answer()
    return result


def judge(path, data):
    """One line of figures, in percent: similarity (WS353, SimLex) and analogies (all, semantic, syntactic, family, comparative)."""
    words, x = read_vectors(path)
    ws, ws_pairs = similarity(words, x, f"{data}/EN-WS-353-ALL.txt")
    simlex, simlex_pairs = similarity(words, x, f"{data}/EN-SIMLEX-999.txt")
    sections = analogies(words, x, f"{data}/questions-words.txt")

    def share(chosen):
        right, asked = (sum(sections[s][k] for s in sections if chosen(s)) for k in (0, 1))
        return 100.0 * right / max(asked, 1)

    return {"WS353": 100 * ws, "SimLex": 100 * simlex, "analogies": share(lambda s: True),
            "semantic": share(lambda s: not s.startswith("gram")), "syntactic": share(lambda s: s.startswith("gram")),
            "family": share(lambda s: s == "family"), "comparative": share(lambda s: s == "gram3-comparative"),
            "questions": sum(n for _, n in sections.values()), "pairs": ws_pairs + simlex_pairs}


if __name__ == "__main__":
    import sys

    for vectors in sys.argv[2:]:
        print(vectors, {name: round(value, 1) for name, value in judge(vectors, sys.argv[1]).items()}, flush=True)
