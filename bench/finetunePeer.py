"""A fine-tune with PyTorch + PEFT as people write it: JSON on stdin {base, adapter, data, heldout, threads, batch, learningRate, out}, JSON on stdout.
data and heldout: JSON Lines of {"ids": [...], "labels": [...]}. A batch is padded to its longest row, the head runs on all positions, attention is sdpa.
seconds: from the process's start to the adapter on disk; nll: of the held-out rows then, one at a time, mean over their trained tokens."""
import time

began = time.time() - time.process_time()
import json
import resource
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

task = json.load(sys.stdin)
torch.set_num_threads(task["threads"])


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


model = AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32, attn_implementation="sdpa")
model = PeftModel.from_pretrained(model, task["adapter"], is_trainable=True)
model.train()
optimizer = torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad], lr=task["learningRate"], weight_decay=0.0)
data, losses, positions, first_step_at = rows(task["data"]), [], 0, None
for at in range(0, len(data), task["batch"]):
    part = data[at:at + task["batch"]]
    longest = max(len(row["ids"]) for row in part)
    ids = torch.tensor([row["ids"] + [0] * (longest - len(row["ids"])) for row in part])
    labels = torch.tensor([row["labels"] + [-100] * (longest - len(row["labels"])) for row in part])
    mask = torch.tensor([[1] * len(row["ids"]) + [0] * (longest - len(row["ids"])) for row in part])
    loss = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())
    positions += ids.numel()
    if first_step_at is None:
        first_step_at = time.time() - began
model.save_pretrained(task["out"])
seconds, processor = time.time() - began, time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

model.eval()
total, count = 0.0, 0
with torch.no_grad():
    for row in rows(task["heldout"]):
        logits, labels = model(input_ids=torch.tensor([row["ids"]]), use_cache=False).logits[0, :-1], torch.tensor(row["labels"][1:])
        chosen = labels != -100
        total += torch.nn.functional.cross_entropy(logits[chosen], labels[chosen], reduction="sum").item()
        count += int(chosen.sum())
json.dump({"seconds": seconds, "processorSeconds": processor, "firstStepAt": first_step_at, "positions": positions, "losses": losses, "nll": total / count, "peakMegabytes": peak}, sys.stdout)
