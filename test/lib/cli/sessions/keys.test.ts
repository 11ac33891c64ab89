import {describe, expect, test} from 'vitest'
import {type Pressed, press} from '../../../../src/lib/cli/sessions/keys.js'
import {selectedOf, sorted, type View, withLook} from '../../../../src/lib/cli/sessions/view.js'
import {ago, look, own, session, stuck, view, waiting} from './session.js'

const all = [stuck, waiting, own]

/** What becomes of the view when these keys are pressed, and what the last one asks for. */
function pressed(first: View, keys: string): Pressed {
  return keys
    .split(' ')
    .map((name) => ({name: name.replace('^', ''), ctrl: name.startsWith('^')}))
    .reduce<Pressed>(({view: before}, key) => press(before, key), {view: first})
}
const after = (keys: string, extra: Partial<View> = {}): Pressed => pressed(view(all, extra), keys)
const order = (keys: string): number[] => sorted(after(keys).view).map(({process_id}) => process_id)

describe('sorting', () => {
  test('begins with the order of the server, which is by database', () => {
    expect(sorted(view(all)).map(({db}) => db)).toEqual(['postgres', 'shop', 'shop'])
  })

  test.each([
    ['1', [4711, 4712, 4713]],
    ['1 1', [4713, 4712, 4711]],
    ['1 r', [4713, 4712, 4711]],
    ['1 r r', [4711, 4712, 4713]],
    ['5', [4712, 4713, 4711]],
    ['6', [4712, 4713, 4711]],
    ['7', [4711, 4712, 4713]],
    ['7 r', [4713, 4712, 4711]],
    ['s', [4711, 4712, 4713]],
    ['s s', [4712, 4713, 4711]],
    ['right right', [4712, 4713, 4711]],
    ['right right left left', [4713, 4711, 4712]],
    ['left left left', [4711, 4712, 4713]],
  ])('%s', (keys, pids) => {
    expect(order(keys)).toEqual(pids)
  })

  test('goes round from the last column to the first, and back', () => {
    expect(after('7 s').view.sort).toEqual({column: 'process_id', reversed: false})
    expect(after('1 left').view.sort).toEqual({column: 'since', reversed: false})
  })

  test('leaves what is unknown at the end, whichever way round', () => {
    const rows = [
      session(1, {client_addr: null}),
      session(2),
      session(3, {client_addr: '10.0.0.6'}),
    ]
    const by = (keys: string) =>
      sorted(pressed(view(rows), keys).view).map(({process_id}) => process_id)
    expect(by('4')).toEqual([3, 2, 1])
    expect(by('4 4')).toEqual([2, 3, 1])
  })
})

describe('choosing', () => {
  const chosen = (keys: string) => selectedOf(after(keys).view)?.process_id

  test.each([
    ['p', undefined],
    ['down', 4713],
    ['down down', 4711],
    ['down down down down down', 4712],
    ['up', 4712],
    ['down up', 4713],
    ['end', 4712],
    ['end home', 4713],
    ['pagedown', 4712],
    ['end pageup', 4713],
  ])('%s: %s', (keys, pid) => {
    expect(chosen(keys)).toBe(pid)
  })

  test('nothing, where there is nothing', () => {
    expect(selectedOf(pressed(view([]), 'down').view)).toBeUndefined()
  })

  test('stays with the session when the order changes or another one comes before it', () => {
    expect(chosen('down down 1')).toBe(4711)
    const {view: before} = after('down down')
    const later = withLook(before, look([session(9), ...all]), new Date())
    expect(selectedOf(later)?.process_id).toBe(4711)
  })

  test('is over when the session has ended, also if its number is another one’s by now', () => {
    const {view: before} = after('down down')
    const again = {...stuck, backend_start: ago(1)}
    for (const rows of [
      [waiting, own],
      [again, waiting, own],
    ]) {
      const later = withLook(before, look(rows), new Date())
      expect(selectedOf(later)).toBeUndefined()
      expect(press(later, {name: 't', ctrl: false}).view.asking).toBeUndefined()
    }
  })
})

describe('ending a session', () => {
  test.each(['t', 'k'])('%s asks, and only y is a yes', (key) => {
    const asked = after(`down down ${key}`)
    expect(asked.act).toBeUndefined()
    expect(asked.view.asking).toEqual(stuck)
    expect(after(`down down ${key} y`)).toMatchObject({
      act: {kind: 'end', session: stuck},
      view: {asking: undefined},
    })
    for (const no of ['n', 'q', 'escape', 'return', 'space', 't', 'down']) {
      const {act, view: left} = after(`down down ${key} ${no}`)
      expect(act).toBeUndefined()
      expect(left).toMatchObject({asking: undefined, message: 'session 4711 was left alone'})
    }
  })

  test('without a chosen one, or of our own: says why not', () => {
    expect(after('t').view.message).toBe('choose a session with the arrow keys first')
    expect(after('down t')).toMatchObject({
      view: {asking: undefined, message: 'that is this view’s own session: q quits'},
    })
  })

  test('in production is not a matter of one key', () => {
    expect(after('down down t', {guarded: true})).toMatchObject({
      act: {kind: 'end', session: stuck},
      view: {asking: undefined},
    })
    expect(after('down down y', {guarded: true}).act).toBeUndefined()
  })

  test('is asked no more once it has ended by itself', () => {
    const {view: asking} = after('down down t')
    const later = withLook(asking, look([waiting, own]), new Date())
    expect(later).toMatchObject({asking: undefined, message: 'session 4711 has ended by itself'})
    expect(press(later, {name: 'y', ctrl: false}).act).toBeUndefined()
  })
})

describe('other keys', () => {
  test.each([
    ['q', 'quit'],
    ['escape', 'quit'],
    ['^c', 'interrupt'],
    ['? ^c', 'interrupt'],
    ['down t ^c', 'interrupt'],
    ['return', 'look'],
    ['enter', 'look'],
    ['l', 'look'],
    ['a', 'look'],
    ['p', undefined],
    ['p p', 'look'],
    ['z', undefined],
    ['8', undefined],
    ['0', undefined],
    ['^q', undefined],
    ['constructor', undefined],
  ])('%s: %s', (keys, kind) => {
    expect(after(keys).act?.kind).toBe(kind)
  })

  test('pause, show more, show all, help, and back', () => {
    const flags = ({all: every, help, long, paused}: View) => ({every, help, long, paused})
    const none = {every: false, help: false, long: false, paused: false}
    expect(flags(after('p l a').view)).toEqual({every: true, help: false, long: true, paused: true})
    expect(flags(after('space l a l a space').view)).toEqual(none)
    expect(flags(after('?').view)).toEqual({...none, help: true})
    expect(flags(after('h p').view)).toEqual(none)
  })
})

test('a process of PostgreSQL’s own is not ended, in production neither', () => {
  const writer = session(4714, {type: 'checkpointer', user: null, db: null})
  for (const guarded of [false, true]) {
    const {act, view: shown} = pressed(view([writer], {all: true, guarded}), 'down t')
    expect(act).toBeUndefined()
    expect(shown.asking).toBeUndefined()
    expect(shown.message).toBe('that is PostgreSQL’s own process: it is not ended here')
  }
})
