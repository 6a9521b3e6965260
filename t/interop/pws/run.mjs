// Licensed under the Apache License, Version 2.0; see LICENSE.

// Runs the published conformance suite, as npm has it, against servers, and holds its report
// against expected.json: a test of that list that fails, is skipped or has vanished fails the run.
// Prints TAP, a line for each test of the list, and a summary by suite.
//
// run.mjs BASE_URL... [--newer BASE_URL]... [--only GROUP|SUITE]... [--grep TEXT]
//     [--reports DIRECTORY]
//
// BASE_URL is an origin; a newer one speaks a revision for which some tests of the suite have
// changed since: these are not asked there. --only and --grep choose among the tests of the list,
// by group (G1), suite, or what their id contains; suites always run as a whole, their tests lean
// on each other. Each report is one JSON file in the directory.

import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, parseArgs } from 'node:util'

import { done, modules, ok, section } from '../interop.mjs'

const TIMEOUT_MS = 20000

const expected = JSON.parse(
  await readFile(join(dirname(fileURLToPath(import.meta.url)), 'expected.json'))
)
const cli = join(modules, expected.suite, 'dist', 'cli', 'index.js')

const { values: options, positionals: servers } = parseArgs({
  allowPositionals: true,
  options: {
    newer: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    grep: { type: 'string', default: '' },
    reports: { type: 'string', default: '.' }
  }
})

// All tests of the list: { group, suite, id, optional }.
const list = Object.entries(expected.groups).flatMap(([group, suites]) =>
  Object.entries(suites).flatMap(([suite, { required, optional }]) => [
    ...required.map(id => ({ group, suite, id, optional: false })),
    ...optional.map(id => ({ group, suite, id, optional: true }))
  ])
)

function chosen({ group, suite, id }) {
  return (
    (!options.only.length ||
      options.only.includes(group.split(' ')[0]) ||
      options.only.includes(suite)) &&
    id.includes(options.grep)
  )
}

// The suite's own command, for some suites or for all; yields its report, or throws what it said
// instead.
async function report(server, suites) {
  const child = spawn(
    process.execPath,
    [
      cli,
      server,
      '--reporter',
      'json',
      '--timeout',
      `${TIMEOUT_MS}`,
      ...suites.flatMap(suite => ['--suite', suite])
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] }
  )
  const [out, err] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
  ])
  try {
    return JSON.parse(out)
  } catch {
    throw new Error(`no report: ${err || out || 'the suite said nothing'}`)
  }
}

async function text(stream) {
  let all = ''
  for await (const chunk of stream.setEncoding('utf8')) all += chunk
  return all
}

// What is wrong with the result of a test, in words; '' if nothing is.
function fault(test, result) {
  if (!result) return 'the report does not have it'
  if (result.optional !== test.optional)
    return `the suite calls it ${result.optional ? 'optional' : 'required'}`
  if (result.status === 'pass') return ''
  if (result.status === 'skip') return `skipped: ${result.skipReason ?? 'no reason given'}`
  const { message, expected: wanted, actual, operator } = result.error
  const compared = operator ? `\nexpected: ${inspect(wanted)}\nactual:   ${inspect(actual)}` : ''
  return `${result.name}\n${message}${compared}`
}

function summary(server, suites) {
  const width = Math.max(...suites.map(({ suiteId }) => suiteId.length))
  console.log(`# ${server}`)
  for (const { suiteId, counts, teardownError } of suites) {
    const { total, pass, fail, skip } = counts
    console.log(
      `# ${suiteId.padEnd(width)} ${total} tests: ${pass} passed, ${fail} failed, ${skip} skipped` +
        (teardownError ? `; its end: ${teardownError.split('\n')[0]}` : '')
    )
  }
}

async function run(server, label, past = new Set()) {
  const tests = list.filter(test => chosen(test) && !past.has(test.id))
  const some = options.only.length > 0 || options.grep !== ''
  const found = await report(server, some ? [...new Set(tests.map(({ suite }) => suite))] : [])
  const { host, protocol } = new URL(server)
  const file = join(options.reports, `pws-suite-${protocol}${host}.json`.replaceAll(':', '-'))
  await writeFile(file, `${JSON.stringify(found, null, 2)}\n`)

  ok(
    found.tool.version === expected.version,
    label(`the suite is ${expected.version}`),
    found.tool.version
  )
  const results = new Map(
    found.suites
      .flatMap(({ results }) => results)
      .map(result => [`${result.suiteId} ${result.testId}`, result])
  )
  for (const test of tests) {
    const wrong = fault(test, results.get(`${test.suite} ${test.id}`))
    ok(!wrong, label(`${test.suite} ${test.id}${test.optional ? ' (optional)' : ''}`), wrong)
  }
  const listed = new Set(list.map(({ suite, id }) => `${suite} ${id}`))
  const more = [...results.keys()].filter(name => !listed.has(name))
  ok(!more.length, label('expected.json has every test of these suites'), more.join('\n'))
  summary(server, found.suites)
}

if (!servers.length || !list.some(chosen)) {
  console.error(
    'usage: run.mjs BASE_URL... [--newer BASE_URL]... [--only GROUP|SUITE]... [--grep TEXT] ' +
      '[--reports DIRECTORY]'
  )
  process.exit(2)
}
const origin = server => server.replace(/\/+$/, '')
const past = new Set([...expected.changed, ...expected.removed])
for (const server of servers.map(origin)) await section(server, label => run(server, label))
for (const server of options.newer.map(origin))
  await section(server, label => run(server, label, past))
done()
