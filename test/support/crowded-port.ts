import {spawn} from 'node:child_process'
import {connect} from 'node:net'

const LISTEN = `require('node:net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () {
  console.log(this.address().port)
})`

/** A port that answers nothing to who wants to connect, as behind a firewall that drops: its queue is full and nobody empties it. */
export async function crowdedPort(): Promise<{port: number; close: () => void}> {
  const listener = spawn(process.execPath, ['-e', LISTEN], {stdio: ['ignore', 'pipe', 'inherit']})
  const port = await new Promise<number>((resolve) => {
    listener.stdout.once('data', (data) => resolve(Number(data)))
  })
  listener.kill('SIGSTOP')
  const crowd = Array.from({length: 4}, () => connect(port, '127.0.0.1').on('error', () => {}))
  return {
    port,
    close: () => {
      for (const socket of crowd) socket.destroy()
      listener.kill('SIGKILL')
    },
  }
}
