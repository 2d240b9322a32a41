"""Times LoRA training steps of PyTorch + PEFT on CUDA, `eager` or `compiled` (the argument), in TF32: task and answer as peer.py. A base in 16 bits is trained under autocast."""
import time

began = time.time() - time.process_time()
import contextlib
import json
import resource
import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

torch.set_float32_matmul_precision("high")
task = json.load(sys.stdin)
model = AutoModelForCausalLM.from_pretrained(task["base"], dtype="auto", attn_implementation="sdpa").cuda()
half = model.dtype == torch.float16
model = get_peft_model(model, LoraConfig(r=task["r"], lora_alpha=task["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
ids, labels = torch.tensor(task["ids"]).cuda(), torch.tensor(task["labels"]).cuda()
forward = torch.compile(model) if sys.argv[1] == "compiled" else model
milliseconds, first_step_at, loss = [], None, None
for step in range(task["warmup"] + task["steps"]):
    started = time.perf_counter()
    with torch.autocast("cuda", dtype=torch.float16) if half else contextlib.nullcontext():
        loss = forward(input_ids=ids, labels=labels, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    torch.cuda.synchronize()
    if step == 0:
        first_step_at = time.time() - began
    if step >= task["warmup"]:
        milliseconds.append((time.perf_counter() - started) * 1000)
json.dump({"milliseconds": milliseconds, "processorSeconds": [], "firstStepAt": first_step_at, "loss": loss.item(), "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)
