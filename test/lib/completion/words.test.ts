import type {Command} from '@oclif/core'
import {describe, expect, test} from 'vitest'
import {bashScript} from '../../../src/lib/completion/bash.js'
import {fishScript} from '../../../src/lib/completion/fish.js'
import {completedCommands} from '../../../src/lib/completion/words.js'
import {zshScript} from '../../../src/lib/completion/zsh.js'

/** Of a command what completion looks at, as the manifest gives it. */
function command(
  id: string,
  flags: Record<string, object> = {},
  args: Record<string, object> = {},
): Command.Loadable {
  return {id, args, flags, summary: `${id} it: [all].\nMore.`} as unknown as Command.Loadable
}

const draw = command('draw', {
  format: {type: 'option', options: ['svg', 'png'], summary: "The picture's kind."},
  output: {type: 'option', char: 'o', helpValue: 'FILE', summary: 'Write there.', multiple: true},
  seed: {type: 'boolean', allowNo: true, summary: 'Seed it.', exclusive: ['output']},
  size: {type: 'option', helpValue: 'PIXELS', default: '/home/of/mine', description: 'Wide.'},
  secret: {type: 'option', hidden: true, summary: 'Not to be seen.'},
})
const server = command(
  'server',
  {},
  {
    action: {name: 'action', options: ['start', 'stop']},
  },
)
const help = command('help', {}, {command: {name: 'command'}})

describe('what can be typed', () => {
  const [drawing, serving, helping] = completedCommands([draw, server, help])

  test('is each flag with its text, its value, and what it excludes', () => {
    expect(drawing).toEqual({
      name: 'draw',
      summary: 'draw it: [all]',
      argument: null,
      flags: [
        {
          long: '--format',
          short: undefined,
          summary: "The picture's kind",
          value: {kind: 'choice', name: 'FORMAT', choices: ['svg', 'png']},
          repeats: false,
          excludes: [],
        },
        {
          long: '--output',
          short: '-o',
          summary: 'Write there',
          value: {kind: 'file', name: 'FILE'},
          repeats: true,
          excludes: [],
        },
        {
          long: '--seed',
          summary: 'Seed it',
          value: null,
          repeats: false,
          excludes: ['--output', '--no-seed'],
        },
        {
          long: '--no-seed',
          summary: 'Seed it',
          value: null,
          repeats: false,
          excludes: ['--output', '--seed'],
        },
        {
          long: '--size',
          short: undefined,
          summary: 'Wide',
          value: {kind: 'free', name: 'PIXELS'},
          repeats: false,
          excludes: [],
        },
        expect.objectContaining({long: '--help', short: '-h'}),
      ],
    })
  })

  test('is what stands in an argument’s place; for help every command', () => {
    expect(serving?.argument).toEqual({kind: 'choice', name: 'ACTION', choices: ['start', 'stop']})
    expect(helping?.argument).toMatchObject({choices: ['draw', 'server', 'help']})
  })
})

describe('scripts', () => {
  const commands = completedCommands([draw, server])

  test('for bash name what a value is completed with', () => {
    expect(bashScript('my-tool', commands, '/package')).toContain(`    draw)
      flags='--format --output --seed --no-seed --size --help'
      again='--output'
      case $previous in
        --format) offer='svg png' ;;
        --output|-o) files=1 ;;
        --size) return ;;
      esac
      ;;
    server)
      flags='--help'
      argument='start stop'
      ;;
`)
  })

  test('for zsh escape what means something to it', () => {
    expect(zshScript('my-tool', commands, '/package')).toContain(`    draw)
      _arguments -s -S : \\
        '(--format)--format=[The picture'\\''s kind]:format:(svg png)' \\
        '*'{-o+,--output=}'[Write there]:file:_files' \\
        '(--output --no-seed --seed)--seed[Seed it]' \\
        '(--output --seed --no-seed)--no-seed[Seed it]' \\
        '(--size)--size=[Wide]:pixels: ' \\
        '(-h --help)'{-h,--help}'[Show flags and examples]'
      ;;
`)
    expect(zshScript('my-tool', commands, '/package')).toContain(
      "      'draw:draw it\\: \\[all\\]'\n",
    )
  })

  test('for fish offer files only where one is meant', () => {
    const script = fishScript('my-tool', commands, '/package')
    expect(script).toContain('complete -c my-tool -f\n')
    expect(script).toContain(
      "complete -c my-tool -n '__my_tool_in draw' -s o -l output -r -F -d 'Write there'\n",
    )
    expect(script).toContain("-l format -x -a 'svg png' -d 'The picture\\'s kind'\n")
  })

  test('show commands in the order that was given, of which fish reads the last one first', () => {
    expect(bashScript('x', commands, '/package')).toContain("'draw server --help --version'")
    expect(zshScript('x', commands, '/package')).toMatch(/'draw:.*\n *'server:/)
    expect(fishScript('x', commands, '/package')).toMatch(/-a server .*\n.* -a draw /)
  })

  test('name queries and migrations by their files, and not the database that is to be confirmed', () => {
    const name = {type: 'option', helpValue: 'NAME', summary: 'It.'}
    const [migrating, asking] = completedCommands([
      command('migrate', {to: name, confirm: name}),
      command('query', {}, {name: {name: 'name'}}),
    ])
    expect(migrating?.flags.map(({value}) => value)).toEqual([
      {kind: 'sql', name: 'NAME', folder: 'migrations'},
      {kind: 'free', name: 'NAME'},
      null,
    ])
    expect(asking?.argument).toEqual({kind: 'sql', name: 'NAME', folder: 'sql'})
  })

  test('hold neither defaults nor hidden flags', () => {
    for (const script of [bashScript, fishScript, zshScript]) {
      expect(script('x', commands, '/package')).not.toContain('secret')
      expect(script('x', commands, '/package')).not.toContain('/home/of/mine')
    }
  })
})
