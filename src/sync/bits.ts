/** A set of numbers that is small where they are few: one bit each, in pieces that are made when one is set. */

const pieceBits = 16
const pieceBytes = 2 ** pieceBits / 8
const within = 2 ** pieceBits - 1

export class Bits {
  private readonly pieces: (Uint8Array | undefined)[] = []
  /** How many are in it. */
  size = 0

  has(number: number): boolean {
    const piece = this.pieces[Math.floor(number / (within + 1))]
    return piece !== undefined && ((piece[(number & within) >> 3] ?? 0) & (1 << (number & 7))) !== 0
  }

  add(number: number): void {
    const index = Math.floor(number / (within + 1))
    let piece = this.pieces[index]
    if (piece === undefined) {
      piece = new Uint8Array(pieceBytes)
      // No holes: an array of them is slow.
      while (this.pieces.length < index) this.pieces.push(undefined)
      this.pieces[index] = piece
    }
    const at = (number & within) >> 3
    const before = piece[at] ?? 0
    const after = before | (1 << (number & 7))
    if (after === before) return
    piece[at] = after
    this.size += 1
  }
}
