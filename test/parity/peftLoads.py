"""Loads each adapter folder with PEFT on its base and prints the mean NLL over the labelled tokens: JSON on stdin {base, adapters, rows: [{ids, labels}]}, a JSON list on stdout."""
import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
task = json.load(sys.stdin)
results = []
for adapter in task["adapters"]:
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32), adapter).eval()
    total, count = 0.0, 0
    for row in task["rows"]:
        labels = torch.tensor(row["labels"][1:])
        with torch.no_grad():
            log_probabilities = model(input_ids=torch.tensor([row["ids"]])).logits[0, :-1].double().log_softmax(-1)
        kept = labels != -100
        total -= log_probabilities[kept].gather(1, labels[kept][:, None]).sum().item()
        count += int(kept.sum())
    results.append(total / count)
json.dump(results, sys.stdout)
