/** A text of our own, such as the manifest, as a content: stored in pieces, whole or not at all. */
import type { Part } from './sink.js'
import { turn } from './swiftness.js'

const pieceLength = 64 * 1024

/** Small pieces gathered, each about `pieceLength` long. */
function* piecesOf(text: string | Iterable<string>): Generator<string> {
  let gathered = ''
  for (const piece of typeof text === 'string' ? [text] : text) {
    gathered += piece
    if (gathered.length < pieceLength) continue
    yield gathered
    gathered = ''
  }
  yield gathered
}

export const writeWhole = async (part: Part, text: string | Iterable<string>): Promise<void> => {
  await part.restart()
  for (const piece of piecesOf(text)) {
    await part.append(Buffer.from(piece))
    // Making the pieces takes long where they are many, and other things go on.
    await turn()
  }
  await part.publish()
}
