// Licensed under the Apache License, Version 2.0; see LICENSE.

// Delegated reads against unsigned ones, of the same 1 KiB on the same server, in one run:
//
//   node bench.mjs CLASSIC_URL PWS_ORIGIN [ROUNDS [SECONDS]]
//
// Three loads by wrk, interleaved: unsigned GETs through the classic protocol; GETs under one
// delegation (eddsa-jcs-2022, depth 1), each signed for itself; and the same under so many
// delegations that none is remembered when its turn comes again. Prints medians and ratios: figures
// of one machine at one moment mean nothing else. Requests are signed beforehand and live 10
// minutes.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Ed25519VerificationKey } from '@interop/ed25519-verification-key'
import { WasClient } from '@interop/was-client'
import { signCapabilityInvocation } from '@interop/http-signature-zcap-invoke'

const [classic, pws, rounds = '5', seconds = '5'] = process.argv.slice(2)
if (!pws) {
  console.error('usage: node bench.mjs CLASSIC_URL PWS_ORIGIN [ROUNDS [SECONDS]]')
  process.exit(2)
}
const below = new URL(classic).pathname.replace(/\/$/, '')
const WARM = 2000
const COLD = 10000 // beyond what a process remembers
const directory = mkdtempSync(join(tmpdir(), 'was-bench-'))
const content = new Blob([new Uint8Array(1024).fill(120)], { type: 'application/octet-stream' })

async function someone(serverUrl) {
  const key = await Ed25519VerificationKey.generate()
  return WasClient.fromSigner({ serverUrl, signer: key.didKeySigner() })
}

// The classic protocol's dialect, for the two writes that the unsigned reads need.
async function classicWrite(signer, path, body, type) {
  const created = Math.floor(Date.now() / 1000)
  const lines = [
    `(created): ${created}`,
    `(expires): ${created + 30}`,
    `(key-id): ${signer.id}`,
    `(request-target): put ${below}${path}`
  ]
  const signature = await signer.sign({ data: new TextEncoder().encode(lines.join('\n')) })
  const authorization =
    `Signature keyId="${signer.id}",headers="(created) (expires) (key-id) (request-target)",` +
    `signature="${Buffer.from(signature).toString('base64url')}",` +
    `created="${created}",expires="${created + 30}"`
  const response = await fetch(classic + path, {
    method: 'PUT',
    body,
    headers: { authorization, 'content-type': type }
  })
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`)
}

// A wrk script that cycles through requests; each thread begins elsewhere.
function script(name, requests) {
  const file = join(directory, `${name}.lua`)
  const list = requests.map(
    ({ path, headers }) =>
      `wrk.format("GET", ${JSON.stringify(path)}, {${Object.entries(headers)
        .map(([key, value]) => `[${JSON.stringify(key)}]=${JSON.stringify(value)}`)
        .join(',')}})`
  )
  // Lua bounds a function's constants, so the list is filled in pieces.
  const pieces = []
  for (let i = 0; i < list.length; i += 500) {
    pieces.push(
      `(function() ${list
        .slice(i, i + 500)
        .map((item, j) => `requests[${i + j + 1}] = ${item}`)
        .join('\n')} end)()`
    )
  }
  writeFileSync(
    file,
    `local threads, bad = 0, 0
function setup(thread)
  thread:set("offset", threads * ${Math.floor(requests.length / 2)})
  threads = threads + 1
end
function init() requests = {}
${pieces.join(';\n')}
at = offset end
function request() at = at % #requests + 1; return requests[at] end
`
  )
  return file
}

function run(origin, file) {
  const { stdout } = spawnSync('wrk', ['-t2', '-c16', `-d${seconds}`, '-s', file, origin], {
    encoding: 'utf8'
  })
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  if (!rate || bad) throw new Error(`wrk: ${stdout}`)
  return rate
}

const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]

const alice = await someone(pws)
const app = await someone(pws)
const space = await alice.createSpace({})
const id = space.path?.split('/')[2] ?? space.id
await alice.request({ path: `/space/${id}/`, method: 'POST', json: { id: 'bench' } })
const path = `/space/${id}/bench/item`
await alice.request({ path, method: 'PUT', body: content })

const signer = alice.zcapClient.invocationSigner
await classicWrite(
  signer,
  `/space/bench-${id}`,
  JSON.stringify({ controller: alice.controllerDid }),
  'application/json'
)
await classicWrite(signer, `/space/bench-${id}/item`, content, content.type)

async function delegate() {
  return await alice.zcapClient.delegate({
    controller: app.controllerDid,
    invocationTarget: pws + path,
    allowedActions: ['GET'],
    expires: new Date(Date.now() + 600000)
  })
}

async function invoke(capability) {
  const headers = await signCapabilityInvocation({
    url: pws + path,
    method: 'GET',
    headers: { date: new Date().toUTCString() },
    capability,
    invocationSigner: app.zcapClient.invocationSigner,
    capabilityAction: 'GET'
  })
  // wrk looks for this spelling before it adds a Host of its own.
  const { host, ...others } = headers
  return { path, headers: { Host: host, ...others } }
}

console.log(`signing ${WARM + COLD} requests`)
const one = await delegate()
const warm = []
for (let i = 0; i < WARM; i++) warm.push(await invoke(one))
const cold = []
for (let i = 0; i < COLD; i++) cold.push(await invoke(await delegate()))

const loads = {
  'unsigned classic GET': [
    classic,
    script('unsigned', [{ path: `${below}/space/bench-${id}/item`, headers: {} }])
  ],
  'delegated GET, known': [pws, script('warm', warm)],
  'delegated GET, new': [pws, script('cold', cold)]
}
const rates = Object.fromEntries(Object.keys(loads).map(name => [name, []]))
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, [origin, file]] of Object.entries(loads)) rates[name].push(run(origin, file))
}
const base = median(rates['unsigned classic GET'])
for (const [name, list] of Object.entries(rates)) {
  console.log(
    `${name.padEnd(22)} ${median(list).toFixed(0).padStart(7)}/s  ` +
      `${(median(list) / base).toFixed(2)}  ` +
      `(${Math.min(...list).toFixed(0)} to ${Math.max(...list).toFixed(0)})`
  )
}
