"""Makes the folders beside it, one for each entry of cases.py, and README.md. Run: python generate.py [case ...]

Needs torch, transformers, peft and safetensors (versions: README.md). CPU, 32 bits, eager attention, one thread.
Every random tensor has a seed made of its case and its name, so a case does not change when another does.
"""
import copy
import hashlib
import json
import os
import shutil
import sys
import tempfile
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")
import peft
import safetensors
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, get_linear_schedule_with_warmup

from cases import CASES

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS, LENGTH, STEPS, NEW, RANK, ALPHA = 2, 16, 10, 24, 2, 4
ADAMW = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
CLIP, WARMUP = 1.0, 2
RESULTS = os.path.join(HERE, "results.json")


def seeded(*label):
    digest = hashlib.sha256("/".join(map(str, label)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:4], "big"))


def normal(like, deviation, *label):
    return torch.randn(like.shape, generator=seeded(*label)) * deviation


def write_json(path, value, indent=1):
    with open(path, "w") as file:
        json.dump(value, file, indent=indent)
        file.write("\n")


@torch.no_grad()
def fill(model, case, spec):
    """Weights so large that attention is not flat and no quirk hides."""
    for name, parameter in model.named_parameters():
        module, kind = name.split(".")[-2:]
        if "norm" in name or module.startswith("ln_"):
            centre = 0.0 if kind == "bias" else spec.get("norm_mean", 1.0)
            parameter.copy_(normal(parameter, 0.25, case, name) + centre)
            if kind == "weight" and not any(part in name for part in ("layers.", ".h.")):
                parameter.add_(spec.get("final_norm", 0.0))
        elif kind == "bias":
            parameter.copy_(normal(parameter, 0.3, case, name))
        elif parameter.shape[0] == model.config.vocab_size:
            parameter.copy_(normal(parameter, spec.get("embedding", 0.4), case, name))
        elif module == "wpe":
            parameter.copy_(normal(parameter, 0.3, case, name))
        else:
            fan_in = parameter.shape[0] if spec.get("conv1d") else parameter.shape[1]
            gain = spec.get("qk_gain", 1.7) if module in ("q_proj", "k_proj", "query_key_value", "c_attn") else 1.0
            parameter.copy_(normal(parameter, gain * fan_in ** -0.5, case, name))


def opened(folder, hub=None, attention="eager", dtype=torch.float32):
    """The stored weights, under the stored config or under another one written as config.json."""
    config = None
    if hub is not None:
        with tempfile.TemporaryDirectory() as place:
            write_json(os.path.join(place, "config.json"), hub)
            config = AutoConfig.from_pretrained(place)
    return AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=dtype, attn_implementation=attention).eval()


def batch(case, name, lengths, prompts):
    """Rows padded on the right; the answer repeats a short pattern, so that there is something to learn. Ids 0 to 2 are not used."""
    ids = torch.randint(3, 96, (ROWS, LENGTH), generator=seeded(case, name))
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (length, prompt) in enumerate(zip(lengths, prompts)):
        pattern = torch.randint(3, 12, (4,), generator=seeded(case, name, row))
        ids[row, prompt:] = pattern.repeat(LENGTH)[: LENGTH - prompt]
        ids[row, length:] = 0
        mask[row, :length] = 1
        labels[row, prompt:length] = ids[row, prompt:length]
    return dict(input_ids=ids, attention_mask=mask, labels=labels)


def batches(case):
    made = []
    for step in range(STEPS):
        generator = seeded(case, "lengths", step)
        lengths, prompts = torch.randint(10, LENGTH + 1, (ROWS,), generator=generator).tolist(), torch.randint(3, 7, (ROWS,), generator=generator).tolist()
        made.append(batch(case, f"step {step}", lengths, prompts))
    return {key: torch.stack([one[key] for one in made]) for key in made[0]}


def train(model, data):
    """AdamW, clipping, linear warm-up and decay: what transformers' Trainer does with these settings."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, **ADAMW)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    rates, losses, norms = [], [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = model(**{key: value[step] for key, value in data.items()}, use_cache=False).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained, CLIP)))
        losses.append(float(loss.detach()))
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return dict(lr=rates, loss=losses, grad_norm_before_clipping=norms)


@torch.no_grad()
def greedy(model, prompt):
    """The whole text anew for every token. → ids, smallest distance of the best logit from the second."""
    ids, gap = list(prompt), float("inf")
    for _ in range(NEW):
        best = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
        ids.append(int(best.indices[0]))
        gap = min(gap, float(best.values[0] - best.values[1]))
    return ids[len(prompt):], gap


@torch.no_grad()
def greedy_cached(model, prompt):
    """transformers' own generation over a key/value cache. → ids, smallest distance of the best logit from the second."""
    out = model.generate(torch.tensor([prompt]), max_new_tokens=NEW, do_sample=False, use_cache=True, eos_token_id=-1, pad_token_id=0, output_logits=True, return_dict_in_generate=True)
    best = torch.stack(out.logits)[:, 0].topk(2).values
    return out.sequences[0, len(prompt):].tolist(), float((best[:, 0] - best[:, 1]).min())


