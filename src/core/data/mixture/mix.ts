/** Chooses, groups and splits the rows of a mixture. Every choice is made by a hash of the row or its group, so that rows added later move no other row to the other side. */
import { seededRandom } from "../../random";
import { type MixConfig } from "./mixConfig";
import { type LikePairs } from "./pairs";
import { type TaskShare, taskShares } from "./shares";

export interface MixRow {
  /** Index into the mixture's sources, and line from 0 in that file. */
  readonly source: number;
  readonly line: number;
  readonly task: string;
  /** The same for rows that say the same. */
  readonly content: string;
  /** Values of the `group_by` keys, each with its key, for rows that must stay together. */
  readonly groups: readonly string[];
}

export interface Mixed {
  /** In the order to write; a row may come several times where repeating is allowed. */
  readonly train: readonly MixRow[];
  readonly held: readonly MixRow[];
  readonly tasks: readonly TaskShare[];
  /** Rows that say the same as an earlier one, and that say nearly the same where those are dropped. */
  readonly duplicates: number;
  readonly nearDuplicates: number;
}

/** `pairs` are indices into `rows`. */
export const mixRows = (rows: readonly MixRow[], pairs: LikePairs, config: MixConfig): Mixed => {
  const dropNear = config.near_duplicates === "drop", parents = unionOf(rows, pairs, config);
  const first = new Map<string, number>(), kept: number[] = [];
  let duplicates = 0, nearDuplicates = 0;
  const nearParents = dropNear ? joined(rows.length, pairs.near) : undefined, nearSeen = new Set<number>();
  rows.forEach(({ content }, i) => {
    if (first.has(content)) { duplicates++; return; }
    first.set(content, i);
    const cluster = nearParents?.find(i);
    if (cluster !== undefined && nearSeen.has(cluster)) { nearDuplicates++; return; }
    if (cluster !== undefined) nearSeen.add(cluster);
    kept.push(i);
  });

  const limited = limitSources(rows, kept, config);
  const byTask = new Map<string, number[]>();
  for (const i of limited) {
    const members = byTask.get(rows[i]!.task);
    if (members) members.push(i);
    else byTask.set(rows[i]!.task, [i]);
  }
  const weightOf = (members: readonly number[]): number => members.reduce((sum, i) => sum + config.sources[rows[i]!.source]!.weight, 0) / members.length;
  const tasks = taskShares([...byTask].map(([task, members]) => ({ task, available: members.length, weight: weightOf(members) })), config);
  const chosen = tasks.flatMap(({ task, rows: count }) => byHash(rows, byTask.get(task)!, `${config.seed}/choose`).slice(0, count));

  const heldGroups = holdOut(rows, chosen, parents, config);
  const isHeld = (i: number): boolean => heldGroups.has(parents.find(i));
  const repeated = tasks.flatMap(({ task, rows: count, available }) => repeats(byHash(rows, byTask.get(task)!, `${config.seed}/choose`).filter((i) => !isHeld(i)), count / available));
  const train = [...chosen.filter((i) => !isHeld(i)), ...repeated];
  return { train: inOrder(rows, train, config.seed), held: inOrder(rows, chosen.filter(isHeld), config.seed), tasks, duplicates, nearDuplicates };
};

/** What is to be added to a task's training rows so that each comes `times` times on average; nothing up to once. */
const repeats = (members: readonly number[], times: number): number[] => Array.from({ length: Math.max(0, Math.round(members.length * times) - members.length) }, (_, i) => members[i % members.length]!);

const limitSources = (rows: readonly MixRow[], kept: readonly number[], { sources, seed }: MixConfig): number[] => {
  if (sources.every(({ max_rows }) => max_rows === undefined)) return [...kept];
  const limited = sources.flatMap(({ max_rows }, source) => byHash(rows, kept.filter((i) => rows[i]!.source === source), `${seed}/limit`).slice(0, max_rows));
  return limited.sort((a, b) => a - b);
};

/** A number in [0, 1) that depends on the label alone. */
const hashed = (label: string): number => seededRandom(label)();

