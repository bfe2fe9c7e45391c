"""Two builds of the engine in turn on the same work: how much a change of the code gains.

Usage: versions.py OLD-BENCH NEW-BENCH WORK [ROUNDS [SECONDS [THREADS]]], where a bench is what
`swift build -c release --product bench` makes in each checkout, and a work is step-f32 (a distillation
step), prompt-f32 (12 blocks at batch 1), request-f32 (the default workload on the embedded model),
pruned-f32 (the same, pruned), or one of them with bf16. In every round each side runs for about so many
seconds; the gain is the median of the rounds' ratios, with its 10th and 90th percentile, and the ratio of
the medians of each side's fastest fifth, which a busy machine disturbs less.
"""

import statistics
import subprocess
import sys

if len(sys.argv) < 4:
    sys.exit(__doc__)
binaries, work = sys.argv[1:3], sys.argv[3]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 60
seconds = sys.argv[5] if len(sys.argv) > 5 else "0.1"
threads = sys.argv[6] if len(sys.argv) > 6 else "2"
workers = [
    subprocess.Popen([b, "worker", threads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for b in binaries
]


def ask(worker):
    worker.stdin.write(f"{work} {seconds}\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    try:
        return float(answer)
    except ValueError:
        sys.exit(f"{work}: {answer.strip() or 'the bench ended'}")


times = [[], []]
for worker in workers:
    ask(worker)
for index in range(rounds):
    for side in (0, 1) if index % 2 else (1, 0):
        times[side].append(ask(workers[side]))
ratios = sorted(old / new for old, new in zip(*times))
fastest = [statistics.median(sorted(side)[: max(1, rounds // 5)]) for side in times]
for name, side in zip(("old", "new"), times):
    print(f"{name}: {statistics.median(side) * 1e3:.3f} ms, fastest {min(side) * 1e3:.3f} ms")
print(
    f"gain: {statistics.median(ratios):.3f} ({ratios[rounds // 10]:.3f}–{ratios[-1 - rounds // 10]:.3f}),"
    f" of the fastest fifths {fastest[0] / fastest[1]:.3f}"
)
