import {frame} from './frame.js'
import {type Act, press} from './keys.js'
import {type LiveTerminal, openLiveTerminal} from './terminal.js'
import type {View} from './view.js'

/** How the live view came to its end: `gone` is the terminal. */
export type Ending = 'quit' | 'interrupt' | 'gone'

/** A view on a terminal, and the keys that are pressed there. */
export interface Live {
  readonly view: View
  readonly ending: Ending | undefined
  /** True once it is on the terminal. */
  readonly isOpen: boolean
  /** Changes the view and draws it, if it is open. */
  show: (change: Partial<View>) => void
  open: () => void
  /** The next act that a key asks for; a look after `ms`, unless the view is paused then. */
  next: (ms: number) => Promise<Act>
  /** The value of the promise; undefined as soon as the view comes to its end. */
  unlessEnded: <T>(promise: Promise<T>) => Promise<T | undefined>
  /** Gives the terminal back while `fn` runs. */
  aside: <T>(fn: () => Promise<T>) => Promise<T>
  close: () => void
}

/** What acts wait in until they are asked for. */
function actQueue() {
  const acts: Act[] = []
  let wake = (): void => {}
  return {
    push(act: Act): void {
      acts.push(act)
      wake()
    },
    async next(ms: number, mayLook: () => boolean): Promise<Act> {
      let timer: NodeJS.Timeout | undefined
      while (acts.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
          timer ??= setTimeout(() => mayLook() && this.push({kind: 'look'}), ms)
        })
      }
      clearTimeout(timer)
      return acts.shift() ?? {kind: 'look'}
    },
  }
}

/**
 * A live view, not yet on the terminal.
 *
 * @param onEnd told once, when the first key ends it
 */
export function openLive(first: View, onEnd: () => void): Live {
  const queue = actQueue()
  let view = first
  let terminal: LiveTerminal | undefined
  let ending: Ending | undefined
  let leave = (): void => {}

  const draw = (): void => terminal?.draw(frame(view, terminal.size()))
  const end = (how: Ending): void => {
    if (ending) return
    ending = how
    terminal?.close()
    leave()
    onEnd()
    queue.push({kind: 'quit'})
  }
  const act = (asked: Act | undefined): void => {
    if (asked?.kind === 'quit' || asked?.kind === 'interrupt') end(asked.kind)
    else if (asked) queue.push(asked)
  }
  return {
    get view() {
      return view
    },
    get ending() {
      return ending
    },
    get isOpen() {
      return terminal !== undefined
    },
    show(change) {
      view = {...view, ...change}
      draw()
    },
    open() {
      terminal ??= openLiveTerminal({
        onKey(key) {
          const pressed = press(view, key)
          view = pressed.view
          draw()
          act(pressed.act)
        },
        onResize: draw,
        onGone: () => end('gone'),
      })
      draw()
    },
    next: (ms) => queue.next(ms, () => !view.paused),
    // Not by a promise of the end, which would keep hold of each look until then.
    unlessEnded: (promise) =>
      new Promise((resolve, reject) => {
        leave = () => resolve(undefined)
        promise.then(resolve, reject)
      }),
    async aside(fn) {
      terminal?.suspend()
      try {
        return await fn()
      } finally {
        terminal?.resume()
        draw()
      }
    },
    close: () => terminal?.close(),
  }
}
