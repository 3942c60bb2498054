"""The rows of the table: what each measures, ours beside the peer and the floor."""
from dataclasses import dataclass
from typing import Callable

from programs import (ALL_THREADS, CORES, ONE_THREAD, PEERS, PRECISIONS, PYTHON, TRIAL_SECONDS, best_setting, floor,
                      inference, median_rate, peer, prepared, run, train, trained_mlp)

MLP = ["--preset", "vae-mlp"]


@dataclass
class Row:
    """measure(i) returns {figure: value} of the i-th repetition. Figures called "memory ..." are MB, whatever the unit."""
    title: str
    unit: str
    better: str  # "higher" or "lower"
    measure: Callable
    note: str = ""
    repetitions: int = 0  # 0: as many as --pairs says
    ratios: tuple = ()  # pairs of figures, for rows without a peer: the first over the second, as speed


@dataclass
class Training:
    model: str  # the peer's name of it, and the floor's
    title: str
    options: list  # of `latent train`
    batch: int
    epochs: int
    samples: int  # of an epoch: slow peers show their rate in a part of one
    images: str = "mnist"  # what prepared() calls them


TRAININGS = {
    "mlp": Training("vae-mlp", "vae-mlp (784-400-20, batch 128)", MLP, 128, 3, 60000),
    "deep": Training("vae-mlp-deep", "vae-mlp-deep (400,400, batch 64)", ["--preset", "vae-mlp-deep"], 64, 2, 60000),
    "wide": Training("wide", "784-2048-2048-64, batch 512",
                     MLP + ["--hidden", "2048,2048", "--latent-dim", "64", "--batch", "512"], 512, 3, 15360),
    "conv": Training("vae-conv", "vae-conv (28x28, batch 128)", ["--preset", "vae-conv"], 128, 3, 12032),
    "conv64": Training("vae-conv-64", "vae-conv (64x64 colour, 32,64,128,256, batch 64)",
                       ["--preset", "vae-conv", "--channels", "32,64,128,256", "--batch", "64"], 64, 3, 2048,
                       "colour"),
}


def described(best, rates):
    return f"{best}; tried " + ", ".join(f"[{setting}] {rate:,.4g}" for setting, rate in rates.items())


def with_floor(figures, floors, figure="samples_per_second", scale=1.0):
    return {**figures, **{f"floor {p}": floors[p][figure] * scale for p in PRECISIONS}}


def training_row(context, name):
    t = TRAININGS[name]
    data = prepared(context, t.images, min(t.samples, context.samples))

    def peer_rate(setting, limit=0, timeout=None):
        arguments = ["--model", t.model, "--data", data, "--epochs", t.epochs, "--limit", limit]
        return peer("pytorch_vae.py", arguments, setting, timeout)["samples_per_second"]

    def trial(setting):
        return peer_rate(setting, 20 * t.batch, TRIAL_SECONDS)

    best, rates = best_setting(trial, ALL_THREADS, name.startswith("conv"))

    def measure(_):
        figures = {"peer": peer_rate(best)}
        for precision in PRECISIONS:
            lines, finished = train(context, data, t.options, precision, t.epochs)
            figures[precision] = median_rate(lines)
            figures[f"memory {precision}"] = finished.peak_bytes / 1e6
        return with_floor(figures, floor(context, t.model))

    return Row(t.title, "images/s", "higher", measure, described(best, rates))


def decode_one_row(context):
    model = trained_mlp(context)

    def peer_seconds(setting, seconds):
        arguments = ["--data", context.data, "--only", "decode", "--seconds", seconds]
        return peer("pytorch_inference.py", arguments, setting)["decode_one_seconds"]

    best, rates = best_setting(lambda setting: 1 / peer_seconds(setting, context.seconds / 4), ONE_THREAD)

    def measure(_):
        ours = inference(context, model, "decode")["decode_one_seconds"]
        figures = {"peer": 1e6 * peer_seconds(best, context.seconds), **{p: 1e6 * ours[p] for p in PRECISIONS}}
        return with_floor(figures, floor(context, "decode-one"), "seconds", 1e6)

    return Row("decode one code, vae-mlp, 1 thread", "us", "lower", measure, described(best, rates))


def encode_row(context):
    model = trained_mlp(context)

    def peer_rate(setting, seconds, samples, timeout=None):
        arguments = ["--data", context.data, "--only", "encode", "--seconds", seconds, "--samples", samples]
        return peer("pytorch_inference.py", arguments, setting, timeout)["encode_images_per_second"]

    def trial(setting):
        return peer_rate(setting, context.seconds / 4, min(20000, context.samples), TRIAL_SECONDS)

    best, rates = best_setting(trial, ALL_THREADS)

    def measure(_):
        figures = {"peer": peer_rate(best, context.seconds, context.samples),
                   **inference(context, model, "encode")["encode_images_per_second"]}
        return with_floor(figures, floor(context, "encode"))

    return Row("encode 60,000 images", "images/s", "higher", measure, described(best, rates))


