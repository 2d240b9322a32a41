"""Times LoRA training steps of PyTorch + PEFT: JSON on stdin {base, r, alpha, steps, warmup, threads, ids, labels}, JSON on stdout {milliseconds: [...], loss, peakMegabytes}."""
import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
model = AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32, attn_implementation="sdpa")
model = get_peft_model(model, LoraConfig(r=task["r"], lora_alpha=task["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
ids, labels = torch.tensor(task["ids"]), torch.tensor(task["labels"])
milliseconds, loss = [], None
for step in range(task["warmup"] + task["steps"]):
    started = time.perf_counter()
    loss = model(input_ids=ids, labels=labels, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if step >= task["warmup"]:
        milliseconds.append((time.perf_counter() - started) * 1000)
json.dump({"milliseconds": milliseconds, "loss": loss.item(), "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)