def best_prompt(case, base, tuned, fresh, variety, cached_only):
    """Of 24 random prompts the one whose closest race is widest, among those that answer the same with a key/value cache and with some variety. `fresh` forgets what a model remembers of longer texts.
    cached_only: the answers are those over the cache, where earlier keys keep frequencies that a whole pass would not give them."""
    found = None
    for number in range(24):
        prompt = torch.randint(3, 96, (6,), generator=seeded(case, "prompt", number)).tolist()
        answers = {}
        for name, model in (("base", base), ("lora", tuned)):
            fresh(model)
            answers[name] = greedy_cached(model, prompt)
            fresh(model)
            if not cached_only and greedy(model, prompt)[0] != answers[name][0] or len(set(answers[name][0])) < variety:
                break
        else:
            gap = min(gap for _, gap in answers.values())
            if found is None or gap > found["smallest_gap"]:
                found = dict(prompt=prompt, new_tokens=NEW, smallest_gap=gap, **{name: dict(tokens=ids) for name, (ids, _) in answers.items()})
    assert found, f"{case}: no prompt answers the same with and without a cache"
    return found


def fresh(model):
    """Dynamic rope keeps the frequencies of the longest text it has seen; a text shorter than the trained length resets them."""
    with torch.no_grad():
        model(input_ids=torch.tensor([[3]]), use_cache=False)


def save_adapter(model, folder):
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    path = os.path.join(folder, "adapter_config.json")
    with open(path) as file:
        config = json.load(file)
    write_json(path, {**config, "base_model_name_or_path": "base", "target_modules": sorted(config["target_modules"])})


def distance(a, b, mask):
    return float((a.double() - b.double()).abs()[mask.bool()].max())


def make(case, spec):
    folder, hub = os.path.join(HERE, case), spec["config"]
    base_folder = os.path.join(folder, "base")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**copy.deepcopy(hub)), attn_implementation="eager", dtype=torch.float32)
    fill(model, case, spec)
    model.save_pretrained(base_folder)
    for extra in os.listdir(base_folder):
        if extra not in ("config.json", "model.safetensors"):
            os.remove(os.path.join(base_folder, extra))
    write_json(os.path.join(folder, "config_hub_style.json"), hub)

    io = batch(case, "io", [LENGTH, 11], [5, 4])
    with torch.no_grad():
        base = opened(base_folder)
        out = base(**io, use_cache=False)
        assert torch.equal(opened(base_folder, hub)(**io, use_cache=False).logits, out.logits), f"{case}: config_hub_style.json is another model"

    lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=spec["targets"], task_type="CAUSAL_LM", fan_in_fan_out=spec.get("conv1d", False))
    tuned = get_peft_model(opened(base_folder), lora)
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_" in name:
                parameter.copy_(normal(parameter, 0.1 if "lora_B" in name else parameter.shape[1] ** -0.5, case, name))
    save_adapter(tuned, os.path.join(folder, "adapter_init"))
    tuned_out = tuned(**io, use_cache=False)
    tuned_out.loss.backward()
    gradients = {name.replace(".default", ""): parameter.grad.clone() for name, parameter in tuned.named_parameters() if parameter.requires_grad}
    save_file(gradients, os.path.join(folder, "grads.safetensors"))
    save_file({**io, "logits": out.logits, "loss": out.loss.reshape(1), "logits_lora": tuned_out.logits.detach(), "loss_lora": tuned_out.loss.detach().reshape(1)}, os.path.join(folder, "io.safetensors"))

    answers = best_prompt(case, base, tuned, fresh, spec.get("variety", 1), spec.get("cached_only", False))
    write_json(os.path.join(folder, "greedy.json"), answers, indent=None)

    long = None
    if spec.get("long"):
        long = torch.randint(3, 96, (1, spec["long"]), generator=seeded(case, "long"))
        with torch.no_grad():
            save_file({"input_ids": long, "logits_last4": opened(base_folder)(input_ids=long, use_cache=False).logits[:, -4:].contiguous()}, os.path.join(folder, "io_long.safetensors"))

    data = batches(case)
    if spec.get("curve", True):
        save_file(data, os.path.join(folder, "batches.safetensors"))
        trained = PeftModel.from_pretrained(opened(base_folder), os.path.join(folder, "adapter_init"), is_trainable=True)
        curve = train(trained, data)
        save_adapter(trained, os.path.join(folder, "adapter_final"))
        write_json(os.path.join(folder, "curve.json"), {"optimizer": {"name": "AdamW", **ADAMW, "clip_max_norm": CLIP, "schedule": f"linear, {WARMUP} warm-up steps, {STEPS} in all"}, **curve})

    quirks = {}
    for label, change in spec["mistakes"].items():
        wrong = opened(base_folder, {**hub, **change} if isinstance(change, dict) else None)
        if callable(change):
            change(wrong)
        with torch.no_grad():
            quirks[label] = distance(wrong(**io, use_cache=False).logits, out.logits, io["attention_mask"])
    for label, change in spec.get("long_mistakes", {}).items():
        with torch.no_grad():
            last = [opened(base_folder, config)(input_ids=long, use_cache=False).logits[:, -4:] for config in (hub, {**hub, **change})]
            quirks[f"{label} (io_long)"] = float((last[0] - last[1]).abs().max())
    write_json(os.path.join(folder, "quirks.json"), {label: {"max_abs_change_of_logits": change} for label, change in quirks.items()})

    # How far another correct computation is: 64 bits, and another attention.
    noise = dict(logits=0.0, gradient=0.0)
    for attention, dtype in (("eager", torch.float64), ("sdpa", torch.float32)):
        other = PeftModel.from_pretrained(opened(base_folder, attention=attention, dtype=dtype), os.path.join(folder, "adapter_init"), is_trainable=True, autocast_adapter_dtype=False).to(dtype)
        other_out = other(**io, use_cache=False)
        other_out.loss.backward()
        noise["logits"] = max(noise["logits"], distance(other_out.logits, tuned_out.logits, io["attention_mask"]))
        for name, parameter in other.named_parameters():
            if parameter.requires_grad:
                known = gradients[name.replace(".default", "")].double()
                noise["gradient"] = max(noise["gradient"], float((parameter.grad.double() - known).norm() / known.norm()))
    size = sum(os.path.getsize(os.path.join(place, file)) for place, _, files in os.walk(folder) for file in files)
    result = dict(deviation=float(out.logits.std()), noise=noise, gap=answers["smallest_gap"], quirks=quirks, kilobytes=round(size / 1024))
    print(f"{case:24s} {json.dumps(result)}", flush=True)
    return result


