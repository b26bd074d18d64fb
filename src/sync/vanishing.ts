/** When a round takes so much away that a mistake of the server is likelier than its will. */
import type { Loss, Merged } from './merge.js'

/** Of so few resources, or members, any number may go at once. */
export const fewMax = 10

/** More than half of more than a few. */
export const isMost = (gone: number, before: number): boolean => before > fewMax && gone > before / 2

/**
 * The types of which a round takes away more than half, where there were more than ten; of a new base also those that
 * it lacks altogether, however few there were. Deleting is a server's right, and each delete that it names is believed
 * of a few: a type that it merely does not bring any more may as well be one that this client may not see any more.
 */
export const vanishing = ({ losses, exports }: Pick<Merged, 'losses' | 'exports'>): [string, Loss][] => {
  const isBase = exports.some(({ role }) => role === 'base')
  return Object.entries(losses).filter(
    ([, { before, deleted }]) => isMost(deleted, before) || (isBase && deleted === before),
  )
}
