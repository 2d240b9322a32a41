"""What Python tools do with a dataset, one job a process: `load FILE` (datasets, its import included), `near FILE` (datasketch's MinHash LSH), `tokens TOKENIZER FILE` (the Rust tokenizers). Prints one line of JSON; seconds are those of the job alone."""
import json
import os
import resource
import sys
import tempfile
import time

job, *arguments = sys.argv[1:]
started = time.perf_counter()
result = {}

if job == "load":
    with tempfile.TemporaryDirectory() as cache:
        os.environ["HF_DATASETS_OFFLINE"] = "1"
        from datasets import load_dataset
        from datasets.utils.logging import disable_progress_bar

        disable_progress_bar()
        result["rows"] = len(load_dataset("json", data_files=arguments[0], split="train", cache_dir=cache))
elif job == "near":
    from datasketch import MinHash, MinHashLSH

    # As text-dedup and datasketch's own pages have it: 128 permutations over pairs of words, likeness 0.8.
    lsh, found = MinHashLSH(threshold=0.8, num_perm=128), 0
    with open(arguments[0], encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            words = f"{row['instruction']} {row.get('input', '')} {row['output']}".lower().split()
            pairs = {f"{a} {b}".encode() for a, b in zip(words, words[1:])}
            sketch = MinHash(num_perm=128)
            sketch.update_batch(pairs)
            found += bool(lsh.query(sketch))
            lsh.insert(number, sketch)
    result["found"] = found
elif job == "tokens":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(arguments[0])
    with open(arguments[1], encoding="utf-8") as file:
        texts = [f"{row['instruction']}\n{row['input']}\n{row['output']}" for row in map(json.loads, file)]
    started = time.perf_counter()
    if os.environ.get("TOKENIZERS_PARALLELISM") == "false":
        result["tokens"] = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    else:
        result["tokens"] = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False))

result["seconds"] = time.perf_counter() - started
result["peakMegabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(result))
