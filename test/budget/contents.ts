import {bundled} from '../../scripts/bundle.js'

/** A source's package, or the folder of ours that it is in. */
function originOf(source: string): string {
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]
  return inPackage ?? source.split('/').slice(0, 3).join('/')
}

/**
 * What is in each file of the bundle, the largest part first, as esbuild tells: all is bundled once more for it, which takes
 * a second.
 *
 * @returns as in `pg 40 KB, src/lib/postgres 12 KB`, by the file's path from the project's folder
 */
export async function contentsOfBundle(): Promise<Map<string, string>> {
  const {metafile} = await bundled()
  const files = Object.entries(metafile.outputs).map(([path, {inputs}]) => {
    const sizes = new Map<string, number>()
    for (const [source, {bytesInOutput}] of Object.entries(inputs)) {
      const origin = originOf(source)
      sizes.set(origin, (sizes.get(origin) ?? 0) + bytesInOutput)
    }
    const parts = [...sizes].filter(([, size]) => size >= 1000).sort(([, a], [, b]) => b - a)
    const words = parts.slice(0, 5).map(([name, size]) => `${name} ${Math.round(size / 1000)} KB`)
    return [path, words.join(', ')] as const
  })
  return new Map(files)
}
