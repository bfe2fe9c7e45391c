#!/bin/sh
# Compresses a tiny random parent of every family with `planner`, and opens the result with stock
# transformers, ONNX Runtime and llama.cpp: largest differences of logits as a table.
# Usage: families.sh [PYTHON]   (a Python with torch, transformers, safetensors, onnxruntime and
# xllamacpp; else one is set up in a throw-away virtual environment)
set -eu
cd "$(dirname "$0")/../.."
planner=.build/release/planner
interop=Benchmarks/interop
embedded=Sources/EmbeddedModel/Resources/embedded
table=Benchmarks/results/families.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${1:-}
if [ -z "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet torch transformers safetensors onnxruntime xllamacpp
  python=$work/venv/bin/python
fi
export PYTHONPATH=$interop
"$python" $interop/make_families.py $embedded "$work" 2>/dev/null
# A few hundred creatives: what is shown is the path, not an accuracy.
"$planner" data --out "$work/data" >/dev/null
for file in "$work"/data/*.jsonl; do head -n 96 "$file" >"$work/cut" && mv "$work/cut" "$file"; done
{
  echo "| family | compressed shape | this engine | ONNX Runtime | with cache | llama.cpp |"
  echo "|---|---|---|---|---|---|"
} >"$work/table"
status=0
for model in opt gpt2 llama mistral qwen2 qwen3 blip2-opt blip2-llama blip2-qwen2; do
  run=$work/run-$model
  "$planner" profile --quick --model "$work/$model" --data "$work/data" --run "$run" >/dev/null 2>&1
  # Qwen's architectures have no place in GGUF for chosen rotary dimensions: there the plan avoids them.
  case $model in qwen*) format=gguf ;; *) format=hf ;; esac
  # About 10 s of distillation; on a busy machine that may not pay one epoch, so then 40 s.
  for kwh in 0.00001 0.00004; do
    "$planner" plan --target-ratio 2 --compression-kwh $kwh --loadable-by $format \
      --allow-failing-original --run "$run" \
      >/dev/null 2>"$work/errors" && break
  done
  # A tiny budget or target that is missed (3) is not what is shown here.
  "$planner" execute --run "$run" >/dev/null 2>&1 || [ $? -eq 3 ]
  "$python" $interop/make_golden.py "$run/model" "$work/golden.safetensors" >/dev/null 2>&1
  "$planner" verify --model "$run/model" --golden "$work/golden.safetensors" --tolerance 1e-3 \
    --json >"$work/verify.json" || status=1
  engine=$("$python" -c "import json, sys
print(json.load(open(sys.argv[1]))['items'][0]['difference'])" "$work/verify.json")
  "$planner" export --model "$run/model" --format onnx --out "$run/onnx" >/dev/null
  gguf=$run/model.gguf
  # Where the format cannot hold the model, the refusal goes into the table.
  "$planner" export --model "$run/model" --format gguf --out "$run" >/dev/null 2>"$work/refusal" ||
    gguf="no: $(sed 's/.*cannot hold this model: //; s/\. Take another.*//' "$work/refusal")"
  "$python" $interop/check_export.py $model "$run/model" "$run/onnx" "$gguf" \
    "$work/golden.safetensors" "$engine" 2>"$work/errors" >>"$work/table" ||
    { status=1 && tail -n 3 "$work/errors" >&2; }
  tail -n 1 "$work/table"
done
mkdir -p "$(dirname $table)"
{
  echo "Largest differences of logits from stock transformers, which opens each compressed folder as it is;"
  echo "made by \`Benchmarks/interop/families.sh\` with"
  "$python" -m pip list --format freeze 2>/dev/null |
    sed -n 's/^\(torch\|transformers\|onnxruntime\|xllamacpp\)==/\1 /p' | paste -sd, - | sed 's/,/, /g; s/$/./'
  echo "llama.cpp computes with a cache in 32 bits and without its fused attention, which holds 16-bit"
  echo "numbers and differs by up to 4e-3. Each parent is tiny and random; differences beyond 1e-3 fail."
  echo
  cat "$work/table"
} >$table
exit $status
