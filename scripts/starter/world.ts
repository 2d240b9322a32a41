/** Owns the facts of the starter world: who lives where and does what, what each land flies and sells. All of it is invented. */
import { colours, instruments, jobs, kinds, landCapitals, months, opposites, people, pets, wares, weekDays } from "./lexicon";
import { type Item } from "./family";
import { createRandom } from "./random";

const random = createRandom(2024);

export const toItems = (pairs: readonly (readonly [string, string])[]): Item[] => pairs.map(([key, answer]) => ({ key, answer }));

/** Deals `values` out evenly, so that no answer is a good guess. */
const deal = (keys: readonly string[], values: readonly string[]): Item[] => {
  const dealt = random.shuffle(keys.map((_key, at) => values[at % values.length]!));
  return keys.map((key, at) => ({ key, answer: dealt[at]! }));
};

const around = (circle: readonly string[]): Item[] => circle.map((key, at) => ({ key, answer: circle[(at + 1) % circle.length]! }));

const lands = landCapitals.map(([land]) => land);
const towns = landCapitals.map(([, capital]) => capital);

export const capitals = toItems(landCapitals);
export const flags = deal(lands, colours);
export const landWares = deal(lands, wares);
export const homes = deal(people, towns.slice(0, 10));
export const works = deal(people, jobs);
export const ownPets = deal(people, pets);
export const played = deal(people, instruments);
export const oppositeWords = toItems([...opposites, ...opposites.map(([left, right]) => [right, left] as const)]);
export const kindOf = Object.entries(kinds).flatMap(([kind, members]) => members.map((key) => ({ key, answer: kind })));
export const following = [...around(weekDays), ...around(months)];
export const sums = Array.from({ length: 100 }, (_unused, at): Item => {
  const left = Math.floor(at / 10), right = at % 10;
  return { key: `${left} plus ${right}`, answer: String(left + right) };
});
