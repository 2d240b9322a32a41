/** Runs a chat template (Jinja) within bounds: a template comes with a model from anywhere, and may loop for ever or fill the memory. */
import { Environment, Interpreter, parse, Template, tokenize } from "@huggingface/jinja";

/** Longer sources than any release has; those have up to 20,000 characters. */
const LONGEST_SOURCE = 2 ** 20;
/** Evaluated nodes of the template, and every 256 characters or items that they give. A conversation of a thousand long messages takes a tenth. */
const MOST_WORK = 2 ** 20;
const LONGEST_TEXT = 2 ** 24, LONGEST_LIST = 2 ** 20;

type Evaluate = Interpreter["evaluate"];

class BoundedInterpreter extends Interpreter {
  private left = MOST_WORK;

  override evaluate(...[statement, environment]: Parameters<Evaluate>): ReturnType<Evaluate> {
    const result = super.evaluate(statement, environment), { value } = result as { value?: unknown };
    const size = typeof value === "string" || Array.isArray(value) ? value.length : 0;
    if (size > (typeof value === "string" ? LONGEST_TEXT : LONGEST_LIST)) throw new Error(`it makes ${typeof value === "string" ? "a text" : "a list"} of ${size} ${typeof value === "string" ? "characters" : "items"}`);
    this.left -= 1 + size / 256;
    if (this.left < 0) throw new Error("it does not come to an end");
    return result;
  }
}

/** As the library's own, which makes a list of any length. */
const range = (start: number, stop?: number, step = 1): number[] => {
  const [from, to] = typeof stop === "number" ? [start, stop] : [0, start], length = Math.max(0, Math.ceil((to - from) / step));
  if (step === 0 || !(length <= LONGEST_LIST)) throw new Error(`range() asks for ${step === 0 ? "steps of 0" : `${length} numbers`}`);
  return Array.from({ length }, (_, i) => from + i * step);
};

const globals = {
  true: true, false: false, none: null, True: true, False: false, None: null, range,
  raise_exception: (message: string): never => { throw new Error(message); },
  // Only a template of the library's own reaches its strftime.
  strftime_now: (format: string): string => now.render({ format }),
};
const now = new Template("{{ strftime_now(format) }}");
/** What every template knows, made once: a template sets variables of its own in its own scope. */
const builtIn = new Environment();
for (const [name, value] of Object.entries(globals)) builtIn.set(name, value);

const parsed = new Map<string, ReturnType<typeof parse>>();

/** Throws a plain Error that says why where the template refuses, cannot be read, or goes beyond the bounds. */
export const renderTemplate = (source: string, values: Readonly<Record<string, unknown>>): string => {
  if (source.length > LONGEST_SOURCE) throw new Error(`it has ${source.length} characters`);
  // As transformers sets up Jinja.
  const program = parsed.get(source) ?? parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  parsed.set(source, program);
  const environment = new Environment(builtIn);
  for (const [name, value] of Object.entries(values)) environment.set(name, value);
  return String((new BoundedInterpreter(environment).run(program) as { value: unknown }).value);
};
