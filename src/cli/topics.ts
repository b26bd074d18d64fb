/** The topics of `bulkx help`. What they are read off is loaded only where somebody asks for it. */

export interface Topic {
  summary: string
  /** In lines of at most so many characters. */
  text: (width: number) => Promise<string>
}

/** By their names. */
export const topics: Readonly<Record<string, Topic>> = {
  environment: {
    summary: 'variables that stand for options',
    text: async (width) => (await import('./topics/environment.js')).environmentTopic(width),
  },
  'exit-codes': {
    summary: 'what each exit code means, and what to do',
    text: async (width) => (await import('./exit-status.js')).exitCodesTopic(width),
  },
  errors: {
    summary: 'what the code of an error means, and what to do',
    text: async (width) => (await import('./topics/errors.js')).errorsTopic(width),
  },
  findings: {
    summary: 'what a whole export may still say',
    text: async (width) => (await import('./topics/findings.js')).findingsTopic(width),
  },
  files: {
    summary: 'what is in an output directory',
    text: async (width) => (await import('./topics/files.js')).filesTopic(width),
  },
  json: {
    summary: 'what --json writes, line by line',
    text: async (width) => (await import('./topics/json.js')).jsonTopic(width),
  },
  presets: {
    summary: 'settings and advice for known servers',
    text: async (width) => (await import('./topics/presets.js')).presetsTopic(width),
  },
  vendors: {
    summary: 'what servers are known for, and how sure that is',
    text: async (width) => (await import('./topics/vendors.js')).vendorsTopic(width),
  },
  faults: {
    summary: 'what can go wrong at the mock, on request',
    text: async (width) => (await import('./topics/mock.js')).faultsTopic(width),
  },
  scenarios: {
    summary: 'situations of real servers that the mock plays',
    text: async (width) => (await import('./topics/mock.js')).scenariosTopic(width),
  },
}
