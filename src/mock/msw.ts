/** What the mock has of msw; the one module that loads it. */
export type { HttpHandler } from 'msw'

/**
 * While it is loaded, msw looks for cookies in `localStorage`. From Node 25 on there is one, and Node warns whoever
 * touches it without naming a file for it: so it is not there while msw looks.
 */
const withoutStorage = async <T>(load: () => Promise<T>): Promise<T> => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  if (!own?.configurable) return load()
  Object.defineProperty(globalThis, 'localStorage', { value: undefined, configurable: true })
  try {
    return await load()
  } finally {
    Object.defineProperty(globalThis, 'localStorage', own)
  }
}

export const { getResponse, http } = await withoutStorage(() => import('msw'))
