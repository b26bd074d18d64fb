/** Lines of every kind that JSON's and UTF-8's grammars know, and their near misses. */

export interface Case {
  name: string
  line: Buffer
  isGood: boolean
  /** Good, but `JSON.parse` has to find that out. */
  isAsked?: boolean
}

const member = (value: string): string => `{"a":${value}}`
const text = (content: string): string => member(`"${content}"`)
const line = (name: string, source: string | number[], isGood: boolean): Case => ({
  name,
  line: typeof source === 'string' ? Buffer.from(source) : Buffer.from(source),
  isGood,
})
const values = (sources: string[], isGood: boolean): Case[] =>
  sources.flatMap((source) => [
    line(`value ${source}`, member(source), isGood),
    line(`element ${source}`, member(`[${source}]`), isGood),
    line(`later element ${source}`, member(`[0,${source} , 1]`), isGood),
  ])
const texts = (contents: string[], isGood: boolean): Case[] =>
  // Before, across and behind the first vector of 16 bytes, as a value and as a key.
  contents.flatMap((content) =>
    ['', '. twelve bytes', 'z'.repeat(15), 'z'.repeat(40)].flatMap((padding) => [
      line(`string ${padding}${content}`, text(padding + content), isGood),
      line(`string ${content}${padding}`, text(content + padding), isGood),
      line(`inner key ${padding}${content}`, member(`{"${padding}${content}":1}`), isGood),
    ]),
  )

const numbers = [
  ...values(['0', '-0', '1', '-1', '10', '9007199254740993', '123456789012345678901234567890'], true),
  ...values(['0.0', '-0.10', '1.5', '72.50', '0.000000000000000000001', '1.7976931348623159e309'], true),
  ...values(['0e0', '1e5', '1E5', '1e+5', '1E-05', '-1.5e+10', '0e-999', '1e400', '-0.0e-0'], true),
  ...values(
    ['00', '01', '-01', '-', '--1', '+1', '.5', '-.5', '1.', '1.e5', '1.5.5', '0x10', '1_0', '0b1'],
    false,
  ),
  ...values(
    ['1e', '1E+', '1e-', '1e5.5', '1e 5', '1 .5', '- 1', '1ee5', '1e+-5', '1a', '1"', '٣', '１'],
    false,
  ),
  ...values(
    [
      'NaN',
      'Infinity',
      '-Infinity',
      '1n',
      '1f',
      '0.',
      '-0.',
      '0e',
      '1e.5',
      '1e+.5',
      '1e++5',
      '1E--5',
      '1e,5',
      '1.-5',
    ],
    false,
  ),
]

const literals = [
  ...values(['true', 'false', 'null', '{}', '[]', '""', '[[]]', '[{}]', '{"":""}', '{"a":{},"b":[]}'], true),
  ...values(['True', 'TRUE', 'tru', 'truee', 'true1', 'fals', 'False', 'nul', 'nulll', 'Null', 'nil'], false),
  ...values(['undefined', 'trufals', 'falsetrue', 'nullnull', "'a'", 'a', '`a`', '/**/1', '1//', '#'], false),
]

const structure = [
  ...values([',', ',1', '1,', '1,,1', '1 1', '"a""b"', '"a":1', '1:1', '{,}', '{"a"}', '{"a":}'], false),
  ...values(
    ['{"a":1,}', '{"a",1}', '{"a":1 "b":2}', '{a:1}', '{1:1}', '{null:1}', "{'a':1}", '{"a"::1}'],
    false,
  ),
  ...values(
    ['[', ']', '{', '}', '[}', '{]', '[1}', '{"a":1]', '[[1]', '[1]]', '{"a":[}', '{"a":1}}', '[[[}]]'],
    false,
  ),
  ...values(
    ['{:1}', '{"a":1;"b":2}', '[1;2]', '(1)', '{"a":1,,"b":2}', '{"a" "b"}', '{[]:1}', '{{}:1}'],
    false,
  ),
  ...[
    '[]',
    '[1]',
    '[{}]',
    '1',
    '"a"',
    'true',
    'null',
    '-',
    '{',
    '}',
    '{}}',
    '{}{}',
    '{},{}',
    '{}[]',
    '[{}',
  ].map((source) => line(`line ${source}`, source, false)),
  ...[
    '{} {}',
    '{} x',
    '{}//',
    '{}\0',
    '\0{}',
    '{"a":1}1',
    ',{}',
    '{},',
    '{',
    '{"',
    '{"a',
    '{"a"',
    '{"a":',
  ].map((source) => line(`line ${source}`, source, false)),
  ...['{}', '{"a":1,"a":2}', '{"":0}', '{"__proto__":{"resourceType":"Patient"}}', '{"constructor":1}'].map(
    (source) => line(`line ${source}`, source, true),
  ),
]