const byHash = (rows: readonly MixRow[], members: readonly number[], label: string): number[] =>
  members.map((i) => ({ i, at: hashed(`${label}/${rows[i]!.content}`) })).sort((a, b) => a.at - b.at || a.i - b.i).map(({ i }) => i);

/** The order of the written file: every copy of a row has its own place. */
const inOrder = (rows: readonly MixRow[], members: readonly number[], seed: number): MixRow[] => {
  const copies = new Map<number, number>();
  return members.map((i) => {
    const copy = copies.get(i) ?? 0;
    copies.set(i, copy + 1);
    return { i, at: hashed(`${seed}/order/${copy}/${rows[i]!.content}`) };
  }).sort((a, b) => a.at - b.at || a.i - b.i).map(({ i }) => rows[i]!);
};

/** The groups that are held out: those whose hash is below the share; the lowest one where there would be none, and never all. */
const holdOut = (rows: readonly MixRow[], chosen: readonly number[], parents: Union, { eval_fraction, seed }: Pick<MixConfig, "eval_fraction" | "seed">): ReadonlySet<number> => {
  if (eval_fraction === 0) return new Set();
  const ordered = groupsByHash(rows, chosen, parents, seed);
  const count = ordered.filter(({ at }) => at < eval_fraction).length;
  return new Set(ordered.slice(0, Math.min(Math.max(count, 1), ordered.length - 1)).map(({ group }) => group));
};

/** What of a file is to be held out: a share of its groups, from 0 to 1, or so many rows. */
export type HeldAmount = { readonly share: number } | { readonly rows: number };

/** The rows that are held out of one file, by index; those that belong together go together. A number of rows is reached as nearly as the groups allow, and never passed. */
export const heldRows = (rows: readonly MixRow[], pairs: LikePairs, amount: HeldAmount, seed: number): number[] => {
  const parents = unionOf(rows, pairs, { near_duplicates: "together" }), all = rows.map((_, i) => i);
  if ("share" in amount) {
    const held = holdOut(rows, all, parents, { eval_fraction: amount.share, seed });
    return all.filter((i) => held.has(parents.find(i)));
  }
  const members = new Map<number, number[]>();
  for (const i of all) members.set(parents.find(i), [...(members.get(parents.find(i)) ?? []), i]);
  const taken: number[] = [];
  for (const { group } of groupsByHash(rows, all, parents, seed).slice(0, -1)) if (taken.length + members.get(group)!.length <= amount.rows) taken.push(...members.get(group)!);
  return taken.sort((a, b) => a - b);
};

const groupsByHash = (rows: readonly MixRow[], chosen: readonly number[], parents: Union, seed: number): { group: number; at: number }[] => {
  // A group is known by the least of its members' contents: which file or line it came from does not matter.
  const names = new Map<number, string>();
  for (const i of chosen) {
    const group = parents.find(i), name = names.get(group), { content } = rows[i]!;
    if (name === undefined || content < name) names.set(group, content);
  }
  return [...names].map(([group, name]) => ({ group, at: hashed(`${seed}/split/${name}`) })).sort((a, b) => a.at - b.at || a.group - b.group);
};

interface Union { find(i: number): number }

const joined = (size: number, pairs: readonly (readonly [number, number])[]): Union => {
  const parents = Int32Array.from({ length: size }, (_, i) => i);
  const find = (i: number): number => {
    while (parents[i] !== i) i = parents[i] = parents[parents[i]!]!;
    return i;
  };
  for (const [a, b] of pairs) {
    const [low, high] = [find(a), find(b)].sort((x, y) => x - y) as [number, number];
    parents[high] = low;
  }
  return { find };
};

const unionOf = (rows: readonly MixRow[], { near, asked }: LikePairs, config: Pick<MixConfig, "near_duplicates">): Union => {
  const pairs = config.near_duplicates === "ignore" ? [] : [...near, ...asked];
  const first = new Map<string, number>();
  rows.forEach(({ content, groups }, i) => {
    for (const key of [`content ${content}`, ...groups.map((group) => `group ${group}`)]) {
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else pairs.push([other, i]);
    }
  });
  return joined(rows.length, pairs);
};
