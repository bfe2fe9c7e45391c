"""Writes a golden file with stock transformers: random images, random prompts, logits in f32.

usage: make_golden.py MODEL-FOLDER GOLDEN-FILE
Needs torch, transformers and safetensors from PyPI; the project's own tests do not.
"""
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, Blip2ForConditionalGeneration

folder, target = sys.argv[1:3]
config = AutoConfig.from_pretrained(folder)
multimodal = config.model_type == "blip-2"
kind = Blip2ForConditionalGeneration if multimodal else AutoModelForCausalLM
model, report = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
assert not report["missing_keys"] and not report["unexpected_keys"], report
model.eval()
torch.manual_seed(0)
batch, tokens = 3, 20 + (config.num_query_tokens if multimodal else 0)
text = config.text_config if multimodal else config
ids = torch.randint(4, text.vocab_size - 1, (batch, tokens))
inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
golden = {}
if multimodal:
    queries = config.num_query_tokens
    ids[:, :queries] = config.image_token_index
    size = config.vision_config.image_size
    inputs["pixel_values"] = golden["pixel_values"] = torch.rand(batch, 3, size, size) * 2 - 1
with torch.no_grad():
    golden["logits"] = model(**inputs).logits.float().contiguous()
golden["input_ids"] = ids
save_file(golden, target)
print(f"{folder}: {sum(p.numel() for p in model.parameters())} parameters, logits {tuple(golden['logits'].shape)}")
