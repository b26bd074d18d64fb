/** The bytes of a content, gathered into pieces as long as a store takes them. */

const mebibyte = 1024 * 1024
/** Of the first pieces; a multiple of 256 KiB, and at least 5 MiB, as the stores want it. */
const firstPieceBytes = 8 * mebibyte
/** Pieces of one length, before they are twice as long: 20 GB, then 60, 140, 300. */
const piecesOfLength = 2500
/** S3 takes no more. */
export const piecesMax = 10_000
/** What is no longer has no buffer of a piece's length. */
const smallBytes = mebibyte

/** Length of a piece, by its number from 0. */
export const pieceBytes = (number: number): number =>
  firstPieceBytes * 2 ** Math.floor(number / piecesOfLength)

/** Takes chunks, and keeps none of them: what it holds is copied. */
export class Pieces {
  private small: Uint8Array[] = []
  private buffer: Buffer | undefined
  private spare: Buffer | undefined
  private number = 0
  /** Bytes gathered of this piece. */
  length = 0

  /** How many of these bytes this piece still takes. */
  room(bytes: number): number {
    return Math.min(bytes, pieceBytes(this.number) - this.length)
  }

  /** No more than there is room for. */
  add(chunk: Uint8Array): void {
    if (!this.buffer && this.length + chunk.length <= smallBytes) {
      this.small.push(Uint8Array.from(chunk))
    } else {
      const buffer = this.buffered()
      buffer.set(chunk, this.length)
    }
    this.length += chunk.length
  }

  /** What was gathered, given away; the next piece begins. `giveBack` it, when nobody reads it any more. */
  take(): Buffer {
    const taken = this.buffer?.subarray(0, this.length) ?? Buffer.concat(this.small)
    this.small = []
    this.buffer = undefined
    this.length = 0
    this.number += 1
    return taken
  }

  giveBack(piece: Buffer): void {
    this.spare = piece
  }

  private buffered(): Buffer {
    if (this.buffer) return this.buffer
    const bytes = pieceBytes(this.number)
    const buffer = this.spare?.length === bytes ? this.spare : Buffer.allocUnsafeSlow(bytes)
    this.spare = undefined
    let at = 0
    for (const chunk of this.small) {
      buffer.set(chunk, at)
      at += chunk.length
    }
    this.small = []
    this.buffer = buffer
    return buffer
  }
}
