/** How many tasks an executor can usefully be given at once. */

/** Files that may wait for the disk, or for their next attempt, while others are fetched. */
const waitingMax = 64

export const capacityFor = (parallel: number): number => parallel + waitingMax
