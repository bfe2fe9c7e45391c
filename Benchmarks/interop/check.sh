#!/bin/sh
# Stock transformers against this engine: the shipped teacher and the model that `make run` made.
# Usage: check.sh [PYTHON]   (a Python with torch, transformers, safetensors; else one is set up)
set -eu
cd "$(dirname "$0")/../.."
planner=.build/release/planner
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${1:-}
if [ -z "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet torch transformers safetensors
  python=$work/venv/bin/python
fi
for model in Sources/EmbeddedModel/Resources/embedded reports/demo/model; do
  "$python" Benchmarks/interop/make_golden.py "$model" "$work/golden.safetensors" 2>/dev/null
  "$planner" verify --model "$model" --golden "$work/golden.safetensors" --tolerance 1e-3
done
