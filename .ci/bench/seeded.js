// Random numbers that are the same each time, on every machine (xorshift128).

const hex = Array.from({ length: 65536 }, (_, value) => value.toString(16).padStart(4, '0'))

export class Seeded {
  constructor(seed) {
    let state = seed >>> 0
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
      return (mixed ^ (mixed >>> 15)) >>> 0
    }
    this.words = [next(), next(), next(), next() || 1]
  }

  word() {
    const [x, y, z, w] = this.words
    const mixed = x ^ (x << 11)
    const fresh = (w ^ (w >>> 19) ^ mixed ^ (mixed >>> 8)) >>> 0
    this.words[0] = y
    this.words[1] = z
    this.words[2] = w
    this.words[3] = fresh
    return fresh
  }

  below(limit) {
    return this.word() % limit
  }

  pick(list) {
    return list[this.word() % list.length]
  }

  uuid() {
    const [a, b, c, d] = [this.word(), this.word(), this.word(), this.word()]
    return `${hex[a >>> 16]}${hex[a & 65535]}-${hex[b >>> 16]}-${hex[b & 65535]}-${hex[c >>> 16]}-${hex[c & 65535]}${hex[d >>> 16]}${hex[d & 65535]}`
  }
}
