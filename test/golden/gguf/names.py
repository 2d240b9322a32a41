"""python names.py HF_NAMES.json (needs gguf): writes names.json beside it. HF_NAMES.json: {GGUF architecture: [Hugging Face tensor names of a one-layer model]}; names.json gives each the name that gguf's own map gives it."""
import json, os, sys
import gguf

ARCHITECTURES = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
out = {}
for name, tensors in json.load(open(sys.argv[1])).items():
    names = gguf.get_tensor_name_map(ARCHITECTURES[name], 1)
    # Families that always share the embedding have no name for a head.
    out[name] = {tensor: own for tensor in tensors if (own := names.get_name(tensor, try_suffixes=(".weight", ".bias")))}
json.dump(out, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "names.json"), "w"), indent=1)
