import {emitKeypressEvents, type Key} from 'node:readline'
import type {ReadStream} from 'node:tty'

/** A key, or a whole pasted text. */
export type Stroke =
  | {kind: 'key'; text: string | undefined; key: Key}
  /** Its lines end with LF. */
  | {kind: 'paste'; text: string}

/** The keyboard: what is typed while nobody takes it waits. */
export interface Keys {
  /** Gives strokes to `take` from now on, those that wait first. */
  attach(take: (stroke: Stroke) => void): void
  /** Leaves the keyboard to others. */
  detach(): void
  /** Has a stroke be the next one. */
  putBack(stroke: Stroke): void
  /** Throws away what waits. @returns whether something did */
  forget(): boolean
}

/** @param onGone told when the terminal is closed */
export function openKeys(stdin: ReadStream, onGone: () => void): Keys {
  const waiting: Stroke[] = []
  let take: ((stroke: Stroke) => void) | undefined
  const isTaken = (): boolean => take !== undefined
  const pass = (stroke: Stroke): void => {
    if (take) take(stroke)
    else waiting.push(stroke)
  }
  stdin.pause()
  emitKeypressEvents(stdin)
  stdin.on('keypress', pasting(pass))
  for (const event of ['end', 'close', 'error']) stdin.on(event, onGone)
  return {
    attach(taker) {
      take = taker
      stdin.resume()
      // One of them may end the taking.
      while (isTaken() && waiting.length > 0) pass(waiting.shift() as Stroke)
    },
    detach() {
      take = undefined
      stdin.pause()
    },
    putBack: (stroke) => void waiting.unshift(stroke),
    forget: () => waiting.splice(0).length > 0,
  }
}

/** The same keyboard, on which Tab is a character and no key. */
export function withTabs(keys: Keys): Keys {
  const isTab = (stroke: Stroke): boolean => stroke.kind === 'key' && stroke.key.name === 'tab'
  return {
    ...keys,
    attach: (take) =>
      keys.attach((stroke) => take(isTab(stroke) ? {kind: 'paste', text: '\t'} : stroke)),
  }
}

/** Control characters that a pasted text may not hold: the terminal would obey them. */
const STEERING = /(?![\t\n])\p{Cc}/gu

function harmless(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(STEERING, '\ufffd')
}

/** Puts the characters of a bracketed paste together: a tab among them completes nothing. */
function pasting(pass: (stroke: Stroke) => void): (text: string | undefined, key: Key) => void {
  let pasted: string | undefined
  return (text, key) => {
    if (key.name === 'paste-start') pasted = ''
    else if (key.name === 'paste-end') {
      pass({kind: 'paste', text: harmless(pasted ?? '')})
      pasted = undefined
    } else if (pasted !== undefined) pasted += key.sequence ?? ''
    else pass({kind: 'key', text, key})
  }
}
