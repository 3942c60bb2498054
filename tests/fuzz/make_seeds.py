#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets: small valid files of every kind, and a few that nearly are.

Needs numpy. The output is committed; running it again writes the same bytes.
    python3 tests/fuzz/make_seeds.py
"""
import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

CORPUS = Path(__file__).parent / "corpus"


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def packed(data):
    return gzip.compress(data, mtime=0)


def archive(members, method=zipfile.ZIP_STORED, zip64=False, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.comment = comment
        for name, data in members:
            info = zipfile.ZipInfo(name)  # dated 1980, so that the bytes are always the same
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as member:
                member.write(data)
    return out.getvalue()


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, payload in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(payload)]}
        data += payload
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def idx(type_byte, sizes, payload):
    return bytes([0, 0, type_byte, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + payload


grid = np.arange(6).reshape(2, 3)
for descr in ["|b1", "|u1", "|i1", "<i2", "<u2", "<i4", ">i4", "<u4", "<i8", "<u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
    put("npy", descr.replace("<", "little_").replace(">", "big_").replace("|", "") + ".npy", npy(grid.astype(descr)))
put("npy", "fortran.npy", npy(np.asfortranarray(grid.astype("<f4"))))
put("npy", "scalar.npy", npy(np.array(1.5)))
put("npy", "empty.npy", npy(np.zeros((0, 3))))
put("npy", "version_2.npy", npy(grid.astype("<f4"), (2, 0)))
put("npy", "version_3.npy", npy(grid.astype("<f4"), (3, 0)))
put("npy", "text.npy", npy(np.array(["a", "bc"])))

members = [("x.npy", npy(grid.astype("<f4"))), ("y.npy", npy(np.array([0, 1], "<i8")))]
put("npz", "stored.npz", archive(members))
put("npz", "zip64.npz", archive(members, zip64=True))
put("npz", "comment.npz", archive(members, comment=b"PK\5\6 a comment"))
put("npz", "deflated.npz", archive(members + [("names.npy", npy(np.array(["a", "b"]))), ("readme.txt", b"text")],
                                    zipfile.ZIP_DEFLATED))
put("npz", "empty.npz", archive([]))

put("idx", "u8", idx(8, [2, 2, 3], bytes(range(12))))
put("idx", "i8", idx(9, [3], bytes([0, 255, 1])))
put("idx", "i16", idx(11, [2], struct.pack(">2h", -1, 2)))
put("idx", "i32", idx(12, [2, 1], struct.pack(">2i", -1, 2)))
put("idx", "f32", idx(13, [2], struct.pack(">2f", -1, 2)))
put("idx", "f64", idx(14, [2], struct.pack(">2d", -1, 2)))
put("idx", "u8.gz", packed(idx(8, [2, 2, 3], bytes(range(12)))))

record = bytes(3072)
put("cifar", "ten", b"\x03" + record)
put("cifar", "hundred", b"\x03\x5a" + record)

put("csv", "header.csv", b"a,b,label\n1,2.5,cat\n-3e2,NA,dog\n")
put("csv", "quotes.csv", b'"a ""x""","b,c"\r\n"line\nbreak",1\r\nword,?\r\n')
put("csv", "plain.tsv", b"1\t2\t3\n4\t5\t6\n")
put("csv", "semicolons.csv", b"\xef\xbb\xbfx;y\n0.5;+1\n\n;1e-400\n")
put("csv", "commas.csv", b"a;b;;\n1,5;-1.234,25;;\n;12.345.678;;\n;;;\n")
put("csv", "latin1.csv", b"name,n\nB\xe9la,1\n")
put("csv", "infinite.csv", b"x\n1\ninf\n")
put("csv", "packed.csv.gz", packed(b"x,y\n1,2\n"))
put("stamps", "american", b"3/31/2024 2:00 PM")
put("stamps", "offset", b"31.03.2024 02:00:00.25+01:00")
put("stamps", "order", b"31/03/2024\n1/2/2024")
put("stamps", "clock", b"18.00.30")
put("stamps", "number", b"-1.234,5e3")

put("ts", "classes.ts", b"# c\n@problemName A\n@timeStamps false\n@classLabel true 1 b\n@data\n1,?,3:4,5,6:1\n-1,2e3,.5:7,8,9:b\n")
put("ts", "targets.ts", b"@problemName A\n@targetLabel true\n@data\n1,2:0.5\n3,4:NaN\n")

