"""Times LoRA training steps of PyTorch + PEFT: JSON on stdin {base, r, alpha, steps, warmup, threads, ids, labels, checkpointing, best},
JSON on stdout {milliseconds: [...], processorSeconds: [...], firstStepAt, loss, peakMegabytes}. best: the output head sees labelled positions only."""
import time

# The interpreter was there a little earlier than this line: what it took to get here is processor time.
began = time.time() - time.process_time()
import json
import resource
import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])
model = AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32, attn_implementation="sdpa")
model = get_peft_model(model, LoraConfig(r=task["r"], lora_alpha=task["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
model.train()
if task.get("checkpointing"):
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
inner = model.base_model.model


def loss_of():
    if not task.get("best"):
        return model(input_ids=ids, labels=labels, use_cache=False).loss
    chosen = labels[:, 1:] != -100
    hidden = inner.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][chosen]
    return torch.nn.functional.cross_entropy(inner.lm_head(hidden), labels[:, 1:][chosen])


trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
ids, labels = torch.tensor(task["ids"]), torch.tensor(task["labels"])
milliseconds, processor_seconds, first_step_at, loss = [], [], None, None
for step in range(task["warmup"] + task["steps"]):
    started, busy = time.perf_counter(), time.process_time()
    loss = loss_of()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if step == 0:
        first_step_at = time.time() - began
    if step >= task["warmup"]:
        processor_seconds.append(time.process_time() - busy)
        milliseconds.append((time.perf_counter() - started) * 1000)
json.dump({"milliseconds": milliseconds, "processorSeconds": processor_seconds, "firstStepAt": first_step_at, "loss": loss.item(), "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)
