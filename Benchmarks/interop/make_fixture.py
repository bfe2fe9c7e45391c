"""Writes a tiny random model of every family, each with a golden file of stock transformers.

usage: make_fixture.py FOLDER
Odd sizes on purpose: heads that do not divide the hidden size, one key/value head, windows, scaled
rotary positions, tied and untied heads, biases, bf16, shards. `planner verify` reads the goldens.
Needs torch, transformers and safetensors from PyPI; the project's own tests do not.
"""
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import (AutoModelForCausalLM, Blip2Config, Blip2ForConditionalGeneration,
                          GPT2Config, LlamaConfig, MistralConfig, OPTConfig, Qwen2Config,
                          Qwen3Config)

target = sys.argv[1]
common = dict(max_position_embeddings=64, vocab_size=83, pad_token_id=None, bos_token_id=1,
              eos_token_id=2)
llama = dict(hidden_size=36, intermediate_size=53, num_hidden_layers=3, num_attention_heads=6,
             num_key_value_heads=2, **common)
vision = dict(hidden_size=22, intermediate_size=37, num_hidden_layers=2, num_attention_heads=2,
              image_size=30, patch_size=9)
qformer = dict(hidden_size=21, encoder_hidden_size=22, intermediate_size=35, num_hidden_layers=3,
               num_attention_heads=3, cross_attention_frequency=2, vocab_size=2)


def rope(kind, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=5000.0, **more))


models = {
    "llama-mqa-tied": LlamaConfig(**{**llama, "num_key_value_heads": 1}, head_dim=10,
                                  tie_word_embeddings=True),
    "llama-biases": LlamaConfig(**llama, attention_bias=True, mlp_bias=True),
    "llama-llama3": LlamaConfig(**llama, **rope("llama3", factor=8.0, low_freq_factor=1.0,
                                                high_freq_factor=4.0,
                                                original_max_position_embeddings=16)),
    "llama-linear": LlamaConfig(**llama, **rope("linear", factor=3.0)),
    "llama-yarn": LlamaConfig(**llama, head_dim=14, **rope("yarn", factor=4.0,
                                              original_max_position_embeddings=16)),
    "mistral-window": MistralConfig(**llama, head_dim=14, sliding_window=4),
    "mistral": MistralConfig(**{**llama, "num_attention_heads": 5, "num_key_value_heads": 5},
                             head_dim=6, sliding_window=None),
    "qwen2-tied": Qwen2Config(**llama, tie_word_embeddings=True),
    "qwen2-windows": Qwen2Config(**llama, use_sliding_window=True, sliding_window=3,
                                 max_window_layers=1),
    "qwen3": Qwen3Config(**{**llama, "hidden_size": 29}, head_dim=12),
    "qwen3-tied-bias": Qwen3Config(**llama, head_dim=8, tie_word_embeddings=True,
                                   attention_bias=True),
    "gpt2-odd": GPT2Config(n_embd=27, n_head=3, n_layer=3, n_inner=41, n_positions=40,
                           vocab_size=61, bos_token_id=0, eos_token_id=0),
    "gpt2-unscaled": GPT2Config(n_embd=20, n_head=5, n_layer=1, n_positions=33, vocab_size=50,
                                scale_attn_weights=False, tie_word_embeddings=False,
                                activation_function="gelu", bos_token_id=0, eos_token_id=0),
    "opt-odd": OPTConfig(hidden_size=33, ffn_dim=47, num_hidden_layers=2, num_attention_heads=3,
                         word_embed_proj_dim=33, max_position_embeddings=31, vocab_size=71,
                         pad_token_id=1, bos_token_id=2, eos_token_id=2),
    "opt-untied-gelu": OPTConfig(hidden_size=24, ffn_dim=50, num_hidden_layers=2,
                                 num_attention_heads=4, word_embed_proj_dim=24,
                                 max_position_embeddings=40, vocab_size=77, pad_token_id=1,
                                 bos_token_id=2, eos_token_id=2, tie_word_embeddings=False,
                                 activation_function="gelu"),
}
for name, text in {
    "blip2-llama": LlamaConfig(**llama),
    "blip2-qwen2": Qwen2Config(**llama, tie_word_embeddings=True),
    "blip2-opt-odd": OPTConfig(hidden_size=33, ffn_dim=47, num_hidden_layers=2,
                               num_attention_heads=3, word_embed_proj_dim=33,
                               max_position_embeddings=48, vocab_size=83, pad_token_id=1,
                               bos_token_id=2, eos_token_id=2),
}.items():
    models[name] = Blip2Config(vision_config=vision, qformer_config=qformer,
                               text_config=text.to_dict(), num_query_tokens=5,
                               image_token_index=82)

teacher_types = {"llama-mqa-tied", "qwen3", "gpt2-odd", "mistral-window"}


def randomise(model, generator):
    for name, parameter in sorted(model.named_parameters()):
        values = torch.randn(parameter.shape, generator=generator)
        norm = "norm" in name.lower() or ".ln_" in name
        if norm and name.endswith("weight"):
            values = 1 + 0.2 * values
        elif parameter.dim() == 1:
            values = 0.1 * values
        else:
            values = values / parameter.shape[-1] ** 0.5
        parameter.data.copy_(values)