put("safetensors", "all_types", safetensors([
    ("f64", "F64", [1], struct.pack("<d", 1.5)), ("i64", "I64", [1], struct.pack("<q", -2)),
    ("f32", "F32", [1, 2], struct.pack("<2f", 1, 2)), ("i32", "I32", [], struct.pack("<i", 3)),
    ("bf16", "BF16", [2], b"\x80\x3f\0\0"), ("u8", "U8", [3], b"abc")], {"key": "value", "\u00e9": "\u4e2d"}))
put("safetensors", "empty_tensor", safetensors([("a", "F32", [0, 3], b""), ("b", "U8", [1], b"x")]))
put("safetensors", "none", safetensors([]))


def model(config, shapes):
    tensors = [(name, "F32", shape, struct.pack("<f", 0.5) * int(np.prod(shape, dtype=int))) for name, shape in shapes]
    return safetensors(tensors, {"format": "latent-model", "format_version": "1", "config": json.dumps(config),
                                 "info": json.dumps({"data": {"name": "seed"}})})


put("model", "vae_mlp", model(
    {"model": "vae", "data_shape": [2], "latent_dim": 1, "network": {"name": "mlp", "hidden": [1], "activation": "relu"},
     "posterior": {"name": "gaussian"}, "prior": {"name": "normal"}, "likelihood": {"name": "gaussian", "scale": "learned"},
     "objective": {"name": "elbo", "beta": 1.0, "kl_warmup_epochs": 2.0, "free_bits": 0.5, "num_samples": 1}},
    [("encoder.0.weight", [1, 2]), ("encoder.0.bias", [1]), ("posterior.weight", [2, 1]), ("posterior.bias", [2]),
     ("decoder.0.weight", [1, 1]), ("decoder.0.bias", [1]), ("decoder.1.weight", [2, 1]), ("decoder.1.bias", [2]),
     ("likelihood.logvar", [])]))
put("model", "ae_conv", model(
    {"model": "ae", "data_shape": [1, 2, 3], "latent_dim": 1,
     "network": {"name": "conv", "channels": [2], "kernel": 2, "stride": 2, "hidden": [], "normalization": "batch"},
     "likelihood": {"name": "laplace", "scale": 0.5}},
    [("encoder.0.weight", [2, 1, 2, 2]), ("encoder.0.bias", [2])] +
    [(f"encoder.1.{name}", [2]) for name in ("weight", "bias", "running_mean", "running_var")] +
    [("posterior.weight", [1, 2]), ("posterior.bias", [1]), ("decoder.0.weight", [2, 1]), ("decoder.0.bias", [2]),
     ("decoder.3.weight", [2, 1, 2, 2]), ("decoder.3.bias", [1]), ("prior.mean", [1]), ("prior.cholesky", [1, 1])]))

text = b"the same words again and again, the same words again and again"
put("gunzip", "one.gz", packed(text))
put("gunzip", "two_members.gz", packed(text) + packed(b"more"))
put("gunzip", "padded.gz", packed(text) + bytes(16))
put("gunzip", "zeros.gz", packed(bytes(1 << 18)))
stored = zlib.compressobj(0, zlib.DEFLATED, 31)
put("gunzip", "stored.gz", stored.compress(text) + stored.flush())


def lac(coding, sizes, levels, count, numbers, streams):
    # Model hash and checksum are zeros: the fuzz target puts in those of its own model.
    header = struct.pack("<8sIIQII3Q5Q", b"latentac", 1, coding, 0, len(sizes), levels, *(sizes + [0, 0, 0])[:3], count, 0,
                         sum(map(len, streams)), len(numbers), len(streams))
    body = struct.pack(f"<{len(numbers)}d", *numbers) + struct.pack(f"<{len(streams)}I", *map(len, streams))
    return header + body + b"".join(struct.pack(f"<{len(s)}I", *s) for s in streams) + bytes(8)


words = [(i * 2654435761) % 2**32 for i in range(1, 40)] + [2**30]
put("archive", "lossless.lac", lac(1, [1, 4, 5], 256, 3, [], [words, words[::-1][1:] + [2**30]]))
put("archive", "lossy.lac", lac(2, [1, 4, 5], 256, 4, [0.25, 0, 2, -9, 9, 1, 3, -4, 12], [words[-9:]]))

