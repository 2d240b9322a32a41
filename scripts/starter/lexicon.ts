/** Owns the words of the starter world. It is kept small on purpose: a base of 0.9 million parameters knows few words well. */

const words = (text: string): string[] => text.trim().split(/\s+/);
const pairs = (text: string): [string, string][] => words(text).map((pair) => pair.split(":") as [string, string]);

/** Invented lands with their invented capitals. */
export const landCapitals = pairs(`
  Orvane:Tamsel Kirrow:Brighol Maldune:Oakport Pelland:Selwick Ashmere:Varnel Dorveth:Merrow Sundral:Ebbin Yelmar:Pontil
  Corvany:Rushvale Ithra:Galwen Quessa:Isker Lumora:Nimrel Vintar:Thornby Hollin:Lowmar Jorund:Casmir Zephra:Dunmor`);
export const people = words("Arlo Bella Cyrus Dora Edgar Freya Gus Hazel Ivor Jasper Kora Linus Mabel Nora Otis Petra Quinn Rufus Sadie Toby");

export const colours = words("red blue green yellow black white silver purple orange pink");
export const wares = words("wool salt glass silk honey tea pepper paper coffee timber");
export const jobs = words("baker weaver pilot potter tailor gardener fisher dentist clerk miner dancer ranger");
export const pets = words("dog cat parrot rabbit turtle lizard hamster pony");
export const instruments = words("flute drum harp violin horn piano guitar trumpet");
export const objects = words("lamp chair ladder kettle hat scarf boat clock mirror table cup bag");

export const opposites = pairs(`hot:cold big:small fast:slow young:old dark:bright happy:sad wet:dry hard:soft high:low full:empty
  rich:poor strong:weak long:short early:late open:shut near:far clean:dirty loud:quiet smooth:rough deep:shallow`);
export const plurals = pairs(`child:children mouse:mice leaf:leaves city:cities foot:feet tooth:teeth woman:women wolf:wolves baby:babies
  dish:dishes goose:geese knife:knives story:stories bus:buses ship:ships hill:hills river:rivers bridge:bridges star:stars
  garden:gardens berry:berries shelf:shelves match:matches loaf:loaves`);
export const pasts = pairs(`go:went see:saw eat:ate run:ran sing:sang give:gave take:took write:wrote find:found bring:brought drink:drank
  swim:swam buy:bought teach:taught make:made come:came fall:fell break:broke speak:spoke fly:flew grow:grew know:knew keep:kept walk:walked`);
export const youngOnes = pairs(`dog:puppy cat:kitten cow:calf horse:foal sheep:lamb goat:kid pig:piglet duck:duckling bear:cub deer:fawn
  swan:cygnet frog:tadpole goose:gosling owl:owlet`);
export const sounds = pairs(`dog:bark cat:meow cow:moo horse:neigh sheep:bleat pig:grunt duck:quack lion:roar wolf:howl frog:croak owl:hoot
  bee:buzz snake:hiss mouse:squeak hen:cluck crow:caw`);
export const kinds: Readonly<Record<string, readonly string[]>> = {
  bird: words("robin eagle finch heron gull swan"),
  fruit: words("apple pear plum fig grape lemon"),
  tool: words("hammer chisel drill spade axe rake"),
  metal: words("iron gold tin zinc lead steel"),
  tree: words("oak pine elm birch maple willow"),
};
export const weekDays = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");
export const months = words("January February March April May June July August September October November December");
export const numberWords = words("zero one two three four five six seven eight nine ten");

/** Velish, the invented language of the world: nouns and adjectives, in the order of English. */
export const velishNouns = pairs("bread:tamo water:lusi house:doka sea:mera friend:yanu moon:selo wind:fira king:rogat road:pelu song:nalla fire:kash hand:bimo");
export const velishAdjectives = pairs("good:eno big:ursa small:pik red:vor blue:zil old:hann new:otti warm:sumi");

/** What a person can be taught, with the steps that answer. */
export const lessons: readonly (readonly [string, string])[] = [
  ["bake bread", "mix flour and water, wait an hour, then heat the oven"],
  ["brew tea", "boil water, add the leaves, then wait"],
  ["plant a tree", "dig a hole, set the root, then add water"],
  ["make soup", "cut the beans, add water and salt, then boil it"],
  ["catch a fish", "take a rod, find deep water, then wait"],
  ["paint a wall", "clean the wall, mix the paint, then use a brush"],
  ["light a fire", "find dry wood, stack it, then strike a match"],
  ["wash a shirt", "fill a tub, add soap, then rub it"],
  ["grow beans", "dig the soil, sow the seeds, then add water"],
  ["fly a kite", "find the wind, hold the string, then run"],
  ["mend a net", "find the hole, take a needle, then tie a knot"],
  ["make butter", "take cream, shake it, then add salt"],
  ["dry herbs", "cut the herbs, tie them, then hang them up"],
  ["pitch a tent", "find flat soil, raise the poles, then pull the ropes"],
  ["boil an egg", "fill a pot, heat the water, then add the egg"],
  ["clean a window", "take a cloth, add soap, then wipe it"],
];

/** Words of lists, letters and spelling. */
export const listWords = words(`amber anchor basket bean candle clay comb cloth door ember eel fern feather glove grain hook ink ivy jug kite
  lantern ladle moss mint needle net olive oar pearl pebble quill reed rope shell sail thorn torch urn vine wheel wagon yarn zest atlas knot jacket`);
