import xterm from '@xterm/headless'
import {expect, test} from 'vitest'
import {filmOf} from '../../../scripts/pictures/film.js'
import type {Frame} from '../../../scripts/pictures/pace.js'
import {renamed, screenOf} from '../../../scripts/pictures/screen.js'
import {elementsOf, readXml, textOf} from '../../lib/diagram/read-xml.js'

const SIZE = {columns: 40, rows: 5}

/** A frame after each of the texts, half a second apart. */
async function filmed(texts: readonly string[]): Promise<Frame[]> {
  const terminal = new xterm.Terminal({
    cols: SIZE.columns,
    rows: SIZE.rows,
    scrollback: 0,
    allowProposedApi: true,
  })
  const frames: Frame[] = []
  for (const [place, text] of texts.entries()) {
    await new Promise<void>((resolve) => terminal.write(text, resolve))
    const screen = renamed(screenOf(terminal), new Map([['/long/path', '~']]))
    frames.push({at: place * 500, screen, typing: false})
  }
  terminal.dispose()
  return frames
}

const film = (frames: Frame[]): string => filmOf(frames, {...SIZE, title: 't', description: 'd'})

test('what is on the screen is drawn, each line once, with its colours', async () => {
  const texts = [
    'plain \u001b[1;31m<red>\u001b[0m\r\n',
    '\u001b[7m inverse \u001b[0m\r\n',
    '漢字 &\r\n',
  ]
  const root = readXml(film(await filmed(texts)))
  const spans = elementsOf(root, 'text').map((text) => [textOf(text), text.attributes.get('class')])
  expect(spans).toEqual([
    ['plain', undefined],
    ['<red>', 'red bold'],
    [' inverse ', 'inverse'],
    ['漢字 &', undefined],
  ])
  const frames = elementsOf(root, 'g').filter(({attributes}) => attributes.has('transform'))
  expect(frames.map((frame) => elementsOf(frame, 'use').length)).toEqual([1, 2, 3])
})

test('it shows the last frame to whoever wants no motion, and moves on at the frames’ times', async () => {
  const text = film(await filmed(['a', '', 'b', 'c']))
  const [, width] = /width="(\d+)"/.exec(text) ?? []
  const right = (frames: number): string => `transform:translateX(${-frames * Number(width)}px)`
  expect(text).toContain(`.film{${right(2)}}`)
  // 1.5 s, and 5 s at the end; the second frame shows nothing new.
  const steps = [`0%{${right(0)}}`, `15.38%{${right(1)}}`, `23.08%{${right(2)}}`]
  expect(text).toContain(`@keyframes film{${steps.join('')}to{${right(2)}}}`)
  expect(text).toContain(
    '@media (prefers-reduced-motion:no-preference){.film{animation:film 6500ms step-end infinite}}',
  )
})

test('paths of the machine have other names, and what is behind them moves along', async () => {
  const [frame] = await filmed(['in /long/path/db \u001b[31mred'])
  expect(frame?.screen.lines).toEqual([
    [
      {column: 0, text: 'in ~/db', look: ''},
      {column: 8, text: 'red', look: 'red'},
    ],
  ])
})
