/** What a worker tells of its work, as data: for people a line each, for programs an object. */

export type WorkerEvent =
  | { type: 'export-taken-up'; exportId: string; place: string }
  | { type: 'export-refused'; exportId: string; reason: string }
  | { type: 'export-over'; exportId: string; files: number; bytes: number }
  | { type: 'file-stored'; exportId: string; name: string; bytes: number }
  | { type: 'file-failed'; exportId: string; name: string; message: string }
  | { type: 'file-given-back'; exportId: string; name: string; reason: string }
  | { type: 'leaving'; files: number }
