/** The commands of `tunesmith`, their flags and their exit status; what they do is in the file of each. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { UserError, formatUserError, isUserError } from "../core/errors";
import { type RowsOptions } from "./rows";
import { tunesmithVersion } from "../project/project";

/** 0 done and fine; 1 done, and the answer is "no"; 2 could not be done, with one coded message on standard error. */
export const runCommand = async (argv: readonly string[]): Promise<number> => {
  let status = 0;
  const program = build((result) => { status = result; });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
    process.stderr.write(`${describe(error)}\n`);
    return 2;
  }
};

const describe = (error: unknown): string => {
  if (isUserError(error)) return formatUserError(error);
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return formatUserError(new UserError("BAD_ARGUMENT", "No command was given.", "`tunesmith --help` lists them."));
    return formatUserError(new UserError("BAD_ARGUMENT", sentence(error.message.replace(/^error: /, "")), "`tunesmith --help` lists the commands, `tunesmith COMMAND --help` their options."));
  }
  return `error[INTERNAL]: ${error instanceof Error ? error.stack ?? error.message : String(error)} Please report this.`;
};

const sentence = (text: string): string => {
  const [first = ""] = text.split("\n");
  return `${first.charAt(0).toUpperCase()}${first.slice(1)}${/[.?!]$/.test(first) ? "" : "."}`;
};