def masked_loss(logits, labels):
    shifted, wanted = logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1)
    return shifted[wanted >= 0], wanted[wanted >= 0]


def hooks(model, prefix, golden, layers, attention, feed_forward, first):
    handles = []

    def keep(name, take=lambda output: output[0] if isinstance(output, tuple) else output):
        def hook(_, __, output):
            golden[prefix + name] = take(output).detach().clone().contiguous()
        return hook

    for i, layer in enumerate(layers):
        handles.append(layer.register_forward_hook(keep(f"block.{i}.out")))
        handles.append(attention(layer).register_forward_hook(keep(f"block.{i}.attn_out")))
        handles.append(feed_forward(layer).register_forward_hook(keep(f"block.{i}.ffn_out")))

    def before(_, arguments, named):
        hidden = arguments[0] if arguments else named["hidden_states"]
        golden[prefix + "block.0.in"] = hidden.detach().clone().contiguous()
    handles.append(layers[0].register_forward_pre_hook(before, with_kwargs=True))
    handles.append(first.register_forward_hook(keep("final_norm.out")))
    return handles


def language_parts(language):
    kind = language.config.model_type
    if kind == "opt":
        decoder = language.model.decoder
        return decoder.layers, lambda l: l.self_attn, lambda l: l.fc2, decoder.final_layer_norm
    if kind == "gpt2":
        inner = language.transformer
        return inner.h, lambda l: l.attn, lambda l: l.mlp, inner.ln_f
    return language.model.layers, lambda l: l.self_attn, lambda l: l.mlp, language.model.norm


def build(name, config, seed):
    generator = torch.Generator().manual_seed(seed)
    config._attn_implementation = "eager"
    multimodal = config.model_type == "blip-2"
    if multimodal:
        for part in (config.vision_config, config.qformer_config, config.text_config):
            part._attn_implementation = "eager"
        model = Blip2ForConditionalGeneration(config)
    else:
        model = AutoModelForCausalLM.from_config(config)
    model = model.float().eval()
    randomise(model, generator)
    folder = os.path.join(target, name)
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder, max_shard_size="20KB" if name == "qwen2-tied" else "5GB")
    golden = {}
    sequences, tokens = 3, 13
    text = config.text_config if multimodal else config
    ids = torch.randint(3, text.vocab_size - 1, (sequences, tokens), generator=generator)
    labels = ids.clone()
    labels[:, :3] = -100
    labels[1, 7:9] = -100
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if multimodal:
        ids[:, 1:6] = config.image_token_index
        labels[:, :6] = -100
        inputs["pixel_values"] = torch.randn((sequences, 3, 30, 30), generator=generator)
    golden.update({key: value.clone() for key, value in inputs.items()}, labels=labels)
    language = model.language_model if multimodal else model
    handles = hooks(model, "lm." if multimodal else "", golden, *language_parts(language))
    logits = model(**inputs).logits
    for handle in handles:
        handle.remove()
    golden["logits"] = logits.detach().clone()
    rows, wanted = masked_loss(logits, labels)
    loss = torch.nn.functional.cross_entropy(rows, wanted)
    golden["loss"] = loss.detach().clone()
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.grad is not None:
            golden["grad." + key] = parameter.grad.clone().contiguous()
    if not multimodal:
        mask = torch.ones_like(ids)
        mask[1, :3] = 0
        mask[2, :1] = 0
        golden["padded.input_ids"], golden["padded.attention_mask"] = ids.clone(), mask
        with torch.no_grad():
            golden["padded.logits"] = model(input_ids=ids, attention_mask=mask).logits.clone()
            current = ids[:2, :4]
            for _ in range(8):
                current = torch.cat([current, model(input_ids=current).logits[:, -1:].argmax(-1)], 1)
        golden["greedy.ids"] = current.clone()
    if name in teacher_types:
        model.zero_grad()
        teacher = golden["logits"] + torch.randn(logits.shape, generator=generator)
        golden["kd.teacher_logits"] = teacher
        rows, wanted = masked_loss(model(**inputs).logits, labels)
        expected, _ = masked_loss(teacher, labels)
        divergence = torch.nn.functional.kl_div(
            torch.log_softmax(rows / 2, -1), torch.softmax(expected / 2, -1), reduction="batchmean")
        loss = 0.7 * 4 * divergence + 0.3 * torch.nn.functional.cross_entropy(rows, wanted)
        golden["kd.loss"] = loss.detach().clone()
        loss.backward()
        for key, parameter in model.named_parameters():
            golden["kd.grad." + key] = parameter.grad.clone().contiguous()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.95), eps=1e-8,
                                      weight_decay=0.1)
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(
                *masked_loss(model(**inputs).logits, labels))
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        golden["adamw.losses"] = torch.stack(losses)
        for key, parameter in model.named_parameters():
            golden["adamw.param." + key] = parameter.detach().clone().contiguous()
    save_file({key: value.contiguous() for key, value in golden.items()},
              os.path.join(folder, "golden.safetensors"))
    print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, {len(golden)} tensors")


torch.manual_seed(0)
for seed, (name, config) in enumerate(models.items()):
    build(name, config, 100 + seed)
