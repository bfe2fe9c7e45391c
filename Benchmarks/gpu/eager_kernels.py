"""Counts what PyTorch's eager mode dispatches for a block of published decoder-only models.

Writes one line for each model, attention and precision to standard output, in a step of decoding (one new
token after 287) and in prefill (256 tokens), as LLM-Perf runs them: the matrix products with weights (their
outputs and depths), the kernels beside them and the bytes that these read and write, of one block and of
what is beside the blocks. Blocks have their real sizes and random weights; a model of two minus a model of
one is a block. Operations that only change strides are not kernels. PyTorch's own fused attention counts as
one kernel, and so do a norm and a softmax; what a kernel keeps in registers is not counted.

Needs torch and transformers 4.44.2: the tables were measured with torch 2.4 in 2024, and the counts of 4.45.2
fit the calibration rows worse. Runs on a CPU, because the operations are the same ones. About ten minutes and
10 GB. Arguments: names of models, or none for all.
"""
import gc
import inspect
import sys

import torch
import transformers
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

PROMPT, CONTEXT = 256, 287
NOT_KERNELS = set(
    "view _unsafe_view transpose permute unsqueeze squeeze expand slice split select t detach alias "
    "as_strided unbind split_with_sizes chunk _reshape_alias empty empty_like new_empty "
    "empty_strided lift_fresh _local_scalar_dense unfold narrow is_same_size".split())
WEIGHT_PRODUCTS = {"mm": (0, 1), "addmm": (1, 2)}
GATHERS = {"embedding", "index", "index_select", "gather"}


def occupied(tensor):
    """Bytes that a tensor takes in memory: an expanded one those of what it repeats."""
    values = 1
    for size, stride in zip(tensor.shape, tensor.stride()):
        values *= size if stride else 1
    return values * tensor.element_size()


