import {afterEach, expect, test, vi} from 'vitest'
import {drawSchema} from '../../../src/lib/diagram/diagram.js'
import {NETWORK} from './schemas.js'

afterEach(() => vi.doUnmock('@hpcc-js/wasm-graphviz'))

/** What it takes to exhaust its memory, 4 GB, would take minutes. */
test('where Graphviz gives up, the way out is one that does without it', async () => {
  const dot = () => {
    throw new Error('memory access out of bounds')
  }
  vi.doMock('@hpcc-js/wasm-graphviz', () => ({Graphviz: {load: async () => ({dot})}}))
  await expect(drawSchema(NETWORK, 'svg')).rejects.toThrow(
    expect.objectContaining({
      code: 'DIAGRAM_FAILED',
      exit: 1,
      message: 'the picture cannot be laid out: memory access out of bounds',
      details: expect.objectContaining({hint: 'have it drawn elsewhere: --format mermaid'}),
    }),
  )
  expect(await drawSchema(NETWORK, 'mermaid')).toMatch(/^erDiagram\n/)
})
