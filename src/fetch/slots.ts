/** How many transfers run at once; whoever comes later waits in line. */

export interface Slots {
  /** Runs `work` as soon as a slot is free. */
  use<T>(work: () => Promise<T>): Promise<T>
}

export const slots = (limit: number): Slots => {
  let free = limit
  const line: (() => void)[] = []
  const enter = async (): Promise<void> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => line.push(resolve))
  }
  const leave = (): void => {
    const next = line.shift()
    if (next) next()
    else free += 1
  }
  return {
    use: async (work) => {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
