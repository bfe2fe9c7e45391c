"""The engine beside PyTorch and onnxruntime: the same shapes, in turn, with the same threads.

Usage: peers.py BENCH-EXECUTABLE RESULT-FILE README-FILE. `make bench-peers` calls it.

In every round each side runs for about as long as the others; a ratio is the median of the rounds'
ratios, against the fastest mode of the peer (by its own median).
"""

import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

THREADS = int(os.environ.get("PEERS_THREADS", "2"))
os.environ["OMP_NUM_THREADS"] = str(THREADS)
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

BLOCKS, HIDDEN, HEADS, INNER = 12, 256, 8, 1024
VOCABULARY, POSITIONS, TOKENS, SEQUENCES = 444, 66, 48, 32


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.LayerNorm(HIDDEN)
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.second = nn.LayerNorm(HIDDEN)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)

    def forward(self, x):
        batch, tokens, _ = x.shape
        q, k, v = (
            self.qkv(self.first(x)).view(batch, tokens, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, tokens, HIDDEN))
        return x + self.down(F.relu(self.up(self.second(x))))


class Model(nn.Module):
    """The decoder of the engine's benchmark: OPT's block, learned positions, tied head."""

    def __init__(self, last_only=False):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(HIDDEN)
        self.last_only = last_only

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[2 : 2 + ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        if self.last_only:
            x = x[:, -1:]
        return F.linear(self.norm(x), self.tokens.weight)


def ids(sequences):
    return torch.tensor(
        [[(s * 131 + t * 17) % VOCABULARY for t in range(TOKENS)] for s in range(sequences)]
    )


def step(compiled, bf16):
    """Teacher forward, student forward and backward, AdamW; no clipping, which the engine does."""
    torch.manual_seed(1)
    student, teacher = Model(), Model().eval()
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    batch = ids(SEQUENCES)

    def loss(batch):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            with torch.no_grad():
                reference = teacher(batch)
            logits = student(batch)
        return F.kl_div(
            F.log_softmax(logits.float(), -1).view(-1, VOCABULARY),
            F.log_softmax(reference.float(), -1).view(-1, VOCABULARY),
            reduction="batchmean",
            log_target=True,
        )

    evaluate = torch.compile(loss) if compiled else loss

    def run():
        optimizer.zero_grad(set_to_none=True)
        evaluate(batch).backward()
        optimizer.step()

    return run


def prompt(compiled, mode, frozen=False):
    """One sequence through all blocks, logits of the last token. `mode`: f32, autocast or bf16.

    `frozen`: compiled with the weights as constants, which the compiler packs beforehand.
    """
    torch.manual_seed(1)
    model, batch = Model(last_only=True).eval(), ids(1)
    if mode == "bf16":
        model = model.bfloat16()
    options = {"freezing": True} if frozen else None
    evaluate = torch.compile(model, options=options) if compiled else model

    def run():
        with torch.inference_mode(), torch.autocast(
            "cpu", dtype=torch.bfloat16, enabled=mode == "autocast"
        ):
            evaluate(batch)

    return run


def prompt_onnx():
    torch.manual_seed(1)
    model, batch = Model(last_only=True).eval(), ids(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(model, (batch,), path, input_names=["ids"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"ids": batch.numpy()}
    return lambda: session.run(None, feed)


def seconds(run, count):
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count


class Peer:
    def __init__(self, name, run, slice):
        self.name, self.run = name, run
        for _ in range(3):
            run()
        self.count = max(1, round(slice / seconds(run, 1)))

    def __call__(self):
        return seconds(self.run, self.count)


class Engine:
    """One kind of work of the engine's process; `name` is "step-f32", for example."""

    def __init__(self, process, work, name, slice):
        self.process, self.name, self.work, self.slice = process, name, work, slice
        self()

    def __call__(self):
        self.process.stdin.write(f"{self.work} {self.slice}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def quantile(samples, p):
    ordered = sorted(samples)
    position = p * (len(ordered) - 1)
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])


def compare(work, engines, peers, rounds, groups):
    """Alternates all sides; `groups` maps a name to the peers whose best one is the reference."""
    sides = engines + peers
    times = {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            # The worker threads of the side before spin for a moment after their last work.
            time.sleep(0.25)
            times[side.name].append(side())
    result = {"work": work, "rounds": rounds, "sides": [], "ratios": []}
    for name, samples in times.items():
        result["sides"].append(
            {
                "side": name,
                "milliseconds": statistics.median(samples) * 1e3,
                "low": quantile(samples, 0.1) * 1e3,
                "high": quantile(samples, 0.9) * 1e3,
            }
        )
    for group, names in groups.items():
        best = min(names, key=lambda name: statistics.median(times[name]))
        for engine in engines:
            ratios = [b / a for a, b in zip(times[engine.name], times[best])]
            result["ratios"].append(
                {
                    "engine": engine.name,
                    "against": group,
                    "best": best,
                    "ratio": statistics.median(ratios),
                    "low": quantile(ratios, 0.1),
                    "high": quantile(ratios, 0.9),
                }
            )
    return result


def table(report):
    lines = [
        f"Measured on {report['machine']}, {THREADS} thread{'s' * (THREADS > 1)} a side, PyTorch "
        f"{report['torch']}, onnxruntime {report['onnxruntime']}; load of the last minute "
        f"{report['load_before']:.1f} before (what is above 0 disturbed the run) and "
        f"{report['load_after']:.1f} after; median (10–90 %).",
        "",
    ]
    for result in report["results"]:
        lines += [f"**{result['work']}**, {result['rounds']} rounds", "", "| side | ms |", "|---|---|"]
        lines += [
            f"| {side['side']} | {side['milliseconds']:.4g} ({side['low']:.4g}–{side['high']:.4g}) |"
            for side in result["sides"]
        ]
        lines += ["", "| engine | against | ratio |", "|---|---|---|"]
        lines += [
            f"| {ratio['engine']} | {ratio['against']}: {ratio['best']} | "
            f"{ratio['ratio']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f}) |"
            for ratio in result["ratios"]
        ]
        lines.append("")
    return "\n".join(lines)


def processor():
    """Name and family, for a virtual machine's name often tells neither."""
    fields = {}
    with open("/proc/cpuinfo") as file:
        for line in file:
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
    if "model name" not in fields:
        return platform.processor()
    family = f", family {fields['cpu family']}" if "cpu family" in fields else ""
    return fields["model name"] + family


def main():
    executable, target, readme = sys.argv[1:4]
    formats = ["f32", "bf16"]
    torch.set_num_threads(THREADS)
    process = subprocess.Popen(
        [executable, "worker", str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def engines(work, slice):
        return [Engine(process, f"{work}-{f}", f"engine {f}", slice) for f in formats]

    report = {
        "command": "make bench-peers",
        "machine": processor(),
        "threads": THREADS,
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
        "load_before": os.getloadavg()[0],
        "results": [],
    }

    peers = [
        Peer("PyTorch f32 eager", step(False, False), 0.5),
        Peer("PyTorch f32 compiled", step(True, False), 0.5),
        Peer("PyTorch bf16 autocast eager", step(False, True), 0.5),
        Peer("PyTorch bf16 autocast compiled", step(True, True), 0.5),
    ]
    names = [peer.name for peer in peers]
    report["results"].append(
        compare(
            "Distillation step: 12 blocks, hidden 256, 32 × 48 tokens",
            engines("step", 0.5),
            peers,
            7,
            {"PyTorch f32": names[:2], "PyTorch, any precision": names},
        )
    )

    peers = [
        Peer("PyTorch f32 eager", prompt(False, "f32"), 0.1),
        Peer("PyTorch f32 compiled", prompt(True, "f32"), 0.1),
        Peer("PyTorch bf16 autocast eager", prompt(False, "autocast"), 0.1),
        Peer("PyTorch bf16 autocast compiled", prompt(True, "autocast"), 0.1),
        Peer("PyTorch bf16 weights eager", prompt(False, "bf16"), 0.1),
        Peer("PyTorch bf16 weights compiled", prompt(True, "bf16"), 0.1),
        Peer("PyTorch f32 frozen", prompt(True, "f32", frozen=True), 0.1),
        Peer("PyTorch bf16 weights frozen", prompt(True, "bf16", frozen=True), 0.1),
        Peer("onnxruntime f32", prompt_onnx(), 0.1),
    ]
    names = [peer.name for peer in peers]
    report["results"].append(
        compare(
            "Batch-1 forward: 12 blocks, hidden 256, 48 tokens",
            engines("prompt", 0.1),
            peers,
            11,
            {
                "PyTorch f32": [name for name in names if name.startswith("PyTorch f32")],
                "PyTorch, any precision": [name for name in names if name.startswith("PyTorch")],
                "onnxruntime f32": names[-1:],
            },
        )
    )
    process.stdin.close()
    process.wait()

    report["load_after"] = os.getloadavg()[0]
    with open(target, "w") as file:
        json.dump(report, file, indent=2)
        file.write("\n")
    text = table(report)
    print(text)
    with open(readme) as file:
        page = file.read()
    start, end = f"<!-- peers, {THREADS} -->\n", f"<!-- end of peers, {THREADS} -->"
    before, rest = page.split(start, 1)
    after = rest.split(end, 1)[1]
    with open(readme, "w") as file:
        file.write(before + start + text + end + after)


if __name__ == "__main__":
    main()
