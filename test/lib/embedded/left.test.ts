import {expect, test} from 'vitest'
import {runningServer, startServer, stopServer} from '../../../src/lib/embedded/server.js'
import {until} from '../../support/wait.js'
import {homeForTest} from './support.js'

test('an interrupted start tells of the server that goes on starting, which can be stopped', async () => {
  const home = homeForTest()
  const controller = new AbortController()
  const left: string[] = []
  const starting = startServer(home, {
    signal: controller.signal,
    onLeft: (message) => left.push(message),
    onProgress: (message) => {
      if (message.startsWith('Starting PostgreSQL')) controller.abort(new Error('Ctrl-C'))
    },
  })
  await expect(starting).rejects.toThrow('Ctrl-C')
  expect(left).toEqual(['the embedded server goes on starting; "cruddur-db server stop" stops it'])
  await until(
    async () => (await runningServer(home)) !== undefined,
    () => 'the server to run',
  )
  expect(await stopServer(home)).toBe(true)
})

test('one that is interrupted before there is a server tells nothing', async () => {
  const home = homeForTest()
  const controller = new AbortController()
  const left: string[] = []
  const starting = startServer(home, {
    signal: controller.signal,
    onLeft: (message) => left.push(message),
    onProgress: (message) => {
      if (message.startsWith('Creating')) controller.abort(new Error('Ctrl-C'))
    },
  })
  await expect(starting).rejects.toThrow('Ctrl-C')
  expect(left).toEqual([])
  expect(await stopServer(home)).toBe(false)
})