const build = (done: (status: number) => void): Command => {
  const program = new Command("tunesmith")
    .description("Instruction tuning on this machine: check a dataset, tune a model on it, compare the answers.")
    .version(tunesmithVersion())
    .exitOverride()
    .configureOutput({ writeErr: () => {} }); // The one coded message is written by runCommand.
  const command = (name: string, description: string, parent = program): Command => {
    const made = parent.command(name).description(description).exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) });
    return made.allowExcessArguments(false);
  };
  /** A command's code is loaded when it is called. Commander gives the arguments, then the options, then the command. */
  const act = <Args extends unknown[]>(load: () => Promise<(...args: Args) => Promise<number>>) => async (...given: unknown[]): Promise<void> => done(await (await load())(...(given.slice(0, -1) as Args)));

  const columns = ["--columns <names>", "what the columns are called, as in prompt=ticket,response=reply, with the keys of dataset_info.json"] as const;
  command("check", "say what is wrong with datasets, and mend what can be mended").argument("<file...>")
    .option("--format <name>", "read every row as this format").option(...columns).option("--base <base>", "also check lengths and template against this base")
    .option("--max-length <n>", "longest example, in tokens", integer).option("--fix", "mend what can be mended")
    .option("--eval <file>", "also say which rows the evaluation file has too").option("--structure", "leave out what the texts say and how rows compare: syntax, keys, types and roles only").option("--severity <code=level>", "error, warning, information or off for one kind of problem; may be repeated", collect, [])
    .option("--json", "print JSON").action(act(async () => (await import("./check")).check));
  command("convert", "write a dataset in another format; lists first what that format cannot hold").argument("<file>").argument("[out]", "the new file, as with -o").option("--to <format>", "format to write; left out, the rows of a Parquet file are written as they are")
    .option("-o, --output <file>", ".jsonl, .json or .csv").option(...columns).option("--shards", "all parts of the set that a Parquet file belongs to").option("--force", "write although something is lost, or the file is there already").option("--json", "print JSON").action(act(async () => (await import("./convert")).convert));
  command("report", "a dataset in numbers and figures: lengths, turns, what is asked for, languages, duplicates, problems").argument("<file>")
    .option("--base <base>", "base whose tokens are counted; none: words").option("--template <name>", "chat or alpaca").option("--completion-only-loss", "all that follows the prompt is trained, as the setting of that name")
    .option("--max-length <n>", "longest example, in tokens", integer).option("--svg <folder>", "save every figure as SVG").option("--csv <folder>", "save the numbers of every figure as CSV").option("--json", "print JSON").action(act(async () => (await import("./report")).report));
  command("render", "show a row as the model sees it").argument("<file>").requiredOption("--row <n>", "number of the row", integer).option(...columns)
    .option("--base <base>", "base whose tokenizer and template are used").option("--template <name>", "chat or alpaca").option("--completion-only-loss", "all that follows the prompt is trained, as the setting of that name")
    .option("--max-length <n>", "longest example, in tokens", integer).option("--json", "print JSON").action(act(async () => (await import("./render")).render));
  command("train", "tune a base on a dataset").argument("[config]", "a *.tune.json")
    .option("--data <file>", "dataset to train on").option("--eval <file>", "dataset to evaluate on").option(...columns).option("--base <base>", "Hugging Face folder, GGUF file, or starter")
    .option("--preset <name>", "values to begin with: quick, balanced, thorough, starter").option("--set <key=value>", "set a value of the config; may be repeated", collect, [])
    .option("--allow-leak", "start although rows of the evaluation are in the training too").option("--device <name>", "where to train: auto, cpu, webgpu or cuda").option("--detach", "print the run's id and leave it training").option("--json", "print one JSON line an event").action(act(async () => (await import("./train")).train));
  const precision = (made: Command): Command => made.option("--load-in-4bit", "hold the base's linear layers in 4 bits; left out: as the adapter's run did")
    .option("--load-in-8bit", "in 8 bits").option("--dtype <name>", "hold the base in auto (as in its files), float32, float16, bfloat16");
  precision(command("score", "how likely a model finds the answers of a dataset")).requiredOption("--data <file>", "dataset")
    .option("--base <base>", "Hugging Face folder, GGUF file, or starter").option("--adapter <adapter>", "PEFT folder or run id; name=path names it", collect, [])
    .option("--template <name>", "chat or alpaca").option("--completion-only-loss", "score all that follows the prompt, as the setting of that name").option("--max-length <n>", "longest example, in tokens", integer)
    .option("--device <name>", "where to compute: cpu, webgpu or cuda").option("--per-row", "also each row").option("--json", "print JSON").action(act(async () => (await import("./score")).score));
  precision(command("generate", "answer prompts")).option("--prompt <text>", "one prompt").option("--prompts <file>", "a prompt a line, or JSONL")
    .option("--base <base>", "Hugging Face folder, GGUF file, or starter").option("--adapter <adapter>", "PEFT folder or run id; name=path names it; may be repeated", collect, [])
    .option("--compare", "let the base answer beside its adapters").option("--raw", "continue the text, without a template").option("--system <text>", "system message").option("--template <name>", "chat or alpaca")
    .option("--max-tokens <n>", "longest answer, in tokens", integer).option("--temperature <t>", "0 is greedy", number).option("--top-p <p>", "nucleus", number).option("--top-k <k>", "most likely tokens kept", integer)
    .option("--seed <s>", "seed of the sampler", integer).option("--device <name>", "where to compute: cpu, webgpu or cuda").option("--logprobs <k>", "also the k most likely tokens at each position", integer).option("--json", "print JSON").action(act(async () => (await import("./generate")).generate));

  const runs = command("runs", "the training runs of this project");
  const run = (name: string, description: string): Command => command(name, description, runs).argument("<run>", "id, part of one, or latest").option("--json", "print JSON");
  command("list", "all runs, newest first", runs).option("--json", "print JSON").action(act(async () => (await import("./runs")).runsList));
  run("show", "one run with its config").action(act(async () => (await import("./runs")).runsShow));
  run("follow", "watch a run until it ends").action(act(async () => (await import("./runs")).runsFollow));
  run("stop", "end a run after its current step, with its adapter").action(act(async () => (await import("./runs")).runsStop));
  run("resume", "go on from the last checkpoint").option("--skip", "leave out the batch of the step that the run paused at")
    .option("--rollback [step]", "go back to the checkpoint of this step (0: the start); without one, to the best", integer)
    .option("--set <key=value>", "change learning_rate, max_grad_norm or loss_watchdog from here on; may be repeated", collect, []).option("--detach", "leave it training").action(act(async () => (await import("./runs")).runsResume));
  run("delete", "remove a run's folder").action(act(async () => (await import("./runs")).runsDelete));

  const data = command("data", "versions of datasets in git");
  command("save", "commit a dataset, and nothing else", data).argument("<file>").option("-m, --message <text>", "message of the commit").option("--json", "print JSON").action(act(async () => (await import("./data")).dataSave));
  command("log", "the saved versions of a dataset", data).argument("<file>").option("--json", "print JSON").action(act(async () => (await import("./data")).dataLog));
  const rows = command("rows", "take rows of a dataset apart, put them together, move some to an evaluation file");
  const reshape = (name: string, description: string): Command => command(name, description, rows).argument("<file>").option("--lines <lines>", "rows on these lines, as in 3,7-9; left out, all").option("-o, --output <file>", "left out, the file itself").option("--force", "write although something is lost").option("--json", "print JSON");
  const reshaping = (what: "split" | "merge" | "roles"): ((file: string, options: RowsOptions & { plain?: boolean }) => Promise<number>) => async (file, options) => (await import("./rows")).rows(what === "roles" && options.plain ? "plain-roles" : what, file, options);
  reshape("split", "one row for each question with its answer").action(act(async () => reshaping("split")));
  reshape("merge", "the rows on --lines as one conversation").action(act(async () => reshaping("merge")));
  reshape("roles", "write every role with the format's own word").option("--plain", "user and assistant everywhere").action(act(async () => reshaping("roles")));
  command("extract", "move rows to an evaluation file, at random with all that is like them", rows).argument("<file>").option("--lines <lines>", "exactly the rows on these lines").option("--share <share>", "such as 10%").option("--rows <n>", "so many", integer).option("--seed <n>", "42, if left out", integer)
    .option("--group-by <key>", "rows with an equal value go together; may be repeated", collect, []).option("-o, --output <file>", "FILE.eval.jsonl, if left out").option("--json", "print JSON").action(act(async () => (await import("./rows")).extractRows));
  command("mix", "build a mixture of datasets, split for training and evaluation").argument("<file>", "a *.mix.json").option("--check", "only say whether it is up to date").option("--json", "print JSON").action(act(async () => (await import("./mix")).mix));
  command("devices", "where this machine can train").option("--json", "print JSON").action(act(async () => (await import("./devices")).devices));
  const hidden = program.command("starter", { hidden: true }).description("tune the starter base and show what it learned").exitOverride().configureOutput({ writeErr: () => {} });
  hidden.allowExcessArguments(false).action(act(async () => (await import("./starter")).starter));
  return program;
};

const collect = (value: string, before: string[]): string[] => [...before, value];

const integer = (value: string): number => {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(value);
};

const number = (value: string): number => {
  if (value.trim() === "" || !Number.isFinite(Number(value))) throw new InvalidArgumentError("It must be a number.");
  return Number(value);
};