const escapes = [
  ...texts(['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0000', '\\uABCD', '\\uabcd'], true),
  ...texts(
    ['\\\\\\"', '\\\\n', '\\u00e9', '\\ud83d\\ude00', '\\ud800', '\\udc00', '\\udc00\\ud800', '\\uFFFF'],
    true,
  ),
  ...texts(['\\a', '\\v', '\\0', '\\x41', '\\U0041', "\\'", '\\ ', '\\\t', '\\N', '\\é', '\\\\\\'], false),
  ...texts(
    ['\\u', '\\u1', '\\u12', '\\u123', '\\u123g', '\\ug123', '\\u 123', '\\u+123', '\\u-123', '\\u{41}'],
    false,
  ),
  ...texts(['\\u００４１', '\\u12"', '\\u@@@@', '\\u````', '\\u::::', '\\u////', '"', '\\"""'], false),
]

const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).flatMap((control) =>
  control === '\n' ? [] : [...texts([control], false), line('key', `{"${control}":1}`, false)],
)

const spaces = [
  ...[' {}', '{} ', '\t{}\t', '{}\r', '\r{}\r\r', ' \t\r {} \t\r '].map((source) =>
    line(`edge ${source}`, source, true),
  ),
  line('inside', '\t{ "a" : [ 1 ,\t2 , { } , [ ] ]\r, "b"\t:\r{ "c" : null } } ', true),
  ...['\v', '\f', '\u00a0', '\ufeff', '\u2003', '\u2028', '\u3000', '\u0085', '\0', '\u001f'].flatMap(
    (space) => [
      line(`before U+${space.charCodeAt(0).toString(16)}`, `${space}{}`, false),
      line(`behind U+${space.charCodeAt(0).toString(16)}`, `{}${space}`, false),
      line(`inside U+${space.charCodeAt(0).toString(16)}`, `{"a":${space}1}`, false),
    ],
  ),
  ...texts(
    ['\u007f', '\u0080', '\u00a0', '\u2028', '\u2029', '\ufeff', '\u3000', 'é', '漢', '😀', '\uffff'],
    true,
  ),
]

const nested = (depth: number, inner: string, isGood: boolean): Case[] => {
  const arrays = `{"a":${'['.repeat(depth - 1)}${inner}${']'.repeat(depth - 1)}}`
  const objects = `${'{"a":'.repeat(depth - 1)}{${inner === '' ? '' : `"a":${inner}`}}${'}'.repeat(depth - 1)}`
  const mixed = `${'{"a":['.repeat(depth / 2)}${inner}${']}'.repeat(depth / 2)}`
  return [arrays, objects, mixed, arrays.slice(0, -1), objects.slice(0, -1), `${objects}}`].map(
    (source, index) => ({
      ...line(`${depth} deep, ${index}`, source, isGood && index < 3),
      isAsked: depth > 1000 && (index !== 2 || depth > 1001),
    }),
  )
}

const nesting = [1, 2, 15, 999, 1000, 1001, 1002, 5000].flatMap((depth) => [
  ...nested(depth, '1', true).filter((_, index) => depth > 1 || index !== 2),
  ...nested(depth, '01', false),
])

