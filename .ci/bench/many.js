// Very many files: time and memory grow with their number, and no faster.
import { dataOf } from './data.js'
import { judged, median, ratioOf, summary } from './figures.js'
import { sideBySide } from './transfer.js'

/** Files that differ; each is listed under many URLs. */
const distinct = 1000

const listed = async (number, origin) => {
  const files = await dataOf('tiny', distinct)
  return Array.from({ length: number }, (_, position) => {
    const file = files[position % distinct]
    return { ...file, url: `${origin}/plain/tiny/${file.name}?n=${position}` }
  })
}

/** `linear`: how much more a file may take among the many than among the few. */
export const many =
  ({ few, manyFiles, quickFew, quickMany, reference, linear, bytesAFile }) =>
  async ({ server, folder, outDirectory, isQuick, own }) => {
    const numbers = isQuick ? [quickFew, quickMany] : [few, manyFiles]
    const results = []
    for (const number of numbers) {
      const files = await listed(number, server.nginx.plain)
      const place = { fhirUrl: server.offer(files).fhirUrl, out: outDirectory, ca: server.nginx.ca, folder }
      results.push(await sideBySide([reference, own[0]], place, files, 1))
    }
    const [[, ofFew], [theirs, ofMany]] = results
    const times = numbers[1] / numbers[0]
    const growth = median(ofMany.map(({ cpu }) => cpu)) / median(ofFew.map(({ cpu }) => cpu)) / times
    const memory = ((ofMany[0].rss - ofFew[0].rss) * 1024 * 1024) / (numbers[1] - numbers[0])
    return {
      what: `${numbers.join(' and ')} files of 1.5 KB`,
      clients: numbers.flatMap((number, which) =>
        [reference, own[0]].map(({ name }, position) =>
          summary(`${name}, ${number}`, results[which][position]),
        ),
      ),
      figures: [
        judged({ what: 'CPU of a file among many, to one among few', value: growth, target: linear }),
        judged({ what: 'memory of a file', value: memory, unit: 'B', digits: 0, target: bytesAFile }),
        judged({ what: `wall, to ${reference.name}`, value: ratioOf(ofMany, theirs) }),
      ],
    }
  }
