import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {packageRoot} from '../../support/program.js'

const UNREADABLE = /\bstyle(?:Out)?\.(?:\w+\.)*(?:yellow|white|\w+Bright)\b/

test('no words have a colour that cannot be read on a white terminal', () => {
  const src = join(packageRoot, 'src')
  const files = readdirSync(src, {recursive: true, encoding: 'utf8'}).filter((path) =>
    path.endsWith('.ts'),
  )
  const texts = files.map((path) => ({path, text: readFileSync(join(src, path), 'utf8')}))
  expect(texts.filter(({text}) => /\bstyle(?:Out)?\.\w/.test(text))).not.toEqual([])
  expect(texts.filter(({text}) => UNREADABLE.test(text)).map(({path}) => path)).toEqual([])
})
