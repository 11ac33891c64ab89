/** `label` of a node is HTML-like and stands between angle brackets; every other value is a plain one. */
type Attributes = Readonly<Record<string, string | number | boolean>>

export interface Node {
  id: string
  label: string
}

export interface Edge {
  tail: string
  head: string
  attributes: Attributes
}

export interface Cluster {
  id: string
  /** HTML-like, as a node's. */
  label: string
  nodes: readonly string[]
}

export interface Graph {
  attributes: Attributes
  nodeAttributes: Attributes
  edgeAttributes: Attributes
  nodes: readonly Node[]
  edges: readonly Edge[]
  clusters: readonly Cluster[]
}

/** The graph in Graphviz' language. Nothing is escaped: no word in it is the user's. */
export function dotOf(graph: Graph): string {
  const lines = [
    'digraph {',
    ...list(graph.attributes).map((attribute) => `${attribute};`),
    `node [${list(graph.nodeAttributes)}]`,
    `edge [${list(graph.edgeAttributes)}]`,
    ...graph.nodes.map(({id, label}) => `${id} [label=<${label}>]`),
    ...graph.clusters.map(({id, label, nodes}) => {
      return `subgraph ${id} {label=<${label}>; margin=16; ${nodes.join('; ')}}`
    }),
    ...graph.edges.map(({tail, head, attributes}) => `${tail} -> ${head} [${list(attributes)}]`),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function list(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([name, value]) => `${name}="${value}"`)
}
