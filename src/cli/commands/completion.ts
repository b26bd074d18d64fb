/** `bulkx completion`: prints what makes a shell complete the words of bulkx. */
import { BulkxError } from '../../errors.js'
import { namesHint } from '../../options/did-you-mean.js'
import { scripts, shells } from '../completion/scripts.js'
import type { Run } from '../invocation.js'

export const run: Run = async ({ args: [shell = ''], settings }, io) => {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script === undefined) {
    throw new BulkxError('BULKX_USAGE', `There is no completion for the shell ${JSON.stringify(shell)}`, {
      hint: namesHint(shell, shells),
    })
  }
  if (settings.get('json')) return { result: { shell, script } }
  io.stdout.write(script)
  return {}
}
