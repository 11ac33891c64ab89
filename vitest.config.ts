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
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
