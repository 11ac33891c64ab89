import {createHandler} from './handler.js'

/** What the function's setting "Handler" names: `index.handler`. */
export const handler = createHandler({
  env: process.env,
  write: (line) => process.stdout.write(`${line}\n`),
})
