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
  'vm',
  'wasi',
  'worker_threads',
]
const BUT_FILES = [...HEAVY, 'assert', 'perf_hooks', 'zlib']
const WORDS_ONLY = [...BUT_FILES, 'crypto', 'dns', 'tls']
const AWS = HEAVY.filter((name) => !['http', 'https'].includes(name))

/** `CRUDDUR_BUDGET=write npx vitest run test/budget/bundle.test.ts` writes the numbers, a tenth above what it counts. */
export const LOADS: readonly LoadBudget[] = [
  {run: '--version', files: 14, kilobytes: 283, without: WORDS_ONLY},
  {run: '--help', files: 14, kilobytes: 283, without: WORDS_ONLY},
  {run: 'setup --help', files: 14, kilobytes: 283, without: WORDS_ONLY},
  {run: 'server status', files: 30, kilobytes: 346, without: BUT_FILES},
  {run: 'create', files: 26, kilobytes: 475, without: BUT_FILES},
  {run: 'schema-load', files: 31, kilobytes: 564, without: HEAVY},
  {run: 'seed', files: 31, kilobytes: 564, without: HEAVY},
  {run: 'connect', files: 25, kilobytes: 468, without: BUT_FILES},
  {run: 'sessions', files: 30, kilobytes: 520, without: BUT_FILES},
  {run: 'sessions --json', files: 29, kilobytes: 494, without: BUT_FILES},
  {run: 'setup', files: 31, kilobytes: 585, without: HEAVY},
  {run: 'setup --dry-run', files: 32, kilobytes: 586, without: HEAVY},
  {run: 'drop', files: 29, kilobytes: 493, without: BUT_FILES},
  {run: 'rds-create --dry-run', files: 44, kilobytes: 675, without: AWS},
  {run: 'rds-update-sg-rule --dry-run', files: 43, kilobytes: 581, without: AWS},
]