# --- word vectors and text ---
two = np.array([[1, -2.5, 3e-5], [0.25, 7, -1]], dtype="<f4")
put("vectors", "word2vec.txt", b"2 3\ncat 1 -2.5 3e-05\nnew york 0.25 7 -1\n")
put("vectors", "glove.txt", b"cat 1 -2.5 3e-05\n. . . 0.25 7 -1\n")
put("vectors", "twice.vec", b"3 2\ncat 1 2 \ncat 3 4 \ncaf\xe9 5 6 \n")
put("vectors", "word2vec.bin", b"2 3\ncat " + two[0].tobytes() + b"\ndog " + two[1].tobytes() + b"\n")
put("vectors", "unseparated.bin", b"2 3\ncat " + two[0].tobytes() + b"dog " + two[1].tobytes())
put("vectors", "words.npz", archive([("words.npy", npy(np.array(["cat", "d\u00f6g"]))), ("vectors.npy", npy(two)),
                                     ("counts.npy", npy(np.array([5, 2], dtype="<i8")))]))
put("vectors", "words.safetensors", safetensors(
    [("words.ends", "I64", [2], struct.pack("<2q", 3, 6)), ("words.counts", "I64", [2], struct.pack("<2q", 5, 2)),
     ("vectors", "F32", [2, 3], two.tobytes()), ("words.bytes", "U8", [6], b"catdog")],
    {"config": json.dumps({"model": "words", "min_n": 0, "max_n": 0}), "info": json.dumps({"words": {"window": 5}})}))


def fasttext(words, dim, bucket, minn, maxn, loss=2, kind=2):
    out = struct.pack("<2i12id", 793712314, 12, dim, 5, 1, 1, 5, 1, loss, kind, bucket, minn, maxn, 100, 1e-4)
    out += struct.pack("<3i2q", len(words), len(words), 0, 7, -1)
    for word, count in words:
        out += word + b"\0" + struct.pack("<qb", count, 0)
    for rows in (len(words) + bucket, len(words)):
        out += b"\0" + struct.pack("<2q", rows, dim) + np.arange(rows * dim, dtype="<f4").tobytes()
    return out


put("fasttext", "ngrams.bin", fasttext([(b"cat", 4), (b"d\xc3\xb6g", 3)], 2, 3, 3, 4))
put("fasttext", "plain.bin", fasttext([(b"cat", 4), (b"</s>", 3)], 1, 0, 0, 0, kind=1))
put("fasttext", "tree.bin", fasttext([(b"a", 4), (b"b", 3), (b"c", 1)], 1, 2, 1, 2, loss=1))
put("text", "prose", "Mr. Smith's na\u00efve caf\u00e9 cost 3.50!\nReally?\u201d\n\n\u6771\u4eac\u3002 e\u0301".encode())
put("text", "damaged", b"word " * 300 + b"caf\xe9 \xe2\x82 end")
put("text", "capitals", "\u0130STANBUL \u023aBC STRASSE".encode())

# --- sound ---


def riff(chunks, form=b"WAVE", tag=b"RIFF"):
    body = b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return tag + struct.pack("<I", 4 + len(body)) + form + body


def wav_format(code, channels, bits, rate=8000):
    return struct.pack("<HHIIHH", code, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)


put("sound", "pcm16.wav", riff([(b"fmt ", wav_format(1, 2, 16)), (b"data", np.arange(-8, 8, dtype="<i2").tobytes())]))
put("sound", "float.wav", riff([(b"fmt ", wav_format(3, 1, 32)), (b"data", np.array([0, 0.5, -1, np.nan], "<f4").tobytes())]))
put("sound", "pcm8_list.wav", riff([(b"fmt ", wav_format(1, 1, 8)), (b"LIST", b"INFOISFT\4\0\0\0abc\0"), (b"data", bytes(16))]))
put("sound", "adpcm.wav", riff([(b"fmt ", struct.pack("<HHIIHHHH", 0x11, 1, 8000, 4055, 256, 4, 2, 505)),
                                (b"fact", struct.pack("<I", 505)), (b"data", bytes(256))]))
for name in ("tone.flac", "tone.ogg", "tone.aiff"):  # tests/golden/sound_files.py
    put("sound", name, (Path(__file__).parent.parent / "golden/formats" / name).read_bytes())
