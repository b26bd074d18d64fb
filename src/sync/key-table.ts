/** Keys of resources, type and id, in buffers instead of strings: some seventy bytes each with what is known of them. */

/** The bytes of a key: borrowed, good until the next one is read. */
export interface Key {
  /** By number, see `TypeNames`. */
  type: number
  /** The id is `bytes` from `from` to `to`, in UTF-8. */
  bytes: Buffer
  from: number
  to: number
  /** Of type and id, by `hashOf`. */
  hash: number
}

const pieceBytes = 64 * 1024

/** FNV-1a, seeded: who chooses ids does not know which of them meet. `seed` is the run's own. */
export const hashOf = (seed: number, type: number, bytes: Uint8Array, from: number, to: number): number => {
  let hash = seed ^ Math.imul(type + 1, 0x9e3779b1)
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return mixed(hash)
}

/** The last step of `hashOf`, for who takes the others while reading. */
export const mixed = (hash: number): number => {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** Open addressing; entries are numbered from 0 in the order of their insertion, and stay. */
export class KeyTable {
  /** Entry + 1, or 0. */
  private slots = new Uint32Array(1024)
  private hashes = new Uint32Array(512)
  private places = new Float64Array(512)
  private types = new Uint16Array(512)
  private lengths = new Uint16Array(512)
  private readonly pieces: Buffer[] = []
  private room = 0
  size = 0

  /** What it takes of memory. */
  get bytes(): number {
    return this.slots.length * 4 + this.hashes.length * 16 + this.pieces.length * pieceBytes
  }

  /** The entry of a key, or -1. */
  find(key: Key): number {
    const mask = this.slots.length - 1
    for (let slot = key.hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.slots[slot] ?? 0) - 1
      if (entry === -1 || this.isAt(entry, key)) return entry
    }
  }

  /** Adds a key that is not there; its entry is the last one. */
  insert(key: Key): number {
    if (2 * (this.size + 1) > this.slots.length) this.grow()
    const length = key.to - key.from
    if (length > this.room) {
      this.pieces.push(Buffer.allocUnsafeSlow(pieceBytes))
      this.room = pieceBytes
    }
    const entry = this.size
    const place = this.pieces.length * pieceBytes - this.room
    this.piece(place).set(key.bytes.subarray(key.from, key.to), place % pieceBytes)
    this.room -= length
    this.hashes[entry] = key.hash
    this.places[entry] = place
    this.types[entry] = key.type
    this.lengths[entry] = length
    this.size += 1
    this.link(entry)
    return entry
  }

  /** The key of an entry; good while the table is. */
  keyOf(entry: number): Key {
    const place = this.places[entry] ?? 0
    const from = place % pieceBytes
    const to = from + (this.lengths[entry] ?? 0)
    return { type: this.types[entry] ?? 0, bytes: this.piece(place), from, to, hash: this.hashes[entry] ?? 0 }
  }

  private piece(place: number): Buffer {
    const piece = this.pieces[Math.floor(place / pieceBytes)]
    if (!piece) throw new Error('a key has no piece')
    return piece
  }

  private isAt(entry: number, key: Key): boolean {
    if (this.hashes[entry] !== key.hash || this.types[entry] !== key.type) return false
    const length = this.lengths[entry] ?? 0
    if (length !== key.to - key.from) return false
    const place = this.places[entry] ?? 0
    const bytes = this.piece(place)
    const from = place % pieceBytes
    for (let at = 0; at < length; at += 1) if (bytes[from + at] !== key.bytes[key.from + at]) return false
    return true
  }

  private link(entry: number): void {
    const mask = this.slots.length - 1
    let slot = (this.hashes[entry] ?? 0) & mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask
    this.slots[slot] = entry + 1
  }

  private grow(): void {
    this.slots = new Uint32Array(2 * this.slots.length)
    const entries = this.slots.length / 2
    const longer = <T extends Uint32Array | Uint16Array | Float64Array>(made: T, old: T): T => {
      made.set(old)
      return made
    }
    this.hashes = longer(new Uint32Array(entries), this.hashes)
    this.places = longer(new Float64Array(entries), this.places)
    this.types = longer(new Uint16Array(entries), this.types)
    this.lengths = longer(new Uint16Array(entries), this.lengths)
    for (let entry = 0; entry < this.size; entry += 1) this.link(entry)
  }
}
