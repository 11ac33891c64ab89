import {style} from './style.js'

/** Runs named steps one after the other, times them, and says on stderr when one is done or has failed. */
export class Steps {
  readonly done: {step: string; ms: number}[] = []

  async run<T>(step: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      const value = await run()
      const ms = Math.round(performance.now() - started)
      this.done.push({step, ms})
      process.stderr.write(`${style.green('✔')} ${step} ${style.dim(`${ms} ms`)}\n`)
      return value
    } catch (error) {
      process.stderr.write(`${style.red('✖')} ${step}\n`)
      throw error
    }
  }
}
