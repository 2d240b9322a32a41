"""Writes frequencies.json beside it: the rotary frequencies of transformers for configs of real sizes, as 32-bit numbers. Run: python generate.py

Needs torch and transformers (made with torch 2.15.0, transformers 5.23.0 on a CPU). The attention factor is what cos and sin are multiplied by.
"""
import json
import os

import torch
from transformers import AutoConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

LLAMA = dict(model_type="llama", hidden_size=512, num_attention_heads=4, num_hidden_layers=1, vocab_size=96, intermediate_size=8, max_position_embeddings=8192)
PHI3 = dict(model_type="phi3", hidden_size=384, num_attention_heads=4, num_hidden_layers=1, vocab_size=96, intermediate_size=8, max_position_embeddings=131072, original_max_position_embeddings=4096)
YARN = dict(rope_type="yarn", factor=3.3, original_max_position_embeddings=8192)
LONG = dict(type="longrope", short_factor=[1 + i / 90 for i in range(48)], long_factor=[1 + i * i / 37 for i in range(48)])
# name → config.json, length of the text
CASES = {
    "default": (dict(LLAMA, rope_theta=500000.0), 16), "default 10000": (dict(LLAMA, rope_theta=10000), 16),
    "linear": (dict(LLAMA, rope_theta=10000.0, rope_scaling=dict(type="linear", factor=2.7)), 16),
    "dynamic within": (dict(LLAMA, rope_theta=10000.0, rope_scaling=dict(type="dynamic", factor=2.7)), 8192), "dynamic beyond": (dict(LLAMA, rope_theta=10000.0, rope_scaling=dict(type="dynamic", factor=2.7)), 20001),
    "llama3": (dict(LLAMA, rope_theta=500000.0, rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192), max_position_embeddings=131072), 16),
    "yarn": (dict(LLAMA, rope_theta=1000000.0, rope_scaling=YARN, max_position_embeddings=32768), 16),
    "yarn untruncated": (dict(LLAMA, rope_theta=150000, rope_scaling=dict(YARN, truncate=False, beta_fast=16.0, beta_slow=2.0), max_position_embeddings=32768), 16),
    "yarn mscale": (dict(LLAMA, rope_theta=10000, rope_scaling=dict(YARN, mscale=1.0, mscale_all_dim=0.707), max_position_embeddings=32768), 16),
    "longrope within": (dict(PHI3, rope_theta=10000.0, rope_scaling=LONG), 4096), "longrope beyond": (dict(PHI3, rope_theta=10000.0, rope_scaling=LONG), 4097),
}

if __name__ == "__main__":
    rows = {}
    for name, (given, length) in CASES.items():
        config = AutoConfig.for_model(**json.loads(json.dumps(given)))
        kind = config.rope_parameters["rope_type"]
        if kind == "default":
            frequencies, factor = LlamaRotaryEmbedding.compute_default_rope_parameters(config)
        else:
            longer = kind in ("dynamic", "longrope")
            frequencies, factor = ROPE_INIT_FUNCTIONS[kind](config, None, **(dict(seq_len=torch.tensor(length)) if longer else {}))
        rows[name] = dict(config=given, length=length, attention_factor=factor, frequencies=frequencies.tolist())
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "frequencies.json"), "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()) + "\n}\n")
