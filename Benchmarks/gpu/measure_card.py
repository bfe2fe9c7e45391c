"""Measures on an NVIDIA card what its analytical profile predicts, as rows of measurements.csv.

usage: measure_card.py CARD OUT.csv      (needs torch with CUDA, and transformers; weights are random)

Times are medians of 30 calls between CUDA events after 10 uncounted ones; decode steps are timed by the
wall clock over 32 tokens, because eager mode waits for the host. Power is the mean of nvidia-smi's over a
run of at least 10 s.
"""
import csv
import statistics
import subprocess
import sys
import threading
import time

import torch
import transformers

DTYPES = {"f16": torch.float16, "tf32": torch.float32, "f32": torch.float32}


def milliseconds(call):
    for _ in range(10):
        call()
    times = []
    for _ in range(30):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


def bert(layers, hidden, precision, batch, tokens, engine):
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    config = transformers.BertConfig(
        num_hidden_layers=layers, hidden_size=hidden, num_attention_heads=hidden // 64,
        intermediate_size=4 * hidden, return_dict=False)
    model = transformers.BertModel(config, add_pooling_layer=False).eval().cuda().to(DTYPES[precision])
    encoder = model.encoder
    states = torch.randn(batch, tokens, hidden, device="cuda", dtype=DTYPES[precision])
    if engine == "traced":
        encoder = torch.jit.trace(lambda x: model.encoder(x)[0], states, check_trace=False)
    if engine == "compiled":
        encoder = torch.compile(lambda x: model.encoder(x)[0], mode="max-autotune")

    def call():
        with torch.no_grad():
            encoder(states)
    return call


DECODERS = {
    "gpt2": lambda: transformers.GPT2LMHeadModel(
        transformers.GPT2Config(attn_implementation="eager")),
    "distilgpt2": lambda: transformers.GPT2LMHeadModel(
        transformers.GPT2Config(n_layer=6, attn_implementation="eager")),
    "llama-7b": lambda: transformers.LlamaForCausalLM(
        transformers.LlamaConfig(attn_implementation="sdpa")),
    "llama-3-8b": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(
        num_key_value_heads=8, intermediate_size=14336, vocab_size=128256, attn_implementation="sdpa")),
}


def decoder(name):
    """Milliseconds of prefill over 256 tokens and of one step at a mean context of 288."""
    torch.set_default_dtype(torch.float16)
    with torch.device("cuda"):
        model = DECODERS[name]().eval()
    torch.set_default_dtype(torch.float32)
    tokens = torch.randint(0, 30_000, (1, 256), device="cuda")
    with torch.no_grad():
        prefill = milliseconds(lambda: model(tokens, use_cache=True))
        steps = []
        for _ in range(5):
            cache = model(tokens, use_cache=True).past_key_values
            token = tokens[:, -1:]
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(64):
                output = model(token, past_key_values=cache, use_cache=True)
                cache, token = output.past_key_values, output.logits[:, -1:].argmax(-1)
            torch.cuda.synchronize()
            steps.append((time.perf_counter() - start) / 64 * 1e3)
    del model
    torch.cuda.empty_cache()
    return prefill, statistics.median(steps)


def watts(call):
    """Mean power of the card over 10 s of calls."""
    readings, running = [], True

    def read():
        while running:
            text = subprocess.run(
                ["nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits", "-i", "0"],
                capture_output=True, text=True).stdout
            readings.append(float(text.strip().splitlines()[0]))
            time.sleep(0.2)
    thread = threading.Thread(target=read)
    end = time.time() + 12
    for _ in range(10):
        call()
    thread.start()
    while time.time() < end:
        call()
        torch.cuda.synchronize()
    running = False
    thread.join()
    return statistics.mean(readings[5:] or readings)


def main(card, path):
    source = f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}"
    rows = []

    def add(engine, family, model, precision, phase, batch, tokens, unit, value, attention=""):
        rows.append([source, card, engine, f"{family}, {card.upper()}", model, attention, precision, phase,
                     batch, tokens, unit, round(value, 4), "other card", "measured by measure_card.py"])
        print(*rows[-1][2:12], flush=True)

    for engine in ("compiled", "traced", "eager"):
        for precision in ("f16", "tf32", "f32"):
            for batch in (1, 8, 32):
                for tokens in (128, 384):
                    try:
                        call = bert(12, 768, precision, batch, tokens, engine)
                        add(engine, f"BERT-base {engine}", "bert-base", precision, "encode", batch, tokens,
                            "ms", milliseconds(call))
                    except Exception as error:  # one engine that fails must not cost the others' rows
                        print("skipped", engine, precision, batch, tokens, type(error).__name__, error)
    for batch in (1, 32):
        call = bert(24, 1024, "f16", batch, 384, "compiled")
        add("compiled", "power", "bert-large", "f16", "encode", batch, 384, "W", watts(call))
    for name in DECODERS:
        prefill, step = decoder(name)
        # As the models above were told.
        attention = "eager" if "gpt2" in name else "sdpa"
        add("eager", "prefill", name, "f16", "prefill", 1, 256, "ms", prefill, attention)
        add("eager", "decode", name, "f16", "decode", 1, 288, "ms", step, attention)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("source card engine family model attention precision phase batch tokens unit "
                        "value set note".split())
        writer.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
