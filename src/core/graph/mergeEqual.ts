/** The first stage of lowering: values that compute the same from the same become one. What a barrier holds apart stays apart, since it reads another value. */
import { makeValue, reachable } from "./graph";
import { type OpAttributes, type OpName, type Value } from "./ops";

/** The same outputs without repetitions. Constants are the same where they are few numbers or the very same array. */
export function mergeEqual<T extends Readonly<Record<string, Value>>>(outputs: T): T {
  const firsts = new Map<string, Value>(), merged = new Map<Value, Value>(), arrays = new Map<object, number>();
  const attributesKey = (value: Value): string => {
    if (value.op === "weight") return value.attributes.tensor.name;
    if (value.op !== "constant") return JSON.stringify(value.attributes);
    const { data, dims, dtype } = value.attributes;
    if (!arrays.has(data)) arrays.set(data, arrays.size);
    return `${dtype} [${dims.join()}] ${data.length <= 64 ? Array.from(data as Float32Array).join() : `#${arrays.get(data)}`}`;
  };
  for (const value of reachable(Object.values(outputs))) {
    const inputs = value.inputs.map((from) => merged.get(from)!), key = `${value.op} ${inputs.map(({ id }) => id).join()} ${attributesKey(value)}`;
    const first = firsts.get(key) ?? (inputs.every((from, i) => from === value.inputs[i]) ? value : makeValue(value.op, inputs, value.attributes as OpAttributes[OpName]));
    firsts.set(key, first);
    merged.set(value, first);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, merged.get(value)!])) as T;
}
