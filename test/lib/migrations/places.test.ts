import {afterAll, beforeAll, expect, test} from 'vitest'
import {type MigrationStage, openMigrationStage} from './stage.js'

let stage: MigrationStage
beforeAll(async () => {
  stage = await openMigrationStage()
})
afterAll(() => stage.close())

const UP = '-- migrate:up\n'
const DOWN = '-- migrate:down\nSELECT 1;\n'

test.each([
  ['a statement of several lines', `${UP}CREATE TABLE t (\n  n int,\n  m inte\n);\n`, [4, 5]],
  [
    'line ends as on Windows',
    `${UP}SELECT 1;\nSELECT\n  bad;\n${DOWN}`.replaceAll('\n', '\r\n'),
    [4, 3],
  ],
  ['a byte order mark', `\uFEFF${UP}SELECT 1; SELECT bad;\n`, [2, 18]],
  ['a DO body', `${UP}DO $$\nBEGIN\n  PERFORM bad();\nEND $$;\n${DOWN}`, [4, 3]],
  [
    'the body of a function',
    `${UP}CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRN 1;\nEND $$;\n${DOWN}`,
    [4, 3],
  ],
  ['the end of the part', `${UP}SELECT 1;\nSELECT 1 +\n\n${DOWN}`, [3, 11]],
  ['the end of the file', `${UP}SELECT 1;\nSELECT 1 +`, [3, 11]],
  [
    'a row of a COPY',
    `${UP}CREATE TABLE t (n int);\nCOPY t FROM stdin;\n1\nx\n2\n\\.\n${DOWN}`,
    [5, 1],
  ],
  [
    'a statement behind the rows of a COPY',
    `${UP}CREATE TABLE t (t text);\nCOPY t FROM stdin;\na\\nb\n\\.\nSELECT E'\\n', bad;\n`,
    [6, 15],
  ],
  ['characters of several bytes', `${UP}SELECT 'äöü𝒳', bad;\n`, [2, 16]],
  ['a marker for a string', `${UP}SELECT $x$\n${DOWN}$x$;\n`, [2, 8]],
])('an error has its place in the file: %s', async (_, text, [line, column]) => {
  stage.folder.write({'0001_x': text})
  const error = await stage.migrate().catch((error: unknown) => error)
  expect(error).toMatchObject({
    details: {file: expect.stringMatching(/0001_x\.sql$/), line, column},
  })
})
