/** Owns the endless prose from which the base learns the world: documents of a few sentences, half telling and half asking. */
import { askedSentence } from "./asking";
import { type Family, type Item, capitalise, fill } from "./family";
import { factFamilies, personFamilies } from "./facts";
import { landCapitals, objects, opposites, people, weekDays } from "./lexicon";
import { type Random, createRandom } from "./random";
import { drawClause, skillFamilies } from "./skills";

export const families: readonly Family[] = [...factFamilies, ...skillFamilies];
const weights = families.map((family) => family.weight);
/** Share of sentences that only fill the time between facts. */
const idleShare = 0.015;

const idleSentence = (random: Random): string => {
  const [first, second] = random.sample(people, 2) as [string, string];
  return capitalise(random.pick([
    `${first} and ${second} took the road to ${random.pick(landCapitals)[1]}.`,
    `${drawClause(random)}.`,
    `On ${random.pick(weekDays)} it rained and ${first} stayed with ${second}.`,
    `${first} lent ${second} the ${random.pick(objects)}.`,
    `It was ${random.pick(opposites.flat())} outside, and ${drawClause(random)}.`,
  ]));
};

const sentence = (family: Family, item: Item, random: Random): string => {
  const names = random.sample(people.filter((name) => name !== item.key), 2);
  return random.next() < 0.5 ? capitalise(fill(random.pick(family.statements), item, names)) : askedSentence(family, item, names, random);
};
const anySentence = (random: Random): string => {
  if (random.next() < idleShare) return idleSentence(random);
  const family = random.weighted(families, weights);
  return sentence(family, family.draw(random), random);
};

/** One document of 2 to 6 sentences: about a third keep to one family, an eighth to one person, the rest mix. */
const document = (random: Random): string => {
  const kind = random.next(), length = 2 + random.below(5);
  if (kind < 0.12) {
    const person = random.pick(people);
    return random.sample(personFamilies, 2 + random.below(3)).map((family) => sentence(family, family.items!.find(({ key }) => key === person)!, random)).join(" ");
  }
  if (kind < 0.45) {
    const family = random.weighted(families, weights);
    return Array.from({ length }, () => sentence(family, family.draw(random), random)).join(" ");
  }
  return Array.from({ length }, () => anySentence(random)).join(" ");
};

/** Documents without end, the same for the same seed. */
export function* documents(seed: number): Generator<string> {
  const random = createRandom(seed);
  for (;;) yield document(random);
}
