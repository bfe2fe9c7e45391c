"""Counts the kernels that PyTorch's eager mode dispatches for one block of stock transformers models.

Needs torch and transformers; runs on a CPU, because the operations are the same ones. Operations that
only change strides are not kernels and are not counted. Weights are bfloat16, so that casts around
norms and softmax count as they do in half precision.
"""
import collections

import torch
import transformers
from torch.utils._python_dispatch import TorchDispatchMode

NOT_KERNELS = set(
    "view _unsafe_view transpose permute unsqueeze squeeze expand slice split select t detach alias "
    "as_strided unbind split_with_sizes chunk _reshape_alias empty empty_like new_empty "
    "empty_strided lift_fresh _local_scalar_dense unfold narrow".split())


class Counter(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.operations = collections.Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name not in NOT_KERNELS:
            self.operations[name] += 1
        return function(*args, **(kwargs or {}))


def count(make):
    """Kernels of one block in a decode step, of one in prefill, and of a step beside the blocks."""
    counts = []
    for blocks in (2, 4):
        model = make(blocks).eval().to(torch.bfloat16)
        tokens = torch.randint(0, 50, (1, 16))
        with torch.no_grad():
            cache = model(tokens, use_cache=True).past_key_values
            with Counter() as step:
                model(tokens[:, :1], past_key_values=cache, use_cache=True)
            with Counter() as prefill:
                model(tokens, use_cache=True)
        counts.append((sum(step.operations.values()), sum(prefill.operations.values())))
    (step2, prefill2), (step4, prefill4) = counts
    block = (step4 - step2) / 2
    return block, (prefill4 - prefill2) / 2, step2 - 2 * block


def config(kind, **sizes):
    return getattr(transformers, kind)(vocab_size=100, **sizes)


SMALL = dict(hidden_size=64, num_attention_heads=4)
MODELS = {
    "gpt2": lambda n: transformers.GPT2LMHeadModel(config(
        "GPT2Config", n_layer=n, n_embd=64, n_head=4, attn_implementation="eager")),
    "gpt-neo": lambda n: transformers.GPTNeoForCausalLM(config(
        "GPTNeoConfig", num_layers=n, hidden_size=64, num_heads=4,
        attention_types=[[["global", "local"], n // 2]], attn_implementation="eager")),
    "llama": lambda n: transformers.LlamaForCausalLM(config(
        "LlamaConfig", num_hidden_layers=n, intermediate_size=128, attn_implementation="sdpa", **SMALL)),
    "phi-3": lambda n: transformers.Phi3ForCausalLM(config(
        "Phi3Config", num_hidden_layers=n, intermediate_size=128, num_key_value_heads=4, pad_token_id=0,
        attn_implementation="eager", **SMALL)),
    "falcon-7b": lambda n: transformers.FalconForCausalLM(config(
        "FalconConfig", num_hidden_layers=n, multi_query=True, parallel_attn=True, bias=False,
        alibi=False, attn_implementation="sdpa", **SMALL)),
}

print("transformers", transformers.__version__, "torch", torch.__version__)
for name, make in MODELS.items():
    print(f"{name}: block of a step {count(make)[0]:.0f}, of prefill {count(make)[1]:.0f}, "
          f"beside the blocks {count(make)[2]:.0f}")