class Counter(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.products, self.kernels, self.bytes = [], 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__
        if name in WEIGHT_PRODUCTS:
            left, right = (args[position] for position in WEIGHT_PRODUCTS[name])
            self.products.append((right.shape[1], left.shape[1], left.shape[0]))
        elif name not in NOT_KERNELS:
            self.kernels += 1
            written = sum(occupied(t) for t in tree_leaves(result) if torch.is_tensor(t))
            read = written if name in GATHERS else sum(
                occupied(t) for t in tree_leaves((args, kwargs)) if torch.is_tensor(t))
            self.bytes += read + written
        return result


def fused_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    """In place of torch's own, which has other kernels on a CPU: one operation."""
    return torch.ops.counted.attention(query, key, value)


library = torch.library.Library("counted", "DEF")
library.define("attention(Tensor query, Tensor key, Tensor value) -> Tensor")
library.impl("attention", lambda query, key, value: torch.zeros(
    query.shape[:-1] + value.shape[-1:], dtype=query.dtype), "CPU")
torch.nn.functional.scaled_dot_product_attention = fused_attention


def run(model, tokens, past=None):
    mask = torch.ones(1, tokens.shape[1] + (CONTEXT if past is not None else 0), dtype=torch.long)
    # As generation does: where a model can, the logits of the last token only.
    arguments = inspect.signature(model.forward).parameters
    last = {"num_logits_to_keep": 1} if "num_logits_to_keep" in arguments else {}
    with torch.no_grad(), Counter() as counter:
        output = model(tokens, attention_mask=mask, past_key_values=past, use_cache=True, **last)
    return counter, output.past_key_values


def counts(make, attention, precision):
    """Of both phases: counters of models of one and of two blocks."""
    found = []
    for blocks in (1, 2):
        torch.set_default_dtype(precision)
        configuration = make(blocks)
        configuration._attn_implementation = "eager" if attention == "flash" else attention
        with transformers.modeling_utils.no_init_weights():
            model = getattr(transformers, architecture(configuration))(configuration).eval()
        if attention == "flash":
            for module in model.modules():
                if hasattr(module, "_attn"):
                    module._attn = lambda query, key, value, *_: (fused_attention(query, key, value), None)
        # The sizes decide what is dispatched, the values do not; but no value may be a NaN.
        for parameter in model.parameters():
            parameter.data.zero_()
        torch.set_default_dtype(torch.float32)
        prefill, _ = run(model, torch.ones(1, PROMPT, dtype=torch.long))
        _, past = run(model, torch.ones(1, CONTEXT, dtype=torch.long))
        step, _ = run(model, torch.ones(1, 1, dtype=torch.long), past)
        found.append((step, prefill))
        del model, past
        gc.collect()
    return found


ARCHITECTURES = {
    "gpt2": "GPT2LMHeadModel", "gpt_neo": "GPTNeoForCausalLM", "gptj": "GPTJForCausalLM",
    "gpt_neox": "GPTNeoXForCausalLM", "opt": "OPTForCausalLM", "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM", "gemma": "GemmaForCausalLM",
    "gemma2": "Gemma2ForCausalLM", "phi": "PhiForCausalLM", "phi3": "Phi3ForCausalLM",
    "stablelm": "StableLmForCausalLM", "falcon": "FalconForCausalLM"}


def architecture(configuration):
    return ARCHITECTURES[configuration.model_type]


def gpt2(hidden, heads):
    return lambda n: transformers.GPT2Config(n_layer=n, n_embd=hidden, n_head=heads)


def gpt_neo(hidden, heads):
    return lambda n: transformers.GPTNeoConfig(
        num_layers=n, hidden_size=hidden, num_heads=heads, attention_types=[[["global"], n]])


def neox(hidden, heads, vocabulary):
    return lambda n: transformers.GPTNeoXConfig(
        num_hidden_layers=n, hidden_size=hidden, num_attention_heads=heads, intermediate_size=4 * hidden,
        vocab_size=vocabulary)


def gated(kind, hidden, heads, shared, width, vocabulary, **more):
    return lambda n: getattr(transformers, kind)(
        num_hidden_layers=n, hidden_size=hidden, num_attention_heads=heads, num_key_value_heads=shared,
        intermediate_size=width, vocab_size=vocabulary, **more)


def falcon(n):
    return transformers.FalconConfig(
        num_hidden_layers=n, hidden_size=4544, num_attention_heads=71, vocab_size=65024, multi_query=True,
        parallel_attn=True, bias=False, alibi=False)


# The flash-attention package needs a GPU: one kernel in place of the core's.
BOTH, EAGER, FLASH = ("sdpa", "eager"), ("eager",), ("eager", "flash")
# Name: blocks, heads, heads of keys and values, size of a head, attentions, configuration.
MODELS = {
    "gpt2": (12, 12, 12, 64, BOTH, gpt2(768, 12)),
    "distilgpt2": (6, 12, 12, 64, BOTH, gpt2(768, 12)),
    "gpt2-large": (36, 20, 20, 64, BOTH, gpt2(1280, 20)),
    "gpt-neo-125m": (12, 12, 12, 64, FLASH, gpt_neo(768, 12)),
    "gpt-neo-1.3b": (24, 16, 16, 128, FLASH, gpt_neo(2048, 16)),
    "gpt-neo-2.7b": (32, 20, 20, 128, FLASH, gpt_neo(2560, 20)),
    "gpt-j-6b": (28, 16, 16, 256, EAGER, lambda n: transformers.GPTJConfig(n_layer=n)),
    "pythia-160m": (12, 12, 12, 64, BOTH, neox(768, 12, 50304)),
    "pythia-410m": (24, 16, 16, 64, BOTH, neox(1024, 16, 50304)),
    "redpajama-3b": (32, 32, 32, 80, BOTH, neox(2560, 32, 50432)),
    "pythia-12b": (36, 40, 40, 128, EAGER, neox(5120, 40, 50688)),
    "gpt-neox-20b": (44, 64, 64, 96, EAGER, neox(6144, 64, 50432)),
    "opt-30b": (48, 56, 56, 128, EAGER, lambda n: transformers.OPTConfig(
        num_hidden_layers=n, hidden_size=7168, word_embed_proj_dim=7168, num_attention_heads=56,
        ffn_dim=28672)),
    "llama-7b": (32, 32, 32, 128, BOTH, gated("LlamaConfig", 4096, 32, 32, 11008, 32000)),
    "llama-3-8b": (32, 32, 8, 128, BOTH, gated("LlamaConfig", 4096, 32, 8, 14336, 128256)),
    "yi-6b": (32, 32, 4, 128, BOTH, gated("LlamaConfig", 4096, 32, 4, 11008, 64000)),
    "yi-34b": (60, 56, 8, 128, BOTH, gated("LlamaConfig", 7168, 56, 8, 20480, 64000)),
    "mistral-7b": (32, 32, 8, 128, BOTH, gated("MistralConfig", 4096, 32, 8, 14336, 32000)),
    "mistral-pro-8b": (40, 32, 8, 128, BOTH, gated("MistralConfig", 4096, 32, 8, 14336, 32000)),
    "qwen1.5-0.5b": (24, 16, 16, 64, BOTH, gated("Qwen2Config", 1024, 16, 16, 2816, 151936)),
    "qwen2-0.5b": (24, 14, 2, 64, BOTH, gated("Qwen2Config", 896, 14, 2, 4864, 151936)),
    "qwen1.5-1.8b": (24, 16, 16, 128, BOTH, gated("Qwen2Config", 2048, 16, 16, 5504, 151936)),
    "qwen1.5-4b": (40, 20, 20, 128, BOTH, gated("Qwen2Config", 2560, 20, 20, 6912, 151936)),
    "qwen1.5-7b": (32, 32, 32, 128, BOTH, gated("Qwen2Config", 4096, 32, 32, 11008, 151936)),
    "gemma-2b": (18, 8, 1, 256, BOTH, gated("GemmaConfig", 2048, 8, 1, 16384, 256000, head_dim=256)),
    "gemma-7b": (28, 16, 16, 256, BOTH, gated("GemmaConfig", 3072, 16, 16, 24576, 256000, head_dim=256)),
    "phi-1.5": (24, 32, 32, 64, BOTH, gated("PhiConfig", 2048, 32, 32, 8192, 51200)),
    "phi-3-mini": (32, 32, 32, 96, EAGER, gated("Phi3Config", 3072, 32, 32, 8192, 32064)),
    "stablelm-3b": (32, 32, 32, 80, BOTH, gated("StableLmConfig", 2560, 32, 32, 6912, 50304)),
    "stablelm-2-1.6b": (24, 32, 32, 64, BOTH, gated("StableLmConfig", 2048, 32, 32, 5632, 100352)),
    "falcon-7b": (32, 71, 1, 64, EAGER, falcon),
}

if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    print("model,architecture,attention,precision,phase,blocks,heads,key_value_heads,head_size,products,"
          "kernels,bytes,head,head_rows,stem_kernels,stem_bytes", flush=True)
    for name in sys.argv[1:] or MODELS:
        blocks, heads, shared, size, attentions, make = MODELS[name]
        for attention in attentions:
            for precision, dtype in (("f16", torch.bfloat16), ("f32", torch.float32)):
                one, two = counts(make, attention, dtype)
                for phase, first, second in zip(("decode", "prefill"), one, two):
                    products = second.products[:len(second.products) - len(first.products)]
                    head = first.products[-1]
                    kernels = second.kernels - first.kernels
                    moved = second.bytes - first.bytes
                    print(",".join(map(str, (
                        name, make(1).model_type, attention, precision, phase, blocks, heads, shared, size,
                        " ".join(f"{n}x{k}" for n, k, _ in products), kernels, moved,
                        f"{head[0]}x{head[1]}", head[2], first.kernels - kernels,
                        first.bytes - moved))), flush=True)
