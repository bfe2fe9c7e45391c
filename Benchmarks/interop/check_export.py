"""Compares one model in every format with stock transformers, and prints a row of a table.

usage: check_export.py NAME MODEL-FOLDER ONNX-FOLDER GGUF-FILE GOLDEN-FILE ENGINE-DIFFERENCE
In place of the GGUF file, "no: REASON" is printed as it is.
The golden file is make_golden.py's; the engine's difference from it is `planner verify`'s.
"""
import os
import sys

import numpy as np
import onnxruntime
from safetensors.numpy import load_file
from transformers import AutoConfig

name, folder, onnx, gguf, golden, engine = sys.argv[1:7]
config = AutoConfig.from_pretrained(folder)
text = getattr(config, "text_config", config)
golden = load_file(golden)
ids, expected = golden["input_ids"], golden["logits"]


def session(file):
    return onnxruntime.InferenceSession(os.path.join(onnx, file),
                                        providers=["CPUExecutionProvider"])


decoder = session("decoder.onnx")
names = [i.name for i in decoder.get_inputs()]
caches = {i.name: i.shape for i in decoder.get_inputs() if i.name.startswith("past")}
batch, tokens = ids.shape
if "pixel_values" in golden:
    features = session("image_encoder.onnx").run(None, {"pixel_values": golden["pixel_values"]})[0]
    rows = session("token_embedding.onnx").run(None, {"input_ids": ids})[0]
    rows[ids == config.image_token_index] = features.reshape(-1, features.shape[-1])
    key, inputs = "inputs_embeds", rows
else:
    key, inputs = "input_ids", ids


def run(start, end, past):
    feed = {key: inputs[:, start:end],
            "attention_mask": np.ones((batch, end), np.int64),
            "position_ids": np.tile(np.arange(start, end, dtype=np.int64), (batch, 1)), **past}
    results = decoder.run(None, {k: v for k, v in feed.items() if k in names})
    return results[0], {n: r for n, r in zip(caches, results[1:])}


empty = {n: np.zeros((batch, s[1], 0, s[3]), np.float32) for n, s in caches.items()}
whole, _ = run(0, tokens, empty)
# In two pieces and then token by token: the cache must carry the rest.
pieces, past = [], empty
for start, end in [(0, tokens // 2)] + [(i, i + 1) for i in range(tokens // 2, tokens)]:
    part, past = run(start, end, past)
    pieces.append(part)
prefill = np.abs(whole - expected).max()
cached = np.abs(np.concatenate(pieces, 1) - expected).max()
found, llama = None, gguf
if not gguf.startswith("no: "):
    try:
        from llama_cpp import logits
    except ImportError:
        llama = "llama.cpp is not installed"
    else:
        found = logits(gguf, ids[0], expected.shape[-1])
        found = np.inf if found is None else np.abs(found - expected[0]).max()
        llama = f"{found:.1e}" if np.isfinite(found) else "does not load"
heads = getattr(text, "num_attention_heads")
shape = (f"{text.num_hidden_layers} × {text.hidden_size}, FFN "
         f"{getattr(text, 'intermediate_size', None) or getattr(text, 'ffn_dim', None) or text.n_inner}"
         f", {heads} heads")
print(f"| {name} | {shape} | {float(engine):.1e} | {prefill:.1e} | {cached:.1e} | {llama} |")
sys.exit(0 if max(prefill, cached, float(engine), found or 0) <= 1e-3 else 1)
