import {availableParallelism} from 'node:os'
import {defineConfig} from 'vitest/config'

// Where .ci/run finds the counts; the README's test line itself takes no arguments.
const report = process.env['CRUDDUR_TEST_REPORT']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // oclif writes through process.stdout; vitest's interception would swallow what a test captures.
    disableConsoleIntercept: true,
    reporters: report ? ['default', ['json', {outputFile: report}]] : ['default'],
    // Tests mostly wait for programs and servers: on two cores vitest would use one worker.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
