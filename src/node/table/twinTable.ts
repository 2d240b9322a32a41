/** Which digests were seen before: 128 bits each in flat arrays, 40 MB for a million rows where strings would take three times that. */

export class TwinTable {
  private slots = 1 << 12;
  private words = new Uint32Array(this.slots * 4);
  private used = new Uint8Array(this.slots);
  private count = 0;

  /** True where the same digest was added before. Looks at its first 16 bytes. */
  add(digest: Buffer): boolean {
    if (this.count * 2 >= this.slots) this.grow();
    const known = this.place(digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12));
    if (!known) this.count++;
    return known;
  }

  private place(a: number, b: number, c: number, d: number): boolean {
    for (let slot = a & (this.slots - 1); ; slot = (slot + 1) & (this.slots - 1)) {
      const at = slot * 4;
      if (this.used[slot] === 0) {
        this.used[slot] = 1;
        this.words[at] = a;
        this.words[at + 1] = b;
        this.words[at + 2] = c;
        this.words[at + 3] = d;
        return false;
      }
      if (this.words[at] === a && this.words[at + 1] === b && this.words[at + 2] === c && this.words[at + 3] === d) return true;
    }
  }

  private grow(): void {
    const { words, used, slots } = this;
    this.slots = slots * 2;
    this.words = new Uint32Array(this.slots * 4);
    this.used = new Uint8Array(this.slots);
    for (let slot = 0; slot < slots; slot++) if (used[slot] === 1) this.place(words[slot * 4]!, words[slot * 4 + 1]!, words[slot * 4 + 2]!, words[slot * 4 + 3]!);
  }
}
