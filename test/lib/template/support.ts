import type {SqlFile} from '../../../src/lib/sql/file.js'
import {readTemplate} from '../../../src/lib/template/compile.js'
import type {Template} from '../../../src/lib/template/template.js'

/** A template of this text, called t.sql. */
export function templateOf(text: string | Buffer): Promise<Template> {
  const bytes = Buffer.from(text)
  const file: SqlFile = {
    path: 't.sql',
    folder: '',
    size: bytes.length,
    id: undefined,
    read: async function* () {
      yield bytes
    },
  }
  return readTemplate(file)
}
