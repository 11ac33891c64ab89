/** The most that a command may load. */
export interface LoadBudget {
  /** The command's words. */
  run: string
  /** Files of the package that are run, from the first to the last moment. */
  files: number
  /** Their size, in thousands of bytes. */
  kilobytes: number
  /** Modules of Node's own that are not loaded, unless Node does that by itself. */
  without: readonly string[]
}

/** What takes long to load, and no command but those of AWS needs. */
const HEAVY = [
  'cluster',
  'http',
  'http2',
  'https',
  'inspector',
  'internal/deps/undici/undici',
  'readline',
  'repl',
  'trace_events',
  'v8',
  'wasi',
  'worker_threads',
]
const BUT_FILES = [...HEAVY, 'assert', 'perf_hooks', 'zlib']
const WORDS_ONLY = [...BUT_FILES, 'crypto', 'dns', 'tls']
const AWS = HEAVY.filter((name) => !['http', 'https'].includes(name))

/** `CRUDDUR_BUDGET=write npx vitest run test/budget/bundle.test.ts` writes the numbers, a tenth above what it counts. */
export const LOADS: readonly LoadBudget[] = [
  {run: '--version', files: 8, kilobytes: 253, without: WORDS_ONLY},
  {run: '--help', files: 10, kilobytes: 285, without: WORDS_ONLY},
  {run: 'setup --help', files: 10, kilobytes: 285, without: WORDS_ONLY},
  {run: 'server status', files: 20, kilobytes: 312, without: BUT_FILES},
  {run: 'create', files: 22, kilobytes: 446, without: BUT_FILES},
  {run: 'schema-load', files: 27, kilobytes: 530, without: HEAVY},
  {run: 'seed', files: 27, kilobytes: 530, without: HEAVY},
  {run: 'connect', files: 20, kilobytes: 344, without: BUT_FILES},
  {run: 'sessions', files: 26, kilobytes: 493, without: BUT_FILES},
  {run: 'sessions --json', files: 25, kilobytes: 456, without: BUT_FILES},
  {run: 'setup', files: 27, kilobytes: 571, without: HEAVY},
  {run: 'setup --dry-run', files: 28, kilobytes: 575, without: HEAVY},
  {run: 'drop', files: 25, kilobytes: 463, without: BUT_FILES},
  {run: 'rds-create --dry-run', files: 39, kilobytes: 669, without: AWS},
  {run: 'rds-update-sg-rule --dry-run', files: 39, kilobytes: 576, without: AWS},
]
