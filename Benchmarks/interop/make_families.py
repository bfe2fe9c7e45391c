"""Writes a tiny random-initialised parent of every family, with the embedded model's tokenizer.

usage: make_families.py EMBEDDED-MODEL-FOLDER TARGET-FOLDER
"""
import os
import shutil
import sys

import torch
from transformers import (AutoConfig, AutoModelForCausalLM, Blip2Config,
                          Blip2ForConditionalGeneration, GPT2Config, LlamaConfig, MistralConfig,
                          OPTConfig, Qwen2Config, Qwen3Config)

source, target = sys.argv[1:3]
embedded = AutoConfig.from_pretrained(source)
vocabulary = embedded.text_config.vocab_size
common = dict(vocab_size=vocabulary, max_position_embeddings=96, pad_token_id=1, bos_token_id=2,
              eos_token_id=2)
llama = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=4, num_attention_heads=8,
             num_key_value_heads=4, **common)
opt = dict(hidden_size=64, word_embed_proj_dim=64, ffn_dim=128, num_hidden_layers=4,
           num_attention_heads=4, **common)
text = {
    "opt": OPTConfig(**opt),
    "gpt2": GPT2Config(n_embd=64, n_head=4, n_layer=4, n_positions=96, vocab_size=vocabulary,
                       bos_token_id=2, eos_token_id=2),
    "llama": LlamaConfig(**llama),
    "mistral": MistralConfig(**llama, sliding_window=None),
    "qwen2": Qwen2Config(**llama),
    "qwen3": Qwen3Config(**llama, head_dim=8, tie_word_embeddings=True),
}
vision = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
              image_size=embedded.vision_config.image_size,
              patch_size=embedded.vision_config.patch_size)
qformer = dict(hidden_size=32, encoder_hidden_size=32, intermediate_size=48, num_hidden_layers=2,
               num_attention_heads=2, cross_attention_frequency=2, vocab_size=2)
models = dict(text)
for name in ("opt", "llama", "qwen2"):
    models["blip2-" + name] = Blip2Config(
        vision_config=vision, qformer_config=qformer, text_config=text[name].to_dict(),
        num_query_tokens=4, image_token_index=embedded.image_token_index)
for seed, (name, config) in enumerate(models.items()):
    torch.manual_seed(seed)
    model = (Blip2ForConditionalGeneration(config) if config.model_type == "blip-2"
             else AutoModelForCausalLM.from_config(config))
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.08)
    folder = os.path.join(target, name)
    model.save_pretrained(folder)
    for file in ("vocab.json", "merges.txt", "tokenizer.json", "added_tokens.json"):
        if os.path.exists(os.path.join(source, file)):
            shutil.copy(os.path.join(source, file), folder)