const sequences: [string, number[], boolean][] = [
  ['two bytes', [0xc3, 0xa9], true],
  ['first of two bytes', [0xc2, 0x80], true],
  ['last of two bytes', [0xdf, 0xbf], true],
  ['first of three bytes', [0xe0, 0xa0, 0x80], true],
  ['before the surrogates', [0xed, 0x9f, 0xbf], true],
  ['behind the surrogates', [0xee, 0x80, 0x80], true],
  ['last of three bytes', [0xef, 0xbf, 0xbf], true],
  ['first of four bytes', [0xf0, 0x90, 0x80, 0x80], true],
  ['last of all', [0xf4, 0x8f, 0xbf, 0xbf], true],
  ['overlong slash, two', [0xc0, 0xaf], false],
  ['overlong slash, three', [0xe0, 0x80, 0xaf], false],
  ['overlong slash, four', [0xf0, 0x80, 0x80, 0xaf], false],
  ['overlong quote', [0xc0, 0xa2], false],
  ['overlong zero', [0xc0, 0x80], false],
  ['largest overlong, two', [0xc1, 0xbf], false],
  ['largest overlong, three', [0xe0, 0x9f, 0xbf], false],
  ['largest overlong, four', [0xf0, 0x8f, 0xbf, 0xbf], false],
  ['first surrogate', [0xed, 0xa0, 0x80], false],
  ['last surrogate', [0xed, 0xbf, 0xbf], false],
  ['pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], false],
  ['first beyond Unicode', [0xf4, 0x90, 0x80, 0x80], false],
  ['far beyond Unicode', [0xf7, 0xbf, 0xbf, 0xbf], false],
  ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80], false],
  ['six bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], false],
  ['never a byte', [0xff], false],
  ['never a byte either', [0xfe], false],
  ['continuation alone', [0x80], false],
  ['continuation behind', [0xc3, 0xa9, 0xa9], false],
  ['Latin-1', [0xe9], false],
]

const cut: [string, number[], boolean][] = sequences
  .filter(([, bytes, isGood]) => isGood && bytes.length > 1)
  .flatMap(([name, bytes]) =>
    bytes
      .slice(1)
      .map((_, kept): [string, number[], boolean] => [
        `${name}, cut after ${kept + 1}`,
        bytes.slice(0, kept + 1),
        false,
      ]),
  )

/** At every position to the second vector, in a string, in a key, and where no string is. */
const encodings = [...sequences, ...cut].flatMap(([name, bytes, isGood]) => [
  ...Array.from({ length: 34 }, (_, position) =>
    line(
      `UTF-8 ${name} at ${position}`,
      [...Buffer.from(`{"a":"${'a'.repeat(position)}`), ...bytes, ...Buffer.from('","b":1}')],
      isGood,
    ),
  ),
  line(`UTF-8 ${name} in a key`, [...Buffer.from('{"a":{"'), ...bytes, ...Buffer.from('":1}}')], isGood),
  line(`UTF-8 ${name} at the end`, [...Buffer.from('{"a":"'), ...bytes], false),
  line(`UTF-8 ${name} outside`, [...Buffer.from('{"a":1'), ...bytes, ...Buffer.from('}')], false),
  line(`UTF-8 ${name} before`, [...bytes, ...Buffer.from('{}')], false),
  line(`UTF-8 ${name} behind`, [...Buffer.from('{}'), ...bytes], false),
])

/** A good line, and all its beginnings. */
export const complete = Buffer.from(
  '{"resourceType":"Patient","a":[-1.50e+7,true,false,null,{"b\\u00e9\\n":""}],"c":{"d":"é漢😀 and more than 16"}}',
)
const truncated = Array.from({ length: complete.length - 1 }, (_, index) => ({
  name: `cut at ${index + 1}`,
  line: complete.subarray(0, index + 1),
  isGood: false,
}))

export const cases: Case[] = [
  ...numbers,
  ...literals,
  ...structure,
  ...escapes,
  ...controls,
  ...spaces,
  ...nesting,
  ...encodings,
  ...truncated,
  { name: 'complete', line: complete, isGood: true },
]
