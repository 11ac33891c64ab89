import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {saveFile} from '../../../src/lib/diagram/save.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cruddur-db-save-'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const refused = (code: number, why: string, hint: string) =>
  expect.objectContaining({
    code: 'FILE_NOT_WRITTEN',
    exit: code,
    message: expect.stringContaining(why),
    details: expect.objectContaining({hint}),
  })

test('a file that is replaced keeps permissions that umask would take away', async () => {
  const path = join(folder, 'shared.svg')
  writeFileSync(path, 'old')
  chmodSync(path, 0o666)
  await saveFile(path, 'new')
  expect(statSync(path).mode & 0o777).toBe(0o666)
})

test('a new file is written, and nothing beside it', async () => {
  const own = join(folder, 'new')
  mkdirSync(own)
  await saveFile(join(own, 'a.svg'), 'text')
  expect(readdirSync(own)).toEqual(['a.svg'])
  expect(readFileSync(join(own, 'a.svg'), 'utf8')).toBe('text')
})

test('a file that is there is replaced in one step: who reads the old one reads it to its end', async () => {
  const path = join(folder, 'old.svg')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  const before = statSync(path).ino
  await saveFile(path, 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).ino).not.toBe(before)
  expect(statSync(path).mode & 0o777).toBe(0o640)
})

test('what a link leads to is replaced, and the link stays', async () => {
  const [path, link] = [join(folder, 'linked.svg'), join(folder, 'link.svg')]
  writeFileSync(path, 'old')
  symlinkSync(path, link)
  await saveFile(link, 'new')
  expect(readlinkSync(link)).toBe(path)
  expect(readFileSync(path, 'utf8')).toBe('new')
})

test.runIf(existsSync('/dev/null'))('what is no file is written to, not replaced', async () => {
  await saveFile('/dev/null', 'text')
  expect(statSync('/dev/null').isFile()).toBe(false)
})

test('a folder that is missing is named, with what makes it', async () => {
  const path = join(folder, "no 'such", 'a.svg')
  const hint = `make it: mkdir -p '${folder}/no '\\''such'`
  await expect(saveFile(path, '')).rejects.toThrow(refused(2, 'there is no folder', hint))
})

test('a folder is not written over', async () => {
  await expect(saveFile(folder, '')).rejects.toThrow(
    refused(2, 'it is a folder', 'name a file in it'),
  )
})

test('a name that ends with a slash is that of a folder', async () => {
  const path = join(folder, 'absent/')
  await expect(saveFile(path, '')).rejects.toThrow(
    refused(2, 'it is a folder', 'name a file in it'),
  )
})

test('a file is no folder', async () => {
  const path = join(folder, 'plain')
  writeFileSync(path, '')
  await expect(saveFile(join(path, 'a.svg'), '')).rejects.toThrow(
    refused(2, 'is no folder', 'check the path'),
  )
})

test.runIf(existsSync('/dev/full'))('a full disk is a failure in words', async () => {
  await expect(saveFile('/dev/full', 'text')).rejects.toThrow(
    refused(1, 'the disk is full', 'free some space, or write elsewhere'),
  )
})

test.skipIf(process.getuid?.() === 0)('a folder of somebody else is left alone', async () => {
  const own = join(folder, 'closed')
  mkdirSync(own, {mode: 0o500})
  const hint = 'write elsewhere, or without --output to stdout'
  await expect(saveFile(join(own, 'a.svg'), '')).rejects.toThrow(
    refused(2, 'this user may not', hint),
  )
})

test('a name that is too long leaves nothing behind', async () => {
  const own = join(folder, 'long')
  mkdirSync(own)
  await expect(saveFile(join(own, 'x'.repeat(300)), 'text')).rejects.toThrow(
    refused(2, 'the name is too long', 'give it a shorter one'),
  )
  expect(readdirSync(own)).toEqual([])
})

test('what a link leads to is made where it is not there yet, and the link stays', async () => {
  const own = join(folder, 'links')
  mkdirSync(join(own, 'far'), {recursive: true})
  symlinkSync('far/next.svg', join(own, 'link.svg'))
  symlinkSync('there.svg', join(own, 'far', 'next.svg'))
  await saveFile(join(own, 'link.svg'), 'new')
  expect(readlinkSync(join(own, 'link.svg'))).toBe('far/next.svg')
  expect(readFileSync(join(own, 'far', 'there.svg'), 'utf8')).toBe('new')
})

test('a link into a folder that is missing names that one', async () => {
  symlinkSync(join(folder, 'nowhere', 'a.svg'), join(folder, 'dangling.svg'))
  const hint = `make it: mkdir -p ${join(folder, 'nowhere')}`
  await expect(saveFile(join(folder, 'dangling.svg'), '')).rejects.toThrow(
    refused(2, `there is no folder ${join(folder, 'nowhere')}`, hint),
  )
})

test('who interrupts it finds the old file, and nothing beside it', async () => {
  const own = join(folder, 'interrupted')
  mkdirSync(own)
  writeFileSync(join(own, 'a.svg'), 'old')
  const controller = new AbortController()
  const saving = saveFile(join(own, 'a.svg'), 'new', controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(saving).rejects.toThrow('interrupted')
  expect(readdirSync(own)).toEqual(['a.svg'])
  expect(readFileSync(join(own, 'a.svg'), 'utf8')).toBe('old')
})
