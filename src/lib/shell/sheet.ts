import {widthOf} from '../width.js'
import {openPager, type Pager} from './pager.js'

/** Where the output of one statement or command goes. */
export interface Sheet {
  /** @returns false when no more can be taken before `drained` */
  write(text: string | Buffer): boolean
  drained(): Promise<void>
  /** Waits until all of it is shown, and the user has left the pager. */
  end(): Promise<void>
}

export interface SheetOptions {
  direct: Sheet
  /** The terminal's size, where there is one. */
  size(): Partial<Pick<NodeJS.WriteStream, 'rows' | 'columns'>>
  /** The pager's command line for what is longer than the screen; undefined: for nothing. */
  pager: string | undefined
  env: Readonly<Record<string, string | undefined>>
  /** Ends the pager. */
  ending?: AbortSignal
}

/** Prints at once, or in a pager what does not fit on the screen. */
export function openSheet({direct, size, pager, env, ending}: SheetOptions): Sheet {
  const {rows = 0, columns = 80} = size()
  if (pager === undefined || rows === 0) return direct
  let held = ''
  let lines = 0
  let opened: Pager | undefined
  return {
    write(data) {
      const text = data.toString()
      if (opened) return opened.write(text)
      held += text
      lines += linesOf(text, columns)
      if (lines < rows) return true
      opened = openPager(pager, env, ending)
      return opened.write(held)
    },
    drained: () => opened?.drained() ?? direct.drained(),
    async end() {
      if (!opened) direct.write(held)
      const unshown = await opened?.end()
      if (unshown) direct.write(unshown)
      await direct.end()
    },
  }
}

/** Lines of the screen that a text takes. */
function linesOf(text: string, columns: number): number {
  const lines = text.split('\n')
  const last = lines.pop() === '' ? 0 : 1
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), last)
}

/** Prints at once. Of a reader that has gone nothing more is heard: it needs no more, and what was begun goes on. */
export function directSheet(stdout: NodeJS.WriteStream): Sheet {
  const gone = new Promise<void>((resolve) => {
    stdout.once('error', () => resolve())
  })
  const drained = async (): Promise<void> => {
    if (!stdout.writableNeedDrain || stdout.errored) return
    const next = new Promise<void>((resolve) => {
      stdout.once('drain', resolve)
    })
    await Promise.race([next, gone])
  }
  return {
    write: (data) => data.length === 0 || !stdout.writable || stdout.write(data),
    drained,
    end: drained,
  }
}
