// The figures as tables: for a terminal, and for docs/performance.md.
import { parallel } from './clients.js'

const widthOf = (text) => [...text].length

const aligned = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]))))
  const padded = rows.map((row) =>
    row.map((cell, column) => cell + ' '.repeat(widths[column] - widthOf(cell))),
  )
  return padded.map((row) => `  ${row.join('  ').trimEnd()}\n`).join('')
}

const clientRows = ({ clients }) => [
  ['client', 'wall s', 'least–most', 'CPU s', 'peak MiB'],
  ...clients.map(({ name, wall, least, most, cpu, rss }) => [
    ...[name, wall.toFixed(3), `${least.toFixed(3)}–${most.toFixed(3)}`],
    ...[cpu.toFixed(2), rss.toFixed(0)],
  ]),
]

const figureRows = ({ figures }) => [
  ['figure', 'value', 'must be', 'better', ''],
  ...figures.map(({ what, figure, target, stretch, verdict }) => [what, figure, target, stretch, verdict]),
]

/** One scenario, as soon as it is measured. */
export const terminalText = ({ name, title, result, missing }) => {
  if (missing !== undefined) return `${name}: ${title}\n  ${missing}\n\n`
  return `${name}: ${title}, ${result.what}\n${aligned(clientRows(result))}\n${aligned(figureRows(result))}\n`
}

const markdownTable = ([head, ...rows]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')

const section = ({ name, title, result, missing }) =>
  missing !== undefined
    ? `## ${title} (\`${name}\`)\n\nNot measured: ${missing}.\n`
    : `## ${title} (\`${name}\`)\n\n${result.what}\n\n${markdownTable(clientRows(result))}\n${markdownTable(figureRows(result))}`

/** The page for docs/. */
export const page = (measuredScenarios, machine, { rounds, load, version }) => `# How fast is bulkx?

What \`npm run bench -- --write\` measured. Nothing here is a test, and a figure that is not met fails nothing: where the time
goes, and what was tried, is in [where-the-time-goes.md](where-the-time-goes.md).

bulkx ${version}, ${machine.node}, ${machine.curl}; ${machine.cpu}, ${machine.memory}, ${machine.system}; load before
the run ${load.toFixed(1)}.

**Method.** Whole processes side by side, in an order that rotates; medians of ${rounds} rounds after one that is not counted,
ratios round by round. Client and servers share the machine: nginx (one worker, sendfile) has the files, a small server
beside it kick-off, status and manifest. curl is handed the URLs and checks nothing; bulkx kicks off, waits, reads the
manifest, checks every line, counts, hashes, syncs and renames. Both fetch ${parallel} files at once, and what they wrote is
compared with what was sent by sha256, or the run fails. Wall: monotonic clock. CPU (user and system) and peak memory:
GNU time. Differences below a tenth mean nothing.

**Again.** \`npm run bench\` (minutes, some 5 GB of disk and 2.5 GB of memory for the output), \`npm run bench -- --quick\` (under a
minute), \`npm run bench -- gzip small\` (these only). It wants \`nginx\`, \`curl\`, \`openssl\` and GNU \`time\` (Debian: \`apt-get
install nginx-light curl openssl time\`). The data is made at the first run and kept in \`$BULKX_BENCH_DIR\`, or
\`~/.cache/bulkx-bench\`: delete it when you like.

${measuredScenarios.map(section).join('\n')}`
