/** The manifest: how servers list what there is. */
import type { Scenario } from '../scenario.js'

export const manifestScenarios: readonly Scenario[] = [
  {
    id: 'M-01',
    priority: 'A',
    server: 'requiresAccessToken is the text "true"',
    make: () => ({
      personality: {
        manifest: {
          reshape: (manifest) => ({ ...manifest, requiresAccessToken: String(manifest.requiresAccessToken) }),
        },
      },
    }),
  },
]
