import {sqlInMemory} from '../../../src/lib/sql/file.js'
import {readTemplate} from '../../../src/lib/template/compile.js'
import type {Template} from '../../../src/lib/template/template.js'

/** A template of this text, called t.sql. */
export function templateOf(text: string | Buffer): Promise<Template> {
  return readTemplate(sqlInMemory('t.sql', text))
}
