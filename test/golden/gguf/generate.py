"""python generate.py (needs gguf and numpy): writes dequantize.json beside it: random blocks of every tensor type that the engine reads, and what gguf's own dequantize makes of them."""
import base64, json, os
import numpy as np, gguf
from gguf import GGMLQuantizationType as T, quants

TYPES = [T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]
# Where the half-precision scales lie in a block; the rest of it may hold any bits.
SCALES = {T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}
rng = np.random.default_rng(20)
cases = []
for t in TYPES:
    elements, size = gguf.GGML_QUANT_SIZES[t]
    blocks = 3 if elements > 1 else 64
    raw = rng.integers(0, 256, (blocks, size), dtype=np.uint8)
    for at in SCALES.get(t, []):
        # Ordinary scales, then a subnormal and the largest one.
        for block, scale in enumerate([np.float16(rng.normal() * 0.05), np.float16(3e-7), np.float16(-65504 if at == 208 else 1234.5)]):
            raw[block, at:at + 2] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
    if t == T.F16: raw = np.concatenate([rng.normal(size=56), [0, -0.0, 65504, -65504, 6e-8, -6e-5, np.inf, -np.inf]]).astype(np.float16).view(np.uint8).reshape(blocks, 2)
    if t == T.BF16: raw = (np.concatenate([rng.normal(size=60), [0, -0.0, 3e38, 1e-40]]).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(blocks, 2)
    values = quants.dequantize(raw.reshape(-1) if elements > 1 else raw.reshape(-1).view(np.float16) if t == T.F16 else raw.reshape(-1), t)
    encode = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
    cases.append({"type": t.name, "blocks": encode(raw), "values": encode(values.astype("<f4"))})
json.dump(cases, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "dequantize.json"), "w"), indent=1)