def readme(results):
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (torch, transformers, peft, safetensors))
    rows = [f"| [{case}]({case}) | {spec['note']} | " + "; ".join(f"{label}: {results[case]['quirks'][label]:.2g}" for label in results[case]["quirks"]) +
            f" | {results[case]['deviation']:.2f} | {results[case]['noise']['logits']:.1e} | {results[case]['noise']['gradient']:.1e} | {results[case]['gap']:.3f} |" for case, spec in CASES.items()]
    with open(os.path.join(HERE, "README.md"), "w") as file:
        file.write(README.format(versions=versions, python=sys.version.split()[0], rows="\n".join(rows)))


README = """# Tiny models of the families and options that the shared golden folders lack

Made by generate.py from cases.py (ours, MIT) in a throw-away virtual environment: `pip install torch transformers peft safetensors`, then `python generate.py` for everything or `python generate.py CASE ...`;
this file is written by it too. Versions: {versions}, Python {python}; CPU, 32 bits, eager attention, one thread.
Weights are random, larger than an initialisation would make them, from seeds made of the case and the tensor's name.

The layout is that of golden/arch, and the suite is the same (test/golden/archSuite.ts); `TUNESMITH_GOLDEN=<folder> npm run test:parity` runs it over any folder of this layout.

| file | what it is |
|---|---|
| base/ | the model as `save_pretrained` writes it |
| config_hub_style.json | the same configuration as released checkpoints write it; checked to give equal logits |
| io.safetensors | input_ids, attention_mask, labels [2, 16] (row 1 is padded on the right after 11), logits and loss, and the same with the adapter |
| adapter_init/, grads.safetensors | a PEFT LoRA (r 2, alpha 4), A and B not zero; the gradient of its loss on the io batch |
| batches.safetensors, curve.json, adapter_final/ | ten steps of AdamW with clipping and a linear schedule, one batch of two rows each (some cases leave these out: their option does not touch training) |
| greedy.json | 24 greedy tokens of base and adapter, the same with and without a key/value cache (llama_dynamic: over the cache only) |
| io_long.safetensors | logits of the last four positions of a longer text |
| quirks.json | how far the logits move by each mistake of the table |

The numbers after a mistake are the largest change of a logit of the io batch when the engine made it (`eps 1e-3`: if it used that epsilon). "std" is the deviation of the logits, "noise" how far other correct
computations are from these numbers (64 bits; sdpa attention): the largest difference of a logit, and of a gradient tensor (relative L2). "gap" is the closest race of two tokens in greedy.json. The tolerances of the suite lie between noise and mistakes.

| case | what it has | mistakes | std | noise | noise of gradients | gap |
|---|---|---|---|---|---|---|
{rows}
"""

if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    known = {}
    if os.path.exists(RESULTS):
        with open(RESULTS) as file:
            known = json.load(file)
    for case in sys.argv[1:] or CASES:
        known[case] = make(case, CASES[case])
        write_json(RESULTS, {name: known[name] for name in CASES if name in known})
    if all(name in known for name in CASES):
        readme(known)