def start_row(context):
    def measure(_):
        figures = {"peer": run([PYTHON, f"{PEERS}/pytorch_start.py", context.data]).seconds}
        return {**figures, **{p: train(context, context.data, MLP, p, 1)[1].seconds for p in PRECISIONS}}

    return Row("whole first epoch from MNIST .gz; peer: import and loading alone", "s", "lower", measure)


def folder_row(context):
    folder = prepared(context, "png", context.samples)

    def peer_seconds(setting, limit=0, timeout=None):
        return peer("pytorch_folder.py", [f"{folder}/train", "--limit", limit], setting, timeout)["seconds"]

    best, rates = best_setting(lambda setting: 1 / peer_seconds(setting, 3000, TRIAL_SECONDS), ALL_THREADS)

    def measure(_):
        figures = {"peer": peer_seconds(best)}
        figures.update({p: train(context, folder, MLP, p, 1)[1].seconds for p in PRECISIONS})
        reading = run([context.tool, "data", "info", folder]).seconds
        return {**figures, **{f"floor {p}": reading for p in PRECISIONS}}

    return Row("whole first epoch from 60,000 PNG; floor: reading them", "s", "lower", measure, described(best, rates))


def threads_row(context, name):
    t = TRAININGS[name]
    data = prepared(context, t.images, min(t.samples, context.samples))

    def measure(_):
        return {f"{p}, {threads} threads": median_rate(train(context, data, t.options + ["--threads", str(threads)], p,
                                                             t.epochs)[0])
                for p in PRECISIONS for threads in (1, CORES)}

    ratios = tuple((f"{p}, {CORES} threads", f"{p}, 1 threads") for p in PRECISIONS)
    return Row(f"1 and {CORES} threads, {t.title}", "images/s", "higher", measure, ratios=ratios)


def scale_row(context, precision):
    """Files of growing size, mapped. The largest takes minutes: it is measured once."""
    large = 5_000_000

    def measure(repetition):
        figures = {}
        for size in context.sizes:
            if size >= large and repetition > 0:
                continue
            lines, finished = train(context, prepared(context, "sparse", size), MLP + ["--validation", "0.01"], precision,
                                    max(1, min(20, 1_000_000 // size)), watch_memory=True)
            figures[f"{size:,} samples"] = 1e6 / median_rate(lines)
            figures[f"memory {size:,} samples"] = finished.own_bytes / 1e6
        return figures

    ratios = tuple((f"{size:,} samples", f"{context.sizes[0]:,} samples") for size in context.sizes[1:])
    return Row(f"time per sample as data grows, vae-mlp {precision}", "us", "lower", measure, ratios=ratios,
               note="memory without the mapped file")


def epochs_row(context, name):
    """Whether an epoch takes as long late in training as at its beginning, when moments decay and gradients vanish."""
    t = TRAININGS[name]
    data = prepared(context, t.images, min(t.samples, context.samples))
    chosen = (1, 2, 4, 8)

    def measure(_):
        figures = {}
        for p in PRECISIONS:
            lines, _ = train(context, data, t.options, p, max(chosen))
            figures.update({f"{p}, epoch {epoch}": lines[epoch - 1]["seconds"] for epoch in chosen})
        return figures

    ratios = tuple((f"{p}, epoch {max(chosen)}", f"{p}, epoch 1") for p in PRECISIONS)
    return Row(f"epoch by epoch, {t.title}", "s", "lower", measure, ratios=ratios)


def quality_row(context, name):
    """-ELBO of the test set after 10 epochs; a repetition is a seed."""
    t = TRAININGS[name]
    data = prepared(context, t.images, context.samples)
    best, rates = best_setting(
        lambda setting: peer("pytorch_vae.py", ["--model", t.model, "--data", data, "--epochs", 3, "--limit", 2560],
                             setting, TRIAL_SECONDS)["samples_per_second"], ALL_THREADS, name.startswith("conv"))

    def measure(seed):
        arguments = ["--model", t.model, "--data", data, "--epochs", 10, "--seed", seed]
        figures = {"PyTorch": -peer("pytorch_vae.py", arguments, best)["test"]["elbo"]}
        for p in PRECISIONS:
            lines, _ = train(context, data, t.options + ["--seed", str(seed)], p, 10)
            figures[p] = -lines[-1]["test"]["elbo"]
        return figures

    return Row(f"-ELBO after 10 epochs, {t.title}", "nats", "lower", measure, described(best, rates), repetitions=3)


ROWS = {
    **{name: (lambda context, name=name: training_row(context, name)) for name in TRAININGS},
    "decode-one": decode_one_row,
    "encode": encode_row,
    "start": start_row,
    "folder": folder_row,
    "threads": lambda context: threads_row(context, "mlp"),
    "threads-conv": lambda context: threads_row(context, "conv"),
    "epochs": lambda context: epochs_row(context, "mlp"),
    "scale": lambda context: scale_row(context, "f32"),
    "scale-bf16": lambda context: scale_row(context, "bf16"),
    "quality": lambda context: quality_row(context, "mlp"),
    "quality-conv": lambda context: quality_row(context, "conv"),
}
ONLY_ON_REQUEST = ("quality", "quality-conv")  # hours
