#!/bin/sh
# Checks a card's analytical profile against measurements taken on the card itself.
# Usage: h200.sh [CARD]   on a machine with that card, torch with CUDA, transformers and Swift.
# Writes Benchmarks/results/CARD.csv, CARD.md and CARD.svg; changes no profile.
set -eu

card=${1:-h200}
cd "$(dirname "$0")/../.."
test -f "profiles/$card.json" || { echo "h200.sh: no profiles/$card.json" >&2; exit 1; }
python3 -c 'import torch, transformers; assert torch.cuda.is_available()' 2>/dev/null || {
  echo "h200.sh: needs python3 with torch that sees a CUDA card, and transformers" >&2
  exit 1
}
mkdir -p Benchmarks/results
python3 Benchmarks/gpu/measure_card.py "$card" "Benchmarks/results/$card.csv"
swift run -c release -Xswiftc -warnings-as-errors calibrate --check \
  "Benchmarks/results/$card.csv" Benchmarks/gpu/decoders.csv profiles "Benchmarks/results/$card.md"
