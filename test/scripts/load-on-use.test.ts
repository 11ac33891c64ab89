import {runInNewContext} from 'node:vm'
import {expect, test} from 'vitest'
import {importOnUse, loadOnUse} from '../../scripts/load-on-use.js'

/** Runs CommonJS, and tells what it has asked for at its end, and what when its export was used. */
function asked(source: string, modules: Record<string, unknown>) {
  const names: string[] = []
  const require = (name: string) => {
    names.push(name)
    return modules[name]
  }
  const helpers = {
    __importDefault: (module: unknown) => ({default: module}),
    __importStar: (module: unknown) => module,
    __toESM: (module: unknown) => ({default: module}),
  }
  const module = {exports: {} as Record<string, () => unknown>}
  runInNewContext(source, {...helpers, exports: module.exports, module, require})
  const atTheTop = [...names]
  const value = module.exports['use']?.()
  return {atTheTop, value, names}
}

test('what TypeScript compiled asks for a module when it is used', () => {
  const source = `
const a_1 = require("a");
const b_1 = __importDefault(require("b"));
const never_1 = __importStar(require("never"));
const top_1 = require("top");
const atTop = (0, top_1.value)();
exports.use = () => [(0, a_1.one)(), b_1.default, atTop];
exports.never = () => never_1;
`
  const modules = {a: {one: () => 1}, b: 2, top: {value: () => 3}}
  const {atTheTop, value, names} = asked(loadOnUse(source), modules)
  expect({atTheTop, value, names}).toEqual({
    atTheTop: ['top'],
    value: [1, 2, 3],
    names: ['top', 'a', 'b'],
  })
})

test('what TypeScript compiled passes a module on when it is asked for it', () => {
  const source = `
exports.use = exports.Args = exports.One = void 0;
exports.Args = __importStar(require("./args"));
var one_1 = require("./one");
Object.defineProperty(exports, "One", { enumerable: true, get: function () { return one_1.One; } });
exports.use = () => [exports.Args.name, exports.One];
`
  const modules = {'./args': {name: 'args'}, './one': {One: 1}}
  const {atTheTop, value} = asked(loadOnUse(source), modules)
  expect({atTheTop, value}).toEqual({atTheTop: [], value: ['args', 1]})
})

test('what esbuild made of an ES module asks for a module once, when it is first used', () => {
  const source = `
var import_node_a = require("a");
var import_chunk = require("./chunk.js");
var import_b = (0, import_chunk.__toESM)((0, import_chunk.require_b)(), 1);
var import_never = __toESM(require("never")), import_c = __toESM(require("c")), import_d = require("d");
exports.use = () => [(0, import_node_a.one)(), (0, import_node_a.one)(), import_b.default, import_c.default, import_d];
exports.never = () => import_never;
`
  const chunk = {__toESM: (module: unknown) => ({default: module}), require_b: () => 2}
  const {atTheTop, value, names} = asked(importOnUse(source), {
    a: {one: () => 1},
    c: 3,
    d: 4,
    './chunk.js': chunk,
  })
  expect({atTheTop, value, names}).toEqual({
    atTheTop: [],
    value: [1, 1, 2, 3, 4],
    names: ['a', './chunk.js', 'c', 'd'],
  })
})
